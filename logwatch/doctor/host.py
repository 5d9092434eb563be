"""What may be asked about the machine: its programs, loopback, clock and way out; tests pass in another one.

Nothing here waits forever: each question has a time limit, and all questions over the network share one more, even
if an answer comes a byte at a time, or not at all (a resolver has no time limit of its own).
"""

import queue
import shutil
import socket
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from functools import cached_property
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import IO, Any, TypeVar

from logwatch.config.listen import is_loopback
from logwatch.errors import in_words

PATIENCE_SECONDS = 5.0
ALTOGETHER_SECONDS = 20.0
"""For all questions over the network: monitoring that hangs holds up ``doctor`` no longer."""
LONGEST_ANSWER = 8 << 20  # bytes
UNAUTHORIZED = 401
NO_CERTIFICATE = 496  # nginx' own status for it: a server that asks for a client's certificate answers in TLS alone
T = TypeVar("T")


class NoAnswer(Exception):  # noqa: N818  what a machine says, not a mistake
    """A program or an address did not answer; the text says why. ``status`` is HTTP's, or 0."""

    def __init__(self, why: str, status: int = 0) -> None:
        super().__init__(why)
        self.status = status


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows redirects to the same host only: nobody named another one."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        here, there = urllib.parse.urlsplit(req.full_url), urllib.parse.urlsplit(newurl)
        if there.hostname != here.hostname or there.scheme not in ("http", "https"):
            fp.close()
            raise NoAnswer(f"it sends one on to {there.scheme}://{there.netloc}, which was not asked for", code)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _Secured(HTTPSConnection):
    """Distinguishes a server that asks for a client's certificate from one that refuses us for another reason.

    In TLS 1.3 it does that only after its handshake, and may have closed before all of a request was sent.
    """

    _context: ssl.SSLContext  # both are http.client's
    _tunnel_host: str | None

    def connect(self) -> None:
        HTTPConnection.connect(self)
        self.sock = self._context.wrap_socket(
            self.sock, server_hostname=self._tunnel_host or self.host, do_handshake_on_connect=False
        )
        try:
            self.sock.do_handshake()
        except ssl.SSLError as error:  # of TLS 1.2: before a cipher is chosen, it is that on which nobody agrees
            if error.reason == "SSLV3_ALERT_HANDSHAKE_FAILURE" and self.sock.cipher():
                raise NoAnswer("it asks for a client's certificate", NO_CERTIFICATE) from None
            raise

    def send(self, data: Any) -> None:
        try:
            super().send(data)
        except (ssl.SSLEOFError, ConnectionError):
            if self.sock:  # else nothing listens there
                self.sock.recv(1)  # raises the server's alert, which says why
            raise


class _OverTls(urllib.request.HTTPSHandler):
    """Opens addresses whose certificate does not matter, unless more is sent than the question: a password."""

    def https_open(self, req: urllib.request.Request) -> Any:
        trusting = ssl.create_default_context()
        if not req.has_header("Authorization"):
            trusting.check_hostname = False
            trusting.verify_mode = ssl.CERT_NONE
        return self.do_open(_Secured, req, context=trusting)


class _LogIn(urllib.request.AbstractBasicAuthHandler, urllib.request.BaseHandler):
    """Sends the password of an address with each question; a refusal is reported, whatever login it asks for."""


class Host:
    """The machine that the examination runs on."""

    _spent = 0.0  # seconds over the network so far

    @cached_property
    def _logins(self) -> urllib.request.HTTPPasswordMgrWithPriorAuth:
        return urllib.request.HTTPPasswordMgrWithPriorAuth()

    def log_in(self, url: str) -> str:
        """Return an address without the name and password in it, which ``fetch`` sends to its server from now on."""
        parts = urllib.parse.urlsplit(url)
        login, _, server = parts.netloc.rpartition("@")
        bare = urllib.parse.urlunsplit(parts._replace(netloc=server))
        if login:
            name, _, password = map(urllib.parse.unquote, login.partition(":"))
            self._logins.add_password(None, bare, name, password, is_authenticated=True)
        return bare

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        return time.time()

    def has(self, program: str) -> bool:
        """Return whether a program can be run here: remedies must not name others."""
        return shutil.which(program) is not None

    def run(self, command: Sequence[str]) -> str:
        """Return what a program prints; NoAnswer if it is not there, fails or hangs."""
        try:
            done = subprocess.run(  # noqa: S603  fixed commands of our own
                command, capture_output=True, text=True, errors="replace", timeout=PATIENCE_SECONDS, check=False
            )
        except FileNotFoundError:
            raise NoAnswer(f"there is no {command[0]} here") from None
        except OSError as error:
            raise NoAnswer(f"{command[0]} cannot be run: {in_words(error)}") from None
        except subprocess.TimeoutExpired:
            raise NoAnswer(f"{command[0]} does not answer within {PATIENCE_SECONDS:g} s") from None
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip().split("\n")[0]
            if "not been booted with systemd" in said:  # in a container: systemctl is there, but not systemd
                said = "systemd does not run here"
            raise NoAnswer(said or f"{command[0]} failed")
        return done.stdout

    def properties(self, unit: str, *names: str) -> dict[str, str]:
        """Return a unit's properties from systemd, without unknown ones; NoAnswer if it does not answer."""
        shown = self.run(["systemctl", "show", unit, f"--property={','.join(names)}"])
        return dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)

    def fetch(self, url: str) -> bytes:
        """Return what an address serves; NoAnswer with the status if it refuses, with status 0 if nothing answers."""
        if not url.startswith(("http://", "https://")):
            raise NoAnswer(f"{url} is not an http address")
        return self._within(lambda: _get(url, self._logins))

    def handshake(self, name: str, port: int) -> str:
        """Return who issued the TLS certificate of a public server; NoAnswer if it shows no trusted one."""
        return self._within(lambda: _handshake(name, self.address(name, port), self.trust()))

    def address(self, name: str, port: int) -> tuple[str, int]:
        """Return the address to connect to for a server."""
        return name, port

    def trust(self) -> ssl.SSLContext:
        """Return a TLS context with the authorities that this host trusts."""
        return ssl.create_default_context()

    def text(self, path: Path) -> str:
        """Return a file's text; OSError if it cannot be read."""
        return path.read_bytes().decode("utf-8", errors="replace")

    def _within(self, ask: Callable[[], T]) -> T:
        """Ask in a thread of its own, which is abandoned when the time is up."""
        left = min(PATIENCE_SECONDS, ALTOGETHER_SECONDS - self._spent)
        if left <= 0:
            raise NoAnswer(f"the {ALTOGETHER_SECONDS:g} seconds for all questions over the network are used up")
        answers: queue.SimpleQueue[tuple[T | None, NoAnswer | None]] = queue.SimpleQueue()

        def answer() -> None:
            try:
                answers.put((ask(), None))
            except NoAnswer as why:
                answers.put((None, why))
            except (OSError, ValueError, HTTPException) as error:
                answers.put((None, _no_answer(error)))

        started = time.monotonic()
        threading.Thread(target=answer, daemon=True).start()
        try:
            found, why = answers.get(timeout=left)
        except queue.Empty:
            raise NoAnswer(f"no answer within {left:.1g} s") from None
        finally:
            self._spent += time.monotonic() - started
        if why is not None:
            raise why
        assert found is not None
        return found


def _no_answer(error: Exception) -> NoAnswer:
    """Return why there was no answer, in the words of the system or the library."""
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return NoAnswer(f"its certificate is not trusted: {cause.verify_message}")
    if isinstance(cause, ssl.SSLError) and cause.reason == "TLSV13_ALERT_CERTIFICATE_REQUIRED":
        return NoAnswer("it asks for a client's certificate", NO_CERTIFICATE)
    if isinstance(cause, socket.gaierror):
        return NoAnswer(f"its name is not resolved: {in_words(cause)}")
    return NoAnswer(cause if isinstance(cause, str) else in_words(cause))


def _get(url: str, logins: urllib.request.HTTPPasswordMgrWithPriorAuth) -> bytes:
    handlers = [_SameHost(), _OverTls(), _LogIn(logins)]
    if is_loopback(urllib.parse.urlsplit(url).hostname or ""):  # no proxy of the environment leads back here
        handlers.append(urllib.request.ProxyHandler({}))
    opener = urllib.request.build_opener(*handlers)
    try:
        with opener.open(url, timeout=PATIENCE_SECONDS) as answer:
            return bytes(answer.read(LONGEST_ANSWER))
    except urllib.error.HTTPError as error:
        text = error.read(1000).decode(errors="replace").strip().split("\n")[0]
        error.close()
        raise NoAnswer(f"it answers {error.code}: {text}" if text else f"it answers {error.code}", error.code) from None


def _handshake(name: str, address: tuple[str, int], trust: ssl.SSLContext) -> str:
    with (
        socket.create_connection(address, PATIENCE_SECONDS) as connection,
        trust.wrap_socket(connection, server_hostname=name) as secured,
    ):
        found = secured.getpeercert() or {}
    issuer: Any = found.get("issuer", ())
    named = {key: value for part in issuer for key, value in part}
    return str(named.get("organizationName") or named.get("commonName") or "an unnamed authority")
