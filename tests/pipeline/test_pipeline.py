"""What becomes of chunks between the tails and the ledger."""

import sqlite3
import tempfile
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from logwatch import pipeline as module
from logwatch.catalogue import OTHER_CODES, UNKNOWN_CODES, Catalogue
from logwatch.ledger.batch import CounterRow
from logwatch.ledger.buckets import QUARTER
from logwatch.ledger.reader import Filter, Reader
from logwatch.ledger.store import Ledger
from logwatch.model import Chunk, Failure, JournalPosition, Position, ResultKey, Sample, Scan, Seen, SourceStatus
from logwatch.parse import LazyFailures
from logwatch.pipeline import Pipeline, Source
from logwatch.privacy import Privacy
from logwatch.sight import sight


def position(offset, size=0):
    return Position(1, "mesibo", "/m.log", 1, 2, 0, b"", offset, 0, b"", max(size, offset), "live")


MUCH = b"903\n" + b"\n" * module.BACKLOG_BYTES
"""One failure, in as many bytes as a backlog has."""


class Tail:
    """Hands on one chunk a read, as long as there are any."""

    size = 0  # of the file, where it is longer than what was read

    def __init__(self, chunks=(), *, caught_up=True, lag=0, reference=1000.0):
        self.chunks = list(chunks)
        self.reference = reference  # when the file was last written
        self.lag = lag  # while there are chunks
        self.caught_up = caught_up
        self.offset = 0
        self.reads = 0

    def look(self, sink):
        pass

    def read(self, sink, budget):
        self.reads += 1
        if self.chunks:
            data = self.chunks.pop(0)
            self.offset += len(data)
            where = position(self.offset, self.size)
            sink.chunk(Chunk("mesibo", data, "plain", self.reference, len(data), 0, where))
        return bool(self.chunks)

    def status(self):
        lag = self.lag if self.chunks else 0
        return SourceStatus("mesibo", True, 1, lag, self.caught_up and not self.chunks, ())  # noqa: FBT003  up

    def settle(self, sink, goes_on):
        pass

    def directories(self):
        return frozenset({"/"})


class Scanner:
    """Takes every line for a code."""

    def scan(self, data, *, envelope, reference, **how):
        scan = Scan(lines=data.count(b"\n"))
        scan.failures = []
        for code in data.split():
            scan.results.setdefault(ResultKey("fcm", int(code), "made up"), Seen()).add(Seen(1, 5.0, 5.0))
            scan.failures.append(
                Failure(None, "fcm", int(code), "made up", "1", "+18005551234", "t" * 40, "code <num>")
            )
        return scan


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def ledger(tmp_path):
    opened = Ledger(tmp_path)
    yield opened
    opened.close()


def build(ledger, clock, tail, scanner=None, **kwargs):
    return Pipeline(
        [Source("mesibo", tail, scanner or Scanner())],
        ledger,
        Catalogue.load(),
        Privacy("mask", b"k" * 32),
        **{"keep": 100, "commit_seconds": 1.0, "clock": clock, "monotonic": clock} | kwargs,
    )


def counts(ledger):
    found = Counter()
    for row, seen in ledger.snapshot.results.items():
        found[row.code] += seen.count
    return found


def test_a_turn_reads_and_commits_what_is_due(ledger, clock):
    """Counts and the position behind them are on disk together."""
    pipeline = build(ledger, clock, Tail([b"200\n903\n"]))
    assert not pipeline.turn()
    assert counts(ledger) == {"200": 1, "903": 1}
    assert ledger.positions[1].offset == 8
    assert ledger.snapshot.counters[CounterRow("mesibo", "lines", "")] == 2
    assert ledger.snapshot.counters[CounterRow("mesibo", "bytes", "")] == 8


def test_its_sources_are_known_before_the_first_turn(ledger, clock):
    """A scrape right after a reload, which makes a new pipeline, misses none of the sources that go on."""
    assert build(ledger, clock, Tail()).status["mesibo"].up


def test_commits_keep_their_distance(ledger, clock):
    """Within commit_seconds after a commit nothing is written, and nothing is forgotten."""
    tail = Tail([b"200\n"])
    pipeline = build(ledger, clock, tail)
    pipeline.turn()
    tail.chunks.append(b"200\n")
    clock.now += 0.5
    pipeline.turn()
    assert counts(ledger) == {"200": 1}
    assert pipeline.due_in() == 0.5
    clock.now += 0.5
    pipeline.turn()
    assert counts(ledger) == {"200": 2}
    assert pipeline.due_in() == float("inf")


class Slow(Scanner):
    """A turn takes a quarter of a second, since each chunk does."""

    def __init__(self, clock):
        self.clock = clock

    def scan(self, data, *, envelope, reference, **how):
        self.clock.now += 0.25
        return super().scan(data, envelope=envelope, reference=reference)


def test_a_backlog_is_committed_as_it_is_read(ledger, clock, monkeypatch):
    """However long commits take, the first one comes at once, and others after at most commit_seconds of reading."""
    commits, commit = [], ledger.commit

    def slow(batch):
        commits.append(clock.now)
        clock.now += 0.3
        return commit(batch)

    monkeypatch.setattr(ledger, "commit", slow)
    pipeline = build(ledger, clock, Tail([b"200\n"] * 50, lag=2 << 20), Slow(clock))
    while pipeline.turn():
        pass
    assert commits[0] - 1000.0 <= 0.3
    assert max(after - before - 0.3 for before, after in pairwise(commits)) <= 1.0
    clock.now += pipeline.due_in()
    pipeline.turn()
    assert counts(ledger) == {"200": 50}


@pytest.mark.parametrize(("seconds", "looks"), [(0.0, 10), (0.0004, 10), (0.02, 1)])
def test_looks_at_many_files_take_little_of_the_time_that_reading_has(ledger, clock, seconds, looks):
    """Before each read where that costs nothing; where a look takes as long as reads do, several share one."""

    class Many(Tail):
        looks = 0

        def look(self, sink):
            self.looks += 1
            clock.now += seconds

        def read(self, sink, budget):
            clock.now += 0.01
            return super().read(sink, budget)

    tail = Many([b"200\n"] * 10, lag=2 << 20)
    build(ledger, clock, tail).turn()
    assert (tail.reads, tail.looks) == (10, looks)


def test_no_more_than_sixteen_megabytes_are_read_without_a_commit(ledger, clock):
    """A commit comes after 16 MiB of reading, whatever commit_seconds is."""

    class Blind:
        def scan(self, data, *, envelope, reference, **how):
            return Scan(lines=1)

    chunk = b"x" * (1 << 20)
    tail = Tail([chunk] * 40, lag=2 << 20)
    pipeline = build(ledger, clock, tail, Blind(), commit_seconds=60.0)
    committed = [0]
    while pipeline.turn():
        committed.append(ledger.positions[1].offset)
        assert tail.offset - committed[-1] <= (16 << 20) + len(chunk)
    assert len(set(committed)) >= 3


def test_failures_in_detail_of_a_backlog_come_with_a_later_commit_and_none_is_lost(tmp_path, clock):
    """While a backlog is read counts are committed without them; a stop commits all of them, the newest last."""
    ledger = Ledger(tmp_path, clock=clock)
    pipeline = build(ledger, clock, Tail([MUCH] * 8), Slow(clock))
    assert pipeline.turn()
    clock.now += 1
    assert pipeline.turn()
    assert counts(ledger)["903"] >= 2
    assert len(list(Reader(ledger.path).failures(Filter(), 100))) < counts(ledger)["903"]
    pipeline.settle()
    told = [place.id for place, _ in Reader(ledger.path).failures(Filter(), 100)]
    assert told == list(range(counts(ledger)["903"], 0, -1))
    ledger.close()


def test_a_stop_reads_what_no_later_start_finds_for_a_few_seconds(ledger, clock):
    """However much it is, of all sources together: systemd kills what takes longer, and nothing of it would count."""

    class Deleted(Tail):
        def settle(self, sink, goes_on):
            while self.chunks and goes_on():
                clock.now += 0.25
                self.read(sink, 1)

    pipeline = build(ledger, clock, Deleted([b"903\n"] * 6))
    pipeline.sources = [*pipeline.sources, Source("other", Deleted([b"903\n"] * 100), Scanner())]
    began = clock.now
    pipeline.settle()
    assert clock.now - began == module.LAST_SECONDS
    assert counts(ledger)["903"] == module.LAST_SECONDS / 0.25


def test_a_kill_while_a_backlog_is_read_leaves_no_failure_unreported(tmp_path, clock):
    """The log says how many had waited for a later commit, once."""
    ledger = Ledger(tmp_path, clock=clock)
    pipeline = build(ledger, clock, Tail([MUCH] * 8), Slow(clock))
    pipeline.turn()
    ledger.close()  # as a kill leaves it
    told = []
    for _ in range(2):
        with capture_logs() as logged:
            ledger = Ledger(tmp_path, clock=clock)
        told.append([each["count"] for each in logged if each["event"] == "failures_not_told"])
        build(ledger, clock, Tail([b"903\n"])).turn()
        ledger.close()
    assert told == [[counts(ledger)["903"] - 2], []]


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.sampled_from(["turn", "turn", "turn", "kill", "refuse", "accept"]), max_size=12),
    st.sampled_from([7, 1, 0]),
)
@example([], 0)
def test_every_failure_that_is_counted_has_a_number(steps, keep):
    """Whenever a disk refuses and a kill comes, amid a backlog or not: an export is told of what it never gets.

    After an orderly end none is told as lost, however few are kept.
    """
    clock, refusing = Clock(), False

    class Refused(Ledger):
        def _transact(self, batch, now):
            if refusing:
                raise sqlite3.OperationalError("disk I/O error")
            super()._transact(batch, now)

    def start(state):
        ledger = Refused(state, clock=clock)
        read = ledger.positions[1].offset if ledger.positions else 0
        tail = Tail([MUCH] * (40 - read // len(MUCH)))
        tail.offset = read
        return ledger, build(ledger, clock, tail, Slow(clock), keep=keep)

    with tempfile.TemporaryDirectory() as directory:
        ledger, pipeline = start(Path(directory))
        for step in [*steps, "accept", "turn"]:
            if step == "kill":
                ledger.close()
                ledger, pipeline = start(Path(directory))
            elif step == "turn":
                pipeline.turn()
                clock.now += 1
            else:
                refusing = step == "refuse"
        pipeline.settle()
        assert Reader(ledger.path).newest_failure() == counts(ledger)["903"]
        ledger.close()
        with capture_logs() as logged:
            Ledger(Path(directory), clock=clock).close()
        assert [each for each in logged if each["event"] == "failures_not_told"] == []


def test_failures_in_detail_of_a_backlog_do_not_wait_once_they_are_many(tmp_path, clock, monkeypatch):
    """Memory does not grow with ``failures.keep``: what waits is committed with the counts."""
    monkeypatch.setattr(module, "DETAIL_FAILURES", 2)
    ledger = Ledger(tmp_path, clock=clock)
    pipeline = build(ledger, clock, Tail([MUCH] * 8), Slow(clock))
    pipeline.turn()
    clock.now += 1
    pipeline.turn()
    assert len(list(Reader(ledger.path).failures(Filter(), 100))) == counts(ledger)["903"] >= 2
    ledger.close()


def test_memory_goes_back_once_when_a_backlog_has_been_read(ledger, clock, monkeypatch):
    """With its newest failures in detail, which are most of it; not while nothing but what comes in is read."""
    released = []
    monkeypatch.setattr(module.heap, "release", lambda: released.append(clock.now))
    tail = Tail([MUCH] * 3)
    pipeline = build(ledger, clock, tail, Slow(clock))
    pipeline.turn()
    assert not released
    while tail.chunks or not released:
        clock.now += 1
        pipeline.turn()
    tail.chunks = [b"903\n"]
    clock.now += 1
    pipeline.turn()
    assert len(released) == 1


def told(ledger):
    """Return how many failures are in the error log."""
    return len(list(Reader(ledger.path).failures(Filter(), 100_000)))


def test_failures_in_detail_of_a_backlog_without_an_end_come_every_few_seconds(tmp_path, clock):
    """A log that is written faster than it is read."""
    ledger = Ledger(tmp_path, clock=clock)
    pipeline = build(ledger, clock, Tail([MUCH] * 100), Slow(clock))
    seen = []
    while clock.now < 1012:
        pipeline.turn()
        seen.append(told(ledger))
        clock.now += 0.75
    assert seen[0] == 0
    assert len({*seen}) == 3  # none, those of five seconds, and of ten
    ledger.close()


def test_no_commit_waits_for_thousands_of_failures_in_detail(tmp_path, clock):
    """What is counted is on disk at once; four thousand or few more follow with each commit, the oldest first."""
    ledger = Ledger(tmp_path, clock=clock)
    tail = Tail([b"903\n" * 600] * 16)
    pipeline = build(ledger, clock, tail, keep=10_000, commit_seconds=60.0)
    steps = []
    while pipeline.due_in() < float("inf") or tail.chunks:
        clock.now += max(0.0, pipeline.due_in()) if tail.reads else 0.0
        pipeline.turn()
        steps.append(told(ledger))
        assert counts(ledger)["903"] == 9600
    assert steps == [4200, 8400, 9600]
    assert clock.now == 1002.0
    ledger.close()


def test_failures_stay_in_their_order_while_the_disk_refuses(tmp_path, clock, monkeypatch):
    """Those that wait for a later commit, too; and the oldest give way to newer ones, never the other way round."""
    monkeypatch.setattr(module, "DETAILED_AT_ONCE", 2)
    ledger = Ledger(tmp_path, clock=clock)
    transact, tail = ledger._transact, Tail()
    pipeline = build(ledger, clock, tail, keep=7)

    def refuse(batch, now):
        raise sqlite3.OperationalError("disk I/O error")

    ledger._transact = refuse
    for code in range(901, 911):
        tail.chunks = [f"{code}\n".encode()]
        pipeline.turn()
        clock.now += 60
    ledger._transact = transact
    pipeline.settle()
    stored = [each.failure.code for each in Reader(ledger.path).failures(Filter(), 100)]
    assert stored == ["910", "909", "908", "907", "906", "905", "904", "901"]  # the last one's batch was refused first
    ledger.close()


def test_the_commit_that_ends_a_backlog_does_not_wait_for_failures_in_detail(tmp_path, clock):
    """However little of it is left: its numbers are on disk first, and the next commit has the details."""
    ledger = Ledger(tmp_path, clock=clock)
    tail = Tail()
    pipeline = build(ledger, clock, tail)
    steps = []
    for data in (MUCH, b"903\n", b"903\n"):
        tail.chunks = [data]
        pipeline.turn()
        steps.append((counts(ledger)["903"], told(ledger)))
        clock.now += 1
    assert steps == [(1, 0), (2, 0), (3, 3)]
    ledger.close()


def test_a_failure_is_read_from_its_line_once(ledger, clock):
    """That is what takes most of a commit: to be stored, each is taken out of the scan one time."""
    taken = []

    class Failures(list):
        def __getitem__(self, index):
            return Failures(super().__getitem__(index))

        def __iter__(self):
            for each in super().__iter__():
                taken.append(each)
                yield each

    class Lazy(Scanner):
        def scan(self, data, **how):
            scan = super().scan(data, **how)
            scan.failures = Failures(scan.failures)
            return scan

    build(ledger, clock, Tail([b"903\n904\n", b"905\n"]), Lazy()).turn()
    assert sorted(failure.code for failure in taken) == [903, 904, 905]


def test_failures_of_several_chunks_are_read_at_once(ledger, clock):
    """Failures of several chunks are parsed in one call, which is faster, and keep their order and times."""
    asked = []

    class Lazy(Scanner):
        at = begin = time.time() - 1000  # the ledger keeps no failure that is too old by its own clock

        def scan(self, data, *, reference, **how):
            scan = super().scan(data, reference=reference, **how)
            self.at += 1
            scan.failures = LazyFailures(data.splitlines(keepends=True), [None, None], self.at, self.read)
            return scan

        def read(self, payloads, received, references):
            asked.append(len(payloads))
            lines = zip(payloads, received, references, strict=True)
            return tuple(zip(*(Failure(at, "fcm", int(line), "", "", "", "") for line, _, at in lines), strict=True))

    build(ledger, clock, Tail([b"903\n904\n"] * 100), Lazy()).turn()
    assert sum(asked) == 100  # as many as are kept, of 200
    assert len(asked) < 10
    found = [each.failure for each in Reader(ledger.path).failures(Filter(), 100)]
    assert [(each.code, each.at) for each in reversed(found)] == [
        (code, Lazy.begin + n) for n in range(51, 101) for code in ("903", "904")
    ]


def test_what_merely_comes_in_while_it_is_read_waits_no_longer_for_a_commit(ledger, clock):
    """A busy log always has a little more; only a real backlog lets commits wait."""
    pipeline = build(ledger, clock, Tail([b"200\n"] * 3, lag=1000), Slow(clock))
    assert pipeline.turn()
    assert counts(ledger) == {"200": 1}


def test_a_source_becomes_visible_with_the_commit_of_its_first_backlog(ledger, clock, monkeypatch):
    """Until everything that was there has been read and committed, the source is not ready."""
    monkeypatch.setattr(module, "TURN_SECONDS", 0.0)
    pipeline = build(ledger, clock, Tail([b"200\n", b"903\n", b"903\n"]))
    assert pipeline.turn()
    assert not ledger.snapshot.ready("mesibo")
    pipeline.turn()
    pipeline.turn()
    clock.now += 1
    pipeline.turn()
    assert ledger.snapshot.ready("mesibo")
    assert counts(ledger) == {"200": 1, "903": 2}


def test_labels_stay_few_whatever_codes_are_logged(ledger, clock):
    """Beyond the first 32 codes outside the catalogue, also over a restart, further ones count as other."""
    codes = range(5000, 5100)
    pipeline = build(ledger, clock, Tail([b"".join(b"%d\n" % code for code in codes), b"200\n903\n"]))
    pipeline.turn()
    again = build(ledger, clock, Tail([b"5000\n7777\n"]))
    clock.now += 1
    again.turn()
    found = counts(ledger)
    assert len(found) == UNKNOWN_CODES + 3
    assert found[OTHER_CODES] == 100 - UNKNOWN_CODES + 1
    assert found["5000"] == 2
    assert (found["200"], found["903"]) == (1, 1)


def test_documented_codes_take_no_label_of_others_over_a_restart(ledger, clock):
    """Of codes outside the catalogue, 32 keep their numbers after a restart, however many others were counted."""
    documented = sorted({code for _, code, _, _ in Catalogue.load().known()})
    build(ledger, clock, Tail([b"".join(b"%d\n" % code for code in documented)])).turn()
    clock.now += 1
    build(ledger, clock, Tail([b"".join(b"%d\n" % code for code in range(5000, 5000 + UNKNOWN_CODES))])).turn()
    assert len(counts(ledger)) == len(documented) + UNKNOWN_CODES
    assert OTHER_CODES not in counts(ledger)


def test_while_nothing_comes_nothing_is_written(ledger, clock):
    """A quiet log costs no commit: nothing is due, and the snapshot stays the one of the last commit."""
    pipeline = build(ledger, clock, Tail([b"200\n"]))
    pipeline.turn()
    written = ledger.snapshot
    for _ in range(3):
        clock.now += 10
        assert not pipeline.turn()
        assert pipeline.due_in() == float("inf")
    assert ledger.snapshot is written


def test_a_reason_that_the_catalogue_does_not_list_is_no_label(ledger, clock):
    """What a line gives as a reason becomes a label only where it is a documented one."""
    build(ledger, clock, Tail([b"404\n"])).turn()
    assert {row.reason for row in ledger.snapshot.results} == {""}


def test_reading_pauses_while_too_much_is_not_on_disk(ledger, clock, monkeypatch):
    """With a disk that takes nothing, the loop goes on turning but reads no further than its bound."""
    monkeypatch.setattr(module, "UNCOMMITTED_BYTES", 8)
    monkeypatch.setattr(module, "TURN_SECONDS", 0.0)
    monkeypatch.setattr(ledger, "_write", lambda _batch: False)
    tail = Tail([b"200\n"] * 10)
    pipeline = build(ledger, clock, tail)
    for _ in range(6):
        clock.now += 1
        pipeline.turn()
    reads = tail.reads
    clock.now += 1
    assert not pipeline.turn(), "nothing more is asked for"
    assert tail.reads == reads


def test_what_identifies_a_user_is_masked_before_it_is_stored(ledger, clock, tmp_path):
    """Neither an address nor a token reaches the disk."""
    build(ledger, clock, Tail([b"903\n"])).turn()
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"903" in stored
    assert b"18005551234" not in stored
    assert b"t" * 40 not in stored


def test_shapes_of_unparsed_lines_are_kept_with_their_cause(ledger, clock):
    """A line that gives no result is counted by cause, and its shape is stored."""

    class Unparsed:
        def scan(self, data, *, envelope, reference, **how):
            scan = Scan(lines=1, candidates=1, samples=[Sample("no_code", "push_on_complete <str>")])
            scan.unparsed["no_code"] = 1
            return scan

    build(ledger, clock, Tail([b"x\n"]), Unparsed()).turn()
    assert ledger.snapshot.counters[CounterRow("mesibo", "unparsed_lines", "no_code")] == 1
    assert ledger._db.execute("SELECT cause, shape, count FROM shapes").fetchall() == [
        ("no_code", "push_on_complete <str>", 1)
    ]


def test_a_failure_is_stored_with_the_shape_of_its_line_and_without_its_user(tmp_path, clock):
    """What a commit stores of a failure is safe to show, and tells how its line is built."""
    ledger = Ledger(tmp_path, clock=clock)
    build(ledger, clock, Tail([b"903\n"])).turn()
    (listed,) = Reader(ledger.path).failures(Filter(), 5)
    ledger.close()
    assert listed.failure.shape == "code <num>"
    assert "5551" not in repr(listed)


def test_a_line_without_a_time_of_its_own_is_dated_by_its_entry(tmp_path, ledger, clock):
    """Where a chunk's reference is the time of its lines, results and failures without a stamp have it."""
    at = float(int(time.time()) - 100)  # the ledger keeps no failure that is too old by its own clock

    class Undated(Scanner):
        def scan(self, data, *, envelope, reference, **how):
            scan = super().scan(data, envelope=envelope, reference=reference)
            scan.results = {key: Seen(seen.count) for key, seen in scan.results.items()}
            return scan

    class Journal(Tail):
        def read(self, sink, budget):
            if self.chunks:
                data = self.chunks.pop(0)
                where = JournalPosition("mesibo", "CONTAINER_NAME=mesibo", "s=1;i=9", at, "{}")
                sink.chunk(Chunk("mesibo", data, "plain", at, len(data), 0, where, dated=True))
            return bool(self.chunks)

    pipeline = build(ledger, clock, Journal([b"903\n"]), Undated())
    pipeline.turn()
    (seen,) = ledger.snapshot.results.values()
    assert (seen.first, seen.last) == (at, at)
    (hit,) = Reader(ledger.path).failures(Filter(), 5)
    assert hit.failure.at == at
    assert ledger.journals["mesibo"].cursor == "s=1;i=9"


class Mixed:
    """Takes ``r`` for a line that is read, ``u`` for one that is not, logged at the time behind it."""

    def scan(self, data, *, envelope, reference, **how):
        scan = Scan(lines=data.count(b"\n"))
        for line in data.decode().split():
            at = float(line[1:]) if line[1:] else None
            if line[0] == "u":
                scan.unparsed["no_code"] += 1
                scan.unread.setdefault("no_code", Seen()).add(Seen(1, at, at))
            else:
                scan.results.setdefault(ResultKey("fcm", 200, ""), Seen()).add(Seen(1, at, at))
                scan.logged_at = at
        return scan


def readings(ledger, now):
    seen = sight(ledger.snapshot.readings, "mesibo", now)
    return (seen.hour.unread, seen.hour.all)


def test_while_a_log_is_followed_lines_are_judged_by_the_clock(ledger, clock):
    """Whatever their stamps say: a wrong zone must not hide that they cannot be read."""
    clock.now = 1_000_000.0
    tail = Tail()
    pipeline = build(ledger, clock, tail, Mixed())
    pipeline.turn()
    tail.chunks.append(b"r900000\nu\nu\nu\n")
    pipeline.turn()
    pipeline.commit()
    assert readings(ledger, clock.now) == (3, 4)


@pytest.mark.parametrize(
    ("behind", "as_now"),
    [
        (8 * 3600.0, True),
        (3.5 * 3600.0 + 59.0, True),
        (1800.0 - 59.0, True),
        (8 * 3600.0 + 120.0, False),  # a log that is late, such as one that a relay had queued
        (700.0, False),
        (0.0, False),
    ],
)
def test_pushes_of_a_followed_log_whose_stamps_are_in_another_zone_count_as_of_when_they_came(
    ledger, clock, behind, as_now
):
    """Or the last hour would be empty for as long as the source's zone is wrong."""
    clock.now = 1_000_000.0
    tail = Tail(reference=clock.now)
    pipeline = build(ledger, clock, tail, Mixed())
    pipeline.turn()
    stamp = clock.now - behind
    tail.chunks.append(f"r{stamp}\n".encode() * 3)
    pipeline.sources[0].input.read(pipeline, 1)
    minute = clock.now if as_now else stamp
    found = {bucket.start: seen.count for bucket, seen in pipeline.batch.buckets.items() if bucket.seconds == QUARTER}
    assert found == {minute // QUARTER * QUARTER: 3}
    assert [seen.last for seen in pipeline.batch.results.values()] == [stamp]


def test_a_backlog_in_another_zone_counts_as_of_its_stamps(ledger, clock):
    """What was logged before the start is not of now, whatever its zone."""
    clock.now = 1_000_000.0
    pipeline = build(ledger, clock, Tail([b"r971200\n"], reference=clock.now, caught_up=False), Mixed())
    pipeline.sources[0].input.read(pipeline, 1)
    assert {each.start for each in pipeline.batch.buckets if each.seconds == QUARTER} == {971_200 // QUARTER * QUARTER}


def test_a_backlog_is_judged_by_when_its_lines_were_logged(ledger, clock):
    """Old lines that are read now say nothing of the last hour."""
    clock.now = 1_000_000.0
    old, new = b"r500000\n" * 200 + b"u500000\n" * 5, b"r999000\n" * 10 + b"u999001\n" * 30
    pipeline = build(ledger, clock, Tail([old, new]), Mixed())
    while pipeline.turn():
        pass
    pipeline.commit()
    assert readings(ledger, clock.now) == (30, 40)


def test_an_unread_backlog_counts_as_of_when_its_file_was_written(ledger, clock):
    """Without any result around it there is nothing else to go by."""
    clock.now = 1_000_000.0
    pipeline = build(ledger, clock, Tail([b"u\n" * 7], caught_up=False), Mixed())
    pipeline.turn()  # the chunk's file was written at 1000
    pipeline.commit()
    assert readings(ledger, clock.now) == (0, 0)
    assert readings(ledger, 1030.0) == (0, 0)  # and so long ago it is not even kept


def test_the_log_own_time_is_kept_and_never_ahead_of_the_clock(ledger, clock):
    """When the newest line was logged is known beside when it was read."""
    clock.now = 5000.0
    pipeline = build(ledger, clock, Tail([b"r4000\n", b"r3000\n", b"r9000\n"]), Mixed())
    seen = []
    for _ in range(3):
        pipeline.sources[0].input.read(pipeline, 1)
        pipeline.commit()
        seen.append(ledger.snapshot.sources["mesibo"].logged_at)
    assert seen == [4000.0, 4000.0, 5000.0]
    assert ledger.snapshot.sources["mesibo"].last_line_at == 5000.0


def test_older_lines_of_the_same_commit_do_not_set_the_logs_time_back(ledger, clock):
    """Late lines of a rotated file come after those of the new one, which stay the newest."""
    clock.now = 5000.0
    pipeline = build(ledger, clock, Tail([b"r4000\n", b"r3000\n"]), Mixed())
    while pipeline.turn():
        pass
    pipeline.commit()
    assert ledger.snapshot.sources["mesibo"].logged_at == 4000.0
