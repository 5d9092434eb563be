"""Turn runs of bytes into whole lines in their envelope, which is decided once for all of them.

What is taken depends on the run, on what was decided before, and on how long ago the file grew; no file is touched.
Lines are not looked at one by one: a chunk costs a few searches in all. Over-long lines are cut short.
"""

import re
from codecs import BOM_UTF8
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from logwatch import envelope as envelopes
from logwatch.model import PLAIN, Envelope, EnvelopeChoice

CHUNK_BYTES = 512 * 1024
"""Read at once: larger chunks spread the cost per chunk over more lines, until they outgrow the caches of a core."""

UNDECIDED_BYTES = 2 * CHUNK_BYTES
"""The most bytes that are looked at to decide the envelope."""

PATIENCE_SECONDS = 2.0
"""Without growth, until a few lines of mesibo's suffice to decide, and until the body below a line is complete."""

LONG_PATIENCE_SECONDS = 60.0
"""The same if the few disagree with the generation before; and the longest wait for lines that decide."""

_ANY = envelopes.undecided("docker")  # an envelope that needs much room

Following = Callable[[], bytes]
"""Reads the first bytes of what follows a generation."""

Held = Callable[[bytes, Envelope], int]
"""Returns how many bytes at the end of whole lines wait for the rest of a body that goes on behind them."""

IN_LINE = "line"
"""As ``inside``: within an over-long physical line. Other words are the envelope's."""

_NULS_AT_LINE_START = re.compile(rb"\n\0+")
_HOLE = bytes(8)  # this many NULs in a row: power was lost
# In a line, with the number before them: half a code is another code. A number is looked at once, however long it is.
_TEAR = re.compile(rb"((?<![0-9])[0-9]++|(?<![0-9\n\0]))(\0{8,})(?=[^\0])")
_JSON_GROWTH = 6  # bytes that JSON may need for one byte: \u001b
_JSON_FRAME = 1024  # bytes that Docker writes around a line: stream, time, attributes
_PART_BYTES = 16 * 1024  # of a message, by which the last part may exceed the bound


class Taken(NamedTuple):
    """What was taken off the front of a run: whole lines as ``data``, from the first ``consumed`` bytes of the run."""

    data: bytes
    consumed: int
    oversized: int
    inside: str  # the over-long line that the run ended inside of, its head in this data or earlier; empty if none


def physical_bound(envelope: Envelope, max_line_bytes: int) -> int:
    """Return how long a line of the file may be before it is cut: Docker's escapes need room."""
    return max_line_bytes if envelope == PLAIN else (max_line_bytes + _PART_BYTES) * _JSON_GROWTH + _JSON_FRAME


def shorten(data: bytes, limit: int) -> tuple[bytes, int]:
    """Cut lines of more than limit bytes down to their words within these; also return how many lines were cut.

    It steps from line end to line end by up to limit bytes, so lines of usual length cost nothing.
    """
    at, kept, oversized = 0, 0, 0
    pieces: list[bytes] = []
    while len(data) - at > limit + 1:
        line_end = data.rfind(b"\n", at, at + limit + 1)
        if line_end < 0:  # no line ends within the limit: the one that starts here is too long
            pieces += (data[kept:at], envelopes.shortened(data[at : at + limit + 1], limit), b"\n")
            oversized += 1
            line_end = data.find(b"\n", at + limit + 1)
            kept = line_end + 1
        at = line_end + 1
    if not oversized:
        return data, 0
    pieces.append(data[kept:])
    return b"".join(pieces), oversized


def take_lines(
    run: bytes, envelope: Envelope, max_line_bytes: int, inside: str, held: Held | None = None, *, final: bool = False
) -> Taken:
    """Take whole lines off the front of a run; the rest is the beginning of a line that has not ended yet.

    With ``held``, a line whose body continues after the run is left, too, with what there is of the body. With
    ``final``, nothing follows the run for now.

    NUL bytes at the start of a line are skipped: they are holes left by a writer without O_APPEND when its file is
    truncated, or by a power loss, and the line behind them counts. Those within a line end it: a power loss tore it.
    """
    start, inside = _behind_line(run, inside)
    if start < 0:
        return Taken(b"", len(run), 0, inside)
    if run.startswith(b"\0", start):
        start = len(run) - len(run[start:].lstrip(b"\0"))
    rest = _ended_at_holes(run[start:] if start else run)
    whole, data, after, ends = envelopes.cut(rest, envelope, max_line_bytes, inside, final=final)
    bound = physical_bound(envelope, max_line_bytes)
    if not whole and len(rest) > bound:
        # a message of many records between others: wait no more
        whole, data, after, _ = envelopes.cut(rest, envelope, 0, inside, final=True)
        if not whole and rest.endswith(_HOLE) and len(torn := rest.rstrip(b"\0")) <= bound:
            return Taken(envelopes.torn(torn) + b"\n", len(run), 0, after)  # a hole is no long line
        if not whole:
            head = envelopes.shortened(rest[: bound + 1], bound)
            return Taken(head + b"\n", len(run), 1, f"{IN_LINE} {after}".rstrip())
    elif held and (ends or len(data) == whole) and after == inside and (waiting := held(data, envelope)):
        lines = data[: len(data) - waiting].split(b"\n")[:-1]
        while lines and ends and ends[len(lines) - 1] == ends[len(lines)]:
            lines.pop()  # a message is open behind it
        if lines or len(rest) <= bound:  # otherwise it has waited long enough
            data = b"".join([line + b"\n" for line in lines])
            whole = (0, *ends)[len(lines)] if ends else whole - waiting
    if b"\0" in data:
        data = _NULS_AT_LINE_START.sub(b"\n", data)
    data, oversized = shorten(data, bound)
    return Taken(data, start + whole, oversized, after)


def _ended_at_holes(run: bytes) -> bytes:
    """End the lines that go on behind holes: a newline and blanks take the place of as many bytes."""
    if b"\0" not in run or _HOLE not in run:  # a single byte is searched for at the speed of memory, eight are not
        return run
    return _TEAR.sub(lambda tear: b" " * len(tear[1]) + b"\n".ljust(len(tear[2]), b"\0"), run)


def take_rest(run: bytes, envelope: Envelope, inside: str) -> bytes:
    """Take everything in a run as lines, also one without an end: nothing will follow it."""
    start, inside = _behind_line(run, inside)
    rest = run[start:].lstrip(b"\0") if start >= 0 else b""
    if rest and not rest.endswith(b"\n"):
        rest += b"\n"
    return envelopes.cut(rest, envelope, 0, inside, final=True)[1] if rest else b""


def _behind_line(run: bytes, inside: str) -> tuple[int, str]:
    """Return where the line ends that a run begins within (0: none, -1: after the run), and what is inside then."""
    if not inside.startswith(IN_LINE):
        return 0, inside
    end = run.find(b"\n")
    return (end + 1, inside.removeprefix(IN_LINE).lstrip()) if end >= 0 else (-1, inside)


@dataclass(slots=True)
class LineReading:
    """How bytes become lines, the same for all generations of a path."""

    source: str
    kind: EnvelopeChoice
    owns: envelopes.Owns
    dates: Callable[[bytes], bool]  # whether it also begins with a time finer than a second
    held: Held
    max_line_bytes: int
    expected: Envelope | None = None  # the envelope of the newest generation that was decided


class LineReader:
    """The lines of one generation."""

    def __init__(self, reading: LineReading, decided: str) -> None:
        """``decided`` is the envelope as a position keeps it; empty if it is undecided."""
        self.envelope = envelopes.decoded(decided)
        self.waits = False  # lines are left, to be taken once the file has not grown for a while
        self.no_text: envelopes.NoText | None = None  # what the file is instead of a log
        self.sniffed = False  # at its first bytes
        self._waits_since = (-1, 0.0)  # offset of a line that waits for more, and the clock when it began to
        self._is_tar = False
        self._asked: Envelope | None = None  # what was expected when it could not be decided
        self._reading = reading

    @property
    def known(self) -> Envelope:
        """The envelope by which lines are read; until it is decided, only the rest of a line can be mesibo's."""
        before = self._reading.expected if self._reading.kind == "auto" else None
        return self.envelope or before or envelopes.undecided(self._reading.kind)

    @property
    def encoded(self) -> str:
        """The decision as a position keeps it."""
        return envelopes.encoded(self.envelope) if self.envelope else ""

    @property
    def room(self) -> int:
        """The most bytes that a run may need before something can be taken."""
        return max(self.bound + 2, UNDECIDED_BYTES)

    @property
    def bound(self) -> int:
        """The length in bytes of the longest line that is not cut."""
        return physical_bound(self.envelope or _ANY, self._reading.max_line_bytes)

    def patient(self, quiet_seconds: float) -> bool:
        """Return whether the file grew so recently that more may come at any moment."""
        against = self._asked if self.waits else self._reading.expected
        surprised = self.envelope is None and against is not None
        # clocks jump: a file that grew in the future did not grow just now
        return 0 <= quiet_seconds < (LONG_PATIENCE_SECONDS if surprised else PATIENCE_SECONDS)

    def sniff(self, beginning: bytes) -> None:
        """Find out what a file is, by its first bytes."""
        self.sniffed = True
        self.no_text = envelopes.no_text(beginning)
        self._is_tar = envelopes.is_tar(beginning)

    def take(
        self, run: bytes, inside: str, offset: int, now: float, *, first: bool, patient: bool, at_end: bool
    ) -> Taken:
        """Take whole lines off the front of a run at an offset; the ``first`` run is that at the beginning of the file.

        While the log grows, neither a body nor a decision is waited for endlessly: a body may be cut short, and
        mesibo's lines may be few.
        """
        begin, since = self._waits_since
        waited_seconds = now - since if begin == offset else 0.0
        taken = self._take(run, inside, waited_seconds, first=first, patient=patient, at_end=at_end)
        if self.waits and offset + taken.consumed != begin:
            self._waits_since = offset + taken.consumed, now
        return taken

    def _take(
        self, run: bytes, inside: str, waited_seconds: float, *, first: bool, patient: bool, at_end: bool
    ) -> Taken:
        skipped = len(BOM_UTF8) if first and run.startswith(BOM_UTF8) else 0
        run = run[skipped:]
        if first or not self.sniffed:
            self.sniff(run)
        expected = self._reading.expected
        again = self.waits and self._asked != expected  # the generation before was decided since then
        self.waits = False
        filled = run.rstrip(b"\0") if at_end else run  # its writer may still fill the hole
        if run and not filled:
            return Taken(b"", 0, 0, inside)
        if self._is_tar:  # written after it was found empty: its lines are a log's, and counted there
            return Taken(b"", len(run), 0, "")
        run = filled
        undecided = patient and len(run) < UNDECIDED_BYTES and 0 <= waited_seconds < LONG_PATIENCE_SECONDS
        if self.envelope is None and not self._decide(run, final=not undecided and not again):
            self.waits, self._asked = True, expected
            return Taken(b"", 0, 0, inside)
        held = self._reading.held if patient and 0 <= waited_seconds < PATIENCE_SECONDS else None
        final = at_end and not patient
        taken = take_lines(run, self.known, self._reading.max_line_bytes, inside, held, final=final)
        self.waits = at_end and patient and taken.consumed < run.rfind(b"\n") + 1
        return taken._replace(consumed=taken.consumed + skipped) if skipped and taken.consumed else taken

    def take_rest(self, run: bytes, inside: str) -> Taken:
        """Take everything in a run, also a line without an end: nothing will follow it."""
        if self.envelope is None:
            self._decide(run + b"\n", final=True)
        return Taken(take_rest(run, self.known, inside), len(run), 0, "")

    def is_open(self, data: bytes, follows: bytes) -> bool:
        """Return whether data is parts of an incomplete message, or ends in a line that goes on in ``follows``."""
        if data.endswith(b"\n"):
            return not envelopes.cut(data, self.known, self._reading.max_line_bytes, final=True).consumed
        line, end, _ = follows.partition(b"\n")
        return bool(end) and not envelopes.begins(line.removeprefix(BOM_UTF8), self.known, self._reading.owns)

    def is_dated(self, line: bytes) -> bool:
        """Return whether a line, without its newline, begins with a time, so that no other log contains it."""
        return envelopes.is_dated(line, self.known, self._reading.dates)

    def goes_on(self, taken: Taken) -> bool:
        """Return whether what was taken ends in a line whose body continues after it."""
        return bool(taken.data) and self._reading.held(taken.data, self.known) > 0

    def _decide(self, run: bytes, *, final: bool) -> bool:
        """Decide the envelope of a run's lines; return False to wait for more of them."""
        whole = run[: run.rfind(b"\n") + 1]
        reading = self._reading
        found = envelopes.decide(whole, reading.owns, kind=reading.kind, expected=reading.expected, final=final)
        if isinstance(found, Envelope):
            self.envelope = reading.expected = found  # the next generation is expected to be in it, too
            return True
        whole_messages = final or envelopes.silent_end(whole, reading.max_line_bytes) == len(whole)
        return found is envelopes.Undecided.SILENT and whole_messages
