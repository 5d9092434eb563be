"""``/api/v1/``: the same facts for programs, as JSON, and downloads of the error log; docs/api.md promises the form."""

import asyncio
import contextlib
import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import tornado.iostream
import tornado.web

from logwatch import heap
from logwatch.catalogue import answered_by, explain, number_of
from logwatch.catalogue.explain import entry_as_dict
from logwatch.ledger.reader import Listed, NotReadable
from logwatch.moments import iso
from logwatch.privacy import is_hidden
from logwatch.web.query import MOST, Refused, of_class, of_dead_tokens, parse, place_text
from logwatch.web.server import DEADLINE_SECONDS
from logwatch.web.site import Site, SiteHandler

COLUMNS = (
    "at", "source", "provider", "platform", "code", "reason", "class", "title", "app", "user", "token", "shape",
    "webhook_reason", "webhook_title",
)  # fmt: skip
HIT_COLUMNS = ("user", "token", "source", "platform", "app", "code", "reason", "pushes", "first", "last")
CLEAN_UP_COLUMNS = ("user", "app", "platform", "code", "reason", "pushes", "first", "last")
HIDDEN = (
    'users are masked here, and no backend knows masked users: set privacy.identifiers = "plain", and reload; those'
    " whose pushes fail from then on are listed"
)
MOST_USERS = 100_000
DOWNLOADS = 4  # that are sent at a time: each holds its rows, 1.5 MB of failures or a whole list of users
RETRY_SECONDS = 10
SLOW_SECONDS = 60.0  # a download that takes longer gives way to the next one, if all places are taken
# At the beginning of a cell, or after what begins one if the separator is not the comma: a semicolon, a tab.
# East Asian spreadsheets take full-width signs for the usual ones.
_FORMULA = re.compile(r"((?:^|[;\t\r\n|])[\s\"']*)([=+\-@＝＋－＠])")  # noqa: RUF001  these are meant
_TELEPHONE = re.compile(r"\+\d+", re.ASCII)


class Api(SiteHandler):
    """Base of JSON answers, made in the pages' thread; 400 for a senseless question, 503 without a readable ledger."""

    async def answer(self, make: Callable[[], Any]) -> None:
        """Send what ``make`` returns, as JSON; a text is JSON already."""

        def made() -> bytes:
            with self.site.reader.together():
                value = make()
            return (value if isinstance(value, str) else _dumped(value)).encode(errors="replace")

        try:
            body = await self.work(made)
        except (Refused, NotReadable) as error:
            self.say(400 if isinstance(error, Refused) else 503, str(error))
            return
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.write(body)
        self.write(b"\n")

    def say(self, status_code: int, text: str) -> None:
        """Answer with a status and a text, as JSON too."""
        self.set_status(status_code)
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(_dumped({"error": text}).encode(errors="replace") + b"\n")


class NotFoundApi(Api):
    """Everything else below ``/api/``."""

    def get(self) -> None:
        """Answer with 404."""
        raise tornado.web.HTTPError(404)


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class StatusApi(Api):
    """``/api/v1/status``: findings, shares, course, sources."""

    async def get(self) -> None:
        """Answer with what the status page says."""
        await self.answer(lambda: self.site.overview().as_dict())


class IncidentsApi(Api):
    """``/api/v1/incidents``: what was wrong in the last 30 days, the newest first."""

    async def get(self) -> None:
        """Answer with all incidents that are kept."""
        prefix = self.prefix
        await self.answer(lambda: {"incidents": [each.as_dict(prefix) for each in self.site.overview().incidents]})


class CodesApi(Api):
    """``/api/v1/codes``: the catalogue in force, with how often each code came."""

    async def get(self) -> None:
        """Answer with every entry of the catalogue and every result."""

        def make() -> dict[str, Any]:
            results = self.site.overview().results
            return {
                "codes": [entry_as_dict(entry) for entry in self.site.watched.catalogue.entries],
                "results": [result.as_dict() for result in results],
            }

        await self.answer(make)


class CodeApi(Api):
    """``/api/v1/codes/912``: what ``explain 912 --format json`` prints."""

    async def get(self, number: str) -> None:
        """Answer with what one code means."""
        await self.answer(lambda: explain(self.site.watched.catalogue, int(number)).as_dict())


class FailuresApi(Api):
    """``/api/v1/failures``: a page of the error log, newest first."""

    async def get(self) -> None:
        """Answer with the failures that pass the filter, and where the next page begins."""
        await self.answer(self._make)
        await self.site.work(heap.release)

    def _make(self) -> str:
        query = parse(self.request.query_arguments, MOST, lambda: self.site.now)
        reader, wanted = self.site.reader, self.site.filter(query)
        found = reader.failures(wanted, query.limit + 1, query.before)
        listed = found[: query.limit]
        total, more = reader.count(wanted), place_text(listed[-1].place) if len(found) > query.limit else None
        rows = ",".join(_dumped(_failure(self.site, each)) for each in listed)  # a thousand objects take 3 MB
        return f'{{"total":{total},"next":{_dumped(more)},"failures":[{rows}]}}'


class Download(SiteHandler):
    """Base of downloads of what is on disk, sent page by page, so that neither side has to hold them whole."""

    async def send(self, name: str, parts: Iterator[str]) -> None:
        """Send ``parts`` as a file; 503 if too many are being sent, since a client that never reads holds memory."""
        sent, now = self.site.downloads, self.site.monotonic()
        if len(sent) >= DOWNLOADS and not self._given_way(now):
            self.set_header("Retry-After", str(RETRY_SECONDS))
            self.say(503, f"{DOWNLOADS} downloads are being sent: ask again when one of them has ended")
            return
        sent[self] = now
        try:
            await self._send(name, parts)
        finally:
            sent.pop(self, None)
            await self.site.work(heap.release)

    def _given_way(self, now: float) -> bool:
        """End the oldest download if it is slow, and return whether it was: slow clients lose their place."""
        oldest, began = next(iter(self.site.downloads.items()))
        if now - began < SLOW_SECONDS:
            return False
        del self.site.downloads[oldest]
        oldest.request.connection.close()  # type: ignore[union-attr]  # it is HTTP/1
        return True

    async def _send(self, name: str, parts: Iterator[str]) -> None:
        """Send a file: a fault before the first byte becomes a status; a later one, or a stalled client, ends it."""
        try:
            # the head and the first page: whatever is wrong with the question shows before anything is sent
            first = await self.work(lambda: next(parts, "") + next(parts, ""))
        except (Refused, NotReadable) as error:
            self.say(400 if isinstance(error, Refused) else 503, str(error))
            return
        kind = "text/csv" if name.endswith(".csv") else "application/json"
        self.set_header("Content-Type", f"{kind}; charset=utf-8")
        self.set_header("Content-Disposition", f'attachment; filename="{name}"')
        part = first
        # a visitor who leaves in the middle is no fault
        with contextlib.suppress(tornado.iostream.StreamClosedError):
            while part:
                self.write(part)
                try:
                    await asyncio.wait_for(self.flush(), DEADLINE_SECONDS)
                except TimeoutError:
                    self.request.connection.close()  # type: ignore[union-attr]  # it is HTTP/1
                    break
                part = await self.work(lambda: next(parts, ""))


class Failures(Download):
    """``/downloads/failures.csv`` and ``.json``: everything in the error log that passes the filter."""

    async def get(self, form: str) -> None:
        """Send the failures as CSV or JSON."""
        rows = self._rows()
        await self.send(f"push-failures.{form}", _csv(COLUMNS, rows) if form == "csv" else _json("failures", rows))

    def _rows(self) -> Iterator[list[dict[str, Any]]]:
        wanted = self.site.filter(parse(self.request.query_arguments, clock=lambda: self.site.now))
        for page in self.site.reader.every(wanted):
            yield [_failure(self.site, each) for each in page]


class Users(Download):
    """``/downloads/dead-tokens.csv`` and ``rate-limited.csv``: the users affected, masked as configured.

    ``clean-up.csv``: the users whose tokens are dead, by addresses that a backend knows; 403 where these are masked.
    """

    async def get(self, which: str) -> None:
        """Send one of the lists as CSV."""
        if which == "clean-up" and self.site.watched.config.privacy.identifiers != "plain":
            self.say(403, HIDDEN)
            return
        columns = CLEAN_UP_COLUMNS if which == "clean-up" else HIT_COLUMNS
        await self.send(f"{which}.csv", _csv(columns, self._rows(which)))

    def _rows(self, which: str) -> Iterator[list[dict[str, Any]]]:
        catalogue, present = self.site.watched.catalogue, self.site.reader.kinds()
        limited = which == "rate-limited"
        kinds = of_class(catalogue, present, "rate_limited") if limited else of_dead_tokens(catalogue, present)
        hits = self.site.reader.users(kinds, MOST_USERS)
        if which == "clean-up":  # filtered before paging: a page without a row would be taken for the end
            hits = [hit for hit in hits if hit.user and not is_hidden(hit.user)]
        for start in range(0, len(hits), 500):
            yield [
                hit._asdict() | {"first": iso(hit.first), "last": iso(hit.last)} for hit in hits[start : start + 500]
            ]


def _failure(site: Site, listed: Listed) -> dict[str, Any]:
    failure = listed.failure
    catalogue, code = site.watched.catalogue, number_of(failure.code)
    entry = catalogue.entry(failure.platform, failure.code, failure.reason)
    heard = catalogue.entry(failure.heard_platform, failure.code, failure.heard).title if failure.heard else ""
    return {
        "at": iso(failure.at),
        "source": failure.source,
        "provider": answered_by(failure.platform, code),
        "platform": failure.platform,
        "code": code,
        "reason": failure.reason,
        "class": entry.class_,
        "title": entry.title,
        "app": failure.app,
        "user": failure.user,
        "token": failure.token,
        "shape": failure.shape,
        "webhook_reason": failure.heard,
        "webhook_title": heard,
    }


def _csv(columns: Iterable[str], pages: Iterable[list[dict[str, Any]]]) -> Iterator[str]:
    """Yield CSV by RFC 4180; always with a header, so that an empty list is a file too."""
    names = list(columns)
    yield ",".join(names) + "\r\n"
    for page in pages:
        out = io.StringIO()
        csv.writer(out).writerows([_cell(row[name]) for name in names] for row in page)
        yield out.getvalue()


def _cell(value: object) -> str:
    """Return a cell that no spreadsheet takes for a formula (OWASP, CSV injection); telephone numbers are unchanged."""
    text = "" if value is None else str(value)
    return text if _TELEPHONE.fullmatch(text) else _FORMULA.sub(r"\1'\2", text)


def _json(name: str, pages: Iterable[list[dict[str, Any]]]) -> Iterator[str]:
    """Yield a JSON object with one list in it, an element a line."""
    yield f'{{"{name}":['
    comma = "\n"
    for page in pages:
        yield comma + ",\n".join(json.dumps(row, ensure_ascii=False) for row in page)
        comma = ",\n"
    yield "\n]}\n"
