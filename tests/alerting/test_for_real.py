"""Daemon, Prometheus with the shipped rules, Alertmanager with the shipped route, and a pager: all real."""

import datetime as dt
import itertools
import json
import threading

import pytest

from tests.helpers.making import certificate, p12
from tests.helpers.running import Daemon, Prometheus, Site, get, until
from tests.helpers.shipped import CONFIG, Alertmanager, Receiver, rule_groups, stage
from tests.helpers.webhook_calls import BESIDE, call, event, post

pytestmark = pytest.mark.integration

EXPIRED = "MesiboPushCertificateExpired"
SYMPTOMS = {"MesiboPush9xxSpike", "MesiboPushErrorBudgetBurn", "MesiboPushMostlyFailing"}


def host(directory, programs, extra=""):
    """Start a daemon on a log of its own: the site and its address."""
    directory.mkdir()
    site = Site(directory)
    site.configure(extra)
    site.write(200, 100, "apns")
    daemon = programs(Daemon, site.config)
    return site, daemon.url.removeprefix("http://").rstrip("/")


def test_an_expired_certificate_pages_once(tmp_path, programs, receiver):
    """At the shipped intervals: one page for a cluster of one host and one for a cluster of two, with what to do.

    That it pages within a minute is claimed where time is promtool's: by a clock, a busy machine would decide.
    """
    (a, at_a), (b, at_b), (c, at_c) = (host(tmp_path / name, programs) for name in "abc")
    port = stage(tmp_path / "staged", {"one": [at_a], "two": [at_b, at_c]}, receiver.url)
    alertmanager = programs(Alertmanager, tmp_path / "staged", port)
    prometheus = programs(Prometheus, tmp_path / "staged")
    until(
        lambda: len(prometheus.query('mesibo_push_results_total{code="903",platform="apns"} == 0')) == 3,
        "each host is scraped once",
    )
    for site in (a, b, c):
        site.write(903, 60, "apns")
        site.write(200, 100, "fcm")
    until(lambda: len(receiver.pages()) >= 2, lambda: f"two pages: {receiver.received}")
    until(lambda: "MesiboPush9xxSpike" in prometheus.firing(), "the spike fires in Prometheus")
    until(lambda: "MesiboPush9xxSpike" in alertmanager.suppressed(), "and Alertmanager holds it back")
    pages = {body["groupLabels"]["cluster"]: body for _, body in receiver.pages()}
    assert {body["groupLabels"]["alertname"] for body in pages.values()} == {EXPIRED}
    assert len(receiver.pages()) == 2
    for cluster, addresses in (("one", [at_a]), ("two", [at_b, at_c])):
        annotations = pages[cluster]["alerts"][0]["annotations"]
        text = annotations["description"]
        assert "the Apple push certificate has expired" in annotations["summary"]
        assert "Renew the production push certificate" in text
        assert "source mesibo" in text
        assert any(address in text for address in addresses)
        assert "%" in text


@pytest.fixture(scope="module")
def life(tmp_path_factory):
    """Two hosts, all lengths of time a fifth: a burst of 903 begins, pages, ends; Prometheus stays to be asked."""
    directory = tmp_path_factory.mktemp("life")
    started = []

    def start(kind, *args):
        started.append(kind(*args))
        return started[-1]

    receiver = Receiver()
    push = directory / "push.p12"
    push.write_bytes(p12(certificate(now=dt.datetime.now(dt.UTC))))
    extra = f'[[credential]]\nname = "ios"\nfile = "{push}"\n{BESIDE}'
    (a, at_a), (b, at_b) = (host(directory / name, start, extra) for name in "ab")
    port = stage(directory / "staged", {"main": [at_a, at_b]}, receiver.url, factor=5)
    start(Alertmanager, directory / "staged", port)
    prometheus = start(Prometheus, directory / "staged")
    ended, over = threading.Event(), threading.Event()

    def traffic():
        for tick in itertools.count():
            for site in (a, b):
                site.write(200, 5, "fcm")
                site.write(200 if ended.is_set() else 903, 5, "apns")
                for code in (
                    (404, 429, 500, 914, 918) if tick % 8 == 0 else ()
                ):  # a little of everything, for the panels
                    site.write(code, 1, "fcm")
            if tick % 8 == 0:
                post(f"http://{at_a}", call(event("1"), number=tick))
            if over.wait(0.25):
                return

    until(
        lambda: len(prometheus.query('mesibo_push_results_total{code="903",platform="apns"} == 0')) == 2,
        "each host is scraped once",
    )
    writer = threading.Thread(target=traffic)
    writer.start()
    try:
        yield prometheus, receiver, ended
    finally:
        over.set()
        writer.join()
        for program in reversed(started):
            program.stop()
        receiver.close()


def test_the_page_resolves_and_its_symptoms_never_page(life):
    """The page fires, ends when the burst ends, and no symptom of the certificate pages before or after."""
    prometheus, receiver, ended = life

    def of_interest(status=None):
        return [
            (body["status"], body["groupLabels"]["alertname"])
            for _, body in receiver.pages(status)
            if body["groupLabels"]["alertname"] in {EXPIRED, *SYMPTOMS}
        ]

    until(lambda: of_interest("firing"), "the page")
    until(lambda: prometheus.firing("critical") >= {EXPIRED, *SYMPTOMS}, "cause and symptoms fire together")
    ended.set()
    until(lambda: of_interest("resolved"), "the page resolves")
    until(lambda: not prometheus.firing("critical") & SYMPTOMS, "the symptoms end")
    assert of_interest() == [("firing", EXPIRED), ("resolved", EXPIRED)]


def recorded():
    """Names of the series that rules record."""
    for path in sorted((CONFIG / "prometheus/rules").glob("*.yml")):
        for group in rule_groups(path):
            yield from (rule["record"] for rule in group["rules"] if "record" in rule)


def panels():
    """Dashboard, title and PromQL of every target and annotation, with Grafana's variables filled in."""
    for path in sorted((CONFIG / "grafana/dashboards").glob("*.json")):
        board = json.loads(path.read_text())
        for panel in board["panels"]:
            yield from ((board["uid"], panel["title"], filled(t["expr"])) for t in panel.get("targets", []))
        yield from ((board["uid"], a["name"], filled(a["expr"])) for a in board["annotations"]["list"])


def filled(expr):
    values = {"$cluster": ".*", "$host": ".*", "$source": ".*", "$__rate_interval": "20s", "$__range": "1m"}
    for name, value in values.items():
        expr = expr.replace(name, value)
    assert "$" not in expr.replace("$1", "")
    return expr


def test_every_recording_rule_records(life):
    """No recorded series stays empty when pushes of every class are logged, but for what is so only at times."""
    prometheus, _, ended = life
    ended.set()  # the hour before a spike is not known while it lasts
    over = "cluster_source_platform_code_reason:mesibo_push_fault:over"
    without_a_log = "cluster_source:mesibo_push_failures_only:last1d"
    ended = "cluster_source_platform_role:mesibo_push_cause:ended"
    at_times = ("condition:", "evaluations:", ended, over, without_a_log)
    for name in (name for name in recorded() if not name.startswith(at_times)):
        until(lambda name=name: prometheus.query(name), f"{name} has data")


def test_every_panel_shows_something(life):
    """Each expression of each dashboard returns data, except those about things that did not happen."""
    prometheus, _, _ = life
    empty = {
        ("mesibo-push-overview", "Bad and dead tokens"),  # yesterday
        ("mesibo-push-overview", "Restarts of the watcher"),
        ("mesibo-push-fleet", "Restarts of the watcher"),
        ("mesibo-push-watcher", "Restarts of the watcher"),
    }
    for board, title, expr in panels():
        if (board, title) not in empty:  # an hour's share has a value from the first whole minute on
            until(lambda expr=expr: prometheus.query(expr), f"{board}: {title}: {expr}")


def test_every_alert_is_evaluated_without_an_error(life):
    """Prometheus reports every rule as healthy, texts of firing alerts included."""
    prometheus, _, _ = life
    groups = json.loads(get(f"{prometheus.url}/api/v1/rules"))["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len(rules) > 80
    assert {rule["name"]: rule["lastError"] for rule in rules if rule["health"] != "ok"} == {}
    for rule in rules:
        for alert in rule.get("alerts", []):
            for text in alert["annotations"].values():
                assert "<no value>" not in text, text
                assert "<error" not in text
