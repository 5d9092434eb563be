"""Write nodes as one regex over bytes, for a line that may end in a newline and has none inside.

Choices and repetitions become atomic groups. Only single classes get possessive quantifiers: Python before 3.11.5
miscompiles them on anything longer, and fails on captures inside them.

For PCRE2 alternatives share their groups, by its branch reset ``(?|...)``: a value that many alternatives of a
repetition may set is one group, so the group holds what was set last, and rows are short.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from itertools import islice

from logwatch.compile import nodes
from logwatch.compile.nodes import Backtracking, Capture, CharRun, Choice, Literal, Lookaround, Node, Repeat

_NEWLINE = frozenset(b"\n")
_SPECIAL = frozenset(b"\\]^-[&~|")  # inside a class
_QUOTE, _BACKSLASH = b'"\\'
_ESCAPED_QUOTE = Literal(b'\\"')
BARE: nodes.Bytes = frozenset(range(0x20, 256)) - {_QUOTE, _BACKSLASH}
"""The bytes of a line that JSON text may contain unescaped."""
_NEVER = CharRun(frozenset(), 1, 1)


class Writer:
    """Writes nodes, and records in ``groups`` what each capturing group stands for, in numerical order.

    A repetition with captures inside is one group, to be scanned again later: inner groups would keep only the last
    iteration.
    """

    def __init__(self, *, capturing: bool = False) -> None:
        self._capturing = capturing
        self.groups: list[Capture | Repeat] = []
        self._texts: dict[tuple[int, bool, bool], str] = {}  # of nodes that are in many places

    def write(self, node: Node, *, last: bool = False, back: bool = False) -> str:
        """Write a node. ``last``: nothing follows, so no atomic group is needed; ``back``: it may backtrack."""
        key = id(node), last, back
        if node.capture_names or key not in self._texts:
            self._texts[key] = self._written(node, last=last, back=back)
        return self._texts[key]

    def _written(self, node: Node, *, last: bool, back: bool) -> str:  # noqa: PLR0911  one case a node
        match node:
            case Literal(data):
                return "(?!)" if b"\n" in data else re.escape(data.decode("latin-1"))
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
                last = low <= 1  # a required iteration could backtrack into the one before
                return self._captured(node, lambda: self._iterations(self.write(item, last=last), _times(low, high)))
            case Lookaround(item, negative, behind):
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

    def _iterations(self, inner: str, times: str) -> str:
        return f"(?>(?:{inner}){times})"


class SharedGroups(Writer):
    """Writes one node with the groups of ``Node.groups``; if ``quoted``, for lines inside JSON text."""

    def __init__(self, node: Node, *, quoted: bool = False) -> None:
        super().__init__(capturing=True)
        self._quoted = quoted
        self._numbers = iter(range(1, 1 + len(node.groups)))  # of the groups that are still to be written
        self._last = 0

    def _written(self, node: Node, *, last: bool, back: bool) -> str:
        quoted = _in_json(node) if self._quoted else None
        if quoted is None:
            return super()._written(node, last=last, back=back)
        return SharedGroups(quoted).write(quoted, last=last, back=back)

    def _captured(self, node: Capture | Repeat, text: Callable[[], str]) -> str:
        if not isinstance(node, Capture):
            return text()
        number = next(self._numbers)
        others = "(){0}" * (number - self._last - 1)  # groups of other alternatives: they compile to nothing
        self._last = number
        return f"{others}({text()})"

    def _alternatives(self, node: Choice, *, last: bool, back: bool) -> str:
        if not node.capture_names:
            return super()._alternatives(node, last=last, back=back)
        shared = node.groups
        numbers, begin, rest = list(islice(self._numbers, len(shared))), self._last, self._numbers
        texts, ends = [], []
        for item in node.items:
            places = zip(numbers, shared, strict=True)  # an item's groups are among these, in the same order
            own = [next(number for number, group in places if group.name == name) for name, _ in item.groups]
            self._last, self._numbers = begin, iter(own)
            texts.append(self.write(item, last=last or not back, back=back))
            ends.append(self._last)
        self._last, self._numbers = max(ends), rest
        return f"(?|{'|'.join(texts)})" if last or back else f"(?>(?|{'|'.join(texts)}))"

    def _iterations(self, inner: str, times: str) -> str:
        """Make the repetition possessive: with an atomic group around it, PCRE2 would keep every iteration's state."""
        return f"(?:{inner}){times}+" if times else f"(?>{inner})"


def _in_json(node: Node) -> Node | None:
    r"""Return what a node that looks at bytes is for lines inside JSON text; None for those that only join others.

    Only text without any other escape than ``\"`` is matched. Apart from its quotes it is the line itself, so the nodes
    match at the same places; and they cannot run past the text's end, which is a bare quote or an escape.
    """
    match node:
        case Literal(data):
            if not BARE.union((_QUOTE,)).issuperset(data):
                return _NEVER  # it would need another escape
            return Literal(data.replace(b'"', b'\\"'))
        case CharRun(chars, low, high, lazy):
            bare = CharRun(chars & BARE, low, high, lazy)
            if _QUOTE not in chars or high == 0:
                return bare
            single = Choice((CharRun(bare.chars, 1, 1), _ESCAPED_QUOTE)) if bare.chars else _ESCAPED_QUOTE
            return single if (low, high) == (1, 1) else Repeat(single, low, high, lazy)
        case Lookaround(CharRun(chars, 1, 1), negative, True):
            return Lookaround(
                CharRun(chars & (BARE | {_QUOTE}), 1, 1), negative, behind=True
            )  # an escape ends in the quote
    return None


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


@lru_cache(maxsize=256)
def char_class(chars: nodes.Bytes) -> str:
    """Write a set of bytes as ranges, of which re makes one bitmap; a negated class would be slower.

    Bytes are written unescaped where possible: an escape takes several times as long to compile.
    """
    if chars == nodes.EVERY_BYTE:
        return "."  # takes two thirds of the time of a class
    if len(chars) == 1:
        return re.escape(bytes(chars).decode("latin-1"))
    ranges: list[list[int]] = []
    for code in sorted(chars):
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "[" + "".join(_shown(a) if a == b else f"{_shown(a)}-{_shown(b)}" for a, b in ranges) + "]"


def _shown(code: int) -> str:
    return rf"\{code:c}" if code in _SPECIAL else chr(code)
