"""A test push from the command to its explanation, beside the real daemon, with nothing secret left behind."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from logwatch.cli import group as command
from logwatch.push.results import LogResults
from tests.helpers.running import PATIENCE, ROOT, Daemon, Site, get, until
from tests.push.stubs import APP_TOKEN
from tests.push.stubs import Backend as Stub

pytestmark = pytest.mark.integration
USER = "+4930123456"


class World:
    """A mesibo that pushes when its backend is asked to, a daemon that follows its log, and the command."""

    def __init__(self, directory):
        self.directory = directory
        self.site = Site(directory)
        self.site.log.write_text("")
        self.code, self.answer, self.asked = 200, None, []
        self.stub = Stub(self.operation)
        self.token = directory / "token"
        self.token.write_text(APP_TOKEN + "\n")
        self.token.chmod(0o600)
        self.configure()
        self.daemon = Daemon(self.site.config)

    def configure(self, backend=""):
        self.site.configure(f'[backend]\nurl = "{self.stub.url}"\ntoken_file = "token"\n{backend}')

    def operation(self, asked):
        self.asked.append(asked)
        if self.answer is not None:
            return self.answer
        if asked["op"] == "pushtest" and self.code:
            for user in asked["users"] if isinstance(asked["users"], list) else [asked["users"]]:
                threading.Timer(0.2, self.log, [user]).start()
        return {"op": asked["op"], "result": True}

    def log(self, user):
        stamp = time.strftime("%d%m-%H%M%S", time.gmtime())
        with self.site.log.open("a") as log:
            log.write(f"E{stamp}-000 (17): push_on_complete: uid {user} type apn token {'ab' * 32} code {self.code}\n")

    def run(self, *arguments):
        started = [sys.executable, "-m", "logwatch", "push", *arguments, "--config", str(self.site.config)]
        done = subprocess.run(
            started, capture_output=True, text=True, cwd=ROOT, timeout=PATIENCE, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert APP_TOKEN not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    def close(self):
        self.daemon.stop()
        self.stub.close()


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    yield world
    world.close()


def test_an_accepted_push_leads_to_the_device(world):
    """200 is found in the log with its delay, Apple has it, and what to look at on the phone is said."""
    done = world.run("test", USER)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\+4930123456: 200 after \d+\.\d s: Apple has it\. If the phone shows nothing: ", done.stdout)
    assert world.asked == [{"op": "pushtest", "token": APP_TOKEN, "users": [USER]}]
    until(lambda: world.daemon.codes() == {"200": 1}, "the daemon has counted it too")


def test_a_refused_push_is_explained_by_its_code(world):
    """903 is found for each user, with the remedy and its steps; the exit code says that something is wrong."""
    world.code = 903
    done = world.run("test", USER, "ann@example.com")
    assert done.returncode == 1
    assert done.stdout.count("903 after") == 2
    assert "Renew the production push certificate" in done.stdout
    assert "Step 1: Verify Firebase and Apple push credentials" in done.stdout


def test_silence_is_reported_with_what_it_may_mean(world):
    """Without a line in time the usual causes are named, and nothing is waited for longer."""
    world.code = None
    done = world.run("test", USER, "--wait", "0.5")
    assert done.returncode == 1
    assert "no line within 0 s" in done.stdout or "no line within 1 s" in done.stdout
    assert "the user is online" in done.stdout
    assert "logs { push = 1 }" in done.stdout


@pytest.mark.parametrize("error", ["AUTHFAIL", "TOKENBREACH", "RATELIMITED", "BADOP", "BADVALUE", "FAIL"])
def test_a_backend_that_refuses_is_explained_and_nothing_is_waited_for(error, world):
    """A refusal is reported at once with its remedy."""
    world.answer = {"op": "pushtest", "result": False, "error": error, "cause": f"you sent {APP_TOKEN}"}
    done = world.run("test", USER)
    assert done.returncode == 1
    assert f"pushtest was refused with {error}" in done.stderr
    assert "try: " in done.stderr
    assert "Waiting" not in done.stdout


def test_debugging_is_switched_on_and_off(world):
    """The operation carries true and false under the configured name."""
    world.configure('debug_field = "on"\n')
    assert world.run("debug", "on").returncode == 0
    assert world.run("debug", "off").returncode == 0
    assert [(a["op"], a["on"]) for a in world.asked] == [("pushdebug", True), ("pushdebug", False)]


def test_one_request_a_user_where_the_backend_wants_it_so(world):
    """With users_form = "single", each user has a request of its own, with the address as text."""
    world.configure('users_form = "single"\n')
    assert world.run("test", "a", "b").returncode == 0
    assert [asked["users"] for asked in world.asked] == ["a", "b"]


def test_without_access_to_the_log_the_result_comes_from_the_daemon(world, monkeypatch, open_directory):
    """Where the log is out of reach a failure is found through the daemon's API, though its user is masked there."""
    monkeypatch.setattr(LogResults, "readable", property(lambda _self: False))
    text = world.site.config.read_text().replace("127.0.0.1:0", world.daemon.url.split("/")[2])
    token = Path(shutil.copy(world.token, open_directory))
    token.chmod(0o644)
    world.site.config.write_text(text.replace('"token"', f'"{token}"'))
    world.code = 903
    done = CliRunner().invoke(command, ["push", "test", USER, "--config", str(world.site.config)])
    assert done.exit_code == 1
    assert "for the result in the running daemon" in done.output
    assert "+4930123456: 903 after" in done.output
    assert "can be read by others" in done.output
    assert get(world.daemon.url + "api/v1/failures").count(USER.encode()) == 0


def test_no_secret_is_in_logs_process_list_or_errors(world):
    """While the command runs its token is in no argument and no environment, afterwards in nothing that was said."""
    world.code = None
    command = [
        sys.executable,
        "-m",
        "logwatch",
        "push",
        "test",
        USER,
        "--wait",
        "600",
        "--config",
        str(world.site.config),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT) as running:
        until(lambda: world.asked, "it was sent")
        proc = Path(f"/proc/{running.pid}")
        shown = b"".join((proc / name).read_bytes() for name in ("cmdline", "environ", "status"))
        limits = (proc / "limits").read_text()
        seen = subprocess.run(["ps", "axeww"], capture_output=True, check=True).stdout
        world.code = 903
        world.log(USER)  # what it waits for
        output = running.communicate(timeout=PATIENCE)[0]
    assert re.search(r"Max core file size +0 +0", limits)
    pages = b"".join(get(world.daemon.url + path) for path in ("", "metrics", "api/v1/status", "api/v1/failures"))
    files = b"".join(path.read_bytes() for path in world.site.state.rglob("*") if path.is_file())
    for text in (shown, seen, output.encode(), world.daemon.output.encode(), pages, files):
        assert APP_TOKEN.encode() not in text


def test_no_secret_is_in_a_core(tmp_path):
    """A process that handles secrets cannot be made to write them: no core, whatever the limit was before."""
    script = (
        "import os, resource; from logwatch.credentials import secrecy; secrecy.keep();"
        f"secret = '{APP_TOKEN}' + 'x'; print(resource.getrlimit(resource.RLIMIT_CORE), flush=True); os.abort()"
    )
    done = subprocess.run(
        ["bash", "-c", 'ulimit -c unlimited; exec "$@"', "sh", sys.executable, "-c", script],
        cwd=tmp_path, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == -6, done.stderr
    assert "(0, 0)" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["test", USER, "--url", "ftp://h"], "http://"),
        (["test", USER, "--url", "http://user:hunter2@h/backend"], "holds a secret"),
        (["test", USER, "--token-file", "/nowhere"], "cannot be read"),
        (["test", USER, "--token-file", "/dev/null"], "it is a device"),
        (["test"], "Missing argument"),
        (["debug", "perhaps"], "'on', 'off'"),
    ],
)
def test_wrong_use_is_reported_with_code_2(arguments, words, world):
    """What cannot be sent is an error in words, before anything is sent."""
    done = world.run(*arguments)
    assert (done.returncode, words in done.stderr, world.asked) == (2, True, []), done.stderr
    assert "hunter2" not in done.stderr


def test_without_terminal_or_file_the_token_is_missing(world):
    """Nobody is asked where nobody can answer."""
    world.site.configure(f"[backend]\nurl = {json.dumps(world.stub.url)}\n")
    done = world.run("test", USER)
    assert done.returncode == 2
    assert "--token-file F, or token_file in [backend]" in done.stderr
