"""What is known of one followed path: its generations, and how it was when it was last looked at.

``apply`` and ``follow`` go by it; nothing outside this package's ``follow`` and this module writes to it.
"""

import errno
import os
from collections.abc import Callable, Iterable
from dataclasses import replace

from logwatch.events import shown
from logwatch.model import Envelope, FileState, Position
from logwatch.tail.candidates import Candidate, Heads
from logwatch.tail.context import SourceContext, Turn
from logwatch.tail.files import CorruptError, NotAFileError, Stat, key_at
from logwatch.tail.fingerprint import TELLING_BYTES, digest, empty_file_id, fingerprint_head
from logwatch.tail.generation import Generation
from logwatch.tail.generation_state import ChangedError
from logwatch.tail.identity import NO_KEY
from logwatch.tail.plan import PathView

NO_FILE = "is not a regular file"
PACKED = "is an archive"
SHARED = "is followed by another source"

_AHEAD_BYTES = 16 * 1024  # of the next generation, in which the rest of an answer may stand


class PathState:
    """One followed path: its generations, oldest first, of which the last one may be live."""

    def __init__(
        self,
        path: str,
        rows: Iterable[Position],
        ctx: SourceContext,
        facts: PathView,
        *,
        expected: Envelope | None = None,
    ) -> None:
        """Follow a path from ``rows`` on; ``facts``: what is known of it beside them."""
        self.path = path
        self.ctx = ctx
        self.owners = ctx.files.following
        self.owners.enter(self)
        # Other paths that begin with this one say nothing of it
        self._reading = replace(ctx.reading, expected=expected)
        self.heads = Heads(ctx.files.all.unreadable, ctx.unpacking)
        self.generations: list[Generation] = []
        for row in sorted(rows, key=lambda row: row.generation):
            generation = Generation(row, self._reading, saved=True)
            if row.state in ("rotated", "done") and not row.found_at:
                generation.note(key=NO_KEY)  # it had no name any more: its inode may be another file's by now
            self._enter(generation)
        known = [generation for generation in self.generations if generation.position.state != "ignored"]
        live = [generation for generation in known if generation.position.state == "live"]
        self.current = next(iter(live[-1:] or known[-1:]), None)  # the last one that the path led to
        first, followed = not self.generations and not facts.successor, bool(known) or facts.successor
        self.facts = replace(facts, first=first, followed=followed)
        self.matched: dict[str, Stat] = {}  # rotated names that the globs match too
        self.problem: tuple[str, str] | None = None  # what and why
        self.absent = True  # the path leads nowhere
        self.due = True  # it is to be reconciled
        self.unpacking = False  # an archive is to be unpacked further before all is decided
        self.crowded = False  # a file is not open because too many are
        self.futile = 0  # reads in a row that brought nothing

    @property
    def joined(self) -> bool:
        """Whether its source was followed before: what others have read of a copy is known; else each file counts."""
        return not self.facts.first or self.facts.news_since != float("inf")

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
    def is_behind(self) -> bool:
        """Whether anything is to be read, or to be unpacked or opened before; not what cannot be read now."""
        used = [g for g in self.generations if g.in_use and not g.blocked]
        first = any(g.lines.waits and not g.position.offset for g in used)  # what they stand in is to be told yet
        return self.unpacking or first or any(g.waiting or (self.crowded and not g.seen) for g in used)

    @property
    def blocked(self) -> bool:
        """Whether a file that is there cannot be read now."""
        return any(g.blocked and g.in_use for g in self.generations)

    def is_out_of_reach(self, *, globbed: bool) -> bool:
        """Return whether lines that were followed, or that nothing else has, cannot be read now.

        ``globbed``: a wildcard leads to it, so that it may be no log at all.
        """
        return self.blocked or (self.problem is not None and (self.facts.followed or not globbed))

    def in_order(self) -> list[Generation]:
        """Return its generations, oldest first: the live one may have been found, without a line, before others."""
        last = self.live if self.live and not self.live.begun else None
        return sorted(self.generations, key=lambda each: each is last)

    def before(self, generation: Generation) -> Generation | None:
        """Return the generation that one follows: the last in which anything was written."""
        order = self.in_order()
        before = order[order.index(generation) :: -1][1:]
        return next((each for each in before if each.followed and each.position.size), None)

    def ahead(self, generation: Generation) -> bytes:
        """Return the first bytes of the generation that follows one, if its file is open; a copy follows nothing."""
        order = self.in_order()
        after = (g for g in order[order.index(generation) + 1 :] if g.followed)
        file = next((g.plain for g in after if g.position.copy_of != generation.number), None)
        return file.read_at(0, _AHEAD_BYTES) if file else b""

    def targets(self) -> set[str]:
        """Return where the path leads and led: itself, where no link is on the way."""
        return {generation.position.target for generation in self.generations if generation.position.target} | {
            self.ctx.directories.real(self.path)
        }

    def target_of(self, candidate: Candidate) -> str | None:
        """Return where links lead from the path to its file; None for a rotated one, which keeps what was known."""
        if not candidate.is_at_path:
            return None
        real = self.ctx.directories.real(self.path)
        return real if real != self.path and key_at(real) == candidate.key else ""

    def view(self) -> PathView:
        """Return what a decision needs to know."""
        current = self.current.number if self.current else None
        return replace(self.facts, current=current, is_link=os.path.islink(self.path))

    # writing

    def mark_due(self) -> None:
        """Have it reconciled with the next look."""
        self.due = True

    def begin(self) -> None:
        """Note, before a survey, whether there was too little of a file to tell it from its successor."""
        self.due = self.unpacking = False
        short = not self.current or self.current.position.head_bytes < TELLING_BYTES
        blank = self.facts.was_blank or short or any(generation.tells_more for generation in self.generations)
        self.facts = replace(self.facts, was_blank=blank)

    def crowd(self) -> None:
        """Note that a file is not open because too many are."""
        self.crowded = True

    def add(self, candidate: Candidate, state: FileState) -> Generation:
        """Add a generation that begins with a file."""
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
        """Leave a generation to another path, or forget it."""
        self.generations.remove(generation)
        if self.current is generation:
            self.current = None

    def adopt(self, generation: Generation) -> None:
        """Take over a generation of another path, which leads to it no more."""
        generation.note(path=self.path)
        self._enter(generation)

    def lead_to(self, generation: Generation) -> None:
        """Note which generation the path leads to."""
        self.current = generation
        self.facts = replace(self.facts, followed=True)

    def end(self, candidates: list[Candidate], *, renewed: bool, undecided: bool, unpacking: bool) -> None:
        """Note that all that is known has been reconciled with what is there.

        ``renewed``: the path leads to another file than before; ``undecided``: an archive has no end yet;
        ``unpacking``: it has not been unpacked far enough.
        """
        # Where the path went on, what is decided later came in between, whenever it was written
        since = float("-inf") if renewed else self.facts.news_since
        self.facts = replace(self.facts, was_blank=False, first=False, news_since=since if undecided else float("inf"))
        self.due = self.due or (undecided and not unpacking)
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

    def look_again(self, generation: Generation, see: Callable[[], None], turn: Turn) -> ChangedError | None:
        """Look at an open file, and let go of what is another generation's by now, or has changed.

        Return what has changed in one that was deleted: a survey tells whether reading goes on in it.
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
