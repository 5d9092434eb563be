"""Which numbers of Docker's are missing."""

import random

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from logwatch.journal.gaps import WINDOW, Gaps


def run(numbers, *, epoch="e", gaps=None, fresh=True):
    """Take numbers; return those that were new, and how many are missed once nothing more comes."""
    gaps = gaps or Gaps()
    new, missed = [], 0
    for number in numbers:
        got = gaps.take(epoch, number, first=fresh)
        fresh = False
        if got is not None:
            new.append(number)
            missed += got
    return new, missed + gaps.give_up(), gaps


@pytest.mark.parametrize(
    ("numbers", "new", "missed"),
    [
        ([1, 2, 3], [1, 2, 3], 0),
        ([1, 3, 2, 4], [1, 3, 2, 4], 0),
        ([2, 1, 3], [2, 1, 3], 0),
        ([1, 2, 5], [1, 2, 5], 2),
        ([1, 2, 2, 1, 3], [1, 2, 3], 0),
        ([1, 1000], [1, 1000], 998),
        ([500, 501, 503], [500, 501, 503], 1),
        ([500, 499, 501], [500, 499, 501], 0),
        ([500, 505, 499, 501], [500, 505, 499, 501], 3),
    ],
)
def test_a_number_that_never_comes_is_missed(numbers, new, missed):
    """Neighbours change places, a gap is counted once, a repetition is none, what was before the first is history."""
    assert run(numbers)[:2] == (new, missed)


def test_another_epoch_begins_at_1():
    """What is missing at the beginning of a later epoch is missed; holes of the one before are not waited for."""
    _, _, gaps = run([7, 8, 9], epoch="old")
    assert gaps.take("old", 11, first=False) == 0
    assert gaps.take("new", 3, first=False) == 1  # 10 of the old one; 1 and 2 may still come
    assert gaps.take("new", 2, first=False) == 0
    assert gaps.give_up() == 1


@settings(deadline=None)
@given(st.integers(0, 1 << 30), st.sets(st.integers(2, 299), max_size=80))
def test_what_is_missed_is_what_was_left_out(seed, lost):
    """In any order within the window, as many entries are missed as were lost, and none comes twice."""
    chance = random.Random(seed)
    numbers = [number for number in range(1, 301) if number not in lost]
    shuffled = sorted(numbers, key=lambda number: number + chance.uniform(0, WINDOW - 1))
    again = sorted([*shuffled, *chance.sample(shuffled, 20)], key=shuffled.index)
    new, missed, _ = run(again, fresh=False, gaps=Gaps("e", 0, 1))
    assert sorted(new) == numbers
    assert missed == len(lost)
