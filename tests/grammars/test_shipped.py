"""The shipped grammar yields what its samples say, on pyparsing itself."""

import pytest

from logwatch.dialect.grammar import parse_reference
from logwatch.dialect.samples import Annotated
from logwatch.parse import load

GRAMMAR = load("mesibo")
DEFAULTS = {"platform": "unknown", "reason": "", "app": "", "user": "", "token": ""}


def cases():
    return [pytest.param(sample, id=str(sample.number)) for sample in GRAMMAR.samples]


@pytest.mark.parametrize("sample", cases())
def test_a_sample_yields_what_is_written_above_it(sample: Annotated):
    """Each line gives exactly the expected values, and a hostile one nothing, for the cause named."""
    found = parse_reference(GRAMMAR, sample.payload)
    if sample.expected is None:
        assert found == sample.cause
    else:
        assert not isinstance(found, str), found
        expected = DEFAULTS | sample.expected
        assert {key: getattr(found, key) for key in expected} == expected
