"""Read candidates, each as it was at one moment, and cache what was read of those that do not change."""

import errno
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TypeVar

from logwatch import envelope as envelopes
from logwatch.regular_file import NotAFileError, open_regular
from logwatch.tail.files import CorruptError, PackedFile, PlainFile, Stat, stat_of
from logwatch.tail.fingerprint import HEAD_BYTES, before_hole
from logwatch.tail.identity import NO_KEY, Key
from logwatch.tail.rotated_names import UNNAMED, RotatedName
from logwatch.tail.uncompressed import CONTEXT_BYTES, NOWHERE, Content, LastIn, SeekingError, UnwrittenError
from logwatch.unpack import LAYERS, MAGIC_BYTES, Format, format_of, format_of_name, start

STEP_SECONDS = 0.1
"""How long an archive is unpacked at a time, before SeekingError asks the caller to come back."""

_UNPACKING_SECONDS = 0.5  # the most that a look, or a read, spends on unpacking archives: new lines wait meanwhile

FRESH_SECONDS = 10.0
"""How long after its last write an archive may still be unfinished, beside the plain file that it is made from."""

_STALLED_SECONDS = 600.0  # only then does an archive without an end count as complete: a copy over a network may stall

_LASTING_ERRORS = (None, errno.EACCES, errno.EPERM, errno.ELOOP, errno.ENAMETOOLONG)
_BLOCK_BYTES = 1 << 18
_Answer = TypeVar("_Answer")


class Unpacking:
    """The time for unpacking archives in one look, or one read; a question that it does not suffice for is put off."""

    def __init__(self) -> None:
        self._ends_at: float | None = None  # monotonic clock; None until the first question
        self.put_off = False  # a question about the path was left to the next look

    def begin(self) -> None:
        """Begin a look or a read, with all of its time."""
        self._ends_at = None

    def begin_path(self) -> None:
        """Begin with a path: none of the questions about it has been put off."""
        self.put_off = False

    @property
    def lasts(self) -> bool:
        """Whether any time is left."""
        return self._ends_at is None or time.monotonic() < self._ends_at

    def time_left(self) -> float | None:
        """Return for how many seconds to work on a question; None to put it off."""
        now = time.monotonic()
        self._ends_at = now + _UNPACKING_SECONDS if self._ends_at is None else self._ends_at
        over = now >= self._ends_at
        self.put_off = self.put_off or over
        return None if over else min(self._ends_at - now, STEP_SECONDS)


class Archive:
    """A compressed file that does not change. It works on one question at a time, and remembers the answer.

    ``run``, ``size`` and ``search`` raise SeekingError until they have an answer, and UnreadableError if a disk fails.
    """

    def __init__(
        self,
        path: str,
        format_: Format,
        stat: Stat,
        within: tuple[Format, ...] = (),
        *,
        unpacking: Unpacking,
    ) -> None:
        """Take a file of this format; ``within``: the formats that the archive itself is packed in, outermost first."""
        self.name = path  # as its file is called now
        self._unpacking = unpacking
        self._format = format_
        self._within = within
        self.known_size: int | None = None  # uncompressed bytes; None until it was unpacked to its end
        self.whole = False  # it was unpacked, and its end is there
        self.intact: int | None = None  # if it is damaged: how many uncompressed bytes before have the right checksums
        self._so_far = sys.maxsize  # its uncompressed bytes so far, if it was unpacked and has no end yet
        self._stat = stat
        self._file: PackedFile | None = None
        self._steps: Iterator[None] = iter(())
        self._runs: dict[tuple[int, int], bytes] = {}
        self._places: dict[bytes, int] = {}
        self._last, self._last_at = b"", sys.maxsize  # its last uncompressed bytes, and their offset
        self._unreadable_at: int | None = None  # the place on disk at which the last question failed

    @property
    def busy(self) -> bool:
        """Whether it is working on a question, which is to be asked again."""
        return self._file is not None

    def open(self, descriptor: int, closed: Callable[[], None] = lambda: None, intact: int | None = None) -> PackedFile:
        """Return a reader of its uncompressed bytes, which ends at ``intact``."""
        return PackedFile(descriptor, self._format, closed, intact, self._within)

    def head(self, descriptor: int) -> tuple[bytes, int]:
        """Return the first bytes after leading NULs, as far as they can be unpacked, and their offset."""
        with closing(self.open(os.dup(descriptor))) as file:
            try:
                return file.head()
            except CorruptError:
                return file.read_at(0, min(file.reached, HEAD_BYTES)), 0

    def run(self, start: int, count: int) -> bytes:
        """Return a run of its uncompressed bytes, shorter at its end, by unpacking it that far."""
        if start < self._last_at and (start, count) not in self._runs and self._can_tell(start + count):
            self._ask(lambda file: self._go_through(file, (start, count)))
        if start >= self._last_at:
            return self._last[start - self._last_at :][:count]
        return self._answered(self._runs.get((start, count)), start + count)

    def size(self) -> int:
        """Return its uncompressed size in bytes, by unpacking it to its end."""
        if self.known_size is None and self._can_tell():
            self._ask(self._go_through)
        return self._answered(self.known_size)

    def search(self, tail: bytes, last_in: LastIn) -> int:
        """Return the last place that ``last_in`` finds, or NOWHERE, by unpacking it to its end; cached by ``tail``."""
        if tail not in self._places and self._can_tell():
            self._ask(lambda file: self._go_through(file, tail=tail, last_in=last_in))
        return self._answered(self._places.get(tail))

    def _can_tell(self, end: int = sys.maxsize) -> bool:
        """Return whether unpacking can give an answer: it is at work, may reach ``end``, or the file is complete."""
        return self.busy or end <= self._so_far or is_settled(self._stat, _STALLED_SECONDS)

    def _answered(self, answer: _Answer | None, end: int = sys.maxsize) -> _Answer:
        if answer is None:
            raise SeekingError if self._can_tell(end) else UnwrittenError
        return answer

    def close(self) -> None:
        """Close the file, and drop the question that is being worked on."""
        if self._file:
            self._file.close()
        self._file = None

    def _ask(self, steps: Callable[[PackedFile], Iterator[None]]) -> None:
        """Work for a while on a question, or on one begun before it; a file that is gone gives no answer.

        What was begun is finished first: once an offset has moved on, that question may never be asked again, and would
        keep the archive busy. A place at which a disk failed is tried before everything is unpacked again.
        """
        time_left = self._unpacking.time_left()
        if time_left is None:
            return
        if not self._file:
            try:
                descriptor = _open(self.name, self._stat.key)[0]
            except VanishedError:
                return
            except OSError as error:
                raise UnreadableError(self._stat.key, error) from error
            self._file = self.open(descriptor)
            self._steps = steps(self._file)
        until = time.monotonic() + time_left
        try:
            if self._unreadable_at is not None:
                self._file.try_place(self._unreadable_at)
                self._unreadable_at = None
            for _ in self._steps:
                if time.monotonic() >= until:
                    return
        except OSError as error:
            if self._unreadable_at is None:
                self._unreadable_at = self._file.place
            self.close()
            raise UnreadableError(self._stat.key, error) from error
        self.close()

    def _go_through(
        self, file: PackedFile, wanted: tuple[int, int] = (0, 0), tail: bytes = b"", last_in: LastIn | None = None
    ) -> Iterator[None]:
        """Unpack to the end, or to the end of the ``wanted`` run, and note what was found; yield after each step."""
        (at, count), last, place = wanted, b"", NOWHERE
        while True:
            try:
                data = file.read_at(at, count or _BLOCK_BYTES)
            except SeekingError:
                yield
                continue
            except CorruptError:
                self.intact = file.proved
                data = file.read_at(at, file.reached - at)
            if count and len(data) >= count:
                self._runs[wanted] = data[:count]
                return
            block = last + data
            if last_in and (found := last_in(block, at - len(last), len(last))) != NOWHERE:
                place = found
            at = min(at + len(data), file.reached)
            last = block[-CONTEXT_BYTES:]
            if len(data) < (count or _BLOCK_BYTES):
                break
            yield
        self._so_far = sys.maxsize if file.ended() else at
        if file.ended() or is_settled(self._stat, _STALLED_SECONDS):  # else more may be written
            self.known_size, self._last, self._last_at, self.whole = at, last, at - len(last), file.ended()
            if last_in:
                self._places[tail] = place


def is_settled(stat: Stat, seconds: float) -> bool:
    """Return whether a file counts as complete: not written to for ``seconds``, or dated in the future."""
    return not 0 <= time.time() - stat.modified / 1e9 < seconds


class VanishedError(Exception):
    """A file was renamed, removed or changed while it was examined: everything has to be examined again."""


class UnreadableError(VanishedError):
    """A file cannot be read, as on a failing disk: nothing may be concluded from it."""

    def __init__(self, key: Key, error: OSError) -> None:
        super().__init__(str(error))
        self.key, self.error = key, error


@dataclass(slots=True, eq=False)
class Candidate(Content):
    """A file that may hold a generation's bytes, as it was when examined."""

    path: str
    key: Key
    disk_size: int  # bytes on disk, compressed if it is an archive
    modified: int  # nanoseconds since the epoch
    name_says: RotatedName | None  # what its name says of its rotation; None for the path's own file
    head: bytes
    begin: int = 0  # offset of its content, after leading NULs
    archive: Archive | None = None
    matched: bool = False  # a pattern of the source matches it, so that its lines count whenever they were written
    error: OSError | None = None
    _end: bytes | None = field(default=None, init=False)  # cached, since it is compared with many other files

    @property
    def is_at_path(self) -> bool:
        """Whether the followed path leads to it, and it is no archive: an archive there counts as a rotated file."""
        return self.name_says is None

    @property
    def may_be_news(self) -> bool:
        """Whether bytes in it that no generation has are news: it is the path's, or can only be rotated from it."""
        return self.name_says is None or self.name_says.certain

    @property
    def packed(self) -> bool:
        """Whether it is compressed."""
        return self.archive is not None

    @property
    def fails_for_now(self) -> bool:
        """Whether the error that keeps it from being read may pass by itself, such as a disk's or a server's."""
        return self.error is not None and self.error.errno not in _LASTING_ERRORS

    @property
    def stat(self) -> Stat:
        """Its key, size and time when it was examined."""
        return Stat(self.key, self.disk_size, self.modified)

    @property
    def found_at(self) -> str:
        """``Position.found_at`` of a generation that lies in it: its name, unless it is the path's own file."""
        return "" if self.is_at_path else self.path

    @property
    def damaged(self) -> bool:
        """Whether unpacking it met damage, such as a wrong checksum: bytes before that may be wrong as well."""
        return self.archive is not None and self.archive.intact is not None

    @property
    def known_size(self) -> int | None:
        """Its uncompressed size in bytes; None for an archive that was not unpacked to its end."""
        return self.archive.known_size if self.archive else self.disk_size

    def size(self) -> int:
        """Return its uncompressed size in bytes; raises SeekingError, UnreadableError."""
        return self.archive.size() if self.archive else self.disk_size

    def run(self, start: int, count: int) -> bytes:
        """Return a run of its uncompressed bytes, none if it has gone; raises SeekingError, UnreadableError."""
        if not count or self.error:
            return b""
        if self.archive:
            return self.archive.run(start, count)
        try:
            with closing(self.open()) as file:
                return file.read_at(start, count)
        except VanishedError:
            return b""
        except OSError as error:
            raise UnreadableError(self.key, error) from error

    def end(self) -> bytes:
        """Return its last bytes."""
        if self._end is None:
            self._end = Content.end(self)
        return self._end

    def search(self, tail: bytes, last_in: LastIn) -> int:
        """Return the last place in it that ``last_in`` finds, or NOWHERE."""
        return self.archive.search(tail, last_in) if self.archive else Content.search(self, tail, last_in)

    def open(self, closed: Callable[[], None] = lambda: None) -> PlainFile | PackedFile:
        """Open it; raises VanishedError if its name leads to another file by now, or OSError."""
        descriptor = _open(self.path, self.key)[0]
        if not self.archive:
            return PlainFile(descriptor, closed)
        return self.archive.open(descriptor, closed, self.archive.intact)


def _open(path: str, key: Key) -> tuple[int, Stat]:
    try:
        descriptor, status = open_regular(path)
    except FileNotFoundError as error:
        raise VanishedError from error
    if (found := stat_of(status)).key != key:
        os.close(descriptor)
        raise VanishedError
    return descriptor, found


class Heads:
    """Caches candidates by key while their files do not change, so that a look at a directory stays cheap."""

    def __init__(self, unreadable: dict[Key, OSError], unpacking: Unpacking) -> None:
        """``unreadable``: errors of files that cannot be read in full, and are not tried again."""
        self._known: dict[Key, Candidate] = {}
        self._unreadable, self._unpacking = unreadable, unpacking

    def examine(self, path: str, name: RotatedName | None = UNNAMED) -> Candidate | None:
        """Examine a file; return None if no regular file is there. An unreadable one has an error, and no head."""
        found = Stat(NO_KEY, 0, 0)
        try:
            found = stat_of(os.stat(path))
            if error := self._unreadable.get(found.key):
                return Candidate(path, *found, name, b"", error=error)
            known = self._known.get(found.key)
            same = known is not None and known.stat == found
            file = replace(known, path=path, name_says=name) if known and same else self._read(path, found.key, name)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except NotAFileError as error:
            return None if name else Candidate(path, NO_KEY, 0, 0, None, b"", error=error)
        except OSError as error:
            return Candidate(path, *found, name, b"", error=error)
        if name:  # the path's own file changes all the time
            if known and known.archive and known.archive is not file.archive:
                known.archive.close()  # it was still being written
            self._known[file.key] = file
        if file.archive:
            file.archive.name = path  # it may have been renamed
        return file

    def keep_only(self, candidates: Iterable[Candidate]) -> None:
        """Drop all other files from the cache."""
        for gone in self._known.keys() - {candidate.key for candidate in candidates}:
            if archive := self._known.pop(gone).archive:
                archive.close()

    def _read(self, path: str, key: Key, name: RotatedName | None) -> Candidate:
        """Read a file's head, and check that it did not change meanwhile; raises VanishedError if so, or OSError."""
        descriptor, before = _open(path, key)
        with closing(PlainFile(descriptor)) as file:
            first = file.read_at(0, HEAD_BYTES)
            format_ = format_of(first) or (format_of_name(path) if len(first) < MAGIC_BYTES else None)
            archive = None
            within: tuple[Format, ...] = ()
            head, begin = (first, 0) if not first.startswith(b"\0") else file.head()
            while format_ and len(within) < LAYERS:
                start(format_)  # raises MissingLibraryError if nothing here can unpack it
                archive = Archive(path, format_, before, within, unpacking=self._unpacking)
                head, begin = archive.head(descriptor)
                within, format_ = (*within, format_), format_of(head)
            if envelopes.is_tar(head):  # it may hold logs, but is none
                raise NotAFileError("it is a tar archive")
            size = file.stat().size
            if size < before.size or (size > before.size and len(head) < HEAD_BYTES):
                raise VanishedError
            return Candidate(path, *before, name, before_hole(head), begin, archive)
