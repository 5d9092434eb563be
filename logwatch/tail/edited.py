"""Compares a file with what it was copied from, where one of the two was edited, or written on, since.

By whole lines, which are told from others by their times. What is not found so is taken for lines of its own.
"""

from collections.abc import Callable

from logwatch.tail.fingerprint import HEAD_BYTES, MARK_BYTES, TAIL_BYTES, TELLING_BYTES, has_time
from logwatch.tail.uncompressed import NOWHERE, Content, shared_bytes

EDITED_BYTES = 8 << 20
"""Of more than that, what was not read yet of a file that was edited is read before it is compared with its copy."""


def is_extract(file: Content, of: Content) -> bool:
    """Return whether a plain file's last lines stand in another one: it was filtered out of that, or copied."""
    end = b"" if file.packed else file.before(file.size())
    lines = end[end.rfind(b"\n", 0, max(len(end) - TELLING_BYTES, 0)) + 1 :]
    if len(lines) < TELLING_BYTES:
        return False

    def last_in(block: bytes, start: int, _: int) -> int:
        at = block.rfind(lines)
        return start + at if at >= 0 else NOWHERE

    return of.search(lines, last_in) != NOWHERE


def begins_within(file: Content, of: Content) -> bool:
    """Return whether a line near the beginning of a file stands in the first 4 KiB of another one: it was edited."""
    lines = file.head.splitlines(keepends=True)
    near = {*lines[:1], *lines[len(lines) // 2 :][:1]}
    return any(len(line) >= TELLING_BYTES and line in of.head for line in near)


def end_of_extract(file: Content, at: int, of: Content, start: int, begins: Callable[[bytes], bool]) -> int:
    """Return up to where a file has lines from ``at`` on that another one has from ``start`` on: it was edited.

    The last one that ``begins``, with a time, is the same line in both, and what follows without one belongs to it.
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
    """Return up to where a file has the lines of another one that it begins with; 0 if that may be but a banner.

    ``heads_tell``: first 4 KiB that are the same are none.
    """
    common = shared_bytes(file, of)
    all_alike = heads_tell and len(of.head) == HEAD_BYTES and of.head == file.head
    nearly_all = common >= max(of.size() - MARK_BYTES, TAIL_BYTES)
    if common and (all_alike or nearly_all or has_time(of.head[:common], begins)):
        return end_of_extract(file, common, of, common, begins)
    return 0
