"""Specialise a node to the ways in which example lines take it.

What the specialised node matches, the given one matches with the same values; whatever else there is, it does not
match. The examples decide which alternatives are taken, and which turns of a repetition, one after the other; turns
without values, in more orders than are worth a way each, stay a repetition of those that occur. Each stands only where
the node itself would take it, and the end only where it would end; so at any place at most one way can be taken.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

from logwatch.parse.compile import nodes
from logwatch.parse.compile.narrow import is_quoted, narrowed
from logwatch.parse.compile.nodes import Capture, CharRun, Choice, Look, Node, Repeat
from logwatch.parse.compile.to_regex import Writer

_MAX_TURNS = 160  # of all ways together: the expression grows with them
_MAX_RUNS = 4  # orders of turns without values that are told apart
_MAX_TURNS_OF_A_LINE = 80
_RARE = 64  # examples, of which one alone is no way: it would cost time on all other lines
_GLANCE_BYTES = 64
_GLANCE_NODES = 8  # of what follows: more say nothing about how it begins
_END = -1  # of a repetition, beside the indices of its alternatives

Places: TypeAlias = Mapping[int, tuple[bytes, int]]
"""By the number of an example, its line and the index at which a node stands in it."""

Part: TypeAlias = Callable[[Node], Node]
"""What the examples took of a node: given what follows, it returns that, narrowed to their texts."""


class Specialiser:
    """Follows examples through nodes, and keeps what it compiles of them meanwhile."""

    def __init__(self) -> None:
        # by identity, since to hash a tree takes longer; what they hold keeps it theirs
        self._patterns: dict[int, tuple[Node, re.Pattern[bytes]]] = {}
        self._min_count = self._turns_left = 0

    def specialise(self, node: Node, lines: Sequence[bytes]) -> tuple[Node, Places] | None:
        """Return the node as these lines take it from their beginnings, and where it ends in those that are kept.

        Lines end in a newline; those that do not match are left out, as are the few that take a way of their own.
        Return None if none is left.
        """
        self._min_count, self._turns_left = 1 + len(lines) // _RARE, _MAX_TURNS
        part, ends = self._follow(node, dict(enumerate((line, 0) for line in lines)))
        return (part(nodes.NOTHING), ends) if ends else None

    def end(self, node: Node, line: bytes, at: int) -> int:
        """Return the index where a match of the node from ``at`` on ends, -1 if there is none."""
        if node.min_len and line[at] not in node.first_set:
            return -1  # what no example begins with is never compiled: a nest of brackets takes 10 ms
        known = self._patterns.get(id(node))
        if known is None:
            known = self._patterns[id(node)] = node, re.compile(Writer().write(node, last=True).encode("latin-1"))
        found = known[1].match(line, at)
        return found.end() if found else -1

    def _follow(self, node: Node, at: Places, then: Node = nodes.NOTHING) -> tuple[Part, Places]:
        """Return what the examples take of a node, and where they are behind it; ``then`` is what follows."""
        match node:
            case Capture(name, item):
                inner, ends = self._follow(item, at)
                return lambda rest: Capture(name, inner(rest)), ends
            case nodes.Seq(items) if not is_quoted(node):
                done: list[Part] = []
                for i, item in enumerate(items):
                    part, at = self._follow(item, at, nodes.seq(*items[i + 1 :]))
                    done.append(part)
                return _in_order(done), at
            case Repeat(nodes.Seq((Look(), CharRun()))):
                return self._take(node, at)  # any number of bytes, up to what stops it
            case Choice() | Repeat():
                turns = _Turns(self, node)
                taken = {n: found for n, (line, start) in at.items() if (found := turns.taken(line, start))}
                left: dict[int, tuple[bytes, int]] = {}
                return self._tree(turns, taken, dict.fromkeys(taken, 0), then, left), left
        return self._take(node, at)

    def _take(self, node: Node, at: Places) -> tuple[Part, Places]:
        ends = {n: (line, end) for n, (line, start) in at.items() if (end := self.end(node, line, start)) >= 0}
        return _as_taken(node, [(line, at[n][1], end) for n, (line, end) in ends.items()]), ends

    def _tree(
        self,
        turns: "_Turns",
        taken: "Mapping[int, _Taken]",
        at: Mapping[int, int],
        then: Node,
        ends: dict[int, tuple[bytes, int]],
    ) -> Part:
        """Return the ways in which the turns go on from number ``at[n]`` on; note the ends of those that are kept."""
        parts: list[Part] = []
        runs = {n: turns.run(taken[n], i) for n, i in at.items()}
        if turns.any_number and len(set(runs.values())) > _MAX_RUNS:
            took = [(taken[n].line, turn) for n, i in at.items() for turn in taken[n].turns[i : i + len(runs[n])]]
            parts = [self._loop(turns, took)]
            at = {n: i + len(runs[n]) for n, i in at.items()}
        groups: dict[int, list[int]] = defaultdict(list)
        for n, i in at.items():
            groups[taken[n].turns[i].alternative if i < len(taken[n].turns) else _END].append(n)
        ways: list[Part] = []
        for i, group in sorted(groups.items()):
            before = len(ends)
            if len(group) < self._min_count:
                continue
            if i == _END:
                ends.update({n: (taken[n].line, taken[n].end) for n in group})
                ways.append(_nothing if _begins_with(then, turns.until) else _end(turns, [taken[n] for n in group]))
            elif self._turns_left > 0:
                self._turns_left -= 1
                way, behind = self._turn(turns, i, {n: (taken[n].line, taken[n].turns[at[n]]) for n in group})
                rest = self._tree(turns, taken, {n: at[n] + 1 for n in behind}, then, ends)
                if len(ends) > before:
                    ways.append(_in_order([way, rest]))
        return _in_order([*parts, _one_of(ways)])

    def _turn(self, turns: "_Turns", i: int, here: "Mapping[int, tuple[bytes, _Turn]]") -> tuple[Part, Places]:
        """Return one turn that takes alternative ``i``."""
        parts: list[Part] = []
        if turns.blanks:
            parts.append(_as_taken(turns.blanks, [(line, turn.blanks, turn.start) for line, turn in here.values()]))
        if look := turns.guard(i):
            parts.append(_as_taken(look, [(line, turn.start, turn.start) for line, turn in here.values()]))
        way, ends = self._follow(turns.items[i], {n: (line, turn.start) for n, (line, turn) in here.items()})
        return _in_order([*parts, way]), ends

    def _loop(self, turns: "_Turns", took: "Sequence[tuple[bytes, _Turn]]") -> Part:
        """Return a repetition of the alternatives that these turns take."""
        ways: list[Part] = []
        for i in sorted({turn.alternative for _, turn in took}):
            here = dict(enumerate(each for each in took if each[1].alternative == i))
            if len(here) >= self._min_count and self._turns_left > 0:
                self._turns_left -= 1
                way, ends = self._turn(turns, i, here)
                if ends:
                    ways.append(way)
        return (lambda _: Repeat(_one_of(ways)(nodes.NOTHING))) if ways else _nothing


# ---- the turns of a repetition in one line ---------------------------------------------------------------------------


class _Turn(NamedTuple):
    alternative: int
    blanks: int  # where it begins
    start: int  # behind the blanks
    end: int


class _Taken(NamedTuple):
    """The turns that a repetition takes in one line."""

    line: bytes
    turns: list[_Turn]
    end: int


class _Turns:
    """What a repetition repeats: blanks, then one of some alternatives, unless it stops."""

    def __init__(self, specialiser: Specialiser, of: Choice | Repeat) -> None:
        self.node = of if isinstance(of, Repeat) else Repeat(of, 1, 1)
        self._specialiser = specialiser
        self.blanks, item = nodes.split_leading_blanks(self.node.item)
        self.until: Node | None = None
        """What ends it, behind the same blanks as its turns; ``stop`` is that without them."""
        self.stop: Node | None = None
        match nodes.parts(self.node.item):
            case (Look(until, True, False), *rest):
                before, stop = nodes.split_leading_blanks(until)
                blanks, behind = nodes.split_leading_blanks(nodes.seq(*rest))
                if before == blanks:
                    self.until, self.stop, self.blanks, item = until, stop, blanks, behind
        self.items = nodes.alternatives(item)
        self.any_number = (self.node.min, self.node.max) == (0, None)
        self.valued = [bool(each.capture_names) for each in self.items]

    def guard(self, i: int) -> Look | None:
        """Return what makes sure that neither the end nor an alternative before number ``i`` matches, if one might."""
        rivals = [self.stop, *self.items[:i]] if self.stop else self.items[:i]
        left = [nodes.without_captures(each) for each in rivals if not nodes.disjoint(each, self.items[i])]
        return Look(nodes.choice(*left), negative=True) if left else None

    def taken(self, line: bytes, at: int) -> _Taken | None:
        """Return the turns from ``at`` on; None if they are too few or too many."""
        turns: list[_Turn] = []
        while self.node.max is None or len(turns) < self.node.max:
            start = self._specialiser.end(self.blanks, line, at) if self.blanks else at
            if self.stop is not None and self._specialiser.end(self.stop, line, start) >= 0:
                break
            found = self._first(line, start)
            if found is None or len(turns) > _MAX_TURNS_OF_A_LINE:
                break
            turns.append(_Turn(found[0], at, start, found[1]))
            at = found[1]
        return _Taken(line, turns, at) if self.node.min <= len(turns) <= _MAX_TURNS_OF_A_LINE else None

    def _first(self, line: bytes, at: int) -> tuple[int, int] | None:
        """Return the index of the first alternative that matches, and where it ends."""
        for i, item in enumerate(self.items):
            if (end := self._specialiser.end(item, line, at)) >= 0:
                return i, end
        return None

    def run(self, taken: _Taken, i: int) -> tuple[int, ...]:
        """Return the alternatives of the turns from number ``i`` on, up to the next one that may hold a value."""
        run: list[int] = []
        for turn in taken.turns[i:]:
            if self.valued[turn.alternative]:
                break
            run.append(turn.alternative)
        return tuple(run)


# ---- parts of what is made -------------------------------------------------------------------------------------------


def _as_taken(node: Node, spans: Sequence[tuple[bytes, int, int]]) -> Part:
    """Return a node that nothing is left to decide in; it took these bytes (from, to) of lines."""
    texts = {line[start:end] for line, start, end in spans}
    return partial(narrowed, node, texts, [line[end : end + _GLANCE_BYTES] for line, _, end in spans])


def _in_order(parts: Sequence[Part]) -> Part:
    def whole(rest: Node) -> Node:
        done: list[Node] = []  # from the end on
        for part in reversed(parts):
            done.append(part(nodes.seq(*reversed(done[-_GLANCE_NODES:]), *nodes.parts(rest)[:_GLANCE_NODES])))
        return nodes.seq(*reversed(done))

    return whole


def _one_of(ways: Sequence[Part]) -> Part:
    """Return several ways, of which at most one can be taken at any place."""
    # one of which nothing is left, since what follows says it all, would stand in for any other
    return lambda rest: nodes.choice(*sorted((way(rest) for way in ways), key=lambda way: not way.min_len))


def _end(turns: _Turns, taken: Sequence[_Taken]) -> Part:
    """Return what makes sure that no turn follows."""
    node = turns.node
    if node.max is not None and len(taken[0].turns) == node.max:
        return _nothing
    look = Look(nodes.without_captures(node.item), negative=True)
    return _as_taken(look, [(each.line, each.end, each.end) for each in taken])


def _nothing(_: Node) -> Node:
    return nodes.NOTHING


def _begins_with(node: Node, beginning: Node | None) -> bool:
    wanted = nodes.parts(nodes.without_captures(beginning)) if beginning else ()
    return bool(wanted) and nodes.parts(nodes.without_captures(node))[: len(wanted)] == wanted
