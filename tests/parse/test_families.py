"""Logs of every family that is measured, read by three roads: chunks, lines, pyparsing itself."""

import random
from collections import Counter
from datetime import UTC

import pytest

from bench.families import FAMILIES
from bench.scan import chunks
from logwatch import envelope as envelopes
from logwatch.parse import Scanner, load
from logwatch.parse.line_parser import LineParser
from logwatch.parse.result import parse_reference

GRAMMAR = load("mesibo")


def agree(family, path, lines: int, by_pyparsing: int) -> None:
    """Hold chunks and single lines against the truth, and some of the lines against pyparsing."""
    truth = family.log(path, lines)
    scanner = Scanner(GRAMMAR, timezone=UTC)
    scanner.parser = parser = LineParser(GRAMMAR)
    by_chunk, by_line = Counter(), Counter()
    rng = random.Random(family.seed)
    for data in chunks(path):
        wrapped = envelopes.settled(data, scanner.owns)
        found = scanner.scan(data, envelope=wrapped, reference=1795342500.0).results
        by_chunk.update({tuple(key): seen.count for key, seen in found.items()})
        payloads = [line.payload for line in envelopes.unwrap(data, wrapped)]
        for payload in payloads:
            if GRAMMAR.marker in payload and not isinstance(result := parser.read(payload + b"\n"), str):
                by_line[result.platform, result.code, result.reason] += 1
                if rng.random() < by_pyparsing / lines:
                    assert parse_reference(GRAMMAR, payload) == result, payload
    assert by_chunk == truth
    assert by_line == truth


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_three_roads_agree_on_a_family(family, tmp_path):
    """4,000 lines by chunks and one by one, some twenty by pyparsing: one truth."""
    agree(family, tmp_path / "mesibo.log", 4_000, 20)


@pytest.mark.long
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_three_roads_agree_on_a_million_lines_of_a_family(family, tmp_path):
    """1,000,000 lines by chunks and one by one, 20,000 by pyparsing."""
    agree(family, tmp_path / "mesibo.log", 1_000_000, 20_000)
