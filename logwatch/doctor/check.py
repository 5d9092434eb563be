"""The nouns of an examination: a ``Check`` is one row, a ``Host`` is what may be asked about the machine."""

import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Verdict = Literal["ok", "warning", "failure", "skipped"]
PATIENCE_SECONDS = 5.0
LONGEST_ANSWER = 8 << 20


@dataclass(frozen=True, slots=True)
class Check:
    """One row: what was looked at, how it is, in words, and what to do where something is to be done."""

    name: str
    verdict: Verdict
    what: str
    remedy: str = ""

    def as_dict(self) -> dict[str, str]:
        """Give it for a program."""
        return {"check": self.name, "verdict": self.verdict, "what": self.what, "remedy": self.remedy}


def ok(name: str, what: str) -> Check:
    """Give a row about something that is as it should be."""
    return Check(name, "ok", what)


def warning(name: str, what: str, remedy: str) -> Check:
    """Give a row about something that works now but may not later."""
    return Check(name, "warning", what, remedy)


def failure(name: str, what: str, remedy: str) -> Check:
    """Give a row about something that keeps numbers from coming, or makes them wrong."""
    return Check(name, "failure", what, remedy)


def skipped(name: str, why: str, remedy: str = "") -> Check:
    """Give a row about something that could not be looked at."""
    return Check(name, "skipped", f"because {why}", remedy)


class NoAnswer(Exception):  # noqa: N818  what a machine says, not a mistake
    """A program or an address did not answer; the text says why. ``status`` is HTTP's, where there was one."""

    def __init__(self, why: str, status: int = 0) -> None:
        super().__init__(why)
        self.status = status


class Host:
    """This machine: its programs, its loopback and its clock; tests hand in another one."""

    def now(self) -> float:
        """Give the time in seconds since the epoch."""
        return time.time()

    def run(self, command: Sequence[str]) -> str:
        """Give what a program prints; NoAnswer when it is not there, fails or hangs."""
        try:
            done = subprocess.run(  # noqa: S603  fixed commands of our own
                command, capture_output=True, text=True, errors="replace", timeout=PATIENCE_SECONDS, check=False
            )
        except FileNotFoundError:
            raise NoAnswer(f"there is no {command[0]} here") from None
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NoAnswer(f"{command[0]} does not answer: {error}") from None
        if done.returncode != 0:
            raise NoAnswer((done.stderr or done.stdout).strip().split("\n")[0] or f"{command[0]} failed")
        return done.stdout

    def fetch(self, url: str) -> bytes:
        """Give what an address serves; NoAnswer with the status when it refuses, without one when nobody listens."""
        if not url.startswith(("http://", "https://")):
            raise NoAnswer(f"{url} is no http address")
        trusting = ssl.create_default_context()  # whose certificate it is does not matter here: nothing is sent
        trusting.check_hostname = False
        trusting.verify_mode = ssl.CERT_NONE
        try:
            with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS, context=trusting) as answer:  # noqa: S310  checked above
                return bytes(answer.read(LONGEST_ANSWER))
        except urllib.error.HTTPError as error:
            text = error.read(1000).decode(errors="replace").strip().split("\n")[0]
            error.close()
            raise NoAnswer(
                f"it answers {error.code}: {text}" if text else f"it answers {error.code}", error.code
            ) from None
        except (OSError, ValueError, urllib.error.URLError) as error:
            raise NoAnswer(str(getattr(error, "reason", error))) from None

    def text(self, path: Path) -> str:
        """Give a file's text; OSError when it cannot be read."""
        return path.read_bytes().decode("utf-8", errors="replace")
