"""What all paths of a source share: settings, numbering, the log, a bound on open files, and what directories hold."""

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
"""For HTTP and the ledger, whatever the limit of the process is."""

_CLIENTS = 256  # connections that HTTP takes, where the limit has room for them
_MOST_OPEN = 512  # logs at a time; those that are quiet are looked at by name
_MOST_ASKED = 16  # files, whether they are quiet, for each that is to be opened


class Turn(NamedTuple):
    """One turn of the reading loop: what time it is, and where to put what is found."""

    now: float
    sink: Sink


class OpenFiles:
    """The bound on open logs of the whole process, shared by its sources: who has most gives way first."""

    def __init__(self, most: int | None = None) -> None:
        if most is None:
            soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
            soft = _MOST_OPEN * 4 if soft == resource.RLIM_INFINITY else soft
            most = max((soft - KEPT_DESCRIPTORS) // 2, min(soft - KEPT_DESCRIPTORS - _CLIENTS, _MOST_OPEN), 1)
        self.most = most
        self._shares: list[Share] = []
        self.unreadable: dict[Key, OSError] = {}  # files that cannot be read, as was found since a reconciliation began

    def share(self, following: Owners) -> "Share":
        """Return the part of one more source."""
        share = Share(self, following)
        self._shares.append(share)
        return share

    def room(self, asking: "Share") -> bool:
        """Return whether one more file may be open, after one that is quiet was closed if need be."""
        if sum(share.open for share in self._shares) < self.most:
            return True
        for share in sorted(self._shares, key=lambda share: -share.open):
            if share.open > asking.open + bool(asking.open) and share.park():  # a source without any gets one
                return True
        return asking.park()

    def other_source(self, asking: Owners, key: Key) -> str | None:
        """Return another source of which a path leads to a file, and did so before."""
        there = (each for other in self.sources if other is not asking for each in other.leading_to(key))
        return next((each.position.source for each in there), None)

    @property
    def sources(self) -> list[Owners]:
        """What each source knows."""
        return [share.following for share in self._shares]

    def leave(self, share: "Share") -> None:
        """Take no more account of a source."""
        if share in self._shares:
            self._shares.remove(share)


class Share:
    """The open files of one source."""

    def __init__(self, files: OpenFiles, following: Owners) -> None:
        self.following = following
        self.open = 0
        self.all = files
        self._files: list[Generation] = []  # those that may have one open
        self._to_ask = iter(self._files)  # whether it is quiet

    def room(self) -> bool:
        """Return whether one more file may be open."""
        return self.all.room(self)

    def opened(self, generation: Generation) -> None:
        """Count the file of a generation, which was opened."""
        self.open += 1
        self._files.append(generation)

    def closed(self) -> None:
        """Count a file that was closed."""
        self.open -= 1

    def ask_again(self) -> None:
        """Take it that files may have become quiet since they were asked; those that were not are asked first."""
        self._files = list(dict.fromkeys(each for each in (*self._to_ask, *self._files) if each.file))
        self._to_ask = iter(self._files)

    def park(self) -> bool:
        """Close a file that is quiet; a few are asked, the ones opened first before others, and none twice a look."""
        return any(generation.park() for generation in islice(self._to_ask, _MOST_ASKED))


@dataclass(frozen=True, slots=True)
class SourceContext:
    """What a path needs to know of the world beyond itself."""

    reading: LineReading
    release_seconds: float
    next_generation: Callable[[], int]
    files: Share
    log: Log
    directories: Directories = field(default_factory=Directories)
    unpacking: Unpacking = field(default_factory=Unpacking)
    unpackable: set[str] = field(default_factory=set)  # why some archives cannot be unpacked: told once

    def lose(self, turn: Turn, path: str, amount: int, why: str) -> None:
        """Count bytes that were seen and are gone before they were read."""
        if amount > 0:
            turn.sink.tally(self.reading.source, "lost_bytes", "", amount)
            self.log.warning("bytes_lost", path=shown(path), bytes=amount, why=why)

    def miss(self, turn: Turn, path: str, why: str, **data: object) -> None:
        """Count a generation of which nobody knows how much was not read."""
        turn.sink.tally(self.reading.source, "missed_generations")
        self.log.warning("generation_missed", path=shown(path), why=why, **data)
