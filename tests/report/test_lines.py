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
