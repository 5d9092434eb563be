"""Decide what every file around a path is: a pure function of what is known and what was found, without any I/O.

In: a path's generations, and the survey of the files around it. Out: a plan that says in which file each generation
lies now, and what becomes of every file that holds none. ``apply`` carries it out.
"""

from collections.abc import Sequence

from logwatch.model import RotationKind
from logwatch.tail.candidates import Candidate
from logwatch.tail.contents import find_content, find_copy, find_inode, find_trimmed, is_copy, undo_copies
from logwatch.tail.fingerprint import TELLING_BYTES, empty_file_id
from logwatch.tail.identity import NO_KEY, SURE_BYTES, Relation
from logwatch.tail.plan import Absent, Draft, Found, Hold, Known, Leave, PathView, Plan, Rotated, TakeUp
from logwatch.unpack import MissingLibraryError


def reconcile(path: PathView, known: Sequence[Known], found: Found) -> Plan:
    """Return a plan: an action for each generation, oldest first, then one for each file that holds none.

    Find the file of each generation by inode first, then by content alone. Other files are copies, history or news.

    Generations in use choose first, then those that are done, then those left out: a copy that was left out while its
    original was being read may by now be the only file in which reading the original can go on.
    """
    draft = Draft(path, known, found)
    for i in found.edited:  # its original is read first, which shows how far the edited file is a copy of it
        draft.put_off(i)
    in_use = [k for k in known if k.in_use]
    # An empty generation is known by its inode alone, which may be a copy's by now: it chooses after those with bytes
    empty = [k for k in in_use if k.empty and k.number != draft.path.current]
    unidentified = [k for k in in_use if k.number in draft.unidentified]
    behind = draft.unidentified.union(k.number for k in empty)
    identified = [k for k in in_use if k.number not in behind]
    read = [k for k in draft.known if k.position.state == "done"]
    left_out = [k for k in draft.known if k.position.state == "ignored"]
    for some in (identified, unidentified, empty, read, left_out):
        for each in reversed(some):  # newest first: where two have one inode, the file is the newer one's
            find_inode(draft, each)
        for each in reversed(some):
            find_copy(draft, each)
        for each in some if some is unidentified else reversed(some):  # the oldest of these lies in the oldest file
            if draft.is_nowhere(each):
                find_content(draft, each)
    unknown = _sort_free(draft)
    find_trimmed(draft, in_use)
    undo_copies(draft)
    plan = draft.plan
    plan.actions = [draft.decided.get(k.number) or _settle(draft, k) for k in draft.known]
    plan.news = any(i != draft.at_path and i not in draft.start for i in unknown)
    _adopt(draft, unknown)
    return plan


def _settle(draft: Draft, each: Known) -> Leave:
    if each.open:
        return Leave(each.number, "open")
    unread = any(candidate.error for candidate in draft.found.candidates)
    # Its bytes may turn up again once a disk recovers or another directory is configured: forgotten, they would be news
    unsure = unread or each.position.gone_at or each.number in draft.found.hidden
    if not each.in_use and (each.dead or not unsure):
        return Leave(each.number, "forgotten")
    return Leave(each.number, "missing")


def _sort_free(draft: Draft) -> list[int]:
    """Note the free files that are copies; return those with bytes that no generation has, oldest first."""
    unknown = [i for i in draft.start if i not in draft.free]
    # By inode: generations that were empty when last seen. Bytes in such a file are late lines, not a new generation
    blank = {k.key: k for k in reversed(draft.known) if k.empty}
    current, at_path = draft.current, draft.at_path
    if current and at_path in draft.free and draft.is_nowhere(current) and _is_as_empty(current, draft.file(at_path)):
        blank[draft.file(at_path).key] = current
    for i in list(draft.free):
        candidate, rotated = draft.file(i), i != draft.at_path
        if isinstance(candidate.error, MissingLibraryError) or (rotated and candidate.is_noise):
            continue
        if rotated and (i in draft.found.anothers or is_copy(draft, i)):
            # Left out before its original is taken up, it would keep that out once both are rotated files
            if candidate.may_be_news and draft.found.parts[i].isdisjoint(draft.postponed | draft.found.undecided):
                draft.copies.append(i)
        elif (
            (each := blank.get(candidate.key))
            and each.in_use
            # An archive is its file only under the name at which it was found: it could not be read then
            and (not candidate.packed or candidate.path == each.position.found_at)
        ):
            draft.take(each, i)
            del blank[candidate.key]
        elif rotated and i in draft.found.undecided and not _is_history(draft.path, candidate):
            continue
        elif candidate.may_be_news:
            unknown.append(i)
    # Unknown files came after the known ones: if all their numbers are higher, this rotation counts upwards
    seen = draft.numbers(draft.lies_at(k.number) for k in draft.known if k.followed)
    unseen = draft.numbers(unknown)
    draft.rising = bool(seen and unseen) and min(unseen) > seen[-1]
    unknown.sort(key=draft.age)
    return unknown


def _is_as_empty(current: Known, file: Candidate) -> bool:
    """Return whether the path's file is as empty as it was, by the time of its last write: its disk was copied."""
    return not (file.head or file.error) and current.position.head == empty_file_id(file.modified)


def _is_history(path: PathView, file: Candidate) -> bool:
    """Return whether a rotated file dates from before its path was followed, and was not asked for."""
    return path.first and not _is_asked_for(path, file) and file.modified <= path.news_since * 1e9


def _is_asked_for(path: PathView, file: Candidate) -> bool:
    """Return whether a file's lines count however old: a pattern matches it, and its path does not start at the end."""
    return file.matched and not (path.first and path.starts_at_end)


def _adopt(draft: Draft, unknown: list[int]) -> None:
    """Take up the unknown files: generations that came and went between two looks, then the one at the path."""
    path, plan, at_path = draft.path, draft.plan, draft.at_path
    held = (each for k in draft.known if isinstance(each := draft.decided.get(k.number), Hold) and each.file == at_path)
    action = next(held, None)
    holder = draft.by_number[action.number] if action else None
    # It may lie in a file with less in it than was read: a new log may have the same banner
    perhaps = action and (action.cut or draft.found.answer(action.number, action.file).relation is Relation.PART)
    elsewhere = perhaps or not holder or holder is not draft.current
    sought = (k for k in draft.known if k.in_use and not k.empty and k is not draft.current)
    lost = path.adrift and any(map(draft.is_nowhere, sought))
    plan.renewed = not path.first and (path.was_blank or elsewhere or lost)
    # A live generation may be found only now, if a reload configured another directory for rotated files. Whatever is
    # younger came after it, and is no history. Nor is what a start finds to be younger than the file that was read
    # last: the life before may have ended while that was still undecided. That numbers count upwards is but a guess
    lay = {k: i for k in draft.known if k.followed and (i := draft.lies_at(k.number)) is not None}
    ages = [draft.age(i) for k, i in lay.items() if k.position.state == "live"]
    ages += sorted(draft.age(i) for i in lay.values() if i != at_path)[-1:] if path.started and not draft.rising else []
    since = min(ages, default=None)
    shared = {i for _, i in draft.found.common}  # they share bytes with a generation's own file: one may be edited
    between: list[int] = []
    for i in unknown:
        candidate = draft.file(i)
        if i != at_path and candidate.key != NO_KEY:
            late = candidate.modified > path.news_since * 1e9
            after = since is not None and draft.age(i) > since
            begun, read = i in draft.start, _read_of(draft, i)
            closed = any(not k.open and draft.holds(k, i) for k in draft.read[i] if k.in_use)
            moved = any(draft.answer(k, i).relation is Relation.MOVED for k in draft.read[i])
            goes_on = closed or moved or i in shared or (candidate.packed and read > 0)  # history does not
            goes_on = goes_on and i not in draft.found.ambiguous
            wanted = begun or plan.renewed or late or after or goes_on or _is_asked_for(path, candidate)
            plan.actions.append(TakeUp(i, "rotated", read) if wanted else TakeUp(i, "ignored"))
            between += [i] if wanted and not begun else []
        elif candidate.fails_for_now:
            plan.again = True  # by the next look it may have been rotated away: what nobody has seen is news
    if between and not path.first:
        # A generation that was last seen empty, and is nowhere, has been filled since: these files have its bytes
        nowhere = (k for k in draft.known if k.in_use and not k.position.offset and draft.is_nowhere(k))
        plan.actions += [Leave(k.number, "done") for k in nowhere if k.position.head_bytes < TELLING_BYTES]
        if written := [i for i in between if draft.file(i).head != b""]:  # an empty file may yet become an archive
            plan.actions.append(Rotated("rename", len(written)))
    blank = holder and action and not holder.begun and action == Hold(action.number, action.file)
    if between and holder and action and (perhaps or blank):
        # It is a new log, and comes after them: with a lower number, its torn line would end in one of them
        plan.actions[plan.actions.index(action)] = (
            Leave(holder.number, "forgotten") if blank else _settle(draft, holder)
        )
        plan.actions.append(TakeUp(action.file, "live"))
    if at_path in unknown and not draft.file(at_path).error:
        at_end = path.first and path.starts_at_end
        plan.actions.append(TakeUp(at_path, "live", None if at_end else _read_of(draft, at_path)))
        if path.followed and at_path not in draft.start:
            plan.actions.append(Rotated(_kind(draft)))
    _pair_with_what_goes_on(draft)
    # Copies stay known once their originals are gone. They get the highest numbers: lower ones would make them history
    plan.actions += [TakeUp(i, "ignored") for i in draft.copies]
    if path.first and not plan.actions:
        plan.actions.append(Absent())


def _pair_with_what_goes_on(draft: Draft) -> None:
    """Note, for each file taken up after bytes that were read, which generations hold these and are still being read.

    What is written to both is then read once.
    """
    ended = {k.number for k in draft.known if draft.decided.get(k.number) == Leave(k.number, "done")}
    read = {k.number for k in draft.known if k.in_use and k.position.offset >= SURE_BYTES}
    going_on = read - ended
    for action in draft.plan.actions:
        if isinstance(action, TakeUp) and action.at:
            related = (k for k in draft.read[action.file] if k.number in going_on)
            holders = (k.number for k in related if not k.repeats and draft.holds(k, action.file))
            draft.plan.copy_of.setdefault(action.file, set()).update(holders)


def _read_of(draft: Draft, i: int) -> int:
    """Return how much of a file's beginning was read as another generation's: everything that was read of that one.

    It may have been edited since, or, beside the path, be what the file shares with a generation's own.
    """
    if i in draft.start:
        return draft.start[i]
    read = (k for k in draft.read[i] if k.position.offset >= SURE_BYTES and not k.repeats)
    ends = [draft.answer(k, i).at for k in read if draft.answer(k, i).relation is Relation.MOVED or draft.holds(k, i)]
    return max(ends + [draft.shared_end(k, i) for k in draft.known if k.in_use and i != draft.at_path], default=0)


def _kind(draft: Draft) -> RotationKind:
    path, before = draft.path, draft.current
    if before is None:
        return "replace" if path.successor else "rename"
    if before.emptied:
        return "truncate"
    i = draft.lies_at(before.number)
    name = draft.file(i).found_at if i is not None else before.name if before.open else before.position.found_at
    return "rename" if name and not path.is_link else "replace"  # a link that is changed leaves its target in place
