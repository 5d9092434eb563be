"""Turn findings into incidents: from one look to the next, what is found becomes a start, an end and a cost.

Pure functions: known incidents and present findings go in, incidents as they are now come out. ``record`` does the
reading.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from logwatch.diagnosis.facts import Facts, Finding, plain
from logwatch.ledger.buckets import SIX_HOURS, WIDTHS, oldest
from logwatch.ledger.incidents import GAP_SECONDS, SEVERITIES, Incident
from logwatch.ledger.timeline import Interval

MOST_ROWS = 32  # results of one incident; an outage of a provider has a handful


def fold(known: Sequence[Incident], findings: Iterable[Finding], now: float) -> list[Incident]:
    """Return the incidents that go on, begin or end at ``now``; those from ``known`` keep their number.

    ``known``: those of the last day, newest first. One that is found again within ``GAP_SECONDS`` of its end goes on.
    """
    met: dict[int, Incident] = {}
    fresh: dict[str, Incident] = {}
    for finding in findings:
        if finding.severity not in SEVERITIES:
            continue
        old = incident_of(finding, known, now)
        if old is not None:
            met[old.number] = _going_on(met.get(old.number, replace(old, ended=finding.ended)), finding, now)
        else:
            fresh[finding.key] = _begun(finding, now)
    ended = [_over(each, now) for each in known if each.ended is None and each.number not in met]
    return [*met.values(), *ended, *fresh.values()]


def _over(incident: Incident, now: float) -> Incident:
    """Return an incident that is no longer found, with its end: none in the future, as a clock ahead may have recorded.

    If all of it is in the future, the clock was set back since: by the earlier clock, it ended with its last result.
    """
    if incident.began > now:
        return replace(incident, ended=incident.last)
    last = min(incident.last, now)
    return replace(incident, last=last, ended=last if incident.rows else now)


def incident_of(finding: Finding, incidents: Iterable[Incident], now: float) -> Incident | None:
    """Return the incident that a finding is about: one that goes on before others, otherwise the first."""
    mine = (each for each in incidents if _about(each, finding, now))
    return min(mine, key=lambda each: each.ended is not None, default=None)


def _about(incident: Incident, finding: Finding, now: float) -> bool:
    """Return whether a finding is about an incident: same results or, without any, same key, and no long pause.

    Nor may the incident be far ahead, as known ones are after a clock was set back by hours or decades.
    """
    alike = bool(set(incident.rows) & set(finding.rows)) if finding.rows else incident.key == finding.key
    since, last = (now if at is None else at for at in (finding.since, finding.last))
    behind = incident.ended is None or since <= incident.ended + GAP_SECONDS
    return alike and behind and last >= incident.began - GAP_SECONDS


def _begun(finding: Finding, now: float) -> Incident:
    began = now if finding.since is None else min(finding.since, now)
    return Incident(
        finding.key,
        finding.severity,
        plain(finding.cause or finding.title),
        finding.side,
        finding.rows[:MOST_ROWS],
        began,
        began if finding.last is None else finding.last,
        finding.ended,
        finding.pushes,
    )


def _going_on(old: Incident, finding: Finding, now: float) -> Incident:
    last = min(old.last, now)  # it may have been recorded by a clock that was ahead
    began = old.began if finding.since is None else min(old.began, finding.since)
    worse = SEVERITIES.index(finding.severity) > SEVERITIES.index(old.severity)
    return replace(
        old,
        key=finding.key,
        severity=finding.severity if worse else old.severity,
        title=plain(finding.cause or finding.title),
        rows=tuple(dict.fromkeys((*old.rows, *finding.rows)))[:MOST_ROWS],
        began=began,
        last=max(last, finding.last or last),
        ended=None if old.ended is None or finding.ended is None else max(old.ended, finding.ended),
        pushes=max(old.pushes, finding.pushes) if not finding.rows else old.pushes,
    )


def pushes(incident: Incident, facts: Facts) -> int:
    """Count the pushes of an incident in the finest intervals that go back to its start."""
    width = next((each for each in WIDTHS if incident.began >= oldest(each, facts.now)), SIX_HOURS)
    timeline = facts.timeline(width)
    mine = [timeline.series[row] for row in incident.rows if row in timeline.series]
    course = [each.at(i) for each in mine for i in range(len(timeline.starts))]
    return within(course, incident.began, facts.now if incident.ended is None else incident.ended)


def within(course: Iterable[Interval], began: float, until: float) -> int:
    """Count what came from ``began`` to ``until``; intervals that are partly outside count in proportion."""
    total = 0.0
    for count, at, end in course:
        first, last = max(at, began), min(end, until)
        if first <= last:
            total += count * (1.0 if end == at else (last - first) / (end - at))
    return round(total)
