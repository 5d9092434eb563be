"""Errors in what we are given: each problem says where, what, why, and what to try.

LogwatchError                 base; carries every problem that was found, not only the first
├── ConfigError               the configuration, or what it names
├── CatalogueError            the catalogue of codes
├── GrammarError              a grammar file or its samples
├── StateError                the state directory or the ledger in it
└── WebError                  the listen address or the web configuration file

Lower layers raise; ``cli`` and ``daemon`` report, once. No error is ever shown as a traceback.
"""

import difflib
import errno
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: ``where`` it is, ``what`` it is, ``why`` that is a problem, and what to try."""

    where: str
    what: str
    why: str = ""
    try_: str = ""
    warning: bool = False  # worth saying, but no reason to stop

    @property
    def headline(self) -> str:
        """Where, what and why, always on one line, with unprintable characters escaped."""
        text = f"{self.where}: {self.what}" + (f": {self.why}" if self.why else "")
        if text.isprintable():
            return text
        return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)

    def __str__(self) -> str:
        """One paragraph for a terminal: where, what and why on the first line, what to try below."""
        return self.headline + (f"\n  try: {self.try_}" if self.try_ else "")


def in_words(error: BaseException) -> str:
    """Return what the system says about an error, without number and path; another in its own words, or its name."""
    nothing_said = "no memory is left" if isinstance(error, MemoryError) else type(error).__name__
    return getattr(error, "strerror", None) or str(error) or nothing_said


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return what to try for a misspelt word; empty if none of the known ones is like it."""
    near = difflib.get_close_matches(word, list(known), 1)
    return f"did you mean {near[0]}?" if near else ""


def installing(extra: str) -> str:
    """Return the command that installs an extra for this interpreter, as the system's own pip may be forbidden to."""
    return f"{sys.executable} -m pip install 'mesibo-logwatch[{extra}]'"


def remedy_for_scarcity(error: Exception) -> str:
    """Return what to try where memory, a process, a thread or a descriptor is not to be had; empty for other errors."""
    number = error.errno if isinstance(error, OSError) else None
    scarce = number in (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE)
    messages = ("can't start new thread", "failed to map segment")  # the latter by ImportError, of a library's memory
    if not (scarce or isinstance(error, MemoryError) or any(each in str(error) for each in messages)):
        return ""
    return "see `free`, `dmesg` and `ulimit -a`; for the service TasksMax=, MemoryMax= and LimitNOFILE="


class LogwatchError(Exception):
    """Base of all errors in what we are given; ``problems`` has at least one problem."""

    def __init__(self, *problems: Problem) -> None:
        assert problems, "an error without a problem helps nobody"
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems

    @classmethod
    def at(cls, where: str, what: str, why: str = "", try_: str = "") -> Self:
        """Return an error of one problem."""
        return cls(Problem(where, what, why, try_))


class ConfigError(LogwatchError):
    """The configuration, or a file that it names, cannot be used."""


class CatalogueError(LogwatchError):
    """The catalogue of codes, or an operator's additions to it, cannot be used."""


class GrammarError(LogwatchError):
    """A grammar file, its samples or its permissions cannot be used."""


class StateError(LogwatchError):
    """The state directory or the ledger in it cannot be used."""


class WebError(LogwatchError):
    """The listen address or the web configuration file cannot be used."""
