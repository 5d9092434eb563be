"""The nouns: a ``Request`` names a file and what it is meant for, a ``Verdict`` says what it is and what is wrong.

Each kind of fault has the code that mesibo will log for it. Where mesibo says that a .p12 needs no password, and what
903, 904, 905 and 912 mean: docs.mesibo.com/api/push-notifications/troubleshooting, .../backend-api/push-notifications.
"""

import shlex
from typing import Literal, NamedTuple

import msgspec

from logwatch.moments import utc
from logwatch.privacy import readable

PushService = Literal["apns", "fcm"]
FlawSeverity = Literal["problem", "warning", "note"]
Environment = Literal["", "production", "development", "both"]

DAY_SECONDS = 86400.0
TICKET_SECONDS = 30 * DAY_SECONDS  # before the expiry; fastlane's pem renews from here on
PAGE_SECONDS = 7 * DAY_SECONDS
LONGEST = 200  # characters of a name from a file
MOST_TOPICS = 16  # of one certificate: Apple issues four at most (app, VoIP, complication, controller)


class Kind(NamedTuple):
    """What one kind of fault leads to."""

    providers: tuple[PushService, ...]
    code: int | None  # that mesibo will log; None if pushes do not depend on it
    step: int  # of mesibo's troubleshooting page
    remedy: str
    counted: bool = True  # as a problem in the metric; a mere note, or a warning about a date, is not


_EXPORT = (
    "In Keychain Access choose the certificate together with its private key, and export both as a .p12 without a"
    " password"
)
_RENEW = (
    "In Apple's developer account make an Apple Push Services certificate for the bundle ID of the app, and upload it"
    " as a .p12 without a password"
)
_ACCOUNT = (
    "In the Firebase console, project settings, service accounts: generate a new private key, and upload that JSON file"
)

KINDS: dict[str, Kind] = {
    "expired": Kind(("apns",), 903, 1, f"{_RENEW}."),
    "expires_soon": Kind(
        ("apns",), 903, 1, f"{_RENEW}; the old certificate keeps working until its date.", counted=False
    ),
    "not_yet_valid": Kind(("apns",), 904, 1, "Correct the clock of this host, or wait until the certificate is valid."),
    "damaged": Kind(("apns", "fcm"), 904, 1, "Copy the file again from where it was exported, and compare its size."),
    "locked": Kind(
        ("apns",),
        904,
        1,
        "Name the file that holds its password (--password-file, or password_file in the configuration). For mesibo"
        f" it needs to be without one: {_EXPORT[0].lower()}{_EXPORT[1:]}. If the password is right, see that"
        " CRYPTOGRAPHY_OPENSSL_NO_LEGACY is not set: files of the old RC2 kind then fail with the same answer.",
    ),
    "password": Kind(
        ("apns",), 904, 1, f"mesibo accepts a .p12 only without a password. {_EXPORT} (leave the password empty)."
    ),
    "no_key": Kind(("apns",), 904, 1, f"{_EXPORT}; a certificate alone cannot sign in to Apple."),
    "no_certificate": Kind(("apns",), 904, 1, f"{_EXPORT}; a key alone cannot sign in to Apple."),
    "key_mismatch": Kind(("apns",), 904, 1, f"{_EXPORT}: this file pairs a certificate with the key of another one."),
    "development": Kind(
        ("apns",),
        905,
        5,
        "Upload a certificate that is for production as well (Apple Push Services); the console accepts this one with"
        " only a warning.",
    ),
    "environment": Kind(
        ("apns",), 403, 5, "Use a certificate of the environment that the app's tokens come from (APS entitlement)."
    ),
    "not_push": Kind(("apns",), 904, 1, f"This is not a push certificate of Apple's. {_RENEW}."),
    "pass_certificate": Kind(("apns",), 904, 1, f"This certificate signs Wallet passes. {_RENEW}."),
    "website_certificate": Kind(("apns",), 904, 1, f"This certificate is for pushes of a website. {_RENEW}."),
    "voip_only": Kind(
        ("apns",),
        912,
        5,
        "mesibo sends background pushes, whose topic is the bundle ID itself: upload an Apple Push Services"
        " certificate, which covers VoIP too.",
    ),
    "bundle_id": Kind(
        ("apns",), 912, 1, "Compare the bundle ID with the one of the app build in use, and upload the matching .p12."
    ),
    "signing_key": Kind(("apns",), 904, 1, f"mesibo accepts no .p8 key, only a certificate. {_RENEW}."),
    "signing_request": Kind(
        ("apns",), 904, 1, "This is only the request: upload it at Apple, and export the certificate that you get."
    ),
    "provisioning_profile": Kind(("apns",), 904, 1, f"This belongs in Xcode. {_RENEW}."),
    "not_p12": Kind(
        ("apns",),
        904,
        1,
        "For mesibo make a .p12 of it: openssl pkcs12 -export -in FILE -out push.p12 -passout pass:",
        counted=False,
    ),
    "client_file": Kind(
        ("fcm",), 401, 1, f"This file is for the app itself and holds no key to send with. {_ACCOUNT}."
    ),
    "not_service_account": Kind(("fcm",), 401, 1, f"{_ACCOUNT}."),
    "missing_field": Kind(("fcm",), 401, 1, f"{_ACCOUNT}."),
    "bad_key": Kind(("fcm",), 401, 1, f"Its key cannot be used. {_ACCOUNT}."),
    "token_uri": Kind(("fcm",), 401, 1, f"Its token address is not Google's. {_ACCOUNT}."),
    "project": Kind(
        ("fcm",),
        403,
        1,
        "Compare the project with the google-services.json of the app build in use, and upload the service account of"
        " that project.",
    ),
    "foreign_account": Kind(
        ("fcm",),
        403,
        1,
        "If that account has a role in the project, name the project (--project, or project in the configuration) to"
        f" say so; else: {_ACCOUNT[0].lower()}{_ACCOUNT[1:]}.",
    ),
    "unreadable": Kind(
        ("apns", "fcm"),
        None,
        1,
        "Check the path and its permissions. What lies in /etc/mesibo-logwatch/secrets is handed to the service when it"
        " starts: systemctl restart mesibo-logwatch.",
    ),
    "not_checked": Kind(("apns", "fcm"), None, 1, "pip install 'mesibo-logwatch[credentials]'"),
    "others_may_read": Kind(
        ("apns", "fcm"), None, 1, "chmod 600 FILE, unless everybody on this host may push.", counted=False
    ),
}
"""Every kind of fault; the label ``problem`` of the metric has no other values."""


class Request(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file to check, and what it is meant for if that is known."""

    name: str
    file: str
    password_file: str = ""
    bundle_id: str = ""
    project: str = ""
    environment: Literal["", "production", "development"] = ""

    @property
    def provider(self) -> PushService:
        """The provider by the file's name, for a file whose content does not show it."""
        return "fcm" if self.file.lower().endswith(".json") else "apns"


class Flaw(msgspec.Struct, frozen=True):
    """One statement about a credential: a problem will cause ``code``, a note will not."""

    kind: str
    severity: FlawSeverity
    what: str
    code: int | None
    step: int
    remedy: str


class Topic(msgspec.Struct, frozen=True):
    """What a certificate may push to; ``kind`` as Apple names it: app, voip, complication, or empty if unknown."""

    name: str
    kind: str = ""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a file is, and what is wrong with it; nothing in here is secret."""

    name: str
    file: str
    provider: PushService
    form: str  # in words: "Apple push certificate in a .p12"
    subject: str = ""  # of a certificate: its common name
    issuer: str = ""
    bundle_id: str = ""
    topics: tuple[Topic, ...] = ()
    environment: Environment = ""
    not_before: float | None = None  # seconds since the epoch
    not_after: float | None = None
    key: bool = False  # the private key is in the file
    project: str = ""
    account: str = ""
    flaws: tuple[Flaw, ...] = ()

    @property
    def problems(self) -> tuple[Flaw, ...]:
        """What makes pushes fail, or will soon."""
        return tuple(flaw for flaw in self.flaws if flaw.severity != "note")

    @property
    def notes(self) -> tuple[Flaw, ...]:
        """What is worth knowing."""
        return tuple(flaw for flaw in self.flaws if flaw.severity == "note")

    def remedy(self, flaw: Flaw) -> str:
        """Return what to do about one of its flaws, with the file's name in the commands."""
        return flaw.remedy.replace("FILE", shlex.quote(self.file))

    @property
    def voip(self) -> bool:
        """True if it can push calls."""
        return any(topic.kind == "voip" or topic.name.endswith(".voip") for topic in self.topics)


def flaw(
    kind: str, what: str, severity: FlawSeverity = "problem", *, code: int | None = None, remedy: str = ""
) -> Flaw:
    """Return a flaw of a kind; ``code`` and ``remedy`` are given if they differ from the kind's own."""
    known = KINDS[kind]
    return Flaw(kind, severity, what, known.code if code is None else code, known.step, remedy or known.remedy)


def safe_text(text: object) -> str:
    """Return a name from a file as it may be shown: at most ``LONGEST`` characters, none of which moves a cursor."""
    return readable(str(text))[:LONGEST]


def when(at: float) -> str:
    """Format a moment in full, in UTC: ``3 December 2026, 10:14 UTC``."""
    return f"{utc(at):%-d %B %Y, %H:%M} UTC"
