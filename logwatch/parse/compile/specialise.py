"""Specialise a node to the one way in which example lines take it: alternatives, turns and separators decided.

What the narrowed node matches, the given one matches with the same values: each alternative stands only where it would
be taken, and each byte that is written out where just it would be. Whatever else there is, it does not match.
"""

import re
import string
from collections.abc import Sequence
from functools import lru_cache

from logwatch.parse.compile import nodes
from logwatch.parse.compile.nodes import Capture, CharRun, Choice, EndOfLine, Literal, Look, Node, Repeat
from logwatch.parse.compile.to_regex import Writer

_MAX_TURNS = 80  # of all repetitions together: the expression grows with them
_MAX_LITERAL_BLANKS = 2
_LETTERS = frozenset((string.ascii_letters + string.digits).encode())


class _Differ(Exception):  # noqa: N818  an answer
    """The lines do not take the node in the same way, or one does not match at all."""


def specialise(node: Node, lines: Sequence[bytes]) -> Node | None:
    """Return the node as all these lines take it from their beginnings; None if they take it in different ways.

    Lines end in a newline. Texts that are the same in all of them are written out, from two lines on.
    """
    try:
        return _literal_texts(_without_double_looks(_Follower(lines).follow(node)), lines)
    except _Differ:
        return None


class _Follower:
    """Goes through a node and some lines in step."""

    def __init__(self, lines: Sequence[bytes]) -> None:
        self._lines = lines
        self._at = [0] * len(lines)
        self._turns = 0

    def follow(self, node: Node) -> Node:
        """Return the node as the lines take it here, and move on behind it."""
        match node:
            case Capture(name, item):
                return Capture(name, self.follow(item))
            case nodes.Seq(items):
                return nodes.seq(*map(self.follow, items))
            case Choice(items):
                i = next((i for i, each in enumerate(items) if self._matches(each)), None)
                if i is None:
                    raise _Differ
                return nodes.seq(*self._unless(items[:i], items[i]), self.follow(items[i]))
            case Repeat():
                return self._repeat(node)
        self._at = [match_end(node, line, at) for line, at in zip(self._lines, self._at, strict=True)]
        if min(self._at) < 0:
            raise _Differ
        return node

    def _repeat(self, node: Repeat) -> Node:
        taken: list[Node] = []
        turns = 0
        while node.max is None or turns < node.max:
            if node.stop is not None and self._matches(node.stop):
                taken.append(Look(nodes.without_captures(node.stop)))
                break
            if not self._matches(node.item):
                # nothing that is repeated can begin with the newline
                ended = nodes.min_len(node.item) and all(
                    line[at:] == b"\n" for line, at in zip(self._lines, self._at, strict=True)
                )
                after = EndOfLine() if ended else Look(nodes.without_captures(node.item), negative=True)
                taken.append(after)
                break
            turns += 1
            self._turns += 1
            if self._turns > _MAX_TURNS:
                raise _Differ
            stop = () if node.stop is None else (node.stop,)
            taken += (*self._unless(stop, node.item), self.follow(node.item))
        if turns < node.min:
            raise _Differ
        return nodes.seq(*taken)

    def _matches(self, node: Node) -> bool:
        """Return whether the lines match here, all of them or none."""
        found = {match_end(node, line, at) >= 0 for line, at in zip(self._lines, self._at, strict=True)}
        if len(found) > 1:
            raise _Differ
        return found == {True}

    @staticmethod
    def _unless(rivals: Sequence[Node], node: Node) -> list[Node]:
        """Return what makes sure that none of the rivals matches, where they might."""
        left = [nodes.without_captures(each) for each in rivals if not nodes.disjoint(each, node)]
        if not left:
            return []
        return [Look(left[0] if len(left) == 1 else Choice(tuple(left)), negative=True)]


def _without_double_looks(node: Node) -> Node:
    """Return a sequence without looking ahead for what stands there anyway."""
    items = nodes.parts(node)
    kept = []
    for i, item in enumerate(items):
        if isinstance(item, Look) and not item.negative and not item.behind:
            wanted = nodes.parts(item.item)
            if nodes.parts(nodes.without_captures(nodes.seq(*items[i + 1 :])))[: len(wanted)] == wanted:
                continue
        kept.append(item)
    return nodes.seq(*kept)


def _literal_texts(node: Node, lines: Sequence[bytes]) -> Node:
    """Return a sequence with blanks, marks and texts as the lines have them, and without needless looks ahead."""
    items = nodes.parts(node)
    spans: list[list[tuple[int, int]]] = []
    for line in lines:
        at = 0
        spans.append([(at, at := match_end(item, line, at)) for item in items])
        if at < 0:
            raise _Differ
    rest: Node = nodes.NOTHING
    for i in range(len(items) - 1, -1, -1):
        item = items[i]
        texts = {line[slice(*each[i])] for line, each in zip(lines, spans, strict=True)}
        behind = {line[each[i][1] :] for line, each in zip(lines, spans, strict=True)}
        text = next(iter(texts))
        if len(texts) == 1 and isinstance(item, CharRun) and _takes_only(item, text, rest):
            rest = nodes.seq(Literal(text), rest)
        elif len(texts) == 1 and len(lines) > 1 and isinstance(item, nodes.Seq | Choice) and nodes.ends_itself(item):
            rest = nodes.seq(Literal(text), rest)
        elif isinstance(item, Capture) and isinstance(item.item, nodes.Seq):
            *inner, last = item.item.items  # what is asked for behind a value, such as the end of a number
            rest = nodes.seq(Capture(item.name, nodes.seq(*inner, _as_one_class(last, behind))), rest)
        elif isinstance(item, Look):
            before = {line[each[i][0] :] for line, each in zip(lines, spans, strict=True)}
            rest = _look_before(item, rest, before)
        else:
            rest = nodes.seq(item, rest)
    return rest


def _look_before(look: Look, rest: Node, texts: set[bytes]) -> Node:
    """Return what follows a look ahead, with the look where it is still needed."""
    if _implied(look, rest):
        return rest
    if _begin_apart(look, texts) and all(text.split(maxsplit=1)[0].isdigit() for text in texts if text.strip()):
        # the next line has another number there, but a number
        narrower = _first_byte_without(nodes.parts(rest)[0], nodes.first_set(look.item))
        if narrower is not None:
            return nodes.seq(narrower, *nodes.parts(rest)[1:])
    return nodes.seq(_as_one_class(look, texts), rest)


def _first_byte_without(node: Node, chars: nodes.Bytes) -> Node | None:
    """Return a run whose first byte is none of these; None if that cannot be said."""
    match node:
        case CharRun(own, 1, None, False) if own - chars:
            return nodes.seq(CharRun(own - chars, 1, 1), CharRun(own, 0))
        case Capture(name, item) if (narrower := _first_byte_without(item, chars)) is not None:
            return Capture(name, narrower)
    return None


def _as_one_class(node: Node, texts: set[bytes]) -> Node:
    """Return what must not follow as one class of bytes, if that is enough here: alternatives cost more."""
    if isinstance(node, Look) and isinstance(node.item, Choice) and _begin_apart(node, texts):
        return Look(CharRun(nodes.first_set(node.item), 1, 1), negative=True)
    return node


def _begin_apart(look: Look, texts: set[bytes]) -> bool:
    """Return whether no text begins with a byte with which what must not follow could."""
    ahead = look.negative and not look.behind and nodes.min_len(look.item)
    return bool(ahead) and not any(nodes.first_set(look.item) & set(text[:1]) for text in texts)


def _implied(look: Look, rest: Node) -> bool:
    """Return whether what follows says itself what the look ahead asks for."""
    if look.behind:
        return False
    if look.negative:
        return nodes.disjoint(look.item, rest)
    single = isinstance(look.item, CharRun) and look.item.max == 1
    return single and bool(nodes.min_len(rest)) and nodes.first_set(rest) <= nodes.first_set(look.item)


def _takes_only(run: CharRun, text: bytes, rest: Node) -> bool:
    """Return whether a run takes just this text wherever it stands: its length is fixed, or what follows ends it."""
    if run.lazy or (run.min != 1 and len(text) > _MAX_LITERAL_BLANKS) or _LETTERS & set(text):
        return False  # what is a letter or a digit is another one in the next line
    ended = bool(nodes.min_len(rest)) and not nodes.first_set(rest) & run.chars
    return run.max == len(text) or (ended and len(text) >= run.min)


def match_end(node: Node, line: bytes, at: int) -> int:
    """Return the index where a match of the node from ``at`` on ends, -1 if there is none."""
    if at < 0:
        return -1
    found = _pattern(node).match(line, at)
    return found.end() if found else -1


@lru_cache(maxsize=512)
def _pattern(node: Node) -> re.Pattern[bytes]:
    return re.compile(Writer().write(node, last=True).encode("latin-1"))




def ways(node: Node, payloads: Sequence[bytes], limit: int) -> list[tuple[Node, int]]:
    """Return the node specialised to each of the ways in which payloads take it, and how many do; most frequent first.

    Payloads have no newline; those that do not match, or are the first of more ways than ``limit``, are left out.
    """
    left = [payload + b"\n" for payload in payloads]
    found: list[tuple[Node, int]] = []
    while left and len(found) < limit:
        one = specialise(node, left[:1])
        if one is None:
            left = left[1:]
            continue
        same = [line for line in left if match_end(one, line, 0) >= 0]
        found.append((specialise(node, same) or one, len(same)))
        left = [line for line in left if line not in same]
        if not same:
            break
    return sorted(found, key=lambda way: -way[1])
