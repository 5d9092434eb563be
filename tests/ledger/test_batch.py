"""What waits for a commit, and how much of it."""

import pytest

from logwatch.ledger import waiting as module
from logwatch.ledger.batch import Batch
from logwatch.ledger.waiting import StoredFailure

HELD_BYTES = 5000
LINE_BYTES = 1000


class Lines:
    """Stands for lines of failures, each known by its number; notes which were read, in order."""

    def __init__(self):
        self.read = []

    def store(self, found):
        for numbers in found:
            self.read += numbers
            yield from (StoredFailure(float(n), "mesibo", "fcm", "903", "", "", "", "") for n in numbers)


@pytest.fixture
def lines(monkeypatch):
    monkeypatch.setattr(module, "HELD_BYTES", HELD_BYTES)
    return Lines()


def test_failures_that_wait_keep_no_more_bytes_of_lines_than_is_bearable(lines):
    """Ten thousand lines of 64 KB would be 640 MB: what is too much is read as it comes, in order, each line once."""
    batch = Batch(keep=100)
    for number in range(12):
        batch.fail([number], lines.store, LINE_BYTES)
    assert lines.read == list(range(5, 12))
    assert [each.at for each in batch.waiting.stored()] == list(range(12))
    assert sorted(lines.read) == list(range(12))


def test_lines_that_newer_ones_push_out_make_room(lines):
    """Only what is kept is counted: a long backlog of short lines is never read but at its end."""
    batch = Batch(keep=4)
    for number in range(100):
        batch.fail([number], lines.store, LINE_BYTES)
    assert lines.read == []
    assert [each.at for each in batch.waiting.stored()] == [96, 97, 98, 99]
    assert batch.waiting.passed_over == 96


def test_a_line_has_the_room_of_the_one_that_it_pushes_out(lines):
    """Waiting failures may fill their room to the last byte without being parsed before the commit."""
    batch = Batch(keep=HELD_BYTES // LINE_BYTES)
    for number in range(100):
        batch.fail([number], lines.store, LINE_BYTES)
    assert lines.read == []
    assert [each.at for each in batch.waiting.stored()] == [95, 96, 97, 98, 99]
    assert batch.waiting.passed_over == 95


def test_bytes_of_lines_are_counted_over_commits_that_leave_failures_to_a_later_one(lines):
    """While a backlog is read several commits come and go, and the same failures wait."""
    batch = Batch(keep=100)
    for number in range(4):
        batch.fail([number], lines.store, LINE_BYTES)
    kept = batch.waiting.withhold(0)
    batch = Batch(keep=100)
    batch.waiting.take_over(kept)
    for number in range(4, 8):
        batch.fail([number], lines.store, LINE_BYTES)
    assert lines.read == [5, 6, 7]
    assert [each.at for each in batch.waiting.stored()] == list(range(8))


def test_the_oldest_failures_come_first_and_those_that_came_together_stay_together(lines):
    """A commit takes the oldest failures in whole groups, and numbers of stored and waiting ones add up."""
    batch = Batch(keep=100)
    for number in range(0, 12, 3):
        batch.fail([number, number + 1, number + 2], lines.store, LINE_BYTES)
    kept = batch.waiting.withhold(4)
    assert [each.at for each in batch.waiting.stored()] == [0, 1, 2, 3, 4, 5]
    assert (batch.waiting.to_store, batch.waiting.withheld) == (6, 6)
    batch = Batch(keep=100, carried=6)
    batch.waiting.take_over(kept)
    assert not batch.waiting.withhold(batch.waiting.failed)
    assert [each.at for each in batch.waiting.stored()] == [6, 7, 8, 9, 10, 11]


def test_failures_that_withheld_ones_will_push_out_are_never_read(lines):
    """Groups may hold more than is kept: the oldest are passed over by the first of the commits that share them."""
    batch = Batch(keep=8)
    for number in range(0, 9, 3):
        batch.fail([number, number + 1, number + 2], lines.store, LINE_BYTES)
    kept = batch.waiting.withhold(4)
    assert [each.at for each in batch.waiting.stored()] == [1, 2, 3, 4, 5]
    assert (batch.waiting.to_store, batch.waiting.passed_over, batch.waiting.withheld) == (5, 1, 3)
    batch = Batch(keep=8, carried=3)
    batch.waiting.take_over(kept)
    assert [each.at for each in batch.waiting.stored()] == [6, 7, 8]
    assert sorted(lines.read) == list(range(1, 9))
