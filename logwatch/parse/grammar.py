"""Load a grammar by its name: plain pyparsing out of a file that only its owner can change."""

import os
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from traceback import extract_tb
from typing import Any

from pyparsing import And, Keyword, LineEnd, Literal, NotAny, OneOrMore, ParserElement, Regex, ZeroOrMore

from logwatch import ownership, resources
from logwatch.errors import GrammarError, Problem
from logwatch.parse.compile.from_pyparsing import EndlessLoop, translate
from logwatch.parse.compile.from_regex import NotCompilable
from logwatch.parse.compile.nodes import Node
from logwatch.parse.samples import KEYS, Annotated, read_samples
from logwatch.parse.timestamp import wrong_form

BLANKS = " \t\r"
"""What stands between elements; a carriage return too, since a container with a terminal writes CR LF."""

NAMES = frozenset((*KEYS, "fcm_error", "fcm_status", "apns_reason"))
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_whitespace = threading.Lock()  # pyparsing's default is one for the whole process


@dataclass(frozen=True, eq=False)
class Grammar:
    """A line's grammar, loaded and validated; ``place`` and ``before`` tell why a line is not a result."""

    name: str
    path: Path
    line: ParserElement
    marker: bytes
    samples: tuple[Annotated, ...] = field(repr=False)
    place: ParserElement | None  # the part up to the marker: where a push line must have it
    before: ParserElement | None  # the part before the code, then the line's end: a push line without a code
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


def load(name: str, directories: Sequence[Path] = (), *, fresh: bool = False) -> Grammar:
    """Load a grammar and its samples; raise GrammarError with everything that is wrong with them.

    Whoever changes its elements must ask for a ``fresh`` one: others share what was loaded before.
    """
    path = find(name, directories)
    samples_path = path.parent / "samples" / f"{name}.log"
    problems: list[Problem] = []
    source = _read_trusted(path, problems)
    annotated = _read_trusted(samples_path, problems)
    if source is None or problems:
        raise GrammarError(*problems)
    build = _build.__wrapped__ if fresh else _build
    return build(name, path, source, samples_path, annotated)


@lru_cache(maxsize=16)
def _build(name: str, path: Path, source: bytes, samples_path: Path, annotated: bytes | None) -> Grammar:
    """Make a grammar of what its files hold; the same as before after a reload that changed nothing of them."""
    problems: list[Problem] = []
    samples: tuple[Annotated, ...] = ()
    if annotated is not None:
        samples, problems = read_samples(samples_path, annotated)
        if not samples and not problems:
            problems.append(
                Problem(str(samples_path), "no samples", "what they must yield is the proof that a grammar works")
            )
    line, marker, timestamp = _execute(path, source, problems)
    if line is None or problems:
        raise GrammarError(*problems)
    with default_whitespace():
        place, before = _parts(line, marker.decode("latin-1"))
    node, reason = None, ""
    try:
        node = translate(line, listed={"code"})
    except NotCompilable as refusal:
        reason = str(refusal)
    except EndlessLoop as endless:
        remedy = "let what is repeated match at least one character"
        raise GrammarError(Problem(str(path), str(endless), "pyparsing itself would never end", remedy)) from endless
    return Grammar(name, path, line, marker, samples, place, before, node, reason, timestamp)


@contextmanager
def default_whitespace() -> Iterator[None]:
    """Let new pyparsing elements skip BLANKS and never a newline; put the process's default back afterwards."""
    with _whitespace:
        usual = ParserElement.DEFAULT_WHITE_CHARS
        ParserElement.set_default_whitespace_chars(BLANKS)
        try:
            yield
        finally:
            ParserElement.set_default_whitespace_chars(usual)


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


def _execute(path: Path, source: bytes, problems: list[Problem]) -> tuple[ParserElement | None, bytes, str]:
    """Run the file by its path, writing no __pycache__, and take LINE, MARKER and TIMESTAMP out of it."""
    namespace: dict[str, Any] = {"__name__": f"logwatch.grammars.{path.stem}", "__file__": str(path)}
    with default_whitespace():
        try:
            exec(compile(source, str(path), "exec", dont_inherit=True), namespace)  # noqa: S102  a grammar is code; _read_trusted has looked at who wrote it
        except (Exception, SystemExit) as error:  # noqa: BLE001  whatever goes wrong in it is a finding about it
            problems.append(Problem(_line_of(path, error), "does not run", f"{type(error).__name__}: {error}"))
            return None, b"", ""
    line, marker = namespace.get("LINE"), namespace.get("MARKER")
    if not isinstance(line, ParserElement):
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
    if timestamp == "":
        return ""
    why = wrong_form(timestamp) if isinstance(timestamp, str) else "it is no text"
    if why:
        what = f"TIMESTAMP {timestamp!r} cannot be used"
        problems.append(Problem(str(path), what, why, 'write it as strptime reads it: "%d/%b/%Y:%H:%M:%S %z"'))
        return ""
    return str(timestamp)


def _line_of(path: Path, error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return f"{path}:{error.lineno}"
    numbers = [frame.lineno for frame in extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f"{path}:{numbers[-1]}" if numbers else str(path)


def names_of(element: ParserElement) -> list[str]:
    """Return the result names that an element itself sets; the groups of a Regex are names to pyparsing as well."""
    names = [element.resultsName] if element.resultsName not in (None, "_skipped") else []  # what `...` calls itself
    return names + (list(element.re.groupindex) if isinstance(element, Regex) else [])


def walk(element: ParserElement) -> Iterator[ParserElement]:
    """Go through an expression, every element once; what only must not match (NotAny, stop_on) yields nothing."""
    seen: set[int] = set()
    stack = [element]
    while stack:
        here = stack.pop()
        if id(here) in seen:
            continue
        seen.add(id(here))
        yield here
        if not isinstance(here, NotAny):
            stack += here.recurse()


def sequence(line: ParserElement) -> list[ParserElement]:
    """Return the parts that a line consists of, one behind the other, in and out of nested sequences."""
    if type(line) is And and not line.resultsName and not line.parseAction:
        return [part for each in line.exprs for part in sequence(each)]
    return [line]


def _parts(line: ParserElement, marker: str) -> tuple[ParserElement | None, ParserElement | None]:
    """Build what tells why a line does not match, as far as LINE is a sequence with marker and code in parts of it."""
    parts = sequence(line)

    def first(holds: Any) -> int:
        return next((i for i, part in enumerate(parts) if any(map(holds, walk(part)))), len(parts))

    code = first(lambda element: "code" in names_of(element))
    place = first(lambda element: marker in text_of(element))
    if not place < code < len(parts):
        return None, None
    # What stands around the code is a repetition; between it and the number there is only what announces the number
    loop = max((i for i in range(place, code) if isinstance(parts[i], ZeroOrMore | OneOrMore)), default=place)
    return (
        And(parts[: place + 1]).parse_with_tabs(),
        And([*parts[: loop + 1], LineEnd()]).parse_with_tabs(),
    )


def text_of(element: ParserElement) -> str:
    """Return the text or the pattern that an element itself spells out; empty if it spells out none."""
    if isinstance(element, Literal | Keyword):
        return element.match
    return element.pattern if isinstance(element, Regex) and isinstance(element.pattern, str) else ""
