"""What stands around a line: nothing, Docker's record, a Kubernetes runtime's, syslog's, journalctl's, compose's.

Pure functions over bytes. ``decide`` tells the envelope of a generation by mesibo's own lines in it; ``cut`` takes
whole logical lines off a buffer; ``unwrap`` takes them out of their envelope, with the time that it wrote; ``stripped``
does the same for a whole chunk where nothing but fronts has to go. ``formats`` lists the formats, one or a family of
them a module.
"""

from datetime import datetime

from logwatch.envelope import docker as _docker
from logwatch.envelope import lines as _lines
from logwatch.envelope.decide import ENOUGH_VOTES, Owns, decide, undecided
from logwatch.envelope.docker import bare
from logwatch.envelope.formats import FORMATS, decoded, encoded, label, of_kind
from logwatch.envelope.lines import Piece, stripped
from logwatch.envelope.prefixed import CONTAINER_ID
from logwatch.envelope.record import Format, Line, Record
from logwatch.envelope.text import MARK, NoText, clean, no_text, uncoloured
from logwatch.model import PLAIN, Envelope, EnvelopeKind, Layer

__all__ = [
    "CONTAINER_ID",
    "ENOUGH_VOTES",
    "FORMATS",
    "MARK",
    "Format",
    "Line",
    "NoText",
    "Owns",
    "Piece",
    "Record",
    "bare",
    "clean",
    "cut",
    "decide",
    "decoded",
    "detect",
    "encoded",
    "label",
    "moment",
    "no_text",
    "of_kind",
    "stripped",
    "uncoloured",
    "undecided",
    "unwrap",
]

_OF_KIND = {"plain": PLAIN, "docker": Envelope((Layer("docker"),))}


def detect(head: bytes) -> EnvelopeKind:
    """Tell the envelope from a file's first bytes; the first line may be damaged, so the second is asked as well."""
    lines = [line for line in (line.strip(b"\0 \r") for line in head[:65536].split(b"\n")) if line]
    return "docker" if any(line.startswith(_docker.OPENING) for line in lines[:2]) else "plain"


def cut(buffer: bytes, envelope: Envelope | EnvelopeKind, max_line_bytes: int, inside: str = "") -> Piece:
    """Cut off the leading whole logical lines; see ``lines.cut``."""
    return _lines.cut(buffer, _known(envelope), max_line_bytes, inside)


def unwrap(data: bytes, envelope: Envelope | EnvelopeKind = "docker") -> list[Line]:
    """Return the logical lines of whole physical lines; see ``lines.unwrap``."""
    return _lines.unwrap(data, _known(envelope))


def _known(envelope: Envelope | EnvelopeKind) -> Envelope:
    return _OF_KIND[envelope] if isinstance(envelope, str) else envelope


def moment(time: str) -> float | None:
    """Turn a record's RFC 3339 time into seconds since the epoch."""
    try:
        at = datetime.fromisoformat(time)
    except ValueError:
        return None
    return at.timestamp() if at.tzinfo else None
