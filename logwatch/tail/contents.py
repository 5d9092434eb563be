"""Find the files in which generations lie, the copies in which they go on, and files that are mere copies.

By inode, by content alone, and by the last lines of a trimmed log.
"""

import sys
from collections.abc import Set as AbstractSet

from logwatch.tail.fingerprint import TELLING_BYTES, marks_of
from logwatch.tail.identity import HELD, SURE_BYTES, Relation
from logwatch.tail.plan import Draft, Hold, Known, Leave
from logwatch.tail.rotated_names import Age

_RENAMED_BYTES = 256
"""This many equal bytes prove a file at the path to be a copy of one that got a rotated name: the log that comes after
a rotation may begin with the same banner. Without such a name, ``TELLING_BYTES`` do."""

_SHORTER = (Relation.PART, Relation.CUT)
_WHOLE = (Relation.SAME, Relation.UNDECIDED)  # UNDECIDED may turn out to be SAME


def find_inode(draft: Draft, each: Known) -> None:
    """Find a generation in the file with its inode, unless a copy has its bytes now, or another log its inode."""
    i = draft.at_key.get(each.key)
    if i not in draft.free:
        return
    first = next((j for j in _order(draft, each) if draft.holds(each, j)), i)
    relation, at = draft.answer(each, i)
    seen = relation is Relation.SAME and draft.lacks(each, i) and not draft.lacks(each, first)
    if seen or (each.number in draft.unidentified and draft.age(first) < draft.age(i)):
        return  # it lies in a file with all that was seen of it, or, if its bytes do not identify it, in an older one
    left = i == draft.at_path and not draft.is_latest(each)
    free = draft.free_files(each)
    elsewhere = (j for j in free if draft.holds(each, j) and not draft.differs(each, j))
    freed = left and (relation in _SHORTER or (not each.in_use and any(k.in_use for k in draft.known)))
    if freed or _stands_in(draft, each, i) or (draft.differs(each, i) and any(True for _ in elsewhere)):
        return  # its inode was reused by the next log, with the same banner; or an edited file has all of this one
    if relation is Relation.UNDECIDED:
        return  # an archive has its inode by now: only its bytes can prove that it is this one, packed
    others = [draft.answer(each, j) for j in free]
    held = any(of in (*_WHOLE, Relation.MOVED) or (of is Relation.CUT and end > at) for of, end in others)
    if relation in _SHORTER and held:
        return  # copied or trimmed elsewhere, then truncated: what is here now has the same beginning, and is new
    whole = (j for j in free if draft.answer(each, j).relation in _WHOLE)
    copied = relation is Relation.MOVED and not all(_stands_in(draft, each, j) for j in whole)
    if copied and each.has_first_lines(draft.file(i).head):
        return  # the same: its last lines are here because they recur, or little more than a banner was read
    if relation is not Relation.OTHER and (each.in_use or draft.enough(each, i)):
        draft.take(each, i, at)


def _stands_in(draft: Draft, each: Known, i: int) -> bool:
    """Return whether a file with unread bytes is only a backup: the generation's own or edited file has all of it."""
    return each.number in draft.found.own_parts[i] and (draft.size(i) or 0) > each.position.offset


def find_content(draft: Draft, each: Known) -> None:
    """Find a file with another inode that holds a generation, or has its last lines at another place.

    If there is none, find an earlier copy of it, which ends before its offset.
    """
    at_path = draft.at_path
    order = [i for i in _order(draft, each) if i != at_path or draft.is_latest(each)]
    edited = [i for i in order if not _stands_in(draft, each, i)]
    if each.in_use and any(draft.answer(each, i).relation is Relation.MOVED for i in edited):
        order = edited  # the others are copies of what was edited
    answers = [(i, *draft.answer(each, i)) for i in order]
    for i in order:
        if draft.holds(each, i) and not draft.differs(each, i):
            return draft.take(each, i)
    if any(relation is Relation.UNDECIDED for _, relation, _ in answers):
        draft.decide(Leave(each.number, "packed"))
        return None

    def key(answer: tuple[int, Relation, int]) -> tuple[bool, int]:
        _, relation, at = answer
        return (relation is not Relation.MOVED, -at if relation in _SHORTER else 0)

    for i, relation, at in sorted(answers, key=key):
        left = i == at_path and relation in _SHORTER
        cut_off = relation is Relation.CUT and not draft.by_inode[i]  # else it was left out as a copy of another one
        if left or (each.in_use and (cut_off or relation is Relation.MOVED)):
            if left and draft.wait_if_torn(i):
                draft.decide(Leave(each.number, "packed"))
                return None
            return draft.take(each, i, at)
        anothers = any(k.in_use for k in draft.by_inode[i])
        if relation is Relation.PART and not anothers:  # beside the path; one at the path was taken above
            # A live one was not seen to end: before it was copied, it may have been cut off and written to
            cut = each.position.state == "live" and at < (draft.size(i) or 0)
            return draft.take(each, i, draft.size(i) if cut else None, cut=cut)
    return None


def _order(draft: Draft, each: Known) -> list[int]:
    """Return the free files that may hold a generation, most likely first, without those that are another generation's.

    The path's own, then longer ones: a shorter copy was made earlier. Then those with another generation's inode, such
    as left-out copies; last those shorter than this one was. An unidentified one is in the oldest file that has no more
    than was read of it, or else in the oldest that is no shorter than it was, and no copy: others came later.
    """

    def key(i: int) -> tuple[bool, bool, bool, bool, bool, Age, bool, int, bool]:
        candidate, size = draft.file(i), draft.size(i)
        copied = any(k.number not in draft.unidentified and not draft.differs(k, i) for k in draft.by_inode[i])
        shorter = draft.lacks(each, i)
        more = each not in draft.whole[i]
        unread = each not in draft.by_inode[i] and not (draft.holds(each, i) and size == each.position.offset)
        lacks = shorter and not (candidate.is_at_path and unread)  # if any is in it, it may be an earlier copy
        oldest = (False, False, False, (0, 0, "", 0))
        if each.number in draft.unidentified:
            lacks, oldest = False, (more, more and _is_repeated(draft, i), shorter, draft.age(i))
        return (lacks, copied, *oldest, not candidate.is_at_path, -(size or 0), candidate.packed)

    def is_anothers(i: int) -> bool:
        mine = (k for k in draft.by_inode[i] if k is not each and k.position.state != "ignored")
        if any(k.number not in draft.unidentified for k in mine):
            return True  # an unidentified one's inode proves little
        older = (k for k in draft.related[i] if k.position.state == "ignored" and k.number < each.number)
        left = (k for k in older if k.position.size > each.position.offset)
        if each.number in draft.unidentified and any(draft.holds(k, i) and not draft.differs(k, i) for k in left):
            return True  # history that has been packed since
        whole = draft.whole[i]
        own = each in whole or each in draft.by_inode[i]
        if not own and any(_is_longer_copy(draft, k, i, each) for k in draft.related[i]):
            return True
        so_far = (_read_in(draft, each, i), each.number)
        read = (k for k in draft.read[i] if not _is_longer_copy(draft, each, i, k))
        further = [k for k in read if (_read_in(draft, k, i), k.number) > so_far]
        if not own and any(draft.holds(k, i) and not k.repeats for k in further):
            return True  # where several generations were read in one file, it goes on as the one read furthest
        if not own and any(draft.is_part(k, i, draft.lies_at(k.number)) for k in further):
            return True  # a copy of the other one's file, into which this one was edited, or which replaced this one's
        # Past this one's offset, a mark that matches proves more than a shared banner
        ends = (_last_mark(draft, k, i) for k in further if not own and draft.is_nowhere(k))
        return any(k in whole for k in further) or any(end > each.position.offset for end in ends)

    return sorted((i for i in draft.free_files(each) if not is_anothers(i)), key=key)


def _is_longer_copy(draft: Draft, copy: Known, i: int, each: Known) -> bool:
    """Return whether a file is a left-out copy with more bytes than this generation ever had: a copy of another."""
    longer = copy.position.state == "ignored" and copy.position.size > each.position.size
    return longer and draft.holds(copy, i) and not draft.differs(copy, i)


def _last_mark(draft: Draft, each: Known, i: int) -> int:
    """Return the last mark of a generation up to which a shorter file has its bytes; 0 if it has not."""
    relation, at = draft.answer(each, i)
    if relation not in _SHORTER:
        return 0
    at += relation is Relation.PART  # CUT: reading goes on at the first mark that does not match
    return next((mark.offset for mark in marks_of(each.position.marks) if mark.offset < at), 0)


def _read_in(draft: Draft, each: Known, i: int) -> int:
    """Return how far a generation was read in a file: to where its last lines are in it, or else to its offset."""
    relation, at = draft.answer(each, i)
    return at if relation is Relation.MOVED else each.position.offset


def find_trimmed(draft: Draft, in_use: list[Known]) -> None:
    """Skip what was read if a file was truncated and its own last lines were written back (``tail -n``)."""
    at_path = draft.at_path
    holders: dict[int, Known | None] = {}
    for each in in_use:
        i = draft.lies_at(each.number)
        if i is not None and not each.position.offset and draft.decided[each.number] == Hold(each.number, i):
            holders[i] = each
    if at_path in draft.free and at_path not in draft.start:
        holders[at_path] = None
    order = {i: n for n, i in enumerate(holders)}
    for each in reversed(in_use):
        files = () if each.open else sorted(order.keys() & draft.files(each), key=order.__getitem__)
        for i in files:
            holder = holders[i]
            relation, at = draft.answer(each, i)
            if at < SURE_BYTES and draft.lies_at(each.number) is not None and each.has_first_lines(draft.file(i).head):
                continue  # it may be the rest of a line torn by a rotation, which has no time to prove it
            same = i == at_path and at >= TELLING_BYTES
            written_back = same and (holder or draft.is_latest(each)) and draft.is_nowhere(each)
            if relation is Relation.MOVED or written_back:  # MOVED: edited, perhaps with a copy kept
                if draft.is_nowhere(each):
                    draft.decide(Leave(each.number, "done"))
                if holder:
                    draft.take(holder, i, at)
                else:
                    draft.start[i] = at
                return


def find_copy(draft: Draft, each: Known) -> None:
    """Read on in a copy at the path while its original is still open, or lies under another name."""
    original, i = draft.lies_at(each.number), draft.at_path
    # The current generation was taken up almost empty: what its file got since may be what an earlier one read
    filled = draft.current if draft.path.was_blank else None
    if i is not None and filled and each.number < (n := filled.number) and draft.decided.get(n) == Hold(n, i):
        _find_written_back(draft, each, i, original, filled)
    if original is None and not each.open:
        return
    if i is not None and i in draft.free and draft.is_latest(each):
        _find_copy_at_path(draft, each, i, original)
    if each.number not in draft.decided and not each.name:
        _find_renamed_copy(draft, each)


def _find_copy_at_path(draft: Draft, each: Known, i: int, original: int | None) -> None:
    name = each.name if original is None else draft.file(original).path
    rotated, relation = name in draft.found.rotated_names, draft.answer(each, i).relation
    common = _common(draft, each, i, original)
    proving = _RENAMED_BYTES if rotated and relation is not Relation.MOVED else TELLING_BYTES
    if min(common, draft.size(i) or 0) < proving:
        return
    if rotated and common < min(each.position.size, each.dated_from + SURE_BYTES):
        return  # no copy: the next log has the same banner, and goes on in its own way
    if original is None and relation is not Relation.MOVED and each.repeats and _is_packed_whole(draft, each):
        return  # rotated and packed. With its last lines here (MOVED), it was trimmed, whatever archive was kept
    if relation is not Relation.SAME and draft.is_part(each, i, original):
        if not draft.wait_if_torn(i):
            draft.start[i] = common  # a copy made before all that was read had been written
    elif relation in HELD:
        draft.take_up(i, draft.stay_beside_copy(each, i, original, common))


def _find_written_back(draft: Draft, each: Known, i: int, original: int | None, filled: Known) -> None:
    """Bring a generation back to the path if its bytes were written back over the truncated ``filled`` file."""
    relation, at = draft.answer(each, i)
    common = _common(draft, each, i, original)
    proved = min(common, at) >= _RENAMED_BYTES and not each.repeats
    elsewhere = relation is not Relation.SAME and any(draft.answer(each, j).relation in _WHOLE for j in draft.free)
    told = each.number not in draft.unidentified and not elsewhere  # else they share only a banner
    if told and draft.is_nowhere(each) and at >= TELLING_BYTES:
        draft.take(each, i, at)
    elif not draft.is_nowhere(each) and relation in HELD and proved:
        if relation is Relation.SAME or common < each.position.size:
            return draft.take(filled, i, draft.stay_beside_copy(each, i, original, common))
        draft.take(each, i, at)
        draft.copies += [] if original is None else [original]
    else:
        return None
    return draft.decide(Leave(filled.number, "ignored"))


def _find_renamed_copy(draft: Draft, each: Known) -> None:
    """Read on in a copy beside the path, whole or trimmed, that has got more lines than its deleted original.

    Not if an archive has all of the original: then that was rotated and packed.
    """
    if _is_packed_whole(draft, each):
        return
    for i in draft.free_files(each):
        common = draft.found.common.get((each.number, i), 0)
        rotated = i != draft.at_path and i not in draft.found.undecided
        longer = not draft.found.own_parts[i] and common >= TELLING_BYTES
        anothers = any(k is not each for k in draft.by_inode[i]) or _holds_more(draft, i, each)
        if rotated and longer and not anothers and draft.answer(each, i).relation in HELD:
            draft.take_up(i, draft.stay_beside_copy(each, i, None, common))
            return


def _is_packed_whole(draft: Draft, each: Known) -> bool:
    """Return whether an archive holds exactly what a generation's own file does."""
    packed = (i for i in draft.free_files(each) if draft.file(i).packed and draft.is_part(each, i, None))
    return any(draft.size(i) == each.position.size for i in packed)


def _holds_more(draft: Draft, i: int, each: Known) -> bool:
    """Return whether a file belongs to another generation instead: it holds more of what was read of that one.

    Or as much, if that one is nowhere else; or anything, if that one is also newer: it may be a copy in which reading
    goes on, while this one, its original, has a higher offset only because its rest was skipped.
    """
    at = draft.answer(each, i).at

    def has_it(k: Known) -> bool:
        later = k.number > each.number and k.number not in draft.unidentified
        return k.position.offset > at or ((later or k.position.offset == at) and k.in_use and draft.is_nowhere(k))

    if any(k.in_use and draft.shared_end(k, i) > at for k in draft.known):
        return True  # such as a mirror that somebody wrote to by hand
    answers = (draft.answer(k, i) for k in draft.related[i])
    if any(relation is Relation.PART and end > at for relation, end in answers):
        return True
    return any(draft.holds(k, i) and has_it(k) for k in draft.related[i])


def _common(draft: Draft, each: Known, i: int, original: int | None) -> int:
    """Return how far a generation's file is known to agree with the path's file."""
    if draft.is_part(each, i, original):
        return draft.size(i) or 0
    return draft.found.common.get((each.number, i), each.position.offset)


def undo_copies(draft: Draft) -> None:
    """Drop generations that were taken up while empty, and turn out to be copies in the making.

    Their files are left out under new numbers, higher than the original's: with lower ones they would be its history.
    """
    others = {k.number for k in draft.known if k.followed}
    for each in reversed(draft.known):
        if each.position.offset or each.position.state != "rotated":
            continue
        others.remove(each.number)
        i = draft.lies_at(each.number)
        original = None if i is None else _find_original(draft, i)  # the copy may have got lines of its own meanwhile
        if original or (_is_packed(draft, each, others) if i is None else _repeats(draft, i, others)):
            draft.decide(Leave(each.number, "forgotten"))
            draft.copies += [] if original or i is None else [i]
        else:
            others.add(each.number)
        if original and i is not None:
            draft.decide(Hold(original.number, i))


def _find_original(draft: Draft, i: int) -> Known | None:
    """Return the generation, found nowhere so far, that a file taken up while empty or unreadable holds; or None.

    One of which nothing was read needs no proof: it is read from its beginning, in this file or in any other.
    """
    lost = (k for k in draft.related[i] if k.followed and draft.is_nowhere(k))
    told = (k for k in lost if not k.position.offset or k.position.offset >= _RENAMED_BYTES)
    return next((k for k in told if draft.holds(k, i)), None)


def _is_packed(draft: Draft, each: Known, numbers: AbstractSet[int]) -> bool:
    """Return whether a deleted file, still open, equals a file that holds a generation of these ``numbers``."""
    return any(
        not numbers.isdisjoint(draft.lying[i])
        and draft.size(i) == each.position.size == draft.found.common.get((each.number, i), 0) > 0
        for i in draft.files(each)
    )


def _repeats(draft: Draft, i: int, numbers: AbstractSet[int]) -> bool:
    """Return whether a file is a copy of what one of these generations holds, or held."""
    places = (draft.lying[j] for j in draft.found.parts[i])
    if any(not numbers.isdisjoint(some) for some in (draft.found.own_parts[i], *places)):
        return True
    for each in draft.related[i]:
        all_read = draft.size(i) == each.position.offset > 0
        lies, packed = draft.lies_at(each.number), draft.decided.get(each.number) == Leave(each.number, "packed")
        # Where it lies in an edited file, that does not show what it has lost
        own = packed if lies is None else draft.answer(each, lies).relation is Relation.SAME
        told = each.number in numbers and not each.open and (all_read or not own)
        if told and draft.is_part_by_notes(each, i):
            return True
    return False


def is_copy(draft: Draft, i: int) -> bool:
    """Return whether a file holds only what a generation holds, or another file that is to be taken up."""
    return _repeats(draft, i, draft.by_number.keys()) or _is_repeated(draft, i)


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
