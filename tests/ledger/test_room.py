"""A small disk that the ledger fills by itself: the oldest failures give way, counts and positions do not."""

import sqlite3
import time
from contextlib import closing

import pytest

from logwatch.ledger import directory
from logwatch.ledger.batch import Batch, CounterRow
from logwatch.ledger.reader import Reader
from logwatch.ledger.room import Room, pages_between_checkpoints
from logwatch.ledger.store import Ledger, connect
from logwatch.ledger.waiting import StoredFailure

KIB, MIB = 1 << 10, 1 << 20
PAGE = 4 * KIB


@pytest.mark.parametrize(
    ("room", "keep", "most"),
    [
        (Room(1000 * MIB, 3 * MIB, 0, 9_000), 10_000, 10_000),
        (Room(0, 3 * MIB, 0, 10_000), 10_000, 10_000),  # it does not grow: others have filled the disk
        (Room(3 * MIB, 3 * MIB, 0, 12_000), 10_000, 10_000),  # a smaller number was configured
        (Room(0, 3 * MIB, 0, 12_000), 10_000, 12_000 - 3 * MIB // 4 // 1200),  # where they do not fit, bit by bit
        (Room(0, 3 * MIB, 0, 100), 0, 0),
        (Room(40 * MIB, 40 * MIB, 0, 140_000), 1_000_000, 140_000 + 30 * MIB // 300),
        (Room(10 * MIB, 40 * MIB, 0, 140_000), 1_000_000, 140_000),  # what is free is the reserve
        (Room(4 * MIB, 40 * MIB, 6 * MIB, 140_000), 1_000_000, 140_000),  # as good as free
        (Room(0, 40 * MIB, 0, 140_000), 1_000_000, 140_000 - 10 * MIB // 1200),  # as many at a time as can be written
        (Room(0, 400 * MIB, 0, 900_000), 1_000_000, 900_000 - 16 * MIB // 300 - 1),  # no more than that at a time
        (Room(0, 400 * MIB, 0, 0), 1_000_000, 0),
        (Room(0, 0, 0, 0), 0, 0),
    ],
)
def test_failures_are_kept_as_long_as_a_reserve_stays_free(room, keep, most):
    """Of a ledger that grows, some give way below the reserve: a quarter of its size, at most 16 MiB."""
    assert room.most(keep) == most


@pytest.mark.parametrize(
    ("free", "size", "failures", "brought"),
    [
        (10**9, 0, 0, 10_000),
        (1_200_000, 0, 0, 1000),
        (0, 4_800_000, 9_999, 1000),  # others fill the disk, or the reserve is used up: pages are there to be reused
        (0, 4_800_000, 10_000, 10_000),
        (0, 4_800_000, 12_000, 1000),  # a smaller number was configured: what goes is written as well
        (0, 0, 0, 0),
    ],
)
def test_one_commit_brings_no_more_failures_than_there_is_room_to_write(free, size, failures, brought):
    """A commit adds only failures that fit into write-ahead log and file, unless the ledger does not grow."""
    assert Room(free, size, 0, failures).at_once(10_000) == brought


@pytest.mark.parametrize(("free", "pages"), [(1 << 62, 1000), (32_768_000, 1000), (3 * MIB, 96), (0, 1)])
def test_the_write_ahead_log_takes_an_eighth_of_what_is_free_at_most(free, pages):
    """On a disk of 3 MB, the write-ahead log is checkpointed before SQLite's own 1,000 pages."""
    assert pages_between_checkpoints(free) == pages


class SmallDisk:
    """A disk of so many bytes that the ledger has for itself; SQLite finds it full where the file has no more pages."""

    def __init__(self, state, size):
        self.state, self.size = state, size

    def free(self, _directory):
        return max(0, self.size - sum(each.stat().st_size for each in self.state.iterdir()))

    def connect(self, path):
        db = connect(path)
        db.execute(f"PRAGMA max_page_count = {self.size // PAGE}")
        db.execute("PRAGMA synchronous = OFF")
        return db


@pytest.fixture
def disk(tmp_path, monkeypatch):
    made = SmallDisk(tmp_path, MIB)
    monkeypatch.setattr(directory, "free_bytes", made.free)
    return made


def commit(ledger, count, start=0, now=None, keep=1_000_000):
    made = Batch(keep)
    made.count("mesibo", "lines", amount=count)
    now = now or time.time()
    made.fail(
        [
            StoredFailure(
                now, "mesibo", "fcm", "404", "UNREGISTERED", "app", f"+4***{i:09}", f"token-{i:09}***", "<num>"
            )
            for i in range(start, start + count)
        ]
    )
    assert ledger.commit(made)
    assert not ledger.failing


def kept(ledger):
    with closing(sqlite3.connect(ledger.path)) as db:
        return [int(user[5:]) for (user,) in db.execute("SELECT user FROM failures ORDER BY id")]


def test_a_disk_that_the_ledger_fills_by_itself_goes_on_counting(tmp_path, disk, events):
    """Every commit works, the newest failures are there, and it is told once; with more room more are kept again."""
    ledger = Ledger(tmp_path, keep=1_000_000, connect=disk.connect)
    for i in range(100):
        commit(ledger, 100, 100 * i)
    assert ledger.snapshot.counters[CounterRow("mesibo", "lines", "")] == 10_000
    left = kept(ledger)
    assert left == list(range(10_000 - len(left), 10_000))
    assert 1000 < len(left) < 6000
    assert sum(Reader(ledger.path).kinds().values()) == len(left)
    assert [each["event"] for each in events] == ["failures_give_way"]
    disk.size = 1 << 40
    ledger.close()
    ledger = Ledger(tmp_path, keep=1_000_000, connect=disk.connect)
    for i in range(5):
        commit(ledger, 400, 10_000 + 400 * i)
    assert len(kept(ledger)) == len(left) + 2000
    ledger.close()


def test_failures_that_are_passed_over_for_withheld_ones_are_no_want_of_room(tmp_path, events):
    """A backlog's last groups may hold more than is kept: the log does not advise more room then."""
    with closing(Ledger(tmp_path, keep=8)) as ledger:
        batch = Batch(keep=8)
        now = time.time()
        found = [StoredFailure(now, "mesibo", "fcm", "903", "", "", f"+4***{i}", "") for i in range(9)]
        for begin in range(0, 9, 3):
            batch.fail(found[begin : begin + 3])
        withheld = batch.waiting.withhold(4)
        ledger.commit(batch)
        batch = Batch(keep=8, carried=3)
        batch.waiting.take_over(withheld)
        ledger.commit(batch)
        assert kept(ledger) == list(range(1, 9))
    assert [each["event"] for each in events] == []


def test_a_commit_with_more_failures_than_the_disk_takes_brings_the_newest(tmp_path, disk):
    """Failures without room are not stored, but take up a number."""
    ledger = Ledger(tmp_path, keep=1_000_000, connect=disk.connect)
    for i in range(3):
        commit(ledger, 8000, 8000 * i)
    left = kept(ledger)
    assert left == sorted(left)
    assert left[-200:] == list(range(24_000 - 200, 24_000))
    assert Reader(ledger.path).newest_failure() == 24_000
    ledger.close()


def test_fewer_failures_on_a_disk_that_is_full_of_them_go_bit_by_bit(tmp_path, disk):
    """What is deleted is written first: all at once would not fit, and no commit would work any more."""
    ledger = Ledger(tmp_path, keep=1_000_000, connect=disk.connect)
    for i in range(100):
        commit(ledger, 100, 100 * i)
    ledger.close()
    before = len(kept(ledger))
    ledger = Ledger(tmp_path, keep=50, connect=disk.connect)
    commit(ledger, 10, 10_000, keep=50)
    assert before // 2 < len(kept(ledger)) < before
    for i in range(1, 40):
        commit(ledger, 10, 10_000 + 10 * i, keep=50)
    ledger.close()
    assert kept(ledger) == list(range(10_350, 10_400))


def test_old_failures_on_a_disk_that_is_full_of_them_go_bit_by_bit(tmp_path, disk):
    """A host that was off for a month comes back to failures that are all too old."""
    began = time.time()
    at = began
    ledger = Ledger(tmp_path, keep=1_000_000, connect=disk.connect, clock=lambda: at)
    for i in range(100):
        commit(ledger, 100, 100 * i, now=began)
    before = len(kept(ledger))
    for hours in range(30 * 24, 33 * 24):
        at = began + 3600 * hours
        commit(ledger, 1, 10_000 + hours, now=at)
        if before // 2 < len(kept(ledger)) < before - 100:
            break
    else:
        pytest.fail("they went at once, or never")
    for i in range(40):
        commit(ledger, 1, 20_000 + i, now=at)
    ledger.close()
    assert all(number > 10_000 for number in kept(ledger))
