"""Lines that are read together: one text, of which a line, its time and its number are asked for when they matter."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from logwatch.parse.framings import NO_ENVELOPE, Envelope, Line

LineAt = tuple[int, Line]
"""The number of a line in its chunk, and the line."""


@dataclass(slots=True)
class LineBatch:
    """Whole lines, each ended by a newline, still in ``envelope``.

    ``text`` is what they are in the file, ``prepared`` what expressions look at (the text, if empty). ``times`` are
    those of lines that have been taken out of an envelope; ``numbers`` tell where in its chunk each line stands, one
    after the other where there are none.
    """

    text: bytes
    envelope: Envelope = NO_ENVELOPE
    prepared: bytes = b""
    times: Sequence[str] | None = None
    numbers: Sequence[int] | None = None
    _lines: list[bytes] = field(default_factory=list)

    @classmethod
    def of(cls, lines: list[bytes]) -> "LineBatch":
        """Make one of lines without newlines."""
        return cls(b"\n".join([*lines, b""]), _lines=lines)

    def enclose(self, envelope: Envelope) -> bool:
        """Take note that the lines are in an envelope; False if expressions cannot look into it here."""
        prepared = envelope.prepare(self.text, len(self.lines))
        if prepared is None:
            return False
        self.envelope, self.prepared = envelope, b"" if prepared is self.text else prepared
        return True

    @property
    def lines(self) -> list[bytes]:
        """The lines without their newlines; the text is split when they are first asked for."""
        if self.text and not self._lines:
            self._lines = self.text[:-1].split(b"\n")
        return self._lines

    def line(self, i: int) -> Line:
        """Return a line, to be opened if it is in an envelope: then it must have been taken by an expression."""
        if self.envelope is NO_ENVELOPE:
            return self.lines[i] + b"\n", self.times[i] if self.times else "", None
        return self.lines[i], "", self.envelope

    def number(self, i: int) -> int:
        """Return the number of a line in its chunk."""
        return i if self.numbers is None else self.numbers[i]

    def at(self, wanted: Sequence[int]) -> list[LineAt]:
        """Return some of the lines with their numbers."""
        if self.numbers is None and self.times is None:  # thousands of them, mostly
            lines, end = self.lines, b"\n" if self.envelope is NO_ENVELOPE else b""
            envelope = None if self.envelope is NO_ENVELOPE else self.envelope
            return [(i, (lines[i] + end, "", envelope)) for i in wanted]
        return [(self.number(i), self.line(i)) for i in wanted]

    def only(self, wanted: Sequence[int]) -> "LineBatch":
        """Return a batch of some of the lines."""
        lines = self.lines
        prepared = self.prepared[:-1].split(b"\n") if self.prepared and wanted else []
        return LineBatch(
            b"".join([lines[i] + b"\n" for i in wanted]),
            self.envelope,
            b"".join([prepared[i] + b"\n" for i in wanted]) if prepared else b"",
            [self.times[i] for i in wanted] if self.times else None,
            [self.number(i) for i in wanted],
        )


def marked_lines(data: bytes, marker: bytes) -> list[bytes]:
    """Return the lines that contain the marker, without their newlines; ``data`` ends in one, or is empty."""
    lines: list[bytes] = []
    at = data.find(marker)
    while at >= 0:
        end = data.find(b"\n", at)
        lines.append(data[data.rfind(b"\n", 0, at) + 1 : end])
        at = data.find(marker, end)
    return lines


def has_line_longer_than(data: bytes, most: int) -> bool:
    """Return whether some line is longer than ``most`` bytes, in steps of that length."""
    at = 0
    while at + most < len(data):
        at = data.rfind(b"\n", at, at + most + 1) + 1
        if not at:
            return True
    return False
