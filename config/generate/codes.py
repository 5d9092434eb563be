"""What the rules take from the catalogue: groups of codes, and the faults that have a rule for each code."""

from collections.abc import Iterator
from typing import Any

from config.generate.thresholds import threshold
from logwatch.catalogue import PLATFORMS, Catalogue, Entry
from logwatch.diagnosis.words import CAUSES, cause
from logwatch.model import Platform

CATALOGUE = Catalogue.load()

OVER_900 = "90[1-9]|9[1-9][0-9]|[1-9][0-9]{3,5}"
"""Label ``code`` above 900, mesibo's own refusals, as a regular expression (a code has at most six digits)."""

OF_MESIBO = {
    901: "MesiboPushNotConfigured",
    902: "MesiboPushDisabled",
    903: "MesiboPushCertificateExpired",
    904: "MesiboPushCertificateError",
    905: "MesiboPushProductionCertificateRequired",
    912: "MesiboPushCertificateAppMismatch",
}
REFUSED: dict[Platform, str] = {
    "fcm": "MesiboPushFcmCredentialRefused",
    "apns": "MesiboPushApnsCredentialRefused",
    "unknown": "MesiboPushCredentialRefused",
}


_ORDINARY = ("The ", "A ", "Push ")  # what a sentence can begin with, and its middle cannot


def known() -> str:
    """Return every code of the catalogue, as a regular expression."""
    return "|".join(sorted({str(entry.code) for entry in CATALOGUE.entries}))


def critical() -> str:
    """Return the name of every critical entry, as a regular expression."""
    return "|".join(entry.name for entry in CATALOGUE.entries if entry.severity == "critical")


def spoken(entry: Entry) -> str:
    """Return how a person would say it: ``903``, ``FCM 403 SENDER_ID_MISMATCH``."""
    who = {"fcm": "FCM ", "apns": "APNs "}.get(entry.provider, "")
    return f"{who}{entry.code} {entry.reason}".strip()


def covered() -> list[tuple[str, Platform, Entry]]:
    """Return (alert, platform, entry) of what stops every push until somebody acts, in the catalogue's order."""
    found: list[tuple[str, Platform, Entry]] = []
    for platform, _, _, entry in sorted(CATALOGUE.known(), key=_in_order):
        if entry.severity != "critical" or entry.class_ not in ("credential", "configuration"):
            continue
        if entry.provider == "mesibo":
            if platform == "apns":  # mesibo's own codes are of the app: one rule serves every platform
                found.append((_alert_of(entry), platform, entry))
        elif entry.provider in (platform, "any"):
            found.append((REFUSED[platform], platform, entry))
    return found


def _alert_of(entry: Entry) -> str:
    if entry.code not in OF_MESIBO:
        raise SystemExit(
            f"error: config/catalogue.toml: {entry.name} stops every push, so it needs an alert of its own\n"
            f'  try: name it in OF_MESIBO of config/generate/codes.py, as CONTRIBUTING.md says under "A code"'
        )
    return OF_MESIBO[entry.code]


def _in_order(known: tuple[Platform, int, str, Entry]) -> tuple[int, int]:
    platform, _, _, entry = known
    return CATALOGUE.entries.index(entry), PLATFORMS.index(platform)


def platforms(entry: Entry) -> list[Platform]:
    """Return the platforms of the results that are this entry's: a reason that one provider gives tells who answered."""
    return [platform for platform, _, _, found in CATALOGUE.known() if found is entry]


def of_builds() -> list[str]:
    """Return what selects the results of each fault that one app build can cause alone."""
    return [values["matchers"] for values in faults() if values["of_builds"]]


def impact(entry: Entry, platform: Platform) -> str:
    """Return the first thing that a phone shows of a fault: whose pushes do not arrive, and why."""
    apple = platform == "apns" and (entry.provider != "mesibo" or "Apple" in entry.meaning)  # 901 stops all of them
    why = cause(entry, [str(entry.code)])
    google = platform == "fcm" and "Apple" not in why  # Firebase pushes to Apple too
    whose = "iOS pushes" if apple else "Android pushes" if google else "Pushes"
    return f"{whose} do not arrive: {why[0].lower() + why[1:] if why.startswith(_ORDINARY) else why}."


def faults() -> Iterator[dict[str, Any]]:
    """Yield the values of each rule about a fault: its alert, entry, and what selects the results that it explains."""
    for name, platform, entry in covered():
        asked = [platform] if entry.provider == "any" else platforms(entry)
        whose = f'platform=~"{"|".join(asked)}"' if len(asked) > 1 else f'platform="{platform}"'
        answer = f'{whose},code="{entry.code}",reason="{entry.reason}"'
        yield {
            "alert": name,
            "entry": entry,
            "matchers": f'code="{entry.code}"' if entry.provider == "mesibo" else answer,
            "number": spoken(entry) + (", without a reason in the log" if entry.provider == "any" else ""),
            "of_builds": entry.name in threshold("fault.build_faults"),
            "impact": impact(entry, platform),
            "detail": "" if entry.name in CAUSES else f"{entry.meaning} ",
        }
