"""What all paths of a source share: settings, numbering, the log, a bound on open files, and what directories hold."""

import os
import resource
import time
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from itertools import islice, takewhile
from typing import NamedTuple, Protocol

from logwatch.events import Log, shown
from logwatch.model import Sink
from logwatch.tail.candidates import Candidate
from logwatch.tail.files import key_at
from logwatch.tail.identity import Key
from logwatch.tail.lines import LineReading
from logwatch.tail.rotated_names import Rotated, rotated_name, shape_of, stem_of

KEPT_DESCRIPTORS = 64
"""For HTTP and the ledger, whatever the limit of the process is."""

_CLIENTS = 256  # connections that HTTP takes, where the limit has room for them
_MOST_REMEMBERED = 20_000  # files; those that no path leads to any more are forgotten then
_SETTLED_SECONDS = 0.1  # a directory changed so recently may change again without its time telling
_MOST_CLOSED = 64  # paths without an open file that are kept in mind, beside as many as have one
_MOST_OPEN = 512  # logs at a time; those that are quiet are looked at by name


class Turn(NamedTuple):
    """One turn of the reading loop: what time it is, and where to put what is found."""

    now: float
    sink: Sink


class _Parkable(Protocol):
    """A path of which a file may be closed and looked at by name."""

    @property
    def opened(self) -> bool:
        """Whether it has a file open."""

    def park(self) -> bool:
        """Close a file of which all was read; False if there is none."""


class Following(Protocol):
    """What one source knows of files."""

    def log_of(self, path: str) -> str:
        """Return the followed path that a name is, or is rotated from, the longest; without directory, of any."""

    def holds(self, file: Candidate, but: object, *, copies: bool) -> bool | None:
        """Return whether a file is what paths but one led to, or a copy where those may lie; None: to be unpacked."""


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
        self._led_to: dict[Key, tuple[str, str]] = {}  # source and path that lead to a file

    def share(self, following: Following) -> "Share":
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

    def source_of(self, source: str, path: str, key: Key) -> str:
        """Return the source that follows a file: another one if a path of it leads there too, and did so before."""
        other, at = self._led_to.get(key, (source, path))
        if other != source and key_at(at) == key:
            return other
        if len(self._led_to) > _MOST_REMEMBERED:
            self._led_to = {k: held for k, held in self._led_to.items() if key_at(held[1]) == k}
        self._led_to[key] = (source, path)
        return source

    @property
    def sources(self) -> list[Following]:
        """What each source knows."""
        return [share.following for share in self._shares]

    def leave(self, share: "Share", source: str) -> None:
        """Take no more account of a source."""
        self._led_to = {key: held for key, held in self._led_to.items() if held[0] != source}
        if share in self._shares:
            self._shares.remove(share)


class Share:
    """The open files of one source."""

    def __init__(self, files: OpenFiles, following: Following) -> None:
        self.following = following
        self.open = 0
        self.all = files
        self._paths: deque[_Parkable] = deque()
        self._refused = 0  # so many of them have something to be read, as far as was asked

    def room(self) -> bool:
        """Return whether one more file may be open."""
        return self.all.room(self)

    def opened(self, path: _Parkable) -> None:
        """Count a file that a path has opened."""
        self.open += 1
        if len(self._paths) > 2 * self.open + _MOST_CLOSED:
            self._paths = deque(dict.fromkeys(each for each in self._paths if each.opened))
        self._paths.append(path)

    def closed(self) -> None:
        """Count a file that was closed."""
        self.open -= 1

    def ask_again(self) -> None:
        """Take it that files may have become quiet since they were asked."""
        self._refused = 0

    def park(self) -> bool:
        """Close a file that is quiet; a few are asked, the ones opened first before others, and none twice a look."""
        for _ in range(min(len(self._paths) - self._refused, 16)):
            path = self._paths.popleft()
            parked = path.park()
            if path.opened:
                self._paths.append(path)
                self._refused += not parked
            if parked:
                return True
        return False


class Directories:
    """Lists directories once a look, as long as they do not change."""

    def __init__(self) -> None:
        self._listed: dict[str, tuple[int, list[str]]] = {}
        self._shapes: dict[str, tuple[list[str], dict[str, list[str]]]] = {}
        self._real: dict[str, str] = {}
        self.unlisted: set[str] = set()  # that are there, and could not be listed

    def forget(self) -> None:
        """Let the next look list them again."""
        self._listed.clear()
        self._shapes.clear()
        self._real.clear()
        self.unlisted.clear()

    def real(self, path: str) -> str:
        """Return where a path leads; the links on the way to its directory are followed once a look."""
        directory, name = os.path.split(path)
        if directory not in self._real:
            self._real[directory] = os.path.realpath(directory)
        there = os.path.join(self._real[directory], name)
        return os.path.realpath(there) if os.path.islink(there) else there

    def names(self, directory: str) -> list[str]:
        """Return the names in a directory; none if it cannot be listed."""
        try:
            mark = os.stat(directory or ".").st_mtime_ns
            known = self._listed.get(directory)
            if known and known[0] == mark and time.time() - mark / 1e9 > _SETTLED_SECONDS:
                return known[1]
            with os.scandir(directory or ".") as entries:
                names = sorted(entry.name for entry in entries)
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError:
            self.unlisted.add(directory)
            return []
        self._listed[directory] = (mark, names)
        return names

    def beginning(self, directory: str, stem: str) -> list[str]:
        """Return the names in a directory that begin so."""
        names = self.names(directory)
        start = bisect_left(names, stem)
        return list(takewhile(lambda name: name.startswith(stem), islice(names, start, None)))

    def alike(self, directory: str, name: str, stem: str) -> list[str]:
        """Return the names in a directory that one scheme gives, as it gave this one to the log with this stem.

        All names are sorted by their shapes once, however many logs ask: cost grows with files, not with its square.
        """
        names = self.names(directory)
        known = self._shapes.get(directory)
        if not known or known[0] is not names:
            shapes: dict[str, list[str]] = {}
            for each in names:
                shapes.setdefault(shape_of(each), []).append(each)
            self._shapes[directory] = known = (names, shapes)
        found = known[1].get(shape_of(name), [])
        if stem not in name:
            return found
        shape = shape_of(name, stem)
        return [each for each in found if stem in each and shape_of(each, stem) == shape]


def list_names(logs: Iterable[str], directories: Directories) -> dict[str, Rotated]:
    """List what rotation has named after logs, beside each."""
    found = {}
    for directory, base in sorted({os.path.split(log) for log in logs}):
        for name in directories.beginning(directory, stem_of(base)):
            if rotated := rotated_name(base, name):
                found[os.path.join(directory, name)] = rotated
    return found


@dataclass(frozen=True, slots=True)
class SourceContext:
    """What a path needs to know of the world beyond itself."""

    reading: LineReading
    release_seconds: float
    next_generation: Callable[[], int]
    rotated: Callable[[], Iterable[str]]  # files where the configuration says that rotated ones are
    rotated_in: Callable[[], Collection[str]]  # the directories of those
    files: Share
    log: Log
    directories: Directories = field(default_factory=Directories)
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
