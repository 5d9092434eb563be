"""No line is slow: time grows with its length and no faster, and memory stays bounded, whoever wrote the line."""

import time
import tracemalloc
from zoneinfo import ZoneInfo

import pytest

from logwatch.parse import Scanner, load
from logwatch.parse.check import pumped
from logwatch.parse.line_parser import LineParser, parser_of

GRAMMAR = load("mesibo")
PARSER = parser_of(GRAMMAR)
HEAD = b"E2211-101500-123 (17): push_on_complete: "
PUMPS = [
    "code ", "code 7 ", "code=", '"', '\\"', '"\\', "{", "[", "{[", "}", "{}", '"" ', "push_on_complete ",
    "push_on_complete", "uid ", "uid code ", " ", "\t", "a", "9", "(", '{"status":"A"}', '{"status":"',
    "\\", "\xff", "\0",
]  # fmt: skip
MIB = 1 << 20
FACTOR = 8 * 16


def seconds(line: bytes, scan) -> float:
    start = time.thread_time()
    scan(line)
    return time.thread_time() - start


def grows_with_the_line(head: bytes, pump: str, scan) -> bool:
    """Return whether sixteen times the bytes take less than a square would, in one try of three at least."""
    small, large = (pumped(head, pump, size) for size in (MIB // 16, MIB))
    limit = FACTOR * max(1e-4, min(seconds(small, scan) for _ in range(3)))
    return any(seconds(large, scan) < limit for _ in range(3))


@pytest.mark.parametrize("pump", PUMPS)
@pytest.mark.parametrize("head", [HEAD, HEAD + b"code 200 ", b""], ids=["before the code", "behind the code", "bare"])
def test_time_grows_with_the_line(head, pump):
    """Sixteen times the bytes, up to 1 MiB, take 16 times as long, and some more where caches are too small.

    A square would take 256 times.
    """
    assert grows_with_the_line(head, pump, PARSER.read)


@pytest.mark.parametrize("pump", PUMPS)
def test_a_chunk_of_such_lines_is_no_slower(pump):
    """The expression for whole chunks, plain and inside records, takes linear time as LINE does."""
    scanner = Scanner(GRAMMAR, timezone=ZoneInfo("UTC"), max_line_bytes=MIB)

    def plain(line: bytes) -> None:
        scanner.scan(line, envelope="plain", reference=0.0)

    def docker(line: bytes) -> None:
        scanner.scan(b'{"log":"' + line + b'\\n","stream":"stdout","time":""}\n', envelope="docker", reference=0.0)

    for scan in (plain, docker):
        assert grows_with_the_line(HEAD, pump, scan)


def test_memory_stays_bounded():
    """Matching a line of 1 MiB takes less than 350 MiB, one of the usual limit less than 24."""
    for size, bound in ((MIB, 350 * MIB), (65536, 24 * MIB)):
        for pump in PUMPS:
            line = pumped(HEAD, pump, size)
            tracemalloc.start()
            PARSER.read(line)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert peak < bound, (pump, size, peak / MIB)


@pytest.mark.parametrize(
    "words", [b"type %s code 404", b"type fcm reason %s code 404", b'code 404 {"error":{"status":"%s"}}']
)
def test_what_is_remembered_of_lines_stays_bounded(words):
    """Long words that are others on each line would fill the memory, one chunk after the other."""
    fresh = Scanner(load("mesibo"), timezone=ZoneInfo("UTC"))
    fresh.parser = LineParser(load("mesibo"))
    push = b"E2211-101500-123 (17): push_on_complete: uid 4711 "
    fresh.scan((push + b"type fcm code 200\n") * 4000, envelope="plain", reference=0.0)

    def chunk(first: int) -> None:
        lines = [push + words % (b"%09d" % i * 3000) + b"\n" for i in range(first, first + 10)]
        list(fresh.scan(b"".join(lines), envelope="plain", reference=0.0).failures)

    chunk(0)
    tracemalloc.start()
    for first in range(10, 510, 10):
        chunk(first)
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert held < 4 * MIB, held / MIB
