"""What is written is OpenMetrics, and shows each increase where it was."""

import io
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from logwatch.catalogue import Catalogue
from logwatch.history import Tallies, write
from logwatch.history.openmetrics import MinuteRange, samples, spans_of
from logwatch.ledger.keys import ResultRow
from tests.helpers.scraping import Watched, snapshot
from tests.helpers.scraping import samples as scrape

CATALOGUE = Catalogue.load()
DAY = 24 * 60
OK = ResultRow("mesibo", "fcm", "200", "")
BUSY = ResultRow("mesibo", "apns", "429", "")
OURS = ResultRow("mesibo", "unknown", "914", "")


def written(added, **labels):
    with Tallies() as tallies:
        for row, minute, count in added:
            tallies.add(row, minute, count)
        file = io.StringIO()
        summary = write(file, tallies, CATALOGUE, labels)
    return file.getvalue(), summary


@pytest.mark.parametrize(
    ("minutes", "spans"),
    [
        ([], []),
        ([5], [MinuteRange(5, 5)]),
        ([5, 6, 5 + DAY], [MinuteRange(5, 5 + DAY)]),
        ([5, 6 + DAY], [MinuteRange(5, 5), MinuteRange(6 + DAY, 6 + DAY)]),
    ],
)
def test_logs_are_missing_where_nothing_was_logged_for_more_than_a_day(minutes, spans):
    """A day without a push is a quiet one, more is a gap."""
    assert list(spans_of(minutes)) == spans


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        ([(2, 5)], [(120, 0), (180, 5), (240, 5), (540 * DAY, 5), (540 * DAY + 60, 5)]),
        ([(1, 1), (3, 2)], [(60, 0), (120, 1), (180, 1), (240, 3), (540 * DAY, 3), (540 * DAY + 60, 3)]),
        ([(2, 1), (DAY * 9, 4)], [(120, 0), (180, 1), (240, 1), (540 * DAY, 1), (540 * DAY + 60, 5)]),
        ([(DAY * 9, 4)], [(540 * DAY, 0), (540 * DAY + 60, 4)]),
    ],
    ids=["first", "flat", "gap", "begins behind the gap"],
)
def test_a_counter_has_a_sample_for_each_minute(minutes, expected):
    """From the 0 before its first increase to the end of its source's logs, but for the gaps in them."""
    assert list(samples(iter(minutes), [MinuteRange(1, 3), MinuteRange(DAY * 9, DAY * 9)])) == expected


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.integers(0, 4000), st.integers(1, 9), min_size=1))
def test_the_increase_of_each_minute_is_what_was_logged_in_it(minutes):
    """``increase()`` over a minute is exactly what was logged in it, with or without gaps."""
    ordered = sorted(minutes.items())
    found = list(samples(iter(ordered), spans_of(minute for minute, _ in ordered)))
    assert [at for at, _ in found] == sorted({at for at, _ in found})
    increases = {before // 60: total - earlier for (before, earlier), (_, total) in itertools.pairwise(found)}
    assert {minute: count for minute, count in increases.items() if count} == minutes


def test_the_output_is_valid_openmetrics():
    """The reference parser, which is stricter than Prometheus, accepts groups, order, timestamps and end."""
    text, summary = written([(OK, 10, 7), (BUSY, 11, 2), (OURS, 12, 1), (OK, 12, 1)], cluster='a "b" \\ \n c')
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert text.endswith("\n# EOF\n")
    found = families["mesibo_push_results"].samples
    assert {sample.labels["cluster"] for sample in found} == {'a "b" \\ \n c'}
    assert [(float(s.timestamp), s.value) for s in found if s.labels["code"] == "200"] == [
        (600, 0), (660, 7), (720, 7), (780, 8),
    ]  # fmt: skip
    hits = families["mesibo_push_rate_limit_hits"].samples
    assert {s.labels["limiter"]: s.value for s in hits} == {"apns": 2, "mesibo": 1}
    assert (summary.series, summary.samples, summary.first, summary.last) == (5, len(found) + len(hits), 600, 780)


def test_its_series_are_those_of_the_metrics_page():
    """Same names, same labels: a query over both needs no case for either."""
    text, _ = written([(OK, 10, 7), (BUSY, 11, 2)])
    scraped = {(name, *(label for label, _ in labels)) for name, *labels in scrape(Watched(snapshot()))}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            assert (sample.name, *sorted(sample.labels)) in scraped
