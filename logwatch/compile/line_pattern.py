"""Match one line with a compiled expression, returning named values in the order in which pyparsing sets them.

A group inside a repetition would keep only its last iteration. So a repetition with names inside is one group, and what
it matched is scanned again by a second regex, each match of which ends with the next iteration that sets a value.
"""

import re
from functools import cached_property

from logwatch.compile.nodes import Capture, Node
from logwatch.compile.to_regex import Writer

Values = list[tuple[str, bytes]]
"""Name and text of each value, in line order."""


class LinePattern:
    """A node as one regex, compiled when it is first needed; a line may end in a newline and has none inside."""

    def __init__(self, node: Node, *, repeated: bool = False) -> None:
        """With ``repeated``, match one or more iterations of the node, of which only the last may set a group."""
        self._node = node
        self._repeated = repeated

    @cached_property
    def _compiled(self) -> "tuple[re.Pattern[bytes], list[str | LinePattern]]":
        """The regex, and for each of its groups the name of a value, or the pattern for the inside of a repetition."""
        writer = Writer(capturing=True)
        text = writer.write(self._node, last=True)
        slots = [
            group.name if isinstance(group, Capture) else LinePattern(group.item, repeated=group.max is None)
            for group in writer.groups
        ]
        if self._repeated:
            none_set = "".join(f"(?({number})(?!))" for number in range(1, len(slots) + 1))
            text = f"(?:{none_set}{text})+"
        return re.compile(f"(?>{text})".encode("latin-1")), slots

    @property
    def pattern(self) -> re.Pattern[bytes]:
        """The compiled regex."""
        return self._compiled[0]

    def match(self, line: bytes, start: int = 0) -> tuple[Values, int] | None:
        """Return the named values of a match at byte ``start``, and the index of its end; None if there is none."""
        found = self.pattern.match(line, start)
        if found is None:
            return None
        values: Values = []
        for number, (slot, value) in enumerate(zip(self._compiled[1], found.groups(), strict=True), 1):
            if value and isinstance(slot, str):
                values.append((slot, value))
            elif value and isinstance(slot, LinePattern):
                at, end = found.span(number)
                while at < end and (inside := slot.match(line, at)) is not None:
                    values += inside[0]
                    at = inside[1]
        return values, found.end()
