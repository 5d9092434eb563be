"""File systems that fail under open files, as NFS whose server has restarted and FUSE whose process has ended do."""

import errno
import os

import pytest

from logwatch.tail import files
from logwatch.tail.context import OpenFiles
from tests.helpers.recorder import append, caught_up


def fails(*_):
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def lines(name, count=5):
    return [f"E2211-101112-{n:03} ({name}): a line of a log" for n in range(count)]


def test_a_file_whose_close_fails_is_closed(tmp_path, monkeypatch):
    """If close fails, the file still counts as closed, and other sources have its place."""
    append(tmp_path / "1.log", *lines("1"))
    append(tmp_path / "2.log", *lines("2"))
    follower = caught_up(tmp_path / "*.log")
    before = len(os.listdir("/proc/self/fd"))
    close = os.close
    with monkeypatch.context() as patched:
        patched.setattr(files.os, "close", lambda descriptor: (close(descriptor), fails()))
        follower.tail.close()
    assert len(os.listdir("/proc/self/fd")) == before - 2
    assert follower.tail._ctx.files.open == 0


def test_a_file_that_fails_when_another_one_asks_it_to_be_closed_ends_nothing(tmp_path, monkeypatch):
    """If closing a quiet file fails, all other files are still read."""
    append(tmp_path / "0.log", *lines("0"))
    follower = caught_up(tmp_path / "*.log", files=OpenFiles(1))
    inode, fstat, calls = os.stat(tmp_path / "0.log").st_ino, os.fstat, []

    def failing(descriptor):
        status = fstat(descriptor)
        calls.append(status.st_ino)
        return fails() if status.st_ino == inode and calls.count(inode) == 2 else status

    monkeypatch.setattr(files.os, "fstat", failing)
    for n in range(1, 4):
        append(tmp_path / f"{n}.log", *lines(str(n)))
    for _ in range(9):
        follower.wait(6)
    assert len(follower.lines) == 20
    assert calls.count(inode) >= 2
    follower.tail.close()


@pytest.mark.parametrize("nth", range(1, 7))
@pytest.mark.parametrize("call", ["fstat", "pread"])
def test_the_last_line_of_a_file_that_fails_when_it_is_let_go_is_read_later(tmp_path, monkeypatch, call, nth):
    """A file that fails when it is closed is neither kept open nor noted as read before all of it was."""
    log = tmp_path / "m.log"
    append(log, *lines("1"))
    append(log, "E2211-101112-009 (1): without its end", end="")
    follower = caught_up(log, release_seconds=60)
    log.rename(tmp_path / "m.log.1")
    append(log, *lines("2"))
    follower.turn()
    generation = follower.tail._followers[str(log)].generations[0]
    descriptor, works, calls = generation.file.descriptor, getattr(os, call), []

    def failing(number, *args):
        calls.append(number)
        return fails() if number == descriptor and calls.count(descriptor) == nth else works(number, *args)

    with monkeypatch.context() as patched:
        patched.setattr(files.os, call, failing)
        follower.wait(61)
    for _ in range(3):
        follower.wait(61)
    assert len(follower.lines) == 11
    assert follower.lines[-1].endswith("without its end")
    assert follower.lost == 0
    assert generation.file is None
    follower.tail.close()


def test_a_renamed_file_that_can_no_longer_be_examined_ends_nothing(tmp_path, monkeypatch):
    """It is waited for where nothing comes into the next one, and is read once it is there again."""
    log = tmp_path / "m.log"
    append(log, *lines("1"))
    follower = caught_up(log, release_seconds=60)
    writer = log.open("a")
    log.rename(tmp_path / "m.log.1")
    log.touch()
    follower.wait(1)
    inode, fstat = os.stat(tmp_path / "m.log.1").st_ino, os.fstat
    with monkeypatch.context() as patched:
        patched.setattr(files.os, "fstat", lambda each: fails() if os.stat(each).st_ino == inode else fstat(each))
        follower.wait(61, 61, 4 * 86400)
    with writer:
        writer.write("".join(f"{line}\n" for line in lines("2")))
    follower.wait(1)
    append(log, *lines("3"))
    follower.wait(1)
    assert follower.lines == lines("1") + lines("2") + lines("3")
    follower.tail.close()


def test_a_file_that_shows_only_what_it_had_when_it_was_opened_is_opened_anew(tmp_path, monkeypatch):
    """As rclone shows a file: its size grows, and reads through the open descriptor end where it ended."""
    log = tmp_path / "m.log"
    append(log, *lines("before"))
    follower = caught_up(log)
    there, opened, pread, open_ = os.stat(log), [], os.pread, os.open

    def read(descriptor, count, offset):
        shown = count if opened or os.fstat(descriptor).st_ino != there.st_ino else max(there.st_size - offset, 0)
        return pread(descriptor, min(count, shown), offset)

    monkeypatch.setattr(files.os, "pread", read)
    monkeypatch.setattr(files.os, "open", lambda path, *how: opened.append(path) or open_(path, *how))
    append(log, *lines("after"))
    follower.turn()
    assert follower.lines == lines("before") + lines("after")
    assert len(opened) == 1
    follower.tail.close()
