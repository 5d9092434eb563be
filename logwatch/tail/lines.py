"""Takes whole lines off the front of a run of bytes; over-long ones are cut short, whatever their length.

No line is looked at one by one: a chunk costs a few searches, not one a line.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from logwatch.envelope import cut
from logwatch.model import PLAIN, Envelope

Held = Callable[[bytes, Envelope], int]
"""Tells how many bytes at the end of whole lines wait for the rest of an answer that goes on behind them."""

_LINE = "line"  # inside a physical line that is too long; other words are the envelope's

_NULS_AT_LINE_START = re.compile(rb"\n\0+")
_JSON_GROWTH = 6  # bytes that JSON may need for one byte: \u001b
_JSON_FRAME = 1024  # what Docker writes around a line: stream, time, attributes


class Taken(NamedTuple):
    """What came off the front: ``data`` holds whole lines, ``consumed`` bytes of the run are done with."""

    data: bytes
    consumed: int
    oversized: int
    inside: str  # inside what over-long line the run ended, whose head is in data or was in an earlier one; or empty


def physical_bound(envelope: Envelope, max_line_bytes: int) -> int:
    """Return how long a line of the file may be before it is cut: Docker's escapes need room."""
    return max_line_bytes if envelope == PLAIN else max_line_bytes * _JSON_GROWTH + _JSON_FRAME


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


def take_lines(
    run: bytes, envelope: Envelope, max_line_bytes: int, inside: str, held: Held | None = None, *, final: bool = False
) -> Taken:
    """Take whole lines off the front of run; what is left begins a line that has not ended yet.

    With ``held``, a line whose answer goes on behind the run is left too, and what there is of the answer. With
    ``final`` nothing follows the run for now.

    NUL bytes at the start of a line are skipped: they are holes that a writer without O_APPEND leaves behind when its
    file is truncated, or that a power loss leaves, and the line behind them counts.
    """
    start, inside = _behind_line(run, inside)
    if start < 0:
        return Taken(b"", len(run), 0, inside)
    if run.startswith(b"\0", start):
        start = len(run) - len(run[start:].lstrip(b"\0"))
    rest = run[start:] if start else run
    whole, data, after, ends = cut(rest, envelope, max_line_bytes, inside, final=final)
    bound = physical_bound(envelope, max_line_bytes)
    if not whole and len(rest) > bound:
        whole, data, after, _ = cut(
            rest, envelope, 0, inside, final=True
        )  # a message of many records between others: wait no more
        if not whole:
            return Taken(rest[:bound] + b"\n", len(run), 1, f"{_LINE} {after}".rstrip())
    elif held and (ends or len(data) == whole) and after == inside and (waiting := held(data, envelope)):
        lines = data.count(b"\n", len(data) - waiting)
        data = data[: len(data) - waiting]
        whole = (0, *ends)[-lines - 1] if ends else whole - waiting
    if b"\0" in data:  # one byte is looked for at the speed of memory, two are not
        data = _NULS_AT_LINE_START.sub(b"\n", data)
    data, oversized = shorten(data, bound)
    return Taken(data, start + whole, oversized, after)


def take_rest(run: bytes, envelope: Envelope, inside: str) -> bytes:
    """Take everything in run as lines, also what has no end: nothing will follow it."""
    start, inside = _behind_line(run, inside)
    rest = run[start:].lstrip(b"\0") if start >= 0 else b""
    if rest and not rest.endswith(b"\n"):
        rest += b"\n"
    return cut(rest, envelope, 0, inside, final=True)[1] if rest else b""


def _behind_line(run: bytes, inside: str) -> tuple[int, str]:
    """Skip to the end of the line that run begins in, if it does; -1 when that is further on."""
    if not inside.startswith(_LINE):
        return 0, inside
    end = run.find(b"\n")
    return (end + 1, inside.removeprefix(_LINE).lstrip()) if end >= 0 else (-1, inside)
