"""Decide what every file around a path is: a pure function of what is known and what was found, without any I/O.

In: a path's generations, and the survey of the files around it. Out: a plan that says in which file each generation
lies now, and what becomes of every file that holds none. ``apply`` carries it out.
"""

from collections.abc import Sequence

from logwatch.model import RotationKind
from logwatch.tail.candidates import Candidate
from logwatch.tail.contents import find_begun, find_file, is_copy, is_packed, read_both
from logwatch.tail.fingerprint import TELLING_BYTES, empty_file_id
from logwatch.tail.identity import HELD, NO_KEY, Key, Relation
from logwatch.tail.plan import Absent, Draft, Found, Hold, Known, Leave, PathView, Plan, Rotated, TakeUp
from logwatch.tail.rotated_names import Age
from logwatch.unpack import MissingLibraryError


def reconcile(path: PathView, known: Sequence[Known], found: Found) -> Plan:
    """Return a plan: an action for each generation, oldest first, then one for each file that holds none.

    Each generation lies in the file that proves most of it. What files without one begin with may have been read as
    others' bytes; the rest is news. A file without a rest is a copy.

    Generations in use choose first, then those that are done, then those left out: a copy that was left out while its
    original was being read may by now be the only file in which reading the original can go on. Of those in use, ones
    of which too little was read to identify them choose last: their files may have others' bytes by now.
    """
    draft = Draft(path, known, found)
    for i in found.edited:  # its original is read first, which shows how far the edited file is a copy of it
        draft.put_off(i)
    in_use = [k for k in known if k.in_use and k.number not in draft.unidentified]
    identified = [k for k in in_use if not draft.is_blank(k)]
    unidentified = [k for k in known if k.number in draft.unidentified]
    blank = [k for k in in_use if draft.is_blank(k)]
    read = [k for k in known if k.position.state == "done"]
    left_out = [k for k in known if not k.followed]
    for some in (identified, unidentified, blank, read, left_out):
        # Newest first: where two have one inode, the file is the newer one's. The oldest unidentified is in the oldest
        for each in some if some is unidentified else reversed(some):
            find_file(draft, each)
    holders: dict[int, Known] = {}
    for each in filter(draft.is_blank, known):
        i, lies = draft.at_key.get(each.key, -1), draft.lies_at(each.number)
        was_there = (each.open or each is draft.current) and draft.answer(each, i).relation is Relation.SAME
        if lies == i:
            holders[i] = each
        elif each.number not in draft.decided and (was_there or is_packed(draft, each)):
            draft.decide(Leave(each.number, "forgotten"))  # its bytes are another's
    unknown = _sort_free(draft, holders)
    plan = draft.plan
    plan.actions = [draft.decided.get(k.number) or _settle(draft, k) for k in known]
    plan.news = any(i != draft.at_path and not draft.start[i] for i in unknown)
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


def _sort_free(draft: Draft, holders: dict[int, Known]) -> list[int]:
    """Decide on the files of which nothing was read, in ``holders`` or not; return those with news, oldest first."""
    unknown: list[int] = []
    empty = _empty(draft)
    for i in sorted(draft.free.keys() | holders.keys()):
        candidate, rotated, holder = draft.file(i), i != draft.at_path, holders.get(i)
        if isinstance(candidate.error, MissingLibraryError) or (rotated and candidate.is_noise):
            continue
        if rotated and (i in draft.found.anothers or is_copy(draft, i, holder)):
            _leave_out(draft, i, holder)
            continue
        begun, owners = find_begun(draft, i)
        if i in draft.postponed:
            continue
        each = holder or (None if begun else empty.get(candidate.key))
        # An archive is its file only under the name at which it was found: it could not be read then
        if each and (holder or not candidate.packed or candidate.path == each.position.found_at):
            draft.take(each, i, begun or None)
            empty.pop(candidate.key, None)
        elif rotated and i in draft.found.undecided and not _is_history(draft.path, candidate):
            continue
        elif candidate.may_be_news or any(k.deleted and draft.answer(k, i).relation in HELD for k in owners):
            unknown.append(i)
            draft.start[i] = begun
        else:
            continue
        read_both(draft, i, owners)
    # Unknown files came after the known ones: if all their numbers are higher, this rotation counts upwards
    seen = draft.numbers(draft.lies_at(k.number) for k in draft.known if k.followed)
    unseen = draft.numbers(unknown)
    draft.rising = bool(seen and unseen) and min(unseen) > seen[-1]
    unknown.sort(key=draft.age)
    return unknown


def _leave_out(draft: Draft, i: int, holder: Known | None) -> None:
    # Left out before its original is taken up, it would keep that out once both are rotated files
    if draft.file(i).may_be_news and draft.found.parts[i].isdisjoint(draft.postponed | draft.found.undecided):
        draft.copies.append(i)
    if holder:
        draft.decide(Leave(holder.number, "forgotten"))


def _empty(draft: Draft) -> dict[Key, Known]:
    """Return, by inode, the generations that were empty when last seen: bytes in such a file are late lines."""
    empty = {k.key: k for k in reversed(draft.known) if k.empty and k.in_use}
    current, i = draft.current, draft.at_path
    if current and i in draft.free and draft.is_nowhere(current) and _is_as_empty(current, draft.file(i)):
        empty[draft.file(i).key] = current
    return empty


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
    since = _news_since(draft)
    between: list[int] = []
    for i in unknown:
        candidate = draft.file(i)
        if i != at_path and candidate.key != NO_KEY:
            read = draft.start[i]
            begun = read and any(k.deleted and draft.answer(k, i).relation in HELD for k in draft.read[i])
            wanted = begun or plan.renewed or _is_news(draft, i, since)
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
        plan.actions.append(TakeUp(at_path, "live", None if at_end else draft.start[at_path]))
        if path.followed and not any(map(draft.is_latest, find_begun(draft, at_path)[1])):
            plan.actions.append(Rotated(_kind(draft)))
    # Copies stay known once their originals are gone. They get the highest numbers: lower ones would make them history
    plan.actions += [TakeUp(i, "ignored") for i in draft.copies]
    if path.first and not plan.actions:
        plan.actions.append(Absent())


def _news_since(draft: Draft) -> Age | None:
    """Return the age of a file that is no history; whatever is younger came after it, and is none either.

    A live generation may be found only now, if a reload configured another directory for rotated files. At a start, it
    is the file that was read last: the life before may have ended while what is younger was still undecided. That
    numbers count upwards is but a guess.
    """
    lay = {k: i for k in draft.known if k.followed and (i := draft.lies_at(k.number)) is not None}
    ages = [draft.age(i) for k, i in lay.items() if k.position.state == "live"]
    if draft.path.started and not draft.rising:
        ages += sorted(draft.age(i) for i in lay.values() if i != draft.at_path)[-1:]
    return min(ages, default=None)


def _is_news(draft: Draft, i: int, since: Age | None) -> bool:
    """Return whether an unknown rotated file is no history: by its time, or since it goes on with what was read."""
    candidate = draft.file(i)
    late = candidate.modified > draft.path.news_since * 1e9
    after = since is not None and draft.age(i) > since
    return late or after or _is_asked_for(draft.path, candidate) or _goes_on(draft, i)


def _goes_on(draft: Draft, i: int) -> bool:
    """Return whether a file has what was read of a generation, or begins with a part of it, as history does not."""
    told = any(draft.holds(k, i) or draft.answer(k, i).relation is Relation.MOVED for k in draft.read[i])
    return i not in draft.found.ambiguous and (told or draft.start[i] > 0)


def _kind(draft: Draft) -> RotationKind:
    path, before = draft.path, draft.current
    if before is None:
        return "replace" if path.successor else "rename"
    if before.emptied:
        return "truncate"
    i = draft.lies_at(before.number)
    name = draft.file(i).found_at if i is not None else before.name if before.open else before.position.found_at
    return "rename" if name and not path.is_link else "replace"  # a link that is changed leaves its target in place
