"""The one commit point: a batch goes to disk whole or not at all, and only then is the snapshot swapped.

A commit that fails leaves its batch pending; it is tried again, as it was, before anything newer. The number of a
commit is part of its transaction and shows whether a failed one reached the disk after all, so that nothing is ever
counted twice. A ledger that turns out to be damaged is set aside, never overwritten.
"""

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Collection
from pathlib import Path

import structlog

from logwatch.errors import StateError
from logwatch.ledger import directory, room, rows, witness
from logwatch.ledger.batch import Batch
from logwatch.ledger.directory import FILE
from logwatch.ledger.schema import SMALL_CACHE, Connection, Damaged, upgrade
from logwatch.ledger.snapshot import Snapshot
from logwatch.ledger.waiting import WaitingFailures
from logwatch.model import JournalPosition, Position

BUSY_SECONDS = 0.25  # a backup may hold the lock for a moment; reading goes on, and the commit is tried again
WAL_BYTES = 4 << 20  # to which the write-ahead log is truncated after a checkpoint
DAY = 86400.0

Connect = Callable[[str], sqlite3.Connection]


def connect(path: str) -> sqlite3.Connection:
    """Open a SQLite file for explicit transactions; a new one can be read by its owner only."""
    with contextlib.suppress(OSError):  # SQLite's own error says more
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
    return sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, factory=Connection
    )


class Ledger:
    """Positions and counts in the directory ``state``, locked by one process.

    ``lost_state`` is True when the stored state could not be used: then reading must resume at the end of the files.
    ``failing`` says why the last commit failed, and is empty while commits work.
    Raises StateError when the directory cannot be used at all, another process has it, or its ledger is newer.
    """

    def __init__(
        self,
        state: Path,
        *,
        keep: int = 10000,
        retention_days: float = 30.0,
        clock: Callable[[], float] = time.time,
        connect: Connect = connect,
        committed: Callable[[float], None] = lambda _seconds: None,
        commit_failed: Callable[[], None] = lambda: None,
    ) -> None:
        self.path = state / FILE
        self._rebuilt = state / f"{FILE}.new"
        self.snapshot = Snapshot()
        self.positions: dict[int, Position] = {}
        self.journals: dict[str, JournalPosition] = {}  # by source
        self.generation = 0  # the highest number ever given to a generation
        self.newest_failure = 0  # the number of the newest failure there ever was
        self.key = os.urandom(32)  # of this installation; replaced by the stored one
        self.lost_state = False
        self.failing = ""
        self._doubted = False  # SQLite has called the ledger damaged since the last commit
        self._short = False  # of room: failures give way, and that was logged
        self._keep = keep
        self._retention = retention_days * DAY
        self._clock = clock
        self._connect = connect
        self._committed = committed
        self._commit_failed = commit_failed
        self._log = structlog.get_logger()
        self._db: sqlite3.Connection | None = None
        self._file = (0, 0)  # device and inode of the open ledger
        self._log_bytes = 0  # of the write-ahead log, after which it is checkpointed
        self._number = 0  # of the last commit
        self._pending: Batch | None = None  # its commit failed, and may have reached the disk all the same
        self._lock = directory.hold(state)
        try:
            self._start()
        except BaseException as error:
            self.close()
            if isinstance(error, OSError):
                raise directory.refused(state, error) from None
            raise

    def commit(self, batch: Batch) -> bool:
        """Take ``batch`` and write it; True if it was taken, and the caller must begin a new one.

        False means that an earlier batch still cannot be written: keep adding to this one and come back.
        Never raises for what a disk can do; see ``failing``.
        """
        if self._pending is not None and not self._write(self._pending):
            return False
        self._pending = None
        if batch and not self._write(batch):
            self._pending = batch
        return True

    def taken(self, keys: Collection[tuple[int, int]]) -> Collection[tuple[int, int]] | None:
        """Return those of ``keys`` whose events were taken before; None if that cannot be read now."""
        if self._db is None or self._pending is not None:
            return None
        try:
            return witness.taken(self._db, keys)
        except sqlite3.Error as error:
            self._note(error)
            return None

    def close(self) -> None:
        """Release the file and the directory."""
        self._disconnect()
        os.close(self._lock)

    def _start(self) -> None:
        """Open the ledger and read it; a damaged one is set aside, one that cannot be written is read from a copy."""
        there = directory.size(self.path) > 0 or self._rebuilt.exists()
        try:
            try:
                self._take()
            except sqlite3.Error as error:
                if not _damaged(error):
                    raise
                self._take()  # SQLite says the same where a page could not be read, perhaps only this once
        except sqlite3.Error as error:
            self._disconnect()
            if _damaged(error):
                self._set_aside(error)
                self.lost_state = True
            elif there:
                self._note(error)
                self._read_copy()
            else:
                self._note(error)

    def _take(self) -> None:
        if self._rebuilt.exists():
            self._adopt()
        self._open()

    def _read_copy(self) -> None:
        try:
            with directory.copied(self.path) as copy, contextlib.closing(self._connect(str(copy))) as db:
                with contextlib.suppress(sqlite3.Error):  # one that cannot be upgraded may be readable all the same
                    upgrade(db, str(self.path))
                self._read(db)
        except sqlite3.Error as error:  # written to while it was copied, say
            raise directory.no_copy(self.path, str(error)) from None

    def _connect_to_write(self, path: Path) -> sqlite3.Connection:
        db = self._connect(str(path))
        try:
            db.execute("PRAGMA synchronous = FULL")
            db.execute(SMALL_CACHE)
        except sqlite3.Error:
            db.close()  # otherwise the error's traceback keeps it open while the file is set aside
            raise
        return db

    def _open(self) -> None:
        free = directory.free_bytes(self.path.parent)
        if free < directory.LEAST_BYTES:
            raise sqlite3.OperationalError("the disk is full")
        if not directory.size(self.path) and directory.size(self.path.with_name(f"{FILE}-wal")):
            raise Damaged("it is empty, and its write-ahead log is not")  # which SQLite would delete
        directory.refuse_newer(self.path, at_rest=False)  # first: to an older SQLite a newer schema looks damaged
        with contextlib.ExitStack() as unless_whole:
            db = unless_whole.enter_context(contextlib.closing(self._connect_to_write(self.path)))
            db.execute("PRAGMA journal_mode = WAL").fetchone()
            db.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()  # a log left by a crash frees its space at once
            pages = room.pages_between_checkpoints(free)
            db.execute(f"PRAGMA wal_autocheckpoint = {pages}")
            self._log_bytes = pages * room.PAGE_BYTES
            (verdict,) = db.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise Damaged(verdict)
            upgrade(db, str(self.path))
            if not self._number:  # otherwise memory is newer than the file
                if not rows.read_meta(db, "commit"):  # a new ledger: identifiers stay masked as before
                    rows.write_key(db, self.key)
                self._read(db)
            unless_whole.pop_all()
        self._db, self._file = db, _identity(self.path)

    def _read(self, db: sqlite3.Connection) -> None:
        self.snapshot, self.positions, self.journals = rows.read_committed(db)
        self._number = int(rows.read_meta(db, "commit"))
        self.generation = int(rows.read_meta(db, "generation"))
        self.newest_failure = rows.newest_failure(db)
        key = rows.read_meta(db, "key")
        assert isinstance(key, bytes)
        self.key = key
        if lost := rows.read_withheld(db):
            self._log.warning(
                "failures_not_told", count=lost, reason="killed while it read a backlog", lost="no count, their details"
            )

    def _write(self, batch: Batch) -> bool:
        """Commit one batch; False when the disk, or the lock of another process, prevented it."""
        started = time.perf_counter()
        try:
            self._hold()
            found = _identity(self.path)
            if self._number and not directory.size(self.path):
                self._rebuild("it was gone, or emptied")
            elif found != self._file != (0, 0):
                self._disconnect()
                directory.refuse_newer(self.path)
                # Never opened: SQLite would take what is left of our write-ahead log for that of the other file
                self._rebuild("another file was put in its place")
            if self._db is None:
                self._open()
            after = self.snapshot.after(batch, self._clock())
            self._transact(batch, after)
        except (sqlite3.Error, OSError, StateError) as error:
            self._failed(error)
            return False
        self._number += 1
        self.snapshot = after
        self.positions.update(batch.positions)
        self.journals.update(batch.journals)
        for generation in batch.forgotten:
            self.positions.pop(generation, None)
        self.generation = max(self.generation, *batch.positions, 0)
        if self.failing:
            self._log.info("commits_work_again", ledger=str(self.path))
        self.failing = ""
        self._doubted = False
        self._committed(time.perf_counter() - started)
        return True

    def _hold(self) -> None:
        """Lock the directory that is at the path now, if ours was moved or mounted over: others would lock that one."""
        held = os.fstat(self._lock)
        if _identity(self.path.parent) != (held.st_dev, held.st_ino):
            taken = directory.hold(self.path.parent)
            os.close(self._lock)
            self._lock = taken

    def _transact(self, batch: Batch, after: Snapshot) -> None:
        """Write ``batch`` as the commit after the last one, unless an attempt that seemed to fail has done so."""
        db = self._db
        assert db is not None
        self._check_log(db)
        db.execute("BEGIN IMMEDIATE")
        found = rows.read_meta(db, "commit")
        if found not in (self._number, self._number + 1):
            raise Damaged(f"its last commit is {found!r}, but {self._number} was left here")
        if found != self._number + 1:  # otherwise the attempt that seemed to fail had reached the disk
            keep, most = self._make_room(db, batch.waiting)
            rows.write_batch(db, batch, after, self._number + 1)
            rows.prune(db, keep, most, after.committed_at, self._retention)
        failure = rows.newest_failure(db)
        db.execute("COMMIT")
        self.newest_failure = failure

    def _make_room(self, db: sqlite3.Connection, waiting: WaitingFailures) -> tuple[int, int]:
        """Delete the oldest failures for which the limit, or the disk, leaves no room beside the waiting ones.

        Return how many failures may stay, and how many may be deleted at once.
        """
        found = self._room(db)
        wanted = min(self._keep, found.failures + waiting.wanted)
        keep, waiting.fits = found.most(self._keep), found.at_once(self._keep)
        rows.keep_newest(db, keep - waiting.to_store)
        if not self._short and min(keep, found.failures + waiting.to_store) < wanted:
            self._short = True
            self._log.warning(
                "failures_give_way", ledger=str(self.path), kept=keep, remedy="more room, or a smaller failures.keep"
            )
        elif self._short and keep == self._keep:
            self._short = False
            self._log.info("failures_have_room_again", ledger=str(self.path))
        return keep, found.writable

    def _room(self, db: sqlite3.Connection) -> room.Room:
        return room.found(db, directory.free_bytes(self.path.parent), directory.size(self.path))

    def _check_log(self, db: sqlite3.Connection) -> None:
        """Raise OperationalError while another program's read keeps the write-ahead log, which would fill the disk.

        If it filled the disk, it could not be written back even after that read, and commits would fail for ever.
        """
        log = self.path.with_name(f"{FILE}-wal")
        if directory.size(log) <= 2 * self._log_bytes or self._room(db).leaves(self._log_bytes):
            return
        busy, *_ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise sqlite3.OperationalError(f"another program reads the ledger, and {log.name} would fill the disk")

    def _failed(self, error: Exception) -> None:
        """Record why a commit failed, roll it back, and replace a damaged ledger by a new one."""
        self._note(error)
        self._commit_failed()
        if self._db is not None:
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
        if not _damaged(error):
            return
        if not self._doubted and not isinstance(error, Damaged):
            self._doubted = True
            self._disconnect()  # perhaps a page was unreadable only this once: it is opened and checked again first
            return
        with contextlib.suppress(OSError, sqlite3.Error):
            self._rebuild(str(error))

    def _rebuild(self, reason: str) -> None:
        """Write what is in memory into a new ledger and put it in place of the old one, which is kept.

        The new one is complete before the old one is touched, and a start that finds it adopts it: a crash at any
        instant leaves one or the other.
        """
        self._disconnect()
        directory.remove(self._rebuilt)
        with contextlib.closing(self._connect_to_write(self._rebuilt)) as db:
            upgrade(db, str(self._rebuilt))
            db.execute("BEGIN IMMEDIATE")
            rows.write_everything(
                db,
                self.snapshot,
                self.positions.values(),
                self.journals.values(),
                self._number,
                self.generation,
                self.key,
                self.newest_failure,
            )
            db.execute("COMMIT")
        self._replace(reason)
        self._log.warning(
            "ledger_rebuilt",
            ledger=str(self.path),
            lost="only recent failures, the course and the incidents of the last month, and the history of rotations",
        )

    def _adopt(self) -> None:
        """Finish what a crash interrupted: a rebuilt ledger that is complete replaces the one it was made for."""
        directory.refuse_newer(self._rebuilt)
        try:
            with contextlib.closing(self._connect(str(self._rebuilt))) as db:
                whole = bool(rows.read_meta(db, "commit"))
        except sqlite3.Error as error:
            if not _damaged(error) and error.sqlite_errorcode != sqlite3.SQLITE_ERROR:  # it has no table yet
                raise directory.no_copy(self._rebuilt, str(error)) from None
            whole = False
        if whole:
            self._replace("a crash interrupted its replacement")
        else:
            directory.remove(self._rebuilt)

    def _replace(self, reason: str) -> None:
        # Even where the ledger is gone its write-ahead log may be left, whose pages SQLite would mix into the new one
        if any(part.exists() for part in directory.ledger_files(self.path)):
            self._set_aside(reason)
        self._rebuilt.rename(self.path)
        self._file = _identity(self.path)

    def _note(self, error: Exception) -> None:
        reason = directory.reason(self.path.parent, error)
        if reason != self.failing:
            self._log.error("ledger_unwritable", ledger=str(self.path), reason=reason, lost="nothing, tried again")
        self.failing = reason

    def _set_aside(self, reason: object) -> None:
        kept, deleted = directory.set_aside(self.path, self._clock())
        self._log.error("ledger_set_aside", ledger=str(self.path), kept=str(kept), reason=str(reason), deleted=deleted)

    def _disconnect(self) -> None:
        if self._db is not None:
            with contextlib.suppress(sqlite3.Error):
                self._db.close()
        self._db = None


def _identity(path: Path) -> tuple[int, int]:
    """Return what distinguishes a file from one put in its place: device and inode, (0, 0) without a file."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return (0, 0)
    return (found.st_dev, found.st_ino)


def _damaged(error: Exception) -> bool:
    """Return whether an error means that the ledger itself is damaged, not that the disk cannot be written now."""
    return isinstance(error, Damaged) or getattr(error, "sqlite_errorcode", 0) & 0xFF in (
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
    )
