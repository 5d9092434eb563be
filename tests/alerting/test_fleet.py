"""A hundred hosts in three clusters, through Prometheus alone and through vmagent, VictoriaMetrics and vmalert: same pages."""

import collections
import re

import pytest
import yaml

from bench.fleet_hosts import Fleet
from tests.alerting.shipped import Alertmanager, Prometheus, Receiver, stage
from tests.alerting.victoria import FLEET, VictoriaMetrics, VmAgent, VmAlert, discovering
from tests.whole.running import Program, free_port, get, tool, until

pytestmark = pytest.mark.integration

FACTOR = 5  # a scrape every 3 s: VictoriaMetrics shows what it was sent after one or two
EXPIRED = "MesiboPushCertificateExpired"
ENGINES = ("prometheus", "victoria")
BEHIND, DEAD = "mesibo-070", [f"mesibo-{number:03}" for number in range(80, 92)]


class Pager:
    """What came from one engine, page by page."""

    def __init__(self, receiver):
        self._receiver = receiver

    def messages(self, path, status):
        """Return (alert, cluster) -> the messages of it."""
        found = collections.defaultdict(list)
        for _, where, body in self._receiver.received:
            if where == path and body["status"] == status:
                found[body["groupLabels"]["alertname"], body["groupLabels"]["cluster"]].append(body)
        return found


@pytest.fixture(scope="module")
def incident(tmp_path_factory):
    """Thirty hosts of two clusters fail and are mended, one host falls behind, twelve daemons die: engine -> pager."""
    directory = tmp_path_factory.mktemp("fleet")
    started, receivers = [], {engine: Receiver() for engine in ENGINES}

    def start(kind, *args):
        started.append(kind(*args))
        return started[-1]

    fleet = Fleet(100, ("east", "south", "west"), speed=FACTOR)
    # blocks by name: east has 34 hosts, south and west have 33
    thirty = [f"mesibo-{number:03}" for number in (*range(20), *range(90 - 23, 90 - 13))]
    try:
        listed = f"http://{fleet.address}/targets"
        staged = directory / "prometheus"
        ports = stage(staged, {}, receivers["prometheus"].url, FACTOR)
        config = yaml.safe_load((staged / "prometheus.yml").read_text())
        config["scrape_configs"] = discovering(FLEET / "prometheus.yml", listed, FACTOR)["scrape_configs"]
        (staged / "prometheus.yml").write_text(yaml.safe_dump(config))
        start(Alertmanager, staged, ports["alertmanager"])
        prometheus = start(Prometheus, staged, ports["prometheus"])

        other = directory / "victoria"
        ports = stage(other, {}, receivers["victoria"].url, FACTOR)
        alertmanager = start(Alertmanager, other, ports["alertmanager"])
        store = start(VictoriaMetrics, other, FACTOR)
        start(VmAgent, other, listed, store.url, FACTOR)
        start(VmAlert, other, store.url, alertmanager.url, FACTOR)

        pagers = {engine: Pager(receiver) for engine, receiver in receivers.items()}
        for engine in (prometheus, store):
            known = "count(instance_source:mesibo_push_results:known)"
            until(lambda e=engine: e.query(known)[0]["value"][1] == "100", "every host is known", patience=60)
        yield fleet, thirty, pagers, {"prometheus": prometheus, "victoria": store}
    finally:
        for program in reversed(started):
            program.stop()
        fleet.close()
        for receiver in receivers.values():
            receiver.close()
