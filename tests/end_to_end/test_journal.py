"""The daemon on a real journald's journal: pushes counted, kill -9 while the journal is rotated and vacuumed."""

import json
import random
import threading
import time

import pytest

from tests.end_to_end.test_kill import Paced, Scraper, killed
from tests.helpers.journald import Journald
from tests.helpers.running import Daemon, until

pytestmark = pytest.mark.integration


@pytest.fixture
def journald(tmp_path):
    (tmp_path / "journald").mkdir()
    made = Journald(tmp_path / "journald")
    yield made
    made.stop()


def line(code, number=0):
    stamp = time.strftime("%d%m-%H%M%S", time.gmtime())
    return f"E{stamp}-{number % 1000:03} (17): push_on_complete: uid {number} type fcm code {code}"


@pytest.fixture
def configured(site, journald):
    where = json.dumps(str(journald.home / "log"))
    site.configure(source=f'journal = {{container = "mesibo", directory = {where}}}')
    return site


def test_pushes_in_the_journal_are_counted(configured, journald, programs):
    """Pushes of the container are counted, others are not; the metrics say that it is a journal, and up."""
    for code in (200, 200, 410):
        journald.docker(line(code))
        journald.docker(line(903), container="other")
    daemon = programs(Daemon, configured.config)
    until(lambda: daemon.codes() == {"200": 2, "410": 1}, daemon.codes)
    until(lambda: daemon.total("mesibo_logwatch_source_up") == 1, daemon.metrics)
    assert daemon.total("mesibo_logwatch_source_info", source="mesibo", input="journal", grammar="mesibo") == 1
    until(lambda: daemon.total("mesibo_logwatch_source_caught_up") == 1, daemon.metrics)
    assert daemon.total("mesibo_logwatch_lines_total") == 3
    journald.docker(line(914))
    until(lambda: daemon.codes() == {"200": 2, "410": 1, "914": 1}, daemon.codes)
    assert daemon.stop() == 0


class Writer(Paced):
    """A mesibo under Docker: numbered lines, some in two parts, some dropped; its journal is rotated and vacuumed."""

    def __init__(self, journald, seed):
        super().__init__()
        self.journald = journald
        self.random = random.Random(seed)
        self.sent = 1
        self.dropped = self.vacuumed = self.rotated = 0
        self.ended = threading.Event()

    def run(self):
        while not self.ended.wait(self.random.uniform(0.0, 0.01)):
            if not self.may_write():
                continue
            for _ in range(self.random.randrange(1, 30)):
                self._write()
            chance = self.random.random()
            if chance < 0.02 and self.may_rotate():
                self.journald.rotate()
                self.rotated += 1
                if chance < 0.006:
                    self.journald.vacuum(self.random.randrange(6))
                    self.vacuumed += 1

    def _write(self):
        text = line(self.random.choice([200, 200, 410, 914]), self.sent)
        chance = self.random.random()
        self.sent += 1
        if chance < 0.002:
            self.journald.docker(text, lost=True)
            self.dropped += 1
        else:
            self.journald.docker(text)


def torture(site, journald, programs, kills, seed):
    chance = random.Random(seed)
    journald.docker(line(200))
    first = programs(Daemon, site.config)
    until(lambda: first.codes() == {"200": 1}, "the first line")
    first.stop()
    writer, scraper = Writer(journald, seed), Scraper()
    daemon = killed(site, programs, writer, scraper, kills, chance)

    def seen():
        return sum(daemon.codes().values()), daemon.total("mesibo_logwatch_missed_entries_total")

    try:
        until(lambda: sum(seen()) >= writer.sent, lambda: f"seed {seed}: {seen()} of {writer.sent}\n{daemon.output}")
    finally:
        scraper.ended.set()
        scraper.join()
        counted, missed = seen()
        print(  # noqa: T201
            f"seed {seed}: {writer.sent} sent, {writer.dropped} dropped, {writer.rotated} rotations,"
            f" {writer.vacuumed} vacuumed, {kills} kills, {counted} counted, {missed:.0f} missed"
        )
    assert counted + missed == writer.sent
    assert missed >= writer.dropped
    if not writer.vacuumed:
        assert missed == writer.dropped
    assert daemon.total("mesibo_logwatch_lines_total") == counted
    assert scraper.fallen == []


def test_kill_9_with_vacuuming_loses_and_doubles_nothing(configured, journald, programs):
    """After 10 kills every entry was counted once, or is known to be gone: numbers sent = counted + missed."""
    torture(configured, journald, programs, 10, random.randrange(1 << 32))


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(10))
def test_kill_9_two_hundred_times_with_vacuuming(configured, journald, programs, seed):
    """The same, ten times with 20 kills each and seeds that can be repeated."""
    torture(configured, journald, programs, 20, seed)
