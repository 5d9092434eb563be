"""Read lines by one grammar: compiled where that is exact, by pyparsing where it is not, alike for every line."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import pyparsing as pp

from logwatch.model import Cause, EnvelopeKind
from logwatch.parse.chunk_reader import ChunkReader
from logwatch.parse.compile import nodes
from logwatch.parse.compile.from_pyparsing import translate
from logwatch.parse.compile.from_regex import NotCompilable
from logwatch.parse.compile.line_pattern import LinePattern
from logwatch.parse.compile.nodes import Node
from logwatch.parse.compile.unroll import UnrollPlan
from logwatch.parse.framings import ENVELOPES
from logwatch.parse.grammar import Grammar
from logwatch.parse.rests import RestReader
from logwatch.parse.result import PushResult, from_captures, parse_reference

COUNTED = frozenset(("code", "platform", "reason", "fcm_error", "fcm_status", "apns_reason"))
"""The values that push results are counted by."""


class LineParser:
    """One grammar, compiled; where it is not, pyparsing itself matches every candidate, for the reason told."""

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self.not_compiled_because = grammar.not_compiled_because
        self.needs_marker = False
        """Whether LINE matches no line without the marker, so that a search for it can be left out."""
        self.chunk_readers: Mapping[EnvelopeKind, ChunkReader] = {}
        self._line: LinePattern | None = None
        self._place: re.Pattern[bytes] | None = None
        self._before: re.Pattern[bytes] | None = None
        self._stamp: _Beginning | None = None
        node = grammar.node
        if node is None:
            return
        try:
            self._place, self._before = (_pattern(each) for each in (grammar.place, grammar.before))
        except NotCompilable as reason:
            self.not_compiled_because = str(reason)
            return
        self._line = LinePattern(node)
        self.needs_marker = any(
            isinstance(part, nodes.Literal) and grammar.marker in part.data for part in nodes.parts(node)
        )
        self._stamp = _up_to("timestamp", node)
        try:
            plan = UnrollPlan(node, COUNTED)
        except NotCompilable as reason:
            self.not_compiled_because = f"no expression for whole chunks: {reason}"
            return
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
        values = self._line.match(line)
        if values is not None:
            return from_captures(values)
        if self._place is not None and not self._place.match(line):
            return "misplaced"
        if self._before is not None and self._before.match(line):
            return "no_code"
        return "grammar"

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


def _pattern(expression: pp.ParserElement | None) -> re.Pattern[bytes] | None:
    return None if expression is None else LinePattern(translate(expression)).pattern
