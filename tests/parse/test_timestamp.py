"""Stamps of any usual form are dated: with the source's zone and the reference's year where they have none."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatch.dialect.load import wrong_form
from logwatch.parse import timestamp
from logwatch.parse.timestamp import LineDater, is_fine, seconds_of

KOLKATA = ZoneInfo("Asia/Kolkata")


def at(*parts: int) -> float:
    return datetime(*parts, tzinfo=UTC).timestamp()


NOON = at(2026, 11, 25, 12)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2511-101500-123", at(2026, 11, 25, 10, 15) + 0.123),
        ("2611-101500-123", at(2026, 11, 26, 10, 15) + 0.123),
        ("2711-101500-123", at(2025, 11, 27, 10, 15) + 0.123),
        ("3102-101500-123", None),
        ("2026-11-25T10:15:00Z", at(2026, 11, 25, 10, 15)),
        ("2026-11-25T10:15:00.123456789Z", at(2026, 11, 25, 10, 15) + 0.123456789),
        ("2026-11-25 10:15:00,123", at(2026, 11, 25, 10, 15) + 0.123),
        ("2026-11-25 10:15:00", at(2026, 11, 25, 10, 15)),
        ("2026/11/25 10:15:00", at(2026, 11, 25, 10, 15)),
        ("2026-11-25T10:15:00+05:30", at(2026, 11, 25, 4, 45)),
        ("2026-11-25T10:15:00-0800", at(2026, 11, 25, 18, 15)),
        ("2026-11-25T10:15:00+01", at(2026, 11, 25, 9, 15)),
        ("2026-11-25 10:15:00 UTC", at(2026, 11, 25, 10, 15)),
        ("2026-11-25 10:15:00 CET", at(2026, 11, 25, 10, 15)),
        ("20261125T101500Z", at(2026, 11, 25, 10, 15)),
        ("2026-11-25T10:15", None),
        ("2026-11-25 10:15:00 A", None),
        ("20261125T101500.25+0530", at(2026, 11, 25, 4, 45) + 0.25),
        ("2026-11-25 10:15:00 +25:00", None),
        ("2026-13-25T10:15:00Z", None),
        ("2026-02-30T10:15:00Z", None),
        ("2026-11-25T25:15:00Z", None),
        ("2026-11/25 10:15:00", None),
        ("1969-12-31T23:59:59Z", None),
        ("0001-01-01T00:00:00+12:00", None),
        ("9999-12-31T23:59:59Z", 253402300799.0),
        ("9999-12-31T23:59:59-12:00", None),
        ("2026-11-25T10:15:00 UTC", at(2026, 11, 25, 10, 15)),
        ("2026-11-25T10:15:00 +0100", at(2026, 11, 25, 9, 15)),
        ("2026-11-25T10:15:00CET", at(2026, 11, 25, 10, 15)),
        ("2026-11-25T10:15:00.123456789+01:00", at(2026, 11, 25, 9, 15) + 0.123456),
        ("2040-11-25T10:15:00Z", at(2040, 11, 25, 10, 15)),
        ("1795601640", 1795601640.0),
        ("1795601640.5", 1795601640.5),
        ("1795601640123", 1795601640.123),
        ("1795601640123456", 1795601640.123456),
        ("1795601640123456789", 1795601640.123457),
        ("17956016401", None),
        ("17956016401234567", None),
        ("Nov 25 10:15:00", at(2026, 11, 25, 10, 15)),
        ("Nov  5 10:15:00", at(2026, 11, 5, 10, 15)),
        ("Nov 25 10:15:00.250000", at(2026, 11, 25, 10, 15) + 0.25),
        ("Dec 25 10:15:00", at(2025, 12, 25, 10, 15)),
        ("Now 25 10:15:00", None),
        ("Nov 31 10:15:00", None),
        ("", None),
        ("yesterday", None),
        ("\u0662511-101500-123", None),
    ],
)
def test_a_stamp_is_dated_by_what_it_says(written, expected):
    """The reference only supplies what the stamp itself lacks."""
    found = seconds_of(written, NOON, UTC)
    assert found == (None if expected is None else pytest.approx(expected, abs=1e-6))
    parser = LineDater(UTC)
    assert [parser.seconds(written, NOON) for _ in range(3)] == [found] * 3


@pytest.mark.parametrize(
    ("written", "offset"),
    [
        ("2511-101500-000", 5.5),
        ("2026-11-25T10:15:00", 5.5),
        ("2026-11-25 10:15:00 IST", 5.5),
        ("Nov 25 10:15:00", 5.5),
        ("2026-11-25T10:15:00Z", 0),
        ("2026-11-25T10:15:00+01:00", 1),
        ("1795601700", 0),
    ],
)
def test_a_stamp_without_a_zone_is_local_to_its_source(written, offset):
    """One with a zone is not."""
    assert seconds_of(written, NOON, KOLKATA) == at(2026, 11, 25, 10, 15) - offset * 3600


BACK = at(2026, 10, 25, 1)  # Berlin's clocks are put back from 3:00 to 2:00


@pytest.mark.parametrize("seconds", [-3600, -1200, -1, 0, 1, 1200, 3599])
@pytest.mark.parametrize("form", ["%d%m-%H%M%S-000", "%Y-%m-%dT%H:%M:%S", "%Y/%m/%d %H:%M:%S", "%b %d %H:%M:%S", ""])
@pytest.mark.parametrize("read_after", [-60, 0, 60, 1500])
def test_of_an_hour_that_comes_twice_the_pass_is_the_one_in_which_a_line_was_written(seconds, form, read_after):
    """It is written to within half an hour of when its file was, or when an envelope says that it came."""
    moment = datetime.fromtimestamp(BACK + seconds, ZoneInfo("Europe/Berlin"))
    own = "" if form else "%d.%m. %H:%M:%S"
    written = moment.strftime(form or own)
    assert seconds_of(written, moment.timestamp() + read_after, ZoneInfo("Europe/Berlin"), own) == moment.timestamp()


def test_of_an_hour_that_comes_twice_in_an_old_log_the_first_pass_is_meant():
    """In an old log, stamps of an hour that occurs twice are dated in its first pass."""
    for age in (2 * 3600, 86400):
        assert seconds_of("2510-023000-000", BACK + age, ZoneInfo("Europe/Berlin")) == BACK - 1800


TWICE = [
    pytest.param("Europe/Berlin", BACK, 3600, id="an hour"),
    pytest.param("Australia/Lord_Howe", at(2026, 4, 4, 15), 1800, id="half an hour"),
]
ENVELOPES = {
    "in UTC": lambda moment: moment.astimezone(UTC).isoformat().encode(),
    "with the offset of the moment": lambda moment: moment.isoformat().encode(),
    "with an offset as journalctl writes it": lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S%z"),
    "as a time": lambda moment: moment.astimezone(UTC),
    "in seconds": lambda moment: str(int(moment.timestamp())),
    "in microseconds": lambda moment: str(int(moment.timestamp() * 1e6)),
}


@pytest.mark.parametrize("envelope", ENVELOPES)
@pytest.mark.parametrize(("zone", "back", "length"), TWICE)
def test_an_envelope_tells_the_pass_of_every_line_of_both(zone, back, length, envelope):
    """Line by line through both of them, whatever of the times that envelopes write is remembered."""
    dater = LineDater(ZoneInfo(zone))
    for seconds in [*range(-length, length, 30), *range(length - 30, -length, -30)]:
        moment = datetime.fromtimestamp(back + seconds, ZoneInfo(zone))
        received = ENVELOPES[envelope](moment)
        assert dater.date(moment.strftime("%d%m-%H%M%S-000"), received, NOON) == moment.timestamp()


def test_an_envelope_of_the_last_year_of_a_calendar_dates_its_line():
    """A time at the end of year 9999 dates its line in any zone."""
    dater = LineDater(ZoneInfo("Pacific/Kiritimati"))
    assert dater.date("no stamp", b"9999-12-31T09:59:59Z", NOON) == at(9999, 12, 31, 9, 59, 59)


@pytest.mark.parametrize(
    ("form", "written", "expected"),
    [
        ("%d/%b/%Y:%H:%M:%S %z", "25/Nov/2026:10:15:00 +0100", at(2026, 11, 25, 9, 15)),
        ("%d/%b/%Y:%H:%M:%S", "25/Nov/2026:10:15:00", at(2026, 11, 25, 10, 15)),
        ("%d/%b/%Y:%H:%M:%S.%f %z", "25/Nov/2026:10:15:00.250000999 +0100", at(2026, 11, 25, 9, 15) + 0.25),
        ("%d.%m. %H:%M:%S", "25.11. 10:15:00", at(2026, 11, 25, 10, 15)),
        ("%d.%m. %H:%M:%S", "27.11. 10:15:00", at(2025, 11, 27, 10, 15)),
        ("%d.%m. %H:%M:%S", "31.02. 10:15:00", None),
        ("%j %H:%M:%S.%f", "329 10:15:00.5", at(2026, 11, 25, 10, 15) + 0.5),
        ("%d/%b/%Y", "2026-11-25T10:15:00Z", None),
    ],
)
def test_a_grammar_can_say_how_stamps_are_written(form, written, expected):
    """With a strptime format in the grammar, no other format is tried."""
    assert seconds_of(written, NOON, UTC, form) == expected
    assert wrong_form(form) == ""


def test_29_february_belongs_to_a_year_that_has_one():
    """In the spring after a leap year it is last year's; later it is a wrong date."""
    assert seconds_of("Feb 29 12:00:00", at(2024, 3, 1), UTC) == at(2024, 2, 29, 12)
    assert seconds_of("Feb 29 12:00:00", at(2025, 1, 10), UTC) == at(2024, 2, 29, 12)
    assert seconds_of("Feb 29 12:00:00", at(2025, 3, 1), UTC) is None
    assert seconds_of("29.02. 12:00", at(2025, 1, 10), UTC, "%d.%m. %H:%M") == at(2024, 2, 29, 12)


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2099, 12, 31)),  # noqa: DTZ001  a zone is put on below
    st.sampled_from(["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%d%m-%H%M%S-000", "%b %d %H:%M:%S", "%Y%m%dT%H%M%S"]),
    st.floats(-86000, 300 * 86400),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]),
)
def test_any_time_is_read_back(written, form, age, zone):
    """Stamps of the last ten months, or up to a day ahead, are dated right, even twice in a minute."""
    moment = written.replace(tzinfo=ZoneInfo(zone), microsecond=0)
    parser = LineDater(ZoneInfo(zone))
    reference = moment.timestamp() + age
    for again in (moment, moment + timedelta(seconds=1), moment):
        if again.timestamp() - reference < 86400:
            assert parser.seconds(f"{again:{form}}", reference) == again.timestamp()


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2033, 12, 31)),  # noqa: DTZ001  a zone is put on below
    st.floats(-2 * 86400, 380 * 86400),
    st.floats(-3600, 3600),
)
def test_what_was_dated_before_changes_no_date(written, age, later):
    """A minute that is remembered means to another reference what it means without any memory."""
    moment = written.replace(tzinfo=ZoneInfo("Europe/Berlin"))
    parser = LineDater(ZoneInfo("Europe/Berlin"))
    stamp = f"{moment:%d%m-%H%M%S-000}"
    for reference in (moment.timestamp() + age, moment.timestamp() + age + later):
        assert parser.seconds(stamp, reference) == seconds_of(stamp, reference, ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(("limit", "year"), [(0, 2026), (30, 2026), (-1, 2025)])
def test_all_of_a_minute_is_in_one_year(limit, year):
    """Of stamps that are about a day ahead, those of a minute that began later than that are last year's."""
    reference = at(2026, 11, 26, 12, 0) + limit - 86400
    for second in (0, 59):
        assert seconds_of(f"2611-1200{second:02}-000", reference, UTC) == at(year, 11, 26, 12, 0, second)


@pytest.mark.parametrize("digits", [10, 13, 16])
def test_a_time_since_the_epoch_gives_the_stamps_near_it_their_year(digits):
    """Received in seconds, milliseconds or microseconds, lines around New Year are dated to the second."""
    dater = LineDater(UTC)
    begin = datetime(2024, 12, 31, 23, 50, tzinfo=UTC)
    for second in range(0, 1200, 10):
        logged = begin + timedelta(seconds=second)
        received = str(int(logged.timestamp()) * 10 ** (digits - 10))
        assert dater.date(logged.strftime("%d%m-%H%M%S-000"), received, NOON) == logged.timestamp()


def test_a_minute_is_worked_out_once_whenever_its_records_were_received(monkeypatch):
    """Docker's records have a time each, to the nanosecond: to work each out took longer than all else."""
    worked_out: list[str] = []
    real = timestamp.seconds_of
    monkeypatch.setattr(timestamp, "seconds_of", lambda stamp, *rest: worked_out.append(stamp) or real(stamp, *rest))
    dater = LineDater(UTC)
    begin = datetime(2024, 12, 31, 23, 50, tzinfo=UTC)
    for second in range(1200):
        logged = begin + timedelta(seconds=second)
        received = logged + timedelta(milliseconds=2 + second % 7)
        assert dater.date(logged.strftime("%d%m-%H%M%S-000"), received, NOON) == logged.timestamp()
    assert len(worked_out) == 20


@pytest.mark.parametrize("form", ["%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%d %H:%M:%S,%f %z"])
def test_the_minute_in_which_a_record_was_received_is_worked_out_once(form, monkeypatch):
    """The texts of syslog and CRI differ from line to line too; a line without a stamp still has its exact time."""
    worked_out: list[str] = []
    real = timestamp.seconds_of
    monkeypatch.setattr(timestamp, "seconds_of", lambda stamp, *rest: worked_out.append(stamp) or real(stamp, *rest))
    dater = LineDater(UTC)
    begin = datetime(2024, 12, 31, 23, 50, 0, 250000, tzinfo=UTC)
    times = [begin + timedelta(seconds=second) for second in range(1200)]
    for logged in times:
        assert (
            dater.date(logged.strftime("%d%m-%H%M%S-250"), logged.strftime(form).encode(), NOON) == logged.timestamp()
        )
    assert len(worked_out) == 2 * 20  # minutes, each as it is received and as it is stamped
    assert [dater.date("", logged.strftime(form), NOON) for logged in times] == [each.timestamp() for each in times]


@pytest.mark.parametrize(("zone", "hour"), [("+0200", 0), ("+0100", 1)])
def test_the_zone_of_a_received_time_is_no_part_that_is_left_out(zone, hour):
    """In the hour that occurs twice, the zone of the record tells in which pass its line was logged."""
    dater = LineDater(ZoneInfo("Europe/Berlin"))
    for other in ("+0200", "+0100", zone):
        found = dater.date("2510-023000-000", f"2026-10-25T02:30:00.5{other}", NOON)
    assert found == at(2026, 10, 25, hour, 30)


@pytest.mark.parametrize(
    ("stamp", "form", "fine"),
    [
        ("2211-101500-123", "", True),
        ("2026-11-22T10:15:00.5Z", "", True),
        ("20261122T101500,123", "", True),
        ("1795342500123", "", True),
        ("1795342500.25", "", True),
        ("1795342500123456789", "", True),
        ("2026-11-22 10:15:00", "", False),
        ("22.11.2026 10:15:00", "", False),
        ("20261122101500", "", False),
        ("1795342500", "", False),
        ("22/Nov/2026:10:15:00.1", "%d/%b/%Y:%H:%M:%S.%f", True),
        ("22.11.2026 10:15:00", "%d.%m.%Y %H:%M:%S", False),
    ],
)
def test_a_stamp_is_fine_if_it_tells_less_than_a_second(stamp, form, fine):
    """Dots between days, months and years are no fractions, nor are digits alone unless they count milliseconds."""
    assert is_fine(stamp, form) is fine
