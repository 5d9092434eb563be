"""Results over time: sums are exact, and memory and disk are bounded."""

import contextlib
import sqlite3

from hypothesis import given
from hypothesis import strategies as st

from logwatch.ledger import schema
from logwatch.ledger.batch import Batch
from logwatch.ledger.buckets import JUDGED, MINUTE, QUARTER, WIDTHS, oldest, spread
from logwatch.ledger.keys import ResultRow
from logwatch.ledger.reader import Reader
from logwatch.ledger.store import Ledger
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
    """A result of any age is divided among at most as many buckets as are kept."""
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
    assert parts == {width: (NOW // width * width, 5) for width in WIDTHS}


def test_a_result_without_a_time_counts_as_now():
    """A line that does not tell when it was written was written now."""
    assert {start for w, start, _ in spread(Seen(2), NOW) if w == MINUTE} == {NOW // 60 * 60}


def test_a_batch_that_waits_for_its_disk_for_days_keeps_only_what_is_shown():
    """Buckets of a batch do not grow with the time that a disk is away."""
    batch = Batch(1)
    rows = [ResultRow("mesibo", "fcm", str(code), "") for code in range(20)]
    for minute in range(3 * 1440):
        at = NOW + minute * 60
        for row in rows:
            batch.time(row, Seen(1, at, at), at)
    assert len(batch.buckets) < 20 * sum(kept // width + 1 for width, kept in WIDTHS.items()) * 3 + 5000


def test_unread_lines_are_kept_as_long_as_they_are_judged():
    """Of lines with the marker there are buckets of the last hour and day, and no others."""
    batch = Batch(1)
    batch.time(("mesibo", "no_code"), Seen(1, NOW, NOW), NOW)
    assert {each.seconds for each in batch.readings} == {MINUTE, QUARTER}


def test_each_width_is_kept_as_long_as_the_page_shows_it(tmp_path):
    """The ledger forgets what the page no longer shows: a month takes as many rows as there is room for."""
    now = NOW
    ledger = Ledger(tmp_path, clock=lambda: now)
    for day in range(32):
        batch = Batch(1)
        for _ in range(1440 if day in (0, 31) else 96):
            now += 60 if day in (0, 31) else 900
            batch.result(ROW, Seen(3, now, now))
            batch.time(ROW, Seen(3, now, now), now)
        assert ledger.commit(batch)
    reader = Reader(ledger.path)
    for width, kept in WIDTHS.items():
        assert len([*reader.counted(width, 0)]) == kept // width + 1
    assert {count for _, _, count, *_ in reader.counted(MINUTE, 0)} == {3}
    assert {count for _, _, count, *_ in [*reader.counted(QUARTER, 0)][1:-1]} == {45}
    ledger.close()


def test_an_older_ledger_shows_its_last_day_in_the_wide_buckets(tmp_path):
    """Charts of a week and a month show at once what an older program kept by quarters of an hour."""
    ledger = Ledger(tmp_path, clock=lambda: NOW)
    batch = Batch(1)
    for ago in range(0, 80_000, 600):
        batch.time(ROW, Seen(2, NOW - ago, NOW - ago), NOW)
        batch.result(ROW, Seen(2, NOW - ago, NOW - ago))
    assert ledger.commit(batch)
    ledger.close()
    before = next(number for number, script in enumerate(schema.MIGRATIONS) if "CREATE TABLE incidents" in script)
    newer = ledger.path.rename(tmp_path / "newer")
    with contextlib.closing(sqlite3.connect(ledger.path)) as db:
        db.executescript("".join(schema.MIGRATIONS[:before]) + f"PRAGMA user_version = {before}")
        db.execute("ATTACH ? AS newer", (str(newer),))
        for (table,) in db.execute("SELECT name FROM main.sqlite_schema WHERE type = 'table'").fetchall():
            columns = ", ".join(name for (name,) in db.execute("SELECT name FROM pragma_table_info(?)", (table,)))
            db.execute(f"INSERT OR REPLACE INTO main.{table} ({columns}) SELECT {columns} FROM newer.{table}")
        db.execute(f"DELETE FROM buckets WHERE seconds > {QUARTER}")
        db.commit()
    Ledger(tmp_path, clock=lambda: NOW).close()
    reader = Reader(ledger.path)
    for width in WIDTHS:
        found = reader.counted(width, int(NOW - 86400))
        if width != MINUTE:
            assert sum(count for _, _, count, *_ in found) == 268
    assert reader.incidents(0.0) == []


@given(
    st.lists(
        st.tuples(st.integers(1, 100), st.floats(-9000, 100), st.sampled_from([0.0, 0.5, 30.0, 61.0, 7000.0])),
        max_size=30,
    )
)
def test_results_that_are_put_together_by_the_minute_fill_the_same_buckets(chunks):
    """Each bucket of a batch has the sum of the shares of all chunks."""
    batch, apart = Batch(1), {}
    for count, last, length in chunks:
        seen = Seen(count, NOW + last - length, NOW + last)
        batch.time(ROW, seen, NOW)
        batch.time(("mesibo", ""), seen, NOW)
        for width, start, part in spread(seen, NOW):
            apart.setdefault((width, start), Seen()).add(part)
    assert {(b.seconds, b.start): seen for b, seen in batch.buckets.items()} == apart
    assert {(r.seconds, r.start): seen for r, seen in batch.readings.items()} == {
        key: seen for key, seen in apart.items() if key[0] in JUDGED
    }
