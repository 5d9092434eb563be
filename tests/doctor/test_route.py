"""An alert reaches whom Alertmanager sends it to: the first child that matches, more behind ``continue``."""

import json
import subprocess
from types import SimpleNamespace

import pytest
import yaml

from logwatch.doctor.host import NoAnswer
from logwatch.doctor.pager import alertmanager
from logwatch.doctor.route import integrations, receivers
from tests.helpers.running import tool

CONFIG = """
route:
  receiver: default
  routes:
    - match: {team: push}
      receiver: old
    - match_re: {alertname: "MesiboPush.*"}
      continue: true
      receiver: audit
    - matchers: ['severity="critical"', alertname=~"Mesibo.*"]
      receiver: page
      routes:
        - matchers: [cluster!~"prod|main"]
          receiver: test
        - matchers: ['cluster!=""', 'role="cause"']
    - matchers: ['{severity="info",role!="cause"}']
      receiver: none
receivers:
  - {name: default, webhook_configs: [{url: "http://127.0.0.1:1/"}]}
  - {name: old, webhook_configs: [{url: "http://127.0.0.1:1/"}]}
  - {name: audit, webhook_configs: [{url: "http://127.0.0.1:1/"}]}
  - {name: page, webhook_configs: [{url: "http://127.0.0.1:1/"}]}
  - {name: test, webhook_configs: []}
  - {name: none}
"""
ALERTS = [
    ({"severity": "critical", "alertname": "MesiboLogwatchDown", "cluster": "prod"}, ["page"]),
    ({"severity": "critical", "alertname": "MesiboLogwatchDown", "cluster": "x"}, ["test"]),
    ({"severity": "critical", "alertname": "MesiboLogwatchDown"}, ["test"]),
    ({"severity": "critical", "alertname": "MesiboPushX", "cluster": "main", "role": "cause"}, ["audit", "page"]),
    ({"severity": "critical", "alertname": "Other"}, ["default"]),
    ({"severity": "info", "alertname": "MesiboLogwatchX"}, ["none"]),
    ({"severity": "info", "alertname": "MesiboLogwatchX", "role": "cause"}, ["default"]),
    ({"team": "push", "alertname": "MesiboPushX"}, ["old"]),
    ({"alertname": "MesiboPushX"}, ["audit"]),
]


@pytest.mark.parametrize(("labels", "expected"), ALERTS)
def test_an_alert_is_routed(labels, expected):
    """Equality, expressions, their opposites, nesting, braces, the receiver of the node above."""
    assert receivers(yaml.safe_load(CONFIG)["route"], labels) == expected


@pytest.mark.integration
@pytest.mark.parametrize(("labels", "expected"), ALERTS)
def test_alertmanagers_own_tool_routes_the_same(labels, expected, tmp_path):
    """Amtool is the reference."""
    (tmp_path / "am.yml").write_text(CONFIG)
    given = [f"{name}={value}" for name, value in labels.items()]
    done = subprocess.run(
        [tool("amtool"), "config", "routes", "test", f"--config.file={tmp_path / 'am.yml'}", *given],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip().split(",") == expected, done.stderr


@pytest.mark.parametrize("pattern", ["Mesibo.*|Other.*|Node.*|Kube.*|Up", "(?:Mesibo|Other).*", "Mes?ibo.+X"])
def test_a_usual_pattern_is_judged(pattern):
    """Alternatives, groups and a few repetitions are what people write."""
    route = {"receiver": "a", "routes": [{"match_re": {"alertname": pattern}, "receiver": "b"}]}
    assert receivers(route, {"alertname": "MesiboPushX"}) == ["b"]


@pytest.mark.parametrize(
    "pattern",
    [
        "(.*)*(.*)*=X",
        "(.*|.*)" * 8,
        "(M|e|s|i|[A-Za-z])+=",
        "a?" * 40 + "=",
        ".*.*.*.*.*.*.*=",
        r"\pL+",
        "a{99999999999999999999}",
    ],
)
def test_what_alertmanager_alone_can_match_is_not_judged(pattern):
    """RE2 is linear in all and knows other classes: neither a hang nor a wrong row comes of that, but a ValueError."""
    route = {"receiver": "a", "routes": [{"match_re": {"alertname": pattern}, "receiver": "b"}]}
    with pytest.raises(ValueError, match=r"^$"):
        receivers(route, {"alertname": "aM" * 40})


def test_a_route_that_is_not_judged_is_said_to_be_skipped():
    """The row names the tool that knows."""
    config = 'route: {receiver: a, routes: [{match_re: {alertname: "(.*)*="}, receiver: b}]}\nreceivers: [{name: a}]'
    host = SimpleNamespace(fetch=lambda _: json.dumps({"config": {"original": config}}))
    alerts = SimpleNamespace(alerts=[{"alertname": "MesiboPushX", "severity": "critical"}])
    *_, row = alertmanager(host, ["http://127.0.0.1:9093"], [alerts])
    assert (row.verdict, "amtool" in row.remedy) == ("skipped", True)


def test_an_alertmanager_that_asks_for_a_login_does_not_answer_for_another_one():
    """Its login is Prometheus' matter; the one that answers shows where alerts go."""

    def fetch(url):
        if "//closed" in url:
            raise NoAnswer("it answers 401", 401)
        return json.dumps({"config": {"original": CONFIG}})

    first, route = alertmanager(SimpleNamespace(fetch=fetch), ["http://closed", "http://open"], [])
    assert (first.verdict, first.what, route.name) == ("ok", "http://open answers", "alertmanager route")


def test_a_receiver_without_an_integration_tells_nobody():
    """Empty lists are none."""
    kinds = integrations(yaml.safe_load(CONFIG))
    assert kinds == {"default": ["webhook"], "old": ["webhook"], "audit": ["webhook"], "page": ["webhook"], "test": [],
                     "none": []}  # fmt: skip
    assert integrations({"receivers": None}) == {}
