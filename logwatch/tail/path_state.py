"""What is known of one followed path: its generations, and how it was at the last look.

``apply`` and ``follow`` go by it. Only this module and ``follow``, which extends it, assign its attributes.
"""

import errno
import os
from collections.abc import Callable, Iterable
from dataclasses import replace

from logwatch.errors import in_words
from logwatch.events import shown
from logwatch.model import Envelope, FileState, Position
from logwatch.regular_file import NotAFileError
from logwatch.tail.candidates import Candidate, Heads
from logwatch.tail.context import SourceContext, Turn
from logwatch.tail.files import CorruptError, Stat, key_at
from logwatch.tail.fingerprint import TELLING_BYTES, digest, empty_file_id, fingerprint_head
from logwatch.tail.generation import Generation
from logwatch.tail.generation_state import ChangedError
from logwatch.tail.identity import NO_KEY
from logwatch.tail.plan import PathView
from logwatch.tail.rotated_names import rotated_name
from logwatch.unpack import without_suffix

NO_FILE = "is not a regular file"
NO_LINK = "is a link that leads nowhere"
PACKED = "is an archive"
SHARED = "is followed by another source"

_FOLLOWING_BYTES = 16 * 1024  # of the next generation, in which a message split by a rotation may end


class PathState:
    """One followed path: its generations, oldest first; the last one may be live."""

    def __init__(
        self,
        path: str,
        rows: Iterable[Position],
        ctx: SourceContext,
        path_view: PathView,
        *,
        expected: Envelope | None = None,
    ) -> None:
        """Follow a path whose positions are ``rows``; ``path_view``: what else is known of it."""
        self.path = path
        self.ctx = ctx
        self.owners = ctx.files.owners
        self.owners.enter(self)
        # Its own copy: the envelope of one path's lines says nothing of another path's
        self._reading = replace(ctx.reading, expected=expected)
        self.heads = Heads(ctx.files.all.unreadable, ctx.unpacking)
        self.generations: list[Generation] = []
        for row in sorted(rows, key=lambda row: row.generation):
            generation = Generation(row, self._reading, saved=True)
            if row.state in ("rotated", "done") and not row.found_at:
                generation.note(key=NO_KEY)  # its file was deleted: another one may have its inode by now
            self._enter(generation)
        known = [generation for generation in self.generations if generation.position.state != "ignored"]
        live = [generation for generation in known if generation.position.state == "live"]
        self.current = next(iter(live[-1:] or known[-1:]), None)  # the last one that the path led to
        self._led = bool(live)  # the path has led to a file, as far as is known
        first, followed = not self.generations and not path_view.successor, bool(known) or path_view.successor
        self.path_view = replace(path_view, first=first, followed=followed, started=not first)
        self.matched: dict[str, Stat] = {}  # its rotated files that the source's patterns match as well
        self.problem: tuple[str, str] | None = None  # what is wrong with the path, and why
        self.absent = True  # the path leads nowhere
        self.due = True  # the next look has to reconcile it
        self.unpacking = False  # not all is decided: an archive has to be unpacked further
        self.crowded = False  # a file waits to be opened, as too many are open
        self.futile = 0  # the cost so far of reads in a row that brought nothing

    @property
    def joined(self) -> bool:
        """Whether its source was followed before, so that it is known what was read of a copy; else each counts."""
        return not self.path_view.first or self.path_view.news_since != float("inf")

    def _enter(self, generation: Generation) -> None:
        self.generations.append(generation)
        self.owners.add(generation)

    @property
    def live(self) -> Generation | None:
        """The generation that the path leads to; None if it leads nowhere, or that generation is missing."""
        current = self.current
        return current if current and current.position.state == "live" and current.missing_since is None else None

    @property
    def lag(self) -> int:
        """Bytes of open files that were seen and have not been handed on."""
        return sum(generation.lag for generation in self.generations if generation.file)

    @property
    def is_behind(self) -> bool:
        """Whether anything is left to read, or to open or unpack for that; what cannot be read now does not count."""
        used = [g for g in self.generations if g.in_use and not g.blocked]
        first = any(g.lines.waits and not g.position.offset for g in used)  # their envelope is not decided yet
        return self.unpacking or first or any(g.waiting or (self.crowded and not g.seen) for g in used)

    @property
    def is_dated(self) -> bool:
        """Whether the log is a file with a date in its name, as its writer names each file itself.

        The path has never led to a file then: if it has, this is what rotation has left of a log that is gone.
        """
        last = next((g for g in reversed(self.in_order()) if g.followed), None)
        place = last.position.found_at if last and not (self._led or last.position.gone_at) else ""
        name = rotated_name(os.path.basename(self.path), os.path.basename(place))
        return bool(name and name.date) and without_suffix(place) == place

    @property
    def blocked(self) -> list[Generation]:
        """The generations that are to be read, and whose files are there and cannot be read now."""
        return [g for g in self.generations if g.blocked and g.in_use]

    def is_out_of_reach(self, *, globbed: bool) -> bool:
        """Return whether lines cannot be read now that were followed before, or that are certainly a log's.

        ``globbed``: a wildcard matches the path, so that it may be no log at all.
        """
        return bool(self.blocked) or (self.problem is not None and (self.path_view.followed or not globbed))

    @property
    def was_blank(self) -> bool:
        """Whether a file had too short a head, when last reconciled, to distinguish it from the next one."""
        short = not self.current or self.current.position.head_bytes < TELLING_BYTES
        return short or any(generation.tells_more for generation in self.generations)

    def in_order(self) -> list[Generation]:
        """Return its generations, oldest first: a live one of which nothing was read is last, whatever its number."""
        last = self.live if self.live and not self.live.begun else None
        return sorted(self.generations, key=lambda each: each is last)

    def before(self, generation: Generation) -> Generation | None:
        """Return the generation before this one, passing over those in which nothing was written."""
        order = self.in_order()
        before = order[order.index(generation) :: -1][1:]
        return next((each for each in before if each.followed and each.position.size), None)

    def following(self, generation: Generation) -> bytes:
        """Return the first bytes of the next generation that is no copy of this one; none if its file is not open."""
        order = self.in_order()
        after = (g for g in order[order.index(generation) + 1 :] if g.followed)
        file = next((g.plain for g in after if g.position.copy_of != generation.number), None)
        return file.read_at(0, _FOLLOWING_BYTES) if file else b""

    def targets(self) -> set[str]:
        """Return where the path leads, and has led: to itself if it is no link."""
        return {generation.position.target for generation in self.generations if generation.position.target} | {
            self.ctx.directories.real(self.path)
        }

    def examine(self) -> Candidate | None:
        """Examine the file that the path leads to; raise OSError if a disk fails, as nothing may be concluded then."""
        found = self.heads.examine(self.path, None)
        if found and found.error and found.fails_for_now and found.key not in self.ctx.files.all.unreadable:
            raise found.error
        return found

    def target_of(self, candidate: Candidate) -> str | None:
        """Return where links lead from the path to its file; None for a rotated file, whose target stays as known."""
        if not candidate.is_at_path:
            return None
        real = self.ctx.directories.real(self.path)
        return real if real != self.path and key_at(real) == candidate.key else ""

    def view(self) -> PathView:
        """Return what a decision needs to know of the path."""
        current = self.current.number if self.current else None
        return replace(self.path_view, current=current, was_blank=self.was_blank, is_link=os.path.islink(self.path))

    # what changes it

    def mark_due(self) -> None:
        """Make the next look reconcile it."""
        self.due = True

    def begin(self) -> None:
        """Begin to reconcile."""
        self.due = self.unpacking = False

    def wait(self) -> None:
        """Note that nothing was decided, as an archive has to be unpacked further."""
        self.unpacking = True

    def crowd(self) -> None:
        """Note that a file waits to be opened, as too many are open."""
        self.crowded = True

    def add(self, candidate: Candidate, state: FileState) -> Generation:
        """Add a new generation, held by a candidate, to be read from its beginning unless told otherwise."""
        head = candidate.head
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
            size=(candidate.known_size or 0) if head else 0,
            state=state,
            found_at=candidate.found_at,
            target=self.target_of(candidate) or "",
        )
        generation = Generation(position, self._reading)
        self._enter(generation)
        return generation

    def remove(self, generation: Generation) -> None:
        """Remove a generation, which is left to another path or forgotten."""
        self.generations.remove(generation)
        if self.current is generation:
            self.current = None

    def adopt(self, generation: Generation) -> None:
        """Take over a generation from another path, which no longer leads to it."""
        generation.note(path=self.path)
        self._enter(generation)

    def lead_to(self, generation: Generation) -> None:
        """Note that the path leads to this generation."""
        self.current = generation
        self._led = True
        self.path_view = replace(self.path_view, followed=True)

    def end(self, candidates: list[Candidate], *, renewed: bool, undecided: bool, unpacking: bool) -> None:
        """Note that everything known was reconciled with these candidates.

        ``renewed``: the path leads to another file than before; ``undecided``: a file was left to a later look;
        ``unpacking``: that waits only for an archive to be unpacked further.
        """
        # A file decided on after the path led to another one came in between, whenever it was written
        since = float("-inf") if renewed else self.path_view.news_since
        started, since = (self.path_view.started, since) if undecided else (False, float("inf"))
        self.path_view = replace(self.path_view, first=False, started=started, news_since=since)
        self.due = self.due or (undecided and not unpacking)
        self.unpacking = unpacking
        for generation in self.generations:
            generation.reconciled()
        self.heads.keep_only(candidates)

    def report(self, error: OSError | None) -> None:
        """Note what keeps the path from being read, if anything; log it if it is new."""
        links = error is not None and error.errno == errno.ELOOP
        what = NO_FILE if isinstance(error, NotAFileError) else NO_LINK if links else "cannot be read"
        self.report_problem((what, in_words(error)) if error else None)

    def report_problem(self, problem: tuple[str, str] | None) -> None:
        """Note what is wrong with the path, and why; None if nothing is. Log it if it is new."""
        if problem and self.problem != problem:
            self.ctx.log.warning("source_unreadable", path=shown(self.path), problem=problem[0], error=problem[1])
        self.problem = problem

    def look_again(self, generation: Generation, see: Callable[[], None], turn: Turn) -> ChangedError | None:
        """Check an open file with ``see``, and release it if it was changed or is another generation's by now.

        A deleted file stays open: return the error, so that a survey finds out whether reading goes on in it.
        """
        try:
            see()
        except ChangedError as error:
            self.due = True
            if generation.plain and not generation.plain.has_name():
                return error
            generation.give_up(error)
        except OSError as error:
            self.block(generation, error, turn)
        return None

    def block(self, generation: Generation, error: OSError | CorruptError, turn: Turn) -> None:
        """Note that a generation cannot be read before the next look; end it if its archive is damaged there."""
        path = generation.position.found_at or self.path
        reported = self.problem and self.problem[1] == in_words(error)
        why = in_words(error)
        if generation.blocked != why and not reported:
            self.ctx.log.warning("file_unreadable", path=shown(path), error=why)
        generation.block(why)
        if isinstance(error, CorruptError):
            self.lose_rest(generation, turn, "the archive is damaged")
        elif error.errno == errno.ESTALE:  # NFS: opened by name, it may be there again
            generation.detach()
        self.due = self.due or not generation.file

    def lose_rest(self, generation: Generation, turn: Turn, why: str) -> None:
        """End a generation whose archive lacks its end: how much that contained is unknown."""
        position = generation.position
        self.ctx.miss(turn, position.found_at, why, read_bytes=position.offset)
        self.ctx.lose(turn, position.found_at, position.size - position.offset, why)
        generation.settle()
