"""What expressions look at is always a payload as it was logged: what stood around it has been taken off before."""

from collections.abc import Mapping

from logwatch.model import EnvelopeKind
from logwatch.parse.compile.to_regex import PLAIN, Framing


class Envelope:
    """What stands around a line: nothing."""

    framing: Framing = PLAIN

    def payload(self, record: bytes) -> bytes:
        """Return what a line holds."""
        return record


NO_ENVELOPE = Envelope()
ENVELOPES: Mapping[EnvelopeKind, Envelope] = {"plain": NO_ENVELOPE}
