"""Following a real journald's journal, and journals that systemd-journal-remote has written."""

import os
import subprocess
import time

import pytest

from logwatch.journal import ask
from logwatch.journal import follow as module
from logwatch.journal.child import Child
from logwatch.journal.follow import Journal, JournalSpec
from logwatch.journal.place import Target
from logwatch.wake import PollWaker
from tests.helpers.journald import REMOTE, Journald, remote
from tests.helpers.recorder import Log
from tests.helpers.running import until

pytestmark = pytest.mark.integration

NOW = 1_764_000_000.0


class Sink:
    """Keeps what came and can go back to what was committed."""

    def __init__(self):
        self.lines, self.references, self.counted = [], [], {}
        self.place = None
        self.commit()

    def chunk(self, chunk):
        self.lines += chunk.data.decode().split("\n")[:-1]
        self.references.append(chunk.reference)
        self.place = chunk.position

    def position(self, position):
        self.place = position

    def count(self, source, counter, amount=1):
        self.counted[counter] = self.counted.get(counter, 0) + amount

    def commit(self):
        self.kept = list(self.lines), dict(self.counted), self.place

    def kill(self):
        self.lines, self.counted, self.place = list(self.kept[0]), dict(self.kept[1]), self.kept[2]


class Follower:
    """An input with the loop around it; ``later`` sets its clock ahead."""

    def __init__(self, directory, *, container="mesibo", unit="", start_at="beginning", stamped=True):
        self.spec = JournalSpec("mesibo", Target(container, unit, str(directory)), start_at, stamped)
        self.sink, self.log, self.bell = Sink(), Log(), PollWaker()
        self.later = 0.0
        self.start()

    def start(self):
        self.input = Journal(
            self.spec,
            self.sink.place,
            max_line_bytes=65536,
            clock=lambda: time.time() + self.later,
            bell=self.bell,
            log=self.log,
        )

    def turn(self):
        self.input.look(self.sink)
        while self.input.read(self.sink, 1 << 20):
            pass

    def until(self, condition):
        def tried():
            self.turn()
            return condition()

        return until(tried, lambda: f"{self.sink.lines[-5:]} {self.sink.counted} {self.status} {self.log.events}")

    @property
    def status(self):
        return self.input.status()

    def has(self, *lines):
        self.until(lambda: len(self.sink.lines) >= len(lines))
        assert self.sink.lines == list(lines)

    def kill(self):
        self.input.close()
        self.sink.kill()

    def stop(self):
        self.input.settle(self.sink, lambda: True)
        self.sink.commit()
        self.input.close()


@pytest.fixture
def journald(tmp_path):
    made = Journald(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def following():
    made = []

    def follow(*args, **kwargs):
        made.append(Follower(*args, **kwargs))
        return made[-1]

    yield follow
    for each in made:
        each.input.close()


def entries(count, at=NOW, **fields):
    return [{"at": at + i, "MESSAGE": f"line {i}", "CONTAINER_NAME": "mesibo"} | fields for i in range(count)]


def send(journald, message):
    journald.send(message, CONTAINER_NAME="mesibo")
    journald.written()


def test_what_is_there_and_what_comes_is_read_once(journald, following):
    """The backlog, then each entry as it comes, of this container alone; the pipe wakes the loop."""
    for i in range(30):
        journald.docker(f"old {i}")
        journald.docker(f"stranger {i}", container="other")
    journald.written()
    one = following(journald.home / "log")
    old = [f"old {i}" for i in range(30)]
    one.has(*old)
    one.until(lambda: one.status.caught_up and one.status.up)
    one.turn()
    journald.docker("new")
    one.bell.wait(30)
    one.has(*old, "new")
    assert one.status.problems == ()
    assert one.status.input == "journal"


def test_a_restart_goes_on_at_the_cursor(journald, following):
    """Over kill -9 and rotation: what was committed is not read again, what was not is."""
    one = following(journald.home / "log")
    expected = []
    for life in range(4):
        for i in range(10):
            journald.docker(f"{life} {i}")
            expected.append(f"{life} {i}")
        journald.rotate()
        one.has(*expected)
        if life % 2:
            one.sink.commit()
        one.kill()
        one.start()
    one.has(*expected)
    one.until(lambda: one.status.caught_up)
    assert one.sink.counted == {}


def test_entries_that_were_vacuumed_unread_are_counted(journald, following):
    """What Docker numbered and journald has no more is missed, to the entry; the survivors are all read."""
    one = following(journald.home / "log")
    journald.docker("first")
    one.has("first")
    one.stop()
    for i in range(40):
        journald.docker(f"lost {i}")
    journald.written()
    journald.rotate()
    journald.vacuum()
    for i in range(5):
        journald.docker(f"kept {i}")
    journald.written()
    one.start()
    one.has("first", *(f"kept {i}" for i in range(5)))
    one.later = module.QUIET_SECONDS + 1
    one.until(lambda: one.sink.counted == {"missed_entries": 40})


def test_what_was_read_may_be_vacuumed(journald, following):
    """If the entry at the cursor is deleted, and only read ones with it, no entry is missed and none is read twice."""
    one = following(journald.home / "log")
    journald.docker("first")
    one.has("first")
    one.stop()
    journald.written()
    journald.rotate()
    journald.vacuum()
    journald.docker("second")
    journald.written()  # before that, nothing proves that only what was read is gone
    one.start()
    one.has("first", "second")
    one.later = module.QUIET_SECONDS + 1
    one.turn()
    assert one.sink.counted == {}


def test_without_numbers_a_vacuumed_cursor_is_a_missed_generation(journald, following):
    """Podman and units have no numbers: where the journal begins after what was read last, something may be missing."""
    one = following(journald.home / "log")
    journald.send("first", CONTAINER_NAME="mesibo")
    one.has("first")
    one.sink.commit()
    one.kill()
    time.sleep(0.01)  # journald's clock has to be past what was read
    journald.send("lost", CONTAINER_NAME="mesibo")
    journald.written()
    journald.rotate()
    journald.vacuum()
    journald.send("kept", CONTAINER_NAME="mesibo")
    one.start()
    one.has("first", "kept")
    assert one.sink.counted == {"missed_generations": 1}
    one.sink.commit()
    one.kill()
    one.start()
    one.until(lambda: one.status.caught_up)
    assert one.sink.counted == {"missed_generations": 1}


@pytest.mark.parametrize("with_the_cursor", [True, False])
def test_a_journal_file_that_lost_its_end_is_a_missed_generation(journald, following, with_the_cursor):
    """Unread entries of a file that journalctl silently leaves out are reported as missed, once."""
    send(journald, "line 0")
    if not with_the_cursor:
        journald.rotate()
    before = journald.archived()
    one = following(journald.home / "log")
    one.has("line 0")
    one.until(lambda: one.status.caught_up)
    one.stop()
    send(journald, "line 1")
    journald.rotate()
    send(journald, "line 2")
    (archive,) = journald.archived() - before
    journald.lose_end(archive)
    for _ in range(2):
        one.start()
        one.has("line 0", "line 2")
        assert one.sink.counted == {"missed_generations": 1}
        one.stop()


def test_a_clock_that_was_ahead_hides_no_later_loss(journald, following):
    """A damaged file with a future time is reported once, and so is the next one, whatever its time."""
    one = following(journald.home / "log")
    for i, ahead in enumerate((86400.0, 0.0)):
        send(journald, f"line {2 * i}")
        one.until(lambda i=i: f"line {2 * i}" in one.sink.lines and one.status.caught_up)
        journald.rotate()  # what was read last is in another file than what will be lost
        before = journald.archived()
        one.stop()
        send(journald, f"lost {i}")
        journald.rotate()
        send(journald, f"line {2 * i + 1}")
        (archive,) = journald.archived() - before
        journald.lose_end(archive)
        written = time.time() + ahead
        os.utime(archive, (written, written))
        for _ in range(2):
            one.start()
            one.has(*(f"line {j}" for j in range(2 * i + 2)))
            assert one.sink.counted == {"missed_generations": i + 1}
            one.stop()
        one.start()


def test_a_journalctl_that_ended_is_started_again_in_time_though_the_clock_was_set_back(journald, following):
    """By less than it had lived, as a clock is that began in another zone: half a minute is the longest wait."""
    one = following(journald.home / "log")
    send(journald, "first")
    one.until(lambda: one.sink.lines == ["first"] and one.status.caught_up)
    one.later = 7200.0
    one.input._child._process.kill()
    one.until(lambda: one.input._child is None)
    one.later = 3600.0
    one.turn()
    assert one.input._child
    send(journald, "second")
    one.has("first", "second")


def test_a_journalctl_that_was_started_again_is_up_though_the_clock_was_set_back(journald, following):
    """Nobody is paged until the clock has come again to where it was."""
    one = following(journald.home / "log")
    send(journald, "first")
    one.until(lambda: one.sink.lines == ["first"] and one.status.up)
    one.input._child._process.kill()
    one.until(lambda: one.input._child is None)
    one.later = 7200.0
    one.until(lambda: one.input._child)
    assert not one.status.up
    one.later = 3600.0
    one.turn()
    assert one.status.up


def test_entries_that_are_vacuumed_while_journalctl_starts_are_reported(tmp_path, following, monkeypatch):
    """The files were looked at just before: they are looked at again once the entry at the cursor does not come."""
    remote(tmp_path / "m.journal", entries(2))
    one = following(tmp_path)
    one.has("line 0", "line 1")
    one.stop()
    now = time.time() + 100
    remote(tmp_path / "m.journal", entries(1, at=now, MESSAGE="unread"))
    remote(tmp_path / "n.journal", entries(1, at=now + 1, MESSAGE="new"))

    def child(arguments):
        (tmp_path / "m.journal").unlink(missing_ok=True)
        return Child(arguments)

    monkeypatch.setattr(module, "Child", child)
    one.start()
    one.input._clock = lambda: now + 2
    one.has("line 0", "line 1", "new")
    assert one.sink.counted == {"missed_generations": 1}


def test_a_journal_that_was_deleted_is_followed_anew(journald, following):
    """Its files are gone and journald begins another sequence, while we follow: what comes is read, once."""
    one = following(journald.home / "log")
    journald.docker("first")
    one.has("first")
    one.sink.commit()
    journald.delete()
    journald.docker("second")
    one.later = module.PLACE_SECONDS + 1  # the next check of where the journals lie
    one.has("first", "second")
    one.until(lambda: one.status.up)
    one.sink.commit()
    one.kill()
    one.start()
    one.until(lambda: one.status.caught_up)
    assert one.sink.lines == ["first", "second"]


def test_lines_that_the_rate_limit_dropped_are_missed(journald, following):
    """A number that journald never wrote is a lost line, and is counted once nothing more comes."""
    one = following(journald.home / "log")
    journald.docker("one")
    for _ in range(3):
        journald.docker("dropped", lost=True)
    journald.docker("two")
    one.has("one", "two")
    one.later = module.QUIET_SECONDS + 1
    one.until(lambda: one.sink.counted == {"missed_entries": 3})


def test_what_waits_in_the_pipe_is_not_given_up(journald, following):
    """Entries after an open message, unread because of a full disk, do not make the message count as abandoned."""
    one = following(journald.home / "log")
    part = {"CONTAINER_PARTIAL_ID": "p", "CONTAINER_PARTIAL_MESSAGE": "true"}
    journald.docker("one")
    one.has("one")
    one.until(lambda: one.status.caught_up and one.status.up)
    journald.docker("half ", CONTAINER_PARTIAL_ORDINAL=1, **part)
    one.until(lambda: one.input._messages.held_bytes)
    journald.docker("whole", CONTAINER_PARTIAL_ID="p", CONTAINER_PARTIAL_ORDINAL=2)
    until(lambda: one.input._child.waiting, "journalctl has written")
    one.later = module.QUIET_SECONDS + 1
    one.input.look(one.sink)
    one.has("one", "half whole")


def test_a_child_that_dies_is_started_again(journald, following):
    """Journalctl is killed: the source is not up, with a reason; after a pause it goes on where it was."""
    one = following(journald.home / "log")
    journald.docker("one")
    one.has("one")
    one.until(lambda: one.status.caught_up and one.status.up)
    one.input._child._process.kill()
    one.until(lambda: not one.status.up)
    assert one.status.problems[0].why == "signal 9"
    journald.docker("two")
    one.later += 2
    one.has("one", "two")
    one.later += 60
    one.until(lambda: one.status.up)


def test_a_missing_journalctl_is_named(tmp_path, following, monkeypatch):
    """Without the program the source is not up, and the remedy is reported; the pause is bounded."""
    remote(tmp_path / "m.journal", entries(1))
    monkeypatch.setattr("logwatch.journal.child.PROGRAM", "/nowhere/journalctl")
    one = following(tmp_path)
    for _ in range(20):
        one.later += 100
        one.turn()
    assert not one.status.up
    assert "cannot be started: No such file" in one.status.problems[0].headline
    assert one.input._pause <= module.PAUSE_SECONDS[1]


def test_a_cursor_that_cannot_be_used_is_a_reason(tmp_path, following):
    """Journalctl's last words are shown as the reason why the source is not up."""
    remote(tmp_path / "m.journal", entries(2))
    one = following(tmp_path)
    one.has("line 0", "line 1")
    one.sink.place = type(one.sink.place)("mesibo", one.spec.target.key, "garbage", 0.0, "{}")
    one.input.close()
    one.start()
    one.until(lambda: one.status.problems)
    assert "Failed to seek to cursor" in one.status.problems[0].why


def test_an_earlier_boot_is_read_too(tmp_path, following):
    """Journalctl keeps to the newest boot when it follows: the entries of others are read all the same."""
    old = entries(3, boot="0" * 31 + "7")
    remote(tmp_path / "m.journal", [*old, *entries(2, at=NOW + 100)])
    one = following(tmp_path)
    one.has("line 0", "line 1", "line 2", "line 0", "line 1")
    one.until(lambda: one.status.caught_up)
    one.sink.commit()
    one.kill()
    one.start()
    remote(tmp_path / "m.journal", entries(1, at=NOW + 200))
    one.has("line 0", "line 1", "line 2", "line 0", "line 1", "line 0")


def test_entries_that_were_copied_are_the_same(tmp_path, following):
    """When journald moves its journal from memory to disk, entries get other numbers, but none is read again."""
    remote(tmp_path / "m.journal", entries(3))
    one = following(tmp_path)
    one.has("line 0", "line 1", "line 2")
    one.stop()
    copied = subprocess.run(["journalctl", "-D", tmp_path, "-o", "export"], capture_output=True, check=True).stdout
    (tmp_path / "m.journal").unlink()
    subprocess.run([REMOTE, "-o", tmp_path / "n.journal", "-"], input=copied, capture_output=True, check=True)
    remote(tmp_path / "n.journal", entries(1, at=NOW + 100))
    one.start()
    one.has("line 0", "line 1", "line 2", "line 0")
    one.until(lambda: one.status.caught_up)
    assert len(one.sink.lines) == 4
    assert one.sink.counted == {}


def test_the_end_is_where_reading_begins_if_that_is_asked_for(tmp_path, following):
    """With start_at = "end", present entries give no line, and later ones do."""
    remote(tmp_path / "m.journal", entries(5))
    one = following(tmp_path, start_at="end")
    one.until(lambda: one.status.caught_up)
    one.sink.commit()
    remote(tmp_path / "m.journal", entries(1, at=NOW + 100, MESSAGE="new"))
    one.has("new")


def test_another_target_begins_anew(tmp_path, following):
    """A position of another container means nothing: the source's new one is read from its beginning."""
    remote(tmp_path / "m.journal", [*entries(2), *entries(1, at=NOW + 9, CONTAINER_NAME="push", MESSAGE="other")])
    one = following(tmp_path)
    one.has("line 0", "line 1")
    one.stop()
    one.spec = JournalSpec("mesibo", Target("push", "", str(tmp_path)))
    one.start()
    one.has("line 0", "line 1", "other")
    assert one.sink.counted == {}


def test_a_unit_is_what_journald_knows_it_by(tmp_path, following):
    """Entries that only claim to be of a unit, or tell about it, are not its own."""
    own = entries(2, _SYSTEMD_UNIT="mesibo.service")
    about = entries(1, at=NOW + 5, UNIT="mesibo.service", _SYSTEMD_UNIT="init.scope", MESSAGE="Started mesibo")
    remote(tmp_path / "m.journal", [*own, *about])
    one = following(tmp_path, container="", unit="mesibo")
    one.has("line 0", "line 1")
    one.until(lambda: one.status.caught_up)
    assert len(one.sink.lines) == 2


def test_dockers_time_is_the_lines_time(tmp_path, following):
    """SYSLOG_TIMESTAMP dates a line; where lines have no stamp, those of different seconds are not dated alike."""
    stamps = ["2026-03-01T10:00:00.250000000Z", "2026-03-01T10:00:09.500000000Z"]
    remote(
        tmp_path / "m.journal",
        [e | {"SYSLOG_TIMESTAMP": s} for e, s in zip(entries(1) + entries(1, at=NOW + 9), stamps, strict=True)],
    )
    one = following(tmp_path, stamped=False)
    one.has("line 0", "line 0")
    assert one.sink.references == [1772359200.25, 1772359209.5]


def test_a_container_that_is_not_there_is_not_up(tmp_path, following):
    """A name that no entry has: caught up with nothing, not up, and the list of names is one command away."""
    remote(tmp_path / "m.journal", entries(1))
    one = following(tmp_path, container="mesiboo")
    one.until(lambda: one.status.caught_up)
    assert not one.status.up
    assert one.status.problems[0].try_ == "`journalctl -F CONTAINER_NAME` lists those that it has"


def newer(path):
    """Make a journal's file look like one of a systemd to come."""
    data = bytearray(path.read_bytes())
    data[15] |= 0x80  # a flag of the features that a reader must know
    path.write_bytes(data)


def test_a_journal_that_journalctl_is_too_old_for_is_a_problem(tmp_path, following):
    """What a newer journald wrote is left out as if it were not there: it is named, and the source is not up."""
    remote(tmp_path / "m.journal", entries(1))
    newer(tmp_path / "m.journal")
    one = following(tmp_path)
    one.until(lambda: one.status.caught_up and one.status.problems[0].what == "journalctl leaves it out")
    assert one.status.problems[0].where == str(tmp_path / "m.journal")
    assert not one.status.up
    assert ask.problem(one.spec.target) == one.status.problems[0]


def test_a_journald_that_was_upgraded_takes_a_new_journalctl(tmp_path, following):
    """Files with a feature that none had before are read by the journalctl that came with them."""
    remote(tmp_path / "m.journal", entries(1))
    one = following(tmp_path)
    one.has("line 0")
    one.until(lambda: one.input._run == "follow")
    running = one.input._child
    remote(tmp_path / "n.journal", entries(1, at=NOW + 60))
    newer(tmp_path / "n.journal")
    one.later = module.PLACE_SECONDS + 1
    one.until(lambda: one.input._child not in (None, running))
    one.until(lambda: any(problem.where == str(tmp_path / "n.journal") for problem in one.status.problems))


def test_no_journal_is_a_problem_until_there_is_one(tmp_path, following):
    """An empty directory is named; a journal that appears in it is read."""
    one = following(tmp_path / "log")
    one.turn()
    assert one.status.problems[0].what == "there is no journal"
    (tmp_path / "log").mkdir()
    remote(tmp_path / "log/m.journal", entries(2))
    one.later = module.PLACE_SECONDS + 1
    one.has("line 0", "line 1")


def test_nothing_of_a_child_is_left(tmp_path, following):
    """close() ends journalctl and reaps it."""
    remote(tmp_path / "m.journal", entries(1))
    one = following(tmp_path)
    one.has("line 0")
    one.until(lambda: one.status.caught_up)
    process = one.input._child._process
    one.input.close()
    assert process.returncode is not None
