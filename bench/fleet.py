"""Measures what a fleet costs: time of the rules, CPU, memory and series, of Prometheus or of VictoriaMetrics.

``python -m bench.fleet --hosts 100 --minutes 10 prometheus`` (or ``victoria``) starts the engine on the shipped
configuration and on simulated hosts (bench/fleet_hosts.py), lets it run, and prints figures of the last half of the
time. Real time, real intervals; other load on the machine shows.
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


def rule_seconds(alert: str, engine: str) -> dict[str, float]:
    """Return rule group -> seconds of an evaluation: of Prometheus the last one, of vmalert the 90th of a hundred."""
    if engine == "prometheus":
        found = samples(alert, "prometheus_rule_group_last_duration_seconds")
        return {labels.rpartition(";")[2].rstrip('"'): value for labels, value in found.items()}
    found = samples(alert, "vmalert_iteration_duration_seconds")
    quantiles = {labels: value for labels, value in found.items() if 'quantile="0.9"' in labels}
    return {labels.partition('group="')[2].partition('"')[0]: value for labels, value in quantiles.items()}


def panels() -> dict[str, str]:
    """Return dashboard and title -> query of each panel, of all hosts and the last hour."""
    found = {}
    for path in sorted((ROOT / "config/grafana/dashboards").glob("*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel.get("targets", []):
                expr = re.sub(r"\$(cluster|host|source)", ".*", target["expr"])
                expr = expr.replace("$__rate_interval", "1m").replace("$__range", "1h")
                found[f"{path.stem}: {panel['title']} {target['refId']}"] = expr
    return found


def panel_seconds(url: str) -> dict[str, float]:
    """Return panel -> how long its query takes, as Grafana asks over the last hour."""
    end = time.time() - 30
    found = {}
    for title, expr in panels().items():
        query = urllib.parse.urlencode({"query": expr, "start": end - 3600, "end": end, "step": 15})
        began = time.monotonic()
        fetch(f"{url}/api/v1/query_range?{query}")
        found[title] = time.monotonic() - began
    return found


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
    options = parser.parse_args()
    fleet = Fleet(options.hosts, ("east", "south", "west"))
    with tempfile.TemporaryDirectory() as name:
        start = {"prometheus": prometheus, "victoria": victoria}[options.engine]
        processes, url, alert = start(Path(name), f"http://{fleet.address}/targets")
        try:
            time.sleep(options.minutes * 30)
            began, used = time.monotonic(), [process.cpu() for process in processes]
            worst: dict[str, list[float]] = {}
            while time.monotonic() - began < options.minutes * 30:
                time.sleep(15)
                for group, seconds in rule_seconds(alert, options.engine).items():
                    worst.setdefault(group, []).append(seconds)
            lasted = time.monotonic() - began
            print(f"{options.hosts} hosts, {options.engine}, load {os.getloadavg()[1]:.1f}")
            series = count(url, "sum(scrape_samples_post_metric_relabeling)")
            print(f"  up {count(url, 'sum(up)')}, series of hosts {series}")
            for process, before in zip(processes, used, strict=True):
                share = (process.cpu() - before) / lasted
                print(f"  {process.name}: {100 * share:.1f} % of a core, {process.resident_mb():.0f} MB")
            for group, seconds in sorted(worst.items()):
                middle = sorted(seconds)[len(seconds) // 2]
                print(f"  rules {group}: median {middle:.3f} s, longest {max(seconds):.3f} s")
            slowest = sorted(panel_seconds(url).items(), key=lambda item: -item[1])
            for title, seconds in slowest[:5]:
                print(f"  panel {title}: {seconds:.2f} s")
        finally:
            for process in processes:
                process.stop()
            fleet.close()


if __name__ == "__main__":
    main()
