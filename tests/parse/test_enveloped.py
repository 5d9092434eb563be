"""Lines behind any envelope give what they give as they are, with the time that the envelope wrote."""

import json
import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from logwatch import envelope as envelopes
from logwatch.model import PLAIN, Envelope, ResultKey
from logwatch.parse import Scanner, load
from tests.helpers.wrapping import (
    BEGIN,
    SEVERAL_LINES,
    UNTIMED,
    WRAP,
    YEARLESS,
    envelope_of,
    journal,
    log,
    whole_lines,
    written,
)
from tests.parse import logshaped

SCANNER = Scanner(load("mesibo"), timezone=ZoneInfo("UTC"))
LATER = (BEGIN + timedelta(days=900)).timestamp()  # a file's time, years after its lines
OTHERS = ["E2511-100000-001 (17): on_message: hi", "text", "E2511-100000-001 (17): said push_on_complete: code 903"]


def scan(data: bytes, wrapped=PLAIN, *, scanner=SCANNER, reference=LATER, **how):
    piece = envelopes.cut(data, wrapped, 65536, final=True)
    return scanner.scan(piece.data, envelope=wrapped, reference=reference, **how)


def counts(found) -> dict[ResultKey, int]:
    return {key: seen.count for key, seen in found.results.items()}


def told(found) -> list[tuple]:
    return [(each.platform, each.code, each.reason, each.user, each.token) for each in found.failures]


texts = st.lists(st.integers(0, 2**32).map(lambda seed: logshaped.line(random.Random(seed))), max_size=40)


@pytest.mark.parametrize("name", WRAP)
@settings(max_examples=25, deadline=None)
@given(lines=texts)
def test_what_counts_behind_an_envelope_counts_without_it(name, lines):
    """Results, causes and failures are those of the plain lines, whichever road they take."""
    logged = [line.decode(errors="replace").replace("\0", "").replace("\r", " ") for line in lines]
    plain = b"".join(text.encode() + b"\n" for text in logged)
    with_envelope, without = scan(log(name, logged), envelope_of(name)), scan(plain)
    assert with_envelope.lines == without.lines
    assert counts(with_envelope) == counts(without)
    assert with_envelope.unparsed == without.unparsed
    assert told(with_envelope) == told(without)


@pytest.mark.parametrize("name", [name for name in WRAP if name not in UNTIMED])
def test_the_envelope_s_time_dates_its_lines(name):
    """The year is that of the envelope, not of the file's time; where it has none, the file's time decides."""
    lines = [f"E2511-1000{i:02}-500 (17): push_on_complete: uid 1 code 903" for i in range(40)]
    year = 2028 if name in YEARLESS else 2026
    found = scan(log(name, lines), envelope_of(name))
    (seen,) = found.results.values()
    assert seen.first == datetime(year, 11, 25, 10, 0, 0, 500_000, tzinfo=UTC).timestamp()
    assert seen.last == seen.first + 39
    assert [each.at for each in found.failures] == [seen.first + i for i in range(40)]


@given(st.lists(st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31)), min_size=1, max_size=30))  # noqa: DTZ001
def test_each_line_is_dated_by_when_it_was_received_itself(moments):
    """Lines of several years in one file, in any order: what dated one of them gives no other one its year."""
    lines = [
        f"{moment:%Y-%m-%dT%H:%M:%S}.9Z stdout F E{moment:%d%m-%H%M%S}-500 (17): push_on_complete: code 903\n"
        for moment in moments
    ]
    times = [moment.replace(microsecond=500_000, tzinfo=UTC).timestamp() for moment in moments]
    found = scan("".join(lines).encode(), envelope_of("cri"))
    assert [each.at for each in found.failures] == times
    (seen,) = found.results.values()
    assert {seen.first, seen.last} == {min(times[0], times[-1]), max(times[0], times[-1])}


@pytest.mark.parametrize("name", WRAP)
def test_what_does_not_stand_in_the_envelope_is_counted_as_such(name):
    """A bare line, and one under another name: each has its cause, and a shape to be looked at."""
    if name in SEVERAL_LINES:
        return
    wrapped = envelope_of(name)
    good = log(name, ["E2511-100000-001 (17): push_on_complete: uid 1 code 200"] * 40)
    foreign = log(name, ["E2511-100000-001 (17): push_on_complete: uid 1 code 903"]).replace(b"mesibo", b"nginx")
    bare = b"E2511-100000-001 (17): push_on_complete: uid 1 code 904\n"
    found = scan(good + foreign + bare + good, wrapped)
    named = bool(wrapped.layers[0].origins)
    assert sum(counts(found).values()) == 80 + (not named)
    assert found.unparsed == ({"unenveloped": 1, "misplaced": 1} if named else {"unenveloped": 1})
    assert {sample.cause for sample in found.samples} == set(found.unparsed)
    assert found.lines == 82


@pytest.mark.parametrize("name", WRAP)
def test_a_push_among_many_other_lines_is_found_however_it_is_written(name):
    """Push lines are found in chunks of which only the lines with the marker are unwrapped."""
    others = ["E2511-100000-001 (17): on_message: hi"] * 60
    push = "E2511-100000-001 (17): push_on_complete: uid 1\x07 type fcm code {}"
    found = scan(
        log(name, [*others, push.format(404), *others, push.replace("\x07", "é").format(410)]), envelope_of(name)
    )
    assert counts(found) == {ResultKey("fcm", 404, ""): 1, ResultKey("fcm", 410, ""): 1}
    assert found.lines == 122


@pytest.mark.parametrize("written", [{"separators": (", ", " : ")}, {"ensure_ascii": True, "separators": (",", ":")}])
@pytest.mark.parametrize("message", [str, lambda text: list(text.encode()), lambda text: [text, "twice"]])
def test_a_push_in_a_journal_as_others_write_it_is_found_among_other_lines(written, message):
    """Push lines are found with any blanks between JSON's tokens, and in any form of a message."""
    texts = [*OTHERS * 20, "E2511-100000-001 (17): push_on_complete: uid 1 type fcm code 404", *OTHERS * 20]
    entries = [journal(text, i) | {"MESSAGE": message(text)} for i, text in enumerate(texts)]
    data = "".join(json.dumps(entry, **written) + "\n" for entry in entries).encode()
    found = scan(data, envelope_of("journal-json"))
    assert counts(found) == {ResultKey("fcm", 404, ""): 1}
    assert (found.lines, found.unparsed.total()) == (121, 40)


def test_a_record_in_two_envelopes_is_found_among_others():
    """The outer one escapes what the inner one wrote."""
    wrapped = Envelope((*envelope_of("docker").layers, *envelope_of("compose").layers))
    lines = [*OTHERS * 20, "E2511-100000-001 (17): push_on_complete: uid 1 type fcm code 404", *OTHERS * 20]
    found = scan(log("docker", [f"mesibo-1  | {line}" for line in lines]), wrapped)
    assert counts(found) == {ResultKey("fcm", 404, ""): 1}
    assert (found.lines, found.unparsed.total()) == (121, 40)


@pytest.mark.parametrize("name", [*WRAP, "plain"])
@pytest.mark.parametrize("indent", [0, 2, "\t"])
def test_an_answer_over_several_lines_gives_reason_and_platform(name, indent):
    """FCM's and APNs' pretty-printed answers, each line in its envelope, with lines of other modules in between."""
    fcm = json.dumps(
        {"error": {"status": "PERMISSION_DENIED", "details": [{"errorCode": "SENDER_ID_MISMATCH"}]}}, indent=indent
    )
    apns = json.dumps({"reason": "BadDeviceToken", "note": "code 903"}, indent=indent)
    accepted = json.dumps({"name": "projects/demo/messages/0:1500415314455276%31bd1c96"}, indent=indent)
    push = "E2511-100000-001 (17): push_on_complete: uid 4711 "
    lines = [
        *f"{push}type fcm code 403 {fcm}".split("\n")[:3],
        "E2511-100000-002 (18): other: {",
        *f"{push}type fcm code 403 {fcm}".split("\n")[3:],
        *f"{push}code 400 {apns}".split("\n"),
        *f"{push}code 200 {accepted}".split("\n"),
        f"{push}type fcm code 403",
    ] * 30
    data = log(name, lines) if name != "plain" else "".join(line + "\n" for line in lines).encode()
    found = scan(data, envelope_of(name))
    assert counts(found) == {
        ResultKey("fcm", 403, "SENDER_ID_MISMATCH"): 30,
        ResultKey("apns", 400, "BadDeviceToken"): 30,
        ResultKey("fcm", 200, ""): 30,
        ResultKey("fcm", 403, ""): 30,
    }
    assert {each.reason for each in found.failures} == {"SENDER_ID_MISMATCH", "BadDeviceToken", ""}
    assert {each.user for each in found.failures} == {"4711"}


@pytest.mark.parametrize("name", ["docker", "cri", "docker-timestamps", "syslog-3339", "plain"])
@pytest.mark.parametrize("end", ["\r", "\r\r", "\x1b[0m\r", "\x1b[0m\r\r", " \r", "\r\x1b[0m\r"])
def test_an_answer_gives_its_reason_whatever_a_terminal_puts_behind_its_lines(name, end):
    """Carriage returns, one or several (CR LF that goes through a terminal has two), and colours between them."""
    answer = json.dumps({"error": {"status": "NOT_FOUND"}}, indent=2)
    text = f"E2511-100000-001 (17): push_on_complete: type fcm code 404 {answer}"
    found = scan(written(name, [line + end for line in text.split("\n")] * 3), envelope_of(name))
    assert counts(found) == {ResultKey("fcm", 404, "NOT_FOUND"): 3}


JSON_LINES = st.lists(
    st.sampled_from(
        ["{", "}", '"status": "UNAVAILABLE",', '"reason": "BadDeviceToken"', "code 903", "  push_on_complete: code 904",
         "]", '"', "reason code 905", "E push_on_complete code 906", "", '"errorCode": "UNREGISTERED"', "x,", "{"]
    ),
    max_size=12,
)  # fmt: skip


@given(bodies=st.lists(st.tuples(st.sampled_from(["{", "[", "{}", "", "{[", '{"a":']), JSON_LINES), max_size=6))
def test_no_line_of_a_body_counts(bodies):
    """Whatever stands below a push line, the results are the push lines', with their own codes."""
    data = "".join(
        f"E2511-100000-001 (17): push_on_complete: code {401 + i} {first}\n" + "".join(line + "\n" for line in below)
        for i, (first, below) in enumerate(bodies)
    )
    found = scan(data.encode())
    assert sorted(key.code for key in found.results) == [401 + i for i in range(len(bodies))]
    assert sum(counts(found).values()) == len(bodies)


def test_an_answer_continues_in_the_next_file():
    """After a rotation, an answer is completed from the next file, in which nothing counts by that."""
    head = b"E2511-100000-001 (17): push_on_complete: code 403 {\n"
    rest = b'"status": "PERMISSION_DENIED" }\nE2511-100000-002 (17): push_on_complete: code 404\n'
    assert counts(scan(head, follows=rest)) == {ResultKey("fcm", 403, "PERMISSION_DENIED"): 1}


ENDS = [(name, end) for name in [*WRAP, "plain"] for end in ("", "\r")] + [
    ("syslog-3164", "#015"),
    ("syslog-5424", "^M"),
]


@pytest.mark.parametrize(("name", "end"), ENDS)
def test_a_push_line_whose_answer_goes_on_is_held_back(name, end):
    """The line itself and what is there of the answer; not what stands before, and nothing once it is whole."""
    wrapped = envelope_of(name)
    first = "E2511-100000-001 (17): push_on_complete: code 403 {"

    def written(lines: list[str]) -> bytes:
        lines = [line + end for line in lines]
        if name == "plain":
            return "".join(line + "\n" for line in lines).encode()
        return whole_lines(log(name, lines), wrapped) if name in SEVERAL_LINES else log(name, lines)

    done = written(["E2511-100000-001 (17): push_on_complete: code 403 {}"])
    waiting = written([first, '"status": "X",', "E2511-100000-001 (18): other"])
    assert SCANNER.held(done, wrapped) == 0
    assert SCANNER.held(done + waiting, wrapped) == len(waiting)
    assert SCANNER.held(done + waiting + written(["}"]), wrapped) == 0
    assert SCANNER.held(written([first, *["E2511-100000-001 (18): other"] * 70]), wrapped) == 0
    assert SCANNER.held(written([first.replace("push_on_complete", "another_module")]), wrapped) == 0


def test_a_body_of_a_journal_s_long_entries_is_held_back():
    """Each line of it has a KiB of other fields beside it."""
    lines = ["E2511-100000-001 (17): push_on_complete: code 403 {", *['"a": "b",'] * 50]
    data = b"".join(
        json.dumps(journal(line, i) | {"_CMDLINE": "x" * 1000}, separators=(",", ":")).encode() + b"\n"
        for i, line in enumerate(lines)
    )
    assert SCANNER.held(data, envelope_of("journal-json")) == len(data)


MARKS = ("{", "[", "}", "]", ",", ":", " ", "\t", "\r", "\x1b[0m", '"', "x", "\\n")
TAILS = st.lists(st.sampled_from(MARKS), max_size=5).map("".join)


@pytest.mark.parametrize("ascii_only", [True, False])
@given(tails=st.lists(TAILS, min_size=1, max_size=4))
@example(tails=["{\x1b[0m \x1b[0m"])
def test_a_line_is_held_back_however_it_ends(ascii_only, tails):
    """Blanks and colours behind an open bracket, escaped or not: in Docker's records as in the line itself."""
    lines = [f"E2511-100000-001 (17): push_on_complete: code 403 {tail}" for tail in tails]
    plain = "".join(line + "\n" for line in lines)
    docker = "".join(
        json.dumps({"log": line + "\n", "stream": "stdout"}, ensure_ascii=ascii_only, separators=(",", ":"))[:-1]
        + ',"time":"2026-11-22T10:15:00Z"}\n'
        for line in lines
    )
    waiting = SCANNER.held(plain.encode(), PLAIN)
    count = plain.encode()[len(plain.encode()) - waiting :].count(b"\n")
    assert SCANNER.held(docker.encode(), envelope_of("docker")) == sum(
        len(each) for each in docker.encode().splitlines(keepends=True)[len(lines) - count :]
    )


def test_colours_do_not_hide_a_line():
    """Around the line, or around its prefix, in a plain log."""
    line = b"E2511-100000-001 (17): push_on_complete: uid 1 code 200"
    coloured = line.replace(b"(17):", b"(17):\x1b[0m")
    data = b"\x1b[31m" + line + b"\x1b[0m\r\n" + b"\x1b[1;32m" + coloured + b"\n" + line + b"\r\n"
    assert counts(scan(data)) == {ResultKey("unknown", 200, ""): 3}


def test_lines_that_cannot_be_dated_are_counted():
    """They count as results, and as undated; an envelope dates them as well."""
    line = b"E%s-100000-001 (17): push_on_complete: uid 1 code 903\n"
    found = scan(line % b"3102" * 5)
    assert (found.undated, sum(counts(found).values())) == (5, 5)
    assert scan(line % b"3102" * 5 + line % b"2511").undated == 1
    assert scan(line % b"2511").undated == 0
    mixed = scan(line % b"3102" * 5, envelope_of("docker"))
    assert mixed.unparsed == {"unenveloped": 5}
    assert scan(log("docker", [(line % b"3102").decode()[:-1]] * 5), envelope_of("docker")).undated == 0
