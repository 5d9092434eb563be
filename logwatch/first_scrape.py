"""What a daemon exports before anything happens, from its configuration alone: how large a scrape will be."""

from dataclasses import dataclass
from types import MappingProxyType

from prometheus_client import CollectorRegistry

from logwatch.catalogue import PLATFORMS, Catalogue
from logwatch.config import Config
from logwatch.credentials import Verdict
from logwatch.export import ProcessMetrics, SnapshotCollector
from logwatch.ledger import Snapshot, SourceRow
from logwatch.pipeline import UNKNOWN_CODES
from logwatch.tail import SourceStatus
from logwatch.webhook import WebhookStatus

_ROUND = 100


@dataclass(frozen=True)
class _AtStart:
    """A daemon whose sources are all known and have counted nothing."""

    config: Config
    catalogue: Catalogue
    snapshot: Snapshot
    status: dict[str, SourceStatus]
    credentials: tuple[Verdict, ...] = ()


def registry(config: Config, catalogue: Catalogue) -> CollectorRegistry:
    """Return the metrics of a daemon that has read every source to its end and found nothing."""
    status: dict[str, SourceStatus] = {}
    for source in config.source:
        fields = (source.name, True, 1, 0, True, 0, 1.0, ())
        status[source.name] = (
            SourceStatus(*fields)
            if source.webhook is None
            else WebhookStatus(*fields, source.webhook.witness_for or "")
        )
    sources = {source.name: SourceRow(ready=True, last_line_at=1.0) for source in config.source}
    made = CollectorRegistry()
    ProcessMetrics(made).reload_successful.set(1)
    made.register(
        SnapshotCollector(_AtStart(config, catalogue, Snapshot(1.0, sources=MappingProxyType(sources)), status))
    )
    return made


def series(config: Config, catalogue: Catalogue) -> tuple[int, int]:
    """Return how many series a scrape has at the start, and a limit that it cannot reach.

    Codes that the catalogue lacks add results, and an explanation of each: so many a source as keep their number.
    """
    now = sum(len(family.samples) for family in registry(config, catalogue).collect())
    more = 2 * (UNKNOWN_CODES + 1) * len(PLATFORMS) * len(config.source)
    return now, -(-(now + more) // _ROUND) * _ROUND
