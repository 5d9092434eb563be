"""Plays the shipped alerts over simulated weeks: how soon each incident pages, and how often nothing pages somebody.

``python -m bench.backtest --days 30 --write`` makes the table of docs/runbooks/backtest.md (minutes of time, one core a
site). Traffic, noise and incidents are ours (bench/backtest_traffic.py), so it shows that the rules do what they say.
promtool evaluates the shipped rules as Prometheus does, each after those that it reads: all that pages need.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

from bench.backtest_traffic import DAY, SITES, START, STEP, Incident, plan, results, simulate

ROOT = Path(__file__).parents[1]
NAME = re.compile(r"[a-z_]+:[a-z0-9_]+:[a-z0-9_]+")
OF_CODE = re.compile(r'code="(\d+)"(?:,reason="(\w*)")?')
FIRING = 'group by (alertname) (ALERTS{alertstate="firing"})'
FOUND = re.compile(r"time: (\w+),|alertname=\"(\w+)\"")
SOON = 120  # seconds; what is aimed at
SLACK = 600  # a page this long after an incident still belongs to it

Result = tuple[str, str]
"""(code, reason)"""
Spans = dict[str, list[tuple[int, int]]]
"""Alert -> (start, end) of the times at which it fires."""


def seconds(text: str) -> int:
    """Return a length of time as Prometheus writes it."""
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
    return sum(int(n) * units[unit] for n, unit in re.findall(r"(\d+)([smhdw])", text or "0s"))


def rules(results: Collection[Result]) -> list[dict[str, Any]]:
    """Return the alerts that page about such results, without their texts, and what finds them, in shipped order."""
    shipped = [
        rule
        for path in sorted((ROOT / "config/prometheus/rules").glob("*.yml"))
        for group in yaml.safe_load(path.read_text())["groups"]
        for rule in group["rules"]
    ]
    paging = [rule for rule in shipped if "alert" in rule and _pages(rule, results)]
    needed, left = set[str](), {name for rule in paging for name in NAME.findall(rule["expr"])}
    while left:
        needed |= left
        read = {name for rule in shipped if rule.get("record") in left for name in NAME.findall(rule["expr"])}
        left = read - needed
    # a text asks several questions each time, and nobody reads it here
    return [
        {key: value for key, value in rule.items() if key != "annotations"}
        for rule in shipped
        if rule.get("record") in needed or rule in paging
    ]


def _pages(rule: dict[str, Any], results: Collection[Result]) -> bool:
    wanted = OF_CODE.search(rule["expr"])
    other = rule["alert"].endswith("CriticalCode") or "Logwatch" in rule["alert"]
    return rule["labels"]["severity"] == "critical" and not other and (not wanted or wanted.groups("") in results)


def notation(values: Iterable[int]) -> str:
    """Return samples as promtool reads them: what stays the same is written once."""
    parts = []
    for value, run in groupby(values):
        again = sum(1 for _ in run) - 1
        parts.append(f"{value}+0x{again}" if again else str(value))
    return " ".join(parts)


def play(directory: Path, site: str, days: int, seed: int, incidents: list[Incident]) -> Spans:
    """Play the days of a site to the rules, and return when each alert fires."""
    counters = simulate(site, days, seed, incidents)
    steps = days * DAY // STEP
    group = {"name": "backtest", "rules": rules(results(incidents))}
    (directory / f"{site}-rules.yml").write_text(json.dumps({"groups": [group]}))
    test = directory / f"{site}.yml"
    with test.open("w") as file:  # JSON is YAML as well
        json.dump(
            {
                "rule_files": [f"{site}-rules.yml"],
                "evaluation_interval": f"{STEP}s",
                "tests": [
                    {
                        "interval": f"{STEP}s",
                        "input_series": [
                            {"series": name, "values": notation(values)} for name, values in counters.items()
                        ],
                        # asked at each step whether nothing fires, it tells what does
                        "promql_expr_test": [{"expr": FIRING, "eval_time": f"{n * STEP}s"} for n in range(steps)],
                    }
                ],
            },
            file,
        )
    del counters
    sparing = {**os.environ, "GOGC": "400"}  # a sixth less time for some memory
    done = subprocess.run(["promtool", "test", "rules", test], capture_output=True, text=True, check=False, env=sparing)
    told = done.stdout + done.stderr
    at, found = 0, dict[str, list[int]]()
    for time, alert in FOUND.findall(told):
        if time:
            at = START + seconds(time)
        else:
            found.setdefault(alert, []).append(at)
    if not found and done.returncode:
        sys.exit(told)
    return {alert: spans(instants) for alert, instants in found.items()}


def spans(at: Iterable[int]) -> list[tuple[int, int]]:
    """Return (start, end) of what goes on from step to step."""
    runs: list[tuple[int, int]] = []
    for t in at:
        if runs and t - runs[-1][1] <= STEP:
            runs[-1] = (runs[-1][0], t)
        else:
            runs.append((t, t))
    return runs


def judge(incidents: list[Incident], fired: dict[str, Spans]) -> tuple[list, list]:
    """Rows about incidents, and the pages that belong to none; ``fired`` by site."""
    rows = []
    for incident in incidents:
        begin, end = incident.start, incident.start + incident.minutes * 60
        pages = sorted(
            (a - begin, alert) for alert, times in fired[incident.site].items() for a, b in times if begin <= a < end
        )
        rows.append((incident, pages))
    false = [
        (alert, site, a)
        for site, alerts in fired.items()
        for alert, times in alerts.items()
        for a, b in times
        if not any(i.site == site and a < i.start + i.minutes * 60 + SLACK and b > i.start for i in incidents)
    ]
    return rows, false


def run(days: int, seed: int, incidents: list[Incident]) -> tuple[list, list]:
    """Simulate, evaluate, judge: (incident, its pages as (after, alert)) of each, and the pages that belong to none."""
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(len(SITES)) as pool:
        played = pool.map(lambda site: play(Path(name), site, days, seed, incidents), SITES)
        return judge(incidents, dict(zip(SITES, played, strict=True)))


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
