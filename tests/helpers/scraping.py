"""What a scrape shows of a snapshot that a test made."""

from dataclasses import dataclass, field
from types import MappingProxyType

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from logwatch.catalogue import Catalogue
from logwatch.config import Config, Source
from logwatch.export import SnapshotCollector
from logwatch.ledger.batch import CounterRow
from logwatch.ledger.keys import ResultRow
from logwatch.ledger.snapshot import Snapshot, SourceRow
from logwatch.model import Seen, SourceStatus

UP = SourceStatus("mesibo", True, 1, 0, True, ())  # noqa: FBT003  up and caught up


@dataclass
class Watched:
    snapshot: Snapshot
    status: dict = field(default_factory=lambda: {"mesibo": UP})
    catalogue: Catalogue = field(default_factory=Catalogue.load)
    config: Config = field(default_factory=lambda: Config(source=(Source(name="mesibo", paths=("/m.log",)),)))
    credentials: tuple = ()


def snapshot(results=(), counters=(), *, ready=True):
    return Snapshot(
        1.0,
        MappingProxyType({ResultRow("mesibo", *key): Seen(count, 10.0, last) for key, count, last in results}),
        MappingProxyType({CounterRow("mesibo", *key): value for key, value in counters}),
        MappingProxyType({"mesibo": SourceRow(ready, 5.0)}),
    )


def samples(watched, clock=lambda: 100.0):
    registry = CollectorRegistry()
    registry.register(SnapshotCollector(watched, clock))
    text = generate_latest(registry).decode()
    found = [
        ((sample.name, *sorted(sample.labels.items())), sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    ]
    assert len(dict(found)) == len(found)  # a series that comes twice fails a whole scrape
    return dict(found)
