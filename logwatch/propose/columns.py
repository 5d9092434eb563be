"""Learn lines whose fields are identified by their places, such as ``4711|fcm|410|Unregistered``."""

import re
from collections import Counter
from collections.abc import Sequence

from logwatch.propose import codes, fields, stamps
from logwatch.propose.codes import CatalogueWords, CodeCandidate
from logwatch.propose.dialect import Columns, MarkedLine
from logwatch.propose.head import GrammarTerm, once
from logwatch.propose.lines import escaped, mask

_DELIMITERS = ("|", "\t", ";", ",", ":", " ")
_NUMBER = re.compile(r"-?[0-9]{1,6}")
_FEW = 0.05


def learn(lines: Sequence[MarkedLine], quotes: str, known: CatalogueWords) -> list[tuple[CodeCandidate, Columns]]:
    """Return the ways to read the lines by places, the best first."""
    ways: list[tuple[CodeCandidate, Columns]] = []
    for delimiter in _DELIMITERS:
        openers = Counter(_opener(line.rest, delimiter) for line in lines)
        opener, count = openers.most_common(1)[0]
        if count < len(lines) * 0.75 or not opener:
            continue
        hides = delimiter == " " or _quoted(lines, delimiter)
        closing = ")" if opener.endswith("(") else ""
        rests = [line.rest.rstrip() if closing else line.rest for line in lines]
        split = [
            _split(rest[len(opener) : len(rest) - len(closing)], delimiter, quotes, hides=hides)
            if _opener(rest, delimiter) == opener and rest.endswith(closing)
            else ([], [])
            for rest in rests
        ]
        rows, masked = [row for row, _ in split], [row for _, row in split]
        widths = Counter(len(row) for row in rows if row)
        if not widths:
            continue
        width = widths.most_common(1)[0][0]
        least = 1 if delimiter == " " else 2
        if width < least:
            continue
        candidates = [_at(masked, place) for place in range(width)]
        for candidate in codes.choose(candidates, known):
            several = [widths] if delimiter == " " else [widths, Counter({width: widths[width]})]
            found = [_way(rows, allowed, candidate, opener, delimiter, closing, known.reasons) for allowed in several]
            ways += [(candidate, way) for way in dict.fromkeys(found) if way is not None]
        if ways:
            break
    return ways


def _opener(rest: str, delimiter: str) -> str:
    """Return what is between the marker and the first field."""
    if delimiter == " ":
        found = re.match(r"[\])>]?(?:\(\))?[ \t]*[:=>-]*[ \t]+", rest)
    else:
        found = re.match(rf"[\])>\"]?(?:\(\))?[ ]*{re.escape(delimiter)}[ ]*|[\])>]?(?:\(\))?:[ ]*|\(", rest)
    return found[0] if found else ""


def _split(rest: str, delimiter: str, quotes: str, *, hides: bool) -> tuple[list[str], list[str]]:
    """Return the fields of a line as they are, and masked; with ``hides`` quotes and brackets hide delimiters."""
    masked = mask(rest, quotes)
    pattern = r"[ \t]+" if delimiter == " " else re.escape(delimiter)
    cuts = [0, *(at for found in re.finditer(pattern, masked if hides else rest) for at in found.span()), len(rest)]
    spans = list(map(slice, cuts[::2], cuts[1::2]))
    return [rest[span] for span in spans], [masked[span] for span in spans]


def _quoted(lines: Sequence[MarkedLine], delimiter: str) -> bool:
    """Return whether fields are quoted, as in CSV."""
    cut = re.escape(delimiter)
    return sum(bool(re.search(rf'{cut} *".*" *(?:{cut}|$)', line.rest)) for line in lines) * 10 >= len(lines)


def _at(rows: Sequence[Sequence[str]], place: int) -> CodeCandidate:
    values = [row[place].strip() if place < len(row) else "" for row in rows]
    return CodeCandidate("", "", place, tuple(int(each) if _NUMBER.fullmatch(each) else None for each in values))


def _way(
    rows: Sequence[Sequence[str]],
    widths: Counter[int],
    code: CodeCandidate,
    opener: str,
    delimiter: str,
    closing: str,
    reasons: frozenset[str],
) -> Columns | None:
    place = code.place
    assert place is not None
    whole = sum(widths.values())
    usual = {width for width, count in widths.items() if count >= max(2, _FEW * whole) and width > place}
    fitting = [row for row, value in zip(rows, code.values, strict=True) if len(row) in usual and value is not None]
    if not fitting:
        return None
    usual = set(map(len, fitting))  # lines whose texts contain the delimiter have more, but no code at this place
    stop = (
        "" if delimiter == " " else (r"\t" if delimiter == "\t" else escaped(delimiter).replace(r"\|", "|")) + closing
    )
    before = [_column([row[i] for row in fitting], stop, reasons, behind=False) for i in range(place)]
    most = max(usual) if delimiter != " " else min(usual)
    behind = [
        _column([row[i] for row in fitting if i < len(row)], stop, reasons, behind=True) for i in range(place + 1, most)
    ]
    terms = tuple(once([*before, *behind]))
    padded = delimiter != " " and sum(row[place] != row[place].strip() for row in fitting) * 2 > len(fitting)
    return Columns(opener, delimiter, padded, terms[:place], terms[place:], min(usual) - place - 1, closing)


def _column(texts: Sequence[str], stop: str, reasons: frozenset[str], *, behind: bool) -> GrammarTerm:  # noqa: PLR0911  one case a kind
    """Describe a column by the texts that were in it; ``stop`` are the characters that end it, empty for a blank."""
    stripped = tuple(text.strip() for text in texts)
    name = fields.typed(stripped, reasons, behind=behind)
    unquoted = sum(text.startswith('"') for text in stripped) * 10 < len(stripped)
    if name == "platform":
        words = fields.spelt(stripped)
        return GrammarTerm(
            "|".join(sorted(words, key=lambda word: (-len(word), word))), "platform", "platform", stripped
        )
    kind = stamps.find(stripped[0])
    if kind is not None and all(stamps.matches(kind.kind, text) for text in stripped):
        return GrammarTerm(kind.kind.pattern, "timestamp", kind.kind.name, stripped)
    if not stop and len(set(stripped)) == 1 and not behind and not any(map(str.isdigit, stripped[0])):
        return GrammarTerm(escaped(stripped[0]), "", "", stripped)
    if not behind and all(re.fullmatch("[0-9]+", text) for text in stripped):
        return GrammarTerm("[0-9]+", name, "number", stripped)
    if stripped and all(text.startswith('"') for text in stripped):
        return GrammarTerm(r'"[^"\\]*(?:\\.[^"\\]*)*"', "", "quoted string", stripped)
    if name == "reason" and all(re.fullmatch("[A-Za-z_-]*", text) for text in stripped):
        return GrammarTerm("[A-Za-z_-]+" if not stop else "[A-Za-z_-]*", name, name, stripped)
    if not stop:
        return GrammarTerm(r'[^ \t\r"{}\[\]]+', name, name or "word", stripped)
    return GrammarTerm(rf"[^{stop}\r{'' if unquoted else chr(34)}]*", name, name or "text", stripped)
