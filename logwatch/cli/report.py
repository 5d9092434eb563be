"""Counts push results in files or standard input, once, and shows them: a table, JSON or CSV."""

import csv
import io
import json
import os
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from logwatch import heap
from logwatch.assembly import assemble
from logwatch.catalogue import Catalogue
from logwatch.catalogue.summary import iso
from logwatch.cli import moments, terminal
from logwatch.config import Config, Source
from logwatch.config import load as load_config
from logwatch.discover import Container, Globs
from logwatch.errors import LogwatchError, Problem
from logwatch.report import Count, Input, Stream, Unreadable, open_path, open_stream
from logwatch.report.table import notes, render

STDIN = "-"
_INTERRUPTED = 130  # the exit code of a command that SIGINT ended
_TIMES = "2h, 3d, 2026-11-22, 2026-11-22T10:15:00Z"


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is read, and how."""

    catalogue: Catalogue
    inputs: tuple[tuple[str, Input], ...]  # path or -


@click.command(short_help="Count push results in files or standard input, once.")
@click.argument("paths", nargs=-1, metavar="[PATH…|-]")
@click.option("--config", type=click.Path(path_type=Path), metavar="F", help="Read what this configuration follows.")
@click.option("--format", "form", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True)
@click.option("--since", metavar="T", callback=moments.option(time.time), help=f"Only results from then on: {_TIMES}.")
@click.option("--until", metavar="T", callback=moments.option(time.time), help="Only results before then.")
@click.option(
    "--timezone", metavar="Z", help="The zone of the log's own stamps, such as Europe/Berlin, where it is not UTC."
)
def command(
    *,
    paths: tuple[str, ...],
    config: Path | None,
    form: str,
    since: float | None,
    until: float | None,
    timezone: str | None,
) -> None:
    """Count push results in files or standard input, once.

    PATH is a log as mesibo writes it, or as Docker, compose, Kubernetes, podman, syslog or journalctl hand it on,
    packed by gzip or not; - is standard input, and so is what is piped into it without PATH:

        docker logs -t mesibo 2>&1 | mesibo-logwatch report

    Without either, the files of the configuration are read, or what is found without one. With both, PATH is read as
    the configuration says. The exit code is 1 if some of the files, or the push lines in them, could not be read, and 2
    if no file could.
    """
    if since is not None and until is not None and since >= until:
        raise click.UsageError("--since is not before --until: no result can be between them")
    heap.keep()
    if not paths and config is None and _is_piped():
        paths = (STDIN,)
    plan = _plan(paths, config, timezone)
    count = Count(plan.catalogue, since, until)
    unreadable, interrupted = 0, False
    with _progress() as progress:
        try:
            for wrong in _read(plan, count, progress):
                unreadable += wrong
        except KeyboardInterrupt:
            interrupted = True
    _show(count, form)
    if interrupted:
        click.echo("note: interrupted: this is what was counted until then", err=True)
        sys.exit(_INTERRUPTED)
    if unreadable:
        sys.exit(1 if unreadable < len(plan.inputs) else 2)
    if count.unreadable:
        sys.exit(1)


def _is_piped() -> bool:
    """Return whether somebody sends a log: a pipe, a socket or a file, and neither a terminal nor /dev/null."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or stat.S_ISREG(mode)


def _plan(paths: tuple[str, ...], file: Path | None, timezone: str | None) -> _Plan:
    """Decide what is read; raises LogwatchError with every problem of configuration, catalogue and grammars."""
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
    sources = [(source, Input(parts.scanner(source, keep=0), source.envelope, most)) for source in config.source]
    inputs = [(path, _how(path, sources)) for path in paths]
    if not paths:
        inputs = [(path, how) for source, how in sources for path in _paths(source)]
    if not inputs:
        patterns = ", ".join(path for source in config.source for path in source.paths)
        looked = f"looked for {patterns}" if patterns else "the source is no file here"
        remedy = "name files, or: docker logs mesibo 2>&1 | mesibo-logwatch report -"
        for source in config.source:
            if source.journal:
                asked = " ".join(source.journal.target.arguments)
                remedy = f"journalctl --output=cat {asked} | mesibo-logwatch report -"
        raise LogwatchError(Problem("report", "there is nothing to read", looked, remedy))
    return _Plan(parts.catalogue, tuple(inputs))


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


def _paths(source: Source) -> list[str]:
    """Return the files of a source that are there now."""
    if source.docker:
        return list(Container(source.docker.container, source.docker.root).find(time.time()).paths)
    return [path for path in Globs(source.paths).find(time.time()).paths if Path(path).exists()]


def _read(plan: _Plan, count: Count, progress: Progress | None) -> Iterator[bool]:
    """Count one input after the other; tell of each whether, and why, it cannot be read."""
    seen: set[tuple[int, int]] = set()
    for path, how in plan.inputs:
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


def _count(stream: Stream, how: Input, count: Count, progress: Progress | None) -> None:
    if progress is None:
        count.read(stream, how, now=time.time())
        return
    task = progress.add_task(stream.name, total=stream.size or None)
    count.read(stream, how, now=time.time(), progress=lambda: progress.update(task, completed=stream.passed()))
    progress.remove_task(task)


@contextmanager
def _progress() -> Iterator[Progress | None]:
    """Show how far the reading is, if somebody sits at a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield progress


def _show(count: Count, form: str) -> None:
    if form == "table":
        terminal.show(lambda width: render(count, width))
        return
    click.echo(json.dumps(_document(count), indent=2) if form == "json" else _csv(count))
    for note in notes(count):  # where a table would say so
        click.echo(f"note: {note}", err=True)


def _document(count: Count) -> dict[str, Any]:
    """Return what a program gets; where nothing could be read, also what stands in front of the function."""
    document = count.summary.as_dict(count.catalogue)
    if count.summary.misplaced and not count.summary.results:
        document["in_front"] = count.fronts
    return document


def _csv(count: Count) -> str:
    rows = count.summary.rows(count.catalogue)
    total = sum(row.seen.count for row in rows)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["provider", "platform", "code", "reason", "meaning", "class", "severity", "count", "share", "first", "last"]
    )
    for row in rows:
        told = [row.provider, row.platform, row.code, row.reason, row.entry.title, row.entry.class_, row.entry.severity]
        share = f"{row.seen.count / total:.6f}"
        writer.writerow([*told, row.seen.count, share, iso(row.seen.first), iso(row.seen.last)])
    return text.getvalue().removesuffix("\n")
