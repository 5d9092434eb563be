"""What all paths of a source share: settings, numbering, the log, the limit on open files, directory listings."""

import resource
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from logwatch.events import Log, shown
from logwatch.lines import LineReading
from logwatch.model import Sink
from logwatch.tail.candidates import Unpacking
from logwatch.tail.directories import Directories
from logwatch.tail.generation import Generation
from logwatch.tail.identity import Key
from logwatch.tail.owners import Owners

KEPT_DESCRIPTORS = 64
"""How many are left to the ledger, questions of pages to it, and what every process has, whatever the limit is."""

CONNECTIONS = 256  # that HTTP takes: as many descriptors are left to it, if the limit allows that

_MOST_OPEN = 512  # files, even if the limit allows more; quiet ones are watched by their names
_MOST_ASKED = 16  # open files checked at most, to find a quiet one to close


class Turn(NamedTuple):
    """One turn of the reading loop: its time, and where to put what is found."""

    now: float
    sink: Sink


class OpenFiles:
    """The limit on files that all sources together have open; the source with the most makes room first."""

    def __init__(self, most: int | None = None) -> None:
        if most is None:
            soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
            soft = _MOST_OPEN * 4 if soft == resource.RLIM_INFINITY else soft
            most = max((soft - KEPT_DESCRIPTORS) // 2, min(soft - KEPT_DESCRIPTORS - CONNECTIONS, _MOST_OPEN), 1)
        self.most = most
        self._shares: list[Share] = []
        self.unreadable: dict[Key, OSError] = {}  # errors of reading that the current reconciliation has met

    def share(self, owners: Owners) -> "Share":
        """Return the share of one more source."""
        share = Share(self, owners)
        self._shares.append(share)
        return share

    def room(self, asking: "Share") -> bool:
        """Return whether one more file may be open; close a quiet one for that if need be."""
        if sum(share.open for share in self._shares) < self.most:
            return True
        for share in sorted(self._shares, key=lambda share: -share.open):
            if share.open > asking.open + bool(asking.open) and share.park():  # a source without any gets its first
                return True
        return asking.park()

    def other_source(self, asking: Owners, key: Key) -> str | None:
        """Return the label of another source whose path leads to this file, and did before; or None."""
        there = (each for other in self.sources if other is not asking for each in other.leading_to(key))
        return next((each.position.source for each in there), None)

    @property
    def sources(self) -> list[Owners]:
        """The owners of each source."""
        return [share.owners for share in self._shares]

    def leave(self, share: "Share") -> None:
        """Drop the share of a source."""
        if share in self._shares:
            self._shares.remove(share)


class Share:
    """The files that one source has open."""

    def __init__(self, files: OpenFiles, owners: Owners) -> None:
        self.owners = owners
        self.open = 0
        self.all = files
        self._files: list[Generation] = []  # those that may have an open file
        self._to_ask = iter(self._files)  # those not tried in this look

    def room(self) -> bool:
        """Return whether one more file may be open."""
        return self.all.room(self)

    def opened(self, generation: Generation) -> None:
        """Count a file that was opened for a generation."""
        self.open += 1
        self._files.append(generation)

    def closed(self) -> None:
        """Count a file that was closed."""
        self.open -= 1

    def ask_again(self) -> None:
        """Begin a look: any file may have become quiet; those not tried in the last look come first."""
        self._files = list(dict.fromkeys(each for each in (*self._to_ask, *self._files) if each.file))
        self._to_ask = iter(self._files)

    def park(self) -> bool:
        """Close a quiet file; a few are tried, those opened first before others, none twice in a look."""
        return any(generation.park() for generation in islice(self._to_ask, _MOST_ASKED))


@dataclass(frozen=True, slots=True)
class SourceContext:
    """What a path needs to know beyond itself."""

    reading: LineReading
    release_seconds: float
    next_generation: Callable[[], int]
    files: Share
    log: Log
    directories: Directories = field(default_factory=Directories)
    unpacking: Unpacking = field(default_factory=Unpacking)
    unpackable: set[str] = field(default_factory=set)  # why archives cannot be unpacked: reasons that were logged

    def lose(self, turn: Turn, path: str, amount: int, why: str) -> None:
        """Count and log bytes that were seen, and are gone before they were read."""
        if amount > 0:
            turn.sink.count(self.reading.source, "lost_bytes", amount)
            self.log.warning("bytes_lost", path=shown(path), bytes=amount, why=why)

    def miss(self, turn: Turn, path: str, why: str, **data: object) -> None:
        """Count and log a generation of which an unknown part was not read."""
        turn.sink.count(self.reading.source, "missed_generations")
        self.log.warning("generation_missed", path=shown(path), why=why, **data)
