"""What ``reconcile`` decides by, what it says is to become of generations and files, and what ``apply`` carries out.

A ``Draft`` is a plan in the making.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Literal, NamedTuple

from logwatch.model import FileState, Position, RotationKind
from logwatch.tail.candidates import Candidate
from logwatch.tail.fingerprint import LINE_BYTES, TELLING_BYTES
from logwatch.tail.identity import HELD, UNDECIDED, Answer, Key, Positioned, Relation
from logwatch.tail.rotated_names import Age, age_key
from logwatch.tail.uncompressed import NOWHERE, SEARCH_BYTES

_SEARCHED = 2  # rotated files, of those that were written last, however long they are


@dataclass(frozen=True, slots=True)
class PathView:
    """What a decision needs to know of the path itself."""

    current: int | None = None  # the generation that it led to when it was last looked at
    first: bool = False  # it was never looked at before
    starts_at_end: bool = False  # what is there at the first look is skipped
    news_since: float = float("inf")  # what was written later is no history, until all that is there was looked at
    followed: bool = True  # it has led somewhere before
    was_blank: bool = False  # its file had too short a head to tell it from its successor
    successor: bool = False  # it takes over from another path: all that is here is new, and none of it history
    is_link: bool = False


@dataclass(frozen=True)
class Known(Positioned):
    """What a decision needs to know of a generation."""

    position: Position
    open: bool = False  # the file that was written is open: its inode is nobody else's
    name: str = ""  # of that file by now, wherever it was moved to; empty when it was deleted
    dead: bool = False  # it was deleted and read to its end, or was nowhere for long enough

    @property
    def deleted(self) -> bool:
        """Whether its file is open and has no name."""
        return self.open and not self.name


@dataclass(slots=True)
class Found:
    """The files that were found, and what each is to each generation and to each other file, by number and index."""

    candidates: list[Candidate]
    at_path: int | None = None
    answers: dict[tuple[int, int], Answer] = field(default_factory=dict)  # (generation, file)
    parts: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))  # by file: files that hold all of it
    own_parts: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))  # generations whose files do
    common: dict[tuple[int, int], int] = field(default_factory=dict)  # as much as both open file and other file hold
    rotated_names: frozenset[str] = frozenset()
    anothers: set[int] = field(default_factory=set)  # files that another path has followed, or copies of them
    ambiguous: set[int] = field(default_factory=set)  # files whose names may be of another log
    undecided: set[int] = field(default_factory=set)  # files that are to be unpacked further
    hidden: set[int] = field(default_factory=set)  # generations that are over, and lay where nobody can look now
    edited: set[int] = field(default_factory=set)  # files with some lines that were not read yet where they were before
    packing: bool = False  # an archive beside what it is packed from may still be written
    torn: bool = False  # the path's file ends within the first bytes of a line, which are alike in many lines

    @property
    def path_file(self) -> Candidate | None:
        """The file that the path leads to."""
        return None if self.at_path is None else self.candidates[self.at_path]

    def answer(self, number: int, index: int) -> Answer:
        """Return what a file is to a generation."""
        return self.answers.get((number, index), Answer(Relation.OTHER))

    def hold_back(self) -> None:
        """Leave it open what an archive is to any generation while it is open for one, which may have read further."""
        files = {i for (_, i), answer in self.answers.items() if answer.relation is Relation.UNDECIDED}
        for (number, i), answer in self.answers.items():
            if i in files and answer.relation is not Relation.OTHER:
                self.answers[number, i] = UNDECIDED

    def over(self, known: Iterable[Known], at_key: Mapping[Key, int]) -> dict[int, int]:
        """Return, by number, in which file beside the path lies what is over, by its inode and its bytes."""
        telling = (k for k in known if not k.in_use and k.key in at_key and k.position.head_bytes >= TELLING_BYTES)
        own = ((k.number, at_key[k.key]) for k in telling)
        return {n: i for n, i in own if i != self.at_path and self.answer(n, i).relation is Relation.SAME}

    def lost(self, known: Iterable[Known]) -> list[Known]:
        """Return the generations that are read, have no name, and are whole in no file.

        But for what may have been copied of one before that left its path: its name says no place.
        """
        lost = {k.number: k for k in known if k.in_use and not k.name}
        for (number, i), answer in self.answers.items():
            if number in lost and answer.relation in (Relation.SAME, Relation.UNDECIDED):
                name = self.candidates[i].name_says
                if self.candidates[i].key == lost[number].key or not name or name.number is not None or name.date:
                    del lost[number]
        return list(lost.values())

    def alike(self, known: Sequence[Known]) -> set[int]:
        """Return the files that nobody knows and that hold all that was read of one generation, where several do."""
        keys = {k.key for k in known}
        lost = {k.number for k in known if k.in_use and not k.open and k.position.offset}
        same: dict[int, set[int]] = {}
        for (number, i), answer in self.answers.items():
            if number in lost and answer.relation is Relation.SAME:
                same.setdefault(number, set()).add(i)
        alike = set().union(*(files for files in same.values() if len(files) > 1))
        return {i for i in alike if self.candidates[i].key not in keys}

    def searched(self) -> list[int]:
        """Return the files that are searched for a run that is nowhere: the path's own, and the last ones before it.

        As many as together are no more than is searched of one, and the newest two in any case. And the archives that
        no generation lies in: news, or of a log that was trimmed and then packed.
        """
        held = {i for (_, i), answer in self.answers.items() if answer.relation is Relation.SAME}
        archives = [i for i, c in enumerate(self.candidates) if c.packed and c.may_be_news and i not in held]
        plain = [i for i, candidate in enumerate(self.candidates) if candidate.head and not candidate.packed]
        rotated = sorted((i for i in plain if i != self.at_path), key=lambda i: -self.candidates[i].modified)
        ends = accumulate(self.candidates[i].disk_size for i in rotated)
        near = [i for n, (i, end) in enumerate(zip(rotated, ends, strict=True)) if n < _SEARCHED or end <= SEARCH_BYTES]
        return [i for i in plain if i == self.at_path] + near + archives

    def proofs(self, known: Iterable[Known]) -> dict[int, int]:
        """Return by file how much tells that it is one of these generations' own, where it holds all that was read."""
        by_number = {k.number: k for k in known}
        found: dict[int, int] = {}
        for (number, i), answer in self.answers.items():
            if answer.relation is Relation.SAME:
                found[i] = max(found.get(i, NOWHERE), by_number[number].proof(self.candidates[i].key))
        return found


class Hold(NamedTuple):
    """A generation lies in this file; reading goes on at ``at`` if that is another place than before.

    ``cut``: it was cut off at its end, and nobody can tell whether what stands before ``at`` was all read.
    """

    number: int
    file: int
    at: int | None = None
    cut: bool = False


class Leave(NamedTuple):
    """A generation lies in no file that was found.

    ``open``: it is read from its open file, from ``at`` on if that is another place than before; ``packed``: that
    cannot be told before an archive is unpacked further, or before a file has grown; ``missing``: its bytes are
    nowhere; ``disowned``: nor is its inode its own any more; ``done``: nothing of it is left to be read; ``ignored``:
    it is no generation; ``forgotten``: it was over, and is nowhere.
    """

    number: int
    how: Literal["open", "packed", "missing", "disowned", "done", "ignored", "forgotten"]
    at: int | None = None


class TakeUp(NamedTuple):
    """A file is a new generation, read from ``at`` on (None: from its end on); an ignored one is not read."""

    file: int
    state: FileState
    at: int | None = 0


class Absent(NamedTuple):
    """Nothing was there at the first look: what comes is new."""


class Rotated(NamedTuple):
    """The path began to lead to other bytes, so many times."""

    kind: RotationKind
    times: int = 1


Action = Hold | Leave | TakeUp | Absent | Rotated


@dataclass(slots=True)
class Plan:
    """What is to be done, in this order."""

    actions: list[Action] = field(default_factory=list)
    copy_of: dict[int, set[int]] = field(default_factory=dict)  # file: generations with whose bytes it begins
    news: bool = False  # rotated files hold what nobody has seen: that has to be made sure of
    renewed: bool = False  # the path leads to another file than before: what nobody knows is no history
    again: bool = False  # the next look is to decide what this one could not


class Draft:
    """What is known and found around a path, and what is decided of it; files are told by their index in ``found``.

    Each step takes from ``free`` the files that it decides on, and puts generations into ``decided``.
    """

    def __init__(self, path: PathView, known: Sequence[Known], found: Found) -> None:
        self.path, self.known, self.found, self.at_path = path, known, found, found.at_path
        self.free = dict.fromkeys(range(len(found.candidates)))
        self.at_key = {file.key: i for i, file in enumerate(found.candidates)}
        self.by_number = {k.number: k for k in known}
        self.current = self.by_number.get(path.current or 0)  # that the path led to
        holders = self._relate()
        # Of which nothing was read but what others begin with as well: in the oldest file that is nobody else's
        closed = {k.number: k for k in known if k.in_use and not k.open and k.position.head_bytes}
        self.untold = {k.number for k in closed.values() if not k.position.offset}
        for some in holders.values():
            most = max(k.position.offset for k in some)
            self.untold |= {k.number for k in some if k.number in closed and k.position.offset < most}
        self.untold |= {k.number for k in closed.values() if self._goes_on_differently(k)}
        self.plan = Plan(again=found.packing)
        self.decided: dict[int, Hold | Leave] = {}
        self.lying = defaultdict[int, set[int]](set)  # file: the generations that were found in it, or in a copy
        self.start: dict[int, int] = {}  # file: where a new generation begins to read
        self.copies: list[int] = []  # of which nothing is read
        self.later: set[int] = set()  # files that the next look decides on
        self.rising = False  # the newest file has the highest number

    def _relate(self) -> dict[int, list[Known]]:
        """Note what has bytes in common: few, where files and generations are many. Return the holders of each file."""
        found, holders = self.found, defaultdict[int, list[Known]](list)
        self._files = defaultdict[int, set[int]](set)  # by generation
        told = (pair for pair, answer in found.answers.items() if answer.relation is not Relation.OTHER)
        own = ((number, i) for i, numbers in found.own_parts.items() for number in numbers)
        for number, i in (*told, *own, *found.common):
            self._files[number].add(i)
        # By file: the generations that lay in it, whose bytes it still holds; those of whose bytes it holds any; those
        # of which any was read; and those that were read to their end, and are just what it holds
        self.by_inode = defaultdict[int, list[Known]](list)
        self.related = defaultdict[int, list[Known]](list)
        self.read = defaultdict[int, list[Known]](list)
        self.whole = defaultdict[int, list[Known]](list)
        for k in self.known:
            for i in self.files(k):
                relation, at = self.answer(k, i)
                if self.file(i).key == k.key and self.holds(k, i):
                    self.by_inode[i].append(k)
                self.related[i].append(k)
                if k.position.offset or k.number in found.own_parts[i]:
                    self.read[i].append(k)
                if relation is Relation.SAME:
                    holders[i].append(k)
                    if self.size(i) == k.position.size == at > 0:
                        self.whole[i].append(k)
        return holders

    def _goes_on_differently(self, each: Known) -> bool:
        """Return whether files that hold all that was read of one go on each in its own way: that was a banner."""
        files = [i for i in self.files(each) if self.answer(each, i).relation is Relation.SAME]
        longer = [i for i in files if (self.size(i) or 0) > each.position.offset and i not in self.found.ambiguous]
        longer.sort(key=lambda i: self.size(i) or 0)  # if each goes on as the next longer one does, all do
        return any(i not in self.found.parts[j] and j not in self.found.parts[i] for i, j in pairwise(longer))

    def files(self, each: Known) -> list[int]:
        """Return the files that have any bytes in common with a generation."""
        return sorted(self._files[each.number])

    def free_files(self, each: Known) -> list[int]:
        """Return those of them in which no generation has been found."""
        return [i for i in self.files(each) if i in self.free]

    def file(self, i: int) -> Candidate:
        """Return the candidate at an index."""
        return self.found.candidates[i]

    def size(self, i: int) -> int | None:
        """Return how long a file is, uncompressed; None while nobody needed to know."""
        return self.file(i).known_size

    def answer(self, each: Known, i: int) -> Answer:
        """Return what a file is to a generation."""
        return self.found.answer(each.number, i)

    def take(self, each: Known, i: int, at: int | None = None, *, cut: bool = False) -> None:
        """Decide that a generation lies in a file, and goes on at ``at`` or where it was; ``cut``: perhaps."""
        relation = self.answer(each, i).relation
        if at == each.position.offset and relation is not Relation.MOVED:  # else other bytes stand before it by now
            at = None
        self.decide(Hold(each.number, i, at, cut or (at is not None and relation is Relation.CUT)))
        self.free.pop(i, None)

    def decide(self, action: Hold | Leave) -> None:
        """Decide where a generation lies, whatever was decided before."""
        if isinstance(action, Hold):
            self.lying[action.file].add(action.number)
        self.decided[action.number] = action

    def stay_beside_copy(self, each: Known, i: int, original: int | None, common: int) -> int:
        """Return where reading goes on in a copy; what it was copied from goes on as well, behind as much as both hold.

        Where both hold it at the same place they are read on from there, and what both get is read once.
        """
        at, offset = self.answer(each, i).at, each.position.offset
        rest = None if at == offset else max(common, offset)
        n = each.number
        if rest is None:
            self.plan.copy_of[i] = {n}
        self.decide(Leave(n, "open", rest) if original is None else Hold(n, original, rest))
        return at

    def take_up(self, i: int, at: int) -> None:
        """Decide that a file is a new generation, which is read from there on."""
        self.start[i] = at
        self.free.pop(i, None)

    def holds(self, each: Known, i: int) -> bool:
        """Return whether a file holds what was read of a generation, and that is enough to tell."""
        return self.answer(each, i).relation is Relation.SAME and self.enough(each, i)

    def lies_at(self, number: int) -> int | None:
        """Return the file that a generation was found in."""
        action = self.decided.get(number)
        return action.file if isinstance(action, Hold) else None

    def is_nowhere(self, each: Known) -> bool:
        """Return whether a generation has no open file, and was found in none so far."""
        return each.number not in self.decided and not each.open

    def is_latest(self, each: Known) -> bool:
        """Return whether a generation is what the path led to when it was last looked at."""
        return each.position.state == "live" or each is self.current

    def is_part(self, each: Known, i: int, of: int | None) -> bool:
        """Return whether a generation's open file, or the file ``of`` that it lies in, holds all of a file."""
        return each.number in self.found.own_parts[i] or of in self.found.parts[i]

    def shared_end(self, each: Known, i: int) -> int:
        """Return up to where a file has the lines of a generation's own one, if not all that were read of that."""
        return 0 if self.answer(each, i).relation in HELD else self.found.common.get((each.number, i), 0)

    def enough(self, each: Known, i: int) -> bool:
        """Return whether there is enough to compare: a few bytes are alike in many files, unless they are all there is.

        What is empty is told by its inode and its time.
        """
        telling = max(each.position.head_bytes, each.position.offset)
        enough = telling >= TELLING_BYTES or each.position.offset >= LINE_BYTES
        return enough or not telling or self.size(i) == each.position.size

    def differs(self, each: Known, i: int) -> bool:
        """Return whether a file that begins like one that was left out, of which no more is known, is another one.

        It has another size, or that one is there, as it was.
        """
        if each.position.state != "ignored":
            return False
        size, then, own = self.size(i), each.position.size, self.at_key.get(each.key, i)
        there = own != i and each in self.by_inode[own] and then == self.size(own)
        return there or (bool(then) and size is not None and size != then)

    def is_part_by_notes(self, each: Known, i: int) -> bool:
        """Return whether all that a file holds is a generation's, as far as was noted of that."""
        relation, size = self.answer(each, i).relation, self.size(i)
        shorter = size is not None and TELLING_BYTES <= size <= each.position.size and not self.differs(each, i)
        return relation is Relation.PART or (relation is Relation.SAME and shorter)

    def put_off(self, i: int) -> None:
        """Leave a file to the next look, and with it what holds nothing else."""
        self.plan.again = True
        self.free.pop(i, None)
        self.later.add(i)

    def wait_if_torn(self, i: int) -> bool:
        """Leave a file for later that may be a part of another, or begin with the same banner and a line of its own."""
        if self.found.torn:
            self.put_off(i)
        return self.found.torn

    def numbers(self, files: Iterable[int | None]) -> list[int]:
        """Return the numbers that rotation gave to files, of those that have one."""
        names = (self.file(i).name_says for i in files if i is not None)
        return [name.number for name in names if name and name.number is not None]

    def age(self, i: int) -> Age:
        """Return what sorts files from the oldest on."""
        candidate = self.file(i)
        name, rising = candidate.name_says, self.rising
        return age_key(name, candidate.modified, rising=rising) if name else (9, 0, "", 0)
