"""The scenarios, as promtool sees them; they were started when the first test of this folder was."""

import subprocess

import pytest

from tests.alerting.scenarios import runs
from tests.helpers.running import tool
from tests.helpers.shipped import CONFIG

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("name", runs())
def test_exactly_the_expected_alerts_fire(name, scenario_runs):
    """At every moment that a scenario names, the alerts it names fire, and no other."""
    status, output = scenario_runs[name].result()
    assert status == 0, output


def test_the_shipped_example_of_a_rule_test_passes():
    """Operators who change the rules begin with a test of them that works."""
    example = CONFIG / "prometheus/tests/example.yml"
    done = subprocess.run([tool("promtool"), "test", "rules", example], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
