"""Looks at the files that may hold a path's generations: all the reading that a decision needs, not the decision.

In: what is known of a path. Out: the files that are there, each as it was at one moment, and what each of them is to
each generation and to each other file. Nothing is changed here but what is remembered of files that did not change.
"""

import os
import stat
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from logwatch.model import Position
from logwatch.tail.archives import Archive
from logwatch.tail.files import Key, NotAFileError, OwnFile, PackedFile, PlainFile, key_of, open_regular, read_head
from logwatch.tail.fingerprint import HEAD_BYTES, TELLING_BYTES, head_key, head_key_of
from logwatch.tail.generation import Generation
from logwatch.tail.identity import Answer, Verdict, compare, holds, is_part
from logwatch.tail.rotated_names import Rotated, rotated_name, stem_of
from logwatch.tail.unpack import MAGIC_BYTES, format_of, format_of_name, start, without_suffix

NO_KEY: Key = (0, 0)
_WHAT = {stat.S_IFDIR: "directory", stat.S_IFIFO: "pipe", stat.S_IFSOCK: "socket"}
_SETTLED_SECONDS = 0.1  # a directory changed so recently may change again without its time telling
_SEARCHED = 2  # rotated files, of those that were written last
_UNNAMED = Rotated()
_UNCERTAIN = Rotated(certain=False)


class VanishedError(Exception):
    """A file was renamed, removed or changed between two looks at it: look again."""


@dataclass(slots=True, eq=False)
class Candidate:
    """A file that may hold a generation's bytes, as it was when it was looked at."""

    path: str
    key: Key
    disk_size: int  # as the file system tells
    modified: int  # nanoseconds
    rotated: Rotated | None  # None for the followed path itself
    head: bytes | None  # None: it cannot be read
    begin: int = 0  # where its content begins
    archive: Archive | None = None
    matched: bool = False  # a glob of the source leads to it, so its lines are wanted in any case
    error: OSError | None = None

    @property
    def packed(self) -> bool:
        """Whether it is compressed."""
        return self.archive is not None

    @property
    def found_at(self) -> str:
        """Where a generation that lies in it is found, other than at its path."""
        return self.path if self.rotated else ""

    def size(self) -> int | None:
        """Return how long it is, uncompressed; None while it was not unpacked to its end."""
        return self.archive.size() if self.archive else self.disk_size

    def run(self, start: int, count: int) -> bytes | None:
        """Return a run of its bytes; nothing if it has gone, None while not unpacked that far; raises VanishedError."""
        if not count:
            return b""
        if self.archive:
            return self.archive.run(start, count)
        try:
            file = self.open()
        except (OSError, VanishedError):
            return b""
        try:
            return file.read_at(start, count)
        except OSError as error:  # a failing disk: nothing is concluded from what cannot be read
            raise VanishedError from error
        finally:
            file.close()

    def open(self, closed: Callable[[], None] = lambda: None) -> PlainFile | PackedFile:
        """Open it; raises VanishedError when its name leads elsewhere by now, or another OSError."""
        descriptor = _open(self.path, self.key)[0]
        return PackedFile(descriptor, self.archive.format, closed) if self.archive else PlainFile(descriptor, closed)

    def still_begins(self) -> bool:
        """Return whether it begins as it did when it was looked at."""
        head = self.head or b""
        return self.run(self.begin, len(head)) == head


def _searched(found: "Found") -> list[int]:
    """Return the files that are searched for a run that is nowhere: the path's own, and the last ones before it."""
    plain = [i for i, candidate in enumerate(found.candidates) if candidate.head and not candidate.packed]
    rotated = sorted((i for i in plain if i != found.at_path), key=lambda i: -found.candidates[i].modified)
    return [i for i in plain if i == found.at_path] + rotated[:_SEARCHED]


def _open(path: str, key: Key) -> tuple[int, os.stat_result]:
    try:
        descriptor, status = open_regular(path)
    except FileNotFoundError as error:
        raise VanishedError from error
    if key_of(status) != key:
        os.close(descriptor)
        raise VanishedError
    return descriptor, status


@dataclass(frozen=True, slots=True)
class Known:
    """What a decision needs to know of a generation."""

    position: Position
    open: bool = False  # the file that was written is open: its inode is nobody else's
    name: str = ""  # of that file by now, wherever it was moved to; empty when it was deleted
    dead: bool = False  # it was deleted, and read to its end

    @property
    def number(self) -> int:
        """Its number, unique in a state directory."""
        return self.position.generation

    @property
    def key(self) -> Key:
        """Device and inode of its file."""
        return (self.position.device, self.position.inode)

    @property
    def in_use(self) -> bool:
        """Whether it is read, or to be read."""
        return self.position.state in ("live", "rotated")


@dataclass(slots=True)
class Found:
    """The files that were found, and what each is to each generation and to each other file, by number and index."""

    candidates: list[Candidate]
    at_path: int | None = None
    sizes: list[int | None] = field(default_factory=list)  # uncompressed; None while nobody needed to know
    answers: dict[tuple[int, int], Answer] = field(default_factory=dict)  # (generation, file)
    parts: set[tuple[int, int]] = field(default_factory=set)  # (file, file that holds all of it)
    own_parts: set[tuple[int, int]] = field(default_factory=set)  # (generation whose open file holds all of it, file)
    common: dict[tuple[int, int], int] = field(default_factory=dict)  # as much as both open file and other file hold
    rotated_names: frozenset[str] = frozenset()
    undecided: set[int] = field(default_factory=set)  # files that are to be unpacked further
    torn: bool = False  # the path's file ends within the first bytes of a line, which are alike in many lines

    def answer(self, number: int, index: int) -> Answer:
        """Return what a file is to a generation."""
        return self.answers.get((number, index), Answer(Verdict.OTHER))


class Directories:
    """Lists directories once a look, as long as they do not change."""

    def __init__(self) -> None:
        self._listed: dict[str, tuple[int, list[str]]] = {}

    def forget(self) -> None:
        """Let the next look list them again."""
        self._listed.clear()

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


@dataclass(slots=True)
class Names:
    """The names that files beside a path may have, as generations of it."""

    certain: dict[str, Rotated] = field(default_factory=dict)
    uncertain: list[str] = field(default_factory=list)


def list_names(path: str, also: Iterable[str], directories: Directories) -> Names:
    """List what may be a generation of a path beside it, beside what it links to, and in the directories of also."""
    found = Names()
    real = os.path.realpath(path)
    places = {(os.path.dirname(path), os.path.basename(path)), (os.path.dirname(real), os.path.basename(real))}
    places |= {(directory, os.path.basename(path)) for directory in also}
    for directory, base in sorted(places):
        names, stem = directories.names(directory), stem_of(base)
        at = _first(names, stem)
        while at < len(names) and names[at].startswith(stem):
            name, at = names[at], at + 1
            rotated = rotated_name(base, name)
            if rotated:
                found.certain[os.path.join(directory, name)] = rotated
            elif name != base:
                found.uncertain.append(os.path.join(directory, name))
    return found


def _first(names: list[str], stem: str) -> int:
    low, high = 0, len(names)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if names[middle] < stem else (low, middle)
    return low


Mark = tuple[Key, int, int]
"""What changes with a file: its key, size on disk, and modification time in nanoseconds."""


class Heads:
    """Remembers what was read of files that did not change since, so that a look at a directory stays cheap."""

    def __init__(self) -> None:
        self._known: dict[Mark, tuple[bytes, int, Archive | None]] = {}

    def examine(self, path: str, rotated: Rotated | None) -> Candidate | None:
        """Look at a file; None when nothing regular is there. What cannot be read has no head."""
        try:
            status = os.stat(path)
        except OSError as error:
            if isinstance(error, FileNotFoundError | NotADirectoryError):
                return None
            return Candidate(path, NO_KEY, 0, 0, rotated, None, error=error)
        if not stat.S_ISREG(status.st_mode):
            problem = NotAFileError(f"there is a {_WHAT.get(stat.S_IFMT(status.st_mode), 'device')} in its place")
            return None if rotated else Candidate(path, NO_KEY, 0, 0, None, None, error=problem)
        key, mark = key_of(status), _mark(status)
        known = self._known.get(mark)
        if not known:
            try:
                known, mark = self._read(path, key)
            except OSError as error:
                return Candidate(path, key, status.st_size, status.st_mtime_ns, rotated, None, error=error)
            if rotated:  # the followed file itself changes all the time
                self._known[mark] = known
        (head, begin, archive), (_, disk_size, modified) = known, mark
        if archive:
            archive.rename(path)
        return Candidate(path, key, disk_size, modified, rotated, head, begin, archive)

    @staticmethod
    def _read(path: str, key: Key) -> tuple[tuple[bytes, int, Archive | None], Mark]:
        """Read a head, and look how long the file is: both as they were at one moment, or VanishedError."""
        descriptor, status = _open(path, key)
        file = PlainFile(descriptor)
        try:
            first = file.read_at(0, HEAD_BYTES)
            format_ = format_of(first) or (format_of_name(path) if len(first) < MAGIC_BYTES else None)
            archive = None
            if format_:
                start(format_)  # raises if nothing here can unpack it
                archive = Archive(path, key, format_, status)
                head, begin = archive.head(descriptor)
            else:
                head, begin = (first, 0) if not first.startswith(b"\0") else read_head(file, HEAD_BYTES)
            after = os.fstat(descriptor)
            if after.st_size < status.st_size or (after.st_size > status.st_size and len(head) < HEAD_BYTES):
                raise VanishedError
            return (head, begin, archive), _mark(status)
        finally:
            file.close()

    def keep_only(self, candidates: Iterable[Candidate]) -> None:
        """Forget files that are no longer there."""
        keys = {candidate.key for candidate in candidates}
        for mark in [mark for mark in self._known if mark[0] not in keys]:
            archive = self._known.pop(mark)[2]
            if archive:
                archive.close()


def _mark(status: os.stat_result) -> Mark:
    return key_of(status), status.st_size, status.st_mtime_ns


def name_of(generation: Generation) -> str:
    """Return the name that an open file has by now, wherever it was moved to; empty when it was deleted."""
    try:
        if generation.plain and os.fstat(generation.plain.descriptor).st_nlink:
            return os.readlink(f"/proc/self/fd/{generation.plain.descriptor}")
    except OSError:  # no /proc
        pass
    return ""


class Survey:
    """One look at the files around one path."""

    def __init__(
        self,
        path: str,
        generations: list[Generation],
        heads: Heads,
        directories: Directories,
        matched: Iterable[str],
        rotated: Iterable[str],
    ) -> None:
        self._path = path
        self._generations = generations
        self._heads = heads
        self._directories = directories
        self._matched = frozenset(matched)
        self._rotated = tuple(rotated)
        self._names = Names()
        self._by_number = {generation.number: generation for generation in generations}
        self.known = [Known(g.position, g.plain is not None, name_of(g), g.dead) for g in generations]

    def find(self, foreign: Callable[[Candidate], bool]) -> Found:
        """Look at all files that may be generations of the path, but for those whose inode is of another path's."""
        names = self._names = self._list()
        certain = frozenset(path for path, rotated in names.certain.items() if rotated.certain)
        found = Found(self._candidates(foreign), rotated_names=certain)
        if found.candidates and found.candidates[0].rotated is None:
            found.at_path = 0
        self._ask(found, range(len(found.candidates)), self.known)
        lost = [known for known in self.known if self._is_lost(known, found)]
        deleted = [known for known in self.known if known.open and not known.name and known.in_use]
        for known in lost + deleted:
            for i in _searched(found):
                self._ask_one(found, self._by_number[known.position.generation], i, same_inode=False, search=True)
        if lost and (uncertain := self._examine_uncertain(names, found, foreign)):
            first = len(found.candidates)
            found.candidates += uncertain
            self._ask(found, range(first, len(found.candidates)), lost)
        self._compare_files(found)
        found.sizes = [c.archive.known_size if c.archive else c.disk_size for c in found.candidates]
        if found.at_path is not None:
            at_path = found.candidates[0]
            end = at_path.run(max(at_path.disk_size - TELLING_BYTES, 0), TELLING_BYTES) or b""
            found.torn = b"\n" in end and not end.endswith(b"\n")
        return found

    def _list(self) -> Names:
        also = {os.path.dirname(g.position.found_at) for g in self._generations if g.position.found_at}
        names = list_names(self._path, also, self._directories)
        base = os.path.basename(self._path)
        for path in self._rotated:
            if path != self._path:
                names.certain.setdefault(path, rotated_name(base, os.path.basename(path)) or _UNNAMED)
        for generation in self._generations:
            if (
                (at := generation.position.found_at)
                and generation.in_use
                and at not in names.certain
                and os.path.lexists(at)
            ):
                names.certain[at] = _UNCERTAIN
        return names

    def _candidates(self, foreign: Callable[[Candidate], bool]) -> list[Candidate]:
        """Look at the path's own file before the others, and after them: it has to be the same, and may have grown.

        Whatever was copied of it meanwhile is a copy of what it holds by then.
        """
        before = self._examine_path()
        names = self._names.certain
        found: dict[Key, Candidate] = {}
        for path in sorted(names.keys() | self._matched):
            plain = without_suffix(path)
            if path == self._path or (plain != path and plain in names):
                continue  # being compressed: what it is compressed from is still there
            candidate = self._heads.examine(path, names.get(path, _UNNAMED))
            if candidate and candidate.key not in found and not foreign(candidate):
                found[candidate.key] = replace(candidate, matched=path in self._matched)
        at_path = self._examine_path()
        if not before or not at_path:
            if before is not at_path:
                raise VanishedError
            return list(found.values())
        if at_path.key != before.key or at_path.disk_size < before.disk_size:
            raise VanishedError
        if before.head and not (at_path.head or b"").startswith(before.head):
            raise VanishedError
        others = [candidate for key, candidate in found.items() if key != at_path.key]
        return [replace(at_path, matched=at_path.packed), *others]

    def _examine_path(self) -> Candidate | None:
        at_path = self._heads.examine(self._path, None)
        if at_path and at_path.packed:  # never read as text
            return self._heads.examine(self._path, _UNNAMED)
        return at_path

    def _is_lost(self, known: Known, found: Found) -> bool:
        number = known.position.generation
        if known.open or not known.position.head_bytes or known.position.state not in ("live", "rotated"):
            return False
        verdicts = (found.answer(number, i).verdict for i in range(len(found.candidates)))
        return not any(verdict is not Verdict.OTHER for verdict in verdicts)

    def _examine_uncertain(self, names: Names, found: Found, foreign: Callable[[Candidate], bool]) -> list[Candidate]:
        seen = {candidate.key for candidate in found.candidates}
        candidates = []
        for path in names.uncertain:
            candidate = self._heads.examine(path, _UNCERTAIN) if path not in self._matched else None
            if candidate and candidate.head and candidate.key not in seen and not foreign(candidate):
                seen.add(candidate.key)
                candidates.append(candidate)
        return candidates

    def _ask(self, found: Found, indices: Iterable[int], known: list[Known]) -> None:
        """Ask what files are to generations: only those that have the inode, or begin alike, or stand at the path."""
        by_head: dict[bytes, list[int]] = {}
        by_key: dict[Key, int] = {}
        for i in indices:
            candidate = found.candidates[i]
            by_key[candidate.key] = i
            if candidate.head:
                by_head.setdefault(head_key_of(candidate.head), []).append(i)
        everything = list(indices)
        for each in known:
            position = each.position
            key = head_key(position.head_bytes, position.head)
            own = by_key.get((position.device, position.inode))
            asked = set(by_head.get(key, ()) if key else everything) | ({own} if own is not None else set())
            if position.state == "live" and found.at_path in everything:
                asked.add(0)
            for i in sorted(asked):
                self._ask_one(found, self._by_number[position.generation], i, same_inode=i == own)

    def _ask_one(self, found: Found, generation: Generation, i: int, *, same_inode: bool, search: bool = False) -> None:
        candidate, position = found.candidates[i], generation.position
        if same_inode and generation.plain:  # it is open: its inode cannot be anybody else's
            found.answers[position.generation, i] = Answer(Verdict.SAME, position.offset)
            return
        at_path = i == found.at_path
        search = search or (generation.in_use and (at_path or same_inode))
        answer = compare(position, candidate, same_inode=same_inode, followed=at_path, search=search)
        found.answers[position.generation, i] = answer
        if answer.verdict is Verdict.UNDECIDED:
            found.undecided.add(i)
        if generation.plain and candidate.head:
            own = OwnFile(generation.plain)
            part = is_part(candidate, own)
            if part is None:
                found.undecided.add(i)
            elif part:
                found.own_parts.add((position.generation, i))
            if answer.verdict in (Verdict.SAME, Verdict.MOVED) and generation.in_use and not candidate.packed:
                whole = holds(candidate, answer.at, own, position.offset)
                found.common[position.generation, i] = own.size() if whole else position.offset

    def _compare_files(self, found: Found) -> None:
        """Find out which files hold nothing but what another one holds."""
        groups: dict[bytes, list[int]] = {}
        for i, candidate in enumerate(found.candidates):
            if (
                candidate.head
                and len(candidate.head) >= TELLING_BYTES
                and (candidate.rotated is None or candidate.rotated.certain)
            ):
                groups.setdefault(head_key_of(candidate.head), []).append(i)
        for group in groups.values():
            for i in group:
                for j in group if found.candidates[i].rotated else ():
                    part = is_part(found.candidates[i], found.candidates[j]) if i != j else False
                    if part is None:
                        found.undecided.add(i)
                    elif part:
                        found.parts.add((i, j))

    def make_sure(self, found: Found, *, strict: bool) -> None:
        """Raise VanishedError if anything was renamed, truncated or added since it was looked at.

        Strictly, no rotated file may have grown either: a copy of what has come since would look like news.

        Rotation goes on while we look. What is concluded from a mixture of before and after would be wrong: a copy
        whose original was truncated in between looks like a file that nobody has read.
        """
        if self._list().certain.keys() != self._names.certain.keys():
            raise VanishedError
        anchored = {g.key for g in self._generations if g.plain}
        for candidate in found.candidates:
            may_grow = not strict or candidate.rotated is None or candidate.key in anchored
            self._make_sure_of(candidate, may_grow=may_grow)
        if (
            found.at_path is None
            and os.path.exists(self._path)
            and not any(c.path == self._path for c in found.candidates)
        ):
            raise VanishedError

    @staticmethod
    def _make_sure_of(candidate: Candidate, *, may_grow: bool) -> None:
        try:
            status = os.stat(candidate.path)
        except OSError as error:
            if candidate.error:
                return
            raise VanishedError from error
        if candidate.head is None:
            return
        grown = status.st_size - candidate.disk_size
        if grown < 0 or (grown and not may_grow) or key_of(status) != candidate.key:
            raise VanishedError
        if candidate.rotated is None and not candidate.still_begins():
            raise VanishedError  # truncated, and grown again
