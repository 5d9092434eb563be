"""Knows, for all paths of a source, which path's generation a file is, and which log a name may be of."""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress

from logwatch.discover.globs import Globs
from logwatch.tail.candidates import Candidate, VanishedError
from logwatch.tail.directories import RotatedFiles
from logwatch.tail.files import key_at, stat_at
from logwatch.tail.fingerprint import TAIL_BYTES
from logwatch.tail.generation import Generation
from logwatch.tail.identity import BY_INODE, Key, Relation, compare
from logwatch.tail.rotated_names import possible_bases, rotated_name
from logwatch.tail.sharing import FollowedPath, Sharing
from logwatch.tail.uncompressed import NOWHERE, SeekingError, is_part

_MOST_REMEMBERED = 20_000  # names


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
        """``rotated``: where the configuration says that rotated files are; ``sources``: all of the process.

        ``follows`` says whether a path is one of the configuration's still: another source may follow it since.
        """
        self.follows = follows
        self._paths: dict[str, FollowedPath] = {}
        self._sources = sources
        self.rotated_files = RotatedFiles(
            rotated, clock, lambda: [(each.rotated_files, each.logs()) for each in sources()]
        )
        self._looked = False
        self._targets: dict[str, set[str]] = {}  # where each path leads and led
        self._named: dict[str, set[str]] = {}  # the logs after which rotated files of each path are named
        self._called: set[str] = set()  # names of the logs to which paths lead and led
        self._all_called: list[set[str]] = []  # those of each source
        self._known: set[str] = set()  # what paths are and lead to, with and without directories
        self._logs: dict[str, str] = {}  # by name, as far as was asked
        self._by_key: dict[Key, list[Generation]] = {}
        self._added, self._most = 0, 1000  # since it was made anew, and until it is again
        self.sharing = Sharing(self._paths)

    def __contains__(self, path: str) -> bool:
        return path in self._paths

    def enter(self, state: FollowedPath) -> None:
        """Note that a path is followed."""
        self._paths[state.path] = state
        self._looked = False

    def leave(self, path: str) -> None:
        """Note that a path is followed no more; many may leave in one look, to whose end it is known as a log."""
        del self._paths[path]

    def forget(self) -> None:
        """Look anew, when next asked, which rotated files there are, and of which logs, if a source's changed."""
        same = len(self._targets) == len(self._paths)
        self._looked = self._looked and same and self._all_called == [each.called() for each in self._sources()]
        self.rotated_files.forget()

    def logs_of(self, path: str) -> set[str]:
        """Return the logs after which rotated files of a path are named, wherever they lie.

        Where it leads elsewhere by now all paths are looked at again: those of others often do, too.
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
                # Not after a link that is called as another log is
                base, own = os.path.basename(path), set(map(os.path.basename, targets))
                named[path] = targets | {path} if base in own or base not in bases else targets
            if named != self._named:
                self._named, self._logs = named, {}
                self._known = logs.union(named, bases, map(os.path.basename, named))
        return self._named

    def logs(self) -> set[str]:
        """Return the logs after which rotated files of all paths are named."""
        return set().union(*self._look().values())

    def called(self) -> set[str]:
        """Return the names of the logs to which paths lead and led, as of when that was last looked at."""
        targets = (state.targets() for state in self._paths.values())
        self._called = self._called or {os.path.basename(log) for logs in targets for log in logs}
        return self._called

    def path_of(self, generation: Generation) -> FollowedPath:
        """Return the path that a generation belongs to."""
        return self._paths[generation.position.path]

    def add(self, generation: Generation) -> None:
        """Note where a generation lies."""
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
        """Return the log that a name is, or is rotated from, where paths lead: of several the longest, or none.

        A name without a directory: that of any log, whatever follows it there.
        """
        self._look()
        if path not in self._logs:
            if len(self._logs) > _MOST_REMEMBERED:
                self._logs.clear()
            self._logs[path] = self._find_log(*os.path.split(path))
        return self._logs[path]

    def _find_log(self, directory: str, name: str) -> str:
        for base in (name, *possible_bases(name)):
            log = os.path.join(directory, base)
            if log in self._known and (base == name or not directory or rotated_name(base, name)):
                return log
        return ""

    def claim(self, file: Candidate, but: FollowedPath, *, copies: bool) -> int | None:
        """Return how much tells that a file is one of paths but one, or a part of theirs; None: to be unpacked.

        ``copies``: also of what may be a copy of what they led to, where such a one may lie. A source that has left
        the path to another one claims none of its files.
        """
        most, undecided, place = NOWHERE, False, os.path.dirname(file.path)
        for each in self.others("", file.key) + (self.sharing.alike("", file.head) if copies else []):
            same, state = each.key == file.key, self.path_of(each)
            beside = place in map(os.path.dirname, (state.path, each.position.found_at, each.position.target))
            left = state.path == but.path and not self.follows(state.path)
            if state is but or left or not (same or beside or file.path in self.rotated_files):
                continue
            if each.empty and not each.plain:
                continue  # an empty file leaves nothing to tell it by but its inode, which is another file's by now
            if same and each.plain:
                return BY_INODE
            try:
                answer = compare(each.position, file, same_inode=same, followed=same)
                told = answer.relation in (Relation.SAME, Relation.PART) and (each.in_use or each.sure)
                of = self.sharing.content(each) if told and not same else None
                if of and compare(each.position, of, same_inode=True, followed=True).relation is Relation.SAME:
                    told = is_part(file, of)  # else it may go on otherwise behind the same banner
                elif told and not same and answer.relation is Relation.PART:
                    told = compare(each.position, file, same_inode=False, followed=True).relation is Relation.PART
            except SeekingError:
                undecided = True
                continue
            if told:
                most = max(most, each.proof(file.key) if same else answer.at)
        return None if undecided and most == NOWHERE else most

    def owner(self, file: Candidate, path: str, *, followed: bool = False) -> Generation | None:
        """Return the generation of another path than this one that a file is; ``followed``: it is at a path."""
        for generation in self.others(path, file.key):
            if generation.plain:
                return generation
            enough = generation.position.head_bytes >= TAIL_BYTES or generation.in_use
            try:
                relation = compare(generation.position, file, same_inode=True, followed=followed).relation
                told = relation is not Relation.OTHER and (enough or file.size() == generation.position.size)
            except SeekingError:
                told = enough
            if told:
                return generation
        return None

    def holder(self, path: str) -> Generation | None:
        """Return the generation, of any path, that a file is by its inode and its bytes."""
        there = stat_at(path)
        known = self.others("", there.key) if there else []
        if (opened := next((each for each in known if each.plain), None)) or not known:
            return opened
        with suppress(VanishedError, OSError):
            file = self.path_of(known[0]).heads.examine(path)
            return self.owner(file, "") if file else None
        return None

    def others(self, path: str, key: Key) -> list[Generation]:
        """Return the generations of other paths than this one that a file with this inode may be."""
        return [g for g in self._valid(key) if g.position.path != path and g.followed]

    def leading_to(self, key: Key, but: str = "") -> list[Generation]:
        """Return the generations whose followed paths, but one, lead to the file with this inode, and did so before."""
        live = (g for g in self.others(but, key) if g.position.state == "live" and self.follows(g.position.path))
        return [each for each in live if key_at(each.position.path) == key]

    def _valid(self, key: Key) -> list[Generation]:
        there = (each for each in self._by_key.get(key, ()) if each.key == key and self.sharing.is_known(each))
        return list(dict.fromkeys(there))
