"""Show incidents: what happened, from when to when, what it cost, and where its failures are listed."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from logwatch.catalogue import Catalogue
from logwatch.diagnosis.facts import Facts, Finding
from logwatch.diagnosis.incidents import fold, pushes
from logwatch.ledger.incidents import KEPT, PEOPLE, Incident
from logwatch.moments import iso, utc
from logwatch.words import DAY, number, span


@dataclass(frozen=True, slots=True)
class NumberedIncident:
    """An incident as it is shown; ``label`` is shown beside its mark in the charts as well."""

    label: str
    incident: Incident
    failures: str  # query string of its failures in the error log; empty if it has none

    @property
    def lasted(self) -> str:
        """How long it lasted, or that it goes on."""
        if self.incident.ended is None:
            return "going on"
        minutes = round((self.incident.ended - self.incident.began) / 60)
        if not 60 <= minutes < 2 * 1440:  # noqa: PLR2004  an hour, and days
            return span(60.0 * minutes)
        return f"{minutes // 60} h {minutes % 60:02} min"

    def moments(self, now: float) -> tuple[str, str]:
        """Return begin and end in UTC, each with its date unless that is today's, or that of the begin."""
        began, ended = self.incident.began, self.incident.ended
        return _moment(began, now), _moment(now if ended is None else ended, began)

    @property
    def cost(self) -> str:
        """How many pushes or lines, users and apps it hit; empty if none are known."""
        each = self.incident
        what = ("push", "pushes") if each.rows else ("line", "lines")
        parts = [f"{number(each.pushes)} {what[each.pushes != 1]}"] if each.pushes else []
        return ", ".join([*parts, *([people] if (people := hit(each)) else [])])

    def as_dict(self, prefix: str = "") -> dict[str, Any]:
        """Return it for a program; addresses begin with ``prefix``, which a proxy may need."""
        each = self.incident
        return {
            "key": each.key,
            "severity": each.severity,
            "title": each.title,
            "side": each.side,
            "began": iso(each.began),
            "ended": iso(each.ended),
            "last": iso(each.last),
            "pushes": each.pushes,
            "users": each.users,
            "apps": each.apps,
            "app_names": each.app_names,
            "codes": sorted({row.code for row in each.rows}),
            "platforms": sorted({row.platform for row in each.rows}),
            "sources": sorted({row.source for row in each.rows}),
            "failures": f"{prefix}/api/v1/failures?{self.failures}" if self.failures else None,
        }


def hit(incident: Incident) -> str:
    """Return how many users and which apps an incident has affected, in words; empty if the log names none."""

    def counted(count: int, what: str) -> str:
        return f"{number(count)}{' or more' if count >= PEOPLE else ''} {what}{'s' if count != 1 else ''}"

    names = ", ".join(incident.app_names) + (", …" if incident.apps > len(incident.app_names) else "")
    users, apps = (
        counted(count, what) if count else "" for count, what in ((incident.users, "user"), (incident.apps, "app"))
    )
    if incident.app_names:
        apps = f"app {names}" if incident.apps == 1 else f"{apps} ({names})"
    return " in ".join(filter(None, (users, apps)))


def up_to_now(history: Sequence[Incident], findings: Iterable[Finding], facts: Facts) -> list[Incident]:
    """Return the ledger's incidents brought up to date with the findings and pushes of now, the newest first."""
    recent = [each for each in history if each.ended is None or each.ended >= facts.now - DAY]
    changed = [
        replace(each, pushes=max(each.pushes, pushes(each, facts))) for each in fold(recent, findings, facts.now)
    ]
    numbers = {each.number for each in changed}
    return sorted([*changed, *(each for each in history if each.number not in numbers)], key=lambda each: -each.began)


def numbered(incidents: Iterable[Incident], catalogue: Catalogue) -> tuple[NumberedIncident, ...]:
    """Return incidents with their numbers, and where their failures are listed."""
    return tuple(NumberedIncident(str(label), each, link(each, catalogue)) for label, each in enumerate(incidents, 1))


@lru_cache(KEPT)
def link(incident: Incident, catalogue: Catalogue) -> str:
    """Return the query string that selects an incident's failures in the error log, and as few others as possible."""
    rows = incident.rows
    if not rows:
        return ""
    one = {name: {getattr(row, name) for row in rows} for name in ("code", "reason", "platform", "source")}
    fields = {name: values.pop() for name, values in one.items() if len(values) == 1}
    if fields.get("code", "other") == "other":  # the error log has these by their own numbers
        fields.pop("code", None)
        classes = {catalogue.entry(*row.kind).class_ for row in rows}
        fields.update({"class": classes.pop()} if len(classes) == 1 else {})
    fields["from"] = _seconds(math.floor(incident.began))
    fields["to"] = "" if incident.ended is None else _seconds(math.floor(incident.ended) + 1)
    return urlencode({name: value for name, value in fields.items() if value})


def _moment(at: float, known: float) -> str:
    """Format a time, with its date unless that is the one of a known time."""
    then = utc(at)
    return f"{then:%H:%M}" if then.date() == utc(known).date() else f"{then:%-d %B, %H:%M}"


def _seconds(at: int) -> str:
    return f"{utc(at):%Y-%m-%dT%H:%M:%SZ}"
