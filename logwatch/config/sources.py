"""Where lines come from: the table ``[[source]]`` and those inside it, and the checks that involve several values."""

import re
from datetime import UTC, tzinfo
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from msgspec import Meta

from logwatch.errors import Problem
from logwatch.journal.place import Target
from logwatch.model import EnvelopeChoice, InputKind
from logwatch.tables import FilePath, Name, Table, Text

Unit = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_.:@\\-]{1,255}\Z", description='a unit\'s whole name, such as "mesibo.service"')
]
_WAYS = ("paths", "docker", "journal", "webhook")
"""The settings of a source that say where its log is."""
_WEBHOOK = re.compile(r"(?:/[A-Za-z0-9._~-]+)+", re.ASCII)
_OURS = ("metrics", "-", "codes", "unread", "user", "static", "api", "downloads", "runbooks")
DOCKER_ROOT = "/var/lib/docker"


class Docker(Table, frozen=True, kw_only=True):
    """A container to follow by name, across its removals and re-creations."""

    container: Name
    root: FilePath = DOCKER_ROOT


class WebhookSource(Table, frozen=True, kw_only=True):
    """mesibo's push webhook: a witness beside a log, or a source of its own."""

    path: Text
    secret_file: FilePath | None = None
    witness_for: Text | None = None
    fields: FilePath | None = None

    def contradictions(self, where: str) -> list[Problem]:
        """Demand a path that nothing else is served at, and a secret: a ``secret_file``, or the path itself."""
        problems = []
        if not _WEBHOOK.fullmatch(self.path):
            # The path is not quoted: it may be the secret with a typo in it, and the page shows problems
            problems.append(
                Problem(
                    f"{where}.path",
                    "is not a path for it",
                    "a path begins with /, and has plain characters",
                    'one such as "/webhook/mesibo"',
                )
            )
        elif (taken := self.path.split("/")[1]) in _OURS:
            problems.append(Problem(f"{where}.path", f'"/{taken}" is served already', "", "begin it with /webhook/"))
        elif self.secret_file is None and not any(_unguessable(part) for part in self.path.split("/")):
            problems.append(
                Problem(
                    f"{where}.path",
                    "can be guessed, and there is no secret_file",
                    "anybody who reaches it could forge failures",
                    "name a secret_file, or end the path with 32 random characters: `openssl rand -hex 16`",
                )
            )
        return problems


class Journal(Table, frozen=True, kw_only=True):
    """Entries of a container or a unit in systemd's journal: this host's, or one in a directory."""

    container: Name | None = None
    unit: Unit | None = None
    directory: FilePath | None = None

    @property
    def target(self) -> Target:
        """What to ask journalctl for."""
        return Target(self.container or "", self.unit or "", self.directory or "")

    def contradictions(self, where: str) -> list[Problem]:
        """Demand one thing to follow."""
        if bool(self.container) != bool(self.unit):
            return []
        return [
            Problem(
                where,
                "needs either container or unit",
                "they are two ways to find mesibo's entries",
                'write journal = {container = "mesibo"} or journal = {unit = "mesibo.service"}',
            )
        ]


class Source(Table, frozen=True, kw_only=True):
    """Logs that are counted together, under one ``source`` label."""

    name: Name
    paths: tuple[FilePath, ...] = ()
    rotated: tuple[FilePath, ...] = ()
    docker: Docker | None = None
    webhook: WebhookSource | None = None
    journal: Journal | None = None
    envelope: EnvelopeChoice = "auto"
    grammar: Name = "mesibo"
    timezone: Text = "UTC"
    start_at: Literal["beginning", "end"] = "beginning"
    mesibo_conf: FilePath | None = None  # of this source's mesibo, if it is in none of the usual places

    @property
    def input(self) -> InputKind:
        """Where its lines come from."""
        return "docker" if self.docker else "journal" if self.journal else "webhook" if self.webhook else "file"

    @property
    def zone(self) -> tzinfo:
        """The zone of the stamps; UTC needs no zone files on the host."""
        return UTC if self.timezone == "UTC" else ZoneInfo(self.timezone)

    def contradictions(self, where: str) -> list[Problem]:
        """Demand exactly one way to find the log, no envelope in a journal, and a zone that this host knows."""
        problems = []
        ways = [each for each in _WAYS if getattr(self, each, None)]
        if not ways:
            remedy = 'add paths = ["/var/log/mesibo/*.log"], or docker = {container = "mesibo"}'
            problems.append(Problem(where, "names no log", "there is nothing to follow", remedy))
        if len(ways) > 1:
            both = " and ".join(ways)
            problems.append(Problem(where, f"has {both}", "each is a way to find a log", "keep one of them"))
        if self.journal and self.envelope not in ("auto", "plain"):
            problems.append(
                Problem(
                    f"{where}.envelope",
                    f'"{self.envelope}" does not go with journal',
                    "an entry of the journal holds a line as it was logged",
                    "leave envelope out",
                )
            )
        return problems + self.wrong_zone(f"{where}.timezone")

    def wrong_zone(self, where: str) -> list[Problem]:
        """Return a problem if this host does not know the zone of the stamps; else an empty list."""
        try:
            self.zone.utcoffset(None)
        except (KeyError, ValueError, OSError):
            what = f'"{self.timezone}" is not a time zone of this host'
            try_ = 'a name as in /usr/share/zoneinfo, such as "UTC" or "Europe/Berlin"'
            if not available_timezones():  # as in many images
                try_ = "install the package tzdata: this host knows no time zone but UTC"
            return [Problem(where, what, try_=try_)]
        return []


def _unguessable(part: str) -> bool:
    """Return whether a part of a path looks random: long, with many different characters."""
    least = 16 if re.fullmatch(r"[0-9a-fA-F]+", part) else 22  # 64 bits in hex, which no word is; 128 bits in base64
    return len(part) >= least and len(set(part)) >= 8  # noqa: PLR2004  a repeated word has fewer
