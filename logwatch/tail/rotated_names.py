"""Recognise the names that rotation gives to files (logrotate's, Docker's, loggers'), and put them in order.

A name only says whether a file may be a generation of a log; its bytes decide. ``rotated_name`` knows names that only
rotation gives, so that bytes in such files that no generation has are news. A file with any other name that begins with
the log's stem may still hold a known generation.
"""

import re
from dataclasses import dataclass

from logwatch.unpack import without_suffix

# Four digits or more, one of them first: 20261122, 2026-11-22T10:15:00Z, 202611, 2026-W48, 1795890000, 20261122-10+0100
_STAMP = r"\d(?=(?:\D*\d){3})(?:[\d:+_.-]|[TZW]|UTC|GMT|[A-Z][a-z]{2})*"
_WORD = r"\.(?:old|bak|prev|save)"  # also behind a number or a date: logrotate's ``addextension``
_SUFFIX = re.compile(rf"(?:(?:\.(?P<number>\d{{1,4}})|[-_.](?P<date>{_STAMP}))(?:{_WORD}|\.(?:log|txt))?|{_WORD})")
_INFIX = re.compile(rf"(?:\.(?P<number>\d{{1,4}})|[-_.](?P<date>{_STAMP}))")
_IN_FRONT = re.compile(rf"(?P<date>{_STAMP})[-_.](?P<base>\D.*)")
_DATED = re.compile(rf"(?:^|(?<=[-_.])){_STAMP}")
_COUNTED = re.compile(r"(?<=[A-Za-z])\d{1,4}(?P<extension>\.[A-Za-z]\w*)$")
_DATE_DIGITS = 6  # of a day or a time of day; fewer may number logs that are written side by side
_SEPARATORS = "-_.~"
_DAY = r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_SUPERVISED = "current"  # what svlogd, multilog and s6-log call the log; rotated, it has a TAI64N stamp for a name
_TAI64N = re.compile(r"@(4[0-9a-f]{23})\.[su]")
_STAMP_IN_HEX = r"(?<![0-9a-z])(?=[a-f]*\d)[0-9a-f]{8,}(?![0-9a-z])"  # svlogd's, multilog's, s6-log's
_COUNTING = re.compile(rf"{_STAMP_IN_HEX}|\d+|(?<![a-z])(?:[a-z]|{_DAY}|{_MONTH})(?![a-z])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RotatedName:
    """What a rotated name says: its number (1 is the newest, unless they rise), or its date, or neither.

    ``certain``: only rotation gives the log's files such a name, so that bytes in it that no generation has are news.
    """

    number: int | None = None
    date: str = ""
    certain: bool = True


UNNAMED = RotatedName()
"""For a certain file whose name has neither number nor date, or where these do not matter."""

UNCERTAIN = RotatedName(certain=False)
"""For a file that lies beside a log, and may be any other file."""


def _rotated(match: re.Match[str]) -> RotatedName:
    number = match["number"]
    return RotatedName(int(number) if number else None, _digits(match["date"] or ""))


def _digits(date: str) -> str:
    return re.sub(r"\D", "", re.sub(r"(?<=\d{8})\.\d{1,4}$", "", date))


def stem_of(base: str) -> str:
    """Return what the names of all generations of a log begin with: its name up to the first dot within it."""
    return base[: base.find(".", 1)] if "." in base[1:] else base


def dated_in_front(name: str) -> tuple[str, str] | None:
    """Return the log of which a name is a rotated one that begins with its date, and that date; None if none does."""
    plain = without_suffix(name)
    if match := _TAI64N.fullmatch(plain):
        return _SUPERVISED, match[1]
    match = _IN_FRONT.fullmatch(plain) if plain[:1].isdigit() else None
    date = _digits(match["date"]) if match else ""
    return (match["base"], date) if match and len(date) >= _DATE_DIGITS else None


def rotated_name(base: str, name: str) -> RotatedName | None:
    """Return what ``name`` says as a rotated name of ``base``, both without directories; None if it is not one.

    ``mesibo.log`` is rotated to ``mesibo.log.1``, ``mesibo.log.1.gz``, ``mesibo.log-20261122-1795890000.xz``,
    ``mesibo.1.log``, ``mesibo-20261122.log.gz``, ``mesibo.log.gz``, ``mesibo.log.old``, ``mesibo.log-2026-W48``;
    ``mesibo.log.1.old``, ``2026-11-22-mesibo.log``, and ``current`` also to ``@4000000069b0a1c029f2de4c.s``.
    """
    plain = without_suffix(name)
    if (front := dated_in_front(name)) and front[0] == base:
        return RotatedName(date=front[1])
    if plain == base:
        return UNNAMED if name != base else None
    if plain.startswith(base):
        match = _SUFFIX.fullmatch(plain, len(base))
        return _rotated(match) if match else None
    stem, dot, extension = base.rpartition(".")
    if not stem or not plain.startswith(stem) or not plain.endswith(dot + extension):
        return None
    match = _INFIX.fullmatch(plain, len(stem), len(plain) - len(extension) - 1)
    return _rotated(match) if match else None


def shape_of(name: str, stem: str = "") -> str:
    """Return what names of one scheme share: all but numbers, stamps, letters, days, months and suffixes of archives.

    ``stem``: the log's, which stays as it is where a name has it: ``old-m1`` and ``old-m2`` belong to two logs.
    """
    parts = without_suffix(name).split(stem, 1) if stem else [without_suffix(name)]
    return "/".join(_COUNTING.sub("#", part) for part in parts)


def around_date(name: str) -> tuple[str, str] | None:
    """Return what precedes a name's date or time, and what follows it; None if it has none of six digits or more.

    A writer that names its files after the time when it begins them (cronolog, rotatelogs) then leaves the one before.
    """
    match = _DATED.search(name)
    if not match or len(re.sub(r"\D", "", match[0])) < _DATE_DIGITS:
        return None
    return name[: match.start()], name[match.end() :]


def uncounted(name: str) -> str:
    """Return ``name`` without a number between its last letter and its extension: ``m.log`` for ``m12.log``."""
    return _COUNTED.sub(r"\g<extension>", name)


def possible_bases(name: str) -> list[str]:
    """Return the names of logs, longest first, that ``name`` may be rotated from; ``rotated_name`` decides."""
    plain = without_suffix(name)
    stems = [plain[:at] for at in range(len(plain) - 1, 0, -1) if plain[at] in _SEPARATORS]
    _, dot, extension = plain.rpartition(".")
    behind = [plain[at + 1 :] for at, sign in enumerate(plain) if sign in _SEPARATORS]
    behind += [_SUPERVISED] if _TAI64N.fullmatch(plain) else []
    return sorted([plain, *stems, *(stem + dot + extension for stem in stems), *behind], key=len, reverse=True)


Age = tuple[int, int, str, int]
"""Sort key of rotated files, oldest first."""


def age_key(rotated: RotatedName, modified: int, *, rising: bool = False) -> Age:
    """Return a sort key for rotated files, oldest first: by date, or number, or else the time of the last write.

    One directory has one scheme; where it was changed, dated files come before numbered ones, and others after both.
    ``rising``: the newest file has the highest number, not the lowest.
    """
    if rotated.number is not None:
        return (1, rotated.number if rising else -rotated.number, "", modified)
    if rotated.date:
        return (0, 0, rotated.date, modified)
    return (2, 0, "", modified)
