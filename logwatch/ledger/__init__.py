"""Keeps positions and counts in one SQLite file, changed by one transaction at a time."""

from logwatch.ledger.batch import Batch, CounterRow, EventShapeRow, MinuteRow, ShapeRow, StoredFailure
from logwatch.ledger.buckets import MINUTE, QUARTER, WIDTHS, Bucket, Reading
from logwatch.ledger.directory import refusals
from logwatch.ledger.join import WitnessEvent
from logwatch.ledger.keys import ResultRow
from logwatch.ledger.reader import Filter, Hit, NotReadable, Reader
from logwatch.ledger.snapshot import Snapshot, SourceRow
from logwatch.ledger.store import Ledger

__all__ = [
    "MINUTE",
    "QUARTER",
    "WIDTHS",
    "Batch",
    "Bucket",
    "CounterRow",
    "EventShapeRow",
    "Filter",
    "Hit",
    "Ledger",
    "MinuteRow",
    "NotReadable",
    "Reader",
    "Reading",
    "ResultRow",
    "ShapeRow",
    "Snapshot",
    "SourceRow",
    "StoredFailure",
    "WitnessEvent",
    "refusals",
]
