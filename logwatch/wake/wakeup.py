"""Wakes a thread that waits, from wherever something happens."""

import contextlib
import os
import select

LONGEST_SECONDS = 3600.0  # of a wait, whatever was asked for: infinity is no number of milliseconds


class Wakeup:
    """Woken by any thread and by signal handlers, which may run amid a wait: there is no lock that they could wait for.

    ``threading.Event`` has one: set in a handler while the thread that it interrupts holds it, neither goes on.
    """

    _descriptor = -1  # of one that could not be made

    def __init__(self) -> None:
        self._descriptor = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._poll = select.poll()
        self._poll.register(self._descriptor, select.POLLIN)

    def __del__(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)  # not before: another thread may be about to wake

    def wake(self) -> None:
        """Let a waiting thread go on, or the next one that waits."""
        os.eventfd_write(self._descriptor, 1)

    def wait(self, timeout: float) -> bool:
        """Return after timeout seconds or when woken, and whether it was that."""
        self._poll.poll(min(timeout, LONGEST_SECONDS) * 1000)
        with contextlib.suppress(BlockingIOError):
            return os.eventfd_read(self._descriptor) > 0
        return False
