"""What public bug reports tell of other log followers, by the programs that did it: running, stopped and killed alike.

Each way to treat a log takes its steps one by one, so that a daemon that runs looks between any two of them.
"""

import bz2
import gzip
import lzma
import os
import shutil
import subprocess
from collections import Counter

import pytest

from logwatch import unpack
from tests.helpers.recorder import append, caught_up
from tests.tail.treated import BANNER, FEW_CLAUSES, LIVES, LOOK, Log, followed, played


def rotate(log, options):
    """Rotate by Debian's logrotate."""
    configuration = log.directory.parent / "logrotate.conf"
    configuration.write_text(f"su root root\n{log.path} {{\nrotate 20\nmissingok\n{options}\n}}\n")
    configuration.chmod(0o644)
    log.directory.chmod(0o755)
    log.run("/usr/sbin/logrotate", "--force", "--state", log.directory.parent / "state", configuration)


# ways to treat a log whose every line can be read


def collapsed(log):
    try:
        log.run("fallocate", "-c", "-o", "0", "-l", "8192", log.path)
    except subprocess.CalledProcessError:
        pytest.skip("this file system cannot collapse a file")
    yield
    log.write(2)
    yield


def mirrored_by_rsync(log):
    source = log.directory.parent / "source"
    source.mkdir()
    shutil.copyfile(log.path, source / "m.log")
    for _ in range(6):
        log.write(3, str(source / "m.log"))
        if not shutil.which("rsync") and not os.environ.get("CI"):
            pytest.skip("rsync is not installed")
        log.run("rsync", "-a", "--no-times", f"{source}/", f"{log.directory}/")
        yield


OVERWRITTEN = (
    "dd if=/dev/zero of=m.log bs=100 count=1 conv=notrunc", LOOK, 1, LOOK,
    "printf XXXXXXXXXXXXXXXXXXXXXXXXXXXX | dd of=m.log conv=notrunc", LOOK, 1,
)  # fmt: skip
KEEPING = {
    "punched": ("fallocate -p -o 0 -l 8192 m.log", LOOK, 1, LOOK, 1),
    "punched behind its head": ("fallocate -p -o 4096 -l 8192 m.log", LOOK, 1),
    "punched whole": ("fallocate -p -o 0 -l $(stat -c %s m.log) m.log", LOOK, 1, LOOK, 1),
    "collapsed": collapsed,
    "overwritten in front": OVERWRITTEN,
    "copied over itself": ("cp m.log tmp; mv tmp m.log", LOOK, 1),
    "copied and written on": ("cp m.log tmp", (2, "tmp"), LOOK, "mv tmp m.log", LOOK, 1),
    "edited by vim": ("mv m.log m.log~; cat m.log~ > m.log", LOOK, "rm m.log~", LOOK, 1),
    "edited with a backup": ("mv m.log m.log~; cat m.log~ > m.log", LOOK, 2, LOOK),
    "mirrored by rsync": mirrored_by_rsync,
    "trimmed in place": ("tail -n 50 m.log > t; cat t > m.log; rm t", LOOK, 1),
    "trimmed in place at a bad moment": ("tail -n 50 m.log > t; : > m.log", LOOK, "cat t >> m.log; rm t", LOOK, 1),
    "trimmed by rename": ("tail -n 50 m.log > t; mv t m.log", LOOK, 2),
    "trimmed to one line": ("tail -n 1 m.log > t; cat t > m.log; rm t", LOOK, 1),
    "a line deleted by sed": ("sed -i 5d m.log", LOOK, 1),
    "the first lines deleted by sed": ("sed -i 1,70d m.log", LOOK, 1),
    "the last line deleted by sed": ("sed -i '$d' m.log", LOOK),
    "the last line deleted and more written": ("sed -i '$d' m.log", LOOK, 2),
    "the last line cut off in place": ("sed '$d' m.log > t; cat t > m.log; rm t", LOOK, 2),
    "words replaced by sed": ("sed -i 's/uid 3 /uid XXXXXXXX /' m.log", LOOK, 1),
}
HOW_TRIMMED = ("tail -n 50 m.log > t; cat t > m.log", "tail -n 50 m.log > t; mv t m.log", "sed -i 1,370d m.log")


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("lines", [100, 3000])
@pytest.mark.parametrize("how", KEEPING)
def test_a_log_that_is_changed_where_it_was_read_counts_once(tmp_path, how, lines, life):
    """Punched, collapsed, overwritten, copied, mirrored, edited or trimmed: what was counted is not counted again."""
    lines = max(lines, 400) if how.startswith(("punched", "collapsed")) else lines
    # Whether a log that is nothing but a hole had lines that nobody has read is not known after the daemon was away
    missed = int(how == "punched whole" and life in ("stopped", "killed"))
    played(tmp_path, life, KEEPING[how], lines=lines, missed=missed)


@pytest.mark.parametrize("patterns", [("m.log",), ("m.log*",)])
@pytest.mark.parametrize("pack", ["true", "gzip", "xz"])
@pytest.mark.parametrize("life", LIVES)
def test_a_log_that_was_replaced_by_a_copy_and_rotated_before_a_look_counts_once(tmp_path, pack, patterns, life):
    """What was written to the copy counts from its rotated file, packed or not, whose beginning is known."""
    steps = ("cp m.log t; mv t m.log", 2, f"cp m.log m.log.1; : > m.log; {pack} m.log.1", 1, LOOK)
    played(tmp_path, life, steps, patterns=patterns)


@pytest.mark.parametrize("patterns", [("m.log",), ("m.log*",)])
@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize(
    "changed",
    [
        "fallocate -p -o 0 -l 8192 m.log; cp m.log t",
        "tail -n 50 m.log > t; cat t > m.log",
        "printf XXXXXXXXXXXXXXXXXXXX | dd of=m.log conv=notrunc; cp m.log t",
    ],
)
def test_a_copy_of_what_a_log_was_before_it_was_changed_counts_once(tmp_path, changed, patterns, life):
    """Copied, changed in front and replaced by a copy before a look: what the first copy holds is known."""
    steps = (f"cp m.log m.log.1; {changed}; mv t m.log", LOOK, 1)
    played(tmp_path, life, steps, lines=400, patterns=patterns)


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("how", ["truncate -s -1000 m.log", "head -n -20 m.log > t; cat t > m.log; rm t"])
def test_a_log_that_was_cut_off_at_its_end_is_reported_and_not_read_again(tmp_path, how, life):
    """Beyond the last lines nobody can tell the place: reading goes on at the end, and the log says what it means."""
    log = Log(tmp_path, life)
    log.write(400)
    log.treat((how, LOOK, 1))
    counted = [line for line in log.follower.sink.lines if line in set(log.written)]
    assert max(log.follower.sink.lines.values()) == 1
    assert len(counted) >= 400
    assert log.follower.missed == 1


@pytest.mark.parametrize("life", LIVES)
def test_an_older_state_of_a_log_that_is_written_on_in_its_place_counts_once(tmp_path, life):
    """What was restored is not read again; where its original is open, what was written since is told from it."""
    log = Log(tmp_path, life)
    log.write(400)
    log.treat(("head -n 300 m.log > t; mv t m.log", LOOK, 2))
    if life in ("running", "looking"):
        log.check()
    else:
        assert max(log.follower.sink.lines.values()) == 1
        assert (log.follower.lost, log.follower.missed) == (0, 1)


@pytest.mark.parametrize("how", [*HOW_TRIMMED, "fallocate -c -o 0 -l 4096 m.log"])
@pytest.mark.parametrize("pack", ["gzip", "xz"])
@pytest.mark.parametrize("life", LIVES)
def test_a_log_that_was_trimmed_and_packed_before_a_look_counts_once(tmp_path, how, pack, life):
    """An archive that nobody knows is searched for what was read last, as a file is."""

    def trimmed_and_packed(log):
        try:
            log.shell(f"{how}; rm -f t; mv m.log m.log.1; {pack} m.log.1")
        except subprocess.CalledProcessError:
            pytest.skip("this file system cannot collapse a file")

    played(tmp_path, life, (trimmed_and_packed, 2, LOOK), lines=400)


@pytest.mark.parametrize("lines", [100, 3000])
def test_a_log_that_is_trimmed_again_and_again_counts_once(tmp_path, lines):
    """Cron keeps the last lines while the daemon runs."""
    steps = (30, LOOK, "tail -n 60 m.log > t; cat t > m.log; rm t", LOOK) * 4
    played(tmp_path, "looking", steps, lines=lines)


SHORT = KEEPING | {"the first lines deleted by sed": ("sed -i 1,3d m.log", 1, LOOK, LOOK)}


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize(
    "how",
    [
        "copied over itself",
        "edited by vim",
        "trimmed to one line",
        "the first lines deleted by sed",
        "a line deleted by sed",
        "mirrored by rsync",
    ],
)
def test_a_short_log_that_is_changed_counts_once(tmp_path, how, life):
    """A few lines are enough to know a log by."""
    played(tmp_path, life, SHORT[how], lines=6)


# a power loss: the ledger is on disk, the end of the log is not


def lose_the_end(lines, *, hole=False):
    """Return a step that takes the last lines of the log away, or leaves a hole in their place."""

    def step(log):
        with open(log.path, "rb+") as file:
            whole = file.read().splitlines(keepends=True)
            size = sum(map(len, whole[: len(whole) - lines]))
            file.truncate(size)
            if hole:
                file.truncate(size + sum(map(len, whole[len(whole) - lines :])))

    return step


@pytest.mark.parametrize("life", ["looking", "stopped", "killed"])
@pytest.mark.parametrize("hole", [False, True])
@pytest.mark.parametrize(("lines", "more"), [(1, 1), (2, 1), (2, 5), (6, 200)])
def test_a_log_that_lost_its_last_lines_goes_on_behind_what_is_left(tmp_path, life, lines, more, hole):
    """However much is written before the next look, what is left counts once, and so does what is new."""
    played(tmp_path, life, (lose_the_end(lines, hole=hole), more, LOOK, 1), lines=400)


@pytest.mark.parametrize("life", ["stopped", "killed"])
@pytest.mark.parametrize("lines", [30, 300, 1000])
def test_a_log_that_lost_much_of_its_end_never_counts_again(tmp_path, life, lines):
    """Nothing counts twice; of the new lines, as many may be missed as were lost, and that is reported as missed."""
    log = Log(tmp_path, life)
    log.write(4000)
    log.treat((lose_the_end(lines), 2 * lines, LOOK))
    counted = Counter({line: n for line, n in log.follower.sink.lines.items() if line.startswith(b"E2511")})
    assert counted - Counter(log.written) == Counter()
    assert len(Counter(log.written) - counted) <= lines
    assert log.follower.missed == 1


@pytest.mark.parametrize("life", ["stopped", "killed"])
@pytest.mark.parametrize("lines", [30, 1000])
def test_a_hole_where_much_was_read_costs_no_line(tmp_path, life, lines):
    """Where NULs stand in place of what was read, reading goes on behind them."""
    played(tmp_path, life, (lose_the_end(lines, hole=True), 20, LOOK, 1), lines=4000)


@pytest.mark.parametrize("life", ["running", "looking"])
@pytest.mark.parametrize("unread", [(5, 5), (0, 5), (5, 0), (500, 500)])
def test_a_log_of_which_a_line_is_deleted_that_was_not_read_yet_counts_once(tmp_path, life, unread):
    """By an editor that puts a new file in its place: what that has of the lines that were not read is read once."""
    message = "echo 'E2511-235959-999 (17): send_message: from 1 to 2' >> m.log"
    log = Log(tmp_path, life)
    log.write(80)
    log.treat((unread[0], message, unread[1], "sed -i /send_message/d m.log", LOOK, 3))
    got = {line: count for line, count in log.follower.sink.lines.items() if b"send_message" not in line}
    assert got == dict.fromkeys(log.written, 1)


@pytest.mark.parametrize("reopened", ["", "at once", "later"])
@pytest.mark.parametrize("each_look", [0, 1, 20])
@pytest.mark.parametrize("behind", [5, 50])
@pytest.mark.parametrize("unread", [0, 3])
@pytest.mark.parametrize("script", ["10d", "$d"])
@pytest.mark.parametrize("kept", ["", ".bak"])
def test_a_log_that_is_edited_under_its_writer_counts_once(tmp_path, kept, script, unread, behind, each_look, reopened):
    """Who writes it is not told by ``sed -i``, and goes on in the original, deleted or not, however much and long."""

    def steps(log):
        log.write(unread)
        log.writer = open(log.path, "ab", buffering=0)  # noqa: SIM115
        log.shell(f"sed -i{kept} '{script}' m.log")
        log.write(behind)
        if reopened == "at once":
            log.write(1, log.path)
        yield
        for _ in range(3):
            log.write(each_look)
            yield
        if reopened:
            for _ in range(3):
                log.write(9, log.path)
                yield

    played(tmp_path, "looking", steps, lines=100)


@pytest.mark.parametrize("life", ["looking", "stopped", "killed"])
@pytest.mark.parametrize("script", ["/send_message/d", "1d;/send_message/d", "1,2d;$d"])
@pytest.mark.parametrize(("read", "deleted"), [(80, 1), (200, 6)])
def test_a_log_of_which_the_last_lines_that_were_read_are_deleted_counts_once(tmp_path, life, script, read, deleted):
    """What was read is known by each of its last lines that have a time: an editor leaves one of them."""
    log = Log(tmp_path, life)
    log.write(read)
    with open(log.path, "ab") as file:
        file.writelines(b"E2511-235959-%03d (17): send_message: from 1 to 2\n" % n for n in range(deleted))
    log.treat((f"sed -i '{script}' m.log", 5, LOOK))
    got = {line: count for line, count in log.follower.sink.lines.items() if b"send_message" not in line}
    assert got == dict.fromkeys(log.written, 1)


def test_a_log_that_was_edited_is_read_though_its_writer_goes_on_in_the_original(tmp_path):
    """If a service reopens its log bit by bit, what it still wrote to the original is read first."""
    log = followed(tmp_path, 100, "looking")
    with open(log.path, "ab", buffering=0) as original:
        original.write(log.lines(1) + b"E2511-235959-999 (17): send_message: from 1 to 2\n" + log.lines(1))
        log.shell("sed -i /send_message/d m.log")
        for _ in range(4):
            original.write(log.lines(1))
            log.write(1)
            log.follower.wait(1)
        got = {line: count for line, count in log.follower.sink.lines.items() if b"send_message" not in line}
        assert got == dict.fromkeys(log.written, 1)


@pytest.mark.parametrize("life", ["looking", "restarted"])
@pytest.mark.parametrize("pack", ["true", "gzip m.log.1"])
@pytest.mark.parametrize("torn", [0, 40])
def test_a_mirror_that_is_rotated_goes_on_where_its_last_copy_was_read(tmp_path, life, pack, torn):
    """The file that a rotated mirror brings continues where earlier copies of it were read."""
    log = Log(tmp_path, "looking")
    origin = tmp_path / "origin.log"

    def sync():
        log.run("cp", "-p", str(origin), "t")
        log.run("mv", "t", "m.log")

    for count in (100, 3, 3):
        log.write(count, origin)
        sync()
        log.follower.turn()
    with log.follower.away(life == "restarted"):
        line = log.lines(1)
        log.write(16, origin)
        with open(origin, "ab") as file:
            file.write(line[:torn])
        sync()
    log.follower.turn()
    shutil.copy2(origin, log.directory / "m.log.1")
    log.shell(pack)
    origin.write_bytes(line[torn:] + log.lines(1))
    sync()
    log.follower.wait(1, 11, 700, 1)
    log.check()


@pytest.mark.parametrize("pack", ["true", "bzip2 m.log.1"])
def test_a_line_that_a_copy_tore_is_not_lost_where_the_next_copy_has_all_of_it(tmp_path, pack):
    """A mirror was made amid a line; the next one comes rotated, is read to its end, and let go of first."""
    log = Log(tmp_path, "looking")
    origin = tmp_path / "origin.log"
    log.write(100, origin)
    log.shell("cp ../origin.log m.log")
    log.follower.turn()
    line = log.lines(1)
    with open(origin, "ab") as file:
        file.write(line[:16])
    log.shell("cp ../origin.log t; mv t m.log")
    log.follower.turn()
    with open(origin, "ab") as file:
        file.write(line[16:])
    log.write(20, origin)
    log.shell(f"cp ../origin.log m.log.1; {pack}")
    log.write(1, log.directory / "t")
    log.shell("mv t m.log")
    log.follower.wait(1, 11, 700, 4000, 90000, 1)
    log.check()


@pytest.mark.parametrize("more", [30, 70])
def test_a_log_that_was_trimmed_by_a_rename_is_copied_and_truncated_as_any_other(tmp_path, more):
    """The copy holds what was read of the trimmed log behind the lines in which the one before it ends."""
    steps = ("tail -n 20 m.log > t; mv t m.log", more, LOOK, "cp m.log m.log.1; : > m.log", 1, LOOK)
    played(tmp_path, "looking", steps, lines=80)


@pytest.mark.parametrize("life", ["looking", "stopped", "killed"])
@pytest.mark.parametrize("count", [1, 10, 100, 700, 4000])
@pytest.mark.parametrize("more", [0, 1])
def test_nuls_in_place_of_the_last_bytes_that_were_read_cost_no_line(tmp_path, life, count, more):
    """NULs at the end of what was read, as a power loss leaves them, cost no line, written on or not."""
    steps = (f"truncate -s -{count} m.log; truncate -s +{count} m.log", more, LOOK, 3)
    played(tmp_path, life, steps, lines=200)


@pytest.mark.parametrize("life", ["stopped", "killed"])
@pytest.mark.parametrize(("lines", "hole"), [(1, False), (4, False), (1, True), (9, True), (60, True)])
def test_a_copy_in_place_of_a_log_goes_on_as_that_where_it_loses_its_end(tmp_path, life, lines, hole):
    """An editor leaves one, or rsync: of what was read in the original, as much is known as of what was read in it."""
    log = followed(tmp_path, 200, life)
    log.shell("cp -p m.log t; mv t m.log")
    log.treat((lose_the_end(lines, hole=hole), 5, LOOK))
    log.check()


@pytest.mark.parametrize("life", ["stopped", "killed"])
@pytest.mark.parametrize(
    "rotation", ["mv m.log m.log.1", "mv m.log m.log.1; gzip m.log.1", "cp m.log m.log.1; : > m.log"]
)
@pytest.mark.parametrize(("lines", "hole", "more"), [(1, False, 5), (6, False, 5), (1, True, 0), (40, True, 5)])
def test_a_log_that_lost_its_end_and_is_rotated_before_a_look_counts_once(tmp_path, life, rotation, lines, hole, more):
    """After a power loss mesibo is up first, and logrotate's timer catches up: what is rotated lost its end, too."""
    played(tmp_path, life, (lose_the_end(lines, hole=hole), more, rotation, 1, LOOK), lines=200)


@pytest.mark.parametrize("life", ["stopped", "killed"])
@pytest.mark.parametrize(("lines", "hole"), [(4, True), (20, True), (3, False), (18, False)])
@pytest.mark.parametrize("banner", [b"", FEW_CLAUSES])
def test_a_log_of_few_lines_is_known_by_their_times_where_it_lost_its_end(tmp_path, life, lines, hole, banner):
    """What is left of a log shorter than what is noted of a head is no mere banner if a line with a time is in it."""
    steps = (lose_the_end(lines, hole=hole), f"printf '{FEW_CLAUSES.decode()}' >> m.log", 3, LOOK)
    played(tmp_path, life, steps, lines=32, banner=banner, missed=int(lines == 18 and not hole))


@pytest.mark.parametrize(("lines", "hole"), [(1, True), (5, True), (0.5, True), (0.5, False)])
def test_a_log_that_is_edited_after_it_lost_its_end_counts_once(tmp_path, lines, hole):
    """Lines before a hole, or before half a line, show where reading goes on, as those at a line's end do."""
    cut = f"truncate -s -20 m.log; truncate -s +{20 * hole} m.log" if lines < 1 else lose_the_end(lines, hole=hole)
    played(tmp_path, "looking", (cut, LOOK, "sed -i 1d m.log", LOOK), lines=200, missed=int(not hole))


def test_a_backup_of_an_edited_log_is_no_place_to_go_on_with_what_was_edited(tmp_path):
    """``sed -i``, ``cp m.log m.log.bak``, and a power loss: the backup holds but what was read since the edit."""
    log = followed(tmp_path, 150, "killed")
    log.shell("sed -i 1d m.log")
    log.write(60)
    log.follower.turn()
    log.shell("cp m.log m.log.bak")
    log.write(40)
    log.treat((lose_the_end(1), 1, LOOK))
    log.check()


@pytest.mark.parametrize("lines", [10, 30, 60])
@pytest.mark.parametrize("banner", [b"", FEW_CLAUSES, BANNER])
@pytest.mark.parametrize("restore", ["cp ../old t; mv t m.log", "rm m.log; cp ../old m.log"])
def test_a_log_that_is_put_back_as_it_was_continues_after_that(tmp_path, lines, banner, restore):
    """After ``tar -x`` of yesterday's backup, a line with a time shows that this is no new log with the same banner."""
    log = followed(tmp_path, lines, "looking", banner=banner)
    log.shell("cp m.log ../old")
    log.write(lines)
    log.follower.turn()
    log.shell(restore)
    log.write(3)
    log.follower.wait(0, 1, 12, 700)
    log.check()


def test_a_backup_that_outlives_the_log_it_was_made_of_tells_no_loss(tmp_path):
    """``cp m.log m.log.bak``, and rotation deletes what was read to its end: a shorter copy of it is no log cut off."""
    log = Log(tmp_path, "looking")
    log.write(130)
    log.shell("cp m.log m.log.bak")
    log.write(40)
    log.follower.turn()
    log.shell("mv m.log m.log.1; : > m.log")
    for _ in range(3):
        log.follower.wait(700)
    log.follower.stop()
    log.shell("rm m.log.1")
    positions = log.follower.sink.positions
    positions |= {
        number: each._replace(marks=b"") for number, each in positions.items()
    }  # as a release of before left it
    log.follower.start()
    for _ in range(3):
        log.write(1)
        log.follower.wait(700)
        log.shell("mv m.log m.log.1; : > m.log")
    log.check()


def test_a_trimmed_log_of_unread_lines_that_ends_in_a_short_one_counts_once(tmp_path):
    """``tail -n 3 m.log > t; mv t m.log`` amid unread lines, the last of which is too short to tell anything."""
    log = followed(tmp_path, 100, "looking")
    log.write(80)
    append(log.path, "----------")
    log.shell("tail -n 3 m.log > t; mv t m.log")
    log.follower.wait(0, 1, 12, 700)
    log.check()


@pytest.mark.parametrize("mount", [False, True])
def test_what_was_read_stays_known_while_its_directory_is_away(tmp_path, mount):
    """The directory is moved away and back, with an empty one in its place meanwhile: a mount point, or by hand."""
    log = followed(tmp_path, 100, "looking", patterns=("m.log*",))
    log.shell("mv m.log m.log-20251125; : > m.log")
    log.follower.wait(60)
    log.write(1)
    log.shell("gzip m.log-20251125; mv m.log m.log-20251126; : > m.log")
    log.follower.turn()
    log.follower.wait(700)
    away = log.directory.rename(tmp_path / "away")
    if mount:
        log.directory.mkdir()
    for _ in range(2):
        log.follower.wait(20)
    if mount:
        log.directory.rmdir()
    away.rename(log.directory)
    log.follower.wait(1, 12, 700)
    log.check()


@pytest.mark.parametrize("life", ["stopped", "killed"])
@pytest.mark.parametrize("torn", [1, 5, 30, 160, 500])
def test_a_line_that_was_cut_off_behind_its_code_counts_once(tmp_path, life, torn):
    """The beginning of what is left of it is known: with what mesibo writes behind it at a start it is no new line."""
    log = Log(tmp_path, life)
    log.write(200)
    with open(log.path, "rb+") as file:
        whole = file.read().replace(b" code 200\n", b" code 200 {" + b"x" * 60 + b"}\n")
        file.seek(0)
        file.write(whole)
    log.treat((f"truncate -s -{torn} m.log; printf '{FEW_CLAUSES.decode()}' >> m.log", 3, LOOK))
    codes = Counter(int(line.split(b" mid ")[1].split()[0]) for line in log.follower.sink.lines if b" code 200" in line)
    assert codes == Counter(range(203))
    assert log.follower.lost == log.follower.missed == 0


@pytest.mark.parametrize("life", ["running", "stopped"])
@pytest.mark.parametrize("stamp", ["Nov 25 10:11:12 host", "2025-11-25T10:11:12+00:00 host"])
@pytest.mark.parametrize("cut_off", [1, 3])
def test_a_line_of_the_second_of_one_that_was_cut_off_counts(tmp_path, life, stamp, cut_off):
    """Where the log daemon's seconds are all that both begin with, what stands at its place is a new line."""
    log = tmp_path / "m.log"
    lines = [f"{stamp} mesibo[812]: E2511-101112-{n:03} (1): push_on_complete: uid {n} code 200" for n in range(24)]
    append(log, *lines[:20])
    follower = caught_up(log)
    with follower.away(life == "stopped"):
        os.truncate(log, sum(len(line) + 1 for line in lines[: 20 - cut_off]))
        append(log, lines[20])
    for line in lines[21:]:
        follower.wait(15)
        append(log, line)
    follower.wait(15)
    assert sorted(follower.lines) == lines


@pytest.mark.parametrize(
    "stamp", ["Nov 25 10:11:12 host", f"Nov 25 10:11:12 {'h' * 40}", "2025-11-25T10:11:12+00:00 host"]
)
def test_a_line_behind_a_stamp_in_seconds_that_was_cut_off_behind_its_code_counts_once(tmp_path, stamp):
    """Its own time, behind that of the log daemon, tells what is left of it."""
    log = tmp_path / "m.log"
    head = f"{stamp} mesibo[812]: E2511-101112"
    lines = [f"{head}-{n:03} (1): push_on_complete: uid {n} code 200 {'x' * 20}" for n in range(24)]
    append(log, *lines[:20])
    follower = caught_up(log)
    follower.stop()
    os.truncate(log, os.path.getsize(log) - 12)
    append(log, "mesibo Real-Time Messaging", *lines[20:])
    follower.start()
    for _ in range(3):
        follower.wait(15)
    assert sorted(follower.lines) == lines


@pytest.mark.parametrize("quiet_seconds", [700, 9 * 3600, 60 * 3600])
@pytest.mark.parametrize("restarted", [False, True])
def test_a_writer_that_does_not_reopen_its_log_is_followed_after_a_quiet_night(tmp_path, quiet_seconds, restarted):
    """With logrotate's `create` and no postrotate, the renamed file is still read although the log is empty."""
    log = followed(tmp_path, 10, "looking")
    log.shell("mv m.log m.log.1; : > m.log")
    for _ in range(3):
        log.follower.wait(quiet_seconds / 3)
    if restarted:
        log.follower.restart_at_once()
        log.follower.turn()
    renamed = tmp_path / "logs" / "m.log.1"
    log.write(5, renamed)
    log.follower.wait(60)
    assert len(log.follower.sink.order) == 15
    log.write(5, renamed)
    log.follower.wait(60)
    log.shell("gzip m.log.1; mv m.log.1.gz m.log.2.gz; mv m.log m.log.1; : > m.log")
    log.follower.wait(60)
    log.check()


# a writer without O_APPEND, and NULs


def truncated_under_its_writer(log):
    for _ in range(3):
        rotate(log, "copytruncate\nnocompress")
        yield
        for _ in range(5):
            log.write(1)
            yield


def truncated_and_packed_under_its_writer(log):
    for _ in range(3):
        rotate(log, "copytruncate\ncompress")
        yield
        log.write(5)
        yield


def test_what_nobody_has_read_of_a_log_tells_it_where_all_that_was_read_is_changed(tmp_path):
    """``sed -i`` replaces the file: what is read of the deleted one to its end is not read again behind the change."""
    played(tmp_path, "running", (5, "sed -i 1,2s/E25/E26/ m.log", 1), lines=2)


@pytest.mark.parametrize("lines", [10, 100, 400])
@pytest.mark.parametrize("edit", ["1d", "1,3d", "5d", "1i a line that was not there"])
def test_a_log_that_is_edited_before_anything_was_read_of_it_counts_once(tmp_path, edit, lines):
    """``sed -i`` between a look and the first read: what is read of the deleted file tells what the new one repeats."""
    log = Log(tmp_path, "by hand")
    log.write(lines)
    log.follower.look()
    log.write(1)
    log.shell(f"sed -i '{edit}' m.log")
    log.write(1)
    log.follower.wait(0, 1, 12)
    log.check()


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("lines", [2, 30, 6000])
@pytest.mark.parametrize("steps", [truncated_under_its_writer, truncated_and_packed_under_its_writer])
@pytest.mark.parametrize("patterns", ["m.log", "m.log*"])
def test_copytruncate_of_a_writer_without_append_is_exact(tmp_path, steps, lines, patterns, life):
    """A hole of NULs in front, as deep as the log was long, holds no line and changes nothing."""
    log = Log(tmp_path, life, patterns=(patterns,))
    log.open_without_append()
    log.write(lines)
    log.treat(steps)
    log.check()


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("nuls", [1, 100, 300, 4096, 400_000])
def test_nuls_in_front_are_no_line_and_hold_nothing_up(tmp_path, nuls, life):
    """In a file that begins with NULs, as after a power loss, each line after them counts once."""
    log = Log(tmp_path, life, patterns=("*.log",))
    log.write(2)
    log.treat((f"head -c {nuls} /dev/zero > other.log", LOOK, (2, "other.log"), LOOK, (10, "other.log"), LOOK, 1))
    log.check()
    assert log.follower.rotations() == {}
    assert log.status.lag_bytes == 0


# compressed


def gzip_in_two_members(data):
    return gzip.compress(data[: len(data) // 2]) + gzip.compress(data[len(data) // 2 :])


BGZIP_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
PACKED = {
    "gzip": (".gz", gzip.compress),
    "two members": (".gz", gzip_in_two_members),
    "bgzip's end": (".gz", lambda data: gzip.compress(data) + BGZIP_END),
    "zero padding": (".gz", lambda data: gzip.compress(data) + b"\0" * 512),
    "garbage behind it": (".gz", lambda data: gzip.compress(data) + b"garbage behind the end"),
    "gzip, twice": (".gz", lambda data: gzip_in_two_members(gzip_in_two_members(data))),
    "xz, and by gzip three times": (
        ".gz",
        lambda data: gzip.compress(gzip.compress(gzip.compress(lzma.compress(data)))),
    ),
    "bzip2": (".bz2", bz2.compress),
    "xz": (".xz", lzma.compress),
    "two streams of xz": (".xz", lambda data: lzma.compress(data[:999]) + b"\0" * 4 + lzma.compress(data[999:])),
}


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("patterns", ["m.log", "m.log*"])
@pytest.mark.parametrize("lines", [10, 900])
@pytest.mark.parametrize("how", PACKED)
def test_what_a_rotated_log_is_packed_with_changes_nothing(tmp_path, how, lines, patterns, life):
    """An archive is identified by unpacking it, whatever program made it and however it ends."""
    suffix, pack = PACKED[how]

    def steps(log):
        log.write(5)
        yield
        os.rename(log.path, log.path + ".1")
        log.write(1)
        yield
        with open(log.path + ".1", "rb") as file:
            packed = pack(file.read())
        with open(log.path + ".1" + suffix, "wb") as file:
            file.write(packed)
        os.unlink(log.path + ".1")
        yield
        log.write(1)

    played(tmp_path, life, steps, lines=lines, patterns=(patterns,))


@pytest.mark.parametrize("life", ["stopped", "killed"])
def test_an_archive_without_its_end_counts_as_far_as_it_goes_and_the_rest_is_reported(tmp_path, life):
    """What can be unpacked counts, half a line does not, and a generation was missed in part."""

    def steps(log):
        log.write(500)
        yield
        with open(log.path, "rb") as file:
            packed = gzip.compress(file.read())
        with open(log.path + ".1.gz", "wb") as file:
            file.write(packed[:-12])
        os.utime(log.path + ".1.gz", (1, 1))
        os.unlink(log.path)
        yield
        log.write(1)

    log = Log(tmp_path, life)
    log.write(10)
    log.treat(steps)
    counted = log.follower.sink.lines
    missing = [line for line in log.written if not counted[line]]
    assert max(counted.values()) == 1
    assert missing == log.written[510 - len(missing) : 510]
    assert 1 <= len(missing) < 50
    assert log.follower.missed == 1


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("patterns", ["m.log", "m.log*"])
def test_generations_with_the_same_banner_stay_apart(tmp_path, patterns, packed, life):
    """Generations with equal first 3 KiB are not taken for copies of each other."""

    def steps(log):
        for n in range(3):
            log.write(4)
            yield
            for number in (3, 2, 1):
                for suffix in ("", ".gz"):
                    if os.path.exists(f"{log.path}.{number}{suffix}"):
                        os.rename(f"{log.path}.{number}{suffix}", f"{log.path}.{number + 1}{suffix}")
            os.rename(log.path, log.path + ".1")
            if packed:
                log.run("gzip", log.path + ".1")
            yield
            log.write(3 + n)
            yield

    played(tmp_path, life, steps, lines=3, patterns=(patterns,), banner=BANNER)


@pytest.mark.parametrize("life", LIVES)
def test_a_log_that_was_trimmed_and_renamed_several_times_counts_once(tmp_path, life):
    """What is left of a trimmed log is recognised in whichever rotated file it is."""
    rotated = "for n in 4 3 2 1; do test ! -e m.log.$n || mv m.log.$n m.log.$((n+1)); done; mv m.log m.log.1"
    nights = (step for number in range(4) for step in (rotated, 5 + number, LOOK))
    played(tmp_path, life, ("tail -n 20 m.log > t; mv t m.log", LOOK, *nights), lines=100)


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("late", [0, 3])
@pytest.mark.parametrize("patterns", ["m.log", "m.log*"])
def test_an_empty_log_is_found_under_a_name_that_nobody_knows(tmp_path, patterns, late, life):
    """By its inode: nothing of it is reported as missed, and what is written to it late counts."""
    steps = ("mv m.log m.log~kept", LOOK, 4, LOOK, (late, "m.log~kept"), LOOK)
    played(tmp_path, life, steps, lines=0, patterns=(patterns,))


def test_a_punched_log_that_was_looked_at_and_packed_before_a_commit_counts_once(tmp_path):
    """The run before the offset tells it, as its head was another one at the last commit."""
    log = followed(tmp_path, 400, "killed")
    log.follower.commit()
    log.run("fallocate", "-p", "-o", "0", "-l", "8192", log.path)
    log.follower.turn()
    log.follower.kill()
    log.follower.start()
    os.rename(log.path, log.path + ".1")
    log.run("gzip", log.path + ".1")
    log.write(3)
    log.follower.wait(0, 11, 11, 700, 1)
    log.follower.tail.close()
    log.check()


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("patterns", ["m.log", "m.log*"])
def test_a_banner_at_the_path_is_no_shorter_copy_of_a_log_that_has_another_name(tmp_path, patterns, life):
    """The log is looked for under names that nobody knows before what it begins with is taken for it."""
    played(tmp_path, life, ("mv m.log m.log~kept", 0, LOOK), lines=4, patterns=(patterns,), banner=BANNER)


def test_a_looping_link_is_not_taken_for_a_logs_file(tmp_path):
    """A trimmed log beside a link that loops counts once, although neither has an inode."""
    trimmed = ("tail -n 20 m.log > t; : > m.log", LOOK, "cat t >> m.log; rm t", LOOK)
    played(tmp_path, "looking", ("ln -s m.log-loop m.log-loop", LOOK, *trimmed), lines=100)


def test_a_first_look_at_generations_with_the_same_banner_reads_all(tmp_path):
    """Packed or not, each generation that a glob matches counts."""
    log = Log(tmp_path, "running", patterns=("m.log*",), banner=BANNER)
    for name, count in (("m.log.2", 7), ("m.log.1", 5), ("m.log", 3)):
        log.write(count, str(log.directory / name))
    log.run("gzip", "m.log.2", "m.log.1")
    log.treat(())
    log.check()


# names


SUFFIXES = [
    "-20261122-1795890000",
    "-202611",
    "-20261122-10+0000",
    "_2026-11-22T10:11:12Z",
    "-2026-W48",
    ".saved-by-hand",
    ".prev2",
]


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("patterns", ["m.log", "m.log*", "*"])
def test_a_rotated_log_is_known_by_its_bytes_whatever_its_name(tmp_path, suffix, packed, patterns, life):
    """A name that begins with the log's stem may be a generation of it; a list of date formats is not asked."""
    pack = f"gzip m.log{suffix}" if packed else "true"
    steps = (5, LOOK, f"mv m.log m.log{suffix}", LOOK, 1, LOOK, pack, LOOK)
    played(tmp_path, life, steps, lines=10, patterns=(patterns,))


@pytest.mark.parametrize("life", LIVES)
def test_rotated_files_in_a_directory_that_the_configuration_names_are_found(tmp_path, life):
    """Where an olddir was never seen before, ``rotated`` says where it is."""
    old = tmp_path / "old"
    old.mkdir()
    first, second = (f"mv m.log {old}/m.log-{number}" for number in (1, 2))
    steps = (5, LOOK, first, 2, LOOK, f"gzip {old}/m.log-1", LOOK, 2, second, LOOK, 2)
    played(tmp_path, life, steps, lines=10, rotated=(str(old / "m.log*"),))


# archives that are no short ones


@pytest.mark.parametrize("life", ["stopped", "killed"])
@pytest.mark.parametrize("suffix", [".gz", ".xz"])
def test_an_archive_of_a_log_that_was_read_to_its_end_is_no_error(tmp_path, suffix, life):
    """A log of many megabytes that was read, then rotated and packed during a stop, is neither lost nor read again."""
    pack = {".gz": "gzip", ".xz": "xz"}[suffix]
    played(tmp_path, life, (f"mv m.log m.log.1; {pack} -1 m.log.1", LOOK, 2), lines=120_000)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_an_archive_of_more_than_four_gibibytes(tmp_path):
    """Its last four bytes say another size, modulo 2^32: it is unpacked to where its new lines begin."""
    log = Log(tmp_path, "stopped")
    log.write(15)
    with open(log.path, "r+b") as file:
        file.truncate(4_600_000_000)
    log.write(15)
    log.treat((5, LOOK, "mv m.log m.log.1", "gzip -1 m.log.1", 1))
    log.check()


@pytest.mark.parametrize("life", ["stopped", "killed"])
def test_an_archive_with_the_same_first_lines_and_others_behind_is_another_file(tmp_path, life):
    """What stands before the offset decides: the start does not go round, the lines count, and one file was missed."""

    def steps(log):
        with open(log.path, "rb") as file:
            first = file.read(6000)
        os.unlink(log.path)
        with open(log.path + ".1", "wb") as file:
            file.write(first[: first.rindex(b"\n") + 1])
            file.write(log.lines(300))
        log.run("gzip", log.path + ".1")
        log.write(2)
        yield

    log = Log(tmp_path, life)
    log.write(200)
    log.treat(steps)
    counted = log.follower.sink.lines
    assert all(counted[line] for line in log.written)
    assert all(counted[line] == 1 for line in log.written[200:])
    assert log.follower.missed == 1


def test_a_glob_never_reads_an_archive_as_text(tmp_path):
    """Whatever it is called, it is unpacked, or named in the log where nothing here can unpack it."""
    log = Log(tmp_path, "running", patterns=("*",))
    log.write(3)
    for name, pack in (("a.log.bz2", bz2.compress), ("b.log", gzip.compress), ("c", lzma.compress)):
        (log.directory / name).write_bytes(pack(log.lines(2)))
    (log.directory / "d.log.zst").write_bytes(bytes.fromhex("28b52ffd") + os.urandom(100))
    log.treat(())
    try:
        unpack.start("zstd")
    except unpack.MissingLibraryError:
        log.check()
    else:
        log.check(missed=1)  # what can be unpacked is found to be damaged
    assert {line for line in log.follower.sink.lines if not line.startswith(b"E2511")} == set()
    told = [event for event, data in log.follower.log.events if data.get("path", "").endswith("d.log.zst")]
    assert told


def test_zstd_is_unpacked_where_there_is_a_library(tmp_path):
    """Python 3.14 has one, and so has the package zstandard."""
    pytest.importorskip("zstandard")

    played(tmp_path, "stopped", (5, "mv m.log m.log.1", "zstd --rm m.log.1", 2, LOOK), lines=3000)


# entries that are no log


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("matched", [False, True])
@pytest.mark.parametrize("kind", ["loop", "long", "pipe", "directory", "dangling"])
def test_one_bad_entry_costs_itself(tmp_path, kind, matched, life):
    """A link that cannot be followed, a pipe, a directory: reported once, and every log beside it counts."""

    def steps(log):
        bad = log.directory / ("bad.log" if matched else "bad")
        if kind == "loop":
            bad.symlink_to(bad.name)
        elif kind == "long":
            bad.symlink_to("x" * 300)
        elif kind == "pipe":
            os.mkfifo(bad)
        elif kind == "directory":
            bad.mkdir()
        else:
            bad.symlink_to("nowhere")
        yield
        log.write(2)

    log = played(tmp_path, life, steps, lines=2, patterns=("*.log",))
    assert log.status.up
    warnings = [data for event, data in log.follower.log.events if event == "source_unreadable"]
    assert len(warnings) <= 2  # one in each life


@pytest.mark.parametrize("more", [0, 1])
def test_a_path_that_may_not_be_looked_at_and_heals_is_up_again(tmp_path, monkeypatch, more):
    """An open file is read on meanwhile; with the next look that works, nothing is wrong any more."""
    log = Log(tmp_path, "running")
    log.write(2)
    follower = log.follower
    follower.turn()
    stat = os.stat

    def refusing(path, *args, **kwargs):
        if path == log.path:
            raise PermissionError(13, "Permission denied", path)
        return stat(path, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", refusing)
        follower.turn()
        log.write(more)
        follower.turn()
        assert not follower.tail.status().up
    follower.turn()
    assert follower.tail.status().up
    assert follower.tail.status().problems == ()
    log.check()


def test_what_discovery_finds_wrong_reaches_the_log_once(tmp_path, monkeypatch):
    """A directory that may not be listed is reported when it is found, not with each look."""
    scandir = os.scandir

    def refusing(path):
        if str(path).endswith("logs"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    log = Log(tmp_path, "running", patterns=("*.log",))
    monkeypatch.setattr(os, "scandir", refusing)
    for _ in range(3):
        log.follower.wait(6)
    assert len(log.follower.log.named("discovery_problem")) == 1


@pytest.mark.parametrize("count", [5, 500])
@pytest.mark.parametrize("life", ["looking", "stopped", "killed"])
def test_a_log_of_which_an_unread_line_is_deleted_counts_once(tmp_path, life, count):
    """Its old file, which a look still has open, is read to its end, and the new one behind that."""
    presence = "echo 'E2211-101112-999 (1): presence' >> m.log"
    played(tmp_path, life, (count, presence, count, "sed -i /presence/d m.log", LOOK, 3, LOOK), lines=80)


@pytest.mark.parametrize("life", ["looking", "stopped", "killed"])
@pytest.mark.parametrize("filled", [False, True])
@pytest.mark.parametrize("count", [1, 5, 30])
def test_a_short_log_that_lost_its_end_and_was_written_on_counts_once(tmp_path, count, filled, life):
    """Though its first bytes are no more what they were: up to the end of a line that was read they are."""
    log = Log(tmp_path, life)
    log.write(20)
    log.treat((f"truncate -s -{count} m.log; truncate -s +{count * filled} m.log", 5, LOOK))
    assert max(log.follower.sink.lines.values()) == 1


# shredded, as by logrotate's ``shred``: overwritten up to a whole block once it is packed, and deleted


@pytest.mark.parametrize("life", LIVES)
def test_a_rotated_file_that_is_shredded_counts_once_and_nothing_of_it_is_lost(tmp_path, life):
    """What the file is overwritten with is no log, and what was read of it is known by its archive."""
    played(
        tmp_path,
        life,
        ("mv m.log m.log.1", 1, LOOK, 2, "gzip -k m.log.1", LOOK, "shred m.log.1", LOOK, "rm m.log.1", LOOK, 1),
    )


@pytest.mark.parametrize("restart", ["stopped", "killed"])
def test_a_rotated_file_that_is_being_shredded_at_a_start_is_no_generation(tmp_path, restart):
    """Random bytes with which a file is overwritten are neither read nor, once it is gone, missed."""
    log = followed(tmp_path, 40, "running")
    log.follower.stop()
    log.shell("mv m.log m.log.1; gzip -k m.log.1; shred m.log.1")
    log.write(1)
    log.follower.start()
    log.follower.turn()
    log.follower.commit()
    with log.unwatched(restart):
        log.shell("rm m.log.1")
    log.check()


@pytest.mark.parametrize("patterns", [("m.log",), ("m.log*",)])
@pytest.mark.parametrize("pack", ["cp -p", "gzip -c"])
@pytest.mark.parametrize("restart", [False, True])
def test_a_mirror_that_replaces_a_rotated_file_before_it_makes_the_next_one_counts_once(
    tmp_path, patterns, pack, restart
):
    """While rsync replaces files by name, what was in ``m.log.1`` is nowhere for a moment, and is not missed."""
    log = Log(tmp_path, "looking", patterns=patterns)
    copied = {"cp -p": "cp -p {} t", "gzip -c": "gzip -c {} > t; touch -r {} t"}[pack].replace("{}", "../{}")
    log.write(40)
    for n in range(1, 4):
        log.follower.turn()
        log.shell(f"cp -p m.log ../{n}; : > t; mv t m.log")
        for old in range(n, 0, -1):
            log.follower.turn()
            if restart:
                log.follower.restart_at_once()
            log.shell(f"{copied.format(old, old)}; mv t m.log.{n + 1 - old}")
        log.follower.turn()
        log.write(20)
    log.wait_out()
    log.check()


@pytest.mark.parametrize("restart", ["stopped", "killed"])
@pytest.mark.parametrize("less", [1, 7, 12])
@pytest.mark.parametrize("banner", [BANNER, FEW_CLAUSES])
def test_what_is_left_of_a_log_is_not_the_next_one_of_which_but_the_banner_was_read(tmp_path, banner, less, restart):
    """Both are gone, and the banner is all of the next one: what follows it in that file was read, and counts once."""
    log = followed(tmp_path, 40, "looking", banner=banner)
    log.shell("mv m.log m.log.1")
    log.write(0)
    log.follower.turn()
    log.shell("rm m.log")
    log.follower.turn()
    log.follower.commit()
    with log.unwatched(restart):
        log.shell(f"head -n -{less} m.log.1 > m.log.2; rm m.log.1")
    log.check(missed=less // 12)  # of what ends between two marks, it is not known how much was read


SIX_MODULES = b"E2510-000000-000 (1): the first line of a log that is written at a start, for each of six modules\n" * 6


@pytest.mark.parametrize("patterns", [("m.log",), ("m.log*",)])
@pytest.mark.parametrize("lines", [9, 40])
def test_a_copy_of_a_log_is_not_what_is_left_of_the_one_before_that_was_read_further(tmp_path, lines, patterns):
    """Both began with the same lines, which have times; the one before was cut off, and the log has all of the copy."""
    steps = (
        "mv m.log m.log.bak", 3, "cp m.log m.log.2", LOOK,
        "head -n 3 m.log.bak > t; mv t m.log.bak", 40, LOOK,
    )  # fmt: skip
    played(tmp_path, "looking", steps, lines=lines, patterns=patterns, banner=SIX_MODULES)


def test_a_log_that_was_left_out_as_a_copy_is_not_what_is_left_of_the_one_before(tmp_path):
    """All of them begin with the same lines, which have times; of what is left of the one before, nothing is unread."""
    steps = ("mv m.log m.log.1", 3, "cp m.log m.log.2", LOOK, "head -n 3 m.log.1 > t; mv t m.log.1", LOOK)
    played(tmp_path, "looking", steps, lines=9, banner=SIX_MODULES)


@pytest.mark.parametrize("lines", [0, 9])
def test_a_log_that_was_copied_and_cut_off_is_no_edited_one_though_its_lines_recur(tmp_path, lines):
    """The last of six equal lines is no end of what was read if all that the file has is a part of it."""
    steps = ("mv m.log m.log.1", 3, LOOK, "cp m.log m.log.2; head -n 7 m.log > t; mv t m.log", LOOK)
    played(tmp_path, "looking", steps, lines=lines, banner=SIX_MODULES)


def test_a_copy_of_an_unread_log_counts_though_the_logs_file_has_but_the_banner_by_now(tmp_path):
    """That file is the unread log's, and not that of the one before, which is gone and began with the same banner."""
    log = followed(tmp_path, 9, "killed", banner=BANNER)
    log.shell(": > m.log")
    log.write(1)
    log.follower.look()
    log.follower.commit()
    with log.unwatched("killed"):
        log.shell("cp m.log m.log.2; : > m.log")
        log.write(0)
        log.shell("mv m.log m.log.1")
    log.check()


@pytest.mark.parametrize("rotate", ["mv m.log m.log.1; gzip m.log.1", "gzip -c m.log > m.log.1.gz; : > m.log"])
def test_lines_that_were_seen_and_not_read_count_in_an_archive_where_the_inode_has_a_new_log(tmp_path, rotate):
    """That begins alike with fewer bytes than were seen; the archive has them all, and what was rotated next counts."""
    log = followed(tmp_path, 0, "killed", banner=BANNER)
    log.write(5)
    log.follower.look()
    log.follower.commit()
    with log.unwatched("killed"):
        log.shell(rotate)
        log.write(20)
        log.shell(f"mv m.log.1.gz m.log.2.gz; {rotate}")
        log.write(0)
    log.check()


@pytest.mark.parametrize("restart", [None, "stopped", "killed"])
def test_a_log_that_is_begun_anew_with_the_same_line_that_has_a_time_is_read_from_there(tmp_path, restart):
    """What follows it differs, so that the banner behind that, at the place where it was, is no rest of the log."""

    def begin(process):
        first = b"E2511-000000-000 (1): a line that tells no time but that of the version, and is written at each start"
        with open(log.path, "ab") as file:
            file.write(b"%s\n%s\nprocess %04d\n%s" % (first, b"=" * 40, process, BANNER))
        log.written.append(first)

    log = Log(tmp_path, "looking")
    begin(1)
    log.write(40)
    log.follower.turn()
    log.shell(": > m.log")
    log.follower.turn()
    log.follower.commit()
    with log.unwatched(restart):
        begin(2)
        log.write(3)
    log.check()
