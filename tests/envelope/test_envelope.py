"""Docker's json-file is taken apart without losing or inventing a line; plain text passes through."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatch import envelope

MAX = 65536


def record(log: str, stream: str = "stdout", time: str = "2026-11-22T10:15:00.123456789Z") -> bytes:
    return json.dumps({"log": log, "stream": stream, "time": time}, separators=(",", ":")).encode() + b"\n"


def payloads(data: bytes) -> list[bytes]:
    return [line.payload for line in envelope.unwrap(data)]


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (record("E2211-101500-123 (17): x\n"), "docker"),
        (b"\0\0\0" + record("x\n"), "docker"),
        (b'g":"half of one\\n","stream":"stdout","time":""}\n' + record("x\n"), "docker"),
        (b"\n\n" + record("x\n"), "docker"),
        (b"E2211-101500-123 (17): x\n", "plain"),
        (b'E2211-101500-123 (17): {"log":"x"}\n', "plain"),
        (b"", "plain"),
        (b"\0\0\0", "plain"),
    ],
)
def test_the_envelope_is_told_by_the_first_lines(head, kind):
    """A damaged first line does not hide what the file is."""
    assert envelope.detect(head) == kind


@pytest.mark.parametrize(
    ("buffer", "kept"),
    [(b"", b""), (b"half", b""), (b"a\nhalf", b"a\n"), (b"a\nb\n", b"a\nb\n"), (b"\n", b"\n")],
)
def test_plain_is_cut_behind_the_last_newline(buffer, kept):
    """A line without its end stays behind."""
    assert buffer[: envelope.cut(buffer, "plain", MAX)] == kept


def test_docker_is_cut_before_a_split_message_that_is_still_open():
    """What an open message needs is handed on together with it, also when the other stream goes on writing."""
    whole, first, other, last = record("a\n"), record("b" * 10), record("c\n", "stderr"), record("d\n")
    assert envelope.cut(whole + first, "docker", MAX) == len(whole)
    assert envelope.cut(whole + first + other, "docker", MAX) == len(whole)
    assert envelope.cut(whole + first + other + last, "docker", MAX) == len(whole + first + other + last)
    assert envelope.cut(whole + first + other + last[:-1], "docker", MAX) == len(whole)


def test_a_message_that_ends_in_backslash_n_is_still_open():
    """Two characters that look like a newline when escaped are not its end."""
    assert envelope.cut(record("a\n") + record("b\\n"), "docker", MAX) == len(record("a\n"))
    assert envelope.cut(record("a\\\n"), "docker", MAX) == len(record("a\\\n"))


def test_a_stream_is_not_waited_for_for_ever():
    """Once an open message is longer than a line may be, the rest of the file goes on."""
    buffer = record("x" * 16000) * 3 + record("a\n", "stderr")
    assert envelope.cut(buffer, "docker", 65536) == 0
    assert envelope.cut(buffer, "docker", 40000) == len(buffer)


def test_split_messages_are_joined_per_stream():
    """Parts of both streams may interleave; each message is dated by its first part."""
    data = (
        record("E22", time="2026-01-01T00:00:00Z")
        + record("other\n", "stderr")
        + record("11: x\n", time="2026-01-01T00:00:01Z")
    )
    assert envelope.unwrap(data) == [
        (b"other", "2026-11-22T10:15:00.123456789Z"),
        (b"E2211: x", "2026-01-01T00:00:00Z"),
    ]


@pytest.mark.parametrize(
    "damaged", [b"\0\0\0", b'{"log":"half', b"binary \xff\xfe", b'{"log":7}', b"[]", b"", b'{"log":"\xff\\n"}']
)
def test_what_is_no_record_is_an_ordinary_line(damaged):
    """Damage is one line, and the records around it are read."""
    lines = payloads(record("a\n") + damaged + b"\n" + record("b\n"))
    assert lines == [b"a", damaged.lstrip(b"\0"), b"b"]


def test_nuls_before_a_line_are_dropped():
    """A writer that kept its offset over a truncation leaves a hole; the line behind it counts."""
    assert envelope.clean(b"\0\0\0E2211\na\0b\n\0c\n") == b"E2211\na\0b\nc\n"
    assert payloads(b"\0\0" + record("a\n")) == [b"a"]


def test_a_message_without_its_end_is_told():
    """Nothing is dropped when the last part of a message is missing."""
    assert payloads(record("a\n") + record("open")) == [b"a", b"open"]


@pytest.mark.parametrize(
    ("time", "seconds"),
    [
        ("2026-11-22T10:15:00.123456789Z", 1795342500.123456),
        ("2026-11-22T10:15:00Z", 1795342500.0),
        ("2026-11-22T12:15:00+02:00", 1795342500.0),
        ("2026-11-22T10:15:00", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_docker_times_are_read(time, seconds):
    """RFC 3339 with nanoseconds; without a zone it is no moment."""
    assert envelope.moment(time) == seconds


def parts(messages: list[tuple[str, int]], stream: str) -> list[bytes]:
    physical: list[bytes] = []
    for number, (text, count) in enumerate(messages):
        whole = f"{number}{text.replace(chr(10), '')}\n"
        size = -(-len(whole) // count)
        physical += [record(whole[i : i + size], stream) for i in range(0, len(whole), size)]
    return physical


MESSAGES = st.lists(st.tuples(st.text(max_size=20), st.integers(1, 4)), max_size=5)


@given(MESSAGES, MESSAGES, st.randoms(use_true_random=False), st.integers(0, 1500))
def test_any_cut_leaves_the_same_messages(out, err, random, at):
    """Read in two goes or in one, cut anywhere, streams interleaved: the same lines in the same order."""
    streams = [parts(out, "stdout"), parts(err, "stderr")]
    physical = []
    while any(streams):
        physical.append(random.choice([stream for stream in streams if stream]).pop(0))
    data = b"".join(physical)
    end = envelope.cut(data[:at], "docker", MAX)
    assert end == 0 or data[end - 1 : end] == b"\n"
    assert payloads(data[:end]) + payloads(data[end:]) == payloads(data)
