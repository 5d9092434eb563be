"""Write numbers, shares, names, times and sizes for people."""

import re
from collections.abc import Collection, Iterable

from logwatch.moments import utc

HOUR = 3600
DAY = 86400.0

Moments = tuple[tuple[str, float], ...]
"""Texts for moments, and the moments (seconds since the epoch), to which a page adds the visitor's own time."""

_MOST_NAMES = 8  # in a sentence
_MOMENT = re.compile("\x02(-?[0-9]+)\x03([^\x02-\x04]*)\x04")


def number(count: int) -> str:
    """Write a number with commas between thousands."""
    return f"{count:,}"


def many(count: int, one: str, more: str) -> str:
    """Write a number with the noun that it counts."""
    return f"{count:,} {one if count == 1 else more}"


def followed(sources: int, grammars: Collection[str]) -> str:
    """Write how many sources a configuration follows, and by which grammars; a webhook has none."""
    named = ", ".join(dict.fromkeys(grammars))
    return many(sources, "source", "sources") + (f", grammar{'s' if ', ' in named else ''} {named}" if named else "")


def names(all_of_them: Iterable[str] | Iterable[int], separator: str = ", ") -> str:
    """List names, or numbers, in order; of many only the first few, and how many more there are."""
    first, more = sorted(all_of_them), 0
    if len(first) > _MOST_NAMES:
        first, more = first[: _MOST_NAMES - 1], len(first) - _MOST_NAMES + 1
    return separator.join(map(str, first)) + (f" and {number(more)} more" if more else "")


def share(part: float) -> str:
    """Write a share (0 to 1), rounding neither something to nothing nor less than all to all."""
    if 0 < part < 0.001:  # noqa: PLR2004  below what is written
        return "less than 0.1 %"
    if 0.999 < part < 1:  # noqa: PLR2004  see above
        return "more than 99.9 %"
    return f"{part:.1%}".replace(".0%", "%").replace("%", " %")


def brief_share(part: float) -> str:
    """Write a share (0 to 1) for a column of a table."""
    return share(part).replace("less than ", "< ").replace("more than ", "> ")


def marked_moment(at: float, text: str) -> str:
    """Mark ``text`` as a moment in a sentence that will be passed to ``unmarked``."""
    return f"\x02{at:.0f}\x03{text}\x04"


def unmarked(sentences: Iterable[str]) -> tuple[tuple[str, ...], Moments]:
    """Return sentences without their marks, and the moments that were marked in them."""
    marked = tuple(sentences)
    found = {text: float(at) for each in marked for at, text in _MOMENT.findall(each)}
    return tuple(_MOMENT.sub(r"\2", each) for each in marked), tuple(found.items())


def clock(at: float, now: float) -> str:
    """Write a moment near ``now`` as UTC, marked: only the time if it is today, else also the date."""
    return marked_moment(at, short_clock(at, now))


def short_clock(at: float, now: float) -> str:
    """Write a moment near ``now`` as UTC: only the time if it is today, else also the date."""
    then, today = utc(at), utc(now)
    return f"{then:%H:%M}" if then.date() == today.date() else f"{then:%H:%M on %-d %B}"


def dated(at: float) -> str:
    """Write a moment as UTC, always with its date, marked."""
    return marked_moment(at, f"{utc(at):%H:%M UTC on %-d %B}")


def stamp(at: float, now: float) -> str:
    """Write a moment to the second, as UTC, with its date unless it is today."""
    then, today = utc(at), utc(now)
    return f"{then:%H:%M:%S}" if then.date() == today.date() else f"{then:%-d %b %H:%M:%S}"


def bytes_(count: int) -> str:
    """Write a size in the largest fitting unit."""
    size, unit = float(count), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if round(size, 1) < 1024:  # noqa: PLR2004  the unit's base
            break
        size, unit = size / 1024, larger
    return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"


def span(seconds: float) -> str:
    """Write a duration in the largest fitting unit."""
    for unit, size in (("day", DAY), ("hour", HOUR), ("minute", 60)):
        if seconds >= size * (1 if unit != "day" else 2):
            count = int(seconds // size)
            return f"{count} {unit}{'s' if count != 1 else ''}"
    return "less than a minute"


def apart(seconds: float) -> str:
    """Write how far two clocks are apart, rounded to five minutes: a line may come a minute late.

    Half hours are kept, by which some zones differ.
    """
    near = round(seconds / 300) * 300
    over = near % HOUR if HOUR < near < 2 * DAY else 0
    return f"{span(near - over)} {span(over)}" if over else span(near)
