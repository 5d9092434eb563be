"""Decide what every file around a path is: a pure function of what is known and what was found, without any I/O.

In: a path's generations, and the survey of the files around it. Out: a plan that says in which file each generation
lies now, and what becomes of every file that holds none. ``apply`` carries it out.
"""

from collections.abc import Sequence

from logwatch.envelope import is_noise
from logwatch.model import RotationKind
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
        if not draft.by_inode[i]:  # else that is the copy, which may still be being made
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
    plan.news = any(i != draft.at_path and not draft.begun[i].at for i in unknown)
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
        if isinstance(candidate.error, MissingLibraryError) or (rotated and is_noise(candidate.head)):
            continue
        if rotated and (i in draft.found.anothers or is_copy(draft, i, holder)):
            _leave_out(draft, i, holder)
            continue
        begun = find_begun(draft, i)
        if i in draft.postponed:
            continue
        each = holder or (None if begun.at else empty.get(candidate.key))
        # An archive is its file only under the name at which it was found: it could not be read then
        if each and (holder or not candidate.packed or candidate.path == each.position.found_at):
            draft.take(each, i, begun.at or None)
        elif rotated and i in draft.found.undecided and (not draft.path.first or _is_news(draft, i, None)):
            continue
        elif candidate.may_be_news or any(k.deleted and draft.answer(k, i).relation in HELD for k in begun.of):
            unknown.append(i)
            draft.begun[i] = begun
        else:
            continue
        read_both(draft, i, begun.of)
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
    if current and i in draft.free and draft.is_nowhere(current):
        file = draft.file(i)
        # As empty as it was, by the time of its last write: its disk was copied
        if not (file.head or file.error) and current.position.head == empty_file_id(file.modified):
            empty[file.key] = current
    return empty


def _adopt(draft: Draft, unknown: list[int]) -> None:
    """Take up the unknown files: news, rests of what is known, and history, oldest first; then the one at the path."""
    path, plan, at_path = draft.path, draft.plan, draft.at_path
    held = (each for each in draft.decided.values() if isinstance(each, Hold) and each.file == at_path)
    hold = next(held, None)
    # It may lie in a file with less in it than was read: a new log may have the same banner
    perhaps = hold is not None and (hold.cut or draft.found.answer(hold.number, hold.file).relation is Relation.PART)
    plan.renewed = not path.first and (perhaps or _is_renewed(draft, hold))
    since, news = _news_since(draft), list[int]()
    for i in unknown:
        candidate, begun = draft.file(i), draft.begun[i].at
        if i != at_path and candidate.key != NO_KEY:
            wanted = begun or plan.renewed or _is_news(draft, i, since)
            plan.actions.append(TakeUp(i, "rotated", begun) if wanted else TakeUp(i, "ignored"))
            news += [i] if wanted else []
        elif candidate.fails_for_now:
            plan.again = True  # by the next look it may have been rotated away: what nobody has seen is news
    if not path.first:  # what begins with known bytes is the rest of a file that was edited, or goes on elsewhere
        _pass_over(draft, [i for i in news if not draft.begun[i].at])
    if news and hold:
        _renumber(draft, hold, perhaps=perhaps)
    if at_path in unknown and not draft.file(at_path).error:
        at_end = path.first and path.starts_at_end
        plan.actions.append(TakeUp(at_path, "live", None if at_end else draft.begun[at_path].at))
        if path.followed and not any(map(draft.is_latest, draft.begun[at_path].of)):
            plan.actions.append(Rotated(_kind(draft)))
    # Copies stay known once their originals are gone. They get the highest numbers: lower ones would make them history
    plan.actions += [TakeUp(i, "ignored") for i in draft.copies]
    if path.first and not plan.actions:
        plan.actions.append(Absent())


def _is_renewed(draft: Draft, hold: Hold | None) -> bool:
    """Return whether the path leads to another file than before, or may: unknown rotated files came in between."""
    # After a start, what came after one that has no known place, and is nowhere, is unknown
    astray = (k for k in draft.known if k.in_use and not (k.empty or k.position.found_at))
    lost = draft.path.started and any(map(draft.is_nowhere, astray))
    return draft.path.was_blank or lost or hold is None or hold.number != draft.path.current


def _pass_over(draft: Draft, between: list[int]) -> None:
    """Report the rotations of files that were at the path between two looks."""
    # A generation that was last seen empty, and is nowhere, has been filled since: these files have its bytes
    nowhere = [k for k in draft.known if k.in_use and draft.is_nowhere(k) and k.position.size < TELLING_BYTES]
    draft.plan.actions += [Leave(k.number, "done") for k in nowhere if between]
    if written := [i for i in between if draft.file(i).head != b""]:  # an empty file may yet become an archive
        draft.plan.actions.append(Rotated("rename", len(written)))


def _renumber(draft: Draft, hold: Hold, *, perhaps: bool) -> None:
    """Make the path's file a new generation if it may be a new log: with its lower number, it would precede news."""
    each, actions = draft.by_number[hold.number], draft.plan.actions
    blank = not each.begun and hold.at is None
    if perhaps or blank:  # else the end of a line that it lacks would be looked for in one of them
        actions[actions.index(hold)] = Leave(each.number, "forgotten") if blank else _settle(draft, each)
        actions.append(TakeUp(hold.file, "live"))


def _news_since(draft: Draft) -> Age | None:
    """Return the age of a file that is no history; whatever is younger came after it, and is none either.

    A live generation may be found only now, if a reload configured another directory for rotated files. At a start, it
    is the file that was read last: the life before may have ended while what is younger was still undecided. That
    numbers count upwards is but a guess.
    """
    lay = [(k, i) for k in draft.known if k.followed and (i := draft.lies_at(k.number)) is not None]
    ages = [draft.age(i) for k, i in lay if k.position.state == "live"]
    if draft.path.started and not draft.rising:
        ages += sorted(draft.age(i) for _, i in lay if i != draft.at_path)[-1:]
    return min(ages, default=None)


def _is_news(draft: Draft, i: int, since: Age | None) -> bool:
    """Return whether an unknown rotated file is no history, which dates from before its path was followed."""
    path, candidate = draft.path, draft.file(i)
    late = candidate.modified > path.news_since * 1e9
    after = since is not None and draft.age(i) > since
    # It begins as what was read does, though that may be no more than a banner
    begun = i not in draft.found.ambiguous and any(draft.holds(k, i) for k in draft.read[i])
    # A pattern matches it, and its path does not start at the end: its lines count however old they are
    asked_for = candidate.matched and not (path.first and path.starts_at_end)
    return late or after or begun or asked_for


def _kind(draft: Draft) -> RotationKind:
    path, before = draft.path, draft.current
    if before is None:
        return "replace" if path.successor else "rename"
    if before.emptied:
        return "truncate"
    i = draft.lies_at(before.number)
    name = draft.file(i).found_at if i is not None else before.name if before.open else before.position.found_at
    return "rename" if name and not path.is_link else "replace"  # a link that is changed leaves its target in place
