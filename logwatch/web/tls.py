"""Make the TLS context that a web configuration file describes, or say which of its files cannot be used."""

import contextlib
import os
import ssl
from collections.abc import Iterator
from pathlib import Path

from logwatch.errors import Problem, WebError, in_words
from logwatch.regular_file import open_file
from logwatch.web.file import CIPHERS, CLIENT_AUTH, CURVES, VERSIONS, Tls


def context(tls: Tls) -> ssl.SSLContext:
    """Return the server's TLS context; WebError with every file that cannot be used."""
    problems: list[Problem] = []
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION  # both cost the server more than the client
    made.num_tickets = 1
    _versions(made, tls)
    if len(set(tls.curve_preferences)) == 1:
        problems += _curve(made, tls)
    with _files(tls, problems) as (cert, key, authority):
        for part, path in (("cert_file", cert), ("key_file", key), ("client_ca_file", authority)):
            if path and (why := _unreadable(path)):
                remedy = "make it readable for the service's user"
                problems.append(Problem(f"{tls.where}.{part}", f"{path} cannot be read", why, remedy))
        if not problems:
            problems += _load(made, tls, str(cert), str(key), str(authority or ""))
    if problems:
        raise WebError(*problems)
    return made


def _versions(made: ssl.SSLContext, tls: Tls) -> None:
    chosen = [CIPHERS[name] for name in tls.cipher_suites if name in CIPHERS]
    if chosen:
        made.set_ciphers(":".join(chosen))
    # If only ciphers of TLS 1.3 are named, no other version may be spoken, rather than older ones with every cipher
    only_13 = tls.cipher_suites and not chosen
    made.minimum_version = ssl.TLSVersion.TLSv1_3 if only_13 else VERSIONS[tls.min_version]
    made.maximum_version = VERSIONS[tls.max_version]
    if not tls.prefer_server_cipher_suites:
        made.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE


def _curve(made: ssl.SSLContext, tls: Tls) -> Iterator[Problem]:
    """Hold a context to the one curve that is named; yield a problem if that cannot be."""
    (name,) = set(tls.curve_preferences)
    try:
        made.set_ecdh_curve(CURVES[name])
    except (ssl.SSLError, ValueError) as error:  # Debian 12's Python has no X25519 here
        why = f"this Python cannot hold OpenSSL to it: {_said(error)}"
        yield Problem(f"{tls.where}.curve_preferences", f"{name} alone cannot be chosen", why, "CurveP256, or all four")


def _load(made: ssl.SSLContext, tls: Tls, cert: str, key: str, authority: str) -> Iterator[Problem]:
    """Load certificate, key and authority into a context; yield a problem for what cannot be used."""
    try:
        # OpenSSL would ask for a passphrase at the terminal, which a service does not have
        made.load_cert_chain(cert, key, password=lambda: "")
    except (OSError, ValueError) as error:  # OpenSSL refuses them, or one is gone since it was checked
        what = "certificate and key cannot be used together"
        remedy = "the PEM file of the certificate, its chain behind it, and its own key, without a passphrase"
        yield Problem(f"{tls.where}.cert_file", what, _said(error), remedy)
    if authority:
        try:
            made.load_verify_locations(authority)
        except (OSError, ValueError) as error:
            yield Problem(f"{tls.where}.client_ca_file", "holds no certificate of an authority", _said(error), "PEM")
    made.verify_mode = CLIENT_AUTH[tls.client_auth_type]


def _said(error: Exception) -> str:
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.lower().replace("_", " ")
    return in_words(error)


def _unreadable(path: Path) -> str:
    try:
        with open_file(path) as file:
            file.read(1)
    except OSError as error:
        return in_words(error)
    return ""


@contextlib.contextmanager
def _files(tls: Tls, problems: list[Problem]) -> Iterator[tuple[Path | None, Path | None, Path | None]]:
    """Yield certificate, key and authority as files; those that are in the web file itself never reach a disk.

    If no more files may be open, that is added to ``problems``.
    """
    open_: list[int] = []

    def path(file: Path | None, text: str) -> Path | None:
        if file or not text:
            return file
        try:
            open_.append(made := os.memfd_create("pem"))
            os.write(made, text.encode())
        except OSError as error:
            problems.append(Problem(tls.where, "cannot be loaded now", _said(error), "see `ulimit -n`"))
            return None
        return Path(f"/proc/self/fd/{made}")

    try:
        yield (
            path(tls.cert_file, tls.cert),
            path(tls.key_file, tls.key),
            path(tls.client_ca_file, tls.client_ca),
        )
    finally:
        for each in open_:
            os.close(each)
