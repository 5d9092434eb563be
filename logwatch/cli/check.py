"""``check``: what ``run`` would load, with every problem at once; what can wait for its log is a warning."""

import os
import stat
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click

from logwatch.assembly import assemble, discovery, shared_files
from logwatch.config import Config, Source
from logwatch.config.default import find
from logwatch.errors import LogwatchError, Problem
from logwatch.logging_setup import PRIORITIES
from logwatch.parse.check import against_samples
from logwatch.tail import Globs, containers
from logwatch.web.access import load, warnings

CREDENTIALS = Path("/run/credentials")


@click.command("check")
@click.option("--config", "path", type=click.Path(path_type=Path), help="TOML file; without it, what is found is used.")
def command(path: Path | None) -> None:
    """Check configuration, grammars (against their samples) and catalogue; report every problem at once.

    Exits with 0 when `run` can start, with 1 when it cannot. A log that is not there yet is a
    warning: it is waited for.
    """
    try:
        config, story = find(path)
        problems = [*_warnings(config), *shared_files(config)]
        try:
            parts = assemble(config)
            problems += [problem for grammar in parts.grammars.values() for problem in against_samples(grammar)]
            story += f"; {len(config.source)} source(s), grammar(s) {', '.join(parts.grammars)}"
        except LogwatchError as error:
            problems += error.problems
        problems += _web(config)
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


def _warnings(config: Config) -> Iterator[Problem]:
    """Look for what each source leads to as the daemon does."""
    for source in config.source:
        if source.docker is not None:
            known = containers(source.docker.root)[0]
            if source.docker.container not in [container.name for container in known]:
                names = ", ".join(container.name for container in known)
                yield Problem(
                    f"source {source.name}",
                    f"no container {source.docker.container} below {source.docker.root} yet",
                    "it is waited for",
                    f"there: {names}" if names else "run this as a user that may read Docker's directory",
                    warning=True,
                )
            else:
                found = discovery(source).find(time.time())
                yield from (replace(problem, warning=True) for problem in found.problems)
        for pattern in source.paths:
            yield from _unreadable(source, pattern)


def _unreadable(source: Source, pattern: str) -> Iterator[Problem]:
    where = f"source {source.name}"
    found = Globs([pattern]).find(time.time())
    yield from (replace(problem, warning=True) for problem in found.problems)
    paths = [path for path in found.paths if os.path.lexists(path)]
    if not paths:
        brackets = "[" in pattern and os.path.lexists(pattern)
        yield Problem(
            where,
            f"nothing matches {pattern} yet",
            "brackets stand for one of several characters" if brackets else "it is waited for",
            f"write {pattern.replace('[', '[[]')}" if brackets else "check the path if a log is there",
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
