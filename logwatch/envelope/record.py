"""What a format makes of one whole line, and what every format can be asked."""

from typing import NamedTuple, Protocol

from logwatch.model import Cause, EnvelopeKind


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


class Format(Protocol):
    """One way to wrap a line."""

    @property
    def name(self) -> str:
        """What the decision is committed under."""

    @property
    def kind(self) -> EnvelopeKind:
        """What the configuration and the metrics call it."""

    @property
    def parts(self) -> tuple[bytes, ...]:
        """What some line contains wherever a message is split over several; empty for formats that never do."""

    def record(self, line: bytes) -> Record | None:
        """Take a whole line out of its envelope, checked in full; None if it does not stand in it."""

    def completed(self, line: bytes) -> bytes:
        """Return a record of a part as the record of a whole message."""
