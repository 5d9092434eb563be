"""The key of push results, in every table that has them."""

from typing import NamedTuple

from logwatch.model import Platform

ResultKind = tuple[Platform, str, str]
"""Platform, code and reason: what the catalogue classifies by."""


class ResultRow(NamedTuple):
    """The key of push results; ``code`` is a number as text, or ``other``; ``reason`` is the catalogue's, or empty."""

    source: str
    platform: Platform
    code: str
    reason: str

    @property
    def kind(self) -> ResultKind:
        """What the catalogue classifies it by, in whatever source it came."""
        return self.platform, self.code, self.reason
