"""What the commands' options share: types for files, numbers and times, and groups that list their commands in full."""

import sys
import time
from collections.abc import Callable, Iterable
from math import isfinite
from pathlib import Path
from typing import Any

import click
from click.decorators import FC

from logwatch.errors import LogwatchError, Problem
from logwatch.moments import EXAMPLES, moment
from logwatch.secret import checked


def config_option(text: str, name: str = "config") -> Callable[[FC], FC]:
    """Return ``--config``, with ``text`` as its help; a file that cannot be read is left to the loader.

    The loader's message has a remedy.
    """
    return click.option("--config", name, type=click.Path(path_type=Path, readable=False), metavar="F", help=text)


class CommandGroup(click.Group):
    """A group that lists each command with its whole sentence; click's own cuts it to the terminal's width."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, self.commands[name].get_short_help_str(200)) for name in self.list_commands(ctx)]
            )


class Number(click.FloatRange):
    """A finite number within bounds; click's own type accepts ``nan``, which passes any bounds, and ``inf``."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Convert a value; fail as wrong use if it is not a finite number within the bounds."""
        number: float = super().convert(value, param, ctx)
        if not isfinite(number):
            self.fail(f"{value} is not a number", param, ctx)
        return number


def time_read(_ctx: click.Context | None, _parameter: click.Parameter | None, value: str | None) -> float | None:
    """Return the value of an option that is a time."""
    try:
        return None if value is None else moment(value, time.time)
    except (ValueError, OverflowError):
        raise click.BadParameter(f"{value!r} is not a time; try {EXAMPLES}") from None


def print_problems(problems: Iterable[Problem]) -> None:
    """Print what is wrong to standard error."""
    for problem in problems:
        click.echo(f"error: {problem}", err=True)


def prompted(command: str, name: str, what: str, remedy: str) -> str:
    """Ask for a secret on the terminal, ``what`` in its checks; without a terminal, say how else to name it."""
    if not sys.stdin.isatty():
        raise LogwatchError.at(command, f"no {name}", "there is no terminal to prompt on", remedy)
    return checked(click.prompt(name, hide_input=True, err=True), "the prompt", what)


def refuse_empty(since: float | None, until: float | None) -> None:
    """Refuse --since and --until with nothing between them; None leaves a side open."""
    if since is not None and until is not None and since >= until:
        raise click.UsageError("--since is not before --until: no result can be between them")
