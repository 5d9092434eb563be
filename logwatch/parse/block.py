"""Lines that are read together: one text, of which a line, its time and its place are asked for when they matter."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from logwatch import envelope as envelopes
from logwatch.model import EnvelopeKind
from logwatch.parse.recent import Line

Spot = tuple[int, Line]
"""Where a line stands in its chunk, and the line."""


@dataclass(slots=True)
class Block:
    """Whole lines, each ended by a newline; ``envelope`` is what they are still in.

    ``times`` are Docker's, of lines that are out of its records; ``places`` tell where in its chunk each line stands,
    one after the other where there are none.
    """

    text: bytes
    envelope: EnvelopeKind = "plain"
    times: Sequence[str] | None = None
    places: Sequence[int] | None = None
    _lines: list[bytes] = field(default_factory=list)

    @classmethod
    def of(cls, lines: list[bytes], envelope: EnvelopeKind) -> "Block":
        """Make one of lines without newlines."""
        return cls(b"\n".join([*lines, b""]), envelope, _lines=lines)

    @property
    def lines(self) -> list[bytes]:
        """The lines without their newlines; the text is split when they are first asked for."""
        if self.text and not self._lines:
            self._lines = self.text[:-1].split(b"\n")
        return self._lines

    def payload(self, i: int) -> Line:
        """Give a line as it was logged; one in a record must be known to have no escape but its newline."""
        if self.envelope == "docker":
            line = envelopes.bare(self.lines[i])
            return line.payload + b"\n", line.time
        return self.lines[i] + b"\n", self.times[i] if self.times else ""

    def as_logged(self, i: int) -> bytes:
        """Give what was logged, whatever the record looks like."""
        return envelopes.unwrap(self.lines[i])[0].payload if self.envelope == "docker" else self.lines[i]

    def place(self, i: int) -> int:
        """Give where a line stands in its chunk."""
        return i if self.places is None else self.places[i]

    def spots(self, wanted: Sequence[int]) -> list[Spot]:
        """Give the places and payloads of some of the lines."""
        if self.envelope == "plain" and self.places is None and self.times is None:  # thousands of them, nearly always
            lines = self.lines
            return [(i, (lines[i] + b"\n", "")) for i in wanted]
        return [(self.place(i), self.payload(i)) for i in wanted]

    def only(self, wanted: Sequence[int]) -> "Block":
        """Give some of the lines."""
        return Block(
            b"".join([self.lines[i] + b"\n" for i in wanted]),
            self.envelope,
            [self.times[i] for i in wanted] if self.times else None,
            [self.place(i) for i in wanted],
        )
