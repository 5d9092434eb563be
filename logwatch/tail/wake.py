"""Lets the reading loop sleep until a directory may have changed: a hint, while the poll interval is the truth."""

import threading
from collections.abc import Iterable
from importlib import import_module
from typing import Literal, Protocol

from logwatch.tail.events import Log


class Waker(Protocol):
    """Lets a loop sleep until there may be something to do."""

    def wait(self, timeout: float) -> None:
        """Return after timeout seconds, or as soon as something may have changed."""

    def wake(self) -> None:
        """Let a waiting loop go on, from any thread."""

    def watch(self, directories: Iterable[str]) -> None:
        """Watch these directories, and no others any more; those that are not there yet are tried again each time."""

    def close(self) -> None:
        """Watch nothing any more."""


class PollWaker:
    """Sleeps for the whole interval, unless somebody wakes it."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def wait(self, timeout: float) -> None:
        """Return after timeout seconds, or when woken."""
        self._event.wait(timeout)
        self._event.clear()

    def wake(self) -> None:
        """Let a waiting loop go on."""
        self._event.set()

    def watch(self, directories: Iterable[str]) -> None:
        """Do nothing: polling looks everywhere."""

    def close(self) -> None:
        """Let a waiting loop go on."""
        self._event.set()


def make_waker(wake: Literal["auto", "inotify", "poll"], log: Log) -> Waker:
    """Return what the setting asks for; auto is inotify, and polling where that is refused."""
    if wake == "poll":
        return PollWaker()  # it needs neither watchdog's memory nor its thread
    try:
        waker: Waker = import_module("logwatch.tail.inotify").InotifyWaker(log)
    except Exception as error:  # noqa: BLE001  a system without inotify, or another watchdog: polling is relied on
        log.warning("inotify_refused", error=str(error), instead="polling")
        return PollWaker()
    return waker
