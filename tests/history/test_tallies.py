"""Tallies add up in any order, in memory or in the file."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logwatch.errors import LogwatchError
from logwatch.history import Tallies, tallies
from logwatch.ledger.keys import ResultRow

ROWS = [ResultRow("mesibo", "fcm", code, "") for code in ("200", "404", "503")]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(ROWS), st.integers(0, 20), st.integers(1, 5))), st.integers(1, 10))
def test_what_was_added_is_what_there_is(added, held):
    """All tallies that were added are returned, however many are held in memory."""
    truth = Counter()
    before = tallies._HELD
    tallies._HELD = held
    try:
        with Tallies() as kept:
            for row, minute, count in added:
                kept.add(row, minute, count)
                truth[row, minute] += count
            assert kept.rows == sorted({row for row, _ in truth})
            for row in kept.rows:
                assert list(kept.minutes([row])) == sorted((at, n) for (each, at), n in truth.items() if each == row)
            together = Counter()
            for (_, minute), count in truth.items():
                together[minute] += count
            assert list(kept.minutes(kept.rows)) == sorted(together.items())
    finally:
        tallies._HELD = before


def fill(kept):
    for minute in range(5000):
        kept.add(ROWS[0], minute, 1)


def test_a_full_disk_is_reported_with_what_to_do(monkeypatch):
    """A temporary directory without room for the tallies is an error in words."""
    monkeypatch.setattr(tallies, "_HELD", 100)
    with Tallies() as kept:
        kept._db.execute("PRAGMA max_page_count = 4")
        with pytest.raises(LogwatchError, match="TMPDIR=/path/with/room"):
            fill(kept)
