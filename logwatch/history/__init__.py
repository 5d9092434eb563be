"""Turn old logs into OpenMetrics: the counters that the daemon would have exported, one sample a minute."""

from logwatch.history.openmetrics import Written, write
from logwatch.history.past import Past
from logwatch.history.tallies import Tallies

__all__ = ["Past", "Tallies", "Written", "write"]
