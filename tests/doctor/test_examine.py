"""Each fault that keeps numbers away is made on purpose, and doctor finds it."""

import contextlib
import datetime as dt
import errno
import gzip
import json
import os
import pwd
import shutil
import sqlite3
import time
import types
from pathlib import Path

import pytest

import logwatch
from logwatch.compile import pcre2
from logwatch.doctor import examine, rights
from logwatch.doctor.check import ok
from logwatch.doctor.host import NO_CERTIFICATE, Host, NoAnswer
from logwatch.doctor.logs import LOOKED_AT
from logwatch.doctor.rights import SERVICE_USER
from logwatch.doctor.shipped import rule_files
from logwatch.journal.place import Target
from logwatch.ledger.batch import Batch, EventShapeRow
from logwatch.ledger.store import Ledger
from logwatch.moments import iso
from logwatch.words import bytes_
from tests.helpers.journald import remote
from tests.helpers.making import account, certificate, p12
from tests.helpers.shipped import rule_groups

NOW = 1_763_806_500.0  # 22 November 2025, 10:15 UTC
UNIT = (
    "LoadState=loaded\nUnitFileState=enabled\nActiveState=active\nWatchdogUSec=1min\nNRestarts=0\n"
    "MemoryDenyWriteExecute=no\n"
)
LABELS = {"job": "mesibo-logwatch", "cluster": "main"}
TARGET = {"scrapePool": "mesibo-logwatch", "labels": LABELS, "scrapeUrl": "http://h:1/metrics", "health": "up",
          "scrapeInterval": "15s"}  # fmt: skip
RUNBOOKS = "https://wiki.example.net/runbooks"
RULE = {"name": "PushFails", "type": "alerting", "query": "rate(mesibo_push_results_total[5m]) > 1", "health": "ok"}
ALERTMANAGER = "http://127.0.0.1:9093"
ROUTED = """
route:
  receiver: ticket
  routes:
    - matchers: [severity="critical"]
      receiver: page
    - matchers: [severity="info"]
      receiver: none
receivers:
  - name: none
  - name: page
    webhook_configs: [{url: <secret>}]
  - name: ticket
    email_configs: [{to: a@example.net}]
"""


def loaded(files=None, **changes):
    """Return what Prometheus says of the shipped rule files, each rule with ``changes``."""
    found = []
    for each in files if files is not None else rule_files():
        for group in rule_groups(each.path):
            rules = [
                {
                    "name": rule.get("alert") or rule["record"],
                    "type": "alerting" if "alert" in rule else "recording",
                    "query": rule["expr"],
                    "health": "ok",
                    "annotations": {"runbook_url": f"{RUNBOOKS}/{rule.get('alert')}.md"} if "alert" in rule else {},
                    **changes,
                }
                for rule in group["rules"]
            ]
            interval = each.intervals[group["name"]]
            found.append({"name": group["name"], "file": str(each.path), "interval": interval, "rules": rules})
    return {"groups": found}


PROMETHEUS = "http://127.0.0.1:9090"
STATUS = "http://127.0.0.1:10914/api/v1/status"


def told(*problems, up=False, name="mesibo", version=logwatch.__version__):
    """Return what the daemon says of its source."""
    return json.dumps({"version": version, "sources": [{"name": name, "up": up, "problems": problems}]}).encode()


class Machine(Host):
    """A host where all is well, until a test changes that."""

    def __init__(self, directory: Path):
        self.directory = directory
        self.log = directory / "mesibo.log"
        self.state = directory / "state"
        self.config = directory / "logwatch.toml"
        self.mesibo_conf = directory / "mesibo.conf"
        self.mesibo_conf.write_text("dbpass = hunter2\nlogs {\npush = 1\n}\n")
        self.configure()
        self.write("push_on_complete: uid 1 type fcm code 200")
        ledger = Ledger(self.state)
        ledger.commit(Batch(1))
        ledger.close()
        self.programs = {"mesibo.service": "LoadState=loaded\nActiveState=active\n", "mesibo-logwatch.service": UNIT}
        self.answers = {
            "http://127.0.0.1:10914/-/ready": b"mesibo-logwatch is ready.\n",
            STATUS: told(up=True),
            f"{PROMETHEUS}/api/v1/targets?state=active": {"activeTargets": [TARGET]},
            f"{PROMETHEUS}/api/v1/rules": loaded(),
            f"{PROMETHEUS}/api/v1/alertmanagers": {"activeAlertmanagers": [{"url": f"{ALERTMANAGER}/api/v2/alerts"}]},
            f"{PROMETHEUS}/api/v1/query?query=time()": {"resultType": "scalar", "result": [NOW + 61, str(NOW + 61)]},
            f"{ALERTMANAGER}/api/v2/status": json.dumps({"config": {"original": ROUTED}}).encode(),
        }
        self.programs_there = {"systemctl", "journalctl", "ss", "setfacl", "timedatectl", "dmesg"}
        self.asked_prometheus = None
        self.asked_alertmanager = None

    def configure(self, source="", extra=""):
        source = source or f"paths = [{json.dumps(str(self.log))}]"
        self.config.write_text(
            f'[[source]]\nname = "mesibo"\n{source}\n[state]\ndirectory = {json.dumps(str(self.state))}\n{extra}'
        )

    def write(self, *messages, at=NOW, written=NOW):
        stamp = time.strftime("%d%m-%H%M%S", time.gmtime(at))
        self.log.write_text("".join(f"E{stamp}-000 (17): {message}\n" for message in messages))
        os.utime(self.log, (written, written))

    def now(self):
        return NOW + 60

    def has(self, program):
        return program in self.programs_there

    def run(self, command):
        try:
            return self.programs[command[2]]
        except KeyError:
            raise NoAnswer("there is no systemctl here") from None

    def fetch(self, url):
        answer = b"# Runbook" if url.startswith(RUNBOOKS) else NoAnswer("Connection refused")
        answer = self.answers.get(url, answer)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, bytes) else json.dumps({"status": "success", "data": answer}).encode()

    def rows(self):
        return list(examine(self, self.config, self.mesibo_conf, self.asked_prometheus, self.asked_alertmanager))

    def row(self, name):
        (found,) = [check for check in self.rows() if check.name == name]
        return found


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


@pytest.fixture
def service_user(monkeypatch):
    """Take nobody for the service's user, whether that is known here or not."""
    nobody = pwd.getpwnam("nobody")
    monkeypatch.setattr("logwatch.doctor.rights.pwd.getpwnam", lambda name: nobody if name == SERVICE_USER else None)
    return nobody


@pytest.fixture
def open_machine(service_user, open_directory):
    """Make a machine in directories that anybody may enter."""
    return Machine(open_directory)


def test_where_all_is_well_every_row_is_ok(machine):
    """No row is a warning, a failure or skipped on a host as it should be, and each says what was seen."""
    machine.programs["mesibo-logwatch.service"] = UNIT.replace("NRestarts=0", "NRestarts=2")
    rows = machine.rows()
    assert [(row.name, row.what) for row in rows if row.verdict != "ok"] == []
    assert len(rows) >= 20
    said = {row.name: row.what for row in rows}
    expected = {
        "push logging": "logs { push = 1 } is set",
        "log of mesibo: parsed": "all 1 push lines",
        "unit active": "active, restarted 2 times",
        "prometheus": f"{PROMETHEUS} answers",
        "prometheus scrapes": "1 target, up",
        "cluster label": "main",
        "alertmanager": f"{ALERTMANAGER} answers",
    }
    assert {name: said[name] for name in expected} == expected


def with_docker(machine, *, driver="json-file", options=None, removed=False, name="/mesibo"):
    directory = machine.directory / "docker" / "containers" / "abc"
    directory.mkdir(parents=True)
    log = directory / "abc-json.log"
    stamp = time.strftime("%d%m-%H%M%S", time.gmtime(NOW))
    line = f"E{stamp}-000 (17): push_on_complete: uid 1 type fcm code 200\n"
    log.write_text(json.dumps({"log": line, "stream": "stdout", "time": "2025-11-22T10:15:00.123Z"}) + "\n")
    os.utime(log, (NOW, NOW))
    config = {"ID": "abc", "Name": name, "LogPath": str(log) if driver == "json-file" else "", "Args": ["SECRET-TOKEN"],
              "Config": {"Image": "mesibo/mesibo", "Cmd": ["SECRET-TOKEN"]}}  # fmt: skip
    (directory / "config.v2.json").write_text(json.dumps(config))
    host = {"LogConfig": {"Type": driver, "Config": options or {}}, "AutoRemove": removed, "Env": ["SECRET-TOKEN"]}
    (directory / "hostconfig.json").write_text(json.dumps(host))
    root = json.dumps(str(machine.directory / "docker"))
    machine.configure(f'docker = {{container = "mesibo", root = {root}}}')


def with_journal(machine, *, at=NOW, container="mesibo", asked="mesibo"):
    directory = machine.directory / "journal"
    directory.mkdir()
    stamp = time.strftime("%d%m-%H%M%S", time.gmtime(at))
    line = f"E{stamp}-000 (17): push_on_complete: uid 1 type fcm code 200"
    remote(directory / "m.journal", [{"at": at, "MESSAGE": line, "CONTAINER_NAME": container}])
    machine.configure(f'journal = {{container = "{asked}", directory = {json.dumps(str(directory))}}}')


def with_docker_file(name, text):
    return lambda m: (with_docker(m), (m.directory / "docker/containers/abc" / name).write_text(text))


LIMITED = {"max-size": "50m", "max-file": "5"}
SECRET = "0123456789abcdef0123456789ABCDEF"


def elsewhere(m):
    """Make mesibo read its configuration from where the source says, and where nothing is."""
    m.configure(f'paths = [{json.dumps(str(m.log))}]\nmesibo_conf = "/nowhere/mesibo.conf"')
    m.mesibo_conf = None


def linked(m):
    (m.state / "ledger.sqlite3").rename(m.directory / "ledger")
    (m.state / "ledger.sqlite3").symlink_to(m.directory / "ledger")


def mesibo_conf(text):
    return lambda m: m.mesibo_conf.write_text(text)


def answer(path, value, base=PROMETHEUS):
    return lambda m: m.answers.update({f"{base}{path}": value})


def linked_to(instance):
    """Load rules whose links are made of the address of a scraped daemon, as the shipped ones are, and scrape one."""
    made = loaded(annotations={"runbook_url": "{{ with $labels.instance }}http://{{ . }}{{ end }}/runbooks/MesiboX"})
    scraped = {"activeTargets": [TARGET | {"labels": LABELS | {"instance": instance}}]}
    return lambda m: (answer("/api/v1/rules", made)(m), answer("/api/v1/targets?state=active", scraped)(m))


def aside(m):
    (m.state / "ledger.sqlite3.damaged-20251122T101500Z").write_bytes(b"junk")


def damage(m):
    with contextlib.closing(sqlite3.connect(m.state / "ledger.sqlite3")) as db:
        db.execute("PRAGMA journal_mode = DELETE")
    data = bytearray((m.state / "ledger.sqlite3").read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    (m.state / "ledger.sqlite3").write_bytes(data)


def long_log(m):
    with (m.state / "ledger.sqlite3-wal").open("ab") as file:
        file.truncate(65 << 20)


def newer(m):
    with contextlib.closing(sqlite3.connect(m.state / "ledger.sqlite3")) as db:
        db.execute("PRAGMA user_version = 99")


def slow(m):
    rules = loaded()
    rules["groups"][0]["interval"] = 60
    m.answers[f"{PROMETHEUS}/api/v1/rules"] = rules


def routed(text):
    status = json.dumps({"config": {"original": text}}).encode()
    return lambda m: m.answers.update({f"{ALERTMANAGER}/api/v2/status": status})


def prefixed(m, prefix="gw7 >> ", count=50):
    line = m.log.read_text()
    m.log.write_text((prefix + line) * count)
    os.utime(m.log, (NOW, NOW))


DAEMON = "http://127.0.0.1:10914"
NAMES = {rule["alert"] for each in rule_files() for group in rule_groups(each.path) for rule in group["rules"]
         if "alert" in rule}  # fmt: skip
FAULTS = [
    (lambda m: m.mesibo_conf.unlink(), "mesibo.conf", "failure", "is not there"),
    (mesibo_conf("logs {\npush = 1\n"), "mesibo.conf", "failure", "line 1"),
    (mesibo_conf("logs {\npush = 0\n}\n"), "push logging", "failure", "no push = 1"),
    (mesibo_conf("dbhost = a\n"), "push logging", "failure", "there is no logs"),
    (elsewhere, "mesibo.conf", "skipped", "/nowhere/mesibo.conf is not there"),
    (lambda m: (m.mesibo_conf.unlink(), m.mesibo_conf.mkdir()), "mesibo.conf", "skipped", "is not a file"),
    (lambda m: m.config.write_text("[[source]]\nnam = 1\n"), "configuration", "failure", "nam"),
    (lambda m: m.configure(extra='[catalogue]\nfile = "none.toml"\n'), "configuration", "failure", "none.toml"),
    (lambda m: m.programs.update({"mesibo.service": "LoadState=loaded\nActiveState=failed\n"}), "mesibo runs",
     "failure", "not active"),
    (lambda m: m.programs.update({"mesibo.service": "LoadState=not-found\n"}), "mesibo runs", "skipped",
     "name its container"),
    (with_docker_file("hostconfig.json", "{"), "container mesibo: log size", "skipped", "cannot be read"),
    (with_docker_file("config.v2.json", "{"), "container mesibo", "failure", "is not JSON as Docker writes it"),
    (lambda m: with_docker(m, name="/other"), "container mesibo", "failure", "there: other"),
    (lambda m: with_docker(m, driver="journald"), "container mesibo: log driver", "failure", "journald"),
    (with_docker, "container mesibo: log size", "warning", "until the disk is full"),
    (lambda m: with_docker(m, options={"max-size": "-1"}), "container mesibo: log size", "warning", "no max-size"),
    (lambda m: with_docker(m, options={"max-size": "9m"}), "container mesibo: log files", "warning", "max-file is 1"),
    (lambda m: with_docker(m, options=LIMITED | {"mode": "non-blocking"}), "container mesibo: log mode", "warning",
     "is dropped"),
    (lambda m: with_docker(m, options=LIMITED, removed=True), "container mesibo: --rm", "warning", "deletes the log"),
    (lambda m: m.log.unlink(), "log of mesibo", "failure", "no file is there"),
    (lambda m: m.config.write_text(m.config.read_text().replace(str(m.log), f"{m.config}/mesibo.log")), "log of mesibo",
     "failure", "no file is there"),
    (lambda m: (m.log.unlink(), os.mkfifo(m.log)), "log of mesibo", "failure", "it is a pipe"),
    (lambda m: (m.log.unlink(), m.log.mkdir()), "log of mesibo", "failure", "it is a directory"),
    (lambda m: (m.log.unlink(), m.log.symlink_to(m.log)), "log of mesibo", "failure", "symbolic links"),
    (lambda m: m.config.write_text(m.config.read_text().replace(str(m.log), "/" + "x" * 300)), "log of mesibo",
     "failure", "is no log: File name too long"),
    (lambda m: with_docker(m, driver="local"), "container mesibo: log driver", "failure", "--log-driver json-file"),
    (lambda m: with_journal(m, asked="mesiboo"), "log of mesibo", "failure", "there: mesibo"),
    (lambda m: with_journal(m, at=NOW - 7200), "log of mesibo: fresh", "warning", "2 hours ago"),
    (lambda m: m.log.write_text(""), "log of mesibo: fresh", "warning", "is empty"),
    (lambda m: m.log.write_text("E2511-10"), "log of mesibo: fresh", "warning", "no whole line yet"),
    (lambda m: m.log.write_bytes(gzip.compress(b"x")), "log of mesibo: text", "warning", "packed with gzip"),
    (lambda m: os.utime(m.log, (NOW - 7200, NOW - 7200)), "log of mesibo: fresh", "warning", "2 hours ago"),
    (lambda m: m.log.write_bytes("E2511-101500-000: on_message\n".encode("utf-16")), "log of mesibo: text", "failure",
     "UTF-16"),
    (lambda m: m.log.write_text("E3102-101500-000: push_on_complete: code 200\n"), "log of mesibo: clock", "failure",
     "is not a date"),
    (lambda m: m.configure(f'webhook = {{path = "/webhook/{SECRET}"}}'), "webhook mesibo: events", "warning",
     "no push event has come yet"),
    (lambda m: m.write("on_message: mid 1"), "log of mesibo: push lines", "warning", "none among the last 1 lines"),
    (lambda m: m.write(*["push_on_complete: no answer"] * 3), "log of mesibo: parsed", "failure", "0 %"),
    (lambda m: (m.log.write_text("hello\n"), os.utime(m.log, (NOW, NOW))), "log of mesibo: clock", "skipped",
     "no line has a stamp"),
    (lambda m: m.write("push_on_complete: code 200", at=NOW + 7200), "log of mesibo: clock", "failure", "zone"),
    (lambda m: m.write("push_on_complete: code 200", at=NOW - 5.5 * 3600), "log of mesibo: clock", "failure",
     "5 hours 30 minutes behind"),
    (lambda m: m.write("push_on_complete: code 200", at=NOW + 600), "log of mesibo: clock", "warning", "ahead"),
    (lambda m: m.write("push_on_complete: code 200", at=NOW + 7190), "log of mesibo: clock", "failure", "2 hours"),
    (lambda m: m.configure(extra='[web]\nlisten = "127.0.0.1:1"\n'), "port 127.0.0.1:1", "failure", "no answer"),
    (answer("/-/ready", b"hello", DAEMON), "port 127.0.0.1:10914", "failure", "another program"),
    (answer("/-/ready", NoAnswer("it answers 404: no", 404), DAEMON), "port 127.0.0.1:10914", "failure", "another"),
    (answer("/-/ready", NoAnswer("it answers 503: mesibo-logwatch is not ready: commits fail: disk full", 503), DAEMON),
     "port 127.0.0.1:10914", "failure", "disk full"),
    (lambda m: m.state.rename(m.directory / "gone"), "state directory", "failure", "not there"),
    (damage, "ledger", "failure", ""),
    (lambda m: (m.state / "ledger.sqlite3").unlink(), "ledger", "warning", "nothing was ever committed"),
    (linked, "state directory", "failure", "ledger.sqlite3 is a link, or another user's"),
    (long_log, "ledger", "warning", "ledger.sqlite3-wal has 65.0 MiB, and grows: a program keeps a read of the ledger"),
    (aside, "ledger set aside", "warning", "damaged-20251122T101500Z"),
    (lambda m: m.programs.update({"mesibo-logwatch.service": "LoadState=not-found\n"}), "unit", "failure", "installed"),
    (lambda m: m.programs.pop("mesibo-logwatch.service"), "unit", "skipped", "no systemctl"),
    (lambda m: m.programs.update({"mesibo-logwatch.service": UNIT.replace("enabled", "disabled")}), "unit enabled",
     "warning", "will not start"),
    (lambda m: m.programs.update({"mesibo-logwatch.service": UNIT.replace("=active", "=failed")}), "unit active",
     "failure", "failed"),
    (lambda m: m.programs.update({"mesibo-logwatch.service": UNIT.replace("=active", "=inactive")}), "unit active",
     "failure", "inactive"),
    (lambda m: m.programs.update({"mesibo-logwatch.service": "LoadState=masked\n"}), "unit", "failure", "is masked"),
    (lambda m: m.programs.update({"mesibo-logwatch.service": UNIT.replace("1min", "0")}), "unit watchdog",
     "warning", "is off"),
    (answer("/api/v1/targets?state=active", NoAnswer("Connection refused")), "prometheus", "skipped", "none answers"),
    (answer("/api/v1/targets?state=active", b"<html>"), "prometheus", "skipped", "none answers"),
    (answer("/api/v1/targets?state=active", {"activeTargets": []}), "prometheus scrapes", "failure", "no target"),
    (answer("/api/v1/targets?state=active", {"activeTargets": [TARGET | {"health": "down", "lastError": "refused"}]}),
     "prometheus scrapes", "failure", "refused"),
    (answer("/api/v1/rules", {"groups": []}), "prometheus rules", "failure", "no alert"),
    (answer("/api/v1/rules", {"groups": [{"rules": [RULE | {"health": "err"}]}]}), "prometheus rules", "failure",
     "PushFails"),
    (answer("/api/v1/alertmanagers", {"activeAlertmanagers": []}), "alertmanager", "warning", "nobody"),
    (answer("/api/v1/alertmanagers", {"activeAlertmanagers": [{"url": f"{ALERTMANAGER}/api/v2/alerts"},
                                                              {"url": "http://127.0.0.1:9094/api/v2/alerts"}]}),
     "alertmanager", "warning", "http://127.0.0.1:9094: Connection refused"),
    # Prometheus knows one, and nothing listens there
    (answer("/api/v2/status", NoAnswer("Connection refused"), ALERTMANAGER), "alertmanager", "failure", "refused"),
    (answer("/api/v2/status", b"<html>", ALERTMANAGER), "alertmanager", "failure", "is not Alertmanager"),
    (routed(ROUTED.replace("webhook_configs: [{url: <secret>}]", "webhook_configs: []")), "alertmanager route",
     "failure", "critical alerts go to page, which notifies nobody"),
    (routed(ROUTED.replace("email_configs: [{to: a@example.net}]", "")), "alertmanager route", "warning",
     "warning alerts go to ticket"),
    (routed(ROUTED.replace("\n      receiver: page", "\n      receiver: none")),
     "alertmanager route", "failure", "critical alerts go to none"),
    # one of three rule files, no cluster, 60 s
    (answer("/api/v1/rules", loaded(rule_files()[:1])), "prometheus rules", "failure",
     "mesibo-trends.yml is not loaded"),
    (answer("/api/v1/rules", {"groups": [*loaded()["groups"][:-1], {"name": "x"}]}), "prometheus rules",
     "failure", "mesibo-watcher.yml is not loaded"),
    (slow, "rules evaluated", "failure", "every 60 s instead of 15 s"),
    (answer("/api/v1/rules", loaded(health="unknown")), "rules evaluated", "warning", " more"),
    (answer("/api/v1/targets?state=active", {"activeTargets": [TARGET | {"labels": {"job": "mesibo-logwatch"}}]}),
     "cluster label", "failure", "http://h:1/metrics has none"),
    (answer("/api/v1/targets?state=active", {"activeTargets": [TARGET, TARGET | {"scrapeUrl": "http://h:2/metrics"}]}),
     "instance label", "warning", "http://h:1/metrics, http://h:2/metrics have the same cluster and instance"),
    (answer("/api/v1/targets?state=active", {"activeTargets": [TARGET | {"scrapeInterval": "1m"}]}),
     "prometheus interval", "failure", "every 1m"),
    (answer("/api/v1/targets?state=active", {"activeTargets": [TARGET | {"scrapeInterval": "16s"}]}),
     "prometheus interval", "failure", "every 16s"),
    # a link that leads nowhere
    (answer("/api/v1/rules", loaded(annotations={"runbook_url": "docs/runbooks/MesiboX.md"})), "runbook link",
     "warning", "opens on no phone"),
    (answer("/api/v1/rules", loaded(annotations={"runbook_url": "http://[::1:1/MesiboX"})), "runbook link",
     "warning", "is not an address"),
    # that no phone reaches, though this host may
    *((answer("/api/v1/rules", loaded(annotations={"runbook_url": f"https://{host}/runbooks/MesiboX"})),
       "runbook link", "warning", f"{host}/runbooks/MesiboX opens on that host alone")
      for host in ("127.0.0.1:10914", "[::1]", "localhost")),
    # made from the address that is scraped, as the shipped rules do
    (linked_to("127.0.0.1:10914"), "runbook link", "warning", "opens on that host alone"),
    (lambda m: (linked_to("h")(m), answer("/api/v1/targets?state=active", {"activeTargets": []})(m)), "runbook link",
     "skipped", "none is scraped"),
    (linked_to("h.example.net:10914"), "runbook link", "failure", "http://h.example.net:10914/runbooks/MesiboX: Conn"),
    (lambda m: m.answers.update({f"{RUNBOOKS}/{name}.md": NoAnswer("it answers 404", 404) for name in NAMES}),
     "runbook link", "failure", "404"),
    (answer("/api/v1/query?query=time()", {"result": [0, str(NOW + 660)]}), "prometheus clock", "failure",
     "10 minutes ahead"),
    (answer("/api/v1/query?query=time()", {"result": [0, str(NOW + 40)]}), "prometheus clock", "warning",
     "20 s behind"),
    # what `run` refuses
    (newer, "ledger", "failure", "schema 99"),
    (lambda m: m.config.write_text(m.config.read_text().replace(str(m.state), "/proc/x")), "state directory",
     "failure", "`run` would refuse it"),
    # a prefix that nobody knows
    (prefixed, "log of mesibo: parsed", "failure", 'they begin with "`<str> >> `"'),
    # a copy that was written just now, of a log that ended 35 minutes ago
    (lambda m: m.write("push_on_complete: code 200", at=NOW - 2100), "log of mesibo: fresh", "warning",
     "36 minutes ago"),
    (lambda m: m.configure('paths = ["/proc/1/root/../../nowhere/*.log"]'), "log of mesibo", "failure", "nowhere"),
    (answer("/api/v1/status", told(up=True, version="0.0.1"), DAEMON), "versions", "warning", "0.0.1 runs"),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "name", "verdict", "words"), FAULTS, ids=[f"{f[1]}-{f[3]}" for f in FAULTS])
def test_a_fault_made_on_purpose_is_found(machine, fault, name, verdict, words):
    """The row of the fault has its verdict and names it, with a remedy; rows above it are not disturbed."""
    fault(machine)
    (found,) = [row for row in machine.rows() if row.name == name]
    assert found.verdict == verdict
    assert words in found.what + found.remedy
    assert found.remedy or verdict == "skipped"


@pytest.mark.parametrize(
    ("unread", "verdict", "told"),
    [
        ([], "ok", "1 shape of events, and all are read"),
        (["{b: <str>}"], "warning", "1 of 2 shapes cannot be read; the first, no_code: {b: <str>}"),
    ],
)
def test_a_webhook_is_judged_by_the_shapes_of_its_events(machine, unread, verdict, told):
    """The first event shows how mesibo builds them; what is not read needs paths of its own."""
    machine.configure(f'webhook = {{path = "/webhook/{SECRET}"}}')
    batch, at = Batch(2), time.time()  # the ledger keeps what its own clock calls recent
    batch.event_shape(EventShapeRow("mesibo", "", "{a: <num>}"), at - 60)
    batch.event_shape(EventShapeRow("other", "no_code", "{c: <num>}"), at - 90)
    batch.last_line_at["mesibo"] = at
    for shape in unread:
        batch.event_shape(EventShapeRow("mesibo", "no_code", shape), at)
    ledger = Ledger(machine.state)
    ledger.commit(batch)
    ledger.close()
    came = machine.row("webhook mesibo: events")
    assert (came.verdict, came.what) == ("ok", f"the first one came at {iso(at - 60)} and is built like {{a: <num>}}")
    read = machine.row("webhook mesibo: readable")
    assert (read.verdict, read.what) == (verdict, told)


def test_a_log_in_a_directory_that_is_closed_to_who_asks_is_skipped(machine, monkeypatch):
    """Whether a log is there is not known to a user who may not look, and the remedy is to ask as another one."""
    machine.log.unlink()

    def closed(path):
        raise PermissionError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr("logwatch.doctor.logs.open_regular", closed)
    row = machine.row("log of mesibo")
    assert (row.verdict, row.remedy) == ("skipped", "run doctor as root or as the service's user")


def test_a_state_directory_on_a_disk_that_is_read_only_is_reported_as_that(machine, monkeypatch):
    """Not as one of another owner, and nothing below it is looked at as if it could be written."""
    monkeypatch.setattr("logwatch.doctor.state.read_only", lambda path: path == machine.state)
    row = machine.row("state directory")
    assert (row.verdict, row.what) == ("failure", f"{machine.state} is on a disk that is read-only: commits fail")
    assert row.remedy.startswith("see why (`dmesg`)")


def test_one_stray_line_among_many_is_no_other_dialect(machine):
    """A user's text looks like a push line now and then: it is told, and nothing is to be done."""
    machine.write(*["push_on_complete: uid 1 type fcm code 200"] * 199, "push_on_complete: no answer")
    row = machine.row("log of mesibo: parsed")
    assert (row.verdict, row.remedy) == ("ok", "")
    assert "99.5 % of the push lines can be read" in row.what
    assert row.what.endswith("; they look like `<str>-<num>-<num> (<num>): push_on_complete: <str>` (1)")
    assert "they begin with" not in row.what  # their front is mesibo's own


def test_of_several_logs_the_newest_is_looked_at(machine):
    """What mesibo wrote before says nothing of how it writes now; a webhook before it takes no row from a log."""
    for name in ("a.log", "z.log"):
        (machine.directory / name).write_text("on_message: mid 1\n")
        os.utime(machine.directory / name, (NOW - 9000, NOW - 9000))
    paths = json.dumps(str(machine.directory / "*.log"))
    machine.configure(f'webhook = {{path = "/webhook/{SECRET}"}}\n[[source]]\nname = "chat"\npaths = [{paths}]')
    rows = {row.name: row for row in machine.rows()}
    assert rows["log of chat"].what == f"3 files, the newest {machine.log}"
    assert rows["log of chat: fresh"].what.startswith(f"{machine.log}, ")
    assert rows["log of chat: parsed"].what == "all 1 push lines"
    assert rows["log of chat: followed"].what == "the running daemon does not have this source"


def test_of_a_long_log_whole_lines_are_read(machine):
    """The end that is looked at begins within a line, whose rest is none."""
    stamp = time.strftime("%d%m-%H%M%S", time.gmtime(NOW))
    line = f"E{stamp}-000 (17): push_on_complete: uid 1 type fcm code 200\n"
    text = line * (LOOKED_AT // len(line) + 9)
    begins_within = (len(text) - LOOKED_AT) % len(line)
    machine.log.write_text("x" * (len(line) + 8 - begins_within) + text)  # 8 bytes of its front are cut off
    assert "lines" in machine.row("log of mesibo: parsed").what
    assert machine.row("log of mesibo: parsed").what.startswith("all ")


def test_what_reads_lines_is_named_with_its_version(machine):
    """Where PCRE2 may make machine code, the row is ok and has the library's version."""
    assert machine.row("reading").verdict == "ok"
    assert machine.row("reading").what == f"PCRE2 {pcre2.version()}, machine code"


def test_a_unit_that_forbids_machine_code_is_reported_though_doctor_may_make_it(machine):
    """Doctor asks systemd about machine code, since its own rights do not show the service's."""
    machine.programs["mesibo-logwatch.service"] = UNIT.replace("Execute=no", "Execute=yes")
    row = machine.row("reading")
    assert row.verdict == "warning"
    assert "interpreted by the service" in row.what
    assert "MemoryDenyWriteExecute=no" in row.remedy


def test_machine_code_that_cannot_be_made_anywhere_here_is_reported(machine, monkeypatch):
    """Doctor reports if no process on this host can make machine code, as in some containers."""
    monkeypatch.setattr(pcre2.loaded(), "jit_compile", lambda *_: -48)
    machine.programs.clear()  # no systemd either
    row = machine.row("reading")
    assert row.verdict == "warning"
    assert "interpreted, since no machine code can be made here" in row.what


def test_for_a_host_without_pcre2_the_package_to_install_is_named(machine, monkeypatch):
    """Lines are read all the same, and slowly: a warning, and no failure."""
    monkeypatch.setattr(pcre2, "loaded", lambda: None)
    row = machine.row("reading")
    assert row.verdict == "warning"
    assert "libpcre2-8.so.0" in row.what
    assert "apt-get install libpcre2-8-0" in row.remedy


def test_a_prometheus_that_was_named_and_does_not_answer_is_a_failure(machine):
    """Only the usual address may be silent."""
    machine.asked_prometheus = "http://monitor:9090/"
    assert machine.row("prometheus").verdict == "failure"


def test_no_secret_of_mesibo_or_docker_is_ever_shown(machine):
    """Passwords of mesibo.conf and tokens in a container's arguments are in no row."""
    with_docker(machine, options=LIMITED)
    told = " ".join(f"{row.what} {row.remedy}" for row in machine.rows())
    assert "mesibo.service" not in told  # mesibo is the container
    assert "hunter2" not in told
    assert "SECRET-TOKEN" not in told
    assert machine.row("container mesibo").verdict == "ok"
    assert machine.row("log of mesibo: push lines").verdict == "ok"


def test_a_source_in_the_journal_is_looked_at(machine):
    """The newest entries are read as the daemon reads them."""
    with_journal(machine)
    assert machine.row("log of mesibo: fresh").what == "container mesibo in the journal, last entry 1 minute ago"
    assert machine.row("log of mesibo: parsed").what == "all 1 push lines"
    assert machine.row("log of mesibo: clock").verdict == "ok"


def test_a_missing_journalctl_is_a_failure(machine, monkeypatch):
    """Without the program nothing of the journal can be read, and the remedy is reported."""
    with_journal(machine)
    monkeypatch.setattr("logwatch.journal.child.PROGRAM", "/nowhere/journalctl")
    found = machine.row("log of mesibo")
    assert found.verdict == "failure"
    assert "it comes with systemd" in found.remedy


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can ask as somebody else")
@pytest.mark.usefixtures("service_user")
def test_a_log_that_the_service_may_not_read_is_found_though_root_may(machine):
    """Root's own rights do not hide that the service has none."""
    machine.log.chmod(0o600)
    found = machine.row("log of mesibo: readable")
    assert found.verdict == "failure"
    assert "setfacl" in found.remedy
    found = rights.to_files(machine, "log of m", [str(machine.log)] * 3, docker=False)
    assert f" may not read {machine.log} and 2 more" in found.what


def test_a_user_who_may_not_read_a_log_is_told_who_can_check(machine, monkeypatch):
    """Another user's rights say nothing about the service's, and the remedy is not to open the log to that user."""
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    monkeypatch.setattr(os, "access", lambda *_: False)
    found = rights.to_files(machine, "log of m", ["/a", "/b"], docker=False)
    assert (found.verdict, found.what) == ("failure", "user 54321 may not read /a")
    assert found.remedy == "run doctor as the service's user, or as root"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can ask as somebody else")
@pytest.mark.parametrize(
    ("added", "verdict"),
    [
        ("AmbientCapabilities=cap_dac_read_search\n", "ok"),
        ("SupplementaryGroups=adm\n", "ok"),
        ("SupplementaryGroups=nogroup nobody-knows-it\n", "failure"),
    ],
)
def test_what_the_unit_gives_to_the_service_counts(open_machine, added, verdict):
    """Docker's logs are no failure if the unit lets the service read them by a capability."""
    machine = open_machine
    shutil.chown(machine.log, group="adm")
    machine.log.chmod(0o640)
    ask = machine.run
    machine.run = lambda command: added if added.split("=")[0] in command[-1] else ask(command)
    assert machine.row("log of mesibo: readable").verdict == verdict


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can ask about somebody else")
@pytest.mark.usefixtures("service_user")
@pytest.mark.parametrize(
    ("target", "installed", "rows"),
    [
        (Target(container="m"), True, [("ok", f"for the user {SERVICE_USER}, by the group adm")]),
        (Target(container="m", directory="/mounted"), True, []),  # it has modes of its own
        (Target(container="m"), False, [("skipped", f"because there is no user {SERVICE_USER} to ask for")]),
    ],
)
def test_a_journal_is_readable_by_a_group_of_the_service(machine, monkeypatch, target, installed, rows):
    """One that the unit adds is enough; without the service's user nothing is known."""
    if not installed:
        monkeypatch.setattr(pwd, "getpwnam", {}.__getitem__)
    machine.run = lambda _: "SupplementaryGroups=adm\n"
    found = rights.to_journal(machine, "log of m", target)
    assert [(row.verdict, row.what) for row in found] == rows


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can ask as somebody else")
@pytest.mark.usefixtures("service_user")
def test_a_systemd_that_does_not_answer_is_not_taken_for_a_unit_that_adds_nothing(machine):
    """What the service's user may not read by itself is reported with that doubt, of files and of the journal."""
    machine.log.chmod(0o600)
    del machine.programs[f"{SERVICE_USER}.service"]
    doubt = "what its unit adds is not known: there is no systemctl here"
    assert machine.row("log of mesibo: readable").what.endswith(doubt)
    (found,) = rights.to_journal(machine, "log of m", Target(container="mesibo"))
    assert found.what.endswith(doubt)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can ask as somebody else")
def test_a_directory_that_is_closed_to_the_service_is_what_has_to_be_opened(open_machine):
    """Where no right to the file itself would help, the remedy is about the directory above it that does not let in."""
    machine = open_machine
    closed = machine.directory / "closed"
    closed.mkdir(mode=0o700)
    machine.log = machine.log.rename(closed / machine.log.name)
    machine.configure()
    found = machine.row("log of mesibo: readable")
    assert found.what.endswith(f"may not read {machine.log}, since {closed} is closed to it")
    assert found.remedy == f"`setfacl -m u:{SERVICE_USER}:rx {closed}`"
    closed.chmod(0o711)
    found = machine.row("log of mesibo: readable")
    assert f"may not list {closed}: what is new or rotated there is not found" in found.what
    assert found.remedy == f"`setfacl -m u:{SERVICE_USER}:rx {closed}`"
    closed.chmod(0o755)
    machine.directory.chmod(0o700)
    assert machine.row("log of mesibo: readable").remedy == f"`setfacl -m u:{SERVICE_USER}:x {machine.directory}`"


def test_stamps_in_another_zone_are_one_problem(machine):
    """The clock's row names the zone; the log is as fresh as its file, and nobody is sent to look for mesibo."""
    machine.write("push_on_complete: code 200", at=NOW - 8 * 3600)
    assert machine.row("log of mesibo: clock").verdict == "failure"
    found = machine.row("log of mesibo: fresh")
    assert (found.verdict, "newest line logged 8 hours ago" in found.what) == ("ok", True), found.what


@pytest.mark.parametrize(
    ("answer", "verdict", "words"),
    [
        (told(up=True), "ok", "by the running daemon"),
        (told(), "failure", "the daemon sees no"),
        (told({"where": "/home/m/logs", "what": "cannot be listed", "why": "Permission denied", "try": "-"}),
         "failure", "/home/m/logs: cannot be listed: Permission denied; the unit closes /home/ to the service"),
        (told({"where": "/srv/m", "what": "cannot be read", "why": "Permission denied", "try": "-"}),
         "failure", "/srv/m: cannot be read: Permission denied"),
        (told(up=True, name="other"), "warning", "the running daemon does not have this source"),
    ],
)  # fmt: skip
def test_what_the_daemon_cannot_reach_is_a_failure_though_doctor_can(machine, answer, verdict, words):
    """Doctor reads the log itself; the daemon, confined by its unit or by the kernel, may see other files."""
    machine.answers[STATUS] = answer
    assert machine.row("log of mesibo: fresh").verdict == "ok"
    found = machine.row("log of mesibo: followed")
    assert (found.verdict, words in found.what) == (verdict, True), found.what
    assert "/srv/" not in words or found.what == words  # which the unit leaves open


def test_a_log_that_is_not_there_is_reported_once(machine):
    """Where doctor finds no log either, the daemon is not to blame, and neither its unit nor a kernel is."""
    machine.log.unlink()
    machine.answers[STATUS] = told()
    assert [row.name for row in machine.rows() if "log of" in row.name] == ["log of mesibo"]


@pytest.mark.parametrize(
    ("answer", "verdicts"),
    [
        (NoAnswer("it answers 401", 401), ["skipped"]),
        (NoAnswer("it asks", NO_CERTIFICATE), ["skipped"]),
        (b"{}", []),
        (b"<html>", []),
        (NoAnswer("refused"), []),
    ],
)
def test_a_daemon_that_may_not_be_asked_is_not_taken_for_well(machine, answer, verdicts):
    """If it asks who we are, doctor does not know what the daemon reaches; other answers are in the port's row."""
    machine.answers |= {STATUS: answer, STATUS.replace("http:", "https:"): answer}
    assert [row.verdict for row in machine.rows() if "followed" in row.name] == verdicts


@pytest.mark.parametrize(
    ("status", "what"), [(401, "asks for a password"), (NO_CERTIFICATE, "asks for a client's certificate")]
)
@pytest.mark.parametrize("plain", [NoAnswer("refused"), NoAnswer("plain HTTP was sent to an HTTPS port", 400)])
def test_a_daemon_that_asks_who_we_are_runs(machine, plain, status, what):
    """A password or a client's certificate is asked for over TLS, whatever is answered to plain HTTP there."""
    machine.answers[f"{DAEMON}/-/ready"] = plain
    machine.answers["https://127.0.0.1:10914/-/ready"] = NoAnswer("it answers", status)
    row = machine.row("port 127.0.0.1:10914")
    assert (row.verdict, row.what) == ("ok", f"answers, and {what}")


def test_a_daemon_without_a_unit_is_started_with_the_configuration_that_was_asked_about(machine):
    """Without --config, `run` would follow something else than what doctor has looked at."""
    del machine.answers[f"{DAEMON}/-/ready"]
    machine.programs["mesibo-logwatch.service"] = "LoadState=not-found\n"
    assert f"`mesibo-logwatch run --config {machine.config}`" in machine.row("port 127.0.0.1:10914").remedy


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can ask as somebody else")
@pytest.mark.usefixtures("service_user")
def test_a_root_that_can_be_nobody_else_skips_the_question(machine, monkeypatch):
    """In a container without capabilities root may not ask as the service's user, and all other rows are there."""

    def refused(*_, **__):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("logwatch.doctor.rights.subprocess.run", refused)
    found = machine.row("log of mesibo: readable")
    assert found.verdict == "skipped"
    assert "Operation not permitted" in found.what


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can ask about somebody else")
def test_a_group_without_a_name_is_no_fault(machine, monkeypatch, service_user):
    """Files of users from elsewhere (LDAP, a container's image) list numbers that nobody has named here."""
    monkeypatch.setattr("logwatch.doctor.rights.os.getgrouplist", lambda *_: [service_user.pw_gid, 54321])
    (found,) = rights.to_journal(machine, "log of m", Target(container="mesibo"))
    assert found.verdict == "failure"
    assert "is in none of the groups" in found.what


def test_doctor_changes_no_file(machine):
    """Doctor leaves every file as it was."""

    def everything():
        return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in machine.directory.rglob("*")}

    before = everything()
    machine.rows()
    assert everything() == before


@pytest.mark.parametrize(
    ("kind", "days", "verdict", "words"),
    [
        ("universal", 300, "ok", "for com.example.chat, until"),
        ("production", 300, "ok", "for com.example.chat, production, until"),
        ("universal", 20, "warning", "expires in"),
        ("universal", -1, "failure", "expired on"),
        ("development", 20, "failure", "(code 905)"),
    ],
)
def test_a_credential_has_a_row_with_what_it_is_for_and_until_when(kind, days, verdict, words, machine):
    """A good certificate is ok, one that expires within a month a warning, one that has expired a failure."""
    at = dt.datetime.fromtimestamp(NOW, dt.UTC)
    (machine.directory / "push.p12").write_bytes(p12(certificate(kind, days=days, now=at)))
    machine.configure(extra='[[credential]]\nname = "ios"\nfile = "push.p12"\n')
    row = machine.row("credential ios")
    assert (row.verdict, words in row.what) == (verdict, True), row


def test_a_service_account_has_a_row_without_a_date(machine):
    """Google's keys do not expire by themselves."""
    (machine.directory / "fcm.json").write_bytes(account())
    machine.configure(extra='[[credential]]\nname = "android"\nfile = "fcm.json"\n')
    assert machine.row("credential android") == ok("credential android", "service account JSON for chat-app")


@pytest.mark.parametrize(
    ("mode", "closed", "verdict"), [(0o644, False, "warning"), (0o640, False, "ok"), (0o644, True, "ok")]
)
def test_a_key_that_everybody_may_read_is_a_warning(open_directory, mode, closed, verdict):
    """As `credentials check` says it; a group may be the service's own, and a closed directory closes what is in it."""
    machine = Machine(open_directory)
    file = machine.directory / "fcm.json"
    file.write_bytes(account())
    file.chmod(mode)
    if closed:
        machine.directory.chmod(0o700)
    machine.configure(extra='[[credential]]\nname = "android"\nfile = "fcm.json"\n')
    row = machine.row("credential android")
    assert (row.verdict, "everybody on this host may read it" in row.what) == (verdict, verdict == "warning"), row
    assert row.remedy.startswith(f"chmod 600 {file}") is (verdict == "warning")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root sees what the service was handed")
def test_a_secret_that_the_running_service_does_not_have_yet_is_reported(machine, monkeypatch):
    """Systemd copies secrets when the service starts: after a renewal doctor would judge a file that nobody uses."""
    secrets, handed = machine.directory / "secrets", machine.directory / "handed"
    monkeypatch.setattr("logwatch.doctor.credentials.SECRETS", secrets)
    monkeypatch.setattr("logwatch.doctor.credentials.HANDED", handed)
    secrets.mkdir()
    (secrets / "push.p12").write_bytes(b"renewed")
    (secrets / "loki").write_bytes(b"token")
    machine.configure(
        extra='[[credential]]\nname = "ios"\nfile = "secrets/push.p12"\n'
        '[[export]]\nurl = "http://127.0.0.1/loki/api/v1/push"\nformat = "loki"\ntoken_file = "secrets/loki"\n'
    )
    assert "secrets" not in [row.name for row in machine.rows()]  # the service does not run
    handed.mkdir()
    (handed / "secret_push.p12").write_bytes(b"old")
    assert "push.p12" in (found := machine.row("secrets")).what
    assert "loki" in found.what  # added since
    assert (found.verdict, found.remedy) == ("warning", "`systemctl restart mesibo-logwatch.service`")
    (handed / "secret_push.p12").write_bytes(b"renewed")
    (handed / "secret_loki").write_bytes(b"token")
    assert machine.row("secrets").verdict == "ok"
    machine.configure()
    assert "secrets" not in [row.name for row in machine.rows()]  # none is configured


def test_without_a_credential_a_row_says_what_one_would_be_good_for(machine):
    """Nothing is wrong without one, and it is said that there could be one."""
    assert "[[credential]]" in machine.row("credentials").what


@pytest.mark.parametrize(("fault", "name"), [(f[0], f[1]) for f in FAULTS], ids=[f"{f[1]}-{f[3]}" for f in FAULTS])
def test_each_check_is_one_row_and_each_fault_has_a_remedy_that_is_possible_here(machine, fault, name):
    """No name comes twice; no remedy names a program that this machine lacks."""
    machine.programs_there = set()
    fault(machine)
    rows = machine.rows()
    assert len({row.name for row in rows}) == len(rows)
    for row in rows:
        assert row.remedy or row.verdict in ("ok", "skipped"), row
        for program in ("setfacl", "ss -", "journalctl", "timedatectl", "dmesg"):
            assert program not in row.remedy, row


def test_an_unknown_prefix_is_no_reason_to_advise_a_setting(machine):
    """Fifty push lines that cannot be read: the command that mends it, and not a word of push = 1."""
    prefixed(machine)
    rows = {row.name: row for row in machine.rows()}
    assert rows["log of mesibo: push lines"].verdict == "ok"
    assert rows["log of mesibo: push lines"].what.startswith("50 among the last 50 lines")
    command = f"mesibo-logwatch grammar propose {machine.log} --name mine-mesibo --output /etc/mesibo-logwatch/grammars"
    assert rows["log of mesibo: parsed"].remedy == f"`{command} --config {machine.config}`"
    assert [row for row in rows.values() if row.verdict != "ok" and "push = 1" in row.what + row.remedy] == []


def test_an_envelope_that_changes_in_the_middle_of_a_file_needs_a_rotation(machine):
    """The newest lines are in another envelope than the first ones: no grammar mends that."""
    line = machine.log.read_text()
    machine.log.write_text(line * 50 + f"Nov 22 10:15:00 chat mesibo[7]: {line}" * 50)
    os.utime(machine.log, (NOW, NOW))
    row = machine.row("log of mesibo: parsed")
    assert (row.verdict, "they are in another envelope (syslog), which is decided once per file" in row.what) == (
        "failure",
        True,
    )
    assert row.remedy.startswith("have it rotated")


def test_of_lines_inside_json_the_remedy_takes_them_out(machine):
    """No grammar can be proposed for them; the status page has the same command."""
    prefixed(machine, 'docker.mesibo: [1763806500.1, {"log": "')
    remedy = machine.row("log of mesibo: parsed").remedy
    assert remedy.endswith(f"| .log? | strings' {machine.log} | mesibo-logwatch report`")


def test_a_standby_is_not_advised_to_set_what_is_set(machine):
    """If mesibo.conf has push = 1, doctor does not advise to set it because a standby logs no push."""
    machine.write("on_message: mid 1")
    row = machine.row("log of mesibo: push lines")
    assert "a standby, or nobody needed a push" in row.what
    assert "set `logs" not in row.remedy
    machine.mesibo_conf.write_text("dbhost = a\n")
    assert "set `logs { push = 1 }`" in machine.row("log of mesibo: push lines").remedy


def test_the_mesibo_conf_that_the_container_reads_is_found(machine):
    """Without any option the one that is mounted as /etc/mesibo is read, not the host's."""
    with_docker(machine, options=LIMITED)
    elsewhere = machine.directory / "srv"
    elsewhere.mkdir()
    (elsewhere / "mesibo.conf").write_text("logs {\npush = 1\n}\n")
    path = machine.directory / "docker" / "containers" / "abc" / "hostconfig.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"Binds": [f"{elsewhere}:/etc/mesibo:ro"]}))
    machine.mesibo_conf = None
    rows = {row.name: row for row in machine.rows()}
    assert str(elsewhere) in rows["mesibo.conf"].what
    assert rows["push logging"].verdict == "ok"


def test_what_prometheus_knows_by_its_own_loopback_is_asked_for_on_its_host(machine):
    """An Alertmanager at 127.0.0.1 of another host is not this machine's; one with an address of its own is there."""
    machine.asked_prometheus = "http://monitor:9090"
    machine.answers = {url.replace(PROMETHEUS, "http://monitor:9090"): a for url, a in machine.answers.items()}
    assert "http://monitor:9093" in machine.row("alertmanager").what
    machine.answers["http://monitor:9093/api/v2/status"] = machine.answers[f"{ALERTMANAGER}/api/v2/status"]
    assert machine.row("alertmanager").verdict == "ok"
    elsewhere = {"activeAlertmanagers": [{"url": "http://pager:1/api/v2/alerts"}]}
    answer("/api/v1/alertmanagers", elsewhere, machine.asked_prometheus)(machine)
    assert machine.row("alertmanager").what.startswith("http://pager:1: ")


def test_an_alertmanager_that_was_named_is_asked_whatever_prometheus_says(machine):
    """A named Alertmanager is checked even if no Prometheus answers."""
    machine.asked_alertmanager = "http://pager:9093/am/"
    machine.answers = {"http://pager:9093/am/api/v2/status": machine.answers[f"{ALERTMANAGER}/api/v2/status"]}
    assert machine.row("alertmanager").verdict == "ok"
    assert machine.row("alertmanager route").what == "critical to page (webhook); warning to ticket (email)"


@pytest.mark.parametrize(("free", "verdict"), [(1 << 20, "failure"), (64 << 20, "warning"), (1 << 30, "ok")])
def test_how_much_room_is_left_is_reported_with_its_place(machine, monkeypatch, free, verdict):
    """A host has many disks, and to free some space on another one helps nobody."""
    monkeypatch.setattr("logwatch.doctor.state.shutil.disk_usage", lambda _: types.SimpleNamespace(free=free))
    found = machine.row("disk")
    assert (found.verdict, found.what.split(":")[0]) == (verdict, f"{bytes_(free)} free where {machine.state} is")


@pytest.mark.parametrize(
    "refused",
    [
        "error: /etc/mesibo-logwatch/logwatch.toml: the configuration cannot be read: Permission denied",
        "mesibo-logwatch.service: Control process exited, code=exited, status=217/USER",
    ],
)
def test_a_service_that_does_not_start_is_reported_with_what_its_journal_says_last(machine, refused):
    """Doctor runs as root, and is refused nothing that keeps the service from starting."""
    ended = "mesibo-logwatch.service: Main process exited, code=exited, status=2/INVALIDARGUMENT"
    journal = f"error: an older one\n{refused}\n  try: chmod\n{ended}\nStopped {SERVICE_USER}.service\n"
    ask = machine.run
    machine.run = lambda command: journal if command[0] == "journalctl" else ask(command)
    machine.programs["mesibo-logwatch.service"] = UNIT.replace("=active", "=activating").replace("1min", "0")
    assert machine.row("unit active").what == f"it is activating; its journal says: {refused}"
    assert [row.name for row in machine.rows() if row.name == "unit watchdog"] == []
