"""Programs, a receiver, and promtool's runs, which go on in the background while other tests wait for real time."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.alerting.scenarios import runs
from tests.alerting.scenarios.model import promtool_file
from tests.alerting.shipped import CONFIG, Receiver
from tests.whole.conftest import programs  # noqa: F401
from tests.whole.running import tool


@pytest.fixture
def receiver():
    """A webhook on loopback."""
    made = Receiver()
    yield made
    made.close()


@pytest.fixture(scope="session")
def scenario_runs(tmp_path_factory):
    """Run promtool on each file of scenarios, the longest first, two at a time: name -> what it found."""
    promtool = tool("promtool")
    directory = tmp_path_factory.mktemp("scenarios")
    rules = sorted((CONFIG / "prometheus/rules").glob("*.yml"))
    running = []

    def run(name, scenarios):
        path = directory / f"{name}.yml"
        path.write_text(json.dumps(promtool_file(scenarios, rules), indent=1))  # which is YAML as well
        process = subprocess.Popen(
            ["nice", promtool, "test", "rules", path],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        running.append(process)
        output, _ = process.communicate()
        return process.returncode, output

    with ThreadPoolExecutor(2) as pool:
        longest_first = sorted(runs().items(), key=lambda item: item[0] != "days-5m")
        yield {name: pool.submit(run, name, scenarios) for name, scenarios in longest_first}
        pool.shutdown(wait=False, cancel_futures=True)
        for process in running:
            process.kill()
