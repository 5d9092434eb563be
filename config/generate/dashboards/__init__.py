"""Grafana dashboards, built with Grafana's own typed builders and written as the JSON that Grafana imports."""

import json

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from config.generate.dashboards import fleet, overview, watcher


def files() -> dict[str, str]:
    """Path -> JSON text of each dashboard."""
    built = {"overview": overview.dashboard(), "fleet": fleet.dashboard(), "watcher": watcher.dashboard()}
    return {
        f"config/grafana/dashboards/mesibo-{name}.json": json.dumps(
            json.loads(JSONEncoder(sort_keys=True).encode(board.build())), indent=2, sort_keys=True, ensure_ascii=False
        )
        + "\n"
        for name, board in built.items()
    }
