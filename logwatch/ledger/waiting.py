"""Failures in detail that wait for a commit, bounded in number and memory: the oldest are dropped first."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby
from operator import attrgetter
from sys import maxsize
from typing import Any, NamedTuple, Protocol

HELD_BYTES = 12 << 20
"""Limit on the bytes of lines held for failures not parsed yet: enough for ten thousand lines of 1,200 bytes."""


class StoredFailure(NamedTuple):
    """One push that was not accepted, its identifiers masked already."""

    at: float  # the line's own time where it has one, else when it was read; seconds since the epoch
    source: str
    platform: str
    code: str
    reason: str
    app: str
    user: str
    token: str
    shape: str = ""  # of its line; empty where an older program stored it
    heard: str = ""  # the provider's reason as a webhook reported it, where the line has none
    heard_platform: str = ""


Store = Callable[[Sequence[Any]], Iterable[StoredFailure]]


class Several(Protocol):
    """A sequence of failures as they were found."""

    def __len__(self) -> int: ...

    def __getitem__(self, some: slice, /) -> Any: ...


class _Waiting(NamedTuple):
    """Failures that came together, what parses them, and how many bytes of lines they hold until then."""

    failures: Several
    store: Store
    held_bytes: int


Withheld = deque[_Waiting]
"""Failures that were taken out of a batch, oldest first."""


@dataclass(slots=True)
class WaitingFailures:
    """Failures that one commit stores, or leaves to a later one; each that is never stored still takes up a number."""

    keep: int  # failures to remember at most: older ones would be deleted by the same commit
    fits: int = maxsize  # how many of these the disk has room for, as the ledger finds out whenever it writes
    carried: int = 0  # failures that the previous commit counted, and left to this one or a later one to store
    withheld: int = 0  # failures that this one counts, and leaves to a later one to store
    failed: int = 0  # failures that wait for the commit, perhaps more than it keeps
    _failures: Withheld = field(default_factory=deque)
    _held_bytes: int = 0
    _passed_over: int = 0  # failures that are counted but never stored one by one, being too many at once

    def __bool__(self) -> bool:
        """Return whether there are failures to store or to number, even if none of them is kept."""
        return bool(self._failures or self.carried)

    def add(self, failures: Several, store: Store = chain.from_iterable, held_bytes: int = 0) -> None:
        """Add failures, oldest first; only the commit parses and masks them, and only those that it keeps.

        ``store`` does that in one call for all consecutive failures that were added with it, which is faster.
        Until then they hold ``held_bytes`` of lines; if that would exceed ``HELD_BYTES``, these are parsed at once.
        """
        while self._failures and self.failed + len(failures) - len(self._failures[0].failures) >= self.keep:
            beyond = self._failures.popleft()
            self.failed -= len(beyond.failures)
            self._held_bytes -= beyond.held_bytes
            self._passed_over += len(beyond.failures)
        if failures and held_bytes and self._held_bytes + held_bytes > HELD_BYTES:
            failures, store, held_bytes = list(store([failures])), chain.from_iterable, 0
        if failures:
            self._failures.append(_Waiting(failures, store, held_bytes))
            self.failed += len(failures)
            self._held_bytes += held_bytes

    def pass_over(self, amount: int) -> None:
        """Record failures that are counted but not stored: each takes up a number, so that a gap shows them missing."""
        self._passed_over += amount

    @property
    def wanted(self) -> int:
        """How many failures the commit would store on a disk with room: those that withheld ones will not push out."""
        return min(self.failed, max(0, self.keep - self.withheld))

    @property
    def to_store(self) -> int:
        """How many failures the commit stores one by one."""
        return min(self.wanted, self.fits)

    @property
    def passed_over(self) -> int:
        """How many failures of this batch are not among ``stored()``."""
        return self._passed_over + self.failed - self.to_store

    def withhold(self, most: int) -> Withheld:
        """Take failures, but no counts, out for a later batch, except for the oldest, of which at least ``most`` stay.

        Failures that came together stay together.
        """
        kept: Withheld = deque()
        while self._failures and self.failed - len(self._failures[-1].failures) >= most:
            kept.appendleft(self._failures.pop())
            self.failed -= len(kept[0].failures)
            self._held_bytes -= kept[0].held_bytes
            self.withheld += len(kept[0].failures)
        return kept

    def take_over(self, kept: Withheld) -> None:
        """Take back failures that were withheld from this batch or the previous one, newer than all in this one."""
        self._failures.extend(kept)
        self.withheld = 0
        self.failed += sum(len(each.failures) for each in kept)
        self._held_bytes += sum(each.held_bytes for each in kept)

    def stored(self) -> Iterator[StoredFailure]:
        """Yield the newest failures, oldest first: as many as are kept and the disk has room for."""
        beyond = self.failed - self.to_store
        for store, together in groupby(self._failures, attrgetter("store")):
            some = []
            for each in together:
                if beyond < len(each.failures):
                    some.append(each.failures[beyond:] if beyond > 0 else each.failures)
                beyond -= len(each.failures)
            if some:
                yield from store(some)
