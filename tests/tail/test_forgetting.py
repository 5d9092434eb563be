"""What is gone for good leaves nothing behind: no row, no memory, no look; what may come back is remembered."""

import errno
import os
import shutil
import tempfile
from collections import Counter

import pytest

from logwatch.tail.generation_state import UNSEEN_SECONDS
from tests.helpers.recorder import Follower, append, caught_up

DAY = 86400


def pods(tmp_path, numbers):
    """Write a log for each of these pods, with one beside every tenth that was rotated long ago."""
    for n in numbers:
        pod = tmp_path / "pods" / str(n)
        pod.mkdir(parents=True)
        if n % 10 == 0:
            append(pod / "0.log.1", f"a line of before, of pod {n:06}")
            os.utime(pod / "0.log.1", (1, 1))
        append(pod / "0.log", *(f"line {i} of pod {n:06}" for i in range(3)))


def size_of(follower):
    tail = follower.tail
    return {
        "rows": len(follower.sink.positions),
        "followers": len(tail._followers),
        "generations": len(list(tail._generations())),
        "by inode": sum(map(len, tail._owners._by_key.values())),
        "names": len(tail._owners._paths),
        "opened": len(tail._ctx.files._files),
        "open": tail._ctx.files.open,
        "shapes": sum(bool(each.shapes) for each in tail._ctx.directories._listed.values()),
    }


@pytest.mark.parametrize("life", ["running", "stopped meanwhile", "killed"])
def test_a_thousand_paths_that_come_and_go_leave_nothing_behind(tmp_path, life):
    """Rows, followers, open files and all that is kept in mind are bounded by what was there in the last days."""
    append(tmp_path / "stays.log", "a line of what stays")
    follower = caught_up(tmp_path / "stays.log", tmp_path / "pods" / "*" / "0.log", release_seconds=60)
    for day in range(20):
        pods(tmp_path, range(50 * day, 50 * day + 50))
        follower.turn()
        with follower.away(life == "stopped meanwhile"):
            shutil.rmtree(tmp_path / "pods")
        if life == "killed":
            follower.restart_at_once()
        follower.turn()
        follower.wait(61, DAY)
        size = size_of(follower)
        most = {"rows": 221, "followers": 201, "names": 201, "by inode": 1000 + 4 * 400, "opened": 200}
        assert {name for name, n in most.items() if size[name] > n} == set(), size
    for _ in range(4):
        follower.wait(DAY)
    size = size_of(follower)
    assert size["rows"] == size["followers"] == size["generations"] == size["names"] == size["open"] == 1, size
    assert size["shapes"] <= 1
    assert sum(follower.sink.lines.values()) == len(follower.sink.lines) == 1 + 50 * 20 * 3
    follower.tail.close()


@pytest.mark.parametrize(("days", "times"), [(2, 1), (4, 2)])
@pytest.mark.parametrize("restarted", [False, True])
def test_what_comes_back_within_days_is_remembered(tmp_path, days, times, restarted):
    """A directory that is moved away and back, or mounted again, holds nothing new for three days, then counts anew."""
    append(tmp_path / "stays.log", "a line of what stays")
    pods(tmp_path, [1])
    follower = caught_up(tmp_path / "stays.log", tmp_path / "pods" / "*" / "0.log", release_seconds=60)
    follower.stop()
    (tmp_path / "pods").rename(tmp_path / "away")
    follower.start()
    follower.turn()
    follower.wait(61)
    for _ in range(days):
        follower.wait(DAY)
        if restarted:
            follower.restart_at_once()
            follower.turn()
    (tmp_path / "away").rename(tmp_path / "pods")
    append(tmp_path / "pods" / "1" / "0.log", "and one more")
    follower.wait(6)
    assert [follower.sink.lines[line] for line in (b"line 0 of pod 000001", b"and one more")] == [times, 1]
    follower.tail.close()


def test_the_newest_of_a_path_that_is_named_stays_known(tmp_path):
    """However long a log was away, its next file is none that was there before it was first followed."""
    log = tmp_path / "m.log"
    append(log, "one")
    follower = caught_up(log, start_at="end", release_seconds=60)
    append(log, "two")
    follower.turn()
    follower.stop()
    log.unlink()
    follower.start()
    follower.turn()
    for _ in range(5):
        follower.wait(DAY)
    follower.stop()
    append(log, "three")
    follower.start()
    follower.turn()
    assert follower.lines == ["two", "three"]
    follower.tail.close()


def shift(log, directory, number):
    """Rotate a log into a directory, where older ones have higher numbers."""
    for n in range(9, 0, -1):
        if (old := directory / f"m.log.{n}").exists():
            old.rename(directory / f"m.log.{n + 1}")
    shutil.move(log, directory / "m.log.1")
    append(log, *(f"E2511-101112-{n:03} (1): of log {number}" for n in range(5)))


@pytest.mark.parametrize("error", [errno.EACCES, errno.EMFILE])
def test_what_lies_where_nobody_can_look_for_a_while_stays_known(tmp_path, monkeypatch, error):
    """A directory that cannot be listed when a log is rotated in it holds nothing new once it can be again."""
    log = tmp_path / "m.log"
    append(log, *(f"E2511-101112-{n:03} (1): of log 0" for n in range(5)))
    follower = caught_up(log, release_seconds=60)
    scandir = os.scandir
    for number in range(1, 6):
        if number == 4:
            monkeypatch.setattr(os, "scandir", lambda _: (_ for _ in ()).throw(OSError(error, os.strerror(error))))
        shift(log, tmp_path, number)
        follower.wait(0, 11, 61)
        monkeypatch.setattr(os, "scandir", scandir)
    assert sorted(Counter(follower.lines).values()) == [1] * 30
    assert (follower.lost, follower.missed) == (0, 0)
    follower.tail.close()


@pytest.mark.parametrize("restarted", [False, True])
def test_what_lies_on_a_file_system_that_is_not_mounted_stays_known(tmp_path, restarted):
    """While the directory for old logs is an empty mount point, the log goes on, and nothing of before is forgotten."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as mounted:
        if os.stat(mounted).st_dev == os.stat(tmp_path).st_dev:
            pytest.skip("needs two file systems")
        log, old = tmp_path / "m.log", tmp_path / "old"
        old.symlink_to(mounted)
        append(log, *(f"E2511-101112-{n:03} (1): of log 0" for n in range(5)))
        follower = caught_up(log, rotated=(f"{old}/*",), release_seconds=60)
        for number in range(1, 6):
            shift(log, old, number)
            follower.wait(0, 11, 61)
            if number == 3:
                old.unlink()
                old.mkdir()
                if restarted:
                    follower.restart_at_once()
                follower.tail._followers[str(log)].mark_due()
                follower.wait(11)
                shutil.rmtree(old)
                old.symlink_to(mounted)
        assert sorted(Counter(follower.lines).values()) == [1] * 30
        assert (follower.lost, follower.missed) == (0, 0)
        follower.tail.close()


@pytest.mark.parametrize("seconds", [0, 100])
def test_what_lies_in_a_directory_that_was_moved_stays_known_though_a_new_one_took_its_place(tmp_path, seconds):
    """The log goes on in the new directory at once; when the old one is moved back, nothing in it is new."""
    place, away = tmp_path / "logs", tmp_path / "away"
    place.mkdir()
    log = place / "m.log"
    append(log, *(f"E2511-101112-{n:03} (1): of log 0" for n in range(5)))
    follower = caught_up(log, release_seconds=60)
    for number in range(1, 4):
        shift(log, place, number)
        follower.wait(0, 11, 61)
    place.rename(away)
    place.mkdir()
    append(log, *(f"E2511-101113-{n:03} (1): of another" for n in range(5)))
    follower.wait(0, seconds)
    place.rename(tmp_path / "of another")
    away.rename(place)
    follower.wait(0, 11, 61)
    assert sorted(Counter(follower.lines).values()) == [1] * 25
    assert (follower.lost, follower.missed) == (0, 0)
    follower.tail.close()


@pytest.mark.parametrize("kept", [1, 3])
@pytest.mark.parametrize("restarted", [False, True])
def test_of_a_log_that_is_absent_at_each_rotation_what_is_gone_is_forgotten(tmp_path, kept, restarted):
    """What was read to its end, and is nowhere in a look that saw the other files of its log, leaves no row behind."""
    log, gone, removed = tmp_path / "m.log", tmp_path / "gone", tmp_path / "removed"
    gone.mkdir()
    removed.mkdir()
    follower = Follower(log, release_seconds=60)
    for night in range(12):
        append(log, *(f"E2511-101112-{n:03} (1): of night {night}" for n in range(5)))
        follower.wait(1)
        for n in range(kept, 0, -1):
            if (old := tmp_path / f"m.log.{n}").exists():
                old.rename(tmp_path / f"m.log.{n + 1}" if n < kept else gone / f"{night}")
        log.rename(tmp_path / "m.log.1")
        follower.wait(100)
        if restarted:
            follower.restart_at_once()
        for old in gone.iterdir():  # not before it was let go of: it has a name as long as it is open
            old.rename(removed / old.name)
        follower.wait(100)
    follower.wait(UNSEEN_SECONDS)
    assert len(follower.sink.positions) <= kept + 1
    assert sorted(Counter(follower.lines).values()) == [1] * 60
    assert (follower.lost, follower.missed) == (0, 0)
    follower.tail.close()


def test_what_lies_in_an_archive_stays_known_as_long_as_it_lies_there(tmp_path):
    """A log's files that are put away by hand are no news beside those that come later; their rows go with them."""
    log, archive, removed = tmp_path / "m.log", tmp_path / "archive", tmp_path / "removed"
    archive.mkdir()
    removed.mkdir()
    follower = Follower(log, release_seconds=60)
    for night in range(6):
        append(log, *(f"E2511-101112-{n:03} (1): of night {night}" for n in range(5)))
        follower.wait(1)
        log.rename(archive / f"m.log-2026112{night}")
        follower.wait(100)
        if night == 3:
            follower.restart_at_once()
    assert len(follower.sink.positions) == 6
    for old in sorted(archive.iterdir())[:4]:
        old.rename(removed / old.name)  # a log that is removed may leave its inode to the next one
    append(log, "E2511-101112-000 (1): of the next day")
    follower.wait(1, UNSEEN_SECONDS, 1)
    assert len(follower.sink.positions) == 3
    assert sorted(Counter(follower.lines).values()) == [1] * 31
    follower.tail.close()
