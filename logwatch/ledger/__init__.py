"""Keeps positions and counts in one SQLite file, changed by one transaction at a time."""

from logwatch.ledger.batch import Batch, CounterRow, ResultRow, ShapeRow, StoredFailure
from logwatch.ledger.snapshot import Snapshot, SourceRow
from logwatch.ledger.store import Ledger

__all__ = ["Batch", "CounterRow", "Ledger", "ResultRow", "ShapeRow", "Snapshot", "SourceRow", "StoredFailure"]
