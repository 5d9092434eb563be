r"""Turn a Python regular expression over text into nodes over bytes with the same meaning on every line of latin-1.

Classes are written out byte by byte, so that ``\w`` or ``\s`` mean in bytes what they mean in text. What cannot keep
its meaning inside a larger expression is refused.
"""

import re
from collections.abc import Iterable
from typing import Any

from logwatch.parse.compile import nodes
from logwatch.parse.compile.nodes import (
    Backtracking,
    Bytes,
    Capture,
    CharRun,
    Choice,
    EndOfLine,
    Literal,
    Look,
    Node,
    Repeat,
)

_parser: Any = re._parser  # type: ignore[attr-defined]  # noqa: SLF001  what the re module itself reads patterns with
_compiler: Any = re._compiler  # type: ignore[attr-defined]  # noqa: SLF001
_LATIN1 = [chr(number) for number in range(256)]
_CHARS: dict[tuple[str, int], Bytes] = {}  # what was found out, by construct and flags


class NotCompilable(Exception):  # noqa: N818  it is an answer, not a failure
    """Something cannot be compiled and keep its meaning; pyparsing itself has to match it."""


def parse(pattern: re.Pattern[str]) -> Node:
    """Return the nodes of a pattern that is matched once and not gone back into; raise NotCompilable."""
    if not isinstance(pattern.pattern, str):
        raise NotCompilable("a Regex over bytes")
    tree = _parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
    groups = {number: name for name, number in pattern.groupindex.items()}
    node = _sequence(list(tree), tree.state.flags, groups)
    return without_backtracking(node) or Backtracking(node)


def _sequence(items: Iterable[Any], flags: int, groups: dict[int, str]) -> Node:
    return nodes.seq(*(_item(item, flags, groups) for item in items))


def _item(item: Any, flags: int, groups: dict[int, str]) -> Node:  # noqa: PLR0911  one case a construct
    operator, argument = item
    match str(operator):
        case "LITERAL" | "NOT_LITERAL" | "ANY" | "IN":
            return _single(_chars(item, flags))
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
            return Backtracking(_repeat(_sequence(inner, flags, groups), low, high, lazy=False))
        case "ATOMIC_GROUP":
            return Backtracking(_sequence(argument, flags, groups))
        case "ASSERT" | "ASSERT_NOT":
            direction, inner = argument
            node = _sequence(inner, flags, groups)
            if node.capture_names:
                raise NotCompilable("a named group inside an assertion")
            return Look(node, negative=str(operator) == "ASSERT_NOT", behind=direction < 0)
        case "AT":
            return _position(str(argument), flags)
    raise NotCompilable(f"{str(operator).lower().replace('_', ' ')} in a Regex")


def _position(where: str, flags: int) -> Node:
    if where in ("AT_END", "AT_END_STRING"):
        return EndOfLine()
    if where in ("AT_BOUNDARY", "AT_NON_BOUNDARY"):
        word = frozenset(map(ord, filter(re.compile(r"\w", flags & re.ASCII).match, _LATIN1)))
        inside = CharRun(word, 1, 1)
        before, after = Look(inside, behind=True), Look(inside)
        no_before, no_after = Look(inside, negative=True, behind=True), Look(inside, negative=True)
        if where == "AT_BOUNDARY":
            return Choice((nodes.seq(before, no_after), nodes.seq(no_before, after)))
        return Choice((nodes.seq(before, after), nodes.seq(no_before, no_after)))
    raise NotCompilable("^ in a Regex")


def _single(chars: Bytes) -> Node:
    return Literal(bytes(chars)) if len(chars) == 1 else CharRun(chars, 1, 1)


def _repeat(item: Node, low: int, high: Any, *, lazy: bool) -> Node:
    most = None if high is _parser.MAXREPEAT else int(high)
    if isinstance(item, Literal) and len(item.data) == 1:
        item = CharRun(frozenset(item.data), 1, 1)
    if isinstance(item, CharRun) and (item.min, item.max) == (1, 1):
        return CharRun(item.chars, low, most, lazy)
    if not item.min_len and (most is None or most > 1):
        raise NotCompilable("a repetition of what may be empty in a Regex")
    return Repeat(item, low, most, lazy=lazy)


def _chars(construct: Any, flags: int) -> Bytes:
    """Return which of the 256 characters a construct matches, by asking the re module itself."""
    key = repr(construct), flags
    if key not in _CHARS:
        state = _parser.State()
        state.flags = flags
        state.str = ""
        compiled = _compiler.compile(_parser.SubPattern(state, [construct]), flags)
        _CHARS[key] = frozenset(ord(char) for char in _LATIN1 if compiled.match(char)) & nodes.EVERY_BYTE
    return _CHARS[key]


def without_backtracking(node: Node) -> Node | None:
    """Return the same expression as nodes that never go back; None if going back could change what it matches."""
    items = nodes.parts(node)
    last = len(items) - 1
    done = [_committed(item, nodes.seq(*items[i + 1 :]), last=i == last) for i, item in enumerate(items)]
    return None if None in done else nodes.seq(*(each for each in done if each is not None))


def _committed(item: Node, rest: Node, *, last: bool) -> Node | None:  # noqa: PLR0911  one case a node
    """Return an item without going back; None unless it has one way to match, or only the first is of use to the rest.

    ``rest`` is what follows it; ``last`` says that nothing does.
    """
    match item:
        case CharRun(chars, low, high, lazy):
            if low == high:
                return CharRun(chars, low, high)
            return item if not lazy and (last or _needs_another(rest, chars)) else None
        case Capture(name, inner):
            committed = _committed(inner, rest, last=last)
            return committed and Capture(name, committed)
        case nodes.Seq():
            return without_backtracking(item) if last or nodes.has_one_way(item) else None
        case Choice(items):
            done = [without_backtracking(each) for each in items]
            committed_items = tuple(each for each in done if each is not None)
            one_way = last or nodes.has_one_way(item)
            return Choice(committed_items) if one_way and len(committed_items) == len(items) else None
        case Repeat(inner, low, high, _, lazy):
            committed = without_backtracking(inner)
            one_way = nodes.has_one_way(inner) and not lazy and bool(inner.min_len)
            useful = one_way and (low == high or last or _needs_another(rest, inner.first_set))
            return Repeat(committed, low, high) if committed and useful else None
    return item


def _needs_another(rest: Node, chars: Bytes) -> bool:
    """Return whether the rest cannot stand where one of these bytes was given back."""
    head = next(iter(nodes.parts(rest)), rest)
    if isinstance(head, Look) and head.negative and not head.behind:
        refused = head.item.items if isinstance(head.item, Choice) else (head.item,)
        if any(isinstance(each, CharRun) and each.max == 1 and chars <= each.chars for each in refused):
            return True
    return nodes.cannot_begin_with(rest, chars)
