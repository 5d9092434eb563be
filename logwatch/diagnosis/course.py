"""Sum up each kind of failure: how often it came in the last hour, of how many, since when, and whether it goes on."""

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, partial

from logwatch.catalogue import Catalogue, Entry
from logwatch.diagnosis.facts import Facts, Rank
from logwatch.diagnosis.rise import TIMES, Point, Rise, fall, rise
from logwatch.diagnosis.weight import MUCH, weigh
from logwatch.ledger.keys import ResultRow
from logwatch.ledger.timeline import Timeline
from logwatch.model import Seen

_QUIET_SECONDS = 300.0
_LATELY_SECONDS = 600.0
_UNTOLD = 0.1  # of the accepted pushes: if more are of unknown platform, they may be of any
_SURE = 20  # failures in a row that are no accident; at low traffic fewer suffice, over a longer time:
_FEW, _FEW_SECONDS = 3, 600.0

EntryGroup = tuple[str, str]
"""Source and platform: pushes that can be compared with each other."""


@dataclass(slots=True)
class Course:
    """One kind of failure in the last hour, on one platform or on several on which it develops alike."""

    entry: Entry
    platforms: set[str] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)
    rows: list[ResultRow] = field(default_factory=list)  # the most frequent first
    pushes: int = 0
    first: float = float("inf")  # when it began: its rate rose or its latest run started, maybe before the last hour
    rise: Rise | None = None  # the rise that it began with, if any
    fall: Rise | None = None  # the fall that it ended with, if any: since then there is only the noise from before
    last: float = 0.0
    among: int = 0  # pushes of the same platforms and sources in the last hour
    accepted_at: float | None = None  # when one of these was last accepted
    pushes_since: int = 0  # its own after that
    among_since: int = 0  # all of them after that
    lately: int = 0  # its own in the last minutes
    among_lately: int = 0  # all of them in the last minutes
    total: bool = False  # enough of its own came after that, and these are at least half of all
    over: bool = False  # no new one for minutes while others were accepted

    @property
    def codes(self) -> list[str]:
        """The codes it came with, the most frequent first."""
        return list(dict.fromkeys(row.code for row in self.rows))

    @property
    def share(self) -> float:
        """Its share among the pushes of its platforms in the last hour, 0 to 1."""
        return self.pushes / self.among if self.among else 0.0

    @property
    def weighty_share(self) -> float:
        """Its share in the last hour or, if higher and not by chance, in the last minutes: it may have just begun."""
        lately = self.lately / self.among_lately if self.lately >= _SURE and self.among_lately else 0.0
        return max(self.share, lately)

    @property
    def rank(self) -> Rank:
        """How serious it is."""
        return weigh(self.entry, self.weighty_share, total=self.total, over=self.over)

    @property
    def since(self) -> float:
        """When it began; if nothing is accepted any more, since when that is so."""
        return max(self.first, self.accepted_at or 0.0) if self.total else self.first


def by_class(catalogue: Catalogue, results: Mapping[ResultRow, Seen]) -> dict[str, int]:
    """Count results by class, the most frequent first."""
    counts: dict[str, int] = {}
    for row, seen in results.items():
        name = catalogue.entry(*row.kind).class_
        counts[name] = counts.get(name, 0) + seen.count
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


def courses(facts: Facts) -> list[Course]:
    """Return the course of each kind of failure in the last hour."""
    entries = {row: facts.catalogue.entry(*row.kind) for row in facts.day | facts.hour}
    found: dict[tuple[str, str, bool], Course] = {}
    for row, seen in sorted(facts.hour.items(), key=lambda item: -item[1].count):
        entry = entries[row]
        if entry.class_ == "delivered":
            continue
        # a provider's outage has many codes; everything else is told apart by entry
        kind = entry.class_ if entry.class_ == "provider_fault" else entry.name
        course = found.setdefault((kind, row.platform, row.source in facts.silent), Course(entry))
        course.platforms.add(row.platform)
        course.sources.add(row.source)
        course.rows.append(row)
        course.pushes += seen.count
        course.first = min(course.first, _began(facts, row))
        course.last = max(course.last, seen.last or 0.0)
    groups = {(row.source, row.platform) for row in entries}
    vague = _vague(facts, entries)
    peers_of = cache(partial(_Peers, facts))
    kinds: dict[tuple[str, bool], list[Course]] = {}
    for (kind, _, alone), course in found.items():
        if not alone:  # otherwise there is nothing to compare it with
            _compare(course, peers_of(_beside(course, groups, vague=vague)), facts.now)
        kinds.setdefault((kind, alone), []).append(course)
    return [course for alike in kinds.values() for course in _merged(alike)]


def _began(facts: Facts, row: ResultRow) -> float:
    """Return when the latest run of a result began; now if the last day has none."""
    began = facts.now
    for timeline in (facts.quarters, *facts.before):
        if row in timeline.series:
            began = min(began, timeline.series[row].began())
        if not timeline.starts or began >= timeline.starts.start + timeline.width:
            break  # otherwise it may have begun before this timeline does
    return began


class _Peers:
    """All pushes of some groups, with which courses are compared: summed once for all courses."""

    def __init__(self, facts: Facts, groups: frozenset[EntryGroup]) -> None:
        def rows(timeline: Timeline) -> list[ResultRow]:
            return [row for row in timeline.series if (row.source, row.platform) in groups]

        self.minutes, self._quarters = facts.minutes, facts.quarters
        of_minutes, of_quarters = (each.counts(rows(each)) for each in (facts.minutes, facts.quarters))
        self._before = [(each, each.counts(rows(each))) for each in facts.before]
        accepted = [
            max(timeline.series[row].last)
            for timeline in (facts.quarters, *facts.before)
            for row in rows(timeline)
            if facts.catalogue.entry(*row.kind).class_ == "delivered"
        ]
        self.accepted_at = max(accepted, default=None)
        self.since = self.accepted_at or 0.0  # 0 if none was accepted in the last 30 days
        lately = facts.now - _LATELY_SECONDS
        self.lately = sum(start <= lately for start in facts.minutes.starts)  # index of the first of the last minutes
        # quarters up to the one in which the minutes begin, then the minutes after it
        width, starts = facts.quarters.width, facts.minutes.starts
        before = [start for start in facts.quarters.starts if not starts or start < starts.start]
        self._old, self._new = len(before), sum(start < before[-1] + width for start in starts) if before else 0
        self._starts = [*before, *starts[self._new :]]
        self._ends = [*(s + width for s in before), *(s + facts.minutes.width for s in starts[self._new :])]
        self._of_both = [*of_quarters[: self._old], *of_minutes[self._new :]]
        self.among = sum(of_minutes)
        self.among_since = sum(facts.minutes.since(row, self.since) for row in rows(facts.minutes))
        self.among_lately = sum(of_minutes[self.lately :])

    def points(self, course: Course) -> list[Point]:
        """Return the intervals of the course's run with its share in each, the oldest first: quarters, then minutes."""
        rows, minutes, quarters = course.rows, self.minutes, self._quarters
        part = slice(bisect_right(self._ends, course.first), bisect_right(self._starts, course.last or math.inf))
        counts = (quarters.counts(rows)[: self._old] + minutes.counts(rows)[self._new :])[part]
        firsts = (quarters.first(rows)[: self._old] + minutes.first(rows)[self._new :])[part]
        starts = self._starts[part]
        firsts = [at if count else start for start, count, at in zip(starts, counts, firsts, strict=True)]
        return list(zip(starts, self._ends[part], counts, self._of_both[part], firsts, strict=True))

    def earlier(self, course: Course) -> Iterator[list[Point]]:
        """Yield the intervals of a run that is older than a day: hours of a week, then quarters of days of a month."""
        if course.first >= self._quarters.starts.start + self._quarters.width:
            return
        for timeline, among in self._before:
            mine, firsts = timeline.counts(course.rows), timeline.first(course.rows)
            yield [
                (at, at + timeline.width, count, of, first if count else at)
                for at, count, of, first in zip(timeline.starts, mine, among, firsts, strict=True)
                if at + timeline.width > course.first
            ]


def _vague(facts: Facts, entries: Mapping[ResultRow, Entry]) -> bool:
    """Return whether so many accepted pushes are of unknown platform that they may be of any."""
    accepted = {row: seen.count for row, seen in facts.day.items() if entries[row].class_ == "delivered"}
    untold = sum(count for row, count in accepted.items() if row.platform == "unknown")
    return untold > _UNTOLD * sum(accepted.values())


def _beside(course: Course, groups: Iterable[EntryGroup], *, vague: bool) -> frozenset[EntryGroup]:
    """Return the groups to compare a course with: of its platforms, or all of its sources if no platform is known."""
    platforms = course.platforms | ({"unknown"} if vague else set())
    return frozenset(
        (source, platform)
        for source, platform in groups
        if source in course.sources and ("unknown" in course.platforms or platform in platforms)
    )


def _compare(course: Course, peers: _Peers, now: float) -> None:
    """Compare a course with all pushes of the same platforms and sources."""
    course.accepted_at, since = peers.accepted_at, peers.since
    course.among, course.among_since, course.among_lately = peers.among, peers.among_since, peers.among_lately
    sure = 0  # failures in a row: of those in the minute of the last accepted push, some may have come before it
    for row in course.rows:
        mine = peers.minutes.series[row]
        course.pushes_since += peers.minutes.since(row, since)
        sure += peers.minutes.surely_since(row, since)
        course.lately += sum(mine.counts[peers.lately :])
    enough = sure >= _SURE or (sure >= _FEW and now - since > _FEW_SECONDS)
    course.total = enough and 2 * course.pushes_since >= course.among_since
    course.over = now - course.last > _QUIET_SECONDS and since > course.last
    if course.rank.severity != "info" or course.weighty_share >= MUCH:  # nobody asks when everyday noise began
        _bound(course, peers, now)


def _bound(course: Course, peers: _Peers, now: float) -> None:
    """Find when a course rose above everyday noise, and when it sank back."""
    points = peers.points(course)
    course.rise = rise(points) or next(filter(None, map(rise, peers.earlier(course))), None)
    if course.rise is None:
        return
    sunk = fall([(*point[:4], point[1]) for point in points if point[1] > course.rise.at])
    if sunk is not None:  # a change is found best in points that do not contain the other one
        course.rise = rise([point for point in points if point[0] < sunk.at]) or course.rise
    course.first = max(course.first, course.rise.at)
    if (
        sunk is not None
        and sunk.at > course.first
        and now - sunk.at > _QUIET_SECONDS
        and sunk.before < min(MUCH, TIMES * course.rise.before)
    ):
        course.fall, course.over, course.last = sunk, True, sunk.at


def _merged(alike: list[Course]) -> list[Course]:
    """Merge the courses of one kind on several platforms, unless they develop differently."""
    if len({course.total or course.weighty_share >= MUCH for course in alike}) > 1:
        return alike
    if alike[0].entry.class_ == "provider_fault" or len({course.total for course in alike}) > 1:
        return alike
    first, *others = alike
    for other in others:
        first.platforms |= other.platforms
        first.sources |= other.sources
        first.rows += other.rows
        first.pushes += other.pushes
        first.pushes_since += other.pushes_since
        if other.first < first.first:
            first.first, first.rise = other.first, other.rise
        if other.last > first.last:
            first.last, first.fall = other.last, other.fall
        first.among += other.among
        first.lately += other.lately
        first.among_lately += other.among_lately
        first.accepted_at = max(filter(None, (first.accepted_at, other.accepted_at)), default=None)
        first.over = first.over and other.over
    return [first]
