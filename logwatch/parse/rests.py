"""Read the values in what stands behind a line's code, many such texts at once.

Most hold none, and a few searches for the literals that a value needs say so. Where there are values, the texts are
mostly written in a few ways, such as the answers of two providers, in which only ids and numbers differ: from examples
comes an expression specialised to these ways. What is left is read turn by turn.
"""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import accumulate

from logwatch.parse.compile import nodes
from logwatch.parse.compile.chunk_pattern import ChunkPattern, chunk_pattern
from logwatch.parse.compile.line_pattern import LinePattern
from logwatch.parse.compile.nodes import Capture, Repeat
from logwatch.parse.compile.specialise import ways
from logwatch.parse.compile.to_regex import PLAIN, Writer
from logwatch.parse.schedule import Schedule, some_of

Values = tuple[tuple[str, bytes], ...]
"""Name and text of each value, in the order of the line."""

_MAX_REMEMBERED = 1024  # texts that were read turn by turn
_MAX_REMEMBERED_BYTES = 512  # of one of them
_MAX_WAYS = 8
_MAX_EXAMPLES = 96
_MAX_EXAMPLE_BYTES = 2048
_LEARN_AFTER_TEXTS = 48


class RestReader:
    """Reads texts by the repetition at the end of a grammar; learns from them how they are written."""

    def __init__(self, tail: Repeat, keep: frozenset[str]) -> None:
        self._node = nodes.without_captures(tail, keep)
        literals = nodes.capture_literals(self._node)
        self._literals = literals and [
            each for each in literals if not any(other != each and other in each for other in literals)
        ]
        self._few_values = True
        self._turns = LinePattern(tail.item)
        self._pattern: ChunkPattern | None = None
        self._examples: list[bytes] = []
        self._due = Schedule(_LEARN_AFTER_TEXTS)
        self._read_one = lru_cache(_MAX_REMEMBERED)(self._turn_by_turn)
        self.read_singly = 0
        """How many texts were read turn by turn."""

    def read(self, texts: Sequence[bytes], as_logged: bytes = b"") -> list[Values]:
        """Return the values in each text; ``as_logged`` is a table that translates their bytes first."""
        found: list[Values] = [()] * len(texts)
        joined = b"\n".join([*texts, b""])
        if as_logged:
            joined = joined.translate(as_logged)
        left: Sequence[int] = range(len(texts))
        # what is quick depends on whether most texts hold values
        steps = (self._with_literals, self._matched) if self._few_values else (self._matched, self._with_literals)
        for step in steps:
            if left:
                joined, left = step(joined, left, found)
        self._few_values = 2 * (len(texts) - found.count(())) < len(texts)
        if left and self._due.add(len(left)) and self._learn(joined[:-1].split(b"\n")):
            before = len(left)
            joined, left = self._matched(joined, left, found)
            if 2 * len(left) < before:
                self._due.helped()
        if left:
            for i, text in zip(left, joined[:-1].split(b"\n"), strict=True):
                short = len(text) <= _MAX_REMEMBERED_BYTES
                found[i] = self._read_one(text) if short else self._turn_by_turn(text)
        return found

    def read_one(self, text: bytes) -> Values:
        """Return the values in one text."""
        if not text:
            return ()
        if self._pattern and (found := self._pattern.regex.match(text + b"\n")) and found.lastindex:
            return tuple(
                [(name, value) for name, value in zip(self._pattern.names, found.groups(), strict=False) if value]
            )
        self._examples = [text, *self._examples[: _MAX_EXAMPLES - 1]]
        if self._due.add(1):
            self._learn(())
        return self._read_one(text) if len(text) <= _MAX_REMEMBERED_BYTES else self._turn_by_turn(text)

    def _with_literals(self, joined: bytes, at: Sequence[int], _found: list[Values]) -> tuple[bytes, Sequence[int]]:
        """Return the texts that may hold values, joined, and their places."""
        if self._literals is None:
            return joined, at
        return _some(joined, at, lines_with(joined, self._literals))

    def _matched(self, joined: bytes, at: Sequence[int], found: list[Values]) -> tuple[bytes, Sequence[int]]:
        """Put in their places the values of texts whose ways are known; return the others, joined, and their places."""
        if self._pattern is None:
            return joined, at
        names, rows = self._pattern.names, self._pattern.regex.findall(joined)
        values = {
            row: tuple([(name, value) for name, value in zip(names, row, strict=False) if value]) for row in set(rows)
        }
        if not any(values.values()):
            return joined, at
        behind = list(map(values.__getitem__, rows))
        for i, some in zip(at, behind, strict=True):
            if some:
                found[i] = some
        return _some(joined, at, [i for i, some in enumerate(behind) if not some])

    def _learn(self, texts: Sequence[bytes]) -> bool:
        """Build the expression again, with some of these texts as examples; return whether there is one."""
        usable = [text for text in texts if len(text) <= _MAX_EXAMPLE_BYTES]
        self._examples = (some_of(usable, _MAX_EXAMPLES // 2) + self._examples)[:_MAX_EXAMPLES]
        writer = Writer(PLAIN, lambda each: isinstance(each, Capture))
        written = [
            writer.write(way) for way, _ in ways(self._node, self._examples, _MAX_WAYS) if nodes.capture_names(way)
        ]
        if written:
            self._pattern = chunk_pattern(writer, written, PLAIN, rest=False)
        return bool(written)

    def _turn_by_turn(self, text: bytes) -> Values:
        self.read_singly += 1
        return tuple(self._turns.all_turns(text + b"\n"))


def _some(joined: bytes, at: Sequence[int], wanted: Sequence[int]) -> tuple[bytes, Sequence[int]]:
    """Return some of the joined texts and their places."""
    if not wanted:
        return b"", ()
    lines = joined.split(b"\n")
    return b"".join([lines[i] + b"\n" for i in wanted]), [at[i] for i in wanted]


def lines_with(text: bytes, literals: Collection[bytes]) -> list[int]:
    """Return the indices of the lines that contain one of some literals; each line ends in a newline."""
    hits: set[int] = set()
    ends: list[int] = []
    for literal in literals:
        at = text.find(literal)
        while at >= 0:
            ends = ends or list(accumulate(len(line) + 1 for line in text[:-1].split(b"\n")))
            i = bisect_right(ends, at)
            hits.add(i)
            at = text.find(literal, ends[i])
    return sorted(hits)
