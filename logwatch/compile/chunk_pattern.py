"""The regex for whole chunks: it matches every line, and captures the values of those that the grammar matches."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from logwatch.compile.nodes import Node, looks_before
from logwatch.compile.pcre2 import Expression
from logwatch.compile.to_regex import SharedGroups

LISTED = frozenset(("code",))
"""The names of which every value counts, not only the last."""
Values = tuple[bytes, ...]
"""The captures of one line, group by group."""

_NAMED_GROUP = re.compile(r"\(\?<\w")
_SEPARATOR = b"\x1f"  # between the groups of a row; a value that contains it makes the row too long


@dataclass(frozen=True)
class ChunkPattern:
    """Matches lines as a node does, and captures the last value of each name; all other lines give empty rows.

    ``before`` and ``behind`` are sources of regexes for what surrounds each line, its frame; only named groups capture
    in them, and a name may recur. If it is ``quoted``, the line is JSON text, and so are its captures.
    """

    node: Node
    listed: frozenset[str] = LISTED
    before: str = ""
    behind: str = ""
    quoted: bool = False

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The name of each group; a name may occur several times."""
        return tuple(group.name for group in self.node.groups)

    def columns(self, rows: Sequence[bytes]) -> list[list[bytes]]:
        """Return for each group what it captured, row by row."""
        text = b"\n".join(rows)
        if self.quoted:
            text = text.replace(b'\\"', b'"')
        values = text.replace(_SEPARATOR, b"\n").split(b"\n")  # three times as fast as row by row
        return [values[i :: len(self.names)] for i in range(len(self.names))]

    def undecided(self, columns: Sequence[Sequence[bytes]]) -> set[int]:
        """Return the indices of the rows whose values may not be those of their lines.

        A repetition may have set more values of one name than its groups can hold, or in another order.
        """
        found: set[int] = set()
        for groups in self._doubtful:
            some = [columns[i] for i in groups]
            if all(map(any, some)):
                found.update(n for n, values in enumerate(zip(*some, strict=True)) if all(values))
        return found

    @cached_property
    def _doubtful(self) -> list[tuple[int, ...]]:
        """Sets of groups; a row in which all groups of one set have a value is undecided."""
        repeated = [(i, group) for i, group in enumerate(self.node.groups) if group.repetitions]
        pairs = combinations(repeated, 2)
        twice = [(i, j) for (i, (name, one)), (j, (same, other)) in pairs if name == same and one & other]
        return [*twice, *((i,) for i, (name, _) in repeated if name in self.listed)]

    @cached_property
    def expression(self) -> Expression | str:
        """The compiled expression, made when it is first needed, or why there is none."""
        text = SharedGroups(self.node, quoted=self.quoted).write(self.node)
        first = 1 + len(_NAMED_GROUP.findall(self.before))
        template = _SEPARATOR.join(b"$%d" % number for number in range(first, first + len(self.names))) + b"\n"
        try:
            # both branches end right before the newline, and are never backtracked into
            return Expression(f"(*LF)(?J)(?:{self.before}{text}{self.behind}|.*+)\\n".encode("latin-1"), template)
        except ValueError as error:
            return str(error)

    def rows(self, text: bytes) -> list[bytes] | None:
        """Return one row per line of a text; None where that fails, and each line has to be read by itself.

        All groups of a row are empty where its line did not match, or where a value contains the separator.
        """
        if isinstance(self.expression, str) or not self.names:
            return None
        written = self.expression.written(text)
        if written is None:
            return None
        rows = written.split(b"\n")[:-1]
        if _SEPARATOR in text:
            between = len(self.names) - 1
            rows = [row if row.count(_SEPARATOR) == between else _SEPARATOR * between for row in rows]
        return rows

    def framed(self, before: str, behind: str, *, quoted: bool) -> "ChunkPattern | None":
        """Return the same pattern for lines in a frame; None if a lookbehind may reach into what precedes the line."""
        return None if looks_before(self.node) else ChunkPattern(self.node, self.listed, before, behind, quoted)
