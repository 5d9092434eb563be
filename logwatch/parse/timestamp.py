"""Turn time stamps as they are written into seconds since the epoch: pure functions of their arguments.

A stamp may be mesibo's DDMM-HHMMSS-mmm, ISO 8601, seconds (milli-, micro-, nanoseconds) since the epoch, RFC 3164's, or
in a strptime(3) format that a grammar names. Without a zone it is in the source's, and in an hour that occurs twice
(clocks are put back) it is in the pass nearer to the reference. Without a year it is the latest such time whose minute
begins at most a day ahead. A date that does not exist is no time: a wrong time is worse than none.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

from logwatch.envelope import Received
from logwatch.moments import YEAR_DIRECTIVES

DAY_SECONDS = 86400.0
"""How far a stamp may be ahead before it belongs to last year, or before its clock or zone is said to be wrong."""

_MESIBO = re.compile(r"([0-9]{2})([0-9]{2})-([0-9]{2})([0-9]{2})([0-9]{2})-([0-9]{3})")
_ISO = re.compile(
    r"([0-9]{4})([-/]?)([0-9]{2})\2([0-9]{2})[T _]([0-9]{2}(:?)[0-9]{2}\6[0-9]{2}(?:[.,][0-9]{1,9})?)"
    r"(?: ?([+-][0-9]{2}(?::?[0-9]{2})?|Z|[A-Z]{2,5}))?"
)
_FINE = re.compile(rf"{_MESIBO.pattern}|.*(?:[0-9]{{6}}|:[0-9]{{2}})[.,][0-9]+.*|[0-9]{{12,13}}(?:[0-9]{{3}}){{0,2}}")
_EPOCH = re.compile(r"([0-9]{9,10})(?:\.([0-9]{1,9}))?|([0-9]{12,13}(?:[0-9]{3}){0,2})")
_RFC3164 = re.compile(r"([A-Z][a-z]{2}) {1,2}([0-9]{1,2}) ([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?")
_MONTHS = {name: i for i, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}  # noqa: SIM905
_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
_END = 253402300800.0  # of the year 9999 in UTC; a time in another zone may be later
_SECONDS = {f"{n:02}-": n for n in range(60)}  # as mesibo writes them, with the hyphen behind: takes half the time
_MILLIS = {f"{n:03}": n for n in range(1000)}
_TOGETHER_SECONDS = 600.0  # times within such a span date stamps alike, so that each minute is worked out once


def seconds_of(stamp: str, reference: float, zone: tzinfo, form: str = "") -> float | None:  # noqa: PLR0911  one a format
    """Return the time of a stamp; None if it has none.

    ``reference`` (seconds since the epoch) is roughly when the line was written or received: it supplies the year if
    the stamp has none. ``form`` is the stamp's strptime(3) format, unless it is one of the usual ones.
    """
    with suppress(ValueError, OverflowError):
        if form:
            return _formatted(re.sub("(?<=[.,][0-9]{6})[0-9]+", "", stamp), reference, zone, form)  # %f reads six
        if stamp[10:17:3] == "T::":  # the most usual form of ISO 8601: takes a tenth of the time
            with suppress(ValueError):  # the name of a zone follows
                return _in_zone(datetime.fromisoformat(stamp), reference, zone)
        if found := _MESIBO.fullmatch(stamp):
            day, month, hour, minute, second, milli = map(int, found.groups())
            return _without_year((month, day, hour, minute, second, milli * 1000), reference, zone)
        if found := _RFC3164.fullmatch(stamp):
            name, *fields, fraction = found.groups()
            day, hour, minute, second = map(int, fields)
            micro = int(_fraction(fraction) * 1e6)
            return _without_year((_MONTHS.get(name, 0), day, hour, minute, second, micro), reference, zone)
        if found := _ISO.fullmatch(stamp):
            years, _, months, days, clock, _, where = found.groups()
            if where is not None and where.isalpha():
                where = "Z" if where in ("Z", "UTC", "GMT") else None  # names of other zones are not unique
            return _in_zone(datetime.fromisoformat(f"{years}-{months}-{days}T{clock}{where or ''}"), reference, zone)
        if found := _EPOCH.fullmatch(stamp):
            whole, fraction, finer = found.groups()
            return int(whole) + _fraction(fraction) if whole else int(finer) / 1000 ** (len(finer) // 3 - 3)
    return None


def is_fine(stamp: str, form: str = "") -> bool:
    """Return whether a stamp, or its strptime(3) format, tells a time finer than a second."""
    return stamp != "" and ("%f" in form if form else _FINE.fullmatch(stamp) is not None)


def since_epoch(at: datetime) -> float | None:
    """Return an aware time as seconds since the epoch; None before the epoch, and after the year 9999."""
    seconds = at.timestamp()
    return seconds if 0 <= seconds < _END else None


def _in_zone(at: datetime, reference: float, zone: tzinfo) -> float | None:
    return since_epoch(at if at.tzinfo else _in_nearer_pass(at.replace(tzinfo=zone), reference))


def _in_nearer_pass(at: datetime, reference: float) -> datetime:
    """Return a time of an hour that occurs twice in the pass nearer to the reference; in the first if neither is near.

    All of a minute is in one pass, since ``LineDater`` works out each minute only once.
    """
    if at.tzinfo is UTC:
        return at
    minute = at.replace(second=0, microsecond=0)
    first, second = minute.timestamp(), minute.replace(fold=1).timestamp()
    # second < first where clocks are put forward: no clock shows such a time
    return at.replace(fold=1) if first - second < 2 * (reference - second) < second - first else at


def _without_year(fields: tuple[int, int, int, int, int, int], reference: float, zone: tzinfo) -> float | None:
    """Date a stamp given as month, day, hour, minute, second and microsecond."""

    def at(year: int) -> datetime:
        return _in_nearer_pass(datetime(year, *fields, tzinfo=zone), reference)

    return _latest(reference, zone, at, leap_day=fields[:2] == (2, 29))


def _fraction(digits: str | None) -> float:
    return float(f"0.{digits}") if digits else 0.0


def _formatted(stamp: str, reference: float, zone: tzinfo, form: str) -> float | None:
    def at(year: int) -> datetime:
        read = datetime.strptime(f"{year} {stamp}", f"%Y {form}")  # noqa: DTZ007  a zone is put on below
        return read if read.tzinfo else _in_nearer_pass(read.replace(tzinfo=zone), reference)

    if not any(directive in form for directive in YEAR_DIRECTIVES):
        return _latest(reference, zone, at, leap_day=True)
    return _in_zone(datetime.strptime(stamp, form), reference, zone)  # noqa: DTZ007  see above


def _latest(reference: float, zone: tzinfo, at: Callable[[int], datetime], *, leap_day: bool) -> float | None:
    """Return the latest time in the reference's year or the one before whose minute is at most a day ahead, or None."""
    latest = _BEGIN + timedelta(seconds=reference + DAY_SECONDS)
    there = latest.astimezone(zone)
    for year in (there.year, there.year - 1):
        try:
            moment = at(year)
        except ValueError:
            # 29 February of last year, or a date that does not exist; one of this year would have been in March
            if not leap_day or (there.month, there.day) >= (3, 1):
                return None
            continue
        if moment.replace(second=0, microsecond=0) <= latest:
            return moment.timestamp()
    return None


class LineDater:
    """Dates lines by their stamps, of one zone and format, and stamps by when lines were received."""

    def __init__(self, zone: tzinfo, form: str = "") -> None:
        self._zone = zone
        self._form = form
        self._minute = lru_cache(4096)(lambda minute, near: seconds_of(f"{minute}00-000", near, zone))
        self._received = lru_cache(64)(lambda text, near: seconds_of(text, near, zone))

    def seconds(self, stamp: str, reference: float) -> float | None:
        """Return what ``seconds_of`` does, working out each minute once: most lines of a chunk share a few."""
        second, milli = _SECONDS.get(stamp[9:12]), _MILLIS.get(stamp[12:])
        if self._form or second is None or milli is None:
            return seconds_of(stamp, reference, self._zone, self._form)
        start = self._minute(stamp[:9], reference)
        return None if start is None else start + (second * 1000 + milli) / 1000

    def date(self, stamp: str, received: Received, reference: float) -> float | None:
        """Date a stamp by when its line was received, to within ten minutes; without a stamp return that."""
        if not received:
            return self.seconds(stamp, reference)
        text = received.decode("latin-1") if isinstance(received, bytes) else received
        if isinstance(text, str):  # its minute is enough here, and many lines share that
            minute = f"{text[:16]}:00{text[19:].lstrip('.,0123456789')}" if text[16:17] == ":" else text
            near = self._received(minute, reference)
        else:
            near = since_epoch(text)
        own = self.seconds(stamp, reference if near is None else near - near % _TOGETHER_SECONDS)
        if own is None and isinstance(text, str):
            return self._received(text, reference)
        return near if own is None else own
