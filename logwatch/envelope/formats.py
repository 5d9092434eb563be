"""The formats that are known, in the order in which a line is tried on them, and what the configuration calls them."""

from collections.abc import Mapping

import msgspec

from logwatch.envelope import cri, docker_logs, journal_text, syslog
from logwatch.envelope.docker import Docker
from logwatch.envelope.journal_export import JournalExport
from logwatch.envelope.journal_json import JournalJson
from logwatch.envelope.journal_lines import JournalPretty, JournalVerbose
from logwatch.envelope.record import Format
from logwatch.model import Envelope, EnvelopeKind, Layer

# A line that two formats could have written is the first one's: RFC 3164's is also journalctl's short one
_ALL: tuple[Format, ...] = (
    Docker(),
    cri.CRI,
    docker_logs.TIMESTAMPS,
    docker_logs.COMPOSE,
    docker_logs.COMPOSE_TIMESTAMPS,
    docker_logs.KUBECTL,
    docker_logs.KUBECTL_TIMESTAMPS,
    syslog.RFC5424,
    syslog.RFC3339_TIME,
    syslog.RFC3164,
    journal_text.ISO,
    journal_text.ISO_COLON,
    journal_text.SHORT,
    journal_text.SHORT_PRECISE,
    journal_text.FULL,
    journal_text.UNIX,
    journal_text.MONOTONIC,
    docker_logs.DETAILS,  # a blank is enough for it
    JournalJson(),
    JournalPretty(),
    JournalVerbose(),
    JournalExport(),
)
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
