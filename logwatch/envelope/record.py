"""What a format makes of one whole line, and what every format can be asked."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

import msgspec

from logwatch.envelope.text import ESCAPED_COLOURS, ESCAPED_RETURNS
from logwatch.model import Cause, EnvelopeKind

JSON_ESCAPES = frozenset(range(256)) - frozenset(range(0x20, 0x7F)) | frozenset(b"\"\\/<>&'")
"""Bytes that one encoder of JSON or another writes as an escape; all others stand in a text as they are."""
UNESCAPED = r"[ !#-\[\]-\xff]*+"
"""Matches text within JSON's quotes in which nothing is escaped."""
NO_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises where bytes are no JSON, or nest deeper than it goes: any line of a log may."""


class Record(NamedTuple):
    """One whole line of a file, out of its envelope; ``payload`` has no newline of its own at its end."""

    payload: bytes
    time: str  # as it is written; empty where the envelope tells none
    origin: str = ""  # syslog tag, journal unit, compose service: under which name the line stands
    stream: str = ""  # parts of one message stand in the same stream
    more: bool = False  # the message goes on in the next record of this stream


class Line(NamedTuple):
    """One logical line without its newline, and when it was received, as its envelope writes it; empty if unknown."""

    payload: bytes
    time: str
    refused: Cause | None = None  # why nothing in it may count, whatever it says


Received = str | bytes | datetime | None
"""When a line was received, as its envelope tells it; nothing where that is unknown."""


class Payloads(NamedTuple):
    """What whole lines hold, taken out of their envelope together: a line of ``text`` for each of them."""

    text: bytes
    times: Sequence[Received]


class Frame(NamedTuple):
    """What stands around each line of a text, as sources of PCRE2's regexes; in between is one whole message.

    No group of them captures but named ones, of which a condition asks; a name may come again.

    Where a record matches with the message of one line in between, ``record`` takes that very line out of it. A message
    that is ``quoted`` is JSON text without any escape but of quotes.
    """

    before: str
    behind: str = ""
    quoted: bool = False

    def fits(self, text: bytes) -> bool:
        """Return whether lines of this text may be read in the frame: JSON is UTF-8, around others stands nothing."""
        if not self.quoted:
            # Their first bytes are rare, and found at the speed of memory.
            around = (b"\x1b", b"\r", *ESCAPED_COLOURS, *[end + b"\n" for end in ESCAPED_RETURNS])
            return not any(each[:1] in text and each in text for each in around)
        try:
            return text.isascii() or bool(text.decode())
        except UnicodeDecodeError:
            return False


class Format(Protocol):
    """One way to wrap a line."""

    @property
    def name(self) -> str:
        """What the decision is committed under."""

    @property
    def kind(self) -> EnvelopeKind:
        """What the configuration and the metrics call it."""

    @property
    def splits(self) -> bool:
        """Whether long messages are split over several records."""

    @property
    def escapes(self) -> frozenset[int]:
        """The bytes of a message that may stand in a line in another way than they were logged."""

    @property
    def opening(self) -> bytes:
        """What stands right in front of a message that is text; empty where all are, and ``behind`` tells the place."""

    @property
    def behind(self) -> bytes | None:
        """What stands right behind the message in every whole record; None where ``opening`` has to tell its place."""

    def record(self, line: bytes) -> Record | None:
        """Take a whole line out of its envelope, checked in full; None if it does not stand in it."""

    def has_parts(self, data: bytes) -> bool:
        """Return whether some of these whole lines may be a part of a message; each has a newline at its end."""

    def may_be_parts(self, data: bytes, lines: Sequence[bytes]) -> bytearray:
        """Return of each whole line of ``data``, here without its newline, whether it may be a part of a message."""

    def whole(self, part: bytes, payload: bytes) -> bytes:
        """Return the record of the first part of a message as that of the whole message, which is ``payload``."""

    def taken_out(self, text: bytes, origins: Sequence[str]) -> Payloads | None:
        """Take whole lines, none of which is a part of a message, out of their envelope at the speed of C.

        ``origins`` are the names under which lines may count. Return None where ``record`` would say something else, or
        one stands under another name.
        """

    def own(self, lines: Sequence[bytes], origins: Sequence[str]) -> list[int]:
        """Return the indices of lines that seem to be records of these origins; none where that cannot be told.

        Where some lines are something else, ``taken_out`` is asked for these alone.
        """

    def frame(self, text: bytes, origins: Sequence[str]) -> Frame | None:
        """Return what stands around most of these whole lines, as far as the first ones tell; None if that is unknown.

        Only lines under the names of ``origins`` match, and none that is a part of a message.
        """
