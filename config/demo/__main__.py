"""Show an incident on a simulated site: the page, and with Prometheus and Alertmanager what would wake somebody.

A mesibo with a day of history, whose Apple certificate expired 20 minutes ago; the daemon; and, where they are
installed, Prometheus with the shipped rules and Alertmanager with the shipped route, whose messages are printed here.
Everything is on loopback and in a temporary directory, and ends with Ctrl-C. LISTEN is the address of the daemon;
without it that is port 10915, or a free one, so that `make run` stays beside it. HISTORY is how far back the log goes.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

from config.demo.address import DEMO_PORT, address, free_port

CONFIG = Path(__file__).parents[1]
COMMAND = str(Path(sys.executable).with_name("mesibo-logwatch"))
PATIENCE_SECONDS = 5.0  # for a program that is asked to end
_RHYTHM = ("--daily", "--rate", "4", "--seconds", "0", "--failures", "0.03", "--hostile", "0")
_INCIDENTS = ("--outage", "fcm/503/UNAVAILABLE:-30000:1800", "--outage", "903:-1200")


def say(text: str) -> None:
    """Print at once, also into a pipe."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def program(*names: str) -> str | None:
    """Return the first of some programs that is installed."""
    return next((found for name in names if (found := shutil.which(name))), None)


class Pager(BaseHTTPRequestHandler):
    """Prints what Alertmanager would send to somebody's phone."""

    def do_POST(self) -> None:
        """Take one message, in the form of Slack's webhook, which Alertmanager fills in from the shipped templates."""
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
        self.send_response(200)
        self.end_headers()
        for message in body.get("attachments", ()):
            say(
                f"\n--- {self.path.strip('/')} ---\n{message.get('title', '')}\n{message.get('text', '').rstrip()}\n---"
            )

    def log_message(self, *_arguments: object) -> None:
        """Keep requests out of what is shown."""


def route(pager: str) -> dict[str, Any]:
    """Return the shipped configuration of Alertmanager, with what is printed here in the place of its receivers."""
    made: dict[str, Any] = yaml.safe_load((CONFIG / "alertmanager/alertmanager.yml").read_text())
    made["templates"] = [str(CONFIG / "alertmanager/templates/*.tmpl")]
    for receiver in made["receivers"]:
        if "webhook_configs" in receiver:
            form = {"title": '{{ template "mesibo.title" . }}', "text": '{{ template "mesibo.text" . }}'}
            url = f"{pager}/{receiver['name']}"
            receiver["slack_configs"] = [{"api_url": url, "channel": "#demo", "send_resolved": True, **form}]
            del receiver["webhook_configs"]
    return made


def scrape(daemon: str, alertmanager: int) -> dict[str, Any]:
    """Return the shipped configuration of Prometheus, with the addresses of the demo."""
    made: dict[str, Any] = yaml.safe_load((CONFIG / "prometheus/prometheus.yml").read_text())
    made["rule_files"] = [str(CONFIG / "prometheus/rules/mesibo-*.yml")]
    made["alerting"]["alertmanagers"] = [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager}"]}]}]
    made["scrape_configs"][0]["static_configs"][0]["targets"] = [daemon]
    return made


def monitoring(directory: Path, daemon: str, start: Callable[..., None]) -> None:
    """Start Prometheus and Alertmanager, if both are there."""
    prometheus, alertmanager = program("prometheus"), program("alertmanager", "prometheus-alertmanager")
    if not (prometheus and alertmanager):
        say("With Prometheus and Alertmanager installed, the message that somebody would get appears here.")
        return
    pager = ThreadingHTTPServer(("127.0.0.1", 0), Pager)
    threading.Thread(target=pager.serve_forever, daemon=True).start()
    ports = free_port(), free_port()
    (directory / "alertmanager.yml").write_text(yaml.safe_dump(route(f"http://127.0.0.1:{pager.server_port}")))
    (directory / "prometheus.yml").write_text(yaml.safe_dump(scrape(daemon, ports[1])))
    start(
        prometheus,
        f"--config.file={directory}/prometheus.yml",
        f"--storage.tsdb.path={directory}/tsdb",
        f"--web.listen-address=127.0.0.1:{ports[0]}",
    )
    start(
        alertmanager,
        f"--config.file={directory}/alertmanager.yml",
        f"--storage.path={directory}/alertmanager",
        f"--web.listen-address=127.0.0.1:{ports[1]}",
        "--cluster.listen-address=",
    )
    say(f"Prometheus is at http://127.0.0.1:{ports[0]}/alerts, Alertmanager at http://127.0.0.1:{ports[1]}/.")
    say("The message that somebody would get appears here, within a minute or two.")


def main() -> int:
    """Run the site until Ctrl-C, or until the daemon ends."""
    listen = address(DEMO_PORT)
    history = os.environ.get("HISTORY", "24h")
    for asked in (signal.SIGTERM, signal.SIGINT):
        signal.signal(asked, lambda *_: sys.exit(0))
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mesibo-logwatch-demo.")))
        output = stack.enter_context((directory / "output.log").open("wb"))
        running: list[subprocess.Popen[bytes]] = []
        stack.callback(lambda: end(running))

        def start(*command: str, **how: Any) -> None:
            running.append(subprocess.Popen(command, **{"stdout": output, "stderr": output, **how}))  # noqa: S603  ours

        log = directory / "mesibo.log"
        command = (COMMAND, "simulate", "--output", str(log), "--history", history, *_RHYTHM, *_INCIDENTS)
        say("A simulated mesibo writes its history first, which takes some seconds.")
        start(*command, stderr=subprocess.PIPE)
        told = running[-1].stderr
        if told is None or not told.readline():  # a daemon that saw half of it would tell of hours without a push
            say(f"It ended before that: {' '.join(command)}")
            return 1
        config = directory / "logwatch.toml"
        config.write_text(
            f"[[source]]\nname = \"mesibo\"\npaths = ['{log}']\n"
            f"[state]\ndirectory = '{directory / 'state'}'\n[web]\nlisten = \"{listen}\"\n"
        )
        say(f"It goes on with {log}; its Apple certificate expired 20 minutes ago.")
        say(f"Look at http://{listen}/; stop with Ctrl-C.")
        monitoring(directory, listen, start)
        start(COMMAND, "run", "--config", str(config), stdout=None, stderr=None)
        return running[-1].wait()


def end(running: list[subprocess.Popen[bytes]]) -> None:
    """Ask the programs to end, the last one first, and make them; meanwhile a second Ctrl-C leaves none behind."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for each in reversed(running):
        each.terminate()
    for each in reversed(running):
        try:
            each.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            each.kill()
            each.wait()


if __name__ == "__main__":
    sys.exit(main())
