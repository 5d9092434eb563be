"""Read lists from the ledger for pages: recent failures, results over time, shapes, positions; write nothing.

Each query opens a connection of its own, so that no page delays a commit (readers never block the writer of a WAL
database) and a ledger that was replaced is found again. A query that takes too long is given up.
"""

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from logwatch.errors import in_words
from logwatch.ledger import incidents, rows
from logwatch.ledger.batch import EventShapeRow, MinuteRow, ShapeRow
from logwatch.ledger.directory import FILE
from logwatch.ledger.incidents import Incident
from logwatch.ledger.keys import ResultKind, ResultRow
from logwatch.ledger.schema import MIGRATIONS, SMALL_CACHE, known_version, open_to_read
from logwatch.ledger.timeline import Changed, Counted, Timeline, kept_starts
from logwatch.ledger.waiting import StoredFailure
from logwatch.model import Position, Rotation, Seen

DEADLINE_SECONDS = 1.0  # of CPU for one query: some hundred thousand failures searched for a text
WHOLE_SECONDS = 5.0  # of CPU for a whole timeline, which is read once
LONGEST_SECONDS = 10.0  # that a query may take by the clock: a busy host answers late, a disk that hangs never
COUNTED = 100_000  # failures of a filter are counted up to here
_STEPS = 20_000  # of SQLite's virtual machine between two checks of the clock: about a millisecond
_FIELDS = "id, at, source, platform, code, reason, app, user, token, shape, heard, heard_platform"


class NotReadable(Exception):  # noqa: N818  a state of the ledger, not a mistake
    """The ledger is not there, locked, damaged, or too slow; the text says which."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which failures are wanted; empty strings and None mean any, ``()`` for ``kinds`` or ``users`` means none.

    With both ``text`` and ``users``, a failure is wanted if it contains the text or belongs to one of the users.
    """

    source: str = ""
    platform: str = ""
    code: str = ""
    reason: str = ""
    text: str = ""  # anywhere in user, token, app, code, reason or heard; ASCII letters match in either case
    kinds: tuple[ResultKind, ...] | None = None
    since: float | None = None  # seconds since the epoch, inclusive
    until: float | None = None  # exclusive
    users: tuple[str, ...] | None = None  # as they are stored: a masked one cannot be found by a part of it

    def where(self) -> tuple[str, list[Any]]:
        """Return the condition as SQL, and its parameters."""
        terms, values = ["1"], []
        for column in ("source", "platform", "code", "reason"):
            if value := getattr(self, column):
                terms.append(f"{column} = ?")
                values.append(value)
        if self.kinds is not None:
            marks = ", ".join(["(?, ?, ?)"] * len(self.kinds)) or "(NULL, NULL, NULL)"
            terms.append(f"(platform, code, reason) IN (VALUES {marks})")
            values += chain.from_iterable(self.kinds)
        for moment, term in ((self.since, "at >= ?"), (self.until, "at < ?")):
            if moment is not None:
                terms.append(term)
                values.append(moment)
        either = []
        if self.users is not None:
            either.append(f"user IN ({', '.join('?' * len(self.users))})")
            values += self.users
        if self.text:
            either.append(
                "user || ' ' || token || ' ' || app || ' ' || code || ' ' || reason || ' ' || heard LIKE ? ESCAPE '\\'"
            )
            escaped = self.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            values.append(f"%{escaped}%")
        if either:
            terms.append(f"({' OR '.join(either)})")
        return " AND ".join(terms), values


class Place(NamedTuple):
    """A place in the list of failures, newest first: by time, then by number."""

    at: float
    id: int


class Listed(NamedTuple):
    """One failure and its place."""

    place: Place
    failure: StoredFailure


class Hit(NamedTuple):
    """A user (or, where the log has none, a token) and how often and when it failed."""

    source: str
    platform: str
    app: str
    user: str
    token: str  # of the newest failure
    code: str
    reason: str
    pushes: int
    first: float
    last: float


class Reader:
    """Queries of the ledger at ``path``; each raises NotReadable when it cannot be answered.

    ``at_rest``: nobody has it open, so that it can be read without the side files that SQLite would create beside it.
    """

    def __init__(self, path: Path, *, at_rest: bool = False) -> None:
        self.path = path
        self._at_rest = at_rest
        self._open: sqlite3.Connection | None = None

    @classmethod
    def of_state(cls, directory: Path) -> "Reader | None":
        """Return a reader of the ledger in a state directory, whether a daemon has it open or not; None without one."""
        path = directory / FILE
        try:
            path.stat()
            return cls(path, at_rest=not path.with_name(f"{FILE}-wal").exists())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise NotReadable(in_words(error)) from None

    @property
    def identity(self) -> tuple[int, int]:
        """What distinguishes the ledger from one put in its place: device and inode, (0, 0) while it does not exist."""
        try:
            found = self.path.stat()
        except OSError:
            return (0, 0)
        return (found.st_dev, found.st_ino)

    def counted(self, width: int, since: int) -> Iterator[Counted]:
        """Yield what came in each interval of ``width`` seconds that started at ``since`` or later, oldest first."""
        sql = (
            "SELECT start, source, platform, code, reason, count, first, last FROM buckets"
            " WHERE seconds = ? AND start >= ? ORDER BY start"
        )
        known: dict[tuple[str, ...], ResultRow] = {}  # one object for all the many intervals of a result
        with self._asking(WHOLE_SECONDS) as db:
            for start, *result, count, first, last in db.execute(sql, (width, since)):
                row = known.get(key := tuple(result)) or known.setdefault(key, ResultRow(*key))
                yield start, row, count, first, last

    def incidents(self, since: float) -> list[Incident]:
        """Return the incidents that had not ended before ``since``, the latest to begin first."""
        with self._asking() as db:
            return incidents.read(db, since)

    def people(
        self, results: Sequence[ResultRow], numbers: tuple[int, int], since: float, until: float
    ) -> set[tuple[str, str]]:
        """Return (user, app) of failures with one of ``results``, ``since`` to ``until``; a token if no user is known.

        Only failures numbered above the first of ``numbers``, and up to the second, are looked at.
        """
        sql = (
            "SELECT DISTINCT iif(user = '', token, user), app FROM failures"  # noqa: S608  own text
            f" WHERE id > ? AND id <= ? AND at >= ? AND at <= ? AND (source, platform, code, reason) IN"
            f" (VALUES {_marks(results)})"
        )
        return set(self._all(sql, [*numbers, since, until, *chain.from_iterable(results)]))

    def failures(self, wanted: Filter, limit: int, older_than: Place | None = None) -> list[Listed]:
        """Return at most ``limit`` failures, newest first; ``older_than`` is the last place of the page before."""
        return list(self.each_failure(wanted, limit, older_than))

    def each_failure(self, wanted: Filter, limit: int, older_than: Place | None = None) -> Iterator[Listed]:
        """Yield the same failures one by one, for callers that drop most of them."""
        where, values = wanted.where()
        if older_than is not None:
            where += " AND (at, id) < (?, ?)"
            values += [*older_than]
        sql = f"SELECT {_FIELDS} FROM failures WHERE {where} ORDER BY at DESC, id DESC LIMIT ?"  # noqa: S608  own text
        with self._asking() as db:
            for number, *failure in db.execute(sql, [*values, limit]):
                yield Listed(Place(failure[0], number), StoredFailure(*failure))

    def every(self, wanted: Filter, page: int = 500) -> Iterator[list[Listed]]:
        """Yield all failures, newest first, a page at a time; nothing is held or locked between two pages."""
        place = None
        while found := self.failures(wanted, page, place):
            yield found
            place = found[-1].place

    def failures_after(self, number: int, limit: int) -> list[tuple[int, StoredFailure]]:
        """Return at most ``limit`` failures with numbers above ``number``, in the order of their commits."""
        sql = f"SELECT {_FIELDS} FROM failures WHERE id > ? ORDER BY id LIMIT ?"  # noqa: S608  own text
        return [(row[0], StoredFailure(*row[1:])) for row in self._all(sql, (number, limit))]

    def newest_failure(self) -> int:
        """Return the number of the newest failure there ever was; 0 before the first one."""
        with self._asking() as db:
            return rows.newest_failure(db)

    def withheld(self) -> int:
        """Return how many counted failures the last commit left for a later one to store."""
        with self._asking() as db:
            return rows.read_withheld(db)

    def count(self, wanted: Filter) -> int:
        """Count failures, up to ``COUNTED``."""
        where, values = wanted.where()
        sql = f"SELECT count(*) FROM (SELECT 1 FROM failures WHERE {where} LIMIT {COUNTED})"  # noqa: S608  own text
        return int(self._all(sql, values)[0][0])

    def kinds(self) -> dict[ResultKind, int]:
        """Count the failures that are kept, by kind."""
        return {row[:3]: row[3] for row in self._all("SELECT platform, code, reason, count FROM failure_kinds")}

    def users(self, kinds: Sequence[ResultKind], limit: int) -> list[Hit]:
        """Return the users with failures of ``kinds``, the most frequent first; without a user, the tokens."""
        where, values = Filter(kinds=tuple(kinds)).where()
        # With both min() and max() SQLite may take bare columns from either row: the newest row is picked by its age
        sql = (
            "SELECT source, platform, app, user, token, code, reason, pushes, first, at FROM ("  # noqa: S608  own text
            " SELECT *, count(*) OVER each AS pushes, min(at) OVER each AS first,"
            " row_number() OVER (each ORDER BY at DESC, id DESC) AS age"
            f" FROM failures WHERE {where} AND user || token <> ''"
            " WINDOW each AS (PARTITION BY source, user, iif(user = '', token, ''))"
            ") WHERE age = 1 ORDER BY pushes DESC, at DESC LIMIT ?"
        )
        return [Hit(*row) for row in self._all(sql, [*values, limit])]

    def shapes(self, limit: int) -> list[tuple[ShapeRow, Seen]]:
        """Return the shapes of lines that gave no result, the newest first."""
        sql = "SELECT source, cause, shape, front, count, first, last FROM shapes ORDER BY last DESC LIMIT ?"
        return [(ShapeRow(*row[:4]), Seen(*row[4:])) for row in self._all(sql, (limit,))]

    def heard(self, since: float) -> dict[tuple[ResultRow, str, str], int]:
        """Count the failures since a moment to which a webhook gave a reason, by (as logged, reason, platform)."""
        sql = (
            "SELECT source, platform, code, reason, heard, heard_platform, count(*) FROM failures"
            " WHERE at >= ? AND heard <> '' GROUP BY 1, 2, 3, 4, 5, 6"
        )
        return {(ResultRow(*row[:4]), row[4], row[5]): row[6] for row in self._all(sql, (since,))}

    def minutes(self, since: float) -> dict[MinuteRow, int]:
        """Return how many failures webhooks reported beside a log, by minute."""
        sql = "SELECT start, source, platform, code, count FROM witnessed_minutes WHERE start >= ?"
        return {MinuteRow(*row[:4]): row[4] for row in self._all(sql, (since,))}

    def event_shapes(self, limit: int) -> list[tuple[EventShapeRow, Seen]]:
        """Return the shapes of webhooks' events: those that could not be read first, then by age, the oldest first."""
        sql = "SELECT source, cause, shape, count, first, last FROM event_shapes ORDER BY cause = '', first LIMIT ?"
        return [(EventShapeRow(*row[:3]), Seen(*row[3:])) for row in self._all(sql, (limit,))]

    def positions(self) -> list[Position]:
        """Return every committed position, without the digests."""
        with self._asking() as db:
            return [position._replace(head=b"", tail=b"") for position in rows.read_positions(db).values()]

    def rotations(self) -> list[Rotation]:
        """Return the last rotations of every source there ever was, the newest first."""
        sql = "SELECT at, source, path, kind, count FROM rotations ORDER BY id DESC"
        return [Rotation(at, source, os.fsdecode(path), *rest) for at, source, path, *rest in self._all(sql)]

    def verdict(self) -> str:
        """Return what SQLite's check of the file finds, ``ok`` if nothing; NotReadable if it is no sound ledger."""
        with self._asking(patience=30.0) as db:
            if known_version(db, str(self.path)) == len(MIGRATIONS):  # else the next start changes its tables first
                rows.read_committed(db)
            return str(db.execute("PRAGMA quick_check(1)").fetchone()[0])

    def key(self) -> bytes:
        """Return the secret key of this installation, which masks of users depend on."""
        with self._asking() as db:
            found = rows.read_meta(db, "key")
        assert isinstance(found, bytes)
        return found

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Run several queries of one thread over one connection: opening one takes as long as many of them."""
        with contextlib.suppress(sqlite3.Error):  # each query reports by itself why it fails
            self._open = self._connected()
        try:
            yield
        finally:
            if self._open:
                self._open.close()
            self._open = None

    def _connected(self) -> sqlite3.Connection:
        db = open_to_read(self.path, at_rest=self._at_rest)
        try:
            db.execute(SMALL_CACHE)
        except sqlite3.Error:
            db.close()
            raise
        return db

    def _all(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._asking() as db:
            return db.execute(sql, values).fetchall()

    @contextlib.contextmanager
    def _asking(self, patience: float = DEADLINE_SECONDS) -> Iterator[sqlite3.Connection]:
        computed, end = time.thread_time() + patience, time.monotonic() + max(patience, LONGEST_SECONDS)
        try:
            with contextlib.nullcontext(self._open) if self._open else contextlib.closing(self._connected()) as db:
                db.set_progress_handler(lambda: time.thread_time() > computed or time.monotonic() > end, _STEPS)
                yield db
        except sqlite3.Error as error:
            slow = getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT
            raise NotReadable("the search took too long: narrow it" if slow else str(error)) from None


class Timelines:
    """The timelines of a ledger, each read whole once, and then only where it changed; for use by one thread."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._known: dict[int, tuple[tuple[int, int], int, Timeline]] = {}  # by width: ledger, commits, timeline

    def of(self, width: int, now: float, changed: Changed) -> Timeline:
        """Return the timeline of a width at ``now``; the same object as before if nothing has changed."""
        identity, starts = self._reader.identity, kept_starts(width, now)
        ledger, commits, known = self._known.get(width) or (None, 0, Timeline(width))
        set_back = starts.start < max(known.starts.start, kept_starts(width, changed.until).start)
        ahead = starts.start >= known.starts.stop  # by decades, on a host that starts without a clock
        if ledger != identity or set_back or ahead:  # another ledger, or a clock that was set
            known, stale = Timeline(width), set(starts)
        else:
            stale = {start for (each, start), number in changed.by.items() if each == width and number > commits}
            stale.update(range(known.starts.stop, starts.stop, width))
        if stale or starts != known.starts:
            known = known.after(now, stale, self._reader.counted(width, min(stale)) if stale else ())
        self._known[width] = (identity, changed.commits, known)
        return known


def _marks(results: Sequence[ResultRow]) -> str:
    return ", ".join(["(?, ?, ?, ?)"] * len(results)) or "(NULL, NULL, NULL, NULL)"
