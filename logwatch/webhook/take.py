"""Add what a call reports to a batch: beside a log as a witness, without one as results of a source of its own."""

from collections.abc import Callable, Container

from logwatch.catalogue import Catalogue
from logwatch.ledger.batch import Batch, EventShapeRow
from logwatch.ledger.join import WitnessEvent
from logwatch.ledger.keys import ResultRow
from logwatch.ledger.waiting import StoredFailure
from logwatch.model import Call, ResultKey, Seen
from logwatch.privacy import Privacy

OUTCOMES = ("failure", "accepted", "repeated", "other_type", "no_code", "ambiguous", "unreadable")
"""What became of events: the first two were taken, one that had been taken before is repeated, the others are no
results: of another type, or not understood."""


def take(
    batch: Batch,
    source: str,
    call: Call,
    *,
    witness_for: str,
    known: Container[tuple[int, int]],
    catalogue: Catalogue,
    privacy: Privacy,
    row: Callable[[str, ResultKey], ResultRow],
    now: float,
) -> None:
    """Add every event whose key is not ``known``; ``row`` returns the labels under which a result is counted."""
    for event in call.events:
        if event.key is not None:
            if event.key in known or event.key in batch.keys:
                batch.count(source, "webhook_events", "repeated")
                continue
            batch.keys[event.key] = now
        at = now if event.at is None else min(event.at, now)
        listed = next(filter(None, (catalogue.reason(event.platform, event.code, each) for each in event.reasons)), "")
        counted = row(source, ResultKey(event.platform, event.code, listed))
        accepted = catalogue.classify(event.platform, event.code).class_ == "delivered"
        batch.count(source, "webhook_events", "accepted" if accepted else "failure")
        seen = Seen(1, at, at)
        if not witness_for:
            batch.result(counted, seen)
            batch.time(counted, seen, now)
        if accepted:
            continue
        app, token = privacy.app(event.app), privacy.token(event.token)
        user, uid = privacy.user(event.user or event.uid), privacy.user(event.uid)
        if witness_for:
            batch.witness(counted, seen, now)
            reason = listed or (event.reasons[0] if event.reasons else "")
            batch.events.append(
                WitnessEvent(
                    at=at,
                    source=source,
                    witness_for=witness_for,
                    platform=event.platform,
                    code=str(event.code),
                    reason=reason,
                    app=app,
                    user=user,
                    uid=uid,
                    token=token,
                    dated=event.at is not None,
                )
            )
        else:
            batch.fail([StoredFailure(at, source, event.platform, str(event.code), listed, app, user, token)])
    again = call.key in known or call.key in batch.keys
    if call.key is not None:
        batch.keys.setdefault(call.key, now)
    for outcome, amount in call.outcomes.items():
        batch.count(source, "webhook_events", "repeated" if again else outcome, amount)
    for cause, shape in call.shapes:
        batch.event_shape(EventShapeRow(source, cause, shape), now)
    batch.last_line_at[source] = now
