"""Incidents of a real daemon: recorded while nobody looks, over kill -9, and told to whoever asks later."""

import json
import signal

import pytest

from logwatch.ledger import Reader
from logwatch.ledger.store import FILE
from tests.helpers.running import Daemon, get, until

pytestmark = pytest.mark.integration


def test_an_incident_is_recorded_while_nobody_looks_and_outlives_kill_9(site, programs):
    """One incident over two lives of the daemon, with every push and every user; the API tells it."""
    site.write(200, 30, "apns")
    site.write(903, 25, "apns")
    reader = Reader(site.state / FILE)

    def going_on(pushes):
        return [each for each in reader.incidents(0.0) if each.rows and each.pushes == pushes]

    daemon = programs(Daemon, site.config)
    (first,) = until(lambda: going_on(25), "the incident is recorded")
    daemon.stop(signal.SIGKILL)
    site.write(903, 30, "apns")
    daemon = programs(Daemon, site.config)
    (second,) = until(lambda: going_on(55), "it goes on")
    assert (second.number, second.began, second.ended) == (first.number, first.began, None)
    assert (second.users, second.title) == (30, "The Apple push certificate has expired")
    told = json.loads(get(daemon.url + "api/v1/incidents"))["incidents"]
    (mine,) = [each for each in told if each["codes"] == ["903"]]
    assert (mine["pushes"], mine["users"], mine["ended"]) == (55, 30, None)
    assert json.loads(get(daemon.url + mine["failures"][1:]))["total"] == 55
