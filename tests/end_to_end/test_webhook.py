"""A real daemon, called by a mesibo that repeats what was not answered."""

import json
import random
import signal
import threading
import time

import bcrypt
import pytest

from tests.end_to_end.test_disk import fill
from tests.helpers.running import PATIENCE, Daemon, free_port, get, until
from tests.helpers.webhook_calls import BESIDE, PATH, call, event, post

pytestmark = pytest.mark.integration


class Caller(threading.Thread):
    """Calls on and on, and repeats each call until it is answered."""

    def __init__(self, port, seed):
        super().__init__(daemon=True)
        self.random = random.Random(seed)
        self.url = f"http://127.0.0.1:{port}"
        self.ended = threading.Event()
        self.events = self.posts = self.calls = 0

    def run(self):
        while not self.ended.is_set():
            self.calls += 1
            size = self.random.choice((1, 1, 3, 20))
            version = self.random.choice((0, self.calls))
            body = call(*(event(f"u{self.events + i}") for i in range(size)), number=version)
            while True:
                self.posts += 1
                if post(self.url, body)[0] == 200:
                    break
                time.sleep(0.05)
            self.events += size
            if self.random.random() < 0.1:
                post(self.url, body)  # a repetition of what was answered


def test_every_event_counts_once_over_kill_9_with_a_caller_that_repeats(site, programs):
    """Whatever was killed in between, what was reported is counted once, and what was answered is on disk."""
    port = free_port()
    site.configure(BESIDE)
    site.config.write_text(site.config.read_text().replace("127.0.0.1:0", f"127.0.0.1:{port}"))
    chance = random.Random(7)
    caller = Caller(port, 7)
    daemon = programs(Daemon, site.config)
    caller.start()
    for _ in range(6):
        time.sleep(chance.uniform(0.1, 0.5))  # the instant of the kill is what is tried
        daemon.stop(signal.SIGKILL)
        daemon = programs(Daemon, site.config)
    caller.ended.set()
    caller.join(PATIENCE)
    assert not caller.is_alive()
    total = daemon.total("mesibo_push_witness_events_total", source="hook", code="403")
    print(f"{caller.calls} calls, {caller.posts} posts, {caller.events} events, counted {total}")  # noqa: T201
    assert total == caller.events > 0
    assert daemon.total("mesibo_push_results_total") == 0
    assert caller.posts >= caller.calls


def test_a_failure_of_the_log_gets_the_reason_of_the_webhook(site, programs):
    """The page, the API and a finding say what Apple said, and no result is counted twice."""
    site.configure(BESIDE)
    daemon = programs(Daemon, site.config)
    now = time.time()
    stamp = f"{time.strftime('%d%m-%H%M%S', time.gmtime(now))}-{int(now * 1000) % 1000:03}"
    with site.log.open("a") as log:
        log.write(f"E{stamp} (17): push_on_complete: uid u1 type apns token 00ff code 403\n")
    assert post(daemon.url, call(event("u1"))) == (200, b"MESIBO OK")
    assert post(daemon.url, call(event("u1", 200, ""), number=2)) == (200, b"MESIBO OK")

    def failure():
        (found,) = json.loads(get(daemon.url + "api/v1/failures"))["failures"] or [None]
        return found if found and found["webhook_reason"] else None

    assert until(failure, "it is joined")["webhook_reason"] == "ExpiredProviderToken"
    assert daemon.codes() == {"403": 1}
    told = daemon.total("mesibo_push_witness_events_total", code="403", reason="ExpiredProviderToken", platform="apns")
    assert told == daemon.total("mesibo_push_witness_events_total") == 1
    assert daemon.total("mesibo_logwatch_webhook_events_total", outcome="accepted") == 1
    findings = json.loads(get(daemon.url + "api/v1/status"))["findings"]
    assert any("403: Apple says ExpiredProviderToken (webhook)" in each["title"] for each in findings)
    page = get(daemon.url).decode()
    assert "Apple says <code>ExpiredProviderToken</code> (webhook)" in page
    assert PATH not in page


def test_without_a_log_failures_are_counted_and_no_share_is_given(site, programs):
    """For a webhook alone, the page has numbers by code, and says that there is no share."""
    text = f'[[source]]\nname = "cloud"\nwebhook = {{path = "{PATH}"}}\n'
    site.configure()
    site.config.write_text(text + "[state]" + site.config.read_text().partition("[state]")[2])
    daemon = programs(Daemon, site.config)
    assert post(daemon.url, call(*(event(f"u{i}") for i in range(30))))[0] == 200
    assert daemon.codes() == {"403": 30}
    assert daemon.total("mesibo_push_failures_only", source="cloud") == 1
    status = json.loads(get(daemon.url + "api/v1/status"))
    titles = [each["title"] for each in status["findings"]]
    assert status["failures_only"] == ["cloud"]
    assert any("no share of accepted ones" in title for title in titles)
    assert not any("has failed" in title or "%" in title or "accepted by" in title for title in titles)
    (worst,) = (f for f in status["findings"] if f["code"] == 403)
    assert worst["pushes"] == 30
    # push debugging on: with accepted pushes there is a share
    assert post(daemon.url, call(*(event(f"u{i}", 200, "") for i in range(30)), number=2))[0] == 200
    assert daemon.total("mesibo_push_failures_only", source="cloud") == 0
    assert daemon.codes() == {"403": 30, "200": 30}


def test_while_the_disk_refuses_calls_are_to_be_repeated_and_then_count_once(site, programs, disk):
    """A full disk costs no event: 503 with Retry-After until there is room, then each is counted once."""
    site.configure(BESIDE)
    daemon = programs(Daemon, site.config)
    assert post(daemon.url, call(event("u0"), number=1))[0] == 200
    fill(disk)
    bodies = [call(*(event(f"u{i}-{j}") for j in range(200)), number=i) for i in range(2, 12)]
    until(lambda: any(post(daemon.url, body)[0] == 503 for body in bodies), "the disk refuses")
    assert get(daemon.url + "-/healthy")
    (disk / "filler").unlink()
    for body in bodies:
        until(lambda body=body: post(daemon.url, body)[0] == 200, "it is answered")
    assert daemon.total("mesibo_push_witness_events_total", source="hook", code="403") == 1 + 10 * 200


def test_a_reload_with_a_webhook_in_it_listens_and_one_that_is_refused_changes_nothing(site, programs):
    """Calls are taken at once where they were 404 before; a secret that cannot be read leaves all as it was."""
    site.configure()
    daemon = programs(Daemon, site.config)
    assert post(daemon.url, call(event("u")))[0] == 404
    site.configure(BESIDE)
    daemon.process.send_signal(signal.SIGHUP)
    until(lambda: post(daemon.url, call(event("u")))[0] == 200, "it listens")
    site.configure(BESIDE.replace("witness_for", 'secret_file = "missing", witness_for'))
    daemon.process.send_signal(signal.SIGHUP)
    daemon.said("reload_refused")
    assert post(daemon.url, call(event("u"), number=2))[0] == 200
    assert daemon.total("mesibo_push_witness_events_total") == 2
    site.configure()
    daemon.process.send_signal(signal.SIGHUP)
    until(lambda: post(daemon.url, call(event("u"), number=3))[0] == 404, "it listens no more")


def test_a_reload_is_judged_by_the_address_that_is_listened_on(site, programs, tmp_path):
    """That web.listen takes a restart is reported: an address that is not in force yet keeps no webhook's secret."""
    web = tmp_path / "web.yml"
    web.write_text(f"basic_auth_users: {{a: {bcrypt.hashpw(b'a', bcrypt.gensalt(4)).decode()}}}\n")
    site.configure(f'config_file = "{web}"\n')
    here = site.config.read_text()
    site.config.write_text(here.replace("127.0.0.1:0", "127.1:0"))  # the same, but for who reads it as an address
    daemon = programs(Daemon, site.config)
    site.config.write_text(here + BESIDE)
    daemon.process.send_signal(signal.SIGHUP)
    daemon.said("reload_incomplete.*setting=web")
    daemon.said("reload_refused.*served on 127.1:0 without TLS")
