"""Count push results in files or standard input, once, and show them: as a table, JSON or CSV."""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from logwatch import heap
from logwatch.catalogue import SEVERITIES, Severity
from logwatch.catalogue.summary import Row
from logwatch.cli import terminal
from logwatch.cli.options import config_option, refuse_empty, time_read
from logwatch.cli.reading import INTERRUPTED, read
from logwatch.cli.report_inputs import plan
from logwatch.events import quoted
from logwatch.moments import EXAMPLES
from logwatch.report import Count
from logwatch.report.table import doubts, notes, render

_WRITTEN_AT_ONCE = 256  # results
_COLUMNS = (
    "provider", "platform", "code", "reason", "title", "class", "severity", "side", "count", "share", "first", "last",
    "meaning", "remedy",
)  # fmt: skip


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH…|-]")
@config_option("Read what this configuration follows.")
@click.option("--user", metavar="ADDRESS", help="One user's pushes, accepted ones too, and what to conclude from them.")
@click.option("--format", "form", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True)
@click.option("--all", "whole", is_flag=True, help="Every cause, with its whole remedy, and up to 1,000 rows.")
@click.option("--since", metavar="T", callback=time_read, help=f"Only results from T onwards: {EXAMPLES}.")
@click.option("--until", metavar="T", callback=time_read, help="Only results before T.")
@click.option(
    "--timezone", metavar="Z", help="The zone of the log's own stamps, such as Europe/Berlin, where it is not UTC."
)
@click.option(
    "--fail-on",
    type=click.Choice(SEVERITIES[1:]),
    help="Exit with 1 if a result has this severity or a worse one.",
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
    fail_on: Severity | None,
) -> None:
    """Count push results in files or standard input, once.

    PATH is a log as mesibo writes it, or as Docker, compose, Kubernetes, podman, syslog or journalctl print it,
    compressed or not; - is standard input. Without PATH, what is piped in is read:

        docker logs -t mesibo 2>&1 | mesibo-logwatch report

    Without PATH and pipe, the files of the configuration are read, or those found without one. With --config and
    PATH, PATH is read as the configuration says. Times are in UTC. With --user, the failures in the daemon's error log
    are listed too, masked or not; without PATH, rotated files and journals are read as well.

    The exit code is 1 if some files, or the push lines in them, could not be read, or if --fail-on says so; 2 if no
    file could be read.
    """
    refuse_empty(since, until)
    if user is not None and not user.strip():
        raise click.BadParameter("an address is needed, as the log has it", param_hint="--user")
    heap.keep()
    heap.collect_seldom()
    called = "report" if user is None else f"report --user {quoted(user)}"
    planned = plan(paths, config, timezone, detailed=user is not None, rotated=user is not None, command=called)
    count = Count(planned.catalogue, since, until)
    story = None
    if user is not None:
        from logwatch.cli import user_report  # noqa: PLC0415  it needs the ledger, a report of files does not

        planned, left_out = user_report.bounded(planned, since)
        story = user_report.begin(user.strip(), planned, count, left_out)
    done = read(planned, count)
    none = done.failed == len(planned.inputs) + len(planned.journals) > 0 and not count.summary.lines
    if story is not None:
        severities = story.show(form, whole=whole)
    else:
        rows = count.summary.rows(count.catalogue)
        if form != "table" or not none:  # why nothing was read is said already
            _show(count, rows, form, whole=whole, followed=planned.followed)
        severities = {row.entry.severity for row in rows}
    if done.interrupted:
        click.echo("note: interrupted: this is what was counted until then", err=True)
        sys.exit(INTERRUPTED)
    if done.failed:
        sys.exit(2 if none else 1)
    if count.unreadable or (fail_on and severities.intersection(SEVERITIES[SEVERITIES.index(fail_on) :])):
        sys.exit(1)


def _show(count: Count, rows: list[Row], form: str, *, whole: bool, followed: bool) -> None:
    hints = doubts(count, time.time(), followed=followed)
    if form == "table":
        whole = whole or not sys.stdout.isatty()  # only a screen is too small for all of it
        terminal.show(lambda width: render(count, rows, width, whole=whole, hints=hints))
        return
    if form == "csv":
        total = count.summary.pushes  # summed up once, not for each of what may be a hundred thousand rows
        terminal.show_csv(_COLUMNS, (row.as_dict(total) for row in rows))
    else:
        for piece in _json(count, rows):
            click.echo(piece, nl=False)
    for note in (*notes(count), *hints):  # which a table contains
        click.echo(f"note: {note}", err=True)


def _json(count: Count, rows: list[Row]) -> Iterator[str]:
    """Yield the document in pieces, one result per line; if too much is unreadable, add what precedes the markers.

    Results are encoded a few at a time: with two hundred thousand codes, a whole document takes 230 MB.
    """
    document = count.summary.lines_as_dict()
    if count.summary.misplaced and count.unreadable:
        document["in_front"] = count.fronts
    yield json.dumps(document | {"results": []}, indent=2).removesuffix("]\n}")
    total, before = count.summary.pushes, "\n    "
    for i in range(0, len(rows), _WRITTEN_AT_ONCE):
        written = [msgspec.json.encode(row.as_dict(total)) for row in rows[i : i + _WRITTEN_AT_ONCE]]
        yield before + b",\n    ".join(written).decode()
        before = ",\n    "
    yield "\n  ]\n}\n" if rows else "]\n}\n"
