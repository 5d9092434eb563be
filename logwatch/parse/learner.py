"""Learns from a log's own lines how it is written, and gives the expression made for just that.

A lesson takes milliseconds; so the next one waits until enough lines went the slower way, and each time for twice as
many. A log in which every line is written in another way costs no more than without it.
"""

from logwatch.parse.block import Block
from logwatch.parse.capture import Usual
from logwatch.parse.emit import DOCKER, PLAIN, Around
from logwatch.parse.kinds import Groups
from logwatch.parse.usual import Shape

_FEW = 32  # lines: to look for an expression would cost as much as it saves
_KEPT = 8  # expressions: so many kinds of logs, or of lines in them, are told apart
_ENOUGH = 512  # lines
_MOST = 1 << 18  # lines: a log may change, and by then a lesson costs nothing beside them
_LONGEST = 4096  # bytes of a line: it is gone through in Python
_SHARE = 4  # one line in so many must be written alike


class Learner:
    """The expressions learned so far for one grammar and one envelope, the one used last in front."""

    def __init__(self, shape: Shape, around: Around) -> None:
        self._shape = shape
        self._around = around
        self._learned: list[Usual] = []
        self._slow = 0  # lines that none fitted
        self._enough = _FEW  # at first, since most logs are written in one way

    def fitting(self, block: Block) -> Usual | None:
        """Give an expression that fits some lines of the block; None if there is none and it is too early to learn."""
        count = len(block.lines)
        if count < _FEW:
            return None
        probes = (count // 2, 0, count - 1)
        for i in probes:
            for known in self._learned:
                if known.capture(block.lines[i] + b"\n"):
                    if known is not self._learned[0]:
                        self._learned.remove(known)
                        self._learned.insert(0, known)
                    return known
        if self._due(count):
            for i in probes:
                if usual := self._learn(block.as_logged(i), block.lines[i]):
                    return usual
        return None

    def match(self, line: bytes) -> tuple[Usual, Groups] | None:
        """Give the expression that fits one plain line, newline included, and what it captures; None without one."""
        for usual in self._learned:
            if groups := usual.capture(line):
                return usual, groups
        if self._due(1):
            self._learn(line[:-1], line[:-1])
        return None

    def judge(self, usual: Usual, fitted: int, count: int) -> None:
        """Take note of how many lines an expression fitted; it is forgotten if they were few."""
        if fitted * _SHARE < count:
            self._learned.remove(usual)

    def _due(self, count: int) -> bool:
        """Note lines that no expression fitted; True when it is time to learn from some of them."""
        self._slow += count
        if self._slow < self._enough:
            return False
        self._slow = 0
        self._enough = min(max(2 * self._enough, _ENOUGH), _MOST)
        return True

    def _learn(self, payload: bytes, line: bytes) -> Usual | None:
        """Make an expression of what was logged, if it fits the line that was logged so."""
        usual = self._shape.alike(payload, self._around) if len(payload) <= _LONGEST else None
        if usual is None or not usual.capture(line + b"\n"):
            return None
        self._learned = [usual, *self._learned[: _KEPT - 1]]
        return usual


def learners(shape: Shape) -> dict[str, Learner]:
    """Give one for each envelope."""
    return {"plain": Learner(shape, PLAIN), "docker": Learner(shape, DOCKER)}
