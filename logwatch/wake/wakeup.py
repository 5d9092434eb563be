"""Wake a waiting thread, from other threads and from signal handlers."""

import contextlib
import os
import select

LONGEST_SECONDS = 3600.0  # of a wait, whatever was asked for: infinity is no number of milliseconds


class Wakeup:
    """Can be woken by any thread and by signal handlers, which may run during a wait: there is no lock to deadlock on.

    ``threading.Event`` has one: a handler that sets it while the interrupted thread holds that lock never returns.
    """

    _descriptor = -1  # if none could be opened

    def __init__(self) -> None:
        self._descriptor = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._poll = select.poll()
        self._poll.register(self._descriptor, select.POLLIN)

    def __del__(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)  # not before: another thread may be about to wake

    def wake(self) -> None:
        """Wake a waiting thread, or the next one that waits."""
        os.eventfd_write(self._descriptor, 1)

    def wait(self, timeout: float) -> bool:
        """Wait until woken, at most ``timeout`` seconds; return whether it was woken."""
        self._poll.poll(min(timeout, LONGEST_SECONDS) * 1000)
        with contextlib.suppress(BlockingIOError):
            return os.eventfd_read(self._descriptor) > 0
        return False
