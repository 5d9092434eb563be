"""Classify (platform, code, reason) by the entries in force; there is always an answer, and never a guess."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from logwatch import resources
from logwatch.catalogue.entries import MESIBO_ABOVE, Entry
from logwatch.catalogue.load import read, repeated_names
from logwatch.errors import CatalogueError
from logwatch.model import Platform

PLATFORMS: tuple[Platform, ...] = ("fcm", "apns", "unknown")

UNKNOWN_CODES = 32  # distinct codes outside the catalogue that get a label per source; all others are ``other``
LOWEST_STATUS = 100  # of HTTP; what is below is nobody's answer
_REMEMBERED = 1024  # looked-up results; reasons that a webhook reports may be any text
_PAGE = "https://docs.mesibo.com/api/push-notifications/troubleshooting"

UNLISTED_MESIBO = Entry(
    provider="mesibo",
    code=MESIBO_ABOVE,
    name="mesibo_undocumented_rejection",
    class_="rejected",
    severity="warning",
    side="mesibo",
    steps=(6, 7),
    meaning="mesibo refused the push with a code of its own (above 900) that neither its documentation nor this "
    "catalogue lists.",
    remedy="Look at the push webhook or pushdebug for the details (Steps 6 and 7), see whether mesibo's documentation "
    "lists the code by now, and ask mesibo. Once known, add it to the catalogue file of your configuration.",
    source=(_PAGE,),
)
UNLISTED_5XX = Entry(
    provider="any",
    code=500,
    name="undocumented_provider_fault",
    class_="provider_fault",
    severity="warning",
    side="provider",
    retryable=True,
    meaning="The push service, or a proxy before it, answered with a server error (5xx) that it does not document.",
    remedy="Retry with backoff. If it lasts, look at the provider's status page and at an outbound proxy of your own.",
    source=("inference: HTTP defines 5xx as a fault of the server (RFC 9110)",),
)
UNLISTED_NO_STATUS = Entry(
    provider="any",
    code=0,
    name="no_http_status",
    class_="network",
    severity="warning",
    side="operator",
    retryable=True,
    meaning="No HTTP status is below 100: assumed to mean, as 0 is, that no HTTP response came back (DNS, connection, "
    "TLS or timeout).",
    remedy="From the mesibo host, test outbound TCP 443 to fcm.googleapis.com, oauth2.googleapis.com and "
    "api.push.apple.com, plus DNS and the clock. Unverified: mesibo does not document such codes.",
    source=("assumption: HTTP statuses have three digits (RFC 9110), and mesibo documents none below",),
)
UNLISTED = Entry(
    provider="any",
    code=0,
    name="undocumented_code",
    class_="unknown",
    severity="warning",
    side="provider",
    steps=(6, 7),
    meaning="No documentation of mesibo, FCM or APNs lists this code.",
    remedy="Get the request and the response from the push webhook or pushdebug (Steps 6 and 7). Once its meaning is "
    "known, add it to the catalogue file of your configuration.",
    source=("no document lists it",),
)
OTHER = Entry(
    provider="any",
    code=0,
    name="other_codes",
    class_="unknown",
    severity="warning",
    side="provider",
    steps=(6,),
    meaning="Codes outside the catalogue, from a source with more different ones than are counted one by one.",
    remedy="So many unknown codes suggest that something else is read as a result: look at the log lines.",
    source=("mesibo-logwatch itself",),
)
"""What is counted under ``code="other"``."""
OTHER_CODES = "other"
"""Its label, where a code's label is its number."""


def platform_named(word: str) -> Platform:
    """Return the platform with this name; ``unknown`` for any other word."""
    return next((platform for platform in PLATFORMS if platform == word), "unknown")


def number_of(label: str) -> int | None:
    """Return the code that a label stands for; None for the other codes, of which there are several."""
    return None if label == OTHER_CODES else int(label)


def answered_by(platform: str, code: int | None) -> str:
    """Return who answered: ``mesibo`` above 900, else the platform (``fcm``, ``apns``, ``unknown``)."""
    return "mesibo" if code is not None and code > MESIBO_ABOVE else platform


def limiter(platform: Platform, code: int | None) -> str:
    """Return whose rate limit was hit: ``mesibo`` (914), the platform (429), or nobody's (empty)."""
    return "mesibo" if code == 914 else platform if code == 429 else ""  # noqa: PLR2004  the two codes there are


class Catalogue:
    """The entries in force; immutable, so that a reload swaps one for another."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(entries)
        self._bare = {(str(entry.provider), entry.code): entry for entry in self.entries if not entry.reason}
        self._codes = {entry.code for entry in self.entries}
        self._known = lru_cache(_REMEMBERED)(self._look_up)  # a page looks each of its results up a dozen times
        # (code, reason in lower case) -> entries, one per provider; a line of unknown platform may have a reason, too
        self._reasons: dict[tuple[int, str], list[Entry]] = {}
        for entry in self.entries:
            if entry.reason:
                self._reasons.setdefault((entry.code, entry.reason.lower()), []).append(entry)

    @classmethod
    def load(cls, extra: Path | None = None) -> "Catalogue":
        """Load the shipped catalogue; entries of an operator's file add to it or replace those of the same key.

        Raises CatalogueError with every problem of the file.
        """
        merged = {(e.provider, e.code, e.reason.lower()): e for e in read(resources.CATALOGUE)}
        if extra is not None:
            merged |= {(e.provider, e.code, e.reason.lower()): e for e in read(extra)}
            problems = repeated_names(extra, merged.values())
            if problems:
                raise CatalogueError(*problems)
        return cls(merged.values())

    def classify(self, platform: Platform, code: int, reason: str = "") -> Entry:
        """Return the most specific entry there is; ``reason`` may have any spelling.

        In order: the answering provider's entry for code and reason; its entry for the bare code; the entry for the
        bare number of ``any``; by range: above 900 rejected, 500 to 599 provider_fault, below 100 network, else
        unknown.
        """
        provider = answered_by(platform, code)
        if reason:
            entry = self._with_reason(provider, code, reason)
            if entry is not None:
                return entry
        return self._bare.get((provider, code)) or self._bare.get(("any", code)) or _by_range(code)

    def entry(self, platform: str, code: str, reason: str) -> Entry:
        """Return the entry of a stored result: ``code`` is its label, a number or ``other``."""
        return self._known(platform, code, reason)

    def _look_up(self, platform: str, code: str, reason: str) -> Entry:
        number = number_of(code)
        return OTHER if number is None else self.classify(platform_named(platform), number, reason)

    def reason(self, platform: Platform, code: int, raw: str) -> str:
        """Return the reason as the catalogue spells it, or empty for one that it does not list for this code.

        Case is ignored. For an unknown platform a reason counts only if exactly one provider has it as its own with
        this code: reasons are labels, and what a line contains must not make new ones.
        """
        entry = self._with_reason(answered_by(platform, code), code, raw) if raw else None
        return entry.reason if entry is not None else ""

    def lists(self, code: int) -> bool:
        """Return whether any provider's entry has this code."""
        return code in self._codes

    def label(self, code: int, admitted: set[str]) -> str:
        """Return a code's label: its number if it is listed or one of the few ``admitted`` ones, else ``other``.

        A new code is added to ``admitted`` while there is room.
        """
        label = str(code)
        if not self.lists(code) and label not in admitted:
            if len(admitted) >= UNKNOWN_CODES:
                return OTHER_CODES
            admitted.add(label)
        return label

    def known(self) -> Iterator[tuple[Platform, int, str, Entry]]:
        """Yield each (platform, code, reason) that exists at 0 before its first occurrence, once, with its entry."""
        for code in sorted(self._codes):
            for platform in PLATFORMS:
                entry = self.classify(platform, code)
                if entry is not _by_range(code):
                    yield platform, code, "", entry
        for code, reason in sorted(self._reasons):
            for platform in PLATFORMS:
                found = self._with_reason(answered_by(platform, code), code, reason)
                if found is not None:
                    yield platform, code, found.reason, found

    def with_code(self, code: int) -> list[Entry]:
        """Return every entry of a code: first those without a reason, ``any`` before the providers, then by reason."""
        order = {"any": 0, "mesibo": 1, "fcm": 2, "apns": 3}
        entries = [entry for entry in self.entries if entry.code == code]
        return sorted(entries, key=lambda e: (e.reason != "", order[e.provider], e.reason.lower()))

    def _with_reason(self, provider: str, code: int, reason: str) -> Entry | None:
        entries = self._reasons.get((code, reason.lower()), ())
        if provider == "unknown":  # FCM also passes on reasons of Apple's; its own are in capitals
            own = [entry for entry in entries if entry.provider != "fcm" or entry.reason.isupper()]
            return own[0] if len(own) == 1 else None
        return next((entry for entry in entries if entry.provider == provider), None)


def _by_range(code: int) -> Entry:
    if code > MESIBO_ABOVE:
        return UNLISTED_MESIBO
    if code < LOWEST_STATUS:
        return UNLISTED_NO_STATUS
    return UNLISTED_5XX if 500 <= code <= 599 else UNLISTED  # noqa: PLR2004  the class of HTTP server errors
