"""A real disk that fills up or becomes read-only: the last numbers stay up, and nothing is lost."""

import contextlib
import sqlite3
import subprocess
import urllib.error
from collections import Counter

import pytest

from tests.helpers.running import PATIENCE, Daemon, get, until

pytestmark = pytest.mark.integration


def fill(disk):
    with (disk / "filler").open("wb", buffering=0) as filler, contextlib.suppress(OSError):
        while filler.write(b"x" * 4096):
            pass


def remount(disk, how):
    subprocess.run(["mount", "-o", f"remount,{how}", disk], check=True)


def ready(daemon):
    try:
        return get(daemon.url + "-/ready").decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.read().decode()


def until_commits_fail(site, daemon):
    """Write more codes than the pages that the ledger has already can take; return how many of each."""
    written = Counter()

    def failing():
        for code in range(600, 630):
            site.write(code, 20)
            written[str(code)] += 20
        return daemon.total("mesibo_logwatch_commit_failures_total") > 1

    until(failing, "commits fail")
    return written


def test_a_full_disk_stops_neither_scrapes_nor_counting(site, programs, disk):
    """While the disk is full the committed numbers stay up and readiness says why; then everything is counted."""
    site.write(200, 3)
    daemon = programs(Daemon, site.config)
    until(lambda: daemon.codes() == {"200": 3}, "the lines before")
    fill(disk)
    written = until_commits_fail(site, daemon)
    assert daemon.total("mesibo_push_results_total", code="200") == 3
    assert "full" in ready(daemon)
    site.write(903, 5)
    (disk / "filler").unlink()
    until(lambda: daemon.codes() == {"200": 3, "903": 5} | written, "everything")
    assert "is ready" in ready(daemon)


def test_counting_goes_on_when_another_programs_read_of_the_ledger_has_ended(site, programs, disk):
    """Its write-ahead log, which grows meanwhile, never takes the room that it needs to be written back."""
    site.write(200, 3)
    daemon = programs(Daemon, site.config)
    until(lambda: daemon.codes() == {"200": 3}, "the lines before")
    with contextlib.closing(sqlite3.connect(disk / "ledger.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM results").fetchone()
        written = until_commits_fail(site, daemon)
        assert "another program reads the ledger" in ready(daemon)
    until(lambda: daemon.codes() == {"200": 3} | written, "everything")
    assert "is ready" in ready(daemon)


def filled(site, programs):
    """Return a daemon that has counted more failures than the disk has room for."""
    site.configure("[failures]\nkeep = 1_000_000\n")
    daemon = programs(Daemon, site.config)
    for i in range(1, 21):
        site.write(404, 1000)
        until(lambda: daemon.codes() == {"404": 1000 * i}, daemon.codes)  # noqa: B023  asked at once
    return daemon


def test_a_disk_that_failures_alone_would_fill_goes_on_taking_counts(site, programs, disk):
    """The oldest failures give way, however many are to be kept: no commit fails."""
    daemon = filled(site, programs)
    assert daemon.total("mesibo_logwatch_commit_failures_total") == 0
    assert "is ready" in ready(daemon)


def test_a_smaller_keep_on_a_full_disk_ends_no_commit(site, programs, disk):
    """If ``failures.keep`` is lowered on a full disk, failures are deleted bit by bit, and counting goes on."""
    daemon = filled(site, programs)
    daemon.stop()
    site.configure("[failures]\nkeep = 100\n")
    daemon = programs(Daemon, site.config)
    site.write(404, 10)
    until(lambda: daemon.codes() == {"404": 20_010}, daemon.codes)
    assert daemon.total("mesibo_logwatch_commit_failures_total") == 0


def test_a_disk_that_becomes_read_only_stops_neither_scrapes_nor_counting(site, programs, disk):
    """Read-only for a while: nothing is lost, nothing is counted twice."""
    site.write(200, 3)
    daemon = programs(Daemon, site.config)
    until(lambda: daemon.codes() == {"200": 3}, "the lines before")
    daemon.stop()
    remount(disk, "ro")
    site.write(903, 4)
    daemon = programs(Daemon, site.config)
    assert daemon.codes() == {"200": 3}, "a start on a read-only disk serves the last snapshot"
    until(lambda: daemon.total("mesibo_logwatch_commit_failures_total") > 1, "commits fail")
    assert "not ready" in ready(daemon)
    remount(disk, "rw")
    until(lambda: daemon.codes() == {"200": 3, "903": 4}, "everything")


def test_a_kill_while_the_disk_is_full_loses_nothing(site, programs, disk):
    """What was read but never committed is read again."""
    site.write(200, 3)
    daemon = programs(Daemon, site.config)
    until(lambda: daemon.codes() == {"200": 3}, "the lines before")
    fill(disk)
    written = until_commits_fail(site, daemon)
    daemon.process.kill()
    daemon.process.wait(PATIENCE)
    daemon = programs(Daemon, site.config)
    assert daemon.said(r'ready url=\S+ trouble="commits fail: ')
    assert daemon.total("mesibo_push_results_total", code="200") == 3
    (disk / "filler").unlink()
    until(lambda: daemon.codes() == {"200": 3} | written, "everything")
