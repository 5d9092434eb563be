"""Looks at a ledger over a day: what happened, how long, how many pushes and whom it hit is known afterwards."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from logwatch.catalogue import Catalogue
from logwatch.config import Config, Source
from logwatch.diagnosis import record
from logwatch.diagnosis.record import DIAGNOSIS_SECONDS, Recorder
from logwatch.ledger.batch import Batch
from logwatch.ledger.keys import ResultRow
from logwatch.ledger.reader import Reader
from logwatch.ledger.store import Ledger
from logwatch.ledger.waiting import StoredFailure
from logwatch.model import Seen, SourceStatus

START = 1_763_769_600.0  # 22 November 2025, 00:00 UTC
GOOD = ResultRow("mesibo", "apns", "200", "")
BAD = ResultRow("mesibo", "apns", "903", "")
BUSY = ResultRow("mesibo", "apns", "429", "TooManyRequests")
UP = SourceStatus("mesibo", up=True, files_followed=1, lag_bytes=0, caught_up=True,
                  problems=())  # fmt: skip


class World:
    """A daemon's face, a ledger, and a clock that tests move minute by minute."""

    def __init__(self, directory):
        self.now = START
        self.ledger = Ledger(directory, clock=lambda: self.now)
        self.watched = SimpleNamespace(
            status={"mesibo": UP}, catalogue=Catalogue.load(), config=Config(source=(Source(name="mesibo"),)),
            credentials=(), trouble="", refused=(), snapshot=self.ledger.snapshot,
        )  # fmt: skip
        self.start()

    def start(self):
        """Begin as a process does that knows nothing but the ledger."""
        reader = Reader(self.ledger.path)
        self.recorder = Recorder(
            self.watched, reader, b"k", clock=lambda: self.now, monotonic=lambda: self.now, start=lambda work: work()
        )

    def minutes(self, number, **codes):
        """Add pushes, so many a minute by code, and look at everything."""
        for _ in range(number):
            batch = Batch(10_000)
            batch.ready.add("mesibo")
            batch.last_line_at["mesibo"] = batch.logged_at["mesibo"] = self.now
            for row, count in ((GOOD, codes.get("good", 0)), (BAD, codes.get("bad", 0))):
                if count:
                    seen = Seen(count, self.now, self.now + 50)
                    batch.result(row, seen)
                    batch.time(row, seen, self.now + 50)
            batch.fail(
                [
                    StoredFailure(self.now + i, *BAD, "6035", f"user {int(self.now) % 7 + i}", "")
                    for i in range(codes.get("bad", 0))
                ]
            )
            assert self.ledger.commit(batch)
            self.watched.snapshot = self.ledger.snapshot
            self.now += 60
            self.look()

    def late(self, number, ago=0.0, **codes):
        """Add minutes of pushes at once, which were logged while nobody read them."""
        batch, begin = Batch(10_000), self.now - ago
        if not ago:
            self.now += 60 * number
        for minute in range(number):
            at = begin + 60 * minute
            batch.last_line_at["mesibo"] = batch.logged_at["mesibo"] = self.now
            for row, name in ((GOOD, "good"), (BAD, "bad"), (BUSY, "busy")):
                if count := codes.get(name, 0):
                    batch.result(row, Seen(count, at, at + 50))
                    batch.time(row, Seen(count, at, at + 50), self.now)
            users = [f"user {int(at) % 7 + i}" for i in range(codes.get("bad", 0))]
            batch.fail([StoredFailure(at + i, *BAD, "6035", user, "") for i, user in enumerate(users)])
        assert self.ledger.commit(batch)
        self.watched.snapshot = self.ledger.snapshot

    def look(self):
        told = Batch(10_000)
        for incident, people in self.recorder.due(stored=True):
            told.incident(incident, people)
        if told:
            assert self.ledger.commit(told)
        return bool(told)

    @property
    def incidents(self):
        return Reader(self.ledger.path).incidents(0.0)


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    yield made
    made.ledger.close()


def test_what_was_mended_an_hour_ago_is_still_known_with_what_it_cost(world):
    """Begin, end, pushes, users and apps of an expired certificate, long after the last push failed."""
    world.minutes(45, good=10)
    world.minutes(40, bad=5)
    world.minutes(75, good=10)
    (incident,) = world.incidents
    assert incident.title == "The Apple push certificate has expired"
    assert incident.began == START + 45 * 60
    assert incident.ended == START + 84 * 60 + 50
    assert (incident.pushes, incident.users, incident.apps) == (200, 11, 1)
    assert incident.app_names == ("6035",)
    assert incident.severity == "critical"


def test_an_incident_outlives_a_restart(world):
    """A process that is started anew goes on with the same incident; users are not counted twice."""
    world.minutes(20, good=10)
    world.minutes(30, bad=5)
    world.start()
    world.minutes(30, bad=5)
    (incident,) = world.incidents
    assert (incident.began, incident.ended, incident.pushes) == (START + 1200, None, 300)
    assert incident.users == 11


def test_what_began_and_ended_while_nobody_looked_is_recorded_when_its_log_is_read(world):
    """A daemon that was down for hours: begin, end, pushes and users of what happened meanwhile, once."""
    world.minutes(45, good=10)
    down = world.now
    world.late(60, good=10)
    world.late(40, bad=5)
    world.late(140, good=10)
    world.start()
    world.now += DIAGNOSIS_SECONDS
    assert world.look()
    for _ in range(3):
        world.start()
        world.now += DIAGNOSIS_SECONDS
        assert not world.look()
    (incident,) = world.incidents
    assert (incident.title, incident.severity) == ("The Apple push certificate has expired", "critical")
    assert (incident.began, incident.ended) == (down + 3600, down + 99 * 60 + 50)
    assert (incident.pushes, incident.users, incident.apps) == (200, 11, 1)


def test_two_incidents_of_one_kind_that_nobody_saw_are_both_recorded(world):
    """A certificate that failed in the night and again in the morning, read together afterwards."""
    world.minutes(45, good=10)
    down = world.now
    for _ in range(2):
        world.late(60, good=10)
        world.late(40, bad=5)
    world.late(140, good=10)
    world.start()
    world.now += DIAGNOSIS_SECONDS
    assert world.look()
    assert [each.began for each in world.incidents] == [down + 160 * 60, down + 60 * 60]
    assert [each.pushes for each in world.incidents] == [200, 200]
    for _ in range(3):
        world.start()
        world.now += DIAGNOSIS_SECONDS
        assert not world.look()


def test_what_went_on_when_the_daemon_was_ended_gets_its_real_end(world):
    """An incident that was going on at a stop gets the end found later, not the last look's, and stays one incident."""
    world.minutes(20, good=10)
    world.minutes(30, bad=5)
    world.late(30, bad=5)
    world.late(150, good=10)
    world.start()
    world.now += DIAGNOSIS_SECONDS
    world.look()
    (incident,) = world.incidents
    assert (incident.began, incident.ended, incident.pushes) == (START + 1200, START + 79 * 60 + 50, 300)


def test_an_incident_of_a_weekend_is_found_on_monday(world):
    """Past incidents are found by the hour if quarters of an hour are no longer kept."""
    world.minutes(45, good=10)
    down = world.now
    world.late(600, good=10)
    world.late(120, bad=5)
    world.late(2 * 1440, good=10)
    world.start()
    world.now += DIAGNOSIS_SECONDS
    world.look()
    (incident,) = world.incidents
    assert (incident.began, incident.ended) == (down + 600 * 60, down + 719 * 60 + 50)
    assert incident.pushes == pytest.approx(600, rel=0.02)


def test_what_has_gone_on_for_days_is_found_with_its_begin(world):
    """A log of three days, read at once at its end: the certificate expired on the first of them, not a day ago."""
    world.late(60, ago=3 * 86400, good=5)
    world.late(71 * 60, ago=71 * 3600, bad=1)
    world.now += DIAGNOSIS_SECONDS
    world.look()
    (incident,) = world.incidents
    assert (incident.began, incident.ended) == (START - 71 * 3600, None)


def test_single_failures_of_any_day_do_not_put_off_the_end_of_what_is_found_afterwards(world):
    """It is over when its share fell, though one push in ten minutes fails so before and after."""
    world.minutes(45, good=10)
    down = world.now
    for _ in range(12):
        world.late(9, good=2)
        world.late(1, good=2, busy=1)
    world.late(40, busy=5)
    for _ in range(18):
        world.late(9, good=2)
        world.late(1, good=2, busy=1)
    world.start()
    world.now += DIAGNOSIS_SECONDS
    world.look()
    (incident,) = [each for each in world.incidents if each.pushes > 100]
    assert incident.began == pytest.approx(down + 120 * 60, abs=450)
    assert incident.ended == pytest.approx(down + 160 * 60, abs=450)
    assert incident.pushes == pytest.approx(200, abs=20)


def test_nothing_is_looked_for_in_the_past_before_all_of_it_was_read(world):
    """Half an incident would be recorded as a whole one; a source that comes back late is looked at then."""
    world.minutes(45, good=10)
    world.late(60, good=10)
    world.late(20, bad=5)
    world.late(90, good=10)
    world.watched.status = {"mesibo": replace(UP, caught_up=False)}
    world.start()
    world.now += DIAGNOSIS_SECONDS
    world.look()
    assert world.incidents == []
    world.watched.status = {"mesibo": UP}
    world.now += DIAGNOSIS_SECONDS
    world.look()
    assert [each.pushes for each in world.incidents] == [100]
    world.late(30, bad=5, ago=world.now - START - 300)
    world.now += DIAGNOSIS_SECONDS
    world.look()
    assert [each.pushes for each in world.incidents] == [100, 150]


def test_what_is_over_is_recorded_once_it_is_stored_whom_it_hit(world):
    """The details of a backlog are stored seconds after its counts: recorded before, an incident would hit nobody."""
    world.minutes(45, good=10)
    world.late(60, good=10)
    batch, at = Batch(10_000), world.now
    world.now += 1200
    world.late(90, good=10)
    seen = Seen(100, at, at + 1190)
    batch.result(BAD, seen)
    batch.time(BAD, seen, at + 1190)
    batch.fail([StoredFailure(at + i, *BAD, "6035", f"user {i % 7}", "") for i in range(100)])
    kept = batch.waiting.withhold(0)
    assert world.ledger.commit(batch)
    world.watched.snapshot = world.ledger.snapshot
    world.start()
    world.now += DIAGNOSIS_SECONDS
    world.look()
    assert world.incidents == []
    batch = Batch(10_000, carried=100)
    batch.waiting.take_over(kept)
    assert world.ledger.commit(batch)
    world.now += DIAGNOSIS_SECONDS
    world.look()
    assert [(each.pushes, each.users, each.apps) for each in world.incidents] == [(100, 7, 1)]


def test_a_fault_of_three_days_is_one_incident(world):
    """Where the last day no longer shows its begin, begin and pushes are still reported."""
    world.minutes(30, good=10)
    batch = Batch(1)
    began = world.now
    for minute in range(3 * 1440):
        at = began + 60 * minute
        batch.last_line_at["mesibo"] = batch.logged_at["mesibo"] = at
        batch.result(BAD, Seen(2, at, at))
        batch.time(BAD, Seen(2, at, at), at)
        if minute % 720 == 30:
            assert world.ledger.commit(batch)
            batch, world.now = Batch(1), at
            world.watched.snapshot = world.ledger.snapshot
            world.look()
    assert world.ledger.commit(batch)
    world.now = began + 3 * 86400
    world.look()
    (incident,) = world.incidents
    assert (incident.began, incident.ended) == (began, None)
    assert incident.pushes == pytest.approx(2 * 3 * 1440, rel=0.02)


def test_nothing_is_written_while_nothing_changes(world):
    """A log that stays out of reach costs one commit, not one a look."""
    world.minutes(5, good=10)
    world.watched.status = {"mesibo": SourceStatus("mesibo", False, 0, 0, True, ())}  # noqa: FBT003
    written = []
    for _ in range(10):
        world.now += DIAGNOSIS_SECONDS
        written.append(world.look())
    assert written == [True] + [False] * 9
    assert [each.key for each in world.incidents] == ["down:mesibo"]


def test_whom_an_incident_has_hit_is_written_once(world):
    """While it goes on without new failures, nobody is looked up or stored again."""
    world.minutes(30, good=10)
    world.minutes(5, bad=5)
    written = []
    for _ in range(4):
        world.now += DIAGNOSIS_SECONDS
        written.append(world.look())
    assert written == [False] * 4
    assert world.incidents[0].users


def test_no_incident_is_returned_while_nothing_can_be_stored(world):
    """It would be reported once more when the disk is back."""
    world.minutes(20, good=10)
    world.watched.trouble = "commits fail: disk full"
    world.minutes(10, bad=5)
    assert world.incidents == []
    world.watched.trouble = ""
    world.minutes(1, bad=5)
    (incident,) = world.incidents
    assert (incident.began, incident.pushes) == (START + 1200, 55)


def test_a_diagnosis_that_fails_is_reported_and_stops_nothing(world, events):
    """Counting goes on; at the next look it is tried again."""
    world.watched.refused = (None,)
    world.minutes(2, good=10)
    assert {event["event"] for event in events} == {"incidents_not_recorded"}
    world.watched.refused = ()
    world.minutes(1, bad=25)
    assert [each.pushes for each in world.incidents] == [25]


def test_a_host_that_has_no_thread_left_loses_a_look_and_no_more(world, events):
    """The reading loop must not end by it; where there is one again, the next look is made."""
    works = []

    def start(work):
        works.append(work)
        if len(works) == 1:
            raise RuntimeError("can't start new thread")

    world.recorder = Recorder(
        world.watched, Reader(world.ledger.path), b"k", clock=lambda: world.now, monotonic=lambda: world.now,
        start=start,
    )  # fmt: skip
    for _ in range(2):
        world.now += DIAGNOSIS_SECONDS
        assert world.recorder.due(stored=True) == []
    assert len(works) == 2
    assert [event["event"] for event in events] == ["incidents_not_recorded"]


def test_no_look_is_made_while_another_one_goes_on_or_is_not_stored(world):
    """What is found twice would be recorded twice; the reading loop never waits for a look."""
    world.minutes(1, good=10)
    works = []
    world.recorder = Recorder(
        world.watched, Reader(world.ledger.path), b"k", clock=lambda: world.now, monotonic=lambda: world.now,
        start=works.append,
    )  # fmt: skip
    world.watched.status = {"mesibo": SourceStatus("mesibo", False, 0, 0, True, ())}  # noqa: FBT003
    for _ in range(3):
        world.now += DIAGNOSIS_SECONDS
        assert world.recorder.due(stored=True) == []
    assert len(works) == 1
    works[0]()
    ((incident, _),) = world.recorder.due(stored=True)
    assert incident.key == "down:mesibo"
    world.now += DIAGNOSIS_SECONDS
    assert world.recorder.due(stored=False) == []
    assert len(works) == 1
    world.recorder.due(stored=True)
    assert len(works) == 2


def test_the_past_is_searched_again_only_after_late_results(world, monkeypatch):
    """A quiet daemon does not diagnose a week anew at every look."""
    searched, search = [], record.past
    monkeypatch.setattr(record, "past", lambda *given: searched.append(given) or search(*given))
    world.minutes(5, good=10)
    assert len(searched) == 1
    world.late(3, ago=7200, good=10)
    world.minutes(2, good=10)
    assert len(searched) == 2
