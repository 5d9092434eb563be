"""The ends of followed logs are read for one user, within bounds, and it is told how much of them."""

import bz2
import gzip
import lzma
import os
from itertools import count

import pytest

from logwatch.assembly import assemble
from logwatch.catalogue import Catalogue
from logwatch.config import Config, Source
from logwatch.config.sources import Journal
from logwatch.model import Position
from logwatch.report import recent
from logwatch.report.recent import LogEnds
from logwatch.report.source import open_path
from logwatch.report.user import UserPushes
from tests.helpers.journald import remote
from tests.helpers.running import PATIENCE

NOON = 1_795_348_800.0  # 2026-11-22T12:00:00Z
CATALOGUE = Catalogue.load()


def line(hour, user=4711, code=200):
    return f"E2211-{hour:02}1500-123 (17): push_on_complete: uid {user} type apn code {code}\n"


def position(number, path, state="live", found_at=""):
    return Position(number, "mesibo", str(path), 1, number, 4, b"h", 0, 4, b"t", 0, state, found_at=str(found_at))


@pytest.fixture(autouse=True)
def unhurried(monkeypatch):
    """Allow as much time to read logs as a busy machine needs; no claim here is about how long."""
    monkeypatch.setattr(recent, "DEADLINE_SECONDS", PATIENCE)


@pytest.fixture(scope="module")
def ends():
    return LogEnds(assemble(Config(source=(Source(name="mesibo", paths=("/none",)),))))


@pytest.fixture
def user():
    return UserPushes("4711", CATALOGUE)


def put(path, text):
    path.write_text(text)
    os.utime(path, (NOON, NOON))
    return path


def test_live_and_rotated_files_are_read_and_those_that_are_gone_left_out(ends, user, tmp_path):
    """What a file was rotated to holds the older pushes; without one that is gone it was not all."""
    live = put(tmp_path / "m.log", line(11) + line(11, 12))
    old = put(tmp_path / "m.log.1", line(10, code=903))
    positions = [position(2, live), position(1, live, "rotated", old)]
    read, whole = ends.read(user, positions, now=NOON)
    assert sorted(push.code for push in user.pushes) == ["200", "903"]
    assert (whole, read.summary.lines) == (True, 3)
    _, whole = ends.read(user, [*positions, position(3, live, "rotated", tmp_path / "gone")], now=NOON)
    assert whole is False


def test_a_pipe_among_rotated_files_is_not_waited_for(user, tmp_path, monkeypatch):
    """All pages are made by one thread: it would wait for whoever writes into it."""
    opened = []
    monkeypatch.setattr(recent, "open_path", lambda path, *_: opened.append(path) or open_path(path, *_))
    os.mkfifo(tmp_path / "m-pipe")
    old = put(tmp_path / "m-1", line(10))
    source = Source(name="mesibo", paths=("/none",), rotated=(f"{tmp_path}/m-*",))
    LogEnds(assemble(Config(source=(source,)))).read(user, [], now=NOON)
    assert opened == [old]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_packed_files_are_read_from_their_end_though_no_position_names_them(ends, user, tmp_path, monkeypatch, pack):
    """Rotation packs a file when nobody follows it any more; its newest lines are read as those of a plain one are."""
    live = put(tmp_path / "m.log", line(11))
    for name, hour in (("m.log.1", 10), ("m.log.2.gz", 9)):
        text = line(hour, 12) * 5 + line(hour, code=903)
        (tmp_path / name).write_bytes(pack(text.encode()) if name.endswith("gz") else text.encode())
        os.utime(tmp_path / name, (NOON - 3600 * (12 - hour),) * 2)
    put(tmp_path / "other.log.1", line(1))
    positions = [position(2, live), position(1, live, "done", tmp_path / "m.log.1")]
    read, whole = ends.read(user, positions, now=NOON)
    assert [push.code for push in user.pushes] == ["200", "903", "903"]
    assert (whole, read.summary.lines) == (True, 13)
    monkeypatch.setattr(recent, "MOST_BYTES", 9 * len(line(11)))
    user.pushes.clear()
    read, whole = ends.read(user, positions, now=NOON)
    assert [push.code for push in user.pushes] == ["200", "903", "903"]
    assert (whole, read.summary.lines) == (False, 9)


@pytest.mark.integration
def test_a_journal_is_read_for_its_newest_entries(user, tmp_path, monkeypatch):
    """Those of the container alone; the bound, and a journal that is not there, are reported as not all."""
    entries = [{"at": NOON - 600 + i, "MESSAGE": line(11, code=200 + i).rstrip(), "CONTAINER_NAME": name}
               for i, name in enumerate(["mesibo", "other", "mesibo", "mesibo"])]  # fmt: skip
    remote(tmp_path / "m.journal", entries)

    def ends(directory):
        journal = Journal(container="mesibo", directory=str(directory))
        return LogEnds(assemble(Config(source=(Source(name="mesibo", journal=journal),))))

    read, whole = ends(tmp_path).read(user, [], now=NOON)
    assert [push.code for push in user.pushes] == ["200", "202", "203"]
    assert (whole, read.summary.lines, read.sources) == (True, 3, 1)
    user.pushes.clear()
    monkeypatch.setattr(recent, "JOURNAL_ENTRIES", 2)
    _, whole = ends(tmp_path).read(user, [], now=NOON)
    assert ([push.code for push in user.pushes], whole) == (["202", "203"], False)
    read, whole = ends(tmp_path / "none").read(user, [], now=NOON)
    assert (whole, read.sources) == (False, 0)


def test_no_more_bytes_are_read_than_the_bound(ends, user, tmp_path, monkeypatch):
    """The newest lines of the live file; the others are not opened."""
    monkeypatch.setattr(recent, "MOST_BYTES", 10 * len(line(11)))
    live = put(tmp_path / "m.log", line(10, 12) * 50 + line(11) * 3)
    read, whole = ends.read(user, [position(1, live)], now=NOON)
    assert (read.summary.lines, whole, len(user.pushes)) == (10, False, 3)


def test_reading_ends_in_time(ends, user, tmp_path):
    """Behind the deadline not one chunk more is read of any file."""
    clock = count(0.0, recent.DEADLINE_SECONDS / 2)
    files = [put(tmp_path / f"{i}.log", line(11) * 20_000) for i in range(3)]
    positions = [position(i, path) for i, path in enumerate(files)]
    read, whole = ends.read(user, positions, now=NOON, monotonic=lambda: next(clock))
    assert whole is False
    assert 0 < read.summary.lines < 20_000
