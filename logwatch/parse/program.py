"""Runs a compiled expression over one line and gives the named values in the order in which pyparsing sets them.

A group inside a repetition would keep its last turn only; so a repetition with names inside is one group, and what it
matched is gone through again, turn by turn, by a second expression.
"""

import re
from collections.abc import Iterator

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
            for number, group in enumerate(writer.groups, 1)
        ]

    def match(self, line: bytes, start: int = 0) -> Values | None:
        """Give the named values of what stands at ``start``, or None if it does not match."""
        found = self.pattern.match(line, start)
        return None if found is None else list(self._values(found))

    def _values(self, found: re.Match[bytes]) -> Iterator[tuple[str, bytes]]:
        for number, slot in self._slots:
            value = found[number]
            if not value:
                continue
            if isinstance(slot, str):
                yield slot, value
            else:
                yield from slot.turns(found.string, *found.span(number))

    def turns(self, line: bytes, start: int, end: int) -> Iterator[tuple[str, bytes]]:
        """Go through a repetition that is known to have matched from ``start`` to ``end``."""
        while start < end:
            found = self.pattern.match(line, start)
            assert found is not None, "a repetition matches the same way twice"
            yield from self._values(found)
            start = found.end()

    def all_turns(self, line: bytes) -> Iterator[tuple[str, bytes]]:
        """Go through a repetition from the start of the line, for as long as it goes on."""
        start = 0
        while (found := self.pattern.match(line, start)) is not None:
            yield from self._values(found)
            start = found.end()


def loops_of(node: Node) -> list[Loop]:
    """Give the repetitions with names inside that are not inside another."""
    if isinstance(node, Loop) and node.most != 1:
        return [node] if peg.names(node) else []
    return [loop for child in peg.children(node) for loop in loops_of(child)]
