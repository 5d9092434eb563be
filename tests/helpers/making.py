"""Makes credentials of every kind, as Apple and Google do but for the signature: a CA of our own signs them."""

import datetime as dt
import json
import subprocess
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from logwatch.credentials.apple import DEVELOPMENT, PASS, PRODUCTION, TOPICS, VOIP

NOW = dt.datetime(2026, 11, 21, 10, 0, tzinfo=dt.UTC)
BUNDLE = "com.example.chat"
NULL = b"\x05\x00"
PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER
PKCS8 = serialization.PrivateFormat.PKCS8
OPEN = serialization.NoEncryption()
SECRET = "hunter2-of-the-p12"


@cache
def key(name="app"):
    """Make one key a name, for they take long."""
    curve = {"p8": ec.SECP256R1(), "P-521": ec.SECP521R1()}.get(name)
    return ec.generate_private_key(curve) if curve else rsa.generate_private_key(65537, 2048)


def tlv(tag, content):
    """Write one element of DER."""
    head = bytes([len(content)]) if len(content) < 128 else b"\x82" + len(content).to_bytes(2)
    return bytes([tag]) + head + content


def topics(*pairs):
    """Write Apple's extension 6.3.6."""
    inner = b"".join(tlv(12, name.encode()) + tlv(0x30, tlv(12, kind.encode())) for name, kind in pairs)
    return tlv(0x30, inner)


UNIVERSAL = {
    DEVELOPMENT: NULL,
    PRODUCTION: NULL,
    TOPICS: topics((BUNDLE, "app"), (f"{BUNDLE}.voip", "voip"), (f"{BUNDLE}.complication", "complication")),
}
KINDS = {
    "universal": (f"Apple Push Services: {BUNDLE}", BUNDLE, UNIVERSAL),
    "production": (f"Apple Production IOS Push Services: {BUNDLE}", BUNDLE, {PRODUCTION: NULL}),
    "development": (f"Apple Development IOS Push Services: {BUNDLE}", BUNDLE, {DEVELOPMENT: NULL}),
    "voip": (f"VoIP Services: {BUNDLE}", BUNDLE, {VOIP: NULL, DEVELOPMENT: NULL, PRODUCTION: NULL}),
    "pass": ("Pass Type ID: pass.com.example.card", "pass.com.example.card", {PASS: tlv(12, b"x"), PRODUCTION: NULL}),
    "website": ("Website Push ID: web.com.example", "web.com.example", {PRODUCTION: NULL}),
    "server": ("www.example.com", "", {}),
}


def name_of(common, user=""):
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, common)]
    if user:
        attributes.insert(0, x509.NameAttribute(NameOID.USER_ID, user))
    return x509.Name(attributes)


@cache
def authority():
    """Make the CA that signs the rest."""
    name = name_of("Test Worldwide Developer Relations")
    return (
        x509.CertificateBuilder(name, name, key("ca").public_key(), 1, NOW - dt.timedelta(900), NOW + dt.timedelta(900))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key("ca"), hashes.SHA256())
    )


def certificate(kind="universal", *, days=300, since=-60, owner="app", now=NOW):
    """Make a certificate that expires in ``days``."""
    common, user, extensions = KINDS[kind]
    made = (
        x509.CertificateBuilder()
        .subject_name(name_of(common, user))
        .issuer_name(authority().subject)
        .public_key(key(owner).public_key())
        .serial_number(7)
        .not_valid_before(now + dt.timedelta(since))
        .not_valid_after(now + dt.timedelta(days))
    )
    for oid, value in extensions.items():
        made = made.add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value), critical=False)
    return made.sign(key("ca"), hashes.SHA256())


def pem(certificate):
    return certificate.public_bytes(PEM)


def pem_key(name="app", secret=""):
    how = serialization.BestAvailableEncryption(secret.encode()) if secret else OPEN
    return key(name).private_bytes(PEM, PKCS8, how)


def p12(certificate, owner="app", secret="", *, with_key=True, chain=()):
    """Make a .p12 with today's ciphers; a key that is not the certificate's goes in beside it."""
    how = serialization.BestAvailableEncryption(secret.encode()) if secret else OPEN
    if certificate is None:
        return pkcs12.serialize_key_and_certificates(b"push", key(owner), None, None, how)
    if with_key and key(owner).public_key() != certificate.public_key():
        return pkcs12.serialize_key_and_certificates(b"push", key(owner), None, [certificate, *chain], how)
    if not with_key:
        return pkcs12.serialize_key_and_certificates(b"push", None, None, [certificate, *chain], how)
    return pkcs12.serialize_key_and_certificates(b"push", key(owner), certificate, list(chain) or None, how)


def old_p12(directory, certificate, secret=""):
    """Make a .p12 as Keychain Access of old did, with RC2 and SHA-1, by openssl's own command."""
    (directory / "k.pem").write_bytes(pem_key() + pem(certificate))
    command = ["openssl", "pkcs12", "-export", "-legacy", "-in", directory / "k.pem", "-passout", f"pass:{secret}"]
    return subprocess.run(command, check=True, capture_output=True).stdout


def account(project="chat-app", **changes):
    """Make a service account's JSON as Google's console does."""
    email = f"firebase-adminsdk-x1@{project}.iam.gserviceaccount.com"
    fields = {
        "type": "service_account",
        "project_id": project,
        "private_key_id": "0123456789abcdef0123456789abcdef01234567",
        "private_key": pem_key().decode(),
        "client_email": email,
        "client_id": "1",
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": "https://oauth2.googleapis.com/token",
        "universe_domain": "googleapis.com",
    } | changes
    return json.dumps({name: value for name, value in fields.items() if value is not None}).encode()


GOOGLE_SERVICES = json.dumps(
    {
        "project_info": {"project_number": "1", "project_id": "chat-app", "storage_bucket": "chat-app.appspot.com"},
        "client": [{"client_info": {"mobilesdk_app_id": "1:1:android:1"}, "api_key": [{"current_key": "AIza"}]}],
        "configuration_version": "1",
    }
).encode()
PLIST = b"""<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0"><dict><key>BUNDLE_ID</key><string>com.example.chat</string>
<key>GOOGLE_APP_ID</key><string>1:1:ios:1</string></dict></plist>
"""
