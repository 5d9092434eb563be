"""The key of push results, in every table that has them."""

from typing import NamedTuple

from logwatch.model import Platform


class ResultRow(NamedTuple):
    """The key of push results; ``code`` is a number as text, or ``other``; ``reason`` is the catalogue's, or empty."""

    source: str
    platform: Platform
    code: str
    reason: str
