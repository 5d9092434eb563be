"""Compare a file with its copy after either was edited or written to.

By whole lines, which their times tell apart. Lines without a counterpart count as a file's own.
"""

from collections.abc import Callable

from logwatch.tail.fingerprint import HEAD_BYTES, MARK_BYTES, TAIL_BYTES, TELLING_BYTES, has_time
from logwatch.tail.uncompressed import NOWHERE, Content, shared_bytes

EDITED_BYTES = 8 << 20
"""Unread bytes of an original that are compared line by line with its edited copy; more are read first."""


def is_extract(file: Content, of: Content) -> bool:
    """Return whether a plain file's last lines are in another one, of which it is a copy or an extract."""
    end = b"" if file.packed else file.before(file.size())
    lines = end[end.rfind(b"\n", 0, max(len(end) - TELLING_BYTES, 0)) + 1 :]
    if len(lines) < TELLING_BYTES:
        return False

    def last_in(block: bytes, start: int, _: int) -> int:
        at = block.rfind(lines)
        return start + at if at >= 0 else NOWHERE

    return of.search(lines, last_in) != NOWHERE


def begins_within(file: Content, of: Content) -> bool:
    """Return whether one of two lines near a file's beginning is in another one's head: either may be edited."""
    lines = file.head.splitlines(keepends=True)
    near = {*lines[:1], *lines[len(lines) // 2 :][:1]}
    return any(len(line) >= TELLING_BYTES and line in of.head for line in near)


def end_of_extract(file: Content, at: int, of: Content, start: int, begins: Callable[[bytes], bool]) -> int:
    """Return the end of the last line with a time that a file has from ``at`` on and another has from ``start`` on.

    Lines after it that do not begin with a time belong to it. If there is none, return ``at``.
    """
    theirs = set(of.run(start, EDITED_BYTES).split(b"\n"))
    ours = file.run(at, EDITED_BYTES)
    end = behind = ours.rfind(b"\n") + 1
    while behind > 0:
        begin = ours.rfind(b"\n", 0, behind - 1) + 1
        if begins(line := ours[begin : behind - 1]):
            if line in theirs:
                return at + end
            end = begin
        behind = begin
    return at


def end_of_shared(file: Content, of: Content, begins: Callable[[bytes], bool], *, heads_tell: bool) -> int:
    """Return how far a file has lines of another one that begins alike; 0 if those may be only a banner."""
    common = shared_bytes(file, of)
    whole_head = len(of.head) == HEAD_BYTES and of.head == file.head
    nearly_all = common >= max(of.size() - MARK_BYTES, TAIL_BYTES)
    if common and ((heads_tell and (whole_head or nearly_all)) or has_time(of.head[:common], begins)):
        return end_of_extract(file, common, of, common, begins)
    return 0
