"""Judge what webhooks report: the reasons that they add, where they and a log disagree, and what cannot be read."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from logwatch.catalogue import Entry
from logwatch.diagnosis import weight
from logwatch.diagnosis.course import Course
from logwatch.diagnosis.facts import Facts, Finding
from logwatch.model import COMPANIES
from logwatch.webhook.source import WebhookStatus
from logwatch.words import HOUR, number, share

SETTLED_SECONDS = 120.0  # a call may be late, and a log too
_SHORT, _SHORT_SHARE = 5, 0.2  # failures that the webhook has and the log lacks: at least so many, and such a share
_UNREAD = 0.05
_ENOUGH = 20  # failures in the log within an hour: a webhook that works would have reported most of them


class Heard(NamedTuple):
    """What a webhook reports about failures whose number is ambiguous."""

    words: str  # ``403: Apple says ExpiredProviderToken``
    entry: Entry
    pushes: int


def _heard(course: Course, facts: Facts) -> list[Heard]:
    """Return what webhooks say of a course's failures, the most frequent first."""
    found: Counter[tuple[str, str, str]] = Counter()
    for (row, reason, platform), count in facts.heard.items():
        if row in course.rows:
            found[row.code, reason, platform] += count
    return [
        Heard(
            f"{code}: {COMPANIES.get(platform, 'the push service')} says {reason}",
            facts.catalogue.entry(platform, code, reason),
            count,
        )
        for (code, reason, platform), count in found.most_common()
    ]


def agreed(course: Course, facts: Facts) -> Heard | None:
    """Return the one reason that webhooks report for a course; None if they report none, or several."""
    heard = _heard(course, facts)
    return heard[0] if len(heard) == 1 else None


def evidence(course: Course, facts: Facts) -> list[str]:
    """Return what webhooks add, one line per reason."""
    return [
        f"{each.words} (webhook), of {number(each.pushes)} of these {number(course.pushes)}."
        for each in _heard(course, facts)[:4]
    ]


def findings(facts: Facts) -> Iterator[Finding]:
    """Yield the findings about each webhook."""
    for name, status in facts.status.items():
        if not isinstance(status, WebhookStatus):
            continue
        yield from _unread(name, facts)
        if status.witness_for:
            yield from _disagreement(status, facts)
        elif name in facts.silent:
            yield Finding(
                key=f"failures-only:{name}",
                rank=weight.FAILURES_ONLY,
                title=f"{name} is a webhook without a log: it reports only failed pushes, so no share of accepted ones"
                " can be given. No failures may also mean that no calls arrive.",
                side="nobody",
                remedy="Alerts on numbers of failures work as they are. With push debugging (Step 7) mesibo reports"
                " accepted pushes as well; the log of mesibo on-premise has all of them.",
                steps=(6, 7),
            )


def _unread(name: str, facts: Facts) -> Iterator[Finding]:
    def count(*outcomes: str) -> int:
        return sum(facts.snapshot.counted(name, "webhook_events", each) for each in outcomes)

    read, unread = count("failure", "accepted"), count("no_code", "ambiguous", "unreadable")
    if unread and unread / (read + unread) > _UNREAD:
        yield Finding(
            key=f"webhook-unread:{name}",
            rank=weight.WEBHOOK_UNREAD_SOME if read else weight.WEBHOOK_UNREAD,
            title=f"{share(unread / (read + unread))} of the push events of the webhook {name} cannot be read"
            f" ({number(unread)}).",
            side="yours",
            remedy="See how they are built: below, or by `mesibo-logwatch doctor`. Name the paths of their fields in a"
            " file of your own (`webhook = {fields = …}`), with such an event as a sample; `mesibo-logwatch check`"
            " tries it.",
            steps=(6,),
            cause=f"Push events of the webhook {name} could not be read",
        )


def _disagreement(status: WebhookStatus, facts: Facts) -> Iterator[Finding]:
    """Compare a webhook's failures with its log's, in the part of the hour in which it listened and calls have come."""
    name, log = status.name, status.witness_for
    first, last = max(facts.now - HOUR, status.since), facts.now - SETTLED_SECONDS
    logged: Counter[str] = Counter()
    reported: Counter[str] = Counter()
    accepted = 0
    settled = [i for i, start in enumerate(facts.minutes.starts) if first <= start <= last]
    for row, series in facts.minutes.series.items():
        if row.source == log:
            count = sum(series.counts[i] for i in settled)
            if facts.catalogue.entry(*row.kind).class_ == "delivered":
                accepted += count
            else:
                logged[row.code] += count
    for minute, count in facts.witnessed.items():
        if minute.source == name and first <= minute.start <= last:
            reported[minute.code] += count
    more, less = reported - logged, logged - reported
    if more.total() >= max(_SHORT, _SHORT_SHARE * reported.total()):
        codes = ", ".join(f"{code}: {number(count)}" for code, count in more.most_common(4))
        where = f", where it has {number(accepted)} accepted ones" if accepted else ""
        yield Finding(
            key=f"witnesses-differ:{name}",
            rank=weight.WITNESSES_DIFFER,
            title=f"The webhook {name} reports {number(more.total())} failed pushes of the last hour that the log of"
            f" {log} does not have ({codes}){where}.",
            side="yours",
            remedy="Either lines of the log are missing or misread, or calls come from another mesibo as well. Compare"
            " the app (aid) of the events with the one on this host, look at what cannot be read below, and send a test"
            " push (Step 8).",
            evidence=(f"The log has {number(logged.total())} failures in the same time.",),
            steps=(6, 8),
            cause=f"The webhook {name} reported failed pushes that the log of {log} did not have",
        )
    elif logged.total() >= _ENOUGH and less.total() >= logged.total() / 2:
        yield Finding(
            key=f"witness-lacks:{name}",
            rank=weight.WITNESS_LACKS,
            title=f"The webhook {name} reported {number(reported.total())} of the {number(logged.total())} failed"
            f" pushes that the log of {log} has in the last hour.",
            side="yours",
            remedy='See that "Push Notification Results" is switched on for the webhook in mesibo\'s console (Step 6),'
            " that its address is this one, and that the host of mesibo can reach it: the service's journal tells of"
            " calls that were turned away. Counts rest on the log and are right.",
            steps=(6,),
            cause=f"The webhook {name} did not report the failed pushes of the log of {log}",
        )
