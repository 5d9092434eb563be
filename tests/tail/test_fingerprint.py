from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from logwatch.tail.fingerprint import (
    HEAD_BYTES,
    MARK_BYTES,
    TELLING_BYTES,
    add_marks,
    beginnings_of,
    begins_alike,
    digest,
    empty_file_id,
    entries_of,
    fingerprint_head,
    fingerprint_tail,
    is_tail,
    marks_of,
    part_of,
)


@given(st.binary(min_size=1, max_size=HEAD_BYTES), st.binary(max_size=50))
def test_a_file_that_grew_begins_alike(head, more):
    """A fingerprinted head is recognised when the file has grown."""
    assert begins_alike(len(head), fingerprint_head(head), (head + more)[:HEAD_BYTES])


@given(st.binary(min_size=17, max_size=HEAD_BYTES), st.data())
def test_an_earlier_copy_begins_alike(head, data):
    """A copy made when the file was shorter is recognised from sixteen bytes on."""
    shorter = data.draw(st.integers(16, len(head)))
    assert begins_alike(len(head), fingerprint_head(head), head[:shorter])


@given(st.binary(min_size=16, max_size=HEAD_BYTES), st.data())
def test_another_head_is_not_alike(head, data):
    """A byte that differs within the first sixteen, or anywhere in a whole head, makes another file."""
    at = data.draw(st.integers(0, len(head) - 1))
    other = bytearray(head)
    other[at] ^= 1
    assert not begins_alike(len(head), fingerprint_head(head), bytes(other))
    if at < 16:
        assert not begins_alike(len(head), fingerprint_head(head), bytes(other[: max(16, at)]))


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 300)), min_size=1), st.lists(st.integers(1, 9), max_size=9))
def test_a_run_is_found_by_its_last_lines_with_a_time_however_it_was_read(lines, reads):
    """Each entry is such a line and those behind it, one before the other; the run begins with one, or is longer."""
    written = [(b"E" if dated else b"-") + b"%0*d" % (length, n) + b"\n" for n, (dated, length) in enumerate(lines)]
    tail, run, count = b"", 0, 0
    for taken in [*reads, len(written)]:
        some = b"".join(written[count : count + taken])
        before = b"".join(written[:count])[len(b"".join(written[:count])) - run :]
        if some:
            run, tail = fingerprint_tail((before + some)[-HEAD_BYTES:], is_dated, tail, len(some))
        count = min(count + taken, len(written))
    log = b"".join(written)
    assert is_tail(tail, log[len(log) - run :])
    found, beginnings, end = list(entries_of(tail)), beginnings_of(tail), len(log)
    for length, part in found:
        entry = log[end - length : end]
        assert part_of(entry) == part
        assert [line[:1] for line in entry.splitlines()].count(b"E") == 1
        assert entry.startswith(b"E")
        end -= length
        some, beginning = next(beginnings)
        assert some == min(length, TELLING_BYTES)
        assert part_of(entry[:some]) == beginning
    assert not [*beginnings]
    dated = sum(is_dated(line) for line in written)
    assert bool(found) == (dated > 0) or len(log) > HEAD_BYTES
    assert len(found) == min(dated, 8) or len(log) > HEAD_BYTES or reads
    assert run >= min(256, len(log))


def is_dated(line):
    return line.startswith(b"E")


@given(st.lists(st.integers(1, 40), min_size=1, max_size=60), st.integers(1, 300))
def test_marks_are_at_line_ends_of_what_was_read(reads, length):
    """However a log is read, marks are ascending line ends, and a consecutive one is marked as such."""
    log = b"".join(b"%0*d\n" % (length, n % 10**length) for n in range(sum(reads)))
    marks, at = b"", 0
    for lines in reads:
        end = at + lines * (length + 1)
        marks = add_marks(marks, at, log[max(at - 256, 0) : at], log[at : end + 7], end - at)
        at = end
    found = list(marks_of(marks))[::-1]
    assert found[-1].offset == len(log)
    assert len(found) <= 160
    assert all(mark.offset % (length + 1) == 0 for mark in found)
    assert all(part_of(log[max(mark.offset - MARK_BYTES, 0) : mark.offset]) == mark.digest for mark in found)
    assert all(a.offset < b.offset for a, b in pairwise(found))
    assert all(b.offset - a.offset == length + 1 for a, b in pairwise(found) if b.follows)
    if sum(reads[-3:]) <= 8:
        assert all(mark.follows for mark in found[1 - sum(reads[-3:]) :] if sum(reads[-3:]) > 1)


def test_nothing_is_alike_to_nothing():
    """Empty files have no bytes to be recognised by."""
    assert not begins_alike(0, fingerprint_head(b""), b"anything")
    assert not begins_alike(100, fingerprint_head(b"x" * 100), b"")
    assert digest(b"") == b""


def test_no_byte_of_a_log_is_kept():
    """A fingerprint does not contain what it stands for."""
    head = b"E2002-152356-187 (6406): push_on_complete"
    assert b"push" not in fingerprint_head(head)
    assert empty_file_id(1_700_000_000_000_000_000) != empty_file_id(1_700_000_000_000_000_001)
