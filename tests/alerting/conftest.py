"""Programs, a receiver, and promtool's runs, which go on in the background while other tests wait for real time."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.alerting.scenarios import runs
from tests.alerting.scenarios.model import promtool_file
from tests.helpers.running import tool
from tests.helpers.shipped import CONFIG, Receiver


@pytest.fixture
def receiver():
    """Yield a webhook on loopback."""
    made = Receiver()
    yield made
    made.close()


@pytest.fixture(scope="session")
def scenario_runs(request, tmp_path_factory):
    """Run promtool on each file of scenarios that a test asks for, the longest first, two at a time: name -> result."""
    wanted = {item.callspec.params.get("name") for item in request.session.items if hasattr(item, "callspec")}
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
        longest_first = sorted(
            ((name, scenarios) for name, scenarios in runs().items() if name in wanted),
            key=lambda item: item[0] != "days-5m",
        )
        yield {name: pool.submit(run, name, scenarios) for name, scenarios in longest_first}
        pool.shutdown(wait=False, cancel_futures=True)
        for process in running:
            process.kill()
