"""Finds entries that are missing by the numbers that Docker gives them: 1, 2, 3 … within an epoch, a start of it.

The fields are CONTAINER_LOG_EPOCH and CONTAINER_LOG_ORDINAL (moby, daemon/logger/journald). Standard output and error
are numbered by two threads: neighbours may change places, and a number is missed only when ``WINDOW`` later ones have
come, or nothing has for a while.
"""

from dataclasses import dataclass, field

WINDOW = 16
"""How far two numbers may change places: by more than 1 only where a thread stalls between two calls."""


@dataclass(slots=True)
class Gaps:
    """What has come of the newest epoch."""

    epoch: str = ""
    highest: int = 0
    floor: int = 0  # numbers below were before reading began: not missed
    holes: list[int] = field(default_factory=list)  # within the window: may still come

    def take(self, epoch: str, number: int, *, first: bool) -> int | None:
        """Note a number; return how many are missed for good now, or None if it came before and is no new entry.

        ``first`` says that nothing was ever read before: what an older epoch, or this one, had until here is history.
        """
        missed = 0
        if epoch != self.epoch:
            missed = self.give_up()
            self.epoch, self.highest, self.floor = epoch, 0, number if first else 1
        if number <= self.highest:
            if number not in self.holes:
                return None
            self.holes.remove(number)
            return missed
        oldest = max(self.highest + 1, number - WINDOW)
        missed += max(0, oldest - max(self.highest + 1, self.floor))
        self.holes += range(oldest, number)
        self.highest = number
        return missed + self._let_go(number - WINDOW)

    def give_up(self) -> int:
        """Wait no longer; return how many are missed."""
        return self._let_go(self.highest)

    def _let_go(self, end: int) -> int:
        """Let go of those below ``end``; those before the floor are not missed."""
        gone = [number for number in self.holes if number < end]
        if gone:
            self.holes = [number for number in self.holes if number >= end]
        return sum(number >= self.floor for number in gone)
