import pytest

from tests.tail.world import PATTERNS, World


@pytest.mark.parametrize("patterns", PATTERNS)
@pytest.mark.parametrize("seed", range(8))
def test_every_findable_line_is_counted_once(tmp_path, seed, patterns):
    """Through any sequence of writes, rotations, stops and kills, lines that can be found are counted exactly once."""
    world = World(tmp_path, f"{seed} {patterns}", PATTERNS[patterns])
    world.run(600)
    world.check()
