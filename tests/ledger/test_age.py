"""By which time rows are old: the clock's, unless it has just jumped ahead."""

import sqlite3

import pytest

from logwatch.ledger.age import Age
from logwatch.ledger.batch import Batch
from logwatch.ledger.buckets import WIDTHS
from logwatch.ledger.incidents import Incident
from logwatch.ledger.keys import ResultRow
from logwatch.ledger.reader import Reader
from logwatch.ledger.store import Ledger
from logwatch.ledger.waiting import StoredFailure
from logwatch.model import Seen

ROW = ResultRow("mesibo", "apns", "903", "")
NOW, HOUR, DAY = 1_763_806_500.0, 3600.0, 86400.0


@pytest.mark.parametrize(
    ("clock", "reckoned"),
    [
        pytest.param([0, 1, HOUR, 20 * HOUR], 20 * HOUR, id="a clock that goes is believed"),
        pytest.param([0, 40 * DAY], 0, id="one that jumps is not"),
        pytest.param([0, 40 * DAY, 40 * DAY + 23 * HOUR], 0, id="for a day"),
        pytest.param([0, 40 * DAY, 41 * DAY], 41 * DAY, id="after which it is right"),
        pytest.param([0, 40 * DAY, 40 * DAY + HOUR, HOUR], HOUR, id="set back within it, nothing was old"),
        pytest.param([0, 40 * DAY, 35 * DAY, 36 * DAY], 36 * DAY, id="set back by less, the day begins anew"),
        pytest.param([0, 40 * DAY, 40 * DAY + HOUR, HOUR, 40 * DAY], HOUR, id="a second jump has a day of its own"),
        pytest.param([0, -5 * DAY], -5 * DAY, id="a clock that is set back makes nothing old"),
        pytest.param([0, 2 * DAY, 4 * DAY], 4 * DAY, id="two days apart, each second commit is believed"),
    ],
)
def test_a_clock_that_jumped_is_believed_after_a_day(clock, reckoned):
    """Whether it is mended or goes on meanwhile."""
    age = Age(NOW + clock[0])
    for moment in clock[1:]:
        age = age.at(NOW + moment)
    assert age.now == NOW + reckoned


def test_nothing_is_lost_to_a_clock_that_jumps_and_is_set_back(tmp_path):
    """A month's failures, incidents and charts survive the jump, even over a restart, and expire in their time."""

    def play(at, name):
        ledger = Ledger(tmp_path, clock=lambda: at)
        batch = Batch(10)
        batch.fail([StoredFailure(at, "mesibo", "apns", "903", "", "", name, "")])
        ended = Incident(name, "critical", "Expired", "yours", (ROW,), at - 600, at, ended=at)
        batch.incident(ended, frozenset())
        assert ledger.commit(batch)
        ledger.close()
        with sqlite3.connect(tmp_path / "ledger.sqlite3") as db:
            users = {user for (user,) in db.execute("SELECT user FROM failures")}
        db.close()
        return users, {each.key for each in Reader(tmp_path / "ledger.sqlite3").incidents(0.0)}

    play(NOW, "before")
    assert play(NOW + 40 * DAY, "ahead") == ({"before", "ahead"},) * 2
    assert play(NOW + HOUR, "mended") == ({"before", "ahead", "mended"},) * 2
    for day in range(1, 31):
        found = play(NOW + 2 * HOUR + day * DAY, "later")
    assert all("before" not in names and "later" in names for names in found)


@pytest.mark.parametrize("width", WIDTHS)
def test_what_was_counted_by_time_is_there_once_a_clock_that_jumped_is_set_back(tmp_path, width):
    """The last hour and day before it as well as those of the jump, and no more rows of either than are kept."""
    now = [NOW]
    ledger = Ledger(tmp_path, clock=lambda: now[0])
    reader = Reader(ledger.path)

    def push(at):
        now[0] = at
        batch = Batch(10)
        batch.result(ROW, Seen(1, at, at))
        batch.time(ROW, Seen(1, at, at), at)
        assert ledger.commit(batch)
        return [start for start, *_ in reader.counted(width, 0)]

    kept, step = WIDTHS[width] // width, min(float(width), HOUR)
    steps = int(WIDTHS[width] // step)
    for i in range(steps):
        before = push(NOW + i * step)
    begin = NOW + 60 * DAY
    for i in range(min(steps + 100, int(DAY / step) - 1)):
        found = push(begin + i * step)
    assert set(before) < set(found)
    assert len(found) <= 2 * (kept + 2)
    mended = push(NOW + steps * step)
    assert set(before[2:]) < set(mended)
    ledger.close()
