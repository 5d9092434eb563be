r"""What Docker's json-file driver writes: one JSON object a record, in which every newline of a message is escaped.

    {"log":"E2511-100000-123 (17): …\n","stream":"stdout","time":"2026-11-25T10:00:00.123456789Z"}

A message over 16 KiB is split into records of which only the last one's ``log`` ends in a newline.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import repeat
from typing import Annotated, Literal

import msgspec

from logwatch.envelope.record import JSON_ESCAPES, NO_JSON, UNESCAPED, Frame, Payloads, Record
from logwatch.envelope.times import RECENT_DATE, USUAL_CLOCK
from logwatch.model import EnvelopeKind

OPENING = b'{"log":'
# Docker writes log, stream, (attrs,) time. A quote inside a message is escaped, so this stands nowhere but at its end.
STREAMS = (b'","stream":"stdout"', b'","stream":"stderr"')
RECORD_END = re.compile(rb'(\\*)(n?)","stream":"(std(?:out|err))"')
_STREAM = b'","stream":"std'
_WHOLE_END = b'\\n","stream":"std'  # the longer it is, the faster it is found

_TEXT = f'"{UNESCAPED}"'
_ATTRIBUTES = rf'(?:,"attrs":\{{{_TEXT}:{_TEXT}(?:,{_TEXT}:{_TEXT})*\}}|)'
_FRACTION = r"(?:\.[0-9]{1,9}|)"  # without the noughts at its end
_DAY = re.compile(rf'"time":"({RECENT_DATE})T'.encode())


class _Record(msgspec.Struct, gc=False):
    log: str
    stream: Literal["stdout", "stderr"]
    time: Annotated[datetime, msgspec.Meta(tz=True)]  # read at no cost, and so checked in full


class _Time(msgspec.Struct):
    time: str


_decode = msgspec.json.Decoder(_Record).decode
_decode_time = msgspec.json.Decoder(_Time).decode


class Docker:
    """Records of json-file."""

    name = "docker"
    kind: EnvelopeKind = "docker"
    parts = STREAMS  # every record has one: whether it is a part is told by what stands before it
    escapes = JSON_ESCAPES
    shows = b""
    behind = _WHOLE_END

    def record(self, line: bytes) -> Record | None:
        """Take a whole line out of its envelope, checked in full; None if it does not stand in it."""
        if not line.startswith(b"{"):
            return None
        try:
            record = _decode(line)
        except NO_JSON:
            return None
        log = record.log.encode()
        return Record(log.removesuffix(b"\n"), _decode_time(line).time, "", record.stream, not log.endswith(b"\n"))

    def completed(self, line: bytes) -> bytes:
        """Return a record of a part as the record of a whole message."""
        end = RECORD_END.search(line)
        return line if end is None else line[: end.end(2)] + b"\\n" + line[end.end(2) :]

    def has_parts(self, data: bytes, count: int) -> bool:
        """Return whether some record does not end in an escaped newline."""
        return data.count(_WHOLE_END) != count or b"\\" + _WHOLE_END in data

    def taken_out(self, text: bytes, origins: Sequence[str]) -> Payloads | None:  # noqa: ARG002  none is told here
        """Take whole records out; None unless each is one, and its message one line."""
        lines = text[:-1].split(b"\n")
        try:
            records = list(map(_decode, lines))
        except NO_JSON:
            return None
        if min(lines) < b"{":  # a blank in front of some
            return None
        logs = [record.log for record in records]
        payloads = "".join(logs).encode()
        lines = payloads[:-1].split(b"\n")
        if len(lines) != len(logs) or not all(map(str.endswith, logs, repeat("\n"))):
            return None
        return Payloads(payloads, [record.time for record in records], lines)

    def frame(self, text: bytes, origins: Sequence[str]) -> Frame | None:  # noqa: ARG002  as above
        """Return what Docker writes around a message, at its fastest on the day of the first record."""
        day = _DAY.search(text)
        usual = rf',"time":"{re.escape(day[1].decode())}T{USUAL_CLOCK}\.[0-9]{{9}}Z"\}}|' if day else ""
        others = rf'{_ATTRIBUTES},"time":"{RECENT_DATE}T{USUAL_CLOCK}{_FRACTION}Z"\}}'
        return Frame(r'\{"log":"', rf'\\n","stream":"std(?:out|err)"(?:{usual}{others})', quoted=True)


def split_messages(data: bytes) -> list[tuple[int, int]]:
    """Return from where to where whole records hold messages that are split over several, others of theirs in between.

    Each is read by its records alone: no message goes on behind its end.
    """
    found: list[tuple[int, int]] = []
    ends: dict[bytes, int] = {}  # stream -> where its last message ends, of which each part would tell the same
    at = -len(_STREAM)
    for text in data.split(_STREAM)[:-1]:
        at += len(_STREAM) + len(text)
        stream = data[at : at + len(STREAMS[0])]  # stdout and stderr are equally long
        if at < ends.get(stream, 0) or ends_whole(text, len(text)):
            continue
        begin, end = data.rfind(b"\n", 0, at) + 1, _end_of_message(data, at, stream)
        ends[stream] = end
        if found and begin < found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((begin, end))
    return found


def _end_of_message(data: bytes, part: int, stream: bytes) -> int:
    """Return where the record ends that is the last one of the message of which a part's text ends there."""
    form, end = Docker(), part + 1
    while (at := data.find(stream, end)) >= 0:
        begin, end = data.rfind(b"\n", 0, at) + 1, data.find(b"\n", at) + 1
        record = form.record(data[begin : end - 1])
        if record and not record.more:
            return end
    return len(data)


def behind_tear(line: bytes) -> bytes:
    """Return the record that begins behind a torn one on the same line, as a full disk or a power loss leaves it.

    A quote inside a message is escaped, so what opens a record stands nowhere else in a file of records.
    """
    at = line.rfind(OPENING + b'"')
    return line[at:] if at > 0 else b""


def ends_whole(buffer: bytes, at: int) -> bool:
    """Return whether the message that ends at ``at`` ends in an escaped newline, and not in a backslash and an n."""
    if buffer[at - 1 : at] != b"n":
        return False
    run = at - 1
    while run and buffer[run - 1 : run] == b"\\":
        run -= 1
    return (at - 1 - run) % 2 == 1
