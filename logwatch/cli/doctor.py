"""``doctor``: why are there no numbers, or wrong ones? One row per check, each with its remedy."""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import click
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from logwatch.cli.options import config_option
from logwatch.cli.terminal import show
from logwatch.config import bad_address
from logwatch.doctor import Check, Host, examine
from logwatch.privacy import readable
from logwatch.words import many

_NAME_COLUMNS = 30  # of the names of checks; a longer one is wrapped in a narrow window
_SEVERAL = {"warning": "warnings", "failure": "failures"}
_STYLES = {"ok": "green", "warning": "yellow", "failure": "bold red", "skipped": "dim"}


@click.command()
@config_option("Configuration, as for `run`.")
@click.option(
    "--mesibo-conf",
    type=click.Path(path_type=Path),
    metavar="F",
    help="mesibo's configuration; default: where mesibo reads it.",
)
@click.option(
    "--prometheus",
    metavar="URL",
    help="Default: http://127.0.0.1:9090, if it answers there; with a password http://USER:PASSWORD@HOST:9090.",
)
@click.option("--alertmanager", metavar="URL", help="Default: those that Prometheus sends alerts to.")
@click.option("--outbound", is_flag=True, help="Also try TLS connections to Google (FCM) and Apple (APNs).")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(
    *,
    config: Path | None,
    mesibo_conf: Path | None,
    prometheus: str | None,
    alertmanager: str | None,
    outbound: bool,
    form: str,
) -> None:
    """Check every step from mesibo's configuration to the pager, each with its remedy. It changes nothing.

    The exit code is 1 if a check fails; warnings and checks that had to be skipped are no failures. Run as root it can
    look at everything; mesibo's secrets are never read out. All questions over the network together take at most 20 s.
    """
    for option, url in (("--prometheus", prometheus), ("--alertmanager", alertmanager)):
        if url is not None and (why := bad_address(url)):
            raise click.BadParameter(why, param_hint=option)
    checks = list(examine(Host(), config, mesibo_conf, prometheus, alertmanager, way_out=outbound))
    if form == "json":
        counts = {verdict: sum(check.verdict == verdict for check in checks) for verdict in _STYLES}
        click.echo(
            json.dumps({"counts": counts, "checks": [c.as_dict() for c in checks]}, indent=2, ensure_ascii=False)
        )
    else:
        show(render(checks))
    sys.exit(1 if any(check.verdict == "failure" for check in checks) else 0)


def render(checks: Iterable[Check]) -> RenderableType:
    """Lay the rows out for a terminal of any width, without control characters from files or answers.

    A remedy that is one command is on a line of its own that is never wrapped, so that it can be pasted.
    """
    checks = list(checks)
    widths = [max(map(len, texts), default=0) for texts in ((c.verdict for c in checks), (c.name for c in checks))]
    parts: list[RenderableType] = []
    grid = _grid(widths)
    for check in checks:
        remedy = check.remedy if check.verdict != "ok" else ""
        command = re.fullmatch("`([^`]+)`", remedy)
        what = _marked(check.what)
        if remedy and not command:
            what.append_text(_marked(f"\n→ {remedy}", "italic"))
        grid.add_row(Text(check.verdict, style=_STYLES[check.verdict]), Text(readable(check.name), style="bold"), what)
        if command:
            parts += [grid, Text(f"→ {readable(command[1])}", style="bold", no_wrap=True, overflow="ignore")]
            grid = _grid(widths)
    counts = Counter[str](check.verdict for check in checks)
    total = ", ".join(many(counts[v], v, _SEVERAL.get(v, v)) for v in _STYLES if v in counts)
    return Group(*parts, grid, Text(""), Text(total))


def _grid(widths: Sequence[int]) -> Table:
    """Return a table for some of the rows; its first columns have these widths, as in the tables of all others."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, min_width=widths[0])
    grid.add_column(overflow="fold", min_width=min(widths[1], _NAME_COLUMNS))
    grid.add_column(overflow="fold", ratio=1)
    return grid


def _marked(text: str, style: str = "") -> Text:
    """Return text in which what was in backticks is bold."""
    shown = Text(style=style)
    for i, part in enumerate(text.split("`")):
        start = "\n" if part.startswith("\n") else ""
        shown.append(start + readable(part.removeprefix("\n")), style="bold" if i % 2 else "")
    return shown
