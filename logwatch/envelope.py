"""Takes a log file's bytes, gives the lines that were logged: as they are, or out of Docker's json-file records.

No byte is lost: what is no record (half-written, NUL bytes, another program's) counts as an ordinary line. Docker
splits a message over 16 KiB into records of which only the last one's ``log`` ends in a newline; they are joined here.
"""

import re
from datetime import datetime
from typing import NamedTuple

import msgspec

from logwatch.model import EnvelopeKind

_OPENING = b'{"log":'
# Docker writes log, stream, (attrs,) time. A quote inside a message is escaped, so this stands nowhere but at its end.
_STREAMS = (b'","stream":"stdout"', b'","stream":"stderr"')
_RECORD_END = re.compile(rb'(\\*)(n?)","stream":"(std(?:out|err))"')
_NULS = re.compile(rb"(?m)^\0+")


class Line(NamedTuple):
    """One logical line without its newline, and when Docker received it (RFC 3339; empty if unknown)."""

    payload: bytes
    time: str


class _Record(msgspec.Struct):
    log: str
    stream: str = ""
    time: str = ""


_decode = msgspec.json.Decoder(_Record).decode


def detect(head: bytes) -> EnvelopeKind:
    """Tell the envelope from a file's first bytes; the first line may be damaged, so the second is asked as well."""
    lines = [line for line in (line.strip(b"\0 \r") for line in head[:65536].split(b"\n")) if line]
    return "docker" if any(line.startswith(_OPENING) for line in lines[:2]) else "plain"


class Piece(NamedTuple):
    """What comes off the front of a buffer: bytes that are done with, and the lines in them to be looked at."""

    consumed: int
    data: bytes  # physical lines; of a message over the bound its head, made whole, and nothing of its rest
    inside: str  # streams in the middle of such a message where this piece ends; empty when there is none


def cut(buffer: bytes, kind: EnvelopeKind, max_line_bytes: int, inside: str = "") -> Piece:
    """Cut off the leading whole logical lines: nothing behind them is needed to understand them.

    A split message longer than ``max_line_bytes`` is not waited for: its head is handed on as a line, and the records
    of its rest are dropped, in this piece and, told by ``inside``, in the next ones. Otherwise a record of the rest
    would be taken for a line of its own, and a user's text could forge a result.
    """
    end = buffer.rfind(b"\n") + 1
    if kind == "plain" or not end:
        return Piece(end, buffer[:end], inside)
    ends = (buffer.rfind(stream, 0, end) for stream in _STREAMS)
    if inside or any(at >= 0 and not _complete(buffer, at) for at in ends):
        return _cut_around_split(buffer, end, max_line_bytes, inside)
    return Piece(end, buffer[:end], "")


def _complete(buffer: bytes, at: int) -> bool:
    """Tell whether the message that ends at ``at`` ends in an escaped newline, and not in a backslash and an n."""
    if buffer[at - 1 : at] != b"n":
        return False
    run = at - 1
    while run and buffer[run - 1 : run] == b"\\":
        run -= 1
    return (at - 1 - run) % 2 == 1


def _cut_around_split(buffer: bytes, end: int, max_line_bytes: int, inside: str) -> Piece:
    """Walk through the physical lines, and cut at the last one behind which no message is waited for."""
    waited: dict[bytes, int] = {}  # stream -> length of its message so far
    dropped = set(inside.encode().split())  # streams in the middle of a message that is too long
    lines: list[bytes] = []
    good = (0, 0, inside)
    start = 0
    while start < end:
        stop = buffer.index(b"\n", start, end) + 1
        line = buffer[start:stop]
        if record := _RECORD_END.search(line):
            backslashes, newline, stream = record.groups()
            last = bool(newline) and len(backslashes) % 2 == 1
            if stream in dropped:
                line = b""
                if last:
                    dropped.remove(stream)
            elif last:
                waited.pop(stream, None)
            else:
                waited[stream] = waited.get(stream, 0) + record.end(2) - len(_OPENING) - 1
                if waited[stream] > max_line_bytes:
                    del waited[stream]
                    dropped.add(stream)
                    line = line[: record.end(2)] + b"\\n" + line[record.end(2) :]
        lines.append(line)
        start = stop
        if not waited:
            good = (stop, len(lines), b" ".join(sorted(dropped)).decode())
    consumed, count, inside = good
    return Piece(consumed, b"".join(lines[:count]), inside)


def clean(data: bytes) -> bytes:
    """Drop the NUL bytes before a line: a writer that went on at its old offset after copytruncate left them there."""
    return _NULS.sub(b"", data) if b"\0" in data else data


def unwrap(data: bytes) -> list[Line]:
    """Give the logical lines of whole physical lines of json-file, split messages joined, in the order of their ends.

    A message that never ends, because its rest is in no file, is a line of its own at the end.
    """
    if not data:
        return []
    lines: list[Line] = []
    open_: dict[str, list[str]] = {}
    since: dict[str, str] = {}
    for physical in clean(data).removesuffix(b"\n").split(b"\n"):
        try:
            record = _decode(physical)
        except (msgspec.DecodeError, UnicodeDecodeError):
            lines.append(Line(physical, ""))
            continue
        if record.stream in open_:
            open_[record.stream].append(record.log)
            if not record.log.endswith("\n"):
                continue
            message, time = "".join(open_.pop(record.stream)), since.pop(record.stream)
        elif record.log.endswith("\n"):
            message, time = record.log, record.time
        else:
            open_[record.stream] = [record.log]
            since[record.stream] = record.time
            continue
        lines += [Line(part, time) for part in message.removesuffix("\n").encode().split(b"\n")]
    lines += [Line("".join(parts).encode(), since[stream]) for stream, parts in open_.items()]
    return lines


def bare(record: bytes) -> Line:
    """Take apart a record of one whole message without any escape but its newline, which the caller has made sure."""
    end = record.rindex(b'\\n","stream":"')
    at = record.rindex(b'"time":"') + len(b'"time":"')
    return Line(record[len(_OPENING) + 1 : end], record[at : record.index(b'"', at)].decode(errors="replace"))


def moment(time: str) -> float | None:
    """Turn a record's RFC 3339 time into seconds since the epoch."""
    try:
        at = datetime.fromisoformat(time)
    except ValueError:
        return None
    return at.timestamp() if at.tzinfo else None
