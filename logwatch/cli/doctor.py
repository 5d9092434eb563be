"""``doctor``: why are there no numbers, or wrong ones: one row a check, each with its remedy."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path

import click
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from logwatch.cli.terminal import show
from logwatch.doctor import Check, Host, Questions, examine
from logwatch.privacy import readable

_STYLES = {"ok": "green", "warning": "yellow", "failure": "bold red", "skipped": "dim"}


@click.command(short_help="Find out why there are no numbers, or wrong ones.")
@click.option("--config", type=click.Path(path_type=Path), metavar="F", help="As `run` takes it.")
@click.option("--mesibo-conf", type=click.Path(path_type=Path), metavar="F", help="Else /etc/mesibo/mesibo.conf.")
@click.option("--prometheus", metavar="URL", help="Else http://127.0.0.1:9090, where one answers.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(*, config: Path | None, mesibo_conf: Path | None, prometheus: str | None, form: str) -> None:
    """Go from mesibo's configuration to the pager, one row a check, each with its remedy. It changes nothing.

    The exit code is 1 if a check fails; warnings and checks that had to be skipped are no failures. Run as root it can
    look at everything; mesibo's secrets are never read out.
    """
    if prometheus is not None and not prometheus.startswith(("http://", "https://")):
        raise click.BadParameter("an address begins with http:// or https://", param_hint="--prometheus")
    checks = list(examine(Questions(config, mesibo_conf, prometheus), Host()))
    if form == "json":
        counts = {verdict: sum(check.verdict == verdict for check in checks) for verdict in _STYLES}
        click.echo(
            json.dumps({"counts": counts, "checks": [c.as_dict() for c in checks]}, indent=2, ensure_ascii=False)
        )
    else:
        show(render(checks))
    sys.exit(1 if any(check.verdict == "failure" for check in checks) else 0)


def render(checks: Iterable[Check]) -> RenderableType:
    """Lay the rows out for a terminal of any width; nothing that a file or an answer holds moves its cursor."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_column(overflow="fold", ratio=1)
    counts: dict[str, int] = {}
    for check in checks:
        counts[check.verdict] = counts.get(check.verdict, 0) + 1
        what = Text(readable(check.what))
        if check.remedy and check.verdict != "ok":
            what.append(f"\n→ {readable(check.remedy)}", style="italic")
        grid.add_row(Text(check.verdict, style=_STYLES[check.verdict]), Text(readable(check.name), style="bold"), what)
    total = ", ".join(f"{counts[verdict]} {verdict}" for verdict in _STYLES if verdict in counts)
    return Group(grid, Text(""), Text(total))
