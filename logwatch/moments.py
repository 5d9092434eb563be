"""Turn a time as people write it, on a command line or in a form, into seconds since the epoch, and back."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from math import isfinite

YEAR_DIRECTIVES = ("%Y", "%y", "%G", "%c", "%x")
"""The directives of strptime(3) that give a stamp its year."""

# as journalctl reads them too
_AGO = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw]|hr|(?:sec|min|second|minute|hour|day|week)s?)(?:\s+ago)?")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DAYS = {"today": 0, "yesterday": 1}  # how many days ago each began
_CLOCK = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?", re.ASCII)
_UTC = re.compile(r"(?<=\d)(?<![+-]\d\d:\d\d)(?:Z| ?UTC)\Z")
_REMEMBERED = 4096  # seconds that are cached: most results of a log are of few
_FIRST, _LAST = -62135596800, 253402300799  # of the years 1 to 9999, all that datetime knows

ZONES_DIFFER = 1800.0
"""Seconds: the offsets of time zones differ by multiples of it, or nearly so; those behind UTC by nothing else."""
EXAMPLES = "2h, 3d, 22:00, yesterday, 2026-11-22 or 2026-11-22T10:15:00Z"


def moment(text: str, now: Callable[[], float]) -> float:
    """Parse a date, a time, ``now``, ``today``, ``yesterday`` or how long ago (``90s``, ``2h``, ``3d``, ``1w``).

    A time without an offset is UTC, as mesibo's own stamps are; one without a date is the last such time before now.
    Raise ValueError for any other text.
    """
    text = _UTC.sub("", text.strip())
    if text == "now":
        return now()
    if found := _AGO.fullmatch(text):
        ago = float(found[1]) * _SECONDS[found[2][0]]
        if not isfinite(ago):
            raise ValueError("before all time")
        return now() - ago
    present = datetime.fromtimestamp(now(), UTC)
    if text in _DAYS:
        return datetime.combine(present.date() - timedelta(days=_DAYS[text]), time(), UTC).timestamp()
    if _CLOCK.fullmatch(text):
        clock = time.fromisoformat(text.zfill(5 if text.count(":") == 1 else 8))
        at = datetime.combine(present.date(), clock, UTC)
        return (at if at <= present else at - timedelta(days=1)).timestamp()
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def is_zone(seconds: float, close: float) -> bool:
    """Return whether two clocks are ``seconds`` apart because of their zones: by half hours, give or take ``close``."""
    return abs(seconds) > ZONES_DIFFER / 2 and abs(seconds - round(seconds / ZONES_DIFFER) * ZONES_DIFFER) <= close


def utc(at: float) -> datetime:
    """Return a moment as UTC; one out of datetime's range, as a ledger may contain, becomes the nearest within."""
    return datetime.fromtimestamp(min(max(at, _FIRST), _LAST), UTC)


def iso(at: float | None) -> str | None:
    """Write seconds since the epoch as ``2026-11-22T10:15:00.123Z``; mesibo's stamps have milliseconds."""
    if at is None:
        return None
    seconds, milliseconds = divmod(round(at * 1000), 1000)
    return f"{_second(seconds)}.{milliseconds:03d}Z"


@lru_cache(maxsize=_REMEMBERED)
def _second(seconds: int) -> str:
    return utc(seconds).isoformat().removesuffix("+00:00")
