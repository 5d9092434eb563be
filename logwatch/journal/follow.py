"""Follow the journal of one source: each entry once, over restarts of this program, of journalctl and of the journal.

It takes two runs of journalctl: the first prints what is there and ends, which marks the end of the backlog; the second
follows. Each begins at the last entry that was handed on (``--cursor``, not ``--after-cursor``, which skips the first
survivor where that entry was vacuumed away); unless that entry comes first, others may be lost.
"""

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from logwatch.errors import Problem
from logwatch.events import Log
from logwatch.journal import place
from logwatch.journal.child import Child, NoJournalError, why_ended
from logwatch.journal.export import JournalEntry, Parser, is_whole, line_at, same, written
from logwatch.journal.messages import FIELDS, Messages
from logwatch.journal.place import JournalFiles, Target, nothing_yet
from logwatch.model import PLAIN, Chunk, JournalPosition, Sink, SourceStatus
from logwatch.wake import PollWaker

PLACE_SECONDS = 5.0  # between two checks of where the journals lie
QUIET_SECONDS = 2.0  # without an entry: then rests of messages and late numbers are no longer waited for
PAUSE_SECONDS = (1.0, 30.0)  # before journalctl is started again; doubled up to the second until an entry comes
STALLED_SECONDS = 60.0  # without a byte from a journalctl that has not sent all: then that is a problem
DAY_SECONDS = 86400.0  # at most, between the first and the last line of a chunk: their stamps have no year
SECOND = 1.0  # the same if lines have no stamps and take their chunk's time
_PATIENCE = 0.02  # seconds that a read waits for journalctl while there is a backlog
_BEHIND = 5.0  # seconds that an entry may take from its writer to us: younger ones may still be on their way

ReadMode = Literal["newest", "backlog", "follow"]


@dataclass(frozen=True, slots=True)
class JournalSpec:
    """What to follow under one name."""

    name: str
    target: Target
    start_at: Literal["beginning", "end"] = "beginning"  # of entries that are there at the first look
    stamped: bool = True  # lines have a time of their own


class Journal:
    """A source whose lines come from journald."""

    def __init__(
        self,
        source: JournalSpec,
        position: JournalPosition | None,
        *,
        max_line_bytes: int,
        clock: Callable[[], float],
        bell: PollWaker,
        log: Log,
    ) -> None:
        self.source = source
        self._max_line_bytes = max_line_bytes
        self._clock = clock
        self._bell = bell
        self._log = log
        known = position if position is not None and position.target == source.target.key else None
        cursor, state = (known.cursor, known.state) if known else ("", "")
        self._messages = Messages.resumed(max_line_bytes, cursor, state)
        # Everything that was written until then has been handed on
        self._until = min(known.until, clock()) if known else 0.0
        self._saved = (cursor, state)
        self._at_end = not known and source.start_at == "end"
        self._span = DAY_SECONDS if source.stamped else SECOND
        self._parser = Parser(max_line_bytes + 1)
        self._child: Child | None = None
        self._run: ReadMode = "backlog"
        self._first = True  # no entry of this run has come yet
        self._doubt = False  # if the entry at the cursor is gone, unread ones may be gone, too
        self._missed_generations = 0
        self._since = 0.0  # when the first gathered line was written
        self._place = JournalFiles()
        self._checked_at = float("-inf")
        self._started_at = 0.0
        self._start_at = float("-inf")  # no run starts before
        self._pause = PAUSE_SECONDS[0]
        self._trouble: Problem | None = None
        self._entry_at = float("-inf")  # when one came, by our clock
        self._byte_at = float("-inf")  # the same of anything
        self._caught_up = False

    # looking

    def look(self, sink: Sink) -> None:
        """Check now and then where the journals are, keep journalctl running, and give up on what does not come."""
        now = self._clock()
        if not 0 <= now - self._checked_at < PLACE_SECONDS:
            self._check_place(now)
        if self._child is None and not 0 < self._start_at - now <= PAUSE_SECONDS[1]:  # a clock may be set back
            self._start(now)
        if self._stalled(now):
            why = f"nothing has come for {STALLED_SECONDS:.0f} seconds, amid what it has to give"
            remedy = "check whether it hangs, and whether the disk of the journal responds"
            self._note("journalctl_stalled", Problem("journalctl", "does not go on", why, remedy))
        elif self._trouble and self._child and not 0 <= now - self._started_at <= QUIET_SECONDS:
            self._trouble = None
        if self._messages.waits and self._quiet(now):
            self._messages.give_up()
            self._hand_on(sink)

    def _quiet(self, now: float) -> bool:
        """Return whether journalctl follows, has nothing waiting to be read, and has sent nothing for a while."""
        if self._child is None or self._run != "follow" or self._first or self._child.waiting:
            return False
        return not 0 <= now - self._entry_at < QUIET_SECONDS

    def _stalled(self, now: float) -> bool:
        """Return whether journalctl sends nothing, although it has not reached the end or is within an entry."""
        if self._child is None or (self._run == "follow" and not self._parser.pending) or self._child.waiting:
            return False
        return now - max(self._byte_at, self._started_at) > STALLED_SECONDS

    def _check_place(self, now: float) -> None:
        self._checked_at = now
        before, self._place = self._place, place.look(self.source.target)
        if self._child is not None and self._place.replaced(before):
            self._log.info("journal_moved", source=self.source.name)  # journalctl watches what it found at its start
            self._stop()

    def _start(self, now: float) -> None:
        """Start a run at the last entry that was handed on."""
        if self._place.problems:
            if not self._place.refused:
                self._caught_up = True  # nothing is there: what comes later is no backlog
            return
        self._messages.forget_open()
        self._parser = Parser(self._max_line_bytes + 1)
        self._run = "newest" if self._at_end else "follow" if self._caught_up else "backlog"
        how = {"newest": ["--lines=1"], "backlog": [], "follow": ["--follow", "--no-tail"]}[self._run]
        target = self.source.target
        wanted = target.arguments if self._at_end else target.followed
        if self._messages.cursor:
            how.append(f"--cursor={self._messages.cursor}")
        self._first = True
        self._doubt = self._in_doubt()
        self._started_at = now
        try:
            self._child = Child([*how, f"--output-fields={','.join(FIELDS)}", *wanted])
        except NoJournalError as error:
            self._fail(error.problems[0])
            return
        self._bell.listen(self._child.descriptor)

    def _stop(self) -> tuple[int, str]:
        """End journalctl; what it wrote and was not read will come again."""
        assert self._child
        child, self._child = self._child, None
        self._bell.ignore(child.descriptor)
        self._start_at = float("-inf")
        return child.kill()

    # reading

    def read(self, sink: Sink, budget: int) -> bool:
        """Hand on the lines in about ``budget`` bytes of journalctl's output; return whether more is waiting."""
        read = 0
        while self._child is not None and read < budget:
            data = self._child.read()
            if data is None:
                if read or self._run == "follow":
                    break
                self._child.wait(_PATIENCE)  # more is about to come: else a turn would read one pipeful of a backlog
                if not self._child.waiting:
                    break
                continue
            if not data:
                self._ended()
                break
            read += len(data)
            self._byte_at = self._clock()
            for entry in filter(is_whole, self._parser.feed(data)):
                self._take(entry, sink)
        self._hand_on(sink)
        if self._child is None:
            return False
        if self._run != "follow" or self._child.waiting:
            return True
        self._read_all()
        return False

    def _read_all(self) -> None:
        """Record until when everything has been read, if journalctl follows and has nothing more."""
        now = self._clock()
        if self._child and self._run == "follow" and not self._child.waiting and now - self._started_at > _BEHIND:
            self._reached(now - _BEHIND)

    def _reached(self, at: float) -> None:
        """Record until when everything has been handed on; not a future time, which a wrong clock may have stamped."""
        self._until = min(max(self._until, at), self._clock())

    def _take(self, entry: JournalEntry, sink: Sink) -> None:
        """Take an entry, unless it is the one at the cursor, or reports on another unit."""
        if self._messages.of_another(entry):
            return
        self._entry_at = self._clock()
        if self._first:
            self._first = False
            self._pause = PAUSE_SECONDS[0]
            if self._messages.cursor and self._again(entry):
                return
        if self._run == "newest":
            self._messages.skip(entry)
            return
        at = written(entry)
        if not self._messages.gathered:
            self._since = at
        elif abs(at - self._since) > self._span:
            self._hand_on(sink)
            self._since = at
        self._messages.take(entry)

    def _again(self, entry: JournalEntry) -> bool:
        """Return whether this is the entry at the cursor; if that entry is gone, find out whether others are, too."""
        if same(self._messages.cursor, entry.get(b"__CURSOR", b"").decode(errors="replace")):
            if self._damaged():
                self._lose("journal_damaged", lost=not self._messages.follows(entry))
            return True
        self._gone(numbered=self._messages.follows(entry))
        return False

    def _gone(self, *, numbered: bool) -> None:
        """Record that the entry at the cursor is gone, and perhaps unread ones, unless numbers show these."""
        now = self._clock()
        if now - self._started_at <= _BEHIND:  # otherwise the journal may have moved on while we followed
            self._check_place(now)
            self._doubt = self._in_doubt()
        self._lose("journal_vacuumed", lost=self._doubt and not numbered)

    def _lose(self, event: str, *, lost: bool) -> None:
        """Log and count entries that are gone, or may be; once for each damaged file."""
        self._log.warning(event, source=self.source.name, lost="perhaps some lines" if lost else "nothing")
        self._missed_generations += lost
        self._messages.kept.damaged = list(self._place.damaged)

    def _damaged(self) -> bool:
        """Return whether a damaged file may hold unread entries, and has not been reported yet."""
        return any(at > self._until and at not in self._messages.kept.damaged for at in self._place.damaged)

    def _in_doubt(self) -> bool:
        """Return whether entries written after ``_until``, and so never read, may be gone."""
        return self._place.oldest is None or self._place.oldest > self._until or self._damaged()

    def _ended(self) -> None:
        """Continue if a run has ended as it should; otherwise record why, and try again after a pause."""
        assert self._child
        run, child = self._run, self._child
        self._child = None
        self._bell.ignore(child.descriptor)
        status, said = child.reap()
        if status == 0 and run != "follow":
            if self._first and self._messages.cursor:
                self._gone(numbered=False)
            self._reached(self._started_at)
            self._at_end = False
            self._caught_up = True
            self._trouble = None
            self._start(self._clock())
            return
        remedy = f"journalctl {shlex.join(self.source.target.arguments)}"
        self._fail(Problem("journalctl", "has ended", why_ended(status, said), remedy))

    def _fail(self, problem: Problem) -> None:
        """Record why nothing is read, and let ``look`` start again after a pause."""
        now = self._clock()
        self._note("journalctl_ended", problem, tried_again="in a moment")
        self._start_at = now + self._pause
        self._pause = min(2 * self._pause, PAUSE_SECONDS[1])

    def _note(self, event: str, problem: Problem, **fields: str) -> None:
        if problem != self._trouble:
            self._log.warning(event, source=self.source.name, why=problem.why, **fields)
        self._trouble = problem

    def _hand_on(self, sink: Sink) -> None:
        """Hand the gathered lines, and the position behind them, to the sink."""
        messages, name = self._messages, self.source.name
        lines = messages.hand_on()
        if lines.missed:
            sink.count(name, "missed_entries", lines.missed)
        if messages.cursor != self._saved[0]:
            self._count_generations(sink)
        if not lines.data:
            self._hand_on_position(sink)
            return
        self._reached(written(messages.last))
        position = self._position()
        self._saved = (position.cursor, position.state)
        sink.chunk(
            Chunk(
                source=name,
                data=lines.data,
                envelope=PLAIN,
                reference=line_at(messages.last),
                consumed=len(lines.data),
                oversized=lines.oversized,
                position=position,
                dated=True,
            )
        )

    def _count_generations(self, sink: Sink) -> None:
        """Count what may be gone, and hand on a position from which it is not found missing again."""
        if self._missed_generations:
            sink.count(self.source.name, "missed_generations", self._missed_generations)
            self._missed_generations = 0

    def _hand_on_position(self, sink: Sink) -> None:
        """Hand on the position if it has changed without lines."""
        position = self._position()
        if (position.cursor, position.state) != self._saved and position.cursor:
            self._saved = (position.cursor, position.state)
            sink.position(position)

    def _position(self) -> JournalPosition:
        messages = self._messages
        return JournalPosition(self.source.name, self.source.target.key, messages.cursor, self._until, messages.state)

    def settle(self, sink: Sink, _goes_on: Callable[[], bool]) -> None:
        """Hand on until when everything has been read: what is vacuumed later is then known not to be lost."""
        self._hand_on(sink)
        self._read_all()
        if self._messages.cursor:
            self._count_generations(sink)
            sink.position(self._position())

    # status, and the end

    def status(self) -> SourceStatus:
        """Return how following goes."""
        problems = list(self._place.problems)
        if self._trouble:
            problems.append(self._trouble)
        if self._child and (unread := self._child.left_out):
            problems.append(unread)
        if not problems and not self._messages.cursor:
            problems.append(nothing_yet(self.source.target))
        pending = self._parser.pending + self._messages.held_bytes + (self._child.waiting if self._child else 0)
        return SourceStatus(
            name=self.source.name,
            up=self._child is not None and not problems,
            files_followed=0,
            lag_bytes=pending,
            caught_up=self._caught_up,
            problems=tuple(problems),
            input="journal",
            envelope="plain",
        )

    def directories(self) -> frozenset[str]:
        """Return none: journalctl's pipe wakes the loop."""
        return frozenset()

    def close(self) -> None:
        """End journalctl."""
        if self._child is not None:
            self._stop()
