"""Turn a snapshot and the live state into Prometheus metrics at the moment of a scrape.

Counters with a ``source`` label are what is on disk, so that a restart cannot take them back; all others live as long
as the process. Metric names, help texts and labels are defined here, those of exports in `forward.metrics`. Every known
result exists at 0 before it first happens: ``increase()`` over a series that first appears at 50 would be 0.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import product
from typing import get_args

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

import logwatch
from logwatch.catalogue import OTHER, Catalogue, answered_by, limiter, number_of
from logwatch.config import Config
from logwatch.credentials.verdict import KINDS, Verdict
from logwatch.ledger.keys import ResultRow
from logwatch.ledger.snapshot import Snapshot
from logwatch.model import Cause, RotationKind, SourceStatus
from logwatch.sight import sight
from logwatch.watched import Watched
from logwatch.webhook.source import WebhookStatus, silent_on_success, witnesses
from logwatch.webhook.take import OUTCOMES

CAUSES = get_args(Cause)
ROTATIONS = get_args(RotationKind)
LIMITERS = ("mesibo", "fcm", "apns", "unknown")

COUNTER_PREFIX = "mesibo_logwatch_"  # which the ledger's names of counters lack
COUNTERS = {
    "mesibo_logwatch_lines": "Log lines read, of every kind.",
    "mesibo_logwatch_bytes": "Bytes of log files read, uncompressed.",
    "mesibo_logwatch_unparsed_lines": "Lines that contain the grammar's marker but give no result, by cause.",
    "mesibo_logwatch_fallback_lines": (
        "Lines that pyparsing itself had to match, slowly, because the compiled grammar could not."
    ),
    "mesibo_logwatch_undated_lines": (
        "Push results without a usable time (at least so many): the time at which they were read is used instead."
    ),
    "mesibo_logwatch_rotations": "Rotations noticed, by kind.",
    "mesibo_logwatch_lost_bytes": "Bytes known to have been written that were gone before they could be read.",
    "mesibo_logwatch_missed_generations": (
        "Files that were rotated away and could not be found again to be read to their end."
    ),
    "mesibo_logwatch_missed_entries": (
        "Entries that journald dropped, or deleted before they could be read, by Docker's numbers or its own word."
    ),
    "mesibo_logwatch_oversized_lines": "Lines longer than max_line_bytes, of which only the beginning was parsed.",
}
LABELLED = {"mesibo_logwatch_unparsed_lines": ("cause", CAUSES), "mesibo_logwatch_rotations": ("kind", ROTATIONS)}
"""Counters with a label besides ``source``: its name, and the values that exist at 0."""


class HostlessProcessCollector(ProcessCollector):
    """The library's collector, made to work where the unit hides the host's part of /proc (ProcSubset=pid).

    Without /proc/stat, from which it takes the time of the boot, it would export nothing at all.
    """

    def _boot_time(self) -> float:
        return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)


class ProcessMetrics:
    """Metrics of the process, which a restart resets."""

    def __init__(self, registry: CollectorRegistry) -> None:
        # no-untyped-call: the library has no types here
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # they double the number of series, and are wrong for a restored counter
        HostlessProcessCollector(registry=registry)
        counter, gauge = partial(Counter, registry=registry), partial(Gauge, registry=registry)
        self.commits = counter("mesibo_logwatch_commits", "Commits to the ledger.")
        self.commit_failures = counter("mesibo_logwatch_commit_failures", "Commits that failed and were tried again.")
        self.commit_duration = Histogram(
            "mesibo_logwatch_commit_duration_seconds",
            "How long a commit takes.",
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5),
            registry=registry,
        )
        self.checkpoint = gauge(
            "mesibo_logwatch_checkpoint_timestamp_seconds",
            "When positions and counters were last known to be on disk: committed, or nothing to commit.",
        )
        self.state_resets = counter(
            "mesibo_logwatch_state_resets", "Ledgers that could not be used; reading resumed at the end of the files."
        )
        self.reload_successful = gauge(
            "mesibo_logwatch_config_last_reload_successful", "1 if the last configuration reload succeeded."
        )
        self.reload_success_time = gauge(
            "mesibo_logwatch_config_last_reload_success_timestamp_seconds",
            "When the configuration was last loaded successfully.",
        )
        self.webhook_calls = counter(
            "mesibo_logwatch_webhook_calls", "Webhook calls by the HTTP status of the answer.", ["status"]
        )
        info = gauge("mesibo_logwatch_build_info", "The version that is running: always 1.", ["version"])
        info.labels(logwatch.__version__).set(1)


class SnapshotCollector(Collector):
    """Builds every metric with a source or a code label from what ``watched`` refers to at the moment of a scrape."""

    def __init__(self, watched: Watched, clock: Callable[[], float] = time.time) -> None:
        self._watched = watched
        self._clock = clock

    def describe(self) -> list[Metric]:
        """Return nothing: names are checked by a test, and collecting at registration would be too early."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics of one consistent moment."""
        # Each is read once, since a reload may replace it between two lines here
        snapshot, status, catalogue = self._watched.snapshot, self._watched.status, self._watched.catalogue
        ready = [name for name in status if snapshot.ready(name)]
        counted = [name for name in ready if name not in witnesses(status)]
        results = _results(snapshot, catalogue, counted)
        witnessed = [row for row in snapshot.witnessed if row.source in ready]
        yield from _push_metrics(results, counted, catalogue, witnessed)
        yield from _webhook_metrics(snapshot, status, catalogue, ready, self._clock())
        yield from _counters(snapshot, ready)
        yield from _gauges(snapshot, status)
        yield _unread(snapshot, ready, self._clock())
        yield _info(status, self._watched.config)
        yield from _credentials(self._watched.credentials)


def _info(status: dict[str, SourceStatus], config: Config) -> Metric:
    """Return the metric that says what each source is read from, and how."""
    info = GaugeMetricFamily(
        "mesibo_logwatch_source_info",
        "Where the lines of a source come from, what stands around each, and the grammar that reads them: always 1.",
        labels=["source", "input", "envelope", "grammar"],
    )
    for source in config.source:
        if now := status.get(source.name):
            info.add_metric([source.name, source.input, now.envelope or source.envelope, source.grammar], 1)
    return info


def _results(snapshot: Snapshot, catalogue: Catalogue, ready: list[str]) -> dict[ResultRow, tuple[int, float | None]]:
    """Return count and last time of every result that is exported, including those that have not happened yet."""
    known = [(platform, str(code), reason) for platform, code, reason, _ in catalogue.known()]
    results: dict[ResultRow, tuple[int, float | None]] = {
        ResultRow(source, *key): (0, None) for source in ready for key in known
    }
    for row, seen in snapshot.results.items():
        if row.source in ready:
            results[row] = (seen.count, seen.last)
    return results


def _push_metrics(
    results: dict[ResultRow, tuple[int, float | None]],
    ready: list[str],
    catalogue: Catalogue,
    witnessed: Iterable[ResultRow],
) -> Iterator[Metric]:
    totals = CounterMetricFamily(
        "mesibo_push_results",
        "Pushes by result: the code as logged, the provider's reason if the line has one, and the class of both.",
        labels=["source", "platform", "code", "reason", "class"],
    )
    hits = {(source, who): 0 for source in ready for who in LIMITERS}
    last: dict[tuple[str, str], float] = {}
    entries = {row.kind: catalogue.entry(*row.kind) for row in (*results, *witnessed)}
    for row, (count, at) in results.items():
        entry = entries[row.kind]
        totals.add_metric([*row, entry.class_], count)
        if who := limiter(row.platform, number_of(row.code)):
            hits[row.source, who] += count
        if at is not None:
            last[row.source, entry.class_] = max(at, last.get((row.source, entry.class_), at))
    yield totals
    limits = CounterMetricFamily(
        "mesibo_push_rate_limit_hits",
        "Pushes held back by a rate limit: mesibo's own (914) or the provider's (429).",
        labels=["source", "limiter"],
    )
    for labels, count in hits.items():
        limits.add_metric(labels, count)
    yield limits
    times = GaugeMetricFamily(
        "mesibo_push_last_result_timestamp_seconds",
        "Time of the newest result of a class, as logged.",
        labels=["source", "class"],
    )
    for labels, at in last.items():
        times.add_metric(labels, at)
    yield times
    info = GaugeMetricFamily(
        "mesibo_push_code_info",
        "What a code means, to be joined with mesibo_push_results_total: always 1.",
        labels=["platform", "code", "reason", "provider", "name", "class", "severity"],
    )
    for (platform, code, reason), entry in entries.items():
        provider = entry.provider if entry is OTHER else answered_by(platform, number_of(code))
        info.add_metric([platform, code, reason, provider, entry.name, entry.class_, entry.severity], 1)
    yield info


def _webhook_metrics(
    snapshot: Snapshot, status: dict[str, SourceStatus], catalogue: Catalogue, ready: list[str], now: float
) -> Iterator[Metric]:
    """Yield the metrics of webhooks; without one, only the metric of sources that report only failures."""
    webhooks = [name for name in ready if isinstance(status[name], WebhookStatus)]
    beside, silent = witnesses(status), silent_on_success(status, snapshot, catalogue, now)
    alone = GaugeMetricFamily(
        "mesibo_push_failures_only",
        "1 if a source reports failures only, so that no share of its pushes can be computed.",
        labels=["source"],
    )
    for source in ready:
        if source not in beside:
            alone.add_metric([source], source in silent)
    yield alone
    events = CounterMetricFamily(
        "mesibo_push_witness_events",
        "Failed pushes that a webhook reported, by result: beside a log, never added to mesibo_push_results_total.",
        labels=["source", "platform", "code", "reason", "class"],
    )
    failed = {row: seen.count for row, seen in snapshot.witnessed.items() if row.source in webhooks}
    for row, (count, _) in _results(snapshot, catalogue, webhooks).items():
        failed[row] = failed.get(row, 0) if row.source in beside else count
    for row, count in failed.items():
        class_ = catalogue.entry(*row.kind).class_
        if class_ != "delivered":
            events.add_metric([*row, class_], count)
    yield events
    outcomes = CounterMetricFamily(
        "mesibo_logwatch_webhook_events", "Webhook events by outcome.", labels=["source", "outcome"]
    )
    for source, outcome in product(webhooks, OUTCOMES):
        outcomes.add_metric([source, outcome], snapshot.counted(source, "webhook_events", outcome))
    yield outcomes


def _counters(snapshot: Snapshot, ready: list[str]) -> Iterator[Metric]:
    for name, text in COUNTERS.items():
        counter = name.removeprefix(COUNTER_PREFIX)
        label, values = LABELLED.get(name, ("", ("",)))
        family = CounterMetricFamily(name, text, labels=["source", label] if label else ["source"])
        for source, value in product(ready, values):
            count = snapshot.counted(source, counter, value)
            family.add_metric([source, value] if label else [source], count)
        yield family


def _unread(snapshot: Snapshot, ready: list[str], now: float) -> Metric:
    family = GaugeMetricFamily(
        "mesibo_logwatch_unread_ratio",
        "Of the lines that contain the grammar's marker, the share that gave no result within the window, 0 to 1.",
        labels=["source", "window"],
    )
    for source in ready:
        seen = sight(snapshot.readings, source, now)
        family.add_metric([source, "2m"], seen.lately.share)
        family.add_metric([source, "1h"], seen.hour.share)
    return family


def _gauges(snapshot: Snapshot, status: dict[str, SourceStatus]) -> Iterator[Metric]:
    def family(name: str, text: str, value: Callable[[SourceStatus], float]) -> Metric:
        gauge = GaugeMetricFamily(name, text, labels=["source"])
        for source, now in status.items():
            gauge.add_metric([source], value(now))
        return gauge

    yield family("mesibo_logwatch_source_up", "1 if the log of the source exists and can be read.", lambda s: s.up)
    yield family(
        "mesibo_logwatch_source_caught_up",
        "1 if everything that was there at the start has been read and is counted here.",
        lambda s: s.caught_up and snapshot.ready(s.name),
    )
    yield family("mesibo_logwatch_files_followed", "Files held open.", lambda s: s.files_followed)
    yield family("mesibo_logwatch_lag_bytes", "Bytes written but not read yet.", lambda s: s.lag_bytes)
    newest = GaugeMetricFamily(
        "mesibo_logwatch_last_line_timestamp_seconds", "When the newest line was read.", labels=["source"]
    )
    for source in status:
        row = snapshot.sources.get(source)
        if row is not None and row.last_line_at is not None:
            newest.add_metric([source], row.last_line_at)
    yield newest


def _credentials(verdicts: Sequence[Verdict]) -> Iterator[Metric]:
    """Yield the metrics of the configured credentials; a problem that a credential does not have is 0."""
    expiry = GaugeMetricFamily(
        "mesibo_push_credential_expiry_timestamp_seconds",
        "When a push certificate expires; a service account has no such date.",
        labels=["credential", "provider"],
    )
    info = GaugeMetricFamily(
        "mesibo_push_credential_info",
        "What a credential is for: the topics of a certificate, the project of a service account. Always 1.",
        labels=["credential", "provider", "topic", "environment"],
    )
    problems = GaugeMetricFamily(
        "mesibo_push_credential_problems",
        "1 for each problem that the last look at a credential has found.",
        labels=["credential", "provider", "problem"],
    )
    for each in verdicts:
        mine = [each.name, each.provider]
        if each.not_after is not None:
            expiry.add_metric(mine, each.not_after)
        for topic in dict.fromkeys(topic.name for topic in each.topics) or [each.project]:
            info.add_metric([*mine, topic, each.environment], 1)
        found = {flaw.kind for flaw in each.flaws if flaw.severity == "problem"}
        for kind, known in KINDS.items():
            if each.provider in known.providers and known.counted:
                problems.add_metric([*mine, kind], kind in found)
    if verdicts:
        yield from (expiry, info, problems)
