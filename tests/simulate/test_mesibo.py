"""A simulated mesibo writes what a real one might, and knows exactly what it wrote."""

import json
import re
from zoneinfo import ZoneInfo

import pytest

from logwatch import envelope as envelopes
from logwatch.catalogue import Catalogue
from logwatch.catalogue.summary import Summary
from logwatch.parse import Scanner, load
from logwatch.simulate import Mesibo, Mix, Outcome
from tests.helpers.wrapping import payloads, whole_lines

NOON = 1_795_348_800.0  # 2026-11-22T12:00:00Z
CATALOGUE = Catalogue.load()
PREFIX = re.compile(rb"(?:\*\*C\*\*|[A-Z]|http-)\d{4}-\d{6}-\d{3}(?: \(\d+\))?: ")


@pytest.fixture(scope="module")
def scanner():
    return Scanner(load("mesibo"), timezone=ZoneInfo("UTC"), keep=0)


def read(scanner, data, envelope):
    """Count what is in the data in the way of the daemon."""
    wrapped = envelopes.undecided(envelope)
    scan = scanner.scan(whole_lines(data, wrapped), envelope=wrapped, reference=NOON)
    misplaced = scan.unparsed["misplaced"]
    summary = Summary(scan.lines, scan.candidates - misplaced, scan.unparsed.total() - misplaced, misplaced)
    summary.add(scan.results, CATALOGUE)
    return summary.as_dict(CATALOGUE)


@pytest.mark.parametrize("envelope", ["plain", "docker"])
@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_read_is_what_was_written(scanner, envelope, everything, seed):
    """The truth is an independent account: the parser's equals it, hostile lines and all."""
    mesibo = Mesibo(seed, envelope=envelope, mix=Mix(push=0.6, hostile=0.05, everything=everything))
    data = mesibo.start_up(NOON - 3600)
    data += mesibo.say(1000, NOON - 3600, 0.5)
    data += mesibo.say(100, NOON - 60, 0.1, [Outcome("apns", 903), Outcome("fcm", 404, "UNREGISTERED")])
    assert read(scanner, data, envelope) == mesibo.truth()


@pytest.mark.parametrize("envelope", ["plain", "docker"])
def test_the_same_seed_says_the_same(envelope):
    """Bytes and truth follow from seed, mix and calls alone; another seed differs."""
    one, same, other = (Mesibo(seed, envelope=envelope) for seed in (3, 3, 4))
    assert one.say(200, NOON, 0.1) == same.say(200, NOON, 0.1) != other.say(200, NOON, 0.1)
    assert one.truth() == same.truth()


@pytest.mark.parametrize("lines", [1, 2, 3, 7, 500])
def test_as_many_lines_as_asked_for(lines):
    """A message of several lines never makes it one too many."""
    mesibo = Mesibo(1, mix=Mix(push=0.0, hostile=0.3))
    for _ in range(10):
        assert mesibo.say(lines, NOON).count(b"\n") == lines
    assert mesibo.lines == 10 * lines


def test_stamps_follow_the_time_handed_in():
    """Day first, milliseconds last, each line a step later."""
    lines = Mesibo(1, mix=Mix(push=1.0, hostile=0.0)).say(3, NOON + 0.25, 1.5).splitlines()
    assert [re.search(rb"\d{4}-\d{6}-\d{3}", line)[0] for line in lines] == [
        b"2211-120000-250", b"2211-120001-750", b"2211-120003-250",
    ]  # fmt: skip


def test_no_two_push_lines_are_equal():
    """Each has a number of its own, so that no reader looks fast because lines repeat."""
    lines = Mesibo(1, mix=Mix(push=1.0, hostile=0.0)).say(5000, NOON).splitlines()
    assert len(set(lines)) == 5000


def test_the_share_of_push_lines_is_as_asked_for():
    """One in ten, as a busy mesibo with other logs on would write."""
    mesibo = Mesibo(1, mix=Mix(push=0.1, hostile=0.0))
    mesibo.say(20_000, NOON)
    assert 1800 < mesibo.truth()["push_lines"] < 2200


def test_an_ordinary_day_has_no_incident():
    """Nothing that stops all pushes, nothing unknown: those come as outages."""
    mesibo = Mesibo(1, mix=Mix(push=1.0, failures=0.5))
    mesibo.say(20_000, NOON)
    entries = [
        CATALOGUE.classify(r["platform"], r["code"], r["reason"]) for r in mesibo.truth()["results"] if r["code"]
    ]
    assert {entry.severity for entry in entries} == {"none", "warning"}
    assert {entry.class_ for entry in entries} > {"token", "rate_limited", "provider_fault", "payload"}


def test_everything_says_each_code_of_the_catalogue():
    """A test that wants to see every code sees it."""
    mesibo = Mesibo(1, mix=Mix(everything=True))
    mesibo.say(20_000, NOON)
    assert {result["code"] for result in mesibo.truth()["results"]} == {code for _, code, _, _ in CATALOGUE.known()}


def test_docker_records_are_as_docker_writes_them():
    """JSON with log, stream and time; long messages in records of 16 KiB of which only the last ends the line."""
    plain, docker = (Mesibo(5, envelope=kind, mix=Mix(hostile=0.2)) for kind in ("plain", "docker"))
    lines = plain.say(300, NOON, 0.01)
    data = docker.say(300, NOON, 0.01)
    records = [json.loads(line) for line in data.splitlines()]
    assert all(list(record) == ["log", "stream", "time"] for record in records)
    assert all(re.fullmatch(r"2026-11-22T12:00:0\d\.\d{1,8}[1-9]Z", record["time"]) for record in records)
    assert any(not record["log"].endswith("\n") for record in records)
    assert b"\\u003cscript\\u003e" in data
    joined = b"".join(payload + b"\n" for payload in payloads(data, envelopes.undecided("docker")))
    assert joined == lines.decode(errors="replace").encode()


def test_prefixes_are_those_of_real_logs():
    """Every line, except continuation lines, begins with a level, a stamp and usually a thread."""
    lines = Mesibo(1, mix=Mix(hostile=0.0)).say(2000, NOON).splitlines()
    strange = [line for line in lines if not PREFIX.match(line)]
    assert strange
    assert all(line.startswith((b"error ", b"(failures ")) for line in strange)
