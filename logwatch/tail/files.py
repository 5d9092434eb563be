"""Open log files without ever blocking, and read runs of bytes at offsets, from plain files and archives alike."""

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from logwatch.tail.fingerprint import HEAD_BYTES, before_hole
from logwatch.tail.identity import Key
from logwatch.tail.uncompressed import Content, SeekingError
from logwatch.unpack import MAGIC_BYTES, Engine, Format, FormatError, format_of, start

_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_STEP_BYTES = 65536  # read from an archive at a time
_HOLE_STEPS = 4096  # 256 MiB of zeros that are no hole are searched in one call; any more in an archive are content
_LATEST = (1 << 63) - 1  # nanoseconds; in the year 2262
_SEEK_BYTES = 4 << 20  # the most that one call unpacks and skips: nothing else has to wait for a big archive


class CorruptError(Exception):
    """An archive is damaged: it cannot be unpacked any further."""


class Stat(NamedTuple):
    """What identifies a file under all of its names, and what changes when it is written to."""

    key: Key
    size: int  # bytes on disk
    modified: int  # nanoseconds since the epoch


class _Zeros(NamedTuple):
    """A run of NULs that was searched for its end."""

    front: int  # offset where it begins
    end: int  # offset up to which there is nothing else
    seen: Stat  # the file at that time


def stat_of(status: os.stat_result) -> Stat:
    """Return the key, size and time of a file from its status."""
    modified = status.st_mtime_ns
    if abs(modified) > _LATEST:  # XFS and btrfs have times that do not fit into a ledger
        modified = _LATEST if modified > 0 else -_LATEST
    return Stat((status.st_dev, status.st_ino), status.st_size, modified)


def stat_at(path: str) -> Stat | None:
    """Return the ``Stat`` of the file that a path leads to; None if it cannot be examined."""
    try:
        return stat_of(os.stat(path))
    except OSError:
        return None


def key_at(path: str) -> Key | None:
    """Return the key of the file that a path leads to; None if it cannot be examined."""
    found = stat_at(path)
    return found.key if found else None


def read_fully(descriptor: int, count: int, offset: int) -> bytes:
    """Read ``count`` bytes at an offset, fewer only at the end of the file: a short read alone does not mean that."""
    data = os.pread(descriptor, count, offset)
    while data and len(data) < count and (more := os.pread(descriptor, count - len(data), offset + len(data))):
        data += more
    return data


class PlainFile:
    """An open file whose bytes are read at offsets."""

    packed = False
    _hole = 0  # offset up to which leading NULs were found, on file systems that do not report holes
    _zeros: _Zeros | None = None  # the NULs after what was read last

    def __init__(self, descriptor: int, closed: Callable[[], None] = lambda: None) -> None:
        self.descriptor = descriptor
        self._closed = closed

    def read_at(self, offset: int, count: int) -> bytes:
        """Return ``count`` bytes at an offset, fewer at the end of the file as it is now."""
        try:
            return read_fully(self.descriptor, count, offset)
        except OSError:
            if not self.open_anew():
                raise
            return read_fully(self.descriptor, count, offset)

    def open_anew(self) -> bool:
        """Replace the descriptor with a new one of the same inode; return False, and keep the old one, if that fails.

        This matters on FUSE: rclone shows a file as it was when opened, and sshfs gives a file the inode of the one
        that had its name on the server before.
        """
        try:
            anew = os.open(f"/proc/self/fd/{self.descriptor}", _READ)
        except OSError:
            return False
        try:
            os.dup2(anew, self.descriptor, inheritable=False)
        finally:
            os.close(anew)
        return True

    def stat(self) -> Stat:
        """Return its current ``Stat``."""
        return stat_of(os.fstat(self.descriptor))

    def head(self) -> tuple[bytes, int]:
        """Return its first bytes after leading NULs, and their offset; no bytes if it has only NULs so far.

        A writer without O_APPEND leaves NULs at the front when its file is truncated, as a power loss may: they
        identify nothing.
        """
        head = self.read_at(0, HEAD_BYTES)
        if not head.startswith(b"\0"):
            return head, 0
        at, found = self._find_content(self._hole)
        if found is not None:
            return (self.read_at(at, HEAD_BYTES) if found else b""), at
        if self.packed:
            return head, 0
        self._hole = at
        return b"", at

    def _find_content(self, at: int) -> tuple[int, bool | None]:
        """Return the next offset without a NUL, and True; or the end, and False; or where to search on, and None."""
        for _ in range(_HOLE_STEPS):
            if not self.packed:
                try:
                    at = os.lseek(self.descriptor, at, os.SEEK_DATA)
                except OSError as error:
                    if error.errno == errno.ENXIO:  # a hole up to the end
                        return max(at, self.stat().size), False
            run = self.read_at(at, _STEP_BYTES)
            behind = run.lstrip(b"\0")
            at += len(run) - len(behind)
            if behind or not run:
                return at, bool(behind)
        return at, None

    def behind_zeros(self, front: int, reached: int, seen: Stat) -> int:
        """Return the offset of the first other byte after NULs; 0 if there is none. Raises SeekingError to search on.

        The NULs begin at ``front``, and were read up to ``reached``; ``seen``: the file at that time.

        A writer fills them from the front, or goes on after them. They are searched anew only if it has written
        elsewhere: the file changed, but neither its size nor the front did.
        """
        known, at = self._zeros, reached
        if known and known.front <= front <= known.end and known.seen.size <= seen.size:
            elsewhere = front == known.front and known.seen.size == seen.size and known.seen != seen
            at = reached if elsewhere else max(reached, known.end)
        end, found = self._find_content(at)
        self._zeros = _Zeros(front, end, seen)
        if found is None:
            raise SeekingError
        return end if found else 0

    def has_name(self) -> bool:
        """Return whether it has a name by which it can be opened again; True if the file system does not say."""
        with suppress(OSError):
            return os.fstat(self.descriptor).st_nlink > 0
        return True

    def ended(self) -> bool:
        """Return whether nothing can follow what was read; this is known only of a complete archive."""
        return False

    def close(self) -> None:
        """Close the file; if it was deleted, the host gets its space back."""
        with suppress(OSError):  # FUSE may fail here once its server has gone; the descriptor is closed all the same
            os.close(self.descriptor)
        self._closed()


class PackedFile(PlainFile):
    """An archive, unpacked from front to back as it is read; going back means starting over.

    One that is still being written is no error: what is there can be read, and more once it is written.
    """

    packed = True

    def __init__(
        self,
        descriptor: int,
        format_: Format = "gzip",
        closed: Callable[[], None] = lambda: None,
        intact: int | None = None,
        within: tuple[Format, ...] = (),
    ) -> None:
        """Read an archive; if it is damaged, no further than ``intact`` uncompressed bytes.

        ``within``: the formats that the archive itself is packed in, outermost first.
        """
        super().__init__(descriptor, closed)
        self._source = PackedFile(descriptor, within[-1], within=within[:-1]) if within else PlainFile(descriptor)
        self._format = format_
        self._intact = intact
        self._restart()

    def _restart(self) -> None:
        self._engine: Engine = start(self._format)
        self._at = 0  # offset of the next compressed bytes
        self._base = 0  # uncompressed offset of the buffer's first byte
        self._buffer = b""
        self._pending = b""  # compressed bytes that were read, and not unpacked yet
        self._ended = False
        self._damage = ""
        self.proved = 0  # uncompressed bytes of members that have ended with a right checksum

    @property
    def reached(self) -> int:
        """The uncompressed offset up to which it has been unpacked."""
        return self._base + len(self._buffer)

    @property
    def place(self) -> int:
        """The offset up to which the file on disk has been read."""
        return self._source.place if isinstance(self._source, PackedFile) else self._at

    @property
    def remaining(self) -> int:
        """Bytes on disk that have not been unpacked yet."""
        with suppress(OSError):
            return 0 if self._ended else max(self.stat().size - self.place, 0)
        return 0

    def read_at(self, offset: int, count: int) -> bytes:
        """Return count bytes at offset; raises SeekingError on the way to a far one, CorruptError at damage.

        Bytes before the damage, up to ``reached``, can still be read.
        """
        if offset < self._base:
            self._restart()
        skipped = 0
        while self.reached < offset:
            skipped += len(self._buffer)
            self._base += len(self._buffer)
            self._buffer = b""
            if not self._unpack():
                return self._until_damage(b"", count)
            if skipped > _SEEK_BYTES:
                raise SeekingError
        self._buffer = self._buffer[offset - self._base :]
        self._base = offset
        while len(self._buffer) < count and self._unpack():
            pass
        return self._until_damage(self._buffer[:count], count)

    def _until_damage(self, data: bytes, count: int) -> bytes:
        if self._damage and len(data) < count:
            raise CorruptError(self._damage)
        return data

    def try_place(self, place: int) -> None:
        """Check that a step can be read at a place of the file on disk; raises OSError if not."""
        read_fully(self.descriptor, _STEP_BYTES, place)

    def _unpack(self) -> bool:
        """Unpack a step into the buffer; return False if nothing more is written, or damage comes next."""
        if self._damage:
            return False
        if self._intact is not None and self.reached >= self._intact:
            self._damage = "its checksum is wrong"
            return False
        if not self._pending and (self._engine.needs_input or self._engine.eof):
            self._pending = self._read_on()
        if self._engine.eof and not self._next_member():
            return False
        if not self._pending and self._engine.needs_input:
            return False
        try:
            data = self._engine.decompress(self._pending, _STEP_BYTES * 4)
        except FormatError as error:
            self._buffer += error.before
            self._damage = str(error)
            return bool(error.before)
        self._buffer += data
        self._pending = b""
        if self._engine.eof:
            self.proved, self._pending = self.reached, self._engine.unused_data
        return True

    def _read_on(self) -> bytes:
        """Return the next compressed bytes; none at the end of the file that has them, or where that is damaged."""
        try:
            data = self._source.read_at(self._at, _STEP_BYTES)
        except CorruptError as error:
            assert isinstance(self._source, PackedFile)
            data = self._source.read_at(self._at, self._source.reached - self._at)
            self._damage = "" if data else str(error)
        self._at += len(data)
        return data

    def _next_member(self) -> bool:
        """Go on to the next member, skipping zeros in between; return False at the end, or before garbage."""
        self._pending = self._pending.lstrip(b"\0")
        for _ in range(_HOLE_STEPS):
            if len(self._pending) >= MAGIC_BYTES or not (more := self._read_on()):
                break
            self._pending = (self._pending + more).lstrip(b"\0")
        if format_of(self._pending) != self._format:
            self._ended = True
            return False
        self._ended = False
        self._engine = start(self._format)
        return True

    def ended(self) -> bool:
        """Return whether the last member is complete, and all of it was read."""
        return self._ended and not self._damage and (not self._source.packed or self._source.ended())


class OwnFile(Content):
    """The content of an open file: head and size as they were when it was examined, the rest as it is now."""

    def __init__(self, file: PlainFile) -> None:
        self._file = file
        self.modified = file.stat().modified
        head, self.begin = file.head()
        self.head = before_hole(head)
        self._size = file.stat().size

    def size(self) -> int:
        """Return its size when it was examined."""
        return self._size

    def run(self, start: int, count: int) -> bytes:
        """Return a run of its bytes."""
        return self._file.read_at(start, count) if count else b""
