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
    """Run promtool on each file of scenarios, the longest first, two at a time: path -> what it found."""
    promtool = tool("promtool")
    running = []

    def run(path):
        process = subprocess.Popen(
            ["nice", promtool, "test", "rules", path.name],
            cwd=path.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        running.append(process)
        output, _ = process.communicate()
        return process.returncode, output

    with ThreadPoolExecutor(2) as pool:
        longest_first = sorted(SCENARIOS, key=lambda path: path.name != "days-5m.yml")
        yield {path.name: pool.submit(run, path) for path in longest_first}
        pool.shutdown(wait=False, cancel_futures=True)
        for process in running:
            process.kill()
