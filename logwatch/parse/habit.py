"""Narrows a line's node down to the way in which one line is written: the same fields in the same order, blanks alike.

A log is written by one program, so one line tells how most others look. What the narrowed node matches, the given one
matches with the same values: each choice stands only where it would be taken, and each byte that is written out where
just it would be. All else it does not match, and another expression has to.
"""

import re
import string
from functools import lru_cache

from logwatch.parse import peg
from logwatch.parse.emit import PLAIN, Writer
from logwatch.parse.peg import Choice, Look, Loop, Named, Node, Run, Seq, Text
from logwatch.parse.sharpen import beginning_without


def chosen(node: Node, line: bytes, at: int) -> Node:
    """Give the node with its alternatives and optional parts decided as this line has them at this place."""
    return _chosen(node, line, at)[0]


def _chosen(node: Node, line: bytes, at: int) -> tuple[Node, int]:
    match node:
        case Named(name, item):
            inner, end = _chosen(item, line, at)
            return Named(name, inner), end
        case Seq(items):
            done = []
            for each in items:
                inner, at = _chosen(each, line, at)
                done.append(inner)
            return peg.seq(*done), at
        case Choice(items):
            for i, each in enumerate(items):
                if ends(each, line, at) >= 0:
                    inner, end = _chosen(each, line, at)
                    rivals = (peg.bare(other) for other in items[:i] if not peg.apart(other, each))
                    return peg.seq(*(Look(rival, negative=True) for rival in rivals), inner), end
        case Loop(item, 0, 1, None) if ends(item, line, at) >= 0:
            return _chosen(item, line, at)
    return node, ends(node, line, at)


def as_written(node: Node, line: bytes) -> Node:
    """Give a sequence with blanks, marks and separators as this line has them, and without needless looks ahead."""
    items = list(node.items) if isinstance(node, Seq) else [node]
    at = 0
    spans = [(at, at := ends(item, line, at)) for item in items]
    rest: Node = peg.NOTHING
    for item, (start, end) in zip(reversed(items), reversed(spans), strict=True):
        if isinstance(item, Run) and _only(item, line[start:end], rest):
            rest = peg.seq(Text(line[start:end]), rest)
        elif isinstance(item, Named) and isinstance(item.item, Seq):
            *inner, last = item.item.items  # what is asked for behind a value, such as the end of a number
            rest = peg.seq(Named(item.name, peg.seq(*inner, _single(last, line[end:]))), rest)
        elif isinstance(item, Look):
            rest = _behind(item, rest, line[start:])
        else:
            rest = peg.seq(item, rest)
    return rest


def _behind(look: Look, rest: Node, text: bytes) -> Node:
    """Give what follows a look ahead, with the look where it is still needed."""
    if _needless(look, rest):
        return rest
    begins_apart, (word, *_) = _begins_apart(look, text), [*text.split(maxsplit=1), b""]
    if begins_apart and word.isdigit() and isinstance(rest, Seq):  # the next line has another number, but a number
        narrower = beginning_without(rest.items[0], peg.first(look.item))
        if narrower is not None:
            return peg.seq(narrower, *rest.items[1:])
    return peg.seq(_single(look, text), rest)


def _single(node: Node, text: bytes) -> Node:
    """Give what must not follow as one class of bytes, if that is enough here: alternatives cost more."""
    if isinstance(node, Look) and isinstance(node.item, Choice) and _begins_apart(node, text):
        return Look(Run(peg.first(node.item), 1, 1), negative=True)
    return node


def _begins_apart(look: Look, text: bytes) -> bool:
    """Tell whether a text begins with no byte with which what must not follow could."""
    ahead = look.negative and not look.behind and peg.least(look.item)
    return bool(ahead) and not peg.first(look.item) & set(text[:1])


def _needless(look: Look, rest: Node) -> bool:
    """Tell whether what follows says itself what the look ahead asks for."""
    if look.behind:
        return False
    if look.negative:
        return peg.apart(look.item, rest)
    single = isinstance(look.item, Run) and look.item.most == 1
    return single and bool(peg.least(rest)) and peg.first(rest) <= peg.first(look.item)


def _only(run: Run, text: bytes, rest: Node) -> bool:
    """Tell whether a run takes just this text wherever it finds it: its length is fixed, or what follows ends it."""
    if run.lazy or len(text) > _WRITTEN_OUT or _LETTERS & run.chars:
        return False  # what may be a letter or a digit is another one in the next line
    ended = bool(peg.least(rest)) and not peg.first(rest) & run.chars
    return run.most == len(text) or (ended and len(text) >= run.least)


_WRITTEN_OUT = 2  # blanks
_LETTERS = frozenset((string.ascii_letters + string.digits).encode())


def ends(node: Node, line: bytes, at: int) -> int:
    """Give where a match of the node at this place ends, -1 if there is none."""
    found = _pattern(node).match(line, at) if at >= 0 else None
    return found.end() if found else -1


@lru_cache(maxsize=256)
def _pattern(node: Node) -> re.Pattern[bytes]:
    return re.compile(Writer(PLAIN).write(node, last=True).encode("latin-1"))
