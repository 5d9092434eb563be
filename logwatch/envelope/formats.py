"""The known formats, in the order in which they are tried on a line, and what the configuration calls them."""

from collections.abc import Mapping

import msgspec

from logwatch.envelope.docker import Docker
from logwatch.envelope.fronts import FRONTS
from logwatch.envelope.journal_export import JournalExport
from logwatch.envelope.journal_json import JournalJson
from logwatch.envelope.journal_lines import JournalPretty, JournalVerbose
from logwatch.envelope.record import Format
from logwatch.model import Envelope, EnvelopeKind, Layer

_ALL: tuple[Format, ...] = (Docker(), *FRONTS, JournalJson(), JournalPretty(), JournalVerbose(), JournalExport())
FORMATS: Mapping[str, Format] = {form.name: form for form in _ALL}


def of_kind(kind: EnvelopeKind) -> tuple[Format, ...]:
    """Return the formats of a kind of the configuration; none for plain."""
    return tuple(form for form in _ALL if form.kind == kind)


def label(envelope: Envelope) -> str:
    """Name an envelope as the configuration does: ``plain``, ``docker``, ``journal-short+compose``."""
    return "+".join(FORMATS[layer.form].kind for layer in envelope.layers) or "plain"


def encoded(envelope: Envelope) -> str:
    """Encode an envelope as text, to be committed with a position."""
    return msgspec.json.encode(envelope.layers).decode()


def decoded(text: str) -> Envelope | None:
    """Decode what ``encoded`` wrote; None if nothing was decided, or if a format is no longer known."""
    try:
        envelope = Envelope(msgspec.json.decode(text, type=tuple[Layer, ...]))
    except msgspec.DecodeError:
        return None
    return envelope if all(layer.form in FORMATS for layer in envelope.layers) else None
