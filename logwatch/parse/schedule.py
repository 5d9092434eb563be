"""Say when to learn: seldom, and ever more seldom, since learning costs what many lines cost."""

from collections.abc import Sequence
from typing import TypeVar

_MAX_WAIT = 1 << 18  # lines: a log may change, and by then a lesson costs nothing beside them
_GROWTH = 4

Item = TypeVar("Item")


class Schedule:
    """Counts lines that could be read faster if something were learned; due after some, then after four times as many."""

    def __init__(self, first: int) -> None:
        self._wait = first
        self._waiting = 0

    def add(self, count: int) -> bool:
        """Count lines; return whether it is time to learn."""
        self._waiting += count
        if self._waiting < self._wait:
            return False
        self._waiting = 0
        self._wait = min(self._wait * _GROWTH, _MAX_WAIT)
        return True


def some_of(items: Sequence[Item], count: int) -> list[Item]:
    """Return at most so many items, evenly spread."""
    if len(items) <= count:
        return list(items)
    return [items[i * len(items) // count] for i in range(count)]
