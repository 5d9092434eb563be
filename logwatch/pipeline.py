"""Turn what inputs find into batches, and hand each batch to the ledger: all the work of the loop between two waits.

In: chunks of whole lines. Out: counts, failures and positions, committed together. Nothing here knows a clock, a file
or the name of a metric; what is counted is exactly what the scanner found.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Protocol

from logwatch import heap
from logwatch.catalogue import OTHER_CODES, Catalogue
from logwatch.details import ChunkFailures, stored
from logwatch.ledger.batch import Batch, ShapeRow
from logwatch.ledger.keys import ResultRow
from logwatch.ledger.store import Ledger
from logwatch.model import Call, Chunk, JournalPosition, Position, ResultKey, Rotation, Scan, Seen, Sink, SourceStatus
from logwatch.moments import is_zone
from logwatch.parse import Scanner
from logwatch.privacy import Privacy
from logwatch.webhook.take import take

ROWS = 1024  # that are cached
SLICE_BYTES = 1 << 20  # read from one source before it is the next one's turn
TURN_SECONDS = 0.2  # of reading, before the batch may be committed and the status updated
LOOK_SHARE = 1 / 20  # of a turn that its looks may take, apart from the first one
BACKLOG_BYTES = 1 << 20  # read since the last commit; less than that comes in while a log is followed
COMMIT_BYTES = 16 << 20  # read since the last commit; no more is ever at stake, however long commit_seconds is
DETAILED_AT_ONCE = 4000  # failures, or a few more, in a commit: they are read in 0.06 s
DETAILED_SECONDS = 1.0  # at most between commits while failures wait for one
UNDETAILED_SECONDS = 5.0  # at most without failures in detail while a backlog is read
DETAIL_FAILURES = 50_000  # may wait for a later commit, some 25 MiB; only if more are kept can that many wait
LAST_SECONDS = 3.0  # of reading what no later start would find, out of the time that systemd gives a stop
CALLED_SECONDS = 0.1  # between commits while a caller waits for an answer
CLOSE_SECONDS = 60.0  # from a line's being logged to its being written, at most
UNCOMMITTED_BYTES = 256 << 20  # read without a commit (on a full disk) before reading pauses


class Input(Protocol):
    """Where the lines of a source come from: files, or anything else that knows how far it has been read."""

    def look(self, sink: Sink) -> None:
        """Find out what is new; cheap when nothing is."""

    def read(self, sink: Sink, budget: int) -> bool:
        """Hand on about ``budget`` bytes; return whether more is waiting."""

    def settle(self, sink: Sink, goes_on: Callable[[], bool]) -> None:
        """Hand on, before the last commit, what a restart has to know; stop long work unless ``goes_on``."""

    def status(self) -> SourceStatus:
        """Describe how reading goes."""

    def directories(self) -> frozenset[str]:
        """Return the directories whose changes are worth waking up for."""

    def close(self) -> None:
        """Close everything that is open."""


@dataclass(slots=True)
class Source:
    """A source that is followed: where its lines come from and what reads them."""

    name: str
    input: Input
    scanner: Scanner | None = None  # a webhook has no lines


class Pipeline:
    """Sources, the batch that they fill, and the ledger that it is committed to; the ``Sink`` of all sources."""

    def __init__(
        self,
        sources: Iterable[Source],
        ledger: Ledger,
        catalogue: Catalogue,
        privacy: Privacy,
        *,
        keep: int,
        commit_seconds: float,
        clock: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        self.sources = tuple(sources)
        self._scanners = {source.name: source.scanner for source in self.sources if source.scanner}
        self.status = self._assess()  # a source that was there before a reload keeps its status
        self.catalogue = catalogue
        self._ledger = ledger
        self._privacy = privacy
        self._stored = partial(stored, privacy=privacy, catalogue=catalogue)
        self._keep = keep
        self._commit_seconds = commit_seconds
        self._clock = clock
        self._monotonic = monotonic
        self.batch = Batch(keep)  # what was read and not committed
        self._committed_at = monotonic() - commit_seconds
        self._detailed_at = monotonic()  # the last commit with failures in detail
        self._behind = False  # the last commit was part of a backlog
        self._first = 0  # the source that is read first in the next round
        self._called = False  # a caller waits for the commit of this batch
        self._row = lru_cache(ROWS)(self._counted_as)
        self._admitted = {source.name: self._numbers_of(source.name) for source in self.sources}

    def turn(self) -> bool:
        """Look at the inputs, read some of what is new, and commit when it is time; return whether more is waiting."""
        due = self._monotonic()
        end = due + min(TURN_SECONDS, self._commit_seconds)
        waiting = True
        while waiting:
            # Look before each read, so that truncations and renames are known before more is read. If there are so
            # many files that a look takes as long as a read, several reads share one
            begun = self._monotonic()
            if begun >= due:
                for source in self.sources:
                    source.input.look(self)
                due = begun + (self._monotonic() - begun) / LOOK_SHARE
            waiting = self._read(end)
            if self._monotonic() >= end or self.batch.bytes >= COMMIT_BYTES:
                break
        self.status = self._assess()
        for name, now in self.status.items():
            if now.caught_up and not self._ledger.snapshot.ready(name):
                self.batch.ready.add(name)
        if self.due_in() <= 0:
            self.commit()
        return waiting

    def _assess(self) -> Mapping[str, SourceStatus]:
        return {source.name: source.input.status() for source in self.sources}

    def _read(self, end: float) -> bool:
        """Read a slice of each source; return whether more is waiting.

        If there are so many that it is time to commit in between, the remaining ones come first in the next turn.
        """
        if self.batch.bytes >= UNCOMMITTED_BYTES:
            return False
        waiting, number = False, len(self.sources)
        for n in range(number):
            source = self.sources[(self._first + n) % number]
            waiting = source.input.read(self, SLICE_BYTES) or waiting
            if self._monotonic() >= end and n + 1 < number:
                self._first += n + 1
                return True
        return waiting

    def due_in(self) -> float:
        """Return the seconds until the batch is due to be committed; infinite while it is empty."""
        if not self.batch and not self._ledger.failing:
            return float("inf")
        if self.batch.bytes >= COMMIT_BYTES and not self._ledger.failing:
            return 0.0
        pace = self._commit_seconds
        if not self._ledger.failing and self._called:
            pace = min(pace, CALLED_SECONDS)
        elif not self._ledger.failing and self.batch.waiting.carried:
            pace = min(pace, DETAILED_SECONDS)
        return self._committed_at + pace - self._monotonic()

    def commit(self, *, detailed: bool = False) -> None:
        """Hand the batch to the ledger; while commits fail, continue to fill the same one.

        Counts are committed at once. Unless ``detailed``, failures in detail wait for a later commit if there are many
        of them, or a backlog is being read.
        """
        self._committed_at = self._monotonic()
        self._called = False
        waited = self.batch.waiting.carried
        kept = self.batch.waiting.withhold(self.batch.waiting.failed if detailed else self._most_detailed())
        if self._ledger.commit(self.batch):
            self.batch = Batch(self._keep, carried=self.batch.waiting.withheld)
        self.batch.waiting.take_over(kept)
        if waited and not kept:
            heap.release()  # what a backlog took, above all its newest failures

    def _most_detailed(self) -> int:
        """Return how many failures this commit stores in detail: later ones push out most of a backlog's.

        They do not delay the commit that ends a backlog either, however few bytes that has.
        """
        if self.batch.waiting.failed >= DETAIL_FAILURES:
            return self.batch.waiting.failed
        was_behind, self._behind = self._behind, self.batch.bytes > BACKLOG_BYTES
        ends = was_behind and self.batch.bytes > 0
        if (self._behind or ends) and self._committed_at - self._detailed_at < UNDETAILED_SECONDS:
            return 0
        self._detailed_at = self._committed_at
        return DETAILED_AT_ONCE

    def settle(self) -> None:
        """Commit before files are closed, including what was seen but not read, so that its loss would be noticed."""
        end = self._monotonic() + LAST_SECONDS
        for source in self.sources:
            source.input.settle(self, lambda: self._monotonic() < end)
        self.commit(detailed=True)

    def directories(self) -> frozenset[str]:
        """Return the directories whose changes are worth waking up for."""
        return frozenset().union(*(source.input.directories() for source in self.sources))

    @property
    def recorded(self) -> bool:
        """Whether every incident that was recorded is on disk."""
        return not self.batch.incidents and not self._ledger.failing

    def chunk(self, chunk: Chunk) -> None:
        """Scan one chunk, and add what it contains to the batch."""
        source, batch = chunk.source, self.batch
        scan = self._scanners[source].scan(
            chunk.data, envelope=chunk.envelope, reference=chunk.reference, follows=chunk.follows
        )
        now = self._clock()
        batch.count(source, "lines", amount=scan.lines)
        batch.count(source, "bytes", amount=chunk.consumed)
        batch.bytes += chunk.consumed
        batch.last_line_at[source] = now
        live = source in self.status and self.status[source].caught_up
        self._judge(source, scan, chunk, now, live=live)
        behind = 0.0 if scan.logged_at is None else chunk.reference - scan.logged_at
        elsewhere = live and behind > 0 and is_zone(behind, CLOSE_SECONDS)  # a zone ahead counts as now in any case
        for counter, amount in (
            ("oversized_lines", chunk.oversized + scan.oversized),
            ("fallback_lines", scan.fallback),
            ("undated_lines", 0 if chunk.dated else scan.undated),
        ):
            if amount:
                batch.count(source, counter, amount=amount)
        for cause, amount in scan.unparsed.items():
            batch.count(source, "unparsed_lines", cause, amount)
        assumed = chunk.reference if chunk.dated else now
        failed = 0
        for key, seen in scan.results.items():
            row = self._row(source, key)
            if chunk.dated and seen.last is None:
                seen.first = seen.last = assumed
            batch.result(row, seen)
            batch.time(row, Seen(seen.count, now, now) if elsewhere else seen, now)
            if self.catalogue.entry(*row.kind).class_ != "delivered":
                failed += seen.count
        for sample in scan.samples:
            batch.shape(ShapeRow(source, sample.cause, sample.shape, sample.front), now, sample.count)
        batch.waiting.pass_over(max(0, failed - len(scan.failures)))
        found = ChunkFailures(scan.failures, source, assumed)
        batch.fail(found, self._stored, found.held_bytes)
        batch.move(chunk.position)

    def position(self, position: Position | JournalPosition) -> None:
        """Add a position that changed without new lines."""
        self.batch.move(position)

    def forget(self, generation: int) -> None:
        """Add that a generation's bytes are gone for good."""
        self.batch.forget(generation)

    def count(self, source: str, counter: str, amount: int = 1) -> None:
        """Add to a counter of a source."""
        self.batch.count(source, counter, amount=amount)

    def rotated(self, rotation: Rotation) -> None:
        """Add a rotation."""
        self.batch.rotate(rotation)

    def call(self, source: str, call: Call, witness_for: str) -> bool:
        """Add a webhook's call to the batch; return False if it cannot be found out now whether it is new."""
        known = self._ledger.taken([key for key in (call.key, *(e.key for e in call.events)) if key is not None])
        if known is None:
            self.batch.ready.add(source)  # something to commit, so that the disk is tried again
            return False
        take(
            self.batch,
            source,
            call,
            witness_for=witness_for,
            known=known,
            catalogue=self.catalogue,
            privacy=self._privacy,
            row=self._row,
            now=self._clock(),
        )
        self._called = True
        return True

    def _judge(self, source: str, scan: Scan, chunk: Chunk, now: float, *, live: bool) -> None:
        """Count the lines with the marker by whether they could be read, and when.

        While a log is followed, that is the clock's time: a wrong zone must not hide what cannot be read. For lines of
        a backlog it is when they were logged or, if that is unknown, when the file was last written.
        """
        written = now if live else min(chunk.reference, now)
        for cause, seen in [*(("", seen) for seen in scan.results.values()), *scan.unread.items()]:
            dated = not live and seen.last is not None
            self.batch.time((source, cause), seen if dated else Seen(seen.count, written, written), now)
        logged = min(written if scan.logged_at is None else scan.logged_at, now)
        self.batch.logged_at[source] = max(logged, self.batch.logged_at.get(source, logged))

    def _counted_as(self, source: str, key: ResultKey) -> ResultRow:
        """Return the row that a result is counted in."""
        label = self.catalogue.label(key.code, self._admitted[source])
        return ResultRow(source, key.platform, label, self.catalogue.reason(*key))

    def _numbers_of(self, source: str) -> set[str]:
        """Return the codes outside the catalogue that already have a label of their own."""
        snapshot = self._ledger.snapshot
        codes = {row.code for row in [*snapshot.results, *snapshot.witnessed] if row.source == source} - {OTHER_CODES}
        return {code for code in codes if not self.catalogue.lists(int(code))}
