"""Decides what every file around a path is: pure, from what is known and what was found; nothing is looked at here.

In: a path's generations, and the survey of the files around it. Out: a plan, which says of every generation where it
lies now, and of every file that holds none what becomes of it. ``apply`` carries it out.
"""

from collections.abc import Iterable, Sequence

from logwatch.model import RotationKind
from logwatch.tail.candidates import Candidate
from logwatch.tail.fingerprint import TELLING_BYTES, begins_alike
from logwatch.tail.identity import HELD, NO_KEY, Key, Relation
from logwatch.tail.plan import Absent, Found, Hold, Known, Leave, PathView, Plan, Replace, Rotated, TakeUp
from logwatch.tail.rotated_names import Age, age_key
from logwatch.unpack import MissingLibraryError

RENAMED_BYTES = 256
"""So many equal bytes make another inode at the path the same file, if the one that it was has been renamed as rotation
does: there a banner recurs. Else those do that tell a line."""

_SHORTER = (Relation.PART, Relation.CUT)
_WHOLE = (Relation.SAME, Relation.UNDECIDED)  # or perhaps, as long as an archive is not unpacked


def reconcile(path: PathView, known: Sequence[Known], found: Found) -> Plan:
    """Return what becomes of every generation, oldest first, and of every file."""
    return _Decision(path, known, found).plan()


class _Decision:
    def __init__(self, path: PathView, known: Sequence[Known], found: Found) -> None:
        self.path, self.known, self.found = path, known, found
        self.free = dict.fromkeys(range(len(found.candidates)))
        by_key: dict[Key, list[Known]] = {}
        for k in known:
            by_key.setdefault(k.key, []).append(k)
        # By file: the generations that lay in it, whose bytes it still holds
        self.by_inode = {
            i: [k for k in by_key.get(file.key, ()) if self._holds(k, i)] for i, file in enumerate(found.candidates)
        }
        # By file: the generations that were read to their end, and are just what it holds
        self.whole: dict[int, list[Known]] = {}
        by_number = {k.number: k for k in known}
        holders: dict[int, list[Known]] = {}
        for (number, i), answer in found.answers.items():
            if answer.relation is Relation.SAME and by_number[number].position.head_bytes:
                holders.setdefault(i, []).append(by_number[number])
                if found.sizes[i] == by_number[number].position.size == answer.at > 0:
                    self.whole.setdefault(i, []).append(by_number[number])
        # Of which nothing was read but what others begin with as well: in the oldest file that is nobody else's
        self.untold = {k.number for k in known if k.unread}
        for some in holders.values():
            most = max(k.position.offset for k in some)
            self.untold |= {k.number for k in some if k.in_use and not k.open and k.position.offset < most}
        self.decided: dict[int, Hold | Replace | Leave] = {}
        self.start: dict[int, int] = {}  # file: where a new generation begins to read
        self.again = False

    def plan(self) -> Plan:
        """Find each generation's file, by its inode first, then by content alone; then see what is left.

        Generations that are still read come before those that were read or left out: a copy that was left out while
        its original was being read is the place to go on when the original is truncated.
        """
        in_use = [k for k in self.known if k.in_use]
        # What comes after a copy, or had no byte, has but its inode, which a copy may have by now: behind the others
        bare = (k for k in in_use if not k.open and (k.headless or k.empty))
        rests = [k for k in bare if k.headless or k.number != self.path.current]
        untold = [k for k in in_use if k.number in self.untold]
        told = [k for k in in_use if k not in rests and k not in untold]
        over = [k for k in self.known if not k.in_use]
        for some in (told, untold, rests, over):
            for each in reversed(some):  # of two with one inode, the newer one is there
                self._find_inode(each)
            for each in reversed(some if some is not rests else ()):
                self._find_copy(each)
            for each in some if some is untold else reversed(some):
                if self._is_nowhere(each):
                    self._find_content(each)
        copies, unknown = self._sort_free()
        self._find_trimmed(in_use)
        self._undo_copies()
        plan = Plan([self.decided.get(k.number) or self._settle(k) for k in self.known])
        plan.again = self.again
        plan.news = any(self._file(i).rotated for i in unknown)
        self._adopt(plan, copies, unknown)
        return plan

    def _file(self, i: int) -> Candidate:
        return self.found.candidates[i]

    def _take(self, each: Known, i: int, at: int | None = None) -> None:
        cut = at is not None and self.found.answer(each.number, i).relation is Relation.CUT
        self.decided[each.number] = Hold(each.number, i, None if at == each.position.offset else at, cut)
        self.free.pop(i, None)

    def _holds(self, each: Known, i: int) -> bool:
        return self.found.answer(each.number, i).relation is Relation.SAME and self._enough(each, i)

    def _lies_at(self, number: int) -> int | None:
        action = self.decided.get(number)
        return action.file if isinstance(action, Hold | Replace) else None

    def _is_nowhere(self, each: Known) -> bool:
        return each.number not in self.decided and not each.open

    def _begins_alike(self, each: Known, i: int) -> bool:
        return begins_alike(each.position.head_bytes, each.position.head, self._file(i).head or b"")

    # what is known

    def _find_inode(self, each: Known) -> None:
        i = next((i for i in self.free if self._file(i).key == each.key != NO_KEY), None)
        if i is None or (each.number in self.untold and self._lies_in_older(each, i)):
            return
        relation, at = self.found.answer(each.number, i)
        if relation is Relation.UNDECIDED and any(self._holds(each, j) for j in self.free):
            return  # its inode is an archive's by now
        if relation is Relation.UNDECIDED:
            self.decided[each.number] = Leave(each.number, "packed")
            del self.free[i]
        elif (relation in _SHORTER or (relation is Relation.MOVED and self._begins_alike(each, i))) and any(
            self.found.answer(each.number, j).relation in _WHOLE for j in self.free
        ):
            return  # copied away and emptied: what is there now begins like the copy, and is new
        elif relation is not Relation.OTHER and (each.in_use or self._enough(each, i)):
            self._take(each, i, at if relation is Relation.MOVED or relation in _SHORTER else None)

    def _find_copy(self, each: Known) -> None:
        """Go on in a copy at the path, while the file that it was copied from is still open or has another name."""
        original, i = self._lies_at(each.number), self.found.at_path
        if i is not None and (filled := self._find_filled()) and each.number < filled.number:
            self._find_written_back(each, i, original, filled)
        if not each.in_use or (original is None and not each.open):
            return
        if i is not None and i in self.free and (each.position.state == "live" or each.number == self.path.current):
            self._find_copy_at_path(each, i, original)
        if each.number not in self.decided and not each.name:
            self._find_renamed_copy(each)

    def _find_copy_at_path(self, each: Known, i: int, original: int | None) -> None:
        name = each.name if original is None else self._file(original).path
        rotated = name in self.found.rotated_names
        relation, at = self.found.answer(each.number, i)
        common = self._common(each, i, original)
        if min(common, self.found.sizes[i] or 0) < (RENAMED_BYTES if rotated else TELLING_BYTES):
            return
        if rotated and common < each.position.size:
            return  # what rotation has moved away begins with the same banner, and goes on otherwise
        if original is None and self._is_packed_whole(each):
            return
        if relation in HELD:
            self.decided[each.number] = Replace(each.number, i, at, max(common, each.position.offset), original)
            del self.free[i]
        elif self._is_part(each.number, i, original) and not self._archived(each, original):
            self.start[i] = common  # a copy that was made before all that has been read
            self._wait_if_torn(i)
        elif (each.number, i) in self.found.common and not rotated:
            self.start[i] = common  # an older state, written on

    def _find_filled(self) -> Known | None:
        """Return the generation that the path's file was taken up for when it was empty, and of which nothing is read.

        Whatever the file has got meanwhile may be what an earlier generation of the path has read.
        """
        i, current = self.found.at_path, next((k for k in self.known if k.number == self.path.current), None)
        if i is None or not current or current.position.offset or not self.path.was_blank or not self.found.sizes[i]:
            return None
        return current if self.decided.get(current.number) == Hold(current.number, i) else None

    def _find_written_back(self, each: Known, i: int, original: int | None, filled: Known) -> None:
        """Return to the path with a generation that left it, when its bytes are written back over the emptied file."""
        relation, at = self.found.answer(each.number, i)
        common = self._common(each, i, original)
        proved = min(common, at) >= RENAMED_BYTES and not each.repeats
        if self._is_nowhere(each) and relation in (Relation.SAME, *_SHORTER) and at >= TELLING_BYTES:
            self._take(each, i, at)
        elif each.position.state == "done" and relation is Relation.SAME and proved:
            self._take(each, i)
        elif each.in_use and not self._is_nowhere(each) and relation in HELD and proved:
            self.decided[each.number] = Replace(each.number, i, at, max(common, each.position.offset), original)
        else:
            return
        self.decided[filled.number] = Leave(filled.number, "ignored")

    def _is_packed_whole(self, each: Known) -> bool:
        """Return whether an archive holds just what a generation's file does: rotation has packed it away."""
        return any(each in self.whole.get(i, ()) and self._file(i).packed for i in self.free)

    def _archived(self, each: Known, original: int | None) -> bool:
        """Return whether rotation has packed the file away: what begins like it at the path is the next one."""
        if original is not None and self._file(original).packed:
            return True
        packed = (i for i, candidate in enumerate(self.found.candidates) if candidate.packed)
        return any(self.found.answer(each.number, i)[0] is Relation.SAME for i in packed)

    def _wait_if_torn(self, i: int) -> bool:
        """Leave a file for later that may be a part of another, or begin with the same banner and a line of its own."""
        self.again = self.again or self.found.torn
        if self.found.torn:
            self.free.pop(i, None)
        return self.found.torn

    def _find_renamed_copy(self, each: Known) -> None:
        """Go on in a copy of a file that was deleted, whole or trimmed, that has more by now than that has.

        Not where it was packed before it was deleted.
        """
        if self._is_packed_whole(each):
            return
        for i in self.free:
            candidate, common = self._file(i), self.found.common.get((each.number, i), 0)
            rotated = candidate.rotated is not None and i not in self.found.undecided
            longer = (each.number, i) not in self.found.own_parts and common >= TELLING_BYTES
            anothers = any(k is not each for k in self.by_inode[i]) or self._holds_more(i, each)
            relation, at = self.found.answer(each.number, i)
            if rotated and longer and not anothers and relation in HELD:
                rest = max(common, each.position.offset)
                self.decided[each.number] = Replace(each.number, i, at, rest, None)
                del self.free[i]
                return

    def _holds_more(self, i: int, each: Known) -> bool:
        """Return whether a file holds another generation, further than this one was read: of it but a banner."""
        others = (k for k in self.known if k.position.head_bytes and k.position.offset > each.position.offset)
        return any(self._holds(k, i) for k in others)

    def _is_part(self, number: int, i: int, of: int | None) -> bool:
        return (number, i) in self.found.own_parts or (i, of) in self.found.parts

    def _common(self, each: Known, i: int, original: int | None) -> int:
        """Return up to where a generation's file is known to hold what the path's file holds too."""
        if self._is_part(each.number, i, original):
            return self.found.sizes[i] or 0
        if (each.number, i) in self.found.common:
            return self.found.common[each.number, i]
        whole = original is not None and (original, i) in self.found.parts
        return (self.found.sizes[original] if whole and original is not None else None) or each.position.offset

    def _find_content(self, each: Known) -> None:
        """Find a file with another inode that holds the generation, or where the run before its offset has moved to.

        Else what was copied of it before it was read as far as it is.
        """
        position, at_path = each.position, self.found.at_path
        followed = position.state == "live" and max(position.offset, position.head_bytes) >= TELLING_BYTES
        order = [i for i in self._order(each) if followed or i != at_path]
        answers = [(i, *self.found.answer(each.number, i)) for i in order]
        for i in order:
            if self._holds(each, i) and not self._differs(each, i):
                return self._take(each, i)
        if each.in_use and any(relation is Relation.UNDECIDED for _, relation, _ in answers):
            self.decided[each.number] = Leave(each.number, "packed")
            return None
        for i, relation, at in answers:
            if (relation is Relation.MOVED and each.in_use) or (relation in _SHORTER and i == at_path):
                if relation in _SHORTER and self._wait_if_torn(i):
                    self.decided[each.number] = Leave(each.number, "packed")
                    return None
                return self._take(each, i, at)
            anothers = any(k.in_use and k is not each for k in self.by_inode[i])
            if i != at_path and not anothers and self._is_part_by_notes(each, i):
                return self._take(each, i)
        return None

    def _order(self, each: Known) -> list[int]:
        """Return the free files in the order in which they are looked at, but for those that other generations lie in.

        The path's own first, then the longest: a shorter copy was made earlier. Last the copies that were left out. Of
        which nothing was read, or but a banner, is the oldest that begins like it: the others came after it.
        """

        def key(i: int) -> tuple[bool, bool, Age, bool, int, bool]:
            candidate = self._file(i)
            copied = any(k is not each and k.number not in self.untold for k in self.by_inode[i])
            oldest = (self._is_repeated(i), self._age(i)) if each.number in self.untold else (False, (0, 0, "", 0))
            return (copied, *oldest, candidate.rotated is not None, -(self.found.sizes[i] or 0), candidate.packed)

        def is_anothers(i: int) -> bool:
            mine = (k for k in self.by_inode[i] if k is not each and k.position.state != "ignored")
            if any(k.position.head_bytes and k.number not in self.untold for k in mine):
                return True  # else its inode alone proves little
            whole = (k for k in self.whole.get(i, ()) if k is not each and self._lies_at(k.number) in (i, None))
            return any(k.position.offset > each.position.offset for k in whole)

        return sorted((i for i in self.free if not is_anothers(i)), key=key)

    def _lies_in_older(self, each: Known, i: int) -> bool:
        """Return whether a generation that its bytes do not tell lies in an older file than the one with its inode."""
        return next((j for j in self._order(each) if self._holds(each, j)), i) != i

    def _differs(self, each: Known, i: int) -> bool:
        """Return whether a file that begins like one that was left out, of which no more is known, has another size."""
        size, then = self.found.sizes[i], each.position.size
        return each.position.state == "ignored" and bool(then) and size is not None and size != then

    def _is_part_by_notes(self, each: Known, i: int) -> bool:
        """Return whether all that a file holds is a generation's, as far as was noted of that."""
        relation, size = self.found.answer(each.number, i).relation, self.found.sizes[i]
        shorter = size is not None and TELLING_BYTES <= size <= each.position.size and not self._differs(each, i)
        return relation is Relation.PART or (relation is Relation.SAME and shorter and self._enough(each, i))

    def _enough(self, each: Known, i: int) -> bool:
        """Return whether there is enough to compare: a few bytes are alike in many files, unless they are all there is.

        What is empty is told by its inode and its time.
        """
        telling = max(each.position.head_bytes, each.position.offset)
        return telling >= TELLING_BYTES or not telling or self.found.sizes[i] == each.position.size

    def _find_trimmed(self, in_use: list[Known]) -> None:
        """Begin behind what was read where a file was emptied, and filled with its own last lines."""
        at_path = self.found.at_path
        holders: dict[int, Known | None] = {}
        for each in in_use:
            i = self._lies_at(each.number)
            if i is not None and not each.position.offset and self.decided[each.number] == Hold(each.number, i):
                holders[i] = each
        if at_path is not None and at_path in self.free and at_path not in self.start:
            holders[at_path] = None
        for each in reversed(in_use):
            for i, holder in () if each.open else holders.items():
                relation, at = self.found.answer(each.number, i)
                same = relation in (Relation.SAME, *_SHORTER) and i == at_path and at >= TELLING_BYTES
                if relation is Relation.MOVED or (same and self._is_nowhere(each)):
                    if self._is_nowhere(each):
                        self.decided[each.number] = Leave(each.number, "done")
                    if holder:
                        self._take(holder, i, at)
                    else:
                        self.start[i] = at
                    return

    def _undo_copies(self) -> None:
        """Leave out what was taken up while it was empty, and turns out to be a copy that was being made.

        What only comes after a copy has not read what the copy begins with.
        """
        others = [k for k in self.known if k.position.state != "ignored" and not k.headless]
        for each in reversed(self.known):
            i, rest = self._lies_at(each.number), [k for k in others if k is not each]
            if each.position.offset or each.position.state != "rotated":
                continue
            original = None if i is None else self._find_original(each, i)  # it may have got lines of its own meanwhile
            if original or (self._is_packed(each, rest) if i is None else self._repeats(i, rest)):
                self.decided[each.number] = Leave(each.number, "ignored")
                others.remove(each)
            if original and i is not None:
                self.decided[original.number] = Hold(original.number, i)

    def _find_original(self, each: Known, i: int) -> Known | None:
        """Return the generation that lost its file, if what was taken up after it, while empty, holds it by now."""
        lost = (k for k in self.known if k.number < each.number and k.in_use and self._is_nowhere(k))
        return next((k for k in lost if k.position.offset >= RENAMED_BYTES and self._holds(k, i)), None)

    def _is_packed(self, each: Known, known: Iterable[Known]) -> bool:
        """Return whether an open file that has no name any more has just the bytes that one of these lies in."""
        places = {self._lies_at(k.number) for k in known}
        return any(
            number == each.number and i in places and self.found.sizes[i] == each.position.size == end > 0
            for (number, i), end in self.found.common.items()
        )

    def _repeats(self, i: int, known: Iterable[Known]) -> bool:
        """Return whether a file is a copy of what one of these generations holds, or held."""
        for each in known:
            action, at = self.decided.get(each.number), self._lies_at(each.number)
            if (each.number, i) in self.found.own_parts or (at is not None and (i, at) in self.found.parts):
                return True
            changed = isinstance(action, Hold) and action.at is not None
            all_read = self.found.sizes[i] == each.position.offset > 0
            if not each.open and (at is None or changed or all_read) and self._is_part_by_notes(each, i):
                return True
        return False

    def _settle(self, each: Known) -> Leave:
        if each.open:
            return Leave(each.number, "open")
        unsure = self.path.absent or any(candidate.head is None for candidate in self.found.candidates)
        if not each.in_use and (each.dead or not unsure):
            return Leave(each.number, "forgotten")
        disowned = any(candidate.key == each.key for candidate in self.found.candidates)
        return Leave(each.number, "disowned" if disowned else "missing")

    # what is new

    def _sort_free(self) -> tuple[list[int], list[int]]:
        """Return the files that are copies, and those with bytes that nobody has seen, oldest first."""
        copies: list[int] = []
        unknown: list[int] = []
        # What was empty when it was last seen, by its inode: if that has bytes now they are late lines, nobody's copy
        empty = [k for k in self.known if self._is_nowhere(k) and k.empty]
        blank = {k.key: k for k in reversed(empty)}
        for i in list(self.free):
            candidate = self._file(i)
            rotated = candidate.rotated
            certain = not rotated or rotated.certain
            if isinstance(candidate.error, MissingLibraryError):
                continue
            if rotated and self._is_copy(i):
                if certain:
                    copies.append(i)
            elif rotated and i in self.found.undecided:
                continue
            elif not candidate.packed and (each := blank.get(candidate.key)) and each.in_use:
                self._take(each, i)
                del blank[candidate.key]
            elif certain:
                unknown.append(i)
        unknown.sort(key=self._age)
        return copies, unknown

    def _is_copy(self, i: int) -> bool:
        return self._repeats(i, self.known) or self._is_repeated(i)

    def _is_repeated(self, i: int) -> bool:
        """Return whether another file that is free holds all that this one does."""
        others = (j for j in self.free if (i, j) in self.found.parts)
        return any(self._copy_order(j) < self._copy_order(i) for j in others)

    def _copy_order(self, i: int) -> tuple[int, bool, bool, int, str]:
        """Return what sorts equal copies: the path itself first, then plain files, then what was written first."""
        candidate, size = self._file(i), self.found.sizes[i] or 0
        return (-size, candidate.rotated is not None, candidate.packed, candidate.modified, candidate.path)

    def _age(self, i: int) -> Age:
        candidate = self._file(i)
        return age_key(candidate.rotated, candidate.modified) if candidate.rotated else (9, 0, "", 0)

    def _adopt(self, plan: Plan, copies: list[int], unknown: list[int]) -> None:
        """Take up files with bytes that nobody has seen: generations in between, then the one that is live now."""
        path, at_path = self.path, self.found.at_path
        holders = (k.number for k in self.known if self._lies_at(k.number) == at_path)
        holder = next(holders, None) if at_path is not None else None
        replaced = holder is not None and isinstance(self.decided[holder], Replace)
        renewed = not path.first and (path.was_blank or replaced or holder is None or holder != path.current)
        between = 0
        for i in unknown:
            candidate = self._file(i)
            if i != at_path and candidate.key != NO_KEY:
                late = candidate.modified > path.news_since * 1e9
                wanted = renewed or late or (candidate.matched and not (path.first and path.starts_at_end))
                plan.actions.append(TakeUp(i, "rotated" if wanted else "ignored"))
                between += wanted
        plan.actions += [TakeUp(i, "ignored") for i in copies]  # they stay known when their originals are gone
        if between and not path.first:
            plan.actions += [Leave(k.number, "done") for k in self.known if self._was_resolved(k)]
            plan.actions.append(Rotated("rename", between))
        if at_path in unknown and self._file(at_path).head is not None:
            at = None if path.first and path.starts_at_end else self.start.get(at_path, 0)
            plan.actions.append(TakeUp(at_path, "live", at))
            if path.followed and not self.start.get(at_path):
                plan.actions.append(Rotated(self._kind()))
        elif path.first and not self.known and not plan.actions:
            plan.actions.append(Absent())

    def _was_resolved(self, each: Known) -> bool:
        """Return whether a file was empty that is nowhere: the bytes that it got are in what was found in between."""
        nothing_read = not each.position.offset and each.position.head_bytes < TELLING_BYTES
        return each.in_use and nothing_read and self._is_nowhere(each)

    def _kind(self) -> RotationKind:
        path = self.path
        before = next((k for k in self.known if k.number == path.current), None)
        if before is None:
            return "replace" if path.successor else "rename"
        if path.truncated:
            return "truncate"
        i = self._lies_at(before.number)
        if i is not None:
            name = self._file(i).path if self._file(i).rotated else ""
        else:
            name = before.name if before.open else before.position.found_at
        return "rename" if name and not path.is_link else "replace"  # where a link was swapped, its target stays
