"""Adds buckets up: how often each result came in the last hour, of how many, since when, and whether it still does."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from logwatch.catalogue import Catalogue, Entry
from logwatch.diagnosis.facts import Facts
from logwatch.diagnosis.rise import Point, Rise, rise
from logwatch.ledger import QUARTER, Bucket, ResultRow
from logwatch.model import Seen

MUCH = 0.05  # of a platform's pushes: more than the noise of a day
GAP_SECONDS = 2 * QUARTER  # an incident that pauses for less is the same one
_QUIET_SECONDS = 300.0
_LATELY_SECONDS = 600.0
_UNTOLD = 0.1  # of the accepted pushes: with more of unknown platform, they may be of any
_SURE = 20  # failures in a row that are no accident; at low traffic fewer will do, for longer:
_FEW, _FEW_SECONDS = 3, 600.0


@dataclass(slots=True)
class Course:
    """One kind of outcome in the last hour on one platform, or on several that fare alike."""

    entry: Entry
    platforms: set[str] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)
    rows: list[ResultRow] = field(default_factory=list)  # the most frequent first
    pushes: int = 0
    first: float = float("inf")  # when it began: its rate rose, or its present run, maybe before the last hour
    rise: Rise | None = None  # if it began so
    last: float = 0.0
    among: int = 0  # pushes of the same platforms and sources in the last hour
    accepted_at: float | None = None  # when the last one of these was accepted
    pushes_since: int = 0  # its own after that
    among_since: int = 0  # all of them after that
    total: bool = False  # nothing of its platforms was accepted since it began, and most of what came was this
    over: bool = False  # no new one for minutes while others were accepted

    @property
    def codes(self) -> list[str]:
        """The codes it came with, the most frequent first."""
        return list(dict.fromkeys(row.code for row in self.rows))

    lately: int = 0  # its own in the last minutes
    among_lately: int = 0  # all of them in the last minutes

    @property
    def share(self) -> float:
        """Its share among the pushes of its platforms in the last hour, 0 to 1."""
        return self.pushes / self.among if self.among else 0.0

    @property
    def weighty_share(self) -> float:
        """Its share in the last hour or, if more and no accident, in the last minutes: it may have just begun."""
        lately = self.lately / self.among_lately if self.lately >= _SURE and self.among_lately else 0.0
        return max(self.share, lately)

    @property
    def since(self) -> float:
        """When it began; where nothing is accepted any more, when that began."""
        return max(self.first, self.accepted_at or 0.0) if self.total else self.first


def entry_of(catalogue: Catalogue, row: ResultRow) -> Entry:
    """Classify a result as it is counted."""
    return catalogue.entry(row.platform, row.code, row.reason)


def by_class(catalogue: Catalogue, results: Mapping[ResultRow, Seen]) -> dict[str, int]:
    """Count results by class, the most frequent first."""
    counts: dict[str, int] = {}
    for row, seen in results.items():
        name = entry_of(catalogue, row).class_
        counts[name] = counts.get(name, 0) + seen.count
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


def courses(facts: Facts) -> list[Course]:
    """Return each kind of failure of the last hour with its course."""
    entries = {row: entry_of(facts.catalogue, row) for row in facts.day | facts.hour}
    runs = _runs(facts.quarters)
    found: dict[tuple[str, str, bool], Course] = {}
    for row, seen in sorted(facts.hour.items(), key=lambda item: -item[1].count):
        entry = entries[row]
        if entry.class_ == "delivered":
            continue
        # a provider's outage has many codes; everything else is one entry each
        kind = entry.class_ if entry.class_ == "provider_fault" else entry.name
        course = found.setdefault((kind, row.platform, row.source in facts.silent), Course(entry))
        course.platforms.add(row.platform)
        course.sources.add(row.source)
        course.rows.append(row)
        course.pushes += seen.count
        course.first = min(course.first, runs.get(row, facts.now))
        course.last = max(course.last, seen.last or 0.0)
    background = _Background(facts, entries)
    kinds: dict[tuple[str, bool], list[Course]] = {}
    for (kind, _, alone), course in found.items():
        if not alone:  # else there is nothing to set it beside
            _compare(course, background, facts.now)
        kinds.setdefault((kind, alone), []).append(course)
    return [course for alike in kinds.values() for course in _merged(alike)]


def _runs(quarters: Sequence[tuple[Bucket, Seen]]) -> dict[ResultRow, float]:
    """Return for each result when its present run began: looking back until it was absent for ``GAP_SECONDS``."""
    began: dict[ResultRow, float] = {}
    last: dict[ResultRow, float] = {}
    for bucket, seen in quarters:  # oldest first
        row, first = bucket.row, seen.first if seen.first is not None else float(bucket.start)
        if row not in last or first - last[row] > GAP_SECONDS:
            began[row] = first
        last[row] = seen.last if seen.last is not None else first
    return began


class _Background:
    """What became of all pushes, by source and platform: added up once, however many courses are set beside it."""

    def __init__(self, facts: Facts, entries: Mapping[ResultRow, Entry]) -> None:
        self.accepted_at: dict[tuple[str, str], float] = {}
        self.minutes: dict[tuple[str, str], dict[int, Seen]] = {}
        self.by_row: dict[ResultRow, list[tuple[Bucket, Seen]]] = {}
        # the day in intervals (begin, end) without overlap: all pushes by group, and each result
        self.spans: dict[tuple[int, int], dict[tuple[str, str], int]] = {}
        self.by_span: dict[ResultRow, dict[tuple[int, int], Seen]] = {}
        accepted = untold = 0
        for bucket, seen in facts.quarters:
            row = bucket.row
            if entries[row].class_ == "delivered" and seen.last is not None:
                group = (row.source, row.platform)
                self.accepted_at[group] = max(self.accepted_at.get(group, 0.0), seen.last)
                accepted += seen.count
                untold += seen.count * (row.platform == "unknown")
        # of so many accepted pushes the platform is not told that those, too, may be of any
        self.vague = untold > _UNTOLD * accepted
        for bucket, seen in facts.minutes:
            row = bucket.row
            self.minutes.setdefault((row.source, row.platform), {}).setdefault(bucket.start, Seen()).add(seen)
            self.by_row.setdefault(row, []).append((bucket, seen))
        # quarters of an hour up to the first whole one of which every minute is known
        whole = min((math.ceil(bucket.start / QUARTER) * QUARTER for bucket, _ in facts.minutes), default=0)
        for bucket, seen in (*facts.quarters, *facts.minutes):
            if (bucket.start < whole) == (bucket.seconds == QUARTER):
                span, group = (bucket.start, bucket.start + bucket.seconds), (bucket.row.source, bucket.row.platform)
                counts = self.spans.setdefault(span, {})
                counts[group] = counts.get(group, 0) + seen.count
                self.by_span.setdefault(bucket.row, {})[span] = seen

    def points(self, course: Course, groups: set[tuple[str, str]]) -> list[Point]:
        """Set the course's share in each interval of its present run beside each other, the oldest first."""
        points = []
        rows = [self.by_span.get(row, {}) for row in course.rows]
        for span in sorted(self.spans):
            start, end = span
            if end > course.first and (not course.last or start <= course.last):
                mine = [row[span] for row in rows if span in row]
                among = sum(count for group, count in self.spans[span].items() if group in groups)
                first = min((seen.first for seen in mine if seen.first is not None), default=float(start))
                points.append(Point(start, end, sum(seen.count for seen in mine), among, first))
        return points

    def beside(self, course: Course) -> set[tuple[str, str]]:
        """Return the groups that may be compared; where the log does not tell the platform, all of the source."""
        groups = self.minutes.keys() | self.accepted_at.keys()
        mine = {group for group in groups if group[0] in course.sources}
        if "unknown" in course.platforms:
            return mine
        return {group for group in mine if group[1] in course.platforms or (self.vague and group[1] == "unknown")}


def _compare(course: Course, background: _Background, now: float) -> None:
    """Set a course beside what else became of pushes of the same platform and sources."""
    groups = background.beside(course)
    course.rise = rise(background.points(course, groups))
    if course.rise is not None:
        course.first = max(course.first, course.rise.at)
    course.accepted_at = max((background.accepted_at[g] for g in groups if g in background.accepted_at), default=None)
    since, lately = course.accepted_at or 0.0, now - _LATELY_SECONDS
    for group in groups:
        for start, seen in background.minutes.get(group, {}).items():
            course.among += seen.count
            course.among_since += seen.count * ((seen.last or start) > since)
            course.among_lately += seen.count * (start > lately)
    for row in course.rows:
        for bucket, seen in background.by_row[row]:
            course.pushes_since += seen.count * ((seen.last or bucket.start) > since)
            course.lately += seen.count * (bucket.start > lately)
    enough = course.pushes_since >= _SURE or (course.pushes_since >= _FEW and now - since > _FEW_SECONDS)
    course.total = enough and 2 * course.pushes_since >= course.among_since
    course.over = now - course.last > _QUIET_SECONDS and since > course.last


def _merged(alike: list[Course]) -> list[Course]:
    """Make one of the courses of one entry on several platforms, unless they fare differently."""
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
        if other.first < first.first:
            first.first, first.rise = other.first, other.rise
        first.last = max(first.last, other.last)
        first.among += other.among
        first.lately += other.lately
        first.among_lately += other.among_lately
        first.accepted_at = max(filter(None, (first.accepted_at, other.accepted_at)), default=None)
        first.over = first.over and other.over
    return [first]
