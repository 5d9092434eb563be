"""A log whose content is written back over it: what was read of it once is no news, whenever somebody looks."""

import shutil
import tempfile
import time
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.helpers.recorder import Follower, append, caught_up
from tests.tail.treated import BANNER, LIVES, LOOK, Log, followed, played, restarted


def brought_back(tmp_path, steps, *, patterns=("m.log",), count=400, killed=False):
    """Write a log back over twice, with a look or a kill after every step, and lines written to it between."""
    back = [each for step in steps for each in (step, LOOK, *[restarted] * killed)]
    played(tmp_path, "looking", (6, LOOK, *back, 5, LOOK) * 2, lines=count, patterns=patterns)


WAYS = {
    "from a backup": ["cp m.log m.log.bak", ": > m.log", "cat m.log.bak > m.log"],
    "by an editor": ["cp -p m.log m.log~", ": > m.log", "cat m.log~ > m.log"],
    "by a filter": ["uniq m.log > t", ": > m.log", "cat t > m.log", "rm t"],
    "without some of its lines": ["cp m.log m.log.bak", ": > m.log", "grep -v 'uid 1' m.log.bak > m.log"],
    "without its first lines": ["cp m.log m.log.bak", ": > m.log", "tail -n +3 m.log.bak > m.log"],
    "and the backup is removed": ["cp m.log m.log.bak", ": > m.log", "cat m.log.bak > m.log", "rm m.log.bak"],
    "from a rotated name": ["mv m.log m.log.1; : > m.log", "cat m.log.1 > m.log; rm m.log.1"],
    "from a rotated name that stays": ["mv m.log m.log.1; : > m.log", "cat m.log.1 > m.log"],
    "from elsewhere": ["cp m.log ../t", ": > m.log", "cat ../t > m.log"],
}


@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.parametrize("patterns", [("m.log",), ("m.log*",)])
@pytest.mark.parametrize("count", [80, 400])
@pytest.mark.parametrize("way", WAYS)
def test_what_was_read_and_is_written_back_counts_once(tmp_path, way, count, patterns, killed):
    """A log that is emptied is its own again once its content is back, and goes on behind what was read."""
    brought_back(tmp_path, WAYS[way], count=count, patterns=patterns, killed=killed)


@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.parametrize("seconds", [0, 11, 700])
def test_what_is_packed_and_unpacked_again_counts_once(tmp_path, seconds, killed):
    """A log that was packed as it was, to be unpacked again later, is no news, however long it was packed."""

    def waited(log):
        log.follower.wait(0, seconds, 1)

    steps = [(LOOK, *[restarted] * killed, step, LOOK, waited) for step in ("gzip m.log", "gunzip m.log.gz")]
    played(tmp_path, "looking", (6, *steps[0], *steps[1]) * 2, lines=400)


PIECES = {
    "from a backup": [
        "cp m.log m.log.bak",
        ": > m.log",
        "head -c 9000 m.log.bak > m.log",
        "tail -c +9001 m.log.bak >> m.log",
    ],
    "from a backup, never seen empty": [
        "cp m.log m.log.bak",
        "head -c 9000 m.log.bak > m.log",
        "tail -c +9001 m.log.bak | head -c 5000 >> m.log",
        "tail -c +14001 m.log.bak >> m.log",
    ],
    "from elsewhere": ["cp m.log ../t", ": > m.log", "head -c 9000 ../t > m.log", "tail -c +9001 ../t >> m.log"],
    "from elsewhere, never seen empty": [
        "cp m.log ../t",
        "head -c 9000 ../t > m.log",
        "tail -c +9001 ../t | head -c 5000 >> m.log",
        "tail -c +14001 ../t >> m.log",
    ],
}


@pytest.mark.parametrize("patterns", [("m.log",), ("m.log*",)])
@pytest.mark.parametrize("way", PIECES)
def test_what_was_read_and_is_written_back_in_pieces_counts_once(tmp_path, way, patterns):
    """While a log begins as what was read, the rest is expected to come back, and counts once."""
    brought_back(tmp_path, PIECES[way], patterns=patterns)


UNDONE = {
    "at once": ("mv m.log m.log.1", 6, "cat m.log >> m.log.1; mv m.log.1 m.log", 5),
    "slowly": ("mv m.log m.log.1", 6, "cat m.log >> m.log.1", "mv m.log.1 m.log", 5),
    "with a line of its own": ("mv m.log m.log.1", 6, "cat m.log >> m.log.1", (5, "m.log.1"), "mv m.log.1 m.log"),
    "by hand": ("mv m.log m.log.1", 6, "cat m.log.1 m.log > t", "mv t m.log; rm m.log.1", 5),
    "twice": ("mv m.log m.log.1", 6, "cat m.log >> m.log.1; mv m.log.1 m.log") * 2,
}


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("patterns", [("m.log",), ("m.log*",)])
@pytest.mark.parametrize("way", UNDONE)
def test_a_rotation_that_is_undone_by_appending_the_new_log_counts_once(tmp_path, way, patterns, life):
    """What is behind the end of the old log, when it is back at its path, was read as the new one."""
    steps = [each for step in UNDONE[way] for each in (step, LOOK)]
    played(tmp_path, life, steps, lines=60, patterns=patterns)


@settings(
    max_examples=25,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_whenever_somebody_looks_what_is_written_back_counts_once(data):
    """The content of a log goes and comes back in any pieces, from beside it or elsewhere, with or without looks."""
    kept = data.draw(st.sampled_from(("m.log.bak", "t", "../t")))

    def steps(log):
        for _ in range(2):
            log.shell(f"cp m.log {kept}")
            content = (log.directory / kept).read_bytes()
            # Less than 4 KiB that are the same may be a banner
            cuts = [at for at in data.draw(st.lists(st.integers(1, 30_000), max_size=4).map(sorted)) if at >= 4096]
            with open(log.path, "wb", buffering=0) as file:
                for start, end in pairwise([0, *(at for at in cuts if at < len(content)), len(content)]):
                    if data.draw(st.booleans()):
                        yield
                    file.write(content[start:end])
            yield
            log.write(data.draw(st.integers(1, 20)))
            yield

    with tempfile.TemporaryDirectory() as directory:
        log = Log(Path(directory), "looking")
        log.write(data.draw(st.integers(5, 400)))
        log.treat(steps)
        log.check()


@pytest.mark.parametrize("life", ["running", "looking", "killed"])
@pytest.mark.parametrize("mounts", [1, 3])
def test_what_comes_into_a_file_and_into_a_copy_of_it_alike_counts_once(tmp_path, life, mounts):
    """A log whose file system is mounted anew is seen twice by who has it open: the same bytes, under another inode."""

    def mounted_anew(log):
        with ExitStack() as stack:
            views = [stack.enter_context(open(log.path, "ab", buffering=0))]
            for _ in range(mounts):
                log.shell("cp m.log ../view; mv ../view m.log")
                views.append(stack.enter_context(open(log.path, "ab", buffering=0)))
                yield
                for count in (3, 4):
                    lines = log.lines(count)
                    for view in views:
                        view.write(lines)
                    yield

    played(tmp_path, life, mounted_anew)


@pytest.mark.parametrize("read", [False, True])
def test_a_copy_of_a_copy_that_is_rotated_counts_once(tmp_path, read):
    """In a mirror that writes each file anew, log and rotated file are recognised as copies with more lines."""
    log = followed(tmp_path, 120, "running")
    log.shell("cp m.log ../t")
    log.write(49, log.directory.parent / "t")
    log.shell("mv ../t m.log")
    log.follower.tail.look(log.follower.sink)
    if read:
        log.follower.turn()
    log.shell("cp m.log ../t; mv ../t m.log.1; : > ../t")
    log.write(30, log.directory.parent / "t")
    log.shell("mv ../t m.log")
    log.treat(())
    log.check()


def test_a_file_and_a_copy_of_it_that_go_on_otherwise_both_count(tmp_path):
    """If an editor replaced a log that its writer keeps open, the lines that only one of both has count."""

    def replaced(log):
        with open(log.path, "ab", buffering=0) as old:
            log.shell("cp m.log t; mv t m.log")
            yield
            for _ in range(3):
                old.write(log.lines(2))
                log.write(2)
                yield

    played(tmp_path, "looking", replaced)


def test_lines_without_stamps_that_come_again_are_news(tmp_path):
    """Of a log that repeats itself nobody can tell that it was written back: what comes after copytruncate counts."""

    def rotated(log):
        log.shell("cp m.log m.log.1")
        for script in (": > m.log", "yes 'of no time' | head -n 30 >> m.log", "yes 'of no time' | head -n 30 >> m.log"):
            log.shell(script)
            yield

    log = Log(tmp_path, "looking")
    log.shell("yes 'of no time' | head -n 40 > m.log")
    log.treat(rotated)
    assert log.follower.sink.lines[b"of no time"] == 100


@pytest.mark.parametrize(
    "after", ["mv m.log m.log.1; : > m.log", "rm m.log; : > m.log", "echo 'of another day' >> m.log"]
)
def test_an_end_that_does_not_come_back_is_reported_once(tmp_path, after):
    """A lost end is reported once, whatever is done to the log, and what is written next counts."""
    played(tmp_path, "looking", ("truncate -s 9000 m.log", LOOK, after, LOOK, 5, LOOK), lines=400, missed=1)


@pytest.mark.parametrize("away", [False, True])
def test_a_backup_that_was_empty_and_is_filled_from_the_next_log_counts_once(tmp_path, away):
    """Lines read in a backup are not read again in a log that begins with them."""
    path, backup = tmp_path / "m.log", tmp_path / "m.log.bak"
    path.touch()
    follower = caught_up(path)
    shutil.copy(path, backup)
    follower.turn()
    path.rename(tmp_path / "m.log.2")
    path.touch()
    follower.turn()
    with follower.away(away):
        path.rename(tmp_path / "m.log.1")
        lines = [f"E2711-195656-{n:03} (1): push_on_complete: uid {n} type fcm code 200" for n in range(23)]
        append(path, *lines[:3])
        shutil.copyfile(path, backup)
        append(path, *lines[3:])
    follower.wait(0, 1, 3, 15)
    assert sorted(follower.sink.lines.values()) == [1] * 23
    assert (follower.lost, follower.missed) == (0, 0)


def test_half_a_line_that_a_copy_has_as_well_is_not_reported_as_lost(tmp_path):
    """A log that was replaced by a copy amid a line goes on in the copy, and its old file is gone after a crash."""
    log = Log(tmp_path, "by hand")
    log.write(40)
    line = log.lines(1)
    with open(log.path, "ab") as file:
        file.write(line[:30])
    follower = log.follower
    follower.turn()
    log.shell("cp m.log t; mv t m.log")
    follower.turn()
    follower.restart_at_once()
    with open(log.path, "ab") as file:
        file.write(line[30:])
    follower.wait(0, 11, 700)
    log.check()


def test_an_answer_at_the_end_of_a_copy_waits_for_its_own_file_alone(tmp_path):
    """Lines that come to the file that was copied do not make the one at the path be forgotten."""

    def held(data, _envelope):
        last = data[data.rfind(b"\n", 0, -1) + 1 :]
        return len(last) if last.endswith(b"open\n") else 0

    log = tmp_path / "m.log"
    append(log, *(f"E2511-101112-{n:03} (1): a line of a log" for n in range(60)))
    follower = caught_up(log, held=held)
    with log.open("a") as original:
        shutil.copy(log, tmp_path / "copy")
        (tmp_path / "copy").rename(log)
        follower.wait(11)
        follower.clock.now = time.time()
        append(log, "E2511-101113-001 (1): an answer that may be open")
        follower.turn()
        assert len(follower.lines) == 60
        original.write("E2511-101113-002 (1): one more\n")
        original.flush()
        follower.turn()
        for _ in range(2):
            follower.wait(5)
    assert len(follower.lines) == 62
    follower.tail.close()


@pytest.mark.parametrize("count", [5, 200])
def test_a_copy_of_a_log_with_a_hole_in_front_counts_once(tmp_path, count):
    """A copy made by cp of a log that begins with a hole, as without O_APPEND, counts once."""
    holed = "cp m.log m.log.1; n=$(stat -c %s m.log); : > m.log; truncate -s $n m.log"
    steps = (holed, count, "cp m.log m.log.copy")
    played(tmp_path, "running", steps, lines=7, patterns=("m.log*",))


@pytest.mark.parametrize("beside", [True, False])
@pytest.mark.parametrize("banner", ["s", "started"])
def test_a_log_that_got_its_banner_alone_before_it_is_written_back_counts_once(tmp_path, banner, beside):
    """A few bytes read of an emptied log do not make the log that is written back a new one."""
    log, backup = tmp_path / "d" / "m.log", tmp_path / ("d/m.log.bak" if beside else "m.log.bak")
    log.parent.mkdir()
    lines = [f"E2511-101112-{n:03d} (1): line {n} of a log" for n in range(25)]
    append(log, banner, *lines[:20])
    follower = caught_up(log)
    backup.write_bytes(log.read_bytes())
    log.write_bytes(b"")
    follower.turn()
    append(log, banner)
    follower.turn()
    log.write_bytes(backup.read_bytes())
    backup.unlink()
    follower.turn()
    append(log, *lines[20:])
    follower.wait(0, 1, 11, 700)
    assert [follower.sink.lines[line.encode()] for line in lines] == [1] * 25
    assert (follower.lost, follower.missed) == (0, 0)


def test_a_log_of_which_but_its_banner_was_read_is_not_written_back_by_the_next_one(tmp_path):
    """A deleted log that is still open, and was nothing but its banner: the next one goes on where it was read to."""
    log = tmp_path / "m.log"
    banner = [f"Licence clause {n:03d}: this program comes without any warranty" for n in range(80)]
    lines = [f"E2511-101112-{n:03d} (1): line {n} of a log" for n in range(5)]
    append(log, *banner)
    follower = caught_up(log)
    log.unlink()
    append(log, *banner, *lines)
    follower.turn()
    append(log, "the last line of a log")
    follower.tail._followers[str(log)].mark_due()
    follower.wait(0, 1, 11, 700)
    assert [follower.sink.lines[line.encode()] for line in lines] == [1] * 5
    assert (follower.lost, follower.missed) == (0, 0)


def test_a_copy_in_place_of_a_log_that_was_not_read_to_its_end_counts_once(tmp_path):
    """Renamed, copied back and written on while the daemon was away: what is in both is read once."""
    log = tmp_path / "m.log"
    lines = [f"E2511-101112-{n:06d} (1): line {n} of a log" for n in range(20_005)]
    append(log, *lines[:20_000])
    follower = Follower(log)
    follower.look()
    follower.tail.read(follower.sink, 1)
    follower.commit()
    follower.tail.close()
    assert 0 < len(follower.lines) < 20_000
    log.rename(tmp_path / "m.log.1")
    shutil.copy(tmp_path / "m.log.1", log)
    append(log, *lines[20_000:])
    follower.start()
    follower.wait(0, 1, 11, 700)
    assert set(follower.sink.lines.values()) == {1}
    assert len(follower.lines) == len(lines)
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize("back", ["turn", "restart_at_once"])
@pytest.mark.parametrize("lines", [20, 400])
def test_a_log_that_is_written_over_from_its_start_is_reported_once(tmp_path, lines, back):
    """Lines that a writer without O_TRUNC and O_APPEND writes in front of the offset are not seen, and that is told."""
    log = tmp_path / "m.log"
    append(log, *(f"E2211-101112-{n:03d} (1): line" for n in range(lines)))
    follower = caught_up(log)
    with log.open("r+b", buffering=0) as writer:
        for n in range(10):
            writer.write(b"E2211-111213-%03d (1): line\n" % n)
            getattr(follower, back)()
            follower.wait(1)
    assert (len(follower.lines), follower.lost, follower.missed) == (lines, 0, 1)
    assert [told["why"] for told in follower.log.named("generation_missed")] == ["overwritten from its start"]
    follower.tail.close()


REPLACED = ("cp m.log t; mv t m.log", LOOK, 7, LOOK)


@pytest.mark.parametrize("replaced", [1, 2])
@pytest.mark.parametrize("back", ["cat", "tail -n 20", "tail -n +3"])
@pytest.mark.parametrize("count", [40, 400])
@pytest.mark.parametrize("killed", [False, True])
def test_a_log_that_copies_have_replaced_and_that_is_written_back_counts_once(tmp_path, killed, count, back, replaced):
    """What was copied is deleted and open still, and less was read of it than of what was emptied."""
    written_back = ("cp m.log ../t; : > m.log", LOOK, *[restarted] * killed, f"{back} ../t > m.log", LOOK, 5, LOOK)
    played(tmp_path, "looking", (*REPLACED * replaced, *written_back), lines=count)


@pytest.mark.parametrize("patterns", [("m.log",), ("m.log*",)])
@pytest.mark.parametrize("share", [20, 50, 90])
@pytest.mark.parametrize("banner", [b"", BANNER])
@pytest.mark.parametrize("replaced", [1, 2])
def test_a_log_that_copies_have_replaced_counts_once_where_a_copy_is_made_amid_a_restart(
    tmp_path, replaced, banner, share, patterns
):
    """What was deleted lies in no copy of what has replaced it: that was read further, as much of it as is copied."""

    def restart(log):
        log.follower.restart_at_once()
        log.follower.turn()

    size = f"size=$(($(stat -c %s m.log) * {share} / 100))"
    parts = ("head -c $size m.log", "tail -c +$((size + 1)) m.log | head -c 300", "tail -c +$((size + 301)) m.log")
    first, second, third = (f"{size}; {part} >> m.log.1" for part in parts)
    steps = (first, LOOK, restart, second, LOOK, restart, third, LOOK, ": > m.log", LOOK, 5, LOOK)
    played(tmp_path, "looking", (*REPLACED * replaced, *steps), patterns=patterns, banner=banner)


@pytest.mark.parametrize("patterns", [("m.log",), ("m.log*",)])
@pytest.mark.parametrize("more", [0, 2])
def test_what_was_copied_away_unread_counts_though_the_log_begins_with_what_was_read(tmp_path, more, patterns):
    """That the log begins anew with lines that were read is no proof that all of it was written back."""
    steps = (3, "cp m.log m.log.1; : > m.log", lambda log: log.follower.look(), more, LOOK)
    banner = b"E2510-000000-000 (1): the first line of a log that is written at a start, for each of six modules\n" * 6
    played(tmp_path, "looking", steps, lines=1, patterns=patterns, banner=banner)
