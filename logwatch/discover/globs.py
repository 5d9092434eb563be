"""Find the paths that match a source's globs; cheap if no directory has changed."""

import fnmatch
import os
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from logwatch.errors import Problem, in_words
from logwatch.events import shown

REGLOB_SECONDS = 5.0
"""Directories are listed again after this long, whatever their times: network file systems report changes late."""

DIRECTORIES = 10_000  # that the patterns of a source may lead into: every look stats each of them

_SETTLED_SECONDS = 2.0  # a directory changed this recently may change again under the same timestamp
_TICK_SECONDS = 0.1  # the same, if timestamps are finer than a second


@dataclass(frozen=True, slots=True)
class DiscoveredPaths:
    """The paths to follow, in order; a path without a wildcard is listed even if no file is there."""

    paths: tuple[str, ...]
    globbed: frozenset[str] = frozenset()  # those of them that only a wildcard matches
    problems: tuple[Problem, ...] = ()
    out_of_reach: bool = False  # the wanted log is known, and no path leads to it


class Discovery(Protocol):
    """Finds the paths that belong to a source."""

    successive: bool
    """Whether a new path takes over from the one before, as a container's log does; else all are followed alike."""

    def find(self, now: float) -> DiscoveredPaths:
        """Return the paths as of ``now``, seconds since the epoch."""

    def matches(self, path: str) -> bool:
        """Return whether a file at this path would belong to the source."""

    def directories(self) -> frozenset[str]:
        """Return the directories in which new files may appear."""


class Globs:
    """Paths by patterns: ``*``, ``?``, ``[..]`` within a name, ``**`` for any directories; not hidden ones."""

    successive = False

    def __init__(self, patterns: Iterable[str]) -> None:
        self.patterns = tuple(os.path.abspath(pattern) for pattern in patterns)
        self._fixed = frozenset(pattern for pattern in self.patterns if not _is_magic(pattern))
        self._magic = [_parts(pattern) for pattern in self.patterns if _is_magic(pattern)]
        self._walk = _Walk()
        self._found = DiscoveredPaths(())
        self._listed_at = float("-inf")
        self._settled = False

    def find(self, now: float) -> DiscoveredPaths:
        """Return the paths that match, sorted."""
        if not self._stale(now):
            return self._found
        walk = self._walk = _Walk()
        walk.follow(self._magic)
        self._listed_at = now
        self._settled = all(is_conclusive(each, now) for each in walk.signatures.values())
        paths = walk.paths | self._fixed
        if walk.folders and not paths:
            path = shown(min(walk.folders))
            remedy = f"name the files in it, such as {path}/*.log"
            walk.problems.append(Problem(path, "is a directory", "only files are followed", remedy))
        self._found = DiscoveredPaths(tuple(sorted(paths)), frozenset(walk.paths - self._fixed), tuple(walk.problems))
        return self._found

    def _stale(self, now: float) -> bool:
        if not self._settled or not 0 <= now - self._listed_at < REGLOB_SECONDS:
            return True
        return any(signature(directory) != before for directory, before in self._walk.signatures.items())

    def matches(self, path: str) -> bool:
        """Return whether a pattern matches this path."""
        names = _parts(path)
        return path in self._fixed or any(_fits(pattern, names) for pattern in self._magic)

    def directories(self) -> frozenset[str]:
        """Return the directories that were listed, and those of paths without wildcards."""
        return frozenset({*map(os.path.dirname, self._fixed), *self._walk.signatures})


class _Walk:
    """One walk along patterns: what was found, and the signature of each directory that was listed.

    The nearest directories come first, so that in a tree that is too large only what lies deepest is left out.
    """

    def __init__(self) -> None:
        self.paths: set[str] = set()
        self.folders: set[str] = set()  # directories that a whole pattern matches
        self.signatures: dict[str, tuple[int, int]] = {}
        self.problems: list[Problem] = []
        self._ahead: deque[tuple[str, list[str]]] = deque()
        self._full = False  # the limit was reached, and that was reported

    def follow(self, patterns: Iterable[list[str]]) -> None:
        """Add the paths that match patterns, each given by its parts."""
        self._ahead.extend((os.sep, parts) for parts in patterns)
        while self._ahead:
            self._step(*self._ahead.popleft())

    def _step(self, directory: str, parts: list[str]) -> None:
        part, rest = parts[0], parts[1:]
        if part == "**":
            self._descend(directory, parts)
        elif _is_magic(part):
            for name, folder in self._list(directory):
                if _fits([part], [name]):
                    self._arrive(os.path.join(directory, name), rest, folder=folder)
        else:
            path = os.path.join(directory, part)
            if rest or os.path.lexists(path):
                self._arrive(path, rest, folder=bool(rest))

    def _arrive(self, path: str, rest: list[str], *, folder: bool) -> None:
        if rest and folder:
            self._ahead.append((path, rest))
        elif not rest:
            (self.folders if folder else self.paths).add(path)

    def _descend(self, directory: str, parts: list[str]) -> None:
        rest = parts[1:]
        visible = [(name, folder) for name, folder in self._list(directory) if not name.startswith(".")]
        if rest:
            self._step(directory, rest)
        else:
            self.paths.update(os.path.join(directory, name) for name, folder in visible if not folder)
        for name, folder in visible:
            path = os.path.join(directory, name)
            if folder and not os.path.islink(path):  # links to directories may go round in circles
                self._ahead.append((path, parts))

    def _list(self, directory: str) -> list[tuple[str, bool]]:
        """Return the names in a directory, each with whether it is a directory itself."""
        if directory not in self.signatures and len(self.signatures) >= DIRECTORIES:
            self._stop(directory)
            return []
        self.signatures[directory] = signature(directory)
        try:
            with os.scandir(directory) as entries:
                return sorted((entry.name, _is_directory(entry)) for entry in entries)
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            why = in_words(error)
            remedy = "allow the daemon's user to list it"
            self.problems.append(Problem(shown(directory), "cannot be listed", why, remedy))
            return []

    def _stop(self, directory: str) -> None:
        if not self._full:
            self._full = True
            why = f"the patterns lead into more than {DIRECTORIES} directories, and the nearest come first"
            remedy = "write patterns that lead to the logs alone"
            self.problems.append(Problem(shown(directory), "is not listed, nor is what lies deeper", why, remedy))


def _is_directory(entry: os.DirEntry[str]) -> bool:
    """Return whether an entry is a directory or a link to one; False for a link that cannot be followed."""
    try:
        return entry.is_dir()
    except OSError:  # a loop, a place that may not be entered, a target that is too long
        return False


def _parts(path: str) -> list[str]:
    return path.strip(os.sep).split(os.sep)


def signature(path: str) -> tuple[int, int]:
    """Return the inode and the ctime (in nanoseconds) of a directory; zeros if nothing is there.

    Not the mtime, which tools that copy a tree set to that of the original (``rsync -a``, ``tar``).
    """
    try:
        found = os.stat(path)
    except OSError:
        return 0, 0
    return found.st_ino, found.st_ctime_ns


def is_conclusive(found: tuple[int, int], now: float) -> bool:
    """Return whether any later change of a directory will show in its signature.

    Timestamps are as coarse as the ticks of the system's clock, on some file systems as a second.
    """
    changed = found[1]
    return abs(now - changed / 1e9) > (_SETTLED_SECONDS if changed % 10**9 == 0 else _TICK_SECONDS)


def _is_magic(text: str) -> bool:
    return any(character in text for character in "*?[")


def _fits(parts: list[str], names: list[str]) -> bool:
    """Return whether the names of a path match the parts of a pattern."""
    last = len(parts) - 1
    reached = {0}  # how many parts the names so far may have matched
    for name in names:
        hidden = name.startswith(".")
        passed: set[int] = set()
        for at in _without(parts, reached):
            part = parts[at]
            if part == "**":
                if not hidden:
                    passed |= {at, last + 1} if at == last else {at}
            elif (not hidden or part.startswith(".")) and fnmatch.fnmatchcase(name, part):
                passed.add(at + 1)
        reached = passed
    return last + 1 in reached


def _without(parts: list[str], reached: set[int]) -> Iterator[int]:
    """Yield the indexes of parts that the next name may match: a ``**`` that is not the last also matches no name."""
    last = len(parts) - 1
    for first in reached:
        at = first
        while at < last and parts[at] == "**":
            yield at
            at += 1
        if at <= last:
            yield at
