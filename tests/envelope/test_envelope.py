"""Docker's json-file is taken apart without losing or inventing a line; plain text passes through."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatch import envelope
from logwatch.model import PLAIN
from tests.helpers.wrapping import whole_lines

MAX = 65536
DOCKER = envelope.undecided("docker")


pytestmark = pytest.mark.usefixtures("short_parts")


def record(log: str, stream: str = "stdout", time: str = "2026-11-22T10:15:00.123456789Z") -> bytes:
    return json.dumps({"log": log, "stream": stream, "time": time}, separators=(",", ":")).encode() + b"\n"


def payloads(data: bytes) -> list[bytes]:
    return [line.payload for line in envelope.unwrap(whole_lines(data, DOCKER), DOCKER)]


@pytest.mark.parametrize(
    ("buffer", "kept"),
    [(b"", b""), (b"half", b""), (b"a\nhalf", b"a\n"), (b"a\nb\n", b"a\nb\n"), (b"\n", b"\n")],
)
def test_plain_is_cut_behind_the_last_newline(buffer, kept):
    """A line without its end stays behind."""
    assert buffer[: envelope.cut(buffer, PLAIN, MAX).consumed] == kept


def test_docker_is_cut_before_a_split_message_that_is_still_open():
    """The records of an open message stay together, even if the other stream goes on writing."""
    whole, first, other, last = record("a\n"), record("b" * 10), record("c\n", "stderr"), record("d\n")
    assert envelope.cut(whole + first, DOCKER, MAX).consumed == len(whole)
    assert envelope.cut(whole + first + other, DOCKER, MAX).consumed == len(whole)
    assert envelope.cut(whole + first + other + last, DOCKER, MAX).consumed == len(whole + first + other + last)
    assert envelope.cut(whole + first + other + last[:-1], DOCKER, MAX).consumed == len(whole)


def test_a_message_that_ends_in_backslash_n_is_still_open():
    """Two characters that look like a newline when escaped are not its end."""
    assert envelope.cut(record("a\n") + record("b\\n"), DOCKER, MAX).consumed == len(record("a\n"))
    assert envelope.cut(record("a\\\n"), DOCKER, MAX).consumed == len(record("a\\\n"))


def test_a_stream_is_not_waited_for_for_ever():
    """Once an open message is longer than a line may be, the rest of the file goes on."""
    buffer = record("x" * 16000) * 3 + record("a\n", "stderr")
    assert envelope.cut(buffer, DOCKER, 65536).consumed == 0
    assert envelope.cut(buffer, DOCKER, 40000).consumed == len(buffer)


def test_split_messages_are_joined_per_stream():
    """Parts of both streams may interleave, and each message is dated by its first part."""
    data = (
        record("E22", time="2026-01-01T00:00:00Z")
        + record("other\n", "stderr")
        + record("11: x\n", time="2026-01-01T00:00:01Z")
    )
    assert [line[:2] for line in envelope.unwrap(whole_lines(data, DOCKER), DOCKER)] == [
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


def test_a_message_without_its_end_is_reported():
    """Nothing is dropped when the last part of a message is missing."""
    assert payloads(record("a\n") + record("open")) == [b"a", b"open"]


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
    piece = envelope.cut(data[:at], DOCKER, MAX)
    end = piece.consumed
    assert end == 0 or data[end - 1 : end] == b"\n"
    assert payloads(piece.data) + payloads(data[end:]) == payloads(data)


FORGED = "E2211-101500-123 (17): push_on_complete: code 903\n"


@given(
    st.lists(st.sampled_from([20, 90, 300, FORGED[:-1], FORGED]), min_size=1, max_size=12),
    st.lists(st.sampled_from([FORGED, "x\n", "y" * 250 + "\n"]), max_size=6),
    st.randoms(use_true_random=False),
    st.lists(st.integers(1, 900), max_size=12),
)
def test_the_rest_of_a_message_that_is_too_long_is_no_line(pieces, others, random, reads):
    """However reads end and streams mix, of each message over the bound the head is a line, and its rest is nothing."""
    text = "head of it " + "".join(piece if isinstance(piece, str) else "z" * piece for piece in pieces).replace(
        "\n", " "
    )
    out = [record(text[i : i + 50]) for i in range(0, len(text), 50)] + [record(" end\n"), record(FORGED)]
    err = [record(other, "stderr") for other in others]
    data = b""
    while out or err:
        data += random.choice([stream for stream in (out, err) if stream]).pop(0)
    limit, held, inside, found = 100, b"", "", []
    for count in [*reads, len(data)]:
        held, data = held + data[:count], data[count:]
        piece = envelope.cut(held, DOCKER, limit, inside)
        held, inside = held[piece.consumed :], piece.inside
        found += payloads(piece.data)
    assert held == b""
    assert inside == ""
    forged = FORGED.rstrip("\n").encode()
    assert found.count(forged) == 1 + others.count(FORGED)
    assert sum(line.startswith(b"head of it") for line in found) == 1
    assert len(found) == 2 + len(others)


def test_a_message_that_never_ends_is_cut_off_and_its_stream_is_remembered():
    """The head comes out once, as a line; records of its stream are dropped, those of the other are not."""
    parts_ = b"".join(record("z" * 60) for _ in range(3))
    piece = envelope.cut(parts_, DOCKER, 100)
    assert (piece.consumed, piece.inside) == (len(parts_), "stdout")
    assert payloads(piece.data) == [b"z" * 120]
    more = record(FORGED.rstrip("\n")) + record(FORGED, "stderr")
    piece = envelope.cut(more, DOCKER, 100, "stdout")
    assert (piece.consumed, piece.inside) == (len(more), "stdout")
    assert payloads(piece.data) == [FORGED.rstrip("\n").encode()]
