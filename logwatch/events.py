"""The log that happenings are told to, and file names made fit for it."""

import shlex
from typing import Any, Protocol


class Log(Protocol):
    """A bound logger in structlog's manner: a fixed event name, and data as keys."""

    def info(self, event: str, **data: Any) -> Any:
        """Log what happened."""

    def warning(self, event: str, **data: Any) -> Any:
        """Log what somebody may have to do something about."""


def shown(path: str) -> str:
    """Return a path that any terminal and any encoder can take: odd bytes and control characters escaped."""
    plain = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return plain if plain.isprintable() else plain.encode("unicode_escape").decode("ascii")


def quoted(path: object) -> str:
    """Return a path as a shell takes it, for commands that are there to be copied."""
    return shlex.quote(shown(str(path)))
