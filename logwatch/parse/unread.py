"""Dates the lines of a chunk that gave no result: by their own stamp, else by the lines around them."""

from bisect import bisect
from collections.abc import Iterable
from typing import NamedTuple

from logwatch.model import Cause, Seen

_MERGED_SECONDS = 60.0  # lines of one cause so near to each other are told together


class Dated(NamedTuple):
    """A line's place in the chunk, and its own time if it has one."""

    place: int
    at: float | None


class _Lines(NamedTuple):
    cause: Cause
    amount: int
    first: Dated
    last: Dated


class Unread:
    """The unread lines of one chunk, by place; seconds since the epoch."""

    def __init__(self) -> None:
        self._lines: list[_Lines] = []

    def add(self, cause: Cause, amount: int, first: Dated, last: Dated) -> None:
        """Note so many lines, of which these are the first and the last one."""
        self._lines.append(_Lines(cause, amount, first, last))

    def times(self, anchors: Iterable[Dated]) -> dict[Cause, list[Seen]]:
        """Return when they were logged; ``anchors`` are other lines of the chunk.

        A line without a stamp lies between its neighbours in time as it does in the file; without any, it has no time.
        """
        own = (dated for lines in self._lines for dated in (lines.first, lines.last))
        known = {place: at for place, at in (*anchors, *own) if at is not None}
        places = sorted(known)
        found: dict[Cause, list[Seen]] = {}
        for lines in sorted(self._lines, key=lambda each: each.first.place):
            first, last = (_between(dated.place, places, known) for dated in (lines.first, lines.last))
            if first is not None and last is not None:
                first, last = min(first, last), max(first, last)
            seen = found.setdefault(lines.cause, [])
            if seen and _near(seen[-1], first, last):
                seen[-1].add(Seen(lines.amount, first, last))
            else:
                seen.append(Seen(lines.amount, first, last))
        return found


def _between(place: int, places: list[int], known: dict[int, float]) -> float | None:
    if not places:
        return None
    i = bisect(places, place)
    if i in (0, len(places)) or places[i - 1] == place:
        return known[places[max(i - 1, 0)]]
    before, after = places[i - 1], places[i]
    part = (place - before) / (after - before)
    return known[before] + part * (known[after] - known[before])


def _near(seen: Seen, first: float | None, last: float | None) -> bool:
    if seen.first is None or first is None or last is None:
        return seen.first is None and first is None
    return max(last, seen.last or last) - min(first, seen.first) < _MERGED_SECONDS
