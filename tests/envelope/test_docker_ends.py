"""A record without a newline goes on in the next one only if it is as long as Docker makes its parts."""

import json
from zoneinfo import ZoneInfo

import pytest

from logwatch import envelope
from logwatch.envelope.docker import PART_BYTES
from logwatch.parse import Scanner, load
from tests.helpers.wrapping import envelope_of

DOCKER = envelope_of("docker")
SCANNER = Scanner(load("mesibo"), timezone=ZoneInfo("UTC"))
PUSH = "D2511-100000-123 (17): push_on_complete: uid 5 type fcm token t code"


def record(log: str) -> bytes:
    fields = {"log": log, "stream": "stdout", "time": "2026-11-25T10:00:00.5Z"}
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def counted(data: bytes) -> tuple[dict[int, int], int]:
    piece = envelope.cut(data, DOCKER, 1 << 20)
    assert piece.consumed == len(data)
    scan = SCANNER.scan(piece.data, envelope=DOCKER, reference=1795342500.0)
    assert {key.platform for key in scan.results} <= {"fcm"}
    return {key.code: seen.count for key, seen in scan.results.items()}, scan.unparsed.total()


@pytest.mark.parametrize(
    ("last", "results", "unread"),
    [
        ("terminate called without an active exception", {200: 2}, 0),
        (f"{PUSH} 503 (busy)", {200: 2, 503: 1}, 0),
        (f"{PUSH} 50", {200: 2}, 1),  # half of 503, perhaps: a kill may end the output anywhere
        ("D2511-1000", {200: 2}, 0),
    ],
)
def test_what_a_container_left_unfinished_is_a_line_of_its_own(last, results, unread):
    """The first line after its restart begins a new one, and counts."""
    assert counted(record(f"{PUSH} 200\n") + record(last) + record(f"{PUSH} 200\n")) == (results, unread)


@pytest.mark.parametrize("text", ["x", "é", "\ufffd"])
def test_a_message_over_16_kib_is_one_line(text):
    """Its parts have 16 KiB, or more where Docker replaced what is no UTF-8; the last one may lack its newline."""
    long = PUSH.replace(" t ", f" {text * (PART_BYTES // len(text.encode()) + 1)} ")
    for rest in (" 410\n", " 410 (gone)"):
        assert counted(record(long) + record(rest) + record(f"{PUSH} 200\n")) == ({410: 1, 200: 1}, 0)


def test_a_part_is_waited_for():
    """As long as the next record has not come; one byte less is no part."""
    assert envelope.cut(record("x" * PART_BYTES), DOCKER, 1 << 20).consumed == 0
    assert envelope.cut(record("x" * (PART_BYTES - 1)), DOCKER, 1 << 20).consumed > 0
