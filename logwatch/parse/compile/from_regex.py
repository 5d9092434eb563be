r"""Turn a Python regular expression over text into nodes over bytes with the same meaning on every line of latin-1.

Classes are written out byte by byte, so that ``\w`` or ``\s`` mean in bytes what they mean in text. What cannot keep
its meaning inside a larger expression is refused.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
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
            return _single(_chars(repr(item), _Item(item), flags))
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
            if nodes.capture_names(node):
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
    if not nodes.min_len(item) and (most is None or most > 1):
        raise NotCompilable("a repetition of what may be empty in a Regex")
    return Repeat(item, low, most, lazy=lazy)


class _Item:
    """One construct that matches one character; all are equal, so that a cache tells them apart by their text alone."""

    def __init__(self, item: Any) -> None:
        self.item = item

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Item)


@lru_cache(maxsize=512)
def _chars(written: str, construct: _Item, flags: int) -> Bytes:  # noqa: ARG001  the text is the key
    """Return which of the 256 characters a construct matches, by asking the re module itself."""
    state = _parser.State()
    state.flags = flags
    state.str = ""
    compiled = _compiler.compile(_parser.SubPattern(state, [construct.item]), flags)
    return frozenset(ord(char) for char in _LATIN1 if compiled.match(char)) & nodes.EVERY_BYTE


def without_backtracking(node: Node) -> Node | None:
    """Return the same expression as nodes that never go back; None if going back could change what it matches."""
    items = nodes.parts(node)
    done: list[Node] = []
    for index, item in enumerate(items):
        rest = nodes.seq(*items[index + 1 :])
        committed = _item_without_backtracking(item, rest, last=index + 1 == len(items))
        if committed is None:
            return None
        done.append(committed)
    return nodes.seq(*done)


def _item_without_backtracking(item: Node, rest: Node, *, last: bool) -> Node | None:  # noqa: PLR0911, C901  one case a node
    """Return an item without going back; None unless it has one way to match, or only the first is of use to the rest.

    ``rest`` is what follows it; ``last`` says that nothing does.
    """
    match item:
        case Literal() | Look() | EndOfLine() | Backtracking():
            return item
        case CharRun(chars, low, high, lazy):
            if low == high:
                return CharRun(chars, low, high)
            return item if not lazy and (last or _disjoint_start(rest, chars)) else None
        case Capture(name, inner):
            committed = (
                _item_without_backtracking(inner, rest, last=last)
                if not isinstance(inner, nodes.Seq)
                else without_backtracking(inner)
            )
            if isinstance(inner, nodes.Seq) and not last and not _single_way(inner):
                return None
            return None if committed is None else Capture(name, committed)
        case Choice(items):
            committed_items = [without_backtracking(each) for each in items]
            if None in committed_items:
                return None
            useful = last or (nodes.all_disjoint(items) and all(map(_single_way, items)))
            return Choice(tuple(each for each in committed_items if each is not None)) if useful else None
        case Repeat(inner, low, high, _, lazy):
            committed = without_backtracking(inner)
            if committed is None or lazy or not nodes.min_len(inner):
                return None
            single_way = _single_way(inner) or (isinstance(inner, Choice) and nodes.all_disjoint(inner.items))
            if isinstance(inner, Choice) and not all(map(_single_way, inner.items)):
                return None
            useful = single_way and (low == high or last or _disjoint_start(rest, nodes.first_set(inner)))
            return Repeat(committed, low, high) if useful else None
        case nodes.Seq():
            return without_backtracking(item) if last or _single_way(item) else None
    return None


def _disjoint_start(rest: Node, chars: Bytes) -> bool:
    """Return whether the rest needs a first byte that is none of these."""
    head = rest.items[0] if isinstance(rest, nodes.Seq) and rest.items else rest
    if isinstance(head, Look) and head.negative and not head.behind:
        refused = head.item.items if isinstance(head.item, Choice) else (head.item,)
        if any(isinstance(each, CharRun) and each.max == 1 and chars <= each.chars for each in refused):
            return True  # to give one back would put it where it must not stand
    return nodes.min_len(rest) > 0 and not _may_assert_first(rest) and not nodes.first_set(rest) & chars


def _may_assert_first(node: Node) -> bool:
    """Return whether something without width stands before the first byte, where giving back could help."""
    head = node.items[0] if isinstance(node, nodes.Seq) and node.items else node
    return not isinstance(head, Literal | CharRun) and any(
        isinstance(each, Look | EndOfLine) for each in nodes.walk(head)
    )


def _single_way(node: Node) -> bool:
    """Return whether a node can match in one way only, its length fixed by what stands there."""
    match node:
        case Literal() | Look() | EndOfLine() | Backtracking():
            return True
        case CharRun(_, low, high, _):
            return low == high
        case Capture(_, inner):
            return _single_way(inner)
        case nodes.Seq(items):
            return all(map(_single_way, items))
        case Choice(items):
            return nodes.all_disjoint(items) and all(map(_single_way, items))
    return False
