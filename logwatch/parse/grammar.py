"""Load a grammar by its name, plain pyparsing out of a file that only its owner can change, and read lines by it.

What pyparsing itself reads is by definition right; all that is compiled is held to it.
"""

import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from traceback import extract_tb
from typing import Any

import pyparsing as pp

from logwatch import ownership, resources
from logwatch.errors import GrammarError, Problem
from logwatch.model import Cause
from logwatch.parse.compile.from_pyparsing import EndlessLoop, refuse_endless, translate
from logwatch.parse.compile.from_regex import NotCompilable
from logwatch.parse.compile.nodes import Node
from logwatch.parse.result import NAMES, PushResult, from_values
from logwatch.parse.samples import Annotated, read_samples
from logwatch.parse.timestamp import wrong_form

BLANKS = " \t\r"
"""What stands between elements; a carriage return too, since a container with a terminal writes CR LF."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_ESCAPE = r"(?:\x1b|#033|\^\[|\\u001b)\[[0-9;]*m|#0[0-7]{2}|\^[A-Z]|\\[a-z]|\\u00[0-9A-Fa-f]{2}"
_defaults = threading.Lock()  # pyparsing's are those of the whole process


@dataclass(frozen=True, eq=False)
class Grammar:
    """A line's grammar, loaded and validated; beginnings of LINE tell whose a line is, and why it is not a result."""

    name: str
    path: Path
    line: pp.ParserElement
    marker: bytes
    samples: tuple[Annotated, ...] = field(repr=False)
    front: pp.ParserElement | None  # what stands before the marker: so begin the lines of the program that logs it
    place: pp.ParserElement | None  # the part up to the marker: where a push line must have it
    before: pp.ParserElement | None  # the part before the code, then the line's end: a push line without a code
    node: Node | None = field(repr=False)  # LINE as it is compiled; None if it cannot be and stay exact
    not_compiled_because: str = ""
    timestamp: str = ""  # how stamps are written, in words of strptime(3); empty for any of the usual ways


def find(name: str, directories: Sequence[Path]) -> Path:
    """Return the path of the first ``NAME.py`` in the directories, then among the shipped grammars."""
    places = [*directories, resources.grammars()]
    if not _NAME.fullmatch(name):
        raise GrammarError(Problem(f"grammar {name!r}", "not a name", "", "use letters, digits, - and _"))
    for directory in places:
        try:
            if (path := directory / f"{name}.py").is_file():
                return path
        except OSError as error:  # another grammar of that name may be in it
            why, remedy = error.strerror or str(error), "let the service's user enter it"
            raise GrammarError(Problem(str(directory), "cannot be looked into", why, remedy)) from None
    looked, known = ", ".join(map(str, places)), ", ".join(names(places)) or "none"
    raise GrammarError(Problem(f"grammar {name!r}", "not found", f"looked in {looked}", f"known grammars: {known}"))


def names(directories: Sequence[Path]) -> list[str]:
    """Return the names of all grammars in some directories."""
    return sorted({path.stem for directory in directories if directory.is_dir() for path in directory.glob("*.py")})


def load(name: str, directories: Sequence[Path] = ()) -> Grammar:
    """Load a grammar and its samples; raise GrammarError with everything that is wrong with them.

    Others share what was loaded before: whoever changes its elements must copy them.
    """
    path = find(name, directories)
    samples_path = path.parent / "samples" / f"{name}.log"
    problems: list[Problem] = []
    source = _read_trusted(path, problems)
    annotated = _read_trusted(samples_path, problems)
    if source is None or problems:
        raise GrammarError(*problems)
    try:
        return _build(name, path, source, samples_path, annotated)
    except GrammarError:
        raise
    except Exception as error:  # pyparsing works on what a stranger wrote, and raises what it likes
        why, remedy = f"{type(error).__name__}: {error}", "let each Regex compile, and no element begin with itself"
        raise GrammarError(Problem(str(path), "cannot be used", why, remedy)) from error


@lru_cache(maxsize=16)
def _build(name: str, path: Path, source: bytes, samples_path: Path, annotated: bytes | None) -> Grammar:
    """Make a grammar of what its files hold; the same as before after a reload that changed nothing of them."""
    problems: list[Problem] = []
    samples: tuple[Annotated, ...] = ()
    if annotated is not None:
        samples, problems = read_samples(samples_path, annotated, PushResult._fields)
        if not samples and not problems:
            problems.append(
                Problem(str(samples_path), "no samples", "what they must yield is the proof that a grammar works")
            )
    line, marker, timestamp = _execute(path, source, problems)
    if line is None or problems:
        raise GrammarError(*problems)
    node, reason = None, ""
    try:
        refuse_endless(line)
        with default_whitespace():
            beginnings = _beginnings(line, marker.decode("latin-1"))
        node = translate(line, listed={"code"})
    except NotCompilable as refusal:
        reason = str(refusal)
    except EndlessLoop as endless:
        remedy = "let what is repeated match at least one character"
        raise GrammarError(Problem(str(path), str(endless), "pyparsing itself would never end", remedy)) from endless
    return Grammar(name, path, line, marker, samples, *beginnings, node, reason, timestamp)


@contextmanager
def default_whitespace() -> Iterator[None]:
    """Let new pyparsing elements skip BLANKS and never a newline; put the process's defaults back afterwards."""
    with _defaults:
        blanks, keyword = pp.ParserElement.DEFAULT_WHITE_CHARS, pp.Keyword.DEFAULT_KEYWORD_CHARS
        literal = pp.ParserElement._literalStringClass  # noqa: SLF001  what inline_literals_using sets
        pp.ParserElement.set_default_whitespace_chars(BLANKS)
        try:
            yield
        finally:
            pp.ParserElement.set_default_whitespace_chars(blanks)
            pp.ParserElement.inline_literals_using(literal)
            pp.Keyword.set_default_keyword_chars(keyword)


def _read_trusted(path: Path, problems: list[Problem]) -> bytes | None:
    """Read a file that becomes code, unless somebody else could have written it; what was checked is what is read."""
    try:
        with path.open("rb") as file:
            facts = [(path, os.fstat(file.fileno())), (path.parent, path.parent.stat())]
            # What came with the package is trusted as the package is: one who can write there owns us anyway
            if resources.grammars() not in (path.parent, path.parent.parent):
                for what, status in facts:
                    if status.st_uid not in (0, os.geteuid()):
                        why = "a grammar is code, and this belongs to neither root nor the user who runs it"
                        problems.append(Problem(str(what), f"owned by uid {status.st_uid}", why, f"chown root {what}"))
                    if status.st_mode & 0o022:
                        why = "a grammar is code, and others than its owner can write this"
                        problems.append(Problem(str(what), "writable by others", why, f"chmod go-w {what}"))
                for doubt in ownership.above(path.parent):
                    why = "a grammar is code, and this directory above it lets others put another in its place"
                    problems.append(Problem(str(doubt.path), doubt.what, why, doubt.remedy))
            return file.read()
    except OSError as error:
        hint = "put sample lines with what each must yield there" if path.suffix == ".log" else ""
        problems.append(Problem(str(path), "cannot be read", error.strerror or str(error), hint))
        return None


def _execute(path: Path, source: bytes, problems: list[Problem]) -> tuple[pp.ParserElement | None, bytes, str]:
    """Run the file by its path, writing no __pycache__, and take LINE, MARKER and TIMESTAMP out of it."""
    namespace: dict[str, Any] = {"__name__": f"logwatch.grammars.{path.stem}", "__file__": str(path)}
    with default_whitespace():
        try:
            exec(compile(source, str(path), "exec", dont_inherit=True), namespace)  # noqa: S102  a grammar is code; _read_trusted has looked at who wrote it
        except (Exception, SystemExit) as error:  # noqa: BLE001  whatever goes wrong in it is a finding about it
            problems.append(Problem(_line_of(path, error), "does not run", f"{type(error).__name__}: {error}"))
            return None, b"", ""
    line, marker = namespace.get("LINE"), namespace.get("MARKER")
    if not isinstance(line, pp.ParserElement):
        problems.append(Problem(str(path), "no LINE", "a pyparsing expression of that name was expected"))
        line = None
    if not isinstance(marker, bytes) or not marker or b"\n" in marker:
        why = "the bytes that every line of interest contains were expected"
        problems.append(Problem(str(path), "no MARKER", why, 'MARKER = b"push_on_complete"'))
        marker = b""
    if line is not None:
        line.streamline()
        line.parse_with_tabs()  # else pyparsing would expand tabs, and what is matched would not be what was logged
        names = {name for element in walk(line) for name in names_of(element)}
        if "code" not in names:
            problems.append(
                Problem(str(path), "LINE has no result name `code`", "", 'name the number: integer("code")')
            )
        if unknown := ", ".join(map(repr, sorted(names - NAMES))):
            known = f"use {', '.join(sorted(NAMES))}; a group of a Regex that is no value is written (?:…)"
            problems.append(Problem(str(path), f"unknown result name {unknown}", "", known))
    return line, marker, _timestamp_of(path, namespace, problems)


def _timestamp_of(path: Path, namespace: dict[str, Any], problems: list[Problem]) -> str:
    """Return how the grammar says that stamps are written; empty if it says nothing."""
    timestamp = namespace.get("TIMESTAMP", "")
    if timestamp and (why := wrong_form(timestamp)):
        what = f"TIMESTAMP {timestamp!r} cannot be used"
        problems.append(Problem(str(path), what, why, 'write it as strptime reads it: "%d/%b/%Y:%H:%M:%S %z"'))
    return str(timestamp)


def _line_of(path: Path, error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return f"{path}:{error.lineno}"
    numbers = [frame.lineno for frame in extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f"{path}:{numbers[-1]}" if numbers else str(path)


def names_of(element: pp.ParserElement) -> list[str]:
    """Return the result names that an element itself sets; the groups of a Regex are names to pyparsing as well."""
    names = [element.resultsName] if element.resultsName not in (None, "_skipped") else []  # what `...` calls itself
    return names + (list(element.re.groupindex) if isinstance(element, pp.Regex) else [])


def walk(element: pp.ParserElement) -> Iterator[pp.ParserElement]:
    """Go through an expression, every element once; what only must not match (NotAny, stop_on) yields nothing."""
    seen: set[int] = set()
    stack = [element]
    while stack:
        here = stack.pop()
        if id(here) in seen:
            continue
        seen.add(id(here))
        yield here
        if not isinstance(here, pp.NotAny):
            stack += here.recurse()


def sequence(line: pp.ParserElement) -> list[pp.ParserElement]:
    """Return the parts that a line consists of, one behind the other, in and out of nested sequences."""
    if type(line) is pp.And and not line.resultsName and not line.parseAction:
        return [part for each in line.exprs for part in sequence(each)]
    return [line]


def _beginnings(
    line: pp.ParserElement, marker: str
) -> tuple[pp.ParserElement | None, pp.ParserElement | None, pp.ParserElement | None]:
    """Build ``front``, ``place`` and ``before``, as far as LINE is a sequence with marker and code in parts of it."""
    parts = sequence(line)

    def first(holds: Any) -> int:
        return next((i for i, part in enumerate(parts) if any(map(holds, walk(part)))), len(parts))

    code = first(lambda element: "code" in names_of(element))
    place = first(lambda element: marker in text_of(element))
    if not place < code < len(parts):
        return None, None, None
    # What stands around the code is a repetition; between it and the number there is only what announces the number
    loop = max((i for i in range(place, code) if isinstance(parts[i], pp.ZeroOrMore | pp.OneOrMore)), default=place)
    up_to_place, front = pp.And(parts[: place + 1]), pp.And(parts[:place])
    if not place or front.can_parse_next("", 0):
        front = up_to_place  # what may be nothing, such as the bound of a word, would make every line the program's
    return (
        front.parse_with_tabs(),
        up_to_place.parse_with_tabs(),
        pp.And([*parts[: loop + 1], pp.LineEnd()]).parse_with_tabs(),
    )


def whole_marker(grammar: Grammar) -> re.Pattern[bytes]:
    """Return what finds the marker in a line: as a word, where LINE has it as one. In a longer one it names another.

    An escape in front of it (a colour, a tab as syslog daemons or JSON write it) ends in a letter or a digit, and is
    no part of a word: a log whose function names are coloured would be passed over in silence.
    """
    text = grammar.marker.decode("latin-1")
    words = (each for each in walk(grammar.line) if isinstance(each, pp.Keyword) and each.match == text)
    chars = next((each.ident_chars for each in words), ())
    inside, found = re.escape("".join(sorted(char for char in chars if char < "\u0100"))), re.escape(text)
    word = f"(?:{_ESCAPE}|(?<![{inside}])){found}(?![{inside}])"
    return re.compile((word if inside else found).encode("latin-1"))


def text_of(element: pp.ParserElement) -> str:
    """Return the text or the pattern that an element itself spells out; empty if it spells out none."""
    if isinstance(element, pp.Literal | pp.Keyword):
        return element.match
    return element.pattern if isinstance(element, pp.Regex) and isinstance(element.pattern, str) else ""


def parse_reference(grammar: Grammar, payload: bytes) -> PushResult | Cause:
    """Read one line with pyparsing itself: slow, and by definition right."""
    line = payload.decode("latin-1")
    try:
        found = grammar.line.parse_string(line)
        return from_values([(name, text) for name in NAMES if name in found for text in _flat(found[name])])
    except Exception:  # noqa: BLE001  what an action of a grammar raises would come again with each look at the line
        return unparsed_cause(grammar, payload, line_begins)


def unparsed_cause(grammar: Grammar, line: bytes, begin: Callable[[bytes, pp.ParserElement], bool]) -> Cause:
    """Return why ``LINE`` does not match: the marker is not in its place, there is no code up to the end, or else.

    ``begin`` does what ``line_begins`` does.
    """
    if grammar.place is not None and not begin(line, grammar.place):
        return "misplaced"
    return "no_code" if grammar.before is not None and begin(line, grammar.before) else "grammar"


def line_begins(line: bytes, beginning: pp.ParserElement) -> bool:
    """Return whether a line begins with what an expression takes, as pyparsing itself has it."""
    try:
        beginning.parse_string(line.decode("latin-1").removesuffix("\n"))
    except Exception:  # noqa: BLE001  as above
        return False
    return True


def _flat(value: object) -> list[str]:
    """Return a result name's values in order; a group of a Regex that took no part is None, the same as not set."""
    if isinstance(value, pp.ParseResults):
        return [text for each in value for text in _flat(each)]
    return [] if value is None else [str(value)]
