"""Serves /metrics of many simulated hosts from one process, with traffic that goes on and incidents on command.

``python -m bench.fleet_hosts --hosts 100 --listen 127.0.0.1:9200`` is a fleet to try a configuration on:
``/hosts/NAME/metrics`` is one host, ``/targets`` lists all of them for http_sd_configs of Prometheus and vmagent. The
text is what the real exporter writes; the numbers move by the clock.
"""

import argparse
import asyncio
import json
import threading
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

import tornado.httpserver
import tornado.netutil
import tornado.web
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from logwatch.catalogue import Catalogue
from logwatch.cli.check_series import scraped
from logwatch.config import Config, Source

Result = tuple[str, str, str]
"""(platform, code, reason)"""

SOURCE = "mesibo"
HISTORY_SECONDS = 86400.0  # what each host had counted before it was scraped first
ORDINARY: dict[Result, float] = {  # results a second on a host of average size
    ("fcm", "200", ""): 1.0,
    ("apns", "200", ""): 0.7,
    ("fcm", "404", "UNREGISTERED"): 0.02,
    ("fcm", "914", ""): 0.015,
    ("fcm", "500", "INTERNAL"): 0.001,
    ("apns", "410", "Unregistered"): 0.02,
    ("apns", "912", ""): 0.0005,
}


def exported() -> str:
    """Return what a daemon with one source exports before anything happens."""
    config = Config(source=(Source(name=SOURCE, paths=("/var/log/mesibo/mesibo.log",)),))
    return generate_latest(scraped(config, Catalogue.load(), {})).decode()


def _template() -> list[tuple[str, Result | None]]:
    """Return each line of the text: its beginning, and the result whose count ends it."""
    lines: list[tuple[str, Result | None]] = []
    for line in exported().splitlines():
        if line.startswith("mesibo_push_results_total{"):
            sample = next(iter(text_string_to_metric_families(line))).samples[0].labels
            lines.append((line.rpartition(" ")[0] + " ", (sample["platform"], sample["code"], sample["reason"])))
        else:
            lines.append((line, None))
    return lines


@dataclass
class Host:
    """One host: what it has counted, and how fast each result grows."""

    name: str
    cluster: str
    size: float
    up: bool = True
    at: float = 0.0
    rates: dict[Result, float] = field(default_factory=dict)
    counts: dict[Result, float] = field(default_factory=dict)

    def advance(self, now: float) -> None:
        """Count what has happened until ``now``, in seconds of the fleet's clock."""
        for result, rate in self.rates.items():
            self.counts[result] = self.counts.get(result, 0.0) + rate * (now - self.at)
        self.at = now


class Fleet:
    """Hosts in clusters, served on loopback until ``close``; ``speed`` makes their clocks go faster than ours."""

    def __init__(
        self,
        hosts: int,
        clusters: Collection[str] = ("main",),
        *,
        address: tuple[str, int] = ("127.0.0.1", 0),
        speed: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start ``hosts`` hosts, spread over ``clusters`` in blocks; port 0 takes a free one."""
        self._clock = clock
        self._speed = speed
        self._began = clock()
        self._lock = threading.Lock()
        names = sorted(clusters)
        self.hosts = {
            f"mesibo-{number:03}": Host(
                f"mesibo-{number:03}", names[number * len(names) // hosts], 0.5 + number % 10 / 10
            )
            for number in range(hosts)
        }
        for host in self.hosts.values():
            host.rates = {result: rate * host.size for result, rate in ORDINARY.items()}
            host.counts = {result: float(int(rate * HISTORY_SECONDS)) for result, rate in host.rates.items()}
        self._template = _template()
        sockets = tornado.netutil.bind_sockets(address[1], address[0])
        self.address = "{}:{}".format(*sockets[0].getsockname()[:2])
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, args=(sockets,), name="fleet", daemon=True)
        self._thread.start()

    def _now(self) -> float:
        return (self._clock() - self._began) * self._speed

    def fail(self, names: Collection[str], platform: str, code: str, reason: str = "", share: float = 1.0) -> None:
        """From now on so great a ``share`` of the accepted pushes of a platform ends with ``code`` on these hosts."""
        with self._lock:
            for name in names:
                host = self.hosts[name]
                host.advance(self._now())
                accepted = ORDINARY[platform, "200", ""] * host.size
                host.rates[platform, "200", ""] = accepted * (1 - share)
                host.rates[platform, code, reason] = accepted * share

    def mend(self, names: Collection[str] | None = None) -> None:
        """From now on these hosts, or all of them, are as they were."""
        with self._lock:
            for host in self.hosts.values() if names is None else map(self.hosts.__getitem__, names):
                host.advance(self._now())
                host.rates = {result: rate * host.size for result, rate in ORDINARY.items()}

    def stop(self, names: Collection[str], *, up: bool = False) -> None:
        """From now on these hosts do not answer, or do so again."""
        with self._lock:
            for name in names:
                self.hosts[name].up = up

    def metrics(self, name: str) -> str | None:
        """Return the text of a host; None when it does not answer."""
        with self._lock:
            host = self.hosts[name]
            if not host.up:
                return None
            host.advance(self._now())
            counts = dict(host.counts)
        return "".join(
            f"{text}\n" if result is None else f"{text}{int(counts.get(result, 0))}\n"
            for text, result in self._template
        )

    def targets(self) -> list[dict[str, object]]:
        """Return every host as service discovery lists it: the address is ours, the instance is the host's."""
        return [
            {
                "targets": [self.address],
                "labels": {
                    "cluster": host.cluster,
                    "instance": f"{host.name}:10914",
                    "__metrics_path__": f"/hosts/{host.name}/metrics",
                },
            }
            for host in self.hosts.values()
        ]

    def _serve(self, sockets: list) -> None:
        asyncio.set_event_loop(self._loop)
        fleet = {"fleet": self}
        application = tornado.web.Application(
            [(r"/hosts/([a-z0-9-]+)/metrics", _Metrics, fleet), (r"/targets", _Targets, fleet)],
            log_function=lambda _: None,
        )

        async def serve() -> None:
            server = tornado.httpserver.HTTPServer(application)
            server.add_sockets(sockets)
            self._stopped = asyncio.Event()
            await self._stopped.wait()
            server.stop()
            await server.close_all_connections()

        self._loop.run_until_complete(serve())
        self._loop.close()

    def close(self) -> None:
        """Stop answering."""
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(10)


class _Metrics(tornado.web.RequestHandler):
    def initialize(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def get(self, name: str) -> None:
        text = self._fleet.metrics(name) if name in self._fleet.hosts else None
        if text is None:
            raise tornado.web.HTTPError(503)
        self.set_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.write(text)


class _Targets(tornado.web.RequestHandler):
    def initialize(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def get(self) -> None:
        self.set_header("Content-Type", "application/json")
        self.write(json.dumps(self._fleet.targets()))


def _commands(fleet: Fleet) -> Iterator[str]:
    """Take commands from standard input: fail N PLATFORM CODE [REASON] | mend | stop N | start."""
    while True:
        try:
            command, *rest = input().split() or [""]
        except EOFError:
            return
        names = list(fleet.hosts)[: int(rest[0])] if rest else list(fleet.hosts)
        if command == "fail":
            fleet.fail(names, rest[1], rest[2], "".join(rest[3:4]))
        elif command == "mend":
            fleet.mend()
        elif command in ("stop", "start"):
            fleet.stop(names, up=command == "start")
        yield command


def main() -> None:
    """Serve a fleet until the end of standard input."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, default=100)
    parser.add_argument("--clusters", default="main", help="names, separated by commas")
    parser.add_argument("--listen", default="127.0.0.1:9200")
    options = parser.parse_args()
    host, _, port = options.listen.rpartition(":")
    fleet = Fleet(options.hosts, options.clusters.split(","), address=(host, int(port)))
    print(f"{options.hosts} hosts: http://{fleet.address}/targets", flush=True)
    print("commands: fail HOSTS PLATFORM CODE [REASON] | mend | stop HOSTS | start", flush=True)
    for command in _commands(fleet):
        print(f"done: {command}", flush=True)
    fleet.close()


if __name__ == "__main__":
    main()
