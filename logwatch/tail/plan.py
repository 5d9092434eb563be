"""The input of a decision (``PathView``, ``Known``, ``Found``), and its result, the ``Plan`` that ``apply`` executes.

A ``Draft`` is a plan in the making. Files are identified by their index in ``Found.candidates``, generations by number.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Literal, NamedTuple

from logwatch.model import FileState, Position, RotationKind
from logwatch.tail.candidates import Candidate
from logwatch.tail.fingerprint import LINE_BYTES, TELLING_BYTES
from logwatch.tail.identity import UNDECIDED, Answer, Key, Positioned, Relation
from logwatch.tail.rotated_names import Age, age_key
from logwatch.tail.uncompressed import NOWHERE, SEARCH_BYTES

_SEARCHED = 2  # rotated files at least, the last ones written, are searched however long they are


@dataclass(frozen=True, slots=True)
class PathView:
    """What a decision needs to know of the path itself; what is known of its generations is in ``Known``."""

    current: int | None = None  # the generation that it led to at the last look
    first: bool = False  # it was never looked at before
    starts_at_end: bool = False  # the file that is there at the first look is read from its end on
    started: bool = False  # the daemon was started, and has not decided on all files yet
    news_since: float = float("inf")  # rotated files written after this time are no history; inf once all are decided
    followed: bool = True  # it has led somewhere before
    was_blank: bool = False  # its file's head was too short to tell it from the next file's
    successor: bool = False  # it takes over from another path, as a new container does: nothing here is history
    is_link: bool = False


@dataclass(frozen=True)
class Known(Positioned):
    """What a decision needs to know of a generation."""

    position: Position
    open: bool = False  # its file, which is no archive, is open: no other file can have its inode
    name: str = ""  # the open file's name now, wherever it was moved; empty if it was deleted, or is not open
    dead: bool = False  # it need not be remembered: deleted and read to its end, or nowhere for long enough

    @property
    def deleted(self) -> bool:
        """Whether its file is open and has no name."""
        return self.open and not self.name


@dataclass(slots=True)
class Found:
    """The candidates, and how each is related to each generation and to each other candidate."""

    candidates: list[Candidate]
    at_path: int | None = None
    answers: dict[tuple[int, int], Answer] = field(default_factory=dict)  # (generation, file): OTHER if absent
    parts: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))  # by file: files that hold all of it
    own_parts: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))  # generations whose own file does
    common: dict[tuple[int, int], int] = field(default_factory=dict)  # (generation, file): how far its own file agrees
    rotated_names: frozenset[str] = frozenset()
    anothers: set[int] = field(default_factory=set)  # files of another path, their copies, archives without an end
    ambiguous: set[int] = field(default_factory=set)  # files whose names may be another log's
    undecided: set[int] = field(default_factory=set)  # archives to be unpacked further
    hidden: set[int] = field(default_factory=set)  # generations that are over, last found where nobody can look now
    left: list[Candidate] = field(default_factory=list)  # rotated files of a path that is not followed any more
    edited: set[int] = field(default_factory=set)  # edited copies of generations' own files, which have more to read
    packing: bool = False  # a compressor may still be writing an archive beside the file that it is made from
    torn: bool = False  # the path's file ends within the first bytes of a line, which are alike in many lines

    @property
    def path_file(self) -> Candidate | None:
        """The file that the path leads to."""
        return None if self.at_path is None else self.candidates[self.at_path]

    def answer(self, number: int, index: int) -> Answer:
        """Return how a file is related to a generation; OTHER if they were not compared."""
        return self.answers.get((number, index), Answer(Relation.OTHER))

    def hold_back(self) -> None:
        """Treat an archive as undecided for all generations if it is for one, which may have read further in it."""
        files = {i for (_, i), answer in self.answers.items() if answer.relation is Relation.UNDECIDED}
        for (number, i), answer in self.answers.items():
            if i in files and answer.relation is not Relation.OTHER:
                self.answers[number, i] = UNDECIDED

    def over(self, known: Iterable[Known], at_key: Mapping[Key, int]) -> dict[int, int]:
        """Return, by number, the files beside the path that hold generations that are over: same inode and bytes."""
        telling = (k for k in known if not k.in_use and k.key in at_key and k.position.head_bytes >= TELLING_BYTES)
        own = ((k.number, at_key[k.key]) for k in telling)
        return {n: i for n, i in own if i != self.at_path and self.answer(n, i).relation is Relation.SAME}

    def lost(self, known: Iterable[Known]) -> list[Known]:
        """Return the generations in use that have no known file name, and whose read bytes no candidate holds in full.

        A candidate named without number or date counts only by its inode: it may be a copy, made before the rotation.
        """
        lost = {k.number: k for k in known if k.in_use and not k.name}
        for (number, i), answer in self.answers.items():
            if number in lost and answer.relation in (Relation.SAME, Relation.UNDECIDED):
                name = self.candidates[i].name_says
                if self.candidates[i].key == lost[number].key or not name or name.number is not None or name.date:
                    del lost[number]
        return list(lost.values())

    def alike(self, known: Sequence[Known]) -> set[int]:
        """Return the files with unknown inodes that hold all that was read of a generation, where several files do."""
        keys = {k.key for k in known}
        lost = {k.number for k in known if k.in_use and not k.open and k.position.offset}
        same: dict[int, set[int]] = {}
        for (number, i), answer in self.answers.items():
            if number in lost and answer.relation is Relation.SAME:
                same.setdefault(number, set()).add(i)
        alike = set().union(*(files for files in same.values() if len(files) > 1))
        return {i for i in alike if self.candidates[i].key not in keys}

    def searched(self) -> list[int]:
        """Return the files to search for the last lines of lost generations: each search reads much of a file.

        They are the path's own; the rotated ones written last, at least two, and more while together they have no more
        bytes than are searched of one; and archives without any generation: news, or a log trimmed before packing.
        """
        held = {i for (_, i), answer in self.answers.items() if answer.relation is Relation.SAME}
        packed = [i for i, candidate in enumerate(self.candidates) if candidate.packed]
        last = max(packed, key=lambda i: self.candidates[i].modified, default=None)  # more may be appended to it
        archives = [i for i in packed if (self.candidates[i].may_be_news and i not in held) or i == last]
        plain = [i for i, candidate in enumerate(self.candidates) if candidate.head and not candidate.packed]
        rotated = sorted((i for i in plain if i != self.at_path), key=lambda i: -self.candidates[i].modified)
        ends = accumulate(self.candidates[i].disk_size for i in rotated)
        near = [i for n, (i, end) in enumerate(zip(rotated, ends, strict=True)) if n < _SEARCHED or end <= SEARCH_BYTES]
        return [i for i in plain if i == self.at_path] + near + archives

    def proofs(self, known: Iterable[Known]) -> dict[int, int]:
        """Return the best ``proof`` of each file that holds all that was read of any of these generations."""
        by_number = {k.number: k for k in known}
        found: dict[int, int] = {}
        for (number, i), answer in self.answers.items():
            if answer.relation is Relation.SAME:
                found[i] = max(found.get(i, NOWHERE), by_number[number].proof(self.candidates[i].key))
        return found


class Hold(NamedTuple):
    """A generation lies in this file; reading goes on at ``at``, or at its offset if that is None.

    ``cut``: the file was cut off, and it is unknown whether all before ``at`` was read.
    """

    number: int
    file: int
    at: int | None = None
    cut: bool = False


class Leave(NamedTuple):
    """A generation lies in no candidate.

    ``open``: reading goes on in its open file, from ``at`` if given; ``packed``: wait until an archive is unpacked
    further, or a file has grown; ``missing``: it is nowhere; ``done``: nothing of it is left to read; ``forgotten``:
    drop it.
    """

    number: int
    how: Literal["open", "packed", "missing", "done", "forgotten"]
    at: int | None = None


class TakeUp(NamedTuple):
    """A file is a new generation, read from ``at`` on (None: from its end on); an ignored one is not read."""

    file: int
    state: FileState
    at: int | None = 0


class Absent(NamedTuple):
    """Nothing was there at the first look: any file that appears later is news, not history."""


class Rotated(NamedTuple):
    """The path has come to lead to other bytes, ``times`` times since the last look."""

    kind: RotationKind
    times: int = 1


Action = Hold | Leave | TakeUp | Absent | Rotated


@dataclass(slots=True)
class Plan:
    """The actions to carry out, in this order."""

    actions: list[Action] = field(default_factory=list)
    copy_of: dict[int, set[int]] = field(default_factory=dict)  # by file: generations whose bytes it begins with
    news: bool = False  # rotated files hold news: check that no file changed during the look, or a copy may count twice
    renewed: bool = False  # the path leads to another file than before: unknown rotated files are no history
    again: bool = False  # the next look has to decide what this one could not

    def starts(self) -> list[tuple[int, int]]:
        """Return the files in which reading goes on at another offset than before, and that offset."""
        goes_on = (action for action in self.actions if isinstance(action, Hold | TakeUp))
        return [(action.file, action.at) for action in goes_on if action.at]


class Begun(NamedTuple):
    """How much of a file was read as bytes of known generations, and of which."""

    at: int
    of: list[Known]


class Draft:
    """What is known of a path, what was found around it, and what has been decided so far.

    Each step removes the files that it decides on from ``free``, and adds generations to ``decided``.
    """

    def __init__(self, path: PathView, known: Sequence[Known], found: Found) -> None:
        self.path, self.known, self.found, self.at_path = path, known, found, found.at_path
        self.free = dict.fromkeys(range(len(found.candidates)))
        self.at_key = {file.key: i for i, file in enumerate(found.candidates)}
        self.by_number = {k.number: k for k in known}
        self.current = self.by_number.get(path.current or 0)
        holders = self._relate()
        # Closed ones of which nothing was read, or only what others begin with too: each lies in the oldest such file
        closed = {k.number: k for k in known if k.in_use and not k.open and k.position.head_bytes}
        self.unidentified = {k.number for k in closed.values() if not k.position.offset}
        for some in holders.values():
            most = max(k.position.offset for k in some)
            self.unidentified |= {k.number for k in some if k.number in closed and k.position.offset < most}
        self.unidentified |= {k.number for k in closed.values() if self._goes_on_differently(k)}
        self.plan = Plan(again=found.packing)
        self.decided: dict[int, Hold | Leave] = {}
        self.begun: dict[int, Begun] = {}  # by file that is a new generation
        self.copies: list[int] = []  # files to be left out
        self.postponed: set[int] = set()  # files left to the next look
        self.rising = False  # rotation gives the newest file the highest number, not 1

    def _relate(self) -> dict[int, list[Known]]:
        """Index files and generations by what they have in common; return, by file, the generations it holds (SAME)."""
        found, holders = self.found, defaultdict[int, list[Known]](list)
        self._files = defaultdict[int, set[int]](set)  # by generation
        related = (pair for pair, answer in found.answers.items() if answer.relation is not Relation.OTHER)
        own = ((number, i) for i, numbers in found.own_parts.items() for number in numbers)
        for number, i in (*related, *own, *found.common):
            self._files[number].add(i)
        # By file: generations with its inode that it holds; those with bytes in common; of these, those read, or
        # with an own file that holds all of it; and the numbers of those read to its end
        self.by_inode = defaultdict[int, list[Known]](list)
        self.related = defaultdict[int, list[Known]](list)
        self.read = defaultdict[int, list[Known]](list)
        self.whole = defaultdict[int, set[int]](set)
        for k in self.known:
            for i in self.files(k):
                relation, at = self.answer(k, i)
                if self.file(i).key == k.key and self.holds(k, i):
                    self.by_inode[i].append(k)
                self.related[i].append(k)
                if k.followed and (k.position.offset or k.number in found.own_parts[i]):
                    self.read[i].append(k)
                if relation is Relation.SAME:
                    holders[i].append(k)
                    if self.size(i) == k.position.size == at > 0:
                        self.whole[i].add(k.number)
        return holders

    def _goes_on_differently(self, each: Known) -> bool:
        """Return whether the files that hold all that was read of one differ after that: they only share a banner."""
        files = [i for i in self.files(each) if self.answer(each, i).relation is Relation.SAME]
        longer = [i for i in files if (self.size(i) or 0) > each.position.offset and i not in self.found.ambiguous]
        longer.sort(key=lambda i: self.size(i) or 0)  # if each goes on as the next longer one does, all do
        return any(i not in self.found.parts[j] and j not in self.found.parts[i] for i, j in pairwise(longer))

    def files(self, each: Known) -> list[int]:
        """Return the files that have bytes in common with a generation, by index."""
        return sorted(self._files[each.number])

    def file(self, i: int) -> Candidate:
        """Return the candidate at an index."""
        return self.found.candidates[i]

    def size(self, i: int) -> int | None:
        """Return a file's uncompressed size in bytes; None for an archive that was not unpacked to its end."""
        return self.file(i).known_size

    def lacks(self, each: Known, i: int) -> bool:
        """Return whether a file is shorter than a generation's was."""
        size = self.size(i)
        return size is not None and size < each.position.size

    def answer(self, each: Known, i: int) -> Answer:
        """Return how a file is related to a generation, and where reading would go on in it."""
        return self.found.answer(each.number, i)

    def take(self, each: Known, i: int, at: int | None = None, *, cut: bool = False) -> None:
        """Decide that a generation lies in a file and goes on at ``at``, or its offset; ``cut`` as in ``Hold``."""
        relation = self.answer(each, i).relation
        if at == each.position.offset and relation is not Relation.MOVED:  # MOVED: other bytes precede it now
            at = None
        self.decide(Hold(each.number, i, at, cut or (at is not None and relation is Relation.CUT)))
        self.free.pop(i, None)

    def decide(self, action: Hold | Leave) -> None:
        """Decide where a generation lies; this overrides any earlier decision."""
        self.decided[action.number] = action

    def holds(self, each: Known, i: int) -> bool:
        """Return whether a file holds all that was read of a generation, and enough of it to identify it."""
        return self.answer(each, i).relation is Relation.SAME and self.enough(each, i)

    def lies_at(self, number: int) -> int | None:
        """Return the file that a generation was decided to lie in; None if there is none so far."""
        action = self.decided.get(number)
        return action.file if isinstance(action, Hold) else None

    def is_nowhere(self, each: Known) -> bool:
        """Return whether nothing has been decided for a generation, and it has no open file."""
        return each.number not in self.decided and not each.open

    def is_own(self, each: Known, i: int) -> bool:
        """Return whether a file has the inode and the bytes of a generation."""
        identified = each.open or each is self.current or not each.empty  # else its inode may be a copy's by now
        return identified and self.file(i).key == each.key and self.answer(each, i).relation is Relation.SAME

    def is_blank(self, each: Known) -> bool:
        """Return whether too little of a generation in use was read to tell whose bytes its file has by now."""
        return each.in_use and (not each.position.offset or (self.path.was_blank and each is self.current))

    def is_latest(self, each: Known) -> bool:
        """Return whether the path led to a generation at the last look."""
        return each.position.state == "live" or each is self.current

    def may_lie_at_path(self, each: Known) -> bool:
        """Return whether the path's file may be a generation's: it was, or what was is blank, or none is in use."""
        return (self.path.was_blank and each.in_use) or self.is_latest(each) or not any(k.in_use for k in self.known)

    def is_part(self, each: Known, i: int, of: int | None) -> bool:
        """Return whether a generation's own file, or the file ``of`` that it lies in, holds all of a file."""
        return each.number in self.found.own_parts[i] or of in self.found.parts[i]

    def common(self, each: Known, i: int, original: int | None) -> int:
        """Return how far a generation's own file, or the one that it lies in, is known to agree with another file."""
        if self.is_part(each, i, original):
            return self.size(i) or 0
        return self.found.common.get((each.number, i), each.position.offset)

    def enough(self, each: Known, i: int) -> bool:
        """Return whether there is enough to compare: a few bytes are alike in many files, unless neither has more.

        For an empty one, inode and time of its file are; but one that has bytes by now may be a copy with that inode.
        """
        telling = max(each.position.head_bytes, each.position.offset)
        enough = telling >= TELLING_BYTES or each.position.offset >= LINE_BYTES
        still = not telling and (each.open or each is self.current or not self.file(i).head)
        return enough or still or self.size(i) == each.position.size

    def differs(self, each: Known, i: int) -> bool:
        """Return whether a file that begins like a left-out generation, of which only the head is known, is another.

        It is if the sizes differ, or if the generation's own file is still there, unchanged.
        """
        if each.position.state != "ignored":
            return False
        size, then, own = self.size(i), each.position.size, self.at_key.get(each.key, i)
        there = own != i and each in self.by_inode[own] and then == self.size(own)
        return there or (bool(then) and size is not None and size != then)

    def is_part_by_notes(self, each: Known, i: int) -> bool:
        """Return whether a generation's position (its digests and size) shows that it holds all of a file."""
        relation, size = self.answer(each, i).relation, self.size(i)
        shorter = size is not None and TELLING_BYTES <= size <= each.position.size and not self.differs(each, i)
        cut = relation is Relation.CUT and self.file(i).key != each.key  # a mark, or a line at its place, proves it
        return cut or relation is Relation.PART or (relation is Relation.SAME and shorter)

    def put_off(self, i: int) -> None:
        """Leave a file, and with it every file that holds nothing else, to the next look."""
        self.plan.again = True
        self.postponed.add(i)
        self.free.pop(i, None)

    def wait_if_torn(self, i: int) -> bool:
        """Put the path's file off if it is ``torn``, and return whether: the rest of its line will show what it is."""
        if self.found.torn:
            self.put_off(i)
        return self.found.torn

    def numbers(self, files: Iterable[int | None]) -> list[int]:
        """Return the numbers in the names of those files that have one."""
        names = (self.file(i).name_says for i in files if i is not None)
        return [name.number for name in names if name and name.number is not None]

    def age(self, i: int) -> Age:
        """Return a sort key by which older files come first, and the path's own last."""
        name = self.file(i).name_says
        return age_key(name, self.file(i).modified, rising=self.rising) if name else (9, 0, "", 0)
