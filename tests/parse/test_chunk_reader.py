"""An expression follows a log: what it leaves becomes examples, seldom, and what was learned before is kept."""

import math
from itertools import pairwise

import pytest

from logwatch.compile.chunk_pattern import ChunkCompiler
from logwatch.compile.nodes import Capture, CharRun, Choice, Literal, Look, Repeat, seq
from logwatch.parse import chunk_reader
from logwatch.parse.chunk_reader import SOME, ChunkReader, some_of
from logwatch.parse.lines import LineBatch

LESSON_LINES = 1600
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


@pytest.fixture(autouse=True)
def cheap_lessons(monkeypatch):
    """As if a lesson cost no more than to read so many lines: a test need not write as many as a log has."""
    monkeypatch.setattr(chunk_reader, "LESSON_LINES", LESSON_LINES)


class Reader(ChunkReader):
    """A reader that shows what no learned expression takes, and how often it is asked to learn."""

    def __init__(self) -> None:
        super().__init__(ChunkCompiler(LINE, frozenset(("code", "reason"))))

    def left(self, lines: list[bytes], following: float = math.inf) -> list[bytes]:
        """Return those of some lines that the general expression had to read, in a log that is so many times as long.

        What even that one does not take is in ``refused``.
        """
        handed: list[bytes] = []

        def match(dictionary, batch):
            if dictionary is self._general.bare:
                handed.extend(batch.picked(range(len(batch.lines))))
            codes = dictionary.encode(dictionary.pattern.regex.findall(batch.text))
            outcomes = [*dictionary.results, *"singly" * 256]
            return batch.only([i for i, code in enumerate(codes) if outcomes[code] is None])

        left = self.read(LineBatch.of(lines), match, following)
        self.refused = left.picked(range(len(left.lines)))
        return handed


def dialect(field: str, count: int = SOME, behind: str = "") -> list[bytes]:
    return [f"head {field}=x code={number}{behind}".encode() for number in range(count)]


def test_lines_that_are_no_push_lines_teach_nothing():
    """They are left, and what comes behind them is learned all the same."""
    reader = Reader()
    other = [b"something else"] * SOME
    assert reader.left(other) == other == reader.refused
    reader.left(dialect("a"))
    assert reader.left(dialect("a", 8 * SOME)) == reader.refused == []


def test_whatever_line_takes_is_read_without_a_lesson():
    """In any order, of a log of a few lines as well."""
    reader = Reader()
    some = [b"head c=x a=y c=z code=7 kept=5", b"head code=1", b"head d=x  code=7 a=x"]
    assert reader.left(some, 0) == some
    assert reader.refused == []


def lessons_of(reader: Reader, made) -> list[int]:
    """Return the list of the lines that were read before each lesson, which teaches what ``made`` returns."""
    lessons: list[int] = []
    reader.read_so_far = 0
    reader._compiler.compile = lambda payloads, any_order: lessons.append(reader.read_so_far) or made(payloads)
    return lessons


def read_many(reader: Reader, count: int, at_once: int = 500) -> None:
    while reader.read_so_far < count:
        reader.left(dialect("a", at_once))
        reader.read_so_far += at_once


def test_it_is_time_ever_more_seldom():
    """With the first lines, then after more and more of them."""
    reader = Reader()
    lessons = lessons_of(reader, lambda payloads: None)
    read_many(reader, 30 * LESSON_LINES, 200)
    waits = [later - earlier for earlier, later in pairwise(lessons[1:])]
    assert lessons[:2] == [0, 0]  # before the first lines are read, and once it is known which of them can be
    assert len(waits) > 2
    assert all(later > earlier for earlier, later in pairwise(waits))


@pytest.mark.parametrize(("teaches", "most"), [(True, 4 * LESSON_LINES), (False, 16 * LESSON_LINES)])
def test_however_many_lessons_there_were_the_next_is_a_few_lessons_worth_of_lines_away(teaches, most):
    """A log may change at any time; where lessons bring little, it is some more lines."""
    reader = Reader()
    nothing = ChunkCompiler(LINE, frozenset(("code",))).compile(dialect("b"))
    lessons = lessons_of(reader, lambda payloads: nothing._replace(payloads=payloads) if teaches else None)
    read_many(reader, 3 * most, 200)
    waits = [later - earlier for earlier, later in pairwise(lessons)]
    assert waits
    assert max(waits) <= most + 200


def test_lines_that_cannot_be_learned_do_not_ask_for_lessons():
    """What LINE does not take is left at all times; of the others among it, as many are waited for as without it."""
    reader = Reader()
    lessons = []
    compile_ = reader._compiler.compile
    reader._compiler.compile = lambda *examples, **how: lessons.append(examples) or compile_(*examples, **how)
    other = [b"something else"] * 100
    for _ in range(300):
        reader.left([*dialect("a", 100), *other])
    assert len(lessons) == 1
    for _ in range(LESSON_LINES // 100 + 1):
        reader.left([*dialect("b", 100), *other])
    assert len(lessons) == 2
    assert reader.left([*dialect("b", 100), *other]) == reader.refused == other


@pytest.mark.parametrize(
    ("lines", "times", "learns"),
    [(100, 0, False), (800, 0, False), (100, 15, False), (100, 16, True), (20, 79, False), (20, 80, True)],
)  # fmt: skip
def test_nothing_is_learned_where_a_lesson_costs_more_than_the_lines_that_are_left(lines, times, learns):
    """What counts is how much of a log is still to come; a short one is over before a lesson would pay."""
    reader = Reader()
    reader.left(dialect("a", lines), times)
    assert (reader.left(dialect("a", lines), 0) == []) is learns


def test_many_short_logs_are_learned_as_a_long_one_is():
    """No one of them is worth a lesson, all together are."""
    reader = Reader()
    left = [bool(reader.left(dialect("a", 100), 0)) for _ in range(3 * LESSON_LINES // 100)]
    assert left == sorted(left, reverse=True)
    assert 0 < sum(left) <= 2 * LESSON_LINES // 100


def test_what_was_learned_before_is_kept():
    """Four dialects, each learned by itself, are taken side by side."""
    reader = Reader()
    for number, field in enumerate("abcd"):
        for _ in range(1 + 4 * number):
            reader.left(dialect(field, LESSON_LINES))
        assert reader.left(dialect(field)) == []
    assert reader.left([line for field in "abcd" for line in dialect(field, 9)]) == []


def test_lines_that_came_one_by_one_are_examples_as_well():
    """Of many, some: not only the last ones."""
    reader = Reader()
    reader.left(dialect("c"))
    for field in "ab":
        for line in dialect(field, LESSON_LINES // 2):
            reader.left([line])
    assert reader.left([*dialect("a"), *dialect("b")]) == []


def test_what_stands_behind_the_code_is_learned_from_the_lines_that_have_it():
    """The general expression reads them, until they are examples."""
    reader = Reader()
    reader.left(dialect("a"))
    some = dialect("a", 9 * SOME, behind=" kept=5")
    assert reader.left(some) == some
    reader.left(dialect("a", 2 * LESSON_LINES, " kept=5"))
    assert reader.left(dialect("a", 400, " kept=7")) == reader.refused == []


def test_long_lines_are_no_examples():
    """What users write must not make learning expensive."""
    reader = Reader()
    long = [b"head" + b" a=x" * 2000 + b" code=1"] * SOME
    reader.left(long)
    assert reader.left(long) == long


def test_some_of_many_are_spread_evenly():
    """All, if there are no more than that."""
    assert some_of(range(10), 5) == [0, 2, 4, 6, 8]
    assert some_of(range(3), 5) == [0, 1, 2]
