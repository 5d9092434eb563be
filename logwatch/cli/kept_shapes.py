"""Show the shapes of unread lines that the ledger keeps, for a source whose log is out of reach."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from logwatch.config import Config, Source
from logwatch.diagnosis.blind import UNREAD
from logwatch.ledger.reader import NotReadable, Reader

_LOOKED_AT = 1000  # more than are kept
_SHOWN = 12


def kept_shapes(config: Config, source: Source) -> RenderableType | None:
    """Lay out the shapes of unread lines, the most frequent first; None if the ledger has none or cannot be read.

    A shape holds no number and no word of a user, so no grammar can be made from it; it shows which lines are needed.
    """
    try:
        reader = Reader.of_state(Path(config.state.directory))
        kept = reader.shapes(_LOOKED_AT) if reader else []
    except NotReadable:
        return None
    mine = sorted(((row, seen) for row, seen in kept if row.source == source.name), key=lambda each: -each[1].count)
    if not mine:
        return None
    table = shape_table("why unread", [(seen.count, UNREAD.get(row.cause, row.cause), row.shape) for row, seen in mine])
    head = f"Of source {source.name}, lines like these could not be read; numbers and users' texts are not kept:"
    return Group(Text(head, style="bold"), table)


def shape_table(second: str, rows: Sequence[tuple[int, str, str]]) -> Table:
    """Lay out how many lines have which shape, and between these what ``second`` names; of many, only the first."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("lines", justify="right")
    table.add_column(second)
    table.add_column("shape", overflow="fold")
    for lines, text, shape in rows[:_SHOWN]:
        table.add_row(str(lines), text, Text(shape))
    if left := rows[_SHOWN:]:
        table.add_row(str(sum(lines for lines, *_ in left)), "", f"in {len(left)} further shapes")
    return table
