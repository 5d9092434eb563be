"""Find the file in which a generation lies, and tell which others have its bytes: copies, and files that go on.

A generation lies in the file that proves most of it, unless that proves more of another one.
"""

import sys
from collections.abc import Set as AbstractSet
from functools import cache

from logwatch.tail.fingerprint import TELLING_BYTES
from logwatch.tail.identity import HELD, SURE_BYTES, Relation
from logwatch.tail.plan import Begun, Draft, Hold, Known, Leave
from logwatch.tail.rotated_names import Age

_RENAMED_BYTES = 256
"""This many equal bytes prove a file at the path to be a copy of one that got a rotated name: the log that comes after
a rotation may begin with the same banner. Without such a name, ``TELLING_BYTES`` do."""

_OWN, _ELSEWHERE, _PACKED, _MOVED, _LESS, _CHANGED = range(6)
"""What proves that a generation lies in a file, best first."""
_Order = tuple[bool, bool, bool, bool, bool, Age, bool, int, bool]


def find_file(draft: Draft, each: Known) -> None:
    """Find the file in which a generation lies: the one that proves most, of those that are not another's."""
    files = [i for i in draft.files(each) if i in draft.free]
    # Asked of few files only: who else claims one is what costs most to find out
    mine = cache(lambda i: draft.is_own(each, i) or not (each.open or _is_anothers(draft, each, i)))
    if each.in_use:
        edited = [i for i in files if not _stands_in(draft, each, i)]
        if any(draft.answer(each, i).relation is Relation.MOVED and mine(i) for i in edited):
            files = edited  # the others are copies of what was edited
    holding = files if each.number in draft.unidentified else []
    oldest = min((draft.age(i) for i in holding if draft.holds(each, i) and mine(i)), default=None)
    proofs = sorted(proof for i in files if (proof := _proof(draft, each, i, oldest)))
    best = next((proof for proof in proofs if mine(proof[-1])), None)
    if not best:
        return
    level, _, _, i = best
    (relation, at), size = draft.answer(each, i), draft.size(i)
    beside = i != draft.at_path
    own = draft.file(i).key == each.key
    if level == _PACKED or (level == _LESS and not (own or beside) and draft.wait_if_torn(i)):
        draft.decide(Leave(each.number, "packed"))
    elif level == _LESS and relation is Relation.PART and beside and not own:
        # A live one was not seen to end: before it was copied, it may have been cut off and written to
        cut = each.position.state == "live" and at < (size or 0)
        draft.take(each, i, size if cut else None, cut=cut)
    else:
        draft.take(each, i, at)


def _proof(draft: Draft, each: Known, i: int, oldest: Age | None) -> tuple[int, int, _Order, int] | None:
    """Return a sort key for the files in which a generation may lie, best first; None if it cannot lie in this one.

    ``oldest``: the oldest file that holds it, if it is unidentified: in a newer one, its inode proves nothing.
    """
    relation, at = draft.answer(each, i)
    own, enough = draft.file(i).key == each.key, draft.enough(each, i)
    # Trimmed in place; with its first lines still there, it is the next log if another file has all that was read
    stays = own and (relation is Relation.SAME or not each.has_first_lines(draft.file(i).head))
    if i == draft.at_path and not (draft.may_lie_at_path(each) or (stays and relation in HELD and each.in_use)):
        return None
    proves = oldest in (None, draft.age(i))
    level = None
    if relation is Relation.UNDECIDED:
        level = _PACKED
    elif relation is Relation.SAME and draft.differs(each, i):
        level = _CHANGED if own and enough else None
    elif relation is Relation.SAME:
        stays = own and proves and (each.in_use or enough)
        level = (_ELSEWHERE if draft.lacks(each, i) else _OWN) if stays else _ELSEWHERE if enough else None
    elif each.in_use or own:
        # What was left out as a copy of another one may be a part of this one, but is not this one cut off
        another = any(k.in_use or relation is Relation.CUT for k in draft.by_inode[i])
        level = None if another and not own and i != draft.at_path else _LESS
        level = (_OWN if stays else _MOVED) if relation is Relation.MOVED else level
    return None if level is None else (level, -at if level == _LESS else 0, _order(draft, each, i), i)


def _stands_in(draft: Draft, each: Known, i: int) -> bool:
    """Return whether a file with unread bytes is only a backup: the generation's own or edited file has all of it."""
    return each.number in draft.found.own_parts[i] and (draft.size(i) or 0) > each.position.offset


def _order(draft: Draft, each: Known, i: int) -> _Order:
    """Return a sort key for files that prove as much: the path's, then longer ones: a shorter copy was made earlier.

    Then those with another generation's inode, such as left-out copies; last those shorter than this one was. An
    unidentified one is in the oldest file that has no more than was read of it, or else in the oldest that is no
    shorter than it was, and no copy: others came later.
    """
    candidate, size = draft.file(i), draft.size(i)
    others = (k for k in draft.by_inode[i] if k is not each and k.number not in draft.unidentified)
    copied = any(not draft.differs(k, i) for k in others)
    shorter, more = draft.lacks(each, i), each.number not in draft.whole[i]
    unread = each not in draft.by_inode[i] and not (draft.holds(each, i) and size == each.position.offset)
    lacks = shorter and not (candidate.is_at_path and unread)  # if any is in it, it may be an earlier copy
    last = (not candidate.is_at_path, -(size or 0), candidate.packed)
    if each.number in draft.unidentified:
        return (False, copied, more, more and _is_repeated(draft, i), shorter, draft.age(i), *last)
    return (lacks, copied, False, False, False, (0, 0, "", 0), *last)


def _is_anothers(draft: Draft, each: Known, i: int) -> bool:
    """Return whether a file is better proved to be another generation's."""
    least = max(_claim(draft, each, i), (False, False, 1, 0))
    rivals = (k for k in draft.related[i] if k is not each and _rivals(draft, k, each, i))
    return any(_claim(draft, k, i) > least for k in rivals)


def _rivals(draft: Draft, other: Known, each: Known, i: int) -> bool:
    """Return whether it matters to a generation if a file is another one's."""
    if not other.followed:  # left out before this one was taken up, or longer than it ever was, it is no copy of it
        longer = other.position.size > each.position.size
        return draft.size(i) == other.position.size and (longer or other.number < each.number)
    # What one was copied from may be in its file as well
    return other.number != each.position.copy_of or other in draft.by_inode[i]


def _claim(draft: Draft, each: Known, i: int) -> tuple[bool, bool, int, int]:
    """Return how well a file is proved to be a generation's: by its inode, by its exact size, by so many bytes."""
    size, (relation, at) = draft.size(i) or 0, draft.answer(each, i)
    own = exact = False
    if relation is Relation.SAME and draft.enough(each, i) and not draft.differs(each, i):
        own = each in draft.by_inode[i] and each.number not in draft.unidentified and not draft.is_blank(each)
        exact = each.number in draft.whole[i] or (not each.followed and size == each.position.size > 0)
    elif relation is Relation.SAME or (relation is not Relation.MOVED and each.number in draft.decided):
        at = 0  # with what it has beside its own file, it may share but a banner
    if draft.is_part(each, i, draft.lies_at(each.number)):
        at = max(at, size)
    return (own and each.followed, exact, at, each.number)


def find_begun(draft: Draft, i: int) -> Begun:
    """Return how much of a file that holds none was read as others' bytes, and whose these are."""
    ends = [(end, k) for k in draft.read[i] if (end := _end_in(draft, k, i)) is not None]
    return Begun(max((end for end, _ in ends), default=0), [k for _, k in ends])


def _end_in(draft: Draft, each: Known, i: int) -> int | None:
    """Return where what was read of a generation, or what a file shares with its own, ends in that; None if nowhere."""
    (relation, at), lies = draft.answer(each, i), draft.lies_at(each.number)
    if i == draft.at_path:
        proved = each.open or (lies is not None and draft.file(lies).key == each.key)
        if proved and draft.is_latest(each) and (end := _end_in_copy(draft, each, i, lies)) is not None:
            return end
        # It may be the rest of a line torn by a rotation, which has no time to prove it
        torn = at < SURE_BYTES and lies is not None and each.has_first_lines(draft.file(i).head)
        if relation is Relation.MOVED and each.in_use and not (each.open or torn):
            return at
    elif each.in_use and relation not in HELD and (end := draft.found.common.get((each.number, i))):
        return end
    sure = each.position.offset >= SURE_BYTES and not each.repeats
    return at if sure and (relation is Relation.MOVED or draft.holds(each, i)) else None


def _end_in_copy(draft: Draft, each: Known, i: int, original: int | None) -> int | None:
    """Return where to read on in a copy at the path while its original is open, or lies under another name; or None."""
    name = each.name if original is None else draft.file(original).path
    rotated, (relation, at) = name in draft.found.rotated_names, draft.answer(each, i)
    common = draft.common(each, i, original)
    proving = _RENAMED_BYTES if rotated and relation is not Relation.MOVED else TELLING_BYTES
    if min(common, draft.size(i) or 0) < proving:
        return None
    if rotated and common < min(each.position.size, each.dated_from + SURE_BYTES):
        return None  # no copy: the next log has the same banner, and goes on in its own way
    if original is None and relation is not Relation.MOVED and each.repeats and _is_packed_whole(draft, each):
        return None  # rotated and packed. With its last lines here (MOVED), it was trimmed, whatever archive was kept
    if relation is not Relation.SAME and draft.is_part(each, i, original):
        return None if draft.wait_if_torn(i) else common  # a copy made before all that was read had been written
    return at if relation in HELD else None


def read_both(draft: Draft, i: int, owners: list[Known]) -> None:
    """Read on both in a copy and in its original, and what is written to both once.

    If what was read ends at the same place in both, both go on from there. If not, the original goes on after what the
    two have in common.
    """
    for each in owners:
        (relation, at), original = draft.answer(each, i), draft.lies_at(each.number)
        if not each.in_use or relation not in HELD or (original is None and not each.open):
            continue
        if at == each.position.offset:
            draft.plan.copy_of.setdefault(i, set()).add(each.number)
        elif (rest := draft.common(each, i, original)) > each.position.offset:
            n = each.number
            draft.decide(Leave(n, "open", rest) if original is None else Hold(n, original, rest))


def _is_packed_whole(draft: Draft, each: Known) -> bool:
    """Return whether an archive holds exactly what a generation's own file does."""
    free = (i for i in draft.files(each) if i in draft.free)
    packed = (i for i in free if draft.file(i).packed and draft.is_part(each, i, None))
    return any(draft.size(i) == each.position.size for i in packed)


def is_packed(draft: Draft, each: Known) -> bool:
    """Return whether a file that holds a generation equals a deleted one, still open."""
    return any(
        any(k.followed and draft.lies_at(k.number) == i for k in draft.related[i])
        and draft.size(i) == each.position.size == draft.found.common.get((each.number, i), 0) > 0
        for i in draft.files(each)
    )


def is_copy(draft: Draft, i: int, holder: Known | None) -> bool:
    """Return whether a file holds only what a generation holds, or another file that is to be taken up."""
    if holder:  # nothing was read of it: it may be a copy in the making
        others = {k.number for k in draft.known if k.followed and k is not holder}
        return holder.position.state == "rotated" and _repeats(draft, i, others)
    return _repeats(draft, i, draft.by_number.keys()) or _is_repeated(draft, i)


def _repeats(draft: Draft, i: int, numbers: AbstractSet[int]) -> bool:
    """Return whether a file is a copy of what one of these generations holds, or held."""
    whole = draft.found.parts[i]
    if not numbers.isdisjoint(draft.found.own_parts[i]) or (whole and any(draft.lies_at(n) in whole for n in numbers)):
        return True
    for each in draft.related[i]:
        all_read = draft.size(i) == each.position.offset > 0
        lies, packed = draft.lies_at(each.number), draft.decided.get(each.number) == Leave(each.number, "packed")
        # Where it lies in an edited file, that does not show what it has lost
        own = packed if lies is None else draft.answer(each, lies).relation is Relation.SAME
        may_repeat = each.number in numbers and not each.open and (all_read or not own)
        if may_repeat and draft.is_part_by_notes(each, i):
            return True
    return False


def _is_repeated(draft: Draft, i: int) -> bool:
    """Return whether another file, which may as well be taken up, holds all that this one does."""
    others = (j for j in draft.found.parts[i] if draft.file(i).may_be_news <= draft.file(j).may_be_news)
    return any(_copy_order(draft, j) < _copy_order(draft, i) for j in others)


def _copy_order(draft: Draft, i: int) -> tuple[int, bool, bool, int, str]:
    """Return a sort key for copies of each other: longest, at the path, plain, written first, by name.

    An archive of which nobody knows how long it is, and that holds another one, has its end still to come.
    """
    candidate, size = draft.file(i), draft.size(i)
    return (
        -(sys.maxsize if size is None else size),
        not candidate.is_at_path,
        candidate.packed,
        candidate.modified,
        candidate.path,
    )
