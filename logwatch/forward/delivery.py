"""Decide what a destination's answer means, and how long to wait before the next try. Pure.

Retrying follows OTLP's rules for HTTP (opentelemetry-proto, docs/specification.md, "Failures"): 429, 502, 503 and 504
are tried again, with Retry-After where it is given. A status about credentials or the address (401, 403, 404, 405) is
a fault of the configuration: it is tried again too, since the events are kept and somebody will mend it. So is a page
with status 200, with which a login in front of the destination answers any request.
"""

import email.utils
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
LONGEST_RETRY_AFTER_SECONDS = 600.0

# ExportLogsServiceResponse with a partial success: the number of rejected records, and why, each behind its key
_PROTOBUF = re.compile(
    rb"\n[\x80-\xff]?[\0-\x7f]\x08([\x80-\xff]{0,9}[\0-\x7f])(?:\x12[\x80-\xff]?[\0-\x7f](.*))?", re.DOTALL
)
_OLDEST = re.compile(rb"oldest acceptable timestamp is: ([0-9T:.Z+-]+)")
# The request itself is at fault: the same bytes will never be taken
_UNACCEPTABLE = frozenset({400, 413, 422})


@dataclass(frozen=True, slots=True)
class Delivered:
    """The destination has the events, but for ``rejected`` of them, which it will never take."""

    rejected: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class Unacceptable:
    """The destination will never take this request as it is; a smaller one of the same events may pass.

    With ``oldest`` (seconds since the epoch) only older events are at fault, and it has taken the others.
    """

    why: str
    oldest: float | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """To be sent again; ``after`` is the pause in seconds that the destination asked for."""

    why: str
    after: float | None = None


Answered = Delivered | Unacceptable | Later


class _PartialSuccess(msgspec.Struct, rename="camel"):
    rejected_log_records: Any = 0  # a 64-bit integer is a string in OTLP's JSON, and may be a number or null
    error_message: Any = ""


class _Answer(msgspec.Struct, rename="camel"):
    partial_success: _PartialSuccess | None = None


def judge(status: int, headers: Mapping[str, str], answer: bytes, now: float) -> Answered:
    """Judge an answer; ``now`` (seconds since the epoch) turns a date in Retry-After into a pause."""
    if 200 <= status < 300:  # noqa: PLR2004  HTTP's successes
        if headers.get("Content-Type", "").lower().startswith("text/html") and answer.lstrip().startswith(b"<"):
            return Later(f"HTTP {status} with an HTML page: a login page, or the wrong path?")
        return _partial(answer)
    text = f"HTTP {status} {answer[:200].decode(errors='replace').strip()}".strip()
    if 300 <= status < 400 and (location := headers.get("Location")):  # noqa: PLR2004  HTTP's redirects
        return Later(f"HTTP {status} leads to {location[:200]}, and no redirect is followed")
    if status in _UNACCEPTABLE:
        return Unacceptable(text, _oldest(answer))
    return Later(text, _retry_after(headers.get("Retry-After", ""), now))


def pause(failures: int, after: float | None, chance: float) -> float:
    """Return the seconds to wait after so many failures in a row; ``chance`` (0 to 1) spreads a fleet's retries."""
    if after is not None:
        return min(max(after, FIRST_PAUSE_SECONDS), LONGEST_RETRY_AFTER_SECONDS)
    longest = min(FIRST_PAUSE_SECONDS * 2.0 ** min(failures - 1, 16), LONGEST_PAUSE_SECONDS)
    return longest * (0.5 + chance / 2)


def _partial(answer: bytes) -> Delivered:
    """Read OTLP's partial success: the rejected records must not be sent again.

    To a request in JSON some answer in protobuf, and call it JSON.
    """
    if found := _PROTOBUF.fullmatch(answer):
        rejected = sum((byte & 0x7F) << 7 * i for i, byte in enumerate(found[1]))
        return Delivered(rejected, (found[2] or b"").decode(errors="replace"))
    try:
        partial = msgspec.json.decode(answer, type=_Answer).partial_success
        rejected = int(partial.rejected_log_records or 0) if partial else 0
    # Loki answers 204 without a body; others with what they like, nested as deep as they like
    except (msgspec.DecodeError, ValueError, TypeError, OverflowError, RecursionError):
        return Delivered()
    return Delivered(max(rejected, 0), str(partial.error_message or "") if partial else "")


def _oldest(answer: bytes) -> float | None:
    """Read the latest of the times before which Loki takes no entry, in general or of a stream that has newer ones."""
    try:
        return max(datetime.fromisoformat(text.decode()).timestamp() for text in _OLDEST.findall(answer))
    except ValueError:  # there is none, or not in this form
        return None


def _retry_after(value: str, now: float) -> float | None:
    """Read seconds or a date (RFC 9110); None if there is neither."""
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, OverflowError):  # the latter for a year or a zone of twenty digits
        return None
