"""What is counted is what is in the sources, whatever their size and shape."""

import io
from zoneinfo import ZoneInfo

import pytest

from logwatch.catalogue import Catalogue
from logwatch.parse import Scanner, load
from logwatch.report import Count, LogSettings, open_stream
from logwatch.simulate import Mesibo, Mix

NOON = 1_795_348_800.0  # 2026-11-22T12:00:00Z
CATALOGUE = Catalogue.load()


@pytest.fixture(scope="module")
def scanner():
    return Scanner(load("mesibo"), timezone=ZoneInfo("UTC"), keep=0)


class Trickle(io.RawIOBase):
    """A source that gives as few bytes at a time as it likes."""

    def __init__(self, data, size):
        self._data = io.BytesIO(data)
        self._size = size

    def read(self, _size=-1):
        """Return a little."""
        return self._data.read(self._size)


def counted(data, scanner, *, size=1 << 18, count=None, **how):
    count = count or Count(CATALOGUE)
    count.read(open_stream("test", Trickle(data, size)), LogSettings(scanner, **how), now=NOON)
    return count


@pytest.mark.parametrize("envelope", ["plain", "docker"])
@pytest.mark.parametrize("size", [101, 4096, 1 << 18])
def test_chunks_make_no_difference(scanner, envelope, size):
    """However the bytes arrive, the count is the truth."""
    mesibo = Mesibo(11, envelope=envelope, mix=Mix(hostile=0.05))
    data = mesibo.say(1000, NOON - 3600, 1.0)
    assert counted(data, scanner, size=size).summary.as_dict(CATALOGUE) == mesibo.truth()


def test_large_input_is_scanned_in_pieces(scanner, monkeypatch):
    """What is scanned together, and held in between, is bounded; the count is not."""
    monkeypatch.setattr("logwatch.report.lines._BUFFER_BYTES", 5000)
    mesibo = Mesibo(12, envelope="docker", mix=Mix(hostile=0.05))
    data = mesibo.say(800, NOON - 3600, 1.0)
    assert counted(data, scanner, size=1000, max_line_bytes=65536).summary.as_dict(CATALOGUE) == mesibo.truth()


def test_a_last_line_without_a_newline_counts(scanner):
    """What is given is taken to be whole."""
    count = counted(b"E2211-101500-123 (17): push_on_complete: code 903", scanner)
    assert [(row.code, row.seen.count) for row in count.summary.rows(CATALOGUE)] == [(903, 1)]
    assert count.summary.lines == 1


def test_an_endless_line_needs_no_memory(scanner):
    """Of a line of 50 MB, the first 64 KiB are read, and the lines after it count."""

    class Endless(Trickle):
        def read(self, _size=-1):
            self._size -= 1
            return b"x" * 1_000_000 if self._size > 0 else self._data.read()

    rest = b"\nE2211-101500-123 (17): push_on_complete: code 200\n"
    count = Count(CATALOGUE)
    count.read(open_stream("test", Endless(rest, 50)), LogSettings(scanner), now=NOON)
    assert (count.summary.lines, count.summary.push_lines, count.oversized) == (2, 1, 1)


def test_results_outside_the_time_asked_for_are_left_out(scanner):
    """From since on, before until."""
    lines = b"".join(b"E2211-10%02d00-000 (1): push_on_complete: code 200\n" % minute for minute in range(60))
    count = counted(lines, scanner, count=Count(CATALOGUE, since=NOON - 6600, until=NOON - 6000))
    (row,) = count.summary.rows(CATALOGUE)
    assert row.seen.count == 10
    assert row.as_dict(1)["first"] == "2026-11-22T10:10:00.000Z"
    assert row.as_dict(1)["last"] == "2026-11-22T10:19:00.000Z"


def test_a_line_without_a_time_is_of_the_time_of_the_one_before_it(scanner):
    """A user's text below a push is left out with that push: nothing of the time asked for is unreadable."""
    push, text = b"E2211-101500-123 (1): push_on_complete: code 200\n", b"-- push_on_complete code 903\n"
    log = text + (push + text) * 3 + push.replace(b"-1015", b"-1130") + text
    before = counted(log, scanner, count=Count(CATALOGUE, until=NOON - 3600))
    assert (before.summary.push_lines, before.summary.misplaced) == (3, 4)
    after = counted(log, scanner, count=Count(CATALOGUE, since=NOON - 3600))
    assert (after.summary.push_lines, after.summary.misplaced) == (1, 1)
    later = counted(log, scanner, count=Count(CATALOGUE, since=NOON))
    assert (later.summary.misplaced, later.unreadable) == (0, False)
    assert counted(text * 3, scanner, count=Count(CATALOGUE, since=NOON)).summary.misplaced == 3


@pytest.mark.parametrize("buffer", [1, 5000, 1 << 19])
def test_a_line_without_a_time_has_that_of_the_one_before_it_in_another_piece(scanner, monkeypatch, buffer):
    """Wherever a log is cut into pieces, of which some hold no time; the next source begins anew."""
    monkeypatch.setattr("logwatch.report.lines._BUFFER_BYTES", buffer)
    push, text = b"E2211-101500-123 (1): push_on_complete: code 200\n", b"-- push_on_complete code 903\n"
    log = push + text * 700 + push.replace(b"-1015", b"-1130") + text * 5 + b"a line\n" * 900 + text * 4
    count = counted(log, scanner, size=buffer, count=Count(CATALOGUE, since=NOON - 3600))
    assert (count.summary.push_lines, count.summary.misplaced) == (1, 9)
    count = counted(log, scanner, size=buffer, count=Count(CATALOGUE, until=NOON - 3600))
    assert (count.summary.push_lines, count.summary.misplaced) == (1, 700)
    assert counted(text * 3, scanner, count=count).summary.misplaced == 703


def test_many_lines_whose_function_stands_elsewhere_cannot_be_read(scanner):
    """Mesibo prints another dialect from the middle on: what is read of the rest is not the whole."""
    push, dialect = b"E2211-101500-123 (1): push_on_complete: code 200\n", b"10:15 [1] push_on_complete code=903\n"
    assert not counted(push * 95 + dialect * 5, scanner).unreadable
    assert counted(push * 94 + dialect * 6, scanner).unreadable
    assert not counted(push * 4 + dialect * 4, scanner).unreadable  # so few are a user's
    assert counted(dialect, scanner).unreadable


def test_several_sources_add_up(scanner):
    """Two files with one truth each give the sum."""
    count = Count(CATALOGUE)
    for _ in range(2):
        counted(b"E2211-101500-123 (17): push_on_complete: code 200\n" * 3, scanner, count=count)
    assert count.summary.lines == 6
    assert count.sources == 2


def test_reasons_of_the_log_do_not_pile_up(scanner):
    """A thousand made-up reasons are one result without a reason."""
    lines = b"".join(
        b"E2211-101500-123 (1): push_on_complete: reason R%d code 400\n" % number for number in range(1000)
    )
    count = counted(lines, scanner)
    assert len(count.summary.results) == 1


def test_an_envelope_that_is_named_is_not_guessed(scanner):
    """Plain text that looks like Docker's is plain if the configuration says so."""
    data = (
        b'{"log":"E2211-101500-123: push_on_complete: code 200\\n","stream":"stdout","time":"2026-11-22T10:15:00Z"}\n'
    )
    assert counted(data, scanner).summary.push_lines == 1
    assert counted(data, scanner, envelope="plain").summary.push_lines == 0


PUSH = b"E2211-101500-123 (1): push_on_complete: code 200\n"
AT = b"2026-11-22T10:15:00.123456789Z "  # as `docker logs -t` writes it
LONG = b'{"log":"%s\\n","stream":"stdout","time":"2026-11-22T10:15:00.123456789Z"}\n'


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (PUSH + PUSH.replace(b"2211", b"3102"), {"undated": 1}),
        (PUSH + b"x" * 70_000 + b"\n", {"oversized": 1}),
        (
            LONG % PUSH.rstrip() * 9 + LONG % (PUSH.rstrip() + b" x" * 40_000),
            {"oversized": 1, "envelopes": {"docker": 1}},
        ),
        (PUSH + b"E2211-113000-000 (1): on_message\n", {"logged_at": NOON - 1800}),
        (
            (AT + PUSH) * 60 + AT.replace(b"11-22", b"11-24") + PUSH.replace(b"2211", b"2411"),
            {"ahead_seconds": 86_400 - 6300 + 86_400.123, "envelopes": {"docker-timestamps": 1}},
        ),
        ((AT + PUSH) * 60 + PUSH, {"causes": {"unenveloped": 1}, "fronts": [""]}),
        (PUSH * 30 + b"gw7 >> " + PUSH * 2, {"causes": {"misplaced": 1}, "fronts": ["<str> >> "]}),
        (PUSH + PUSH.replace(b"code 200", b"no answer"), {"causes": {"no_code": 1}, "fronts": []}),
    ],
)
def test_what_is_doubtful_is_counted_beside_the_results(scanner, data, expected):
    """Stamps that are no date or ahead, lines that are too long or elsewhere, with what stands in front of these."""
    made = counted(data, scanner)
    assert made.markers == {"push_on_complete"}
    for name, value in expected.items():
        found = getattr(made, name)
        assert (pytest.approx(found, abs=0.2) if isinstance(value, float) else found) == value
    assert made.undated == expected.get("undated", 0)
    assert made.oversized == expected.get("oversized", 0)
