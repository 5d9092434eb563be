"""Files and directories that make trouble: nothing blocks, nothing is lost, and people are told."""

import errno
import gzip
import os
import shutil
import socket

import pytest

from logwatch.tail import files
from logwatch.tail.context import OpenFiles
from tests.helpers.recorder import Follower, append, caught_up
from tests.tail.treated import Log


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "mesibo.log")


@pytest.fixture
def refuse(monkeypatch):
    """Make the system refuse to open paths that end so (root may open anything, so modes do not do)."""
    refused = {}
    opened = os.open

    def refusing(name, *args, **kwargs):
        for ending, number in refused.items():
            if str(name).endswith(ending):
                raise OSError(number, os.strerror(number), name)
        return opened(name, *args, **kwargs)

    monkeypatch.setattr(files.os, "open", refusing)
    return refused


def test_permission_lost_and_regained(path, refuse):
    """A file that may not be read is said so once, tried again, and read whole when it may be."""
    append(path, "one")
    refuse["mesibo.log"] = errno.EACCES
    follower = Follower(path)
    for _ in range(3):
        follower.turn()
    status = follower.tail.status()
    assert not status.up
    assert [(problem.what, problem.why) for problem in status.problems] == [("cannot be read", "Permission denied")]
    assert len(follower.log.named("source_unreadable")) == 1
    del refuse["mesibo.log"]
    follower.turn()
    assert follower.lines == ["one"]
    assert follower.tail.status().up
    assert follower.tail.status().problems == ()


def test_a_link_that_leads_nowhere_is_not_blamed_on_modes(path):
    """The remedy of a link that loops is about the link."""
    append(path, "one")
    follower = Follower(path)
    follower.turn()
    os.unlink(path)
    os.symlink(path, path)
    follower.turn()
    (problem,) = follower.tail.status().problems
    assert problem.what == "is a link that leads nowhere"
    assert problem.try_.startswith("mend the link")


def test_a_rotated_file_that_may_not_be_read_is_named(path, refuse):
    """The source is down while lines of it cannot be read, and the status says of which file, and why."""
    append(path, "one of the old log")
    follower = caught_up(path)
    follower.stop()
    append(path, "two of the old log")
    os.rename(path, f"{path}.1")
    append(path, "one of the new log")
    refuse["mesibo.log.1"] = errno.EACCES
    follower.start()
    follower.wait(0, 1)
    status = follower.tail.status()
    assert not status.up
    assert [(each.where, each.what, each.why) for each in status.problems] == [
        (f"{path}.1", "cannot be read", "Permission denied")
    ]
    del refuse["mesibo.log.1"]
    follower.wait(0, 1, 11)
    assert sorted(follower.lines) == ["one of the new log", "one of the old log", "two of the old log"]
    assert (follower.tail.status().up, follower.tail.status().problems) == (True, ())


def test_permission_lost_at_rotation(path, refuse):
    """A new file that may not be read yet does not stop the old one, and a restart meanwhile loses neither."""
    append(path, "one")
    follower = caught_up(path)
    follower.commit()
    append(path, "two")
    os.rename(path, path + ".1")
    append(path, "three")
    refuse["mesibo.log"] = errno.EACCES
    follower.turn()
    assert follower.lines == ["one", "two"]
    follower.stop()
    follower.start()
    follower.turn()
    del refuse["mesibo.log"]
    append(path + ".1", "late")
    follower.turn()
    follower.wait(700)
    assert sorted(follower.lines) == ["late", "one", "three", "two"]
    assert (follower.lost, follower.missed) == (0, 0)


def test_a_rotated_file_that_may_not_be_read_is_waited_for(path, refuse):
    """A generation in between stays owed until it can be read, over restarts too."""
    append(path, "E2211-101112-001 (1): one")
    follower = caught_up(path)
    follower.stop()
    os.rename(path, path + ".2")
    append(path + ".1", "E2211-101112-002 (1): two")
    append(path, "E2211-101112-003 (1): three")
    refuse[".1"] = errno.EACCES
    follower.start()
    follower.turn()
    follower.wait(700)
    follower.stop()
    follower.start()
    follower.turn()
    del refuse[".1"]
    follower.turn()
    follower.turn()
    assert sorted(line.split()[-1] for line in follower.lines) == ["one", "three", "two"]
    assert follower.lost == 0


@pytest.mark.parametrize("kind", ["directory", "pipe", "socket", "loop", "dangling"])
def test_something_else_stands_there(path, kind):
    """A directory, a pipe, a socket or a broken link at the path is a finding; a log that replaces it is read."""
    server = socket.socket(socket.AF_UNIX)
    if kind == "directory":
        os.mkdir(path)
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        server.bind(path)
    elif kind == "loop":
        os.symlink(path, path)
    else:
        os.symlink(path + ".missing", path)
    follower = caught_up(path)
    follower.turn()
    status = follower.tail.status()
    assert not status.up
    assert bool(status.problems) == (kind != "dangling")
    os.rename(path, path + "~aside")
    append(path, "one")
    follower.turn()
    assert follower.lines == ["one"]
    assert follower.tail.status().problems == ()
    server.close()


def test_a_directory_that_appears_later(tmp_path):
    """Neither a path nor a glob needs its directory to be there at start."""
    follower = caught_up(tmp_path / "var" / "a.log", tmp_path / "var" / "**" / "*.txt")
    (tmp_path / "var" / "deep").mkdir(parents=True)
    append(tmp_path / "var" / "a.log", "a")
    append(tmp_path / "var" / "deep" / "b.txt", "b")
    follower.wait(6)
    assert sorted(follower.lines) == ["a", "b"]


def test_files_that_vanish_between_list_and_open(path, monkeypatch):
    """A rotation that is under way while names are looked at is looked at again."""
    append(path, "E2211-101112-001 (1): one")
    follower = caught_up(path)
    os.rename(path, path + ".1")
    append(path, "E2211-101112-002 (1): two")
    os.rename(path, path + ".2")
    append(path, "E2211-101112-003 (1): three")
    opened, renamed = os.open, []

    def racing(name, *args, **kwargs):
        if name == path + ".2" and not renamed:
            renamed.append(name)
            os.rename(path + ".2", path + ".3")
        return opened(name, *args, **kwargs)

    monkeypatch.setattr(files.os, "open", racing)
    follower.turn()
    assert renamed
    assert sorted(follower.lines)[1:] == ["E2211-101112-002 (1): two", "E2211-101112-003 (1): three"]


def test_a_failing_disk_stops_nothing_for_good(path, monkeypatch):
    """An I/O error while reading is reported once and tried again; nothing is skipped."""
    append(path, "one", "two")
    follower = Follower(path)
    pread = os.pread

    def failing(descriptor, count, offset):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    follower.turn()
    append(path, "three")
    monkeypatch.setattr(files.os, "pread", failing)
    for _ in range(3):
        follower.turn()
    assert follower.lines == ["one", "two"]
    assert len(follower.log.named("file_unreadable")) == 1
    assert not follower.tail.status().up
    monkeypatch.setattr(files.os, "pread", pread)
    follower.turn()
    assert follower.lines == ["one", "two", "three"]
    assert follower.tail.status().up


FAILING = {
    "renamed": ("mv m.log m.log.1", "m.log.1"),
    "copied and emptied": ("cp m.log m.log.1; : > m.log", "m.log.1"),
    "packed": ("mv m.log m.log.1; gzip m.log.1", ".gz"),
    "packed beside it": ("mv m.log m.log.1; gzip -k m.log.1", "m.log.1"),
    "copied beside it": ("mv m.log m.log.1; cp m.log.1 m.log.2", "m.log.1"),
    "replaced by a copy": ("cp m.log t; mv t m.log", "deleted"),
}


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("pattern", ["m.log", "m.log*"])
@pytest.mark.parametrize("way", FAILING)
def test_a_file_that_cannot_be_read_costs_itself_alone(tmp_path, monkeypatch, way, pattern, restarted):
    """A bad sector in one of a log's files is reported; the log goes on, and all is read once the disk is well."""
    script, place = FAILING[way]
    log = Log(tmp_path, "by hand", patterns=(pattern,))
    log.write(60)
    follower = log.follower
    follower.turn()
    follower.commit()
    log.write(4)
    pread = os.pread

    def failing(descriptor, count, offset):
        if place in os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}")):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return pread(descriptor, count, offset)

    monkeypatch.setattr(files.os, "pread", failing)
    log.shell(script)
    log.write(3)
    follower.wait(0, 1, 1, 700, 1)
    assert set(log.written[-3:]) <= set(follower.sink.lines)
    if restarted:
        follower.restart_at_once()
        follower.turn()
    monkeypatch.setattr(files.os, "pread", pread)
    follower.wait(0, 1, 11, 700, 1)
    if way in ("packed", "copied beside it"):  # two files, of which one could not be compared with the other
        assert set(log.written) <= set(follower.sink.lines)
    else:
        log.check()
    assert follower.tail.status().up
    follower.tail.close()


@pytest.mark.parametrize("restarted", [False, True])
def test_a_file_that_may_no_longer_be_opened_holds_nothing_new_later(tmp_path, refuse, restarted):
    """A rotated file that was read, and is unreadable during a rotation, counts once when it is readable again."""
    log = Log(tmp_path, "by hand")
    log.write(20)
    follower = log.follower
    follower.turn()
    for refused in ("", "", "m.log.3", ""):
        refuse.clear()
        if refused:
            refuse[refused] = errno.EACCES
        log.shell("for n in 3 2 1; do test ! -e m.log.$n || mv m.log.$n m.log.$((n + 1)); done; mv m.log m.log.1")
        log.write(20)
        follower.wait(0, 11, 700)
        if restarted:
            follower.restart_at_once()
            follower.turn()
    log.check()
    follower.tail.close()


@pytest.mark.parametrize("sound", [0, 1000])  # bytes of the archive that can be read
def test_an_archive_that_cannot_be_read_is_neither_read_as_text_nor_given_up_at_once(tmp_path, monkeypatch, sound):
    """A generation in it is waited for, while its log goes on; all is read once the disk is well."""
    log = Log(tmp_path, "by hand")
    log.write(2000)
    follower = log.follower
    follower.turn()
    follower.commit()
    log.write(5)
    follower.kill()
    log.shell("mv m.log m.log.1; gzip m.log.1")
    log.write(5)
    pread = os.pread

    def failing(descriptor, count, offset):
        if offset >= sound and os.readlink(f"/proc/self/fd/{descriptor}").endswith(".gz"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return pread(descriptor, count if offset else max(sound, 1), offset)

    monkeypatch.setattr(files.os, "pread", failing)
    follower.start()
    follower.wait(0, 1, 11, 11)
    assert len(follower.lines) == 2005
    assert not follower.tail.status().up
    monkeypatch.setattr(files.os, "pread", pread)
    follower.wait(0, 1, 11, 700, 1)
    assert set(follower.sink.lines) == set(log.written)
    log.check()
    assert follower.tail.status().up
    follower.tail.close()


@pytest.mark.parametrize("read", [20, 4000])  # lines before it was packed: what they end with can be read, or cannot
def test_an_archive_with_a_bad_sector_in_its_middle_is_read_up_to_there_once(tmp_path, monkeypatch, read):
    """It is said to be unreadable, not unpacked anew with each look, and read to its end once the disk is well."""
    monkeypatch.setattr(files, "_STEP_BYTES", 4096)
    log = Log(tmp_path, "by hand")
    log.write(read)
    follower = log.follower
    follower.turn()
    follower.commit()
    follower.kill()
    log.write(8000 - read)
    log.shell("mv m.log m.log.1; gzip m.log.1")
    log.write(5)
    sound = os.path.getsize(log.path + ".1.gz") * 3 // 8
    pread, calls = os.pread, []

    def failing(descriptor, count, offset):
        if os.readlink(f"/proc/self/fd/{descriptor}").endswith(".gz"):
            calls.append(offset)
            if offset + count > sound:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
        return pread(descriptor, count, offset)

    monkeypatch.setattr(files.os, "pread", failing)
    follower.start()
    follower.wait(0, 1, 11)
    assert set(log.written[-5:]) <= set(follower.sink.lines)
    assert len(follower.lines) > 2000
    assert len(follower.log.named("file_unreadable")) == 1
    assert not follower.tail.status().up
    calls.clear()
    follower.wait(1, 11)
    assert not [offset for offset in calls if 0 < offset < sound - 4096]
    monkeypatch.setattr(files.os, "pread", pread)
    follower.wait(0, 1, 11, 700, 1)
    log.check()
    assert follower.tail.status().up
    follower.tail.close()


def test_a_damaged_archive_is_reported_as_lost(path):
    """What cannot be unpacked is counted, and no other file waits for it."""
    append(path, "E2211-101112-001 (1): one")
    follower = caught_up(path)
    follower.stop()
    os.rename(path, path + ".2")
    with open(path + ".1.gz", "wb") as file:
        file.write(b"\x1f\x8b\x08\x00" + b"\0" * 6 + b"\xff" * 100 + (1000).to_bytes(4, "little"))
    append(path, "E2211-101112-002 (1): two")
    follower.start()
    for _ in range(3):
        follower.turn()
    assert len(follower.lines) == 2
    assert len(follower.log.named("file_unreadable")) == 1
    follower.stop()
    follower.start()
    follower.turn()
    assert len(follower.lines) == 2


def test_an_archive_that_is_being_written_is_waited_for(path):
    """A generation in between that is packed right now is read as far as it is there, then to its end."""
    import gzip  # noqa: PLC0415

    append(path, "E2211-101112-001 (1): one")
    follower = caught_up(path)
    follower.commit()
    os.rename(path, path + ".2")
    lines = [f"E2211-101112-{n:03} (2): {os.urandom(30).hex()}" for n in range(500)]
    whole = gzip.compress("".join(line + "\n" for line in lines).encode())
    with open(path + ".1.gz", "wb") as file:
        file.write(whole[:9000])
    append(path, "E2211-101112-999 (1): last")
    follower.turn()
    assert 2 < len(follower.lines) < 502
    follower.restart()
    with open(path + ".1.gz", "ab") as file:
        file.write(whole[9000:])
    follower.turn()
    follower.turn()
    assert len(follower.lines) == len(set(follower.lines)) == 502


def test_names_with_odd_bytes(tmp_path):
    """A file name may hold any bytes: it is followed, and shown escaped."""
    name = os.fsdecode(b"m\xff\x1b[31m\n.log")
    append(tmp_path / name, "one")
    follower = caught_up(tmp_path / "*.log")
    follower.stop()
    append(tmp_path / name, "two")
    follower.start()
    follower.turn()
    assert follower.lines == ["one", "two"]
    shown = follower.log.named("file_followed")[0]["path"]
    assert shown.isprintable()


def test_a_clock_that_jumps(path):
    """A clock that jumps, either way, neither releases a growing file nor keeps a quiet one for ever."""
    append(path, "one")
    follower = caught_up(path)
    os.rename(path, path + ".1")
    append(path, "two")
    follower.turn()
    follower.wait(-5_000_000)
    append(path + ".1", "late")
    follower.turn()
    assert sorted(follower.lines) == ["late", "one", "two"]
    follower.wait(599)
    assert follower.tail.status().files_followed == 2
    follower.wait(2)
    assert follower.tail.status().files_followed == 1


@pytest.mark.parametrize("year", [1910, 2400])
@pytest.mark.parametrize("content", ["", "one\n"])
def test_a_time_of_the_last_write_that_no_ledger_has_room_for_ends_nothing(path, year, content):
    """A file may say that it was written in any year, also an empty one."""
    append(path, content, end="")
    os.utime(path, ns=((year - 1970) * 31_557_600 * 10**9,) * 2)
    follower = caught_up(path)
    follower.restart_at_once()
    append(path, "two")
    os.utime(path, ns=((year - 1970) * 31_557_600 * 10**9,) * 2)
    follower.turn()
    os.rename(path, path + ".1")
    append(path, "three")
    follower.turn()
    assert follower.lines == [*content.split(), "two", "three"]
    follower.tail.close()


def test_more_files_than_may_be_open(tmp_path):
    """Hundreds of files are followed with few descriptors: those that are quiet are looked at by name."""
    for n in range(60):
        append(tmp_path / f"{n:02}.log", f"E2211-101112-{n:03} (1): first")
    before = len(os.listdir("/proc/self/fd"))
    follower = Follower(tmp_path / "*.log", files=OpenFiles(10))
    for _ in range(10):
        follower.turn()
    assert len(follower.lines) == 60
    assert follower.tail.status().caught_up
    follower.commit()
    for n in range(0, 60, 3):
        append(tmp_path / f"{n:02}.log", f"E2211-101113-{n:03} (1): second")
    for n in range(1, 60, 3):
        os.rename(tmp_path / f"{n:02}.log", tmp_path / f"{n:02}.log.1")
        append(tmp_path / f"{n:02}.log.1", f"E2211-101113-{n:03} (1): second")
        append(tmp_path / f"{n:02}.log", f"E2211-101114-{n:03} (1): third")
    for _ in range(10):
        follower.turn()
        assert len(os.listdir("/proc/self/fd")) <= before + 12
    assert len(follower.lines) == len(set(follower.lines)) == 120
    assert follower.tail.status().lag_bytes == 0


@pytest.mark.parametrize("torn", [False, True])
@pytest.mark.parametrize("closed_before", [False, True])
def test_late_lines_of_a_rotated_file_that_was_closed_for_others_count(tmp_path, closed_before, torn):
    """Where only one may be open: whether it gets them before it is closed or after, and if the last one never ends."""
    log, rotated, late = tmp_path / "m.log", tmp_path / "m.log.1", "E2211-101113-000 (1): late"
    append(log, "E2211-101112-000 (1): first")
    follower = caught_up(tmp_path / "*.log", files=OpenFiles(1))
    log.rename(rotated)
    append(log, "E2211-101114-000 (1): next")
    follower.wait(1)

    def write_late():
        with open(rotated, "a") as file:
            file.write(late if torn else f"{late}\n")
        follower.wait(1)

    def close():
        append(tmp_path / "n.log", "E2211-101112-000 (1): another")
        for _ in range(3):
            follower.wait(1)
        states = [each.position.state for each in follower.tail._generations() if each.parked]
        assert "rotated" in states

    for step in (close, write_late) if closed_before else (write_late, close):
        step()
    follower.wait(700, 1, 3 * 86400, 1)
    assert sum(late in line for line in follower.lines) == 1
    assert len(follower.lines) == 4
    follower.tail.close()


def test_a_source_with_more_files_than_may_be_open_has_caught_up_once_all_were_read(tmp_path):
    """A source has caught up only after files that waited to be opened, or its history would look like a burst."""
    for n in range(6):
        append(tmp_path / f"{n}.log", *(f"E2211-101112-{n:03} (1): line {i}" for i in range(100)))
    follower = Follower(tmp_path / "*.log", files=OpenFiles(2))
    for _ in range(30):
        follower.look()
        follower.tail.read(follower.sink, 1)
        assert follower.tail.status().caught_up == (len(follower.lines) == 600)
    assert follower.tail.status().caught_up
    follower.tail.close()


def test_a_file_that_cannot_be_read_keeps_its_source_from_catching_up_no_longer_than_others(tmp_path, monkeypatch):
    """A bad sector in one of many logs does not hide what is in all the others."""
    for n in range(3):
        append(tmp_path / f"{n}.log", *(f"E2211-101112-{n:03} (1): line {i}" for i in range(300)))
    pread = os.pread

    def failing(descriptor, count, offset):
        if offset + count > 8192 and os.readlink(f"/proc/self/fd/{descriptor}").endswith("1.log"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return pread(descriptor, count, offset)

    monkeypatch.setattr(files.os, "pread", failing)
    follower = caught_up(tmp_path / "*.log")
    assert len(follower.lines) == 600
    status = follower.tail.status()
    assert status.caught_up
    assert not status.up
    follower.tail.close()


def test_growth_of_many_files_is_noticed_without_opening(path, tmp_path):
    """A look at files that did not change opens none and lists no directory."""
    for n in range(5):
        append(tmp_path / f"{n}.log", "line")
    follower = caught_up(tmp_path / "*.log")
    follower.clock.now += 10
    follower.look()
    calls = []
    real = os.scandir
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "scandir", lambda *a: calls.append(a) or real(*a))
        patch.setattr(files.os, "open", lambda *a, **k: calls.append(a))
        follower.clock.now += 1
        follower.look()
    assert calls == []


@pytest.mark.parametrize("most", [1, 2, 3])
def test_a_source_without_an_open_file_is_given_one(tmp_path, most):
    """Each source may open a file, however few may be open and however many another source has."""
    shared = OpenFiles(most)
    followers = []
    for name, count in (("many", 20), ("few", 1), ("one", 1)):
        (tmp_path / name).mkdir()
        for n in range(count):
            append(tmp_path / name / f"{n}.log", f"E2211-101112-{n:03} ({name}): a line of a log")
        followers.append(Follower(tmp_path / name / "*.log", files=shared))
    for _ in range(30):
        for follower in followers:
            follower.turn()
    for name in ("many", "few", "one"):
        append(tmp_path / name / "0.log", f"E2211-101112-999 ({name}): one more")
    for _ in range(30):
        for follower in followers:
            follower.turn()
    assert [len(follower.lines) for follower in followers] == [21, 2, 2]
    assert sum(follower.tail._ctx.files.open for follower in followers) <= most
    for follower in followers:
        follower.tail.close()


def test_files_that_wait_to_be_opened_are_reported(tmp_path):
    """Once in the log, as long as they wait in the status; they are read once others may be open."""
    for n in range(3):
        append(tmp_path / f"{n}.log", f"E2211-101112-{n:03} (1): first")
    shared = OpenFiles(0)
    follower = Follower(tmp_path / "*.log", files=shared)
    for _ in range(4):
        follower.turn()
    assert follower.log.named("files_wait") == [
        {"source": "mesibo", "files": 3, "most": 0, "remedy": "raise LimitNOFILE= of the service"}
    ]
    told = [problem.headline for problem in follower.tail.status().problems]
    assert told == [f"{tmp_path}/0.log: waits to be opened: at most 0 files can be open, and 3 of this source wait"]
    shared.most = 5
    follower.turn()
    assert len(follower.lines) == 3
    assert follower.tail.status().problems == ()


def test_a_copy_taken_and_truncated_amid_a_read_is_read_with_the_next_rotation(tmp_path, monkeypatch):
    """The copy is not taken for history because the truncated log begins with the same banner."""
    banner = b"".join(b"boot line %d of the same start script, version 1.2.3\n" % n for n in range(120))
    lines = [b"E2511-101112-%03d (17): push_on_complete: mid %d code 200\n" % (n, n) for n in range(4)]
    log, read_at, truncated = tmp_path / "mesibo.log", files.PlainFile.read_at, []

    def shift():
        for n in (2, 1):
            if (tmp_path / f"mesibo.log.{n}").exists():
                os.rename(tmp_path / f"mesibo.log.{n}", tmp_path / f"mesibo.log.{n + 1}")

    def racing(file, offset, count):
        data = read_at(file, offset, count)
        if count > len(data) > files.HEAD_BYTES and not truncated:
            shift()
            shutil.copy(log, tmp_path / "mesibo.log.1")
            truncated.append(log.write_bytes(banner + lines[2][:30]))
        return data

    log.write_bytes(banner + lines[0])
    follower = caught_up(log)
    os.rename(log, tmp_path / "mesibo.log.1")
    log.write_bytes(banner + lines[1])
    follower.look()
    with monkeypatch.context() as amid:
        amid.setattr(files.PlainFile, "read_at", racing)
        while follower.tail.read(follower.sink, 1 << 20):
            pass
    follower.turn()
    assert truncated
    append(log, lines[2][30:].decode().rstrip("\n"))
    follower.turn()
    shift()
    os.rename(log, tmp_path / "mesibo.log.1")
    log.write_bytes(banner + lines[3])
    follower.turn()
    assert [follower.sink.lines[line.rstrip(b"\n")] for line in lines] == [1, 1, 1, 1]


def test_a_log_that_is_packed_while_it_is_written_says_why_it_is_not_followed(tmp_path):
    """What is in a log written by rsyslog's ``zipLevel`` counts, and its source is down for a reason with a remedy."""
    log = tmp_path / "m.log"
    log.write_bytes(gzip.compress(b"E2511-101010-001 (1): first line\n"))
    follower = caught_up(log)
    assert follower.lines == ["E2511-101010-001 (1): first line"]
    assert not follower.tail.status().up
    (problem,) = follower.tail.status().problems
    assert (problem.what, problem.why) == ("is an archive", "its content is read once, what is added later is not")
    log.unlink()
    append(log, "E2511-101010-002 (1): second line")
    follower.turn()
    assert (follower.tail.status().up, follower.tail.status().problems) == (True, ())
