"""The shipped configuration, pointed at programs on loopback, and a receiver of what Alertmanager sends."""

import http.server
import json
import re
import threading
import time
from functools import cache
from pathlib import Path

import yaml

from tests.helpers.running import Program, free_port, get, tool, until

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config"
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


@cache
def rule_groups(path):
    """Return the groups of a rules file, which takes a second to read; nobody may change them."""
    return yaml.safe_load(path.read_text())["groups"]


def hastened(text, factor):
    """Shorten every length of time in rules or configuration; names such as increase5m stay as they are."""
    if factor == 1:
        return text

    def shorter(match):
        seconds = sum(int(n) * UNITS[unit] for n, unit in re.findall(r"(\d+)([smhdw])", match[0]))
        return f"{round(seconds * 1000 / factor)}ms" if seconds else match[0]

    return re.sub(r"(?<![\w.])(?:\d+[smhdw])+(?!\w)", shorter, text)


def stage(directory, targets, receiver, factor=1):
    """Write the shipped files into ``directory`` with other addresses: targets are {cluster: [host:port]}.

    Return the port on which Prometheus expects its Alertmanager.
    """
    alertmanager = free_port()
    (directory / "rules").mkdir(parents=True)
    for path in (CONFIG / "prometheus/rules").glob("*.yml"):
        (directory / "rules" / path.name).write_text(
            hastened(path.read_text(), factor) if factor != 1 else path.read_text()
        )
    shipped = (CONFIG / "prometheus/prometheus.yml").read_text()
    prometheus = yaml.safe_load(hastened(shipped, factor))
    prometheus["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] = [f"127.0.0.1:{alertmanager}"]
    prometheus["scrape_configs"][0]["static_configs"] = [
        {"targets": hosts, "labels": {"cluster": cluster}} for cluster, hosts in targets.items()
    ]
    (directory / "prometheus.yml").write_text(yaml.safe_dump(prometheus))
    shipped = (CONFIG / "alertmanager/alertmanager.yml").read_text().replace("http://127.0.0.1:9911", receiver)
    (directory / "alertmanager.yml").write_text(hastened(shipped, factor))
    (directory / "templates").mkdir()
    (directory / "templates/mesibo.tmpl").write_text((CONFIG / "alertmanager/templates/mesibo.tmpl").read_text())
    return alertmanager


class Alertmanager(Program):
    """Debian's Alertmanager on a staged directory."""

    def __init__(self, directory, port):
        self.url = f"http://127.0.0.1:{port}"
        super().__init__(
            tool("prometheus-alertmanager"),
            f"--config.file={directory / 'alertmanager.yml'}",
            f"--storage.path={directory / 'am'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
        )
        until(lambda: get(f"{self.url}/-/ready"), lambda: f"Alertmanager is ready:\n{self.output}")

    def suppressed(self):
        """Return the names of the alerts that it holds back."""
        return {name for name, state in self._states() if state == "suppressed"}

    def active(self):
        """Return the names of the alerts whose end it has not been told, held back or not."""
        return {name for name, _ in self._states()}

    def _states(self):
        alerts = json.loads(get(f"{self.url}/api/v2/alerts"))
        return [(a["labels"]["alertname"], a["status"]["state"]) for a in alerts]


class Receiver:
    """A webhook: what came, by path, with the time at which it came."""

    def __init__(self):
        self.received = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(handler):  # noqa: N805
                body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
                self.received.append((time.monotonic(), handler.path, body))
                handler.send_response(200)
                handler.end_headers()

            def log_message(handler, *args):  # noqa: N805
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def pages(self, status=None):
        """Return (time, message) of what went to the pager."""
        return [(at, body) for at, path, body in self.received if path == "/page" and status in (None, body["status"])]

    def close(self):
        self._server.shutdown()
        self._server.server_close()
