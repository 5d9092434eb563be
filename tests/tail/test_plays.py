"""What a second pair of eyes played on logs: each of these is told by the files, and was counted wrongly."""

import os
import random
import shutil
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from logwatch.discover.globs import signature
from logwatch.tail import candidates, directories, follow, generation, generation_state
from logwatch.tail.candidates import Archive, Heads
from logwatch.tail.directories import Directories
from logwatch.tail.fingerprint import HEAD_BYTES
from tests.helpers.recorder import Follower, append, caught_up, pack_away
from tests.tail.treated import LIVES, LOOK, Log, followed, played, plays

AWAY = ("stopped", "killed")


@pytest.mark.parametrize("life", LIVES)
@plays(
    made_and_rotated=((20, "n.log"), "mv n.log n.log.1", (3, "n.log"), LOOK),
    made_rotated_and_packed=((20, "n.log"), "mv n.log n.log.1; gzip n.log.1", (3, "n.log"), LOOK),
)
def test_what_a_new_log_wrote_before_it_was_rotated_counts(tmp_path, steps, life):
    """A log that was made since the last look and rotated before the next one loses no line, and none in silence."""
    played(tmp_path, life, steps, patterns=("*.log",))


def thrice(script, names):
    """Rotate to each of three names."""
    return [step for name in names for step in (12, LOOK, script.format(name), LOOK)] + [3]


@pytest.mark.parametrize("life", LIVES)
@plays(
    numbered_backups=thrice("mv m.log m.log.{0}", ("bak1", "bak2", "bak3")),
    packed_letters=thrice("mv m.log m.log.{0}; gzip m.log.{0}", "abc"),
    named_by_days=thrice("mv m.log m.log.{0}", ("Sat", "Sun", "Mon")),
)
def test_several_rotations_to_unknown_names_lose_nothing_in_silence(tmp_path, steps, life):
    """Where one generation is found under an unknown name, names of that kind hold the generations after it."""
    log = Log(tmp_path, life)
    for name in ("bak0", "z", "Fri"):  # history is none of it
        (log.directory / f"m.log.{name}").write_bytes(b"E2510-101000-000 (17): of last month\n" * 9)
    log.write(40)
    log.treat(steps)
    log.check()
    assert not any(b"last month" in line for line in log.follower.sink.lines)


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize(("way", "told"), [("create", ()), ("copytruncate", ()), ("create\ncompress", AWAY)])
def test_a_rotation_that_rotates_what_it_has_rotated_loses_nothing_in_silence(tmp_path, way, told, life):
    """Logrotate with the pattern ``m.log*`` names and packs its own archives anew each night, with times of before."""

    def steps(log):
        configuration = log.directory.parent / "logrotate.conf"
        configuration.write_text(f"su root root\n{log.path}* {{\nrotate 20\n{way}\n}}\n")
        configuration.chmod(0o644)
        log.directory.chmod(0o755)
        for _ in range(3):
            log.write(6)
            log.shell(f"/usr/sbin/logrotate -f -s ../state {configuration} || true")
            yield
            log.write(3)

    log = Log(tmp_path, life)
    log.write(40)
    log.treat(steps)
    if life in told and log.follower.missed:
        log.gone = sorted(set(log.written) - set(log.follower.sink.lines))
    log.check(missed=log.follower.missed if life in told else 0)


def test_what_was_read_under_one_unknown_name_is_no_news_under_another(tmp_path):
    """A rotated log that was let go of keeps its place in the ledger when it is renamed to what nobody knows, again."""
    log = followed(tmp_path, 40, "looking")
    log.shell("mv m.log m.log-ab; : > m.log")
    log.follower.turn()
    log.follower.wait(700)
    log.shell("mv m.log-ab m.log-x.y.z")
    log.follower.turn()
    log.shell("touch m.log-x.y.z")
    log.write(5)
    log.shell("mv m.log m.log-cd; : > m.log")
    log.follower.turn()
    log.follower.wait(1)
    log.check()


STAMPS = [f"@4000000069{n}b0a1c0{n}9f2de4.s" for n in range(3)]


@pytest.mark.parametrize("life", LIVES)
@plays(
    by_svlogd=thrice("mv m.log {0}; : > m.log", STAMPS),
    by_multilog=thrice("mv m.log previous; : > m.log; ln previous {0}; rm previous", STAMPS),
    by_its_processor=thrice("mv m.log previous; : > m.log; gzip -c previous > t; mv t {0}; rm previous", STAMPS),
    dated_in_front=thrice("mv m.log 2026-11-2{0}-m.log", range(3)),
)
def test_several_rotations_to_names_without_the_logs_stem_lose_nothing(tmp_path, steps, life):
    """One generation is found by its inode or its bytes, and what is named like it and was written later is news."""
    log = Log(tmp_path, life)
    for name in ("@4000000068ab12cd34ef5678.s", "2026-10-01-m.log", "another.log"):  # history, and a stranger
        (log.directory / name).write_bytes(b"E2510-101000-000 (17): of last month\n" * 9)
        os.utime(log.directory / name, (1_700_000_000, 1_700_000_000))
    log.write(40)
    log.treat(steps)
    log.check()
    assert not any(b"last month" in line for line in log.follower.sink.lines)


@pytest.mark.parametrize("life", AWAY)
def test_an_empty_log_that_is_filled_and_packed_while_nobody_looks_is_not_reported_as_missed(tmp_path, life):
    """What nobody has seen beside its path is what came into it: nothing of it is looked for any more."""
    played(tmp_path, life, (5, "gzip m.log"), lines=0)


@pytest.mark.parametrize("life", LIVES)
def test_an_empty_log_that_is_renamed_to_a_name_that_is_followed_too_is_not_reported_as_missed(tmp_path, life):
    """An empty log that is renamed, as multilog's ``current`` is, is recognised by its inode."""
    played(tmp_path, life, (9, "mv m.log @4000000069b0a1c0f2de4.u", LOOK, 3), lines=0, patterns=("*",))


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("packed", [False, True])
def test_logs_named_by_days_that_came_and_were_packed_between_two_looks_count(tmp_path, packed, life):
    """An archive counts if its log would have been followed after one that was, by its name; history does not."""

    def steps(log):
        yield from log.done(((5, days[27]), f"gzip -f {days[26]}" if not packed else "true"))
        yield from log.done((f"gzip {days[27]}", (5, days[28]), f"gzip {days[28]}", (5, days[29]), "touch *.gz", LOOK))

    days = {day: f"m-2026-11-{day}.log" for day in range(24, 30)}
    log = Log(tmp_path, life, patterns=("m-*.log",))
    for name in (days[24], days[25], "n-2026-11-27.log", "m-2026-11-27.txt", "m-all.log"):
        (log.directory / name).write_bytes(b"E2510-101000-000 (17): of another log, or of last month\n" * 9)
        log.shell(f"gzip {name}; touch -d 2026-11-01 {name}.gz")
    log.write(40, log.directory / days[26])
    log.follower.turn()
    if packed:
        log.shell(f"gzip {days[26]}")
    log.treat(steps)
    log.check()
    assert not any(b"another log" in line for line in log.follower.sink.lines)


def gathered(*scripts):
    """Append each of three generations to one file."""
    looks = [step for script in scripts for step in (script, LOOK)]
    return [80, LOOK, *looks, 81, LOOK, *looks, 82, LOOK, *looks, 4]


@pytest.mark.parametrize("life", LIVES)
@plays(
    in_place=gathered("cat m.log >> m.log.all; : > m.log"),
    in_two_pieces=gathered(
        "mv m.log m.log.1; : > m.log",
        "head -c 5000 m.log.1 >> m.log.all",
        "tail -c +5001 m.log.1 >> m.log.all",
        "rm m.log.1",
    ),
    packed=gathered("mv m.log m.log.1; gzip -c m.log.1 >> m.log.all.gz; rm m.log.1; : > m.log"),
)
def test_one_file_that_gathers_all_generations_counts_nothing_twice(tmp_path, steps, life):
    """What follows in a generation's file and begins as a later one is that one, and was read, or comes next."""
    played(tmp_path, life, steps)


@pytest.mark.parametrize("restart", [None, *AWAY])
@pytest.mark.parametrize("patterns", [("m.log",), ("m.log*",)])
@pytest.mark.parametrize("script", ["gzip -c m.log >> m.log.all.gz; : > m.log", "cat m.log >> all.txt; : > m.log"])
def test_what_is_appended_to_a_file_that_was_read_to_its_end_counts(tmp_path, script, patterns, restart):
    """An archive to which each generation is appended has the unread lines of the last one, and what is read stays."""
    log = Log(tmp_path, "looking", patterns=patterns)
    log.write(100)
    log.wait_out()
    for _ in range(3):
        log.follower.commit()
        with log.unwatched(restart):
            log.write(4)
            log.shell(script)
            log.write(3)
    log.check()


PUT_TOGETHER = (
    "mv m.log m.log.1", 20, LOOK,
    "mv m.log.1 m.log.2; mv m.log m.log.1", 9, LOOK,
    "cat m.log.2 m.log.1 m.log > m.log.all", LOOK, 4,
)  # fmt: skip
PUT_TOGETHER_AND_PACKED = (
    "mv m.log m.log.1; gzip m.log.1", 20, LOOK,
    "mv m.log.1.gz m.log.2.gz; mv m.log m.log.1; gzip m.log.1", 9, LOOK,
    "zcat m.log.2.gz m.log.1.gz | cat - m.log | gzip > m.log.all.gz", LOOK, 4, LOOK,
    "mv m.log m.log.1", LOOK, 4,
)  # fmt: skip


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("patterns", [("m.log",), ("m.log*",)])
@plays(plain=PUT_TOGETHER, packed=PUT_TOGETHER_AND_PACKED)
def test_a_file_of_all_generations_counts_nothing_twice(tmp_path, steps, patterns, life):
    """What begins as a generation that was read, or follows that and begins as another one, is that one."""
    played(tmp_path, life, steps, patterns=patterns)


def test_an_older_state_that_is_written_back_counts_once(tmp_path):
    """An older state that is written back counts once, also if a look saw the log empty before."""
    played(tmp_path, "looking", ("cp m.log ../kept", 3, LOOK, ": > m.log", LOOK, "cat ../kept >> m.log", LOOK, 5))


def test_a_name_that_was_missing_for_a_moment_amid_a_rotation_holds_what_nobody_has_seen(tmp_path, monkeypatch):
    """A directory is listed after ``m.log.1`` has made room, before the log has got its name: it is listed again."""
    log = followed(tmp_path, 40, "looking")
    log.shell("mv m.log m.log.1")
    log.write(9)
    log.follower.turn()
    log.follower.stop()
    log.shell("mv m.log.1 m.log.3; mv m.log m.log.2")
    log.write(7)
    log.shell("mv m.log m.log.1")
    log.write(3)
    list_one, listed = Directories._list, []

    def missing_at_first(directories, directory):
        listed.append(directory)
        there = list_one(directories, directory)
        return type(there)(there.there, [name for name in there.names if name != "m.log.1" or len(listed) > 1])

    monkeypatch.setattr(Directories, "_list", missing_at_first)
    log.follower.start()
    log.treat(())
    log.check()


@pytest.mark.parametrize("killed", [False, True])
def test_a_copy_that_is_made_in_the_inode_of_an_empty_log_is_no_news(tmp_path, killed):
    """The next file may get the inode of a log that went before it had a byte; a hidden copy of its successor, too."""

    def steps(log):
        log.follower.turn()
        log.follower.restart_at_once()
        log.shell("mv m.log ../empty")
        log.write(20)
        yield
        log.write(9)
        log.shell("head -c 1000 m.log > ../empty; mv ../empty .m.log.new")
        if killed:
            log.follower.restart()
        yield
        log.shell("cp m.log .m.log.new")
        yield
        log.shell("mv .m.log.new m.log")
        log.write(2)

    log = Log(tmp_path, "looking")
    log.write(0)
    log.treat(steps)
    log.check(missed=1)  # nobody saw what it had when it went


@pytest.mark.parametrize("begun", [0, 3, 23])
@pytest.mark.parametrize("name", ["m.log~", "other"])
def test_a_copy_that_gets_the_inode_of_a_file_of_few_bytes_at_a_start_is_no_news(tmp_path, name, begun):
    """An editor tests with such a file whether it may write, then makes its backup; a renamed log is that log."""
    log = Log(tmp_path, "looking", patterns=("*",))
    log.write(20)
    test, moved = log.directory / "4913", log.directory / "moved"
    test.write_bytes(Path(log.path).read_bytes()[:begun])
    moved.touch()
    log.follower.turn()
    log.follower.stop()
    test.write_bytes(Path(log.path).read_bytes())
    test.rename(log.directory / name)
    moved.rename(log.directory / "of its own")
    log.write(7, log.directory / "of its own")
    log.write(2)
    log.follower.start()
    log.treat((4,))
    log.check()


@pytest.mark.parametrize("patterns", [("m.log",), ("m.log*",)])
@pytest.mark.parametrize("begun", [5, 40])
def test_a_line_that_is_torn_behind_a_copy_of_what_an_empty_log_got_counts(tmp_path, begun, patterns):
    """The log is younger than that copy, though it was seen before: the line ends in the log that comes next."""

    def steps(log):
        yield
        log.write(5)
        log.shell("cp m.log m.log.1; : > m.log")
        line = log.lines(1)
        Path(log.path).write_bytes(line[:begun])
        yield
        log.shell("mv m.log.1 m.log.2; mv m.log m.log.1")
        yield
        Path(log.path).write_bytes(line[begun:])
        log.write(3)

    played(tmp_path, "looking", steps, lines=0, patterns=patterns)


def test_a_copy_that_was_empty_when_it_was_seen_and_is_packed_before_the_next_look_counts_nothing_twice(tmp_path):
    """With copytruncate and compress, lines count once even if the glob matches the copy."""
    steps = (20, LOOK, ": > m.log.1", LOOK, "cat m.log >> m.log.1; : > m.log; gzip m.log.1", LOOK, 5)
    played(tmp_path, "looking", steps, patterns=("m.log*",))


@pytest.mark.parametrize("count", [3, 20, 200])
def test_a_copy_in_an_empty_file_is_not_the_log_of_which_but_its_first_line_was_read(tmp_path, count):
    """The log that was copied begins with the same line, and all it had was read: the copy counts nothing twice."""
    steps = (
        "cp m.log m.log.1; : > m.log; : > m.log.2", 0, LOOK,
        ": > m.log", LOOK,
        count, LOOK,
        "cp m.log m.log.2; : > m.log", LOOK, 1,
    )  # fmt: skip
    first = b"E2510-000000-000 (1): the first line of each log of this program, which tells its version, five by now\n"
    played(tmp_path, "looking", steps, lines=1, patterns=("m.log*",), banner=first)


@pytest.mark.parametrize("life", LIVES)
def test_the_rest_of_a_links_old_target_counts(tmp_path, life):
    """The file that a link led to is known by its inode in the directory where it lay, whatever its name is."""
    log = Log(tmp_path, life)
    log.write(40, log.directory / "monday.txt")
    os.symlink("monday.txt", log.path)
    log.treat(((5, "monday.txt"), (6, "tuesday.txt"), "ln -s tuesday.txt t; mv -T t m.log", LOOK))  # as cronolog does
    log.check()


def damaged(log, seed):
    """Overwrite some bytes in the middle of an archive, as a failing disk does."""
    log.write(2000)
    yield
    log.shell("mv m.log m.log.1; gzip m.log.1")
    path, chance = log.directory / "m.log.1.gz", random.Random(seed)
    with open(path, "r+b") as file:
        file.seek(chance.randrange(1000, path.stat().st_size - 400))
        file.write(chance.randbytes(300))
    os.utime(path, (1_700_000_000, 1_700_000_000))  # nobody writes to it any more
    log.write(4)
    yield


@pytest.mark.parametrize("seed", [0, 5])
@pytest.mark.parametrize("life", ["running", "looking"])
def test_a_damaged_archive_of_what_was_read_is_not_news(tmp_path, life, seed):
    """Lines read from the open file are neither read again from a damaged archive nor reported as lost."""
    played(tmp_path, life, lambda log: damaged(log, seed), lines=200)


@pytest.mark.parametrize("seed", [0, 5])
@pytest.mark.parametrize("life", AWAY)
def test_what_a_damaged_archive_unpacks_to_is_not_taken_for_lines(tmp_path, life, seed):
    """Bytes unpacked between damage and its detection never count."""
    log = Log(tmp_path, life)
    log.write(200)
    log.treat(lambda log: damaged(log, seed))
    counted = Counter(log.follower.sink.lines)
    assert counted - Counter(log.written) == Counter(), "counted twice, or never written"
    assert not [line for line in log.written[:200] + log.written[-4:] if counted[line] != 1], "not counted"
    assert log.follower.missed == 1


def copied_in_pieces(log):
    """Put a copy aside that is looked at before it is complete."""
    log.write(200)
    yield
    log.shell(": > aside.log")
    yield
    content = (log.directory / "m.log").read_bytes()
    for at in (0, 100, 8192, 10_000):
        with open(log.directory / "aside.log", "ab") as file:
            file.write(content[file.tell() : at])
        yield
    with open(log.directory / "aside.log", "ab") as file:
        file.write(content[file.tell() :])
    yield
    log.write(5)
    yield
    log.write(2, log.directory / "aside.log")


@pytest.mark.parametrize("life", LIVES)
@plays(
    copied=("cp m.log before-upgrade.log", LOOK, 5),
    copied_in_pieces=copied_in_pieces,
    unpacked=(5, LOOK, "mv m.log m.log.1; gzip m.log.1", 6, LOOK, "zcat m.log.1.gz > look.log", LOOK, 5),
)
def test_a_copy_under_another_name_that_is_matched_counts_nothing_twice(tmp_path, steps, life):
    """A file that holds exactly what is known of another generation when first seen is a copy."""
    played(tmp_path, life, steps, patterns=("*.log",))


def mirrored_with_backups(log):
    """Mirror a log that has grown by rsync, which keeps the one before."""
    (log.directory.parent / "m.log").write_bytes((log.directory / "m.log").read_bytes() + log.lines(7))
    log.run("rsync", "--backup", log.directory.parent / "m.log", log.path)
    yield
    log.write(5)


@pytest.mark.parametrize("life", LIVES)
@plays(by_an_editor=("cp m.log m.log~", LOOK, 5), by_rsync=mirrored_with_backups)
def test_a_backup_that_the_glob_matches_counts_nothing_twice(tmp_path, steps, life):
    """Of two files of which one is the other's beginning, the lines that both hold count once."""
    played(tmp_path, life, steps, patterns=("m.log*",))


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("patterns", [("m.log",), ("m.log*",)])
def test_a_log_that_was_copied_and_trimmed_in_place_counts_once(tmp_path, patterns, life):
    """The copy that the glob matches too is the log as it was, not news."""
    steps = (10, LOOK, "cp m.log m.log.bak; tail -n 20 m.log.bak > m.log", LOOK, 5)
    played(tmp_path, life, steps, lines=100, patterns=patterns)


@plays(
    at_once=(5, LOOK, "tar cf m.log.tar m.log; tar czf m.log.tar.gz m.log", LOOK, 5),
    slowly=(": > m.log.tar", LOOK, "tar cf m.log.tar m.log", LOOK, 5),
)
@pytest.mark.parametrize("life", LIVES)
def test_an_archive_of_tar_that_is_matched_counts_nothing(tmp_path, life, steps):
    """What begins with tar's header is no text, packed or not, though lines stand in it."""
    played(tmp_path, life, steps, patterns=("m.log*",))


@pytest.mark.parametrize("life", LIVES)
def test_what_was_read_and_has_another_name_is_not_reported_as_missed(tmp_path, life):
    """A file that lies where it lay, with its inode and its bytes, is no missed generation, whatever its name is."""
    played(tmp_path, life, ("mv m.log 20261125-m.log", 5, LOOK))


MOVE = "mv m.log m.log.1"

COPY = "cp m.log m.log.1; : > m.log"


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("rotate", [MOVE, COPY])
def test_a_generation_of_which_nothing_was_read_does_not_hide_those_after_it(tmp_path, rotate, packed):
    """With a banner longer than what is kept of a head, a kill before the first read costs none of the generations."""
    banner = b"".join(b"Licence clause %04d: this program comes without any warranty.\n" % n for n in range(90))
    log = followed(tmp_path, 20, "killed", banner=banner)
    log.shell(rotate)
    log.write(15)
    log.follower.look()  # it is known by now, and nothing of it was read
    log.follower.commit()
    log.follower.kill()
    log.shell(f"mv m.log.1 m.log.2; {rotate}")
    log.write(24)
    log.shell(f"mv m.log.2 m.log.3; mv m.log.1 m.log.2; {rotate}")
    if packed:
        log.shell("gzip m.log.[123]")
    log.write(33)
    log.follower.start()
    log.follower.wait(0, 1, 1, 11, 1)
    log.follower.tail.close()
    log.check()


@pytest.mark.parametrize("life", AWAY)
@plays(
    twice=(5, "mv m.log m.log-ab; sleep 0.02", 5, "mv m.log m.log-xy; sleep 0.02", 5, LOOK),
    packed_before=(5, "mv m.log m.log.1; gzip m.log.1; sleep 0.02", 5, "mv m.log 'm.log-x y'; sleep 0.02", 5, LOOK),
    extracted=(50, "mv m.log m.log.1; grep 'code 200' m.log.1 | tail -n 30 > m.log-failures; sleep 0.02", 5, LOOK),
)
def test_rotations_to_names_of_different_shapes_while_away_are_read_and_extracts_are_not(tmp_path, steps, life):
    """What was written after the log had left its path is its, whatever its name, unless its lines stand elsewhere."""
    played(tmp_path, life, steps)


def copied_and_restarted(log):
    """Grow a copy with its log while the daemon is started anew."""
    for _ in range(3):
        log.write(6, str(log.directory / "a/m.log"))
        log.shell("mkdir -p b; cp -a a/m.log b/tmp; mv b/tmp b/m.log")
        yield
        log.follower.turn()
        log.follower.commit()
        log.follower.kill()
        log.follower.start()
        log.write(3, str(log.directory / "a/m.log"))
        yield


@pytest.mark.parametrize("pattern", ["*/m.log", "*/m.log*"])
@pytest.mark.parametrize("life", LIVES)
@plays(
    with_a_rotated_file=("mv a/m.log a/m.log.1", (9, "a/m.log"), LOOK, "cp -a a b", LOOK, (4, "a/m.log")),
    each_night=(
        (6, "a/m.log"), "rm -rf b/*; mkdir -p b; cp -a a/* b/", LOOK,
        "[ ! -e a/m.log.1 ] || mv a/m.log.1 a/m.log.2; mv a/m.log a/m.log.1", (3, "a/m.log"), LOOK,
    ) * 3,
)  # fmt: skip
def test_a_copy_of_a_directory_that_the_pattern_matches_counts_nothing_twice(tmp_path, steps, life, pattern):
    """Whatever is taken up, live or rotated, is compared with what other paths of its source have read."""
    log = Log(tmp_path, life, patterns=(pattern,))
    (log.directory / "a").mkdir()
    log.write(40, str(log.directory / "a/m.log"))
    log.treat(steps)
    counted = log.follower.sink.lines
    assert Counter({line: n for line, n in counted.items() if n > 1}) == Counter()
    assert set(log.written) <= set(counted)
    assert log.follower.lost == 0


@pytest.mark.parametrize("life", ["running", "looking"])
def test_a_copy_that_goes_on_growing_counts_nothing_twice_after_a_restart(tmp_path, life):
    """After a restart, the daemon recognises again that a file is a copy."""
    log = Log(tmp_path, life, patterns=("*/m.log",))
    (log.directory / "a").mkdir()
    log.write(40, str(log.directory / "a/m.log"))
    log.treat(copied_and_restarted)
    log.check()


@pytest.mark.parametrize("read", [40, 0])
@pytest.mark.parametrize("looks", ["once", "twice"])
def test_what_only_a_copy_has_got_is_read_there(tmp_path, looks, read):
    """If a log is copied with unread lines, and then emptied, no line is lost or reported as lost."""
    log = Log(tmp_path, "running", patterns=("*.log",))
    log.write(read)
    follower = log.follower
    follower.turn()
    log.write(7)
    follower.look()
    log.shell("cp m.log m-saved.log")
    follower.look()  # and nothing is read yet
    log.shell(": > m.log")
    log.write(2)
    if looks == "twice":
        follower.look()
    follower.wait(0, 1, 11, 1, 700, 1)
    follower.tail.close()
    log.check()


def test_a_generation_that_another_path_found_is_not_reported_as_missed(tmp_path):
    """A log that was rotated into another pattern of its source during a stop is read to its end."""
    steps = (8, "mkdir arch; gzip -c m.log > arch/.t; rm m.log; mv arch/.t arch/m-1.gz", 3, LOOK)
    played(tmp_path, "stopped", steps, patterns=("m.log", "arch/*.gz"))


def packed_amid_its_first_line(log):
    """Pack a log beside itself of which but the beginning of a line is there, which its writer ends."""
    line = log.lines(1)
    log.shell("mv m.log m.log.2")
    log.write(3)
    Path(log.path + ".1").write_bytes(line[:18])
    log.shell("gzip -c m.log.1 > m.log.1.gz; touch -d '1 minute ago' m.log.1.gz")
    with open(log.path + ".1", "ab") as file:
        file.write(line[18:])
    yield


MIRRORED = (60, "mkdir origin; cp m.log origin/m.log.1; cp m.log m.log.1; : > m.log", LOOK, (7, "origin/m.log.1"))


@pytest.mark.parametrize("life", LIVES)
@plays(
    the_next=(5, "mv m.log m.log.1; gzip m.log.1", 6, LOOK, "mv m.log m.log.1", 4, LOOK),
    being_packed=(
        5, "mv m.log m.log.1; head -n 20 m.log.1 | gzip > m.log.1.gz", 6, LOOK,
        "gzip -c m.log.1 > m.log.1.gz", LOOK, "rm m.log.1", LOOK,
    ),
    with_more_than_its_copy=(
        *MIRRORED, "cd origin; gzip m.log.1; touch -d '2 minutes ago' m.log.1.gz; cp -p m.log.1.gz ..", 6, LOOK,
    ),
    mirrored_while_it_is_looked_at=(
        *MIRRORED, "gzip origin/m.log.1; head -c 700 origin/m.log.1.gz > m.log.1.gz", 3, LOOK,
        "cat origin/m.log.1.gz > m.log.1.gz", LOOK, "touch -d '1 minute ago' m.log.1.gz", LOOK,
    ),
    amid_its_first_line=packed_amid_its_first_line,
)  # fmt: skip
def test_an_archive_beside_a_plain_file_of_its_name_counts_if_it_holds_something_else(tmp_path, steps, life):
    """An archive is taken for the packed plain file only if it holds no more than that."""
    played(tmp_path, life, steps)


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize(
    "rotation", ["mv m.log saved.log", "cp m.log saved.log; : > m.log", "cp m.log m.7.old; : > m.log; gzip m.7.old"]
)
def test_a_backup_is_not_what_a_log_was_rotated_to(tmp_path, rotation, life):
    """What came since the backup was made is in another file beside it, whose name says nothing."""
    played(tmp_path, life, ("cp m.log m.log.bak", 30, rotation, 4, LOOK))


BANNER = b"# mesibo starts, version 2.4\n" * 3


@pytest.mark.parametrize(("gone", "missed"), [("mv m.log ../gone", 1), (": > m.log", 0)])  # its inode is not used again
@pytest.mark.parametrize(("half", "short"), [(0, b""), (10, b""), (40, b""), (0, b"E2511-101 (1): short")])
def test_the_first_line_of_a_new_log_counts_that_had_only_begun_at_a_restart(tmp_path, half, short, gone, missed):
    """It comes behind the banner that the log of before began with, which is reported as missed if it has gone.

    A short line may stand there whole: too short for what is kept of the log of before to tell it from that.
    """
    log = followed(tmp_path, 7, banner=BANNER)
    log.follower.commit()
    log.follower.kill()
    log.shell(gone)
    log.written += [short] if short else []
    line = log.lines(1)
    with open(log.path, "ab") as file:
        file.write(BANNER + (short + b"\n" if short else line[:half]))
    log.follower.start()
    log.follower.turn()
    with open(log.path, "ab") as file:
        file.write(line[half:])
    log.write(2)
    log.follower.wait(1, 11, 1)
    log.check(missed=missed)


@pytest.mark.parametrize("life", ["running", "stopped", "killed"])
def test_a_copy_that_was_emptied_counts_where_the_next_log_begins_with_the_same_banner(tmp_path, life):
    """New lines after the banner in an emptied copy count, and are not taken for the earlier log's."""
    played(tmp_path, life, (5, "cp m.log m.log.1; : > m.log", 1), lines=1, banner=BANNER)


@pytest.mark.parametrize("life", ["stopped", "killed"])
def test_a_rotated_file_counts_where_the_log_has_but_the_banner_of_the_one_that_is_gone(tmp_path, life):
    """Nobody can tell whether that lost its end or is new, so that what nobody has seen beside it is wanted."""
    away = "mv m.log ../gone"  # its inode is not used again
    steps = (away, 3, "mv m.log m.log.1", f"printf '{BANNER.decode()}' > m.log")
    played(tmp_path, life, steps, lines=7, banner=BANNER, missed=1)


def test_a_line_that_is_torn_within_its_code_is_reported_as_lost_once(tmp_path):
    """The lost line is not reported again with each restart while its file exists."""
    log = followed(tmp_path, 9)
    torn = log.lines(1)[:-2]
    log.shell("mv m.log m.log.1")
    (log.directory / "m.log").write_bytes(torn)
    log.shell("mv m.log.1 m.log.2; mv m.log m.log.1")
    log.gone.append(log.written[-1])
    log.write(3)
    for _ in range(3):
        log.follower.wait(1, 11, 700, 1)
        log.follower.restart_at_once()
    log.check(lost=len(torn))


@pytest.mark.parametrize("life", LIVES)
def test_a_log_that_is_trimmed_by_rename_counts_once_where_a_packed_copy_was_kept(tmp_path, life):
    """The lines at the path are the last ones that were read, and a rotation leaves none of them there."""
    steps = ("gzip -c m.log > m.log.1.gz", LOOK, "tail -n 20 m.log > trimmed; mv trimmed m.log", 2)
    played(tmp_path, life, steps)


START = ["mesibo on-premise server", "configuration read from /etc/mesibo/mesibo.conf", "listening on port 5222"]


@pytest.mark.parametrize("seen", ["banner", "half a line", "a line"])
@pytest.mark.parametrize("kept_open", [True, False])
@pytest.mark.parametrize("most", [1, 2])
@pytest.mark.parametrize("restarts", [True, False])
def test_a_log_that_begins_as_those_before_it_is_new(tmp_path, seen, kept_open, most, restarts):
    """Whatever is there of it at the first look, and though its inode is that of one that was rotated out."""
    log = tmp_path / "m.log"
    follower, written = Follower(log), []
    for night in range(5):
        lines = [f"E2002 2026-11-26 1{night}:{minute:02} a line of mesibo that is long enough" for minute in range(20)]
        append(log, *START)
        first = {"banner": "", "half a line": lines[0][:40], "a line": lines[0] + "\n"}[seen]
        append(log, first, end="")
        follower.turn()
        append(log, "\n".join(lines)[len(first) :])
        written += START + lines
        follower.turn()
        follower.wait(1 if kept_open else 700)
        for number in range(most, 0, -1):
            older = tmp_path / f"m.log.{number - 1}" if number > 1 else log
            if night < 4 and older.exists():
                older.rename(tmp_path / f"m.log.{number}")
        if restarts:
            follower.restart_at_once()
    follower.wait(20)
    assert Counter(line.decode() for line in follower.sink.lines.elements()) == Counter(written)
    assert (follower.missed, follower.lost, sum(follower.rotations().values())) == (0, 0, 4)


@pytest.mark.parametrize("restarts", [True, False])
def test_a_start_that_wrote_but_its_banner_hides_no_later_one(tmp_path, restarts):
    """Where the log is absent for a moment at each rotation, and rotated out after the second one."""
    log, written = tmp_path / "m.log", []
    follower = Follower(log)
    for night in range(6):
        lines = START + [f"E2002 1{night}:0{minute} line" for minute in range(0 if night == 1 else 3)]
        append(log, *lines)
        written += lines
        follower.turn()
        follower.wait(700)
        for older, newer in (("m.log.1", "m.log.2"), ("m.log", "m.log.1")):
            if (tmp_path / older).exists():
                (tmp_path / older).rename(tmp_path / newer)
        follower.turn()
        if restarts:
            follower.restart_at_once()
    assert Counter(follower.lines) == Counter(written)
    assert (follower.missed, follower.lost, follower.rotations()) == (0, 0, {"rename": 5})


@pytest.mark.parametrize("in_place", [True, False])
@pytest.mark.parametrize("restarts", [True, False])
def test_a_log_that_was_changed_right_before_where_it_was_read_to_is_read_on(tmp_path, in_place, restarts):
    """Its last line proves that all was read up to the same place, though not all before that is as it was."""
    log, copy = tmp_path / "m.log", tmp_path / "copy"
    stamp = "E2211-101112-000 (1)"
    append(log, f"{stamp}: the number of a user: 4711", f"{stamp}: long enough to tell: " + "x" * 100)
    follower = caught_up(log)
    with follower.away(restarts):
        changed = log.read_bytes().replace(b"4711", b"0000")
        if in_place:
            with log.open("r+b") as file:
                file.write(changed)
        else:
            copy.write_bytes(changed)
            copy.rename(log)
    for line in ("a line of later", "a line that comes after that"):
        append(log, line)
        follower.wait(1)
    follower.wait(700)
    assert follower.lines[2:] == ["a line of later", "a line that comes after that"]
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize("renewed", [True, False])
def test_a_deleted_log_that_is_changed_in_front_is_read_on(tmp_path, renewed):
    """It has no name by which it could be found again, and its writer goes on."""
    log = tmp_path / "m.log"
    append(log, *(f"line {number:04} of what is deleted soon" for number in range(300)))
    follower = caught_up(log)
    with log.open("ab") as writer, log.open("r+b") as front:
        log.unlink()
        if renewed:
            append(log, "the first line of a new log")
        follower.turn()
        front.write(bytes(100))
        for number in range(5):
            writer.write(b"late line %d\n" % number)
            writer.flush()
            front.flush()
            follower.wait(1)
    follower.wait(20)
    assert len(follower.lines) == 305 + renewed
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize("burst", [1, 1000])
@pytest.mark.parametrize("renewed", [True, False])
def test_a_deleted_log_that_is_emptied_is_read_on(tmp_path, renewed, burst):
    """``> /proc/PID/fd/N``: its writer has it open, and goes on in it, also beyond its old size within one look."""
    log = tmp_path / "m.log"
    append(log, *(f"line {number:04} of what is deleted soon" for number in range(300)))
    follower = caught_up(log)
    with log.open("ab") as writer:
        log.unlink()
        if renewed:
            append(log, "the first line of a new log")
        follower.turn()
        writer.write(b"a line that was seen, and not read\n")
        writer.flush()
        follower.look()
        writer.truncate(0)
        for number in range(5):
            writer.writelines(b"late line %d of %d\n" % (n, number) for n in range(burst))
            writer.flush()
            follower.wait(1)
        for _ in range(2):
            follower.wait(700)
    assert len(follower.lines) == len(set(follower.lines)) == 300 + 5 * burst + renewed
    assert (follower.lost, follower.missed) == (len("a line that was seen, and not read\n"), 0)


def test_what_a_writer_adds_to_a_log_that_was_packed_and_shredded_counts(tmp_path):
    """Logrotate's ``shred``, without delaycompress: the file is emptied before it is deleted, and all in one gap.

    That is what ``shred -u`` of GNU does; the one in Rust leaves its random bytes, and late lines stand behind them.
    """
    log = tmp_path / "m.log"
    append(log, *(f"line {number:04} of what is shredded soon" for number in range(300)))
    follower = caught_up(log)
    with log.open("ab") as writer:
        shredded = ["sh", "-ec", "gzip -c m.log > m.log.1.gz; shred m.log; : > m.log; rm m.log; : > m.log"]
        subprocess.run(shredded, check=True, cwd=tmp_path)
        for line in (b"a late line\n", b"one after that\n"):
            writer.write(line)
            writer.flush()
            follower.wait(1)
        append(log, "the first line of the next log")
        for _ in range(2):
            follower.wait(700)
    assert follower.lines[300:] == ["a late line", "one after that", "the first line of the next log"]
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize("cut", [1, 5, 10, 15, 17, 23])
def test_the_first_line_of_a_log_that_begins_as_one_that_was_moved_away_counts(tmp_path, cut):
    """Where the first look falls within that line, which begins as all lines of that hour do."""
    new = '{"log":"E2511-101112-002 (1): a line of what is new'
    log, away = tmp_path / "m.log", tmp_path / "away"
    append(log, *START, '{"log":"E2511-101112-001 (1): line 1', "line 2")
    follower = caught_up(log)
    away.mkdir()
    log.rename(away / "saved")
    append(log, *START)
    append(log, new[:cut], end="")
    follower.turn()
    append(log, new[cut:])
    follower.turn()
    follower.wait(20)
    assert follower.sink.lines[new.encode()] == 1


@pytest.mark.parametrize("cut", [1, 10, 23])
def test_the_first_line_of_a_log_that_begins_as_one_that_was_deleted_counts(tmp_path, cut):
    """The same after a stop, with a banner of more than 4 KiB: nothing but its lines tells it from the one before."""
    banner = [f"licence clause {n:04} comes without any warranty at all, and that is all" for n in range(80)]
    new = '{"log":"E2511-101112-002 (1): a line of what is new'
    log = tmp_path / "m.log"
    append(log, *banner, '{"log":"E2511-101112-001 (1): line 1', "line 2")
    follower = caught_up(log)
    follower.stop()
    append(tmp_path / "next", *banner)
    append(tmp_path / "next", new[:cut], end="")
    log.unlink()
    (tmp_path / "next").rename(log)  # made before, so that its inode is another one
    follower.start()
    follower.turn()
    append(log, new[cut:])
    follower.turn()
    follower.wait(20)
    assert follower.sink.lines[new.encode()] == 1


@pytest.mark.parametrize("stopped", [False, True])
@pytest.mark.parametrize("fewer", [0, 1, 6, 20])
@pytest.mark.parametrize("over", [False, True])
@pytest.mark.parametrize("pack", [False, True])
def test_an_older_state_of_a_log_that_was_rotated_away_does_not_count_at_its_path(tmp_path, pack, over, fewer, stopped):
    """An older state of 4 KiB or more does not count, whether its newer one is packed, just read or long closed."""
    log, rotated = tmp_path / "m.log", tmp_path / "m.log.1"
    written = [f"E2211-101112-{n:03} (1): a line of a log" for n in range(300)]
    append(log, *written[:290])
    follower = caught_up(log)
    append(tmp_path / "older", *written[: 290 - fewer])
    if stopped and not over:
        follower.stop()
    log.rename(rotated)
    if pack:
        pack_away(rotated, tmp_path / "m.log.1.gz")
    if over:
        append(log, *written[290:295])
        follower.wait(0, 11, 700)
        if stopped:
            follower.stop()
        log.rename(tmp_path / "m.log.0")
    (tmp_path / "older").rename(log)
    if stopped:
        follower.start()
    follower.turn()
    append(log, *written[295:])
    follower.wait(0, 20)
    assert sorted(follower.lines) == sorted(written[:290] + written[290:295] * over + written[295:])
    follower.tail.close()


@pytest.mark.parametrize("stopped", [False, True])
def test_a_log_that_is_put_back_long_after_its_rotation_goes_on_behind_what_was_read(tmp_path, stopped):
    """A log that is put back, while its rotated file stays, continues after what was read of it."""
    log = tmp_path / "m.log"
    append(log, *START, *(f"line {n} before the rotation" for n in range(20)))
    follower = caught_up(log)
    log.rename(tmp_path / "m.log.1")
    follower.turn()
    follower.wait(700)
    with follower.away(stopped):
        shutil.copy(tmp_path / "m.log.1", log)
        append(log, "a line behind the copy")
    follower.turn()
    append(log, "the last line")
    follower.turn()
    assert follower.lines[len(START) + 20 :] == ["a line behind the copy", "the last line"]
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize("count", [20, 200])
@pytest.mark.parametrize("committed", [False, True])
def test_a_log_whose_last_line_was_deleted_before_more_was_written_counts_once(tmp_path, count, committed):
    """``sed -i '$d'`` on a log that is open, and of which there is less than 4 KiB, or more."""
    log = tmp_path / "m.log"
    append(log, *(f"E2211-101112-{n:03} (1): push {n}" for n in range(count)))
    follower = caught_up(log)
    if committed:
        follower.commit()
    subprocess.run(["sed", "-i", "$d", log], check=True)
    append(log, *(f"E2211-101113-{n:03} (1): push {n}" for n in range(3)))
    follower.turn()
    follower.wait(700)
    expected = [
        f"E2211-10111{second}-{n:03} (1): push {n}" for second, some in ((2, count), (3, 3)) for n in range(some)
    ]
    assert follower.lines == expected
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize("kept", [56, 57])
def test_an_older_state_of_a_deleted_log_that_ends_around_4_kib_counts_once(tmp_path, kept):
    """Its first 4 KiB tell it also where the last line that both have whole ends before them."""
    log = tmp_path / "m.log"
    lines = [f"mesibo-1  | 2026-11-22T10:11:12.000000000Z E2211-101112-{n:03} (1): push {n:02}" for n in range(90)]
    assert 56 < HEAD_BYTES / 73 < 57
    append(log, *lines)
    follower = caught_up(log)
    log.unlink()
    append(log, *lines[:kept], "mesibo-1  | 2026-11-22T10:11:12.000000000Z E2211-101112-091 (1): push 91")
    follower.turn()
    follower.wait(700)
    assert len(follower.lines) == 91


def test_files_with_a_date_in_front_of_a_log_s_name_are_looked_at_for_that_log_alone(tmp_path, monkeypatch):
    """So that many logs with one directory for rotated files do not each read all that lies there."""
    (tmp_path / "old").mkdir()
    logs = [tmp_path / f"{name}.log" for name in "abcdefgh"]
    for n, log in enumerate(logs):
        append(log, f"E2211-101112-{n:03} (1): push {n}")
    follower = caught_up(*logs, rotated=(f"{tmp_path}/old/*",))
    follower.stop()
    for n, log in enumerate(logs):
        append(log, f"E2211-101113-{n:03} (1): push {n}")
        os.rename(log, tmp_path / "old" / f"20261122-{log.name}")
        append(log, f"E2211-101114-{n:03} (1): push {n}")
    looked_at = Counter()
    examine = Heads.examine

    def counted(heads, path, *rotated):
        looked_at[path, id(heads)] += "/old/" in path
        return examine(heads, path, *rotated)

    monkeypatch.setattr(Heads, "examine", counted)
    follower.start()
    follower.turn()
    assert sorted(follower.lines) == [
        f"E2211-10111{s}-{n:03} (1): push {n}" for s in (2, 3, 4) for n in range(len(logs))
    ]
    assert sum(map(bool, looked_at.values())) == len(logs)


@pytest.mark.parametrize("back", ["turn", "restart"])
@pytest.mark.parametrize("lines", [1, 30])
def test_a_log_that_is_emptied_before_it_is_read_goes_on_in_the_copy_that_was_there_with_it(tmp_path, lines, back):
    """A copy that is seen together with its log is no history: what is emptied then counts from it, none as lost."""
    log = tmp_path / "m.log"
    written = [f"E2211-101112-{n:03d} (1): line" for n in range(40 + lines)]
    append(log, *written[:40])
    follower = caught_up(log)
    os.rename(shutil.copyfile(log, tmp_path / "copied"), tmp_path / "m.log.2")
    os.truncate(log, 0)
    append(log, *written[40:])
    shutil.copyfile(log, tmp_path / "m.log.1")
    follower.look()
    follower.commit()
    os.truncate(log, 0)
    getattr(follower, back)()
    follower.wait(0, 11, 700)
    assert sorted(follower.lines) == written
    assert (follower.lost, follower.missed) == (0, 0)
    follower.tail.close()


def test_what_was_read_and_had_an_unknown_name_for_a_while_is_no_news_under_its_next_one(tmp_path):
    """A script sets an old log aside, under any name, and gives it back to the next rotation: it counts once."""
    waited = [lambda log: log.follower.wait(400)] * 3
    aside, back = (
        "mv m.log.1 kept-aside; mv m.log m.log.1",
        "mv m.log.1 m.log.3; mv kept-aside m.log.2; mv m.log m.log.1",
    )
    played(tmp_path, "running", ("mv m.log m.log.1", 5, *waited, aside, 5, *waited, back, 5))


@pytest.mark.skipif(not shutil.which("rsync") and not os.environ.get("CI"), reason="rsync is not installed")
def test_a_mirror_that_keeps_the_times_of_directories_is_looked_at_all_the_same(tmp_path):
    """What is written late to a rotated file counts while it is mirrored, though nothing tells but its own name."""
    origin, log = tmp_path / "origin", tmp_path / "mirror" / "m.log"
    origin.mkdir()
    written = [f"E2211-101112-{n:03d} (1): line" for n in range(60)]

    def mirror():
        os.utime(origin, (1e9, 1e9 + len(list(origin.iterdir()))))  # else it is of this second
        subprocess.run(["rsync", "-a", "--delete", "origin/", "mirror/"], cwd=tmp_path, check=True)
        follower.wait(1)

    follower = Follower(log)
    append(origin / "m.log", *written[:40])
    mirror()
    os.rename(origin / "m.log", origin / "m.log.1")
    (origin / "m.log").touch()
    for _ in range(2):
        mirror()
    append(origin / "m.log.1", *written[40:])
    mirror()
    (origin / "m.log.1").unlink()
    for _ in range(2):
        mirror()
    assert sorted(follower.lines) == written
    assert (follower.lost, follower.missed) == (0, 0)
    follower.tail.close()


def test_a_copy_that_was_written_on_behind_a_hole_and_a_lost_end_counts_its_new_lines_alone(tmp_path):
    """If the replaced file is still open, both are compared beyond the hole, and only new lines count."""
    log = tmp_path / "m.log"
    written = [f"E2211-101112-{n:03d} (1): line" for n in range(70)]
    append(log, *written[:10])
    log.write_bytes(log.read_bytes() + bytes(700))
    append(log, *written[10:60])
    follower = caught_up(log)
    copy = tmp_path / "copied"
    copy.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:-4]))
    append(copy, *written[60:])
    copy.rename(log)
    follower.wait(0, 11, 700)
    assert sorted(follower.lines) == written
    assert (follower.lost, follower.missed) == (0, 0)
    follower.tail.close()


@pytest.mark.parametrize("how", ["gzip -k", "xz -k", "bzip2 -k"])
def test_an_archive_that_is_kept_beside_what_it_was_packed_from_is_not_unpacked_at_each_start(
    tmp_path, monkeypatch, how
):
    """It has the time of that file, so that hundreds of such pairs hold up no start; alone it is unpacked."""
    log = tmp_path / "m.log"
    for name in ("m.log.2", "m.log.1", "m.log"):
        append(tmp_path / name, *(f"E2211-101112-{n:03d} (1): of {name}" for n in range(60)))
    for name in ("m.log.2", "m.log.1"):
        os.utime(tmp_path / name, (1e9, 1e9 + 0.5))
        subprocess.run([*how.split(), name], cwd=tmp_path, check=True)
    asked = []
    ask = Archive._ask
    monkeypatch.setattr(Archive, "_ask", lambda archive, steps: [asked.append(archive.name), ask(archive, steps)])
    follower = caught_up(log)
    for _ in range(2):
        follower.restart_at_once()
        follower.turn()
    assert asked == []
    (tmp_path / "m.log.2").unlink()
    for _ in range(2):
        follower.restart_at_once()
        follower.turn()
    assert len(follower.lines) == 60
    assert (follower.lost, follower.missed) == (0, 0)
    follower.tail.close()


@pytest.mark.parametrize("tick", [1, 0.05])
def test_what_changes_in_the_tick_of_a_look_is_looked_at_all_the_same(tmp_path, monkeypatch, tick):
    """While a path leads nowhere its directory tells what comes there, on some file systems by the second."""

    def by_ticks(path):
        inode, changed = signature(path)
        return inode, changed - changed % int(tick * 1e9)

    for module in (follow, directories):
        monkeypatch.setattr(module, "signature", by_ticks)
    log = tmp_path / "m.log"
    written = [f"E2211-101112-{n:03d} (1): line" for n in range(60)]
    append(log, *written[:40])
    follower = caught_up(log)
    time.sleep(tick - time.time() % tick)
    log.rename(tmp_path / "m.log.2")
    follower.clock.now = time.time()
    for _ in range(2):
        follower.turn()
    append(tmp_path / "new", *written[40:])
    (tmp_path / "new").rename(tmp_path / "m.log.1")
    follower.wait(1)
    (tmp_path / "m.log.1").unlink()
    follower.wait(0, 11, 700)
    assert sorted(follower.lines) == written
    assert (follower.lost, follower.missed) == (0, 0)
    follower.tail.close()


def test_a_copy_of_a_log_that_the_next_look_decides_on_is_no_news_before_it(tmp_path):
    """A copy is not read while the log that left the path, with unread lines, is still undecided."""
    log = tmp_path / "m.log"
    answer = ("{", *(4 * ['  "error": "not found"']), "}")
    append(log, "E2211-101112-000 (1): first", *answer)
    follower = Follower(log)
    follower.look()
    log.rename(tmp_path / "m.log.1")
    append(log, "E2211-101112-001 (1): second", *answer)
    shutil.copy(log, tmp_path / "m.log-20260117")
    follower.wait(0, 1, 11, 700)
    assert Counter(follower.lines)["E2211-101112-000 (1): first"] == 1
    assert Counter(follower.lines)["E2211-101112-001 (1): second"] == 1
    assert (follower.lost, follower.missed) == (0, 0)
    follower.tail.close()


@pytest.mark.parametrize("packed", [False, True])
def test_of_two_copies_of_what_is_gone_the_whole_one_is_read_on(tmp_path, packed):
    """Both were left out while the log was open; the earlier one has another inode since, and lacks its last lines."""
    log = followed(tmp_path, 40, "killed")
    log.write(400)
    log.follower.look()
    log.shell("head -n 300 m.log > m.log.2; cp m.log m.log.1; rm m.log; : > m.log")
    log.follower.look()
    log.follower.commit()
    log.follower.kill()
    log.shell("gzip m.log.2" if packed else "cp m.log.2 new; mv new m.log.2")
    log.write(3)
    log.follower.start()
    log.follower.wait(0, 1, 11, 700)
    log.follower.tail.close()
    log.check()


@pytest.mark.parametrize("copy", ["m.log.1", "m.log.bak"])
def test_a_copy_of_a_log_that_was_trimmed_counts_nothing_twice_after_a_restart(tmp_path, copy):
    """What it holds was read of the log before it was trimmed, and further of the one that is there since."""
    log = tmp_path / "m.log"
    lines = [f"E2211-101112-{n:03} (1): push {n}" for n in range(400)]
    append(log, *lines[:390])
    follower = caught_up(log)
    subprocess.run(["sh", "-ec", "tail -n 30 m.log > t; mv t m.log"], cwd=tmp_path, check=True)
    follower.turn()
    append(log, *lines[390:])
    follower.turn()
    shutil.copy(log, tmp_path / copy)
    follower.turn()
    follower.restart_at_once()
    follower.wait(0, 11, 700)
    assert follower.lines == lines
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize("then", ["tail -n 3 m.log > t; mv t m.log", "gzip m.log"])
def test_the_backup_of_a_log_that_was_edited_and_is_gone_counts_nothing_twice(tmp_path, then):
    """A backup that vi keeps, in which the last lines read are at another place, counts nothing twice."""
    log = tmp_path / "m.log"
    lines = [f"E2211-101112-{n:03} (1): push {n}" for n in range(400)]
    append(log, *lines)
    follower = caught_up(log)
    edit = "cp m.log m.log.bak; sed '1i # header' m.log.bak > m.log"
    subprocess.run(["sh", "-ec", f"{edit}; {then}"], cwd=tmp_path, check=True)
    follower.wait(0, 11, 700)
    append(log, "E2211-101113-000 (1): push")
    follower.turn()
    assert follower.lines == [*lines, "E2211-101113-000 (1): push"]


@pytest.mark.parametrize("pack", ["cat", "gzip -c", "xz -c"])
def test_what_one_log_was_rotated_to_under_the_name_of_another_one_stays_known(tmp_path, pack):
    """The other one was emptied as well, so that something of it is looked for there."""
    lines = [f"E2211-101112-{n:03} (1): push {n}" for n in range(400)]
    append(tmp_path / "m", *lines[:200])
    append(tmp_path / "m.log", *lines[200:])
    follower = caught_up(tmp_path / "m", tmp_path / "m.log")
    suffix = {"cat": "", "gzip -c": ".gz", "xz -c": ".xz"}[pack]
    script = f"{pack} m > m.2026-11-22.log{suffix}; : > m; : > m.log"
    subprocess.run(["sh", "-ec", script], cwd=tmp_path, check=True)
    follower.wait(0, 11, 700)
    for _ in range(2):
        follower.restart_at_once()
        follower.wait(11)
    assert follower.lines == lines


@pytest.mark.parametrize("trim", ["tail -n 5000 m.log > t; mv t m.log", "sed -i 1,15000d m.log"])
@pytest.mark.parametrize("copied_first", [False, True])
@pytest.mark.parametrize("copy", ["cp m.log m.log.bak", "cp m.log m.log.1", "gzip -k m.log"])
def test_a_copy_of_a_log_that_was_trimmed_before_it_was_read_counts_nothing_twice(tmp_path, trim, copy, copied_first):
    """The log waits until what it was trimmed from is read, and so does what is copied of it meanwhile."""
    log = tmp_path / "m.log"
    lines = [f"E2211-10111{n // 1000 % 10}-{n % 1000:03} (1): push number {n}" for n in range(20_000)]
    append(log, *lines)
    follower = Follower(log)
    follower.look()
    follower.tail.read(follower.sink, 1)
    assert 0 < len(follower.lines) < 14_000
    for step in (copy, trim) if copied_first else (trim, copy):
        subprocess.run(["sh", "-ec", step], cwd=tmp_path, check=True)
        follower.look()
    follower.wait(0, 11, 700)
    follower.restart_at_once()
    follower.wait(11)
    assert Counter(follower.lines) == Counter(lines)
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize("life", LIVES)
def test_half_a_line_of_an_archive_that_is_still_written_is_not_joined_with_the_next_log(tmp_path, life):
    """The next log's banner does not complete the line, whose rest comes into the archive later."""
    banner = b"Licence clause 001: this program comes without any warranty.\n" * 3
    away, begun = "mkdir origin; cp m.log origin/m.log.1; : > m.log", "head -c 700 origin/m.log.1.gz > m.log.1.gz"
    packed = f"gzip origin/m.log.1; {begun}; touch -d '1 minute ago' m.log.1.gz"
    whole = "cat origin/m.log.1.gz > m.log.1.gz"
    steps = (60, away, LOOK, (300, "origin/m.log.1"), packed, 3, LOOK, LOOK, whole, LOOK, 6, LOOK)
    played(tmp_path, life, steps, banner=banner)


@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.parametrize("then", ["true", "rm m.log", "rm m.log; touch m.log"])
@pytest.mark.parametrize("pattern", ["m.log", "m.log*"])
@pytest.mark.parametrize("pack", ["cat m.log t > m.log.1", "cat m.log t | gzip > m.log.1.gz"])
def test_what_a_log_was_rotated_to_counts_once_that_comes_before_the_log_is_read(tmp_path, pack, pattern, then, killed):
    """In a mirror where the rotated file comes before the log goes, lines that are in both count once."""
    log = tmp_path / "m.log"
    lines = [f"E2211-10111{n // 1000 % 10}-{n % 1000:03} (1): push number {n}" for n in range(20_000)]
    append(log, *lines[:19_000])
    append(tmp_path / "t", *lines[19_000:])
    follower = Follower(tmp_path / pattern)
    follower.look()
    follower.tail.read(follower.sink, 1)
    assert 0 < len(follower.lines) < 14_000
    subprocess.run(["sh", "-ec", pack], cwd=tmp_path, check=True)
    follower.look()
    subprocess.run(["sh", "-ec", then], cwd=tmp_path, check=True)
    if killed:
        follower.restart_at_once()
    follower.wait(0, 11, 700)
    follower.restart_at_once()
    follower.wait(11)
    assert Counter(follower.lines) == Counter(lines)
    assert follower.lost == 0


@pytest.mark.parametrize("aside", ["mv m.log aside/m.log.20261122", "mv m.log m.log.20261122"])
def test_a_mirror_that_is_made_anew_after_its_log_was_moved_aside_counts_once(tmp_path, aside):
    """What was moved aside is read on, the new mirror behind that, and after a restart the one in its place as well."""
    log, origin = tmp_path / "logs" / "m.log", tmp_path / "origin"
    (tmp_path / "logs" / "aside").mkdir(parents=True)
    lines = [f"E2211-10111{n // 1000 % 10}-{n % 1000:03} (1): push number {n}" for n in range(30_000)]
    append(origin, *lines[:29_000])
    shutil.copy(origin, log)
    follower = Follower(log)
    follower.look()
    follower.tail.read(follower.sink, 1)
    subprocess.run(["sh", "-ec", aside], cwd=log.parent, check=True)
    shutil.copy(origin, log)
    follower.look()
    follower.tail.read(follower.sink, 1)
    assert 0 < len(follower.lines) < 29_000
    follower.stop()
    append(origin, *lines[29_000:])
    shutil.copy(origin, tmp_path / "new")
    os.rename(tmp_path / "new", log)
    follower.start()
    follower.wait(0, 11, 700)
    assert Counter(follower.lines) == Counter(lines)


def test_a_mirror_that_is_made_anew_again_and_again_while_it_is_read_counts_once(tmp_path):
    """Each that was there before is read on where it was opened, behind what any of them was read to."""
    log, origin = tmp_path / "m.log", tmp_path / "origin"
    lines = [f"E2211-10111{n // 1000 % 10}-{n % 1000:03} (1): push number {n}" for n in range(60_000)]
    append(origin, *lines[:48_000])
    shutil.copy(origin, log)
    follower = Follower(log)
    for made in range(4):
        for _ in range(1 if made else 2):
            follower.look()
            follower.tail.read(follower.sink, 1)
        append(origin, *lines[48_000 + 3000 * made : 51_000 + 3000 * made])
        shutil.copy(origin, tmp_path / "new")
        if made == 3:
            os.truncate(log, 0)
        os.rename(tmp_path / "new", log)
    follower.wait(0, 11, 700)
    assert Counter(follower.lines) == Counter(lines)


@pytest.mark.parametrize("looks", [0, 1, 3])
@pytest.mark.parametrize(
    "rotation", ["mv m.log m.log.1", "mv m.log m.log.1; gzip m.log.1", "cp m.log m.log.1; : > m.log"]
)
def test_a_log_that_is_trimmed_and_rotated_before_its_backlog_is_read_counts_once(
    tmp_path, monkeypatch, rotation, looks
):
    """What stands in its place by ``mv`` has lines that are still to be read of the deleted file."""
    for module in (generation, generation_state):
        monkeypatch.setattr(module, "CHUNK_BYTES", 8192)
    log = Log(tmp_path, "by hand")
    follower = log.follower
    log.write(400)
    follower.turn()
    log.write(3000)
    for script in ("true", "tail -n 2500 m.log > t; mv t m.log", rotation):
        log.shell(script)
        for _ in range(looks):
            follower.look()
            follower.tail.read(follower.sink, 1)
    log.write(7)
    log.wait_out()
    log.check()


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("edit", ["20d", "1,5d", "45d"])
@pytest.mark.parametrize("kept", [".bak", "~", ".orig"])
@pytest.mark.parametrize(("read", "unread"), [(40, 0), (40, 6), (400, 200)])
def test_a_log_whose_backup_an_editor_leaves_counts_once(tmp_path, read, unread, kept, edit, life):
    """Unread lines are read from the backup, and the edited log continues after them."""
    played(tmp_path, life, (unread, f"sed -i{kept} {edit} m.log", LOOK, 3, LOOK), lines=read)


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("edit", ["20d", "45d"])
def test_a_log_of_which_little_was_read_counts_once_where_an_editor_leaves_a_backup(tmp_path, edit, life):
    """Lines that were not read yet, which its backup has as well, tell it as what was read does."""
    played(tmp_path, life, (60, f"sed -i.bak {edit} m.log", LOOK, 3, LOOK), lines=2)


@pytest.mark.parametrize("life", ["running", *AWAY])
@pytest.mark.parametrize("rotation", ["mv m.log m.log.1", "cp m.log m.log.1; : > m.log"])
@pytest.mark.parametrize("edit", ["20d", "1,5d", "45d", "$d"])
@pytest.mark.parametrize("kept", ["", ".bak", "~"])
@pytest.mark.parametrize(("read", "unread"), [(40, 0), (400, 200)])
def test_a_log_that_is_edited_and_rotated_before_a_look_counts_once(tmp_path, read, unread, kept, edit, rotation, life):
    """What it was rotated to begins within what was moved aside, or deleted, and goes on behind its lines."""

    def edited(log):
        log.gone = log.written[-1:] if edit == "$d" and unread and life in AWAY and not kept else []
        log.shell(f"sed -i{kept} '{edit}' m.log")

    played(tmp_path, life, (unread, edited, 4, rotation, 3, LOOK), lines=read)


@pytest.mark.parametrize("looks", [0, 1, 3])
def test_a_log_that_is_trimmed_twice_amid_a_backlog_and_rotated_before_a_restart_counts_what_is_left(
    tmp_path, monkeypatch, looks
):
    """What was handed over to the first trimmed file was not read: where it stands again is no place to go on."""
    for module in (generation, generation_state):
        monkeypatch.setattr(module, "CHUNK_BYTES", 8192)
    log = Log(tmp_path, "by hand")
    follower = log.follower

    def look(times):
        for _ in range(times):
            follower.look()
            follower.tail.read(follower.sink, 1)

    log.write(400)
    follower.turn()
    log.write(3000)
    look(3)
    log.shell("tail -n 2500 m.log > t; mv t m.log")
    look(3)
    log.write(50)
    log.shell("tail -n 2000 m.log > t; mv t m.log")
    look(looks)
    follower.restart_at_once()
    log.shell("mv m.log m.log.1")
    log.write(7)
    follower.wait(0, 1, 1, 11, 700, 1)
    assert [follower.sink.lines[line] for line in log.written[-2007:]] == [1] * 2007
    assert max(follower.sink.lines.values()) == 1


@pytest.mark.parametrize("count", [40, 400])
@pytest.mark.parametrize("by_hand", [1, 3])
def test_lines_that_were_written_by_hand_to_a_mirror_cost_nothing_once_it_is_rotated(tmp_path, by_hand, count):
    """What the origin was rotated to has all lines but those: it goes on where the last copy was made."""

    def sync():
        log.shell("cp ../origin.log t; mv t m.log")
        log.follower.turn()

    log, origin = Log(tmp_path, "by hand"), tmp_path / "origin.log"
    for lines in (count, 5):
        log.write(lines, origin)
        sync()
    log.write(by_hand)
    log.follower.turn()
    log.write(5, origin)
    log.shell("cp ../origin.log t; mv t m.log.1; : > ../origin.log")
    for _ in range(2):
        log.write(3, origin)
        sync()
    log.follower.wait(1, 11, 700, 1)
    log.check()


LAST = ("the last line", 3)  # where that was not read yet, the copy goes on otherwise
EDITS = {
    "a line in place": "sed 30d m.log > t; cat t > m.log; rm t",
    "a line": "sed -i 30d m.log",
    "the last line": "sed -i '$d' m.log",
    "the first half": "tail -n 31 m.log > t; mv t m.log",
    "two lines, one after the other": "sed -i 30d m.log; sed -i 20d m.log",
}


@pytest.mark.parametrize("meanwhile", ["", "mv m.log m.log.1; : > m.log"], ids=["", "rotated"])
@pytest.mark.parametrize("restart", ["", "killed", "stopped"])
@pytest.mark.parametrize("before", ["", "sed -i 40d m.log"], ids=["", "edited before"])
@pytest.mark.parametrize(
    ("edit", "unread"), [(edit, n) for edit in EDITS for n in (0, 3) if "last" not in edit or not n]
)
def test_a_log_that_is_edited_behind_a_copy_of_it_counts_once(tmp_path, edit, before, unread, restart, meanwhile):
    """What the copy has that was not read yet stands in the log as well, wherever that was found again."""
    log = followed(tmp_path, 60)
    log.follower.commit()
    log.write(unread)
    with log.unwatched(restart):
        log.shell("; ".join(filter(None, (before, "cp -p m.log m.log.bak", EDITS[edit], meanwhile))))
    assert {line: n for line, n in log.follower.sink.lines.items() if n > 1} == {}
    assert set(log.written) - set(log.follower.sink.lines) == set()


@pytest.mark.parametrize("pattern", ["m.log", "m.log*"])
@pytest.mark.parametrize("restart", ["", "killed", "stopped"])
@pytest.mark.parametrize("unread", [0, 3, 30])
@pytest.mark.parametrize("before", ["", "cp -p m.log m.log.0", "cp m.log m.log.bak", "cp m.log copy"])
def test_a_log_of_which_a_copy_is_edited_counts_once_where_both_are_rotated(tmp_path, before, unread, restart, pattern):
    """What it goes on in is the log, by its inode: the copy waits until that is read, and is told by it then."""
    log = followed(tmp_path, 60, patterns=(pattern,))
    log.follower.commit()
    log.write(unread)
    with log.unwatched(restart):
        log.shell(before)
        log.shell("cp m.log m.log.1; sed -i 30d m.log.1; mv m.log.1 m.log.2; mv m.log m.log.1; : > m.log")
    assert {line: n for line, n in log.follower.sink.lines.items() if n > 1} == {}
    assert set(log.written) - set(log.follower.sink.lines) == set()


@pytest.mark.parametrize("restart", ["", "stopped", "killed"])
@pytest.mark.parametrize("unread", [(0, 60), (60, 60), (30, 60)])
def test_no_line_is_lost_where_generations_are_packed_together_with_the_newest_first(tmp_path, unread, restart):
    """What was read stands behind what was not, which is another generation's: that counts, and the rest may again."""
    log = followed(tmp_path, 60, patterns=("m.log*",))
    log.follower.commit()
    with log.unwatched(restart):
        for lines in unread:
            log.shell("test -e m.log.1 && mv m.log.1 m.log.2; mv m.log m.log.1")
            log.write(lines)
        log.shell("cat m.log m.log.1 m.log.2 | gzip > m.log.all.gz; rm m.log m.log.1 m.log.2; : > m.log")
    assert set(log.written) - set(log.follower.sink.lines) == set()


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("lines", [1, 40])
@pytest.mark.parametrize(
    "way",
    [
        "gzip -c m.log > m.log.1.gz; cp m.log t; mv t m.log",
        "cp m.log m.log.1; gzip m.log.1; cp m.log t; mv t m.log",
        "mv m.log m.log.1; gzip m.log.1; zcat m.log.1.gz > m.log",
    ],
)
def test_a_log_in_whose_place_a_copy_of_it_is_put_counts_once_beside_a_packed_one(tmp_path, way, lines, life):
    """A line with its time ends what was read, and stands there again: a next log begins with the banner at most."""
    log = played(tmp_path, life, (way, LOOK, 3), lines=lines)
    assert log.follower.rotations() == {}


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("pack", ["", "gzip m.log.1"])
def test_a_copy_is_no_place_to_go_on_for_what_the_log_was_a_copy_of_before(tmp_path, pack, restarts):
    """It was left out while the log had all of it, which was trimmed since: it is longer than that one ever was."""
    log = followed(tmp_path, 40)
    log.shell("cp m.log t; mv t m.log")
    log.follower.turn()
    log.write(20)
    log.shell("cp m.log m.log.1")
    log.follower.turn()
    log.shell("tail -n 3 m.log > t; cat t > m.log; rm t")
    log.follower.turn()
    if restarts:
        log.follower.restart_at_once()
    log.shell(pack)
    log.wait_out()
    log.check()


@pytest.mark.parametrize("pack", ["", "gzip m.log.1"])
@pytest.mark.parametrize("end", [": > m.log", "rm m.log; : > m.log"])
def test_a_copy_of_a_log_that_has_gone_since_is_no_place_to_go_on_for_what_that_was_a_copy_of(tmp_path, end, pack):
    """The log was read beyond the end of its copy, and has no byte by now; what it had replaced is open still."""
    log = followed(tmp_path, 40)
    log.shell("cp m.log t; mv t m.log")
    log.follower.turn()
    log.write(5)
    log.shell("cp m.log m.log.1")
    log.write(5)
    log.follower.turn()
    log.shell(f"{end}; {pack}")
    log.wait_out()
    log.check()


@pytest.mark.parametrize("pack", ["", "gzip m.log.1", "cp m.log.1 t; mv t m.log.1"])
def test_what_a_copy_had_replaced_before_it_was_read_is_no_history_after_a_kill(tmp_path, pack):
    """It is forgotten, and not left out: what has its bytes is the copy, which was not read by then."""
    log = followed(tmp_path, 40)
    log.shell("mv m.log m.log.1; : > m.log")
    log.write(3)
    log.follower.look()
    log.shell("cp m.log t; mv t m.log")
    log.follower.look()
    log.shell("mv m.log.1 m.log.2; mv m.log m.log.1")
    log.follower.look()
    log.follower.commit()
    with log.unwatched("killed"):
        log.shell(pack)
    log.check()


@pytest.mark.parametrize("name", ["m.log.2.gz", "m.log.9.gz"])
def test_an_archive_that_goes_on_behind_all_that_was_read_of_a_file_is_no_history(tmp_path, name):
    """Though it was written before the log, and that file is still there: history ends where what was read does."""
    log = followed(tmp_path, 40, "stopped")
    log.shell("mv m.log m.log.1")
    log.write(3)
    log.wait_out()
    log.wait_out()
    with log.unwatched("stopped"):
        log.write(5, log.directory / "more")
        log.shell(f"cat m.log.1 more | gzip > {name}; touch -d yesterday {name}")
    log.check()


@pytest.mark.parametrize("life", LIVES)
def test_a_log_whose_compressor_was_killed_counts_beside_what_that_left(tmp_path, life):
    """The plain file does not wait for the archive to go on: a start that comes meanwhile takes it for history."""
    killed = "mv m.log m.log.1; gzip -c m.log.1 | head -c 400 > m.log.1.gz; touch -d '1 minute ago' m.log.1.gz"
    played(tmp_path, life, ("gzip m.log; mv m.log.gz m.log.2.gz", 120, f"touch -d '2 minutes ago' m.log; {killed}", 3))


@pytest.mark.parametrize("looks", [0, 1, 3])
@pytest.mark.parametrize(
    ("banner", "pack"), [(b"", "gzip -c m.log.1 > m.log.1.gz"), (BANNER * 72, "gzip m.log.1")], ids=["beside", "alone"]
)
def test_an_archive_that_takes_long_to_unpack_is_no_history_to_a_start(tmp_path, monkeypatch, banner, pack, looks):
    """Nor is the file that it was made from: which is the copy, and of what, is open for some looks."""
    log = followed(tmp_path, 20_000, "killed", banner=banner)
    log.follower.commit()
    log.follower.kill()
    log.shell("gzip -c m.log > m.log.2.gz; rm m.log")
    log.write(20_000)
    log.shell(f"touch -d '2 minutes ago' m.log; mv m.log m.log.1; {pack}; touch -d '1 minute ago' m.log.1.gz")
    log.write(3)
    with monkeypatch.context() as slow:
        slow.setattr(candidates, "STEP_SECONDS", 0)
        log.follower.start()
        for _ in range(looks or 1):
            log.follower.look()
            log.follower.tail.read(log.follower.sink, 1 << 20)
        if looks:
            log.follower.restart_at_once()
    log.wait_out()
    log.check()
