"""The daemon looks at its credentials every hour, makes nobody wait, and stays as small as it was."""

import datetime as dt
import errno
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from logwatch.config import Credential
from logwatch.credentials.look import Watch, asked, examine
from logwatch.credentials.verdict import Request
from logwatch.errors import ConfigError
from tests.helpers.making import BUNDLE, GOOGLE_SERVICES, SECRET, account, certificate, p12
from tests.helpers.running import Daemon, Site, get, until
from tests.helpers.settings import from_dict

EXPIRY = "mesibo_push_credential_expiry_timestamp_seconds"


class Log:
    def __init__(self):
        self.said = []

    def warning(self, event, **fields):
        self.said.append((event, fields))


class Hands:
    """A clock that a test turns, and short processes that wait for it."""

    def __init__(self, directory):
        self.now = 0.0
        self.log = Log()
        self.starts = directory / "starts"
        command = ["sh", "-c", f"echo x >> {self.starts}; exec {sys.executable} -m logwatch.credentials"]
        self.watch = Watch(clock=time.time, monotonic=lambda: self.now, log=self.log, command=command)

    def settle(self, count):
        def done():
            self.watch.turn()
            return len(self.watch.verdicts) == count and self.watch._process is None and not self.watch._waiting

        until(done, "every credential was looked at")

    @property
    def looks(self):
        return len(self.starts.read_text().split()) if self.starts.exists() else 0


@pytest.fixture
def hands(tmp_path):
    hands = Hands(tmp_path)
    yield hands
    hands.watch.close()


def stored(directory, data, name="push.p12"):
    path = directory / name
    path.write_bytes(data)
    path.chmod(0o600)
    return str(path)


def now():
    return dt.datetime.now(dt.UTC)


def test_credentials_are_looked_at_at_once_then_every_hour_and_at_reload(hands, tmp_path):
    """One look at the start, none for an hour, then one more; and one when the configuration is taken over."""
    hands.watch.watch([Request(name="ios", file=stored(tmp_path, p12(certificate(now=now()))))])
    hands.settle(1)
    assert hands.looks == 1
    hands.now += 3599
    hands.watch.turn()
    assert hands.looks == 1
    hands.now += 2
    hands.watch.turn()
    hands.settle(1)
    assert hands.looks == 2
    hands.watch.watch([Request(name="ios", file=str(tmp_path / "push.p12"))])
    hands.watch.turn()
    hands.settle(1)
    assert hands.looks == 3


def test_a_problem_is_logged_once_and_again_when_another_one_comes(hands, tmp_path):
    """The journal says what is wrong when it is new, not every hour."""
    asked = Request(name="ios", file=stored(tmp_path, p12(certificate("development", now=now()))))
    hands.watch.watch([asked])
    hands.settle(1)
    hands.now += 3601
    hands.watch.turn()
    hands.settle(1)
    assert [(event, fields["code"]) for event, fields in hands.log.said] == [("credential_problem", 905)]
    stored(tmp_path, p12(certificate(days=-1, now=now())))
    hands.now += 3601
    hands.watch.turn()
    hands.settle(1)
    assert hands.log.said[-1][1]["code"] == 903


def test_two_credentials_with_the_same_problem_are_both_logged(hands, tmp_path):
    """What is known of one says nothing of the other."""
    file = stored(tmp_path, p12(certificate("development", now=now())))
    hands.watch.watch([Request(name=name, file=file) for name in ("ios", "tablet")])
    hands.settle(2)
    assert [fields["credential"] for _, fields in hands.log.said] == ["ios", "tablet"]


def test_a_credential_that_is_no_longer_configured_is_forgotten_at_once(hands, tmp_path):
    """Its verdict goes, a look at it ends, and those that waited are not looked at."""
    file = stored(tmp_path, p12(certificate(now=now())))
    hands.watch.watch([Request(name="ios", file=file)])
    hands.settle(1)
    hands.watch.watch([Request(name=name, file=file) for name in ("one", "two")])
    assert hands.watch.verdicts == ()
    hands.watch.turn()
    looking = hands.watch._process.process
    hands.watch.watch([])
    assert looking.poll() is not None
    hands.now += 3601
    hands.watch.turn()
    assert (hands.watch._process, hands.watch._waiting, hands.watch.verdicts) == (None, [], ())


def test_a_look_that_hangs_is_ended_and_the_next_credential_has_its_turn(hands, tmp_path):
    """Half a minute is the most that one file may take; the loop never waits for it."""
    hands.watch._command = ["sh", "-c", "sleep 600"]
    hands.watch.watch([Request(name="a", file="/a.p12"), Request(name="b", file="/b.json")])
    hands.watch.turn()
    process = hands.watch._process.process
    for _ in range(3):
        hands.now += 31
        hands.watch.turn()
        hands.watch.turn()
    assert process.poll() is not None
    assert [(v.name, v.provider, v.flaws[0].kind) for v in hands.watch.verdicts] == [
        ("a", "apns", "not_checked"),
        ("b", "fcm", "not_checked"),
    ]


def test_a_process_that_cannot_be_started_is_a_verdict(hands):
    """Where no process is to be had the loop goes on, and the credential is said not to have been looked at."""
    hands.watch._command = ["/nowhere/python"]
    hands.watch.watch([Request(name="a", file="/a.p12")])
    hands.watch.turn()
    assert hands.watch.verdicts[0].flaws[0].kind == "not_checked"


def test_a_look_for_which_there_was_no_process_is_made_again_in_a_minute(hands, tmp_path, monkeypatch):
    """A want of processes that passes does not hide an expiry for an hour, and is not told as a fault of the file."""

    def refuses(*_args, **_kwargs):
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    hands.watch.watch([Request(name="ios", file=stored(tmp_path, p12(certificate(now=now()))))])
    with monkeypatch.context() as scarce:
        scarce.setattr(subprocess, "Popen", refuses)
        hands.watch.turn()
    (unchecked,) = hands.watch.verdicts
    assert unchecked.flaws[0].kind == "not_checked"
    assert "TasksMax" in unchecked.remedy(unchecked.problems[0])
    hands.now += 59
    hands.watch.turn()
    assert hands.looks == 0
    hands.now += 2
    hands.settle(1)
    assert hands.looks == 1
    assert not hands.watch.verdicts[0].problems


def test_nobody_waits_for_a_process_that_the_kernel_holds(hands, monkeypatch):
    """One that a kill does not end, as on a disk that is dead, holds up neither the loop nor the next credential."""
    hands.watch._command = ["sh", "-c", "sleep 100"]
    hands.watch.watch([Request(name="a", file="/a.p12")])
    hands.watch.turn()
    process = hands.watch._process.process
    with monkeypatch.context() as held:
        held.setattr(process, "kill", lambda: None)
        hands.now += 31
        hands.watch.turn()
        assert process.poll() is None
    assert hands.watch.verdicts[0].flaws[0].kind == "not_checked"
    process.kill()
    process.wait()


def config(table):
    return from_dict({"source": [{"name": "m", "paths": ["/x"]}], **table}, Path("/etc/mesibo-logwatch/logwatch.toml"))


def test_paths_of_credentials_are_relative_to_the_configuration():
    """A credential's file and password file may be named from where the configuration lies."""
    loaded = config({"credential": [{"name": "ios", "file": "secrets/a.p12", "password_file": "secrets/p"}]})
    assert asked(loaded.credential[0]) == Request(
        name="ios", file="/etc/mesibo-logwatch/secrets/a.p12", password_file="/etc/mesibo-logwatch/secrets/p"
    )
    assert asked(Credential(name="x", file="/f", bundle_id="b", project="p", environment="production")) == Request(
        name="x", file="/f", bundle_id="b", project="p", environment="production"
    )


@pytest.mark.parametrize(
    ("table", "where"),
    [
        ({"credential": [{"name": "a", "file": "x"}, {"name": "a", "file": "y"}]}, 'credential "a": name'),
        ({"credential": [{"name": "a"}]}, 'credential "a": file'),
        ({"credential": [{"name": "a", "file": "x", "enviroment": "production"}]}, 'credential "a": enviroment'),
        ({"credential": [{"name": "a", "file": "x", "environment": "prod"}]}, 'credential "a": environment'),
        ({"backend": {"url": "ftp://h/backend"}}, "backend.url"),
        ({"backend": {"url": "https://user:hunter2@h/backend"}}, "backend.url"),
        ({"backend": {"url": "https://h/backend?token=hunter2"}}, "backend.url"),
    ],
)
def test_what_cannot_be_in_the_configuration_is_named(table, where):
    """Each mistake in the two tables is said with its place, and no secret in an address is repeated."""
    with pytest.raises(ConfigError) as raised:
        config(table)
    assert where in str(raised.value)
    assert "hunter2" not in str(raised.value)


def tables(*credentials):
    return "".join(
        "[[credential]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in each.items())
        for each in credentials
    )


@pytest.mark.integration
def test_a_running_daemon_shows_its_credentials_everywhere(tmp_path):
    """Expiry, info and problems are metrics, findings name what will fail and when, and the log has it once."""
    made = certificate(days=12, now=now())
    pairs = [
        {"name": "ios", "file": stored(tmp_path, p12(made, secret=SECRET)), "password_file": "pw"},
        {"name": "android", "file": stored(tmp_path, GOOGLE_SERVICES, "fcm.json")},
    ]
    (tmp_path / "pw").write_text(SECRET)
    site = Site(tmp_path)
    site.configure(tables(*pairs))
    site.log.write_text("")
    daemon = Daemon(site.config)
    try:
        until(lambda: daemon.total("mesibo_push_credential_problems", credential="android") == 1, "android is judged")
        until(lambda: daemon.total(EXPIRY, credential="ios") == made.not_valid_after_utc.timestamp(), "the date")
        problems = {
            (dict(labels)["credential"], dict(labels)["problem"])
            for (name, labels), value in daemon.metrics().items()
            if name == "mesibo_push_credential_problems" and value
        }
        assert problems == {("ios", "password"), ("android", "client_file")}
        assert daemon.total("mesibo_push_credential_info", topic=f"{BUNDLE}.voip", environment="both") == 1
        findings = json.loads(get(daemon.url + "api/v1/status"))["findings"]
        titles = {finding["key"]: finding["title"] for finding in findings}
        assert "expires in 11 days: every iOS push of com.example.chat will fail with 903 from" in titles["expiry:ios"]
        assert "(code 401)" in titles["credential:android"]
        assert "mesibo-logwatch push test USER" in findings[0]["remedy"]
        until(lambda: daemon.output.count("credential_problem") == 3, "the log")
        assert SECRET not in daemon.output + get(daemon.url + "metrics").decode() + json.dumps(findings)
        stored(tmp_path, account(), "fcm.json")
        daemon.process.send_signal(1)
        until(lambda: daemon.total("mesibo_push_credential_problems", credential="android") == 0, "the new file")
    finally:
        assert daemon.stop() == 0


def memory_of(daemon):
    """Return the memory that is the process's own, in KiB."""
    lines = (line.split() for line in Path(f"/proc/{daemon.process.pid}/smaps_rollup").read_text().splitlines())
    return sum(int(words[1]) for words in lines if words[0] in ("Private_Clean:", "Private_Dirty:"))


@pytest.mark.integration
def test_the_library_is_never_in_the_daemon_and_its_memory_stays(tmp_path):
    """With two credentials the daemon is as large as with none, and no part of the library is loaded in it."""
    sizes = []
    for credentials in ((), ({"name": "ios", "file": "push.p12"}, {"name": "android", "file": "fcm.json"})):
        stored(tmp_path, p12(certificate(now=now())))
        stored(tmp_path, account(), "fcm.json")
        site = Site(tmp_path)
        site.configure(tables(*credentials))
        site.log.write_text("")
        daemon = Daemon(site.config)
        try:
            if credentials:
                until(lambda d=daemon: d.total("mesibo_push_credential_info") == 4, "both are judged")
            get(daemon.url + "metrics")
            sizes.append(memory_of(daemon))
            maps = Path(f"/proc/{daemon.process.pid}/maps").read_text()
            assert "cryptography" not in maps
            children = subprocess.run(["pgrep", "-P", str(daemon.process.pid)], capture_output=True, check=False)
            assert children.stdout == b""
        finally:
            daemon.stop()
    assert sizes[1] - sizes[0] < 4096, f"the library alone takes 18 MB: {sizes} KiB"


# Encrypted, by a key that scrypt derives with N = 2^20, r = 8: 1 GiB
GREEDY = """-----BEGIN ENCRYPTED PRIVATE KEY-----
MHQwUAYJKoZIhvcNAQUNMEMwIgYJKwYBBAHaRwQLMBUECHNhbHRzYWx0AgMQAAACAQgCAQEwHQYJ
YIZIAWUDBAEqBBAAAAAAAAAAAAAAAAAAAAAABCAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
AAAAAA==
-----END ENCRYPTED PRIVATE KEY-----
"""


def test_a_file_that_asks_for_much_memory_does_not_get_it(tmp_path):
    """The service's bound of memory holds for the short process too: beyond it the kernel ends the daemon."""
    (tmp_path / "key.pem").write_text(GREEDY)
    (tmp_path / "password").write_text("secret")
    greedy = Request(name="x", file=str(tmp_path / "key.pem"), password_file=str(tmp_path / "password"))
    (verdict,) = examine([greedy])
    assert {flaw.kind for flaw in verdict.problems} <= {"damaged", "not_checked"}


def test_a_file_whose_name_is_no_text_is_reported_and_ends_nobody():
    """It cannot be named to the process that would look at it."""
    (verdict,) = examine([Request(name="ios", file="/\udcff/apns.p12")])
    assert "not UTF-8" in verdict.problems[0].what
