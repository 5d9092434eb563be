import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from logwatch.envelope import undecided
from logwatch.lines import LineReader, LineReading, physical_bound, shorten, take_lines, take_rest
from logwatch.model import PLAIN, Envelope, Layer

pytestmark = pytest.mark.usefixtures("short_parts")
LIMIT = 8
DOCKER = undecided("docker")
CRI = Envelope((Layer("cri"),))


def owns(line):
    return line.startswith(b"E2811")


pieces = st.sampled_from([b"a", b"bb", b"\n", b"\n\n", b"x" * 7, b"y" * 8, b"z" * 9, b"w" * 30, b"\0", b"\0\0\0"])
logs = st.lists(pieces, max_size=40).map(b"".join)


def expected(log):
    """Look at lines one by one, as the code under test never does."""
    lines = log.split(b"\n")[:-1]
    lines = [line.lstrip(b"\0") for line in lines]
    return b"".join(line[:LIMIT] + b"\n" for line in lines), sum(len(line) > LIMIT for line in lines)


@given(logs)
@example(b"x" * 8 + b"\n")
@example(b"x" * 9 + b"\n")
def test_over_long_lines_are_cut_and_counted(log):
    """Hopping from line end to line end finds exactly the lines that are too long."""
    log = log.replace(b"\0", b"") + b"\n"
    assert shorten(log, LIMIT) == expected(log)


@given(logs, st.lists(st.integers(1, 20), max_size=60))
def test_lines_do_not_depend_on_where_reads_end(log, cuts):
    """Whatever the reads, the same lines come out, and every byte up to the last line end is consumed."""
    log = re.sub(rb"(?<=[^\n\0])\0{8,}", b"\0", log)  # a hole ends a line, but not one that is longer than the limit
    data, oversized, inside, offset, available = b"", 0, "", 0, 0
    for count in [*cuts, len(log)]:
        available = min(available + count, len(log))
        while True:
            taken = take_lines(log[offset:available], PLAIN, LIMIT, inside)
            assert taken.consumed >= len(taken.data) - taken.oversized or taken.data == b""
            data += taken.data
            oversized += taken.oversized
            inside = taken.inside
            offset += taken.consumed
            if not taken.consumed:
                break
    whole = log.rfind(b"\n") + 1
    rest = log[whole:].lstrip(b"\0")
    lines, too_long = expected(log[:whole])
    if inside:
        assert offset == len(log)
        assert len(rest) > LIMIT
        lines, too_long = lines + rest[:LIMIT] + b"\n", too_long + 1
    else:
        assert len(rest) <= LIMIT
        assert offset >= whole
    assert (data, oversized) == (lines, too_long)


def test_an_endless_line_is_skipped_to_its_end():
    """The head of a line without an end is handed on once; what follows is skipped, in any number of reads."""
    first = take_lines(b"abcdefghijk", PLAIN, LIMIT, "")
    assert first == (b"abcdefgh\n", 11, 1, "line")
    assert take_lines(b"lmnopq", PLAIN, LIMIT, "line") == (b"", 6, 0, "line")
    assert take_lines(b"rs\nnext\n", PLAIN, LIMIT, "line") == (b"next\n", 8, 0, "")


def test_holes_are_no_lines():
    """NUL bytes that a truncation leaves before what a writer without O_APPEND goes on to write are skipped."""
    hole = b"\0" * 1000
    assert take_lines(hole + b"line\n", PLAIN, LIMIT, "") == (b"line\n", 1005, 0, "")
    assert take_lines(b"a\n\0\0b\n", PLAIN, LIMIT, "") == (b"a\nb\n", 6, 0, "")


@given(
    st.lists(st.sampled_from([b"a", b"12", b"\n", b"\n\n", bytes(7), bytes(8), bytes(30)]), max_size=40).map(b"".join),
    st.lists(st.integers(1, 20), max_size=60),
)
def test_what_a_hole_ends_does_not_depend_on_where_reads_end(log, cuts):
    """A read may end within the hole: only what follows shows that nothing more of the line will come."""
    data, offset, available = b"", 0, 0
    for count in [*cuts, len(log)]:
        available = min(available + count, len(log))
        while (taken := take_lines(log[offset:available], PLAIN, 5000, "")).consumed:
            data, offset = data + taken.data, offset + taken.consumed
    torn = re.sub(rb"(?<=[^\n\0])\0{8,}(?=[^\0])", b"!\n", log)
    lines = [
        re.sub(rb"\d*!\Z", lambda end: b" " * (len(end[0]) - 1), line.lstrip(b"\0")) for line in torn.split(b"\n")[:-1]
    ]
    assert data == b"".join(line + b"\n" for line in lines)


@pytest.mark.parametrize("whole", [b"whole", b'{"log":"whole\\n","stream":"stdout","time":"2026-11-25T10:00:00Z"}'])
@pytest.mark.parametrize(("torn", "left"), [(b"half of a li", b"half of a li"), (b"code 20", b"code   "), (b"7", b" ")])
@pytest.mark.parametrize("nuls", [8, 100_000])
def test_a_line_that_a_power_loss_tears_ends_at_the_hole(nuls, torn, left, whole):
    """What is behind NULs within a line is a line, and half a number before them is none."""
    run = b"a\n" + torn + bytes(nuls) + whole + b"\n"
    taken = take_lines(run, DOCKER if b"{" in whole else PLAIN, 20, "")
    assert taken == (b"a\n" + left + b"\n" + whole + b"\n", len(run), 0, "")


def test_a_hole_whose_end_is_not_in_sight_is_no_long_line():
    """The line in front of it ends there, without the number at its end; a few NULs are a part of theirs."""
    assert take_lines(b"code 20" + bytes(99), PLAIN, LIMIT, "") == (b"code \n", 106, 0, "")
    assert take_lines(b"code 20" + bytes(99) + b"a\n", PLAIN, LIMIT, "")[:2] == (b"code   \na\n", 108)
    assert take_lines(b"a" + bytes(7) + b"b\n", PLAIN, 10, "").data == b"a" + bytes(7) + b"b\n"


def test_a_docker_record_may_be_longer_than_the_line_in_it():
    """JSON may need six bytes for one: the physical line gets that room, and is cut only beyond."""
    record = b'{"log":"' + b"\\u001b" * LIMIT + b'"}'
    assert take_lines(record, DOCKER, LIMIT, "").consumed == 0
    bound = physical_bound(DOCKER, LIMIT)
    taken = take_lines(b"r" * (bound + 1), DOCKER, LIMIT, "")
    assert (len(taken.data), taken.oversized, taken.inside) == (bound + 1, 1, "line")


def test_a_message_of_many_records_is_not_waited_for_for_ever():
    """Once there is more than a line may be long, what there is of it is handed on, and its rest is no line."""
    part = b'{"log":"begin","stream":"stdout","time":"2026-11-25T10:00:00Z"}\n'
    assert take_lines(part, DOCKER, LIMIT, "").consumed == 0
    taken = take_lines(part + b"r" * physical_bound(DOCKER, LIMIT), DOCKER, LIMIT, "")
    assert (taken.data, taken.consumed, taken.inside) == (part.replace(b"begin", b"begin\\n"), len(part), "stdout")


def test_a_line_that_waits_for_its_answer_is_left_with_what_there_is_of_it():
    """A push line with an incomplete answer is not consumed."""
    held = lambda data, _: len(data) - data.find(b"{")  # noqa: E731
    assert take_lines(b"a\n{\nb\nc", PLAIN, LIMIT, "", held) == (b"a\n", 2, 0, "")
    assert take_lines(b"{\nb\nc", PLAIN, LIMIT, "", held) == (b"", 0, 0, "")


records = st.tuples(
    st.sampled_from(["stdout", "stderr"]), st.sampled_from("FFP"), st.sampled_from(["a", "b", "c" * 60])
)


@given(st.lists(records, min_size=1, max_size=12), st.integers(1, 12))
@example([("stdout", "P", "a"), ("stderr", "F", "b"), ("stdout", "F", "a")], 1)
@example([("stdout", "P", "c" * 60), ("stderr", "F", "b"), ("stdout", "F", "a"), ("stderr", "F", "b")], 2)
def test_what_is_held_back_begins_amid_no_message(found, most):
    """Wherever an answer is waited for, the reads together give the lines that one read gives, and no part alone."""
    log = "".join(f"2026-11-25T10:00:00.5Z {stream} {tag} {text}\n" for stream, tag, text in found).encode()
    whole = take_lines(log, CRI, 100, "")
    first = take_lines(log, CRI, 100, "", lambda data, _: sum(map(len, data.splitlines(keepends=True)[-most:])))
    rest = take_lines(log[first.consumed :], CRI, 100, first.inside)
    assert (first.data + rest.data, first.consumed + rest.consumed) == (whole.data, whole.consumed)
    assert rest.inside == whole.inside


def test_what_is_held_back_is_no_more_than_a_line_may_be_long():
    """Where a message has been open since the beginning of a long run, an answer behind it is not waited for."""
    begin, between, end = (
        f"2026-11-25T10:00:00.5Z {each}\n".encode() for each in ("stdout P a", "stderr F b", "stdout F c")
    )
    held = lambda data, _: len(end)  # noqa: E731
    assert take_lines(begin + between + end, CRI, LIMIT, "", held).consumed == 0
    log = begin + between * (physical_bound(CRI, LIMIT) // len(between)) + end
    assert take_lines(log, CRI, LIMIT, "", held).consumed == len(log)


def test_an_empty_part_keeps_no_lines_of_another_stream():
    """Where it is not waited for any more, what stands behind it is handed on, line for line."""
    empty, line = b"2026-11-25T10:00:00Z stderr P \n", b"2026-11-25T10:00:00Z stdout F a\n"
    log = empty + line * (2 * physical_bound(CRI, LIMIT) // len(line))
    handed_on = log.replace(b"P", b"F"), "stderr"
    taken = take_lines(log, CRI, LIMIT, "")
    assert (taken.data, taken.inside) == handed_on
    assert (taken.consumed, taken.oversized) == (len(log), 0)
    assert take_rest(log, CRI, "") == taken.data


def test_a_message_that_is_still_open_waits_however_much_is_whole_before_it():
    """Only where nothing can be taken is it waited for no more."""
    line, part = b"2026-11-25T10:00:00Z stdout F a\n", b"2026-11-25T10:00:00Z stdout P half\n"
    whole = line * (2 * physical_bound(CRI, LIMIT) // len(line))
    assert take_lines(whole + part, CRI, LIMIT * 9, "").consumed == len(whole)


@pytest.mark.parametrize("rest", [b"", b"\0" * 9])
def test_where_nothing_is_left_there_is_no_line(rest):
    """Not even an empty one, which would be counted."""
    assert take_rest(rest, PLAIN, "") == b""


def test_the_rest_of_a_file_that_was_never_decided_is_read_in_its_envelope():
    """Its one line has no end, and nothing will follow."""
    inner = b"E2811-041518-460 (1): push_on_complete: code 410"
    reading = LineReading("m", "auto", owns, owns, lambda _data, _envelope: 0, 1 << 16)
    reader = LineReader(reading, "")
    taken = reader.take_rest(b"2026-11-28T04:15:18.460470000Z stderr F " + inner, "")
    assert taken.data.endswith(inner + b"\n")
    assert reader.envelope == CRI


def test_a_file_is_asked_again_once_the_one_before_it_is_decided():
    """Lines too few to decide are taken when the next try finds them as the generation before, decided since, is."""
    front = b"2026-11-28T04:15:18.460470000Z stderr F "
    run = front + b"E2811-041518-460 (1): push_on_complete: code 410\n"
    reading = LineReading("m", "auto", owns, owns, lambda _data, _envelope: 0, 1 << 16)
    before, after = LineReader(reading, ""), LineReader(reading, "")
    assert not after.take(run, "", 0, 0.0, first=True, patient=True, at_end=True).consumed
    assert before.take(run, "", 0, 2.0, first=True, patient=False, at_end=True).data
    assert not after.patient(2.0)
    assert after.take(run, "", 0, 2.0, first=True, patient=False, at_end=True).data


def test_a_file_unlike_the_one_before_it_is_waited_for_though_that_was_decided_later():
    """A few lines that contradict the previous generation's envelope decide only after a wait."""
    inner = b"E2811-041518-460 (1): push_on_complete: code 410\n"
    run = b"2026-11-28T04:15:18.460470000Z stderr F " + inner
    reading = LineReading("m", "auto", owns, owns, lambda _data, _envelope: 0, 1 << 16)
    before, after = LineReader(reading, ""), LineReader(reading, "")
    assert not after.take(run, "", 0, 0.0, first=True, patient=True, at_end=True).consumed
    assert before.take(inner, "", 0, 2.0, first=True, patient=False, at_end=True).data
    assert not after.take(run, "", 0, 2.0, first=True, patient=False, at_end=True).consumed
    assert after.patient(30.0)
    assert not after.patient(61.0)
    assert after.take(run, "", 0, 61.0, first=True, patient=False, at_end=True).data
