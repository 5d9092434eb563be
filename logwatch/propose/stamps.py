"""Find time stamps in text: where one is, the regex for others like it, and how to date them."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from logwatch.parse.timestamp import seconds_of

_LEAP_YEAR = datetime(2024, 12, 31, tzinfo=UTC).timestamp()  # in it a stamp without a year may be any day
_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_TIME = "[0-9:]{8}"
_FRACTION = r"(?:[.,][0-9]{1,9})?"
_ZONE = r"(?:[ ]?(?:Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2}))?"


@dataclass(frozen=True, slots=True)
class StampKind:
    """One way to write a time, which grammars can date by themselves or by one of ``formats`` for strptime."""

    name: str
    pattern: str  # a regex
    formats: tuple[str, ...] = ()


KINDS = (
    StampKind("DDMM-HHMMSS-mmm", "[0-9]{4}-[0-9]{6}-[0-9]{3}"),
    StampKind("ISO 8601", rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[T ]{_TIME}{_FRACTION}(?:Z|[+-][0-9]{{2}}:?[0-9]{{2}})?"),
    StampKind("ISO 8601, compact", r"[0-9]{8}T[0-9]{6}(?:\.[0-9]{1,9})?Z?"),
    StampKind("year/month/day", rf"[0-9]{{4}}/[0-9]{{2}}/[0-9]{{2}}[ T]{_TIME}{_FRACTION}{_ZONE}"),
    StampKind(
        "day/Month/year",
        rf"[0-9]{{2}}[/-]{_MONTH}[/-][0-9]{{4}}[ :]{_TIME}{_FRACTION}{_ZONE}",
        formats=("%d{d}%b{d}%Y{s}%H:%M:%S{f}{z}",),
    ),
    StampKind(
        "day Month year",
        rf"[0-9]{{1,2}} {_MONTH} [0-9]{{4}} {_TIME}{_FRACTION}{_ZONE}",
        formats=("%d %b %Y %H:%M:%S{f}{z}",),
    ),
    StampKind(
        "day.month.year",
        rf"[0-9]{{2}}[.][0-9]{{2}}[.][0-9]{{4}} {_TIME}{_FRACTION}{_ZONE}",
        formats=("%d.%m.%Y %H:%M:%S{f}{z}",),
    ),
    StampKind(
        "day and month",
        rf"[0-9]{{2}}[/-][0-9]{{2}}[/-][0-9]{{4}} {_TIME}{_FRACTION}{_ZONE}",
        formats=("%d{d}%m{d}%Y %H:%M:%S{f}{z}", "%m{d}%d{d}%Y %H:%M:%S{f}{z}"),
    ),
    StampKind(
        "ctime",
        rf"{_DAY} {_MONTH} [ 0-9][0-9] {_TIME}{_FRACTION}{_ZONE} [0-9]{{4}}",
        formats=("%a %b %d %H:%M:%S{f}{z} %Y",),
    ),
    StampKind("MMDD and time", rf"[0-9]{{4}} {_TIME}\.[0-9]{{6}}", formats=("%m%d %H:%M:%S{f}",)),
    StampKind("YYYYMMDD and time", rf"[0-9]{{8}} {_TIME}\.[0-9]{{6}}", formats=("%Y%m%d %H:%M:%S{f}",)),
    StampKind("RFC 3164", rf"{_MONTH} [ 0-9][0-9] {_TIME}"),
    StampKind("YYYYMMDD-HHMMSS", r"[0-9]{8}[-_][0-9]{6}(?:[.,-][0-9]{3,6})?", formats=("%Y%m%d{d}%H%M%S{f}",)),
    StampKind("YYMMDD-HHMMSS", r"[0-9]{6}-[0-9]{6}(?:[.-][0-9]{3,6})?", formats=("%y%m%d-%H%M%S{f}",)),
    StampKind("milli-, micro- or nanoseconds since 1970", "1[4-9][0-9]{11}(?:[0-9]{3}){0,2}"),
    StampKind("seconds since 1970", r"1[4-9][0-9]{8}(?:\.[0-9]{1,9})?"),
)
_ANY = re.compile(
    "|".join(
        ("(?<![0-9])" if kind.name.startswith(("DDMM", "MMDD", "YYYYMMDD and")) else r"(?<![0-9A-Za-z.-])")
        + f"(?P<k{i}>{kind.pattern})"
        + r"(?![0-9A-Za-z])"
        for i, kind in enumerate(KINDS)
    )
)


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time stamp in a text."""

    start: int
    end: int
    kind: StampKind


def find(text: str) -> Stamp | None:
    """Return the first stamp of ``text``; None if there is none."""
    found = _ANY.search(text)
    if found is None:
        return None
    assert found.lastgroup is not None
    return Stamp(found.start(), found.end(), KINDS[int(found.lastgroup[1:])])


def matches(kind: StampKind, text: str) -> bool:
    """Return whether ``text`` is one stamp of this kind."""
    return re.fullmatch(kind.pattern, text) is not None


def strptime_format(kind: StampKind, stamps: list[str]) -> str:
    """Return the format for a grammar's TIMESTAMP that dates most of ``stamps``; empty if none is needed."""
    if not kind.formats:
        return ""
    ways = [re.sub(r"\w", "0", stamp) for stamp in stamps]
    first = stamps[ways.index(Counter(ways).most_common(1)[0][0])]  # one that is written as most are
    divider = next((char for char in first if char in "/-_."), "/")
    in_colons = re.search(r":[0-9]{2}([.,])[0-9]", first)
    seconds = in_colons if ":" in first else re.search(r"[0-9]{2}([.,-])[0-9]{3}", first[len(first) // 2 :])
    zoned = re.search(r"( ?)(Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2})(?: [0-9]{4})?$", first)
    blank = next((char for char in first[6:] if char in "T :"), " ")
    fraction = seconds[1] + "%f" if seconds else ""
    zone = (zoned[1] + ("%Z" if zoned[2] in ("UTC", "GMT") else "%z")) if zoned else ""
    forms = [shape.format(d=divider, s=blank, f=fraction, z=zone) for shape in kind.formats]
    return max(forms, key=lambda form: sum(dates(stamp, form) for stamp in stamps))


def dates(stamp: str, form: str) -> bool:
    """Return whether a format dates a stamp."""
    return seconds_of(stamp, _LEAP_YEAR, UTC, form) is not None
