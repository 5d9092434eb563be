"""Turn entries of one container or unit into lines: join parts, and drop lone rests and repetitions.

An entry holds a line without its newline. Three programs split long ones, each in its way: Docker (parts have an id and
a number), podman's conmon (all but the last say so), and journald itself for the output of units (``_LINE_BREAK``, see
systemd.journal-fields(7)). A message that one stream has not completed holds up the entries behind it, so that a
position is always where no message is open.
"""

from dataclasses import dataclass, field

import msgspec

from logwatch import envelope
from logwatch.journal.export import JournalEntry
from logwatch.journal.gaps import Gaps

FIELDS = (
    "MESSAGE",
    "PRIORITY",
    "SYSLOG_TIMESTAMP",
    "CONTAINER_ID_FULL",
    "CONTAINER_LOG_EPOCH",
    "CONTAINER_LOG_ORDINAL",
    "CONTAINER_PARTIAL_MESSAGE",
    "CONTAINER_PARTIAL_ID",
    "CONTAINER_PARTIAL_ORDINAL",
    "_STREAM_ID",
    "_LINE_BREAK",
    "_SOURCE_REALTIME_TIMESTAMP",
    "_TRANSPORT",
    "_SYSTEMD_UNIT",
    "OBJECT_SYSTEMD_UNIT",
    "N_DROPPED",
)
"""What journalctl is asked for; it adds cursor, times and boot."""

_UNBROKEN = (b"line-max", b"nul", b"pid-change")  # the program had not ended its line where journald ended the entry
_MOST_HELD = 4096  # entries behind an open message
_MOST_DIGITS = 15  # of a number: at a million entries a second, thirty years
_MOST_STREAMS = 32  # of which it is remembered that the rest of a message is to be dropped
_BEHIND_BREAK = b"| "
"""Put before what follows a line break within a message: no line begins there, whatever it looks like."""

StreamName = str
"""What messages are split within: a container's standard output or error, or a unit's connection to journald."""


class Kept(Gaps, omit_defaults=True):
    """What a restart has to know besides the cursor: which numbers have come, and this."""

    # Streams within a message that was cut, each with the message's id
    inside: dict[StreamName, str] = msgspec.field(default_factory=dict)
    # When each damaged file that was reported was last written to
    damaged: list[float] = msgspec.field(default_factory=list)
    unit: str = ""  # whose entries journald's rate limit may drop; empty where Docker's numbers show losses


def _text(entry: JournalEntry, name: bytes) -> str:
    return entry.get(name, b"").decode(errors="replace")


def _stream(entry: JournalEntry) -> StreamName:
    if stream := entry.get(b"_STREAM_ID"):
        return stream.decode(errors="replace")
    return _text(entry, b"CONTAINER_ID_FULL") + "/" + _text(entry, b"PRIORITY")


def _goes_on(entry: JournalEntry) -> bool:
    """Return whether the rest of the line comes in another entry."""
    return entry.get(b"CONTAINER_PARTIAL_MESSAGE") == b"true" or entry.get(b"_LINE_BREAK") in _UNBROKEN


def _by_journald(entry: JournalEntry) -> bool:
    """Return whether the entry is journald's own report of what its rate limit dropped, which no program can forge."""
    return b"N_DROPPED" in entry and entry.get(b"_TRANSPORT") == b"driver"


def _number(digits: bytes) -> int:
    """Parse a count; 0 for what is no number, or too large to be true or for the ledger to add."""
    return int(digits) if digits.isdigit() and len(digits) <= _MOST_DIGITS else 0


@dataclass(slots=True)
class _Open:
    """A message whose parts are being gathered."""

    identity: str
    parts: list[bytes] = field(default_factory=list)
    size: int = 0

    def add(self, part: bytes, most: int) -> None:
        """Add a part, which is kept unless there are more than ``most`` bytes already."""
        if self.size <= most:
            self.parts.append(part)
        self.size += len(part)

    @property
    def joined(self) -> tuple[bytes, int]:
        """The message as far as it is kept, and its whole length."""
        return b"".join(self.parts), self.size


@dataclass(slots=True)
class Lines:
    """What came out: ``data`` is lines, each with its newline."""

    data: bytes = b""
    oversized: int = 0
    missed: int = 0


@dataclass(slots=True)
class Messages:
    """Takes entries in order and gathers lines; ``state`` is what the ledger keeps of it."""

    max_line_bytes: int
    fresh: bool  # nothing was ever read before
    last: JournalEntry = field(default_factory=dict)  # the last entry that is in the lines
    kept: Kept = field(default_factory=Kept)
    held_bytes: int = 0  # that wait for the rest of a message
    _epoch: bytes | None = None  # of the previous entry
    _waiting: dict[StreamName, str] = field(default_factory=dict)  # with the id of the message
    _held: list[JournalEntry] = field(default_factory=list)
    _lines: list[bytes] = field(default_factory=list)
    _oversized: int = 0
    _missed: int = 0

    @classmethod
    def resumed(cls, max_line_bytes: int, cursor: str, state: str) -> "Messages":
        """Create one that continues after ``cursor``."""
        last = {b"__CURSOR": cursor.encode()} if cursor else {}
        return cls(max_line_bytes, not cursor, last, msgspec.json.decode(state or "{}", type=Kept))

    @property
    def cursor(self) -> str:
        """Journald's name for the last entry that is in the lines; empty while there is none."""
        return _text(self.last, b"__CURSOR")

    @property
    def state(self) -> str:
        """What belongs to ``cursor``, as JSON."""
        return msgspec.json.encode(self.kept).decode()

    @property
    def gathered(self) -> bool:
        """Whether there is something to hand on."""
        return bool(self._lines or self._missed)

    def follows(self, entry: JournalEntry) -> bool:
        """Return whether Docker's numbers show what is missing before ``entry``."""
        return bool(self.kept.epoch) and _text(entry, b"CONTAINER_LOG_EPOCH") == self.kept.epoch

    def of_another(self, entry: JournalEntry) -> bool:
        """Return whether ``entry`` is journald's report of another unit's drops, or of drops that numbers show."""
        if not _by_journald(entry):
            return False
        return not self.kept.unit or _text(entry, b"OBJECT_SYSTEMD_UNIT") != self.kept.unit

    def take(self, entry: JournalEntry) -> None:
        """Add an entry."""
        if not self._held:
            if not (self.kept.inside or b"CONTAINER_PARTIAL_ID" in entry or _goes_on(entry)):  # nearly always
                if self._new(entry):
                    self._line(entry.get(b"MESSAGE", b""))
                self._reached(entry)
                return
            if not _goes_on(entry):
                self._settle([entry])
                return
        self._held.append(entry)
        self.held_bytes += len(entry.get(b"MESSAGE", b""))
        stream = _stream(entry)
        if _goes_on(entry):
            self._waiting[stream] = _text(entry, b"CONTAINER_PARTIAL_ID")
        else:
            self._waiting.pop(stream, None)
        if not self._waiting or len(self._held) > _MOST_HELD or self.held_bytes > 2 * self.max_line_bytes:
            self.settle()

    def skip(self, entry: JournalEntry) -> None:
        """Begin after an entry, which yields no line."""
        self._new(entry)
        if _goes_on(entry):
            self.kept.inside[_stream(entry)] = _text(entry, b"CONTAINER_PARTIAL_ID")
        self._reached(entry)

    def settle(self) -> None:
        """Stop waiting for the rests of messages, and turn what is held into lines."""
        held, self._held, self.held_bytes = self._held, [], 0
        self._waiting.clear()
        self._settle(held)

    def give_up(self) -> None:
        """Settle, and count numbers that have not come as missed, since nothing has come for a while."""
        self.settle()
        self._missed += self.kept.give_up()

    @property
    def waits(self) -> bool:
        """Whether a rest of a message or a number is waited for."""
        return bool(self._held or self.kept.holes)

    def forget_open(self) -> None:
        """Drop what is held: it will be read again."""
        self._held, self.held_bytes = [], 0
        self._waiting.clear()

    def hand_on(self) -> Lines:
        """Return what was gathered since the last time; it is complete up to ``cursor``."""
        data = b"\n".join([*self._lines, b""]) if self._lines else b""
        lines = Lines(data, self._oversized, self._missed)
        self._lines, self._oversized, self._missed = [], 0, 0
        return lines

    def _settle(self, entries: list[JournalEntry]) -> None:
        """Turn entries into lines; if a message is open at the end, what has come is a line, and its rest is none."""
        open_: dict[StreamName, _Open] = {}
        for entry in entries:
            if self._new(entry) and not self._is_rest(entry):
                self._add(entry, open_)
        for stream, message in open_.items():
            self._torn(message)
            if len(self.kept.inside) >= _MOST_STREAMS:
                del self.kept.inside[next(iter(self.kept.inside))]
            self.kept.inside[stream] = message.identity
        if entries:
            self._reached(entries[-1])

    def _is_rest(self, entry: JournalEntry) -> bool:
        """Return whether an entry continues a message whose head was already made a line."""
        if not self.kept.inside or (inside := self.kept.inside.get(stream := _stream(entry))) is None:
            return False
        rest = inside == _text(entry, b"CONTAINER_PARTIAL_ID")
        if not rest or not _goes_on(entry):
            del self.kept.inside[stream]
        return rest

    def _add(self, entry: JournalEntry, open_: dict[StreamName, _Open]) -> None:
        """Add an entry to the message of its stream, or begin one; the last part makes it a line."""
        stream, identity = _stream(entry), _text(entry, b"CONTAINER_PARTIAL_ID")
        message = open_.get(stream)
        if message is not None and message.identity != identity:  # its rest is lost
            self._torn(open_.pop(stream))
            message = None
        if message is None:
            if _number(entry.get(b"CONTAINER_PARTIAL_ORDINAL", b"")) > 1:  # its beginning is lost
                return
            message = open_[stream] = _Open(identity)
        message.add(entry.get(b"MESSAGE", b""), self.max_line_bytes)
        if not _goes_on(entry):
            self._line(*open_.pop(stream).joined)

    def _reached(self, entry: JournalEntry) -> None:
        self.last = entry
        self.fresh = False

    def _new(self, entry: JournalEntry) -> bool:
        """Check the entry's number, if it has one; return False if it came before, or only reports a loss."""
        digits = entry.get(b"CONTAINER_LOG_ORDINAL")
        if digits is None:
            if _by_journald(entry):
                self._missed += _number(entry[b"N_DROPPED"])
                return False
            self.kept.unit = _text(entry, b"_SYSTEMD_UNIT")
            return True
        self.kept.unit = ""
        gaps, epoch = self.kept, entry.get(b"CONTAINER_LOG_EPOCH")
        number = _number(digits)
        if epoch == self._epoch and number == gaps.highest + 1 and not gaps.holes:  # nearly always
            gaps.highest = number
            return True
        self._epoch = epoch
        if not number:
            return True
        missed = gaps.take(_text(entry, b"CONTAINER_LOG_EPOCH"), number, first=self.fresh)
        if missed is None:
            return False
        self._missed += missed
        return True

    def _torn(self, message: _Open) -> None:
        """Gather the certain part of a message whose rest is lost, or no longer waited for."""
        line, size = message.joined
        self._line(envelope.torn(line) if size <= self.max_line_bytes else line, size)

    def _line(self, line: bytes, size: int = 0) -> None:
        """Gather a line; with a ``size`` beyond the limit it is only the head of a longer one."""
        if len(line) > self.max_line_bytes or size > self.max_line_bytes:
            self._oversized += 1
            line = envelope.shortened(line, self.max_line_bytes)
        if b"\n" in line:
            line = line.removesuffix(b"\n").replace(b"\n", b"\n" + _BEHIND_BREAK)
        self._lines.append(line)
