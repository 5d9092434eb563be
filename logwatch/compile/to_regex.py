"""Write nodes as one regex over bytes, for a line that may end in a newline and has none inside.

Choices and repetitions become atomic groups. Only single classes get possessive quantifiers: Python before 3.11.5
miscompiles them on anything longer, and fails on captures inside them.
"""

import re
from collections.abc import Callable
from functools import lru_cache

from logwatch.compile import nodes
from logwatch.compile.nodes import Backtracking, Capture, CharRun, Choice, Literal, Look, Node, Repeat

_NEWLINE = frozenset(b"\n")
_SPECIAL = frozenset(b"\\]^-[&~|")  # inside a class


class Writer:
    """Writes nodes, and records in ``groups`` what each capturing group stands for, in numerical order.

    A repetition with captures inside is one group, to be scanned again later: inner groups would keep only the last
    iteration.
    """

    def __init__(self, *, capturing: bool = False) -> None:
        self._capturing = capturing
        self.groups: list[Capture | Repeat] = []

    def write(self, node: Node, *, last: bool = False, back: bool = False) -> str:  # noqa: PLR0911  one case a node
        """Write a node. ``last``: nothing follows, so no atomic group is needed; ``back``: it may backtrack."""
        match node:
            case Literal(data):
                return "(?!)" if b"\n" in data else _escaped(data)
            case CharRun(chars, low, high, lazy):
                return _run(chars, low, high, "?" if lazy else "" if back else "+")
            case nodes.Seq(items):
                final = len(items) - 1
                return "".join(self.write(item, last=last and i == final, back=back) for i, item in enumerate(items))
            case Choice():
                return self._alternatives(node, last=last, back=back)
            case Repeat(item, low, high, lazy):
                if back:
                    return f"(?:{self.write(item, back=True)}){_times(low, high)}{'?' if lazy else ''}"
                return self._captured(node, lambda: self._repeat(node))
            case Look(item, negative, behind):
                sign = ("<" if behind else "") + ("!" if negative else "=")
                return f"(?{sign}{self.write(item, last=True, back=back)})"
            case Capture(_, item):
                return self._captured(node, lambda: self.write(item, last=last, back=back))
            case Backtracking(item):
                return f"(?{':' if last else '>'}{self.write(item, back=True)})"

    def _alternatives(self, node: Choice, *, last: bool, back: bool) -> str:
        inner = "|".join(self.write(item, last=last or not back, back=back) for item in node.items)
        return f"(?:{inner})" if last or back else f"(?>{inner})"

    def _captured(self, node: Capture | Repeat, text: Callable[[], str]) -> str:
        own = isinstance(node, Capture) or (node.max != 1 and node.capture_names)
        if not self._capturing or not own:
            return text()
        self.groups.append(node)
        before, self._capturing = self._capturing, isinstance(node, Capture)
        inner = text()
        self._capturing = before
        return f"({inner})"

    def _repeat(self, node: Repeat) -> str:
        inner = self.write(node.item, last=node.min <= 1)  # a required iteration could backtrack into the one before
        return self._iterations(inner, _times(node.min, node.max))

    def _iterations(self, inner: str, times: str) -> str:
        return f"(?>(?:{inner}){times})"


def _run(chars: nodes.Bytes, low: int, high: int | None, suffix: str) -> str:
    allowed = chars - _NEWLINE
    if not allowed:
        return "" if low == 0 else "(?!)"
    times = _times(low, high)
    return char_class(allowed) + times + ("" if not times or low == high else suffix)


def _times(low: int, high: int | None) -> str:
    if (low, high) == (1, 1):
        return ""
    if high is None:
        return {0: "*", 1: "+"}.get(low, f"{{{low},}}")
    if (low, high) == (0, 1):
        return "?"
    return f"{{{low}}}" if low == high else f"{{{low},{high}}}"


def _escaped(data: bytes) -> str:
    return re.escape(data.decode("latin-1"))


@lru_cache(maxsize=256)
def char_class(chars: nodes.Bytes) -> str:
    """Write a set of bytes as ranges, of which re makes one bitmap; a negated class would be slower.

    Bytes are written unescaped where possible: an escape takes several times as long to compile.
    """
    if chars == nodes.EVERY_BYTE:
        return "."  # takes two thirds of the time of a class
    if len(chars) == 1:
        return _escaped(bytes(chars))
    ranges: list[list[int]] = []
    for code in sorted(chars):
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "[" + "".join(_shown(a) if a == b else f"{_shown(a)}-{_shown(b)}" for a, b in ranges) + "]"


def _shown(code: int) -> str:
    return rf"\{code:c}" if code in _SPECIAL else chr(code)
