"""Say when to learn: seldom, since it costs what some thousand lines cost, and ever more seldom if it is in vain."""

from collections.abc import Sequence
from typing import TypeVar

_GROWTH = 4
_WORTH_LINES = 1 << 15  # that cost, read one by one, twenty times as much as to learn
_MAX_WAIT_LINES = 1 << 18  # a log may change, and by then a lesson costs nothing beside them

Item = TypeVar("Item")


class Schedule:
    """Counts lines that could be read faster if something were learned."""

    def __init__(self, first: int) -> None:
        self._wait = first
        self._waiting = 0

    def add(self, count: int) -> bool:
        """Count lines; return whether it is time to learn."""
        self._waiting += count
        if self._waiting < self._wait:
            return False
        self._waiting = 0
        self._wait = min(self._wait * _GROWTH, _MAX_WAIT_LINES)
        return True

    def helped(self) -> None:
        """Take note that the last lesson was of use: the next one need not wait much longer than it costs."""
        self._wait = min(self._wait, _WORTH_LINES)


def some_of(items: Sequence[Item], count: int) -> list[Item]:
    """Return at most so many items, evenly spread."""
    if len(items) <= count:
        return list(items)
    return [items[i * len(items) // count] for i in range(count)]
