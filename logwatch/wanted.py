"""Takes the signals of the daemon from its first moment on, before anything slow is imported or opened.

Until the reading loop is there, a signal is only remembered: SIGTERM and SIGINT as the wish to end, SIGHUP as the wish
to reload. Without this, each of them would end a daemon that is just starting, without a word.
"""

import signal
from collections.abc import Callable
from types import FrameType


class Wanted:
    """What the signals that came so far ask for."""

    def __init__(self) -> None:
        self.stop = False
        self.reload = False
        self._told: list[Callable[[], None]] = []

    def listen(self) -> None:
        """Take the signals from now on."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        signal.signal(signal.SIGHUP, self._renew)

    def tell(self, told: Callable[[], None]) -> None:
        """Have somebody called at each signal."""
        self._told.append(told)

    def reloaded(self) -> None:
        """Note that the wish to reload is being fulfilled."""
        self.reload = False

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self.stop = True
        self._tell()

    def _renew(self, _number: int, _frame: FrameType | None) -> None:
        self.reload = True
        self._tell()

    def _tell(self) -> None:
        for told in self._told:
            told()
