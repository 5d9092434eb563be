"""Parse what a visitor asks the push error log for: a query string becomes a filter and a page, or a reason why not."""

import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, get_args
from urllib.parse import urlencode

from logwatch.catalogue import PLATFORMS, Catalogue
from logwatch.catalogue.entries import Class
from logwatch.errors import did_you_mean
from logwatch.ledger.keys import ResultKind
from logwatch.ledger.reader import Filter, Place
from logwatch.moments import EXAMPLES, moment
from logwatch.privacy import readable
from logwatch.web.charts import SPANS

CLASSES: tuple[str, ...] = get_args(Class)

_NARROWING = {
    name.rstrip("_"): name for name in ("class_", "code", "source", "platform", "reason", "text", "from_", "to")
}
"""Parameters that narrow the log, and the fields of a ``Query`` that hold them."""
NAMES = (*_NARROWING, "limit", "before", "span")
PAGE = 25
MOST = 1000  # failures of one API answer
_LONGEST = 128  # characters of a value
_CODE = re.compile(r"-?\d{1,6}", re.ASCII)
_PLACE = re.compile(r"(-?\d{1,12}(?:\.\d{1,7})?),(\d{1,18})", re.ASCII)


class Refused(ValueError):  # noqa: N818  a question, not a fault
    """A question that cannot be answered as it was put; the text says why."""


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked for, as text for the form and links."""

    class_: str = ""
    code: str = ""
    source: str = ""
    platform: str = ""
    reason: str = ""
    text: str = ""
    from_: str = ""
    to: str = ""
    span: str = ""  # of the charts beside the log: it narrows nothing, and links keep it
    since: float | None = None  # what these two mean, seconds since the epoch
    until: float | None = None
    limit: int = PAGE
    before: Place | None = None

    @property
    def narrows(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.fields())

    def fields(self) -> dict[str, str]:
        """Return the values that narrow the log, by their names in the query string."""
        return {name: value for name, field in _NARROWING.items() if (value := getattr(self, field))}

    def link(self, before: Place | None = None) -> str:
        """Return the query string of the page that begins after ``before``, or of the first one."""
        fields = self.fields() | ({"span": self.span} if self.span else {})
        return urlencode(fields | ({"before": place_text(before)} if before else {}))

    def for_span(self, span: str) -> str:
        """Return the query string of the same failures with charts of another span."""
        return replace(self, span=span).link()

    def filter(self, catalogue: Catalogue, present: Iterable[ResultKind], users: tuple[str, ...] = ()) -> Filter:
        """Return a filter for the ledger, which does not know classes: ``present`` are the kinds of failures it has.

        ``users`` are the forms in which the text is stored, if it is a user's address.
        """
        return Filter(
            self.source,
            self.platform,
            self.code,
            self.reason,
            self.text,
            kinds=of_class(catalogue, present, self.class_) if self.class_ else None,
            since=self.since,
            until=self.until,
            users=users or None,
        )


def of_class(catalogue: Catalogue, present: Iterable[ResultKind], class_: str) -> tuple[ResultKind, ...]:
    """Return those kinds of failures that are of a class."""
    return tuple(kind for kind in present if catalogue.entry(*kind).class_ == class_)


def of_dead_tokens(catalogue: Catalogue, present: Iterable[ResultKind]) -> tuple[ResultKind, ...]:
    """Return those kinds of failures by which the provider itself says that the token is dead."""
    return tuple(kind for kind in present if catalogue.entry(*kind).token_dead)


def parse(arguments: Mapping[str, list[bytes]], most: int = PAGE, clock: Callable[[], float] = time.time) -> Query:
    """Parse a query string's arguments; Refused names the first that makes no sense or is unknown.

    A misspelt filter would list every failure, including those of users whose tokens are alive.
    """
    for name in (name for name in arguments if name not in NAMES):
        known = did_you_mean(name, NAMES) or f"known here: {', '.join(NAMES)}"
        raise Refused(f"{readable(name)[:_LONGEST]} is no parameter: {known}")

    def value(name: str) -> str:
        values = arguments.get(name) or [b""]
        text = values[-1].decode(errors="replace").strip()
        if len(text) > _LONGEST:
            raise Refused(f"{name} is longer than {_LONGEST} characters")
        return readable(text)

    asked: dict[str, Any] = {field: value(name) for name, field in _NARROWING.items()}
    query = Query(
        **asked,
        span=span if (span := value("span")) in SPANS else "",
        since=_moment("from", asked["from_"], clock),
        until=_moment("to", asked["to"], clock),
        limit=_limit(value("limit"), most),
        before=_place(value("before")),
    )
    if query.class_ and query.class_ not in CLASSES:
        raise Refused(f"class is one of {', '.join(CLASSES)}")
    if query.code:
        if not _CODE.fullmatch(query.code):
            raise Refused("code is a number of at most six digits; those that are counted as other have their own here")
        query = replace(query, code=str(int(query.code)))  # as it is counted: a 007 of a log is 7
    if query.platform and query.platform not in PLATFORMS:
        raise Refused(f"platform is one of {', '.join(PLATFORMS)}")
    if query.since is not None and query.until is not None and query.since >= query.until:
        raise Refused("from is not before to: no failure can be between them")
    return query


def _moment(name: str, text: str, clock: Callable[[], float]) -> float | None:
    try:
        return moment(text, clock) if text else None
    except (ValueError, OverflowError):
        raise Refused(f"{name} is a time in UTC, such as {EXAMPLES}") from None


def _limit(text: str, most: int) -> int:
    if not text:
        return PAGE
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
        raise Refused(f"limit is a number from 1 to {most}")
    return int(text)


def _place(text: str) -> Place | None:
    if not text:
        return None
    found = _PLACE.fullmatch(text)
    if not found:
        raise Refused("before is `next` of the previous answer")
    return Place(float(found[1]), int(found[2]))


def place_text(place: Place) -> str:
    """Format a place in the list of failures; parsing it gives the same place."""
    return f"{place.at!r},{place.id}"
