"""Find incidents that began and ended unobserved, by diagnosing moments of the past whose results came late.

A daemon that was down for hours, or a source that was out of reach, catches up all at once. Each past hour is then
diagnosed as the last hour would have been at its end, in intervals of a quarter of an hour or of an hour.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from logwatch.diagnosis.facts import Facts
from logwatch.diagnosis.find import failures
from logwatch.diagnosis.incidents import fold
from logwatch.diagnosis.rise import fall
from logwatch.ledger.incidents import GAP_SECONDS, Incident
from logwatch.ledger.timeline import Timeline
from logwatch.words import DAY, HOUR


def past(timelines: Sequence[Timeline], facts: Facts) -> list[Incident]:
    """Return the incidents that ended within ``timelines``, of which the coarsest comes first and goes back farthest.

    ``facts`` are the present ones, of which catalogue, snapshot and status are used.
    """
    found: dict[int, Incident] = {}
    for timeline, finer in zip(timelines, [*timelines[1:], None], strict=True):
        until = finer.starts.start if finer else timeline.starts.stop
        failing = [row for row in timeline.series if facts.catalogue.entry(*row.kind).class_ != "delivered"]
        counts = dict(zip(timeline.starts, timeline.counts(failing), strict=True))
        for start in timeline.starts:
            at = start + timeline.width
            if at > until:
                break
            hour = range(int(at - HOUR), at, timeline.width)
            if not any(counts.get(each) for each in hour):
                findings = []
            else:
                lately, day = timeline.part(at - HOUR, at), timeline.part(at - DAY, at)
                findings = failures(Facts(float(at), facts.catalogue, facts.snapshot, facts.status, lately, day))
            recent = [each for each in reversed(found.values()) if each.ended is None or each.ended >= at - DAY]
            for incident in fold(recent, findings, float(at)):
                number = incident.number or -len(found) - 1
                found[number] = replace(incident, number=number)
    return [_fallen(replace(each, number=0), timelines) for each in found.values() if each.ended is not None]


def _fallen(incident: Incident, timelines: Sequence[Timeline]) -> Incident:
    """Return an incident that ends where its share fell for good, if it did: a few failures occur on any day."""
    assert incident.ended is not None
    timeline = next((each for each in reversed(timelines) if each.starts.start <= incident.began), timelines[0])
    groups = {(row.source, row.platform) for row in incident.rows}
    every = timeline.counts(row for row in timeline.series if (row.source, row.platform) in groups)
    mine, last = timeline.counts(incident.rows), timeline.last(incident.rows)
    points = [
        (float(start), float(start + timeline.width), mine[i], every[i], last[i] if mine[i] else float(start))
        for i, start in enumerate(timeline.starts)
        if start + timeline.width > incident.began and start <= incident.ended
    ]
    sunk = fall(points)
    if sunk is None or sunk.at < incident.began or sunk.at > incident.ended - GAP_SECONDS:
        return incident
    return replace(incident, ended=sunk.at, last=sunk.at)


def missed(found: Iterable[Incident], known: Sequence[Incident]) -> list[Incident]:
    """Return the past incidents that are not known yet."""
    return [each for each in found if not any(_same(each, other) for other in known)]


def to_its_end(incident: Incident, found: Iterable[Incident]) -> Incident:
    """Return an incident that was going on at the last look, with the end that was found since, if that is later."""
    ends = [each for each in found if _same(each, incident) and each.ended is not None]
    last = max(ends, key=lambda each: each.ended or 0.0, default=None)
    if last is None or incident.ended is None or (last.ended or 0.0) <= incident.ended:
        return incident
    return replace(incident, ended=last.ended, last=max(incident.last, last.last))


def _same(past_one: Incident, known: Incident) -> bool:
    """Return whether two share results and overlap in time, or nearly do."""
    if not set(past_one.rows) & set(known.rows):
        return False
    begins_within = known.ended is None or past_one.began <= known.ended + GAP_SECONDS
    return begins_within and (past_one.ended is None or past_one.ended >= known.began - GAP_SECONDS)
