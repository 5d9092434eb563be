"""A rotating writer that takes steps between any two system calls of a look: every race, and each one again."""

import gzip
import os
import random
from contextlib import contextmanager
from functools import partial

import pytest

from tests.tail.recorder import Follower

CALLS = ("stat", "lstat", "fstat", "open", "pread", "lseek", "close", "scandir", "readlink")
WAYS = ("rename", "late", "compress", "copytruncate")
PATTERNS = ("mesibo.log", "mesibo.log*")
SHORT = 0  # the seed of a script that shows what was wrong once


class Rotator:
    """Writes lines and rotates its log, one system call a step, and knows what it wrote."""

    def __init__(self, path, seed, ways, rounds, most_lines=30):
        self.path = path
        self.random = random.Random(seed)
        self.pace = self.random.choice((0.02, 0.1, 0.3, 0.6))  # steps for each system call of the follower's
        self.ways = ways
        self.most_lines = most_lines
        self.written = []
        self.over = self.busy = False
        self._steps = self._run(rounds)

    def step(self):
        self.busy = True
        try:
            next(self._steps)
        except StopIteration:
            self.over = True
        finally:
            self.busy = False

    def between_calls(self, call, *arguments, **options):
        """Stand in for a system call of the follower's: perhaps take a step before it."""
        if not self.busy and not self.over and self.random.random() < self.pace:
            self.step()
        return call(*arguments, **options)

    def _write(self, file, count):
        for _ in range(count):
            head = b"E2211-%06d-%03d (1): " % divmod(len(self.written), 1000)
            line = head + self.random.randbytes(self.random.randrange(60)).hex().encode()
            self.written.append(line)
            cut = self.random.randrange(len(line)) if self.random.random() < 0.2 else 0
            if cut:
                file.write(line[:cut])
                yield
            file.write(line[cut:] + b"\n")
            yield

    def _run(self, rounds):
        file = open(self.path, "ab", buffering=0)  # noqa: SIM115
        for _ in range(rounds):
            yield from self._write(
                file, self.random.randrange(self.random.choice((2, self.most_lines // 3, self.most_lines)))
            )
            way = self.random.choice(self.ways)
            for n in range(30, 0, -1):
                for packed in (".gz", ""):
                    if os.path.exists(f"{self.path}.{n}{packed}"):
                        os.rename(f"{self.path}.{n}{packed}", f"{self.path}.{n + 1}{packed}")
                        yield
            if way == "copytruncate":
                yield from self._copy_and_truncate()
                continue
            os.rename(self.path, self.path + ".1")
            yield
            if way == "late":
                open(self.path, "xb").close()
                yield
                yield from self._write(file, 5)
            file.close()
            file = open(self.path, "ab", buffering=0)  # noqa: SIM115
            yield
            yield from self._write(file, self.random.randrange(5))
            if way == "compress":
                yield from self._compress()
        file.close()

    def _copy_and_truncate(self):
        with open(self.path, "rb") as source, open(self.path + ".1", "xb", buffering=0) as target:
            yield
            size = self.random.choice((100, 1000, 1 << 20))
            while data := source.read(size):
                target.write(data)
                yield
        os.truncate(self.path, 0)
        yield

    def _compress(self):
        with open(self.path + ".1", "rb") as source:
            packed = gzip.compress(source.read())
        with open(self.path + ".1.gz", "xb", buffering=0) as target:
            yield
            cut = self.random.randrange(len(packed))
            target.write(packed[:cut])
            yield
            target.write(packed[cut:])
            yield
        os.unlink(self.path + ".1")
        yield


@contextmanager
def stepping_in(rotator):
    """Put the rotator between the follower and the system."""
    with pytest.MonkeyPatch.context() as patch:
        for name in CALLS:
            patch.setattr(os, name, partial(rotator.between_calls, getattr(os, name)))
        yield


def start(directory, pattern):
    open(directory / "mesibo.log", "xb").close()
    follower = Follower(directory / pattern)
    follower.turn()
    follower.commit()
    return follower


def assert_each_line_counted_once(follower, written):
    for seconds in (0, 11, 700, 1):
        follower.wait(seconds)
    follower.tail.close()
    counted = follower.sink.lines
    assert {line: n for line, n in counted.items() if n != 1} == {}
    assert set(written) - set(counted) == set()
    assert set(counted) - set(written) == set()
    assert follower.lost == follower.missed == 0


def follow_through(directory, seed, ways, pattern):
    follower = start(directory, pattern)
    rotator = Rotator(str(directory / "mesibo.log"), seed, ways, rounds=10)
    with stepping_in(rotator):
        while not rotator.over:
            rotator.step()
            follower.turn()
            if rotator.random.random() < 0.1:
                follower.commit()
            if rotator.random.random() < 0.05:
                follower.restart()
    assert_each_line_counted_once(follower, rotator.written)


def runs(count):
    return [
        pytest.param(seed, ways, pattern, id=f"{'+'.join(ways)}-{pattern}-{seed}")
        for ways in (*((way,) for way in WAYS), WAYS)
        for pattern in PATTERNS
        for seed in range(count)
    ]


@pytest.mark.parametrize(("seed", "ways", "pattern"), runs(8))
def test_no_race_loses_or_doubles_a_line(tmp_path, seed, ways, pattern):
    """Lines, rotations and packing between any two system calls of a look: each line counts once, none as lost."""
    follow_through(tmp_path, seed, ways, pattern)


@pytest.mark.long
@pytest.mark.parametrize(("seed", "ways", "pattern"), runs(1000))
def test_no_race_among_thousands_loses_or_doubles_a_line(tmp_path, seed, ways, pattern):
    """The same, ten thousand times."""
    follow_through(tmp_path, 1_000_000 + seed, ways, pattern)


class Interrupted(Rotator):
    """Takes a number of steps at once, before one certain system call of the follower's."""

    at, steps, calls = 0, 0, 0

    def between_calls(self, call, *arguments, **options):
        if not self.busy:
            self.calls += 1
            if self.calls == self.at:
                for _ in range(self.steps):
                    self.step()
        return call(*arguments, **options)


def interrupt(directory, script, before, at, steps, *, pattern, restart):
    """Take some steps, a look after each, then some more at one call of the next look; return that look's calls."""
    directory.mkdir()
    follower = start(directory, pattern)
    rotator = Interrupted(str(directory / "mesibo.log"), *script)
    for _ in range(before):
        rotator.step()
        follower.turn()
    if restart:
        follower.commit()
        follower.restart()
    rotator.at, rotator.steps = at, steps
    with stepping_in(rotator):
        follower.turn()
    calls = rotator.calls
    follower.turn()
    while not rotator.over:
        rotator.step()
    assert_each_line_counted_once(follower, rotator.written)
    return calls


def interrupt_everywhere(directory, script, together, **situation):
    rotator = Rotator(str(directory / "mesibo.log"), *script)
    length = 0
    while not rotator.over:
        rotator.step()
        length += 1
    for before in range(length):
        for steps in together:
            at = calls = 1
            while at <= calls:
                calls = interrupt(directory / f"{before}-{at}-{steps}", script, before, at, steps, **situation)
                at += 1


@pytest.mark.parametrize("restart", [False, True], ids=["running", "restarted"])
@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_copytruncate_at_any_call_of_a_look_loses_or_doubles_nothing(tmp_path, pattern, restart):
    """Whichever system call two steps of a copytruncate come before, each line counts once."""
    script = (SHORT, ("copytruncate",), 2, 6)
    interrupt_everywhere(tmp_path, script, (2,), pattern=pattern, restart=restart)


@pytest.mark.long
@pytest.mark.parametrize("restart", [False, True], ids=["running", "restarted"])
@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("way", WAYS)
def test_any_steps_of_a_rotation_at_any_call_lose_or_double_nothing(tmp_path, way, pattern, restart):
    """The same with every way to rotate, and more steps at once."""
    interrupt_everywhere(tmp_path, (SHORT, (way,), 2, 12), (1, 3, 5), pattern=pattern, restart=restart)


def test_a_file_that_grows_at_every_call_holds_up_no_line_of_another(tmp_path):
    """A rotated file that nobody knows yet and that is still being written is told when it can be; the log goes on."""
    log, other = tmp_path / "mesibo.log", tmp_path / "mesibo.log.1"
    follower = start(tmp_path, "mesibo.log*")
    log.write_text("E2211-000000-000 (1): first\n")
    follower.turn()

    class Grower(Rotator):
        def step(self):
            self.busy = True
            self.written.append(f"E2111-000000-{len(self.written):06} (1): other")
            with other.open("a") as file:
                file.write(self.written[-1] + "\n")
            self.busy = False

    grower = Grower(str(log), 0, (), 0)
    grower.pace = 1.0
    with log.open("a") as file:
        file.write("E2211-000000-001 (1): second\n")
    with stepping_in(grower):
        follower.turn()
    assert follower.lines == ["E2211-000000-000 (1): first", "E2211-000000-001 (1): second"]
    follower.turn()
    assert sorted(follower.lines)[: len(grower.written)] == grower.written
