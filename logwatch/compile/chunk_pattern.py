"""The expression that goes over whole chunks of lines: it takes every line, and captures what it knows of some."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress

from logwatch.compile.in_json import in_json, looks_before
from logwatch.compile.nodes import Node
from logwatch.compile.pcre2 import Expression
from logwatch.compile.shared_groups import Group, SharedGroups, groups_of

LISTED = frozenset(("code",))
"""The names of which every value counts, and not the last one alone."""
_BETWEEN = b"\x1f"  # groups of a row; a value that has it makes the row too long


@dataclass(frozen=True)
class ChunkPattern:
    """Takes lines as a node does, and captures the last value of each name; what it does not take it passes over.

    It takes lines in a frame: ``before`` and ``behind`` each stands what these match, sources of regexes without
    groups. If it is ``quoted``, the line is JSON text, and so is what is captured.
    """

    node: Node
    listed: frozenset[str] = LISTED
    before: str = ""
    behind: str = ""
    quoted: bool = False

    @cached_property
    def _groups(self) -> list[Group]:
        return groups_of(self.node)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What each group captures; a name may stand there several times."""
        return tuple(group.name for group in self._groups)

    @cached_property
    def passed(self) -> bytes:
        """The row of a line that is passed over."""
        return _BETWEEN * (len(self.names) - 1)

    @cached_property
    def may_be_undecided(self) -> bool:
        """Whether any group is set by a repetition."""
        return any(repetition is not None for _, repetition in self._groups)

    def values(self, rows: Sequence[bytes]) -> list[Sequence[bytes]]:
        """Return the values of each group, row by row."""
        if self.quoted:
            rows = [row.replace(b'\\"', b'"') for row in rows]
        return [row.split(_BETWEEN) for row in rows]

    def row(self, values: Sequence[bytes]) -> bytes:
        """Return the row that has these values."""
        return _BETWEEN.join(values)

    def undecided(self, values: Sequence[bytes]) -> bool:
        """Return whether the values of a row may not be those of its line.

        A repetition may have set more values of one name than its groups tell, or in another order.
        """
        told = [group for group in compress(self._groups, values) if group.repetition is not None]
        return (
            len(values) != len(self._groups) or len({*told}) < len(told) or any(name in self.listed for name, _ in told)
        )

    @cached_property
    def expression(self) -> Expression | None:
        """The expression, compiled when it is first needed; None where PCRE2 does not take it, or is not there."""
        text = SharedGroups(self.node).write(in_json(self.node) if self.quoted else self.node)
        template = _BETWEEN.join(b"$%d" % number for number in range(1, 1 + len(self.names))) + b"\n"
        try:
            # both sides end right before the newline, and never go back
            return Expression(f"(*LF)(?:{self.before}{text}{self.behind}|.*+)\\n".encode("latin-1"), template)
        except ValueError:
            return None

    def rows(self, text: bytes) -> list[bytes] | None:
        """Return a row for each line of a text, empty values in all its groups where the line was passed over.

        Return None where they cannot be told: each line is to be read by itself then.
        """
        if self.expression is None:
            return None
        count = text.count(b"\n")
        written = self.expression.written(text, len(text) + count * len(self.names))
        return None if written is None else written.split(b"\n", count)[:count]

    def framed(self, before: str, behind: str, *, quoted: bool) -> "ChunkPattern | None":
        """Return the same for lines in a frame; None where a line might match by what stands before it."""
        return None if looks_before(self.node) else ChunkPattern(self.node, self.listed, before, behind, quoted)
