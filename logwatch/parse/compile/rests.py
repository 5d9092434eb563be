"""Read what stands behind a line's code, where no expression knows how it is written."""

from bisect import bisect_right
from collections import deque
from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import accumulate

from logwatch.parse.compile import nodes
from logwatch.parse.compile.line_pattern import LinePattern
from logwatch.parse.compile.nodes import Repeat

_MAX_EXAMPLES = 64
_MAX_REMEMBERED = 1024  # texts that were read turn by turn
_MAX_REMEMBERED_BYTES = 512  # of one of them
_MAX_EXAMPLE_BYTES = 2048

Values = tuple[tuple[str, bytes], ...]
"""Name and text of each value, in the order of the line."""


class RestReader:
    """Reads texts by the repetition at the end of a grammar: its values of the names in ``keep``.

    Most texts hold none, and a few searches for the literals that a value needs say so. The others are read turn by
    turn, and are examples.
    """

    def __init__(self, tail: Repeat, turns: LinePattern, keep: frozenset[str]) -> None:
        self._keep = keep
        literals = nodes.capture_literals(nodes.without_captures(tail, keep))
        self._literals = literals and [
            each for each in literals if not any(other != each and other in each for other in literals)
        ]
        self._turns = turns
        self._remembered = lru_cache(_MAX_REMEMBERED)(self._turn_by_turn)
        self.examples: deque[bytes] = deque(maxlen=_MAX_EXAMPLES)
        """The last texts that were read turn by turn."""
        self.read_singly = 0
        """How many they were."""

    def read(self, texts: Sequence[bytes]) -> list[Values]:
        """Return the values in each text."""
        found: list[Values] = [()] * len(texts)
        joined = b"\n".join([*texts, b""])
        wanted = range(len(texts)) if self._literals is None else _lines_with(joined, self._literals)
        if wanted:
            lines = joined.split(b"\n")
            for i in wanted:
                found[i] = self.read_one(lines[i])
        return found

    def read_one(self, text: bytes) -> Values:
        """Return the values in one text."""
        if not text:
            return ()
        return self._remembered(text) if len(text) <= _MAX_REMEMBERED_BYTES else self._turn_by_turn(text)

    def _turn_by_turn(self, text: bytes) -> Values:
        self.read_singly += 1
        if len(text) <= _MAX_EXAMPLE_BYTES:
            self.examples.append(text)
        return tuple([each for each in self._turns.all_turns(text + b"\n") if each[0] in self._keep])


def _lines_with(text: bytes, literals: Collection[bytes]) -> list[int]:
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
