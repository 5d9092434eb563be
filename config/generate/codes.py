"""The catalogue as the generator needs it: entries in order, and PromQL matchers for groups of codes."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).parent.parent / "catalogue.toml"

OVER_900 = "90[1-9]|9[1-9][0-9]|[1-9][0-9]{3,5}"
"""Label ``code`` above 900, mesibo's own refusals, as a regular expression (a code has at most six digits)."""

PLATFORMS = ("fcm", "apns", "unknown")


@dataclass(frozen=True)
class Entry:
    """One code of the catalogue; ``provider`` is ``any`` for what a bare number supports by itself."""

    provider: str
    code: int
    reason: str
    name: str
    cls: str
    severity: str
    side: str
    steps: tuple[int, ...]
    meaning: str
    remedy: str
    token_dead: bool

    @property
    def spoken(self) -> str:
        """How a person would say it: ``903``, ``FCM 403 SENDER_ID_MISMATCH``."""
        who = {"fcm": "FCM ", "apns": "APNs "}.get(self.provider, "")
        return f"{who}{self.code} {self.reason}".strip()


def load(path: Path = FILE) -> list[Entry]:
    """The entries of the shipped catalogue, in the order of the file."""
    return [
        Entry(
            provider=e["provider"],
            code=e["code"],
            reason=e["reason"],
            name=e["name"],
            cls=e["class"],
            severity=e["severity"],
            side=e["side"],
            steps=tuple(e["steps"]),
            meaning=e["meaning"],
            remedy=e["remedy"],
            token_dead=e["token_dead"],
        )
        for e in tomllib.loads(path.read_text())["code"]
    ]


CATALOGUE = load()


def entry(name: str) -> Entry:
    """The entry of that name."""
    return next(e for e in CATALOGUE if e.name == name)


def exported() -> list[tuple[str, Entry]]:
    """Every (platform, entry) that a daemon exports at 0 from its start; an exact entry wins over a bare number."""
    seen: dict[tuple[str, int, str], tuple[str, Entry]] = {}
    for e in sorted(CATALOGUE, key=lambda e: e.provider == "any"):
        for platform in (e.provider,) if e.provider in ("fcm", "apns") else PLATFORMS:
            seen.setdefault((platform, e.code, e.reason), (platform, e))
    return sorted(seen.values(), key=lambda pair: (CATALOGUE.index(pair[1]), PLATFORMS.index(pair[0])))
