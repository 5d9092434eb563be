"""Stamps without a year are dated by a reference, or not at all."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatch.parse.timestamp import seconds_of

UTC_ZONE = ZoneInfo("UTC")


def at(*parts: int) -> float:
    return datetime(*parts, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("written", "reference", "expected"),
    [
        ("2211-101500-123", at(2026, 11, 22, 10, 16), at(2026, 11, 22, 10, 15) + 0.123),
        ("3112-235959-999", at(2027, 1, 1), at(2026, 12, 31, 23, 59, 59) + 0.999),
        ("0101-000001-000", at(2026, 12, 31, 23, 59, 59), at(2027, 1, 1, 0, 0, 1)),
        ("2311-101500-000", at(2026, 11, 22, 10, 16), at(2026, 11, 23, 10, 15)),
        ("2311-101700-000", at(2026, 11, 22, 10, 16), at(2025, 11, 23, 10, 17)),
        ("2902-120000-000", at(2024, 3, 1), at(2024, 2, 29, 12)),
        ("2902-120000-000", at(2025, 1, 10), at(2024, 2, 29, 12)),
        ("2902-120000-000", at(2025, 3, 1), None),
        ("2902-120000-000", at(2026, 1, 10), None),
        ("3102-120000-000", at(2026, 3, 1), None),
        ("3104-120000-000", at(2026, 5, 1), None),
        ("0013-120000-000", at(2026, 5, 1), None),
        ("2211-240000-000", at(2026, 11, 22), None),
        ("2211-235960-000", at(2026, 11, 22), None),
        ("", at(2026, 11, 22), None),
        ("²211-101500-123", at(2026, 11, 22), None),
    ],
)
def test_a_stamp_is_dated_by_its_reference(written, reference, expected):
    """The latest such moment that is at most a day ahead; a date that does not exist is no moment."""
    assert seconds_of(written, reference, UTC_ZONE) == expected


def test_a_stamp_is_local_time():
    """The zone of the configuration decides which moment is meant, and which year."""
    kolkata = ZoneInfo("Asia/Kolkata")
    assert seconds_of("0101-020000-000", at(2026, 12, 31, 20, 31), kolkata) == at(2026, 12, 31, 20, 30)


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2099, 12, 31)),  # noqa: DTZ001  a zone is put on below
    st.floats(-86000, 300 * 86400),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]),
)
def test_any_time_is_read_back(written, age, zone):
    """What was written less than ten months ago, or up to a day ahead, is dated right."""
    timezone = ZoneInfo(zone)
    written = written.replace(microsecond=written.microsecond // 1000 * 1000)
    moment = written.replace(tzinfo=timezone).timestamp()
    text = f"{written:%d%m-%H%M%S}-{written.microsecond // 1000:03d}"
    assert seconds_of(text, moment + age, timezone) == moment
