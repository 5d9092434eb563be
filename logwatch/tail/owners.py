"""Look up, for all paths of a source, to which path a file belongs, and which logs a name may belong to."""

import os
from bisect import bisect_left
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import lru_cache

from logwatch.discover.globs import Globs
from logwatch.tail.candidates import Candidate, VanishedError
from logwatch.tail.directories import RotatedFiles
from logwatch.tail.files import key_at, stat_at
from logwatch.tail.fingerprint import TAIL_BYTES
from logwatch.tail.generation import Generation
from logwatch.tail.identity import BY_INODE, Key, Relation, compare
from logwatch.tail.rotated_names import around_date, possible_bases, rotated_name
from logwatch.tail.sharing import FollowedPath, Sharing
from logwatch.tail.uncompressed import NOWHERE, SeekingError, is_part

_MOST_REMEMBERED = 20_000  # names of which the log is known
_NEAR = 8  # how many paths before one are searched, at most, for the one that a writer left for it


class Owners:
    """Which path's generation each file is, for all paths of a source."""

    def __init__(
        self,
        rotated: Globs | None,
        clock: Callable[[], float],
        sources: Callable[[], Iterable["Owners"]],
        *,
        follows: Callable[[str], bool],
    ) -> None:
        """``rotated``: patterns of configured places for rotated files; ``sources``: the owners of all sources.

        ``follows``: whether the configuration still has a path; if not, another source may follow it by now.
        """
        self.follows = follows
        self._paths: dict[str, FollowedPath] = {}
        self._in_order: list[str] = []  # the same, sorted; empty until it is asked for
        self._sources = sources
        self.rotated_files = RotatedFiles(
            rotated, clock, lambda: [(each.rotated_files, each.logs()) for each in sources()]
        )
        self._looked = False
        self._targets: dict[str, set[str]] = {}  # by path: where it leads, and led
        self._named: dict[str, set[str]] = {}  # by path: the logs after which its rotated files are named
        self._called: set[str] = set()  # names of all targets, without directories
        self._all_called: list[set[str]] = []  # by source: its ``called``
        self._known: set[str] = set()  # all paths and targets, with and without directories
        self._log_of = lru_cache(_MOST_REMEMBERED)(self._find_log)
        self._by_key: dict[Key, list[Generation]] = {}
        self._added, self._most = 0, 1000  # entries since the index was last rebuilt, and how many before the next time
        self.sharing = Sharing(self._paths)

    def __contains__(self, path: str) -> bool:
        return path in self._paths

    def enter(self, state: FollowedPath) -> None:
        """Note that a path is followed."""
        self._paths[state.path] = state
        self._looked, self._in_order = False, []

    def leave(self, path: str) -> None:
        """Note that a path is no longer followed. It counts as a log until the look ends: many may leave in one."""
        del self._paths[path]
        self._in_order = []

    def left_for(self, path: str) -> Generation | None:
        """Return the newest generation of the path that a writer left for this one, by dates in names; or None."""
        directory, name = os.path.split(path)
        if not (around := around_date(name)):
            return None
        self._in_order = self._in_order or sorted(self._paths)
        at = bisect_left(self._in_order, path)
        for other in reversed(self._in_order[max(at - _NEAR, 0) : at]):  # archives may lie between them
            place, called = os.path.split(other)
            if place == directory and around_date(called) == around:
                known = reversed(self._paths[other].generations)
                if found := next((each for each in known if each.followed and each.position.size), None):
                    return found  # empty ones are passed over: a writer may make one at each interval
        return None

    def forget(self) -> None:
        """Look for rotated files again when next asked, and for their logs if the paths of any source changed."""
        same = len(self._targets) == len(self._paths)
        self._looked = self._looked and same and self._all_called == [each.called() for each in self._sources()]
        self.rotated_files.forget()

    def logs_of(self, path: str) -> set[str]:
        """Return the logs that rotated files of a path are named after, wherever they lie.

        If the path leads elsewhere by now, all paths are examined again: often others do, too.
        """
        self._looked = self._looked and self._targets[path] == self._paths[path].targets()
        return self._look()[path]

    def _look(self) -> dict[str, set[str]]:
        if not self._looked:
            self._looked = True
            self._targets = {path: state.targets() for path, state in self._paths.items()}
            logs = set().union(*self._targets.values())
            called = set(map(os.path.basename, logs))
            self._called = self._called if called == self._called else called
            self._all_called = [source.called() for source in self._sources()]
            bases = called.union(*self._all_called)
            named = {}
            for path, targets in self._targets.items():
                # A link has rotated files of its own name only if its target, or no other log, has that name
                base, own = os.path.basename(path), set(map(os.path.basename, targets))
                named[path] = targets | {path} if base in own or base not in bases else targets
            if named != self._named:
                self._named = named
                self._log_of.cache_clear()
                self._known = logs.union(named, bases, map(os.path.basename, named))
        return self._named

    def logs(self) -> set[str]:
        """Return the logs that rotated files of any path are named after."""
        return set().union(*self._look().values())

    def called(self) -> set[str]:
        """Return the names of the logs that paths lead to, and led to, when these were last examined."""
        targets = (state.targets() for state in self._paths.values())
        self._called = self._called or {os.path.basename(log) for logs in targets for log in logs}
        return self._called

    def path_of(self, generation: Generation) -> FollowedPath:
        """Return the path that a generation belongs to."""
        return self._paths[generation.position.path]

    def add(self, generation: Generation) -> None:
        """Index a generation by the inode of its file, and by its head."""
        self._by_key.setdefault(generation.key, []).append(generation)
        self.sharing.add(generation)
        self._added += 1
        if self._added > self._most:
            everything = [each for key in list(self._by_key) for each in self._valid(key)]
            self._by_key, self._added = {}, 0
            self.sharing.clear()
            self._most = 4 * len(everything) + 1000
            for each in everything:
                self.add(each)

    def log_of(self, path: str) -> str:
        """Return the log that a path is, or is a rotated file of, by its name: the longest of several, or "".

        A path without a directory may be that of any log of its name, whatever follows the name.
        """
        self._look()
        return self._log_of(path)

    def _find_log(self, path: str) -> str:
        directory, name = os.path.split(path)
        for base in (name, *possible_bases(name)):
            log = os.path.join(directory, base)
            if log in self._known and (base == name or not directory or rotated_name(base, name)):
                return log
        return ""

    def claim(self, file: Candidate, but: FollowedPath, *, copies: bool) -> int | None:
        """Return the best proof that a file belongs to other paths than ``but``: see ``Positioned.proof``.

        NOWHERE if there is none, None if an archive has to be unpacked. ``copies``: copies count too, beside their
        originals and in configured places. A source that has left the path to another source claims none of its files.
        """
        most, undecided, place = NOWHERE, False, os.path.dirname(file.path)
        for each in self.others("", file.key) + (self.sharing.alike("", file.head) if copies else []):
            same, state = each.key == file.key, self.path_of(each)
            beside = place in map(os.path.dirname, (state.path, each.position.found_at, each.position.target))
            left = state.path == but.path and not self.follows(state.path)
            if state is but or left or not (same or beside or file.path in self.rotated_files):
                continue
            if same and each.plain:
                return BY_INODE
            try:
                relation, at = compare(each.position, file, same_inode=same, followed=True)
                proved = relation is not Relation.OTHER and (each.in_use or each.sure)
                of = self.sharing.content(each) if proved and not same else None
                if of and compare(each.position, of, same_inode=True, followed=True).relation is Relation.SAME:
                    proved = is_part(file, of)  # if not, it begins with the same banner, and goes on in its own way
                elif relation is Relation.CUT:
                    proved = False  # how much of it was read is not known
            except SeekingError:
                undecided = True
                continue
            if proved:
                most = max(most, each.proof(file.key) if same else at)
        return None if undecided and most == NOWHERE else most

    def owner(self, file: Candidate, path: str, *, followed: bool = False) -> Generation | None:
        """Return the other path's generation that a file is, or None; ``followed``: a followed path leads to it."""
        for generation in self.others(path, file.key):
            if generation.plain:
                return generation
            enough = generation.position.head_bytes >= TAIL_BYTES or generation.in_use
            try:
                relation = compare(generation.position, file, same_inode=True, followed=followed).relation
                proved = relation is not Relation.OTHER and (enough or file.size() == generation.position.size)
            except SeekingError:
                proved = enough
            if proved:
                return generation
        return None

    def holder(self, path: str) -> Generation | None:
        """Return the generation, of any path, that the file at a path is, by inode and bytes; or None."""
        there = stat_at(path)
        known = self.others("", there.key) if there else []
        if (opened := next((each for each in known if each.plain), None)) or not known:
            return opened
        with suppress(VanishedError):
            file = self.path_of(known[0]).heads.examine(path)
            return self.owner(file, "") if file else None
        return None

    def others(self, path: str, key: Key) -> list[Generation]:
        """Return the generations of other paths that have this inode, and were not left out."""
        return [g for g in self._valid(key) if g.position.path != path and g.followed]

    def leading_to(self, key: Key, but: str = "") -> list[Generation]:
        """Return the live generations with this inode whose paths, other than ``but``, still lead to it."""
        live = (g for g in self.others(but, key) if g.position.state == "live" and self.follows(g.position.path))
        return [each for each in live if key_at(each.position.path) == key]

    def _valid(self, key: Key) -> list[Generation]:
        there = (each for each in self._by_key.get(key, ()) if each.key == key and self.sharing.is_known(each))
        return list(dict.fromkeys(there))
