"""Of the parts of a message one record is made where lines are cut off, and nothing changes for the lines around it."""

import json
import random
import time
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatch import envelope
from tests.helpers.wrapping import docker, envelope_of

DOCKER = envelope_of("docker")


pytestmark = pytest.mark.usefixtures("short_parts")


TEXTS = ["said push_on_complete", "x\\", "y\\n", '{"z"}', "\\\\", '","stream":"stdout"', "\u2028é"]


def record(rng: random.Random) -> bytes:
    """Write a record of a whole message or a part, at times torn, with a time that is none, or blanks in it."""
    text = rng.choice(TEXTS) + ("\n" if rng.random() < 0.7 else "")
    fields = {"log": text, "stream": rng.choice(["stdout", "stdout", "stderr"]), "time": "2026-11-25T10:00:00Z"}
    written = json.dumps(fields, separators=(",", ":") if rng.random() < 0.98 else None).encode()
    if rng.random() < 0.05:
        written = written[: rng.randrange(len(written))]
    return written.replace(b"T10", b"T30") if rng.random() < 0.03 else written


def joined(records: list[bytes]) -> list[bytes]:
    """Return the messages of records, one at a time, where that of each stream ends."""
    found: list[bytes] = []
    parts: dict[str, bytes] = {}
    for each in records:
        if (told := envelope.FORMATS["docker"].record(each)) is None:
            found.append(each)
        else:
            parts[told.stream] = parts.get(told.stream, b"") + told.payload
            if not told.more:
                found.append(parts.pop(told.stream))
    return found


@given(st.integers(0, 2**32), st.integers(1, 20))
def test_each_message_is_a_line_where_its_last_part_stands(seed, count):
    """Parts of both streams in between, records without an end, and what is none of Docker's."""
    rng = random.Random(seed)
    records = [record(rng) for _ in range(count)]
    piece = envelope.cut(b"".join(each + b"\n" for each in records), DOCKER, 65536)
    ends = list(accumulate(len(each) + 1 for each in records))
    whole = [each for each, end in zip(records, ends, strict=True) if end <= piece.consumed]
    assert [line.payload for line in envelope.unwrap(piece.data, DOCKER)] == joined(whole)
    read = (envelope.FORMATS["docker"].record(line) for line in piece.data.split(b"\n"))
    assert not any(each.more for each in read if each)


def test_nothing_changes_for_the_lines_around_a_message():
    """They are handed on as they stand in the file, each with the place where its record ends."""
    lines = [docker("some text", i) + b"\n" for i in range(100)]
    lines[50] = lines[50].replace(b"\\n", b"")
    piece = envelope.cut(b"".join(lines), DOCKER, 65536)
    found = piece.data.splitlines(keepends=True)
    assert (found[:50], found[51:]) == (lines[:50], lines[52:])
    assert envelope.unwrap(found[50], DOCKER)[0].payload == b"some textsome text"
    assert list(piece.ends) == [len(b"".join(lines[: i + 1])) for i in range(100) if i != 50]


@pytest.mark.parametrize("streams", [["stdout"], ["stdout", "stderr"]])
def test_time_grows_with_the_parts_of_a_message(streams):
    """Eight times as many parts that nothing ends take less than thirty times as long, in one try of five."""

    def seconds(count: int) -> float:
        lines = [
            docker("x", i).replace(b"\\n", b"").replace(b"stdout", streams[i % len(streams)].encode())
            for i in range(count)
        ]
        data = b"".join(line + b"\n" for line in lines)
        begin = time.thread_time()
        assert envelope.cut(data, DOCKER, len(data)).consumed == 0
        return time.thread_time() - begin

    few = min(seconds(1000) for _ in range(3))
    assert any(seconds(8000) < 30 * few for _ in range(5))


def test_time_grows_with_the_streams_whose_messages_are_too_long():
    """Whoever may write to the journal may name as many as there are entries: the same bound."""

    def seconds(count: int) -> float:
        fields = '"__REALTIME_TIMESTAMP":"1","CONTAINER_PARTIAL_MESSAGE":"true","MESSAGE":"xx","SYSLOG_IDENTIFIER"'
        data = "".join(f'{{{fields}:"{i}"}}\n' for i in range(count)).encode()
        begin = time.thread_time()
        piece = envelope.cut(data, envelope_of("journal-json"), 1)
        assert piece.inside
        return time.thread_time() - begin

    few = min(seconds(1000) for _ in range(3))
    assert any(seconds(8000) < 30 * few for _ in range(5))


@pytest.mark.parametrize("name", ["{}", "{}" + 5000 * "x", "a {}", "a\\n{}\\t", "\u2028{}"])
def test_what_is_kept_of_messages_that_are_too_long_has_a_bound(name):
    """Of many streams with over-long messages, the last are remembered, and the rests of all give no line."""

    def entry(i: int, part: str) -> bytes:
        fields = f'"__REALTIME_TIMESTAMP":"1","CONTAINER_PARTIAL_MESSAGE":"{part}","MESSAGE":"forged"'
        return f'{{{fields},"SYSLOG_IDENTIFIER":"{name.format(i)}"}}\n'.encode()

    wrapped = envelope_of("journal-json")
    inside = envelope.cut(b"".join(entry(i, "true") for i in range(1000)), wrapped, 1).inside
    assert len(inside) < 4096
    rest = envelope.cut(b"".join(entry(i, "false") for i in range(990, 1000)), wrapped, 1, inside)
    assert rest.data == b""
    assert len(rest.inside.split()) == len(inside.split()) - 10


@pytest.mark.parametrize(
    ("kind", "record"),
    [
        ("docker", '{{"log":"{}","stream":"stdout","time":"2026-11-25T10:00:00Z"}}'),
        ("cri", "2026-11-25T10:00:00.000000000Z stdout P {}"),
        ("journal-json", '{{"__REALTIME_TIMESTAMP":"1","CONTAINER_PARTIAL_MESSAGE":"true","MESSAGE":"{}"}}'),
    ],
)
@pytest.mark.parametrize(
    ("part", "left"),
    [("push_on_complete: code 90", "push_on_complete: code "), ("code 903 word", "code 903 word"), ("903", "903")],
)
def test_a_message_that_is_waited_for_no_longer_keeps_no_half_of_a_number(kind, record, part, left):
    """An abandoned message loses a number at its end, since 90 may have been 903."""
    data = (record.format(part) + "\n").encode()
    wrapped = envelope_of(kind)
    assert envelope.cut(data, wrapped, 65536, final=True).consumed == 0
    piece = envelope.cut(data, wrapped, 0, final=True)
    assert piece.consumed == len(data)
    assert [line.payload.decode() for line in envelope.unwrap(piece.data, wrapped)] == [left]


@given(st.integers(0, 2**32), st.integers(1, 4))
def test_no_part_of_a_message_is_passed_over_as_a_whole_line(seed, count):
    """Each line whose record goes on is one that is looked at, wherever it stands, and so is a chunk that holds one."""
    rng = random.Random(seed)
    kinds: dict[str, list[bytes]] = {"docker": [], "cri": [], "journal-json": []}
    for _ in range(count):
        text = rng.choice(TEXTS)
        tag = rng.choice(["F", "F", "P", "P:x", "F:P"])
        entry = {"__REALTIME_TIMESTAMP": "1", "MESSAGE": text}
        entry |= rng.choice([{}, {"CONTAINER_PARTIAL_MESSAGE": rng.choice(["true", "false"])}])
        kinds["docker"].append(record(rng))
        kinds["cri"].append(f"2026-11-25T10:00:00Z {rng.choice(['stdout', 'stderr'])} {tag} {text}".encode())
        kinds["journal-json"].append(json.dumps(entry).encode())
    for kind, lines in kinds.items():
        form, data = envelope.FORMATS[kind], b"".join([line + b"\n" for line in lines])
        told = [record is not None and record.more for record in map(form.record, lines)]
        may_be = form.may_be_parts(data, lines)
        assert may_be == b"".join([form.may_be_parts(line + b"\n", [line]) for line in lines])
        assert not any(is_part and not looked_at for is_part, looked_at in zip(told, may_be, strict=True))
        assert form.has_parts(data) or not any(told)
