"""Turn the named values of a line into a push result, or into the cause why it gives none; all rules for that are here.

What pyparsing and what compiled expressions read both ends up here, so they cannot disagree about what a value means.
"""

import codecs
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import repeat
from typing import Any, NamedTuple

from logwatch.model import Cause, Platform

_CODE = re.compile(r"-?[0-9]{1,6}")
_CODES = re.compile(rb"(?:-?[0-9]{1,6}\n)*+-?[0-9]{1,6}")
_REASONS = ("reason", "fcm_error", "fcm_status", "apns_reason")
_DECIDING = ("platform", "fcm_name", *_REASONS)  # beside the code
_OF_TOKENS = frozenset({"baddevicetoken", "unregistered"})
"""Apple's reasons, in lower case, that FCM passes on in an INVALID_ARGUMENT, which otherwise is about the payload."""
PLATFORM_WORDS: Mapping[str, Platform] = {
    "fcm": "fcm",
    "gcm": "fcm",
    "firebase": "fcm",
    "android": "fcm",
    "apn": "apns",
    "apns": "apns",
    "ios": "apns",
    "voip": "apns",
}


class PushResult(NamedTuple):
    """One push result as logged; what the line does not say is empty."""

    code: int
    platform: Platform
    reason: str
    app: str = ""
    user: str = ""
    token: str = ""
    level: str = ""
    timestamp: str = ""
    thread: str = ""


class Reasons:
    """The reasons that results are counted by, in any case; all others are counted together, as none.

    So failures that each have a reason of their own cost no more than ones with the same reason.
    """

    _OTHER = b"\0"  # no reason is equal to it

    def __init__(self, words: Iterable[str]) -> None:
        self._counted_as = {word.lower(): word for word in words} | {"": ""}
        self._logged = {text.encode(): word.encode() for text, word in self._counted_as.items()}

    def counted_as(self, reason: str) -> str:
        """Return what a reason is counted as."""
        return self._counted_as.get(reason.lower(), "")

    def alike(self, logged: Sequence[bytes]) -> Sequence[bytes]:
        """Return the reasons of lines, with all that are certainly unlisted made equal, and listed ones spelt alike."""
        if b"".join(logged).isascii():
            return list(map(self._logged.get, map(bytes.lower, logged), repeat(self._OTHER)))
        return [self._logged.get(each.lower(), self._OTHER) if each.isascii() else each for each in logged]


Columns = tuple[Sequence[Any], ...]
"""A sequence for each field of a tuple, where many are read together: making as many tuples takes longer."""

NAMES = frozenset((*PushResult._fields, *_DECIDING))
"""The names that a grammar may give to values."""
REASONS = frozenset(_REASONS)
"""Of these, the names of reasons."""
COUNTED = frozenset(("code", *_DECIDING))
"""Of these, the names of what push results are counted by."""
DETAILED = NAMES - {"level", "thread"}
"""Of these, the names of what is kept of a failure in detail."""
_OTHER_FIELDS = PushResult._fields[3:]  # what is not counted by
_ODD_BYTES = "logwatch.odd_bytes"
NO_RESULT = PushResult(0, "unknown", "")
"""A placeholder."""


def _as_latin_1(error: UnicodeError) -> tuple[str, int]:
    """Decode bytes that are not UTF-8 as latin-1: one sign for all would merge users whose names differ there."""
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error(_ODD_BYTES, _as_latin_1)


def display(value: str) -> str:
    """Decode what was logged: matching sees each byte as a character, but people read UTF-8."""
    try:
        return value if value.isascii() else value.encode("latin-1").decode(errors=_ODD_BYTES)
    except UnicodeEncodeError:  # a parse action has decoded it already
        return value.encode(errors="replace").decode()


def platform_of(word: str, *, fcm: bool, apns: bool) -> Platform:
    """Return whose push it was, judging by the type word, else by the provider's answer."""
    return PLATFORM_WORDS.get(word.lower()) or ("fcm" if fcm else "apns" if apns else "unknown")


def from_values(values: Sequence[tuple[str, str]]) -> PushResult | Cause:
    """Return the result of the named values of a line that matched, or why it has none.

    All values of ``code`` count, but only the last value of every other name.
    """
    last = dict(values)
    get = last.get
    number = _number(tuple([value for name, value in values if name == "code"]))
    if isinstance(number, str):
        return number
    decided = _decide(*[get(name, "") for name in _DECIDING])
    if COUNTED.issuperset(last):
        return PushResult(number, *decided)
    return PushResult(number, *decided, *[display(get(name, "")) for name in _OTHER_FIELDS])


@lru_cache(maxsize=64)  # a hostile log has reasons of 64 KiB
def _decide(word: str, name: str, reason: str, fcm_error: str, fcm_status: str, apns: str) -> tuple[Platform, str]:
    """Return the platform and the reason that a line is counted by.

    A reason in mesibo's own words comes first, then the provider's answer.
    """
    fcm = fcm_error or fcm_status
    return platform_of(word, fcm=bool(fcm or name), apns=bool(apns)), display(reason or answered_reason(fcm, apns))


def answered_reason(fcm: str, apns: str) -> str:
    """Return the reason of an answer with FCM's errorCode (or status) and the ``reason`` in Apple's words.

    In an answer of FCM's the latter is Google's ErrorInfo, or what Apple said of an iPhone with a Firebase token. It is
    left out, unless it says that the token is at fault where FCM only says INVALID_ARGUMENT.
    """
    of_token = fcm.lower() == "invalid_argument" and apns.lower() in _OF_TOKENS
    return apns if of_token else fcm or apns


def _number(codes: Sequence[str]) -> int | Cause:
    """Return the one code that all of these are, or why there is none."""
    if not codes or not all(map(_CODE.fullmatch, codes)):
        return "no_code"
    return int(codes[0]) if len(codes) == 1 or len({*map(int, codes)}) == 1 else "ambiguous"


def from_captures(values: Iterable[tuple[str, bytes]]) -> PushResult | Cause:
    """Return the result of the named values of a line that matched, in the order of the line."""
    return from_values([(name, value.decode("latin-1")) for name, value in values])


def from_groups(names: Sequence[str], columns: Sequence[Sequence[bytes]]) -> tuple[Columns, dict[int, Cause]]:
    """Return the results of lines from what each group captured of them and, by index, why some have none.

    ``names`` are those of the groups. Of several groups of one name the last that captured something counts, but all of
    ``code``. No value contains a newline.
    """
    groups: dict[str, list[Sequence[bytes]]] = {}
    for name, column in zip(names, columns, strict=True):
        if any(column):  # most groups of a name that occurs in many places capture nothing
            groups.setdefault(name, []).append(column)

    def texts(name: str, encoding: str) -> list[str]:
        if name not in groups:
            return nothing
        last, *others = reversed(groups[name])
        for column in others:
            last = [new or old for new, old in zip(last, column, strict=True)]
        return b"\n".join(last).decode(encoding, _ODD_BYTES).split("\n")

    count = len(columns[0]) if columns else 0
    if not count:
        return (*[()] * len(PushResult._fields),), {}
    nothing = [""] * count
    decided = map(_decide, *[texts(name, "latin-1") for name in _DECIDING])
    codes = groups.get("code", [[b""] * count])
    numbers: list[int | Cause]
    if len(codes) == 1 and _CODES.fullmatch(joined := b"\n".join(codes[0])):
        numbers, without = list(map(int, joined.split())), {}
    else:
        decoded = ([code.decode("latin-1") for code in each if code] for each in zip(*codes, strict=True))
        numbers = list(map(_number, decoded))
        without = {i: each for i, each in enumerate(numbers) if isinstance(each, str)}
    return (numbers, *zip(*decided, strict=True), *[texts(name, "utf-8") for name in _OTHER_FIELDS]), without
