r"""Translate a Python regex over text into nodes over bytes that match every line of latin-1 identically.

Classes are expanded byte by byte, so that ``\w`` and ``\s`` match the same as in text. A construct that cannot keep its
meaning inside a larger expression is refused.
"""

import re
from collections.abc import Iterable
from typing import Any

from logwatch.compile import nodes
from logwatch.compile.nodes import Backtracking, Capture, CharRun, Choice, Literal, Lookaround, Node

_parser: Any = re._parser  # type: ignore[attr-defined]  # noqa: SLF001  the parser of the re module itself
_compiler: Any = re._compiler  # type: ignore[attr-defined]  # noqa: SLF001
_LATIN1 = [chr(number) for number in range(256)]
_CHARS: dict[tuple[str, int], nodes.Bytes] = {}  # cache of _chars, by construct and flags
_BOUNDS = {
    "AT_BOUNDARY": r"(?<=\w)(?!\w)|(?<!\w)(?=\w)",
    "AT_NON_BOUNDARY": r"(?<=\w)(?=\w)|(?<!\w)(?!\w)",
}


class NotCompilable(Exception):  # noqa: N818  it is an answer, not a failure
    """Something cannot be compiled without changing its meaning; pyparsing itself has to match it."""


def parse(pattern: re.Pattern[str]) -> Node:
    """Return the nodes of a pattern, which is never backtracked into once it has matched; raise NotCompilable."""
    if not isinstance(pattern.pattern, str):
        raise NotCompilable("a Regex over bytes")
    tree = _parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
    groups = {number: name for name, number in pattern.groupindex.items()}
    node = _sequence(list(tree), tree.state.flags, groups)
    return node if isinstance(node, Literal) or (isinstance(node, CharRun) and not node.lazy) else Backtracking(node)


def _sequence(items: Iterable[Any], flags: int, groups: dict[int, str]) -> Node:
    return nodes.seq(*(_item(item, flags, groups) for item in items))


def _item(item: Any, flags: int, groups: dict[int, str]) -> Node:  # noqa: PLR0911  one case a construct
    operator, argument = item
    match str(operator):
        case "LITERAL" | "NOT_LITERAL" | "ANY" | "IN":
            chars = _chars(item, flags)
            return Literal(bytes(chars)) if len(chars) == 1 else CharRun(chars, 1, 1)
        case "BRANCH":
            return Choice(tuple(_sequence(branch, flags, groups) for branch in argument[1]))
        case "SUBPATTERN":
            number, added, removed, inner = argument
            node = _sequence(inner, (flags | added) & ~removed, groups)
            return Capture(groups[number], node) if number in groups else node
        case "MAX_REPEAT" | "MIN_REPEAT":
            low, high, inner = argument
            return _repeat(_sequence(inner, flags, groups), low, high, lazy=str(operator) == "MIN_REPEAT")
        case "POSSESSIVE_REPEAT":
            low, high, inner = argument
            item = _sequence(inner, flags, groups)  # re never backtracks into an iteration, but would inside (?>…)
            is_fixed = isinstance(item, Literal) or (isinstance(item, CharRun) and item.min == item.max)
            return Backtracking(_repeat(item if is_fixed else Backtracking(item), low, high, lazy=False))
        case "ATOMIC_GROUP":
            return Backtracking(_sequence(argument, flags, groups))
        case "ASSERT" | "ASSERT_NOT":
            direction, inner = argument
            node = _sequence(inner, flags, groups)
            if node.capture_names:
                raise NotCompilable("a named group inside an assertion")
            return Lookaround(node, negative=str(operator) == "ASSERT_NOT", behind=direction < 0)
        case "AT":
            return _position(str(argument), flags)
    raise NotCompilable(f"{str(operator).lower().replace('_', ' ')} in a Regex")


def _position(where: str, flags: int) -> Node:
    if where in ("AT_END", "AT_END_STRING"):
        return nodes.END_OF_LINE
    if where in _BOUNDS:
        return parse(re.compile(_BOUNDS[where], flags & re.ASCII))
    raise NotCompilable("^ in a Regex")


def _repeat(item: Node, low: int, high: Any, *, lazy: bool) -> Node:
    most = None if high is _parser.MAXREPEAT else int(high)
    if not item.min_len and (most is None or most > 1):
        raise NotCompilable("a repetition of what may be empty in a Regex")
    return nodes.repeat(item, low, most, lazy=lazy)


def _chars(construct: Any, flags: int) -> nodes.Bytes:
    """Return which of the 256 characters of latin-1 a construct matches, by asking the re module itself."""
    key = repr(construct), flags
    if key not in _CHARS:
        state = _parser.State()
        state.flags = flags
        state.str = ""
        compiled = _compiler.compile(_parser.SubPattern(state, [construct]), flags)
        _CHARS[key] = frozenset(ord(char) for char in _LATIN1 if compiled.match(char)) & nodes.EVERY_BYTE
    return _CHARS[key]
