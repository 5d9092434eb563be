"""Take mesibo's calls: only POST to a configured path, checked by a secret, answered once the events are on disk.

mesibo cannot send a password of ours: what lets a call in is the secret in its body, or a path that cannot be guessed.
"""

import asyncio
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog
import tornado.web

from logwatch.assembly import LoadedWebhook
from logwatch.model import Call
from logwatch.web.access import Refusal
from logwatch.web.server import Handler
from logwatch.webhook.inbox import Inbox
from logwatch.webhook.read import NotACall, WrongSecret, read

BODY_BYTES = 256 << 10
BODIES = 32  # that are being received at a time: 8 MiB at most
PATIENCE_SECONDS = 10.0  # for a commit; what is committed later is recognised when the call comes again
RETRY_SECONDS = 5
REMEDY = {
    400: "mesibo posts a JSON object: check whether something else calls this address, or changes bodies on the way",
    403: "mesibo's calls of version 2 hold no secret: for these omit secret_file and use a path of 32 random"
    " characters; otherwise compare the secret with the one in mesibo's console",
    413: "mesibo's calls are smaller: check whether something else calls this address",
}
ANSWER = "MESIBO OK"  # what mesibo's documentation asks for


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One webhook: what a call must hold, how it is read, and where it goes."""

    source: str
    webhook: LoadedWebhook
    inbox: Inbox


@dataclass(slots=True)
class Doorkeeper:
    """What all calls share: the webhooks in force by path, the number of incoming bodies, and what counts answers."""

    endpoints: Callable[[], Mapping[str, Endpoint]]
    answered: Callable[[int], None] = lambda _status: None
    clock: Callable[[], float] = time.time
    receiving: int = 0
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)
    warned: set[tuple[str, int]] = field(default_factory=set)  # sources, and the statuses that were logged for each


@tornado.web.stream_request_body
class WebhookHandler(Handler):
    """Handles every path that no other handler has: that of a webhook, or an unknown one."""

    SUPPORTED_METHODS = ("GET", "HEAD", "POST")  # type: ignore[assignment]  # tornado has a tuple of seven

    def initialize(self, door: Doorkeeper) -> None:
        """Take what all calls share."""
        self._door = door
        path, known = self.request.path, door.endpoints()
        # A proxy may have left the prefix in place, as with every other address
        self._endpoint = known.get(path) or known.get(path.removeprefix(self._access.prefix))
        self._body = bytearray()
        self._receives = False

    async def admit(self) -> Refusal | None:
        """Admit a call by its path; the secret is checked once the body is there."""
        if self._endpoint is None:
            return await super().admit() or Refusal(404, {})
        if self.request.method != "POST":
            return Refusal(405, {"Allow": "POST"})
        try:
            announced = int(self.request.headers.get("Content-Length", "0"))
        except ValueError:
            return Refusal(400, {})
        if announced > BODY_BYTES:
            self._warn(self._endpoint, 413, f"a call of more than {BODY_BYTES} bytes")
            return Refusal(413, {})
        if self._door.receiving >= BODIES:
            return Refusal(503, {"Retry-After": str(RETRY_SECONDS)})
        self._door.receiving += 1
        self._receives = True
        # Its own answer to chunks beyond a bound is a bare 400 that nobody counts: the bound is ours, below
        self.request.connection.set_max_body_size(sys.maxsize)  # type: ignore[union-attr]  # it is HTTP/1
        return None

    def data_received(self, chunk: bytes) -> None:
        """Gather the body, up to a bound: chunks announce no length."""
        self._body += chunk
        if self._endpoint is not None and len(self._body) > BODY_BYTES:
            self._warn(self._endpoint, 413, f"a call of more than {BODY_BYTES} bytes")
            self.write_error(413)

    async def post(self) -> None:
        """Read the call, and answer when its events are committed."""
        endpoint = self._endpoint
        assert endpoint is not None
        body = bytes(self._body)
        self._received()
        try:
            # One call in each round of the event loop: many that come at once keep no scrape waiting
            async with self._door.reading:
                await asyncio.sleep(0)
                call = read(body, endpoint.webhook.fields, secret=endpoint.webhook.secret, now=self._door.clock())
        except NotACall as why:
            self._warn(endpoint, 400, f"{why}")
            self._say(400, f"{why}")
            return
        except WrongSecret:
            self._warn(endpoint, 403, "a call without the secret of webhook.secret_file")
            self._say(403, "the body does not hold this webhook's secret")
            return
        if await self._committed(endpoint, call):
            self._say(200, ANSWER)
        else:
            self.set_header("Retry-After", str(RETRY_SECONDS))
            self._say(503, "not stored yet: call again")

    async def _committed(self, endpoint: Endpoint, call: Call) -> bool:
        done = endpoint.inbox.offer(call)
        if done is None:
            return False
        try:
            return await asyncio.wait_for(asyncio.wrap_future(done), PATIENCE_SECONDS)
        except TimeoutError:
            return False

    def _say(self, status: int, text: str) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.write(text)

    def _warn(self, endpoint: Endpoint, status: int, reason: str) -> None:
        """Log once for each source and status that calls are refused: otherwise a wrong setting looks like silence."""
        if (endpoint.source, status) not in self._door.warned:
            self._door.warned.add((endpoint.source, status))
            structlog.get_logger().warning(
                "webhook_refused", source=endpoint.source, reason=reason, remedy=REMEDY[status]
            )

    def _received(self) -> None:
        if self._receives:
            self._receives = False
            self._door.receiving -= 1
        self._body = bytearray()

    def on_finish(self) -> None:
        """Release the body and its place, and count the answer."""
        self._received()
        if self._endpoint is not None:
            self._door.answered(self.get_status())

    def on_connection_close(self) -> None:
        """Release them, too, if the caller leaves before the end."""
        self._received()
