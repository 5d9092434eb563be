"""The one commit point, against everything a disk can do."""

import contextlib
import errno
import hashlib
import itertools
import os
import re
import shutil
import sqlite3
import tempfile
from contextlib import nullcontext as nothing
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logwatch.errors import StateError
from logwatch.ledger import directory, schema
from logwatch.ledger.batch import Batch, CounterRow, ShapeRow
from logwatch.ledger.directory import refusals
from logwatch.ledger.keys import ResultRow
from logwatch.ledger.reader import Filter, NotReadable, Reader
from logwatch.ledger.rows import SHAPES_KEPT
from logwatch.ledger.store import Ledger, connect
from logwatch.ledger.waiting import StoredFailure
from logwatch.model import JournalPosition, Position, Rotation, Seen

ROW = ResultRow("mesibo", "fcm", "903", "")
LINES = CounterRow("mesibo", "lines", "")


def batch(count=1, generation=1, offset=100):
    made = Batch(10)
    made.result(ROW, Seen(count, 1000.0, 1000.0 + count))
    made.count("mesibo", "lines", amount=count)
    made.move(Position(generation, "mesibo", "/var/log/m.log", 1, 2**64 - 1, 4, b"h", offset, 4, b"t", offset, "live"))
    return made


def error(code, text):
    made = sqlite3.OperationalError(text)
    made.sqlite_errorcode = code
    return made


FULL = error(sqlite3.SQLITE_FULL, "database or disk is full")
BROKEN = error(sqlite3.SQLITE_IOERR, "disk I/O error")
READ_ONLY = error(sqlite3.SQLITE_READONLY, "attempt to write a readonly database")
BUSY = error(sqlite3.SQLITE_BUSY, "database is locked")
DAMAGED = error(sqlite3.SQLITE_CORRUPT, "database disk image is malformed")


class Disk:
    """Opens connections whose statements fail on demand: before they are carried out, or only in what they say."""

    def __init__(self):
        self.fault = None
        self.countdown = 0
        self.after = False

    def fail(self, fault, statements=0, *, after=False):
        self.fault, self.countdown, self.after = fault, statements, after

    def connect(self, path):
        disk = self

        class Connection(sqlite3.Connection):
            def execute(self, sql, *args):
                # Faults are what is tried here, not power cuts: without flushes the same takes half the time
                sql = sql.replace("synchronous = FULL", "synchronous = OFF")
                if sql == "ROLLBACK" or disk.fault is None:
                    return super().execute(sql, *args)
                if disk.countdown:
                    disk.countdown -= 1
                    return super().execute(sql, *args)
                fault, disk.fault = disk.fault, None
                if disk.after:
                    super().execute(sql, *args)
                raise fault

            def executemany(self, sql, rows):
                for row in rows:
                    self.execute(sql, row)

        return sqlite3.connect(path, timeout=0.01, isolation_level=None, factory=Connection, check_same_thread=False)


def reopen(ledger):
    """End, and begin as the next start does, with the same object: the fixture closes it."""
    ledger.close()
    ledger.__init__(ledger.path.parent)


@pytest.fixture
def disk():
    return Disk()


@pytest.fixture
def ledger(tmp_path, disk):
    opened = Ledger(tmp_path / "state", connect=disk.connect)
    yield opened
    opened.close()


def test_a_committed_batch_is_there_after_a_restart(tmp_path):
    """Counts, positions and failures come back as they were committed."""
    ledger = Ledger(tmp_path)
    made = batch(3)
    made.fail([StoredFailure(1.0, "mesibo", "fcm", "903", "", "1", "u", "t")])
    assert ledger.commit(made)
    ledger.close()
    again = Ledger(tmp_path)
    assert again.snapshot.results == {ROW: Seen(3, 1000.0, 1003.0)}
    assert again.snapshot.counters == {LINES: 3}
    assert again.positions == made.positions
    assert again.generation == 1
    assert again.key == ledger.key
    again.close()


@pytest.mark.parametrize("code", ["-1", "-999999", "0", "other"])
def test_a_code_that_a_line_may_have_is_no_damage(tmp_path, code):
    """A code below 0, and the label of those beyond the limit, are there after a restart."""
    ledger = Ledger(tmp_path)
    made = batch(3)
    made.result(ROW._replace(code=code), Seen(3, 1000.0, 1003.0))
    made.fail([StoredFailure(1.0, "mesibo", "fcm", code, "", "1", "u", "t")])
    assert ledger.commit(made)
    ledger.close()
    again = Ledger(tmp_path)
    assert not again.lost_state
    assert again.snapshot.results[ROW._replace(code=code)].count == 3
    again.close()


def test_a_time_ahead_of_the_clock_gives_way_to_what_comes_later(tmp_path):
    """After a clock or a zone was set right, the newest result is newest again, in memory and on disk."""
    clock = iter([9000.0, *[2000.0] * 9])
    ledger = Ledger(tmp_path, clock=clock.__next__)
    for at in (8000.0, 1500.0, None, 1400.0):
        made = Batch(10)
        made.result(ROW, Seen(1, at, at))
        made.last_line_at["mesibo"] = 1.0
        if at is not None:
            made.witnessed[ROW] = Seen(1, at, at)
            made.logged_at["mesibo"] = at
        assert ledger.commit(made)
    shown = ledger.snapshot
    assert shown.results == {ROW: Seen(4, 1400.0, 1500.0)}
    assert shown.witnessed == {ROW: Seen(3, 1400.0, 1500.0)}
    assert shown.sources["mesibo"].logged_at == 1500.0
    ledger.close()
    again = Ledger(tmp_path)
    for kept in ("results", "witnessed", "sources"):
        assert getattr(again.snapshot, kept) == getattr(shown, kept)
    again.close()


def test_a_commit_is_flushed_before_it_is_shown(tmp_path):
    """The write-ahead log is synchronised at each commit (FULL), so a power loss takes nothing that was shown."""
    ledger = Ledger(tmp_path)
    assert ledger._db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert ledger._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    ledger.close()


def test_the_snapshot_is_swapped_only_after_the_commit(ledger, disk):
    """A number that is not on disk is never visible."""
    disk.fail(FULL, 3)
    ledger.commit(batch())
    assert ledger.snapshot.results == {}
    assert ledger.failing == "database or disk is full"


@pytest.mark.parametrize("fault", [FULL, BROKEN, READ_ONLY, BUSY], ids=["ENOSPC", "EIO", "EROFS", "SQLITE_BUSY"])
@pytest.mark.parametrize("after", [False, True], ids=["not carried out", "carried out but reported as failed"])
def test_a_failing_commit_loses_and_doubles_nothing_wherever_it_fails(tmp_path, fault, after):
    """A fault at any statement, carried out or not, leaves every batch counted exactly once."""
    for statement in itertools.count():
        disk = Disk()
        ledger = Ledger(tmp_path / str(statement), connect=disk.connect)
        assert ledger.commit(batch(1, offset=10))
        disk.fail(fault, statement, after=after)
        assert ledger.commit(batch(2, offset=20)), "a failed batch is kept by the ledger"
        reached = disk.fault is None
        disk.fault = None
        assert bool(ledger.failing) == reached
        assert ledger.commit(batch(4, offset=30))
        assert ledger.snapshot.counters == {LINES: 7}
        assert ledger.failing == ""
        ledger.close()
        again = Ledger(tmp_path / str(statement))
        assert again.snapshot.counters == {LINES: 7}
        assert again.snapshot.results[ROW].count == 7
        assert again.positions[1].offset == 30
        again.close()
        if not reached:
            assert statement > 5, "the fault has visited every statement of a commit"
            return


def test_while_a_commit_keeps_failing_the_caller_keeps_its_batch(ledger, disk):
    """Only one batch waits in the ledger; the next is refused until that one is on disk."""
    disk.fail(FULL)
    assert ledger.commit(batch(1))
    disk.fail(FULL)
    assert not ledger.commit(batch(2)), "the caller goes on filling it"
    assert ledger.commit(batch(2))
    assert ledger.snapshot.counters == {LINES: 3}


def test_a_ledger_damaged_while_running_is_set_aside_and_written_anew_from_memory(tmp_path, ledger, disk):
    """If a commit finds damage, a new ledger gets all numbers from memory, and the old one is kept."""
    ledger.commit(batch(5))
    disk.fail(DAMAGED, 2)
    ledger.commit(batch(2))
    disk.fail(DAMAGED, 2)
    ledger.commit(Batch(10))
    assert ledger.commit(Batch(10))
    assert ledger.snapshot.counters == {LINES: 7}
    assert len(list((tmp_path / "state").glob("ledger.sqlite3.damaged-*[0-9]Z"))) == 1
    reopen(ledger)
    assert ledger.snapshot.counters == {LINES: 7}
    assert not ledger.lost_state


@pytest.mark.parametrize("life", ["a start", "a commit"])
def test_a_page_that_cannot_be_read_once_costs_nothing(tmp_path, life):
    """SQLite calls a ledger damaged where a read fails, whichever it is: it is looked at once more, and none is new."""
    for statement in itertools.count():
        state, disk = tmp_path / str(statement), Disk()
        ledger = Ledger(state, connect=disk.connect)
        made = batch(5, offset=10)
        made.fail([StoredFailure(1.0, "mesibo", "fcm", "903", "", "", "u", "", "")])
        ledger.commit(made)
        if life == "a start":
            ledger.close()
        disk.fail(DAMAGED, statement)
        if life == "a start":
            ledger.__init__(state, connect=disk.connect)
        ledger.commit(batch(2, offset=20))
        reached, disk.fault = disk.fault is None, None
        assert ledger.commit(Batch(10))
        assert (ledger.failing, ledger.lost_state) == ("", False)
        assert ledger.snapshot.counters == {LINES: 7}
        assert Reader(ledger.path).newest_failure() == 1
        assert not list(state.glob("*damaged*"))
        ledger.close()
        if not reached:
            assert statement > 5, "the fault has visited every statement"
            return


@pytest.mark.parametrize("fault", [BROKEN, error(sqlite3.SQLITE_CANTOPEN, "unable to open database file")])
def test_a_rebuilt_ledger_that_cannot_be_opened_for_now_is_kept(tmp_path, ledger, disk, monkeypatch, fault):
    """After a crash amid its replacement it may be all that there is: the start ends, and a later one takes it."""
    ledger.commit(batch(5))
    directory.remove(ledger.path)
    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "_replace", lambda *_: (_ for _ in ()).throw(OSError("killed here")))
        ledger.commit(Batch(10))
        ledger.commit(batch(2))
    ledger.close()
    disk.fail(fault)
    with pytest.raises(StateError, match="can be neither opened nor copied"):
        ledger.__init__(tmp_path / "state", connect=disk.connect)
    ledger.__init__(tmp_path / "state")
    assert ledger.snapshot.counters == {LINES: 5}


def test_a_rebuilt_ledger_that_a_crash_left_without_a_table_is_removed(tmp_path, ledger):
    """The ledger that it should have replaced is still there."""
    ledger.commit(batch(5))
    ledger.close()
    ledger._rebuilt.touch()
    ledger.__init__(tmp_path / "state")
    assert (ledger.lost_state, ledger.snapshot.counters, ledger._rebuilt.exists()) == (False, {LINES: 5}, False)


def test_of_ledgers_that_are_damaged_again_and_again_the_newest_are_kept(tmp_path):
    """A disk that damages each new one is not filled by what was set aside: five stay, with what is beside them."""
    for at in range(8):
        (tmp_path / "ledger.sqlite3").write_bytes(b"junk")
        (tmp_path / "ledger.sqlite3-wal").write_bytes(bytes(8))
        Ledger(tmp_path, clock=lambda at=at: float(at)).close()
    expected = {f"ledger.sqlite3.damaged-19700101T00000{at}Z" for at in range(3, 8)}
    found = {path.name for path in tmp_path.glob("*.damaged-*")}
    assert {name for name in found if name.endswith("Z")} == expected
    assert {name.removesuffix("-wal").removesuffix("-shm") for name in found} == expected
    assert directory.set_aside_at(tmp_path / "ledger.sqlite3") == 7.0
    (tmp_path / "ledger.sqlite3").write_bytes(b"junk")
    Ledger(tmp_path, clock=lambda: 7.5).close()  # none of the same second is overwritten
    assert (tmp_path / "ledger.sqlite3.damaged-19700101T000007Z+").read_bytes() == b"junk"


def test_what_somebody_calls_damaged_is_no_ledger_that_was_set_aside(tmp_path):
    """Only names of ours tell when."""
    (tmp_path / "ledger.sqlite3.damaged-by-me").touch()
    assert directory.set_aside_at(tmp_path / "ledger.sqlite3") is None


def test_a_ledger_deleted_while_running_is_written_anew_from_memory(tmp_path, ledger):
    """Somebody who deletes the file takes nothing away."""
    ledger.commit(batch(5))
    for part in (tmp_path / "state").iterdir():
        part.unlink()
    ledger.commit(batch(2))
    reopen(ledger)
    assert ledger.snapshot.counters == {LINES: 7}


def test_a_ledger_emptied_while_running_is_written_anew_from_memory(tmp_path, ledger):
    """An emptied ledger is replaced, since SQLite would delete its write-ahead log at the next start."""
    ledger.commit(batch(5))
    os.truncate(tmp_path / "state" / "ledger.sqlite3", 0)
    ledger.commit(batch(2))
    with contextlib.closing(sqlite3.connect(f"file:{tmp_path}/state/ledger.sqlite3?mode=ro", uri=True)) as db:
        assert db.execute("SELECT value FROM counters WHERE counter = 'lines'").fetchone() == (7,)
    reopen(ledger)
    assert ledger.snapshot.counters == {LINES: 7}
    assert not ledger.lost_state


@pytest.mark.parametrize("crashed", [False, True], ids=["running", "crashed while it was replaced"])
def test_what_was_written_ahead_for_a_ledger_that_is_gone_never_gets_into_the_new_one(
    tmp_path, ledger, crashed, monkeypatch
):
    """SQLite would mix its pages into whatever file comes to lie beside it: it is set aside with the ledger."""
    for number in range(20):
        made = batch()
        made.fail([StoredFailure(1.0, "mesibo", "fcm", "903", "", "", f"u{number}", "", "x" * 99)] * 9)
        assert ledger.commit(made)
    directory.ledger_files(ledger.path)[0].unlink()
    if crashed:
        with monkeypatch.context() as patched:
            patched.setattr(Ledger, "_replace", lambda *_: (_ for _ in ()).throw(OSError("killed here")))
            assert ledger.commit(batch())
        assert ledger.failing
        reopen(ledger)
    assert ledger.commit(batch())
    assert not ledger.failing
    assert not ledger.lost_state
    assert ledger.snapshot.counters == {LINES: 20 + 1}
    reader = Reader(ledger.path)
    assert reader.verdict() == "ok"
    assert reader.failures(Filter(), 10) == []
    (ahead,) = ledger.path.parent.glob("*.damaged-*-wal")
    assert ahead.stat().st_size > 0


def test_how_far_a_journal_was_read_survives_a_restart_and_a_deleted_ledger(tmp_path, ledger):
    """The newest place of each source is kept, in the file and in a ledger that is written anew."""
    places = [JournalPosition("mesibo", "CONTAINER_NAME=mesibo", f"s=1;i={i}", 5.0 + i, "{}") for i in range(3)]
    for place in places[:2]:
        made = batch()
        made.move(place)
        assert ledger.commit(made)
    reopen(ledger)
    assert ledger.journals == {"mesibo": places[1]}
    for part in (tmp_path / "state").iterdir():
        part.unlink()
    made = Batch(10)
    made.move(places[2])
    assert ledger.commit(made)
    reopen(ledger)
    assert ledger.journals == {"mesibo": places[2]}


@pytest.mark.parametrize(
    "content", [b"junk" * 4096, b"SQLite format 3\0" + b"\xff" * 8192], ids=["text", "half a head"]
)
def test_a_file_that_is_no_ledger_is_set_aside_and_never_overwritten(tmp_path, content):
    """A start over a damaged ledger keeps it for somebody to look at, and says that state was lost."""
    (tmp_path / "ledger.sqlite3").write_bytes(content)
    ledger = Ledger(tmp_path)
    assert ledger.lost_state
    assert ledger.commit(batch(1))
    ledger.close()
    (kept,) = [path for path in tmp_path.iterdir() if ".damaged-" in path.name]
    assert kept.read_bytes() == content


INCIDENT = (
    "INSERT INTO incidents (key, severity, title, side, rows, began, last, pushes, users, apps, counted)"
    " VALUES ('k', '%s', '', '', '%s', 1.0, 1.0, 1, 0, 0, 0)"
)


@pytest.mark.parametrize(
    "harm",
    [
        "DROP TABLE positions",
        "DELETE FROM meta WHERE name = 'commit'",
        "UPDATE meta SET value = 'many' WHERE name = 'generation'",
        "DELETE FROM meta WHERE name = 'key'",
        "UPDATE counters SET value = 'many'",
        "UPDATE positions SET offset = -1",
        "UPDATE positions SET tail_bytes = -5",
        "UPDATE meta SET value = x'' WHERE name = 'key'",
        "UPDATE positions SET envelope = CAST(x'f1' AS TEXT)",
        "UPDATE positions SET path = 7",
        "UPDATE positions SET device = '1x'",
        "INSERT INTO sources (source, ready, last_line_at) VALUES ('mesibo', 1, 'late')",
        "INSERT INTO sources (source, ready) VALUES ('a', 1), (CAST(x'f1' AS TEXT), 1)",
        "UPDATE results SET last = 'late'",
        "INSERT INTO results VALUES ('mesibo', 'fcm', '9x3', '', 1, 1.0, 1.0)",
        "INSERT INTO results VALUES ('mesibo', 'fcm', '', '', 1, 1.0, 1.0)",
        "INSERT INTO results VALUES ('mesibo', 'fcm', '3-1', '', 1, 1.0, 1.0)",
        "INSERT INTO buckets VALUES (60, 0, 'mesibo', 'fcm', x'00', '', 1, 1.0, 1.0)",
        "INSERT INTO failure_kinds VALUES ('fcm', '9' || char(0), '', 1)",
        "INSERT INTO failures VALUES (1, 'late', '', '', '903', '', '', '', '', '', '', '')",
        "INSERT INTO journals VALUES ('mesibo', 'unit', 's=1;i=1', 1.0, '{\"highest\":')",
        INCIDENT % ("serious", "[]"),
        INCIDENT % ("warning", "[[1"),
        INCIDENT % ("warning", "[1]"),
        INCIDENT % ("warning", '[["mesibo", "fcm", "9x3", ""]]'),
        "ALTER TABLE positions RENAME COLUMN gone_at TO hone_at",
    ],
)
def test_a_database_that_holds_no_whole_ledger_is_set_aside(tmp_path, harm):
    """SQLite finds no fault with it, and yet it cannot be counted on; check, doctor and the start say the same."""
    first = Ledger(tmp_path)
    first.commit(batch(5))
    first.close()
    with contextlib.closing(sqlite3.connect(tmp_path / "ledger.sqlite3")) as db:
        db.execute(harm)
        db.commit()
    with pytest.raises(NotReadable):
        Reader(tmp_path / "ledger.sqlite3", at_rest=True).verdict()
    ledger = Ledger(tmp_path)
    assert ledger.lost_state
    assert ledger.commit(batch(1))
    assert ledger.snapshot.counters == {LINES: 1}
    ledger.close()
    assert list(tmp_path.glob("ledger.sqlite3.damaged-*[0-9]Z"))


def test_a_ledger_whose_schema_is_no_text_is_set_aside(tmp_path):
    """A byte of a table's name turns, and what SQLite says of that is not UTF-8: check and the start say so."""
    Ledger(tmp_path).close()
    path = tmp_path / "ledger.sqlite3"
    path.write_bytes(path.read_bytes().replace(b"failures_at ON failures ", b"failures_at ON \xf1ailures "))
    with pytest.raises(NotReadable, match="UTF-8"):
        Reader(path, at_rest=True).verdict()
    (problem,) = refusals(tmp_path)
    assert problem.warning
    ledger = Ledger(tmp_path)
    assert ledger.lost_state
    ledger.close()


@pytest.mark.parametrize("version", [0, 3])
def test_a_database_of_another_program_is_set_aside_as_it_is(tmp_path, version):
    """No table of ours gets into it, whatever version it says it is of."""
    with contextlib.closing(sqlite3.connect(tmp_path / "ledger.sqlite3")) as db:
        db.execute("CREATE TABLE people (name TEXT)")
        db.execute(f"PRAGMA user_version = {version}")
        db.commit()
    (problem,) = refusals(tmp_path)
    assert problem.warning
    ledger = Ledger(tmp_path)
    assert ledger.lost_state
    ledger.close()
    (kept,) = tmp_path.glob("ledger.sqlite3.damaged-*[0-9]Z")
    with contextlib.closing(sqlite3.connect(kept)) as db:
        assert db.execute("SELECT name FROM sqlite_schema").fetchall() == [("people",)]


@pytest.mark.parametrize("version", [-1, *range(1, len(schema.MIGRATIONS))])
def test_a_ledger_whose_version_is_damaged_is_set_aside(tmp_path, version):
    """What a later version brings is there: no migration would ever pass, and nothing would be committed again."""
    Ledger(tmp_path).close()
    with contextlib.closing(sqlite3.connect(tmp_path / "ledger.sqlite3")) as db:
        db.execute(f"PRAGMA user_version = {version}")
    (problem,) = refusals(tmp_path)
    assert problem.warning
    ledger = Ledger(tmp_path)
    assert ledger.lost_state
    assert ledger.commit(batch(1))
    ledger.close()


def test_an_empty_ledger_beside_what_was_written_ahead_is_damaged(tmp_path):
    """A power loss may leave no byte of the file itself: what was counted is not counted again as if it were new."""
    running = tmp_path / "running"
    first = Ledger(running)
    first.commit(batch(5))
    crashed = tmp_path / "crashed"
    crashed.mkdir()
    (crashed / "ledger.sqlite3").touch()
    (crashed / "ledger.sqlite3-wal").write_bytes((running / "ledger.sqlite3-wal").read_bytes())
    first.close()
    ledger = Ledger(crashed)
    assert ledger.lost_state
    ledger.close()
    (kept,) = crashed.glob("*.damaged-*-wal")
    assert kept.stat().st_size > 0


def test_a_first_start_while_somebody_has_the_empty_file_open_goes_on_when_they_let_go(tmp_path):
    """There is nothing to be read yet, so that nothing is lost."""
    tmp_path.chmod(0o700)
    with contextlib.closing(sqlite3.connect(tmp_path / "ledger.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        ledger = Ledger(tmp_path)
        assert "locked" in ledger.failing
        assert ledger.commit(batch(2))
        other.execute("ROLLBACK")
    assert ledger.commit(batch(3))
    assert ledger.snapshot.counters == {LINES: 5}
    assert not ledger.lost_state
    ledger.close()


def test_the_key_of_a_first_start_that_could_not_write_is_the_one_that_is_kept(tmp_path, disk):
    """What was masked before there was room looks the same as what is masked after."""
    disk.fail(FULL)
    ledger = Ledger(tmp_path, connect=disk.connect)
    key = ledger.key
    assert ledger.failing
    assert ledger.commit(batch(2))
    ledger.close()
    again = Ledger(tmp_path)
    assert (again.key, again.snapshot.counters) == (key, {LINES: 2})
    again.close()


def test_a_disk_that_is_read_only_is_named_as_that(tmp_path, ledger, disk, monkeypatch):
    """SQLite says of it only that a file cannot be opened, or that there was an error of I/O."""
    ledger.commit(batch())
    monkeypatch.setattr(directory, "read_only", lambda path: path == tmp_path / "state")
    disk.fail(BROKEN)
    ledger.commit(batch())
    assert ledger.failing == "the disk is read-only"


def test_a_state_directory_that_was_deleted_and_cannot_be_made_is_named_as_that(tmp_path, ledger, monkeypatch):
    """Its disk is fine, and so are its modes: what makes it again is a restart of the service."""
    ledger.commit(batch())
    shutil.rmtree(tmp_path / "state")

    def refused(self, *_, **__):
        raise OSError(errno.EROFS, "Read-only file system", str(self))

    monkeypatch.setattr(Path, "mkdir", refused)
    ledger.commit(batch())
    assert ledger.failing.endswith("it is not there, and cannot be made (Read-only file system)")


def test_a_ledger_of_a_newer_version_put_in_place_while_running_is_left_untouched(tmp_path, ledger):
    """Commits fail and say why; once it is gone, everything is committed."""
    ledger.commit(batch(5))
    newer = tmp_path / "newer"
    with contextlib.closing(sqlite3.connect(newer)) as db:
        db.execute("PRAGMA user_version = 99")
        db.execute("CREATE TABLE results (other TEXT)")
        db.commit()
    before = newer.read_bytes()
    path = newer.rename(tmp_path / "state" / "ledger.sqlite3")
    assert ledger.commit(batch(2))
    for _ in range(2):
        assert not ledger.commit(batch(1))
        assert "newer mesibo-logwatch" in ledger.failing
    assert path.read_bytes() == before
    path.unlink()
    assert ledger.commit(batch(1))
    assert ledger.snapshot.counters == {LINES: 8}


def test_another_file_put_in_place_while_running_is_set_aside(tmp_path, ledger):
    """What is in memory is newer than any backup; what was in the write-ahead log is not taken for the other file's."""
    ledger.commit(batch(5))
    with contextlib.closing(sqlite3.connect(tmp_path / "state" / "ledger.sqlite3")) as db:
        db.execute("VACUUM INTO ?", (str(tmp_path / "backup"),))
    ledger.commit(batch(2))
    (tmp_path / "backup").rename(tmp_path / "state" / "ledger.sqlite3")
    assert ledger.commit(batch(1))
    assert ledger.snapshot.counters == {LINES: 8}
    reopen(ledger)
    assert ledger.snapshot.counters == {LINES: 8}
    assert not ledger.lost_state


def test_a_backup_restored_into_the_open_ledger_is_set_aside(tmp_path, ledger):
    """SQLite's own tools write it into the same file: it is recognised by the number of its last commit."""
    ledger.commit(batch(5))
    with contextlib.closing(sqlite3.connect(tmp_path / "backup")) as backup:
        with contextlib.closing(sqlite3.connect(ledger.path)) as db:
            db.backup(backup)
        ledger.commit(batch(2))
        with contextlib.closing(sqlite3.connect(ledger.path)) as db:
            backup.backup(db)
    ledger.commit(batch(1))
    assert ledger.commit(Batch(10))
    assert ledger.failing == ""
    reopen(ledger)
    assert (ledger.snapshot.counters, ledger.lost_state) == ({LINES: 8}, False)
    assert len(list((tmp_path / "state").glob("ledger.sqlite3.damaged-*Z"))) == 1


def test_that_failures_give_way_to_a_full_disk_is_said_once_and_so_is_the_end_of_it(tmp_path, events, monkeypatch):
    """Fewer are kept than were asked for, until there is room for all of them."""
    free = 1 << 17
    monkeypatch.setattr(directory, "free_bytes", lambda _directory: free)
    ledger = Ledger(tmp_path, keep=1000)
    said = []
    for room in (1 << 17, 1 << 17, 1 << 40, 1 << 40):
        free = room
        made = Batch(1000)
        made.fail([StoredFailure(1.0, "mesibo", "fcm", "903", "", "", f"u{i}", "", "") for i in range(500)])
        assert ledger.commit(made)
        said.append([each["event"] for each in events if each["event"].startswith("failures_")])
    assert said == [["failures_give_way"]] * 2 + [["failures_give_way", "failures_have_room_again"]] * 2
    (gave_way,) = (each for each in events if each["event"] == "failures_give_way")
    assert 0 < gave_way["kept"] < 500
    ledger.close()


def test_the_directory_that_is_at_the_path_now_is_the_one_that_is_held(tmp_path, ledger):
    """If the directory is moved away or mounted over, the new one is locked, so that no second daemon writes there."""
    ledger.commit(batch(5))
    (tmp_path / "state").rename(tmp_path / "moved")
    ledger.commit(batch(2))
    with pytest.raises(StateError, match="in use by another"):
        Ledger(tmp_path / "state")
    reopen(ledger)
    assert ledger.snapshot.counters == {LINES: 7}


def test_while_another_daemon_has_the_new_directory_nothing_is_committed(tmp_path, ledger):
    """The one that came first stays the only one that writes there."""
    ledger.commit(batch(5))
    (tmp_path / "state").rename(tmp_path / "moved")
    other = Ledger(tmp_path / "state")
    assert ledger.commit(batch(2))
    assert "in use by another" in ledger.failing
    other.close()
    assert ledger.commit(batch(1))
    assert ledger.snapshot.counters == {LINES: 8}


def test_a_directory_that_could_not_be_looked_at_once_can_be_held_afterwards(tmp_path, monkeypatch):
    """A failed attempt leaves no lock that would keep this process out."""
    with monkeypatch.context() as patched:
        patched.setattr(os, "statvfs", lambda _: (_ for _ in ()).throw(OSError(errno.EIO, "Input/output error")))
        with pytest.raises(StateError, match="Input/output error") as told:
            directory.hold(tmp_path)
    assert "dmesg" in told.value.problems[0].try_
    os.close(directory.hold(tmp_path))


def test_a_disk_without_locks_is_reported(tmp_path, monkeypatch):
    """A state directory on a file system without locks (NFS, 9p) is refused: a second daemon could use it, too."""

    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    with pytest.raises(StateError, match=r"cannot be locked \(No locks available\)"):
        Ledger(tmp_path)


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("elsewhere")])
def test_check_refuses_what_is_no_file_in_the_place_of_the_ledger(tmp_path, make):
    """It says what the start would, and does not wait for somebody to write into a pipe."""
    make(tmp_path / "ledger.sqlite3")
    (problem,) = refusals(tmp_path)
    assert not problem.warning
    with pytest.raises(StateError, match="would end up elsewhere"):
        Ledger(tmp_path)


@pytest.mark.parametrize("made", [False, True])
def test_check_refuses_a_directory_below_one_that_others_may_write(tmp_path, made):
    """Even before the first start, check refuses a directory that others could replace."""
    tmp_path.chmod(0o777)
    state = tmp_path / "state"
    if made:
        state.mkdir()
    (problem,) = refusals(state)
    assert not problem.warning
    assert "writable by others" in problem.why
    with pytest.raises(StateError, match="writable by others"):
        Ledger(state)


@pytest.mark.parametrize("below", [".", "a", "a/b"])
def test_a_file_in_the_place_of_a_directory_is_reported_as_that(tmp_path, below):
    """That a file exists is no reason by itself, and to whom it belongs no remedy; `check` and a start say the same."""
    (tmp_path / "state").touch()
    with pytest.raises(StateError, match=r"state: cannot.*it is not a directory\n  try: name a directory") as refused:
        Ledger(tmp_path / "state" / below)
    assert refusals(tmp_path / "state" / below) == list(refused.value.problems)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_check_lets_a_service_start_on_a_full_disk(tmp_path, monkeypatch, number):
    """For check, which the unit waits for, a full disk is no error: the daemon serves the last numbers until then."""

    def full(**_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(tempfile, "TemporaryDirectory", full)
    (problem,) = refusals(tmp_path)
    assert problem.warning
    assert "full disk" in problem.what
    (problem,) = refusals(tmp_path / "not there yet")
    assert not problem.warning


def test_a_disk_without_room_for_shared_memory_is_full(tmp_path, monkeypatch):
    """SQLite would end by SIGBUS: the last numbers are served from a copy, and all is committed once there is room."""
    first = Ledger(tmp_path / "state")
    first.commit(batch(5))
    first.close()
    monkeypatch.setattr(directory, "free_bytes", lambda _path: directory.LEAST_BYTES - 1)
    ledger = Ledger(tmp_path / "state")
    assert (ledger.failing, ledger.snapshot.counters) == ("the disk is full", {LINES: 5})
    assert ledger.commit(batch(2))
    assert ledger.snapshot.counters == {LINES: 5}
    monkeypatch.undo()
    assert ledger.commit(batch(1))
    assert ledger.snapshot.counters == {LINES: 8}
    ledger.close()


@pytest.mark.parametrize(
    ("blocks", "available", "room"), [(100, 16, True), (100, 15, False), (100, 0, False), (0, 0, True)]
)
def test_room_is_what_the_file_system_says_if_it_says_anything(tmp_path, monkeypatch, blocks, available, room):
    """One that tells no blocks at all, as some in user space do, may have any."""
    told = SimpleNamespace(f_blocks=blocks, f_bavail=available, f_frsize=4096)
    monkeypatch.setattr("os.statvfs", lambda _path: told)
    assert (directory.free_bytes(tmp_path) >= directory.LEAST_BYTES) is room


@contextlib.contextmanager
def somebody(group):
    """Be a user who is in one more group, which takes root."""
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    groups = os.getgroups()
    os.setgroups([group])
    os.seteuid(1234)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setgroups(groups)


@pytest.mark.parametrize(
    ("mode", "refused"),
    [(0o2770, ""), (0o777, "others can write"), (0o1777, "others can write")],
)
def test_a_volume_of_roots_is_taken_unless_everybody_may_write_there(mode, refused):
    """Kubernetes gives a volume so: root's, and writable for a group (fsGroup) that the service is in."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as above:  # pytest's own directories are root's alone
        Path(above).chmod(0o755)
        volume = Path(above) / "volume"
        volume.mkdir()
        os.chown(volume, 0, 5555)
        volume.chmod(mode)
        for count in (1, 2):
            with somebody(group=5555), pytest.raises(StateError, match=refused) if refused else nothing():
                ledger = Ledger(volume)
                assert ledger.commit(batch(1))
                assert ledger.snapshot.counters == {LINES: count}
                ledger.close()


@pytest.fixture
def older(tmp_path):
    """Return the path of a ledger as the first schema had it, with a failure in it."""
    path = tmp_path / "ledger.sqlite3"
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.executescript(f"BEGIN;{schema.MIGRATIONS[0]};PRAGMA user_version = 1;COMMIT;")
        db.execute(
            "INSERT INTO failures (at, source, platform, code, reason, app, user, token)"
            " VALUES (1.0, 'mesibo', 'fcm', '903', '', '1', 'u', 't')"
        )
        db.execute("INSERT INTO counters VALUES ('mesibo', 'lines', '', 7)")
        db.execute(
            "INSERT INTO positions VALUES (4, 'mesibo', 'm.log', '1', '2', 3, x'00', 10, 5, x'00', 20, 'live', '', '')"
        )
        db.commit()
    return path


def sql(script):
    """Return what a script does: its text without comments, and with single blanks."""
    return " ".join(re.sub(r"--.*", "", script).split())


MIGRATED = (
    "0e83d6eef8a8", "bf12f076fb7f", "eff6fec6f03b", "109d2ad1ab1a", "2223be24436e",
    "43cb28062508", "141e269fa11b", "8bbd4d5fe917", "8da121a2a81c", "eff71310919c",
    "e854138f0e95", "624faf17476e", "2a71f1ba904d", "61116b373777", "d8753934660c",
    "e43c62299fb2",
)  # fmt: skip
"""Digests of the migrations that ledgers may have behind them; a new one is appended, and so is its digest.

The 14th has got an IF EXISTS, with which it makes the same schema.
"""


def test_migrations_are_only_ever_appended():
    """A ledger knows how many it has had: one put in front, changed or taken out is another schema of that number."""
    digests = tuple(hashlib.sha256(sql(script).encode()).hexdigest()[:12] for script in schema.MIGRATIONS)
    assert digests[: len(MIGRATED)] == MIGRATED
    assert len(digests) == len(MIGRATED), f"append {digests[len(MIGRATED) :]} to MIGRATED"


def test_an_older_ledger_is_brought_up_to_date(tmp_path, older):
    """Counters and failures stay; fields that the older program did not know are empty."""
    ledger = Ledger(tmp_path, clock=lambda: 2.0)
    assert ledger.snapshot.counters == {LINES: 7}
    assert ledger.positions[4][7:] == (10, 5, b"\0", 20, "live", "", "", "", b"", "", 0, 0.0)
    assert ledger.journals == {}
    made = batch()
    made.fail([StoredFailure(2.0, "mesibo", "fcm", "914", "", "1", "u", "t", "push_on_complete <num>")])
    assert ledger.commit(made)
    ledger.close()
    found = Reader(older, at_rest=True).failures(Filter(), 5)
    assert [(each.failure.code, each.failure.shape) for each in found] == [
        ("914", "push_on_complete <num>"),
        ("903", ""),
    ]
    assert Reader(older, at_rest=True).kinds() == {("fcm", "914", ""): 1, ("fcm", "903", ""): 1}
    assert version_of(older) == len(schema.MIGRATIONS)


@pytest.mark.parametrize("version", range(1, len(schema.MIGRATIONS) + 1))
def test_a_ledger_that_was_restored_from_a_dump_is_recognised(tmp_path, version):
    """A dump as SQL, which is what many backups are, lacks the number of its schema."""
    with (
        contextlib.closing(sqlite3.connect(":memory:")) as db,
        contextlib.closing(sqlite3.connect(tmp_path / "ledger.sqlite3")) as restored,
    ):
        db.executescript("".join(schema.MIGRATIONS[:version]))
        db.execute("INSERT INTO counters VALUES ('mesibo', 'lines', '', 7)")
        restored.executescript("\n".join(db.iterdump()))
    assert refusals(tmp_path) == []
    for lines in (7, 8):
        ledger = Ledger(tmp_path)
        assert ledger.snapshot.counters == {LINES: lines}
        assert ledger.commit(batch(1))
        ledger.close()
    assert version_of(tmp_path / "ledger.sqlite3") == len(schema.MIGRATIONS)


@pytest.mark.parametrize("anew", [False, True])
def test_a_dump_of_a_ledger_that_has_forgotten_its_newest_generation_lacks_nothing(tmp_path, anew):
    """Also if that ledger was written anew from memory since; what is forgotten later does not matter."""
    with contextlib.closing(Ledger(tmp_path)) as ledger:
        for made in (batch(generation=1), batch(generation=2), batch(generation=3)):
            ledger.commit(made)
        for forgotten in (3, 1):
            made = Batch(10)
            made.forget(forgotten)
            ledger.commit(made)
            if anew:
                ledger.path.unlink()
        ledger.commit(batch(4, generation=2))
    (tmp_path / "restored").mkdir()
    with (
        contextlib.closing(sqlite3.connect(ledger.path)) as db,
        contextlib.closing(sqlite3.connect(tmp_path / "restored" / "ledger.sqlite3")) as restored,
    ):
        restored.executescript("\n".join(db.iterdump()))
    with contextlib.closing(Ledger(tmp_path / "restored")) as again:
        assert (again.lost_state, again.snapshot.counters, again.generation) == (False, {LINES: 7}, 3)


@pytest.mark.parametrize("version", range(2, 14))
def test_an_older_ledger_is_brought_up_to_date_without_an_index_that_goes(tmp_path, version):
    """Somebody has dropped it by hand, to save room."""
    with contextlib.closing(sqlite3.connect(tmp_path / "ledger.sqlite3")) as db:
        db.executescript("".join(schema.MIGRATIONS[:version]) + f";PRAGMA user_version = {version}")
        db.execute("DROP INDEX failures_kind")
    with contextlib.closing(Ledger(tmp_path)) as ledger:
        assert ledger.commit(batch())
        assert (ledger.failing, ledger.snapshot.counters) == ("", {LINES: 1})


@pytest.mark.parametrize("version", range(1, len(schema.MIGRATIONS) + 1))
def test_an_older_ledger_is_intact_before_it_is_brought_up_to_date(tmp_path, version):
    """Between an upgrade and the restart, doctor does not call it damaged for what its tables have not got yet."""
    with contextlib.closing(sqlite3.connect(tmp_path / "ledger.sqlite3")) as db:
        db.executescript("".join(schema.MIGRATIONS[:version]) + f";PRAGMA user_version = {version}")
    assert Reader(tmp_path / "ledger.sqlite3", at_rest=True).verdict() == "ok"


def test_a_copy_without_the_newest_position_is_set_aside(tmp_path, older):
    """What is saved of a damaged ledger may be a part of it: its counts without their positions would count twice."""
    with contextlib.closing(sqlite3.connect(older)) as db:
        db.executescript("UPDATE meta SET value = 5 WHERE name = 'generation'; PRAGMA user_version = 0;")
    ledger = Ledger(tmp_path)
    assert ledger.lost_state
    ledger.close()


def version_of(path):
    """Return the version of a ledger's schema."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as database:
        return database.execute("PRAGMA user_version").fetchone()[0]


def test_an_older_ledger_on_a_full_disk_is_served_until_it_can_be_brought_up_to_date(tmp_path, older, monkeypatch):
    """The numbers come from a copy that was; the ledger itself is, with the first commit that has room."""
    with monkeypatch.context() as full:
        full.setattr(directory, "free_bytes", lambda _path: directory.LEAST_BYTES - 1)
        ledger = Ledger(tmp_path)
        assert ledger.failing
        assert ledger.snapshot.counters == {LINES: 7}
        assert ledger.commit(batch(2))
        assert ledger.failing
    assert version_of(older) == 1
    assert ledger.commit(batch(1))
    assert ledger.snapshot.counters == {LINES: 10}
    ledger.close()
    assert version_of(older) == len(schema.MIGRATIONS)


def test_readings_are_kept_for_a_day_and_survive_a_restart(tmp_path):
    """What could be read and what could not is on disk by minute and quarter of an hour, and old ones are let go."""
    day = 86400.0
    clock = [10 * day]
    ledger = Ledger(tmp_path, clock=lambda: clock[0])
    for _ in range(3):
        made = batch()
        made.time(("mesibo", "grammar"), Seen(2, clock[0], clock[0]), clock[0])
        made.time(("mesibo", ""), Seen(5, clock[0], clock[0]), clock[0])
        made.logged_at["mesibo"] = clock[0] - 60
        made.last_line_at["mesibo"] = clock[0]
        assert ledger.commit(made)
    made.logged_at["mesibo"] = 5.0  # an older file is read later: what is newest stays
    assert ledger.commit(made)
    readings, source = ledger.snapshot.readings, ledger.snapshot.sources["mesibo"]
    assert {(each.seconds, each.cause): seen.count for each, seen in readings.items()} == {
        (60, "grammar"): 8, (60, ""): 20, (900, "grammar"): 8, (900, ""): 20
    }  # fmt: skip
    assert source.logged_at == clock[0] - 60
    ledger.close()
    ledger = Ledger(tmp_path, clock=lambda: clock[0])
    assert (ledger.snapshot.readings, ledger.snapshot.sources["mesibo"]) == (readings, source)
    clock[0] += 2 * 3600
    made = batch()
    made.time(("mesibo", ""), Seen(1, clock[0], clock[0]), clock[0])
    assert ledger.commit(made)
    ledger.close()
    again = Ledger(tmp_path, clock=lambda: clock[0])
    assert again.snapshot.readings == ledger.snapshot.readings
    assert sorted(each.seconds for each in again.snapshot.readings) == [60, 900, 900, 900]
    again.close()


def test_a_rebuilt_ledger_keeps_what_could_be_read(tmp_path):
    """A ledger that is written anew from memory has the readings too."""
    ledger = Ledger(tmp_path, clock=lambda: 5.0)
    made = batch()
    made.time(("mesibo", "misplaced"), Seen(2, 1.0, 1.0), 5.0)
    assert ledger.commit(made)
    readings = ledger.snapshot.readings
    assert len(readings) == 2
    ledger.path.unlink()
    assert ledger.commit(batch())
    ledger.close()
    again = Ledger(tmp_path, clock=lambda: 5.0)
    assert again.snapshot.readings == readings
    again.close()


def test_a_migration_that_fails_leaves_the_ledger_as_it_was(older, monkeypatch):
    """A migration is made whole or not at all."""
    monkeypatch.setattr(schema, "MIGRATIONS", (schema.MIGRATIONS[0], f"{schema.MIGRATIONS[1]};SELECT nothing"))

    def tables():
        with contextlib.closing(sqlite3.connect(older)) as db:
            return db.execute("SELECT sql FROM sqlite_schema").fetchall(), db.execute("PRAGMA user_version").fetchone()

    before = tables()
    with contextlib.closing(connect(str(older))) as db, pytest.raises(sqlite3.OperationalError, match="nothing"):
        schema.upgrade(db, str(older))
    assert tables() == before


@pytest.mark.parametrize("what", ["closed", "killed", "unknown SQL", "damaged", "not in place yet"])
def test_a_newer_ledger_is_left_untouched(tmp_path, what):
    """A ledger of a newer schema stops the start and is not changed, whatever an older SQLite thinks of it."""
    Ledger(tmp_path / "made").close()
    (tmp_path / "state").mkdir()
    with contextlib.closing(sqlite3.connect(tmp_path / "made" / "ledger.sqlite3", isolation_level=None)) as db:
        db.execute("CREATE TABLE later (it TEXT)")
        db.execute("PRAGMA user_version = 99")
        if what == "unknown SQL":
            db.execute("PRAGMA writable_schema = ON")
            db.execute("UPDATE sqlite_schema SET sql = sql || ' LATER' WHERE name = 'later'")
        if what == "not in place yet":
            db.execute("PRAGMA journal_mode = DELETE").fetchone()
        elif what != "killed":
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        for part in (tmp_path / "made").glob("*[!m]"):  # as a kill would leave them, without the shared memory
            name = part.name.replace("sqlite3", "sqlite3.new") if what == "not in place yet" else part.name
            shutil.copyfile(part, tmp_path / "state" / name)
    if what == "damaged":
        with (tmp_path / "state" / "ledger.sqlite3").open("r+b") as file:
            file.seek(4096)
            file.write(b"x" * 4096)

    def files():
        return {part.name: part.read_bytes() for part in (tmp_path / "state").glob("*[!m]")}

    before = files()
    for _ in range(2):
        with pytest.raises(StateError, match="newer mesibo-logwatch"):
            Ledger(tmp_path / "state")
        assert files() == before


def test_two_daemons_cannot_share_a_state_directory(tmp_path, ledger):
    """The second one is refused: both would count every line."""
    with pytest.raises(StateError, match="in use by another"):
        Ledger(tmp_path / "state")


def test_a_start_on_an_unwritable_disk_serves_the_last_numbers(tmp_path):
    """The last snapshot is there though nothing can be written, and counting goes on once the disk is back."""
    first = Ledger(tmp_path)
    first.commit(batch(5))
    first.close()
    disk = Disk()
    disk.fail(FULL, 1)
    second = Ledger(tmp_path, connect=disk.connect)
    assert second.failing
    assert second.snapshot.counters == {LINES: 5}
    assert second.positions[1].offset == 100
    assert second.commit(batch(2))
    assert second.snapshot.counters == {LINES: 7}
    second.close()
    third = Ledger(tmp_path)
    assert third.snapshot.counters == {LINES: 7}
    third.close()


def test_a_start_that_can_neither_write_nor_copy_counts_no_line_twice(tmp_path, monkeypatch):
    """Without what was counted there would be no telling: it ends, and releases the directory for the next one."""
    first = Ledger(tmp_path)
    first.commit(batch(5))
    first.close()
    disk = Disk()
    disk.fail(FULL, 1)
    with monkeypatch.context() as full:
        full.setattr(directory.tempfile, "TemporaryDirectory", lambda **_: (_ for _ in ()).throw(OSError(28, "full")))
        with pytest.raises(StateError, match="there is no room for a copy; without it, lines would be counted twice"):
            Ledger(tmp_path, connect=disk.connect)
    later = Ledger(tmp_path)
    assert later.snapshot.counters == {LINES: 5}
    later.close()


def test_recent_failures_are_bounded_in_number_and_age(tmp_path):
    """At most ``keep`` failures stay, and none that is older than the retention."""
    ledger = Ledger(tmp_path, keep=3, retention_days=1, clock=lambda: 200_000.0)
    for at in (1.0, 199_000.0, 199_001.0, 199_002.0, 199_003.0):
        made = batch()
        made.fail([StoredFailure(at, "mesibo", "fcm", "903", "", "", "", "")])
        ledger.commit(made)
    ledger.close()
    db = sqlite3.connect(tmp_path / "ledger.sqlite3")
    assert [row[0] for row in db.execute("SELECT at FROM failures ORDER BY id")] == [199_001.0, 199_002.0, 199_003.0]
    db.close()


def test_shapes_rotations_and_kinds_of_failures_are_bounded(tmp_path):
    """Whatever a log holds, the ledger keeps the newest of them, each source its own rotations, and no empty kind."""
    ledger = Ledger(tmp_path, keep=3, clock=lambda: 10_000.0)
    for at in range(6):
        made = batch()
        for number in range(50):
            made.shape(ShapeRow("mesibo", "no_code", f"{at} {number}"), float(at))
        for number in range(5):
            made.rotate(Rotation(10.0 * at + number, "mesibo", "/m.log", "rename", 1))
        if at == 0:
            made.rotate(Rotation(0.0, "other", "/o.log", "truncate", 1))
        code = "404" if at < 3 else "903"
        made.fail([StoredFailure(float(at), "mesibo", "fcm", code, "", "", "u", "")])
        ledger.commit(made)
    reader = Reader(ledger.path)
    assert {row.shape.split()[0] for row, _ in reader.shapes(1000)} == {"2", "3", "4", "5"}
    assert len(reader.shapes(1000)) == SHAPES_KEPT
    rotations = reader.rotations()
    assert [each.at for each in rotations if each.source == "mesibo"] == [
        10.0 * at + n for at in (5, 4, 3, 2) for n in (4, 3, 2, 1, 0)
    ]
    assert [each.kind for each in rotations if each.source == "other"] == ["truncate"]
    assert reader.kinds() == {("fcm", "903", ""): 3}
    ledger.close()


def test_a_forgotten_generation_is_gone_and_its_number_is_not_given_again(tmp_path):
    """Numbers of generations rise over restarts, whatever was forgotten."""
    ledger = Ledger(tmp_path)
    ledger.commit(batch(1, generation=7))
    made = Batch(10)
    made.forget(7)
    ledger.commit(made)
    ledger.close()
    again = Ledger(tmp_path)
    assert again.positions == {}
    assert again.generation == 7
    made = batch(1, generation=8)
    made.forget(8)
    made.move(batch(1, generation=8, offset=200).positions[8])  # it was found after all
    again.commit(made)
    reopen(again)
    assert again.positions[8].offset == 200
    again.close()


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("commit"), st.integers(1, 9)),
        st.tuples(st.just("fault"), st.sampled_from([FULL, BROKEN, BUSY, DAMAGED]), st.integers(0, 12), st.booleans()),
        st.tuples(st.just("restart")),
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(steps=STEPS)
def test_whatever_the_disk_does_offset_and_count_agree(steps, tmp_path_factory):
    """After any order of commits, faults and restarts, the count on disk is that of the lines before the offset."""
    directory = tmp_path_factory.mktemp("state")
    disk = Disk()
    ledger = Ledger(directory, connect=disk.connect)
    offset = 0
    seen = 0
    for step in steps:
        if step[0] == "commit":
            if ledger.commit(batch(step[1], offset=offset + step[1])):
                offset += step[1]  # a caller that keeps its batch reads on; here it simply reads the same again
        elif step[0] == "fault":
            disk.fail(step[1], step[2], after=step[3])
        else:
            disk.fault = None
            ledger.close()
            ledger = Ledger(directory, connect=disk.connect)
            offset = ledger.positions[1].offset if ledger.positions else 0
        count = ledger.snapshot.counters.get(LINES, 0)
        assert count == (ledger.positions[1].offset if ledger.positions else 0)
        assert count >= seen, "no number that was visible is ever taken back"
        seen = count
    disk.fault = None
    while not ledger.commit(Batch(1)):
        pass
    assert ledger.snapshot.counters.get(LINES, 0) == offset
    ledger.close()


def test_a_directory_that_may_not_be_entered_is_refused(tmp_path, monkeypatch):
    """A state directory that may be listed but not entered is refused in words, and its lock is released."""
    look = Path.stat

    def stat(path, **options):
        if path.parent == tmp_path:
            raise PermissionError(errno.EACCES, "Permission denied")
        return look(path, **options)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "stat", stat)
        with pytest.raises(StateError, match="Permission denied"):
            Ledger(tmp_path)
        with pytest.raises(NotReadable, match="Permission denied"):
            Reader.of_state(tmp_path)
    Ledger(tmp_path).close()
