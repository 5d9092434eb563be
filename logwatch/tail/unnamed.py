"""Look for generations of a log under unknown names, which no scheme in ``rotated_names`` explains.

Each search is bounded, and goes through directories in which the log's generations lie. A lost generation may be any
file there. If one lies under an unknown name, files that the same scheme names, and that were written later, came after
it. If schemes are mixed (a script's and logrotate's, or logrotate's with a pattern that matches what it rotated
before), files that are named after the log are its later generations if they were written between its last known one
and the file that is at its path now; an extract of a log is none.
"""

import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import islice, product

from logwatch.tail.candidates import Candidate
from logwatch.tail.directories import Stranger
from logwatch.tail.edited import is_extract
from logwatch.tail.files import stat_at
from logwatch.tail.fingerprint import when_empty
from logwatch.tail.identity import HELD, NO_KEY, Key, Relation
from logwatch.tail.path_state import PathState
from logwatch.tail.plan import Found, Known
from logwatch.tail.rotated_names import UNCERTAIN, UNNAMED, RotatedName, around_date, stem_of
from logwatch.unpack import without_suffix

_OTHERS = 64  # files with unknown names that are examined, at most, for lost generations


class Unnamed:
    """The files with unknown names around one path."""

    def __init__(self, state: PathState, logs: set[str], names: set[str], is_followed: Callable[[str], bool]) -> None:
        """Look around a path; ``logs``: it and where its links lead; ``names``: the known names of rotated files."""
        self._state, self._logs, self._names, self._is_followed = state, logs, names, is_followed
        self._directories, self._heads, self._owners = state.ctx.directories, state.heads, state.owners
        self._bases = {os.path.basename(log) for log in state.owners.logs_of(state.path)}

    def find_lost(self, lost: list[Known], known: list[Known], found: Found) -> list[Candidate]:
        """Return files that may hold ``lost`` generations, or have the inode of another one that is not open."""
        seen = {candidate.key for candidate in found.candidates}
        # One that is over has to stay known under an unknown name, or its next, known name would make it news; and one
        # in use may have more bytes than the copy that took its place
        keys = {each.key for each in known if (not each.open if each.in_use else each.position.found_at)}
        keys -= {*seen, NO_KEY}
        if not lost and not keys:
            return []
        wanted = {each.key for each in lost} | keys
        files: dict[Key, Candidate] = {}
        for file in self._examine(self._list(wanted, known, others=bool(lost)), UNCERTAIN):
            if file.key not in seen and (file.head or file.key in wanted):
                files.setdefault(file.key, file)
        return list(files.values())

    def _list(self, wanted: set[Key], known: list[Known], *, others: bool) -> list[str]:
        """List unknown names: of files with ``wanted`` inodes; for ``others``, those with the stem, then the newest."""
        listed = self._logs | self._names
        passed = listed | self._state.matched.keys()
        stems = {stem_of(os.path.basename(path)) for path in self._logs}
        first: set[str] = set()
        lay = (each.position.found_at for each in known if each.position.found_at)
        directories = set(map(os.path.dirname, [*listed, *lay]))
        strangers = [self._directories.strangers(directory, self._owners.log_of) for directory in directories]
        strangers += map(self._owners.rotated_files.others, self._bases)
        nameless = self._owners.rotated_files.others("")  # whichever log is nearest, they may be any log's
        for _, by_key in (*strangers, nameless):
            first |= {by_key[key].path for key in wanted if key in by_key}
        if not others:
            return sorted(first - passed)
        most = _OTHERS + len(passed)
        unnamed = [each for newest, _ in strangers for each in islice(newest, most)]
        begun = (
            os.path.join(directory, name)
            for directory, stem in product(directories, stems)
            for name in self._directories.beginning(directory, stem)
        )
        named = [Stranger(there.modified, path, there.key) for path in begun if (there := stat_at(path))]
        rest = (*sorted(named, reverse=True), *sorted(unnamed, reverse=True), *islice(nameless[0], most))
        ordered = [*sorted(first), *(each.path for each in rest)]
        return [path for path in dict.fromkeys(ordered) if path not in passed][:_OTHERS]

    def find_alike(self, known: list[Known], found: Found) -> list[Candidate]:
        """Return files that the scheme of a generation's unknown name also names, and that were written later."""
        followed = {each.number for each in known if each.followed}
        held = {i for (number, i), answer in found.answers.items() if number in followed and answer.relation in HELD}
        files = [found.candidates[i] for i in held]
        names = {each.name for each in known} - {"", self._state.path} - found.rotated_names
        files += self._examine(names, UNCERTAIN)
        at_path = found.path_file
        places = {file.path: file.modified for file in files if not at_path or file.key != at_path.key}
        since: dict[str, int] = {}
        dated = around_date(os.path.basename(self._state.path))
        logs = {path: log for path in places if dated and (log := without_suffix(path)) != path}
        packed = {path for path, log in logs.items() if around_date(os.path.basename(log)) == dated}
        for path in (places.keys() - found.rotated_names) | packed:
            directory, name = os.path.split(path)
            stem = max((stem for stem in map(stem_of, self._bases) if stem in name), key=len, default="")
            for each in self._directories.alike(directory, name, "" if path in packed else stem, self._owners.holder):
                also = os.path.join(directory, each)
                if path not in packed or (path < also and self._was_next(also)):
                    since[also] = min(since.get(also, places[path]), places[path])
        files = self._examine(path for path in sorted(since.keys() - places) if not self._is_followed(path))
        later = (file for file in files if file.modified >= since[file.path])
        return [replace(file, matched=True) for file in later if not at_path or file.key != at_path.key]

    def _was_next(self, archive: str) -> bool:
        """Return whether an archive is of a log that the source would have followed right after this one."""
        log = without_suffix(archive)
        before = self._owners.left_for(log) if log != archive and self._owners.follows(log) else None
        return before is not None and before.position.path == self._state.path

    def find_later(self, known: list[Known], found: Found) -> list[Candidate]:
        """Return the files beside the path, or beside what has left it, that are later generations by name and time.

        Not for a log without an extension: what begins with its name may as well be another log.
        """
        bases = {base for base in self._bases if "." in base[1:]}
        left = [file for each in known for file in self._left_to(each, found)]
        at_path = found.path_file
        times = [file.modified for file in left]
        times += [when for each in known if (when := _emptied(each, at_path)) is not None]
        if not times or not bases:
            return []
        since = min(times)
        # None was written after the path's file, unless that is empty: then a copy may have been copied once more
        until = max(at_path.modified, since) if at_path and at_path.head else sys.maxsize
        held = {i for (_, i), answer in found.answers.items() if answer.relation in HELD}
        seen = {c.key for i, c in enumerate(found.candidates) if i in held or c.may_be_news}
        seen |= {file.key for file in left}
        later: dict[Key, Candidate] = {}
        directories = {os.path.dirname(place) for place in (*self._logs, *(file.path for file in left))}
        for directory, base in product(directories, bases):
            endings = (name.removeprefix(base) for name in self._directories.beginning(directory, base))
            places = [os.path.join(directory, base + end) for end in endings if end and not end[0].isalnum()]
            named = (path for path in places if path not in found.rotated_names and not self._is_followed(path))
            for file in self._examine(named):
                if file.head and file.key not in seen and since <= file.modified <= until:
                    later.setdefault(file.key, replace(file, matched=True))
        files = [*found.candidates, *left]
        kept: list[Candidate] = []
        for file in sorted(later.values(), key=lambda file: -file.disk_size):
            if not any(is_extract(file, of) for of in [*files, *kept] if of.key != file.key and not of.packed):
                kept.append(file)
        return kept

    def _left_to(self, each: Known, found: Found) -> list[Candidate]:
        """Return the files that hold a generation which has left the path since the last look."""
        if not (each.position.state == "live" or each.emptied):
            return []
        relations = {i: found.answer(each.number, i).relation for i in range(len(found.candidates))}
        at_path = None if found.at_path is None else relations[found.at_path]
        if at_path in (*HELD, Relation.UNDECIDED):
            return []
        files = [found.candidates[i] for i, relation in relations.items() if relation in HELD]
        return files + (self._examine([each.name]) if each.name else [])

    def _examine(self, paths: Iterable[str], name: RotatedName = UNNAMED) -> list[Candidate]:
        return [file for path in paths if (file := self._heads.examine(path, name))]


def _emptied(each: Known, at_path: Candidate | None) -> int | None:
    """Return when the path's file was last seen empty, in nanoseconds, if lines came and went since; else None."""
    if each.position.state != "live" or not each.empty or each.name not in ("", at_path.path if at_path else ""):
        return None
    seen = when_empty(each.position.head)
    same = at_path is not None and at_path.key == each.key
    return None if at_path and same and (at_path.head or at_path.modified == seen) else seen
