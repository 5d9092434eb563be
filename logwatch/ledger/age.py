"""The time by which the ledger ages its rows: the clock's, except that a jump ahead is not believed for a day."""

from typing import NamedTuple

JUMP_SECONDS = BELIEVED_SECONDS = 86400.0
"""A clock that advances by more between two commits has jumped, or nothing ran; it is believed after as long again."""


class Age(NamedTuple):
    """``now``: the time from which ages of rows count; ``ahead``: what the clock showed after a jump, 0 without one."""

    now: float
    ahead: float = 0.0

    def at(self, clock: float) -> "Age":
        """Return the age at the next commit; a clock that jumps and is set back within a day expires nothing."""
        if clock - self.now <= JUMP_SECONDS:
            return Age(clock)
        if not self.ahead or clock < self.ahead:
            return Age(self.now, clock)
        return Age(clock) if clock - self.ahead >= BELIEVED_SECONDS else self
