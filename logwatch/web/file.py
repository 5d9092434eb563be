"""Read a web configuration file in exporter-toolkit's format, or list everything that is wrong with it, by line.

The format is https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md: what is accepted
here, `promtool check web-config` accepts too. A setting whose meaning cannot be kept is refused, never ignored: a file
about security must do what it says. PyYAML was chosen since its nodes know their line and column.
"""

import dataclasses
import re
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import yaml

from logwatch.errors import Problem, WebError, did_you_mean, in_words
from logwatch.regular_file import open_file
from logwatch.tables import unnameable

LARGEST = 1 << 20
COSTLIEST = 15  # of bcrypt: two seconds of a core for one password
CLIENT_AUTH = {
    "NoClientCert": ssl.CERT_NONE,
    "RequestClientCert": ssl.CERT_NONE,  # a certificate that is never looked at need not be asked for
    "RequireAnyClientCert": ssl.CERT_NONE,  # refused below
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}
VERSIONS = {
    "TLS10": ssl.TLSVersion.TLSv1,
    "TLS11": ssl.TLSVersion.TLSv1_1,
    "TLS12": ssl.TLSVersion.TLSv1_2,
    "TLS13": ssl.TLSVersion.TLSv1_3,
}
CURVES = {"CurveP256": "prime256v1", "CurveP384": "secp384r1", "CurveP521": "secp521r1", "X25519": "X25519"}
# Go's name -> OpenSSL's. Those of TLS 1.3 cannot be chosen, neither in Go nor here: they are all in use.
CIPHERS_13 = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
CIPHERS = {
    f"TLS_ECDHE_{kind}_WITH_{go}": f"ECDHE-{kind}-{openssl}"
    for kind in ("ECDSA", "RSA")
    for go, openssl in (
        ("AES_128_GCM_SHA256", "AES128-GCM-SHA256"),
        ("AES_256_GCM_SHA384", "AES256-GCM-SHA384"),
        ("CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305"),
        ("AES_128_CBC_SHA", "AES128-SHA"),
        ("AES_256_CBC_SHA", "AES256-SHA"),
    )
}
HEADERS: dict[str, tuple[str, ...]] = {  # and the values that each may have; none: any
    "Content-Security-Policy": (),
    "Strict-Transport-Security": (),
    "X-Content-Type-Options": ("nosniff",),
    "X-Frame-Options": ("deny", "sameorigin"),
    "X-XSS-Protection": (),
}
# salt and digest fill their last letter only in part; bcrypt writes zeros there, and reads or finds nothing else
_BCRYPT = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]")


@dataclasses.dataclass(frozen=True, slots=True)
class Tls:
    """``tls_server_config``, its paths absolute."""

    where: str
    cert_file: Path | None = None
    key_file: Path | None = None
    cert: str = ""
    key: str = dataclasses.field(default="", repr=False)
    client_auth_type: str = "NoClientCert"
    client_ca_file: Path | None = None
    client_ca: str = ""
    client_allowed_sans: tuple[str, ...] = ()
    min_version: str = "TLS12"
    max_version: str = "TLS13"
    cipher_suites: tuple[str, ...] = ()
    prefer_server_cipher_suites: bool = True
    curve_preferences: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class WebFile:
    """A whole web configuration file."""

    tls: Tls | None = None
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    users: dict[str, str] = dataclasses.field(default_factory=dict, repr=False)  # name -> bcrypt hash


def read(path: Path) -> WebFile:
    """Read the file at ``path``; WebError with every problem in it."""
    where = str(path)
    try:
        with open_file(path) as file:
            raw = file.read(LARGEST + 1)
        if len(raw) > LARGEST:
            raise WebError.at(where, f"larger than {LARGEST} bytes", "this cannot be a web configuration file")
        root = yaml.compose(raw, Loader=yaml.SafeLoader)
    except OSError as error:
        raise WebError.at(
            where,
            "the web configuration file cannot be read",
            in_words(error),
            "check web.config_file, and that the service's user may read it",
        ) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{where}:{mark.line + 1}:{mark.column + 1}" if mark else where
        raise WebError.at(
            place, "not valid YAML", error.problem or "", "indent with blanks, and put $ signs in quotes"
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else str(error).splitlines()[0]
        raise WebError.at(where, "not valid YAML", why, "write it as UTF-8 text") from None
    return _Reading(path).file(root)


T = TypeVar("T")
ReadValue = Callable[[yaml.Node, str], Any]


class _Reading:
    """One pass over the nodes of a file, collecting problems on the way."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._problems: list[Problem] = []

    def file(self, root: yaml.Node | None) -> WebFile:
        found = self._table(
            root,
            "",
            {
                "tls_server_config": self._tls,
                "http_server_config": self._http,
                "basic_auth_users": self._users,
                "rate_limit": self._rate_limit,
            },
        )
        if self._problems:
            raise WebError(*self._problems)
        return WebFile(
            found.get("tls_server_config"),
            found.get("http_server_config") or {},
            found.get("basic_auth_users") or {},
        )

    def _problem(self, node: yaml.Node, key: str, what: str, why: str = "", try_: str = "") -> None:
        place = f"{self._path}:{node.start_mark.line + 1}:{node.start_mark.column + 1}"
        self._problems.append(Problem(f"{place}: {key}" if key else place, what, why, try_))

    def _pairs(self, node: yaml.Node | None, key: str) -> list[tuple[str, yaml.Node, yaml.Node]]:
        """Return (name, its node, value) of a mapping, each name once; an empty value is an empty mapping."""
        if node is None or (isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"):
            return []
        if not isinstance(node, yaml.MappingNode):
            self._problem(node, key, "names with values are expected here", try_="name: value, one a line")
            return []
        seen: set[str] = set()
        pairs: list[tuple[str, yaml.Node, yaml.Node]] = []
        for name, value in node.value:
            if not isinstance(name, yaml.ScalarNode):
                self._problem(name, key, "a name is expected here")
            elif name.value in seen:
                self._problem(name, f"{key}.{name.value}" if key else name.value, "is here twice")
            else:
                seen.add(name.value)
                pairs.append((name.value, name, value))
        return pairs

    def _table(self, node: yaml.Node | None, key: str, readers: dict[str, ReadValue]) -> dict[str, Any]:
        found = {}
        for name, at, value in self._pairs(node, key):
            inner = f"{key}.{name}" if key else name
            if name in readers:
                if not (isinstance(value, yaml.ScalarNode) and value.tag == "tag:yaml.org,2002:null"):
                    found[name] = readers[name](value, inner)
            else:
                remedy = did_you_mean(name, readers) or f"known here: {', '.join(readers)}"
                self._problem(at, inner, "unknown key", try_=remedy)
        return found

    def _text(self, node: yaml.Node, key: str) -> str:
        if not isinstance(node, yaml.ScalarNode):
            self._problem(node, key, "one value is expected here")
            return ""
        return str(node.value)

    def _truth(self, node: yaml.Node, key: str) -> bool:
        known = yaml.SafeLoader.bool_values
        if isinstance(node, yaml.ScalarNode) and node.value.lower() in known:
            return bool(known[node.value.lower()])
        self._problem(node, key, "cannot be used", try_="true or false")
        return True

    def _one_of(self, *choices: str) -> ReadValue:
        def reader(node: yaml.Node, key: str) -> str:
            text = self._text(node, key)
            if text not in choices:
                self._problem(node, key, f'"{text}" cannot be used', try_=f"one of {', '.join(filter(None, choices))}")
            return text

        return reader

    def _list_of(self, one: ReadValue) -> ReadValue:
        def reader(node: yaml.Node, key: str) -> tuple[str, ...]:
            if not isinstance(node, yaml.SequenceNode):
                self._problem(node, key, "a list is expected here", try_="[one, two]")
                return ()
            return tuple(one(item, key) for item in node.value)

        return reader

    def _file(self, node: yaml.Node, key: str) -> Path | None:
        text = self._text(node, key)
        why, remedy = unnameable(text)
        if why:
            self._problem(node, key, why, try_=remedy)
            return None
        return self._path.parent / text if text else None

    def _tls(self, node: yaml.Node, key: str) -> Tls:
        before = len(self._problems)
        found = self._table(
            node,
            key,
            {
                "cert_file": self._file,
                "key_file": self._file,
                "cert": self._text,
                "key": self._text,
                "client_auth_type": self._one_of("", *sorted(CLIENT_AUTH)),
                "client_ca_file": self._file,
                "client_ca": self._text,
                "client_allowed_sans": self._list_of(self._text),
                "min_version": self._one_of(*VERSIONS),
                "max_version": self._one_of(*VERSIONS),
                "cipher_suites": self._list_of(self._one_of(*CIPHERS, *CIPHERS_13)),
                "prefer_server_cipher_suites": self._truth,
                "curve_preferences": self._list_of(self._one_of(*CURVES)),
            },
        )
        found = {name: value for name, value in found.items() if value not in (None, "")}
        tls = Tls(where=f"{self._path}:{node.start_mark.line + 1}: {key}", **found)
        for setting, *problem in _contradictions(tls) if len(self._problems) == before else ():
            self._problem(node, f"{key}.{setting}" if setting else key, *problem)
        return tls

    def _http(self, node: yaml.Node, key: str) -> dict[str, str]:
        found = self._table(node, key, {"http2": self._truth, "headers": self._headers})
        headers: dict[str, str] = found.get("headers") or {}
        return headers

    def _headers(self, node: yaml.Node, key: str) -> dict[str, str]:
        found = self._table(node, key, dict.fromkeys(HEADERS, self._text))
        for name, value in found.items():
            if HEADERS[name] and value not in HEADERS[name]:
                self._problem(node, f"{key}.{name}", f'"{value}" cannot be used', try_=" or ".join(HEADERS[name]))
            if not (value.isprintable() and value.isascii()):
                self._problem(node, f"{key}.{name}", "cannot be sent as a header", try_="one line of ASCII text")
        return found

    def _users(self, node: yaml.Node, key: str) -> dict[str, str]:
        users = {}
        for name, _, value in self._pairs(node, key):
            users[name] = self._text(value, f"{key}.{name}")
            for problem in _wrong_with_user(name, users[name]):
                self._problem(value, f"{key}.{name}", *problem)
        return users

    def _rate_limit(self, node: yaml.Node, key: str) -> None:
        self._problem(
            node,
            key,
            "is not supported here",
            "a limit for all clients together lets one of them keep Prometheus out; connections are bounded instead",
            "remove it",
        )


def _contradictions(tls: Tls) -> Iterator[tuple[str, str, str, str]]:
    """Yield what is wrong with settings together: the setting, what, why, and what to try."""
    for part, file, text in (("cert", tls.cert_file, tls.cert), ("key", tls.key_file, tls.key)):
        if bool(file) == bool(text):
            what = f"{part}_file is missing" if not file else f"{part} and {part}_file are both there"
            yield "", what, "TLS needs one certificate and one key", f"{part}_file: PATH"
    asked, authority = tls.client_auth_type, bool(tls.client_ca_file or tls.client_ca)
    of_each = "client_auth_type: RequireAndVerifyClientCert"
    if asked == "RequireAnyClientCert":
        why = "it lets in whoever makes a certificate, and Python cannot ask for one without checking it"
        remedy = "RequireAndVerifyClientCert with client_ca_file"
        yield "client_auth_type", "RequireAnyClientCert is not supported here", why, remedy
    elif CLIENT_AUTH[asked] != ssl.CERT_NONE and not authority:
        why = f"{asked} would let in whoever has a public certificate"
        yield "client_ca_file", "missing", why, "client_ca_file: PATH"
    elif authority and asked == "NoClientCert":
        yield "client_auth_type", "missing", "an authority is named, and nobody is asked for a certificate", of_each
    if tls.client_allowed_sans and asked != "RequireAndVerifyClientCert":
        yield "client_allowed_sans", "has no effect without a certificate of each client", "", of_each
    if VERSIONS[tls.min_version] > VERSIONS[tls.max_version]:
        yield "min_version", f"{tls.min_version} is above max_version {tls.max_version}", "", ""
    if len(set(tls.curve_preferences)) not in (0, 1, len(CURVES)):
        why = "Python can hold OpenSSL to one curve, or leave it all of them"
        yield "curve_preferences", "some of several curves cannot be chosen here", why, "one curve, all four, or none"


def _wrong_with_user(name: str, hashed: str) -> Iterator[tuple[str, str, str]]:
    """Yield what is wrong with a user: what, why, and what to try."""
    found = _BCRYPT.fullmatch(hashed)
    cost = int(found[1]) if found else 0
    if not 4 <= cost <= 31:  # noqa: PLR2004  bcrypt's own bounds
        yield "no bcrypt hash", "passwords must be hashes here, as they were made", "htpasswd -nBC 10 '' | tr -d ':\\n'"
    elif cost > COSTLIEST:
        yield f"bcrypt cost {cost}", "to check one password would take longer than a scrape may", "a cost of 10 to 12"
    if not name or ":" in name:
        yield "no user can have this name", "a colon ends it", ""
