"""The words of a scenario: hosts that export counters, stretches of time with a rate, moments with firing alerts."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby
from math import isnan, nan
from pathlib import Path
from typing import Any

from logwatch.catalogue import Catalogue, limiter
from logwatch.model import Platform

Stretch = tuple[float, float | None]
"""(minutes, how many a minute); None: not scraped during that time; 0 minutes: so many at once."""

HALF_AN_HOUR, TEN_HOURS = 31, 10 * 60
EXACT = 256
"""Steps are multiples of 1/256, which floats hold exactly: a sum that is off by a hair would be a counter reset."""


CATALOGUE = Catalogue.load()


def samples(stretches: Iterable[Stretch], step: float, start: float, total: int) -> list[float | None]:
    """Return a metric's values at every step, constant after the last stretch."""
    values: list[float | None] = [start]
    at = start
    for minutes, rate in stretches:
        for _ in range(min(round(minutes / step) if minutes else 1, total - len(values))):
            at += round((rate or 0) * (step if minutes else 1) * EXACT) / EXACT
            values.append(None if rate is None else at)
    values += [values[-1]] * (total - len(values))
    return values[:total]


def notation(values: list[float | None]) -> str:
    """Promtool's short form: ``0+5x20 100+0x10 stale _x4``."""
    words: list[str] = []
    for absent, run in groupby(values, key=lambda v: "_" if v is None else "stale" if isnan(v) else ""):
        held = list(run)
        words += [f"_x{len(held)}"] if absent == "_" else [absent] * len(held) if absent else _slopes(held)
    return " ".join(words)


def _slopes(values: list[float | None]) -> Iterator[str]:
    index = 0
    while index < len(values):
        first, run, delta = values[index], 0, 0.0
        if index + 1 < len(values):
            delta = values[index + 1] - first
            while index + run + 1 < len(values) and values[index + run + 1] - values[index + run] == delta:
                run += 1
        yield f"{first:.17g}{delta:+.17g}x{run}"
        index += run + 1


def ended(values: list[float | None], scraped: list[bool]) -> list[float | None]:
    """Mark the end of a series as Prometheus does: by a NaN at the first scrape that lacks it."""
    marked: list[float | None] = []
    last: float | None = None
    for value, asked in zip(values, scraped, strict=True):
        marked.append(None if not asked else nan if value is None and last is not None else value)
        last = value if asked else last
    return marked


@dataclass
class Host:
    """One daemon on one mesibo host, in good health unless told otherwise."""

    instance: str = "a:10914"
    cluster: str = "prod"
    source: str = "mesibo"
    job: str = "mesibo-logwatch"
    labels: dict[str, str] = field(default_factory=dict)
    every: float = 0  # minutes between two scrapes, where they are rarer than evaluations
    up: list[Stretch] = field(default_factory=list)
    listed: list[Stretch] = field(default_factory=list)
    series: dict[tuple[str, tuple[tuple[str, str], ...]], tuple[float, list[Stretch]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.series:
            return  # a copy under another name
        self.process("up", start=1)
        self.process("process_start_time_seconds", start=-7200)
        self.process("mesibo_logwatch_config_last_reload_successful", start=1)
        self.process("mesibo_logwatch_commits_total", (10_000_000, 10))
        self.process("mesibo_logwatch_commit_failures_total")
        self.process("mesibo_logwatch_state_resets_total")
        for name, start in {"source_up": 1, "source_caught_up": 1, "lag_bytes": 0}.items():
            self.of_source(f"mesibo_logwatch_{name}", start=start)
        for name in ("lost_bytes", "missed_generations", "missed_entries", "oversized_lines", "fallback_lines"):
            self.of_source(f"mesibo_logwatch_{name}_total")
        for cause in ("misplaced", "no_code", "ambiguous", "grammar"):
            self.of_source("mesibo_logwatch_unparsed_lines_total", cause=cause)
        self.of_source("mesibo_logwatch_lines_total", (10_000_000, 300))
        for whose in ("mesibo", "fcm", "apns", "unknown"):
            self.of_source("mesibo_push_rate_limit_hits_total", limiter=whose)
        self.pushes("fcm", 200).pushes("apns", 200)

    def gauge(self, name: str, labels: dict[str, str], start: float, stretches: tuple[Stretch, ...]) -> "Host":
        """Any metric with any labels."""
        self.series[name, tuple(sorted(labels.items()))] = (start, list(stretches))
        return self

    def process(self, name: str, *stretches: Stretch, start: float = 0) -> "Host":
        """Add a metric of the process."""
        return self.gauge(name, {}, start, stretches)

    def of_source(self, name: str, *stretches: Stretch, start: float = 0, **labels: str) -> "Host":
        """Add a metric of the source."""
        return self.gauge(name, {"source": self.source, **labels}, start, stretches)

    def pushes(self, platform: Platform, code: int, *stretches: Stretch, reason: str = "", start: float = 0) -> "Host":
        """Results of one kind, and the limiter's counter where it is one of those."""
        class_ = CATALOGUE.classify(platform, code, reason).class_
        labels = {"platform": platform, "code": str(code), "reason": reason, "class": class_}
        if whose := limiter(platform, code):
            self.of_source("mesibo_push_rate_limit_hits_total", *stretches, start=start, limiter=whose)
        return self.of_source("mesibo_push_results_total", *stretches, start=start, **labels)

    def normal(self, *stretches: Stretch, fcm: float = 60, apns: float = 40) -> "Host":
        """Add accepted pushes of both platforms; stretches are multiples of the rates."""
        stretches = stretches or ((10_000_000, 1),)
        for platform, rate in (("fcm", fcm), ("apns", apns)):
            self.pushes(platform, 200, *((m, None if r is None else r * rate) for m, r in stretches))
        return self

    def unscraped(self, *stretches: Stretch) -> "Host":
        """Take the samples away where the rate is None: the daemon is down, and counts on once it is back."""
        self.up = list(stretches)
        return self

    def found(self, *stretches: Stretch) -> "Host":
        """Take it out of what is scraped where the rate is None: no list of targets has it then."""
        self.listed = list(stretches)
        return self

    def input_series(self, step: float, total: int) -> list[dict[str, str]]:
        """Return what promtool loads."""
        mask = samples(self.up, step, 0, total) if self.up else [0.0] * total
        listed = samples(self.listed, step, 0, total) if self.listed else [0.0] * total
        every = round(self.every / step) or 1
        scraped = [n % every == 0 for n in range(total)]
        rows = []
        target = (("cluster", self.cluster), ("instance", self.instance), ("job", self.job), *self.labels.items())
        for (metric, labels), (start, stretches) in self.series.items():
            name = metric + "{" + ",".join(f'{k}="{v}"' for k, v in (*labels, *target)) + "}"
            values = samples(stretches, step, start, total)
            if metric == "up":
                masked = [0.0 if m is None else v for v, m in zip(values, mask, strict=True)]
            else:
                masked = [None if m is None else v for v, m in zip(values, mask, strict=True)]
            masked = [None if there is None else v for v, there in zip(masked, listed, strict=True)]
            # what Prometheus itself recorded before it was restarted has no end
            rows.append({"series": name, "values": notation(masked if ":" in metric else ended(masked, scraped))})
        return rows


@dataclass(frozen=True)
class Scenario:
    """What hosts export, and which alerts fire when: ``fires`` maps minutes to all that fire then.

    ``spares`` names alerts that come near and must not fire: the scenario exists for them. ``alone`` is for alerts
    that are about all of Prometheus; all others share one run, each in a cluster of its own.
    """

    name: str
    hosts: list[Host]
    fires: dict[float, list[str]]
    spares: tuple[str, ...] = ()
    alone: bool = False
    fine: bool = False  # needs windows of 2 minutes to have samples, however long it lasts
    daily: bool = False  # lasts for weeks, and is about nothing that moves within an hour

    @property
    def step(self) -> float:
        """Minutes between scrapes and evaluations: a quarter as in production, more where it lasts for hours.

        Always less than the five for which Prometheus remembers a sample: version 3 forgets it after exactly five.
        """
        last = max(self.fires)
        if self.daily:
            return 60
        return 0.25 if last <= HALF_AN_HOUR else 1 if self.fine or last <= TEN_HOURS else 4

    @property
    def slug(self) -> str:
        """The name as a label's value."""
        return re.sub("[^a-z0-9]+", "-", self.name.lower()).strip("-")

    def series(self) -> list[dict[str, str]]:
        """Return what promtool loads: the hosts in clusters that are this scenario's own, until it ends."""
        steps = round(max(self.fires) / self.step) + 1
        return [
            row
            for host in self.hosts
            for row in replace(
                host, cluster=f"{self.slug}/{host.cluster}", instance=f"{self.slug}/{host.instance}"
            ).input_series(self.step, steps)
        ]

    def expectations(self) -> list[tuple[float, dict[str, Any]]]:
        """Return what must be firing in those clusters, and when."""
        mine = "" if self.alone else f',cluster=~"{self.slug}/.*"'
        return [
            (
                minute,
                {
                    "expr": f'group by (alertname, severity) (ALERTS{{alertstate="firing"{mine}}})',
                    "eval_time": f"{round(minute * 60)}s",
                    "exp_samples": [
                        {"labels": f'{{alertname="{a.split()[1]}", severity="{a.split()[0]}"}}', "value": 1}
                        for a in alerts
                    ],
                },
            )
            for minute, alerts in self.fires.items()
        ]


def promtool_file(scenarios: list[Scenario], rules: Iterable[Path]) -> dict[str, Any]:
    """Return what ``promtool test rules`` reads; scenarios of one step share a test, which is quicker."""
    shared = [s for s in scenarios if not s.alone]
    tests = [*([s] for s in scenarios if s.alone), *([shared] if shared else [])]
    return {
        "rule_files": [str(path) for path in rules],
        "evaluation_interval": f"{round(scenarios[0].step * 60)}s",
        "tests": [_test(together) for together in tests],
    }


def _test(scenarios: list[Scenario]) -> dict[str, Any]:
    step = scenarios[0].step
    expected = sorted((e for s in scenarios for e in s.expectations()), key=lambda e: e[0])
    return {
        "name": ", ".join(s.name for s in scenarios) if len(scenarios) == 1 else f"{len(scenarios)} scenarios",
        "interval": f"{round(step * 60)}s",
        "input_series": [row for s in scenarios for row in s.series()],
        "promql_expr_test": [test for _, test in expected],
    }
