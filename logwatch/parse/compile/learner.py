"""Follow how a log is written: lines that an expression leaves become examples, from which it is made again.

That is done seldom, since it costs what some thousand lines cost one by one, and ever more seldom.
"""

from collections.abc import Sequence
from typing import TypeVar

from logwatch.parse.compile.chunk_pattern import ChunkCompiler, ChunkPattern

SOME = 64
"""Examples at once: more tell hardly more, and each is gone through in Python."""
LEARN_AFTER_LINES = 16
"""Lines that are left before the first lesson: to compile LINE, for the first of them alone, takes longer than that."""
_GROWTH = 8  # of what is waited for, with each lesson
_MAX_WAIT_LINES = 1 << 18  # a log may change, and by then to learn costs nothing beside them
_MAX_EXAMPLE_BYTES = 4096

Item = TypeVar("Item")


class Learner:
    """One expression, the examples that it was made for, and those for the next time."""

    def __init__(self, compiler: ChunkCompiler) -> None:
        self.pattern: ChunkPattern | None = None
        """The expression for lines like the examples; None before the first ones."""
        self._compiler = compiler
        self._examples: list[bytes] = []
        self._new: list[bytes] = []
        self._tails: list[bytes] = []
        self._wait = LEARN_AFTER_LINES
        self._waiting = 0

    def is_due(self, count: int) -> bool:
        """Count lines that were left; return whether it is time to learn from some of them."""
        self._waiting += count
        if self._waiting < self._wait:
            return False
        self._waiting = 0
        self._wait = min(_GROWTH * self._wait, _MAX_WAIT_LINES)
        return True

    def note(self, payloads: Sequence[bytes]) -> None:
        """Keep some lines (without newlines) that were left, for the next time."""
        self._new += [payload for payload in payloads if len(payload) <= _MAX_EXAMPLE_BYTES]
        if len(self._new) > 2 * SOME:
            self._new = some_of(self._new, SOME)

    def learn(self, others: Sequence[bytes] = (), tails: Sequence[bytes] = ()) -> bool:
        """Make the expression again, for some of the lines that were left, and ``others`` of the log, as they came.

        ``tails`` are texts behind codes. Return whether there is an expression for any of them.
        """
        self._tails = some_of([*tails, *self._tails], SOME)
        new = [*some_of(self._new, SOME), *others]
        made = self._compiler.compile(new + some_of(self._examples, SOME), self._tails)
        self._new = []
        if made:
            self.pattern, self._examples = made
        return made is not None


def some_of(items: Sequence[Item], count: int) -> list[Item]:
    """Return at most so many items, evenly spread."""
    return [items[i * len(items) // count] for i in range(count)] if len(items) > count else list(items)
