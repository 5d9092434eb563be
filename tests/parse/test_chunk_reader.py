"""An expression follows a log: what it leaves becomes examples, seldom, and what was learned before is kept."""

import math
from itertools import pairwise

import pytest

from logwatch.parse.chunk_reader import SOME, ChunkReader, some_of
from logwatch.parse.compile.chunk_pattern import ChunkCompiler
from logwatch.parse.compile.nodes import Capture, CharRun, Choice, Literal, Look, Repeat, seq
from logwatch.parse.lines import LineBatch

BLANKS = CharRun(frozenset(b" "), 0)
NUMBER = CharRun(frozenset(b"0123456789"))
FIELDS = [seq(Literal(name), Literal(b"="), CharRun(frozenset(b"xyz"))) for name in (b"a", b"b", b"c", b"d")]
CODE = seq(Literal(b"code="), Capture("code", NUMBER))
LINE = seq(
    Literal(b"head"),
    Repeat(seq(Look(seq(BLANKS, CODE), negative=True), BLANKS, Choice(tuple(FIELDS)))),
    BLANKS,
    CODE,
    Repeat(seq(BLANKS, Choice((seq(Literal(b"kept="), Capture("reason", NUMBER)), *FIELDS)))),
)


class Reader(ChunkReader):
    """A reader that shows what it left and how its expression takes a line."""

    def __init__(self) -> None:
        compiler = ChunkCompiler(LINE, frozenset(("code", "reason")))
        super().__init__(compiler)
        self.gone_through, values_in = 0, compiler.values_in

        def counted(rest):
            self.gone_through += 1
            return values_in(rest)

        compiler.values_in = counted

    def left(self, lines: list[bytes], following: float = math.inf) -> list[bytes]:
        """Return those of some lines that no expression took, in a log that is so many times as long."""

        def match(dictionary, batch):
            codes = dictionary.encode(dictionary.pattern.regex.findall(batch.text))
            outcomes = [*dictionary.results, *"singly" * 256]
            return batch.only([i for i, code in enumerate(codes) if outcomes[code] is None])

        return self.read(LineBatch.of(lines), match, following).lines


def dialect(field: str, count: int = SOME, behind: str = "") -> list[bytes]:
    return [f"head {field}=x code={number}{behind}".encode() for number in range(count)]


def test_lines_that_are_no_push_lines_teach_nothing():
    """They are left, and what comes behind them is learned all the same."""
    reader = Reader()
    other = [b"something else"] * SOME
    assert reader.left(other) == other
    assert reader.left(dialect("a", 8 * SOME)) == []


def test_it_is_time_ever_more_seldom():
    """After a few lines, then after several times as many as the time before."""
    reader, lessons, read = Reader(), [0], []
    reader._compiler.compile = lambda payloads, max_orders: lessons.append(len(read))
    while len(read) < 4000:
        read.append(b"something else")
        reader.left(read[-1:])
    waits = [later - earlier for earlier, later in pairwise(lessons)]
    assert len(waits) > 2
    assert all(later > 2 * earlier for earlier, later in pairwise(waits))


@pytest.mark.parametrize(("teaches", "most"), [(True, 4 * 900), (False, 16 * 900)])
def test_however_many_lessons_there_were_the_next_is_a_few_lessons_worth_of_lines_away(teaches, most):
    """A log may change at any time; where lessons bring little, it is some more lines."""
    reader, lessons, read, count = Reader(), [0], 0, 50 * 900
    nothing = ChunkCompiler(LINE, frozenset(("code",))).compile(dialect("b"))
    reader._compiler.compile = lambda payloads, max_orders: (
        lessons.append(read) or (nothing._replace(payloads=payloads) if teaches else None)
    )
    while read < count:
        reader.left(dialect("a", 50))
        read += 50
    waits = [later - earlier for earlier, later in pairwise([*lessons, count])]
    assert most / 2 < max(waits) <= most + 50


def test_lines_that_cannot_be_learned_do_not_ask_for_lessons():
    """What LINE does not take is left at all times; of the others among it, as many are waited for as without it."""
    reader, lessons = Reader(), []
    reader._takes = lambda payload: payload.startswith(b"head")
    compile_ = reader._compiler.compile
    reader._compiler.compile = lambda *examples: lessons.append(examples) or compile_(*examples)
    other = [b"something else"] * 100
    for _ in range(300):
        reader.left([*dialect("a", 100), *other])
    assert len(lessons) == 1
    for _ in range(4):
        reader.left([*dialect("b", 100), *other])
    assert len(lessons) == 2
    assert reader.left([*dialect("b", 100), *other]) == other


@pytest.mark.parametrize(
    ("lines", "times", "learns"),
    [(100, 0, False), (800, 0, False), (100, 2, False), (100, 19, True), (20, 9, False), (20, 99, True)],
)  # fmt: skip
def test_nothing_is_learned_where_a_lesson_costs_more_than_the_lines_that_are_left(lines, times, learns):
    """What counts is how much of a log is still to come; a short one is over before a lesson would pay."""
    assert (Reader().left(dialect("a", lines), times) == []) is learns


def test_many_short_logs_are_learned_as_a_long_one_is():
    """No one of them is worth a lesson, all together are."""
    reader = Reader()
    left = [bool(reader.left(dialect("a", 100), 0)) for _ in range(40)]
    assert left == sorted(left, reverse=True)
    assert 0 < sum(left) < 30


def test_what_was_learned_before_is_kept():
    """Four dialects, each learned by itself, are taken side by side."""
    reader = Reader()
    for field, count in zip("abcd", (20, 200, 2000, 20000), strict=True):
        assert reader.left(dialect(field, count)) == []
    assert reader.left([line for field in "abcd" for line in dialect(field, 9)]) == []


def test_lines_that_came_one_by_one_are_examples_as_well():
    """Of many, some: not only the last ones."""
    reader = Reader()
    reader.left(dialect("c"))
    for line in [*dialect("a", 64), *dialect("b", 64)]:
        reader.left([line])
    assert reader.left([*dialect("a"), *dialect("b")]) == []


def test_what_stands_behind_the_code_is_learned_where_it_is_gone_through():
    """It is read apart from its lines, until these are examples."""
    reader = Reader()
    assert reader.left(dialect("a")) == []
    for _ in range(9):
        assert reader.left(dialect("a", behind=" kept=5")) == []
    for number in range(400):
        reader.left(dialect("a", 1, f" kept={number}"))
    before = reader.gone_through
    assert reader.left(dialect("a", 400, " kept=7")) == []
    assert reader.gone_through == before


def test_long_lines_are_no_examples():
    """What users write must not make learning expensive."""
    long = [b"head" + b" a=x" * 2000 + b" code=1"] * SOME
    assert Reader().left(long) == long


def test_some_of_many_are_spread_evenly():
    """All, if there are no more than that."""
    assert some_of(range(10), 5) == [0, 2, 4, 6, 8]
    assert some_of(range(3), 5) == [0, 1, 2]
