"""Turn a configuration into working parts, or into every problem with it: the one loader of all commands."""

import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from logwatch.catalogue import Catalogue
from logwatch.config import Config, Source
from logwatch.config.sources import WebhookSource
from logwatch.dialect.grammar import elements_of, names_of
from logwatch.discover import Container, DiscoveredPaths, Discovery, Globs
from logwatch.errors import ConfigError, LogwatchError, Problem
from logwatch.events import shown
from logwatch.ownership import may_be_there
from logwatch.parse import Grammar, Reasons, Scanner
from logwatch.parse import load as load_grammar
from logwatch.secret import read_line
from logwatch.webhook.fields import Fields
from logwatch.webhook.fields import load as load_fields

_ALL = 1 << 30  # results of a scan


@dataclass(frozen=True, slots=True)
class LoadedWebhook:
    """What a webhook needs besides its path, loaded."""

    fields: Fields
    secret: bytes = field(repr=False, default=b"")


@dataclass(frozen=True, slots=True)
class Parts:
    """What a configuration names, loaded and checked."""

    config: Config
    catalogue: Catalogue
    grammars: dict[str, Grammar]  # by name
    webhooks: dict[str, LoadedWebhook] = field(default_factory=dict)  # by the source's name

    def scanner(self, source: Source, *, keep: int | None = None, every: bool = False) -> Scanner:
        """Make the scanner for the lines of ``source``, which keeps ``keep`` failures, or as many as configured.

        With ``every``, accepted pushes are kept as failures are, and all of them if ``keep`` is None.
        """
        delivered = {entry.code for entry in self.catalogue.entries if entry.class_ == "delivered" and not every}
        usual = _ALL if every else self.config.failures.keep
        return Scanner(
            self.grammars[source.grammar],
            timezone=source.zone,
            delivered=frozenset(delivered),
            keep=usual if keep is None else keep,
            max_line_bytes=self.config.follow.max_line_bytes,
            reasons=Reasons(entry.reason for entry in self.catalogue.entries),
        )

    def stamped(self, source: Source) -> bool:
        """Return whether lines of ``source`` have a time of their own."""
        return any("timestamp" in names_of(element) for element in elements_of(self.grammars[source.grammar].line))


@contextmanager
def _noting(problems: list[Problem]) -> Iterator[None]:
    """Add what is wrong to ``problems``, and go on, so that all of them are reported at once."""
    try:
        yield
    except LogwatchError as error:
        problems += error.problems


def assemble(config: Config) -> Parts:
    """Load the catalogue and every grammar and webhook of a source; raise ConfigError with all their problems."""
    problems: list[Problem] = []
    catalogue, grammars, webhooks = None, {}, {}
    with _noting(problems):
        catalogue = Catalogue.load(config.catalogue.path)
    for source in config.source:
        if source.webhook is not None:
            with _noting(problems):
                webhooks[source.name] = load_webhook(source.webhook)
    for name in dict.fromkeys(source.grammar for source in config.source if source.webhook is None):
        with _noting(problems):
            grammars[name] = load_grammar(name, config.grammars.paths)
    if problems or catalogue is None:
        raise ConfigError(*problems)
    return Parts(config, catalogue, grammars, webhooks)


def load_webhook(webhook: WebhookSource) -> LoadedWebhook:
    """Load a webhook's secret and the paths of its fields; raise ConfigError with all problems of both."""
    problems: list[Problem] = []
    fields, secret = None, b""
    with _noting(problems):
        fields = load_fields(Path(webhook.fields) if webhook.fields else None)
    with _noting(problems):
        if webhook.secret_file is not None:
            secret = webhook_secret(Path(webhook.secret_file))
    if problems or fields is None:
        raise ConfigError(*problems)
    return LoadedWebhook(fields, secret)


def webhook_secret(path: Path) -> bytes:
    """Return what the calls of a webhook must hold; raise SecretError if the file holds no secret."""
    return read_line(path, "the webhook's secret").strip().encode()


def discovery(source: Source) -> Discovery:
    """Return what finds the files of a source."""
    if source.docker is not None:
        return Container(source.docker.container, source.docker.root)
    return Globs(source.paths)


def look_for(source: Source) -> DiscoveredPaths:
    """Return the present paths of a source, and the problems in finding them."""
    return discovery(source).find(time.time())


def present(source: Source) -> list[str]:
    """Return the files of a source that exist now, and a container's log even if it does not exist yet."""
    return [path for path in look_for(source).paths if source.docker or may_be_there(path)]


def shared_files(config: Config) -> list[Problem]:
    """Find files that two sources follow, perhaps under different names: each of their lines would count twice."""
    owners: dict[tuple[int, int], tuple[str, str]] = {}  # device and inode -> source and path
    problems: dict[tuple[str, str], Problem] = {}  # by pair of sources
    for source in config.source:
        for path in look_for(source).paths:
            try:
                status = os.stat(path)  # noqa: PTH116  the name may be no text
            except OSError:
                continue
            if not stat.S_ISREG(status.st_mode):
                continue
            other, name = owners.setdefault((status.st_dev, status.st_ino), (source.name, path))
            if other != source.name:
                same = "the same file" if name == path else f"the same file as {shown(name)}"
                problems.setdefault(
                    (other, source.name),
                    Problem(
                        f"source {source.name}: {shown(path)}",
                        f"{same} of source {other}",
                        "each of its lines would count twice",
                        f"take it out of the paths of {other} or of {source.name}",
                    ),
                )
    return list(problems.values())


def load_parts(load: Callable[[], Config]) -> Parts:
    """Load a configuration and all that it names; raise ConfigError for any problem, unforeseen errors included.

    A reload that fails, in any way, must leave the old configuration in force.
    """
    try:
        parts = assemble(load())
        shared = shared_files(parts.config)
    except LogwatchError:
        raise
    except Exception as error:
        remedy = "mesibo-logwatch check, and `ulimit -n`"
        raise ConfigError.at("the configuration", "cannot be loaded", repr(error), remedy) from error
    if shared:
        raise ConfigError(*shared)
    return parts
