"""Narrow what some examples take of a node: texts that are always the same are written out, looks ahead are short.

What the narrowed node matches, the given one matches up to the same byte: a text is written out only where what follows
ends it, or where it ends itself, and a look ahead that must not match refuses all that it did, and perhaps more.
"""

import string
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from logwatch.parse.compile import nodes
from logwatch.parse.compile.nodes import Backtracking, Capture, CharRun, Choice, Literal, Look, Node, Repeat

_MIN_EXAMPLES_ALIKE = 8  # fewer do not tell what is the same in others
_MAX_LITERAL_BLANKS = 2
_MIN_WORD_BYTES = 3
_GLANCE_NODES = 8  # of what follows: more say nothing about how it begins
_LETTERS = frozenset((string.ascii_letters + string.digits).encode())


@dataclass(slots=True)
class Step:
    """A node that nothing is left to decide in, what it took of the examples, and what stands behind that."""

    node: Node
    texts: set[bytes]
    behind: list[bytes]  # enough of it to tell with what it begins


@dataclass(slots=True)
class Value:
    """The steps that one value is taken by."""

    name: str
    parts: "list[Part]"


@dataclass(slots=True)
class Ways:
    """Several ways, of which at most one can be taken at any place."""

    ways: "list[list[Part]]"


@dataclass(slots=True)
class Loop:
    """A repetition that stays one: the steps of a turn."""

    turn: "list[Part]"


Part: TypeAlias = Step | Value | Ways | Loop


def is_one_text(node: Node) -> bool:
    """Return whether a node is one text of any length, such as a quoted string: there is nothing to decide in it."""
    if node.capture_names or not nodes.has_one_way(node, peeking=False):
        return False
    return any(isinstance(each, Repeat) and each.max is None for each in nodes.walk(node))


def narrowed(parts: Sequence[Part], rest: Node) -> Node:
    """Return the parts as a node, narrowed to the texts of the examples; ``rest`` is how what follows begins."""
    done: list[Node] = []  # from the end on
    for part in reversed(parts):
        following = nodes.seq(*reversed(done[-_GLANCE_NODES:]), *nodes.parts(rest)[:_GLANCE_NODES])
        match part:
            case Ways(ways):
                # one of which nothing is left, since what follows says it all, would stand in for any other
                each = sorted((narrowed(way, following) for way in ways), key=lambda way: not way.min_len)
                done.append(nodes.choice(*each))
            case Loop(turn):
                done.append(Repeat(narrowed(turn, nodes.NOTHING)))
            case Value(name, inner):
                done.append(Capture(name, narrowed(inner, following)))
            case Step(node, texts, behind):
                done.append(_narrow(node, texts, behind, following))
    return nodes.seq(*reversed(done))


def _narrow(node: Node, texts: set[bytes], behind: Sequence[bytes], rest: Node) -> Node:
    """Return a node as the examples have it: a text that is always the same, and no look ahead that is not needed."""
    text = next(iter(texts))
    same = len(texts) == 1 and len(behind) >= _MIN_EXAMPLES_ALIKE
    match node:
        case CharRun() if same and _takes_only(node, text, rest):
            return Literal(text)
        case Look(item, negative, False) if not _implied(item, rest, negative=negative):
            return _as_one_class(node, behind) if negative else node
        case Look(_, _, False):
            return nodes.NOTHING
    return Literal(text) if same and is_one_text(node) else _without_escapes(node, texts)


def _without_escapes(node: Node, texts: set[bytes]) -> Node:
    """Return a quoted string as one run between its quotes, if that is what all of these are."""
    match node:
        case nodes.Seq((Literal(begin), Repeat(Choice((CharRun(chars, 1, 1), _)), 0, None, None), Literal(end))):
            inside = frozenset().union(*(text[len(begin) : -len(end)] for text in texts))
            if inside <= chars and is_one_text(node):
                return nodes.seq(Literal(begin), CharRun(chars, 0), Literal(end))
    return node


def _implied(item: Node, rest: Node, *, negative: bool) -> bool:
    """Return whether what follows says itself what a look ahead for the item asks for."""
    if negative:
        return nodes.disjoint(item, rest)
    single = isinstance(item, CharRun) and item.max == 1
    return single and bool(rest.min_len) and rest.first_set <= item.first_set


def _as_one_class(look: Look, texts: Sequence[bytes]) -> Look:
    """Return what must not follow as a few words or one class of bytes, if that is enough here: all else costs more."""
    if isinstance(look.item, CharRun | Literal):
        return look
    blanks, core = nodes.split_leading_blanks(look.item)
    begins = [text.lstrip(bytes(blanks.chars)) for text in texts] if blanks else texts
    words, chars = tuple(sorted(core.prefixes)), core.first_set
    enough: Node
    if min(map(len, words)) >= _MIN_WORD_BYTES and not any(text.startswith(words) for text in begins):
        enough = _one_of(words)
    elif core.min_len and all(begins) and not any(text[0] in chars for text in begins):
        enough = CharRun(chars, 1, 1)
    else:
        return look
    return Look(nodes.seq(blanks, enough) if blanks else enough, negative=True)


def _one_of(words: Sequence[bytes]) -> Node:
    """Return what matches one of these words, short where only their last bytes differ; one may begin another."""
    ends: dict[bytes, set[int]] = {}
    for word in words:
        ends.setdefault(word[:-1], set()).add(word[-1])
    last = next(iter(ends.values()))
    if len(last) == 1 or any(each != last for each in ends.values()):
        return nodes.choice(*map(Literal, words))
    return Backtracking(nodes.seq(nodes.choice(*map(Literal, ends)), CharRun(frozenset(last), 1, 1)))


def _takes_only(run: CharRun, text: bytes, rest: Node) -> bool:
    """Return whether a run takes just this text wherever it stands: its length is fixed, or what follows ends it."""
    if run.lazy or (run.min != 1 and len(text) > _MAX_LITERAL_BLANKS) or _LETTERS & set(text):
        return False  # what is a letter or a digit is another one in the next line
    ended = bool(rest.min_len) and not rest.first_set & run.chars
    return run.max == len(text) or (ended and len(text) >= run.min)
