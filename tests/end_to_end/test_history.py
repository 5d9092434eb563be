"""Old logs become blocks of a real Prometheus, which answers about the past as if it had been there."""

import gzip
import os
import subprocess
import sys
import time

import pytest

from tests.helpers.running import Prometheus, tool

pytestmark = pytest.mark.integration

NEW_YEAR = 1_798_761_600  # 2027-01-01T00:00:00Z
DAY = 86400
DAYS = 40  # from 2026-12-10 on: a year ends in the middle


def lines(day):
    """Pushes of a day, one a minute; every tenth fails, and for an hour of the 35th all do."""
    for minute in range(1440):
        at = NEW_YEAR + (day - 22) * DAY + 60 * minute + 7
        expired = day == 35 and minute // 60 == 3
        code = 903 if expired else 404 if minute % 10 == 0 else 200
        yield f"E{time.strftime('%d%m-%H%M%S', time.gmtime(at))}-000 (17): push_on_complete: type fcm code {code}\n"


@pytest.fixture
def archive(tmp_path):
    """Return rotated logs, a file for five days, which say of no stamp what year it is of."""
    for first in range(0, DAYS, 5):
        text = "".join(line for day in range(first, first + 5) for line in lines(day))
        path = tmp_path / f"mesibo.log.{DAYS - first}.gz"
        path.write_bytes(gzip.compress(text.encode()))
        written = NEW_YEAR + (first + 5 - 22) * DAY
        os.utime(path, (written, written))
    return sorted(tmp_path.glob("mesibo.log.*"))


def test_prometheus_answers_about_the_past(archive, programs, tmp_path):
    """The increase over any time is what was logged in it, over New Year and over the edges of blocks."""
    past = tmp_path / "past.om"
    label = ("--label", "cluster=main", "--label", "instance=history")
    subprocess.run([sys.executable, "-m", "logwatch", "history", *archive, "-o", past, *label], check=True, timeout=120)
    made = subprocess.run(
        [
            *(tool("promtool"), "tsdb", "create-blocks-from", "openmetrics"),
            *(past, tmp_path / "tsdb", "--max-block-duration=744h"),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    assert len([*(tmp_path / "tsdb").iterdir()]) <= 4
    prometheus = programs(Prometheus, tmp_path, "127.0.0.1:1", "--storage.tsdb.retention.time=100y")

    def increase(code, end, window):
        series = f'mesibo_push_results_total{{cluster="main",code="{code}"}}'
        return prometheus.scalar(f"sum(increase({series}[{window}]))", end)

    # An increase is extrapolated by half a minute at either end, whatever the samples
    assert increase(903, NEW_YEAR + 14 * DAY, "1d") == pytest.approx(60, rel=0.002)
    assert increase(903, NEW_YEAR + 13 * DAY + 4 * 3600, "1h") == pytest.approx(60, rel=0.04)
    assert increase(903, NEW_YEAR + 15 * DAY, "1d") == 0
    assert increase(404, NEW_YEAR + DAY, "2d") == pytest.approx(288, rel=0.002)
    assert increase(200, NEW_YEAR + 17 * DAY, "35d") == pytest.approx(35 * 1296 - 54, rel=0.001)
    total = 'sum by (code, class) (mesibo_push_results_total{cluster="main"})'
    assert prometheus.query(total, NEW_YEAR + (DAYS - 22) * DAY) == {
        (("class", "delivered"), ("code", "200")): DAYS * 1296 - 54,
        (("class", "token"), ("code", "404")): DAYS * 144 - 6,
        (("class", "credential"), ("code", "903")): 60,
    }
