"""What becomes of entries: whole lines, joined parts, no line of a rest."""

import itertools

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from logwatch.journal.messages import Messages

MOST = 100
FORGED = b"E2511-101500-123 (17): push_on_complete: uid 1 code 903"


class Feed:
    """Makes entries as the runtimes do, and gathers the lines that come out."""

    def __init__(self, messages=None):
        self.messages = messages or Messages(MOST, fresh=True)
        self.cursors = itertools.count(1)
        self.lines = []
        self.missed = self.oversized = 0

    def entry(self, message, **fields):
        fields = {name.encode(): str(value).encode() for name, value in fields.items()}
        self.messages.take({b"__CURSOR": f"s=1;i={next(self.cursors)}".encode(), b"MESSAGE": message, **fields})
        self.gather()

    def gather(self):
        lines = self.messages.hand_on()
        self.lines += lines.data.split(b"\n")[:-1]
        self.missed += lines.missed
        self.oversized += lines.oversized

    def docker(self, message, *, part=None, last=True, stream=6, **fields):
        if part:
            fields |= {"CONTAINER_PARTIAL_ID": part[0], "CONTAINER_PARTIAL_ORDINAL": part[1]}
            fields |= {} if last else {"CONTAINER_PARTIAL_MESSAGE": "true"}
        self.entry(message, CONTAINER_ID_FULL="c1", PRIORITY=stream, **fields)

    def podman(self, message, *, on=False, stream=6):
        fields = {"CONTAINER_PARTIAL_MESSAGE": "true"} if on else {}
        self.entry(message, CONTAINER_ID_FULL="c1", PRIORITY=stream, **fields)

    def unit(self, message, *, ended_by="", stream="s1"):
        self.entry(message, _STREAM_ID=stream, **({"_LINE_BREAK": ended_by} if ended_by else {}))


def test_parts_of_docker_are_one_line():
    """Parts are joined within their stream; the other stream's lines wait until nothing is open."""
    feed = Feed()
    feed.docker(b"one ", part=("p", 1), last=False)
    feed.docker(b"error", stream=3)
    assert feed.lines == []
    feed.docker(FORGED, part=("p", 2))
    assert feed.lines == [b"error", b"one " + FORGED]
    assert feed.messages.cursor == "s=1;i=3"


def test_the_position_is_before_an_open_message():
    """The cursor stays before an open message, so that a restart reads it from its beginning."""
    feed = Feed()
    feed.podman(b"whole")
    feed.podman(b"half", on=True)
    feed.podman(b"other", stream=3)
    assert (feed.lines, feed.messages.cursor) == ([b"whole"], "s=1;i=1")
    again = Feed(Messages.resumed(MOST, feed.messages.cursor, feed.messages.state))
    again.podman(b"half", on=True)
    again.podman(b"other", stream=3)
    again.podman(FORGED)
    assert again.lines == [b"other", b"half" + FORGED]


@pytest.mark.parametrize("ended_by", ["line-max", "nul", "pid-change"])
def test_what_journald_split_is_one_line(ended_by):
    """The rest of a unit's over-long line begins no line, though it is an entry of its own."""
    feed = Feed()
    feed.unit(b"x", ended_by=ended_by)
    feed.unit(FORGED)
    feed.unit(b"next", ended_by="eof")
    feed.unit(b"after")
    assert feed.lines == [b"x" + FORGED, b"next", b"after"]


def test_an_over_long_message_is_cut_and_its_rest_is_no_line():
    """Its head is a line, its rest is dropped, also over a restart in the middle; what follows is read as ever."""
    feed = Feed()
    for number in range(1, 6):
        feed.docker(b"y" * 60, part=("p", number), last=False)
    assert feed.lines == [b"y" * MOST]
    assert feed.oversized == 1
    again = Feed(Messages.resumed(MOST, feed.messages.cursor, feed.messages.state))
    again.docker(FORGED, part=("p", 6), last=False)
    again.docker(FORGED, part=("p", 7))
    again.docker(b"next")
    assert again.lines == [b"next"]


def test_a_message_whose_rest_never_comes_is_a_line_as_far_as_it_came():
    """After a while, or when another message begins in its stream, the head is handed on."""
    feed = Feed()
    feed.docker(b"lost end", part=("p", 1), last=False)
    feed.docker(b"whole")
    assert feed.lines == [b"lost end", b"whole"]
    feed.podman(b"open", on=True)
    assert feed.messages.waits
    feed.messages.give_up()
    feed.gather()
    assert feed.lines[2:] == [b"open"]
    feed.podman(FORGED)
    feed.podman(b"next")
    assert feed.lines[3:] == [b"next"]


def test_a_rest_whose_beginning_is_lost_is_no_line():
    """Docker numbers parts: the second without the first begins nothing."""
    feed = Feed()
    feed.docker(FORGED, part=("p", 2))
    feed.docker(b"whole")
    assert feed.lines == [b"whole"]


def test_where_reading_begins_amid_a_message_its_rest_is_no_line():
    """What is skipped is neither read nor missed, and if it is a part, what it begins is not read either."""
    feed = Feed()
    numbered = {
        "CONTAINER_LOG_EPOCH": "e",
        "CONTAINER_PARTIAL_MESSAGE": "true",
        "CONTAINER_ID_FULL": "c1",
        "PRIORITY": 6,
    }
    skipped = {"__CURSOR": "s=1;i=0", "MESSAGE": "code ", "CONTAINER_LOG_ORDINAL": 900} | numbered
    feed.messages.skip({name.encode(): str(value).encode() for name, value in skipped.items()})
    feed.podman(FORGED)
    feed.podman(b"next")
    assert (feed.lines, feed.missed, feed.messages.fresh) == ([b"next"], 0, False)


def test_messages_that_never_end_are_remembered_up_to_a_bound():
    """Each connection to journald may leave one: of the newest, no rest is a line, whatever came before."""
    feed = Feed()
    for stream in range(100):
        feed.unit(b"begun ", ended_by="line-max", stream=f"{stream:032x}")
        feed.messages.settle()
    feed.gather()
    assert feed.lines == [b"begun "] * 100
    assert len(feed.messages.state) < 2000
    for stream in (98, 99):
        feed.unit(FORGED, stream=f"{stream:032x}")
    assert len(feed.lines) == 100


def test_a_line_break_within_one_message_begins_no_line():
    """A program that writes to journald itself can put any bytes into one message: none of them begins a line."""
    feed = Feed()
    feed.entry(b"1\n" + FORGED + b"\n\r")
    assert feed.lines == [b"1", b"| " + FORGED, b"| \r"]


@pytest.mark.parametrize("number", [9_999_999_999_999_999_999, 2**63, 10**15])
def test_a_number_that_no_count_reaches_is_none(number):
    """Whoever writes into the journal can claim one: what would be missing up to it is more than a ledger can add."""
    feed = Feed()
    for claimed in (1, number, 2):
        feed.docker(b"line", CONTAINER_LOG_EPOCH="e", CONTAINER_LOG_ORDINAL=claimed)
    feed.messages.give_up()
    feed.gather()
    assert (len(feed.lines), feed.missed) == (3, 0)


def test_an_entry_that_came_before_is_no_new_line():
    """Docker's number tells a repetition, over a restart too."""
    feed = Feed()
    for number in (1, 2, 2, 3):
        feed.docker(b"line %d" % number, CONTAINER_LOG_EPOCH="e", CONTAINER_LOG_ORDINAL=number)
    again = Feed(Messages.resumed(MOST, feed.messages.cursor, feed.messages.state))
    for number in (3, 4, 6):
        again.docker(b"line %d" % number, CONTAINER_LOG_EPOCH="e", CONTAINER_LOG_ORDINAL=number)
    assert feed.lines + again.lines == [b"line %d" % number for number in (1, 2, 3, 4, 6)]
    assert again.missed == 0
    again.messages.give_up()
    again.gather()
    assert again.missed == 1


PIECES = st.lists(
    st.tuples(st.sampled_from([3, 6]), st.lists(st.binary(max_size=70), min_size=1, max_size=5)), max_size=12
)


@settings(deadline=None)
@given(PIECES, st.randoms(use_true_random=False), st.integers(0, 60))
def test_no_part_but_the_first_begins_a_line(messages, chance, restart):
    """Each message is one line, its parts joined in order, however streams interleave, and over a restart anywhere."""
    queues = {3: [], 6: []}
    for number, (stream, parts) in enumerate(messages):
        for i, part in enumerate(parts):
            queues[stream].append((part.replace(b"\n", b""), f"p{number}", i + 1, i + 1 == len(parts), len(parts) > 1))
    order = [stream for stream, queue in queues.items() for _ in queue]
    chance.shuffle(order)
    entries = [(stream, *queues[stream].pop(0)) for stream in order]

    most = 10_000  # nothing is cut here: what waits has a bound, too
    feed, kept = Feed(Messages(most, fresh=True)), []
    expected = sorted(b"".join(part.replace(b"\n", b"") for part in parts) for _, parts in messages)
    at = 0
    while at < len(entries):
        stream, part, identity, number, last, split = entries[at]
        feed.docker(part, part=(identity, number) if split else None, last=last, stream=stream)
        at += 1
        if at == restart:
            restart = 0
            kept += feed.lines
            at = int((feed.messages.cursor or "i=0").rpartition("=")[2])
            feed = Feed(Messages.resumed(most, feed.messages.cursor, feed.messages.state))
            feed.cursors = itertools.count(at + 1)
    feed.messages.give_up()
    feed.gather()
    assert sorted(kept + feed.lines) == expected


@pytest.mark.parametrize("given_up", ["by time", "by another message"])
def test_a_message_that_is_given_up_keeps_no_half_of_a_number(given_up):
    """Below the longest line too: what lacks of it may belong to its code."""
    feed = Feed()
    feed.docker(FORGED[:-1], part=("p", 1), last=False)
    if given_up == "by time":
        feed.messages.give_up()
        feed.gather()
    else:
        feed.docker(b"whole", part=("q", 1), last=True)
    assert feed.lines[0] == FORGED.removesuffix(b"903")
