"""Chunks of a source become whole lines, with whatever belongs to them."""

from zoneinfo import ZoneInfo

import pytest

from logwatch.parse import Scanner, load
from logwatch.report.lines import LineCutter
from tests.helpers.wrapping import envelope_of, written

SCANNER = Scanner(load("mesibo"), timezone=ZoneInfo("UTC"))
PUSH = ["E2511-100000-001 (17): push_on_complete: type fcm code 403 {", '"error": {', '"status": "NOT_FOUND"', "}}"]


def accepted(count):
    return [f"E2511-100000-{i:03} (17): push_on_complete: uid 4711 type fcm code 200" for i in range(count)]


@pytest.mark.parametrize("name", ["plain", "docker", "cri", "journal-json", "journal-export", "journal-verbose"])
@pytest.mark.parametrize("below", range(1, len(PUSH)))
def test_an_answer_that_a_chunk_cut_keeps_its_reason(name, below, monkeypatch):
    """Wherever the chunk ends in an answer that is printed over several lines."""
    monkeypatch.setattr("logwatch.report.lines._BUFFER_BYTES", 1)
    front = written(name, [*accepted(60), *PUSH[:below]])
    lines = LineCutter("auto", SCANNER.owns, 65536, SCANNER.held)
    found = {}
    taken = [piece for chunk in (front, written(name, [*PUSH[below:], *accepted(2)])) for piece in lines.take(chunk)]
    for data, envelope in [*taken, *lines.rest()]:
        assert envelope == envelope_of(name)
        for key, seen in SCANNER.scan(data, envelope=envelope, reference=1.8e9).results.items():
            found[key.code, key.reason] = found.get((key.code, key.reason), 0) + seen.count
    assert found == {(200, ""): 62, (403, "NOT_FOUND"): 1}


@pytest.mark.parametrize("name", ["docker", "cri"])
def test_a_log_that_ends_within_a_split_message_loses_no_line(name):
    """The beginning of the message is handed on as a line, in which a code may be cut off: it is counted as unread."""
    part = {
        "docker": b'{"log":"E2511-100003-001 (17): push_on_complete: code 90","stream":"stdout",'
        b'"time":"2025-11-25T10:00:03Z"}',
        "cri": b"2025-11-25T10:00:03.123456789Z stdout P E2511-100003-001 (17): push_on_complete: code 90",
    }[name]
    lines = LineCutter("auto", SCANNER.owns, 65536, SCANNER.held)
    taken = [*lines.take(written(name, accepted(3)) + part + b"\n"), *lines.rest()]
    scans = [SCANNER.scan(data, envelope=envelope, reference=1.8e9) for data, envelope in taken]
    assert sum(scan.lines for scan in scans) == 4
    assert [key.code for scan in scans for key in scan.results] == [200]
    assert sum(scan.unparsed.total() for scan in scans) == 1
