"""Write OpenMetrics from old logs, which promtool turns into blocks of a Prometheus."""

import os
import re
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from os.path import samestat
from pathlib import Path
from typing import TextIO

import click
from rich.progress import MofNCompleteColumn, Progress

from logwatch import heap
from logwatch.cli.options import config_option, refuse_empty, time_read
from logwatch.cli.reading import INTERRUPTED, progress_bar, read
from logwatch.cli.report_inputs import STDIN, plan
from logwatch.errors import LogwatchError, Problem, in_words
from logwatch.history import Past, Tallies, Written, write
from logwatch.moments import utc
from logwatch.report.table import notes

_OWN_LABELS = ("source", "platform", "code", "reason", "class", "limiter")
_LABEL = re.compile(r"(?!__)[A-Za-z_][A-Za-z0-9_]*")


def _labels(_ctx: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """Parse NAME=VALUE of each --label."""
    labels = {}
    for text in values:
        name, equals, value = text.partition("=")
        if not equals or not value or not _LABEL.fullmatch(name):
            raise click.BadParameter(f"{text!r} is not a label; try --label cluster=main")
        if name in _OWN_LABELS:
            raise click.BadParameter(f"{name} is a label that the counters themselves have; choose another one")
        labels[name] = value
    return labels


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH…|-]")
@click.option("-o", "--output", required=True, metavar="F", help="File to write; - is standard output.")
@config_option("Read what this configuration follows.")
@click.option("--since", metavar="T", callback=time_read, help="Only from the minute of T onwards.")
@click.option("--until", metavar="T", callback=time_read, help="Only minutes that begin before T.")
@click.option("--timezone", metavar="Z", help="The zone of the log's own stamps, where it is not UTC.")
@click.option(
    "--label",
    "labels",
    multiple=True,
    metavar="NAME=VALUE",
    callback=_labels,
    help="Add a label to every series, such as cluster=main; may be given several times.",
)
def command(
    *,
    paths: tuple[str, ...],
    output: str,
    config: Path | None,
    since: float | None,
    until: float | None,
    timezone: str | None,
    labels: dict[str, str],
) -> None:
    """Write what old logs hold as OpenMetrics, to fill a Prometheus with the past.

    It reads what `report` reads; without PATH, the files of the configuration and their rotated files. The counters
    are those of /metrics, with a sample a minute, and begin at 0:

        mesibo-logwatch history -o past.om --label cluster=main

        promtool tsdb create-blocks-from openmetrics past.om OUT

    Add --max-block-duration=744h to that (after the subcommand; promtool's help does not show it): without it,
    promtool reads the file once for every two hours in it. Move the blocks into the data directory of a Prometheus
    that keeps them long enough (--storage.tsdb.retention.time). The exit code is 1 if some files, or push lines in
    them, could not be read, and 2 if no file could be read.
    """
    refuse_empty(since, until)
    heap.keep()
    heap.collect_seldom()
    planned = plan(paths, config, timezone, rotated=True, command="history -o F")
    _refuse_to_replace(output, [path for path, _ in planned.inputs])
    with _replaced(output) as file, Tallies() as tallies:
        past = Past(planned.catalogue, since, until, tallies=tallies)
        done = read(planned, past)
        for note in [*notes(past), *_notes(past)]:
            click.echo(f"note: {note}", err=True)
        if done.interrupted:
            click.echo(
                "note: interrupted: nothing is written, since an incomplete past would look like a quiet one", err=True
            )
            sys.exit(INTERRUPTED)
        if not tallies.rows:
            click.echo(f"error: {_nothing(past)}", err=True)
            sys.exit(2 if done.failed == len(planned.inputs) else 1)
        with progress_bar(MofNCompleteColumn()) as progress:
            written = write(file, tallies, planned.catalogue, labels, _advance(progress))
    click.echo(_summary(written, past, output), err=True)
    if done.failed or past.unreadable:
        sys.exit(1)


def _refuse_to_replace(output: str, inputs: Iterable[str]) -> None:
    """Raise LogwatchError if the file to be written is one that is read, by any name: what was logged would be gone."""
    for path in inputs:
        with suppress(OSError):
            log = os.fstat(0) if path == STDIN else Path(path).stat()
            if output != STDIN and samestat(Path(output).stat(), log):
                raise LogwatchError.at(
                    output, "is not written", "it is a log that is read", "name another file, such as past.om"
                )


@contextmanager
def _replaced(output: str) -> Iterator[TextIO]:
    """Open a temporary file for the output; rename it once it is complete, and remove it if it never is."""
    if output == STDIN:
        yield sys.stdout
        return
    given = Path(output)
    path = Path(os.path.realpath(given))  # a link, as /dev/stdout is one, must stay
    part = path.parent / f".{path.name}.part"
    try:
        if given.exists() and not given.is_file():  # nor is what an empty name stands for
            raise LogwatchError.at(output or '""', "is not a file", "", "name a new one, or - for standard output")
        with part.open("w", encoding="utf-8") as file:
            yield file
        part.replace(path)
    except OSError as error:
        why = in_words(error)
        raise LogwatchError.at(output, "cannot be written", why, "name one in a writable directory with room") from None
    finally:
        with suppress(OSError):
            part.unlink()


def _advance(progress: Progress | None) -> Callable[[int, int], None]:
    """Return a function that shows how many series have been written."""
    if progress is None:
        return lambda _done, _all: None
    task = progress.add_task("series")
    return lambda done, total: progress.update(task, completed=done, total=total)


def _nothing(past: Past) -> Problem:
    """Return why there is nothing to write."""
    if past.causes:
        return Problem("history", "no push line could be read", "", "mesibo-logwatch report says what is in them")
    window = " in the time that was asked for" if past.since is not None or past.until is not None else ""
    return Problem("history", f"there is no push result{window}", "", "mesibo-logwatch report says what is in a log")


def _notes(past: Past) -> Iterator[str]:
    """Yield notes about doubtful times."""
    if past.timeless:
        many = f"{past.timeless} of {past.sources} inputs"
        yield f"{many} have no time for any push: their pushes are put at the file's last write, or at now for a pipe"
    for name in past.over_a_year:
        yield (
            f"{name}: its stamps, which have no year, go back by more than half of one, so some get a wrong year:"
            " split what holds more than a year, and set with `touch -d` when mesibo last wrote each part"
        )


def _summary(written: Written, past: Past, output: str) -> str:
    """Return in words what is in the file, and what to do with it."""
    first, last = (f"{utc(at):%Y-%m-%d %H:%M}" for at in (written.first, written.last))
    results = sum(seen.count for seen in past.summary.results.values())
    name = "F" if output == STDIN else shlex.quote(output)
    return (
        f"{results:,} push results as {written.samples:,} samples of {written.series} series, {first} to {last} UTC\n"
        f"next: promtool tsdb create-blocks-from openmetrics {name} OUT --max-block-duration=744h"
    )
