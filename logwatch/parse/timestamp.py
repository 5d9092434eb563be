"""Turn mesibo's time stamp, which has no year, into seconds since the epoch: a pure function of what it is given."""

import re
from datetime import UTC, datetime, timedelta, tzinfo

_STAMP = re.compile(r"([0-9]{2})([0-9]{2})-([0-9]{2})([0-9]{2})([0-9]{2})-([0-9]{3})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_SECONDS = re.compile(r"[0-5][0-9]-[0-9]{3}")
_HOUR = 3600
_SAFE = 20 * _HOUR
_REMEMBERED = 4096


def seconds_of(stamp: str, reference: float, timezone: tzinfo) -> float | None:
    """Return the latest time of this DDMM-HHMMSS-mmm that is at most a day after ``reference``; None without one.

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


class TimestampParser:
    """Dates stamps of one zone as ``seconds_of`` does, and remembers the minutes that it has dated."""

    def __init__(self, timezone: tzinfo) -> None:
        self._timezone = timezone
        self._minutes: dict[tuple[str, int], float] = {}

    def seconds(self, stamp: str, reference: float) -> float | None:
        """Return what ``seconds_of`` does: most lines of a chunk stand in a few minutes, each worked out once."""
        minute = stamp[:9], int(reference) // _HOUR
        start = self._minutes.get(minute)
        if start is not None and _SECONDS.fullmatch(stamp, 9):
            return start + (int(stamp[9:11]) * 1000 + int(stamp[12:])) / 1000
        at = seconds_of(stamp, reference, self._timezone)
        # Another reference within the hour gives the same year, unless the stamp is near the limit or about a year old
        if at is not None and abs(at - reference) < _SAFE:
            if len(self._minutes) >= _REMEMBERED:
                self._minutes.clear()
            self._minutes[minute] = at - (int(stamp[9:11]) * 1000 + int(stamp[12:])) / 1000
        return at
