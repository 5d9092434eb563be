"""The settings: each table is a struct with its defaults and the checks that involve several of its values."""

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Meta, field

from logwatch.config.listen import parse_listen
from logwatch.config.sources import Source
from logwatch.errors import Problem
from logwatch.tables import FilePath, Name, Table, Text, UserName, Word

Seconds = Annotated[float, Meta(ge=0.05, le=60.0, description="seconds, 0.05 to 60")]


class Follow(Table, frozen=True, kw_only=True):
    """How files are followed."""

    wake: Literal["auto", "inotify", "poll"] = "auto"
    poll_seconds: Seconds = 1.0
    max_line_bytes: Annotated[int, Meta(ge=1024, le=1 << 20, description="bytes, 1024 to 1048576")] = 65536
    release_seconds: Annotated[float, Meta(ge=0, le=7 * 86400, description="seconds, 0 to 604800")] = 600.0


class State(Table, frozen=True, kw_only=True):
    """Where the ledger lives and how often it is written."""

    directory: FilePath = "/var/lib/mesibo-logwatch"
    commit_seconds: Seconds = 1.0


class Web(Table, frozen=True, kw_only=True):
    """Where metrics and pages are served."""

    listen: Annotated[str, Meta(description='an address such as "127.0.0.1:10914"')] = "127.0.0.1:10914"
    allow_plain_http: bool = False
    config_file: FilePath | None = None
    hosts: tuple[Text, ...] = ()
    prefix: Annotated[
        str, Meta(pattern=r"^((/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+)?\Z", description="a path such as /mesibo")
    ] = ""

    @property
    def file(self) -> Path | None:
        """The web configuration file."""
        return Path(self.config_file) if self.config_file else None

    @property
    def names(self) -> tuple[str, ...]:
        """The names by which it may be asked, besides this host's own."""
        return (*self.hosts, parse_listen(self.listen).host)

    @property
    def exposed(self) -> bool:
        """Whether other hosts can connect, and ``allow_plain_http`` does not allow them plain HTTP."""
        return not parse_listen(self.listen).loopback and not self.allow_plain_http

    def contradictions(self, where: str) -> list[Problem]:
        """Refuse to serve other hosts in plain HTTP unless that was asked for."""
        try:
            listen = parse_listen(self.listen)
        except ValueError as error:
            return [Problem(f"{where}.listen", f'"{self.listen}" is not an address', str(error), '"127.0.0.1:10914"')]
        if listen.loopback or self.config_file or self.allow_plain_http:
            return []
        return [
            Problem(
                f"{where}.listen",
                f'"{self.listen}" is reachable from the network without TLS or a password',
                "anyone could read the push failures",
                "set web.config_file, listen on 127.0.0.1, or allow_plain_http = true where the network is trusted",
            )
        ]


class Failures(Table, frozen=True, kw_only=True):
    """How many recent failures are kept, and for how long."""

    keep: Annotated[int, Meta(ge=0, le=1_000_000, description="a number, 0 to 1000000")] = 10000
    retention_days: Annotated[float, Meta(gt=0, le=3650, description="days, up to 3650")] = 30.0


class Privacy(Table, frozen=True, kw_only=True):
    """How user addresses and tokens are stored and shown."""

    identifiers: Literal["mask", "hash", "plain"] = "mask"


class Log(Table, frozen=True, kw_only=True):
    """The daemon's own log."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "json", "console"] = "auto"


class Grammars(Table, frozen=True, kw_only=True):
    """Where grammars are looked for, before the shipped ones."""

    directories: tuple[FilePath, ...] = ("/etc/mesibo-logwatch/grammars",)

    @property
    def paths(self) -> list[Path]:
        """The directories, in the order in which they are searched."""
        return [Path(each) for each in self.directories]

    @property
    def own(self) -> str:
        """Where a new grammar goes."""
        return next(iter(self.directories), ".")


class CatalogueFile(Table, frozen=True, kw_only=True):
    """An operator's additions to the catalogue of codes."""

    file: FilePath | None = None

    @property
    def path(self) -> Path | None:
        """The file, where one is named."""
        return Path(self.file) if self.file else None


class Credential(Table, frozen=True, kw_only=True):
    """A push credential to check every hour, and what it is meant for."""

    name: Name
    file: FilePath
    password_file: FilePath | None = None
    bundle_id: Text | None = None
    project: Text | None = None
    environment: Literal["production", "development"] | None = None


class Backend(Table, frozen=True, kw_only=True):
    """mesibo's backend API, for ``push test`` and ``push debug``; the daemon never uses it.

    The field names are a guess, since mesibo's page on these operations is not fully public; the backend names a field
    that it misses.
    """

    url: Text | None = None
    token_file: FilePath | None = None
    users_field: Name = "users"
    users_form: Literal["list", "single"] = "list"
    debug_field: Name = "enable"

    def contradictions(self, where: str) -> list[Problem]:
        """Demand a usable address that holds no secret, since it is shown and logged."""
        if self.url is None or not (why := bad_url(self.url)):
            return []
        return [Problem(f"{where}.url", "cannot be used", why, "https://your-server/backend; the token in token_file")]


def bad_url(url: str) -> str:
    """Return why an address of the backend cannot be used, without quoting it; empty if it can."""
    if why := bad_address(url):
        return why
    parts = urlsplit(url)
    if parts.username or parts.password or "token=" in parts.query:
        return "it holds a secret, and addresses are shown and logged"
    return ""


def bad_address(url: str) -> str:
    """Return why nothing can be asked of or sent to an address, without quoting it; empty if something can."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "its host or its port is not valid"
    if not url.isprintable() or " " in url:  # a blank would end the address in a request line
        return "it has a blank or a control character in it"
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        return "an address begins with http:// or https:// and names a host"
    return ""


ExportFormat = Literal["loki", "otlp"]


class Export(Table, frozen=True, kw_only=True):
    """Where failures are sent as they are committed."""

    url: Text
    format: ExportFormat = "loki"
    name: Name | None = None
    token_file: FilePath | None = None
    username: UserName | None = None
    password_file: FilePath | None = None
    tenant: Word | None = None
    ca_file: FilePath | None = None

    @property
    def destination(self) -> str:
        """The label ``destination``: the name, else host and port of the address; empty where that cannot be used."""
        return self.name or ("" if bad_address(self.url) else urlsplit(self.url).netloc.rpartition("@")[2])

    def contradictions(self, where: str) -> list[Problem]:
        """Demand an address that can be posted to, and one way to log in."""
        problems = []
        why = bad_address(self.url)
        parts = None if why else urlsplit(self.url)
        if parts is None or not parts.path:
            example = '"http://loki:3100/loki/api/v1/push" or "http://collector:4318/v1/logs"'
            # the address is not quoted: it may hold a password
            problems.append(Problem(f"{where}.url", "is not an address to send to", why or "it has no path", example))
        elif parts.username or parts.password:
            why, remedy = "it would appear in logs and metrics", "set username and password_file instead"
            problems.append(Problem(f"{where}.url", "holds a user or a password", why, remedy))
        if bool(self.username) != bool(self.password_file):
            problems.append(
                Problem(where, "needs username and password_file together", try_="add the other one, or remove both")
            )
        elif self.username and self.token_file:
            problems.append(Problem(where, "has two ways to log in", "token_file and username", "keep one of them"))
        return problems


class Config(Table, frozen=True, kw_only=True):
    """The whole configuration, every path absolute."""

    source: tuple[Source, ...] = ()
    follow: Follow = field(default_factory=Follow)
    state: State = field(default_factory=State)
    web: Web = field(default_factory=Web)
    failures: Failures = field(default_factory=Failures)
    privacy: Privacy = field(default_factory=Privacy)
    log: Log = field(default_factory=Log)
    grammars: Grammars = field(default_factory=Grammars)
    catalogue: CatalogueFile = field(default_factory=CatalogueFile)
    credential: tuple[Credential, ...] = ()
    backend: Backend = field(default_factory=Backend)
    export: tuple[Export, ...] = ()

    def contradictions(self, where: str) -> list[Problem]:
        """Demand something to follow, and a unique label for each source, credential and export."""
        problems = []
        if not self.source:
            problems.append(
                Problem(
                    f"{where}: source", "no source", "there is nothing to follow", "add [[source]] with name and paths"
                )
            )
        for table, setting, labels, what in (
            ("source", ".name", [each.name for each in self.source], "the metrics"),
            ("credential", ".name", [each.name for each in self.credential], "the metrics"),
            ("export", "", [each.destination for each in self.export], "the metrics and the position of each export"),
        ):
            problems += [
                Problem(
                    f"{where}: {table}[{i}]{setting}",
                    f'"{label}" is used twice',
                    f"it labels {what}",
                    "give one of them a name of its own",
                )
                for i, label in enumerate(labels)
                if label and label in labels[:i]
            ]
        return problems + self._webhooks(where)

    def _webhooks(self, where: str) -> list[Problem]:
        """Find webhooks that are a witness for no log, and paths that two webhooks share."""
        problems = []
        logs = [source.name for source in self.source if source.webhook is None]
        paths: list[str] = []
        for i, source in enumerate(self.source):
            if source.webhook is None:
                continue
            place = f"{where}: source[{i}].webhook"
            beside = source.webhook.witness_for
            if beside is not None and beside not in logs:
                named = f"there are {', '.join(logs)}" if logs else "there is no other source: omit witness_for"
                problems.append(Problem(f"{place}.witness_for", f'"{beside}" is not a source with a log', "", named))
            if source.webhook.path in paths:
                # The path is not quoted: it may be the secret, and the journal and the page show problems
                problems.append(Problem(f"{place}.path", "is that of another webhook", "", "give each its own"))
            paths.append(source.webhook.path)
        return problems
