"""Print what a code means, whose side it is on and what to do: for people, or as JSON."""

import json
import re
import sys
from pathlib import Path

import click
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from logwatch.catalogue import Catalogue, Entry, Explanation, explain
from logwatch.catalogue.entries import STEPS
from logwatch.cli.options import config_option
from logwatch.cli.terminal import show
from logwatch.config import load
from logwatch.errors import did_you_mean
from logwatch.model import PROVIDERS
from logwatch.privacy import readable

_COLOURS = {"critical": "red", "warning": "yellow", "none": "green"}
_IN_FULL = 3  # more entries with a reason than this become a list, each a line or two


class _Command(click.Command):
    """A command whose argument may be a number below 0, which is no option of it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put such numbers behind ``--``, after the options."""
        if "--" not in args:
            numbers = [each for each in args if re.fullmatch(r"-[0-9]+", each, re.ASCII)]
            args = [*(each for each in args if each not in numbers), "--", *numbers]
        return super().parse_args(ctx, args)


@click.command(cls=_Command)
@click.argument("code", metavar="CODE|REASON")
@click.option("--provider", type=click.Choice(["mesibo", "fcm", "apns"], case_sensitive=False), help="Who answered.")
@click.option("--reason", metavar="R", default="", help="FCM's errorCode or status, or APNs' reason.")
@config_option("Know the codes of its catalogue file too.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(*, code: str, provider: str | None, reason: str, config: Path | None, form: str) -> None:
    """Explain what CODE means, whose side it is on and what to do.

    CODE is the number behind "code" in a push_on_complete line. Above 900 it is mesibo's own, else the HTTP status of
    FCM or APNs. A REASON of theirs, such as UNREGISTERED, is explained with every code that it occurs with. The exit
    code is 1 if the reason or provider asked for is not known with this code.
    """
    catalogue = Catalogue.load(load(config).catalogue.path if config else None)
    asked = _asked(catalogue, code.strip(), readable(reason.strip()))
    explanations = [explain(catalogue, number, provider or "", given) for number, given in asked]
    if form == "json":
        documents = [explanation.as_dict() for explanation in explanations]
        click.echo(json.dumps(documents if len(documents) > 1 else documents[0], indent=2, ensure_ascii=False))
    else:
        for i, explanation in enumerate(explanations):
            show(Group(*([Text("")] if i else []), render(explanation)))
    sys.exit(0 if all(explanation.found for explanation in explanations) else 1)


def _asked(catalogue: Catalogue, word: str, reason: str) -> list[tuple[int, str]]:
    """Return the codes asked for, each with its reason; BadParameter for a word that is neither code nor reason."""
    if re.fullmatch(r"-?[0-9]{1,6}", word, re.ASCII):
        return [(int(word), reason)]
    known = {(entry.code, entry.reason) for entry in catalogue.entries if entry.reason}
    if asked := sorted(each for each in known if each[1].lower() == word.lower()):
        return list(dict(asked).items())
    reasons = sorted({each for _, each in known})
    why = f"{word!r} is neither a number of at most six digits nor a reason that is known"
    remedy = did_you_mean(word, reasons) or did_you_mean(word.upper(), reasons)
    raise click.BadParameter("; ".join(filter(None, (why, remedy))), param_hint="CODE")


def render(explanation: Explanation) -> RenderableType:
    """Lay an explanation out for a terminal of any width."""
    parts: list[RenderableType] = [Text(explanation.headline, style="bold")]
    parts.extend(Text(note, style="italic") for note in explanation.notes)
    bare = [entry for entry in explanation.meanings if not entry.reason]
    reasons = [entry for entry in explanation.meanings if entry.reason]
    in_full = [*bare, *reasons] if len(reasons) <= _IN_FULL else bare
    several = len(in_full) > 1
    for entry in in_full:
        parts += [Text(""), _in_full(entry, several=several)]
    if len({entry.provider for entry in explanation.meanings}) > 1:
        parts += [Text(""), Text("For one of them alone, add --provider fcm or --provider apns.", style="dim")]
    if len(reasons) > _IN_FULL:
        parts += [Text(""), Text("With a reason (add --reason for what to do):", style="bold"), _listed(reasons)]
    return Group(*parts)


def _in_full(entry: Entry, *, several: bool) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    kind = Text.assemble(entry.class_.replace("_", " "), ", severity ", (entry.severity, _COLOURS[entry.severity]))
    grid.add_row("side", Text(entry.whose(), style="bold"))
    grid.add_row("class", kind)
    if entry.class_ != "delivered":
        grid.add_row("retry", "may succeed by itself later" if entry.retryable else "pointless until something changes")
    if entry.token_dead:
        grid.add_row("token", "dead, the provider says so: delete it")
    grid.add_row("do", Text(entry.remedy))
    if several:
        if entry.steps:
            grid.add_row("steps", ", ".join(map(str, entry.steps)))
    else:
        for number in entry.steps:
            grid.add_row(f"step {number}", STEPS[number])
        for source in entry.source:
            grid.add_row("source", Text(source))
    title = [Text.assemble(_whose_answer(entry), (entry.title, "bold"))] if several else []
    return Group(*title, Text(entry.meaning), Padding(grid, (0, 0, 0, 2)))


def _whose_answer(entry: Entry) -> str:
    return f"{PROVIDERS.get(entry.provider, 'Any provider')}{' ' + entry.reason if entry.reason else ''}: "


def _listed(entries: list[Entry]) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True, style="bold")
    grid.add_column(overflow="fold")
    for entry in entries:
        grid.add_row(entry.provider, Text(entry.reason, style=_COLOURS[entry.severity]), Text(entry.meaning))
    return Padding(grid, (0, 0, 0, 2))
