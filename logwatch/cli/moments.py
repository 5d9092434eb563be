"""Turns a time as people write it on a command line into seconds since the epoch."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from math import isfinite

import click

_AGO = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|min|h|d|w)(?:\s+ago)?")
_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 604800}


def moment(text: str, now: Callable[[], float]) -> float:
    """Read ``2026-11-22``, ``2026-11-22T10:15:00Z``, ``now``, or how long ago: ``90s``, ``2h``, ``3d``, ``1w``.

    A time without an offset is UTC, as mesibo's own stamps are. Raises ValueError.
    """
    text = text.strip()
    if text == "now":
        return now()
    if found := _AGO.fullmatch(text):
        ago = float(found[1]) * _SECONDS[found[2]]
        if not isfinite(ago):
            raise ValueError("before all time")
        return now() - ago
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def option(now: Callable[[], float]) -> Callable[[click.Context, click.Parameter, str | None], float | None]:
    """Make the callback of an option whose value is a time."""

    def read(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> float | None:
        try:
            return None if value is None else moment(value, now)
        except (ValueError, OverflowError):
            raise click.BadParameter(f"{value!r} is no time; try 2h, 3d, 2026-11-22 or 2026-11-22T10:15:00Z") from None

    return read
