"""One expression that goes over whole chunks: it takes every line, and captures what it knows of some.

Most of what a line's grammar allows costs time on every line. So the expression is made for lines like some examples:
what it captures of a line is what LINE would, and what it does not match is passed over as a whole. What stands in the
last repetition, behind all that is needed, is a part of its own, which may be written otherwise than in any example.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import compress
from typing import NamedTuple

from logwatch.parse.compile import nodes
from logwatch.parse.compile.in_json import in_json, looks_before
from logwatch.parse.compile.line_pattern import LinePattern
from logwatch.parse.compile.nodes import CharRun, Look, Node, Repeat
from logwatch.parse.compile.specialise import MAX_ORDERS, Specialiser
from logwatch.parse.compile.to_regex import Writer

REST = "rest"
"""The name of the last group, if it holds all that stands behind what the expression looked at."""


LISTED = frozenset(("code",))
"""The names of which every value counts, and not the last one alone."""
_ANYTHING = CharRun(nodes.EVERY_BYTE, 0)


@dataclass(frozen=True)
class ChunkPattern:
    """A regex for ``findall``: one tuple of groups a line, all of them empty where the line was only passed over.

    It takes lines in a frame: ``before`` and ``behind`` each stands what these match, sources of regexes without
    groups. If it is ``quoted``, the line is JSON text, and so is what is captured.
    """

    head: Node
    blanks: CharRun | None
    """In front of what may stand behind the head; None where that is anything, and holds no value."""
    known: Node | None
    """What stands there in the examples."""
    before: str = ""
    behind: str = ""
    quoted: bool = False
    listed: frozenset[str] = LISTED

    @property
    def has_rest(self) -> bool:
        """Return whether the last group is REST."""
        return self.blanks is not None

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What each group captures; a name may stand there several times."""
        names = self.head.capture_names + (self.known.capture_names if self.known else ())
        return (*names, REST) if self.has_rest else names

    @cached_property
    def _repeated(self) -> list[tuple[int, str] | None]:
        """Of each group, the number of the repetition that sets it and its name; None where none does."""
        return [*_repeated(self.head, 0), *_repeated(self.known or nodes.NOTHING, len(self.head.capture_names))]

    def undecided(self, groups: Sequence[bytes]) -> bool:
        """Return whether a repetition may have set more values of one name than its groups tell, or in another order.

        They hold what its last turns set.
        """
        told = list(filter(None, compress(self._repeated, groups)))
        return len({*told}) < len(told) or any(name in self.listed for _, name in told)

    @cached_property
    def regex(self) -> re.Pattern[bytes]:
        """The expression, compiled when it is first needed."""
        writer = Writer(capturing=True, last_turns=True)

        def written(node: Node) -> str:
            return writer.write(in_json(node) if self.quoted else node)

        anything = written(_ANYTHING)
        text = written(self.head)
        if self.blanks is None:
            text += anything
        else:
            known = f"{written(self.known)}{anything}|" if self.known else ""
            text += f"{written(self.blanks)}(?:{written(nodes.END_OF_LINE)}|{known}({anything}))"
        # findall gives tuples from two groups on; both sides end right before the newline, and never go back
        text += "()" * max(0, 2 - len(self.names))
        return re.compile(f"(?:{self.before}{text}{self.behind}|[^\\n]*+)\\n".encode("latin-1"))

    def framed(self, before: str, behind: str, *, quoted: bool) -> "ChunkPattern | None":
        """Return the same for lines in a frame; None where a line might match by what stands before it."""
        if looks_before(nodes.seq(self.head, self.known or nodes.NOTHING)):
            return None
        return replace(self, before=before, behind=behind, quoted=quoted)


class Made(NamedTuple):
    """An expression, and those of the examples that it is for."""

    pattern: ChunkPattern
    payloads: list[bytes]
    tails: list[bytes]  # what stood in the last repetition of the payloads, and alone


class ChunkCompiler:
    """Makes expressions of one line's node, which capture the values to ``keep``."""

    def __init__(
        self,
        node: Node,
        keep: frozenset[str],
        known: "ChunkCompiler | None" = None,
        listed: frozenset[str] = LISTED,
    ) -> None:
        """Split off the repetition at the end, if anything may stand there.

        Of the names that are ``listed`` every value counts, and of others the last one. What another compiler of the
        same node has compiled may be shared: of all it takes longest.
        """
        *head, last = nodes.parts(node) or (nodes.NOTHING,)
        self._listed = listed
        self.tail = last if isinstance(last, Repeat) and _cannot_fail(last) else None
        """The repetition at the end, whose values are in the rest where no example is like it; or None."""
        turns = LinePattern(self.tail.item, turns=True) if self.tail else None
        self.turns: LinePattern | None = known.turns if known else turns
        """Its turns."""
        self.head = nodes.seq(*head) if self.tail else node
        self._kept_head = nodes.without_captures(self.head, keep)
        self._kept_tail = nodes.without_captures(self.tail or nodes.NOTHING, keep)
        self._blanks, _ = nodes.split_leading_blanks(self.tail.item if self.tail else nodes.NOTHING)
        self.general = ChunkPattern(self._kept_head, self._blanks, None, listed=listed)
        """The expression for whatever lines the node takes: a lesson costs more than to read thousands by it."""

    def compile(
        self, payloads: Sequence[bytes], tails: Sequence[bytes] = (), max_orders: int = MAX_ORDERS
    ) -> "Made | None":
        """Return the expression for lines like these payloads (without newlines), and what it is for.

        Those that do not match are left out, as are the few that take a way of their own; return None if none is left.
        ``tails`` are more examples of what stands in the last repetition. Where there are more than ``max_orders`` of
        fields, any order is taken.
        """
        specialiser = Specialiser(self._listed, max_orders)
        found = specialiser.specialise(self._kept_head, [payload + b"\n" for payload in payloads])
        if found is None:
            return None
        head, ends = found
        known = None
        if self._blanks is not None:
            behind = [line[at:].lstrip(bytes(self._blanks.chars)) for line, at in ends.values()]
            behind += [tail + b"\n" for tail in tails]
            known = specialiser.specialise(self._kept_tail, [each for each in behind if each != b"\n"])
        specialiser.forget()
        pattern = ChunkPattern(head, self._blanks, known[0] if known else None, listed=self._listed)
        return Made(pattern, [payloads[n] for n in ends], [line[:-1] for line, _ in known[1].values()] if known else [])


def _repeated(node: Node, at: int, within: int | None = None) -> Iterator[tuple[int, str] | None]:
    """Yield of each group in a node, of which the first is number ``at``, the repetition that it is in, and its name."""
    if within is None and isinstance(node, Repeat) and node.max != 1:
        within = at
    if isinstance(node, nodes.Capture):
        yield None if within is None else (within, node.name)
        return
    for child in node.children:
        yield from _repeated(child, at, within)
        at += len(child.capture_names)


def _cannot_fail(node: Repeat) -> bool:
    """Return whether anything may stand here, and what stands here means the same without what is before it."""
    blanks, _ = nodes.split_leading_blanks(node.item)
    behind = any(isinstance(each, Look) and each.behind for each in nodes.walk(node))
    return (node.min, node.max) == (0, None) and blanks is not None and not behind
