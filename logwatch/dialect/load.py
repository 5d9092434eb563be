"""Load a grammar by name: plain pyparsing from a file that only its owner can change, and its samples."""

import os
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from traceback import extract_tb
from typing import Any

import pyparsing as pp

from logwatch import ownership, resources
from logwatch.compile.from_pyparsing import EndlessLoop, refuse_endless, translate
from logwatch.compile.from_regex import NotCompilable
from logwatch.dialect.grammar import Grammar, elements_of, names_of, sequence, text_of
from logwatch.dialect.result import NAMES, PushResult
from logwatch.dialect.samples import Annotated, read_samples
from logwatch.errors import GrammarError, Problem, in_words
from logwatch.moments import YEAR_DIRECTIVES
from logwatch.regular_file import open_file

BLANKS = " \t\r"
"""What may come between elements; a carriage return too, since a container with a terminal writes CR LF."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_DAY_DIRECTIVES = ("%d", "%j", "%c", "%x")
_A_DAY = datetime(1970, 1, 1, tzinfo=UTC)
_defaults = threading.Lock()  # pyparsing's defaults are shared by the whole process


def require_name(name: str) -> None:
    """Raise GrammarError for what cannot be the name of a grammar, such as a path."""
    if not _NAME.fullmatch(name):
        raise GrammarError.at(f"grammar {name!r}", "not a name", "", "use letters, digits, - and _")


def find(name: str, directories: Sequence[Path]) -> Path:
    """Return the path of the first ``NAME.py`` in the directories, then among the shipped grammars."""
    places = [*directories, resources.GRAMMARS]
    require_name(name)
    for directory in places:
        try:
            if ownership.is_there(path := directory / f"{name}.py") and path.is_file():
                return path
        except OSError as error:  # another grammar of that name may be in it
            why, remedy = in_words(error), "allow the service's user to enter it"
            raise GrammarError.at(str(directory), "cannot be looked into", why, remedy) from None
    looked, known = ", ".join(map(str, places)), ", ".join(names(places)) or "none"
    raise GrammarError.at(f"grammar {name!r}", "not found", f"looked in {looked}", f"known grammars: {known}")


def names(directories: Sequence[Path]) -> list[str]:
    """Return the names of all grammars in some directories."""
    there = [each for each in directories if ownership.is_there(each) and each.is_dir()]
    return sorted({path.stem for directory in there for path in directory.glob("*.py")})


def load(name: str, directories: Sequence[Path] = ()) -> Grammar:
    """Load a grammar and its samples; raise GrammarError with every problem of theirs.

    Grammars are cached and shared: whoever changes the elements of one must copy them.
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
    except Exception as error:  # on what a stranger wrote, pyparsing may raise anything
        why, remedy = f"{type(error).__name__}: {error}", "make each Regex compile, and no element begin with itself"
        raise GrammarError.at(str(path), "cannot be used", why, remedy) from error


@lru_cache(maxsize=16)
def _build(name: str, path: Path, source: bytes, samples_path: Path, annotated: bytes | None) -> Grammar:
    """Make a grammar from the contents of its files; a reload that changed neither of them gets the same one."""
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
        remedy = "make what is repeated match at least one character"
        raise GrammarError.at(str(path), str(endless), "pyparsing itself would never end", remedy) from endless
    return Grammar(name, path, line, marker, samples, *beginnings, node, reason, timestamp)


@contextmanager
def default_whitespace() -> Iterator[None]:
    """Make new pyparsing elements skip BLANKS and never a newline; restore the process's defaults afterwards."""
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
    """Read a file that becomes code, unless somebody else could have written it; the open file itself is checked."""
    try:
        with open_file(path) as file:
            owned = [(path, os.fstat(file.fileno())), (path.parent, path.parent.stat())]
            # What came with the package is trusted like the package: whoever can write there owns us anyway
            if resources.GRAMMARS not in (path.parent, path.parent.parent):
                for what, status in owned:
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
        problems.append(Problem(str(path), "cannot be read", in_words(error), hint))
        return None


def _execute(path: Path, source: bytes, problems: list[Problem]) -> tuple[pp.ParserElement | None, bytes, str]:
    """Run the source under its path, without writing a __pycache__; return its LINE, MARKER and TIMESTAMP."""
    namespace: dict[str, Any] = {"__name__": f"logwatch.grammars.{path.stem}", "__file__": str(path)}
    with default_whitespace():
        try:
            exec(compile(source, str(path), "exec", dont_inherit=True), namespace)  # noqa: S102  a grammar is code; _read_trusted has checked who can write it
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
        line.parse_with_tabs()  # else pyparsing would expand tabs, and match another text than was logged
        names = {name for element in elements_of(line) for name in names_of(element)}
        if "code" not in names:
            problems.append(
                Problem(str(path), "LINE has no result name `code`", "", 'name the number: integer("code")')
            )
        if unknown := ", ".join(map(repr, sorted(names - NAMES))):
            known = f"use {', '.join(sorted(NAMES))}; a group of a Regex that is no value is written (?:…)"
            problems.append(Problem(str(path), f"unknown result name {unknown}", "", known))
    return line, marker, _timestamp_of(path, namespace, problems)


def _timestamp_of(path: Path, namespace: dict[str, Any], problems: list[Problem]) -> str:
    """Return the format in which the grammar says that stamps are written; empty if it says nothing."""
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


def wrong_form(form: object) -> str:
    """Return what is wrong with a strptime(3) format for stamps; empty if nothing is."""
    if not isinstance(form, str):
        return "it is not text"
    if not any(directive in form for directive in _DAY_DIRECTIVES):
        return "it has no day"
    dated = form if any(directive in form for directive in YEAR_DIRECTIVES) else f"%Y {form}"  # as it is read
    try:
        datetime.strptime(_A_DAY.strftime(dated), dated)  # noqa: DTZ007  only whether it can be read
    except (ValueError, re.error) as error:  # re.error for a directive that is there twice
        return str(error)
    return ""


def _beginnings(
    line: pp.ParserElement, marker: str
) -> tuple[pp.ParserElement | None, pp.ParserElement | None, pp.ParserElement | None]:
    """Build ``front``, ``place`` and ``before``; all None unless LINE is a sequence with the code behind the marker."""
    parts = sequence(line)

    def first(holds: Any) -> int:
        return next((i for i, part in enumerate(parts) if any(map(holds, elements_of(part)))), len(parts))

    code = first(lambda element: "code" in names_of(element))
    place = first(lambda element: marker in text_of(element))
    if not place < code < len(parts):
        return None, None, None
    # The fields around the code are a repetition; between it and the number is only what announces the number
    loop = max((i for i in range(place, code) if isinstance(parts[i], pp.ZeroOrMore | pp.OneOrMore)), default=place)
    up_to_place, front = pp.And(parts[: place + 1]), pp.And(parts[:place])
    if not place or front.can_parse_next("", 0):
        front = up_to_place  # what matches nothing, such as the boundary of a word, would make every line the program's
    return (
        front.parse_with_tabs(),
        up_to_place.parse_with_tabs(),
        pp.And([*parts[: loop + 1], pp.LineEnd()]).parse_with_tabs(),
    )
