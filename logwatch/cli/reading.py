"""Read what a command counts, one input after the other, with a progress bar on a terminal."""

import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn

from logwatch.cli.options import print_problems
from logwatch.cli.report_inputs import STDIN, ReportPlan
from logwatch.journal.place import Target
from logwatch.report import Count, LogSettings, Stream, Unreadable, open_path, open_stream
from logwatch.report.followed import JournalEnd

MOST_ENTRIES = 1_000_000  # of one journal
INTERRUPTED = 130
"""The exit code of a command that SIGINT ended."""


@dataclass(frozen=True, slots=True)
class Read:
    """How the reading went."""

    failed: int  # inputs that could not be read, or not to their end
    interrupted: bool


def read(planned: ReportPlan, count: Count) -> Read:
    """Count one input after the other; print why, if one cannot be read."""
    failed = 0
    count.options = planned.options
    with progress_bar() as progress:
        seen: set[tuple[int, int]] = set()
        each = [partial(_file, path, how, seen) for path, how in planned.inputs]
        each += [partial(_journal, target, how) for target, how in planned.journals]
        try:
            for read_one in each:
                try:
                    read_one(count, progress)
                except Unreadable as error:
                    failed += 1
                    print_problems(error.problems)
        except KeyboardInterrupt:
            return Read(failed, interrupted=True)
    return Read(failed, interrupted=False)


def _file(path: str, how: LogSettings, seen: set[tuple[int, int]], count: Count, progress: Progress | None) -> None:
    """Count a file, or standard input, unless it is among the files ``seen`` so far."""
    before = count.causes.total()
    try:
        if path == STDIN:
            _count(open_stream("standard input", sys.stdin.buffer), how, count, progress)
            return
        with open_path(Path(path)) as stream:
            if stream.identity in seen:
                click.echo(f"note: {path} is another name of a file that was read: counted once", err=True)
            else:
                _count(stream, how, count, progress)
            seen.add(stream.identity)
    finally:
        if count.causes.total() > before:
            count.unread.append(path)


def _journal(target: Target, how: LogSettings, count: Count, progress: Progress | None) -> None:
    """Count the newest entries of a journal."""
    with closing(JournalEnd(target, MOST_ENTRIES, how.max_line_bytes)) as journal:
        _count(journal.stream, how, count, progress)
        if not journal.whole:
            most = f"its newest {MOST_ENTRIES:,} entries were read"
            remedy = f"journalctl --output=cat {shlex.join(target.arguments)} | mesibo-logwatch report -"
            click.echo(f"note: of the journal of {target.words} {most}; all of them: {remedy}", err=True)


def _count(stream: Stream, how: LogSettings, count: Count, progress: Progress | None) -> None:
    if progress is None:
        count.read(stream, how, now=time.time())
        return
    task = progress.add_task(stream.name, total=stream.size or None)
    count.read(stream, how, now=time.time(), progress=lambda: progress.update(task, completed=stream.passed()))
    progress.remove_task(task)


@contextmanager
def progress_bar(amount: ProgressColumn | None = None) -> Iterator[Progress | None]:
    """Show progress, in bytes unless ``amount`` is another column, if standard error is a terminal; else yield None."""
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
