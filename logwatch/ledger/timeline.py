"""Results over the last hour, day, week or month as columns of numbers; only what a commit changed is read again.

A ledger with every result in every interval has forty thousand buckets for the last hour and day. As arrays of numbers
they take a megabyte and are summed in no time; as objects they take ten, and a page would wait for their creation.
"""

from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple

from logwatch.ledger.buckets import QUARTER, WIDTHS, Bucket, oldest
from logwatch.ledger.keys import ResultRow
from logwatch.model import Seen

Counted = tuple[int, ResultRow, int, float, float]
"""As the ledger has it: start of an interval, a result, how often it came there, and when first and last."""


Interval = tuple[int, float, float]
"""What came in an interval: how often, and when first and last."""
_NOTHING: Interval = (0, inf, -inf)
RUN_GAP_SECONDS = 2 * QUARTER  # a longer pause ends a run


@dataclass(slots=True)
class ResultSeries:
    """One result by interval; where a count is 0, ``first`` is infinite and ``last`` minus infinite."""

    counts: "array[int]"
    first: "array[float]"  # own time of the first one, seconds since the epoch
    last: "array[float]"
    _seen: Seen | None = field(default=None, compare=False, repr=False)
    _began: float | None = field(default=None, compare=False, repr=False)

    @classmethod
    def empty(cls, intervals: int) -> "ResultSeries":
        """Return a series whose counts are all 0."""
        return cls(array("q", [0]) * intervals, array("d", [inf]) * intervals, array("d", [-inf]) * intervals)

    def at(self, index: int) -> "Interval":
        """Return what came in one interval."""
        return self.counts[index], self.first[index], self.last[index]

    def put(self, index: int, came: "Interval") -> None:
        """Set what came in one interval."""
        self.counts[index], self.first[index], self.last[index] = came
        self._seen = self._began = None

    def moved(self, by: int, intervals: int) -> "ResultSeries":
        """Return a copy that begins ``by`` intervals later and has ``intervals``, the new ones empty."""
        old = self.part(by, by + intervals)
        new = ResultSeries.empty(intervals - len(old.counts))
        return ResultSeries(old.counts + new.counts, old.first + new.first, old.last + new.last)

    def part(self, begin: int, end: int) -> "ResultSeries":
        """Return a copy of the intervals from ``begin`` up to ``end``."""
        return ResultSeries(self.counts[begin:end], self.first[begin:end], self.last[begin:end])

    def seen(self) -> Seen:
        """Return the total of a series that is not all 0; it is computed once, and must not be modified."""
        if self._seen is None:
            self._seen = Seen(sum(self.counts), min(self.first), max(self.last))
        return self._seen

    def began(self) -> float:
        """Return when its latest run began, after a pause of more than ``RUN_GAP_SECONDS``.

        Infinite if all counts are 0. Computed once, as ``seen`` is.
        """
        if self._began is None:
            at = before = len(self.counts)
            while before:
                before -= 1
                if self.counts[before]:
                    if at < len(self.counts) and self.first[at] - self.last[before] > RUN_GAP_SECONDS:
                        break
                    at = before
            self._began = self.first[at] if at < len(self.counts) else inf
        return self._began


@dataclass(frozen=True, slots=True)
class Timeline:
    """How often each result came in each interval of one width; never modified, so identity shows whether it changed.

    ``series`` has no result whose counts are all 0.
    """

    width: int
    starts: range = range(0)  # of the intervals, seconds since the epoch
    series: Mapping[ResultRow, ResultSeries] = field(default_factory=dict)

    def part(self, since: float, until: float) -> "Timeline":
        """Return the intervals that began at ``since`` or later, and before ``until``."""
        inside = [i for i, start in enumerate(self.starts) if since <= start < until]
        begin, end = (inside[0], inside[-1] + 1) if inside else (0, 0)
        series = {row: mine.part(begin, end) for row, mine in self.series.items()}
        counted = {row: mine for row, mine in series.items() if any(mine.counts)}
        return Timeline(self.width, self.starts[begin:end], counted)

    def among(self, sources: Collection[str]) -> "Timeline":
        """Return the results of these sources; the same object where there are no others.

        The ledger keeps those of sources that are no longer configured: a renamed one has them under both names.
        """
        mine = {row: series for row, series in self.series.items() if row.source in sources}
        return self if len(mine) == len(self.series) else Timeline(self.width, self.starts, mine)

    def totals(self) -> dict[ResultRow, Seen]:
        """Return the total of each result over all intervals."""
        return {row: series.seen() for row, series in self.series.items()}

    def counts(self, rows: Iterable[ResultRow]) -> list[int]:
        """Return how often any of some results came, by interval."""
        mine = [self.series[row].counts for row in rows if row in self.series]
        return added(mine) if mine else [0] * len(self.starts)

    def last(self, rows: Iterable[ResultRow]) -> list[float]:
        """Return when the last one of some results came, by interval; minus infinite where none did."""
        return self._times([self.series[row].last for row in rows if row in self.series], max, -inf)

    def first(self, rows: Iterable[ResultRow]) -> list[float]:
        """Return when the first one of some results came, by interval; infinite where none did."""
        return self._times([self.series[row].first for row in rows if row in self.series], min, inf)

    def _times(
        self, mine: "list[array[float]]", choose: Callable[[Iterable[float]], float], none: float
    ) -> list[float]:
        if len(mine) == 1:
            return list(mine[0])
        return [choose(column) for column in zip(*mine, strict=True)] if mine else [none] * len(self.starts)

    def after(self, now: float, starts: Iterable[int], counted: Iterable[Counted]) -> "Timeline":
        """Return the timeline at a later ``now``; in the intervals ``starts``, ``counted`` replaces what there was."""
        known = kept_starts(self.width, now)
        by = (known.start - self.starts.start) // self.width
        nothing = {known.index(start): _NOTHING for start in starts if start in known}
        came: dict[ResultRow, dict[int, Interval]] = {row: dict(nothing) for row in self.series}
        for start, row, count, first, last in counted:
            if start in known and (place := known.index(start)) in nothing:
                came.setdefault(row, dict(nothing))[place] = (count, first, last)
        series = {}
        for row, mine in came.items():
            old = self.series.get(row, ResultSeries.empty(0))
            if known == self.starts and old.counts and all(old.at(place) == its for place, its in mine.items()):
                series[row] = old
                continue
            new = series[row] = old.moved(by, len(known))
            for place, its in mine.items():
                new.put(place, its)
        return Timeline(self.width, known, {row: each for row, each in series.items() if any(each.counts)})

    def since(self, row: ResultRow, moment: float) -> int:
        """Count how often a result came in the intervals in which its last occurrence is after a moment."""
        mine = self.series[row]
        return sum(mine.counts[i] for i in self._reaching(mine, moment))

    def surely_since(self, row: ResultRow, moment: float) -> int:
        """Count how often a result certainly came after a moment.

        In an interval in which it first came before the moment and last after it, only the last one is certain.
        """
        mine = self.series[row]
        return sum(mine.counts[i] if mine.first[i] > moment else 1 for i in self._reaching(mine, moment))

    def _reaching(self, mine: ResultSeries, moment: float) -> Iterator[int]:
        begin = max(int(moment - self.starts.start) // self.width, 0)
        return (i for i in range(begin, len(self.starts)) if mine.last[i] > moment)


def added(columns: Sequence[Iterable[int]]) -> list[int]:
    """Return the sums, row by row, of at least one column of numbers."""
    return list(columns[0]) if len(columns) == 1 else [sum(each) for each in zip(*columns, strict=True)]


def kept_starts(width: int, now: float) -> range:
    """Return the starts of the intervals that began within the kept span before ``now``."""
    first = -(-int(now - WIDTHS[width]) // width) * width
    return range(first, int(now // width) * width + width, width)


class Changed(NamedTuple):
    """Which intervals (width, start) were changed by commits, which are numbered from 1 in this process."""

    commits: int = 0
    by: Mapping[tuple[int, int], int] = {}  # interval -> number of the last commit that changed it
    until: float = 0.0  # when the last commit was: intervals that were too old then are not in ``by``

    def after(self, buckets: Iterable[Bucket], at: float) -> "Changed":
        """Return it with one more commit, at ``at``, that added to ``buckets``."""
        number = self.commits + 1
        fresh = {(bucket.seconds, bucket.start): number for bucket in buckets}
        until = max(self.until, at)
        if not fresh:
            return self._replace(commits=number, until=until)
        known = self.by
        if not fresh.keys() <= known.keys():  # a new minute: intervals too old to be kept are dropped
            known = {key: value for key, value in known.items() if key[1] >= oldest(key[0], at)}
        return Changed(number, {**known, **fresh}, until)

    def late(self, commit: int, before: float) -> bool:
        """Return whether a commit after number ``commit`` added to a quarter of an hour that ended by ``before``."""
        return any(
            number > commit and start + width <= before
            for (width, start), number in self.by.items()
            if width == QUARTER
        )
