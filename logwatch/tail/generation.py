"""Reads one generation of a file, from where its position says, and notices when the bytes are no longer its own.

A generation is a file's life from its first byte to its last, whatever names it goes through. Each read starts a little
before the offset and compares what it finds there with what it left: a file that was truncated and has grown past the
offset since is noticed with the next read, at no further system call.
"""

import os
from dataclasses import dataclass, replace

from logwatch import envelope as envelopes
from logwatch.model import Chunk, Envelope, FileState, Position
from logwatch.tail.files import (
    CorruptError,
    Key,
    Mark,
    OwnFile,
    PackedFile,
    PlainFile,
    key_at,
    mark_of,
    read_head,
)
from logwatch.tail.fingerprint import (
    HEAD_BYTES,
    TAIL_BYTES,
    TELLING_BYTES,
    begins_alike,
    empty_file_id,
    fingerprint_head,
    fingerprint_tail,
    is_tail,
)
from logwatch.tail.identity import Verdict, compare, run_before
from logwatch.tail.line_reader import CHUNK_BYTES, Ahead, LineReader, LineReading
from logwatch.tail.lines import Taken

_AHEAD_BYTES = 16 * 1024  # of the next generation, in which the rest of an answer may stand


_NOTHING: Mark = (-1, -1)
_NO_KEY: Key = (0, 0)


class ChangedError(Exception):
    """The bytes before the offset are not those that were handed on: the file was truncated or replaced in place."""


class ShrunkError(ChangedError):
    """All that the file still holds was read: cut off at its end, or emptied and filled with what it began with."""


@dataclass(slots=True)
class Open:
    """Its file is open."""

    file: PlainFile
    waiting: bool = True  # there may be bytes that were not looked at
    seen: Mark = _NOTHING  # when the end was last reached

    def rest(self, seen: Mark) -> None:
        """Wait until the file is another one than when its end was reached."""
        self.waiting, self.seen = False, seen


@dataclass(frozen=True, slots=True)
class Parked:
    """All of its file was read, which was closed to save descriptors, and is looked at by name."""

    mark: Mark


@dataclass(frozen=True, slots=True)
class Missing:
    """Its bytes are nowhere, since so many seconds since the epoch."""

    since: float


Access = Open | Parked | Missing | None
"""How a generation's file is to be had; None: it is done with, or is to be opened yet."""


class Generation:
    """One generation: its position, the open file if there is one, and what was seen of it so far."""

    def __init__(self, position: Position, reading: LineReading, *, saved: bool = False) -> None:
        self.position = position
        self.saved = position if saved else None  # as the sink knows it
        self.access: Access = None
        self.blocked = ""  # why it cannot be read now
        self.grown_at = 0.0  # the clock when it last grew, or the file's mtime when it was found
        self.reached = 0  # how far it has been looked at, an unterminated last line included
        self.truncated = False  # it ended by a truncation that was noticed
        self.dead = False  # it was deleted, and read to its end: it can be found nowhere
        self._told_bytes = position.head_bytes  # what there was of the head when it was last reconciled
        self._reading = reading
        self._lines = LineReader(reading, position.envelope)
        self._want = CHUNK_BYTES

    @property
    def number(self) -> int:
        """Its number, unique in a state directory."""
        return self.position.generation

    @property
    def key(self) -> Key:
        """Device and inode of its file; zeros when they are another generation's."""
        return (self.position.device, self.position.inode)

    @property
    def in_use(self) -> bool:
        """Whether it is read, or to be read."""
        return self.position.state in ("live", "rotated")

    @property
    def headless(self) -> bool:
        """Whether it is but what comes after a copy of a file was taken: what is before is another generation's.

        It is found by its inode alone.
        """
        return self.position.offset > 0 and not self.position.head_bytes

    @property
    def file(self) -> PlainFile | None:
        """Its open file."""
        return self.access.file if isinstance(self.access, Open) else None

    @property
    def plain(self) -> PlainFile | None:
        """Its open file, if that is the one that was written: its inode cannot be anybody else's."""
        file = self.file
        return file if file and not file.packed else None

    @property
    def waiting(self) -> bool:
        """Whether there may be bytes that were not looked at."""
        return isinstance(self.access, Open) and self.access.waiting

    @property
    def missing_since(self) -> float | None:
        """When its bytes were first found nowhere."""
        return self.access.since if isinstance(self.access, Missing) else None

    @property
    def parked(self) -> Mark | None:
        """How its file was when it was closed to save descriptors."""
        return self.access.mark if isinstance(self.access, Parked) else None

    @property
    def lag(self) -> int:
        """Bytes that were seen and not handed on."""
        if not self.in_use or isinstance(self.access, Missing):
            return 0
        behind = max(self.position.size - self.position.offset, 0)
        file = self.file
        return max(behind, file.remaining) if isinstance(file, PackedFile) and self.waiting else behind

    @property
    def told(self) -> bool:
        """Whether it was reconciled since there is enough to tell it by: an empty file may have become a copy."""
        return self._told_bytes >= TELLING_BYTES or self.position.head_bytes < TELLING_BYTES

    @property
    def seen(self) -> Mark | None:
        """How its open file was when its end was last reached."""
        return self.access.seen if isinstance(self.access, Open) else None

    # where it lies

    def reconciled(self) -> None:
        """Note that what there is of its head by now was compared with all that is known."""
        self._told_bytes = self.position.head_bytes

    def attach(self, file: PlainFile, grown_at: float) -> None:
        """Read from this file from now on; raises OSError or CorruptError, and does not take it, if it cannot."""
        self.detach()
        self.access, self.grown_at, self.blocked = Open(file), grown_at, ""

    def detach(self) -> None:
        """Close the file, if one is open."""
        if self.file:
            self.file.close()
            self.access = None

    def unsaved(self) -> Position | None:
        """Return its position if that is another one than the sink knows, and take it for known from now on."""
        changed = self.position != self.saved
        self.saved = self.position
        return self.saved if changed else None

    def park(self, path: str) -> bool:
        """Close the file if all of it was read and this path leads to it: it is looked at by name from now on."""
        access = self.access
        if not isinstance(access, Open) or access.file.packed or access.waiting or self.waits:
            return False
        if key_at(path) != self.key:
            return False
        if mark_of(os.fstat(access.file.descriptor)) != access.seen:
            return False
        self.detach()
        self.access = Parked(access.seen)
        return True

    def unpark(self) -> None:
        """Let the file be opened again."""
        self.access = None

    def grow_at_most(self, now: float) -> None:
        """Note that it did not grow later than now, which a clock that was set back may say."""
        self.grown_at = min(self.grown_at, now)

    def hand_over(self, other: "Generation", at: int) -> None:
        """Leave the open file to another generation, which goes on with it at this offset."""
        assert self.plain
        before = run_before(OwnFile(self.plain), at)
        other.access, other.grown_at, self.access = self.access, self.grown_at, None
        other._lines = self._lines  # noqa: SLF001  its own class
        other.position = replace(other.position, envelope=self.position.envelope)
        other.skip_to(at, before)

    def block(self, why: str) -> None:
        """Note why it cannot be read now; what is open stays open: it may have no name any more."""
        self.blocked = why
        if isinstance(self.access, Open):
            self.access.rest(_NOTHING)

    def miss(self, now: float) -> None:
        """Note that its bytes are nowhere, and since when; clocks jump."""
        self.access = Missing(min(self.access.since, now) if isinstance(self.access, Missing) else now)

    def found(self) -> None:
        """Note that its bytes are somewhere."""
        if isinstance(self.access, Missing):
            self.access = None

    def settle(self, state: FileState) -> None:
        """End it, or leave it out: nothing of it is read any more."""
        self.detach()
        self.access = None
        self.position = replace(self.position, state=state)

    def move(
        self,
        state: FileState,
        *,
        path: str | None = None,
        key: Key | None = None,
        found_at: str | None = None,
        size: int | None = None,
        head: bytes | None = None,
    ) -> None:
        """Note what it is by now, and where."""
        old = self.position
        self.position = replace(
            old,
            state=state,
            path=old.path if path is None else path,
            device=old.device if key is None else key[0],
            inode=old.inode if key is None else key[1],
            found_at=old.found_at if found_at is None else found_at,
            size=old.size if size is None else size,
            head_bytes=old.head_bytes if head is None else len(head),
            head=old.head if head is None else fingerprint_head(head),
        )

    def disown(self) -> None:
        """Note that the inode is another generation's now."""
        self.position = replace(self.position, device=_NO_KEY[0], inode=_NO_KEY[1])

    def lose_file(self) -> None:
        """Let go of a file whose bytes are no longer this generation's: they have to be looked for."""
        self.detach()
        self.truncated = True
        self.disown()
        self.move("rotated", found_at="")

    def skip_to(self, offset: int, before: bytes) -> None:
        """Go on at this offset, with these bytes before it; of a line that has not ended, the rest is skipped too."""
        inside = "line" if before and not before.endswith(b"\n") and before.strip(b"\0") else ""
        self.reached = offset
        self.position = replace(
            self.position,
            offset=offset,
            size=max(self.position.size, offset),
            tail_bytes=len(before),
            tail=fingerprint_tail(before),
            inside=inside,
        )

    def _resize(self, size: int) -> None:
        self.position = replace(self.position, size=size)

    # whether it is still itself

    def notice(self, now: float) -> bool:
        """Look whether the open file grew or changed since its end was last reached; raises ChangedError.

        Return whether it was trimmed: a copy of what it was cannot be compared with it any more.
        """
        assert isinstance(self.access, Open)
        status = os.fstat(self.access.file.descriptor)
        if mark_of(status) == self.access.seen:
            self.access.waiting = self.access.waiting or (self.waits and not self._lines.patient(now - self.grown_at))
            return False
        self.access.waiting = True
        if self.access.file.packed:
            self.grown_at = now
        elif status.st_size != self.position.size:
            if status.st_size > self.position.size:
                self.grown_at = now
            offset = self.position.offset
            self.verify()
            return self.position.offset != offset
        return False

    def verify(self) -> None:
        """Compare the open file with what was read of it, learn more of its head, and note its size.

        The head is looked at before and after the size is taken, so that the size is not another generation's. Raises
        ChangedError when the file's bytes are other ones.
        """
        file = self.plain
        assert file
        self.learn_head()
        size = os.fstat(file.descriptor).st_size
        self._compare(file)
        if self.position.head_bytes or self.position.offset:
            self._resize(max(size, self.position.offset))

    def learn_head(self) -> None:
        """Fingerprint as much of the head as there is by now; raises ChangedError when it is another file's head.

        An archive is told by the head that it had when it was found.
        """
        if self.plain and self.position.head_bytes < HEAD_BYTES:
            self._compare(self.plain)

    def _compare(self, file: PlainFile) -> None:
        known, content = self.position, OwnFile(file)
        head = content.head
        if known.head_bytes or known.offset:
            verdict, at = compare(known, content, same_inode=True, followed=True, search=True)
            if verdict is Verdict.OTHER:
                raise ChangedError
            if verdict is Verdict.PART:
                raise ShrunkError
            if verdict is not Verdict.SAME:  # trimmed in front
                before, size = run_before(content, at), content.size()
                if not head or not OwnFile(file).head.startswith(head):
                    raise ChangedError  # emptied meanwhile: what was compared with that head is another generation's
                self.skip_to(at, before)
                self.move(known.state, head=head, size=max(size, at))
                return
        if self.headless:
            return
        if len(head) > known.head_bytes or (known.head_bytes and not begins_alike(known.head_bytes, known.head, head)):
            if known.head_bytes < TELLING_BYTES and not known.offset:  # nothing told its size from another generation's
                self._resize(content.begin + len(head))
            self.move(known.state, head=head, size=max(self.position.size, len(head)))

    # reading

    def read(self, now: float, ahead: Ahead) -> Chunk | None:
        """Take the next whole lines; None when there are none by now. ``ahead`` reads the beginning of what follows.

        Raises ChangedError, OSError, SeekingError, and CorruptError once all before the damage was taken. The head is
        to be learnt before: what came into a file without one since then is not taken.
        """
        access = self.access
        assert isinstance(access, Open)
        file, known = access.file, self.position
        status = os.fstat(file.descriptor)  # before reading: what is written meanwhile is noticed by the next look
        mark = mark_of(status)
        overlap, run = self._fetch(file, self._want)
        reached = known.offset + len(run)
        if file.packed and len(overlap) < known.tail_bytes and not file.ended():
            access.rest(mark)
            return None  # the archive is not written that far yet
        if not file.packed and os.fstat(file.descriptor).st_size < reached:
            raise ChangedError
        self._compare_run(overlap, run)
        if (
            known.head_bytes < TELLING_BYTES
            and not self.headless
            and not file.packed
            and len((overlap + run).lstrip(b"\0")) > known.head_bytes
        ):
            return None
        if not known.offset and run.startswith(b"\0"):
            head, begin = read_head(file, HEAD_BYTES)
            if head and not known.head_bytes and not file.packed:
                return None  # came into it meanwhile: the head is to be learnt before
            if begin:
                return self._skip_hole(access, mark, begin if head else 0)
        at_end = len(run) < self._want
        patient = not at_end or self._lines.patient(now - self.grown_at)
        taken = self._lines.take(run, known.inside, first=not known.offset, patient=patient, at_end=at_end)
        self.reached = reached
        if not taken.consumed:
            if reached > known.size:
                self._resize(reached)
            self._stall(access, mark, at_end=at_end)
            return None
        self._want = CHUNK_BYTES
        self.blocked = ""
        if at_end:
            access.rest(mark)
        cut_off = known.state == "rotated" and not patient and self._lines.goes_on(taken)
        return self._advance(taken, overlap, run, min(status.st_mtime, now), ahead() if cut_off else b"")

    def _compare_run(self, overlap: bytes, run: bytes) -> None:
        """Compare what is there with what was left there; raises ChangedError."""
        known = self.position
        if not is_tail(known.tail, overlap):
            raise ChangedError
        if known.offset <= known.tail_bytes and known.head_bytes:
            head = (overlap + run[:HEAD_BYTES])[:HEAD_BYTES]
            if not head.startswith(b"\0") and not begins_alike(known.head_bytes, known.head, head):
                raise ChangedError

    def _fetch(self, file: PlainFile, count: int) -> tuple[bytes, bytes]:
        """Read what was handed on last, to compare it, and what comes next, in two calls: a copy costs more."""
        offset, tail_bytes = self.position.offset, self.position.tail_bytes
        start = offset - tail_bytes
        if isinstance(file, PackedFile):  # only goes forward
            try:
                both = file.read_at(start, tail_bytes + count)
            except CorruptError:
                if file.reached <= max(self.reached, offset):
                    raise
                both = file.read_at(start, file.reached - start)
            return both[:tail_bytes], both[tail_bytes:]
        run = file.read_at(offset, count)
        return (file.read_at(start, tail_bytes) if tail_bytes else b""), run

    def _skip_hole(self, access: Open, mark: Mark, begin: int) -> Chunk | None:
        """Go on where content begins behind leading NULs; nothing but NULs is nothing."""
        if not begin:
            access.rest(mark)
            return None
        self.skip_to(begin, b"\0" * min(begin, TAIL_BYTES))
        access.seen = mark
        return self._chunk(b"", begin, 0, 0.0)

    def _stall(self, access: Open, mark: Mark, *, at_end: bool) -> None:
        self.blocked = ""
        if at_end:
            access.rest(mark)
        else:  # a logical line longer than what was read: read more, up to where it is cut
            self._want = max(min(self._want * 2, self._lines.room), CHUNK_BYTES)

    def _advance(self, taken: Taken, overlap: bytes, run: bytes, reference: float, follows: bytes = b"") -> Chunk:
        """Move on behind what was taken off the front of run; overlap is what came before it."""
        tail = run[max(taken.consumed - TAIL_BYTES, 0) : taken.consumed]
        if len(tail) < TAIL_BYTES:
            tail = (overlap + tail)[-TAIL_BYTES:]
        self.position = replace(
            self.position,
            offset=self.position.offset + taken.consumed,
            tail_bytes=len(tail),
            tail=fingerprint_tail(tail),
            size=max(self.position.size, self.position.offset + len(run)),
            inside=taken.inside,
            envelope=self._lines.encoded,
        )
        return self._chunk(taken.data, taken.consumed, taken.oversized, reference, follows)

    def _chunk(self, data: bytes, consumed: int, oversized: int, reference: float, follows: bytes = b"") -> Chunk:
        self.saved = self.position
        source, position = self._reading.source, self.position
        return Chunk(source, data, self._lines.known, reference, consumed, oversized, position, ahead=follows)

    @property
    def envelope(self) -> Envelope | None:
        """What its lines stand in; None while that is open."""
        return self._lines.envelope

    @property
    def no_text(self) -> envelopes.NoText | None:
        """What it is instead of a log."""
        return self._lines.no_text

    @property
    def waits(self) -> bool:
        """Whether something is left to be taken when it has not grown for a while."""
        return self._lines.waits

    def beginning(self) -> bytes:
        """Return the first bytes of its open file; none if there is none."""
        file = self.plain
        return file.read_at(0, _AHEAD_BYTES) if file else b""

    def finish(self, now: float, ahead: Ahead) -> Chunk | None:
        """Hand on an unterminated last line, as nothing will follow it, and let go of the file.

        Not the last bytes of an archive that does not end: the beginning of a line may say something else.
        """
        file = self.file
        chunk = None
        self.position = replace(self.position, state="done")
        self.dead = file is not None and not os.fstat(file.descriptor).st_nlink
        if file and (not file.packed or file.ended()):
            if not self.position.head_bytes:
                modified = os.fstat(file.descriptor).st_mtime_ns
                self.position = replace(self.position, head=empty_file_id(modified))
            overlap, run = self._fetch(file, self._lines.bound)
            if run.strip(b"\0") and is_tail(self.position.tail, overlap):
                taken = self._lines.take_rest(run, self.position.inside)
                follows = ahead() if self._lines.goes_on(taken) else b""
                chunk = self._advance(taken, overlap, run, min(os.fstat(file.descriptor).st_mtime, now), follows)
        self.detach()
        self.access = None
        return chunk
