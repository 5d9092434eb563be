"""A machine of its own, of Debian 12 or what DISTRIBUTION names.

It is a container with a booted systemd, loopback alone, and a disk that is thrown away.
"""

import contextlib
import fcntl
import functools
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CACHE = Path(os.environ.get("LOGWATCH_TEST_CACHE", "/var/cache/mesibo-logwatch-tests"))
PATIENCE = 240.0  # seconds until something that must happen counts as not happening; never a time to wait
PIDS = Path("/sys/fs/cgroup/pids")  # where the host has control groups of version 1
UNIFIED_FROM = 258  # systemd's version; it refuses to start on a host that has those of version 1
NEEDED = ("systemd-nspawn", "debootstrap", "nsenter")


def able():
    """Skip where this cannot be done; in CI it must be."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    why = f"{', '.join(missing)} not installed" if missing else "" if os.geteuid() == 0 else "not root"
    if why:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no machine can be booted here: {why}")


def until(condition, what, patience=PATIENCE):
    """Poll ``condition`` until it gives something true, and give that."""
    end = time.monotonic() + patience
    while True:
        with contextlib.suppress(OSError, LookupError, subprocess.CalledProcessError):
            if result := condition():
                return result
        if time.monotonic() > end:
            pytest.fail(f"never happened: {what() if callable(what) else what}")
        time.sleep(0.05)


@functools.cache
def installed():
    """Return the directory with the distribution, which is built where it is not there yet."""
    built = subprocess.run([HERE / "root.sh", CACHE], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return Path(built.stdout.strip())


def unified(root):
    """Return whether the systemd of a distribution needs control groups of version 2, as from 258 on."""
    (library,) = (root / "usr/lib").glob("**/libsystemd-shared-*.so")
    return int(re.search(r"shared-(\d+)", library.name)[1]) >= UNIFIED_FROM


def own_group():
    """Make a control group of version 1 for the machine, where its systemd can limit tasks; nothing elsewhere."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if "pids" in controllers.split(",") and (PIDS / "cgroup.procs").exists():
            group = PIDS / path.lstrip("/") / f"logwatch-{os.getpid()}"
            with contextlib.suppress(OSError):  # of a host that lets nobody make one
                group.mkdir()
                return group
    return None


class Machine:
    """Boots at once; ``halt`` ends everything. Directories of the host are visible in it where ``bind`` says."""

    def __init__(self, directory, bind):
        lower = installed()
        self._lock = (CACHE / "machine.lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)  # one at a time: they share the host's control groups
        self.disk = directory / "disk"
        self.root = directory / "root"
        self.console = directory / "console"
        self.disk.mkdir()
        self.root.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1g,mode=0755", "tmpfs", self.disk], check=True)
        self._process = None
        self._unified = unified(lower)
        self._group = None if self._unified else own_group()
        self.leader = ""
        try:
            (self.disk / "upper").mkdir()
            (self.disk / "work").mkdir()
            layers = f"lowerdir={lower},upperdir={self.disk}/upper,workdir={self.disk}/work"
            subprocess.run(["mount", "-t", "overlay", "-o", layers, "overlay", self.root], check=True)
            self._boot(bind)
        except BaseException:
            self.halt()
            raise

    def _boot(self, bind):
        with self.console.open("wb") as console:
            self._process = subprocess.Popen(
                [
                    *(("sh", "-c", 'echo $$ >"$0" && exec "$@"', self._group / "cgroup.procs") if self._group else ()),
                    "systemd-nspawn",
                    "--quiet",
                    "--boot",
                    f"--directory={self.root}",
                    f"--machine=logwatch-{os.getpid()}",
                    "--register=no",
                    "--keep-unit",
                    "--private-network",
                    "--console=read-only",
                    "--resolv-conf=off",
                    "--timezone=off",
                    *(f"--bind-ro={outside}:{inside}" for outside, inside in bind.items()),
                ],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=os.environ | ({"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"} if self._unified else {}),
            )
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")

        def up():
            # Its first children prepare the machine; the last one is the machine's own process 1
            self.leader = children.read_text().split()[-1]
            state = self.run("systemctl", "is-system-running", check=False).stdout.strip()
            return state in ("running", "degraded")

        until(up, self._said)
        if self._group:
            # nspawn shows the controller but lets nobody write, and systemd looks for those it has when it begins
            self.run("mount", "-o", "remount,bind,rw", PIDS)
            self.run("systemctl", "daemon-reexec")
            until(up, self._said)

    def _said(self):
        return self.console.read_text(errors="replace")

    def run(self, *command, stdin=None, check=True, network=False):
        """Run a command as root of the machine, on its own loopback or on this side's ``network``."""
        ended = subprocess.run(
            [
                *("nsenter", f"--target={self.leader}", "--mount", "--uts", "--ipc", "--pid", "--cgroup"),
                *(() if network else ("--net",)),
                *("env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"),
                *(str(part) for part in command),
            ],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        if check and ended.returncode:
            said = self.run("journalctl", "--lines=40", "--no-pager", "--output=cat", check=False).stdout
            what = " ".join(map(str, command))
            pytest.fail(f"{what} ended with {ended.returncode}:\n{ended.stdout}{ended.stderr}\njournal:\n{said}")
        return ended

    def python(self, script, *args):
        """Run a script of ours with the tests' Python, on the machine's loopback."""
        return subprocess.run(
            ["nsenter", f"--target={self.leader}", "--net", sys.executable, "-c", script, *map(str, args)],
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE,
        ).stdout

    def path(self, inside):
        """Return the path, on this side, of a file of the machine's own disk."""
        return self.root / str(inside).lstrip("/")

    def write(self, inside, text, mode=0o644):
        """Write a file of the machine."""
        path = self.path(inside)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)

    def show(self, unit, *properties):
        """Return properties of a unit."""
        asked = self.run("systemctl", "show", unit, "--property", ",".join(properties)).stdout
        return dict(line.split("=", 1) for line in asked.splitlines())

    def journal(self, unit, *options):
        """Return the lines that a unit said."""
        return self.run("journalctl", "--unit", unit, "--no-pager", "--output=cat", *options).stdout.splitlines()

    def halt(self):
        """Stop the machine and forget its disk."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)  # to nspawn: an orderly halt
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                if self.leader:
                    os.kill(int(self.leader), signal.SIGKILL)
                self._process.kill()
                self._process.wait(10)
        for mounted in (self.root, self.disk):
            subprocess.run(["umount", "--recursive", "--lazy", mounted], check=False, capture_output=True)
        if self._group:
            for directory, _, _ in os.walk(self._group, topdown=False):
                with contextlib.suppress(OSError):  # what was killed is still about to go: an empty group is left
                    Path(directory).rmdir()
        self._lock.close()
