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


class _Group(NamedTuple):
    """Failures that came together, what parses them, and how many bytes of lines they hold until then."""

    failures: Several
    store: Store
    held_bytes: int


Withheld = deque[_Group]
"""Failures that were taken out of a batch, oldest first."""


@dataclass(slots=True)
class WaitingFailures:
    """The failures of one batch, oldest first; each takes up a number, stored or not, so that gaps are seen."""

    keep: int  # at most: the same commit would delete older ones
    fits: int = maxsize  # as many have room on the disk, as the ledger finds out at each commit
    carried: int = 0  # were counted by the previous commit, to be stored by this one or a later one
    withheld: int = 0  # are counted by this one, to be stored by a later one
    failed: int = 0  # wait for the commit, perhaps more than it keeps
    _groups: Withheld = field(default_factory=deque)
    _held_bytes: int = 0
    _passed_over: int = 0  # are counted, and no longer wait

    def __bool__(self) -> bool:
        """Return whether there are failures to store or to number, even if none of them is kept."""
        return bool(self._groups or self.carried)

    def add(self, failures: Several, store: Store = chain.from_iterable, held_bytes: int = 0) -> None:
        """Add failures, which ``store`` parses and masks in the commit: only those kept, consecutive ones in one call.

        Until then they hold ``held_bytes`` of lines; if that would exceed ``HELD_BYTES``, these are parsed now.
        """
        while self._groups and self.failed + len(failures) - len(self._groups[0].failures) >= self.keep:
            self._passed_over += self._remove(self._groups.popleft())
        if failures and held_bytes and self._held_bytes + held_bytes > HELD_BYTES:
            failures, store, held_bytes = list(store([failures])), chain.from_iterable, 0
        if failures:
            self._append([_Group(failures, store, held_bytes)])

    def pass_over(self, amount: int) -> None:
        """Count failures that are too many to be stored."""
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
        """Take out the newest groups for a later batch, but not their count; at least ``most`` failures stay."""
        kept: Withheld = deque()
        while self._groups and self.failed - len(self._groups[-1].failures) >= most:
            kept.appendleft(self._groups.pop())
            self.withheld += self._remove(kept[0])
        return kept

    def take_over(self, kept: Withheld) -> None:
        """Take back groups that were withheld from this batch or the previous one, newer than all in this one."""
        self.withheld = 0
        self._append(kept)

    def stored(self) -> Iterator[StoredFailure]:
        """Yield the newest failures, oldest first: as many as are kept and the disk has room for."""
        beyond = self.failed - self.to_store
        for store, together in groupby(self._groups, attrgetter("store")):
            some = []
            for each in together:
                if beyond < len(each.failures):
                    some.append(each.failures[beyond:] if beyond > 0 else each.failures)
                beyond -= len(each.failures)
            if some:
                yield from store(some)

    def _append(self, groups: Iterable[_Group]) -> None:
        for each in groups:
            self._groups.append(each)
            self.failed += len(each.failures)
            self._held_bytes += each.held_bytes

    def _remove(self, group: _Group) -> int:
        """Return how many failures a group has that was taken out."""
        self.failed -= len(group.failures)
        self._held_bytes -= group.held_bytes
        return len(group.failures)
