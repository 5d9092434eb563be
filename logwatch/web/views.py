"""The handlers: metrics, health, and a landing page, all of them views of what is on disk."""

import gzip
import html
from typing import Protocol

import prometheus_client
from prometheus_client.exposition import choose_encoder

import logwatch
from logwatch.web.server import Handler, Rule


class Health(Protocol):
    """What the health endpoints ask for."""

    @property
    def trouble(self) -> str:
        """Why the daemon is not ready; empty when it is."""


class _Metrics(Handler):
    """``/metrics``: text or OpenMetrics, as asked for, gzipped where that is understood."""

    def initialize(self, registry: prometheus_client.CollectorRegistry) -> None:
        self._registry = registry

    def get(self) -> None:
        encode, content_type = choose_encoder(self.request.headers.get("Accept", ""))
        body = encode(self._registry)
        self.set_header("Content-Type", content_type)
        self.set_header("Vary", "Accept, Accept-Encoding")
        if "gzip" in self.request.headers.get("Accept-Encoding", ""):
            self.set_header("Content-Encoding", "gzip")
            body = gzip.compress(body, compresslevel=4, mtime=0)
        self.write(body)


class _Healthy(Handler):
    """``/-/healthy``: the process answers."""

    def get(self) -> None:
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.write("mesibo-logwatch is healthy.\n")


class _Ready(Handler):
    """``/-/ready``: what is read is being committed; 503 and the reason when it is not."""

    def initialize(self, health: Health) -> None:
        self._health = health

    def get(self) -> None:
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        trouble = self._health.trouble
        if trouble:
            self.set_status(503)
            self.write(f"mesibo-logwatch is not ready: {trouble}\n")
        else:
            self.write("mesibo-logwatch is ready.\n")


class _Landing(Handler):
    """``/``: where things are."""

    def get(self) -> None:
        version = html.escape(logwatch.__version__)
        self.write(
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>mesibo-logwatch</title>'
            f"<h1>mesibo-logwatch {version}</h1><p>Follows mesibo's push logs and counts every result exactly once."
            f'<ul><li><a href="/metrics">/metrics</a> for Prometheus'
            f'<li><a href="/-/ready">/-/ready</a>, <a href="/-/healthy">/-/healthy</a></ul>\n'
        )


def rules(registry: prometheus_client.CollectorRegistry, health: Health) -> list[Rule]:
    """Give every address that is served."""
    return [
        (r"/", _Landing, {}),
        (r"/metrics", _Metrics, {"registry": registry}),
        (r"/-/healthy", _Healthy, {}),
        (r"/-/ready", _Ready, {"health": health}),
    ]
