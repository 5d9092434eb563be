"""Open what a report reads: a plain or packed file, a pipe, standard input; yield its bytes, or say why that fails."""

import os
import stat
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from logwatch import envelope as envelopes
from logwatch.errors import LogwatchError, Problem, in_words
from logwatch.events import quoted
from logwatch.lines import CHUNK_BYTES
from logwatch.privacy import readable
from logwatch.unpack import LAYERS, MAGIC_BYTES, TOOLS, Format, FormatError, MissingLibraryError, format_of, start
from logwatch.words import names

_STEP_BYTES = CHUNK_BYTES  # of the file at a time
_UNPACKED_BYTES = 1 << 16  # of a packed file at a time, however well it is packed
_MEASURED_BYTES = 256 << 20  # of a packed file, unpacked: the end of a longer one is not looked for
_HEAD_BYTES = 1 << 16


class Unreadable(LogwatchError):  # noqa: N818  reads as what it says of the source
    """A file or stream cannot be read, or is no log; what was read of it before stays counted."""


@dataclass(frozen=True, slots=True)
class Stream:
    """An open source; reading ``chunks`` raises Unreadable where it is damaged."""

    name: str
    identity: tuple[int, int]  # device and inode: the same for all names of a file
    reference: float | None  # the file's mtime, seconds since the epoch: dates stamps without a year
    size: int  # bytes to read, as they lie on disk; 0 if unknown
    chunks: Iterator[bytes]
    passed: Callable[[], int]  # returns how many of ``size`` were read so far
    whole: bool = True  # False: only the end of a longer file


@contextmanager
def open_path(path: Path, last: int | None = None, in_time: Callable[[], bool] = lambda: True) -> Iterator[Stream]:
    """Open a file or a pipe; raises Unreadable if it cannot be opened or read, or is no log.

    With ``last``, only whole lines within that many bytes at the end of a file are read. A packed file is unpacked
    once more to find its length: Unreadable if it is too long, or no longer ``in_time``.
    """
    try:
        file = path.open("rb", buffering=0)
    except OSError as error:
        raise Unreadable(_closed(path, error)) from None
    with file:
        name = readable(str(path))
        try:
            stream = _opened(name, file, last, in_time)
        except OSError as error:
            raise Unreadable(_torn(name, error)) from None
        yield stream


def _opened(name: str, file: BinaryIO, last: int | None, in_time: Callable[[], bool]) -> Stream:
    status = os.fstat(file.fileno())
    regular = stat.S_ISREG(status.st_mode)  # a pipe is fine too: report <(zstdcat …)
    identity = (status.st_dev, status.st_ino)
    size, modified = (status.st_size, status.st_mtime) if regular else (0, None)
    if last is None:
        return _stream(name, identity, file, size, modified)
    if format_ := format_of(file.read(MAGIC_BYTES)):
        file.seek(0)
        length = _length(name, file, format_, in_time)
        file.seek(0)
        stream = _stream(name, identity, file, size, modified)
        skipped = max(length - last, 0)
        chunks = _behind(stream.chunks, skipped) if skipped else stream.chunks
        return replace(stream, size=length - skipped, chunks=chunks, whole=not skipped)
    begin = _begin(file, size, last)
    return replace(_stream(name, identity, file, size - begin, modified), whole=not begin)


def _length(name: str, file: BinaryIO, format_: Format, in_time: Callable[[], bool]) -> int:
    """Return how many bytes can be unpacked; raises Unreadable if they are too many, or take too long to count."""
    length = 0
    try:
        for piece in _inflated(format_, iter(lambda: file.read(_STEP_BYTES), b"")):
            length += len(piece)
            if length > _MEASURED_BYTES or not in_time():
                raise Unreadable(Problem(name, "is packed and too long to be read from its end"))
    except MissingLibraryError as error:
        raise Unreadable(_no_library(name, format_, error)) from None
    except (FormatError, EOFError):
        pass  # what comes before the damage is read
    return length


def _behind(chunks: Iterator[bytes], skipped: int) -> Iterator[bytes]:
    """Skip so many bytes, and the rest of the line in which they end."""
    left, begun = skipped - 1, False  # a line may begin right behind them
    for chunk in chunks:
        if begun:
            yield chunk
        elif len(chunk) <= left:
            left -= len(chunk)
        elif (end := chunk.find(b"\n", left)) >= 0:
            begun = True
            yield chunk[end + 1 :]
        else:
            left = 0


def _begin(file: BinaryIO, size: int, last: int) -> int:
    """Seek to the first line that begins within the last ``last`` bytes of a file, and return its offset."""
    begin = max(size - last, 0)
    if begin:
        begin -= 1  # a line may begin right after it
        file.seek(begin)
        end = 0
        while not end and (block := file.read(_STEP_BYTES)):
            end = block.find(b"\n") + 1
            begin += end or len(block)
    file.seek(begin)
    return begin


def open_stream(name: str, file: BinaryIO) -> Stream:
    """Return the stream of a file that is open already, such as standard input."""
    return _stream(name, (0, 0), file, 0, None)


def _torn(name: str, error: OSError) -> Problem:
    return Problem(name, "cannot be read any further", in_words(error))


def _closed(path: Path, error: OSError) -> Problem:
    name = readable(str(path))
    if isinstance(error, FileNotFoundError):
        return Problem(name, "there is no such file", try_=_beside(path))
    if isinstance(error, IsADirectoryError):
        return Problem(name, "is a directory", try_=f"name the files in it, such as {path / '*.log'}")
    if isinstance(error, PermissionError):
        return Problem(name, "may not be read", "permission denied", "run it as a user who may, such as root")
    return Problem(name, "cannot be opened", in_words(error))


def _beside(path: Path) -> str:
    """Return which logs are there instead of a missing one."""
    try:
        logs = [readable(other.name) for other in path.parent.iterdir() if "log" in other.name and other.is_file()]
    except OSError:
        return "check the path; its directory is not there either" if not path.parent.is_dir() else "check the path"
    return f"in {path.parent} there {'is' if len(logs) == 1 else 'are'} {names(logs)}" if logs else "check the path"


def _stream(name: str, identity: tuple[int, int], file: BinaryIO, size: int, modified: float | None) -> Stream:
    passed = 0

    def steps() -> Iterator[bytes]:
        nonlocal passed
        try:
            while data := file.read(_STEP_BYTES):
                passed += len(data)
                yield data
        except OSError as error:
            raise Unreadable(_torn(name, error)) from None

    raw = steps()
    first = _until(raw, lambda data: len(data) >= MAGIC_BYTES)
    chunks = _again(first, raw)
    for _ in range(LAYERS):
        if not (format_ := format_of(first)):
            break
        chunks = _unpacked(name, format_, chunks)
        first = _until(chunks, lambda data: len(data) >= MAGIC_BYTES)
        chunks = _again(first, chunks)
    head = _until(chunks, lambda data: len(data) >= _HEAD_BYTES or b"\n" in data)
    if found := envelopes.no_text(head):
        raise Unreadable(Problem(name, found.what, found.why, found.remedy.format(quoted(name))))
    return Stream(name, identity, modified, size, _again(head.removeprefix(BOM_UTF8), chunks), lambda: passed)


def _until(chunks: Iterator[bytes], enough: Callable[[bytes], bool]) -> bytes:
    data = b""
    while not enough(data) and (more := next(chunks, b"")):
        data += more
    return data


def _again(head: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from chunks


def _unpacked(name: str, format_: Format, packed: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack members one after the other, in pieces large enough for a scan; zeros may come between and after them."""
    gathered = bytearray()
    done = 0
    fault = None
    try:
        for piece in _inflated(format_, packed):
            done += len(piece)
            gathered += piece
            if len(gathered) >= _STEP_BYTES:
                yield bytes(gathered)
                gathered.clear()
    except MissingLibraryError as error:
        raise Unreadable(_no_library(name, format_, error)) from None
    except FormatError:
        fault = "cannot be unpacked any further", f"it is damaged after {done} unpacked bytes"
    except EOFError:
        fault = "ends too early", f"after {done} unpacked bytes it was cut off, or it is still being written"
    if gathered:
        yield bytes(gathered)
    if fault:
        what, why = fault
        raise Unreadable(
            Problem(name, what, f"{why}; the lines until there are counted", f"{format_} --test {quoted(name)}")
        )


def _no_library(name: str, format_: Format, error: MissingLibraryError) -> Problem:
    return Problem(
        name, "cannot be unpacked", str(error), f"{TOOLS[format_]} {quoted(name)} | mesibo-logwatch report -"
    )


def _inflated(format_: Format, packed: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack in small pieces; raises FormatError at damage, EOFError if the last member is not complete."""
    engine = start(format_)
    for data in packed:
        rest = data
        while rest or not (engine.needs_input or engine.eof):
            if engine.eof:
                rest = rest.lstrip(b"\0")
                if not rest:
                    break
                engine = start(format_)
            try:
                piece = engine.decompress(rest, _UNPACKED_BYTES)
            except FormatError as error:
                yield error.before
                raise
            rest = engine.unused_data if engine.eof else b""
            yield piece
    if not engine.eof:
        raise EOFError
