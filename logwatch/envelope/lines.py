"""Cut whole logical lines off the bytes of a file whose envelope is decided, and take them out of it.

No line is lost and none is invented: the parts of a message are joined per stream, within bounds; a line that is not in
the envelope, or is in it under a name that is not mesibo's, is handed on as refused, and counted as such.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from logwatch.envelope import docker
from logwatch.envelope.formats import FORMATS
from logwatch.envelope.journal_json import Multiline
from logwatch.envelope.prefixed import of
from logwatch.envelope.record import Format, Frame, Line, Payloads, Record
from logwatch.envelope.text import clean, torn, uncoloured
from logwatch.model import Cause, Envelope, Layer

_MOST_STREAMS = 32  # in the middle of an over-long message; of more only the last are kept
_LONGEST_NAME = 64  # characters; a longer one, which mesibo's lines cannot have, is kept as a digest


class Piece(NamedTuple):
    """What was cut off a buffer: the number of bytes, and the lines in them that are to be parsed."""

    consumed: int
    data: bytes  # records of whole messages; of an over-long one its head, and nothing of its rest
    inside: str  # streams in the middle of such a message where this piece ends; empty if there are none
    ends: Sequence[int] = ()
    """For each line the first offset behind it that leaves no message open; empty if these are where the lines end in
    ``data``."""


def cut(buffer: bytes, envelope: Envelope, max_line_bytes: int, inside: str = "", *, final: bool = False) -> Piece:
    """Cut off the leading whole logical lines, which can be understood without what follows them.

    With ``final`` nothing follows the buffer for now, so an entry that only the next one would end is complete.

    A split message longer than ``max_line_bytes`` is not waited for: its head is handed on as a line, and the records
    of its rest are dropped, in this piece and, by means of ``inside``, in the next ones. Otherwise such a record would
    be taken for a line of its own, and a user's text could forge a result. With 0 no message is waited for.
    """
    form = FORMATS[envelope.layers[0].form] if envelope.layers else None
    ends: Sequence[int] = ()
    if isinstance(form, Multiline):
        end, entries, _ = form.rewritten(buffer, final=final)
        data, ends = b"\n".join([*(line for _, line in entries), b""]), [stop for stop, _ in entries]
    else:
        end = buffer.rfind(b"\n") + 1
        data = buffer[:end]
    if form is None or not data or not (inside or form.has_parts(data)):
        return Piece(end, data, inside, ends)
    return _with_whole_messages(data, ends, form, max_line_bytes, inside)


def _with_whole_messages(data: bytes, ends: Sequence[int], form: Format, max_line_bytes: int, inside: str) -> Piece:
    """Join the parts of each message into one record, and cut behind the last line where no message is incomplete."""
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
            begin, at = at, may_be_parts.find(1, at)  # whole lines between messages are not looked at
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
    """The messages that records are parts of, by stream."""

    def __init__(self, form: Format, max_line_bytes: int, dropped: tuple[str, ...]) -> None:
        self.waited: dict[str, tuple[bytes, list[bytes]]] = {}
        """The record of the first part, and the payloads of all parts so far, of each message that is waited for."""
        self.dropped = dropped
        """Streams in the middle of an over-long message."""
        self._form = form
        self._max_line_bytes = max_line_bytes
        self._sizes: dict[str, int] = {}  # bytes of these payloads

    def ended_by(self, line: bytes) -> list[bytes]:
        """Return the line, or the record of the message that it completes, without what was torn off in front of it."""
        front, record = _record(self._form, line)
        part = line[len(front) :]
        message = self._with_part(record, part) if record else part
        return [*([front] if front else ()), *([message] if message is not None else ())]

    def _with_part(self, record: Record, line: bytes) -> bytes | None:
        """Return the record of the message that a part completes or makes too long; None if it does neither."""
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
        # An over-long one is cut where it is looked at; one whose rest is lost must not end in half a number
        return self._form.whole(first, torn(payload) if record.more and not self._max_line_bytes else payload)


@lru_cache(maxsize=_MOST_STREAMS)
def _name(stream: str) -> str:
    """Return a name for a stream that a position can keep in a list separated by blanks."""
    if len(stream) <= _LONGEST_NAME and stream.isprintable() and " " not in stream:
        return stream
    return hashlib.blake2b(stream.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _record(form: Format, line: bytes) -> tuple[bytes, Record | None]:
    """Return the record of a line (None if it is none) and, in Docker's files, what was torn off in front of it."""
    record = form.record(line)
    if record is None and form.kind == "docker" and (behind := docker.behind_tear(line)):
        record = form.record(behind)
        return (line[: -len(behind)], record) if record else (b"", None)
    return b"", record


def begins(line: bytes, envelope: Envelope, owns: Callable[[bytes], bool]) -> bool:
    """Return whether a line, without its newline, begins like those in an envelope, and is not the rest of one."""
    form = FORMATS[envelope.layers[0].form] if envelope.layers else None
    if form is None:
        return owns(uncoloured(line))
    return form.begins(line) if isinstance(form, Multiline) else form.record(line) is not None


def is_dated(line: bytes, envelope: Envelope, dates: Callable[[bytes], bool]) -> bool:
    """Return whether a line, without its newline, begins with a time finer than a second: its envelope's or its own.

    A second has many lines, and a rotation may fall between them. ``dates`` answers for mesibo's own time.
    """
    form = FORMATS[envelope.layers[0].form] if envelope.layers else None
    if form is None or isinstance(form, Multiline):
        return form.dated in line if form else dates(uncoloured(line))
    record = form.record(line)
    if record is None:
        return False
    return "." in record.time or record.time.isdecimal() or dates(uncoloured(record.payload))


def unwrap(data: bytes, envelope: Envelope) -> list[Line]:
    """Return the lines of whole records, in order.

    Only the first line of a message is a line: what follows a newline inside it has no prefix of its own.
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
    """Return the bytes of a line that its record may not contain as they were logged."""
    return frozenset().union(*(FORMATS[layer.form].escapes for layer in envelope.layers))


def behind(envelope: Envelope) -> bytes | None:
    """Return what directly follows every message in its record; None if only ``opening`` marks its place."""
    outer = FORMATS[envelope.layers[0].form] if envelope.layers else None
    return outer.behind if outer else b""


def opening(envelope: Envelope) -> bytes:
    """Return what directly precedes a message that is text, as ``Format.opening``; empty if nothing does."""
    return b"".join(FORMATS[layer.form].opening for layer in envelope.layers[:1])


def taken_out(text: bytes, envelope: Envelope) -> Payloads | None:
    """Take whole lines out of their envelope at the speed of C; None where that would not be exact.

    The result has a line for each line of ``text``, with the payload and the time that ``unwrap`` gives it. It is None
    if some line is not in the envelope, or is a part of a message.
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
    """Return the indices of the lines that seem to be in their envelope under a name that counts; perhaps none."""
    layer = envelope.layers[0] if envelope.layers else None
    return FORMATS[layer.form].own(lines, layer.origins) if layer else []


def frame(text: bytes, envelope: Envelope) -> Frame | None:
    """Return what surrounds most of some whole lines; None if that is unknown, or more than one envelope."""
    if len(envelope.layers) != 1:
        return None
    layer = envelope.layers[0]
    return FORMATS[layer.form].frame(text, layer.origins)
