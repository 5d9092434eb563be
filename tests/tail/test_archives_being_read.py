"""Archives whose questions outlive those who asked them, and files that change while a copy of them is read."""

import gzip
import itertools
import lzma
import os
import random
import shutil
import time
import zlib
from contextlib import closing, suppress

import pytest

from logwatch.tail import candidates, follow
from logwatch.tail.apply import reconcile_path
from logwatch.tail.candidates import Archive, Heads, Unpacking, VanishedError
from logwatch.tail.context import OpenFiles
from logwatch.tail.generation import Generation
from logwatch.tail.rotated_names import RotatedName
from logwatch.tail.survey import Survey
from logwatch.tail.uncompressed import SeekingError
from tests.helpers.recorder import Follower, append, caught_up, pack_away


def lines(first, count):
    return [f"E2211-101112-{n:07} (1): line {'x' * 60}" for n in range(first, first + count)]


def opened():
    return len(os.listdir("/proc/self/fd"))


def packed(path, size):
    """Write an archive of bytes that do not compress, and return how many of them there are."""
    data = random.Random(1).randbytes(size)
    path.write_bytes(gzip.compress(data, 1))
    return data


def test_a_question_that_nobody_asks_again_does_not_keep_out_the_others(tmp_path, monkeypatch):
    """An offset moves on while a copy of what was read is unpacked up to where it was: the end that it has is found."""
    monkeypatch.setattr(candidates, "STEP_SECONDS", 0)
    monkeypatch.setattr(candidates, "FRESH_SECONDS", 0)
    monkeypatch.setattr(candidates, "_UNPACKING_SECONDS", 3600.0)  # not half a second: the machine may be busy
    path = tmp_path / "m.log-20261126.gz"
    data = packed(path, 11 << 20)
    archive = Heads({}, Unpacking()).examine(str(path), RotatedName())
    with pytest.raises(SeekingError):
        archive.run(len(data) - 256, 256)
    answers = []
    for n in range(1, 20):
        with suppress(SeekingError):
            answers.append(archive.run(len(data) - 256 + 100 * n, 256))
    assert answers[-1] == b""
    assert not archive.archive.busy


def test_an_archive_that_is_being_packed_leaves_no_descriptor(tmp_path, monkeypatch):
    """What is known of it as it was before goes when it has grown."""
    monkeypatch.setattr(candidates, "STEP_SECONDS", 0)
    whole, path = tmp_path / "whole.gz", tmp_path / "m.log-20261126.gz"
    packed(whole, 20 << 20)
    data, heads = whole.read_bytes(), Heads({}, Unpacking())
    before = opened()
    for part in range(1, 20):
        path.write_bytes(b"")
        path.write_bytes(data[: len(data) * part // 20])
        with pytest.raises(SeekingError):
            heads.examine(str(path), RotatedName()).size()
        assert opened() <= before + 1
    heads.keep_only([])
    assert opened() == before


@pytest.mark.parametrize("next_file", ["with lines", "empty"])
def test_a_large_archive_that_ends_amid_a_line_is_read_to_its_end(tmp_path, next_file):
    """The last bytes are read without going back, which an archive cannot do."""
    log = tmp_path / "m.log"
    old, new = lines(0, 10), lines(900_000, 3)
    append(log, *old)
    follower = caught_up(log)
    follower.stop()
    late = lines(10, 60_000)
    append(log, *late)
    append(log, "E2211-101112-9999999 (1): torn half word", end="")
    (tmp_path / "m.log.1.gz").write_bytes(gzip.compress(log.read_bytes(), 1))
    log.unlink()
    append(log, *(new if next_file == "with lines" else []))
    follower.start()
    for turn in range(12):
        follower.wait(100)
        if turn == 5 and next_file == "empty":
            append(log, *new)
    assert [line for line in follower.lines if "torn" not in line] == old + late + new


@pytest.mark.parametrize("end", ["\n", ""])
def test_a_member_that_comes_while_an_archive_is_let_go_of_is_read_to_its_end(tmp_path, monkeypatch, end):
    """What a night is appended as is written in pieces: where one of them ends amid a line, no half of that counts."""
    log, old = tmp_path / "m.log", tmp_path / "m.log.1.gz"
    append(log, *lines(0, 20))
    follower = caught_up(log)
    follower.stop()
    append(log, *lines(20, 19))
    append(log, *lines(39, 1), end=end)
    pack_away(log, old)
    append(log, *lines(100, 3))
    follower.start()
    text = ("\n" if not end else "") + "".join(f"{line}\n" for line in lines(40, 20))
    deflate = zlib.compressobj(wbits=31)
    first = deflate.compress(text[:1000].encode()) + deflate.flush(zlib.Z_SYNC_FLUSH)
    open_rest, appended = Generation.open_rest, []

    def meanwhile(generation, follows=b""):
        if not follows and not appended:
            with old.open("ab") as file:
                appended.append(file.write(first))
        return open_rest(generation, follows)

    monkeypatch.setattr(Generation, "open_rest", meanwhile)
    follower.turn()
    follower.wait(1)
    assert appended
    with old.open("ab") as file:
        file.write(deflate.compress(text[1000:].encode()) + deflate.flush())
    follower.wait(0, 1, 11, 700)
    assert sorted(follower.lines) == lines(0, 60) + lines(100, 3)
    assert (follower.lost, follower.missed) == (0, 0)
    follower.tail.close()


def test_a_copy_is_read_when_its_original_vanishes_meanwhile(tmp_path, monkeypatch):
    """If the original is removed during a look, the look is repeated, and reading goes on in the copy."""
    log, copy = tmp_path / "a.log", tmp_path / "b.log"
    append(log, *lines(0, 100))
    follower = caught_up(tmp_path / "*.log", files=OpenFiles(1))
    follower.wait(20)
    shutil.copy(log, copy)
    follower.wait(20)
    append(log, *lines(100, 100))
    for _ in range(3):
        follower.wait(20)
    append(copy, *lines(500, 100))
    real, vanished = candidates._open, []

    def vanishes(path, key):
        if path == str(log) and len(vanished) < 5:
            vanished.append(path)
            raise VanishedError
        return real(path, key)

    monkeypatch.setattr(candidates, "_open", vanishes)
    for _ in range(6):
        follower.wait(20)
    assert vanished
    assert sorted(follower.lines) == sorted(lines(0, 200) + lines(500, 100))


def test_an_archive_counts_whose_original_goes_after_the_directory_of_both_was_listed(tmp_path, monkeypatch):
    """That was for another log, a moment ago: what is gone by now is not waited for as while it is being packed."""
    log, old = tmp_path / "m.log", tmp_path / "old"
    old.mkdir()
    append(log, "the first line")
    follower = caught_up(log, rotated=(str(old / "*"),))
    log.rename(old / "m.log.2")
    packed = old / "m.log.1"
    append(packed, "a line that was rotated between two looks")
    packed.with_name("m.log.1.gz").write_bytes(gzip.compress(packed.read_bytes()))
    append(log, "the newest line")
    find = Survey.find

    def find_after_packing(survey):
        packed.unlink(missing_ok=True)
        return find(survey)

    monkeypatch.setattr(Survey, "find", find_after_packing)
    follower.turn()
    follower.wait(1)
    assert follower.lines == ["the first line", "a line that was rotated between two looks", "the newest line"]
    assert (follower.missed, follower.lost) == (0, 0)


def test_a_log_rotated_after_its_directory_was_listed_is_not_continued_by_the_next_one(tmp_path, monkeypatch):
    """If the first rotation comes within the daemon's first look, the next log's banner is not taken for a rest."""
    log, old, banner = tmp_path / "m.log", tmp_path / "old", [f"licence and version, line {n:03}" for n in range(200)]
    old.mkdir()
    append(log, *banner, *lines(0, 50))
    follower = caught_up(log, rotated=(str(old / "*"),))
    follower.wait(20)
    follower.restart_at_once()
    find = Survey.find

    def find_after_rotation(survey):
        if not (old / "m.log-20261126").exists():
            log.rename(old / "m.log-20261126")
            append(log, *banner, *lines(50, 1))
        return find(survey)

    monkeypatch.setattr(Survey, "find", find_after_rotation)
    follower.turn()
    follower.wait(20)
    assert [line for line in follower.lines if line not in banner] == lines(0, 51)
    assert (follower.missed, follower.lost, follower.rotations()) == (0, 0, {"rename": 1})


@pytest.mark.parametrize("seen", [(0, 20), (0, 60), (3, 20, 60), (20,), (60,), (0, 3, 20, 60, 1000)])
@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
@pytest.mark.parametrize(
    ("log", "pattern", "rotated", "begun", "ended"),
    [
        ("0.log", "0.log*", "0.log.20261126-100001", "0.log.20261126-100001.tmp", "0.log.20261126-100001.gz"),
        ("current", "current", "@4000000069268d43.u", "@4000000069268d43.t", "@4000000069268d43.s"),
    ],
    ids=["kubelet", "svlogd"],
)
def test_an_archive_that_is_packed_under_a_name_for_a_while_counts_nothing(
    tmp_path, log, pattern, rotated, begun, ended, pack, seen
):
    """An archive in the making counts nothing, however much of it a look finds."""
    path, archive = tmp_path / log, tmp_path / begun
    append(path, *lines(0, 60))
    follower = caught_up(tmp_path / pattern)
    path.rename(tmp_path / rotated)
    append(path, *lines(60, 3))
    data = pack((tmp_path / rotated).read_bytes())
    for size in (*seen, len(data)):
        with archive.open("ab") as file:
            file.write(data[file.tell() : size])
        follower.wait(1)
    archive.rename(tmp_path / ended)
    follower.wait(1)
    (tmp_path / rotated).unlink()
    follower.wait(1, 11, 700, 1)
    assert follower.lines == lines(0, 63)
    assert (follower.lost, follower.missed, follower.log.named("file_is_no_log")) == (0, 0, [])
    follower.restart_at_once()
    follower.wait(1)
    assert follower.lines == lines(0, 63)


@pytest.mark.parametrize("read", [False, True])
@pytest.mark.parametrize("text", ["started", "a first line of a log that is long enough to be told by its bytes"])
def test_a_log_that_is_packed_away_between_two_looks_counts_once(tmp_path, text, read):
    """However short it is: what was open has no name any more, and an archive has just what it has."""
    log, rotated = tmp_path / "m.log", tmp_path / "m.log.1"
    log.touch()
    follower = caught_up(log)
    append(log, text)
    if read:
        follower.turn()
    log.rename(rotated)
    append(log, *lines(0, 3))
    pack_away(rotated, tmp_path / "m.log.1.gz")
    follower.wait(1, 1, 11, 700)
    assert follower.lines == [text, *lines(0, 3)]
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize("banner", [2, 80])
def test_an_archive_is_not_taken_for_one_that_was_left_out_before_its_size_is_known(tmp_path, banner):
    """``rotate 1``: the archive of a log with nothing but its banner gives its name to that of the next log."""
    log, archive = tmp_path / "m.log", tmp_path / "m.1.log.gz"
    begins = [f"banner {'=' * 60} {n}" for n in range(banner)]

    def rotate(to):
        pack_away(log, to)
        to.replace(archive)

    append(log, *begins, *lines(0, 1))
    follower = caught_up(log)
    log.unlink()
    append(log, *begins)
    rotate(archive)
    log.touch()
    follower.turn()
    log.unlink()
    append(log, *begins, *lines(1, 60))
    rotate(tmp_path / "begun")
    append(log, *begins)
    follower.wait(1, 11, 700)
    assert [line for line in follower.lines if line not in begins] == lines(0, 61)
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize("seen", [(0,), (0, 24), (24,), (0, 1000)])
def test_an_empty_file_that_becomes_an_archive_is_no_rotation(tmp_path, seen):
    """Svlogd's ``!gzip``: what its processor has written nothing into yet lies beside what it is to pack."""
    log = tmp_path / "current"
    append(log, *lines(0, 60))
    follower = caught_up(log)
    for night in range(3):
        rotated, begun, ended = (tmp_path / f"@4000000069268d4{night}.{end}" for end in "uts")
        log.rename(rotated)
        append(log, *lines(60 + night, 1))
        data = gzip.compress(rotated.read_bytes())
        for size in seen:
            begun.write_bytes(data[:size])
            follower.wait(1)
        begun.write_bytes(data)
        begun.rename(ended)
        rotated.unlink()
        follower.wait(1)
    assert follower.lines == lines(0, 63)
    assert follower.rotations() == {"rename": 3}


def test_a_large_archive_of_another_log_is_taken_for_that_one_s_however_long_it_takes_to_unpack(tmp_path, monkeypatch):
    """Two logs of one name are packed into one directory: whose an archive is, its end tells, not a glance."""
    monkeypatch.setattr(candidates, "STEP_SECONDS", 0)
    for name in ("a", "b", "old"):
        (tmp_path / name).mkdir()
    mine, other = tmp_path / "a" / "m.log", tmp_path / "b" / "m.log"
    first, second = lines(0, 120_000), lines(500_000, 10)
    append(mine, *first)
    append(other, *second)
    follower = Follower(tmp_path / "*/m.log", rotated=(str(tmp_path / "old" / "*"),))
    follower.wait(1)
    while follower.tail.read(follower.sink, 1 << 30):
        pass
    assert len(follower.lines) == len(first + second)
    with gzip.open(tmp_path / "old" / "m.log.1.gz", "wb", 1) as file:
        file.write(mine.read_bytes())
    mine.unlink()
    for log, line in ((mine, lines(300_000, 1)), (other, lines(600_000, 1))):
        append(log, *line)
    for _ in range(12):
        follower.wait(20)
    assert len(follower.lines) == len(first + second) + 2
    assert follower.lost == 0
    follower.tail.close()


def test_one_look_unpacks_a_few_archives_and_those_that_wait_are_not_decided_without_it(tmp_path, monkeypatch):
    """However many were packed while the daemon was stopped, as long as each of them takes: reading goes on between."""
    clock = itertools.count(0, 0.03)
    path = tmp_path / "m.log"
    append(path, *lines(0, 30))
    follower = caught_up(path)
    follower.stop()
    for n in range(40):
        append(path, *lines(1000 * n + 30, 30))
        data = path.read_bytes()
        path.unlink()
        (tmp_path / f"m.log-{20261001 + n}.gz").write_bytes(gzip.compress(data))
    append(path, *lines(90_000, 30))
    begun = []
    ask = Archive.open
    monkeypatch.setattr(Archive, "open", lambda archive, *how: begun.append(archive.name) or ask(archive, *how))
    monkeypatch.setattr(Archive, "head", lambda archive, descriptor: _head(archive, descriptor, ask))
    monkeypatch.setattr(candidates.time, "monotonic", lambda: next(clock))
    follower.start()
    follower.look()
    assert 0 < len(set(begun)) < 20
    follower.turn()
    assert len(set(begun)) == 40
    written = [lines(0, 30), *(lines(1000 * n + 30, 30) for n in range(40)), lines(90_000, 30)]
    assert sorted(follower.lines) == sorted(itertools.chain.from_iterable(written))
    assert (follower.lost, follower.missed) == (0, 0)


def test_logs_whose_archives_wait_are_not_looked_at_again_before_those_are_unpacked(tmp_path, monkeypatch):
    """Logs that wait for their archives cost no look until some of these are unpacked."""
    clock, looks = itertools.count(0, 0.1), []
    for n in range(60):
        (tmp_path / f"m{n}.log.1.gz").write_bytes(gzip.compress("\n".join([*lines(1000 * n, 30), ""]).encode()))
        append(tmp_path / f"m{n}.log", *lines(1000 * n + 30, 30))
    monkeypatch.setattr(follow, "reconcile_path", lambda *how: looks.append(how) or reconcile_path(*how))
    monkeypatch.setattr(candidates.time, "monotonic", lambda: next(clock))
    follower = Follower(tmp_path / "*.log*")
    while not follower.tail.status().caught_up:
        follower.look()
        follower.tail.read(follower.sink, 1 << 20)
    assert len(follower.lines) == len(set(follower.lines)) == 60 * 60
    assert len(looks) < 60 * 3


def test_an_archive_to_which_lines_are_appended_just_when_it_is_let_go_is_read_on(tmp_path, monkeypatch):
    """A member without its end yet is no torn last line: its lines count once it is there."""
    path, archive = tmp_path / "m.log", tmp_path / "m.log.1.gz"
    append(path, *lines(0, 30))
    follower = caught_up(path, release_seconds=60)
    follower.stop()
    append(path, *lines(30, 5))
    pack_away(path, archive)
    append(path, *lines(100, 5))
    follower.start()
    follower.turn()
    member, begun = gzip.compress("\n".join([*lines(35, 4000), ""]).encode()), []
    let_go = follow.PathFollower._let_go

    def late(self, generation, turn, *, torn):
        if generation.file.packed and not begun:
            begun.append(generation)
            with archive.open("ab") as file:
                file.write(member[:2000])
        let_go(self, generation, turn, torn=torn)

    monkeypatch.setattr(follow.PathFollower, "_let_go", late)
    follower.wait(61, 61)
    assert begun
    with archive.open("ab") as file:
        file.write(member[2000:])
    follower.wait(1, 61, 61)
    expected = sorted([*lines(0, 35 + 4000), *lines(100, 5)])
    assert sorted(follower.lines) == expected


def _head(archive, descriptor, open_):
    with closing(open_(archive, os.dup(descriptor))) as file:
        return file.head()


@pytest.fixture(params=[0, 1], ids=["the first look", "the second look"])
def one_question_a_look(monkeypatch, request):
    """Answer but one question about archives in each second look, or read."""
    looks = itertools.count()

    def time_left(unpacking):
        unpacking.put_off = unpacking._ends_at is not None or next(looks) % 2 != request.param
        unpacking._ends_at = 0.0
        return None if unpacking.put_off else 1.0

    monkeypatch.setattr(Unpacking, "time_left", time_left)


def put_off(unpacking):
    unpacking.put_off = True


@pytest.mark.parametrize("banner", [0, 80])
@pytest.mark.parametrize("packs", ["at once", "a night later", "never"])
@pytest.mark.parametrize("life", ["running", "killed after each look", "stopped"])
@pytest.mark.parametrize("looks", [1, 3])
def test_nights_whose_archives_are_unpacked_after_the_path_went_on_came_in_between(
    tmp_path, monkeypatch, looks, life, packs, banner
):
    """They are no history, nor is what begins with the same banner a copy of what may lie in one of them."""
    log, begins = tmp_path / "m.log", [f"banner {'=' * 60} {n}" for n in range(banner)]
    written = lines(0, 40)
    append(log, *begins, *written)
    follower = caught_up(log)
    follower.commit()
    if life == "stopped":
        follower.kill()
    for night in range(1, 5):
        before = [] if packs == "never" else [path for path in tmp_path.glob("m.log-*") if path.suffix != ".gz"]
        rotated = log.rename(tmp_path / f"m.log-2026110{night}")
        for path in [*before, *([rotated] if packs == "at once" else [])]:
            pack_away(path)
        append(log, *begins, *lines(1000 * night, 10))
        written += lines(1000 * night, 10)
    if life == "stopped":
        follower.start()
    with monkeypatch.context() as no_time:
        no_time.setattr(Unpacking, "time_left", put_off)
        for _ in range(looks):
            follower.look()
            if life.startswith("killed"):
                follower.restart_at_once()
    follower.wait(1, 11, 700, 1)
    assert sorted(line for line in follower.lines if not line.startswith("banner")) == sorted(written)


@pytest.mark.parametrize("packed", [(), (0,), (1,), (0, 1)])
def test_a_log_that_was_taken_up_and_not_read_before_a_kill_counts_where_rotation_has_put_it(tmp_path, packed):
    """It begins with the same 5 KiB as the one before it, which lies beside it and goes on otherwise: it is no copy."""
    log, begins = tmp_path / "m.log", [f"banner {'=' * 60} {n}" for n in range(80)]
    append(log, *begins, *lines(0, 40))
    follower = caught_up(log)
    follower.commit()
    rotated = [log.rename(tmp_path / "m.log-20261101")]
    append(log, *begins, *lines(1000, 10))
    follower.look()
    rotated.append(log.rename(tmp_path / "m.log-20261102"))
    for path in [rotated[n] for n in packed]:
        pack_away(path)
    append(log, *begins, *lines(2000, 10))
    follower.restart_at_once()
    follower.wait(1, 11, 700, 1)
    counted = sorted(line for line in follower.lines if not line.startswith("banner"))
    assert counted == lines(0, 40) + lines(1000, 10) + lines(2000, 10)


@pytest.mark.parametrize("stopped", [False, True])
@pytest.mark.parametrize("banner", [0, 3])
@pytest.mark.parametrize("kills", [1, 2])
def test_what_lay_in_an_archive_that_was_not_unpacked_before_a_kill_is_no_history(
    tmp_path, monkeypatch, kills, banner, stopped
):
    """Lines of an archive that waited when the daemon was killed count, even if the log read before it is gone."""
    log, begins = tmp_path / "m.log", [f"banner {'=' * 60} {n}" for n in range(banner)]
    append(log, *begins, *lines(0, 40))
    follower = caught_up(log)
    follower.commit()
    if stopped:
        follower.kill()
    log.unlink()
    append(log, *begins, *lines(1000, 10))
    pack_away(log, tmp_path / "m.log-20261101.gz")
    append(log, *begins, *lines(2000, 10))
    if stopped:
        follower.start()
    with monkeypatch.context() as no_time:
        no_time.setattr(Unpacking, "time_left", put_off)
        for _ in range(kills):
            follower.look()
            follower.commit()
            follower.restart_at_once()
    follower.wait(1, 11, 700, 1)
    counted = sorted(line for line in follower.lines if not line.startswith("banner"))
    assert counted == lines(0, 40) + lines(1000, 10) + lines(2000, 10)


@pytest.mark.usefixtures("one_question_a_look")
@pytest.mark.parametrize(("pattern", "start_at", "there"), [("m.log", "beginning", 0), ("*.log*", "end", 50)])
def test_archives_from_before_a_log_was_followed_are_history_before_they_are_unpacked(
    tmp_path, pattern, start_at, there
):
    """They begin with one banner, so that each is compared with the others: in the next look they are no news."""
    log, banner = tmp_path / "m.log", [f"banner {'=' * 60} {n}" for n in range(80)]
    for n in range(4):
        text = "\n".join([*banner, *lines(1000 * n, 30), ""])
        (tmp_path / f"m.log.{9 - n}.gz").write_bytes(gzip.compress(text.encode()))
    append(log, *banner[: 80 if there else 0], *lines(8000, there))
    follower = Follower(tmp_path / pattern, start_at=start_at)
    follower.wait(1)
    append(log, *lines(9000, 30))
    for restart in (int, follower.restart_at_once):
        restart()
        follower.wait(1, 11, 700)
    assert follower.lines == lines(9000, 30)


@pytest.mark.usefixtures("one_question_a_look")
def test_an_archive_with_the_inode_of_another_log_s_is_not_taken_for_that_before_it_is_unpacked(tmp_path):
    """An archive that got another archive's inode is identified by its bytes."""
    logs = [tmp_path / "b.log", tmp_path / "z.log"]
    for n, log in enumerate(logs):
        append(log, *lines(1000 * n, 30))
    follower = caught_up(tmp_path / "*.log*")
    for n, log in enumerate(logs):
        log.rename(f"{log}.1")
        append(log, *lines(1000 * n + 500, 30))
    follower.wait(1)
    packed_one = tmp_path / "z.log.2.gz"
    pack_away(tmp_path / "z.log.1", packed_one)
    for seconds in (0, 1, 11, 700):
        follower.restart_at_once()
        follower.wait(seconds)
    packed_one.rename(tmp_path / "b.log.1.gz")
    pack_away(tmp_path / "b.log.1")
    for restart in (follower.restart_at_once, int, follower.restart_at_once):
        restart()
        follower.wait(0, 1, 11, 700)
    assert len(follower.lines) == len(set(follower.lines)) == 4 * 30
    assert (follower.lost, follower.missed) == (0, 0)


def replace_by_copy(path, *more):
    """As rsync does: another inode, with the same lines and more."""
    copy = path.with_name("copy~")
    shutil.copy(path, copy)
    append(copy, *more)
    copy.rename(path)


@pytest.mark.usefixtures("one_question_a_look")
@pytest.mark.parametrize("new", [[], lines(500, 5)], ids=["packed beside it", "packed away"])
def test_no_archive_is_read_before_it_is_known_how_far_all_have_read_it(tmp_path, new):
    """It holds what several generations have read, and is unpacked anew to find the end of each of them."""
    log = tmp_path / "m.log"
    append(log, *lines(0, 30))
    follower = caught_up(log)
    for n in (30, 60):
        replace_by_copy(log, *lines(n, 30))
        follower.wait(1)
    (tmp_path / "m.log.1.gz").write_bytes(gzip.compress(log.read_bytes()))
    if new:
        log.unlink()
        append(log, *new)
    for restart in (follower.restart_at_once, int, follower.restart_at_once):
        restart()
        follower.wait(0, 1, 11, 700)
    assert follower.lines == lines(0, 90) + new
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.usefixtures("one_question_a_look")
def test_what_lies_in_an_archive_is_not_taken_for_what_stands_at_the_path_before_that_is_unpacked(tmp_path):
    """The new log was empty when it was seen last, and begins with the same banner by now."""
    log, banner = tmp_path / "m.log", [f"banner {'=' * 60} {n}" for n in range(20)]
    append(log, *banner, *lines(0, 30))
    follower = caught_up(log)
    pack_away(log, tmp_path / "m.log.1.gz")
    log.touch()
    for seconds in (0, 1, 11, 700):
        follower.restart_at_once()
        follower.wait(seconds)
    append(log, *banner)
    follower.restart_at_once()
    follower.turn()
    append(log, *lines(500, 5))
    follower.wait(1, 11, 700)
    assert [line for line in follower.lines if line not in banner] == lines(0, 30) + lines(500, 5)
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.98])
@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
@pytest.mark.parametrize(("read", "unread"), [(3000, 0), (3000, 50), (5, 3000)])
def test_an_archive_that_is_copied_in_place_and_stalls_counts_once(tmp_path, read, unread, pack, share, restarted):
    """By scp, or ``rsync --inplace``: while it has no end, it tells nothing of what its log had."""
    log, archive = tmp_path / "m.log", tmp_path / "m.log.1.gz"
    append(log, *lines(0, read))
    follower = caught_up(log)
    with follower.away(restarted):
        append(log, *lines(read, unread))
        data = pack(log.read_bytes())
        log.unlink()
        append(log, *lines(read + unread, 3))
        archive.write_bytes(data[: int(len(data) * share)])
    for stalled in (0, 11, 60, 300):
        os.utime(archive, (time.time() - stalled, time.time() - stalled))
        follower.wait(11)
    append(log, *lines(read + unread + 3, 3))
    with archive.open("ab") as file:
        file.write(data[file.tell() :])
    follower.wait(1, 1, 11, 700, 1)
    assert sorted(follower.lines) == lines(0, read + unread + 6)
    assert (follower.lost, follower.missed) == (0, 0)
    follower.tail.close()


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_what_a_stalled_archive_cannot_tell_yet_holds_up_neither_the_turn_nor_the_log(tmp_path, monkeypatch, share):
    """Two generations are put together in one, which stalls within the second: it is not asked over and over."""
    reads, take = itertools.count(), follow.PathFollower._take

    def counted(*each):
        assert next(reads) < 200
        return take(*each)

    monkeypatch.setattr(follow.PathFollower, "_take", counted)
    log, archive = tmp_path / "m.log", tmp_path / "m.log.2.gz"
    append(log, *lines(0, 20))
    follower = caught_up(log)
    log.rename(tmp_path / "m.log.1")
    append(log, *lines(20, 100))
    follower.turn()
    both = (tmp_path / "m.log.1").read_bytes() + log.read_bytes()
    stream = zlib.compressobj(wbits=31)
    begun = int(len(both) * share)
    archive.write_bytes(stream.compress(both[:begun]) + stream.flush(zlib.Z_SYNC_FLUSH))
    (tmp_path / "m.log.1").unlink()
    follower.restart_at_once()
    append(log, *lines(120, 5))
    follower.turn()
    assert follower.lines == lines(0, 125)
    with archive.open("ab") as file:
        file.write(stream.compress(both[begun:]) + stream.flush())
    follower.wait(1, 11, 700, 1)
    assert follower.lines == lines(0, 125)
    assert (follower.lost, follower.missed) == (0, 0)


def test_where_reading_goes_on_in_an_archive_is_found_in_the_time_of_a_look(tmp_path, monkeypatch):
    """A log lost its end, was written on and packed: no look takes longer for that than for any other archive."""
    turns, asked = [], []

    def time_left(unpacking):
        unpacking.put_off = unpacking.put_off or unpacking._ends_at is not None
        if unpacking._ends_at is None:
            unpacking._ends_at = 0.0
            asked.append(len(turns))
            return 1.0
        return None

    monkeypatch.setattr(Unpacking, "time_left", time_left)
    log = tmp_path / "m.log"
    append(log, *lines(0, 3000))
    follower = caught_up(log)
    follower.stop()
    os.truncate(log, log.stat().st_size * 2 // 3)
    append(log, *lines(4000, 2000))
    pack_away(log, tmp_path / "m.log.1.gz")
    append(log, *lines(7000, 3))
    follower.start()
    for _ in range(80):
        follower.clock.now += 1
        for step in (follower.look, lambda: follower.tail.read(follower.sink, 1 << 20)):
            turns.append(step)
            step()
    assert len(asked) == len(set(asked)) > 3
    assert len(set(follower.lines)) == len(follower.lines)
    assert set(lines(4500, 1500) + lines(7000, 3)) <= set(follower.lines)
    assert follower.missed == 1


def test_a_rotated_log_with_the_inode_of_a_copy_that_was_packed_since_counts_to_its_end(tmp_path):
    """Both begin alike, and the copy ends before: what holds more than it did is the log, whatever its inode."""
    log, copy = tmp_path / "m.log", tmp_path / "m.log.1"
    append(log, *lines(100, 10))
    follower = caught_up(log)
    log.rename(tmp_path / "m.log-20261108")
    append(log, *lines(0, 10))
    shutil.copy(log, copy)
    follower.wait(1)
    (tmp_path / "m.log.1.gz").write_bytes(gzip.compress(copy.read_bytes()))
    append(log, *lines(10, 1))
    shutil.copy(log, copy)
    copy.rename(tmp_path / "m.log-20261109")
    os.truncate(log, 0)
    append(log, *lines(20, 30))
    follower.wait(1, 1, 11, 700)
    assert follower.lines == lines(100, 10) + lines(0, 11) + lines(20, 30)
