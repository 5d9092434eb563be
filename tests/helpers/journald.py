"""A journald of the tests' own, in a mount namespace, and journals written by systemd-journal-remote."""

import itertools
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.helpers.running import PATIENCE, tool, until

DAEMON = Path("/lib/systemd/systemd-journald")
REMOTE = Path("/lib/systemd/systemd-journal-remote")
BOOT = "0" * 31 + "1"
MACHINE = "5" * 32

# In a namespace of mounts: journald finds its directories empty, and what it writes is seen outside
SCRIPT = """
mount --make-rprivate /
mkdir -p /run/systemd/journal /run/log/journal
mount --bind "$1/run" /run/systemd/journal
mount --bind "$1/log" /run/log/journal
mount -t tmpfs tmpfs /var/log
mkdir -p /run/systemd/journald.conf.d
mount -t tmpfs tmpfs /run/systemd/journald.conf.d
printf '[Journal]\nRateLimitIntervalSec=1s\nRateLimitBurst=%s\n' "$3" > /run/systemd/journald.conf.d/limit.conf
exec "$2"
"""

# As a process of a unit, whose standard output systemd has connected to journald
SERVICE = """
import os, pathlib, socket, sys
for group in sys.argv[2:]:
    pathlib.Path(group, "cgroup.procs").write_text(str(os.getpid()))
out = socket.socket(socket.AF_UNIX)
out.connect(sys.argv[1])
out.sendall(b"mesibo\\n\\n6\\n0\\n0\\n0\\n0\\n")
for line in sys.stdin.buffer:
    out.sendall(line)
"""
CONTROL_GROUPS = Path("/sys/fs/cgroup")


def able(program):
    """Skip where this cannot be done; in CI it must be."""
    tool("journalctl")
    if not program.exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{program} is not installed")


def written_as(name, value):
    """Write a field as both journald and the export format take it."""
    raw = value if isinstance(value, bytes) else str(value).encode()
    if b"\n" in raw:
        return name.encode() + b"\n" + len(raw).to_bytes(8, "little") + raw + b"\n"
    return name.encode() + b"=" + raw + b"\n"


class Service:
    """A process that journald knows by its unit; it has written one line, and writes as long as it is there."""

    def __init__(self, journald, unit):
        tops = [CONTROL_GROUPS / each for each in ("systemd", "unified", ".")]  # of version 1, of both, of version 2
        self.groups = [top / "system.slice" / unit for top in tops if (top / "cgroup.procs").exists()]
        try:
            for group in self.groups:
                group.mkdir(parents=True)
        except OSError as error:
            pytest.skip(f"no control group can be made here: {error}")
        command = [sys.executable, "-c", SERVICE, journald.home / "run/stdout", *self.groups]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True)
        for i in itertools.count():  # until journald has asked for credentials: what came before is nobody's
            self.write(f"{unit} {i}")
            until(
                lambda up=f"{unit} {i}": up in journald.ask("-o", "cat", "SYSLOG_IDENTIFIER=mesibo"), "a service's line"
            )
            if journald.ask("-o", "cat", f"_SYSTEMD_UNIT={unit}"):
                break

    def write(self, *lines):
        self.process.stdin.write("".join(f"{line}\n" for line in lines))
        self.process.stdin.flush()

    def stop(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE)
        for group in self.groups:
            group.rmdir()


class Journald:
    """A real journald. ``directory`` is where its files are; sends as Docker does, with numbers, unless told not to.

    A unit may write ``burst`` lines a second, or some more where there is much room; without it there is no limit.
    """

    def __init__(self, home, *, burst=0):
        able(DAEMON)
        if os.geteuid() != 0:
            pytest.skip("a journald of one's own needs root")
        self.home = home
        self.burst = burst
        self.numbers = itertools.count(1)
        self.epoch = "e1"
        for name in ("run", "log"):
            (home / name).mkdir()
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", SCRIPT, "sh", self.home, DAEMON, str(self.burst)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        until(self._connect, "journald listens")
        until(lambda: any((self.home / "log").glob("*/system.journal")), "journald has a file")

    def _connect(self):
        self.socket.connect(str(self.home / "run/socket"))
        return True

    @property
    def directory(self):
        return next(path for path in (self.home / "log").iterdir() if len(path.name) == 32)

    def send(self, message, **fields):
        """Write one entry."""
        fields = {"MESSAGE": message, **fields}
        self.socket.send(b"".join(written_as(name, value) for name, value in fields.items()))

    def docker(self, message, *, container="mesibo", lost=False, **fields):
        """Write a line as dockerd does; a lost one is numbered and not written."""
        number = next(self.numbers)
        if not lost:
            self.send(
                message,
                CONTAINER_NAME=container,
                CONTAINER_ID_FULL="c" * 64,
                PRIORITY=6,
                CONTAINER_LOG_EPOCH=self.epoch,
                CONTAINER_LOG_ORDINAL=number,
                **fields,
            )

    def written(self):
        """Wait until everything that was sent is in its files."""
        mark = f"mark {time.monotonic_ns()}"
        self.send(mark, MARK="1")
        until(lambda: mark in self.ask("-o", "cat", "-n", "1", "MARK=1"), "journald has written")

    def ask(self, *options):
        return subprocess.run(
            ["journalctl", "-q", "-m", "-D", self.home / "log", *options], capture_output=True, text=True, check=False
        ).stdout

    def archived(self):
        return set(self.directory.glob("system@*.journal"))

    def rotate(self):
        """Begin a new file."""
        before = self.archived()
        os.kill(self._journald(), signal.SIGUSR2)
        active = self.directory / "system.journal"
        until(lambda: self.archived() != before and active.exists(), "journald has rotated")

    def lose_end(self, archive):
        """Cut the end of what an archived file holds while journald is stopped.

        It keeps what it has archived open for a while, and sets its size once more: to what
        it was, with room at its end.
        """
        self.stop()
        with archive.open("rb") as file:
            header, arena = struct.unpack("<88xQQ", file.read(104))
        os.truncate(archive, header + arena - 4096)
        self.start()

    def vacuum(self, archived=0):
        """Delete all but the newest ``archived`` files, and the one that is written to."""

        def gone():
            subprocess.run(
                ["journalctl", "-q", "-D", self.directory, f"--vacuum-files={archived + 1}"],
                check=True,
                capture_output=True,
            )
            return len(self.archived()) <= archived

        until(gone, "journalctl has vacuumed")

    def _journald(self):
        return self.process.pid  # unshare and sh have become it

    def delete(self):
        """Stop it, delete everything that it has, and start it again."""
        self.stop()
        shutil.rmtree(self.home / "log")
        (self.home / "log").mkdir()
        self.start()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)
        self.socket.close()


def remote(path, entries, *, machine=MACHINE):
    """Write entries, each a dictionary of fields with ``at`` in seconds, into a journal's file."""
    able(REMOTE)
    data = bytearray()
    for i, entry in enumerate(entries):
        fields = dict(entry)
        at = int(fields.pop("at") * 1e6)
        boot = fields.pop("boot", BOOT)
        data += f"__REALTIME_TIMESTAMP={at}\n__MONOTONIC_TIMESTAMP={1000 + i}\n_BOOT_ID={boot}\n".encode()
        for name, value in {"_MACHINE_ID": machine, **fields}.items():
            data += written_as(name, value)
        data += b"\n"
    done = subprocess.run([REMOTE, "-o", path, "-"], input=data, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
