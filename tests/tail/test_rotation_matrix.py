"""Every way to rotate, times every way to write, times a stop at every point: exact."""

import itertools
import os
import shutil

import pytest

from tests.helpers.recorder import caught_up

CREATE = ("create", "nocreate", "create from temporary")
MOVE = ("mv", "cp", "rm")
COPIES = ("copytruncate", "copytruncate and regrow", "copy")
WRITERS = ("keeps open", "reopens")
GLOBS = {"the path": ("mesibo.log",), "its rotated names too": ("mesibo.log*",)}
ROTATIONS = [f"{move}, {create}" for move in MOVE for create in CREATE] + list(COPIES)

POINTS = ("before", "moved", "created", "written on", "after")
"""Where the daemon may turn, or be killed and started again."""


class Log:
    """A log, its writer, and its rotation in small steps."""

    def __init__(self, directory, writer):
        self.path = str(directory / "mesibo.log")
        self.reopens = writer == "reopens"
        self.written = []
        self.gone = set()
        self.file = open(self.path, "ab", buffering=0)  # noqa: SIM115

    def write(self, count):
        lines = [b"E2211-101112-%03d (1): line" % (len(self.written) + i) for i in range(count)]
        self.file.write(b"".join(line + b"\n" for line in lines))
        self.written += lines

    def reopen(self):
        self.file.close()
        self.file = open(self.path, "ab", buffering=0)  # noqa: SIM115

    def shift(self):
        for n in range(8, 0, -1):
            if os.path.exists(f"{self.path}.{n}"):
                os.rename(f"{self.path}.{n}", f"{self.path}.{n + 1}")

    def rotate(self, how, at):
        """Rotate in one way; at is called at each point in between."""
        self.shift()
        if how in COPIES:
            shutil.copyfile(self.path, self.path + ".1")
            at("moved")
            if how != "copy":
                os.truncate(self.path, 0)
            at("created")
            self.write(2 if how == "copytruncate" else 60)
        else:
            move, create = how.split(", ")
            if move == "mv":
                os.rename(self.path, self.path + ".1")
            else:
                if move == "cp":
                    shutil.copyfile(self.path, self.path + ".1")
                os.unlink(self.path)
            at("moved")
            if create == "create":
                open(self.path, "xb").close()
            elif create == "create from temporary":
                open(f"{self.path}~new", "xb").close()
                os.rename(f"{self.path}~new", self.path)
            at("created")
            if move == "mv":
                self.write(3)  # late lines: to the renamed file
            if self.reopens or create == "nocreate" or move != "mv":
                self.reopen()
            self.write(4)
        at("written on")


@pytest.mark.parametrize("killed", ["", *POINTS])
@pytest.mark.parametrize("patterns", GLOBS)
@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("how", ROTATIONS)
def test_rotation_is_exact(tmp_path, how, writer, patterns, killed):
    """Through three rotations of each kind, with a look or a kill at every point, each line counts once."""
    for looked in itertools.product((False, True), repeat=3) if not killed else [(True, True, True)]:
        directory = tmp_path / "".join(map(str, map(int, looked)))
        directory.mkdir()
        log = Log(directory, writer)
        log.write(3)
        follower = caught_up(*(directory / pattern for pattern in GLOBS[patterns]))
        follower.commit()

        def at(point, follower=follower, looked=looked):
            if point == killed:
                follower.turn()
                follower.restart()  # what this turn has read was not committed
            elif point not in POINTS[1:4] or looked[POINTS.index(point) - 1]:
                follower.turn()
                follower.commit()

        for _ in range(3):
            log.write(3)
            at("before")
            log.write(2)
            log.rotate(how, at)
            at("after")
        follower.turn()
        follower.wait(11, 700, 1)
        log.file.close()
        follower.tail.close()
        expected = dict.fromkeys(log.written, 1)
        if killed and how.startswith("rm"):
            # what was read of a deleted file and not committed is gone with the daemon: missed, and never doubled
            assert set(follower.sink.lines.values()) == {1}
            assert follower.sink.lines.keys() <= expected.keys()
            assert follower.missed or dict(follower.sink.lines) == expected
        else:
            assert dict(follower.sink.lines) == expected
            assert follower.lost == 0
