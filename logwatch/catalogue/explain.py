"""Collect all there is to say about a code, for a terminal, a page or a program to render in its own way."""

from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec

from logwatch.catalogue.entries import STEPS, Entry
from logwatch.catalogue.lookup import LOWEST_STATUS, PLATFORMS, Catalogue, answered_by, platform_named
from logwatch.model import PROVIDERS

_HIGHEST = 999  # no provider, and no page of mesibo's, knows a longer one


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything about one code: ``notes`` to show first, and at least one of ``meanings``, the most general first."""

    code: int
    headline: str
    listed: bool  # False: the catalogue does not have it, and the meaning is that of its range
    found: bool  # False: the provider or reason asked for is not known with this code
    notes: tuple[str, ...]
    meanings: tuple[Entry, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as values for JSON, with what follows from the entries written out."""
        return {
            "code": self.code,
            "headline": self.headline,
            "listed": self.listed,
            "found": self.found,
            "notes": list(self.notes),
            "meanings": [entry_as_dict(entry) for entry in self.meanings],
        }


def entry_as_dict(entry: Entry) -> dict[str, Any]:
    """Return one entry as values for JSON: its fields, and ``title``, ``whose`` and the steps' titles."""
    fields: dict[str, Any] = msgspec.to_builtins(entry)
    steps = [{"step": number, "title": STEPS[number]} for number in entry.steps]
    return fields | {"title": entry.title, "whose": entry.whose(), "steps": steps}


def explain(catalogue: Catalogue, code: int, provider: str = "", reason: str = "") -> Explanation:
    """Explain a code; ``provider`` (mesibo, fcm, apns) and ``reason`` narrow it down where they are known.

    If the catalogue does not know the combination, ``notes`` say so, and the next more general meaning is returned.
    """
    entries = catalogue.with_code(code)
    if not entries:
        return _unlisted(catalogue, code)
    notes: list[str] = []
    found = True
    platform = platform_named(provider)
    asked = answered_by(platform, code) if provider else ""
    if asked == "mesibo" and provider != "mesibo":
        notes.append(f"Codes above 900 are mesibo's own: {PROVIDERS[provider]} was never asked.")
        found = False
    elif provider == "mesibo" and not any(entry.provider == "mesibo" for entry in entries):
        notes.append("mesibo's own codes are above 900: this one is the answer of FCM or APNs.")
        asked, found = "", False
    if asked:
        bare = catalogue.classify(platform, code)
        entries = [bare, *(entry for entry in entries if entry.provider == asked and entry is not bare)]
        if bare.provider == "any":
            notes.append(f"{PROVIDERS[asked]} does not document {code}; this is what the number alone suggests.")
    if reason:
        exact = [entry for entry in entries if entry.reason.lower() == reason.lower()]
        found = found and bool(exact)
        if not exact:
            notes.append(f"No reason {reason} is known with code {code}; this is the meaning of the number alone.")
        entries = exact or [entry for entry in entries if not entry.reason] or entries
    if not asked and not reason:
        notes.extend(_differs(catalogue, code))
    return Explanation(code, _headline(code, entries), True, found, tuple(notes), tuple(entries))  # noqa: FBT003


def _unlisted(catalogue: Catalogue, code: int) -> Explanation:
    entry = catalogue.classify("unknown", code)
    notes = ["The catalogue does not list this code; what follows is only what its range suggests."]
    if not LOWEST_STATUS <= code <= _HIGHEST:
        notes.append(f"Codes have three digits: check whether {code} is one, or another number on the line.")
    with suppress(ValueError):
        notes.append(f"As an HTTP status {code} is {HTTPStatus(code).phrase!r}.")
    return Explanation(code, _headline(code, [entry]), False, True, tuple(notes), (entry,))  # noqa: FBT003


def _headline(code: int, entries: list[Entry]) -> str:
    who = PROVIDERS.get(entries[0].provider)
    return f"{code} {entries[0].title}" + (f" ({who})" if who else "")


def _differs(catalogue: Catalogue, code: int) -> list[str]:
    """Return a warning if FCM and APNs mean different things by a number."""
    fcm, apns, _ = (catalogue.classify(platform, code) for platform in PLATFORMS)
    if (fcm.class_, fcm.side) == (apns.class_, apns.side):
        return []
    return [f"FCM and APNs mean different things by {code}: find out which of them answered before acting on it."]
