"""Check a webhook: whether events come, how they are built, and whether they can be read."""

from collections.abc import Iterator
from pathlib import Path

from logwatch.config import Config, Source
from logwatch.doctor.check import Check, ok, skipped, warning
from logwatch.ledger.reader import NotReadable, Reader
from logwatch.moments import iso
from logwatch.words import many

_SHOWN = 100


def rows(config: Config, source: Source) -> Iterator[Check]:
    """Yield the rows of one webhook; the shape of the first event shows what mesibo really sends."""
    name = f"webhook {source.name}"
    try:
        reader = Reader.of_state(Path(config.state.directory))
        shapes = reader.event_shapes(_SHOWN) if reader else []
    except NotReadable as why:
        yield skipped(f"{name}: events", f"the ledger cannot be read: {why}", "start the service, run this as its user")
        return
    mine = [(row, seen) for row, seen in shapes if row.source == source.name]
    if not mine:
        yield warning(
            f"{name}: events",
            "no push event has come yet",
            'switch on "Push Notification Results" for the webhook in mesibo\'s console (Step 6), with an address that'
            " mesibo's host can reach; the daemon's own log shows the calls that were turned away",
        )
        return
    row, seen = min(mine, key=lambda each: each[1].first or 0.0)
    yield ok(f"{name}: events", f"the first one came at {iso(seen.first)} and is built like {row.shape}")
    unread = [row for row, _ in mine if row.cause]
    if unread:
        yield warning(
            f"{name}: readable",
            f"{len(unread)} of {many(len(mine), 'shape', 'shapes')} cannot be read; the first, {unread[0].cause}:"
            f" {unread[0].shape}",
            "name the paths of code, reason, user and token in a file of your own (webhook.fields), with such an event"
            " as a sample, then `mesibo-logwatch check`",
        )
    else:
        yield ok(f"{name}: readable", f"{many(len(mine), 'shape', 'shapes')} of events, and all are read")
