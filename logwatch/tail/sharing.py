"""Determine how much of a file was already read at another path, in a copy of it.

This is asked before each read. Generations whose files begin alike are paired, as *twins*, when one is taken up, and
parted once either goes on with lines of its own.
"""

from collections.abc import Mapping
from contextlib import suppress
from itertools import islice
from typing import Protocol

from logwatch.model import Position
from logwatch.tail.candidates import Heads, UnreadableError, VanishedError
from logwatch.tail.files import CorruptError, OwnFile
from logwatch.tail.fingerprint import (
    HEAD_BYTES,
    TELLING_BYTES,
    entries_of,
    has_time,
    index_keys,
    is_tail,
    marks_of,
    search_keys,
)
from logwatch.tail.generation import Generation
from logwatch.tail.identity import SURE_BYTES, Relation, compare
from logwatch.tail.uncompressed import Content, SeekingError, is_part, shared_bytes

_MOST_ALIKE = 32  # a file is compared with no more generations that all begin with one banner


class FollowedPath(Protocol):
    """What is known of one path."""

    path: str
    generations: list[Generation]
    heads: Heads

    def targets(self) -> set[str]:
        """Return where it leads, and has led: to itself if it is no link."""

    def remove(self, generation: Generation) -> None:
        """Remove a generation, which is left to another path or forgotten."""

    def mark_due(self) -> None:
        """Make the next look reconcile it."""


class Sharing:
    """The generations of all paths of a source, indexed by their heads, and pairs of those that begin alike."""

    def __init__(self, paths: Mapping[str, FollowedPath]) -> None:
        self._paths = paths
        self._by_head: dict[bytes, list[Generation]] = {}
        self._unfiled: list[Generation] = []  # not in the index yet, or with too short a head for it
        self._twins: dict[int, dict[int, Generation]] = {}  # by generation, then by twin

    def add(self, generation: Generation) -> None:
        """Note that there is a generation, or that more of its head is known."""
        self._unfiled.append(generation)

    def clear(self) -> None:
        """Empty the index of heads; pairs stay."""
        self._by_head, self._unfiled = {}, []

    def is_known(self, generation: Generation) -> bool:
        """Return whether a generation has not been removed from its path."""
        state = self._paths.get(generation.position.path)
        return state is not None and generation in state.generations

    def content(self, generation: Generation) -> Content | None:
        """Return the content of a generation's file; None if the file is not found, or cannot be read now."""
        if generation.plain:
            with suppress(OSError):
                return OwnFile(generation.plain)
            return None
        path, found_at = generation.position.path, generation.position.found_at
        file = self._paths[path].heads.examine(found_at or path)
        return file if file and file.key == generation.key else None

    def alike(self, path: str, head: bytes) -> list[Generation]:
        """Return the generations of other paths that begin like a file with this head: the newest few, oldest first."""
        unfiled, self._unfiled = self._unfiled, []
        for each in unfiled:
            keys = index_keys(each.position.head_bytes, each.position.head)
            for key in keys:
                self._by_head.setdefault(key, []).append(each)
            if not keys:
                self._unfiled.append(each)
        filed = (each for key in search_keys(head) for each in self._by_head.get(key, ()))
        found = {each.number: each for each in filed if each.position.path != path and each.followed}
        alike = (g for _, g in sorted(found.items(), reverse=True) if self.is_known(g) and g.begins_alike(head))
        return list(islice(alike, _MOST_ALIKE))[::-1]

    # pairs

    def pair(self, one: Generation, of: Generation) -> None:
        """Pair two generations whose files begin with the same bytes: what either has read, the other skips."""
        self._twins.setdefault(one.number, {})[of.number] = of
        self._twins.setdefault(of.number, {})[one.number] = one
        mine = of.position.path == one.position.path
        one.note(copy_of=of.number if mine else one.position.copy_of or of.number)

    def pair_alike(self, one: Generation, head: bytes) -> None:
        """Pair a generation with those of other paths that begin alike; how far they do shows when it is read."""
        for other in self.alike(one.position.path, head):
            self.pair(one, other)

    def pair_again(self) -> None:
        """Pair generations again that were copies before a restart."""
        known = {each.number: each for state in self._paths.values() for each in state.generations}
        for each in known.values():
            if other := known.get(each.position.copy_of):
                self.pair(each, other)

    def drop(self, generation: Generation) -> None:
        """Part a generation that was forgotten from all of its twins."""
        for other in self._twins_of(generation):
            self._part(generation, other)
        self._twins.pop(generation.number, None)

    def _part(self, one: Generation, other: Generation) -> None:
        for each, of in ((one, other), (other, one)):
            twins = self._twins.get(each.number, {})
            twins.pop(of.number, None)
            if each.position.copy_of == of.number:
                each.note(copy_of=next(iter(twins), 0))

    def _twins_of(self, generation: Generation) -> list[Generation]:
        return list(self._twins.get(generation.number, {}).values())

    # the question

    def skip(self, generation: Generation) -> bool:
        """Skip what twins have read of a generation's file; return False to wait, as while a file is being renamed.

        Raises SeekingError while an archive has to be unpacked further.
        """
        for twin in self._twins_of(generation):
            offset, gone = generation.position.offset, twin.missing_since is not None
            if twin.furthest.offset <= offset and not gone:
                continue
            if twin.dead:
                return False  # the next look finds out where else it lies
            try:
                own = self.content(generation)
                if not own:  # it was renamed since the last look
                    self._paths[generation.position.path].mark_due()
                    return False
                whole = self._skip_read(generation, twin, own)
                seen = False
                if whole and gone and _tells_all(generation, twin) and twin.begins_alike(own.head):
                    with suppress(SeekingError):
                        seen = own.size() >= twin.position.size  # all that was seen of the twin, not just its banner
            except UnreadableError:
                continue
            except VanishedError:
                return False
            of = self._twins[generation.number].get(generation.position.copy_of)
            if generation.position.offset > offset and of and of.position.path != generation.position.path:
                generation.note(copy_of=twin.number)  # to be paired with this one after a restart
            if seen:
                twin.settle()  # it was nowhere, and is here: its unread bytes are read next
        return True

    def _skip_read(self, generation: Generation, twin: Generation, own: Content) -> bool:
        """Skip what a generation's file has of what its twin has read; return whether it has all of that."""
        theirs = twin.furthest
        run = own.run(theirs.offset - theirs.tail_bytes, theirs.tail_bytes)
        relation, at = Relation.SAME, theirs.offset  # if the run before it is there, whatever has changed before that
        if not run or not is_tail(theirs.tail, run) or not any(entries_of(theirs.tail)):
            relation, at = compare(theirs, own, same_inode=False, followed=True)
        of = self.content(twin) if relation is not Relation.SAME else None
        if relation is not Relation.SAME:
            at = min(shared_bytes(own, of) if of else _proved(theirs, relation, at), theirs.offset)
        if at > generation.position.offset:
            generation.skip_to(at, own.before(at))
        if relation is not Relation.SAME and (not of or _goes_on(own, of, at)):
            self._part(generation, twin)  # it goes on in its own way; until then, it might become a copy of more
        return relation is Relation.SAME

    def reached(self, generation: Generation) -> int | None:
        """Return how far the furthest twin was read whose file holds all that was read of a generation; 0 if none does.

        One that a copy replaced need not be there any more. None while an archive has to be unpacked for that, or a
        file is being renamed.
        """
        reached = 0
        for twin in self._twins_of(generation):
            if _has_replaced(generation, twin):
                reached = max(reached, twin.position.offset)
            if twin.position.offset <= generation.position.offset or not _tells_all(twin, generation):
                continue
            try:
                file = self.content(twin)
                if file and compare(generation.position, file, same_inode=False, followed=True)[0] is Relation.SAME:
                    reached = max(reached, twin.position.offset)
            except (OSError, UnreadableError):
                continue
            except (VanishedError, SeekingError):
                return None
        return reached

    def held(self, generation: Generation) -> int:
        """Return the size of a generation's open file if a twin has all of it, and is in use or was read further; or 0.

        Raises SeekingError while an archive has to be unpacked for that.
        """
        with suppress(UnreadableError, VanishedError):
            if generation.plain and (own := self.content(generation)):
                end, twins = own.size(), self._twins_of(generation)
                read = (self.content(twin) for twin in twins if twin.in_use or twin.position.offset > end)
                return end if any(of and is_part(own, of) for of in read) else 0
        return 0

    def appended(self, generation: Generation, mine: list[Generation]) -> Generation | None:
        """Return the generation that was appended to this one's file, at its offset; None if none was.

        It is another one of its path, and a later one if this is the path's own file. To a copy, others' may be, too.
        """
        known, file = generation.position, generation.file
        mine = [g for g in mine if g.number > generation.number or known.state == "rotated"]
        assert file
        if not generation.begun or not (mine or known.copy_of):
            return None
        run = b""
        with suppress(CorruptError):
            run = file.read_at(known.offset - known.tail_bytes, known.tail_bytes + HEAD_BYTES)[known.tail_bytes :]
        others = self.alike(known.path, run) if known.copy_of else []
        sure = (g for g in mine + others if g.position.offset >= SURE_BYTES or g.waiting or g.missing_since is not None)
        alike = (g for g in sure if g is not generation and g.begins_alike(run))
        # Lines without times recur: a log may go on just like the next one begins
        dated = (g for g in alike if not g.repeats or has_time(run[: g.position.head_bytes], generation.lines.is_dated))
        return next((g for g in dated if self._holds_run(g, run) and self._ends_in(generation, g)), None)

    def _ends_in(self, generation: Generation, other: Generation) -> bool:
        """Return whether a generation that begins at this one's offset ends in its file, or is longer than the file."""
        known, of = other.position, self.content(generation)
        end = of.before(generation.position.offset + known.offset, known.tail_bytes) if of else b""
        return len(end) < known.tail_bytes or is_tail(known.tail, end)

    def _holds_run(self, generation: Generation, run: bytes) -> bool:
        """Return whether a run that begins like a generation has its whole head, or is all in its file."""
        head_bytes = generation.position.head_bytes
        if not TELLING_BYTES <= head_bytes <= len(run) and (of := self.content(generation)):
            return of.run(0, len(run)) == run
        return TELLING_BYTES <= head_bytes <= len(run)


def _tells_all(copy: Generation, of: Generation) -> bool:
    """Return whether a copy that agrees with a generation's digests has all that was read of it, or all there was."""
    return of.sure or _has_replaced(copy, of)


def _has_replaced(copy: Generation, of: Generation) -> bool:
    """Return whether a copy took a generation's place at its path: they were compared while both were there."""
    return copy.position.copy_of == of.number and copy.position.path == of.position.path


def _goes_on(file: Content, of: Content, at: int) -> bool:
    """Return whether a file goes on, after what it shares with another one, with a whole line of its own."""
    rest = file.run(at, HEAD_BYTES)
    end = rest.find(b"\n") + 1
    return end > 0 and not (at and of.run(at, end) == rest[:end])


def _proved(known: Position, relation: Relation, at: int) -> int:
    """Return how far the digests of what was read prove that a file is a part of it; 0 if they prove nothing."""
    if relation is Relation.CUT:  # after a mark that matches, it may be another log with the same banner
        return next((mark.offset for mark in marks_of(known.marks) if mark.offset <= at), 0)
    return at
