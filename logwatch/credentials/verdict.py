"""The nouns: a ``Request`` names a file and what it is meant for, a ``Verdict`` says what it is and what is wrong.

Each kind of fault has the code that mesibo will log for it. Where mesibo says that a .p12 needs no password, and what
903, 904, 905 and 912 mean: docs.mesibo.com/api/push-notifications/troubleshooting, .../backend-api/push-notifications.
"""

import shlex
from functools import partial
from typing import Literal, NamedTuple

import msgspec

from logwatch.moments import utc
from logwatch.privacy import readable
from logwatch.regular_file import AFTER_RESTART

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

    remedy: str
    code: int | None = 904  # that mesibo will log; None if pushes do not depend on it
    step: int = 1  # of mesibo's troubleshooting page
    providers: tuple[PushService, ...] = ("apns",)
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

_BOTH: tuple[PushService, ...] = ("apns", "fcm")
_firebase = partial(Kind, code=401, providers=("fcm",))

KINDS: dict[str, Kind] = {
    "expired": Kind(f"{_RENEW}.", code=903),
    "expires_soon": Kind(f"{_RENEW}; the old certificate keeps working until its date.", code=903, counted=False),
    "not_yet_valid": Kind("Correct the clock of this host, or wait until the certificate is valid."),
    "damaged": Kind("Copy the file again from where it was exported, and compare its size.", providers=_BOTH),
    "locked": Kind(
        "Name the file that holds its password (--password-file, or password_file in the configuration). For mesibo"
        f" it needs to be without one: {_EXPORT[0].lower()}{_EXPORT[1:]}. If the password is right, see that"
        " CRYPTOGRAPHY_OPENSSL_NO_LEGACY is not set: files of the old RC2 kind then fail with the same answer."
    ),
    "password": Kind(f"mesibo accepts a .p12 only without a password. {_EXPORT} (leave the password empty)."),
    "no_key": Kind(f"{_EXPORT}; a certificate alone cannot sign in to Apple."),
    "no_certificate": Kind(f"{_EXPORT}; a key alone cannot sign in to Apple."),
    "key_mismatch": Kind(f"{_EXPORT}: this file pairs a certificate with the key of another one."),
    "development": Kind(
        "Upload a certificate that is for production as well (Apple Push Services); the console accepts this one with"
        " only a warning.",
        code=905,
        step=5,
    ),
    "environment": Kind(
        "Use a certificate of the environment that the app's tokens come from (APS entitlement).", code=403, step=5
    ),
    "not_push": Kind(f"This is not a push certificate of Apple's. {_RENEW}."),
    "pass_certificate": Kind(f"This certificate signs Wallet passes. {_RENEW}."),
    "website_certificate": Kind(f"This certificate is for pushes of a website. {_RENEW}."),
    "voip_only": Kind(
        "mesibo sends background pushes, whose topic is the bundle ID itself: upload an Apple Push Services"
        " certificate, which covers VoIP too.",
        code=912,
        step=5,
    ),
    "bundle_id": Kind(
        "Compare the bundle ID with the one of the app build in use, and upload the matching .p12.", code=912
    ),
    "signing_key": Kind(f"mesibo accepts no .p8 key, only a certificate. {_RENEW}."),
    "signing_request": Kind("This is only the request: upload it at Apple, and export the certificate that you get."),
    "provisioning_profile": Kind(f"This belongs in Xcode. {_RENEW}."),
    "not_p12": Kind(
        "For mesibo make a .p12 of it: openssl pkcs12 -export -in FILE -out push.p12 -passout pass:", counted=False
    ),
    "client_file": _firebase(f"This file is for the app itself and holds no key to send with. {_ACCOUNT}."),
    "not_service_account": _firebase(f"{_ACCOUNT}."),
    "missing_field": _firebase(f"{_ACCOUNT}."),
    "bad_key": _firebase(f"Its key cannot be used. {_ACCOUNT}."),
    "token_uri": _firebase(f"Its token address is not Google's. {_ACCOUNT}."),
    "project": _firebase(
        "Compare the project with the google-services.json of the app build in use, and upload the service account of"
        " that project.",
        code=403,
    ),
    "foreign_account": _firebase(
        "If that account has a role in the project, name the project (--project, or project in the configuration) to"
        f" say so; else: {_ACCOUNT[0].lower()}{_ACCOUNT[1:]}.",
        code=403,
    ),
    "unreadable": Kind(
        f"Check the path and its permissions; {AFTER_RESTART}.",
        code=None,
        providers=_BOTH,
    ),
    "not_checked": Kind("pip install 'mesibo-logwatch[credentials]'", code=None, providers=_BOTH),
    "others_may_read": Kind(
        "chmod 600 FILE, unless everybody on this host may push.", code=None, providers=_BOTH, counted=False
    ),
    "group_may_read": Kind(
        "chmod 600 FILE, unless the service reads it by that group.", code=None, providers=_BOTH, counted=False
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
        """Whether it can push calls."""
        return any(topic.kind == "voip" or topic.name.endswith(".voip") for topic in self.topics)


def flaw(
    kind: str, what: str, severity: FlawSeverity = "problem", *, code: int | None = None, remedy: str = ""
) -> Flaw:
    """Return a flaw of a kind; ``code`` and ``remedy`` are given if they differ from the kind's own."""
    known = KINDS[kind]
    return Flaw(kind, severity, what, known.code if code is None else code, known.step, remedy or known.remedy)


def of_file(request: Request, provider: PushService, form: str, what: Flaw) -> Verdict:
    """Return the verdict on a file of which nothing is known but what is wrong with it."""
    return Verdict(name=request.name, file=request.file, provider=provider, form=form, flaws=(what,))


def safe_text(text: object) -> str:
    """Return a name from a file as it may be shown: at most ``LONGEST`` characters, none of which moves a cursor."""
    return readable(str(text))[:LONGEST]


def when(at: float) -> str:
    """Format a moment in full, in UTC: ``3 December 2026, 10:14 UTC``."""
    return f"{utc(at):%-d %B %Y, %H:%M} UTC"
