"""Handle the daemon's signals from its first moment on, before anything slow is imported or opened.

Until the reading loop runs, a signal is only remembered: SIGTERM and SIGINT as a request to stop, SIGHUP as one to
reload. Otherwise each of them would silently end a daemon that is just starting.
"""

import signal
from collections.abc import Callable
from types import FrameType


class SignalFlags:
    """What the signals received so far ask for: a stop, a reload."""

    def __init__(self) -> None:
        self.stop = False
        self.reload = False
        self._wake: Callable[[], None] = lambda: None

    def listen(self) -> None:
        """Install the handlers; whoever started this may have left the signals blocked."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_stop)
        signal.signal(signal.SIGHUP, self._on_reload)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM, signal.SIGINT, signal.SIGHUP))

    def on_signal(self, wake: Callable[[], None]) -> None:
        """Call ``wake`` at each signal, from within its handler."""
        self._wake = wake

    def _on_stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stop = True
        self._wake()

    def _on_reload(self, _number: int, _frame: FrameType | None) -> None:
        self.reload = True
        self._wake()
