"""Digests that recognise a file's bytes wherever they lie: of its head, and of the run right before an offset.

Inodes are reused, copies and archives have other ones; what was written does not change. A head grows with a short file
up to ``HEAD_BYTES``; it is fingerprinted at many lengths, so that a copy made while the file was shorter is recognised
too. The run before an offset is fingerprinted as a whole and from each line start in it, so that it is found again in
a file that was trimmed in front. Only digests are kept, never bytes of a log.
"""

from collections.abc import Iterator
from hashlib import blake2b

HEAD_BYTES = 4096
"""As much of a file's beginning as is fingerprinted: beyond a licence banner, to lines with stamps of their own."""

TAIL_BYTES = 256
"""As much of what was last handed on as is read again, and compared, with the next read."""

TELLING_BYTES = 16
"""A line's beginning up to its time stamp: with fewer bytes to compare, sizes have to agree as well."""

MIN_BEGINNING_BYTES = 128
"""Of a run before an offset, in whole lines: enough to tell that a log was cut off behind them, at its end."""

_INDEXED_BYTES = 128  # of a head, which have a stamp in them
_LONGEST = b"."
_BEGINNING = 0x8000  # marks the length of a part that begins where its run does
_FIRST_RUNGS = (16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768)  # all that ledgers of before know
_RUNGS = (*_FIRST_RUNGS, *(n for n in range(64, HEAD_BYTES, 64) if n not in _FIRST_RUNGS))
_ASCENDING = sorted(_RUNGS)
_EXACT = 16  # bytes of the digest of the whole
_RUNG = 8  # bytes of the digest of a part
_LINES = 8  # of a tail, that are found by their beginnings
_SECOND = 2
_SUFFIX = 2 + _RUNG  # a part of a tail: its length, and its digest


def digest(data: bytes) -> bytes:
    """Return 16 bytes that stand for data; nothing stands for nothing."""
    return blake2b(data, digest_size=_EXACT).digest() if data else b""


def _rung(data: bytes) -> bytes:
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


def fingerprint_tail(data: bytes) -> bytes:
    """Return the digest of the run before an offset, followed by what finds it at another offset, or its beginning.

    Nothing follows where the last two lines are equal: such a log repeats itself, and no place in it can be told.
    """
    whole = blake2b(data, digest_size=_EXACT).digest() if data else b""
    if not data.endswith(b"\n"):
        return whole
    found, start, last = [whole], len(data), b""
    while start > 0 and len(found) <= _LINES:
        at = data.rfind(b"\n", 0, start - 1) + 1
        if len(found) == 1:
            last = data[at:]
        elif len(found) == _SECOND and data[at:start] == last:
            return whole
        found.append(_part(data, at))
        if at >= MIN_BEGINNING_BYTES:
            found.append((at | _BEGINNING).to_bytes(2, "big") + _rung(data[:at]))
        start = at
    if start > 0:
        found.append(_part(data, 0))
    return b"".join(found)


def _part(data: bytes, at: int) -> bytes:
    return (len(data) - at).to_bytes(2, "big") + blake2b(data[at:], digest_size=_RUNG).digest()


def is_tail(tail: bytes, data: bytes) -> bool:
    """Return whether data is the run that was fingerprinted."""
    return digest(data) == tail[:_EXACT]


def suffixes(tail: bytes) -> Iterator[tuple[int, bytes]]:
    """Return length and digest of each part of a run that ends where the run does, the shortest first."""
    return ((length, part) for length, part in _parts(tail) if not length & _BEGINNING)


def beginnings(tail: bytes) -> Iterator[tuple[int, bytes]]:
    """Return length and digest of each part of a run that begins where the run does and ends a line, longest first."""
    return ((length & ~_BEGINNING, part) for length, part in _parts(tail) if length & _BEGINNING)


def _parts(tail: bytes) -> Iterator[tuple[int, bytes]]:
    for at in range(_EXACT, len(tail), _SUFFIX):
        yield int.from_bytes(tail[at : at + 2], "big"), tail[at + 2 : at + _SUFFIX]


def is_suffix(part: bytes, data: bytes) -> bool:
    """Return whether data has the digest of a part of a run."""
    return _rung(data) == part


def empty_file_id(modified_ns: int) -> bytes:
    """Return what stands in for the head of an empty file: with its inode, when it was last written is all it has."""
    return modified_ns.to_bytes(8, "big", signed=True)


def head_key(head_bytes: int, head: bytes) -> bytes | None:
    """Return what heads that begin alike share; None for one that is too short to have it."""
    return head[_EXACT : _EXACT + _RUNG] if head_bytes > TELLING_BYTES else None


def head_key_of(data: bytes) -> bytes:
    """Return the ``head_key`` of a file that begins with data."""
    return _rung(data[:TELLING_BYTES])


def index_keys(head_bytes: int, head: bytes) -> list[bytes]:
    """Return under what a head is filed: each of its shorter runs, and the longest of them as such."""
    lengths = [n for n in _FIRST_RUNGS if n < head_bytes and n <= _INDEXED_BYTES]
    runs = [kept(head_bytes, head, n)[1] for n in lengths]
    return [*runs, *(run + _LONGEST for run in runs[-1:])]


def search_keys(data: bytes) -> list[bytes]:
    """Return under what heads are filed that a file's first bytes may begin, or begin with."""
    runs = [_rung(data[:n]) for n in _FIRST_RUNGS if n <= min(_INDEXED_BYTES, len(data))]
    return [*runs[-1:], *(run + _LONGEST for run in runs)]


def begins_alike(head_bytes: int, head: bytes, data: bytes) -> bool:
    """Return whether data, a file's first bytes (all of them, or ``HEAD_BYTES``), can be of the file fingerprinted.

    Of a file shorter than the fingerprinted head, the longest run that was fingerprinted has to agree. A file that
    has too little to compare is not alike.
    """
    if len(data) >= head_bytes:
        return head_bytes > 0 and digest(data[:head_bytes]) == head[:_EXACT]
    length, part = kept(head_bytes, head, len(data))
    return length > 0 and _rung(data[:length]) == part


def kept(head_bytes: int, head: bytes, most: int) -> tuple[int, bytes]:
    """Return length and digest of the longest fingerprinted run of at most so many bytes; (0, b"") if there is none."""
    ends = [n for n in _RUNGS if n < head_bytes]
    known = [(n, head[_EXACT + i * _RUNG : _EXACT + (i + 1) * _RUNG]) for i, n in enumerate(ends) if n <= most]
    return max(((n, part) for n, part in known if part), default=(0, b""))
