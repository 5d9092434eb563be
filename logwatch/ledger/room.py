"""Decide how many failures a small disk can hold: the oldest are deleted in favour of counts and positions."""

import sqlite3
from typing import NamedTuple

FAILURE_BYTES = 300
"""What one takes on disk, with indexes; without user, token and reason it takes 160."""
RESERVE_BYTES = 16 << 20
RESERVE_SHARE = 1 / 4  # of the ledger, where that is less: the most that is given up while others fill the disk
WRITTEN = 4  # times its size is needed to write a failure: in the write-ahead log and the file, with other pages
PAGE_BYTES = 4096
CHECKPOINT_PAGES = 1000  # SQLite's default: the write-ahead log grows to some 4 MB
CHECKPOINT_SHARE = 1 / 8  # of the free bytes, where that is less


class Room(NamedTuple):
    """How much space there is, and what takes it up."""

    free_bytes: int  # of the file system
    file_bytes: int  # of the ledger
    unused_bytes: int  # of the ledger: its free pages
    failures: int
    growth_bytes: int = 0  # by which a checkpoint makes the file longer: this room is not for commits

    def most(self, keep: int) -> int:
        """Return how many of the ``keep`` newest failures a commit may leave, so that later commits have room.

        Once all of them are stored, the ledger stops growing: something else fills the disk, and no failure is deleted.
        """
        spare = self.free_bytes + self.unused_bytes - min(RESERVE_BYTES, int(self.file_bytes * RESERVE_SHARE))
        left = keep if self.failures >= keep else min(keep, self.failures + spare // FAILURE_BYTES)
        return max(0, left, self.failures - self.writable)

    def at_once(self, keep: int) -> int:
        """Return how many failures one commit may add."""
        return keep if self.failures == keep else min(keep, self.writable)

    @property
    def writable(self) -> int:
        """How many failures one commit may delete, and how many it may add: both are writes."""
        free = self.free_bytes - self.growth_bytes
        return max(free, int(self.file_bytes * RESERVE_SHARE)) // (WRITTEN * FAILURE_BYTES)

    def leaves(self, commit_bytes: int) -> bool:
        """Return whether there is room to write the write-ahead log back after one more commit."""
        reserve = commit_bytes + min(RESERVE_BYTES, int(self.file_bytes * RESERVE_SHARE))
        return self.free_bytes - self.growth_bytes >= reserve


def found(db: sqlite3.Connection, free_bytes: int, file_bytes: int) -> Room:
    """Return the room of the ledger that is open as ``db``: the size of its file, and what is free on its disk."""
    (page,), (pages,), (unused,) = (
        db.execute(f"PRAGMA {name}").fetchone() for name in ("page_size", "page_count", "freelist_count")
    )
    (failures,) = db.execute("SELECT coalesce(sum(count), 0) FROM failure_kinds").fetchone()
    return Room(free_bytes, page * pages, page * unused, failures, max(0, page * pages - file_bytes))


def pages_between_checkpoints(free_bytes: int) -> int:
    """Return after how many pages to checkpoint the write-ahead log, so that it does not fill a small disk."""
    return max(1, min(CHECKPOINT_PAGES, int(free_bytes * CHECKPOINT_SHARE) // PAGE_BYTES))
