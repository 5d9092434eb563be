"""The metrics of destinations, apart from the client that sends to them, which `check` has no use for."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class ForwardMetrics:
    """Metrics of each destination since the start of the process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ["destination"]
        self.events = Counter(
            "mesibo_logwatch_export_events", "Failures accepted by the destination.", labels, registry=registry
        )
        self.dropped = Counter(
            "mesibo_logwatch_export_dropped",
            "Failures never delivered: refused by the destination, or deleted from the error log before being sent.",
            labels,
            registry=registry,
        )
        self.lag = Gauge(
            "mesibo_logwatch_export_lag_events",
            "Failures committed but not yet accepted by the destination.",
            labels,
            registry=registry,
        )

    def forget(self, destination: str) -> None:
        """Drop the series of a destination that is no longer configured."""
        for metric in (self.events, self.dropped, self.lag):
            metric.remove(destination)
