"""Which alerts the shipped route holds back: alerts handed to a real Alertmanager, and what it says of them."""

import json
import urllib.request

import pytest

from tests.helpers.running import PATIENCE, get, until
from tests.helpers.shipped import CONFIG, Alertmanager, rule_groups, stage

pytestmark = pytest.mark.integration

PLACE = {"cluster": "main", "source": "mesibo"}


def shipped_labels(alertname):
    """Return the labels that the shipped rule of that name puts on its alerts."""
    for path in (CONFIG / "prometheus/rules").glob("*.yml"):
        for group in rule_groups(path):
            for rule in group["rules"]:
                if rule.get("alert") == alertname:
                    return {"alertname": alertname, **rule["labels"]}
    raise KeyError(alertname)


def hand_over(alertmanager, *firing):
    """Post (name, further labels) as Prometheus would."""
    body = json.dumps([{"labels": {**shipped_labels(name), **PLACE, **more}} for name, more in firing]).encode()
    request = urllib.request.Request(
        f"{alertmanager.url}/api/v2/alerts", body, {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        assert answer.status == 200


def states(alertmanager):
    """Return (name, platform) -> active or suppressed."""
    alerts = json.loads(get(f"{alertmanager.url}/api/v2/alerts"))
    return {(a["labels"]["alertname"], a["labels"].get("platform")): a["status"]["state"] for a in alerts}


@pytest.mark.parametrize(
    ("firing", "expected"),
    [
        pytest.param(
            [
                ("MesiboPushCertificateExpired", {"platform": "apns"}),
                ("MesiboPushMostlyFailing", {"platform": "apns"}),
                ("MesiboPushMostlyFailing", {"platform": "fcm"}),
            ],
            {
                ("MesiboPushCertificateExpired", "apns"): "active",
                ("MesiboPushMostlyFailing", "apns"): "suppressed",
                ("MesiboPushMostlyFailing", "fcm"): "active",
            },
            id="a cause holds back the outage of its platform and of no other",
        ),
        pytest.param(
            [
                ("MesiboPushMostlyFailing", {"platform": "fcm"}),
                ("MesiboPushErrorBudgetBurn", {}),
                ("MesiboPush9xxSpike", {}),
            ],
            {
                ("MesiboPushMostlyFailing", "fcm"): "active",
                ("MesiboPushErrorBudgetBurn", None): "suppressed",
                ("MesiboPush9xxSpike", None): "suppressed",
            },
            id="an outage without a known cause is the one page",
        ),
        pytest.param(
            [
                ("MesiboPushNoAnswer", {"platform": "fcm", "instance": "a:10914"}),
                ("MesiboPushMostlyFailing", {"platform": "fcm"}),
                ("MesiboPushErrorBudgetBurn", {}),
                ("MesiboPushBadTokens", {"platform": "fcm"}),
            ],
            {
                ("MesiboPushNoAnswer", "fcm"): "active",
                ("MesiboPushMostlyFailing", "fcm"): "suppressed",
                ("MesiboPushErrorBudgetBurn", None): "suppressed",
                ("MesiboPushBadTokens", "fcm"): "active",
            },
            id="a cause of one host holds back its effects and nothing else",
        ),
        pytest.param(
            [("MesiboLogwatchSourceDown", {"source": "old"}), ("MesiboPushSilent", {})],
            {("MesiboLogwatchSourceDown", None): "active", ("MesiboPushSilent", None): "active"},
            id="a log that is not there says nothing of the silence of another source",
        ),
        pytest.param(
            [("MesiboLogwatchSourceDown", {"instance": "a:10914"}), ("MesiboPushSilent", {})],
            {("MesiboLogwatchSourceDown", None): "active", ("MesiboPushSilent", None): "suppressed"},
            id="a log that is not there is the one page for the silence that it makes",
        ),
        pytest.param(
            [("MesiboLogwatchDown", {"instance": "a:10914"}), ("MesiboPushSilent", {})],
            {("MesiboLogwatchDown", None): "active", ("MesiboPushSilent", None): "active"},
            id="a host that is down says nothing of the silence of the others, which the rule judges alone",
        ),
        pytest.param(
            [("MesiboLogwatchDown", {"instance": "a:10914"}), ("MesiboPushLoggingOff", {})],
            {("MesiboLogwatchDown", None): "active", ("MesiboPushLoggingOff", None): "suppressed"},
            id="while a host is down it is not known whether push logging is off",
        ),
    ],
)
def test_one_fault_is_one_page(tmp_path, programs, firing, expected):
    """Effects are suppressed while their cause is active; what is no effect of it stays active."""
    port = stage(tmp_path, {}, "http://127.0.0.1:1", factor=60)
    alertmanager = programs(Alertmanager, tmp_path, port)
    hand_over(alertmanager, *firing)
    until(lambda: states(alertmanager) == expected, lambda: f"{expected}: {states(alertmanager)}")
