"""Another state of a log in its place or beside it, older, shorter or trimmed: what was read of one counts in none."""

import os
import shutil

import pytest

from tests.helpers.recorder import Follower, append, caught_up
from tests.tail.treated import LIVES, played


def lines(first, count):
    return [f"E2211-101112-{n:06} (1): a line of a log" for n in range(first, first + count)]


@pytest.fixture
def log(tmp_path):
    """Return the path of a log of a hundred lines, in a directory of its own."""
    path = tmp_path / "logs/m.log"
    path.parent.mkdir()
    append(path, *lines(0, 100))
    return path


def followed(*patterns):
    follower = caught_up(*patterns)
    follower.commit()
    return follower


def keep_last(path, count):
    """Trim a file in place."""
    path.write_text("".join(path.read_text().splitlines(keepends=True)[-count:]))


@pytest.mark.parametrize("patterns", [("m.log",), ("m.log*",)])
@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("more", [0, 3])
@pytest.mark.parametrize("less", [0, 1, 12])
@pytest.mark.parametrize("count", [3, 20, 100, 300])
def test_a_shorter_copy_in_the_place_of_a_renamed_log_counts_once(tmp_path, count, less, more, life, patterns):
    """However short both are, and whatever is written behind it: it begins with lines that have a time."""
    steps = (f"mv m.log m.log.1; head -n -{less} m.log.1 > m.log", more)
    played(tmp_path, life, steps, lines=count, patterns=patterns)


@pytest.mark.parametrize("less", [0, 1, 5, 12])
@pytest.mark.parametrize("count", [20, 300])
def test_a_shorter_copy_in_the_place_of_a_packed_log_counts_once(tmp_path, count, less):
    """As a mirror of an older state is, made while the daemon was away: the archive has all of it."""
    steps = (f"gzip -c m.log > m.log.1.gz; head -n -{less} m.log > t; mv t m.log",)
    played(tmp_path, "stopped", steps, lines=count)


@pytest.mark.parametrize("more", [0, 3])
@pytest.mark.parametrize("life", ["stopped", "killed"])
@pytest.mark.parametrize(("count", "less"), [(30, 5), (30, 12), (300, 12), (300, 200)])
@pytest.mark.parametrize("backup", ["m.log.bak", "m.log.1", "copy"])
@pytest.mark.parametrize("way", ["cat t > m.log; rm t", "mv t m.log"])
def test_a_log_that_loses_its_end_beside_a_backup_counts_once(tmp_path, way, backup, count, less, life, more):
    """In place or in a new file, while the daemon is away: the backup has all that was read."""
    played(tmp_path, life, (f"cp m.log {backup}; head -n -{less} m.log > t; {way}", more), lines=count)


@pytest.mark.parametrize("patterns", ["m.log", "m.log*"])
@pytest.mark.parametrize("more", [0, 1, 5])
@pytest.mark.parametrize("seen", [6, 30, 50])
def test_a_copy_that_is_written_over_a_log_of_which_a_few_bytes_were_seen_counts_once(tmp_path, seen, more, patterns):
    """By its inode it is that log, by its bytes the next one: they are read in one of both files."""
    log, old = tmp_path / "m.log", tmp_path / "m.log.1"
    log.write_text(lines(0, 1)[0][:seen])
    follower = Follower(tmp_path / patterns)
    follower.look()
    follower.commit()
    follower.kill()
    log.rename(old)
    first = 0 if seen > len("E2211-") else 10
    append(log, *lines(first, 1 + more))
    old.write_bytes(log.read_bytes())
    follower.start()
    follower.wait(0, 1, 11, 700)
    follower.tail.close()
    assert follower.lines == lines(first, 1 + more)


@pytest.mark.parametrize("more", [1, 5, 30, 300])
@pytest.mark.parametrize("kept", [3, 50])
def test_a_backup_from_before_the_lines_read_last_is_none_of_a_log_that_was_trimmed(log, kept, more):
    """What was trimmed does not show what it has lost; what was noted of it does."""
    follower = followed(log.with_name("m.log*"))
    append(log, *lines(100, 1))
    follower.look()
    shutil.copy(log, log.with_name("m.log.1"))
    append(log, *lines(101, more))
    while follower.tail.read(follower.sink, 1 << 20):
        pass
    keep_last(log, kept)
    follower.wait(0, 1, 11, 700)
    follower.tail.close()
    assert follower.lines == lines(0, 101 + more)


@pytest.mark.parametrize("patterns", ["m.log", "m.log*"])
@pytest.mark.parametrize("backup", ["m.log.1", "m.log-20260101"])
@pytest.mark.parametrize("count", [30, 300])
@pytest.mark.parametrize("seen", [False, True])
@pytest.mark.parametrize("by_copy", [False, True])
def test_a_log_that_is_trimmed_and_rotated_beside_a_backup_while_nobody_looks_counts_once(
    tmp_path, by_copy, seen, count, backup, patterns
):
    """The backup has all that was read, but the log is what has its last lines, under whichever inode."""
    log, rotated = tmp_path / "m.log", {"m.log.1": "m.log.1", "m.log-20260101": "m.log-20260102"}[backup]
    append(log, *lines(0, count))
    follower = followed(tmp_path / patterns)
    shutil.copy(log, tmp_path / backup)
    if seen:
        follower.turn()
    follower.stop()
    keep_last(log, 25)
    if by_copy:
        shutil.copy(log, tmp_path / "t")
        os.replace(tmp_path / "t", log)
    if backup == rotated:
        os.rename(tmp_path / backup, tmp_path / "m.log.2")
    log.rename(tmp_path / rotated)
    append(log, *lines(count, 5))
    follower.start()
    follower.wait(0, 1, 11, 700)
    follower.tail.close()
    assert follower.lines == lines(0, count + 5)
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("less", [1, 6])
@pytest.mark.parametrize("trimmed", [0, 50])
def test_a_log_that_lost_its_end_is_known_though_a_longer_file_has_its_inode(log, trimmed, less, restarted):
    """That it left its path under another name is told by the bytes there, not by the inode alone."""
    follower = followed(log)
    follower.stop()
    state = lines(0, 100)[trimmed : 100 - less]
    old = log.rename(log.with_name("m.log.1"))
    old.write_text("".join(line + "\n" for line in lines(1000, 300)))
    follower.start()
    follower.turn()
    if restarted:
        follower.restart_at_once()
    append(log.parent.parent / "t", *state, *lines(100, 2))
    os.rename(log.parent.parent / "t", log)
    follower.wait(0, 1, 11, 700)
    follower.tail.close()
    assert sorted(follower.lines) == lines(0, 102) + lines(1000, 300)


@pytest.mark.parametrize("killed", [False, True])
def test_what_was_read_of_a_log_is_not_lost_with_the_copy_that_replaced_it(log, killed):
    """It was put in its place while the log was still unread, and emptied unread itself."""
    follower = Follower(log)
    follower.look()
    append(log, *lines(100, 100))
    follower.look()
    shutil.copy(log, log.with_name("t"))
    os.replace(log.with_name("t"), log)
    follower.look()
    append(log, *lines(200, 3))
    follower.look()
    os.truncate(log, 0)
    follower.turn()
    follower.commit()
    if killed:
        follower.restart()
    follower.wait(0, 1, 11, 700)
    follower.tail.close()
    assert follower.lines == lines(0, 200)
    assert follower.lost == sum(len(line) + 1 for line in lines(200, 3))
