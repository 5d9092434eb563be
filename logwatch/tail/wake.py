"""Wakes the reading loop when a directory changes: watchdog is a hint, and the poll interval the truth.

The only module that knows watchdog. Directories alone are watched, never trees, and only for what may mean new lines:
our own opening of files is no event. Where inotify is refused (limits, containers), polling goes on, and a log event
says why.
"""

import contextlib
import os
import select
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, Protocol

from logwatch.tail.events import Log, shown

if TYPE_CHECKING:
    from watchdog.observers.api import BaseObserver, ObservedWatch


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

    @property
    def failed(self) -> str:
        """Why nothing wakes any more; empty while all is well."""

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

    @property
    def failed(self) -> str:
        """Nothing to fail here."""
        return ""

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


class InotifyWaker(PollWaker):
    """Sleeps until one of the watched directories changes, at most for the interval."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log
        self._observer: BaseObserver | None = None
        self._watches: dict[str, tuple[tuple[int, int], ObservedWatch]] = {}
        self._refused = ""
        self._start()

    def _start(self) -> None:
        from watchdog.observers import Observer  # noqa: PLC0415 - polling needs neither its memory nor its threads

        try:
            self._observer = Observer()
            self._observer.start()
        except OSError as error:  # too many inotify instances
            self._observer = None
            self._refuse("all directories", error)

    @property
    def failed(self) -> str:
        """Why nothing wakes any more."""
        return "watchdog's thread has ended" if self._observer and not self._observer.is_alive() else ""

    def watch(self, directories: Iterable[str]) -> None:
        """Watch these directories; one that was removed and made anew is watched anew."""
        if not self._observer:
            return
        wanted: dict[str, tuple[int, int]] = {}
        for directory in directories:
            try:
                status = os.stat(directory)
            except OSError:
                continue  # polling will see it appear
            wanted[directory] = (status.st_dev, status.st_ino)
        for directory in [d for d, (identity, _) in self._watches.items() if wanted.get(d) != identity]:
            self._unwatch(directory)
        for directory, identity in wanted.items():
            if directory not in self._watches:
                self._watch(directory, identity)

    def _watch(self, directory: str, identity: tuple[int, int]) -> None:
        from watchdog.events import (  # noqa: PLC0415
            DirCreatedEvent,
            DirMovedEvent,
            FileCreatedEvent,
            FileDeletedEvent,
            FileModifiedEvent,
            FileMovedEvent,
            FileSystemEvent,
            FileSystemEventHandler,
        )

        wake = self.wake

        class Bell(FileSystemEventHandler):
            def dispatch(self, event: FileSystemEvent) -> None:
                del event
                wake()

        interesting: list[type[FileSystemEvent]] = [
            DirCreatedEvent,
            DirMovedEvent,
            FileCreatedEvent,
            FileDeletedEvent,
            FileModifiedEvent,
            FileMovedEvent,
        ]
        assert self._observer
        try:
            watch = self._observer.schedule(Bell(), directory, event_filter=interesting, follow_symlink=True)
        except OSError as error:  # the limit of watches, or the directory has gone
            self._refuse(directory, error)
        else:
            self._watches[directory] = (identity, watch)
            self.wake()  # what happened before the watch was there

    def _unwatch(self, directory: str) -> None:
        _, watch = self._watches.pop(directory)
        assert self._observer
        try:
            self._observer.unschedule(watch)
        except (KeyError, OSError):  # it went away with its directory
            return

    def _refuse(self, what: str, error: OSError) -> None:
        if self._refused != str(error):  # once a reason
            self._refused = str(error)
            self._log.warning("inotify_refused", directory=shown(what), error=str(error), instead="polling")

    def close(self) -> None:
        """Stop watchdog's threads."""
        if self._observer:
            self._observer.stop()
            self._observer.join(5)
            self._observer = None
        super().close()


def make_waker(wake: Literal["auto", "inotify", "poll"], log: Log) -> Waker:
    """Return what the setting asks for; auto is inotify, and polling where that is refused."""
    return PollWaker() if wake == "poll" else InotifyWaker(log)
