"""What is known of one followed path: its generations, and how it was when it was last looked at.

``apply`` and ``follow`` go by it; nothing outside this package's ``follow`` and this module writes to it.
"""

import errno
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import islice

from logwatch.events import shown
from logwatch.model import FileState, Position
from logwatch.tail.candidates import Candidate, Heads
from logwatch.tail.context import SourceContext, Turn
from logwatch.tail.files import CorruptError, NotAFileError, OwnFile, Stat, key_at
from logwatch.tail.fingerprint import TELLING_BYTES, digest, empty_file_id, fingerprint_head, index_keys, search_keys
from logwatch.tail.generation import Generation
from logwatch.tail.generation_state import ChangedError, MovedError
from logwatch.tail.identity import NO_KEY, Content, Key, Relation, compare, holds, is_part
from logwatch.tail.plan import PathView
from logwatch.tail.rotated_names import Rotated, possible_bases, rotated_name

NO_FILE = "is not a regular file"
SHARED = "is followed by another source"
_UNNAMED = Rotated()
_MOST_ALIKE = 32  # generations that a file is compared with, where all begin with one banner


class Owners:
    """Which path's generation each file is, for all paths of a source."""

    def __init__(self) -> None:
        self._paths: dict[str, PathState] = {}
        self._names: set[str] = set()  # theirs, without directories; none until they are asked for
        self._by_key: dict[Key, list[Generation]] = {}
        self._added, self._most = 0, 1000  # since it was made anew, and until it is again
        self._by_head: dict[bytes, list[Generation]] = {}
        self._unfiled: list[Generation] = []  # when they were last asked
        self._twins: dict[int, dict[int, Generation]] = {}  # by number: those with the same bytes

    def enter(self, state: "PathState") -> None:
        """Note that a path is followed."""
        self._paths[state.path] = state
        self._names.clear()

    def leave(self, path: str) -> None:
        """Note that a path is followed no more."""
        del self._paths[path]
        self._names.clear()

    def path_of(self, generation: Generation) -> "PathState":
        """Return the path that a generation belongs to."""
        return self._paths[generation.position.path]

    def content(self, generation: Generation) -> Content | None:
        """Return what the file of a generation holds; None where it is not to be found, or cannot be read now."""
        if generation.plain:
            with suppress(OSError):
                return OwnFile(generation.plain)
            return None
        live = generation.position.state == "live" and generation.missing_since is None
        place = generation.position.found_at or (generation.position.path if live else "")
        file = self.path_of(generation).heads.examine(place, _UNNAMED) if place else None
        return file if file and file.key == generation.key else None

    def add(self, generation: Generation) -> None:
        """Note where a generation lies."""
        self._by_key.setdefault(generation.key, []).append(generation)
        self._unfiled.append(generation)
        self._added += 1
        if self._added > self._most:
            everything = [each for key in list(self._by_key) for each in self._valid(key)]
            self._by_key, self._added, self._by_head, self._unfiled = {}, 0, {}, []
            self._most = 4 * len(everything) + 1000
            for each in everything:
                self.add(each)

    def log_of(self, path: str) -> str:
        """Return the followed path that a name is, or is rotated from: of several the longest, or none.

        A name without a directory: that of any path.
        """
        directory, name = os.path.split(path)
        self._names = self._names or set(map(os.path.basename, self._paths))
        known = self._paths if directory else self._names
        logs = ((os.path.join(directory, base), base) for base in (name, *possible_bases(name)))
        return next((log for log, base in logs if log in known and (base == name or rotated_name(base, name))), "")

    def holds(self, file: Candidate, but: object, *, copies: bool) -> bool | None:
        """Return whether a file is what paths but one led to, or a copy where those may lie; None: to be unpacked."""
        undecided, place = False, os.path.dirname(file.path)
        for each in self.others("", file.key) + (self.alike("", file.head or b"") if copies else []):
            same, state = each.key == file.key, self.path_of(each)
            beside = place in map(os.path.dirname, (state.path, each.position.found_at, each.position.target))
            if state is but or not (same or beside or file.path in state.ctx.rotated()):
                continue
            if each.empty and not each.plain:
                continue  # an empty file leaves nothing to tell it by but its inode, which is another file's by now
            if same and each.plain:
                return True
            relation = compare(each.position, file, same_inode=same, followed=same).relation
            told: bool | None = relation in (Relation.SAME, Relation.PART) and (each.in_use or each.sure)
            of = self.content(each) if told and not same else None  # which may go on otherwise behind the same banner
            if of and compare(each.position, of, same_inode=True, followed=True).relation is Relation.SAME:
                told = is_part(file, of)
            if told:
                return True
            undecided = undecided or told is None or relation is Relation.UNDECIDED
        return None if undecided else False

    def others(self, path: str, key: Key) -> list[Generation]:
        """Return the generations of other paths than this one that a file with this inode may be."""
        return [g for g in self._valid(key) if g.position.path != path and g.followed]

    def alike(self, path: str, head: bytes) -> list[Generation]:
        """Return the generations of other paths that begin like a file with this head, a few of the newest."""
        unfiled, self._unfiled = self._unfiled, []
        for each in unfiled:
            keys = index_keys(each.position.head_bytes, each.position.head)
            for key in keys:
                self._by_head.setdefault(key, []).append(each)
            if not keys:
                self._unfiled.append(each)
        filed = (each for key in search_keys(head) for each in self._by_head.get(key, ()))
        found = {each.number: each for each in filed if each.position.path != path and each.followed}
        alike = (g for _, g in sorted(found.items(), reverse=True) if self._is_known(g) and g.begins_alike(head))
        return list(islice(alike, _MOST_ALIKE))[::-1]

    def pair(self, one: Generation, of: Generation) -> None:
        """Note that one's file begins with the same bytes as another's: what one has read the other has not to."""
        self._twins.setdefault(one.number, {})[of.number] = of
        self._twins.setdefault(of.number, {})[one.number] = one
        one.note(copy_of=one.position.copy_of or of.number)

    def pair_again(self) -> None:
        """Pair the generations that were copies of others before a restart."""
        known = {each.number: each for state in self._paths.values() for each in state.generations}
        for each in known.values():
            if other := known.get(each.position.copy_of):
                self.pair(each, other)

    def part(self, one: Generation, other: Generation) -> None:
        """Note that two generations go on with bytes of their own."""
        for each, of in ((one, other), (other, one)):
            if each.position.copy_of == of.number:
                each.note(copy_of=0)
            self._twins.get(each.number, {}).pop(of.number, None)

    def twins(self, generation: Generation) -> list[Generation]:
        """Return the generations that begin with the same bytes."""
        return [each for each in self._twins.get(generation.number, {}).values() if self._is_known(each)]

    def forget(self, generation: Generation) -> None:
        """Note that a generation is known no more."""
        for other in self.twins(generation):
            self.part(generation, other)
        self._twins.pop(generation.number, None)

    def _is_known(self, generation: Generation) -> bool:
        state = self._paths.get(generation.position.path)
        return state is not None and generation in state.generations

    def _valid(self, key: Key) -> list[Generation]:
        there = (each for each in self._by_key.get(key, ()) if each.key == key and self._is_known(each))
        return list(dict.fromkeys(there))


class PathState:
    """One followed path: its generations, oldest first, of which the last one may be live."""

    def __init__(
        self,
        path: str,
        rows: Iterable[Position],
        ctx: SourceContext,
        owners: Owners,
        *,
        starts_at_end: bool = False,
        successor: bool = False,
        news_since: float = float("inf"),
    ) -> None:
        self.path = path
        self.ctx = ctx
        self.owners = owners
        owners.enter(self)
        self.heads = Heads(ctx.files.all.unreadable)
        self.generations: list[Generation] = []
        for row in sorted(rows, key=lambda row: row.generation):
            generation = Generation(row, ctx.reading, saved=True)
            if row.state in ("rotated", "done") and not row.found_at:
                generation.note(key=NO_KEY)  # it had no name any more: its inode may be another file's by now
            self._enter(generation)
        known = [generation for generation in self.generations if generation.position.state != "ignored"]
        live = [generation for generation in known if generation.position.state == "live"]
        self.current = next(iter(live[-1:] or known[-1:]), None)  # the last one that the path led to
        self.followed = bool(known) or successor  # the path has led somewhere before
        self.first = not self.generations and not successor  # never looked at before
        self.starts_at_end = starts_at_end  # what is there at the first look is skipped
        # Its source was followed before, so that what another path has read of a copy is known; else each file counts
        self.joined = bool(self.generations) or news_since != float("inf")
        self.news_since = news_since  # what was written to later is no history, until all that is there was looked at
        self.successor = successor  # it takes over from another path: all that is here is new, and none of it history
        self.matched: dict[str, Stat] = {}  # rotated names that the globs match too
        self.problem: tuple[str, str] | None = None  # what and why
        self.absent = True  # the path leads nowhere
        self.due = True  # it is to be reconciled
        self.unpacking = False  # an archive is to be unpacked further before all is decided
        self.crowded = False  # a file is not open because too many are
        self.was_blank = False  # the live file had too short a head to tell it from its successor
        self.futile = 0  # reads in a row that brought nothing

    def _enter(self, generation: Generation) -> None:
        self.generations.append(generation)
        self.owners.add(generation)

    @property
    def live(self) -> Generation | None:
        """The generation that the path leads to, if it does."""
        current = self.current
        return current if current and current.position.state == "live" and current.missing_since is None else None

    @property
    def lag(self) -> int:
        """Bytes that were seen and not handed on, of files that are open."""
        return sum(generation.lag for generation in self.generations if generation.file)

    @property
    def blocked(self) -> bool:
        """Whether a file that is there cannot be read now."""
        return any(g.blocked and g.in_use for g in self.generations)

    def is_out_of_reach(self, *, globbed: bool) -> bool:
        """Return whether lines that were followed, or that nothing else has, cannot be read now.

        ``globbed``: a wildcard leads to it, so that it may be no log at all.
        """
        return self.blocked or (self.problem is not None and (self.followed or not globbed))

    @property
    def opened(self) -> bool:
        """Whether a file is open."""
        return any(each.file for each in self.generations)

    def generation(self, number: int) -> Generation:
        """Return one of its generations."""
        return next(generation for generation in self.generations if generation.number == number)

    def in_order(self) -> list[Generation]:
        """Return its generations, oldest first: the live one may have been found, without a line, before others."""
        return sorted(self.generations, key=lambda each: not each.position.offset and each is self.live)

    def before(self, generation: Generation) -> Generation | None:
        """Return the generation that one follows: the last in which anything was written."""
        order = self.in_order()
        before = order[order.index(generation) :: -1][1:]
        return next((each for each in before if each.followed and each.position.size), None)

    def after(self, generation: Generation) -> list[Generation]:
        """Return the generations that follow one; a copy of its file is none."""
        order = self.in_order()
        return [g for g in order[order.index(generation) + 1 :] if g.position.copy_of != generation.number]

    def target_of(self, candidate: Candidate) -> str | None:
        """Return where links lead from the path to its file; None for a rotated one, which keeps what was known."""
        if candidate.rotated:
            return None
        real = self.ctx.directories.real(self.path)
        return real if real != self.path and key_at(real) == candidate.key else ""

    def view(self) -> PathView:
        """Return what a decision needs to know."""
        current = self.current
        return PathView(
            current=current.number if current else None,
            truncated=bool(current and current.truncated),
            first=self.first,
            starts_at_end=self.starts_at_end,
            news_since=self.news_since,
            followed=self.followed,
            was_blank=self.was_blank,
            successor=self.successor,
            is_link=os.path.islink(self.path),
            absent=self.absent,
        )

    # writing

    def mark_due(self) -> None:
        """Have it reconciled with the next look."""
        self.due = True

    def begin(self) -> None:
        """Note, before a survey, whether there was too little of a file to tell it from its successor."""
        self.due = self.unpacking = False
        if not self.current or self.current.position.head_bytes < TELLING_BYTES:
            self.was_blank = True
        self.was_blank = self.was_blank or any(generation.tells_more for generation in self.generations)

    def crowd(self) -> None:
        """Note that a file is not open because too many are."""
        self.crowded = True

    def add(self, candidate: Candidate, state: FileState, size: int | None) -> Generation:
        """Add a generation that begins with a file."""
        head = candidate.head or b""
        position = Position(
            generation=self.ctx.next_generation(),
            source=self.ctx.reading.source,
            path=self.path,
            device=candidate.key[0],
            inode=candidate.key[1],
            head_bytes=len(head),
            head=fingerprint_head(head) or empty_file_id(candidate.modified),
            offset=0,
            tail_bytes=0,
            tail=digest(b""),
            size=(size or 0) if head else 0,
            state=state,
            found_at=candidate.found_at,
            target=self.target_of(candidate) or "",
        )
        generation = Generation(position, self.ctx.reading)
        self._enter(generation)
        return generation

    def remove(self, generation: Generation) -> None:
        """Leave a generation to another path, or forget it."""
        self.generations.remove(generation)
        if self.current is generation:
            self.current = None

    def adopt(self, generation: Generation) -> None:
        """Take over a generation of another path, which leads to it no more."""
        generation.note(state="live", path=self.path)
        self._enter(generation)

    def lead_to(self, generation: Generation) -> None:
        """Note which generation the path leads to."""
        self.current = generation
        self.followed = True

    def end(self, candidates: list[Candidate], *, undecided: bool, unpacking: bool) -> None:
        """Note that all that is known has been reconciled with what is there.

        ``undecided``: an archive has no end yet; ``unpacking``: it has not been unpacked far enough.
        """
        self.was_blank = self.first = False
        if not undecided:
            self.news_since = float("inf")
        self.due = self.due or undecided
        self.unpacking = unpacking
        for generation in self.generations:
            generation.reconciled()
        self.heads.keep_only(candidates)

    def report(self, error: OSError | None) -> None:
        """Note what keeps the path from being read, or that nothing does; tell the log when it is news."""
        what = NO_FILE if isinstance(error, NotAFileError) else "cannot be read"
        self.report_problem((what, error.strerror or str(error)) if error else None)

    def report_problem(self, problem: tuple[str, str] | None) -> None:
        """Note what is wrong with the path and why, or that nothing is; tell the log when it is news."""
        if problem and self.problem != problem:
            self.ctx.log.warning("source_unreadable", path=shown(self.path), problem=problem[0], error=problem[1])
        self.problem = problem

    def look_again(self, generation: Generation, see: Callable[[], None], turn: Turn) -> None:
        """Look at an open file, and let go of what is another generation's by now, or has changed."""
        try:
            see()
        except ChangedError as error:
            self.due = True
            if (file := generation.plain) and not file.has_name():
                own, at_path = OwnFile(file), self.heads.examine(self.path, None)
                if isinstance(error, MovedError):
                    head = (at_path and at_path.head) or b""
                    if not (own.head and head.startswith(own.head)) and not generation.begins_alike(head):
                        return generation.read_on(error.at)  # else what is at the path is a copy
                elif own.size() < generation.position.offset and not (
                    own.head and at_path and holds(at_path, 0, own, 0)
                ):
                    # Its writer goes on in it, as after a truncation
                    emptied = Candidate("", generation.key, own.size(), own.modified, _UNNAMED, own.head, own.begin)
                    self.add(emptied, "rotated", own.size()).attach(generation.hand_over(), turn.now)
            generation.give_up(error)
        except OSError as error:
            self.block(generation, error, turn)

    def block(self, generation: Generation, error: Exception, turn: Turn) -> None:
        """Try again with the next look; an archive that cannot be unpacked any further is over."""
        path = generation.position.found_at or self.path
        told = self.problem and self.problem[1] == getattr(error, "strerror", "")
        if generation.blocked != str(error) and not told:
            self.ctx.log.warning("file_unreadable", path=shown(path), error=str(error))
        generation.block(str(error))
        if isinstance(error, CorruptError):
            self.lose_rest(generation, turn, "the archive is damaged")
        elif isinstance(error, OSError) and error.errno == errno.ESTALE:  # NFS: the name may lead to it again
            generation.detach()
        self.due = self.due or not generation.file

    def lose_rest(self, generation: Generation, turn: Turn, why: str) -> None:
        """End a generation of which an archive does not hold the end: nobody knows how much that is."""
        position = generation.position
        path = position.found_at or self.path
        self.ctx.miss(turn, path, why, read_bytes=position.offset)
        self.ctx.lose(turn, path, position.size - position.offset, why)
        generation.settle("done")

    def park(self) -> bool:
        """Close a file of which all was read, and which has a name; looks go on by name. False if there is none."""
        names = ((g, self.path if g.position.state == "live" else g.position.found_at) for g in self.generations)
        return any(name and generation.park(name) for generation, name in names)
