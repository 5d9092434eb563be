"""Print what rich lays out: in colour and as wide as the terminal; into a pipe, plain and without trailing blanks."""

import csv
import io
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

import click
from rich.console import Console, RenderableType

_PIPE_COLUMNS = 120  # there is no window to fit in, but a line of a hundred words is no help either


def show(renderable: RenderableType | Callable[[int], RenderableType]) -> None:
    """Print to standard output; NO_COLOR and COLUMNS are respected.

    What depends on the width is handed in as a function of the width in columns.
    """
    console = Console(highlight=False, soft_wrap=False)
    if console.width < 1 or (not console.is_terminal and "COLUMNS" not in os.environ):  # no width shows nothing at all
        console = Console(highlight=False, width=_PIPE_COLUMNS)
    with console.capture() as captured:
        console.print(renderable(console.width) if callable(renderable) else renderable, crop=False)
    click.echo(re.sub(r"[ ]+$", "", captured.get(), flags=re.MULTILINE), nl=False)


def show_csv(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Print these columns of rows as CSV, with a header."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    click.echo(text.getvalue(), nl=False)
