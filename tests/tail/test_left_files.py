"""A writer that names its files by the time leaves one for the next, and may tear a line: cronolog, rotatelogs."""

import gzip
import os

import pytest

from tests.helpers.recorder import Follower, append

LINE = "E2211-101112-{:06} (1): a line of a log"
TORN = LINE.format(10)


def lines(first, count):
    return [LINE.format(n) for n in range(first, first + count)]


@pytest.fixture
def follower(tmp_path):
    follower = Follower(tmp_path / "*.log*")
    yield follower
    follower.tail.close()


NAMES = [
    ("m-20261122-101500.log", "m-20261122-101501.log"),
    ("2026-11-22.log", "2026-11-23.log"),
    ("m.log.1795342500", "m.log.1795342501"),
    ("m-101500.log", "m-101501.log"),
]


def tear(directory, names, at):
    """Leave one file amid a line, and go on in the next, as a program does that copies what it gets block by block."""
    append(directory / names[0], *lines(0, 10))
    yield
    append(directory / names[0], TORN[:at], end="")
    yield
    append(directory / names[1], TORN[at:], *lines(11, 10))


@pytest.mark.parametrize("names", NAMES)
@pytest.mark.parametrize("looks", [(), (0,), (1,), (0, 1)])
def test_a_line_torn_between_files_named_by_time_is_one(tmp_path, follower, names, looks):
    """If a writer names files by time, a line torn between two of them is joined, though each is a log of its own."""
    for step, _ in enumerate(tear(tmp_path, names, 30)):
        if step in looks:
            follower.turn()
    follower.wait(1)  # files were written to before the look that finds it out
    follower.turn()
    assert sorted(follower.lines) == lines(0, 21)
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize("looks", [(), (0,), (1,), (0, 1)])
def test_an_empty_file_between_the_parts_of_a_line_is_passed_over(tmp_path, follower, looks):
    """A writer that makes a file at each interval may have nothing for one of them: `rotatelogs -f` with a slow log."""
    names = [f"m-20261122-10150{second}.log" for second in (0, 2)]
    for step, _ in enumerate(tear(tmp_path, names, 30)):
        if step:
            (tmp_path / "m-20261122-101501.log").touch()
        if step in looks:
            follower.turn()
    follower.wait(1)
    follower.turn()
    assert sorted(follower.lines) == lines(0, 21)
    assert (follower.lost, follower.missed) == (0, 0)


def test_a_line_of_a_file_that_is_still_written_does_not_end_in_the_next_one(tmp_path, follower):
    """Two programs write around midnight: one has begun the new day's file, the other is amid a line of the old one."""
    old, new = tmp_path / "2026-11-22.log", tmp_path / "2026-11-23.log"
    append(new, "the rest of another line", *lines(11, 10))
    os.utime(new, ns=(0, new.stat().st_mtime_ns - 10**9))
    append(old, *lines(0, 10))
    append(old, TORN[:30], end="")
    follower.turn()
    follower.wait(1, 1)
    append(old, TORN[30:])
    follower.wait(1, 1)
    assert sorted(follower.lines) == [*lines(0, 21), "the rest of another line"]


def test_a_line_torn_before_a_restart_is_one(tmp_path, follower):
    """Where the file that was left ends amid a line is known from its position, and its bytes are there."""
    tearing = tear(tmp_path, NAMES[0], 30)
    for _ in range(2):
        next(tearing)
        follower.turn()
    follower.restart()
    next(tearing, None)
    for _ in range(3):
        follower.turn()
    assert sorted(follower.lines) == lines(0, 21)
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize("killed", [False, True])
def test_a_line_that_was_joined_does_not_come_again(tmp_path, follower, killed):
    """The end of the file that was left is read: neither a restart nor its deletion brings it once more."""
    for _ in tear(tmp_path, NAMES[0], 30):
        follower.turn()
    follower.turn()
    if killed:
        follower.restart()
        follower.turn()
    (tmp_path / NAMES[0][0]).unlink()
    for _ in range(5):
        follower.wait(700)
    assert sorted(follower.lines) == lines(0, 21)
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize("names", [("web-1.log", "web-2.log"), ("a-20261122.log", "b-20261123.log")])
def test_logs_written_side_by_side_are_not_joined(tmp_path, follower, names):
    """Logs that differ in a number, or in what surrounds a date, are not joined."""
    append(tmp_path / names[0], *lines(0, 10))
    append(tmp_path / names[0], TORN[:30], end="")
    follower.turn()
    append(tmp_path / names[1], "no front", *lines(11, 10))
    follower.turn()
    append(tmp_path / names[0], TORN[30:])
    follower.turn()
    assert TORN in follower.lines
    assert "no front" in follower.lines


def test_a_file_that_begins_with_a_line_ends_none_of_another(tmp_path, follower):
    """A file that begins with a whole line is not joined to another writer's unfinished line."""
    first, second = NAMES[0]
    append(tmp_path / first, *lines(0, 10))
    append(tmp_path / first, TORN[:30], end="")
    follower.turn()
    append(tmp_path / second, *lines(11, 10))
    follower.turn()
    append(tmp_path / first, TORN[30:])
    follower.turn()
    assert sorted(follower.lines) == lines(0, 21)


def test_a_torn_line_waits_for_the_file_in_front_to_be_read(tmp_path, follower):
    """After a long stop, files with a backlog are read by turns: the rest of a line may be reached first."""
    many = [LINE.format(n) + "x" * 900 for n in range(3000)]
    first, second = NAMES[0]
    append(tmp_path / first, *many)
    append(tmp_path / first, TORN[:30], end="")
    append(tmp_path / second, TORN[30:], *lines(11, 10))
    for _ in range(20):
        follower.turn()
    assert len(follower.lines) == len(many) + 11
    assert TORN in follower.lines


def test_a_line_torn_between_packed_files_is_one(tmp_path, follower):
    """`split --filter=gzip` and scripts like it pack each file as they write it."""
    first, second = (name + ".gz" for name in NAMES[0])
    text = "".join(f"{line}\n" for line in [*lines(0, 10), TORN, *lines(11, 10)]).encode()
    (tmp_path / first).write_bytes(gzip.compress(text[:430]))
    (tmp_path / second).write_bytes(gzip.compress(text[430:]))
    follower.turn()
    follower.turn()
    assert sorted(follower.lines) == lines(0, 21)
