"""What tests of the tail share: a sink that remembers, commits and rolls back, and a clock."""

import contextlib
import dataclasses
import gzip
import re
import time
from collections import Counter
from pathlib import Path

from logwatch.discover import Globs
from logwatch.tail.tail import SourceSpec, Tail

PREFIX = re.compile(rb"[A-Z]\d{4}-\d{6}-\d{3}")  # of mesibo's own lines; a banner, or an answer's rest, has none


class Clock:
    """A clock that goes on only when told."""

    def __init__(self):
        self.now = time.time()  # files carry the system's times

    def __call__(self):
        return self.now


class Log:
    """Remembers events, and checks that they can be written down."""

    def __init__(self):
        self.events = []

    def info(self, event, **data):
        for value in data.values():
            str(value).encode()
        self.events.append((event, data))

    warning = info

    def named(self, name):
        return [data for event, data in self.events if event == name]


class Recorder:
    """A sink whose state can be committed and rolled back, as the ledger's is."""

    def __init__(self):
        self.lines = Counter()
        self.order = []
        self.positions = {}
        self.counters = Counter()
        self.consumed = 0
        self.oversized = 0
        self.generation = 0
        self.history = []
        self.commit()

    def chunk(self, chunk):
        assert chunk.data == b"" or chunk.data.endswith(b"\n")
        lines = chunk.data.split(b"\n")[:-1]
        self.lines.update(lines)
        self.order += lines
        self.consumed += chunk.consumed
        self.oversized += chunk.oversized
        self.position(chunk.position)

    def position(self, position):
        self.positions[position.generation] = position

    def forget(self, generation):
        self.positions.pop(generation, None)

    def count(self, source, counter, amount=1):
        assert amount > 0
        self.counters[counter] += amount

    def rotated(self, rotation):
        assert rotation.count > 0
        self.history.append(rotation)

    def next_generation(self):
        self.generation += 1
        return self.generation

    def state(self):
        return (
            self.lines.copy(),
            list(self.order),
            dict(self.positions),
            self.counters.copy(),
            self.consumed,
            self.oversized,
            self.generation,
            list(self.history),
        )

    def commit(self):
        self.saved = self.state()

    def rollback(self):
        saved = self.saved
        self.lines, self.order, self.positions = saved[0].copy(), list(saved[1]), dict(saved[2])
        self.counters, self.consumed, self.oversized, self.generation = saved[3].copy(), *saved[4:7]
        self.history = list(saved[7])


class Follower:
    """A tail over globs with everything handed in, and a daemon's turn around it."""

    def __init__(
        self,
        *patterns,
        clock=None,
        max_line_bytes=65536,
        release_seconds=600,
        discover=None,
        files=None,
        owns=PREFIX.match,
        dates=None,
        held=lambda _data, _envelope: 0,
        **spec,
    ):
        self.owns, self.dates, self.held = owns, dates or owns, held
        self.spec = SourceSpec("mesibo", discover or Globs(map(str, patterns)), **spec)
        self.sink = Recorder()
        self.clock = clock or Clock()
        self.settings = {"max_line_bytes": max_line_bytes, "release_seconds": release_seconds, "files": files}
        self.log = Log()
        self.make = lambda: self.spec.discover if discover else Globs(map(str, patterns))
        self.tail = None
        self.committed_at = None
        self.start()

    def start(self):
        self.spec = dataclasses.replace(self.spec, discover=self.make())
        self.tail = Tail(
            self.spec,
            list(self.sink.positions.values()),
            self.sink.next_generation,
            owns=self.owns,
            dates=self.dates,
            held=self.held,
            clock=self.clock,
            log=self.log,
            last_line_at=self.committed_at,
            **self.settings,
        )

    def look(self):
        self.tail.look(self.sink)

    def turn(self, budget=1 << 20):
        self.look()
        while self.tail.read(self.sink, budget):
            pass

    def wait(self, *seconds):
        for each in seconds:
            self.clock.now += each
            self.turn()

    def commit(self):
        self.sink.commit()
        self.committed_at = self.clock.now

    def kill(self):
        """Lose everything since the last commit, and all open files."""
        self.tail.close()
        self.sink.rollback()

    def restart(self):
        self.kill()
        self.start()

    def restart_at_once(self):
        """Lose all open files, but nothing that was read."""
        self.commit()
        self.restart()

    def stop(self, goes_on=lambda: True):
        self.tail.settle(self.sink, goes_on)
        self.commit()
        self.tail.close()

    @contextlib.contextmanager
    def away(self, away=True):  # noqa: FBT002
        """Stop before what is done meanwhile, and start again after it; go on if not ``away``."""
        if away:
            self.stop()
        yield
        if away:
            self.start()

    @property
    def lines(self):
        return [line.decode() for line in self.sink.order]

    @property
    def lost(self):
        return self.sink.counters["lost_bytes"]

    @property
    def missed(self):
        return self.sink.counters["missed_generations"]

    def rotations(self):
        counts = Counter()
        for rotation in self.sink.history:
            counts[rotation.kind] += rotation.count
        return dict(counts)


def caught_up(*patterns, **settings):
    """Return a follower that has read all there is."""
    follower = Follower(*patterns, **settings)
    follower.turn()
    return follower


def append(path, *lines, end="\n"):
    with Path(path).open("a", encoding="utf-8") as file:
        file.write("".join(line + end for line in lines))


def pack_away(path, to=None):
    """Put an archive of a file in its place, unless elsewhere."""
    (to or path.with_name(f"{path.name}.gz")).write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
