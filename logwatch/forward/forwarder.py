"""Send failures from the ledger to one destination, in the order of their commits, and keep track of the last one sent.

Runs on the web thread's event loop: a destination that is slow or away costs a coroutine and the few hundred events of
one request. What the error log has deleted before it could be sent is counted as dropped, never lost silently.
"""

import asyncio
import gzip
import hashlib
import logging
import random
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest, HTTPResponse
from tornado.iostream import UnsatisfiableReadError

from logwatch.catalogue import Catalogue
from logwatch.config import Export
from logwatch.forward.delivery import Answered, Delivered, Later, Unacceptable, judge, pause
from logwatch.forward.formats import Event, body
from logwatch.forward.metrics import ForwardMetrics
from logwatch.ledger.reader import NotReadable, Reader
from logwatch.ledger.waiting import StoredFailure
from logwatch.secret import SecretError, read_line, read_word

MAX_EVENTS = 500
"""Of one request: about 200 KiB, well within what Loki (4 MB) and collectors take."""
IDLE_SECONDS = 1.0  # between two searches for new failures
TIMEOUT_SECONDS = 10.0
MOST_REFUSED = 3  # events in a row, after one that was taken, that are believed to be at fault themselves
ANSWER_BYTES = 1 << 20


class Forwarder:
    """One destination.

    ``newest`` returns the number of the newest failure that was committed, ``sent`` is that of the newest one that it
    has: the work goes on behind it. ``ledger`` makes ids of events unique across installations.
    """

    def __init__(
        self,
        export: Export,
        reader: Reader,
        catalogue: Callable[[], Catalogue],
        metrics: ForwardMetrics,
        *,
        newest: Callable[[], int],
        sent: int,
        ledger: str,
        host: str = socket.gethostname(),
        client: AsyncHTTPClient | None = None,
    ) -> None:
        self.destination = export.destination
        self.failing = ""
        self.sent = sent
        self._export = export
        self._reader = reader
        self._newest = newest
        self._catalogue = catalogue
        self._events = metrics.events.labels(self.destination)
        self._dropped = metrics.dropped.labels(self.destination)
        metrics.lag.labels(self.destination).set_function(lambda: max(0, newest() - self.sent))
        self._ledger = ledger
        self._host = host
        self._client = client
        self._log = structlog.get_logger()
        self._limit = MAX_EVENTS
        self._failures = 0  # requests in a row that failed
        self._believed = 0  # up to this number an event that is refused is at fault itself, and not the destination
        self._refusing = False  # the last request had rejected events, and that was logged

    async def run(self) -> None:
        """Send for ever; whatever goes wrong is logged, and tried again after a pause."""
        while True:
            try:
                wait = await self.step()
            except NotReadable as error:
                wait = self._later(Later(f"the ledger cannot be read: {error}"))
            except Exception as error:  # noqa: BLE001  a fault of ours must not end the export unnoticed
                wait = self._later(Later(f"unexpected: {error!r}"))
            await asyncio.sleep(wait)

    async def step(self) -> float:
        """Send one request of what is new; return the seconds to wait before the next step. Raises NotReadable."""
        newest = self._newest()
        rows = self._reader.failures_after(self.sent, self._limit)
        if not rows:
            if newest > self.sent:  # committed and already deleted again: nothing is left to send
                self._moved(newest, taken=0)
            return IDLE_SECONDS
        verdict = await self._post(rows)
        if isinstance(verdict, Later):
            return self._later(verdict)
        if isinstance(verdict, Unacceptable) and verdict.oldest is not None:
            # To send the others again, or a newer one first, would put those in between too far behind for Loki
            verdict = Delivered(max(1, sum(failure.at < verdict.oldest for _, failure in rows)), verdict.why)
        elif isinstance(verdict, Unacceptable):
            if len(rows) > 1:  # find the one that is at fault: halve until it stands alone
                self._limit = len(rows) // 2
                return 0.0
            if rows[0][0] > self._believed and not await self._takes_another(rows[0][0], newest):
                return self._later(Later(verdict.why))
            verdict = Delivered(1, verdict.why)
        if not verdict.rejected:
            self._believed = max(self._believed, rows[-1][0] + MOST_REFUSED)
        elif not self._refusing:
            self._log.warning(
                "export_rejected", destination=self.destination, events=verdict.rejected, reason=verdict.why
            )
        self._refusing = bool(verdict.rejected)
        self._works()
        self._moved(rows[-1][0], taken=len(rows) - min(verdict.rejected, len(rows)))
        self._limit = min(2 * self._limit, MAX_EVENTS)
        return 0.0 if newest > self.sent else IDLE_SECONDS

    async def _takes_another(self, number: int, newest: int) -> bool:
        """Send the newest failure out of turn: if that is refused, too, no single failure is at fault."""
        rows = self._reader.failures_after(max(number, newest - 1), 1)
        taken = bool(rows) and await self._post(rows) == Delivered()
        if taken:
            self._believed = newest
        return taken

    async def _post(self, rows: list[tuple[int, StoredFailure]]) -> Answered:
        catalogue = self._catalogue()
        events = [
            Event(f"{self._ledger}-{number}", failure, catalogue.entry(failure.platform, failure.code, failure.reason))
            for number, failure in rows
        ]
        try:
            request = self._request(gzip.compress(body(self._export.format, events, self._host), 1, mtime=0))
            answer: HTTPResponse = await self._http().fetch(request, raise_error=False)
        except HTTPClientError as error:
            return Later(error.message or str(error))
        except UnsatisfiableReadError:  # tornado's buffer is full, and its client passes that on as it is
            return Later("the header of its answer does not end")
        except SecretError as error:
            return Later(error.problems[0].headline)
        except (OSError, ValueError) as error:  # no route, no name, no trust; a file that cannot be read
            return Later(str(error) or repr(error))
        return judge(answer.code, answer.headers, answer.body or b"", time.time())

    def _request(self, data: bytes) -> HTTPRequest:
        """Build the request, with secrets as they are in their files now. SecretError, OSError, ValueError."""
        export = self._export
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        credentials: dict[str, Any] = {}
        if export.token_file:
            headers["Authorization"] = f"Bearer {read_word(Path(export.token_file), 'the token')}"
        if export.password_file:  # never without a username
            password = read_line(Path(export.password_file), "the password").strip()
            credentials = {"auth_username": export.username, "auth_password": password}
        if export.tenant:
            headers["X-Scope-OrgID"] = export.tenant
        if urlsplit(export.url).scheme == "https":
            credentials["ssl_options"] = ssl.create_default_context(cafile=export.ca_file)
        return HTTPRequest(
            export.url,
            "POST",
            headers,
            body=data,
            connect_timeout=TIMEOUT_SECONDS,
            request_timeout=TIMEOUT_SECONDS,
            follow_redirects=False,
            **credentials,
        )

    def _http(self) -> AsyncHTTPClient:
        if self._client is None:  # created on the loop that it is used on
            logging.getLogger("tornado.application").addFilter(_is_no_end_of_a_connection)
            self._client = AsyncHTTPClient(force_instance=True, max_body_size=ANSWER_BYTES)
        return self._client

    def _moved(self, number: int, *, taken: int) -> None:
        """Move the cursor to ``number``; of the failures passed, all but the ``taken`` ones count as dropped."""
        self._events.inc(taken)
        self._dropped.inc(max(0, number - self.sent - taken))
        self.sent = number

    def _later(self, verdict: Later) -> float:
        if verdict.why != self.failing:
            self._log.warning(
                "export_failing",
                destination=self.destination,
                reason=verdict.why,
                lost="nothing while the error log keeps them; tried again",
            )
        self.failing = verdict.why
        self._failures += 1
        return pause(self._failures, verdict.after, random.random())  # noqa: S311  spreads retries, guards nothing

    def _works(self) -> None:
        if self.failing:
            self._log.info("export_works_again", destination=self.destination)
        self.failing = ""
        self._failures = 0


def _is_no_end_of_a_connection(record: logging.LogRecord) -> bool:
    """Return False for a connection or chunk that broke amid an answer: tornado logs it as our fault, and times out."""
    amid = ConnectionError | ssl.SSLError | UnsatisfiableReadError
    return not (record.exc_info and isinstance(record.exc_info[1], amid))


def ledger_id(key: bytes) -> str:
    """Return a short name of an installation that reveals nothing of its key."""
    return hashlib.sha256(b"export" + key).hexdigest()[:12]
