"""Builds, from a grammar and its samples, one expression for whole chunks: the usual line unrolled, or any line caught.

A repetition of alternatives is what costs time. So the repetitions of LINE are unrolled into the orders in which the
samples use the alternatives, each turn optional. What the expression matches, LINE matches with the same values: a turn
stands only where the repetition would take that very alternative, and the end only where it would stop. What it does
not match is caught as a whole line and goes through LINE itself. From a line of the log at hand comes a narrower
expression yet, for lines that are written just like it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from logwatch.parse import peg
from logwatch.parse.capture import REST, Usual
from logwatch.parse.emit import DOCKER, PLAIN, Around, Writer, char_class
from logwatch.parse.habit import as_written, chosen, ends
from logwatch.parse.patterns import Refused
from logwatch.parse.peg import Choice, Look, Loop, Named, Node
from logwatch.parse.program import Program, loops_of
from logwatch.parse.sharpen import sharpened

_TURNS = 8  # of an unrolled repetition: more cost time on every line
_NAMED = 3  # values in it: each one more makes equal lines rarer
_SHARE = 0.03  # of the samples must be won by each turn more: it costs time on every line that has none
_HEAVY = 400  # characters of an alternative's expression: a nest of brackets is left to LINE itself


class Shape:
    """The parts of a line, and for each repetition among them the turns to unroll; holds for every envelope."""

    def __init__(self, node: Node, samples: Iterable[bytes], keep: frozenset[str]) -> None:
        """Raise Refused where the values to ``keep`` cannot be captured by one group each."""
        self._parts = list(node.items) if isinstance(node, peg.Seq) else [node]
        self._keep = keep
        self._turns = {i: _Turns(part, keep) for i, part in enumerate(self._parts) if _unrolls(part)}
        patterns = [_pattern(Writer(PLAIN).write(part, last=True)) for part in self._parts]
        for line in samples:
            self._follow(line + b"\n", patterns)
        last = len(self._parts) - 1
        self._open_end = last in self._turns and self._turns[last].cannot_fail
        self._tail = Program(self._turns[last].loop.item) if self._open_end else None
        for i, part in enumerate(self._parts):
            if (i not in self._turns or (i == last and not self._open_end)) and any(
                keep & set(peg.names(loop)) for loop in loops_of(part)
            ):
                raise Refused("a value to be counted inside a repetition that cannot be unrolled")
        for i, turns in self._turns.items():
            turns.choose(last=i == last and self._open_end)

    def _follow(self, line: bytes, patterns: Sequence[re.Pattern[bytes]]) -> None:
        """Note which alternatives a sample takes, in which order."""
        at = 0
        taken: list[tuple[_Turns, tuple[int, ...]]] = []
        for i, pattern in enumerate(patterns):
            if i in self._turns:
                order, at = self._turns[i].follow(line, at)
                taken.append((self._turns[i], order))
            else:
                found = pattern.match(line, at)
                if found is None:
                    return
                at = found.end()
        for turns, order in taken:
            turns.orders[order] += 1

    def usual(self, around: Around) -> Usual:
        """Write the expression down for plain lines or for lines inside Docker records."""
        writer = Writer(around, lambda each: isinstance(each, Named) and each.name in self._keep)
        text = ""
        turns: _Turns | None = None
        fixed: list[Node] = []  # the parts behind these turns
        for i, part in enumerate(self._parts):
            following = self._parts[i + 1 :]
            if i in self._turns and (following or self._open_end):
                text += _written(writer, turns, fixed)
                turns, fixed = self._turns[i], []
            elif fixed or not self._skipped_before(i):
                fixed.append(part)
        text += _written(writer, turns, None if self._open_end else fixed)
        return _finished(writer, text, around, self._tail)

    def alike(self, line: bytes, around: Around) -> Usual | None:
        """Write down the expression for lines written like this one; None if they are no results, or too many-sided."""
        line += b"\n"
        items: list[Node] = []
        at = 0
        for i, part in enumerate(self._parts):
            following = self._parts[i + 1 :]
            if i not in self._turns or not (following or self._open_end):
                items.append(chosen(peg.bare(part, self._keep), line, at))
                at = ends(part, line, at)
            else:
                turns = self._turns[i]
                unrolled = turns.as_in(line, at, last=not following)
                if unrolled is None:
                    return None
                items += unrolled[0]
                at = unrolled[1]
                if following and not turns.ends_with(peg.seq(*following)):
                    items.append(turns.end)
            if at < 0:
                return None
        writer = Writer(around, lambda each: isinstance(each, Named))
        return _finished(writer, writer.write(as_written(peg.seq(*items), line)), around, self._tail)

    def _skipped_before(self, i: int) -> bool:
        """Tell whether a part is the blanks that the unrolled turns before it have skipped already."""
        return i - 1 in self._turns and self._parts[i] == self._turns[i - 1].blanks


def _finished(writer: Writer, text: str, around: Around, tail: Program | None) -> Usual:
    """Complete the expression of a line with whatever stands behind it, its envelope, and any other line."""
    anything = char_class(peg.EVERY - around.never) + "*+"
    groups = [group.name for group in writer.groups if isinstance(group, Named)]
    text += f"({anything})" if tail else anything
    if around is DOCKER:
        time = r'"[^"\\\n]*+"'
        text = rf'\{{"log":"{text}\\n","stream":"std(?:out|err)","time":{time}\}}'
    if tail:
        groups.append(REST)
    filler = "()" * (2 - len(groups))  # findall gives tuples from two groups on
    # Both sides end right before the newline, so that nothing is ever gone back into
    end = "" if around is PLAIN else r"(?=\n)"
    pattern = re.compile(f"(?:{text}{filler}{end}|[^\\n]*+)\\n".encode("latin-1"))
    return Usual(pattern, groups, tail)


def _unrolls(part: Node) -> bool:
    return isinstance(part, Loop) and part.most is None and part.least == 0


class _Turns:
    """One repetition of alternatives, and the turns chosen to stand in its place."""

    def __init__(self, loop: Node, keep: frozenset[str]) -> None:
        assert isinstance(loop, Loop)
        self.loop = loop
        self._keep = keep
        self.blanks, core = peg.skips(loop.item)
        self._items: Sequence[Node] = core.items if isinstance(core, Choice) else (core,)
        before, stop = peg.skips(loop.stop) if loop.stop is not None else (self.blanks, None)
        self._stop: Node | None = stop
        self._names = [peg.names(item) for item in self._items]
        if before != self.blanks:
            raise Refused("a stop_on that skips other blanks than the repetition")
        self.orders: Counter[tuple[int, ...]] = Counter()
        self.chosen: tuple[int, ...] = ()
        plain = Writer(PLAIN)
        skip = plain.write(self.blanks) if self.blanks else ""
        self._patterns = [_pattern(skip + plain.write(item, last=True)) for item in self._items]
        self._stop_pattern = None if self._stop is None else _pattern(skip + plain.write(self._stop, last=True))

    @property
    def cannot_fail(self) -> bool:
        """Tell whether anything may stand here, and what stands here means the same without what is before it."""
        behind = any(isinstance(each, Look) and each.behind for each in peg.walk(self.loop))
        return self._stop is None and self.blanks is not None and not behind

    def follow(self, line: bytes, at: int) -> tuple[tuple[int, ...], int]:
        """Give the alternatives that the repetition takes from here, and where it ends."""
        order: list[int] = []
        while self._stop_pattern is None or not self._stop_pattern.match(line, at):
            turn = next(((i, m) for i, each in enumerate(self._patterns) if (m := each.match(line, at))), None)
            if turn is None:
                break
            order.append(turn[0])
            at = turn[1].end()
        return tuple(order), at

    def as_in(self, line: bytes, at: int, *, last: bool) -> tuple[list[Node], int] | None:
        """Give the turns that a line takes here, each where the repetition would take it, and where it ends.

        None if they are too many. With ``last``, those from the first value on are left out.
        """
        order, stopped = self.follow(line, at)
        order = self._unvalued(order) if last else order
        if len(order) > _TURNS or not all(map(self._light, order)):
            return None
        blanks = () if self.blanks is None else (self.blanks,)
        nodes: list[Node] = [*blanks]
        at = ends(peg.seq(*blanks), line, at)
        for i in order:
            guards = [Look(peg.bare(each), negative=True) for each in self._rivals(i)]
            turn = chosen(peg.bare(self._items[i], self._keep), line, at)
            sharp, end = sharpened(turn), ends(turn, line, at)
            nodes += (*guards, sharp if ends(sharp, line, at) == end else turn, *blanks)
            at = ends(peg.seq(*blanks), line, end)
        return nodes, stopped

    @property
    def end(self) -> Node:
        """What makes sure that the repetition has ended."""
        return Look(peg.bare(self.loop.item if self._stop is None else self._stop), negative=self._stop is None)

    def _light(self, i: int) -> bool:
        return not loops_of(self._items[i]) and len(self._patterns[i].pattern) <= _HEAVY

    def _unvalued(self, order: tuple[int, ...]) -> tuple[int, ...]:
        """Give the turns before the first one with a value to keep."""
        valued = [not self._light(i) or bool(self._keep & set(self._names[i])) for i in order]
        return order[: valued.index(True)] if True in valued else order

    def choose(self, *, last: bool) -> None:
        """Choose turns that cover as many samples as possible; where the rest is captured, values are left to it."""

        def unnamed(order: tuple[int, ...]) -> int:
            return sum(not self._names[i] for i in order)

        def rank(order: tuple[int, ...]) -> tuple[int, int, int]:
            return unnamed(order), -self.orders[order], len(order)

        for order in sorted(self.orders, key=rank):
            turns = self._unvalued(order) if last else order
            merged = _merged(self.chosen, turns)
            values = sum(len(self._keep & set(self._names[i])) for i in merged)
            gained = sum(n for each, n in self.orders.items() if _within(each, merged)) - sum(
                n for each, n in self.orders.items() if _within(each, self.chosen)
            )
            cost = len(merged) - len(self.chosen) + 2 * max(0, unnamed(merged) - unnamed(self.chosen))
            worth = gained >= _SHARE * self.orders.total() * cost or (last and not unnamed(turns))
            if all(map(self._light, turns)) and len(merged) <= _TURNS and values <= _NAMED and worth:
                self.chosen = merged

    def write(self, writer: Writer, then: Node | None) -> str:
        """Write the chosen turns, each optional, each only where the repetition would take that alternative; and then.

        Where what follows says itself that the repetition has ended, it is tried before the last turns: each of them
        would have to make sure first that the repetition has not ended. Nothing follows where anything may.
        """
        skip = writer.write(self.blanks) if self.blanks else ""
        if then is None:
            return skip + self._optional(writer, self.chosen, skip)
        after = sharpened(then)
        if not self.ends_with(then):
            return skip + self._optional(writer, self.chosen, skip) + writer.write(self.end) + writer.write(after)
        last = max((n for n, i in enumerate(self.chosen, 1) if self._stop not in self._rivals(i)), default=0)
        text = skip + self._optional(writer, self.chosen[:last], skip)
        if last < len(self.chosen):  # in the order of the text: groups are numbered as they are written
            text += f"(?:{writer.write(after)}|{self._optional(writer, self.chosen[last:], skip)}"
            return f"{text}{writer.write(after)})"
        return text + writer.write(after)

    def _optional(self, writer: Writer, turns: Iterable[int], skip: str) -> str:
        text = ""
        for i in turns:
            guards = "".join(writer.write(Look(peg.bare(each), negative=True)) for each in self._rivals(i))
            text += f"(?:{guards}{writer.write(sharpened(self._items[i]))}{skip}|)"
        return text

    def _rivals(self, i: int) -> list[Node]:
        """Give what would be taken before an alternative, where both may match."""
        item = self._items[i]
        return [each for each in (self._stop, *self._items[:i]) if each is not None and not peg.apart(each, item)]

    def ends_with(self, then: Node) -> bool:
        """Tell whether what follows begins with what ends the repetition."""
        if self._stop is None:
            return False
        items, stops = _items(peg.skips(peg.bare(then))[1]), _items(self._stop)
        return items[: len(stops)] == stops


def _written(writer: Writer, turns: _Turns | None, fixed: Sequence[Node] | None) -> str:
    then = None if fixed is None else peg.seq(*fixed)
    if turns:
        return turns.write(writer, then)
    return writer.write(sharpened(then)) if then else ""


def _pattern(text: str) -> re.Pattern[bytes]:
    return re.compile(text.encode("latin-1"))


def _within(order: tuple[int, ...], chosen: tuple[int, ...]) -> bool:
    """Tell whether an order is what remains of the chosen turns when some are left out."""
    turns = iter(chosen)
    return all(each in turns for each in order)


def _items(node: Node) -> tuple[Node, ...]:
    return node.items if isinstance(node, peg.Seq) else (node,)


def _merged(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    """Give a shortest sequence that contains both in order."""
    best: dict[tuple[int, int], tuple[int, ...]] = {}
    for i in range(len(one), -1, -1):
        for j in range(len(other), -1, -1):
            if i == len(one) or j == len(other):
                best[i, j] = one[i:] + other[j:]
            elif one[i] == other[j]:
                best[i, j] = (one[i], *best[i + 1, j + 1])
            else:
                a, b = (one[i], *best[i + 1, j]), (other[j], *best[i, j + 1])
                best[i, j] = a if len(a) <= len(b) else b
    return best[0, 0]
