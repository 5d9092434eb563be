"""The door for calls: one path, one method, one size, a secret, and a name that is known."""

import asyncio
import contextlib
import itertools
import socket
import ssl
import threading
from unittest.mock import Mock

import pytest
from prometheus_client import CollectorRegistry, Gauge

from logwatch.assembly import LoadedWebhook
from logwatch.config import Config
from logwatch.config.schema import Web
from logwatch.config.sources import Source, WebhookSource
from logwatch.errors import WebError
from logwatch.web import webhook
from logwatch.web.access import Access, Settings, refuse_in_the_clear, warnings
from logwatch.web.file import WebFile
from logwatch.web.server import WebServer
from logwatch.web.views import rules
from logwatch.web.webhook import BODY_BYTES, Doorkeeper, Endpoint
from logwatch.webhook.fields import load as load_fields
from logwatch.webhook.inbox import Inbox
from logwatch.webhook.read import read
from tests.helpers.running import PATIENCE, until

SECRET = b"0123456789abcdef"
HOOK = Source(name="hook", webhook=WebhookSource(path="/webhook/x", secret_file="s"))
GOOD = b'{"secret": "0123456789abcdef", "events": [{"type": "push", "response": {"code": 403}}]}'


class Health:
    trouble = ""


class Door:
    """A server with one webhook, whose calls a thread commits or refuses."""

    def __init__(self):
        self.wake = threading.Event()
        self.inbox = Inbox(self.wake.set)
        self.answers = []
        self.commits = True
        self.ended = False
        endpoints = {"/webhook/mesibo": Endpoint("hook", LoadedWebhook(load_fields(), SECRET), self.inbox)}
        self.door = Doorkeeper(lambda: endpoints, self.answers.append)
        registry = CollectorRegistry()
        Gauge("some_gauge", "A number.", registry=registry).set(1)
        access = Access(hosts=Web(listen="mesibo.example:10914", hosts=("push.example",)).names, prefix="/ops")
        self.server = WebServer("127.0.0.1", 0, rules(registry, Health(), door=self.door), access)
        self.server.start()
        self.loop = threading.Thread(target=self._commit)
        self.loop.start()

    def _commit(self):
        while not self.ended:
            self.wake.wait()
            self.wake.clear()
            while self.inbox.take():
                pass
            self.inbox.settle(committed=self.commits)

    def stop(self):
        self.ended = True
        self.wake.set()
        self.loop.join()
        self.server.stop()

    def ask(self, method="POST", path="/webhook/mesibo", body=GOOD, host="127.0.0.1", head=""):
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE) as connection:
            length = f"Content-Length: {len(body)}\r\n" if "Length" not in head and "chunked" not in head else ""
            text = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{head}{length}Connection: close\r\n\r\n"
            answer = b""
            with contextlib.suppress(OSError):  # answered before everything was sent
                connection.sendall(text.encode() + body)
            with contextlib.suppress(ConnectionResetError):
                while part := connection.recv(65536):
                    answer += part
        head, _, rest = answer.partition(b"\r\n\r\n")
        return (int(head.split()[1]) if head else 0), head.decode().lower(), rest


@pytest.fixture
def door():
    made = Door()
    yield made
    made.stop()


def test_a_call_is_answered_as_mesibo_asks_for(door):
    """MESIBO OK, in plain text."""
    status, head, body = door.ask()
    assert (status, body) == (200, b"MESIBO OK")
    assert "content-type: text/plain" in head
    until(lambda: door.answers == [200])


def test_a_get_of_the_webhooks_address_is_answered_with_the_allowed_method(door):
    """Its 405 allows POST and nothing else (RFC 9110, 10.2.1)."""
    status, head, _ = door.ask("GET", body=b"")
    assert status == 405
    assert "\r\nallow: post\r\n" in f"{head}\r\n"


def test_no_address_of_a_page_can_be_given_to_a_webhook():
    """Whatever a page has is refused as a webhook's path: the page would get its calls."""
    served = {pattern.split("/")[1].rstrip("?") for pattern, *_ in rules(CollectorRegistry(), Mock())} - {""}
    assert {"metrics", "user", "unread", "api"} <= served
    for name in served:
        assert WebhookSource(path=f"/{name}/x", secret_file="secret").contradictions("x"), name


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        pytest.param({"method": "GET", "body": b""}, 405, id="reading it"),
        pytest.param({"method": "PUT"}, 405, id="putting"),
        pytest.param({"path": "/webhook/mesibo/"}, 404, id="another path"),
        pytest.param({"path": "/ops/webhook/mesibo"}, 200, id="behind a proxy that leaves the prefix in place"),
        pytest.param({"path": "/ops/webhook"}, 404, id="another path below the prefix"),
        pytest.param({"path": "/metrics"}, 405, id="a page of ours"),
        pytest.param({"body": b"{}"}, 403, id="no secret"),
        pytest.param({"body": GOOD.replace(b'f"', b'g"')}, 403, id="a wrong secret"),
        pytest.param({"body": b"events=1"}, 400, id="no JSON"),
        pytest.param({"body": b"["}, 400, id="torn"),
        pytest.param({"body": b"5"}, 400, id="no object"),
        pytest.param({"body": GOOD + b" " * BODY_BYTES}, 413, id="too large"),
        pytest.param({"head": "Content-Length: x\r\n"}, 400, id="a length that is none"),
        pytest.param({"body": GOOD[:-1] + b', "x": "' + b"x" * (200 << 10) + b'"}'}, 200, id="large"),
        pytest.param({"host": "push.example:80"}, 200, id="by a name"),
        pytest.param({"host": "evil.example"}, 200, id="by any name: the secret says it"),
    ],
)  # fmt: skip
def test_what_is_let_in(door, asked, status):
    """POST of a JSON object of bounded size with the secret, at that path alone."""
    assert door.ask(**asked)[0] in (status, 400 if status == 405 and asked.get("method") == "PUT" else status)
    assert door.ask("GET", "/metrics", b"")[0] == 200


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"{}", "without the secret", id="403"),
        pytest.param(b"events=1", "not JSON", id="400"),
        pytest.param(b" " * (BODY_BYTES + 1), f"more than {BODY_BYTES} bytes", id="413"),
    ],
)
def test_the_first_call_that_is_turned_away_is_logged_and_the_others_are_counted(door, events, body, reason):
    """Whoever finds no event looks into the journal for why: it has one line for each cause, whatever that is."""
    first, again = door.ask(body=body)[0], door.ask(body=body)[0]
    (told,) = [each for each in events if each["event"] == "webhook_refused"]
    assert (told["source"], told["log_level"]) == ("hook", "warning")
    assert reason in told["reason"]
    assert told["remedy"]
    until(lambda: door.answers == [first, again])


@pytest.mark.parametrize("size", [BODY_BYTES // 4, BODY_BYTES + 1])
def test_an_endless_body_ends(door, events, size):
    """Chunks without a length are cut off at the same size: counted and logged as any other call that is too large."""
    chunk = b"%x\r\n" % size + b"x" * size + b"\r\n"
    assert door.ask(body=chunk * 8, head="Transfer-Encoding: chunked\r\n")[0] in (0, 413)
    until(lambda: door.answers == [413])
    assert door.door.receiving == 0
    assert [each["reason"] for each in events] == [f"a call of more than {BODY_BYTES} bytes"]
    assert door.ask()[0] == 200


def test_what_cannot_be_stored_is_to_be_sent_again(door, monkeypatch):
    """503 with a time to wait, until it can: where a commit has failed, where none works, where one takes too long."""
    door.commits = False
    answers = [door.ask()[:2] for _ in range(2)]
    door.commits = True
    door.inbox.settle(committed=True)  # a later commit has worked
    with monkeypatch.context() as slow:
        slow.setattr(webhook, "PATIENCE_SECONDS", 0.05)
        slow.setattr(door.inbox, "settle", lambda **_: None)
        answers.append(door.ask()[:2])
    assert [status for status, _ in answers] == [503] * 3
    assert all("\r\nretry-after: 5\r\n" in head for _, head in answers)
    assert door.ask()[0] == 200


def test_bodies_that_never_end_leave_room_for_others_or_say_so(door):
    """A crowd of slow callers costs bounded memory; scrapes go on."""
    slow = [socket.create_connection(("127.0.0.1", door.server.port), timeout=PATIENCE) for _ in range(40)]
    try:
        for each in slow:
            each.sendall(b"POST /webhook/mesibo HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9999\r\n\r\n{")
        assert door.ask()[0] in (200, 503)
        assert door.ask("GET", "/metrics", b"")[0] == 200
        assert door.door.receiving <= 32
    finally:
        for each in slow:
            each.close()
    until(lambda: door.door.receiving == 0)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("[::1]:10914", 200),
        ("localhost:10914", 200),
        ("LOCALHOST.", 200),
        ("logwatch:10914", 200),
        (socket.gethostname(), 200),
        ("push.example", 200),
        ("push.example.:10914", 200),
        ("mesibo.example:10914", 200),
        ("evil.example", 421),
        ("push.example.evil.example:10914", 421),
        ("127.0.0.1.evil.example", 421),
    ],
)
def test_a_page_of_a_stranger_reads_nothing_through_a_visitor(door, host, status):
    """A name that was made to lead here is refused (DNS rebinding)."""
    answered, _, body = door.ask("GET", "/metrics", b"", host=host)
    assert answered == status
    assert status == 200 or b"web.hosts" in body


@pytest.mark.parametrize(
    ("web", "tls", "refused"),
    [
        (Web(listen="127.0.0.1:1"), False, False),
        (Web(listen="192.0.2.1:1", config_file="x"), False, True),
        (Web(listen="192.0.2.1:1", config_file="x"), True, False),
        (Web(listen=":1", allow_plain_http=True), False, False),
    ],
)
def test_a_secret_does_not_travel_in_the_clear_unless_asked_for(web, tls, refused):
    """A webhook on an address that other hosts reach needs TLS, or allow_plain_http."""
    config = Config(source=(HOOK,), web=web)
    if refused:
        with pytest.raises(WebError, match="without TLS"):
            refuse_in_the_clear(config, tls=tls)
    else:
        refuse_in_the_clear(config, tls=tls)


@pytest.mark.parametrize(
    ("asked", "sources", "told"),
    [
        (ssl.CERT_REQUIRED, [HOOK], ["source hook: webhook: no call of mesibo's can come in"]),
        (ssl.CERT_OPTIONAL, [HOOK], []),
        (ssl.CERT_REQUIRED, [], []),
    ],
)
def test_a_door_that_asks_for_a_certificate_that_mesibo_has_not_is_reported(asked, sources, told):
    """Its handshakes would fail without a word, and the silence be taken for one of mesibo's."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.verify_mode = asked
    config = Config(source=tuple(sources), web=Web(listen=":1", config_file="x"))
    found = warnings(Settings(context=context), config)
    assert [each.headline.partition(": web.config_file")[0] for each in found] == told
    assert all(each.warning for each in found)


@pytest.mark.parametrize(
    ("web", "users", "tls", "told"),
    [
        (Web(allow_plain_http=True), {}, False, []),
        (Web(listen="192.0.2.1:1", config_file="x"), {"a": "hash"}, True, []),
        (Web(listen="192.0.2.1:1", config_file="x"), {"a": "hash"}, False, "the password travels in the clear"),
        (Web(listen="192.0.2.1:1", allow_plain_http=True), {}, False, "everybody in the network may read this"),
        (Web(listen="192.0.2.1:1"), {}, False, []),  # an error of the configuration
    ],
)
def test_what_the_network_can_read_is_a_warning_though_it_was_asked_for(web, users, tls, told):
    """Whoever set it up may not have meant that; behind TLS, and on loopback, there is nothing to say."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if tls else None
    found = warnings(Settings(WebFile(users=users), context), Config(web=web))
    assert [(each.where, each.what, each.warning) for each in found] == [
        ("web.listen 192.0.2.1:1", text, True) for text in [told] if text
    ]


def test_of_calls_that_come_at_once_one_is_read_in_each_round_of_the_event_loop(door, monkeypatch):
    """Between two of them the loop looks for what else came, so that a burst keeps no scrape waiting."""
    rounds, seen, arrived = itertools.count(), [], threading.Event()

    def count(loop):
        loop.round = next(rounds)
        loop.call_soon(count, loop)

    def read_in_round(*args, **kwargs):
        loop = asyncio.get_running_loop()
        if not seen:
            count(loop)
            assert arrived.wait(30)  # whatever else is sent waits in the kernel, and is found in one round
        seen.append(loop.round)
        return read(*args, **kwargs)

    monkeypatch.setattr("logwatch.web.webhook.read", read_in_round)
    head = f"POST /webhook/mesibo HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(GOOD)}\r\n\r\n"
    calls = [socket.create_connection(("127.0.0.1", door.server.port), timeout=30) for _ in range(8)]
    for each in calls:
        each.sendall(head.encode() + GOOD)
    arrived.set()
    for each in calls:
        assert each.recv(100).startswith(b"HTTP/1.1 200")
        each.close()
    assert len(set(seen)) == len(calls)
