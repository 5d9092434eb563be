"""Takes bytes of a file with a decided envelope, gives whole logical lines: cut off a buffer, then unwrapped.

No line is lost and none invented: parts of a message are joined in their stream, within bounds; what does not stand in
the envelope, or stands in it under another name than mesibo's, is handed on as refused, and so counted as such.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from logwatch.envelope import docker
from logwatch.envelope.formats import FORMATS
from logwatch.envelope.journal_json import SeveralLines
from logwatch.envelope.prefixed import of
from logwatch.envelope.record import Format, Frame, Line, Payloads, Record
from logwatch.envelope.text import clean, torn, uncoloured
from logwatch.model import Cause, Envelope, Layer

_MOST_STREAMS = 32  # in the middle of a message that is too long; of more, those in which one began last
_LONGEST_NAME = 64  # characters; a longer one, which only another writer than mesibo's can have, is kept as a digest


class Piece(NamedTuple):
    """What comes off the front of a buffer: bytes that are done with, and the lines in them to be looked at."""

    consumed: int
    data: bytes  # records of whole messages; of one over the bound its head, and nothing of its rest
    inside: str  # streams in the middle of such a message where this piece ends; empty when there is none
    ends: Sequence[int] = ()
    """Where it may be cut behind each line, at the first place that leaves no message open; empty where that is the end
    of the line in ``data``."""


def cut(buffer: bytes, envelope: Envelope, max_line_bytes: int, inside: str = "", *, final: bool = False) -> Piece:
    """Cut off the leading whole logical lines: nothing behind them is needed to understand them.

    With ``final`` nothing follows the buffer for now, and an entry that only the next one would end is whole.

    A split message longer than ``max_line_bytes`` is not waited for: its head is handed on as a line, and the records
    of its rest are dropped, in this piece and, told by ``inside``, in the next ones. Otherwise a record of the rest
    would be taken for a line of its own, and a user's text could forge a result. With 0 none is waited for.
    """
    form = FORMATS[envelope.layers[0].form] if envelope.layers else None
    ends: Sequence[int] = ()
    if isinstance(form, SeveralLines):
        end, entries, _ = form.rewritten(buffer, final=final)
        data, ends = b"\n".join([*(line for _, line in entries), b""]), [stop for stop, _ in entries]
    else:
        end = buffer.rfind(b"\n") + 1
        data = buffer[:end]
    if form is None or not data or not (inside or form.has_parts(data)):
        return Piece(end, data, inside, ends)
    return _with_whole_messages(data, ends, form, max_line_bytes, inside)


def _with_whole_messages(data: bytes, ends: Sequence[int], form: Format, max_line_bytes: int, inside: str) -> Piece:
    """Make one record of the parts of each message, and cut at the last line behind which none is waited for."""
    physical = data[:-1].split(b"\n")
    ends = ends or list(accumulate(len(line) + 1 for line in physical))
    may_be_parts = form.may_be_parts(data, physical)
    dropped = before = tuple(inside.split())
    messages = _Messages(form, max_line_bytes, before)
    lines: list[bytes] = []
    stops: list[int] = []
    at = consumed = count = 0
    while at < len(physical):
        if not (messages.waited or messages.dropped or may_be_parts[at]):
            begin, at = at, may_be_parts.find(1, at)  # whole lines, where no message is open, are not looked at
            at = len(physical) if at < 0 else at
            lines += physical[begin:at]
            stops += ends[begin:at] if not before else ()
        else:
            lines += messages.ended_by(physical[at])
            at += 1
        if not messages.waited:
            consumed, count, dropped = ends[at - 1], len(lines), messages.dropped
            if dropped == before:
                stops += [consumed] * (count - len(stops))
    stops += [consumed] * (count - len(stops))
    data = b"\n".join([*lines[:count], b""]) if count else b""
    return Piece(consumed, data, " ".join(dropped), stops)


class _Messages:
    """The messages that records are parts of, by their streams."""

    def __init__(self, form: Format, max_line_bytes: int, dropped: tuple[str, ...]) -> None:
        self.waited: dict[str, tuple[bytes, list[bytes]]] = {}
        """Of each that is waited for, the record of the first part, and what all parts so far hold."""
        self.dropped = dropped
        """Streams in the middle of a message that is too long."""
        self._form = form
        self._max_line_bytes = max_line_bytes
        self._sizes: dict[str, int] = {}  # of what is waited for

    def ended_by(self, line: bytes) -> list[bytes]:
        """Return the line, or the record of the message that it ends; what was torn off in front of it is a line."""
        front, record = _record(self._form, line)
        part = line[len(front) :]
        message = self._with_part(record, part) if record else part
        return [*([front] if front else ()), *([message] if message is not None else ())]

    def _with_part(self, record: Record, line: bytes) -> bytes | None:
        """Return the record of the message that a part ends or makes too long; None where it does neither."""
        stream = _name(record.stream)
        if stream in self.dropped:
            if not record.more:
                self.dropped = tuple(other for other in self.dropped if other != stream)
            return None
        if not record.more and stream not in self.waited:
            return line
        first, payloads = self.waited.setdefault(stream, (line, []))
        payloads.append(record.payload)
        size = self._sizes[stream] = self._sizes.get(stream, 0) + len(record.payload)
        if record.more:
            if self._max_line_bytes and size <= self._max_line_bytes:
                return None
            self.dropped = (*self.dropped, stream)[-_MOST_STREAMS:]
        del self._sizes[stream], self.waited[stream]
        payload = b"".join(payloads)
        # One that is too long is cut where it is looked at; of one whose rest is lost no half of a number is left
        return self._form.whole(first, torn(payload) if record.more and not self._max_line_bytes else payload)


@lru_cache(maxsize=_MOST_STREAMS)
def _name(stream: str) -> str:
    """Return a name of a stream that a position can keep, among others with blanks between them."""
    if len(stream) <= _LONGEST_NAME and stream.isprintable() and " " not in stream:
        return stream
    return hashlib.blake2b(stream.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _record(form: Format, line: bytes) -> tuple[bytes, Record | None]:
    """Take a line apart; in Docker's files also return what was torn off in front of the record."""
    record = form.record(line)
    if record is None and form.kind == "docker" and (behind := docker.behind_tear(line)):
        record = form.record(behind)
        return (line[: -len(behind)], record) if record else (b"", None)
    return b"", record


def begins(line: bytes, envelope: Envelope, owns: Callable[[bytes], bool]) -> bool:
    """Return whether a line, without its newline, begins as those in an envelope do, and is no rest of one."""
    form = FORMATS[envelope.layers[0].form] if envelope.layers else None
    if form is None:
        return owns(uncoloured(line))
    return isinstance(form, SeveralLines) or form.record(line) is not None


def is_dated(line: bytes, envelope: Envelope, owns: Callable[[bytes], bool]) -> bool:
    """Return whether a line, without its newline, begins with a time: what stands around it, or its own.

    One in whole seconds is none: a second has many lines, of which a rotation may part some from others.
    """
    form = FORMATS[envelope.layers[0].form] if envelope.layers else None
    if form is None or isinstance(form, SeveralLines):
        return form.dated in line if form else owns(uncoloured(line))
    record = form.record(line)
    if record is None:
        return False
    return "." in record.time or record.time.isdecimal() or owns(uncoloured(record.payload))


def unwrap(data: bytes, envelope: Envelope) -> list[Line]:
    """Return the lines of whole records, in their order.

    Of what one record holds only the first line is a line: what follows a newline inside it has no prefix of its own.
    """
    if not data:
        return []
    lines: Iterable[Line] = [Line(physical, "") for physical in clean(data).removesuffix(b"\n").split(b"\n")]
    for layer in envelope.layers:
        lines = _out_of(layer, lines)
    return [
        Line(uncoloured(line.payload), line.time, line.refused)
        if b"\x1b" in line.payload or b"\r" in line.payload
        else line
        for line in lines
    ]


def _out_of(layer: Layer, wrapped: Iterable[Line]) -> Iterator[Line]:
    """Take lines out of one envelope."""
    form = FORMATS[layer.form]
    for line in wrapped:
        if line.refused:
            yield line
            continue
        front, record = _record(form, line.payload)
        if front or record is None:
            yield Line(front or line.payload, "", "unenveloped")
        if record is not None:
            refused: Cause | None = None if of(record.origin, layer.origins) else "misplaced"
            yield Line(record.payload.partition(b"\n")[0], record.time or line.time, refused)


def escapes(envelope: Envelope) -> frozenset[int]:
    """Return the bytes of a line that may stand in its record in another way than they were logged."""
    return frozenset().union(*(FORMATS[layer.form].escapes for layer in envelope.layers))


def behind(envelope: Envelope) -> bytes | None:
    """Return what stands right behind every message in its record; None where ``opening`` tells its place."""
    outer = FORMATS[envelope.layers[0].form] if envelope.layers else None
    return outer.behind if outer else b""


def opening(envelope: Envelope) -> bytes:
    """Return what stands right in front of a message that is text, as ``Format.opening``; empty where none does."""
    return b"".join(FORMATS[layer.form].opening for layer in envelope.layers[:1])


def taken_out(text: bytes, envelope: Envelope) -> Payloads | None:
    """Take whole lines out of their envelope at the speed of C; None where that would not be exact.

    The result has a line for each line of ``text``, with the payload and the time that ``unwrap`` gives it. None is
    returned where some line does not stand in the envelope, or is a part of a message.
    """
    taken = Payloads(text, ())
    for layer in envelope.layers:
        inner = FORMATS[layer.form].taken_out(taken.text, layer.origins)
        if inner is None:
            return None
        times = (
            [own or outer for own, outer in zip(inner.times, taken.times, strict=True)] if taken.times else inner.times
        )
        taken = inner._replace(times=times)
    plain = uncoloured(taken.text)
    return taken if plain is taken.text else taken._replace(text=plain)


def own(lines: Sequence[bytes], envelope: Envelope) -> list[int]:
    """Return the indices of lines that seem to stand in their envelope under a name that counts; perhaps none."""
    layer = envelope.layers[0] if envelope.layers else None
    return FORMATS[layer.form].own(lines, layer.origins) if layer else []


def frame(text: bytes, envelope: Envelope) -> Frame | None:
    """Return what stands around most of some whole lines; None where that is unknown, or more than one envelope."""
    if len(envelope.layers) != 1:
        return None
    layer = envelope.layers[0]
    return FORMATS[layer.form].frame(text, layer.origins)
