"""Start the short-lived process that checks credentials: once for a command, every hour for the daemon.

Each file has a process of its own, so that a file that hangs or crashes it costs only its own verdict. Input and output
are kept in memory (memfd): no pipe can fill up, and no file can be left behind.
"""

import contextlib
import errno
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

import msgspec

from logwatch.config import Credential
from logwatch.credentials.verdict import Request, Verdict, flaw, of_file
from logwatch.errors import in_words, installing, remedy_for_scarcity
from logwatch.events import Log

HOUR_SECONDS = 3600.0
AGAIN_SECONDS = 60.0  # after a check for which there was no process or memory left
PATIENCE_SECONDS = 30.0  # a check takes 0.2 s; a file may ask for more rounds of key derivation than anybody waits for
NO_EXTRA = 3  # exit status
EXTRA = installing("credentials")
_LONGEST_ANSWER = 1 << 20
_LAST_SECONDS = 1.0  # between a kill and the end
COMMAND = (sys.executable, "-m", "logwatch.credentials")
_WHERE = Path(__file__).parents[2]  # -m imports from the working directory: this must be the package's own


class Errand(msgspec.Struct, frozen=True):
    """The input of the short-lived process; ``now`` is in seconds since the epoch."""

    now: float
    request: Request


def missing_extra() -> bool:
    """Return whether the library that reads certificates is not installed."""
    return find_spec("cryptography") is None


def asked(credential: Credential) -> Request:
    """Return the request for a credential of the configuration, whose fields have the same names."""
    given = msgspec.structs.asdict(credential)
    return Request(**{name: value for name, value in given.items() if value is not None})


@dataclass(slots=True)
class _Process:
    """A short-lived process at work on one file."""

    request: Request
    process: subprocess.Popen[bytes]
    answer: BinaryIO
    deadline: float
    patience: float  # seconds, up to the deadline

    @classmethod
    def start(
        cls, request: Request, now: float, began: float, command: Sequence[str], patience: float = PATIENCE_SECONDS
    ) -> "_Process":
        try:
            errand = msgspec.json.encode(Errand(now, request))
        except UnicodeEncodeError:
            raise OSError(errno.EILSEQ, "its name, or its password file's, is not UTF-8: give it another one") from None
        question = os.fdopen(os.memfd_create("question"), "w+b")
        answer = os.fdopen(os.memfd_create("verdicts"), "w+b")
        question.write(errand)
        question.seek(0)
        try:
            process = subprocess.Popen(  # noqa: S603  our own module
                command, stdin=question, stdout=answer, stderr=subprocess.DEVNULL, cwd=_WHERE
            )
        except OSError:
            answer.close()
            raise
        finally:
            question.close()
        return cls(request, process, answer, began + patience, patience)

    def wait(self, seconds: float) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)

    def finished(self, now: float) -> Verdict | None:
        """Return the verdict, or None while the process runs; at its deadline kill it, and say so in a verdict."""
        status = self.process.poll()
        if status is None and now < self.deadline:
            return None
        if status is None:
            self.end()
            why = f"checking it took longer than {self.patience:.0f} seconds, as where this host is busy"
            return _unchecked(self.request, why)
        with self.answer:
            self.answer.seek(0)
            data = self.answer.read(_LONGEST_ANSWER)
        if status == NO_EXTRA:
            return _unchecked(self.request, "the library that reads it is not installed", EXTRA)
        with contextlib.suppress(msgspec.DecodeError):
            if status == 0:
                return msgspec.json.decode(data, type=Verdict)
        return _unchecked(self.request, f"the process that checked it ended with status {status}")

    def end(self) -> None:
        """Kill the process and close its output; do not wait for one that the kernel holds (a file on a dead disk)."""
        self.process.kill()
        self.wait(_LAST_SECONDS)
        self.answer.close()


def _unchecked(request: Request, why: str, remedy: str = "") -> Verdict:
    remedy = remedy or "Check that it is the right file: mesibo-logwatch credentials check FILE"
    what = flaw("not_checked", f"The file could not be checked: {why}.", remedy=remedy)
    return of_file(request, request.provider, "file", what)


def _not_started(request: Request, error: OSError) -> Verdict:
    return _unchecked(request, f"no process can be started ({in_words(error)})", remedy_for_scarcity(error))


def examine(
    requests: Iterable[Request],
    *,
    clock: Callable[[], float] = time.time,
    command: Sequence[str] = COMMAND,
    patience: float = PATIENCE_SECONDS,
) -> tuple[Verdict, ...]:
    """Check files now and wait for the verdicts, for at most ``patience`` seconds a file."""
    verdicts = []
    for request in requests:
        try:
            work = _Process.start(request, clock(), 0.0, command, patience)
        except OSError as error:
            verdicts.append(_not_started(request, error))
            continue
        work.wait(patience)
        found = work.finished(work.deadline)
        assert found is not None, "a process that has ended, or whose time is over, has a verdict"
        verdicts.append(found)
    return tuple(verdicts)


class Watch:
    """The daemon's view of its credentials: checked one after the other, every hour, without blocking."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        log: Log,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self.verdicts: tuple[Verdict, ...] = ()
        self._log = log
        self._clock = clock
        self._monotonic = monotonic
        self._command = command
        self._requests: tuple[Request, ...] = ()
        self._waiting: list[Request] = []
        self._process: _Process | None = None
        self._due = float("inf")

    def watch(self, requests: Iterable[Request]) -> None:
        """Check these from now on, beginning at once; forget verdicts on others."""
        self.close()
        self._requests = tuple(requests)
        wanted = {request.name for request in self._requests}
        self.verdicts = tuple(verdict for verdict in self.verdicts if verdict.name in wanted)
        self._due = self._monotonic() if self._requests else float("inf")

    def turn(self) -> None:
        """Do what is due without blocking: begin to check one file, or take its verdict."""
        now = self._monotonic()
        if self._process is not None:
            found = self._process.finished(now)
            if found is None:
                return
            self._process = None
            self._take(found)
        elif now >= self._due:
            self._due = now + HOUR_SECONDS
            self._waiting = list(self._requests)
        if self._waiting:
            request = self._waiting.pop(0)
            try:
                self._process = _Process.start(request, self._clock(), now, self._command)
            except OSError as error:  # no process or memory left: the next file may have more luck
                self._take(_not_started(request, error))
                if remedy_for_scarcity(error):
                    self._due = min(self._due, now + AGAIN_SECONDS)

    def _take(self, verdict: Verdict) -> None:
        """Replace the previous verdict on a credential, and log problems that it did not have."""
        before = {each for known in self.verdicts if known.name == verdict.name for each in known.problems}
        for problem in verdict.problems:
            if problem not in before:
                self._log.warning(
                    "credential_problem",
                    credential=verdict.name,
                    problem=problem.what,
                    code=problem.code,
                    remedy=verdict.remedy(problem),
                )
        known = {each.name: each for each in (*self.verdicts, verdict)}
        self.verdicts = tuple(known[request.name] for request in self._requests if request.name in known)

    def close(self) -> None:
        """End the process at work, and check no more of this round."""
        if self._process is not None:
            self._process.end()
            self._process = None
        self._waiting = []
