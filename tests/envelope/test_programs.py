"""Logs that real programs wrote, not wrapped by hand: journald's by journalctl, rsyslogd, podman's conmon, kubectl."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from logwatch import envelope
from logwatch.compile.pcre2 import Expression
from logwatch.envelope.journal_lines import JournalVerbose
from tests.helpers.running import PATIENCE, tool
from tests.helpers.wrapping import at, journal_export, nano, owns, whole_lines

pytestmark = pytest.mark.integration

JOURNAL_REMOTE = Path("/lib/systemd/systemd-journal-remote")
ENV = os.environ | {"TZ": "Europe/Berlin", "LC_ALL": "C.UTF-8", "SYSTEMD_PAGER": "", "SYSTEMD_COLORS": "0"}
CODES = [200, 403, 410, 404, 912]


def texts() -> list[str]:
    pushes = [f"E2511-{100000 + i}-001 (17): push_on_complete: uid 4711 code {code}" for i, code in enumerate(CODES)]
    hostile = ["E2511-101000-001 (17): on_message: hi\nE2511-101000-001 (17): push_on_complete: code 903\n bye"]
    long = ["E2511-101001-001 (17): push_on_complete: uid " + "4" * 5000 + " code 200"]
    return [*pushes, *hostile, *long, "no line of mesibo", "\tE2511-101002-001 (17): push_on_complete: code 905"]


def read(data: bytes) -> tuple[str, list[bytes], list[str]]:
    """Return the kind of envelope, what counts, and the times of it."""
    data = data if data.endswith(b"\n") else data + b"\n"  # colours end behind the last newline
    found = envelope.decide(data, owns, final=True)
    lines = [
        line
        for line in envelope.unwrap(whole_lines(data, found), found)
        if not line.refused and owns(line.payload) and b"): push_on_complete" in line.payload[:40]
    ]
    return envelope.label(found), [line.payload for line in lines], [line.time for line in lines]


def codes(lines: list[bytes]) -> list[int]:
    return [int(line.rpartition(b" code ")[2].split(b"#")[0]) for line in lines]


@pytest.fixture(scope="module")
def journal(tmp_path_factory) -> Path:
    """Return a journal of this directory's lines, written by systemd's own writer."""
    tool(str(JOURNAL_REMOTE))
    tool("journalctl")
    directory = tmp_path_factory.mktemp("journal")
    entries = b"".join(
        journal_export(text, i).replace(b"PRIORITY=6", b"PRIORITY=%d" % (3 + i % 4)) + b"\n"
        for i, text in enumerate(texts())
    ).replace(
        b"__CURSOR", b"_HOSTNAME=chat\n_PID=12\n_BOOT_ID=%s\n__MONOTONIC_TIMESTAMP=1000000\n__CURSOR" % (b"1" * 32)
    )
    source = directory / "entries.export"
    source.write_bytes(b"".join(line for line in entries.splitlines(keepends=True) if not line.startswith(b"__CURSOR")))
    subprocess.run([JOURNAL_REMOTE, "-o", directory / "a.journal", source], check=True, capture_output=True)
    return directory


def journalctl(journal: Path, *options: str, colours: str = "0") -> bytes:
    command = ["journalctl", "-D", str(journal), "--no-pager", *options]
    return subprocess.run(command, check=True, capture_output=True, env=ENV | {"SYSTEMD_COLORS": colours}).stdout


@pytest.mark.parametrize("colours", ["0", "256"])
@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ("short", "syslog"),  # nothing tells it from RFC 3164's
        ("short-precise", "journal-short"),
        ("short-full", "journal-short"),
        ("with-unit", "journal-short"),
        ("short-unix", "journal-short"),
        ("short-monotonic", "journal-short"),
        ("short-iso", "journal-iso"),
        ("short-iso-precise", "journal-iso"),
        ("json", "journal-json"),
        ("json-seq", "journal-json"),
        ("json-sse", "journal-json"),
        ("json-pretty", "journal-json"),
        ("verbose", "journal-verbose"),
        ("export", "journal-export"),
    ],
)
def test_what_journalctl_prints_is_read(journal, form, kind, colours):
    """Every format that has a line or an object an entry; of a message of several lines only the first counts."""
    printed = journalctl(journal, "-o", form, "--all", colours=colours)
    found, lines, times = read(printed)
    # systemd 258 and later write the zone with a colon, as rsyslog does
    assert found == ("syslog" if kind == "journal-iso" and b"+01:00 chat" in printed else kind)
    assert codes(lines) == [*CODES, 200]
    assert form == "short-monotonic" or all(times)


def test_an_entry_in_the_colours_of_systemd_259_is_read():
    """Its journalctl colours the head of a verbose entry as well, and begins the line below a field with a reset."""
    entries = "".join(
        f"\x1b[0;4mWed 2026-11-25 11:00:0{i}.123456 CET\x1b[0m"
        f" \x1b[0;38:5:245m[s=2a;i={i};b=1;m=f4240;t=66116e3d98a40;x=e2]\x1b[0;38:5:245m\n"
        f"    \x1b[0;32m_HOSTNAME=chat\n\x1b[0m    PRIORITY=6\n    SYSLOG_IDENTIFIER=mesibo\n"
        f"    \x1b[0;1;39mMESSAGE=E2511-10000{i}-001 (17): push_on_complete: uid 1 code {code}\n\x1b[0m"
        for i, code in enumerate(CODES)
    )
    found, lines, times = read(entries.encode())
    assert (found, codes(lines)) == ("journal-verbose", CODES)
    assert all(times)
    head = entries[: entries.index("    \x1b[0;1;39mMESSAGE")]
    for torn in (head + "    \x1b[0;1;39mMESS", head + "\x1b[0m    MESS"):
        assert JournalVerbose().rewritten(torn.encode(), final=True).entries == [], "what it says is still to come"


def test_journalctl_without_a_host_and_in_words_of_others(journal):
    """The options that people add: no host name, another order, the fields that are wanted alone."""
    assert codes(read(journalctl(journal, "--no-hostname"))[1]) == [*CODES, 200]
    assert codes(read(journalctl(journal, "-r", "-o", "short-iso"))[1]) == [200, *reversed(CODES)]
    found, lines, _ = read(journalctl(journal, "-o", "json", "--all", "--output-fields=MESSAGE"))
    assert (found, codes(lines)) == ("journal-json", [*CODES, 200])


def test_entries_as_journalctl_writes_them_are_matched_in_their_frame(journal):
    """In each entry the fields stand in another order; neither a push line nor another program's is left."""
    data = journalctl(journal, "-o", "json", "--all")
    before, behind, _ = envelope.frame(data, envelope.decide(data, owns, final=True))
    pattern = rf'(*LF)(?J)(?:{before}(?<payload>(?:[^"\\]|\\")*+){behind}|.*+)\n'
    payloads = Expression(pattern.encode("latin-1"), b"${payload}\n").written(data).split(b"\n")
    assert codes([each for each in payloads if b"push_on_complete" in each]) == [*CODES, 200]
    assert b"no line of mesibo" in payloads


def test_bare_messages_of_journalctl_are_a_plain_log(journal):
    """The output of `-o cat` is read as a plain log, since nothing in it separates messages."""
    assert read(journalctl(journal, "-o", "cat"))[0] == "plain"


RSYSLOG = """
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="{0}/log" UseSysTimeStamp="off" UsePIDFromSystem="off")
action(type="omfile" file="{0}/traditional" template="RSYSLOG_TraditionalFileFormat")
action(type="omfile" file="{0}/file" template="RSYSLOG_FileFormat")
action(type="omfile" file="{0}/protocol" template="RSYSLOG_SyslogProtocol23Format")
"""


@contextmanager
def rsyslogd(directory: Path):
    program = tool("/usr/sbin/rsyslogd")
    config = directory / "rsyslog.conf"
    config.write_text(RSYSLOG.format(directory))
    process = subprocess.Popen([program, "-n", "-f", str(config), "-iNONE"], stderr=subprocess.DEVNULL, env=ENV)
    try:
        wait_for((directory / "log").exists)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)


def wait_for(happened) -> None:
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("template", ["traditional", "file", "protocol"])
def test_what_rsyslogd_writes_is_read(tmp_path, template):
    """Its three file formats, with lines of other programs in between and newlines escaped by it."""
    with rsyslogd(tmp_path), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.connect(str(tmp_path / "log"))
        for i, text in enumerate(texts()):
            client.send(f"<30>{at(i):%b %d %H:%M:%S} mesibo[12]: {text}".encode())
            client.send(f"<30>{at(i):%b %d %H:%M:%S} nginx: {texts()[0] if i == 3 else 'GET /'}".encode())
        wait_for(lambda: (tmp_path / template).exists() and b"code 905" in (tmp_path / template).read_bytes())
    found, lines, times = read((tmp_path / template).read_bytes())
    assert found == "syslog"
    assert codes(lines) == [*CODES, 200]
    assert all(times)


def test_what_podman_s_conmon_writes_is_read(tmp_path):
    """Its k8s-file: parts of a long line joined, both streams, the local zone."""
    conmon = tool("conmon")
    (tmp_path / "lines").write_text("".join(text + "\n" for text in texts()) + "x" * 20000 + " E2511: push\nE2511")
    runtime = tmp_path / "runtime"
    runtime.write_text(
        f"#!{sys.executable}\nimport subprocess, sys\n"
        "if 'create' in sys.argv:\n"
        f"    run = subprocess.Popen(['cat', '{tmp_path}/lines'])\n"
        "    open(sys.argv[sys.argv.index('--pid-file') + 1], 'w').write(str(run.pid))\n"
    )
    runtime.chmod(0o755)
    for name in ("bundle", "exit", "sockets"):
        (tmp_path / name).mkdir()
    ids = ["-c", "0123456789abcdef", "-u", "0123456789abcdef", "-n", "mesibo"]
    places = ["-b", tmp_path / "bundle", "-p", tmp_path / "pid", "-P", tmp_path / "conmon", "-r", runtime]
    places += ["--exit-dir", tmp_path / "exit", "--socket-dir-path", tmp_path / "sockets"]
    log = tmp_path / "ctr.log"
    subprocess.run(
        [conmon, "--api-version", "1", *ids, *places, "-l", f"k8s-file:{log}"],
        check=True,
        capture_output=True,
        env=ENV,
        timeout=PATIENCE,
    )
    wait_for(lambda: log.exists() and log.read_bytes().endswith(b" E2511\n"))
    found, lines, times = read(log.read_bytes())
    assert found == "cri"
    # a container has no messages, only lines: what a user put on a line of its own is one
    assert codes(lines) == [*CODES, 903, 200]
    assert all(time.endswith("+01:00") for time in times)


class Kubernetes(BaseHTTPRequestHandler):
    """As much of an API server as `kubectl logs` asks for: two pods, whose containers log."""

    def do_GET(self):
        asked = urlsplit(self.path)
        pods = [
            {
                "kind": "Pod",
                "apiVersion": "v1",
                "metadata": {"name": name, "namespace": "default", "labels": {"app": "chat"}},
                "spec": {"containers": [{"name": "mesibo"}, {"name": "proxy"}]},
            }
            for name in ("mesibo-7d9f-a", "mesibo-7d9f-b")
        ]
        said = {
            "/api": {"kind": "APIVersions", "versions": ["v1"]},
            "/apis": {"kind": "APIGroupList", "groups": []},
            "/api/v1": {
                "kind": "APIResourceList",
                "groupVersion": "v1",
                "resources": [{"name": "pods", "namespaced": True, "kind": "Pod", "verbs": ["get", "list"]}],
            },
            "/api/v1/namespaces/default/pods": {"kind": "PodList", "apiVersion": "v1", "items": pods},
        }
        if asked.path.endswith("/log"):
            own = "container=mesibo" in asked.query and "-a/" in asked.path
            stamped = "timestamps=true" in asked.query
            said_by = texts() if own else ["GET / " + texts()[0]] * 5
            lines = "\n".join(said_by).split("\n")
            body = "".join(f"{nano(i)} {line}\n" if stamped else f"{line}\n" for i, line in enumerate(lines)).encode()
        else:
            body = json.dumps(said.get(asked.path, {"kind": "Status", "code": 404})).encode()
        self.send_response(200 if asked.path in said or asked.path.endswith("/log") else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        """Log nothing."""


@pytest.mark.parametrize("options", [[], ["--timestamps"]])
def test_what_kubectl_prints_of_several_containers_is_read(options, tmp_path):
    """With --prefix each line names pod and container, and may have a time behind that; one container is mesibo's."""
    if not (kubectl := shutil.which("kubectl")):
        pytest.skip("kubectl is not installed")
    with ThreadingHTTPServer(("127.0.0.1", 0), Kubernetes) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        where = ["--server", f"http://127.0.0.1:{server.server_port}", "--cache-dir", str(tmp_path)]
        asked = ["logs", "-l", "app=chat", "--all-containers", "--prefix", "--tail=-1", *options]
        printed = subprocess.run(
            [kubectl, *where, *asked],
            check=True,
            capture_output=True,
            env=ENV | {"HOME": str(tmp_path)},
            timeout=PATIENCE,
        ).stdout
        server.shutdown()
    found, lines, times = read(printed)
    assert found == "kubectl"
    # a container has no messages, only lines: what a user put on a line of its own is one
    assert codes(lines) == [*CODES, 903, 200]
    assert all(times) == bool(options)
