"""What exporter, diagnosis and pages look at: a running daemon, or whatever a test puts in its place."""

from collections.abc import Sequence
from typing import Protocol

from logwatch.catalogue import Catalogue
from logwatch.config import Config
from logwatch.credentials.verdict import Verdict
from logwatch.ledger.snapshot import Snapshot
from logwatch.model import SourceStatus


class Watched(Protocol):
    """A daemon: references to immutable things that it swaps."""

    @property
    def snapshot(self) -> Snapshot:
        """What is on disk."""

    @property
    def status(self) -> dict[str, SourceStatus]:
        """How each configured source is, right now."""

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue in force."""

    @property
    def config(self) -> Config:
        """The configuration in force."""

    @property
    def credentials(self) -> Sequence[Verdict]:
        """What the last look at the configured credentials has found."""
