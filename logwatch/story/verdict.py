"""Sum up the pushes of one user: how those of each platform fared, and what to do about it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from logwatch.catalogue.entries import SEVERITIES, Severity
from logwatch.model import SYSTEMS
from logwatch.story.pushes import UserPush
from logwatch.words import Moments, marked_moment, number, stamp, unmarked

_MOST_DEVICES = 5  # of one platform that are distinguished
_BEYOND = {
    "fcm": "Exempt the app from battery optimisation, check that it was not force-stopped, and try another network.",
    "apns": "Turn Low Power Mode off and Background App Refresh on; Apple may delay or drop silent pushes.",
    "unknown": "Look at the app's battery and background settings on the device, and try another network.",
}
_ABSENT = (
    "mesibo pushes only to users who are offline with their app suspended, and names them in the log as their app"
    " registered: look the address up in the mesibo console, then send a test push (Step 8)."
)


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What the pushes of one platform, or of one of its devices, say together."""

    platform: str
    what: str  # a sentence
    remedy: str
    severity: Severity
    steps: tuple[int, ...] = ()
    side: str = ""
    token: str = ""  # the device's, masked; empty if there is only one device, or the log has no token
    moments: Moments = field(default=(), init=False)  # in the sentence

    def __post_init__(self) -> None:
        """Strip the marks of moments from the sentence, and keep the moments."""
        (what,), moments = unmarked((self.what,))
        object.__setattr__(self, "what", what)
        object.__setattr__(self, "moments", moments)

    def as_dict(self) -> dict[str, Any]:
        """Return it as values for JSON."""
        return {
            "platform": self.platform,
            "what": self.what,
            "token": self.token,
            "remedy": self.remedy,
            "severity": self.severity,
            "steps": list(self.steps),
            "side": self.side,
        }


def conclude(pushes: Sequence[UserPush], now: float, *, accepted_known: bool) -> list[Conclusion]:
    """Return what pushes in the order of time say, one conclusion per platform, the worst first; never empty.

    Devices of one platform are judged separately if pushes name several tokens. Unless ``accepted_known``, the pushes
    are only the failures that a daemon keeps, and nothing follows from missing ones.
    """
    if not pushes:
        what = "No push to this user was found." if accepted_known else "No failed push to this user is kept."
        return [Conclusion("", what, _ABSENT, "none", (8, 5))]
    conclusions: list[Conclusion] = []
    for platform in dict.fromkeys(push.platform for push in pushes):
        mine = [push for push in pushes if push.platform == platform]
        conclusions += [_of_device(each, platform, now, mine, accepted_known=accepted_known) for each in _devices(mine)]
    return sorted(conclusions, key=lambda each: -SEVERITIES.index(each.severity))


@dataclass(frozen=True, slots=True)
class _Device:
    name: str  # what distinguishes it from others of its platform; empty if there are no others
    token: str
    pushes: Sequence[UserPush]


def _devices(pushes: Sequence[UserPush]) -> list[_Device]:
    """Return the devices of one platform, one per token; of many, those with the oldest pushes are taken as one."""
    tokens = Counter(push.token for push in pushes)
    if len(tokens) < 2:  # noqa: PLR2004  nothing to tell apart
        return [_Device("", "", pushes)]
    newest = list(dict.fromkeys(push.token for push in reversed(pushes)))
    ends = Counter(_end(token) for token in newest)
    devices = [
        _Device(
            "without a token in the log" if not each else f"…{_end(each) if ends[_end(each)] == 1 else each}",
            each,
            [push for push in pushes if push.token == each],
        )
        for each in newest[:_MOST_DEVICES]
    ]
    if rest := set(newest[_MOST_DEVICES:]):
        name = f"with {number(len(rest))} earlier tokens" if len(rest) > 1 else "with an earlier token"
        devices.append(_Device(name, "", [push for push in pushes if push.token in rest]))
    return devices


def _end(token: str) -> str:
    """Return the end of a masked token (``b991***9d86#598dbd``), which people compare; without an end, its tag."""
    shown, _, tag = token.partition("***")[2].partition("#")
    return shown or tag


def _of_device(
    device: _Device, platform: str, now: float, mine: Sequence[UserPush], *, accepted_known: bool
) -> Conclusion:
    pushes = device.pushes
    whose = f"{SYSTEMS[platform]}: " if platform in SYSTEMS else ""
    if device.name:
        whose = f"{SYSTEMS.get(platform, 'A')} device {device.name}: "
    good = [push for push in pushes if push.accepted]
    bad = [push for push in pushes if not push.accepted]
    if not bad:
        what = f"{whose}{number(len(good))} accepted, none failed: the cause lies beyond mesibo, see Step 9."
        return Conclusion(platform, what, _BEYOND[platform], "none", (9,), "the device, Google or Apple", device.token)
    last = bad[-1]
    entry = last.entry
    failed = f"{number(len(bad))} failed, the last one{_at(last, now)} with {last.code} {entry.title}"
    since = pushes[::-1].index(last)  # accepted after it
    if not accepted_known:
        what = f"{whose}{failed}; accepted pushes are only in the log."
    elif since:
        what = f"{whose}{failed}; {number(since)} accepted since then: that is over."
        remedy = f"If pushes are still missed: {_lower(_BEYOND[platform])}"
        return Conclusion(platform, what, remedy, "none", (9,), token=device.token)
    elif entry.class_ == "rate_limited" and good:
        what = f"{whose}{failed}; {number(len(good))} accepted: the others were held back."
    elif good:
        run = len(pushes) - 1 - max(i for i, push in enumerate(pushes) if push.accepted)
        lately = f"none of the last {number(run)}" if run > 1 else "but not the last one"
        what = f"{whose}{failed}; {number(len(good))} accepted{_at(good[-1], now, 'until')}, {lately}."
    else:
        what = f"{whose}{failed}; none accepted."
    severity = entry.severity
    if entry.token_dead:
        replaced = _accepted_later(last, mine)
        then = (
            f"the app has registered again, {number(replaced)} accepted with another token since then"
            if replaced
            else "no push arrives until the app registers again"
        )
        what = f"{what.removesuffix('.')}: the token is dead, {then}."
        severity = "none" if replaced else severity
    return Conclusion(platform, what, entry.remedy, severity, entry.steps, entry.whose(platform), device.token)


def _accepted_later(last: UserPush, pushes: Sequence[UserPush]) -> int:
    """Count what was accepted after a push."""
    if last.at is None:
        return 0
    return sum(push.accepted and push.at is not None and push.at > last.at for push in pushes)


def _at(push: UserPush, now: float, word: str = "at") -> str:
    return f" {word} {marked_moment(push.at, f'{stamp(push.at, now)} UTC')}" if push.at is not None else ""


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
