"""Lets the reading loop sleep until a directory may have changed: a hint, while the poll interval is the truth."""

import select
from collections.abc import Iterable
from importlib import import_module
from typing import Literal, Protocol

from logwatch.events import Log
from logwatch.wake.wakeup import Wakeup


class Waker(Protocol):
    """Lets a loop sleep until there may be something to do."""

    def wait(self, timeout: float) -> bool:
        """Return after timeout seconds, or as soon as something may have changed; whether somebody woke it."""

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


class PollWaker(Wakeup):
    """Sleeps for the whole interval, unless somebody wakes it or something can be read where it listens."""

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
