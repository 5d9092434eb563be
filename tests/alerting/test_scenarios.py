"""The scenarios, as promtool sees them."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from config.generate.rules import files
from tests.alerting.scenarios import runs
from tests.alerting.scenarios.model import promtool_file
from tests.helpers.running import tool
from tests.helpers.shipped import CONFIG

pytestmark = pytest.mark.integration


@pytest.mark.timeout(1800)  # minutes where nothing else runs
@pytest.mark.parametrize("name", runs())
def test_exactly_the_expected_alerts_fire(name, tmp_path):
    """At every moment that a scenario names, the alerts it names fire, and no other."""
    path = tmp_path / f"{name}.yml"
    # promtool evaluates every group at each step: what counts evaluations has to know how far they are apart
    rules = [tmp_path / Path(shipped).name for shipped in files()]
    for rule, text in zip(rules, files(round(runs()[name][0].step * 60)).values(), strict=True):
        rule.write_text(text)
    path.write_text(json.dumps(promtool_file(runs()[name], rules), indent=1))  # which is YAML as well
    command = [tool("promtool"), "test", "rules", path]
    sparing = {**os.environ, "GOGC": "400"}  # a sixth less time for some memory
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, env=sparing
    )
    assert done.returncode == 0, done.stdout


def test_the_shipped_example_of_a_rule_test_passes():
    """Operators who change the rules begin with a test of them that works."""
    example = CONFIG / "prometheus/tests/example.yml"
    done = subprocess.run([tool("promtool"), "test", "rules", example], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
