"""Judge what an Apple credential file holds: pure functions from parsed facts to a verdict.

Apple's extensions: 1.2.840.113635.100.6.3.1 development, .2 production, .4 VoIP, .6 the topics of a universal
certificate; 1.2.840.113635.100.6.1.16 a Wallet pass, which has .2 as well. UID in the subject is the bundle ID.
(node-apn lib/credentials/certificate/oids.js; jchambers/pushy PushType.java and its test certificates.)
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from logwatch.credentials.verdict import (
    DAY_SECONDS,
    MOST_TOPICS,
    TICKET_SECONDS,
    Environment,
    Flaw,
    Request,
    Topic,
    Verdict,
    flaw,
    safe_text,
    when,
)

_APPLE = "1.2.840.113635.100."
DEVELOPMENT, PRODUCTION, VOIP, TOPICS = (f"{_APPLE}6.3.{n}" for n in (1, 2, 4, 6))
PASS = f"{_APPLE}6.1.16"
_SEQUENCE, _UTF8 = 0x30, 0x0C


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says of itself; times are seconds since the epoch, extensions map OIDs to DER."""

    common_name: str
    user_id: str
    issuer: str
    not_before: float
    not_after: float
    authority: bool = False  # it signs other certificates
    extensions: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def apple(self) -> bool:
        """Whether it has one of Apple's extensions for push or passes."""
        return bool(self.extensions.keys() & {DEVELOPMENT, PRODUCTION, VOIP, TOPICS, PASS})


@dataclass(frozen=True, slots=True)
class Holding:
    """What a file holds: a certificate, whether it has the matching key, and whether it took a password to open."""

    form: str  # ".p12", ".pem" or ".cer"
    certificate: Certificate
    key: bool = False
    fits: bool = True  # the key is the certificate's
    password: bool = False  # it opens only with a password


def judge(request: Request, holding: Holding, now: float) -> Verdict:
    """Return the verdict on a certificate; ``now``, in seconds since the epoch, is what its dates are compared with."""
    certificate = holding.certificate
    topics = _topics(certificate)
    bundle = next((t.name for t in topics if t.kind in ("app", "")), "") or certificate.user_id
    environment = _environment(certificate)
    flaws = [*_file(holding), *_purpose(request, certificate, topics), *_dates(certificate, now)]
    flaws += _expected(request, environment, topics)
    push = certificate.apple and PASS not in certificate.extensions
    return Verdict(
        name=request.name,
        file=request.file,
        provider="apns",
        form=f"{'Apple push certificate' if push else 'certificate'} in a {holding.form}",
        subject=safe_text(certificate.common_name),
        issuer=safe_text(certificate.issuer),
        bundle_id=safe_text(bundle.removesuffix(".voip")),
        topics=topics,
        environment=environment,
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        key=holding.key,
        flaws=tuple(flaws),
    )


def _environment(certificate: Certificate) -> Environment:
    found = certificate.extensions
    if PASS in found:
        return ""
    if found.keys() & {TOPICS, VOIP, DEVELOPMENT} and (DEVELOPMENT in found) == (PRODUCTION in found):
        return "both"
    return "production" if PRODUCTION in found else "development" if DEVELOPMENT in found else ""


def _topics(certificate: Certificate) -> tuple[Topic, ...]:
    """Return the topics that Apple's extension lists, else the one that the subject names."""
    if TOPICS in certificate.extensions:
        try:
            return tuple(topics_of(certificate.extensions[TOPICS]))[:MOST_TOPICS]
        except ValueError:
            pass  # the extension cannot be read: the subject has to do
    if not certificate.user_id:
        return ()
    if VOIP in certificate.extensions or certificate.common_name.startswith("VoIP Services:"):
        return (Topic(safe_text(certificate.user_id.removesuffix(".voip") + ".voip"), "voip"),)
    return (Topic(safe_text(certificate.user_id)),)


def topics_of(value: bytes) -> Iterator[Topic]:
    """Read extension 6.3.6, ``SEQUENCE {UTF8String topic, SEQUENCE {UTF8String kind, …}, …}``; else ValueError."""
    ((tag, content),) = _elements(value)
    inner = list(_elements(content)) if tag == _SEQUENCE else []
    if not inner or len(inner) % 2:
        raise ValueError("no list of topics")
    for (name_tag, name), (kinds_tag, kinds) in zip(inner[::2], inner[1::2], strict=True):
        if name_tag != _UTF8 or kinds_tag != _SEQUENCE:
            raise ValueError("no list of topics")
        first = next((text for tag, text in _elements(kinds) if tag == _UTF8), b"")
        yield Topic(safe_text(name.decode()), safe_text(first.decode()))


def _elements(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Split DER into tags and contents; ValueError if a length does not fit."""
    while der:
        head = 2
        if len(der) < head:
            raise ValueError("cut short")
        length = der[1]
        if length >= 0x80:  # noqa: PLR2004  the long form: so many bytes of length follow
            head += length & 0x7F
            length = int.from_bytes(der[2:head])
        if len(der) < head + length or head > 6:  # noqa: PLR2004  no extension is that long
            raise ValueError("cut short")
        yield der[0], der[head : head + length]
        der = der[head + length :]


def _file(holding: Holding) -> Iterator[Flaw]:
    if holding.password:
        yield flaw("password", "The file opens only with a password.")
    if holding.key and not holding.fits:
        yield flaw("key_mismatch", "The private key in the file does not belong to the certificate.")
    if not holding.key:
        if holding.form == ".p12":
            yield flaw("no_key", "The file holds a certificate without its private key.")
        else:
            yield flaw(
                "no_key",
                "The file holds a certificate without its private key: enough to watch its date, not to push with.",
                "note",
            )
    elif holding.form != ".p12":
        yield flaw("not_p12", f"mesibo accepts a .p12; this is a {holding.form}.", "note")


def _purpose(request: Request, certificate: Certificate, topics: tuple[Topic, ...]) -> Iterator[Flaw]:
    name, uid = certificate.common_name, certificate.user_id
    if PASS in certificate.extensions or name.startswith("Pass Type ID:") or uid.startswith("pass."):
        yield flaw("pass_certificate", f'"{safe_text(name)}" is a certificate for Wallet passes, not for push.')
    elif name.startswith("Website Push ID:") or uid.startswith("web."):
        yield flaw(
            "website_certificate", f'"{safe_text(name)}" is a certificate for pushes of a website, not of an app.'
        )
    elif not certificate.apple:
        what = "of a website or server" if not name.startswith("Apple ") else "that names Apple but is not for push"
        yield flaw("not_push", f'"{safe_text(name)}" has none of Apple\'s push extensions: it is a certificate {what}.')
    elif DEVELOPMENT in certificate.extensions and PRODUCTION not in certificate.extensions:
        meant = request.environment == "development"
        what = "The certificate is for development (sandbox) only."
        yield flaw("development", what, "note" if meant else "problem")
    if topics and certificate.apple and all(topic.kind == "voip" for topic in topics):
        yield flaw("voip_only", f"The certificate is for VoIP pushes only ({topics[0].name}).")


def _dates(certificate: Certificate, now: float) -> Iterator[Flaw]:
    left = certificate.not_after - now
    if left <= 0:
        yield flaw("expired", f"The certificate expired on {when(certificate.not_after)}.")
    elif certificate.not_before > now:
        yield flaw("not_yet_valid", f"The certificate is not valid before {when(certificate.not_before)}.")
    elif left <= TICKET_SECONDS:
        days = int(left // DAY_SECONDS)
        rest = f"{days} day{'s' if days != 1 else ''}" if days else "less than a day"
        yield flaw(
            "expires_soon",
            f"The certificate expires in {rest}: every iOS push will fail with 903 from {when(certificate.not_after)}.",
            "warning",
        )


def _expected(request: Request, environment: str, topics: tuple[Topic, ...]) -> Iterator[Flaw]:
    names = [topic.name for topic in topics]
    if request.bundle_id and names and request.bundle_id not in names:
        if f"{request.bundle_id}.voip" in names:
            return  # reported as voip_only
        there = ", ".join(names)
        yield flaw("bundle_id", f"The certificate is for {there}, not for {safe_text(request.bundle_id)}.")
    if request.environment and environment and environment not in ("both", request.environment):
        if request.environment == "production":
            return  # reported as development
        yield flaw("environment", f"The certificate is for {environment} only, not for {request.environment}.")
