"""What exporter, diagnosis and pages look at: a running daemon, or a stand-in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from logwatch.catalogue import Catalogue
from logwatch.config import Config
from logwatch.credentials.verdict import Verdict
from logwatch.ledger.snapshot import Snapshot
from logwatch.model import SourceStatus


class Watched(Protocol):
    """A daemon as references to immutable objects, which it replaces."""

    @property
    def snapshot(self) -> Snapshot:
        """What is on disk."""

    @property
    def status(self) -> dict[str, SourceStatus]:
        """The present state of each configured source."""

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue in force."""

    @property
    def config(self) -> Config:
        """The configuration in force."""

    @property
    def credentials(self) -> Sequence[Verdict]:
        """What the last look at the configured credentials found."""


@dataclass(frozen=True, slots=True)
class MadeUp:
    """A daemon that was never started, whose metrics are listed or counted."""

    snapshot: Snapshot
    status: dict[str, SourceStatus]
    catalogue: Catalogue
    config: Config
    credentials: Sequence[Verdict] = ()
