"""What is asked of the error log is taken at its word, or refused with the reason."""

import pytest

from logwatch.ledger.reader import Place
from logwatch.web.query import MOST, Refused, parse

NOW = 1_763_806_500.0  # 22 November 2025, 10:15 UTC


def asked(**values):
    return parse({name.rstrip("_"): [text.encode()] for name, text in values.items()}, MOST, lambda: NOW)


@pytest.mark.parametrize(
    ("values", "field", "meant"),
    [
        ({"limit": "1"}, "limit", 1),
        ({"limit": "1000"}, "limit", 1000),
        ({"code": "007"}, "code", "7"),
        ({"code": "-000007"}, "code", "-7"),
        ({"text": "x" * 128}, "text", "x" * 128),
        ({"text": " a\x1bb "}, "text", "a\ufffdb"),
        ({"before": "1763806500.123456,17"}, "before", Place(1763806500.123456, 17)),
        ({"from_": "10:00", "to": "10:01"}, "until", NOW - 840),
        ({"span": "century"}, "span", ""),
    ],
)
def test_what_can_be_answered_is_understood(values, field, meant):
    """The smallest and the largest of each are taken, codes as they are counted; a span narrows nothing."""
    assert getattr(asked(**values), field) == meant


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"limit": "0"}, "limit is a number from 1 to 1000"),
        ({"limit": "1001"}, "limit is a number from 1 to 1000"),
        ({"limit": "\u0663"}, "limit is a number from 1 to 1000"),
        ({"from_": "10:00", "to": "10:00"}, "from is not before to: no failure can be between them"),
        ({"code": "1234567"}, "code is a number of at most six digits"),
        ({"text": "x" * 129}, "text is longer than 128 characters"),
        ({"clas": "token"}, "clas is no parameter: did you mean class?"),
        ({"\x1b" + "x" * 300: ""}, "\ufffd" + "x" * 127 + " is no parameter: known here: class, code"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_the_reason(values, why):
    """An interval without an instant, and names and texts of any length, are told in a line."""
    with pytest.raises(Refused) as raised:
        asked(**values)
    assert str(raised.value).startswith(why)
