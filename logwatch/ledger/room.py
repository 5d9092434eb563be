"""Decides how many failures stay on a disk that is small: the oldest of them give way before counts and positions."""

import sqlite3
from typing import NamedTuple

FAILURE_BYTES = 300
"""Of one on disk, with indexes; without user, token and reason it takes 160."""
RESERVE_BYTES = 16 << 20
RESERVE_SHARE = 1 / 4  # of the ledger, where that is less: so much is given up at most while others fill the disk
WRITTEN = 4  # times a failure's bytes that are needed at once: in the write-ahead log and the file, with pages beside
CHECKPOINT_PAGES = 1000  # SQLite's own: the write-ahead log grows to some 4 MB
CHECKPOINT_SHARE = 1 / 8  # of what is free, where that is less


class Room(NamedTuple):
    """What there is to write to, and what takes it."""

    free_bytes: int  # of the file system
    file_bytes: int  # of the ledger
    unused_bytes: int  # in it: pages that hold nothing any more
    failures: int

    def most(self, keep: int) -> int:
        """Return how many of the ``keep`` newest failures a commit may leave, so that the ones after it have room.

        Where all are there already, the ledger does not grow: what fills the disk is not it, and no failure gives way.
        """
        spare = self.free_bytes + self.unused_bytes - min(RESERVE_BYTES, int(self.file_bytes * RESERVE_SHARE))
        left = keep if self.failures >= keep else min(keep, self.failures + spare // FAILURE_BYTES)
        return max(0, left, self.failures - self.writable)

    def at_once(self, keep: int) -> int:
        """Return how many failures one commit may bring."""
        return keep if self.failures == keep else min(keep, self.writable)

    @property
    def writable(self) -> int:
        """How many failures may go in one commit, and how many may come: either is written."""
        return max(self.free_bytes, int(self.file_bytes * RESERVE_SHARE)) // (WRITTEN * FAILURE_BYTES)


def found(db: sqlite3.Connection, free_bytes: int) -> Room:
    """Return what room the ledger has that is open as ``db``, where so much is free beside it."""
    (page,), (pages,), (unused,) = (
        db.execute(f"PRAGMA {name}").fetchone() for name in ("page_size", "page_count", "freelist_count")
    )
    (failures,) = db.execute("SELECT coalesce(sum(count), 0) FROM failure_kinds").fetchone()
    return Room(free_bytes, page * pages, page * unused, failures)


def pages_between_checkpoints(free_bytes: int) -> int:
    """Return after how many pages the write-ahead log goes into the file, so that it does not fill a small disk."""
    return max(1, min(CHECKPOINT_PAGES, int(free_bytes * CHECKPOINT_SHARE) // 4096))
