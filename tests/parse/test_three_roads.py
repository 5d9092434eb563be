"""The shipped grammar has three roads to the same place: whole chunks, single lines, pyparsing itself."""

import json
import random
from collections import Counter
from functools import lru_cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logwatch import envelope as envelopes
from logwatch.dialect.grammar import parse_reference, whole_marker
from logwatch.dialect.result import PushResult
from logwatch.model import ResultKey
from logwatch.parse import Scanner, load
from logwatch.parse.bodies import depth, join_one_by_one, may_be_open
from logwatch.parse.chunk_reader import OTHER_SYMBOL
from logwatch.parse.line_parser import parser_of
from tests.parse import logshaped

GRAMMAR = load("mesibo")
names_marker = whole_marker(GRAMMAR)
PARSER = parser_of(GRAMMAR)
SCANNER = Scanner(GRAMMAR, timezone=ZoneInfo("UTC"))
NOW = 1795342500.0


pytestmark = pytest.mark.usefixtures("short_parts")


@lru_cache(maxsize=2000)
def by_pyparsing(line: bytes):
    return parse_reference(GRAMMAR, line)


def generated(seed: int) -> bytes:
    return logshaped.line(random.Random(seed))


def docker(line: bytes, rng: random.Random) -> bytes:
    """Write a record as Docker does: HTML escaped, UTF-8, anything else replaced, long messages split."""
    text = line.decode(errors="replace") + "\n"
    pieces = [text]
    if rng.random() < 0.002:
        at = rng.randrange(1, len(text)) if len(text) > 1 else 1
        pieces = [piece for piece in (text[:at], text[at:]) if piece]
    written = b""
    for piece in pieces:
        record = {"log": piece, "stream": "stdout", "time": "2026-11-22T10:15:00.123456789Z"}
        body = json.dumps(record, ensure_ascii=False, separators=(",", ":")).replace("\x7f", "\\u007f")
        for mark in "<>&\u2028\u2029":
            body = body.replace(mark, f"\\u{ord(mark):04x}")
        written += body.encode() + b"\n"
    return written


def counted(lines: list[bytes]) -> tuple[Counter[ResultKey], Counter[str], list[tuple]]:
    """Count lines with pyparsing alone."""
    results: Counter[ResultKey] = Counter()
    unparsed: Counter[str] = Counter()
    failures = []
    for i, line in enumerate(lines):
        if GRAMMAR.marker not in line:
            continue
        reading = by_pyparsing(line)
        wanting = isinstance(reading, PushResult) and (
            reading.platform == "unknown" or (reading.code != 200 and not reading.reason)
        )
        if wanting and may_be_open(line):
            level, _ = depth(line)
            joined = by_pyparsing(join_one_by_one(line, level, lines[i + 1 :], PARSER.owns)[0] if level else line)
            if isinstance(joined, PushResult) and joined.code == reading.code:
                reading = joined
        if isinstance(reading, str):
            unparsed[reading] += sum(names_marker([line]))
        else:
            results[ResultKey(reading.platform, reading.code, reading.reason)] += 1
            if reading.code != 200:
                failures.append(reading[:6])
    return results, unparsed, failures


def told_alike(text: bytes, lines: list[bytes]) -> int:
    """Hold what the expression for whole chunks tells of lines against pyparsing; return how many it took."""
    expression = PARSER.chunk_reader.bare
    codes = expression.encode(text)
    assert len(codes) == len(lines)
    taken = 0
    rows = expression.pattern.rows(text)
    for i, (line, code) in enumerate(zip(lines, codes, strict=True)):
        outcome = expression.by_line[i] if code == OTHER_SYMBOL else expression.results[code]
        if outcome is None:
            passed_over = not any(map(any, expression.pattern.columns(rows[i : i + 1])))
            assert not passed_over or b"\x1f" in line or not isinstance(by_pyparsing(line), PushResult), line
            continue
        taken += 1
        exact = by_pyparsing(line)
        if isinstance(exact, PushResult):
            exact = ResultKey(exact.platform, exact.code, exact.reason)
        assert outcome == exact, line
    return taken


def agree(lines: list[bytes], rng: random.Random) -> int:
    """Hold the roads against each other over some lines; return how many the expression for whole chunks took."""
    for line in lines:
        if GRAMMAR.marker in line:
            assert PARSER.read(line) == by_pyparsing(line), line
    text = b"".join(line + b"\n" for line in lines)
    taken = told_alike(text, lines)
    as_logged = [line.decode(errors="replace").encode() for line in lines]
    records = b"".join(docker(line, rng) for line in lines)
    for data, envelope, payloads in ((text, "plain", lines), (records, "docker", as_logged)):
        results, unparsed, failures = counted(
            [payload.lstrip(b"\0") if envelope == "plain" else payload for payload in payloads]
        )
        whole = envelopes.cut(data, envelopes.undecided(envelope), len(data)).data
        scan = SCANNER.scan(whole, envelope=envelope, reference=NOW)
        assert scan.lines == len(lines)
        assert {key: seen.count for key, seen in scan.results.items()} == results
        assert scan.unparsed == +unparsed
        assert scan.candidates == results.total() + unparsed.total()
        assert [(each.code, each.platform, *each[3:7]) for each in scan.failures] == failures[-1000:]
        assert scan.fallback == 0
    return taken


def many(count: int, seed: int, odd: int = 1) -> None:
    rng = random.Random(seed)
    taken = results = 0
    for _ in range(count // 500):
        lines = [logshaped.line(rng, odd) for _ in range(500)]
        taken += agree(lines, rng)
        results += sum(isinstance(by_pyparsing(line), PushResult) for line in lines)
    assert taken > 0.9 * results > 0, "the expression for whole chunks is not put to the test"


@pytest.mark.timeout(900)
def test_three_roads_agree_on_generated_lines():
    """25,000 lines in both envelopes, odd ones twice as often: the same results, causes and failures by each road."""
    many(25_000, 1, odd=2)


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_three_roads_agree_on_a_million_lines():
    """The same over 1,000,000 lines of other seeds."""
    for seed in range(2, 22):
        many(50_000, seed)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 2**32).map(generated) | st.binary(max_size=80), max_size=6), st.integers(0, 2**32))
def test_three_roads_agree_on_whatever_hypothesis_finds(lines, seed):
    """Chunks, single lines and pyparsing agree on generated lines, even if these are few and strange."""
    agree([line.replace(b"\n", b"") for line in lines], random.Random(seed))
