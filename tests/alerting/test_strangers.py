"""A fleet set up by somebody else: two Prometheus servers, labels like ours, federation, a restart in an incident."""

import json
import re

import pytest
import yaml

from bench.fleet_hosts import Fleet
from tests.alerting.victoria import FLEET
from tests.helpers.running import Prometheus, get, until
from tests.helpers.shipped import Alertmanager, Receiver, hastened, stage

pytestmark = pytest.mark.integration

FACTOR = 5  # a restart of Prometheus has to fit into five minutes divided by this, on a busy machine, too
EXPIRED = "MesiboPushCertificateExpired"
EFFECTS = {"MesiboPush9xxSpike", "MesiboPushErrorBudgetBurn", "MesiboPushMostlyFailing"}
THEIRS = {"platform": "linux", "source": "ansible", "code": "debian", "app": "mesibo"}
"""Labels of targets that other sites have, and that our exporter uses too."""


def configure(directory, replica, jobs):
    """Make a staged Prometheus one of a pair that tells its numbers and alerts apart, as is usual."""
    config = yaml.safe_load((directory / "prometheus.yml").read_text())
    config["scrape_configs"] = jobs
    config["global"]["external_labels"] = {"cluster": "eu-1", "replica": replica}
    config["alerting"]["alert_relabel_configs"] = [{"regex": "replica", "action": "labeldrop"}]
    (directory / "prometheus.yml").write_text(yaml.safe_dump(config))


def jobs_of(directory, fleet):
    """Return the shipped jobs, with the hosts of the fleet in files that give them labels of their own."""
    targets = [{**each, "labels": {**each["labels"], **THEIRS}} for each in fleet.targets()]
    (directory / "hosts.yml").write_text(yaml.safe_dump(targets))
    jobs = yaml.safe_load(hastened((FLEET / "prometheus.yml").read_text(), FACTOR))["scrape_configs"]
    for job in jobs:
        job["file_sd_configs"] = [{"files": [str(directory / "hosts.yml")]}]
    return jobs


def federated(url):
    """Return the job of a Prometheus that takes the hosts' metrics from another one."""
    return {
        "job_name": "federate",
        "honor_labels": True,
        "metrics_path": "/federate",
        "params": {"match[]": ['{job="mesibo-logwatch"}']},
        "static_configs": [{"targets": [url.removeprefix("http://")]}],
    }


@pytest.fixture(scope="module")
def incident(tmp_path_factory):
    """Play it: what came to the pager, and the texts that a federating Prometheus gave the same alert."""
    directory = tmp_path_factory.mktemp("strangers")
    receiver, fleet, running = Receiver(), Fleet(4, speed=FACTOR), {}
    ports = {name: stage(directory / name, {}, receiver.url, FACTOR) for name in ("a", "b", "above")}
    alertmanager = ports["a"]

    def start(name):
        running[name] = Prometheus(directory / name)

    try:
        running["alertmanager"] = Alertmanager(directory / "a", alertmanager)
        jobs = jobs_of(directory, fleet)
        for name in ("a", "b"):
            configure(directory / name, name, jobs)
            config = directory / name / "prometheus.yml"
            other = ports[name]
            config.write_text(config.read_text().replace(f"127.0.0.1:{other}", f"127.0.0.1:{alertmanager}"))
            start(name)
        configure(directory / "above", "above", [federated(running["a"].url)])
        start("above")
        known = "count(instance_source:mesibo_push_results:known)"
        for name in ("a", "b", "above"):
            until(lambda n=name: [e["value"][1] for e in running[n].query(known)] == ["4"], f"{name} knows every host")
        fleet.fail(fleet.hosts, "apns", "903")
        until(lambda: receiver.pages("firing"), "the page")
        for name in ("a", "b", "above"):
            until(lambda n=name: running[n].firing() >= {EXPIRED, *EFFECTS}, f"{name} sees the cause and its effects")
        alerts = json.loads(get(f"{running['above'].url}/api/v1/alerts"))["data"]["alerts"]
        texts = [a["annotations"]["description"] for a in alerts if a["labels"]["alertname"] == EXPIRED]
        # the end is told by one: Alertmanager takes the first of two ends for both, and effects of the other are left
        running["b"].stop()
        fleet.mend()
        failing = 'sum(cluster_source_platform_code_reason_class:mesibo_push_results:new{code="903"})'
        until(lambda: not running["a"].query(failing), "nothing fails any more")
        running["a"].stop()
        start("a")
        until(lambda: EXPIRED in running["a"].firing(), "the incident goes on over a restart")
        until(lambda: receiver.pages("resolved"), "it is over")
        held = running["alertmanager"].active
        until(lambda: not held() & {EXPIRED, *EFFECTS}, lambda: f"Alertmanager knows that its effects are: {held()}")
        yield receiver, texts
    finally:
        for program in reversed(running.values()):
            program.stop()
        fleet.close()
        receiver.close()


def test_two_prometheis_and_a_restart_make_one_page_of_one_incident(incident):
    """One page and its end, about the cluster that hosts are listed with; no effect of it pages.

    The fault is mended right before the restart, and over soon after it: what Prometheus forgot would page by itself.
    """
    receiver, _ = incident
    told = [(body["status"], body["groupLabels"]["alertname"], len(body["alerts"])) for _, body in receiver.pages()]
    assert told == [("firing", EXPIRED, 1), ("resolved", EXPIRED, 1)]
    (_, page), _ = receiver.pages()
    assert page["alerts"][0]["labels"]["cluster"] == "main"
    assert page["alerts"][0]["annotations"]["description"].startswith("iOS: ")
    assert "source mesibo of cluster main" in page["alerts"][0]["annotations"]["description"]


def test_a_federating_prometheus_names_the_hosts_and_not_the_one_between(incident):
    """The same rules above a site's Prometheus, which evaluates them as well, find the same on the same hosts."""
    _, texts = incident
    (text,) = texts
    assert re.search(r"\d of 4 hosts within 30 minutes: mesibo-00\d:10914 \(\d+\)", text), text
