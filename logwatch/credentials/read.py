"""Read credential files with ``cryptography``: bytes go in, facts or a verdict come out, keys stay here.

Runs in the short-lived process (see ``__main__``) and in ``push direct``. Files are recognised by content, not by name.
"""

import json
import re
import warnings
from codecs import BOM_UTF8
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from logwatch.credentials import apple, google
from logwatch.credentials.verdict import PushService, Request, Verdict, flaw, of_file
from logwatch.errors import in_words
from logwatch.regular_file import LARGEST_SECRET, handed, open_file
from logwatch.secret import EVERYBODY, SecretError, read_line, readers

_PEM = b"-----BEGIN "
_BEGINS = re.compile(r"-----BEGIN [A-Z ]+-----[ \t]*\r?\n")


class Unreadable(ValueError):  # noqa: N818  a fact about a file
    """A file is not what it should be; the text says why and quotes nothing of it."""


class NoPassword(Unreadable):
    """The file that holds the password cannot be read."""


def verdict(request: Request, now: float) -> Verdict:
    """Check one file; return a verdict whatever it holds."""
    try:
        data, open_to = content(Path(request.file))
    except (OSError, Unreadable) as error:
        return _bare(request, "unreadable", f"The file cannot be read: {in_words(error)}.")
    try:
        found = _judged(request, data, now)
    except NoPassword as error:
        return _bare(request, "unreadable", f"The file cannot be opened: {error}.", data)
    except Unreadable as error:
        return _bare(request, "damaged", f"The file cannot be understood: {error}.", data)
    except Exception as error:  # noqa: BLE001  whatever the library raises for a damaged file; its text could quote it
        return _bare(request, "damaged", f"The file cannot be understood ({type(error).__name__}).", data)
    if open_to and found.key:
        kind, who = ("others_may_read", "everybody") if open_to & EVERYBODY else ("group_may_read", "its group")
        note = flaw(kind, f"The file holds a private key, and {who} on this host may read it.", "note")
        found = msgspec.structs.replace(found, flaws=(*found.flaws, note))
    return found


def content(path: Path) -> tuple[bytes, int]:
    """Return a regular file's bytes, and who may read it; Unreadable if empty or too large, else OSError."""
    copy = handed(path)
    with open_file(copy or path) as file:
        data = file.read(LARGEST_SECRET + 1)
    if len(data) > LARGEST_SECRET:
        raise Unreadable(f"it is larger than {LARGEST_SECRET} bytes")
    if not data:
        raise Unreadable("it is empty")
    return data, 0 if copy else readers(path)  # what systemd passes is for this service alone


def password(request: Request) -> bytes | None:
    """Return the one line of the request's password file; None if it names none."""
    if not request.password_file:
        return None
    try:
        return read_line(Path(request.password_file), "the password").encode()
    except SecretError as error:
        raise NoPassword(f"its password_file cannot be read: {error.problems[0].why}") from None


def _bare(request: Request, kind: str, what: str, data: bytes = b"") -> Verdict:
    """Return a verdict on a file that cannot be read, opened or understood."""
    provider: PushService = "fcm" if data.lstrip()[:1] in (b"{", b"[") else request.provider
    code = {"damaged": 401 if provider == "fcm" else 904}.get(kind)
    return of_file(request, provider, "file", flaw(kind, what, code=code))


def _judged(request: Request, data: bytes, now: float) -> Verdict:
    text = data.removeprefix(BOM_UTF8).lstrip()
    if text[:1] in (b"{", b"["):
        return _json(request, text)
    if b"GOOGLE_APP_ID" in data:
        what = "This is a GoogleService-Info.plist, which belongs in the iOS app; it is not a service account."
        return of_file(request, "fcm", "plist", flaw("client_file", what))
    if b"<key>AppIDName</key>" in data:
        return _other(request, "provisioning_profile", "This is a provisioning profile, not a certificate.")
    holding = _pem(request, data) if _PEM in data else _der(request, data)
    return apple.judge(request, holding, now) if isinstance(holding, apple.Holding) else holding


def _other(request: Request, kind: str, what: str) -> Verdict:
    return of_file(request, "apns", "file", flaw(kind, what))


def _json(request: Request, text: bytes) -> Verdict:
    try:
        found = json.loads(text)
    except RecursionError:
        raise Unreadable("its JSON nests too deep") from None
    except ValueError as error:
        line = getattr(error, "lineno", 0)
        raise Unreadable(f"no valid JSON{f' (line {line})' if line else ''}") from None
    if not isinstance(found, dict):
        raise Unreadable("its JSON is not an object")
    return google.judge(request, found, _unusable)


def _unusable(key: str) -> str:
    """Return why a PEM key of a service account cannot be used; an empty text if it can."""
    if _PEM.decode() in key and not _BEGINS.search(key):  # the library used here would read it all the same
        return "its line breaks are gone, or escaped twice, and OpenSSL finds no key without them"
    try:
        loaded = serialization.load_pem_private_key(key.encode(), None)
    except Exception:  # noqa: BLE001  ValueError, TypeError (encrypted) and others; their texts add nothing
        return "it is not a private key in PEM, or it was cut"
    return "" if isinstance(loaded, rsa.RSAPrivateKey) else "it is not an RSA key"


def _pem(request: Request, data: bytes) -> apple.Holding | Verdict:
    if b" CERTIFICATE REQUEST-----" in data:
        return _other(request, "signing_request", "This is a certificate signing request, not a certificate.")
    key, locked, by_password = None, False, False
    if b"PRIVATE KEY-----" in data:
        key, by_password = opened(serialization.load_pem_private_key, data, password(request))
        locked = key is None
    if b"-----BEGIN CERTIFICATE-----" not in data:
        return _key_alone(request, data, key)
    if locked:
        what = "The private key in the file is encrypted, and does not open"
        return _other(request, "locked", f"{what} with the given password." if request.password_file else f"{what}.")
    certificates = x509.load_pem_x509_certificates(data)
    return _holding(".pem", certificates, key, by_password=by_password)


def _key_alone(request: Request, data: bytes, key: Any) -> Verdict:
    if b"PRIVATE KEY-----" not in data:
        return _other(
            request, "no_certificate", "This is PEM of another kind, neither a certificate nor a private key."
        )
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):  # as ES256 wants it
        return _other(
            request,
            "signing_key",
            "This is a private key alone, as Apple's .p8 for token authentication: no certificate.",
        )
    state = ", encrypted or damaged" if key is None else ""
    return _other(request, "no_certificate", f"This is a private key alone{state}; its certificate is missing.")


def _der(request: Request, data: bytes) -> apple.Holding | Verdict:
    try:
        return _holding(".cer", [x509.load_der_x509_certificate(data)], None)
    except ValueError:
        pass
    if b"\x02\x01\x03" not in data[:12]:  # the version, with which PFX begins (RFC 7292)
        raise Unreadable("it is neither a .p12, a certificate, a key nor JSON")
    found, by_password = opened(pkcs12.load_pkcs12, data, password(request))
    if found is None:
        how = "with the given password" if request.password_file else "without a password"
        return _other(request, "locked", f"The .p12 does not open {how}, or is damaged.")
    certificates = [each.certificate for each in (found.cert, *found.additional_certs) if each is not None]
    if not certificates:
        raise Unreadable("the .p12 holds no certificate")
    # found.cert is the key's own certificate: if there is none, none of the others is the key's
    return _holding(".p12", certificates, found.key, by_password=by_password)


def opened(load: Callable[..., Any], data: bytes, secret: bytes | None) -> tuple[Any, bool]:
    """Open without a password, as mesibo would, then with the given one; return (None, False) if neither works."""
    for attempt in (None, b"", *([secret] if secret else [])):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about old ciphers: they are what Keychain Access writes
                return load(data, attempt), attempt == secret and bool(secret)
        except (ValueError, TypeError):
            continue
    return None, False


def _holding(form: str, certificates: list[x509.Certificate], key: Any, *, by_password: bool = False) -> apple.Holding:
    parsed = [(certificate, said_by(certificate)) for certificate in certificates]
    mine = _public(key) if key is not None else b""
    own = next((pair for pair in parsed if _public(pair[0]) == mine), None)
    best = own or max(parsed, key=lambda pair: (pair[1].apple, bool(pair[1].user_id), not pair[1].authority))
    return apple.Holding(form, best[1], key=key is not None, fits=own is not None, password=by_password)


def _public(holder: Any) -> bytes:
    found: bytes = holder.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return found


def said_by(certificate: x509.Certificate) -> apple.Certificate:
    """Return what a certificate says of itself."""

    def named(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
        return next((str(attribute.value) for attribute in name.get_attributes_for_oid(oid)), "")

    extensions: dict[str, bytes] = {}
    authority = False
    for extension in certificate.extensions:
        if isinstance(extension.value, x509.UnrecognizedExtension):
            extensions[extension.oid.dotted_string] = extension.value.value
        elif isinstance(extension.value, x509.BasicConstraints):
            authority = extension.value.ca
    return apple.Certificate(
        common_name=named(certificate.subject, NameOID.COMMON_NAME),
        user_id=named(certificate.subject, NameOID.USER_ID),
        issuer=named(certificate.issuer, NameOID.COMMON_NAME),
        not_before=certificate.not_valid_before_utc.timestamp(),
        not_after=certificate.not_valid_after_utc.timestamp(),
        authority=authority,
        extensions=extensions,
    )
