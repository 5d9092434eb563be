"""Writes everything that is generated, or with ``--check`` says what differs from it."""

import sys
from pathlib import Path

from config.generate import (
    credentials,
    dashboards,
    faults,
    manpages,
    outages,
    rates,
    recording,
    runbooks,
    scenarios,
    watcher,
)
from config.generate.rules import Group, rule_file

ROOT = Path(__file__).parent.parent.parent


def outputs() -> dict[str, str]:
    """Path below the root of the tree -> text that belongs there."""
    pushes = Group(
        "mesibo-push", [*recording.fast(), rates.hour_before(), *faults.alerts(), *outages.alerts(), *rates.alerts()]
    )
    return {
        "config/prometheus/rules/mesibo-push.yml": rule_file(
            [pushes, Group("mesibo-credentials", credentials.alerts(), interval="1m")]
        ),
        "config/prometheus/rules/mesibo-trends.yml": rule_file(recording.groups()),
        "config/prometheus/rules/mesibo-watcher.yml": rule_file(
            [Group("mesibo-watcher", [*watcher.records(), *watcher.alerts()])]
        ),
        **scenarios.test_files(),
        **dashboards.files(),
        **runbooks.files(),
        **manpages.files(),
    }


def main(arguments: list[str]) -> int:
    """0 fine, 1 something differs, 2 wrong use."""
    if arguments not in ([], ["--check"]):
        print("usage: python -m config.generate [--check]", file=sys.stderr)
        return 2
    differing = [
        path for path, text in outputs().items() if not (ROOT / path).exists() or (ROOT / path).read_text() != text
    ]
    for path in differing:
        if arguments:
            print(f"{path}: differs from what is generated; try: make generate", file=sys.stderr)
        else:
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_text(outputs()[path])
            print(path)
    return int(bool(arguments and differing))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
