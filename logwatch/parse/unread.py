"""Dates the lines of a chunk that gave no result: by their own stamp, else by the lines around them."""

from bisect import bisect, bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from logwatch.model import Cause, Seen
from logwatch.parse.lines import LineAt, LineBatch

_MERGED_SECONDS = 60.0  # lines of one cause so near to each other are told together
_ASKED = 64  # stretches of lines without a time whose neighbours are dated
_FAR = 3  # lines away, at most, a neighbour is looked for


class Dated(NamedTuple):
    """A line's place in the chunk, and its own time if it has one."""

    place: int
    at: float | None


@dataclass(slots=True)
class _Lines:
    cause: Cause
    amount: int
    first: Dated
    last: Dated


class Unread:
    """The unread lines of one chunk, by place; seconds since the epoch."""

    def __init__(self) -> None:
        self.batch: LineBatch | None = None  # all lines of the chunk that have the marker
        self._lines: list[_Lines] = []

    def add(self, cause: Cause, amount: int, first: Dated, last: Dated) -> None:
        """Note so many lines, of which these are the first and the last one."""
        self._lines.append(_Lines(cause, amount, first, last))

    def extend(self, cause: Cause, place: int) -> bool:
        """Note an undated line if it goes on where the one before it stood; else False, and it is not noted."""
        before = self._lines[-1] if self._lines else None
        if before is None or before.cause != cause or before.last.place + 1 != place:
            return False
        before.amount += 1
        before.last = Dated(place, None)
        return True

    def times(self, anchors: Iterable[Dated], date: Callable[[LineAt], Dated]) -> dict[Cause, list[Seen]]:
        """Return when they were logged; ``anchors`` are other lines of the chunk, ``date`` dates one more of them.

        A line without a stamp lies between its neighbours in time as it does in the file; without any, it has no time.
        """
        own = (dated for lines in self._lines for dated in (lines.first, lines.last))
        known = {place: at for place, at in (*anchors, *own, *self._neighbours(date)) if at is not None}
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

    def _neighbours(self, date: Callable[[LineAt], Dated]) -> Iterator[Dated]:
        """Date lines right before and behind those that have no time: a chunk may go from one month to the next."""
        undated = [lines for lines in self._lines if lines.first.at is None or lines.last.at is None]
        batch = self.batch
        if not undated or batch is None:
            return
        count = len(batch.lines)
        for lines in undated[:: len(undated) // _ASKED + 1]:
            for place, step in ((lines.first.place, -1), (lines.last.place, 1)):
                at = bisect_left(range(count), place, key=batch.number)
                for i in range(at + step, at + step * (_FAR + 1), step):
                    if 0 <= i < count and (found := date(batch.at([i])[0])).at is not None:
                        yield found
                        break


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
