"""An expression follows a log: what it leaves becomes examples, seldom, and what was learned before is kept."""

import re
from itertools import pairwise

from logwatch.parse.compile.chunk_pattern import ChunkCompiler
from logwatch.parse.compile.learner import SOME, Learner, some_of
from logwatch.parse.compile.nodes import Capture, CharRun, Choice, Literal, Look, Repeat, seq

BLANKS = CharRun(frozenset(b" "), 0)
NUMBER = CharRun(frozenset(b"0123456789"))
FIELDS = [seq(Literal(name), Literal(b"="), CharRun(frozenset(b"xyz"))) for name in (b"a", b"b", b"c", b"d")]
CODE = seq(Literal(b"code="), Capture("code", NUMBER))
LINE = seq(
    Literal(b"head"),
    Repeat(seq(Look(seq(BLANKS, CODE), negative=True), BLANKS, Choice(tuple(FIELDS)))),
    BLANKS,
    CODE,
    Repeat(seq(BLANKS, Choice((seq(Literal(b"kept="), Capture("kept", NUMBER)), *FIELDS)))),
)


def learner() -> Learner:
    return Learner(ChunkCompiler(LINE, frozenset(("code", "kept"))))


def dialect(field: str, count: int = SOME) -> list[bytes]:
    return [b"head %s=x code=%d" % (field.encode(), number) for number in range(count)]


def taken(learned: Learner, line: bytes):
    found = re.match(learned.pattern.regex, line + b"\n")
    return {name: value for name, value in zip(learned.pattern.names, found.groups(), strict=False) if value}


def test_there_is_no_expression_before_the_first_lesson():
    """And none after one from lines that are no push lines."""
    learned = learner()
    assert learned.pattern is None
    learned.note([b"something else"])
    assert not learned.learn()
    assert learned.pattern is None


def test_it_is_time_ever_more_seldom():
    """After a few lines, then after several times as many as the time before."""
    learned = learner()
    due = [lines for lines in range(1, 4000) if learned.is_due(1)]
    waits = [later - earlier for earlier, later in pairwise([0, *due])]
    assert len(waits) > 2
    assert all(later > 2 * earlier for earlier, later in pairwise(waits))


def test_what_was_learned_before_is_kept():
    """Four dialects, each learned by itself, are taken side by side."""
    learned = learner()
    for field in "abcd":
        learned.note(dialect(field))
        assert learned.learn()
    assert [taken(learned, dialect(field)[7]) for field in "abcd"] == [{"code": b"7"}] * 4


def test_lines_noted_one_by_one_are_examples_as_well():
    """Of many, some: not only the last ones."""
    learned = learner()
    for line in [*dialect("a", 200), *dialect("b", 200)]:
        learned.note([line])
    learned.learn()
    assert [taken(learned, dialect(field)[7]) for field in "ab"] == [{"code": b"7"}] * 2


def test_what_stands_behind_the_code_is_learned_from_texts_of_its_own():
    """They were read apart from their lines."""
    learned = learner()
    learned.learn(dialect("a"))
    assert taken(learned, b"head a=x code=7 kept=5") == {"code": b"7", "rest": b"kept=5"}
    learned.learn(dialect("a"), [b"kept=%d" % number for number in range(9)])
    assert taken(learned, b"head a=x code=7 kept=5") == {"code": b"7", "kept": b"5"}


def test_long_lines_are_no_examples():
    """What users write must not make learning expensive."""
    learned = learner()
    learned.note([b"head" + b" a=x" * 2000 + b" code=1"])
    assert not learned.learn()


def test_some_of_many_are_spread_evenly():
    """All, if there are no more than that."""
    assert some_of(range(10), 5) == [0, 2, 4, 6, 8]
    assert some_of(range(3), 5) == [0, 1, 2]
