"""What webhooks told, on disk: counted once, recognised for a day, bounded."""

import contextlib
import sqlite3

import pytest

from logwatch.ledger import rows, schema, witness
from logwatch.ledger.batch import Batch, EventShapeRow
from logwatch.ledger.join import WitnessEvent
from logwatch.ledger.keys import ResultRow
from logwatch.ledger.reader import Filter, Reader
from logwatch.ledger.store import Ledger
from logwatch.ledger.waiting import StoredFailure
from logwatch.model import Seen

ROW = ResultRow("hook", "apns", "403", "ExpiredProviderToken")


class Clock:
    now = 1_795_000_000.0

    def __call__(self):
        return self.now


def told(at, user="u", reason="ExpiredProviderToken"):
    return WitnessEvent(at, "hook", "mesibo", "apns", "403", reason, "", user, "", "t")


def batch(*, failures=(), events=(), keys=()):
    made = Batch(100)
    made.count("hook", "webhook_events", "failure", len(events) or 1)
    made.fail([StoredFailure(at, "mesibo", "apns", "403", "", "", user, "t") for at, user in failures])
    made.events += events
    for event in events:
        made.witness(ROW, Seen(1, event.at, event.at), event.at)
    made.keys |= dict.fromkeys(keys, Clock.now)
    return made


def heard(ledger):
    return sorted((f.user, f.heard) for _, f in Reader(ledger.path).failures(Filter(), 100))


def test_totals_and_keys_are_there_after_a_restart(tmp_path):
    """An answered event counts once, even if it comes again after a restart."""
    ledger = Ledger(tmp_path, clock=Clock())
    ledger.commit(batch(events=[told(Clock.now)], keys=[(5, -7)]))
    ledger.close()
    ledger = Ledger(tmp_path, clock=Clock())
    assert ledger.snapshot.witnessed[ROW] == Seen(1, Clock.now, Clock.now)
    assert ledger.taken([(5, -7), (5, 8)]) == {(5, -7)}
    ledger.close()


@pytest.mark.parametrize("order", ["log first", "webhook first"])
def test_a_failure_is_joined_whichever_comes_first(tmp_path, order):
    """Failure and event are joined in either order, and a better match replaces a worse one."""
    ledger, now = Ledger(tmp_path, clock=Clock()), Clock.now
    parts = [batch(failures=[(now - 40, "u")]), batch(events=[told(now)])]
    for part in parts if order == "log first" else parts[::-1]:
        ledger.commit(part)
    assert heard(ledger) == [("u", "ExpiredProviderToken")]
    ledger.commit(batch(failures=[(now + 0.1, "u"), (now, "other")]))
    assert heard(ledger) == [("other", ""), ("u", ""), ("u", "ExpiredProviderToken")]
    ledger.close()


def test_keys_are_kept_for_a_day_and_bounded(tmp_path, monkeypatch):
    """Neither age nor number grows without end."""
    clock = Clock()
    ledger = Ledger(tmp_path, clock=clock)
    ledger.commit(batch(keys=[(1, 1)]))
    clock.now += 86_399
    ledger.commit(batch())
    assert ledger.taken([(1, 1)])
    clock.now += 2
    ledger.commit(batch())
    assert not ledger.taken([(1, 1)])
    monkeypatch.setattr(witness, "RECOGNISED", 10)
    Clock.now, before = clock.now, Clock.now
    ledger.commit(batch(keys=[(2, i) for i in range(50)]))
    Clock.now = before
    assert len(ledger.taken([(2, i) for i in range(50)])) == 10
    ledger.close()


def test_totals_survive_a_ledger_that_is_rebuilt(tmp_path):
    """A ledger that vanished is written anew from memory, webhooks' numbers among it."""
    ledger = Ledger(tmp_path, clock=Clock())
    ledger.commit(batch(events=[told(Clock.now)]))
    for path in tmp_path.glob("ledger*"):
        path.unlink()
    ledger.commit(batch(events=[told(Clock.now)]))
    ledger.commit(batch(events=[told(Clock.now)]))
    ledger.close()
    with contextlib.closing(sqlite3.connect(tmp_path / "ledger.sqlite3")) as db, db:
        assert rows.read_snapshot(db).witnessed[ROW].count == ledger.snapshot.witnessed[ROW].count >= 2


def test_a_ledger_of_before_webhooks_still_opens(tmp_path):
    """Its failures have heard nothing."""
    with contextlib.closing(sqlite3.connect(tmp_path / "ledger.sqlite3", isolation_level=None)) as db, db:
        before = next(i for i, script in enumerate(schema.MIGRATIONS) if "witness_events" in script)
        for number, script in enumerate(schema.MIGRATIONS[:before], 1):
            db.executescript(f"BEGIN;{script};PRAGMA user_version = {number};COMMIT;")
        db.execute(
            "INSERT INTO failures (at, source, platform, code, reason, app, user, token)"
            " VALUES (1795000000.0, 'mesibo', 'apns', '403', '', '', 'u', 't')"
        )
    ledger = Ledger(tmp_path, clock=Clock())
    assert heard(ledger) == [("u", "")]
    ledger.close()


def test_shapes_of_events_are_few(tmp_path):
    """Only a few shapes are kept, however many different ones come."""
    ledger = Ledger(tmp_path, clock=Clock())
    for i in range(100):
        made = batch()
        made.event_shape(EventShapeRow("hook", "no_code", f"{{k{i}: <num>}}"), Clock.now + i)
        ledger.commit(made)
    assert len(Reader(ledger.path).event_shapes(1000)) == witness.SHAPES_KEPT
    ledger.close()
