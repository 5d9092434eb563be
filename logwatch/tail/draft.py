"""A plan in the making: what is decided so far of generations and files, and what every step asks of both."""

from collections.abc import Iterable, Sequence
from typing import Literal

from logwatch.tail.candidates import Candidate
from logwatch.tail.fingerprint import LINE_BYTES, TELLING_BYTES
from logwatch.tail.identity import Answer, Key, Relation
from logwatch.tail.plan import Found, Hold, Known, Leave, PathView
from logwatch.tail.rotated_names import Age, age_key


class Draft:
    """What is known and found around a path, and what is decided of it; files are told by their index in ``found``.

    Each step takes from ``free`` the files that it decides on, and puts generations into ``decided``.
    """

    def __init__(self, path: PathView, known: Sequence[Known], found: Found) -> None:
        self.path, self.known, self.found, self.at_path = path, known, found, found.at_path
        self.free = dict.fromkeys(range(len(found.candidates)))
        by_key: dict[Key, list[Known]] = {}
        for k in known:
            by_key.setdefault(k.key, []).append(k)
        # By file: the generations that lay in it, whose bytes it still holds
        self.by_inode = {
            i: [k for k in by_key.get(file.key, ()) if self.holds(k, i)] for i, file in enumerate(found.candidates)
        }
        # By file: the generations that were read to their end, and are just what it holds
        self.whole: dict[int, list[Known]] = {}
        by_number = {k.number: k for k in known}
        self.current = by_number.get(path.current) if path.current else None  # that the path led to
        holders: dict[int, list[Known]] = {}
        for (number, i), answer in found.answers.items():
            if answer.relation is Relation.SAME and by_number[number].position.head_bytes:
                holders.setdefault(i, []).append(by_number[number])
                if found.sizes[i] == by_number[number].position.size == answer.at > 0:
                    self.whole.setdefault(i, []).append(by_number[number])
        # Of which nothing was read but what others begin with as well: in the oldest file that is nobody else's
        closed = {k.number: k for k in known if k.in_use and not k.open and k.position.head_bytes}
        self.untold = {k.number for k in closed.values() if not k.position.offset}
        for some in holders.values():
            most = max(k.position.offset for k in some)
            self.untold |= {k.number for k in some if k.number in closed and k.position.offset < most}
        self.copied = {k.position.copy_of for k in known}  # whose copies tell more by now
        self.decided: dict[int, Hold | Leave] = {}
        self.start: dict[int, int] = {}  # file: where a new generation begins to read
        self.copy_of: dict[int, int] = {}  # file: the generation that lies elsewhere and was read as far
        self.copies: list[int] = []  # files that generations have left for their paths
        self.again = False
        self.rising = False  # the newest file has the highest number

    def file(self, i: int) -> Candidate:
        """Return the candidate at an index."""
        return self.found.candidates[i]

    def size(self, i: int) -> int | None:
        """Return how long a file is, uncompressed; None while nobody needed to know."""
        return self.found.sizes[i]

    def answer(self, each: Known, i: int) -> Answer:
        """Return what a file is to a generation."""
        return self.found.answer(each.number, i)

    def take(self, each: Known, i: int, at: int | None = None) -> None:
        """Decide that a generation lies in a file, where reading goes on at ``at``, or where it was."""
        relation = self.answer(each, i).relation
        if at == each.position.offset and relation is not Relation.MOVED:  # else other bytes stand before it by now
            at = None
        self.decided[each.number] = Hold(each.number, i, at, at is not None and relation is Relation.CUT)
        self.free.pop(i, None)

    def stay_beside_copy(self, each: Known, i: int, original: int | None, common: int) -> int:
        """Return where reading goes on in a copy; what it was copied from goes on as well, behind as much as both hold.

        Where both hold it at the same place they are read on from there, and what both get is read once.
        """
        at, offset = self.answer(each, i).at, each.position.offset
        rest = None if at == offset else max(common, offset)
        n = each.number
        if rest is None:
            self.copy_of[i] = n
        self.decided[n] = Leave(n, "open", rest) if original is None else Hold(n, original, rest)
        return at

    def take_up(self, i: int, at: int) -> None:
        """Decide that a file is a new generation, which is read from there on."""
        self.start[i] = at
        self.free.pop(i, None)

    def leave(self, each: Known, how: Literal["packed", "done", "ignored"]) -> None:
        """Decide that a generation lies in no file that was found."""
        self.decided[each.number] = Leave(each.number, how)

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
        return (each.number, i) in self.found.own_parts or (i, of) in self.found.parts

    def enough(self, each: Known, i: int) -> bool:
        """Return whether there is enough to compare: a few bytes are alike in many files, unless they are all there is.

        What is empty is told by its inode and its time.
        """
        telling = max(each.position.head_bytes, each.position.offset)
        enough = telling >= TELLING_BYTES or each.position.offset >= LINE_BYTES
        return enough or not telling or self.size(i) == each.position.size

    def differs(self, each: Known, i: int) -> bool:
        """Return whether a file that begins like one that was left out, of which no more is known, is another one.

        It has another size, or that one is there.
        """
        size, then = self.size(i), each.position.size
        there = each not in self.by_inode[i] and any(each in some for some in self.by_inode.values())
        return each.position.state == "ignored" and (there or (bool(then) and size is not None and size != then))

    def is_part_by_notes(self, each: Known, i: int) -> bool:
        """Return whether all that a file holds is a generation's, as far as was noted of that."""
        relation, size = self.answer(each, i).relation, self.size(i)
        shorter = size is not None and TELLING_BYTES <= size <= each.position.size and not self.differs(each, i)
        return relation is Relation.PART or (relation is Relation.SAME and shorter and self.enough(each, i))

    def wait_if_torn(self, i: int) -> bool:
        """Leave a file for later that may be a part of another, or begin with the same banner and a line of its own."""
        self.again = self.again or self.found.torn
        if self.found.torn:
            self.free.pop(i, None)
        return self.found.torn

    def numbers(self, files: Iterable[int | None]) -> list[int]:
        """Return the numbers that rotation gave to files, of those that have one."""
        names = (self.file(i).rotated for i in files if i is not None)
        return [name.number for name in names if name and name.number is not None]

    def age(self, i: int) -> Age:
        """Return what sorts files from the oldest on."""
        candidate = self.file(i)
        rotated, rising = candidate.rotated, self.rising
        return age_key(rotated, candidate.modified, rising=rising) if rotated else (9, 0, "", 0)
