"""Takes whole lines off the front of a run of bytes; over-long ones are cut short, whatever their length.

No line is looked at one by one: a chunk costs a few searches, not one a line.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from logwatch.model import EnvelopeKind

Cut = Callable[[bytes, EnvelopeKind, int], int]
"""How many leading bytes of a buffer form whole logical lines of an envelope, given max_line_bytes."""

_NULS_AT_LINE_START = re.compile(rb"\n\0+")
_JSON_GROWTH = 6  # bytes that JSON may need for one byte: \u001b
_JSON_FRAME = 1024  # what Docker writes around a line: stream, time, attributes


class Taken(NamedTuple):
    """What came off the front: ``data`` holds whole lines, ``consumed`` bytes of the run are done with."""

    data: bytes
    consumed: int
    oversized: int
    inside_line: bool  # the run ended inside an over-long line whose head is in data, or was in an earlier one


def physical_bound(kind: EnvelopeKind, max_line_bytes: int) -> int:
    """Return how long a line of the file may be before it is cut: Docker's escapes need room."""
    return max_line_bytes if kind == "plain" else max_line_bytes * _JSON_GROWTH + _JSON_FRAME


def shorten(data: bytes, limit: int) -> tuple[bytes, int]:
    """Cut each line of more than limit bytes down to its first limit bytes; return the lines and how many were cut.

    Hops from line end to line end in steps of up to limit bytes, so lines of usual length cost nothing each.
    """
    at, kept, oversized = 0, 0, 0
    pieces: list[bytes] = []
    while len(data) - at > limit + 1:
        line_end = data.rfind(b"\n", at, at + limit + 1)
        if line_end < 0:  # no line ends within reach: the one that starts here is too long
            pieces += (data[kept : at + limit], b"\n")
            oversized += 1
            line_end = data.find(b"\n", at + limit + 1)
            kept = line_end + 1
        at = line_end + 1
    if not oversized:
        return data, 0
    pieces.append(data[kept:])
    return b"".join(pieces), oversized


def take_lines(run: bytes, kind: EnvelopeKind, cut: Cut, max_line_bytes: int, *, inside_line: bool) -> Taken:
    """Take whole lines off the front of run; what is left begins a line that has not ended yet.

    NUL bytes at the start of a line are skipped: they are holes that a writer without O_APPEND leaves behind when its
    file is truncated, or that a power loss leaves, and the line behind them counts.
    """
    start = 0
    if inside_line:
        start = run.find(b"\n") + 1
        if not start:
            return Taken(b"", len(run), 0, inside_line=True)
    if run.startswith(b"\0", start):
        start = len(run) - len(run[start:].lstrip(b"\0"))
    rest = run[start:] if start else run
    whole = cut(rest, kind, max_line_bytes)
    bound = physical_bound(kind, max_line_bytes)
    if not whole and len(rest) > bound:
        whole = rest.rfind(b"\n") + 1  # an endless logical line of many records: the envelope counts it as too long
        if not whole:
            return Taken(rest[:bound] + b"\n", len(run), 1, inside_line=True)
    data = rest[:whole]
    if b"\n\0" in data:
        data = _NULS_AT_LINE_START.sub(b"\n", data)
    data, oversized = shorten(data, bound)
    return Taken(data, start + whole, oversized, inside_line=False)
