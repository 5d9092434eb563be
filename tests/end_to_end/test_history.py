"""Old logs become blocks of a real Prometheus, which answers about the past as if it had been there."""

import gzip
import os
import shutil
import subprocess
import sys
import time

import pytest

from bench.fleet_panels import panels
from tests.helpers.running import Prometheus, scraping, tool
from tests.helpers.shipped import CONFIG

pytestmark = pytest.mark.integration

NEW_YEAR = 1_798_761_600  # 2027-01-01T00:00:00Z
DAY = 86400
RULES = CONFIG / "prometheus/past.yml"
DAYS = 40  # from 2026-12-10 on: a year ends in the middle


def lines(day):
    """Pushes of a day, one a minute; every tenth fails, and for an hour of the 35th all do."""
    for minute in range(1440):
        at = NEW_YEAR + (day - 22) * DAY + 60 * minute + 7
        expired = day == 35 and minute // 60 == 3
        code = 903 if expired else 404 if minute % 10 == 0 else 200
        yield f"E{time.strftime('%d%m-%H%M%S', time.gmtime(at))}-000 (17): push_on_complete: type fcm code {code}\n"


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Return rotated logs, a file for five days, which say of no stamp what year it is of."""
    directory = tmp_path_factory.mktemp("logs")
    for first in range(0, DAYS, 5):
        text = "".join(line for day in range(first, first + 5) for line in lines(day))
        path = directory / f"mesibo.log.{DAYS - first}.gz"
        path.write_bytes(gzip.compress(text.encode()))
        written = NEW_YEAR + (first + 5 - 22) * DAY
        os.utime(path, (written, written))
    return sorted(directory.glob("mesibo.log.*"))


@pytest.fixture(scope="module")
def blocks(archive, tmp_path_factory):
    """Make blocks of the archive."""
    directory = tmp_path_factory.mktemp("past")
    written = directory / "past.om"
    label = ("--label", "cluster=main", "--label", "instance=history")
    subprocess.run([sys.executable, "-m", "logwatch", "history", *archive, "-o", written, *label], check=True)
    promtool("openmetrics", written, directory / "blocks", "--max-block-duration=744h")
    assert len([*(directory / "blocks").iterdir()]) <= 4
    return directory / "blocks"


@pytest.fixture
def prometheus(blocks, programs, tmp_path):
    """Start a Prometheus on a copy of the blocks; called again after ``stop``, on what its data is by then."""
    shutil.copytree(blocks, tmp_path / "tsdb")
    return lambda: programs(Prometheus, scraping(tmp_path, "127.0.0.1:1"), "--storage.tsdb.retention.time=100y")


def promtool(*arguments):
    """Make blocks, and fail with what it says where it cannot."""
    made = subprocess.run(
        [tool("promtool"), "tsdb", "create-blocks-from", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr


def test_prometheus_answers_about_the_past(prometheus):
    """The increase over any time is what was logged in it, over New Year and over the edges of blocks."""
    asked = prometheus()

    def increase(code, end, window):
        series = f'mesibo_push_results_total{{cluster="main",code="{code}"}}'
        # 59 s more: Prometheus 3 leaves the sample at the older edge of a window out, and its minute with it
        return asked.scalar(f"sum(increase({series}[{window}59s]))", time=end)

    # An increase is extrapolated to the whole window, whatever the samples
    assert increase(903, NEW_YEAR + 14 * DAY, "1d") == pytest.approx(60, rel=0.002)
    assert increase(903, NEW_YEAR + 13 * DAY + 4 * 3600, "1h") == pytest.approx(60, rel=0.04)
    assert increase(903, NEW_YEAR + 15 * DAY, "1d") == 0
    assert increase(404, NEW_YEAR + DAY, "2d") == pytest.approx(288, rel=0.002)
    assert increase(200, NEW_YEAR + 17 * DAY, "35d") == pytest.approx(35 * 1296 - 54, rel=0.001)
    total = 'sum by (code, class) (mesibo_push_results_total{cluster="main"})'
    assert asked.values(total, time=NEW_YEAR + (DAYS - 22) * DAY) == {
        (("class", "delivered"), ("code", "200")): DAYS * 1296 - 54,
        (("class", "token"), ("code", "404")): DAYS * 144 - 6,
        (("class", "credential"), ("code", "903")): 60,
    }


def test_panels_about_pushes_show_the_past(prometheus, tmp_path):
    """What the rules for the past record of two days is all that panels about pushes read, to the last push."""
    asked = prometheus()
    end = NEW_YEAR + 14 * DAY
    window = (f"--start={end - 2 * DAY}", f"--end={end}", "--max-block-duration=162h")
    recorded = tmp_path / "recorded"
    promtool("rules", *window, f"--url={asked.url}", f"--output-dir={recorded}", RULES)
    asked.stop()
    for block in recorded.iterdir():
        block.rename(tmp_path / "tsdb" / block.name)
    asked = prometheus()

    def shown(panel, at):
        found = [asked.values(query.expr, time=at) for query in panels(24) if query.panel == panel]
        assert found, panel
        return {
            tuple(text for name, text in labels if name not in ("name", "__name__")): n
            for labels, n in found[0].items()
        }

    expired = NEW_YEAR + 13 * DAY + 4 * 3600
    overview, fleet = "mesibo-overview: ", "mesibo-fleet: "
    assert shown(overview + "Accepted", end) == {(): pytest.approx(1242 / 1302, rel=0.001)}
    assert shown(overview + "Codes, their meaning and what to do", end) == {
        ("404", "fcm"): pytest.approx(138, abs=1),
        ("903", "fcm"): 60,
    }
    assert shown(overview + "Results by class", expired) == {
        ("credential",): 5 / 300,
        ("delivered",): 0,
        ("token",): 0,
    }
    assert shown(overview + "Not accepted, by code", expired) == {("404", "fcm"): 0, ("903", "fcm"): 5 / 300}
    assert shown(overview + "Accepted, last 5 minutes", expired) == {(): 0}
    assert shown(overview + "Pushes a minute", expired) == {(): 1}
    assert shown(overview + "Refused by mesibo", expired) == {(): 1}
    assert shown(fleet + "Accepted, by host", expired) == {("main", "history", "mesibo"): 0}
    hour = shown(fleet + "Accepted, by cluster", expired)  # at some second of the minute before
    assert hour == {("main", "mesibo"): pytest.approx(0, abs=0.02)}
