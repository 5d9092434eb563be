"""Finds where the bytes of known generations lie now: same name, renamed, copied, compressed; content decides.

In: the generations of one path, and the files that may hold them. Out: which file holds which generation, and which
files hold bytes that nobody has seen.
"""

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from logwatch.tail.files import (
    CorruptError,
    Key,
    LogFile,
    NotAFileError,
    PackedFile,
    PlainFile,
    key_of,
    open_regular,
    read_head,
    unpacked_size,
)
from logwatch.tail.generation import Generation
from logwatch.tail.identity import HEAD_BYTES, TAIL_BYTES, TELLING_BYTES, begins_alike, digest, stamp
from logwatch.tail.siblings import Rotated, age_key, rotated_name

SURE_BYTES = 256
"""So many equal bytes make another inode at the followed path the same file; fewer may be a banner that recurs."""


_WHAT = {stat.S_IFDIR: "directory", stat.S_IFIFO: "pipe", stat.S_IFSOCK: "socket"}


class VanishedError(Exception):
    """A file was renamed or removed between listing and opening: list again."""


@dataclass(slots=True, eq=False)
class Candidate:
    """A file that may hold a generation's bytes, as it was when it was looked at."""

    path: str
    key: Key
    size: int  # uncompressed, as far as a gzip file tells
    modified: int  # nanoseconds
    rotated: Rotated | None  # None for the followed path itself
    head: bytes | None  # None: it cannot be read
    matched: bool = False  # a glob of the source leads to it, so its lines are wanted in any case
    disk_size: int = 0  # as the file system tells
    error: OSError | None = None

    @property
    def packed(self) -> bool:
        """Whether it is compressed."""
        return self.path.endswith(".gz")

    def open(self) -> PlainFile | PackedFile:
        """Open it; raises VanishedError when its name leads elsewhere by now, or another OSError."""
        try:
            descriptor, status = open_regular(self.path)
        except FileNotFoundError as error:
            raise VanishedError from error
        if key_of(status) != self.key:
            os.close(descriptor)
            raise VanishedError
        return PackedFile(descriptor) if self.packed else PlainFile(descriptor)

    def still_begins(self) -> bool:
        """Tell whether it begins as it did when it was looked at."""
        head = self.head or b""
        return self.run(0, len(head)) == digest(head)

    def run(self, start: int, count: int) -> bytes:
        """Return the digest of a run of its bytes, or what is no digest if it cannot be read."""
        if not count:
            return b""
        try:
            file = self.open()
        except OSError:
            return b"?"
        try:
            return digest(file.read_at(start, count))
        finally:
            file.close()


def list_siblings(path: str, also: Iterable[str]) -> dict[str, Rotated]:
    """Return the rotated names of a path beside it, beside what it links to, and in the directories of also."""
    found: dict[str, Rotated] = {}
    real = os.path.realpath(path)
    places = {(os.path.dirname(path), os.path.basename(path)), (os.path.dirname(real), os.path.basename(real))}
    places |= {(directory, os.path.basename(path)) for directory in also}
    for directory, base in places:
        try:
            with os.scandir(directory or ".") as entries:
                names = [entry.name for entry in entries]
        except OSError:
            continue
        for name in names:
            rotated = rotated_name(base, name)
            if rotated:
                found[os.path.join(directory, name)] = rotated
    return found


Mark = tuple[Key, int, int]
"""What changes with a file: its key, size on disk, and modification time in nanoseconds."""


def _mark(status: os.stat_result) -> Mark:
    return key_of(status), status.st_size, status.st_mtime_ns


@dataclass(slots=True)
class Heads:
    """Remembers what was read of files that did not change since, so that a look at a directory stays cheap."""

    known: dict[Mark, tuple[bytes, int]] = field(default_factory=dict)  # head and uncompressed size

    def examine(self, path: str, rotated: Rotated | None) -> Candidate | None:
        """Look at a file; None when nothing regular is there. What cannot be read has no head."""
        try:
            status = os.stat(path)
        except OSError as error:
            if isinstance(error, FileNotFoundError | NotADirectoryError):
                return None
            return Candidate(path, (0, 0), 0, 0, rotated, None, error=error)
        if not stat.S_ISREG(status.st_mode):
            problem = NotAFileError(f"there is a {_WHAT.get(stat.S_IFMT(status.st_mode), 'device')} in its place")
            return None if rotated else Candidate(path, (0, 0), 0, 0, None, None, error=problem)
        key, mark = key_of(status), _mark(status)
        known = self.known.get(mark)
        if not known:
            try:
                known, mark = self._read(path, key)
            except OSError as error:
                return Candidate(path, key, status.st_size, status.st_mtime_ns, rotated, None, error=error)
            if rotated:  # the followed file itself changes all the time
                self.known[mark] = known
        (head, size), (_, disk_size, modified) = known, mark
        return Candidate(path, key, size, modified, rotated, head, disk_size=disk_size)

    @staticmethod
    def _read(path: str, key: Key) -> tuple[tuple[bytes, int], Mark]:
        """Read a head, and look how long the file is: both as they were at one moment, or VanishedError."""
        try:
            descriptor, status = open_regular(path)
        except FileNotFoundError as error:
            raise VanishedError from error
        file = PackedFile(descriptor) if path.endswith(".gz") else PlainFile(descriptor)
        try:
            if key_of(status) != key:
                raise VanishedError
            head, size = b"", 0
            with suppress(CorruptError):
                head = file.read_at(0, HEAD_BYTES)
                size = unpacked_size(descriptor, status.st_size) if file.packed else status.st_size
            after = os.fstat(descriptor)
            if after.st_size < status.st_size or (after.st_size > status.st_size and len(head) < HEAD_BYTES):
                raise VanishedError
            return (head, size), _mark(status)
        finally:
            file.close()

    def keep_only(self, candidates: Iterable[Candidate]) -> None:
        """Forget files that are no longer there."""
        keys = {candidate.key for candidate in candidates}
        self.known = {mark: head for mark, head in self.known.items() if mark[0] in keys}


def continues(generation: Generation, candidate: Candidate) -> bool:
    """Tell whether a file holds the generation's bytes up to its offset, so that reading can go on there."""
    if candidate.head is None:
        return False
    if not generation.head_bytes or not begins_alike(generation.head_bytes, generation.head, candidate.head):
        return False
    if candidate.packed:  # how long it is, is a hint; the tail is compared once it is unpacked that far
        return candidate.size >= generation.offset
    if candidate.size < generation.offset:
        return False
    return candidate.run(generation.offset - generation.tail_bytes, generation.tail_bytes) == generation.tail


def is_copy(generation: Generation, candidate: Candidate) -> bool:
    """Tell whether a file holds nothing but bytes that the generation, which lies elsewhere, has too."""
    if not candidate.head or candidate.size < TELLING_BYTES:
        return False
    file = generation.file
    if file and not file.packed:  # nothing that was noted is as fresh as the file itself
        return _is_copy_of_file(file, candidate)
    if candidate.size > generation.size or not _enough(generation, candidate):
        return False
    return begins_alike(generation.head_bytes, generation.head, candidate.head)


def _is_copy_of_file(file: LogFile, candidate: Candidate) -> bool:
    if not candidate.head or candidate.size > os.fstat(file.descriptor).st_size:
        return False
    if not read_head(file, HEAD_BYTES).startswith(candidate.head):
        return False
    if candidate.packed:
        return True
    count = min(candidate.size, TAIL_BYTES)
    start = candidate.size - count
    return candidate.run(start, count) == digest(file.read_at(start, count))


def _repeats(candidate: Candidate, other: Candidate) -> bool:
    """Tell whether one file is a copy of another, made while that one was as long or shorter."""
    if candidate is other or not candidate.rotated or not candidate.head or not other.head:
        return False
    if not TELLING_BYTES <= candidate.size <= other.size:
        return False
    if not other.head.startswith(candidate.head):
        return False
    if candidate.packed or other.packed:
        return True
    count = min(candidate.size, TAIL_BYTES)
    return candidate.run(candidate.size - count, count) == other.run(candidate.size - count, count)


def _preference(candidate: Candidate) -> tuple[bool, bool, int, str]:
    """Return what sorts equal copies: the followed path itself first, then plain files, then what was written first."""
    return (candidate.rotated is not None, candidate.packed, candidate.modified, candidate.path)


@dataclass(slots=True)
class Places:
    """Which file holds which generation, and what the files hold that hold none."""

    held: dict[int, Candidate] = field(default_factory=dict)  # by generation number
    copies: list[Candidate] = field(default_factory=list)  # of what another file holds, or held
    unknown: list[Candidate] = field(default_factory=list)  # bytes that nobody has seen, oldest first

    def repeats(self, candidate: Candidate, generations: list[Generation]) -> bool:
        """Tell whether a file is a copy of what one of these generations holds, or held."""
        for generation in generations:
            held = self.held.get(generation.number)
            anchored = generation.file and not generation.file.packed
            if _repeats(candidate, held) if held and not anchored else is_copy(generation, candidate):
                return True
        return False


def place(generations: list[Generation], candidates: list[Candidate]) -> Places:
    """Find each generation's file, by its inode and content first, then by content alone.

    Generations that are still read come before those that were read or left out: a copy that was left out while its
    original was being read is the place to go on when the original is truncated.
    """
    places = Places()
    free = dict.fromkeys(candidates)
    by_key = {candidate.key: candidate for candidate in reversed(candidates)}
    in_use = [generation for generation in generations if generation.state in ("live", "rotated")]
    past = [generation for generation in generations if generation.state not in ("live", "rotated")]
    for some in (in_use, past):
        for generation in reversed(some):  # of two with one inode, the newer one is there
            candidate = by_key.get(generation.key)
            if candidate and candidate in free and same_file(generation, candidate):
                places.held[generation.number] = candidate
                del free[candidate]
        for generation in reversed(some):
            if generation.number in places.held or generation.file:
                continue
            if candidate := _find_content(generation, list(free)):
                places.held[generation.number] = candidate
                del free[candidate]
    elsewhere = [generation for generation in generations if generation.number not in places.held]
    for candidate in free:
        longer = [c for c in free if (-c.size, _preference(c)) < (-candidate.size, _preference(candidate))]
        if candidate.rotated and (
            places.repeats(candidate, generations) or any(_repeats(candidate, other) for other in longer)
        ):
            places.copies.append(candidate)
        elif not candidate.packed and (blank := _find_empty(elsewhere, candidate)):
            places.held[blank.number] = candidate  # late lines, the first ones, as they are nobody's copy
        else:
            places.unknown.append(candidate)
    places.unknown.sort(key=lambda c: age_key(c.rotated, c.modified) if c.rotated else (9, 0, "", 0))
    return places


def _find_content(generation: Generation, candidates: list[Candidate]) -> Candidate | None:
    """Find a file with another inode that holds the generation: where it goes on, else what was copied of it."""
    candidates.sort(key=lambda c: (c.rotated is not None, -c.size, c.packed))  # a shorter copy was made earlier
    for candidate in candidates:
        at_path = candidate.rotated is None
        if at_path and (generation.state != "live" or generation.offset < SURE_BYTES):
            continue
        if _enough(generation, candidate) and continues(generation, candidate):
            return candidate
    return next((c for c in candidates if c.rotated and is_copy(generation, c)), None)


def _enough(generation: Generation, candidate: Candidate) -> bool:
    """Tell whether there is enough to compare: a few bytes are alike in many files, unless they are all there is."""
    return max(generation.head_bytes, generation.offset) >= TELLING_BYTES or candidate.size == generation.size


def _find_empty(generations: list[Generation], candidate: Candidate) -> Generation | None:
    """Find a generation in use that was empty when it was last seen, and whose inode a file has that is not."""
    for generation in generations:
        if generation.key == candidate.key and not generation.file and not generation.head_bytes:
            return generation if generation.state in ("live", "rotated") else None
    return None


def same_file(generation: Generation, candidate: Candidate) -> bool:
    """Tell whether a file with the generation's inode is the generation, and no other file that got its inode."""
    if generation.file and not generation.file.packed:
        return True  # it is open: its inode cannot be anybody else's
    if candidate.head is None:
        return True  # unreadable now: its inode has to do
    if not generation.head_bytes:  # it was empty: what is in there now is new in any case, or a copy with its old inode
        if generation.state in ("done", "ignored"):
            return not candidate.size and generation.head == stamp(candidate.modified)
        return not candidate.size or (generation.state == "live" and not candidate.rotated)
    # Of what is over, the beginning of a line proves nothing: its inode may have been free again
    telling = generation.state in ("live", "rotated") or _enough(generation, candidate)
    if generation.state == "ignored":
        return telling and begins_alike(generation.head_bytes, generation.head, candidate.head)
    return telling and continues(generation, candidate)
