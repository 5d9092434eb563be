"""Group identical failures: a page of the error log has one row for each kind of trouble of each user."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from logwatch.ledger.reader import Listed, Place
from logwatch.ledger.waiting import StoredFailure

LOOKED_AT = 500  # failures that are put together for one page of the error log


@dataclass(slots=True)
class Group:
    """Failures that differ in nothing but their time and the shape of their line."""

    newest: StoredFailure
    count: int
    first: float  # seconds since the epoch

    @property
    def id(self) -> str:
        """An identifier that stays the same from page to page."""
        return f"{zlib.crc32(repr(_alike(self.newest)).encode(errors='replace')):08x}"


@dataclass(frozen=True, slots=True)
class Grouped:
    """A page of the error log; the next one begins after ``last``, so that every failure is on one page."""

    groups: list[Group]
    last: Place | None  # of the last failure that is in a group; None without any
    more: bool  # whether there is a next page

    @property
    def count(self) -> int:
        """How many failures are on the page."""
        return sum(group.count for group in self.groups)


def grouped(listed: Iterable[Listed], most: int, looked_at: int = LOOKED_AT) -> Grouped:
    """Put failures, newest first, into at most ``most`` groups, reading at most ``looked_at`` of them."""
    groups: dict[StoredFailure, Group] = {}
    last, more = None, False
    for number, (place, failure) in enumerate(listed):
        key = _alike(failure)
        group = groups.get(key)
        if number == looked_at or (group is None and len(groups) == most):
            more = True
            break
        if group is None:
            groups[key] = Group(failure, 1, failure.at)
        else:
            group.count += 1
            group.first = failure.at
        last = place
    return Grouped(list(groups.values()), last, more)


def _alike(failure: StoredFailure) -> StoredFailure:
    return failure._replace(at=0.0, shape="")
