"""Questions to the ledger beside its writer."""

import tempfile
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logwatch.ledger.batch import Batch, CounterRow, ShapeRow
from logwatch.ledger.reader import Filter, NotReadable, Reader
from logwatch.ledger.store import Ledger
from logwatch.ledger.waiting import StoredFailure
from logwatch.model import Rotation, Seen


def failure(at, code="903", user="", token="", reason="", platform="apns", app="1"):
    return StoredFailure(at, "mesibo", platform, code, reason, app, user, token)


@pytest.fixture
def ledger(tmp_path):
    opened = Ledger(tmp_path, clock=lambda: 1000.0)
    yield opened
    opened.close()


def store(ledger, *failures):
    batch = Batch(10_000)
    batch.count("mesibo", "lines")
    batch.fail(failures)
    assert ledger.commit(batch)
    return Reader(ledger.path)


def test_pages_go_through_all_failures_once_newest_first_while_new_ones_arrive(ledger):
    """Following the last place of each page meets every failure once, equal times included."""
    reader = store(ledger, *(failure(100.0 + i // 4, user=str(i)) for i in range(50)))
    seen, place = [], None
    while page := reader.failures(Filter(), 7, place):
        seen += [listed.failure.user for listed in page]
        place = page[-1].place
        store(ledger, failure(500.0, user="later"))
    assert seen == [str(i) for i in reversed(range(50))]


@pytest.mark.parametrize(
    ("wanted", "users"),
    [
        (Filter(code="903"), "ab"),
        (Filter(platform="fcm"), "cd"),
        (Filter(source="other"), ""),
        (Filter(reason="UNREGISTERED"), "c"),
        (Filter(kinds=(("fcm", "404", "UNREGISTERED"), ("apns", "903", ""))), "abc"),
        (Filter(kinds=()), ""),
        (Filter(text="TOK_c"), "c"),
        (Filter(text="%"), "d"),
        (Filter(text="unregis"), "c"),
        (Filter(text="' OR 1=1 --"), ""),
        (Filter(code="903", text="b"), "b"),
        (Filter(users=("a", "d", "x")), "ad"),
        (Filter(users=()), ""),
        (Filter(users=("a",), text="tok"), "ac"),
        (Filter(users=("a",), text="tok", code="404"), "c"),
        (Filter(since=2.0, until=4.0), "bc"),
        (Filter(since=4.5), ""),
    ],
    ids=str,
)
def test_filters_narrow_and_take_text_as_text(ledger, wanted, users):
    """Each filter gives its failures and no others; wildcards and quotes in a text stand for themselves."""
    reader = store(
        ledger,
        failure(1.0, user="a"),
        failure(2.0, user="b"),
        failure(3.0, "404", "c", "tok_c", "UNREGISTERED", "fcm"),
        failure(4.0, "404", "d", "50%", "", "fcm"),
    )
    found = [listed.failure.user for listed in reader.failures(wanted, 10)]
    assert "".join(sorted(found)) == users
    assert reader.count(wanted) == len(users)
    assert sum(len(page) for page in reader.every(wanted, 1)) == len(users)


def test_users_are_counted_by_address_or_else_by_token(ledger):
    """The most frequent come first, with their newest token; lines that name neither are nobody."""
    reader = store(
        ledger,
        *(failure(float(i), "914", "busy", f"t{i}") for i in range(5)),
        *(failure(float(i), "914", "", "only-token") for i in range(2)),
        failure(9.0, "914"),
        failure(9.0, "903", "busy"),
    )
    hits = reader.users([("apns", "914", "")], 10)
    assert [(hit.user, hit.token, hit.pushes, hit.last) for hit in hits] == [
        ("busy", "t4", 5, 4.0),
        ("", "only-token", 2, 1.0),
    ]


@pytest.mark.parametrize("times", [(1.0, 2.0, 3.0), (3.0, 2.0, 1.0), (2.0, 3.0, 1.0), (2.0, 1.0, 3.0), (3.0, 1.0, 2.0)])
def test_a_user_has_the_token_of_the_newest_failure_in_whatever_order_they_came(ledger, times):
    """A user's token is the newest failure's, even if a backlog or a webhook brings older failures later."""
    reader = store(ledger, *(failure(at, "914", "busy", f"t{at:.0f}") for at in times))
    (hit,) = reader.users([("apns", "914", "")], 10)
    assert (hit.token, hit.pushes, hit.first, hit.last) == ("t3", 3, 1.0, 3.0)


def test_shapes_come_newest_first(ledger):
    """Shapes are listed by when they were last seen, the newest first."""
    batch = Batch(1)
    batch.count("mesibo", "lines")
    batch.shape(ShapeRow("mesibo", "no_code", "old <str>"), 1.0)
    batch.shape(ShapeRow("mesibo", "grammar", "new <str>"), 2.0)
    batch.shape(ShapeRow("mesibo", "grammar", "new <str>"), 3.0)
    ledger.commit(batch)
    assert Reader(ledger.path).shapes(5) == [
        (ShapeRow("mesibo", "grammar", "new <str>"), Seen(2, 2.0, 3.0)),
        (ShapeRow("mesibo", "no_code", "old <str>"), Seen(1, 1.0, 1.0)),
    ]


def test_the_newest_rotations_of_each_source_are_kept(ledger):
    """A source that rotates all the time pushes out its own rotations only, and all of them are counted."""
    batch = Batch(1)
    batch.rotate(Rotation(1.0, "calm", "/\udcff.log", "replace", 1))
    assert ledger.commit(batch)
    for commit in range(3):
        batch = Batch(1)
        for i in range(15 * (commit + 1)):
            batch.rotate(Rotation(100.0 * commit + i, "busy", "/busy.log", "rename", 2))
        assert ledger.commit(batch)
    found = Reader(ledger.path).rotations()
    assert [each.at for each in found] == [*(244.0 - i for i in range(20)), 1.0]
    assert found[-1] == Rotation(1.0, "calm", "/\udcff.log", "replace", 1)
    assert ledger.snapshot.counters[CounterRow("busy", "rotations", "rename")] == 2 * (15 + 30 + 45)


def test_a_reader_never_holds_up_a_commit(ledger):
    """A commit succeeds between two steps of a running read, and does not change what that read sees."""
    reader = store(ledger, *(failure(float(i)) for i in range(1000)))
    with reader._asking() as db:
        rows = db.execute("SELECT id FROM failures ORDER BY id")
        rows.fetchone()
        store(ledger, failure(5000.0))
        assert ledger.failing == ""
        assert len(rows.fetchall()) == 999


@pytest.mark.parametrize("clock", ["thread_time", "monotonic"])
def test_a_question_that_takes_too_long_is_given_up(ledger, clock, monkeypatch):
    """A search has a deadline, in CPU and in time, so that a busy host answers late; its end is reported in words."""
    now = iter(range(0, 10**9, 10))
    store(ledger, *(failure(float(i), user="x" * 100) for i in range(5000)))
    clocks = {"thread_time": lambda: 0.0, "monotonic": lambda: 0.0} | {clock: lambda: next(now)}
    monkeypatch.setattr("logwatch.ledger.reader.time", SimpleNamespace(**clocks))
    with pytest.raises(NotReadable, match="narrow it"):
        Reader(ledger.path).count(Filter(text="y"))


def test_a_ledger_that_is_not_there_or_no_ledger_is_reported_and_not_made(tmp_path):
    """Reading neither creates nor changes a file."""
    with pytest.raises(NotReadable, match="unable to open"):
        Reader(tmp_path / "none.sqlite3").kinds()
    assert not list(tmp_path.iterdir())
    (tmp_path / "junk").write_bytes(b"junk" * 1000)
    with pytest.raises(NotReadable, match="not a database"):
        Reader(tmp_path / "junk").kinds()


def opened(path):
    """Return how many descriptors of this process lead to a file, wherever it was moved."""
    links = Path("/proc/self/fd").iterdir()
    return sum(link.exists() and link.samefile(path) for link in links)


def test_what_is_no_ledger_is_let_go_of_at_once(tmp_path, monkeypatch):
    """While the error is looked at, nobody has the file open that it tells of: no reader, and not who sets it aside."""
    (tmp_path / "ledger.sqlite3").write_bytes(b"junk" * 1000)
    with pytest.raises(NotReadable) as told:
        Reader(tmp_path / "ledger.sqlite3").kinds()
    assert told.value.__context__ is not None
    assert opened(tmp_path / "ledger.sqlite3") == 0
    junk, seen = (tmp_path / "ledger.sqlite3").read_bytes(), []

    class Log:
        def __getattr__(self, _level):
            return lambda *_, **__: seen.extend(opened(it) for it in tmp_path.iterdir() if it.read_bytes() == junk)

    monkeypatch.setattr("structlog.get_logger", Log)
    Ledger(tmp_path).close()
    assert set(seen) == {0}


def test_nothing_can_be_written_through_a_reader(ledger):
    """Its connection is read-only."""
    reader = store(ledger, failure(1.0))
    with pytest.raises(NotReadable, match="readonly"), reader._asking() as db:
        db.execute("DELETE FROM failures")
    assert reader.count(Filter()) == 1


FAILURES = st.builds(
    failure,
    st.sampled_from([-100.0, 100.0, 500.0, 999.0]),
    code=st.sampled_from(["403", "410", "903"]),
    reason=st.sampled_from(["", "Unregistered"]),
    platform=st.sampled_from(["apns", "fcm"]),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.lists(FAILURES, max_size=8), st.integers(0, 3)), max_size=8), st.integers(0, 6))
def test_kinds_are_counted_as_the_list_has_them_whatever_was_deleted(commits, keep):
    """Counts by kind agree with the list after failures are deleted as too many, too old, or all at once."""
    with tempfile.TemporaryDirectory() as directory:
        ledger = Ledger(Path(directory), keep=keep, retention_days=800 / 86400, clock=lambda: 1000.0)
        reader = Reader(ledger.path)
        for failures, passed_over in commits:
            batch = Batch(keep)
            batch.count("mesibo", "lines")
            batch.waiting.pass_over(passed_over)
            batch.fail(failures)
            assert ledger.commit(batch)
            listed = Counter((f.platform, f.code, f.reason) for _, f in reader.failures(Filter(), 100))
            assert reader.kinds() == listed
        ledger.close()
