"""Follow all files of one source: find its paths, choose what is read next, and report its status."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from logwatch import envelope as envelopes
from logwatch.discover.globs import DiscoveredPaths, Discovery, Globs
from logwatch.errors import Problem
from logwatch.events import Log, shown
from logwatch.lines import Held, LineReading
from logwatch.model import Envelope, EnvelopeChoice, InputKind, Position, Sink, SourceStatus
from logwatch.tail.context import OpenFiles, SourceContext, Turn
from logwatch.tail.follow import PathFollower
from logwatch.tail.generation import Generation
from logwatch.tail.owners import Owners
from logwatch.tail.path_state import NO_FILE, NO_LINK, PACKED, SHARED
from logwatch.tail.plan import PathView
from logwatch.tail.rotated_names import possible_bases, rotated_name, uncounted
from logwatch.unpack import without_suffix

LITTLE_BYTES = 64 * 1024
"""A file with no more unread bytes than this is read in every turn."""

_NEVER = float("inf")
_UNFINISHED = ".tmp"  # suffix of archives that kubelet and dockerd have not finished
_TURN_SECONDS = 10.0  # at most, from a look to reading what it finds: files written then may not be known yet
_MORE = "raise LimitNOFILE= of the service"
_REMEDIES = {
    NO_FILE: "exclude it from the patterns",
    NO_LINK: "mend the link, or exclude it from the patterns",
    PACKED: "write it as text, and compress it after rotation",
    SHARED: "follow it with one source only",
}


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """What is followed under one label, and how."""

    name: str
    discover: Discovery
    envelope: EnvelopeChoice = "auto"
    start_at: Literal["beginning", "end"] = "beginning"  # of unknown files that are there at the first look
    rotated: tuple[str, ...] = ()  # patterns of rotated files that do not lie beside their log
    input: InputKind = "file"


class Tail:
    """All files of a source, as chunks of whole lines, each exactly once; no file has to wait for another's backlog."""

    def __init__(
        self,
        source: SourceSpec,
        positions: Iterable[Position],
        next_generation: Callable[[], int],
        *,
        owns: envelopes.Owns,
        dates: Callable[[bytes], bool],
        held: Held,
        max_line_bytes: int,
        release_seconds: float,
        clock: Callable[[], float],
        log: Log,
        files: OpenFiles | None = None,
        last_line_at: float | None = None,
    ) -> None:
        """Go on at these positions; ``last_line_at``: when the last line before them was read."""
        positions = [position for position in positions if position.source == source.name]
        self.source = source
        self._clock = clock
        files = files or OpenFiles()
        rotated = Globs(source.rotated) if source.rotated else None
        self._owners = Owners(rotated, clock, lambda: files.sources, follows=self._is_led_to)
        self._ctx = SourceContext(
            reading=LineReading(source.name, source.envelope, owns, dates, held, max_line_bytes),
            release_seconds=release_seconds,
            next_generation=next_generation,
            files=files.share(self._owners),
            log=log,
        )
        rows: dict[str, list[Position]] = {}
        for position in positions:
            rows.setdefault(position.path, []).append(position)
        self._expected = _newest(positions)  # envelope of a new path's lines, until that is decided
        self._followers = {
            path: PathFollower(path, mine, self._ctx, PathView(), expected=_newest(mine) or self._expected)
            for path, mine in rows.items()
        }
        self._owners.sharing.pair_again()
        self._found = DiscoveredPaths(())
        self._sorted = -1  # length of ``_followers`` when paths were last sorted
        self._matched: dict[str, list[str]] = {}  # by path to follow: its rotated files that patterns match, too
        self._directories: frozenset[str] = frozenset()
        self._logged: set[str] = set()  # problems of discovery that were logged
        self._waiting: set[str] | None = set()  # paths with a file that waited to be opened; None once that was logged
        self._turns = 0
        self._looked = False  # at least once
        self._caught_up = False
        self._followed_since = last_line_at - _TURN_SECONDS if last_line_at is not None else _NEVER
        self._busy: dict[str, PathFollower] = {}  # followers that may have something to read
        self._status: SourceStatus | None = None  # cached until something changes

    # looking

    def look(self, sink: Sink) -> None:
        """Poll once: find files, notice rotation and growth. If nothing has changed, this costs a stat per path."""
        turn = Turn(now := self._clock(), sink)
        self._ctx.directories.forget()
        self._owners.forget()
        self._ctx.files.ask_again()
        self._ctx.unpacking.begin()
        found = self.source.discover.find(now)
        before, self._found = self._found, found
        if found != before or len(self._followers) != self._sorted:
            self._tell(found.problems)
            self._sort(found.paths)
        matched = self._matched
        # New paths last: their files may be copies of known generations, whose places have to be known first
        for path, follower in sorted(self._followers.items(), key=lambda each: each[1].path_view.first):
            last = len(self._followers) == 1  # without any row, the source would count as new after a restart
            if follower.look(turn, matched.get(path, () if last else None)):
                self._status = None
                self._busy[path] = follower
                if path not in matched and not follower.generations:
                    del self._followers[path], self._busy[path]
                    self._owners.leave(path)
        if not self._looked:
            self._looked = True
            self._followed_since = min(self._followed_since, now)
        self._check_caught_up()
        self._tell_waiting()

    def _tell_waiting(self) -> None:
        """Log once that files wait to be opened: when the same path is waiting at two looks in a row."""
        waiting = {path for path, follower in self._busy.items() if follower.crowded}
        if self._waiting and waiting & self._waiting:
            most, self._waiting = self._ctx.files.all.most, None
            self._ctx.log.warning("files_wait", source=self.source.name, files=len(waiting), most=most, remedy=_MORE)
        elif self._waiting is not None:
            self._waiting = waiting

    def _tell(self, problems: Iterable[Problem]) -> None:
        """Log each problem of discovery once."""
        headlines = {problem.headline: problem for problem in problems}
        for headline in headlines.keys() - self._logged:
            self._ctx.log.warning("discovery_problem", problem=headline, remedy=headlines[headline].try_)
        self._logged = set(headlines)
        self._status = None

    def _sort(self, paths: tuple[str, ...]) -> None:
        """Sort paths into those to follow, and rotated files of these that the patterns match as well."""
        self._leave_out()
        matched: dict[str, list[str]] = {}
        known = set(paths) | self._followers.keys()
        for path in paths:
            base = path
            while base not in self._followers and (shorter := self._base(base, known)):
                base = shorter
            matched.setdefault(base, [])
            if base != path:
                matched[base].append(path)
        taking_over = self.source.discover.successive and any(
            other.path_view.followed for other in self._followers.values()
        )
        at_end = self.source.start_at == "end" and not self._looked
        self._expected = _newest(generation.position for generation in self._generations()) or self._expected
        for path in matched.keys() - self._followers.keys():
            path_view = PathView(starts_at_end=at_end, successor=taking_over, news_since=self._followed_since)
            self._followers[path] = PathFollower(path, (), self._ctx, path_view, expected=self._expected)
        self._followers = dict(sorted(self._followers.items()))
        self._directories = frozenset(map(os.path.dirname, self._followers))
        self._matched, self._sorted = matched, len(self._followers)

    def _leave_out(self) -> None:
        """Stop following paths that no pattern leads to any more; what was read of their files stays known.

        If another path leads to such a file, reading goes on there.
        """
        for path in [path for path in self._followers if not self._is_led_to(path)]:
            follower = self._followers.pop(path)
            unread = sum(generation.lag for generation in follower.generations)
            self._ctx.log.info("path_left_out", path=shown(path), unread_bytes=unread)
            self._busy.pop(path, None)
            follower.close()

    def _is_led_to(self, path: str) -> bool:
        """Return whether patterns lead to a path; to a container's files they always do, once these are followed."""
        return self.source.discover.successive or self.source.discover.matches(path)

    def _base(self, path: str, known: set[str]) -> str | None:
        """Return the path, known or matched by a pattern, that this one is a rotated file of by its name; or None.

        A path that a pattern spells out, and that has a number or date within its name, is a log of its own.
        """
        finished = path.removesuffix(_UNFINISHED)
        if finished != path:
            return finished if finished in known else self._base(finished, known)
        directory, name = os.path.split(path)
        plain, names = without_suffix(name), possible_bases(name)
        likely = [each for each in names if rotated_name(each, name)]
        sure = [each for each in likely if plain.startswith(each)]
        if path in known and path not in self._found.globbed:
            likely = sure
        if plain != name:  # an archive is never a log, whatever its name ends with
            likely = [*likely, *(each for each in names if plain.startswith(each))]
            sure = [uncounted(plain), *sure]
        for each in (os.path.join(directory, base) for base in likely):
            if each in known:
                return each
        bases = (os.path.join(directory, base) for base in sure)
        return next((each for each in bases if each in known or self.source.discover.matches(each)), None)

    def _generations(self) -> Iterator[Generation]:
        for follower in self._followers.values():
            yield from follower.generations

    # reading

    def read(self, sink: Sink, budget: int) -> bool:
        """Hand on about ``budget`` bytes in chunks, small backlogs first; return whether more is waiting.

        A file with little to read is read in every turn, so that fresh lines do not wait for another file's backlog.
        The rest of the budget, or at least one chunk, goes to the others in turn.
        """
        turn = Turn(self._clock(), sink)
        self._ctx.unpacking.begin()
        for follower in self._busy.values():
            follower.unpack(turn)
        waiting = [follower for follower in self._busy.values() if follower.next_waiting()]
        if waiting:
            self._status = None
        fresh = [follower for follower in waiting if follower.lag <= LITTLE_BYTES]
        backlog = deque(follower for follower in waiting if follower.lag > LITTLE_BYTES)
        for follower in fresh:
            while follower.lag <= LITTLE_BYTES and (amount := follower.read(turn)) is not None:
                budget -= amount
        self._turns += 1
        backlog.rotate(-self._turns)
        while backlog:
            follower = backlog.popleft()
            amount = follower.read(turn)
            if amount is not None:
                backlog.append(follower)
                budget -= amount
            if budget <= 0:
                break
        for follower in waiting:
            follower.emit(sink)
        self._check_caught_up()
        self._busy = {path: f for path, f in self._busy.items() if f.is_behind or f.crowded}
        return any(follower.next_waiting() or follower.unpacking for follower in self._busy.values())

    def _check_caught_up(self) -> None:
        """Note the first time that nothing waits to be read; it stays so: what comes later is no backlog."""
        self._caught_up = self._caught_up or not any(f.is_behind for f in self._busy.values())

    # status, and the end

    def status(self) -> SourceStatus:
        """Return the status of the source, recomputed only when something has changed."""
        if self._status is None:
            self._status = self._assess()
        return self._status

    def _assess(self) -> SourceStatus:
        followers = list(self._followers.values())
        problems = list(self._found.problems)
        lost = {f.path for f in followers if f.is_out_of_reach(globbed=f.path in self._found.globbed)}
        for follower in followers:
            unread = [(g.position.found_at or follower.path, "cannot be read", g.blocked) for g in follower.blocked]
            wrong = [(follower.path, *follower.problem)] if follower.problem else unread
            for path, what, why in wrong:
                remedy = _REMEDIES.get(what, "check its owner, group and mode")
                problems.append(Problem(shown(path), what, why, remedy, warning=follower.path not in lost))
            if follower.live and (found := follower.live.lines.no_text):
                remedy = found.remedy.format(shown(follower.path))
                problems.append(Problem(shown(follower.path), found.what, found.why, remedy, warning=True))
        if waiting := [follower.path for follower in followers if follower.crowded]:
            why = f"at most {self._ctx.files.all.most} files can be open, and {len(waiting)} of this source wait"
            problems.append(Problem(shown(waiting[0]), "waits to be opened", why, _MORE, warning=True))
        live = any((f.live and (f.live.file or f.live.parked)) or f.is_dated for f in followers)
        return SourceStatus(
            name=self.source.name,
            up=live and not lost and not self._found.out_of_reach,
            files_followed=sum(1 for g in self._generations() if g.file or (g.parked and g.in_use)),
            lag_bytes=sum(g.lag for g in self._generations()),
            caught_up=self._caught_up,
            problems=tuple(problems),
            input=self.source.input,
            envelope=",".join(
                sorted({envelopes.label(e) for g in self._generations() if g.in_use and (e := g.lines.envelope)})
            ),
        )

    def directories(self) -> frozenset[str]:
        """Return the directories whose changes are a reason to look: of paths, and of where links lead from them."""
        led = {g.position.target for g in self._generations() if g.position.state == "live"} - {""}
        return self.source.discover.directories() | self._directories | set(map(os.path.dirname, led))

    def settle(self, sink: Sink, goes_on: Callable[[], bool]) -> None:
        """Hand on, before the last commit, what no later start could read, while ``goes_on`` allows, and positions.

        These say what was seen and not read, so that a loss while the daemon is stopped is known exactly.
        """
        turn = Turn(self._clock(), sink)
        for follower in sorted(self._followers.values(), key=lambda follower: follower.lag):
            follower.read_deleted(turn, goes_on)
            follower.emit(sink)

    def close(self) -> None:
        """Close all files."""
        for follower in self._followers.values():
            follower.close()
        self._ctx.files.all.leave(self._ctx.files)


def _newest(positions: Iterable[Position]) -> Envelope | None:
    """Return the envelope that was decided for the newest generation that has one."""
    decided = [position for position in positions if position.envelope]
    newest = max(decided, key=lambda position: position.generation, default=None)
    return envelopes.decoded(newest.envelope) if newest else None
