"""Count the series of a scrape by making one, for Prometheus' ``sample_limit``."""

from collections.abc import Mapping, Sequence
from itertools import product
from types import MappingProxyType

from prometheus_client import CollectorRegistry

from logwatch.catalogue import OTHER_CODES, UNKNOWN_CODES, Catalogue
from logwatch.catalogue.lookup import PLATFORMS
from logwatch.config import Config
from logwatch.credentials.verdict import KINDS, MOST_TOPICS
from logwatch.export import ProcessMetrics, SnapshotCollector
from logwatch.forward.metrics import ForwardMetrics
from logwatch.ledger.keys import ResultRow
from logwatch.ledger.snapshot import Snapshot, SourceRow
from logwatch.model import Platform, Seen, SourceStatus
from logwatch.watched import MadeUp
from logwatch.webhook.source import WebhookStatus


def series(config: Config, catalogue: Catalogue) -> tuple[int, int]:
    """Count the series of /metrics for a configuration: at the start, and once every possible result has occurred."""
    first = _count(scraped(config, catalogue, {}))
    happened = {
        ResultRow(source.name, platform, code, reason): Seen(1, 0.0, 0.0)
        for source in config.source
        for platform, code, reason in _possible(catalogue)
    }
    last = _count(scraped(config, catalogue, happened))
    credentials = len(config.credential) * (1 + MOST_TOPICS + sum(kind.counted for kind in KINDS.values()))
    return first + credentials, last + credentials


def _possible(catalogue: Catalogue) -> set[tuple[Platform, str, str]]:
    """Return every (platform, code, reason) that a source can export."""
    codes = [*{entry.code for entry in catalogue.entries}, *_unlisted(catalogue)]
    known = {(platform, str(code), reason) for platform, code, reason, _ in catalogue.known()}
    return known | {(platform, code, "") for platform, code in product(PLATFORMS, [*map(str, codes), OTHER_CODES])}


def _unlisted(catalogue: Catalogue) -> Sequence[int]:
    """Return as many codes outside the catalogue as a source may label, of both classes that such codes have."""
    below, above = (
        [code for code in codes if not catalogue.lists(code)] for codes in (range(1, 900), range(901, 9999))
    )
    return [below[0], *above[: UNKNOWN_CODES - 1]]


def scraped(config: Config, catalogue: Catalogue, results: Mapping[ResultRow, Seen]) -> CollectorRegistry:
    """Return the registry of a daemon with this configuration that has read all its logs, and found ``results``."""
    registry = CollectorRegistry()
    ProcessMetrics(registry).reload_successful.set(1)
    forwarded = ForwardMetrics(registry)
    for export in config.export:
        for metric in (forwarded.events, forwarded.dropped, forwarded.lag):
            metric.labels(export.destination)
    status: dict[str, SourceStatus] = {}
    for source in config.source:
        how = (source.name, True, 1, 0, True, ())
        status[source.name] = (
            WebhookStatus(*how, witness_for=source.webhook.witness_for or "") if source.webhook else SourceStatus(*how)
        )
    there = MappingProxyType({name: SourceRow(ready=True, last_line_at=0.0) for name in status})
    counted = MappingProxyType({row: seen for row, seen in results.items() if row.source in status})
    snapshot = Snapshot(0.0, counted, sources=there, witnessed=counted)
    registry.register(SnapshotCollector(MadeUp(snapshot, status, catalogue, config)))
    return registry


def _count(registry: CollectorRegistry) -> int:
    return sum(len(family.samples) for family in registry.collect())
