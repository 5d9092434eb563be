"""Lets the reading loop sleep until a directory may have changed: a hint, while the poll interval is the truth."""

import contextlib
import os
import select
from collections.abc import Iterable
from importlib import import_module
from typing import Literal, Protocol

from logwatch.events import Log

LONGEST_SECONDS = 3600.0  # of a wait, whatever was asked for: infinity is no number of milliseconds


class Waker(Protocol):
    """Lets a loop sleep until there may be something to do."""

    def wait(self, timeout: float) -> None:
        """Return after timeout seconds, or as soon as something may have changed."""

    def wake(self) -> None:
        """Let a waiting loop go on, from any thread."""

    def watch(self, directories: Iterable[str]) -> None:
        """Watch these directories, and no others any more; those that are not there yet are tried again each time."""

    def listen(self, descriptor: int) -> None:
        """Let a waiting loop go on, too, while something can be read from this descriptor."""

    def ignore(self, descriptor: int) -> None:
        """Take no more notice of this descriptor, which is still open."""

    def close(self) -> None:
        """Watch nothing any more."""


class PollWaker:
    """Sleeps for the whole interval, unless somebody wakes it or something can be read where it listens."""

    def __init__(self) -> None:
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._poll = select.poll()
        self._poll.register(self._bell, select.POLLIN)

    def __del__(self) -> None:
        os.close(self._bell)  # not before: another thread may be about to ring

    def wait(self, timeout: float) -> None:
        """Return after timeout seconds, when woken, or when something can be read."""
        self._poll.poll(min(timeout, LONGEST_SECONDS) * 1000)
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._bell)

    def wake(self) -> None:
        """Let a waiting loop go on."""
        os.eventfd_write(self._bell, 1)

    def watch(self, directories: Iterable[str]) -> None:
        """Do nothing: polling looks everywhere."""

    def listen(self, descriptor: int) -> None:
        """Wake, too, while something can be read from this descriptor."""
        self._poll.register(descriptor, select.POLLIN)

    def ignore(self, descriptor: int) -> None:
        """Wake for this descriptor no longer; it is still open."""
        self._poll.unregister(descriptor)

    def close(self) -> None:
        """Let a waiting loop go on."""
        self.wake()


def make_waker(wake: Literal["auto", "inotify", "poll"], log: Log) -> Waker:
    """Return what the setting asks for; auto is inotify, and polling where that is refused."""
    if wake == "poll":
        return PollWaker()  # it needs neither watchdog's memory nor its thread
    try:
        waker: Waker = import_module("logwatch.wake.inotify").InotifyWaker(log)
    except Exception as error:  # noqa: BLE001  a system without inotify, or another watchdog: polling is relied on
        log.warning("inotify_refused", error=str(error), instead="polling")
        return PollWaker()
    return waker
