"""What is committed together: counts, failures and positions gathered since the last commit, bounded in memory."""

from collections import Counter, deque
from dataclasses import InitVar, dataclass, field
from itertools import chain
from typing import NamedTuple, TypeVar

from logwatch.ledger.buckets import JUDGED, MINUTE, Bucket, Reading, oldest, spread
from logwatch.ledger.incidents import Incident, Person
from logwatch.ledger.join import WitnessEvent
from logwatch.ledger.keys import ResultRow
from logwatch.ledger.waiting import Several, Store, WaitingFailures
from logwatch.model import Cause, JournalPosition, Position, Rotation, Seen

T = TypeVar("T", Bucket, Reading)
ROTATIONS_KEPT = 20
"""Rotations remembered of each source, the newest; all of them are counted."""
MINUTES_GATHERED = 1000
"""Limit on the counts, each of one result in one minute, that are gathered before they are spread over buckets."""

_SHAPES = 50  # of lines, and as many of events: this bounds memory while the disk is away


class CounterRow(NamedTuple):
    """A counter with a source label, such as ``lines`` or ``rotations``; ``label`` is empty where there is none."""

    source: str
    counter: str
    label: str


class ShapeRow(NamedTuple):
    """The shape of lines that gave no result."""

    source: str
    cause: Cause
    shape: str
    front: str = ""  # what stands before the marker and mesibo's own prefix, masked


class EventShapeRow(NamedTuple):
    """How a webhook's event is built; ``cause`` is why it could not be read, empty where it could."""

    source: str
    cause: str
    shape: str


class MinuteRow(NamedTuple):
    """Failures that a webhook reported beside a log in one minute (``start``, seconds since the epoch)."""

    start: int
    source: str
    platform: str
    code: str


_Timed = ResultRow | tuple[str, str]
"""A result, or a source and the cause why its lines gave none, empty for lines that gave one."""


@dataclass(slots=True)
class Batch:
    """Everything that one transaction writes; adding to it never fails, and its size does not grow with the log."""

    keep: InitVar[int]  # failures to remember at most: older ones would be deleted by the same commit
    carried: InitVar[int] = 0  # failures that the previous commit counted, and left to this one to store
    waiting: WaitingFailures = field(init=False)
    results: dict[ResultRow, Seen] = field(default_factory=dict)
    counters: Counter[CounterRow] = field(default_factory=Counter)
    positions: dict[int, Position] = field(default_factory=dict)
    journals: dict[str, JournalPosition] = field(default_factory=dict)  # by source
    forgotten: set[int] = field(default_factory=set)
    shapes: dict[ShapeRow, Seen] = field(default_factory=dict)
    last_line_at: dict[str, float] = field(default_factory=dict)  # source -> when its newest line was read
    logged_at: dict[str, float] = field(default_factory=dict)  # source -> the own time of its newest line
    rotations: dict[str, deque[Rotation]] = field(default_factory=dict)  # source -> its newest ones, oldest first
    ready: set[str] = field(default_factory=set)  # sources whose first backlog this batch completes
    exports: dict[str, int] = field(default_factory=dict)  # destination -> number of the newest failure that it has
    witnessed: dict[ResultRow, Seen] = field(default_factory=dict)  # failures that webhooks reported beside a log
    minutes: Counter[MinuteRow] = field(default_factory=Counter)  # the same over time
    events: list[WitnessEvent] = field(default_factory=list)  # the same one by one
    keys: dict[tuple[int, int], float] = field(default_factory=dict)  # what recognises an event -> when it was taken
    event_shapes: dict[EventShapeRow, Seen] = field(default_factory=dict)
    # as they are now; of those found afterwards, several may have the same key, and no number yet
    incidents: dict[tuple[str, int, float], tuple[Incident, frozenset[Person]]] = field(default_factory=dict)
    _buckets: dict[Bucket, Seen] = field(default_factory=dict)
    _readings: dict[Reading, Seen] = field(default_factory=dict)
    _minutes: dict[tuple[_Timed, float], Seen] = field(default_factory=dict)  # each in one minute, not yet spread
    _now: float = 0.0  # when _minutes was last added to; seconds since the epoch
    _buckets_checked: int = 5000  # buckets beyond which old ones are dropped: the disk may be away for days
    bytes: int = 0  # read from files since the last commit

    def __post_init__(self, keep: int, carried: int) -> None:
        """Begin without failures."""
        self.waiting = WaitingFailures(keep, carried=carried)

    def __bool__(self) -> bool:
        """Return whether there is something to commit."""
        counted = (self.counters, self.results, self.ready, self.exports, self.incidents, self.waiting)
        moved = (self.positions, self.journals, self.forgotten)
        # The last is alone for a call without events, which is answered after a commit, too
        return any(counted) or any(moved) or bool(self.last_line_at)

    def result(self, row: ResultRow, seen: Seen) -> None:
        """Count a result."""
        self.results.setdefault(row, Seen()).add(seen)

    @property
    def buckets(self) -> dict[Bucket, Seen]:
        """Results by the intervals of their time."""
        self._spread_minutes()
        return self._buckets

    @property
    def readings(self) -> dict[Reading, Seen]:
        """Lines with the marker by the intervals of the time that they are judged by."""
        self._spread_minutes()
        return self._readings

    def time(self, what: _Timed, seen: Seen, now: float) -> None:
        """Add results to the buckets of their time, or lines with the marker to those of the time they are judged by.

        Buckets too old for any reader to ask for are dropped. Counts within one minute, as most are, are gathered
        before they are spread over the buckets of all widths.
        """
        first, last = seen.first, seen.last
        if first is None or last is None or first // MINUTE != last // MINUTE:
            self._spread(what, seen, now)
            return
        self._now = now
        known = self._minutes.get((what, first // MINUTE))
        if known is None:
            if len(self._minutes) >= MINUTES_GATHERED:
                self._spread_minutes()
            self._minutes[what, first // MINUTE] = Seen(seen.count, first, last)
        else:
            known.add(seen)

    def _spread_minutes(self) -> None:
        gathered, self._minutes = self._minutes, {}
        for (what, _), seen in gathered.items():
            self._spread(what, seen, self._now)

    def _spread(self, what: _Timed, seen: Seen, now: float) -> None:
        if isinstance(what, ResultRow):
            for width, start, part in spread(seen, now):
                self._buckets = self._put(self._buckets, Bucket(width, start, what), part, now)
        else:
            for width, start, part in spread(seen, now, JUDGED):
                self._readings = self._put(self._readings, Reading(width, start, *what), part, now)

    def _put(self, buckets: dict[T, Seen], bucket: T, part: Seen, now: float) -> dict[T, Seen]:
        known = buckets.get(bucket)
        if known is not None:
            known.add(part)
            return buckets
        if len(buckets) >= self._buckets_checked:
            buckets = {b: s for b, s in buckets.items() if b.start >= oldest(b.seconds, now)}
            self._buckets_checked = 2 * len(buckets) + 5000
        buckets[bucket] = part
        return buckets

    def witness(self, row: ResultRow, seen: Seen, now: float) -> None:
        """Count a failure that a webhook reported beside a log."""
        self.witnessed.setdefault(row, Seen()).add(seen)
        at = now if seen.last is None else seen.last
        self.minutes[MinuteRow(int(at // MINUTE) * MINUTE, row.source, row.platform, row.code)] += seen.count

    def event_shape(self, row: EventShapeRow, at: float) -> None:
        """Remember how an event is built; a few distinct ones a commit are enough."""
        if row in self.event_shapes or len(self.event_shapes) < _SHAPES:
            self.event_shapes.setdefault(row, Seen()).add(Seen(1, at, at))

    def incident(self, incident: Incident, people: frozenset[Person]) -> None:
        """Record the state of an incident, and whom it has hit since it was last recorded."""
        self.incidents[incident.key, incident.number, incident.began] = (incident, people)

    def count(self, source: str, counter: str, label: str = "", amount: int = 1) -> None:
        """Add to a counter that commits with the positions."""
        self.counters[CounterRow(source, counter, label)] += amount

    def rotate(self, rotation: Rotation) -> None:
        """Count a rotation and remember it among the newest ones of its source."""
        self.count(rotation.source, "rotations", rotation.kind, rotation.count)
        self.rotations.setdefault(rotation.source, deque(maxlen=ROTATIONS_KEPT)).append(rotation)

    def move(self, position: Position | JournalPosition) -> None:
        """Record how far a generation, or the journal of a source, has been read."""
        if isinstance(position, JournalPosition):
            self.journals[position.source] = position
            return
        self.positions[position.generation] = position
        self.forgotten.discard(position.generation)

    def forget(self, generation: int) -> None:
        """Drop a generation whose bytes are gone for good."""
        self.positions.pop(generation, None)
        self.forgotten.add(generation)

    def fail(self, failures: Several, store: Store = chain.from_iterable, held_bytes: int = 0) -> None:
        """Remember failures in detail, oldest first."""
        self.waiting.add(failures, store, held_bytes)

    def shape(self, row: ShapeRow, at: float, count: int = 1) -> None:
        """Remember the shape of ``count`` lines that gave no result; a few distinct ones a commit are enough."""
        if row in self.shapes or len(self.shapes) < _SHAPES:
            self.shapes.setdefault(row, Seen()).add(Seen(count, at, at))
