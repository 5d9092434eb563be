"""What all pages share: the daemon they look at, the thread that does their work, and one fresh overview for many.

Questions to the ledger and rendering run in a thread of their own: neither the reading loop nor a scrape waits for a
page. There is one such thread, so that a crowd of visitors costs no more than one visitor at a time.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol, TypeVar

import tornado.template

import logwatch
from logwatch.catalogue import Catalogue
from logwatch.catalogue.entries import STEPS
from logwatch.catalogue.summary import iso
from logwatch.config import Config
from logwatch.diagnosis import Facts, words
from logwatch.ledger import MINUTE, QUARTER, WIDTHS, NotReadable, Reader, Snapshot
from logwatch.privacy import readable
from logwatch.tail import SourceStatus
from logwatch.web.chart import chart
from logwatch.web.overview import Overview, overview

TEMPLATES = Path(__file__).parent / "templates"
FRESH_SECONDS = 1.0  # for which one overview serves every visitor
SHAPES = 20
T = TypeVar("T")


class Watched(Protocol):
    """What the pages look at: references to immutable things that the daemon swaps."""

    @property
    def snapshot(self) -> Snapshot:
        """What is on disk."""

    @property
    def status(self) -> dict[str, SourceStatus]:
        """How each configured source is, right now."""

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue in force."""

    @property
    def config(self) -> Config:
        """The configuration in force."""

    @property
    def ledger_path(self) -> Path:
        """Where the lists are read from."""

    @property
    def trouble(self) -> str:
        """Why the daemon is not ready; empty when it is."""


class Site:
    """The pages' view of a daemon."""

    def __init__(
        self,
        watched: Watched,
        *,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.watched = watched
        self._clock = clock
        self._monotonic = monotonic
        self._worker = ThreadPoolExecutor(1, "pages")
        self._templates = tornado.template.Loader(str(TEMPLATES), whitespace="oneline")
        self._overview: tuple[float, Snapshot, Overview] | None = None

    @property
    def reader(self) -> Reader:
        """Where lists are read."""
        return Reader(self.watched.ledger_path)

    def close(self) -> None:
        """Begin no more work."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    def work(self, task: Callable[[], T]) -> Awaitable[T]:
        """Do ``task`` in the pages' thread."""
        return asyncio.get_running_loop().run_in_executor(self._worker, task)

    def render(self, name: str, here: str = "", **values: Any) -> bytes:
        """Fill in a template; every value is escaped unless the template says otherwise."""
        return self._templates.load(name).generate(
            printable=readable, version=logwatch.__version__, words=words, steps=STEPS, iso=iso, here=here, **values
        )

    def overview(self) -> Overview:
        """Give the overview of now; one that is a second old will do while nothing was committed."""
        watched, snapshot = self.watched, self.watched.snapshot
        at = self._monotonic()
        if self._overview is not None:
            made, of, cached = self._overview
            if at - made < FRESH_SECONDS and of is snapshot:
                return cached
        made_now = self._make(watched, snapshot)
        self._overview = (at, snapshot, made_now)
        return made_now

    def _make(self, watched: Watched, snapshot: Snapshot) -> Overview:
        now, catalogue, reader = self._clock(), watched.catalogue, self.reader
        unreadable = ""
        try:
            minutes = reader.buckets(MINUTE, int(now - WIDTHS[MINUTE]))
            quarters = reader.buckets(QUARTER, int(now - WIDTHS[QUARTER]))
            files, shapes = reader.positions(), reader.shapes(SHAPES)
        except NotReadable as error:
            unreadable = str(error)
            minutes, quarters, files, shapes = [], [], [], []
        facts = Facts(now, catalogue, snapshot, watched.status, minutes, quarters, watched.trouble)
        charts = (
            chart("hour", "minute", MINUTE, now, minutes, catalogue),
            chart("day", "quarter of an hour", QUARTER, now, quarters, catalogue),
        )
        return overview(facts, config=watched.config, charts=charts, files=files, shapes=shapes, unreadable=unreadable)
