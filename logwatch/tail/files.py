"""Opens log files without ever blocking, and reads runs of bytes at offsets, out of plain and packed files alike."""

import errno
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from logwatch.tail.fingerprint import HEAD_BYTES, before_hole
from logwatch.tail.identity import Key
from logwatch.tail.uncompressed import Content, SeekingError
from logwatch.unpack import MAGIC_BYTES, Engine, Format, FormatError, format_of, start

_WHAT = {stat.S_IFDIR: "directory", stat.S_IFIFO: "pipe", stat.S_IFSOCK: "socket"}
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_STEP_BYTES = 65536  # compressed, at a time
_HOLE_STEPS = 4096  # 256 MiB of zeros that are no hole are looked at in one call; of an archive, more are content
_LATEST = (1 << 63) - 1  # nanoseconds; in the year 2262
_SEEK_BYTES = 4 << 20  # unpacked and skipped in one call, so that a big archive does not hold up everything else


class NotAFileError(OSError):
    """What stands there is a directory, a pipe, a socket or a device."""


class CorruptError(Exception):
    """An archive cannot be unpacked any further."""


class Stat(NamedTuple):
    """What is the same for all names of one file, and what changes when it is written."""

    key: Key
    size: int  # on disk
    modified: int  # nanoseconds


class _Zeros(NamedTuple):
    """NULs that were looked at."""

    front: int  # where they begin
    end: int  # up to where there are no others
    seen: Stat  # how the file was


def stat_of(status: os.stat_result) -> Stat:
    """Return what is gone by of what the system tells."""
    modified = status.st_mtime_ns
    if abs(modified) > _LATEST:  # XFS and btrfs know times that a ledger has no room for
        modified = _LATEST if modified > 0 else -_LATEST
    return Stat((status.st_dev, status.st_ino), status.st_size, modified)


def stat_at(path: str) -> Stat | None:
    """Return how what a path leads to is; None if that cannot be looked at."""
    try:
        return stat_of(os.stat(path))
    except OSError:
        return None


def key_at(path: str) -> Key | None:
    """Return the key of what a path leads to; None if that cannot be looked at."""
    found = stat_at(path)
    return found.key if found else None


def is_directory_removed(path: str, device: int) -> bool:
    """Return whether the directory of a file on this device is gone, from a file system that is mounted."""
    directory, *above = Path(path).parents
    for each in (directory, *above):
        try:
            found = os.stat(each).st_dev
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            return False
        return each != directory and found == device
    return False


def open_regular(path: str) -> tuple[int, Stat]:
    """Open a regular file for reading; raises NotAFileError or another OSError, and never waits for a writer."""
    _make_sure(os.stat(path))  # opening a pipe would already wake up its writer
    descriptor = os.open(path, _READ)
    try:
        return descriptor, _make_sure(os.fstat(descriptor))
    except NotAFileError:
        os.close(descriptor)
        raise


def _make_sure(status: os.stat_result) -> Stat:
    """Return how a regular file is; raises NotAFileError for anything else."""
    if not stat.S_ISREG(status.st_mode):
        raise NotAFileError(f"there is a {_WHAT.get(stat.S_IFMT(status.st_mode), 'device')} in its place")
    return stat_of(status)


def read_fully(descriptor: int, count: int, offset: int) -> bytes:
    """Read count bytes at offset, fewer only at the end of the file: a short read is no end."""
    data = os.pread(descriptor, count, offset)
    while data and len(data) < count and (more := os.pread(descriptor, count - len(data), offset + len(data))):
        data += more
    return data


class PlainFile:
    """An open file whose bytes are read at offsets."""

    packed = False
    _hole = 0  # so many NULs in front were looked at so far, where the file system tells no holes
    _zeros: _Zeros | None = None  # those behind what was read last

    def __init__(self, descriptor: int, closed: Callable[[], None] = lambda: None) -> None:
        self.descriptor = descriptor
        self._closed = closed

    def read_at(self, offset: int, count: int) -> bytes:
        """Return count bytes at offset, fewer at the end of what is there."""
        try:
            return read_fully(self.descriptor, count, offset)
        except OSError:
            if not self.open_anew():
                raise
            return read_fully(self.descriptor, count, offset)

    def open_anew(self) -> bool:
        """Open the same inode once more, in place of its descriptor; False, and nothing is changed, where that fails.

        On a disk that changes nothing. rclone shows a file as it was when it was opened, and sshfs gives what its name
        leads to on the other side by now the same inode.
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
        """Return how it is on disk."""
        return stat_of(os.fstat(self.descriptor))

    def head(self) -> tuple[bytes, int]:
        """Return its first bytes behind leading NULs, and where they begin; nothing but NULs so far has no bytes.

        A writer without O_APPEND leaves a hole of NUL bytes when its file is truncated, and a power loss may: they tell
        nothing.
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
        """Return where other bytes than NULs come from an offset on, and whether any do; None: look there again."""
        for _ in range(_HOLE_STEPS):
            if not self.packed:
                try:
                    at = max(at, os.lseek(self.descriptor, at, os.SEEK_DATA))
                except OSError as error:
                    if error.errno == errno.ENXIO:  # nothing but a hole
                        return max(at, self.stat().size), False
            run = self.read_at(at, _STEP_BYTES)
            behind = run.lstrip(b"\0")
            at += len(run) - len(behind)
            if behind or not run:
                return at, bool(behind)
        return at, None

    def behind_zeros(self, front: int, reached: int, seen: Stat) -> int:
        """Return where other bytes come behind NULs that begin at ``front`` and were read up to ``reached``, or 0.

        Raises SeekingError where so many NULs are there that more of them are to be looked at before.

        A writer fills them from the front, or goes on behind them, so that they are looked at again only where it has
        written elsewhere: the file is as long as it was, or shorter, and nothing came in front.
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
        """Return whether it lies anywhere, and can be opened again."""
        return os.fstat(self.descriptor).st_nlink > 0

    def ended(self) -> bool:
        """Return whether nothing can follow what was read: only a complete archive knows."""
        return False

    def close(self) -> None:
        """Let go of the file; its space comes back to the host if it was deleted."""
        with suppress(OSError):  # as of a FUSE file system that has gone; it is closed all the same
            os.close(self.descriptor)
        self._closed()


class PackedFile(PlainFile):
    """An archive, unpacked from front to back as it is read; going back starts over.

    One that is still being written is no error: what is there is read, and reading goes on when there is more.
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
        """Read what was packed; no further than ``intact`` where it is damaged behind that.

        ``within``: what the archive was packed with again, the outermost first.
        """
        super().__init__(descriptor, closed)
        self._source = PackedFile(descriptor, within[-1], within=within[:-1]) if within else PlainFile(descriptor)
        self._format = format_
        self._intact = intact
        self._restart()

    def _restart(self) -> None:
        self._engine: Engine = start(self._format)
        self._at = 0  # in the file
        self._base = 0  # uncompressed offset of the buffer's first byte
        self._buffer = b""
        self._pending = b""  # compressed, already read
        self._ended = False
        self._damage = ""
        self.proved = 0  # up to here members have ended, and their sums agreed

    @property
    def reached(self) -> int:
        """How far it has been unpacked, in uncompressed bytes."""
        return self._base + len(self._buffer)

    @property
    def place(self) -> int:
        """Up to where the file on disk has been read."""
        return self._source.place if isinstance(self._source, PackedFile) else self._at

    @property
    def remaining(self) -> int:
        """How many bytes of the file have not been unpacked."""
        with suppress(OSError):
            return 0 if self._ended else max(self.stat().size - self.place, 0)
        return 0

    def read_at(self, offset: int, count: int) -> bytes:
        """Return count bytes at offset; raises SeekingError on the way to a far one, CorruptError at damage.

        What stands before the damage, up to ``reached``, can be read all the same.
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
        """Read the step that begins at a place of the file on disk, whether it can be read; raises OSError."""
        read_fully(self.descriptor, _STEP_BYTES, place)

    def _unpack(self) -> bool:
        """Append a step's worth to the buffer; False when there is no more in the file by now."""
        if self._damage:
            return False
        if self._intact is not None and self.reached >= self._intact:
            self._damage = "its check sum is wrong"
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
        """Return what comes next of what is packed; nothing at its end, or at damage of what it is packed in."""
        try:
            data = self._source.read_at(self._at, _STEP_BYTES)
        except CorruptError as error:
            assert isinstance(self._source, PackedFile)
            data = self._source.read_at(self._at, self._source.reached - self._at)
            self._damage = "" if data else str(error)
        self._at += len(data)
        return data

    def _next_member(self) -> bool:
        """Go on with the member behind the one that has ended; zeros between them, and garbage behind all, are none."""
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
        """Return whether the last member is complete and all of it was read."""
        return self._ended and not self._damage and (not self._source.packed or self._source.ended())


class OwnFile(Content):
    """The content of an open file: its head and its size as they were when it was looked at, the rest as it is now."""

    def __init__(self, file: PlainFile) -> None:
        self._file = file
        self.modified = file.stat().modified
        head, self.begin = file.head()
        self.head = before_hole(head)
        self._size = file.stat().size

    def size(self) -> int:
        """Return how long it was."""
        return self._size

    def run(self, start: int, count: int) -> bytes:
        """Return a run of its bytes."""
        return self._file.read_at(start, count) if count else b""
