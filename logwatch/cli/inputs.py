"""Decide which logs a command reads, and how; read them one after the other, with a progress bar on a terminal."""

import os
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn

from logwatch.assembly import assemble
from logwatch.catalogue import Catalogue
from logwatch.config import Config, Source
from logwatch.config import load as load_config
from logwatch.discover import Container, Globs
from logwatch.errors import LogwatchError, Problem
from logwatch.report import Count, Input, Stream, Unreadable, open_path, open_stream
from logwatch.tail.rotated_names import rotated_name

STDIN = "-"
INTERRUPTED = 130
"""The exit code of a command that SIGINT ended."""


@dataclass(frozen=True, slots=True)
class Read:
    """How the reading went."""

    unreadable: int  # inputs that could not be read, or not to their end
    interrupted: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What is read, and how."""

    catalogue: Catalogue
    inputs: tuple[tuple[str, Input], ...]  # path or -

    def read(self, count: Count) -> Read:
        """Count one input after the other; say of each that cannot be read why."""
        unreadable = 0
        with progress_bar() as progress:
            try:
                for wrong in self._read(count, progress):
                    unreadable += wrong
            except KeyboardInterrupt:
                return Read(unreadable, interrupted=True)
        return Read(unreadable, interrupted=False)

    def _read(self, count: Count, progress: Progress | None) -> Iterator[bool]:
        seen: set[tuple[int, int]] = set()
        for path, how in self.inputs:
            try:
                if path == STDIN:
                    _count(open_stream("standard input", sys.stdin.buffer), how, count, progress)
                    continue
                with open_path(Path(path)) as stream:
                    if stream.identity in seen:
                        click.echo(f"note: {path} is another name of a file that was read: counted once", err=True)
                    else:
                        _count(stream, how, count, progress)
                    seen.add(stream.identity)
            except Unreadable as error:
                for problem in error.problems:
                    click.echo(f"error: {problem}", err=True)
                yield True


def plan_of(
    command: str, paths: tuple[str, ...], file: Path | None, timezone: str | None, *, rotated: bool = False
) -> Plan:
    """Decide what a command reads; raises LogwatchError with every problem of configuration, catalogue and grammars.

    ``command`` is its name with the options it cannot do without, as remedies tell it. Without paths, what is piped in
    is read, else the files of the configuration, and with ``rotated`` those that rotation made of them.
    """
    if not paths and file is None and _is_piped():
        paths = (STDIN,)
    config = _found(file) if file is not None or not paths else Config(source=(Source(name="mesibo"),))
    logs = tuple(source for source in config.source if source.webhook is None) or (Source(name="mesibo"),)
    config = msgspec.structs.replace(config, source=logs)  # calls are kept in the ledger alone
    if timezone is not None:
        config = msgspec.structs.replace(
            config, source=tuple(msgspec.structs.replace(source, timezone=timezone) for source in config.source)
        )
        if problems := [problem for source in config.source for problem in source.wrong_zone("--timezone")][:1]:
            raise LogwatchError(*problems)
    parts = assemble(config)
    most = config.follow.max_line_bytes
    sources = [
        (source, Input(parts.scanner(source, keep=0), source.envelope, most, source.name)) for source in config.source
    ]
    inputs = [(path, _how(path, sources)) for path in paths]
    if not paths:
        inputs = [(path, how) for source, how in sources for path in _paths(source, rotated=rotated)]
    if not inputs:
        patterns = ", ".join(path for source in config.source for path in source.paths)
        looked = f"looked for {patterns}" if patterns else "the source is no file here"
        remedy = f"name files, or: docker logs mesibo 2>&1 | mesibo-logwatch {command} -"
        for source in config.source:
            if source.journal:
                asked = " ".join(source.journal.target.arguments)
                remedy = f"journalctl --output=cat {asked} | mesibo-logwatch {command} -"
        raise LogwatchError(Problem(command.partition(" ")[0], "there is nothing to read", looked, remedy))
    return Plan(parts.catalogue, tuple(inputs))


def _is_piped() -> bool:
    """Return whether somebody sends a log: a pipe, a socket or a file, and neither a terminal nor /dev/null."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or stat.S_ISREG(mode)


def _how(path: str, sources: list[tuple[Source, Input]]) -> Input:
    """Read a path as the source that follows it; one that none follows is as likely of the first as of any other."""
    absolute = str(Path(path).absolute())
    return next((how for source, how in sources if Globs(source.paths).matches(absolute)), sources[0][1])


def _found(file: Path | None) -> Config:
    """Load the configuration, or make one of what is found on this host."""
    if file is not None:
        return load_config(file)
    config: Config
    config, _story = import_module("logwatch.config.default").find()  # it looks at the host: only if nothing is named
    return config


def _paths(source: Source, *, rotated: bool) -> list[str]:
    """Return the files of a source that are there now."""
    if source.docker:
        found = list(Container(source.docker.container, source.docker.root).find(time.time()).paths)
    else:
        found = [path for path in Globs(source.paths).find(time.time()).paths if Path(path).exists()]
    if not rotated:
        return found
    aside = [path for path in Globs(source.rotated).find(time.time()).paths if Path(path).is_file()]
    return list(dict.fromkeys([*(old for path in found for old in _generations(Path(path))), *aside, *found]))


def _generations(path: Path) -> list[str]:
    """Return the files beside a log whose names say that they can be nothing else than its rotated ones."""
    try:
        beside = sorted(path.parent.iterdir())
    except OSError:
        return []
    return [
        str(other)
        for other in beside
        if (name := rotated_name(path.name, other.name)) is not None and name.certain and other.is_file()
    ]


def _count(stream: Stream, how: Input, count: Count, progress: Progress | None) -> None:
    if progress is None:
        count.read(stream, how, now=time.time())
        return
    task = progress.add_task(stream.name, total=stream.size or None)
    count.read(stream, how, now=time.time(), progress=lambda: progress.update(task, completed=stream.passed()))
    progress.remove_task(task)


@contextmanager
def progress_bar(amount: ProgressColumn | None = None) -> Iterator[Progress | None]:
    """Show how far something is, in bytes unless ``amount`` says otherwise, if somebody sits at a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        amount or DownloadColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield progress
