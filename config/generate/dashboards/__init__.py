"""Grafana dashboards, built with Grafana's own typed builders and written as the JSON that Grafana imports."""

import json

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from config.generate.dashboards import fleet, overview, watcher


def files() -> dict[str, str]:
    """Path -> JSON text of each dashboard."""
    boards = {"overview": overview.dashboard(), "fleet": fleet.dashboard(), "watcher": watcher.dashboard()}
    return {f"config/grafana/dashboards/mesibo-{name}.json": _text(board) for name, board in boards.items()}


def _text(board: Dashboard) -> str:
    """JSON in a fixed order, with numbered panels, so that a link to a panel stays good."""
    plain = json.loads(JSONEncoder(sort_keys=True).encode(board.build()))
    for number, panel in enumerate(plain["panels"], 1):
        panel["id"] = number
    return json.dumps(plain, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
