"""Results over time: sums are exact, and memory and disk are bounded."""

from hypothesis import given
from hypothesis import strategies as st

from logwatch.ledger import MINUTE, QUARTER, WIDTHS, Batch, Ledger, ResultRow
from logwatch.ledger.buckets import oldest, spread
from logwatch.ledger.reader import Reader
from logwatch.model import Seen

NOW = 1_763_806_500.0
ROW = ResultRow("mesibo", "fcm", "200", "")


@given(
    count=st.integers(1, 10_000),
    last=st.floats(-3500, 0),
    length=st.floats(0, 3500),
)
def test_what_lies_within_the_kept_span_is_divided_without_loss(count, last, length):
    """Shares of a result within the last hour add up to it, lie in their buckets, and begin and end where it did."""
    last = NOW + last
    first = max(last - length, NOW - 3500)
    parts = list(spread(Seen(count, first, last), NOW))
    for width in WIDTHS:
        mine = [(start, seen) for w, start, seen in parts if w == width]
        assert sum(seen.count for _, seen in mine) == count
        assert all(start <= seen.first <= seen.last <= start + width for start, seen in mine)
        assert mine[0][1].first == first
        assert all(start % width == 0 for start, _ in mine)


@given(count=st.integers(1, 10_000), ago=st.floats(0, 1e7), length=st.floats(0, 1e7))
def test_shares_are_never_made_for_spans_that_nobody_keeps(count, ago, length):
    """Whatever its age, a result takes at most as many buckets as are kept."""
    last = NOW - ago
    parts = list(spread(Seen(count, last - length, last), NOW))
    for width, kept in WIDTHS.items():
        mine = [start for w, start, _ in parts if w == width]
        assert len(mine) <= kept // width + 2
        assert all(start >= oldest(width, NOW) for start in mine)
    assert sum(seen.count for w, _, seen in parts if w == MINUTE) <= count


def test_a_stamp_ahead_of_the_clock_counts_as_now():
    """A wrong clock or zone cannot hide results in the future."""
    parts = {w: (start, seen.count) for w, start, seen in spread(Seen(5, NOW + 7200, NOW + 7300), NOW)}
    assert parts == {MINUTE: (NOW // 60 * 60, 5), QUARTER: (NOW // 900 * 900, 5)}


def test_a_result_without_a_time_counts_as_now():
    """A line that does not tell when it was written was written now."""
    assert {start for w, start, _ in spread(Seen(2), NOW) if w == MINUTE} == {NOW // 60 * 60}


def test_a_batch_that_waits_for_its_disk_for_days_keeps_only_the_last_day():
    """Buckets of a batch do not grow with the time that a disk is away."""
    batch = Batch(1)
    rows = [ResultRow("mesibo", "fcm", str(code), "") for code in range(20)]
    for minute in range(3 * 1440):
        at = NOW + minute * 60
        for row in rows:
            batch.time(row, Seen(1, at, at), at)
    assert len(batch.buckets) < 20 * (61 + 97) * 3 + 5000


def test_buckets_are_kept_for_an_hour_by_minute_and_a_day_by_quarter(tmp_path):
    """The ledger forgets what the page no longer shows."""
    now = NOW
    ledger = Ledger(tmp_path, clock=lambda: now)
    for _ in range(26 * 60):
        now += 60
        batch = Batch(1)
        batch.result(ROW, Seen(3, now, now))
        batch.time(ROW, Seen(3, now, now), now)
        assert ledger.commit(batch)
    reader = Reader(ledger.path)
    minutes, quarters = reader.buckets(MINUTE, 0), reader.buckets(QUARTER, 0)
    assert len(minutes) == 61
    assert len(quarters) == 97
    assert {seen.count for _, seen in minutes} == {3}
    assert {seen.count for _, seen in quarters[1:-1]} == {45}
    ledger.close()
