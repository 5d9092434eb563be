"""Find missing entries by the numbers that Docker gives them: 1, 2, 3 … within an epoch, a run of its log driver.

The fields are CONTAINER_LOG_EPOCH and CONTAINER_LOG_ORDINAL (moby, daemon/logger/journald). Standard output and error
are numbered by two threads: neighbours may swap places, and a number is missed only when ``WINDOW`` later ones have
come, or nothing has for a while.
"""

import msgspec

WINDOW = 16
"""How far out of place a number may come: by more than 1 only if a thread stalls between two calls."""


class Gaps(msgspec.Struct, omit_defaults=True):
    """Which numbers of the newest epoch have come."""

    epoch: str = ""
    highest: int = 0
    floor: int = 0  # lower numbers came before reading began: they are not missed
    holes: list[int] = []  # numbers within the window that may still come

    def take(self, epoch: str, number: int, *, first: bool) -> int | None:
        """Record a number; return how many are now missed for good, or None if the number has come before.

        ``first``: nothing was ever read before, so earlier entries, of this epoch or an older one, are history.
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
        """Stop waiting for holes; return how many are missed."""
        return self._let_go(self.highest)

    def _let_go(self, end: int) -> int:
        """Drop holes below ``end``; return how many are missed, not counting those below the floor."""
        gone = [number for number in self.holes if number < end]
        if gone:
            self.holes = [number for number in self.holes if number >= end]
        return sum(number >= self.floor for number in gone)
