"""Who may ask, over what: TLS, client certificates, passwords, headers, and changes of them while it runs."""

import asyncio
import base64
import shutil
import socket
import ssl
import threading
import time

import bcrypt
import pytest
from prometheus_client import CollectorRegistry, Gauge

from logwatch.errors import WebError
from logwatch.tail.context import CONNECTIONS
from logwatch.web import access as access_module
from logwatch.web.access import Access
from logwatch.web.auth import LANES, REMEMBERED, BusyError, Passwords, credentials, neighbourhood
from logwatch.web.connections import ConnectionLimiter
from logwatch.web.fair_queue import MOST
from logwatch.web.server import Handler, WebServer
from logwatch.web.views import rules
from tests.helpers.running import PATIENCE, until

TLS = "tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n"


class Health:
    trouble = ""


def hashed(password):
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class Site:
    """A server with a web configuration file that can be changed."""

    def __init__(self, directory):
        self.directory = directory
        self.path = directory / "web.yml"
        self.server = None

    def start(self, text):
        self.path.write_text(text)
        registry = CollectorRegistry()
        Gauge("some_gauge", "A number.", registry=registry).set(1)
        self.access = Access(self.path)
        self.server = WebServer("127.0.0.1", 0, rules(registry, Health()), self.access)
        self.server.start()

    def change(self, text):
        """Replace the file in one step."""
        new = self.directory / "web.yml.new"
        new.write_text(text)
        new.replace(self.path)

    def connect(self, *, client="", authority="ca.pem", source="127.0.0.1", curve="", **versions):
        raw = socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE, source_address=(source, 0))
        if not authority:
            return raw
        context = ssl.create_default_context(cafile=self.directory / authority)
        for name, value in versions.items():
            setattr(context, name, value)
        if curve:
            context.set_ecdh_curve(curve)
        if client:
            context.load_cert_chain(self.directory / client)
        try:
            return context.wrap_socket(raw, server_hostname="localhost")
        except BaseException:
            raw.close()
            raise

    def get(self, path="/metrics", authorization="", method="GET", host="x", **how):
        """Return (status, head, body)."""
        head = f"Authorization: {authorization}\r\n" if authorization else ""
        with self.connect(**how) as connection:
            connection.sendall(f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{head}Connection: close\r\n\r\n".encode())
            answer = b""
            while part := connection.recv(65536):
                answer += part
        head, _, body = answer.decode().partition("\r\n\r\n")
        return (int(head.split()[1]) if head else 0), head.lower(), body


def _status(site, **how):
    """Return the status, or 0 where the connection ends before there is one."""
    try:
        return site.get(**how)[0]
    except (ssl.SSLError, ConnectionError):
        return 0


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch):
    monkeypatch.setattr("logwatch.web.server.BEAT_SECONDS", 0.02)


@pytest.fixture
def site(tmp_path, certificates):
    certificates(tmp_path)
    made = Site(tmp_path)
    yield made
    if made.server:
        made.server.stop()


def test_who_knows_the_authority_gets_metrics_over_tls(site):
    """A client that trusts the server's authority gets the metrics."""
    site.start(TLS)
    assert "some_gauge 1.0" in site.get()[2]


def test_plain_http_gets_nothing_from_a_tls_port(site):
    """No handler answers a client that does not complete a TLS handshake."""
    site.start(TLS)
    try:
        answer = site.get(authority="")
    except ConnectionError:
        answer = (0, "", "")
    assert answer[2] == ""


def test_older_versions_of_tls_are_refused(site):
    """Below min_version there is no handshake."""
    site.start(TLS + "  min_version: TLS13\n")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        site.get(maximum_version=ssl.TLSVersion.TLSv1_2)
    assert site.get()[0] == 200


def test_only_the_named_ciphers_are_spoken(site):
    """Each side keeps to the list."""
    site.start(TLS + "  max_version: TLS12\n  cipher_suites: [TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256]\n")
    with site.connect() as connection:
        assert connection.cipher()[0] == "ECDHE-ECDSA-CHACHA20-POLY1305"


def test_ciphers_of_tls_13_alone_leave_no_older_version(site):
    """A list without a cipher for TLS 1.2 does not open TLS 1.2 with every cipher."""
    site.start(TLS + "  cipher_suites: [TLS_AES_128_GCM_SHA256]\n")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        site.get(maximum_version=ssl.TLSVersion.TLSv1_2)
    assert site.get()[0] == 200


@pytest.mark.parametrize("shut", [True, False], ids=["a password", "TLS alone"])
def test_any_name_leads_here_where_no_other_site_can_borrow_it(site, shut):
    """A certificate, or the password that a browser sends to one name alone, already shows whose name it is."""
    site.start(f"basic_auth_users:\n  alice: {hashed('secret')}\n" if shut else TLS)
    how = {"authority": "", "authorization": basic("alice", "secret")} if shut else {}
    assert site.get(host="status.example.org", **how)[0] == 200


def test_only_the_named_curve_is_spoken(site):
    """A client that offers another one gets no handshake."""
    site.start(TLS + "  curve_preferences: [CurveP256]\n")
    assert site.get(curve="prime256v1")[0] == 200
    assert _status(site, curve="secp384r1") == 0


def test_a_client_without_a_certificate_is_not_let_in(site):
    """With RequireAndVerifyClientCert, only certificates of the named authority are accepted."""
    site.start(TLS + "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n")
    assert site.get(client="client.pem")[0] == 200
    assert _status(site) == 0


def test_a_certificate_of_a_stranger_is_not_let_in(site, stranger):
    """A certificate of another authority ends the handshake."""
    stranger.issue_cert("prometheus.example").private_key_and_cert_chain_pem.write_to_path(
        site.directory / "stranger.pem"
    )
    site.start(TLS + "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n")
    assert _status(site, client="stranger.pem") == 0
    assert _status(site, client="client.pem") == 200


@pytest.mark.parametrize(("names", "status"), [("[prometheus.example]", 200), ("[other.example]", 403)])
def test_only_the_named_clients_are_let_in(site, names, status):
    """client_allowed_sans holds among all certificates of the authority."""
    site.start(
        TLS + "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n"
        f"  client_allowed_sans: {names}\n"
    )
    assert site.get(client="client.pem")[0] == status


@pytest.mark.parametrize("path", ["/", "/metrics", "/-/healthy", "/-/ready", "/nothing", "/codes/912", "/api/v1/codes"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_nothing_is_shown_without_the_password(site, path, method):
    """Every address asks, those that are not there too."""
    site.start(f"basic_auth_users:\n  alice: {hashed('right')}\n")
    for authorization in ("", basic("alice", "wrong"), basic("bob", "right"), "Bearer right", "Basic !", "Basic"):
        status, head, body = site.get(path, authorization, method, authority="")
        assert status == 401
        assert 'www-authenticate: basic realm="mesibo-logwatch"' in head
        assert "some_gauge" not in body
        assert "content-security-policy" in head


def test_the_password_is_accepted_and_hashed_once(site, monkeypatch):
    """A thousand scrapes cost one bcrypt."""
    calls = []
    check = bcrypt.checkpw
    monkeypatch.setattr(bcrypt, "checkpw", lambda *args: calls.append(1) or check(*args))
    site.start(TLS + f"basic_auth_users:\n  alice: {hashed('right')}\n")
    site.access._passwords = Passwords(bcrypt.checkpw)
    for _ in range(20):
        assert site.get(authorization=basic("alice", "right"))[0] == 200
    assert len(calls) == 1


def test_headers_of_the_file_are_in_every_answer(site):
    """Refusals have them too; they go before our own."""
    site.start(
        "http_server_config:\n  headers:\n    Strict-Transport-Security: max-age=1\n"
        f"    Content-Security-Policy: default-src 'self'\nbasic_auth_users:\n  alice: {hashed('x')}\n"
    )
    for authorization in ("", basic("alice", "x")):
        head = site.get("/", authorization, authority="")[1]
        assert "strict-transport-security: max-age=1" in head
        assert "content-security-policy: default-src 'self'" in head
        assert head.count("content-security-policy") == 1


def test_a_changed_file_is_read_without_a_restart(site):
    """Users come and go, and TLS begins, while the server runs."""
    site.start(f"basic_auth_users:\n  alice: {hashed('one')}\n")
    assert site.get(authorization=basic("alice", "one"), authority="")[0] == 200
    site.change(f"basic_auth_users:\n  alice: {hashed('two')}\n")
    until(lambda: site.get(authorization=basic("alice", "two"), authority="")[0] == 200)
    assert site.get(authorization=basic("alice", "one"), authority="")[0] == 401
    site.change(TLS + f"basic_auth_users:\n  alice: {hashed('two')}\n")
    until(lambda: site.access.context is not None)
    until(lambda: _status(site, authorization=basic("alice", "two")) == 200)


def test_a_renewed_certificate_is_served_without_a_restart(site, authority):
    """New connections get the new certificate, in whatever order its two files are replaced."""
    site.start(TLS)
    with site.connect() as connection:
        before = connection.getpeercert(binary_form=True)
    new = authority.issue_cert("localhost")
    new.cert_chain_pems[0].write_to_path(site.directory / "server.pem")
    until(lambda: site.access.refused)
    with site.connect() as connection:
        assert connection.getpeercert(binary_form=True) == before
    new.private_key_pem.write_to_path(site.directory / "server.key")

    def renewed():
        with site.connect() as connection:
            return connection.getpeercert(binary_form=True) != before

    until(renewed)
    assert site.access.refused is None


@pytest.mark.parametrize("text", ["cert_file: server.pem, key_file: server.key", "cert: PEM, key: PEM"])
def test_a_file_that_cannot_be_opened_at_that_instant_leaves_the_door_as_it_was(site, monkeypatch, text):
    """Whoever renews a certificate deletes and writes it; or no descriptor is left."""
    site.start(TLS)
    monkeypatch.setattr("logwatch.web.tls._unreadable", lambda _path: "")

    def no_more(_name):
        raise OSError(24, "Too many open files")

    monkeypatch.setattr("logwatch.web.tls.os.memfd_create", no_more)
    (site.directory / "server.key").rename(site.directory / "away")
    site.change(f"tls_server_config: {{{text}}}\n")
    until(lambda: site.access.refused)
    seen = site.server._beats
    until(lambda: site.server._beats > seen + 2)
    assert site.get()[0] == 200
    (site.directory / "away").rename(site.directory / "server.key")
    site.change(TLS)
    until(lambda: not site.access.refused)


def test_a_change_that_could_not_be_read_at_first_is_taken_without_another(site, events, monkeypatch):
    """No descriptor is left for a while: the renewed file is in force once one is, and the log says once why not."""
    site.start(f"basic_auth_users:\n  alice: {hashed('one')}\n")
    tried = []

    def no_more(path):
        tried.append(path)
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patched:
        patched.setattr("logwatch.web.file.open_file", no_more)
        site.change(f"basic_auth_users:\n  alice: {hashed('two')}\n")
        until(lambda: len(tried) > 2)
        assert "Too many open files" in str(site.access.refused)
    until(lambda: not site.access.refused)
    assert site.get(authorization=basic("alice", "two"), authority="")[0] == 200
    assert [event["event"] for event in events] == ["web_config_refused", "web_config_read"]


def test_a_change_amid_the_reading_is_read_as_well(site, monkeypatch):
    """An editor may write again right after the file was read: it is the last writing that is in force."""
    site.start(f"basic_auth_users:\n  alice: {hashed('one')}\n")
    changed, real = [], access_module.load

    def written_again(path, *, exposed):
        settings = real(path, exposed=exposed)
        if not changed:
            changed.append(path)
            site.change(f"basic_auth_users:\n  alice: {hashed('three')}\n")
        return settings

    monkeypatch.setattr("logwatch.web.access.load", written_again)
    site.change(f"basic_auth_users:\n  alice: {hashed('two')}\n")
    until(lambda: site.get(authorization=basic("alice", "three"), authority="")[0] == 200)


@pytest.mark.parametrize("text", ["", "basic_auth_users: {alice: plain}\n", "a: [", None])
def test_a_bad_change_leaves_the_door_as_it_was(site, events, text):
    """An emptied, wrong or vanished file neither opens nor closes; the log says so once."""
    site.start(f"basic_auth_users:\n  alice: {hashed('one')}\n")
    site.access._exposed = True
    if text is None:
        site.path.unlink()
    else:
        site.change(text)
    until(lambda: site.access.refused)
    assert site.get(authority="")[0] == 401
    assert site.get(authorization=basic("alice", "one"), authority="")[0] == 200
    assert [event["event"] for event in events] == ["web_config_refused"]


def test_a_reload_refuses_a_bad_web_file(site):
    """A reload of the daemon refuses a bad web file as a start does."""
    site.start(TLS)
    site.change("a: [")
    with pytest.raises(WebError, match="not valid YAML"):
        site.access.read()
    assert site.access.context is not None


def test_handshakes_that_never_end_do_not_stop_a_scrape(site):
    """More half-open handshakes than there are places: a scrape on TLS is answered within a second."""
    site.start(TLS)
    slow = []
    try:
        for i in range(CONNECTIONS + 50):
            client = socket.create_connection(("127.0.0.1", site.server.port), timeout=PATIENCE)
            client.sendall((b"", b"\x16", b"\x16\x03\x01\x02\x00\x01")[i % 3])
            slow.append(client)
        assert "some_gauge 1.0" in site.get(source="127.0.0.2")[2]
        assert "some_gauge 1.0" in site.get()[2]
    finally:
        for client in slow:
            client.close()


def test_a_crowd_on_one_address_costs_no_other_address_its_connection(site):
    """Prometheus keeps the connection it has, while a client elsewhere opens thousands."""
    site.start(TLS)
    with site.connect(source="127.0.0.2") as kept:
        crowd = [
            socket.create_connection(("127.0.0.1", site.server.port), timeout=PATIENCE) for _ in range(3 * CONNECTIONS)
        ]
        try:
            kept.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n")
            assert kept.recv(15) == b"HTTP/1.1 200 OK"
        finally:
            for client in crowd:
                client.close()


def test_a_flood_of_wrong_passwords_does_not_stop_a_scrape(site):
    """A known client is answered at once, while one thread hashes the others' passwords."""
    cost = bcrypt.hashpw(b"right", bcrypt.gensalt(10)).decode()
    site.start(f"basic_auth_users:\n  alice: {cost}\n")
    right = basic("alice", "right")
    assert site.get(authorization=right, authority="")[0] == 200
    ended = threading.Event()
    refused = []

    def guess(number):
        count = 0
        while not ended.is_set():
            count += 1
            refused.append(site.get(authorization=basic(f"u{count}", f"{number} {count}"), authority="")[0])

    guessing = [threading.Thread(target=guess, args=(number,)) for number in range(8)]
    for thread in guessing:
        thread.start()
    try:
        until(lambda: len(refused) > 50)
        for _ in range(10):
            assert site.get(authorization=right, authority="")[0] == 200
        held = [thread.name for thread in threading.enumerate() if thread.name.startswith("passwords")]
        assert len(held) == 1
    finally:
        ended.set()
        for thread in guessing:
            thread.join()
    assert set(refused) <= {401, 503}


class TestPasswords:
    def ask(self, *questions, check=lambda password, _hash: password == b"right", users=None):
        """Put questions at once, and give the answers: True, False or "busy"."""

        async def all_of_them():
            passwords, known = Passwords(check), users or {"alice": hashed("x")}
            try:
                given = await asyncio.gather(
                    *(passwords.accepts(known, *question) for question in questions),
                    return_exceptions=True,
                )
                return ["busy" if isinstance(answer, BusyError) else answer for answer in given], passwords
            finally:
                passwords.close()

        return asyncio.run(all_of_them())

    def test_a_right_password_of_nobody_is_wrong(self):
        """Only users of the file are let in, whatever their password."""
        assert self.ask(("alice", b"right", "a"), ("bob", b"right", "b"))[0] == [True, False]

    def test_one_client_has_few_passwords_waiting(self):
        """What one client asks beyond its lanes is to be tried again."""
        answers, _ = self.ask(*((f"user{i}", b"%d" % i, "192.0.2.1") for i in range(100)))
        assert answers.count("busy") >= 100 - LANES
        assert answers.count(False) >= 1

    def test_all_clients_together_have_a_bounded_number_waiting(self):
        """However many clients ask, the queue stays short."""
        answers, _ = self.ask(*(("alice", b"%d" % i, f"192.0.2.{i}") for i in range(200)))
        assert answers.count("busy") == 200 - MOST

    def test_the_same_question_is_asked_once(self):
        """A hundred scrapes at once with one password wait for one answer."""
        calls = []
        answers, _ = self.ask(*(("alice", b"right", "a") for _ in range(100)), check=lambda *_: calls.append(1) or True)
        assert answers == [True] * 100
        assert len(calls) == 1

    @pytest.mark.parametrize("fault", [MemoryError(), RuntimeError("can't start new thread")])
    def test_a_password_that_cannot_be_hashed_now_can_be_asked_again(self, fault):
        """Whoever asked is told to try again, at once; nobody waits for an answer that never comes."""

        async def twice():
            passwords, users = Passwords(lambda *_: faults.pop() is None), {"alice": hashed("x")}
            try:
                question = (users, "alice", b"right", "a")
                with pytest.raises(BusyError):
                    await asyncio.wait_for(passwords.accepts(*question), PATIENCE)
                return await asyncio.wait_for(passwords.accepts(*question), PATIENCE)
            finally:
                passwords.close()

        class Faults(list):
            def pop(self, index=-1):
                if (found := super().pop(index)) is not None:
                    raise found
                return found

        faults = Faults([None, fault])
        assert asyncio.run(twice()) is True

    def test_what_is_remembered_is_bounded_and_holds_no_password(self):
        """Digests only, and no more than so many."""

        async def many():
            passwords = Passwords(lambda *_: False)
            for i in range(REMEMBERED + 10):
                await passwords.accepts({}, "alice", b"secret%d" % i, "a")
            passwords.close()
            return passwords

        passwords = asyncio.run(many())
        assert len(passwords._wrong) == REMEMBERED
        assert all(b"secret" not in digest for digest in passwords._wrong)

    def test_a_password_is_not_remembered_beyond_its_hash(self):
        """With a new hash in the file, the old password has to be checked again."""

        async def twice():
            passwords = Passwords()
            first = await passwords.accepts({"alice": hashed("one")}, "alice", b"one", "a")
            second = await passwords.accepts({"alice": hashed("two")}, "alice", b"one", "a")
            passwords.close()
            return first, second

        assert asyncio.run(twice()) == (True, False)

    def test_a_hash_that_bcrypt_cannot_read_lets_nobody_in(self):
        """It is none that bcrypt makes, and so the hash of no password: wrong, and not to be tried again."""
        assert self.ask(("alice", b"x", "a"), check=bcrypt.checkpw, users={"alice": "$2y$04$" + "z" * 53})[0] == [False]

    @pytest.mark.parametrize("password", [b"", b"\0", b"a" * 100, b"\xff" * 72])
    def test_odd_passwords_are_answered(self, password):
        """Bytes of any kind and length are right or wrong, and never an error."""
        users = {"alice": bcrypt.hashpw(password[:72], bcrypt.gensalt(4)).decode()}
        assert self.ask(("alice", password, "a"), check=bcrypt.checkpw, users=users)[0] == [True]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Basic YWxpY2U6cmlnaHQ=", ("alice", b"right")),
        ("basic YWxpY2U6YTpi", ("alice", b"a:b")),
        ("Basic YWxpY2U=", None),
        ("Basic /w==", None),
        ("Basic", None),
        ("", None),
        ("Bearer x", None),
        ("Bearer YWxpY2U6cmlnaHQ=", None),
        ("Basic ü", None),
    ],
)
def test_any_header_but_basic_authentication_is_no_credentials(header, expected):
    """A header that is no basic authentication counts as none."""
    assert credentials(header) == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_what_counts_as_one_client(address, expected):
    """Addresses that one host can choose freely are one client."""
    assert neighbourhood(address) == expected


def test_the_crowd_gives_way_first():
    """At the bound, the client with the most connections loses its oldest."""
    closed = []

    class Connection:
        def __init__(self, name):
            self.name = name

        def close(self):
            closed.append(self.name)

    limiter = ConnectionLimiter(4)
    limiter.admit(Connection("first"), ("192.0.2.1", 1))
    for i in range(6):
        limiter.admit(Connection(f"crowd {i}"), ("192.0.2.9", i))
    assert closed == ["crowd 0", "crowd 1", "crowd 2"]
    assert len(limiter) == 4


def test_a_handler_cannot_leave_out_the_door():
    """A handler with a prepare of its own is refused when it is defined."""
    with pytest.raises(AssertionError, match="would let in whoever asks"):

        class _Open(Handler):
            async def prepare(self):
                pass


def test_a_loop_that_stands_still_is_noticed(site, monkeypatch):
    """When the web thread's event loop does not go round any more, the reading loop is reported."""
    monkeypatch.setattr("logwatch.web.server.HUNG_SECONDS", 0.2)
    site.start(TLS)
    until(lambda: site.server._beats > 1)
    assert site.server.failed == ""
    hold = threading.Event()
    site.server._loop.call_soon_threadsafe(hold.wait)
    until(lambda: site.server.failed == "the web thread hangs")
    hold.set()
    until(lambda: site.server.failed == "")


@pytest.mark.parametrize(
    ("apart", "noticed"),
    [((1.0,) * 30, 30), ((60.0,) * 3, 3), ((3600.0, 1.0, 1.0), None), ((3600.0, 1.0, 3600.0, 1.0), None)],
    ids=["a look a second", "a look a minute", "a process that was stopped", "and stopped again"],
)
def test_a_loop_that_stands_still_is_noticed_at_any_pace(site, monkeypatch, apart, noticed):
    """Half a minute of silence is enough, in three looks at least: nothing goes round in a process that is stopped."""
    site.start(TLS)
    until(lambda: site.server._beats > 1)
    hold, held = threading.Event(), threading.Event()
    site.server._loop.call_soon_threadsafe(lambda: (held.set(), hold.wait()))
    assert held.wait(PATIENCE)
    now = time.monotonic()
    monkeypatch.setattr("logwatch.web.server.time.monotonic", lambda: now)
    assert site.server.failed == ""
    found = []
    for seconds in apart:
        now += seconds
        found.append(site.server.failed)
    monkeypatch.undo()
    hold.set()
    expected = [""] * (len(apart) if noticed is None else noticed - 1)
    assert found == expected + ([] if noticed is None else ["the web thread hangs"])


def test_a_certificate_of_the_state_directory_is_not_needed(site):
    """A missing file at the start is reported with its name."""
    shutil.move(site.directory / "server.pem", site.directory / "away.pem")
    with pytest.raises(WebError, match=r"server\.pem cannot be read: No such file"):
        site.start(TLS)
