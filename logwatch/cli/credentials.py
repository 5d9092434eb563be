"""``credentials check``: what a credential file is for, until when, and which code each fault in it will cause."""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from logwatch.catalogue.entries import STEPS
from logwatch.cli.options import CommandGroup
from logwatch.cli.terminal import show
from logwatch.credentials.look import EXTRA, examine, missing_extra
from logwatch.credentials.verdict import Flaw, Request, Verdict, when
from logwatch.errors import LogwatchError
from logwatch.moments import iso
from logwatch.words import span

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_KINDS = {"app": "", "voip": " (calls)", "complication": " (watch)"}
_STYLES = {"problem": "bold red", "warning": "yellow", "note": "dim"}


@click.group("credentials", cls=CommandGroup)
def command() -> None:
    """Check push credentials before they break."""


@command.command("check")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=_FILE)
@click.option("--bundle-id", metavar="B", default="", help="The app that the certificate must be for.")
@click.option("--project", metavar="P", default="", help="The Firebase project that the service account must be of.")
@click.option(
    "--password-file",
    type=_FILE,
    metavar="F",
    help="File with the password of a .p12; mesibo accepts none that has one.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def check(*, files: Sequence[Path], bundle_id: str, project: str, password_file: Path | None, form: str) -> None:
    """Show what each FILE is for, until when, and which code each fault in it will cause.

    FILE is an APNs certificate (.p12, .pem, .cer) or the service-account JSON of FCM. Nothing is sent anywhere, and no
    key is shown. The exit code is 1 if a file has a problem, or a certificate expires within 30 days.
    """
    if missing_extra():
        raise LogwatchError.at("credentials check", "needs a library that is not installed", "cryptography", EXTRA)
    secret = str(password_file.absolute()) if password_file else ""
    verdicts = examine(
        Request(name=path.name, file=str(path.absolute()), password_file=secret, bundle_id=bundle_id, project=project)
        for path in files
    )
    if form == "json":
        found = {"credentials": [as_dict(verdict) for verdict in verdicts]}
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        show(Group(*(render(verdict, time.time()) for verdict in verdicts)))
    sys.exit(1 if any(verdict.problems for verdict in verdicts) else 0)


def as_dict(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict for a program; times are ISO 8601 in UTC."""
    fields: dict[str, Any] = msgspec.to_builtins(verdict)
    by_kind = {"problems": verdict.problems, "notes": verdict.notes}
    flaws = {kind: [_flaw_as_dict(verdict, flaw) for flaw in each] for kind, each in by_kind.items()}
    times = {"not_before": iso(verdict.not_before), "not_after": iso(verdict.not_after)}
    del fields["flaws"]
    return fields | times | {"voip": verdict.voip} | flaws


def _flaw_as_dict(verdict: Verdict, flaw: Flaw) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(flaw)
    return fields | {"step": {"step": flaw.step, "title": STEPS[flaw.step]}, "remedy": verdict.remedy(flaw)}


def render(verdict: Verdict, now: float) -> RenderableType:
    """Lay a verdict out for a terminal of any width."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in _rows(verdict, now):
        grid.add_row(name, Text(value))
    for flaw in verdict.flaws:
        text = Text(flaw.what)
        if flaw.severity != "note" or flaw.kind in ("others_may_read", "group_may_read"):
            text.append(f"\n→ Step {flaw.step}: {verdict.remedy(flaw)}", style="italic")
        named = flaw.severity if flaw.code is None or flaw.severity == "note" else f"code {flaw.code}"
        grid.add_row(Text(named, style=_STYLES[flaw.severity]), text)
    if not verdict.problems:
        grid.add_row(Text("ok", style="green"), "No fault was found.")
    title = Text.assemble((verdict.file, "bold"), f": {verdict.form}")
    return Group(title, Padding(grid, (0, 0, 1, 2)))


def _rows(verdict: Verdict, now: float) -> list[tuple[str, str]]:
    """Return what is known of a file, as names and values."""
    topics = ", ".join(topic.name + _KINDS.get(topic.kind, "") for topic in verdict.topics)
    environment = "production and development" if verdict.environment == "both" else verdict.environment
    found = [
        ("certificate", verdict.subject),
        ("app", verdict.bundle_id),
        ("topics", topics),
        ("calls", ("can be pushed" if verdict.voip else "cannot be pushed with it") if topics else ""),
        ("environment", environment),
        ("valid until", _until(verdict.not_after, now) if verdict.not_after is not None else ""),
        ("issued by", verdict.issuer),
        ("project", verdict.project),
        ("account", verdict.account),
        ("key", _key(verdict)),
        ("expiry", "none in the file: the key works until it is deleted at Google" if verdict.project else ""),
    ]
    return [(name, value) for name, value in found if value]


def _key(verdict: Verdict) -> str:
    if verdict.not_after is None and not verdict.project:
        return ""
    if not verdict.key:
        return "is not in the file"
    apart = verdict.not_after is None or any(flaw.kind == "key_mismatch" for flaw in verdict.flaws)
    return "is in the file" if apart else "is in the file, and belongs to the certificate"


def _until(not_after: float, now: float) -> str:
    left = not_after - now
    return f"{when(not_after)} ({f'in {span(left)}' if left > 0 else f'{span(-left)} ago'})"
