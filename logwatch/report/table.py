"""Lays out a count for a person: what is wrong first, then every result, the heaviest first."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from logwatch.catalogue.summary import Row
from logwatch.report.count import Count

_COLOURS = {"critical": "red", "warning": "yellow", "none": "green"}
_NAMES = {"mesibo": "mesibo", "fcm": "FCM", "apns": "APNs", "unknown": "?"}
_LEFT_ASIDE = ("token", "rate_limited")  # neither good nor bad: churn, and mostly harmless
_FUNCTION = "push_on_complete"
_WARNINGS = 5  # told in words; the table has them all
_FEW = 96  # below so many columns the table leaves out what the meaning says as well
_WIDE = 136


def render(count: Count, width: int) -> RenderableType:
    """Lay out the whole report for a terminal of so many columns."""
    rows = count.summary.rows(count.catalogue)
    parts: list[RenderableType] = [_headline(count, rows)]
    if rows:
        parts += [Text(""), Text("What is wrong", style="bold"), *_findings(count, rows), Text(""), _table(rows, width)]
        parts.append(Text("More about a code: mesibo-logwatch explain CODE", style="dim"))
    else:
        parts += [Text(""), _nothing(count)]
    return Group(*parts)


def accepted(rows: Iterable[Row]) -> float | None:
    """Return the share of accepted pushes; dead tokens and rate limits are left out of both sides. None: no pushes."""
    weighed = [row for row in rows if row.entry.class_ not in _LEFT_ASIDE]
    total = sum(row.seen.count for row in weighed)
    return sum(row.seen.count for row in weighed if row.entry.class_ == "delivered") / total if total else None


def _headline(count: Count, rows: list[Row]) -> Text:
    results = sum(row.seen.count for row in rows)
    text = Text(f"{_many(count.summary.lines, 'line', 'lines')}, {_many(results, 'push result', 'push results')}")
    first = min((row.seen.first for row in rows if row.seen.first is not None), default=None)
    last = max((row.seen.last for row in rows if row.seen.last is not None), default=None)
    if first is not None and last is not None:
        text.append(f", {_time(first)} to {_time(last)} UTC")
    if wrapped := sorted(name for name in count.envelopes if name != "plain"):
        text.append(f"\nAround the lines: {', '.join(wrapped)}", style="dim")
    share = accepted(rows)
    if share is not None:
        text.append("\nAccepted by FCM or APNs: ")
        text.append(percent(share), style="bold")
        text.append(" (dead tokens and rate limits left aside)", style="dim")
    return text


def _findings(count: Count, rows: list[Row]) -> list[RenderableType]:
    critical = [row for row in rows if row.entry.severity == "critical"]
    warnings = [row for row in rows if row.entry.severity == "warning"]
    found: list[RenderableType] = [_finding(row) for row in critical]
    found += [_finding(row) for row in warnings[:_WARNINGS]]
    if len(warnings) > _WARNINGS:
        found.append(Text(f"  and {len(warnings) - _WARNINGS} more kinds of warnings, see below", style="dim"))
    found += [Text(f"  {note}", style="yellow") for note in notes(count)]
    if not found:
        found.append(Text("  Nothing: every push was accepted. If somebody still misses pushes, see: explain 200"))
    return found


def _finding(row: Row) -> RenderableType:
    who = _NAMES[row.platform] if row.platform != "unknown" else "unknown platform"
    head = Text.assemble(
        (f"{row.code} {row.entry.title}", f"bold {_COLOURS[row.entry.severity]}"),
        f" ({who}): {_many(row.seen.count, 'push', 'pushes')}",
        f", last {_time(row.seen.last)}" if row.seen.last is not None else "",
        ". ",
        (f"Whose side: {row.entry.whose(row.platform)}. ", "italic"),
    )
    if row.entry.severity == "critical":
        head.append(row.entry.remedy)
    return Padding(head, (0, 0, 0, 2))


def notes(count: Count) -> list[str]:
    """Say what could not be read as a result; nothing is dropped silently."""
    causes = count.causes
    said = []
    if causes and not count.summary.results:
        said.append(f"None of the {_many(causes.total(), 'line', 'lines')} with {_FUNCTION} could be read.")
        fronts = [f"`{front}`" if front else "nothing" for front in count.fronts]
        if fronts:
            said.append(f"In front of it stands {' or '.join(fronts)}")
        said.append(
            "Another prefix or dialect takes a grammar of its own: `mesibo-logwatch grammar propose` writes one"
        )
    if unparsed := count.summary.unparsed:
        kinds = (("no_code", "without a code"), ("ambiguous", "with two codes"), ("grammar", "otherwise strange"))
        details = ", ".join(f"{causes[cause]:,} {words}" for cause, words in kinds if causes[cause])  # type: ignore[index]
        said.append(
            f"{_many(unparsed, 'push line gives', 'push lines give')} no result ({details}): see `grammar trace`"
        )
    if misplaced := causes["misplaced"]:
        where = "not in its place: quoted text, or another prefix before it"
        said.append(f"{_many(misplaced, 'line has', 'lines have')} push_on_complete, but {where}")
    if bare := causes["unenveloped"]:
        said.append(
            f"{_many(bare, 'line has', 'lines have')} push_on_complete, but nothing of what stands around the others"
        )
    if count.undated:
        told = _many(count.undated, "push result has", "push results have")
        said.append(f"{told} a stamp that is no date: see `grammar check`")
    if count.ahead:
        days = f"{count.ahead / 86400:.0f} days"
        said.append(f"The newest stamp is {days} ahead of its file: a clock or a zone is wrong (--timezone)")
    if count.oversized:
        said.append(f"{_many(count.oversized, 'line is', 'lines are')} too long: only the beginning was read")
    return said


def _nothing(count: Count) -> RenderableType:
    told = [Text(note, style="yellow") for note in notes(count)]
    if count.summary.lines and not told:
        told = [Text("No push results. Is push logging on? In mesibo.conf it takes: logs { push = 1 }")]
    return Group(*told) if told else Text("There are no lines.")


def _table(rows: list[Row], width: int) -> Table:
    """Lay out every result; in a narrow window what the meaning says as well is left out."""
    total = sum(row.seen.count for row in rows)
    years = {_time(moment)[:4] for row in rows for moment in (row.seen.first, row.seen.last) if moment is not None}
    skip = 5 if len(years) == 1 else 0  # the headline has the year
    columns: list[tuple[str, bool, Callable[[Row], str | Text]]] = [
        ("For", True, lambda row: _NAMES[row.platform]),
        ("From", True, lambda row: _NAMES[row.provider]),
        ("Code", True, lambda row: Text(str(row.code), style=_COLOURS[row.entry.severity], justify="right")),
        ("Meaning", True, lambda row: row.entry.title),
        ("Reason", width >= _WIDE, lambda row: row.reason),
        ("Class", width >= _FEW, lambda row: row.entry.class_.replace("_", " ")),
        ("Count", True, lambda row: Text(f"{row.seen.count:,}", justify="right")),
        ("Share", True, lambda row: Text(percent(row.seen.count / total), justify="right")),
        ("First", width >= _FEW, lambda row: _time(row.seen.first)[skip:]),
        ("Last", True, lambda row: _time(row.seen.last)[skip:]),
    ]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    shown = [(name, cell) for name, wanted, cell in columns if wanted]
    for name, _ in shown:
        right = name in ("Code", "Count", "Share")
        table.add_column(name, no_wrap=name != "Meaning", overflow="fold", justify="right" if right else "left")
    for row in rows:
        table.add_row(*(cell(row) for _, cell in shown))
    return table


def _many(number: int, one: str, more: str) -> str:
    return f"{number:,} {one if number == 1 else more}"


def percent(share: float) -> str:
    """Write a share so that little is not nothing, and nearly all is not all."""
    if 0 < share < 0.0001:  # noqa: PLR2004  what would be shown as 0.00 %
        return "<0.01 %"
    if 0.9999 < share < 1:  # noqa: PLR2004  what would be shown as 100.00 %
        return ">99.99 %"
    return f"{share:.2%}".replace("%", " %")


def _time(moment: float | None) -> str:
    return "" if moment is None else f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M:%S}"
