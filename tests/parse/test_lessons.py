"""It is time for a lesson where lines that are read one by one have cost what it does, and ever more seldom in vain."""

import pytest

from logwatch.parse.lessons import FIRST_LINES, Lessons

ENDLESS = float("inf")


def lessons_in(shares: list[float], batch: int = 1000) -> int:
    """Count the lessons of a log of such batches, of which these shares are read one by one."""
    lessons, given = Lessons(), 0
    for share in shares:
        lessons.read(batch)
        lessons.waiting += int(share * batch)
        if lessons.due(ENDLESS, 900):
            lessons.given()
            given += 1
    return given


@pytest.mark.parametrize(
    ("shares", "lessons"),
    [
        ([1.0], 1),
        ([0.001] * 10, 0),
        ([0.3] * 1000, 5),  # in vain: 16 lines, then 128, 1024, 8192, 65,536 lines
        ([1.0] * 300, 5),
        ([1.0] + [0.0] * 20 + [1.0], 2),
        (([1.0] + [0.0] * 20) * 10, 10),  # each of them has served
        ([1.0, 0.0] * 10, 3),  # none of them for long
    ],
)
def test_lessons_follow_a_log_that_changes_and_give_up_what_teaches_nothing(shares, lessons):
    """The first comes at once; another one at once where the last has served, else eight times as late."""
    assert lessons_in(shares) == lessons


def test_a_short_log_is_over_before_a_lesson_would_pay():
    """What is expected decides, or what has waited in many short logs."""
    lessons = Lessons()
    lessons.waiting = FIRST_LINES - 1
    assert not lessons.due(ENDLESS, 900)
    lessons.waiting = 1000
    assert not lessons.due(899, 900)
    assert lessons.due(900, 900)
    lessons.waiting = 1800
    assert lessons.due(0, 900)
