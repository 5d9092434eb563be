"""Incidents in the ledger: kept as they were told last, forgotten when they are old, bounded whatever happens."""

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from logwatch.ledger import incidents
from logwatch.ledger.batch import Batch
from logwatch.ledger.incidents import Incident, Person
from logwatch.ledger.keys import ResultRow
from logwatch.ledger.reader import Reader
from logwatch.ledger.store import Ledger
from logwatch.ledger.waiting import StoredFailure

NOW = 1_763_806_500.0
ROW = ResultRow("mesibo", "apns", "903", "")
OPEN = Incident("mesibo_certificate_expired:apns", "critical", "Expired", "yours", (ROW,), NOW - 600, NOW, pushes=12)


@pytest.fixture
def ledger(tmp_path):
    opened = Ledger(tmp_path, clock=lambda: NOW)
    yield opened
    opened.close()


def write(ledger, *told):
    batch = Batch(10)
    for incident, people in told:
        batch.incident(incident, frozenset(people))
    assert ledger.commit(batch)
    return Reader(ledger.path).incidents(0.0)


def test_an_incident_is_kept_as_it_was_reported_last(ledger):
    """It is written once, changed by its number, and read back whole."""
    (first,) = write(ledger, (OPEN, [Person("user", 1), Person("user", -2), Person("app", 1)]))
    assert first == replace(OPEN, number=first.number, users=2, apps=1)
    (second,) = write(
        ledger, (replace(first, pushes=20, ended=NOW, app_names=("a", "b")), [Person("user", 1), Person("user", 3)])
    )
    assert second == replace(first, pushes=20, ended=NOW, users=3, app_names=("a", "b"))


def test_what_ended_a_month_ago_is_forgotten(ledger):
    """Thirty days, and one that goes on for longer stays."""
    old = replace(OPEN, key="old", began=NOW - 40 * 86400, ended=NOW - 31 * 86400, last=NOW - 31 * 86400)
    long = replace(OPEN, key="long", began=NOW - 40 * 86400)
    write(ledger, (old, ()), (long, ()))
    assert {each.key for each in write(ledger, (OPEN, ()))} == {"long", OPEN.key}


def test_incidents_and_their_people_are_bounded(ledger, monkeypatch):
    """Only the newest incidents are kept, and only a bounded number of users for each."""
    monkeypatch.setattr(incidents, "KEPT", 5)
    monkeypatch.setattr(incidents, "PEOPLE", 10)
    for number in range(9):
        write(ledger, (replace(OPEN, key=str(number)), [Person("user", i) for i in range(25)]))
    found = Reader(ledger.path).incidents(0.0)
    assert len(found) == 5
    with closing(sqlite3.connect(ledger.path)) as db:
        kept = [number for (number,) in db.execute("SELECT id FROM incidents")]
        (hit,) = db.execute("SELECT count(*) FROM incident_people").fetchone()
    assert kept == [5, 6, 7, 8, 9]
    assert hit <= 10 * 6  # those of the one that was forgotten last go with the next
    assert {each.users for each in found} == {10}


def test_who_was_hit_is_forgotten_when_the_incident_is_over(ledger):
    """Numbers stay; digests are needed only while more may come."""
    (first,) = write(ledger, (OPEN, [Person("user", 1)]))
    over = replace(first, ended=NOW - 2 * incidents.GAP_SECONDS)
    found = write(ledger, (over, ()), (replace(OPEN, key="next"), ()))
    assert {each.users for each in found} == {0, 1}
    with Reader(ledger.path)._asking() as db:
        assert db.execute("SELECT count(*) FROM incident_people").fetchone() == (0,)


def test_an_incident_of_a_backlog_that_goes_on_counts_nobody_twice(ledger):
    """What ended hours ago by the clock may go on by the log's time, and knows whom it has hit."""
    ago = NOW - 36_000
    (first,) = write(ledger, (replace(OPEN, began=ago - 600, last=ago, ended=ago), [Person("user", 1)]))
    write(ledger)  # other lines of the backlog
    (second,) = write(ledger, (replace(first, last=ago + 900, ended=None), [Person("user", 1), Person("user", 2)]))
    assert second.users == 2


@pytest.mark.parametrize("rows", [(ROW._replace(source="another"),), ()])
def test_an_incident_of_a_source_that_is_behind_counts_nobody_twice(ledger, rows):
    """Neither the log of another source, nor what the clock alone dates, says how far its own log has been read."""
    ago = NOW - 36_000
    late = replace(OPEN, began=ago - 600, last=ago, ended=ago)
    (first,) = write(ledger, (late, [Person("user", 1)]))
    write(ledger, (replace(OPEN, key="now", rows=rows, ended=NOW), ()))
    told = write(ledger, (replace(first, last=ago + 900, ended=None), [Person("user", 1), Person("user", 2)]))
    assert {each.key: each.users for each in told} == {"now": 0, late.key: 2}


def test_people_are_those_of_the_failures_asked_for(ledger):
    """Failures are selected by number, time and result, and a token stands for an unknown user."""

    def failure(at, user, code="903", token=""):
        return StoredFailure(NOW + at, "mesibo", "apns", code, "", "app", user, token)

    batch = Batch(10)
    batch.fail([failure(1.0, "early"), failure(5.0, "a"), failure(5.0, "b", "914"), failure(6.0, "", token="t")])
    batch.fail([failure(7.0, "c"), failure(9.0, "late")])
    assert ledger.commit(batch)
    reader = Reader(ledger.path)
    assert reader.people([ROW], (0, 5), NOW + 2.0, NOW + 8.0) == {("a", "app"), ("t", "app"), ("c", "app")}
    assert reader.people([ROW], (4, 6), NOW + 2.0, NOW + 10.0) == {("c", "app"), ("late", "app")}
    assert reader.people([], (0, 6), NOW, NOW + 10.0) == set()
