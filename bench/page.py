"""How long pages take with a full error log, and what they cost in memory: a table on standard output.

    python bench/page.py [FAILURES]

The ledger holds FAILURES (10,000) failures, thirty days of results and fifty incidents: of ordinary days, and of every
result that the catalogue knows in every minute, which no mesibo shows.
"""

import http.client
import statistics
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

from prometheus_client import CollectorRegistry

from logwatch.catalogue import Catalogue
from logwatch.config import Config, Source
from logwatch.export import SnapshotCollector
from logwatch.ledger import Batch, Incident, Ledger, ResultRow, StoredFailure
from logwatch.model import Seen
from logwatch.simulate.outcomes import everything, ordinary
from logwatch.tail import SourceStatus
from logwatch.web.server import WebServer
from logwatch.web.views import rules

ROUNDS = 60
SHAPE = "<str>-<num>-<num> (<num>): push_on_complete: " + "<str> <num> " * 16  # nearly as long as shapes get
PATHS = (
    "/",
    "/?span=day",
    "/?span=week",
    "/?span=month",
    "/?class=token",
    "/?text=" + quote("nobody has this"),
    "/codes/903",
    "/codes",
    "/api/v1/status",
    "/api/v1/incidents",
    "/api/v1/failures?limit=1000",
    "/downloads/failures.csv",
    "/metrics",
)


class Watched:
    """A daemon that reads nothing."""

    trouble = ""
    credentials = ()
    refused = ()

    def __init__(self, directory, outcomes, failures):
        now = time.time()
        self.catalogue = Catalogue.load()
        self.config = Config(source=(Source(name="mesibo", paths=("/m.log",)),))
        self.status = {"mesibo": SourceStatus("mesibo", True, 1, 0, True, now, ())}  # noqa: FBT003
        self.ledger = Ledger(Path(directory), keep=failures)
        self.ledger_path = self.ledger.path
        for minute in (*range(30 * 1440, 1440, -30), *range(1440, -1, -1)):
            batch = Batch(failures)
            batch.ready.add("mesibo")
            at = now - minute * 60
            for (platform, code, reason), share in outcomes.items():
                row = ResultRow("mesibo", platform, str(code), reason)
                seen = Seen(max(1, round(share * 1000)), at, at)
                batch.result(row, seen)
                batch.time(row, seen, now)
            self.ledger.commit(batch)
        bad = [outcome for outcome in outcomes if outcome.code != 200]
        batch = Batch(failures)
        batch.count("mesibo", "lines")
        batch.fail(
            [
                StoredFailure(
                    now - i, "mesibo", o.platform, str(o.code), o.reason, "6035", f"+1***{i % 997}", f"t***{i}", SHAPE
                )
                for i, o in ((i, bad[i % len(bad)]) for i in range(failures))
            ]
        )
        self.ledger.commit(batch)
        batch = Batch(failures)
        row = ResultRow("mesibo", "apns", "903", "")
        for n in range(1, 51):
            at = now - n * 43_000
            batch.incident(
                Incident(
                    str(n),
                    "critical",
                    "The Apple push certificate has expired",
                    "yours",
                    (row,),
                    at,
                    at,
                    at + 3600,
                    400,
                ),
                frozenset(),
            )
        self.ledger.commit(batch)

    @property
    def snapshot(self):
        return self.ledger.snapshot


def resident():
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def measure(name, outcomes, failures):
    with tempfile.TemporaryDirectory() as directory:
        watched = Watched(directory, outcomes, failures)
        registry = CollectorRegistry()
        registry.register(SnapshotCollector(watched))
        server = WebServer("127.0.0.1", 0, rules(registry, watched))
        server.start()
        before = resident()
        print(f"{name}, {failures} failures; resident {before:.0f} MiB")
        for path in PATHS:
            times = []
            for _ in range(ROUNDS):
                client = http.client.HTTPConnection("127.0.0.1", server.port)
                start = time.perf_counter()
                client.request("GET", path)
                size = len(client.getresponse().read())
                times.append((time.perf_counter() - start) * 1000)
                client.close()
            times = sorted(times[5:])
            p99 = times[int(len(times) * 0.99)]
            print(f"  {path:32} {statistics.median(times):6.1f} ms median {p99:6.1f} ms p99 {size / 1024:8.1f} KiB")
        print(f"  resident afterwards {resident():.0f} MiB")
        server.stop()
        watched.ledger.close()


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    measure("an ordinary day", ordinary(0.06), number)
    measure("every result there is", everything(Catalogue.load()), number)
