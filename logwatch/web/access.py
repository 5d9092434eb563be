"""Decide who may ask, and over what: by the web configuration file, read again when it or a file it names changes.

A changed file that cannot be used leaves the old one in force, and that is logged once: neither a typing error nor a
half-written certificate ever lets anybody in, or shuts anybody out.
"""

import dataclasses
import ipaddress
import os
import socket
import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import structlog
import tornado.httputil

from logwatch.config import Config, parse_listen
from logwatch.errors import Problem, WebError
from logwatch.web import auth, tls
from logwatch.web.file import WebFile, read

WHY = {421: "this name is not known here: add it to web.hosts, or use the address"}
"""What an answer of a status says, if HTTP's own words do not help."""
Signature = dict[Path, tuple[int, ...] | None]


class Refusal(NamedTuple):
    """How a request is refused."""

    status: int
    headers: dict[str, str]


@dataclasses.dataclass(frozen=True, slots=True)
class Settings:
    """A web configuration file, ready to use; without one, everybody may ask, in plain HTTP."""

    file: WebFile | None = None
    context: ssl.SSLContext | None = None

    @property
    def closed(self) -> bool:
        """Whether a password or a client's certificate is asked for."""
        if self.file is None:
            return False
        return bool(self.file.users) or (self.context is not None and self.context.verify_mode == ssl.CERT_REQUIRED)


def load(path: Path | None, *, exposed: bool) -> Settings:
    """Read the file at ``path``; WebError with every problem, such as neither TLS nor a password if ``exposed``."""
    if path is None:
        return Settings()
    file = read(path)
    settings = Settings(file, tls.context(file.tls) if file.tls else None)
    if exposed and not settings.closed and settings.context is None:
        raise WebError.at(
            str(path),
            "neither TLS nor a password, on an address that the network can reach",
            "anyone could read the push failures",
            "add tls_server_config and basic_auth_users, or set web.allow_plain_http = true",
        )
    return settings


def warnings(settings: Settings, config: Config) -> list[Problem]:
    """Return warnings about allowed but unsafe or useless settings, if ``settings`` are served as ``config`` says."""
    web = config.web
    if settings.context is not None and settings.context.verify_mode == ssl.CERT_REQUIRED:
        return [
            Problem(
                f"source {source.name}: webhook",
                "no call of mesibo's can come in",
                "web.config_file asks every client for a certificate, and mesibo has none",
                "basic_auth_users in place of client certificates: no password is asked for here; or a proxy with one",
                warning=True,
            )
            for source in config.source
            if source.webhook is not None
        ]
    if parse_listen(web.listen).loopback or settings.context or not (settings.closed or web.allow_plain_http):
        return []  # the last is an error of the configuration
    what = "the password travels in the clear" if settings.closed else "everybody in the network may read this"
    why = "there is no TLS" if settings.closed else "there is no TLS and no password, as web.allow_plain_http says"
    return [
        Problem(f"web.listen {web.listen}", what, why, "web.config_file with tls_server_config", warning=True),
    ]


def refuse_in_the_clear(config: Config, *, tls: bool) -> None:
    """Raise WebError if secrets of webhooks would travel unencrypted, unless that was asked for."""
    if tls or config.web.allow_plain_http or parse_listen(config.web.listen).loopback:
        return
    problems = [
        Problem(
            f"source {source.name}: webhook",
            f"would be served on {config.web.listen} without TLS",
            "its secret and who was pushed to would travel in the clear",
            "tls_server_config in web.config_file, 127.0.0.1 behind a proxy, or web.allow_plain_http = true",
        )
        for source in config.source
        if source.webhook is not None
    ]
    if problems:
        raise WebError(*problems)


class Access:
    """What is in force for one server; ``admit`` is asked before any handler runs."""

    def __init__(
        self,
        path: Path | None = None,
        *,
        exposed: bool = False,
        hosts: Iterable[str] = (),
        known: Path | None = None,
        prefix: str = "",
    ) -> None:
        self._path = path
        self._exposed = exposed
        self._hosts = {"localhost", socket.gethostname().lower(), *(host.lower().rstrip(".") for host in hosts)}
        self.prefix = prefix  # of links, if no proxy sends one
        self._log = structlog.get_logger()
        self._settings = Settings()
        self._signature: Signature = {}
        self.refused: Problem | None = None  # why the present file is not the one in force
        self._passwords = auth.Passwords(known=known)
        self.read()

    @property
    def context(self) -> ssl.SSLContext | None:
        """The TLS context for a new connection; None for plain HTTP."""
        return self._settings.context

    @property
    def headers(self) -> dict[str, str]:
        """The headers that every answer gets."""
        return self._settings.file.headers if self._settings.file else {}

    def warnings(self, config: Config) -> list[Problem]:
        """Return warnings about unsafe or useless settings, if this is served as ``config`` says."""
        return warnings(self._settings, config)

    def read(self) -> None:
        """Read the file now; on WebError the old settings stay in force."""
        settings = self._settings
        for _ in range(2):  # once more if it names other files than before: what changes meanwhile is to be read again
            self._signature = self._state(settings)
            try:
                settings = load(self._path, exposed=self._exposed)
            except WebError as error:
                self.refused = error.problems[0]
                raise
            if self._state(settings).keys() == self._signature.keys():
                break
        self._settings, self.refused = settings, None

    def reread(self) -> None:
        """Read the file again if it has changed or was refused (the cause may be gone)."""
        before = self.refused
        if before is None and self._state(self._settings) == self._signature:
            return
        try:
            self.read()
        except WebError as error:
            for problem in error.problems if self.refused != before else ():
                self._log.error(
                    "web_config_refused", problem=problem.headline, remedy=problem.try_, in_force="the old one"
                )
        else:
            self._log.info("web_config_read", path=str(self._path), tls=self.context is not None)

    def misled(self, request: tornado.httputil.HTTPServerRequest) -> Refusal | None:
        """Refuse a browser that came here by another site's name (DNS rebinding); None for everybody else.

        Neither an address nor a name without a dot can be rebound. Over TLS the certificate has already shown whose
        name it is, and a browser sends a password only to the name for which it was entered.
        """
        host = _host(request.headers.get("Host", ""))
        asked = self.context is not None or self._settings.closed
        return None if asked or "." not in host or host in self._hosts or _is_address(host) else Refusal(421, {})

    async def admit(self, request: tornado.httputil.HTTPServerRequest) -> Refusal | None:
        """Return why this request is refused; None if it is not."""
        file = self._settings.file
        if file is None:
            return None
        if file.tls and file.tls.client_allowed_sans:
            names = _names(request.get_ssl_certificate())
            if not names & set(file.tls.client_allowed_sans):
                return Refusal(403, {})
        if not file.users:
            return None
        given = auth.credentials(request.headers.get("Authorization", ""))
        try:
            if given and await self._passwords.accepts(file.users, *given, request.remote_ip or ""):
                return None
        except auth.BusyError:
            return Refusal(503, {"Retry-After": "1"})
        return Refusal(401, {"WWW-Authenticate": 'Basic realm="mesibo-logwatch", charset="UTF-8"'})

    def close(self) -> None:
        """Stop checking passwords."""
        self._passwords.close()

    def _state(self, settings: Settings) -> Signature:
        """Return the state, by path, of the file and of those that it names, which differs once one has changed."""
        paths = [self._path]
        if settings.file and settings.file.tls:
            paths += [settings.file.tls.cert_file, settings.file.tls.key_file, settings.file.tls.client_ca_file]
        return {path: _stamp(path) for path in paths if path}


def _stamp(path: Path) -> tuple[int, ...] | None:
    try:
        found = os.stat(path)  # noqa: PTH116  one call, whatever kind of path
    except OSError:
        return None
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _host(header: str) -> str:
    """Return the host of a Host header, without port, brackets and final dot, in lower case."""
    host = header.rpartition("]")[0].removeprefix("[") if header.startswith("[") else header.partition(":")[0]
    return host.strip().lower().rstrip(".")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _names(certificate: Any) -> set[str]:
    """Return the alternative names of a client's certificate, written as exporter-toolkit writes them."""
    names = certificate.get("subjectAltName", ()) if isinstance(certificate, dict) else ()
    return {value for kind, value in names if kind in ("DNS", "email", "IP Address", "URI")}
