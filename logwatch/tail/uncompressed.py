"""A file's uncompressed bytes, plain or packed, open or not, and how much of them another file also holds."""

from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import islice

from logwatch.tail.fingerprint import HEAD_BYTES, TAIL_BYTES, TELLING_BYTES

SEARCH_BYTES = 64 << 20
"""How much of a file's end is searched for what was read last."""

CONTEXT_BYTES = HEAD_BYTES + 1
"""How much searched blocks overlap: by the run before the first offset in a block, and a newline before it."""

_BLOCK_BYTES = 1 << 20
_SPAN_BYTES = 1 << 16  # if this much before a place agrees, all before it does: no two logs have as much in common

LastIn = Callable[[bytes, int, int], int]
"""Called with a block, its offset in the file, and how many of its bytes were searched before; returns the last place
after those that it finds, an offset in the file, or NOWHERE."""

NOWHERE = -1
"""Stands for an offset if nothing was found."""


class SeekingError(Exception):
    """An archive has to be unpacked further to answer a question: ask again."""


class UnwrittenError(SeekingError):
    """The answer is in a part of the archive that is not written yet: ask again with the next look."""


class Content(ABC):
    """A file's uncompressed bytes; for an archive, whatever needs more of them unpacked raises SeekingError."""

    error: OSError | None = None  # why it cannot be read
    head: bytes  # its first bytes after leading NULs; empty if there are none, or it cannot be read
    begin: int  # how many NULs it begins with
    modified: int  # when it was last written, in nanoseconds since the epoch

    @property
    def packed(self) -> bool:
        """Whether it is compressed."""
        return False

    @abstractmethod
    def size(self) -> int:
        """Return its size in bytes."""

    @abstractmethod
    def run(self, start: int, count: int) -> bytes:
        """Return a run of its bytes, shorter at its end."""

    def before(self, at: int, count: int = HEAD_BYTES) -> bytes:
        """Return the run that ends at an offset: ``count`` bytes, or all before it if these are fewer."""
        return self.run(max(at - count, 0), min(at, count))

    def end(self) -> bytes:
        """Return its last bytes."""
        return self.before(self.size())

    def search(self, tail: bytes, last_in: LastIn) -> int:  # noqa: ARG002
        """Return the last place that ``last_in`` finds in its end, or NOWHERE. Archives cache answers by ``tail``."""
        stop = self.size()
        floor = max(stop - SEARCH_BYTES, 0)
        while stop > floor:
            start = max(stop - _BLOCK_BYTES, floor)
            before = min(start, CONTEXT_BYTES)
            block = self.run(start - before, stop - start + before)
            if (found := last_in(block, start - before, before)) != NOWHERE:
                return found
            stop = start
        return NOWHERE


def is_part(file: Content, of: Content) -> bool:
    """Return whether a file holds only the beginning, or all, of another one.

    Fewer than ``TELLING_BYTES`` prove it only if the file is an archive of the other one's size.
    """
    if not file.head or not of.head.startswith(file.head):
        return False
    size = file.size()
    if size < TELLING_BYTES and not (file.packed and size == of.size()):
        return False
    if not of.packed and of.size() <= size:
        return of.size() == size and file.end() == of.end()
    return file.end() == of.before(size)  # 4 KiB: a multi-line message may end alike in any log


def possible_parts(heads: list[bytes]) -> Iterator[tuple[int, int]]:
    """Yield each pair of files of which the first may be a part of the second, by their heads."""
    ordered = sorted((head, i) for i, head in enumerate(heads) if len(head) >= TELLING_BYTES)
    for head, i in ordered:
        for other, j in islice(ordered, bisect_left(ordered, (head,)), None):
            if not other.startswith(head):
                break
            if i != j:
                yield i, j


def holds(file: Content, at: int, of: Content, start: int) -> bool:
    """Return whether a file has, from ``at`` on, all that another one has from ``start`` on, judging by its end."""
    end = of.size()
    if not 0 <= end - start <= file.size() - at:  # negative: truncated meanwhile
        return False
    count = min(end - start, TAIL_BYTES)
    return file.run(at + end - start - count, count) == of.run(end - count, count)


def common_bytes(file: Content, of: Content) -> int:
    """Return the end of the last line that two files have in common, whose heads agree; found by bisection."""
    low, high = file.begin + len(file.head), file.size()
    while low < high:
        middle = (low + high + 1) // 2
        alike = file.before(middle, _SPAN_BYTES) == of.before(middle, _SPAN_BYTES)
        low, high = (middle, high) if alike else (low, middle - 1)
    return max(low - _BLOCK_BYTES, 0) + file.before(low, _BLOCK_BYTES).rfind(b"\n") + 1


def shared_bytes(file: Content, of: Content) -> int:
    """Return the end of the last line up to which two files agree, or 0; with archives, all of ``file`` or nothing."""
    ours, theirs = file.head, of.head
    if file.packed or of.packed:
        if not is_part(file, of):
            return 0
        size = file.size()  # of a plain file, without an unfinished line, which may go on differently
        return size if file.packed else size - len(file.before(size, _SPAN_BYTES).rpartition(b"\n")[2])
    if file.begin != of.begin:
        return 0
    if ours == theirs:  # of full length, or up to a hole
        return common_bytes(file, of)
    differing = (n for n, (mine, other) in enumerate(zip(ours, theirs, strict=False)) if mine != other)
    end = ours.rfind(b"\n", 0, next(differing, min(len(ours), len(theirs)))) + 1
    return file.begin + end if end else 0
