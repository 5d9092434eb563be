"""What the shipped rule files hold: the alerts and records that a Prometheus should evaluate, and how often."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from logwatch import resources

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0, "y": 31536000.0}
_PARTS = re.compile(r"(\d+)(ms|[smhdwy])")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class RuleFile:
    """One rule file: the interval of each group in seconds, its rules by name, and the labels of its alerts."""

    path: Path
    intervals: dict[str, float]
    names: frozenset[str]
    alerts: tuple[dict[str, str], ...]  # with alertname, as they reach Alertmanager


@cache
def rule_files() -> tuple[RuleFile, ...]:
    """Read the rule files that are shipped with this program, which several rows compare with."""
    found = []
    for path in sorted(resources.PROMETHEUS_RULES.glob("*.yml")):
        groups = yaml.load(path.read_text(), _LOADER)["groups"]  # noqa: S506  a safe loader, ten times as fast
        rules = [rule for group in groups for rule in group["rules"]]
        found.append(
            RuleFile(
                path,
                {group["name"]: seconds(group["interval"]) for group in groups},
                frozenset(rule.get("alert") or rule["record"] for rule in rules),
                tuple({"alertname": rule["alert"], **rule["labels"]} for rule in rules if "alert" in rule),
            )
        )
    return tuple(found)


def seconds(text: str) -> float:
    """Parse a duration of Prometheus (``15s``, ``1m30s``, ``1h``) into seconds; 0 for what is none."""
    return sum(int(count) * _UNITS[unit] for count, unit in _PARTS.findall(text))
