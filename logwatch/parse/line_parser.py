"""Read lines by one grammar: compiled where that is exact, by pyparsing where it is not, alike for every line."""

import re
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

import pyparsing as pp

from logwatch.model import Cause, EnvelopeKind
from logwatch.parse.compile import nodes
from logwatch.parse.compile.chunk_pattern import REST, ChunkPattern
from logwatch.parse.compile.from_pyparsing import translate
from logwatch.parse.compile.from_regex import NotCompilable
from logwatch.parse.compile.line_pattern import LinePattern, Values
from logwatch.parse.compile.nodes import Node
from logwatch.parse.compile.to_regex import PLAIN
from logwatch.parse.compile.unroll import MAX_TAILS, UnrollPlan
from logwatch.parse.encode import Dictionary
from logwatch.parse.framings import ENVELOPES, NO_ENVELOPE, Envelope
from logwatch.parse.grammar import Grammar
from logwatch.parse.lines import LineBatch
from logwatch.parse.rests import RestReader
from logwatch.parse.result import PushResult, from_captures, parse_reference
from logwatch.parse.schedule import Schedule, some_of

COUNTED = frozenset(("code", "platform", "reason", "fcm_error", "fcm_status", "apns_reason"))
"""The values that push results are counted by."""

_MIN_BATCH_LINES = 32  # to look for an expression would cost as much as it saves
_REBUILD_AFTER_LINES = 64
_LEAD_AFTER_LINES = 128
_USUAL_AFTER_LINES = 512
_MIN_USUAL_SHARE = 0.8
_LED_LINES = 1024  # of fewer, the share that the lead takes is chance
_MAX_LEFT_SHARE = 0.03
_MIN_LEAD_SHARE = 0.9
_MAX_EXAMPLES = 512
_EXAMPLES_AT_ONCE = 192
_EXAMPLES_FOR_LATER = 4
_MIN_GAIN_OF_SAMPLES = 0.03  # of the grammar's own, for each turn: no log is as many-sided
_MIN_GAIN = 0.006
_LEAD_EXAMPLES = 24
_TAIL_EXAMPLES = 128
_TAILS_AFTER_TEXTS = 128
_TAILS_AT_ONCE = 4
_MAX_EXAMPLE_BYTES = 4096  # of a line: it is gone through in Python


class LineParser:
    """One grammar, compiled; where it is not, pyparsing itself matches every candidate, for the reason told."""

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self.not_compiled_because = grammar.not_compiled_because
        self.needs_marker = False
        """Whether LINE matches no line without the marker, so that a search for it can be left out."""
        self.chunk_readers: Mapping[EnvelopeKind, ChunkReader] = {}
        self._line: LinePattern | None = None  # up to the repetition that cannot fail, if it ends in one
        self._behind: RestReader | None = None  # reads that repetition
        self._place: re.Pattern[bytes] | None = None
        self._before: re.Pattern[bytes] | None = None
        self._stamp: _Beginning | None = None
        self._plan: UnrollPlan | None = None  # with all values
        self._usual: ChunkPattern | None = None  # as most lines are written that were read here
        self._recent: deque[bytes] = deque(maxlen=_TAIL_EXAMPLES)
        self._due = Schedule(_USUAL_AFTER_LINES)
        self._own: re.Pattern[bytes] | None = None
        node = grammar.node
        if node is None:
            return
        try:
            self._place, self._before = (_pattern(each) for each in (grammar.place, grammar.before))
        except NotCompilable as reason:
            self.not_compiled_because = str(reason)
            return
        self.needs_marker = any(
            isinstance(part, nodes.Literal) and grammar.marker in part.data for part in nodes.parts(node)
        )
        self._stamp = _up_to("timestamp", node)
        self._own = _in_front_of(grammar.marker, node)
        try:
            plan = UnrollPlan(node, COUNTED)
        except NotCompilable as reason:
            self._line = LinePattern(node)
            self.not_compiled_because = f"no expression for whole chunks: {reason}"
            return
        self._line = LinePattern(nodes.seq(*nodes.parts(node)[:-1]) if plan.tail else node)
        names = frozenset(nodes.capture_names(node))
        self._behind = RestReader(plan.tail, names) if plan.tail else None
        with suppress(NotCompilable):
            self._plan = UnrollPlan(node, names)
        samples = [sample.payload for sample in grammar.samples if sample.expected]
        rests = RestReader(plan.tail, COUNTED) if plan.tail else None
        self.chunk_readers = {kind: ChunkReader(plan, samples, envelope, rests) for kind, envelope in ENVELOPES.items()}

    @property
    def compiled(self) -> bool:
        """Return whether lines are read without pyparsing."""
        return self._line is not None

    def read(self, line: bytes) -> PushResult | Cause:
        """Read one line, which ends in a newline and holds no other."""
        if self._line is None:
            return parse_reference(self.grammar, line[:-1])
        if self._usual and (values := self._usual_values(self._usual, line)):
            return from_captures(values)
        if self._plan and len(line) <= _MAX_EXAMPLE_BYTES:
            self._recent.append(line[:-1])
            if self._due.add(1):
                heads = self._plan.heads(some_of(self._recent, _LEAD_EXAMPLES), _MIN_USUAL_SHARE)
                self._usual = self._plan.specialised(heads, PLAIN, self._plan.tails(self._recent)) if heads else None
        if found := self._line.match_up_to(line):
            values, end = found
            return from_captures([*values, *self._behind.read_one(line[end:-1])] if self._behind else values)
        if self._place is not None and not self._place.match(line):
            return "misplaced"
        if self._before is not None and self._before.match(line):
            return "no_code"
        return "grammar"

    def _usual_values(self, pattern: ChunkPattern, line: bytes) -> Values:
        found = pattern.regex.match(line)
        if not found or not found.lastindex:
            return []
        values = [(name, value) for name, value in zip(pattern.names, found.groups(), strict=False) if value]
        if self._behind and values and values[-1][0] == REST:
            values[-1:] = self._behind.read_one(values[-1][1])
        return values

    def owns(self, line: bytes) -> bool:
        """Return whether a line, which ends in a newline, begins as the lines of this grammar's program do."""
        if self._own is not None:
            return self._own.match(line) is not None
        return self.grammar.marker in line and self.read(line) not in ("misplaced", "grammar")

    def stamp(self, line: bytes) -> str:
        """Return the time stamp of a line as it is written, empty if it has none."""
        if self._stamp is not None:
            found = self._stamp.pattern.match(line)
            return str(found[self._stamp.group], "latin-1") if found else ""
        result = self.read(line)
        return "" if isinstance(result, str) else result.timestamp


@lru_cache(maxsize=16)
def parser_of(grammar: Grammar) -> LineParser:
    """Compile a grammar, once for all sources that use it."""
    return LineParser(grammar)


class ChunkReader:
    """The expressions for whole chunks, for one grammar and one envelope, and how they follow the log.

    There is one, unrolled from example lines: the grammar's samples at first. Lines that it leaves become examples, and
    it is built again. In front of it stands at most one other, specialised to the few ways in which nine lines in ten
    begin, for as long as they do. Both end in the ways in which what stands behind the code is written.
    """

    def __init__(
        self, plan: UnrollPlan, samples: Sequence[bytes], envelope: Envelope, rests: RestReader | None
    ) -> None:
        """Take ``samples``, payloads without newlines, as examples."""
        self._plan = plan
        self._envelope = envelope
        self.rests = rests
        self._examples = list(samples)
        self._heads: list[Node] = []
        self._tails: list[Node] = []
        self._unrolled: Dictionary | None = None
        self._lead: Dictionary | None = None
        self._led = self._not_led = 0  # lines that came to it, and that it left, since this was last looked at
        self._rebuild = Schedule(_REBUILD_AFTER_LINES)
        self._try_lead = Schedule(_LEAD_AFTER_LINES)
        self._more_tails = Schedule(_TAILS_AFTER_TEXTS)
        self._singly = 0

    @property
    def unrolled(self) -> Dictionary:
        """The expression for lines like the examples, compiled when it is first needed."""
        if self._unrolled is None:
            self._unrolled = self._dictionary(_MIN_GAIN_OF_SAMPLES)
        return self._unrolled

    def read(self, batch: LineBatch, match: Callable[[Dictionary, LineBatch], LineBatch]) -> LineBatch:
        """Read a batch by what there is, and learn from it; return the lines that are left.

        ``match`` counts what an expression captures of a batch, and returns the lines that it left.
        """
        left, count = batch, len(batch.lines)
        if self._lead and count >= _MIN_BATCH_LINES:
            left = match(self._lead, batch)
            self._led, self._not_led = self._led + count, self._not_led + len(left.lines)
            if self._led >= _LED_LINES:
                if self._not_led > (1 - _MIN_LEAD_SHARE) * self._led:
                    self._lead = None
                self._led = self._not_led = 0
        elif count >= _MIN_BATCH_LINES and self._try_lead.add(count):
            self._learn_ways(batch)
            if self._lead:
                left = match(self._lead, batch)
        if left.text:
            left = match(self.unrolled, left)
        if self.rests and self._more_tails.add(self.rests.read_singly - self._singly):
            self._learn_tails(self.rests.examples)
        self._singly = self.rests.read_singly if self.rests else 0
        if count >= _MIN_BATCH_LINES and len(left.lines) > _MAX_LEFT_SHARE * count:
            return self._learned(batch, left, match)
        return left

    def _learn_ways(self, batch: LineBatch) -> None:
        """Find out how the lines of a batch begin and end, if nearly all of them are written in a few ways."""
        if not self._tails and (tails := self._plan.tails(self._payloads(batch, _TAIL_EXAMPLES))):
            self._tails, self._unrolled = tails, None
        self._heads = self._plan.heads(self._payloads(batch, _LEAD_EXAMPLES), _MIN_LEAD_SHARE)
        self._lead = self._specialised()

    def _learn_tails(self, texts: Collection[bytes]) -> None:
        """Put ways in which what stands behind the code is written as well behind those that are known."""
        if new := self._plan.tails_of(list(texts))[:_TAILS_AT_ONCE]:
            self._tails = self._tails[: MAX_TAILS - len(new)] + new
            self._unrolled = None
            if self._lead:
                self._lead = self._specialised()

    def _learned(
        self, batch: LineBatch, left: LineBatch, match: Callable[[Dictionary, LineBatch], LineBatch]
    ) -> LineBatch:
        """Take examples of lines that were left, and build the unrolled expression again when it is time."""
        if not self._rebuild.add(len(left.lines)):
            self._examples = (self._payloads(left, _EXAMPLES_FOR_LATER) + self._examples)[:_MAX_EXAMPLES]
            return left
        new = [payload for payload in self._payloads(left, _EXAMPLES_AT_ONCE // 2) if self._plan.matches(payload)]
        if not new:
            return left
        # of the rest of the batch as well, in proportion: what is rare is not worth a turn
        many = round(len(new) * (len(batch.lines) / len(left.lines) - 1))
        new += self._payloads(batch, min(_EXAMPLES_AT_ONCE, many))
        self._examples = (new + self._examples)[:_MAX_EXAMPLES]
        self._unrolled = self._dictionary()
        again = match(self._unrolled, left)
        if 2 * len(again.lines) < len(left.lines):
            self._rebuild.helped()
        return again

    def _dictionary(self, min_gain: float = _MIN_GAIN) -> Dictionary:
        framing = self._envelope.framing
        pattern = self._plan.unrolled(self._examples, framing, min_gain, self._tails)
        return Dictionary(pattern, self.rests, framing.as_logged)

    def _specialised(self) -> Dictionary | None:
        if not self._heads:
            return None
        framing = self._envelope.framing
        return Dictionary(self._plan.specialised(self._heads, framing, self._tails), self.rests, framing.as_logged)

    @staticmethod
    def _payloads(batch: LineBatch, count: int) -> list[bytes]:
        """Return at most so many payloads, evenly spread over the batch."""
        records = [line for line in some_of(batch.lines, count) if len(line) <= _MAX_EXAMPLE_BYTES]
        if batch.envelope is NO_ENVELOPE:
            return records
        return [batch.envelope.payload(record) for record in records]


class _Beginning(NamedTuple):
    """An expression for the beginning of a line, and the group that holds the value at its end."""

    pattern: re.Pattern[bytes]
    group: int


def _up_to(name: str, node: Node) -> _Beginning | None:
    """Compile the parts of a line up to the one that is named so, if it is the only one."""
    parts = nodes.parts(node)
    places = [i for i, part in enumerate(parts) if name in nodes.capture_names(part)]
    if nodes.capture_names(node).count(name) != 1 or not isinstance(parts[places[0]], nodes.Capture):
        return None
    pattern = LinePattern(nodes.seq(*parts[: places[0] + 1])).pattern
    return _Beginning(pattern, pattern.groups)


def _in_front_of(marker: bytes, node: Node) -> re.Pattern[bytes]:
    """Compile the parts of a line that stand in front of the marker, and the marker itself where nothing needs to."""
    parts = nodes.parts(node)
    place = next(
        (i for i, part in enumerate(parts) if isinstance(part, nodes.Literal) and marker in part.data), len(parts)
    )
    front = LinePattern(nodes.seq(*parts[: max(place, 1)])).pattern
    # A front that may be nothing, such as the bound of a word, would make every line the program's
    return front if front.match(b"\n") is None else LinePattern(nodes.seq(*parts[: place + 1])).pattern


def _pattern(expression: pp.ParserElement | None) -> re.Pattern[bytes] | None:
    return None if expression is None else LinePattern(translate(expression)).pattern
