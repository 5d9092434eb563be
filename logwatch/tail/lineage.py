"""Makes one followed path look like one endless stream of whole lines, across every rotation of the file behind it.

In: a path, and what is known of its generations. Out, to a sink: chunks of whole lines, generation after generation,
oldest first, and each change of what is known. All that one look or one read finds out is handed on before it returns,
so a commit between turns is always consistent.
"""

import errno
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from logwatch.model import FileState, Position, Sink
from logwatch.tail.events import Log, shown
from logwatch.tail.files import CorruptError, Key, NotAFileError, SeekingError, key_of
from logwatch.tail.generation import ChangedError, Generation, Reading
from logwatch.tail.identity import digest, fingerprint_head, stamp
from logwatch.tail.places import TELLING_BYTES, Candidate, Heads, Places, VanishedError, list_siblings, place
from logwatch.tail.siblings import Rotated

SETTLE_SECONDS = 10.0
"""A generation whose bytes are nowhere is given up after this long, if its path leads to a new one: a copy may still
be on its way to its name."""

_TRIES = 5
_NO_KEY: Key = (0, 0)
_UNNAMED = Rotated(None, "", packed=False)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all paths of a source share."""

    reading: Reading
    start_at_end: bool
    release_seconds: float
    next_generation: Callable[[], int]
    elsewhere: Callable[["Lineage", Candidate], "tuple[Lineage, Generation] | None"]
    log: Log


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
        self.first = not self.generations
        self.matched: dict[str, tuple[int, int, int]] = {}
        self.followed = bool(known)  # the path has led somewhere before
        self.problem: tuple[str, str] | None = None  # what and why
        self.absent = True
        self.alias = False
        self.due = True  # a scan is needed
        self._was_blank = False
        self._heads = Heads()
        self._directory_mark: object = None

    @property
    def live(self) -> Generation | None:
        """The generation that the path leads to, if it does."""
        current = self.current
        return current if current and current.state == "live" and current.missing_since is None else None

    @property
    def lag(self) -> int:
        """Bytes that were seen and not handed on."""
        return sum(generation.lag for generation in self.generations if generation.file)

    @property
    def blocked(self) -> bool:
        """Whether a file that is there cannot be read now."""
        return any(g.blocked and g.state in ("live", "rotated") for g in self.generations)

    # looking

    def look(self, now: float, matched: Iterable[str], sink: Sink) -> None:
        """Poll: notice growth, rotation, and what can be let go."""
        self._watch_matched(matched)
        self._stat_path()
        for generation in self.generations:
            if generation.file:
                try:
                    generation.notice(now)
                except ChangedError:
                    self._changed(generation)
                except (OSError, CorruptError) as error:
                    self._block(generation, error)
        if any(generation.missing_since is not None for generation in self.generations):
            self._watch_directory()
        if self.due:
            self.scan(now, sink)
        self._release(now, sink)
        self._give_up(now, sink)
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
            self._report(error)
            return
        self.absent = False
        if not live or not live.file or live.key != key_of(status):
            self.due = True

    def _watch_directory(self) -> None:
        try:
            mark: object = os.stat(os.path.dirname(self.path) or ".").st_mtime_ns
        except OSError as error:
            mark = error.errno
        if mark != self._directory_mark:
            self._directory_mark = mark
            self.due = True

    def _check(self, generation: Generation) -> None:
        """Make sure that an open file still holds what was read of it, before its inode tells where it lies."""
        if generation.file and not generation.file.packed:
            try:
                generation.verify()
                generation.learn_head()
            except ChangedError:
                self._changed(generation)
            except OSError as error:
                self._block(generation, error)

    def _note_head(self, generation: Generation, before: int) -> bool:
        """Ask for a scan when the live file has got a telling head.

        An empty file, or one that holds but the beginning of a line, has too few bytes to tell by whether it was
        filled, copied and truncated since the last look. When there are more, it is time to look for what came between.
        """
        if generation is self.current and before < min(TELLING_BYTES, generation.head_bytes):
            self._was_blank = True
            return True
        return False

    def _changed(self, generation: Generation) -> None:
        """Let go of a file whose bytes are no longer this generation's: they have to be looked for."""
        generation.detach()
        generation.truncated = True
        generation.key = _NO_KEY  # the inode is another generation's now
        generation.state, generation.found_at = "rotated", ""
        self.due = True

    def _block(self, generation: Generation, error: Exception) -> None:
        """Try again with the next look. What is open stays open: it may have no name any more."""
        if generation.blocked != str(error):
            generation.blocked = str(error)
            self.around.log.warning("file_unreadable", path=shown(generation.found_at or self.path), error=str(error))
        generation.waiting, generation.seen = False, (-1, -1)
        if isinstance(error, CorruptError):
            generation.detach()
            generation.state = "done"
        elif isinstance(error, OSError) and error.errno == errno.ESTALE:
            generation.detach()
        self.due = self.due or not generation.file

    def _report(self, error: OSError) -> None:
        what = "is not a regular file" if isinstance(error, NotAFileError) else "cannot be read"
        why = error.strerror or str(error)
        if self.problem != (what, why):
            self.problem = (what, why)
            self.around.log.warning("source_unreadable", path=shown(self.path), problem=what, error=why)

    # scanning

    def scan(self, now: float, sink: Sink) -> None:
        """Find out where every known generation lies, and take up the ones that are new."""
        self.due = False
        for _ in range(_TRIES):
            try:
                self._scan(now, sink)
            except VanishedError:
                continue
            return
        self.due = True

    def _scan(self, now: float, sink: Sink) -> None:
        blank = not self.current or self.current.head_bytes < TELLING_BYTES
        for generation in self.generations:
            self._check(generation)
        candidates, at_path = self._candidates()
        if at_path and at_path.head is not None and self._is_elsewhere(at_path):
            return
        places = place(self.generations, candidates)
        uncertain = any(candidate.head is None for candidate in candidates)
        for generation in list(self.generations):
            held = places.held.get(generation.number)
            if held:
                self._hold(generation, held, now, sink)
            elif not generation.file:
                self._lose(generation, now, sink, uncertain=uncertain)
            elif generation.state == "live":
                generation.state, generation.found_at = "rotated", ""
        holder = next((g for g in self.generations if at_path and places.held.get(g.number) is at_path), None)
        renewed = blank or self._was_blank or holder is None or holder is not self.current
        self._was_blank = False
        self._adopt(places, at_path, now, sink, renewed=renewed)
        if holder:
            self.current = holder
        self.first = False
        self._heads.keep_only(candidates)

    def _candidates(self) -> tuple[list[Candidate], Candidate | None]:
        also = {os.path.dirname(g.found_at) for g in self.generations if g.found_at}
        names = list_siblings(self.path, also)
        found: dict[Key, Candidate] = {}
        at_path = None
        if not self.path.endswith(".gz"):
            at_path = self._heads.examine(self.path, None)
            if at_path:
                found[at_path.key] = at_path
                if at_path.error:
                    self._report(at_path.error)
                else:
                    self.problem = None
        for path in sorted(set(names) | set(self.matched)):
            rotated = names.get(path)
            if path == self.path and not path.endswith(".gz"):
                continue
            candidate = self._heads.examine(path, rotated or _UNNAMED)
            if not candidate or candidate.key in found:
                continue
            if path.endswith(".gz") and path.removesuffix(".gz") in names:
                continue  # being compressed: what it is compressed from is still there
            candidate.matched = path in self.matched
            if self.around.elsewhere(self, candidate):
                continue
            found[candidate.key] = candidate
        return list(found.values()), at_path

    def _is_elsewhere(self, at_path: Candidate) -> bool:
        """Deal with a file that another path leads to as well, or that another path led to before it was renamed."""
        owner = self.around.elsewhere(self, at_path)
        self.alias = False
        if not owner:
            return False
        other, generation = owner
        if generation.state == "live":
            with suppress(OSError):
                if key_of(os.stat(other.path)) == at_path.key:
                    self.alias = True
                    return True
        other.generations.remove(generation)
        if other.current is generation:
            other.current = None
        other.due = True
        generation.path = self.path
        self.generations.append(generation)
        generation.state = "live"
        return False

    def _hold(self, generation: Generation, at: Candidate, now: float, sink: Sink) -> None:
        """Go on with a generation where its bytes lie, or note under which name it is known."""
        moved = generation.key != at.key
        generation.missing_since = None
        found_at = "" if at.rotated is None else at.path
        state: FileState
        if at.rotated is None:
            state = "live"
        elif generation.state in ("done", "ignored") and (
            generation.state == "ignored" or at.size <= generation.offset
        ):
            state = generation.state
        else:
            state = "rotated"
        if moved and state != "ignored" and at.size < generation.offset:  # a copy made before all of it was read
            self._lost(generation.size - generation.offset, sink, why="copied short")
            state = "done"
        if moved and state in ("live", "rotated"):
            if at.head is not None and len(at.head) < generation.head_bytes:
                generation.head_bytes, generation.head = len(at.head), fingerprint_head(at.head)
            if at.size < generation.size:
                self._lost(generation.size - at.size, sink, why="copied short")
                generation.size = at.size
        generation.key, generation.found_at, generation.state = at.key, found_at, state
        if state in ("live", "rotated") and (moved or not generation.file):
            self._attach(generation, at, now)

    def _attach(self, generation: Generation, at: Candidate, now: float) -> None:
        file = None
        try:
            file = at.open()
            generation.attach(file)
        except VanishedError:
            self.due = True
            return
        except (OSError, CorruptError) as error:
            if file and generation.file is not file:
                file.close()
            self._block(generation, error)
            return
        generation.grown_at = min(now, at.modified / 1e9)

    def _adopt(self, places: Places, at_path: Candidate | None, now: float, sink: Sink, *, renewed: bool) -> None:
        """Take up files with bytes that nobody has seen: generations in between, then the one that is live now."""
        between = 0
        for candidate in places.unknown:
            if candidate is at_path or candidate.key == _NO_KEY:
                continue
            wanted = candidate.matched and not (self.first and self.around.start_at_end)
            if wanted or (renewed and not self.first):
                self._begin(candidate, now, "rotated")
                between += 1
            else:
                self._row(candidate, "ignored")
        for candidate in places.copies:
            self._row(candidate, "ignored")  # it stays known when its original is gone
        if between and not self.first:
            sink.tally(self.around.reading.source, "rotations", "rename", between)
        if at_path and at_path in places.unknown and at_path.head is not None:
            before, followed = self.current, self.followed
            self.current = self._begin(at_path, now, "live")
            self.followed = True
            if followed:
                self._tally_rotation(before, sink)

    def _begin(self, candidate: Candidate, now: float, state: FileState) -> Generation:
        generation = self._row(candidate, state)
        self._attach(generation, candidate, now)
        if self.first and self.around.start_at_end and state == "live" and generation.file:
            generation.skip_to_end(generation.file, candidate.size)
        self.around.log.info("file_followed", path=shown(candidate.path), bytes=candidate.size)
        return generation

    def _row(self, candidate: Candidate, state: FileState) -> Generation:
        head = candidate.head or b""
        position = Position(
            generation=self.around.next_generation(),
            source=self.around.reading.source,
            path=self.path,
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
        self.generations.append(generation)
        return generation

    def _tally_rotation(self, before: Generation | None, sink: Sink) -> None:
        kind = "replace"
        if before and before.truncated:
            kind = "truncate"
        elif not before or before.found_at or (before.file and os.fstat(before.file.descriptor).st_nlink):
            kind = "rename"
        sink.tally(self.around.reading.source, "rotations", kind)
        self.around.log.info("file_rotated", path=shown(self.path), kind=kind)

    # letting go

    def _lose(self, generation: Generation, now: float, sink: Sink, *, uncertain: bool) -> None:
        """Deal with bytes that are nowhere: wait a little, or forget what was read anyway."""
        if generation.state in ("live", "rotated"):
            if generation.missing_since is None:
                generation.missing_since = now
            return
        if not uncertain and not self.absent:
            self.generations.remove(generation)
            sink.forget(generation.number)

    def _give_up(self, now: float, sink: Sink) -> None:
        patience = self.around.release_seconds if self.absent else SETTLE_SECONDS
        for generation in self.generations:
            if generation.missing_since is None:
                continue
            generation.missing_since = min(generation.missing_since, now)
            if now - generation.missing_since < patience:
                continue
            unread = generation.size - generation.offset
            if generation.state == "live":  # nobody has seen its end
                sink.tally(self.around.reading.source, "missed_generations")
                self.around.log.warning("generation_missed", path=shown(self.path), unread_bytes=unread)
            self._lost(unread, sink, why="not found")
            generation.missing_since = None
            generation.state = "done"
            self.due = True

    def _lost(self, amount: int, sink: Sink, *, why: str) -> None:
        if amount > 0:
            sink.tally(self.around.reading.source, "lost_bytes", "", amount)
            self.around.log.warning("bytes_lost", path=shown(self.path), bytes=amount, why=why)

    def _release(self, now: float, sink: Sink) -> None:
        for generation in self.generations:
            if generation.state != "rotated" or not generation.file or generation.waiting:
                continue
            generation.grown_at = min(generation.grown_at, now)
            if not generation.file.ended() and now - generation.grown_at < self.around.release_seconds:
                continue
            self._finish(generation, now, sink)

    def _finish(self, generation: Generation, now: float, sink: Sink) -> None:
        gone = generation.file and not os.fstat(generation.file.descriptor).st_nlink
        chunk = generation.finish(now)
        if chunk:
            sink.chunk(chunk)
        self.around.log.info("file_released", path=shown(generation.found_at or self.path), read=generation.offset)
        if gone:
            self.due = True

    # reading

    def next_waiting(self) -> Generation | None:
        """Return the oldest generation with bytes to be read."""
        return next((g for g in self.generations if g.file and g.waiting), None)

    def read(self, now: float, sink: Sink) -> int | None:
        """Hand on one chunk; return how many bytes it stood for, None when nothing is waiting."""
        generation = self.next_waiting()
        if not generation:
            return None
        before = generation.head_bytes
        try:
            chunk = generation.read(now)
        except ChangedError:
            self._changed(generation)
            self.scan(now, sink)
            self.emit(sink)
            return 0
        except SeekingError:
            return 1 << 20
        except (OSError, CorruptError) as error:
            self._block(generation, error)
            return 0
        if chunk:
            sink.chunk(chunk)
        if self._note_head(generation, before):
            self.scan(now, sink)
        return chunk.consumed if chunk else 0

    def emit(self, sink: Sink) -> None:
        """Hand on what has changed. Of a generation that is missing, what was known stays known."""
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
