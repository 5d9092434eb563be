"""Finds out, for one path, where every known generation lies now, and takes up the ones that are new.

A scan lists a directory and reads the heads of what it does not know yet; it happens when a path leads to another file
than before, when a file's bytes are not those that were read, at start, and when something could not be found.
"""

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from logwatch.model import FileState, Position, Rotation, RotationKind
from logwatch.tail.events import shown
from logwatch.tail.files import CorruptError, Key, key_of
from logwatch.tail.generation import ChangedError, Generation
from logwatch.tail.identity import TELLING_BYTES, digest, fingerprint_head, stamp
from logwatch.tail.places import Candidate, Places, VanishedError, list_siblings, place
from logwatch.tail.siblings import Rotated
from logwatch.tail.surroundings import Turn

if TYPE_CHECKING:
    from logwatch.tail.lineage import Lineage

_TRIES = 5
_NO_KEY: Key = (0, 0)
_UNNAMED = Rotated(None, "", packed=False)


def scan(lineage: "Lineage", turn: Turn) -> None:
    """Scan a path; once more when files were renamed meanwhile, as a rotation renames many."""
    lineage.due = False
    for _ in range(_TRIES):
        try:
            Scan(lineage, turn).run()
        except VanishedError:
            continue
        return
    lineage.due = True


def _name_of(descriptor: int) -> str:
    """Return the name that an open file has by now, wherever it was moved to; empty when it was deleted."""
    try:
        if os.fstat(descriptor).st_nlink:
            return os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:  # no /proc
        pass
    return ""


class Scan:
    """One scan of one path."""

    def __init__(self, lineage: "Lineage", turn: Turn) -> None:
        self.lineage = lineage
        self.turn = turn
        self.around = lineage.around
        self.at_path: Candidate | None = None
        self.names: dict[str, Rotated] = {}

    def run(self) -> None:
        """Place what is known, then take up what is not; raises VanishedError before anything was changed."""
        lineage = self.lineage
        if not lineage.current or lineage.current.head_bytes < TELLING_BYTES:
            lineage.was_blank = True
        for generation in lineage.generations:
            self._check(generation)
        candidates = self._candidates()
        if self.at_path and self.at_path.head is not None and self._is_elsewhere(self.at_path):
            return
        places = place(lineage.generations, candidates)
        being_made = self._copies_being_made(places)
        self._make_sure(candidates, strict=any(candidate.rotated for candidate in places.unknown))
        for generation in being_made:
            generation.detach()
            generation.state = "ignored"
        self._settle(places, candidates)
        holder = next(
            (g for g in lineage.generations if self.at_path and places.held.get(g.number) is self.at_path), None
        )
        self._adopt(places, renewed=lineage.was_blank or holder is None or holder is not lineage.current)
        if lineage.first and not lineage.generations:
            self._row(Candidate(lineage.path, _NO_KEY, 0, 0, None, b""), "ignored")  # looked at, and nothing was there
        lineage.was_blank = False
        if holder:
            lineage.current = holder
        for generation in lineage.generations:
            generation.told_bytes = generation.head_bytes
        lineage.first = False
        lineage.heads.keep_only(candidates)

    def _settle(self, places: Places, candidates: list[Candidate]) -> None:
        """Give every known generation its place."""
        uncertain = any(candidate.head is None for candidate in candidates)
        for generation in list(self.lineage.generations):
            held = places.held.get(generation.number)
            if held:
                self._hold(generation, held)
            elif generation.file:
                if generation.state == "live":
                    generation.state = "rotated"
                generation.found_at = _name_of(generation.file.descriptor)
            else:
                if any(candidate.key == generation.key for candidate in candidates):
                    generation.key = _NO_KEY  # the inode is another generation's now
                self._miss(generation, uncertain=uncertain)

    def _check(self, generation: Generation) -> None:
        """Make sure that an open file still holds what was read of it, before its inode tells where it lies."""
        if generation.file and not generation.file.packed:
            try:
                generation.verify()
            except ChangedError:
                generation.lose_file()
            except OSError as error:
                self.lineage.block(generation, error, self.turn)

    # what is there

    def _candidates(self) -> list[Candidate]:
        lineage = self.lineage
        also = {os.path.dirname(g.found_at) for g in lineage.generations if g.found_at}
        names = self.names = list_siblings(lineage.path, also)
        found: dict[Key, Candidate] = {}
        if not lineage.path.endswith(".gz"):
            self.at_path = lineage.heads.examine(lineage.path, None)
            if self.at_path:
                found[self.at_path.key] = self.at_path
                lineage.report(self.at_path.error)
        for path in sorted(names.keys() | lineage.matched.keys()):
            if path == lineage.path and not path.endswith(".gz"):
                continue
            if path.endswith(".gz") and path.removesuffix(".gz") in names:
                continue  # being compressed: what it is compressed from is still there
            candidate = lineage.heads.examine(path, names.get(path, _UNNAMED))
            if candidate and candidate.key not in found and not self.around.elsewhere(lineage, candidate):
                candidate.matched = path in lineage.matched
                found[candidate.key] = candidate
        return list(found.values())

    def _make_sure(self, candidates: list[Candidate], *, strict: bool) -> None:
        """Raise VanishedError if anything was renamed, truncated or added since it was looked at.

        Strictly, nothing but open files may have grown either: a copy of what has come since would look like news.

        Rotation goes on while we look. What is concluded from a mixture of before and after would be wrong: a copy
        whose original was truncated in between looks like a file that nobody has read.
        """
        for generation in self.lineage.generations:
            if generation.file:
                self._check(generation)
                if not generation.file:
                    raise VanishedError
        also = {os.path.dirname(g.found_at) for g in self.lineage.generations if g.found_at}
        if list_siblings(self.lineage.path, also) != self.names:
            raise VanishedError
        anchored = {g.key for g in self.lineage.generations if g.file and not g.file.packed}
        for candidate in candidates:
            self._make_sure_of(candidate, may_grow=not strict or candidate.key in anchored)
        if not self.at_path and os.path.exists(self.lineage.path) and not self.lineage.path.endswith(".gz"):
            raise VanishedError

    def _make_sure_of(self, candidate: Candidate, *, may_grow: bool) -> None:
        try:
            status = os.stat(candidate.path)
        except OSError as error:
            if candidate.error:
                return
            raise VanishedError from error
        if candidate.head is None:
            return
        grown = status.st_size - candidate.disk_size
        if grown < 0 or (grown and not may_grow) or key_of(status) != candidate.key:
            raise VanishedError
        if candidate is self.at_path and not candidate.still_begins():
            raise VanishedError  # truncated, and grown again

    def _is_elsewhere(self, at_path: Candidate) -> bool:
        """Deal with a file that another path leads to as well, or led to before it was renamed to this one."""
        owner = self.around.elsewhere(self.lineage, at_path)
        self.lineage.alias = False
        if not owner:
            return False
        other, generation = owner
        if generation.state == "live":
            with suppress(OSError):
                if key_of(os.stat(other.path)) == at_path.key:
                    self.lineage.alias = True
                    return True
        other.generations.remove(generation)
        if other.current is generation:
            other.current = None
        other.due = True
        generation.path = self.lineage.path
        generation.state = "live"
        self.lineage.generations.append(generation)
        return False

    # what is known

    def _copies_being_made(self, places: Places) -> list[Generation]:
        """Return what was taken up while it was empty, and turns out to be a copy that was being made."""
        copies: list[Generation] = []
        for generation in reversed(self.lineage.generations):
            at = places.held.get(generation.number)
            if not at or generation.offset or generation.state != "rotated":
                continue
            others = [g for g in self.lineage.generations if g is not generation and g.state != "ignored"]
            if places.repeats(at, [other for other in others if other not in copies]):
                copies.append(generation)
        return copies

    def _hold(self, generation: Generation, at: Candidate) -> None:
        """Go on with a generation where its bytes lie, or note under which name it is known."""
        moved = generation.key != at.key
        state = self._state_at(generation, at)
        if moved and state != "ignored":  # another inode: a copy, made before or after the end was read
            if at.size < generation.offset:
                self.around.lose(self.turn, at.path, generation.size - generation.offset, "copied short")
                state = "done"
            elif state != "done" and at.size < generation.size:
                self.around.lose(self.turn, at.path, generation.size - at.size, "copied short")
        if at.head and (len(at.head) > generation.head_bytes or (moved and state != "ignored")):
            generation.head_bytes, generation.head = len(at.head), fingerprint_head(at.head)
        if state in ("live", "rotated"):
            generation.size = max(at.size, generation.offset)
        generation.missing_since = None
        generation.key, generation.state = at.key, state
        generation.found_at = "" if at.rotated is None else at.path
        parked = not moved and generation.parked == (at.size, at.modified)
        if state in ("live", "rotated") and (moved or not (generation.file or parked)):
            self._attach(generation, at)

    @staticmethod
    def _state_at(generation: Generation, at: Candidate) -> FileState:
        if at.rotated is None:
            return "live"
        if generation.state == "ignored" or (generation.state == "done" and at.size <= generation.offset):
            return generation.state
        return "rotated"

    def _attach(self, generation: Generation, at: Candidate) -> None:
        generation.grown_at = min(self.turn.now, at.modified / 1e9)
        if not self.around.room():
            self.lineage.crowded = True
            return
        file = None
        try:
            file = at.open()
            generation.attach(file)
        except VanishedError:
            self.lineage.due = True
        except (OSError, CorruptError) as error:
            if file:
                file.close()
            self.lineage.block(generation, error, self.turn)

    def _miss(self, generation: Generation, *, uncertain: bool) -> None:
        """Deal with bytes that are nowhere: wait a little for those that are wanted, forget the others."""
        if generation.state in ("live", "rotated"):
            if generation.missing_since is None:
                generation.missing_since = self.turn.now
        elif generation.dead or not (uncertain or self.lineage.absent):
            self.lineage.generations.remove(generation)
            if generation.saved:
                self.turn.sink.forget(generation.number)

    # what is new

    def _adopt(self, places: Places, *, renewed: bool) -> None:
        """Take up files with bytes that nobody has seen: generations in between, then the one that is live now."""
        lineage = self.lineage
        between = 0
        for candidate in places.unknown:
            if candidate is self.at_path or candidate.key == _NO_KEY:
                continue
            wanted = candidate.matched and not (lineage.first and lineage.starts_at_end)
            if wanted or (renewed and not lineage.first):
                self._begin(candidate, "rotated")
                between += 1
            else:
                self._row(candidate, "ignored")
        for candidate in places.copies:
            self._row(candidate, "ignored")  # it stays known when its original is gone
        if between and not lineage.first:
            self._resolve_empty()
            self._rotated("rename", between)
        if self.at_path and self.at_path in places.unknown and self.at_path.head is not None:
            before, followed = lineage.current, lineage.followed
            lineage.current = self._begin(self.at_path, "live")
            lineage.followed = True
            if followed:
                self._tally_rotation(before)

    def _resolve_empty(self) -> None:
        """Look no longer for files that were empty: the bytes that they got are in what was found in between."""
        for generation in self.lineage.generations:
            nothing_read = not generation.offset and generation.head_bytes < TELLING_BYTES
            if generation.missing_since is not None and nothing_read:
                generation.missing_since = None
                generation.state = "done"

    def _begin(self, candidate: Candidate, state: FileState) -> Generation:
        generation = self._row(candidate, state)
        self._attach(generation, candidate)
        if self.lineage.first and self.lineage.starts_at_end and state == "live" and generation.file:
            generation.skip_to_end(generation.file, candidate.size)
        self.around.log.info("file_followed", path=shown(candidate.path), bytes=candidate.size)
        return generation

    def _row(self, candidate: Candidate, state: FileState) -> Generation:
        head = candidate.head or b""
        position = Position(
            generation=self.around.next_generation(),
            source=self.around.reading.source,
            path=self.lineage.path,
            device=candidate.key[0],
            inode=candidate.key[1],
            head_bytes=len(head),
            head=fingerprint_head(head) or stamp(candidate.modified),
            offset=0,
            tail_bytes=0,
            tail=digest(b""),
            size=candidate.size,
            state=state,
            found_at="" if candidate.rotated is None else candidate.path,
        )
        generation = Generation(position, self.around.reading)
        self.lineage.generations.append(generation)
        return generation

    def _tally_rotation(self, before: Generation | None) -> None:
        kind: RotationKind = "replace"
        if before and before.truncated:
            kind = "truncate"
        elif self.lineage.successor and not before:
            kind = "replace"
        elif not before or (before.found_at and not os.path.islink(self.lineage.path)):
            kind = "rename"  # where a link was swapped, its target stays where it was
        self._rotated(kind)
        self.around.log.info("file_rotated", path=shown(self.lineage.path), kind=kind)

    def _rotated(self, kind: RotationKind, count: int = 1) -> None:
        self.turn.sink.rotated(Rotation(self.turn.now, self.around.reading.source, self.lineage.path, kind, count))
