"""Makes a sequence match less but faster: where blanks and separators may stand, just one byte of them does.

``uid 4711`` and ``uid=4711`` are usual, ``uid : 4711`` is not. What is matched, the given sequence matches with the
same values: that the one byte is all that its separator would take is tried out for every byte that may follow.
"""

import re
from collections.abc import Sequence

from logwatch.parse import peg
from logwatch.parse.emit import PLAIN, Writer
from logwatch.parse.peg import Bytes, Free, Look, Named, Node, Run, Text


def sharpened(node: Node) -> Node:
    """Give the sequence with its separators narrowed down, wherever that is exact."""
    items: list[Node] = list(node.items) if isinstance(node, peg.Seq) else [node]
    done: list[Node] = []
    at = 0
    while at < len(items):
        end = at
        while end < len(items) and _separates(items[end]):
            end += 1
        narrowed = _narrowed(items[at:end], items[end:]) if end - at > 1 and done else None
        if narrowed is None:
            done.append(items[at])
            at += 1
        else:
            done += narrowed[0]
            items[at:] = narrowed[1]
    return peg.seq(*done)


def _separates(item: Node) -> bool:
    """Tell whether an item is blanks or an optional mark, or looks at the next byte."""
    if isinstance(item, Look):
        return not item.negative and not item.behind and isinstance(item.item, Run) and item.item.most == 1
    return isinstance(item, Run) and item.least == 0 and not item.lazy


def _narrowed(separators: Sequence[Node], rest: Sequence[Node]) -> tuple[list[Node], list[Node]] | None:
    """Give one byte in place of the separators, and the rest with what it must not begin with."""
    more: Bytes = frozenset().union(*(item.chars for item in separators if isinstance(item, Run)))
    guards = [item for item in rest if isinstance(item, Look)]
    if len(guards) == len(rest) or list(rest[: len(guards)]) != guards:
        return None
    follower = beginning_without(rest[len(guards)], more)
    if follower is None:
        return None
    pattern = re.compile(Writer(PLAIN).write(peg.seq(*separators)).encode("latin-1"))
    follows = [bytes((code,)) for code in peg.EVERY - more]
    single = frozenset(code for code in more if all(_ends(pattern, bytes((code,)) + each) == 1 for each in follows))
    return ([Run(single, 1, 1)], [*guards, follower, *rest[len(guards) + 1 :]]) if single else None


def _ends(pattern: re.Pattern[bytes], text: bytes) -> int:
    found = pattern.match(text)
    return -1 if found is None else found.end()


def beginning_without(node: Node, chars: Bytes) -> Node | None:
    """Give a node that matches the same, but nothing that begins with one of these bytes."""
    if not peg.least(node):
        return None
    if isinstance(node, Text | Free) or not peg.first(node) & chars:
        return node if not peg.first(node) & chars else None
    if isinstance(node, Named):
        inner = beginning_without(node.item, chars)
        return None if inner is None else Named(node.name, inner)
    if isinstance(node, Run) and node.chars - chars:
        most = None if node.most is None else node.most - 1
        head = Run(node.chars - chars, 1, 1)
        return head if most == 0 else peg.Seq((head, Run(node.chars, node.least - 1, most)))
    return None
