"""Read what stands behind a line's code, where no expression knows how it is written."""

from bisect import bisect_right
from collections import deque
from collections.abc import Collection, Sequence
from itertools import accumulate

from logwatch.parse.compile import nodes
from logwatch.parse.compile.chunk_pattern import LISTED, ChunkPattern
from logwatch.parse.compile.line_pattern import LinePattern
from logwatch.parse.compile.nodes import Repeat

_MAX_EXAMPLES = 64
_MAX_REMEMBERED = 1024  # rows of what was captured
_MAX_REMEMBERED_BYTES = 512  # of one of them
_MAX_EXAMPLE_BYTES = 2048

Values = tuple[tuple[str, bytes], ...]
"""Name and text of each value, in the order of the line."""


class RestReader:
    """Reads texts by the repetition at the end of a grammar: its values of the names in ``keep``.

    Most texts hold none, and a few searches for the literals that a value needs say so. One expression goes over all
    others; those in which it cannot tell a value are read turn by turn.
    """

    def __init__(self, tail: Repeat, turns: LinePattern, keep: frozenset[str], listed: frozenset[str] = LISTED) -> None:
        self._keep = keep
        kept = nodes.without_captures(tail, keep)
        literals = nodes.capture_literals(kept)
        self._literals = literals and [
            each for each in literals if not any(other != each and other in each for other in literals)
        ]
        self._turns = turns
        self._pattern = ChunkPattern(kept, None, None, listed=listed)
        self._known: dict[tuple[bytes, ...], Values] = {}  # by what was captured
        self.examples: deque[bytes] = deque(maxlen=_MAX_EXAMPLES)
        """The last texts with literals of values."""
        self.examined = 0
        """How many they were."""

    def read(self, texts: Sequence[bytes]) -> list[Values]:
        """Return the values in each text."""
        found: list[Values] = [()] * len(texts)
        wanted = range(len(texts)) if self._literals is None else _lines_with(b"\n".join([*texts, b""]), self._literals)
        some = [texts[i] for i in wanted]
        if not some:
            return found
        self.examined += len(some)
        self.examples += [text for text in some[-_MAX_EXAMPLES:] if 0 < len(text) <= _MAX_EXAMPLE_BYTES]
        rows = self._pattern.regex.findall(b"\n".join([*some, b""]))
        for i, text, row in zip(wanted, some, rows, strict=True):
            values = self._known.get(row)
            found[i] = self._values(row, text) if values is None else values
        return found

    def read_one(self, text: bytes) -> Values:
        """Return the values in one text."""
        return self.read([text])[0] if text else ()

    def _values(self, row: tuple[bytes, ...], text: bytes) -> Values:
        if self._pattern.undecided(row):
            return tuple([each for each in self._turns.all_turns(text + b"\n") if each[0] in self._keep])
        values = tuple([(name, value) for name, value in zip(self._pattern.names, row, strict=False) if value])
        if len(b"".join(row)) <= _MAX_REMEMBERED_BYTES:
            if len(self._known) >= _MAX_REMEMBERED:
                self._known.clear()
            self._known[row] = values
        return values


def _lines_with(text: bytes, literals: Collection[bytes]) -> Sequence[int]:
    """Return the indices of the lines that may contain one of some literals; each line ends in a newline.

    Where most do, to look for the others takes longer than to read them.
    """
    count = text.count(b"\n")
    if 2 * max(map(text.count, literals), default=0) > count:
        return range(count)
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
