"""A mesibo that logs: lines as a busy host writes them, and the truth about them, from a seed and a clock."""

from logwatch.simulate.mesibo import Mesibo, Mix
from logwatch.simulate.outcomes import Outage, Outcome
from logwatch.simulate.pace import write
from logwatch.simulate.webhook import Caller, Calls, post_to

__all__ = ["Caller", "Calls", "Mesibo", "Mix", "Outage", "Outcome", "post_to", "write"]
