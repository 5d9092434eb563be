"""The types of a diagnosis: ``Facts`` is its whole input, ``Finding`` is one statement of its result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple

from logwatch.catalogue import Catalogue
from logwatch.catalogue.entries import COMMANDS, STEPS
from logwatch.credentials.verdict import Verdict
from logwatch.errors import Problem
from logwatch.ledger.batch import MinuteRow, ShapeRow
from logwatch.ledger.buckets import MINUTE, QUARTER
from logwatch.ledger.keys import ResultRow
from logwatch.ledger.snapshot import Snapshot
from logwatch.ledger.timeline import Timeline
from logwatch.mesibo_conf import PushLogging
from logwatch.model import Seen, SourceStatus
from logwatch.moments import iso
from logwatch.sight import Sight, sight
from logwatch.webhook.source import silent_on_success
from logwatch.words import Moments, unmarked

FindingSeverity = Literal["critical", "warning", "info", "good"]


class Rank(NamedTuple):
    """Where a finding stands among the others, and how severe people see that it is."""

    weight: int  # the heaviest comes first
    severity: FindingSeverity


@dataclass(frozen=True, slots=True)
class SourceSetup:
    """Where a source's lines are, which grammar reads them, where new grammars go, and what mesibo.conf says."""

    paths: tuple[str, ...] = ()  # of its logs that are followed now; if there are none, as configured
    grammar: str = "mesibo"
    grammars: str = "/etc/mesibo-logwatch/grammars"
    push: PushLogging = field(default_factory=PushLogging)
    options: str = ""  # by which commands find this configuration, where it is not in its usual place


@dataclass(frozen=True)
class Facts:
    """What is known at one moment; ``minutes`` are those of the last hour, ``quarters`` those of the last day."""

    now: float
    catalogue: Catalogue
    snapshot: Snapshot
    status: Mapping[str, SourceStatus]
    minutes: Timeline = field(default_factory=lambda: Timeline(MINUTE))
    quarters: Timeline = field(default_factory=lambda: Timeline(QUARTER))
    trouble: str = ""  # why nothing can be committed
    shapes: Sequence[tuple[ShapeRow, Seen]] = ()  # of lines that gave no result
    setups: Mapping[str, SourceSetup] = field(default_factory=dict)  # by source
    refused: Sequence[Problem] = ()  # why the configuration on disk is not the one in force
    credentials: Sequence[Verdict] = ()  # what the last look at the configured ones has found
    heard: Mapping[tuple[ResultRow, str, str], int] = field(default_factory=dict)
    """The last hour's failures that got a reason from a webhook: (as logged, reason, platform)."""
    witnessed: Mapping[MinuteRow, int] = field(default_factory=dict)
    """The failures that webhooks reported beside a log, by minute."""
    set_aside: float | None = None  # when a damaged ledger was last set aside
    before: Sequence[Timeline] = ()  # of a week by hours, of a month by quarters of days: for what is older than a day

    @cached_property
    def silent(self) -> set[str]:
        """The sources that report only failures, so that no share of their pushes is known."""
        return silent_on_success(self.status, self.snapshot, self.catalogue, self.now)

    @cached_property
    def sights(self) -> dict[str, Sight]:
        """How much of each source's push lines could be read."""
        return {name: sight(self.snapshot.readings, name, self.now) for name in self.status}

    @cached_property
    def blind(self) -> bool:
        """Whether so much of a source is unread that its results are only a part."""
        return any(sight.blind for sight in self.sights.values())

    def timeline(self, width: int) -> Timeline:
        """Return the results by intervals of a width in seconds; none if the ledger could not be read."""
        kept = (self.minutes, self.quarters, *self.before)
        return next((each for each in kept if each.width == width), Timeline(width))

    def setup(self, source: str) -> SourceSetup:
        """Return how a source is set up, as far as it is known."""
        return self.setups.get(source, SourceSetup())

    @cached_property
    def hour(self) -> dict[ResultRow, Seen]:
        """The last hour's results."""
        return self.minutes.totals()

    @cached_property
    def day(self) -> dict[ResultRow, Seen]:
        """The last day's results."""
        return self.quarters.totals()

    @cached_property
    def pushed_at(self) -> float | None:
        """When the last push was logged that can have been; None without any."""
        seen = (*self.snapshot.results.values(), *self.day.values())  # of the day, a stamp ahead counts as when it came
        return max((each.last for each in seen if each.last is not None and each.last <= self.now), default=None)


def plain(text: str) -> str:
    """Return a sentence without the backquotes around commands and literal text."""
    return text.replace("`", "")


@dataclass(frozen=True, slots=True)
class Finding:
    """One statement: what is wrong, since when, how certain, whose side it is on, and what to do about it."""

    key: str  # the same finding has the same key at the next look
    rank: Rank
    title: str  # one sentence: the cause, as far as it is known
    side: str  # yours, mesibo, Google, Apple, the device
    remedy: str
    evidence: tuple[str, ...] = ()
    steps: tuple[int, ...] = ()  # of mesibo's troubleshooting page
    code: int | None = None  # whose page tells more
    pushes: int = 0  # affected in the last hour
    since: float | None = None  # seconds since the epoch
    command: str = ""  # that mends it, to be run on this host
    cause: str = ""  # the title without what changes from look to look; empty if nothing in it does
    rows: tuple[ResultRow, ...] = ()  # the results that it is about
    last: float | None = None  # when the last of these pushes was logged
    ended: float | None = None  # the same if it is over, else None
    moments: Moments = field(default=(), init=False)  # in title and evidence

    def __post_init__(self) -> None:
        """Strip the marks of moments from the text, and keep the moments."""
        (title, *evidence), moments = unmarked((self.title, *self.evidence))
        object.__setattr__(self, "title", title)
        object.__setattr__(self, "evidence", tuple(evidence))
        object.__setattr__(self, "moments", moments)

    @property
    def severity(self) -> FindingSeverity:
        """How severe people see that it is."""
        return self.rank.severity

    @property
    def small(self) -> bool:
        """Whether it sums up failures that occur in small numbers every day."""
        return self.key.startswith("few:")

    def as_dict(self) -> dict[str, Any]:
        """Return it as values for JSON; ``since`` and ``ended`` are ISO 8601 in UTC, or None."""
        return {
            "key": self.key,
            "severity": self.severity,
            "title": plain(self.title),
            "side": self.side,
            "evidence": [plain(line) for line in self.evidence],
            "remedy": plain(self.remedy),
            "command": self.command,
            "steps": [{"step": step, "title": STEPS[step], "command": COMMANDS.get(step)} for step in self.steps],
            "code": self.code,
            "pushes": self.pushes,
            "since": iso(self.since),
            "ended": iso(self.ended),
        }
