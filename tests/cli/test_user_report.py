"""`report --user` tells one user's story: from logs in any envelope, and from what the daemon keeps."""

import csv
import gzip
import io
import json
import os
import random
import shutil

import pytest
from click.testing import CliRunner

from logwatch.cli import user_report
from logwatch.cli.report import command
from logwatch.errors import LogwatchError
from logwatch.ledger.batch import Batch
from logwatch.ledger.store import Ledger
from logwatch.ledger.waiting import StoredFailure
from logwatch.privacy import Privacy
from tests.helpers.journald import remote
from tests.helpers.wrapping import WRAP
from tests.helpers.wrapping import log as wrapped

NOON = 1_795_348_800.0  # 2026-11-22T12:00:00Z
USER = "+18005551234"


def run(*arguments):
    return CliRunner().invoke(command, list(map(str, arguments)), env={"COLUMNS": "120"})


def story(*arguments):
    return json.loads(run(*arguments, "--format", "json").stdout)


def text(second, user, code, type_="apn"):
    return (
        f"E2211-{101500 + second:06}-123 (17): push_on_complete: uid {user} type {type_} token {'ab' * 32} code {code}"
    )


@pytest.mark.parametrize("name", [*WRAP, "plain"])
def test_every_push_of_the_user_is_listed_and_none_of_others_in_any_envelope(name, tmp_path):
    """Accepted ones too; a number that begins alike, or stands in another field, is another user."""
    chance = random.Random(7)
    others = ["+180055512345", "8005551234", "+18005551235", "4711"]
    users = [chance.choice([USER, *others]) for _ in range(59)]
    texts = [text(i, user, 200 if i % 3 else 903) for i, user in enumerate(users)]
    texts.append(f"E2211-101559-123 (17): push_on_complete: uid 4711 aid {USER} type fcm code 200")
    path = tmp_path / "m.log"
    path.write_bytes(wrapped(name, texts) if name != "plain" else "\n".join(texts).encode())
    os.utime(path, (NOON, NOON))
    told = story(path, "--user", "18005551234")
    expected = [200 if i % 3 else 903 for i, user in enumerate(users) if user == USER]
    assert [push["code"] for push in told["pushes"]] == expected
    assert (told["accepted"], told["failed"]) == (expected.count(200), expected.count(903))
    assert all(push["token"].startswith("abab***abab#") for push in told["pushes"])


def test_an_address_in_latin_1_is_found_and_no_other_counts_for_it(tmp_path):
    """A letter that is no UTF-8 is the one that latin-1 has for it; another such letter is another user."""
    path = tmp_path / "m.log"
    users = ["josé@example.com", "josè@example.com"] * 3
    lines = [text(i, user, 200 + i).encode("utf-8" if i > 3 else "latin-1") for i, user in enumerate(users)]
    path.write_bytes(b"\n".join(lines))
    for at, user in enumerate(users[:2]):
        assert [push["code"] for push in story(path, "--user", user)["pushes"]] == [200 + at, 202 + at, 204 + at]


def test_pushes_are_listed_in_order_with_what_they_mean(tmp_path):
    """A person reads every push, what all of them say, and the step that is next; the whole token nowhere."""
    path = tmp_path / "m.log"
    path.write_text("\n".join(text(i, USER, 200) for i in range(11)))
    os.utime(path, (NOON, NOON))
    result = run(path, "--user", USER)
    assert result.exit_code == 0
    assert result.output.count("Accepted") == 11
    assert "iOS: 11 accepted, none failed: the cause lies beyond mesibo, see Step 9." in result.output
    assert "abababab" not in result.output
    rows = list(csv.DictReader(io.StringIO(run(path, "--user", USER, "--format", "csv").stdout)))
    assert [row["at"] for row in rows[:2]] == ["2026-11-22T10:15:00.123Z", "2026-11-22T10:15:01.123Z"]


def test_devices_with_the_same_verdict_share_its_remedy(tmp_path):
    """Six telephones of one user are six verdicts, and one thing to do."""
    path = tmp_path / "m.log"
    path.write_text("\n".join(text(i, USER, 200).replace("ab" * 32, f"{i}b" * 32) for i in range(5)))
    os.utime(path, (NOON, NOON))
    told = run(path, "--user", USER).output
    assert told.count("1 accepted, none failed") == 5
    assert told.count("Whose side:") == 1


def test_of_many_pushes_the_newest_are_shown_and_the_verdict_is_of_all(tmp_path):
    """It fits a screen; --all shows the rest."""
    path = tmp_path / "m.log"
    path.write_text("\n".join(text(i, USER, 200) for i in range(50)))
    os.utime(path, (NOON, NOON))
    result = run(path, "--user", USER)
    assert len(result.output.splitlines()) < 30
    assert "30 earlier pushes left out: --all shows them" in result.output
    assert "50 accepted" in result.output
    assert run(path, "--user", USER, "--all").output.count("Accepted") == 50


def test_since_and_until_leave_out_by_each_pushs_own_time(tmp_path):
    """--since and --until apply to each push's own time, as in the whole report."""
    path = tmp_path / "m.log"
    path.write_text("\n".join(text(i, USER, 200) for i in range(50)))
    os.utime(path, (NOON, NOON))
    told = story(path, "--user", USER, "--since", "2026-11-22T10:15:10Z", "--until", "2026-11-22T10:15:20Z")
    assert told["accepted"] == 10


@pytest.fixture
def site(tmp_path):
    """Return a configuration with a log, and a daemon's state in which an older failure is kept masked."""
    (tmp_path / "m.log").write_text(text(1, USER, 903) + "\n" + text(2, USER, 200) + "\n")
    os.utime(tmp_path / "m.log", (NOON, NOON))
    ledger = Ledger(tmp_path / "state", clock=lambda: NOON)
    privacy = Privacy("mask", ledger.key)
    batch = Batch(100)
    batch.count("mesibo", "lines")
    for at in (NOON - 86400, NOON - 6298.877):  # 10:15:01.123, which is in the log too
        user, token = privacy.user(USER), privacy.token("ab" * 32)
        batch.fail([StoredFailure(at, "mesibo", "apns", "903", "", "1", user, token)])
    assert ledger.commit(batch)
    ledger.close()
    config = tmp_path / "logwatch.toml"
    config.write_text('[[source]]\nname = "mesibo"\npaths = ["*.log"]\n[state]\ndirectory = "state"\n')
    return config


def test_failures_that_the_daemon_keeps_masked_are_found_by_the_real_address(site):
    """What the log has lost is told from there, within --since; both agree on tokens, and tell a push once."""
    told = story("--config", site, "--user", USER)
    assert [(push["code"], push["from"]) for push in told["pushes"]] == [(903, "error log"), (903, "log"), (200, "log")]
    assert len({push["token"] for push in told["pushes"]}) == 1
    assert "that is over" in told["told"][0]["what"]
    late = story("--config", site, "--user", USER, "--since", "2026-11-22T00:00Z")
    assert [push["from"] for push in late["pushes"]] == ["log", "log"]


def test_without_a_log_kept_failures_are_shown_and_accepted_ones_are_not_guessed(site):
    """Without a readable log, the report shows stored failures, no share, and no claim that none was accepted."""
    (site.parent / "m.log").unlink()
    result = run("--config", site, "--user", USER, "--format", "json")
    told = json.loads(result.stdout)
    assert (told["accepted"], told["failed"]) == (None, 2)
    assert "There is no log to read" in result.stderr


def test_without_a_log_and_a_ledger_nothing_is_said_about_the_user(site):
    """Where nothing could be looked at, the error says so and what to try; no fault of the user's app is suggested."""
    (site.parent / "m.log").unlink()
    shutil.rmtree(site.parent / "state")
    result = run("--config", site, "--user", USER)
    assert isinstance(result.exception, LogwatchError)
    assert "report: there is nothing to read: looked for " in str(result.exception)
    assert str(result.exception).endswith(f"docker logs mesibo 2>&1 | mesibo-logwatch report --user {USER} -")
    assert result.stdout == ""


def test_an_unreadable_ledger_is_reported_and_the_log_still_read(site):
    """The report says why the ledger cannot be read, and what to try, and shows what the log has."""
    (site.parent / "state" / "ledger.sqlite3").write_bytes(b"no ledger" * 999)
    result = run("--config", site, "--user", USER, "--format", "json")
    assert len(json.loads(result.stdout)["pushes"]) == 2
    assert "are left out: " in result.stderr
    assert "run it as root" in result.stderr


def test_a_log_that_names_no_user_says_so(tmp_path):
    """For a log without users, the report says that no search can find anybody."""
    path = tmp_path / "m.log"
    path.write_text("E2211-101500-123 (17): push_on_complete: type fcm code 200\n")
    assert "name no user" in run(path, "--user", USER).output


@pytest.mark.parametrize(("severity", "code"), [("warning", 1), ("critical", 0)])
def test_fail_on_is_about_the_pushes_of_the_user_alone(tmp_path, severity, code):
    """A 903 of somebody else does not count."""
    path = tmp_path / "m.log"
    path.write_text("\n".join([text(1, USER, 914), text(2, "4711", 903)]))
    assert run(path, "--user", USER, "--fail-on", severity).exit_code == code


def test_an_empty_address_is_wrong_use():
    """Every line would match it."""
    assert run("--user", " ", "-").exit_code == 2


def test_what_rotation_made_of_a_followed_log_is_read_too(tmp_path, monkeypatch):
    """Packed ones too; the newest within a bound, which is reported, and not those that were written before --since."""
    config = tmp_path / "logwatch.toml"
    config.write_text(
        f'[[source]]\nname = "mesibo"\npaths = ["{tmp_path}/m.log"]\n[state]\ndirectory = "{tmp_path}/state"\n'
    )
    for name, second, age in (("m.log", 3, 0), ("m.log.1", 2, 3600), ("m.log.2.gz", 1, 7200)):
        data = f"{text(second, USER, 200)}\n".encode()
        (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
        os.utime(tmp_path / name, (NOON - age, NOON - age))
    assert [push["at"][17:19] for push in story("--user", USER, "--config", config)["pushes"]] == ["01", "02", "03"]
    monkeypatch.setattr(user_report, "MOST_BYTES", (tmp_path / "m.log").stat().st_size * 2)
    result = run("--user", USER, "--config", config, "--format", "json")
    assert len(json.loads(result.stdout)["pushes"]) == 2
    assert "1 older file was left out: name them" in result.stderr
    since = "2026-11-22T11:30:00Z"
    monkeypatch.setattr(user_report, "MOST_BYTES", 1 << 30)
    assert story("--user", USER, "--config", config, "--since", since)["lines"] == 1


@pytest.mark.integration
def test_the_journal_of_a_source_is_read_too(tmp_path):
    """Without a log there is a journal: its pushes are reported, accepted ones too; other containers' are not."""
    entries = [
        {"at": NOON + i, "MESSAGE": text(i, USER, code), "CONTAINER_NAME": name}
        for i, (name, code) in enumerate([("mesibo", 200), ("other", 914), ("mesibo", 903)])
    ]
    remote(tmp_path / "m.journal", entries)
    config = tmp_path / "logwatch.toml"
    config.write_text(
        f'[[source]]\nname = "mesibo"\njournal = {{container = "mesibo", directory = "{tmp_path}"}}\n'
        f'[state]\ndirectory = "{tmp_path}/state"\n'
    )
    told = story("--user", USER, "--config", config)
    assert ([push["code"] for push in told["pushes"]], told["accepted"]) == ([200, 903], 1)
