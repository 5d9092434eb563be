"""A mesibo that logs: lines as a busy host writes them, and the truth about them, from a seed and a clock."""

from logwatch.simulate.mesibo import Mesibo, Mix
from logwatch.simulate.outcomes import Burst, Outcome
from logwatch.simulate.pace import write

__all__ = ["Burst", "Mesibo", "Mix", "Outcome", "write"]
