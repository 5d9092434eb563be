"""Makes one followed path look like one endless stream of whole lines, across every rotation of the file behind it.

In: a path, and what is known of its generations. Out, to a sink: chunks of whole lines, generation after generation,
oldest first, and each change of what is known. All that one look or one read finds out is handed on before it returns,
so a commit between turns is always consistent.
"""

import errno
import os
from collections.abc import Iterable
from contextlib import suppress

from logwatch.model import Position, Sink
from logwatch.tail.events import shown
from logwatch.tail.files import CorruptError, NotAFileError, SeekingError, key_of
from logwatch.tail.generation import ChangedError, Generation
from logwatch.tail.identity import TELLING_BYTES
from logwatch.tail.places import Heads
from logwatch.tail.scan import scan
from logwatch.tail.surroundings import Surroundings, Turn

SETTLE_SECONDS = 10.0
"""A generation whose bytes are nowhere is given up after this long, if its path leads to a new one: a copy may still
be on its way to its name. While its path leads nowhere at all, it is given release_seconds: its file system may not be
mounted yet."""

_SEEK_COST = 1 << 20  # what unpacking the way to an offset takes from a turn's budget


class Lineage:
    """One followed path: its generations, oldest first, of which the last one may be live."""

    def __init__(self, path: str, rows: Iterable[Position], around: Surroundings) -> None:
        self.path = path
        self.around = around
        self.generations = [Generation(row, around.reading) for row in sorted(rows, key=lambda r: r.generation)]
        for generation in self.generations:
            generation.saved = generation.position()
        known = [generation for generation in self.generations if generation.state != "ignored"]
        self.current = known[-1] if known else None  # the last one that the path led to
        self.followed = bool(known)  # the path has led somewhere before
        self.first = not self.generations  # never looked at before
        self.starts_at_end = False  # what is there at the first look is skipped
        self.successor = False  # it takes over from another path
        self.matched: dict[str, tuple[int, int, int]] = {}  # rotated names that the globs match too
        self.problem: tuple[str, str] | None = None  # what and why
        self.absent = True  # the path leads nowhere
        self.alias = False  # it leads to a file that another path leads to as well
        self.due = True  # a scan is needed
        self.crowded = False  # a file is not open because too many are
        self.was_blank = False  # the live file had too short a head to tell it from its successor
        self.heads = Heads()
        self._directory_mark: object = None

    def succeed(self) -> None:
        """Take over from another path: all that is here is new, and none of it history."""
        self.first, self.followed, self.successor = False, True, True

    @property
    def live(self) -> Generation | None:
        """The generation that the path leads to, if it does."""
        current = self.current
        return current if current and current.state == "live" and current.missing_since is None else None

    @property
    def lag(self) -> int:
        """Bytes that were seen and not handed on, of files that are open."""
        return sum(generation.lag for generation in self.generations if generation.file)

    @property
    def blocked(self) -> bool:
        """Whether a file that is there cannot be read now."""
        return any(g.blocked and g.state in ("live", "rotated") for g in self.generations)

    # looking

    def look(self, now: float, matched: Iterable[str], sink: Sink) -> None:
        """Poll: notice growth, rotation, and what can be let go."""
        turn = Turn(now, sink)
        self._watch_matched(matched)
        self._stat_path()
        for generation in self.generations:
            if generation.file:
                head_bytes = generation.head_bytes
                try:
                    generation.notice(now)
                    self.due = self._tells_more(generation, head_bytes) or self.due
                except ChangedError:
                    generation.lose_file()
                    self.due = True
                except OSError as error:
                    self.block(generation, error, turn)
            elif generation.parked and generation.state == "rotated":
                self._look_by_name(generation)
        blank = self.live and self.live.head_bytes < TELLING_BYTES  # what is filled and emptied leaves but its copy
        if blank or any(generation.missing_since is not None for generation in self.generations):
            self._watch_directory()
        if self.crowded and self.around.room():
            self.crowded = False
            self.due = True
        if self.due:
            scan(self, turn)
        self._release(turn)
        self._give_up(turn)
        self.emit(sink)

    def _watch_matched(self, matched: Iterable[str]) -> None:
        marks: dict[str, tuple[int, int, int]] = {}
        for path in matched:
            with suppress(OSError):
                status = os.stat(path)
                marks[path] = (status.st_ino, status.st_size, status.st_mtime_ns)
        if marks != self.matched:
            self.matched = marks
            self.due = True

    def _stat_path(self) -> None:
        live = self.live
        try:
            status = os.stat(self.path)
        except (FileNotFoundError, NotADirectoryError):
            if live or not self.absent:
                self.due = True
            self.absent = True
            self.problem = None
            self._watch_directory()
            return
        except OSError as error:
            self.report(error)
            return
        self.absent = False
        if not live or live.key != key_of(status):
            self.due = True
        elif not live.file:
            parked = live.parked == (status.st_size, status.st_mtime_ns)
            self.due = self.due or not (parked or self.crowded)

    def _look_by_name(self, generation: Generation) -> None:
        """Look at a renamed file that was closed to save descriptors."""
        try:
            status = os.stat(generation.found_at)
        except OSError:
            self.due = True
            return
        if (key_of(status), status.st_size, status.st_mtime_ns) != (generation.key, *(generation.parked or ())):
            self.due = True

    def _watch_directory(self) -> None:
        try:
            mark: object = os.stat(os.path.dirname(self.path) or ".").st_mtime_ns
        except OSError as error:
            mark = error.errno
        if mark != self._directory_mark:
            self._directory_mark = mark
            self.due = True

    def report(self, error: OSError | None) -> None:
        """Note what keeps the path from being read, or that nothing does; tell the log when it is news."""
        if not error:
            self.problem = None
            return
        what = "is not a regular file" if isinstance(error, NotAFileError) else "cannot be read"
        problem = (what, error.strerror or str(error))
        if self.problem != problem:
            self.problem = problem
            self.around.log.warning("source_unreadable", path=shown(self.path), problem=what, error=problem[1])

    def block(self, generation: Generation, error: Exception, turn: Turn) -> None:
        """Try again with the next look. What is open stays open: it may have no name any more."""
        path = generation.found_at or self.path
        if generation.blocked != str(error):
            generation.blocked = str(error)
            self.around.log.warning("file_unreadable", path=shown(path), error=str(error))
        generation.waiting, generation.seen = False, (-1, -1)
        if isinstance(error, CorruptError):
            generation.detach()
            self.around.lose(turn, path, generation.size - generation.offset, "the archive is damaged")
            generation.state = "done"
        elif isinstance(error, OSError) and error.errno == errno.ESTALE:  # NFS: the name may lead to it again
            generation.detach()
        self.due = self.due or not generation.file

    # letting go

    def _give_up(self, turn: Turn) -> None:
        """Count what could not be found anywhere for long enough."""
        patience = self.around.release_seconds if self.absent else SETTLE_SECONDS
        for generation in self.generations:
            if generation.missing_since is None:
                continue
            generation.missing_since = min(generation.missing_since, turn.now)
            if turn.now - generation.missing_since < patience:
                continue
            unread = generation.size - generation.offset
            if generation.state == "live":  # nobody has seen its end
                turn.sink.tally(self.around.reading.source, "missed_generations")
                self.around.log.warning("generation_missed", path=shown(self.path), unread_bytes=unread)
            self.around.lose(turn, self.path, unread, "not found")
            generation.missing_since = None
            generation.state = "done"
            self.due = True

    def _release(self, turn: Turn) -> None:
        """Let go of files that were renamed or deleted and have not grown for long enough."""
        for generation in self.generations:
            file = generation.file
            if generation.state != "rotated" or generation.waiting or not (file or generation.parked):
                continue
            generation.grown_at = min(generation.grown_at, turn.now)  # clocks jump
            ended = file and file.ended()
            if not ended and turn.now - generation.grown_at < self.around.release_seconds:
                continue
            if not file and generation.size > generation.offset:  # an unfinished last line is to be read
                generation.parked = None
                self.due = True
                continue
            generation.dead = file is not None and not os.fstat(file.descriptor).st_nlink
            self.due = self.due or generation.dead
            chunk = generation.finish(turn.now)
            if chunk:
                turn.sink.chunk(chunk)
            path = shown(generation.found_at or self.path)
            self.around.log.info("file_released", path=path, bytes=generation.offset, deleted=generation.dead)

    def park(self) -> bool:
        """Close a file of which all was read, and which has a name; looks go on by name. False if there is none."""
        for generation in self.generations:
            path = self.path if generation.state == "live" else generation.found_at
            if not generation.file or generation.file.packed or generation.waiting or not path:
                continue
            status = os.fstat(generation.file.descriptor)
            mark = (status.st_size, status.st_mtime_ns)
            with suppress(OSError):
                if mark == generation.seen and key_of(os.stat(path)) == generation.key:
                    generation.detach()
                    generation.parked = mark
                    return True
        return False

    # reading

    def next_waiting(self) -> Generation | None:
        """Return the oldest generation with bytes to be read."""
        return next((g for g in self.generations if g.file and g.waiting and g.told), None)

    def read(self, now: float, sink: Sink) -> int | None:
        """Hand on one chunk; return how many bytes it stood for, None when nothing is waiting."""
        generation = self.next_waiting()
        if not generation:
            return None
        turn = Turn(now, sink)
        try:
            head_bytes = generation.head_bytes
            generation.learn_head()
            if self._tells_more(generation, head_bytes):
                scan(self, turn)
                return 0
            chunk = generation.read(now)
        except ChangedError:
            generation.lose_file()
            scan(self, turn)
            return 0
        except SeekingError:
            return _SEEK_COST
        except (OSError, CorruptError) as error:
            self.block(generation, error, turn)
            return 0
        if chunk:
            sink.chunk(chunk)
        return chunk.consumed if chunk else 0

    def _tells_more(self, generation: Generation, head_bytes: int) -> bool:
        """Tell whether a file has got a head to tell it by.

        An empty file, or one that holds but the beginning of a line, has too few bytes to tell by whether it was
        filled, copied and truncated since the last look, or is a copy that is being made. When there are more, and
        before they are read, it is time to look for what came between, and for what it may be a copy of.
        """
        tells_more = head_bytes < min(TELLING_BYTES, generation.head_bytes)
        self.was_blank = self.was_blank or tells_more
        return tells_more

    def emit(self, sink: Sink) -> None:
        """Hand on what has changed. Of a live generation that is missing, what was known stays known."""
        for generation in self.generations:
            if generation.missing_since is not None and generation.state == "live":
                continue
            position = generation.position()
            if position != generation.saved:
                generation.saved = position
                sink.position(position)

    def close(self) -> None:
        """Close all files."""
        for generation in self.generations:
            generation.detach()
