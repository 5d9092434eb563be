"""The words of a scenario: hosts that export counters, stretches of time with a rate, and moments with firing alerts."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from config.generate.codes import CATALOGUE

Stretch = tuple[float, float | None]
"""(minutes, how many a minute); None: not scraped during that time."""

FIRING = 'group by (alertname, severity) (ALERTS{alertstate="firing"})'


def class_of(platform: str, code: str, reason: str) -> str:
    """The class under which the daemon exports a result."""
    entries = [e for e in CATALOGUE if str(e.code) == code and e.reason == reason]
    exact = [e for e in entries if e.provider in (platform, "mesibo")] or [e for e in entries if e.provider == "any"]
    if exact:
        return exact[0].cls
    return "rejected" if code.isdigit() and int(code) > 900 else "unknown"


def samples(stretches: Iterable[Stretch], step: float, start: float, total: int) -> list[float | None]:
    """A metric's values at every step, constant after the last stretch."""
    values: list[float | None] = [start]
    at = start
    for minutes, rate in stretches:
        for _ in range(min(round(minutes / step), total - len(values))):
            at += (rate or 0) * step
            values.append(None if rate is None else at)
    values += [values[-1]] * (total - len(values))
    return values[:total]


def notation(values: list[float | None]) -> str:
    """promtool's short form: ``0+5x20 100+0x10 _x4``."""
    words: list[str] = []
    index = 0
    while index < len(values):
        first = values[index]
        if first is None:
            run = sum(1 for _ in next(groupby(values[index:], key=lambda v: v is None))[1])
            words.append(f"_x{run}")
            index += run
            continue
        run, delta = 0, 0.0
        if index + 1 < len(values) and (second := values[index + 1]) is not None:
            delta = second - first
            while index + run + 1 < len(values):
                here, following = values[index + run], values[index + run + 1]
                if here is None or following is None or abs(following - here - delta) > 1e-9:  # noqa: PLR2004
                    break
                run += 1
        words.append(f"{first:.10g}{delta:+.10g}x{run}")
        index += run + 1
    return " ".join(words)


@dataclass
class Host:
    """One daemon on one mesibo host, in good health unless told otherwise."""

    instance: str = "a:10914"
    cluster: str = "prod"
    source: str = "mesibo"
    up: list[Stretch] = field(default_factory=list)
    series: dict[str, tuple[float, list[Stretch]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.process("up", start=1)
        self.process("process_start_time_seconds", start=-7200)
        self.process("mesibo_logwatch_config_last_reload_successful", start=1)
        self.process("mesibo_logwatch_commits_total", (10_000_000, 10))
        self.process("mesibo_logwatch_commit_failures_total")
        self.process("mesibo_logwatch_state_resets_total")
        for name, start in {"source_up": 1, "source_caught_up": 1, "lag_bytes": 0}.items():
            self.of_source(f"mesibo_logwatch_{name}", start=start)
        for name in ("lost_bytes", "missed_generations", "oversized_lines", "fallback_lines"):
            self.of_source(f"mesibo_logwatch_{name}_total")
        for cause in ("misplaced", "no_code", "ambiguous", "grammar"):
            self.of_source("mesibo_logwatch_unparsed_lines_total", cause=cause)
        self.of_source("mesibo_logwatch_lines_total", (10_000_000, 300))
        for limiter in ("mesibo", "fcm", "apns", "unknown"):
            self.of_source("mesibo_push_rate_limit_hits_total", limiter=limiter)
        for platform in ("fcm", "apns"):
            self.pushes(platform, 200)

    def _set(self, name: str, labels: dict[str, str], start: float, stretches: tuple[Stretch, ...]) -> "Host":
        labels = {**labels, "instance": self.instance, "job": "mesibo-logwatch"}
        labels |= {"cluster": self.cluster} if self.cluster else {}
        self.series[name + "{" + ",".join(f'{k}="{v}"' for k, v in labels.items()) + "}"] = (start, list(stretches))
        return self

    def process(self, name: str, *stretches: Stretch, start: float = 0) -> "Host":
        """A metric of the process."""
        return self._set(name, {}, start, stretches)

    def of_source(self, name: str, *stretches: Stretch, start: float = 0, **labels: str) -> "Host":
        """A metric of the source."""
        return self._set(name, {"source": self.source, **labels}, start, stretches)

    def pushes(  # noqa: PLR0913, RUF100
        self, platform: str, code: int | str, *stretches: Stretch, reason: str = "", start: float = 0
    ) -> "Host":
        """Results of one kind, and the limiter's counter where it is one of those."""
        cls = class_of(platform, str(code), reason)
        labels = {"platform": platform, "code": str(code), "reason": reason, "class": cls}
        if cls == "rate_limited":
            limiter = "mesibo" if int(code) > 900 else platform  # noqa: PLR2004
            self.of_source("mesibo_push_rate_limit_hits_total", *stretches, start=start, limiter=limiter)
        return self.of_source("mesibo_push_results_total", *stretches, start=start, **labels)

    def normal(self, *stretches: Stretch, fcm: float = 60, apns: float = 40) -> "Host":
        """Accepted pushes of both platforms; stretches are multiples of the rates."""
        stretches = stretches or ((10_000_000, 1),)
        for platform, rate in (("fcm", fcm), ("apns", apns)):
            self.pushes(platform, 200, *((m, None if r is None else r * rate) for m, r in stretches))
        return self

    def unscraped(self, *stretches: Stretch) -> "Host":
        """Take the samples away where the rate is None: the daemon is down, and counts on once it is back."""
        self.up = list(stretches)
        return self

    def input_series(self, step: float, total: int) -> list[dict[str, str]]:
        """What promtool loads."""
        mask = samples(self.up, step, 0, total) if self.up else [0.0] * total
        rows = []
        for name, (start, stretches) in self.series.items():
            values = samples(stretches, step, start, total)
            if name.startswith("up{"):
                masked = [0.0 if m is None else v for v, m in zip(values, mask, strict=True)]
            else:
                masked = [None if m is None else v for v, m in zip(values, mask, strict=True)]
            rows.append({"series": name, "values": notation(masked)})
        return rows


@dataclass(frozen=True)
class Scenario:
    """What hosts export, and which alerts fire when: ``fires`` maps minutes to all that fire then.

    ``spares`` names alerts that come near and must not fire: the scenario exists for them.
    """

    name: str
    hosts: list[Host]
    fires: dict[float, list[str]]
    spares: tuple[str, ...] = ()
    step: float = 0.25

    def as_dict(self) -> dict[str, Any]:
        """The scenario as promtool spells it."""
        total = round(max(self.fires) / self.step) + 1
        return {
            "name": self.name,
            "interval": f"{round(self.step * 60)}s",
            "input_series": [row for host in self.hosts for row in host.input_series(self.step, total)],
            "promql_expr_test": [
                {
                    "expr": FIRING,
                    "eval_time": f"{round(minute * 60)}s",
                    "exp_samples": [
                        {"labels": f'{{alertname="{a.split()[1]}", severity="{a.split()[0]}"}}', "value": 1}
                        for a in alerts
                    ],
                }
                for minute, alerts in sorted(self.fires.items())
            ],
        }
