import shutil
import tempfile
from pathlib import Path

import pytest

from tests.tail.world import PATTERNS, AnswerWorld, FieldWorld, World

SHARED_MEMORY = Path("/dev/shm")


@pytest.fixture(params=["disk", "memory"])
def directory(request, tmp_path):
    """Yield a directory on a system that uses inodes again at once (ext4), and on one that never does (tmpfs)."""
    if request.param == "disk" or not SHARED_MEMORY.is_dir():
        yield tmp_path
    else:
        path = Path(tempfile.mkdtemp(dir=SHARED_MEMORY))
        yield path
        shutil.rmtree(path)


def play(directory, seed, patterns, *, steps, gentle, kind=World):
    print(f"{kind.__name__}({seed=}, {patterns=}, {gentle=}) for {steps} steps")  # noqa: T201 - shown when the test fails
    world = kind(directory, f"{seed} {patterns}", PATTERNS[patterns], gentle=gentle)
    try:
        world.run(steps)
        world.check()
    finally:
        world.close()


@pytest.mark.parametrize("gentle", [True, False], ids=["gentle", "rough"])
@pytest.mark.parametrize("patterns", PATTERNS)
@pytest.mark.parametrize("seed", range(3))
def test_every_findable_line_is_counted_once(directory, seed, patterns, gentle):
    """Writes, rotations, stops and kills in any order: what can be found counts once, the rest is said to be lost."""
    play(directory, seed, patterns, steps=500, gentle=gentle)


@pytest.mark.parametrize("patterns", PATTERNS)
@pytest.mark.parametrize("seed", range(2))
def test_every_findable_line_is_counted_once_whatever_else_is_done_to_logs(directory, seed, patterns):
    """Copied over, trimmed in front, punched, packed in several members, with broken links and NULs beside them."""
    play(directory, seed, patterns, steps=400, gentle=False, kind=FieldWorld)


@pytest.mark.parametrize("patterns", PATTERNS)
@pytest.mark.parametrize("seed", range(2))
def test_every_findable_line_is_counted_once_where_answers_end_alike(directory, seed, patterns):
    """Over several lines without a time: their ends tell no log from the next."""
    play(directory, seed, patterns, steps=400, gentle=True, kind=AnswerWorld)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("gentle", [True, False], ids=["gentle", "rough"])
@pytest.mark.parametrize("patterns", PATTERNS)
@pytest.mark.parametrize("seed", range(100, 120))
def test_for_long_every_findable_line_is_counted_once(directory, seed, patterns, gentle):
    """The same with more seeds and longer lives."""
    play(directory, seed, patterns, steps=2000, gentle=gentle)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("patterns", PATTERNS)
@pytest.mark.parametrize("seed", range(500, 520))
def test_for_long_every_findable_line_is_counted_once_whatever_else_is_done_to_logs(directory, seed, patterns):
    """The same with more seeds and longer lives."""
    play(directory, seed, patterns, steps=2000, gentle=False, kind=FieldWorld)
