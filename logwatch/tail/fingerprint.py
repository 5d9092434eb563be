"""Digests that recognise a file's bytes wherever they lie: of its head, and of the run right before an offset.

Inodes are reused, copies and archives have other ones; what was written does not change. A head grows with a short file
up to ``HEAD_BYTES``; it is fingerprinted at many lengths, so that a copy made while the file was shorter is recognised
too. The run before an offset is fingerprinted as a whole, and the last lines that have a time one by one, so that it is
found again in a file that was trimmed in front, or edited. Marks at line ends further back tell how much is left of a
file that lost its end. Only digests are kept, never bytes of a log.
"""

from collections.abc import Callable, Iterator
from hashlib import blake2b
from itertools import chain, repeat
from typing import NamedTuple

HEAD_BYTES = 4096
"""As much of a file's beginning as is fingerprinted: beyond a licence banner, to lines with stamps of their own."""

TAIL_BYTES = 256
"""So much of what was last handed on, at least, is read again and compared with the next read."""

TELLING_BYTES = 24
"""A line's beginning up to its time stamp's milliseconds, in Docker's JSON, too: with fewer bytes to compare, which are
alike in all lines of an hour, sizes have to agree as well."""

STAMP_BYTES = 96
"""A line's beginning up to there where the log daemon has put whole seconds and a host in front of it."""

LINE_BYTES = 16
"""Of whole lines: fewer may recur in any log."""

MARK_BYTES = 128
"""Before a line end that is marked: enough to tell that a log still is what it was up to there."""

_HOLE = bytes(8)  # so many NULs in a row: a file was allocated in advance, or the power was lost
_LONGEST = b"."
_BEGINNING = 0x8000  # marks the length of what is no entry, but the beginning of one; of ledgers of before, of a run
_FIRST_RUNGS = (16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768)  # all that ledgers of before know
_RUNGS = (*_FIRST_RUNGS, *(n for n in range(64, HEAD_BYTES, 64) if n not in _FIRST_RUNGS))
_ASCENDING = sorted(_RUNGS)
_EXACT = 16  # bytes of the digest of the whole
_RUNG = 8  # bytes of the digest of a part
_LINES = 8  # of what was read last, by which it is found elsewhere, and whose ends are marked
_INDEXED = {n: _EXACT + _RUNGS.index(n) * _RUNG for n in (16, 24, 32, 48, 64, 96, 128, 256, 512, 1024, 2048, 4032)}
_ENTRY = 2 + _RUNG  # of a tail: its length, and its digest
_MARK = 8 + _RUNG
_NEXT = 1 << 63  # in a mark's offset: no line ends between the mark before and this one
_MOST_MARKS = 128
_NEAREST = 2048  # bytes before the end, to the first of the marks whose distances double


def before_hole(head: bytes) -> bytes:
    """Return a file's first bytes up to a hole in them, which its writer may fill yet."""
    return head.partition(_HOLE)[0]


def digest(data: bytes) -> bytes:
    """Return 16 bytes that stand for data; nothing stands for nothing."""
    return blake2b(data, digest_size=_EXACT).digest() if data else b""


def part_of(data: bytes) -> bytes:
    """Return 8 bytes that stand for a part of a run."""
    return blake2b(data, digest_size=_RUNG).digest()


def fingerprint_head(data: bytes) -> bytes:
    """Return the digest of a file's first bytes, followed by digests of shorter runs of them."""
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
    """Return how long the run before an offset is, and its digest, followed by the entries that find it elsewhere.

    The run is ``TAIL_BYTES``, or from a line on that ``begins``, with a time of its own: how an answer over several
    lines ends recurs in any log, and in logs of lines that are equally long at its place. Such a line is an entry, with
    those behind it that have none: an editor may have deleted some of them. NULs at the end of ``last``, which was
    handed on last, are one of their own. ``before`` is the fingerprint of ``count`` bytes less, which has earlier ones.
    """
    first = max(len(last) - TAIL_BYTES, 0)
    end = at = len(last.rstrip(b"\0"))
    entries: list[bytes] = [_entry(last[end:])] if end < len(last) else []
    beginnings = [_beginning(last[end:], begins)] * len(entries)
    offset = len(last) - count  # of before
    earlier = [*zip(entries_of(before), chain(beginnings_of(before), repeat((0, b""))), strict=False)]
    while at > 0 and len(entries) < _LINES and not (earlier and entries and end == offset):
        behind, at = at, last.rfind(b"\n", 0, at - 1) + 1
        if begins(last[at : behind - 1]):
            first = first if entries else min(first, at)
            entries.append(_entry(last[at:end]))
            beginnings.append(_beginning(last[at:end], begins))
            end = at
    ended = end - offset  # where an earlier entry ends behind the offset of before
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
    """Return whether data is the run that was fingerprinted."""
    return digest(data) == tail[:_EXACT]


def entries_of(tail: bytes) -> Iterator[tuple[int, bytes]]:
    """Return length and digest of each entry, the last one first; in ledgers of before all end where the run does."""
    return ((length, part) for length, part in _parts_of(tail) if not length & _BEGINNING)


def beginnings_of(tail: bytes) -> Iterator[tuple[int, bytes]]:
    """Return length and digest of the first bytes of each entry, the last one first; none in ledgers of before."""
    return ((length & ~_BEGINNING, part) for length, part in _parts_of(tail) if length & _BEGINNING)


def _parts_of(tail: bytes) -> Iterator[tuple[int, bytes]]:
    parts = (tail[at : at + _ENTRY] for at in range(_EXACT, len(tail), _ENTRY))
    return ((int.from_bytes(part[:2], "big"), part[2:]) for part in parts)


def has_time(data: bytes, begins: Callable[[bytes], bool]) -> bool:
    """Return whether one of some whole lines ``begins`` with a time: no other log has it, as it may have a banner."""
    return any(map(begins, data.split(b"\n")[:-1]))


class LineMark(NamedTuple):
    """A line end, and what tells that the bytes before it are still those that were read."""

    offset: int
    follows: bool  # the line before it ends at the mark before it
    digest: bytes


def marks_of(marks: bytes) -> Iterator[LineMark]:
    """Return the marks that ``add_marks`` has made, the last one first."""
    for at in range(len(marks) - _MARK, -1, -_MARK):
        offset = int.from_bytes(marks[at : at + 8], "big")
        yield LineMark(offset & ~_NEXT, bool(offset & _NEXT), marks[at + 8 : at + _MARK])


def is_marked(mark: LineMark, before: bytes) -> bool:
    """Return whether these are the ``MARK_BYTES`` bytes (fewer at a file's beginning) before a mark."""
    return part_of(before) == mark.digest


def add_marks(marks: bytes, offset: int, before: bytes, run: bytes, count: int) -> bytes:
    """Add marks for the first ``count`` bytes of a run at an offset, which the bytes before it precede.

    Marked are the last line ends, and further ones at distances that double; of older marks fewer and fewer are kept.
    So it is known to a line where a log lost its end if little was lost, else to a share of what was lost.
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


def is_suffix(part: bytes, data: bytes) -> bool:
    """Return whether data has the digest of a part of a run."""
    return part_of(data) == part


def empty_file_id(modified_ns: int) -> bytes:
    """Return what stands in for the head of an empty file: with its inode, when it was last written is all it has."""
    return modified_ns.to_bytes(8, "big", signed=True)


def when_empty(head: bytes) -> int:
    """Return when a file was last written, in nanoseconds, by its ``empty_file_id``."""
    return int.from_bytes(head, "big", signed=True)


def index_keys(head_bytes: int, head: bytes) -> list[bytes]:
    """Return under what a head is filed: runs of it, and the longest of them as such; nothing for a few bytes."""
    runs = [head[at : at + _RUNG] for n, at in _INDEXED.items() if n < head_bytes and at < len(head)]
    return [*runs, *(run + _LONGEST for run in runs[-1:])]


def search_keys(data: bytes) -> list[bytes]:
    """Return under what heads are filed that a file's first bytes may begin, or begin with."""
    runs = [part_of(data[:n]) for n in _INDEXED if n <= len(data)]
    return [*runs[-1:], *(run + _LONGEST for run in runs)]


def begins_alike(head_bytes: int, head: bytes, data: bytes) -> bool:
    """Return whether data, a file's first bytes (all of them, or ``HEAD_BYTES``), can be of the file fingerprinted.

    Of a file shorter than the fingerprinted head, the longest run that was fingerprinted has to agree. A file that
    has too little to compare is not alike.
    """
    if len(data) >= head_bytes:
        return head_bytes > 0 and digest(data[:head_bytes]) == head[:_EXACT]
    length, part = kept(head_bytes, head, len(data))
    return length > 0 and part_of(data[:length]) == part


def kept(head_bytes: int, head: bytes, most: int) -> tuple[int, bytes]:
    """Return length and digest of the longest fingerprinted run of at most so many bytes; (0, b"") if there is none."""
    ends = [n for n in _RUNGS if n < head_bytes]
    known = [(n, head[_EXACT + i * _RUNG : _EXACT + (i + 1) * _RUNG]) for i, n in enumerate(ends) if n <= most]
    return max(((n, part) for n, part in known if part), default=(0, b""))
