"""The expressions for whole chunks of one log's lines, and how they follow the log.

There is one, unrolled from example lines: the grammar's samples at first. Lines that it leaves become examples, and it
is built again. In front of it stands at most one other, specialised to the one way in which nine lines in ten are
written, for as long as they are.
"""

from collections.abc import Callable, Sequence

from logwatch import envelope as envelopes
from logwatch.parse.compile.unroll import UnrollPlan
from logwatch.parse.encode import Dictionary
from logwatch.parse.framings import NO_ENVELOPE, Envelope
from logwatch.parse.lines import LineBatch
from logwatch.parse.rests import RestReader
from logwatch.parse.schedule import Schedule, some_of

_MIN_BATCH_LINES = 32  # to look for an expression would cost as much as it saves
_REBUILD_AFTER_LINES = 64
_LEAD_AFTER_LINES = 128
_MAX_LEFT_SHARE = 0.03
_MIN_LEAD_SHARE = 0.9
_MAX_EXAMPLES = 512
_EXAMPLES_AT_ONCE = 192
_LEAD_EXAMPLES = 16
_MAX_EXAMPLE_BYTES = 4096  # of a line: it is gone through in Python


class ChunkReader:
    """The expressions for one grammar and one envelope."""

    def __init__(
        self, plan: UnrollPlan, samples: Sequence[bytes], envelope: Envelope, rests: RestReader | None
    ) -> None:
        """``samples`` are payloads without newlines."""
        self._plan = plan
        self._envelope = envelope
        self._rests = rests
        self._examples = list(samples)
        self._unrolled: Dictionary | None = None
        self._lead: Dictionary | None = None
        self._rebuild = Schedule(_REBUILD_AFTER_LINES)
        self._try_lead = Schedule(_LEAD_AFTER_LINES)

    @property
    def unrolled(self) -> Dictionary:
        """The expression for lines like the examples, compiled when it is first needed."""
        if self._unrolled is None:
            self._unrolled = self._dictionary()
        return self._unrolled

    def read(self, batch: LineBatch, match: Callable[[Dictionary, LineBatch], LineBatch]) -> LineBatch:
        """Read a batch by what there is, and learn from it; return the lines that are left.

        ``match`` counts what an expression captures of a batch, and returns the lines that it left.
        """
        left, count = batch, len(batch.lines)
        if self._lead and count >= _MIN_BATCH_LINES:
            left = match(self._lead, batch)
            if len(left.lines) > (1 - _MIN_LEAD_SHARE) * count:
                self._lead = None
        elif count >= _MIN_BATCH_LINES and self._try_lead.add(count):
            self._lead = self._specialised(batch)
        if left.text:
            left = match(self.unrolled, left)
        many = count >= _MIN_BATCH_LINES and len(left.lines) > _MAX_LEFT_SHARE * count
        if many and self._rebuild.add(len(left.lines)) and self._built(batch, left):
            before = len(left.lines)
            left = match(self.unrolled, left)
            if 2 * len(left.lines) < before:
                self._rebuild.helped()
        return left

    def _built(self, batch: LineBatch, left: LineBatch) -> bool:
        """Build the unrolled expression again; False if the lines that were left teach nothing."""
        new = self._payloads(left, _EXAMPLES_AT_ONCE // 2)
        if not any(map(self._plan.matches, new)):
            return False
        # of the rest of the batch as well, in proportion: what is rare is not worth a turn
        share = len(left.lines) / len(batch.lines)
        many = min(_EXAMPLES_AT_ONCE, round(len(new) / share) - len(new))
        self._examples = (new + self._payloads(batch, many) + self._examples)[:_MAX_EXAMPLES]
        self._unrolled = self._dictionary()
        return True

    def _dictionary(self) -> Dictionary:
        framing = self._envelope.framing
        return Dictionary(self._plan.unrolled(self._examples, framing), self._rests, framing.as_logged)

    def _specialised(self, batch: LineBatch) -> Dictionary | None:
        framing = self._envelope.framing
        pattern = self._plan.specialised(self._payloads(batch, _LEAD_EXAMPLES), _MIN_LEAD_SHARE, framing)
        return Dictionary(pattern, self._rests, framing.as_logged) if pattern else None

    @staticmethod
    def _payloads(batch: LineBatch, count: int) -> list[bytes]:
        """Return at most so many payloads, evenly spread over the batch."""
        records = [line for line in some_of(batch.lines, count) if len(line) <= _MAX_EXAMPLE_BYTES]
        if batch.envelope is NO_ENVELOPE:
            return records
        return [envelopes.unwrap(record)[0].payload for record in records]
