"""An answer printed over several lines gives a reason, and never a code."""

import json
import re
import time
from itertools import accumulate
from unittest import mock

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from logwatch import envelope
from logwatch.model import PLAIN
from logwatch.parse import bodies
from logwatch.parse.bodies import (
    MAX_BYTES,
    MAX_LINES,
    MAX_LINES_BETWEEN,
    Below,
    Bodies,
    depth,
    join_one_by_one,
    may_be_open,
    waiting_bytes,
)
from tests.helpers.wrapping import NAMES, envelope_of, written

OWN = re.compile(rb"[A-Z][0-9]{4}-[0-9]{6}-[0-9]{3}")
PUSH = b"E2511-100000-123 (17): push_on_complete: uid 4711 type fcm code 403 "
INDENTS = b' \t}]"'
OTHER = b"E2511-100000-124 (18): on_message: { hello"


def owns(line: bytes) -> bool:
    return OWN.match(line) is not None


def joined(first: bytes, *below: bytes) -> tuple[bytes, bool]:
    """Join a line with what is below it; also return whether its body has ended."""
    ((text, needed),) = Below(b"\n".join([b"", *below, b""]), owns, INDENTS).join([first], [1])
    return text, needed is not None


@pytest.mark.parametrize(
    ("text", "open_"),
    [
        (b"code 403 {", 1),
        (b'code 403 {"error": {', 2),
        (b"code 403 [{", 2),
        (b'code 403 {"a": "}"', 1),
        (b'code 403 {"a": "\\"}"', 1),
        (b"code 403 {}", 0),
        (b"code 403", 0),
        (b"} code 403 {", 1),
        (b'name "x { code 403', 0),
        (b'code 403 {"a": "cut sh', 0),
    ],
)
def test_open_brackets_are_counted_outside_of_quotes(text, open_):
    """Brackets within quotes are not open; a line that ends within quotes was cut short, and gets no answer."""
    assert depth(text) == (open_, -1)
    if open_:
        assert may_be_open(text) or text.endswith(b'"')


@pytest.mark.parametrize("end", [b"", b" ", b"\r", b"\x1b[0m", b"\x1b[0m\r", b"\x1b[39;49m\x1b[m", b"\x1b[38:5:185m"])
def test_what_a_terminal_puts_behind_a_line_does_not_hide_that_it_is_open(end):
    """A bracket is recognised as open even if colours or a carriage return follow it inside an envelope."""
    assert may_be_open(PUSH + b"{" + end)
    assert not may_be_open(PUSH + b"[31m" + end)


def test_a_body_is_joined_up_to_the_bracket_that_closes_it():
    """What follows the closing bracket, on the same line or below, does not belong to the body."""
    found = joined(PUSH + b"{", b'  "error": {', b'    "status": "X" }', b"} reason code 903", b'"more"')
    assert found == (PUSH + b'{   "error": {     "status": "X" } }', True)


def test_lines_of_other_modules_may_stand_in_between():
    """They have a prefix; the body goes on behind them."""
    assert joined(PUSH + b"{", OTHER, b'"status": "X"', OTHER, OTHER, b"}") == (PUSH + b'{ "status": "X" }', True)


def test_a_body_whose_end_is_not_there_yet_is_reported_as_such():
    """More lines may come."""
    assert joined(PUSH + b"{", b'"status": "X"') == (PUSH + b'{ "status": "X"', False)
    assert joined(PUSH + b"{") == (PUSH + b"{", False)


def test_a_body_is_bounded():
    """A body is bounded in lines, in bytes, and in other lines in between."""
    assert joined(PUSH + b"{", *[b'"a": 1,'] * (MAX_LINES + 9))[1]
    assert joined(PUSH + b"{", *[b'"a": "' + b"x" * 1000 + b'",'] * 30)[1]
    assert len(joined(PUSH + b"{", *[b'"a": "' + b"x" * 1000 + b'",'] * 30)[0]) < MAX_BYTES + len(PUSH) + 9
    assert joined(PUSH + b"{", *[OTHER] * (MAX_LINES_BETWEEN + 1), b'"status": "X"}') == (PUSH + b"{", True)


ANSWERS = st.recursive(
    st.none() | st.integers() | st.text(max_size=8) | st.just("code 903"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
).filter(lambda value: isinstance(value, dict | list) and value)


@given(ANSWERS, st.integers(0, 4), st.lists(st.integers(0, 30), max_size=4))
def test_any_answer_is_joined_whatever_stands_in_between(answer, indent, places):
    """Printed over several lines it is what it is on one."""
    lines = json.dumps(answer, indent=indent).encode().split(b"\n")
    first, below = PUSH + lines[0], lines[1:]
    for place in places:
        below.insert(place, OTHER)
    found, whole = joined(first, *below, b"behind", OTHER)
    assert whole
    assert json.loads(found.removeprefix(PUSH)) == answer
    assert not below or may_be_open(first)


PIECES = st.sampled_from(
    [*map(bytes, zip(b'{}[]"\\ \n')), b'"a": "}"', b"\n  ", *(b"\n%b\n" % each for each in (OTHER, PUSH))]
)


@example(b'"\n"}', 1)  # a text between quotes ends with its line
@given(st.lists(PIECES, max_size=30).map(b"".join), st.integers(1, 7))
def test_a_body_is_the_same_whole_and_line_by_line(below, level):
    """Joining a body at once and line by line gives the same, balanced or not, with other lines or without."""
    line = PUSH + b"{" * level
    data = b"\n".join([line, *below.split(b"\n"), b""])
    expected, needed = join_one_by_one(line, level, data.split(b"\n")[1:-1], owns)
    for indents in (b"", INDENTS):
        assert [*Below(b"\n" + data, owns, indents).join([line], [len(line) + 2])] == [(expected, needed)]
        bodies = Bodies(data, PLAIN, b"", b"push_on_complete", owns, indents)
        assert bodies.joined([line], [len(line) + 1]) == [expected]
        assert (waiting_bytes(data, PLAIN, b"push_on_complete", owns, indents) > 0) >= (needed is None)


def test_bodies_below_each_other_are_taken_out_of_their_records_once():
    """In a chunk of only answers over several lines, each is unwrapped once, and the last one waits for its end."""
    first = "E2511-100000-001 (17): push_on_complete: type fcm code 403 {"
    body = ['  "error": {', '    "status": "PERMISSION_DENIED"', "  }", "}"]
    asked = []

    def owned(line):
        asked.append(line)
        return line.startswith(b"E2511")

    for name in ("plain", "docker"):
        data = written(name, [first, *body] * 60 + [first, *body[:2]])
        asked.clear()
        assert waiting_bytes(data, envelope_of(name), b"push_on_complete", owned) == len(
            written(name, [first, *body[:2]])
        )
        assert len(asked) <= len(set(asked)) == 5


@pytest.mark.parametrize("name", ["plain", "docker", "journal-json"])
def test_answers_that_are_written_at_the_same_time_stay_together(name):
    """A complete answer with an unfinished line inside it waits, and is handed on whole."""
    first, other = PUSH.decode() + "{", "E2511-100000-125 (18): push_on_complete: type fcm code 404 {"
    before = [first, "}"]
    lines = [first, '"error": {', other, '"status": "PERMISSION_DENIED"', "}", other + '"b": {', "}"]
    waiting = written(name, lines)
    held = waiting_bytes(written(name, before) + waiting, envelope_of(name), b"push_on_complete", owns)
    assert held == len(waiting)


def test_the_lines_needed_to_see_that_an_answer_is_whole_are_counted():
    """Lines of others in between are among them, and those behind its end are not."""
    for below, count in (([OTHER, b"x: {", b"}", OTHER, b"}", b"}"], 5), ([b" [", b"]", b"}", b"}"], 3)):
        ((_, needed),) = Below(b"\n".join([b"", *below, b""]), owns, INDENTS).join([PUSH + b"{"], [1])
        assert needed == count
    assert [*Below(b"\n}\n", owns, INDENTS).join([PUSH + b"{}"], [1])] == [(PUSH + b"{}", 0)]


@pytest.mark.parametrize("name", ["docker", "journal-json"])
@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{ ",
        "{\t",
        "{\r",
        '{"a",',
        '{"a":',
        '{"a',
        '{"a"',
        '{"a","b"',
        '{"a","b",',
        "{\\",
        '{\\"',
        '{"\\",',
        "{}",
        "{é",
        "{é,",
    ],
)
def test_whether_an_answer_goes_on_is_seen_in_a_record_as_in_its_line(name, text):
    """Quotes and backslashes are escaped in JSON: what looks like the end of a text may be within it."""
    line = PUSH.decode() + text
    plain, record = written("plain", [line]), written(name, [line])
    waits = waiting_bytes(plain, PLAIN, b"push_on_complete", owns) > 0
    assert waits == (text[-1] in "{ \t\r,:" and text != '{"\\",')
    assert waits == (waiting_bytes(record, envelope_of(name), b"push_on_complete", owns) > 0)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("before", [[], [PUSH.decode() + "{", "}"]])
def test_a_record_that_is_torn_anywhere_amid_an_answer_is_no_error(name, before):
    """A record that a power loss or a full disk tore within an answer is not waited for, and raises no error."""
    record, front = written(name, [PUSH.decode() + "{"]), written(name, before) if before else b""
    for end in range(len(record)):
        torn = front + record[:end] + b"\n"
        assert 0 <= waiting_bytes(torn, envelope_of(name), b"push_on_complete", owns) <= end + 1


def test_behind_a_torn_record_each_is_taken_out_a_few_times_at_most(monkeypatch):
    """It holds two lines, and so no line has the number of its record; that is no reason to begin again with each."""
    taken: list[int] = []
    taken_out = envelope.taken_out
    monkeypatch.setattr(envelope, "taken_out", lambda data, known: [taken.append(len(data)), taken_out(data, known)][1])
    answered = written("docker", [(PUSH + b"{").decode(), "}"])
    torn = answered[:40] + answered
    last = written("docker", [(PUSH + b"{").decode()])
    data = answered * 60 + torn + last
    assert waiting_bytes(data, envelope_of("docker"), b"push_on_complete", owns) == len(last)
    assert 0 < sum(taken) < 4 * len(data)


BELOW = [OTHER.decode(), "}", ' "a": 1,', "{", "text", *[PUSH.decode() + end for end in ("{", "[{", "{}")]]


@pytest.mark.parametrize("name", ["docker", "cri", "syslog-3164", "journal-json"])
@given(
    lines=st.lists(st.sampled_from(BELOW) | st.just(f' "{"x" * 900}",'), max_size=30),
    often=st.sampled_from([1, 9]),
    near=st.sampled_from([1, 300, 4096]),
)
def test_bodies_in_an_envelope_are_those_out_of_it(name, lines, often, near):
    """Near their lines or far away, one below another, of lines that are alike, or never closed."""
    lines = (lines * often)[:-1]
    records = written(name, lines).splitlines(keepends=True) if lines else []
    assert len(records) == len(lines)
    opened = [i for i, line in enumerate(lines) if line.startswith(PUSH.decode())]
    ends = [sum(map(len, records[: i + 1])) for i in opened]
    encoded = [line.encode() for line in lines]
    expected = []
    for i in opened:
        level, _ = depth(encoded[i])
        expected.append(join_one_by_one(encoded[i], level, encoded[i + 1 :], owns)[0] if level else encoded[i])
    wrapped = Bodies(b"".join(records), envelope_of(name), b"", b"push_on_complete", owns, INDENTS)
    with mock.patch.object(bodies, "_NEAR_BYTES", near):
        assert wrapped.joined([encoded[i] for i in opened], ends) == expected


@pytest.mark.parametrize("name", ["docker", "cri", "syslog-3164"])
def test_of_a_chunk_in_an_envelope_only_what_is_near_an_open_line_is_taken_out(name, monkeypatch):
    """Between two of its lines others may stand; no more than a body can reach is looked at."""
    taken: list[int] = []
    taken_out = envelope.taken_out
    monkeypatch.setattr(envelope, "taken_out", lambda data, known: [taken.append(len(data)), taken_out(data, known)][1])
    line = PUSH.decode() + "{"
    lines = [OTHER.decode()] * 1000 + [line, "}"] + [OTHER.decode()] * 1000 + [line, OTHER.decode(), "}"]
    records = written(name, lines).splitlines(keepends=True)
    data, ends = b"".join(records), [sum(map(len, records[: i + 1])) for i in (1000, 2002)]
    bodies = Bodies(data, envelope_of(name), b"", b"push_on_complete", owns, INDENTS)
    assert bodies.joined([line.encode()] * 2, ends) == [line.encode() + b" }"] * 2
    assert 0 < sum(taken) < len(data) / 5


@pytest.mark.parametrize("name", ["docker", "cri", "syslog-3164"])
def test_where_answers_are_many_the_lines_between_them_are_not_taken_out(name, monkeypatch):
    """An answer ends above the next push line, mostly."""
    taken: list[int] = []
    taken_out = envelope.taken_out
    monkeypatch.setattr(envelope, "taken_out", lambda data, known: [taken.append(len(data)), taken_out(data, known)][1])
    line = PUSH.decode() + "{"
    lines = ([line, "}"] + [PUSH.decode()] * 18) * 100
    records = written(name, lines).splitlines(keepends=True)
    ends = [sum(map(len, records[: i + 1])) for i in range(0, len(lines), 20)]
    bodies = Bodies(b"".join(records), envelope_of(name), b"", b"push_on_complete", owns, INDENTS)
    assert bodies.joined([line.encode()] * 100, ends) == [line.encode() + b" }"] * 100
    assert 0 < sum(taken) < sum(map(len, records)) / 5


def test_time_grows_with_the_answers_of_a_chunk():
    """Eight times as many take less than thirty times as long, in one try of five."""

    def seconds(count: int) -> float:
        pushes = [PUSH.replace(b"4711", b"%d" % i) + b"{" for i in range(count)]
        answered = [push + b"\n}\n" for push in pushes]
        ends = [end - len(b"}\n") for end in accumulate(map(len, answered))]
        bodies = Bodies(b"".join(answered), PLAIN, b"", b"push_on_complete", owns)
        begin = time.thread_time()
        assert bodies.joined(pushes, ends) == [push + b" }" for push in pushes]
        return time.thread_time() - begin

    few = min(seconds(2000) for _ in range(3))
    assert any(seconds(16000) < 30 * few for _ in range(5))
