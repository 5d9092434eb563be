"""Logs that are written on the other side of a network: what is open is shown as it was, or as its name is by now."""

import errno
import os
import shutil

import pytest

from logwatch.lines import CHUNK_BYTES
from logwatch.tail.files import PlainFile
from logwatch.tail.generation import Generation
from tests.helpers.recorder import Follower, append, caught_up


def lines(first, count):
    return [f"E2211-101112-{n:03} (1): a line of a log" for n in range(first, first + count)]


class Snapshots:
    """Shows a file only as it was when it was opened, as rclone does: whatever it has got since is an error."""

    def __init__(self, monkeypatch):
        self.sizes, self.opened = {}, 0
        self.works = {name: getattr(os, name) for name in ("open", "dup2", "pread")}
        for name in self.works:
            monkeypatch.setattr(os, name, getattr(self, name))

    def open(self, *args, **kwargs):
        descriptor = self.works["open"](*args, **kwargs)
        self.sizes[descriptor] = os.fstat(descriptor).st_size
        self.opened += 1
        return descriptor

    def dup2(self, descriptor, *args, **kwargs):
        new = self.works["dup2"](descriptor, *args, **kwargs)
        if descriptor in self.sizes:  # else pytest's
            self.sizes[new] = self.sizes[descriptor]
        return new

    def fail(self):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    def pread(self, descriptor, *args):
        if self.sizes.get(descriptor, os.fstat(descriptor).st_size) != os.fstat(descriptor).st_size:
            self.fail()
        return self.works["pread"](descriptor, *args)


def test_a_log_that_is_shown_as_it_was_when_it_was_opened_is_opened_anew(tmp_path, monkeypatch):
    """What it grows by is read with the same look, and is no trouble that anybody is told of."""
    log = tmp_path / "m.log"
    append(log, *lines(0, 5))
    Snapshots(monkeypatch)
    follower = caught_up(log)
    for first in (5, 10):
        append(log, *lines(first, 5))
        follower.turn()
    assert follower.lines == lines(0, 15)
    assert follower.log.named("file_unreadable") == []
    follower.tail.close()


def test_a_log_that_fails_for_good_is_opened_anew_so_many_times_a_look_and_no_more(tmp_path, monkeypatch):
    """An error that stays is reported once, costs a bounded number of calls, and leaves no descriptor behind."""
    log = tmp_path / "m.log"
    append(log, *lines(0, 5))
    shown = Snapshots(monkeypatch)
    follower = caught_up(log)
    append(log, *lines(5, 5))
    pread = os.pread
    monkeypatch.setattr(os, "pread", lambda *args: shown.fail() if args[0] in shown.sizes else pread(*args))
    before, opened = len(os.listdir("/proc/self/fd")), shown.opened
    for looks in range(1, 6):
        follower.turn()
        assert shown.opened - opened <= 8 * looks
    assert len(os.listdir("/proc/self/fd")) == before
    assert len(follower.log.named("file_unreadable")) == 1
    follower.tail.close()


def test_a_log_that_is_read_as_its_size_says_is_not_opened_anew(tmp_path, monkeypatch):
    """However many reads a backlog takes, and however often it grows: virus scanners look at all that is opened."""
    log = tmp_path / "m.log"
    append(log, *lines(0, 5))
    opened = []

    def note(file):
        opened.append(file)
        return False

    follower = caught_up(log)
    monkeypatch.setattr(PlainFile, "open_anew", note)
    append(log, *lines(5, CHUNK_BYTES // 12))
    for count in (0, 1, 5):
        append(log, *lines(0, count))
        follower.turn()
    assert len(follower.lines) == 5 + CHUNK_BYTES // 12 + 6
    assert opened == []
    follower.tail.close()


class OneInode:
    """Keeps the inode number of a path for whoever has it open, whatever is at the path by now, as sshfs does.

    Its size is that of what is there; what is read through an open descriptor is the file that was opened, up to
    that size, and filled with NULs where ``filled``.
    """

    NUMBER = 4711

    def __init__(self, monkeypatch, path, *, filled):
        self.path, self.filled, self.mine = str(path), filled, set()
        self.works = {name: getattr(os, name) for name in ("open", "close", "stat", "fstat", "dup2", "pread")}
        for name in self.works:
            monkeypatch.setattr(os, name, getattr(self, name))

    def seen(self):
        there = self.works["stat"](self.path)
        plain = list(there)
        plain[1] = self.NUMBER
        return os.stat_result(plain, {"st_mtime_ns": there.st_mtime_ns})

    def open(self, path, *args, **kwargs):
        number = str(path).removeprefix("/proc/self/fd/")
        mine = path == self.path or (number.isdigit() and int(number) in self.mine)
        descriptor = self.works["open"](self.path if mine else path, *args, **kwargs)
        self.mine |= {descriptor} if mine else set()
        return descriptor

    def close(self, descriptor):
        self.mine.discard(descriptor)
        self.works["close"](descriptor)

    def dup2(self, descriptor, new, **kwargs):
        assert descriptor not in self.mine or new in self.mine
        return self.works["dup2"](descriptor, new, **kwargs)

    def stat(self, path, *args, **kwargs):
        return self.seen() if path == self.path else self.works["stat"](path, *args, **kwargs)

    def fstat(self, descriptor):
        return self.seen() if descriptor in self.mine else self.works["fstat"](descriptor)

    def pread(self, descriptor, count, offset):
        data = self.works["pread"](descriptor, count, offset)
        if descriptor not in self.mine:
            return data
        room = max(min(self.seen().st_size - offset, count), 0)
        own = self.works["fstat"](descriptor).st_size > offset or not self.filled
        return data[:room] if own else bytes(room)


@pytest.mark.parametrize("filled", [False, True])
@pytest.mark.parametrize("unread", [0, 3])
@pytest.mark.parametrize("next_lines", [1, 15, 20, 60])  # fewer than were read, as many, and more
def test_a_log_that_is_renamed_on_the_other_side_is_noticed(tmp_path, monkeypatch, next_lines, unread, filled):
    """Both files are read to their ends and count once, however long the next one is by the time of the look."""
    log = tmp_path / "m.log"
    append(log, *lines(0, 20))
    OneInode(monkeypatch, log, filled=filled)
    follower = caught_up(log)
    append(log, *lines(20, unread))
    os.rename(log, tmp_path / "m.log.1")
    append(log, *lines(100, next_lines))
    follower.wait(0, 1, 1, 11)
    append(log, *lines(200, 5))
    follower.wait(0, 1, 1, 11)
    written = lines(0, 20 + unread) + lines(100, next_lines) + lines(200, 5)
    assert sorted(follower.lines) == sorted(written)
    assert (follower.lost, follower.missed) == (0, 0)
    follower.tail.close()


def test_a_log_that_is_emptied_and_grows_past_the_offset_amid_a_read_loses_nothing(tmp_path, monkeypatch):
    """What is read of the next log is not taken for the size of the one before, of which a copy has all."""
    log = tmp_path / "m.log"
    append(log, *lines(0, 20))
    follower = caught_up(log)
    append(log, *lines(20, 1))
    offset, pread, read = len("\n".join(lines(0, 20))) + 1, os.pread, []

    def racing(descriptor, count, at):
        first = at == offset and not read
        if first:
            shutil.copyfile(log, tmp_path / "m.log.1")
            os.truncate(log, 0)
            append(log, *lines(100, 27))
        data = pread(descriptor, count, at)
        if first or len(read) == 1:
            read.append(data)
            append(log, *lines(127, 0 if data else 5))
        return data

    monkeypatch.setattr(os, "pread", racing)
    follower.wait(0, 1, 11, 700)
    assert read[1:] == [b""]
    assert sorted(follower.lines) == lines(0, 21) + lines(100, 32)
    assert (follower.lost, follower.missed) == (0, 0)
    follower.tail.close()


@pytest.mark.parametrize("more", [1, 5, 20])
def test_what_was_unread_of_a_log_that_is_emptied_and_written_anew_amid_a_read_is_reported(tmp_path, monkeypatch, more):
    """A log that got longer since it was read is not one of which its size says more than there was."""
    log = tmp_path / "m.log"
    append(log, *lines(0, 20))
    follower = caught_up(log)
    offset, pread, emptied = log.stat().st_size, os.pread, []
    append(log, *lines(20, 1))
    unread = log.stat().st_size - offset

    def racing(descriptor, count, at):
        if at != offset or emptied:
            return pread(descriptor, count, at)
        emptied.append(descriptor)
        os.truncate(log, 0)
        data = pread(descriptor, count, at)
        append(log, *lines(100, 20 + more))
        return data

    monkeypatch.setattr(os, "pread", racing)
    follower.wait(0, 1, 11, 700)
    assert sorted(follower.lines) == lines(0, 20) + lines(100, 20 + more)
    assert (follower.lost, follower.missed) == (unread, 0)
    follower.tail.close()


def test_a_torn_line_is_not_joined_with_another_file_at_its_place(tmp_path, monkeypatch):
    """If another file was copied over a rotated one since the last look, the log's torn line is not joined with it."""
    log, old = tmp_path / "m.log", tmp_path / "m.log.1"
    append(log, *lines(0, 20))
    append(log, "E2211-101112-020 (1): a", end="")
    follower = Follower(log)
    follower.wait(0, 5)
    os.rename(log, old)
    append(log, " line of a log", *lines(100, 3))
    open_rest = Generation.open_rest

    def late(generation, follows=b""):
        if follows:
            old.write_text("\n".join(lines(500, 20)) + "\nE2211-101112-520 (1): of another log, and it")
        return open_rest(generation, follows)

    monkeypatch.setattr(Generation, "open_rest", late)
    follower.wait(0, 1, 11, 700)
    assert [line for line in follower.lines if "another" in line] == []
    assert {*lines(0, 20), *lines(100, 3)} <= {*follower.lines}
    assert follower.lost == len("E2211-101112-020 (1): a")
    follower.tail.close()
