"""Counts the results of one chunk, and dates each of them by its first and its last line alone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from logwatch.model import ResultKey, Scan, Seen
from logwatch.parse.lines import Line, LineAt
from logwatch.parse.result import PushResult
from logwatch.parse.timestamp import is_ahead


@dataclass(slots=True)
class _Tally:
    """How often a result was found, and its first and last line."""

    count: int
    first: LineAt
    last: LineAt


class ResultCounts:
    """Results by what they are counted by."""

    def __init__(self) -> None:
        self._tallies: dict[ResultKey, _Tally] = {}

    def add(self, result: PushResult, count: int, first: LineAt, last: LineAt) -> None:
        """Count so many lines of one result, of which these are the first and the last one."""
        key = ResultKey(result.platform, result.code, result.reason)
        tally = self._tallies.get(key)
        if tally is None:
            self._tallies[key] = _Tally(count, first, last)
            return
        tally.count += count
        if first[0] < tally.first[0]:
            tally.first = first
        if last[0] > tally.last[0]:
            tally.last = last

    @property
    def total(self) -> int:
        """How many lines were counted."""
        return sum(tally.count for tally in self._tallies.values())

    def ends(self) -> Iterator[LineAt]:
        """Yield the first and the last line of each result."""
        for tally in self._tallies.values():
            yield from (tally.first, tally.last)

    def write(self, scan: Scan, time: Callable[[Line], float | None], reference: float) -> None:
        """Put the results into a scan, dated; ``reference`` (seconds since the epoch) is when the chunk was written."""
        for key, tally in self._tallies.items():
            first = last = time(tally.first[1])
            if tally.last[0] != tally.first[0]:
                last = time(tally.last[1])
            if first is None or last is None:
                scan.undated += tally.count if first is last else 1
                first = last = last if first is None else first
            elif last < first:
                first, last = last, first
            if last is not None and is_ahead(last, reference):
                scan.ahead = max(scan.ahead, last - reference)
            scan.results[key] = Seen(tally.count, first, last)
