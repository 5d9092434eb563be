"""What a format makes of one whole line, and the interface of formats."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

import msgspec

from logwatch.envelope.text import ESCAPED_COLOURS, ESCAPED_RETURNS
from logwatch.model import Cause, EnvelopeKind

JSON_ESCAPES = frozenset(range(256)) - frozenset(range(0x20, 0x7F)) | frozenset(b"\"\\/<>&'")
"""Bytes that some encoder of JSON writes as an escape; a string contains all others as they are."""
UNESCAPED = r"[ !#-\[\]-\xff]*+"
"""Matches the inside of a JSON string without escapes."""
NO_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes that are not JSON, or are nested too deeply, as any line of a log may be."""


class Record(NamedTuple):
    """One whole line of a file, out of its envelope; ``payload`` does not end in a newline."""

    payload: bytes
    time: str  # as written; empty if the envelope has none
    origin: str = ""  # syslog tag, journal unit, compose service: the name under which the line was logged
    stream: str = ""  # the same for all parts of a message
    more: bool = False  # the message goes on in the next record of this stream


class Line(NamedTuple):
    """One logical line without its newline, and when it was received, as its envelope has it; empty if unknown."""

    payload: bytes
    time: str
    refused: Cause | None = None  # why nothing in it may count, whatever it says


Received = str | bytes | datetime | None
"""When a line was received, as its envelope has it; empty or None if unknown."""


class Payloads(NamedTuple):
    """The payloads of whole lines, taken out of their envelope together: one line of ``text`` for each."""

    text: bytes
    times: Sequence[Received]


class Frame(NamedTuple):
    """Sources of PCRE2 regexes for what surrounds each line of a text; in between is one whole message.

    Only named groups capture in them, for conditions; a name may recur.

    Where a record matches with a message of one line in between, ``record`` takes that very line out of it. A message
    that is ``quoted`` is JSON text without any escape but that of quotes.
    """

    before: str
    behind: str = ""
    quoted: bool = False

    def fits(self, text: bytes) -> bool:
        """Return whether a text may be read in the frame: JSON must be UTF-8, others without colours and returns."""
        if not self.quoted:
            # The first bytes of these are rare, and found at the speed of memory.
            around = (b"\x1b", b"\r", *ESCAPED_COLOURS, *[end + b"\n" for end in ESCAPED_RETURNS])
            return not any(each[:1] in text and each in text for each in around)
        try:
            return text.isascii() or bool(text.decode())
        except UnicodeDecodeError:
            return False


class Format(Protocol):
    """One way to wrap a line."""

    name: str
    """The name under which the decision is committed."""
    kind: EnvelopeKind
    """The name in the configuration and the metrics."""
    named: bool = False
    """Whether its lines name what logged them: ``origin`` of their records."""
    splits: bool = False
    """Whether long messages are split over several records."""
    escapes: frozenset[int] = frozenset()
    """The bytes of a message that a line may not contain as they were logged."""
    opening: bytes = b""
    """What directly precedes a message that is text; empty if all are text, and ``behind`` marks their place."""
    behind: bytes | None = b""
    """What directly follows the message in every whole record; None if only ``opening`` marks its place."""

    def record(self, line: bytes) -> Record | None:
        """Take a whole line out of its envelope, validating it in full; None if it is not in this one."""

    def has_parts(self, data: bytes) -> bool:
        """Return whether some of these whole lines may be a part of a message; each has a newline at its end."""

    def may_be_parts(self, data: bytes, lines: Sequence[bytes]) -> bytearray:
        """Return for each whole line of ``data``, here without its newline, whether it may be a part of a message."""

    def whole(self, part: bytes, payload: bytes) -> bytes:
        """Return the record of the first part of a message with the whole message, ``payload``, in it."""

    def taken_out(self, text: bytes, origins: Sequence[str]) -> Payloads | None:
        """Take whole lines, none of which is a part of a message, out of their envelope at the speed of C.

        ``origins`` are the names under which lines may count. Return None if ``record`` would give something else for
        some line, or its name is another one.
        """

    def own(self, lines: Sequence[bytes], origins: Sequence[str]) -> list[int]:
        """Return the indices of lines that seem to be records of these origins; none if that cannot be told.

        If some lines are something else, ``taken_out`` is called for these alone.
        """

    def frame(self, text: bytes, origins: Sequence[str]) -> Frame | None:
        """Return what surrounds most of these whole lines, judging by the first ones; None if that is unknown.

        Only whole messages under the names of ``origins`` match.
        """
