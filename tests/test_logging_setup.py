"""The daemon's own log: one line an event, whatever is in it."""

import io
import json

import pytest
import structlog

from logwatch import logging_setup


@pytest.fixture
def said(monkeypatch):
    """Configure the log for a stream, log one event, and give what was written."""
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)

    def say(form="auto", level="info", method="warning", event="file_followed", **values):
        out = io.StringIO()
        logging_setup.configure(level, form, out)
        getattr(structlog.get_logger(), method)(event, **values)
        return out.getvalue()

    yield say
    structlog.reset_defaults()


def test_people_read_key_and_value(said):
    """By default an event is its level, its name, and its data as key=value."""
    assert said(path="/var/log/m.log", bytes=3) == "warning: file_followed path=/var/log/m.log bytes=3\n"


def test_programs_read_json(said):
    """JSON on request, with the time in UTC."""
    event = json.loads(said("json", path="/m.log"))
    assert (event["event"], event["level"], event["path"]) == ("file_followed", "warning", "/m.log")
    assert event["timestamp"].endswith("Z")


@pytest.mark.parametrize(
    ("method", "priority"), [("debug", 7), ("info", 6), ("warning", 4), ("error", 3), ("critical", 2)]
)
def test_the_journal_reads_the_priority(said, monkeypatch, method, priority):
    """Under systemd each line begins with the priority as sd-daemon(3) has it."""
    monkeypatch.setenv("JOURNAL_STREAM", "8:1")
    assert said(method=method, level="debug") == f"<{priority}>file_followed\n"


@pytest.mark.parametrize("form", ["auto", "json", "console"])
@pytest.mark.parametrize("value", ["a\nb", "\x1b[31mred", "\u202eright to left", "bytes \udcff", "nul\0"])
def test_no_value_breaks_a_line_or_reaches_a_terminal_raw(said, form, value):
    """Newlines, escapes, direction marks and bytes of no encoding are written as escapes, on one line."""
    line = said(form, path=value)
    assert line.count("\n") == 1
    assert line.rstrip("\n").isprintable()
    line.encode()


def test_events_below_the_level_are_not_written(said):
    """The configured level decides."""
    assert said(level="error", method="warning") == ""
