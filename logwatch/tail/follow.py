"""Make one followed path look like one endless stream of whole lines, across every rotation of the file behind it.

In: a path, and what is known of its generations. Out, to a sink: chunks of whole lines, generation after generation,
oldest first, and each change of what is known. All that a look or a read finds out is handed on before it returns, so
that a commit between turns is always consistent.
"""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial

from logwatch.discover.globs import is_conclusive, signature
from logwatch.events import shown
from logwatch.lines import LONG_PATIENCE_SECONDS
from logwatch.model import Chunk, Sink
from logwatch.tail.apply import reconcile_path
from logwatch.tail.context import Turn
from logwatch.tail.files import CorruptError, Stat, stat_at, stat_of
from logwatch.tail.fingerprint import TELLING_BYTES
from logwatch.tail.generation import Generation
from logwatch.tail.generation_state import REMEMBERED_SECONDS, ChangedError
from logwatch.tail.path_state import PathState
from logwatch.tail.uncompressed import SeekingError, UnwrittenError

FUTILE_READS = 32  # a turn ends after this many that bring nothing; the longest line takes a few

SETTLE_SECONDS = 10.0
"""How long a generation may be nowhere before it is given up, if its path leads to a new one: a copy may not have got
its name yet. The limit is ``release_seconds`` while its path leads nowhere at all, as its file system may not be
mounted, and while a file that may hold it cannot be read."""

AWAITED_SECONDS = 3 * 86400.0
"""How long a file that has left its path is watched while nothing comes into the next one: its writer may not know of
the rotation, and go on in it, or end its last line in the next one. A writer of few lines may flush its buffer (C's
stdio) only after hours, and not over a weekend."""

_CHANGE_COST = 16  # of ``FUTILE_READS``, for a read that found changed bytes: two of them end a turn
_SEEK_COST = 1 << 20  # bytes of a turn's budget charged for unpacking on the way to an offset


class PathFollower(PathState):
    """Follows one path."""

    _watched: object = None  # its directory and rotated files as last seen while it waited for something
    _quiet: Stat | None = None  # the path's file as it is while only a change of it would mean work

    # looking

    def look(self, turn: Turn, matched: Iterable[str] | None) -> bool:
        """Poll: notice growth, rotation, and files to release; return False if no more than a stat was needed.

        ``matched``: its rotated files that patterns match; None if no pattern leads to the path itself any more.
        """
        if self._is_quiet(turn.now, matched):
            return False
        self.futile = 0
        found = {path: stat for path in matched or () if (stat := stat_at(path))}
        self.due = self.due or found != self.matched
        self.matched = found
        self._stat_path(turn.now)
        for generation in self.generations:
            if generation.file:
                self.look_again(generation, partial(generation.notice, turn.now), turn)
                self.due = generation.tells_more or self.due
            elif generation.parked and generation.position.state == "rotated":
                self.due = self.due or stat_at(generation.position.found_at) != generation.parked
        blank = self.live if self.live and self.live.position.head_bytes < TELLING_BYTES else None
        if blank:  # filled and truncated, only a copy is left, which may be in an older file
            self.due = self.due or blank.waiting
        if blank or any(generation.missing_since is not None for generation in self.generations):
            self._watch_directories(turn.now)
        if self.crowded and self.ctx.files.room():
            self.crowded = False
            self.due = True
        # While patterns lead to the path, remember the newest: else a file that appears there later would be its first
        for generation in self.generations[: None if matched is None else -1]:
            self.due = generation.outlive(turn.now) or self.due
        if self.due:
            reconcile_path(self, turn)
        self._release(turn)
        self._give_up(turn)
        self.emit(turn.sink)
        self._rest()
        return True

    def _is_quiet(self, now: float, matched: Iterable[str] | None) -> bool:
        """Return whether the path's only file is as it was when there was nothing to do: that costs one stat.

        It costs none if all files are gone: discovery finds the path when it leads to a file again.
        """
        if self.due or self.unpacking or matched:
            return False
        if matched is None and self.absent and (gone := min((g.position.gone_at for g in self.generations), default=0)):
            return now < gone + REMEMBERED_SECONDS
        return bool(self._quiet and stat_at(self.path) == self._quiet)

    def _rest(self) -> None:
        """Note the path's file if later looks have nothing to do until it changes."""
        self._quiet = None
        live = self.live
        if not live or self.due or self.unpacking or self.crowded or self.problem or self.matched:
            return
        if live.waiting or live.lines.waits or live.position.head_bytes < TELLING_BYTES:
            return
        if not any(each is not live and each.in_use for each in self.generations):
            self._quiet = live.seen

    def _stat_path(self, now: float) -> None:
        live = self.live
        try:
            stat = stat_of(os.stat(self.path))
        except (FileNotFoundError, NotADirectoryError):
            self.due = self.due or not self.absent
            self.absent = True
            self.problem = None
            self._watch_directories(now)
            return
        except OSError as error:
            self.report(error)
            return
        self.absent = False
        if not live or live.key != stat.key:
            # Not if the file is known as another path's, which still leads to it
            alias = any(each.plain for each in self.owners.leading_to(stat.key, self.path))
            self.due = self.due or live is not None or not alias
        elif live.file:
            self.problem = None  # an open file can be read, whatever was wrong before
        else:
            self.due = self.due or not (live.parked == stat or self.crowded)

    def _watch_directories(self, now: float) -> None:
        own = {os.path.dirname(path) for path in (self.path, self.ctx.directories.real(self.path))}
        shelves = [self.owners.rotated_files.shelves(log) for log in sorted(self.owners.logs_of(self.path))]
        signatures = {place: signature(place) for place in own}
        found = (signatures, shelves)
        self.due = self.due or found != self._watched
        settled = all(is_conclusive(each, now) for each in signatures.values())
        self._watched = found if settled else None  # another change within the same step of the clock would not show

    # letting go

    def _give_up(self, turn: Turn) -> None:
        """End generations that have been nowhere for long enough, and count what was not read of them."""
        for generation in self.generations:
            if generation.missing_since is None:
                continue
            generation.miss(turn.now)
            position = generation.position
            waits = self.absent or self.blocked
            if turn.now - generation.missing_since < (self.ctx.release_seconds if waits else SETTLE_SECONDS):
                continue
            elsewhere = self.owners.sharing.reached(generation)
            if elsewhere is None:
                continue
            unread = position.size - max(position.offset, elsewhere)
            if position.state == "live":  # it may have got more since it was last seen
                self.ctx.miss(turn, self.path, "not found", read_bytes=position.offset, unread_bytes=unread)
            self.ctx.lose(turn, self.path, unread, "not found")
            generation.settle()
            generation.note(gone_at=turn.now)  # it is remembered, as it may turn up again
            self.due = True

    def _release(self, turn: Turn) -> None:
        """Release files that left their path and have not grown for long enough."""
        order = self.in_order()
        begun = max((n for n, each in enumerate(order) if each.position.offset), default=0)
        for n, generation in enumerate(order):
            file = generation.file
            if generation.position.state != "rotated" or generation.waiting or not (file or generation.parked):
                continue
            generation.grow_at_most(turn.now)  # the clock may have been set back
            ended = file and file.ended()
            whole = ended or not (file and file.packed)
            awaited = whole and n >= begun  # once a later one was read, the rest of a line will not come
            torn = awaited and generation.position.offset < generation.position.size
            quiet_seconds = turn.now - generation.grown_at
            if (torn or not ended) and quiet_seconds < self.ctx.release_seconds:
                continue
            try:
                awaited = torn or (awaited and not ended and (not file or file.has_name()))
                if awaited and self.live and quiet_seconds < AWAITED_SECONDS:
                    continue
                if not file and generation.position.size > generation.position.offset:  # a parked one, with half a line
                    generation.detach()
                    self.due = True
                    continue
                if file and file.packed and not ended and file.stat().size:  # an empty one had nothing to lose
                    self.lose_rest(generation, turn, "the archive is incomplete")
                else:
                    self._let_go(generation, turn, torn=n < begun)
            except SeekingError:
                continue  # the next look unpacks further
            except (OSError, CorruptError) as error:
                self.block(generation, error, turn)

    def _let_go(self, generation: Generation, turn: Turn, *, torn: bool) -> None:
        if end := self.owners.sharing.held(generation):
            generation.skip_within(end)
        split = len(generation.open_rest())
        chunk, lost = generation.finish(turn.now, partial(self.following, generation), torn=torn)
        if chunk:
            turn.sink.chunk(chunk)
        self.due = self.due or generation.dead
        position = generation.position
        path = position.found_at or self.path
        self.ctx.lose(turn, path, lost, "the copy is incomplete")
        self.ctx.lose(turn, path, split, "the rest of a message was not found")
        self.ctx.log.info("file_released", path=shown(path), bytes=position.offset, deleted=generation.dead)

    # reading

    def next_waiting(self) -> Generation | None:
        """Return the oldest generation with bytes to read in this turn; None if there is none."""
        if self.futile >= FUTILE_READS:  # the next look comes first
            return None
        waiting = [each for each in self.generations if each.waiting]
        if len(waiting) < 2:  # noqa: PLR2004  the usual case, which needs no order
            return waiting[0] if waiting else None
        return next(each for each in self.in_order() if each.waiting)

    def read(self, turn: Turn) -> int | None:
        """Hand on one chunk; return the bytes that the read counts for, 0 if it brought nothing, None if none waits."""
        generation = self.next_waiting()
        if not generation:
            return None
        try:
            chunk = self._take(generation, turn)
        except ChangedError:
            if not generation.plain:
                generation.lose_file()
            reconcile_path(self, turn)
            self.futile += _CHANGE_COST
            return 0
        except UnwrittenError:
            generation.rest()  # nothing more is written yet: wait until the next look
            return 0
        except SeekingError:
            self.futile += FUTILE_READS if self.ctx.unpacking.put_off else 0  # until the next look
            return _SEEK_COST
        except (OSError, CorruptError) as error:
            self.block(generation, error, turn)
            chunk = None
        if not chunk:
            self.futile += int(generation.waiting)  # one that reached the end of its file costs nothing
            return 0
        turn.sink.chunk(chunk)
        self.futile = 0
        return chunk.consumed

    def _take(self, generation: Generation, turn: Turn) -> Chunk | None:
        sharing, file = self.owners.sharing, generation.file
        assert file
        seen = file.stat()
        generation.learn_head()
        if generation.tells_more:
            reconcile_path(self, turn)
            self.futile += FUTILE_READS if generation.tells_more else 0  # until the next look
            return None
        if (whole := generation.find_end_again(turn.now)) is None:
            self.futile += FUTILE_READS  # until the next look
            return None
        if not whole:
            self.ctx.miss(turn, self.path, "its end was cut off", read_bytes=generation.position.offset)
        if not sharing.skip(generation):
            return None
        while (other := sharing.appended(generation, self.generations)) and generation.go_on_behind(other, turn.now):
            if other.missing_since is not None:
                other.settle()  # its unread bytes are in this file, and come next
        if not generation.waiting:
            return None
        reported = generation.lines.no_text
        before = self._behind(generation)
        chunk = generation.read(turn.now, seen, partial(self.following, generation), before)
        if before and before.position.path != self.path and (left := before.unsaved()):
            turn.sink.position(left)  # its rest was read along with this file
        if (found := generation.lines.no_text) and not reported:
            path = shown(self.path)
            problem = f"{found.what}: {found.why}"
            self.ctx.log.warning("file_is_no_log", path=path, problem=problem, remedy=found.remedy.format(path))
        return chunk

    def _behind(self, generation: Generation) -> Generation | None:
        """Return the generation whose last line may go on in this one: of this path, or of one left for it; or None."""
        before = self.before(generation)
        if before or generation.begun:
            return before
        left = self.owners.left_for(self.path)
        return None if not left or left.is_newer_than(generation) else left  # a newer one may still be written

    def read_deleted(self, turn: Turn, goes_on: Callable[[], bool]) -> None:
        """Hand on what is left in deleted files, which no later start can find, as long as ``goes_on`` allows.

        Wait for nothing: read them as if they had not grown for a long time.
        """
        later = turn._replace(now=turn.now + LONG_PATIENCE_SECONDS)
        for generation in self.in_order():
            with suppress(ChangedError, SeekingError, OSError, CorruptError):
                if not generation.in_use or not generation.plain or generation.plain.has_name():
                    continue
                for now in (turn.now, later.now):
                    generation.notice(now)
                futile = 0
                while generation.waiting and futile < FUTILE_READS and goes_on():
                    chunk = self._take(generation, later)
                    if chunk:
                        turn.sink.chunk(chunk)
                    futile = 0 if chunk else futile + 1  # the head, or a long line, may take several reads

    def unpack(self, turn: Turn) -> None:
        """Unpack archives further if the path waits only for that to be decided, and there is time left."""
        if self.unpacking and self.ctx.unpacking.lasts:
            reconcile_path(self, turn)
            self.emit(turn.sink)

    def emit(self, sink: Sink) -> None:
        """Hand on changed positions, except of live generations that are nowhere, and while a lost end may return."""
        for generation in self.generations:
            missing = generation.missing_since is not None and generation.position.state == "live"
            if missing or generation.former:
                continue
            if position := generation.unsaved():
                sink.position(position)

    def close(self) -> None:
        """Close all files."""
        self.heads.keep_only([])
        for generation in self.generations:
            generation.detach()
