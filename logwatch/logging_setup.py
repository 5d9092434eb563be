"""The daemon's own log: events with data, as key=value for people or JSON for programs, on standard error.

Under systemd each line starts with ``<N>``, the priority that the journal understands (sd-daemon(3)). Values never
break a line or reach a terminal as control characters, whatever a file name contains. What cannot be written (a full
disk, a reader that is gone or does not read) is left out: logging never stops the daemon.
"""

import logging
import os
import select
import sys
from collections.abc import Callable, MutableMapping
from pathlib import Path
from traceback import extract_tb
from types import TracebackType
from typing import Any, Literal, TextIO

# structlog's console renderer would import rich, which the daemon has no use for: this saves 50 ms and 3 MB at a start
_rich = sys.modules.setdefault("rich", None)  # type: ignore[arg-type]  # None makes its import fail
import structlog  # noqa: E402

if _rich is None:
    del sys.modules["rich"]

get_logger = structlog.get_logger
LogEvent = MutableMapping[str, Any]
LogFormat = Literal["auto", "json", "console"]

PATIENCE_SECONDS = 1.0
"""How long an event waits for a reader that does not read; later ones do not wait until it does."""
PRIORITIES = {"critical": 2, "error": 3, "warning": 4, "info": 6, "debug": 7}


def configure(level: str = "info", form: LogFormat = "auto", stream: TextIO | None = None) -> None:
    """Send every event of at least ``level`` to ``stream`` (by default standard error), in the given form."""
    out = stream or sys.stderr
    journal = form == "auto" and is_journal(out)
    pretty = form == "console" or (form == "auto" and not journal and out.isatty())
    processors: list[Any] = [structlog.processors.add_log_level, _printable]
    if form == "json":
        processors += [structlog.processors.TimeStamper("iso", utc=True), structlog.processors.JSONRenderer()]
    elif pretty:
        processors += [
            structlog.processors.TimeStamper("%H:%M:%S", utc=False),
            structlog.dev.ConsoleRenderer(colors=out.isatty() and "NO_COLOR" not in os.environ, pad_event_to=24),
        ]
    else:
        processors.append(_line(journal=journal))
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=_Patient(out, _left_out(processors))),  # type: ignore[arg-type]
        cache_logger_on_first_use=False,
    )
    # Python's handler for loggers that nobody configured writes tracebacks, which are many lines
    logging.lastResort = _OfLibraries(logging.WARNING)


def is_journal(stream: TextIO) -> bool:
    """Return whether systemd's journal reads a stream: its variable alone is inherited by terminals, too."""
    try:
        found = os.fstat(stream.fileno())
    except (OSError, ValueError):  # in memory, or closed
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"


class _OfLibraries(logging.Handler):
    """Turns what a library logs into an event: its message, and the exception without a traceback."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log ``record`` as an event."""
        raised = record.exc_info and record.exc_info[1]
        said = structlog.get_logger().error if record.levelno >= logging.ERROR else structlog.get_logger().warning
        try:
            text = record.getMessage()
            more = {"error": repr(raised), "at": raised_at(raised.__traceback__)} if raised else {}
        except Exception as error:  # noqa: BLE001  whatever a library hands over, logging it must not raise
            text = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
            more = {"error": type(raised or error).__name__}
        said("library_says", library=record.name, text=text, **more)


def raised_at(raised: TracebackType | None) -> str:
    """Return where an error was raised, for an event: file, line and function; a question mark if that is unknown."""
    return next((f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in extract_tb(raised)[-1:]), "?")


class _Patient:
    """A stream that is written to as long as it accepts data: writing neither fails nor waits for long."""

    def __init__(self, stream: TextIO, notice: Callable[[int], str]) -> None:
        self._stream = stream
        self._notice = notice  # makes the event that says how many were left out
        self._left_out = 0
        self._torn = False  # only the beginning of the last event was written
        self._patience = PATIENCE_SECONDS
        self._takes = select.poll()
        try:
            self._descriptor = stream.fileno()
            self._takes.register(self._descriptor, select.POLLOUT)
        except (OSError, ValueError):  # in memory
            self._descriptor = -1

    def write(self, text: str) -> None:
        """Write ``text`` after the number of events that were left out, or leave it out as well."""
        try:
            self._put(f"{self._notice(self._left_out)}\n{text}" if self._left_out else text)
        except (OSError, ValueError):
            self._left_out += 1
        else:
            self._left_out = 0

    def flush(self) -> None:
        """Do nothing: nothing is buffered."""

    def _put(self, text: str) -> None:
        if self._descriptor < 0:
            self._stream.write(text)
            return
        # Bypass the stream's buffer, which would keep what cannot be written, and fail again when the process ends
        rest = ("\n" * self._torn + text).encode(self._stream.encoding or "utf-8", "backslashreplace")
        while rest:
            ready = self._takes.poll(self._patience * 1000)
            self._patience = PATIENCE_SECONDS if ready else 0.0
            if not ready:
                raise BlockingIOError
            rest = rest[os.write(self._descriptor, rest[: select.PIPE_BUF]) :]  # so much never blocks
            self._torn = bool(rest)


def _left_out(processors: list[Any]) -> Callable[[int], str]:
    """Return a function that renders, like any other event, how many events were left out."""

    def notice(number: int) -> str:
        event: Any = {"event": "events_left_out", "number": number}
        for process in processors:
            event = process(None, "warning", event)
        return str(event)

    return notice


def _printable(_logger: Any, _method: str, event: LogEvent) -> LogEvent:
    """Escape what is not printable: a file name may contain newlines, escape sequences or undecodable bytes."""
    for key, value in event.items():
        if isinstance(value, str) and not value.isprintable():
            event[key] = value.encode("unicode_escape", "surrogatepass").decode("ascii")
    return event


def _line(*, journal: bool) -> Callable[[Any, str, LogEvent], str]:
    """Return a renderer of ``event key=value …``; the journal keeps the time itself and reads the priority."""
    render = structlog.processors.LogfmtRenderer(bool_as_flag=False)

    def line(logger: Any, method: str, event: LogEvent) -> str:
        name, level = event.pop("event"), event.pop("level")
        text = f"{name} {render(logger, method, event)}".rstrip()
        return f"<{PRIORITIES[level]}>{text}" if journal else f"{level}: {text}"

    return line
