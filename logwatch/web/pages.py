"""The pages: status with the push error log, the code pages, and the list of codes."""

from collections.abc import Callable

from logwatch.catalogue import explain
from logwatch.diagnosis.course import entry_of
from logwatch.ledger import Hit, NotReadable
from logwatch.ledger.reader import Kind, Listed
from logwatch.web.overview import settings
from logwatch.web.query import CLASSES, PLATFORMS, Query, Refused, of_class, parse, row_of
from logwatch.web.server import Handler
from logwatch.web.site import Site

HIT = 10  # users of each list


class Page(Handler):
    """Base of the pages: made in the pages' thread, sent as HTML."""

    def initialize(self, site: Site) -> None:
        self.site = site

    async def answer(self, make: Callable[[], tuple[int, bytes]]) -> None:
        """Send what ``make`` gives: a status and a body."""
        status, body = await self.site.work(make)
        self.set_status(status)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.write(body)


class Status(Page):
    """``/``: what is wrong, since when, for whom, and what to do."""

    async def get(self) -> None:
        await self.answer(self._make)

    def _make(self) -> tuple[int, bytes]:
        site, catalogue = self.site, self.site.watched.catalogue
        seen = site.overview()
        refused = ""
        try:
            query = parse(self.request.query_arguments)
        except Refused as error:
            query, refused = Query(), str(error)
        log = _Log(site, query)
        return 400 if refused else 200, site.render(
            "status.html",
            "status",
            seen=seen,
            settings=settings(seen.config),
            log=log,
            query=query,
            refused=refused,
            entry_of=lambda f: entry_of(catalogue, row_of((f.platform, f.code, f.reason))),
            classes=[name for name in CLASSES if name != "delivered"],
            platforms=PLATFORMS,
            identifiers=seen.config.privacy.identifiers,
        )


class _Log:
    """The page of the error log that was asked for, and who is hit; ``trouble`` says why there is none."""

    def __init__(self, site: Site, query: Query) -> None:
        self.listed: list[Listed] = []
        self.total = self.kept = 0
        self.older = ""
        self.limited: list[Hit] = []
        self.dead: list[Hit] = []
        self.trouble = ""
        catalogue, reader = site.watched.catalogue, site.reader
        try:
            present = reader.kinds()
            self.kept = sum(present.values())
            wanted = query.filter(catalogue, present)
            found = reader.failures(wanted, query.limit + 1, query.before)
            self.listed = found[: query.limit]
            self.total = reader.count(wanted) if query.narrows else self.kept
            if len(found) > query.limit:
                self.older = query.link(self.listed[-1].place)
            self.limited = reader.users(limited_kinds(site, present), HIT)
            self.dead = reader.users(dead_kinds(site, present), HIT)
        except NotReadable as error:
            self.trouble = str(error)


def limited_kinds(site: Site, present: dict[Kind, int]) -> tuple[Kind, ...]:
    """Give the kinds of failures that are hits of a rate limit."""
    return of_class(site.watched.catalogue, present, lambda name: name == "rate_limited")


def dead_kinds(site: Site, present: dict[Kind, int]) -> tuple[Kind, ...]:
    """Give the kinds of failures of which the provider itself says that the token will not work again."""
    return tuple(kind for kind in present if entry_of(site.watched.catalogue, row_of(kind)).token_dead)


class Code(Page):
    """``/codes/912``: what a code means, in the words of ``explain``."""

    async def get(self, number: str) -> None:
        await self.answer(lambda: self._make(int(number)))

    def _make(self, number: int) -> tuple[int, bytes]:
        told = explain(self.site.watched.catalogue, number)
        results = [result for result in self.site.overview().results if result.code == str(number)]
        seen = self.site.overview()
        return 200 if told.listed or results else 404, self.site.render(
            "code.html", "codes", told=told, results=results, seen=seen
        )


class Codes(Page):
    """``/codes``: every code that the catalogue knows."""

    async def get(self) -> None:
        await self.answer(self._make)

    def _make(self) -> tuple[int, bytes]:
        return 200, self.site.render(
            "codes.html", "codes", entries=self.site.watched.catalogue.entries, seen=self.site.overview()
        )
