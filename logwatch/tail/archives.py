"""Answers questions about what is in an archive by unpacking it, in steps that hold up nothing, and remembers them."""

import os
import time
from collections.abc import Callable, Hashable, Iterator

from logwatch.tail.files import CorruptError, PackedFile, SeekingError, key_of, open_regular, read_head
from logwatch.tail.fingerprint import HEAD_BYTES, TAIL_BYTES
from logwatch.tail.identity import NOWHERE, Key, LastIn
from logwatch.unpack import Format

STEP_SECONDS = 0.1
"""So long is unpacked at a time, before the caller is told to come back."""

FRESH_SECONDS = 10.0
"""An archive that has no end yet may still be written: so long after the last write nothing is concluded from that."""

_BLOCK_BYTES = 1 << 18
_CONTEXT_BYTES = TAIL_BYTES + 1  # of what came before a block: the run before the first offset in it, and a newline


class Archive:
    """A compressed file that does not change: one question is answered at a time, and each only once."""

    def __init__(self, path: str, key: Key, format_: Format, status: os.stat_result) -> None:
        self.path = path
        self.format = format_
        self.known_size: int | None = None  # how long it is uncompressed, if that was ever asked
        self.intact: int | None = None  # where it is damaged: up to where its sums agree
        self._key = key
        self._modified = status.st_mtime
        self._file: PackedFile | None = None
        self._asked: Hashable = None
        self._steps: Iterator[None] = iter(())
        self._runs: dict[tuple[int, int], bytes] = {}
        self._places: dict[bytes, int] = {}
        self._last = b""

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
        if self.known_size is not None and start >= self.known_size - len(self._last):
            at = start - (self.known_size - len(self._last))
            return self._last[at : at + count]
        if (start, count) not in self._runs:
            self._ask((start, count), lambda file: self._read(file, start, count))
        return self._runs.get((start, count))

    def size(self) -> int | None:
        """Return how long it is uncompressed, by unpacking it to its end; None until that was done."""
        if self.known_size is None:
            self._ask("size", self._go_through)
        return self.known_size

    def search(self, tail: bytes, last_in: LastIn) -> int | None:
        """Return the last place that is found in a block of it, or NOWHERE; None until it was unpacked to its end."""
        if tail not in self._places:
            self._ask(tail, lambda file: self._go_through(file, tail, last_in))
        return self._places.get(tail)

    def close(self) -> None:
        """Let go of the file."""
        if self._file:
            self._file.close()
        self._file = self._asked = None

    def _ask(self, question: Hashable, steps: Callable[[PackedFile], Iterator[None]]) -> None:
        """Work on a question for a while, unless another one is being answered; a file that is gone has none."""
        if self._file and self._asked != question:
            return
        if not self._file:
            try:
                descriptor, status = open_regular(self.path)
            except OSError:
                return
            if key_of(status) != self._key:
                os.close(descriptor)
                return
            self._file, self._asked = PackedFile(descriptor, self.format), question
            self._steps = steps(self._file)
        until = time.monotonic() + STEP_SECONDS
        for _ in self._steps:
            if time.monotonic() >= until:
                return
        self.close()

    def _read(self, file: PackedFile, start: int, count: int) -> Iterator[None]:
        while True:
            try:
                data = file.read_at(start, count)
            except SeekingError:
                yield
                continue
            except CorruptError:
                data = file.read_at(start, file.reached - start) if file.reached > start else b""
            break
        if len(data) == count or self._is_final(file):
            self._runs[start, count] = data

    def _go_through(self, file: PackedFile, tail: bytes = b"", last_in: LastIn | None = None) -> Iterator[None]:
        at, last, place = 0, b"", NOWHERE
        while True:
            try:
                data = file.read_at(at, _BLOCK_BYTES)
            except CorruptError:
                self.intact = file.proved
                data = file.read_at(at, file.reached - at)
            block = last + data
            if last_in and (found := last_in(block, at - len(last), len(last))) != NOWHERE:
                place = found
            at += len(data)
            last = block[-_CONTEXT_BYTES:]
            if len(data) < _BLOCK_BYTES:
                break
            yield
        if self._is_final(file):
            self.known_size, self._last = at, last
            if last_in:
                self._places[tail] = place

    def _is_final(self, file: PackedFile) -> bool:
        """Return whether nothing more is to come: its end was seen, or it was not written to for long enough."""
        return file.ended() or not 0 <= time.time() - self._modified < FRESH_SECONDS
