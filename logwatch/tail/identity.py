"""Answers, for all files alike, whether they hold a generation's bytes: open or closed, plain or packed, anywhere.

The one place that does: a running daemon and one that was just started take the same decision about the same bytes.
Content begins behind a leading run of NULs. The bytes decide, the inode only where bytes cannot: an unchanged run
before the offset at its place in the same inode outweighs a changed head (a file that was punched, or overwritten in
front).
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
    is_marked,
    is_suffix,
    is_tail,
    kept,
    marks_of,
    part_of,
)
from logwatch.tail.uncompressed import NOWHERE, Content

Key = tuple[int, int]
"""Device and inode."""

_KEPT_BYTES = 64  # of a head: the first lines of a file are still there
_MARKS_UNPACKED = 16  # that are looked for in an archive: each is a way through it
SURE_BYTES = 128
"""Of whole lines: their stamps make them the same lines wherever they stand."""

BY_INODE = 1 << 62  # more than any place in a file, which is told by its inode and its bytes

NO_KEY: Key = (0, 0)
"""Of a file that cannot be looked at, and of a generation whose inode is another one's."""


class Positioned:
    """A generation, as far as its position tells."""

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
        """Where its file was when it was last found."""
        return dirname(self.position.found_at or self.position.target or self.position.path)

    @property
    def in_use(self) -> bool:
        """Whether it is read, or to be read."""
        return self.position.state in ("live", "rotated")

    @property
    def followed(self) -> bool:
        """Whether it was no history when its path was first looked at."""
        return self.position.state != "ignored"

    def begins_alike(self, head: bytes) -> bool:
        """Return whether a file with these first bytes can be its file, as far as that is known of both."""
        return begins_alike(self.position.head_bytes, self.position.head, head)

    def has_first_lines(self, head: bytes) -> bool:
        """Return whether a file with these first bytes begins with the lines that it began with, or with its banner."""
        return _alike_bytes(self.position, head) >= _KEPT_BYTES

    @property
    def sure(self) -> bool:
        """Whether a file that holds what is known of it holds all that was read, or all there was."""
        return self.position.offset > 0 or self.position.size <= self.position.head_bytes

    def proof(self, key: Key) -> int:
        """Return how much tells that a file that holds all that was read is its own: that, or more, its inode."""
        telling = max(self.position.head_bytes, self.position.offset) >= TELLING_BYTES
        return BY_INODE if self.key == key and telling else self.position.offset or NOWHERE

    @property
    def repeats(self) -> bool:
        """Whether no line with a time stands in what was read last: where that stands again is no proof of anything."""
        return not any(entries_of(self.position.tail))

    @property
    def dated_from(self) -> int:
        """Where the first of those lines begins that are known one by one, since they have a time."""
        return self.position.offset - sum(length for length, _ in entries_of(self.position.tail))

    @property
    def begun(self) -> bool:
        """Whether anything of it was handed on: NULs in front, which are skipped, are nothing."""
        return not is_tail(self.position.tail, bytes(self.position.tail_bytes))

    @property
    def emptied(self) -> bool:
        """Whether its file has lost its bytes to another generation, and where they are by now was not told yet."""
        return self.position.state == "rotated" and self.key == NO_KEY

    @property
    def empty(self) -> bool:
        """Whether not a byte of it was ever seen."""
        return not self.position.offset and not self.position.head_bytes


class Relation(Enum):
    """What a file is to a generation."""

    OTHER = auto()  # it holds other bytes
    SAME = auto()  # it holds the generation's bytes up to its offset: reading goes on there
    MOVED = auto()  # it holds the run before the offset at another place, or its beginning: reading goes on behind it
    PART = auto()  # all that it holds is the generation's, of which more was read: a copy made earlier
    CUT = auto()  # it begins as the generation did, and has less; nobody can tell how much of it is the generation's
    UNDECIDED = auto()  # it is to be unpacked further before that can be told


HELD = (Relation.SAME, Relation.MOVED)
"""Reading goes on in the file, whatever lies in front of there."""


class Answer(NamedTuple):
    """A relation, and where reading goes on."""

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
    """Return what a file is to a generation.

    ``followed``: it stands at the generation's own path. ``search``: the run before the offset may have moved; tells
    whether a line begins with a time.
    ``whole``: the generation's own file is another one, and lost nothing of what was read. ``left``: that has left the
    path under another name: more than a banner and a line that recur has to prove that its bytes are back. ``begun``:
    tells whether it begins with what is known; else more before the run than was read is another's.

    Raises SeekingError, as whatever looks into a file.
    """
    if file.error:
        return Answer(Relation.SAME, known.offset) if same_inode else OTHER  # its inode has to do
    if not known.head_bytes and not known.offset:
        return Answer(Relation.SAME) if same_inode and _still_empty(known, file, followed=followed) else OTHER
    alike = begins_alike(known.head_bytes, known.head, file.head)
    rewritten = same_inode and not file.packed  # nobody writes into an archive: its inode was free for it
    # A copy of what had a head there when it was last seen
    punched = known.tail_bytes >= SURE_BYTES and 0 < file.begin <= known.offset - known.tail_bytes
    if alike or rewritten or punched:
        run = file.run(known.offset - known.tail_bytes, known.tail_bytes)
        if (alike or not same_inode or _outweighs(known, file.head)) and is_tail(known.tail, run):
            return Answer(Relation.SAME, known.offset)
    if search and known.head_bytes:
        at = _find(known, file, left=left)
        if at != NOWHERE and (at <= known.offset + SURE_BYTES or begun()):
            file.before(at)  # what is known from there on
            return Answer(Relation.MOVED, at)
        if not whole and (cut := _find_cut(known, file, search)) != OTHER:
            return cut
    return _as_part(known, file, same_inode=same_inode, followed=followed) if alike else OTHER


def _as_part(known: Position, file: Content, *, same_inode: bool, followed: bool) -> Answer:
    """Return whether a file that begins alike can be a part of what was read.

    Not if another line ends where one ended that was read: they begin with the same banner. Of a copy it is told up to
    where it is known to be one: that may have been made when an end was lost, and written on. What stands at the path
    may have been written on behind the place where it was cut off, unless its end is known; or it is a new log that has
    little more than the same banner, and reading goes on behind the last line of which enough is known.
    """
    size = file.size()
    if not TELLING_BYTES <= size < known.offset:
        return OTHER
    mark = next((mark for mark in marks_of(known.marks) if mark.offset <= size), None)
    if mark and not is_marked(mark, file.before(mark.offset, MARK_BYTES)):
        return Answer(Relation.CUT, size) if same_inode else OTHER
    if not followed:
        known_bytes = max(mark.offset if mark else 0, _alike_bytes(known, file.head))
        ended = b"\n" not in file.before(size, min(size - known_bytes, HEAD_BYTES))
        if same_inode:
            return Answer(Relation.PART if ended else Relation.CUT, size)
        return Answer(Relation.PART, size if ended else known_bytes)
    ends = mark is not None and mark.offset == size
    if same_inode or (known.device, known.inode) == NO_KEY:  # emptied while it was looked at
        proved = ends or size <= HEAD_BYTES
    else:
        proved = ends and known.offset - size <= TAIL_BYTES - MARK_BYTES
    at = _last_known(file, _alike_bytes(known, file.head)) if size <= HEAD_BYTES and not ends else size
    return Answer(Relation.PART if proved else Relation.CUT, at)


def _still_empty(known: Position, file: Content, *, followed: bool) -> bool:
    """Return whether a file with the inode of one that had no byte is that one.

    What is in there now is new in any case, or a copy with its old inode.
    """
    if known.state in ("done", "ignored"):
        return not file.head and known.head == empty_file_id(file.modified)
    return not file.head or (known.state == "live" and followed)


def _outweighs(known: Position, head: bytes) -> bool:
    """Return whether the run before the offset, if it is unchanged in the same inode, proves more than the head.

    It does where the head was read, and where but the end of an unfinished line was taken back. Where bytes behind the
    offset have changed, another file may have been written over this one.
    """
    if known.head_bytes <= known.offset:
        return known.tail_bytes >= TELLING_BYTES or known.tail_bytes == known.offset
    return 0 < known.offset <= len(head) < known.head_bytes


def _find(known: Position, file: Content, *, left: bool) -> int:
    """Return where what was read ends in a file that was trimmed in front, or edited; the last such place.

    That is behind the last of the entries that stands in it. One that stands where it stood, in front of others that do
    not, tells nothing: the file has lost its end.
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
        all_there = not n and is_tail(known.tail, block[max(end - known.tail_bytes, 0) : end])
        return all_there or ((begins_there or end - at >= least) and (not n or start + end != ends[n]))

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
    """Return entries by length and digest: where lines are equally long, a line that is compared costs one digest."""
    found: dict[int, dict[bytes, list[int]]] = {}
    for n, (length, part) in enumerate(entries):
        found.setdefault(length, {}).setdefault(part, []).append(n)
    return found


def _find_cut(known: Position, file: Content, begins: Callable[[bytes], bool]) -> Answer:
    """Return where reading goes on in a file that lost its end, as after a power loss, whatever was written since.

    Up to a mark that is still true it is what was read, and up to the next one where NULs stand before that. Where the
    next line end was marked as well, the end was lost between the two: what stands behind the first is new. So it is
    behind an entry that stands where it stood, as the next one does not. Else it was lost somewhere before the next
    mark: reading goes on there, and nobody can tell whether all before it was read.
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
        if is_marked(mark, file.before(mark.offset, MARK_BYTES)):
            # Where lines are equally long, answers over several lines end alike in any log
            alike = begins_alike(known.head_bytes, known.head, head[: mark.offset])
            sure = sure or mark.offset > known.head_bytes
            if size == mark.offset or not (alike and sure):
                return OTHER  # another log, or all that is left was read
            at, exact = mark.offset, exact or next_is_marked
            break
        end, next_is_marked = mark.offset, mark.follows
    if (at or whole) and file.run(end - 1, 1) == b"\0":
        return Answer(Relation.MOVED, end)
    if exact:
        goes_on = b"\n" in file.run(at, HEAD_BYTES)
        return Answer(Relation.MOVED, _behind_torn(known, file, at, begins)) if goes_on else OTHER
    if not sure or (whole and not at):
        return OTHER
    return Answer(Relation.CUT, min(end, size) if whole else _last_known(file, alike_bytes))


def _last_entry_end(known: Position, file: Content) -> int:
    """Return where the last entry ends that stands where it stood, but for the last of all; 0 if none does."""
    end = known.offset
    for n, (length, part) in enumerate(entries_of(known.tail)):
        alike = n and begins_alike(known.head_bytes, known.head, file.head[:end])
        if alike and part_of(file.run(end - length, length)) == part:
            return end
        end -= length
    return 0


def _behind_torn(known: Position, file: Content, at: int, begins: Callable[[bytes], bool]) -> int:
    """Return where the line ends at a place if it is the beginning of one that was read, with other text behind it."""
    start = known.offset
    for (length, _), (some, part) in zip(entries_of(known.tail), beginnings_of(known.tail), strict=False):
        start -= length
        if start == at:
            line = file.run(at, HEAD_BYTES).partition(b"\n")[0]
            # Else a line of the same second
            torn = some < len(line) and begins(line[:some]) and part_of(line[:some]) == part
            if torn and not any(begins(line[n:]) for n in range(1, length)):  # with a line that counts
                return at + len(line) + 1
            return at
    return at


def _last_known(file: Content, alike_bytes: int) -> int:
    """Return where the last line ends of which enough is known, in a file that has little more than a head."""
    end = file.head.find(b"\n", max(alike_bytes - TELLING_BYTES, 0)) + 1
    return file.begin + end if end else file.size()


def _alike_bytes(known: Position, head: bytes) -> int:
    """Return how many first bytes of a head are known to be what they were; 0 if none are."""
    length, part = kept(known.head_bytes, known.head, len(head))
    while length and not is_suffix(part, head[:length]):
        length, part = kept(known.head_bytes, known.head, length - 1)
    return length
