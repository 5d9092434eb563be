"""journalctl as a child process: started, read without waiting, ended and reaped."""

import contextlib
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
from collections.abc import Sequence

from logwatch.errors import LogwatchError, Problem, in_words, remedy_for_scarcity

PROGRAM = "journalctl"
_PIPE_BYTES = 1 << 20  # that it may write ahead of us; the kernel's limit for unprivileged users
_READ_BYTES = 1 << 18
_SAID_BYTES = 1 << 16  # all that a pipe holds; if it writes as fast as we read, reading more would never end
_LAST_SECONDS = 1.0  # from the end of its output to its exit
_LEFT_OUT = re.compile(rb"Journal file (.+) uses an unsupported feature")
_WORDS = 500  # bytes that are kept of its standard error, the last ones


class NoJournalError(LogwatchError):
    """The journal cannot be asked."""


def not_started(error: OSError) -> NoJournalError:
    """Return the error that journalctl cannot be started."""
    remedy = remedy_for_scarcity(error) or (
        "it comes with systemd; in a container, install systemd's package there and mount the host's /var/log/journal"
    )
    return NoJournalError.at(PROGRAM, "cannot be started", in_words(error), remedy)


def left_out(said: bytes) -> Problem | None:
    """Return what is wrong with a file that its standard error says it leaves out; it ends as if all were well."""
    if not (found := _LEFT_OUT.search(said)):
        return None
    remedy = f"use a {PROGRAM} as new as the journald that writes it: `{PROGRAM} --version`"
    path = found[1].decode(errors="replace")
    return Problem(path, f"{PROGRAM} leaves it out", "it uses a feature of a newer systemd", remedy)


def why_ended(status: int, said: str) -> str:
    """Return in words why a run has ended: the last line that it said, else its status."""
    return said or (f"signal {-status}" if status < 0 else f"status {status}")


class Child:
    """One run of journalctl, whose output is read piece by piece; raises NoJournalError."""

    def __init__(self, arguments: Sequence[str]) -> None:
        try:
            self._process = subprocess.Popen(  # noqa: S603  one program; arguments of the configuration, no shell
                [PROGRAM, "--quiet", "--no-pager", "--output=export", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**os.environ, "LC_ALL": "C"},
            )
        except OSError as error:
            raise not_started(error) from None
        assert self._process.stdout
        assert self._process.stderr
        self.descriptor = self._process.stdout.fileno()
        self._said_on = self._process.stderr.fileno()
        self._said = b""
        for descriptor in (self.descriptor, self._said_on):
            os.set_blocking(descriptor, False)
        with contextlib.suppress(OSError):  # the user's limit for all pipes is reached: reading is only slower
            fcntl.fcntl(self.descriptor, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)

    def read(self) -> bytes | None:
        """Return the output that has come; None if none has, ``b""`` at the end."""
        self._listen()
        try:
            return os.read(self.descriptor, _READ_BYTES)
        except BlockingIOError:
            return None

    def wait(self, seconds: float) -> None:
        """Wait until something has come, at most for ``seconds``."""
        poll = select.poll()
        poll.register(self.descriptor, select.POLLIN)
        poll.poll(seconds * 1000)

    @property
    def waiting(self) -> int:
        """Bytes that can be read now."""
        (count,) = struct.unpack("i", fcntl.ioctl(self.descriptor, termios.FIONREAD, b"\0" * 4))
        return int(count)

    @property
    def left_out(self) -> Problem | None:
        """What is wrong with a file that it leaves out."""
        return left_out(self._said)

    def reap(self) -> tuple[int, str]:
        """Wait for its exit once its output has ended; return its status and the last line of its standard error."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_LAST_SECONDS)
        return self.kill()

    def kill(self) -> tuple[int, str]:
        """Kill and reap it; return what ``reap`` returns. It only reads, so nothing is left half done.

        If the kernel holds it (a frozen cgroup, a dead disk), it ends later, without anyone waiting for it.
        """
        self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_LAST_SECONDS)
        status = -signal.SIGKILL if self._process.returncode is None else self._process.returncode
        self._listen()
        for stream in (self._process.stdout, self._process.stderr):
            assert stream
            stream.close()
        lines = self._said.decode(errors="replace").strip().splitlines()
        return status, lines[-1] if lines else ""

    def _listen(self) -> None:
        """Read its standard error, so that it never blocks on it."""
        with contextlib.suppress(BlockingIOError):
            self._said = (self._said + os.read(self._said_on, _SAID_BYTES))[-_WORDS:]
