"""Counts push results in files or standard input, once, and shows them: a table, JSON or CSV."""

import csv
import io
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from logwatch import heap
from logwatch.catalogue.summary import iso
from logwatch.cli import moments, terminal, user_report
from logwatch.cli.report_inputs import STDIN, Plan, plan
from logwatch.moments import EXAMPLES
from logwatch.report import Count, Input, Stream, Unreadable, open_path, open_stream
from logwatch.report.table import doubts, notes, render

_INTERRUPTED = 130  # the exit code of a command that SIGINT ended
_REACHED = {"warning": ("warning", "critical"), "critical": ("critical",)}


@click.command(short_help="Count push results in files or standard input, once.")
@click.argument("paths", nargs=-1, metavar="[PATH…|-]")
@click.option("--config", type=click.Path(path_type=Path), metavar="F", help="Read what this configuration follows.")
@click.option("--user", metavar="ADDRESS", help="One user's pushes, accepted ones too, and what they say together.")
@click.option("--format", "form", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True)
@click.option("--all", "whole", is_flag=True, help="Every cause, with its whole remedy, and every row of the table.")
@click.option(
    "--since", metavar="T", callback=moments.option(time.time), help=f"Only results from then on: {EXAMPLES}."
)
@click.option("--until", metavar="T", callback=moments.option(time.time), help="Only results before then.")
@click.option(
    "--timezone", metavar="Z", help="The zone of the log's own stamps, such as Europe/Berlin, where it is not UTC."
)
@click.option(
    "--fail-on",
    type=click.Choice(list(_REACHED)),
    help="Exit with 1 if a result is of this severity, or of a worse one.",
)
def command(
    *,
    paths: tuple[str, ...],
    config: Path | None,
    user: str | None,
    form: str,
    whole: bool,
    since: float | None,
    until: float | None,
    timezone: str | None,
    fail_on: str | None,
) -> None:
    """Count push results in files or standard input, once.

    PATH is a log as mesibo writes it, or as Docker, compose, Kubernetes, podman, syslog or journalctl hand it on,
    packed by gzip or not; - is standard input, and so is what is piped into it without PATH:

        docker logs -t mesibo 2>&1 | mesibo-logwatch report

    Without either, the files of the configuration are read, or what is found without one. With both, PATH is read as
    the configuration says. Times are in UTC. With --user, the failures that the daemon of the configuration keeps are
    told too, whether or not they are masked there.

    The exit code is 1 if some of the files, or the push lines in them, could not be read, or if --fail-on says so; and
    2 if no file could.
    """
    if since is not None and until is not None and since >= until:
        raise click.UsageError("--since is not before --until: no result can be between them")
    if user is not None and not user.strip():
        raise click.BadParameter("an address is needed, as the log has it", param_hint="--user")
    heap.keep()
    planned = plan(paths, config, timezone, detailed=user is not None)
    count = Count(planned.catalogue, since, until)
    story = user_report.begin(user.strip(), planned, count) if user is not None else None
    unreadable, interrupted = 0, False
    with _progress() as progress:
        try:
            for wrong in _read(planned, count, progress):
                unreadable += wrong
        except KeyboardInterrupt:
            interrupted = True
    if story is not None:
        severities = story.show(form, whole=whole)
    else:
        _show(count, form, whole=whole, followed=planned.followed)
        severities = {row.entry.severity for row in count.summary.rows(count.catalogue)}
    if interrupted:
        click.echo("note: interrupted: this is what was counted until then", err=True)
        sys.exit(_INTERRUPTED)
    if unreadable:
        sys.exit(1 if unreadable < len(planned.inputs) else 2)
    if count.unreadable or (fail_on and severities.intersection(_REACHED[fail_on])):
        sys.exit(1)


def _read(planned: Plan, count: Count, progress: Progress | None) -> Iterator[bool]:
    """Count one input after the other; tell of each whether, and why, it cannot be read."""
    seen: set[tuple[int, int]] = set()
    for path, how in planned.inputs:
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


def _show(count: Count, form: str, *, whole: bool, followed: bool) -> None:
    hints = doubts(count, time.time(), followed=followed)
    if form == "table":
        terminal.show(lambda width: render(count, width, whole=whole, hints=hints))
        return
    click.echo(json.dumps(_document(count), indent=2) if form == "json" else _csv(count))
    for note in (*notes(count), *hints):  # where a table would say so
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
