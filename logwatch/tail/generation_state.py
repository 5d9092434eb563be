"""What is known of one generation: its position, how its file is to be had, and whether its bytes are still its own.

A generation is a file's life from its first byte to its last, whatever names it goes through. ``generation`` reads it.
"""

import os
from contextlib import suppress
from typing import Any, NamedTuple

from logwatch.lines import CHUNK_BYTES, LineReader, LineReading
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
    is_suffix,
    is_tail,
    kept,
)
from logwatch.tail.identity import NO_KEY, Key, Positioned, Relation, compare
from logwatch.unpack import format_of

REMEMBERED_SECONDS = 3 * 86400.0
"""So long what was read is remembered of a file that was given up, or lay where nobody could look: a file system may be
mounted again, a directory moved back, an ``olddir`` told. What comes back later counts as new."""

COPY_SECONDS = 10.0
"""So long a file is watched that has the beginning of another one: the rest of that may be appended to it."""


class ChangedError(Exception):
    """The bytes before the offset are not those that were handed on: the file was truncated or replaced in place."""


class PackedError(ChangedError):
    """The file was empty when it was opened as a log's, and is an archive that is being written."""


class MovedError(ChangedError):
    """The file is still the generation's, but changed in front or cut off: where to go on is found as after a start.

    Without looking elsewhere it is ``at``.
    """

    def __init__(self, at: int) -> None:
        self.at = at


class Former(NamedTuple):
    """How far a file was read that lost its end."""

    position: Position
    since: float  # the clock when that was found
    cut: bool  # nobody can tell whether all that is left was read


class GenerationState(Positioned):
    """One generation: its position, the open file if there is one, and what was seen of it so far."""

    def __init__(self, position: Position, reading: LineReading, *, saved: bool = False) -> None:
        self.position = position
        self.saved = position if saved else None  # as the sink knows it
        self.file: PlainFile | None = None  # that is open
        self.waiting = False  # there may be bytes in it that were not looked at
        self.seen: Stat | None = None  # how it was when its end was last reached, whether it is open by now or not
        self.missing_since: float | None = None  # the clock when its bytes were first found nowhere
        self.blocked = ""  # why it cannot be read now
        self.grown_at = 0.0  # the clock when it last grew or left its path, or the file's mtime when it was found
        self.reached = 0  # how far its open file has been looked at, an unterminated last line included
        self.dead = False  # deleted and read to its end, or nowhere for long: it need not be remembered
        self.former: Former | None = None  # as long as the end that it lost may come back
        self._told_bytes = position.head_bytes  # what there was of the head when it was last reconciled
        self.lines = LineReader(reading, position.envelope)
        self._want = CHUNK_BYTES

    @property
    def plain(self) -> PlainFile | None:
        """Its open file, if that is the one that was written: its inode cannot be anybody else's."""
        return self.file if self.file and not self.file.packed else None

    @property
    def parked(self) -> Stat | None:
        """How its file was when it was closed to save descriptors."""
        return None if self.file else self.seen

    @property
    def lag(self) -> int:
        """Bytes that were seen and not handed on."""
        if not self.in_use or self.missing_since is not None:
            return 0
        behind = self.position.size - self.position.offset
        file = self.file
        return max(behind, file.remaining) if isinstance(file, PackedFile) and self.waiting else behind

    @property
    def furthest(self) -> Position:
        """How far it was read, whatever its file has lost since."""
        return self.former.position if self.former else self.position

    @property
    def tells_more(self) -> bool:
        """Whether there is more to tell it by than when it was last reconciled: an empty file may have become a copy.

        It may have been filled, copied and truncated since the last look, or be a copy that is being made. Before it is
        read, it is time to look for what came between, and for what it may be a copy of.
        """
        return self._told_bytes < min(TELLING_BYTES, self.position.head_bytes)

    # where it lies

    def reconciled(self) -> None:
        """Note that what there is of its head by now was compared with all that is known."""
        self._told_bytes = self.position.head_bytes

    def note_empty(self, modified: int) -> None:
        """Note when its file, which never had a byte, was last written, in nanoseconds."""
        self.position = self.position._replace(head=empty_file_id(modified))

    def attach(self, file: PlainFile, grown_at: float) -> None:
        """Read from this file from now on; raises OSError or CorruptError, and does not take it, if it cannot."""
        self.detach()
        if self.position.offset and not file.packed and not self.lines.looked:
            self.lines.look(file.read_at(0, HEAD_BYTES).lstrip(b"\0"))
        self.file, self.waiting, self.missing_since = file, True, None
        self.grown_at, self.blocked, self.reached = grown_at, "", 0

    def detach(self) -> None:
        """Close the file, if one is open; one that was closed before is to be opened again."""
        if self.file:
            self.file.close()
        self.file, self.waiting, self.seen = None, False, None

    def hand_over(self) -> PlainFile:
        """Return its open file, which is another generation's from now on."""
        file, self.file = self.file, None
        self.detach()
        assert file
        return file

    def rest(self, seen: Stat | None = None) -> None:
        """Wait until the file is another one than when its end was reached; without that, until the next look."""
        self.waiting, self.seen = False, seen

    def unsaved(self) -> Position | None:
        """Return its position if that is another one than the sink knows, and take it for known from now on."""
        changed = self.position != self.saved
        self.saved = self.position
        return self.saved if changed else None

    def find_name(self) -> str:
        """Return the name that an open file has by now, wherever it was moved to; empty when none is known."""
        if not self.plain:
            return ""
        names = [self.position.found_at]
        with suppress(OSError):  # no /proc; what was linked to another name is called deleted there
            names.insert(0, os.readlink(f"/proc/self/fd/{self.plain.descriptor}"))
        return next((name for name in names if name and key_at(name) == self.key), "")

    def park(self) -> bool:
        """Close the file if all of it was read and it has a name: it is looked at by that from now on."""
        file, seen = self.plain, self.seen
        if not file or self.lines.waits:  # while more waits to be read it is not as it was
            return False
        with suppress(OSError):  # it is another path that asks
            live = self.position.state == "live"
            place = self.position.path if live else self.find_name()  # it may have been renamed since it was found
            if seen == file.stat() == stat_at(place):
                self.note(found_at="" if live else place)
                self.detach()
                self.seen = seen
                return True
        return False

    def grow_at_most(self, now: float) -> None:
        """Note that it did not grow later than now, which a clock that was set back may say."""
        self.grown_at = min(self.grown_at, now)

    def leave_path(self, now: float) -> None:
        """Note that its path leads to it no more: its writer may be quiet, and end what it wrote all the same."""
        self.grown_at = now

    def block(self, why: str) -> None:
        """Note why it cannot be read now; what is open stays open: it may have no name any more."""
        self.blocked = why
        if self.file:
            self.rest()

    def miss(self, now: float) -> None:
        """Note that its bytes are nowhere, and since when; clocks jump."""
        self.missing_since = now if self.missing_since is None else min(self.missing_since, now)

    def found(self) -> None:
        """Note that its bytes are somewhere."""
        self.dead = False
        self.note(gone_at=0.0)
        self.missing_since = None

    def outlive(self, now: float) -> bool:
        """Return whether it need not be remembered any more, as after long enough nowhere."""
        self.dead = self.dead or 0 < self.position.gone_at <= now - REMEMBERED_SECONDS
        return self.dead

    def settle(self, state: FileState) -> None:
        """End it, or leave it out: nothing of it is read any more."""
        self.detach()
        self.missing_since, self.former = None, None
        self.note(state=state)

    def note(self, *, key: Key | None = None, head: bytes | None = None, **fields: Any) -> None:
        """Note what it is by now, and where: ``fields`` are of its position. What is None stays as it was."""
        changes = {field: value for field, value in fields.items() if value is not None}
        if key:
            changes |= {"device": key[0], "inode": key[1]}
        if head is not None:
            changes |= {"head_bytes": len(head), "head": fingerprint_head(head)}
        self.position = self.position._replace(**changes)

    def lose_file(self) -> None:
        """Let go of a file whose bytes are no longer this generation's: they have to be looked for."""
        self.detach()
        self.note(state="rotated", key=NO_KEY, found_at="")

    def give_up(self, error: ChangedError) -> None:
        """Let go of a file that what is beside it explains, or that is another generation's now."""
        if isinstance(error, MovedError):
            self.detach()
        elif isinstance(error, PackedError):  # what it may be a copy of is told once it can be unpacked
            self.settle("ignored")
            self.note(key=NO_KEY, found_at="")
        else:
            self.lose_file()

    def read_on(self, at: int) -> None:
        """Go on in a file that was changed in front, and has no name by which it could be found again."""
        assert self.plain
        head = OwnFile(self.plain).head
        self.skip_within(at)
        self.note(head=head)

    def skip_within(self, offset: int, *, unread: bool = False) -> None:
        """Go on at this offset of the open file; ``unread``: what is passed over is yet to be read elsewhere."""
        assert self.file
        self.skip_to(offset, self.file.read_at(max(offset - HEAD_BYTES, 0), min(offset, HEAD_BYTES)), unread=unread)

    def skip_to(self, offset: int, before: bytes, *, unread: bool = False) -> None:
        """Go on at this offset, with these bytes before it; of a line that has not ended, the rest is skipped too.

        Where lines were not read, another file that has them is no place to go on.
        """
        inside = "line" if before[-1:] not in b"\n\0" else ""  # behind a hole begins a line
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
        """Skip what was read of another generation where its bytes follow; False if they do not, or not all by now."""
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
        if not before.offset:
            return True
        if size < end:
            self.skip_within(size)
            return True
        if not file.packed and not is_tail(before.tail, file.read_at(end - before.tail_bytes, before.tail_bytes)):
            return False
        self.position = known._replace(
            offset=end, size=max(known.size, end), tail_bytes=before.tail_bytes, tail=before.tail, inside=before.inside
        )
        return True

    # whether it is still itself

    def notice(self, now: float) -> None:
        """Look whether the open file grew or changed since its end was last reached; raises ChangedError."""
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

        The head is looked at before and after the size is taken, so that the size is not another generation's. Raises
        ChangedError when the file's bytes are other ones.
        """
        file = self.plain
        assert file
        self.learn_head()
        size = file.stat().size
        self._compare(file)
        if self.position.head_bytes or self.position.offset:
            self.note(size=max(size, self.position.offset))

    def learn_head(self) -> None:
        """Fingerprint as much of the head as there is by now; raises ChangedError when it is another file's head.

        An archive is told by the head that it had when it was found.
        """
        if self.plain and self.position.head_bytes < HEAD_BYTES:
            self._compare(self.plain)

    def is_written_over(self, head: bytes) -> bool:
        """Return whether a file that holds what was read last begins with another line, with a time, by now."""
        first, end, _ = head.partition(b"\n")
        length, part = kept(self.position.head_bytes, self.position.head, min(len(head), TELLING_BYTES))
        return bool(end and length) and not is_suffix(part, head[:length]) and self.lines.is_dated(first)

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
        if not head:  # which it may have been for a moment, while it was written anew
            return
        if known.head_bytes and not self.begins_alike(head):
            raise MovedError(known.offset)
        if len(head) > known.head_bytes:
            if known.head_bytes < TELLING_BYTES and not known.offset:  # nothing told its size from another generation's
                self.note(size=content.begin + len(head))
            self.note(head=head, size=max(self.position.size, len(head)))
