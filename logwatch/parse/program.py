"""Runs a compiled expression over one line and gives the named values in the order in which pyparsing sets them.

A group inside a repetition would keep its last turn only; so a repetition with names inside is one group, and what it
matched is gone through again, turn by turn, by a second expression.
"""

import re

from logwatch.parse import peg
from logwatch.parse.emit import PLAIN, Writer
from logwatch.parse.peg import Loop, Named, Node

Values = list[tuple[str, bytes]]


class Program:
    """A node compiled to one regular expression; ``match`` wants lines that end in a newline."""

    def __init__(self, node: Node) -> None:
        writer = Writer(PLAIN, lambda each: isinstance(each, Named) or each.most != 1)
        text = writer.write(node, last=True)
        self.pattern = re.compile(f"(?>{text})".encode("latin-1"))
        self._slots: list[tuple[int, str | Program]] = [
            (number, group.name if isinstance(group, Named) else Program(group.item))
            for number, group in enumerate(writer.groups)
        ]

    def match(self, line: bytes, start: int = 0) -> Values | None:
        """Give the named values of what stands at ``start``, or None if it does not match."""
        found = self.pattern.match(line, start)
        if found is None:
            return None
        values: Values = []
        self._collect(found, values)
        return values

    def _collect(self, found: re.Match[bytes], values: Values) -> None:
        groups = found.groups()
        for index, slot in self._slots:
            if value := groups[index]:
                if isinstance(slot, str):
                    values.append((slot, value))
                else:
                    slot.turns(found.string, *found.span(index + 1), values)

    def turns(self, line: bytes, start: int, end: int, values: Values) -> None:
        """Go through a repetition that is known to have matched from ``start`` to ``end``."""
        while start < end:
            found = self.pattern.match(line, start)
            assert found is not None, "a repetition matches the same way twice"
            self._collect(found, values)
            start = found.end()

    def all_turns(self, line: bytes) -> Values:
        """Go through a repetition from the start of the line, for as long as it goes on."""
        values: Values = []
        start = 0
        while (found := self.pattern.match(line, start)) is not None:
            self._collect(found, values)
            start = found.end()
        return values


def loops_of(node: Node) -> list[Loop]:
    """Give the repetitions with names inside that are not inside another."""
    if isinstance(node, Loop) and node.most != 1:
        return [node] if peg.names(node) else []
    return [loop for child in peg.children(node) for loop in loops_of(child)]
