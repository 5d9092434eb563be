"""The rows of an examination: a ``Check`` is one row, about one thing, with a remedy if one is needed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from logwatch.doctor.host import NoAnswer

CheckResult = Literal["ok", "warning", "failure", "skipped"]


@dataclass(frozen=True, slots=True)
class Check:
    """One row: what was checked, its state in words, and what to do, if anything.

    Literal text is in backticks: the terminal shows it in bold, and ``as_dict`` leaves the backticks out.
    """

    name: str
    verdict: CheckResult
    what: str
    remedy: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return it for a program."""
        what, remedy = (text.replace("`", "") for text in (self.what, self.remedy))
        return {"check": self.name, "verdict": self.verdict, "what": what, "remedy": remedy}


def ok(name: str, what: str) -> Check:
    """Return a row about something that is as it should be."""
    return Check(name, "ok", what)


def warning(name: str, what: str, remedy: str) -> Check:
    """Return a row about something that works now but may not later."""
    return Check(name, "warning", what, remedy)


def failure(name: str, what: str, remedy: str) -> Check:
    """Return a row about something that prevents numbers or makes them wrong."""
    return Check(name, "failure", what, remedy)


def skipped(name: str, why: str, remedy: str = "") -> Check:
    """Return a row about something that could not be checked."""
    return Check(name, "skipped", f"because {why}", remedy)


def understood(name: str, rows: Iterator[Check]) -> Iterator[Check]:
    """Yield rows made from another program's answers; end with a row that says so if one is missing or strange."""
    try:
        yield from rows
    except NoAnswer as missing:
        yield skipped(name, str(missing), "run doctor again when it answers")
    except (AttributeError, LookupError, OverflowError, TypeError, ValueError) as error:
        why = f"its answer has a form that is not known here ({type(error).__name__})"
        yield skipped(
            name, why, "check that the address is that of the right program, or run doctor of a newer version"
        )
