"""Decide what a report reads, and how: the paths that are named, standard input, or what the configuration follows."""

import os
import shlex
import stat
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from logwatch.assembly import assemble, look_for, present
from logwatch.catalogue import Catalogue
from logwatch.config import Config, Source
from logwatch.config.default import find
from logwatch.discover import Globs
from logwatch.errors import LogwatchError, Problem
from logwatch.events import quoted
from logwatch.journal.place import Target
from logwatch.ownership import may_be_there
from logwatch.report import LogSettings
from logwatch.report.followed import rotated as rotated_of

STDIN = "-"


@dataclass(frozen=True, slots=True)
class ReportPlan:
    """What is read, and how."""

    catalogue: Catalogue
    inputs: tuple[tuple[str, LogSettings], ...]  # path or -
    followed: bool  # it is what a daemon with this configuration follows
    state: Path | None = None  # where such a daemon keeps failures
    journals: tuple[tuple[Target, LogSettings], ...] = ()  # of which the newest entries are read
    options: str = ""  # by which another command reads the inputs in the same way


def is_piped() -> bool:
    """Return whether standard input may hold a log: it is a pipe, a socket or a file, not a terminal or /dev/null."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or stat.S_ISREG(mode)


def plan(
    paths: tuple[str, ...],
    file: Path | None,
    timezone: str | None,
    *,
    detailed: bool = False,
    rotated: bool = False,
    command: str = "report",
) -> ReportPlan:
    """Decide what is read; raises LogwatchError with every problem of configuration, catalogue and grammars.

    With ``detailed``, every result is read by itself, accepted ones included, journals are read as well, and a missing
    log is no error if a daemon has kept failures. With ``rotated``, the rotated files of followed logs are read, too.
    ``command`` is the command with the options that it needs, as remedies show it.
    """
    if not paths and file is None and is_piped():
        paths = (STDIN,)
    config = find(file)[0] if file is not None or not paths else Config(source=(Source(name="mesibo"),))
    logs = tuple(source for source in config.source if source.webhook is None) or (Source(name="mesibo"),)
    if timezone is not None:
        logs = tuple(msgspec.structs.replace(source, timezone=timezone) for source in logs)
        if problems := logs[0].wrong_zone("--timezone"):
            raise LogwatchError(*problems)
    config = msgspec.structs.replace(config, source=logs)  # a webhook has no log: its calls are only in the ledger
    parts = assemble(config)
    most, failures = config.follow.max_line_bytes, None if detailed else 0
    sources = [
        (source, LogSettings(parts.scanner(source, keep=failures, every=detailed), source.envelope, most, source.name))
        for source in config.source
    ]
    inputs = [(path, _how(path, sources)) for path in paths]
    if not paths:
        inputs = [(path, how) for source, how in sources for path in _paths(source, rotated=rotated)]
    journals = [
        (source.journal.target, replace(how, envelope="plain"))
        for source, how in sources
        if source.journal and detailed and not paths
    ]
    state = Path(config.state.directory) if file is not None or not paths else None
    if not (inputs or journals or (detailed and state is not None and _has_ledger(state))):
        raise _nothing_to_read(logs, command)
    options = "" if file is None else f" --config {quoted(file)}"
    return ReportPlan(parts.catalogue, tuple(inputs), not paths, state, tuple(journals), options)


def _has_ledger(state: Path) -> bool:
    from logwatch.ledger.directory import FILE  # noqa: PLC0415  only without a log, and SQLite takes time to load

    return may_be_there(state / FILE)


def _nothing_to_read(sources: Iterable[Source], command: str) -> LogwatchError:
    """Return the error that no log is there, and what keeps those of the sources from being found."""
    named: list[str] = []
    remedy = f"name files, or: docker logs mesibo 2>&1 | mesibo-logwatch {command} -"
    problems: list[Problem] = []
    for source in sources:
        named += [*source.paths, *([f"container {source.docker.container}"] if source.docker else [])]
        problems += look_for(source).problems
        if source.journal:
            asked = shlex.join(source.journal.target.arguments)
            remedy = f"journalctl --output=cat {asked} | mesibo-logwatch {command} -"
    looked = f"looked for {', '.join(named)}" if named else "the source is not a file here"
    return LogwatchError(Problem(command.partition(" ")[0], "there is nothing to read", looked, remedy), *problems)


def _how(path: str, sources: list[tuple[Source, LogSettings]]) -> LogSettings:
    """Return the settings of the source that follows a path or, as a guess if none does, of the first source."""
    absolute = str(Path(path).absolute())
    return next((how for source, how in sources if Globs(source.paths).matches(absolute)), sources[0][1])


def _paths(source: Source, *, rotated: bool) -> list[str]:
    """Return the present files of a source; with ``rotated``, its rotated files come first."""
    found = present(source)
    if not rotated:
        return found
    aside = [path for path in Globs(source.rotated).find(time.time()).paths if os.path.isfile(path)]  # noqa: PTH113
    return list(dict.fromkeys([*(str(old) for path in found for old in rotated_of(Path(path))), *aside, *found]))
