"""How long pages take with a full error log, and what they cost in memory: a table on standard output.

    python -m bench.page [FAILURES]

The ledger holds FAILURES (10,000) failures, thirty days of results and fifty incidents: of ordinary days, and of every
result that the catalogue knows in every minute, which no mesibo shows. It is filled by a process of its own, so that
memory is that of serving.

Of each address three times are told: of the first answer; *fresh*, when a commit has come since the answer before and
nothing is a second old; *again*, when nothing has changed. In milliseconds as a visitor waits, and in brackets of
processor time, visitor included, which others on the machine do not change.
"""

import http.client
import multiprocessing
import statistics
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

from prometheus_client import CollectorRegistry

from logwatch import logging_setup  # isort: skip  first, as in the daemon: structlog would load rich
from logwatch import heap
from logwatch.catalogue import Catalogue
from logwatch.config import Config, Source
from logwatch.export import SnapshotCollector
from logwatch.ledger.batch import Batch
from logwatch.ledger.incidents import Incident
from logwatch.ledger.keys import ResultRow
from logwatch.ledger.store import Ledger
from logwatch.ledger.waiting import StoredFailure
from logwatch.model import Seen, SourceStatus
from logwatch.simulate.outcomes import everything, ordinary
from logwatch.web import site
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

    def __init__(self, directory, failures):
        self.catalogue = Catalogue.load()
        self.config = Config(source=(Source(name="mesibo", paths=("/m.log",)),))
        self.status = {"mesibo": SourceStatus("mesibo", True, 1, 0, True, ())}  # noqa: FBT003
        self.ledger = Ledger(Path(directory), keep=failures)
        self.ledger_path = self.ledger.path

    def second(self):
        """Commit a second of pushes, one of which fails."""
        now = time.time()
        batch = Batch(10)
        for code, count in (("200", 20), ("903", 1)):
            row, seen = ResultRow("mesibo", "apns", code, ""), Seen(count, now, now)
            batch.result(row, seen)
            batch.time(row, seen, now)
        batch.fail([StoredFailure(now, "mesibo", "apns", "903", "", "6035", "+1***7#3f9a01", "t***", SHAPE)])
        self.ledger.commit(batch)

    def fill(self, outcomes, failures):
        """Commit a month of results."""
        now = time.time()
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


def filled(directory, outcomes, failures):
    """Fill a ledger, in a process that ends with it."""
    watched = Watched(directory, failures)
    watched.fill(outcomes, failures)
    watched.ledger.close()


def run(task, *arguments):
    """Do a task in a process of its own."""
    process = multiprocessing.get_context("spawn").Process(target=task, args=arguments)
    process.start()
    process.join()


def ask(port, path):
    """Ask once; return milliseconds waited and of processor time, and the size."""
    client = http.client.HTTPConnection("127.0.0.1", port)
    start, used = time.perf_counter(), time.process_time()
    client.request("GET", path, headers={"Accept-Encoding": "gzip"})
    answer, size = client.getresponse(), 0
    while part := answer.read(1 << 16):  # not kept: memory is that of serving
        size += len(part)
    taken = (time.perf_counter() - start) * 1000, (time.process_time() - used) * 1000, size
    client.close()
    return taken


def shown(times):
    """Write median and 99 % of (waited, processor time)."""
    waited, used = (sorted(each) for each in zip(*times, strict=True))
    last = int(len(waited) * 0.99)
    return f"{statistics.median(waited):6.1f} {waited[last]:6.1f} ({statistics.median(used):6.1f} {used[last]:6.1f})"


def measure(name, outcomes, failures):
    with tempfile.TemporaryDirectory() as directory:
        run(filled, directory, outcomes, failures)
        logging_setup.configure("error")
        heap.keep()
        watched = Watched(directory, failures)
        registry = CollectorRegistry()
        registry.register(SnapshotCollector(watched))
        server = WebServer("127.0.0.1", 0, rules(registry, watched))
        server.start()
        heap.settle()
        print(f"{name}, {failures} failures; resident {resident():.0f} MiB")
        print(f"  {'':32} {'first':>8}  {'fresh: median, 99 % (CPU)':>32}  {'again: median, 99 % (CPU)':>32}")
        for path in PATHS:
            first, _, size = ask(server.port, path)
            site.FRESH_SECONDS = 0.02
            fresh = []
            for _ in range(ROUNDS):
                watched.second()
                time.sleep(0.03)
                fresh.append(ask(server.port, path)[:2])
            site.FRESH_SECONDS = 1.0
            again = [ask(server.port, path)[:2] for _ in range(ROUNDS)]
            told = f"{first:8.1f}  {shown(fresh):>32}  {shown(again):>32}"
            print(f"  {path:32} {told} {size / 1024:7.1f} KiB, resident {resident():.0f}")
        print(f"  resident afterwards {resident():.0f} MiB")
        server.stop()
        watched.ledger.close()


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    run(measure, "an ordinary day", ordinary(0.06), number)
    run(measure, "every result there is", everything(Catalogue.load()), number)
