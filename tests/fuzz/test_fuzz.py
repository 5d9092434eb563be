"""Random and hostile input at every door: no crash, no hang, no forged count. FUZZ_EXAMPLES says how much of it."""

import collections
import contextlib
import os
import socket
import time
from datetime import UTC
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from logwatch import envelope
from logwatch.config import Config, load
from logwatch.errors import ConfigError, GrammarError, WebError
from logwatch.model import EnvelopeKind
from logwatch.parse import Scanner
from logwatch.parse import load as load_grammar
from logwatch.simulate.docker import records
from logwatch.web.auth import credentials
from logwatch.web.file import WebFile, read
from logwatch.web.server import WebServer
from logwatch.web.views import rules
from tests.helpers.running import PATIENCE

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "200"))
SLOWEST = 5.0  # seconds of CPU for one input: far above what any takes, far below a hang
ROOT = Path(__file__).parents[2]
NOW = 1795341600.0
TRIED = collections.Counter()
LONGEST = collections.Counter()
SCANNER = Scanner(load_grammar("mesibo"), timezone=UTC)


def fuzz(share=1.0):
    return settings(
        max_examples=max(20, int(EXAMPLES * share)),
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )


@contextlib.contextmanager
def input_to(door):
    before = time.thread_time()  # a busy machine makes nothing slower
    yield
    taken = time.thread_time() - before
    TRIED[door] += 1
    LONGEST[door] = max(LONGEST[door], taken)
    assert taken < SLOWEST


@pytest.fixture(scope="module", autouse=True)
def _told(request):
    yield
    lines = [f"{door}: {count} inputs, the slowest {LONGEST[door] * 1000:.1f} ms" for door, count in TRIED.items()]
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print("\n" + "\n".join(lines) + f"\naltogether {sum(TRIED.values())} inputs")  # noqa: T201


# Pieces that mean something somewhere, so that chance has to find only their order
WORDS = st.sampled_from(
    [
        b"push_on_complete",
        b"push_on_complete_cb",
        b"code",
        b" code 903",
        b"code=200",
        b": ",
        b" ",
        b"\t",
        b"(17)",
        b"E2211-101500-123 (17): ",
        b"**WARN** 2211-101500-123: ",
        b"http-2211-101500-123: ",
        b'"',
        b"'",
        b"{",
        b"}",
        b"[",
        b"]",
        b"\\",
        b"reason Unregistered",
        b"type fcm",
        b"token ",
        b"uid 7",
        b"errcode 5",
        b"-1",
        b"007",
        b"9999999",
        b'{"log":"',
        b'\\n","stream":"stdout","time":"2026-11-22T10:00:00Z"}',
        b'\\n","stream":"stderr"}',
        b"\n",
        b"\r",
        b"\0",
        b"\xff",
        b"\xe2\x80\xa8",
        b"a" * 5000,
    ]
)
BYTES = st.one_of(st.binary(max_size=300), st.lists(st.one_of(WORDS, st.binary(max_size=8)), max_size=40).map(b"".join))
# What a stranger can make mesibo log: a line of any text
TEXT = st.one_of(
    st.text(max_size=200),
    st.lists(WORDS, max_size=15).map(lambda parts: b"".join(parts).decode("utf-8", "replace")),
).map(lambda text: "".join(c for c in text if c not in "\n\r\0"))


def wrapped(line, kind):
    """Write a line of text as mesibo's log file or Docker's has it."""
    data = line.encode("utf-8", "surrogatepass") + b"\n"
    return records(data, b"2026-11-22T10:00:00Z") if kind == "docker" else data


@fuzz()
@given(BYTES, st.sampled_from(get_args(EnvelopeKind)), st.integers(0, 400))
def test_any_bytes_pass_the_envelope(data, kind, limit):
    """What is cut off is whole lines, and all of them come out; anything can be decided by, or not."""
    with input_to("envelope"):
        envelope.decide(data, SCANNER.owns, final=True)
        envelope.no_text(data)
        wrapped_in = envelope.undecided(kind)
        piece = envelope.cut(data, wrapped_in, limit)
        assert 0 <= piece.consumed <= len(data)
        assert piece.consumed == 0 or data[piece.consumed - 1 : piece.consumed] == b"\n"
        lines = envelope.unwrap(piece.data, wrapped_in)
        assert len(lines) >= (1 if piece.data else 0)
        assert not any(b"\n" in line.payload for line in lines)


@fuzz()
@given(BYTES, st.sampled_from(get_args(EnvelopeKind)))
def test_any_bytes_are_counted_or_told(data, kind):
    """Every line with the marker is one result or one unparsed line; nothing else is either."""
    with input_to("grammar"):
        found = SCANNER.scan(data + b"\n", envelope=kind, reference=NOW)
        results = sum(seen.count for seen in found.results.values())
        assert found.candidates == results + sum(found.unparsed.values())
        assert results <= found.lines


@fuzz()
@given(TEXT, st.sampled_from(["plain", "docker"]), st.sampled_from(['"{}"', "{{{}}}", "[{}]", "{}"]))
def test_text_of_users_in_other_messages_forges_nothing(text, kind, form):
    """Whatever a user makes another module log, bare or quoted, no result is counted."""
    with input_to("forged line"):
        line = "E2211-101500-123 (17): on_message: from 7: " + form.format(text)
        found = SCANNER.scan(wrapped(line, kind), envelope=kind, reference=NOW)
        assert found.results == {}


@fuzz()
@given(TEXT, st.sampled_from(["plain", "docker"]), st.integers(0, 999), st.booleans())
def test_text_of_users_in_a_push_line_changes_no_code(text, kind, code, before):
    """Quoted text within a push line, before or behind its code: that code is counted, or none."""
    with input_to("forged code"):
        quoted = '"' + text.replace("\\", "").replace('"', "") + '"'
        parts = [f"token {quoted}", f"code {code}"] if before else [f"code {code}", f"token {quoted}"]
        line = "E2211-101500-123 (17): push_on_complete: " + " ".join(parts)
        found = SCANNER.scan(wrapped(line, kind), envelope=kind, reference=NOW)
        counted = [key.code for key, seen in found.results.items() for _ in range(seen.count)]
        assert counted in ([code], [])


def mutated(text, alphabet):
    """Return a text with pieces of it removed, doubled, moved, or replaced."""
    pieces = text.splitlines(keepends=True)
    line = st.one_of(st.sampled_from(pieces), alphabet)
    return st.one_of(
        alphabet,
        st.lists(line, max_size=30).map("".join),
        st.tuples(st.integers(0, len(text)), st.integers(0, 40), alphabet).map(
            lambda edit: text[: edit[0]] + edit[2] + text[edit[0] + edit[1] :]
        ),
    )


@fuzz(0.5)
@given(mutated((ROOT / "config/logwatch.example.toml").read_text(), st.text(max_size=60)))
def test_any_configuration_is_one_or_a_problem(tmp_path_factory, text):
    """A configuration loads, or every problem has a place."""
    path = tmp_path_factory.getbasetemp() / "fuzzed.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with input_to("configuration"):
        try:
            assert isinstance(load(path), Config)
        except ConfigError as error:
            assert all(str(path) in problem.where for problem in error.problems)  # noqa: PT017


WEB = """tls_server_config:
  cert_file: server.crt
  key_file: server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.crt
  client_allowed_sans: [a, b]
  min_version: TLS12
  cipher_suites:
    - TLS_AES_128_GCM_SHA256
  curve_preferences: [X25519]
http_server_config:
  http2: true
  headers:
    X-Frame-Options: deny
basic_auth_users:
  alice: $2y$10$mDwo.lAisC94iLAyP81MCesa29IzH37oigHC/42V2pdJlUprsJPze
"""
YAMLISH = st.one_of(
    st.text(max_size=40),
    st.lists(st.sampled_from([*"-:{}[]&*!|>'\"%@`,#? \n\t", "a", "<<: ", "~", "---\n", "...\n"]), max_size=20).map(
        "".join
    ),
)


@fuzz(0.5)
@given(mutated(WEB, YAMLISH))
def test_any_web_configuration_is_one_or_a_problem(tmp_path_factory, text):
    """A web configuration file is read, or every problem has a place."""
    path = tmp_path_factory.getbasetemp() / "fuzzed.yml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with input_to("web configuration"):
        try:
            assert isinstance(read(path), WebFile)
        except WebError as error:
            assert all(str(path) in problem.where for problem in error.problems)  # noqa: PT017


@fuzz(0.02)
@given(
    st.one_of(
        st.text(max_size=200),
        st.lists(
            st.sampled_from(
                [
                    "import pyparsing as pp\n",
                    "MARKER = b'x'\n",
                    "LINE = ",
                    "pp.Word(pp.nums)('code')",
                    "+",
                    "\n",
                    "{",
                    "None",
                ]
            ),
            max_size=12,
        ).map("".join),
    )
)
def test_any_grammar_file_is_one_or_a_problem(tmp_path_factory, text):
    """A grammar file without samples, or with anything in it, is reported in words."""
    directory = tmp_path_factory.getbasetemp() / "grammars"
    directory.mkdir(mode=0o755, exist_ok=True)
    path = directory / "fuzzed.py"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    path.chmod(0o644)
    with input_to("grammar file"), pytest.raises(GrammarError):
        load_grammar("fuzzed", [directory])


@fuzz(0.5)
@given(st.one_of(st.text(max_size=100), st.binary(max_size=60).map(lambda raw: "Basic " + raw.decode("latin-1"))))
def test_any_authorization_header_is_one_or_none(header):
    """Any header is either a name with a password, or no credentials."""
    with input_to("authorization header"):
        given_ = credentials(header)
        assert given_ is None or (isinstance(given_[0], str) and isinstance(given_[1], bytes))


class Health:
    trouble = ""


@pytest.fixture(scope="module")
def server():
    started = WebServer("127.0.0.1", 0, rules(CollectorRegistry(), Health()))
    started.start()
    yield started
    started.stop()


HTTP = st.lists(
    st.one_of(
        st.sampled_from(
            [
                b"GET ",
                b"HEAD ",
                b"POST ",
                b"/",
                b"/metrics",
                b"/-/ready",
                b"/%00",
                b"/../",
                b"?a=b&" * 50,
                b" HTTP/1.1\r\n",
                b" HTTP/1.0\r\n",
                b" HTTP/9.9\r\n",
                b"Host: x\r\n",
                b"Connection: close\r\n",
                b"Content-Length: 5\r\n",
                b"Content-Length: -5\r\n",
                b"Transfer-Encoding: chunked\r\n",
                b"Accept: application/openmetrics-text; version=1.0.0\r\n",
                b"Accept-Encoding: gzip\r\n",
                b"X: " + b"y" * 20_000 + b"\r\n",
                b"\r\n",
                b"\n",
                b"5\r\nhello\r\n0\r\n\r\n",
                b"ffffffffffffffff\r\n",
                b"\x16\x03\x01",
            ]
        ),
        st.binary(max_size=20),
    ),
    max_size=14,
).map(b"".join)


@fuzz(0.25)
@given(HTTP)
def test_any_request_is_answered_or_ended(server, request_):
    """No answer is a fault of ours, and the server goes on."""
    with input_to("HTTP"), socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as client:
        answer = b""
        with contextlib.suppress(ConnectionError):
            client.sendall(request_)
            client.shutdown(socket.SHUT_WR)
            while part := client.recv(65536):
                answer += part
        for status in (line for line in answer.split(b"\r\n") if line.startswith(b"HTTP/1.")):
            assert int(status.split()[1]) < 500
    assert server.failed == ""
