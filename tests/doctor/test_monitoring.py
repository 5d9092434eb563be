"""Whatever answers where Prometheus and Alertmanager are looked for, doctor gives rows."""

import json

import pytest
import yaml

from logwatch.doctor import monitoring
from logwatch.doctor.check import Check
from logwatch.doctor.host import Host, NoAnswer
from logwatch.doctor.shipped import rule_files
from tests.helpers.odd import places, put

GROUP = next(iter(rule_files()[0].intervals))
TARGET = {"scrapePool": "mesibo-logwatch", "labels": {"cluster": "main", "instance": "h:1"}, "health": "up",
          "scrapeUrl": "http://h:1/metrics", "lastError": "", "scrapeInterval": "15s"}  # fmt: skip
RULE = {"name": "PushFails", "type": "alerting", "query": "mesibo_push", "health": "ok", "lastError": "",
        "annotations": {"runbook_url": "http://h/runbooks/MesiboPush"}}  # fmt: skip
ROUTED = {"route": {"receiver": "a", "routes": [{"matchers": ['severity="critical"'], "receiver": "b"}]},
          "receivers": [{"name": "a", "webhook_configs": [{"url": "x"}]}, {"name": "b"}]}  # fmt: skip
ANSWERS = {
    "targets": {"data": {"activeTargets": [TARGET]}},
    "rules": {"data": {"groups": [{"name": GROUP, "interval": 15, "rules": [RULE]}]}},
    "query": {"data": {"result": [1, "2"]}},
    "alertmanagers": {"data": {"activeAlertmanagers": [{"url": "http://h:9093/api/v2/alerts"}]}},
    "status": {"config": {"original": yaml.safe_dump(ROUTED)}},
}
ODD = (
    None,
    0,
    -1.5,
    float("inf"),
    10**400,
    "x",
    "\x1b[2J",
    "http://[::1",
    "9" * 5000,
    [],
    [1],
    ["x"],
    [[]],
    {},
    {"a": 1},
)


class Odd(Host):
    """Hears what a test says, as JSON."""

    def __init__(self, answers):
        self.answers = answers

    def fetch(self, url):
        for name, answer in self.answers.items():
            if url.partition("?")[0].endswith(f"/{name}"):
                return json.dumps(answer).encode()
        raise NoAnswer("nobody")


def rows(**changes):
    return list(monitoring.prometheus(Odd(ANSWERS | changes), "http://h", asked=True))


@pytest.mark.parametrize("name", ANSWERS)
def test_a_value_of_another_kind_anywhere_in_an_answer_costs_its_rows_alone(name):
    """A fake, a proxy's page or a version to come: rows, never a traceback, and the other answers are looked at."""
    whole = {row.name for row in rows()}
    for place in places(ANSWERS[name]):
        for odd in ODD:
            found = rows(**{name: put(ANSWERS[name], place, odd)})
            assert all(isinstance(row, Check) for row in found)
            if name != "targets":
                assert "prometheus scrapes" in {row.name for row in found} & whole


def test_a_configuration_of_another_form_costs_the_rows_of_alertmanager_alone():
    """The same, for what Alertmanager says of itself."""
    for place in places(ROUTED):
        for odd in ODD[:3] + ODD[5:6] + ODD[9:]:
            found = rows(status={"config": {"original": yaml.safe_dump(put(ROUTED, place, odd))}})
            assert found[-1].name.startswith("alertmanager")


class Refusing(Odd):
    """Where everything is as it should be, but one program answers with a status."""

    def __init__(self, address, status):
        super().__init__(ANSWERS)
        self.address, self.status = address, status

    def fetch(self, url):
        if url.startswith(self.address):
            raise NoAnswer("it refuses", self.status)
        return super().fetch(url)


@pytest.mark.parametrize(
    ("status", "asked", "verdict", "remedy"),
    [
        (401, True, "failure", "--prometheus http://USER:PASSWORD@HOST"),
        (401, False, "skipped", "--prometheus http://USER:PASSWORD@HOST"),
        (403, True, "failure", "can reach it"),
    ],
)
def test_a_prometheus_that_asks_for_a_password_is_told_how_to_name_one(status, asked, verdict, remedy):
    """It runs and can be reached: to check that would lead nowhere, nor is it true that none answers."""
    (row,) = monitoring.prometheus(Refusing("http://h", status), "http://h", asked=asked)
    assert (row.verdict, row.remedy.endswith(remedy), "none answers" in row.what) == (verdict, True, False)


@pytest.mark.parametrize(("status", "verdict"), [(401, "skipped"), (503, "failure")])
def test_an_alertmanager_that_asks_for_a_password_is_not_said_to_page_nobody(status, verdict):
    """Prometheus may have a login for it: doctor asks for one, and claims nothing about what it cannot see."""
    host = Refusing("http://am", status)
    found = monitoring.prometheus(host, "http://h", asked=True, alertmanager="http://am")
    (row,) = (row for row in found if row.name.startswith("alertmanager"))
    assert (row.verdict, "reach nobody" in row.what) == (verdict, status != 401)
    assert ("--alertmanager http://USER:PASSWORD@HOST" in row.remedy) == (status == 401)


def test_of_many_alertmanagers_that_are_down_doctor_says_how_many_more_there_are():
    """Seven are named; nobody takes them for all."""
    active = [{"url": f"http://h:{port}/api/v2/alerts"} for port in range(9090, 9100)]
    host = Odd(ANSWERS | {"alertmanagers": {"data": {"activeAlertmanagers": active}}, "status": ""})
    told = monitoring.prometheus(host, "http://h", asked=True)
    (row,) = (row for row in told if row.name == "alertmanager")
    assert row.what.count("http://h:909") == 7
    assert row.what.endswith(" and 3 more: alerts reach nobody")


DOUBLED = "".join(f"r{n}: &r{n} {{continue: true, routes: [*r{n - 1}, *r{n - 1}]}}\n" for n in range(1, 64))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (f"r0: &r0 {{receiver: a}}\n{DOUBLED}route: *r63\n", "what answers there is not Alertmanager"),
        ("receivers:\n" + "- {name: a, webhook_configs: [1]}\n" * 60_000, "characters, which are not looked at"),
    ],
)
def test_an_alertmanager_configuration_that_expands_without_end_is_refused(text, what):
    """YAML whose aliases make 2^63 routes, or of two megabytes, is refused in short time."""
    (row,) = (row for row in rows(status={"config": {"original": text}}) if row.name == "alertmanager")
    assert what in row.what
