"""Follows all files of one source: discovery, fairness between files, and what people want to know about it."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from logwatch.errors import Problem
from logwatch.model import InputKind, Position, Sink
from logwatch.tail.discover import Discovery, Found
from logwatch.tail.events import Log, shown
from logwatch.tail.generation import Detect, Generation, Reading
from logwatch.tail.lineage import Lineage
from logwatch.tail.lines import Cut
from logwatch.tail.places import Candidate, same_file
from logwatch.tail.siblings import bases
from logwatch.tail.surroundings import Surroundings

MOST_OPEN_FILES = 256
"""Of one source at a time; systemd gives a service 1024 descriptors for everything."""

LITTLE_BYTES = 64 * 1024
"""A file with no more than this to read is read in every turn."""


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """What to follow under one name."""

    name: str
    discover: Discovery
    envelope: Literal["auto", "plain", "docker"] = "auto"
    start_at: Literal["beginning", "end"] = "beginning"  # of files that are there at the first look, and not known
    input: InputKind = "file"


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How following goes, for metrics and for people."""

    name: str
    up: bool  # at least one file is followed, and none that is there is out of reach
    files_followed: int
    lag_bytes: int  # seen and not handed on
    caught_up: bool  # all that was there at the first look has been handed on
    backlog_bytes: int  # what was there at the first look
    last_line_at: float | None  # the clock when lines were last handed on
    problems: tuple[Problem, ...]
    input: InputKind = "file"
    envelope: str = ""  # around each line, once that is known


class Tail:
    """All files of a source, as whole lines in chunks, each exactly once, in any order of files that is fair."""

    def __init__(
        self,
        source: SourceSpec,
        positions: Iterable[Position],
        next_generation: Callable[[], int],
        *,
        cut: Cut,
        detect: Detect,
        max_line_bytes: int,
        release_seconds: float,
        clock: Callable[[], float],
        log: Log,
    ) -> None:
        self.source = source
        self._clock = clock
        self._around = Surroundings(
            reading=Reading(source.name, source.envelope, cut, detect, max_line_bytes),
            release_seconds=release_seconds,
            next_generation=next_generation,
            elsewhere=self._elsewhere,
            room=self._room,
            log=log,
        )
        rows: dict[str, list[Position]] = {}
        for position in positions:
            if position.source == source.name:
                rows.setdefault(position.path, []).append(position)
        self._lineages = {path: Lineage(path, mine, self._around) for path, mine in rows.items()}
        self._found = Found(())
        self._turn = 0
        self._targets: dict[int, int] | None = None  # what was there at the first look, by generation
        self._backlog = 0
        self._caught_up = False
        self._last_line_at: float | None = None

    # looking

    def look(self, sink: Sink) -> None:
        """Poll once: find files, notice rotation and growth. Costs a stat a path when nothing has changed."""
        now = self._clock()
        self._found = self.source.discover.find(now)
        families = self._families(self._found.paths)
        taking_over = self.source.discover.successive and any(other.followed for other in self._lineages.values())
        for path in families:
            if path not in self._lineages:
                self._lineages[path] = lineage = Lineage(path, (), self._around)
                lineage.starts_at_end = self.source.start_at == "end" and self._targets is None
                if taking_over:
                    lineage.succeed()
        for path in sorted(self._lineages):
            self._lineages[path].look(now, families.get(path, ()), sink)
        self._drop_ended(families)
        if self._targets is None:
            self._targets = {g.number: g.size for g in self._generations() if g.lag and g.file}
            self._backlog = sum(g.lag for g in self._generations())
        self._check_caught_up()

    def _families(self, paths: tuple[str, ...]) -> dict[str, list[str]]:
        """Sort paths into those to follow, each with the rotated names of it that the globs matched too."""
        families: dict[str, list[str]] = {}
        known = set(paths) | self._lineages.keys()
        for path in paths:
            base = path
            while base not in self._lineages and (shorter := self._base(base, known)):
                base = shorter
            families.setdefault(base, [])
            if base != path:
                families[base].append(path)
        return families

    def _base(self, path: str, known: set[str]) -> str | None:
        directory, name = os.path.split(path)
        by_end, by_middle = bases(name)
        if by_end:
            base = os.path.join(directory, by_end)
            if base in known or self.source.discover.matches(base):
                return base
        if by_middle and (base := os.path.join(directory, by_middle)) in known:
            return base
        return None

    def _elsewhere(self, asking: Lineage, candidate: Candidate) -> tuple[Lineage, Generation] | None:
        """Find the generation of another path that a file is: hard links, symbolic links, names that globs match."""
        for lineage in self._lineages.values():
            if lineage is asking:
                continue
            for generation in lineage.generations:
                if (
                    generation.key == candidate.key
                    and generation.state != "ignored"
                    and same_file(generation, candidate)
                ):
                    return lineage, generation
        return None

    def _room(self) -> bool:
        """Tell whether one more file may be open; close one that was read to its end if need be."""
        if sum(1 for generation in self._generations() if generation.file) < MOST_OPEN_FILES:
            return True
        idle = sorted(self._lineages.values(), key=lambda lineage: lineage.live.grown_at if lineage.live else 0)
        return any(lineage.park() for lineage in idle)

    def _drop_ended(self, families: dict[str, list[str]]) -> None:
        for path, lineage in list(self._lineages.items()):
            if path not in families and not lineage.generations:
                del self._lineages[path]

    def _generations(self) -> Iterator[Generation]:
        for lineage in self._lineages.values():
            yield from lineage.generations

    # reading

    def read(self, sink: Sink, budget: int) -> bool:
        """Hand on about budget bytes, in chunks, small lags first; True when more is waiting.

        A file with little to read is served in every turn, so that its fresh lines never wait for another's backlog;
        what is left of the budget goes round among the others, and at least one chunk does.
        """
        now = self._clock()
        waiting = [lineage for lineage in self._lineages.values() if lineage.next_waiting()]
        fresh = [lineage for lineage in waiting if lineage.lag <= LITTLE_BYTES]
        backlog = [lineage for lineage in waiting if lineage.lag > LITTLE_BYTES]
        for lineage in fresh:
            while lineage.lag <= LITTLE_BYTES and (amount := self._read(lineage, now, sink)) is not None:
                budget -= amount
        self._turn += 1
        turn = self._turn % len(backlog) if backlog else 0
        queue = backlog[turn:] + backlog[:turn]
        while queue:
            lineage = queue.pop(0)
            amount = self._read(lineage, now, sink)
            if amount is not None:
                queue.append(lineage)
                budget -= amount
            if budget <= 0:
                break
        for lineage in waiting:
            lineage.emit(sink)
        self._check_caught_up()
        return any(lineage.next_waiting() for lineage in self._lineages.values())

    def _read(self, lineage: Lineage, now: float, sink: Sink) -> int | None:
        amount = lineage.read(now, sink)
        if amount:
            self._last_line_at = now
        return amount

    def _check_caught_up(self) -> None:
        if self._caught_up or self._targets is None:
            return
        generations = {g.number: g for g in self._generations() if g.file and g.state in ("live", "rotated")}
        self._targets = {
            number: target
            for number, target in self._targets.items()
            if number in generations and generations[number].reached < target
        }
        self._caught_up = not self._targets

    # telling

    def status(self) -> SourceStatus:
        """Tell how following goes."""
        lineages = list(self._lineages.values())
        problems = list(self._found.problems)
        for lineage in lineages:
            if lineage.problem:
                what, why = lineage.problem
                problems.append(Problem(shown(lineage.path), what, why, "check its owner, group and mode"))
        followed = sum(1 for g in self._generations() if g.file)
        blocked = any(lineage.problem or lineage.blocked for lineage in lineages)
        live = any(lineage.live and lineage.live.file for lineage in lineages)
        return SourceStatus(
            name=self.source.name,
            up=live and not blocked,
            files_followed=followed,
            lag_bytes=sum(g.lag for g in self._generations()),
            caught_up=self._caught_up,
            backlog_bytes=self._backlog,
            last_line_at=self._last_line_at,
            problems=tuple(problems),
            input=self.source.input,
        )

    def directories(self) -> frozenset[str]:
        """Return the directories whose changes are worth waking up for."""
        return self.source.discover.directories() | {os.path.dirname(path) for path in self._lineages}

    def settle(self, sink: Sink) -> None:
        """Write down what was seen and not yet read, before a last commit: a loss while away is then known exactly."""
        for lineage in self._lineages.values():
            lineage.emit(sink)

    def close(self) -> None:
        """Close all files."""
        for lineage in self._lineages.values():
            lineage.close()
