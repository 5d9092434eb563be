"""Rank findings: each kind by one table, failures also by their share of the pushes."""

from logwatch.catalogue import CHURN, Entry
from logwatch.diagnosis.facts import Rank

MUCH = 0.05  # of a platform's pushes: more than everyday noise
MANY = 0.2  # of a platform's pushes: users who left do not explain so many dead tokens
_ALL_WELL = 40  # ranks above everyday noise, below what needs somebody

UNREAD_MOST = Rank(110, "critical")  # what cannot be read comes before all that can
UNREAD_MUCH = Rank(110, "warning")
NOTHING_COMMITTED = Rank(100, "critical")
LOG_DOWN = Rank(96, "critical")
WEBHOOK_UNREAD = Rank(91, "critical")
NO_PUSH_LINES = Rank(88, "warning")
LATE = Rank(87, "warning")
EXPIRED = Rank(87, "critical")
SILENT = Rank(86, "critical")
SILENT_FOR_DAYS = Rank(75, "warning")  # somebody knows, or it is a standby since a failover
CATCHING_UP = Rank(84, "info")
UNREAD_BEFORE = Rank(82, "warning")
EXPIRES_AT_ONCE = Rank(73, "critical")
REFUSED = Rank(71, "warning")
CREDENTIAL_BREAKS = Rank(71, "warning")
WITNESSES_DIFFER = Rank(71, "warning")
UNREAD_SOME = Rank(70, "warning")
WEBHOOK_UNREAD_SOME = Rank(69, "warning")
UNDATED = Rank(67, "warning")
OTHER_ZONE = Rank(66, "warning")  # it hides nothing: such pushes count as of when they come
LAG = Rank(65, "warning")
SET_ASIDE = Rank(61, "warning")
NO_LINES = Rank(60, "info")
EXPIRES_SOON = Rank(55, "warning")
CREDENTIAL_UNWATCHED = Rank(45, "warning")
WITNESS_LACKS = Rank(41, "warning")
NO_PUSH_LINES_THOUGH_ON = Rank(41, "info")
ACCEPTED = Rank(_ALL_WELL, "good")
ACCEPTED_OF_READ = Rank(_ALL_WELL - 1, "info")
FAILURES_ONLY = Rank(2, "info")
NOTHING = Rank(1, "info")

# by class, for entries that are not critical: (if it is much of the pushes, if it is little)
_BY_CLASS = {
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


def noise(class_: str) -> Rank:
    """Rank all failures of a class that come in small numbers every day."""
    return Rank(_BY_CLASS[class_][1], "info")


def weigh(entry: Entry, share: float, *, total: bool, over: bool) -> Rank:
    """Rank failures by their ``share`` (0 to 1) of their pushes, or as ``total``."""
    much = share >= (MANY if entry.class_ in CHURN else MUCH)
    if entry.severity == "critical":
        # a small share may still be all pushes of one app; but a connection that fails now and then heals by itself
        weight = 90 if total else 80 if much else 30 if entry.class_ == "network" else 50
        rank = Rank(weight, "critical" if weight > _ALL_WELL else "info")
    else:
        weight = _BY_CLASS[entry.class_][0 if much else 1]
        rank = Rank(weight, "warning" if weight > _ALL_WELL else "info")
        if total and entry.class_ != "rate_limited":
            rank = Rank(weight + 10, "critical")
    if over:  # still worth knowing, since somebody will ask what it was
        serious = much or rank.severity == "critical"
        return Rank(min(rank.weight, 42 if serious else rank.weight), "warning" if serious else "info")
    return rank
