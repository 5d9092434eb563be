"""What happens to the alerts in situations that operators know; written out as promtool's own unit tests.

Each scenario says what hosts export over time and which alerts are firing at which moment: exactly those, no others.
"""

from config.generate.rules import to_yaml
from config.generate.scenarios import credentials, days, faults, outages, rates, watcher
from config.generate.scenarios.model import Scenario, as_test

TOPICS = {
    "faults": faults,
    "outages": outages,
    "rates": rates,
    "watcher": watcher,
    "days": days,
    "credentials": credentials,
}
RULE_FILES = [f"../rules/mesibo-{name}.yml" for name in ("trends", "push", "watcher")]


def all_scenarios() -> dict[str, list[Scenario]]:
    """Topic -> its scenarios."""
    return {topic: module.scenarios() for topic, module in TOPICS.items()}


def test_files() -> dict[str, str]:
    """Path -> text of the files that ``promtool test rules`` runs; scenarios of one step share a run, it is quicker."""
    files = {}
    for topic, scenarios in all_scenarios().items():
        for step in sorted({s.step for s in scenarios}):
            mine = [s for s in scenarios if s.step == step]
            shared = [s for s in mine if not s.alone]
            tests = [as_test(s.name, [s]) for s in mine if s.alone]
            tests += [as_test(topic, shared)] if shared else []
            suffix = "" if step == min(s.step for s in scenarios) else f"-{step:g}m"
            files[f"config/prometheus/tests/{topic}{suffix}.yml"] = to_yaml(
                {
                    "rule_files": RULE_FILES,
                    "evaluation_interval": f"{round(step * 60)}s",
                    "tests": tests,
                }
            )
    return files
