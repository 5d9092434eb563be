"""Look up what every code means: from platform, code and reason to class, severity, side and remedy."""

from logwatch.catalogue.entries import CHURN, SEVERITIES, Entry, Severity, either
from logwatch.catalogue.explain import Explanation, explain
from logwatch.catalogue.lookup import (
    OTHER,
    OTHER_CODES,
    PLATFORMS,
    UNKNOWN_CODES,
    Catalogue,
    answered_by,
    limiter,
    number_of,
    platform_named,
)

__all__ = [
    "CHURN",
    "OTHER",
    "OTHER_CODES",
    "PLATFORMS",
    "SEVERITIES",
    "UNKNOWN_CODES",
    "Catalogue",
    "Entry",
    "Explanation",
    "Severity",
    "answered_by",
    "either",
    "explain",
    "limiter",
    "number_of",
    "platform_named",
]
