"""Serves handlers over HTTP in a thread of its own: slow, many or rude clients cost bounded memory and stop no scrape.

One event loop, no thread a client: a connection that does not finish its request costs a descriptor and a small
buffer until its deadline. At the bound of connections the oldest gives way to the newest, so that a flood of idle
ones never keeps Prometheus out. tornado was chosen for its deadline on headers, which uvicorn lacks, and since a
threaded server (cheroot, waitress with TLS in front) is held up by as many slow clients as it has threads.
"""

import asyncio
import logging
import socket
import threading
from collections.abc import Sequence
from typing import Any

import structlog
import tornado.httpserver
import tornado.iostream
import tornado.web

from logwatch.errors import Problem, WebError

CONNECTIONS = 256
HEADER_BYTES = 16 << 10
BODY_BYTES = 16 << 10  # nothing here takes a body; a client that sends one anyway is heard out, within reason
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
DEADLINE_SECONDS = 30.0  # for the whole of a request's head, and for an idle connection
Rule = tuple[str, type[tornado.web.RequestHandler], dict[str, Any]]


class _Server(tornado.httpserver.HTTPServer):
    """An HTTP server that keeps at most ``CONNECTIONS`` connections, the newest ones."""

    def initialize(self, *args: Any, **kwargs: Any) -> None:
        """Take tornado's arguments."""
        super().initialize(*args, **kwargs)
        self._streams: dict[tornado.iostream.IOStream, None] = {}  # in the order of their arrival

    def handle_stream(self, stream: tornado.iostream.IOStream, address: Any) -> None:
        """Serve a new connection; the oldest one makes room for it if need be."""
        while len(self._streams) >= CONNECTIONS:
            oldest = next(iter(self._streams))
            del self._streams[oldest]
            oldest.close()
        self._streams[stream] = None
        super().handle_stream(stream, address)

    def on_close(self, server_conn: object) -> None:
        """Forget a connection that has ended, in whatever way."""
        self._streams.pop(server_conn.stream, None)  # type: ignore[attr-defined]
        super().on_close(server_conn)


class WebServer:
    """Binds at once, so that a port in use is told before anything else starts; serves from ``start`` to ``stop``."""

    def __init__(self, host: str, port: int, rules: Sequence[Rule]) -> None:
        """Take an address to bind and (pattern, handler, arguments) rules; WebError when it cannot be bound."""
        where = f"{host or '*'}:{port}"
        try:
            self._sockets = _bind(host, port)
        except OSError as error:
            raise WebError(
                Problem(
                    f"web.listen {where}",
                    "cannot be listened on",
                    error.strerror or str(error),
                    "another program may have the port (`ss -ltnp`): stop it, or set web.listen to a free one",
                )
            ) from None
        self.port: int = self._sockets[0].getsockname()[1]
        self._rules = list(rules)
        self._thread = threading.Thread(target=self._serve, name="web", daemon=True)
        self._loop = asyncio.new_event_loop()
        self._up = threading.Event()
        self._log = structlog.get_logger()
        for name in ("tornado.access", "tornado.general"):  # what strangers send is no news for the journal
            logging.getLogger(name).setLevel(logging.CRITICAL)

    @property
    def alive(self) -> bool:
        """Tell whether the thread still serves."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Serve from now on; returns once connections are taken."""
        self._thread.start()
        self._up.wait()

    def stop(self) -> None:
        """Stop serving and wait for the thread to end."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=1.0)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.call_soon(self._open)
        try:
            self._loop.run_forever()
        finally:
            for each in self._sockets:
                each.close()
            self._loop.close()

    def _open(self) -> None:
        application = tornado.web.Application(
            [*self._rules, (r".*", NotFound)],
            log_function=lambda _handler: None,
        )
        server = _Server(
            application,
            max_header_size=HEADER_BYTES,
            max_body_size=BODY_BYTES,
            max_buffer_size=1 << 20,
            idle_connection_timeout=DEADLINE_SECONDS,
            body_timeout=DEADLINE_SECONDS,
        )
        server.add_sockets(self._sockets)
        self._up.set()


def _bind(host: str, port: int) -> list[socket.socket]:
    """Listen on every address of ``host``, or on every interface without one; OSError when one of them is taken."""
    if not host and socket.has_dualstack_ipv6():
        return [_listen(socket.AF_INET6, ("", port), dualstack=True)]
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    sockets: list[socket.socket] = []
    try:
        for family, _, _, _, address in dict.fromkeys(found):
            sockets.append(_listen(family, address))
    except OSError:
        for each in sockets:
            each.close()
        raise
    return sockets


def _listen(family: int, address: Any, *, dualstack: bool = False) -> socket.socket:
    made = socket.create_server(address, family=family, backlog=512, dualstack_ipv6=dualstack)
    made.setblocking(False)  # noqa: FBT003  its one parameter
    return made


class Handler(tornado.web.RequestHandler):
    """Base of all handlers: GET and HEAD only, strict headers, faults told to the log and never to the client."""

    SUPPORTED_METHODS = ("GET", "HEAD")

    def set_default_headers(self) -> None:
        """Forbid everything that a page of ours does not need, and name no server."""
        self.clear_header("Server")
        self.set_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Cache-Control", "no-store")

    async def head(self, *args: str) -> None:
        """Answer like GET; tornado leaves out the body."""
        answer = self.get(*args)
        if answer is not None:
            await answer

    def write_error(self, status_code: int, **kwargs: Any) -> None:  # noqa: ARG002  tornado's signature
        """Say the status in a line of plain text."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        if status_code == 405:  # noqa: PLR2004  Method Not Allowed names what is allowed (RFC 9110)
            self.set_header("Allow", ", ".join(self.SUPPORTED_METHODS))
        self.finish(f"{status_code} {self._reason}\n")

    def log_exception(self, typ: Any, value: BaseException | None, tb: Any) -> None:  # noqa: ARG002
        """Tell a fault of ours to the log; what a client did wrong is no fault."""
        if not isinstance(value, tornado.web.HTTPError):
            structlog.get_logger().error("request_failed", path=self.request.path, error=repr(value))


class NotFound(Handler):
    """Everything that is not here."""

    def prepare(self) -> None:
        """Say so."""
        raise tornado.web.HTTPError(404)
