"""One entry of the catalogue: what a code of one provider means, with the closed lists its fields choose from."""

from collections.abc import Iterable
from functools import cached_property
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

from logwatch.errors import Problem
from logwatch.model import COMPANIES, PROVIDERS
from logwatch.tables import Table

MESIBO_ABOVE = 900
"""Codes above it are mesibo's own: "If mesibo rejected the push, the error code will be greater than 900" (Step 6)."""

Provider = Literal["mesibo", "fcm", "apns", "any"]
"""Who answered; an entry of ``any`` says what the bare number supports when that is not known."""

Class = Literal[
    "delivered",
    "credential",
    "configuration",
    "token",
    "payload",
    "rate_limited",
    "provider_fault",
    "network",
    "rejected",
    "unknown",
]
"""What kind of outcome it is; ``rejected`` is mesibo's own refusal with a code nobody has documented."""

CHURN: tuple[Class, ...] = ("token", "rate_limited")
"""Left out of both sides of the accepted share: users leave, limits are mostly harmless, and both have alerts."""

Severity = Literal["none", "warning", "critical"]
"""critical: every push of an app or platform is likely to fail until someone acts; warning: one message or user."""
SEVERITIES: tuple[Severity, ...] = get_args(Severity)  # the worst last

Side = Literal["operator", "app", "mesibo", "provider", "device"]
"""Where the fault lies and who has to act. ``operator`` (credentials, console, host) and ``app`` (the app and the
backend behind it) are both the operator's own; ``provider`` is Google or Apple, whichever answered."""

_WORDS = PROVIDERS | {"gcm": "GCM", "http": "HTTP", "id": "ID"}
_WHOSE = {"operator": "yours", "app": "yours, in the app", "mesibo": "mesibo", "device": "the device"}


Code = Annotated[int, Meta(ge=-999_999, le=999_999, description="a number of at most six digits, as a log line has it")]
Reason = Annotated[
    str,
    Meta(
        pattern=r"^([A-Za-z][A-Za-z0-9_]{0,63})?\Z",
        description="a word of letters, digits and _, as FCM or APNs writes it",
    ),
]
SnakeCase = Annotated[
    str, Meta(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*\Z", description="snake_case: a-z, 0-9, single _")
]
Sentences = Annotated[str, Meta(pattern=r"\S", description="one or two sentences")]
Step = Annotated[int, Meta(ge=1, le=9, description="numbers of mesibo's steps, 1 to 9")]


class Entry(Table, frozen=True, kw_only=True, dict=True):
    """What one code means; ``code`` as logged, ``reason`` in the provider's spelling or empty."""

    provider: Provider
    code: Code
    reason: Reason = ""
    name: SnakeCase  # unique
    class_: Class = msgspec.field(name="class")
    severity: Severity
    side: Side
    retryable: bool = False  # the same request may succeed later without anybody's action
    token_dead: bool = False  # the provider itself says that this token will not work again
    steps: tuple[Step, ...] = ()  # of mesibo's troubleshooting page, the most useful first
    meaning: Sentences
    remedy: Sentences
    source: tuple[str, ...] = ()  # URLs, or in words that nobody states it

    def __str__(self) -> str:
        """Name it by what it is looked up with: ``fcm 404 UNREGISTERED``."""
        return f"{self.provider} {self.code} {self.reason}".rstrip()

    def contradictions(self, where: str) -> list[Problem]:
        """Refuse an entry that could never match."""
        problems = []
        known = self.provider in get_args(Provider)  # else that is reported
        if known and (self.code > MESIBO_ABOVE) != (self.provider == "mesibo"):
            why = "codes above 900 are mesibo's own, all others are the provider's"
            what = f"{self.code} is not from {self.provider}"
            problems.append(Problem(f"{where}.code", what, why, "correct provider or code"))
        if self.provider == "any" and self.reason:
            why = "'any' is the meaning of a bare number; a reason tells the provider"
            what = "does not go with provider 'any'"
            problems.append(Problem(f"{where}.reason", what, why, "write provider = 'fcm' or 'apns'"))
        return problems

    @cached_property
    def title(self) -> str:
        """The name as people read it, without the provider: ``Certificate expired``."""
        words = self.name.removeprefix(f"{self.provider}_").split("_")
        text = " ".join(_WORDS.get(word, word) for word in words)
        return text[:1].upper() + text[1:]

    def whose(self, platform: str = "") -> str:
        """Name the side as an operator would: yours, mesibo, Google, Apple, the device.

        ``platform`` tells whose push it was where the entry itself does not (provider ``any``).
        """
        if self.side == "provider":
            provider = self.provider if self.provider in COMPANIES else platform
            return COMPANIES.get(provider, "Google or Apple")
        return _WHOSE[self.side]


def either(sides: Iterable[str]) -> str:
    """Join sides as ``Entry.whose`` names them, each once, and "yours, in the app" not beside "yours"."""
    named = dict.fromkeys(side for each in sides for side in each.split(" or "))
    return " or ".join(side for side in named if side.partition(",")[0] not in named.keys() - {side})


STEPS = {
    1: "Verify Firebase and Apple push credentials",
    2: "Check the push token",
    3: "Use background push and not alert",
    4: "Check whether Firebase tokens are used for iOS",
    5: "General and iOS troubleshooting",
    6: "Receive push results by webhook",
    7: "Enable push debugging",
    8: "Send test pushes with the API, enable push logs",
    9: "Accepted by FCM or APNs, but not seen on the device",
}
"""The steps of mesibo's troubleshooting page, https://docs.mesibo.com/api/push-notifications/troubleshooting."""

COMMANDS = {
    1: "mesibo-logwatch credentials check FILE",
    2: "mesibo-logwatch push direct",
    7: "mesibo-logwatch push debug on",
    8: "mesibo-logwatch push test USER",
}
"""The commands that do a step, or a part of it."""
