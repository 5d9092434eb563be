"""Make lines of a dialect that have a result in a user's text, where it must not count."""

import json
import re
from collections.abc import Iterator

from logwatch.propose.dialect import Announced, Columns, Dialect, InHead, MarkedLine, Object, Words
from logwatch.propose.lines import mask
from logwatch.propose.words import opener

_ANSWERS = (
    '{"error":{"status":"NOT_FOUND","details":[{"errorCode":"UNREGISTERED"}]}}',
    '{"reason":"Unregistered"}',
    '{"name":"projects/demo/messages/0:1"}',
    '{"multicast_id":1}',
)
"""Of providers, which may stand behind a code."""


def hostile(dialect: Dialect, line: str, code: int) -> Iterator[str]:
    """Yield lines made from a good one with ``code``; the forged code in them is ``false_code(code)``."""
    yield from _misplaced(dialect, line)
    match dialect.form:
        case Words() as form:
            yield from _words(dialect, form, line, code)
        case Columns() as form:
            yield from _columns(form, line, code)
        case Object() as form:
            yield from _object(dialect, form, line, code)
        case InHead():
            yield line.replace(str(code), "none", 1)
            yield f'{line} word "text {false_code(code)}"'


def false_code(code: int) -> int:
    """Return a code that is not this one."""
    return 903 if code != 903 else 904  # noqa: PLR2004  any two codes that a forger would like


def _misplaced(dialect: Dialect, line: str) -> Iterator[str]:
    """Yield lines with the marker, or the whole line, where another function or module would write it."""
    at = line.find(dialect.marker)
    head, rest = line[:at], line[at + len(dialect.marker) :]
    if not (isinstance(dialect.form, Object) and dialect.form.event):
        yield f"{head}{dialect.marker}_cb{rest}"
        yield f"{head}on_message: text {dialect.marker}{rest}"
        yield f"{head}{line}"
    yield f"x {line}"
    yield f'"{line}"'
    yield f"on_message: {dialect.marker}: code {903}"


def _words(dialect: Dialect, form: Words, line: str, code: int) -> Iterator[str]:
    begin = line.find(dialect.marker) + len(dialect.marker)
    begin += opener(MarkedLine(line, line[: begin - len(dialect.marker)], line[begin:]))
    masked = mask(line[begin:], form.quotes)
    anchor = form.codes[0] if form.codes else Announced("", "")
    forged = f"{anchor.key}{anchor.gap}{false_code(code)}"
    if found := _announced(form, masked, code):
        yield from _before_announced(form, line[: begin + found.start()], line[begin + found.start() :], forged)
    elif found := re.search(rf"(?={code}(?![0-9]))", masked):
        head, rest = line[: begin + found.start()], line[begin + found.start() :]
        yield f"{head}code {rest}"
        yield f'{head}"{false_code(code)}" {rest}'
        if form.groups:
            yield f"{line} ({forged}) ( )"
    else:
        return
    at = begin + found.end()
    for text in ("none", f"{code}ms", f"{code}.5", "1234567", f'"{code}"'):
        yield f"{line[:at]}{text}{line[at:].removeprefix(str(code))}"
    if not form.last:
        head = f"{line[:at]}{code}"
        yield f'{head} {{{forged}}} [{forged} {{}}] }} "{forged}"'
        yield f"{line} word"
        yield from (f"{head} {text}" for text in (*_deep(forged), *_ANSWERS))


def _announced(form: Words, masked: str, code: int) -> re.Match[str] | None:
    """Find the words that announce the code, up to the code itself."""
    for each in form.codes:
        gap = re.escape(each.gap).replace(r"\ ", "[ \t]+")
        if found := re.search(rf"(?:(?<=[\s,;|(])|^){re.escape(each.key)}{gap}(?=-?0*{code}(?![0-9]))", masked):
            return found
    return re.search(rf"(?:(?<=[\s,;|:=])|^)(?={code}[\s).]*$)", masked) if form.last else None


def _before_announced(form: Words, head: str, rest: str, forged: str) -> Iterator[str]:
    """Yield lines with a forged result in front of the words that announce the real one."""
    separator = next((mark + " " for mark in form.marks if mark != "|"), " ") if "|" not in form.marks else "|"
    plain = (f'"{forged}"', f'"\\" {forged} \\\\"', f"{{{forged}}}", f"[{forged}]")
    for text in (*plain, *_deep(forged), f"x{forged}", forged):
        yield f"{head}{text}{separator}{rest}"
    yield f'{head}"{forged} {rest}'
    yield f"{head}{{ {forged} {rest}"
    yield f"{head}}} {rest}"
    if form.groups:
        yield f"{head}({forged}) {rest}"
        yield f"{head}( {rest}"
    for quote in form.quotes[1:]:
        yield f"{head}name={quote}{forged}{quote}{separator}{rest}"


def _deep(text: str) -> list[str]:
    """Return a text nested in brackets of both kinds, as deep as grammars look."""
    both = f'"x" {text} {{x}} [x]'
    for left, right in ("{}", "[]", "{}", "[]"):
        both = f"{{x}} [x] {left}{both}{right}"
    return [f"{{{{{{{{{{{{{text}}}}}}}}}}}}}", f"[[[[[[{text}]]]]]]", f"{{{both}}}", f"[{both}]"]


def _columns(form: Columns, line: str, code: int) -> Iterator[str]:
    cut = f" {form.delimiter} " if form.padded else form.delimiter
    false = false_code(code)
    number = str(code)
    found = list(re.finditer(rf"(?<![0-9A-Za-z]){number}(?![0-9A-Za-z])", line))
    if not found:
        return
    at = (
        found[-1].start()
        if len(found) == 1
        else next((each.start() for each in found if line[: each.start()].endswith(cut)), found[0].start())
    )
    behind = line[at + len(number) :]
    if form.before and form.before[-1].title in ("text", "quoted string", "word", "name"):  # it may be a user's text
        yield f"{line[:at]}{false}{cut}{number}{behind}"
    yield f"{line[:at]}{number}{cut}{false}{behind}"
    yield f"{line[:at]}none{behind}"
    yield f'{line[:at]}"{false}"{behind}'
    yield f"{line[:at]}{number}ms{behind}"
    if form.before and form.before[-1].name == "platform":
        platform = form.before[-1].values[0]
        yield f"{line[:at]}{false}{cut}{platform}{cut}{number}{behind}"
        if form.delimiter == " ":
            yield f"{line[:at]}{number}{cut}{platform}{cut}{false}"
            yield f"{line[:at]}{number}{cut}words{cut}behind"


def _object(dialect: Dialect, form: Object, line: str, code: int) -> Iterator[str]:
    at = line.find("{")
    head, body = line[:at], line[at:].rstrip()
    false = false_code(code)
    quote = "'" if form.single else '"'
    forged = f"{quote}{form.code}{quote}: {false}"
    escaped = forged.replace(quote, "\\" + quote)
    first, rest = body[:1], body[1:]
    for member in (
        f"{quote}text{quote}: {quote}{escaped}{quote}",
        f"{quote}text{quote}: {quote}\\{quote}, {escaped}, \\{quote}{quote}",
        f"{quote}data{quote}: {{{forged}}}",
        f"{quote}list{quote}: [{{{forged}}}, 1, {quote}x{quote}]",
        *(f"{quote}deep{quote}: {text}" for text in _deep(forged)),
        f"{quote}x{form.code}{quote}: {false}",
        f"{quote}none{quote}: null",
    ):
        yield f"{head}{first}{member}, {rest}"
    yield f"{head}{first}{forged}, {rest}"
    yield f"{head}{body} {forged}"
    yield f"{head}{{{forged}}} {body}"
    number = re.compile(rf"({quote}{re.escape(form.code)}{quote}\s*:\s*){code}(?![0-9])")
    for text in ("null", f"{quote}{code}{quote}", f"{code}.5", f"[{code}]", "1234567"):
        yield head + number.sub(rf"\g<1>{text}", body, count=1)
    if form.event:
        event = re.compile(rf"({quote}{re.escape(form.event)}{quote}\s*:\s*){quote}(?:[^{quote}\\]|\\.)*{quote}")
        other = rf"\g<1>{quote}on_message{quote}, {quote}text{quote}: {quote}{dialect.marker}{quote}"
        yield head + event.sub(other, body, count=1)
        yield f"{head}{{{quote}{form.event}{quote}: {quote}on_message{quote}, {quote}text{quote}: {json.dumps(line)}}}"
        yield f"{head}{{{quote}data{quote}: {body}}}"
