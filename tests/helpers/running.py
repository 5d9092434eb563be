"""Real processes on loopback, started on free ports and stopped by the test that started them."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

ROOT = Path(__file__).parents[2]
_HELD = []  # by free_port
PATIENCE = 120.0  # seconds until something that must happen counts as not happening; never a time to wait


def until(condition, what="what was waited for", patience=PATIENCE):
    """Poll ``condition`` until it returns something true, and return that; what is dear to ask is asked less often."""
    end = time.monotonic() + patience
    while True:
        asked = time.monotonic()
        try:
            if result := condition():
                return result
        except urllib.error.HTTPError as refusal:
            refusal.close()  # Python 3.14 warns of those that are not
        except (OSError, KeyError):
            pass
        now = time.monotonic()
        if now > end:
            pytest.fail(f"never happened: {what() if callable(what) else what}")
        time.sleep(min(max(0.02, 3 * (now - asked)), 1.0))  # the machine is needed for what is waited for


def free_port():
    """Return a port of loopback that is held to the end of this process, for a listener that sets SO_REUSEADDR.

    One that was only looked for may be anybody's before the program that gets it listens. The option is set when the
    port is bound already: set before, a second holder would be let in. What connects meanwhile is refused.
    """
    held = socket.socket()
    held.bind(("127.0.0.1", 0))
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    _HELD.append(held)
    return held.getsockname()[1]


def get(url, **headers):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=PATIENCE) as answer:
        return answer.read()


class Program:
    """A process and everything it says."""

    def __init__(self, *command, env=None, cwd=None):
        self.lines = []
        self.process = subprocess.Popen(
            [str(part) for part in command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            cwd=cwd or ROOT,
            env={**os.environ, **(env or {})},
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    @property
    def output(self):
        return "\n".join(self.lines)

    def said(self, pattern):
        """Wait for a line, and give the match."""

        def look():
            if found := re.search(pattern, self.output, re.MULTILINE):
                return found
            if self.process.poll() is not None:
                self._reader.join(5)
                if found := re.search(pattern, self.output, re.MULTILINE):
                    return found
                pytest.fail(f"ended with {self.process.returncode} without saying {pattern!r}:\n{self.output}")
            return None

        return until(look, lambda: f"{pattern!r} in:\n{self.output}")

    def stop(self, number=signal.SIGTERM):
        """End it and give its exit status; a process that does not end is a failure."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            pytest.fail(f"did not end:\n{self.output}")
        finally:
            self._reader.join(5)
            self.process.stdout.close()


def total(metrics, name, **labels):
    """Add up the samples of ``name`` that have all of ``labels``, in what one scrape has shown."""
    return sum(
        value for (sample, have), value in metrics.items() if sample == name and labels.items() <= dict(have).items()
    )


class Daemon(Program):
    """mesibo-logwatch itself, ready to be asked."""

    def __init__(self, config, *, env=None, through=()):
        super().__init__(*through, sys.executable, "-m", "logwatch", "run", "--config", config, env=env)
        self.url = self.said(r"ready url=(\S+)").group(1)

    def metrics(self):
        """Return every sample of /metrics: (name, sorted labels) -> value."""
        text = get(self.url + "metrics").decode()
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def total(self, name, **labels):
        """Add up the samples of ``name`` that have all of ``labels``."""
        return total(self.metrics(), name, **labels)

    def codes(self):
        """Return the pushes by code that are not 0."""
        counts = {}
        for (name, labels), value in self.metrics().items():
            if name == "mesibo_push_results_total" and value:
                code = dict(labels)["code"]
                counts[code] = counts.get(code, 0) + int(value)
        return counts


class Site:
    def __init__(self, directory):
        self.directory = directory
        self.log = directory / "mesibo.log"
        self.state = directory / "state"
        self.config = directory / "logwatch.toml"
        self.configure()

    def configure(self, extra="", *, source=""):
        paths = "" if "docker" in source or "journal" in source else f"paths = [{json.dumps(str(self.log))}]\n"
        self.config.write_text(
            f'[[source]]\nname = "mesibo"\n{paths}{source}\n'
            f"[state]\ndirectory = {json.dumps(str(self.state))}\ncommit_seconds = 0.05\n"
            f'[follow]\npoll_seconds = 0.05\n[web]\nlisten = "127.0.0.1:0"\n{extra}'
        )

    def write(self, code, count=1, platform="fcm"):
        """Write pushes as mesibo does, later ones with later stamps."""
        with self.log.open("a") as log:
            for i in range(count):
                now = time.time()
                stamp = f"{time.strftime('%d%m-%H%M%S', time.gmtime(now))}-{int(now * 1000) % 1000:03}"
                log.write(f"E{stamp} (17): push_on_complete: uid {i} type {platform} code {code}\n")


def tool(name):
    """Find a Debian program; without it the test is skipped, but in CI it fails."""
    found = shutil.which(name)
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{name} is not installed")
    return found


def scraping(directory, target):
    """Write what a Prometheus needs that scrapes ``target`` twice a second, and return the directory."""
    (directory / "prometheus.yml").write_text(
        "global: {scrape_interval: 500ms, scrape_timeout: 500ms}\nscrape_configs:\n"
        f"- job_name: mesibo-logwatch\n  static_configs: [{{targets: ['{target}']}}]\n"
    )
    return directory


class Prometheus(Program):
    """Debian's Prometheus on ``directory / "prometheus.yml"``, which keeps what it knows in ``directory / "tsdb"``."""

    def __init__(self, directory, *flags):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        super().__init__(
            tool("prometheus"),
            *flags,
            f"--config.file={directory / 'prometheus.yml'}",
            f"--storage.tsdb.path={directory / 'tsdb'}",
            f"--web.listen-address=127.0.0.1:{port}",
        )
        until(lambda: get(f"{self.url}/-/ready"), lambda: f"Prometheus is ready:\n{self.output}")

    def query(self, expression, **parameters):
        """Return the result of an instant query as Prometheus does."""
        query = urllib.parse.urlencode({"query": expression, **parameters})
        return json.loads(get(f"{self.url}/api/v1/query?{query}"))["data"]["result"]

    def values(self, expression, **parameters):
        """Return the instant vector, of now or of a ``time`` in seconds since the epoch: labels -> value."""
        found = self.query(expression, **parameters)
        return {tuple(sorted(each["metric"].items())): float(each["value"][1]) for each in found}

    def scalar(self, expression, **parameters):
        """Return the one value of an expression, or None while there is none."""
        return next(iter(self.values(expression, **parameters).values()), None)

    def firing(self, severity="critical"):
        """Return the names of the alerts of a severity that fire."""
        alerts = json.loads(get(f"{self.url}/api/v1/alerts"))["data"]["alerts"]
        return {
            a["labels"]["alertname"] for a in alerts if (a["state"], a["labels"]["severity"]) == ("firing", severity)
        }
