"""A test push's result is found where it is logged, with the user that it was for, and told as it comes."""

import http.server
import itertools
import json
import ssl
import threading
import types

import pytest
from click.testing import CliRunner

from logwatch.assembly import assemble
from logwatch.catalogue import Catalogue
from logwatch.cli import group as command
from logwatch.cli import push
from logwatch.config import Config, Journal, Source, load
from logwatch.doctor import host
from logwatch.doctor.host import NoAnswer
from logwatch.privacy import Privacy
from logwatch.push.results import ApiResults, LoggedResult, LogResults, wait
from logwatch.push.words import outcome, silence
from tests.helpers.running import Site
from tests.push.stubs import APP_TOKEN, Backend, identities

CATALOGUE = Catalogue.load()


class Told:
    """Results that come at given seconds of a clock that only sleeping moves."""

    def __init__(self, *coming):
        self.now, self.coming, self.told, self.slept = 0.0, list(coming), [], 0

    def new(self):
        due = [result for at, result in self.coming if at <= self.now]
        self.coming = [each for each in self.coming if each[0] > self.now]
        return due

    def same(self, user, logged):
        return user == logged

    def sleep(self, seconds):
        self.now += seconds
        self.slept += 1

    def wait(self, *users, seconds=30):
        def told(user, result, after):
            self.told.append((user, result.code, round(after, 1)))

        return wait(self, users, seconds, on_result=told, monotonic=lambda: self.now, sleep=self.sleep)


def result(user, code=200):
    return LoggedResult(user, "apns", code, "")


def test_each_result_is_passed_on_when_it_comes_and_the_wait_ends_soon_after_the_last():
    """Results are reported with their delay; a second device's, too; nobody waits for thirty seconds then."""
    results = Told((0.4, result("a")), (0.85, result("b", 903)), (1.5, result("a", 410)), (5, result("a", 999)))
    assert results.wait("a", "b") == (set(), [])
    assert results.told == [("a", 200, 0.4), ("b", 903, 0.9), ("a", 410, 1.5)]
    assert results.now < 2.5


def test_silence_ends_and_results_of_others_are_kept_apart():
    """After the wait those without a result are named, and what came for others is not taken for theirs."""
    results = Told((1, result("c", 200)))
    assert results.wait("a", "b", seconds=3) == ({"a", "b"}, [result("c", 200)])
    assert results.told == []


@pytest.mark.parametrize(
    ("found", "accepted", "words"),
    [
        (LoggedResult("a", "apns", 200, ""), True, ["200 after 0.4 s: Apple has it. If the phone shows nothing: "]),
        (LoggedResult("a", "fcm", 200, ""), True, ["Google has it."]),
        (LoggedResult("a", "unknown", 200, ""), True, ["Google or Apple has it."]),
        (LoggedResult("a", "apns", 903, ""), False, ["mesibo refused it", "expiry date", "Step 1: Verify"]),
        (LoggedResult("a", "apns", 410, "unregistered"), False, ["410 Unregistered after", "Apple refused it"]),
        (LoggedResult("a", "fcm", 404, "hostile \x1b"), False, ["404 after 0.4 s", "Google refused it"]),
    ],
)
def test_an_outcome_says_who_has_it_or_what_to_do(found, accepted, words):
    """200 leads to the device, every other code to its remedy."""
    good, text = outcome(CATALOGUE, found, 0.4)
    assert good is accepted
    assert all(word in text for word in words)
    assert "\x1b" not in text


def test_silence_tells_push_logging_off_from_a_user_who_is_online():
    """Without any result the setting is named; where others' came it is not suspected."""
    assert "logs { push = 1 }" in silence(["a"], 30, "the log of mesibo", [])
    others = silence(["a"], 30, "the log of mesibo", [result("b"), result("c"), result("d", 903)])
    assert "logs {" not in others
    assert "2 x 200, 1 x 903" in others
    assert "no line within 30 s" in others
    assert "the user is online" in others


LINES = [
    ("push_on_complete: uid 49301 type apn token x code 200", ("49301", 200)),
    ("push_on_complete: to: +49301 app: 1 platform: fcm code: 903", ("+49301", 903)),
]


def test_results_are_read_in_the_log_with_their_user_accepted_ones_too(tmp_path):
    """What stood in the log before is nobody's result; what comes is, over a rotation as well."""
    site = Site(tmp_path)
    site.write(911, 3)
    results = LogResults(assemble(load(site.config)))
    try:
        assert results.readable
        assert results.where == "the log of mesibo"
        assert results.new() == []
        with site.log.open("a") as log:
            for message, _ in LINES:
                log.write(f"E2211-101500-000 (17): {message}\n")
            log.write("E2211-101500-000 (17): push_on_complete: uid 7 unfinished")
        assert [(r.user, r.code) for r in results.new()] == [expected for _, expected in LINES]
        with site.log.open("a") as log:
            log.write(" code 410\n")
        site.log.rename(tmp_path / "mesibo.log.1")
        site.write(914)
        assert [(r.user, r.code) for r in results.new()] == [("7", 410), ("0", 914)]
        assert results.same("+49301", "49301")
        assert results.same("Ann@Example.com", "ann@example.com")
        assert not results.same("+49301", "493011")
    finally:
        results.close()


class Api:
    """What a daemon's API says."""

    def __init__(self):
        self.failures, self.totals = [], {"fcm": 0, "apns": 0}

    def get(self, path):
        if path.startswith("api/v1/failures"):
            return {"failures": list(reversed(self.failures))}
        return {
            "results": [{"platform": p, "code": 200, "class": "delivered", "total": n} for p, n in self.totals.items()]
        }

    def fail(self, user, code, at="2025-11-22T10:15:00Z"):
        self.failures.append(
            {"at": at, "source": "m", "platform": "apns", "code": code, "reason": "", "user": user, "token": "t"}
        )


@pytest.mark.parametrize("mode", ["mask", "hash", "plain"])
def test_a_daemons_api_tells_of_a_user_as_this_installation_masks_it(mode):
    """With the installation's key, a masked or hashed user is found, and no other one is."""
    privacy = Privacy(mode, b"key")
    api = Api()
    api.fail(privacy.user("+4930123456"), 911)
    results = ApiResults(api.get, privacy.user)
    assert results.new() == []
    api.fail(privacy.user("+4930123456"), 903, at="2025-11-22T10:16:00Z")
    api.fail(privacy.user("+4930123456"), None, at="2025-11-22T10:17:00Z")  # of a code that has no number
    api.totals["fcm"] = 2
    (found, *accepted) = results.new()
    assert found.code == 903
    assert results.same("+4930123456", found.user)
    assert not results.same("+4930123457", found.user)
    assert [(r.user, r.platform, r.code) for r in accepted] == [("", "fcm", 200)] * 2
    assert results.new() == []


def test_a_daemon_over_tls_is_asked_for_as_long_as_it_is_waited_for(tmp_path, monkeypatch):
    """However much time its answers have taken altogether, which doctor bounds, the result is found when it comes."""
    api, ticks = Api(), itertools.count(0, 11)
    monkeypatch.setattr(host, "time", types.SimpleNamespace(monotonic=lambda: next(ticks)))  # each answer takes 11 s

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            if next(asked) == 6:
                api.fail("+4930123456", 911)
            body = json.dumps(api.get(self.path[1:])).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    asked, server = itertools.count(), http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    identities()[1].configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    backend = Backend(lambda asked: {"op": asked["op"], "result": True})
    (tmp_path / "token").write_text(APP_TOKEN)
    site = Site(tmp_path)
    site.configure(f'[backend]\nurl = "{backend.url}"\ntoken_file = "token"\n')
    site.config.write_text(site.config.read_text().replace("127.0.0.1:0", f"127.0.0.1:{server.server_port}"))
    try:
        done = CliRunner().invoke(command, ["push", "test", "+4930123456", "--config", str(site.config)])
    finally:
        backend.close()
        server.shutdown()
        server.server_close()
    assert "in the running daemon" in done.output
    assert "+4930123456: 911" in done.output


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (NoAnswer("it answers 401: 401 Unauthorized", 401), "it answers 401: 401 Unauthorized"),
        (b"{}", "another program answers in its place"),
        (b"<html>", "no mesibo-logwatch answers there"),
    ],
)
def test_a_daemon_that_does_not_tell_is_not_said_to_be_away(tmp_path, monkeypatch, answer, why):
    """The push is sent all the same; why its result cannot be found is what the daemon, or whoever is there, says."""

    def served(*_):
        if isinstance(answer, NoAnswer):
            raise answer
        return answer

    monkeypatch.setattr(push, "served", served)
    backend, site = Backend(lambda asked: {"op": asked["op"], "result": True}), Site(tmp_path)
    (tmp_path / "token").write_text(APP_TOKEN)
    site.configure(f'[backend]\nurl = "{backend.url}"\ntoken_file = "token"\n')
    try:
        done = CliRunner().invoke(command, ["push", "test", "+4930123456", "--config", str(site.config)])
    finally:
        backend.close()
    assert f"and the daemon cannot be asked ({why})." in done.output
    assert len(backend.requests) == 1


def test_without_the_key_the_ends_of_a_mask_have_to_do():
    """Whoever may not read the state directory is told of the user whose ends agree."""
    results = ApiResults(Api().get, None)
    shown = Privacy("mask", b"key").user("+4930123456")
    assert results.same("+4930123456", shown)
    assert not results.same("+4930123457", shown)
    assert not results.same("+1930123456", shown)
    assert not results.same("12", "***#123456")
    assert results.same("bob", "bob")
    assert not results.same("bobby", "bob")


def test_a_source_without_a_file_is_no_log_to_look_into():
    """Of a journal, the daemon is asked."""
    results = LogResults(assemble(Config(source=(Source(name="mesibo", journal=Journal(unit="mesibo.service")),))))
    assert (results.readable, results.new()) == (False, [])
