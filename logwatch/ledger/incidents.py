"""Incidents in the ledger: what was wrong, from when to when, and how many pushes, users and apps it hit.

As in ``rows``, every function expects to run inside a transaction that the caller opens and ends.
"""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from logwatch.catalogue import number_of
from logwatch.ledger.keys import ResultRow
from logwatch.ledger.schema import Damaged

KEPT_SECONDS = 30 * 86400.0
KEPT = 1000  # incidents; of more, those that began first are forgotten
PEOPLE = 10_000  # users, and as many apps, that are counted one by one in an incident
NAMED = 3  # apps of an incident that are kept by name
GAP_SECONDS = 1800.0  # what comes back within this is the same incident

SEVERITIES = ("warning", "critical")  # that an incident may have, the worst last

_FIELDS = "key, severity, title, side, rows, began, last, ended, pushes, users, apps, counted, app_names"


class Person(NamedTuple):
    """A user or an app that an incident has hit: ``user`` or ``app``, and a digest of its name in the error log."""

    kind: str
    digest: int  # signed, 64 bits


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that was wrong for a while; times in seconds since the epoch."""

    key: str  # of the finding
    severity: str  # the worst it had, one of SEVERITIES
    title: str
    side: str
    rows: tuple[ResultRow, ...]  # the results that it consists of; empty where it is not about results
    began: float
    last: float  # when the last push failed this way
    ended: float | None = None  # None while it goes on
    pushes: int = 0
    users: int = 0
    apps: int = 0
    counted: int = 0  # failures up to this number have had their users counted
    app_names: tuple[str, ...] = ()  # of the apps the first in order, at most NAMED
    number: int = 0  # in the ledger; 0 before it is there

    def __hash__(self) -> int:
        """Hash only what tells incidents apart: each page looks up some fifty of them in a cache."""
        return hash((self.key, self.began, self.last, self.pushes))


def read(db: sqlite3.Connection, since: float) -> list[Incident]:
    """Return the incidents that had not ended before ``since``, the latest to begin first."""
    found = db.execute(
        f"SELECT {_FIELDS}, id FROM incidents WHERE ended IS NULL OR ended >= ? ORDER BY began DESC, id DESC LIMIT ?",  # noqa: S608  own text
        (since, KEPT),
    )
    return [
        replace(
            Incident(key, severity, title, side, tuple(ResultRow(*each) for each in json.loads(rows)), *rest),
            app_names=tuple(json.loads(names)),
            number=number,
        )
        for key, severity, title, side, rows, *rest, names, number in found
    ]


def check(db: sqlite3.Connection) -> None:
    """Raise Damaged if an incident cannot be read."""
    try:
        found = read(db, 0.0)
        sound = all(each.severity in SEVERITIES for each in found)
        for row in {row for each in found for row in each.rows}:
            number_of(row.code)
    except (ValueError, TypeError):  # its lists are no JSON, or of something else
        sound = False
    if not sound:
        raise Damaged("incidents holds what is no incident")


def write(db: sqlite3.Connection, incidents: Iterable[tuple[Incident, Iterable[Person]]]) -> None:
    """Write incidents as they are now, and whom they have newly hit; forget whom those that cannot go on have hit."""
    latest: dict[str, float] = {}  # source -> how far its log has got, by its own time: others may be hours behind
    for incident, people in incidents:
        for row in incident.rows:
            latest[row.source] = max(latest.get(row.source, 0.0), incident.last, incident.ended or 0.0)
        number = _put(db, incident)
        room = {"user": PEOPLE - incident.users, "app": PEOPLE - incident.apps}
        for person in people:
            if room[person.kind] > 0:
                room[person.kind] -= db.execute(
                    "INSERT OR IGNORE INTO incident_people VALUES (?, ?, ?)", (number, *person)
                ).rowcount
        db.execute(
            "UPDATE incidents SET users = ?, apps = ? WHERE id = ?",
            (PEOPLE - room["user"], PEOPLE - room["app"], number),
        )
    if latest:
        _forget_people(db, latest)


def _forget_people(db: sqlite3.Connection, latest: dict[str, float]) -> None:
    known = db.execute(
        "SELECT id, ended, rows FROM incidents WHERE ended IS NOT NULL"
        " AND EXISTS (SELECT 1 FROM incident_people WHERE incident = id)"
    )
    over = [
        (number,)
        for number, ended, rows in known
        if ended + GAP_SECONDS < min((latest.get(source, 0.0) for source, *_ in json.loads(rows)), default=0.0)
    ]
    db.executemany("DELETE FROM incident_people WHERE incident = ?", over)
    db.execute("DELETE FROM incident_people WHERE incident NOT IN (SELECT id FROM incidents)")


def _put(db: sqlite3.Connection, incident: Incident) -> int:
    fields = [getattr(incident, name) for name in _FIELDS.split(", ")]
    values = [json.dumps(each, separators=(",", ":")) if isinstance(each, tuple) else each for each in fields]
    marks = ", ".join("?" * len(values))
    if incident.number:
        db.execute(f"UPDATE incidents SET ({_FIELDS}) = ({marks}) WHERE id = ?", [*values, incident.number])  # noqa: S608  own text
        return incident.number
    number = db.execute(f"INSERT INTO incidents ({_FIELDS}) VALUES ({marks})", values).lastrowid  # noqa: S608  own text
    assert number
    return number


def prune(db: sqlite3.Connection, now: float) -> None:
    """Forget incidents that ended too long ago, and all but the newest ``KEPT``."""
    db.execute("DELETE FROM incidents WHERE ended < ?", (now - KEPT_SECONDS,))
    db.execute("DELETE FROM incidents WHERE id <= (SELECT max(id) FROM incidents) - ?", (KEPT,))
