"""Times on a command line are read as people write them."""

import click
import pytest

from logwatch.cli.options import time_read
from logwatch.moments import iso, moment

NOON = 1_795_348_800.0  # 2026-11-22T12:00:00Z


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-11-22", NOON - 43200),
        ("2026-11-22T12:00:00", NOON),
        ("2026-11-22 12:00", NOON),
        ("2026-11-22T12:00:00Z", NOON),
        ("2026-11-22 12:00 UTC", NOON),
        ("2026-11-22 UTC", NOON - 43200),
        ("12:00 UTC", NOON),
        ("12:00:00Z", NOON),
        ("2026-11-22T14:00:00+02:00", NOON),
        ("2026-11-22T12:00:00.5Z", NOON + 0.5),
        ("now", NOON),
        ("2h", NOON - 7200),
        ("3d", NOON - 3 * 86400),
        ("90s", NOON - 90),
        ("5m", NOON - 300),
        ("1.5h", NOON - 5400),
        ("1w", NOON - 604800),
        ("2h ago", NOON - 7200),
        ("2 hours ago", NOON - 7200),
        ("1 minute ago", NOON - 60),
        ("30min", NOON - 1800),
        ("2 mins", NOON - 120),
        ("1hr", NOON - 3600),
        ("1day", NOON - 86400),
        ("today", NOON - 43200),
        ("yesterday", NOON - 43200 - 86400),
        ("10:15", NOON - 6300),
        ("9:15:30", NOON - 9870),
        ("22:00", NOON - 50400),
        ("12:00", NOON),
    ],
)
def test_times_are_absolute_or_relative(text, seconds):
    """Without an offset a time is UTC, as mesibo's own stamps are."""
    assert moment(text, lambda: NOON) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "2h30",
        "2 months",
        "-2h",
        "24:01",
        "7:5",
        "2026-13-01",
        "UTC",
        "10:00+02:00 UTC",
        "1e3",
        "9" * 400 + "w",
    ],
)
def test_other_text_is_refused_with_an_example(text):
    """Whoever mistypes learns how it is written."""
    with pytest.raises(click.BadParameter, match="is not a time; try 2h"):
        time_read(None, None, text)


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (None, None),
        (NOON + 0.1234, "2026-11-22T12:00:00.123Z"),
        (253402343999.1, "9999-12-31T23:59:59.100Z"),
        (-62135640000.0, "0001-01-01T00:00:00.000Z"),
    ],
)
def test_any_time_can_be_written(at, text):
    """One past all calendars, which a stamp of another zone may be, is written as the nearest that there is."""
    assert iso(at) == text
