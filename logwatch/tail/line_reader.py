"""Turns runs of a generation's bytes into whole lines in their envelope, which is decided once for all of them.

What is taken depends on the run, on what was decided before, and on how long ago the file grew; no file is touched.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from logwatch import envelope as envelopes
from logwatch.model import Envelope, EnvelopeKind
from logwatch.tail.lines import Held, Taken, physical_bound, take_lines, take_rest

CHUNK_BYTES = 256 * 1024
"""Read at once: more lines share what each chunk costs, until the caches of a core are too small for them."""

UNDECIDED_BYTES = 4 * CHUNK_BYTES
"""As much is looked at, where there is as much, to tell the envelope that lines are in."""

PATIENCE_SECONDS = 2.0
"""Without growth, until a few lines of mesibo's decide, and the answer below one is taken to be over."""

_LONG_PATIENCE_SECONDS = 60.0  # where the few say something else than the generation before
_ANY = envelopes.undecided("docker")  # an envelope that needs much room

Ahead = Callable[[], bytes]
"""Reads the first bytes of what follows a generation."""


@dataclass(slots=True)
class LineReading:
    """How bytes become lines: what is the same for all files of a source."""

    source: str
    kind: EnvelopeKind | Literal["auto"]
    owns: envelopes.Owns
    held: Held
    max_line_bytes: int
    expected: Envelope | None = None  # what the newest generation was decided to be in

    def expect(self, envelope: Envelope) -> None:
        """Note what a generation was decided to be in: the next one will be in it too."""
        self.expected = envelope


class LineReader:
    """The lines of one generation."""

    def __init__(self, reading: LineReading, decided: str) -> None:
        """``decided`` is the envelope as a position keeps it; empty while that is open."""
        self.envelope = envelopes.decoded(decided)
        self.waits = False  # something is left to be taken when the file has not grown for a while
        self.no_text: envelopes.NoText | None = None  # what the file is instead of a log
        self._looked = False
        self._reading = reading

    @property
    def known(self) -> Envelope:
        """What lines are read as, decided or not."""
        return self.envelope or envelopes.undecided(self._reading.kind)

    @property
    def encoded(self) -> str:
        """The decision as a position keeps it."""
        return envelopes.encoded(self.envelope) if self.envelope else ""

    @property
    def room(self) -> int:
        """Bytes that a run may have to have before something can be taken."""
        return max(self.bound + 2, UNDECIDED_BYTES)

    @property
    def bound(self) -> int:
        """Bytes of the longest line that is not cut."""
        return physical_bound(self.envelope or _ANY, self._reading.max_line_bytes)

    def patient(self, quiet_seconds: float) -> bool:
        """Return whether the file has grown so lately that more may be about to come."""
        surprised = self.envelope is None and self._reading.expected is not None
        # clocks jump: what grew in the future did not grow just now
        return 0 <= quiet_seconds < (_LONG_PATIENCE_SECONDS if surprised else PATIENCE_SECONDS)

    def take(self, run: bytes, inside: str, *, first: bool, patient: bool, at_end: bool) -> Taken:
        """Take whole lines off the front of a run; ``first`` is the run at the beginning of the file."""
        mark = len(envelopes.MARK) if first and run.startswith(envelopes.MARK) else 0
        run = run[mark:]
        if first or not self._looked:
            self._looked = True
            self.no_text = envelopes.no_text(run)
        self.waits = False
        if self.envelope is None and not self._decide(run, final=not patient or len(run) >= UNDECIDED_BYTES):
            self.waits = True
            return Taken(b"", 0, 0, inside)
        held = self._reading.held if patient else None
        final = at_end and not patient
        taken = take_lines(run, self.known, self._reading.max_line_bytes, inside, held, final=final)
        self.waits = at_end and patient and taken.consumed < run.rfind(b"\n") + 1
        return taken._replace(consumed=taken.consumed + mark if taken.consumed else 0)

    def take_rest(self, run: bytes, inside: str) -> Taken:
        """Take everything in a run, also what has no end: nothing will follow it."""
        if self.envelope is None:
            self._decide(run + b"\n", final=True)
        return Taken(take_rest(run, self.known, inside), len(run), 0, "")

    def goes_on(self, taken: Taken) -> bool:
        """Return whether what was taken ends in a line whose answer goes on behind it."""
        return bool(taken.data) and self._reading.held(taken.data, self.known) > 0

    def _decide(self, run: bytes, *, final: bool) -> bool:
        """Decide by a run what its lines stand in; False to wait for more of them."""
        whole = run[: run.rfind(b"\n") + 1]
        reading = self._reading
        found = envelopes.decide(whole, reading.owns, kind=reading.kind, expected=reading.expected, final=final)
        if isinstance(found, Envelope):
            self.envelope = found
            reading.expect(found)
            return True
        whole_messages = final or envelopes.silent_end(whole, reading.max_line_bytes) == len(whole)
        return found is envelopes.Undecided.SILENT and whole_messages
