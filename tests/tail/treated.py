"""A log that is treated step by step, while a daemon follows it in one of its lives, and what it must have counted.

The daemon of the life ``looking`` looks between any two steps, ``running`` has them all at once, and to ``stopped`` and
``killed`` they come while it is away.
"""

import contextlib
import itertools
import subprocess
from collections import Counter

import pytest

from tests.helpers.recorder import Follower

LIVES = ("running", "looking", "stopped", "killed")
BANNER = b"".join(b"Licence clause %03d: this program comes without any warranty.\n" % n for n in range(51))  # 3 KiB
FEW_CLAUSES = BANNER[: BANNER.index(b"Licence clause 010")]
LOOK = None  # a step at which a daemon that looks does so


class Log:
    """A log below a directory, what was written to it, and a daemon that follows it in one of its lives."""

    def __init__(self, directory, life, *, patterns=("m.log",), banner=b"", **settings):
        self.directory = directory / "logs"
        self.directory.mkdir()
        self.path = str(self.directory / "m.log")
        self.life = life
        self.banner = banner
        self.numbers = itertools.count()
        self.written = []
        self.gone = []  # lines that nobody can read any more, if they were not read before
        self.writer = None  # a process that keeps the log open without O_APPEND
        self.follower = Follower(*(self.directory / pattern for pattern in patterns), **settings)

    def lines(self, count):
        lines = []
        for n in itertools.islice(self.numbers, count):
            stamp = b"E2511-%06d-%03d" % divmod(n + 101_000_000, 1000)
            lines.append(b"%s (17): push_on_complete: uid %d type fcm mid %d code 200" % (stamp, n, n))
        self.written += lines
        return b"".join(line + b"\n" for line in lines)

    def write(self, count, path=None):
        if self.writer and path is None:
            self.writer.write(self.lines(count))
            return
        path = path or self.path
        with open(path, "ab") as file:
            if self.banner and not file.tell():
                file.write(self.banner)
            file.write(self.lines(count))

    def open_without_append(self):
        self.writer = open(self.path, "wb", buffering=0)  # noqa: SIM115

    def run(self, *command):
        subprocess.run(command, check=True, capture_output=True, cwd=self.directory)

    def shell(self, script):
        subprocess.run(["sh", "-ec", script], check=True, capture_output=True, cwd=self.directory)

    def done(self, steps):
        """Do steps: a text is for the shell, a number is of lines to write, with a name where they go elsewhere.

        A function is called with the log.
        """
        for step in steps:
            if step is LOOK:
                yield
            elif isinstance(step, str):
                self.shell(step)
            elif callable(step):
                step(self)
            else:
                count, name = step if isinstance(step, tuple) else (step, None)
                self.write(count, name and str(self.directory / name))

    def treat(self, steps):
        """Treat the log while the daemon lives its life, and then read all there is."""
        follower = self.follower
        follower.turn()
        follower.commit()
        if self.life == "stopped":
            follower.stop()
        elif self.life == "killed":
            follower.kill()
        for _ in steps(self) if callable(steps) else self.done(steps):
            if self.life == "looking":
                follower.turn()
        if self.life in ("stopped", "killed"):
            follower.start()
        follower.wait(0, 1, 1, 11, 1)
        if self.life != "running":
            follower.restart_at_once()
            follower.turn()
        follower.wait(11, 700, 1)
        self.status = follower.tail.status()
        if self.writer:
            self.writer.close()
        follower.tail.close()

    @contextlib.contextmanager
    def unwatched(self, restart):
        """Stop the daemon before what is done meanwhile, or kill it after that; then read all there is."""
        if restart == "stopped":
            self.follower.stop()
        yield
        if restart == "killed":
            self.follower.kill()
        if restart:
            self.follower.start()
        self.wait_out()

    def wait_out(self):
        """Wait for as long as anything is waited for, and read all there is."""
        self.follower.wait(0, 1, 11, 700, 1)

    def check(self, *, lost=0, missed=0):
        counted = Counter({line: n for line, n in self.follower.sink.lines.items() if line.startswith(b"E2511")})
        wanted = Counter(self.written)
        assert counted - wanted == Counter(), "counted twice, or never written"
        assert wanted - counted == Counter(self.gone), "not counted"
        assert (self.follower.lost, self.follower.missed) == (lost, missed)


def restarted(log):
    """Lose all open files, but nothing that was read; a step."""
    log.follower.restart_at_once()


def followed(directory, lines, life="by hand", **settings):
    """Return a log of so many lines, all of which were read."""
    log = Log(directory, life, **settings)
    log.write(lines)
    log.follower.turn()
    return log


def played(directory, life, steps, *, lines=40, lost=0, missed=0, **settings):
    """Treat a log in one of the daemon's lives, and compare what was counted."""
    log = Log(directory, life, **settings)
    log.write(lines)
    log.treat(steps)
    log.check(lost=lost, missed=missed)
    return log


def plays(**steps):
    """Parametrize a test by each of these plays, under their names."""
    return pytest.mark.parametrize("steps", steps.values(), ids=steps)
