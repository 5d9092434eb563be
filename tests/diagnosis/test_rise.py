"""A fault begins where its share jumped, not at the first line of what comes every day."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatch.diagnosis.rise import TIMES, fall, rise


def points(*counts, width=900.0):
    """Make intervals of (mine, among), one after the other from time 0."""
    return [(i * width, (i + 1) * width, mine, among, i * width + 1) for i, (mine, among) in enumerate(counts)]


@pytest.mark.parametrize(
    ("counts", "at"),
    [
        ([(2, 1000)] * 10 + [(200, 1000)] * 4, 9001.0),
        ([(2, 1000)] * 10 + [(100, 1000)] + [(200, 1000)] * 4, 9450.0),  # in the middle of an interval
        ([(0, 1000)] * 10 + [(200, 1000)] * 4, 9001.0),
        ([(100, 1000)] * 10 + [(400, 1000)] * 4, 9001.0),  # of what fails anyway, four times as much
        ([(2, 1000)] * 10 + [(0, 0)] * 3 + [(200, 1000)] * 4, 11701.0),  # behind a pause
        ([(0, 10)] * 10 + [(20, 1000)] * 4 + [(0, 0)] * 9, None),  # too few to be sure that it is not the traffic
        ([(10, 1000)] * 20, None),
        ([(1, 100)] * 10 + [(100, 10_000)] * 5, None),  # a busy morning: the share is the same
        ([(10, 1000)] * 10 + [(25, 1000)] * 5, None),  # a worse day, but no jump
        ([(200, 1000)] * 10 + [(2, 1000)] * 5, None),  # it falls
        ([], None),
        ([(5, 5)], None),
    ],
)
def test_the_begin_of_a_jump_is_found(counts, at):
    """Quiet intervals, traffic that grows and shares that fall are no jump."""
    found = rise(points(*counts))
    assert (found.at if found else None) == (pytest.approx(at, abs=60) if at is not None else None)


@pytest.mark.parametrize(
    ("counts", "at"),
    [
        ([(200, 1000)] * 4 + [(2, 1000)] * 10, 3600.0),
        ([(200, 1000)] * 4 + [(100, 1000)] + [(2, 1000)] * 10, 4050.0),  # in the middle of an interval
        ([(2, 1000)] * 10 + [(200, 1000)] * 4, None),  # it rises
        ([(10, 1000)] * 20, None),
    ],
)
def test_the_end_of_a_jump_is_found(counts, at):
    """It is where the share sank, by the same measure as the begin."""
    found = fall([(*point[:4], point[1] - 1) for point in points(*counts)])  # the last failure is what counts
    assert (found.at if found else None) == (pytest.approx(at, abs=60) if at is not None else None)


def test_a_fault_that_begins_within_the_first_minute_was_not_rising():
    """A third of the pushes of that minute is all of those since its first failure: there was no lower share before."""
    mixed, full = (0.0, 60.0, 22, 69, 39.0), [(60.0 * i, 60.0 * i + 60, 69, 69, 60.0 * i) for i in range(1, 10)]
    assert rise([mixed, *full]) is None


COUNTS = st.lists(st.integers(0, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), max_size=40)


@given(COUNTS)
def test_a_jump_lies_in_the_day_and_is_one(counts):
    """Whatever the counts, the begin lies within them and the share is several times what it was."""
    found = rise(points(*counts))
    if found is not None:
        assert 0 <= found.at <= 900 * len(counts)
        assert found.after > TIMES * found.before
