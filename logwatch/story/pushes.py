"""The pushes of one user: from a log, which has accepted ones, too, and from the failures that a daemon keeps."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from logwatch.catalogue import Catalogue, Entry, answered_by, number_of, platform_named
from logwatch.ledger.waiting import StoredFailure
from logwatch.model import Failure, Platform
from logwatch.moments import iso

_NOWHERE = float("-inf")  # the place, in the order of time, of a push whose time is unknown


@dataclass(frozen=True, slots=True)
class UserPush:
    """One push to the user; ``code`` is a number as text, or ``other``; the token is masked."""

    at: float | None  # seconds since the epoch
    source: str
    platform: Platform
    code: str
    reason: str  # as the catalogue spells it, else empty
    app: str
    token: str
    entry: Entry
    kept: bool = False  # known from the daemon's error log only
    heard: str = ""  # the provider's reason as a webhook reported it

    @property
    def accepted(self) -> bool:
        """Whether Google or Apple accepted it."""
        return self.entry.class_ == "delivered"

    def as_dict(self) -> dict[str, Any]:
        """Return it as values for JSON."""
        code = number_of(self.code)
        return {
            "at": iso(self.at),
            "source": self.source,
            "provider": answered_by(self.platform, code),
            "platform": self.platform,
            "code": code,
            "reason": self.reason,
            "class": self.entry.class_,
            "severity": self.entry.severity,
            "title": self.entry.title,
            "meaning": self.entry.meaning,
            "remedy": self.entry.remedy,
            "side": self.entry.whose(self.platform),
            "app": self.app,
            "token": self.token,
            "from": "error log" if self.kept else "log",
            "webhook_reason": self.heard,
        }


def logged_push(failure: Failure, catalogue: Catalogue, source: str, token: str) -> UserPush:
    """Return a push as its line reports it; ``token`` is masked already."""
    reason = catalogue.reason(failure.platform, failure.code, failure.reason)
    entry = catalogue.classify(failure.platform, failure.code, reason)
    return UserPush(failure.at, source, failure.platform, str(failure.code), reason, failure.app, token, entry)


def stored_push(failure: StoredFailure, catalogue: Catalogue) -> UserPush:
    """Return a push as the daemon stored it; a reason that a webhook added decides what it means."""
    platform = platform_named(failure.platform)
    entry = catalogue.entry(platform, failure.code, failure.reason)
    if failure.heard:
        entry = catalogue.entry(failure.heard_platform, failure.code, failure.heard)
    return UserPush(
        failure.at,
        failure.source,
        platform,
        failure.code,
        failure.reason,
        failure.app,
        failure.token,
        entry,
        kept=True,
        heard=failure.heard,
    )


def together(from_log: Iterable[UserPush], from_ledger: Iterable[UserPush]) -> list[UserPush]:
    """Merge pushes into one list in the order of time, each once.

    A stored push, of which the newest come first, is the same as one in the log with its time and code, which then gets
    what a webhook reported; the names of their sources may differ, since a file can be read without a configuration. A
    push that has no time in the log was stored with the time when it was read, so it only needs the same code.
    """
    pushes = list(from_log)
    places: dict[tuple[int | None, str], list[int]] = {}
    for i, push in enumerate(pushes):
        places.setdefault(_moment(push.at, push.code), []).append(i)
    for each in from_ledger:
        keys = (_moment(each.at, each.code), _moment(None, each.code))
        alike = next(filter(None, map(places.get, keys)), None)
        if alike is None:
            pushes.append(each)
            continue
        i = alike.pop()
        if each.heard:
            pushes[i] = replace(pushes[i], entry=each.entry, heard=each.heard)
    return sorted(pushes, key=lambda push: _NOWHERE if push.at is None else push.at)


def _moment(at: float | None, code: str) -> tuple[int | None, str]:
    return None if at is None else round(at * 1000), code
