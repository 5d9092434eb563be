"""Answers questions about what is in an archive by unpacking it, in steps that hold up nothing, and remembers them."""

import os
import time

from logwatch.tail.files import CorruptError, PackedFile, SeekingError, key_of, open_regular, read_head
from logwatch.tail.fingerprint import HEAD_BYTES, TAIL_BYTES
from logwatch.tail.identity import Key
from logwatch.unpack import Format

STEP_SECONDS = 0.1
"""So long is unpacked at a time, before the caller is told to come back."""

FRESH_SECONDS = 10.0
"""An archive that has no end yet may still be written: so long after the last write nothing is concluded from that."""

_BLOCK_BYTES = 1 << 18
_END = (-1, -1)


class Archive:
    """A compressed file that does not change: one question is answered at a time, and each only once."""

    def __init__(self, path: str, key: Key, format_: Format, status: os.stat_result) -> None:
        self.path = path
        self.format = format_
        self._key = key
        self._modified = status.st_mtime
        self._file: PackedFile | None = None
        self._asked: tuple[int, int] | None = None
        self._runs: dict[tuple[int, int], bytes] = {}
        self._size: int | None = None
        self._last = b""
        self._measured = 0  # bytes of it whose last ones these are

    @property
    def known_size(self) -> int | None:
        """How long it is uncompressed, if that was ever asked."""
        return self._size

    @property
    def busy(self) -> bool:
        """Whether a question is being answered: ask again."""
        return self._file is not None

    def rename(self, path: str) -> None:
        """Note which name it has by now."""
        self.path = path

    def head(self, descriptor: int) -> tuple[bytes, int]:
        """Return the first bytes behind leading NULs, as far as they can be unpacked, and where they begin."""
        file = PackedFile(os.dup(descriptor), self.format)
        try:
            return read_head(file, HEAD_BYTES)
        except CorruptError:
            return (file.read_at(0, min(file.reached, HEAD_BYTES)) if file.reached <= HEAD_BYTES else b""), 0
        finally:
            file.close()

    def run(self, start: int, count: int) -> bytes | None:
        """Return a run of what was compressed, shorter at its end; None until it has been unpacked that far."""
        if self._size is not None and start >= self._size - len(self._last):
            at = start - (self._size - len(self._last))
            return self._last[at : at + count]
        wanted = (start, count)
        if wanted not in self._runs and self._begin(wanted):
            self._advance(wanted, start, count)
        return self._runs.get(wanted)

    def size(self) -> int | None:
        """Return how long it is uncompressed, by unpacking it to its end; None until that was done."""
        if self._size is None and self._begin(_END):
            self._measure()
        return self._size

    def close(self) -> None:
        """Let go of the file."""
        if self._file:
            self._file.close()
        self._file = self._asked = None

    def _begin(self, wanted: tuple[int, int]) -> bool:
        """Take up a question, if none is being answered; an archive that is gone has no more to say."""
        if self._asked not in (None, wanted):
            return False
        self._asked = wanted
        if not self._file:
            try:
                descriptor, status = open_regular(self.path)
            except OSError:
                return False
            if key_of(status) != self._key:
                os.close(descriptor)
                return False
            self._file, self._measured = PackedFile(descriptor, self.format), 0
        return True

    def _advance(self, wanted: tuple[int, int], start: int, count: int) -> None:
        assert self._file
        until = time.monotonic() + STEP_SECONDS
        while time.monotonic() < until:
            try:
                data = self._file.read_at(start, count)
            except SeekingError:
                continue
            except CorruptError:
                left = self._file.reached - start
                data = self._file.read_at(start, left) if left > 0 else b""
            if len(data) == count or self._final():
                self._runs[wanted] = data
            self.close()
            return

    def _measure(self) -> None:
        assert self._file
        until = time.monotonic() + STEP_SECONDS
        while time.monotonic() < until:
            at = self._measured  # more may have been unpacked
            try:
                data = self._file.read_at(at, _BLOCK_BYTES)
            except CorruptError:
                data = self._file.read_at(at, self._file.reached - at)
            self._last = (self._last + data)[-TAIL_BYTES:]
            self._measured += len(data)
            if len(data) < _BLOCK_BYTES:
                if self._final():
                    self._size = self._measured
                else:
                    self._last = b""
                self.close()
                return

    def _final(self) -> bool:
        """Return whether nothing more is to come: its end was seen, or it was not written to for long enough."""
        assert self._file
        return self._file.ended() or not 0 <= time.time() - self._modified < FRESH_SECONDS
