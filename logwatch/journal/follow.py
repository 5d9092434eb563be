"""Follows the journal of one source: each entry once, over restarts of this program, of journalctl and of the journal.

Two runs of journalctl one after the other: the first gives what is there and ends, by which the end of the backlog is
known; the second follows. Each begins at the last entry that was handed on (``--cursor``, not ``--after-cursor``, which
skips the first survivor where that entry was vacuumed away), and is believed only when that entry comes first.
"""

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from logwatch.errors import Problem
from logwatch.events import Log
from logwatch.journal import place
from logwatch.journal.child import Child, NoProgram
from logwatch.journal.export import JournalEntry, Parser, is_whole, line_at, same, written
from logwatch.journal.messages import FIELDS, Messages
from logwatch.journal.place import JournalFiles, Target
from logwatch.model import PLAIN, Chunk, JournalPosition, Sink, SourceStatus

LOOK_SECONDS = 5.0  # between two looks at where the journals lie
QUIET_SECONDS = 2.0  # without an entry: rests of messages and late numbers are waited for no longer
PAUSE_SECONDS = (1.0, 30.0)  # before journalctl is started again; doubled each time up to the second
STALLED_SECONDS = 60.0  # without a byte from a journalctl that has not given all: it is told that nothing comes
LIVED_SECONDS = 60.0  # a run that was this long is no reason to wait long
DAY_SECONDS = 86400.0  # between the first and the last line of a chunk, whose stamps have no year
SECOND = 1.0  # the same where lines have no stamps and take their chunk's time
_PATIENCE = 0.02  # seconds that a read waits for journalctl while there is a backlog
_BEHIND = 5.0  # seconds that an entry may take from its writer to us: younger ones may still be on their way

ReadMode = Literal["newest", "backlog", "follow"]


class Bell(Protocol):
    """What wakes the reading loop when journalctl has written something."""

    def listen(self, descriptor: int) -> None:
        """Wake when something can be read from there."""

    def ignore(self, descriptor: int) -> None:
        """Wake for it no longer."""


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
        bell: Bell,
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
        self._told = (cursor, state)
        self._at_end = not known and source.start_at == "end"
        self._span = DAY_SECONDS if source.stamped else SECOND
        self._parser = Parser(max_line_bytes + 1)
        self._child: Child | None = None
        self._run: ReadMode = "backlog"
        self._first = True  # of the entries of this run
        self._doubt = False  # whether something can have gone with the entry at the cursor, if that has
        self._missed_generations = 0
        self._since = 0.0  # the first line that is gathered was written then
        self._place = JournalFiles()
        self._looked_at = float("-inf")
        self._started_at = 0.0
        self._start_at = float("-inf")  # not before
        self._pause = PAUSE_SECONDS[0]
        self._trouble: Problem | None = None
        self._entry_at = float("-inf")  # when one came, by our clock
        self._byte_at = float("-inf")  # the same of anything
        self._caught_up = False

    # looking

    def look(self, sink: Sink) -> None:
        """See where the journals lie now and then, and that journalctl runs; wait no longer for what does not come."""
        now = self._clock()
        if not 0 <= now - self._looked_at < LOOK_SECONDS:
            self._look_around(now)
        if self._child is None and not 0 < self._start_at - now <= PAUSE_SECONDS[1]:  # a clock may be set back
            self._start(now)
        if self._stalled(now):
            why = f"nothing has come for {STALLED_SECONDS:.0f} seconds, amid what it has to give"
            remedy = "see whether it hangs, and whether the disk of the journal answers"
            self._note("journalctl_stalled", Problem("journalctl", "does not go on", why, remedy))
        elif self._trouble and self._child and now - self._started_at > QUIET_SECONDS:
            self._trouble = None
        if self._messages.waits and self._quiet(now):
            self._messages.give_up()
            self._hand_on(sink)

    def _quiet(self, now: float) -> bool:
        """Return whether nothing has come for a while from a journalctl that has nothing more to give."""
        if self._child is None or self._run != "follow" or self._first or self._child.waiting:
            return False
        return not 0 <= now - self._entry_at < QUIET_SECONDS

    def _stalled(self, now: float) -> bool:
        """Return whether journalctl gives nothing though it has not come to an end, or is amid an entry."""
        if self._child is None or (self._run == "follow" and not self._parser.pending) or self._child.waiting:
            return False
        return now - max(self._byte_at, self._started_at) > STALLED_SECONDS

    def _look_around(self, now: float) -> None:
        self._looked_at = now
        before, self._place = self._place, place.look(self.source.target)
        if self._child is not None and self._place.replaced(before):
            self._log.info("journal_moved", source=self.source.name)  # journalctl watches those that it found at first
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
        except NoProgram as error:
            self._fail(error.problem)
            return
        self._bell.listen(self._child.descriptor)

    def _stop(self) -> tuple[int, str]:
        """End journalctl; what it wrote and nobody read will come again."""
        assert self._child
        child, self._child = self._child, None
        self._bell.ignore(child.descriptor)
        self._start_at = float("-inf")
        return child.kill()

    # reading

    def read(self, sink: Sink, budget: int) -> bool:
        """Hand on what comes of about ``budget`` bytes of journalctl's; True when more is waiting."""
        read = 0
        while self._child is not None and read < budget:
            data = self._child.read()
            if data is None:
                if read or self._run == "follow":
                    break
                self._child.wait(_PATIENCE)  # it is about to come: without this, a backlog would take a turn a pipe
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
        """Note until when everything has been read, where journalctl follows and has nothing more."""
        now = self._clock()
        if self._child and self._run == "follow" and not self._child.waiting and now - self._started_at > _BEHIND:
            self._reached(now - _BEHIND)

    def _reached(self, at: float) -> None:
        """Note until when everything has been handed on: never a time to come, which a wrong clock has written down."""
        self._until = min(max(self._until, at), self._clock())

    def _take(self, entry: JournalEntry, sink: Sink) -> None:
        """Take an entry, unless it is the one that reading went on from, or tells of another unit."""
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
        """Return whether this is the entry at the cursor; where that one has gone, see whether others went with it."""
        if same(self._messages.cursor, entry.get(b"__CURSOR", b"").decode(errors="replace")):
            if self._damaged():
                self._lose("journal_damaged", lost=not self._messages.follows(entry))
            return True
        self._gone(numbered=self._messages.follows(entry))
        return False

    def _gone(self, *, numbered: bool) -> None:
        """Note that the entry at the cursor is gone, and unless ``numbered`` perhaps others that were never read."""
        now = self._clock()
        if now - self._started_at <= _BEHIND:  # else the journal may well have moved on while we followed
            self._look_around(now)
            self._doubt = self._in_doubt()
        self._lose("journal_vacuumed", lost=self._doubt and not numbered)

    def _lose(self, event: str, *, lost: bool) -> None:
        """Note what has gone, or may have; once for each damaged file."""
        self._log.warning(event, source=self.source.name, lost="perhaps some lines" if lost else "nothing")
        self._missed_generations += lost
        self._messages.damaged = list(self._place.damaged)

    def _damaged(self) -> bool:
        """Return whether a file is damaged that may hold what was not read, and of which nobody has been told."""
        return any(at > self._until and at not in self._messages.damaged for at in self._place.damaged)

    def _in_doubt(self) -> bool:
        """Return whether entries may have gone that were written after all had been read."""
        return self._place.oldest is None or self._place.oldest > self._until or self._damaged()

    def _ended(self) -> None:
        """Go on where a run has ended as it should; else say why, and try again after a pause."""
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
        why = said or (f"signal {-status}" if status < 0 else f"status {status}")
        self._fail(Problem("journalctl", "has ended", why, f"journalctl {shlex.join(self.source.target.arguments)}"))

    def _fail(self, problem: Problem) -> None:
        """Note why nothing is read, and start again after a pause."""
        now = self._clock()
        if now - self._started_at > LIVED_SECONDS:
            self._pause = PAUSE_SECONDS[0]
        self._note("journalctl_ended", problem, tried_again="in a moment")
        self._start_at = now + self._pause
        self._pause = min(2 * self._pause, PAUSE_SECONDS[1])

    def _note(self, event: str, problem: Problem, **fields: str) -> None:
        if problem != self._trouble:
            self._log.warning(event, source=self.source.name, why=problem.why, **fields)
        self._trouble = problem

    def _hand_on(self, sink: Sink) -> None:
        """Return the lines that were gathered, and the position behind them."""
        messages, name = self._messages, self.source.name
        lines = messages.hand_on()
        if lines.missed:
            sink.tally(name, "missed_entries", amount=lines.missed)
        if messages.cursor != self._told[0]:
            self._tally_generations(sink)
        if not lines.data:
            self._tell(sink)
            return
        self._reached(written(messages.last))
        position = self._position()
        self._told = (position.cursor, position.state)
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

    def _tally_generations(self, sink: Sink) -> None:
        """Count what may have gone, together with a position from which it is not found missing again."""
        if self._missed_generations:
            sink.tally(self.source.name, "missed_generations", amount=self._missed_generations)
            self._missed_generations = 0

    def _tell(self, sink: Sink) -> None:
        """Return the position where it has changed without lines."""
        position = self._position()
        if (position.cursor, position.state) != self._told and position.cursor:
            self._told = (position.cursor, position.state)
            sink.position(position)

    def _position(self) -> JournalPosition:
        messages = self._messages
        return JournalPosition(self.source.name, self.source.target.key, messages.cursor, self._until, messages.state)

    def settle(self, sink: Sink, _goes_on: Callable[[], bool]) -> None:
        """Write down until when everything has been read: what is vacuumed later was not lost then."""
        self._hand_on(sink)
        self._read_all()
        if self._messages.cursor:
            self._tally_generations(sink)
            sink.position(self._position())

    # telling

    def status(self) -> SourceStatus:
        """Return how following goes."""
        problems = list(self._place.problems)
        if self._trouble:
            problems.append(self._trouble)
        target = self.source.target
        if not problems and not self._messages.cursor:
            problems.append(
                Problem(
                    target.words,
                    "the journal has no entry of it yet",
                    "it is waited for",
                    f"`journalctl -F {target.field}` lists those that it has",
                    warning=True,
                )
            )
        pending = self._parser.pending + self._messages.held + (self._child.waiting if self._child else 0)
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
