"""Weighs a kind of failure: how far up it stands among what is found, and how severe that is."""

from logwatch.catalogue import Entry
from logwatch.diagnosis.facts import FindingSeverity

MUCH = 0.05  # of a platform's pushes: more than the noise of a day
MANY = 0.2  # of a platform's pushes: tokens that fail at such a rate are no users who left
ALL_WELL = 40  # stands above the noise of every day, below what needs somebody

# of a class that is not critical: (where it is much of the pushes, where it is little)
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
    """Return weight and severity of failures that are such a share (0 to 1) of their pushes, or all of them."""
    much = share >= (MANY if entry.class_ in ("token", "rate_limited") else MUCH)
    if entry.severity == "critical":
        # little of it is still all pushes of one app; but a connection that fails now and then heals by itself
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
