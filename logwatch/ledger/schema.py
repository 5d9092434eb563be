"""The tables of the ledger, as a list of migrations: each is committed together with the record that it was applied.

``PRAGMA user_version`` is that record. A ledger of a newer version is never touched.
"""

import contextlib
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from logwatch.errors import Problem, StateError

MIGRATIONS = (
    """
    CREATE TABLE sources (
        source TEXT PRIMARY KEY,
        ready INTEGER NOT NULL,      -- its first backlog has been committed
        last_line_at REAL            -- when its newest line was read, seconds since the epoch
    ) WITHOUT ROWID;
    CREATE TABLE results (
        source TEXT, platform TEXT, code TEXT, reason TEXT,
        count INTEGER NOT NULL,
        first REAL, last REAL,       -- the lines' own times
        PRIMARY KEY (source, platform, code, reason)
    ) WITHOUT ROWID;
    CREATE TABLE counters (
        source TEXT, counter TEXT, label TEXT,
        value INTEGER NOT NULL,
        PRIMARY KEY (source, counter, label)
    ) WITHOUT ROWID;
    CREATE TABLE positions (
        generation INTEGER PRIMARY KEY,
        source TEXT NOT NULL,
        path BLOB NOT NULL,          -- as the file system has it, whatever bytes these are
        device TEXT NOT NULL, inode TEXT NOT NULL,  -- unsigned 64 bits, more than an INTEGER holds
        head_bytes INTEGER NOT NULL, head BLOB NOT NULL,
        offset INTEGER NOT NULL,
        tail_bytes INTEGER NOT NULL, tail BLOB NOT NULL,
        size INTEGER NOT NULL,
        state TEXT NOT NULL,
        inside TEXT NOT NULL,        -- the kind of over-long line whose rest is to be skipped
        found_at BLOB NOT NULL
    );
    CREATE TABLE failures (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at REAL NOT NULL,
        source TEXT NOT NULL, platform TEXT NOT NULL, code TEXT NOT NULL, reason TEXT NOT NULL,
        app TEXT NOT NULL, user TEXT NOT NULL, token TEXT NOT NULL
    );
    CREATE INDEX failures_at ON failures (at);
    CREATE TABLE shapes (
        source TEXT, cause TEXT, shape TEXT,
        count INTEGER NOT NULL, first REAL NOT NULL, last REAL NOT NULL,
        PRIMARY KEY (source, cause, shape)
    ) WITHOUT ROWID;
    -- results by the lines' own time: the last hour by minute, the last day by quarter of an hour
    CREATE TABLE buckets (
        seconds INTEGER, start INTEGER,  -- width; begin, seconds since the epoch
        source TEXT, platform TEXT, code TEXT, reason TEXT,
        count INTEGER NOT NULL,
        first REAL NOT NULL, last REAL NOT NULL,
        PRIMARY KEY (seconds, start, source, platform, code, reason)
    ) WITHOUT ROWID;
    -- commit: number of the last commit; generation: the highest number ever given; key: this installation's HMAC key
    CREATE TABLE meta (name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
    INSERT INTO meta VALUES ('commit', 0), ('generation', 0), ('key', randomblob(32));
    """,
    """
    ALTER TABLE failures ADD COLUMN shape TEXT NOT NULL DEFAULT '';  -- how the line is built, nothing of a user
    CREATE INDEX failures_kind ON failures (platform, code, reason);  -- for counting by kind without reading the rows
    """,
    """
    CREATE TABLE rotations (
        id INTEGER PRIMARY KEY,
        at REAL NOT NULL,            -- when it was noticed
        source TEXT NOT NULL,
        path BLOB NOT NULL,
        kind TEXT NOT NULL,
        count INTEGER NOT NULL
    );
    """,
    """
    CREATE TABLE exports (
        destination TEXT PRIMARY KEY,
        sent INTEGER NOT NULL        -- number of the newest failure that it has
    ) WITHOUT ROWID;
    """,
    """
    -- what a webhook adds to a failure that gave no reason: the provider's reason, and whose push it was
    ALTER TABLE failures ADD COLUMN heard TEXT NOT NULL DEFAULT '';
    ALTER TABLE failures ADD COLUMN heard_platform TEXT NOT NULL DEFAULT '';
    -- failures that webhooks told beside a log, in all and by minute of the last hours; the newest one by one
    CREATE TABLE witnessed (
        source TEXT, platform TEXT, code TEXT, reason TEXT,
        count INTEGER NOT NULL,
        first REAL, last REAL,
        PRIMARY KEY (source, platform, code, reason)
    ) WITHOUT ROWID;
    CREATE TABLE witnessed_minutes (
        start INTEGER, source TEXT, platform TEXT, code TEXT,
        count INTEGER NOT NULL,
        PRIMARY KEY (start, source, platform, code)
    ) WITHOUT ROWID;
    CREATE TABLE witness_events (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at REAL NOT NULL, source TEXT NOT NULL, witness_for TEXT NOT NULL,
        platform TEXT NOT NULL, code TEXT NOT NULL, reason TEXT NOT NULL,
        app TEXT NOT NULL, user TEXT NOT NULL, uid TEXT NOT NULL, token TEXT NOT NULL,
        dated INTEGER NOT NULL
    );
    CREATE INDEX witness_events_at ON witness_events (at);
    -- events taken within a day, to recognise those that come again; ordered by their own stamp, so that new ones lie
    -- together
    CREATE TABLE events_taken (
        id INTEGER PRIMARY KEY, at REAL NOT NULL, stamp INTEGER NOT NULL, digest INTEGER NOT NULL
    );
    CREATE UNIQUE INDEX events_taken_key ON events_taken (stamp, digest);
    -- how events are built: names of keys and types; cause is empty for those that were understood
    CREATE TABLE event_shapes (
        source TEXT, cause TEXT, shape TEXT,
        count INTEGER NOT NULL, first REAL NOT NULL, last REAL NOT NULL,
        PRIMARY KEY (source, cause, shape)
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE journals (
        source TEXT PRIMARY KEY,
        target TEXT NOT NULL,        -- which entries, and where
        cursor TEXT NOT NULL,        -- journald's, of the last entry that was handed on
        until REAL NOT NULL,         -- everything that was written until then has been handed on
        state TEXT NOT NULL          -- JSON of the journal package
    ) WITHOUT ROWID;
    """,
    """
    -- lines with the marker, read (cause empty) and not: by the clock while a log is followed, of a backlog by its time
    CREATE TABLE readings (
        seconds INTEGER, start INTEGER,  -- width; begin, seconds since the epoch
        source TEXT, cause TEXT,
        count INTEGER NOT NULL,
        first REAL NOT NULL, last REAL NOT NULL,
        PRIMARY KEY (seconds, start, source, cause)
    ) WITHOUT ROWID;
    ALTER TABLE shapes ADD COLUMN front TEXT NOT NULL DEFAULT '';  -- what stands before the marker, nothing of a user
    ALTER TABLE sources ADD COLUMN logged_at REAL;  -- the own time of its newest line, seconds since the epoch
    """,
    """
    ALTER TABLE positions ADD COLUMN envelope TEXT NOT NULL DEFAULT '';  -- what its lines stand in; empty while open
    """,
    """
    -- what was wrong, from its begin to its end; times in seconds since the epoch
    CREATE TABLE incidents (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL, severity TEXT NOT NULL, title TEXT NOT NULL, side TEXT NOT NULL,
        rows TEXT NOT NULL,          -- JSON: [[source, platform, code, reason], ...], the results that it consists of
        began REAL NOT NULL,
        last REAL NOT NULL,          -- when the last push failed so
        ended REAL,                  -- NULL while it goes on
        pushes INTEGER NOT NULL, users INTEGER NOT NULL, apps INTEGER NOT NULL,
        counted INTEGER NOT NULL     -- failures up to this number have had their users counted
    );
    -- whom an incident that goes on has hit so far: digests of what the error log names them by
    CREATE TABLE incident_people (
        incident INTEGER, kind TEXT, digest INTEGER,
        PRIMARY KEY (incident, kind, digest)
    ) WITHOUT ROWID;
    -- buckets of an hour and of six begin with what is known of the last day
    INSERT INTO buckets
        SELECT width, start / width * width, source, platform, code, reason, sum(count), min(first), max(last)
        FROM buckets, (SELECT 3600 AS width UNION SELECT 21600) WHERE seconds = 900
        GROUP BY width, start / width, source, platform, code, reason;
    """,
    """
    -- the failures that a webhook gave a reason, which are few: each look at the page counts those of the last hour
    CREATE INDEX failures_heard ON failures (at) WHERE heard <> '';
    """,
    """
    ALTER TABLE positions ADD COLUMN marks BLOB NOT NULL DEFAULT x'';  -- line ends that were read, with digests
    """,
    """
    ALTER TABLE positions ADD COLUMN target BLOB NOT NULL DEFAULT x'';  -- where links led from path to it
    """,
    """
    -- the generation of another path whose bytes its file begins with
    ALTER TABLE positions ADD COLUMN copy_of INTEGER NOT NULL DEFAULT 0;
    """,
    """
    -- how many failures are kept of each kind: an index of them all would be a third of what storing one takes
    CREATE TABLE failure_kinds (
        platform TEXT, code TEXT, reason TEXT,
        count INTEGER NOT NULL,
        PRIMARY KEY (platform, code, reason)
    ) WITHOUT ROWID;
    INSERT INTO failure_kinds SELECT platform, code, reason, count(*) FROM failures GROUP BY platform, code, reason;
    DROP INDEX IF EXISTS failures_kind;
    """,
    """
    -- when it was over and first found nowhere, seconds since the epoch; 0 while its bytes are somewhere
    ALTER TABLE positions ADD COLUMN gone_at REAL NOT NULL DEFAULT 0;
    """,
    """
    -- JSON: names of the apps that it has hit, as the error log has them, the first few in order
    ALTER TABLE incidents ADD COLUMN app_names TEXT NOT NULL DEFAULT '[]';
    """,
)


SMALL_CACHE = "PRAGMA cache_size = -512"  # KiB, and not 2 MB per connection: the system caches the file as well


class Damaged(sqlite3.DatabaseError):
    """The file can be opened, but what it holds is not a sound ledger."""


class Connection(sqlite3.Connection):
    """A connection that raises Damaged for text that is not UTF-8, in rows or in SQLite's message on a broken schema.

    Python raises UnicodeDecodeError for the latter, which is no sqlite3.Error, and an error without a code for rows.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.text_factory = _text

    def execute(self, *args: Any) -> sqlite3.Cursor:
        """Execute one statement."""
        try:
            return super().execute(*args)
        except UnicodeDecodeError:
            raise Damaged(_NO_TEXT) from None


_NO_TEXT = "it holds text that is not UTF-8"


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Damaged(_NO_TEXT) from None


def open_to_read(ledger: Path, *, at_rest: bool = False) -> sqlite3.Connection:
    """Open a ledger without changing it; if nobody has it open, ``at_rest`` leaves out SQLite's side files."""
    uri = f"{ledger.absolute().as_uri()}?mode=ro" + ("&immutable=1" if at_rest else "")
    return sqlite3.connect(uri, uri=True, timeout=0.1, isolation_level=None, factory=Connection)


def upgrade(connection: sqlite3.Connection, path: str) -> None:
    """Bring the ledger to this program's schema, one transaction per migration; StateError if its schema is newer."""
    version = known_version(connection, path)
    if version and not _version(connection):
        connection.execute(f"PRAGMA user_version = {version}")
    for number, script in enumerate(MIGRATIONS[version:], version + 1):
        connection.executescript(f"BEGIN IMMEDIATE;{script};PRAGMA user_version = {number};COMMIT;")


def known_version(connection: sqlite3.Connection, path: str) -> int:
    """Return the version of a ledger's schema; StateError if it is newer than this program knows.

    Raise Damaged if it lacks columns of that version, has names of a later one (no migration would ever succeed), or is
    another program's database, which a migration would mix with ours.
    """
    version = _version(connection)
    if version > len(MIGRATIONS):
        raise StateError(
            Problem(
                path,
                f"written by a newer mesibo-logwatch (schema {version}, this one knows {len(MIGRATIONS)})",
                "an older program would damage it",
                "install the newer version again, or restore a backup made before it; or name another state.directory",
            )
        )
    if version < 0:
        raise Damaged(f"it says that its version is {version}")
    there = _names(connection)
    if version == 0 and there:
        version = _version_of(there)
        if version and connection.execute(_NEWEST_IS_THERE).fetchone() != (1,):
            raise Damaged("it is a copy that lacks the newest position")  # as those of a damaged ledger do
    if version == 0 and there:
        raise Damaged(f"it is another program's database, with {_named(there)}")
    with contextlib.closing(sqlite3.connect(":memory:")) as whole:
        whole.executescript("".join(MIGRATIONS[:version]))
        ours = _names(whole)
        if lacking := {name for name in ours - there if "." in name}:
            raise Damaged(f"it lacks the column {_named(lacking)}")
        whole.executescript("".join(MIGRATIONS[version:]))
        if ahead := (_names(whole) - ours) & there:
            raise Damaged(f"it says that its version is {version}, and has {_named(ahead)} of a later one")
    return version


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _version_of(there: set[str]) -> int:
    """Return the newest version whose names are all there, 0 if none is: SQLite's ``.dump`` leaves out the record."""
    newest = 0
    with contextlib.closing(sqlite3.connect(":memory:")) as ours:
        for number, script in enumerate(MIGRATIONS, 1):
            ours.executescript(script)
            if _names(ours) <= there:
                newest = number
    return newest


_NEWEST_IS_THERE = (
    "SELECT value IN ((SELECT coalesce(max(generation), 0) FROM positions),"
    " (SELECT value FROM meta WHERE name = 'forgotten')) FROM meta WHERE name = 'generation'"
)

_NAMES = """
    SELECT name FROM sqlite_schema UNION ALL
    SELECT its.name || '.' || field.name FROM sqlite_schema AS its, pragma_table_info(its.name) AS field
    WHERE its.type = 'table'
"""


def _names(connection: sqlite3.Connection) -> set[str]:
    """Return the names of all tables, indexes and triggers, and of the columns of all tables."""
    return {name for (name,) in connection.execute(_NAMES)}


def _named(found: Iterable[str]) -> str:
    first, *rest = sorted(found)
    return repr(first) + (f" and {len(rest)} more" if rest else "")
