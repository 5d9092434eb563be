"""Writes nodes down as one regular expression over bytes, for lines as they are or for lines inside a Docker record.

Alternatives and repetitions become atomic groups. Possessive quantifiers stand on single classes only: Python before
3.11.5 miscompiles them on anything longer, and fails on captures inside them.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from logwatch.parse import peg
from logwatch.parse.peg import Bytes, Choice, End, Free, Look, Loop, Named, Node, Run, Text

_SPELLED_OUT = 8  # times: a counted repetition costs more, since the re module is ready to go back in it


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a line: bytes that cannot be in it, and what ends it."""

    never: Bytes
    end: str


PLAIN = Around(frozenset(b"\n"), r"(?=\n)")
# A record's message whose only escape is the newline at its end: up to that backslash the payload is the raw bytes.
# Control characters and what is not ASCII might not be JSON or not UTF-8, and take the exact road.
DOCKER = Around(frozenset([*range(32), *range(127, 256), *b'"\\']), r"(?=\\)")

Capture = Callable[[Named | Loop], bool]
"""Asked of every named node and of every repetition with names inside: becomes it a group?"""


class Writer:
    """Writes nodes, and notes in ``groups`` what each capturing group stands for."""

    def __init__(self, around: Around, capture: Capture | None = None) -> None:
        self._around = around
        self._capture = capture
        self.groups: list[Named | Loop] = []

    def write(self, node: Node, *, last: bool = False) -> str:  # noqa: C901, PLR0911  one case a node
        """Write a node that does not go back; with ``last``, nothing behind it could make it go back anyway."""
        match node:
            case Text(data):
                return "(?!)" if self._around.never & set(data) else _escaped(data)
            case Run(chars, low, high):
                return self._run(chars, low, high, "+")
            case peg.Seq(items):
                final = len(items) - 1
                return "".join(
                    self._optional(item)
                    if _is_optional(item) and _cannot_go_back(item, items[index + 1 :])
                    else self.write(item, last=last and index == final)
                    for index, item in enumerate(items)
                )
            case Choice(items):
                if last or not peg.all_apart(items):
                    inner = "|".join(self.write(item, last=True) for item in items)
                    return f"(?:{inner})" if last else f"(?>{inner})"
                return f"(?:{'|'.join(map(self.write, items))})"  # at most one can match: nothing to go back to
            case Loop():
                return self._captured(node, lambda: self._loop(node))
            case Look(item, negative, behind):
                sign = ("<" if behind else "") + ("!" if negative else "=")
                inner = self.write_free(item) if behind else self.write(item, last=True)
                return f"(?{sign}{inner})"
            case End():
                return self._around.end
            case Named(_, item):
                return self._captured(node, lambda: self.write(item, last=last))
            case Free(item):
                return f"(?>{self.write_free(item)})"

    def write_free(self, node: Node) -> str:  # noqa: PLR0911  one case a node
        """Write a node that may go back, as its author meant it."""
        match node:
            case Run(chars, low, high, lazy):
                return self._run(chars, low, high, "?" if lazy else "")
            case peg.Seq(items):
                return "".join(map(self.write_free, items))
            case Choice(items):
                return f"(?:{'|'.join(map(self.write_free, items))})"
            case Loop(item, low, high, _, lazy):
                return f"(?:{self.write_free(item)}){_times(low, high)}{'?' if lazy else ''}"
            case Look(item, negative, behind):
                sign = ("<" if behind else "") + ("!" if negative else "=")
                return f"(?{sign}{self.write_free(item)})"
            case Named(_, item):
                return self._captured(node, lambda: self.write_free(item))
        return self.write(node)

    def _captured(self, node: Named | Loop, text: Callable[[], str]) -> str:
        wanted = self._capture is not None and (isinstance(node, Named) or peg.names(node)) and self._capture(node)
        if not wanted:
            return text()
        self.groups.append(node)
        return f"({text()})"

    def _optional(self, node: Node) -> str:
        """Write what is optional as a cheap alternative: without it, what follows could not begin here."""
        assert isinstance(node, Loop)
        return f"(?:{self.write(node.item)}|)"

    def _loop(self, node: Loop) -> str:
        """Write a repetition; captured as a whole, it is looked into later: a group would keep its last turn only."""
        capture, self._capture = self._capture, self._capture if node.most == 1 else None
        try:
            item = node.item
            blanks, core = peg.skips(item)
            stop = ""
            if node.stop is not None:
                before, ender = peg.skips(node.stop)
                if before == blanks and blanks is not None:
                    item = peg.seq(blanks, Look(ender, negative=True), core)
                else:
                    stop = f"(?!{self.write(node.stop, last=True)})"
            elif isinstance(item, Choice) and node.most is None:
                item = Choice(tuple(map(_swallow, item.items))) if peg.all_apart(item.items) else item
            inner = self.write(item, last=node.least <= 1)  # a turn that must come could go back into the one before
            return f"(?>(?:{stop}{inner}){_times(node.least, node.most)})"
        finally:
            self._capture = capture

    def _run(self, chars: Bytes, low: int, high: int | None, suffix: str) -> str:
        allowed = chars - self._around.never
        if not allowed:
            return "" if low == 0 else "(?!)"
        if low == high and low <= _SPELLED_OUT:
            return char_class(allowed) * low
        times = _times(low, high)
        return char_class(allowed) + times + ("" if not times or low == high else suffix)


def _is_optional(node: Node) -> bool:
    return isinstance(node, Loop) and (node.least, node.most, node.stop) == (0, 1, None)


def _cannot_go_back(node: Node, rest: tuple[Node, ...]) -> bool:
    """Tell whether what follows needs a first byte that is none of what the node begins with."""
    if not rest or not isinstance(rest[0], Text | Run):
        return False
    following = peg.seq(*rest)
    return peg.least(following) > 0 and not peg.first(following) & peg.first(node)


def _swallow(node: Node) -> Node:
    """Let a single byte among the alternatives of a repetition take all it can at once."""
    return Run(node.chars, 1) if isinstance(node, Run) and (node.least, node.most) == (1, 1) else node


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
def char_class(chars: Bytes) -> str:
    """Write a set of bytes as ranges: the re module makes one bitmap of it, and a negated class is slower."""
    if chars == peg.EVERY:
        return r"[^\n]"
    ranges: list[list[int]] = []
    for code in sorted(chars):
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    if len(chars) == 1:
        return _escaped(bytes(chars))
    return "[" + "".join(_shown(a) if a == b else f"{_shown(a)}-{_shown(b)}" for a, b in ranges) + "]"


def _shown(code: int) -> str:
    """Write a byte of a class: as itself where that says nothing else, which people and the compiler read faster."""
    text = chr(code)
    return text if text.isascii() and text.isalnum() else f"\\x{code:02x}"
