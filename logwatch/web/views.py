"""Every address that is served, and the handlers of metrics and health: all of them views of what is on disk."""

import asyncio
import gzip
import time
from collections.abc import Callable

import prometheus_client
from prometheus_client.exposition import choose_encoder

from logwatch.diagnosis.gather import Examined
from logwatch.web import api, pages
from logwatch.web.answer import by_weight, takes_gzip
from logwatch.web.assets import Asset
from logwatch.web.runbooks import Runbook, RunbookIndex
from logwatch.web.server import Handler, Rule
from logwatch.web.site import Site
from logwatch.web.user import User
from logwatch.web.webhook import Doorkeeper, WebhookHandler

Encoder = Callable[[prometheus_client.registry.Collector], bytes]


class _Scrapes:
    """Writes the metrics once for all clients that ask in the same round of the event loop, and never in advance.

    Writing them takes longer than the rest of a scrape: hundreds of clients at once would keep the next one waiting.
    """

    def __init__(self, registry: prometheus_client.CollectorRegistry) -> None:
        self._registry = registry
        self._asked: dict[tuple[str, bool], asyncio.Future[bytes]] = {}

    def body(self, encode: Encoder, content_type: str, *, packed: bool) -> "asyncio.Future[bytes]":
        """Return the metrics at the end of this round, which ``encode`` writes as ``content_type``."""
        form = (content_type, packed)
        if form not in self._asked:
            loop = asyncio.get_running_loop()
            self._asked[form] = loop.create_future()
            loop.call_soon(self._write, form, encode)
        return self._asked[form]

    def _write(self, form: tuple[str, bool], encode: Encoder) -> None:
        asked = self._asked.pop(form)
        try:
            body = encode(self._registry)
            asked.set_result(gzip.compress(body, compresslevel=4, mtime=0) if form[1] else body)
        except Exception as error:  # noqa: BLE001  whoever asked gets an answer, and it is logged
            asked.set_exception(error)


class _Metrics(Handler):
    """``/metrics``: text or OpenMetrics, as asked for, gzipped if the client takes that."""

    def initialize(self, scrapes: _Scrapes) -> None:
        self._scrapes = scrapes

    async def get(self) -> None:
        encode, content_type = choose_encoder(by_weight(self.request.headers.get("Accept", "")))
        packed = takes_gzip(self.request.headers.get("Accept-Encoding", ""))
        body = await asyncio.shield(self._scrapes.body(encode, content_type, packed=packed))
        self.set_header("Content-Type", content_type)
        self.set_header("Vary", "Accept, Accept-Encoding")
        if packed:
            self.set_header("Content-Encoding", "gzip")
        self.write(body)


class _Healthy(Handler):
    """``/-/healthy``: the process answers."""

    def get(self) -> None:
        self.say(200, "mesibo-logwatch is healthy.")


class _Ready(Handler):
    """``/-/ready``: what is read is being committed; 503 and the reason if it is not."""

    def initialize(self, watched: Examined) -> None:
        self._watched = watched

    def get(self) -> None:
        trouble = self._watched.trouble
        self.say(503 if trouble else 200, f"mesibo-logwatch is {f'not ready: {trouble}' if trouble else 'ready.'}")


def rules(
    registry: prometheus_client.CollectorRegistry,
    watched: Examined,
    *,
    door: Doorkeeper | None = None,
    clock: Callable[[], float] = time.time,
) -> list[Rule]:
    """Return every address that is served; metrics and health never wait for a page."""
    site = {"site": Site(watched, clock=clock)}
    return [
        (r"/metrics", _Metrics, {"scrapes": _Scrapes(registry)}),
        (r"/-/healthy", _Healthy, {}),
        (r"/-/ready", _Ready, {"watched": watched}),
        (r"/?", pages.Status, site),  # nothing at all is left of the address behind web.prefix, as people type it
        (r"/codes/?", pages.Codes, site),
        (r"/codes/(-?[0-9]{1,6})/?", pages.Code, site),
        (r"/unread/?", pages.UnreadLines, site),
        (r"/user/?", User, site),
        (r"/runbooks", RunbookIndex, {}),
        (r"/runbooks/([A-Za-z0-9-]{0,64}(?:\.md)?)", Runbook, site),
        (r"/static/(style\.css|live\.js|local\.js|icon\.svg)", Asset, {}),
        (r"/api/v1/status", api.StatusApi, site),
        (r"/api/v1/incidents", api.IncidentsApi, site),
        (r"/api/v1/codes", api.CodesApi, site),
        (r"/api/v1/codes/(-?[0-9]{1,6})", api.CodeApi, site),
        (r"/api/v1/failures", api.FailuresApi, site),
        (r"/api/.*", api.NotFoundApi, site),
        (r"/downloads/failures\.(csv|json)", api.Failures, site),
        (r"/downloads/(dead-tokens|rate-limited|clean-up)\.csv", api.Users, site),
        *([(r"/.*", WebhookHandler, {"door": door})] if door else []),
    ]
