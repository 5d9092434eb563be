"""Learn lines whose fields are announced by words: ``uid=4711 code=410``, ``result 410 Unregistered``."""

import re
from collections import Counter
from collections.abc import Sequence

from logwatch.propose import codes, fields, stamps
from logwatch.propose.codes import CatalogueWords, CodeCandidate
from logwatch.propose.dialect import Announced, Follows, MarkedLine, Words
from logwatch.propose.lines import INTEGER, mask

_CLOSING = {'"': '"', "'": "'", "[": "]", "<": ">", "`": "`"}
_OPENER = re.compile(r"(?:\(\)|\[[^][\s]*\])?[ \t]*(?:->|=>|[:=|,;>~])?[ \t]*(?:-+(?=[ \t]))?[ \t]*\(?(?![0-9)])")
_SMALL = 0.05  # of the lines
_FEWEST = 3  # lines have to show another spelling of a word, or another word
_OFTEN = 0.1  # of the lines


def opener(line: MarkedLine) -> int:
    """Return the length of what directly follows the marker and means nothing."""
    start = 0
    last = line.head[-1:]
    if last in _CLOSING and (end := line.rest.find(_CLOSING[last])) >= 0 and not line.rest[:end].strip(" :"):
        start = end + 1
    found = _OPENER.match(line.rest, start)
    return found.end() if found else start


def learn(lines: Sequence[MarkedLine], quotes: str, known: CatalogueWords) -> list[tuple[CodeCandidate, Words]]:
    """Return the ways to read the lines by words, the best first."""
    cut = [opener(line) for line in lines]
    rests = [line.rest[at:] for line, at in zip(lines, cut, strict=True)]
    openers = Counter(re.sub(r"\[[^][]*\]", "[*]", line.rest[:at]) for line, at in zip(lines, cut, strict=True))
    often = tuple(text for text, count in openers.most_common() if count >= max(1, _SMALL * len(lines)))
    masked = [mask(rest, quotes) for rest in rests]
    candidates = codes.choose(_all(masked), known)
    ways = [[each] for each in candidates]
    if not any(map(codes.telling, candidates)) and (several := codes.complementary(codes.keyed(masked), known)):
        ways.insert(0, several)
    marks = _marks(masked)
    return [_way(group, rests, masked, often, marks, quotes, known) for group in ways]


def _way(
    group: Sequence[CodeCandidate],
    rests: Sequence[str],
    masked: Sequence[str],
    openers: tuple[str, ...],
    marks: str,
    quotes: str,
    known: CatalogueWords,
) -> tuple[CodeCandidate, Words]:
    """Return how to read the lines if these words announce the code; ``masked`` are their ``rests`` without quotes."""
    candidate = group[0]
    more = [*group[1:], *_alternatives(_whole(group), masked, known)]
    whole = _whole([candidate, *more])
    anchors = tuple(Announced(each.key, each.gap) for each in (candidate, *more)) if candidate.key else ()
    taken = {each.key for each in anchors}
    groups = sum("(" in text for text in masked) * 10 >= len(masked) or any("(" in text for text in openers)
    held = _in_parentheses(masked, anchors)
    # A spelling that is on no line with a code cannot be shown by a sample, and need not be read.
    read = [row for row, value in enumerate(whole.values) if value is not None]
    announced = fields.announced(
        [rests[row] for row in read],
        [masked[row] for row in read],
        marks=marks + ("()" if groups else ""),
        taken=taken,
        reasons=known.reasons,
    )
    separators = marks + ("()" if held else "")
    return whole, Words(
        opener=openers,
        codes=anchors,
        last=candidate.place == -1,
        fields=announced,
        marks=separators,
        groups=groups and not held,
        quotes=quotes,
        reason=None if "reason" in announced else _reason_behind(masked, anchors, candidate, known.reasons),
        platforms=() if "platform" in announced else fields.alone(masked, separators),
        stamp=_stamp(rests, taken),
    )


def _marks(masked: Sequence[str]) -> str:
    """Return the signs that separate fields in many of the lines."""

    def separates(mark: str, text: str) -> bool:
        sign = re.escape(mark)
        return re.search(rf"\S{sign}(?:\s|\w+[=:])|\s{sign}\s", text) is not None

    return "".join(mark for mark in ",;|" if 4 * sum(separates(mark, text) for text in masked) >= len(masked))


def _whole(group: Sequence[CodeCandidate]) -> CodeCandidate:
    """Merge candidates with numbers on different lines into the first one."""
    values = zip(*(each.values for each in group), strict=True)
    numbers = tuple(next((value for value in row if value is not None), None) for row in values)
    return CodeCandidate(group[0].key, group[0].gap, group[0].place, numbers)


def _all(masked: Sequence[str]) -> list[CodeCandidate]:
    first = [INTEGER.match(text.lstrip(" (")) for text in masked]
    last = [re.search(r"(?:^|[\s,;|])(-?[0-9]{1,6})[\s).]*$", text) for text in masked]
    return [
        *codes.keyed(masked),
        CodeCandidate("", "", 0, tuple(int(found[0]) if found else None for found in first)),
        CodeCandidate("", "", -1, tuple(int(found[1]) if found else None for found in last)),
    ]


def _alternatives(best: CodeCandidate, masked: Sequence[str], known: CatalogueWords) -> list[CodeCandidate]:
    """Return other words for the lines without a number behind the best one: ``failed=`` beside ``ok=``.

    One may be the same word in another spelling, such as ``code=`` beside ``code``.
    """
    if not best.key:
        return []
    open_rows = {row for row, value in enumerate(best.values) if value is None}
    more: list[CodeCandidate] = []
    others = sorted(codes.keyed(masked), key=lambda each: codes.rank(each, known))
    for other in others:
        rows = [row for row in open_rows if other.values[row] is not None]
        overlap = sum(a is not None and b is not None for a, b in zip(best.values, other.values, strict=True))
        numbers = [value for row in rows if (value := other.values[row]) is not None]
        if (
            len(rows) >= (_FEWEST if other.key == best.key else max(_FEWEST, _SMALL * len(masked)))
            and not overlap
            and not codes.OTHER.search(other.key)
            and (other.key, other.gap) != (best.key, best.gap)
            and codes.share_of_codes(numbers, known) >= 0.9  # noqa: PLR2004  nearly all
            and re.fullmatch(r"[A-Za-z_/.0-9-]+", other.key)
        ):
            more.append(other)
            open_rows -= set(rows)
    return more


def _in_parentheses(masked: Sequence[str], anchors: Sequence[Announced]) -> bool:
    """Return whether the code itself is inside parentheses that open behind the first field."""
    for text in masked:
        for anchor in anchors:
            at = text.find(anchor.key + anchor.gap) + (anchor.key == "(")
            if at > 0 and text.count("(", 0, at) > text.count(")", 0, at):
                return True
    return False


def _reason_behind(
    masked: Sequence[str], anchors: Sequence[Announced], best: CodeCandidate, reasons: frozenset[str]
) -> Follows | None:
    """Return how reasons of the catalogue follow the code, if they mostly do; else None.

    Any other word that is often there, also after accepted pushes, is ignored.
    """
    before = "|".join(re.escape(each.key + each.gap).replace(r"\ ", "[ \t]+") for each in anchors)
    where = rf"(?:^|(?<=[\s,;|(]))(?:{before})" if anchors else "^[ (]*"
    if best.place == -1:
        return None
    pattern = re.compile(where + r"-?[0-9]{1,6}[ \t]*([,:(/-]?)[ \t]*([A-Za-z_]+)(?![0-9A-Za-z_])([=:]?)")
    found = [match for text in masked if (match := pattern.search(text))]
    words = Counter(match[2] for match in found if not match[3])
    never = {
        word
        for word, count in words.items()
        if word.lower() not in reasons and count >= max(2, _OFTEN * len(masked)) and not fields.silent(word)
    }
    fitting = [match for match in found if not match[3] and match[2] not in never]
    if not fitting or not fields.fit("reason", [match[2] for match in fitting], reasons):
        return None
    marks = {match[1] for match in fitting if match[2].lower() in reasons}
    return Follows(tuple(sorted(marks)), tuple(sorted(never)), any(match[3] for match in found))


def _stamp(rests: Sequence[str], taken: set[str]) -> tuple[Announced, stamps.StampKind] | None:
    """Return the word before a time stamp, if every line has one behind the marker; else None."""
    found = [
        re.search(r"(?:^|(?<=[\s,;|(]))(ts|time|timestamp|at|date|when|t)([=:][ ]?)(?=[\"']?[0-9])", rest)
        for rest in rests
    ]
    if not all(found):
        return None
    first = found[0]
    assert first is not None
    quote = rests[0][first.end()] if rests[0][first.end()] in "\"'" else ""
    kinds = set()
    for rest, match in zip(rests, found, strict=True):
        assert match is not None
        start = match.end() + len(quote)
        stamp = stamps.find(rest[start : start + 40])
        if stamp is None or stamp.start or match[1] in taken:
            return None
        kinds.add(stamp.kind)
    return (Announced(first[1], first[2], quote), kinds.pop()) if len(kinds) == 1 else None
