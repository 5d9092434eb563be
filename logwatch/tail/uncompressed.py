"""A file's bytes as they come out of it, plain or packed, open or not; and how much of them another file holds."""

from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import islice

from logwatch.tail.fingerprint import HEAD_BYTES, TAIL_BYTES, TELLING_BYTES

SEARCH_BYTES = 64 << 20
"""So much of a file's end is searched for the run before the offset."""

CONTEXT_BYTES = HEAD_BYTES + 1
"""Of what comes before a block that is searched: the run before the first offset in it, and a newline."""

_BLOCK_BYTES = 1 << 20
_SPAN_BYTES = 1 << 16  # more than lines have in common, wherever they stand

LastIn = Callable[[bytes, int, int], int]
"""Returns the last place in a block, by where that starts, that ends behind so many bytes of it; or NOWHERE."""

NOWHERE = -1
"""In place of a place in a file, where nothing was found."""


class SeekingError(Exception):
    """An archive has to be unpacked further before that can be told: ask again."""


class UnwrittenError(SeekingError):
    """What would tell that is not in the archive by now: ask again with the next look."""


class Content(ABC):
    """A file's bytes, as they come out of it uncompressed; what an archive is asked for may raise SeekingError."""

    error: OSError | None = None  # why it cannot be read
    head: bytes  # its first bytes behind leading NULs; empty if nothing is there, or it cannot be read
    begin: int  # how many NULs it begins with
    modified: int  # when it was last written, in nanoseconds

    @property
    def packed(self) -> bool:
        """Whether it is compressed."""
        return False

    @abstractmethod
    def size(self) -> int:
        """Return how long it is."""

    @abstractmethod
    def run(self, start: int, count: int) -> bytes:
        """Return a run of its bytes, shorter at its end."""

    def before(self, at: int, count: int = HEAD_BYTES) -> bytes:
        """Return the run that ends at an offset: so many bytes, or all that come before."""
        return self.run(max(at - count, 0), min(at, count))

    def end(self) -> bytes:
        """Return what it ends with."""
        return self.before(self.size())

    def search(self, tail: bytes, last_in: LastIn) -> int:  # noqa: ARG002
        """Return the last place that is found in its end, looked for block by block; or NOWHERE."""
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


def is_part(file: Content, of: Content, *, gone: bool = False) -> bool:
    """Return whether a file holds nothing but another's beginning, or all of it.

    ``gone``: that one has no name any more, and was packed into an archive of its size, however few bytes it has.
    """
    if not file.head or not of.head.startswith(file.head):
        return False
    size = file.size()
    if size < TELLING_BYTES and not (gone and file.packed and size == of.size()):
        return False
    if not of.packed and of.size() <= size:
        return of.size() == size and file.end() == of.end()
    return file.end() == of.before(size)  # answers over several lines may end alike in any log


def possible_parts(heads: list[bytes]) -> Iterator[tuple[int, int]]:
    """Yield which of some files may be a part of which other ones, as they begin alike."""
    ordered = sorted((head, i) for i, head in enumerate(heads) if len(head) >= TELLING_BYTES)
    for head, i in ordered:
        for other, j in islice(ordered, bisect_left(ordered, (head,)), None):
            if not other.startswith(head):
                break
            if i != j:
                yield i, j


def holds(file: Content, at: int, of: Content, start: int) -> bool:
    """Return whether all that another file has from ``start`` on stands in this one from ``at`` on."""
    end = of.size()
    if not 0 <= end - start <= file.size() - at:  # truncated meanwhile, or shorter
        return False
    count = min(end - start, TAIL_BYTES)
    return file.run(at + end - start - count, count) == of.run(end - count, count)


def common_bytes(file: Content, of: Content) -> int:
    """Return up to which line two files hold the same that begin alike and differ from some place on: by halving."""
    low, high = file.begin + len(file.head), min(file.size(), of.size())
    while low < high:
        middle = (low + high + 1) // 2
        alike = file.before(middle, _SPAN_BYTES) == of.before(middle, _SPAN_BYTES)
        low, high = (middle, high) if alike else (low, middle - 1)
    return max(low - _BLOCK_BYTES, 0) + file.before(low, _BLOCK_BYTES).rfind(b"\n") + 1


def shared_bytes(file: Content, of: Content) -> int:
    """Return up to which line a file begins with the same bytes as another one.

    Of an archive it is only told whether it holds all of the file, or all of it is in there.
    """
    ours, theirs = file.head, of.head
    if file.packed or of.packed:
        if not is_part(file, of):
            return 0
        size = file.size()  # half a line may go on otherwise
        return size if file.packed else size - len(file.before(size, _SPAN_BYTES).rpartition(b"\n")[2])
    if file.begin != of.begin:
        return 0
    if ours == theirs:  # up to a hole, perhaps
        return common_bytes(file, of)
    differing = (n for n, (mine, other) in enumerate(zip(ours, theirs, strict=False)) if mine != other)
    end = ours.rfind(b"\n", 0, next(differing, min(len(ours), len(theirs)))) + 1
    return file.begin + end if end else 0
