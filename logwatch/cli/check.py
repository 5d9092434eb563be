"""``check``: what ``run`` would load, with every problem at once; what can wait for its log is a warning."""

import glob
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from logwatch.assembly import assemble
from logwatch.config import Config, Source
from logwatch.config.default import find
from logwatch.credentials import EXTRA, asked, examine, missing_extra
from logwatch.errors import LogwatchError, Problem
from logwatch.logging_setup import PRIORITIES
from logwatch.parse.check import against_samples
from logwatch.tail import containers
from logwatch.web.access import load, warnings
from logwatch.web.webhook import refuse_in_the_clear
from logwatch.webhook import against_samples as against_samples_of_fields

SECRET_BYTES = 16
CREDENTIALS = Path("/run/credentials")
_PATIENCE_SECONDS = 5.0  # for one credential: the unit waits for this before each start


@click.command("check")
@click.option("--config", "path", type=click.Path(path_type=Path), help="TOML file; without it, what is found is used.")
def command(path: Path | None) -> None:
    """Check configuration, grammars (against their samples) and catalogue; report every problem at once.

    Exits with 0 when `run` can start, with 1 when it cannot. A log that is not there yet is a
    warning: it is waited for.
    """
    try:
        config, story = find(path)
        problems = list(_warnings(config))
        try:
            parts = assemble(config)
            problems += [problem for grammar in parts.grammars.values() for problem in against_samples(grammar)]
            problems += [
                each for opened in parts.webhooks.values() for each in against_samples_of_fields(opened.fields)
            ]
            story += f"; {len(config.source)} source(s), grammar(s) {', '.join(parts.grammars)}"
        except LogwatchError as error:
            problems += error.problems
        problems += _web(config)
        problems += _credentials(config)
    except LogwatchError as error:
        problems, story = list(error.problems), ""
    for problem in problems:
        _tell(problem)
    failed = any(not problem.warning for problem in problems)
    if not failed:
        click.echo(f"ok: {story}")
    sys.exit(1 if failed else 0)


def _tell(problem: Problem) -> None:
    """Tell a terminal, or systemd's journal with the priority that it reads from the beginning of a line."""
    kind = "warning" if problem.warning else "error"
    priority = f"<{PRIORITIES[kind]}>" if "JOURNAL_STREAM" in os.environ else ""
    for line in f"{kind}: {problem}".splitlines():
        click.echo(priority + line, err=True)


def _web(config: Config) -> list[Problem]:
    """Check the web configuration file, as far as it can be seen from here."""
    path = config.web.file
    if path and path.is_relative_to(CREDENTIALS) and not os.access(path, os.R_OK):
        return [
            Problem(
                f"web.config_file {path}",
                "cannot be checked from here",
                "systemd shows a service's credentials to that service alone",
                "systemctl restart mesibo-logwatch checks it before the start",
                warning=True,
            )
        ]
    try:
        settings = load(path, exposed=config.web.exposed)
        refuse_in_the_clear(config, tls=settings.context is not None)
        return warnings(settings, config.web)
    except LogwatchError as error:
        return list(error.problems)


def _credentials(config: Config) -> Iterator[Problem]:
    """Warn of credentials that cannot be looked at, or will not work: no reason not to start."""
    if config.credential and missing_extra():
        yield Problem(
            "credential",
            "cannot be looked at",
            "the library that reads certificates is not installed",
            EXTRA,
            warning=True,
        )
        return
    for verdict in examine(map(asked, config.credential), patience=_PATIENCE_SECONDS):
        for flaw in verdict.problems:
            where = f"credential {verdict.name}"
            yield Problem(where, f"{verdict.file}: {flaw.what.rstrip('.')}", try_=verdict.remedy(flaw), warning=True)


def _warnings(config: Config) -> Iterator[Problem]:
    for source in config.source:
        if source.webhook is not None and source.webhook.secret_file is not None:
            yield from _weak(Path(source.webhook.secret_file))
        if source.docker is not None:
            names = [container.name for container in containers(source.docker.root)[0]]
            if source.docker.container not in names:
                yield Problem(
                    f"source {source.name}",
                    f"no container {source.docker.container} below {source.docker.root} yet",
                    "it is waited for",
                    f"there: {', '.join(names)}" if names else "run this as a user that may read Docker's directory",
                    warning=True,
                )
        for pattern in source.paths:
            yield from _unreadable(source, pattern)


def _weak(secret: Path) -> Iterator[Problem]:
    """Look at a webhook's secret; one that cannot be read is no start, and is told elsewhere."""
    try:
        text, mode = secret.read_bytes().strip(), secret.stat().st_mode
    except OSError:
        return
    if len(text) < SECRET_BYTES:
        why, remedy = "it could be guessed", "a longer one in mesibo's console and here: openssl rand -hex 16"
        yield Problem(str(secret), f"a secret of {len(text)} bytes", why, remedy, warning=True)
    if mode & 0o007:
        why, remedy = "whoever knows it can forge failures", f"chmod o-rwx {secret}"
        yield Problem(str(secret), "everybody may read the webhook's secret", why, remedy, warning=True)


def _unreadable(source: Source, pattern: str) -> Iterator[Problem]:
    where = f"source {source.name}"
    paths = glob.glob(pattern, recursive=True)  # noqa: PTH207  Path.glob takes no absolute patterns
    if not paths:
        yield Problem(
            where,
            f"nothing matches {pattern} yet",
            "it is waited for",
            "check the path if a log is there",
            warning=True,
        )
    for path in paths:
        try:
            kind = os.stat(path).st_mode  # noqa: PTH116  the name may be no text
        except OSError as error:
            yield Problem(where, f"{path} cannot be looked at", error.strerror or "", "mend its link", warning=True)
            continue
        if stat.S_ISDIR(kind) and "*" not in pattern:
            yield Problem(where, f"{path} is a directory", "only files are followed", f"{path}/*.log", warning=True)
        elif stat.S_ISREG(kind) and not os.access(path, os.R_OK):
            yield Problem(
                where,
                f"{path} is not readable for user {os.geteuid()}",
                "it is tried again at each look",
                "let the user join the file's group, or set an ACL: setfacl -m u:mesibo-logwatch:r",
                warning=True,
            )
        elif not stat.S_ISREG(kind) and not stat.S_ISDIR(kind):
            yield Problem(where, f"{path} is no regular file", "pipes and devices have no end", "a file", warning=True)
