"""What is on disk, as one immutable view: a commit never changes what a reader holds."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from logwatch.ledger.batch import Batch, CounterRow
from logwatch.ledger.buckets import Reading, oldest
from logwatch.ledger.keys import ResultRow
from logwatch.ledger.timeline import Changed
from logwatch.model import Seen

Row = TypeVar("Row", ResultRow, Reading)


@dataclass(frozen=True, slots=True)
class SourceRow:
    """What is known of a source as a whole."""

    ready: bool  # its first backlog has been committed, so its counters are exported
    last_line_at: float | None  # when its newest line was read, seconds since the epoch
    logged_at: float | None = None  # the newest own time of a line of any kind, seconds since the epoch


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The committed numbers, which nobody changes: no crash can take back what a reader has seen."""

    committed_at: float = 0.0
    results: Mapping[ResultRow, Seen] = field(default_factory=dict)
    counters: Mapping[CounterRow, int] = field(default_factory=dict)
    sources: Mapping[str, SourceRow] = field(default_factory=dict)
    exports: Mapping[str, int] = field(default_factory=dict)  # destination -> newest failure
    witnessed: Mapping[ResultRow, Seen] = field(default_factory=dict)
    """Failures that webhooks reported beside a log: never part of ``results``."""
    readings: Mapping[Reading, Seen] = field(default_factory=dict)  # of the last hour and day
    changed: Changed = field(default_factory=Changed)  # which intervals of the buckets have to be read again
    recorded: int = 0  # commits that changed an incident

    def ready(self, source: str) -> bool:
        """Return whether the counters of ``source`` may be exported."""
        row = self.sources.get(source)
        return row is not None and row.ready

    def counted(self, source: str, counter: str, label: str = "") -> int:
        """Return a counter of ``source``, 0 where it has not counted anything."""
        return self.counters.get(CounterRow(source, counter, label), 0)

    def among(self, sources: Collection[str]) -> "Snapshot":
        """Return it with the results of these sources only: the ledger also has those of former sources."""
        if all(row.source in sources for row in self.results):
            return self
        return replace(self, results={row: seen for row, seen in self.results.items() if row.source in sources})

    def after(self, batch: Batch, at: float) -> "Snapshot":
        """Return the snapshot that is valid once ``batch`` is on disk."""
        counters = dict(self.counters)
        for counter, amount in batch.counters.items():
            counters[counter] = counters.get(counter, 0) + amount
        sources = dict(self.sources)
        for name in batch.ready | batch.last_line_at.keys():
            old = sources.get(name, SourceRow(ready=False, last_line_at=None))
            sources[name] = SourceRow(
                ready=old.ready or name in batch.ready,
                last_line_at=batch.last_line_at.get(name, old.last_line_at),
                logged_at=later(old.logged_at, batch.logged_at.get(name), at),
            )
        return Snapshot(
            at,
            _added(self.results, batch.results, at),
            counters,
            sources,
            {**self.exports, **batch.exports},
            _added(self.witnessed, batch.witnessed, at) if batch.witnessed else self.witnessed,
            self._readings_after(batch, at),
            self.changed.after(batch.buckets, at),
            self.recorded + bool(batch.incidents),
        )

    def _readings_after(self, batch: Batch, at: float) -> Mapping[Reading, Seen]:
        """Add the batch's readings to those that are not too old."""
        if not batch.readings:
            return self.readings
        kept = {each: seen for each, seen in self.readings.items() if each.start >= oldest(each.seconds, at)}
        return _added(kept, batch.readings, at)


def later(known: float | None, new: float | None, now: float) -> float | None:
    """Return the later of two times, but never a known one ahead of ``now``: its clock or zone was wrong."""
    if known is None or (known > now and new is not None):
        return new
    return known if new is None else max(known, new)


def _added(old: Mapping[Row, Seen], new: Mapping[Row, Seen], now: float) -> Mapping[Row, Seen]:
    total = dict(old)
    for row, seen in new.items():
        known = total.get(row, Seen())
        merged = total[row] = Seen(known.count, known.first)
        merged.add(seen)
        merged.last = later(known.last, seen.last, now)
    return total
