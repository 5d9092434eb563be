"""Plays the shipped alerts over simulated weeks: how soon each incident pages, and how often nothing pages somebody.

``python -m bench.backtest --days 30 --write`` makes the table of docs/runbooks/backtest.md (minutes of time, one core).
Traffic, noise and incidents are ours (bench/backtest_traffic.py), so it shows that the rules do what they say. The real
Prometheus evaluates the real expressions by range queries over backfilled blocks; recorded names are replaced by what
they record, down to what is new since the evaluation before: that is an increase of the raw counter here. ``for``, and
how long a condition is held, are applied here.
"""

import argparse
import contextlib
import json
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

from bench.backtest_traffic import DAY, START, STEP, Incident, plan, simulate

ROOT = Path(__file__).parents[1]
HEAD = "# Generated"
NAME = re.compile(r"\b([a-z_]+:[a-z0-9_]+:[a-z0-9_]+)\b(?:\{([^}]*)\})?((?: offset \w+)?)")
RAW = re.compile(r"(mesibo_push_results_total)(?:\{([^}]*)\})?")
NEW = re.compile(
    r"sum_over_time\([a-z_]+:mesibo_push_results:new((?:\{[^}]*\d,\d[^}]*\}[^}]*\}|\{[^}]*\})?)\[(\w+)\]\)"
)
FAILING = re.compile(r"count_over_time\(cluster_source_platform:mesibo_push_failing:new\[\w+\]\)")
HELD = re.compile(r"last_over_time\((condition:[a-z0-9_]+:critical)\[(\w+)\]\)")
TOLL = "cluster_source_platform_code_reason:mesibo_push_fault:toll"
WINDOWS = {"59s": "1m", "1m59s": "2m", "4m59s": "5m"}  # so many evaluations as a window has
MATCH = re.compile(r'(\w+)(=~|!~|!=|=)"([^"]*)"')
SOON = 120  # seconds; what is aimed at
SLACK = 600  # a page this long after an incident still belongs to it


def seconds(text: str) -> int:
    """Return a length of time as Prometheus writes it."""
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
    return sum(int(n) * units[unit] for n, unit in re.findall(r"(\d+)([smhdw])", text or "0s"))


class Rules:
    """The shipped rules: recorded expressions by name, and the alerts that page."""

    def __init__(self) -> None:
        self.recorded: dict[str, str] = {}
        self.alerts: list[dict] = []
        for path in sorted((ROOT / "config/prometheus/rules").glob("*.yml")):
            for group in yaml.safe_load(path.read_text())["groups"]:
                for rule in group["rules"]:
                    if "record" in rule:
                        self.recorded[rule["record"]] = rule["expr"]
                    elif rule["labels"]["severity"] == "critical":
                        self.alerts.append(self._held(rule))
        # kept as it was while the spike fires; for the beginning of a page that makes no difference
        self.recorded["cluster_source:mesibo_push_refused:ratio_hour_before"] = (
            "cluster_source:mesibo_push_refused:ratio_rate1h offset 5m"
        )
        # the same of what a fault has cost: it begins when the fault does
        self.recorded[TOLL] = self.recorded["cluster_source_platform_code_reason:mesibo_push_fault:increase5m"]

    def _held(self, rule: dict) -> dict:
        """Return a rule whose condition is held by a record of it, as its condition and for how long."""
        if held := HELD.match(rule["expr"]):
            return rule | {"expr": self.recorded[held[1]], "keep_firing_for": held[2]}
        return rule | ({"keep_firing_for": "5m"} if TOLL in rule["expr"] else {})

    def inline(self, expr: str) -> str:
        """Return an expression over raw series alone."""
        expr = NEW.sub(lambda m: f"increase(mesibo_push_results_total{m[1]}[{WINDOWS.get(m[2], m[2])}])", expr)
        bad = 'class!~"delivered|token|rate_limited",code!="400"'
        failing = f"sum by (cluster, source, platform) (mesibo_push_results_total{{{bad}}})"
        expr = FAILING.sub(f"changes({failing}[3m:{STEP}s])", expr)
        return NAME.sub(lambda m: self._one(m[1], m[2] or "", m[3]), expr)

    def _one(self, name: str, matchers: str, offset: str) -> str:
        inner = f"({self.inline(self.recorded[name])})"
        if offset:
            inner = f"(max_over_time({inner}[{STEP}s:{STEP}s]{offset}))"
        if matchers and "increase" in name and "limiter" not in name:  # kept labels: the matcher may stand further in
            return RAW.sub(lambda m: f"{m[1]}{{{m[2] + ',' if m[2] else ''}{matchers}}}", inner)
        for label, sign, value in MATCH.findall(matchers):
            values = value.split("|") if "~" in sign else [value]
            alike = " or ".join(f'label_replace(vector(1), "{label}", "{v}", "", "")' for v in values)
            inner = f"({inner} {'unless' if '!' in sign else 'and'} on ({label}) ({alike}))"
        return inner


class Prometheus:
    """A real Prometheus on backfilled blocks."""

    def __init__(self, data: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        config = data.parent / "empty.yml"
        config.write_text("")
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [
                "prometheus",
                f"--config.file={config}",
                f"--storage.tsdb.path={data}",
                "--storage.tsdb.retention.time=100y",
                f"--web.listen-address=127.0.0.1:{port}",
                "--query.timeout=10m",
                "--query.max-samples=500000000",
            ],
            stderr=subprocess.DEVNULL,
        )
        while True:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/-/ready", timeout=5):
                return
            time.sleep(0.2)

    def range(self, expr: str, start: int, end: int) -> dict[str, list[int]]:
        """Cluster -> instants at which the expression gives something."""
        found: dict[str, set[int]] = {}
        chunk = 10_000 * STEP
        for begin in range(start, end, chunk):
            query = {"query": expr, "start": begin, "end": min(begin + chunk, end) - 1, "step": STEP}
            body = urllib.parse.urlencode(query).encode()
            try:
                with urllib.request.urlopen(f"{self.url}/api/v1/query_range", body, timeout=900) as answer:
                    result = json.load(answer)["data"]["result"]
            except urllib.error.HTTPError as error:
                sys.exit(f"{expr}\n{error.read().decode()}")
            for series in result:
                found.setdefault(series["metric"].get("cluster", ""), set()).update(int(t) for t, _ in series["values"])
        return {cluster: sorted(at) for cluster, at in found.items()}


def firing(at: list[int], wait: int, keep: int) -> list[tuple[int, int]]:
    """(start, end) of the times at which an alert fires."""
    runs: list[list[int]] = []
    for t in at:
        if runs and t - runs[-1][1] <= STEP:
            runs[-1][1] = t
        else:
            runs.append([t, t])
    spans: list[list[int]] = []
    for begin, end in runs:
        if end - begin < wait:
            continue
        if spans and begin + wait <= spans[-1][1]:
            spans[-1][1] = end + keep
        else:
            spans.append([begin + wait, end + keep])
    return [(a, b) for a, b in spans]


def backfill(directory: Path, files: list[Path]) -> Path:
    """Blocks of the simulated series, two hours each."""
    data = directory / "data"

    def one(path: Path) -> None:
        command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "-q", str(path), str(data)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        path.unlink()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(one, files))
    return data


def judge(incidents: list[Incident], fired: dict[str, dict[str, list[tuple[int, int]]]]) -> tuple[list, list]:
    """Rows about incidents, and the pages that belong to none."""
    rows = []
    for incident in incidents:
        begin, end = incident.start, incident.start + incident.minutes * 60
        pages = sorted(
            (max(a, begin) - begin, alert)
            for alert, clusters in fired.items()
            for a, b in clusters.get(incident.site, [])
            if a < end and b > begin and a >= begin
        )
        rows.append((incident, pages))
    false = [
        (alert, cluster, a)
        for alert, clusters in fired.items()
        for cluster, spans in clusters.items()
        for a, b in spans
        if not any(i.site == cluster and a < i.start + i.minutes * 60 + SLACK and b > i.start for i in incidents)
    ]
    return rows, false


def run(days: int, seed: int, incidents: list[Incident]) -> tuple[list, list]:
    """Simulate, evaluate, judge: (incident, its pages as (after, alert)) of each, and the pages that belong to none."""
    rules = Rules()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        files, codes = simulate(directory, days, seed, incidents)
        prometheus = Prometheus(backfill(directory, files))
        try:
            fired: dict[str, dict[str, list[tuple[int, int]]]] = {}
            for alert in rules.alerts:
                wanted = re.search(r'code="(\d+)"(?:,reason="(\w*)")?', alert["expr"])
                skipped = "Logwatch" in alert["alert"] or alert["alert"].endswith("CriticalCode")
                if skipped or (wanted and (wanted[1], wanted[2] or "") not in codes):
                    continue
                at = prometheus.range(rules.inline(alert["expr"]), START, START + days * DAY)
                for cluster, instants in at.items():
                    spans = firing(instants, seconds(alert.get("for", "")), seconds(alert.get("keep_firing_for", "")))
                    fired.setdefault(alert["alert"], {}).setdefault(cluster, []).extend(spans)
                print(
                    alert["alert"],
                    alert["labels"].get("code_name", ""),
                    {c: len(v) for c, v in at.items()},
                    file=sys.stderr,
                )
        finally:
            prometheus.process.terminate()
            prometheus.process.wait()
    return judge(incidents, fired)


def table(rows: list, false: list, days: int, seed: int) -> str:
    """Return the two tables as Markdown."""
    text = "| incident | site | lasts | first page | after | other pages |\n| --- | --- | --- | --- | --- | --- |\n"
    for incident, pages in rows:
        first = f"{pages[0][1]} | {pages[0][0]} s" if pages else "none | -"
        later = {}
        for after, alert in pages[1:]:
            later.setdefault(alert, f"{alert} ({after} s)")
        others = ", ".join(text for alert, text in later.items() if alert != pages[0][1]) or "-"
        text += f"| {incident.about} | {incident.site} | {incident.minutes} min | {first} | {others} |\n"
    soon = {
        site: [bool(pages) and pages[0][0] <= SOON for incident, pages in rows if incident.site == site]
        for site in dict.fromkeys(incident.site for incident, _ in rows)
    }
    counts = " and ".join(f"{sum(found)} of {len(found)} on the {site} site" for site, found in soon.items())
    text += f"\nPaged within {SOON} s: **{counts}**.\n"
    text += f"\nPages that belong to no incident, in {days} days on two sites (seed {seed}): **{len(false)}**.\n"
    for alert, cluster, at in false:
        text += f"\n- {alert} on {cluster}, day {(at - START) / 86400:.2f}"
    return text + "\n"


def main() -> int:
    """0, or 1 when an incident was not paged."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="put the tables into docs/runbooks/backtest.md")
    options = parser.parse_args()
    rows, false = run(options.days, options.seed, plan(options.days, options.seed))
    text = table(rows, false, options.days, options.seed)
    print(text)
    if options.write:
        page = ROOT / "docs/runbooks/backtest.md"
        page.write_text(
            re.sub(
                r"(<!-- tables -->\n).*(<!-- end -->)", lambda m: m[1] + text + m[2], page.read_text(), flags=re.DOTALL
            )
        )
    return int(any(not pages for _, pages in rows))


if __name__ == "__main__":
    sys.exit(main())
