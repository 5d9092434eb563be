"""Results without a time are a finding, not a silence."""

from types import MappingProxyType

from logwatch.catalogue import Catalogue
from logwatch.diagnosis import dates
from logwatch.diagnosis.facts import Facts, Finding
from logwatch.ledger.batch import CounterRow
from logwatch.ledger.keys import ResultRow
from logwatch.ledger.snapshot import Snapshot
from logwatch.model import Seen, SourceStatus

UP = SourceStatus("m", up=True, files_followed=1, lag_bytes=0, caught_up=True,
                  problems=())  # fmt: skip


def found(undated: int, results: int) -> list[Finding]:
    snapshot = Snapshot(
        1.0,
        MappingProxyType({ResultRow("m", "fcm", "200", ""): Seen(results, None, None)}),
        MappingProxyType({CounterRow("m", "undated_lines", ""): undated}),
    )
    return list(dates.findings(Facts(1.0, Catalogue.load(), snapshot, {"m": UP})))


def test_results_without_a_time_are_reported_where_they_are_more_than_a_few():
    """How many, and what stands for their times."""
    (told,) = found(50, 100)
    assert "50 push results of m is unknown (50 %)" in told.title
    assert told.cause == "The time of push results of m was unknown"  # the incident has no number that changes
    assert found(0, 100) == []
    assert found(1, 1000) == []
