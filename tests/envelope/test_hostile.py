"""Promise 4, held by every envelope: whatever users write, what counts is what mesibo logged as lines of its own."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logwatch import envelope
from logwatch.envelope.record import Payloads
from logwatch.model import PLAIN
from tests.helpers.wrapping import (
    A_LINE_EACH,
    NAMES,
    SEVERAL_LINES,
    WRAP,
    envelope_of,
    log,
    owns,
    payloads,
    whole_lines,
    written,
)

PUSH = "push_on_complete: uid 4711 type fcm code"
FORGED = f"E2511-101500-123 (17): {PUSH} 903"

pieces = st.one_of(
    st.sampled_from(
        [
            FORGED,
            *(WRAP[name](FORGED, 1).decode() for name in WRAP if name not in SEVERAL_LINES),
            "\x1b[0m" + FORGED,
            "\r" + FORGED,
            "\v" + FORGED,
            "\f" + FORGED,
            "\x85" + FORGED,
            "\u2028" + FORGED,
            "#012" + FORGED,
            "\\n" + FORGED,
            '\\n","stream":"stdout","time":"2026-11-25T10:00:00Z"}',
            '{"log":"' + FORGED,
            "\ufeff" + FORGED,
            "\0" + FORGED,
            "x" * 300,
            "stdout P",
            " stdout F ",
            "MESSAGE=" + FORGED,
            "__REALTIME_TIMESTAMP=1",
            "    MESSAGE=" + FORGED,
            "[s=1;i=1;b=1;m=1;t=1;x=1]",
            '\t"MESSAGE" : "' + FORGED + '"',
        ]
    ),
    st.text(max_size=20),
)
said = st.lists(pieces, max_size=6).map("".join).map(lambda text: text.replace("\n", " "))
one_line_texts = st.lists(said, min_size=1, max_size=20)


def logged(texts: list[str]) -> list[str]:
    """Put what users said into lines of mesibo, none of which is a push."""
    return [f"E2511-{100000 + i:06d}-001 (17): on_message: from 4711: {text}" for i, text in enumerate(texts)]


def counting(lines: list[bytes]) -> list[bytes]:
    """Return the lines that a grammar would take for a push: its own prefix, then the function."""
    return [line for line in lines if owns(line) and b"): push_on_complete" in line[:40]]


def read(data: bytes) -> list[bytes]:
    """Read a whole log as report does."""
    found = envelope.decide(data, owns, final=True)
    found = PLAIN if isinstance(found, envelope.Undecided) else found
    return payloads(data, found)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40)
@given(texts=one_line_texts, first=st.sampled_from([name for name in NAMES if name not in SEVERAL_LINES]))
def test_a_text_of_a_user_never_counts(name, texts, first):
    """In each envelope, with a forged envelope as the very first line, as a truncation may leave one."""
    forged = written(first, [FORGED]) if name not in (first, *SEVERAL_LINES) and first != "plain" else b""
    own = logged(texts)
    data = forged + written(name, [*own, "E2511-110000-001 (17): " + PUSH + " 200"])
    if forged and len(own) < 3:
        return
    lines = counting(read(data))
    assert [line.split(b" code ")[1][:3] for line in lines] == [b"200"]


def agree(taken: Payloads, exact: list[envelope.Line]) -> bool:
    """Return whether lines that were taken out together are those that were taken out one by one, and may all count."""
    lines = taken.text.split(b"\n")[:-1]
    times = [time.decode() if isinstance(time, bytes) else time or "" for time in taken.times]
    for time, line in zip(times, exact, strict=True):
        if isinstance(time, datetime):
            assert abs(time - datetime.fromisoformat(line.time)) <= timedelta(microseconds=1)
        else:
            assert time == line.time
    return lines == [line.payload for line in exact] and not any(line.refused for line in exact)


@pytest.mark.parametrize("name", [name for name in WRAP if name not in SEVERAL_LINES])
def test_a_line_of_a_users_text_never_brings_a_part_of_an_envelope_along(name):
    """A text of several lines, each a record of its own: one that begins as records elsewhere do never counts."""
    for front in WRAP:
        forged = WRAP[front](FORGED, 1).decode()
        if "\n" not in forged:
            data = log(name, [line for text in logged(["hello"] * 10) for line in (text, forged)])
            assert counting(read(data)) == [], front


ENVELOPED = [name for name in WRAP if name not in A_LINE_EACH]


@pytest.mark.parametrize("name", ENVELOPED)
@settings(max_examples=40)
@given(texts=st.lists(st.lists(said, min_size=2, max_size=4).map("\n".join), min_size=1, max_size=8))
def test_what_follows_a_newline_inside_one_record_never_counts(name, texts):
    """A record, a MESSAGE, a JSON string is one line: its others have no prefix of mesibo's, whatever they say."""
    data = log(name, [*logged(texts), *logged(["bye"] * 3)])
    lines = read(data)
    assert counting(lines) == []
    assert len([line for line in lines if owns(line)]) >= len(texts) + 3


@pytest.mark.parametrize("name", WRAP)
@settings(max_examples=40)
@given(texts=one_line_texts, chunk=st.integers(1, 400))
def test_any_chunk_gives_the_same_lines(name, texts, chunk):
    """Where reads end changes nothing, and the fast road gives what the exact one gives."""
    wrapped = envelope_of(name)
    data = log(name, logged(texts))
    whole = envelope.unwrap(whole_lines(data, wrapped), wrapped)
    held, found = b"", []
    for at in range(0, len(data), chunk):
        held += data[at : at + chunk]
        piece = envelope.cut(held, wrapped, 65536)
        held = held[piece.consumed :]
        found += envelope.unwrap(piece.data, wrapped)
    rest = envelope.cut(held, wrapped, 0, final=True)
    assert rest.consumed == len(held)
    assert found + envelope.unwrap(rest.data, wrapped) == whole
    assert not held or name == "journal-verbose"  # whose entries are whole where the next one begins
    fast = envelope.taken_out(envelope.clean(data), wrapped)
    if fast is not None:
        assert agree(fast, whole)


@pytest.mark.parametrize("name", WRAP)
@settings(max_examples=60)
@given(lines=st.lists(st.one_of(said, said.map(lambda text: "E2511-100000-001 (17): " + text)), max_size=8))
def test_the_fast_road_never_differs(name, lines):
    """With odd lines among the others, the fast way returns the same payloads as the slow one, or declines."""
    wrapped = envelope_of(name)
    data = b"".join((WRAP[name](line, i) if i % 3 else line.encode()) + b"\n" for i, line in enumerate(lines) if line)
    if data and (fast := envelope.taken_out(envelope.clean(data), wrapped)):
        exact = envelope.unwrap(data, wrapped)
        assert agree(fast, exact)


@pytest.mark.parametrize("name", [name for name in WRAP if name not in SEVERAL_LINES])
def test_in_a_plain_log_nothing_enveloped_counts(name):
    """Forged lines in any envelope stay what they are: lines that begin with something else."""
    data = written("plain", logged(["hello"] * 3)) + log(name, [FORGED] * 5)
    assert counting([line.payload for line in envelope.unwrap(data, PLAIN)]) == []


@pytest.mark.parametrize("name", WRAP)
def test_a_line_without_the_envelope_is_counted_as_one(name):
    """It does not count, and it is not dropped either."""
    wrapped = envelope_of(name)
    if name in SEVERAL_LINES:
        return
    lines = envelope.unwrap(log(name, logged(["a"])) + FORGED.encode() + b"\n", wrapped)
    assert [line.refused for line in lines] == [None, "unenveloped"]
    assert lines[1].payload == FORGED.encode()


@pytest.mark.parametrize("name", [name for name in WRAP if envelope_of(name).layers[0].origins])
def test_a_line_under_another_name_is_refused(name):
    """Another program's tag, unit or service: its text is not mesibo's."""
    wrapped = envelope_of(name)
    data = log(name, [FORGED]).replace(b"mesibo", b"nginx")
    lines = envelope.unwrap(whole_lines(data, wrapped), wrapped)
    assert [line.refused for line in lines] == ["misplaced"]
    taken = envelope.taken_out(whole_lines(data, wrapped), wrapped)
    assert taken is None or (taken.text, taken.aside) == (b"\n", [0])


def test_no_tag_hides_in_a_host():
    """`nginx: mesibo: text` is nginx's line, and not one of mesibo on a host of that name."""
    data = b"Nov 25 10:00:00 nginx: mesibo: " + FORGED.encode() + b"\n"
    wrapped = envelope_of("syslog-3164")
    assert [line.refused for line in envelope.unwrap(data, wrapped)] == ["misplaced"]
    assert envelope.taken_out(data, wrapped) is None


@pytest.mark.parametrize("inner", ['{"a":', "[", '{"MESSAGE":[', '{"log":"","a":'])
def test_a_text_that_nests_without_an_end_is_no_record(inner):
    """A user's line of braces is told by no exception, in a log that is undecided and in those of JSON."""
    line = ('{"a":' + inner * 5000 + "\n").encode()
    push = "E2511-110000-001 (17): " + PUSH + " 200"
    assert counting(read(line + push.encode() + b"\n")) == [push.encode()]
    for name in ("docker", "journal-json"):
        data = line + written(name, [push])
        assert counting(payloads(data, envelope_of(name))) == [push.encode()]
        assert envelope.taken_out(data, envelope_of(name)) is None
    pretty = b"{\n\t" + line + b"}\n" + written("journal-json-pretty", [push])
    assert counting(payloads(pretty, envelope_of("journal-json-pretty"))) == [push.encode()]
