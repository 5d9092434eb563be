"""By which time the ledger deletes what is old: the clock's, but for a day in which one that jumped may be mended."""

from typing import NamedTuple

JUMP_SECONDS = BELIEVED_SECONDS = 86400.0
"""More between two commits is a jump of the clock, or a long rest; and how long it must run on to be believed."""


class Age(NamedTuple):
    """``now`` is what ages of rows are reckoned from, ``ahead`` what the clock showed at its jump, 0 without one."""

    now: float
    ahead: float = 0.0

    def at(self, clock: float) -> "Age":
        """Return it for the next commit: a clock that is set back within a day has made nothing old."""
        if clock - self.now <= JUMP_SECONDS:
            return Age(clock)
        if not self.ahead or clock < self.ahead:
            return Age(self.now, clock)
        return Age(clock) if clock - self.ahead >= BELIEVED_SECONDS else self
