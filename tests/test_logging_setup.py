"""The daemon's own log: one line an event, whatever is in it."""

import io
import json
import logging
import os

import pytest
import structlog

from logwatch import logging_setup


@pytest.fixture
def said(monkeypatch):
    """Configure the log for a stream, log one event, and give what was written."""

    def say(form="auto", level="info", method="warning", event="file_followed", **values):
        out = io.StringIO()
        logging_setup.configure(level, form, out)
        getattr(structlog.get_logger(), method)(event, **values)
        return out.getvalue()

    monkeypatch.setattr(logging, "lastResort", logging.lastResort)
    yield say
    structlog.reset_defaults()


@pytest.fixture
def said_to_a_file(monkeypatch, tmp_path):
    """Log one event to a file, after systemd's variable was made of its status; return what was written."""

    def say(method, variable):
        with (tmp_path / "stderr").open("w+") as out:
            monkeypatch.setenv("JOURNAL_STREAM", variable(os.fstat(out.fileno())))
            logging_setup.configure("debug", "auto", out)
            getattr(structlog.get_logger(), method)("file_followed")
            return (tmp_path / "stderr").read_text()

    monkeypatch.setattr(logging, "lastResort", logging.lastResort)
    yield say
    structlog.reset_defaults()


def test_people_read_key_and_value(said):
    """By default an event is its level, its name, and its data as key=value."""
    assert said(path="/var/log/m.log", bytes=3) == "warning: file_followed path=/var/log/m.log bytes=3\n"


def test_json_is_logged_on_request(said):
    """With ``format = "json"`` an event is a JSON object with its time in UTC."""
    event = json.loads(said("json", path="/m.log"))
    assert (event["event"], event["level"], event["path"]) == ("file_followed", "warning", "/m.log")
    assert event["timestamp"].endswith("Z")


@pytest.mark.parametrize(
    ("method", "priority"), [("debug", 7), ("info", 6), ("warning", 4), ("error", 3), ("critical", 2)]
)
def test_the_journal_reads_the_priority(said_to_a_file, method, priority):
    """Where the journal reads standard error, each line begins with the priority as sd-daemon(3) has it."""
    assert said_to_a_file(method, lambda found: f"{found.st_dev}:{found.st_ino}") == f"<{priority}>file_followed\n"


def test_a_variable_that_was_inherited_puts_no_priority_in_front(said_to_a_file):
    """A terminal or a job that a service started has systemd's variable, but the journal does not read its output."""
    assert said_to_a_file("warning", lambda found: f"{found.st_dev}:{found.st_ino + 1}") == "warning: file_followed\n"


@pytest.mark.parametrize("form", ["auto", "json", "console"])
@pytest.mark.parametrize("value", ["a\nb", "\x1b[31mred", "\u202eright to left", "bytes \udcff", "nul\0"])
def test_no_value_breaks_a_line_or_reaches_a_terminal_raw(said, form, value):
    """Newlines, escapes, direction marks and bytes of no encoding are written as escapes, on one line."""
    line = said(form, path=value)
    assert line.count("\n") == 1
    assert line.rstrip("\n").isprintable()
    line.encode()


@pytest.mark.parametrize("form", ["auto", "json", "console"])
def test_what_a_library_logs_is_an_event_of_one_line(said, monkeypatch, form):
    """An error that a library logs with its traceback is reported on one line, with what was raised and where."""
    monkeypatch.setattr(logging.root, "handlers", [])  # pytest's own
    out = io.StringIO()
    logging_setup.configure("info", form, out)
    try:
        int("no\nnumber")
    except ValueError:
        logging.getLogger("asyncio").exception("never retrieved\nfuture: %s", "f")
    (line,) = out.getvalue().splitlines()
    for part in ("library_says", "asyncio", "ValueError(", "test_logging_setup.py:"):
        assert part in line


class SpeechlessError(Exception):
    """What raises when it is asked for its words."""

    def __str__(self):
        raise RuntimeError

    __repr__ = __str__


@pytest.mark.parametrize(
    ("message", "values", "raised", "text"),
    [
        ("%d tasks", ("no",), None, "%d tasks"),
        ("%(a)s", ({"b": 1},), None, "%(a)s"),
        ("future %s", (SpeechlessError(),), None, "future %s"),
        ("never retrieved", (), SpeechlessError(), "never retrieved"),
        (SpeechlessError(), (), None, "SpeechlessError"),
    ],
)
def test_what_a_library_cannot_put_into_words_is_an_event_all_the_same(
    said, monkeypatch, message, values, raised, text
):
    """A message whose values do not fit is reported as it stands, and raises nothing in the library."""
    monkeypatch.setattr(logging.root, "handlers", [])  # pytest's own
    out = io.StringIO()
    logging_setup.configure("info", "json", out)
    logging.getLogger("asyncio").warning(message, *values, exc_info=raised)
    assert json.loads(out.getvalue())["text"] == text


def test_events_below_the_level_are_not_written(said):
    """The configured level decides."""
    assert said(level="error", method="warning") == ""


@pytest.fixture
def pipe(monkeypatch):
    """Configure the log for a pipe, with no patience; give its reading end."""
    monkeypatch.setattr(logging_setup, "PATIENCE_SECONDS", 0.0)
    read, write = os.pipe()
    with os.fdopen(read, "rb", buffering=0) as reader, os.fdopen(write, "w") as writer:
        logging_setup.configure("info", "auto", writer)
        yield reader
    structlog.reset_defaults()


@pytest.mark.parametrize("size", [10, 3000, 20_000])
def test_a_reader_that_does_not_read_stops_nobody(pipe, size):
    """What does not fit is left out, whatever the length of an event; how many were is reported as soon as it fits."""
    log, sent = structlog.get_logger(), 100_000 // size + 100
    for number in range(sent):
        log.info("happened", number=number, what="x" * size)
    os.set_blocking(pipe.fileno(), False)
    read = b"".join(iter(lambda: pipe.read(1 << 16), None))
    log.info("later")
    first, last = pipe.read(1 << 16).decode().splitlines()[-2:]
    told = first.partition("warning: events_left_out number=")[2]
    assert int(told) == sent - read.count(b"x\n")
    assert last == "info: later"


def test_a_reader_that_is_gone_stops_nobody(pipe):
    """Logging continues while the reader of standard error is away, as when journald restarts."""
    pipe.close()
    structlog.get_logger().info("happened")


def test_a_full_disk_stops_nobody():
    """Standard error may be a file; what could not be written does not come back when the process ends."""
    with open("/dev/full", "w") as full:  # noqa: PTH123  a device
        logging_setup.configure("info", "auto", full)
        structlog.get_logger().info("happened")
    structlog.reset_defaults()
