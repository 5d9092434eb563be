"""Expressions look into an envelope: what they take is what was logged, and what is irregular is left to others."""

import json
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logwatch import envelope as envelopes
from logwatch.parse import load
from logwatch.parse.compile.chunk_pattern import ChunkCompiler
from logwatch.parse.compile.to_regex import Framing
from logwatch.parse.encode import Dictionary
from logwatch.parse.framings import ENVELOPES, Envelope
from logwatch.parse.line_parser import COUNTED
from logwatch.parse.rests import RestReader

GRAMMAR = load("mesibo")
COMPILER = ChunkCompiler(GRAMMAR.node, COUNTED)
SAMPLES = [sample.payload for sample in GRAMMAR.samples if sample.expected]
DOCKER = ENVELOPES["docker"]
# One more row, as somebody would add it: a prefix, as Kubernetes writes it, and no escapes
CRI = Envelope(Framing(before=r"(?P<time>[0-9T:.Z+-]++) std(?:out|err) F "))
LINE = b'E2211-101500-123 (17): push_on_complete: uid 7 type fcm token t code 404 {"error":{"status":"NOT_FOUND"}}'


@cache
def expression_for(envelope: Envelope) -> Dictionary:
    framing = envelope.framing
    pattern, _ = COMPILER.compile(SAMPLES, framing)
    return Dictionary(pattern, RestReader(COMPILER.tail, COUNTED), framing.as_logged)


def outcomes(envelope: Envelope, data: bytes):
    expression = expression_for(envelope)
    text = envelope.prepare(data, data.count(b"\n"))
    codes = expression.encode(expression.pattern.regex.findall(text))
    return [
        found and (found.platform, found.code, found.reason) for found in map(expression.results.__getitem__, codes)
    ]


def record(payload: str) -> bytes:
    log = {"log": payload + "\n", "stream": "stderr", "time": "2026-11-22T10:15:00.1Z"}
    return json.dumps(log, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def test_a_prefix_is_a_row():
    """Nothing but what stands in front of a payload has to be said."""
    data = b"2016-10-06T00:17:09.669794202Z stdout F " + LINE + b"\n"
    assert outcomes(CRI, data + b"2016-10-06T00:17:09Z stdout P " + LINE + b"\n" + LINE + b"\n") == [
        ("fcm", 404, "NOT_FOUND"), None, None,
    ]  # fmt: skip
    assert CRI.open(data[:-1]) == (LINE + b"\n", "2016-10-06T00:17:09.669794202Z")


def test_escapes_are_read_through():
    """Quotes, backslashes and tabs inside a record cost no line its place."""
    line = LINE.decode()
    lines = [line, line.replace("{", '{"a\\\\\\"b\t": "\\\\", '), line + "\r", line.replace("token t", "token é")]
    assert outcomes(DOCKER, b"".join(map(record, lines))) == [("fcm", 404, "NOT_FOUND")] * 4
    assert [DOCKER.open(record(line)[:-1])[0].decode() for line in lines] == [
        line.removesuffix("\r") + "\n" for line in lines
    ]


@pytest.mark.parametrize(
    "forged",
    [
        b'{"log":"' + LINE + b'\\n","stream":"stdout","time":"T"}\n',  # quotes that nobody escaped
        b'{"log":"x\\\\n","stream":"stdout","time":"T"}\n',
        record("x")[:-1] + LINE + b"\n",
        record(LINE.decode().replace("NOT_FOUND", "<>")).replace(b"<", b"\\u003c"),
    ],
)
def test_what_is_irregular_is_passed_over(forged):
    """Damaged records, other escapes: they are taken out one by one, exactly."""
    assert outcomes(DOCKER, forged) == [None]


def test_a_stand_in_that_stands_there_already_is_irregular():
    """No control character is in a record, so one that is there is damage and never a quote."""
    assert DOCKER.prepare(record("a").replace(b"a", b"\1"), 1) is None
    assert DOCKER.prepare(b"\xff\n", 1) is None


@settings(deadline=None)
@given(st.lists(st.text(alphabet='ab"\\\t\r\n{}é<\x00\x01', max_size=12), min_size=1, max_size=5))
def test_whatever_is_taken_is_what_was_logged(texts):
    """Any text, in a record as its writer makes it: opened by the row, it is what unwrapping gives."""
    prefix = "E2211-101500-123 (17): push_on_complete: code 200 "
    for text in texts:
        data = record(prefix + text)
        if outcomes(DOCKER, data) != [None]:
            (line,) = envelopes.unwrap(data, envelopes.undecided("docker"))
            assert DOCKER.open(data[:-1]) == (line.payload + b"\n", line.time)
