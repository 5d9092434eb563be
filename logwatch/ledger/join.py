"""Decide which failure of a log a webhook's event is about: both go in, the reason for each failure comes out.

No reason is better than a wrong one: failure and event must agree in all that both name, must be nearest to each other
in time, and where another event about as near gives another reason, neither is believed.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple, TypeVar

APART_SECONDS = 60.0  # between a line of the log and the call about it
AS_NEAR_SECONDS = 0.5  # two stamps of one happening differ by less

_at = attrgetter("at")


class Failed(NamedTuple):
    """A failure of a log, identifiers as stored; a ``reason`` it has is never replaced, but events may be about it."""

    id: int
    at: float
    source: str
    platform: str
    code: str
    app: str
    user: str
    token: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class WitnessEvent:
    """A failure as a webhook reported it beside a log, identifiers as stored; ``reason`` as the provider spells it."""

    at: float
    source: str
    witness_for: str
    platform: str
    code: str
    reason: str
    app: str
    user: str
    uid: str
    token: str
    dated: bool = True  # False: the call had no time of its own, ``at`` is when it came


class WebhookReason(NamedTuple):
    """What a webhook adds to a failure."""

    reason: str
    platform: str


def join(failures: Iterable[Failed], events: Iterable[WitnessEvent]) -> dict[int, WebhookReason]:
    """Return what webhooks add to failures, by id; a failure is missing where no event is certainly about it."""
    by_code: dict[tuple[str, str], tuple[list[Failed], list[WitnessEvent]]] = {}
    for event in events:
        by_code.setdefault((event.witness_for, event.code), ([], []))[1].append(event)
    for failure in failures:
        group = by_code.get((failure.source, failure.code))
        if group is not None:
            group[0].append(failure)
    heard: dict[int, WebhookReason] = {}
    for failed, reported in by_code.values():
        heard |= _join(sorted(failed, key=_at), sorted(reported, key=_at))
    return heard


def _join(failures: Sequence[Failed], events: Sequence[WitnessEvent]) -> dict[int, WebhookReason]:
    """Join failures and events of one code, both in the order of time."""
    who_failed, who_told = _by_person(failures), _by_person(events)
    heard = {}
    for failure in failures:
        if failure.reason:
            continue
        near = _near(failure.at, who_told, _names(failure))
        mine = sorted((e for e in near if _same(failure, e)), key=lambda e: abs(e.at - failure.at))
        if not mine:
            continue
        event = mine[0]
        apart = abs(event.at - failure.at)
        rivals = {e.reason for e in mine if abs(e.at - failure.at) <= apart + AS_NEAR_SECONDS}
        if len(rivals) > 1 or not event.reason:
            continue
        others = [f for f in _near(event.at, who_failed, _names(event)) if f is not failure and _same(f, event)]
        # An undated event has only the time of its call: neither it nor the failure may have a rival then
        nearest = all(abs(f.at - event.at) >= apart for f in others) and (
            event.dated or (not others and len(mine) == 1)
        )
        if nearest:
            heard[failure.id] = WebhookReason(event.reason, event.platform)
    return heard


def _same(failure: Failed, event: WitnessEvent) -> bool:
    """Return whether both name the same user or token, and agree in everything else that both name."""
    if failure.app and event.app and failure.app != event.app:
        return False
    if "unknown" not in (failure.platform, event.platform) and failure.platform != event.platform:
        return False
    if failure.token and event.token and failure.token != event.token:
        return False
    users = {event.user, event.uid} - {""}
    if failure.user and users and failure.user not in users:
        return False
    return bool(failure.token and event.token) or bool(failure.user and users)


def _names(thing: Failed | WitnessEvent) -> list[str]:
    users = (thing.user, thing.uid) if isinstance(thing, WitnessEvent) else (thing.user,)
    return [*(f"u{user}" for user in users if user), *([f"t{thing.token}"] if thing.token else [])]


T = TypeVar("T", Failed, WitnessEvent)


def _by_person(things: Sequence[T]) -> dict[str, list[T]]:
    """Group by the users and tokens that they are about, keeping the order of time."""
    found: dict[str, list[T]] = {}
    for thing in things:
        for name in _names(thing):
            found.setdefault(name, []).append(thing)
    return found


def _near(at: float, people: dict[str, list[T]], names: Iterable[str]) -> list[T]:
    """Return what is about one of ``names`` and at most ``APART_SECONDS`` from ``at``, each once."""
    found: dict[int, T] = {}
    for name in names:
        mine = people.get(name, [])
        first, end = bisect_left(mine, at - APART_SECONDS, key=_at), bisect_right(mine, at + APART_SECONDS, key=_at)
        found |= {id(thing): thing for thing in mine[first:end]}
    return list(found.values())
