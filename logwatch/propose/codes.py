"""Find which number of a line is the code: after some word, or in some place, codes are too frequent for chance."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from logwatch.propose.lines import INTEGER

# What programs call the result of a request, the most telling first.
_NAMES = [
    "code", "push_code", "pushcode", "result_code", "resultcode", "status_code", "statuscode", "response_code",
    "http_status", "http_code", "httpstatus", "httpcode", "result", "status", "response", "resp", "res", "http",
    "answer", "ret", "rc", "retcode", "returned", "got", "->", "=>", "err", "error", "errno", "reply", "outcome",
]  # fmt: skip
_TELLING = re.compile(r"code|status|result|resp|http|ret|rc$|answer|err|->|=>", re.IGNORECASE)
OTHER = re.compile(
    r"^m?s(?:ec)?$|prev|last|old|retr[iy]|after|port|size|len|bytes|time|dur|took|elapsed|latency|ttl|seq|count|pid|tid|mid|line|ver|build|attempt|queue|expir|delay|wait|max|min|limit",
    re.IGNORECASE,
)
"""Words before numbers that are no results."""
_BEFORE = re.compile(
    r"(?:^|(?<=[\s,;|(]))([^\s,;|(\x01\"=:]+|[-=~]+>)([ \t]*[=:][ \t]*|[ \t]+)$|(?:^|(?<=[\s,;|(]))([-=~]+>|\()$"
)
_BEFORE_BLANK = re.compile(r"(?:^|(?<=[\s,;|(]))([^\s,;|(\x01\"]+[=:][^\s,;|(\x01\"]+)([ \t]+)$")
_ENOUGH_CODES = 0.8  # of the numbers in a place; of random numbers with three digits one in thirty is a code
_ENOUGH_LINES = 0.5
_NEARLY_ALL = 0.9
_SURE = 0.97
_FEW = 0.05


class CatalogueWords(NamedTuple):
    """What the catalogue knows: codes, and reasons in lower case."""

    codes: frozenset[int]
    reasons: frozenset[str]


@dataclass(frozen=True, slots=True)
class CodeCandidate:
    """A word before a number, or a place, and the number that each line has there, or None."""

    key: str  # the word; empty for a place
    gap: str  # what is between word and number: "=", ": ", " ", ...
    place: int | None  # of the field, from 0; -1 for the last one
    values: tuple[int | None, ...]

    @property
    def numbers(self) -> list[int]:
        """The numbers found."""
        return [value for value in self.values if value is not None]

    def described(self) -> str:
        """Return how to point it out to an operator."""
        if self.key:
            return f"`{self.key}{self.gap if self.gap.strip() else ' '}N`"
        assert self.place is not None
        return "the last field" if self.place < 0 else f"field {self.place + 1} behind the marker"


def share_of_codes(numbers: Sequence[int], known: CatalogueWords) -> float:
    """Return the share of the numbers that are codes."""
    return sum(number in known.codes for number in numbers) / len(numbers) if numbers else 0.0


def keyed(masked: Sequence[str]) -> list[CodeCandidate]:
    """Return the words before numbers at the top level, each with its number in every line.

    A line with two different numbers behind a word counts as having none.
    """
    found: dict[tuple[str, str], dict[int, set[int]]] = {}
    for row, text in enumerate(masked):
        for number in INTEGER.finditer(text):
            if (before := _BEFORE.search(text, 0, number.start())) is not None:
                announced = before[1] or before[3], re.sub(r"[ \t]+", " ", before[2] or "")
            elif (before := _BEFORE_BLANK.search(text, 0, number.start())) is not None:
                announced = before[1], " "
            else:
                continue
            found.setdefault(announced, {}).setdefault(row, set()).add(int(number[0]))
    return [
        CodeCandidate(key, gap, None, tuple(_only(rows.get(row, set())) for row in range(len(masked))))
        for (key, gap), rows in found.items()
        if not INTEGER.fullmatch(key)
    ]


def _only(numbers: set[int]) -> int | None:
    return next(iter(numbers)) if len(numbers) == 1 else None


def fits(candidate: CodeCandidate, known: CatalogueWords) -> bool:
    """Return whether the numbers of a word or place are codes far more often than by chance."""
    numbers, lines = candidate.numbers, len(candidate.values)
    if len(numbers) < max(2, _ENOUGH_LINES * lines) or share_of_codes(numbers, known) < _ENOUGH_CODES:
        return False
    seen = known.codes.intersection(numbers)
    if seen == {0}:  # a count of retries or errors is 0, too
        return _name(candidate) in _NAMES
    return len(seen) > 1 or telling(candidate) or (not candidate.key and len(numbers) == lines)


def _name(candidate: CodeCandidate) -> str:
    return candidate.key.lower().strip('"')


def rank(candidate: CodeCandidate, known: CatalogueWords) -> tuple[object, ...]:
    """Return a sort key, best first: those with numbers above 900, mesibo's own, then by their words."""
    numbers = known.codes.intersection(candidate.numbers)
    key = _name(candidate)
    exact = _NAMES.index(key) if key in _NAMES else len(_NAMES)
    return (
        bool(OTHER.search(key)),
        share_of_codes(candidate.numbers, known) < _SURE,
        not any(number > 900 for number in numbers),  # noqa: PLR2004  the limit of the contract
        len(numbers) < 2,  # noqa: PLR2004  always the same number says little
        exact,
        not _TELLING.search(key),
        -len(candidate.numbers),
        abs(candidate.place or 0),
    )


def complementary(candidates: Sequence[CodeCandidate], known: CatalogueWords) -> list[CodeCandidate]:
    """Return words that announce codes on different lines, and together on nearly all: ``ok`` and ``failed``.

    The gap after them is the same, unless they are spellings of one word.
    """
    fine = [
        each
        for each in candidates
        if len(each.numbers) >= max(3, _FEW * len(each.values))
        and share_of_codes(each.numbers, known) >= _NEARLY_ALL
        and not OTHER.search(each.key)
        and re.fullmatch(r"[A-Za-z_/.0-9:=-]+", each.key)
    ]
    for best in sorted(fine, key=lambda each: -len(each.numbers)):
        group, rows = [best], {row for row, value in enumerate(best.values) if value is not None}
        for other in fine:
            theirs = {row for row, value in enumerate(other.values) if value is not None}
            if not rows & theirs and (other.gap == best.gap or other.key == best.key):
                group.append(other)
                rows |= theirs
        numbers = {number for each in group for number in each.numbers}
        if len(group) > 1 and len(rows) >= _NEARLY_ALL * len(best.values) and len(numbers) > 1:
            return group
    return []


def telling(candidate: CodeCandidate) -> bool:
    """Return whether the word itself says that a result follows."""
    return bool(candidate.key and _TELLING.search(candidate.key) and not OTHER.search(candidate.key))


def choose(candidates: Sequence[CodeCandidate], known: CatalogueWords) -> list[CodeCandidate]:
    """Return the candidates that fit, the best first."""
    return sorted((each for each in candidates if fits(each, known)), key=lambda each: rank(each, known))
