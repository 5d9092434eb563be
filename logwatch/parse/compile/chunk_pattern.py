"""One expression that goes over whole chunks: it takes every line, and captures what it knows of some.

Most of what a line's grammar allows costs time on every line. So the expression is made for lines like some examples:
what it captures of a line is what LINE would, and what it does not match is passed over as a whole. What stands in the
last repetition, behind all that is needed, may be written otherwise than in any example: it holds no value, or is
captured as a whole.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from logwatch.parse.compile import nodes
from logwatch.parse.compile.in_json import in_json, looks_before
from logwatch.parse.compile.line_pattern import LinePattern, Values, split_end, turns_of
from logwatch.parse.compile.nodes import Capture, CharRun, Choice, Literal, Look, Node, Repeat
from logwatch.parse.compile.specialise import MAX_ORDERS, Specialiser
from logwatch.parse.compile.to_regex import Writer

REST = "rest"
"""The name of what stands behind the head, where it is written otherwise than in the examples and may hold values."""

_MIN_LINES = 900  # one by one, LINE compiled for the first of them: that costs what an expression does
_LINES_A_SHAPE = 150  # each is a way of its own, and where they are many, LINE has to be compiled as well
_MARKS = frozenset(b" =,;()[]")
_WITHIN_WORDS = bytes(code for code in range(256) if code not in _MARKS)
_ANSWER = re.compile(rb'["{]')
_ANYTHING = CharRun(nodes.EVERY_BYTE, 0)


def lines_worth(payloads: Sequence[bytes]) -> int:
    """Return how many lines like these an expression must save from being read one by one to be worth compiling.

    It takes the longer, the more ways there are: as many as shapes, which are the marks and blanks between the words in
    front of what JSON there is. All answers together are hardly more than a way.
    """
    shapes = {_ANSWER.split(payload, 1)[0].translate(None, _WITHIN_WORDS) for payload in payloads}
    return max(_MIN_LINES, _LINES_A_SHAPE * len(shapes))


@dataclass(frozen=True)
class ChunkPattern:
    """A regex for ``findall``: one tuple of groups a line, all of them empty where the line was only passed over.

    It takes lines in a frame: ``before`` and ``behind`` each stands what these match, sources of regexes without
    groups. If it is ``quoted``, the line is JSON text, and so is what is captured.
    """

    node: Node
    before: str = ""
    behind: str = ""
    quoted: bool = False

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What each group captures; a name may stand there several times."""
        return self.node.capture_names

    @cached_property
    def _rivals(self) -> list[tuple[int, ...]]:
        """The indices of groups that one repetition sets under one name."""
        return [*_rivals(self.node, 0)]

    def undecided(self, groups: Sequence[bytes]) -> bool:
        """Return whether several values of one name were captured in a repetition: nothing tells which is the last."""
        return any(len({groups[i] for i in each} - {b""}) > 1 for each in self._rivals)

    @cached_property
    def regex(self) -> re.Pattern[bytes]:
        """The expression, compiled when it is first needed."""
        text = Writer(capturing=True, last_turns=True).write(in_json(self.node) if self.quoted else self.node)
        # findall gives tuples from two groups on; both sides end right before the newline, and never go back
        text += "()" * max(0, 2 - len(self.names))
        return re.compile(f"(?:{self.before}{text}{self.behind}|[^\\n]*+)\\n".encode("latin-1"))

    def framed(self, before: str, behind: str, *, quoted: bool) -> "ChunkPattern | None":
        """Return the same for lines in a frame; None where a line might match by what stands before it."""
        return None if looks_before(self.node) else ChunkPattern(self.node, before, behind, quoted)


class Made(NamedTuple):
    """An expression, and those of the examples that it is for."""

    pattern: ChunkPattern
    payloads: list[bytes]


class ChunkCompiler:
    """Makes expressions of one line's node, which capture the values to ``keep``."""

    def __init__(
        self,
        node: Node,
        keep: frozenset[str],
        turns: LinePattern | None = None,
        listed: frozenset[str] = frozenset(("code",)),
    ) -> None:
        """Of the names that are ``listed`` every value counts, and of others the last one.

        The ``turns`` of the repetition at the end may be shared: of all it takes longest to compile them.
        """
        self._keep = keep
        self._listed = listed
        self._head, self._tail = split_end(nodes.without_captures(node, keep))
        self._turns = turns or turns_of(node)
        self._blanks, _ = nodes.split_leading_blanks(self._tail.item if self._tail else nodes.NOTHING)
        literals = nodes.capture_literals(self._tail or nodes.NOTHING)
        self._valueless = None if literals is None else _without(literals)
        """What stands in the repetition at the end and holds no value, however it is written."""

    def compile(self, payloads: Sequence[bytes], max_orders: int = MAX_ORDERS) -> "Made | None":
        """Return the expression for lines like these payloads (without newlines), and what it is for.

        Those that do not match are left out, as are the few that take a way of their own; return None if none is left.
        Where there are more than ``max_orders`` of fields, any order is taken.
        """
        specialiser = Specialiser(self._listed, max_orders)
        found = specialiser.specialise(self._head, [payload + b"\n" for payload in payloads])
        if found is None:
            return None
        node, ends = found
        kept = set(ends)
        if self._tail and self._blanks:
            skipped = bytes(self._blanks.chars)
            rests = [(n, rest) for n, (line, at) in ends.items() if (rest := line[at:].lstrip(skipped)) != b"\n"]
            known = specialiser.specialise(self._tail, [rest for _, rest in rests])
            kept -= {n for i, (n, _) in enumerate(rests) if not known or i not in known[1]}
            ways = [nodes.END_OF_LINE, *([nodes.seq(known[0], _ANYTHING)] if known else [])]
            ways += [nodes.seq(self._valueless, nodes.END_OF_LINE)] if self._valueless else []
            node = nodes.seq(node, self._blanks, nodes.choice(*ways, Capture(REST, _ANYTHING)))
        else:
            node = nodes.seq(node, _ANYTHING)
        specialiser.forget()
        return Made(ChunkPattern(node), [payloads[n] for n in ends if n in kept])

    def values_in(self, rest: bytes) -> Values:
        """Return the values in what was captured as REST."""
        values = self._turns.all_turns(rest + b"\n") if self._turns else []
        return [each for each in values if each[0] in self._keep]


def _without(literals: frozenset[bytes]) -> Node:
    """Return what takes a line up to the first of some literals, going from one of their first bytes to the next."""
    first = frozenset(each[0] for each in literals)
    if not first:
        return _ANYTHING
    none = Look(nodes.choice(*map(Literal, sorted(literals))), negative=True)
    return Repeat(Choice((CharRun(nodes.EVERY_BYTE - first), nodes.seq(none, CharRun(first, 1, 1)))))


def _rivals(node: Node, at: int) -> Iterator[tuple[int, ...]]:
    """Yield the groups of each name that stands in one repetition more than once, where ``at`` is the first of all."""
    if isinstance(node, Repeat) and node.max != 1:
        places = defaultdict(list)
        for place, name in enumerate(node.capture_names, at):
            places[name].append(place)
        yield from (tuple(each) for each in places.values() if len(each) > 1)
        return
    for child in node.children:
        yield from _rivals(child, at)
        at += len(child.capture_names)
