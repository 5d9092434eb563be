"""What a journalctl that misbehaves cannot do: programs in its place, to the input that follows."""

import errno
import os
import shlex
import subprocess

import pytest

from logwatch.errors import Problem
from logwatch.journal import ask, child
from logwatch.journal import follow as module
from logwatch.journal.child import Child, NoJournalError
from logwatch.journal.place import JournalFiles, Target
from logwatch.model import JournalPosition
from tests.helpers.running import until
from tests.journal.test_follow import following

pytestmark = pytest.mark.integration

__all__ = ["following"]


def entry(number, message, **fields):
    named = {
        "__CURSOR": f"s=1;i={number}",
        "__REALTIME_TIMESTAMP": 1_764_000_000_000_000 + number,
        "MESSAGE": message,
    }
    return "".join(f"{name}={value}\n" for name, value in (named | fields).items() if value is not None) + "\n"


@pytest.fixture
def instead(tmp_path, monkeypatch):
    """Put a shell script in journalctl's place, and a journal where it looks."""

    def put(script):
        program = tmp_path / "journalctl"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setattr(child, "PROGRAM", str(program))
        (tmp_path / "system.journal").touch()

    return put


def test_what_has_no_name_or_no_time_is_no_entry(tmp_path, following, instead):
    """Entries without a cursor, or with a time that is no number or absurd, give no line and end nothing."""
    (tmp_path / "output").write_text(
        entry(1, "no cursor", __CURSOR=None)
        + entry(1, "no time", __REALTIME_TIMESTAMP=None)
        + entry(1, "no number", __REALTIME_TIMESTAMP="abc")
        + entry(1, "no float", __REALTIME_TIMESTAMP="9" * 400)
        + entry(1, "no integer", __REALTIME_TIMESTAMP="9" * 5000)
        + entry(1, "first", _SOURCE_REALTIME_TIMESTAMP="9" * 400)
        + entry(2, "second", _SOURCE_REALTIME_TIMESTAMP="9" * 5000)
    )
    instead(f'case "$*" in *--follow*) exec sleep 100 ;; *) cat {tmp_path}/output ;; esac')
    one = following(tmp_path, unit="mesibo", container="", stamped=False)
    one.has("first", "second")
    assert {round(reference) for reference in one.sink.references} == {1_764_000_000}


@pytest.mark.parametrize("follows", [False, True], ids=["backlog", "follow"])
def test_a_journalctl_that_hangs_is_reported_until_it_goes_on(tmp_path, following, instead, follows):
    """Amid what is there, or amid an entry, silence is no quiet mesibo: the source is not up, and the reason told."""
    os.mkfifo(tmp_path / "output")
    instead(f'case "$*" in *--follow*) ;; *) {"exit" if follows else ""} ;; esac; exec cat {tmp_path}/output')
    whole = (entry(1, "first") + entry(2, "second")).encode()
    output = os.open(tmp_path / "output", os.O_RDWR)
    one = following(tmp_path, unit="mesibo", container="")

    def turned(condition):
        def turn():
            one.input.look(one.sink)
            one.input.read(one.sink, 1 << 20)  # once: of a backlog it says that there is more, however long that takes
            return condition()

        until(turn, lambda: f"{one.sink.lines} {one.status}")

    os.write(output, whole[:-10])
    turned(lambda: one.sink.lines == ["first"] and one.status.up)
    one.later = module.STALLED_SECONDS + 1
    turned(lambda: not one.status.up)
    assert one.status.problems[0].what == "does not go on"
    assert [event for event, _ in one.log.events] == ["journalctl_stalled"]
    os.write(output, whole[-10:])
    turned(lambda: one.sink.lines == ["first", "second"] and one.status.up)
    os.close(output)


@pytest.mark.parametrize(
    ("script", "why", "caught_up"),
    [
        ("cat {}; exit 3", "status 3", False),
        ("cat {}; kill -9 $$", "signal 9", False),
        ('case "$*" in *--follow*) exit 0 ;; *) cat {} ;; esac', "status 0", True),
    ],
    ids=["backlog", "killed", "follow"],
)
def test_a_run_that_breaks_off_is_told_and_ends_no_backlog(tmp_path, following, instead, script, why, caught_up):
    """What comes later of it would otherwise look like a burst; and following never ends by itself."""
    (tmp_path / "output").write_text(entry(1, "first"))
    instead(script.format(tmp_path / "output"))
    one = following(tmp_path, unit="mesibo", container="")
    one.until(lambda: one.log.events)
    assert [(event, fields["why"]) for event, fields in one.log.events] == [("journalctl_ended", why)]
    assert one.sink.lines == ["first"]
    assert (one.status.up, one.status.caught_up) == (False, caught_up)


@pytest.mark.parametrize(
    ("script", "what", "why"),
    [
        ("echo unasked >&2; echo 'no such file' >&2; exit 1", "fails", "no such file"),
        ("exit 3", "fails", "status 3"),
        ("kill -9 $$", "fails", "signal 9"),
        ("exec sleep 100", "does not answer", "no answer within 0 seconds"),
    ],
    ids=["words", "status", "signal", "hangs"],
)
def test_a_journal_that_cannot_be_asked_is_a_problem_with_the_command(
    tmp_path, instead, monkeypatch, script, what, why
):
    """`check` and `doctor` name the reason, and how to see it by hand, if a directory's name has blanks as well."""
    monkeypatch.setattr(ask, "PATIENCE_SECONDS", 0.2 if "sleep" in script else ask.PATIENCE_SECONDS)
    directory = tmp_path / "old journals"
    directory.mkdir()
    instead(script)
    (tmp_path / "system.journal").rename(directory / "system.journal")
    found = ask.problem(Target(unit="mesibo", directory=str(directory)))
    assert (found.where, found.what, found.why, found.warning) == (child.PROGRAM, what, why, False)
    assert what != "fails" or shlex.split(found.try_)[:2] == [child.PROGRAM, "--lines=1"]
    assert what != "fails" or f"--directory={directory}" in shlex.split(found.try_)


def test_a_look_at_the_newest_entries_reads_what_following_them_would(instead):
    """Parts of one message are one line; of one that is still open, no half of a number is read."""
    parts = {"CONTAINER_PARTIAL_MESSAGE": "true", "CONTAINER_PARTIAL_ID": "7", "CONTAINER_ID_FULL": "c"}
    entries = entry(1, "whole") + entry(2, "one ", **parts, CONTAINER_PARTIAL_ORDINAL=1)
    entries += entry(3, "line", CONTAINER_PARTIAL_ID="7", CONTAINER_ID_FULL="c", CONTAINER_PARTIAL_ORDINAL=2)
    entries += entry(4, "code 41", **parts | {"CONTAINER_PARTIAL_ID": "8"}, CONTAINER_PARTIAL_ORDINAL=1)
    instead(f"cat <<'E'\n{entries}E")
    found = ask.newest(Target(container="mesibo"), 4)
    assert ask.lines(found, 1000) == b"whole\none line\ncode \n"


def test_a_quiet_journal_is_no_stalled_journalctl(tmp_path, following, instead):
    """Behind the last whole entry nothing may come for hours."""
    (tmp_path / "output").write_text(entry(1, "first"))
    instead(f'case "$*" in *--follow*) cat {tmp_path}/output; exec sleep 100 ;; *) exit ;; esac')
    one = following(tmp_path, unit="mesibo", container="")
    one.has("first")
    one.later = 10 * module.STALLED_SECONDS
    one.turn()
    assert one.status.up


@pytest.mark.parametrize(("left", "counted"), [(-10, {}), (10, {"missed_generations": 1})], ids=["read", "unread"])
def test_a_journal_without_any_entry_behind_the_cursor_may_have_lost_some(tmp_path, following, instead, left, counted):
    """All of them may be vacuumed: if what is left began after the last one that was read, that counts, and once."""
    (tmp_path / "output").write_text(entry(1, "first"))
    script = f'case "$*" in *--follow*) exec sleep 100 ;; *) cat {tmp_path}/output ;; esac'
    instead(script)
    began = (1_764_000_000 + left) * 1_000_000
    (tmp_path / "system.journal").write_bytes(b"LPKSHHRH".ljust(184, b"\0") + began.to_bytes(8, "little"))
    one = following(tmp_path, unit="mesibo", container="")
    one.has("first")
    one.kill()
    one.sink.place = one.sink.place or JournalPosition("mesibo", one.spec.target.key, "s=1;i=1", 1_764_000_000.0, "")
    (tmp_path / "output").write_text("")
    for _ in range(2):
        one.start()
        one.until(lambda: one.status.caught_up)
        one.stop()
        assert one.sink.counted == counted
    lost = "perhaps some lines" if counted else "nothing"
    assert ("journal_vacuumed", {"source": "mesibo", "lost": lost}) in one.log.events


def test_a_journal_that_may_not_be_read_yet_is_a_backlog_once_it_may(tmp_path, following, instead, monkeypatch):
    """What it holds by then would otherwise look like a burst."""
    instead("exec sleep 100")
    refused = Problem(str(tmp_path), "the journal cannot be read", "", "")
    with monkeypatch.context() as closed:
        closed.setattr(module.place, "look", lambda _target: JournalFiles(refused=True, problems=(refused,)))
        one = following(tmp_path, unit="mesibo", container="")
        one.turn()
        assert (one.status.problems, one.status.caught_up) == ((refused,), False)


def test_a_journalctl_that_says_much_is_read_all_the_same(tmp_path, following, instead):
    """Its standard error is read as well: a full pipe would hold it up."""
    (tmp_path / "output").write_text(entry(1, "first"))
    said = f"head -c 300000 /dev/zero >&2; cat {tmp_path}/output; exec sleep 100"
    instead(f'case "$*" in *--follow*) {said} ;; esac')
    following(tmp_path, unit="mesibo", container="").has("first")


def test_words_without_an_end_do_not_hold_up_reading(instead):
    """A program that writes to standard error faster than it is read costs a read no more than a pipe of it."""
    instead("exec sleep 100")
    made = Child([])
    endless = os.open("/dev/zero", os.O_RDONLY)
    os.dup2(endless, made._said_on)
    os.close(endless)
    assert made.read() is None
    made.kill()


def test_nobody_waits_for_a_journalctl_that_the_kernel_holds(instead, monkeypatch):
    """One that a kill does not end, as in a frozen control group, is let go of; it counts as killed."""
    instead("exec sleep 100")
    made = Child([])
    process = made._process
    with monkeypatch.context() as held:
        held.setattr(process, "kill", lambda: None)
        assert made.kill()[0] == -9
        assert process.poll() is None
    process.kill()
    process.wait()


@pytest.mark.parametrize(
    ("number", "remedy"),
    [(errno.ENOENT, "it comes with systemd"), (errno.EAGAIN, "TasksMax"), (errno.EMFILE, "LimitNOFILE")],
)
def test_the_remedy_is_for_what_keeps_it_from_being_started(monkeypatch, number, remedy):
    """Where a process or a descriptor is not to be had, installing systemd would not help."""

    def refuses(*_args, **_kwargs):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(subprocess, "Popen", refuses)
    with pytest.raises(NoJournalError) as raised:
        Child([])
    assert remedy in raised.value.problems[0].try_
