"""Counts push results in files or standard input, once, and shows them: a table, JSON or CSV."""

import csv
import io
import json
import sys
import time
from pathlib import Path
from typing import Any

import click

from logwatch import heap
from logwatch.catalogue.summary import iso
from logwatch.cli import moments, terminal
from logwatch.cli.inputs import INTERRUPTED, plan_of
from logwatch.report import Count
from logwatch.report.table import notes, render

_TIMES = "2h, 3d, 2026-11-22, 2026-11-22T10:15:00Z"


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
    plan = plan_of("report", paths, config, timezone)
    count = Count(plan.catalogue, since, until)
    read = plan.read(count)
    _show(count, form)
    if read.interrupted:
        click.echo("note: interrupted: this is what was counted until then", err=True)
        sys.exit(INTERRUPTED)
    if read.unreadable:
        sys.exit(1 if read.unreadable < len(plan.inputs) else 2)
    if count.unreadable:
        sys.exit(1)


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
