"""Writes a simulated log in the rhythm of a clock, or at once, until time or lines run out or it is stopped."""

from collections.abc import Callable, Sequence
from threading import Event
from typing import BinaryIO

from logwatch.simulate.mesibo import Mesibo
from logwatch.simulate.outcomes import Burst

TICK_SECONDS = 0.1  # lines of one tick are written and flushed together
_BULK_LINES = 5000  # written together where there is no rhythm
_BURST_LINES = 100  # there, while bursts have to come in between
_BULK_RATE = 1000.0  # lines a second that the stamps of a log tell which is written at once
_MOST_LINES = 50_000  # of one tick: after a suspended machine, catch up in pieces


def write(
    mesibo: Mesibo,
    output: BinaryIO,
    *,
    rate: float,
    seconds: float = 0.0,
    lines: int = 0,
    bursts: Sequence[Burst] = (),
    start: float | None = None,
    now: Callable[[], float],
    stop: Event,
) -> None:
    """Write ``rate`` lines a second for ``seconds``, or until ``lines`` are written (0: no limit), or until ``stop``.

    ``rate`` 0 writes as fast as it can. With ``start`` (seconds since the epoch) stamps run from there at the rate, or
    at 1000 lines a second, and nothing is waited for. When it ends, the truth of ``mesibo`` is about what was written.
    """
    began = now() if start is None else start
    _emit(output, mesibo.start_up(began))
    at_once = start is not None
    stamped_rate = rate or (_BULK_RATE if at_once else 0.0)
    together = _BULK_LINES if not bursts else _BURST_LINES
    chunk = together / stamped_rate if at_once else _MOST_LINES / rate if rate else float("inf")
    due = _Due(mesibo, stamped_rate, bursts, lines)
    elapsed = 0.0
    while not stop.is_set() and not (lines and mesibo.lines >= lines) and not (seconds and elapsed >= seconds):
        passed = float("inf") if at_once else now() - began
        until = min(passed, elapsed + chunk, seconds or float("inf"))
        _emit(output, due.between(began, elapsed, until))
        elapsed = until
        if rate and not at_once and now() - began - until < TICK_SECONDS:
            stop.wait(TICK_SECONDS)


class _Due:
    """What has to be written in an interval; the intervals of a run add up to the rate, whatever their lengths."""

    def __init__(self, mesibo: Mesibo, rate: float, bursts: Sequence[Burst], limit: int) -> None:
        self._mesibo = mesibo
        self._rate = rate
        self._bursts = bursts
        self._limit = limit

    def between(self, began: float, since: float, until: float) -> bytes:
        step = 1 / self._rate if self._rate else 0.0
        number = _whole(self._rate, until) - _whole(self._rate, since) if self._rate else _BULK_LINES
        written = b""
        for burst in self._bursts:
            opened = max(since - burst.start, 0.0)
            closed = min(until - burst.start, burst.seconds)
            if opened < closed:
                due = self._allowed(_whole(burst.rate, closed) - _whole(burst.rate, opened))
                written += self._mesibo.burst(burst.outcome, due, began + burst.start + opened, 1 / burst.rate)
        return written + self._mesibo.say(self._allowed(number), began + since, step)

    def _allowed(self, number: int) -> int:
        return min(number, self._limit - self._mesibo.lines) if self._limit else number


def _whole(rate: float, seconds: float) -> int:
    return int(rate * seconds + 1e-6)  # 0.1 s thirty times is a little less than 3 s


def _emit(output: BinaryIO, data: bytes) -> None:
    output.write(data)
    output.flush()
