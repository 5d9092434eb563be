"""The formats that are known, in the order in which a line is tried on them, and what the configuration calls them."""

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
    """Return the formats that the configuration means by a kind; none for plain."""
    return tuple(form for form in _ALL if form.kind == kind)


def label(envelope: Envelope) -> str:
    """Name an envelope as the configuration does: ``plain``, ``docker``, ``journal-short+compose``."""
    return "+".join(FORMATS[layer.form].kind for layer in envelope.layers) or "plain"


def encoded(envelope: Envelope) -> str:
    """Write an envelope as text, to be committed with a position."""
    return msgspec.json.encode(envelope.layers).decode()


def decoded(text: str) -> Envelope | None:
    """Read what ``encoded`` wrote; None where nothing was decided, or by a format that is no longer known."""
    try:
        envelope = Envelope(msgspec.json.decode(text, type=tuple[Layer, ...]))
    except msgspec.DecodeError:
        return None
    return envelope if all(layer.form in FORMATS for layer in envelope.layers) else None
