"""Write numbers, shares and times for reports."""

from logwatch.moments import utc

COLOURS = {"critical": "red", "warning": "yellow", "none": "green"}


def percent(share: float) -> str:
    """Write a share, never rounding something to 0 % or less than all to 100 %."""
    if 0 < share < 0.0001:  # noqa: PLR2004  what would be shown as 0.00 %
        return "<0.01 %"
    if 0.9999 < share < 1:  # noqa: PLR2004  what would be shown as 100.00 %
        return ">99.99 %"
    return f"{share:.2%}".replace("%", " %")


def time_of(moment: float | None) -> str:
    """Write seconds since the epoch as UTC to the second; empty for None."""
    return "" if moment is None else f"{utc(moment):%Y-%m-%d %H:%M:%S}"
