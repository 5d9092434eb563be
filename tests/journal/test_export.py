"""The reader of journalctl's export format."""

import re

import hypothesis.strategies as st
import pytest
from hypothesis import example, given, settings

from logwatch.journal.export import Parser, is_whole, line_at, same

NAMES = st.from_regex(re.compile(rb"[A-Z_][A-Z0-9_]{0,20}"), fullmatch=True)
HOSTILE = st.sampled_from(
    [b"\n\nMESSAGE=forged\n\n", b"MESSAGE\n", b"__CURSOR=s=1;i=9\n", b"\n", b"", b"=", b"A" * 300]
)
VALUES = st.one_of(st.binary(max_size=60), HOSTILE, st.lists(HOSTILE, max_size=4).map(b"".join))
ENTRIES = st.lists(st.dictionaries(NAMES, VALUES, min_size=1, max_size=6), max_size=8)
LONGEST = 128


def written(entry, *, binary):
    """Write an entry as journalctl does; any value may be written as bytes, one with a line break must be."""
    text = b""
    for i, (name, value) in enumerate(entry.items()):
        if b"\n" in value or binary >> (i % 8) & 1:
            text += name + b"\n" + len(value).to_bytes(8, "little") + value + b"\n"
        else:
            text += name + b"=" + value + b"\n"
    return text + b"\n"


@settings(deadline=None)  # a bound on time says nothing on a busy machine
@given(ENTRIES, st.integers(0, 255), st.lists(st.integers(0, 3000), max_size=12))
@example([{b"MESSAGE": b"\n\nMESSAGE=forged\n\n"}, {b"MESSAGE": b"x"}], 0, [9, 10, 11, 17])
def test_entries_come_out_as_they_went_in_however_they_are_cut(entries, binary, cuts):
    """Fields of any bytes come out whole, of too long ones at least the head, in whatever pieces the stream comes."""
    data = b"".join(written(entry, binary=binary) for entry in entries)
    parser, found, at = Parser(LONGEST), [], 0
    for cut in [*sorted(cut for cut in cuts if cut < len(data)), len(data)]:
        found += parser.feed(data[at:cut])
        at = cut
    assert [list(entry) for entry in found] == [list(entry) for entry in entries]
    for got, sent in zip(found, entries, strict=True):
        for name, value in sent.items():
            assert value.startswith(got[name])
            assert len(got[name]) >= min(len(value), LONGEST)
    assert parser.pending == 0


@settings(deadline=None)  # a bound on time says nothing on a busy machine
@given(st.booleans(), st.integers(1, 400))
def test_a_value_without_end_takes_no_more_memory_than_is_kept(binary, piece):
    """Of a value of megabytes only the head is held while it comes; what follows it is read as ever."""
    parser = Parser(LONGEST)
    head = b"MESSAGE\n" + (20_000).to_bytes(8, "little") if binary else b"MESSAGE="
    data = head + b"x" * 20_000 + b"\n\nMESSAGE=y\n\n"
    found = []
    for at in range(0, len(data), piece):
        found += parser.feed(data[at : at + piece])
        assert parser.pending <= 2 * LONGEST + 100 + piece
    assert found == [{b"MESSAGE": b"x" * LONGEST}, {b"MESSAGE": b"y"}]


@settings(deadline=None)  # a bound on time says nothing on a busy machine
@given(st.binary(max_size=400))
def test_what_is_no_such_stream_is_no_reason_to_fail(data):
    """Any bytes are taken without an exception: a line without a name is a value without one."""
    Parser(LONGEST).feed(data + b"\n\n")


CURSOR = "s=a;i=1;b=b;m=2;t=3;x=4"


@pytest.mark.parametrize(
    ("other", "the_same"),
    [
        (CURSOR, True),
        ("s=c;i=9;b=b;m=2;t=3;x=4", True),  # copied to another file
        ("s=a;i=1;b=c;m=8;t=8;x=8", True),
        ("s=a;i=2;b=b;m=2;t=3;x=5", False),
        ("s=c;i=1;b=b;m=2;t=4;x=4", False),
        ("", False),
    ],
)
def test_two_cursors_name_the_same_entry(other, the_same):
    """By its number in its sequence, or by boot, times and contents; what has none of them is no entry's."""
    assert same(CURSOR, other) == same(other, CURSOR) == the_same


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"SYSLOG_TIMESTAMP": "1970-01-01T00:00:09.5Z"}, 9.5),
        ({"SYSLOG_TIMESTAMP": "1970-01-01T00:00:09.5"}, 1.5),  # no zone
        ({"SYSLOG_TIMESTAMP": "Jan  1 00:00:09 "}, 1.5),
        ({"_SOURCE_REALTIME_TIMESTAMP": "9" * 30}, 2.5),
        ({"_SOURCE_REALTIME_TIMESTAMP": ""}, 2.5),
        ({}, 1.5),
    ],
)
def test_a_line_has_the_time_that_is_nearest_to_its_writing(fields, at):
    """A line has Docker's stamp, else the sender's, else journald's own; an invalid one is skipped."""
    given = {"__REALTIME_TIMESTAMP": "2500000", "_SOURCE_REALTIME_TIMESTAMP": "1500000"} | fields
    assert line_at({name.encode(): value.encode() for name, value in given.items()}) == at


@pytest.mark.parametrize("missing", ["", "__CURSOR", "__REALTIME_TIMESTAMP"])
def test_an_entry_is_whole_with_cursor_and_time(missing):
    """Without either, reading could not go on behind it."""
    entry = {b"__CURSOR": CURSOR.encode(), b"__REALTIME_TIMESTAMP": b"1", b"MESSAGE": b"x"}
    entry.pop(missing.encode(), None)
    assert is_whole(entry) == (not missing)
