"""HTTP, against clients that are slow, many, or rude."""

import errno
import socket
import threading

import pytest
from prometheus_client import CollectorRegistry, Gauge
from structlog.testing import capture_logs

from logwatch.errors import WebError
from logwatch.tail.context import CONNECTIONS
from logwatch.web import server as server_module
from logwatch.web.server import WebServer, connections
from logwatch.web.views import rules
from tests.helpers.running import PATIENCE, until


class Health:
    trouble = ""


class _Counting:
    """Knows how often it was asked for its metrics."""

    times = 0

    def collect(self):
        self.times += 1
        return []


class _Fault:
    def collect(self):
        raise ValueError("a fault of ours")


@pytest.fixture
def health():
    return Health()


@pytest.fixture
def registry():
    return CollectorRegistry()


@pytest.fixture
def server(registry, health):
    Gauge("some_gauge", "A number.", registry=registry).set(1)
    started = WebServer("127.0.0.1", 0, rules(registry, health))
    started.start()
    yield started
    started.stop()


def ask(server, text, *, timeout=PATIENCE):
    with socket.create_connection(("127.0.0.1", server.port), timeout=timeout) as client:
        client.sendall(text)
        answer = b""
        while part := client.recv(65536):
            answer += part
        return answer


def get(server, path="/metrics", method="GET"):
    return ask(server, f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())


def test_a_port_in_use_is_a_problem_with_a_remedy(server):
    """The second server on a port is reported in words."""
    with pytest.raises(WebError, match=r"cannot be listened on: Address already in use\n"):
        WebServer("127.0.0.1", server.port, [])


def test_a_connection_that_cannot_be_taken_for_a_while_costs_no_rounds_of_the_loop(server, monkeypatch):
    """No descriptor is left: the kernel would tell of it without end. It is tried now and then, told once, answered."""
    monkeypatch.setattr("logwatch.web.server.BEAT_SECONDS", 0.02)
    seen, tried = server._beats, []
    until(lambda: server._beats > seen, "the next beat is soon")

    def no_more(_listening):
        tried.append(server._beats)
        raise OSError(errno.EMFILE, "Too many open files")

    with capture_logs() as events, monkeypatch.context() as patched:
        patched.setattr(socket.socket, "accept", no_more)
        waiting = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
        until(lambda: tried and server._beats > tried[0] + 20, "it is tried for a while")
        assert 2 <= len(tried) <= server._beats - tried[0] + 2
    with waiting:
        waiting.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert waiting.recv(65536).startswith(b"HTTP/1.1 200")
    assert [event["event"] for event in events] == ["connections_wait"]


def test_a_server_that_cannot_begin_says_why(registry, health, monkeypatch):
    """The start fails with the reason at once, and nothing listens any more."""

    def no_more(*_):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr("logwatch.web.server._Server.add_sockets", no_more)
    server = WebServer("127.0.0.1", 0, rules(registry, health))
    with pytest.raises(WebError, match=r"cannot be served: OSError\(24, 'Too many open files'\)\n"):
        server.start()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
    server.stop()


def test_an_address_that_is_not_ours_is_a_problem_with_a_remedy():
    """An address of another host is reported in words; that another program has it is not what is suspected."""
    with pytest.raises(WebError, match=r"(?s)cannot be listened on.*an address of this host"):
        WebServer("192.0.2.1", 1, [])
    with pytest.raises(WebError, match=r"web.listen \[2001:db8::1\]:1: cannot be listened on"):
        WebServer("2001:db8::1", 1, [])


def test_an_unknown_host_name_is_reported_in_the_resolvers_words(monkeypatch):
    """Its numbers are not those of the system, whose words for them would mean nothing."""

    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(WebError, match=r"cannot be listened on: Name or service not known\n"):
        WebServer("nowhere.invalid", 1, [])


def test_of_a_name_with_a_taken_address_none_is_kept(server, monkeypatch):
    """A start that fails leaves nothing behind: neither a socket that leaks nor a port that is taken."""
    with socket.create_server(("127.0.0.2", 0)) as held:
        free = held.getsockname()[1]
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.2", free))]
    found += [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(WebError, match="Address already in use"):
        WebServer("localhost", free, [])
    monkeypatch.undo()
    socket.create_server(("127.0.0.2", free)).close()


def test_a_name_is_listened_on_at_those_of_its_addresses_that_are_here(registry, health, monkeypatch):
    """Localhost is ::1 as well in most /etc/hosts, also on hosts where IPv6 is off."""
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in ("192.0.2.1", "127.0.0.1", "192.0.2.2")
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with socket.socket() as taken:
        first = WebServer("localhost", 0, rules(registry, health))
        monkeypatch.undo()
        first.start()
        taken.connect(("127.0.0.1", first.port))
        first.stop()


@pytest.mark.parametrize("both", [True, False])
def test_without_a_host_it_listens_on_every_interface_once(monkeypatch, both):
    """By one socket for IPv4 and IPv6, or by one for each where the system keeps them apart."""
    asked = []

    def listen(family, address, *, dualstack=False):
        asked.append((family, address[0], dualstack))
        return socket.socket()

    monkeypatch.setattr("logwatch.web.server._listen", listen)
    monkeypatch.setattr(socket, "has_dualstack_ipv6", lambda: both)
    for each in server_module._bind("", 1):
        each.close()
    apart = {(socket.AF_INET, "0.0.0.0", False), (socket.AF_INET6, "::", False)}
    assert set(asked) == ({(socket.AF_INET6, "", True)} if both else apart)
    assert len(asked) == len(set(asked))


@pytest.mark.parametrize(
    ("descriptors", "most"), [(-1, 256), (1 << 20, 256), (1024, 256), (256, 96), (128, 32), (64, 8), (16, 8)]
)
def test_connections_leave_room_for_the_rest(descriptors, most):
    """Half of what is not kept is for logs: clients that hold all descriptors would keep scrapes out."""
    assert connections(descriptors) == most


def test_head_is_answered_like_get_without_a_body(server):
    """HEAD has the headers of GET, and no body."""
    answer = get(server, method="HEAD")
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("method", ["POST", "DELETE", "TRACE", "BREW", "CONNECT"])
def test_other_methods_are_refused(server, method):
    """Any method but GET and HEAD is answered with 405, and what is no HTTP with 400."""
    assert get(server, method=method).split()[1] in (b"405", b"400")


@pytest.mark.parametrize("path", ["/", "/metrics", "/-/ready", "/codes/912", "/api/v1/status", "/api/nothing"])
def test_a_refused_method_names_those_that_are_taken(server, path):
    """A 405 has the header Allow (RFC 9110, 15.5.6), pages, metrics and API alike."""
    head = get(server, path, method="PUT").split(b"\r\n\r\n")[0]
    assert b" 405 " in head
    assert b"\r\nAllow: GET, HEAD" in head


@pytest.mark.parametrize(
    "path", ["/nothing", "/../../etc/passwd", "//etc/passwd", "/%2e%2e/", "/metrics/../x", "/\xff"]
)
def test_other_paths_lead_nowhere(server, path):
    """Any other path, whatever tricks it contains, is answered with 404 or 400."""
    answer = ask(server, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode("latin-1"))
    assert answer.split()[1] in (b"404", b"400")


def test_readiness_says_why_it_is_not(server, health):
    """/-/ready is 503 with the reason while commits fail, and 200 otherwise; /-/healthy is 200 throughout."""
    assert b"200 OK" in get(server, "/-/ready")
    health.trouble = "commits fail: database or disk is full"
    answer = get(server, "/-/ready")
    assert b"503" in answer.split(b"\r\n")[0]
    assert b"database or disk is full" in answer
    assert b"200 OK" in get(server, "/-/healthy")


def test_no_answer_names_the_server_or_lets_a_page_load_anything(server):
    """Every answer, errors among them, has the strict headers."""
    for path in ("/", "/metrics", "/nothing"):
        head = get(server, path).split(b"\r\n\r\n")[0].lower()
        assert b"\r\nserver:" not in head
        assert b"content-security-policy: default-src 'none'" in head
        assert b"x-content-type-options: nosniff" in head


@pytest.mark.parametrize(
    "rude",
    [
        pytest.param(b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n", id="a huge path"),
        pytest.param(b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000 + b"\r\n", id="many headers"),
        pytest.param(b"GET / HTTP/1.1\r\nX: " + b"y" * 100_000 + b"\r\n\r\n", id="a huge header"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n", id="TLS to a plain port"),
        pytest.param(b"GET / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", id="an endless body"),
        pytest.param(b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", id="a negative body"),
        pytest.param(b"\r\n\r\n", id="nothing"),
    ],
)
def test_rude_requests_are_ended_and_harm_nobody(server, rude):
    """A request that is too large or no HTTP ends its own connection, and the next scrape is answered."""
    try:
        answer = ask(server, rude)
    except ConnectionError:
        answer = b""
    assert answer == b"" or answer.split()[1].startswith(b"4")
    assert b"some_gauge 1.0" in get(server)


def test_more_slow_clients_than_there_are_places_do_not_stop_a_scrape(server):
    """Clients that begin a request and never end it give way to the one that asks."""
    slow, threads = [], threading.active_count()
    try:
        for _ in range(CONNECTIONS + 50):
            client = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
            client.sendall(b"GET /metrics HTTP/1.1\r\nX: ")
            slow.append(client)
        assert b"some_gauge 1.0" in get(server)
        assert threading.active_count() <= threads + 1, "no thread a client"
    finally:
        for client in slow:
            client.close()


def test_those_who_ask_at_once_share_one_answer(server, registry):
    """The metrics are not written anew for each of a crowd, which would keep the next scrape waiting behind it."""
    counting, go, held = _Counting(), threading.Event(), threading.Event()

    async def hold():
        held.set()
        assert go.wait(PATIENCE)

    registry.register(counting)
    counting.times = 0
    done = server.spawn(hold())
    assert held.wait(PATIENCE)
    crowd = [socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) for _ in range(100)]
    for client in crowd:
        client.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    go.set()
    done.result(PATIENCE)
    for client in crowd:
        with client, client.makefile("rb") as answer:
            assert b"some_gauge 1.0" in answer.read()
    assert 1 <= counting.times <= 10


def test_a_fault_of_ours_is_logged_and_not_shown_to_the_client(server, registry, events):
    """A handler that fails answers 500 without details; the log has them."""
    registry.register(_Fault())
    answer = get(server)
    assert b"500" in answer.split(b"\r\n")[0]
    assert b"a fault of ours" not in answer
    assert any(event["event"] == "request_failed" for event in events)


def test_stop_frees_the_port(registry, health):
    """After stop, the port can be taken again."""
    first = WebServer("127.0.0.1", 0, rules(registry, health))
    first.start()
    assert not first.failed
    first.stop()
    assert first.failed
    second = WebServer("127.0.0.1", first.port, rules(registry, health))
    second.start()
    second.stop()
