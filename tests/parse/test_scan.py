"""Whatever a chunk contains, every line with the marker is counted once: as a result or by cause."""

import gc
import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatch.model import Failure, ResultKey, Sample, Seen
from logwatch.parse import Scanner, load
from logwatch.parse import scanner as scanning
from tests.helpers.grammars import write_grammar
from tests.helpers.wrapping import WRAP, envelope_of, whole_lines, written

GRAMMAR = load("mesibo")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()
P = b"E2211-%06d-%03d (17): push_on_complete: "


def scanner(**more) -> Scanner:
    return Scanner(GRAMMAR, timezone=ZoneInfo("UTC"), **more)


def scan(data: bytes, envelope="plain", **more):
    return scanner().scan(data, envelope=envelope, reference=NOW, **more)


def docker(*payloads: bytes, time="2026-11-22T10:15:00.5Z") -> bytes:
    records = ({"log": line.decode() + "\n", "stream": "stdout", "time": time} for line in payloads)
    return b"".join(json.dumps(each, separators=(",", ":")).encode() + b"\n" for each in records)


def at(hour: int, minute: int, second: float = 0) -> float:
    return datetime(2026, 11, 22, hour, minute, tzinfo=UTC).timestamp() + second


LINES = [
    b"E2211-101500-001 (1): Starting mesibo",
    b"E2211-101500-123 (17): push_on_complete: uid 7 type fcm code 200",
    b"E2211-101501-123 (17): push_on_complete: uid 8 token tok type apn code 410 reason Unregistered",
    b"error Table 'mesibo.pushtokens' doesn't exist (1146 42S02)",
    b"E2211-101459-123 (17): push_on_complete: uid 9 type gcm code 200",
    b"E2211-101502-123 (17): push_on_complete: uid 9",
    b"E2211-101502-123 (17): push_on_complete: code 1 code 2",
    b'E2211-101502-123 (17): push_on_complete: "',
    b"E2211-101502-123 (17): x push_on_complete: code 903",
]


@pytest.mark.parametrize("envelope", ["plain", "docker"])
def test_a_chunk_is_counted(envelope):
    """Results by platform, code and reason with the lines' own times; failures in detail; the rest by cause."""
    data = docker(*LINES) if envelope == "docker" else b"\n".join(LINES) + b"\n"
    found = scan(data, envelope)
    assert found.lines == 9
    assert found.candidates == 7
    assert found.results == {
        ResultKey("fcm", 200, ""): Seen(2, at(10, 14, 59.123), at(10, 15, 0.123)),
        ResultKey("apns", 410, "Unregistered"): Seen(1, at(10, 15, 1.123), at(10, 15, 1.123)),
    }
    shape = "<str>-<num>-<num> (<num>): push_on_complete: uid <num> token <str> type apn code <num> reason <str>"
    assert found.failures == [Failure(at(10, 15, 1.123), "apns", 410, "Unregistered", "", "8", "tok", shape)]
    assert found.unparsed == {"no_code": 1, "ambiguous": 1, "grammar": 1, "misplaced": 1}
    assert {sample.cause for sample in found.samples} == {"no_code", "ambiguous", "grammar", "misplaced"}


def test_a_docker_record_dates_a_line():
    """Its year dates the stamp, and its time stands in for a stamp that is no date."""
    lines = (b"E3112-235959-000: push_on_complete code 200", b"E3102-235959-000: push_on_complete code 904")
    found = scan(docker(*lines, time="2021-01-01T00:00:00.25Z"), "docker")
    new_year = datetime(2021, 1, 1, tzinfo=UTC).timestamp()
    assert found.results[ResultKey("unknown", 200, "")].last == new_year - 1
    assert found.results[ResultKey("unknown", 904, "")].last == new_year + 0.25


def test_only_the_newest_failures_are_kept():
    """A storm of failures costs a bounded number of details."""
    data = b"".join(P % (101500, i) + b"uid %d code 903\n" % i for i in range(50))
    found = scanner(keep=3).scan(data, envelope="plain", reference=NOW)
    assert [failure.user for failure in found.failures] == ["47", "48", "49"]
    assert found.results[ResultKey("unknown", 903, "")].count == 50
    assert scanner(keep=0).scan(data, envelope="plain", reference=NOW).failures == []


def test_failures_keep_the_order_of_their_lines_however_each_is_read():
    """One whose answer is printed below it is read after all others, and stands between them all the same."""
    answer = b' {\n  "error": {\n    "status": "INTERNAL"\n  }\n}'
    lines = [P % (101500, i) + b"uid %d type fcm code 500" % i + (b"" if i % 10 else answer) for i in range(200)]
    found = scanner().scan(b"\n".join([*lines, b""]), envelope="plain", reference=NOW).failures
    assert [(each.user, each.reason) for each in found] == [(str(i), "" if i % 10 else "INTERNAL") for i in range(200)]
    assert [each.user for each in found[9:12]] == ["9", "10", "11"]


def test_delivered_codes_are_no_failures():
    """The caller says which codes count as accepted, and these are no failures."""
    data = P % (101500, 1) + b"code 200\n" + P % (101500, 1) + b"code 202\n"
    found = scanner(delivered=frozenset({200, 202})).scan(data, envelope="plain", reference=NOW)
    assert found.failures == []


def test_a_window_leaves_lines_out():
    """Results before ``since``, and at ``until`` or later, are left out."""
    data = b"".join(P % (second, 0) + b"code 200\n" for second in (101500, 101501, 101502))
    found = scan(data, since=at(10, 15, 1), until=at(10, 15, 2))
    assert found.results == {ResultKey("unknown", 200, ""): Seen(1, at(10, 15, 1), at(10, 15, 1))}
    assert found.candidates == 1


def test_a_line_in_a_window_has_its_own_answer_and_not_that_of_one_like_it_outside(tmp_path):
    """Where lines have no time of their own, those of pushes are alike; whichever one the record's time asks for."""
    source = (
        "from pyparsing import Opt, Regex\n"
        'MARKER = b"push"\n'
        'ANSWER = "{ reason" + Regex("[A-Z]")("reason") + "}"\n'
        'LINE = "push code" + Regex("[0-9]+")("code") + Opt(ANSWER | "{")\n'
    )
    write_grammar(tmp_path, "bare", source, '# expect: {"code": 403}\npush code 403\n')
    bare = Scanner(load("bare", [tmp_path]), timezone=ZoneInfo("UTC"))
    said = "ABC"
    data = b"".join(
        docker(b"push code 403 {", b"reason %c" % reason, b"}", time=f"2026-11-22T10:15:0{second}Z")
        for second, reason in enumerate(said.encode())
    )
    for second, reason in enumerate(said):
        window = {"since": at(10, 15, second), "until": at(10, 15, second + 1)}
        found = bare.scan(data, envelope=envelope_of("docker"), reference=NOW, **window)
        assert {key.reason: seen.count for key, seen in found.results.items()} == {reason: 1}
        assert [each.reason for each in found.failures] == [reason]


def test_an_over_long_line_is_read_to_the_limit():
    """What follows the limit is ignored, and the line counts as oversized."""
    line = P % (101500, 0) + b"code 200 " + b"x" * 100 + b" code 903\n"
    found = scanner(max_line_bytes=80).scan(line, envelope="plain", reference=NOW)
    assert found.oversized == 1
    assert found.results.keys() == {ResultKey("unknown", 200, "")}


@pytest.mark.parametrize("wrapped", ["plain", "cri"])
def test_a_code_that_the_limit_cuts_in_two_is_none(wrapped):
    """40 of 404 would be a false count."""
    line = P % (101500, 0) + b"code 404 x"
    for end in range(len(line) - 10, len(line)):
        text = line if wrapped == "plain" else b"2026-11-25T10:00:00Z stdout F " + line
        found = scanner(max_line_bytes=end).scan(text + b"\n", envelope=wrapped, reference=NOW)
        assert not found.results.keys() - {ResultKey("unknown", 404, "")}


@pytest.mark.parametrize("wrapped", ["plain", "docker", "cri"])
def test_an_answer_that_the_limit_cuts_does_not_go_on_below(wrapped):
    """The rest of the line stands between what is left of it and the lines below."""
    head = (P % (101500, 0) + b"code 403 {").decode()
    lines = [f'{head} "error": {{ "message": "{"x" * 100}", ', '"status": "PERMISSION_DENIED" } }']
    found = scanner(max_line_bytes=len(head)).scan(
        written(wrapped, lines), envelope=envelope_of(wrapped), reference=NOW
    )
    assert found.oversized == 1
    assert found.results.keys() == {ResultKey("unknown", 403, "")}


def test_a_line_that_names_a_longer_function_is_no_push_line():
    """A longer word that contains the marker is ignored, unless the marker is also there as a word."""
    own = P % (101500, 0)
    for line in (b"push_on_complete_cb: code 903", b"push_on_complete-2", b"on_message: my_push_on_complete code 903"):
        assert scan(own.partition(b"push")[0] + line + b"\n").candidates == 0
    told = scan(b"on_message: push_on_complete_cb and push_on_complete code 903\n")
    assert (told.candidates, told.unparsed) == (1, {"misplaced": 1})


@pytest.mark.parametrize(
    "escape",
    [b"\x1b[1;32m", b"\x1b[m", b"#033[32m", b"^[[32m", b"#011", b"^I", b"\\t", b"\\n", b"\\u001b[32m", b"\\u0009"],
)
@pytest.mark.parametrize("envelope", ["plain", "docker-timestamps"])
def test_a_marker_behind_an_escape_is_not_passed_over(escape, envelope):
    """A colour or an escaped tab ends like a word: where all lines have one, nothing would say that none was read."""
    front = b"" if envelope == "plain" else b"2026-11-22T10:15:00.000000000Z "
    for line in (P % (101500, 0), b'{"level":"info","msg":"push_on_complete'):
        told = scan(front + line.replace(b"push_on", escape + b"push_on") + b" code 903\n", envelope=envelope)
        assert (told.candidates, told.results, told.unparsed) == (1, {}, {"misplaced": 1})


def test_samples_are_few_distinct_and_bare():
    """A thousand bad lines leave a few shapes, with nothing of a user in them."""
    data = b"".join(P % (101500, 0) + b"uid alice%d said hello%d\n" % (i, i) for i in range(1000))
    found = scan(data)
    assert found.unparsed == {"no_code": 1000}
    assert found.samples == [Sample("no_code", "<str>-<num>-<num> (<num>): push_on_complete: uid <str>")]


def test_a_storm_of_one_cause_leaves_a_sample_of_another():
    """A cause that occurs late and rarely still has a sample."""
    found = scan(b"x push_on_complete\n" * 1000 + P % (101500, 0) + b"pending\n" + b"x push_on_complete\n" * 1000)
    assert {(sample.cause, sample.count) for sample in found.samples} == {("misplaced", 2000), ("no_code", 1)}


def times(data, envelope="plain"):
    return {cause: (s.count, s.first, s.last) for cause, s in scan(data, envelope).unread.items()}


def test_unread_lines_are_dated_by_their_own_stamp():
    """Lines with a readable prefix are dated by it, even if they give no result."""
    data = b"".join(P % (101000 + 100 * i, 0) + b"status=903\n" for i in range(4))
    data += P % (101359, 0) + b"status=903\n" + P % (101500, 0) + b"code 200\n"
    assert times(data) == {"no_code": (5, at(10, 10), at(10, 13, 59))}


def test_unread_lines_without_a_stamp_lie_between_the_lines_around_them():
    """Behind an unknown prefix nothing tells the time but the lines near the first and the last, or the results."""
    hidden = b"gw7 >> " + P % (0, 0) + b"code 903\n"
    data = hidden + P % (101000, 0) + b"code 200\n" + hidden + P % (102000, 0) + b"code 200\n" + hidden * 2
    assert times(data) == {"misplaced": (4, at(10, 10), at(10, 20))}
    early = b"".join(P % (90000 + i, 0) + b"code 200\n" for i in range(50))
    assert times(early + data[len(hidden) :]) == {"misplaced": (3, at(10, 10), at(10, 20))}
    assert times(early + hidden * 99) == {"misplaced": (99, at(9, 0, 49), at(9, 0, 49))}
    assert times(P % (101000, 0) + b"code 200\n" + b"chat\n" * 9 + hidden) == {"misplaced": (1, at(10, 10), at(10, 10))}
    assert times(hidden * 9) == {"misplaced": (9, None, None)}


@pytest.mark.parametrize("hidden", [b"chat: push_on_complete", b"chat push_on_complete: code 903"])
def test_of_unread_lines_only_the_first_and_the_last_are_dated(hidden):
    """Thousands that users write cost as little as results."""
    pushes = [P % (101500 + i // 100, i % 100) + b"code 200\n" for i in range(3000)]
    unread = [b"E2211-%06d-%03d (1): %s\n" % (101500 + i // 100, i % 100, hidden) for i in range(3000)]
    made, dated = scanner(), []
    times = made.times
    made.times = lambda lines, reference: dated.extend(lines) or times(lines, reference)
    data = b"".join(line for pair in zip(pushes, unread, strict=True) for line in pair)
    found = made.scan(data, envelope="plain", reference=NOW)
    seen = found.unread["misplaced"]
    assert (seen.count, seen.first, seen.last) == (3000, at(10, 15), at(10, 15, 29.099))
    assert len(dated) <= 6


def test_unread_lines_in_dockers_records_have_dockers_time():
    """The envelope dates what the line itself does not."""
    assert times(docker(b"x push_on_complete"), "docker") == {"misplaced": (1, at(10, 15, 0.5), at(10, 15, 0.5))}


def test_samples_count_all_lines_of_their_cause():
    """In a storm only some lines are looked at; their counts are scaled up to all."""
    data = b"".join(b"mesibo-1  | " + P % (101500, i % 1000) + b"uid %d code 903\n" % i for i in range(3000))
    data += b"x push_on_complete\n"
    found = scan(data)
    assert found.unparsed == {"misplaced": 3001}
    assert sum(sample.count for sample in found.samples) == 3001
    assert found.samples[0].front == "mesibo-1  | "


@pytest.mark.parametrize(
    ("data", "logged"),
    [
        (P % (101500, 0) + b"code 200\nE2211-101700-000 (1): other\nno prefix\n", at(10, 17)),
        (b"no time at all\n" * 300, None),
        (P % (101500, 0) + b"code 200\n" + b"no time at all\n" * 1000, None),
        (b"E2211-101700-000 (1): " + b"x" * 100_000 + b"\n", None),
        (b"E2211-101700-000 (1): " + b"x" * 1000 + b"\n", at(10, 17)),
    ],
)
def test_the_last_line_with_a_time_shows_when_the_log_was_written(data, logged):
    """The time of the last line is taken from the end of a chunk, whatever that line is about."""
    assert scan(data).logged_at == logged


def test_dockers_time_tells_when_the_log_was_written():
    """A line without a stamp of its own was logged when Docker received it."""
    assert scan(docker(b"no stamp"), "docker").logged_at == at(10, 15, 0.5)


@pytest.mark.parametrize(
    ("time", "ahead"),
    [("2026-11-24T12:00:00Z", 2 * 86400), ("2026-11-23T11:59:59Z", 0), ("2026-11-22T11:00:00Z", 0)],
)
def test_a_time_that_is_more_than_a_day_ahead_is_reported(time, ahead):
    """Its clock or its zone is wrong; a stamp without a year, of whatever day, is of the past year instead."""
    assert scan(docker(b"E3102-120000-000: push_on_complete code 200", time=time), "docker").ahead_seconds == ahead
    assert scan(b"E2411-120000-000 (1): push_on_complete: code 200\n").ahead_seconds == 0


def test_nuls_and_garbage_are_survived():
    """A hole left by copytruncate does not hide the line behind it; bytes that are no text are lines."""
    data = (
        b"\0" * 5000 + P % (101500, 0) + b"uid \xff\xfe code 200\n\xff\0\xfe\n" + P % (101500, 0) + b"\0code 7 code 9\n"
    )
    found = scan(data)
    assert found.lines == 3
    assert found.results.keys() == {ResultKey("unknown", 200, ""), ResultKey("unknown", 9, "")}


@pytest.mark.parametrize("name", [*WRAP, "plain"])
@pytest.mark.parametrize("among", ["", "x" * 70000, "sent \x01"])
def test_only_lines_with_the_marker_are_candidates(tmp_path, name, among):
    """Lines without the marker never count, in any envelope, even if a grammar would match them."""
    source = (
        "from pyparsing import Regex, one_of\n"
        'MARKER = b"sent"\n'
        'LINE = one_of("sent gone") + "code" + Regex("[0-9]+")("code")\n'
    )
    write_grammar(tmp_path, "loose", source, '# expect: {"code": 5}\nsent code 5\n')
    loose = Scanner(load("loose", [tmp_path]), timezone=ZoneInfo("UTC"))
    for pushes, others in ((1, 100), (100, 1)):  # none of the others may be read
        lines = ["sent code 5"] * pushes + ["gone code 6", "gone code 6 \x01"] * others + [among]
        data = whole_lines(written(name, lines), envelope_of(name))
        found = loose.scan(data, envelope=envelope_of(name), reference=NOW)
        assert {key.code: seen.count for key, seen in found.results.items()} == {5: pushes}
        assert found.lines == pushes + 2 * others + 1


def test_a_chunk_is_let_go_when_it_was_read():
    """Nothing of it waits for the garbage collector: the next chunks would take fresh memory."""
    gc.collect()
    gc.disable()
    try:
        scan(b"\n".join([*LINES, b""]))
        assert not [each for each in gc.get_objects() if isinstance(each, scanning._Job)]
    finally:
        gc.enable()


def test_an_empty_chunk_is_empty():
    """No bytes, no lines."""
    assert scan(b"").lines == 0


@given(st.lists(st.one_of(st.sampled_from([*LINES, b"", b"\0"]), st.binary(max_size=60))), st.booleans())
def test_every_candidate_is_counted_once(lines, in_docker):
    """Candidates are results plus unparsed, whatever stands in the file."""
    data = b"".join(line + b"\n" for line in lines)
    found = scan(data, "docker" if in_docker else "plain")
    assert found.candidates == sum(seen.count for seen in found.results.values()) + found.unparsed.total()
    assert found.candidates <= found.lines
