"""What a second pair of eyes played on logs: each of these is told by the files, and was counted wrongly."""

import pytest

from tests.tail.test_field import LIVES, Log


def played(tmp_path, life, steps, *, patterns=("m.log",), lost=0, missed=0):
    """Let a log of forty lines be treated in one of the daemon's lives, and compare what was counted."""
    log = Log(tmp_path, life, patterns=patterns)
    log.write(40)
    log.treat(steps)
    log.check(lost=lost, missed=missed)


def made_and_rotated(log):
    """Do as a new container does whose log is rotated before anybody looks."""
    path = str(log.directory / "n.log")
    log.write(20, path)
    log.shell("mv n.log n.log.1")
    log.write(3, path)
    yield


def made_rotated_and_packed(log):
    """Do the same, with compression."""
    path = str(log.directory / "n.log")
    log.write(20, path)
    log.shell("mv n.log n.log.1; gzip n.log.1")
    log.write(3, path)
    yield


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("steps", [made_and_rotated, made_rotated_and_packed])
def test_what_a_new_log_wrote_before_it_was_rotated_counts(tmp_path, steps, life):
    """A log that was made since the last look and rotated before the next one loses no line, and none in silence."""
    played(tmp_path, life, steps, patterns=("*.log",))
