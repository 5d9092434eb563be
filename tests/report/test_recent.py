"""The ends of followed logs are read for one user, within bounds, and it is told how much of them."""

import os
from itertools import count

import pytest

from logwatch.assembly import assemble
from logwatch.catalogue import Catalogue
from logwatch.config import Config, Source
from logwatch.model import Position
from logwatch.report import recent
from logwatch.report.recent import LogEnds
from logwatch.report.user import UserPushes

NOON = 1_795_348_800.0  # 2026-11-22T12:00:00Z
CATALOGUE = Catalogue.load()


def line(hour, user=4711, code=200):
    return f"E2211-{hour:02}1500-123 (17): push_on_complete: uid {user} type apn code {code}\n"


def position(number, path, state="live", found_at=""):
    return Position(number, "mesibo", str(path), 1, number, 4, b"h", 0, 4, b"t", 0, state, found_at=str(found_at))


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
    """What a file was rotated to holds the older pushes; packed ones are not read, and then it was not all."""
    live = put(tmp_path / "m.log", line(11) + line(11, 12))
    old = put(tmp_path / "m.log.1", line(10, code=903))
    positions = [position(2, live), position(1, live, "rotated", old)]
    read, whole = ends.read(user, positions, now=NOON)
    assert sorted(push.code for push in user.pushes) == ["200", "903"]
    assert (whole, read.summary.lines) == (True, 3)
    _, whole = ends.read(user, [*positions, position(3, live, "rotated", tmp_path / "gone")], now=NOON)
    assert whole is False


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
