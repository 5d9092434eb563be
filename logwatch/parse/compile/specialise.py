"""Specialise a node to the ways in which example lines take it.

What the specialised node matches, the given one matches with the same values; whatever else there is, it does not
match. The examples decide which alternatives are taken, and which turns of a repetition, one after the other; turns
without values, in more orders than are worth a way each, stay a repetition of those that occur. Each stands only where
the node itself would take it, and the end only where it would end; so at any place at most one way can be taken.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from logwatch.parse.compile import nodes
from logwatch.parse.compile.narrow import Loop, Part, Step, Value, Ways, is_one_text, narrowed
from logwatch.parse.compile.nodes import Backtracking, Capture, Choice, EndOfLine, Look, Node, Repeat
from logwatch.parse.compile.to_regex import Writer

_MAX_TURNS = 160  # of all ways together: the expression grows with them
_MAX_VALUES = 24  # likewise: each is a group, on every line
_MAX_RUNS = 4  # orders of turns without values that are told apart
_MAX_TURNS_OF_A_LINE = 80
_RARE = 64  # examples, of which one alone is no way
_GLANCE_BYTES = 64
_AT_NEWLINE, _ELSEWHERE = -1, -2  # where a repetition ends, beside the indices of its alternatives

Places: TypeAlias = Mapping[int, tuple[bytes, int]]
"""By the number of an example, its line and the index at which a node stands in it."""


class Specialiser:
    """Keeps what it compiles of nodes for the next time."""

    def __init__(self) -> None:
        # by identity, since to hash a tree takes longer; what they hold keeps it theirs
        self._patterns: dict[int, tuple[Node, re.Pattern[bytes] | None]] = {}
        self._repeats: dict[int, _Turns] = {}

    def specialise(self, node: Node, lines: Sequence[bytes]) -> tuple[Node, Places] | None:
        """Return the node as these lines take it from their beginnings, and where it ends in those that are kept.

        Lines end in a newline; those that do not match are left out, as are the few that take a way of their own.
        Return None if none is left.
        """
        for turns in self._repeats.values():
            turns.remembered.clear()
        follower = _Follower(self, 1 + len(lines) // _RARE)
        parts, ends = follower.follow(node, dict(enumerate((line, 0) for line in lines)))
        return (narrowed(parts, nodes.NOTHING), ends) if ends else None

    def end(self, node: Node, line: bytes, at: int) -> int:
        """Return the index where a match of the node from ``at`` on ends, -1 if there is none.

        Repetitions with values, which are gone into anyway, are large: they are not compiled for it.
        """
        known = self._patterns.get(id(node))
        if known is None:
            gone_into = not isinstance(node, Backtracking) and any(
                isinstance(each, Repeat) and each.capture_names for each in nodes.walk(node)
            )
            text = "" if gone_into else Writer().write(node, last=True)
            known = self._patterns[id(node)] = node, None if gone_into else re.compile(text.encode("latin-1"))
        if known[1]:
            found = known[1].match(line, at)
            return found.end() if found else -1
        if isinstance(node, Choice | Repeat):
            taken = self.turns(node).taken(line, at)
            return taken.end if taken else -1
        for each in nodes.children(node):
            at = self.end(each, line, at) if at >= 0 else at
        return at

    def turns(self, node: Choice | Repeat) -> "_Turns":
        """Return what the turns of a repetition are; a choice is a repetition of one turn."""
        known = self._repeats.get(id(node))
        if known is None:
            known = self._repeats[id(node)] = _Turns(self, node)
        return known


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
        self.remembered: dict[tuple[bytes, int], _Taken | None] = {}
        self._of = of  # whose identity the specialiser knows it by
        self.node = node = of if isinstance(of, Repeat) else Repeat(of, 1, 1)
        self._specialiser = specialiser
        self.blanks, item = nodes.split_leading_blanks(node.item)
        self.stop: Node | None = None
        if node.stop is not None:
            before, self.stop = nodes.split_leading_blanks(node.stop)
            if before != self.blanks:
                self.blanks, item, self.stop = None, node.item, node.stop
        self.items = item.items if isinstance(item, Choice) else (item,)
        self.any_number = (node.min, node.max) == (0, None)
        self.valued = [bool(each.capture_names) for each in self.items]

    def guard(self, i: int) -> Look | None:
        """Return what makes sure that neither the end nor an alternative before number ``i`` matches, if one might."""
        rivals = [self.stop, *self.items[:i]] if self.stop else self.items[:i]
        left = [nodes.without_captures(each) for each in rivals if not nodes.disjoint(each, self.items[i])]
        return Look(nodes.choice(*left), negative=True) if left else None

    def taken(self, line: bytes, at: int) -> _Taken | None:
        """Return the turns from ``at`` on; None if they are too few or too many."""
        if (line, at) not in self.remembered:
            self.remembered[line, at] = self._taken(line, at)
        return self.remembered[line, at]

    def _taken(self, line: bytes, at: int) -> _Taken | None:
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
            if item.min_len and line[at] not in item.first_set:
                continue
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


# ---- what the examples take ------------------------------------------------------------------------------------------


class _Follower:
    """Goes through a node and the examples in step."""

    def __init__(self, specialiser: Specialiser, min_count: int) -> None:
        self._specialiser = specialiser
        self._min_count = min_count
        self._turns = _MAX_TURNS
        self._values = _MAX_VALUES

    def follow(self, node: Node, at: Places, then: Node = nodes.NOTHING) -> tuple[list[Part], Places]:
        """Return what the examples take of a node, and where they are behind it; ``then`` is what follows."""
        match node:
            case Capture(name, item):
                self._values -= 1
                parts, ends = self.follow(item, at) if self._values >= 0 else ([], {})
                return [Value(name, parts)], ends
            case nodes.Seq() | Choice() | Repeat() if is_one_text(node):
                return self._take(node, at)
            case nodes.Seq(items):
                done: list[Part] = []
                for i, item in enumerate(items):
                    stops = isinstance(item, Repeat) and item.stop is not None
                    parts, at = self.follow(item, at, nodes.seq(*items[i + 1 :]) if stops else nodes.NOTHING)
                    done += parts
                return done, at
            case Choice() | Repeat():
                return self._decide(node, at, then)
        return self._take(node, at)

    def _take(self, node: Node, at: Places) -> tuple[list[Part], Places]:
        ends = {
            n: (line, end) for n, (line, start) in at.items() if (end := self._specialiser.end(node, line, start)) >= 0
        }
        return [_step(node, [(line, at[n][1], end) for n, (line, end) in ends.items()])], ends

    def _decide(self, node: Choice | Repeat, at: Places, then: Node) -> tuple[list[Part], Places]:
        """Take the ways of the examples; where they differ, and no value is in them, the node stays as it is."""
        turns = self._specialiser.turns(node)
        taken = {n: found for n, (line, start) in at.items() if (found := turns.taken(line, start))}
        if not node.capture_names and len({turns.run(each, 0) for each in taken.values()}) > 1:
            return self._take(node, at)
        ends: dict[int, tuple[bytes, int]] = {}
        return self._tree(turns, taken, dict.fromkeys(taken, 0), then, ends), ends

    def _tree(
        self,
        turns: _Turns,
        taken: Mapping[int, _Taken],
        at: Mapping[int, int],
        then: Node,
        ends: dict[int, tuple[bytes, int]],
    ) -> list[Part]:
        """Return the ways in which the turns go on from number ``at[n]`` on; note the ends of those that are kept."""
        parts: list[Part] = []
        runs = {n: turns.run(taken[n], i) for n, i in at.items()}
        if turns.any_number and len(set(runs.values())) > _MAX_RUNS:
            parts = self._loop(turns, [turn for n, i in at.items() for turn in _with_line(taken[n], i, len(runs[n]))])
            at = {n: i + len(runs[n]) for n, i in at.items()}
        implied = _begins_with(then, turns.node.stop)
        groups: dict[int, list[int]] = {}
        for n, i in at.items():
            line, took, end = taken[n]
            ended = _AT_NEWLINE if line[end:] == b"\n" and not implied else _ELSEWHERE
            groups.setdefault(took[i].alternative if i < len(took) else ended, []).append(n)
        ways: list[list[Part]] = []
        for i, group in sorted(groups.items(), key=lambda each: -len(each[1])):
            before = len(ends)
            if len(group) < self._min_count:
                continue
            if i < 0:
                ends.update({n: (taken[n].line, taken[n].end) for n in group})
                ways.append([] if implied else _end(turns, i, [taken[n] for n in group]))
            elif self._turns > 0:
                self._turns -= 1
                here = {n: (taken[n].line, taken[n].turns[at[n]]) for n in group}
                way, behind = self._turn(turns, i, here)
                way += self._tree(turns, taken, {n: at[n] + 1 for n in behind}, then, ends)
                if len(ends) > before:
                    ways.append(way)
        return [*parts, *_fork(ways)]

    def _turn(self, turns: _Turns, i: int, here: Mapping[int, tuple[bytes, _Turn]]) -> tuple[list[Part], Places]:
        """Return one turn that takes alternative ``i``."""
        way: list[Part] = []
        if turns.blanks:
            way.append(_step(turns.blanks, [(line, turn.blanks, turn.start) for line, turn in here.values()]))
        starts = {n: (line, turn.start) for n, (line, turn) in here.items()}
        parts, ends = self.follow(turns.items[i], starts)
        return [*way, *_looks(turns.guard(i), starts.values()), *parts], ends

    def _loop(self, turns: _Turns, took: Sequence[tuple[bytes, _Turn]]) -> list[Part]:
        """Return a repetition of the alternatives that these turns take."""
        ways: list[list[Part]] = []
        for i in sorted({turn.alternative for _, turn in took}):
            here = dict(enumerate(each for each in took if each[1].alternative == i))
            if len(here) >= self._min_count and self._turns > 0:
                self._turns -= 1
                way, ends = self._turn(turns, i, here)
                if ends:
                    ways.append(way)
        return [Loop(_fork(ways))] if ways else []


def _with_line(taken: _Taken, i: int, count: int) -> list[tuple[bytes, _Turn]]:
    return [(taken.line, turn) for turn in taken.turns[i : i + count]]


def _step(node: Node, spans: Sequence[tuple[bytes, int, int]]) -> Step:
    texts = {line[start:end] for line, start, end in spans}
    return Step(node, texts, [line[end : end + _GLANCE_BYTES] for line, _, end in spans])


def _looks(look: Look | None, places: Iterable[tuple[bytes, int]]) -> list[Part]:
    return [_step(look, [(line, at, at) for line, at in places])] if look else []


def _end(turns: _Turns, where: int, taken: Sequence[_Taken]) -> list[Part]:
    """Return what makes sure that no turn follows."""
    node = turns.node
    if node.max is not None and len(taken[0].turns) == node.max:
        return []
    absent = Look(nodes.without_captures(node.item), negative=True)
    look: Node = absent
    if where == _AT_NEWLINE and node.item.min_len:
        look = EndOfLine()  # nothing that takes bytes can match the newline
    elif node.stop is not None:
        look = Choice((Look(nodes.without_captures(node.stop)), absent))
    return [_step(look, [(each.line, each.end, each.end) for each in taken])]


def _begins_with(node: Node, beginning: Node | None) -> bool:
    wanted = nodes.parts(nodes.without_captures(beginning)) if beginning else ()
    return bool(wanted) and nodes.parts(nodes.without_captures(node))[: len(wanted)] == wanted


def _fork(ways: list[list[Part]]) -> list[Part]:
    return ways[0] if len(ways) == 1 else [Ways(ways)]
