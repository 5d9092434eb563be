"""Measures what a fleet costs: time of the rules, CPU, memory and series, of Prometheus or of VictoriaMetrics.

``python -m bench.fleet --hosts 100 --minutes 10 prometheus`` (or ``victoria``) starts the engine on the shipped
configuration and on simulated hosts (bench/fleet_hosts.py), lets it run, and prints figures of the last half of the
time. Real time, real intervals; other load on the machine shows. With ``--past 6`` the panels are asked over six hours
that are filled first (bench/fleet_past.py).
"""

import argparse
import json
import os
import re
import socket
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

import yaml

from bench.fleet_hosts import Fleet
from bench.fleet_panels import panel_seconds
from bench.fleet_past import fill

ROOT = Path(__file__).parents[1]
TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def fetch(url: str) -> str:
    """Return what an address answers."""
    with urllib.request.urlopen(url, timeout=60) as answer:
        text: str = answer.read().decode()
        return text


def samples(url: str, name: str) -> dict[str, float]:
    """Return labels -> value of a metric of ``url``/metrics."""
    found = re.findall(rf"^{name}(?:\{{(.*)\}})? (\S+)$", fetch(f"{url}/metrics"), re.MULTILINE)
    return {labels: float(value) for labels, value in found}


class Process:
    """A started program: its CPU seconds and its resident memory."""

    def __init__(self, name: str, directory: Path, *command: str) -> None:
        self.name = name
        self._process = subprocess.Popen(
            command, stdout=(directory / f"{name}.log").open("wb"), stderr=subprocess.STDOUT, cwd=ROOT
        )

    def cpu(self) -> float:
        """Return the seconds of CPU used so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def resident_mb(self) -> float:
        """Return the resident memory in MB."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()


def configuration(directory: Path, shipped: str, listed: str, rules: str = "") -> Path:
    """Write a shipped configuration that finds its hosts at ``listed``."""
    config = yaml.safe_load((ROOT / "config/fleet" / shipped).read_text())
    for job in config["scrape_configs"]:
        del job["file_sd_configs"]
        job["http_sd_configs"] = [{"url": listed}]
        if job["job_name"] == "mesibo-catalogue":
            job["relabel_configs"] = [{"source_labels": ["instance"], "regex": "mesibo-000:.*", "action": "keep"}]
    config.pop("alerting", None)
    if rules:
        config["rule_files"] = [rules]
    path = directory / shipped
    path.write_text(yaml.safe_dump(config))
    return path


def prometheus(directory: Path, listed: str) -> tuple[list[Process], str, str]:
    """Start Prometheus alone: its processes, where it is asked, and where its rules tell their times."""
    config = configuration(directory, "prometheus.yml", listed, f"{ROOT}/config/prometheus/rules/*.yml")
    url = f"http://127.0.0.1:{free_port()}"
    listen = f"--web.listen-address={url.removeprefix('http://')}"
    tsdb = f"--storage.tsdb.path={directory / 'tsdb'}"
    return [Process("prometheus", directory, "prometheus", f"--config.file={config}", tsdb, listen)], url, url


def victoria(directory: Path, listed: str) -> tuple[list[Process], str, str]:
    """Start vmagent, VictoriaMetrics and vmalert."""
    config = configuration(directory, "vmagent.yml", listed)
    ports = [free_port() for _ in range(3)]
    store, alert = (f"http://127.0.0.1:{port}" for port in ports[:2])
    data = f"-storageDataPath={directory / 'data'}"
    processes = [
        Process("victoria-metrics", directory, "victoria-metrics", data, f"-httpListenAddr=127.0.0.1:{ports[0]}")
    ]
    while True:
        try:
            fetch(f"{store}/health")
            break
        except OSError:
            time.sleep(0.2)
    queue = f"-remoteWrite.tmpDataPath={directory / 'queue'}"
    send = f"-remoteWrite.url={store}/api/v1/write"
    listen = f"-httpListenAddr=127.0.0.1:{ports[2]}"
    processes.append(Process("vmagent", directory, "vmagent", f"-promscrape.config={config}", send, queue, listen))
    ways = [f"-{way}.url={store}" for way in ("datasource", "remoteWrite", "remoteRead")]
    rules = f"-rule={ROOT}/config/fleet/vmalert/*.yml"
    timing = ("-datasource.lookback=30s", "-remoteWrite.flushInterval=1s")
    listen = f"-httpListenAddr={alert.removeprefix('http://')}"
    nobody = "-notifier.url=http://127.0.0.1:9"
    processes.append(Process("vmalert", directory, "vmalert", rules, *ways, nobody, *timing, listen))
    return processes, store, alert


def rule_seconds(alert: str, engine: str) -> dict[str, tuple[float, float]]:
    """Return rule group -> seconds of all its evaluations and their number; of Prometheus of the last one."""
    if engine == "prometheus":
        found = samples(alert, "prometheus_rule_group_last_duration_seconds")
        return {labels.rpartition(";")[2].rstrip('"'): (value, 1) for labels, value in found.items()}
    totals, counts = (samples(alert, f"vmalert_iteration_duration_seconds_{what}") for what in ("sum", "count"))
    return {
        labels.partition('group="')[2].partition('"')[0]: (total, counts[labels]) for labels, total in totals.items()
    }


def evaluations(alert: str, engine: str, seconds: float) -> dict[str, list[float]]:
    """Return rule group -> how long each of its evaluations took, in seconds, as looked at for so long."""
    found: dict[str, list[float]] = {}
    before: dict[str, tuple[float, float]] = {}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        now = rule_seconds(alert, engine)
        for group, (total, times) in now.items():
            earlier, counted = (0.0, 0.0) if engine == "prometheus" else before.get(group, (total, times))
            if times > counted:
                found.setdefault(group, []).append((total - earlier) / (times - counted))
        before = now
        time.sleep(15)
    return found


def costly(store: str) -> list[tuple[float, str]]:
    """Return the queries that VictoriaMetrics spent most time on: seconds of each one in the mean, and its text."""
    found = json.loads(fetch(f"{store}/api/v1/status/top_queries?topN=8&maxLifetime=10m"))
    return [(each["sumDurationSeconds"] / each["count"], each["query"]) for each in found["topBySumDuration"]]


def count(url: str, expr: str) -> str:
    """Return the number that an expression gives."""
    query = urllib.parse.urlencode({"query": expr, "time": time.time() - 30})
    result = json.loads(fetch(f"{url}/api/v1/query?{query}"))["data"]["result"]
    return result[0]["value"][1] if result else "none"


def main() -> None:
    """Run it and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engine", choices=("prometheus", "victoria"))
    parser.add_argument("--hosts", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--past", type=float, default=0, metavar="HOURS")
    options = parser.parse_args()
    fleet = Fleet(options.hosts, ("east", "south", "west"))
    with tempfile.TemporaryDirectory() as name:
        start = {"prometheus": prometheus, "victoria": victoria}[options.engine]
        processes, url, alert = start(Path(name), f"http://{fleet.address}/targets")
        try:
            time.sleep(options.minutes * 30)
            began, used = time.monotonic(), [process.cpu() for process in processes]
            rules = evaluations(alert, options.engine, options.minutes * 30)
            lasted = time.monotonic() - began
            print(f"{options.hosts} hosts, {options.engine}, load {os.getloadavg()[1]:.1f}")
            series = count(url, "sum(scrape_samples_post_metric_relabeling)")
            print(f"  up {count(url, 'sum(up)')}, series of hosts {series}")
            for process, cpu in zip(processes, used, strict=True):
                share = (process.cpu() - cpu) / lasted
                print(f"  {process.name}: {100 * share:.1f} % of a core, {process.resident_mb():.0f} MB")
            for group, seconds in sorted(rules.items()):
                middle = sorted(seconds)[len(seconds) // 2]
                print(f"  rules {group}: median {middle:.3f} s, longest {max(seconds):.3f} s")
            if options.engine == "victoria":
                for seconds, expr in costly(url):
                    print(f"  query of {seconds:.3f} s: {' '.join(expr.split())[:160]}")
            if options.past:
                print(fill(options.engine, url, Path(name) / "tsdb", options.past))
            slowest = sorted(panel_seconds(url, options.past or 1).items(), key=lambda item: -item[1])
            for title, seconds in slowest[:8]:
                print(f"  panel {title}: {seconds:.2f} s")
        finally:
            for process in processes:
                process.stop()
            fleet.close()


if __name__ == "__main__":
    main()
