import asyncio
import gzip
import json
import logging
import socket
import ssl
import struct
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
import structlog
import trustme
from prometheus_client import CollectorRegistry
from tornado.httpclient import HTTPClientError
from tornado.iostream import UnsatisfiableReadError

from logwatch.catalogue import Catalogue
from logwatch.config import Export
from logwatch.forward.forwarder import IDLE_SECONDS, MAX_EVENTS, Forwarder, ledger_id
from logwatch.forward.metrics import ForwardMetrics
from logwatch.ledger.batch import Batch
from logwatch.ledger.reader import Filter, NotReadable, Reader
from logwatch.ledger.store import Ledger
from logwatch.ledger.waiting import StoredFailure

CATALOGUE = Catalogue.load()


def failures(*users, code="903"):
    return [StoredFailure(2e9, "mesibo", "apns", code, "", "1", user, "tok", "") for user in users]


class Destination:
    """Answers each request as told, and remembers the users in those that it took."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []
        self.got = []

    async def fetch(self, request, *, raise_error):
        self.requests.append(request)
        assert (request.headers["Content-Type"], request.headers["Content-Encoding"]) == ("application/json", "gzip")
        streams = json.loads(gzip.decompress(request.body))["streams"]
        users = [value[2]["user"] for stream in streams for value in stream["values"]]
        answer = self.answers.pop(0) if self.answers else 204
        if callable(answer):
            answer = answer(users)
        if isinstance(answer, Exception):
            raise answer
        if answer == 204:
            self.got += users
        return SimpleNamespace(code=answer, headers={}, body=b"")


@pytest.fixture
def site(tmp_path):
    ledger = Ledger(tmp_path / "state", keep=100, clock=lambda: 2e9)
    registry = CollectorRegistry()

    def fail(*users):
        batch = Batch(100)
        batch.fail(failures(*users))
        batch.count("mesibo", "lines", amount=len(users))
        ledger.commit(batch)

    def forwarder(destination, sent=0, **settings):
        return Forwarder(
            Export(**{"url": "http://loki/loki/api/v1/push", **settings}),
            Reader(ledger.path),
            lambda: CATALOGUE,
            ForwardMetrics(CollectorRegistry() if settings else registry),
            newest=lambda: ledger.newest_failure,
            sent=sent,
            ledger="ab",
            host="h",
            client=destination,
        )

    def value(name):
        return registry.get_sample_value(f"mesibo_logwatch_export_{name}", {"destination": "loki"})

    yield SimpleNamespace(ledger=ledger, fail=fail, forwarder=forwarder, value=value)
    ledger.close()


def steps(forwarder, count=1):
    return [asyncio.run(forwarder.step()) for _ in range(count)]


def test_failures_are_sent_in_the_order_of_their_commits(site):
    """What is committed is sent once, and the cursor stands at the newest one taken."""
    destination = Destination()
    forwarder = site.forwarder(destination)
    site.fail("a", "b")
    steps(forwarder)
    site.fail("c")
    steps(forwarder, 2)
    assert destination.got == ["a", "b", "c"]
    assert (forwarder.sent, forwarder._limit) == (3, MAX_EVENTS)
    assert (site.value("events_total"), site.value("dropped_total"), site.value("lag_events")) == (3, 0, 0)


def test_a_destination_that_is_new_begins_with_what_is_committed_from_then_on(site):
    """A new destination gets no past failures, even if the ledger cannot be read when it is configured."""
    site.fail("old")
    site.ledger.path.rename(site.ledger.path.with_suffix(".away"))
    destination = Destination()
    forwarder = site.forwarder(destination, sent=site.ledger.newest_failure)
    site.ledger.path.with_suffix(".away").rename(site.ledger.path)
    site.fail("new")
    steps(forwarder)
    assert destination.got == ["new"]


@pytest.mark.parametrize(
    "trouble",
    [503, 401, OSError("no route"), HTTPClientError(599, "timed out"), UnsatisfiableReadError("no end of the head")],
)
def test_what_is_not_taken_is_sent_again(site, trouble, events):
    """Neither a busy destination nor one that cannot be reached, or refuses the password, loses a failure."""
    destination = Destination(trouble, trouble)
    forwarder = site.forwarder(destination)
    site.fail("a")
    waits = steps(forwarder, 2)
    assert forwarder.failing
    assert forwarder.sent == 0
    assert site.value("lag_events") == 1
    steps(forwarder)
    assert destination.got == ["a"]
    assert forwarder.failing == ""
    assert [event["event"] for event in events] == ["export_failing", "export_works_again"]
    assert all(0.5 <= wait <= 2 for wait in waits)
    destination.answers = [trouble]
    site.fail("b")
    assert steps(forwarder)[0] <= 1  # the pauses begin anew


def test_what_is_more_than_a_request_is_sent_without_a_pause(site):
    """Then it is looked for new failures once a second."""
    destination = Destination()
    forwarder = site.forwarder(destination)
    forwarder._limit = 1
    site.fail("a", "b", "c")
    assert steps(forwarder, 3) == [0.0, IDLE_SECONDS, IDLE_SECONDS]
    assert len(destination.requests) == 2


def test_the_only_failure_is_not_at_fault_by_itself(site):
    """With no other to compare it with, a destination that refuses it may be at fault: it is tried again."""
    destination = Destination(400)
    forwarder = site.forwarder(destination)
    site.fail("a")
    steps(forwarder)
    assert (forwarder.sent, site.value("dropped_total"), len(destination.requests)) == (0, 0, 1)
    steps(forwarder)
    assert destination.got == ["a"]


def test_a_request_has_what_the_destination_asks_for(site, tmp_path):
    """Requests have the tenant, and name and password or token as they are in their files now."""
    secret, destination = tmp_path / "secret", Destination()
    secret.write_text("first\n")
    by_password = site.forwarder(destination, username="u", password_file=str(secret), tenant="t")
    by_token = site.forwarder(destination, token_file=str(secret))
    site.fail("a")
    steps(by_password)
    secret.write_text("second\n")
    steps(by_token)
    one, other = destination.requests
    assert (one.auth_username, one.auth_password, one.headers["X-Scope-OrgID"]) == ("u", "first", "t")
    assert (other.auth_username, other.headers["Authorization"]) == (None, "Bearer second")


def test_an_installation_has_an_id_of_its_own_that_shows_nothing_of_its_key():
    """Two hosts number their failures alike; the key masks users."""
    one, other = ledger_id(bytes(32)), ledger_id(bytes(31) + b"1")
    assert one != other
    assert len(one) == 12
    assert bytes(4).hex() not in one


def test_one_event_that_is_refused_costs_itself_alone(site):
    """A request that will never be taken is halved until the event at fault stands alone; it is counted as dropped."""
    destination = Destination(*[lambda users: 400 if "bad" in users else 204] * 20)
    forwarder = site.forwarder(destination)
    site.fail("a", "b", "c", "bad", "d", "e")
    steps(forwarder, 12)
    assert destination.got == ["a", "b", "c", "d", "e"]
    assert (site.value("events_total"), site.value("dropped_total")) == (5, 1)
    assert forwarder.sent == 6


def test_a_destination_that_refuses_whatever_it_is_sent_loses_nothing(site):
    """Old events may be refused where a newer one is taken; where that is refused too, the destination is at fault."""
    destination = Destination(*[400] * 30)
    forwarder = site.forwarder(destination)
    site.fail("a", "b", "c", "d", "e")
    steps(forwarder, 10)
    assert (forwarder.sent, site.value("dropped_total"), site.value("lag_events")) == (0, 0, 5)
    assert forwarder.failing == "HTTP 400"
    destination.answers = []
    steps(forwarder, 4)
    assert destination.got == ["a", "b", "c", "d", "e"]
    destination.answers = [400] * 90
    site.fail("f", "g", "h", "i", "j")
    steps(forwarder, 20)
    assert (forwarder.sent, site.value("dropped_total")) == (8, 3)


def test_events_that_are_too_old_are_dropped_with_one_message(site):
    """A row of refused events before accepted ones is counted event by event, and logged once."""
    destination = Destination(*[lambda users: 400 if "old" in users else 204] * 40)
    forwarder = site.forwarder(destination)
    site.fail(*["old"] * 8, "new")
    with structlog.testing.capture_logs() as logged:
        steps(forwarder, 30)
    assert (forwarder.sent, site.value("dropped_total")) == (9, 8)
    assert destination.got == ["new", "new"]  # the first one ahead of its turn, with the same id
    assert [each["event"] for each in logged] == ["export_rejected"]


class Loki:
    """Takes what is not older than a week, nor more than an hour behind the newest; keeps what it can of a request."""

    def __init__(self, now):
        self.now = now
        self.got = []

    async def fetch(self, request, *, raise_error):
        streams = json.loads(gzip.decompress(request.body))["streams"]
        wrong = 0.0
        for at in (int(value[0]) / 1e9 for stream in streams for value in stream["values"]):
            oldest = max(self.now - 7 * 86400, max(self.got, default=0) - 3600)
            if at < oldest:
                wrong = oldest
            elif at not in self.got:
                self.got.append(at)
        told = f"oldest acceptable timestamp is: {datetime.fromtimestamp(wrong, UTC):%Y-%m-%dT%H:%M:%SZ}".encode()
        return SimpleNamespace(code=400 if wrong else 204, headers={}, body=told if wrong else b"")


def test_failures_that_are_too_old_for_loki_cost_no_younger_one(site):
    """Of a long log's failures those of the last week arrive: none goes ahead of others, as Loki would refuse them."""
    loki = Loki(2e9)
    forwarder = site.forwarder(loki)
    batch = Batch(100)
    batch.fail([failure._replace(at=2e9 - (14 - i) * 86400) for i, failure in enumerate(failures(*"abcdefghijklmno"))])
    batch.count("mesibo", "lines")
    site.ledger.commit(batch)
    steps(forwarder, 5)
    assert loki.got == [2e9 - days * 86400 for days in range(7, -1, -1)]
    assert (forwarder.sent, site.value("events_total"), site.value("dropped_total")) == (15, 8, 7)


def test_what_waits_is_reported_during_a_pause(site):
    """A pause may take ten minutes, in which an alert must see that more and more failures wait."""
    forwarder = site.forwarder(Destination(503))
    site.fail("a")
    (pause,) = steps(forwarder)
    assert pause > 0
    told = [site.value("lag_events")]
    for _ in range(3):
        site.fail("b")
        told.append(site.value("lag_events"))
    assert told == [1, 2, 3, 4]


def test_what_the_error_log_let_go_of_is_counted_as_dropped(site):
    """A destination that is away longer than the error log keeps failures gets the rest, and the gap is a number."""
    destination = Destination()
    forwarder = site.forwarder(destination)
    site.fail(*(f"u{i}" for i in range(80)))
    site.fail(*(f"v{i}" for i in range(80)))  # keep is 100: sixty of the first go
    steps(forwarder, 2)
    assert len(destination.got) == 100
    assert (site.value("events_total"), site.value("dropped_total"), site.value("lag_events")) == (100, 60, 0)


def test_failures_of_which_none_is_left_are_counted_as_dropped(site):
    """Nothing comes after them that would say so."""
    forwarder = site.forwarder(Destination())
    site.fail("a", "b")
    forwarder._reader = SimpleNamespace(failures_after=lambda *_: [])
    assert steps(forwarder) == [IDLE_SECONDS]
    assert (forwarder.sent, site.value("dropped_total"), site.value("lag_events")) == (2, 2, 0)


def test_failures_that_were_too_many_to_be_stored_are_counted_as_dropped(site):
    """What a chunk or a batch counted and did not keep takes numbers, and none of the kept ones goes for it."""
    batch = Batch(100)
    batch.waiting.pass_over(1000)
    batch.fail(failures(*(f"u{i}" for i in range(50))))
    batch.count("mesibo", "lines")
    site.ledger.commit(batch)
    destination = Destination()
    steps(site.forwarder(destination), 2)
    site.fail(*(f"v{i}" for i in range(60)))
    assert len(destination.got) == 50
    assert site.value("dropped_total") == 1000
    assert Reader(site.ledger.path).count(Filter()) == 100


def test_secrets_are_read_from_their_files_each_time(site, tmp_path):
    """A token that was replaced is used with the next request; one that cannot be read is tried again."""
    token = tmp_path / "token"
    destination = Destination()
    forwarder = site.forwarder(destination, token_file=str(token), tenant="t")
    site.fail("a")
    steps(forwarder)
    assert "token" in forwarder.failing
    token.write_text("s3cret\n")
    steps(forwarder)
    assert destination.requests[0].headers["Authorization"] == "Bearer s3cret"
    assert destination.requests[0].headers["X-Scope-OrgID"] == "t"
    token.write_text("two\nlines")
    site.fail("b")
    steps(forwarder)
    assert "two" not in forwarder.failing
    assert str(token) in forwarder.failing


def test_a_token_of_root_alone_is_read_as_systemd_hands_it_over(site, tmp_path, monkeypatch):
    """A token in a directory that the service cannot enter is read from systemd's copy."""
    (tmp_path / "secret_loki-token").write_text("s3cret\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    destination = Destination()
    forwarder = site.forwarder(destination, token_file="/etc/mesibo-logwatch/secrets/loki-token")
    site.fail("a")
    steps(forwarder)
    assert destination.requests[0].headers["Authorization"] == "Bearer s3cret"


def test_what_went_with_a_rebuilt_ledger_is_counted_as_dropped(site):
    """Failures that were lost with a ledger count as dropped, except for a cursor that was never committed."""
    site.fail("a", "b", "c")
    destination = Destination()
    forwarder = site.forwarder(destination, sent=1)
    site.ledger.path.unlink()
    site.fail("d")
    steps(forwarder)
    assert destination.got == ["d"]
    assert (site.value("events_total"), site.value("dropped_total"), site.value("lag_events")) == (1, 2, 0)


def test_the_cursor_survives_a_restart_and_a_rebuilt_ledger(site):
    """Positions of exports are committed with everything else, and numbers never begin anew under them."""
    site.fail("a", "b")
    batch = Batch(100)
    batch.exports["loki"] = 2
    site.ledger.commit(batch)
    site.ledger.path.unlink()  # what is in memory is written into a new one
    site.fail("c")
    assert site.ledger.snapshot.exports == {"loki": 2}
    destination = Destination()
    forwarder = site.forwarder(destination, sent=2)
    steps(forwarder)
    assert destination.got == ["c"]
    assert forwarder.sent == 3


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"0" * 99,
    ],
    ids=["cut", "a chunk without an end"],
)
def test_a_connection_that_breaks_amid_an_answer_is_reported_once_as_any_other_fault(site, monkeypatch, caplog, answer):
    """A destination that breaks off behind the head of its answer leaves one event, and no traceback."""
    monkeypatch.setattr("logwatch.forward.forwarder.TIMEOUT_SECONDS", 0.5)

    async def reset(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await asyncio.sleep(0)
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.close()

    async def send():
        async with await asyncio.start_server(reset, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            forwarder = site.forwarder(None, url=f"http://127.0.0.1:{port}/", name="loki")
            with structlog.testing.capture_logs() as events:
                return await forwarder.step(), forwarder.sent, [event["event"] for event in events]

    site.fail("a")
    wait, sent, events = asyncio.run(send())
    assert wait > 0
    assert (sent, events) == (0, ["export_failing"])
    assert not caplog.records


def test_an_export_goes_on_whatever_went_wrong(site, monkeypatch):
    """A fault of our own and a ledger that cannot be read are reported, and tried again as any other."""
    monkeypatch.setattr("logwatch.forward.forwarder.pause", lambda *_: 0.0)
    monkeypatch.setattr("logwatch.forward.forwarder.IDLE_SECONDS", 0.0)
    destination = Destination(RuntimeError("a fault"))
    forwarder = site.forwarder(destination)
    read, away = forwarder._reader.failures_after, [NotReadable("locked")]

    def failures_after(number, most):
        if away:
            raise away.pop()
        return read(number, most)

    forwarder._reader = SimpleNamespace(failures_after=failures_after)
    site.fail("a")

    async def run():
        task = asyncio.create_task(forwarder.run())
        while len(destination.got) < 2 and not task.done():
            if destination.got == ["a"] and forwarder.sent == 1 == site.ledger.newest_failure:
                site.fail("b")
            await asyncio.sleep(0)
        task.cancel()

    with structlog.testing.capture_logs() as logged:
        asyncio.run(run())
    assert destination.got == ["a", "b"]
    told = [each.get("reason", "") for each in logged]
    assert told == ["the ledger cannot be read: locked", "unexpected: RuntimeError('a fault')", ""]


@pytest.mark.parametrize("scheme", ["https", "HTTPS"])
def test_a_destination_with_an_authority_of_its_own_is_trusted_by_a_file(site, tmp_path, scheme):
    """Without that file its certificate is refused, and nothing is sent to it."""
    authority, context, taken = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), []
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")

    async def take(reader, writer):
        taken.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async def send(**trust):
        async with await asyncio.start_server(take, "127.0.0.1", 0, ssl=context) as server:
            url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/push"
            forwarder = site.forwarder(None, url=url, name="loki", **trust)
            await forwarder.step()
            return forwarder

    site.fail("a")
    assert "certificate verify failed" in asyncio.run(send()).failing
    assert taken == []
    assert asyncio.run(send(ca_file=str(tmp_path / "ca.pem"))).sent == 1


def test_a_fault_that_is_no_end_of_a_connection_stays_in_the_log(site, caplog):
    """What else goes wrong under tornado, as a full disk, is logged: the pages use it as well."""
    site.forwarder(None, url="http://127.0.0.1:1/", name="loki")._http()
    for raised in (OSError(28, "No space left on device"), ConnectionResetError(104, "reset")):
        logging.getLogger("tornado.application").error("Uncaught exception", exc_info=raised)
    assert [record.exc_info[1].errno for record in caplog.records] == [28]
