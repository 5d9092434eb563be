"""Opens log files without ever blocking, and reads runs of bytes at offsets, out of plain and gzip files alike."""

import os
import stat
import zlib
from contextlib import suppress
from typing import Protocol

Key = tuple[int, int]
"""Device and inode."""

_STEP = 65536  # compressed bytes at a time
_GZIP_FRAME = 64  # bytes of a gzip file that are no content, names aside
_GZIP_BEST = 1032  # deflate packs no better
_HOLE_STEPS = 1024  # beyond 64 MiB that are zeros indeed, a file has no head
_SEEK = 4 << 20  # uncompressed bytes skipped in one call, so that a big archive does not hold up everything else


class NotAFileError(OSError):
    """What stands there is a directory, a pipe, a socket or a device."""


class SeekingError(Exception):
    """A gzip file has to be unpacked further before the offset is reached: call again."""


class CorruptError(Exception):
    """A gzip file cannot be unpacked any further."""


def key_of(status: os.stat_result) -> Key:
    """Return what is the same for all names of one file."""
    return (status.st_dev, status.st_ino)


def open_regular(path: str) -> tuple[int, os.stat_result]:
    """Open a regular file for reading; raises NotAFileError or another OSError, and never waits for a writer."""
    if not stat.S_ISREG(os.stat(path).st_mode):  # opening a pipe would already wake up its writer
        raise NotAFileError(f"{path!r} is not a regular file")
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise NotAFileError(f"{path!r} is not a regular file")
    return descriptor, status


def read_fully(descriptor: int, count: int, offset: int) -> bytes:
    """Read count bytes at offset, fewer only at the end of the file: a short read is no end."""
    data = os.pread(descriptor, count, offset)
    while data and len(data) < count and (more := os.pread(descriptor, count - len(data), offset + len(data))):
        data += more
    return data


class LogFile(Protocol):
    """An open file whose uncompressed bytes are read at offsets."""

    packed: bool
    descriptor: int

    def read_at(self, offset: int, count: int) -> bytes:
        """Return count bytes at offset, fewer at the end of what is there."""

    def ended(self) -> bool:
        """Tell whether nothing can follow what was read: only a complete gzip file knows."""

    def close(self) -> None:
        """Let go of the file; its space comes back to the host if it was deleted."""


class PlainFile:
    """A file as it is."""

    packed = False

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def read_at(self, offset: int, count: int) -> bytes:
        """Return count bytes at offset, fewer at the end of the file."""
        return read_fully(self.descriptor, count, offset)

    def ended(self) -> bool:
        """Say no: anybody may write on."""
        return False

    def close(self) -> None:
        """Let go of the file."""
        os.close(self.descriptor)


class PackedFile:
    """A gzip file, unpacked from front to back as it is read; going back starts over.

    A file that is still being written is no error: what is there is read, and reading goes on when there is more.
    """

    packed = True

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._restart()

    def _restart(self) -> None:
        self._engine = zlib.decompressobj(wbits=31)
        self._at = 0  # in the file
        self._base = 0  # uncompressed offset of the buffer's first byte
        self._buffer = b""
        self._pending = b""  # compressed, already read
        self._ended = False

    def read_at(self, offset: int, count: int) -> bytes:
        """Return count bytes at offset; raises SeekingError on the way to a far one, CorruptError at damage."""
        if offset < self._base:
            self._restart()
        skipped = 0
        while self._base + len(self._buffer) < offset:
            skipped += len(self._buffer)
            self._base += len(self._buffer)
            self._buffer = b""
            if not self._unpack():
                return b""
            if skipped > _SEEK:
                raise SeekingError
        self._buffer = self._buffer[offset - self._base :]
        self._base = offset
        while len(self._buffer) < count and self._unpack():
            pass
        return self._buffer[:count]

    def _unpack(self) -> bool:
        """Append a step's worth to the buffer; False when there is no more in the file by now."""
        data = self._engine.unconsumed_tail or self._pending
        self._pending = b""
        if not data:
            data = read_fully(self.descriptor, _STEP, self._at)
            self._at += len(data)
        if self._engine.eof:
            data = data.lstrip(b"\0")  # padding between members is allowed
            self._ended = not data
            if not data:
                return False
            self._engine = zlib.decompressobj(wbits=31)
        if not data:
            return False
        try:
            self._buffer += self._engine.decompress(data, _STEP * 4)
        except zlib.error as error:
            raise CorruptError(str(error)) from error
        self._pending = self._engine.unused_data
        return True

    def ended(self) -> bool:
        """Tell whether the last member is complete and all of it was read."""
        return self._ended

    def close(self) -> None:
        """Let go of the file."""
        os.close(self.descriptor)


def read_head(file: LogFile, count: int) -> bytes:
    """Return a file's first bytes, behind a hole if it begins with one.

    A writer without O_APPEND leaves a hole of NUL bytes when its file is truncated: it tells nothing.
    """
    head = file.read_at(0, count)
    at = 0
    if head.startswith(b"\0") and not file.packed:
        with suppress(OSError):  # ENXIO: nothing but a hole
            at = os.lseek(file.descriptor, 0, os.SEEK_DATA)
    for _ in range(_HOLE_STEPS):
        if not head.startswith(b"\0"):
            return head
        run = file.read_at(at, _STEP)
        behind = run.lstrip(b"\0")
        at += len(run) - len(behind)
        if behind or not run:
            head = file.read_at(at, count)
    return b""


def unpacked_size(descriptor: int, size: int) -> int:
    """Return what a gzip file says its content's length is: right below 4 GiB in one member, else a mere hint.

    Where a file that is being written ends, any bytes may stand; what cannot be true is not believed.
    """
    said = int.from_bytes(read_fully(descriptor, 4, max(size - 4, 0)), "little")
    return said if size * 0.9 - _GZIP_FRAME <= said <= size * _GZIP_BEST else size
