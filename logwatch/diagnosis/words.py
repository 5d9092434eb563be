"""How findings are put in words: sentences, numbers and times for people."""

import re
from collections.abc import Collection, Iterable

from logwatch.catalogue import Entry
from logwatch.moments import utc

DAY = 86400.0

Moments = tuple[tuple[str, float], ...]
"""What stands in a text for a moment, and the moment (seconds since the epoch): a page adds the visitor's own time."""

# What has happened, by the entry's name; an entry that is not here speaks through its title.
CAUSES = {
    "mesibo_push_not_configured": "Push is not configured for the app: mesibo contacts neither Google nor Apple",
    "mesibo_push_disabled": "Push is switched off for the app in mesibo",
    "mesibo_certificate_expired": "The Apple push certificate has expired",
    "mesibo_certificate_error": "mesibo cannot use the Apple push certificate",
    "mesibo_production_certificate_required": "A development certificate is stored where production is needed",
    "mesibo_bad_push_token": "Apps have set push tokens that cannot be used",
    "mesibo_certificate_app_mismatch": "The Apple certificate belongs to another app (bundle ID) than the push tokens",
    "mesibo_bad_payload": "The content of pushes is malformed",
    "mesibo_rate_limited": "mesibo's limit per user holds pushes back",
    "fcm_unauthorized": "Google refuses the credentials",
    "fcm_unauthenticated": "Google refuses the credentials: the service account or its access token",
    "fcm_third_party_auth_error": "Google cannot push to Apple: the APNs key in the Firebase project is missing or bad",
    "fcm_forbidden": "Google refuses: wrong Firebase project, or the service account may not send",
    "fcm_permission_denied": "The Google service account may not send for this project",
    "fcm_sender_id_mismatch": "The Firebase project of the credentials is not the one that the tokens came from",
    "fcm_unregistered": "Tokens of apps that are gone are still pushed to (Google: unregistered)",
    "fcm_probably_unregistered": "Tokens of apps that are gone are still pushed to (Google: 404)",
    "fcm_bad_request": "Google finds fault with requests: payload or token",
    "fcm_invalid_argument": "Google finds fault with requests: payload or token",
    "fcm_rate_limited": "Google's rate limit is hit",
    "fcm_quota_exceeded": "Google's sending quota is used up",
    "fcm_resource_exhausted": "Google's sending quota is used up",
    "apns_bad_device_token": "Apple does not know tokens in this environment: sandbox and production are mixed up",
    "apns_device_token_not_for_topic": "The Apple tokens belong to another app (bundle ID) than the certificate",
    "apns_bad_topic": "The Apple topic (bundle ID) is wrong",
    "apns_topic_disallowed": "The Apple certificate may not push to this app (bundle ID)",
    "apns_credential_refused": "Apple refuses the push certificate",
    "apns_bad_certificate": "Apple refuses the push certificate",
    "apns_bad_certificate_environment": "The Apple certificate is for the other environment (sandbox or production)",
    "apns_unregistered": "Tokens of apps that are gone are still pushed to (Apple: unregistered)",
    "apns_token_gone": "Tokens of apps that are gone are still pushed to (Apple: 410)",
    "apns_expired_token": "Apple tokens have expired and are still pushed to",
    "apns_bad_request": "Apple finds fault with requests",
    "apns_too_large": "Pushes are larger than Apple takes",
    "apns_payload_too_large": "Pushes are larger than Apple takes",
    "apns_rate_limited": "Apple limits pushes to single devices",
    "apns_too_many_requests": "Apple limits pushes to single devices",
    "no_response": "No answer comes from Google or Apple: the way out of this host is broken",
    "token_gone": "Tokens of apps that are gone are still pushed to",
    "other_codes": "More unknown codes come than can be told apart",
}
# What comes in small numbers on any day, by class: {0} is "12 pushes", {1} their share of all, {2} "was" or "were"
NOISE = {
    "token": "{0} went to tokens that no longer work ({1} of all): users leave and change devices.",
    "rate_limited": "{0} {2} held back by rate limits ({1} of all).",
    "provider_fault": "{0} met a passing fault at Google or Apple ({1} of all).",
    "payload": "{0} {2} refused for their content ({1} of all).",
    "network": "{0} got no answer from Google or Apple ({1} of all).",
    "configuration": "{0} failed for a setting ({1} of all).",
    "credential": "{0} failed for a credential ({1} of all).",
    "rejected": "{0} {2} refused by mesibo for an undocumented reason ({1} of all).",
    "unknown": "{0} failed with an undocumented code ({1} of all).",
}
_PLATFORMS = {"fcm": "Android", "apns": "iOS"}
_MOST_NAMES = 8  # in a sentence
_MOMENT = re.compile("\x02(-?[0-9]+)\x03([^\x02-\x04]*)\x04")


def cause(entry: Entry, codes: Collection[str]) -> str:
    """Say what has happened, as a sentence without its end."""
    code = ", ".join(sorted(codes))
    if entry.name in CAUSES:
        return CAUSES[entry.name]
    if entry.class_ in ("unknown", "rejected"):
        who = "mesibo" if entry.class_ == "rejected" else "The push service"
        return f"{who} refuses pushes with code {code}, whose meaning is not documented"
    return f"{entry.title} (code {code})"


def pushes(platforms: Collection[str], *, every: bool = False, count: int = 0) -> str:
    """Name pushes by whose they are: ``iOS pushes``, ``iOS push`` for a ``count`` of 1, or ``every iOS push``."""
    names = [_PLATFORMS[p] for p in sorted(platforms) if p in _PLATFORMS] if "unknown" not in platforms else []
    which = " and ".join(names) + " " if names else ""
    return f"every {which}push" if every else f"{which}push" if count == 1 else f"{which}pushes"


def number(count: int) -> str:
    """Write a number as people read it."""
    return f"{count:,}"


def names(all_of_them: Iterable[str]) -> str:
    """List names in order, the first few of many and how many more there are."""
    first, more = sorted(all_of_them), 0
    if len(first) > _MOST_NAMES:
        first, more = first[: _MOST_NAMES - 1], len(first) - _MOST_NAMES + 1
    return ", ".join(first) + (f" and {number(more)} more" if more else "")


def share(part: float) -> str:
    """Write a share (0 to 1), never rounding something to nothing or all but one to all."""
    if 0 < part < 0.001:  # noqa: PLR2004  below what is written
        return "less than 0.1 %"
    if 0.999 < part < 1:  # noqa: PLR2004  see above
        return "more than 99.9 %"
    return f"{part:.1%}".replace(".0%", "%").replace("%", " %")


def brief_share(part: float) -> str:
    """Write a share (0 to 1) for a column of a table."""
    return share(part).replace("less than ", "< ").replace("more than ", "> ")


def marked_moment(at: float, text: str) -> str:
    """Mark ``text`` as a moment within a sentence that is on its way to ``unmarked``."""
    return f"\x02{at:.0f}\x03{text}\x04"


def unmarked(sentences: Iterable[str]) -> tuple[tuple[str, ...], Moments]:
    """Return sentences as they are read, and the moments that were marked in them."""
    told = tuple(sentences)
    found = {text: float(at) for each in told for at, text in _MOMENT.findall(each)}
    return tuple(_MOMENT.sub(r"\2", each) for each in told), tuple(found.items())


def clock(at: float, now: float) -> str:
    """Write a moment near ``now`` as UTC, marked: the time alone today, with its date otherwise."""
    return marked_moment(at, short_clock(at, now))


def short_clock(at: float, now: float) -> str:
    """Write a moment near ``now`` as UTC: the time alone today, with its date otherwise."""
    then, today = utc(at), utc(now)
    return f"{then:%H:%M}" if then.date() == today.date() else f"{then:%H:%M on %-d %B}"


def dated(at: float) -> str:
    """Write a moment as UTC with its date, marked, whatever day it is now."""
    return marked_moment(at, f"{utc(at):%H:%M UTC on %-d %B}")


def stamp(at: float, now: float) -> str:
    """Write a moment to the second, as UTC, with its date unless that is today's."""
    then, today = utc(at), utc(now)
    return f"{then:%H:%M:%S}" if then.date() == today.date() else f"{then:%-d %b %H:%M:%S}"


def bytes_(count: int) -> str:
    """Write a size in its largest fitting unit."""
    size, unit = float(count), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if size < 1024:  # noqa: PLR2004  the unit's base
            break
        size, unit = size / 1024, larger
    return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"


def span(seconds: float) -> str:
    """Write a duration in its largest fitting unit."""
    for unit, size in (("day", DAY), ("hour", 3600), ("minute", 60)):
        if seconds >= size * (1 if unit != "day" else 2):
            count = int(seconds // size)
            return f"{count} {unit}{'s' if count != 1 else ''}"
    return "less than a minute"
