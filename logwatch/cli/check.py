"""``check``: what ``run`` would load, with every problem at once; what can wait for its log is a warning."""

import glob
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from logwatch.assembly import assemble
from logwatch.config import Config, Docker, Source
from logwatch.config.default import LOG_DIRECTORY, find, of_files
from logwatch.credentials import EXTRA, asked, examine, missing_extra
from logwatch.errors import LogwatchError, Problem
from logwatch.journal import ask
from logwatch.logging_setup import PRIORITIES
from logwatch.parse.check import against_samples
from logwatch.tail import JSON_FILE, containers, other_driver
from logwatch.web.access import load, warnings

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
        return warnings(load(path, exposed=config.web.exposed), config.web)
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
    """Find what keeps sources from being followed now; all of it may come to be."""
    for source in config.source:
        if source.docker is not None:
            yield from _container(source, source.docker)
        if source.journal is not None and (problem := ask.problem(source.journal.target)):
            what = f"{problem.where}: {problem.what}"
            yield Problem(f"source {source.name}", what, problem.why, problem.try_, warning=True)
        yield from _files(source)


def _container(source: Source, docker: Docker) -> Iterator[Problem]:
    known, problems = containers(docker.root)
    mine = [container for container in known if container.name == docker.container]
    if not mine:
        names = [container.name for container in known]
        remedy = problems[0].try_ if problems else "start it, or correct its name"
        yield Problem(
            f"source {source.name}",
            f"no container {docker.container} below {docker.root} yet",
            "it is waited for",
            f"there: {', '.join(names)}" if names else remedy,
            warning=True,
        )
    elif not mine[-1].path and mine[-1].driver != JSON_FILE:
        other = other_driver(mine[-1])
        yield Problem(f"source {source.name}", f"{other.where}: {other.what}", other.why, other.try_, warning=True)


def _files(source: Source) -> Iterator[Problem]:
    found = {pattern: glob.glob(pattern, recursive=True) for pattern in source.paths}  # noqa: PTH207  Path.glob takes no absolute patterns
    missing = [pattern for pattern, paths in found.items() if not paths]
    if missing == list(source.paths):
        missing = [", ".join(missing)] if missing else []
    elif source.paths == of_files(LOG_DIRECTORY).paths:
        missing = []  # they are alternatives that nobody wrote down
    for pattern in missing:
        yield Problem(
            f"source {source.name}",
            f"nothing matches {pattern} yet",
            "it is waited for",
            "check the path if a log is there",
            warning=True,
        )
    for pattern, paths in found.items():
        yield from _unreadable(source, pattern, paths)


def _unreadable(source: Source, pattern: str, paths: list[str]) -> Iterator[Problem]:
    where = f"source {source.name}"
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
