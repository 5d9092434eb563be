"""What becomes of pushes: which results occur on an ordinary day, and how often."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from logwatch.catalogue import Catalogue, platform_named
from logwatch.catalogue.entries import MESIBO_ABOVE
from logwatch.model import Platform


class Outcome(NamedTuple):
    """One result of a push, before it is put in words."""

    platform: Platform
    code: int
    reason: str = ""


DELIVERED: dict[Outcome, float] = {Outcome("fcm", 200): 64, Outcome("apns", 200): 36}

# No figures of a real mesibo are published. Weights are guesses at an ordinary day: dead tokens first, then limits,
# then passing faults; nothing that stops every push of a platform, which is an incident and comes as an outage.
FAILED: dict[Outcome, float] = {
    Outcome("fcm", 404, "UNREGISTERED"): 26,
    Outcome("apns", 410, "Unregistered"): 16,
    Outcome("fcm", 914): 12,
    Outcome("apns", 914): 7,
    Outcome("apns", 400, "BadDeviceToken"): 8,
    Outcome("fcm", 911): 5,
    Outcome("apns", 911): 4,
    Outcome("fcm", 429, "QUOTA_EXCEEDED"): 4,
    Outcome("apns", 429, "TooManyRequests"): 3,
    Outcome("fcm", 503, "UNAVAILABLE"): 3,
    Outcome("fcm", 400, "INVALID_ARGUMENT"): 3,
    Outcome("fcm", 500, "INTERNAL"): 2,
    Outcome("apns", 503, "ServiceUnavailable"): 2,
    Outcome("apns", 913): 2,
    Outcome("apns", 413, "PayloadTooLarge"): 1,
    Outcome("unknown", 0): 1,
}


def ordinary(failures: float) -> dict[Outcome, float]:
    """Return weights for the results of an ordinary day, of which the share ``failures`` (0 to 1) is not accepted."""
    good, bad = sum(DELIVERED.values()), sum(FAILED.values())
    return {outcome: weight * (1 - failures) / good for outcome, weight in DELIVERED.items()} | {
        outcome: weight * failures / bad for outcome, weight in FAILED.items()
    }


def everything(catalogue: Catalogue) -> dict[Outcome, float]:
    """Return every result that the catalogue knows, with equal weights: no real log is like that, but tests see all."""
    return {Outcome(platform, code, reason): 1.0 for platform, code, reason, _ in catalogue.known()}


_OUTAGE = re.compile(
    r"(?:(?P<platform>fcm|apns|unknown)/)?(?P<code>-?\d{1,6})(?:/(?P<reason>\w+))?"
    r":(?P<start>-?\d+(?:\.\d+)?)(?::(?P<seconds>\d+(?:\.\d+)?))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Outage:
    """An incident: every push of a platform ends with one result, from ``begin`` to ``end``, seconds of the run."""

    outcome: Outcome
    begin: float
    end: float = float("inf")

    @classmethod
    def parse(cls, text: str, history: float = 0.0) -> "Outage":
        """Read ``[PLATFORM/]CODE[/REASON]:START[:SECONDS]``, forever without SECONDS; raises ValueError.

        Without a platform mesibo's own codes are those of Apple pushes, since most are about Apple's certificate; any
        other code is of unknown platform, as in a log that does not name it.
        START counts from the end of the ``history`` (seconds) that a run begins with: -1800 is half an hour ago.
        """
        found = _OUTAGE.fullmatch(text)
        if not found:
            raise ValueError(f"{text!r} is not an outage; try 903:-1800 or fcm/503/UNAVAILABLE:-40000:1500")
        begin = history + float(found["start"])
        return cls(_outcome(found), begin, begin + float(found["seconds"]) if found["seconds"] else float("inf"))


def _outcome(found: re.Match[str]) -> Outcome:
    code = int(found["code"])
    word = found["platform"] or ("apns" if code > MESIBO_ABOVE else "unknown")
    return Outcome(platform_named(word), code, found["reason"] or "")
