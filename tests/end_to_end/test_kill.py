"""kill -9 at random instants, under load, with rotation, while somebody scrapes."""

import contextlib
import random
import shutil
import signal
import threading
import time

import pytest

from tests.helpers.running import Daemon, until

pytestmark = pytest.mark.integration

SURVIVES = ("mesibo_push_", "mesibo_logwatch_lines_", "mesibo_logwatch_bytes_", "mesibo_logwatch_rotations_")


class Paced(threading.Thread):
    """A writer that does so much in each life of a daemon, and waits for the next one.

    A busy machine takes long to start a daemon. Were the log written by the clock meanwhile, more would be rotated than
    is kept, and the backlog would make the next start longer still.
    """

    def __init__(self):
        super().__init__(daemon=True)
        self.writes = self.rotations = 0

    def life(self):
        """Go on: the next daemon is about to start."""
        self.writes, self.rotations = 300, 6

    def may_write(self):
        """Take one of the writes of this life, if there is one left."""
        self.writes -= self.writes > 0
        return self.writes > 0

    def may_rotate(self):
        """Take one of the rotations of this life, if there is one left."""
        self.rotations -= self.rotations > 0
        return self.rotations > 0


class Writer(Paced):
    """A mesibo whose log is rotated by rename and by copytruncate; knows what it has written."""

    def __init__(self, log, seed):
        super().__init__()
        self.log = log
        self.random = random.Random(seed)
        self.written = {}
        self.lines = 0
        self.ended = threading.Event()

    def run(self):
        while not self.ended.wait(self.random.uniform(0.0, 0.02)):
            if not self.may_write():
                continue
            self._write(self.random.randrange(1, 40))
            chance = self.random.random()
            if chance >= 0.016 or not self.may_rotate():
                continue
            self._shift()
            if chance < 0.008:
                self.log.rename(self.log.with_name("mesibo.log.1"))
            else:
                shutil.copyfile(self.log, self.log.with_name("mesibo.log.1"))
                with self.log.open("r+") as file:
                    file.truncate(0)

    def _shift(self):
        for number in range(30, 0, -1):
            with contextlib.suppress(FileNotFoundError):
                self.log.with_name(f"mesibo.log.{number}").rename(self.log.with_name(f"mesibo.log.{number + 1}"))

    def _write(self, count):
        with self.log.open("a") as log:
            for _ in range(count):
                code = self.random.choice([200, 200, 200, 410, 903, 914])
                self.lines += 1
                stamp = time.strftime("%d%m-%H%M%S", time.gmtime())
                log.write(f"E{stamp}-{self.lines % 1000:03} (17): push_on_complete: uid {self.lines} code {code}\n")
                self.written[str(code)] = self.written.get(str(code), 0) + 1


class Scraper(threading.Thread):
    """Scrapes as fast as it can and remembers every counter that it saw fall."""

    def __init__(self):
        super().__init__(daemon=True)
        self.daemon_now = None
        self.highest = {}
        self.fallen = []
        self.scrapes = 0
        self.ended = threading.Event()

    def run(self):
        while not self.ended.wait(0.02):
            with contextlib.suppress(OSError, AttributeError, ValueError):
                self.look(self.daemon_now.metrics())

    def look(self, metrics):
        self.scrapes += 1
        for series, value in metrics.items():
            if not series[0].endswith("_total") or not series[0].startswith(SURVIVES):
                continue
            if value < self.highest.get(series, 0):
                self.fallen.append((series, self.highest[series], value))
            self.highest[series] = max(value, self.highest.get(series, 0))


def killed(site, programs, writer, scraper, kills, chance):
    """Kill daemons at random instants while somebody writes and somebody scrapes; give the one that goes on."""
    writer.start()
    scraper.start()
    try:
        for _ in range(kills):
            writer.life()
            daemon = scraper.daemon_now = programs(Daemon, site.config)
            time.sleep(chance.uniform(0.0, 0.4))  # the instant of the kill is what is tried
            daemon.stop(signal.SIGKILL)
    finally:
        writer.ended.set()
        writer.join()
    daemon = scraper.daemon_now = programs(Daemon, site.config)
    return daemon


def torture(site, programs, kills, seed):
    chance = random.Random(seed)
    writer, scraper = Writer(site.log, seed), Scraper()
    # what was rotated away before anybody looked is history that the configured path does not lead to
    site.write(200)
    first = programs(Daemon, site.config)
    until(lambda: first.codes() == {"200": 1}, "the first look")
    first.stop()
    writer.written["200"] = writer.lines = 1
    daemon = killed(site, programs, writer, scraper, kills, chance)
    try:
        until(lambda: daemon.codes() == writer.written, f"seed {seed}: {writer.written} is counted")
        until(lambda: scraper.scrapes > kills, "somebody scraped all the while")
    finally:
        scraper.ended.set()
        scraper.join()
        print(  # noqa: T201
            f"seed {seed}: {writer.lines} lines, {kills} kills, {scraper.scrapes} scrapes, counted {daemon.codes()}"
        )
    assert daemon.total("mesibo_logwatch_lines_total") == writer.lines
    assert daemon.total("mesibo_logwatch_lost_bytes_total") == 0
    assert daemon.total("mesibo_logwatch_missed_generations_total") == 0
    assert scraper.fallen == []


def test_kill_9_at_random_instants_loses_and_doubles_nothing(site, programs):
    """After 20 kills under load with rotation every line is counted once, and no scrape saw a counter fall."""
    torture(site, programs, 20, random.randrange(1 << 32))


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(10))
def test_kill_9_two_hundred_times(site, programs, seed):
    """The same, ten times with 20 kills each and seeds that can be repeated."""
    torture(site, programs, 20, seed)
