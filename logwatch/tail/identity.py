"""Recognises a file's bytes wherever they lie: digests of its head, and of the run right before an offset.

Inodes are reused, copies and gzip files have other ones; what was written does not change. A head grows with a short
file up to ``HEAD_BYTES``; it is fingerprinted at several lengths, so that a copy made while the file was shorter is
recognised too. Only digests are kept, never bytes of a log.
"""

from hashlib import blake2b

HEAD_BYTES = 1024
"""As much of a file's beginning as is fingerprinted. mesibo stamps each line with milliseconds: this is plenty."""

TAIL_BYTES = 256
"""As much of what was last handed on as is read again, and compared, with the next read."""

TELLING_BYTES = 16
"""A line's beginning up to its time stamp: with fewer bytes to compare, sizes have to agree as well."""

_RUNGS = (16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768)
_EXACT = 16  # bytes of the digest of the whole head
_RUNG = 8  # bytes of the digest of a shorter run of it


def digest(data: bytes) -> bytes:
    """Return 16 bytes that stand for data; nothing stands for nothing."""
    return blake2b(data, digest_size=_EXACT).digest() if data else b""


def fingerprint_head(data: bytes) -> bytes:
    """Return the digest of a file's first bytes, followed by digests of shorter runs of them."""
    rungs = (blake2b(data[:n], digest_size=_RUNG).digest() for n in _RUNGS if n < len(data))
    return digest(data) + b"".join(rungs)


def stamp(modified_ns: int) -> bytes:
    """Return what stands in for the head of an empty file: with its inode, when it was last written is all it has."""
    return modified_ns.to_bytes(8, "big", signed=True)


def begins_alike(head_bytes: int, head: bytes, data: bytes) -> bool:
    """Tell whether data, a file's first bytes (all of them, or ``HEAD_BYTES``), can be of the file fingerprinted.

    Of a file shorter than the fingerprinted head, the longest run that was fingerprinted has to agree. A file that
    has too little to compare is not alike.
    """
    if len(data) >= head_bytes:
        return head_bytes > 0 and digest(data[:head_bytes]) == head[:_EXACT]
    known = [n for n in _RUNGS if n < head_bytes]
    index = sum(n <= len(data) for n in known) - 1
    if index < 0:
        return False
    at = _EXACT + index * _RUNG
    return blake2b(data[: known[index]], digest_size=_RUNG).digest() == head[at : at + _RUNG]
