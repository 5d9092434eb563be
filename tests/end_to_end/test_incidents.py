"""Incidents of a real daemon: recorded while nobody looks, over kill -9, and told to whoever asks later."""

import json
import signal
import time

import pytest

from logwatch.ledger.reader import Reader
from logwatch.ledger.store import FILE
from tests.helpers.running import Daemon, get, until

pytestmark = pytest.mark.integration


def test_an_incident_is_recorded_while_nobody_looks_and_outlives_kill_9(site, programs):
    """Over two lives of the daemon, the API shows one incident, with every push and every user."""
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


def test_what_began_and_ended_while_the_daemon_was_down_is_recorded(site, programs):
    """Three hours of log at the next start: begin, end, pushes and users of the hour in which Apple's pushes failed."""
    now = int(time.time())

    def write(first, last, code):
        """Write a push every 20 seconds from so many minutes ago to so many minutes ago."""
        with site.log.open("a") as log:
            for at in range(now - first * 60, now - last * 60, 20):
                stamp = f"{time.strftime('%d%m-%H%M%S', time.gmtime(at))}-000"
                log.write(f"E{stamp} (17): push_on_complete: uid {at % 900} type apns aid 6035 code {code}\n")

    write(240, 230, 200)
    programs(Daemon, site.config).stop()
    write(230, 170, 200)
    write(170, 110, 903)
    write(110, 0, 200)
    daemon = programs(Daemon, site.config)
    reader = Reader(site.state / FILE)
    (found,) = until(lambda: [each for each in reader.incidents(0.0) if each.rows], "it is recorded")
    assert (found.title, found.severity) == ("The Apple push certificate has expired", "critical")
    assert (found.began, found.ended) == (now - 170 * 60, now - 110 * 60 - 20)
    assert (found.pushes, found.users, found.apps) == (180, 45, 1)
    (told,) = json.loads(get(daemon.url + "api/v1/incidents"))["incidents"]
    assert (told["pushes"], told["users"]) == (180, 45)
    assert json.loads(get(daemon.url + told["failures"][1:]))["total"] == 180
