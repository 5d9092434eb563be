"""The queries of the dashboards' panels, as Grafana fills them in, and how long an engine takes for them."""

import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path

DASHBOARDS = Path(__file__).parents[1] / "config/grafana/dashboards"
STEP = 20  # seconds: six hours on a panel of half a screen
_METRIC = re.compile(r"(?<![\w:.\"=~|])(?:[a-z_]+:mesibo[a-z0-9_:]+|mesibo_\w+|process_\w+|up|ALERTS)(?=[{\[ )]|$)")


@dataclass(frozen=True)
class Query:
    """One query of a panel, as Grafana fills it in; ``instant``: of now alone."""

    panel: str
    expr: str
    instant: bool

    @property
    def names(self) -> set[str]:
        """The metrics that it reads."""
        return set(_METRIC.findall(self.expr))

    def seconds(self, url: str, hours: float) -> float:
        """Return how long it takes over the last ``hours``."""
        end = time.time() - 30
        way, span = (
            ("query", {"time": end}) if self.instant else ("query_range", {"start": end - hours * 3600, "end": end})
        )
        query = {"query": self.expr, "step": STEP, **span}
        began = time.monotonic()
        try:
            with urllib.request.urlopen(f"{url}/api/v1/{way}?{urllib.parse.urlencode(query)}", timeout=60) as answer:
                answer.read()
        except urllib.error.HTTPError as error:  # a limit of the engine: which one, it says itself
            raise RuntimeError(f"{self.panel}: {error.read().decode()[:500]}") from None
        return time.monotonic() - began


def panels(hours: float) -> list[Query]:
    """Return the queries of all panels, of all hosts and the last ``hours``."""
    found = []
    for path in sorted(DASHBOARDS.glob("*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel.get("targets", []):
                expr = re.sub(r"\$(cluster|host|source)", ".*", target["expr"])
                expr = expr.replace("$__rate_interval", "1m").replace("$__range", f"{round(hours * 60)}m")
                found.append(Query(f"{path.stem}: {panel['title']}", expr, bool(target.get("instant"))))
    return found


def panel_seconds(url: str, hours: float) -> dict[str, float]:
    """Return panel -> how long its queries take together over the last ``hours``, asked one after the other."""
    found: dict[str, float] = {}
    for query in panels(hours):
        found[query.panel] = found.get(query.panel, 0.0) + query.seconds(url, hours)
    return found
