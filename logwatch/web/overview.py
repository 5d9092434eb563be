"""Put together what the status page and ``/api/v1/status`` show, as of one moment: no HTML, no HTTP."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

import logwatch
from logwatch.catalogue import Catalogue, Entry, answered_by, limiter, number_of
from logwatch.config import Config
from logwatch.diagnosis.course import by_class
from logwatch.diagnosis.facts import Facts, Finding
from logwatch.diagnosis.find import diagnose
from logwatch.diagnosis.incidents import incident_of
from logwatch.export import COUNTER_PREFIX, COUNTERS, LABELLED, LIMITERS
from logwatch.ledger.batch import EventShapeRow
from logwatch.ledger.incidents import Incident
from logwatch.ledger.keys import ResultRow
from logwatch.ledger.reader import Hit
from logwatch.ledger.snapshot import Snapshot
from logwatch.model import Platform, Position, Rotation, Seen, SourceStatus
from logwatch.moments import iso
from logwatch.privacy import readable
from logwatch.sight import Sight
from logwatch.web.charts import ORDER, SPANS, Span, Tally, course, tally
from logwatch.web.figures import Strip, strip
from logwatch.web.incidents import NumberedIncident, numbered, up_to_now
from logwatch.webhook.source import WebhookStatus

_UNLABELLED = tuple(name.removeprefix(COUNTER_PREFIX) for name in COUNTERS if name not in LABELLED)


HitUsers = tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """How often one result came, in all sources."""

    platform: Platform
    code: str
    reason: str
    entry: Entry
    hour: int
    day: int
    ever: int
    last: float | None

    @property
    def provider(self) -> str:
        """Who answered."""
        return answered_by(self.platform, number_of(self.code))

    def as_dict(self) -> dict[str, Any]:
        """Return it for a program."""
        return {
            "provider": self.provider,
            "platform": self.platform,
            "code": number_of(self.code),
            "reason": self.reason,
            "class": self.entry.class_,
            "title": self.entry.title,
            "hour": self.hour,
            "day": self.day,
            "total": self.ever,
            "last": iso(self.last),
        }


@dataclass(frozen=True, slots=True)
class SourceView:
    """One source as people see it."""

    status: SourceStatus
    read_at: float | None
    results: int
    counters: Mapping[str, int]
    rotations: Mapping[str, int]
    unparsed: Mapping[str, int]
    sight: Sight
    logged_at: float | None
    events: Mapping[str, int] = field(default_factory=dict)  # of a webhook, by outcome

    @property
    def webhook(self) -> bool:
        """Whether it is a webhook."""
        return isinstance(self.status, WebhookStatus)

    @property
    def witness_for(self) -> str:
        """The source that it is a witness for; empty if there is none."""
        return self.status.witness_for if isinstance(self.status, WebhookStatus) else ""

    def as_dict(self) -> dict[str, Any]:
        """Return it for a program."""
        now = self.status
        return {
            "name": now.name,
            "input": now.input,
            "envelope": now.envelope or None,
            "up": now.up,
            "caught_up": now.caught_up,
            "files_followed": now.files_followed,
            "lag_bytes": now.lag_bytes,
            "last_line": iso(self.read_at),
            "last_logged": iso(self.logged_at),
            "results": self.results,
            **self.counters,
            "rotations": dict(self.rotations),
            "unparsed_lines": dict(self.unparsed),
            "webhook": {"witness_for": self.witness_for or None, "events": dict(self.events)} if self.webhook else None,
            "unread": {
                "hour": self.sight.hour.unread,
                "hour_of": self.sight.hour.all,
                "lately": self.sight.lately.unread,
                "lately_of": self.sight.lately.all,
                "since": iso(self.sight.since),
            },
            "problems": [
                {"where": p.where, "what": p.what, "why": p.why, "try": p.try_, "warning": p.warning}
                for p in now.problems
            ],
        }


@dataclass(frozen=True, slots=True)
class Lists:
    """What is read from the ledger beside the facts; ``unreadable`` is why nothing could be, empty if it could."""

    unreadable: str = ""
    incidents: Sequence[Incident] = ()
    files: Sequence[Position] = ()
    rotations: Sequence[Rotation] = ()
    event_shapes: Sequence[tuple[EventShapeRow, Seen]] = ()  # of webhooks' events: unread ones first
    kept: int = 0  # failures in the error log
    limited: HitUsers = ()  # users whom rate limits hold back most often
    dead: HitUsers = ()  # users whose tokens are dead


@dataclass(frozen=True, slots=True)
class Overview:
    """The whole status page except the error log, as of ``now``."""

    facts: Facts
    findings: tuple[Finding, ...]
    classes: tuple[tuple[str, int, int], ...]  # class, last hour, last day
    hour: int
    day: int
    results: tuple[Result, ...]
    limits: tuple[tuple[str, int, int, int], ...]  # limiter, last hour, last day, ever
    strip: Strip
    incidents: tuple[NumberedIncident, ...]  # of the last 30 days, the newest first
    sources: tuple[SourceView, ...]
    files: tuple[Position, ...]
    rotations: tuple[Rotation, ...]  # of the sources, the newest first
    judged: tuple[Mapping[str, int], Mapping[str, int]]  # hour and day by class, without sources of failures only
    config: Config
    lists: Lists

    @property
    def now(self) -> float:
        """The moment that is shown, seconds since the epoch."""
        return self.facts.now

    def tally(self, span: Span) -> Tally:
        """Return the counts of a span."""
        return tally(self.facts.timeline(span.width), self.facts.catalogue)

    def incident(self, finding: Finding) -> NumberedIncident | None:
        """Return the incident that a finding is about."""
        mine = incident_of(finding, (each.incident for each in self.incidents), self.now)
        return next((each for each in self.incidents if each.incident is mine), None)

    def _hit(self, finding: Finding) -> dict[str, Any]:
        if (shown := self.incident(finding)) is None:
            return {"users": 0, "apps": 0, "app_names": ()}
        return {"users": shown.incident.users, "apps": shown.incident.apps, "app_names": shown.incident.app_names}

    def as_dict(self) -> dict[str, Any]:
        """Return it for a program."""
        return {
            "version": logwatch.__version__,
            "now": iso(self.now),
            "committed": iso(self.facts.snapshot.committed_at or None),
            "ready": not self.facts.trouble,
            "trouble": self.facts.trouble,
            "findings": [finding.as_dict() | self._hit(finding) for finding in self.findings],
            "figures": dict(self.strip.numbers),
            "classes": [{"class": name, "hour": hour, "day": day} for name, hour, day in self.classes],
            "rate_limits": [
                {"limiter": name, "hour": hour, "day": day, "total": ever} for name, hour, day, ever in self.limits
            ],
            "results": [result.as_dict() for result in self.results],
            "course": {name: course(self.tally(SPANS[name]), SPANS[name], self.now) for name in ("hour", "day")},
            "sources": [source.as_dict() for source in self.sources],
            "rotation_history": [
                {
                    "at": iso(each.at),
                    "source": each.source,
                    "path": readable(each.path),
                    "kind": each.kind,
                    "count": each.count,
                }
                for each in self.rotations
            ],
            "shapes": [
                row._asdict() | {"count": seen.count, "last": iso(seen.last)} for row, seen in self.facts.shapes
            ],
            "failures_only": sorted(self.facts.silent),
            "event_shapes": [
                row._asdict() | {"count": seen.count, "first": iso(seen.first), "last": iso(seen.last)}
                for row, seen in self.lists.event_shapes
            ],
        }


def overview(facts: Facts, config: Config, lists: Lists) -> Overview:
    """Put the parts together."""
    hour, day = facts.hour, facts.day
    hours, days = by_class(facts.catalogue, hour), by_class(facts.catalogue, day)
    findings = diagnose(facts)
    return Overview(
        facts=facts,
        findings=findings,
        classes=tuple((name, hours.get(name, 0), days.get(name, 0)) for name in ("delivered", *ORDER)),
        hour=sum(hours.values()),
        day=sum(days.values()),
        results=tuple(_results(facts.catalogue, facts.snapshot.results, hour, day)),
        limits=tuple(_limits(facts.snapshot.results, hour, day)),
        strip=strip(facts),
        incidents=numbered(up_to_now(lists.incidents, findings, facts), facts.catalogue),
        sources=tuple(_source(status, facts.snapshot, facts.sights[name]) for name, status in facts.status.items()),
        files=tuple(sorted(lists.files, key=lambda p: (p.state != "live", p.source, p.path, -p.generation))),
        rotations=tuple(each for each in lists.rotations if each.source in facts.status),
        judged=(_judged(facts, hour), _judged(facts, day)),
        config=config,
        lists=lists,
    )


def _judged(facts: Facts, results: Mapping[ResultRow, Seen]) -> Mapping[str, int]:
    """Count results by class, without the sources that report only failures."""
    return by_class(facts.catalogue, {row: seen for row, seen in results.items() if row.source not in facts.silent})


def _results(
    catalogue: Catalogue, ever: Mapping[ResultRow, Seen], hour: Mapping[ResultRow, Seen], day: Mapping[ResultRow, Seen]
) -> list[Result]:
    """Sum up the sources; the most frequent of the last hour first, then of the day, then of all time."""

    def count(results: Mapping[ResultRow, Seen]) -> dict[tuple[Platform, str, str], Seen]:
        total: dict[tuple[Platform, str, str], Seen] = {}
        for row, seen in results.items():
            total.setdefault(row.kind, Seen()).add(seen)
        return total

    hours, days, none = count(hour), count(day), Seen()
    rows = [
        Result(
            *kind,
            catalogue.entry(*kind),
            hours.get(kind, none).count,
            days.get(kind, none).count,
            seen.count,
            seen.last,
        )
        for kind, seen in count(ever).items()
    ]
    return sorted(rows, key=lambda r: (-r.hour, -r.day, -r.ever, r.platform, r.code, r.reason))


def _limits(
    ever: Mapping[ResultRow, Seen], hour: Mapping[ResultRow, Seen], day: Mapping[ResultRow, Seen]
) -> list[tuple[str, int, int, int]]:
    """Count the pushes that rate limits held back, by limiter."""
    hits = {name: [0, 0, 0] for name in ("", *LIMITERS)}
    for stretch, results in enumerate((hour, day, ever)):
        for row, seen in results.items():
            hits[limiter(row.platform, number_of(row.code))][stretch] += seen.count
    return [(name, *hits[name]) for name in LIMITERS]  # type: ignore[misc]  # three of each


def _source(status: SourceStatus, snapshot: Snapshot, sight: Sight) -> SourceView:
    def labelled(counter: str) -> dict[str, int]:
        return {
            row.label: count
            for row, count in sorted(snapshot.counters.items())
            if row.source == status.name and row.counter == counter
        }

    row = snapshot.sources.get(status.name)
    return SourceView(
        status,
        row.last_line_at if row else None,
        sum(seen.count for result, seen in snapshot.results.items() if result.source == status.name),
        {name: snapshot.counted(status.name, name) for name in _UNLABELLED},
        labelled("rotations"),
        labelled("unparsed_lines"),
        sight,
        row.logged_at if row else None,
        labelled("webhook_events"),
    )


def settings(config: Config) -> list[tuple[str, str]]:
    """Return every setting in force as (name, value): files by name only, and no secret path."""

    def flat(prefix: str, value: Any) -> Iterable[tuple[str, str]]:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from flat(f"{prefix}.{key}" if prefix else key, inner)
        elif isinstance(value, list | tuple) and value and isinstance(value[0], dict):
            for number, inner in enumerate(value):
                yield from flat(f"{prefix}[{number}]", inner)
        elif value is not None:
            yield prefix, msgspec.json.encode(printable(value)).decode()

    def printable(value: Any) -> Any:
        if isinstance(value, list | tuple):
            return [printable(each) for each in value]
        return readable(value) if isinstance(value, str) else value  # a directory's name may be no text

    pairs = list(flat("", msgspec.to_builtins(config)))
    return [(name, _hidden(name, value)) for name, value in pairs]


def _hidden(name: str, value: str) -> str:
    """Return a setting as it may be shown: without the path of a webhook, and without the query of an address."""
    if name.endswith(".webhook.path"):
        return '"***"'
    address, query, _ = value.partition("?")
    return f'{address}?***"' if query and name.endswith(".url") else value
