"""A real disk that fills up or becomes read-only: the last numbers stay up, and nothing is lost."""

import contextlib
import subprocess
import urllib.error

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


def test_a_full_disk_stops_neither_scrapes_nor_counting(site, programs, disk):
    """While the disk is full the committed numbers stay up and readiness says why; then everything is counted."""
    site.write(200, 3)
    daemon = programs(Daemon, site.config)
    until(lambda: daemon.codes() == {"200": 3}, "the lines before")
    fill(disk)
    # enough distinct codes that the write-ahead log must grow
    for code in range(600, 630):
        site.write(code, 20)
    until(lambda: daemon.total("mesibo_logwatch_commit_failures_total") > 1, "commits fail")
    assert daemon.total("mesibo_push_results_total", code="200") == 3
    assert "full" in ready(daemon)
    site.write(903, 5)
    (disk / "filler").unlink()
    until(lambda: daemon.codes() == {"200": 3, "903": 5} | {str(c): 20 for c in range(600, 630)}, "everything")
    assert "is ready" in ready(daemon)


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
    for code in range(600, 630):
        site.write(code, 20)
    until(lambda: daemon.total("mesibo_logwatch_commit_failures_total") > 0, "commits fail")
    daemon.process.kill()
    daemon.process.wait(PATIENCE)
    daemon = programs(Daemon, site.config)
    assert daemon.total("mesibo_push_results_total", code="200") == 3
    (disk / "filler").unlink()
    until(lambda: daemon.codes() == {"200": 3} | {str(c): 20 for c in range(600, 630)}, "everything")
