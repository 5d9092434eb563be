"""Finds the files that generations lie in: by inode, by content alone, and where a log was trimmed in front."""

from logwatch.tail.copies import SHORTER, is_repeated
from logwatch.tail.draft import Draft
from logwatch.tail.fingerprint import TELLING_BYTES
from logwatch.tail.identity import NO_KEY, Relation
from logwatch.tail.plan import Hold, Known
from logwatch.tail.rotated_names import Age

_WHOLE = (Relation.SAME, Relation.UNDECIDED)  # or perhaps, as long as an archive is not unpacked


def find_inode(draft: Draft, each: Known) -> None:
    """Find a generation in the file that has its inode, if its bytes are there, and not copied away and emptied."""
    i = next((i for i in draft.free if draft.file(i).key == each.key != NO_KEY), None)
    if i is None:
        return
    first = next((j for j in _order(draft, each) if draft.holds(each, j)), i)
    if each.number in draft.untold and draft.age(first) < draft.age(i):
        return  # its bytes do not tell it, and it lies in an older file
    relation, at = draft.answer(each, i)
    left = i == draft.at_path and not draft.is_latest(each)
    if left and (relation in SHORTER or (not each.in_use and any(k.in_use for k in draft.known))):
        return  # its inode was free for the next log, which begins with the same banner
    if relation is Relation.UNDECIDED and any(draft.holds(each, j) for j in draft.free):
        return  # its inode is an archive's by now
    if relation is Relation.UNDECIDED:
        draft.leave(each, "packed")
        del draft.free[i]
    elif relation in SHORTER and any(draft.answer(each, j).relation in (*_WHOLE, Relation.MOVED) for j in draft.free):
        return  # copied or trimmed away, and emptied: what is there now begins like it, and is new
    elif (relation is Relation.MOVED and each.has_first_lines(draft.file(i).head or b"")) and any(
        draft.answer(each, j).relation in _WHOLE for j in draft.free
    ):
        return  # the same, and what was copied away had the last lines twice, or a banner and little more was read
    elif relation is not Relation.OTHER and (each.in_use or draft.enough(each, i)):
        draft.take(each, i, at if relation is Relation.MOVED or relation in SHORTER else None)


def find_content(draft: Draft, each: Known) -> None:
    """Find a file with another inode that holds the generation, or where the run before its offset has moved to.

    Else what was copied of it before it was read as far as it is.
    """
    position, at_path = each.position, draft.at_path
    known = max(position.offset, position.head_bytes) >= TELLING_BYTES
    latest = draft.is_latest(each)
    followed = known and latest and each.number not in draft.copied
    order = [i for i in _order(draft, each) if followed or i != at_path]
    answers = [(i, *draft.answer(each, i)) for i in order]
    for i in order:
        if draft.holds(each, i) and not draft.differs(each, i):
            return draft.take(each, i)
    if each.followed and any(relation is Relation.UNDECIDED for _, relation, _ in answers):
        draft.leave(each, "packed")
        return None
    for i, relation, at in sorted(answers, key=lambda answer: answer[1] is not Relation.MOVED):
        if (relation is Relation.MOVED and each.in_use) or (relation in SHORTER and i == at_path and latest):
            if relation in SHORTER and draft.wait_if_torn(i):
                draft.leave(each, "packed")
                return None
            return draft.take(each, i, at)
        anothers = any(k.in_use and k is not each for k in draft.by_inode[i])
        if i != at_path and not anothers and draft.is_part_by_notes(each, i):
            return draft.take(each, i)
    return None


def _order(draft: Draft, each: Known) -> list[int]:
    """Return the free files in the order in which they are looked at, but for those that other generations lie in.

    The path's own first, then the longest: a shorter copy was made earlier. Last the copies that were left out. Of
    which nothing was read, or but a banner, is the oldest that has no more; else that begins like it and is no shorter
    than it was seen to be: the others came after it.
    """

    def key(i: int) -> tuple[bool, bool, bool, bool, Age, bool, int, bool]:
        candidate, size = draft.file(i), draft.size(i)
        copied = any(k is not each and k.number not in draft.untold for k in draft.by_inode[i])
        shorter = size is not None and size < each.position.size
        more = each not in draft.whole.get(i, ())
        oldest = (False, False, False, (0, 0, "", 0))
        if each.number in draft.untold:
            oldest = (more, more and is_repeated(draft, i), shorter, draft.age(i))
        return (copied, *oldest, candidate.rotated is not None, -(size or 0), candidate.packed)

    def is_anothers(i: int) -> bool:
        mine = (k for k in draft.by_inode[i] if k is not each and k.position.state != "ignored")
        if any(k.position.head_bytes and k.number not in draft.untold for k in mine):
            return True  # else its inode alone proves little
        return any(k.position.offset > each.position.offset for k in draft.whole.get(i, ()))

    return sorted((i for i in draft.free if not is_anothers(i)), key=key)


def find_trimmed(draft: Draft, in_use: list[Known]) -> None:
    """Begin behind what was read where a file was emptied, and filled with its own last lines."""
    at_path = draft.at_path
    holders: dict[int, Known | None] = {}
    for each in in_use:
        i = draft.lies_at(each.number)
        if i is not None and not each.position.offset and draft.decided[each.number] == Hold(each.number, i):
            holders[i] = each
    if at_path is not None and at_path in draft.free and at_path not in draft.start:
        holders[at_path] = None
    for each in reversed(in_use):
        for i, holder in () if each.open or each.number in draft.copied else holders.items():
            relation, at = draft.answer(each, i)
            same = relation in (Relation.SAME, *SHORTER) and i == at_path and at >= TELLING_BYTES
            written_back = same and (holder or draft.is_latest(each)) and draft.is_nowhere(each)
            if relation is Relation.MOVED or written_back:
                if draft.is_nowhere(each):
                    draft.leave(each, "done")
                if holder:
                    draft.take(holder, i, at)
                else:
                    draft.start[i] = at
                return
