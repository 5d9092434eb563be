r"""The envelopes that expressions over chunks can look into, one row each; for all others lines are taken out first.

To add one, say what stands around a payload (``Framing``), by which bytes its escapes are replaced, and when a chunk is
regular: when no record has to be joined with another one. What is in the envelope but not as the row says, such as
another escape, is passed over by the expressions and taken out by ``envelope.unwrap``, record by record.
"""

import re
from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache
from typing import NamedTuple

from logwatch import envelope as envelopes
from logwatch.model import PLAIN as UNWRAPPED
from logwatch.model import Envelope as Decided
from logwatch.model import EnvelopeKind, Layer
from logwatch.parse.compile.to_regex import PLAIN, Framing

Line = tuple[bytes, str, "Envelope | None"]
"""A payload that ends in a newline, when it was received (RFC 3339; empty if unknown), and None.

In an envelope it is a regular record still, without a newline, and opened only if somebody asks: most never are."""


_MAYBE_ESCAPED = frozenset(b"<>&")  # which encoders of JSON may write in another way than they were logged


def opened(line: Line) -> tuple[bytes, str]:
    """Return payload and time of a line, out of any envelope."""
    text, time, envelope = line
    return (text, time) if envelope is None else envelope.open(text)


class Escape(NamedTuple):
    """One byte of a payload as the envelope writes it, and the byte that stands for it while expressions look at it.

    The stand-in is a byte that no regular record contains.
    """

    written: bytes
    byte: bytes
    stand_in: bytes


class Envelope:
    """How the lines of one kind of envelope are looked into."""

    shows = b""
    """What stands in a record whose message is written as it was logged, empty where each is."""

    def __init__(
        self,
        framing: Framing,
        *,
        regular: Callable[[bytes], bool] = lambda _data: True,
        escapes: tuple[Escape, ...] = (),
        utf8: bool = False,
        decided: Decided = UNWRAPPED,
        reader: EnvelopeKind = "plain",
    ) -> None:
        """``regular`` is asked of a whole chunk; with ``utf8``, payloads must be that to be looked at.

        ``decided`` is the envelope that a generation was found to be in; ``reader`` names the expressions for it.
        """
        self.framing = framing
        self.decided = decided
        self.reader = reader
        self.regular = regular
        self._escapes = escapes
        self._utf8 = utf8

    @cached_property
    def _record(self) -> re.Pattern[bytes]:
        text = f"{self.framing.before}(?P<payload>[^\\n]*){self.framing.after}"
        return re.compile(text.encode("latin-1"))

    @cached_property
    def can_hide(self) -> frozenset[int]:
        """The bytes that may be written in another way than they were logged."""
        if not self._escapes:
            return self.framing.never - {10}
        escaped = frozenset(b"".join(escape.byte for escape in self._escapes))
        return (self.framing.never - {10}) | escaped | _MAYBE_ESCAPED

    def prepare(self, text: bytes, lines: int) -> bytes | None:
        """Return so many lines with their escapes replaced; None if they cannot be looked at so."""
        if not self._escapes and not self._utf8:
            return text
        if any(escape.stand_in in text for escape in self._escapes):
            return None
        if self._utf8 and not text.isascii():
            try:
                text.decode()
            except UnicodeDecodeError:
                return None
        if text.count(b"\\") <= lines:  # of the newline
            return text
        first, *others = self._escapes
        replaced = first.stand_in.join(text.split(first.written))
        # where others are many as well; where they are few, the lines that have some are taken out one by one
        return self._replaced(text) if others and 4 * replaced.count(b"\\") > 5 * lines else replaced

    def _replaced(self, text: bytes) -> bytes:
        """Replace all escapes: the escape itself first, so that what is left of it belongs to another one."""
        for escape in sorted(self._escapes, key=lambda escape: escape.written != b"\\\\"):
            text = text.replace(escape.written, escape.stand_in)
        return text

    def payload(self, record: bytes) -> bytes:
        """Return what any record holds, without a newline."""
        return envelopes.unwrap(record, self.decided)[0].payload

    def open(self, record: bytes) -> tuple[bytes, str]:
        """Return payload and time of a record that an expression has taken: it is known to be regular."""
        found = self._record.fullmatch(record)
        assert found is not None, "a record is matched the same way twice"
        payload = found["payload"]
        if b"\\" in payload:
            payload = self._replaced(payload).translate(self.framing.as_logged)
        time = found["time"].decode(errors="replace") if "time" in self._record.groupindex else ""
        return envelopes.uncoloured(payload) + b"\n", time


def _whole_records(data: bytes) -> bool:
    """Return whether each record holds one whole message, which ends in an escaped newline."""
    return data.count(b'\\n","stream":"') == data.count(b"\n") and b'\\\\n","stream":"' not in data


_JSON_ESCAPES = (
    Escape(b'\\"', b'"', b"\1"),
    Escape(b"\\\\", b"\\", b"\4"),
    Escape(b"\\t", b"\t", b"\2"),
    Escape(b"\\r", b"\r", b"\3"),
)
_DOCKER = Framing(
    before=r'\{"log":"',
    after=r'\\n","stream":"std(?:out|err)","time":"(?P<time>[^"\\\n]*+)"\}',
    # no control character stands in JSON as it is, and no quote or backslash without an escape
    never=frozenset(range(32)) - frozenset(b"\t\r"),
    end=b"\\",
    stand_ins={escape.byte[0]: escape.stand_in[0] for escape in _JSON_ESCAPES},
)
_IN_DOCKER = Decided((Layer("docker"),))
NO_ENVELOPE = Envelope(PLAIN)
ENVELOPES: Mapping[EnvelopeKind, Envelope] = {
    "plain": NO_ENVELOPE,
    "docker": Envelope(
        _DOCKER, regular=_whole_records, escapes=_JSON_ESCAPES, utf8=True, decided=_IN_DOCKER, reader="docker"
    ),
}


class Fronts(Envelope):
    """Lines that are as they were logged behind something in front: that is stripped off a whole chunk at once."""

    def __init__(self, decided: Decided) -> None:
        """``decided`` is the envelope that a generation was found to be in."""
        super().__init__(PLAIN, decided=decided)

    def prepare(self, text: bytes, lines: int) -> bytes | None:  # noqa: ARG002  the other envelopes ask for it
        """Return so many lines as they were logged; None if some line has another front."""
        return envelopes.stripped(text, self.decided)

    def open(self, record: bytes) -> tuple[bytes, str]:
        """Return payload and time of a line that an expression has taken."""
        payload, time = envelopes.without_fronts(record, self.decided)
        return payload + b"\n", time


class Records(Envelope):
    """Records that escape what they hold, of which none has to be joined with another: each is taken out by itself.

    A record that shows its message, and the marker not in it, holds no line with the marker, as long as its writer
    escapes none of the marker's bytes.
    """

    can_hide = frozenset(range(256)) - frozenset(range(0x20, 0x7F)) | frozenset(b"\"\\/<>&'")  # to JSON's encoders

    def __init__(self, decided: Decided) -> None:
        """``decided`` is the envelope that a generation was found to be in."""
        docker = decided.layers[0].form == "docker"
        self.shows = b"" if docker else envelopes.AS_TEXT
        regular = _whole_records if docker else lambda data: not envelopes.has_parts(data, decided)
        super().__init__(PLAIN, decided=decided, regular=regular)

    def prepare(self, text: bytes, lines: int) -> bytes | None:  # noqa: ARG002  the other envelopes ask for it
        """Return None: no expression looks into them."""
        return None


@lru_cache(maxsize=64)
def look_into(decided: Decided) -> Envelope:
    """Return how lines in an envelope are looked at."""
    if decided == UNWRAPPED:
        return NO_ENVELOPE
    if decided == _IN_DOCKER:
        return ENVELOPES["docker"]
    return Fronts(decided) if envelopes.is_literal(decided) else Records(decided)
