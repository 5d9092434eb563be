import ctypes
import errno
import gc
import os
import sys
import threading
import time
import types

import pytest

from logwatch.wake import PollWaker, make_waker
from logwatch.wake.inotify import InotifyWaker
from tests.helpers.recorder import Log, append

LONG = 30.0  # never waited for: an event ends the wait


@pytest.fixture
def waker():
    log = Log()
    waker = InotifyWaker(log)
    waker.events = log.events
    yield waker
    waker.close()


def quieten(waker):
    """Take events that are still on their way."""
    deadline = time.monotonic() + LONG
    while time.monotonic() < deadline:
        start = time.monotonic()
        waker.wait(0.3)
        if time.monotonic() - start >= 0.3:
            return
    pytest.fail("it never becomes quiet")


def woken(waker):
    start = time.monotonic()
    waker.wait(LONG)
    return time.monotonic() - start < LONG / 2


@pytest.mark.parametrize("what", ["write", "create", "rename", "delete", "truncate"])
def test_what_may_mean_new_lines_wakes(waker, tmp_path, what):
    """Each change that matters ends the wait."""
    append(tmp_path / "a.log", "one")
    waker.watch([str(tmp_path)])
    quieten(waker)
    if what == "write":
        append(tmp_path / "a.log", "two")
    elif what == "create":
        (tmp_path / "b.log").touch()
    elif what == "rename":
        os.rename(tmp_path / "a.log", tmp_path / "a.log.1")
    elif what == "delete":
        os.unlink(tmp_path / "a.log")
    else:
        os.truncate(tmp_path / "a.log", 0)
    assert woken(waker)


def test_our_own_reading_does_not_wake(waker, tmp_path):
    """Opening, reading and closing a file is no event, or we would never sleep."""
    append(tmp_path / "a.log", "one")
    waker.watch([str(tmp_path)])
    quieten(waker)
    for _ in range(5):
        (tmp_path / "a.log").read_bytes()
        os.listdir(tmp_path)
    start = time.monotonic()
    waker.wait(0.5)
    assert time.monotonic() - start >= 0.5


def test_a_directory_that_is_made_anew_is_watched_anew(waker, tmp_path):
    """A directory may appear later, vanish, and come back, and is watched each time."""
    directory = tmp_path / "d"
    waker.watch([str(directory)])
    directory.mkdir()
    waker.watch([str(directory)])
    quieten(waker)
    append(directory / "a.log", "one")
    assert woken(waker)
    (directory / "a.log").unlink()
    directory.rmdir()
    waker.watch([str(directory)])
    directory.mkdir()
    waker.watch([str(directory)])
    quieten(waker)
    append(directory / "a.log", "two")
    assert woken(waker)
    waker.watch([])
    quieten(waker)


def test_a_directory_that_is_made_anew_with_its_inode_is_watched_anew(waker, tmp_path, monkeypatch):
    """ext4 gives the inode of the last directory to the next one, and a disk that is mounted again has its device."""
    directory, look = tmp_path / "d", os.stat
    same = types.SimpleNamespace(st_dev=1, st_ino=1)
    monkeypatch.setattr(os, "stat", lambda path, **how: same if path == str(directory) else look(path, **how))
    directory.mkdir()
    waker.watch([str(directory)])
    directory.rmdir()
    directory.mkdir()
    quieten(waker)
    waker.watch([str(directory)])
    quieten(waker)
    append(directory / "a.log", "two")
    assert woken(waker)


@pytest.mark.filterwarnings("error")
def test_a_directory_that_a_link_leads_to_is_watched_once_and_when_the_link_is_gone(waker, tmp_path):
    """The kernel has one watch for both ways; giving up one does not give up the other."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    both = [str(tmp_path / "real"), str(tmp_path / "link")]
    waker.watch(both)
    (tmp_path / "link").unlink()
    for directories in (both, both[:1]):
        waker.watch(directories)
    quieten(waker)
    append(tmp_path / "real" / "a.log", "one")
    assert woken(waker)
    assert not waker.events


@pytest.mark.filterwarnings("error")
def test_a_directory_that_may_not_be_read_is_reported_and_watched_once_it_may(waker, tmp_path, monkeypatch):
    """Watchdog takes that refusal of the system for a watch with the number -1."""

    def refuse(*_):
        ctypes.set_errno(errno.EACCES)
        return -1

    monkeypatch.setattr("watchdog.observers.inotify_c.inotify_add_watch", refuse)
    for _ in range(2):
        waker.watch([str(tmp_path)])
    ((event, data),) = waker.events
    assert (event, data["error"]) == ("inotify_refused", "[Errno 13] Permission denied")
    monkeypatch.undo()
    waker.watch([str(tmp_path)])
    quieten(waker)
    append(tmp_path / "a.log", "one")
    assert woken(waker)


def test_where_inotify_is_refused_polling_goes_on(waker, tmp_path, monkeypatch):
    """A limit of the system is logged once with its reason, and waiting still ends after the interval."""

    def refuse(*args, **kwargs):
        raise OSError(errno.ENOSPC, "inotify watch limit reached")

    monkeypatch.setattr(waker._inotify, "add_callback", refuse)
    waker.watch([str(tmp_path)])
    waker.watch([str(tmp_path)])
    waker.wait(0.01)
    ((event, data),) = waker.events
    assert event == "inotify_refused"
    assert "limit" in data["error"]


def test_any_thread_may_wake_the_loop(tmp_path):
    """A wake from another thread ends a wait, and one that came before the wait is not lost."""
    waker = make_waker("poll", Log())
    assert type(waker) is PollWaker
    waker.wake()
    assert woken(waker)
    timer = threading.Timer(0.01, waker.wake)
    timer.start()
    assert woken(waker)
    timer.join()
    waker.close()


@pytest.mark.parametrize("make", [PollWaker, lambda: InotifyWaker(Log())])
def test_what_can_be_read_wakes_as_long_as_it_is_listened_to(make):
    """A pipe ends the wait when something is in it, and no longer once it is ignored."""
    waker = make()
    reading, writing = os.pipe()
    try:
        waker.listen(reading)
        start = time.monotonic()
        waker.wait(0.05)
        assert time.monotonic() - start >= 0.05
        os.write(writing, b"x")
        assert woken(waker)
        assert woken(waker), "nobody has read it yet"
        waker.ignore(reading)
        start = time.monotonic()
        waker.wait(0.05)
        assert time.monotonic() - start >= 0.05
    finally:
        waker.close()
        os.close(reading)
        os.close(writing)


def sleeps(waker):
    """Return whether a wait lasts."""
    start = time.monotonic()
    waker.wait(0.3)
    return time.monotonic() - start >= 0.3


def test_a_directory_that_is_new_wakes_once_and_one_that_is_left_no_more(waker, tmp_path):
    """Something may have come before the watch; what is watched already, or no longer, lets the loop sleep."""
    waker.watch([str(tmp_path)])
    assert woken(waker)
    waker.watch([str(tmp_path)])
    assert sleeps(waker)
    waker.watch([])
    quieten(waker)
    append(tmp_path / "a.log", "one")
    assert sleeps(waker)


@pytest.mark.parametrize("lost", [lambda waker: waker.on_queue_overflow(), lambda waker: waker.on_watch_deleted(None)])
def test_where_events_are_lost_it_wakes(waker, lost):
    """The loop finds out by itself what they were about."""
    lost(waker)
    assert woken(waker)


@pytest.mark.parametrize(
    "error", [OSError(errno.EMFILE, "Too many open files"), RuntimeError("can't start new thread")]
)
def test_without_an_instance_or_a_thread_it_polls_and_says_so_once(monkeypatch, tmp_path, error):
    """Nothing is watched then, and waits still end."""

    def refuse():
        raise error

    monkeypatch.setattr("logwatch.wake.inotify.InotifyFD", refuse)
    log = Log()
    waker = InotifyWaker(log)
    waker.watch([str(tmp_path)])
    waker.wait(0.01)
    waker.close()
    assert log.events == [
        ("inotify_refused", {"directory": "all directories", "error": str(error), "instead": "polling"})
    ]


def test_a_thread_that_ended_is_reported_once_and_polling_goes_on(waker, tmp_path):
    """It is watchdog's, and may end for reasons of its own."""
    waker.watch([str(tmp_path)])
    waker._inotify.stop()
    waker._inotify.join(LONG)
    for _ in range(2):
        waker.watch([str(tmp_path)])
    ((event, data),) = waker.events
    assert (event, data["error"]) == ("inotify_refused", "watchdog's thread has ended")
    quieten(waker)


def test_where_watchdog_cannot_be_used_it_polls(monkeypatch):
    """Another version may lack what is imported from it."""
    monkeypatch.setitem(sys.modules, "logwatch.wake.inotify", None)
    log = Log()
    waker = make_waker("auto", log)
    assert type(waker) is PollWaker
    assert [event for event, _ in log.events] == ["inotify_refused"]


def test_a_wait_says_whether_it_was_woken_and_takes_the_wake():
    """However often it was woken, one wait ends by it; closing is one more."""
    waker = PollWaker()
    assert waker.wait(0.01) is False
    waker.wake()
    waker.wake()
    assert [waker.wait(0.01) for _ in range(2)] == [True, False]
    waker.close()
    assert waker.wait(0.01) is True


def test_what_is_waited_with_is_closed_with_its_owner():
    """A reload makes none anew, but a test or a command may make many."""
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(9):
        PollWaker().wait(0.0)
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) < before + 9
