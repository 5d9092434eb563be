"""Read one generation from its position on, and notice when the bytes of its file are no longer its own.

Each read also reads the run before the offset, and compares it with what was handed on: if a file was truncated and has
grown past the offset since, the next read notices.
"""

from contextlib import suppress
from typing import Literal

from logwatch.lines import CHUNK_BYTES, Following, Taken
from logwatch.model import Chunk
from logwatch.tail.files import CorruptError, OwnFile, PackedFile, PlainFile, Stat, stat_at
from logwatch.tail.fingerprint import (
    HEAD_BYTES,
    MARK_BYTES,
    TAIL_BYTES,
    add_marks,
    begins_alike,
    fingerprint_tail,
    is_tail,
    marks_of,
    part_of,
)
from logwatch.tail.generation_state import ChangedError, Former, GenerationState
from logwatch.tail.identity import NO_KEY
from logwatch.tail.uncompressed import SeekingError
from logwatch.unpack import without_suffix

RETURN_SECONDS = 10.0
"""How long a file's lost end is waited for, as when a copy is being written back over the file."""


class Generation(GenerationState):
    """One generation, handed on as chunks of whole lines."""

    def read(self, now: float, seen: Stat, following: Following, before: "Generation | None" = None) -> Chunk | None:
        """Return the next whole lines; None if there are none now. ``following`` reads the beginning of what follows.

        ``seen``: the file before it was compared with others: what it got since may be a copy of theirs, and has to
        wait. ``before``: the generation whose last message or line may go on at the beginning of this file.

        Call ``learn_head`` first: what a file without a head has got since is not taken. Raises ChangedError, OSError,
        SeekingError, and, once everything before the damage was taken, CorruptError.
        """
        file, known = self.file, self.position
        assert file
        overlap, run = self._fetch(file, self._want)
        if file.packed and len(overlap) < known.tail_bytes and not file.ended():
            self.rest(seen)
            return None  # the archive is not written that far yet
        self._compare_run(overlap, run)
        run = run if file.packed else run[: max(seen.size - known.offset, 0)]  # the rest is for the next look
        modified = min(seen.modified / 1e9, now)
        self.grown_at = max(self.grown_at, modified)  # the next look sees no growth: this read took it
        if run.startswith(b"\0") and (skipped := self._skip_hole(file, run, seen)) is not False:
            return skipped
        run, reached, at_end = self._before_allocated(file, run, seen)
        patient = not at_end or self.lines.patient(now - self.grown_at)
        begins = before if not (known.marks or overlap.strip(b"\0")) else None  # only if no line of it was read yet
        if begins and begins.waiting and begins.lines.is_open(b"-", run):
            return None  # this goes on with a line of that one, which has not been read to its end
        taken = self._take_behind(begins, run, now, patient=patient, at_end=at_end)
        self.reached = reached
        self.blocked = ""
        if at_end:
            self.rest(seen)
        if not taken.consumed:
            if reached > known.size:
                self.note(size=reached)
            if not at_end:  # a message longer than the run: read more, up to the length at which it is cut
                self._want = max(min(self._want * 2, self.lines.room), CHUNK_BYTES)
            return None
        self._want = CHUNK_BYTES
        cut_off = known.state == "rotated" and not patient and self.lines.goes_on(taken)
        return self._advance(taken, overlap, run, modified, following() if cut_off else b"")

    def _take_behind(
        self, before: "Generation | None", run: bytes, now: float, *, patient: bool, at_end: bool
    ) -> Taken:
        """Take whole lines off a run, after what is left of the last message or line of the generation before."""
        rest, offset = b"", self.position.offset
        if before:
            here = before.position.path == self.position.path
            rest = before.open_rest(run) if here else before.open_end(run)
        taken = self.lines.take(
            rest + run, self.position.inside, offset, now, first=not offset, patient=patient, at_end=at_end
        )
        consumed = max(taken.consumed - len(rest), 0)
        if before and rest and consumed:
            before.leave(rest)
        return taken._replace(consumed=consumed)

    def _before_allocated(self, file: PlainFile, run: bytes, seen: Stat) -> tuple[bytes, int, bool]:
        """Return a run up to NULs that nothing follows, how far the file was read, and whether that is its end.

        Such NULs are preallocated, and the writer may yet fill them.
        """
        reached, at_end = self.position.offset + len(run), len(run) < self._want
        filled = run.rstrip(b"\0")
        self.unfilled = len(run) - len(filled) if at_end else 0
        if at_end or file.packed or len(filled) == len(run):
            return run, reached, at_end
        try:
            behind = file.behind_zeros(self.position.offset + len(filled), reached, seen)
        except SeekingError:
            if b"\n" not in filled:
                raise
            return filled, reached, False  # looked at again once the lines before it are taken
        if behind:
            return run, reached, False
        self.unfilled = max(reached, seen.size) - self.position.offset - len(filled)
        return filled, max(reached, seen.size), True

    def _compare_run(self, overlap: bytes, run: bytes) -> None:
        """Raise ChangedError if the run before the offset has changed, or the head, where it was just read."""
        known = self.position
        if not is_tail(known.tail, overlap):
            raise ChangedError
        if known.offset <= known.tail_bytes and known.head_bytes:
            head = (overlap + run[:HEAD_BYTES])[:HEAD_BYTES]
            if not head.startswith(b"\0") and not begins_alike(known.head_bytes, known.head, head):
                raise ChangedError

    def _fetch(self, file: PlainFile, count: int) -> tuple[bytes, bytes]:
        """Return the run before the offset, to be compared, and the next bytes: two reads cost less than splitting one.

        If an archive is damaged, or its disk fails, return what was unpacked before that; raise when asked again.
        """
        offset, tail_bytes = self.position.offset, self.position.tail_bytes
        start = offset - tail_bytes
        if isinstance(file, PackedFile):  # going back would unpack it again from its start
            try:
                both = file.read_at(start, tail_bytes + count)
            except (CorruptError, OSError):
                if file.reached <= max(self.reached, offset):
                    raise
                both = file.read_at(start, file.reached - start)
                self._want = file.reached - offset  # a shorter run would be taken for the end of the file
            return both[:tail_bytes], both[tail_bytes:]
        run = file.read_at(offset, count)
        end = offset + len(run.rstrip(b"\0"))
        short = len(run) < count and end < file.stat().size
        short = short and file.read_at(offset, count) == run  # else it was written to or truncated meanwhile
        if short and file.open_anew() and (anew := file.read_at(offset, count)) != run:
            self.note(size=min(end, self.position.size))  # the size was another file's
            run = anew
        return (file.read_at(start, tail_bytes) if tail_bytes else b""), run

    def _skip_hole(self, file: PlainFile, run: bytes, seen: Stat) -> Chunk | Literal[False] | None:
        """Skip a run's leading NULs, as an empty chunk; None if no content follows yet, False if none are skipped."""
        known = self.position
        if not known.offset:
            head, begin = file.head()
            if not file.packed and (begin < seen.size if not head else not known.head_bytes):
                return None  # the search goes on with the next read; or content has only just come, and has no head yet
            if not head:
                self.unfilled = seen.size
                self.rest(seen)
                return None
        else:
            amid = len(run) == self._want and not file.packed and not run.strip(b"\0")
            begin = file.behind_zeros(known.offset, known.offset + len(run), seen) if amid else 0
        if not begin:
            return False
        self.skip_to(begin, b"\0" * min(begin, TAIL_BYTES))
        self.note(marks=known.marks, inside=known.inside)  # the hole may be in an over-long line
        return self._chunk(b"", begin - known.offset, 0, 0.0)

    def _advance(self, taken: Taken, overlap: bytes, run: bytes, reference: float, follows: bytes = b"") -> Chunk:
        """Move the offset past what was taken off the front of ``run``; ``overlap`` is the run before the offset."""
        known = self.position
        last = run[max(taken.consumed - HEAD_BYTES, 0) : taken.consumed]
        if len(last) < HEAD_BYTES:
            last = overlap + last
        tail_bytes, tail = fingerprint_tail(last[-HEAD_BYTES:], self.lines.is_dated, known.tail, taken.consumed)
        self.position = known._replace(
            offset=known.offset + taken.consumed,
            tail_bytes=tail_bytes,
            tail=tail,
            marks=add_marks(known.marks, known.offset, overlap, run, taken.consumed),
            size=max(known.size, known.offset + len(run)),
            inside=taken.inside,
            envelope=self.lines.encoded,
        )
        return self._chunk(taken.data, taken.consumed, taken.oversized, reference, follows)

    def _chunk(self, data: bytes, consumed: int, oversized: int, reference: float, follows: bytes = b"") -> Chunk:
        self.saved = self.position
        position, behind = self.position, self.lines.take_rest(follows, "").data if follows else b""
        return Chunk(position.source, data, self.lines.known, reference, consumed, oversized, position, follows=behind)

    def lose_end(self, at: int, before: bytes, now: float, *, cut: bool) -> None:
        """Go on at the end of what is left of the file, until the part that it lost comes back."""
        self.former = self.former or Former(self.position, now, cut)
        self.skip_to(at, before)

    def find_end_again(self, now: float) -> bool | None:
        """Go on where reading was before the file lost its end, as far as these bytes have come back.

        Return True to read on, None to wait for more of them; False to read on although they did not come back, and
        something may have been left unread.
        """
        former, file = self.former, self.plain
        if not former or not file:  # an archive's end does not come back
            self.former = None
            return not (former and former.cut)
        known, size, content = former.position, file.stat().size, OwnFile(file)
        for mark in reversed(list(marks_of(known.marks))):
            if self.position.offset < mark.offset <= size:
                if part_of(content.before(mark.offset, MARK_BYTES)) != mark.digest:
                    self.former = None
                    return not former.cut
                self.skip_within(mark.offset)
        if size < known.offset and 0 <= now - former.since < RETURN_SECONDS:
            return None
        self.former = None
        if not is_tail(known.tail, content.before(known.offset, known.tail_bytes)):
            return not former.cut
        self.skip_within(known.offset)
        self.note(marks=known.marks, inside=known.inside)
        return True

    def open_rest(self, follows: bytes = b"") -> bytes:
        """Return the unread end of a rotated file if it is a message, or a line, that goes on in ``follows``."""
        return self.open_end(follows) if self.position.state == "rotated" else b""

    def open_end(self, follows: bytes) -> bytes:
        """Return the same, also for a file still at its path: its writer may have gone on to another one."""
        file, known = self.file, self.position
        if not file or self.waiting or known.inside or known.offset >= known.size:
            return b""
        with suppress(CorruptError, SeekingError, OSError):
            overlap, rest = self._fetch(file, self.lines.bound)  # as much as ``finish``: an archive only goes forward
            whole = is_tail(known.tail, overlap) and known.offset + len(rest) >= known.size
            ended = not file.packed or file.ended()  # if not, the line goes on in the archive itself
            return rest if whole and ended and self.lines.is_open(rest, follows) else b""
        return b""

    def is_newer_than(self, other: "Generation") -> bool:
        """Return whether its file was written to later than another's; True if either cannot be examined."""
        with suppress(OSError):
            return not (self.file and other.file) or self.file.stat().modified > other.file.stat().modified
        return True

    def leave(self, rest: bytes) -> None:
        """Skip the rest of the file, which was read together with the beginning of the next one."""
        end = self.position.offset + len(rest)  # for an archive ``rest`` has to do: nothing is unpacked again
        if self.plain:
            self.skip_within(end)
        else:
            self.skip_to(end, rest[-HEAD_BYTES:])

    def finish(self, now: float, following: Following, *, torn: bool) -> tuple[Chunk | None, int]:
        """Hand on an unterminated last line, as nothing will follow it, and release the file.

        Return the chunk, and how many bytes are lost, among them all of a last line that rotation has ``torn`` within a
        number, which may be a code. Raises SeekingError if an archive has gone on since: then more of it is to be read.
        """
        file = self.file
        overlap, run = self._fetch(file, self.lines.bound) if file else (b"", b"")
        modified, named = (file.stat().modified, file.has_name()) if file else (0, True)
        if file and file.packed and not file.ended() and file.stat().size:
            raise SeekingError
        read = overlap + run
        if torn and run[-1:].isdigit():
            run = run[: run.rfind(b"\n") + 1]
        dropped = len(read) - len(overlap + run)
        hole, chunk, taken, follows = not run.strip(b"\0"), None, None, b""
        if not hole and is_tail(self.position.tail, overlap):
            taken = self.lines.take_rest(run, self.position.inside)
            follows = following() if self.lines.goes_on(taken) else b""
        # Nothing below raises, so that the state changes as a whole
        self.settle()
        self.dead = not named
        if file and not self.position.head_bytes:
            self.note_empty(modified)
        if run and hole:
            self.skip_to(self.position.size, run[-HEAD_BYTES:])  # preallocated, and never filled
        elif taken:
            chunk = self._advance(taken, overlap, run, min(modified / 1e9, now), follows)
        lost = self.position.size - self.position.offset
        if dropped:  # reported as lost now, and not again
            self.skip_to(self.position.offset + dropped, read[-HEAD_BYTES:])
        if self.dead:
            self.note(key=NO_KEY)  # another file may get its inode
        return chunk, lost

    def lies_there(self) -> bool:
        """Return whether a file is where the generation's was found; if it is over, with the same inode and size.

        Any other file would be news. For an archive the inode has to do: it is not unpacked for this.
        """
        place = self.position.found_at
        there = stat_at(place)
        packed = without_suffix(place) != place
        same = there and there.key == self.key and (packed or there.size == self.position.size)
        return bool(same or (there and self.in_use))
