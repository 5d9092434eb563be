"""Two logs of which one's rotated files lie where the other's may lie: each line counts once, for its own source."""

import contextlib
import dataclasses
import itertools
import os
import shutil
from collections import Counter

import pytest

from logwatch.discover import Globs
from logwatch.tail import candidates
from logwatch.tail.context import OpenFiles
from tests.helpers.recorder import Follower, append, caught_up, pack_away

STAMP = "E2211-101112-{:03} (1): line"


def lines(start, count):
    return [STAMP.format(n) for n in range(start, start + count)]


def written(n):
    """Return what the log with this number gets in two nights."""
    return [
        line for at, count in ((0, 20), (50, 5), (60, 3), (100, 5), (110, 3)) for line in lines(500 * n + at, count)
    ]


def rename(log, to):
    os.rename(log, to)


def rename_and_pack(log, to):
    pack_away(log, to.with_name(to.name + ".gz"))


def copy_and_truncate(log, to):
    shutil.copyfile(log, to)
    os.truncate(log, 0)


class Two:
    """Two sources of one process, of which the first one looks first."""

    def __init__(self, first, second, rotated, others=None):
        """``others``: where the second one looks for rotated files, if not where the first one does."""
        self.files = OpenFiles()
        patterns = (rotated, rotated if others is None else others)
        self.sources = [
            Follower(path, files=self.files, rotated=each) for path, each in zip((first, second), patterns, strict=True)
        ]
        generations = self.sources[0].sink.next_generation
        for name, source in zip("st", self.sources, strict=True):
            source.sink.next_generation = generations
            source.tail.close()
            source.spec = dataclasses.replace(source.spec, name=name)
        self.start()

    def start(self):
        for source in self.sources:
            source.start()

    @classmethod
    def caught_up(cls, *logs_and_patterns):
        two = cls(*logs_and_patterns)
        two.turn()
        return two

    def turn(self):
        for source in self.sources:
            source.turn()

    def stop(self):
        for source in self.sources:
            source.stop()

    def check(self):
        """Each source has what its log got in two nights, once."""
        for n, source in enumerate(self.sources):
            assert sorted(source.lines) == written(n)
            assert (source.lost, source.missed, sum(source.rotations().values())) == (0, 0, 2)


def begun(*logs):
    """Write the first lines of logs, and return their paths."""
    for n, log in enumerate(logs):
        log.parent.mkdir(parents=True, exist_ok=True)
        append(log, *lines(500 * n, 20))
    return logs


def live_a_night(log, n, night, rotate, to):
    """Write to the log with this number what ``written`` lists of a night, and rotate it in between."""
    append(log, *lines(500 * n + 50 * night, 5))
    rotate(log, to)
    append(log, *lines(500 * n + 50 * night + 10, 3))


@contextlib.contextmanager
def unwatched(followed, life):
    """Do something between two looks of those who follow, or while they are stopped."""
    if life == "stopped":
        followed.stop()
    yield
    if life == "stopped":
        followed.start()
    for _ in range(2):
        followed.turn()


@pytest.mark.parametrize("life", ["running", "stopped"])
@pytest.mark.parametrize("rotate", [rename, rename_and_pack, copy_and_truncate])
@pytest.mark.parametrize(
    "names", ["one directory", "one directory, one name", "m.log-err", "m.1.log", "m-2.log", "m.log.2"]
)
def test_rotated_files_of_two_sources_count_once(tmp_path, names, rotate, life):
    """What rotation names after the log of one source counts for that one, wherever the other finds it.

    The log of one may be named as rotation names the other's, and its rotated ones too. If a name may be either log's,
    the bytes tell.
    """
    old, rotated = tmp_path, ()
    logs = [tmp_path / "m.log", tmp_path / names]
    if names.startswith("one directory"):
        old, rotated = tmp_path / "old", (f"{tmp_path}/old/*",)
        old.mkdir()
        logs = [tmp_path / "a" / "m.log", tmp_path / "b" / ("m.log" if "name" in names else "n.log")]
    two = Two.caught_up(*begun(*logs), rotated)
    for night in range(1, 3):
        with unwatched(two, life):
            for n, log in enumerate(logs):
                inside = f"{log.stem}.2{night}-11-2026.log"
                name = inside if names == "m-2.log" else f"{log.name}-2026112{night}{n if 'name' in names else ''}"
                live_a_night(log, n, night, rotate, old / name)
    two.check()


@pytest.mark.parametrize("life", ["running", "stopped"])
@pytest.mark.parametrize("rotate", [rename, rename_and_pack, copy_and_truncate])
def test_two_logs_of_one_source_in_one_directory_for_rotated_files(tmp_path, rotate, life):
    """Logrotate's olddir with compress, for two logs of one source: an archive is nobody else's next generation."""
    logs = begun(tmp_path / "a" / "m.log", tmp_path / "b" / "n.log")
    (tmp_path / "old").mkdir()
    follower = caught_up(*logs, rotated=(f"{tmp_path}/old/*",))
    for night in range(1, 3):
        with unwatched(follower, life):
            for n, log in enumerate(logs):
                live_a_night(log, n, night, rotate, tmp_path / "old" / f"{log.name}-2026112{night}")
    assert sorted(follower.lines) == written(0) + written(1)
    assert (follower.lost, follower.missed) == (0, 0)


def test_a_pattern_that_matches_the_rotated_files_of_another_source(tmp_path):
    """A mistake that is told while both lead to one file: what was rotated meanwhile is the first source's alone."""
    log = tmp_path / "m.log"
    append(log, *lines(0, 20))
    two = Two.caught_up(log, tmp_path / "*.log*", ())
    for night in range(1, 4):
        append(log, *lines(100 * night, 5))
        os.rename(log, tmp_path / f"m.log.{9 - night}")
        two.turn()
        append(log, *lines(100 * night + 10, 3))
        two.turn()
    assert sorted(line for source in two.sources for line in source.lines) == [
        *lines(0, 20),
        *(line for night in range(1, 4) for at, count in ((0, 5), (10, 3)) for line in lines(100 * night + at, count)),
    ]


@pytest.mark.parametrize("rotate", [rename, rename_and_pack, copy_and_truncate])
@pytest.mark.parametrize("name", ["m.log-2026112{}", "old-{}-m.log", "m-saved{}.log"])
def test_two_sources_whose_logs_are_alike(tmp_path, name, rotate):
    """A mirror of a log, in a directory of its own, is a log of its own, also what nobody saw before it was rotated."""
    logs = [tmp_path / "a" / "m.log", tmp_path / "b" / "m.log"]
    for log in logs:
        log.parent.mkdir()
        append(log, *lines(0, 20))
    two = Two.caught_up(*logs, ())
    with unwatched(two, "stopped"):
        for n, log in itertools.product((1, 2), logs):
            append(log, *lines(50 * n, 5))
            rotate(log, log.parent / name.format(n))
            append(log, *lines(50 * n + 10, 3))
    for source in two.sources:
        assert sorted(source.lines) == written(0)


def test_two_logs_that_begin_with_the_same_banner_and_are_rotated_into_one_directory(tmp_path):
    """A banner, which is all that was read of the one, makes no file of the other its own."""
    banner = ["mesibo 3.0, licence and version " * 60]
    logs = [tmp_path / "a" / "m.log", tmp_path / "b" / "m.log"]
    old = tmp_path / "old"
    for directory in (old, *(log.parent for log in logs)):
        directory.mkdir()
    for n, log in enumerate(logs):
        append(log, *banner, *lines(0, 20 - 20 * n))
    two = Two.caught_up(*logs, (f"{old}/*",))
    two.stop()
    for n in (1, 2):
        append(logs[0], *lines(50 * n, 5))
        rename_and_pack(logs[0], old / f"m.log-2026112{n}")
        append(logs[0], *banner, *lines(50 * n + 10, 3))
    append(logs[1], *lines(500, 4))
    two.start()
    for _ in range(3):
        two.turn()
    assert sorted(line for line in two.sources[0].lines if line not in banner) == written(0)
    assert two.sources[1].lines == banner + lines(500, 4)


def test_the_inode_of_an_empty_log_claims_no_archive_of_another_source(tmp_path):
    """Nothing tells an empty file but its inode, which another file may have by now."""
    old = tmp_path / "old"
    log, empty = tmp_path / "a" / "m.log", tmp_path / "b" / "p.log"
    for directory in (old, log.parent, empty.parent):
        directory.mkdir()
    append(log, *lines(0, 20))
    empty.touch()
    two = Two.caught_up(log, empty, (f"{old}/*",))
    two.stop()
    append(log, *lines(50, 5))
    os.rename(log, old / "m.log-20261121")
    append(log, *lines(60, 3))
    archive = old / "m.log-20261122.gz"
    os.rename(empty, archive)  # as where its inode is used again
    pack_away(log, archive)
    append(log, *lines(70, 3))
    append(empty, *lines(500, 3))
    two.start()
    for _ in range(4):
        two.turn()
    assert sorted(two.sources[0].lines) == sorted(lines(0, 20) + lines(50, 5) + lines(60, 3) + lines(70, 3))
    assert two.sources[1].lines == lines(500, 3)


@pytest.mark.parametrize("life", ["running", "stopped"])
@pytest.mark.parametrize("rotate", [rename, rename_and_pack, copy_and_truncate])
@pytest.mark.parametrize("place", ["old/srv-a", "b/old/srv-a", "a/old", "old"])
def test_a_log_is_found_wherever_it_is_rotated_to_beside_one_of_its_name(tmp_path, rotate, life, place):
    """A rotated file is of the log that lies nearest, unless its bytes tell that it is another one's."""
    logs = begun(tmp_path / "a" / "m.log", tmp_path / "b" / "m.log")
    old = tmp_path / place
    old.mkdir(parents=True)
    follower = caught_up(*logs, rotated=(f"{tmp_path}/**/m.log-*",))
    for night in range(1, 3):
        with unwatched(follower, life):
            for n, log in enumerate(logs if place == "old" else logs[:1]):
                live_a_night(log, n, night, rotate, old / f"{log.name}-2026112{night}{n}")
    assert sorted(follower.lines) == written(0) + (written(1) if place == "old" else lines(500, 20))
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize(
    ("names", "old", "pattern"), [("{0}/m.log", "{0}/old", "*/old/*"), ("{0}/{0}.log", "old", "old/*")]
)
@pytest.mark.parametrize("pack", [False, True])
def test_what_nobody_has_read_counts_though_another_log_begins_with_the_same_banner(
    tmp_path, names, old, pattern, pack
):
    """Rotated twice while the daemon is away, with a banner of more than 4 KiB: a name and a place say whose it is."""
    banner = [f"{n:04} mesibo 3.0, licence and version" for n in range(150)]
    logs = [tmp_path / names.format(f"t{n}") for n in range(2)]
    for n, log in enumerate(logs):
        (tmp_path / old.format(f"t{n}")).mkdir(parents=True, exist_ok=True)
        log.parent.mkdir(exist_ok=True)
        append(log, *banner, *lines(500 * n, 20 + 100 * n))
    follower = caught_up(tmp_path / names.format("*"), rotated=(str(tmp_path / pattern),))
    follower.stop()
    for n, log in enumerate(logs):
        for night in range(1, 4):
            rotated = tmp_path / old.format(f"t{n}") / f"{log.name}-2026112{night}"
            (rename_and_pack if pack and night < 3 - n else rename)(log, rotated)
            append(log, *banner, *lines(500 * n + 200 + 10 * night, 2))
    follower.start()
    for _ in range(3):
        follower.turn()
    counted = Counter(line for line in follower.lines if line not in banner)
    expected = [
        line
        for n in range(2)
        for at, count in ((0, 20 + 100 * n), (210, 2), (220, 2), (230, 2))
        for line in lines(500 * n + at, count)
    ]
    assert counted == Counter(expected)
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize("life", ["running", "stopped"])
@pytest.mark.parametrize("rotate", [rename, rename_and_pack, copy_and_truncate])
@pytest.mark.parametrize("links", ["ab", "nm"])
def test_rotated_files_are_named_after_the_log_that_a_link_leads_to(tmp_path, links, rotate, life):
    """Two logs behind links, with one olddir, rotated several times between two looks: the link's name says nothing.

    The link to one log may be called as the other log is.
    """
    logs = begun(tmp_path / "d" / "m.log", tmp_path / "d" / "n.log")
    for directory in ("links", "old"):
        (tmp_path / directory).mkdir()
    for name, log in zip(links, logs, strict=True):
        (tmp_path / "links" / f"{name}.log").symlink_to(log)
    follower = caught_up(tmp_path / "links" / "*.log", rotated=(f"{tmp_path}/old/*",))
    for evening in (1, 3, 5):
        with unwatched(follower, life):
            for night, (n, log) in itertools.product((evening, evening + 1), enumerate(logs)):
                append(log, *lines(500 * n + 50 * night, 5))
                rotate(log, tmp_path / "old" / f"{log.name}-2026112{night}")
                append(log, *lines(500 * n + 50 * night + 10, 3 * (night % 2)))  # empty at the end of each evening
    nights = itertools.product(range(2), range(1, 7), ((0, 5), (10, 3)))
    later = [
        line
        for n, night, (at, count) in nights
        if not at or night % 2
        for line in lines(500 * n + 50 * night + at, count)
    ]
    assert sorted(follower.lines) == sorted(lines(0, 20) + lines(500, 20) + later)
    follower.wait(700)
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize("rotate", [rename, rename_and_pack, copy_and_truncate])
def test_rotated_files_of_two_sources_with_names_that_begin_with_a_log_s(tmp_path, rotate):
    """An ending that nobody knows does not make a file the other source's, where both have one olddir."""
    logs = begun(tmp_path / "d" / "m.log", tmp_path / "d" / "n.log")
    (tmp_path / "old").mkdir()
    two = Two.caught_up(*logs, (f"{tmp_path}/old/*",))
    with unwatched(two, "stopped"):
        for night, (n, log) in itertools.product((1, 2), enumerate(logs)):
            live_a_night(log, n, night, rotate, tmp_path / "old" / f"{log.name}.2026112{night}.bak")
    two.check()


@pytest.mark.parametrize("life", ["running", "stopped"])
@pytest.mark.parametrize("rotate", [rename, rename_and_pack, copy_and_truncate])
@pytest.mark.parametrize("below", ["logs", "b"])
def test_a_rotated_file_is_of_the_nearest_log_of_its_name_whatever_source_follows_that(tmp_path, below, rotate, life):
    """Each log has a directory of its own for rotated files, and one pattern leads to all of them.

    One may be called as the directory is in which they all lie.
    """
    logs = begun(*(tmp_path / below / directory / "m.log" for directory in "ab"))
    for log in logs:
        (log.parent / "old").mkdir()
    two = Two.caught_up(*logs, (f"{tmp_path}/{below}/*/old/*",))
    with unwatched(two, life):
        for night, (n, log) in itertools.product((1, 2), enumerate(logs)):
            live_a_night(log, n, night, rotate, log.parent / "old" / f"{log.name}-2026112{night}")
    two.check()


@pytest.mark.parametrize("life", ["running", "stopped"])
@pytest.mark.parametrize("rotate", [rename, rename_and_pack, copy_and_truncate])
@pytest.mark.parametrize("others", [(), ("backup/b/*",), ("backup/*",)])
def test_a_log_near_a_directory_takes_nothing_that_another_one_is_rotated_to_there(tmp_path, others, rotate, life):
    """A file whose name says nothing is of the log whose bytes it has, however far away that lies."""
    logs = begun(tmp_path / "srv" / "a" / "m.log", tmp_path / "backup" / "b" / "m.log")
    two = Two.caught_up(*logs, (f"{tmp_path}/backup/*",), tuple(f"{tmp_path}/{each}" for each in others))
    with unwatched(two, life):
        for night in (1, 2):
            live_a_night(logs[0], 0, night, rotate, tmp_path / "backup" / f"2026-11-2{night}_10")
            if life == "running":
                two.turn()
    assert sorted(two.sources[0].lines) == written(0)
    assert two.sources[1].lines == lines(500, 20)
    assert [(source.lost, source.missed) for source in two.sources] == [(0, 0), (0, 0)]


@pytest.mark.parametrize("name", ["m.log-2026112{}", "2026-11-2{}_10"])
@pytest.mark.parametrize("rotate", [rename, rename_and_pack, copy_and_truncate])
def test_a_log_takes_no_rotated_file_from_where_its_source_looks_for_none(tmp_path, rotate, name):
    """However near it is: of a log that was empty there are no bytes to tell its files by."""
    logs = [tmp_path / "srv" / "a" / "m.log", tmp_path / "backup" / "b" / "m.log"]
    for log in logs:
        log.parent.mkdir(parents=True)
        log.touch()
    two = Two.caught_up(*logs, (f"{tmp_path}/backup/*",), ())
    with unwatched(two, "stopped"):
        for night in (1, 2):
            append(logs[0], *lines(50 * night, 5))
            rotate(logs[0], tmp_path / "backup" / name.format(night))
    assert sorted(two.sources[0].lines) == lines(50, 5) + lines(100, 5)
    assert two.sources[1].lines == []


@pytest.mark.parametrize("life", ["running", "stopped"])
@pytest.mark.parametrize("rotate", [rename, rename_and_pack, copy_and_truncate])
def test_a_log_takes_nothing_that_another_one_of_its_source_is_rotated_to_beside_it(tmp_path, rotate, life):
    """A log in the directory into which another log is rotated does not get that one's files."""
    logs = begun(tmp_path / "srv" / "a" / "m.log", tmp_path / "backup" / "b" / "n.log")
    follower = caught_up(*logs, rotated=(f"{tmp_path}/backup/*",))
    with unwatched(follower, life):
        for night in (1, 2):
            live_a_night(logs[0], 0, night, rotate, tmp_path / "backup" / f"2026-11-2{night}_10")
            if life == "running":
                follower.turn()
    assert sorted(follower.lines) == sorted(written(0) + lines(500, 20))
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize("life", ["running", "stopped"])
@pytest.mark.parametrize("rotate", [rename, rename_and_pack, copy_and_truncate])
def test_a_link_that_is_called_as_another_source_s_log_has_none_of_its_rotated_files(tmp_path, rotate, life):
    """Each of two sources follows a link that has the name of the other one's log; both logs have one olddir."""
    logs = begun(tmp_path / "d" / "m.log", tmp_path / "d" / "n.log")
    links = [tmp_path / "links" / f"{name}.log" for name in "nm"]
    for directory in ("links", "old"):
        (tmp_path / directory).mkdir()
    for link, log in zip(links, logs, strict=True):
        link.symlink_to(log)
    two = Two.caught_up(*links, (f"{tmp_path}/old/*",))
    with unwatched(two, life):
        for night, (n, log) in itertools.product((1, 2), enumerate(logs)):
            live_a_night(log, n, night, rotate, tmp_path / "old" / f"{log.name}-2026112{night}")
    two.check()


@pytest.mark.parametrize("rotate", [rename, copy_and_truncate])
@pytest.mark.parametrize("names", [("m.log", "m.log-err"), ("m.log-err", "m.log")])
def test_a_log_whose_name_begins_with_another_s_keeps_its_rotated_files_in_one_directory_for_both(
    tmp_path, names, rotate
):
    """A name that rotation gives to one log is no unknown ending of the other's, though neither lies there."""
    (tmp_path / "old").mkdir()
    logs = begun(*(tmp_path / name for name in names))
    follower = caught_up(*logs, rotated=(f"{tmp_path}/old/*",))
    with unwatched(follower, "stopped"):
        for night, (n, log) in itertools.product((1, 2), enumerate(logs)):
            append(log, *lines(500 * n + 50 * night, 5))
            rotated = tmp_path / "old" / f"{log.name}.1"
            if night > 1:
                os.rename(rotated, rotated.with_name(f"{log.name}.2"))
            rotate(log, rotated)
            append(log, *lines(500 * n + 50 * night + 10, 3))
    assert sorted(follower.lines) == sorted(written(0) + written(1))
    assert (follower.lost, follower.missed) == (0, 0)
    rotations = Counter()
    for rotation in follower.sink.history:
        rotations[rotation.path] += rotation.count
    assert rotations == {str(log): 2 for log in logs}


@pytest.mark.parametrize("rotate", [rename, rename_and_pack, copy_and_truncate])
@pytest.mark.parametrize("names", [("m.log", "m.1.log"), ("m.1.log", "m.log")])
def test_two_logs_in_one_directory_to_which_two_links_lead(tmp_path, names, rotate):
    """Another source's log is none of this one's rotated files, by whatever way to its directory it is found."""
    logs = begun(*(tmp_path / "d" / name for name in names))
    for n in range(2):
        (tmp_path / f"to{n}").symlink_to("d")
    two = Two.caught_up(*(tmp_path / f"to{n}" / name for n, name in enumerate(names)), ())
    for night in (1, 2):
        for n, log in enumerate(logs):
            live_a_night(log, n, night, rotate, log.with_name(f"{log.name}-2026112{night}"))
        two.turn()
    two.check()


@pytest.mark.parametrize("rotate", [rename, rename_and_pack, copy_and_truncate])
@pytest.mark.parametrize("banner_lines", [0, 80, 150])
@pytest.mark.parametrize("first", [0, 1])
def test_two_logs_of_one_name_that_begin_with_the_same_banner_count_once(tmp_path, rotate, banner_lines, first):
    """Of two sources whose logs have one directory for rotated files: theirs is a file who have read most of it.

    What the other one has read may be but the banner, or that and the line behind it.
    """
    banner = [f"{n:03} mesibo 3.0, licence and version" for n in range(banner_lines)]
    logs = [tmp_path / "a" / "m.log", tmp_path / "b" / "m.log"]
    (tmp_path / "old").mkdir()
    counts = (1, 20) if first == 0 else (20, 1)
    for n, log in enumerate(logs):
        log.parent.mkdir()
        append(log, *banner, *lines(500 * n, counts[n]))
    two = Two.caught_up(*logs, (f"{tmp_path}/old/*",))
    for night in range(1, 4):
        two.stop()
        for n, log in enumerate(logs):
            append(log, *lines(500 * n + 50 * night, 5))
            if not (night == 2 and n == first):
                rotate(log, tmp_path / "old" / f"{log.name}.srv{n}-2026112{night}")
                append(log, *banner, *lines(500 * n + 50 * night + 10, 1))
        two.start()
        for _ in range(2):
            two.turn()
    counted = Counter(line for source in two.sources for line in source.lines if line not in banner)
    expected = [
        line
        for n in range(2)
        for at, count in ((0, counts[n]), *((50 * k, 5) for k in (1, 2, 3)), *((50 * k + 10, 1) for k in (1, 2, 3)))
        for line in lines(500 * n + at, count)
        if not (n == first and at == 110)
    ]
    assert counted == Counter(expected)
    assert [(source.lost, source.missed) for source in two.sources] == [(0, 0), (0, 0)]


@pytest.mark.parametrize("first", [0, 1])
def test_an_archive_is_nobodys_until_it_is_unpacked_as_far_as_another_source_has_read(tmp_path, monkeypatch, first):
    """Two logs with one directory for archives count for their own sources, however few questions a look answers."""
    clock = itertools.count(0, 0.6)
    logs = begun(tmp_path / "a" / "m.log", tmp_path / "b" / "m.log")
    (tmp_path / "old").mkdir()
    two = Two(*logs, (f"{tmp_path}/old/*",))
    for night in (1, 2):
        two.turn()
        if night == 2:
            two.stop()
        for n, log in enumerate(logs):
            live_a_night(log, n, night, rename, tmp_path / "old" / f"{n ^ first}-{night}")
    for name in (f"{1 ^ first}-1", f"{1 ^ first}-2"):
        rename_and_pack(tmp_path / "old" / name, tmp_path / "old" / name)
    monkeypatch.setattr(candidates.time, "monotonic", lambda: next(clock))
    two.start()
    for _ in range(30):
        two.turn()
    two.check()


@pytest.mark.parametrize("giver", [0, 1], ids=["the source that looks first", "the source that looks last"])
def test_a_log_that_the_configuration_gives_to_another_source_counts_there(tmp_path, giver):
    """What has come since the other source is followed counts for that as well, and all that comes later."""
    logs = [tmp_path / name for name in ("x.log", "z.log", "y.log")]
    for n, log in enumerate(logs):
        append(log, *lines(100 * n, 20))
    two = Two(*logs[:2], ())
    sources = two.sources[giver], two.sources[1 - giver]
    patterns = [str(logs[giver])], [str(logs[1 - giver])]
    for given in range(2):
        two.stop()
        for n, source in enumerate(sources):
            paths = patterns[n] + [str(logs[2])] * (n == given)
            source.make = lambda paths=paths: Globs(paths)
        two.start()
        two.turn()
        append(logs[2], *lines(300 + 50 * given, 5))
        os.rename(logs[2], f"{logs[2]}.{given + 1}")
        append(logs[2], *lines(300 + 50 * given + 10, 3))
        two.turn()
    assert all(source.tail.status().up for source in two.sources)
    theirs = [*lines(100 * giver, 20), *lines(200, 20), *lines(300, 5), *lines(310, 3)]
    assert sorted(sources[0].lines) == theirs
    new = [*theirs[20:], *lines(350, 5), *lines(360, 3)]
    assert sorted(sources[1].lines) == sorted([*lines(100 * (1 - giver), 20), *new])
    assert not any(source.lost or source.missed for source in two.sources)


@pytest.mark.parametrize("giver", [0, 1], ids=["the source that looks first", "the source that looks last"])
def test_rotated_files_of_a_log_that_is_given_to_another_source_count_where_a_pattern_matches_them(tmp_path, giver):
    """What was rotated away unread, while nobody looked, counts for the source that has the log now."""
    logs = [tmp_path / name for name in ("x.log", "z.log", "y.log")]
    for n, log in enumerate(logs):
        append(log, *lines(100 * n, 20))
    two = Two(*logs[:2], ())
    for given in (giver, 1 - giver):
        two.stop()
        if given != giver:
            append(logs[2], *lines(300, 5))
            os.rename(logs[2], f"{logs[2]}.1")
            append(logs[2], *lines(310, 3))
        for n, source in enumerate(two.sources):
            paths = [str(logs[n]), *[f"{logs[2]}*"] * (n == given)]
            source.make = lambda paths=paths: Globs(paths)
        two.start()
        two.turn()
    assert sorted(two.sources[giver].lines) == [*lines(100 * giver, 20), *lines(200, 20)]
    new = [*lines(200, 20), *lines(300, 5), *lines(310, 3)]
    assert sorted(two.sources[1 - giver].lines) == [*lines(100 * (1 - giver), 20), *new]
    assert not any(source.lost or source.missed for source in two.sources)


def test_a_rotated_file_that_is_named_after_the_other_sources_log_counts_for_that(tmp_path):
    """Names that differ in the number within the logs' names alone are no names of one log."""
    logs = begun(tmp_path / "m0.log", tmp_path / "m1.log")
    two = Two.caught_up(*logs, None)
    for night, numbers in enumerate(((1,), (2, 3)), 1):
        for n, log in enumerate(logs):
            for number in numbers:
                append(log, *lines(500 * n + 50 * night + 10 * number, 5))
                log.rename(tmp_path / f"old-m{n}-{number}")
            append(log, *lines(500 * n + 50 * night + 40, 3))
        two.turn()
    got = ((0, 20), (60, 5), (90, 3), (120, 5), (130, 5), (140, 3))
    for n, source in enumerate(two.sources):
        source.wait(1, 11)
        assert sorted(source.lines) == [line for at, count in got for line in lines(500 * n + at, count)]


@pytest.mark.parametrize("begun", ["", "E2211"])
def test_a_file_that_the_other_source_has_open_is_its_own_however_little_was_in_it(tmp_path, begun):
    """A file rotated into both sources' directory, before its first line was seen, stays the one's that has it open."""
    logs, old = [tmp_path / "a" / "m.log", tmp_path / "b" / "m.log"], tmp_path / "old"
    for directory in (old, *(log.parent for log in logs)):
        directory.mkdir()
    append(logs[0], *lines(0, 20))
    logs[1].write_text(begun)
    two = Two(*logs, (f"{old}/*",))
    for _ in range(2):
        two.turn()
    logs[1].write_text("\n".join([*lines(500, 20), ""]))
    for number, log in zip((2, 1), logs, strict=True):
        log.rename(old / f"m.log.{number}")
        append(log, *lines(100 + number, 1))
    for _ in range(2):
        two.turn()
    assert [source.lines for source in two.sources] == [lines(0, 20) + lines(102, 1), lines(500, 20) + lines(101, 1)]


@pytest.mark.parametrize("first", [False, True])
def test_rotated_files_of_what_a_link_leads_to_by_now_are_of_its_source(tmp_path, first):
    """They are named after that, also those that came and went between two looks."""
    link, log, old, target = (tmp_path / name for name in ("m.log", "n.log", "old", "b-1.log"))
    old.mkdir()
    for n, name in enumerate(("a-1.log", "b-1.log", "n.log")):
        append(tmp_path / name, *lines(100 * n, 20))
    link.symlink_to("a-1.log")
    two = Two(*((link, log) if first else (log, link)), (f"{old}/*",))
    linked, other = two.sources if first else reversed(two.sources)
    for _ in range(2):
        two.turn()
    link.unlink()
    link.symlink_to(target.name)
    two.turn()
    for number in (2, 1):
        append(target, *lines(130 - number, 1))
        target.rename(old / f"b-1.log.{number}")
    log.rename(old / "n.log.1")
    append(target, *lines(130, 1))
    append(log, *lines(230, 1))
    for _ in range(3):
        two.turn()
    assert sorted(linked.lines) == lines(0, 20) + lines(100, 20) + lines(128, 3)
    assert other.lines == lines(200, 20) + lines(230, 1)
