"""The scenarios, as promtool sees them; they were started when the first test of this folder was."""

import pytest

from tests.alerting.conftest import SCENARIOS

pytestmark = pytest.mark.integration


@pytest.mark.timeout(400)
@pytest.mark.parametrize("path", SCENARIOS, ids=lambda p: p.name)
def test_exactly_the_expected_alerts_fire(path, scenario_runs):
    """At every moment that a scenario names, the alerts it names fire, and no other."""
    status, output = scenario_runs[path.name].result()
    assert status == 0, output
