"""Whole chunks are read in their envelope, then out of it; what the expression passes over is left."""

from itertools import count

import pytest

from logwatch import envelope as envelopes
from logwatch.compile import nodes
from logwatch.compile.chunk_pattern import ChunkPattern
from logwatch.compile.nodes import Backtracking, Capture, CharRun, Choice, Literal, Repeat, seq
from logwatch.dialect.result import Reasons
from logwatch.envelope.record import Frame
from logwatch.model import PLAIN, ResultKey
from logwatch.parse import chunk_reader
from logwatch.parse.chunk_reader import OTHER_SYMBOL, ChunkReader, Dictionary
from logwatch.parse.lines import LineBatch
from tests.compile.shown import node
from tests.helpers.wrapping import envelope_of

WRAPPED = envelope_of("docker")  # any: the frame is made up
NUMBER = CharRun(frozenset(b"0123456789"))
WORD = CharRun(frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789GONE"))
CODE = seq(Literal(b"code="), Capture("code", NUMBER))
REASON = seq(Literal(b" reason="), Capture("reason", WORD))
REST = CharRun(nodes.EVERY_BYTE, 0)
PATTERN = ChunkPattern(seq(Choice((CODE, seq(Literal(b"slow "), Backtracking(node("(?:a|a)*b").item)))),
                           Repeat(REASON, 0, 1), REST))  # fmt: skip
TRIES_ALL_WAYS = b"slow " + b"a" * 60


def pushes(count: int) -> list[bytes]:
    return [b"code=%d" % (200 + i % 3) for i in range(count)]


class Reader(ChunkReader):
    """A reader that notes which lines each expression had to read."""

    def __init__(self) -> None:
        super().__init__(PATTERN)
        self.in_frame: list[bytes] = []
        self.bare_lines: list[bytes] = []

    def left(self, lines: list[bytes], envelope=WRAPPED) -> list[bytes]:
        """Return the lines that are left of some, which stand behind any ``<…> `` in their envelope."""
        self.in_frame, self.bare_lines = [], []

        def match(expression, batch):
            here = batch.picked(range(len(batch.lines)))
            (self.bare_lines if expression is self.bare else self.in_frame).extend(here)
            codes = expression.encode(batch.text)
            if codes is None:
                return batch
            return batch.only([i for i, code in enumerate(codes) if code == 0])

        def take_out(batch):
            some = batch.picked(range(len(batch.lines)))
            return LineBatch.of([line.partition(b"> ")[2] for line in some], numbers=batch.numbers)

        left = self.read(LineBatch.of(lines, envelope=envelope), match, take_out)
        return left.picked(range(len(left.lines)))


@pytest.fixture
def frames(monkeypatch):
    """Return the frames that are found one after the other, and the last of them from then on."""
    found: list[Frame | None] = [Frame("<[a-z]> ")]
    asked = count()
    monkeypatch.setattr(envelopes, "frame", lambda *_: found[min(next(asked), len(found) - 1)])
    return found


def wrapped(lines: list[bytes], front: bytes = b"<a> ") -> list[bytes]:
    return [front + line for line in lines]


def test_lines_by_themselves_are_read_at_once():
    """From the first one on; what the expression does not take is left, in order."""
    reader = Reader()
    assert reader.left([b"code=1", b"other", b"code=2", b"", b"last"], PLAIN) == [b"other", b"", b"last"]
    assert reader.in_frame == []


def test_lines_are_read_inside_their_envelope(frames):
    """Only lines that the frame does not match are unwrapped."""
    reader, lines = Reader(), pushes(9)
    assert reader.left([*wrapped(lines), b"<7> code=5", b"<b> other", b"<8> what"]) == [b"other", b"what"]
    assert len(reader.in_frame) == 12
    assert reader.bare_lines == [b"code=5", b"other", b"what"]
    assert reader.left(wrapped(lines)) == reader.bare_lines == []


def test_where_no_frame_is_known_all_lines_are_taken_out(frames):
    """It is looked for again with the next batch."""
    frames.insert(0, None)
    reader, lines = Reader(), pushes(4)
    assert reader.left(wrapped(lines)) == reader.in_frame == []
    assert reader.bare_lines == lines
    assert reader.left(wrapped(lines)) == reader.bare_lines == []


def test_a_batch_that_does_not_fit_into_the_frame_is_taken_out(frames):
    """Lines with colours are unwrapped; the frame stays for the next batch."""
    reader, lines = Reader(), wrapped(pushes(4))
    reader.left([*lines, b"<a> code=1\x1b[0m"])
    assert reader.in_frame == []
    assert len(reader.bare_lines) == 5
    reader.left(lines)
    assert reader.bare_lines == []


def test_a_frame_that_takes_too_few_lines_is_given_up(frames):
    """To read them twice is slower than to take them all out."""
    reader = Reader()
    half = [*wrapped(pushes(4)), *wrapped(pushes(4), b"<7> ")]
    reader.left(half)
    reader.left(half)
    assert len(reader.in_frame) == 8
    reader.left([*half, b"<7> code=1"])
    assert len(reader.in_frame) == 9
    assert reader.left(half) == reader.in_frame == []
    assert len(reader.bare_lines) == 8


def test_another_frame_is_looked_for_after_many_batches(frames):
    """A frame that was given up is tried again later, as is another: a few odd lines may have been to blame."""
    frames += [Frame("<[a-z]> ")] * 2 + [Frame("<[0-9]> ")]
    reader, lines = Reader(), wrapped(pushes(4), b"<7> ")
    asked = []
    for _ in range(3 * chunk_reader._SAME_FRAME_BATCHES + 9):
        reader.left(lines)
        asked.append(len(reader.in_frame))
    tried = [i for i, each in enumerate(asked) if each]
    assert tried[:4] == [n * chunk_reader._SAME_FRAME_BATCHES for n in range(4)]
    assert len(tried) == 12  # the last one takes these, and is kept


def test_a_frame_that_is_found_again_is_not_compiled_again(frames, monkeypatch):
    """A known frame's expression is reused, since compiling takes as long as reading some batches."""
    made, framed = [], ChunkPattern.framed
    monkeypatch.setattr(ChunkPattern, "framed", lambda *args, **how: made.append(args) or framed(*args, **how))
    reader, lines = Reader(), wrapped(pushes(4))
    for _ in range(5 * chunk_reader._SAME_FRAME_BATCHES):
        reader.left(lines)
    assert len(made) == 1


def test_a_line_that_looks_before_itself_is_read_out_of_its_envelope(frames, monkeypatch):
    """It has no expression for a frame."""
    monkeypatch.setattr(ChunkPattern, "framed", lambda *_, **__: None)
    reader, lines = Reader(), pushes(4)
    assert reader.left(wrapped(lines)) == reader.in_frame == []
    assert reader.bare_lines == lines


def test_if_rows_cannot_be_matched_to_lines_all_lines_are_left(frames):
    """A match in their batch takes more steps than it may; the next batch is read as ever."""
    reader, lines = Reader(), [*pushes(3), TRIES_ALL_WAYS]
    assert reader.left(lines, PLAIN) == lines
    assert reader.left(wrapped(lines)) == lines
    assert reader.left(lines[:3], PLAIN) == []


def test_without_pcre2_all_lines_are_left(frames, monkeypatch):
    """Out of their envelope, to be read one by one."""
    monkeypatch.setattr("logwatch.compile.pcre2.loaded", lambda: None)
    monkeypatch.setitem(globals(), "PATTERN", ChunkPattern(PATTERN.node))  # whose expression is not made yet
    reader, lines = Reader(), pushes(3)
    assert reader.left(lines, PLAIN) == lines
    assert reader.left(wrapped(lines)) == lines


def outcomes(dictionary: Dictionary, lines: list[bytes], reasons: Reasons | None = None):
    """Return what each line gives."""
    codes = dictionary.encode(b"".join(line + b"\n" for line in lines), reasons)
    assert [i for i, code in enumerate(codes) if code == OTHER_SYMBOL] == list(dictionary.by_line)
    return [dictionary.by_line[i] if i in dictionary.by_line else dictionary.results[code]
            for i, code in enumerate(codes)]  # fmt: skip


def test_a_symbol_is_a_result():
    """Lines with equal results have the same symbol, however they are written, as have lines without a result."""
    dictionary = Dictionary(ChunkPattern(seq(CODE, Repeat(seq(Literal(b" "), CODE), 0, 1), Repeat(REASON, 0, 1), REST)))
    lines = [b"code=7", b"code=007 x", b"code=7 code=8", b"code=12345678", b"x", b"code=7 reason=a", b"code=7 code=7"]
    key = ResultKey("unknown", 7, "")
    assert outcomes(dictionary, lines) == [key, key, "ambiguous", "no_code", None, key._replace(reason="a"), key]
    assert outcomes(dictionary, lines) == outcomes(dictionary, lines[::-1])[::-1]


def test_a_line_whose_values_are_undecided_is_passed_over():
    """It is left to be read by itself."""
    dictionary = Dictionary(ChunkPattern(seq(Repeat(seq(CODE, Literal(b" ")), 1), REST)))
    assert outcomes(dictionary, [b"code=7 ", b"code=7 code=8 ", b"x"]) == [None] * 3


@pytest.mark.parametrize("reasons", [10, 251, 252, 253, 600, 5000])
def test_more_results_than_symbols_are_counted_all_the_same(reasons):
    """The commonest have a code; what fills them does not keep out what comes later."""
    dictionary = Dictionary(PATTERN)
    for start in (0, 10_000, 20_000):
        lines = [b"code=7 reason=r%d" % (start + i) for i in range(reasons)]
        lines += [b"code=200"] * 9 + lines[::-1] + [b"x"]
        expected = [ResultKey("unknown", 7, line[14:].decode()) for line in lines if b"reason" in line]
        expected[reasons:reasons] = [ResultKey("unknown", 200, "")] * 9
        assert outcomes(dictionary, lines) == [*expected, None]
        assert len(dictionary.results) <= OTHER_SYMBOL
        assert ResultKey("unknown", 200, "") in dictionary.results


def test_what_is_remembered_is_bounded():
    """Many rows of the same result, or a few long ones."""
    dictionary = Dictionary(PATTERN)
    reasons = Reasons(["gone"])
    for start in range(0, 20_000, 1000):
        lines = [b"code=%07d reason=r%d" % (i % 7, start + i) for i in range(1000)]
        assert set(outcomes(dictionary, lines, reasons)) == {"no_code"}
    for start in range(40):
        outcomes(dictionary, [b"code=7 reason=%d" % start + b"r" * 60_000])
    assert len(dictionary._symbols) <= chunk_reader._MAX_ROWS + 1000
    assert dictionary._key_bytes <= chunk_reader._MAX_KEY_BYTES + 130_000


def test_rows_that_come_after_many_others_are_remembered():
    """Otherwise, in a log whose fields are in any order, each line is worked out anew for ever."""
    dictionary, reasons = Dictionary(PATTERN), Reasons([])
    for lines in ([b"code=7 reason=r%d" % i for i in range(1000)], [b"code=8 reason=late"]):
        outcomes(dictionary, lines, reasons)
        assert dictionary.pattern.rows(lines[0] + b"\n")[0] in dictionary._symbols


def test_results_are_counted_by_the_reasons_in_force():
    """Those that are not listed are alike; with another list what was remembered is not used."""
    dictionary = Dictionary(PATTERN)
    lines = [b"code=7 reason=gone", b"code=7 reason=GONE", b"code=7 reason=r1", b"code=7 reason=r2"]
    for words in (["gone"], ["r2"], ["gone", "r2"]):
        told = Reasons(words)
        assert [told.counted_as(each.reason) for each in outcomes(dictionary, lines, told)] == [
            word if word in words else "" for word in ("gone", "gone", "r1", "r2")
        ]
    assert [each.reason for each in outcomes(dictionary, lines)] == ["gone", "GONE", "r1", "r2"]
