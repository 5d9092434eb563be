r"""What Docker's json-file driver writes: one JSON object per record, in which every newline of a message is escaped.

    {"log":"E2511-100000-123 (17): …\n","stream":"stdout","time":"2026-11-25T10:00:00.123456789Z"}

A message over 16 KiB is split into several records; only in the last one does ``log`` end in a newline. A shorter
record without a newline ends a container's output, perhaps within a line: moby's ``copier.go`` writes none before.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import repeat
from typing import Annotated, Literal

import msgspec

from logwatch.envelope.record import JSON_ESCAPES, NO_JSON, UNESCAPED, Format, Frame, Payloads, Record
from logwatch.envelope.text import line_count, torn
from logwatch.envelope.times import RECENT_DATE, USUAL_CLOCK

OPENING = b'{"log":'
PART_BYTES = 16 * 1024
"""Length of each record of a message but the last, or more where invalid UTF-8 was replaced: moby's defaultBufSize."""
_WHOLE_END = b'\\n","stream":"std'  # the longer it is, the faster it is found

_TEXT = f'"{UNESCAPED}"'
_ATTRIBUTES = rf'(?:,"attrs":\{{{_TEXT}:{_TEXT}(?:,{_TEXT}:{_TEXT})*\}}|)'
_FRACTION = r"(?:\.[0-9]{1,9}|)"  # without trailing zeros
_DAY = re.compile(rf'"time":"({RECENT_DATE})T'.encode())


class _Record(msgspec.Struct, gc=False):
    log: str
    stream: Literal["stdout", "stderr"]
    time: Annotated[datetime, msgspec.Meta(tz=True)]  # validated in full, which costs nothing


class _Received(msgspec.Struct, gc=False):
    stream: str
    time: str


class _Whole(msgspec.Struct, gc=False):
    log: str
    stream: str
    time: str


_decode = msgspec.json.Decoder(_Record).decode
_decode_received = msgspec.json.Decoder(_Received).decode


class Docker(Format):
    """Records of json-file."""

    name = "docker"
    kind = "docker"
    splits = True
    escapes = JSON_ESCAPES
    behind = _WHOLE_END

    def record(self, line: bytes) -> Record | None:
        """Take a whole line out of its envelope, validating it in full; None if it is not in this one."""
        if not line.startswith(b"{"):
            return None
        try:
            record = _decode(line)
        except NO_JSON:
            return None
        log = record.log.encode()
        more = not log.endswith(b"\n") and len(log) >= PART_BYTES
        payload = log if more else log[:-1] if log.endswith(b"\n") else torn(log)
        return Record(payload, _decode_received(line).time, "", record.stream, more)

    def has_parts(self, data: bytes) -> bool:
        """Return whether some message may not end in an escaped newline; an escaped backslash and an n look alike."""
        return data.count(_WHOLE_END) != line_count(data) or data.rfind(b"\\" + _WHOLE_END) >= 0

    def may_be_parts(self, data: bytes, lines: Sequence[bytes]) -> bytearray:  # noqa: ARG002  each is looked at
        """Return for each line whether its message may not end in an escaped newline, as above."""
        return bytearray(line.count(_WHOLE_END) != 1 or line.rfind(b"\\" + _WHOLE_END) >= 0 for line in lines)

    def whole(self, part: bytes, payload: bytes) -> bytes:
        """Return one record with the whole message and the time of the first part."""
        first = _decode_received(part)
        return msgspec.json.encode(_Whole(payload.decode() + "\n", first.stream, first.time))

    def taken_out(self, text: bytes, origins: Sequence[str]) -> Payloads | None:  # noqa: ARG002  a record names none
        """Take whole records out; None unless every line is one, with a message of one line."""
        lines = text[:-1].split(b"\n")
        try:
            records = list(map(_decode, lines))
        except NO_JSON:
            return None
        if min(lines) < b"{":  # a blank in front of some
            return None
        logs = [record.log for record in records]
        payloads = "".join(logs).encode()
        if line_count(payloads) != len(logs) or not all(map(str.endswith, logs, repeat("\n"))):
            return None
        return Payloads(payloads, [record.time for record in records])

    def own(self, lines: Sequence[bytes], origins: Sequence[str]) -> list[int]:  # noqa: ARG002  as above
        """Return the indices of the lines that begin and end like a record; others are torn."""
        return [i for i, line in enumerate(lines) if line.startswith(OPENING) and line.endswith(b'"}')]

    def frame(self, text: bytes, origins: Sequence[str]) -> Frame | None:  # noqa: ARG002  as above
        """Return what Docker and a terminal write around a message; the day of the first record is tried first."""
        day = _DAY.search(text)
        usual = rf',"time":"{re.escape(day[1].decode())}T{USUAL_CLOCK}\.[0-9]{{9}}Z"\}}|' if day else ""
        others = rf'{_ATTRIBUTES},"time":"{RECENT_DATE}T{USUAL_CLOCK}{_FRACTION}Z"\}}'
        return Frame(r'\{"log":"', rf'(?:\\r)?+\\n","stream":"std(?:out|err)"(?:{usual}{others})', quoted=True)


def behind_tear(line: bytes) -> bytes:
    """Return the record behind a torn one on the same line, as a full disk or a power loss leaves it; empty if none.

    Quotes inside a message are escaped, so the opening of a record occurs nowhere else in a file of records.
    """
    at = line.rfind(OPENING + b'"')
    return line[at:] if at > 0 else b""
