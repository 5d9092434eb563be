"""Makes options of commands whose value is a time."""

from collections.abc import Callable

import click

from logwatch.moments import EXAMPLES, moment


def option(now: Callable[[], float]) -> Callable[[click.Context, click.Parameter, str | None], float | None]:
    """Make the callback of an option whose value is a time."""

    def read(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> float | None:
        try:
            return None if value is None else moment(value, now)
        except (ValueError, OverflowError):
            raise click.BadParameter(f"{value!r} is not a time; try {EXAMPLES}") from None

    return read
