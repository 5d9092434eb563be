"""Write a simulated log at the pace of a clock, or at once, until time or lines run out or it is stopped."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import pi, sin
from typing import BinaryIO

from logwatch.simulate.mesibo import Mesibo
from logwatch.simulate.outcomes import Outage

TICK_SECONDS = 0.1  # lines of one tick are written and flushed together
_BULK_LINES = 5000  # written together when there is no rate
_OUTAGE_LINES = 100  # the same, when outages come in between
_BULK_RATE = 1000.0  # lines a second, by its stamps, of a log that is written at once
_MOST_LINES = 50_000  # at a time: after the machine was suspended, catch up in pieces
_DAY = 86400.0
_QUIETEST = 4 * 3600.0  # of a day in UTC, seconds
_DEPTH = 0.7  # of a night: the share of the average rate that is missing then


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How many lines come when: ``rate`` a second on average; with ``daily``, more by day and fewer by night."""

    rate: float
    daily: bool = False

    def lines(self, began: float, elapsed: float) -> int:
        """Count the lines of the first ``elapsed`` seconds after ``began`` (seconds since the epoch)."""
        if not self.daily:
            return int(self.rate * elapsed + 1e-6)  # 0.1 s thirty times is a little less than 3 s
        wave = sin(2 * pi * (began + elapsed - _QUIETEST) / _DAY) - sin(2 * pi * (began - _QUIETEST) / _DAY)
        return int(self.rate * (elapsed - _DEPTH * _DAY / (2 * pi) * wave) + 1e-6)


def write(
    mesibo: Mesibo,
    output: BinaryIO,
    *,
    rate: float,
    seconds: float = 0.0,
    lines: int = 0,
    outages: Sequence[Outage] = (),
    start: float | None = None,
    history: float = 0.0,
    daily: bool = False,
    now: Callable[[], float],
    sleep: Callable[[float], None],
    stopped: Callable[[], bool],
    caught_up: Callable[[], None] = lambda: None,
) -> None:
    """Write ``rate`` lines a second for ``seconds``, until ``lines`` are written (0: no limit), or until ``stopped``.

    With ``rate`` 0, write as fast as possible. With ``start`` (seconds since the epoch), stamps run from there at the
    rate, or at 1000 lines a second, without waiting. With ``history``, the log began that many seconds ago, and catches
    up before it follows the clock; ``seconds`` count from its beginning. ``caught_up`` is called once, when the history
    is written and every further line is of the present. Afterwards ``mesibo.truth()`` is about what was written.
    """
    began = now() - history if start is None else start
    _emit(output, mesibo.start_up(began, lines or None))
    at_once = start is not None
    stamped_rate = rate or (_BULK_RATE if at_once else 0.0)
    together = _OUTAGE_LINES if outages else _BULK_LINES
    in_order = at_once or (history and outages)
    chunk = together / stamped_rate if in_order and stamped_rate else _MOST_LINES / rate if rate else float("inf")
    rhythm = Rhythm(stamped_rate, daily)
    elapsed, behind = 0.0, bool(history)
    while not stopped() and not (lines and mesibo.lines >= lines) and not (seconds and elapsed >= seconds):
        passed = float("inf") if at_once else now() - began
        until = min(passed, elapsed + chunk, seconds or float("inf"))
        _emit(output, _due(mesibo, rhythm, outages, lines, began, elapsed, until))
        elapsed = until
        if rate and not at_once and now() - began - until < TICK_SECONDS:
            if behind:
                behind = False
                caught_up()
            sleep(TICK_SECONDS)


def _due(
    mesibo: Mesibo, rhythm: Rhythm, outages: Sequence[Outage], limit: int, began: float, since: float, until: float
) -> bytes:
    """Return the lines due in an interval; those of a run add up to the rate, whatever the lengths of its intervals."""
    number = rhythm.lines(began, until) - rhythm.lines(began, since) if rhythm.rate else _BULK_LINES
    step = (until - since) / number if rhythm.daily and number else 1 / rhythm.rate if rhythm.rate else 0.0
    if limit:
        number = min(number, limit - mesibo.lines)
    instead = [outage.outcome for outage in outages if outage.begin <= since < outage.end]
    return mesibo.say(number, began + since, step, instead)


def _emit(output: BinaryIO, data: bytes) -> None:
    output.write(data)
    output.flush()
