"""A push past mesibo, and what the provider's answer means: data types and pure functions."""

from dataclasses import dataclass, field
from typing import Literal

from logwatch.catalogue import Catalogue
from logwatch.credentials.verdict import Request, Verdict
from logwatch.errors import LogwatchError
from logwatch.events import quoted
from logwatch.model import COMPANIES
from logwatch.push.words import on_the_device

Style = Literal["background", "alert", "voip"]

ANSWER_SECONDS = 30.0
CONNECT_SECONDS = 10.0
ANSWER_BYTES = 1 << 20  # a provider's has a few hundred

# mesibo's own code for a provider's reason, if mesibo notices the fault before the provider; inferred from what both
# mean (docs.mesibo.com/api/push-notifications/troubleshooting), since mesibo documents no mapping
MESIBO = {
    "BadDeviceToken": 911,
    "MissingDeviceToken": 911,
    "DeviceTokenNotForTopic": 912,
    "TopicDisallowed": 912,
    "BadTopic": 912,
    "MissingTopic": 912,
    "BadCertificate": 904,
    "BadCertificateEnvironment": 905,
    "PayloadTooLarge": 913,
    "PayloadEmpty": 913,
    "CertificateExpired": 903,
}
EXPIRED = "CertificateExpired"  # not a reason of Apple's: its server ends the TLS handshake


class DirectError(LogwatchError):
    """The push cannot be sent, because of the credential, the token or the connection to the provider."""


class NoReplyError(DirectError):
    """The provider gave no answer."""


def cannot_sign_in(request: Request, why: str) -> DirectError:
    """Return the error about a credential that a provider would not take."""
    remedy = f"mesibo-logwatch credentials check {quoted(request.file)}"
    return DirectError.at(request.file, "cannot sign in with it", why, remedy)


@dataclass(frozen=True, slots=True)
class DirectPush:
    """One push; ``token`` is the user's and is never shown."""

    token: str = field(repr=False)
    style: Style = "background"
    topic: str = ""
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What a provider answered; ``detail`` is its own text, without the token."""

    provider: Literal["fcm", "apns"]
    status: int
    reason: str = ""
    detail: str = ""
    of_token: bool = False  # FCM says that the token is what is wrong in the request


def describe(catalogue: Catalogue, reply: Reply, verdict: Verdict, *, sandbox: bool, dry_run: bool) -> list[str]:
    """Return lines on what the provider answered, what mesibo's code for it would be, and what follows."""
    who = COMPANIES[reply.provider]
    said = f"{who}: {reply.status}{f' {reply.reason}' if reply.reason else ''}"
    lines = [said + (f" ({reply.detail})" if reply.detail else "") + "."]
    if reply.reason == EXPIRED:
        entry = catalogue.classify("apns", MESIBO[EXPIRED])
        lines.append("In mesibo's log: code 903, without asking Apple.")
    else:
        reason = catalogue.reason(reply.provider, reply.status, reply.reason)
        entry = catalogue.classify(reply.provider, reply.status, reason)
        own = 911 if reply.of_token else MESIBO.get(reply.reason)
        lines.append(
            f"In mesibo's log: code {reply.status}"
            + (f", or {own} where mesibo notices it before it asks {who}." if own else ".")
        )
    if entry.class_ == "delivered":
        return [*lines, *_accepted(reply, verdict, on_the_device(entry), sandbox=sandbox, dry_run=dry_run)]
    lines += [entry.meaning, f"→ {entry.remedy}"]
    if entry.class_ in ("credential", "configuration", "token"):
        lines.append(
            "The answer is about this credential and this token. If mesibo's log shows another code for the same user,"
            " mesibo holds another credential or another token than the ones given here."
        )
    environments = ("BadDeviceToken", "BadCertificateEnvironment", "BadEnvironmentKeyInToken")
    if reply.provider == "apns" and reply.reason in environments:
        lines.append(
            f"→ Try again with{'out' if sandbox else ''} --sandbox: if Apple accepts it there, the token is of the"
            f" {'production' if sandbox else 'development'} environment (APS entitlement, Step 5)."
        )
    if entry.class_ == "provider_fault":
        lines.append(f"It is {who}, not mesibo: the same request fails without it.")
    return lines


def _accepted(reply: Reply, verdict: Verdict, remedy: str, *, sandbox: bool, dry_run: bool) -> list[str]:
    who = COMPANIES[reply.provider]
    credential = "certificate" if verdict.not_after is not None else "service account" if who == "Google" else "key"
    where = " in its sandbox" if sandbox else ""
    text = f"{who} accepts this token with this {credential}{where}. If mesibo's log shows a failure for the same user,"
    text += f" then what mesibo holds is another {credential} or another token: upload this one (Step 1), look at the"
    text += " user's token in the mesibo console (Step 2), and prove it: mesibo-logwatch push test USER."
    lines = [text]
    if sandbox:
        lines.append(
            "The token is of a development build: mesibo needs a certificate that is for development too, and a build"
            " from TestFlight or the App Store will have another token (Step 5)."
        )
    if dry_run:
        return [*lines, f"Nothing was sent to the phone: {who} only validated the request (--dry-run)."]
    return [*lines, f"If the phone shows nothing: {remedy}"]
