"""What happens to the alerts in situations that operators know; written out as promtool's own unit tests.

Each scenario says what hosts export over time and which alerts are firing at which moment: exactly those, no others.
"""

from config.generate.rules import to_yaml
from config.generate.scenarios import days, faults, rates, watcher
from config.generate.scenarios.model import Scenario

TOPICS = {"faults": faults, "rates": rates, "watcher": watcher, "days": days}
RULE_FILES = [f"../rules/mesibo-{name}.yml" for name in ("trends", "push", "watcher")]


def all_scenarios() -> dict[str, list[Scenario]]:
    """Topic -> its scenarios."""
    return {topic: module.scenarios() for topic, module in TOPICS.items()}


def test_files() -> dict[str, str]:
    """Path -> text of the files that ``promtool test rules`` runs."""
    return {
        f"config/prometheus/tests/{topic}.yml": to_yaml(
            {
                "rule_files": RULE_FILES,
                "evaluation_interval": f"{round(scenarios[0].step * 60)}s",
                "tests": [scenario.as_dict() for scenario in scenarios],
            }
        )
        for topic, scenarios in all_scenarios().items()
        if scenarios
    }
