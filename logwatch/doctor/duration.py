"""Prometheus' durations: ``15s``, ``1m30s``, ``1h``."""

import re

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0, "y": 31536000.0}
_PARTS = re.compile(r"(\d+)(ms|[smhdwy])")


def seconds(text: str) -> float:
    """Parse a duration into seconds; 0 for what is none."""
    return sum(int(count) * _UNITS[unit] for count, unit in _PARTS.findall(text))
