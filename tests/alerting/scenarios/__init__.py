"""What happens to the alerts in situations that operators know, as unit tests that promtool runs.

Each scenario says what hosts export over time and which alerts are firing at which moment: exactly those, no others.
"""

from tests.alerting.scenarios import credentials, days, faults, outages, rates, strangers, watcher
from tests.alerting.scenarios.model import Scenario

TOPICS = {
    "faults": faults,
    "outages": outages,
    "rates": rates,
    "watcher": watcher,
    "days": days,
    "credentials": credentials,
    "strangers": strangers,
}


def runs() -> dict[str, list[Scenario]]:
    """Return the scenarios of each run of promtool by its name: those of one topic and one step."""
    found: dict[str, list[Scenario]] = {}
    for topic, module in TOPICS.items():
        for scenario in module.scenarios():
            found.setdefault(f"{topic}-{scenario.step:g}m", []).append(scenario)
    return found
