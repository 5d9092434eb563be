"""Makes options whose value is a number within bounds."""

from math import isfinite
from typing import Any

import click


class Number(click.FloatRange):
    """A number within bounds; click's own takes ``nan``, which lies within any, and ``inf``, which no wait ends by."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read it; a text that is no such number is a wrong use."""
        number: float = super().convert(value, param, ctx)
        if not isfinite(number):
            self.fail(f"{value} is not a number", param, ctx)
        return number
