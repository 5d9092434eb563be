"""Check every step from mesibo's configuration to the pager, one row per check, without changing anything."""

from logwatch.doctor.check import Check
from logwatch.doctor.examine import examine
from logwatch.doctor.host import Host

__all__ = ["Check", "Host", "examine"]
