"""Charts: every push is drawn where it belongs, on one scale, with its numbers in words."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatch.catalogue import Catalogue
from logwatch.ledger.buckets import WIDTHS, Bucket, oldest
from logwatch.ledger.incidents import Incident
from logwatch.ledger.keys import ResultRow
from logwatch.model import Seen
from logwatch.web.charts import SPANS, Column, charts, course, span_for, tally
from tests.helpers.timelines import timeline

NOW = 1_763_806_500.0  # 22 November 2025, 10:15 UTC
CATALOGUE = Catalogue.load()
ROWS = [
    ResultRow("m", "apns", "200", ""),
    ResultRow("m", "apns", "903", ""),
    ResultRow("m", "fcm", "200", ""),
    ResultRow("m", "fcm", "404", "UNREGISTERED"),
    ResultRow("n", "unknown", "0", ""),
]
ACCEPTED, EXPIRED = ROWS[:2]


def timeline_of(span, counts):
    """Return the timeline of ``counts``: (row, intervals ago, count)."""
    width = SPANS[span].width
    end = int(NOW // width) * width
    return timeline(
        width, NOW, [(Bucket(width, end - ago * width, row), Seen(count, NOW, NOW)) for row, ago, count in counts]
    )


def drawn(span, *counts, incidents=()):
    return charts(tally(timeline_of(span, counts), CATALOGUE), SPANS[span], NOW, incidents).each


def rectangles(path):
    found = re.findall(r"M([\d.]+) ([\d.]+)h8v([\d.]+)h-8z", path)
    assert path == "".join(f"M{x} {y}h8v{h}h-8z" for x, y, h in found)
    return [tuple(map(float, each)) for each in found]


@pytest.mark.parametrize("span", SPANS)
@given(
    counts=st.lists(
        st.tuples(st.sampled_from(ROWS), st.integers(0, 59), st.integers(1, 10_000)), min_size=1, max_size=40
    )
)
def test_every_push_is_in_a_column_and_every_bar_in_its_box(span, counts):
    """Sums of the charts and of what has none are sums of the buckets; no bar leaves the plot or the columns."""
    counted = tally(timeline_of(span, counts), CATALOGUE)
    found = charts(counted, SPANS[span], NOW)
    assert found.untold + sum(each.pushes for each in found.each) == sum(count for _, _, count in counts)
    for each in found.each:
        assert len(each.columns) == WIDTHS[SPANS[span].width] // SPANS[span].width
        for bars in each.bars:
            for x, y, height in rectangles(bars.path):
                assert 0 <= x <= each.width - 9
                assert -0.06 <= y <= y + height <= 100.06
        assert all(0 <= line.at <= 100 for line in (*each.grid, *each.ticks))
        assert len(each.grid) <= 6
    told = course(counted, SPANS[span], NOW)
    assert sum(sum(v for k, v in each.items() if k != "at") for each in told) == sum(count for _, _, count in counts)


def test_what_is_kept_is_what_is_shown():
    """Each column has its bucket: the oldest one shown is one that the ledger still keeps."""
    for span in SPANS.values():
        (chart,) = drawn(span.name, (ACCEPTED, 0, 1))
        assert chart.columns[0].start >= oldest(span.width, NOW)
        assert chart.columns[-1].start <= NOW < chart.columns[-1].start + span.width


def test_accepted_and_failed_share_one_scale():
    """Equal numbers of accepted and failed pushes have bars of equal height."""
    (chart,) = drawn("hour", (ACCEPTED, 30, 20), (EXPIRED, 3, 20))
    assert chart.axis == 50
    bars = {each.name: rectangles(each.path) for each in chart.bars}
    assert bars == {"delivered": [(291, 0, 50)], "credential": [(561, 50, 50)]}
    assert [(line.at, line.label) for line in chart.grid] == [(0, "20"), (25, "10"), (75, "10"), (100, "20")]


def test_one_failure_among_thousands_can_be_seen():
    """It is never thinner than what can be seen."""
    (chart,) = drawn("hour", (ACCEPTED, 3, 100_000), (EXPIRED, 3, 1))
    assert rectangles(chart.bars[1].path)[0][2] > 1


def test_kinds_of_failures_lie_below_each_other():
    """In one column each class begins where the one before it ends, from the axis down."""
    network = ResultRow("m", "apns", "0", "")
    (chart,) = drawn("hour", (EXPIRED, 3, 10), (network, 3, 20), (ResultRow("m", "apns", "410", "Unregistered"), 3, 20))
    assert [bar.name for bar in chart.bars] == ["credential", "network", "token"]
    assert [rectangles(bar.path)[0][1:] for bar in chart.bars] == [(0, 20), (20, 40), (60, 40)]


@pytest.mark.parametrize(
    ("span", "first"), [("hour", "09:30"), ("day", "12:00"), ("week", "16 Nov"), ("month", "30 Oct")]
)
def test_a_time_is_written_where_its_column_begins(span, first):
    """Hours of a day, and days of a week or a month, stand at the left edge of the interval that begins then."""
    (chart,) = drawn(span, (ACCEPTED, 1, 1))
    assert chart.ticks[0].label == first
    places = {column.start: 100 * i / len(chart.columns) for i, column in enumerate(chart.columns)}
    assert [tick.at for tick in chart.ticks] == [pytest.approx(places[tick.moment], abs=0.01) for tick in chart.ticks]


def test_each_platform_has_its_own_chart():
    """An expired certificate shows in iOS' chart; Android's accepted pushes do not hide it."""
    apns, fcm = drawn("hour", (EXPIRED, 3, 5), (ROWS[2], 3, 50))
    assert (apns.title, apns.summary) == ("iOS", "0 accepted, 5 failed")
    assert (fcm.title, fcm.summary) == ("Android", "50 accepted, 0 failed")


def test_a_few_pushes_of_no_platform_get_no_chart():
    """They are counted in a sentence; where they are many, they have a chart."""
    few = ((ACCEPTED, 1, 99), (ROWS[4], 1, 1))
    assert [each.platform for each in drawn("hour", *few)] == ["apns"]
    assert charts(tally(timeline_of("hour", few), CATALOGUE), SPANS["hour"], NOW).untold == 1
    assert [each.platform for each in drawn("hour", (ACCEPTED, 1, 9), (ROWS[4], 1, 1))] == ["apns", "unknown"]


@pytest.mark.parametrize(
    ("span", "label"),
    [("hour", "10:12"), ("day", "09:30 to 09:45"), ("week", "22 Nov, 07:00 to 08:00"),
     ("month", "21 Nov, 12:00 to 18:00")],
)  # fmt: skip
def test_an_interval_is_described_in_words(span, label):
    """When, how many, and why they failed."""
    (chart,) = drawn(span, (ACCEPTED, 3, 1200), (EXPIRED, 3, 2))
    assert chart.columns[-4].text == f"{label}: 1,200 accepted, 2 failed (2 credential)"
    assert chart.columns[-5].text.endswith(": no push")


def incident(began, ended=None, rows=(EXPIRED,)):
    return Incident("key", "critical", "Expired", "yours", rows, NOW - began, NOW, ended and NOW - ended, 5)


def test_a_mark_stands_where_an_incident_began():
    """In the chart of its platform, or in all where it is about none; as long as it took; not where it began before."""
    apns, fcm = drawn(
        "hour", (ACCEPTED, 1, 1), (ROWS[2], 1, 1),
        incidents=[incident(1800), incident(2700, 900, ()), incident(4000)],
    )  # fmt: skip
    assert [(mark.label, mark.length) for mark in apns.marks] == [("2", 50.0), ("1", 51.67)]
    assert [mark.label for mark in fcm.marks] == ["2"]
    start, end = apns.columns[0].start, apns.columns[-1].start + 60
    assert apns.marks[1].began == pytest.approx(100 * (NOW - 1800 - start) / (end - start), abs=0.01)


def test_marks_that_begin_together_hide_no_label():
    """Of two incidents of one minute, or that lie close to each other, both numbers can be read."""
    begun = [incident(300), incident(1800), incident(1801), incident(2700)]
    (chart,) = drawn("hour", (ACCEPTED, 1, 1), incidents=begun)
    assert [label for _, label in chart.labels] == ["4", "3 2", "1"]
    assert [at for at, _ in chart.labels] == [mark.began for mark in chart.marks if mark.label != "2"]


def test_of_many_incidents_the_newest_are_marked():
    """A month of trouble is no forest of marks."""
    (chart,) = drawn("day", (ACCEPTED, 1, 1), incidents=[incident(600 * n) for n in range(1, 30)])
    assert [mark.label for mark in chart.marks] == ["4", "3", "2", "1"]


@pytest.mark.parametrize(
    ("asked", "ago", "span"),
    [("", None, "hour"), ("", 60, "hour"), ("", 4000, "day"), ("", 90_000, "week"), ("", 700_000, "month"),
     ("", 9e9, "month"), ("week", 60, "week"), ("bogus", 60, "hour")],
)  # fmt: skip
def test_unasked_the_charts_show_where_it_began(asked, ago, span):
    """The shortest span that holds the begin of what is wrong now, unless somebody chose another one."""
    assert span_for(asked, NOW, None if ago is None else NOW - ago).name == span


def test_an_interval_without_failures_gives_no_reasons():
    """Nothing stands in brackets."""
    assert Column(0, "10:00", (("delivered", 3),)).text == "10:00: 3 accepted, 0 failed"
