"""Put the reading loop to sleep until there may be something to do: a hint; the poll interval is the truth."""

from logwatch.wake.poll import PollWaker, make_waker
from logwatch.wake.wakeup import Wakeup

__all__ = ["PollWaker", "Wakeup", "make_waker"]
