"""By which time rows are old: the clock's, unless it has just jumped ahead."""

import sqlite3

import pytest

from logwatch.ledger.age import Age
from logwatch.ledger.batch import Batch, StoredFailure
from logwatch.ledger.incidents import Incident
from logwatch.ledger.keys import ResultRow
from logwatch.ledger.reader import Reader
from logwatch.ledger.store import Ledger

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
    """Failures, incidents and charts of a month outlive a restart meanwhile, and go once the time has come."""

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
