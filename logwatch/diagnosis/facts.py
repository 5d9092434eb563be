"""The nouns of a diagnosis: ``Facts`` is all that one may rest on, ``Finding`` is one thing to tell."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from logwatch.catalogue import Catalogue
from logwatch.catalogue.entries import COMMANDS, STEPS
from logwatch.catalogue.summary import iso
from logwatch.credentials import Verdict
from logwatch.ledger import Bucket, MinuteRow, ResultRow, Snapshot
from logwatch.model import Seen
from logwatch.tail import SourceStatus
from logwatch.webhook import silent_on_success

HOUR = 3600.0

Severity = Literal["critical", "warning", "info", "good"]


@dataclass(frozen=True)
class Facts:
    """What is known at one moment; ``minutes`` are the last hour's buckets, ``quarters`` the last day's."""

    now: float
    catalogue: Catalogue
    snapshot: Snapshot
    status: Mapping[str, SourceStatus]
    minutes: Sequence[tuple[Bucket, Seen]] = ()
    quarters: Sequence[tuple[Bucket, Seen]] = ()
    trouble: str = ""  # why nothing can be committed
    credentials: Sequence[Verdict] = ()  # what the last look at the configured ones has found
    heard: Mapping[tuple[ResultRow, str, str], int] = field(default_factory=dict)
    """The last hour's failures that got a reason from a webhook: (as logged, reason, platform)."""
    told: Mapping[MinuteRow, int] = field(default_factory=dict)
    """The failures that webhooks told beside a log, by the minute."""

    @cached_property
    def silent(self) -> set[str]:
        """The sources that tell failures alone: of their pushes no share can be given."""
        return silent_on_success(self.status, self.snapshot, self.catalogue, self.now)

    @cached_property
    def hour(self) -> dict[ResultRow, Seen]:
        """The last hour's results."""
        return added(self.minutes)

    @cached_property
    def day(self) -> dict[ResultRow, Seen]:
        """The last day's results."""
        return added(self.quarters)


def added(buckets: Iterable[tuple[Bucket, Seen]]) -> dict[ResultRow, Seen]:
    """Add buckets up by result."""
    total: dict[ResultRow, Seen] = {}
    for bucket, seen in buckets:
        total.setdefault(bucket.row, Seen()).add(seen)
    return total


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to tell: what, since when, how sure, whose it is, and what to do about it."""

    key: str  # the same finding has the same key at the next look
    severity: Severity
    title: str  # one sentence: the cause, as far as it is known
    side: str  # yours, mesibo, Google, Apple, the device
    remedy: str
    evidence: tuple[str, ...] = ()
    steps: tuple[int, ...] = ()  # of mesibo's troubleshooting page
    code: int | None = None  # whose page tells more
    pushes: int = 0  # affected in the last hour
    since: float | None = None  # seconds since the epoch
    weight: int = field(default=0, compare=False)  # the heaviest comes first

    def as_dict(self) -> dict[str, Any]:
        """Give it for a program; ``since`` is ISO 8601 in UTC, or null."""
        return {
            "key": self.key,
            "severity": self.severity,
            "title": self.title,
            "side": self.side,
            "evidence": list(self.evidence),
            "remedy": self.remedy,
            "steps": [{"step": step, "title": STEPS[step], "command": COMMANDS.get(step)} for step in self.steps],
            "code": self.code,
            "pushes": self.pushes,
            "since": iso(self.since),
        }
