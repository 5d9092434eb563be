"""Debian's VictoriaMetrics, vmagent and vmalert on loopback, with what config/fleet ships for them."""

import json
import subprocess
import urllib.parse
import urllib.request

import yaml

from tests.helpers.running import PATIENCE, Program, free_port, get, tool, until
from tests.helpers.shipped import CONFIG, hastened

FLEET = CONFIG / "fleet"


class VictoriaMetrics(Program):
    """The store, empty."""

    def __init__(self, directory, factor=1):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        super().__init__(
            tool("victoria-metrics"),
            f"-storageDataPath={directory / 'victoria'}",
            f"-httpListenAddr=127.0.0.1:{port}",
            f"-search.latencyOffset={round(30_000 / factor)}ms",
        )
        until(lambda: get(f"{self.url}/health"), lambda: f"VictoriaMetrics is ready:\n{self.output}")

    def take(self, text):
        """Store samples in Prometheus' text format, with times in milliseconds."""
        request = urllib.request.Request(f"{self.url}/api/v1/import/prometheus", text.encode())
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            answer.read()

    def query(self, expression):
        """Return the result of an instant query, as Prometheus gives it."""
        query = urllib.parse.urlencode({"query": expression})
        return json.loads(get(f"{self.url}/api/v1/query?{query}"))["data"]["result"]


class VmAgent(Program):
    """The shipped vmagent.yml, with hosts from an address that lists them."""

    def __init__(self, directory, listed, store, factor=1):
        port = free_port()
        path = directory / "vmagent.yml"
        path.write_text(yaml.safe_dump(discovering(FLEET / "vmagent.yml", listed, factor)))
        super().__init__(
            tool("vmagent"),
            f"-promscrape.config={path}",
            f"-remoteWrite.url={store}/api/v1/write",
            f"-remoteWrite.tmpDataPath={directory / 'vmagent'}",
            f"-httpListenAddr=127.0.0.1:{port}",
        )


class VmAlert(Program):
    """The shipped rules for it."""

    def __init__(self, directory, store, alertmanager, factor=1):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        rules = directory / "vmalert"
        rules.mkdir()
        for path in (FLEET / "vmalert").glob("*.yml"):
            (rules / path.name).write_text(hastened(path.read_text(), factor))
        super().__init__(
            tool("vmalert"),
            f"-rule={rules}/*.yml",
            f"-datasource.url={store}",
            f"-remoteWrite.url={store}",
            f"-remoteRead.url={store}",
            f"-notifier.url={alertmanager}",
            f"{_delay()}={round(30_000 / factor)}ms",
            f"-remoteWrite.flushInterval={round(1000 / factor)}ms",
            f"-httpListenAddr=127.0.0.1:{port}",
        )
        until(lambda: get(f"{self.url}/health"), lambda: f"vmalert is ready:\n{self.output}")


def _delay():
    """Return the flag by which this version evaluates as of some time ago."""
    told = subprocess.run([tool("vmalert"), "-help"], capture_output=True, text=True, check=False)
    return "-datasource.lookback" if "-datasource.lookback" in told.stdout + told.stderr else "-rule.evalDelay"


def discovering(shipped, listed, factor=1):
    """Return a shipped configuration of scraping that finds its hosts by ``listed``, an address for http_sd."""
    config = yaml.safe_load(hastened(shipped.read_text(), factor))
    for job in config["scrape_configs"]:
        del job["file_sd_configs"]
        job["http_sd_configs"] = [{"url": listed}]
        if job["job_name"] == "mesibo-catalogue":  # any one host
            job["relabel_configs"] = [{"source_labels": ["instance"], "regex": "mesibo-000:.*", "action": "keep"}]
    return config
