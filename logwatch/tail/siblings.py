"""Knows the names that rotation gives to files: logrotate's, Docker's, loggers', and which of them came first."""

import re
from dataclasses import dataclass

_DATE = (
    r"\d{4}[-_.]?\d{2}[-_.]?\d{2}(?:[-_.T]?\d{2}(?:[-_:.]?\d{2}(?:[-_:.]?\d{2})?)?)?"  # 20261122, 2026-11-22T10:15
    r"|\d{6}-\d{6}-\d{3}"  # mesibo's own way to set a log aside at a restart
    r"|\d{9,11}"  # seconds since the epoch
)
_AFTER = rf"(?:\.(?P<number>\d{{1,4}})|[-_.](?P<date>{_DATE})(?:\.\d{{1,4}})?|\.(?P<word>old|bak|prev|save))"
_INSIDE = rf"(?:\.(?P<number>\d{{1,4}})|[-_.](?P<date>{_DATE}))"
_PACKED = r"(?P<packed>\.gz)?"

_SUFFIX = re.compile(_AFTER + _PACKED)
_INFIX = re.compile(_INSIDE)
_NAME_WITH_SUFFIX = re.compile(rf"(?P<base>.+?)(?:{_AFTER}{_PACKED}|\.gz)", re.DOTALL)
_NAME_WITH_INFIX = re.compile(rf"(?P<stem>.+?){_INSIDE}(?P<extension>\.[A-Za-z]\w*?){_PACKED}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotated name says: its number (1 is the newest) or its date, or neither, and whether it is compressed."""

    number: int | None
    date: str
    packed: bool


def _rotated(match: re.Match[str], *, packed: bool) -> Rotated:
    number = match["number"]
    date = re.sub(r"\D", "", match["date"] or "")
    return Rotated(int(number) if number else None, date, packed)


def rotated_name(base: str, name: str) -> Rotated | None:
    """Say what name tells as a rotated name of base, both without directories; None when it is none.

    ``mesibo.log`` is rotated to ``mesibo.log.1``, ``mesibo.log.1.gz``, ``mesibo.log-20261122``, ``mesibo.1.log``,
    ``mesibo-20261122.log.gz``, ``mesibo.log.gz``, ``mesibo.log.old``.
    """
    if name.startswith(base) and len(name) > len(base):
        if name == base + ".gz":
            return Rotated(None, "", packed=True)
        match = _SUFFIX.fullmatch(name, len(base))
        return _rotated(match, packed=bool(match["packed"])) if match else None
    stem, dot, extension = base.rpartition(".")
    if not stem or not dot or not name.startswith(stem):
        return None
    packed = name.endswith(".gz")
    plain = name.removesuffix(".gz")
    if not plain.endswith(dot + extension):
        return None
    match = _INFIX.fullmatch(plain, len(stem), len(plain) - len(extension) - 1)
    return _rotated(match, packed=packed) if match else None


def bases(name: str) -> tuple[str | None, str | None]:
    """Return the names that name may be a rotated one of: by its end (sure), and by its middle (a mere possibility)."""
    by_end = _NAME_WITH_SUFFIX.fullmatch(name)
    by_middle = _NAME_WITH_INFIX.fullmatch(name)
    return (
        by_end["base"] if by_end else None,
        by_middle["stem"] + by_middle["extension"] if by_middle else None,
    )


def age_key(rotated: Rotated, modified: int) -> tuple[int, int, str, int]:
    """Return what sorts rotated files oldest first: higher numbers, earlier dates, else the time of the last write.

    Within one directory one scheme rules; where schemes were changed, dated files come before numbered ones.
    """
    if rotated.number is not None:
        return (1, -rotated.number, "", modified)
    if rotated.date:
        return (0, 0, rotated.date, modified)
    return (2, 0, "", modified)
