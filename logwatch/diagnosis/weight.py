"""Weighs a kind of failure: where it ranks among the findings, and how severe it is."""

from logwatch.catalogue import Entry
from logwatch.diagnosis.facts import FindingSeverity

MUCH = 0.05  # of a platform's pushes: more than everyday noise
MANY = 0.2  # of a platform's pushes: users who left do not explain so many dead tokens
ALL_WELL = 40  # ranks above everyday noise, below what needs somebody

# by class, for entries that are not critical: (if it is much of the pushes, if it is little)
WEIGHTS = {
    "configuration": (72, 45),
    "credential": (72, 45),
    "network": (78, 30),
    "provider_fault": (74, 30),
    "rejected": (68, 46),
    "unknown": (64, 44),
    "payload": (62, 32),
    "rate_limited": (60, 20),
    "token": (58, 18),
}


def weigh(entry: Entry, share: float, *, total: bool, over: bool) -> tuple[int, FindingSeverity]:
    """Return weight and severity of failures with that ``share`` (0 to 1) of their pushes, or which are ``total``."""
    much = share >= (MANY if entry.class_ in ("token", "rate_limited") else MUCH)
    if entry.severity == "critical":
        # a small share may still be all pushes of one app; but a connection that fails now and then heals by itself
        weight = 90 if total else 80 if much else 30 if entry.class_ == "network" else 50
        severity: FindingSeverity = "critical" if weight > ALL_WELL else "info"
    else:
        weight = WEIGHTS.get(entry.class_, (64, 44))[0 if much else 1]
        severity = "warning" if weight > ALL_WELL else "info"
        if total and entry.class_ != "rate_limited":
            weight, severity = weight + 10, "critical"
    if over:  # still worth knowing, since somebody will ask what it was
        serious = much or severity == "critical"
        return min(weight, 42 if serious else weight), "warning" if serious else "info"
    return weight, severity
