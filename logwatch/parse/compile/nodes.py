"""The PEG tree that a line grammar is compiled to, and what can be said about a node without running it.

All nodes but ``Backtracking`` mean what pyparsing means: greedy, ordered, never going back. What a node matches at a
place is therefore one fixed number of bytes or nothing, and a compiled grammar can be one expression of atomic parts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias, cast

Bytes: TypeAlias = frozenset[int]
EVERY_BYTE: Bytes = frozenset(range(256)) - {10}
"""Every byte that a line can contain."""
_MAX_PREFIXES = 64


@dataclass(frozen=True, slots=True)
class _Inner:
    """A node with others inside; what is asked for at every step of the compiler is worked out once."""

    min_len: int = field(init=False, compare=False, repr=False)
    names: tuple[str, ...] = field(init=False, compare=False, repr=False)
    begins: "Bytes | None" = field(init=False, compare=False, repr=False)  # first_set and prefixes, once asked for
    words: frozenset[bytes] | None = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Work out the properties, from those of the nodes inside."""
        node = cast("Node", self)
        own = [node.name] if isinstance(node, Capture) else []
        own += [name for child in children(node) for name in capture_names(child)]
        object.__setattr__(self, "names", tuple(own))
        object.__setattr__(self, "min_len", _min_len(node))
        object.__setattr__(self, "begins", None)
        object.__setattr__(self, "words", None)


@dataclass(frozen=True, slots=True)
class Literal:
    """These bytes."""

    data: bytes


@dataclass(frozen=True, slots=True)
class CharRun:
    """As many bytes out of a set as there are, within bounds; inside ``Backtracking`` it may give some back."""

    chars: Bytes
    min: int = 1
    max: int | None = None
    lazy: bool = False  # inside Backtracking only


@dataclass(frozen=True, slots=True)
class Seq(_Inner):
    """One after the other."""

    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Choice(_Inner):
    """The first that matches."""

    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Repeat(_Inner):
    """Greedy repetition; ends where ``item`` fails, ``stop`` matches, or ``max`` is reached."""

    item: "Node"
    min: int = 0
    max: int | None = None
    stop: "Node | None" = None
    lazy: bool = False  # inside Backtracking only


@dataclass(frozen=True, slots=True)
class Look(_Inner):
    """Match nothing, where ``item`` matches ahead (``behind``: before), or, ``negative``, does not."""

    item: "Node"
    negative: bool = False
    behind: bool = False


@dataclass(frozen=True, slots=True)
class EndOfLine:
    """The end of the line."""


@dataclass(frozen=True, slots=True)
class Capture(_Inner):
    """What ``item`` matches is a value of this name."""

    name: str
    item: "Node"


@dataclass(frozen=True, slots=True)
class Backtracking(_Inner):
    """A regular expression as its author wrote it: it goes back inside, and never once it has matched."""

    item: "Node"


Node: TypeAlias = Literal | CharRun | Seq | Choice | Repeat | Look | EndOfLine | Capture | Backtracking


# ---- smart constructors ----------------------------------------------------------------------------------------------


def seq(*items: Node) -> Node:
    """Join nodes into one sequence, flat.

    Adjacent literals become one; a look behind that must hold is dropped; blanks are skipped once, and before a look
    ahead that skips the same blanks: ``(?= *x) *`` becomes `` *(?=x)``.
    """
    flat: list[Node] = []
    for item in items:
        for each in parts(item):
            before = flat[-1] if flat else None
            if isinstance(each, Literal) and isinstance(before, Literal):
                flat[-1] = Literal(before.data + each.data)
            elif isinstance(each, Look) and _always_true(each, flat):
                continue
            elif not _skips_blanks(each):
                flat.append(each)
            elif isinstance(before, Look) and not before.behind and split_leading_blanks(before.item)[0] == each:
                flat[-1:] = [each, replace(before, item=split_leading_blanks(before.item)[1])]
                if flat[-3:-2] == [each]:
                    del flat[-3]
            elif each != before:
                flat.append(each)
    return flat[0] if len(flat) == 1 else Seq(tuple(flat))


def _always_true(look: Look, before: list[Node]) -> bool:
    """Return whether what must not stand before cannot stand there, by what has just been matched."""
    if not (look.behind and look.negative and isinstance(look.item, CharRun) and look.item.max == 1):
        return False
    for node in reversed(before):
        if not isinstance(node, CharRun | Literal):
            return False
        if look.item.chars & (node.chars if isinstance(node, CharRun) else frozenset(node.data[-1:])):
            return False
        if min_len(node):
            return True
    return False


def optional(item: Node) -> Node:
    """Match the item or nothing."""
    if isinstance(item, Literal) and len(item.data) == 1:
        return CharRun(frozenset(item.data), 0, 1)
    if isinstance(item, CharRun) and (item.min, item.max) == (1, 1):
        return CharRun(item.chars, 0, 1)
    return Repeat(item, 0, 1)


def choice(*items: Node) -> Node:
    """Join alternatives, flat; blanks that all of them skip are skipped once, in front."""
    flat = [each for item in items for each in (item.items if isinstance(item, Choice) else (item,))]
    blanks = {split_leading_blanks(item)[0] for item in flat}
    if len(flat) > 1 and len(blanks) == 1 and (blank := blanks.pop()) is not None:
        return seq(blank, choice(*(split_leading_blanks(item)[1] for item in flat)))
    return flat[0] if len(flat) == 1 else Choice(tuple(flat))


def without_captures(node: Node, keep: frozenset[str] = frozenset()) -> Node:  # noqa: PLR0911  one case a node
    """Return the same node without captures, but those of a name in ``keep``."""
    if keep.issuperset(capture_names(node)):
        return node
    match node:
        case Seq(items):
            return seq(*(without_captures(item, keep) for item in items))
        case Choice(items):
            return Choice(tuple(without_captures(item, keep) for item in items))
        case Repeat(item) | Look(item):
            return replace(node, item=without_captures(item, keep))
        case Capture(name, item):
            return Capture(name, item) if name in keep else without_captures(item, keep)
        case Backtracking(item):
            return Backtracking(without_captures(item, keep))
    return node


# ---- structure -------------------------------------------------------------------------------------------------------


def parts(node: Node) -> tuple[Node, ...]:
    """Return the items of a sequence; of anything else, itself."""
    return node.items if isinstance(node, Seq) else (node,)


def children(node: Node) -> Iterator[Node]:
    """Yield the nodes directly inside a node."""
    match node:
        case Seq(items) | Choice(items):
            yield from items
        case Repeat(item):
            yield item
            if node.stop is not None:
                yield node.stop
        case Look(item) | Capture(_, item) | Backtracking(item):
            yield item


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all nodes inside, from left to right."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        waiting += reversed(list(children(each)))


def capture_names(node: Node) -> Sequence[str]:
    """Return the names of the values inside, from left to right, each as often as it stands there."""
    return node.names if isinstance(node, _Inner) else ()


def split_leading_blanks(node: Node) -> tuple[CharRun | None, Node]:
    """Return what skips blanks in front (or None), and the rest."""
    head, *rest = parts(node) or (node,)
    return (head, seq(*rest)) if isinstance(head, CharRun) and _skips_blanks(head) else (None, node)


def _skips_blanks(node: Node) -> bool:
    return isinstance(node, CharRun) and node.min == 0 and node.max is None and not node.lazy


# ---- properties ------------------------------------------------------------------------------------------------------


def min_len(node: Node) -> int:
    """Return the least number of bytes that a match takes."""
    match node:
        case Literal(data):
            return len(data)
        case CharRun():
            return node.min
        case EndOfLine():
            return 0
    return node.min_len


def _min_len(node: Node) -> int:
    match node:
        case Seq(items):
            return sum(map(min_len, items))
        case Choice(items):
            return min(map(min_len, items), default=0)
        case Repeat(item):
            return node.min * min_len(item)
        case Capture(_, item) | Backtracking(item):
            return min_len(item)
    return 0


NOTHING = Seq(())


def first_set(node: Node) -> Bytes:
    """Return the bytes that a match can begin with; of an empty match, nothing is said."""
    match node:
        case Literal(data):
            return frozenset(data[:1])
        case CharRun(chars):
            return chars
        case EndOfLine():
            return frozenset()
    if node.begins is None:
        object.__setattr__(node, "begins", _first_set(node))
    return node.begins or frozenset()


def _first_set(node: Node) -> Bytes:
    match node:
        case Seq(items):
            found: Bytes = frozenset()
            for item in items:
                found |= first_set(item)
                if min_len(item):
                    break
            return found
        case Choice(items):
            return frozenset().union(*map(first_set, items))
        case Repeat(item) | Capture(_, item) | Backtracking(item):
            return first_set(item)
    return frozenset()


def prefixes(node: Node) -> frozenset[bytes]:
    """Return texts of which any match begins with one; what is asserted behind a word makes it longer."""
    if not isinstance(node, _Inner):
        return _prefixes(node)
    if node.words is None:
        object.__setattr__(node, "words", _prefixes(node))
    return node.words or frozenset((b"",))


def _prefixes(node: Node) -> frozenset[bytes]:  # noqa: C901, PLR0911  one case a node
    match node:
        case Literal(data):
            return frozenset((data,))
        case CharRun(chars, low) if low and len(chars) <= _MAX_PREFIXES:
            return frozenset(bytes((code,)) for code in chars)
        case Choice(items):
            return frozenset().union(*map(prefixes, items))
        case Capture(_, item) | Backtracking(item):
            return prefixes(item)
        case Look(item, negative, behind) if not negative and not behind:
            return prefixes(item)
        case Seq(items):
            heads: frozenset[bytes] = frozenset((b"",))
            for item in items:
                if isinstance(item, Look) and (item.negative or item.behind):
                    continue
                tails = prefixes(item)
                if len(heads) * len(tails) > _MAX_PREFIXES:
                    break
                heads = frozenset(head + tail for head in heads for tail in tails)
                if not isinstance(item, Literal) and not (isinstance(item, Choice) and _all_literal(item)):
                    break
            return heads
    return frozenset((b"",))


def _all_literal(node: Choice) -> bool:
    return all(isinstance(item, Literal) for item in node.items)


def disjoint(one: Node, other: Node) -> bool:
    """Return whether at no place both can match, as far as their first bytes or words tell."""
    if not min_len(one) or not min_len(other):
        return False
    if not first_set(one) & first_set(other):
        return True
    words, others = prefixes(one), prefixes(other)
    return not any(word.startswith(each) or each.startswith(word) for word in words for each in others)


def all_disjoint(items: tuple[Node, ...]) -> bool:
    """Return whether at any place at most one of the items can match."""
    return all(disjoint(one, other) for i, one in enumerate(items) for other in items[i + 1 :])


def ends_itself(node: Node) -> bool:
    """Return whether a match is decided by its own bytes alone: whatever follows, the same text is matched.

    So it is with a quoted string, and not with a word: another letter behind it would belong to it.
    """
    match node:
        case Literal():
            return True
        case CharRun():
            return node.min == node.max
        case Capture(_, item):
            return ends_itself(item)
        case Choice(items):
            return all_disjoint(items) and all(map(ends_itself, items)) and all(map(min_len, items))
        case Seq(items):
            return bool(items) and ends_itself(items[-1]) and all(
                ends_itself(item) or _ended_by(item, seq(*items[i + 1 :])) for i, item in enumerate(items)
            )  # fmt: skip
    return False


def _ended_by(node: Node, rest: Node) -> bool:
    """Return whether the first byte of what follows, which must come, says that a repetition is over."""
    if not min_len(rest) or any(isinstance(each, Look | EndOfLine) for each in parts(rest)[:1]):
        return False
    match node:
        case CharRun():
            return not node.lazy and not node.chars & first_set(rest)
        case Repeat(item, _, _, None, lazy):
            runs = item.items if isinstance(item, Choice) else (item,)
            own = all(ends_itself(each) or _ended_by(each, seq(rest)) for each in runs)
            return not lazy and own and all_disjoint(runs) and not first_set(item) & first_set(rest)
    return False
