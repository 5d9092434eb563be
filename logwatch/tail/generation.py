"""Reads one generation of a file, from where its position says, and notices when the bytes are no longer its own.

A generation is a file's life from its first byte to its last, whatever names it goes through. Each read starts a little
before the offset and compares what it finds there with what it left: a file that was truncated and has grown past the
offset since is noticed with the next read, at no further system call.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from logwatch.model import Chunk, EnvelopeKind, FileState, Position
from logwatch.tail.files import Key, LogFile, read_head
from logwatch.tail.identity import HEAD_BYTES, TAIL_BYTES, TELLING_BYTES, begins_alike, digest, fingerprint_head, stamp
from logwatch.tail.lines import Cut, Taken, physical_bound, take_lines, take_rest

CHUNK_BYTES = 256 * 1024
"""Read at once: more lines share what each chunk costs, until the caches of a core are too small for them."""

DETECT_BYTES = 4096
"""As much of a file's beginning as tells its envelope."""

Detect = Callable[[bytes], EnvelopeKind]
"""Says from a file's first bytes which envelope its lines are in."""


class ChangedError(Exception):
    """The bytes before the offset are not those that were handed on: the file was truncated or replaced in place."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a generation's bytes become lines: what is the same for all files of a source."""

    source: str
    envelope: Literal["auto", "plain", "docker"]
    cut: Cut
    detect: Detect
    max_line_bytes: int


class Generation:
    """One generation: its position, the open file if there is one, and what was seen of it so far."""

    def __init__(self, position: Position, reading: Reading) -> None:
        self.number = position.generation
        self.path = position.path
        self.key: Key = (position.device, position.inode)
        self.head_bytes, self.head = position.head_bytes, position.head
        self.told_bytes = position.head_bytes  # what there was of the head when a scan last came to an end
        self.offset = position.offset
        self.tail_bytes, self.tail = position.tail_bytes, position.tail
        self.size = position.size
        self.state: FileState = position.state
        self.inside = position.inside
        self.found_at = position.found_at
        self.saved: Position | None = None  # as the sink knows it
        self.file: LogFile | None = None
        self.waiting = False  # there may be bytes that were not looked at
        self.seen = (-1, -1)  # size and mtime when the end was last reached
        self.grown_at = 0.0  # the clock when it last grew, or the file's mtime when it was found
        self.reached = 0  # how far it has been looked at, an unterminated last line included
        self.missing_since: float | None = None
        self.blocked = ""  # why it cannot be read now
        self.truncated = False  # it ended by a truncation that was noticed
        self.dead = False  # it was deleted, and read to its end: it can be found nowhere
        self.parked: tuple[int, int] | None = None  # size and mtime when it was closed to save descriptors
        self._reading = reading
        self._kind: EnvelopeKind | None = None if reading.envelope == "auto" else reading.envelope
        self._want = CHUNK_BYTES

    def position(self) -> Position:
        """Return what has to be known to go on from here."""
        return Position(
            generation=self.number,
            source=self._reading.source,
            path=self.path,
            device=self.key[0],
            inode=self.key[1],
            head_bytes=self.head_bytes,
            head=self.head,
            offset=self.offset,
            tail_bytes=self.tail_bytes,
            tail=self.tail,
            size=self.size,
            state=self.state,
            inside=self.inside,
            found_at=self.found_at,
        )

    @property
    def lag(self) -> int:
        """Bytes that were seen and not handed on."""
        reading = self.state in ("live", "rotated") and self.missing_since is None
        return max(self.size - self.offset, 0) if reading else 0

    @property
    def told(self) -> bool:
        """Whether a scan has told what it is: a file that was empty may have become a copy of another since then."""
        return self.told_bytes >= TELLING_BYTES or self.head_bytes < TELLING_BYTES

    def attach(self, file: LogFile) -> None:
        """Read from this file from now on; raises OSError or CorruptError, and does not take it, if it cannot."""
        if self._kind is None and (self.offset or file.packed):
            self._learn_kind(file.read_at(0, DETECT_BYTES))
        self.detach()
        self.file = file
        self.parked = None
        self.waiting = True
        self.missing_since = None
        self.blocked = ""

    def skip_to_end(self, file: LogFile, size: int) -> None:
        """Start behind what is there; of a line that has not ended yet, the rest is skipped too."""
        before = file.read_at(max(size - TAIL_BYTES, 0), min(size, TAIL_BYTES))
        self.offset = self.reached = size
        self.tail_bytes, self.tail = len(before), digest(before)
        self.inside = "line" if before and not before.endswith(b"\n") else ""

    def detach(self) -> None:
        """Close the file, if one is open."""
        if self.file:
            self.file.close()
        self.file = None
        self.waiting = False

    def lose_file(self) -> None:
        """Let go of a file whose bytes are no longer this generation's: they have to be looked for."""
        self.detach()
        self.truncated = True
        self.key = (0, 0)  # the inode is another generation's now
        self.state, self.found_at = "rotated", ""

    def notice(self, now: float) -> bool:
        """Look whether the open file grew or changed since its end was last reached; True when its size is another."""
        assert self.file
        status = os.fstat(self.file.descriptor)
        if (status.st_size, status.st_mtime_ns) == self.seen:
            return False
        self.waiting = True
        if self.file.packed:
            self.grown_at = now
            return False
        if status.st_size == self.size:
            return False
        if status.st_size > self.size:
            self.grown_at = now
        self.size = max(self.verify(), self.offset)  # what it grew by, or was cut by, may be another generation's
        return True

    def verify(self) -> int:
        """Compare head and tail with what they were, learn more of the head, and return the size of just these bytes.

        The head is looked at before and after the size is taken, so that the size is not another generation's. Raises
        ChangedError when the file's bytes are other ones.
        """
        assert self.file
        self.learn_head()
        size = os.fstat(self.file.descriptor).st_size
        if not self._has_tail(self.file):
            raise ChangedError
        self._compare_head(self.file)
        self.size = max(self.size, size)
        return size

    def _has_tail(self, file: LogFile) -> bool:
        return not self.offset or digest(file.read_at(self.offset - self.tail_bytes, self.tail_bytes)) == self.tail

    def _compare_head(self, file: LogFile) -> None:
        head = read_head(file, HEAD_BYTES)
        shorter = min(self.offset, HEAD_BYTES) <= len(head) < self.head_bytes
        if shorter and self.offset and self._has_tail(file):
            self._set_head(head)  # the end of an unfinished line was taken back
        elif self.head_bytes and digest(head[: self.head_bytes]) != self.head[:16]:
            raise ChangedError
        elif len(head) > self.head_bytes:
            self._set_head(head)

    def _set_head(self, head: bytes) -> None:
        if self.head_bytes < TELLING_BYTES and not self.offset:
            self.size = len(head)  # how long it was, was perhaps another generation: nothing told them apart
        self.head_bytes, self.head = len(head), fingerprint_head(head)
        self.size = max(self.size, len(head))

    def learn_head(self) -> None:
        """Fingerprint as much of the head as there is by now; raises ChangedError when it is another file's head.

        An archive is told by the head that it had when it was found.
        """
        if self.file and not self.file.packed and self.head_bytes < HEAD_BYTES:
            self._compare_head(self.file)

    def read(self, now: float) -> Chunk | None:
        """Take the next whole lines; None when there are none by now. Raises ChangedError, OSError, SeekingError.

        The head is to be learnt before: what came into a file without one since then is not taken.
        """
        file = self.file
        assert file
        status = os.fstat(file.descriptor)  # before reading: what is written meanwhile is noticed by the next look
        overlap, run = self._fetch(file, self._want)
        reached = self.offset + len(run)
        if file.packed and len(overlap) < self.tail_bytes and not file.ended():
            self.waiting, self.seen = False, (status.st_size, status.st_mtime_ns)
            return None  # the archive is not written that far yet
        if digest(overlap) != self.tail or (not file.packed and os.fstat(file.descriptor).st_size < reached):
            raise ChangedError
        if self.head_bytes < TELLING_BYTES and not file.packed and len((overlap + run).lstrip(b"\0")) > self.head_bytes:
            return None
        if self.offset <= self.tail_bytes and self.head_bytes:
            head = (overlap + run[:HEAD_BYTES])[:HEAD_BYTES]
            if not head.startswith(b"\0") and not begins_alike(self.head_bytes, self.head, head):
                raise ChangedError
        self.size = reached if file.packed and file.ended() else max(self.size, reached)
        at_end = len(run) < self._want
        taken = self._take(file, run)
        self.reached = reached
        if not taken.consumed:
            self._stall(status, at_end=at_end)
            return None
        self._want = CHUNK_BYTES
        self.blocked = ""
        if at_end:
            self.waiting, self.seen = False, (status.st_size, status.st_mtime_ns)
        return self._advance(taken, overlap, run, min(status.st_mtime, now))

    def _fetch(self, file: LogFile, count: int) -> tuple[bytes, bytes]:
        """Read what was handed on last, to compare it, and what comes next, in two calls: a copy costs more."""
        start = self.offset - self.tail_bytes
        if file.packed:  # only goes forward
            overlap = file.read_at(start, self.tail_bytes)
            return overlap, file.read_at(self.offset, count)
        run = file.read_at(self.offset, count)
        return (file.read_at(start, self.tail_bytes) if self.tail_bytes else b""), run

    def _stall(self, status: os.stat_result, *, at_end: bool) -> None:
        self.blocked = ""
        if at_end:
            self.waiting, self.seen = False, (status.st_size, status.st_mtime_ns)
        else:  # a logical line longer than what was read: read more, up to where it is cut
            self._want = min(self._want * 2, physical_bound(self._kind or "docker", self._reading.max_line_bytes) + 2)
            self._want = max(self._want, CHUNK_BYTES)

    def _take(self, file: LogFile, run: bytes) -> Taken:
        if self._kind is None:
            self._learn_kind(run if not self.offset else file.read_at(0, DETECT_BYTES))
            if self._kind is None and not self.inside:
                return Taken(b"", 0, 0, "")
        kind = self._kind or "plain"
        return take_lines(run, kind, self._reading.cut, self._reading.max_line_bytes, self.inside)

    def _learn_kind(self, first: bytes) -> None:
        first = first.lstrip(b"\0")[:DETECT_BYTES]
        if b"\n" in first or len(first) == DETECT_BYTES:
            self._kind = self._reading.detect(first)

    def _advance(self, taken: Taken, overlap: bytes, run: bytes, reference: float) -> Chunk:
        """Move on behind what was taken off the front of run; overlap is what came before it."""
        self.offset += taken.consumed
        tail = run[max(taken.consumed - TAIL_BYTES, 0) : taken.consumed]
        if len(tail) < TAIL_BYTES:
            tail = (overlap + tail)[-TAIL_BYTES:]
        self.tail_bytes, self.tail = len(tail), digest(tail)
        self.inside = taken.inside
        self.saved = self.position()
        return Chunk(
            source=self._reading.source,
            data=taken.data,
            envelope=self._kind or "plain",
            reference=reference,
            consumed=taken.consumed,
            oversized=taken.oversized,
            position=self.saved,
        )

    def finish(self, now: float) -> Chunk | None:
        """Hand on an unterminated last line, as nothing will follow it, and let go of the file."""
        file = self.file
        chunk = None
        self.state = "done"
        if file:
            if not self.head_bytes:
                self.head = stamp(os.fstat(file.descriptor).st_mtime_ns)
            bound = physical_bound(self._kind or "docker", self._reading.max_line_bytes)
            overlap, run = self._fetch(file, bound)
            if run and digest(overlap) == self.tail:
                kind = self._kind or self._reading.detect(run)
                self._kind = kind
                taken = Taken(take_rest(run, kind, self._reading.cut, self.inside), len(run), 0, "")
                chunk = self._advance(taken, overlap, run, min(os.fstat(file.descriptor).st_mtime, now))
        self.detach()
        return chunk
