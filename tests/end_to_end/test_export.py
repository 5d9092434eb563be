"""Failures reach a destination that comes and goes, from a daemon that is killed: none missing, none twice unseen."""

import gzip
import http.server
import json
import random
import signal
import threading
import time

import pytest

from tests.helpers.running import Daemon, free_port, until

pytestmark = pytest.mark.integration


class Loki:
    """Takes Loki's push requests on one port, between ``start`` and ``stop``; now and then it has no time."""

    def __init__(self, seed):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/loki/api/v1/push"
        self.events = []  # (id, user), as they came
        self.random = random.Random(seed)
        self._server = None

    def start(self):
        loki = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                sent = json.loads(gzip.decompress(self.rfile.read(int(self.headers["Content-Length"]))))
                mood = loki.random.random()
                if mood > 0.2:
                    values = [value for stream in sent["streams"] for value in stream["values"]]
                    loki.events += [(value[2]["id"], value[2]["user"]) for value in values]
                if mood < 0.2 or mood > 0.9:  # the last ones were taken, and the answer is lost
                    self.connection.close()
                    return
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, request, address):
                pass

        self._server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


def play(site, lives, seed):
    loki = Loki(seed)
    site.configure(
        f'[privacy]\nidentifiers = "plain"\n[[export]]\nurl = "{loki.url}"\nname = "loki"\n',
    )
    written = 0
    for life in range(lives):
        daemon = Daemon(site.config)
        if life % 3 != 1:
            loki.start()
        for _ in range(loki.random.randint(1, 8)):
            site.write(903, count=5)
            written += 5
            time.sleep(loki.random.random() * 0.1)  # the instant of the kill is random
        if life % 3 != 1:
            loki.stop()
        daemon.stop(signal.SIGKILL)
    daemon = Daemon(site.config)
    loki.start()
    until(lambda: daemon.total("mesibo_push_results_total", code="903") == written, "everything is counted")
    until(lambda: daemon.total("mesibo_logwatch_export_lag_events") == 0 and len(set(loki.events)) >= written, "sent")
    assert daemon.total("mesibo_logwatch_export_dropped_total") == 0
    daemon.stop()
    loki.stop()
    return loki.events, written


def users(written):
    return sorted(str(i % 5) for i in range(written))


@pytest.mark.parametrize("lives", [pytest.param(6, id="six"), pytest.param(50, id="fifty", marks=pytest.mark.long)])
def test_every_failure_arrives_and_repetitions_keep_their_id(site, lives):
    """Over kill -9 of the daemon and absences of the destination each failure arrives, and twice only under one id."""
    events, written = play(site, lives, seed=lives)
    by_id = dict(events)
    assert len(by_id) == written
    assert sorted(by_id.values()) == users(written)
    assert len(set(events)) == len(by_id), "one id never names two failures"


def test_an_export_is_taken_over_by_a_reload(site):
    """A destination that is added while the daemon runs gets what is committed from then on; one that goes is quiet."""
    loki = Loki(1)
    loki.random = random.Random()
    loki.random.random = lambda: 0.5
    loki.start()
    site.write(903)
    daemon = Daemon(site.config)
    until(lambda: daemon.codes() == {"903": 1}, "counted")
    site.configure(f'[[export]]\nurl = "{loki.url}"\nname = "loki"\n')
    daemon.process.send_signal(signal.SIGHUP)
    daemon.said("reloaded")
    site.write(912)
    until(lambda: len(loki.events) == 1, "what came after the reload is sent")
    site.configure()
    daemon.lines.clear()
    daemon.process.send_signal(signal.SIGHUP)
    daemon.said("reloaded")
    assert not any("export" in name for name, _ in daemon.metrics())
    assert daemon.stop() == 0
    loki.stop()
