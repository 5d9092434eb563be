"""Looks at a ledger over a day: what happened, how long, how many pushes and whom it hit is known afterwards."""

from types import SimpleNamespace

import pytest

from logwatch.catalogue import Catalogue
from logwatch.config import Config, Source
from logwatch.diagnosis.record import LOOK_SECONDS, Recorder
from logwatch.ledger import Batch, Ledger, Reader, ResultRow, StoredFailure
from logwatch.model import Seen
from logwatch.tail import SourceStatus

START = 1_763_769_600.0  # 22 November 2025, 00:00 UTC
GOOD = ResultRow("mesibo", "apns", "200", "")
BAD = ResultRow("mesibo", "apns", "903", "")
UP = SourceStatus("mesibo", up=True, files_followed=1, lag_bytes=0, caught_up=True,
                  last_line_at=START, problems=())  # fmt: skip


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
        """Let pushes come, so many a minute by code, and let everything be looked at."""
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


def test_a_fault_of_three_days_is_one_incident(world):
    """Where the last day no longer shows its begin, begin and pushes are still told."""
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
    world.watched.status = {"mesibo": SourceStatus("mesibo", False, 0, 0, True, START, ())}  # noqa: FBT003
    written = []
    for _ in range(10):
        world.now += LOOK_SECONDS
        written.append(world.look())
    assert written == [True] + [False] * 9
    assert [each.key for each in world.incidents] == ["down:mesibo"]


def test_nothing_is_told_while_nothing_can_be_stored(world):
    """It would be told once more when the disk is back."""
    world.minutes(20, good=10)
    world.watched.trouble = "commits fail: disk full"
    world.minutes(10, bad=5)
    assert world.incidents == []
    world.watched.trouble = ""
    world.minutes(1, bad=5)
    (incident,) = world.incidents
    assert (incident.began, incident.pushes) == (START + 1200, 55)


def test_a_diagnosis_that_fails_is_told_and_stops_nothing(world, events):
    """Counting goes on; at the next look it is tried again."""
    world.watched.refused = (None,)
    world.minutes(2, good=10)
    assert {event["event"] for event in events} == {"incidents_not_recorded"}
    world.watched.refused = ()
    world.minutes(1, bad=25)
    assert [each.pushes for each in world.incidents] == [25]


def test_no_look_is_made_while_another_one_goes_on_or_is_not_stored(world):
    """What is found twice would be recorded twice; the reading loop never waits for a look."""
    world.minutes(1, good=10)
    works = []
    world.recorder = Recorder(
        world.watched, Reader(world.ledger.path), b"k", clock=lambda: world.now, monotonic=lambda: world.now,
        start=works.append,
    )  # fmt: skip
    world.watched.status = {"mesibo": SourceStatus("mesibo", False, 0, 0, True, START, ())}  # noqa: FBT003
    for _ in range(3):
        world.now += LOOK_SECONDS
        assert world.recorder.due(stored=True) == []
    assert len(works) == 1
    works[0]()
    ((incident, _),) = world.recorder.due(stored=True)
    assert incident.key == "down:mesibo"
    world.now += LOOK_SECONDS
    assert world.recorder.due(stored=False) == []
    assert len(works) == 1
    world.recorder.due(stored=True)
    assert len(works) == 2
