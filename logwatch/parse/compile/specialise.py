"""Specialise a node to the one way in which example lines take it: alternatives, turns and separators decided.

What the narrowed node matches, the given one matches with the same values: each alternative stands only where it would
be taken, and each byte that is written out where just it would be. Whatever else there is, it does not match.
"""

import re
import string
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple

from logwatch.parse.compile import nodes
from logwatch.parse.compile.nodes import Capture, CharRun, Choice, EndOfLine, Literal, Look, Node, Repeat
from logwatch.parse.compile.to_regex import Writer

_MAX_TURNS = 80  # of all repetitions together: the expression grows with them
_MAX_LITERAL_BLANKS = 2
_MAX_MODELS = 2
_MIN_WORD_BYTES = 3
_MAX_SINGLES = 8  # payloads, of which one alone is a way
_GLANCE_BYTES = 64
_NEWLINE = 10
_GLANCE_NODES = 8  # of what follows: more say nothing about how it begins
_LETTERS = frozenset((string.ascii_letters + string.digits).encode())


class _Differ(Exception):  # noqa: N818  an answer
    """The lines do not take the node in the same way, or one does not match at all."""


def specialise(node: Node, lines: Sequence[bytes]) -> Node | None:
    """Return the node as all these lines take it from their beginnings; None if they take it in different ways.

    Lines end in a newline. Texts that are the same in all of them are written out, from two lines on.
    """
    follower = _Follower(lines)
    try:
        follower.follow(node)
    except _Differ:
        return None
    return _narrowed(follower.steps)


class _Step(NamedTuple):
    """A node that nothing is left to decide in, what it took of each line, and what stands behind that."""

    node: Node
    texts: tuple[bytes, ...]
    behind: tuple[bytes, ...]  # enough of it to tell with what it begins


class _Follower:
    """Goes through a node and some lines in step."""

    def __init__(self, lines: Sequence[bytes]) -> None:
        self.steps: list[_Step] = []
        self._lines = lines
        self._at = [0] * len(lines)
        self._turns = 0

    def follow(self, node: Node) -> None:
        """Note the steps that the lines take through a node here, and move on behind it."""
        match node:
            case nodes.Seq() | Choice() | Repeat() if _is_one_text(node):
                self._take(node)
            case Capture(name, item):
                self._capture(name, item)
            case nodes.Seq(items):
                for each in items:
                    self.follow(each)
            case Choice(items):
                self._decide(node, lambda: self._choose(items))
            case Repeat():
                self._decide(node, lambda: self._repeat(node))
            case _:
                self._take(node)

    def _decide(self, node: Node, decide: Callable[[], None]) -> None:
        """Decide what the lines take; where they differ, and no value is in it, the node stays as it is."""
        here = self._here()
        try:
            decide()
        except _Differ:
            if nodes.capture_names(node):
                raise
            self._back(here)
            self._take(node)

    def _choose(self, items: Sequence[Node]) -> None:
        """Follow the first alternative that all lines can take."""
        begins = {line[at] for line, at in zip(self._lines, self._at, strict=True)}
        for i, each in enumerate(items):
            if nodes.min_len(each) and not begins <= nodes.first_set(each):
                continue
            here = self._here()
            try:
                self._unless(items[:i], each)
                self.follow(each)
            except _Differ:
                self._back(here)
            else:
                return
        raise _Differ

    def _here(self) -> tuple[int, list[int], int]:
        return len(self.steps), self._at, self._turns

    def _back(self, here: tuple[int, list[int], int]) -> None:
        steps, self._at, self._turns = here
        del self.steps[steps:]

    def _take(self, node: Node) -> None:
        starts = self._at
        self._at = [match_end(node, line, at) for line, at in zip(self._lines, starts, strict=True)]
        if min(self._at) < 0:
            raise _Differ
        self._note(node, starts)

    def _note(self, node: Node, starts: Sequence[int]) -> None:
        spans = list(zip(self._lines, starts, self._at, strict=True))
        texts = tuple([line[start:end] for line, start, end in spans])
        self.steps.append(_Step(node, texts, tuple([line[end : end + _GLANCE_BYTES] for line, _, end in spans])))

    def _capture(self, name: str, item: Node) -> None:
        before, starts, self.steps = self.steps, self._at, []
        self.follow(item)
        inner, self.steps = [step.node for step in self.steps], before
        self._note(Capture(name, nodes.seq(*inner)), starts)

    def _repeat(self, node: Repeat) -> None:
        blanks, item = nodes.split_leading_blanks(node.item)
        stop_blanks, stop = (blanks, None) if node.stop is None else nodes.split_leading_blanks(node.stop)
        if stop_blanks != blanks:
            blanks, item, stop = None, node.item, node.stop
        turns = 0
        while node.max is None or turns < node.max:
            if node.stop is not None and self._matches(node.stop):
                self._note(Look(_known(node.stop).without_captures), self._at)
                break
            here = self._here()
            try:
                if blanks is not None:
                    self._take(blanks)
                self._unless(() if stop is None else (stop,), item)
                self.follow(item)
            except _Differ:
                self._back(here)
                self._end(node)
                break
            turns += 1
            self._turns += 1
            if self._turns > _MAX_TURNS:
                raise _Differ
        if turns < node.min:
            raise _Differ

    def _end(self, node: Repeat) -> None:
        """Note that no turn follows; the lines differ if one of them could take another one."""
        # nothing that takes bytes can match the newline
        at_end = [line[at] == _NEWLINE for line, at in zip(self._lines, self._at, strict=True)]
        if all(at_end) and nodes.min_len(node.item):
            self._note(EndOfLine(), self._at)
            return
        look = _known(node.item).absence
        behind = [line[at : at + _GLANCE_BYTES] for line, at in zip(self._lines, self._at, strict=True)]
        if not _cannot_begin(node.item, behind) and any(
            match_end(look, line, at) < 0 for line, at in zip(self._lines, self._at, strict=True)
        ):
            raise _Differ
        self._note(look, self._at)

    def _matches(self, node: Node) -> bool:
        """Return whether the lines match here, all of them or none."""
        found = {match_end(node, line, at) >= 0 for line, at in zip(self._lines, self._at, strict=True)}
        if len(found) > 1:
            raise _Differ
        return found == {True}

    def _unless(self, rivals: Sequence[Node], node: Node) -> None:
        """Make sure that none of the rivals matches, where they might."""
        left = [_known(each).without_captures for each in rivals if not nodes.disjoint(each, node)]
        if left:
            self._note(Look(left[0] if len(left) == 1 else Choice(tuple(left)), negative=True), self._at)


def _is_one_text(node: Node) -> bool:
    """Return whether a node is one text of any length, such as a quoted string: there is nothing to decide in it."""
    if nodes.capture_names(node) or not nodes.ends_itself(node):
        return False
    return any(isinstance(each, Repeat) and each.max is None for each in nodes.walk(node))


def _narrowed(steps: Sequence[_Step]) -> Node:
    """Return a sequence with blanks, marks and texts as the lines have them, and without needless looks ahead."""
    done: list[Node] = []  # from the end on
    for i in range(len(steps) - 1, -1, -1):
        node, texts, behind = steps[i]
        rest = nodes.seq(*reversed(done[-_GLANCE_NODES:])) if isinstance(node, CharRun | Look) else nodes.NOTHING
        same, text = len(set(texts)) == 1, texts[0]
        several = len(texts) > 1  # one alone does not tell what is the same in others
        if several and same and (_takes_only(node, text, rest) if isinstance(node, CharRun) else _is_one_text(node)):
            done.append(Literal(text))
        elif isinstance(node, Capture) and isinstance(node.item, nodes.Seq):
            *inner, last = node.item.items  # what is asked for behind a value, such as the end of a number
            done.append(Capture(node.name, nodes.seq(*inner, _as_one_class(last, behind))))
        elif isinstance(node, Look):
            _look_before(node, done, rest, behind, [step.node for step in steps[i + 1 : i + 1 + _GLANCE_NODES]])
        else:
            done.append(node)
    return nodes.seq(*reversed(done))


def _look_before(look: Look, done: list[Node], rest: Node, behind: Sequence[bytes], following: Sequence[Node]) -> None:
    """Add a look ahead to what follows it, ``done`` (from the end on), where it is still needed.

    ``rest`` is how what is done begins, ``following`` how it was before it was narrowed.
    """
    if _implied(look, rest, following):
        return
    numbers = all(text.split(maxsplit=1)[0].isdigit() for text in behind if text.strip())
    if look.negative and not look.behind and numbers and _cannot_begin(look.item, behind):
        # the next line has another number there, but a number
        narrower = _first_byte_without(done[-1], nodes.first_set(look.item)) if done else None
        if narrower is not None:
            done[-1:] = reversed(nodes.parts(narrower))
            return
    done.append(_as_one_class(look, behind))


def _first_byte_without(node: Node, chars: nodes.Bytes) -> Node | None:
    """Return a run whose first byte is none of these; None if that cannot be said."""
    match node:
        case CharRun(own, 1, None, False) if own - chars:
            return nodes.seq(CharRun(own - chars, 1, 1), CharRun(own, 0))
        case Capture(name, item) if (narrower := _first_byte_without(item, chars)) is not None:
            return Capture(name, narrower)
    return None


def _as_one_class(node: Node, texts: Sequence[bytes]) -> Node:
    """Return what must not follow as one class of bytes or a few words, if that is enough here: all else costs more."""
    if not isinstance(node, Look) or not node.negative or node.behind or isinstance(node.item, CharRun | Literal):
        return node
    blanks, core = nodes.split_leading_blanks(node.item)
    begins = [text.lstrip(bytes(blanks.chars)) for text in texts] if blanks else texts
    words = tuple(sorted(nodes.prefixes(core)))
    enough: Node
    if min(map(len, words)) >= _MIN_WORD_BYTES and not any(text.startswith(words) for text in begins):
        enough = _one_of(words)
    elif _cannot_begin(core, begins):
        enough = CharRun(nodes.first_set(core), 1, 1)
    else:
        return node
    return Look(nodes.seq(blanks, enough) if blanks else enough, negative=True)


def _one_of(words: Sequence[bytes]) -> Node:
    """Return what matches one of these words, short where only their last bytes differ."""
    ends: dict[bytes, set[int]] = {}
    for word in words:
        ends.setdefault(word[:-1], set()).add(word[-1])
    last = next(iter(ends.values()))
    if len(last) == 1 or any(each != last for each in ends.values()):
        return nodes.choice(*map(Literal, words))
    return nodes.seq(nodes.choice(*map(Literal, ends)), CharRun(frozenset(last), 1, 1))


def _cannot_begin(node: Node, texts: Sequence[bytes]) -> bool:
    """Return whether the first byte of each text, behind any blanks that the node skips, says that it cannot match."""
    blanks, core = nodes.split_leading_blanks(node)
    if blanks:
        texts = [text.lstrip(bytes(blanks.chars)) for text in texts]
    begins = nodes.first_set(core)
    return bool(nodes.min_len(core) and all(texts)) and not any(text[0] in begins for text in texts)


def _implied(look: Look, rest: Node, following: Sequence[Node]) -> bool:
    """Return whether what follows says itself what the look ahead asks for."""
    if look.behind:
        return False
    if look.negative:
        return nodes.disjoint(look.item, rest)
    wanted = nodes.parts(look.item)
    if nodes.parts(nodes.without_captures(nodes.seq(*following)))[: len(wanted)] == wanted:
        return True
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
    found = _known(node).pattern.match(line, at)
    return found.end() if found else -1


class _Known:
    """What is asked of a node again and again; told by its identity, since to hash a tree takes longer."""

    def __init__(self, node: Node) -> None:
        self.node = node

    @cached_property
    def pattern(self) -> re.Pattern[bytes]:
        return re.compile(Writer().write(self.node, last=True).encode("latin-1"))

    @cached_property
    def without_captures(self) -> Node:
        return nodes.without_captures(self.node)

    @cached_property
    def absence(self) -> Look:
        return Look(self.without_captures, negative=True)


def _known(node: Node) -> _Known:
    known = _all_known.get(id(node))
    if known is None:
        if len(_all_known) >= _MAX_KNOWN:
            _all_known.clear()
        known = _all_known[id(node)] = _Known(node)
    return known


_all_known: dict[int, _Known] = {}  # each keeps its node, so that no other one can get its identity
_MAX_KNOWN = 512


def _agree(node: Node, lines: Sequence[bytes]) -> bool:
    try:
        _Follower(lines).follow(node)
    except _Differ:
        return False
    return True


def common_ways(node: Node, payloads: Sequence[bytes], min_share: float, limit: int) -> list[Node]:
    """Return the node specialised to the few ways in which so many payloads are written; nothing if they are more."""
    left = [payload + b"\n" for payload in payloads]
    wanted = min_share * len(left)
    found: list[tuple[int, Node]] = []
    taken = 0
    for _ in range(limit + _MAX_MODELS):
        if not left or len(found) == limit or (taken and taken >= wanted):
            break
        alike = [line for line in left if line is left[0] or _agree(node, [left[0], line])]
        if way := specialise(node, alike):
            found.append((len(alike), way))
            taken += len(alike)
            left = [line for line in left if line not in alike]
        else:
            left = [*left[1:], left[0]]
    return [way for _, way in sorted(found, key=lambda each: -each[0])] if taken >= wanted else []


def ways(node: Node, payloads: Sequence[bytes], limit: int) -> list[tuple[Node, int]]:
    """Return the node specialised to each of the ways in which payloads take it, and how many do; most frequent first.

    Payloads have no newline; those that do not match, or are the first of more ways than ``limit``, are left out.
    """
    left = [payload + b"\n" for payload in payloads]
    found: list[tuple[Node, int]] = []
    while left and len(found) < limit:
        one = specialise(node, left[:1])
        same = [line for line in left if match_end(one, line, 0) >= 0] if one else []
        if one is None or not same:
            left = left[1:]
            continue
        left = [line for line in left if line not in same]
        if len(same) > 1 or len(payloads) < _MAX_SINGLES:
            found.append((specialise(node, same) or one, len(same)))
    return sorted(found, key=lambda way: -way[1])
