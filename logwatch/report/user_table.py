"""Lay out the story of one user for a person: every push in order, and finally what follows from all of them."""

from collections.abc import Sequence
from itertools import groupby

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from logwatch.model import SYSTEMS
from logwatch.privacy import readable
from logwatch.report.table import noted
from logwatch.report.words import COLOURS, time_of
from logwatch.story import Conclusion, UserPush
from logwatch.words import many

MOST_ROWS = 20  # without --all: the newest
_FEW = 96  # below so many columns the table omits what is of least use


def render(
    user: str,
    pushes: Sequence[UserPush],
    conclusions: Sequence[Conclusion],
    notes: Sequence[str],
    width: int,
    *,
    whole: bool,
) -> RenderableType:
    """Lay out the pushes, in the order of time, for a terminal of ``width`` columns; all of them if ``whole``."""
    parts: list[RenderableType] = [Text(f"Pushes to {readable(user)}", style="bold")]
    shown = pushes if whole else pushes[-MOST_ROWS:]
    if left := len(pushes) - len(shown):
        parts.append(Text(f"{many(left, 'earlier push', 'earlier pushes')} left out: --all shows them", style="dim"))
    if pushes:
        parts += [_table(shown, width), Text("")]
    parts += [part for note in notes for part in noted(f"Note: {note}")]
    for remedy, alike in groupby(conclusions, _remedy):
        parts += [Text(each.what, style=f"bold {COLOURS[each.severity]}") for each in alike]
        parts.append(Padding(Text(remedy), (0, 0, 0, 2)))
    return Group(*parts)


def _remedy(conclusion: Conclusion) -> str:
    side = f"Whose side: {conclusion.side}. " if conclusion.side else ""
    return f"{side}{conclusion.remedy}"


def _table(pushes: Sequence[UserPush], width: int) -> Table:
    wide = width >= _FEW
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("Time (UTC)", no_wrap=True)
    table.add_column("For", no_wrap=True)
    table.add_column("Code", no_wrap=True, justify="right", min_width=max(4, *(len(push.code) for push in pushes)))
    table.add_column("What happened", overflow="fold")
    if wide:
        table.add_column("Token", overflow="fold")
        table.add_column("From", no_wrap=True)
    for push in pushes:
        reason = f" {push.heard or push.reason}".rstrip()
        what = "Accepted" if push.accepted else f"{push.entry.title}{reason}"
        row = [
            Text(time_of(push.at) or "unknown"),
            Text(SYSTEMS.get(push.platform, "?")),
            Text(push.code, style=COLOURS[push.entry.severity]),
            Text(what),
        ]
        if wide:
            row += [Text(readable(push.token)), Text("error log" if push.kept else "log")]
        table.add_row(*row)
    return table
