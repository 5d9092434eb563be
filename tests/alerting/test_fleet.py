"""A hundred hosts, through Prometheus alone and through vmagent, VictoriaMetrics and vmalert: same pages."""

import collections
import re

import pytest
import yaml

from bench.fleet_hosts import Fleet
from tests.alerting.victoria import FLEET, VictoriaMetrics, VmAgent, VmAlert, discovering
from tests.helpers.running import Program, Prometheus, free_port, get, tool, until
from tests.helpers.shipped import Alertmanager, Receiver, hastened, stage

pytestmark = pytest.mark.integration

FACTOR = 3  # a scrape every 5 s: VictoriaMetrics shows what it was sent after one or two
EXPIRED = "MesiboPushCertificateExpired"
KNOWN = "count(instance_source:mesibo_push_results:known)"
ENGINES = ("prometheus", "victoria")
NAMES = [f"mesibo-{number:03}" for number in range(100)]  # 34 in east, 33 each in south and west, by number
THIRTY = [*NAMES[:20], *NAMES[70:80]]  # of east and of west
BEHIND, DEAD = NAMES[40], NAMES[50:62]  # of south


class Pager:
    """What came from one engine, page by page."""

    def __init__(self, receiver):
        self._receiver = receiver

    def messages(self, path, status):
        """Return (alert, cluster) -> the messages of it that came to ``path``."""
        found = collections.defaultdict(list)
        for _, where, body in self._receiver.received:
            if where == path and body["status"] == status:
                found[body["groupLabels"]["alertname"], body["groupLabels"]["cluster"]].append(body)
        return found

    def __repr__(self):
        return str([(where, body["status"], body["groupLabels"]) for _, where, body in self._receiver.received])


@pytest.fixture(scope="module")
def incident(tmp_path_factory):
    """Thirty hosts of two clusters fail and are mended, one host falls behind, twelve daemons die: engine -> pager."""
    directory = tmp_path_factory.mktemp("fleet")
    started, receivers = [], {engine: Receiver() for engine in ENGINES}

    def start(kind, *args):
        started.append(kind(*args))
        return started[-1]

    fleet = Fleet(100, ("east", "south", "west"), speed=FACTOR)
    fleet.fail([BEHIND], "fcm", "500", "INTERNAL")
    fleet.stop(DEAD)
    try:
        listed = f"http://{fleet.address}/targets"
        staged = directory / "prometheus"
        port = stage(staged, {}, receivers["prometheus"].url, FACTOR)
        config = yaml.safe_load((staged / "prometheus.yml").read_text())
        config["scrape_configs"] = discovering(FLEET / "prometheus.yml", listed, FACTOR)["scrape_configs"]
        (staged / "prometheus.yml").write_text(yaml.safe_dump(config))
        start(Alertmanager, staged, port)
        prometheus = start(Prometheus, staged)

        other = directory / "victoria"
        port = stage(other, {}, receivers["victoria"].url, FACTOR)
        alertmanager = start(Alertmanager, other, port)
        store = start(VictoriaMetrics, other, FACTOR)
        start(VmAgent, other, listed, store.url, FACTOR)
        vmalert = start(VmAlert, other, store.url, alertmanager.url, FACTOR)

        pagers = {engine: Pager(receiver) for engine, receiver in receivers.items()}
        for engine in (prometheus, store):
            until(lambda e=engine: [each["value"][1] for each in e.query(KNOWN)] == ["88"], "every host is known")
        fleet.fail(THIRTY, "apns", "903")

        def everywhere(path, status, *expected):
            def there():
                return all(pager.messages(path, status).keys() >= set(expected) for pager in pagers.values())

            until(there, lambda: f"{expected}: {pagers}", patience=300)

        everywhere("/page", "firing", (EXPIRED, "east"), (EXPIRED, "west"))
        for engine in (prometheus, vmalert):
            for text in ("20 of 34 hosts", "10 of 33 hosts"):
                until(lambda e=engine, t=text: t in get(f"{e.url}/api/v1/alerts").decode(), text)
        fleet.mend(THIRTY)
        everywhere("/page", "resolved", (EXPIRED, "east"), (EXPIRED, "west"))
        everywhere("/page", "firing", ("MesiboLogwatchDown", "south"))
        everywhere("/ticket", "firing", ("MesiboPushHostBehindFleet", "south"))
        yield pagers
    finally:
        for program in reversed(started):
            program.stop()
        fleet.close()
        for receiver in receivers.values():
            receiver.close()


@pytest.mark.timeout(700)
@pytest.mark.parametrize("engine", ENGINES)
def test_an_incident_on_thirty_hosts_is_one_page_a_cluster(incident, engine):
    """It tells how many of the hosts of the cluster it is, and some of them; none of its effects pages as well."""
    fired = incident[engine].messages("/page", "firing")
    assert fired.keys() == {(EXPIRED, "east"), (EXPIRED, "west"), ("MesiboLogwatchDown", "south")}
    for cluster, failing, hosts in (("east", 20, 34), ("west", 10, 33)):
        (page,) = fired[EXPIRED, cluster]
        (alert,) = page["alerts"]
        text = alert["annotations"]["description"]
        told = re.search(
            rf"(\d+) of {hosts} hosts within 30 minutes: ((?:, )?mesibo-\d{{3}}:10914 \(\d+\)){{1,5}}(, …)?\.$", text
        )
        assert told, text
        assert 1 <= int(told[1]) <= failing  # hosts that were scraped by then
        assert bool(told[3]) == (int(told[1]) > 5)
        assert text.startswith("iOS: ")


@pytest.mark.timeout(700)
@pytest.mark.parametrize("engine", ENGINES)
def test_the_page_is_over_once_and_tells_what_it_cost(incident, engine):
    """It resolves when the certificate is renewed, does not come again, and says how many pushes had failed."""
    resolved = incident[engine].messages("/page", "resolved")
    for cluster in ("east", "west"):
        (page,) = resolved[EXPIRED, cluster]
        assert re.fullmatch(r"[1-9]\d+ iOS pushes", page["alerts"][0]["annotations"]["failed"])


@pytest.mark.timeout(700)
@pytest.mark.parametrize("engine", ENGINES)
def test_dead_daemons_are_one_page_with_their_number(incident, engine):
    """Twelve that do not answer are one message that says so, not one each; of those seen late, the next one tells."""
    dead = {f"{name}:10914" for name in DEAD}

    def pages():
        return incident[engine].messages("/page", "firing")["MesiboLogwatchDown", "south"]

    def named(page):
        return {alert["labels"]["instance"] for alert in page["alerts"]}

    until(lambda: named(pages()[-1]) == dead, lambda: f"all of them in one: {pages()}", patience=300)
    assert "12 of 33" in pages()[-1]["alerts"][0]["annotations"]["description"]
    assert all(named(page) <= dead for page in pages())
    assert len(pages()) < len(dead)


@pytest.mark.timeout(700)
@pytest.mark.parametrize("engine", ENGINES)
def test_a_host_behind_the_fleet_is_found(incident, engine):
    """The one host that fails what the others deliver is named in a ticket, and no other host is."""
    behind = incident[engine].messages("/ticket", "firing")["MesiboPushHostBehindFleet", "south"]
    assert {alert["labels"]["instance"] for message in behind for alert in message["alerts"]} == {f"{BEHIND}:10914"}


def test_an_agent_sends_a_site_to_the_prometheus_that_evaluates(tmp_path, programs, receiver):
    """Hosts listed in a file are scraped by the agent; the central Prometheus knows each, and what codes mean once."""
    stage(tmp_path / "central", {}, receiver.url, FACTOR)
    central = yaml.safe_load((FLEET / "central.yml").read_text())
    central["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] = []
    (tmp_path / "central/prometheus.yml").write_text(yaml.safe_dump(central))
    prometheus = programs(Prometheus, tmp_path / "central", "--web.enable-remote-write-receiver")
    fleet = Fleet(4)
    try:
        agent = yaml.safe_load(hastened((FLEET / "agent.yml").read_text(), FACTOR))
        agent["remote_write"][0]["url"] = f"{prometheus.url}/api/v1/write"
        (tmp_path / "agent.yml").write_text(yaml.safe_dump(agent))
        (tmp_path / "mesibo-hosts").mkdir()
        (tmp_path / "mesibo-hosts/main.yml").write_text(yaml.safe_dump(fleet.targets()))
        (tmp_path / "mesibo-catalogue.yml").write_text(yaml.safe_dump(fleet.targets()[:1]))
        programs(
            Program,
            tool("prometheus"),
            "--enable-feature=agent",
            f"--config.file={tmp_path / 'agent.yml'}",
            f"--storage.agent.path={tmp_path / 'agent'}",
            f"--web.listen-address=127.0.0.1:{free_port()}",
        )
        fleet.fail(fleet.hosts, "apns", "903")
        until(lambda: "MesiboPushCertificateExpired" in prometheus.firing(), "the alert fires where rules are")
        meanings = 'count(mesibo_push_code_info{code="903",platform="apns"})'
        for expr, expected in ((KNOWN, ["4"]), (meanings, ["1"])):
            until(lambda e=expr, n=expected: [each["value"][1] for each in prometheus.query(e)] == n, expr)
    finally:
        fleet.close()
