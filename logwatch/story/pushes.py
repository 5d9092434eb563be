"""The pushes of one user: from a log, which has accepted ones, too, and from the failures that a daemon keeps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from logwatch.catalogue import Catalogue, Entry, answered_by, number_of, platform_named
from logwatch.ledger.waiting import StoredFailure
from logwatch.model import Failure, Platform
from logwatch.moments import iso

_NOWHERE = float("-inf")  # the place, in the order of time, of pushes of a log without times


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
    push that has no time in the log was stored with the time when it was read: it needs the same code and source.
    """
    pushes = list(from_log)
    order = _order(pushes)
    places: dict[tuple[int | str, str], list[int]] = {}
    for i, push in enumerate(pushes):
        places.setdefault(_identity(push), []).append(i)
    for each in from_ledger:
        keys = (_identity(each), (each.source, each.code))
        alike = next(filter(None, map(places.get, keys)), None)
        if alike is None:
            pushes.append(each)
            order.append(_NOWHERE if each.at is None else each.at)
            continue
        i = alike.pop()
        if each.heard:
            pushes[i] = replace(pushes[i], entry=each.entry, heard=each.heard)
    return [pushes[i] for i in sorted(range(len(pushes)), key=order.__getitem__)]


def _identity(push: UserPush) -> tuple[int | str, str]:
    """Return what distinguishes a push from others: its millisecond or, without a time, its source; and its code."""
    return push.source if push.at is None else round(push.at * 1000), push.code


def _order(pushes: Sequence[UserPush]) -> list[float]:
    """Return the times to sort a log's pushes by: without one, that of its source's push before it, or of the first."""
    latest = {push.source: push.at for push in reversed(pushes) if push.at is not None}
    order = []
    for push in pushes:
        order.append(latest.get(push.source, _NOWHERE) if push.at is None else push.at)
        latest[push.source] = order[-1]
    return order
