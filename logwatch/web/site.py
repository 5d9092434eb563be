"""What all pages share: the daemon they look at, the thread that does their work, and one fresh overview for many.

Questions to the ledger and rendering run in a thread of their own: neither the reading loop nor a scrape waits for a
page. There is one such thread, so that a crowd of visitors costs no more than one visitor at a time.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol, TypeVar

import tornado.escape
import tornado.template

import logwatch
from logwatch import export
from logwatch.catalogue.entries import COMMANDS, STEPS
from logwatch.catalogue.summary import iso
from logwatch.config import Config
from logwatch.diagnosis import Facts, words
from logwatch.diagnosis.facts import Place, added, plain
from logwatch.errors import Problem
from logwatch.ledger import MINUTE, QUARTER, WIDTHS, Bucket, MinuteRow, NotReadable, Reader, ResultRow
from logwatch.mesibo_conf import push_logging
from logwatch.model import Position, Seen
from logwatch.privacy import readable
from logwatch.web.chart import chart
from logwatch.web.overview import Overview, overview
from logwatch.web.query import of_class, of_dead_tokens

TEMPLATES = Path(__file__).parent / "templates"
FRESH_SECONDS = 1.0  # for which one overview serves every visitor
SHAPES = 20
HIT = 10  # users of each list
T = TypeVar("T")


class Watched(export.Watched, Protocol):
    """What the pages look at beyond what is exported: references to immutable things that the daemon swaps."""

    @property
    def config(self) -> Config:
        """The configuration in force."""

    @property
    def ledger_path(self) -> Path:
        """Where the lists are read from."""

    @property
    def trouble(self) -> str:
        """Why the daemon is not ready; empty when it is."""

    @property
    def refused(self) -> tuple[Problem, ...]:
        """Why the configuration on disk is not the one in force; empty when it is."""


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
        self._overview: tuple[float, Overview] | None = None

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
            printable=readable,
            marked=marked,
            plain=plain,
            version=logwatch.__version__,
            words=words,
            steps=STEPS,
            commands=COMMANDS,
            iso=iso,
            here=here,
            **values,
        )

    def overview(self) -> Overview:
        """Return the overview of now; one that is less than a second old will do."""
        at = self._monotonic()
        if self._overview is None or at - self._overview[0] >= FRESH_SECONDS:
            self._overview = (at, self._make())
        return self._overview[1]

    def _make(self) -> Overview:
        watched, reader, now = self.watched, self.reader, self._clock()
        catalogue = watched.catalogue
        minutes: list[tuple[Bucket, Seen]] = []
        quarters: list[tuple[Bucket, Seen]] = []
        lists: dict[str, Any] = {}
        heard: dict[tuple[ResultRow, str, str], int] = {}
        told: dict[MinuteRow, int] = {}
        try:
            minutes = reader.buckets(MINUTE, int(now - WIDTHS[MINUTE]))
            quarters = reader.buckets(QUARTER, int(now - WIDTHS[QUARTER]))
            present = reader.kinds()
            lists = {
                "files": reader.positions(),
                "rotations": reader.rotations(),
                "shapes": reader.shapes(SHAPES),
                "event_shapes": reader.event_shapes(SHAPES),
                "kept": sum(present.values()),
                "limited": reader.users(of_class(catalogue, present, "rate_limited"), HIT),
                "dead": reader.users(of_dead_tokens(catalogue, present), HIT),
            }
            heard, told = reader.heard(now - WIDTHS[MINUTE]), reader.minutes(now - WIDTHS[MINUTE])
        except NotReadable as error:
            lists["unreadable"] = str(error)
        files = lists.get("files", ())
        pushed = {row.source for row in added(minutes)}
        facts = Facts(
            now,
            catalogue,
            watched.snapshot,
            watched.status,
            minutes,
            quarters,
            watched.trouble,
            shapes=lists.get("shapes", ()),
            places=places(watched.config, files, pushed),
            refused=watched.refused,
            credentials=watched.credentials,
            heard=heard,
            told=told,
        )
        charts = (
            chart("hour", "minute", MINUTE, now, minutes, catalogue),
            chart("day", "quarter of an hour", QUARTER, now, quarters, catalogue),
        )
        return overview(facts, config=watched.config, charts=charts, **lists)


def places(config: Config, files: Iterable[Position], pushed: Collection[str]) -> dict[str, Place]:
    """Return where each source's logs are; of one that has not ``pushed``, also what its mesibo.conf says."""
    found: dict[str, list[str]] = {}
    for position in files:
        if position.state == "live":
            found.setdefault(position.source, []).append(readable(position.path))
    return {
        source.name: Place(
            tuple(found.get(source.name, source.paths)),
            source.grammar,
            next(iter(config.grammars.directories), "."),
            **({} if source.name in pushed else {"push": push_logging(source)}),
        )
        for source in config.source
    }


def marked(text: str) -> str:
    """Return a sentence as HTML: escaped, and what stands in backticks as code."""
    parts = tornado.escape.xhtml_escape(text).split("`")
    return "".join(f"<code>{part}</code>" if i % 2 and i < len(parts) - 1 else part for i, part in enumerate(parts))
