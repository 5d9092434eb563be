"""Convert between rows of the ledger's tables and the types of the package: plain statements, no decisions.

Every function expects to run inside a transaction that the caller opens and ends.
"""

import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple
from itertools import chain, islice
from operator import itemgetter
from typing import Any

from logwatch.ledger import incidents, witness
from logwatch.ledger.age import Age
from logwatch.ledger.batch import ROTATIONS_KEPT, Batch, CounterRow
from logwatch.ledger.buckets import JUDGED, WIDTHS, Reading, oldest
from logwatch.ledger.keys import ResultRow
from logwatch.ledger.schema import Damaged
from logwatch.ledger.snapshot import Snapshot, SourceRow
from logwatch.ledger.waiting import StoredFailure
from logwatch.model import JournalPosition, Position, Rotation, Seen

_FAILURE = ", ".join(StoredFailure._fields)
_KIND = itemgetter(*map(StoredFailure._fields.index, ("platform", "code", "reason")))
_ROWS = 100  # inserted by one statement: a statement costs about as much as a row

SHAPES_KEPT = 200  # distinct shapes of unparsed lines; the oldest go first

_POSITION = ", ".join(Position._fields)  # the columns have the names of the fields
_PLACES = ", ".join("?" * len(Position._fields))
# Names of files may be no text, and numbers of devices and inodes have 64 bits, of which SQLite keeps 63
_NAMES, _NUMBERS = ("path", "found_at", "target"), ("device", "inode")
_STORED_BY = dict.fromkeys(_NAMES, os.fsencode) | dict.fromkeys(_NUMBERS, str)
_READ_BY = dict.fromkeys(_NAMES, os.fsdecode) | dict.fromkeys(_NUMBERS, int)

# The newest generation has been forgotten: a copy without its position lacks nothing
_NOTE_FORGOTTEN = (
    "INSERT OR REPLACE INTO meta SELECT 'forgotten', value FROM meta"
    " WHERE name = 'generation' AND value > (SELECT coalesce(max(generation), 0) FROM positions)"
)

_KEPT_AS = {"INTEGER": "'integer'", "REAL": "'real', 'integer'", "TEXT": "'text'", "BLOB": "'blob', 'text'"}
_CHECKED = (
    *("sources", "results", "counters", "positions", "journals", "exports", "witnessed", "readings"),
    *("buckets", "failures", "failure_kinds", "shapes", "rotations", "incidents"),
    *("witnessed_minutes", "witness_events", "event_shapes"),
)
_COUNTED = {
    *(("results", "count"), ("counters", "value")),
    *(("positions", name) for name in ("offset", "size", "head_bytes", "tail_bytes")),
}


def read_committed(db: sqlite3.Connection) -> tuple[Snapshot, dict[int, Position], dict[str, JournalPosition]]:
    """Read what a start continues from: numbers, positions and journals; Damaged if a value is impossible."""
    check_values(db)
    return read_snapshot(db), read_positions(db), read_journals(db)


def read_snapshot(db: sqlite3.Connection) -> Snapshot:
    """Read every committed number."""
    return Snapshot(
        0.0,
        _read_results(db, "results"),
        {CounterRow(*row[:3]): row[3] for row in db.execute("SELECT * FROM counters")},
        {
            row[0]: SourceRow(bool(row[1]), row[2], row[3])
            for row in db.execute("SELECT source, ready, last_line_at, logged_at FROM sources")
        },
        dict(db.execute("SELECT destination, sent FROM exports")),
        _read_results(db, "witnessed"),
        {Reading(*row[:4]): Seen(*row[4:]) for row in db.execute("SELECT * FROM readings")},
    )


def _read_results(db: sqlite3.Connection, table: str) -> Mapping[ResultRow, Seen]:
    found = db.execute(f"SELECT source, platform, code, reason, count, first, last FROM {table}")  # noqa: S608  own text
    return {ResultRow(*row[:4]): Seen(*row[4:]) for row in found}


def read_positions(db: sqlite3.Connection) -> dict[int, Position]:
    """Read every position, by generation."""
    found = (Position(*row) for row in db.execute(f"SELECT {_POSITION} FROM positions ORDER BY generation"))  # noqa: S608  own text
    try:
        return {each.generation: _converted(each, _READ_BY) for each in found}
    except ValueError:
        raise Damaged("positions holds a device or an inode that is no number") from None


def _converted(position: Position, by: Mapping[str, Callable[[Any], Any]]) -> Position:
    """Return a position with its values as the ledger stores them, or as everything else uses them."""
    return position._replace(**{name: convert(getattr(position, name)) for name, convert in by.items()})


def read_journals(db: sqlite3.Connection) -> dict[str, JournalPosition]:
    """Read how far each journal has been read, by source."""
    return {
        row[0]: JournalPosition(*row) for row in db.execute("SELECT source, target, cursor, until, state FROM journals")
    }


def read_meta(db: sqlite3.Connection, name: str) -> int | bytes:
    """Read a value of ``meta``; Damaged if it is missing, empty, or of another type."""
    found = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    if found is None or not isinstance(found[0], bytes if name == "key" else int) or found[0] == b"":
        raise Damaged(f"its {name} is lost")
    value: int | bytes = found[0]
    return value


def read_withheld(db: sqlite3.Connection) -> int:
    """Read how many counted failures the last commit left for a later one to store; 0 in an older ledger."""
    found = db.execute("SELECT value FROM meta WHERE name = 'withheld'").fetchone()
    return found[0] if found and isinstance(found[0], int) else 0


def newest_failure(db: sqlite3.Connection) -> int:
    """Return the number of the newest failure ever stored; 0 before the first one."""
    found = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'failures'").fetchone()
    return int(found[0]) if found else 0


def write_key(db: sqlite3.Connection, key: bytes) -> None:
    """Write the key of this installation."""
    db.execute("UPDATE meta SET value = ? WHERE name = 'key'", (key,))


def check_values(db: sqlite3.Connection) -> None:
    """Raise Damaged if a value is of another type than its column, a count is negative, or a code no number.

    SQLite accepts whatever a damaged disk, or somebody's hand, put there. What nobody reads at a start is checked, too:
    the page that lists it, or a later commit, would fail each time.
    """
    for name in ("commit", "generation", "key"):
        read_meta(db, name)
    for table in _CHECKED:
        wrong = {}
        for _, column, kind, needed, *_ in db.execute(f"PRAGMA table_info({table})").fetchall():
            kept = _KEPT_AS.get(kind, "''") + ("" if needed else ", 'null'")
            wrong[column] = f"typeof({column}) NOT IN ({kept})"
            if (table, column) in _COUNTED:
                wrong[column] += f" OR {column} < 0"
            elif column == "code":
                number = f"{column} GLOB '*[0-9]' AND rtrim({column}, '0123456789') IN ('', '-')"  # it may be below 0
                wrong[column] += f" OR {column} <> 'other' AND NOT ({number})"
            elif (table, column) == ("journals", "state"):
                wrong[column] += f" OR {column} <> '' AND NOT json_valid({column})"
        if db.execute(f"SELECT 1 FROM {table} WHERE {' OR '.join(wrong.values())} LIMIT 1").fetchone():  # noqa: S608  own text
            cases = " ".join(f"WHEN {condition} THEN '{column}'" for column, condition in wrong.items())
            found = db.execute(f"SELECT CASE {cases} END AS it FROM {table} WHERE it IS NOT NULL LIMIT 1")  # noqa: S608  own text
            raise Damaged(f"{table} holds what is no {found.fetchone()[0]}")
    incidents.check(db)


def write_batch(db: sqlite3.Connection, batch: Batch, after: Snapshot, number: int) -> None:
    """Write everything in ``batch`` as commit ``number``; its numbers are added in the snapshot ``after`` it."""
    _write_numbers(db, after, batch, sorted(batch.ready | batch.last_line_at.keys()))
    db.executemany(
        "INSERT INTO buckets VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " count = count + excluded.count, first = min(first, excluded.first), last = max(last, excluded.last)",
        [(b.seconds, b.start, *b.row, seen.count, seen.first, seen.last) for b, seen in batch.buckets.items()],
    )
    write_positions(db, batch.positions.values())
    write_journals(db, batch.journals.values())
    db.executemany("DELETE FROM positions WHERE generation = ?", [(generation,) for generation in batch.forgotten])
    if batch.forgotten:
        db.execute(_NOTE_FORGOTTEN)
    before, waiting = newest_failure(db), batch.waiting
    lost = max(0, read_withheld(db) - waiting.carried)  # by a kill: these take up numbers too
    passed_over = waiting.passed_over + lost
    if passed_over:
        db.execute(
            "INSERT INTO sqlite_sequence SELECT 'failures', 0 WHERE NOT EXISTS"
            " (SELECT 1 FROM sqlite_sequence WHERE name = 'failures')"
        )
        db.execute("UPDATE sqlite_sequence SET seq = seq + ? WHERE name = 'failures'", (passed_over,))
    write_failures(db, waiting.stored())
    db.executemany(
        "INSERT INTO shapes (source, cause, shape, front, count, first, last) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET count = count + excluded.count, last = excluded.last, front = excluded.front",
        [(*row, seen.count, seen.first, seen.last) for row, seen in batch.shapes.items()],
    )
    write_rotations(db, batch.rotations)
    witness.write(db, batch, before)
    incidents.write(db, batch.incidents.values())
    db.execute("INSERT OR REPLACE INTO meta VALUES ('withheld', ?)", (waiting.withheld,))
    db.execute("UPDATE meta SET value = ? WHERE name = 'commit'", (number,))


def _write_numbers(
    db: sqlite3.Connection, snapshot: Snapshot, changed: Batch | Snapshot, sources: Iterable[str]
) -> None:
    """Write numbers of a snapshot over those that are stored: those in ``changed``, and those of ``sources``."""
    _write_seen(db, "results", snapshot.results, changed.results)
    _write_seen(db, "witnessed", snapshot.witnessed, changed.witnessed)
    _write_seen(db, "readings", snapshot.readings, changed.readings)
    for table, marks, rows in (
        ("counters", "?, ?, ?, ?", [(*row, snapshot.counters[row]) for row in changed.counters]),
        ("sources", "?, ?, ?, ?", [(name, *astuple(snapshot.sources[name])) for name in sources]),
        ("exports", "?, ?", [(each, snapshot.exports[each]) for each in changed.exports]),
    ):
        db.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", rows)  # noqa: S608  own text


def _write_seen(db: sqlite3.Connection, table: str, numbers: Mapping[Any, Seen], changed: Iterable[Any]) -> None:
    found = ((row, numbers[row]) for row in changed)
    db.executemany(
        f"INSERT OR REPLACE INTO {table} VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608  own text
        [(*row, seen.count, seen.first, seen.last) for row, seen in found],
    )


def write_failures(db: sqlite3.Connection, failures: Iterable[StoredFailure]) -> None:
    """Append failures, and count them by kind."""
    kinds: Counter[tuple[str, str, str]] = Counter()
    coming = iter(failures)
    while some := list(islice(coming, _ROWS)):
        kinds.update(map(_KIND, some))
        marks = ", ".join(["(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"] * len(some))
        db.execute(f"INSERT INTO failures ({_FAILURE}) VALUES {marks}", [*chain.from_iterable(some)])  # noqa: S608  own text
    db.executemany(
        "INSERT INTO failure_kinds VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
        [(*kind, count) for kind, count in kinds.items()],
    )


def keep_newest(db: sqlite3.Connection, keep: int) -> None:
    """Delete all failures but the newest ``keep``, so that new ones can take their pages."""
    # Numbers have gaps where failures were passed over: rows must be counted, but only if there can be too many
    (span,) = db.execute("SELECT coalesce(max(id) - min(id) + 1, 0) FROM failures").fetchone()
    if span > keep:
        for (beyond,) in db.execute("SELECT id FROM failures ORDER BY id DESC LIMIT 1 OFFSET ?", (keep,)).fetchall():
            _delete_failures(db, "id <= ?", beyond)


def _delete_failures(db: sqlite3.Connection, where: str, *values: float) -> None:
    """Delete failures, and subtract them from the counts of their kinds."""
    db.execute(
        "INSERT INTO failure_kinds SELECT platform, code, reason, -count(*) FROM failures"  # noqa: S608  own text
        f" WHERE {where} GROUP BY platform, code, reason ON CONFLICT DO UPDATE SET count = count + excluded.count",
        values,
    )
    if db.execute("SELECT changes()").fetchone()[0]:
        db.execute("DELETE FROM failure_kinds WHERE count <= 0")
        db.execute(f"DELETE FROM failures WHERE {where}", values)  # noqa: S608  own text


def write_rotations(db: sqlite3.Connection, rotations: Mapping[str, Iterable[Rotation]]) -> None:
    """Add rotations, and keep the newest ones of their source."""
    for source, new in rotations.items():
        db.executemany(
            "INSERT INTO rotations (at, source, path, kind, count) VALUES (?, ?, ?, ?, ?)",
            [(each.at, source, os.fsencode(each.path), each.kind, each.count) for each in new],
        )
        db.execute(
            "DELETE FROM rotations WHERE source = ? AND id <="
            " (SELECT id FROM rotations WHERE source = ? ORDER BY id DESC LIMIT 1 OFFSET ?)",
            (source, source, ROTATIONS_KEPT),
        )


def write_positions(db: sqlite3.Connection, positions: Iterable[Position]) -> None:
    """Write positions in place of those of the same generations."""
    some = list(positions)
    db.executemany(
        f"INSERT OR REPLACE INTO positions ({_POSITION}) VALUES ({_PLACES})",  # noqa: S608  own text
        [_converted(each, _STORED_BY) for each in some],
    )
    highest = max((each.generation for each in some), default=0)
    db.execute("UPDATE meta SET value = max(value, ?) WHERE name = 'generation'", (highest,))


def write_journals(db: sqlite3.Connection, journals: Iterable[JournalPosition]) -> None:
    """Write how far journals have been read, in place of earlier values of the same sources."""
    db.executemany(
        "INSERT OR REPLACE INTO journals (source, target, cursor, until, state) VALUES (?, ?, ?, ?, ?)",
        [(j.source, j.target, j.cursor, j.until, j.state) for j in journals],
    )


def write_everything(
    db: sqlite3.Connection,
    snapshot: Snapshot,
    positions: Iterable[Position],
    journals: Iterable[JournalPosition],
    number: int,
    generation: int,
    key: bytes,
    failure: int,
) -> None:
    """Write what is in memory into an empty ledger, as of commit ``number``.

    Numbers of failures continue after ``failure``, so that it shows which of them a destination never got.
    """
    _write_numbers(db, snapshot, snapshot, snapshot.sources)
    write_positions(db, positions)
    write_journals(db, journals)
    db.execute("INSERT INTO sqlite_sequence VALUES ('failures', ?)", (failure,))
    db.executemany(
        "UPDATE meta SET value = ? WHERE name = ?", [(number, "commit"), (generation, "generation"), (key, "key")]
    )
    db.execute(_NOTE_FORGOTTEN)


def _age(db: sqlite3.Connection, clock: float) -> float:
    """Return the time that ages of rows count from, and store it for the next commit; an older ledger has none."""
    found = dict(db.execute("SELECT name, value FROM meta WHERE name IN ('now', 'ahead')").fetchall())
    sound = isinstance(found.get("now"), float) and isinstance(found.get("ahead"), float)
    age = (Age(found["now"], found["ahead"]) if sound else Age(clock)).at(clock)
    db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", age._asdict().items())
    return age.now


def prune(db: sqlite3.Connection, keep: int, most: int, clock: float, retention: float) -> None:
    """Delete what is older than ``retention`` seconds, old shapes and buckets, and all but ``keep`` witness events.

    At most ``most`` failures and as many events are deleted, since deleting writes too; later commits delete the rest.
    """
    now = _age(db, clock)
    _delete_failures(db, "id IN (SELECT id FROM failures WHERE at < ? ORDER BY at, id LIMIT ?)", now - retention, most)
    db.execute(
        "DELETE FROM shapes WHERE (source, cause, shape) IN"
        " (SELECT source, cause, shape FROM shapes ORDER BY last DESC LIMIT -1 OFFSET ?)",
        (SHAPES_KEPT,),
    )
    for width in WIDTHS:  # after a jump of the clock, keep the spans before both times, not between: too many minutes
        db.execute(
            "DELETE FROM buckets WHERE seconds = ? AND start < ? AND start NOT BETWEEN ? AND ?",
            (width, oldest(width, clock), oldest(width, now), now),
        )
    for width in JUDGED:
        db.execute("DELETE FROM readings WHERE seconds = ? AND start < ?", (width, oldest(width, clock)))
    witness.prune(db, keep, most, now, retention)
    incidents.prune(db, now)
