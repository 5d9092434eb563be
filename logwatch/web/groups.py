"""Group identical failures: a page of the error log has one row for each kind of trouble of each user."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from logwatch.ledger.reader import FailureRow, Place
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
        """Return an identifier that stays the same from page to page."""
        return f"{zlib.crc32(repr(_alike((0, *self.newest))).encode(errors='replace')):08x}"


@dataclass(frozen=True, slots=True)
class Grouped:
    """A page of the error log; the next one begins after ``last``, so that every failure is on one page."""

    groups: list[Group]
    last: Place | None  # of the last failure that is in a group; None without any
    more: bool  # whether there is a next page

    @property
    def count(self) -> int:
        """Return how many failures are on the page."""
        return sum(group.count for group in self.groups)


def grouped(rows: Iterable[FailureRow], most: int, looked_at: int = LOOKED_AT) -> Grouped:
    """Put failures, newest first, into at most ``most`` groups, reading at most ``looked_at`` of them."""
    groups: dict[FailureRow, Group] = {}
    last, more = None, False
    for number, row in enumerate(rows):
        key = _alike(row)
        group = groups.get(key)
        if number == looked_at or (group is None and len(groups) == most):
            more = True
            break
        if group is None:
            groups[key] = Group(StoredFailure(*row[1:]), 1, row[1])
        else:
            group.count += 1
            group.first = row[1]
        last = row
    return Grouped(list(groups.values()), Place(last[1], last[0]) if last else None, more)


def _alike(row: FailureRow) -> FailureRow:
    return (*row[2:9], *row[10:])  # without its number, its time and its shape
