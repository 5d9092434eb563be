"""Specialise a node to the ways in which example lines take it.

What the specialised node matches, the given one matches with the same values; whatever else there is, it does not
match. The examples decide which alternatives are taken, and which turns of a repetition, one after the other; turns
without values, in more orders than are worth a way each or in long rows, stay a repetition of those that occur. Each
stands only where the node itself would take it, and the end only where it would end; so at any place at most one way
can be taken.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property, lru_cache, partial
from itertools import dropwhile, takewhile
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from logwatch.compile import nodes
from logwatch.compile.narrow import is_quoted, narrowed
from logwatch.compile.nodes import Capture, CharRun, Choice, Look, Node, Repeat
from logwatch.compile.to_regex import Writer

_MIN_EXAMPLES_ALIKE = 8  # fewer do not tell what is the same in others
_MAX_TURNS = 160  # of all ways together: the expression grows with them
_MIN_KEPT = 0.95  # of the examples, by ways: else a repetition takes their turns in any order
_MAX_UNROLLED = 40  # turns of one line; more stay a repetition as well
_TOLD = 128  # turns of one alternative of a repetition: more of them tell hardly more
_MAX_COMPILED_SIZE = 60  # nodes; a nest of brackets takes ten times as long to compile as to go through
_RARE = 128  # examples, of which one alone is no way: it would cost time on all other lines
_MAX_ALONE = 0.05  # of them in an order of their own: so many of the next lines will have others
_GLANCE_BYTES = 64
_GLANCE_NODES = 8  # of what follows: more say nothing about how it begins
_END, _FULL = -1, -2  # of a repetition, beside the indices of its alternatives: none matches, or it has its maximum
_NONE = -3  # no turn is left

Places: TypeAlias = Mapping[int, tuple[bytes, int]]
"""By the number of an example, its line and the index at which a node stands in it."""

Part: TypeAlias = Callable[[Node], Node]
"""What the examples took of a node: given what follows, it returns that, narrowed to their texts."""


class Specialiser:
    """Follows examples through nodes, and remembers what it found out of them meanwhile."""

    def __init__(self, listed: frozenset[str] = frozenset(), *, any_order: bool = False) -> None:
        """Of names that are ``listed`` every value counts, and of others the last one.

        With ``any_order`` turns that come in several orders are taken in any: others will come.
        """
        self.listed, self._most_orders = listed, 1 if any_order else math.inf
        # by identity, since to hash a tree takes longer; what they hold keeps it theirs
        self._patterns: dict[int, tuple[Node, re.Pattern[bytes]]] = {}
        self._turns_of: dict[int, _Turns] = {}
        self._min_count = self._turns_left = 0
        self._alike = True

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
        for turns in self._turns_of.values():
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
        if id(node) not in self._turns_of:
            self._turns_of[id(node)] = _Turns(self, node)
        return self._turns_of[id(node)]

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
                return self._follow_turns(turns, taken, then)
        ends = {n: (line, end) for n, (line, start) in at.items() if (end := self.end(node, line, start)) >= 0}
        return self._as_taken(node, [(line, at[n][1], end) for n, (line, end) in ends.items()]), ends

    def _follow_turns(self, turns: "_Turns", taken: "_Taken", then: Sequence[Node]) -> tuple[Part, Places]:
        """Return what these turns are, in as many orders as they come, or in any order if that leaves too many out."""
        runs = {n: turns.run(each) for n, each in taken.items()} if turns.any_number else {}
        orders = Counter(runs.values())
        alone = [*orders.values()].count(1) if len(runs) >= _MIN_EXAMPLES_ALIKE else 0
        part: Part = _nothing
        kept: Collection[int] = ()
        before = self._turns_left
        is_known = len(orders) <= self._most_orders and alone <= _MAX_ALONE * len(runs)
        if is_known and max(map(len, orders), default=0) <= _MAX_UNROLLED:
            part, kept = self._ways(turns, taken, then)
        if runs and len(kept) < _MIN_KEPT * len(taken):
            self._turns_left = before
            loop, known = self._loop(turns, [turn for n, run in runs.items() for turn in taken[n][: len(run)]], then)
            behind = {n: taken[n][len(run) :] for n, run in runs.items() if {*run}.issubset(known)}
            part, kept = self._ways(turns, behind, then)
            part = _in_order([loop, part])
        return part, {n: (taken[n][-1].line, taken[n][-1].end) for n in kept}

    def _ways(self, turns: "_Turns", taken: "_Taken", then: Sequence[Node]) -> tuple[Part, Collection[int]]:
        """Return the ways in which these turns follow each other, and which examples are kept.

        What several ways have in common is written once: where they begin alike and where they end alike, and where
        one goes on behind a turn as another does without it: of several such turns any may lack then, which a
        repetition of a bounded number of them does not allow. No way is taken that the node itself would not take.
        """
        groups = _by_first(taken)
        groups = {i: group for i, group in sorted(groups.items()) if len(group) >= self._min_count}
        taken = {n: each for group in groups.values() for n, each in group.items()}
        if len(groups) == 1:
            (i,) = groups
            if i == _NONE:
                return _nothing, taken
            way, kept = self._turn(turns, i, {n: each[0] for n, each in taken.items()}, then)
            rest, kept = self._ways(turns, {n: taken[n][1:] for n in kept}, then)
            return _in_order([way, rest]), kept
        if count := _common_end(taken):
            way, kept = self._ways(turns, {n: each[:-count] for n, each in taken.items()}, then)
            end, kept = self._ways(turns, {n: taken[n][-count:] for n in kept}, then)
            return _in_order([way, end]), kept
        lacked = [(i, _count_without(i, groups)) for i in groups if turns.any_number]
        i, count = max(lacked, key=itemgetter(1), default=(_NONE, 0))
        if count:
            way, kept = self._turn(turns, i, {n: each[0] for n, each in groups[i].items()}, then)
            behind = {
                n: each[1:] if n in kept else each for n, each in taken.items() if n in kept or n not in groups[i]
            }
            rest, kept = self._ways(turns, behind, then)
            return _in_order([_one_of([way, _nothing]), rest]), kept
        ways = [self._ways(turns, group, then) for group in groups.values()]
        return _one_of([way for way, kept in ways if kept]), [n for _, kept in ways for n in kept]

    def _turn(
        self, turns: "_Turns", i: int, here: "Mapping[int, _Turn]", then: Sequence[Node] = ()
    ) -> tuple[Part, Collection[int]]:
        """Return one turn that takes alternative ``i``, or the end of the turns, and the examples that it keeps."""
        if i < 0:
            places = [(turn.line, turn.end, turn.end) for turn in here.values()]
            is_said = i == _FULL or _begins_with(then, turns.until)
            return _nothing if is_said else self._as_taken(turns.no_more, places), here
        if self._turns_left <= 0:
            return _nothing, ()
        self._turns_left -= 1
        parts: list[Part] = []
        if turns.blanks:
            parts.append(self._as_taken(turns.blanks, [(turn.line, turn.blanks, turn.start) for turn in here.values()]))
        if look := turns.guard(i):
            parts.append(self._as_taken(look, [(turn.line, turn.start, turn.start) for turn in here.values()]))
        way, ends = self._follow(turns.items[i], {n: (turn.line, turn.start) for n, turn in here.items()})
        return _in_order([*parts, way]), ends

    def _loop(self, turns: "_Turns", took: "Sequence[_Turn]", then: Sequence[Node]) -> tuple[Part, Collection[int]]:
        """Return a repetition of the alternatives that these turns take, in any order, and which; ``then`` follows."""
        ways: dict[int, Part] = {}
        before, self._alike = self._alike, False
        for i in sorted({turn.alternative for turn in took}):
            here = [turn for turn in took if turn.alternative == i]
            if len(here) >= self._min_count and self._turns_left > 0:
                way, ends = self._turn(turns, i, dict(enumerate(here[:: len(here) // _TOLD + 1])))
                if ends:
                    ways[i] = way
        self._alike = before
        return partial(_repeated, _one_of([*ways.values()])(nodes.NOTHING), then) if ways else _nothing, ways.keys()

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


_Taken: TypeAlias = Mapping[int, Sequence[_Turn]]
"""By the number of an example, some turns that follow each other in it."""


def _order(turns: Sequence[_Turn]) -> tuple[int, ...]:
    return tuple([turn.alternative for turn in turns])


def _by_first(taken: _Taken) -> dict[int, dict[int, Sequence[_Turn]]]:
    """Return the turns of examples by the alternative of the first one."""
    groups: dict[int, dict[int, Sequence[_Turn]]] = defaultdict(dict)
    for n, each in taken.items():
        groups[each[0].alternative if each else _NONE][n] = each
    return groups


def _count_without(i: int, groups: Mapping[int, _Taken]) -> int:
    """Return in how many orders turns go on behind one of alternative ``i`` as others do without it."""
    behind = {_order(each[1:]) for each in groups[i].values()}
    return len(behind.intersection(_order(each) for j, group in groups.items() if j != i for each in group.values()))


def _common_end(taken: _Taken) -> int:
    """Return how many turns at the end are the same in all, from one on that none has before: there all meet."""
    orders = {_order(each) for each in taken.values()}
    backwards = zip(*(order[::-1] for order in orders), strict=False)
    count = sum(1 for _ in takewhile(lambda at: len({*at}) == 1, backwards))
    before = {i for order in orders for i in order[: len(order) - count]}
    end = next(iter(orders), ())
    return next((left for left in range(count, 0, -1) if end[-left] not in before), 0)


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
