"""Programs, a receiver, and promtool's runs, which go on in the background while other tests wait for real time."""

import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.alerting.shipped import CONFIG, Receiver
from tests.whole.conftest import programs  # noqa: F401
from tests.whole.running import tool

SCENARIOS = sorted((CONFIG / "prometheus/tests").glob("*.yml"))


@pytest.fixture
def receiver():
    """A webhook on loopback."""
    made = Receiver()
    yield made
    made.close()


@pytest.fixture(scope="session")
def scenario_runs():
    """Promtool on each file of scenarios, the longest first, two at a time: path -> what it found."""
    promtool = tool("promtool")

    def run(path):
        return subprocess.run(
            ["nice", promtool, "test", "rules", path.name], cwd=path.parent, capture_output=True, text=True, check=False
        )

    with ThreadPoolExecutor(2) as pool:
        yield {path.name: pool.submit(run, path) for path in sorted(SCENARIOS, key=lambda p: p.name != "days-5m.yml")}
