"""What doctor asks over the network ends in time, goes to nobody who was not named, and trusts only who can be."""

import errno
import socket
import socketserver
import ssl
import threading
from base64 import b64encode

import pytest
import trustme

from logwatch.doctor import host as module
from logwatch.doctor import outbound
from logwatch.doctor.host import Host, NoAnswer
from tests.helpers.running import free_port, until


class _Server:
    """A server on loopback whose connections are dealt with as a test says."""

    def __init__(self, handle):
        class Handler(socketserver.BaseRequestHandler):
            def handle(handler):  # noqa: N805
                handle(handler.request)

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def serve():
    started = []

    def start(handle):
        started.append(_Server(handle))
        return started[-1].port

    yield start
    for each in started:
        each.close()


def answer(text):
    def handle(connection):
        connection.recv(4096)
        connection.sendall(text)

    return handle


def redirect(location):
    return answer(f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode())


PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_an_answer_is_fetched(serve):
    """The ordinary case."""
    assert Host().fetch(f"http://127.0.0.1:{serve(answer(PLAIN))}/") == b"ok"


def test_a_name_and_password_in_an_address_log_in_there_alone(serve):
    """They are sent to that server, with what is quoted in them, and to no other; the address shows them no more."""
    asked = []

    def note(connection):
        asked.append(connection.recv(4096))
        connection.sendall(PLAIN)

    host, port = Host(), serve(note)
    bare = host.log_in(f"http://me:p%40ss:w@127.0.0.1:{port}/prom")
    assert bare == f"http://127.0.0.1:{port}/prom"
    assert host.fetch(f"{bare}/api") == b"ok"
    host.fetch(host.log_in(f"http://127.0.0.1:{serve(note)}/prom/api"))
    login = b64encode(b"me:p@ss:w")
    assert [b"Authorization: Basic " + login in each for each in asked] == [True, False]


def test_a_password_is_sent_to_a_trusted_server_alone(serve):
    """Over TLS a certificate of anybody's is good enough for a question, and not for a password."""
    host, port = Host(), serve(tls(trustme.CA(), "127.0.0.1"))
    with pytest.raises(NoAnswer, match="its certificate is not trusted"):
        host.fetch(host.log_in(f"https://me:pass@127.0.0.1:{port}/"))


@pytest.mark.parametrize("scheme", ["Basic realm=x", "Bearer", "Negotiate"])
def test_who_asks_for_a_login_refuses_in_its_own_words(serve, scheme):
    """A proxy in front of a server may ask for a login that is no password: its status and its words are told."""
    refusal = f"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: {scheme}\r\nContent-Length: 7\r\n\r\nsign in"
    host, port = Host(), serve(answer(refusal.encode()))
    for url in (f"http://127.0.0.1:{port}/", host.log_in(f"http://me:pass@127.0.0.1:{port}/")):
        with pytest.raises(NoAnswer, match="it answers 401: sign in") as raised:
            host.fetch(url)
        assert raised.value.status == 401


def test_a_redirect_on_the_same_host_is_followed_and_one_to_another_is_not(serve):
    """Whoever answers at the named address cannot send doctor elsewhere."""
    there = serve(answer(PLAIN))
    assert Host().fetch(f"http://127.0.0.1:{serve(redirect(f'http://127.0.0.1:{there}/x'))}/") == b"ok"
    asked = []
    elsewhere = serve(asked.append)
    with pytest.raises(NoAnswer, match=f"sends one on to http://localhost:{elsewhere}"):
        Host().fetch(f"http://127.0.0.1:{serve(redirect(f'http://localhost:{elsewhere}/secret'))}/")
    with pytest.raises(NoAnswer):
        Host().fetch(f"http://127.0.0.1:{serve(redirect('file:///etc/passwd'))}/")
    assert asked == []


ENOUGH = threading.Event()  # the questions that were left behind may end


def drip(connection):
    """Answer a byte at a time, for ever."""
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while not ENOUGH.wait(0.02):
        connection.sendall(b"x")


def hold(connection):
    """Take the question, and never answer."""
    connection.recv(4096)
    ENOUGH.wait()


@pytest.mark.parametrize("slow", [drip, hold])
def test_all_questions_share_one_deadline(serve, monkeypatch, slow):
    """However slowly one answers, and however many are asked, the time that all take together is bounded."""
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(module, "ALTOGETHER_SECONDS", 0.5)
    ENOUGH.clear()
    asked = []
    host, url = Host(), f"http://127.0.0.1:{serve(lambda connection: (asked.append(1), slow(connection)))}/"
    before, whys = set(threading.enumerate()), []
    for _ in range(6):
        with pytest.raises(NoAnswer) as refused:
            host.fetch(url)
        whys.append(str(refused.value))
    ENOUGH.set()
    until(lambda: set(threading.enumerate()) <= before, "the questions have ended")  # one may have yet to start
    assert whys[0] == "no answer within 0.2 s"
    assert "used up" in whys[-1]
    assert len(asked) <= 4  # 0.2 s, 0.2 s, the rest; and a fourth, where a clock ticked too early


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_server_that_asks_for_a_certificate_has_answered(serve, newest):
    """TLS 1.3 refuses a client behind its handshake, perhaps before the question was sent: it is told all the same."""
    port = serve(tls(trustme.CA(), "127.0.0.1", newest=newest, asks=ssl.CERT_REQUIRED))
    for _ in range(20):
        with pytest.raises(NoAnswer, match="asks for a client's certificate") as why:
            Host().fetch(f"https://127.0.0.1:{port}/")
        assert why.value.status == module.NO_CERTIFICATE


def test_a_server_that_knows_no_cipher_of_ours_asks_for_no_certificate(serve):
    """It sends the same alert: nobody can reach it, whatever certificate they have."""
    only_rsa = "ECDHE-RSA-AES128-GCM-SHA256"  # the server's key is of another kind
    port = serve(tls(trustme.CA(), "127.0.0.1", newest=ssl.TLSVersion.TLSv1_2, ciphers=only_rsa))
    with pytest.raises(NoAnswer) as why:
        Host().fetch(f"https://127.0.0.1:{port}/")
    assert why.value.status == 0


@pytest.mark.parametrize("text", [b"", b"\x00\xff\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\nA" * 9999])
def test_what_is_no_http_is_no_answer(serve, text):
    """If a program that listens does not speak HTTP, doctor says so and continues."""
    with pytest.raises(NoAnswer):
        Host().fetch(f"http://127.0.0.1:{serve(answer(text))}/")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_nobody_listening_is_no_answer(scheme):
    """A port that is closed is reported in the system's words."""
    with pytest.raises(NoAnswer, match=r"^Connection refused$"):
        Host().fetch(f"{scheme}://127.0.0.1:{free_port()}/")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_what_runs_on_this_host_is_not_asked_by_way_of_a_proxy(serve, monkeypatch, host):
    """A proxy from the environment is not used for loopback addresses."""
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    assert Host().fetch(f"http://{host}:{serve(answer(PLAIN))}/") == b"ok"


def test_what_runs_on_another_host_is_asked_by_way_of_a_proxy(serve, monkeypatch):
    """Where the environment names one, there may be no other way."""
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{serve(answer(PLAIN))}")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert Host().fetch("http://monitor.invalid/") == b"ok"


class Stubbed(Host):
    """A host whose way to Google and Apple ends at a server on loopback."""

    def __init__(self, ports, trusted):
        self.ports, self.trusted = ports, trusted

    def address(self, name, port):
        return "127.0.0.1", self.ports[name]

    def trust(self):
        context = ssl.create_default_context()
        self.trusted.configure_trust(context)
        return context


def tls(authority, *names, newest=ssl.TLSVersion.TLSv1_3, asks=ssl.CERT_NONE, ciphers=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    context.maximum_version, context.verify_mode = newest, asks
    if ciphers:
        context.set_ciphers(ciphers)

    def handle(connection):
        try:
            context.wrap_socket(connection, server_side=True).close()
        except OSError:
            return

    return handle


def test_the_way_out_is_tried_to_google_and_apple(serve):
    """A trusted certificate for the right name is ok; a closed port, another's certificate and a bare port are not."""
    ours, theirs = trustme.CA(organization_name="Real CA"), trustme.CA(organization_name="Proxy")
    names = [name for name, _, _ in outbound.SERVERS]
    assert names == ["fcm.googleapis.com", "oauth2.googleapis.com", "api.push.apple.com"]
    right = Stubbed({name: serve(tls(ours, name)) for name in names}, ours)
    rows = list(outbound.rows(right))
    assert [(row.name, row.verdict) for row in rows] == [(f"outbound {name}", "ok") for name in names]
    assert "Real CA" in rows[0].what
    ports = serve(tls(theirs, names[0])), free_port(), serve(tls(ours, "other.example.net"))
    wrong = Stubbed(dict(zip(names, ports, strict=True)), ours)
    proxied, shut, misnamed = outbound.rows(wrong)
    assert [row.verdict for row in (proxied, shut, misnamed)] == ["failure"] * 3
    assert "proxy" in proxied.remedy
    assert "firewall" in shut.remedy
    assert "certificate" in misnamed.what


@pytest.mark.parametrize(
    ("error", "what", "remedy"),
    [
        (
            socket.gaierror(socket.EAI_NODATA, "No address associated with hostname"),
            "not resolved: No add",
            "servers of",
        ),
        (socket.gaierror(socket.EAI_AGAIN, "Try again"), "its name is not resolved: Try again", "see the name servers"),
        (TimeoutError("timed out"), "timed out", "the route and the name servers"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "Network is unreachable", "see the firewall, the route"),
    ],
)
def test_a_name_without_an_address_is_a_matter_of_name_servers(monkeypatch, error, what, remedy):
    """However a resolver words it; after silence it may be either."""

    def connect(*_):
        raise error

    monkeypatch.setattr(module.socket, "create_connection", connect)
    row = next(outbound.rows(Host()))
    assert (what in row.what, remedy in row.remedy) == (True, True), row


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (
            "echo 'System has not been booted with systemd as init system (PID 1).' >&2; exit 1",
            "systemd does not run here",
        ),
        ("echo 'Unit x not found.' >&2; echo more >&2; exit 4", "Unit x not found."),
        ("exit 3", "sh failed"),
        ("exec sleep 60", "sh does not answer within 0.5 s"),
    ],
)
def test_a_program_that_fails_is_reported_in_one_line(program, said, monkeypatch):
    """A container has systemctl, and no systemd that it could ask: that is said, not systemctl's advice."""
    if "sleep" in program:
        monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.5)
    with pytest.raises(NoAnswer) as why:
        Host().run(["sh", "-c", program])
    assert str(why.value) == said


def test_a_program_that_cannot_be_run_is_reported_in_words():
    """Neither a number of the system's nor a list of arguments is shown."""
    with pytest.raises(NoAnswer, match=r"^/etc cannot be run: Permission denied$"):
        Host().run(["/etc", "--now"])
