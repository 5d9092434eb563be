"""Numbers, sizes and times as people read them."""

import pytest

from logwatch import words


@pytest.mark.parametrize(
    ("count", "written"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        ((1 << 20) - 1, "1.0 MiB"),
        ((1 << 30) - 1, "1.0 GiB"),
        (3 << 39, "1.5 TiB"),
        (1 << 50, "1024.0 TiB"),
    ],
)
def test_a_size_is_in_the_largest_unit_of_which_there_is_one(count, written):
    """Also if only rounding makes it one: 1024.0 KiB is never written."""
    assert words.bytes_(count) == written
