"""Loggers that pack each log and shift the numbers in front of its extension: m.log, m1.log.gz, m2.log.gz."""

import gzip
import os
import random

import pytest

from tests.helpers.recorder import Follower, append


class Life:
    """A logger like winston with ``tailable`` and ``zippedArchive``, and a daemon that looks, is killed and started."""

    def __init__(self, directory, seed):
        self.directory, self.path = directory, directory / "m.log"
        self.random = random.Random(seed)
        self.written = []
        self.follower = Follower(directory / "m*")
        self.follower.turn()
        self.follower.commit()
        self.running = True

    def write(self, count):
        lines = [f"E2511-101000-{len(self.written) + n:03} (1): line" for n in range(count)]
        append(self.path, *lines)
        self.written += lines

    def pass_time(self):
        happens = self.random.random()
        if not self.running:
            if happens < 0.4:
                self.begin()
        elif happens < 0.5:
            self.follower.wait(self.random.choice((0.2, 2)))
        elif happens < 0.56:
            self.follower.commit()
        elif happens < 0.62:
            self.follower.kill()
            self.running = False

    def begin(self):
        self.follower.start()
        self.follower.turn()
        self.running = True

    def rotate(self):
        packed = gzip.compress(self.path.read_bytes())
        temporary = self.directory / "m.log.gz"
        for part in (packed[:40], packed[40:]):
            with temporary.open("ab") as file:
                file.write(part)
            self.pass_time()
        self.path.unlink()
        self.pass_time()
        for number in range(20, 0, -1):
            archive = self.directory / f"m{number}.log.gz"
            if archive.exists():
                os.rename(archive, self.directory / f"m{number + 1}.log.gz")
                self.pass_time()
        os.rename(temporary, self.directory / "m1.log.gz")
        self.pass_time()


@pytest.mark.parametrize("seed", range(40))
def test_archives_whose_numbers_are_shifted_count_once(tmp_path, seed):
    """Archives count once at any step of the shift, also those that nobody saw before a kill."""
    life = Life(tmp_path, seed)
    for _ in range(life.random.randrange(3, 9)):
        for _ in range(life.random.randrange(1, 4)):
            life.write(life.random.randrange(1, 30))
            life.pass_time()
        life.rotate()
    if not life.running:
        life.begin()
    life.follower.wait(1, 5, 11, 30, 700, 700)
    assert sorted(life.follower.lines) == life.written
    assert (life.follower.lost, life.follower.missed) == (0, 0)
