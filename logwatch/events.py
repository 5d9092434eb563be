"""The interface of the daemon's own log, and file names made fit for it."""

import shlex
from typing import Any, Protocol


class Log(Protocol):
    """A bound logger as structlog's: a fixed event name, and data as keyword arguments."""

    def info(self, event: str, **data: Any) -> Any:
        """Log what happened."""

    def warning(self, event: str, **data: Any) -> Any:
        """Log something that may need attention."""


def shown(path: str) -> str:
    """Return a path that is safe for any terminal and any encoding: odd bytes and control characters are escaped."""
    plain = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return plain if plain.isprintable() else plain.encode("unicode_escape").decode("ascii")


def quoted(path: object) -> str:
    """Return a path quoted for the shell, for commands that are meant to be copied."""
    return shlex.quote(shown(str(path)))
