"""The PEG tree that a line grammar is compiled to, and the static properties of its nodes.

Every node except ``Backtracking`` has pyparsing's semantics: greedy, ordered, without backtracking. At a given position
it matches one fixed number of bytes or fails, so a compiled grammar can be a single regex of atomic parts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple, TypeAlias

Bytes: TypeAlias = frozenset[int]
EVERY_BYTE: Bytes = frozenset(range(256)) - {10}
"""Every byte that a line can contain."""


class _Properties:
    """Properties that every step of the compiler asks for, computed once per node."""

    @property
    def children(self) -> "tuple[Node, ...]":
        """The nodes directly inside this one."""
        match self:
            case Seq(items) | Choice(items):
                return items
            case Repeat(item) | Lookaround(item) | Capture(_, item) | Backtracking(item):
                return (item,)
        return ()

    @cached_property
    def min_len(self) -> int:
        """The length of the shortest match, in bytes."""
        match self:
            case Literal(data):
                return len(data)
            case CharRun(_, low):
                return low
            case Choice(items):
                return min((item.min_len for item in items), default=0)
            case Repeat(item, low):
                return low * item.min_len
            case Lookaround():
                return 0
        return sum(child.min_len for child in self.children)

    @cached_property
    def capture_names(self) -> tuple[str, ...]:
        """The names of all captures inside, from left to right, each as often as it occurs."""
        own = [self.name] if isinstance(self, Capture) else []
        return tuple(own + [name for child in self.children for name in child.capture_names])

    @cached_property
    def groups(self) -> "tuple[ValueGroup, ...]":
        """The groups that hold the values of its captures, in numerical order; alternatives share theirs."""
        if isinstance(self, Choice):
            shared: list[ValueGroup] = []
            for item in self.items:
                _share(shared, item.groups)
            return tuple(shared)
        own = [ValueGroup(self.name)] if isinstance(self, Capture) else []
        found = (*own, *(group for child in self.children for group in child.groups))
        if isinstance(self, Repeat) and self.max != 1:
            return tuple(ValueGroup(name, frozenset((id(self),))) for name, _ in found)
        return found

    @cached_property
    def first_set(self) -> Bytes:
        """The bytes that a non-empty match can begin with."""
        found: Bytes = frozenset()
        match self:
            case Literal(data):
                return frozenset(data[:1])
            case CharRun(chars):
                return chars
            case Choice(items):
                return found.union(*(item.first_set for item in items))
            case Lookaround():
                return found
        for child in self.children:
            found |= child.first_set
            if child.min_len:
                break
        return found


class ValueGroup(NamedTuple):
    """The name of a group, and the ids of the outermost repetitions that may set it."""

    name: str
    repetitions: frozenset[int] = frozenset()


def _share(shared: list[ValueGroup], groups: Sequence[ValueGroup]) -> None:
    """Merge an alternative's groups into those of earlier ones: reuse them where names and order allow, add others."""
    at = 0
    for group in groups:
        same = next((i for i in range(at, len(shared)) if shared[i].name == group.name), None)
        if same is None:
            shared.insert(at, group)
        else:
            shared[same] = ValueGroup(group.name, shared[same].repetitions | group.repetitions)
        at = (at if same is None else same) + 1


@dataclass(frozen=True)
class Literal(_Properties):
    """Exactly these bytes."""

    data: bytes


@dataclass(frozen=True)
class CharRun(_Properties):
    """A greedy run of ``min`` to ``max`` bytes from a set; inside ``Backtracking`` it may give some back."""

    chars: Bytes
    min: int = 1
    max: int | None = None
    lazy: bool = False  # inside Backtracking only


@dataclass(frozen=True)
class Seq(_Properties):
    """All items, one after the other."""

    items: tuple["Node", ...]


@dataclass(frozen=True)
class Choice(_Properties):
    """The first item that matches."""

    items: tuple["Node", ...]


@dataclass(frozen=True)
class Repeat(_Properties):
    """Greedy repetition; ends where ``item`` fails or ``max`` is reached."""

    item: "Node"
    min: int = 0
    max: int | None = None
    lazy: bool = False  # inside Backtracking only


@dataclass(frozen=True)
class Lookaround(_Properties):
    """A zero-width assertion: ``item`` matches from here (``behind``: up to here), or with ``negative`` does not."""

    item: "Node"
    negative: bool = False
    behind: bool = False


@dataclass(frozen=True)
class Capture(_Properties):
    """Captures what ``item`` matches as a value of this name."""

    name: str
    item: "Node"


@dataclass(frozen=True)
class Backtracking(_Properties):
    """A regex as its author wrote it: it may backtrack inside, but not once it has matched."""

    item: "Node"


Node: TypeAlias = Literal | CharRun | Seq | Choice | Repeat | Lookaround | Capture | Backtracking

NOTHING = Seq(())
_ANY_BYTE = CharRun(EVERY_BYTE, 1, 1)
BEGIN_OF_LINE = Lookaround(_ANY_BYTE, negative=True, behind=True)
END_OF_LINE = Lookaround(_ANY_BYTE, negative=True)


# ---- smart constructors ----------------------------------------------------------------------------------------------


def seq(*items: Node) -> Node:
    """Concatenate nodes into one flat sequence; adjacent literals are merged."""
    flat: list[Node] = []
    for item in items:
        for each in parts(item):
            before = flat[-1] if flat else None
            if isinstance(each, Literal) and isinstance(before, Literal):
                flat[-1] = Literal(before.data + each.data)
            else:
                flat.append(each)
    return flat[0] if len(flat) == 1 else Seq(tuple(flat))


def repeat(item: Node, low: int, high: int | None, *, lazy: bool = False) -> Node:
    """Repeat an item; a repeated single byte becomes a ``CharRun``."""
    if isinstance(item, Literal) and len(item.data) == 1:
        item = CharRun(frozenset(item.data), 1, 1)
    if isinstance(item, CharRun) and (item.min, item.max) == (1, 1):
        return CharRun(item.chars, low, high, lazy)
    return Repeat(item, low, high, lazy)


def choice(*items: Node) -> Node:
    """Join alternatives into one flat choice; blanks that all of them skip first are skipped once, in front."""
    flat = [each for item in items for each in (item.items if isinstance(item, Choice) else [item])]
    blanks = {split_leading_blanks(item)[0] for item in flat}
    if len(flat) > 1 and len(blanks) == 1 and (blank := blanks.pop()) is not None:
        return seq(blank, choice(*(split_leading_blanks(item)[1] for item in flat)))
    return flat[0] if len(flat) == 1 else Choice(tuple(flat))


def without_captures(node: Node, keep: frozenset[str] = frozenset()) -> Node:
    """Return the node without its captures, except those named in ``keep``."""
    if keep.issuperset(node.capture_names):
        return node
    inside = [without_captures(child, keep) for child in node.children]
    match node:
        case Seq():
            return seq(*inside)
        case Choice():
            return Choice(tuple(inside))
        case Repeat() | Lookaround() | Capture() | Backtracking():
            return inside[0] if isinstance(node, Capture) and node.name not in keep else replace(node, item=inside[0])
    return node


# ---- structure -------------------------------------------------------------------------------------------------------


def parts(node: Node) -> tuple[Node, ...]:
    """Return the items of a sequence, or any other node as the only item."""
    return node.items if isinstance(node, Seq) else (node,)


def steps(node: Node) -> Iterator[Node]:
    """Yield what has to match one after the other, inside a Regex as well."""
    for part in parts(node):
        yield from parts(part.item) if isinstance(part, Backtracking) else (part,)


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all nodes inside it, parents first, from left to right."""
    yield node
    for child in node.children:
        yield from walk(child)


def split_leading_blanks(node: Node) -> tuple[CharRun | None, Node]:
    """Split off the run that skips leading blanks; return it (None if there is none) and the rest."""
    head, *rest = parts(node) or (node,)
    skips = isinstance(head, CharRun) and (head.min, head.max, head.lazy) == (0, None, False)
    return (head, seq(*rest)) if isinstance(head, CharRun) and skips else (None, node)


def looks_before(node: Node) -> bool:
    """Return whether a lookbehind may see what precedes the line."""
    at = 0  # bytes that precede the part at least
    for part in steps(node):
        if any(isinstance(each, Lookaround) and each.behind and each.item.min_len > at for each in walk(part)):
            return True
        at += part.min_len
    return False
