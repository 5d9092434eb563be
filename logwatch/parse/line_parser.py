"""Read lines by one grammar: compiled where that is exact, by pyparsing where it is not, with the same results."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from pyparsing import ParserElement

from logwatch.compile import nodes
from logwatch.compile.chunk_pattern import ChunkPattern
from logwatch.compile.from_pyparsing import translate
from logwatch.compile.line_pattern import LinePattern
from logwatch.compile.nodes import CharRun, Node
from logwatch.dialect.grammar import Grammar, line_begins, parse_reference, unparsed_cause
from logwatch.dialect.result import COUNTED, DETAILED, NO_RESULT, Columns, PushResult, from_captures
from logwatch.model import Cause
from logwatch.parse.chunk_reader import ChunkReader, Dictionary
from logwatch.parse.lines import LineBatch

_INDENTS = b' \t}]"'  # of lines below a printed bracket


class LineParser:
    """One grammar, compiled; if it cannot be, pyparsing itself matches every candidate."""

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self.indents = b""
        """Bytes with which printers of JSON begin lines, but the program itself never does."""
        self.needs_marker = False
        """Whether LINE matches only lines with the marker, so that no search for it is needed."""
        self.chunk_reader: ChunkReader | None = None
        self._line: LinePattern | None = None
        self._stamp: ChunkPattern | None = None  # None unless LINE has just one stamp
        self._detailed: Dictionary | None = None  # also captures what results are not counted by
        node = grammar.node
        self.compiled = node is not None
        """Whether lines are read without pyparsing."""
        if node is None:
            return
        if grammar.front is not None:
            front = translate(grammar.front)
            self.indents = bytes({*_INDENTS} - front.first_set) if front.min_len else b""
        steps = nodes.steps(node)
        self.needs_marker = any(isinstance(step, nodes.Literal) and grammar.marker in step.data for step in steps)
        self._stamp = _up_to("timestamp", node)
        self._line = LinePattern(node)
        self._detailed = Dictionary(_of_lines(nodes.without_captures(node, DETAILED)))
        self.chunk_reader = ChunkReader(_of_lines(nodes.without_captures(node, COUNTED)))

    def read(self, line: bytes) -> PushResult | Cause:
        """Read one line, without its newline."""
        if self._line is None:
            return parse_reference(self.grammar, line)
        if found := self._line.match(line):
            return from_captures(found[0])
        return unparsed_cause(self.grammar, line, self._begins)

    def misplaced(self, lines: Sequence[bytes]) -> list[bool]:
        """Return for each line whether its marker is certainly not in its place."""
        if self.grammar.place is None or not self.compiled:
            return [False] * len(lines)
        begins = _compiled(self.grammar.place).pattern.match
        return [begins(line) is None for line in lines]

    def _begins(self, line: bytes, beginning: ParserElement) -> bool:
        """Return whether a line begins with a match of ``beginning``, a part of LINE."""
        return _compiled(beginning).pattern.match(line) is not None if self.compiled else line_begins(line, beginning)

    def read_all(self, payloads: list[bytes]) -> Columns:
        """Return the columns of ``PushResult``, without level and thread, for payloads known to give a result."""
        found: dict[int, Sequence[Any]] = {}
        given = self._detailed
        if given and (rows := given.pattern.rows(LineBatch.of(payloads).text)) is not None:
            columns, left = given.results_of(given.pattern.columns(rows))
            if not left:
                return columns
            found = {i: row for i, row in enumerate(zip(*columns, strict=True)) if i not in left}
        read = (found.get(i) or self.read(payload) for i, payload in enumerate(payloads))
        # these give a result again, unless a parse action of the grammar does not do the same twice
        return tuple(zip(*(NO_RESULT if isinstance(row, str) else row for row in read), strict=True))

    def owns(self, line: bytes) -> bool:
        """Return whether a line begins like those of the program that this grammar is for."""
        if self.grammar.front is not None:
            return self._begins(line, self.grammar.front)
        return self.grammar.marker in line and self.read(line) not in ("misplaced", "grammar")

    def stamps(self, lines: Sequence[bytes]) -> list[str]:
        """Return the time stamps of lines, without newlines, as written; empty where there is none."""
        if self._stamp is None:
            return ["" if isinstance(each, str) else each.timestamp for each in map(self.read, lines)]
        found = self._stamp.rows(b"\n".join([*lines, b""]))
        if found is None:
            begins = LinePattern(self._stamp.node)
            found = [match[0][0][1] if (match := begins.match(line)) and match[0] else b"" for line in lines]
        return b"\n".join(found).decode("latin-1").split("\n") if found else []


@lru_cache(maxsize=16)
def parser_of(grammar: Grammar) -> LineParser:
    """Compile a grammar, once for all sources that use it."""
    return LineParser(grammar)


@lru_cache(maxsize=32)
def _compiled(beginning: ParserElement) -> LinePattern:
    """Compile a part of LINE; that works if LINE itself was compiled."""
    return LinePattern(translate(beginning))


def _up_to(name: str, node: Node) -> ChunkPattern | None:
    """Return a pattern for lines up to the part of this name, which it captures; None unless there is just one."""
    parts = nodes.parts(node)
    places = [i for i, part in enumerate(parts) if name in part.capture_names]
    if node.capture_names.count(name) != 1 or not isinstance(parts[places[0]], nodes.Capture):
        return None
    before = (nodes.without_captures(part) for part in parts[: places[0]])
    return _of_lines(nodes.seq(*before, parts[places[0]]))


def _of_lines(node: Node) -> ChunkPattern:
    """Return a pattern for whole lines that begin with a match of the node."""
    return ChunkPattern(nodes.seq(node, CharRun(nodes.EVERY_BYTE, 0)))
