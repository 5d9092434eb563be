r"""Turns a Python regular expression over text into nodes over bytes with the same meaning on every line of latin-1.

Classes are written out byte by byte, so that ``\w`` or ``\s`` mean in bytes what they mean in text. What cannot keep
its meaning inside a larger expression is refused.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from logwatch.parse import peg
from logwatch.parse.peg import Bytes, Choice, End, Free, Look, Loop, Named, Node, Run, Text

_parser: Any = re._parser  # type: ignore[attr-defined]  # noqa: SLF001  what the re module itself reads patterns with
_compiler: Any = re._compiler  # type: ignore[attr-defined]  # noqa: SLF001
_LATIN1 = [chr(number) for number in range(256)]


class Refused(Exception):  # noqa: N818  it is an answer, not a failure
    """Something cannot be compiled and keep its meaning; pyparsing itself has to match it."""


def parse(pattern: re.Pattern[str]) -> Node:
    """Give the nodes of a pattern that is matched once and not gone back into."""
    if not isinstance(pattern.pattern, str):
        raise Refused("a Regex over bytes")
    tree = _parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
    groups = {number: name for name, number in pattern.groupindex.items()}
    node = _sequence(list(tree), tree.state.flags, groups)
    return committed(node) or Free(node)


def _sequence(items: Iterable[Any], flags: int, groups: dict[int, str]) -> Node:
    return peg.seq(*(_item(item, flags, groups) for item in items))


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
            return Named(groups[number], node) if number in groups else node
        case "MAX_REPEAT" | "MIN_REPEAT":
            low, high, inner = argument
            return _repeat(_sequence(inner, flags, groups), low, high, lazy=str(operator) == "MIN_REPEAT")
        case "POSSESSIVE_REPEAT":
            low, high, inner = argument
            return Free(_repeat(_sequence(inner, flags, groups), low, high, lazy=False))
        case "ATOMIC_GROUP":
            return Free(_sequence(argument, flags, groups))
        case "ASSERT" | "ASSERT_NOT":
            direction, inner = argument
            node = _sequence(inner, flags, groups)
            if peg.names(node):
                raise Refused("a named group inside an assertion")
            return Look(node, negative=str(operator) == "ASSERT_NOT", behind=direction < 0)
        case "AT":
            return _position(str(argument), flags)
    raise Refused(f"{str(operator).lower().replace('_', ' ')} in a Regex")


def _position(where: str, flags: int) -> Node:
    if where in ("AT_END", "AT_END_STRING"):
        return End()
    if where in ("AT_BOUNDARY", "AT_NON_BOUNDARY"):
        word = frozenset(map(ord, filter(re.compile(r"\w", flags & re.ASCII).match, _LATIN1)))
        inside = Run(word, 1, 1)
        before, after = Look(inside, behind=True), Look(inside)
        no_before, no_after = Look(inside, negative=True, behind=True), Look(inside, negative=True)
        if where == "AT_BOUNDARY":
            return Choice((peg.seq(before, no_after), peg.seq(no_before, after)))
        return Choice((peg.seq(before, after), peg.seq(no_before, no_after)))
    raise Refused("^ in a Regex")


def _single(chars: Bytes) -> Node:
    return Text(bytes(chars)) if len(chars) == 1 else Run(chars, 1, 1)


def _repeat(item: Node, low: int, high: Any, *, lazy: bool) -> Node:
    most = None if high is _parser.MAXREPEAT else int(high)
    if isinstance(item, Text) and len(item.data) == 1:
        item = Run(frozenset(item.data), 1, 1)
    if isinstance(item, Run) and (item.least, item.most) == (1, 1):
        return Run(item.chars, low, most, lazy)
    if not peg.least(item) and (most is None or most > 1):
        raise Refused("a repetition of what may be empty in a Regex")
    return Loop(item, low, most, lazy=lazy)


class _Item:
    """One construct that matches one character, hashed by what is written."""

    def __init__(self, item: Any) -> None:
        self.item = item

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Item)


@lru_cache(maxsize=512)
def _chars(written: str, construct: _Item, flags: int) -> Bytes:  # noqa: ARG001  the text is the key
    """Ask the re module itself which of the 256 characters a construct matches."""
    state = _parser.State()
    state.flags = flags
    state.str = ""
    compiled = _compiler.compile(_parser.SubPattern(state, [construct.item]), flags)
    return frozenset(ord(char) for char in _LATIN1 if compiled.match(char)) & peg.EVERY


def committed(node: Node) -> Node | None:
    """Give the same expression as nodes that never go back, if going back could not change what it matches."""
    items = node.items if isinstance(node, peg.Seq) else (node,)
    done: list[Node] = []
    for index, item in enumerate(items):
        rest = peg.seq(*items[index + 1 :])
        settled = _settled(item, rest, last=index + 1 == len(items))
        if settled is None:
            return None
        done.append(settled)
    return peg.seq(*done)


def _settled(item: Node, rest: Node, *, last: bool) -> Node | None:  # noqa: PLR0911, C901  one case a node
    """Settle one item: it must have one way to match, or all ways but the first must be of no use to the rest."""
    match item:
        case Text() | Look() | End() | Free():
            return item
        case Run(chars, low, high, lazy):
            if low == high:
                return Run(chars, low, high)
            return item if not lazy and (last or _cannot_begin(rest, chars)) else None
        case Named(name, inner):
            settled = _settled(inner, rest, last=last) if not isinstance(inner, peg.Seq) else committed(inner)
            if isinstance(inner, peg.Seq) and not last and not _rigid(inner):
                return None
            return None if settled is None else Named(name, settled)
        case Choice(items):
            settled_items = [committed(each) for each in items]
            if None in settled_items:
                return None
            useful = last or (peg.all_apart(items) and all(map(_rigid, items)))
            return Choice(tuple(each for each in settled_items if each is not None)) if useful else None
        case Loop(inner, low, high, _, lazy):
            settled = committed(inner)
            if settled is None or lazy or not peg.least(inner):
                return None
            single_way = _rigid(inner) or (isinstance(inner, Choice) and peg.all_apart(inner.items))
            if isinstance(inner, Choice) and not all(map(_rigid, inner.items)):
                return None
            useful = single_way and (low == high or last or _cannot_begin(rest, peg.first(inner)))
            return Loop(settled, low, high) if useful else None
        case peg.Seq():
            return committed(item) if last or _rigid(item) else None
    return None


def _cannot_begin(rest: Node, chars: Bytes) -> bool:
    """Tell whether the rest needs a first byte that is none of these."""
    head = rest.items[0] if isinstance(rest, peg.Seq) and rest.items else rest
    if isinstance(head, Look) and head.negative and not head.behind:
        refused = head.item.items if isinstance(head.item, Choice) else (head.item,)
        if any(isinstance(each, Run) and each.most == 1 and chars <= each.chars for each in refused):
            return True  # to give one back would put it where it must not stand
    return peg.least(rest) > 0 and not _may_assert_first(rest) and not peg.first(rest) & chars


def _may_assert_first(node: Node) -> bool:
    """Tell whether something without width stands before the first byte, where giving back could help."""
    head = node.items[0] if isinstance(node, peg.Seq) and node.items else node
    return not isinstance(head, Text | Run) and any(isinstance(each, Look | End) for each in peg.walk(head))


def _rigid(node: Node) -> bool:
    """Tell whether a node can match in one way only, its length fixed by what stands there."""
    match node:
        case Text() | Look() | End() | Free():
            return True
        case Run(_, low, high, _):
            return low == high
        case Named(_, inner):
            return _rigid(inner)
        case peg.Seq(items):
            return all(map(_rigid, items))
        case Choice(items):
            return peg.all_apart(items) and all(map(_rigid, items))
    return False
