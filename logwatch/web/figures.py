"""Sum up push in a strip of figures: the last push, how many come, how many are accepted, and how much is unread.

A pure function of the facts of one moment; the state of a figure shows whether it is unusual.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from logwatch.catalogue import CHURN
from logwatch.diagnosis.blind import how_blind
from logwatch.diagnosis.facts import Facts
from logwatch.diagnosis.find import NEARLY_ALL
from logwatch.diagnosis.watching import FRESH_SECONDS
from logwatch.diagnosis.weight import MANY
from logwatch.ledger.buckets import MINUTE
from logwatch.moments import iso
from logwatch.words import bytes_, number, share, span

LATELY_MINUTES = 10
_ENOUGH = 20  # pushes, before their share says something about the last minutes
_SPARK_MINUTES = 3  # of one point of a spark line
_SPARK_HEIGHT = 20.0
_DELAY_SECONDS = 60.0
_ACCEPTED = {"apns": "iOS accepted", "fcm": "Android accepted", "unknown": "Accepted, platform unknown"}
FigureState = Literal["", "warning", "critical"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: ``spark`` is the data of an SVG path over the last hour, in a box of 57 by 20 units, or empty."""

    name: str
    label: str
    value: str
    note: str = ""
    spark: str = ""
    state: FigureState = ""
    seconds: float | None = None  # ``value`` as a number, if it is how long ago something was


@dataclass(frozen=True, slots=True)
class Strip:
    """The figures for people, and the same as numbers."""

    figures: tuple[Figure, ...]
    numbers: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Share:
    """The accepted share of a platform: of the last minutes if they have enough pushes, else of the last hour."""

    value: float | None
    of: int
    lately: bool
    points: tuple[float | None, ...]
    left_out: int  # pushes to dead tokens, or held back by a limit, beside them


def strip(facts: Facts) -> Strip:
    """Return the figures of a moment."""
    last = facts.pushed_at
    ago = None if last is None else facts.now - last
    rate, counts = _rate(facts)
    shares = {platform: _share(facts, platform) for platform in _ACCEPTED}
    unread, lines = (sum(getattr(s.hour, name) for s in facts.sights.values()) for name in ("unread", "all"))
    lost = any(each.blind and how_blind(each).severity == "critical" for each in facts.sights.values())
    delay, behind = _delay(facts)
    figures = [
        Figure(
            "last",
            "Last push",
            "none yet" if ago is None else f"{_short(round(ago))} ago" if ago >= 1 else "now",
            state="warning" if ago is not None and ago > FRESH_SECONDS and facts.day else "",
            seconds=ago,
        ),
        Figure("rate", "Pushes a minute", _decimal(rate), f"last {LATELY_MINUTES} minutes", _spark(counts)),
        *(
            _accepted(platform, label, shares[platform], blind=facts.blind)
            for platform, label in _ACCEPTED.items()
            if platform != "unknown" or shares[platform].of > MANY * sum(each.of for each in shares.values())
        ),
        Figure(
            "unread",
            "Unreadable lines",
            number(unread),
            f"{share(unread / lines)} of the last hour" if unread else "last hour",
            state="critical" if lost else "warning" if unread else "",
        ),
        Figure(
            "delay",
            "Reading delay",
            "none yet" if delay is None else _short(delay),
            f"{bytes_(behind)} to read" if behind else "",
            state="warning" if delay is not None and delay > _DELAY_SECONDS else "",
        ),
    ]
    return Strip(
        tuple(figures),
        {
            "last_push": iso(last),
            "pushes_a_minute": round(rate, 3),
            "accepted_share": {name: each.value for name, each in shares.items()},
            "unreadable_lines": unread,
            "delay_seconds": None if delay is None else round(delay, 3),
            "bytes_behind": behind,
        },
    )


def _rate(facts: Facts) -> tuple[float, list[float | None]]:
    """Return pushes a minute over the last whole minutes, and over the hour as points from 0 to 1."""
    every = facts.minutes.counts(facts.minutes.series)
    rate = sum(_lately(every, LATELY_MINUTES + 1)[:LATELY_MINUTES]) / LATELY_MINUTES
    points = _added(every)
    return rate, [point / max(*points, 1) for point in points]


def _share(facts: Facts, platform: str) -> _Share:
    classes = {
        row: facts.catalogue.entry(*row.kind).class_
        for row in facts.minutes.series
        if row.platform == platform and row.source not in facts.silent
    }
    every, accepted, apart = (
        facts.minutes.counts(row for row, name in classes.items() if wanted(name))
        for wanted in (lambda name: name not in CHURN, "delivered".__eq__, CHURN.__contains__)
    )
    all_, good, left_out = (sum(_lately(counts, LATELY_MINUTES)) for counts in (every, accepted, apart))
    lately = all_ >= _ENOUGH
    if not lately:
        all_, good, left_out = sum(every), sum(accepted), sum(apart)
    points = tuple(mine / of if of else None for of, mine in zip(_added(every), _added(accepted), strict=True))
    return _Share(good / all_ if all_ else None, all_, lately, points, left_out)


def _accepted(platform: str, label: str, accepted: _Share, *, blind: bool) -> Figure:
    left_out = f"{number(accepted.left_out)} dead or limited"
    if accepted.value is None:
        some = bool(accepted.left_out)
        return Figure(platform, label, "none" if some else "no push", f"{left_out}, last hour" if some else "last hour")
    when = f"last {LATELY_MINUTES} minutes" if accepted.lately else "last hour"
    beside = f", {left_out} left out" if accepted.left_out > MANY * (accepted.of + accepted.left_out) else ""
    of = f"of {number(accepted.of)}{' that were read' if blind else ''}, {when}{beside}"
    state: FigureState = "" if accepted.value >= NEARLY_ALL else "warning" if accepted.value > 1 - MANY else "critical"
    return Figure(platform, label, share(accepted.value), of, _spark(accepted.points), state)


def _delay(facts: Facts) -> tuple[float | None, int]:
    """Return how long after it was logged the newest line was read, for the slowest log, and the bytes still unread."""
    rows = [facts.snapshot.sources.get(name) for name, status in facts.status.items() if status.input != "webhook"]
    delays = [
        max(row.last_line_at - row.logged_at, 0.0)
        for row in rows
        if row is not None and row.last_line_at is not None and row.logged_at is not None
    ]
    return max(delays, default=None), sum(status.lag_bytes for status in facts.status.values())


def _lately(counts: Sequence[int], minutes: int) -> Sequence[int]:
    """Return the counts of the last minutes, including the current one; none if the ledger could not be read."""
    return counts[-minutes:]


def _added(counts: Sequence[int]) -> list[int]:
    """Sum up the last hour for the points of a spark line, the oldest first."""
    hour = _lately(counts, 60)
    return [sum(hour[i : i + _SPARK_MINUTES]) for i in range(0, 60, _SPARK_MINUTES)]


def _spark(points: Iterable[float | None]) -> str:
    """Return a path through points from 0 to 1, broken where there are none."""
    path, on = [], False
    for index, point in enumerate(points):
        if point is not None:
            place = f"{index * _SPARK_MINUTES} {_SPARK_HEIGHT * (1 - point):.1f}"
            path.append(f"L{place}" if on else f"M{place}h0")
        on = point is not None
    return "".join(path)


def _short(seconds: float) -> str:
    """Format a duration in its largest unit, as short as figures are."""
    if seconds < 10:  # noqa: PLR2004  tenths matter
        return f"{seconds} s" if isinstance(seconds, int) else f"{seconds:.1f} s"
    if seconds < 2 * MINUTE:
        return f"{seconds:.0f} s"
    return span(seconds).replace("minutes", "min").replace("hours", "h").replace("hour", "h")


def _decimal(value: float) -> str:
    return number(round(value)) if value >= 10 or value == round(value) else f"{value:.1f}"  # noqa: PLR2004
