"""Serve handlers over HTTP in a thread of its own: slow, many or hostile clients cost little memory and stop no scrape.

One event loop, no thread per client: a connection that does not finish its request costs a descriptor and a small
buffer until its deadline. At the bound, the client with the most connections loses its oldest, so that a flood of idle
ones never keeps Prometheus out. tornado was chosen for its deadline on headers, which uvicorn lacks, and since a
threaded server (cheroot, waitress with TLS in front) is held up by as many slow clients as it has threads.
"""

import asyncio
import errno
import logging
import os
import re
import resource
import selectors
import socket
import threading
import time
from collections.abc import Coroutine, Sequence
from concurrent.futures import Future
from typing import Any

import structlog
import tornado.escape
import tornado.httpserver
import tornado.ioloop
import tornado.iostream
import tornado.web

from logwatch.config.listen import bracketed
from logwatch.errors import WebError, in_words
from logwatch.tail.context import CONNECTIONS, KEPT_DESCRIPTORS
from logwatch.web.access import WHY, Access, Refusal
from logwatch.web.answer import prefix_of, under
from logwatch.web.connections import ConnectionLimiter

FEWEST_CONNECTIONS = 8
HEADER_BYTES = 16 << 10
BODY_BYTES = 16 << 10  # only webhooks take one, with their own bound; any other is read all the same, within reason
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
DEADLINE_SECONDS = 30.0  # for a handshake with the whole head of a request, and for an idle connection
HUNG_SECONDS = 30.0  # without a beat of the event loop
BEAT_SECONDS = 1.0  # between two beats of the event loop, which also check the web configuration file
LONGEST_BEAT_SECONDS = 10.0  # that one check adds to these: the process may have been stopped since the one before
START_SECONDS = 10.0  # until connections are taken
_ABSENT = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
Rule = tuple[str, type[tornado.web.RequestHandler], dict[str, Any]]


def connections(descriptors: int) -> int:
    """Return how many connections a process accepts that may have ``descriptors`` files open (-1: no limit).

    Half of the free ones are left to the logs: if clients took more, the next scrape would be refused.
    """
    if descriptors == resource.RLIM_INFINITY:
        return CONNECTIONS
    return min(CONNECTIONS, max(FEWEST_CONNECTIONS, (descriptors - KEPT_DESCRIPTORS) // 2))


class _Server(tornado.httpserver.HTTPServer):
    """An HTTP server that keeps no more connections than there is room for."""

    def initialize(self, *args: Any, **kwargs: Any) -> None:
        """Take tornado's arguments."""
        super().initialize(*args, **kwargs)
        self._limiter = ConnectionLimiter(connections(resource.getrlimit(resource.RLIMIT_NOFILE)[0]))

    def handle_stream(self, stream: tornado.iostream.IOStream, address: Any) -> None:
        """Serve a new connection, counted before its handshake, which may never end; at the bound close another."""
        self._limiter.admit(stream, address)
        super().handle_stream(stream, address)

    def on_close(self, server_conn: object) -> None:
        """Forget a connection that has ended, in whatever way."""
        self._limiter.remove(server_conn.stream)  # type: ignore[attr-defined]
        super().on_close(server_conn)


class _Listener(socket.socket):
    """A listening socket that pauses if no connection can be taken: the kernel would report it again at once."""

    _paused = False  # and that was logged

    def accept(self) -> tuple[socket.socket, Any]:
        """Accept a connection; BlockingIOError if there is none, or none can be accepted for the moment."""
        try:
            taken = super().accept()
        except (BlockingIOError, ConnectionAbortedError):
            raise
        except OSError as error:
            if not self._paused:
                structlog.get_logger().warning("connections_wait", reason=_words(error), tried_again="in a moment")
            self._paused = True
            loop = tornado.ioloop.IOLoop.current()
            loop.update_handler(self, 0)
            loop.call_later(BEAT_SECONDS, loop.update_handler, self, loop.READ)
            raise BlockingIOError from None
        self._paused = False
        return taken


class WebServer:
    """Binds at once, so that a port in use is reported before anything starts; serves from ``start`` to ``stop``."""

    def __init__(self, host: str, port: int, rules: Sequence[Rule], access: Access | None = None) -> None:
        """Bind an address; WebError if it is in use. ``rules`` are (pattern, handler, arguments)."""
        try:
            self._sockets = _bind(host, port)
        except OSError as error:
            raise WebError.at(
                f"web.listen {bracketed(host or '*')}:{port}",
                "cannot be listened on",
                _words(error),
                "another program may have the port (`ss -ltnp`): stop it, or set web.listen to a free one"
                if error.errno == errno.EADDRINUSE
                else "set web.listen to an address of this host, such as 127.0.0.1:10914, or [::1]:10914",
            ) from None
        self.port: int = self._sockets[0].getsockname()[1]
        assert all(issubclass(handler, Handler) for _, handler, _ in rules), "another kind would let in whoever asks"
        self._rules = list(rules)
        self._thread = threading.Thread(target=self._serve, name="web", daemon=True)
        self._loop = _event_loop()
        self._up = threading.Event()
        self._fault = ""  # why serving could not begin
        self._access = access or Access()
        self._spawned: set[asyncio.Task[None]] = set()
        self._beats = 0
        self._seen = (0, 0.0, 0.0)  # at the last check: beats, when it was, seconds without one
        self._log = structlog.get_logger()
        for name in ("tornado.access", "tornado.general"):  # what strangers send is no news for the journal
            logging.getLogger(name).setLevel(logging.CRITICAL)

    @property
    def failed(self) -> str:
        """Why nothing is served any more; empty while it is. The reading loop asks at each turn."""
        if not self._thread.is_alive():
            return "the web thread has ended"
        beats, looked_at, silent = self._seen
        now = time.monotonic()
        silent = silent + min(now - looked_at, LONGEST_BEAT_SECONDS) if beats == self._beats else 0.0
        self._seen = (self._beats, now, silent)
        return "the web thread hangs" if silent >= HUNG_SECONDS else ""

    def start(self) -> None:
        """Serve from now on; return once connections are taken, WebError if they cannot be."""
        self._thread.start()
        until = time.monotonic() + START_SECONDS
        while not self._up.wait(0.05):
            if not self._thread.is_alive() or time.monotonic() > until:
                why = self._fault or f"its thread did not come up within {START_SECONDS:.0f} s"
                raise WebError.at(
                    f"web.listen port {self.port}", "cannot be served", why, "see `ulimit -n` and TasksMax"
                )

    def spawn(self, work: Coroutine[Any, Any, None]) -> Future[None]:
        """Run ``work`` beside the requests, on their event loop, from ``start`` on; cancel the result to end it."""

        async def known() -> None:
            task = asyncio.current_task()
            assert task is not None
            self._spawned.add(task)
            try:
                await work
            finally:
                self._spawned.discard(task)

        return asyncio.run_coroutine_threadsafe(known(), self._loop)

    def stop(self) -> None:
        """Stop serving and wait for the thread to end."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=1.0)
        self._access.close()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.call_soon(self._begin)
        try:
            self._loop.run_forever()
            for task in self._spawned:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*self._spawned, return_exceptions=True))
        finally:
            for each in self._sockets:
                each.close()
            self._loop.close()

    def _begin(self) -> None:
        try:
            self._open()
        except Exception as error:  # noqa: BLE001  too few descriptors, say: whoever waits is told
            self._fault = repr(error)
            self._loop.stop()

    def _open(self) -> None:
        below = f"(?:{re.escape(self._access.prefix)})?"  # for a proxy that leaves the prefix in place
        rules = [(f"{below}{pattern}", handler, arguments) for pattern, handler, arguments in self._rules]
        application = tornado.web.Application(
            [*rules, (r".*", NotFound)], log_function=lambda _handler: None, access=self._access
        )
        server = _Server(
            application,
            max_header_size=HEADER_BYTES,
            max_body_size=BODY_BYTES,
            max_buffer_size=1 << 20,
            idle_connection_timeout=DEADLINE_SECONDS,
            body_timeout=DEADLINE_SECONDS,
        )
        self._beat(server)
        server.add_sockets(self._sockets)
        self._up.set()

    def _beat(self, server: _Server) -> None:
        """Show once a second that the loop turns, and apply changes of the web configuration file."""
        self._beats += 1
        self._loop.call_later(BEAT_SECONDS, self._beat, server)  # even if this one fails
        self._access.reread()
        server.ssl_options = self._access.context


def _words(error: OSError) -> str:
    """Return the system's words for an error, without the address that Python's repeat; a resolver's are its own."""
    number = error.errno or 0
    return os.strerror(number) if number > 0 else in_words(error)


def _bind(host: str, port: int) -> list[socket.socket]:
    """Listen on every address of ``host`` that is here, or on every interface; OSError if one of them is taken."""
    if not host and socket.has_dualstack_ipv6():
        return [_listen(socket.AF_INET6, ("", port), dualstack=True)]
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    sockets: list[socket.socket] = []
    absent: OSError | None = None
    try:
        for family, _, _, _, address in dict.fromkeys(found):
            try:
                sockets.append(_listen(family, address))
            except OSError as error:
                if error.errno not in _ABSENT:
                    raise
                absent = error  # localhost is ::1 as well, also where IPv6 is off
    except OSError:
        for each in sockets:
            each.close()
        raise
    if absent and not sockets:
        raise absent
    return sockets


def _listen(family: int, address: Any, *, dualstack: bool = False) -> socket.socket:
    made = socket.create_server(address, family=family, backlog=512, dualstack_ipv6=dualstack)
    made.setblocking(False)  # noqa: FBT003  its one parameter
    return _Listener(fileno=made.detach())


_TROUBLE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{text} - mesibo push</title><link rel="stylesheet" href="/static/style.css"></head>
<body><main id="main"><h1>{text}</h1><p><a href="/">The status page</a> and <a href="/codes">the codes</a> are here.</p>
</main></body></html>
"""


def _event_loop() -> asyncio.AbstractEventLoop:
    """Make the loop; OSError without room for its three descriptors: asyncio's own would be followed by a traceback."""
    with selectors.DefaultSelector():
        for end in socket.socketpair():
            end.close()
    return asyncio.new_event_loop()


class Handler(tornado.web.RequestHandler):
    """Base of all handlers: GET and HEAD only, checks who may ask, strict headers, faults only in the log.

    What a handler does before it answers belongs in its ``get``: ``prepare`` is where everybody's access is checked.
    """

    SUPPORTED_METHODS = ("GET", "HEAD")

    def __init_subclass__(cls) -> None:
        """Refuse a handler with a ``prepare`` of its own, which would let everybody in."""
        assert "prepare" not in vars(cls), f"{cls.__name__}.prepare would let in whoever asks"

    async def prepare(self) -> None:
        """Turn away clients that may not ask, before any handler runs."""
        refusal = await self.admit()
        if refusal is not None:
            self.set_status(refusal.status)
            for name, value in refusal.headers.items():
                self.set_header(name, value)
            self.write_error(refusal.status)

    async def admit(self) -> Refusal | None:
        """Return why this request is refused, or None; overridden by handlers that ask for no password."""
        return self._access.misled(self.request) or await self._access.admit(self.request)

    @property
    def _access(self) -> Access:
        access: Access = self.settings["access"]
        return access

    @property
    def prefix(self) -> str:
        """The prefix of links, behind a proxy that serves this below a path."""
        return prefix_of(self.request.headers.get("X-Forwarded-Prefix", ""), self._access.prefix)

    def set_default_headers(self) -> None:
        """Forbid everything that a page of ours does not need, and name no server."""
        self.clear_header("Server")
        self.set_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Cache-Control", "no-store")
        for name, value in self._access.headers.items():
            self.set_header(name, value)

    async def head(self, *args: str) -> None:
        """Answer like GET; tornado leaves out the body."""
        answer = self.get(*args)
        if answer is not None:
            await answer

    def write_error(self, status_code: int, **kwargs: Any) -> None:  # noqa: ARG002  tornado's signature
        """Answer with the status in words."""
        # 405 names the methods that are allowed (RFC 9110), unless the refusal has named its own
        if status_code == 405 and "Allow" not in self._headers:  # noqa: PLR2004
            self.set_header("Allow", ", ".join(self.SUPPORTED_METHODS))
        self.say(status_code, f"{status_code} {WHY.get(status_code, self._reason)}")

    def say(self, status_code: int, text: str) -> None:
        """Answer with a status and a text: as a line of plain text, or for a browser as a page that leads home."""
        self.set_status(status_code)
        if "text/html" in self.request.headers.get("Accept", ""):
            self.set_header("Content-Type", "text/html; charset=utf-8")
            self.finish(under(self.prefix, _TROUBLE.format(text=tornado.escape.xhtml_escape(text)).encode()))
        else:
            self.set_header("Content-Type", "text/plain; charset=utf-8")
            self.finish(f"{text}\n")

    def log_exception(self, typ: Any, value: BaseException | None, tb: Any) -> None:  # noqa: ARG002
        """Log a fault of ours; what a client did wrong is no fault."""
        if not isinstance(value, tornado.web.HTTPError):
            structlog.get_logger().error("request_failed", path=self.request.path, error=repr(value))


class NotFound(Handler):
    """Every other path."""

    def get(self) -> None:
        """Answer with 404."""
        raise tornado.web.HTTPError(404)
