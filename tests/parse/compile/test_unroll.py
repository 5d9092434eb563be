"""Repetitions are unrolled into the orders that examples use; what the expression takes, it takes as LINE does."""

import re

import pytest

from logwatch.parse.compile import nodes
from logwatch.parse.compile.from_regex import NotCompilable
from logwatch.parse.compile.nodes import Capture, CharRun, Choice, Literal, Repeat
from logwatch.parse.compile.to_regex import Writer
from logwatch.parse.compile.unroll import UnrollPlan, contains, merge
from tests.parse.compile.shown import node

BLANKS = CharRun(frozenset(b" "), 0)
LETTERS = CharRun(frozenset(b"abcdefghijklmnopqrstuvwxyz"))
NUMBER = CharRun(frozenset(b"0123456789"))
A = nodes.seq(Literal(b"a="), CharRun(frozenset(b"xyz")))
B = nodes.seq(Literal(b"b="), Capture("kept", NUMBER))
CODE = nodes.seq(Literal(b"code="), Capture("code", NUMBER))
BRACKETS = node(r"\[(?:[^\]\[]|\[(?:[^\]\[]|\[[^\]\[]*\])*\])*\]")
WORD = LETTERS


def line(*alternatives, behind=()):
    """Return ``head``, the alternatives in any order, ``code=N``, and others behind it."""
    loop = Repeat(nodes.seq(BLANKS, Choice(alternatives)), stop=nodes.seq(BLANKS, CODE))
    tail = [Repeat(nodes.seq(BLANKS, Choice(behind)))] if behind else []
    return nodes.seq(Literal(b"head"), loop, BLANKS, CODE, *tail)


def taken(plan, examples, text):
    """Return the captures of one line by name; None if it was passed over."""
    pattern = plan.unrolled(examples)
    (row,) = pattern.regex.findall(text + b"\n")
    return {name: value for name, value in zip(pattern.names, row, strict=False) if value} or None


@pytest.mark.parametrize(
    ("examples", "text", "expected"),
    [
        ([b"head a=x b=1 code=2"], b"head a=x b=1 code=2", {"kept": b"1", "code": b"2"}),
        ([b"head a=x b=1 code=2"], b"head b=1 code=2", {"kept": b"1", "code": b"2"}),
        ([b"head a=x b=1 code=2"], b"head code=2", {"code": b"2"}),
        ([b"head a=x b=1 code=2"], b"head b=1 a=x code=2", None),
        ([b"head b=1 a=x code=2"], b"head b=1 a=x code=2", {"kept": b"1", "code": b"2"}),
        ([b"head a=x code=2", b"head b=1 a=x code=2"], b"head b=1 a=x code=2", {"kept": b"1", "code": b"2"}),
        ([], b"head code=2", {"code": b"2"}),
        ([], b"head a=x code=2", None),
        ([b"no line of this kind"], b"head code=2", {"code": b"2"}),
    ],
)
def test_orders_of_the_examples(examples, text, expected):
    """Turns in the order of the examples, each optional; other orders are passed over."""
    assert taken(UnrollPlan(line(A, B), frozenset(("code", "kept"))), examples, text) == expected


def test_only_what_is_kept_is_captured():
    """Each capture more makes equal lines rarer."""
    plan = UnrollPlan(line(A, B), frozenset(("code",)))
    assert taken(plan, [b"head b=1 code=2"], b"head b=1 code=2") == {"code": b"2"}


def test_an_alternative_stands_only_where_it_would_be_taken():
    """A word is none where it could be one of the alternatives before it."""
    plan = UnrollPlan(line(A, B, WORD), frozenset(("code", "kept")))
    examples = [b"head abc code=2"]
    assert taken(plan, examples, b"head xyz code=3") == {"code": b"3"}
    assert taken(plan, examples, b"head code=3") == {"code": b"3"}


def test_a_nest_of_brackets_is_taken_as_the_examples_have_it():
    """The whole nest would cost too much on every line; what is written otherwise is passed over."""
    plan = UnrollPlan(line(A, BRACKETS), frozenset(("code",)))
    examples = [b"head [q1] code=2", b"head [q2] code=2"]
    assert taken(plan, examples, b"head [q3] code=5") == {"code": b"5"}


def test_what_stands_behind_is_captured_as_a_whole():
    """Its values are read from there, so that one expression takes every kind of answer."""
    plan = UnrollPlan(line(A, behind=(A, B)), frozenset(("code", "kept")))
    assert taken(plan, [b"head code=2"], b"head code=2 b=7 what") == {"code": b"2", "rest": b"b=7 what"}
    assert plan.tail == Repeat(nodes.seq(BLANKS, Choice((A, B))))


def test_rare_orders_are_not_worth_a_turn():
    """One line in a thousand does not slow the others down."""
    plan = UnrollPlan(line(A, B), frozenset(("code",)))
    examples = [b"head b=1 code=2"] * 1000
    assert taken(plan, [*examples, b"head a=x b=1 code=2"], b"head a=x b=1 code=2") is None


def test_a_kept_value_in_a_repetition_that_cannot_be_unrolled_is_refused():
    """One group would keep its last turn alone."""
    with pytest.raises(NotCompilable, match="cannot be unrolled"):
        UnrollPlan(nodes.seq(Literal(b"a"), Repeat(B, 1), CODE), frozenset(("kept",)))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((), (1,), (1,)), ((1, 2), (1, 2), (1, 2)), ((1, 2), (2, 3), (1, 2, 3)), ((1, 2), (2, 1), (1, 2, 1)),
        ((1, 2, 3), (1, 3), (1, 2, 3)),
    ],
)  # fmt: skip
def test_merge(one, other, expected):
    """A shortest order that both are part of."""
    merged = merge(one, other)
    assert len(merged) == len(expected)
    assert contains(merged, one)
    assert contains(merged, other)


def test_every_line_is_one_row():
    """Also those that are passed over, whatever is in them."""
    pattern = UnrollPlan(line(A, B), frozenset(("code", "kept"))).unrolled([])
    text = b"head code=1\n\n\0\xff\nhead\nhead code=2\n"
    assert len(pattern.regex.findall(text)) == text.count(b"\n")
    assert isinstance(pattern.regex, re.Pattern)


@pytest.mark.parametrize(
    ("examples", "text", "expected"),
    [
        ([b"head code=2 b=1"], b"head code=2 b=7", {"code": b"2", "kept": b"7"}),
        ([b"head code=2 b=1"], b"head code=2", {"code": b"2"}),
        ([b"head code=2 b=1"], b"head code=2 b=7!", {"code": b"2", "rest": b"b=7!"}),
        ([b"head code=2 b=1"], b"head code=2 a=x b=7", {"code": b"2", "rest": b"a=x b=7"}),
        ([b"head code=2 a=x b=1"], b"head code=2 a=x b=7", {"code": b"2", "kept": b"7"}),
        ([b"head code=2 b=1", b"head code=2 a=x b=1"], b"head code=2 a=x b=7", {"code": b"2", "kept": b"7"}),
        ([b"head code=2 abc"], b"head code=2 xyz", {"code": b"2"}),
    ],
)
def test_what_stands_behind_is_read_in_the_ways_of_the_examples(examples, text, expected):
    """Its values are captured, and nothing where it holds none; all else is the rest."""
    plan = UnrollPlan(line(A, B, behind=(A, B, WORD)), frozenset(("code", "kept")))
    for pattern in (
        plan.unrolled(examples, tails=plan.tails(examples)),
        plan.specialised(plan.heads(examples, 1.0), tails=plan.tails(examples)),
    ):
        (row,) = pattern.regex.findall(text + b"\n")
        assert {name: value for name, value in zip(pattern.names, row, strict=False) if value} == expected


@pytest.mark.parametrize(
    ("examples", "heads"),
    [
        ([b"head a=x code=2", b"head a=y code=3"], ["head", r"\ a=[x-z]++\ code=([0-9]++)"]),
        ([b"head code=2", b"head code=3", b"head b=1 code=3"], ["head", r"\ code=", r"\ *+b="]),
        ([b"head code=2", b"head a=x code=3", b"head a=x b=1 code=3", b"head b=1 code=3"], []),
        ([b"head code=2", b"no line of this kind"], []),
    ],
)
def test_a_few_ways_to_begin_stand_behind_what_all_lines_have_alike(examples, heads):
    """The most frequent first; where they are more than three, or some line is none, there is none."""
    found = UnrollPlan(line(A, B), frozenset(("code", "kept"))).heads(examples, 1.0)
    writer = Writer(wanted=lambda each: True)
    assert len(found) == len(heads)
    assert all(writer.write(each).startswith(begin) for each, begin in zip(found, heads, strict=True))
