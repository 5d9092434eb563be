"""List each directory once per look, however many logs are in it, and say which logs a rotated file may belong to.

Every log is answered from one listing, so that cost grows with the number of files and not with its square.
"""

import os
import time
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from itertools import compress, groupby, islice, takewhile
from typing import NamedTuple

from logwatch.discover.globs import DiscoveredPaths, Globs, is_conclusive, signature
from logwatch.tail.files import stat_at
from logwatch.tail.identity import Key
from logwatch.tail.rotated_names import RotatedName, dated_in_front, possible_bases, rotated_name, shape_of, stem_of

_FEW_PLACES = 8  # directories for rotated files that are listed for each log; with more, only those below its own


class Stranger(NamedTuple):
    """A file whose name is not known to be a log's, as it was when its directory was listed."""

    modified: int  # nanoseconds since the epoch
    path: str
    key: Key


@dataclass(slots=True)
class _Listing:
    """The names in a directory, and what was derived from them."""

    there: tuple[int, int] = (0, 0)  # the directory's ``signature`` when it was listed
    names: list[str] = field(default_factory=list)
    dated: dict[str, list[str]] = field(default_factory=dict)  # by log: names with a date in front of the log's
    shapes: dict[str, list[str]] = field(default_factory=dict)  # by shape: names; empty until any was asked for
    unknown: dict[str, list[str]] = field(default_factory=dict)  # by shape that was asked for: names of unknown files
    strangers: tuple[list[Stranger], dict[Key, Stranger]] | None = None


class Directories:
    """Lists directories once per look, and again only where they change."""

    def __init__(self) -> None:
        self._listed: dict[str, _Listing] = {}
        self._real: dict[str, str] = {}
        self.unlisted: set[str] = set()  # directories that are there, and could not be listed

    def forget(self) -> None:
        """Forget all listings, for the next look."""
        self._listed.clear()
        self._real.clear()
        self.unlisted.clear()

    def real(self, path: str) -> str:
        """Return the path of the file that a path leads to, with all links resolved."""
        there = self.placed(path)
        return os.path.realpath(there) if os.path.islink(there) else there

    def placed(self, path: str) -> str:
        """Return a path with the links in its directory resolved; each directory is resolved once per look."""
        directory, name = os.path.split(path)
        if directory not in self._real:
            self._real[directory] = os.path.realpath(directory)
        return os.path.join(self._real[directory], name)

    def _list(self, directory: str) -> _Listing:
        """List a directory; one that cannot be listed has no names."""
        try:
            there = signature(directory)
            known = self._listed.get(directory)
            if known and known.there == there and is_conclusive(there, time.time()):
                return known
            with os.scandir(directory) as entries:
                listing = self._listed[directory] = _Listing(there, sorted(entry.name for entry in entries))
            for name in listing.names:
                if front := dated_in_front(name):
                    listing.dated.setdefault(front[0], []).append(name)
        except (FileNotFoundError, NotADirectoryError):
            return _Listing()
        except OSError:
            self.unlisted.add(directory)
            return _Listing()
        return listing

    def beginning(self, directory: str, stem: str) -> list[str]:
        """Return the names in a directory that begin with a stem."""
        names = self._list(directory).names
        start = bisect_left(names, stem)
        return list(takewhile(lambda name: name.startswith(stem), islice(names, start, None)))

    def dated_in_front(self, directory: str, base: str) -> list[str]:
        """Return the names in a directory that have a date in front of a log's name."""
        return self._list(directory).dated.get(base, [])

    def alike(self, directory: str, name: str, stem: str, is_known: Callable[[str], object]) -> list[str]:
        """Return the names in a directory that have the same shape as ``name``, without those of known files.

        ``stem``: the log's, if the name has it; then they have it, too. Names are grouped by shape once for all logs.
        """
        listing, shape = self._list(directory), shape_of(name)
        for each in listing.names if not listing.shapes else ():
            listing.shapes.setdefault(shape_of(each), []).append(each)
        if shape not in listing.unknown:
            alike = listing.shapes.get(shape, [])
            listing.unknown[shape] = [each for each in alike if not is_known(os.path.join(directory, each))]
        found = listing.unknown[shape]
        if not stem:
            return found
        shape = shape_of(name, stem)
        return [each for each in found if shape_of(each, stem) == shape]

    def strangers(
        self, directory: str, is_known: Callable[[str], object]
    ) -> tuple[list[Stranger], dict[Key, Stranger]]:
        """Return the files in a directory that are not known, newest first, and the same by key.

        They are examined once, for all logs: a file may have been written to since.
        """
        listing = self._list(directory)
        if not listing.strangers:
            paths = [path for name in listing.names if not is_known(path := os.path.join(directory, name))]
            found = [Stranger(there.modified, path, there.key) for path in paths if (there := stat_at(path))]
            found.sort(reverse=True)
            listing.strangers = (found, {each.key: each for each in reversed(found)})
        return listing.strangers


def list_names(logs: Iterable[str], directories: Directories) -> dict[str, RotatedName]:
    """Return the rotated files beside each log, by path, with what their names say."""
    found = {}
    for directory, base in sorted({os.path.split(log) for log in logs}):
        for name in directories.beginning(directory, stem_of(base)) + directories.dated_in_front(directory, base):
            if rotated := rotated_name(base, name):
                found[os.path.join(directory, name)] = rotated
    return found


Looking = tuple["RotatedFiles", set[str]]
"""The rotated files of a source's configured places, and the logs that its paths' rotated files are named after."""

Shelf = dict[str, tuple[RotatedName | None, Key]]
"""Rotated files that may belong to the same logs: by path, what the name says, if anything, and the key."""


class RotatedFiles:
    """The files in the configured places for rotated files, each on the shelf of the logs that it may belong to.

    Of several logs with one name, it may belong to those *near* it: of the directory names on the way to the file, they
    share the ones that the fewest of them have. Logs of all sources that look for rotated files there count.
    """

    def __init__(self, globs: Globs | None, clock: Callable[[], float], logs: Callable[[], list["Looking"]]) -> None:
        """Sort the files that ``globs`` find by ``logs``, of all sources; without globs there are none."""
        self._globs, self._clock, self._logs = globs, clock, logs
        self.patterns = globs.patterns if globs else ()
        self._looked = False
        self._found: DiscoveredPaths | None = None
        self._followed: list[Looking] = []
        self._places: list[str] = []
        self._namesakes: dict[tuple[bool, ...], dict[str, _Namesakes]] = {}  # by which sources look there, then by name
        self._shelves: dict[frozenset[str], Shelf] = {}
        self._of: dict[str, list[Shelf]] = {}
        self._only: dict[str, frozenset[str]] = {}
        self._by_name: dict[str, list[Stranger]] = {}
        self._by_key: dict[Key, Stranger] = {}

    def __contains__(self, path: str) -> bool:
        return self._globs is not None and self._globs.matches(path)

    def forget(self) -> None:
        """Look for them again when next asked."""
        self._looked = False

    def shelves(self, log: str) -> list[Shelf]:
        """Return the shelves on which rotated files of a log may lie."""
        self._look()
        return self._of.get(log, [])

    def is_only_of(self, path: str, logs: set[str]) -> bool:
        """Return whether a file is named after one log name only, and all logs near it are among these."""
        self._look()
        return path in self._only and self._only[path] <= logs

    def places(self, log: str) -> list[str]:
        """Return the directories to list again for rotated files of a log, which come and go during a look.

        They are those below its own directory, or all if there are few.
        """
        self._look()
        name, below = os.path.basename(log), os.path.dirname(log) + os.sep
        start = bisect_left(self._places, below)
        beneath = takewhile(lambda place: place.startswith(below), islice(self._places, start, None))
        places = self._places if len(self._places) <= _FEW_PLACES else beneath
        return [place for place in places if log in self._near(os.path.join(place, f"{name}.1"), name)]

    def others(self, name: str) -> tuple[list[Stranger], dict[Key, Stranger]]:
        """Return the files that are rotated from any log of this name, newest first, and all files by key.

        Such a file may belong to a log that is not the nearest: its bytes have to prove that.
        """
        self._look()
        return self._by_name.get(name, []), self._by_key

    def _look(self) -> None:
        if self._looked or not self._globs:
            return
        self._looked = True
        found, logs = self._globs.find(self._clock()), self._logs()
        if found is not self._found or logs != self._followed:
            self._found, self._followed, self._namesakes = found, logs, {}
            self._places = sorted(self._globs.directories())
            self._sort(found.paths)

    def _by_base(self, path: str) -> dict[str, "_Namesakes"]:
        """Return, by name, the logs of all sources that look for rotated files where this path is."""
        looking = tuple(rotated.patterns == self.patterns or path in rotated for rotated, _ in self._followed)
        if looking not in self._namesakes:
            by_name: dict[str, _Namesakes] = {}
            for log in set().union(*(logs for _, logs in compress(self._followed, looking))):
                for name in (os.path.basename(log), ""):
                    by_name.setdefault(name, _Namesakes()).add(log)
            self._namesakes[looking] = by_name
        return self._namesakes[looking]

    def _near(self, path: str, base: str) -> frozenset[str]:
        """Return the logs of a name that are near a path."""
        by_name = self._by_base(path)
        return by_name[base].near(os.path.dirname(path)) if base in by_name else frozenset()

    def _sort(self, paths: Collection[str]) -> None:
        found: dict[frozenset[str], Shelf] = {}
        self._by_name, self._by_key, self._only = {}, {}, {}
        for path in paths:
            there, name = stat_at(path), os.path.basename(path)
            if not there:
                continue
            by_name = self._by_base(path)
            bases = {base for base in possible_bases(name) if base in by_name and base}
            names = {base: rotated for base in bases if (rotated := rotated_name(base, name))}
            self._by_key[there.key] = stranger = Stranger(there.modified, path, there.key)
            for base, rotated in names.items() or ((("", None),) if name not in by_name else ()):
                near = self._near(path, base)
                found.setdefault(near, {})[path] = (rotated, there.key)
                if len(names) == 1:
                    self._only[path] = near
                self._by_name.setdefault(base, []).append(stranger)
        for strangers in self._by_name.values():
            strangers.sort(reverse=True)
        self._of, before = {}, self._shelves
        self._shelves = {near: was if (was := before.get(near)) == files else files for near, files in found.items()}
        for near, shelf in self._shelves.items():
            for log in near:
                self._of.setdefault(log, []).append(shelf)


class _Namesakes:
    """Followed logs of one name, indexed by the directories on the way to them."""

    def __init__(self) -> None:
        self._all: set[str] = set()
        self._by_part: dict[tuple[str, int], set[str]] = {}
        self._near: dict[str, frozenset[str]] = {}

    def add(self, log: str) -> None:
        """Add a log."""
        self._all.add(log)
        for part in _parts(os.path.dirname(log)):
            self._by_part.setdefault(part, set()).add(log)

    def near(self, directory: str) -> frozenset[str]:
        """Return the logs that are near a directory."""
        if directory not in self._near:
            near, parts = self._all, (self._by_part.get(part, set()) for part in _parts(directory))
            for _, some in groupby(sorted(parts, key=len), len):
                near = near & set().union(*some) or near
            self._near[directory] = frozenset(near)
        return self._near[directory]


def _parts(directory: str) -> set[tuple[str, int]]:
    """Return the directory names in a path, each with how often it came before, as ``b/b`` is not ``b``."""
    names = directory.split(os.sep)
    return {(name, names[:n].count(name)) for n, name in enumerate(names)}
