"""Goes the whole way from mesibo's configuration to the pager and gives a row a check; it changes nothing."""

from logwatch.doctor.check import Check
from logwatch.doctor.examine import Questions, examine
from logwatch.doctor.host import Host

__all__ = ["Check", "Host", "Questions", "examine"]
