"""Logs of every family that is measured, read by three roads: chunks, lines, pyparsing itself."""

import random
from collections import Counter
from datetime import UTC
from io import BytesIO
from itertools import accumulate

import pytest

from bench.families import FAMILIES
from bench.scan import chunks
from logwatch import envelope as envelopes
from logwatch.dialect.grammar import parse_reference
from logwatch.parse import Scanner, load
from logwatch.parse.bodies import Bodies
from logwatch.parse.line_parser import LineParser
from logwatch.simulate import docker

GRAMMAR = load("mesibo")


def agree(family, path, lines: int, by_pyparsing: int) -> None:
    """Hold chunks and single lines against the truth, and some of the lines against pyparsing."""
    truth = family.log(path, lines)
    scanner = Scanner(GRAMMAR, timezone=UTC)
    scanner.parser = parser = LineParser(GRAMMAR)
    by_chunk, by_line = Counter(), Counter()
    rng = random.Random(family.seed)
    for data, wrapped in chunks(path, scanner):
        found = scanner.scan(data, envelope=wrapped, reference=1795342500.0).results
        by_chunk.update({tuple(key): seen.count for key, seen in found.items()})
        records = zip(envelopes.unwrap(data, wrapped), accumulate(map(len, BytesIO(data))), strict=True)
        pushes = [(line.payload, end) for line, end in records if GRAMMAR.marker in line.payload]
        bodies = Bodies(data, wrapped, b"", parser.grammar.marker, parser.owns)
        for payload in bodies.joined(*map(list, zip(*pushes, strict=True))):
            if not isinstance(result := parser.read(payload), str):
                by_line[result.platform, result.code, result.reason] += 1
                if rng.random() < by_pyparsing / lines:
                    assert parse_reference(GRAMMAR, payload) == result, payload
    assert by_chunk == truth
    assert by_line == truth


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_three_roads_agree_on_a_family(family, tmp_path):
    """4,000 lines give the same results in chunks and one by one, and twenty of them by pyparsing."""
    agree(family, tmp_path / "mesibo.log", 4_000, 20)


def test_a_message_that_docker_has_split_is_one_line_wherever_the_file_is_read(tmp_path):
    """The bench hands on whole messages: parts of one in two chunks would be two lines, and none a result."""
    line = b"E2211-101500-123 (17): push_on_complete: uid %b type fcm code 200\n" % (b"u" * 20_000)
    path = tmp_path / "mesibo.log"
    path.write_bytes(docker.records(line * 60, b"2026-11-22T10:15:00Z"))
    scanner = Scanner(GRAMMAR, timezone=UTC)
    results = [
        scanner.scan(data, envelope=wrapped, reference=1795342500.0).results for data, wrapped in chunks(path, scanner)
    ]
    assert len(results) > 1
    assert sum(seen.count for found in results for seen in found.values()) == 60


@pytest.mark.long
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_three_roads_agree_on_a_million_lines_of_a_family(family, tmp_path):
    """1,000,000 lines by chunks and one by one, 20,000 by pyparsing."""
    agree(family, tmp_path / "mesibo.log", 1_000_000, 20_000)
