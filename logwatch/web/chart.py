"""Lays results over time out as bars: counts per interval and class go in, bars and a table come out.

Coordinates are in a box of WIDTH by HEIGHT units that the page stretches; colours are classes of the style sheet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from logwatch.catalogue import Catalogue
from logwatch.diagnosis.course import entry_of
from logwatch.diagnosis.words import number
from logwatch.ledger import WIDTHS, Bucket, ResultRow
from logwatch.model import Seen

WIDTH, HEIGHT = 960.0, 120.0
# from the axis upwards: what concerns everybody stands where bars are easiest to compare
ORDER = (
    "credential",
    "configuration",
    "network",
    "provider_fault",
    "rejected",
    "unknown",
    "payload",
    "rate_limited",
    "token",
)


class Bars(NamedTuple):
    """All bars of one class, as the data of one SVG path: hundreds of elements would be slow to send and to compare."""

    name: str  # of the class
    path: str


class Column(NamedTuple):
    """One interval: its begin as people read it, and its counts by class, none of them 0."""

    label: str
    counts: dict[str, int]

    @property
    def failed(self) -> int:
        """Count what was not accepted."""
        return sum(count for name, count in self.counts.items() if name != "delivered")

    @property
    def title(self) -> str:
        """Say it in a line."""
        parts = [f"{number(count)} {name.replace('_', ' ')}" for name, count in self.counts.items()]
        return f"{self.label}: {', '.join(parts) or 'none'}"


@dataclass(frozen=True, slots=True)
class Chart:
    """Results over one span, twice on the same time axis: what was not accepted by class, and all of it."""

    name: str
    unit: str  # one bar stands for this long
    columns: tuple[Column, ...]
    failed: tuple[Bars, ...]
    all: tuple[Bars, ...]
    most_failed: int
    most: int
    ticks: tuple[str, ...]  # from left to right, evenly spaced

    @property
    def rows(self) -> list[Column]:
        """Return the intervals in which something came, the newest first, for those who do not see bars."""
        return [column for column in reversed(self.columns) if column.counts]


def chart(
    name: str, unit: str, width: int, now: float, buckets: Sequence[tuple[Bucket, Seen]], catalogue: Catalogue
) -> Chart:
    """Lay out the buckets of ``width`` seconds up to ``now``."""
    classes: dict[ResultRow, str] = {}
    counts: dict[int, dict[str, int]] = {}
    for bucket, seen in buckets:
        row = bucket.row
        class_ = classes.get(row) or classes.setdefault(row, entry_of(catalogue, row).class_)
        mine = counts.setdefault(bucket.start, {})
        mine[class_] = mine.get(class_, 0) + seen.count
    end = int(now // width) * width
    starts = range(end - WIDTHS[width] + width, end + width, width)
    columns = [Column(_time(start), _sorted(counts.get(start, {}))) for start in starts]
    most_failed = max((column.failed for column in columns), default=0)
    most = max((sum(column.counts.values()) for column in columns), default=0)
    failed: dict[str, list[str]] = {}
    everything: dict[str, list[str]] = {}
    step = WIDTH / len(columns)
    for index, column in enumerate(columns):
        x = index * step
        level = 0
        for class_ in ORDER:
            if count := column.counts.get(class_, 0):
                failed.setdefault(class_, []).append(_bar(x, step, level, count, most_failed))
                level += count
        if column.failed:
            everything.setdefault("failed", []).append(_bar(x, step, 0, column.failed, most))
        if good := column.counts.get("delivered", 0):
            everything.setdefault("delivered", []).append(_bar(x, step, column.failed, good, most))
    quarter = len(columns) // 4
    ticks = (*(columns[i * quarter].label for i in range(4)), "now")
    return Chart(name, unit, tuple(columns), _paths(failed), _paths(everything), most_failed, most, ticks)


def _paths(bars: dict[str, list[str]]) -> tuple[Bars, ...]:
    return tuple(Bars(name, "".join(path)) for name, path in bars.items())


def _bar(x: float, step: float, level: int, count: int, most: int) -> str:
    """Stack ``count`` upon ``level``; something that happened is never thinner than can be seen."""
    height = max(count / most * HEIGHT, 1.5)
    y = max(HEIGHT - level / most * HEIGHT - height, 0.0)
    gap = min(step * 0.15, 2.0)
    return f"M{x:.1f} {y:.1f}h{step - gap:.1f}v{height:.1f}H{x:.1f}z"


def _sorted(counts: dict[str, int]) -> dict[str, int]:
    return {name: counts[name] for name in ("delivered", *ORDER) if name in counts}


def _time(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%H:%M}"
