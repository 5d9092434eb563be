"""Lists the names around a path that its generations may have."""

import os
import time
from bisect import bisect_left
from collections.abc import Iterable

from logwatch.tail.rotated_names import Rotated, rotated_name, stem_of

_SETTLED_SECONDS = 0.1  # a directory changed so recently may change again without its time telling


class Directories:
    """Lists directories once a look, as long as they do not change."""

    def __init__(self) -> None:
        self._listed: dict[str, tuple[int, list[str]]] = {}
        self._real: dict[str, str] = {}

    def forget(self) -> None:
        """Let the next look list them again."""
        self._listed.clear()
        self._real.clear()

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
        except OSError:
            return []
        self._listed[directory] = (mark, names)
        return names


def list_names(path: str, also: Iterable[str], directories: Directories) -> dict[str, Rotated]:
    """List what rotation has named after a path: beside it, beside what it links to, and in the directories of also."""
    found = {}
    real = directories.real(path)
    places = {(os.path.dirname(path), os.path.basename(path)), (os.path.dirname(real), os.path.basename(real))}
    places |= {(directory, os.path.basename(path)) for directory in also}
    for directory, base in sorted(places):
        names, stem = directories.names(directory), stem_of(base)
        for at in range(bisect_left(names, stem), len(names)):
            if not names[at].startswith(stem):
                break
            if rotated := rotated_name(base, names[at]):
                found[os.path.join(directory, names[at])] = rotated
    return found
