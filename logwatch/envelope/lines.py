"""Takes bytes of a file with a decided envelope, gives whole logical lines: cut off a buffer, then unwrapped.

No line is lost and none invented: parts of a message are joined in their stream, within bounds; what does not stand in
the envelope, or stands in it under another name than mesibo's, is handed on as refused, and so counted as such.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from logwatch.envelope import docker
from logwatch.envelope.formats import FORMATS
from logwatch.envelope.journal_json import SeveralLines
from logwatch.envelope.prefixed import Prefixed, of
from logwatch.envelope.record import Format, Frame, Line, Payloads, Record
from logwatch.envelope.text import clean, line_count, uncoloured
from logwatch.model import Cause, Envelope, Layer

_GLANCE_BYTES, _FEW = 4096, 8  # of a byte in that many, it is cheaper to look at each than to search for more bytes
_MOST_LOOKS = 4096
_MAX_STRETCHES = 32


class Piece(NamedTuple):
    """What comes off the front of a buffer: bytes that are done with, and the lines in them to be looked at."""

    consumed: int
    data: bytes  # physical lines; of a message over the bound its head, made whole, and nothing of its rest
    inside: str  # streams in the middle of such a message where this piece ends; empty when there is none
    ends: Sequence[int] = ()  # behind the entry of each line, where the lines are not these bytes themselves


def cut(buffer: bytes, envelope: Envelope, max_line_bytes: int, inside: str = "", *, final: bool = False) -> Piece:
    """Cut off the leading whole logical lines: nothing behind them is needed to understand them.

    With ``final`` nothing follows the buffer for now, and an entry that only the next one would end is whole.

    A split message longer than ``max_line_bytes`` is not waited for: its head is handed on as a line, and the records
    of its rest are dropped, in this piece and, told by ``inside``, in the next ones. Otherwise a record of the rest
    would be taken for a line of its own, and a user's text could forge a result.
    """
    form = FORMATS[envelope.layers[0].form] if envelope.layers else None
    if isinstance(form, SeveralLines):
        end, entries, _ = form.rewritten(buffer, final=final)
        if not inside and not any(part in line for _, line in entries for part in form.parts):
            return Piece(end, b"".join([line + b"\n" for _, line in entries]), "", [stop for stop, _ in entries])
        return _cut_around_parts(entries, form, max_line_bytes, inside)
    end = buffer.rfind(b"\n") + 1
    if form is None or not end or not form.parts:
        return Piece(end, buffer[:end], inside)
    if not inside and not _has_open_part(buffer, end, form):
        return Piece(end, buffer[:end], "")
    every = form.kind == "docker"  # a record is told to be a part by what stands in front of that
    parts = None if every else (found.start() for found in _one_of(form.parts).finditer(buffer, 0, end))
    return _cut_around_parts(_physical(buffer, end), form, max_line_bytes, inside, parts)


def _has_open_part(buffer: bytes, end: int, form: Format) -> bool:
    """Return whether some message may still be open at ``end``; no line is looked at for it."""
    if form.kind == "docker":
        ends = (buffer.rfind(stream, 0, end) for stream in docker.STREAMS)
        return any(at >= 0 and not docker.ends_whole(buffer, at) for at in ends)
    return _finds(buffer, end, form.parts)


def _finds(buffer: bytes, end: int, parts: tuple[bytes, ...]) -> bool:
    """Return whether one of some byte strings, which end in the same byte, stands before ``end``.

    A single byte that is rare is found several times as fast as a string; a look at each of many takes far longer. A
    long string is found fastest from the end on.
    """
    if len(parts) == 1:
        return buffer.rfind(parts[0], 0, end) >= 0
    last = parts[0][-1:]
    if buffer.count(last, 0, _GLANCE_BYTES) <= _FEW:
        at = buffer.find(last, 0, end)
        for _ in range(_MOST_LOOKS):
            if at < 0:
                return False
            if buffer.endswith(parts, 0, at + 1):
                return True
            at = buffer.find(last, at + 1, end)
    return _one_of(parts).search(buffer, 0, end) is not None


@lru_cache
def _one_of(parts: tuple[bytes, ...]) -> re.Pattern[bytes]:
    """Compile a search that goes over the bytes once, and is fast for as far as all parts begin alike."""
    alike = next(i for i in range(len(parts[0]), -1, -1) if all(part.startswith(parts[0][:i]) for part in parts))
    others = b"|".join([re.escape(part[alike:]) for part in parts])
    return re.compile(re.escape(parts[0][:alike]) + b"(?:" + others + b")")


def _physical(buffer: bytes, end: int) -> Iterator[tuple[int, bytes]]:
    start = 0
    while start < end:
        stop = buffer.index(b"\n", start, end) + 1
        yield stop, buffer[start : stop - 1]
        start = stop


def _cut_around_parts(
    physical: Iterable[tuple[int, bytes]],
    form: Format,
    max_line_bytes: int,
    inside: str,
    parts: Iterator[int] | None = None,
) -> Piece:
    """Walk through the physical lines, and cut at the last one behind which no message is waited for.

    Where lines have nothing but a front, the parts of a message come out joined as one line. ``parts`` tells where
    they are: other lines are looked at only while a message is open; without it all are.
    """
    may_be_part = _asked_of(parts) if parts else _always
    waited: dict[str, int] = {}  # stream -> bytes of its message so far
    dropped = set(inside.split())  # streams in the middle of a message that is too long
    joined: dict[str, list[bytes]] = {}  # stream -> its message so far, as a line
    joins = isinstance(form, Prefixed)
    lines: list[bytes] = []
    good = (0, 0, inside)
    for stop, line in physical:
        # a whole line, where no message is open, is not looked at
        record = _record(form, line) if waited or dropped or may_be_part(stop, line) else None
        stream = record.stream if record else ""
        if record and stream in dropped:
            if not record.more:
                dropped.remove(stream)
        elif record and record.more:
            waited[stream] = waited.get(stream, 0) + len(record.payload)
            if joins:
                if stream in joined:
                    joined[stream].append(record.payload)
                else:
                    joined[stream] = [form.completed(line)]
            if waited[stream] > max_line_bytes:
                del waited[stream]
                dropped.add(stream)
                lines.append(b"".join(joined.pop(stream)) if joins else form.completed(line))
            elif not joins:
                lines.append(line)
        else:
            waited.pop(stream, None)
            lines.append(b"".join([*joined.pop(stream), record.payload]) if record and stream in joined else line)
        if not waited:
            good = (stop, len(lines), " ".join(sorted(dropped)))
    consumed, count, inside = good
    return Piece(consumed, b"".join([line + b"\n" for line in lines[:count]]), inside)


def _always(_stop: int, _line: bytes) -> bool:
    return True


def _asked_of(parts: Iterator[int]) -> Callable[[int, bytes], bool]:
    """Return what tells of the lines of a buffer, one after the other, whether one of these places is in it."""
    part = next(parts, sys.maxsize)

    def may_be_part(stop: int, line: bytes) -> bool:
        nonlocal part
        while part < stop - len(line) - 1:
            part = next(parts, sys.maxsize)
        return part < stop

    return may_be_part


def _record(form: Format, line: bytes) -> Record | None:
    """Take a line apart; in Docker's files also the record behind a torn one."""
    record = form.record(line)
    if record is None and form.kind == "docker" and (behind := docker.behind_tear(line)):
        return form.record(behind)
    return record


def begins(line: bytes, envelope: Envelope, owns: Callable[[bytes], bool]) -> bool:
    """Return whether a line, without its newline, begins as those in an envelope do, and is no rest of one."""
    form = FORMATS[envelope.layers[0].form] if envelope.layers else None
    if form is None:
        return owns(uncoloured(line) + b"\n")
    return isinstance(form, SeveralLines) or form.record(line) is not None


def unwrap(data: bytes, envelope: Envelope) -> list[Line]:
    """Return the logical lines of whole physical lines, parts joined, in the order of their ends.

    A message that never ends, because its rest is in no file, is a line of its own at the end. Of what one record
    holds only the first line is a line: what follows a newline inside it has no prefix of its own.
    """
    if not data:
        return []
    lines = [Line(physical, "") for physical in clean(data).removesuffix(b"\n").split(b"\n")]
    for layer in envelope.layers:
        lines = _out_of(layer, lines)
    return [
        Line(uncoloured(line.payload), line.time, line.refused)
        if b"\x1b" in line.payload or b"\r" in line.payload
        else line
        for line in lines
    ]


def _out_of(layer: Layer, wrapped: Iterable[Line]) -> list[Line]:
    """Take lines out of one envelope."""
    form = FORMATS[layer.form]
    lines: list[Line] = []
    open_: dict[str, tuple[list[bytes], Line]] = {}
    for line in wrapped:
        if line.refused:
            lines.append(line)
            continue
        record = form.record(line.payload)
        if record is None and form.kind == "docker" and (behind := docker.behind_tear(line.payload)):
            lines.append(Line(line.payload[: -len(behind)], "", "unenveloped"))
            record = form.record(behind)
            if record is None:
                lines[-1] = Line(line.payload, "", "unenveloped")
                continue
        if record is None:
            lines.append(Line(line.payload, "", "unenveloped"))
            continue
        payload = record.payload
        refused: Cause | None = None if of(record.origin, layer.origins) else "misplaced"
        said = Line(_first(payload), record.time or line.time, refused)
        if open_ and record.stream in open_:
            parts, said = open_[record.stream]
            parts.append(payload)
            if record.more:
                continue
            del open_[record.stream]
            said = said._replace(payload=_first(b"".join(parts)))
        elif record.more:
            open_[record.stream] = ([payload], said)
            continue
        lines.append(said)
    lines += [said._replace(payload=_first(b"".join(parts))) for parts, said in open_.values()]
    return lines


def _first(message: bytes) -> bytes:
    """Return the first line of a message."""
    return message.partition(b"\n")[0] if b"\n" in message else message


def has_parts(data: bytes, envelope: Envelope, count: int | None = None) -> bool:
    """Return whether some message may be split over several lines of ``data``, of which there are ``count``."""
    lines = line_count(data) if count is None else count
    return any(FORMATS[layer.form].has_parts(data, lines) for layer in envelope.layers)


def stretches(data: bytes, envelope: Envelope) -> list[tuple[bytes, bool]]:
    """Return whole lines in stretches, and of each whether messages in it are split; none goes on in the next one.

    It is one stretch where most of it would be, or where it cannot be told what is a part.
    """
    if [layer.form for layer in envelope.layers] != [docker.Docker.name]:
        return [(data, True)]
    found: list[tuple[bytes, bool]] = []
    at = 0
    for begin, end in (*docker.split_messages(data), (len(data), len(data))):
        found += [(data[at:begin], False), (data[begin:end], True)]
        at = end
    found = [(lines, split) for lines, split in found if lines]
    if len(found) > _MAX_STRETCHES or any(has_parts(lines, envelope) for lines, split in found if not split):
        return [(data, True)]
    return found


def escapes(envelope: Envelope) -> frozenset[int]:
    """Return the bytes of a line that may stand in its record in another way than they were logged."""
    return frozenset().union(*(FORMATS[layer.form].escapes for layer in envelope.layers))


def behind(envelope: Envelope) -> bytes | None:
    """Return what stands right behind every message in its record; None where that cannot be told."""
    outer = FORMATS[envelope.layers[0].form] if envelope.layers else None
    return outer.behind if outer else b""


def shows(envelope: Envelope) -> bytes:
    """Return what stands in every record whose message is written as text; empty where each message is."""
    return b"".join(FORMATS[layer.form].shows for layer in envelope.layers[:1])


def taken_out(text: bytes, envelope: Envelope) -> Payloads | None:
    """Take whole lines out of their envelope at the speed of C; None where that would not be exact.

    The result has a line for each line of ``text``, with the payload and the time that ``unwrap`` gives it. None is
    returned where some line does not stand in the envelope, or is a part of a message.
    """
    taken = Payloads(text, ())
    for layer in envelope.layers:
        inner = FORMATS[layer.form].taken_out(taken.text, layer.origins)
        if inner is None or taken.aside:
            return None
        times = (
            [own or outer for own, outer in zip(inner.times, taken.times, strict=True)] if taken.times else inner.times
        )
        taken = inner._replace(times=times)
    plain = uncoloured(taken.text)
    return taken if plain is taken.text else taken._replace(text=plain, lines=None)


def frame(text: bytes, envelope: Envelope) -> Frame | None:
    """Return what stands around most of some whole lines; None where that is unknown, or more than one envelope."""
    if len(envelope.layers) != 1:
        return None
    layer = envelope.layers[0]
    return FORMATS[layer.form].frame(text, layer.origins)
