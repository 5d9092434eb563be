"""Results over time: counts, divided by their times among intervals of a minute to six hours.

A chunk of lines says how often a result occurred between a first and a last time. While a log is followed these are a
second or less apart; in a backlog it may be hours, over which the count is spread evenly. Sums are always exact.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from logwatch.ledger.keys import ResultRow
from logwatch.model import Seen

MINUTE, QUARTER, HOURLY, SIX_HOURS = 60, 900, 3600, 21600
WIDTHS = {MINUTE: 3600, QUARTER: 86400, HOURLY: 7 * 86400, SIX_HOURS: 30 * 86400}
"""Width of a bucket -> how long it is kept, both in seconds: this bounds the rows, whatever the log contains."""
JUDGED = (MINUTE, QUARTER)
"""Widths of the readings: the share of lines that were read is judged over the last hour and the last day."""


class Bucket(NamedTuple):
    """One result in one interval: ``seconds`` long, from ``start`` (seconds since the epoch)."""

    seconds: int
    start: int
    row: ResultRow


class Reading(NamedTuple):
    """Lines with the marker in one interval: those that gave no result for one cause or, without a cause, gave one."""

    seconds: int
    start: int
    source: str
    cause: str  # empty: read


def oldest(width: int, now: float) -> int:
    """Return the start of the oldest bucket that is kept: the one in which the kept span began."""
    return int((now - WIDTHS[width]) // width) * width


def spread(seen: Seen, now: float, widths: Iterable[int] = tuple(WIDTHS)) -> Iterator[tuple[int, int, Seen]]:
    """Divide ``seen`` among the buckets of its time that are kept, as (width, start, share).

    Without a time of its own, or with one ahead of the clock, it counts as now: nobody looks for it in the future.
    """
    last = now if seen.last is None else min(seen.last, now)
    first = last if seen.first is None else min(seen.first, last)
    for width in widths:
        start = max(int(first // width) * width, oldest(width, now))
        if start <= first and last < start + width:  # nearly always
            yield width, start, Seen(seen.count, first, last)
            continue
        while start <= last:
            begin, end = max(first, float(start)), min(last, float(start + width))
            count = _until(seen.count, first, last, start + width) - _until(seen.count, first, last, start)
            if count:
                yield width, start, Seen(count, begin, end)
            start += width


def _until(count: int, first: float, last: float, moment: float) -> int:
    """Return how many of ``count``, evenly spread from ``first`` to ``last``, lie before ``moment``."""
    if moment <= first:
        return 0
    if moment > last:
        return count
    return 1 + int((count - 1) * (moment - first) / (last - first)) if count > 1 else count
