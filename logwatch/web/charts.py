"""Lay out results over time as charts, one per platform: accepted pushes upwards, failed ones downwards, on one scale.

Counts go in; bars, grid, marks and a text for each interval come out. All positions are in percent of the plot, or in
units of a box that the page stretches, so that no style and no script is needed; colours are classes of the style
sheet.
"""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from logwatch.catalogue import Catalogue
from logwatch.ledger.buckets import HOURLY, MINUTE, QUARTER, SIX_HOURS, WIDTHS
from logwatch.ledger.incidents import Incident
from logwatch.ledger.timeline import Timeline, added
from logwatch.model import SYSTEMS
from logwatch.moments import iso, utc
from logwatch.words import number

HEIGHT = 100.0  # of the box of bars; a column is 10 wide
# from the axis outwards: what concerns everybody is where bars are easiest to compare
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
_PLATFORMS = ("apns", "fcm", "unknown")
_FEW = 0.05  # share of the pushes: fewer of unknown platform get no chart of their own
MARKS = 4  # incidents that one chart marks: the newest
_LABEL = 4.0  # width of a mark's label, on a phone a little more
_THINNEST = 1.2  # of a bar: what happened is never too thin to be seen
_STEPS = (1, 2, 5)
_REMEMBERED = 512  # columns: three charts of a week have 504

ClassCounts = tuple[tuple[str, int], ...]
"""How many pushes of which class, none of them 0: accepted ones first, then in ``ORDER``."""

Tally = Mapping[str, Mapping[int, ClassCounts]]
"""Platform -> start of an interval -> how many of which class."""


class Span(NamedTuple):
    """How far back a chart looks; ``width``: seconds of one column."""

    name: str  # in addresses
    title: str
    unit: str  # what a column stands for
    width: int

    @property
    def seconds(self) -> int:
        """How far back it looks."""
        return WIDTHS[self.width]


SPANS = {
    "hour": Span("hour", "hour", "a minute", MINUTE),
    "day": Span("day", "day", "a quarter of an hour", QUARTER),
    "week": Span("week", "7 days", "an hour", HOURLY),
    "month": Span("month", "30 days", "six hours", SIX_HOURS),
}


class Bars(NamedTuple):
    """All bars of one class, as the data of one SVG path: hundreds of elements would be slow to send and to compare."""

    name: str  # of the class
    path: str


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One interval (``start``: seconds since the epoch) of one platform, and its counts by class, none of them 0.

    As long as nothing is added to it, it is the same object from page to page: what is cached on it is computed once.
    """

    start: int
    label: str
    counts: ClassCounts = ()
    accepted: int = field(init=False)
    failed: int = field(init=False)

    def __post_init__(self) -> None:
        """Count those that were accepted, and those that were not."""
        accepted = self.counts[0][1] if self.counts and self.counts[0][0] == "delivered" else 0
        object.__setattr__(self, "accepted", accepted)
        object.__setattr__(self, "failed", sum(count for _, count in self.counts) - accepted)

    @property
    def why(self) -> str:
        """What failed, by class."""
        return ", ".join(f"{number(count)} {said(name)}" for name, count in self.counts if name != "delivered")

    @property
    def text(self) -> str:
        """The interval in a line."""
        if not self.counts:
            return f"{self.label}: no push"
        why = f" ({self.why})" if self.failed else ""
        return f"{self.label}: {number(self.accepted)} accepted, {number(self.failed)} failed{why}"


class Tick(NamedTuple):
    """A tick of an axis: its place in percent, and what is written beside it."""

    at: float
    label: str
    moment: int | None = None  # if the axis is of time: seconds since the epoch


class Mark(NamedTuple):
    """An incident on the time axis, in percent of it."""

    label: str  # as in the list of incidents
    began: float
    length: float
    incident: Incident


@dataclass(frozen=True, slots=True)
class Chart:
    """Results of one platform over one span."""

    platform: str
    title: str
    columns: tuple[Column, ...]
    bars: tuple[Bars, ...]
    axis: float  # where 0 lies, in percent from the top
    grid: tuple[Tick, ...]
    ticks: tuple[Tick, ...]
    marks: tuple[Mark, ...]
    accepted: int  # over the whole span
    failed: int

    @property
    def width(self) -> int:
        """Width of the box of bars."""
        return 10 * len(self.columns)

    @property
    def pushes(self) -> int:
        """All pushes over the whole span."""
        return self.accepted + self.failed

    @property
    def labels(self) -> list[tuple[float, str]]:
        """What stands beside the marks: those that are closer than a label is wide share a place."""
        found: list[tuple[float, str]] = []
        for mark in self.marks:
            at, before = found.pop() if found and mark.began - found[-1][0] < _LABEL else (mark.began, "")
            found.append((at, f"{before} {mark.label}".lstrip()))
        return found

    @property
    def summary(self) -> str:
        """The counts in a line."""
        return f"{number(self.accepted)} accepted, {number(self.failed)} failed"

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that the colours stand for."""
        return tuple(bar.name for bar in self.bars)


class Charts(NamedTuple):
    """One chart for each platform that had a push."""

    each: tuple[Chart, ...] = ()
    untold: int = 0  # pushes that are in no chart, since their platform is unknown


def said(class_: str) -> str:
    """Return the name of a class for people."""
    return "accepted" if class_ == "delivered" else class_.replace("_", " ")


def tally(timeline: Timeline, catalogue: Catalogue) -> Tally:
    """Sum up results by platform, interval and class."""
    columns: dict[tuple[str, str], list[array[int]]] = {}
    for row, series in timeline.series.items():
        columns.setdefault((catalogue.entry(*row.kind).class_, row.platform), []).append(series.counts)
    total: dict[str, dict[int, ClassCounts]] = {}
    for class_, platform in sorted(columns, key=lambda each: ("delivered", *ORDER).index(each[0])):
        mine = total.setdefault(platform, {})
        for start, count in zip(timeline.starts, added(columns[class_, platform]), strict=True):
            if count:
                mine[start] = (*mine.get(start, ()), (class_, count))
    return total


def course(counts: Tally, span: Span, now: float) -> list[dict[str, object]]:
    """Return the counts by class of every interval of a span, all platforms together, for a program."""
    intervals: list[dict[str, object]] = []
    for start in _starts(span, now):
        total: dict[str, int] = {}
        for mine in counts.values():
            for name, count in mine.get(start, ()):
                total[name] = total.get(name, 0) + count
        intervals.append({"at": iso(start)} | {name: total[name] for name in ("delivered", *ORDER) if name in total})
    return intervals


def charts(counts: Tally, span: Span, now: float, incidents: Sequence[Incident] = ()) -> Charts:
    """Lay out a span up to ``now``."""
    starts = _starts(span, now)
    ticks = _ticks(span, starts)
    each = [
        _chart(
            platform,
            tuple([_column(start, span, counts.get(platform, {}).get(start, ())) for start in starts]),
            ticks,
            _marks(platform, starts, span, incidents),
        )
        for platform in _PLATFORMS
    ]
    untold = each[-1].pushes if each[-1].pushes <= _FEW * sum(chart.pushes for chart in each) else 0
    return Charts(tuple(chart for chart in each if chart.pushes and not (untold and chart is each[-1])), untold)


def span_for(asked: str, now: float, began: float | None) -> Span:
    """Return the span that was asked for; else the shortest one that shows when what is wrong now began."""
    if asked in SPANS:
        return SPANS[asked]
    ago = 0.0 if began is None else now - began
    return next((span for span in SPANS.values() if ago < span.seconds), SPANS["month"])


def _starts(span: Span, now: float) -> range:
    end = int(now // span.width) * span.width
    return range(end - span.seconds + span.width, end + span.width, span.width)


def _chart(platform: str, columns: tuple[Column, ...], ticks: tuple[Tick, ...], marks: tuple[Mark, ...]) -> Chart:
    accepted, failed = [column.accepted for column in columns], [column.failed for column in columns]
    up, down = max(accepted), max(failed)
    unit = HEIGHT / max(up + down, 1)
    paths: dict[str, list[str]] = {}
    for index, column in enumerate(columns):
        for name, bar in _stack(column.counts, up, unit):
            paths.setdefault(name, []).append(f"M{index * 10 + 1} {bar}")
    bars = tuple(Bars(name, "".join(paths[name])) for name in ("delivered", *ORDER) if name in paths)
    grid, title = _grid(up, down), SYSTEMS.get(platform, "Platform unknown")
    return Chart(platform, title, columns, bars, up * unit, grid, ticks, marks, sum(accepted), sum(failed))


@lru_cache(_REMEMBERED)
def _stack(counts: ClassCounts, up: int, unit: float) -> tuple[tuple[str, str], ...]:
    """Draw one column, without its position; cached, since most are the same as on the page before."""
    drawn = []
    level = 0
    for name, count in counts:
        height = max(count * unit, _THINNEST)
        if name == "delivered":
            top = max(up * unit - height, 0.0)
        else:
            top = max(min(up * unit + level * unit, HEIGHT - height), 0.0)
            level += count
        begin, end = round(top, 1), round(top + height, 1)  # both rounded: a bar ends where the axis is
        drawn.append((name, f"{begin:.1f}h8v{end - begin:.1f}h-8z"))
    return tuple(drawn)


def _grid(up: int, down: int) -> tuple[Tick, ...]:
    """Return up to five grid lines at round numbers, each way from 0."""
    most = up + down
    step = next((s * 10**power for power in range(12) for s in _STEPS if most <= 5 * s * 10**power), most)
    values = [value for value in range(-(down // step) * step, up + 1, step) if value]
    return tuple(Tick(round(100 * (up - value) / most, 2), number(abs(value))) for value in reversed(values))


def _ticks(span: Span, starts: range) -> tuple[Tick, ...]:
    """Return ticks at round times: quarters of an hour, of a day, midnights, weeks."""
    every = {MINUTE: 900, QUARTER: 6 * 3600, HOURLY: 86400, SIX_HOURS: 7 * 86400}[span.width]
    form = "%H:%M" if span.seconds <= WIDTHS[QUARTER] else "%-d %b"
    last = starts[-1] + span.width
    return tuple(
        Tick(round(100 * (at - starts[0]) / (last - starts[0]), 2), f"{utc(at):{form}}", at)
        for at in range(-(-starts[0] // every) * every, last, every)
    )


def _marks(platform: str, starts: range, span: Span, incidents: Sequence[Incident]) -> tuple[Mark, ...]:
    """Return marks where incidents of a platform, or of none, began, as long as these took of the span.

    By the minute, and up to the end of the last column if one goes on, so that a page is the same a second later.
    """
    length = len(starts) * span.width
    found: list[Mark] = []
    for label, incident in enumerate(incidents, 1):
        about = {row.platform for row in incident.rows}
        began = incident.began // MINUTE * MINUTE
        end = starts[0] + length if incident.ended is None else min(incident.ended, starts[0] + length)
        if (about and platform not in about) or began < starts[0] or len(found) == MARKS:
            continue
        part = round(100 * (began - starts[0]) / length, 2), round(100 * max(end - began, 0) / length, 2)
        found.append(Mark(str(label), *part, incident))
    return tuple(reversed(found))


@lru_cache(_REMEMBERED)
def _column(start: int, span: Span, counts: ClassCounts) -> Column:
    return Column(start, _interval(start, span), counts)


def _interval(start: int, span: Span) -> str:
    begin, end = utc(start), utc(start + span.width)
    if span.width == MINUTE:
        return f"{begin:%H:%M}"
    if span.width == QUARTER:
        return f"{begin:%H:%M} to {end:%H:%M}"
    return f"{begin:%-d %b}, {begin:%H:%M} to {end:%H:%M}"
