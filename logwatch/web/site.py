"""What all pages share: the daemon they look at, the thread that does their work, and one fresh overview for many.

Questions to the ledger and rendering run in a thread of their own: neither the reading loop nor a scrape waits for a
page. There is one such thread, so that a crowd of visitors costs no more than one visitor at a time.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

import tornado.escape
import tornado.template

import logwatch
from logwatch import export
from logwatch.catalogue.entries import COMMANDS, STEPS
from logwatch.catalogue.summary import iso
from logwatch.config import Config
from logwatch.diagnosis import Facts, Finding, words
from logwatch.diagnosis.facts import Place, added, plain
from logwatch.errors import Problem
from logwatch.ledger import MINUTE, QUARTER, WIDTHS, Bucket, Filter, MinuteRow, NotReadable, Reader, ResultRow
from logwatch.mesibo_conf import push_logging
from logwatch.model import Position, Seen
from logwatch.privacy import Privacy, readable
from logwatch.report.recent import LogEnds
from logwatch.story import stored_forms
from logwatch.web.chart import chart
from logwatch.web.overview import Overview, overview
from logwatch.web.query import Query, of_class, of_dead_tokens

TEMPLATES = Path(__file__).parent / "templates"
FRESH_SECONDS = 1.0  # for which one overview serves every visitor
SHAPES = 20
HIT = 10  # users of each list
T = TypeVar("T")
_CLAUSE = re.compile(r"[:;,] |\. ")
_TAB_CHARACTERS = 60


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
        self.log_ends: tuple[Config, LogEnds] | None = None  # made when the first user is looked for

    @property
    def reader(self) -> Reader:
        """Where lists are read."""
        return Reader(self.watched.ledger_path)

    def forms(self, address: str) -> tuple[str, ...]:
        """Return the forms in which the ledger may have a user's address, and none of nothing."""
        if not address:
            return ()
        return stored_forms(Privacy(self.watched.config.privacy.identifiers, self.reader.key()), address)

    def filter(self, query: Query) -> Filter:
        """Return a query for the ledger; NotReadable where that cannot be asked."""
        present = self.reader.kinds() if query.class_ else ()
        return query.filter(self.watched.catalogue, present, self.forms(query.text))

    @property
    def now(self) -> float:
        """The moment by the pages' clock, seconds since the epoch."""
        return self._clock()

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
            tab_title=tab_title,
            address_query=lambda address: urlencode({"address": address}),
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


def tab_title(findings: Sequence[Finding]) -> str:
    """Return what a tab is called, so that it says the fault among many tabs: how many there are, and the heaviest."""
    faults = [finding for finding in findings if finding.severity in ("critical", "warning")]
    if not faults:
        return "OK - mesibo push" if any(f.severity == "good" for f in findings) else "mesibo push"
    cause = _CLAUSE.split(plain(faults[0].title))[0].rstrip(".")
    if len(cause) > _TAB_CHARACTERS:
        cause = cause[:_TAB_CHARACTERS].rpartition(" ")[0] + "\N{HORIZONTAL ELLIPSIS}"
    return f"({len(faults)}) {cause} - mesibo push"


def marked(text: str) -> str:
    """Return a sentence as HTML: escaped, and what stands in backticks as code."""
    parts = tornado.escape.xhtml_escape(text).split("`")
    return "".join(f"<code>{part}</code>" if i % 2 and i < len(parts) - 1 else part for i, part in enumerate(parts))
