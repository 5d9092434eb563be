"""Unroll the repetitions of a line into the orders that example lines use: one expression for whole chunks.

A repetition of alternatives is what costs time. So each is written as the turns that the examples take, every turn
optional. What the expression matches, LINE matches with the same values: a turn stands only where the repetition would
take that very alternative, and the end only where it would stop. What it does not match is passed over as a whole.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from logwatch.parse.compile import nodes
from logwatch.parse.compile.chunk_pattern import ChunkPattern, chunk_pattern
from logwatch.parse.compile.from_regex import NotCompilable
from logwatch.parse.compile.line_pattern import repeats_with_captures
from logwatch.parse.compile.nodes import Capture, Choice, Look, Node, Repeat
from logwatch.parse.compile.specialise import common_ways, match_end, specialise, ways
from logwatch.parse.compile.to_regex import PLAIN, Framing, Writer

Order = tuple[int, ...]
"""Which alternatives a repetition takes, one after the other, by their index in it."""


class Turn(NamedTuple):
    """One turn of a repetition: the index of the alternative that it takes, and the text from there on."""

    alternative: int
    text: bytes


Turns = tuple[Turn, ...]

_MAX_TURNS = 12  # of an unrolled repetition: each costs time on every line that has none
_MAX_VALUES = 3  # captured in it: each one more makes equal lines rarer
_UNNAMED_COST = 3  # turns: what has no name of its own is looked at for being something else first
_MAX_REGEX_CHARS = 400  # of an alternative: a nest of brackets has thousands
_MAX_HEADS = 3  # of lines that are all alike: each costs time on the lines of the next ones
MAX_TAILS = 8
"""Ways in which what stands behind the code is written, at most."""
_MAX_TEXTS = 24  # of one alternative, that are looked at for how it is written
_GLANCE_BYTES = 16  # behind a turn, on which it may depend where it ends


class UnrollPlan:
    """The parts of a line and the repetitions among them that can be unrolled; holds for every framing."""

    def __init__(self, node: Node, keep: frozenset[str]) -> None:
        """Raise NotCompilable where the values to ``keep`` cannot be captured by one group each."""
        self._parts = nodes.parts(node)
        self._keep = keep
        self._repeats = {
            i: UnrolledRepeat(part, keep)
            for i, part in enumerate(self._parts)
            if isinstance(part, Repeat) and part.max is None and part.min == 0
        }
        last = len(self._parts) - 1
        self.tail = self._repeats[last].node if last in self._repeats and self._repeats[last].cannot_fail else None
        """The repetition at the end, whose values are read from what stands behind the unrolled turns; or None."""
        for i, part in enumerate(self._parts):
            left = i not in self._repeats or (i == last and self.tail is None)
            if left and any(keep & set(nodes.capture_names(each)) for each in repeats_with_captures(part)):
                raise NotCompilable("a value to be counted inside a repetition that cannot be unrolled")
        self._patterns = {
            i: _compiled(Writer().write(part, last=True))
            for i, part in enumerate(self._parts)
            if i not in self._repeats
        }

    def unrolled(
        self,
        examples: Iterable[bytes],
        framing: Framing = PLAIN,
        min_gain: float = 0.006,
        tails: Sequence[Node] = (),
    ) -> ChunkPattern:
        """Return the expression for lines like the examples, which are payloads without a newline.

        Each turn more must win the share ``min_gain`` of the examples: it costs time on every line that has none.
        """
        taken: dict[int, list[Turns]] = {i: [] for i in self._repeats}
        for payload in examples:
            for i, turns in self._follow(payload + b"\n").items():
                taken[i].append(turns)
        writer = Writer(framing, lambda each: isinstance(each, Capture) and each.name in self._keep)
        text = ""
        before: _Unrolled | None = None
        fixed: list[Node] = []  # the parts behind that repetition
        last = len(self._parts) - 1
        for i, part in enumerate(self._parts):
            if i in self._repeats and (i < last or self.tail):
                text += _written(writer, before, nodes.seq(*fixed))
                before, fixed = self._repeats[i].unrolled(taken[i], min_gain, last=i == last), []
            elif fixed or not self._skipped_before(i):
                fixed.append(part)
        text += _written(writer, before, None if self.tail else nodes.seq(*fixed))
        return chunk_pattern(writer, [text], framing, rest=self.tail is not None, tails=tails)

    def heads(self, payloads: Sequence[bytes], min_share: float) -> list[Node]:
        """Return what lines have alike, then each of the few ways in which so many payloads go on up to the tail.

        Return nothing if there are more ways.
        """
        first, then = self._halves
        lines = [payload + b"\n" for payload in payloads]
        ends = {line: match_end(first, line, 0) for line in lines}
        alike = [line for line in lines if ends[line] >= 0]
        left = [line[ends[line] : -1] for line in alike]
        heads = common_ways(then, left, min_share * len(lines) / (len(left) or 1), _MAX_HEADS)
        return [specialise(first, alike) or first, *heads] if heads else []

    def specialised(self, heads: Sequence[Node], framing: Framing = PLAIN, tails: Sequence[Node] = ()) -> ChunkPattern:
        """Return the expression for lines that begin as ``heads`` says and end as ``tails`` or otherwise."""
        writer = Writer(framing, lambda each: isinstance(each, Capture))
        before, *written = [writer.write(each) for each in heads]
        text = f"{before}(?:{'|'.join(written)})"
        return chunk_pattern(writer, [text], framing, rest=self.tail is not None, tails=tails)

    def tails(self, payloads: Sequence[bytes]) -> list[Node]:
        """Return what is written behind the code, in the ways of the payloads, the most frequent first."""
        last = len(self._parts) - 1
        return self.tails_of([text for each in payloads if (text := self._behind(each + b"\n", last))])

    def tails_of(self, texts: Sequence[bytes]) -> list[Node]:
        """Return the same for texts that stood behind codes."""
        if self._tail_to_keep is None:
            return []
        texts = [text for each in texts if (text := each.lstrip(b" \t\r"))]
        return [way for way, _ in ways(self._tail_to_keep, texts, MAX_TAILS)]

    @cached_property
    def _tail_to_keep(self) -> Node | None:
        return self.tail and nodes.without_captures(self.tail, self._keep)

    def _behind(self, line: bytes, last: int) -> bytes:
        """Return what of a line stands behind its other parts, without the newline."""
        at = 0
        for i in range(last):
            if i in self._repeats:
                _, at = self._repeats[i].follow(line, at)
            elif found := self._patterns[i].match(line, at):
                at = found.end()
            else:
                return b""
        return line[at:-1]

    def matches(self, payload: bytes) -> bool:
        """Return whether a payload is one that LINE matches."""
        return bool(self._follow(payload + b"\n"))

    @cached_property
    def _halves(self) -> tuple[Node, Node]:
        """The parts that all lines have alike, and the others before the tail with the blanks before it."""
        parts = list(self._parts)
        if self.tail is not None:
            blanks = self._repeats[len(parts) - 1].blanks
            parts[-1:] = [blanks] if blanks else []
        kept = [i for i, part in enumerate(parts) if i in self._repeats or self._keep & set(nodes.capture_names(part))]
        alike = kept[0] if kept else len(parts)
        both = nodes.seq(*parts[:alike]), nodes.seq(*parts[alike:])
        return nodes.without_captures(both[0]), nodes.without_captures(both[1], self._keep)

    def _follow(self, line: bytes) -> dict[int, Turns]:
        """Return the turns that each repetition takes in a line; none where the line does not match."""
        at = 0
        taken: dict[int, Turns] = {}
        for i in range(len(self._parts)):
            if i in self._repeats:
                taken[i], at = self._repeats[i].follow(line, at)
            elif found := self._patterns[i].match(line, at):
                at = found.end()
            else:
                return {}
        return taken

    def _skipped_before(self, i: int) -> bool:
        """Return whether a part is the blanks that the unrolled turns before it have skipped already."""
        return i - 1 in self._repeats and self._parts[i] == self._repeats[i - 1].blanks


class UnrolledRepeat:
    """One repetition of alternatives, of which some turns are chosen to stand in its place."""

    def __init__(self, node: Repeat, keep: frozenset[str]) -> None:
        self.node = node
        self._keep = keep
        self.blanks, core = nodes.split_leading_blanks(node.item)
        self._items = core.items if isinstance(core, Choice) else (core,)
        before, stop = nodes.split_leading_blanks(node.stop) if node.stop is not None else (self.blanks, None)
        if before != self.blanks:
            raise NotCompilable("a stop_on that skips other blanks than the repetition")
        self._stop: Node | None = stop
        plain = Writer()
        skip = plain.write(self.blanks) if self.blanks else ""
        self._patterns = [_compiled(skip + plain.write(item, last=True)) for item in self._items]
        self._stop_pattern = None if stop is None else _compiled(skip + plain.write(stop, last=True))
        self._skip = _compiled(skip)

    @property
    def cannot_fail(self) -> bool:
        """Return whether anything may stand here, and what stands here means the same without what is before it."""
        behind = any(isinstance(each, Look) and each.behind for each in nodes.walk(self.node))
        return self._stop is None and self.blanks is not None and not behind

    def follow(self, line: bytes, at: int) -> tuple[Turns, int]:
        """Return the turns that the repetition takes from index ``at`` on, and the index where it ends."""
        turns: list[Turn] = []
        while self._stop_pattern is None or not self._stop_pattern.match(line, at):
            found = next(((i, m) for i, each in enumerate(self._patterns) if (m := each.match(line, at))), None)
            if found is None:
                break
            i, match = found
            skipped = self._skip.match(line, at)
            turns.append(Turn(i, line[skipped.end() if skipped else at : match.end() + _GLANCE_BYTES]))
            at = match.end()
        return tuple(turns), at

    def unrolled(self, examples: Sequence[Turns], min_gain: float, *, last: bool) -> "_Unrolled":
        """Choose turns that cover as many examples as are worth them; with ``last``, values are left to the rest."""
        forms = {i: self._form(i, [turn.text for turns in examples for turn in turns if turn.alternative == i])
                 for i in range(len(self._items))}  # fmt: skip
        wanted: Counter[Order] = Counter()
        for turns in examples:
            order = tuple(turn.alternative for turn in turns)
            wanted[self._before_values(order, forms) if last else order] += 1
        chosen: Order = ()
        for order in sorted(wanted, key=lambda order: (-wanted[order] / (1 + self._cost(order)), len(order))):
            merged = merge(chosen, order)
            values = sum(len(self._keep & set(self._names(i))) for i in merged)
            gained = sum(n for each, n in wanted.items() if contains(merged, each) and not contains(chosen, each))
            worth = gained >= min_gain * wanted.total() * (self._cost(merged) - self._cost(chosen))
            # what is passed over at the end is part of the rest, and costs nothing but being looked through
            if last and any(not self._names(i) for i in order):
                continue
            if all(forms[i] for i in order) and len(merged) <= _MAX_TURNS and values <= _MAX_VALUES and worth:
                chosen = merged
        return _Unrolled(self, chosen, {i: form for i, form in forms.items() if form})

    def _names(self, i: int) -> Sequence[str]:
        return nodes.capture_names(self._items[i])

    def _cost(self, order: Order) -> int:
        return sum(1 if self._names(i) else _UNNAMED_COST for i in order)

    def _form(self, i: int, texts: Sequence[bytes]) -> Node | None:
        """Return an alternative as a turn has it; None if it is left to LINE itself.

        A nest of brackets costs too much on every line, so it is taken as most of the examples have it.
        """
        item = self._items[i]
        if repeats_with_captures(item):
            return None
        if len(self._patterns[i].pattern) <= _MAX_REGEX_CHARS:
            return item
        found = ways(nodes.without_captures(item), [text.split(b"\n")[0] for text in texts[:_MAX_TEXTS]], 1)
        return None if nodes.capture_names(item) or not found else found[0][0]

    def _before_values(self, order: Order, forms: Mapping[int, Node | None]) -> Order:
        """Return the turns before the first one with a value to keep."""
        valued = [not forms[i] or bool(self._keep & set(self._names(i))) for i in order]
        return order[: valued.index(True)] if True in valued else order

    def rivals(self, i: int) -> list[Node]:
        """Return what would be taken before an alternative, where both may match."""
        item = self._items[i]
        earlier = (self._stop, *self._items[:i])
        return [each for each in earlier if each is not None and not nodes.disjoint(each, item)]

    def stops_before(self, i: int) -> bool:
        """Return whether the end of the repetition is to be ruled out before an alternative is taken."""
        return self._stop is not None and not nodes.disjoint(self._stop, self._items[i])

    @property
    def end(self) -> Node:
        """What makes sure that the repetition has ended."""
        node = self.node.item if self._stop is None else self._stop
        return Look(nodes.without_captures(node), negative=self._stop is None)

    def ends_with(self, then: Node) -> bool:
        """Return whether what follows begins with what ends the repetition."""
        if self._stop is None:
            return False
        items = nodes.parts(nodes.split_leading_blanks(nodes.without_captures(then))[1])
        stops = nodes.parts(self._stop)
        return items[: len(stops)] == stops


@dataclass(frozen=True)
class _Unrolled:
    """A repetition, the turns in its place by their alternatives, and how each alternative is written."""

    repeat: UnrolledRepeat
    turns: Order
    forms: Mapping[int, Node]

    def write(self, writer: Writer, then: Node | None) -> str:
        """Write the turns, each optional, each only where the repetition would take that alternative; and then.

        Where what follows says itself that the repetition has ended, it is tried before the last turns: each of them
        would have to make sure first that the repetition has not ended. Nothing follows where anything may.
        """
        skip = writer.write(self.repeat.blanks) if self.repeat.blanks else ""
        if then is None:
            return skip + self._optional(writer, self.turns, skip)
        if not self.repeat.ends_with(then):
            text = skip + self._optional(writer, self.turns, skip)
            return text + writer.write(self.repeat.end) + writer.write(then)
        last = max((n for n, i in enumerate(self.turns, 1) if not self.repeat.stops_before(i)), default=0)
        text = skip + self._optional(writer, self.turns[:last], skip)
        if last < len(self.turns):  # in the order of the text: groups are numbered as they are written
            text += f"(?:{writer.write(then)}|{self._optional(writer, self.turns[last:], skip)}"
            return f"{text}{writer.write(then)})"
        return text + writer.write(then)

    def _optional(self, writer: Writer, turns: Iterable[int], skip: str) -> str:
        text = ""
        for i in turns:
            rivals = [nodes.without_captures(each) for each in self.repeat.rivals(i)]
            guard = writer.write(Look(Choice(tuple(rivals)), negative=True)) if rivals else ""
            text += f"(?:{guard}{writer.write(self.forms[i])}{skip}|)"
        return text


def _written(writer: Writer, before: _Unrolled | None, then: Node | None) -> str:
    if before:
        return before.write(writer, then)
    return writer.write(then) if then else ""


def _compiled(text: str) -> re.Pattern[bytes]:
    return re.compile(text.encode("latin-1"))


def contains(order: Order, part: Order) -> bool:
    """Return whether a part is what remains of an order when some turns are left out."""
    turns = iter(order)
    return all(each in turns for each in part)


def merge(one: Order, other: Order) -> Order:
    """Return a shortest order that contains both."""
    best: dict[tuple[int, int], Order] = {}
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
