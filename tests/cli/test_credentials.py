"""``credentials check`` from the command line: what a person reads, what a program gets, and exit codes."""

import datetime as dt
import json
import sys

import pytest
from click.testing import CliRunner

from logwatch.cli import group as command
from tests.helpers.making import BUNDLE, SECRET, account, certificate, p12, pem_key
from tests.helpers.running import PATIENCE, Site

NOW = dt.datetime.now(dt.UTC)


@pytest.fixture
def run(tmp_path):
    def start(name, data, *arguments):
        path = tmp_path / name
        path.write_bytes(data)
        path.chmod(0o600)
        done = CliRunner(env={"COLUMNS": "200"}).invoke(command, ["credentials", "check", str(path), *arguments])
        assert "Traceback" not in done.output
        for secret in (SECRET, "PRIVATE KEY", pem_key().decode()[60:120]):
            assert secret not in done.output
        return done

    return start


def test_a_person_reads_what_a_good_certificate_is_for(run):
    """App, topics, environment, the day until which it is valid, and that nothing is wrong; the exit code is 0."""
    done = run("push.p12", p12(certificate(now=NOW)), "--bundle-id", BUNDLE)
    assert done.exit_code == 0
    for words in (f"{BUNDLE}.voip (calls)", "production and development", "(in 299 days)", "belongs to the certificate",
                  "No fault was found."):  # fmt: skip
        assert words in done.output


def test_a_person_reads_each_problem_with_its_code_and_remedy(run, tmp_path):
    """A development certificate with a password has two codes, each with its step; the exit code is 1."""
    (tmp_path / "pw").write_text(SECRET)
    done = run(
        "push.p12", p12(certificate("development", now=NOW), secret=SECRET), "--password-file", str(tmp_path / "pw")
    )
    assert done.exit_code == 1
    for words in ("code 904", "code 905", "→ Step 1: mesibo accepts a .p12 only without a password", "→ Step 5: "):
        assert words in done.output


def test_a_program_gets_the_same_as_json(run):
    """Problems and notes are lists with kind, code and step; times are ISO 8601."""
    done = run("fcm.json", account(), "--project", "another", "--format", "json")
    (found,) = json.loads(done.output)["credentials"]
    assert (done.exit_code, found["provider"], found["project"]) == (1, "fcm", "chat-app")
    assert [(flaw["kind"], flaw["code"], flaw["step"]["step"]) for flaw in found["problems"]] == [("project", 403, 1)]
    done = run("push.p12", p12(certificate(days=10, now=NOW)), "--format", "json")
    (found,) = json.loads(done.output)["credentials"]
    assert found["not_after"].endswith(".000Z")
    assert found["problems"][0]["code"] == 903


def test_a_file_that_is_not_there_is_wrong_use(run):
    """A path without a file is reported with code 2."""
    assert run("x.p12", b"x", "/nowhere.p12").exit_code == 2


def test_without_the_extra_it_is_said_how_to_get_it(run, monkeypatch, tmp_path):
    """Every command that would look at a credential names the command that installs the library."""
    credential = p12(certificate(now=NOW))  # made by the library that is not there from now on
    monkeypatch.setitem(sys.modules, "cryptography", None)
    done = run("push.p12", credential)
    assert (done.exit_code, "pip install 'mesibo-logwatch[credentials]'" in done.output) == (2, True)
    site = Site(tmp_path)
    site.configure('[[credential]]\nname = "ios"\nfile = "push.p12"\n')
    site.write(200)
    done = CliRunner().invoke(command, ["check", "--config", str(site.config)])
    assert (done.exit_code, "pip install 'mesibo-logwatch[credentials]'" in done.output) == (0, True)
    token = tmp_path / "token"
    token.write_text("ab" * 32)
    done = CliRunner().invoke(command, ["push", "direct", "--apns", str(tmp_path / "push.p12"), "--to", str(token)])
    assert (done.exit_code, "pip install 'mesibo-logwatch[push]'" in done.output) == (2, True)


def test_check_warns_of_a_credential_that_will_fail_and_lets_the_daemon_start(tmp_path, monkeypatch):
    """A fault of a credential is no fault of the configuration: a warning with its remedy, and exit code 0."""
    monkeypatch.setattr("logwatch.cli.check._PATIENCE_SECONDS", PATIENCE)
    (tmp_path / "push.p12").write_bytes(p12(certificate("development", now=NOW)))
    site = Site(tmp_path)
    site.configure('[[credential]]\nname = "ios"\nfile = "push.p12"\n')
    site.write(200)
    done = CliRunner().invoke(command, ["check", "--config", str(site.config)])
    assert done.exit_code == 0, done.output
    assert "warning: credential ios: " in done.output
    assert "development (sandbox) only" in done.output
