"""Send one push to APNs over HTTP/2, with a certificate as mesibo does, or with a .p8 token.

Apple: developer.apple.com/documentation/usernotifications, "Sending notification requests to APNs" (headers, priority),
"Establishing a token-based connection" (ES256, iss, iat, kid).
"""

import json
import os
import re
import ssl
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import google.auth.crypt
import google.auth.jwt
import httpx
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from logwatch.credentials import read
from logwatch.credentials.verdict import Request, Verdict
from logwatch.events import quoted
from logwatch.privacy import readable
from logwatch.push.direct import DirectError, DirectPush, Reply, cannot_sign_in
from logwatch.push.transport import Transport, of_another, without_answer

PRODUCTION, SANDBOX = "https://api.push.apple.com", "https://api.sandbox.push.apple.com"
_TOKEN = re.compile(r"[0-9A-Fa-f]{64,200}", re.ASCII)
_TOPIC = re.compile(r"[!-~]+", re.ASCII)  # what a header may hold
_PRIORITY = {"background": "5", "alert": "10", "voip": "10"}  # Apple refuses a background push with 10
_SUFFIX = {"background": "", "alert": "", "voip": ".voip"}  # of the bundle ID in the topic
_SHOWN = 200


def send(
    push: DirectPush,
    request: Request,
    verdict: Verdict,
    transport: Transport,
    *,
    sandbox: bool,
    signing: tuple[str, str] | None,
) -> Reply:
    """Send a push and return Apple's answer; DirectError if it cannot be sent.

    ``signing`` are the ids of a .p8 key and of its team; without them the credential is a certificate.
    """
    if not _TOKEN.fullmatch(push.token):
        other = "; this is a Firebase token (Step 4): it needs --fcm" if ":" in push.token else ""
        raise DirectError.at(
            "--to",
            "this is not an APNs device token",
            f"those are 64 hexadecimal digits or more{other}",
            "take the token from the user's details in the mesibo console (Step 2)",
        )
    headers = {
        "apns-topic": push.topic or (verdict.bundle_id and f"{verdict.bundle_id}{_SUFFIX[push.style]}"),
        "apns-push-type": push.style,
        "apns-priority": _PRIORITY[push.style],
        "apns-expiration": "0",
    }
    context = transport.context()
    if signing:
        headers["authorization"] = f"bearer {_signed(request, *signing)}"
    else:
        _sign_in(context, request)
    if not _TOPIC.fullmatch(topic := headers["apns-topic"]):
        why = f"{quoted(topic)} is no app's" if topic else "the credential names no app"
        raise DirectError.at("--topic", "is needed", why, "--topic BUNDLE-ID")
    base = transport.base(SANDBOX if sandbox else PRODUCTION)
    try:
        url = f"{base}/3/device/{quote(push.token, safe='')}"
        answer = transport.post(url, context, headers=headers, content=json.dumps(_payload(push)).encode())
    except httpx.HTTPError as error:
        return without_answer("apns", base, error, None if signing else verdict)
    return _reply(answer, push.token)


def _payload(push: DirectPush) -> dict[str, Any]:
    if push.style == "alert":
        return {"aps": {"alert": {"title": "Test", "body": "A test push of mesibo-logwatch."}}}
    if push.style == "voip":
        return {"aps": {}, "mesibo-logwatch": "test"}
    return {"aps": {"content-available": 1}, "mesibo-logwatch": "test"}


def _reply(answer: httpx.Response, token: str) -> Reply:
    if answer.http_version != "HTTP/2":
        raise DirectError.at(
            answer.url.host, "no HTTP/2", f"{answer.http_version} came", "a proxy in between breaks APNs"
        )
    reason, since = "", ""
    try:
        found = answer.json()
        if isinstance(found, dict):
            reason = readable(str(found.get("reason", "")).replace(token, "***"))[:_SHOWN]
            if type(at := found.get("timestamp")) is int and 0 <= at < 1 << 45:  # no bool
                since = f"the token is dead since {time.strftime('%Y-%m-%d %H:%M', time.gmtime(at / 1000))} UTC"
    except (ValueError, RecursionError):
        pass  # an accepted push has no body
    identity = answer.headers.get("apns-id", "")[:_SHOWN]
    if answer.status_code == httpx.codes.OK and not identity:
        raise of_another("apns", answer, "apns-id")
    detail = since or (f"apns-id {readable(identity)}" if answer.status_code == httpx.codes.OK else "")
    return Reply("apns", answer.status_code, reason, detail)


def _signed(request: Request, key_id: str, team_id: str) -> str:
    """Return the token that signs in with a .p8 key, issued now; DirectError if the key cannot be used."""
    try:
        data, _ = read.content(Path(request.file))
        signer = google.auth.crypt.ES256Signer.from_string(data, key_id)
        encode: Any = google.auth.jwt.encode
        made: bytes = encode(signer, {"iss": team_id, "iat": int(time.time())})
    except (OSError, ValueError, TypeError) as error:
        why = getattr(error, "strerror", None) or "it is not an unencrypted EC key in PEM"
        raise DirectError.at(request.file, "the .p8 key cannot be used", why, "download it from Apple") from None
    return made.decode()


def _sign_in(context: ssl.SSLContext, request: Request) -> None:
    """Load certificate and key into the TLS context, through a file in memory, so that they never reach a disk."""
    certificates: list[x509.Certificate] = []
    key = None
    with suppress(OSError, ValueError, TypeError):
        certificates, key = _opened(request)
    if not certificates or key is None:
        raise cannot_sign_in(request, "no certificate with its private key comes out of it")
    pem = b"".join(each.public_bytes(serialization.Encoding.PEM) for each in certificates)
    pem += key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with os.fdopen(os.memfd_create("identity"), "wb") as file:
        file.write(pem)
        file.flush()
        try:
            context.load_cert_chain(f"/proc/self/fd/{file.fileno()}")
        except (ssl.SSLError, OSError):
            raise cannot_sign_in(request, "key and certificate do not belong together") from None


def _opened(request: Request) -> tuple[list[x509.Certificate], Any]:
    data, _ = read.content(Path(request.file))
    secret = read.password(request)
    if b"-----BEGIN " in data:
        key, _ = read.opened(serialization.load_pem_private_key, data, secret)
        return x509.load_pem_x509_certificates(data), key
    found, _ = read.opened(pkcs12.load_pkcs12, data, secret)
    if found is None or found.cert is None:
        return [], None
    return [found.cert.certificate, *(each.certificate for each in found.additional_certs)], found.key
