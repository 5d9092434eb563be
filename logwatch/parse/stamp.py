"""Turns mesibo's time stamp, which has no year, into seconds since the epoch: a pure function of what it is given."""

import re
from datetime import UTC, datetime, timedelta, tzinfo

_STAMP = re.compile(r"([0-9]{2})([0-9]{2})-([0-9]{2})([0-9]{2})([0-9]{2})-([0-9]{3})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)


def moment(stamp: str, reference: float, timezone: tzinfo) -> float | None:
    """Give the latest time with this DDMM-HHMMSS-mmm that is at most a day after ``reference``; None if there is none.

    Day first, as in real logs (``E3108``). 29 February of a year that has none, and other dates that do not exist,
    give None: a wrong time is worse than no time.
    """
    if not (found := _STAMP.fullmatch(stamp)):
        return None
    day, month, hour, minute, second, milli = map(int, found.groups())
    latest = _EPOCH + timedelta(seconds=reference) + _DAY
    this_year = latest.astimezone(timezone).year
    for year in (this_year, this_year - 1):
        try:
            at = datetime(year, month, day, hour, minute, second, milli * 1000, tzinfo=timezone)
        except ValueError:
            if (day, month) != (29, 2) or latest.astimezone(timezone).replace(tzinfo=None) >= datetime(year, 3, 1):  # noqa: DTZ001
                return None
            continue
        if at <= latest:
            return at.timestamp()
    return None
