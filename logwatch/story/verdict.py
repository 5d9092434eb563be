"""Weighs the pushes of one user together: what each platform's fared like, and what to do about it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from logwatch.catalogue.entries import Severity
from logwatch.diagnosis.words import number, stamp
from logwatch.story.pushes import UserPush

_NAMES = {"fcm": "Android", "apns": "iOS"}
_BEYOND = {
    "fcm": "Take the app out of battery optimisation, see that it was not force-stopped, and try another network.",
    "apns": "Turn Low Power Mode off and Background App Refresh on; Apple may delay or drop silent pushes.",
    "unknown": "Look at the app's battery and background settings on the device, and try another network.",
}
_ABSENT = (
    "mesibo pushes only to users who are offline with their app suspended, and names them in the log as their app"
    " registered: look the address up in the mesibo console, then send a test push (Step 8)."
)


@dataclass(frozen=True, slots=True)
class Told:
    """What the pushes of one platform say together."""

    platform: str
    what: str  # a sentence
    remedy: str
    severity: Severity
    steps: tuple[int, ...] = ()
    side: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return it for a program."""
        return {
            "platform": self.platform,
            "what": self.what,
            "remedy": self.remedy,
            "severity": self.severity,
            "steps": list(self.steps),
            "side": self.side,
        }


def tell(pushes: Sequence[UserPush], now: float, *, accepted_known: bool) -> list[Told]:
    """Return what the pushes, in the order of time, say: worst first, a platform each; never empty.

    Without ``accepted_known`` they are the failures that a daemon keeps, and nothing follows from what is not there.
    """
    if not pushes:
        what = "No push to this user was found." if accepted_known else "No failed push to this user is kept."
        return [Told("", what, _ABSENT, "none", (8, 5))]
    platforms = Counter(push.platform for push in pushes)
    told = [
        _of_platform([push for push in pushes if push.platform == platform], platform, now, accepted_known)
        for platform in platforms
    ]
    return sorted(told, key=lambda each: ("critical", "warning", "none").index(each.severity))


def _of_platform(pushes: Sequence[UserPush], platform: str, now: float, accepted_known: bool) -> Told:  # noqa: FBT001
    whose = f"{_NAMES[platform]}: " if platform in _NAMES else ""
    good = [push for push in pushes if push.accepted]
    bad = [push for push in pushes if not push.accepted]
    if not bad:
        what = f"{whose}{number(len(good))} accepted, none failed: the cause lies beyond mesibo, see Step 9."
        return Told(platform, what, _BEYOND[platform], "none", (9,), "the device, Google or Apple")
    last = bad[-1]
    entry = last.entry
    failed = f"{number(len(bad))} failed, the last one{_at(last, now)} with {last.code} {entry.title}"
    since = pushes[::-1].index(last)  # accepted after it
    if not accepted_known:
        what = f"{whose}{failed}; pushes that were accepted are in the log alone."
    elif since:
        what = f"{whose}{failed}; {number(since)} accepted since then: that is over."
        return Told(platform, what, f"If pushes are still missed: {_lower(_BEYOND[platform])}", "none", (9,))
    elif entry.class_ == "rate_limited" and good:
        what = f"{whose}{failed}; {number(len(good))} accepted: the others were held back."
    elif good:
        run = len(pushes) - 1 - max(i for i, push in enumerate(pushes) if push.accepted)
        what = f"{whose}{failed}; {number(len(good))} accepted{_at(good[-1], now, 'until')}, none of the last {run}."
    else:
        what = f"{whose}{failed}; none accepted."
    if entry.token_dead:
        what = f"{what.removesuffix('.')}: the token is dead, no push arrives until the app registers again."
    return Told(platform, what, entry.remedy, entry.severity, entry.steps, entry.whose(platform))


def _at(push: UserPush, now: float, word: str = "at") -> str:
    return f" {word} {stamp(push.at, now)} UTC" if push.at is not None else ""


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
