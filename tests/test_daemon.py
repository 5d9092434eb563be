"""What the daemon says of itself, and which settings a reload may change."""

import sqlite3
import time
from dataclasses import replace
from types import SimpleNamespace

import msgspec
import pytest

from logwatch.config import load
from logwatch.daemon import Daemon
from logwatch.errors import Problem
from logwatch.model import SourceStatus
from logwatch.tail.tail import Tail
from tests.helpers.running import Site

STATUS = SourceStatus(name="s", up=True, files_followed=2, lag_bytes=5, caught_up=True, problems=())


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Make daemons that do not run; they leave the log of the tests as it is."""
    monkeypatch.setattr("logwatch.logging_setup.configure", lambda *_: None)
    daemons = []

    def make(extra=""):
        site = Site(tmp_path)
        site.write(903)
        site.configure(extra)
        site.config.write_text(site.config.read_text().replace("[follow]", '[follow]\nwake = "poll"'))
        daemons.append(Daemon(lambda: load(site.config)))
        daemons[-1]._web.start()  # so that its end closes everything
        return daemons[-1]

    yield make
    for each in daemons:
        each._end(commit=False)


@pytest.mark.parametrize(
    ("poll", "silent", "trouble"),
    [
        (1.0, 9.9, ""),
        (1.0, 10.4, "the reading loop has not turned for 10 s"),
        (60.0, 179.9, ""),
        (60.0, 180.4, "the reading loop has not turned for 180 s"),
    ],
)
def test_a_daemon_whose_loop_does_not_turn_is_not_ready(made, monkeypatch, poll, silent, trouble):
    """After ten seconds, or three turns where these take longer; who asks is told for how long."""
    daemon = made()
    daemon._parts = replace(daemon._parts, config=with_follow(daemon.config, poll_seconds=poll))
    monkeypatch.setattr("logwatch.daemon.time", SimpleNamespace(monotonic=lambda: daemon._turned_at + silent))
    assert daemon.trouble == trouble


def with_follow(config, **settings):
    return msgspec.structs.replace(config, follow=msgspec.structs.replace(config.follow, **settings))


def test_a_line_for_systemctl_says_what_is_followed_and_what_came_last(made):
    """Files and journals, how far behind, the last code by the time of its line, and what is wrong."""
    daemon = made()
    daemon._pipeline.status = {}
    assert daemon._summary() == "following 0 files, 0 bytes behind"
    journal = replace(STATUS, files_followed=0, input="journal")
    daemon._pipeline.status = {
        "a": STATUS,
        "b": replace(STATUS, lag_bytes=7),
        "c": journal,
        "d": replace(journal, up=False),
    }
    assert daemon._summary() == "following 4 files and 1 journal, 22 bytes behind; down: s"
    daemon._pipeline.turn()
    daemon._pipeline.commit()
    stamp = time.strftime("%Y-%m-%d", time.gmtime())
    assert f"; last code 903 at {stamp}" in daemon._summary()
    daemon._ledger.failing = "disk full"
    assert daemon._summary().endswith(" UTC; commits fail: disk full")


def test_a_reload_leaves_what_takes_a_restart_and_says_so(made, events):
    """Each such setting is named once, and every other one is taken over."""
    daemon = made()
    old = daemon.config
    new = msgspec.structs.replace(
        with_follow(old, wake="auto", poll_seconds=7.0),
        state=msgspec.structs.replace(old.state, directory="/elsewhere", commit_seconds=3.0),
        failures=msgspec.structs.replace(old.failures, keep=5),
        web=msgspec.structs.replace(old.web, hosts=("a.example",)),
    )
    kept = daemon._in_force(new)
    assert (kept.web, kept.failures, kept.state.directory) == (old.web, old.failures, old.state.directory)
    assert (kept.follow.wake, kept.follow.poll_seconds, kept.state.commit_seconds) == ("poll", 7.0, 3.0)
    told = [each["setting"] for each in events if each["event"] == "reload_incomplete"]
    assert told == ["state.directory", "web", "failures", "follow.wake"]
    assert daemon._in_force(kept) == kept


def refuse(*_args):
    raise sqlite3.OperationalError("disk full")


def test_metrics_tell_whether_what_is_read_is_on_disk(made, monkeypatch):
    """Commits, how long they took and how many failed; the time until which all is on disk stands still meanwhile."""
    daemon = made()
    daemon._flags.stop = True  # a turn waits for nothing

    def told(name):
        return daemon._registry.get_sample_value(f"mesibo_logwatch_{name}")

    daemon._turn()
    daemon._pipeline.commit()
    assert told("commits_total") == told("commit_duration_seconds_count") > 0
    assert (told("commit_failures_total"), told("config_last_reload_successful")) == (0, 1)
    assert told("checkpoint_timestamp_seconds") > time.time() - 600
    daemon._metrics.checkpoint.set(1.0)
    with monkeypatch.context() as full:
        full.setattr(daemon._ledger, "_transact", refuse)
        daemon._pipeline.batch.count("mesibo", "lines")
        daemon._pipeline.commit()
        daemon._turn()
    assert (told("commit_failures_total"), told("checkpoint_timestamp_seconds")) == (1, 1.0)
    daemon._pipeline.commit()
    daemon._turn()
    assert told("checkpoint_timestamp_seconds") > 1.0


def test_a_reload_waits_until_what_was_read_can_be_committed(made, monkeypatch):
    """Files that it closes would otherwise be read again, and their lines counted a second time."""
    daemon = made()
    before, daemon._flags.reload = daemon._parts, True
    with monkeypatch.context() as full:
        full.setattr(daemon._ledger, "_transact", refuse)
        daemon._reload()
        assert (daemon._parts is before, daemon._flags.reload) == (True, True)
    daemon._reload()
    assert (daemon._parts is before, daemon._flags.reload, daemon._ledger.failing) == (False, False, "")


def test_a_reload_keeps_open_what_stays_the_same_and_closes_the_rest(made, tmp_path, monkeypatch):
    """A source that is neither changed nor read differently goes on with its files; any other lets go of them."""
    closed, close = [], Tail.close
    monkeypatch.setattr(Tail, "close", lambda tail: (closed.append(tail.source.name), close(tail)))
    daemon = made()
    path = tmp_path / "logwatch.toml"
    other = f'[[source]]\nname = "other"\npaths = ["{tmp_path}/other.log"]\n'
    told = []
    for change in (
        lambda text: text,
        lambda text: other + text,
        lambda text: text.replace('name = "other"', 'name = "other"\nstart_at = "end"'),
        lambda text: text.replace("[follow]", "[follow]\nmax_line_bytes = 2000"),
        lambda text: text[text.index('[[source]]\nname = "mesibo"') :],
    ):
        path.write_text(change(path.read_text()))
        daemon._reload()
        told.append(sorted(closed))
        closed.clear()
    assert told == [[], [], ["other"], ["mesibo", "other"], ["other"]]
    assert (daemon.refused, sorted(daemon.status)) == ((), ["mesibo"])


def test_a_reload_reads_the_web_file_too_and_is_refused_with_it(made, tmp_path, events):
    """Its mistake is told at once, and everything else stays as it was; mended, it is in force after the next one."""
    web = tmp_path / "web.yml"
    web.write_text("http_server_config: {headers: {X-Frame-Options: deny}}\n")
    daemon = made(f'config_file = "{web}"\n')
    before = daemon._parts
    web.write_text("http_server_config: {headers: {X-Frame-Options: never}}\n")
    daemon._reload()
    assert (daemon._parts is before, len(daemon.refused)) == (True, 1)
    assert daemon._registry.get_sample_value("mesibo_logwatch_config_last_reload_successful") == 0
    (told,) = [each for each in events if each["event"] == "reload_refused"]
    assert (told["problem"], told["remedy"]) == (daemon.refused[0].headline, "deny or sameorigin")
    web.write_text("http_server_config: {headers: {X-Frame-Options: sameorigin}}\n")
    daemon._reload()
    assert (daemon.refused, daemon._access.headers) == ((), {"X-Frame-Options": "sameorigin"})


def test_what_the_network_can_read_is_logged_at_the_start(made, events, monkeypatch):
    """A warning with its remedy: it was asked for, perhaps for a moment."""
    monkeypatch.setattr(
        "logwatch.daemon.Access.warnings", lambda *_: [Problem("web.listen x", "all may read", "", "TLS")]
    )
    made()
    (told,) = [each for each in events if each["event"] == "web_warning"]
    assert (told["problem"], told["remedy"], told["log_level"]) == ("web.listen x: all may read", "TLS", "warning")


def test_what_is_refused_is_told_once(made):
    """The web file's fault may be the reload's as well."""
    daemon, one, other = made(), Problem("a", "b"), Problem("c", "d")
    assert daemon.refused == ()
    daemon._refused, daemon._access.refused = (one, other), other
    assert daemon.refused == (one, other)
