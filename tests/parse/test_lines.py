"""Lines that are read together: taken out of a batch and out of their envelope, they stay as many as they were."""

import pytest

from logwatch.parse.lines import LineBatch
from tests.helpers.wrapping import envelope_of


@pytest.mark.parametrize("name", ["docker", "cri", "syslog-3339", "journal-json"])
def test_an_empty_record_is_a_line(name):
    """An empty line, which is in no envelope, is returned as a line with its number."""
    assert LineBatch.of([b"", b""], numbers=[7, 9], envelope=envelope_of(name)).at([1]) == [(9, (b"", ""))]


def test_only_a_newline_ends_a_line():
    """Carriage returns, form feeds and empty lines stand within a text as they are."""
    batch = LineBatch(b"a\r\n\x0b\x0c\n\n\x85b\n")
    assert batch.picked(range(len(batch.lines))) == [b"a\r", b"\x0b\x0c", b"", b"\x85b"]
    assert batch.only([0, 3]).at([1]) == [(3, (b"\x85b", None))]
