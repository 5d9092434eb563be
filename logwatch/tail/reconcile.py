"""Decides what every file around a path is: pure, from what is known and what was found; nothing is looked at here.

In: a path's generations, and the survey of the files around it. Out: a plan, which says of every generation where it
lies now, and of every file that holds none what becomes of it. ``apply`` carries it out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from logwatch.model import FileState, RotationKind
from logwatch.tail.fingerprint import TELLING_BYTES
from logwatch.tail.identity import Verdict
from logwatch.tail.rotated_names import age_key
from logwatch.tail.survey import NO_KEY, Candidate, Found, Known
from logwatch.tail.unpack import MissingLibraryError

SURE_BYTES = TELLING_BYTES
"""So many equal bytes, all that were read, make another inode at the path the same file: a line with a stamp."""

RENAMED_BYTES = 256
"""So many, if the file that it was has been renamed as rotation does: there a banner recurs."""


@dataclass(frozen=True, slots=True)
class PathView:
    """What a decision needs to know of the path itself."""

    current: int | None = None  # the generation that it led to when it was last looked at
    truncated: bool = False  # that one ended by a truncation
    first: bool = False  # it was never looked at before
    starts_at_end: bool = False  # what is there at the first look is skipped
    followed: bool = True  # it has led somewhere before
    was_blank: bool = False  # its file had too short a head to tell it from its successor
    successor: bool = False  # it takes over from another path
    is_link: bool = False
    absent: bool = False  # it leads nowhere


@dataclass(frozen=True, slots=True)
class Hold:
    """A generation lies in this file; reading goes on at ``at`` if that is another place than before."""

    number: int
    file: int
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Replace:
    """A generation goes on in a copy at its path; what is behind ``rest`` in the file it had is another one's."""

    number: int
    file: int
    at: int
    rest: int
    rest_file: int | None  # where that file is; None: it is open


@dataclass(frozen=True, slots=True)
class Stay:
    """A generation is read from its open file, which has no name that was looked at."""

    number: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Whether a file holds a generation cannot be told before it is unpacked further."""

    number: int


@dataclass(frozen=True, slots=True)
class Miss:
    """A generation's bytes are nowhere; ``disowned``: its inode is another's now."""

    number: int
    disowned: bool


@dataclass(frozen=True, slots=True)
class Finish:
    """A generation is over, and nothing of it was left to be read elsewhere; or it is no generation (``ignored``)."""

    number: int
    state: FileState = "done"


@dataclass(frozen=True, slots=True)
class Forget:
    """A generation that is over is nowhere any more."""

    number: int


@dataclass(frozen=True, slots=True)
class TakeUp:
    """A file is a new generation, read from ``at`` on; None: from its end on."""

    file: int
    state: FileState
    at: int | None = 0


@dataclass(frozen=True, slots=True)
class Ignore:
    """A file is known from now on, and not read."""

    file: int


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing was there at the first look: what comes is new."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """The path began to lead to other bytes, so many times."""

    kind: RotationKind
    count: int = 1


Action = Hold | Replace | Stay | Wait | Miss | Finish | Forget | TakeUp | Ignore | Absent | Rotated


@dataclass(slots=True)
class Plan:
    """What is to be done, in this order."""

    actions: list[Action] = field(default_factory=list)
    news: bool = False  # rotated files hold what nobody has seen: that has to be made sure of


def reconcile(path: PathView, known: Sequence[Known], found: Found) -> Plan:
    """Return what becomes of every generation, oldest first, and of every file."""
    return _Decision(path, known, found).plan()


class _Decision:
    def __init__(self, path: PathView, known: Sequence[Known], found: Found) -> None:
        self.path = path
        self.known = known
        self.found = found
        self.free = dict.fromkeys(range(len(found.candidates)))
        self.held: dict[int, int] = {}  # number: file
        self.at: dict[int, int] = {}  # number: where reading goes on, if that is another place
        self.replaced: dict[int, Replace] = {}
        self.waiting: set[int] = set()
        self.start: dict[int, int] = {}  # file: where a new generation begins to read
        self.superseded: set[int] = set()

    def plan(self) -> Plan:
        """Find each generation's file, by its inode first, then by content alone; then see what is left.

        Generations that are still read come before those that were read or left out: a copy that was left out while
        its original was being read is the place to go on when the original is truncated.
        """
        in_use = [k for k in self.known if k.position.state in ("live", "rotated")]
        past = [k for k in self.known if k.position.state not in ("live", "rotated")]
        # What comes after a copy has but its inode, which a copy may have by now: it comes behind the others
        rests = [k for k in in_use if k.position.offset and not k.position.head_bytes and not k.open]
        whole = [k for k in in_use if k not in rests]
        for some in (whole, rests, past):
            for each in reversed(some):  # of two with one inode, the newer one is there
                self._find_inode(each)
            for each in reversed(whole if some is whole else ()):
                self._find_copy(each)
            for each in reversed(some):
                if self._nowhere(each) and not each.open:
                    self._find_content(each)
        copies, unknown = self._sort_free()
        self._find_trimmed(in_use)
        undone = self._copies_being_made()
        plan = Plan(news=any(self._file(i).rotated for i in unknown))
        plan.actions += [Finish(number, "ignored") for number in undone]
        plan.actions += [self._settle(each) for each in self.known if each.position.generation not in undone]
        self._adopt(plan, copies, unknown)
        return plan

    def _file(self, i: int) -> Candidate:
        return self.found.candidates[i]

    def _take(self, each: Known, i: int, at: int | None = None) -> None:
        self.held[each.position.generation] = i
        if at is not None and at != each.position.offset:
            self.at[each.position.generation] = at
        self.free.pop(i, None)

    def _nowhere(self, each: Known) -> bool:
        number = each.position.generation
        return number not in self.held and number not in self.replaced and number not in self.waiting

    # what is known

    def _find_inode(self, each: Known) -> None:
        position = each.position
        for i in self.free:
            if self._file(i).key != (position.device, position.inode) or self._file(i).key == NO_KEY:
                continue
            verdict, at = self.found.answer(position.generation, i)
            if verdict is Verdict.UNDECIDED:
                self.waiting.add(position.generation)
                del self.free[i]
            elif verdict is not Verdict.OTHER and (position.state in ("live", "rotated") or self._enough(each, i)):
                self._take(each, i, at if verdict in (Verdict.MOVED, Verdict.PART) else None)
            return

    def _find_copy(self, each: Known) -> None:
        """Go on in a copy at the path, while the file that it was copied from is still open or has another name."""
        number, i = each.position.generation, self.found.at_path
        if number not in self.held and not each.open:
            return
        if i is not None and i in self.free and (each.position.state == "live" or number == self.path.current):
            self._find_copy_at_path(each, i)
        if number not in self.held and number not in self.replaced and not each.name:
            self._find_renamed_copy(each)

    def _find_copy_at_path(self, each: Known, i: int) -> None:
        number = each.position.generation
        original = self.held.get(number)
        name = each.name if original is None else self._file(original).path
        sure = RENAMED_BYTES if name in self.found.rotated_names else SURE_BYTES
        verdict, at = self.found.answer(number, i)
        common = self._common(each, i, original)
        if min(common, self.found.sizes[i] or 0) < sure:
            return
        if verdict in (Verdict.SAME, Verdict.MOVED):
            self.held.pop(number, None)
            self.replaced[number] = Replace(number, i, at, max(common, each.position.offset), original)
            del self.free[i]
        elif self._is_part(number, i, original):
            self.start[i] = common  # a copy that was made before all that has been read

    def _find_renamed_copy(self, each: Known) -> None:
        """Go on in a copy that was put at the path and has been renamed since, of a file that was deleted."""
        number = each.position.generation
        for i in self.free:
            candidate, common = self._file(i), self.found.common.get((number, i), 0)
            known_name = candidate.rotated is not None and candidate.rotated.certain and not candidate.packed
            longer = (number, i) not in self.found.own_parts and common >= RENAMED_BYTES
            if known_name and longer and self.found.answer(number, i).verdict is Verdict.SAME:
                at = each.position.offset
                self.replaced[number] = Replace(number, i, at, max(common, at), None)
                del self.free[i]
                return

    def _is_part(self, number: int, i: int, original: int | None) -> bool:
        return (number, i) in self.found.own_parts or (i, original) in self.found.parts

    def _common(self, each: Known, i: int, original: int | None) -> int:
        """Return up to where a generation's file is known to hold what the path's file holds too."""
        number, sizes = each.position.generation, self.found.sizes
        if self._is_part(number, i, original):
            return sizes[i] or 0
        if (number, i) in self.found.common:
            return self.found.common[number, i]
        whole = original is not None and (original, i) in self.found.parts
        return (sizes[original] if whole and original is not None else None) or each.position.offset

    def _find_content(self, each: Known) -> None:
        """Find a file with another inode that holds the generation: where it goes on, else what was copied of it."""
        position, found = each.position, self.found
        order = sorted(self.free, key=self._length_order)
        waits = False
        for i in order:
            verdict, _ = found.answer(position.generation, i)
            at_path = i == found.at_path
            if at_path and (position.state != "live" or position.offset < SURE_BYTES):
                continue
            if verdict is Verdict.SAME and self._enough(each, i):
                self._take(each, i)
                return
            waits = waits or (verdict is Verdict.UNDECIDED and position.state in ("live", "rotated"))
        if waits:
            self.waiting.add(position.generation)
            return
        self._find_remains(each, order)

    def _find_remains(self, each: Known, order: list[int]) -> None:
        """Find where the run before the offset has moved to, or else what was copied of a generation before that."""
        position = each.position
        for i in order:
            verdict, at = self.found.answer(position.generation, i)
            at_path = i == self.found.at_path
            if at_path and (position.state != "live" or position.offset < SURE_BYTES):
                continue
            moved = verdict is Verdict.MOVED and position.state in ("live", "rotated")
            if moved or (at_path and verdict is Verdict.PART):
                self._take(each, i, at)
                return
            if not at_path and self._is_part_by_notes(each, i):
                self._take(each, i)
                return

    def _length_order(self, i: int) -> tuple[bool, int, bool]:
        """Return what sorts files: the path's own first, then the longest: a shorter copy was made earlier."""
        return (self._file(i).rotated is not None, -(self.found.sizes[i] or 0), self._file(i).packed)

    def _is_part_by_notes(self, each: Known, i: int) -> bool:
        """Return whether all that a file holds is a generation's, as far as was noted of that."""
        verdict, _ = self.found.answer(each.position.generation, i)
        size = self.found.sizes[i]
        if verdict is Verdict.PART:
            return True
        shorter = size is not None and TELLING_BYTES <= size <= each.position.size
        return verdict is Verdict.SAME and shorter and self._enough(each, i)

    def _enough(self, each: Known, i: int) -> bool:
        """Return whether there is enough to compare: a few bytes are alike in many files, unless they are all there is.

        What is empty is told by its inode and its time.
        """
        telling = max(each.position.head_bytes, each.position.offset)
        return telling >= TELLING_BYTES or not telling or self.found.sizes[i] == each.position.size

    def _find_trimmed(self, in_use: list[Known]) -> None:
        """Begin behind what was read where a file was emptied, and filled with its own last lines."""
        i = self.found.at_path
        if i is None or i in self.start:
            return
        holder = next((k for k in self.known if self.held.get(k.position.generation) == i), None)
        if (holder and holder.position.offset) or (not holder and i not in self.free):
            return
        for each in reversed(in_use):
            verdict, at = self.found.answer(each.position.generation, i)
            if each is not holder and verdict is Verdict.MOVED and self._nowhere(each) and not each.open:
                self.superseded.add(each.position.generation)
                if holder:
                    self.at[holder.position.generation] = at
                else:
                    self.start[i] = at
                return

    def _copies_being_made(self) -> list[int]:
        """Return what was taken up while it was empty, and turns out to be a copy that was being made."""
        copies: list[int] = []
        for each in reversed(self.known):
            number, position = each.position.generation, each.position
            i = self.held.get(number)
            if i is None or position.offset or position.state != "rotated":
                continue
            others = [k for k in self.known if k is not each and k.position.state != "ignored"]
            if self._repeats(i, [k for k in others if k.position.generation not in copies]):
                copies.append(number)
        return copies

    def _repeats(self, i: int, known: Sequence[Known]) -> bool:
        """Return whether a file is a copy of what one of these generations holds, or held."""
        for each in known:
            number = each.position.generation
            at = self.held.get(number, self.replaced[number].file if number in self.replaced else None)
            if (number, i) in self.found.own_parts or (at is not None and (i, at) in self.found.parts):
                return True
            if not each.open and (at is None or number in self.at) and self._is_part_by_notes(each, i):
                return True
        return False

    def _settle(self, each: Known) -> Action:
        number = each.position.generation
        if number in self.replaced:
            return self.replaced[number]
        if number in self.held:
            return Hold(number, self.held[number], self.at.get(number))
        if each.open:
            return Stay(number)
        if number in self.waiting:
            return Wait(number)
        return Finish(number) if number in self.superseded else self._settle_lost(each)

    def _settle_lost(self, each: Known) -> Action:
        position = each.position
        unsure = self.path.absent or any(candidate.head is None for candidate in self.found.candidates)
        if position.state in ("done", "ignored") and (each.dead or not unsure):
            return Forget(position.generation)
        key = (position.device, position.inode)
        return Miss(position.generation, any(candidate.key == key for candidate in self.found.candidates))

    # what is new

    def _sort_free(self) -> tuple[list[int], list[int]]:
        """Return the files that are copies, and those with bytes that nobody has seen, oldest first."""
        copies: list[int] = []
        unknown: list[int] = []
        blank = [
            k
            for k in self.known
            if self._nowhere(k) and not k.open and not (k.position.head_bytes or k.position.offset)
        ]
        for i in list(self.free):
            candidate = self._file(i)
            if candidate.rotated and not candidate.rotated.certain:
                continue
            if isinstance(candidate.error, MissingLibraryError):
                continue
            if candidate.rotated and self._is_copy(i):
                copies.append(i)
            elif candidate.rotated and i in self.found.undecided:
                continue
            elif not candidate.packed and (empty := self._find_empty(blank, candidate)):
                self._take(empty, i)  # late lines, the first ones, as they are nobody's copy
                blank.remove(empty)
            else:
                unknown.append(i)
        unknown.sort(key=self._age)
        return copies, unknown

    def _is_copy(self, i: int) -> bool:
        others = (j for j in self.free if (i, j) in self.found.parts)
        return self._repeats(i, self.known) or any(self._copy_order(j) < self._copy_order(i) for j in others)

    def _copy_order(self, i: int) -> tuple[int, bool, bool, int, str]:
        """Return what sorts equal copies: the path itself first, then plain files, then what was written first."""
        candidate = self._file(i)
        size = self.found.sizes[i] or 0
        return (-size, candidate.rotated is not None, candidate.packed, candidate.modified, candidate.path)

    def _age(self, i: int) -> tuple[int, int, str, int]:
        candidate = self._file(i)
        return age_key(candidate.rotated, candidate.modified) if candidate.rotated else (9, 0, "", 0)

    @staticmethod
    def _find_empty(blank: list[Known], candidate: Candidate) -> Known | None:
        """Find a generation in use that was empty when it was last seen, and whose inode a file has that is not."""
        for each in blank:
            if (each.position.device, each.position.inode) == candidate.key:
                return each if each.position.state in ("live", "rotated") else None
        return None

    def _adopt(self, plan: Plan, copies: list[int], unknown: list[int]) -> None:
        """Take up files with bytes that nobody has seen: generations in between, then the one that is live now."""
        path, at_path = self.path, self.found.at_path
        holders = (k.position.generation for k in self.known if self._lies_at(k.position.generation) == at_path)
        holder = next(holders, None) if at_path is not None else None
        renewed = path.was_blank or holder is None or holder != path.current
        between = 0
        for i in unknown:
            candidate = self._file(i)
            if i == at_path or candidate.key == NO_KEY:
                continue
            wanted = candidate.matched and not (path.first and path.starts_at_end)
            if wanted or (renewed and not path.first):
                plan.actions.append(TakeUp(i, "rotated"))
                between += 1
            else:
                plan.actions.append(Ignore(i))
        plan.actions += [Ignore(i) for i in copies]  # they stay known when their originals are gone
        if between and not path.first:
            plan.actions += [Finish(k.position.generation) for k in self.known if self._was_resolved(k)]
            plan.actions.append(Rotated("rename", between))
        if at_path in unknown and self._file(at_path).head is not None:
            at = None if path.first and path.starts_at_end else self.start.get(at_path, 0)
            plan.actions.append(TakeUp(at_path, "live", at))
            if path.followed and not self.start.get(at_path):
                plan.actions.append(Rotated(self._kind()))
        elif path.first and not self.known and not plan.actions:
            plan.actions.append(Absent())

    def _lies_at(self, number: int) -> int | None:
        return self.replaced[number].file if number in self.replaced else self.held.get(number)

    def _was_resolved(self, each: Known) -> bool:
        """Return whether a file was empty that is nowhere: the bytes that it got are in what was found in between."""
        nothing_read = not each.position.offset and each.position.head_bytes < TELLING_BYTES
        in_use = each.position.state in ("live", "rotated")
        return in_use and nothing_read and self._nowhere(each) and not each.open

    def _kind(self) -> RotationKind:
        path = self.path
        before = next((k for k in self.known if k.position.generation == path.current), None)
        if before and path.truncated:
            return "truncate"
        if path.successor and not before:
            return "replace"
        if not before:
            return "rename"
        i = self.held.get(before.position.generation)
        if i is not None:
            name = self._file(i).path if self._file(i).rotated else ""
        else:
            name = before.name if before.open else before.position.found_at
        return "rename" if name and not path.is_link else "replace"  # where a link was swapped, its target stays
