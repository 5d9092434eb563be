"""Puts identical failures together: a page of the error log has a row for each kind of trouble of each user."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from logwatch.ledger import StoredFailure
from logwatch.ledger.reader import Listed, Place


@dataclass(slots=True)
class Group:
    """Failures that differ in nothing but their time."""

    newest: StoredFailure
    count: int
    first: float  # seconds since the epoch

    @property
    def id(self) -> str:
        """Return the same for the same group at the next look."""
        return f"{zlib.crc32(repr(_alike(self.newest)).encode(errors='replace')):08x}"


def grouped(listed: Sequence[Listed], most: int) -> tuple[list[Group], Place | None]:
    """Put failures, newest first, into at most ``most`` groups, and return the place of the last one that is in one.

    The page behind goes on there, so that every failure is on one page; None where there is nothing.
    """
    groups: dict[tuple[object, ...], Group] = {}
    last = None
    for place, failure in listed:
        key = _alike(failure)
        group = groups.get(key)
        if group is None:
            if len(groups) == most:
                break
            groups[key] = Group(failure, 1, failure.at)
        else:
            group.count += 1
            group.first = failure.at
        last = place
    return list(groups.values()), last


def _alike(failure: StoredFailure) -> tuple[object, ...]:
    return (*failure[1:8], *failure[9:])  # without its time and its shape
