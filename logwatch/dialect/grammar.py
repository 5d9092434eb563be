"""A grammar, questions about its pyparsing elements, and how pyparsing itself reads a line by it.

What pyparsing reads is right by definition; everything that is compiled has to agree with it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyparsing as pp

from logwatch.compile.nodes import Node
from logwatch.dialect.result import NAMES, PushResult, from_values
from logwatch.dialect.samples import Annotated
from logwatch.envelope import COLOUR_REST
from logwatch.model import Cause

_ESCAPE = rf"(?:\x1b|#033|\^\[|\\u001b){COLOUR_REST}|#0[0-7]{{2}}|\^[A-Z]|\\[a-z]|\\u00[0-9A-Fa-f]{{2}}"


@dataclass(frozen=True, eq=False)
class Grammar:
    """A line grammar, loaded and validated; parts of LINE show whose a line is, and why it gives no result."""

    name: str
    path: Path
    line: pp.ParserElement
    marker: bytes
    samples: tuple[Annotated, ...] = field(repr=False)
    front: pp.ParserElement | None  # what precedes the marker, with which all lines of the logging program begin
    place: pp.ParserElement | None  # the part up to and including the marker, where a push line must have it
    before: pp.ParserElement | None  # the part before the code, then the line's end: matches a push line without a code
    node: Node | None = field(repr=False)  # LINE as it is compiled; None if that would not be exact
    not_compiled_because: str = ""
    timestamp: str = ""  # the strptime(3) format of stamps; empty for any of the usual ones


def names_of(element: pp.ParserElement) -> list[str]:
    """Return the result names that an element itself sets; to pyparsing the groups of a Regex are names as well."""
    names = [element.resultsName] if element.resultsName not in (None, "_skipped") else []  # the name that `...` sets
    return names + (list(element.re.groupindex) if isinstance(element, pp.Regex) else [])


def elements_of(element: pp.ParserElement) -> Iterator[pp.ParserElement]:
    """Yield every element of an expression once, except those that only must not match (in NotAny or stop_on)."""
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
    """Return the consecutive parts of a line, those of nested sequences included."""
    if type(line) is pp.And and not line.resultsName and not line.parseAction:
        return [part for each in line.exprs for part in sequence(each)]
    return [line]


def whole_marker(grammar: Grammar) -> Callable[[Sequence[bytes]], list[bool]]:
    """Return a function that tells for each line whether it contains the marker: as a word, if it is one in LINE.

    An escape in front of it (a colour, a tab as syslog daemons or JSON write it) ends in a letter or a digit, but is no
    part of the word: otherwise a log with coloured function names would be ignored silently.
    """
    text = grammar.marker.decode("latin-1")
    words = (each for each in elements_of(grammar.line) if isinstance(each, pp.Keyword) and each.match == text)
    chars = next((each.ident_chars for each in words), ())
    inside, found = re.escape("".join(sorted(char for char in chars if char < "\u0100"))), re.escape(text)
    if not inside:
        return lambda lines: [grammar.marker in line for line in lines]
    # an expression that begins with the marker itself is ten times as fast
    plain = f"{found}(?<![{inside}]{found})(?![{inside}])".encode("latin-1")
    escaped = f"(?:{_ESCAPE}){found}(?![{inside}])".encode("latin-1")
    once_a_line = re.compile(plain + b"().*+").findall

    def names(lines: Sequence[bytes]) -> list[bool]:
        if len(once_a_line(b"\n".join(lines))) == len(lines):  # nearly always
            return [True] * len(lines)
        return [bool(re.search(plain, line) or re.search(escaped, line)) for line in lines]

    return names


def text_of(element: pp.ParserElement) -> str:
    """Return the text or the regex that an element itself spells out; empty if there is none."""
    if isinstance(element, pp.Literal | pp.Keyword):
        return element.match
    return element.pattern if isinstance(element, pp.Regex) and isinstance(element.pattern, str) else ""


def parse_reference(grammar: Grammar, payload: bytes) -> PushResult | Cause:
    """Read one line with pyparsing itself: slowly, and right by definition."""
    line = payload.decode("latin-1")
    try:
        found = grammar.line.parse_string(line)
        return from_values([(name, text) for name in NAMES if name in found for text in _flat(found[name])])
    except Exception:  # noqa: BLE001  what a parse action raises, it would raise again each time the line is read
        return unparsed_cause(grammar, payload, line_begins)


def unparsed_cause(grammar: Grammar, line: bytes, begin: Callable[[bytes, pp.ParserElement], bool]) -> Cause:
    """Return why ``LINE`` does not match: a misplaced marker, a line that ends before a code, or something else.

    ``begin`` does what ``line_begins`` does.
    """
    if grammar.place is not None and not begin(line, grammar.place):
        return "misplaced"
    return "no_code" if grammar.before is not None and begin(line, grammar.before) else "grammar"


def line_begins(line: bytes, beginning: pp.ParserElement) -> bool:
    """Return whether pyparsing matches an expression at the beginning of a line."""
    try:
        beginning.parse_string(line.decode("latin-1"))
    except Exception:  # noqa: BLE001  as above
        return False
    return True


def _flat(value: object) -> list[str]:
    """Return a result name's values in order; None, a Regex group that took no part, is the same as not set."""
    if isinstance(value, pp.ParseResults):
        return [text for each in value for text in _flat(each)]
    return [] if value is None else [str(value)]
