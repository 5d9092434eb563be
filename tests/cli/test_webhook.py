"""What the commands say of a webhook."""

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest
from click.testing import CliRunner

from logwatch.cli import group
from logwatch.ledger.batch import Batch, EventShapeRow
from logwatch.ledger.store import Ledger

PATH = "/webhook/0123456789abcdef0123456789ABCDEF"


def run(*arguments):
    result = CliRunner().invoke(group, [str(each) for each in arguments])
    return result.exit_code, result.output


def configuration(directory, webhook, extra=""):
    config = directory / "logwatch.toml"
    config.write_text(f'[[source]]\nname = "cloud"\nwebhook = {webhook}\n[state]\ndirectory = "state"\n{extra}')
    return config


def test_three_lines_are_enough_for_a_site_in_the_cloud(tmp_path):
    """A source with a webhook takes three lines of configuration."""
    (tmp_path / "logwatch.toml").write_text(f'[[source]]\nname = "cloud"\nwebhook = {{path = "{PATH}"}}\n')
    status, said = run("check", "--config", tmp_path / "logwatch.toml")
    assert (status, said.startswith("ok: ")) == (0, True)


def test_a_secret_of_root_alone_is_read_as_systemd_hands_it_over(tmp_path, monkeypatch):
    """The setting names the one path, which the service itself cannot look into."""
    setting = '{path = "/webhook/x", secret_file = "/etc/mesibo-logwatch/secrets/for-this-test"}'
    config = configuration(tmp_path, setting)
    assert run("check", "--config", config)[0] == 1
    (tmp_path / "secret_for-this-test").write_text("0123456789abcdef")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    status, said = run("check", "--config", config)
    assert status == 0, said


def test_a_reload_whose_check_may_not_see_the_secrets_is_not_refused_for_that(tmp_path, monkeypatch):
    """Systemd 252 shows what it hands over to the service alone, which reads it when it is told to reload."""
    secrets = "/etc/mesibo-logwatch/secrets"
    extra = f'[[credential]]\nname = "ios"\nfile = "{secrets}/apns.p12"\n'
    config = configuration(tmp_path, f'{{path = "/webhook/x", secret_file = "{secrets}/for-this-test"}}', extra)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "unseen"))
    status, said = run("check", "--config", config)
    assert status == 0, said
    for where in (f"{secrets}/for-this-test", f"credential ios: {secrets}/apns.p12"):
        assert f"warning: {where}: cannot be checked from here" in said


@pytest.mark.parametrize(
    ("webhook", "extra", "said"),
    [
        ('{path = "/webhook/mesibo"}', "", "can be guessed, and there is no secret_file"),
        ('{path = "/webhook/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}', "", "can be guessed"),
        ('{path = "/webhook/<what openssl rand -hex 16 prints>"}', "", "is not a path for it"),
        ('{path = "/metrics"}', "", "is served already"),
        ('{path = "webhook", secret_file = "short"}', "", "is not a path for it"),
        ('{path = "/webhook/x", secret_file = "empty"}', "", "does not hold the webhook's secret: it is empty"),
        ('{path = "/webhook/x", secret_file = "missing"}', "", "secret cannot be read: No such file"),
        ('{path = "/webhook/x", secret_file = "pipe"}', "", "secret cannot be read: it is a pipe"),
        (f'{{path = "{PATH}", fields = "pipe"}}', "", "fields cannot be read: it is a pipe"),
        (f'{{path = "{PATH}"}}', '[web]\nconfig_file = "pipe"\n', "file cannot be read: it is a pipe"),
        (f'{{path = "{PATH}", witness_for = "mesibo"}}', "", '"mesibo" is not a source with a log'),
        (f'{{path = "{PATH}", witnes_for = "x"}}', "", "did you mean witness_for?"),
        (f'{{path = "{PATH}", fields = "fields.toml"}}', "", "{'code': 2} was expected"),
        (f'{{path = "{PATH}"}}', '[web]\nlisten = "0.0.0.0:1"\nconfig_file = "web.yml"\n', "without TLS"),
    ],
)
def test_a_setting_that_would_not_do_is_reported_with_a_remedy(tmp_path, webhook, extra, said):
    """Before a call is lost to it, or a secret."""
    (tmp_path / "empty").write_text("\n")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "fields.toml").write_text(
        '[[sample]]\nevent = \'{"type": "push", "response": {"code": 1}}\'\nexpect = {code = 2}\n'
    )
    (tmp_path / "web.yml").write_text(
        "basic_auth_users:\n  a: $2b$04$yrcqGUkKF8sjpTTl3fKyCO9hyL46eRE6ly3w/7T8vMbbthHWWMKXK\n"
    )
    status, output = run("check", "--config", configuration(tmp_path, webhook, extra))
    assert status == 1
    assert said in " ".join(output.split())
    assert "try: " in output


@pytest.mark.parametrize("extra", [f'[[source]]\nname = "other"\nwebhook = {{path = "{PATH}"}}\n', ""])
def test_a_path_that_may_be_the_secret_is_not_shown(tmp_path, extra):
    """Problems, which reach the journal and the page, do not quote a webhook's path."""
    path = PATH if extra else f"{PATH} "
    status, output = run("check", "--config", configuration(tmp_path, f'{{path = "{path}"}}', extra))
    assert status == 1
    assert "webhook" in output
    assert PATH not in output


@pytest.mark.parametrize("closed", [False, True])
def test_a_weak_secret_is_a_warning(open_directory, closed):
    """Mesibo's console may hold a short one already; it works, and is reported, as is one that everybody may read."""
    (open_directory / "short").write_text("12345\n")
    (open_directory / "short").chmod(0o644)
    path = configuration(open_directory, '{path = "/webhook/x", secret_file = "short"}')
    open_directory.chmod(0o700 if closed else 0o755)
    status, output = run("check", "--config", path)
    assert status == 0
    assert "a secret of 5 bytes" in output
    assert ("everybody may read the webhook's secret" in output) is not closed


def test_report_reads_files_of_a_site_without_a_log(tmp_path):
    """With a configuration that has only a webhook, report still reads the files that are named."""
    log = tmp_path / "mesibo.log"
    log.write_text("E2511-101530-123 (17): push_on_complete: uid 1 type fcm code 404\n")
    status, output = run("report", log, "--config", configuration(tmp_path, f'{{path = "{PATH}"}}'), "--format", "json")
    assert (status, [each["code"] for each in json.loads(output)["results"]]) == (0, [404])


def test_doctor_prints_how_the_first_event_is_built(tmp_path):
    """Doctor shows the shape of the first event, and of the first unread one with what to do."""
    config = configuration(tmp_path, f'{{path = "{PATH}"}}')
    ledger = Ledger(tmp_path / "state")
    rows = {}
    for shapes in (
        (),
        (("", "{type: <str>, response: {code: <num>}}", 1.0), ("no_code", "{type: <str>, odd: <num>}", 2.0)),
    ):
        batch = Batch(10)
        batch.count("cloud", "webhook_events", "failure")
        for cause, shape, at in shapes:
            batch.event_shape(EventShapeRow("cloud", cause, shape), at)
        ledger.commit(batch)
        said = json.loads(run("doctor", "--config", config, "--format", "json")[1])
        rows[len(shapes)] = {row["check"]: row for row in said["checks"] if row["check"].startswith("webhook")}
    ledger.close()
    assert "Push Notification Results" in rows[0]["webhook cloud: events"]["remedy"]
    assert "built like {type: <str>, response: {code: <num>}}" in rows[2]["webhook cloud: events"]["what"]
    assert "no_code: {type: <str>, odd: <num>}" in rows[2]["webhook cloud: readable"]["what"]


class Listener(BaseHTTPRequestHandler):
    bodies: ClassVar[list[bytes]] = []
    turned_away = 0

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        busy = len(Listener.bodies) == 2 and not Listener.turned_away
        Listener.turned_away += busy
        if not busy:
            Listener.bodies.append(body)
        self.send_response(503 if busy else 200)
        self.end_headers()
        self.wfile.write(b"" if busy else b"MESIBO OK")

    def log_message(self, *_arguments):
        pass


def test_simulate_calls_about_what_failed_until_it_is_answered(tmp_path):
    """The same failures as in the log, in both versions, and the truth about them."""
    with HTTPServer(("127.0.0.1", 0), Listener) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/hook"
        arguments = ("--output", tmp_path / "m.log", "--rate", 0, "--lines", 3000, "--webhook", url)
        status, output = run("simulate", *arguments, "--failures", 0.1, "--truth", tmp_path / "t.json")
        server.shutdown()
        thread.join()
    assert status == 0, output
    truth = json.loads((tmp_path / "t.json").read_text())
    failed = sum(each["count"] for each in truth["results"] if each["code"] != 200)
    told = truth["webhook"]
    calls = {body: json.loads(body) for body in Listener.bodies}
    assert {call["v"] for call in calls.values()} == {1, 2}
    assert sum(len(call["events"]) for call in calls.values()) == told["events"]
    # lines that are no push of a user have no event
    assert failed - 20 <= told["events"] + told["lost_events"] <= failed
    assert (told["unanswered_calls"], Listener.turned_away) == (0, 1)
