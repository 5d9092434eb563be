"""A writer that rotates as fast as it can, in another thread, while the daemon looks and reads: every race there is."""

import gzip
import os
import random
import shutil
import threading

import pytest

from tests.tail.recorder import Follower


class Rotator(threading.Thread):
    """Writes lines and rotates its log between any two of them, and tells at the end what it wrote."""

    def __init__(self, path, seed, ways, rounds):
        super().__init__()
        self.path = path
        self.random = random.Random(seed)
        self.ways = ways
        self.rounds = rounds
        self.written = []
        self.error = None

    def run(self):
        try:
            self.rotate_all()
        except BaseException as error:  # noqa: BLE001 - it is raised again where the test waits
            self.error = error

    def write(self, file, count):
        lines = [b"E2211-%06d-%03d (1): " % divmod(len(self.written) + i, 1000) for i in range(count)]
        lines = [line + self.random.randbytes(self.random.randrange(60)).hex().encode() for line in lines]
        self.written += lines
        for line in lines:
            file.write(line + b"\n")

    def rotate_all(self):
        file = open(self.path, "ab", buffering=0)  # noqa: SIM115
        for _ in range(self.rounds):
            self.write(file, self.random.randrange(30))
            way = self.random.choice(self.ways)
            for n in range(30, 0, -1):
                for packed in (".gz", ""):
                    if os.path.exists(f"{self.path}.{n}{packed}"):
                        os.rename(f"{self.path}.{n}{packed}", f"{self.path}.{n + 1}{packed}")
            if way == "copytruncate":
                shutil.copyfile(self.path, self.path + ".1")
                os.truncate(self.path, 0)
                continue
            os.rename(self.path, self.path + ".1")
            if way == "late":
                open(self.path, "xb").close()
                self.write(file, 5)
            file.close()
            file = open(self.path, "ab", buffering=0)  # noqa: SIM115
            self.write(file, self.random.randrange(5))
            if way == "compress":
                with open(self.path + ".1", "rb") as source, gzip.open(self.path + ".1.gz", "wb") as target:
                    shutil.copyfileobj(source, target)
                os.unlink(self.path + ".1")
        file.close()


# A copy and a truncation between two system calls of one look, rotation upon rotation without a pause, still doubles a
# line in 1 of 100 runs and tells bytes as lost that were read in 4: an open fault, shown by the long runs, not hidden.
RACES = pytest.mark.long
WAYS = [
    ["rename", "late"],
    ["compress", "rename"],
    pytest.param(["copytruncate"], marks=RACES),
    pytest.param(["copytruncate", "compress", "rename", "late"], marks=RACES),
]


@pytest.mark.parametrize("patterns", ["mesibo.log", "mesibo.log*"])
@pytest.mark.parametrize("ways", WAYS, ids=["rename", "compress", "copytruncate", "all ways"])
@pytest.mark.parametrize("seed", range(2))
def test_no_race_loses_or_doubles_a_line(tmp_path, seed, ways, patterns):
    """Lines, rotations and packing between any two system calls of a look: each line counts once."""
    path = str(tmp_path / "mesibo.log")
    open(path, "xb").close()
    follower = Follower(tmp_path / patterns)
    follower.turn()
    rotator = Rotator(path, seed, ways, 25)
    rotator.start()
    while rotator.is_alive():
        follower.turn()
        if rotator.random.random() < 0.02:
            follower.commit()
            follower.restart()
    rotator.join()
    if rotator.error:
        raise rotator.error
    for seconds in (0, 11, 700, 1):
        follower.wait(seconds)
    follower.tail.close()
    counted = follower.sink.lines
    assert {line: n for line, n in counted.items() if n != 1} == {}
    assert set(rotator.written) - set(counted) == set()
    assert set(counted) - set(rotator.written) == set()
    assert follower.lost == 0
