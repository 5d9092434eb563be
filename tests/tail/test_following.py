import os
import subprocess

import pytest

from logwatch.discover import Globs
from logwatch.model import Rotation
from tests.helpers.recorder import Follower, append, caught_up, pack_away


@pytest.fixture
def path(tmp_path):
    return tmp_path / "mesibo.log"


def test_what_is_there_is_read_and_what_is_appended_too(path):
    """Existing lines come first, appended ones follow, each once."""
    append(path, "one", "two")
    follower = caught_up(path)
    append(path, "three")
    follower.turn()
    follower.turn()
    assert follower.lines == ["one", "two", "three"]


def test_a_file_that_appears_later_is_read_from_its_beginning(path):
    """A path that leads nowhere is waited for."""
    follower = caught_up(path)
    append(path, "one")
    follower.turn()
    assert follower.lines == ["one"]


def test_a_partial_line_waits_for_its_end(path):
    """Half a line is not handed on until its other half is there."""
    append(path, "one", "tw", end="")
    follower = caught_up(path)
    assert follower.lines == []
    append(path, "o")
    follower.turn()
    assert follower.lines == ["onetwo"]


def test_globs_find_files_that_come_later(tmp_path):
    """A new file that matches is followed with the next look."""
    append(tmp_path / "a.log", "a")
    follower = caught_up(tmp_path / "*.log")
    append(tmp_path / "b.log", "b")
    append(tmp_path / "c.txt", "c")
    follower.turn()
    assert sorted(follower.lines) == ["a", "b"]


def test_rename_and_create_lose_no_line(path):
    """Unread and late lines of the renamed file count, and the new file is read from its beginning."""
    append(path, "one")
    follower = caught_up(path)
    append(path, "two")
    path.rename(f"{path}.1")
    append(path, "three")
    append(f"{path}.1", "late")
    follower.turn()
    append(f"{path}.1", "very late")
    follower.turn()
    assert sorted(follower.lines) == sorted(["one", "two", "late", "three", "very late"])
    assert follower.rotations() == {"rename": 1}


def test_each_rotation_is_reported_with_its_time_path_and_kind(path):
    """What a sink is told of a rotation names the followed path, and is told once, however often it is looked at."""
    append(path, "one")
    follower = caught_up(path)
    path.rename(f"{path}.1")
    append(path, "two")
    follower.wait(60)
    renamed = Rotation(follower.clock.now, "mesibo", str(path), "rename", 1)
    assert follower.sink.history == [renamed]
    os.truncate(path, 0)
    append(path, "3")
    follower.wait(60)
    assert follower.sink.history == [renamed, Rotation(follower.clock.now, "mesibo", str(path), "truncate", 1)]


def test_a_truncated_log_is_read_from_its_beginning(path):
    """A file that is emptied in place is read from its beginning again."""
    append(path, "one", "two")
    follower = caught_up(path)
    os.truncate(path, 0)
    append(path, "x")
    follower.turn()
    assert follower.lines == ["one", "two", "x"]
    assert follower.rotations() == {"truncate": 1}
    follower.wait(11)
    assert follower.lost == 0
    assert follower.missed == 0


def test_restart_goes_on_where_the_commit_was(path):
    """What was committed is not read again; what was read after the commit is."""
    append(path, "one")
    follower = caught_up(path)
    follower.commit()
    append(path, "two")
    follower.turn()
    follower.kill()
    append(path, "three")
    follower.start()
    follower.turn()
    assert follower.lines == ["one", "two", "three"]
    assert follower.missed == 0


def test_what_came_between_a_look_and_a_read_keeps_a_renamed_log_open(tmp_path):
    """A line was begun that only a read has seen: its file is not let go of in the middle of it once it is renamed."""
    log = tmp_path / "mesibo.log"
    append(log, "first line of a log")
    follower = caught_up(log)
    append(log, "second line of a log")
    follower.look()
    follower.clock.now += 700
    append(log, "third line", end="")
    os.utime(log, (follower.clock(), follower.clock()))
    while follower.tail.read(follower.sink, 1 << 20):
        pass
    log.rename(tmp_path / "mesibo.log.1")
    log.touch()
    follower.turn()
    append(tmp_path / "mesibo.log.1", " of a log")
    follower.turn()
    follower.tail.close()
    assert follower.lines == ["first line of a log", "second line of a log", "third line of a log"]


def test_a_log_that_was_quiet_for_long_is_kept_open_once_it_is_renamed(tmp_path):
    """Its writer ends what it has begun before it opens the log anew, and the file may be packed right after."""
    log = tmp_path / "mesibo.log"
    append(log, "first line of a log")
    follower = caught_up(log)
    follower.wait(1200)
    log.rename(tmp_path / "mesibo.log.1")
    log.touch()
    follower.turn()
    append(tmp_path / "mesibo.log.1", "last line of a log")
    pack_away(tmp_path / "mesibo.log.1")
    follower.wait(0, 700, 1)
    follower.tail.close()
    assert follower.lines == ["first line of a log", "last line of a log"]
    assert (follower.lost, follower.missed) == (0, 0)


def reconfigured(follower, *patterns):
    """Stop, and start again with other patterns."""
    follower.stop()
    follower.make = lambda: Globs(map(str, patterns))
    follower.start()
    follower.turn()


def test_a_log_that_is_taken_out_of_the_patterns_counts_no_more(tmp_path):
    """What it gets, and the files that it is rotated to, are left alone; put back, it goes on where it was read to."""
    append(tmp_path / "a.log", "a1 of the first log")
    append(tmp_path / "b.log", "b1 of the second log")
    follower = caught_up(tmp_path / "a.log", tmp_path / "b.log")
    reconfigured(follower, tmp_path / "a.log")
    append(tmp_path / "b.log", "b2 of the second log")
    follower.turn()
    (tmp_path / "b.log").rename(tmp_path / "b.log.1")
    follower.turn()
    append(tmp_path / "b.log", "b3 of the second log")
    follower.turn()
    assert sorted(follower.lines) == ["a1 of the first log", "b1 of the second log"]
    assert follower.tail.status().files_followed == 1
    assert follower.log.named("path_left_out") == [{"path": str(tmp_path / "b.log"), "unread_bytes": 0}]
    reconfigured(follower, tmp_path / "a.log", tmp_path / "b.log")
    assert follower.lines[2:] == ["b2 of the second log", "b3 of the second log"]
    assert (follower.lost, follower.missed) == (0, 0)


def test_a_log_that_is_taken_out_of_the_patterns_may_leave_its_inode_to_another(tmp_path):
    """What it was is told by its bytes: the next file of a log that is followed does not bring it back."""
    a, b = tmp_path / "a.log", tmp_path / "b.log"
    append(a, "a1 of the first log")
    append(b, "b1 of the second log")
    follower = caught_up(a, b)
    follower.stop()
    a.rename(tmp_path / "a.log.1")
    b.rename(a)  # an inode that is free is given again, which no test can rely on
    a.write_text("a2 of the first log\n")
    append(b, "b2 of the second log")
    follower.start()
    reconfigured(follower, a)
    append(b, "b3 of the second log")
    follower.turn()
    assert sorted(follower.lines) == ["a1 of the first log", "a2 of the first log", "b1 of the second log"]
    assert (follower.lost, follower.missed) == (0, 0)


def test_a_source_is_down_when_its_patterns_lead_nowhere_any_more(tmp_path):
    """A log that was followed by other patterns does not stand in for the one that is wanted."""
    append(tmp_path / "a.log", "a1 of the first log")
    follower = caught_up(tmp_path / "a.log")
    assert follower.tail.status().up
    reconfigured(follower, tmp_path / "c.log")
    assert not follower.tail.status().up


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("name", ["a.log.2026-11-{}", "a_202611{}0900", "a.log-202611{}"])
def test_a_log_whose_writer_names_each_file_by_its_date_is_there(tmp_path, name, restart):
    """A pattern may match the name without a date too, which no file ever has: ``app.log*`` and rotatelogs."""
    follower = Follower(tmp_path / "a*")
    for day in (27, 28, 29):
        append(tmp_path / name.format(day), f"the first line of the {day}th")
        if day == 29:
            (tmp_path / name.format(27)).unlink()
        if restart and day > 27:
            follower.restart()
        follower.wait(0, 700)
        follower.commit()
        assert follower.tail.status().up
    for day, up in ((28, True), (29, False)):  # an archive is no log
        subprocess.run(["gzip", tmp_path / name.format(day)], check=True)
        follower.wait(0, 700)
        assert follower.tail.status().up == up
    assert sorted(follower.lines) == [f"the first line of the {day}th" for day in (27, 28, 29)]


def test_a_log_that_rotation_dated_is_gone_if_nothing_takes_its_place(tmp_path):
    """The path did lead to it: what rotation has left of it is no log."""
    append(tmp_path / "a.log", "a1")
    follower = caught_up(tmp_path / "a.log*")
    (tmp_path / "a.log").rename(tmp_path / "a.log-20261129")
    follower.wait(0)
    assert not follower.tail.status().up


def test_where_a_link_leads_is_a_reason_to_look_until_it_leads_elsewhere(path, tmp_path):
    """What is appended to its file, or replaces it, happens in that directory, not in that of the link."""
    for place in ("pods", "other"):
        (tmp_path / place).mkdir()
        append(tmp_path / place / "0.log", place)
    path.symlink_to(tmp_path / "pods" / "0.log")
    follower = caught_up(path)
    assert follower.tail.directories() == {str(tmp_path), str(tmp_path / "pods")}
    path.unlink()
    path.symlink_to(tmp_path / "other" / "0.log")
    follower.turn()
    assert follower.lines == ["pods", "other"]
    assert follower.tail.directories() == {str(tmp_path), str(tmp_path / "other")}


@pytest.mark.parametrize("compatible", [None, os.symlink, os.link])
def test_a_log_that_moved_with_its_pattern_goes_on_at_its_new_path(tmp_path, compatible):
    """Nothing counts again, whether its old path is gone, or leads to it as well."""
    old, new = tmp_path / "old" / "m.log", tmp_path / "new" / "m.log"
    old.parent.mkdir()
    new.parent.mkdir()
    append(old, *(f"line {n} of a log" for n in range(20)))
    follower = caught_up(old)
    old.rename(new)
    if compatible:
        compatible(new, old)
    reconfigured(follower, new)
    append(new, "last line of a log")
    follower.turn()
    follower.wait(700)
    append(new, "very last line of a log")
    follower.turn()
    assert follower.lines == [
        *(f"line {n} of a log" for n in range(20)), "last line of a log", "very last line of a log"
    ]  # fmt: skip
    assert (follower.lost, follower.missed) == (0, 0)


def test_a_log_that_moved_with_its_pattern_brings_what_it_was_rotated_to(tmp_path):
    """What was not read yet of a rotated file goes on behind the log's new path, too."""
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    append(old / "m.log", "line 1 of a log")
    follower = caught_up(old / "m.log")
    append(old / "m.log", "line 2 of a log")
    (old / "m.log").rename(old / "m.log.1")
    append(old / "m.log", "line 3 of a log")
    follower.look()
    old.rename(new)
    reconfigured(follower, new / "m.log")
    follower.wait(700)
    assert follower.lines == ["line 1 of a log", "line 2 of a log", "line 3 of a log"]
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize("moved", ["mv log new", "cp -a log new; rm -r log"])
@pytest.mark.parametrize("rotate", ["mv new/m.log new/m.log.1", "mv new/m.log new/m.log.1; gzip new/m.log.1"])
@pytest.mark.parametrize("restart", [False, True])
def test_a_log_that_was_moved_with_its_directory_and_rotated_before_it_is_followed_there_counts_once(
    tmp_path, moved, rotate, restart
):
    """What was not read at the old path is in a rotated file of the new one, and counts, whatever its inode."""
    (tmp_path / "log").mkdir()
    append(tmp_path / "log" / "m.log", *(f"E2511-101010-{n:03} (1): line {n} of the old log" for n in range(40)))
    follower = caught_up(tmp_path / "log" / "m.log")
    if restart:
        follower.stop()
    append(tmp_path / "log" / "m.log", "E2511-101011-000 (1): not read")
    subprocess.run(["sh", "-ec", f"{moved}; {rotate}"], cwd=tmp_path, check=True)
    append(tmp_path / "new" / "m.log", "E2511-101012-000 (1): new")
    follower.make = lambda: Globs([str(tmp_path / "new" / "m.log")])
    if restart:
        follower.start()
    else:
        follower.restart_at_once()
    follower.wait(0, 1, 11, 1)
    assert set(follower.sink.lines.values()) == {1}
    assert len(follower.sink.lines) == 42
    assert (follower.lost, follower.missed) == (0, 0)
