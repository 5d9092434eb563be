"""What webhooks reported, in the ledger: counts, events, their keys, and the reasons that failures get from them.

As in ``rows``, every function expects to run inside a transaction that the caller opens and ends.
"""

import json
import sqlite3
from collections.abc import Collection
from dataclasses import astuple

from logwatch.ledger.batch import Batch
from logwatch.ledger.join import APART_SECONDS, Failed, WebhookReason, WitnessEvent, join

RECOGNISED_SECONDS = 86400.0
RECOGNISED = 500_000  # events, in 25 MB: beyond that, the oldest are no longer recognised
MINUTES_SECONDS = 7200.0
SHAPES_KEPT = 40
JOINED = 20_000  # failures, and as many events, that one commit compares: the newest
PEOPLE = 10_000  # failures of one batch whose users and tokens are looked up: the newest
_PRUNED = 5_000  # keys of events that one commit forgets for their age, at most
_EVENT = "at, source, witness_for, platform, code, reason, app, user, uid, token, dated"


def taken(db: sqlite3.Connection, keys: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
    """Return those of ``keys`` whose events were taken before."""
    sql = "SELECT 1 FROM events_taken WHERE stamp = ? AND digest = ?"
    return {key for key in keys if db.execute(sql, key).fetchone()}


def write(db: sqlite3.Connection, batch: Batch, before: int) -> None:
    """Write what a batch has from webhooks, and join it; failures numbered above ``before`` are the batch's own."""
    if batch.keys:
        db.executemany(
            "INSERT OR IGNORE INTO events_taken (at, stamp, digest) VALUES (?, ?, ?)",
            [(at, *key) for key, at in batch.keys.items()],
        )
    db.executemany(
        "INSERT INTO witnessed_minutes VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
        [(*row, count) for row, count in batch.minutes.items()],
    )
    db.executemany(
        "INSERT INTO event_shapes VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count,"
        " last = excluded.last",
        [(*row, seen.count, seen.first, seen.last) for row, seen in batch.event_shapes.items()],
    )
    db.executemany(
        f"INSERT INTO witness_events ({_EVENT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608  own text
        map(astuple, batch.events),
    )
    _join(db, batch, before)


def _join(db: sqlite3.Connection, batch: Batch, before: int) -> None:
    """Join again for all users and tokens of this batch, near its times: later events may change the result."""
    if not batch.events and db.execute("SELECT 1 FROM witness_events LIMIT 1").fetchone() is None:
        return
    new = db.execute(
        "SELECT at, user, token FROM failures WHERE id > ? ORDER BY id DESC LIMIT ?", (before, PEOPLE)
    ).fetchall()
    new += [(e.at, e.user, e.token) for e in batch.events] + [(e.at, e.uid, "") for e in batch.events]
    if not new:
        return
    times = [at for at, *_ in new]
    first, last = min(times) - APART_SECONDS, max(times) + APART_SECONDS
    around = (first - APART_SECONDS, last + APART_SECONDS)
    if db.execute("SELECT 1 FROM witness_events WHERE at BETWEEN ? AND ? LIMIT 1", around).fetchone() is None:
        return
    # Their failures, all events about them, and all other failures that these events may be about
    names = {name for _, *user_and_token in new for name in user_and_token} - {""}
    mine = _failures(db, names, around)
    if not mine:
        return
    names |= {name for failed, _ in mine for name in (failed.user, failed.token)}
    events = [
        WitnessEvent(*row)
        for row in db.execute(
            f"WITH names AS (SELECT value FROM json_each(?)) SELECT {_EVENT} FROM witness_events"  # noqa: S608  own text
            " WHERE at BETWEEN ? AND ? AND (user IN names OR uid IN names OR token IN names) ORDER BY at DESC LIMIT ?",
            (json.dumps(sorted(names - {""})), *around, JOINED),
        )
    ]
    names |= {name for event in events for name in (event.user, event.uid, event.token)}
    found = _failures(db, names - {""}, around)
    compared = [failed for failed, _ in found]
    for times in ([each.at for each in events], [each.at for each in compared]):
        if len(times) == JOINED:  # further back, not everything was compared
            first = max(first, times[-1] + APART_SECONDS)
    heard = join(compared, events)
    db.executemany(
        "UPDATE failures SET heard = ?, heard_platform = ? WHERE id = ?",
        [
            (*now, failed.id)
            for failed, before in mine
            if first <= failed.at <= last and (now := heard.get(failed.id, WebhookReason("", ""))) != before
        ],
    )


def _failures(
    db: sqlite3.Connection, names: set[str], around: tuple[float, float]
) -> list[tuple[Failed, WebhookReason]]:
    """Return the failures of users or tokens, newest first, each with what was heard of it so far."""
    rows = db.execute(
        "WITH names AS (SELECT value FROM json_each(?))"
        " SELECT id, at, source, platform, code, app, user, token, reason, heard, heard_platform FROM failures"
        " WHERE at BETWEEN ? AND ? AND (user IN names OR token IN names) ORDER BY at DESC LIMIT ?",
        (json.dumps(sorted(names)), *around, JOINED),
    )
    return [(Failed(*row[:9]), WebhookReason(*row[9:])) for row in rows]


def prune(db: sqlite3.Connection, keep: int, most: int, now: float, retention: float) -> None:
    """Delete events that are too old or too many, at most ``most`` for either reason."""
    for condition, value in (("id <= (SELECT max(id) FROM witness_events) - ?", keep), ("at < ?", now - retention)):
        db.execute(
            "DELETE FROM witness_events WHERE id IN"  # noqa: S608  own text
            f" (SELECT id FROM witness_events WHERE {condition} LIMIT ?)",
            (value, most),
        )
    db.execute("DELETE FROM witnessed_minutes WHERE start < ?", (now - MINUTES_SECONDS,))
    db.execute("DELETE FROM events_taken WHERE id <= (SELECT max(id) FROM events_taken) - ?", (RECOGNISED,))
    db.execute(
        "DELETE FROM events_taken WHERE id IN (SELECT id FROM events_taken ORDER BY id LIMIT ?) AND at < ?",
        (_PRUNED, now - RECOGNISED_SECONDS),
    )
    for read in (0, 1):  # shapes that could be read never push out those that could not, nor the other way round
        db.execute(
            "DELETE FROM event_shapes WHERE (source, cause, shape) IN (SELECT source, cause, shape FROM event_shapes"
            " WHERE (cause = '') = ? ORDER BY last DESC LIMIT -1 OFFSET ?)",
            (read, SHAPES_KEPT),
        )
