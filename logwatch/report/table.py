"""Lay out a count for a person: what is wrong first, then every result, the heaviest first."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from logwatch.catalogue import CHURN, SEVERITIES, either
from logwatch.catalogue.summary import Row
from logwatch.dialect.redact import out_of_json
from logwatch.events import quoted
from logwatch.model import PROVIDERS
from logwatch.report.count import Count
from logwatch.report.words import COLOURS, percent, time_of
from logwatch.words import apart, many, span

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_CAUSES = 3  # shown with their remedy, unless all are wanted: so it fits a screen
_CODES = 6  # named of one cause; a log may have thousands that nobody has documented
_ROWS = 6  # shown of the table, unless all are wanted
_GOOD_ROWS = 2  # of these, at most, for pushes that were accepted
_ALL_ROWS = 1000  # even if all are wanted: laying out more takes a minute, and nobody reads them
_REMEDY_LINES = 2
_PATHS = 3  # named in a command
_BROKEN = 8  # characters of a line that are lost to word wrap
_FEW = 110  # below so many columns the table omits what the meaning implies
_WIDE = 136
_NARROW = 64  # below so many, all but what was answered to whom, and how often: a truncated number is a wrong number
_SOON_SECONDS = 300.0  # a stamp that is further ahead means a wrong clock or zone
_STALE_SECONDS = 900.0  # without a line of any kind: what is followed is stale, or mesibo has stopped


def render(
    count: Count, rows: Iterable[Row], width: int, *, whole: bool = False, hints: Sequence[str] = ()
) -> RenderableType:
    """Lay out the report for a terminal of ``width`` columns: worst first, the summary last.

    It fits a screen, unless the ``whole`` of it is wanted; ``hints`` are further doubts about what was read.
    """
    rows = worst_first(rows)
    doubtful = [part for note in (*notes(count), *hints) for part in noted(note, 2)]
    if not rows:
        return Group(*_nothing(count), *(Text(hint, style="yellow") for hint in hints), _summary(count, rows))
    causes = _causes(rows, width, whole=whole)
    if not causes and not doubtful:
        causes = [Text("  Nothing: every push was accepted. If somebody still misses pushes, see: explain 200")]
    table = _table(rows, width, whole=whole)
    # A few lines that nobody can read are no reason to look for an expired certificate further down
    wrong = [*doubtful, *causes] if hints or count.unreadable or count.ahead_seconds else [*causes, *doubtful]
    return Group(Text("What is wrong", style="bold"), *wrong, Text(""), *table, Text(""), _summary(count, rows))


def worst_first(rows: Iterable[Row]) -> list[Row]:
    """Sort results: what stops pushes first, what was accepted last, the heaviest of each first."""
    return sorted(rows, key=lambda row: (-SEVERITIES.index(row.entry.severity), -row.seen.count))


def accepted(rows: Iterable[Row]) -> float | None:
    """Return the share of accepted pushes, without dead tokens and rate limits; None if there are no others."""
    weighed = [row for row in rows if row.entry.class_ not in CHURN]
    total = sum(row.seen.count for row in weighed)
    return sum(row.seen.count for row in weighed if row.entry.class_ == "delivered") / total if total else None


def _summary(count: Count, rows: list[Row]) -> Text:
    results = many(count.summary.pushes, "push result", "push results")
    text = Text(f"{many(count.summary.lines, 'line', 'lines')}, {results}")
    first = min((row.seen.first for row in rows if row.seen.first is not None), default=None)
    last = max((row.seen.last for row in rows if row.seen.last is not None), default=None)
    if first is not None and last is not None:
        text.append(f", {time_of(first)} to {time_of(last)} UTC{_here(first, last)}")
    if wrapped := sorted(name for name in count.envelopes if name != "plain"):
        text.append(f"\nAround the lines: {', '.join(wrapped)}", style="dim")
    share = accepted(rows)
    if share is not None:
        read = "Of what could be read, accepted" if count.unreadable else "Accepted"
        text.append(f"\n{read} by FCM or APNs: ")
        text.append(percent(share), style="bold")
        text.append(" (dead tokens and rate limits left aside)", style="dim")
    if rows:
        text.append("\nMore about a code: mesibo-logwatch explain CODE", style="dim")
    return text


def _here(first: float, last: float) -> str:
    """Return the same span in the time zone of this host; empty if that is UTC."""
    begin, end = (datetime.fromtimestamp(at).astimezone() for at in (first, last))
    if not begin.utcoffset() and not end.utcoffset():
        return ""
    return f" ({begin:%H:%M:%S} to {end:%H:%M:%S %Z} here)"


def _causes(rows: Sequence[Row], width: int, *, whole: bool) -> list[RenderableType]:
    """Write each cause once, whatever platforms it concerns, with its remedy; the worst first."""
    alike: dict[str, list[Row]] = {}
    for row in rows:
        if row.entry.severity != "none":
            alike.setdefault(row.entry.name, []).append(row)
    causes = list(alike.values())
    shown = causes if whole or len(causes) <= _CAUSES + 1 else causes[:_CAUSES]
    found: list[RenderableType] = [_cause(each, width, whole=whole) for each in shown]
    if more := causes[len(shown) :]:
        names = [f"{each[0].code} {each[0].entry.title}" for each in more]  # some of two providers are called the same
        named = ", ".join(
            f"{name} ({_for(each[0])})" if names.count(name) > 1 else name
            for each, name in zip(more, names, strict=True)
        )
        line = Text(f"  and {many(len(more), 'more cause', 'more causes')} (--all): {named}", style="dim")
        line.truncate(width, overflow="ellipsis")
        found.append(line)
    return found


def _cause(rows: Sequence[Row], width: int, *, whole: bool) -> RenderableType:
    entry, codes = rows[0].entry, list(dict.fromkeys(str(row.code) for row in rows))
    shown = codes if len(codes) <= _CODES + 1 else codes[:_CODES]
    more = f" and {len(codes) - len(shown):,} more codes:" if len(shown) < len(codes) else ""
    count = sum(row.seen.count for row in rows)
    last = max((row.seen.last for row in rows if row.seen.last is not None), default=None)
    who = ", ".join(dict.fromkeys(_for(row) for row in rows))
    sides = either(entry.whose(row.platform) for row in rows)
    head = Text.assemble(
        (f"{'/'.join(shown)}{more} {entry.title}", f"bold {COLOURS[entry.severity]}"),
        f" ({who}): {many(count, 'push', 'pushes')}",
        f", last {time_of(last)}" if last is not None else "",
        ".",
    )
    side = f"Whose side: {sides}."
    remedy = entry.remedy if whole else brief(entry.remedy, _REMEDY_LINES * (width - 4 - _BROKEN) - len(side))
    todo = Text.assemble((side, "italic"), f" {remedy}")
    return Group(Padding(head, (0, 0, 0, 2)), Padding(todo, (0, 0, 0, 4)))


def _for(row: Row) -> str:
    return PROVIDERS.get(row.platform, "unknown platform")


def brief(text: str, room: int) -> str:
    """Cut a text after a sentence, so that it fits into ``room`` characters; the first sentence always stays."""
    sentences = _SENTENCE.split(text)
    kept = sentences[0]
    for sentence in sentences[1:]:
        if len(kept) + 1 + len(sentence) > room:
            break
        kept += f" {sentence}"
    return kept


def doubts(count: Count, now: float, *, followed: bool) -> list[str]:
    """Return notes about impossible stamps and, if the log is ``followed``, about a log without recent lines."""
    lasts = [seen.last for seen in count.summary.results.values()]
    newest = max((at for at in (count.logged_at, *lasts) if at is not None), default=None)
    if newest is None:
        return []
    if newest - now > _SOON_SECONDS and not count.ahead_seconds:
        ahead = f"The newest stamp is {apart(newest - now)} ahead of this host's clock"
        return [f"{ahead}: name the zone of the log (--timezone, or `timezone` of the source), or set the clock"]
    asked = count.until is None or count.until > now
    newest_line = f"The newest line of any kind is from {time_of(newest)} UTC, {span(now - newest)} ago"
    if followed and asked and now - newest > _STALE_SECONDS:
        return [f"{newest_line}: has mesibo stopped, or does it log elsewhere now? `mesibo-logwatch doctor` checks"]
    if count.since is not None and newest < count.since:
        return [f"{newest_line}: nothing is newer than --since"]
    return []


def noted(note: str, indent: int = 0) -> list[RenderableType]:
    """Lay out a note; the command on its second line, if it has one, is never wrapped, so that it can be pasted."""
    what, _, command = note.partition("\n")
    parts: list[RenderableType] = [Padding(Text(what, style="yellow"), (0, 0, 0, indent))]
    if command:
        parts.append(Text(" " * indent + command, style="yellow", no_wrap=True, overflow="ignore"))
    return parts


def notes(count: Count) -> list[str]:
    """Return notes on what could not be read as a result; nothing is dropped silently.

    A note may have a second line: a command to paste.
    """
    causes = count.causes
    said = []
    marker = " or ".join(sorted(count.markers))
    if count.unreadable:
        marked = many(count.summary.push_lines + count.summary.misplaced, "line", "lines")
        some = f"{causes.total():,} of the {marked} with {marker} could not be read."
        said.append(some if count.summary.results else f"None of the {marked} with {marker} could be read.")
        fronts = [f"`{front}`" if front else "nothing" for front in count.fronts]
        if fronts:
            said.append(f"In front of it stands {' or '.join(fronts)}")
        said.append(_way_out(count))
    if unparsed := count.summary.unparsed:
        kinds = (("no_code", "without a code"), ("ambiguous", "with two codes"), ("grammar", "malformed otherwise"))
        details = ", ".join(f"{causes[cause]:,} {words}" for cause, words in kinds if causes[cause])  # type: ignore[index]
        said.append(
            f"{many(unparsed, 'push line gives', 'push lines give')} no result ({details}): see `grammar trace`"
        )
    if misplaced := causes["misplaced"]:
        where = "not where a push line has it: quoted text, or another prefix before it"
        said.append(f"{many(misplaced, 'line has', 'lines have')} {marker}, but {where}")
    if bare := causes["unenveloped"]:
        said.append(f"{many(bare, 'line has', 'lines have')} {marker}, but not the envelope of the others")
    if count.undated:
        results = many(count.undated, "push result has", "push results have")
        said.append(f"{results} no stamp that is a date: see `grammar check`")
        if count.since is not None or count.until is not None:
            said.append("--since and --until give it the time of the line before it; if no line has a time, all count")
    if count.ahead_seconds:
        days = f"{count.ahead_seconds / 86400:.0f} days"
        said.append(f"The newest stamp is {days} ahead of its file: a clock or a zone is wrong (--timezone)")
    if count.oversized:
        said.append(f"{many(count.oversized, 'line is', 'lines are')} too long: only the beginning was read")
    return said


def _way_out(count: Count) -> str:
    """Return what to do about unread lines; no grammar looks into JSON, since users' texts are there, too."""
    files = " ".join(quoted(path) for path in count.unread[:_PATHS] if path != "-")
    if count.changed:
        return (
            f"They are in another envelope ({count.changed}), which is decided once per file: have the log rotated,"
            " and the next one is read. `tail -n N FILE | mesibo-logwatch report` reads the last N lines"
        )
    if jq := out_of_json(count.fronts):
        return f"They are texts inside JSON; this reads them:\n{jq} {files or 'FILE'} | mesibo-logwatch report"
    command = f"mesibo-logwatch grammar propose {files or '-'} --name mine{count.options}"
    return (
        "Leave out what a tool put there (grep -n, cat -n, --color=always);"
        " another prefix or dialect needs a grammar of its own, which this writes:\n"
        f"{command if files else f'… | {command}'}"
    )


def _nothing(count: Count) -> list[RenderableType]:
    lines = [part for note in notes(count) for part in noted(note)]
    if count.summary.lines and not lines:
        none = "No push results. Is this mesibo's log, and is push logging on? mesibo.conf needs logs { push = 1 }"
        lines = [Text("No push results in that time." if count.since or count.until else none)]
    return [*(lines or [Text("There are no lines.")]), Text("")]


def _table(rows: list[Row], width: int, *, whole: bool) -> list[RenderableType]:
    """Lay out results; a narrow window omits what the meaning implies, and unless ``whole``, lesser kinds are omitted.

    The worst and the accepted ones always stay, since neither says much without the other.
    """
    total = sum(row.seen.count for row in rows)
    shown = rows[:_ALL_ROWS] if whole else rows
    if not whole and len(rows) > _ROWS + 1:
        good = [row for row in rows if row.entry.severity == "none"][:_GOOD_ROWS]
        shown = [row for row in rows if row.entry.severity != "none"][: _ROWS - len(good)] + good
    years = {time_of(moment)[:4] for row in rows for moment in (row.seen.first, row.seen.last) if moment is not None}
    skip = 5 if len(years) == 1 else 0  # the summary has the year
    columns: list[tuple[str, bool, Callable[[Row], str | Text]]] = [
        ("For", True, lambda row: PROVIDERS.get(row.platform, "?")),
        ("From", width >= _NARROW, lambda row: PROVIDERS.get(row.provider, "?")),
        ("Code", True, lambda row: Text(str(row.code), style=COLOURS[row.entry.severity], justify="right")),
        ("Meaning", True, lambda row: row.entry.title),
        ("Reason", width >= _WIDE, lambda row: row.reason),
        ("Class", width >= _FEW, lambda row: row.entry.class_.replace("_", " ")),
        ("Count", True, lambda row: Text(f"{row.seen.count:,}", justify="right")),
        ("Share", width >= _NARROW, lambda row: Text(percent(row.seen.count / total), justify="right")),
        ("First", width >= _FEW, lambda row: time_of(row.seen.first)[skip:]),
        ("Last", width >= _NARROW, lambda row: time_of(row.seen.last)[skip:]),
    ]
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    wanted = [(name, cell) for name, wanted, cell in columns if wanted]
    cells = [[cell(row) for row in shown] for _, cell in wanted]
    for (name, _), column in zip(wanted, cells, strict=True):
        right = name in ("Code", "Count", "Share")
        table.add_column(
            name,
            no_wrap=name != "Meaning",
            overflow="fold",
            justify="right" if right else "left",
            min_width=max(len(name), *map(len, column)) if right else None,
        )
    for row_cells in zip(*cells, strict=True):
        table.add_row(*row_cells)
    if len(shown) == len(rows):
        return [table]
    left = total - sum(row.seen.count for row in shown)
    how = "--format csv" if whole else "--all"
    more = f"and {len(rows) - len(shown):,} more kinds of results, {many(left, 'push', 'pushes')}: {how}"
    return [table, Text(more, style="dim")]
