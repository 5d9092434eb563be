"""Tallies add up in any order, in memory or in the file."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from logwatch.history import Tallies, tallies
from logwatch.ledger import ResultRow

ROWS = [ResultRow("mesibo", "fcm", code, "") for code in ("200", "404", "503")]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(ROWS), st.integers(0, 20), st.integers(1, 5))), st.integers(1, 10))
def test_what_was_added_is_what_there_is(added, held):
    """However much of it is held in memory."""
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
