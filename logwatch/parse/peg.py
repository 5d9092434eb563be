"""The few nodes that a line grammar consists of, and what can be said about one without running it.

All but ``Free`` mean what pyparsing means: greedy, ordered, never going back. What a node matches at a place is
therefore one fixed number of bytes or nothing, and a compiled grammar can be one regular expression of atomic parts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

Bytes: TypeAlias = frozenset[int]
EVERY: Bytes = frozenset(range(256)) - {10}
"""Every byte that a line can contain."""


@dataclass(frozen=True, slots=True)
class Text:
    """These bytes."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Run:
    """As many bytes out of a set as there are, within bounds; inside ``Free`` it may give some back."""

    chars: Bytes
    least: int = 1
    most: int | None = None
    lazy: bool = False  # inside Free only


@dataclass(frozen=True, slots=True)
class Seq:
    """One after the other."""

    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """The first that matches."""

    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """Again and again, until it does not match, or ``stop`` would."""

    item: "Node"
    least: int = 0
    most: int | None = None
    stop: "Node | None" = None
    lazy: bool = False  # inside Free only


@dataclass(frozen=True, slots=True)
class Look:
    """Matches nothing, where ``item`` does match ahead (or before, or does not)."""

    item: "Node"
    negative: bool = False
    behind: bool = False


@dataclass(frozen=True, slots=True)
class End:
    """The end of the line."""


@dataclass(frozen=True, slots=True)
class Named:
    """What ``item`` matches is a value."""

    name: str
    item: "Node"


@dataclass(frozen=True, slots=True)
class Free:
    """A regular expression as its author wrote it: it goes back inside, and never once it has matched."""

    item: "Node"


Node: TypeAlias = Text | Run | Seq | Choice | Loop | Look | End | Named | Free
NOTHING = Seq(())


def seq(*items: Node) -> Node:
    """Join nodes, flat, with adjacent texts as one and blanks skipped once."""
    flat: list[Node] = []
    for item in items:
        for each in item.items if isinstance(item, Seq) else (item,):
            before = flat[-1] if flat else None
            if isinstance(each, Text) and isinstance(before, Text):
                flat[-1] = Text(before.data + each.data)
            elif isinstance(each, Look) and _always(each, flat):
                continue
            elif not _skips(each):
                flat.append(each)
            elif isinstance(before, Look) and not before.behind and skips(before.item)[0] == each:
                # what is looked for behind blanks can as well be looked for once they have been skipped
                flat[-1:] = [each, replace(before, item=skips(before.item)[1])]
                if flat[-3:-2] == [each]:
                    del flat[-3]
            elif each != before:
                flat.append(each)
    return flat[0] if len(flat) == 1 else Seq(tuple(flat))


def _always(look: Look, before: list[Node]) -> bool:
    """Tell whether what must not stand before cannot stand there, by what has just been matched."""
    if not (look.behind and look.negative and isinstance(look.item, Run) and look.item.most == 1):
        return False
    for node in reversed(before):
        if not isinstance(node, Run | Text):
            return False
        if look.item.chars & (node.chars if isinstance(node, Run) else frozenset(node.data[-1:])):
            return False
        if least(node):
            return True
    return False


def optional(item: Node) -> Node:
    """Match the item or nothing."""
    if isinstance(item, Text) and len(item.data) == 1:
        return Run(frozenset(item.data), 0, 1)
    if isinstance(item, Run) and (item.least, item.most) == (1, 1):
        return Run(item.chars, 0, 1)
    return Loop(item, 0, 1)


def _skips(node: Node) -> bool:
    return isinstance(node, Run) and node.least == 0 and node.most is None and not node.lazy


def choice(*items: Node) -> Node:
    """Join alternatives, flat; blanks that all of them skip are skipped once, in front."""
    flat = [each for item in items for each in (item.items if isinstance(item, Choice) else (item,))]
    blanks = {skips(item)[0] for item in flat}
    if len(flat) > 1 and len(blanks) == 1 and (blank := blanks.pop()) is not None:
        return seq(blank, choice(*(skips(item)[1] for item in flat)))
    return flat[0] if len(flat) == 1 else Choice(tuple(flat))


def skips(node: Node) -> tuple[Run | None, Node]:
    """Split what skips blanks in front from the rest."""
    head, rest = (node.items[0], node.items[1:]) if isinstance(node, Seq) and node.items else (node, ())
    return (head, seq(*rest)) if isinstance(head, Run) and _skips(head) else (None, node)


def least(node: Node) -> int:  # noqa: PLR0911  one case a node
    """Give the least number of bytes that a match takes."""
    match node:
        case Text(data):
            return len(data)
        case Run():
            return node.least
        case Seq(items):
            return sum(map(least, items))
        case Choice(items):
            return min(map(least, items), default=0)
        case Loop(item):
            return node.least * least(item)
        case Named(_, item) | Free(item):
            return least(item)
    return 0


def first(node: Node) -> Bytes:
    """Give the bytes that a match can begin with; of an empty match, nothing is said."""
    match node:
        case Text(data):
            return frozenset(data[:1])
        case Run(chars):
            return chars
        case Seq(items):
            found: Bytes = frozenset()
            for item in items:
                found |= first(item)
                if least(item):
                    break
            return found
        case Choice(items):
            return frozenset().union(*map(first, items))
        case Loop(item) | Named(_, item) | Free(item):
            return first(item)
    return frozenset()


def apart(one: Node, other: Node) -> bool:
    """Tell whether at no place both can match, as far as their first bytes or words tell."""
    if not least(one) or not least(other):
        return False
    if not first(one) & first(other):
        return True
    words, others = beginnings(one), beginnings(other)
    return not any(word.startswith(each) or each.startswith(word) for word in words for each in others)


def beginnings(node: Node) -> frozenset[bytes]:  # noqa: C901, PLR0911  one case a node
    """Give the texts of which any match begins with one; what is asserted behind a word makes it longer."""
    match node:
        case Text(data):
            return frozenset((data,))
        case Run(chars, low) if low and len(chars) <= _MANY:
            return frozenset(bytes((code,)) for code in chars)
        case Choice(items):
            return frozenset().union(*map(beginnings, items))
        case Named(_, item) | Free(item):
            return beginnings(item)
        case Look(item, negative, behind) if not negative and not behind:
            return beginnings(item)
        case Seq(items):
            heads: frozenset[bytes] = frozenset((b"",))
            for item in items:
                if isinstance(item, Look) and (item.negative or item.behind):
                    continue
                tails = beginnings(item)
                if len(heads) * len(tails) > _MANY:
                    break
                heads = frozenset(head + tail for head in heads for tail in tails)
                if not isinstance(item, Text) and not (isinstance(item, Choice) and _whole(item)):
                    break
            return heads
    return frozenset((b"",))


_MANY = 64


def _whole(node: Choice) -> bool:
    return all(isinstance(item, Text) for item in node.items)


def all_apart(items: tuple[Node, ...]) -> bool:
    """Tell whether at any place at most one of the items can match."""
    return all(apart(one, other) for i, one in enumerate(items) for other in items[i + 1 :])


def children(node: Node) -> Iterator[Node]:
    """Give the nodes directly inside a node."""
    match node:
        case Seq(items) | Choice(items):
            yield from items
        case Loop(item):
            yield item
            if node.stop is not None:
                yield node.stop
        case Look(item) | Named(_, item) | Free(item):
            yield item


def walk(node: Node) -> Iterator[Node]:
    """Give a node and all nodes inside."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        waiting += reversed(list(children(each)))


def names(node: Node) -> list[str]:
    """Give the names of the values inside, in order, each as often as it stands there."""
    return [each.name for each in walk(node) if isinstance(each, Named)]


def bare(node: Node, keep: frozenset[str] = frozenset()) -> Node:
    """Give the same node without names, but those in ``keep``."""
    match node:
        case Seq(items):
            return seq(*(bare(item, keep) for item in items))
        case Choice(items):
            return Choice(tuple(bare(item, keep) for item in items))
        case Loop(item) | Look(item):
            return replace(node, item=bare(item, keep))
        case Named(name, item):
            return Named(name, item) if name in keep else bare(item, keep)
        case Free(item):
            return Free(bare(item, keep))
    return node
