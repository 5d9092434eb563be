"""Digests that recognise a file's bytes wherever they are: of its head, and of the run right before an offset.

Inodes are reused, and copies and archives have new ones; what was written does not change. The head of a short file
grows up to ``HEAD_BYTES``; it is fingerprinted at many lengths, so that a copy made while the file was shorter is
recognised too. The run before an offset is fingerprinted as a whole, and its last lines with times one by one, so that
they are found again in a file that was trimmed or edited. Marks at line ends further back show how much is left of a
file that lost its end. Only digests are kept, never bytes of a log.
"""

from collections.abc import Callable, Iterator
from hashlib import blake2b
from itertools import chain, repeat
from typing import NamedTuple

HEAD_BYTES = 4096
"""The length of a head, which is fingerprinted: past a licence banner, into lines with times of their own."""

TAIL_BYTES = 256
"""The least length of the run before the offset, which each read compares with the file."""

TELLING_BYTES = 24
"""The length of a line's beginning up to its time's milliseconds, also in Docker's JSON. Fewer bytes are alike in all
lines of an hour: they identify a file only if the sizes agree too."""

STAMP_BYTES = 96
"""The same where a log daemon has put a time in whole seconds and a host name before the line."""

LINE_BYTES = 16
"""Whole lines of fewer bytes than this recur in any log."""

MARK_BYTES = 128
"""If this many bytes before a marked line end are unchanged, the log is unchanged up to there."""

_HOLE = bytes(8)  # this many NULs in a row: the file was preallocated, or power was lost
_LONGEST = b"."
_BEGINNING = 0x8000  # flag in a length: it is an entry's beginning that is digested; in older ledgers, another run
_FIRST_RUNGS = (16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768)  # older ledgers have only these
_RUNGS = (*_FIRST_RUNGS, *(n for n in range(64, HEAD_BYTES, 64) if n not in _FIRST_RUNGS))
_ASCENDING = sorted(_RUNGS)
_EXACT = 16  # bytes of a digest of the whole
_RUNG = 8  # bytes of a digest of a part
_LINES = 8  # this many of the last lines get marks, and are entries by which they are found elsewhere
_INDEXED = {n: _EXACT + _RUNGS.index(n) * _RUNG for n in (16, 24, 32, 48, 64, 96, 128, 256, 512, 1024, 2048, 4032)}
_ENTRY = 2 + _RUNG  # length and digest
_MARK = 8 + _RUNG
_NEXT = 1 << 63  # flag in a mark's offset: no line ends between it and the mark before
_MOST_MARKS = 128
_NEAREST = 2048  # bytes from the end to the first of those marks whose distances double


def before_hole(head: bytes) -> bytes:
    """Return a file's first bytes up to the first hole in them, which its writer may yet fill."""
    return head.partition(_HOLE)[0]


def digest(data: bytes) -> bytes:
    """Return a 16-byte digest of data; empty for no data."""
    return blake2b(data, digest_size=_EXACT).digest() if data else b""


def part_of(data: bytes) -> bytes:
    """Return an 8-byte digest of a part of a run."""
    return blake2b(data, digest_size=_RUNG).digest()


def fingerprint_head(data: bytes) -> bytes:
    """Return the digest of a file's first bytes, followed by digests of shorter beginnings (``_RUNGS``)."""
    engine = blake2b(digest_size=_RUNG)
    found: dict[int, bytes] = {}
    at = 0
    for n in _ASCENDING:
        if n >= len(data):
            break
        engine.update(data[at:n])
        found[n], at = engine.copy().digest(), n
    return digest(data) + b"".join(found[n] for n in _RUNGS if n in found)


def fingerprint_tail(
    last: bytes, begins: Callable[[bytes], bool], before: bytes = b"", count: int = 0
) -> tuple[int, bytes]:
    """Return the length of the run before an offset, and its digest followed by entries to find it elsewhere.

    ``last`` ends at the offset. The run is its last ``TAIL_BYTES``, or more to include the last line with a time
    (``begins``): the end of a multi-line message recurs in any log, even at its place if lines are equally long. A line
    with a time is an entry, together with the lines after it that have none; so are NULs at the end. Each is found on
    its own, as others may be edited out. ``before``: the fingerprint ``count`` bytes earlier, whose entries are kept.
    """
    first = max(len(last) - TAIL_BYTES, 0)
    end = at = len(last.rstrip(b"\0"))
    entries: list[bytes] = [_entry(last[end:])] if end < len(last) else []
    beginnings = [_beginning(last[end:], begins)] * len(entries)
    offset = len(last) - count  # of ``before``, within ``last``
    earlier = [*zip(entries_of(before), chain(beginnings_of(before), repeat((0, b""))), strict=False)]
    while at > 0 and len(entries) < _LINES and not (earlier and entries and end == offset):
        behind, at = at, last.rfind(b"\n", 0, at - 1) + 1
        if begins(last[at : behind - 1]):
            first = first if entries else min(first, at)
            entries.append(_entry(last[at:end]))
            beginnings.append(_beginning(last[at:end], begins))
            end = at
    ended = end - offset  # 0 once the next of the earlier entries ends where the new ones begin
    for (length, part), (some, beginning) in earlier:
        if len(entries) < _LINES and entries and ended == 0:
            entries.append(length.to_bytes(2, "big") + part)
            beginnings.append((some | _BEGINNING).to_bytes(2, "big") + beginning.ljust(_RUNG, b"\0"))
            ended = -length
        ended += length
    run = last[first:]
    return len(run), digest(run) + b"".join(entries + beginnings)


def _entry(lines: bytes) -> bytes:
    return len(lines).to_bytes(2, "big") + part_of(lines)


def _beginning(lines: bytes, begins: Callable[[bytes], bool]) -> bytes:
    some = lines[: TELLING_BYTES if begins(lines[:TELLING_BYTES]) else STAMP_BYTES]
    return (len(some) | _BEGINNING).to_bytes(2, "big") + part_of(some)


def is_tail(tail: bytes, data: bytes) -> bool:
    """Return whether data is the run that a tail's fingerprint was made of."""
    return digest(data) == tail[:_EXACT]


def entries_of(tail: bytes) -> Iterator[tuple[int, bytes]]:
    """Return the length and digest of each entry, newest first; in older ledgers, all end where the run does."""
    return ((length, part) for length, part in _parts_of(tail) if not length & _BEGINNING)


def beginnings_of(tail: bytes) -> Iterator[tuple[int, bytes]]:
    """Return the length and digest of each entry's beginning, newest first; older ledgers have none."""
    return ((length & ~_BEGINNING, part) for length, part in _parts_of(tail) if length & _BEGINNING)


def _parts_of(tail: bytes) -> Iterator[tuple[int, bytes]]:
    parts = (tail[at : at + _ENTRY] for at in range(_EXACT, len(tail), _ENTRY))
    return ((int.from_bytes(part[:2], "big"), part[2:]) for part in parts)


def has_time(data: bytes, begins: Callable[[bytes], bool]) -> bool:
    """Return whether any whole line in data begins with a time: then it is no banner, and in no other log."""
    return any(map(begins, data.split(b"\n")[:-1]))


class LineMark(NamedTuple):
    """A line end; ``digest`` is ``part_of`` the ``MARK_BYTES`` before it, or fewer near a file's beginning."""

    offset: int
    follows: bool  # the line that it ends begins at the mark before it
    digest: bytes


def marks_of(marks: bytes) -> Iterator[LineMark]:
    """Yield the marks that ``add_marks`` made, newest first."""
    for at in range(len(marks) - _MARK, -1, -_MARK):
        offset = int.from_bytes(marks[at : at + 8], "big")
        yield LineMark(offset & ~_NEXT, bool(offset & _NEXT), marks[at + 8 : at + _MARK])


def add_marks(marks: bytes, offset: int, before: bytes, run: bytes, count: int) -> bytes:
    """Return marks with those for the first ``count`` bytes of a run added; ``before``: the bytes right before the run.

    The last line ends are marked, and earlier ones at distances that double; older marks are thinned out. So the line
    at which a log was cut off is known exactly if little was lost, and otherwise to within a fraction of what was lost.
    """
    ends: list[int] = []
    end, distance = run.rfind(b"\n", 0, count) + 1, _NEAREST
    while end > 0:
        ends.append(end)
        if len(ends) < _LINES:
            end = run.rfind(b"\n", 0, end - 1) + 1
        else:
            end, distance = run.rfind(b"\n", 0, max(min(end - 1, count - distance), 0)) + 1, distance * 2
    last = int.from_bytes(marks[-_MARK:-_RUNG], "big") & ~_NEXT
    for end in reversed(ends):
        follows = offset + run.rfind(b"\n", 0, end - 1) + 1 == last > 0
        last = offset + end
        data = run[end - MARK_BYTES : end] if end >= MARK_BYTES else (before + run[:end])[-MARK_BYTES:]
        marks += (last | (_NEXT * follows)).to_bytes(8, "big") + part_of(data)
    if len(marks) > _MOST_MARKS * _MARK:
        middle = _MOST_MARKS // 2 * _MARK
        thinned = (marks[at : at + _MARK] for at in range(_MARK, middle, 2 * _MARK))
        older = ((int.from_bytes(mark[:8], "big") & ~_NEXT).to_bytes(8, "big") + mark[8:] for mark in thinned)
        marks = b"".join(older) + marks[middle:]
    return marks


def empty_file_id(modified_ns: int) -> bytes:
    """Return what stands in for the head of an empty file: besides its inode, only its last write time is known."""
    return modified_ns.to_bytes(8, "big", signed=True)


def when_empty(head: bytes) -> int:
    """Return the last write time, in nanoseconds, from an ``empty_file_id``."""
    return int.from_bytes(head, "big", signed=True)


def index_keys(head_bytes: int, head: bytes) -> list[bytes]:
    """Return the keys to index a head by: digests of beginnings, the longest also tagged; none if it is short."""
    runs = [head[at : at + _RUNG] for n, at in _INDEXED.items() if n < head_bytes and at < len(head)]
    return [*runs, *(run + _LONGEST for run in runs[-1:])]


def search_keys(data: bytes) -> list[bytes]:
    """Return the keys of all heads that may begin with a file's first bytes, or that these may begin with."""
    runs = [part_of(data[:n]) for n in _INDEXED if n <= len(data)]
    return [*runs[-1:], *(run + _LONGEST for run in runs)]


def begins_alike(head_bytes: int, head: bytes, data: bytes) -> bool:
    """Return whether data, a file's first bytes (``HEAD_BYTES``, or all of it), agree with a fingerprinted head.

    If data is shorter than the head, the longest fingerprinted beginning that it covers has to agree. If there is too
    little to compare, they do not agree.
    """
    if len(data) >= head_bytes:
        return head_bytes > 0 and digest(data[:head_bytes]) == head[:_EXACT]
    length, part = kept(head_bytes, head, len(data))
    return length > 0 and part_of(data[:length]) == part


def kept(head_bytes: int, head: bytes, most: int) -> tuple[int, bytes]:
    """Return length and digest of a head's longest fingerprinted beginning of at most ``most`` bytes, or (0, b"")."""
    ends = [n for n in _RUNGS if n < head_bytes]
    known = [(n, head[_EXACT + i * _RUNG : _EXACT + (i + 1) * _RUNG]) for i, n in enumerate(ends) if n <= most]
    return max(((n, part) for n, part in known if part), default=(0, b""))
