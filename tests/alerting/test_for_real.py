"""Daemon, Prometheus with the shipped rules, Alertmanager with the shipped route, and a pager: all real."""

import threading
import time

import pytest

from tests.alerting.shipped import Alertmanager, Prometheus, stage
from tests.whole.running import Daemon, Site, until

pytestmark = pytest.mark.integration

EXPIRED = "MesiboPushCertificateExpired"
SYMPTOMS = {"MesiboPush9xxSpike", "MesiboPushErrorBudgetBurn"}


def host(directory, programs):
    """Start a daemon on a log of its own: the site and its address."""
    directory.mkdir()
    site = Site(directory)
    site.write(200, 100, "apns")
    daemon = programs(Daemon, site.config)
    return site, daemon.url.removeprefix("http://").rstrip("/")


@pytest.mark.timeout(180)
def test_an_expired_certificate_pages_once_within_a_minute(tmp_path, programs, receiver, scenario_runs):
    """At the shipped intervals: one page for a cluster of one host, one for a cluster of two, with meaning and remedy."""
    (a, at_a), (b, at_b), (c, at_c) = (host(tmp_path / name, programs) for name in "abc")
    ports = stage(tmp_path / "staged", {"one": [at_a], "two": [at_b, at_c]}, receiver.url)
    alertmanager = programs(Alertmanager, tmp_path / "staged", ports["alertmanager"])
    prometheus = programs(Prometheus, tmp_path / "staged", ports["prometheus"])
    until(
        lambda: len(prometheus.query('mesibo_push_results_total{code="903",platform="apns"} == 0')) == 3,
        "each host is scraped once",
    )
    began = time.monotonic()
    for site in (a, b, c):
        site.write(903, 60, "apns")
        site.write(200, 100, "fcm")
    until(lambda: len(receiver.pages()) >= 2, lambda: f"two pages: {receiver.received}", patience=90)
    assert max(at for at, _ in receiver.pages()) - began < 60
    until(lambda: "MesiboPush9xxSpike" in prometheus.firing(), "the spike fires in Prometheus")
    until(lambda: "MesiboPush9xxSpike" in alertmanager.suppressed(), "and Alertmanager holds it back")
    pages = {body["groupLabels"]["cluster"]: body for _, body in receiver.pages()}
    assert {body["groupLabels"]["alertname"] for body in pages.values()} == {EXPIRED}
    assert len(receiver.pages()) == 2
    for cluster, addresses in (("one", [at_a]), ("two", [at_b, at_c])):
        text = pages[cluster]["alerts"][0]["annotations"]["description"]
        assert "passed its expiry date" in text
        assert "Renew the production push certificate" in text
        assert "source mesibo" in text
        assert any(address in text for address in addresses)
        assert "%" in text


@pytest.mark.timeout(180)
def test_the_page_resolves_and_its_symptoms_never_page(tmp_path, programs, receiver, scenario_runs):
    """All lengths of time a fifteenth: the page comes, ends when the burst ends, and no other follows, on two hosts."""
    (a, at_a), (b, at_b) = (host(tmp_path / name, programs) for name in "ab")
    ports = stage(tmp_path / "staged", {"main": [at_a, at_b]}, receiver.url, factor=15)
    programs(Alertmanager, tmp_path / "staged", ports["alertmanager"])
    prometheus = programs(Prometheus, tmp_path / "staged", ports["prometheus"])
    ended, over = threading.Event(), threading.Event()

    def traffic():
        while not over.wait(0.25):
            for site in (a, b):
                site.write(200, 5, "fcm")
                site.write(200 if ended.is_set() else 903, 5, "apns")

    until(
        lambda: len(prometheus.query('mesibo_push_results_total{code="903",platform="apns"} == 0')) == 2,
        "each host is scraped once",
    )
    writer = threading.Thread(target=traffic)
    writer.start()
    try:
        until(lambda: receiver.pages("firing"), "the page", patience=30)
        until(lambda: prometheus.firing() >= {EXPIRED, *SYMPTOMS}, "cause and symptoms fire together", patience=30)
        ended.set()
        until(lambda: receiver.pages("resolved"), "the page resolves", patience=60)
        until(lambda: not prometheus.firing() & SYMPTOMS, "the symptoms end", patience=60)
    finally:
        over.set()
        writer.join()
    assert [(body["status"], body["groupLabels"]["alertname"]) for _, body in receiver.pages()] == [
        ("firing", EXPIRED),
        ("resolved", EXPIRED),
    ]
