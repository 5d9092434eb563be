"""Timelines: what is read where a commit changed something is the same as what is read whole."""

import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logwatch.ledger.batch import Batch
from logwatch.ledger.buckets import WIDTHS
from logwatch.ledger.keys import ResultRow
from logwatch.ledger.reader import NotReadable, Reader, Timelines
from logwatch.ledger.store import Ledger
from logwatch.ledger.timeline import Changed
from logwatch.model import Seen

NOW = 1_763_806_500.0
ROWS = [ResultRow("mesibo", "fcm", "200", ""), ResultRow("mesibo", "apns", "903", ""), ResultRow("o", "fcm", "9", "")]


def commit(ledger, results, now):
    """Commit results: (row, seconds ago, seconds that they took, how many)."""
    batch = Batch(10)
    for row, ago, length, count in results:
        seen = Seen(count, now - ago - length, now - ago)
        batch.result(row, seen)
        batch.time(row, seen, now)
    assert ledger.commit(batch)


RESULTS = st.lists(
    st.tuples(st.sampled_from(ROWS), st.floats(0, 90_000), st.floats(0, 9000), st.integers(1, 500)), max_size=4
)


class Kept:
    """Buckets as a ledger has them, without a disk."""

    identity = (1, 1)

    def __init__(self):
        self.buckets = {}

    def commit(self, results, now):
        """Add results; return the intervals that have changed."""
        batch = Batch(10)
        for row, ago, length, count in results:
            batch.time(row, Seen(count, now - ago - length, now - ago), now)
        for bucket, seen in batch.buckets.items():
            self.buckets.setdefault(bucket, Seen()).add(seen)
        return batch.buckets

    def counted(self, width, since):
        for bucket, seen in self.buckets.items():
            if bucket.seconds == width and bucket.start >= since:
                yield bucket.start, bucket.row, seen.count, seen.first, seen.last


@settings(deadline=None)
@given(steps=st.lists(st.tuples(RESULTS, st.floats(-5000, 5000), st.booleans()), min_size=1, max_size=6))
def test_what_is_read_where_it_changed_is_what_is_read_whole(steps):
    """Late results, passing time, a clock set back, looks left out: a timeline never differs from the buckets."""
    now, kept, changed = NOW, Kept(), Changed()
    timelines = Timelines(kept)
    for results, passing, looks in steps:
        now += passing
        changed = changed.after(kept.commit(results, now), now)
        if looks:
            for width in WIDTHS:
                assert timelines.of(width, now, changed) == Timelines(kept).of(width, now, changed)


def test_results_of_other_sources_are_left_out():
    """Counts of a source that is no longer configured are kept, but not shown."""
    kept = Kept()
    timelines = Timelines(kept)
    changed = Changed().after(kept.commit([(row, 30, 10, 7) for row in ROWS], NOW), NOW)
    whole = timelines.of(60, NOW, changed)
    assert timelines.of(60, NOW, changed).among(("mesibo", "o", "new")) is whole
    mine = timelines.of(60, NOW, changed).among(("mesibo",))
    assert set(mine.totals()) == {ROWS[0], ROWS[1]}
    assert set(timelines.of(60, NOW, changed).among(("o",)).totals()) == {ROWS[2]}
    changed = changed.after(kept.commit([(ROWS[0], 5, 0, 1)], NOW), NOW)
    assert timelines.of(60, NOW, changed).among(("mesibo",)).totals()[ROWS[0]].count == 8


def test_results_come_in_the_order_of_the_ledger():
    """In an order of the process, codes that are equally frequent would give a finding another key after a restart."""
    rows = [ResultRow("m", "fcm", str(500 + n), "") for n in range(20)]
    kept = Kept()
    changed = Changed().after(kept.commit([(row, 30, 10, 7) for row in rows], NOW), NOW)
    assert list(Timelines(kept).of(60, NOW, changed).series) == rows


def test_where_nothing_changed_it_is_the_same_object(tmp_path):
    """What was made of it need not be made again; the next minute, and a result, are another one."""
    ledger = Ledger(tmp_path, clock=lambda: NOW)
    timelines = Timelines(Reader(ledger.path))
    commit(ledger, [(ROWS[0], 10, 5, 7)], NOW)
    first = timelines.of(60, NOW, ledger.snapshot.changed)
    ledger.commit(Batch(10))
    assert timelines.of(60, NOW + 0.5, ledger.snapshot.changed) is first
    assert timelines.of(60, NOW + 60, ledger.snapshot.changed) is not first
    before = timelines.of(3600, NOW, ledger.snapshot.changed)
    commit(ledger, [(ROWS[0], 10, 5, 7)], NOW)
    after = timelines.of(3600, NOW, ledger.snapshot.changed)
    assert [before.totals()[ROWS[0]].count, after.totals()[ROWS[0]].count] == [7, 14]
    ledger.close()


@settings(deadline=None)
@given(steps=st.lists(st.tuples(RESULTS, st.floats(0, 130)), min_size=2, max_size=6))
def test_a_timeline_that_is_brought_up_to_date_is_one_that_is_read_whole(steps):
    """After any commits and minutes; a result that has not come since is the same object."""
    now, kept, changed = NOW, Kept(), Changed()
    timelines = Timelines(kept)
    before = timelines.of(60, now, changed)
    for results, passing in steps:
        now += passing
        changed = changed.after(kept.commit(results, now), now)
        after = timelines.of(60, now, changed)
        assert after == Timelines(kept).of(60, now, changed)
        if after.starts == before.starts:
            came = {row for row, *_ in results}
            assert all(after.series[row] is before.series[row] for row in before.series if row not in came)
        before = after


def test_a_ledger_that_was_put_in_its_place_is_read_whole(tmp_path):
    """A timeline is read whole from another ledger, or after a clock was set back; a missing ledger is reported."""
    ledger = Ledger(tmp_path / "a", clock=lambda: NOW)
    other = Ledger(tmp_path / "b", clock=lambda: NOW)
    commit(ledger, [(ROWS[0], 10, 5, 7)], NOW)
    commit(other, [(ROWS[1], 10, 5, 3)], NOW)
    ledger.close()
    other.close()
    timelines = Timelines(Reader(ledger.path))
    changed = ledger.snapshot.changed
    assert list(timelines.of(60, NOW, changed).series) == [ROWS[0]]
    assert list(timelines.of(60, NOW - 86_400, changed).series) == []
    assert list(timelines.of(60, NOW, changed).series) == [ROWS[0]]
    shutil.move(other.path, ledger.path)
    assert list(timelines.of(60, NOW, changed).series) == [ROWS[1]]
    ledger.path.unlink()
    with pytest.raises(NotReadable):
        timelines.of(60, NOW, changed)


def test_a_clock_that_jumps_by_years_costs_the_kept_span_and_no_more():
    """A host that starts in 1970 and is set later: nobody asks for the intervals of the decades between."""

    class Asked(Kept):
        def counted(self, width, since):
            asked.append(since)
            return super().counted(width, since)

    asked, timelines = [], Timelines(kept := Asked())
    for now in (NOW - 3 * 365 * 86_400, NOW):
        changed = Changed().after(kept.commit([(ROWS[0], 10, 5, 7)], now), now)
        assert timelines.of(60, now, changed) == Timelines(kept).of(60, now, changed)
    assert min(asked[-2:]) >= NOW - WIDTHS[60]
