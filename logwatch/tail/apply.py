"""Reconcile a path with the files around it: survey them, have them decided on, and carry out the plan.

Nothing else changes which generations a path has, and where they lie. It happens at start, when a path leads to another
file than before, when a file's bytes are not those that were read, and while something could not be found.
"""

from contextlib import suppress
from functools import cache

from logwatch.events import shown
from logwatch.model import FileState, Rotation
from logwatch.tail import plan as plans
from logwatch.tail.candidates import Archive, Candidate, UnreadableError, VanishedError
from logwatch.tail.context import Turn
from logwatch.tail.files import CorruptError, OwnFile
from logwatch.tail.fingerprint import has_time
from logwatch.tail.generation import Generation
from logwatch.tail.generation_state import REMEMBERED_SECONDS, UNSEEN_SECONDS, MovedError, PackedError
from logwatch.tail.identity import NO_KEY, Key, Relation
from logwatch.tail.path_state import PACKED, SHARED, PathState
from logwatch.tail.reconcile import reconcile
from logwatch.tail.rotated_names import UNNAMED
from logwatch.tail.survey import Survey
from logwatch.tail.uncompressed import SeekingError, holds, shared_bytes
from logwatch.unpack import MissingLibraryError, without_suffix

_TRIES = 5


def reconcile_path(state: PathState, turn: Turn) -> None:
    """Reconcile a path; try again if files were renamed meanwhile, as one rotation renames many.

    If a file turns out to be unreadable twice, try without its content, so that only its own generation has to wait.
    """
    tries, unreadable, failed = _TRIES, state.ctx.files.all.unreadable, set[Key]()
    unreadable.clear()
    while tries:
        state.begin()
        try:
            _Reconciliation(state, turn).run()
        except UnreadableError as error:
            tries -= error.key in unreadable
            if error.key in failed:
                unreadable[error.key] = error.error
            failed.add(error.key)
        except SeekingError:
            return state.wait()
        except (VanishedError, OSError):  # OSError: a disk failed during a comparison, and proves nothing
            tries -= 1
        else:
            return None
        state.owners.rotated_files.forget()
    return state.mark_due()


class _Reconciliation:
    """One attempt; before the plan is carried out, raises VanishedError if files change meanwhile.

    And SeekingError, while an archive has to be unpacked to where reading goes on in it.
    """

    def __init__(self, state: PathState, turn: Turn) -> None:
        self.state, self.turn, self.ctx = state, turn, state.ctx
        self.found = plans.Found([])
        self.plan = plans.Plan()
        self._before = cache(lambda i, at: self.found.candidates[i].before(at))

    def run(self) -> None:
        state, unpacking = self.state, self.ctx.unpacking
        unpacking.begin_path()
        for generation in tuple(state.generations):
            self._check(generation)
        elsewhere = self._is_elsewhere()
        # While the path leads to another path's file, those in use are looked for, and matched rotated files if that
        # path is of the same source; what this one leads to later is new
        matched = state.matched and not state.problem
        sought = state.path_view.first or matched or any(generation.in_use for generation in state.generations)
        if elsewhere and not sought:
            return
        survey = Survey(state, elsewhere=elsewhere)
        self.found = found = survey.find()
        self._take_over_left()
        self.plan = plan = reconcile(state.view(), survey.known, found)
        for generation in state.generations:
            if generation.file:
                head_bytes = generation.position.head_bytes
                self._check(generation)
                if not generation.file or (generation.tells_more and generation.position.head_bytes > head_bytes):
                    raise VanishedError
        for i, at in plan.starts():
            self._before(i, at)  # asked now: a plan that fails half carried out would count lines twice
        survey.make_sure(strict=plan.news)
        self._report()
        live, numbered = state.live, {each.number: each for each in state.generations}
        for action in plan.actions:
            self._do(action, numbered)
        if live and live.position.state == "rotated":
            live.leave_path(self.turn.now)
        undecided = [archive for i in found.undecided if (archive := found.candidates[i].archive)]
        state.end(
            found.candidates,
            renewed=plan.renewed,
            undecided=bool(undecided) or plan.again or unpacking.put_off,
            unpacking=any(archive.busy for archive in undecided) or unpacking.put_off,
        )

    def _check(self, generation: Generation) -> None:
        """Check that an open file still has what was read of it: then its inode proves where the generation lies.

        Reading goes on in a deleted file that was changed, unless its content was copied to the path: then there.
        """
        file = generation.plain
        if not file or not (error := self.state.look_again(generation, generation.verify, self.turn)):
            return
        own = OwnFile(file)
        copied = _is_copied(self.state, generation, own, moved=isinstance(error, MovedError))
        if isinstance(error, MovedError) and not copied:
            generation.skip_within(error.at)  # it has no name by which a survey would find it
            generation.note(head=own.head)
            return
        if not copied and not isinstance(error, PackedError):  # truncated: its writer goes on in it
            emptied = Candidate("", generation.key, own.size(), own.modified, UNNAMED, own.head, own.begin)
            self.state.add(emptied, "rotated").attach(generation.hand_over(), self.turn.now)
        generation.give_up(error)

    def _report(self) -> None:
        if at_path := self.found.path_file:
            self.state.report(at_path.error)
        for candidate in self.found.candidates:
            if candidate.packed and candidate.path == self.state.path == without_suffix(candidate.path):
                self.state.report_problem((PACKED, "its content is read once, what is added later is not"))
            if isinstance(candidate.error, MissingLibraryError) and str(candidate.error) not in self.ctx.unpackable:
                self.ctx.unpackable.add(str(candidate.error))
                self.ctx.log.warning("archive_unreadable", path=shown(candidate.path), error=str(candidate.error))

    # two paths, one file

    def _is_elsewhere(self) -> bool:
        """Return whether the path's file is that of another path that still leads to it; take it over if none does."""
        state = self.state
        candidate = state.examine()
        if not candidate:
            return False
        key = candidate.key
        if other_source := self.ctx.files.all.other_source(state.owners, key):
            state.report_problem((SHARED, f"its lines count for source {other_source!r} alone"))
            return True
        generation = None if candidate.error else state.owners.owner(candidate, state.path, followed=True)
        if not generation:
            return False
        if generation in state.owners.leading_to(key, state.path):
            return True
        self._take_over(generation)
        generation.note(state="live")
        return False

    def _take_over(self, generation: Generation) -> None:
        """Take over a generation from another path, and all that is known of that if it is not followed any more."""
        state = self.state
        other = state.owners.path_of(generation)
        followed = state.owners.follows(other.path)
        for each in (generation,) if followed else tuple(other.generations):
            other.remove(each)
            state.adopt(each)
        other.mark_due()

    def _take_over_left(self) -> None:
        """Take over what is known of rotated files whose path is not followed any more; then look at all files anew."""
        for file in self.found.left:
            if generation := self.state.owners.owner(file, self.state.path):
                self._take_over(generation)
        if self.found.left:
            raise VanishedError

    def _pair_with_left(self, generation: Generation, i: int) -> None:
        """Pair a copy with the generations that it was copied from, so that what either has read is not read again.

        A file at the path is also paired with those that left it, if it begins with lines of theirs that have a time:
        they may be being written back, or another state of one was put there.
        """
        sharing, file, copied = self.state.owners.sharing, self.found.candidates[i], self.plan.copy_of.get(i, set())
        unread = i == self.found.at_path and not generation.position.offset  # else another is to read what is in front
        for each in self.state.generations if unread or copied else ():
            copy = each.number in copied
            with suppress(SeekingError, VanishedError, OSError):
                of = sharing.content(each) if unread and not copy and each.key != file.key else None
                copy = copy or (of is not None and has_time(file.before(shared_bytes(file, of)), each.lines.is_dated))
            if copy:
                sharing.pair(generation, each)

    # carrying out the plan

    def _do(self, action: plans.Action, numbered: dict[int, Generation]) -> None:
        state, found = self.state, self.found
        match action:
            case plans.Hold(number, i, at, cut):
                generation = numbered[number]
                if at is not None and found.answer(number, i).relation in (Relation.PART, Relation.CUT):
                    generation.lose_end(at, self._before(i, at), self.turn.now, cut=cut)
                self._begin(generation, i, at)
            case plans.Leave(number):
                self._leave(numbered[number], action)
            case plans.TakeUp(i, becomes, at):
                self._take_up(i, becomes, at)
            case plans.Absent():
                state.add(Candidate(state.path, NO_KEY, 0, 0, None, b""), "ignored")
            case plans.Rotated(kind, times):
                self.turn.sink.rotated(Rotation(self.turn.now, self.ctx.reading.source, state.path, kind, times))
                self.ctx.log.info("file_rotated", path=shown(state.path), kind=kind, count=times)

    def _leave(self, generation: Generation, action: plans.Leave) -> None:
        match action.how:
            case "open":
                becomes = "rotated" if generation.position.state == "live" else generation.position.state
                generation.note(state=becomes, found_at=generation.find_name())
                if action.at is not None:
                    generation.skip_within(action.at, unread=True)
            case "packed":
                generation.found()
            case "missing":
                if generation.in_use:
                    generation.detach()
                    generation.miss(self.turn.now)
                else:
                    now = self.turn.now  # the clock may have been set back
                    generation.note(gone_at=min(generation.position.gone_at or now, now))
            case "done":
                generation.settle()
            case "forgotten" if not (generation.in_use or generation.dead):
                generation.note(gone_at=self.turn.now - REMEMBERED_SECONDS + UNSEEN_SECONDS, key=NO_KEY)
            case "forgotten":
                generation.detach()
                self.state.remove(generation)
                self.state.owners.sharing.drop(generation)
                self.turn.sink.forget(generation.number)

    def _begin(self, generation: Generation, i: int, at: int | None, *, new: bool = False) -> None:
        """Go on with a generation in a file; if nothing of it was read so far, pair it with those that have its bytes.

        With those of other paths only if it is new, or a copy: two logs that were alike for a while stay two.
        """
        blank = not generation.position.offset
        self._hold(generation, i, at)
        new = new or generation.tells_more  # of its head: it may be a copy that has got its inode meanwhile
        if blank:
            self._pair_with_left(generation, i)
        if blank and self.state.joined and (new or generation.position.copy_of):
            self.state.owners.sharing.pair_alike(generation, self.found.candidates[i].head)

    def _hold(self, generation: Generation, i: int, at: int | None) -> None:
        """Note which file a generation lies in, and open that file if the generation is in use."""
        candidate = self.found.candidates[i]
        size = candidate.known_size
        moved = generation.key != candidate.key
        if at is not None:
            generation.skip_to(at, self._before(i, at))
        position = generation.position
        read = size is None or size <= position.offset or candidate.damaged
        over = position.state == "ignored" or (position.state == "done" and read)
        becomes: FileState = "live" if candidate.is_at_path else position.state if over else "rotated"
        if moved and at is None and size is not None and becomes in ("live", "rotated"):
            # A copy may lack what came after it was made
            unread = position.size - max(size, position.offset)
            self.ctx.lose(self.turn, candidate.path, unread, "the copy is incomplete")
            becomes = "done" if size < position.offset else becomes
        in_use = becomes in ("live", "rotated")
        head = candidate.head
        if at is None and not (moved or candidate.begin) and in_use and generation.is_written_over(head):
            self.ctx.miss(self.turn, candidate.path, "overwritten from its start", read_bytes=position.offset)
        more = len(head) > position.head_bytes or (moved and becomes != "ignored") or at is not None
        more = more or not generation.begins_alike(head)
        generation.note(
            state=becomes,
            key=candidate.key,
            found_at=candidate.found_at,
            target=self.state.target_of(candidate),
            size=max(size, position.offset) if size is not None and head else None,
            head=head if head and more else None,
        )
        generation.found()
        if in_use and generation.empty:
            generation.note_empty(candidate.modified)
        self.state.owners.add(generation)
        if in_use and (moved or not (generation.file or generation.parked == candidate.stat)):
            self._attach(generation, i)
        if candidate.is_at_path:
            self.state.lead_to(generation)

    def _attach(self, generation: Generation, i: int) -> None:
        at = self.found.candidates[i]
        generation.detach()
        if at.error:  # it may be an archive, which must not be read as text
            self.state.block(generation, at.error, self.turn)
            return
        if at.archive and not self._is_proved(at.archive):
            self.found.undecided.add(i)  # it is read once its checksums are verified
            return
        if not self.ctx.files.room():
            self.state.crowd()
            return
        file = None
        try:
            file = at.open(self.ctx.files.closed)
            self.ctx.files.opened(generation)
            generation.attach(file, min(self.turn.now, at.modified / 1e9))
        except VanishedError:
            self.state.mark_due()
        except (OSError, CorruptError) as error:
            if file:
                file.close()
            self.state.block(generation, error, self.turn)

    def _is_proved(self, archive: Archive) -> bool:
        """Return whether an archive may be read: its checksums were verified, or it was unpacked as far as possible.

        If its end is not written yet, or a disk fails within it, the rest is read once it is there, or readable.
        """
        try:
            archive.size()
        except SeekingError:
            return not (archive.busy or self.ctx.unpacking.put_off)
        except UnreadableError:
            pass
        return True

    def _take_up(self, i: int, becomes: FileState, at: int | None) -> None:
        candidate = self.found.candidates[i]
        generation = self.state.add(candidate, becomes)
        if becomes == "ignored":
            return
        self._begin(generation, i, candidate.disk_size if at is None else at, new=at is not None)
        self.ctx.log.info("file_followed", path=shown(candidate.path), bytes=candidate.disk_size)


def _is_copied(state: PathState, generation: Generation, own: OwnFile, *, moved: bool) -> bool:
    """Return whether the content of a generation's own file, which was deleted and changed, was copied to its path.

    ``moved``: the last lines that were read are still in it, so that equal heads are enough; else all of it has to be.
    """
    at_path = state.examine()
    head = at_path.head if at_path else b""
    if moved:
        return bool(own.head and head.startswith(own.head)) or generation.begins_alike(head)
    with suppress(SeekingError):
        return bool(own.head and at_path and holds(at_path, 0, own, 0))
    return False
