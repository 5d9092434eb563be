"""A log that its writer lengthens with NULs ahead of itself: a hole is nothing until it is filled."""

import os

import pytest

from logwatch.tail import files
from tests.tail.treated import LIVES, LOOK, Log, followed

ALLOCATED = [65536, 100_000, 1_000_000]  # a line, more than that, and more than what is read at once


def write(log, count):
    """Write lines in the place of NULs."""
    with open(log.path, "r+b") as file:
        content = file.read()
        file.seek(len(content.rstrip(b"\0")))
        file.write(log.lines(count))


def allocated(directory, life, size, patterns=("m.log",)):
    log = Log(directory, life, patterns=patterns)
    log.write(20)
    os.truncate(log.path, size)
    return log


@pytest.mark.parametrize("patterns", [("m.log",), ("m.log*",)])
@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("size", ALLOCATED)
def test_lines_in_the_place_of_a_hole_count_once(tmp_path, size, life, patterns):
    """Whenever they are written, and whatever becomes of what is left of the hole."""

    def filled(log):
        write(log, 5)

    log = allocated(tmp_path, life, size, patterns)
    log.treat((*(filled, LOOK) * 3, "mv m.log m.log.1", 5, LOOK, f"truncate -s {size} m.log", LOOK, filled, LOOK))
    log.check()


@pytest.mark.parametrize("half", [b"", b"E2511-1000"])
@pytest.mark.parametrize("size", ALLOCATED)
def test_nuls_that_nothing_follows_are_no_lag(tmp_path, size, half):
    """What is left of the hole was never written: only the line that has not ended is unread."""
    log = Log(tmp_path, "by hand")
    log.write(0)
    os.truncate(log.path, size)
    for lines in (0, 5, 5):
        write(log, lines)
        log.follower.wait(3)
        assert log.follower.tail.status().lag_bytes == 0
    with open(log.path, "r+b") as file:
        file.seek(len(file.read().rstrip(b"\0")))
        file.write(half)
    log.follower.wait(3)
    assert log.follower.tail.status().lag_bytes == len(half)
    log.follower.tail.close()


@pytest.mark.parametrize("size", ALLOCATED)
@pytest.mark.parametrize("turns", [0, 1, 2])
def test_a_hole_that_is_filled_after_a_crash_is_read(tmp_path, turns, size):
    """What was seen before the crash, and read again after it, ends where the hole began."""
    log = allocated(tmp_path, "by hand", size)
    follower = log.follower
    for _ in range(4):
        follower.look()
        follower.commit()
        for _ in range(turns):
            follower.restart_at_once()
            follower.turn()
        write(log, 5)
        follower.restart_at_once()
    follower.wait(0, 1, 11, 700)
    log.check()


@pytest.mark.parametrize("size", ALLOCATED)
def test_a_line_that_is_written_in_pieces_in_the_place_of_a_hole_counts_as_a_whole(tmp_path, size):
    """Half a line in the place of NULs waits for its rest, however many NULs follow it."""
    log = allocated(tmp_path, "by hand", size)
    data = log.lines(200)
    with open(log.path, "r+b", buffering=0) as file:
        at = len(file.read().rstrip(b"\0"))
        for start in range(0, len(data), 1000):
            file.seek(at + start)
            file.write(data[start : start + 1000])
            log.follower.wait(3)
    log.follower.wait(11)
    assert log.follower.tail.status().caught_up
    log.check()
    log.follower.tail.close()


@pytest.mark.parametrize("first", ["\n", "restarted\n"])
@pytest.mark.parametrize("before", [50, 4000])  # lines, as long as the hole is: also longer than what is read at once
@pytest.mark.parametrize("life", LIVES)
def test_what_stands_behind_a_short_line_and_a_hole_is_read(tmp_path, life, before, first):
    """A log that ``echo > m.log`` empties under a writer without O_APPEND: its head stays shorter than a stamp."""
    log = Log(tmp_path, life)
    log.open_without_append()
    log.write(before)
    log.treat((f"printf '{first}' > m.log", LOOK, *(20, LOOK) * 3))
    log.check(missed=life in ("stopped", "killed"))  # nobody can tell then whether anything was unread


def test_a_long_hole_that_the_file_system_does_not_report_is_searched_once(tmp_path, monkeypatch):
    """On NFS before 4.2, the lines after a hole are read, also after a restart, and nothing is searched twice."""
    monkeypatch.setattr(files, "_HOLE_STEPS", 3)
    monkeypatch.setattr(files.os, "lseek", lambda _file, offset, _whence: offset)
    log = Log(tmp_path, "by hand")
    log.open_without_append()
    log.writer.seek(65536 * 200)
    follower = log.follower
    pread, calls = os.pread, []
    monkeypatch.setattr(files.os, "pread", lambda *args: calls.append(args) or pread(*args))
    for _ in range(3):
        log.write(20)
        for _ in range(9):
            follower.wait(1)
        follower.restart_at_once()
        follower.turn()
    log.check()
    calls.clear()
    for _ in range(20):
        follower.wait(1)
    assert len(calls) < 20
    follower.tail.close()
    log.writer.close()


@pytest.mark.parametrize("steps", [4096, 3], ids=["in one call", "in many"])
def test_zeros_that_were_written_in_advance_are_searched_once(tmp_path, monkeypatch, steps):
    """Lines that replace zeros written by dd count at any place, without another search."""
    monkeypatch.setattr(files, "_HOLE_STEPS", steps)
    monkeypatch.setattr(files.os, "lseek", lambda _file, offset, _whence: offset)
    log = allocated(tmp_path, "by hand", 65536 * 100)
    follower = log.follower
    follower.turn()
    pread, read = os.pread, []
    monkeypatch.setattr(files.os, "pread", lambda *args: read.append(args[1]) or pread(*args))
    for _ in range(5):
        write(log, 5)
        os.utime(log.path, (follower.clock.now,) * 2)  # whatever the system's clock tells apart
        follower.wait(1)
    assert sum(read) < 65536 * 100
    with open(log.path, "r+b") as file:  # by another writer, who left a hole of its own
        file.seek(65536 * 50)
        file.write(b"\n" + log.lines(5))
    os.utime(log.path, (follower.clock.now,) * 2)
    follower.wait(1, 1, 11)
    log.check()
    follower.tail.close()


def test_zeros_amid_a_log_that_take_more_than_one_look_hold_up_nothing_where_it_grows_meanwhile(tmp_path, monkeypatch):
    """While a log grows, a long run of zeros in it is searched bit by bit, and no part twice."""
    monkeypatch.setattr(files, "_HOLE_STEPS", 3)
    monkeypatch.setattr(files.os, "lseek", lambda _file, offset, _whence: offset)
    log, looks = Log(tmp_path, "by hand"), []
    log.write(20)
    log.follower.turn()
    behind_zeros = files.PlainFile.behind_zeros

    def growing(*arguments):
        looks.append(arguments)
        if len(looks) <= 100:
            log.write(1)
        return behind_zeros(*arguments)

    monkeypatch.setattr(files.PlainFile, "behind_zeros", growing)
    with open(log.path, "ab") as file:
        file.write(b"\0" * 65536 * 20)
    log.write(5)
    log.follower.wait(0, 1, 11)
    assert len(looks) < 20
    log.check()
    log.follower.tail.close()


@pytest.mark.parametrize("torn", [b"", b"one that begins in front of"], ids=["between lines", "within one"])
def test_a_hole_amid_a_log_is_passed_over_and_not_read(tmp_path, monkeypatch, torn):
    """A hole of any size is skipped; it ends the line that began before it, and what follows is another line."""
    log = Log(tmp_path, "by hand")
    log.write(20)
    with open(log.path, "r+b") as file:
        file.seek(0, os.SEEK_END)
        file.write(torn)
        file.seek(1 << 30, os.SEEK_CUR)
        file.write(b"it\n" * bool(torn) + log.lines(20))
    read = 0

    def count(*how):
        nonlocal read
        read += how[1]
        return read_fully(*how)

    read_fully = files.read_fully
    monkeypatch.setattr(files, "read_fully", count)
    log.follower.turn()
    log.check()
    assert read < 64 << 20
    assert log.follower.sink.consumed == os.path.getsize(log.path)
    assert sum(log.follower.sink.lines.values()) == 40 + 2 * bool(torn)


def test_what_follows_a_hole_in_a_log_ends_no_line_of_the_previous_one(tmp_path):
    """Only what a log begins with can be the rest of a line torn by its rotation."""
    log = followed(tmp_path, 20)
    with open(log.path, "a") as file:
        file.write("E2511-100000-000 (1): Push (17): s")
    log.follower.turn()
    log.shell("mv m.log m.log.1")
    with open(log.path, "wb") as file:
        file.write(log.lines(20))
        file.seek(1 << 20, os.SEEK_CUR)
        file.write(b"tatus 410\n" + log.lines(20))
    log.follower.wait(0, 3, 700)
    lines = log.follower.sink.lines
    assert lines[b"tatus 410"] == lines[b"E2511-100000-000 (1): Push (17): s"] == 1
    assert sum(lines.values()) == 60 + 2
