"""Records are taken out of their envelope together: just what each of them gives by itself, or none at all."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatch import envelope
from logwatch.model import Envelope
from tests.envelope.test_hostile import agree
from tests.helpers.wrapping import envelope_of, journal, log

DOCKER, JOURNAL = envelope_of("docker"), envelope_of("journal-json")
TIME = "2026-11-22T10:15:00.123456789Z"


def record(text: str, **other: object) -> bytes:
    written = {"log": text, "stream": "stderr", "time": TIME} | other
    return json.dumps(written, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def entry(text: object, **other: object) -> bytes:
    return json.dumps(journal("", 1) | {"MESSAGE": text} | other, ensure_ascii=False).encode() + b"\n"


TEXTS = st.lists(st.text(alphabet='ab"\\\t\r{}é<\x00\x01\x1b[0m\u2028😀', max_size=12), min_size=1, max_size=6)


@given(TEXTS, st.booleans())
def test_whatever_was_logged_is_taken_out(texts, escaped):
    """Quotes, backslashes, control characters, any script, written as any encoder of JSON does."""
    data = "".join(
        json.dumps({"log": text + "\n", "stream": "stdout", "time": TIME}, ensure_ascii=escaped) + "\n"
        for text in texts
    ).encode()
    taken = envelope.taken_out(data, DOCKER)
    assert taken is not None
    assert agree(taken, envelope.unwrap(data, DOCKER))
    if not any("\x1b" in text for text in texts):
        data = b"".join(map(entry, texts))
        taken = envelope.taken_out(data, JOURNAL)
        assert taken is not None
        assert agree(taken, envelope.unwrap(data, JOURNAL))


@pytest.mark.parametrize(
    "damaged",
    [
        record("a part"),
        record("two\nlines\n"),
        record("whole\n")[:-9] + b"\n",
        b"\n",
        record("one\n")[:-1] + record("another on the same line\n"),
        record("broken\n").replace(b',"stream"', b'\n,"stream"'),
        b" " + record("behind a blank\n"),
        record("another stream\n", stream="stdin"),
        record("no day\n", time="2026-02-30T10:00:00Z"),
        record("no zone\n", time="2026-11-22T10:00:00"),
        b"\xff" + record("x\n"),
    ],
)
def test_one_record_that_is_irregular_keeps_all_from_being_taken_out(damaged):
    """Parts of messages, several lines in a record, torn and strange ones: these are for the exact road."""
    for data in (damaged, record("good\n") + damaged + record("good\n")):
        assert envelope.taken_out(data, DOCKER) is None


@pytest.mark.parametrize(
    "message", ["é", None, "", "a\nb", ["first", "second"], list(b"\x07 not text"), list(b"two\nlines")]
)
def test_any_message_of_a_journal_is_taken_out(message):
    """A message that is text, numbers, missing, or there twice yields the first line of the first."""
    data = entry("one") + entry(message) + entry("two")
    taken = envelope.taken_out(data, JOURNAL)
    assert taken is not None
    assert agree(taken, envelope.unwrap(data, JOURNAL))


@pytest.mark.parametrize(
    "other",
    [
        {"CONTAINER_PARTIAL_MESSAGE": "true"},
        {"__REALTIME_TIMESTAMP": "1e9"},
        {"__REALTIME_TIMESTAMP": "1" * 18},
        {"_SYSTEMD_UNIT": ["a", "b"]},
        {"SYSLOG_TIMESTAMP": [65]},
    ],
)
def test_an_entry_that_is_irregular_keeps_all_from_being_taken_out(other):
    """If a field of an entry is not one string, as it nearly always is, no entry is taken out by the fast way."""
    assert envelope.taken_out(entry("one") + entry("two", **other), JOURNAL) is None


@pytest.mark.parametrize(
    ("stamps", "time"),
    [
        ({"SYSLOG_TIMESTAMP": "2026-11-25T10:00:00.5Z"}, "2026-11-25T10:00:00.5Z"),
        ({"SYSLOG_TIMESTAMP": "Nov 25 11:00:00 ", "_SOURCE_REALTIME_TIMESTAMP": "17"}, "17"),
        ({"SYSLOG_TIMESTAMP": "Nov 25 11:00:00 ", "__REALTIME_TIMESTAMP": "18"}, "18"),
    ],
)
def test_a_stamp_of_syslog_is_no_time_in_a_journal(stamps, time):
    """It has no zone, no year and, as journald keeps it, a blank behind; the journal's own times have all."""
    data = entry("one") + entry("two", **stamps)
    taken = envelope.taken_out(data, JOURNAL)
    assert taken is not None
    assert agree(taken, envelope.unwrap(data, JOURNAL))
    assert taken.times[1] == time


def test_an_entry_of_another_unit_keeps_all_from_being_taken_out():
    """No text of theirs can count, and that is said of each line."""
    data = entry("mine") + entry("theirs", _SYSTEMD_UNIT="nginx.service") + entry("mine\ntoo")
    assert envelope.taken_out(data, JOURNAL) is None
    assert [line.refused for line in envelope.unwrap(data, JOURNAL)] == [None, "misplaced", None]


def test_lines_in_two_envelopes_are_taken_out_of_both():
    """The inner one's time is the line's, where it tells one."""
    wrapped = Envelope((*DOCKER.layers, *envelope_of("compose-timestamps").layers))
    inner = log("compose-timestamps", ["a", "b"]).decode().splitlines(keepends=True)
    data = b"".join(map(record, inner))
    taken = envelope.taken_out(data, wrapped)
    assert taken is not None
    assert agree(taken, envelope.unwrap(data, wrapped))


def test_parts_of_a_message_are_noticed_among_whole_records():
    """Parts are noticed even if one ends in a backslash and an n, which is no newline."""
    whole = record("a\n") + record('quotes ","stream":"stdout" and \\n in it\n')
    form = envelope.FORMATS["docker"]
    assert not form.has_parts(whole)
    assert form.has_parts(whole + record("a part"))
    assert form.has_parts(whole + record("looks whole\\n"))
