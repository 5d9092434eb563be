"""Messages that Docker has split are read apart from the lines around them, and nothing changes by that."""

import json
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatch import envelope
from tests.helpers.wrapping import docker, envelope_of

DOCKER = envelope_of("docker")
TEXTS = ["said push_on_complete", "x\\", "y\\n", '{"z"}', "\\\\", '","stream":"stdout"']


def record(rng: random.Random) -> bytes:
    """Write a record of a whole message or a part, at times torn, with a time that is none, or blanks in it."""
    text = rng.choice(TEXTS) + ("\n" if rng.random() < 0.7 else "")
    fields = {"log": text, "stream": rng.choice(["stdout", "stdout", "stderr"]), "time": "2026-11-25T10:00:00Z"}
    written = json.dumps(fields, separators=(",", ":") if rng.random() < 0.98 else None).encode()
    if rng.random() < 0.05:
        written = written[: rng.randrange(len(written))]
    return written.replace(b"T10", b"T30") if rng.random() < 0.03 else written


@given(st.integers(0, 2**32), st.integers(1, 20))
def test_lines_come_out_of_stretches_as_out_of_the_whole(seed, count):
    """Parts of both streams in between, records without an end, and what is none of Docker's."""
    rng = random.Random(seed)
    data = b"".join(record(rng) + b"\n" for _ in range(count))
    stretches = envelope.stretches(data, DOCKER)
    assert b"".join(lines for lines, _ in stretches) == data
    assert [line for lines, _ in stretches for line in envelope.unwrap(lines, DOCKER)] == envelope.unwrap(data, DOCKER)
    assert not any(envelope.has_parts(lines, DOCKER) for lines, split in stretches if not split)


def test_most_lines_stand_apart_from_a_split_message():
    """Three records in a hundred are its own, and what came between them."""
    lines = [docker("some text", i) + b"\n" for i in range(100)]
    lines[50] = lines[50].replace(b"\\n", b"")
    assert [(len(data.splitlines()), split) for data, split in envelope.stretches(b"".join(lines), DOCKER)] == [
        (50, False),
        (2, True),
        (48, False),
    ]


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
        assert envelope.stretches(data, DOCKER) == [(data, True)]
        return time.thread_time() - begin

    few = min(seconds(1000) for _ in range(3))
    assert any(seconds(8000) < 30 * few for _ in range(5))
