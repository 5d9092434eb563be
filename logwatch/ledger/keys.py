"""What push results are kept by, in every table that has them."""

from typing import NamedTuple

from logwatch.model import Platform


class ResultRow(NamedTuple):
    """What push results are kept by; ``code`` is the number as text, or ``other``; ``reason`` is the catalogue's."""

    source: str
    platform: Platform
    code: str
    reason: str
