"""Match one line by a compiled expression, with the named values in the order in which pyparsing sets them.

A group inside a repetition would keep its last turn only; so a repetition with names inside is one group, and what it
matched is gone through again by a second expression, which takes all turns up to the next one that holds a value.
"""

import re
from functools import cached_property

from logwatch.compile.nodes import Capture, Node
from logwatch.compile.to_regex import Writer

Values = list[tuple[str, bytes]]
"""Name and text of each value, in the order of the line."""


class LinePattern:
    """A node as one regular expression, compiled when it is first needed; lines end in a newline."""

    def __init__(self, node: Node, *, turns: bool = False) -> None:
        """With ``turns``, match any number of turns of the node, of which the last one alone may set a group."""
        self._node = node
        self._turns = turns

    @cached_property
    def _compiled(self) -> "tuple[re.Pattern[bytes], list[str | LinePattern]]":
        """The expression, and for each of its groups the name of a value, or what looks into a repetition."""
        writer = Writer(capturing=True)
        text = writer.write(self._node, last=True)
        slots = [
            group.name if isinstance(group, Capture) else LinePattern(group.item, turns=group.max is None)
            for group in writer.groups
        ]
        if self._turns:
            none_set = "".join(f"(?({number})(?!))" for number in range(1, len(slots) + 1))
            text = f"(?:{none_set}{text})+"
        return re.compile(f"(?>{text})".encode("latin-1")), slots

    @property
    def pattern(self) -> re.Pattern[bytes]:
        """The expression."""
        return self._compiled[0]

    def match(self, line: bytes, start: int = 0) -> tuple[Values, int] | None:
        """Return the named values of what stands at ``start`` (an index of bytes), and the index where it ends."""
        found = self.pattern.match(line, start)
        if found is None:
            return None
        values: Values = []
        for number, (slot, value) in enumerate(zip(self._compiled[1], found.groups(), strict=True), 1):
            if value and isinstance(slot, str):
                values.append((slot, value))
            elif value and isinstance(slot, LinePattern):
                values += slot.all_turns(line, *found.span(number))
        return values, found.end()

    def all_turns(self, line: bytes, start: int = 0, end: int | None = None) -> Values:
        """Return the values of a repetition from ``start`` on, for as long as it goes on, or up to ``end``."""
        values: Values = []
        while (end is None or start < end) and (found := self.match(line, start)) is not None:
            values += found[0]
            start = found[1]
        return values
