"""The expression that goes over whole chunks of lines: it takes every line, and captures what it knows of some."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from logwatch.compile.in_json import in_json, looks_before
from logwatch.compile.nodes import Node
from logwatch.compile.pcre2 import Expression
from logwatch.compile.shared_groups import SharedGroups, ValueGroup, groups_of

LISTED = frozenset(("code",))
"""The names of which every value counts, and not the last one alone."""
Values = tuple[bytes, ...]
"""What was captured of a line, group by group."""

_NAMED_GROUP = re.compile(r"\(\?<\w")
_BETWEEN = b"\x1f"  # groups of a row; a value that has it makes the row too long


@dataclass(frozen=True)
class ChunkPattern:
    """Takes lines as a node does, and captures the last value of each name; what it does not take it passes over.

    It takes lines in a frame: ``before`` and ``behind`` each stands what these match, sources of regexes of which no
    group captures but named ones, whose names may come again. If it is ``quoted``, the line is JSON text, and so is
    what is captured.
    """

    node: Node
    listed: frozenset[str] = LISTED
    before: str = ""
    behind: str = ""
    quoted: bool = False

    @cached_property
    def _groups(self) -> list[ValueGroup]:
        return groups_of(self.node)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What each group captures; a name may stand there several times."""
        return tuple(group.name for group in self._groups)

    def columns(self, rows: Sequence[bytes]) -> list[list[bytes]]:
        """Return what each group captured, of row by row."""
        text = b"\n".join(rows)
        if self.quoted:
            text = text.replace(b'\\"', b'"')
        values = text.replace(_BETWEEN, b"\n").split(b"\n")  # in a third of the time that it takes row by row
        return [values[i :: len(self.names)] for i in range(len(self.names))]

    def undecided(self, columns: Sequence[Sequence[bytes]]) -> set[int]:
        """Return the rows whose values may not be those of their lines, by their indices.

        A repetition may have set more values of one name than its groups tell, or in another order.
        """
        found: set[int] = set()
        for groups in self._doubtful:
            some = [columns[i] for i in groups]
            if all(map(any, some)):
                found.update(n for n, values in enumerate(zip(*some, strict=True)) if all(values))
        return found

    @cached_property
    def _doubtful(self) -> list[tuple[int, ...]]:
        """Groups that leave a row undecided if all of some have a value."""
        repeated = [(i, group) for i, group in enumerate(self._groups) if group.repetitions]
        pairs = combinations(repeated, 2)
        twice = [(i, j) for (i, (name, one)), (j, (same, other)) in pairs if name == same and one & other]
        return [*twice, *((i,) for i, (name, _) in repeated if name in self.listed)]

    @cached_property
    def expression(self) -> Expression | str:
        """The expression, compiled when it is first needed, or why there is none."""
        text = SharedGroups(self.node).write(in_json(self.node) if self.quoted else self.node)
        first = 1 + len(_NAMED_GROUP.findall(self.before))
        template = _BETWEEN.join(b"$%d" % number for number in range(first, first + len(self.names))) + b"\n"
        try:
            # both sides end right before the newline, and never go back
            return Expression(f"(*LF)(?J)(?:{self.before}{text}{self.behind}|.*+)\\n".encode("latin-1"), template)
        except ValueError as error:
            return str(error)

    def rows(self, text: bytes) -> list[bytes] | None:
        """Return a row for each line of a text, empty values in all its groups where the line was passed over.

        So it is where a value has the byte that stands between values. Return None where the rows cannot be told: each
        line is to be read by itself then.
        """
        if isinstance(self.expression, str) or not self.names:
            return None
        written = self.expression.written(text, len(text))  # lines are longer than their rows, mostly
        if written is None:
            return None
        rows = written.split(b"\n")[:-1]
        if _BETWEEN in text:
            between = len(self.names) - 1
            rows = [row if row.count(_BETWEEN) == between else _BETWEEN * between for row in rows]
        return rows

    def framed(self, before: str, behind: str, *, quoted: bool) -> "ChunkPattern | None":
        """Return the same for lines in a frame; None where a line might match by what stands before it."""
        return None if looks_before(self.node) else ChunkPattern(self.node, self.listed, before, behind, quoted)
