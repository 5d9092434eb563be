"""What all pages share: the daemon they show, the thread that does their work, and one fresh overview for many.

Queries of the ledger and rendering run in a thread of their own: neither the reading loop nor a scrape waits for a
page. There is one such thread, so that a crowd of visitors costs no more than one visitor at a time.
"""

import asyncio
import functools
import re
import shlex
import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlencode

import tornado.escape
import tornado.template
import tornado.web

import logwatch
from logwatch import words
from logwatch.catalogue.entries import COMMANDS, STEPS
from logwatch.config import Config
from logwatch.diagnosis.facts import Finding, plain
from logwatch.diagnosis.gather import SHAPES, Examined, gather, without_ledger
from logwatch.ledger.incidents import KEPT_SECONDS, Incident
from logwatch.ledger.reader import Filter, NotReadable, Reader, Timelines
from logwatch.model import COMPANIES, SYSTEMS
from logwatch.moments import iso
from logwatch.privacy import readable
from logwatch.report.recent import LogEnds
from logwatch.story import stored_forms
from logwatch.web.incidents import hit
from logwatch.web.overview import HitUsers, Lists, Overview, overview, settings
from logwatch.web.query import Query, of_class, of_dead_tokens
from logwatch.web.server import Handler
from logwatch.words import DAY, Moments

TEMPLATES = Path(__file__).parent / "templates"
PAGES = 8  # that are kept for other visitors
PARTS = 512  # of pages, that are kept as long as what they show is the same: a page has up to 200
FRESH_SECONDS = 1.0  # for which one overview serves every visitor
USERS_FRESH_SECONDS = 10.0  # the same for the lists of users
HIT = 10  # users of each list
T = TypeVar("T")
_KEPT_TOGETHER = re.compile("(?<=[0-9]) (?=%)|(?<=\\bStep) (?=[0-9])")
_CLAUSE = re.compile(r"[:;,] |\. ")
_TAB_CHARACTERS = 60


class SentPage(NamedTuple):
    """A page as it is sent."""

    status: int
    body: bytes
    etag: str


class SiteHandler(Handler):
    """Base of handlers whose work is done in the pages' thread, and cancelled if the visitor leaves before."""

    def initialize(self, site: "Site") -> None:
        """Keep the site that the route names."""
        self.site = site
        self._asked: asyncio.Future[Any] | None = None

    async def work(self, task: Callable[[], T]) -> T:
        """Run ``task`` in the pages' thread; not at all if nobody waits for it any more."""
        asked = self.site.work(task)
        self._asked = asked
        try:
            return await asked
        except asyncio.CancelledError:
            raise tornado.web.Finish from None

    def on_connection_close(self) -> None:
        """Cancel work that waits for its turn: visitors who have left must not keep others waiting."""
        if self._asked is not None:
            self._asked.cancel()


class Site:
    """The pages' view of a daemon."""

    def __init__(
        self,
        watched: Examined,
        *,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.watched = watched
        self._clock = clock
        self.monotonic = monotonic
        self._worker = ThreadPoolExecutor(1, "pages")
        self._templates = tornado.template.Loader(str(TEMPLATES), whitespace="oneline")
        self._kept = lru_cache(PARTS)(self._filled)
        self._overview: tuple[float, Overview] | None = None
        self._written: dict[Hashable, SentPage] = {}
        self._written_of: tuple[object, object] = (None, None)  # overview and snapshot
        self._incidents: tuple[object, list[Incident]] | None = None
        self._users: tuple[float, tuple[HitUsers, HitUsers]] | None = None
        self.downloads: dict[SiteHandler, float] = {}  # that are being sent, and since when by the monotonic clock
        self.log_ends: tuple[Config, LogEnds] | None = None  # made when the first user is looked up

    @functools.cached_property
    def reader(self) -> Reader:
        """The reader of lists in the ledger, for the pages' thread."""
        return Reader(self.watched.ledger_path)

    @functools.cached_property
    def _timelines(self) -> Timelines:
        return Timelines(self.reader)

    def filter(self, query: Query) -> Filter:
        """Return the ledger's filter for a query; NotReadable if the ledger cannot be read."""
        present = self.reader.kinds() if query.class_ else ()
        users = stored_forms(self.reader.key(), query.text) if query.text else ()
        return query.filter(self.watched.catalogue, present, users)

    @property
    def now(self) -> float:
        """The moment by the pages' clock, seconds since the epoch."""
        return self._clock()

    def work(self, task: Callable[[], T]) -> asyncio.Future[T]:
        """Run ``task`` in the pages' thread."""
        return asyncio.get_running_loop().run_in_executor(self._worker, task)

    def render(self, name: str, here: str = "", **values: Any) -> bytes:
        """Fill in a template; every value is escaped unless the template says otherwise.

        A template includes its parts by ``part``: compiled one by one, they take a third of the memory of one large
        one. By ``kept`` it includes a part that depends on its arguments alone, and is rendered only once as long as
        they are the same: in it ``today``, the start of the day in UTC, stands for the present.
        """
        return self._filled(
            name,
            here=here,
            part=lambda name, **more: self.render(name, here, **values, **more),
            kept=self._kept,
            today=self._clock() // DAY * DAY,
            **values,
        )

    def _filled(self, name: str, **values: Any) -> bytes:
        return self._templates.load(name).generate(
            printable=readable,
            as_html=as_html,
            tab_title=tab_title,
            address_query=lambda address: urlencode({"address": address}),
            plain=plain,
            quote=shlex.quote,
            version=logwatch.__version__,
            words=words,
            steps=STEPS,
            systems=SYSTEMS,
            companies=COMPANIES,
            commands=COMMANDS,
            settings=settings,
            whom=hit,
            iso=iso,
            **values,
        )

    def shared(self, address: Hashable, write: Callable[[], SentPage]) -> SentPage:
        """Return the page at an address, which all visitors share as long as overview and snapshot are the same."""
        of = (self.overview(), self.watched.snapshot)
        if any(new is not old for new, old in zip(of, self._written_of, strict=True)):
            self._written, self._written_of = {}, of
        if address not in self._written:
            if len(self._written) >= PAGES:
                self._written.clear()
            self._written[address] = write()
        return self._written[address]

    def overview(self) -> Overview:
        """Return the current overview, or one that is less than a second old."""
        if self._overview is None or self.monotonic() - self._overview[0] >= FRESH_SECONDS:
            made = self._make()
            self._overview = (self.monotonic(), made)  # however long that took, one page has one overview
        return self._overview[1]

    def _make(self) -> Overview:
        watched, reader, now = self.watched, self.reader, self._clock()
        try:
            facts, files = gather(watched, reader, now, self._timelines)
            limited, dead = self._hit_users(reader, now)
            lists = Lists(
                incidents=self._recorded(reader, now),
                files=files,
                rotations=reader.rotations(),
                event_shapes=reader.event_shapes(SHAPES),
                kept=sum(reader.kinds().values()),
                limited=limited,
                dead=dead,
            )
        except NotReadable as error:
            facts, lists = without_ledger(watched, now), Lists(unreadable=str(error))
        return overview(facts, watched.config, lists)

    def _recorded(self, reader: Reader, now: float) -> list[Incident]:
        """Return the incidents of the last 30 days, read again only if a commit has changed one."""
        of = (reader.identity, self.watched.snapshot.recorded)  # before they are read, so that no change is missed
        if self._incidents is None or self._incidents[0] != of:
            self._incidents = (of, reader.incidents(0.0))  # all of them: the clock may be set back before one changes
        return [each for each in self._incidents[1] if each.ended is None or each.ended >= now - KEPT_SECONDS]

    def _hit_users(self, reader: Reader, now: float) -> tuple[HitUsers, HitUsers]:
        """Return the users hit most often by rate limits, and by dead tokens; costly, so they may be seconds old."""
        if self._users is None or not 0 <= now - self._users[0] < USERS_FRESH_SECONDS:
            catalogue, present = self.watched.catalogue, reader.kinds()
            kinds = of_class(catalogue, present, "rate_limited"), of_dead_tokens(catalogue, present)
            limited, dead = (tuple(reader.users(each, HIT)) for each in kinds)
            self._users = (now, (limited, dead))
        return self._users[1]


def tab_title(findings: Sequence[Finding]) -> str:
    """Return the title of a browser tab, short enough for many tabs: the number of faults, and the heaviest."""
    faults = [finding for finding in findings if finding.severity in ("critical", "warning")]
    if not faults:
        return "OK - mesibo push" if any(f.severity == "good" for f in findings) else "mesibo push"
    cause = _CLAUSE.split(plain(faults[0].title))[0].rstrip(".")
    if len(cause) > _TAB_CHARACTERS:
        cause = cause[:_TAB_CHARACTERS].rpartition(" ")[0] + "\N{HORIZONTAL ELLIPSIS}"
    return f"({len(faults)}) {cause} - mesibo push"


def as_html(text: str, moments: Moments = ()) -> str:
    """Return a sentence as HTML: escaped, backticks as ``code``, ``moments`` as ``time``, "5 %" kept on one line."""
    parts = tornado.escape.xhtml_escape(text).split("`")
    html = "".join(
        f"<code>{part}</code>"  # to be copied as it is
        if i % 2 and i < len(parts) - 1
        else _KEPT_TOGETHER.sub("\N{NO-BREAK SPACE}", part)
        for i, part in enumerate(parts)
    )
    at = dict(moments)
    if not at:
        return html
    texts = re.compile("|".join(re.escape(each) for each in sorted(at, key=len, reverse=True)))
    return texts.sub(lambda found: f'<time datetime="{iso(at[found[0]])}">{found[0]}</time>', html)
