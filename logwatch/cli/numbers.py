"""Makes options whose value is a number within bounds."""

from math import isfinite
from typing import Any

import click


class Number(click.FloatRange):
    """A number within bounds; click's own type takes ``nan``, which is within any, and ``inf``, which never ends."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Convert a value; fail as wrong use if it is not a finite number within the bounds."""
        number: float = super().convert(value, param, ctx)
        if not isfinite(number):
            self.fail(f"{value} is not a number", param, ctx)
        return number
