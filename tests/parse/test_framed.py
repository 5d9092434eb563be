"""Lines that are counted in their envelope count as they do out of it, whatever somebody writes into a record."""

import json
import random
from dataclasses import replace
from functools import lru_cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from logwatch import envelope as envelopes
from logwatch.model import Envelope, Layer, ResultKey
from logwatch.parse import Scanner, load
from logwatch.parse.line_parser import LineParser
from tests.helpers.wrapping import SEVERAL_LINES, WRAP, envelope_of, journal, log, nano
from tests.parse import logshaped

GRAMMAR = load("mesibo")
LATER = 1795946400.0  # days behind the lines
PUSH = "E2511-100000-001 (17): push_on_complete: uid 4711 type fcm token dX:APA91b-_ code {} {}"
ANSWERS = [
    "",
    '{"name": "projects/chat/messages/0:17%3"}',
    '{"error":{"code":404,"status":"NOT_FOUND"}}',
    "said \u00e9",
]
UNSEEN = [
    '{"a":[{"reason":"BadDeviceToken"},7]}',
    '{"b":{"x":"a \\"b\\""},"status" : "UNAVAILABLE"}',
    '"c" reason THROTTLED',
]
USUAL = [PUSH.format(code, answer) for code in (200, 404, 914) for answer in ANSWERS]
TEXTS = [
    'code 903"', "\\", "\\\\", "\\n", "\n", "\r", "\t", "\0", "\x1b[31m", "\x7f", "\u2028", "\u00e9", "<&>", " ",
    "\ufeff", "{", "[", '\n","stream":"stdout","time":"2026-11-25T10:00:00.123456789Z"}',
    '","MESSAGE":"' + PUSH.format(903, ""),
    "2026-11-25T11:00:00.123456789+01:00 stdout F ", "\nE2511-100000-001 (17): push_on_complete: code 903",
]  # fmt: skip
RAW = [
    b"\\", b'"', b'\\"', b"\\n", b"\\\\", b"\\u0022", b"\\u000a", b"\\u0070", b"\\/", b"\xff", b"\xed\xa0\x80", b"\0",
    b"\r", b"\t", b" ", b"\n", b"P", b"stderr", b"\xef\xbb\xbf", b"\x1b[0m", b"{", b"}", b",", b"nginx", b" code 903 ",
    b'{"log":"', b'\\n","stream":"stderr","time":"', b',"attrs":{"tag":"a"}', b"T25:61", b"02-30", b" stdout P ",
    b',"log":"E2511-100000-001: push_on_complete code 903\\n"', b'"MESSAGE":null',
    b'"CONTAINER_PARTIAL_MESSAGE":"true",',
]  # fmt: skip
FORMATS = [name for name in WRAP if name not in SEVERAL_LINES]


def docker(record: dict[str, object]) -> bytes:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()


FIELDS = [
    ("CONTAINER_NAME", "other"), ("CONTAINER_NAME", ""), ("CONTAINER_NAME", None), ("_SYSTEMD_UNIT", "nginx.service"),
    ("_SYSTEMD_UNIT", None), ("_SYSTEMD_UNIT", ["mesibo.service", "a"]), ("SYSLOG_IDENTIFIER", "other"),
    ("CONTAINER_PARTIAL_MESSAGE", "true"), ("CONTAINER_PARTIAL_MESSAGE", "false"), ("__REALTIME_TIMESTAMP", "12a"),
    ("__REALTIME_TIMESTAMP", 7), ("_SOURCE_REALTIME_TIMESTAMP", "1795342500000001"), ("_CMDLINE", 'a "b" \\ \t\r/'),
    ("_CMDLINE", [97, 300]), ("_CMDLINE", {"a": 1}), ("PRIORITY", ["6", "7"]), ("x.y", "z"), ("__CURSOR", "\x7f\u2028"),
    ("SYSLOG_TIMESTAMP", "Nov 25 10:00:00 "),
]  # fmt: skip


def shuffled(record: bytes, rng: random.Random, odd: float = 0.0) -> bytes:
    """Return a record with its fields in another order, as each entry of journalctl's has its own; few lack some."""
    fields = json.loads(record)
    fields |= dict(rng.sample(FIELDS, 1)) if rng.random() < odd else {}
    items = [each for each in fields.items() if rng.random() > odd / 8]
    rng.shuffle(items)
    return docker(dict(items))


def damaged(record: bytes, rng: random.Random) -> bytes:
    """Return a record with some bytes more, less or others, or its fields in another order."""
    at, piece = rng.randrange(len(record) + 1), rng.choice(RAW)
    way = rng.randrange(5)
    if way == 0 and record.startswith(b"{"):
        return shuffled(record, rng)
    if way == 1:
        known = rng.choice([b'\\n"', b'"time"', b"2026", b":00:", b"mesibo", b" F ", b"stdout", b"code", b'"'])
        return record.replace(known, piece, rng.choice([1, -1]))
    return record[:at] + piece + record[at + rng.choice([0, 0, len(piece)]) :]


def records(name: str, seed: int) -> bytes:
    """Write a log of usual lines, and of what somebody does who wants others to be counted."""
    rng = random.Random(seed)
    odd, dense, end = rng.choice([0.03, 0.3]), rng.choice([0.1, 0.9]), rng.choice(["", "", "\r"])
    written = []
    for i in range(rng.choice([5, 40])):
        text = rng.choice(USUAL) if rng.random() < dense else "E2511-100000-001 (17): on_message: hi"
        if rng.random() < odd:
            at = rng.randrange(len(text) + 1)
            text = text[:at] + rng.choice(TEXTS) + text[at:]
        if rng.random() < odd:
            text = PUSH.format(410, rng.choice(UNSEEN))
        if rng.random() < odd / 2:
            text = logshaped.line(rng).decode(errors="replace")
        record = WRAP[name](text + end, i)
        if name == "journal-json" and dense > odd:
            record = shuffled(record, rng, odd)
        if name == "docker" and rng.random() < odd:
            part = {
                "log": text,
                "stream": rng.choice(["stdout", "stderr"]),
                "attrs": {"tag": text[:3]},
                "time": nano(i),
            }
            record = docker(part)
        if rng.random() < odd:
            record = damaged(record, rng)
        written.append(record + b"\n")
    return b"".join(written)


def fresh(*, together: bool = True) -> Scanner:
    """Return a scanner that knows no frame yet, or one that takes out and reads each line."""
    scanner = Scanner(GRAMMAR, timezone=ZoneInfo("UTC"))
    scanner.parser = LineParser(GRAMMAR)
    if not together:
        scanner.parser.chunk_reader = None
    return scanner


@lru_cache
def framed(name: str, *, together: bool = True) -> Scanner:
    """Return a scanner whose frame is that of usual lines in this envelope, or one that takes out and reads each."""
    scanner = fresh(together=together)
    scanner.scan(log(name, USUAL * 20), envelope=envelope_of(name), reference=LATER)
    return scanner


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32))
def test_whatever_is_written_into_a_record_gives_what_it_gives_out_of_it(name, seed):
    """Escapes, parts, torn records, other fields, fronts of others: results, causes, failures, times are the same."""
    wrapped = envelope_of(name)
    data = envelopes.cut(records(name, seed), wrapped, 65536, final=True).data
    found, expected = (
        framed(name, together=together).scan(data, envelope=wrapped, reference=LATER) for together in (True, False)
    )
    assert replace(found, samples=[]) == replace(expected, samples=[])
    assert {each.cause for each in found.samples} == {each.cause for each in expected.samples}


@pytest.mark.parametrize(("name", "end"), [*((name, "") for name in FORMATS), ("docker", "\r")])
def test_usual_lines_are_not_taken_out(name, end, monkeypatch):
    """Only the first and the last of each result are, to be dated, also of what a terminal wrote."""
    scanner, data = framed(name), log(name, [PUSH.format(200, ANSWERS[1]) + end] * 400)
    seen: list[int] = []
    real = envelopes.taken_out
    monkeypatch.setattr(envelopes, "taken_out", lambda text, wrapped: seen.append(len(text)) or real(text, wrapped))
    found = scanner.scan(data, envelope=envelope_of(name), reference=LATER)
    assert [each.count for each in found.results.values()] == [400]
    assert sum(seen) < len(data) / 50


RAW_FIELDS = [
    b"",
    b'"MESSAGE":"' + PUSH.format(903, "").encode() + b'"',
    *(b'"_CMDLINE":"%b"' % each for each in (b"\\u12", b"\\ud800", b"\\x", b"\t", b"\xff", b"\\")),
]


@pytest.mark.parametrize("odd", [*(docker({name: value})[1:-1] for name, value in FIELDS), *RAW_FIELDS])
@pytest.mark.parametrize("gone", ["", "_SYSTEMD_UNIT", "__REALTIME_TIMESTAMP", "SYSLOG_IDENTIFIER"])
def test_an_entry_with_another_field_or_without_one_gives_what_it_gives_out_of_its_envelope(odd, gone):
    """Wherever the odd field is, the entry gives the same result as when it is unwrapped, and so do those around it."""
    wrapped, usual = envelope_of("journal-json"), log("journal-json", USUAL)
    fields = [docker({name: value})[1:-1] for name, value in journal(USUAL[5], 7).items()]
    kept = [each for each in fields if not (gone and each.startswith(b'"%b"' % gone.encode()))]
    places = range(len(kept) + 1)
    entries = [b"{%b}\n" % b",".join(filter(None, [*kept[:at], odd, *kept[at:]])) for at in places]
    data = envelopes.cut(usual * 3 + b"".join(entries), wrapped, 65536, final=True).data
    found, expected = (
        framed("journal-json", together=together).scan(data, envelope=wrapped, reference=LATER)
        for together in (True, False)
    )
    assert replace(found, samples=[]) == replace(expected, samples=[])


@pytest.mark.parametrize(
    "origins", [("unit mesibo.service",), ("identifier mesibo", "unit mesibo.service"), ("container a",), ()]
)
@pytest.mark.parametrize("first", [0, 1, 2, 3])
def test_only_entries_of_their_origins_count_inside_their_envelope(origins, first):
    """Entries of another unit do not count, whichever entry comes first and whatever names they lack."""
    names = [
        {},
        {"_SYSTEMD_UNIT": "nginx.service"},
        {"_SYSTEMD_UNIT": "mesibo.service"},
        {"SYSLOG_IDENTIFIER": "mesibo"},
    ]
    entries = [
        docker({"__REALTIME_TIMESTAMP": "1795600800123456"} | name | {"MESSAGE": PUSH.format(400 + n, "")}) + b"\n"
        for n, name in enumerate([*names[first:], *names[:first]], first)
    ]
    wrapped = Envelope((Layer("journal-json", origins),))
    data = b"".join(entries) * 5
    found, expected = (
        fresh(together=together).scan(data, envelope=wrapped, reference=LATER) for together in (True, False)
    )
    assert found.results == expected.results
    assert replace(found, samples=[]) == replace(expected, samples=[])


def test_entries_of_a_journal_are_not_taken_out_whatever_order_their_fields_are_in(monkeypatch):
    """Entries are read in their envelope with fields in any order, which differs in each of journalctl's."""
    rng, wrapped = random.Random(7), envelope_of("journal-json")
    lines = log("journal-json", [PUSH.format(404, ANSWERS[2])] * 400).splitlines()
    data = b"".join(shuffled(line, rng) + b"\n" for line in lines)
    scanner, seen = framed("journal-json"), list[int]()
    real = envelopes.taken_out
    monkeypatch.setattr(envelopes, "taken_out", lambda text, wrapped: seen.append(len(text)) or real(text, wrapped))
    found = scanner.scan(data, envelope=wrapped, reference=LATER)
    assert {key: each.count for key, each in found.results.items()} == {ResultKey("fcm", 404, "NOT_FOUND"): 400}
    assert sum(seen) < len(data) / 50


@pytest.mark.parametrize("name", FORMATS)
def test_failures_are_taken_out_when_they_are_read(name, monkeypatch):
    """Of a storm most are never read; cut off, picked out or searched, they are what they are out of the envelope."""
    lines = [PUSH.replace("4711", f"user{i}").format(404, ANSWERS[i % 2]) for i in range(400)]
    scanner, data = framed(name), log(name, lines)
    seen: list[int] = []
    real = envelopes.taken_out
    monkeypatch.setattr(envelopes, "taken_out", lambda text, wrapped: seen.append(len(text)) or real(text, wrapped))
    found = scanner.scan(data, envelope=envelope_of(name), reference=LATER).failures
    assert sum(seen) < len(data) / 50
    assert [each.user for each in found] == [f"user{i}" for i in range(400)]
    assert [each.user for each in found[7:9]] == ["user7", "user8"]
    assert [found[i].user for i in (0, -1)] == ["user0", "user399"]
    assert [each.user for each in found.naming(b"user39")] == ["user39", *[f"user{i}" for i in range(390, 400)]]
    assert [each.at for each in found[:2]] == [found[0].at, found[1].at]


OTHERS = {  # what stands in each line, and in its place in those of another program, or in one that was torn
    "compose": (b"mesibo-1 ", b"mysql-1 "),
    "compose-timestamps": (b"mesibo-1 ", b"mysql-1 "),
    "kubectl": (b"/mesibo]", b"/nginx]"),
    "syslog-3164": (b" mesibo[", b" nginx["),
    "syslog-5424": (b" mesibo 12", b" nginx 12"),
    "journal-iso": (b" mesibo[", b" nginx["),
    "journal-json": (b"mesibo.service", b"nginx.service"),
    "docker": (b'Z"}', b'Z"'),
}


@pytest.mark.parametrize("name", OTHERS)
def test_only_lines_of_others_are_taken_out_one_by_one(name, monkeypatch):
    """Coloured lines are not counted in their envelope; one of another program among them costs itself."""
    wrapped, (own, other) = envelope_of(name), OTHERS[name]
    lines = log(name, ["\x1b[32m" + line + "\x1b[0m" for line in USUAL * 10]).splitlines(keepends=True)
    foreign = range(0, len(lines), 20)
    data = b"".join(line.replace(own, other) if i in foreign else line for i, line in enumerate(lines))
    scanner, reference = (framed(name, together=together) for together in (True, False))
    expected = reference.scan(data, envelope=wrapped, reference=LATER)
    seen: list[int] = []
    real = envelopes.unwrap
    monkeypatch.setattr(
        envelopes, "unwrap", lambda text, wrapped: seen.append(text.count(b"\n")) or real(text, wrapped)
    )
    found = scanner.scan(data, envelope=wrapped, reference=LATER)
    assert found.unparsed == {"unenveloped" if name == "docker" else "misplaced": len(foreign)}
    assert replace(found, samples=[]) == replace(expected, samples=[])
    assert sum(seen) < len(lines) / 4


@pytest.mark.parametrize("name", [name for name in FORMATS if not envelopes.FORMATS[name].escapes])
@given(st.integers(0, 2**32))
@example(34309)  # kubectl: a line behind a NUL
def test_the_own_lines_of_an_envelope_are_those_whose_record_says_so(name, seed):
    """Damaged, of others, or with fronts of others in them: each is its own where it would be if it stood alone.

    But for one behind NULs, which is asked by itself. Formats that escape, as JSON, are left out: their ``own`` says
    only what seems to be a record.
    """
    lines = records(name, seed)[:-1].split(b"\n")
    wrapped = envelope_of(name)
    alone = [envelopes.unwrap(line + b"\n", wrapped)[-1].refused is None for line in lines]
    asked = [i for i, each in enumerate(alone) if each and not lines[i].startswith(b"\0")]
    assert envelopes.own(lines, wrapped) == asked


@pytest.mark.parametrize(
    ("usual", "written"),
    [
        (b"dX:APA91b", b"dX:\xffPA91b"),
        (b"dX:APA91b", b"dX:\xed\xa0\x80A91b"),
        (b"dX:APA91b", b"dX:A\tPA91b"),
        (b"dX:APA91b", b'dX:A"PA91b'),
        (b"2026-11-25T", b"2026-02-29T"),
        (b"2026-11-25T", b"2026-11-31T"),
        (b"T10:", b"T24:"),
        (b'"stdout"', b'"stdin"'),
        (b'"stdout"', b'"stdout","attrs":{"a":1,}'),
    ],
)
def test_a_record_that_docker_does_not_write_counts_nothing(usual, written):
    """It is no JSON, or its time is none: a line that looks like a push in it is told as one without an envelope."""
    good = log("docker", [PUSH.format(200, ANSWERS[1])] * 40)
    bad = log("docker", [PUSH.format(404, "")]).replace(usual, written)
    assert bad.count(written) == 1
    found = framed("docker").scan(good + bad + good, envelope=envelope_of("docker"), reference=LATER)
    assert {key.code: seen.count for key, seen in found.results.items()} == {200: 80}
    assert found.unparsed == {"unenveloped": 1}


@pytest.mark.parametrize("name", FORMATS)
def test_more_results_than_have_codes_let_no_record_count_that_counts_nothing(name):
    """Among 500 results in a chunk, a line of another program and a part of a message are reported as what they are."""
    many = log(name, [PUSH.format(300 + i // 2, "") for i in range(1000)])
    one = log(name, [PUSH.format(903, "")])
    other = one.replace(b"mesibo", b"nginx") if name not in {"docker", "cri"} else one.replace(b"\\n", b"")
    found, expected = (
        framed(name, together=together).scan(many + other + many, envelope=envelope_of(name), reference=LATER)
        for together in (True, False)
    )
    assert {key.code: seen.count for key, seen in found.results.items()} == {
        key.code: seen.count for key, seen in expected.results.items()
    }
    assert found.unparsed == expected.unparsed
    assert sum(each.count for each in found.results.values()) >= 1999
