"""Put the reading loop to sleep until a directory may have changed: a hint; the poll interval is the truth."""

import select
from collections.abc import Iterable
from importlib import import_module
from typing import Literal

from logwatch.events import Log
from logwatch.wake.wakeup import Wakeup


class PollWaker(Wakeup):
    """Sleeps for the whole interval, unless it is woken or a descriptor that it listens to can be read."""

    def watch(self, directories: Iterable[str]) -> None:
        """Watch these directories and no others: here none, since polling looks everywhere."""

    def listen(self, descriptor: int) -> None:
        """Wake while ``descriptor`` can be read, too."""
        self._poll.register(descriptor, select.POLLIN)

    def ignore(self, descriptor: int) -> None:
        """Stop listening to ``descriptor``, which is still open."""
        self._poll.unregister(descriptor)

    def close(self) -> None:
        """Wake a waiting loop."""
        self.wake()


def make_waker(wake: Literal["auto", "inotify", "poll"], log: Log) -> PollWaker:
    """Return the waker that the setting asks for; auto is inotify. Where inotify is refused, it polls."""
    if wake == "poll":
        return PollWaker()  # it needs neither watchdog's memory nor its thread
    try:
        waker: PollWaker = import_module("logwatch.wake.inotify").InotifyWaker(log)
    except Exception as error:  # noqa: BLE001  a system without inotify, or another watchdog: polling is relied on
        log.warning("inotify_refused", error=str(error), instead="polling")
        return PollWaker()
    return waker
