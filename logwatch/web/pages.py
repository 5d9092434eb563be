"""The pages: status with the push error log, the code pages, and the list of codes."""

import gzip
from collections import Counter
from collections.abc import Callable

from logwatch.catalogue import PLATFORMS, Entry, explain, number_of
from logwatch.diagnosis.blind import UNREAD
from logwatch.ledger.reader import Filter, NotReadable
from logwatch.sight import LEAST_SHARE
from logwatch.web.answer import etag_of, takes_gzip, under
from logwatch.web.charts import SPANS, charts, said, span_for
from logwatch.web.columns import numbers, values
from logwatch.web.groups import LOOKED_AT, Group, grouped
from logwatch.web.overview import Overview
from logwatch.web.query import CLASSES, NAMES, Query, Refused, parse
from logwatch.web.site import SentPage, Site, SiteHandler


class Page(SiteHandler):
    """Base of the pages: made in the pages' thread, sent as HTML."""

    shared = True  # it shows nothing but what is in the overview and the ledger

    async def answer(self, make: Callable[[], tuple[int, bytes]]) -> None:
        """Send the status and body that ``make`` returns; 304 to a visitor who has it already.

        A page that many look at is made once for all of them, until there is something new to show.
        """
        packed = takes_gzip(self.request.headers.get("Accept-Encoding", ""))
        known, prefix, address = self.request.headers.get("If-None-Match", ""), self.prefix, self.request.uri or ""

        def written() -> SentPage:
            status, body = make()
            body = under(prefix, body)
            return SentPage(status, gzip.compress(body, compresslevel=1, mtime=0) if packed else body, etag_of(body))

        def made() -> SentPage:
            with self.site.reader.together():
                page = self.site.shared((address, prefix, packed), written) if self.shared else written()
            if page.status == 200 and page.etag in known:  # noqa: PLR2004  OK
                return page._replace(status=304, body=b"")
            return page

        status, body, etag = await self.work(made)
        self.set_status(status)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Vary", "Accept-Encoding")
        self.set_header("Etag", etag)  # otherwise tornado would send one of its own, which changes every second
        if status == 304:  # noqa: PLR2004  Not Modified
            return
        if packed:
            self.set_header("Content-Encoding", "gzip")
        self.write(body)


class Status(Page):
    """``/``: what is wrong, since when, for whom, and what to do."""

    async def get(self) -> None:
        """Answer with the status page, filtered as asked."""
        await self.answer(self._make)

    def _make(self) -> tuple[int, bytes]:
        site, catalogue = self.site, self.site.watched.catalogue
        seen = site.overview()
        refused = ""
        try:
            asked = {name: texts for name, texts in self.request.query_arguments.items() if name in NAMES}
            query = parse(asked, clock=lambda: site.now)  # links to a page come with all kinds of others (utm_source)
        except Refused as error:
            query, refused = Query(), str(error)
        log = _Log(site, query, seen.lists.kept)
        return 400 if refused else 200, site.render(
            "status.html",
            "status",
            seen=seen,
            log=log,
            course=_Charts(seen, query.span),
            spans=SPANS,
            said=said,
            values=values,
            numbers=numbers,
            query=query,
            refused=refused,
            entry_of=lambda f: catalogue.entry(f.platform, f.code, f.reason),
            heard_of=lambda f: catalogue.entry(f.heard_platform, f.code, f.heard),
            classes=tuple(name for name in CLASSES if name != "delivered"),
            platforms=PLATFORMS,
            identifiers=seen.config.privacy.identifiers,
        )


class _Log:
    """The page of the error log that was asked for; ``trouble`` says why there is none."""

    def __init__(self, site: Site, query: Query, kept: int) -> None:
        self.groups: list[Group] = []
        self.total = 0
        self.older = ""
        self.trouble = ""
        self.user = ""  # who was searched for, if failures of theirs are kept
        reader = site.reader
        try:
            wanted = site.filter(query)
            found = grouped(reader.each_failure(wanted, LOOKED_AT + 1, query.before), query.limit)
            self.groups = found.groups
            whole = not found.more and query.before is None  # then no second search is needed to count
            self.total = found.count if whole else reader.count(wanted) if query.narrows else kept
            if found.more:
                self.older = query.link(found.last)
            if wanted.users and reader.failures(Filter(users=wanted.users), 1):
                self.user = query.text
        except NotReadable as error:
            self.trouble = str(error)


class _Charts:
    """The charts that were asked for."""

    def __init__(self, seen: Overview, asked: str) -> None:
        worst = seen.findings[0]
        began = worst.since if worst.severity in ("critical", "warning") else None
        self.span = span_for(asked, seen.now, began)
        self.drawn = charts(seen.tally(self.span), self.span, seen.now, [each.incident for each in seen.incidents])


class Code(Page):
    """``/codes/912``: what a code means, in the words of ``explain``."""

    async def get(self, number: str) -> None:
        """Answer with the page of one code, listed or not: a user's page links to codes that only the logs have."""
        await self.answer(lambda: self._make(int(number)))

    def _make(self, number: int) -> tuple[int, bytes]:
        seen = self.site.overview()
        results = [result for result in seen.results if result.code == str(number)]
        explanation = explain(self.site.watched.catalogue, number)
        return 200, self.site.render("code.html", "codes", explanation=explanation, results=results, seen=seen)


class UnreadLines(Page):
    """``/unread``: the push lines that cannot be read, how they look, and the command that mends it."""

    async def get(self) -> None:
        """Answer with the page of unread lines."""
        await self.answer(self._make)

    def _make(self) -> tuple[int, bytes]:
        seen = self.site.overview()
        findings = {f.key.removeprefix("unparsed:"): f for f in seen.findings if f.key.startswith("unparsed:")}
        return 200, self.site.render(
            "unread.html", "unread", seen=seen, findings=findings, causes=UNREAD, least_share=LEAST_SHARE
        )


class Codes(Page):
    """``/codes``: every code that the catalogue knows, and those that came without being in it."""

    async def get(self) -> None:
        """Answer with the list of codes."""
        await self.answer(self._make)

    def _make(self) -> tuple[int, bytes]:
        catalogue, seen = self.site.watched.catalogue, self.site.overview()
        listed = [(entry, sum(r.day for r in seen.results if r.entry is entry)) for entry in catalogue.entries]
        days: Counter[int] = Counter()
        entries: dict[int, Entry] = {}
        for result in seen.results:
            number = number_of(result.code)
            if number is not None and not catalogue.lists(number):
                days[number] += result.day
                entries[number] = result.entry
        other = [(number, entry, days[number]) for number, entry in entries.items()]
        return 200, self.site.render("codes.html", "codes", listed=listed, other=other)
