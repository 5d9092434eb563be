"""Match one line by a compiled expression, with the named values in the order in which pyparsing sets them.

A group inside a repetition would keep its last turn only; so a repetition with names inside is one group, and what it
matched is gone through again, turn by turn, by a second expression.
"""

import re

from logwatch.parse.compile import nodes
from logwatch.parse.compile.nodes import Capture, Node, Repeat
from logwatch.parse.compile.to_regex import PLAIN, Writer

Values = list[tuple[str, bytes]]
"""Name and text of each value, in the order of the line."""


class LinePattern:
    """A node compiled to one regular expression; ``match`` wants lines that end in a newline."""

    def __init__(self, node: Node) -> None:
        writer = Writer(PLAIN, lambda each: isinstance(each, Capture) or each.max != 1)
        text = writer.write(node, last=True)
        self.pattern = re.compile(f"(?>{text})".encode("latin-1"))
        self._slots: list[tuple[int, str | LinePattern]] = [
            (number, group.name if isinstance(group, Capture) else LinePattern(group.item))
            for number, group in enumerate(writer.groups)
        ]

    def match(self, line: bytes, start: int = 0) -> Values | None:
        """Return the named values of what stands at ``start`` (an index of bytes), None if it does not match."""
        found = self.match_up_to(line, start)
        return None if found is None else found[0]

    def match_up_to(self, line: bytes, start: int = 0) -> tuple[Values, int] | None:
        """Return the named values of what stands at ``start``, and the index where it ends."""
        found = self.pattern.match(line, start)
        if found is None:
            return None
        values: Values = []
        self._collect(found, values)
        return values, found.end()

    def _collect(self, found: re.Match[bytes], values: Values) -> None:
        groups = found.groups()
        for index, slot in self._slots:
            if value := groups[index]:
                if isinstance(slot, str):
                    values.append((slot, value))
                else:
                    slot.turns(found.string, *found.span(index + 1), values)

    def turns(self, line: bytes, start: int, end: int, values: Values) -> None:
        """Add the values of a repetition that is known to have matched from ``start`` to ``end``."""
        while start < end:
            found = self.pattern.match(line, start)
            assert found is not None, "a repetition matches the same way twice"
            self._collect(found, values)
            start = found.end()

    def all_turns(self, line: bytes) -> Values:
        """Return the values of a repetition from the start of the line, for as long as it goes on."""
        values: Values = []
        start = 0
        while (found := self.pattern.match(line, start)) is not None:
            self._collect(found, values)
            start = found.end()
        return values


def repeats_with_captures(node: Node) -> list[Repeat]:
    """Return the repetitions with captures inside that are not inside another."""
    if isinstance(node, Repeat) and node.max != 1:
        return [node] if nodes.capture_names(node) else []
    return [loop for child in nodes.children(node) for loop in repeats_with_captures(child)]
