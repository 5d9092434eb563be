"""Cut the chunks of one source into whole lines, and decide once which envelope these are in."""

from collections.abc import Iterator

from logwatch import envelope as envelopes
from logwatch.lines import CHUNK_BYTES, Held, take_lines, take_rest
from logwatch.model import Envelope, EnvelopeChoice

_BUFFER_BYTES = CHUNK_BYTES  # of lines scanned together, besides an unfinished line of at most max_line_bytes
_UNDECIDED_BYTES = 4 * CHUNK_BYTES  # held at most until mesibo's own lines show the envelope


class LineCutter:
    """Cuts chunks into whole lines, without ever holding more of an endless line than is looked at.

    As long as no line with mesibo's own prefix has been seen, there is nothing to count, whatever the envelope: when
    too much is held it is handed on all the same, and the decision stays open. With ``bodies``, a line whose body
    goes on in the next chunk is handed on together with that.
    """

    def __init__(self, kind: EnvelopeChoice, owns: envelopes.Owns, max_line_bytes: int, bodies: Held) -> None:
        self.envelope: Envelope | None = None
        self.oversized = 0
        self._kind = kind
        self._owns = owns
        self._max_line_bytes = max_line_bytes
        self._bodies = bodies
        self._held = b""
        self._inside = ""

    def take(self, chunk: bytes) -> Iterator[tuple[bytes, Envelope]]:
        """Yield the whole lines that have come, once they are enough for a scan."""
        self._held += chunk
        if self.envelope is None and len(self._held) >= _BUFFER_BYTES:
            full = len(self._held) >= _UNDECIDED_BYTES
            self.envelope = self._decide(final=full)
            if self.envelope is None and not full:
                return
        if len(self._held) >= _BUFFER_BYTES:
            yield self._taken(), self._known

    def rest(self) -> Iterator[tuple[bytes, Envelope]]:
        """Yield what is left at the end, which is taken to be complete."""
        if not self._held:
            return
        if not self._held.endswith(b"\n"):
            self._held += b"\n"
        if self.envelope is None:
            self.envelope = self._decide(final=True)
        envelope = self._known
        while self._held:
            before = len(self._held)
            yield self._taken(final=True), envelope
            if len(self._held) == before:  # a message whose end is missing
                yield take_rest(self._held, envelope, self._inside), envelope
                break
        self._held = b""

    @property
    def _known(self) -> Envelope:
        return self.envelope or envelopes.undecided(self._kind)

    def _decide(self, *, final: bool) -> Envelope | None:
        end = self._held.rfind(b"\n") + 1
        found = envelopes.decide(self._held[:end], self._owns, kind=self._kind, final=final)
        return found if isinstance(found, Envelope) else None

    def _taken(self, *, final: bool = False) -> bytes:
        held = None if final else self._bodies
        taken = take_lines(self._held, self._known, self._max_line_bytes, self._inside, held, final=final)
        self._held = self._held[taken.consumed :]
        self._inside = taken.inside
        self.oversized += taken.oversized
        return taken.data
