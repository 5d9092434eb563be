"""``check``: what ``run`` would load, with every problem at once; a log that is not there yet is a warning."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import click

from logwatch.assembly import discovery, shared_files
from logwatch.catalogue import Catalogue
from logwatch.cli import check_sources
from logwatch.cli.check_series import series
from logwatch.cli.options import config_option
from logwatch.config import Config, read
from logwatch.config.default import DEFAULT_PATH, find
from logwatch.credentials.look import EXTRA, asked, missing_extra
from logwatch.credentials.look import examine as looked_at
from logwatch.errors import LogwatchError, Problem
from logwatch.glance import glance
from logwatch.ledger.directory import refusals
from logwatch.logging_setup import PRIORITIES, is_journal
from logwatch.ownership import is_there
from logwatch.parse import Scanner
from logwatch.parse import load as load_grammar
from logwatch.parse.check import against_samples
from logwatch.regular_file import is_out_of_sight
from logwatch.tables import in_order, locator
from logwatch.web.access import load, refuse_in_the_clear, warnings
from logwatch.words import followed

CREDENTIALS = Path("/run/credentials")
_PATIENCE_SECONDS = 10.0  # for one credential: the unit waits for this before each start


@click.command("check")
@config_option("TOML file; without it, what is found is used.", "path")
def command(path: Path | None) -> None:
    """Check configuration, grammars (against their samples) and catalogue; report every problem at once.

    Exits with 1 when `run` would refuse any of it, else with 0. A log that is not there yet is only a warning: the
    daemon waits for it. Only a start can tell whether the port is free and no other daemon has the state directory.
    """
    problems, story = examine(path)
    for problem in problems:
        _tell(problem)
    failed = any(not problem.warning for problem in problems)
    if not failed:
        for line in story.splitlines():
            click.echo(f"ok: {line}")
    sys.exit(1 if failed else 0)


def examine(path: Path | None) -> tuple[list[Problem], str]:
    """Return everything that is wrong with a configuration and what it names, and a summary of what was loaded."""
    file = path or (DEFAULT_PATH if is_there(DEFAULT_PATH) else None)
    if file is None:
        try:
            config, story = find()
        except LogwatchError as error:
            return list(error.problems), ""
        return _named(config, ""), _story(config, story)
    found, problems = read(file)
    if found is None:
        return problems, ""
    spoken = locator(file)
    problems += [spoken(problem) for problem in _named(found, f"{file}: ")]
    return in_order(problems, str(file)), _story(found, f"configuration {file}")


def _story(config: Config, found: str) -> str:
    grammars = [source.grammar for source in config.source if source.webhook is None]
    return "\n".join([f"{found}; {followed(len(config.source), grammars)}", *_envelopes(config), *_series(config)])


def _series(config: Config) -> Iterator[str]:
    """Yield how many series a Prometheus must be ready to take."""
    with suppress(LogwatchError):
        start, most = series(config, Catalogue.load(config.catalogue.path))
        yield f"a scrape has {start} series, never more than {most}: for sample_limit"


def _envelopes(config: Config) -> Iterator[str]:
    """Yield the envelope of each source's log, if mesibo's own lines in it show one."""
    for source in config.source:
        if source.webhook is not None:
            continue
        with suppress(LogwatchError):
            scanner = Scanner(load_grammar(source.grammar, config.grammars.paths), timezone=UTC)
            found = glance(discovery(source).find(time.time()).paths, scanner.owns, source.envelope)
            if found:
                yield f"source {source.name}: envelope {found}"


def _named(config: Config, file: str) -> list[Problem]:
    """Return what is wrong with everything that a configuration names; names of settings are prefixed with ``file``."""
    return [
        *_catalogue(config, file),
        *_grammars(config, file),
        *(
            problem
            for i, source in enumerate(config.source)
            for problem in check_sources.problems(source, f"{file}source[{i}]" if file else f'source "{source.name}"')
        ),
        *(
            replace(problem, where=f"{file}state.directory", what=f"{problem.where}: {problem.what}")
            for problem in refusals(Path(config.state.directory))
        ),
        *shared_files(config),
        *_web(config, file),
        *_credentials(config),
    ]


def _catalogue(config: Config, file: str) -> list[Problem]:
    try:
        Catalogue.load(config.catalogue.path)
    except LogwatchError as error:
        return [_placed(problem, f"{file}catalogue.file", config.catalogue.file or "") for problem in error.problems]
    return []


def _placed(problem: Problem, setting: str, path: str) -> Problem:
    """Locate a problem with a whole file at the setting that names it; one with a place inside the file keeps that."""
    return replace(problem, where=setting, what=f"{path}: {problem.what}") if problem.where == path else problem


def _grammars(config: Config, file: str) -> Iterator[Problem]:
    names = {source.grammar: i for i, source in reversed(list(enumerate(config.source))) if source.webhook is None}
    for name, index in reversed(names.items()):
        try:
            grammar = load_grammar(name, config.grammars.paths)
        except LogwatchError as error:
            setting = f"{file}source[{index}].grammar" if file else f"grammar {name!r}"
            yield from (_placed(problem, setting, f"grammar {name!r}") for problem in error.problems)
            continue
        yield from against_samples(grammar)
        if grammar.not_compiled_because:
            where = f"{file}source[{index}].grammar" if file else f"grammar {name}"
            remedy = f"mesibo-logwatch grammar check {name}"
            why = f"{grammar.not_compiled_because}; every push line is a fallback, read by pyparsing itself"
            yield Problem(where, f"{name} is not compiled", why, remedy, warning=True)


def _tell(problem: Problem) -> None:
    """Print a problem; in systemd's journal, with the priority that it reads from the beginning of each line."""
    kind = "warning" if problem.warning else "error"
    priority = f"<{PRIORITIES[kind]}>" if is_journal(sys.stderr) else ""
    for line in f"{kind}: {problem}".splitlines():
        click.echo(priority + line, err=True)


def _web(config: Config, file: str) -> list[Problem]:
    """Check the web configuration file, as far as it can be seen from here."""
    path = config.web.file
    if path and path.is_relative_to(CREDENTIALS) and not os.access(path, os.R_OK):
        return [check_sources.out_of_sight(f"web.config_file {path}")]
    try:
        settings = load(path, exposed=config.web.exposed)
        refuse_in_the_clear(config, tls=settings.context is not None)
        return warnings(settings, config)
    except LogwatchError as error:
        return [_placed(problem, f"{file}web.config_file", str(path)) for problem in error.problems]
    except ValueError:  # web.listen is invalid, which is reported already
        return []


def _credentials(config: Config) -> Iterator[Problem]:
    """Warn of credentials that cannot be checked, or will not work: the daemon starts all the same."""
    if config.credential and missing_extra():
        why = "the library that reads certificates is not installed"
        yield Problem("credential", "cannot be looked at", why, EXTRA, warning=True)
        return
    # Any other path stands in for one that was refused, with its reason
    named = [each for each in config.credential if Path(each.file).is_absolute()]
    hidden = [each for each in named if any(map(is_out_of_sight, filter(None, (each.file, each.password_file))))]
    yield from (check_sources.out_of_sight(f"credential {each.name}: {each.file}") for each in hidden)
    named = [each for each in named if each not in hidden]
    for verdict in looked_at(map(asked, named), patience=_PATIENCE_SECONDS):
        for flaw in verdict.problems:
            where = f"credential {verdict.name}"
            yield Problem(where, f"{verdict.file}: {flaw.what.rstrip('.')}", try_=verdict.remedy(flaw), warning=True)
