"""What the daemon costs: start, catching up, idling, and how late a line is on /metrics.

`python -m bench.daemon [--lines N] [--runs N]`, or `make bench`. Everything runs on this machine and on loopback; each
figure is the median of several runs, and every count is checked against what was written.
"""

import argparse
import contextlib
import json
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

from bench import logs
from bench.measure import cpu_of, machine, memory_of

CONFIG = """
[[source]]
name = "mesibo"
paths = [{paths}]
[state]
directory = "{state}"
commit_seconds = {commit}
[web]
listen = "127.0.0.1:0"
"""
LINE = "E{stamp}-{ms:03} (17): push_on_complete: uid {number} type fcm code 200\n"


class Daemon:
    """A running mesibo-logwatch with its own state directory."""

    def __init__(self, directory, *logs, commit=1.0):
        config = directory / "logwatch.toml"
        self.ledger = directory / "state" / "ledger.sqlite3"
        paths = ", ".join(json.dumps(str(log)) for log in logs)
        config.write_text(CONFIG.format(paths=paths, state=directory / "state", commit=commit))
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "logwatch", "run", "--config", str(config)], stderr=subprocess.PIPE, text=True
        )
        for line in self.process.stderr:
            if found := re.search(r"ready url=(\S+)", line):
                break
        else:
            sys.exit("the daemon did not start")
        self.ready_seconds = time.perf_counter() - self.started
        self.url = found.group(1) + "metrics"
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def metrics(self):
        with urllib.request.urlopen(self.url, timeout=10) as answer:
            return answer.read().decode()

    def value(self, name):
        found = re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", self.metrics(), re.MULTILINE)
        return sum(map(float, found))

    def until(self, name, least):
        while self.value(name) < least:
            time.sleep(0.2)  # a scrape is work for the daemon

    def until_committed(self, lines, *, detailed=False):
        """Wait until so many lines are counted on disk, and all failures ``detailed``, at no cost to the daemon."""
        wanted = "SELECT total(value) FROM counters WHERE counter = 'lines'"
        waiting = "SELECT total(value) FROM meta WHERE name = 'withheld'"
        with contextlib.closing(sqlite3.connect(f"file:{self.ledger}?mode=ro", uri=True)) as ledger:
            while ledger.execute(wanted).fetchone() < (lines,):
                time.sleep(0.05)
            while detailed and ledger.execute(waiting).fetchone() > (0,):
                time.sleep(0.05)

    def stop(self):
        self.process.terminate()
        self.process.wait()


def start(runs):
    seconds = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as directory:
            daemon = Daemon(Path(directory), Path(directory) / "empty.log")
            seconds.append(daemon.ready_seconds)
            daemon.stop()
    return statistics.median(seconds)


def catch_up(log, lines, pushes, runs):
    """Return CPU seconds a line, lines a second, and resident and peak MB, from start to the last line committed."""
    cpu, rate, resident, peak = [], [], [], []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as directory:
            started = time.perf_counter()
            daemon = Daemon(Path(directory), log)
            daemon.until("mesibo_logwatch_lines_total", lines)
            rate.append(lines / (time.perf_counter() - started))
            cpu.append(cpu_of(daemon.process.pid) / lines)
            now, most = memory_of(daemon.process.pid)
            resident.append(now)
            peak.append(most)
            counted = daemon.value("mesibo_push_results_total")
            assert counted == pushes, f"{counted} counted, {pushes} written"
            daemon.stop()
    return (statistics.median(each) for each in (cpu, rate, resident, peak))


def idle(seconds):
    """Return the share of a core that ten quiet files take, and the memory."""
    with tempfile.TemporaryDirectory() as directory:
        logs = [Path(directory) / f"{i}.log" for i in range(10)]
        for log in logs:
            log.write_text("E2211-101500-123 (17): push_on_complete: code 200\n")
        daemon = Daemon(Path(directory), *logs)
        daemon.until("mesibo_push_results_total", 10)
        time.sleep(2)
        before, at = cpu_of(daemon.process.pid), time.perf_counter()
        time.sleep(seconds)
        share = (cpu_of(daemon.process.pid) - before) / (time.perf_counter() - at)
        daemon.stop()
        return share


def latency(rate, seconds, commit):
    """Return median and 99th percentile of the seconds from the write of a line to its number on /metrics."""
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "mesibo.log"
        log.touch()
        daemon = Daemon(Path(directory), log, commit=commit)
        written = []
        ended = threading.Event()

        def write():
            with log.open("a") as file:
                begin = time.perf_counter()
                while not ended.is_set():
                    due = int((time.perf_counter() - begin) * rate)
                    while len(written) < due:
                        now = time.time()
                        stamp = time.strftime("%d%m-%H%M%S", time.gmtime(now))
                        file.write(LINE.format(stamp=stamp, ms=int(now * 1000) % 1000, number=len(written)))
                        file.flush()
                        written.append(time.perf_counter())
                    time.sleep(0.5 / rate)

        writer = threading.Thread(target=write)
        writer.start()
        delays, seen = [], 0
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            count = int(daemon.value("mesibo_push_results_total"))
            now = time.perf_counter()
            delays += [now - at for at in written[seen:count]]
            seen = count
            time.sleep(0.01)
        ended.set()
        writer.join()
        daemon.stop()
        delays.sort()
        return statistics.median(delays), delays[int(len(delays) * 0.99)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=2_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=20)
    asked = parser.parse_args()
    print(machine())
    print(f"start to ready on an empty state: {start(asked.runs):.2f} s")
    print(f"idle on ten files: {idle(asked.seconds) * 100:.2f} % of a core")
    for commit in (1.0, 0.1):
        median, most = latency(1000, asked.seconds, commit)
        print(f"write to /metrics at 1,000 lines/s, commit_seconds {commit}: median {median:.3f} s, 99 % {most:.3f} s")
    for push, what in ((1.0, "all push lines"), (0.1, "one in ten a push line")):
        with tempfile.TemporaryDirectory() as directory:
            log = Path(directory) / "mesibo.log"
            pushes = logs.write(log, asked.lines, push, 1).total()
            cpu, rate, resident, peak = catch_up(log, asked.lines, pushes, asked.runs)
            print(
                f"catch-up, {what}: {cpu * 1e6:.2f} us CPU a line, {rate:,.0f} lines/s,"
                f" {resident:.0f} MB at the end, {peak:.0f} MB at most"
            )


if __name__ == "__main__":
    main()
