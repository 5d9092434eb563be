"""The types that stages pass to each other, and nothing else: no stage, clock or file is known here.

``tail`` hands ``Chunk``, ``Position`` and counts to a ``Sink``; ``parse`` turns a chunk's bytes into a ``Scan``;
``ledger`` keeps positions and counts together, and returns a snapshot.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

from logwatch.errors import Problem

Platform = Literal["fcm", "apns", "unknown"]
"""Whose push it was, as far as the line says."""

SYSTEMS = {"fcm": "Android", "apns": "iOS"}
COMPANIES = {"fcm": "Google", "apns": "Apple"}
PROVIDERS = {"mesibo": "mesibo", "fcm": "FCM", "apns": "APNs"}
"""As people read them: the phones of a platform, the company behind it, and who answered; ``unknown`` has none."""

EnvelopeKind = Literal[
    "plain",
    "docker",
    "docker-timestamps",
    "docker-details",
    "compose",
    "kubectl",
    "cri",
    "syslog",
    "journal-short",
    "journal-iso",
    "journal-json",
    "journal-verbose",
    "journal-export",
]
"""The envelopes of lines as the configuration names them; docs/inputs.md says who writes which."""
EnvelopeChoice = EnvelopeKind | Literal["auto"]
"""What is said of the lines of a source: their envelope, or that it is found by looking at them."""


class Layer(NamedTuple):
    """One envelope: the name of its format in ``logwatch.envelope``, and those under which mesibo logs its lines."""

    form: str
    origins: tuple[str, ...] = ()  # syslog tags, journal units, compose services; empty where the format has none


class Envelope(NamedTuple):
    """What is around the lines of one generation, outermost layer first; plain if there is nothing."""

    layers: tuple[Layer, ...] = ()


PLAIN = Envelope()

InputKind = Literal["file", "docker", "journal", "webhook"]
"""Where the lines of a source come from: paths, a container's file, journald, mesibo's own events."""

FileState = Literal["live", "rotated", "done", "ignored"]
"""live: its path still leads to it; rotated: renamed, deleted, copied or compressed, still to be read or watched for
late lines; done: read to its end and closed; ignored: already rotated away when the path was first followed."""

RotationKind = Literal["rename", "truncate", "replace"]
"""rename: the file was renamed and a new one made; truncate: it was emptied in place; replace: its path leads to
another file for another reason, such as a link that was changed or a new container."""

Cause = Literal["misplaced", "unenveloped", "no_code", "ambiguous", "grammar"]
"""Why a line that contains the grammar's marker gives no result. misplaced: the marker is not in its place;
unenveloped: the line lacks the envelope that the others of its file have; no_code: in its place, but no code;
ambiguous: two different codes; grammar: anything else that does not match."""


class Position(NamedTuple):
    """How far one generation of a file has been read, and what identifies its bytes wherever they are now.

    A generation is a file's life from its first byte to its last, whatever names it goes through. All of this is
    committed together with the counts of the lines before ``offset``. No byte of a log is kept, only digests.
    """

    generation: int  # unique in a state directory, never used again
    source: str
    path: str  # the followed path it belongs to (not the rotated name)
    device: int
    inode: int
    head_bytes: int  # length of the fingerprinted head; grows with short files up to a bound
    head: bytes  # digest of the first head_bytes bytes
    offset: int  # bytes, uncompressed, all of whose lines have been handed on
    tail_bytes: int  # length of the fingerprinted run right before offset
    tail: bytes  # digest of it
    size: int  # largest size seen, in uncompressed bytes; size - offset is what a loss would cost
    state: FileState
    inside: str = ""  # the over-long line that offset is inside of: its head was handed on, its rest is skipped
    found_at: str = ""  # where its bytes are now if not at path: rotated name, copy or .gz
    envelope: str = ""  # that of its lines, as ``logwatch.envelope`` encodes it; empty while undecided
    marks: bytes = b""  # digests of the runs before line ends further back, as ``logwatch.tail.fingerprint`` makes them
    target: str = ""  # where links led from path to it; it is rotated beside that, and stays when a link has gone
    copy_of: int = 0  # the generation whose bytes its file also begins with; 0 if it has bytes of its own
    gone_at: float = 0.0  # the clock when it was over and first found nowhere; 0 while its bytes are somewhere


@dataclass(frozen=True, slots=True)
class JournalPosition:
    """How far the journal of a source has been read, committed together with the counts of the lines until there."""

    source: str
    target: str  # which entries, and where: with another container, unit or directory the rest means nothing
    cursor: str  # journald's name for the last entry that was handed on
    until: float  # everything written until then has been handed on; seconds since the epoch
    state: str  # what else the journal package has to know: the last numbers, incomplete messages


class Chunk(NamedTuple):
    """Whole lines of one file or journal, in order, and the position that is valid once they have been counted."""

    source: str
    data: bytes  # physical lines, each ended by b"\n"; whole logical lines, with split records complete
    envelope: Envelope
    reference: float  # seconds since the epoch; dates stamps without a year: the file's mtime, or the clock
    consumed: int  # bytes of the file that this chunk stands for; more than len(data) when a line was cut short
    oversized: int  # lines of which only the first max_line_bytes are in data
    position: Position | JournalPosition
    dated: bool = False  # the reference is the time of a line that has none of its own
    follows: bytes = b""  # the next generation's beginning: a body may end there, but nothing in it counts


@dataclass(frozen=True, slots=True)
class Rotation:
    """A rotation: a followed path began to lead to other bytes."""

    at: float  # when it was noticed, seconds since the epoch
    source: str
    path: str  # the followed path, not the rotated name
    kind: RotationKind
    count: int  # rotations noticed at once; several when a look found whole generations in between


class Sink(Protocol):
    """Where inputs put what they found; a batch in the daemon, a recorder in tests."""

    def chunk(self, chunk: Chunk) -> None:
        """Take whole lines and the position behind them."""

    def position(self, position: Position | JournalPosition) -> None:
        """Take a position that changed without new lines: its path, state, size or head."""

    def forget(self, generation: int) -> None:
        """Drop a generation whose bytes are gone for good."""

    def count(self, source: str, counter: str, amount: int = 1) -> None:
        """Add to ``lost_bytes``, ``missed_generations`` or ``missed_entries``, which commit with the positions."""

    def rotated(self, rotation: Rotation) -> None:
        """Count a rotation and remember it, with the positions that it changed."""

    def call(self, source: str, call: "Call", witness_for: str) -> bool:
        """Take what a webhook's call reports; return False if it cannot be found out now whether that is new."""


class ResultKey(NamedTuple):
    """What push results of a source are counted by; ``reason`` is as logged until the catalogue has been asked."""

    platform: Platform
    code: int
    reason: str


@dataclass(slots=True)
class Seen:
    """How often a result occurred, and the first and last of its lines' own times (seconds since the epoch)."""

    count: int = 0
    first: float | None = None
    last: float | None = None

    def add(self, other: "Seen") -> None:
        """Add what was seen elsewhere, whether earlier or later."""
        self.count += other.count
        if other.first is not None and (self.first is None or other.first < self.first):
            self.first = other.first
        if other.last is not None and (self.last is None or other.last > self.last):
            self.last = other.last


class Failure(NamedTuple):
    """One push that was not accepted, with identifiers as logged; masked before anything is stored or shown."""

    at: float | None  # the line's own time, seconds since the epoch
    platform: Platform
    code: int
    reason: str
    app: str
    user: str
    token: str
    shape: str = ""  # of its line, without anything of a user


@dataclass(frozen=True, slots=True)
class Sample:
    """The shape of a line that gave no result: allow-listed words, ``<num>`` and ``<str>``, never the line itself."""

    cause: Cause
    shape: str
    front: str = field(default="", compare=False)  # what precedes the marker and mesibo's own prefix, masked
    count: int = field(default=1, compare=False)  # lines of this shape


@dataclass(slots=True)
class Scan:
    """What one chunk contains."""

    lines: int = 0  # logical lines, with and without a marker
    candidates: int = 0  # lines that contain the marker; always results + unparsed
    results: dict[ResultKey, Seen] = field(default_factory=dict)
    unparsed: Counter[Cause] = field(default_factory=Counter)
    unread: dict[Cause, Seen] = field(default_factory=dict)  # the same, and when they were logged if that is known
    fallback: int = 0  # lines that pyparsing itself had to match
    failures: Sequence[Failure] = ()  # the newest ones, oldest first, at most as many as asked for; read on demand
    samples: list[Sample] = field(default_factory=list)  # a few distinct ones, their counts scaled up to all lines
    logged_at: float | None = None  # the own time of the last line that has one, of any kind
    oversized: int = 0  # over-long logical lines found inside the envelope
    undated: int = 0  # results without a time; where only a result's first or last line has none, it counts as one
    ahead_seconds: float = 0.0  # by which the farthest stamp is ahead of the reference, if by over a day; else 0


class PushEvent(NamedTuple):
    """One push as a webhook reports it, with identifiers as reported; masked before anything is stored or shown."""

    at: float | None  # the call's own time, seconds since the epoch
    platform: Platform
    code: int
    reasons: tuple[str, ...]  # the provider's words, the most telling first
    app: str
    user: str
    uid: str  # mesibo's number of the user, by which a log may name them
    token: str
    key: tuple[int, int] | None  # stamp in ms and digest that identify it if it comes again; None: nothing does


@dataclass(slots=True)
class Call:
    """What one call of a webhook reports."""

    events: list[PushEvent] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)  # of events that are no push results, by cause
    shapes: list[tuple[str, str]] = field(default_factory=list)  # cause (empty: understood) and shape of a few
    key: tuple[int, int] | None = None  # of the first event that is no push result: these only come again together


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """The present state of a source, for metrics and for people; the same for files, journals and webhooks."""

    name: str
    up: bool  # at least one file is followed, and none that exists is out of reach
    files_followed: int
    lag_bytes: int  # seen but not handed on
    caught_up: bool  # all that was there at the first look has been handed on
    problems: tuple[Problem, ...]
    input: InputKind = field(default="file", kw_only=True)
    envelope: str = field(default="", kw_only=True)  # around each line, once that is known
