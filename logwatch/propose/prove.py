"""Write the samples of a proposed grammar, and have the real checker pass the grammar before anybody sees it."""

import json
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from itertools import chain
from pathlib import Path
from typing import Any

from logwatch.catalogue import Catalogue
from logwatch.dialect.grammar import parse_reference
from logwatch.dialect.redact import shape, words_of
from logwatch.dialect.result import PLATFORM_WORDS
from logwatch.errors import GrammarError
from logwatch.parse import Grammar, Scanner, load
from logwatch.parse.check import check
from logwatch.propose import anonymous
from logwatch.propose.anonymous import RUN, common, without_users
from logwatch.propose.dialect import Announced, Columns, Dialect, InHead, Object, Words
from logwatch.propose.find import Nothing, find
from logwatch.propose.hostile import hostile
from logwatch.propose.lines import COLOUR, HIDDEN, mask, without_digits
from logwatch.propose.write import write
from logwatch.propose.write.source import before

_SAMPLES = 24
_A_TIME = 1_800_000_000.0  # reference that dates stamps without a year
_FIRST = {"spelling": 0, "has": 0, "code": 1}  # of the features that make a line a sample; all others come last
_NO_SAMPLES = "# expect: null\nx\n"
_NO_PLATFORM = (
    "no platform was found, and what most codes mean depends on it; if the lines tell it, add that to the grammar"
)
_BY_HAND = "write the grammar by hand"
_COLOURED = (
    "there are colours (escape sequences) within the lines, where nothing looks through them",
    r"switch them off where the log is written; `sed 's/\x1b\[[0-9;:]*[mK]//g' FILE` shows what is there without them",
)
_FIELDS = ("platform", "reason", "app", "user", "token", "level", "timestamp", "thread")


@dataclass(frozen=True, slots=True)
class Shape:
    """Lines of the same shape: how many there are, and what they give."""

    shape: str
    lines: int
    codes: Counter[int]
    cause: str  # why they give nothing; empty if they give codes


@dataclass(frozen=True, slots=True)
class Proposal:
    """A grammar and its samples, as text, and what it makes of the lines that it was made from."""

    name: str
    grammar: str
    samples: str
    dialect: Dialect
    shapes: tuple[Shape, ...]
    doubts: tuple[str, ...]

    @property
    def counted(self) -> int:
        """How many of the lines give a result."""
        return sum(sum(each.codes.values()) for each in self.shapes)

    @property
    def unread(self) -> int:
        """How many of the lines give no result."""
        return sum(each.lines for each in self.shapes if each.cause)


def propose(lines: Sequence[bytes], name: str, marker: str, catalogue: Catalogue) -> Proposal:
    """Return a proposal for lines, payloads without envelope and newline; raise GrammarError if there can be none.

    The most likely way to read them is chosen that passes the checker and counts no hostile line.
    """
    texts = [line.decode("latin-1").rstrip("\r") for line in lines if marker.encode() in line]
    dialects = find(texts, marker, catalogue)
    if isinstance(dialects, Nothing):
        why, try_ = _COLOURED if _coloured(texts) else (dialects.why, dialects.try_)
        raise GrammarError.at("grammar propose", "nothing to propose", why, try_)
    reasons = {word for entry in catalogue.entries for word in re.findall("[0-9A-Za-z]+", entry.reason)}
    refused: GrammarError | None = None
    for dialect in dialects:
        with tempfile.TemporaryDirectory() as directory:
            try:
                return _proved(Path(directory), texts, name, dialect, reasons)
            except GrammarError as error:
                refused = refused or error
    assert refused is not None
    raise GrammarError.at("grammar propose", "nothing to propose", *_COLOURED) if _coloured(texts) else refused


def _coloured(texts: Sequence[str]) -> bool:
    """Return whether most lines have colours in them."""
    return 2 * sum(re.search(COLOUR, text) is not None for text in texts) > len(texts)


def _proved(directory: Path, texts: Sequence[str], name: str, dialect: Dialect, reasons: set[str]) -> Proposal:
    (directory / "samples").mkdir()
    draft = _load(directory, name, write(dialect, name, len(texts), ""), _NO_SAMPLES)
    users = [value for text in texts[:500] for value in _identifiers(draft, text)]
    users += [value for text in texts for value in _values(dialect, text)]
    keep = common(texts, never=users) | reasons | _essential(dialect)
    good = _good(draft, dialect, keep)
    if not good:
        why = "no line gives what was found in it"
        raise GrammarError.at("grammar propose", "nothing to propose", why, _BY_HAND)
    source = write(dialect, name, len(texts), good[0][0])
    samples, forged = _samples(draft, dialect, good, name)
    if forged:
        why = f"it would count what a user wrote: {forged[0]}"
        raise GrammarError.at("grammar propose", "nothing to propose", why, _BY_HAND)
    grammar = _load(directory, name, source, samples)
    if wrong := [problem for problem in check(grammar) if not problem.warning]:
        why = f"it would not pass `grammar check`: {wrong[0].what}"
        raise GrammarError.at("grammar propose", "nothing to propose", why, _BY_HAND)
    doubts = (
        dialect.doubts if any(found["platform"] != "unknown" for _, found in good) else (*dialect.doubts, _NO_PLATFORM)
    )
    return Proposal(name, source, samples, dialect, _shapes(grammar, texts), doubts)


def _essential(dialect: Dialect) -> set[str]:
    """Return the words without which a line is not in the dialect."""
    texts = [dialect.marker, *PLATFORM_WORDS, *map(str, dialect.code.numbers)]
    for piece in dialect.head.pieces:
        spelt = {without_digits(value) for value in piece.values}
        texts += [piece.values[0]] * (len(set(piece.values)) == 1) + list(spelt) * (len(spelt) == 1)
    form = dialect.form
    if isinstance(form, Words | InHead):
        texts += [each.key for ways in form.fields.values() for each in ways]
    if isinstance(form, Words):
        texts += [*form.opener, *(each.key for each in form.codes)]
    if isinstance(form, Object):
        texts += [form.event, form.value, form.code, form.opener, *(member.key for member in form.members)]
    if isinstance(form, Columns):
        texts += [form.opener, *(piece.values[0] for piece in form.before if not piece.title)]
    return {run for text in texts for run in RUN.findall(text)} | {text.upper() for text in PLATFORM_WORDS}


def _load(directory: Path, name: str, source: str, samples: str) -> Grammar:
    (directory / f"{name}.py").write_text(source)
    (directory / "samples" / f"{name}.log").write_text(samples)
    return load(name, [directory])


def outcome(grammar: Grammar, text: str) -> dict[str, Any] | str:
    """Return what a line gives: its values, or the cause why it gives no result."""
    found = parse_reference(grammar, text.encode("latin-1"))
    return found if isinstance(found, str) else found._asdict()


def _identifiers(grammar: Grammar, text: str) -> list[str]:
    found = outcome(grammar, text)
    return [] if isinstance(found, str) else [found["user"], found["token"]]


def _values(dialect: Dialect, text: str) -> Iterator[str]:
    """Yield the values in a line, none of which its grammar spells out, except those in ``_essential``."""
    yield from anonymous.private(text if isinstance(dialect.form, Object) else text.partition(dialect.marker)[2])


def _good(grammar: Grammar, dialect: Dialect, keep: frozenset[str]) -> list[tuple[str, dict[str, Any]]]:
    """Choose lines, without their users, that show every field, every code and every structure of a line.

    If these are too many, spellings of fields come first: the checker refuses a grammar with one that no sample
    shows. It also refuses samples whose stamp is no date.
    """
    seen: set[tuple[str, object]] = set()
    shows: list[tuple[int, int, str, dict[str, Any]]] = []
    read: list[tuple[str, dict[str, Any]]] = []
    for text, code in zip(dialect.lines, dialect.code.values, strict=True):
        found = outcome(grammar, shown := without_users(text, keep)) if code is not None else ""
        if not isinstance(found, str) and found["code"] == code:
            read.append((shown, found))
    dates = Scanner(grammar, timezone=UTC).timestamps
    stamped = [each for each in read if not (at := each[1]["timestamp"]) or dates.seconds(at, _A_TIME) is not None]
    for shown, found in stamped or read:
        whole = "".join("9" if char.isdigit() else char for char in shown)
        features: set[tuple[str, object]] = {
            ("code", (found["code"], found["platform"])),
            ("length", len(whole.split())),
        }
        features |= {("has", field) for field in _FIELDS if found[field]}
        features |= {("mark", char) for char in whole if not char.isalnum()}
        features |= {("spelling", each) for each in _spellings(dialect.form, shown)}
        if new := features - seen:
            seen |= features
            shows.append((min(_FIRST.get(kind, len(_FIRST)) for kind, _ in new), len(shows), shown, found))
    chosen = sorted(sorted(shows)[:_SAMPLES], key=lambda each: each[1])
    return [(shown, found) for _, _, shown, found in chosen]


def _spellings(form: Words | Columns | Object | InHead, text: str) -> Iterator[Announced]:
    """Yield the words by which a line announces its fields."""
    if not isinstance(form, Words | InHead):
        return
    hidden = mask(text, form.quotes)
    for each in chain.from_iterable(form.fields.values()):
        if re.search(rf"(?<![^\s,;|(]){before(replace(each, quote=''))}(?=\S)", hidden):
            yield each


def _samples(
    grammar: Grammar, dialect: Dialect, good: Sequence[tuple[str, dict[str, Any]]], name: str
) -> tuple[str, list[str]]:
    """Return the text of the samples file, and the hostile lines that would count."""
    text = (
        f"# What the grammar {name} must make of a line: above each line what it yields, or null. Users, tokens and\n"
        "# texts are made up. Put more of your own lines here; `grammar check` holds the grammar to them.\n"
        "\n# --- pushes ---\n"
    )
    text += "".join(_annotated(line, found) for line, found in good)
    text += "\n# --- what users or other modules may write does not count ---\n"
    forged: list[str] = []
    done: set[str] = set()
    for line, found in _bases(good):
        for bad in hostile(dialect, line, found["code"]):
            if bad in done or dialect.marker not in bad:
                continue
            done.add(bad)
            made = outcome(grammar, bad)
            if not isinstance(made, str) and made["code"] != found["code"]:
                forged.append(bad)
            text += _annotated(bad, made)
    return text, forged


def _bases(good: Sequence[tuple[str, dict[str, Any]]]) -> list[tuple[str, dict[str, Any]]]:
    """Return a line and, if there is one, another with a different code: those with the least in quotes and brackets.

    A hostile line made from them must contain only the text that is put into it.
    """
    plain = sorted(good, key=lambda each: mask(each[0]).count(HIDDEN))
    first = plain[0]
    other = next((each for each in plain if each[1]["code"] != first[1]["code"]), None)
    return [first] if other is None else [first, other]


def _annotated(line: str, found: dict[str, Any] | str) -> str:
    text = line.encode("latin-1").decode(errors="replace")
    if isinstance(found, str):
        return f"# expect: null  ({found})\n{text}\n"
    expected = {"code": found["code"]} | {
        field: found[field]
        for field in _FIELDS
        if found[field] and not (field == "platform" and found[field] == "unknown")
    }
    return f"# expect: {json.dumps(expected, ensure_ascii=False)}\n{text}\n"


def _shapes(grammar: Grammar, texts: Sequence[str]) -> tuple[Shape, ...]:
    """Group lines by their shapes, and count what they give."""
    scanner = Scanner(grammar, timezone=UTC)
    words = words_of(grammar)
    groups: dict[tuple[str, str], tuple[int, Counter[int]]] = {}
    for text in texts:
        payload = text.encode("latin-1")
        scan = scanner.scan(payload + b"\n", envelope="plain", reference=0.0)
        if not scan.candidates:
            continue
        cause = next(iter(scan.unparsed), "")
        number, codes = groups.setdefault((shape(payload, words), cause), (0, Counter()))
        codes.update({key.code: seen.count for key, seen in scan.results.items()})
        groups[shape(payload, words), cause] = (number + 1, codes)
    ordered = sorted(groups.items(), key=lambda item: (bool(item[0][1]), -item[1][0]))
    return tuple(Shape(text, number, codes, cause) for (text, cause), (number, codes) in ordered)
