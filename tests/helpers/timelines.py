"""Timelines from buckets, as tests write them down."""

from logwatch.ledger.timeline import Timeline, kept_starts
from logwatch.model import Seen


def timeline(width, now, buckets):
    """Return the timeline of the span that ends at ``now``; buckets of other widths are left out."""
    sums = {}
    for bucket, seen in buckets:
        if bucket.seconds == width:
            sums.setdefault(bucket, Seen()).add(seen)
    counted = [
        (b.start, b.row, s.count, b.start if s.first is None else s.first, s.last or b.start) for b, s in sums.items()
    ]
    return Timeline(width).after(now, kept_starts(width, now), counted)
