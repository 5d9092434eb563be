"""Hand calls from the HTTP thread to the reading loop, with a bounded number of events, and the answers back.

A call is answered once its events are committed, or cannot be. A caller repeats a call without an answer; an event
that was committed all the same is recognised then.
"""

import contextlib
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from typing import NamedTuple

from logwatch.model import Call

WAITING = 1000  # events that are not committed yet, of one webhook


class Waiting(NamedTuple):
    """A call on its way to the disk; ``done`` is True once it is there, False when it is to be repeated."""

    call: Call
    done: "Future[bool]"


class Inbox:
    """One webhook's calls; ``offer`` belongs to the HTTP thread, everything else to the reading loop."""

    def __init__(self, wake: Callable[[], None] = lambda: None, most: int = WAITING) -> None:
        self._wake = wake
        self._most = most
        self._lock = threading.Lock()
        self._new: deque[Waiting] = deque()
        self._taken: list[Waiting] = []
        self._events = 0  # that are not committed yet
        self._closed = False

    def offer(self, call: Call) -> "Future[bool] | None":
        """Queue a call; None if too many events wait, or the disk refuses. One beyond the bound must be alone."""
        size = max(1, len(call.events))
        with self._lock:
            if self._closed or (self._events and self._events + size > self._most):
                return None
            waiting = Waiting(call, Future())
            self._new.append(waiting)
            self._events += size
        self._wake()
        return waiting.done

    def take(self) -> Waiting | None:
        """Take the oldest call out, to be answered by ``settle``."""
        with self._lock:
            if not self._new:
                return None
            waiting = self._new.popleft()
        self._taken.append(waiting)
        return waiting

    def settle(self, *, committed: bool) -> None:
        """Answer every call that was taken out; those of a failed commit are to be repeated.

        So are those that wait and those that come, until a commit works again: commits may fail for long.
        """
        answered, self._taken = self._taken, []
        with self._lock:
            self._closed = not committed
            if self._closed:
                answered += self._new
                self._new.clear()
            self._events -= sum(max(1, len(each.call.events)) for each in answered)
        for each in answered:
            with contextlib.suppress(InvalidStateError):  # the caller has stopped waiting, perhaps this very moment
                each.done.set_result(committed)
