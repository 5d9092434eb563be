"""What happens rarely, once to a host or between two system calls, and what is lost where nobody minds it."""

import errno
import gzip
import os
import shutil
import sys
import tarfile
from contextlib import contextmanager

import pytest

from logwatch.tail import apply, candidates, files, follow, owners, sharing
from logwatch.tail.apply import reconcile_path
from logwatch.tail.context import OpenFiles
from logwatch.tail.files import PlainFile
from logwatch.tail.generation import Generation
from logwatch.tail.survey import Survey
from tests.helpers.recorder import Follower, append, caught_up, pack_away
from tests.tail.treated import Log

DAY = 86400


def lines(first, count):
    return [f"E2211-101112-{n:06} (1): a line of a log" for n in range(first, first + count)]


@pytest.fixture
def log(tmp_path):
    """Return the path of a log of twenty lines."""
    append(tmp_path / "m.log", *lines(0, 20))
    return tmp_path / "m.log"


@pytest.fixture
def follower(log):
    follower = caught_up(log)
    yield follower
    follower.tail.close()


@pytest.fixture
def reconciled(monkeypatch):
    """Note each time when a look has to reconcile a path."""
    found = []
    monkeypatch.setattr(follow, "reconcile_path", lambda *how: found.append(how) or reconcile_path(*how))
    return found


@contextmanager
def unreadable(path):
    """Refuse whoever opens a file."""
    open_ = os.open

    def refusing(name, *how, **more):
        if str(name) == str(path):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), name)
        return open_(name, *how, **more)

    with pytest.MonkeyPatch.context() as refused:
        refused.setattr(files.os, "open", refusing)
        yield


# lines that rotations tear


def test_a_line_torn_behind_a_log_that_came_and_went_between_two_looks_counts(log, follower):
    """The log was taken up empty, before a copy of what it had then: what it has now comes after that."""
    torn = []

    def copy_and_truncate(name):
        torn[:] = lines(int(name[-3:]), 1)
        append(log, torn[0][:20], end="")
        shutil.copy(log, log.with_name(name))
        os.truncate(log, 0)

    def go_on(first, count):
        append(log, torn[0][20:], *lines(first, count))

    copy_and_truncate("m.log.020")
    follower.turn()
    go_on(21, 9)
    copy_and_truncate("m.log.030")
    go_on(31, 4)
    follower.turn()
    copy_and_truncate("m.log.035")
    follower.wait(1)
    go_on(36, 4)
    follower.wait(1, 11, 700, 1)
    assert follower.lines == lines(0, 40)
    assert (follower.lost, follower.missed) == (0, 0)


# what fails while a plan is carried out


@pytest.mark.parametrize("count", [2, 20])
def test_an_empty_log_that_is_filled_copied_and_begun_amid_a_look_loses_nothing(tmp_path, monkeypatch, count):
    """Once the look finds the log's first bytes, it looks again at what was written over a file of last month."""

    def found_before_that(survey):
        found = find(survey)
        while nights:
            nights.pop()
            log.write(count)
            log.shell("cp m.log m.log.1; : > m.log")
            log.write(3)
        return found

    log, find, nights = Log(tmp_path, "looking"), Survey.find, []
    log.shell("echo E2510-101000-000 of last month > m.log.1; touch -d yesterday m.log.1; : > m.log")
    log.follower.turn()
    log.follower.wait(1)
    monkeypatch.setattr(Survey, "find", found_before_that)
    nights.append("tonight")
    log.shell("touch note")
    log.wait_out()
    assert not nights
    log.check()


def test_what_an_empty_log_got_and_was_copied_over_an_old_file_counts_though_nothing_follows_it(tmp_path):
    """No name has changed, and the log is as empty as before; it has been written to all the same."""
    log = Log(tmp_path, "looking")
    log.shell("echo E2510-101000-000 of last month > m.log.1; touch -d yesterday m.log.1; : > m.log")
    log.follower.turn()
    log.follower.wait(1)
    log.write(20)
    log.shell("cp m.log m.log.1; : > m.log")
    log.follower.wait(1)
    log.check()


def test_a_disk_that_fails_while_a_decision_is_carried_out_makes_no_line_count_twice(log, follower, monkeypatch):
    """A plan that was left half carried out would be computed anew from a log that seems unread."""
    run, reconcile, decided, failed = candidates.Candidate.run, apply.reconcile, [], []

    def failing(candidate, start, count):
        if decided and count and not failed:
            failed.append(start)
            raise candidates.UnreadableError(candidate.key, OSError(errno.EIO, os.strerror(errno.EIO)))
        return run(candidate, start, count)

    monkeypatch.setattr(candidates.Candidate, "run", failing)
    monkeypatch.setattr(apply, "reconcile", lambda *known: decided.append(True) or reconcile(*known))
    log.rename(f"{log}.1")
    shutil.copy(f"{log}.1", log)
    append(log, *lines(20, 1))
    append(f"{log}.1", *lines(20, 1))
    follower.wait(1, 1)
    assert failed
    assert follower.lines == lines(0, 21)


# files that are deleted, and still written


def test_a_copied_and_emptied_log_that_is_deleted_with_the_banner_of_the_next_one_counts_once(tmp_path):
    """What is left of it has the banner before the place that was read to, at another place: nothing of it is found."""
    log, banner = tmp_path / "m.log", [f"banner {'=' * 60} {n}" for n in range(60)]
    append(log, *banner, *lines(0, 40))
    follower = caught_up(log)
    packed = log.with_name("m.log-20261101.gz")
    packed.write_bytes(gzip.compress(log.read_bytes()))
    os.utime(packed, ns=(log.stat().st_atime_ns, log.stat().st_mtime_ns))
    os.truncate(log, 0)
    append(log, *banner, *lines(40, 1))
    log.unlink()
    append(log, *banner, *lines(41, 10))
    follower.wait(1, 11, 700, 1)
    counted = [line for line in follower.lines if line not in banner]
    assert sorted(set(counted)) == sorted(counted)
    assert set(counted) >= {*lines(0, 40), *lines(41, 10)}


def test_what_comes_into_a_deleted_log_that_is_emptied_amid_a_turn_counts_before_an_orderly_stop(log, follower):
    """No later start finds it, and no later look may come: it is taken up where the read finds other bytes."""
    with log.open("a") as writer:
        log.unlink()
        writer.write("\n".join([*lines(20, 1), ""]))
        writer.flush()
        follower.look()
        writer.truncate(0)
        writer.write("\n".join([*lines(100, 30), ""]))
        writer.flush()
        while follower.tail.read(follower.sink, 1 << 20):
            pass
        follower.stop()
    assert follower.lines == lines(0, 20) + lines(100, 30)


def test_an_empty_log_that_is_deleted_and_packed_into_is_one_generation(tmp_path):
    """An archive written into a deleted empty log is taken up once, and its bytes are no lines."""
    log = tmp_path / "m.log"
    log.touch()
    follower = caught_up(log)
    with log.open("wb") as packer:
        log.unlink()
        packer.write(gzip.compress(b"a line\n" * 9))
        packer.flush()
        follower.wait(0, 1, 11, 700)
    assert (follower.lines, follower.sink.generation) == ([], 1)


def test_an_orderly_stop_ends_though_reads_of_a_deleted_log_bring_nothing(log, follower, monkeypatch):
    """A stop ends even if reads of a deleted log fail for as long as they may take."""
    append(log, *lines(20, 5))
    follower.look()
    log.unlink()
    reads = []
    monkeypatch.setattr(follow.PathFollower, "_take", lambda *how: reads.append(how))
    follower.stop(lambda: len(reads) < 5000)
    assert len(reads) < 100


# clocks


def test_a_log_that_is_nowhere_is_reported_though_the_clock_was_set_back_since(log, follower, tmp_path):
    """Ten seconds after that at the latest, and not when the clock is again where it was."""
    follower.stop()
    append(log, *lines(20, 3))
    follower.start()
    follower.look()
    follower.stop()
    log.rename(tmp_path.parent / f"{tmp_path.name}-away")
    append(log, *lines(100, 3))
    follower.start()
    follower.turn()
    follower.wait(-DAY, 11)
    assert (follower.missed, len(follower.log.named("generation_missed"))) == (1, 1)


def test_a_last_line_is_no_later_than_it_was_read_whatever_the_time_of_its_file(log, follower, tmp_path):
    """A clock that was ahead when it was written dates no failure into the future."""
    references, take = [], follower.sink.chunk
    follower.sink.chunk = lambda chunk: references.append(chunk.reference - follower.clock.now) or take(chunk)
    append(log, "E2211-101112-999999 (1): no end", end="")
    rotated = log.rename(tmp_path / "m.log.1")
    append(log, *lines(100, 3))
    os.utime(rotated, (follower.clock.now + 5 * DAY,) * 2)
    follower.wait(0, 1, 700, 1)
    assert len(follower.lines) == 24
    assert max(references) <= 0


def test_a_renamed_file_is_let_go_of_after_days_though_nothing_comes_into_the_next_one(log, follower, tmp_path):
    """Until then its writer may not know of the rotation."""
    log.rename(tmp_path / "m.log.1")
    log.touch()
    follower.wait(0, 1, 700, DAY)
    assert not follower.log.named("file_released")
    follower.wait(3 * DAY, 1)
    assert len(follower.log.named("file_released")) == 1


def test_a_renamed_file_is_let_go_of_in_time_though_the_clock_was_set_back(log, follower, tmp_path):
    """It grew last at a time that is to come: so long nobody waits for its writer, and the host for its space."""
    log.rename(tmp_path / "m.log.1")
    append(log, *lines(20, 3))
    follower.wait(1, -DAY, 1, 700)
    assert len(follower.log.named("file_released")) == 1


# file systems


def test_a_log_whose_server_forgot_it_is_opened_anew(log, follower, monkeypatch):
    """Where an open file is stale (NFS), its name leads to the log again."""
    append(log, *lines(20, 3))
    read_at, [stale] = PlainFile.read_at, [each.file for each in follower.tail._generations()]

    def reading(file, *how):
        if file is stale:
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
        return read_at(file, *how)

    monkeypatch.setattr(PlainFile, "read_at", reading)
    follower.wait(0, 1)
    assert follower.lines == lines(0, 23)


def test_a_log_that_cannot_be_read_when_it_is_opened_leaves_no_descriptor(log, follower, monkeypatch):
    """No descriptor leaks, however often a look tries to open the log."""
    follower.stop()
    append(log, *lines(20, 3))
    before, attach, failed = len(os.listdir("/proc/self/fd")), Generation.attach, []

    def failing(generation, *how):
        failed.append(generation)
        if len(failed) < 5:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        attach(generation, *how)

    monkeypatch.setattr(Generation, "attach", failing)
    follower.start()
    follower.wait(0, 1)
    assert len(os.listdir("/proc/self/fd")) == before
    assert follower.tail._ctx.files.open == 0
    follower.wait(1, 1, 1)
    assert follower.lines == lines(0, 23)


@pytest.mark.parametrize("name", ["m.log", "m.log.1"])
def test_a_file_that_cannot_be_read_at_a_start_is_known_by_its_inode(log, follower, name):
    """It is waited for, and not reported as missed while it is where it is, whatever is written elsewhere."""
    follower.stop()
    append(log, *lines(20, 5))
    if name != log.name:
        log.rename(log.with_name(name))
        append(log, *lines(100, 3))
    with unreadable(log.with_name(name)):
        follower.start()
        follower.wait(0, 1, 11, 60)
    follower.wait(1, 1)
    assert sorted(follower.lines) == lines(0, 25) + (lines(100, 3) if name != log.name else [])
    assert (follower.lost, follower.missed) == (0, 0)


def test_an_archive_beside_a_file_that_cannot_be_read_is_no_news(log, follower, tmp_path):
    """It may be packed from that one, which is read when it can be."""
    rotated = tmp_path / "m.log.1"
    follower.stop()
    append(log, *lines(20, 5))
    log.rename(rotated)
    (tmp_path / "m.log.1.gz").write_bytes(gzip.compress(rotated.read_bytes()))
    append(log, *lines(100, 3))
    with unreadable(rotated):
        follower.start()
        follower.wait(0, 1, 20, 60)
    follower.wait(1, 1)
    assert sorted(follower.lines) == lines(0, 25) + lines(100, 3)
    assert (follower.lost, follower.missed) == (0, 0)


def test_a_directory_for_old_logs_that_is_removed_stops_nothing(log, tmp_path):
    """The log is still followed, and generations read in the removed directory are not missed."""
    old = tmp_path / "old"
    old.mkdir()
    follower = caught_up(log, rotated=(str(old / "*"),))
    log.rename(old / "m.log.1")
    append(log, *lines(100, 3))
    follower.wait(0, 1, 700)
    shutil.rmtree(old)
    log.rename(tmp_path / "m.log.1")
    append(log, *lines(200, 3))
    follower.wait(0, 1, 11)
    assert follower.lines == lines(0, 20) + lines(100, 3) + lines(200, 3)
    follower.tail.close()


def test_a_log_that_has_a_rotated_name_as_well_is_what_its_path_leads_to(log, follower, tmp_path):
    """A hard link with a rotated name, as for a snapshot, does not make the log a rotated one."""
    os.link(log, tmp_path / "m.log.1")
    follower.turn()
    append(log, *lines(20, 3))
    follower.restart_at_once()
    follower.wait(0, 1, 700, 1)
    append(log, *lines(23, 3))
    follower.wait(1)
    assert follower.lines == lines(0, 26)
    assert (follower.rotations(), follower.missed, follower.tail.status().up) == ({}, 0, True)


def test_a_directory_that_is_moved_away_and_back_brings_no_news(tmp_path):
    """Its log is open, and tells that it has moved: what was read beside it is not forgotten for the next directory."""
    directory, away, log = tmp_path / "logs", tmp_path / "away", tmp_path / "logs" / "m.log"
    directory.mkdir()
    append(log, *lines(0, 20))
    follower = caught_up(log)
    log.rename(directory / "m.log.1")
    append(log, *lines(20, 3))
    follower.wait(1, 700, 1)
    assert len(follower.log.named("file_released")) == 1
    directory.rename(away)
    directory.mkdir()
    append(log, *lines(100, 3))
    follower.wait(1, 1, 20)
    shutil.rmtree(directory)
    away.rename(directory)
    append(log, *lines(23, 3))
    follower.wait(1, 1, 20)
    assert follower.lines == lines(0, 23) + lines(100, 3) + lines(23, 3)
    follower.tail.close()


@pytest.mark.parametrize("start_at", ["beginning", "end"])
def test_a_link_to_another_log_that_becomes_a_log_of_its_own_is_read_from_its_beginning(log, tmp_path, start_at):
    """What the new log contains counts wherever reading was to start, since the path was a link before."""
    link = tmp_path / "n.log"
    link.symlink_to("m.log")
    follower = Follower(tmp_path / "*.log", start_at=start_at)
    follower.wait(0, 1, 5)
    link.unlink()
    append(link, *lines(100, 5))
    follower.wait(1, 1)
    assert follower.lines == (lines(0, 20) if start_at == "beginning" else []) + lines(100, 5)
    follower.tail.close()


def test_of_a_log_that_another_source_follows_no_generation_is_noted(log, tmp_path):
    """However often that is rotated: a second source that leads to it by mistake grows the ledger by no row a night."""
    files = OpenFiles()
    first, second = (Follower(pattern, files=files) for pattern in (log, tmp_path / "*.log*"))
    for night in range(5):
        for each in (first, second):
            each.turn()
        for n in range(night, 0, -1):
            (tmp_path / f"m.log.{n}").rename(tmp_path / f"m.log.{n + 1}")
        shutil.copy(log, tmp_path / "m.log.1")
        os.truncate(log, 0)
        append(log, *lines(100 * (night + 1), 3))
    for act in (Follower.turn, lambda each: each.tail.close()):
        for each in (first, second):
            act(each)
    assert (len(first.lines), second.lines, len(second.sink.positions)) == (35, [], 1)


# races


def test_what_stands_by_now_where_a_last_line_was_begun_is_not_that_line(log, follower, monkeypatch, tmp_path):
    """Another file may be copied over a rotated one between the look at it and the moment when it is let go of."""
    append(log, "E2211-101112-000020 (1): a", end="")
    follower.wait(5)
    rotated = log.rename(tmp_path / "m.log.1")
    append(log, *lines(100, 3))
    finish = Generation.finish

    def late(generation, *how, **more):
        rotated.write_text("\n".join([*lines(500, 20), "E2211-101112-000520 (1): of another log"]))
        return finish(generation, *how, **more)

    monkeypatch.setattr(Generation, "finish", late)
    follower.wait(0, 1, 11, 700, 1)
    assert not any("another" in line for line in follower.lines)


def test_what_stands_by_now_where_an_unread_log_began_is_not_that_log(log, follower, tmp_path):
    """A log is copied away, emptied and written again between the look that has found it and its first read."""
    log.rename(tmp_path / "m.log.2")
    append(log, *lines(100, 200))
    follower.look()
    shutil.copy(log, tmp_path / "m.log.1")
    os.truncate(log, 0)
    append(log, *lines(1000, 250))
    while follower.tail.read(follower.sink, 1 << 20):
        pass
    follower.wait(1, 1, 11, 700)
    assert sorted(follower.lines) == lines(0, 20) + lines(100, 200) + lines(1000, 250)
    assert (follower.lost, follower.missed) == (0, 0)


def test_an_end_that_was_lost_twice_and_comes_back_counts_once(log, follower):
    """It is known how far it was read before the first time."""
    data = log.read_bytes()
    for count in (16, 14):
        os.truncate(log, len(data) // 20 * count)
        follower.wait(1)
    with log.open("ab") as file:
        file.write(data[len(data) // 20 * 14 :])
    follower.wait(1)
    append(log, *lines(100, 3))
    follower.wait(1, 20)
    assert follower.lines == lines(0, 20) + lines(100, 3)
    assert (follower.lost, follower.missed) == (0, 0)


def test_a_copy_of_a_log_from_before_that_lost_its_end_counts_nothing_twice(log, tmp_path):
    """What was read of the log is skipped in a copy at another path, even while the lost end may come back."""
    follower, data = Follower(tmp_path / "*.log"), log.read_bytes()
    follower.wait(0, 1)
    os.truncate(log, len(data) // 20 * 16)
    follower.wait(1)
    copy = tmp_path / "n.log"
    copy.write_bytes(data)
    follower.wait(1, 1)
    append(copy, *lines(100, 3))
    follower.wait(1, 20, 700)
    assert follower.lines == lines(0, 20) + lines(100, 3)
    follower.tail.close()


@pytest.mark.parametrize("seconds", [1, 4])
def test_an_end_that_was_lost_and_comes_back_in_part_counts_once(log, follower, seconds):
    """What was read of it is passed over as it comes, and what is written behind that is new."""
    size = log.stat().st_size
    append(log, *lines(20, 10))
    follower.turn()
    os.truncate(log, size)
    follower.wait(seconds)
    append(log, *lines(20, 5))
    follower.wait(seconds)
    append(log, *lines(100, 3))
    follower.wait(1, 11)
    assert follower.lines == lines(0, 30) + lines(100, 3)
    assert (follower.lost, follower.missed) == (0, 0)


def test_what_was_read_right_before_a_log_was_emptied_counts(log, follower, monkeypatch):
    """No copy has it, but it was there, and was compared with what came before it."""
    append(log, *lines(20, 5))
    fetch = Generation._fetch

    def emptied(generation, *how):
        found = fetch(generation, *how)
        if log.stat().st_size > len(lines(0, 1)[0]) * 20:
            os.truncate(log, 0)
            append(log, *lines(100, 3))
        return found

    monkeypatch.setattr(Generation, "_fetch", emptied)
    follower.wait(0, 1, 11, 700)
    assert follower.lines == lines(0, 25) + lines(100, 3)
    assert (follower.lost, follower.missed) == (0, 0)


# more files than may be open


def test_an_archive_that_is_read_is_not_closed_for_others(log, tmp_path):
    """It only goes forward, and has no end yet: what others wait for is a log that is quiet."""
    follower = caught_up(tmp_path / "*.log", files=OpenFiles(1))
    follower.stop()
    append(log, *lines(20, 3000))
    (tmp_path / "m.log.1.gz").write_bytes(gzip.compress(log.read_bytes())[:-2000])
    log.unlink()
    follower.start()
    follower.wait(0, 1, 1)
    assert [each.file.packed for each in follower.tail._generations() if each.file] == [True]
    append(tmp_path / "n.log", *lines(9000, 3))
    follower.wait(0, 1)
    assert set(lines(0, 2000)) <= set(follower.lines)
    follower.tail.close()


def test_a_log_with_a_line_that_waits_for_its_answer_is_not_closed_for_others(log, tmp_path):
    """Nothing would say when that is over: the line counts as soon as it would with fewer logs."""

    def last_line(data, _envelope):
        return len(data.split(b"\n")[-2]) + 1

    follower = Follower(tmp_path / "*.log", files=OpenFiles(1), held=last_line)
    follower.wait(0, 5)
    for name in ("m.log", "n.log"):
        append(tmp_path / name, *lines(20, 1))
        os.utime(tmp_path / name, (follower.clock.now,) * 2)
        follower.wait(1)
    follower.wait(5, 5, 5)
    assert follower.lines == lines(0, 21) + lines(20, 1)
    follower.tail.close()


def test_a_rotated_file_that_was_renamed_again_is_closed_for_its_log(log, tmp_path):
    """While the log waits to be opened nothing else says which name the file has by now; its next lines count."""
    follower = caught_up(log, files=OpenFiles(1))
    for night in range(2):
        if night:
            (tmp_path / "m.log.1").rename(tmp_path / "m.log.2")
        shutil.copy(log, tmp_path / "m.log.1")
        os.truncate(log, 0)
        append(log, *lines(100 * (night + 1), 3))
        follower.turn()
    follower.wait(1, 1, 1)
    assert follower.lines == lines(0, 20) + lines(100, 3) + lines(200, 3)
    follower.tail.close()


def test_a_log_that_waits_to_be_opened_costs_a_look_no_more_than_one_that_is_quiet(log, reconciled, tmp_path):
    """A log without room to be opened is not surveyed again at each look."""

    def all_lines(data, _envelope):
        return len(data)

    append(tmp_path / "n.log", *lines(100, 3))
    follower = caught_up(tmp_path / "*.log", files=OpenFiles(1), held=all_lines)
    reconciled.clear()
    follower.wait(*[0.1] * 3)
    assert reconciled == []
    follower.tail.close()


def test_nothing_waits_to_be_opened_once_there_is_room_and_what_waited_has_gone(log, tmp_path):
    """The warning ends with the next look that finds room, though nothing comes into the log any more."""
    held = [len]

    def as_asked(data, _envelope):
        return held[0](data) if b"000100" in data else 0

    def is_warned(seconds):
        append(tmp_path / "n.log", *lines(100, 1))
        follower.wait(seconds)
        return any(problem.what == "waits to be opened" for problem in follower.tail.status().problems)

    append(tmp_path / "n.log", *lines(99, 1))
    follower = Follower(tmp_path / "*.log*", files=OpenFiles(1), held=as_asked)
    follower.wait(0, 1)
    assert not is_warned(1)
    append(tmp_path / "m.log.1", *lines(200, 3))
    assert is_warned(1)
    (tmp_path / "m.log.1").unlink()
    for _ in range(8):  # until that is given up, and the log is quiet
        is_warned(4)
    held[0] = lambda _data: 0
    follower.wait(11, 11)
    assert not is_warned(1)
    follower.tail.close()


def test_what_a_copy_was_read_further_than_a_log_that_waited_and_went_is_not_lost(log, tmp_path):
    """The copy had what the log got, and was open: nothing of that is nowhere."""
    copy = tmp_path / "copy.log"
    follower = Follower(tmp_path / "*.log", files=OpenFiles(1))
    follower.wait(0, 3, 3)
    shutil.copy(log, copy)
    follower.wait(1, 1, 1)
    append(log, *lines(20, 5))
    append(copy, *lines(20, 5))
    follower.clock.now += 1
    follower.look()
    while follower.tail.read(follower.sink, 1):
        pass
    log.unlink()
    follower.wait(1, 1, 11, 700)
    assert sorted(follower.lines) == lines(0, 25)
    assert follower.lost == 0
    follower.tail.close()


# copies and what is gone


@pytest.mark.parametrize("restarted", [False, True])
def test_a_log_that_is_trimmed_and_edited_in_place_with_one_backup_counts_once(log, follower, tmp_path, restarted):
    """The backup is no place where the log lies: the second one, written over the first, has lines that were read."""
    append(log, *lines(20, 40))
    follower.turn()
    for first, taken_out in ((100, slice(0, 20)), (200, slice(-2, -1))):
        shutil.copyfile(log, tmp_path / "m.log~")
        text = log.read_text().splitlines(keepends=True)
        del text[taken_out]
        log.write_text("".join(text))
        append(log, *lines(first, 2))
        if restarted:
            follower.restart_at_once()
        append(log, *lines(first + 2, 12))
        follower.wait(11)
    follower.wait(1, 700, 1)
    assert sorted(follower.lines) == lines(0, 60) + lines(100, 14) + lines(200, 14)
    assert (follower.lost, follower.missed) == (0, 0)


@pytest.mark.parametrize("count", [295, 298, 299])
@pytest.mark.parametrize("cut", [0, 10])
def test_a_copy_of_a_part_of_a_log_that_has_gone_counts_nothing_twice(tmp_path, count, cut):
    """It comes to another path while the daemon is away: what was noted of the log tells how far it is one."""
    log, copy = tmp_path / "m.log", tmp_path / "n.log"
    append(log, *lines(0, 300))
    follower = Follower(tmp_path / "*.log")
    follower.wait(0, 1)
    follower.stop()
    copy.write_bytes(log.read_bytes()[: len("\n".join(lines(0, count))) + 1 - cut])
    log.unlink()
    follower.start()
    follower.wait(0, 1, 11)
    append(copy, *lines(500, 3))
    follower.wait(1, 700, 1)
    assert max(follower.sink.lines.values()) == 1
    assert set(lines(0, 300) + lines(501, 2)) <= set(follower.lines)
    follower.tail.close()


def test_logs_that_begin_with_one_banner_are_compared_once_and_not_with_each_line(tmp_path, monkeypatch):
    """Though one of them was read further: they go on otherwise, and none is a copy of the other."""
    follower, asked, shared_bytes = Follower(tmp_path / "*.log"), [], sharing.shared_bytes
    follower.turn()
    for n in range(2):
        append(tmp_path / f"{n}.log", *[f"licence clause {n:03} of a program without any warranty" for n in range(100)])
        follower.wait(3)
    append(tmp_path / "0.log", *lines(0, 3000))
    follower.wait(1)
    monkeypatch.setattr(sharing, "shared_bytes", lambda *how: asked.append(how) or shared_bytes(*how))
    for n in range(30):
        append(tmp_path / "1.log", *lines(5000 + n, 1))
        follower.wait(1)
    assert len(follower.lines) == 100 + 3000 + 30
    assert len(asked) <= 1
    follower.tail.close()


def test_what_is_known_by_inode_and_by_head_does_not_grow_with_the_looks(log, follower):
    """A generation is noted each time when it is found; it is known once."""
    known, [generation] = follower.tail._owners, follower.tail._generations()
    for _ in range(5000):
        known.add(generation)
    assert sum(map(len, known._by_key.values())) < 1100
    assert len(known.sharing._unfiled) < 1100
    assert known.others("", generation.key) == [generation]


@pytest.mark.parametrize("count", [1, 3])
def test_a_log_that_is_written_anew_behind_a_long_banner_counts(tmp_path, count):
    """It is no log that lost its last line: where the line before that ends, which the banner has, tells no more."""
    log, banner = tmp_path / "m.log", [f"licence clause {n:03}: no warranty, whatever becomes of it" for n in range(90)]
    append(log, *banner, *lines(0, 1))
    follower = Follower(log)
    follower.wait(0, 1)
    follower.stop()
    log.write_text("\n".join([*banner, *lines(100, count), ""]))
    follower.start()
    follower.wait(0, 1, 11, 700)
    assert [line for line in follower.lines if "clause" not in line] == lines(0, 1) + lines(100, count)
    assert (follower.lost, follower.missed) == (0, 0)
    follower.tail.close()


def test_what_is_forgotten_holds_up_no_copy_of_it(log, tmp_path):
    """A log that was deleted and read to its end is known no more: what comes to another path is read as any other."""
    follower, data = Follower(tmp_path / "*.log"), log.read_bytes()
    follower.wait(0, 1)
    append(tmp_path / "n.log", *lines(100, 3))
    follower.wait(1)
    log.unlink()
    follower.wait(1, 700, 1)
    (tmp_path / "o.log").write_bytes(data)
    append(tmp_path / "o.log", *lines(200, 3))
    follower.wait(1, 1)
    assert follower.lines == lines(0, 20) + lines(100, 3) + lines(0, 20) + lines(200, 3)
    follower.tail.close()


def test_a_packed_copy_that_is_renamed_before_it_is_read_counts_nothing_twice(log, tmp_path):
    """How far it is a copy is asked again under its next name."""
    append(log, *lines(20, 300))
    follower = Follower(tmp_path / "*.log*")
    follower.wait(0, 1)
    (tmp_path / "n.log.gz").write_bytes(gzip.compress(log.read_bytes()))
    follower.clock.now += 1
    follower.look()
    (tmp_path / "n.log.gz").rename(tmp_path / "n.log.1.gz")
    while follower.tail.read(follower.sink, 1 << 20):
        pass
    follower.wait(1, 1, 11)
    assert follower.lines == lines(0, 320)
    follower.tail.close()


def test_only_so_many_names_are_remembered(log, follower, monkeypatch, tmp_path):
    """Those of rotated files are new each night; each is reported all the same."""
    monkeypatch.setattr(owners, "_MOST_REMEMBERED", 20)
    known = owners.Owners(None, lambda: 0.0, lambda: [known], follows=lambda _: True)
    known.enter(follower.tail._followers[str(log)])
    assert {known.log_of(str(tmp_path / f"m.log-2026{n:04}")) for n in range(100)} == {str(log)}
    assert known._log_of.cache_info().currsize == 20


def test_logs_that_have_gone_cost_a_look_nothing(tmp_path, monkeypatch):
    """Though they are remembered for days, as those of pods: discovery tells when one is there again."""
    for n in range(10):
        append(tmp_path / f"{n}.log", *lines(100 * n, 3))
    follower = Follower(tmp_path / "*.log")
    follower.wait(0, 1)
    follower.stop()
    for n in range(10):
        (tmp_path / f"{n}.log").unlink()
    follower.start()
    follower.wait(1, 700, 1, 1)
    looks, stat_path = [], follow.PathFollower._stat_path
    monkeypatch.setattr(follow.PathFollower, "_stat_path", lambda *how: looks.append(how) or stat_path(*how))
    follower.wait(*[1] * 3)
    assert (looks, len(follower.sink.positions)) == ([], 10)
    append(tmp_path / "3.log", *lines(2000, 3))
    follower.wait(1)
    assert follower.lines[-3:] == lines(2000, 3)
    follower.tail.close()


# one log at several paths


def mirrored(directory):
    """Follow a log of 20 lines that was copied twice, and read."""
    follower = Follower(directory / "*.log")
    append(directory / "a.log", *lines(0, 20))
    for copy in ("b.log", "c.log"):
        follower.wait(1)
        shutil.copy(directory / "a.log", directory / copy)
    follower.wait(1)
    return follower


@pytest.mark.parametrize("order", ["cba", "bca"])
def test_three_mirrors_of_one_log_count_once_over_a_restart(tmp_path, order):
    """Whichever of them comes first: each is known as a copy of the one that was read before it."""
    follower = mirrored(tmp_path)
    for n in (20, 23):
        for name in order:
            append(tmp_path / f"{name}.log", *lines(n, 3))
            follower.wait(1)
        follower.restart_at_once()
    follower.wait(1, 1)
    assert follower.lines == lines(0, 26)
    follower.tail.close()


def test_a_mirror_of_a_mirror_counts_once_over_a_restart(tmp_path):
    """A copy is remembered as one of the log that it got its last lines from, not of the one that was copied first."""
    follower = mirrored(tmp_path)
    for n in (20, 23):
        append(tmp_path / "c.log", *lines(n, 3))
        follower.wait(1)
        (tmp_path / "b.log").write_bytes((tmp_path / "c.log").read_bytes())
        follower.wait(1)
        follower.restart_at_once()
    follower.wait(1, 1)
    assert follower.lines == lines(0, 26)
    follower.tail.close()


def test_a_copy_of_one_of_many_logs_with_one_banner_counts_nothing_twice(tmp_path):
    """It is compared with the logs that begin as it does behind the banner, not with the newest ones."""
    banner = [f"licence clause {n:03} of a program without any warranty" for n in range(9)]
    for n in range(40):
        append(tmp_path / f"{n:02}.log", *banner, *lines(100 * n, 5))
    follower = caught_up(tmp_path / "*.log")
    shutil.copy(tmp_path / "00.log", tmp_path / "copy.log")
    follower.wait(1, 1)
    found = [line for line in follower.lines if "clause" not in line]
    assert sorted(found) == [line for n in range(40) for line in lines(100 * n, 5)]
    follower.tail.close()


def test_the_first_lines_of_a_log_that_was_emptied_count_once(log, tmp_path):
    """The first lines of an emptied log, put at another path by ``head``, are recognised by its head."""
    append(log, *lines(20, 280))
    follower = caught_up(tmp_path / "*.log")
    append(tmp_path / "n.log", *lines(0, 80))
    os.truncate(log, 0)
    follower.wait(1)
    append(tmp_path / "n.log", *lines(500, 3))
    follower.wait(1, 11, 700)
    assert follower.lines == lines(0, 300) + lines(500, 3)
    follower.tail.close()


def test_a_log_that_goes_unread_is_reported_though_another_begins_with_its_banner(log, tmp_path):
    """Of what stood behind the banner nobody knows whether it was read there, however long the banner is."""
    banner = [f"licence clause {n:03} of a program without any warranty" for n in range(90)]
    for name in ("a", "b"):
        append(tmp_path / name, *banner, *lines(100, 20))
    log.write_bytes((tmp_path / "a").read_bytes())
    follower = caught_up(tmp_path / "*.log", files=OpenFiles(1))
    append(log, *lines(200, 3))
    follower.look()
    gone = (tmp_path / "b").rename(tmp_path / "n.log")
    follower.look()
    size = gone.stat().st_size
    gone.unlink()
    follower.wait(0, 1)
    append(log, *lines(203, 3))
    follower.wait(1, 700)
    assert (follower.lost, follower.missed) == (size, 1)
    follower.tail.close()


def test_an_archive_that_begins_as_another_log_and_is_renamed_before_it_is_read_counts(log, tmp_path):
    """What it has beyond that log is found under its next name, though nothing else has changed."""
    append(log, *lines(20, 300))
    append(tmp_path / "n.log", *lines(5000, 3))
    follower = caught_up(tmp_path / "*.log")
    (tmp_path / "n.log").rename(tmp_path / "n.log.5")
    append(tmp_path / "n.log", *lines(6000, 3))
    text = log.read_text() + "\n".join([*lines(7000, 300), ""])
    (tmp_path / "n.log.1.gz").write_bytes(gzip.compress(text.encode()))
    follower.look()
    (tmp_path / "n.log.1.gz").rename(tmp_path / "n.log.2.gz")
    follower.wait(0, 1, 1)
    assert sorted(follower.lines) == lines(0, 320) + lines(5000, 3) + lines(6000, 3) + lines(7000, 300)
    follower.tail.close()


# history, and files of others


def test_history_that_gets_lines_in_the_night_of_a_rotation_stays_history(log, tmp_path):
    """Its inode tells that it was there before, though neither its name nor its size is what it was."""
    old, follower = tmp_path / "m.log.1", Follower(log)
    append(old, *lines(5000, 200))
    follower.turn()
    append(old, *lines(5200, 3))
    old.rename(tmp_path / "m.log.2")
    log.rename(old)
    append(log, *lines(20, 3))
    follower.wait(1, 1, 11)
    assert follower.lines == lines(0, 23)
    follower.tail.close()


@pytest.mark.parametrize("count", [3, 90])
def test_history_that_is_put_back_while_a_file_is_looked_for_is_none_for_its_banner(tmp_path, count):
    """What it shares with the log are lines without a time: it is no copy that has got others since."""
    banner = [f"licence clause {n:03} of a program without any warranty" for n in range(count)]
    log, rotated, away = (tmp_path / name for name in ("m.log", "m.log.1", "away"))
    append(away, *banner, *lines(5000, 200))
    append(log, *banner, *lines(0, 20))
    follower = caught_up(log)
    log.rename(rotated)
    append(log, *banner, *lines(20, 3))
    follower.wait(1)
    follower.stop()
    rotated.unlink()
    follower.start()
    follower.wait(1, 1)
    away.rename(tmp_path / "m.log.7")
    follower.wait(1, 11)
    append(log, *lines(23, 3))
    follower.wait(1)
    assert [line for line in follower.lines if "clause" not in line] == lines(0, 26)
    follower.tail.close()


@pytest.mark.parametrize("restarted", [False, True])
def test_a_log_that_an_editor_has_given_a_long_note_in_front_goes_on_where_it_was(log, follower, tmp_path, restarted):
    """It begins as no log that is known, and its last lines stand further behind: at its path it is the log."""
    append(log, *lines(20, 200))
    follower.turn()
    with follower.away(restarted):
        append(tmp_path / "t", "a note that somebody has put in front of it, " * 9)
        with (tmp_path / "t").open("ab") as file:
            file.write(log.read_bytes())
        (tmp_path / "t").rename(log)
        append(log, *lines(500, 3))
    follower.wait(1, 1, 11)
    assert follower.lines == lines(0, 220) + lines(500, 3)


def test_of_a_directory_for_rotated_files_only_what_its_pattern_matches_counts(log, tmp_path):
    """Whatever else lies in it may be named after the log, as what somebody has unpacked there."""
    old = tmp_path / "old"
    old.mkdir()
    follower = caught_up(log, rotated=(str(old / "*.gz"),))
    log.rename(tmp_path / "m.log.1")
    append(log, *lines(20, 3))
    append(old / "m.log.2", *lines(5000, 9))
    follower.wait(1, 11)
    assert follower.lines == lines(0, 23)
    follower.tail.close()


def test_another_log_that_begins_with_the_name_of_one_is_none_of_its_files(log, follower, tmp_path):
    """A log whose name begins with another's is not taken for its generation, even if that was renamed meanwhile."""
    log.rename(tmp_path / "m.log-x")
    append(tmp_path / "m.log2", *lines(5000, 9))
    append(log, *lines(20, 3))
    follower.wait(1, 1, 11)
    assert follower.lines == lines(0, 23)


def test_a_short_log_that_is_renamed_back_once_all_else_has_gone_counts_once(tmp_path):
    """Two lines prove little: that it is the log of before its inode tells, as no other one has taken its place."""
    log, rotated = tmp_path / "m.log", tmp_path / "m.log.1"
    append(log, *lines(0, 2))
    follower = caught_up(log)
    log.rename(rotated)
    append(log, *lines(100, 3))
    follower.wait(1, 700, 1)
    log.unlink()
    follower.wait(1, 700, 700)
    rotated.rename(log)
    follower.wait(1)
    append(log, *lines(200, 3))
    follower.wait(1, 1)
    assert follower.lines == lines(0, 2) + lines(100, 3) + lines(200, 3)
    follower.tail.close()


# archives


def test_what_cannot_be_unpacked_here_is_reported_once(log, follower, monkeypatch, tmp_path):
    """However many archives there are of that format, and however often they are looked at."""
    for module in ("zstandard", "compression.zstd"):
        monkeypatch.setitem(sys.modules, module, None)
    for n in (2, 1):
        (tmp_path / f"m.log.{n}.zst").write_bytes(b"\x28\xb5\x2f\xfd" + bytes(90))
        log.rename(tmp_path / f"m.log-{n}")
        append(log, *lines(100 * n, 3))
        follower.wait(0, 1, 11)
    assert len(follower.log.named("archive_unreadable")) == 1


def test_of_a_large_archive_whose_sums_are_wrong_nothing_counts(log, follower, monkeypatch, tmp_path):
    """It is unpacked to its end before any of it is read, however many looks that takes."""
    monkeypatch.setattr(candidates, "STEP_SECONDS", 0)
    follower.stop()
    append(log, *lines(20, 200_000))
    data = bytearray(gzip.compress(log.read_bytes(), 1))
    data[-6] ^= 1
    (tmp_path / "m.log.1.gz").write_bytes(data)
    log.unlink()
    append(log, *lines(300_000, 3))
    follower.start()
    follower.wait(0, *[1] * 40, 11, 700)
    assert follower.lines == lines(0, 20) + lines(300_000, 3)
    assert follower.missed == 1


@pytest.mark.parametrize("restored", [False, True])
def test_an_archive_that_is_cut_off_between_its_look_and_its_read_is_waited_for(
    log, follower, monkeypatch, tmp_path, restored
):
    """If an archive is copied over itself, reading waits for its end, and reports it as missed if it does not come."""
    old, unread, attach, cut = (
        tmp_path / "m.log.1.gz",
        [os.urandom(40).hex() for _ in range(3000)],
        Generation.attach,
        [],
    )
    follower.stop()
    append(log, *unread)
    data = gzip.compress(log.read_bytes())
    old.write_bytes(data)
    log.unlink()
    append(log, *lines(100, 3))

    def meanwhile(generation, file, grown_at):
        attach(generation, file, grown_at)
        if file.packed and not cut:
            cut.append(os.truncate(old, 30))

    monkeypatch.setattr(Generation, "attach", meanwhile)
    follower.start()
    follower.wait(0, 5)
    assert follower.lines == lines(0, 20) + lines(100, 3)
    if restored:
        old.write_bytes(data)
    follower.wait(1, 1, 700, 1)
    assert sorted(follower.lines) == sorted(lines(0, 20) + unread * restored + lines(100, 3))
    assert (follower.lost, follower.missed) == (0, not restored)


def test_an_archive_that_was_just_begun_and_stays_so_is_not_looked_at_for_ever(log, follower, reconciled, tmp_path):
    """An archive whose compressor was killed costs no look once nothing more is expected."""
    log.rename(tmp_path / "m.log.2")
    append(log, *lines(100, 3))
    (tmp_path / "m.log.1.gz").write_bytes(gzip.compress(b"x" * 500)[:12])
    os.utime(tmp_path / "m.log.1.gz", (follower.clock.now - 900,) * 2)
    follower.wait(0, 1, 11)
    reconciled.clear()
    follower.wait(*[1] * 5)
    assert reconciled == []


@pytest.mark.parametrize("away", [False, True])
@pytest.mark.parametrize("written_by", [os.replace, shutil.copyfile])
def test_a_log_that_was_packed_under_its_own_name_is_reported_and_counts_with_what_comes_next(
    log, follower, tmp_path, away, written_by
):
    """The archive is read once, as a rotated file: what is written over it, or put in its place, is a new log."""
    other = tmp_path / "other"
    append(log, *lines(20, 5))
    with follower.away(away):
        other.write_bytes(gzip.compress(log.read_bytes()))
        other.rename(log)
    follower.wait(1, 11)
    status = follower.tail.status()
    assert (status.up, [each.what for each in status.problems]) == (False, ["is an archive"])
    append(other, *lines(100, 3))
    written_by(other, log)
    follower.wait(1, 11, 700)
    assert follower.lines == lines(0, 25) + lines(100, 3)
    assert (follower.lost, follower.missed, follower.tail.status().up) == (0, 0, True)


def test_an_empty_log_that_gets_the_name_of_an_archive_is_not_missed(tmp_path):
    """Nothing was in it, so nothing of it is to be unpacked."""
    log = tmp_path / "m.log"
    log.touch()
    follower = Follower(log)
    follower.wait(0, 1)
    log.rename(tmp_path / "m.log.1.gz")
    append(log, *lines(0, 3))
    follower.restart_at_once()
    follower.wait(0, 1, 700, 700, 1)
    assert (follower.lines, follower.missed) == (lines(0, 3), 0)
    follower.tail.close()


def test_an_archive_of_tar_beside_a_log_is_no_generation_of_it(log, follower, tmp_path):
    """What its name says of it is not counted as a rotation, and no row is noted for it, whatever it is packed with."""
    shutil.copy(log, tmp_path / "copy")
    for name, mode in (("m.log.1", "w"), ("m.log.2.gz", "w:gz")):
        with tarfile.open(tmp_path / name, mode) as archive:
            archive.add(tmp_path / "copy", "copy")
    log.rename(tmp_path / "m.log.3")
    append(log, *lines(100, 5))
    follower.wait(1, 11)
    assert follower.lines == lines(0, 20) + lines(100, 5)
    assert (follower.rotations(), len(follower.sink.positions)) == ({"rename": 1}, 2)


def test_history_that_is_packed_is_not_taken_for_a_longer_log_of_which_nothing_was_read(tmp_path):
    """If a log is gone before it was read, packed history that begins like it does not count as that log."""
    log, old = tmp_path / "m.log", tmp_path / "m.log.1"
    banner = [f"licence clause {n:03}: this program comes without any warranty" for n in range(100)]
    append(old, *banner, *lines(0, 10))
    os.utime(old, (1_000_000_000,) * 2)
    append(log, *banner, *lines(100, 30))
    follower = Follower(log)
    follower.look()
    follower.stop()
    pack_away(old, tmp_path / "m.log.1.gz")
    log.unlink()
    append(log, *banner, *lines(200, 3))
    follower.start()
    follower.wait(0, 1, 11, 700)
    assert [line for line in follower.lines if "clause" not in line] == lines(200, 3)
    follower.tail.close()


# holes


def test_what_stands_behind_a_few_zeros_is_read_though_there_is_much_of_it(log, follower):
    """More than is read at once: the zeros in front of it make no hole of all that."""
    with log.open("ab") as file:
        file.write(bytes(100))
    append(log, *lines(1000, 20_000))
    follower.wait(1)
    assert follower.lines == lines(0, 20) + lines(1000, 20_000)


def test_zeros_behind_a_line_without_an_end_hold_up_no_turn(tmp_path, monkeypatch):
    """NULs that take more than one look to search end a turn, after a whole line and after half of one."""
    monkeypatch.setattr(files, "_HOLE_STEPS", 3)
    monkeypatch.setattr(files.os, "lseek", lambda _file, offset, _whence: offset)
    log, looks, behind_zeros = Log(tmp_path, "by hand"), [], PlainFile.behind_zeros
    log.write(20)
    log.follower.turn()
    monkeypatch.setattr(PlainFile, "behind_zeros", lambda *how: looks.append(how) or behind_zeros(*how))
    with open(log.path, "ab") as file:
        file.write(b"torn" + bytes(65536 * 60) + b"\n")
    log.write(5)
    log.follower.look()
    log.follower.tail.read(log.follower.sink, 1)
    assert len(looks) <= 2
    log.wait_out()
    log.check()
    log.follower.tail.close()
