"""Expressions that go over whole chunks: each takes every line, and captures what it knows of some.

Most of what a line's grammar allows costs time on every line. So beside the general expression there are those made for
lines like some examples: what one captures of a line is what LINE would, and what it does not match is passed over as a
whole. What stands in the last repetition, behind all that is needed, may be written otherwise than in any example if it
holds no value.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress
from typing import Any, NamedTuple

from logwatch.compile import nodes
from logwatch.compile.in_json import in_json, looks_before
from logwatch.compile.nodes import Capture, CharRun, Choice, Literal, Look, Node, Repeat
from logwatch.compile.specialise import Specialiser
from logwatch.compile.to_regex import Writer

LISTED = frozenset(("code",))
"""The names of which every value counts, and not the last one alone."""
_ANYTHING = CharRun(nodes.EVERY_BYTE, 0)


@dataclass(frozen=True)
class ChunkPattern:
    """A regex for ``findall``: one tuple of groups a line, all of them empty where the line was only passed over.

    It takes lines in a frame: ``before`` and ``behind`` each stands what these match, sources of regexes without
    groups. If it is ``quoted``, the line is JSON text, and so is what is captured.
    """

    node: Node
    listed: frozenset[str] = LISTED
    before: str = ""
    behind: str = ""
    quoted: bool = False

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What each group captures; a name may stand there several times."""
        return self.node.capture_names

    @cached_property
    def _repeated(self) -> list[tuple[int, str] | None]:
        """Of each group, the number of the repetition that sets it and its name; None where none does."""
        return [*_repeated(self.node, 0)]

    @property
    def may_be_undecided(self) -> bool:
        """Whether any group is set by a repetition."""
        return any(self._repeated)

    def undecided(self, groups: Sequence[Any]) -> bool:
        """Return whether a repetition may have set more values of one name than its groups tell, or in another order.

        They hold what its last turns set.
        """
        told = list(filter(None, compress(self._repeated, groups)))
        return len({*told}) < len(told) or any(name in self.listed for _, name in told)

    @cached_property
    def regex(self) -> re.Pattern[bytes]:
        """The expression, compiled when it is first needed."""
        text = Writer(capturing=True, last_turns=True).write(in_json(self.node) if self.quoted else self.node)
        # findall gives tuples from two groups on; both sides end right before the newline, and never go back
        text += "()" * max(0, 2 - len(self.names))
        return re.compile(f"(?:{self.before}{text}{self.behind}|.*+)\\n".encode("latin-1"))

    def framed(self, before: str, behind: str, *, quoted: bool) -> "ChunkPattern | None":
        """Return the same for lines in a frame; None where a line might match by what stands before it."""
        return None if looks_before(self.node) else ChunkPattern(self.node, self.listed, before, behind, quoted)


class Made(NamedTuple):
    """An expression, and those of the examples that it is for."""

    pattern: ChunkPattern
    payloads: list[bytes]


class ChunkCompiler:
    """Makes expressions of one line's node, which capture the values to ``keep``."""

    def __init__(self, node: Node, keep: frozenset[str], listed: frozenset[str] = LISTED) -> None:
        """Of the names that are ``listed`` every value counts, and of others the last one."""
        self._listed = listed
        self._head, self._tail = _split_end(nodes.without_captures(node, keep))
        self._blanks, _ = nodes.split_leading_blanks(self._tail.item if self._tail else nodes.NOTHING)
        literals = nodes.capture_literals(self._tail or nodes.NOTHING)
        self._valueless = None if literals is None else _without(literals)  # at the end, however it is written
        self.general = ChunkPattern(self._whole(self._head, [self._tail or nodes.NOTHING]), listed)
        """The expression for whatever lines the node takes: a lesson costs more than to read thousands by it."""

    def compile(self, payloads: Sequence[bytes], *, any_order: bool = False) -> "Made | None":
        """Return the expression for lines like these payloads (without newlines), and what it is for.

        Those that do not match are left out, as are the few that take a way of their own; return None if none is left.
        Fields that come in several orders are taken in any with ``any_order``, or where they have too many.
        """
        specialiser = Specialiser(self._listed, any_order=any_order)
        found = specialiser.specialise(self._head, [payload + b"\n" for payload in payloads])
        if found is None:
            return None
        head, ends = found
        kept, known = set(ends), None
        if self._tail and self._blanks:
            skipped = bytes(self._blanks.chars)
            rests = [(n, rest) for n, (line, at) in ends.items() if (rest := line[at:].lstrip(skipped)) != b"\n"]
            known = specialiser.specialise(self._tail, [rest for _, rest in rests])
            kept -= {n for i, (n, _) in enumerate(rests) if not known or i not in known[1]}
        specialiser.forget()
        behind = [*([known[0]] if known else []), *([self._valueless] if self._valueless else [])]
        return Made(ChunkPattern(self._whole(head, behind), self._listed), [payloads[n] for n in ends if n in kept])

    def _whole(self, head: Node, behind: Sequence[Node]) -> Node:
        """Return a node for whole lines, with the ways in which what stands ``behind`` may be written."""
        if not (self._tail and self._blanks):
            return nodes.seq(head, _ANYTHING)
        ends = [nodes.END_OF_LINE, *(nodes.seq(each, _ANYTHING) for each in behind)]
        return nodes.seq(head, self._blanks, nodes.choice(*ends))


def _split_end(node: Node) -> tuple[Node, Repeat | None]:
    """Split off the repetition at the end behind which anything may stand, and which means the same by itself."""
    *head, last = nodes.parts(node) or (nodes.NOTHING,)
    if not isinstance(last, Repeat) or (last.min, last.max) != (0, None):
        return node, None
    if looks_before(last) or nodes.split_leading_blanks(last.item)[0] is None:
        return node, None
    return nodes.seq(*head), last


def _without(literals: frozenset[bytes]) -> Node:
    """Return what takes the rest of a line that has none of some literals: it goes from one of their first bytes on."""
    first = frozenset(each[0] for each in literals)
    if not first:
        return _ANYTHING
    none = Look(nodes.choice(*map(Literal, sorted(literals))), negative=True)
    up_to = Repeat(Choice((CharRun(nodes.EVERY_BYTE - first), nodes.seq(none, CharRun(first, 1, 1)))))
    return nodes.seq(up_to, nodes.END_OF_LINE)


def _repeated(node: Node, at: int, within: int | None = None) -> Iterator[tuple[int, str] | None]:
    """Yield what sets each group of a node: the number of its repetition, and its name. ``at`` is the first group."""
    if within is None and isinstance(node, Repeat) and node.max != 1:
        within = at
    if isinstance(node, Capture):
        yield None if within is None else (within, node.name)
        return
    for child in node.children:
        yield from _repeated(child, at, within)
        at += len(child.capture_names)
