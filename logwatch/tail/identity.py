"""Answer whether a file holds a generation's bytes: alike for open and closed files, plain and packed, anywhere.

No other module does, so that a running daemon and one that was just started decide alike about the same bytes. Bytes
decide; the inode does only where they cannot: with the same inode, an unchanged run before the offset outweighs a
changed head (a hole was punched into the file, or its start was overwritten).
"""

from collections.abc import Callable
from enum import Enum, auto
from itertools import accumulate
from posixpath import dirname
from typing import NamedTuple

from logwatch.model import Position
from logwatch.tail.fingerprint import (
    HEAD_BYTES,
    LINE_BYTES,
    MARK_BYTES,
    TAIL_BYTES,
    TELLING_BYTES,
    beginnings_of,
    begins_alike,
    empty_file_id,
    entries_of,
    has_time,
    is_tail,
    kept,
    marks_of,
    part_of,
)
from logwatch.tail.uncompressed import NOWHERE, Content

Key = tuple[int, int]
"""Device and inode."""

_KEPT_BYTES = 64  # if this much of a head is unchanged, the file still has its first lines
_MARKS_UNPACKED = 16  # of an archive, no more marks are checked: each check unpacks it from the start
SURE_BYTES = 128
"""Whole lines with times do not recur if they have this many bytes: found anywhere, they are the same lines."""

BY_INODE = 1 << 62
"""The ``Positioned.proof`` of inode and bytes together: more than any offset, which is the proof of bytes alone."""

NO_KEY: Key = (0, 0)
"""The key of a file that cannot be examined, and of a generation whose inode may be another file's by now."""


class Positioned:
    """A generation, as far as its position describes it."""

    position: Position

    @property
    def number(self) -> int:
        """Its number, unique in a state directory."""
        return self.position.generation

    @property
    def key(self) -> Key:
        """Device and inode of its file."""
        return (self.position.device, self.position.inode)

    @property
    def directory(self) -> str:
        """The directory in which its file was last found."""
        return dirname(self.position.found_at or self.position.target or self.position.path)

    @property
    def in_use(self) -> bool:
        """Whether it is being read, or still to be read: its state is live or rotated."""
        return self.position.state in ("live", "rotated")

    @property
    def followed(self) -> bool:
        """Whether it was not left out."""
        return self.position.state != "ignored"

    def begins_alike(self, head: bytes) -> bool:
        """Return whether a file with this head may be its file: they agree as far as both are known."""
        return begins_alike(self.position.head_bytes, self.position.head, head)

    def has_first_lines(self, head: bytes) -> bool:
        """Return whether a file with this head begins as it did; that may be no more than a banner."""
        return _alike_bytes(self.position, head) >= _KEPT_BYTES

    @property
    def sure(self) -> bool:
        """Whether its digests can prove that a file holds all that was read of it, or all it ever had."""
        return self.position.offset > 0 or self.position.size <= self.position.head_bytes

    def proof(self, key: Key) -> int:
        """Return how well a file that holds all that was read is proved its own: ``BY_INODE``, offset, NOWHERE."""
        telling = max(self.position.head_bytes, self.position.offset) >= TELLING_BYTES
        return BY_INODE if self.key == key and telling else self.position.offset or NOWHERE

    @property
    def repeats(self) -> bool:
        """Whether the last lines read have no times: such lines recur, so finding them again proves nothing."""
        return not any(entries_of(self.position.tail))

    @property
    def dated_from(self) -> int:
        """The offset at which its oldest entry begins: from there on, lines can be found one by one by their times."""
        return self.position.offset - sum(length for length, _ in entries_of(self.position.tail))

    @property
    def begun(self) -> bool:
        """Whether anything of it was handed on; leading NULs that were skipped do not count."""
        return not is_tail(self.position.tail, bytes(self.position.tail_bytes))

    @property
    def emptied(self) -> bool:
        """Whether its file was truncated or replaced, and its bytes have not been found since."""
        return self.position.state == "rotated" and self.key == NO_KEY

    @property
    def empty(self) -> bool:
        """Whether no byte of it was ever seen."""
        return not self.position.offset and not self.position.head_bytes


class Relation(Enum):
    """How a file is related to a generation."""

    OTHER = auto()  # it holds other bytes
    SAME = auto()  # it holds the generation's bytes up to its offset: reading goes on there
    MOVED = auto()  # it was trimmed, edited or cut off: what was read ends at another place, and reading goes on there
    PART = auto()  # it holds only a beginning of what was read: a copy made earlier
    CUT = auto()  # it begins as the generation did, but is shorter; how much of it was read is unknown
    UNDECIDED = auto()  # an archive has to be unpacked further before this can be answered


HELD = (Relation.SAME, Relation.MOVED)
"""Reading goes on in the file, at its old place or another one."""


class Answer(NamedTuple):
    """A relation, and the offset at which reading would go on in the file."""

    relation: Relation
    at: int = 0


OTHER = Answer(Relation.OTHER)
UNDECIDED = Answer(Relation.UNDECIDED)


def compare(
    known: Position,
    file: Content,
    *,
    same_inode: bool,
    followed: bool,
    search: Callable[[bytes], bool] | None = None,
    whole: bool = False,
    left: bool = False,
    begun: Callable[[], bool] = lambda: True,
) -> Answer:
    """Return how a file is related to a generation.

    ``followed``: the path that is followed leads to the file. ``search``: also look for the run before the offset at
    other places; it returns whether a line begins with a time. ``whole``: the generation's own file is elsewhere and
    has all that was read, so this one cannot be that file, cut off. ``left``: that file also left the path under
    another name, so that a banner or a recurring line does not prove that its bytes are back. ``begun``: returns
    whether the file begins like any known generation; if not, a run found well past the offset belongs to another log.

    Raises SeekingError while an archive has to be unpacked further.
    """
    if file.error:
        return Answer(Relation.SAME, known.offset) if same_inode else OTHER  # nothing is known of its bytes
    if not known.head_bytes and not known.offset:
        return Answer(Relation.SAME) if same_inode and _still_empty(known, file, followed=followed) else OTHER
    alike = begins_alike(known.head_bytes, known.head, file.head)
    rewritten = same_inode and not file.packed  # an archive is another file: nobody writes into one
    # NULs are where its head was: a hole was punched into it, or into what it is a copy of
    punched = known.tail_bytes >= SURE_BYTES and 0 < file.begin <= known.offset - known.tail_bytes
    if alike or rewritten or punched:
        run = file.run(known.offset - known.tail_bytes, known.tail_bytes)
        if (alike or punched or not same_inode or _outweighs(known, file.head)) and is_tail(known.tail, run):
            if known.state == "ignored" and known.size and not same_inode:
                file.size()  # by which other files that begin alike differ: SeekingError until an archive is unpacked
            return Answer(Relation.SAME, known.offset)
    if search and known.head_bytes:
        at = _find(known, file, left=left)
        if at != NOWHERE and (at <= known.offset + SURE_BYTES or begun()):
            file.before(at)  # these are fingerprinted next: SeekingError until the archive is unpacked that far
            return Answer(Relation.MOVED, at)
        if not whole and (cut := _find_cut(known, file, search)) != OTHER:
            return cut
    return _as_part(known, file, same_inode=same_inode, followed=followed) if alike else OTHER


def _as_part(known: Position, file: Content, *, same_inode: bool, followed: bool) -> Answer:
    """Return whether a shorter file that begins alike is a beginning of what was read: PART, CUT if unsure, or OTHER.

    If its last mark does not match, a file with another inode is another log with the same banner. A file beside the
    path is a copy; it is known up to its last mark, and may have lines of its own after that. The path's file is a part
    if a mark proves its end. If none does, it was cut off and perhaps written to since, or is a new log with the same
    banner: reading goes on after the last line of which enough is known.
    """
    size = file.size()
    if not TELLING_BYTES <= size < known.offset:
        return OTHER
    mark = next((mark for mark in marks_of(known.marks) if mark.offset <= size), None)
    if mark and part_of(file.before(mark.offset, MARK_BYTES)) != mark.digest:
        return Answer(Relation.CUT, size) if same_inode else OTHER
    if not followed:
        known_bytes = max(mark.offset if mark else 0, _alike_bytes(known, file.head))
        ended = b"\n" not in file.before(size, min(size - known_bytes, HEAD_BYTES))
        if same_inode:
            return Answer(Relation.PART if ended else Relation.CUT, size)
        return Answer(Relation.PART, size if ended else known_bytes)
    ends = mark is not None and mark.offset == size
    if same_inode or (known.device, known.inode) == NO_KEY:  # NO_KEY: truncated just now, while its file was open
        proved = ends or size <= HEAD_BYTES
    else:
        proved = ends and known.offset - size <= TAIL_BYTES - MARK_BYTES
    at = _last_known(file, _alike_bytes(known, file.head)) if size <= HEAD_BYTES and not ends else size
    return Answer(Relation.PART if proved else Relation.CUT, at)


def _still_empty(known: Position, file: Content, *, followed: bool) -> bool:
    """Return whether a file with the inode of an empty generation is its file.

    Any bytes that it has by now are new, unless it is a copy that got the inode.
    """
    if known.state in ("done", "ignored"):
        return not file.head and known.head == empty_file_id(file.modified)
    return not file.head or (known.state == "live" and followed)


def _outweighs(known: Position, head: bytes) -> bool:
    """Return whether an unchanged run before the offset, in the same inode, proves more than a changed head.

    It does if the whole head was read and the run has a time, or if the head only lost the end of an unfinished line.
    If bytes after the offset changed, another file may have been written over this one; without a time, it may also
    end alike.
    """
    if known.head_bytes <= known.offset:
        return known.tail_bytes >= TELLING_BYTES and any(entries_of(known.tail))
    return 0 < known.offset <= len(head) < known.head_bytes


def _find(known: Position, file: Content, *, left: bool) -> int:
    """Return where what was read ends in a trimmed or edited file, the last such place if several; or NOWHERE.

    That is the end of the last entry that the file still has. An entry at its old place does not count if a later one
    is gone: then the file was cut off.
    """
    entries = list(entries_of(known.tail))
    if not entries:
        return NOWHERE
    ends = [known.offset - before for before in accumulate((length for length, _ in entries), initial=0)]
    least = SURE_BYTES if left else LINE_BYTES
    numbers = _numbers(entries)

    def is_there(n: int, block: bytes, start: int, end: int) -> bool:
        at = end - entries[n][0]
        for more, part_before in entries[n + 1 :]:
            if more > at or part_of(block[at - more : at]) != part_before:
                break
            at -= more
        begins_there = not start and not block[:at].strip(b"\0")
        return (begins_there or end - at >= least) and (not n or start + end != ends[n])

    def last_in(block: bytes, start: int, before: int) -> int:
        end = block.rfind(b"\n") + 1
        while end > before:
            for length, parts in numbers.items():
                at = end - length
                if at >= 0 and block[at - 1 : at] in (b"\n", b"\0", b""):
                    some = parts.get(part_of(block[at:end]), ())
                    if any(is_there(n, block, start, end) for n in some):
                        return start + end
            end = block.rfind(b"\n", 0, end - 1) + 1
        return NOWHERE

    return file.search(known.tail, last_in)


def _numbers(entries: list[tuple[int, bytes]]) -> dict[int, dict[bytes, list[int]]]:
    """Index entries by length, then by digest: even if all have one length, a line takes one digest to look up."""
    found: dict[int, dict[bytes, list[int]]] = {}
    for n, (length, part) in enumerate(entries):
        found.setdefault(length, {}).setdefault(part, []).append(n)
    return found


def _find_cut(known: Position, file: Content, begins: Callable[[bytes], bool]) -> Answer:
    """Return where reading goes on in a file that was cut off, as by a power loss, and perhaps written to since.

    Everything up to the last mark that matches was read, and up to the next mark if a NUL precedes that. If these two
    marks end consecutive lines, the cut is between them, and what follows the first is new. So is what follows an entry
    at its old place, as the next entry is not at its own. Otherwise the cut is somewhere before the next mark: reading
    goes on there, and whether everything before was read is unknown.
    """
    head, end = file.head, known.offset
    whole, alike_bytes = begins_alike(known.head_bytes, known.head, head), _alike_bytes(known, head)
    at = entry_end = _last_entry_end(known, file)
    sure = bool(at) or has_time(head[:alike_bytes], begins)
    if not (whole or sure):
        return OTHER
    size = file.size()
    exact, next_is_marked = bool(at), False
    marks = list(marks_of(known.marks))
    beyond = sum(mark.offset > size for mark in marks)
    for mark in marks[: beyond + _MARKS_UNPACKED if file.packed else None]:
        if mark.offset <= entry_end:
            break
        if part_of(file.before(mark.offset, MARK_BYTES)) == mark.digest:
            # The last line of a multi-line message may be alike in any log, even at its place: heads have to agree
            alike = begins_alike(known.head_bytes, known.head, head[: mark.offset])
            sure = sure or mark.offset > known.head_bytes
            if size == mark.offset or not (alike and sure):
                return OTHER  # another log, or nothing unread is left
            at, exact = mark.offset, exact or next_is_marked
            break
        end, next_is_marked = mark.offset, mark.follows
    if (at or whole) and file.run(end - 1, 1) == b"\0":
        return Answer(Relation.MOVED, end)
    if exact:
        goes_on = b"\n" in file.run(at, HEAD_BYTES)
        return Answer(Relation.MOVED, _behind_torn(known, file, at, begins)) if goes_on else OTHER
    if whole and not at:
        return OTHER
    return Answer(Relation.CUT, min(end, size) if whole else _last_known(file, alike_bytes))


def _last_entry_end(known: Position, file: Content) -> int:
    """Return the end of the last entry that is still at its old place, apart from the newest one; 0 if none is."""
    end = known.offset
    for n, (length, part) in enumerate(entries_of(known.tail)):
        if n and part_of(file.run(end - length, length)) == part:
            return end
        end -= length
    return 0


def _behind_torn(known: Position, file: Content, at: int, begins: Callable[[bytes], bool]) -> int:
    """Return the end of the line at ``at`` if it is one already read, torn, with other text after it; else ``at``."""
    start = known.offset
    for (length, _), (some, part) in zip(entries_of(known.tail), beginnings_of(known.tail), strict=False):
        start -= length
        if start == at:
            line = file.run(at, HEAD_BYTES).partition(b"\n")[0]
            # It must include the time: without that, it may be another line of the same second
            torn = some < len(line) and begins(line[:some]) and part_of(line[:some]) == part
            if torn and not any(begins(line[n:]) for n in range(1, length)):  # no other line begins within it
                return at + len(line) + 1
            return at
    return at


def _last_known(file: Content, alike_bytes: int) -> int:
    """Return the end of the last line in a file's head of which enough is known; the file's size if none is."""
    end = file.head.find(b"\n", max(alike_bytes - TELLING_BYTES, 0)) + 1
    return file.begin + end if end else file.size()


def _alike_bytes(known: Position, head: bytes) -> int:
    """Return how many bytes at the start of a head are known to be unchanged; 0 if none are."""
    length, part = kept(known.head_bytes, known.head, len(head))
    while length and part_of(head[:length]) != part:
        length, part = kept(known.head_bytes, known.head, length - 1)
    return length
