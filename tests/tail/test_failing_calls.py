"""A disk or a server that fails at one system call, whichever it is, as SQLite's own tests of I/O errors do it.

Each way of rotating is played as often as its looks and reads make calls, and each time another one of them fails once.
"""

import errno
import gzip
import itertools
import os
import shutil
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.helpers.recorder import Follower, append

CALLS = ("open", "pread", "stat", "fstat", "scandir", "lseek", "readlink")


class Disk:
    """Lets the system's n-th call on files fail, counted within ``asked``."""

    def __init__(self, monkeypatch):
        self.fails_at, self.count, self.is_asked = None, 0, False
        for name in CALLS:
            monkeypatch.setattr(os, name, partial(self.call, getattr(os, name)))

    def call(self, real, *how, **more):
        if self.is_asked:
            self.count += 1
            if self.count == self.fails_at:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(*how, **more)

    @contextmanager
    def asked(self):
        self.is_asked = True
        try:
            yield
        finally:
            self.is_asked = False


class Host:
    """A log of twenty lines that were read, what is written to it, and its follower."""

    def __init__(self, directory, disk):
        self.directory, self.log, self.disk = directory, directory / "m.log", disk
        self.numbers, self.nights, self.written = itertools.count(), itertools.count(1), []
        self.write(20)
        self.follower = Follower(self.log)
        self.follower.turn()
        self.follower.commit()

    def lines(self, count):
        lines = [f"E2211-101112-{n:06} (1): a line of a log, no {n}" for n in itertools.islice(self.numbers, count)]
        self.written += lines
        return lines

    def write(self, count, *to):
        lines = self.lines(count)
        for path in to or (self.log,):
            append(path, *lines)

    def turn(self):
        for _ in range(2):  # one that fails at its first call has not looked at all
            with self.disk.asked():
                self.follower.turn()
            self.follower.commit()

    def follow(self, *patterns, **settings):
        self.follower.tail.close()
        sink, self.follower = self.follower.sink, Follower(*patterns, **settings)
        self.follower.sink = sink
        self.restart()

    def restart(self):
        self.follower.kill()
        with self.disk.asked():
            self.follower.start()
        self.turn()

    def rotate(self):
        rotated = self.directory / f"m.log-202611{next(self.nights):02}"
        self.log.rename(rotated)
        return rotated


def pack(path):
    found = path.stat()
    packed = Path(f"{path}.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    os.utime(packed, ns=(found.st_atime_ns, found.st_mtime_ns))
    path.unlink()


def renamed(host):
    host.write(3)
    host.rotate()
    host.write(3)


def renamed_three_times_between_two_looks(host):
    for _ in range(3):
        host.write(2)
        host.rotate()
        host.write(2)


def numbered(host):
    for _ in range(3):
        host.write(2)
        host.turn()
        for n in (3, 2, 1):
            if (older := host.directory / f"m.log.{n}").exists():
                older.rename(host.directory / f"m.log.{n + 1}")
        host.log.rename(host.directory / "m.log.1")
        host.write(1)


def packed_later(host):
    rotated = host.rotate()
    host.write(3)
    host.turn()
    pack(rotated)


def packed_at_once(host):
    host.write(3)
    rotated = host.rotate()
    host.write(3)
    pack(rotated)


def packed_slowly(host):
    rotated = host.rotate()
    host.write(2)
    host.turn()
    packed = gzip.compress(rotated.read_bytes())
    Path(f"{rotated}.gz").write_bytes(packed[:40])
    host.turn()
    Path(f"{rotated}.gz").write_bytes(packed)
    rotated.unlink()


def copied_and_truncated(host):
    host.write(3)
    shutil.copy2(host.log, host.directory / "m.log-20261101")
    os.truncate(host.log, 0)
    host.write(4)
    host.turn()
    pack(host.directory / "m.log-20261101")


def replaced_by_a_copy(host):
    host.write(3)
    shutil.copy(host.log, host.directory / "copy")
    (host.directory / "copy").rename(host.log)


def renamed_and_copied_back(host):
    rotated = host.rotate()
    shutil.copy(rotated, host.log)
    host.write(1, host.log, rotated)


def emptied_and_written_back(host):
    whole = host.log.read_bytes()
    os.truncate(host.log, 0)
    host.turn()
    host.log.write_bytes(whole)


def trimmed_in_front(host):
    host.write(3)
    host.turn()
    host.log.write_bytes(b"".join(host.log.read_bytes().splitlines(keepends=True)[-8:]))


def edited(host):
    lines = host.log.read_text().splitlines(keepends=True)
    del lines[4]
    host.log.rename(host.directory / "m.log.bak")
    host.log.write_text("".join(lines))
    host.write(3)
    host.turn()
    host.rotate()


def deleted(host):
    host.log.unlink()
    host.write(5)


def deleted_and_still_written(host):
    with host.log.open("a") as writer:
        host.log.unlink()
        writer.write("\n".join([*host.lines(3), ""]))
        writer.flush()
        host.turn()


def moved_back(host):
    rotated = host.rotate()
    host.write(2)
    host.turn()
    host.rotate()
    rotated.rename(host.log)


def moved_where_nobody_looks_and_beside_it(host):
    (host.directory / "elsewhere").mkdir()
    host.log.rename(host.directory / "elsewhere" / "x")
    host.turn()
    (host.directory / "elsewhere" / "x").rename(host.directory / "m.log.1")


def linked(host):
    first, second = host.directory / "first", host.directory / "second"
    host.log.rename(first)
    host.log.symlink_to(first)
    host.turn()
    host.write(2, first)
    host.write(2, second)
    host.log.unlink()
    host.log.symlink_to(second)
    host.write(1, first)


def linked_hard(host):
    os.link(host.log, host.directory / "m.log-20261101")
    host.write(2)
    host.turn()
    host.log.unlink()


def moved_over_another_path(host):
    other = host.directory / "x.log"
    host.follow(host.directory / "*.log")
    host.write(4, other)
    host.turn()
    host.log.rename(host.directory / "m.log.1")
    other.rename(host.log)


def rotated_into_a_directory(host):
    old = host.directory / "old"
    old.mkdir()
    host.follow(host.log, rotated=(f"{old}/m*",))
    host.write(2)
    host.log.rename(old / "m.log-1")
    host.write(2)
    host.turn()
    pack(old / "m.log-1")
    host.log.rename(old / "m.log-2")
    host.write(3)


def killed_before_two_rotations(host):
    host.turn()
    rotated = host.rotate()
    host.write(3)
    host.rotate()
    pack(rotated)
    host.write(2)
    host.restart()


def killed_before_two_archives(host):
    for _ in range(2):
        host.write(3)
        pack(host.rotate())
    host.write(1)
    host.restart()


def killed_twice(host):
    rotated = host.rotate()
    host.write(3)
    host.restart()
    pack(rotated)
    host.rotate()
    host.write(2)
    host.restart()


def killed_and_replaced_by_a_copy(host):
    shutil.copy(host.log, host.directory / "copy")
    host.log.unlink()
    (host.directory / "copy").rename(host.log)
    host.restart()


WAYS = (
    renamed, renamed_three_times_between_two_looks, numbered, packed_later, packed_at_once, packed_slowly,
    copied_and_truncated, replaced_by_a_copy, renamed_and_copied_back, emptied_and_written_back, trimmed_in_front,
    edited, deleted, deleted_and_still_written, moved_back, moved_where_nobody_looks_and_beside_it, linked, linked_hard,
    moved_over_another_path, rotated_into_a_directory, killed_before_two_rotations, killed_before_two_archives,
    killed_twice, killed_and_replaced_by_a_copy,
)  # fmt: skip


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_call_that_fails_once_loses_no_line_and_counts_none_twice(tmp_path, monkeypatch, way):
    """Whichever call of a look or a read it is: the look is made again, or the next one makes up for it."""
    disk, wrong, fails_at = Disk(monkeypatch), [], 0
    while fails_at <= disk.count:
        fails_at += 1
        disk.fails_at, disk.count = None, 0
        (tmp_path / f"{fails_at}").mkdir()
        host = Host(tmp_path / f"{fails_at}", disk)
        disk.fails_at = fails_at
        way(host)
        host.turn()
        host.write(1)
        host.turn()
        for seconds in (1, 11):
            host.follower.clock.now += seconds
            host.turn()
        if sorted(host.follower.lines) != sorted(host.written):
            wrong.append((fails_at, len(host.follower.lines), len(host.written)))
        host.follower.tail.close()
        shutil.rmtree(host.directory)
    assert wrong == []
