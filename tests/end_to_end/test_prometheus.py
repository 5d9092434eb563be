"""What a real Prometheus sees of a log that is being written."""

import re
import subprocess
import sys

import pytest

from logwatch.catalogue import Catalogue
from tests.helpers.running import Daemon, Prometheus, get, scraping, tool, until

pytestmark = pytest.mark.integration


def target(daemon):
    return daemon.url.removeprefix("http://").rstrip("/")


def test_promql_returns_exactly_what_was_written(site, programs, tmp_path):
    """For each code, Prometheus has the written counts: history in the total, new pushes in the increase."""
    site.write(200, 300)
    site.write(903, 40)
    daemon = programs(Daemon, site.config)
    prometheus = programs(Prometheus, scraping(tmp_path, target(daemon)))
    total = 'sum by (code) (mesibo_push_results_total{code="%s"})'
    total_of_class = 'sum(mesibo_push_results_total{class="%s"})'
    until(lambda: prometheus.scalar(total % 903) == 40, "history is in the total")
    # two scrapes apart, so that an increase could show if there were one
    until(
        lambda: (
            prometheus.scalar('sum(count_over_time(mesibo_push_results_total{code="903",platform="fcm"}[1m]))') >= 3
        ),
        "scrapes",
    )
    assert prometheus.scalar('sum(increase(mesibo_push_results_total{code="903"}[1m]))') == 0
    site.write(200, 25)
    site.write(410, 7, "apns")
    until(lambda: prometheus.scalar(total % 410) == 7, "what is written later arrives")
    until(lambda: prometheus.scalar(total % 200) == 325, "what is written later arrives")
    # a scrape that a busy machine missed is a moment without an answer
    for of, count in ((total % 903, 40), ("sum(mesibo_push_results_total)", 372), (total_of_class % "token", 7)):
        until(lambda of=of, count=count: prometheus.scalar(of) == count, f"{of} is {count}")


def test_the_first_burst_ever_of_a_code_shows_as_an_increase(site, programs, tmp_path):
    """The series stood at 0 before: 50 lines of a code never seen are an increase of about 50 (it is extrapolated)."""
    site.write(200, 1)
    daemon = programs(Daemon, site.config)
    prometheus = programs(Prometheus, scraping(tmp_path, target(daemon)))
    series = 'mesibo_push_results_total{code="903",platform="fcm"}'
    # Prometheus extrapolates by half a scrape at either end: with 12 of them that is 8 % too much at most
    until(lambda: (prometheus.scalar(f"sum(count_over_time({series}[1m]))") or 0) >= 12, "scrapes of the 0")
    until(lambda: prometheus.scalar(f"sum({series})") == 0, "the 0")
    site.write(903, 50)
    until(lambda: prometheus.scalar(f"sum({series})") == 50, "the burst")
    until(
        lambda: (prometheus.scalar(f"sum(count_over_time(({series} == 50)[1m:500ms]))") or 0) >= 2, "two scrapes of it"
    )
    assert 45 <= prometheus.scalar(f"sum(increase({series}[1m]))") <= 56


def test_check_knows_how_many_series_a_scrape_has(site, programs):
    """The numbers that check prints are those of a start, and a bound with every code and unknown ones."""
    site.log.write_text("E2511-100000-000 (17): on_login: uid 1\n")
    checked = subprocess.run(
        [sys.executable, "-m", "logwatch", "check", "--config", site.config], capture_output=True, text=True, check=True
    )
    said = re.search(r"a scrape has (\d+) series, never more than (\d+):", checked.stdout)
    at_start, most = map(int, said.groups())
    daemon = programs(Daemon, site.config)
    until(lambda: daemon.total("mesibo_logwatch_lines_total") == 1, "the line is counted")
    assert len(daemon.metrics()) == at_start
    codes = [*sorted({entry.code for entry in Catalogue.load().entries}), *range(20_000, 20_040)]
    for platform in ("fcm", "apns", "other"):
        for code in codes:
            site.write(code, 1, platform)
    until(lambda: daemon.total("mesibo_push_results_total") == 3 * len(codes), "all of them are counted")
    now = daemon.metrics()
    assert at_start < len(now) <= most
    assert most - len(now) < 30


def test_promtool_finds_nothing_to_say_about_our_metrics(site, programs):
    """`promtool check metrics` is silent."""
    site.write(200, 3)
    site.write(914, 3)
    site.write(77777, 1)
    daemon = programs(Daemon, site.config)
    until(lambda: daemon.total("mesibo_push_results_total") == 7, "the lines are counted")
    checked = subprocess.run(
        [tool("promtool"), "check", "metrics"], input=get(daemon.url + "metrics"), capture_output=True, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")
