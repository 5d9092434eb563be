"""Reads lines by one grammar as fast as the grammar allows: compiled where that is exact, by pyparsing where it is not.

Both roads give the same answer for every line; ``compiled`` and ``why_not`` tell which one is taken.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

import pyparsing as pp

from logwatch.model import Cause
from logwatch.parse import peg
from logwatch.parse.capture import Usual
from logwatch.parse.emit import DOCKER, PLAIN
from logwatch.parse.grammar import Grammar
from logwatch.parse.learner import Learner, learners
from logwatch.parse.patterns import Refused
from logwatch.parse.peg import Node
from logwatch.parse.program import Program
from logwatch.parse.reading import Reading, judge, refer
from logwatch.parse.translate import translate
from logwatch.parse.usual import Shape

COUNTED = frozenset(("code", "platform", "reason", "fcm_error", "fcm_status", "apns_reason"))
"""The values that push results are counted by."""


class Engine:
    """One grammar, compiled; where ``line`` is None, pyparsing itself matches every candidate, for the reason told."""

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self.why_not = grammar.refused
        self.needs_marker = False  # whether LINE matches no line without it, so that a search for it can be left out
        self.line: Program | None = None
        self.learners: Mapping[str, Learner] = {}
        self._shape: Shape | None = None
        self._place: re.Pattern[bytes] | None = None
        self._before: re.Pattern[bytes] | None = None
        self._stamp: Beginning | None = None
        node = grammar.node
        if node is None:
            return
        try:
            self.line = Program(node)
            self._place, self._before = (_pattern(each) for each in (grammar.place, grammar.before))
        except Refused as refusal:
            self.line = None
            self.why_not = str(refusal)
            return
        parts = node.items if isinstance(node, peg.Seq) else (node,)
        self.needs_marker = any(isinstance(part, peg.Text) and grammar.marker in part.data for part in parts)
        self._stamp = _up_to("timestamp", node)
        try:
            self._shape = Shape(node, self._usual_lines, COUNTED)
            self.learners = learners(self._shape)
        except Refused as refusal:
            self.why_not = f"no expression for whole chunks: {refusal}"

    @cached_property
    def plain(self) -> Usual | None:
        """The expression for usual lines of whole chunks, compiled when it is needed; None if there can be none."""
        return self._shape.usual(PLAIN) if self._shape else None

    @cached_property
    def docker(self) -> Usual | None:
        """The expression for lines inside Docker's records, compiled when there are some; None as for plain ones."""
        return self._shape.usual(DOCKER) if self._shape else None

    @cached_property
    def _details(self) -> Learner | None:
        """Learns the expressions that capture every value: failures are told in detail, many at once."""
        node = self.grammar.node
        if node is None or self._shape is None:
            return None
        try:
            return Learner(Shape(node, (), frozenset(peg.names(node))), PLAIN)
        except Refused:
            return None

    @property
    def _usual_lines(self) -> list[bytes]:
        return [sample.payload for sample in self.grammar.samples if sample.expected]

    def read(self, line: bytes) -> Reading | Cause:
        """Read one line, which ends in a newline and holds no other."""
        if self.line is None:
            return refer(self.grammar, line[:-1])
        if self._details and (found := self._details.match(line)):
            usual, groups = found
            return usual.read(groups)
        values = self.line.match(line)
        if values is not None:
            return judge(values)
        if self._place is not None and not self._place.match(line):
            return "misplaced"
        if self._before is not None and self._before.match(line):
            return "no_code"
        return "grammar"

    @cached_property
    def _beginning(self) -> re.Pattern[bytes] | None:
        """What every line of the grammar begins with: the parts in front of the marker, or the marker itself."""
        node = self.grammar.node
        if self.line is None or node is None:
            return None
        parts = node.items if isinstance(node, peg.Seq) else (node,)
        place = next((i for i, part in enumerate(parts) if _says(part, self.grammar.marker)), len(parts))
        return Program(peg.seq(*parts[: max(place, 1)])).pattern

    def owns(self, line: bytes) -> bool:
        """Return whether a line, which ends in a newline, begins as the lines of this grammar's program do."""
        if self._beginning is not None:
            return self._beginning.match(line) is not None
        return self.grammar.marker in line and self.read(line) not in ("misplaced", "grammar")

    def stamp(self, line: bytes) -> str:
        """Give the time stamp of a line as it is written, empty if it has none."""
        if self._stamp is not None:
            found = self._stamp.pattern.match(line)
            return str(found[self._stamp.group], "latin-1") if found else ""
        reading = self.read(line)
        return "" if isinstance(reading, str) else reading.timestamp


@lru_cache(maxsize=16)
def engine_of(grammar: Grammar) -> Engine:
    """Compile a grammar, once for all sources that use it."""
    return Engine(grammar)


class Beginning(NamedTuple):
    """An expression for the beginning of a line, and the group that holds the value at its end."""

    pattern: re.Pattern[bytes]
    group: int


def _up_to(name: str, node: Node) -> Beginning | None:
    """Compile the parts of a line up to the one that is named so, if it is the only one."""
    parts: Sequence[Node] = node.items if isinstance(node, peg.Seq) else (node,)
    places = [i for i, part in enumerate(parts) if name in peg.names(part)]
    if peg.names(node).count(name) != 1 or not isinstance(parts[places[0]], peg.Named):
        return None
    pattern = Program(peg.seq(*parts[: places[0] + 1])).pattern
    return Beginning(pattern, pattern.groups)


def _says(node: Node, marker: bytes) -> bool:
    return isinstance(node, peg.Text) and marker in node.data


def _pattern(expression: pp.ParserElement | None) -> re.Pattern[bytes] | None:
    return None if expression is None else Program(translate(expression)).pattern
