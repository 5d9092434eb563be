"""Specialise a node to the ways in which example lines take it.

What the specialised node matches, the given one matches with the same values; whatever else there is, it does not
match. The examples decide which alternatives are taken, and which turns of a repetition, one after the other; turns
without values, in more orders than are worth a way each or in long rows, stay a repetition of those that occur. Each
stands only where the node itself would take it, and the end only where it would end; so at any place at most one way
can be taken.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache, partial
from itertools import dropwhile, takewhile
from typing import NamedTuple, TypeAlias

from logwatch.compile import nodes
from logwatch.compile.narrow import is_quoted, narrowed
from logwatch.compile.nodes import Capture, CharRun, Choice, Look, Node, Repeat
from logwatch.compile.to_regex import Writer

_MIN_EXAMPLES_ALIKE = 8  # fewer do not tell what is the same in others
_MAX_TURNS = 160  # of all ways together: the expression grows with them
MAX_ORDERS = 16
"""Orders of turns that are told apart: a way for each is faster than a repetition, for as long as there is no other."""
_MAX_ORDERS_WITHIN = 4  # a turn: each way has fewer examples of what is in it
_MAX_UNROLLED = 40  # turns of one line; more stay a repetition as well
_TOLD = 128  # turns of one alternative of a repetition: more of them tell hardly more
_MAX_COMPILED_SIZE = 60  # nodes; a nest of brackets takes ten times as long to compile as to go through
_RARE = 64  # examples, of which one alone is no way: it would cost time on all other lines
_GLANCE_BYTES = 64
_GLANCE_NODES = 8  # of what follows: more say nothing about how it begins
_END, _FULL = -1, -2  # of a repetition, beside the indices of its alternatives: none matches, or it has its maximum

Places: TypeAlias = Mapping[int, tuple[bytes, int]]
"""By the number of an example, its line and the index at which a node stands in it."""

Part: TypeAlias = Callable[[Node], Node]
"""What the examples took of a node: given what follows, it returns that, narrowed to their texts."""


class Specialiser:
    """Follows examples through nodes, and remembers what it found out of them meanwhile."""

    def __init__(self, listed: frozenset[str] = frozenset(), max_orders: int = MAX_ORDERS) -> None:
        """Of names that are ``listed`` every value counts, and of others the last one."""
        self.listed, self.max_orders = listed, max_orders
        # by identity, since to hash a tree takes longer; what they hold keeps it theirs
        self._patterns: dict[int, tuple[Node, re.Pattern[bytes]]] = {}
        self._turns: dict[int, _Turns] = {}
        self._min_count = self._turns_left = 0
        self._alike = True
        self._within = 0  # so many turns

    def specialise(self, node: Node, lines: Sequence[bytes]) -> tuple[Node, Places] | None:
        """Return the node as these lines take it from their beginnings, and where it ends in those that are kept.

        Lines end in a newline; those that do not match are left out, as are the few that take a way of their own.
        Return None if none is left.
        """
        self._min_count, self._turns_left = 1 + len(lines) // _RARE, _MAX_TURNS
        part, ends = self._follow(node, dict(enumerate((line, 0) for line in lines)))
        return (part(nodes.NOTHING), ends) if ends else None

    def forget(self) -> None:
        """Let go of all that: what remembers its own turns would else wait for a collection of garbage."""
        for turns in self._turns.values():
            turns.taken.cache_clear()

    def end(self, node: Node, line: bytes, at: int) -> int:
        """Return the index where a match of the node from ``at`` on ends, -1 if there is none."""
        if node.min_len and line[at] not in node.first_set:
            return -1
        known = self._patterns.get(id(node))
        if known is None:
            if node.size > _MAX_COMPILED_SIZE and (end := self._end_of_pieces(node, line, at)) is not None:
                return end
            known = self._patterns[id(node)] = node, re.compile(Writer().write(node, last=True).encode("latin-1"))
        found = known[1].match(line, at)
        return found.end() if found else -1

    def _end_of_pieces(self, node: Node, line: bytes, at: int) -> int | None:
        """Return what ``end`` does; None where there are no pieces."""
        match node:
            case nodes.Seq() | Capture():
                for item in node.children:
                    if (at := self.end(item, line, at)) < 0:
                        break
                return at
            case Choice() | Repeat():
                taken = self.turns(node).taken(line, at)
                return taken[-1].end if taken else -1
        return None

    def turns(self, node: Choice | Repeat) -> "_Turns":
        """Return what takes the turns of a repetition, or of a choice as a repetition of one turn."""
        if id(node) not in self._turns:
            self._turns[id(node)] = _Turns(self, node)
        return self._turns[id(node)]

    def _follow(self, node: Node, at: Places, then: Sequence[Node] = ()) -> tuple[Part, Places]:
        """Return what the examples take of a node, and where they are behind it; ``then`` is what follows."""
        match node:
            case Capture(name, item):
                inner, ends = self._follow(item, at)
                return lambda rest: Capture(name, inner(rest)), ends
            case nodes.Seq(items) if not is_quoted(node):
                done: list[Part] = []
                for i, item in enumerate(items):
                    part, at = self._follow(item, at, items[i + 1 :])
                    done.append(part)
                return _in_order(done), at
            case Repeat(nodes.Seq((Look(), CharRun()))):
                pass  # any number of bytes, up to what stops it
            case Choice() | Repeat():
                turns = self.turns(node)
                taken = {n: found for n, (line, start) in at.items() if (found := turns.taken(line, start))}
                left: dict[int, tuple[bytes, int]] = {}
                return self._tree(turns, taken, then, left), left
        ends = {n: (line, end) for n, (line, start) in at.items() if (end := self.end(node, line, start)) >= 0}
        return self._as_taken(node, [(line, at[n][1], end) for n, (line, end) in ends.items()]), ends

    def _tree(
        self,
        turns: "_Turns",
        taken: "Mapping[int, Sequence[_Turn]]",
        then: Sequence[Node],
        ends: dict[int, tuple[bytes, int]],
    ) -> Part:
        """Return the ways in which these turns go on; note the ends of those that are kept."""
        parts: list[Part] = []
        runs = {n: turns.run(each) for n, each in taken.items()} if turns.any_number else {}
        most = min(self.max_orders, _MAX_ORDERS_WITHIN) if self._within else self.max_orders
        orders = set(runs.values())
        if len(orders) > most or max(map(len, orders), default=0) > _MAX_UNROLLED:
            parts = [self._loop(turns, [turn for n, each in taken.items() for turn in each[: len(runs[n])]], then)]
            taken = {n: each[len(runs[n]) :] for n, each in taken.items()}
        groups: dict[int, dict[int, Sequence[_Turn]]] = defaultdict(dict)
        for n, each in taken.items():
            groups[each[0].alternative][n] = each
        ways: list[Part] = []
        for i, group in sorted(groups.items()):
            if len(group) < self._min_count:
                continue
            before, here = len(ends), {n: each[0] for n, each in group.items()}
            if i < 0:
                ends.update({n: (turn.line, turn.end) for n, turn in here.items()})
                is_said = i == _FULL or _begins_with(then, turns.until)
                places = [(turn.line, turn.end, turn.end) for turn in here.values()]
                ways.append(_nothing if is_said else self._as_taken(turns.no_more, places))
            elif self._turns_left > 0:
                way, behind = self._turn(turns, i, here)
                rest = self._tree(turns, {n: group[n][1:] for n in behind}, then, ends)
                if len(ends) > before:
                    ways.append(_in_order([way, rest]))
        return _in_order([*parts, _one_of(ways)])

    def _turn(self, turns: "_Turns", i: int, here: "Mapping[int, _Turn]") -> tuple[Part, Places]:
        """Return one turn that takes alternative ``i``."""
        self._turns_left -= 1
        parts: list[Part] = []
        if turns.blanks:
            parts.append(self._as_taken(turns.blanks, [(turn.line, turn.blanks, turn.start) for turn in here.values()]))
        if look := turns.guard(i):
            parts.append(self._as_taken(look, [(turn.line, turn.start, turn.start) for turn in here.values()]))
        self._within += 1
        way, ends = self._follow(turns.items[i], {n: (turn.line, turn.start) for n, turn in here.items()})
        self._within -= 1
        return _in_order([*parts, way]), ends

    def _loop(self, turns: "_Turns", took: "Sequence[_Turn]", then: Sequence[Node]) -> Part:
        """Return a repetition of the alternatives that these turns take, in any order; ``then`` follows."""
        ways: list[Part] = []
        before, self._alike = self._alike, False
        for i in sorted({turn.alternative for turn in took}):
            here = [turn for turn in took if turn.alternative == i]
            if len(here) >= self._min_count and self._turns_left > 0:
                way, ends = self._turn(turns, i, dict(enumerate(here[:: len(here) // _TOLD + 1])))
                if ends:
                    ways.append(way)
        self._alike = before
        return partial(_repeated, _one_of(ways)(nodes.NOTHING), then) if ways else _nothing

    def _as_taken(self, node: Node, spans: Sequence[tuple[bytes, int, int]]) -> Part:
        """Return a node that nothing is left to decide in; it took these bytes (from, to) of lines."""
        texts = {line[start:end] for line, start, end in spans}
        behind = [line[end : end + _GLANCE_BYTES] for line, _, end in spans]
        return partial(narrowed, node, texts, behind, alike=self._alike and len(spans) >= _MIN_EXAMPLES_ALIKE)


# ---- the turns of a repetition in one line ---------------------------------------------------------------------------


class _Turn(NamedTuple):
    """One turn of a repetition, or (``alternative`` is _END or _FULL) the place behind its last one."""

    line: bytes
    alternative: int
    blanks: int  # where it begins
    start: int  # behind the blanks
    end: int


class _Turns:
    """What a repetition repeats: blanks, then one of some alternatives, unless it stops."""

    def __init__(self, specialiser: Specialiser, of: Choice | Repeat) -> None:
        self.of = of
        self.item, self._min, self._max = (of.item, of.min, of.max) if isinstance(of, Repeat) else (of, 1, 1)
        self._end = specialiser.end
        self.taken = lru_cache(maxsize=None)(self._taken)
        self.blanks, item = nodes.split_leading_blanks(self.item)
        self.until: Node | None = None
        """What ends it, behind the same blanks as its turns; ``_stop`` is that without them."""
        self._stop: Node | None = None
        match nodes.parts(self.item):
            case (Look(until, True, False), *rest):
                before, stop = nodes.split_leading_blanks(until)
                blanks, behind = nodes.split_leading_blanks(nodes.seq(*rest))
                if before == blanks:
                    self.until, self._stop, self.blanks, item = until, stop, blanks, behind
        self.items = nodes.alternatives(item)
        listed = specialiser.listed
        self._any_order = {i for i, item in enumerate(self.items) if listed.isdisjoint(item.capture_names)}.__contains__
        self.any_number = (self._min, self._max) == (0, None)

    @cached_property
    def no_more(self) -> Look:
        """What makes sure that no turn follows."""
        return Look(nodes.without_captures(self.item), negative=True)

    def guard(self, i: int) -> Look | None:
        """Return what makes sure that neither the end nor an alternative before number ``i`` matches, if one might."""
        rivals = [self._stop, *self.items[:i]] if self._stop else self.items[:i]
        left = [nodes.without_captures(each) for each in rivals if not nodes.disjoint(each, self.items[i])]
        return Look(nodes.choice(*left), negative=True) if left else None

    def _taken(self, line: bytes, at: int) -> Sequence[_Turn]:
        """Return the turns from ``at`` on and what is behind them: nothing if they are too few."""
        turns: list[_Turn] = []
        while len(turns) != self._max:
            start = self._end(self.blanks, line, at) if self.blanks else at
            i, end = self._first(line, start)
            if i == _END:
                break
            turns.append(_Turn(line, i, at, start, end))
            at = end
        behind = _Turn(line, _FULL if len(turns) == self._max else _END, at, at, at)
        return (*turns, behind) if len(turns) >= self._min else ()

    def _first(self, line: bytes, at: int) -> tuple[int, int]:
        """Return the index of the first alternative that matches, and where it ends; _END if it stops or none does."""
        if self._stop is not None and self._end(self._stop, line, at) >= 0:
            return _END, at
        for i, item in enumerate(self.items):
            if (end := self._end(item, line, at)) >= 0:
                return i, end
        return _END, at

    def run(self, turns: Sequence[_Turn]) -> tuple[int, ...]:
        """Return the alternatives of these turns, up to the next one that may hold a value of which each counts."""
        taken = (turn.alternative for turn in turns)
        return tuple(takewhile(self._any_order, taken))


# ---- parts of what is made -------------------------------------------------------------------------------------------


def _in_order(parts: Sequence[Part]) -> Part:
    def whole(rest: Node) -> Node:
        behind = nodes.parts(rest)[:_GLANCE_NODES]
        done = behind
        for part in reversed(parts):
            done = (*nodes.parts(part(nodes.Seq(done[:_GLANCE_NODES]))), *done)
        return nodes.seq(*done[: len(done) - len(behind)])

    return whole


def _one_of(ways: Sequence[Part]) -> Part:
    """Return several ways, of which at most one can be taken at any place."""
    # one of which nothing is left, since what follows says it all, would stand in for any other
    return lambda rest: nodes.choice(*sorted((way(rest) for way in ways), key=lambda way: not way.min_len))


def _repeated(item: Node, then: Sequence[Node], rest: Node) -> Node:
    """Return a repetition of an item; ``then`` is what follows in the grammar, and ``rest`` what is made of it.

    A run of bytes among the alternatives, such as the text between quotes and brackets, is taken behind each of the
    others, which is half as many turns. It takes the blanks in front of them as well, and those behind the last turn,
    which the grammar leaves to what follows.
    """
    blanks, core = nodes.split_leading_blanks(item)
    skipped = blanks.chars if blanks else frozenset[int]()
    others = []
    run = None
    for each in nodes.alternatives(core):
        more, bare = nodes.split_leading_blanks(each)
        skipped |= more.chars if more else frozenset()
        if isinstance(bare, CharRun) and (bare.min, bare.max, bare.lazy, run) == (1, None, False, None):
            run = bare
        else:
            others.append(bare)
    behind, _ = nodes.split_leading_blanks(nodes.seq(*then))
    made = dropwhile(lambda each: isinstance(each, Look), nodes.parts(rest))  # which say what the grammar's end says
    ahead = nodes.split_leading_blanks(nodes.seq(*made))[1]
    if (
        not (run and others and run.chars >= skipped)
        or not all(nodes.disjoint(run, each) for each in others)
        or (skipped and not (behind and behind.chars >= skipped and ahead.min_len and not ahead.first_set & skipped))
    ):
        return Repeat(item)
    any_of_run = CharRun(run.chars, 0)
    return nodes.seq(any_of_run, Repeat(nodes.seq(nodes.choice(*others), any_of_run)))


def _nothing(_: Node) -> Node:
    return nodes.NOTHING


def _begins_with(then: Sequence[Node], beginning: Node | None) -> bool:
    wanted = nodes.parts(nodes.without_captures(beginning)) if beginning else ()
    near = nodes.parts(nodes.seq(*then))[: len(wanted)]  # each is at least a part of what is wanted
    return bool(wanted) and nodes.parts(nodes.seq(*map(nodes.without_captures, near)))[: len(wanted)] == wanted
