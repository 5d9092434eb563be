"""Find the envelope of lines before any grammar knows how they begin, so that one is learnt from what mesibo logged.

An envelope is only accepted if nearly all lines with the marker are in it, and if what it calls a host, a service or a
time cannot be the dialect's own: ``INFO push[3]:`` is no host and program, and ``410 | fcm`` is no service.
"""

from collections.abc import Iterable, Sequence

from logwatch import envelope as envelopes
from logwatch.envelope import Format, Record
from logwatch.model import Envelope, EnvelopeChoice, EnvelopeKind, Layer
from logwatch.propose import stamps
from logwatch.propose.head import LEVELS

_LOOKED_AT = 200  # lines with the marker
_NEARLY_ALL = 0.9  # of them
_MOST_NAMES = 8  # of services, programs or hosts in one log
_MOST_LAYERS = 2
_TELLING: tuple[EnvelopeKind, ...] = ("docker", "cri", "journal-json", "journal-verbose", "journal-export")
"""Kinds that are never written by chance."""


def around(data: bytes, marker: bytes, kind: EnvelopeChoice = "auto") -> Envelope:
    """Return the envelope of whole lines, outermost layer first; plain if there is none, or none for certain."""
    forms = tuple(envelopes.FORMATS.values()) if kind == "auto" else envelopes.of_kind(kind)
    layers: tuple[Layer, ...] = ()
    while len(layers) < _MOST_LAYERS:
        layer = next((Layer(form.name) for form in forms if _all_in(form, data, layers, marker, kind)), None)
        if layer is None:
            break
        layers = (*layers, layer)
        forms = tuple(form for form in envelopes.FORMATS.values() if not form.splits)
    return Envelope(layers)


def unwrapped(chunks: Iterable[bytes], wrapped: Envelope, max_line_bytes: int) -> Iterable[envelopes.Line]:
    """Yield the lines of a log that is in an envelope, the parts of split messages joined."""
    held, inside = b"", ""
    for chunk in chunks:
        held += chunk
        piece = envelopes.cut(held, wrapped, max_line_bytes, inside)
        held, inside = held[piece.consumed :], piece.inside
        yield from envelopes.unwrap(piece.data, wrapped)
    yield from envelopes.unwrap(envelopes.cut(held, wrapped, 0, inside, final=True).data, wrapped)


def _payloads(data: bytes, wrapped: Envelope) -> list[bytes]:
    return [line.payload for line in envelopes.unwrap(data, wrapped) if not line.refused]


def _all_in(form: Format, data: bytes, layers: tuple[Layer, ...], marker: bytes, kind: EnvelopeChoice) -> bool:
    """Return whether nearly all lines with the marker are in this envelope, inside of ``layers``."""
    piece = envelopes.cut(data, Envelope(layers or (Layer(form.name),)), len(data), final=True)
    payloads = _payloads(piece.data, Envelope(layers)) if layers else envelopes.clean(piece.data).split(b"\n")
    lines = [line for line in payloads if marker in line][:_LOOKED_AT]
    fitting = [(line, record) for line in lines if (record := form.record(line)) and marker in record.payload]
    if not fitting or len(fitting) < _NEARLY_ALL * len(lines):
        return False
    return form.kind in _TELLING or form.kind == kind or _certain(form.kind, fitting, marker)


def _certain(kind: EnvelopeKind, fitting: Sequence[tuple[bytes, Record]], marker: bytes) -> bool:
    """Return whether the fronts cannot be the dialect's own."""
    if kind == "docker-timestamps":
        return all(_nanoseconds(record.time) or _stamped(record.payload, marker) for _, record in fitting)
    names = {record.origin for _, record in fitting}
    if kind != "compose":  # the word before the program is the host
        names |= {_host(line[: len(line) - len(record.payload)]) for line, record in fitting}
    own = any(name.lower() in LEVELS or name.isdigit() or not name for name in names)
    return not own and len(names) <= _MOST_NAMES


def _host(front: bytes) -> str:
    return (front.split()[-2:-1] or [b""])[0].decode("latin-1")


def _nanoseconds(time: str) -> bool:
    """Return whether a time has nine digits after the point, as Docker always writes it."""
    return len(time.partition(".")[2].rstrip("Z").partition("+")[0].partition("-")[0]) == 9  # noqa: PLR2004


def _stamped(payload: bytes, marker: bytes) -> bool:
    """Return whether a line has a time of its own before the marker."""
    return stamps.find(payload.partition(marker)[0].decode("latin-1")) is not None
