"""Keeps positions and counts in one SQLite file, changed by one transaction at a time."""

from logwatch.ledger.batch import Batch, CounterRow, EventShapeRow, MinuteRow, ShapeRow, StoredFailure
from logwatch.ledger.buckets import HOURLY, MINUTE, QUARTER, SIX_HOURS, WIDTHS, Bucket, Reading
from logwatch.ledger.directory import refusals
from logwatch.ledger.incidents import Incident, Person
from logwatch.ledger.join import WitnessEvent
from logwatch.ledger.keys import ResultRow
from logwatch.ledger.reader import Filter, Hit, NotReadable, Reader
from logwatch.ledger.snapshot import Snapshot, SourceRow
from logwatch.ledger.store import Ledger
from logwatch.ledger.timeline import Timeline, Timelines

__all__ = [
    "HOURLY",
    "MINUTE",
    "QUARTER",
    "SIX_HOURS",
    "WIDTHS",
    "Batch",
    "Bucket",
    "CounterRow",
    "EventShapeRow",
    "Filter",
    "Hit",
    "Incident",
    "Ledger",
    "MinuteRow",
    "NotReadable",
    "Person",
    "Reader",
    "Reading",
    "ResultRow",
    "ShapeRow",
    "Snapshot",
    "SourceRow",
    "StoredFailure",
    "Timeline",
    "Timelines",
    "WitnessEvent",
    "refusals",
]
