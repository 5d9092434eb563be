"""What becomes of positions when the daemon was away: found again, or counted as lost, to the byte where known."""

import gzip
import os
import shutil
import subprocess
from dataclasses import replace

import pytest

from tests.helpers.recorder import Follower, append, caught_up


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "mesibo.log")


def line(n):
    return f"E2211-101112-{n:03} (1): push {n} {'x' * 60}"


def lines(*numbers):
    return [line(n) for n in numbers]


@pytest.fixture
def follower(path):
    """Follow a log of which lines 0 to 4 are counted and committed, and lines 5 and 6 were written after that."""
    append(path, *lines(*range(5)))
    follower = caught_up(path)
    follower.stop()
    append(path, *lines(5, 6))
    return follower


def settle(follower):
    follower.start()
    follower.turn()
    follower.wait(11, 700, 1)


def pack(path):
    with open(path, "rb") as source, gzip.open(path + ".gz", "wb") as target:
        shutil.copyfileobj(source, target)
    os.unlink(path)


def rename(path):
    os.rename(path, path + ".1")


def rename_and_pack(path):
    rename(path)
    pack(path + ".1")


def rename_far(path):
    os.rename(path, path + "-20261122")


def move_to_another_system(path):
    """Copy over and remove: as mv does from one file system to another."""
    shutil.copyfile(path, path + ".1")
    os.unlink(path)


def copy_and_truncate(path):
    shutil.copyfile(path, path + ".1")
    os.truncate(path, 0)


def restore(path):
    """Replace the whole directory's files by copies: other inodes, same names."""
    shutil.copyfile(path, path + "~")
    os.rename(path + "~", path)


@pytest.mark.parametrize(
    "happens", [rename, rename_and_pack, rename_far, move_to_another_system, copy_and_truncate, restore]
)
@pytest.mark.parametrize("more", [0, 1, 40])
def test_a_position_is_taken_up_where_its_bytes_are(follower, path, happens, more):
    """Renamed, dated, packed, copied or restored while the daemon was away: unread lines count, read ones do not."""
    happens(path)
    append(path, *lines(*range(7, 7 + more)))
    settle(follower)
    assert sorted(follower.lines) == lines(*range(7 + more))
    assert (follower.lost, follower.missed) == (0, 0)


def test_generations_in_between_are_read_in_order(follower, path):
    """Two generations that came and went during a stop are read, oldest first, packed or not."""
    rename(path)
    append(path, *lines(7, 8))
    os.rename(path + ".1", path + ".2")
    rename_and_pack(path)
    os.rename(path + ".2", path + ".3")
    os.rename(path + ".1.gz", path + ".2.gz")
    append(path, *lines(9, 10))
    rename(path)
    append(path, *lines(11))
    settle(follower)
    assert follower.lines == lines(*range(12))
    assert follower.rotations() == {"rename": 3}


def test_a_generation_that_is_gone_is_counted_as_missed(follower, path):
    """What was seen by the last commit and not read is lost to the byte, and a generation was missed: logged once."""
    follower.start()
    follower.tail.look(follower.sink)  # sees lines 5 and 6, and does not read them
    follower.stop()
    os.unlink(path)
    append(path, *lines(7))
    settle(follower)
    assert follower.lines == lines(*range(5), 7)
    assert follower.missed == 1
    assert follower.lost == sum(len(text) + 1 for text in lines(5, 6))
    assert len(follower.log.named("generation_missed")) == 1
    follower.stop()
    settle(follower)
    assert follower.missed == 1


@pytest.mark.parametrize("moves", [2, 3, 5])
def test_what_rotate_1_removes_while_the_daemon_is_down_is_one_missed_generation(follower, path, moves):
    """The followed log is nowhere: that is reported after ten seconds, once, however many came and went behind it."""
    for n in range(moves):
        os.replace(path, path + ".1")
        append(path, *lines(7 + n))
    follower.start()
    follower.turn()
    follower.wait(11)
    assert follower.lines == lines(*range(5), 5 + moves, 6 + moves)
    assert (follower.lost, follower.missed) == (0, 1)


def test_a_file_that_is_not_there_yet_is_waited_for(follower, path):
    """If a file system is mounted later, its files are neither missed nor read twice."""
    os.rename(path, path + "~away")
    follower.start()
    follower.turn()
    follower.wait(300)
    assert follower.missed == 0
    os.rename(path + "~away", path)
    follower.turn()
    assert follower.lines == lines(*range(7))
    follower.wait(700)
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_log_that_is_gone_is_waited_for_even_if_its_directory_was_removed(tmp_path, depth):
    """It may come back with a mount; after ``release_seconds``, one generation was missed."""
    pod = tmp_path / "pods" / "one"
    pod.mkdir(parents=True)
    append(pod / "0.log", "a line", "another")
    follower = caught_up(tmp_path / "pods" / "*" / "0.log")
    follower.stop()
    (pod / "0.log").unlink()
    for directory in [pod, tmp_path / "pods"][:depth]:
        directory.rmdir()
    follower.start()
    follower.turn()
    follower.wait(598)
    assert follower.missed == 0
    follower.wait(3)
    assert follower.missed == 1


def test_history_that_was_put_beside_a_log_is_none_of_it_though_what_was_rotated_last_is_gone(follower, path):
    """Where the rotated file lay is known, and nothing else can have come after it: what is older is history."""
    follower.start()
    follower.turn()
    os.rename(path, f"{path}.1")
    append(path, *lines(7, 8))
    follower.turn()
    follower.stop()
    os.unlink(f"{path}.1")
    with gzip.open(f"{path}-20200101.gz", "wt") as file:
        file.write("".join(f"{line}\n" for line in lines(20, 21)))
    os.utime(f"{path}-20200101.gz", (1_577_836_800, 1_577_836_800))
    settle(follower)
    assert follower.lines == lines(*range(9))


def test_a_mount_point_without_its_file_system_is_waited_for(tmp_path):
    """The directory above those that are nowhere is of another file system than the log was."""
    pod = tmp_path / "mnt" / "pods"
    pod.mkdir(parents=True)
    append(pod / "0.log", *lines(1, 2))
    follower = caught_up(pod / "0.log")
    follower.stop()
    for number, position in follower.sink.positions.items():
        follower.sink.positions[number] = position._replace(device=position.device + 1)
    pod.rename(tmp_path / "unmounted")
    follower.start()
    follower.turn()
    follower.wait(590)
    assert follower.missed == 0
    (tmp_path / "unmounted").rename(pod)
    follower.wait(1, 700)
    assert (len(follower.lines), follower.missed) == (2, 0)


def test_a_directory_for_old_logs_is_found(follower, path, tmp_path):
    """Logrotate's olddir: where an open file was moved to is remembered, and looked through after a restart."""
    old = tmp_path / "old"
    old.mkdir()
    follower.start()
    follower.turn()
    os.rename(path, old / "mesibo.log.1")
    append(path, *lines(7))
    follower.turn()
    follower.stop()
    append(old / "mesibo.log.1", *lines(8))
    os.rename(old / "mesibo.log.1", old / "mesibo.log.2")
    append(path, *lines(9))
    os.rename(path, old / "mesibo.log.1")
    append(path, *lines(10))
    settle(follower)
    assert sorted(follower.lines) == sorted(lines(*range(11)))
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize(("packing", "found"), [("", [5, 6]), (".gz", [])])
def test_what_was_given_up_is_no_news_where_it_turns_up_later(follower, path, tmp_path, packing, found):
    """In a directory that the next rotation tells: what was read of it counts once, and what was told as missed may."""
    old = tmp_path / "old" / "mesibo.log.1"
    old.parent.mkdir()
    os.rename(path, old)
    if packing:
        pack(str(old))
    append(path, *lines(7))
    settle(follower)
    assert follower.missed == 1
    os.rename(f"{old}{packing}", f"{old.with_suffix('.2')}{packing}")
    os.rename(path, old)
    append(path)
    follower.turn()
    append(path, *lines(8))
    follower.wait(1, 11, 700, 1)
    assert sorted(follower.lines) == sorted(lines(*range(5), *found, 7, 8))
    assert follower.missed == 1


@pytest.mark.parametrize("pack", ["", "gzip"])
def test_a_place_for_old_logs_that_is_configured_later_is_read_as_if_it_had_been_known(tmp_path, pack):
    """Files newer than the generation that was missed count; older ones are history."""
    log, old = tmp_path / "m.log", tmp_path / "old"
    old.mkdir()
    append(old / "m.log-20261124", *lines(90, 91))
    append(log, *lines(0, 1, 2))
    follower = caught_up(log)
    follower.stop()
    for day, more in ((25, lines(3, 4)), (26, lines(5)), (27, lines(6, 7))):
        append(log, *more)
        log.rename(old / f"m.log-202611{day}")
    if pack:
        subprocess.run(["gzip", *sorted(old.iterdir())], check=True)
    append(log, *lines(8))
    follower.start()
    follower.turn()
    follower.wait(2)
    follower.stop()
    follower.spec = replace(follower.spec, rotated=(str(old / "m.log*"),))
    follower.start()
    follower.wait(0, 1, 11, 700)
    assert sorted(follower.lines) == lines(*range(9))
    assert (follower.lost, follower.missed) == (0, 0)


def test_late_lines_of_a_renamed_file_are_read_after_a_restart(follower, path):
    """A renamed file is watched on after a restart, until it has not grown for long enough."""
    rename(path)
    append(path, *lines(7))
    follower.start()
    follower.turn()
    follower.restart()
    follower.turn()
    append(path + ".1", *lines(8))
    follower.turn()
    assert sorted(follower.lines) == lines(*range(9))


def test_old_rotated_files_are_no_news(path):
    """What was rotated away before the path was first followed stays out, packed and renamed later or not."""
    append(path + ".1", *lines(0, 1))
    append(path + ".2", *lines(2))
    pack(path + ".2")
    append(path, *lines(3))
    follower = caught_up(path)
    follower.stop()
    for n in (2, 1):
        suffix = ".gz" if n == 2 else ""
        os.rename(f"{path}.{n}{suffix}", f"{path}.{n + 1}{suffix}")
    pack(path + ".2")
    rename(path)
    append(path, *lines(4))
    settle(follower)
    assert follower.lines == lines(3, 4)


def test_history_that_globs_match_is_read_once(tmp_path, path):
    """Globs that lead to rotated names mean them: each is read once, whatever it is renamed to later."""
    append(path + ".2", *lines(0, 1))
    pack(path + ".2")
    append(path + ".1", *lines(2, 3))
    append(path, *lines(4))
    follower = caught_up(tmp_path / "mesibo.log*")
    follower.commit()
    assert follower.lines == lines(*range(5))
    assert follower.rotations() == {}
    os.rename(path + ".2.gz", path + ".3.gz")
    os.rename(path + ".1", path + ".2")
    pack(path + ".2")
    rename(path)
    append(path, *lines(5))
    follower.turn()
    follower.stop()
    settle(follower)
    assert follower.lines == lines(*range(6))


def test_starting_at_the_end_skips_what_is_there(path):
    """With start_at = "end", present lines are skipped, also an unfinished one's rest; later files are read whole."""
    append(path, *lines(0, 1))
    append(path, line(2)[:10], end="")
    follower = caught_up(path, start_at="end")
    append(path, line(2)[10:], *lines(3))
    follower.turn()
    rename(path)
    append(path, *lines(4, 5))
    follower.turn()
    assert follower.lines == lines(3, 4, 5)


def test_starting_at_the_end_skips_nothing_of_a_file_that_comes_later(path):
    """start_at = end is about what is there at the start: what a glob finds afterwards is read."""
    follower = Follower(os.path.dirname(path) + "/*.log", start_at="end")
    append(path, *lines(0))
    follower.turn()
    append(os.path.dirname(path) + "/other.log", *lines(1))
    follower.turn()
    assert follower.lines == lines(1)


def test_a_log_that_first_came_while_the_daemon_was_away_counts_with_all_its_generations(path):
    """A path that led nowhere is known to have had no history: what was rotated since then is new."""
    follower = caught_up(path)
    follower.stop()
    append(path, *lines(0))
    rename(path)
    append(path, *lines(1))
    settle(follower)
    assert follower.lines == lines(0, 1)


def test_an_inode_that_is_free_again_proves_nothing_with_a_few_bytes(tmp_path):
    """A file of which only the beginning of a line was ever seen does not claim another path's copy with its inode."""
    one, other = str(tmp_path / "one.log"), str(tmp_path / "other.log")
    append(one, "E221", end="")
    append(other, *lines(0))
    follower = caught_up(tmp_path / "*.log")
    os.rename(one, one + ".1")
    follower.turn()
    follower.wait(700)
    follower.stop()
    append(other, *lines(1))
    with open(one + ".1", "w", encoding="utf-8") as again, open(other, encoding="utf-8") as log:
        again.write(log.read())  # what the system does when it gives the inode to a new file
    os.rename(one + ".1", other + ".1")
    os.truncate(other, 0)
    append(other, *lines(2))
    settle(follower)
    assert follower.lines == ["E221", *lines(0)][::-1] + lines(1, 2)
    assert follower.lost == 0


def test_an_unfinished_last_line_counts_when_its_file_is_let_go(path):
    """Nothing can follow it any more, so it is handed on, once."""
    append(path, *lines(0))
    append(path, line(1), end="")
    follower = caught_up(path)
    rename(path)
    append(path, *lines(2))
    follower.turn()
    follower.wait(599)
    assert sorted(follower.lines) == lines(0, 2)
    follower.wait(2)
    assert sorted(follower.lines) == lines(0, 1, 2)
    assert [event["path"] for event in follower.log.named("file_released")] == [path + ".1"]
    follower.stop()
    settle(follower)
    assert sorted(follower.lines) == lines(0, 1, 2)


def test_a_deleted_file_is_let_go(path):
    """The host gets its disk space back once a deleted file has not grown for release_seconds."""
    append(path, *lines(0))
    follower = caught_up(path)
    with open(path, "a", encoding="utf-8") as writer:
        os.unlink(path)
        writer.write("".join(text + "\n" for text in lines(1)))
        writer.flush()
        follower.wait(500)
        writer.write("".join(text + "\n" for text in lines(2)))
        writer.flush()
        follower.turn()
        follower.wait(599)
        assert follower.tail.status().files_followed == 1
        follower.wait(2)
        assert follower.tail.status().files_followed == 0
    follower.turn()
    assert follower.lines == lines(0, 1, 2)
    assert follower.sink.positions == {}
    assert (follower.lost, follower.missed) == (0, 0)


def test_the_ledger_does_not_grow_with_the_years(path):
    """Positions of files that rotation has removed are forgotten."""
    follower = Follower(path)
    for n in range(60):
        append(path, *lines(n))
        follower.turn()
        for number in (3, 2, 1):
            if os.path.exists(f"{path}.{number}"):
                os.rename(f"{path}.{number}", f"{path}.{number + 1}")
        if os.path.exists(f"{path}.4"):
            os.unlink(f"{path}.4")
        rename(path)
        follower.clock.now += 3600
    follower.turn()
    assert sorted(follower.lines) == lines(*range(60))
    assert len(follower.sink.positions) <= 6
    assert follower.tail.status().files_followed <= 4


def test_an_inode_that_a_copy_has_by_now_is_not_the_deleted_file_that_had_it(tmp_path):
    """After a crash, a file with the inode of a log that was replaced and deleted is not taken for that log."""
    log, other = tmp_path / "mesibo.log", tmp_path / "other"
    append(log, *lines(*range(5)))
    follower = caught_up(tmp_path / "mesibo.log*")
    shutil.copy(log, tmp_path / "new")
    (tmp_path / "new").rename(log)
    follower.turn()
    follower.commit()
    append(log, *lines(5, 6))
    follower.kill()
    other.touch()
    (gone,) = (position for position in follower.sink.positions.values() if position.state == "rotated")
    follower.sink.positions[gone.generation] = gone._replace(inode=other.stat().st_ino)
    follower.start()
    follower.turn()
    shutil.copy(log, other)
    other.rename(tmp_path / "mesibo.log.1")
    log.unlink()
    log.touch()
    follower.wait(0, 11, 700, 1)
    follower.tail.close()
    assert sorted(follower.lines) == lines(*range(7))


def test_many_rotated_files_hold_up_no_line_of_the_log_after_a_restart(tmp_path):
    """Each is opened again, and is at its end: the log behind them is read in the same turn."""
    log = tmp_path / "mesibo.log"
    append(log, line(0))
    follower = Follower(log)
    for n in range(1, 60):
        follower.turn()
        log.rename(tmp_path / f"mesibo.log-20260101-{n:02}")
        append(log, line(n))
    follower.turn()
    follower.commit()
    append(log, line(60))
    follower.restart()
    follower.turn()
    follower.tail.close()
    assert follower.lines == lines(*range(61))


@pytest.mark.parametrize("restarted", [False, True])
def test_what_a_log_left_to_a_copy_is_not_what_its_path_leads_to(tmp_path, restarted):
    """An old file that is put beside a log, which a copy has replaced, is history before and after a restart."""
    log, copy = tmp_path / "m.log", tmp_path / "copy"
    append(log, *(f"E2511-101112-{n:03} (1): a line" for n in range(60)))
    follower = caught_up(log)
    log.rename(tmp_path / "m.log.1")
    shutil.copy(tmp_path / "m.log.1", copy)
    copy.rename(log)
    follower.turn()
    append(tmp_path / "m.log.7", *(f"E2510-101112-{n:03} (1): a line of before" for n in range(60)))
    if restarted:
        follower.restart_at_once()
    else:
        follower.tail._followers[str(log)].mark_due()
    follower.turn()
    assert len(follower.lines) == 60
    assert follower.rotations() == {}
    follower.tail.close()


def test_a_log_that_was_replaced_by_a_copy_before_it_was_read_is_not_lost_with_its_original(path):
    """What is put in the place of a log has all of that: nothing is lost with the original, which a kill closes."""
    follower = caught_up(path)
    append(path, *lines(*range(100)))
    follower.look()
    shutil.copy(path, f"{path}~")
    os.rename(f"{path}~", path)
    follower.look()
    follower.restart_at_once()
    follower.wait(0, 11, 700)
    assert follower.lines == lines(*range(100))
    assert (follower.lost, follower.missed) == (0, 0)


def answer(n):
    body = '{\n  "error": {\n    "code": 404,\n    "message": "Requested entity was not found."\n  }\n}'
    return f"E2211-101112-{n:03} (1): push {n} code 404 {body}"


ROTATIONS = {
    "copied": "cp -p {0} {0}.1; : > {0}",
    "copied and packed": "cp -p {0} {0}.1; : > {0}; gzip {0}.1",
    "packed": "mv {0} {0}.1; : > {0}; gzip {0}.1",
}


@pytest.mark.parametrize("rotation", ROTATIONS)
@pytest.mark.parametrize("banner", ["", "licensed to nobody, all rights are reserved\n" * 6])
@pytest.mark.parametrize("written", [1, 30])
@pytest.mark.parametrize("lost", [1, 4])
@pytest.mark.parametrize("read", [20, 60])
@pytest.mark.parametrize("write", [line, answer])
def test_a_log_that_lost_its_end_counts_once_where_it_is_rotated_as_well(
    path, write, read, lost, written, banner, rotation
):
    """After a power loss, more lines and a rotation, what is new is behind the last line that was read and is there."""
    follower = Follower(path)
    texts = [write(n) for n in range(read + written)]
    append(path, banner, *texts[:read], end="\n")
    follower.turn()
    follower.stop()
    os.truncate(path, os.path.getsize(path) - sum(len(text) + 1 for text in texts[read - lost : read]))
    append(path, *texts[read:])
    subprocess.run(ROTATIONS[rotation].format(path), shell=True, check=True)
    append(path, banner, end="")
    follower.start()
    follower.wait(0, 1, 11, 700)
    stamped = [text for text in follower.lines if text.startswith("E2211")]
    assert stamped == [text.split("\n")[0] for text in texts]
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize("rotation", ["copied", "packed"])
def test_a_log_that_lost_more_than_is_known_of_its_end_is_reported_where_it_is_rotated(path, rotation):
    """Nobody can tell what of a shorter copy of a log was read before: it is reported as a missed generation."""
    follower = Follower(path)
    texts = [answer(n) for n in range(90)]
    append(path, *texts[:60])
    follower.turn()
    follower.stop()
    os.truncate(path, os.path.getsize(path) - sum(len(text) + 1 for text in texts[30:60]))
    append(path, *texts[60:70])
    subprocess.run(ROTATIONS[rotation].format(path), shell=True, check=True)
    follower.start()
    follower.wait(0, 1, 11, 700)
    assert follower.missed == 1
    assert max(follower.sink.lines[text.split("\n")[0].encode()] for text in texts) == 1


@pytest.mark.parametrize("long", [0, 1_500_000], ids=["usual lines", "a line longer than what is read at once"])
def test_what_came_into_a_deleted_log_since_the_last_look_is_read_before_an_orderly_stop(path, long):
    """Lines in a deleted log are read before a stop, even if it was empty or a line takes several reads."""
    follower = Follower(path, envelope="auto", max_line_bytes=2_000_000)
    append(path, *lines(*range(5 if long else 0)))
    follower.turn()
    append(path, *lines(5)[:1], end="x" * long + "\n")
    append(path, *lines(6, 7))
    os.unlink(path)
    follower.stop()
    assert len(follower.lines) == (8 if long else 3)
    settle(follower)
    assert (len(follower.lines), follower.lost) == (8 if long else 3, 0)


def test_deleted_logs_are_read_before_an_orderly_stop_as_long_as_there_is_time(tmp_path):
    """However many they are, or systemd would kill the daemon: those with least left first, of the rest it is told."""
    paths = [str(tmp_path / f"{n}.log") for n in range(3)]
    for n, path in enumerate(paths):
        append(path, *lines(n))
    follower = caught_up(tmp_path / "*.log")
    left = [lines(*range(first, first + count)) for first, count in ((10, 60_000), (70_000, 10), (80_000, 60_000))]
    for path, some in zip(paths, left, strict=True):
        append(path, *some)
    follower.look()
    for path in paths:
        os.unlink(path)
    time = iter([True] * 2)
    follower.stop(lambda: next(time, False))
    read = set(follower.lines)
    assert read.issuperset(left[1])
    assert not read.issuperset(left[0])
    settle(follower)
    assert follower.lost == sum(len(line) + 1 for some in left for line in some if line not in read)


@pytest.mark.parametrize("written", [5, 40_000], ids=["few, that do not decide what lines stand in", "a backlog"])
def test_what_is_left_of_a_deleted_log_is_read_before_an_orderly_stop(path, written):
    """No later start finds it: a container that was removed right before has its last lines counted, and none lost."""
    follower = Follower(path, envelope="auto")
    open(path, "w").close()
    follower.turn()
    append(path, *lines(*range(written)))
    follower.look()
    os.unlink(path)
    follower.look()
    assert not follower.lines
    follower.stop()
    assert len(follower.lines) == written
    settle(follower)
    assert (len(follower.lines), follower.lost, follower.missed) == (written, 0, 0)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("read", [1, 5, 60])
@pytest.mark.parametrize("written", [0, 1])
def test_logs_that_were_copied_and_emptied_while_the_daemon_was_away_count_also_with_less_in_the_last_one(
    tmp_path, written, read, pack
):
    """Copytruncate with ``rotate 1`` and the same banner: the log looks like the one that was read, without its end."""
    log, banner = tmp_path / "m.log", [f"licence and version, line {n} {'=' * 30}" for n in range(5)]

    def lines(first, count):
        return [f"E2211-101112-{n:03} (1): line" for n in range(first, first + count)]

    def write(*some):
        log.write_text("")
        append(log, *banner, *some)

    write(*lines(0, read))
    follower = caught_up(log)
    follower.stop()
    write(*lines(100, 40))
    (tmp_path / "m.log.1").write_bytes(pack(log.read_bytes()))
    write(*lines(200, written))
    follower.start()
    follower.wait(0, 20, 700)
    append(log, *lines(300, 3))
    follower.turn()
    expected = lines(0, read) + lines(100, 40) + lines(200, written) + lines(300, 3)
    assert [line for line in follower.lines if line not in banner] == expected
    assert (follower.missed, follower.lost) == (1, 0)  # nobody saw where the first one ended


@pytest.mark.parametrize(
    ("base", "rotated"),
    [
        ("current", "@400000006900000{n}00000000.s"),  # svlogd's, multilog's and s6-log's
        ("m.log", "2026-11-2{n}-m.log"),
        ("m.log", "m.log-2026112{n}.old"),  # logrotate's, with ``addextension``
    ],
)
@pytest.mark.parametrize("pattern", ["", "*"])
@pytest.mark.parametrize("stopped", [True, False])
def test_what_was_rotated_counts_also_where_the_file_that_was_read_is_gone(tmp_path, stopped, pattern, base, rotated):
    """Of the newest few, which are kept, the name alone tells that they are the log's."""
    log, history = tmp_path / base, tmp_path / rotated.format(n=0)

    def lines(first):
        return [f"E2211-101112-{n:03} (1): line" for n in range(first, first + 20)]

    append(history, *lines(900))
    append(log, *lines(0))
    follower = caught_up(tmp_path / (pattern or base))
    with follower.away(stopped):
        log.unlink()
        for n in (1, 2):
            append(tmp_path / rotated.format(n=n), *lines(100 * n))
        append(log, *lines(300))
    follower.turn()
    past = lines(900) if pattern == "*" else []
    assert sorted(follower.lines) == sorted(past + lines(0) + lines(100) + lines(200) + lines(300))


@pytest.mark.parametrize("restart", [True, False])
@pytest.mark.parametrize("rotated", [True, False])
def test_an_empty_log_on_a_disk_that_was_copied_is_not_missed(path, restart, rotated):
    """``cp -a`` of a host keeps times, but no inodes: an empty file that was last written when it was, is the same."""
    if rotated:
        append(path, *lines(1, 2, 3))
    else:
        open(path, "w").close()
    follower = caught_up(path)
    if rotated:
        os.rename(path, path + ".1")
        open(path, "w").close()
        follower.turn()
    with follower.away(restart):
        for name in (path, path + ".1") if rotated else (path,):
            shutil.copy2(name, name + ".copy")
            os.rename(name + ".copy", name)
    follower.wait(0, 1, 11, 700)
    append(path, *lines(4))
    follower.wait(1)
    assert follower.lines == (lines(1, 2, 3) if rotated else []) + lines(4)
    assert (follower.lost, follower.missed) == (0, 0)
