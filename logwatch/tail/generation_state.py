"""What is known of one generation: its position, its file, and whether the file still has the generation's bytes.

``generation`` does the reading.
"""

import os
from contextlib import suppress
from typing import Any, NamedTuple

from logwatch.lines import CHUNK_BYTES, IN_LINE, LineReader, LineReading
from logwatch.model import FileState, Position
from logwatch.tail.files import OwnFile, PackedFile, PlainFile, Stat, key_at, stat_at
from logwatch.tail.fingerprint import (
    HEAD_BYTES,
    MARK_BYTES,
    TELLING_BYTES,
    add_marks,
    empty_file_id,
    fingerprint_head,
    fingerprint_tail,
    kept,
    part_of,
)
from logwatch.tail.identity import NO_KEY, Key, Positioned, Relation, compare
from logwatch.unpack import format_of

REMEMBERED_SECONDS = 3 * 86400.0
"""How long a generation is remembered that was given up, or lay where nobody can look now: a file system may be mounted
again, a directory moved back, or an ``olddir`` configured. What comes back later counts as news."""

UNSEEN_SECONDS = 600.0
"""How long one that is over is remembered once its file is gone from beside the others: a mirror (``rsync``) replaces
a rotated file first, and makes the one to which that was renamed only then, which may take as long as that is large."""

COPY_SECONDS = 10.0
"""How long after its last write a file may still be receiving the rest of another one that it has the beginning of."""


class ChangedError(Exception):
    """The run before the offset is not what was handed on: the file was truncated, or replaced in place."""


class PackedError(ChangedError):
    """The file was empty when it was opened as a log, and is now an archive that is being written."""


class MovedError(ChangedError):
    """The file is still the generation's, but was trimmed, edited or cut off: a survey decides where reading goes on.

    ``at`` is where it goes on if no other file has the bytes.
    """

    def __init__(self, at: int) -> None:
        self.at = at


class Former(NamedTuple):
    """How far a file was read before it lost its end."""

    position: Position
    since: float  # when the loss was found
    cut: bool  # it is unknown whether all that is left was read


class GenerationState(Positioned):
    """One generation: its position, its open file if there is one, and what has been seen of it."""

    def __init__(self, position: Position, reading: LineReading, *, saved: bool = False) -> None:
        self.position = position
        self.saved = position if saved else None  # as it was last handed to the sink
        self.file: PlainFile | None = None  # the open file
        self.waiting = False  # the open file may have bytes that have not been looked at
        self.seen: Stat | None = None  # the file when its end was last reached; kept while it is ``parked``
        self.missing_since: float | None = None  # when it was first found nowhere
        self.blocked = ""  # why its file cannot be read now
        self.grown_at = 0.0  # when its file last grew or left its path, or its mtime when it was found
        self.reached = 0  # the offset up to which its open file was looked at, an unterminated last line included
        self.dead = False  # it need not be remembered: deleted and read to its end, or nowhere for long
        self.former: Former | None = None  # while the end that its file lost may come back
        self._told_bytes = position.head_bytes  # known length of the head when it was last reconciled
        self.lines = LineReader(reading, position.envelope)
        self._want = CHUNK_BYTES
        self.unfilled = 0  # NULs at the end of its file, which is preallocated

    @property
    def plain(self) -> PlainFile | None:
        """Its open file, unless that is an archive: while it is open, no other file can have its inode."""
        return self.file if self.file and not self.file.packed else None

    @property
    def parked(self) -> Stat | None:
        """Its file as it was when closed to save descriptors; None if it is open, or was closed for another reason."""
        return None if self.file else self.seen

    @property
    def lag(self) -> int:
        """Bytes that were seen and not handed on yet."""
        if not self.in_use or self.missing_since is not None:
            return 0
        behind = max(self.position.size - self.position.offset - self.unfilled, 0)
        file = self.file
        return max(behind, file.remaining) if isinstance(file, PackedFile) and self.waiting else behind

    @property
    def furthest(self) -> Position:
        """The position up to which it was read, even if its file has been cut off since."""
        return self.former.position if self.former else self.position

    @property
    def tells_more(self) -> bool:
        """Whether more of its head is known than when it was last reconciled, which was too little to identify it.

        Its file may have been filled, copied and truncated since the last look, or be a copy in the making. Before it
        is read, it has to be reconciled with what came in between, and with what it may be a copy of.
        """
        return self._told_bytes < min(TELLING_BYTES, self.position.head_bytes)

    # where it lies

    def reconciled(self) -> None:
        """Note that its head, at its present length, was compared with everything that is known."""
        self._told_bytes = self.position.head_bytes

    def note_empty(self, modified: int) -> None:
        """Note when its file, which never had a byte, was last written, in nanoseconds since the epoch."""
        self.position = self.position._replace(head=empty_file_id(modified))

    def attach(self, file: PlainFile, grown_at: float) -> None:
        """Read from this file from now on; raise OSError or CorruptError, and have no file, if it cannot be read."""
        if self.position.offset and not file.packed and not self.lines.sniffed:
            self.lines.sniff(file.read_at(0, HEAD_BYTES).lstrip(b"\0"))
        self.file, self.waiting, self.missing_since = file, True, None
        self.grown_at, self.blocked, self.reached = grown_at, "", 0

    def detach(self) -> None:
        """Close its file, if one is open, and forget any parked one."""
        if self.file:
            self.file.close()
        self.file, self.waiting, self.seen = None, False, None

    def hand_over(self) -> PlainFile:
        """Release its open file to another generation, and return it."""
        file, self.file = self.file, None
        self.detach()
        assert file
        return file

    def rest(self, seen: Stat | None = None) -> None:
        """Wait until the file differs from ``seen``, as it was at its end; without that, until the next look."""
        self.waiting, self.seen = False, seen

    def unsaved(self) -> Position | None:
        """Return its position, and count it as handed to the sink; None if the sink has it already."""
        changed = self.position != self.saved
        self.saved = self.position
        return self.saved if changed else None

    def find_name(self) -> str:
        """Return the name that the open file has now, wherever it was moved to; empty if none is known."""
        if not self.plain:
            return ""
        names = [self.position.found_at]
        with suppress(OSError):  # no /proc; and that calls a file deleted even if another link to it is left
            names.insert(0, os.readlink(f"/proc/self/fd/{self.plain.descriptor}"))
        return next((name for name in names if name and key_at(name) == self.key), "")

    def park(self) -> bool:
        """Close the file if it was read to its end and has a name by which looks can check it; return whether."""
        file, seen = self.plain, self.seen
        if not file or self.lines.waits:  # whether more is waiting needs no check: then the file is not as ``seen``
            return False
        with suppress(OSError):  # another path needs the descriptor: it must not fail for this one's sake
            live = self.position.state == "live"
            place = self.position.path if live else self.find_name()  # it may have been renamed since it was found
            if seen == file.stat() == stat_at(place):
                self.note(found_at="" if live else place)
                self.detach()
                self.seen = seen
                return True
        return False

    def grow_at_most(self, now: float) -> None:
        """Keep ``grown_at`` out of the future after the clock was set back."""
        self.grown_at = min(self.grown_at, now)

    def leave_path(self, now: float) -> None:
        """Note that it left its path; this counts as growth, as its writer may go on after a while."""
        self.grown_at = now

    def block(self, why: str) -> None:
        """Note why it cannot be read now; an open file stays open, as it may have no name any more."""
        self.blocked = why
        if self.file:
            self.rest()

    def miss(self, now: float) -> None:
        """Note that it is nowhere, and since when; if the clock was set back, count from now."""
        self.missing_since = now if self.missing_since is None else min(self.missing_since, now)

    def found(self) -> None:
        """Note that it lies in a file again."""
        self.dead = False
        self.note(gone_at=0.0)
        self.missing_since = None

    def outlive(self, now: float) -> bool:
        """Mark it ``dead`` if it has been nowhere for ``REMEMBERED_SECONDS``; return whether it is dead."""
        self.dead = self.dead or 0 != self.position.gone_at <= now - REMEMBERED_SECONDS
        return self.dead

    def settle(self) -> None:
        """End it as done: nothing of it is read any more."""
        self.detach()
        self.missing_since, self.former = None, None
        self.note(state="done")

    def note(self, *, key: Key | None = None, head: bytes | None = None, **fields: Any) -> None:
        """Change its position: by the ``key`` and ``head`` of its file, and by field; None leaves a field unchanged."""
        changes = {field: value for field, value in fields.items() if value is not None}
        if key:
            changes |= {"device": key[0], "inode": key[1]}
        if head is not None:
            changes |= {"head_bytes": len(head), "head": fingerprint_head(head)}
        self.position = self.position._replace(**changes)

    def lose_file(self, becomes: FileState = "rotated") -> None:
        """Release a file that has other bytes now: the generation's own have to be found again."""
        self.detach()
        self.note(state=becomes, key=NO_KEY, found_at="")

    def give_up(self, error: ChangedError) -> None:
        """Release its file: another generation has it (ChangedError), or a survey is to find it (MovedError)."""
        if isinstance(error, MovedError):
            self.detach()
        else:  # of an archive, it shows whether it is a copy once it can be unpacked
            self.lose_file("ignored" if isinstance(error, PackedError) else "rotated")

    def skip_within(self, offset: int, *, unread: bool = False) -> None:
        """Go on at an offset of the open file; ``unread``: what is skipped is still to be read, in another file."""
        assert self.file
        self.skip_to(offset, self.file.read_at(max(offset - HEAD_BYTES, 0), min(offset, HEAD_BYTES)), unread=unread)

    def skip_to(self, offset: int, before: bytes, *, unread: bool = False) -> None:
        """Go on at an offset, with the bytes ``before`` it; if that is within a line, skip the rest of the line too.

        ``unread`` lines get no entries: a file that has them must not be taken for one in which they were read.
        """
        inside = IN_LINE if before[-1:] not in b"\n\0" else ""  # a line begins after a newline or a hole
        first, rest = before[:MARK_BYTES], before[MARK_BYTES:]
        tail_bytes, tail = fingerprint_tail(before, (lambda _: False) if unread else self.lines.is_dated)
        self.position = self.position._replace(
            offset=offset,
            size=max(self.position.size, offset),
            tail_bytes=tail_bytes,
            tail=tail,
            marks=add_marks(b"", offset - len(rest), first, rest, len(rest)),
            inside=inside,
        )

    def go_on_behind(self, other: "GenerationState", now: float) -> bool:
        """Skip what was read of one that was appended to this file; False to wait until it is copied or read."""
        file, known = self.file, self.position
        assert file
        before, end = other.position, known.offset + other.position.offset
        found = file.stat()
        size = found.size
        if isinstance(file, PackedFile):
            size = file.reached if file.ended() else end
        grows = not file.packed and abs(now - found.modified / 1e9) < COPY_SECONDS
        if (size < end and grows) or (other.waiting and (file.packed or size > end)):
            self.rest()
            return False
        if before.offset:
            self.skip_within(min(size, end))
            self.note(marks=known.marks, inside=before.inside if size >= end else None)
        return True

    # whether it is still itself

    def notice(self, now: float) -> None:
        """Check whether the open file grew or changed since its end was last reached; raises ChangedError."""
        file = self.file
        assert file
        found = file.stat()
        if found == self.seen:
            lines = self.lines
            self.waiting = lines.waits and not lines.patient(now - self.grown_at)
            return
        self.waiting = True
        if file.packed or found.size > self.position.size:
            self.grown_at = now
        if not file.packed:
            self.verify()

    def verify(self) -> None:
        """Compare the open file with what was read of it, learn more of its head, and note its size.

        The head is compared before and after the size is taken, which could be another generation's otherwise. Raises
        ChangedError if the file has other bytes now.
        """
        file = self.plain
        assert file
        self.learn_head()
        size = file.stat().size
        self._compare(file)
        if self.position.head_bytes or self.position.offset:
            self.note(size=max(size, self.position.offset))

    def learn_head(self) -> None:
        """Fingerprint as much of the head as there is now; raises ChangedError if it is another file's head.

        An archive keeps the head that it had when it was found.
        """
        if self.plain and self.position.head_bytes < HEAD_BYTES:
            self._compare(self.plain)

    def is_written_over(self, head: bytes) -> bool:
        """Return whether a file whose run before the offset is unchanged begins with a different line with a time."""
        first, end, _ = head.partition(b"\n")
        length, part = kept(self.position.head_bytes, self.position.head, min(len(head), TELLING_BYTES))
        return bool(end and length) and part_of(head[:length]) != part and self.lines.is_dated(first)

    def _compare(self, file: PlainFile) -> None:
        known, content = self.position, OwnFile(file)
        head = content.head
        if not known.offset and format_of(head):
            raise PackedError
        if known.head_bytes or known.offset:
            relation, at = compare(known, content, same_inode=True, followed=True, search=self.lines.is_dated)
            if relation is Relation.OTHER:
                raise ChangedError
            if relation is not Relation.SAME:
                raise MovedError(at)
        if not head:  # it may be empty for a moment, while its writer replaces the content
            return
        if known.head_bytes and not self.begins_alike(head):
            raise MovedError(known.offset)
        if len(head) > known.head_bytes:
            if known.head_bytes < TELLING_BYTES and not known.offset:  # the size so far may be another generation's
                self.note(size=content.begin + len(head))
            self.note(head=head, size=max(self.position.size, len(head)))
