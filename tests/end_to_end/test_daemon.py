"""The daemon as a process: starts, serves, resumes, reloads, ends."""

import gzip
import html
import json
import re
import signal
import time

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics

from tests.helpers.running import PATIENCE, Daemon, get, until
from tests.helpers.wrapping import docker

pytestmark = pytest.mark.integration


def test_lines_written_before_during_and_after_are_counted_once_each(site, programs):
    """Lines from before the start, while it runs, while it is down, and after the restart are all counted once."""
    site.write(200, 5)
    daemon = programs(Daemon, site.config)
    until(lambda: daemon.codes() == {"200": 5}, "the lines from before")
    site.write(903, 3)
    until(lambda: daemon.codes() == {"200": 5, "903": 3}, "the lines from now")
    assert daemon.stop() == 0
    site.write(200, 2)
    daemon = programs(Daemon, site.config)
    until(lambda: daemon.codes() == {"200": 7, "903": 3}, "the lines from while it was down")
    daemon.stop(signal.SIGKILL)
    site.write(410, 1)
    daemon = programs(Daemon, site.config)
    until(lambda: daemon.codes() == {"200": 7, "903": 3, "410": 1}, "the lines after a kill")


def test_a_known_source_is_exported_with_its_committed_numbers_at_the_first_scrape(site, programs):
    """No scrape after a restart shows less than one before it."""
    site.write(200, 1000)
    daemon = programs(Daemon, site.config)
    until(lambda: daemon.codes() == {"200": 1000}, "the lines")
    daemon.stop(signal.SIGKILL)
    daemon = programs(Daemon, site.config)
    assert daemon.codes() == {"200": 1000}


def test_a_partial_line_is_counted_when_it_is_whole(site, programs):
    """A line counts once its end is written, not before."""
    site.write(200, 1)
    daemon = programs(Daemon, site.config)
    until(lambda: daemon.codes() == {"200": 1}, "the whole line")
    with site.log.open("a") as log:
        log.write("E2211-101500-123 (17): push_on_complete: code 90")
        log.flush()
        until(lambda: daemon.total("mesibo_logwatch_lag_bytes") > 0, "the beginning is noticed")
        assert daemon.codes() == {"200": 1}
        log.write("3\n")
    until(lambda: daemon.codes() == {"200": 1, "903": 1}, "the line is whole")


def renamed_under(site, programs):
    """Return a daemon that has counted four lines, and two more of the file that came after a rename."""
    site.write(200, 4)
    daemon = programs(Daemon, site.config)
    until(lambda: daemon.codes() == {"200": 4}, "the first lines")
    site.log.rename(site.directory / "mesibo.log.1")
    site.write(903, 2)
    until(lambda: daemon.codes() == {"200": 4, "903": 2}, "the new file")
    return daemon


def test_rename_and_truncation_lose_nothing(site, programs):
    """Rotation by rename and by truncation is followed, and counted by kind."""
    daemon = renamed_under(site, programs)
    with (site.directory / "mesibo.log.1").open("a") as old:
        old.write("E2211-101500-123 (17): push_on_complete: code 914\n")
    until(lambda: daemon.codes() == {"200": 4, "903": 2, "914": 1}, "the late line")
    site.log.write_text("")
    site.write(410, 1)
    until(lambda: daemon.codes() == {"200": 4, "903": 2, "914": 1, "410": 1}, "the truncated file")
    assert daemon.total("mesibo_logwatch_rotations_total", kind="rename") == 1
    assert daemon.total("mesibo_logwatch_rotations_total", kind="truncate") == 1
    assert daemon.total("mesibo_logwatch_lost_bytes_total") == 0


def test_the_history_of_rotations_survives_a_kill(site, programs):
    """A rotation in the status is committed with its counter, once."""

    def history(daemon):
        return [(each["path"], each["kind"], each["count"]) for each in status(daemon)["rotation_history"]]

    def status(daemon):
        return json.loads(get(f"{daemon.url}api/v1/status"))

    daemon = renamed_under(site, programs)
    until(lambda: history(daemon) == [(str(site.log), "rename", 1)], "the rotation is told")
    daemon.stop(signal.SIGKILL)
    again = programs(Daemon, site.config)
    until(lambda: again.codes() == {"200": 4, "903": 2}, "the counts")
    assert history(again) == [(str(site.log), "rename", 1)]
    assert status(again)["sources"][0]["rotations"] == {"rename": 1}


def test_a_log_that_is_not_there_yet_is_waited_for(site, programs):
    """A missing log stops nothing: known codes stand at 0, and its first lines are an increase."""
    daemon = programs(Daemon, site.config)
    assert daemon.total("mesibo_logwatch_source_up", source="mesibo") == 0
    until(lambda: ("mesibo_logwatch_lines_total", (("source", "mesibo"),)) in daemon.metrics(), "the source at 0")
    site.write(901, 2)
    until(lambda: daemon.codes() == {"901": 2}, "the first lines")
    assert daemon.total("mesibo_logwatch_source_up", source="mesibo") == 1


def test_metrics_come_as_text_or_openmetrics_and_gzipped_when_asked(site, programs):
    """The client chooses format and encoding; both hold the same numbers, and none has `_created` series."""
    site.write(200, 5)
    daemon = programs(Daemon, site.config)
    until(lambda: daemon.codes() == {"200": 5}, "the lines")
    body = gzip.decompress(
        get(daemon.url + "metrics", Accept="application/openmetrics-text;version=1.0.0", **{"Accept-Encoding": "gzip"})
    ).decode()
    families = list(parse_openmetrics(body))
    total = [s for f in families for s in f.samples if s.name == "mesibo_push_results_total" and s.value]
    assert [sample.value for sample in total] == [5]
    assert "_created" not in body + get(daemon.url + "metrics").decode()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_only_reading_is_allowed(site, programs, method):
    """Other methods than GET and HEAD are refused."""
    import urllib.request  # noqa: PLC0415  only here

    daemon = programs(Daemon, site.config)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(urllib.request.Request(daemon.url + "metrics", method=method), timeout=PATIENCE)
    assert caught.value.code == 405
    caught.value.close()


def test_reload_takes_over_a_new_source_and_keeps_the_old_one_on_a_mistake(site, programs):
    """SIGHUP takes over a good configuration; a bad one changes nothing but says so in a metric."""
    site.write(200, 2)
    daemon = programs(Daemon, site.config)
    until(lambda: daemon.codes() == {"200": 2}, "the lines")
    good = site.config.read_text()
    site.config.write_text(good.replace("[follow]", "[folow]"))
    daemon.process.send_signal(signal.SIGHUP)
    until(lambda: daemon.total("mesibo_logwatch_config_last_reload_successful") == 0, "the mistake is told")
    told = {finding["key"]: finding for finding in findings(daemon)}
    assert "the old one is in force" in told["reload"]["title"]
    assert "folow" in told["reload"]["title"]
    site.write(200, 1)
    until(lambda: daemon.codes() == {"200": 3}, "the old configuration goes on")
    other = site.directory / "other.log"
    other.write_text("E2211-101500-123 (17): push_on_complete: code 905\n")
    site.config.write_text(good + f'[[source]]\nname = "other"\npaths = ["{other}"]\n')
    daemon.process.send_signal(signal.SIGHUP)
    until(lambda: daemon.codes() == {"200": 3, "905": 1}, "the new source")
    assert daemon.total("mesibo_logwatch_config_last_reload_successful") == 1
    until(lambda: "reload" not in {finding["key"] for finding in findings(daemon)}, "the finding ends")


def test_what_a_deleted_log_got_before_a_reload_counts(site, programs):
    """A source that the reload changes closes its files: what was not looked at yet is read before."""
    seldom = '[follow]\nwake = "poll"\npoll_seconds = 60\n'
    config = site.config.read_text()
    site.config.write_text(re.sub(r"\[follow\]\n[^\[]*", seldom, config))
    site.write(200, 2)
    daemon = programs(Daemon, site.config)
    until(lambda: daemon.codes() == {"200": 2}, "the lines")
    site.write(903, 3)
    site.log.unlink()
    site.write(200, 1)
    site.config.write_text(re.sub(r"\[follow\]\n[^\[]*", seldom + "release_seconds = 300\n", config))
    daemon.process.send_signal(signal.SIGHUP)
    until(lambda: daemon.codes() == {"200": 3, "903": 3}, "the lines of both files")
    assert daemon.total("mesibo_logwatch_missed_generations_total") == 0


def test_few_lines_of_a_deleted_log_that_wait_for_more_count_before_a_reload(site, programs):
    """Too few to decide what they stand in: what closes their file hands them on, as the last of it."""
    site.configure()
    site.log.touch()
    daemon = programs(Daemon, site.config)
    until(lambda: daemon.total("mesibo_logwatch_files_followed") == 1, "the file")
    stamp = time.strftime("%d%m-%H%M%S", time.gmtime())
    texts = [f"E{stamp}-000 (17): push_on_complete: uid {i} type fcm code 903" for i in range(3)]
    site.log.write_bytes(b"".join(docker(text, i) + b"\n" for i, text in enumerate(texts)))
    site.log.unlink()
    site.config.write_text(site.config.read_text().replace("[follow]", "[follow]\nrelease_seconds = 300"))
    daemon.process.send_signal(signal.SIGHUP)
    until(lambda: daemon.codes() == {"903": 3}, "the lines")


def test_a_reload_leaves_settings_that_take_a_restart_as_they_are_and_names_each(site, programs):
    """The error log is what it was until then: the setting is reported as one that takes a restart."""
    site.write(903, 3)
    daemon = programs(Daemon, site.config)

    def kept():
        return json.loads(get(daemon.url + "api/v1/failures"))["total"]

    until(lambda: kept() == 3, "the failures")
    site.state = site.state.with_name("another state")
    site.configure("[failures]\nkeep = 0\n")
    site.config.write_text(site.config.read_text().replace("[follow]", '[follow]\nwake = "poll"'))
    reloaded = daemon.total("mesibo_logwatch_config_last_reload_success_timestamp_seconds")
    daemon.process.send_signal(signal.SIGHUP)
    until(lambda: daemon.total("mesibo_logwatch_config_last_reload_success_timestamp_seconds") > reloaded, "the reload")
    site.write(404, 2)
    until(lambda: daemon.codes() == {"903": 3, "404": 2}, "the lines behind it")
    assert kept() == 5
    assert not site.state.exists()
    told = re.findall(r"reload_incomplete.*setting=(\S+)", daemon.output)
    assert told == ["state.directory", "failures", "follow.wake"]


def findings(daemon):
    return json.loads(get(daemon.url + "api/v1/status"))["findings"]


def test_lines_that_cannot_be_read_are_the_first_finding_before_and_after_a_restart(site, programs):
    """Fifty push lines behind a prefix nobody knows: page, API and metric say so, with the command."""
    now = time.strftime("%d%m-%H%M%S", time.gmtime())
    site.log.write_text(f"gw7 >> E{now}-123 (17): push_on_complete: uid +18005551234 type fcm code 903\n" * 50)
    for _ in range(2):
        daemon = programs(Daemon, site.config)
        until(lambda d=daemon: d.total("mesibo_logwatch_unparsed_lines_total") == 50, "the lines")
        assert daemon.total("mesibo_logwatch_unread_ratio", window="1h") == 1
        first = until(lambda d=daemon: findings(d), "findings")[0]
        assert first["key"] == "unparsed:mesibo"
        assert first["severity"] == "critical"
        assert f"grammar propose {site.log} --name mine" in first["command"]
        assert any('They begin with "<str> >> " where' in line for line in first["evidence"])
        assert any(line.startswith("50 look like ") for line in first["evidence"])
        page = get(daemon.url + "unread").decode()
        for text in ("100 %", "<code>&lt;str&gt; &gt;&gt; </code>", html.escape(first["command"])):
            assert text in page
        both = page + get(daemon.url).decode()
        assert "push = 1" not in both
        assert "18005551234" not in both
        daemon.stop()


def test_neither_addresses_nor_tokens_reach_log_or_disk(site, programs):
    """What identifies a user is masked before it is stored or logged."""
    token = "dX3kP9APA91bHun4MxP5egoKMwt2KZFBaFUH1RYqx"
    with site.log.open("a") as log:
        log.write(f"E2211-101500-123 (17): push_on_complete: uid +18005551234 type fcm token {token} code 404\n")
        log.write(f"E2211-101500-124 (17): push_on_complete: uid +18005551234 token {token} code what\n")
    daemon = programs(Daemon, site.config, env={"PYTHONUNBUFFERED": "1"})
    until(lambda: daemon.codes() == {"404": 1}, "the line")
    assert daemon.stop() == 0
    stored = b"".join(path.read_bytes() for path in site.state.iterdir())
    for secret in (token, "+18005551234", "18005551234"):
        assert secret not in daemon.output
        assert secret.encode() not in stored
