"""An expression for whole chunks is made for lines like some examples; what it takes, it takes as LINE does."""

import re

import pytest

from logwatch.compile import nodes
from logwatch.compile.chunk_pattern import ChunkCompiler, ChunkPattern
from logwatch.compile.nodes import Capture, CharRun, Choice, Literal, Look, Repeat
from tests.compile.shown import node

BLANKS = CharRun(frozenset(b" "), 0)
LETTERS = CharRun(frozenset(b"abcdefghijklmnopqrstuvwxyz"))
NUMBER = CharRun(frozenset(b"0123456789"))
A = nodes.seq(Literal(b"a="), CharRun(frozenset(b"xyz")))
B = nodes.seq(Literal(b"b="), Capture("kept", NUMBER))
CODE = nodes.seq(Literal(b"code="), Capture("code", NUMBER))
BRACKETS = node(r"\[(?:[^\]\[]|\[(?:[^\]\[]|\[[^\]\[]*\])*\])*\]")
KEPT = frozenset(("code", "kept"))


def line(*alternatives, behind=()):
    """Return ``head``, the alternatives in any order, ``code=N``, and others behind it."""
    loop = Repeat(nodes.seq(Look(nodes.seq(BLANKS, CODE), negative=True), BLANKS, Choice(alternatives)))
    tail = [Repeat(nodes.seq(BLANKS, Choice(behind)))] if behind else []
    return nodes.seq(Literal(b"head"), loop, BLANKS, CODE, *tail)


def taken(compiler, examples, text, **more):
    """Return the captures of one line by name; None if it was passed over."""
    pattern, *_ = compiler.compile(examples, **more)
    (row,) = pattern.regex.findall(text + b"\n")
    return {name: value for name, value in zip(pattern.names, row, strict=False) if value} or None


@pytest.mark.parametrize(
    ("examples", "text", "expected"),
    [
        ([b"head a=x b=1 code=2"], b"head a=x b=1 code=2", {"kept": b"1", "code": b"2"}),
        ([b"head a=x b=1 code=2"], b"head a=y b=3 code=4", {"kept": b"3", "code": b"4"}),
        ([b"head a=x b=1 code=2"], b"head b=1 code=2", None),
        ([b"head a=x b=1 code=2", b"head b=1 code=2"], b"head b=1 code=2", {"kept": b"1", "code": b"2"}),
        ([b"head a=x b=1 code=2"], b"head b=1 a=x code=2", None),
        ([b"head a=x code=2", b"head b=1 a=x code=2"], b"head b=1 a=x code=2", {"kept": b"1", "code": b"2"}),
        ([b"head code=2", b"no line of this kind"], b"head code=3", {"code": b"3"}),
    ],
)
def test_orders_of_the_examples(examples, text, expected):
    """Lines are taken in the orders of the examples; others are passed over."""
    assert taken(ChunkCompiler(line(A, B), KEPT), examples, text) == expected


def test_without_an_example_that_matches_there_is_no_expression():
    """Nothing is known of how lines are written."""
    assert ChunkCompiler(line(A, B), KEPT).compile([]) is None
    assert ChunkCompiler(line(A, B), KEPT).compile([b"no line of this kind"]) is None


def test_only_what_is_kept_is_captured():
    """Each capture more makes equal lines rarer."""
    compiler = ChunkCompiler(line(A, B), frozenset(("code",)))
    assert taken(compiler, [b"head b=1 code=2"], b"head b=1 code=2") == {"code": b"2"}


def test_an_alternative_stands_only_where_it_would_be_taken():
    """A word is none where it could be one of the alternatives before it."""
    compiler = ChunkCompiler(line(A, B, LETTERS), KEPT)
    examples = [b"head abc code=2", b"head def code=2"]
    assert taken(compiler, examples, b"head xyz code=3") == {"code": b"3"}
    assert taken(compiler, examples, b"head b=4 code=3") is None


def test_a_nest_of_brackets_is_taken_as_the_examples_have_it():
    """The whole nest would cost too much on every line; what is written otherwise is passed over."""
    compiler = ChunkCompiler(line(A, BRACKETS), frozenset(("code",)))
    examples = [b"head [q1] code=2", b"head [q2] code=2"]
    assert taken(compiler, examples, b"head [q3] code=5") == {"code": b"5"}


def test_what_is_written_unlike_the_examples_behind_is_taken_by_the_general_expression():
    """Where it may hold a value, the others pass it over."""
    compiler = ChunkCompiler(line(A, behind=(A, B)), KEPT)
    assert taken(compiler, [b"head code=2"], b"head code=2 b=7 what") is None
    rows = compiler.general.regex.findall(b"head code=2 b=7 what\nhead code=2 b=1 b=2\nhead a=x code=2\nhead\n")
    assert rows == [(b"", b"2", b"7"), (b"", b"2", b"2"), (b"", b"2", b""), (b"", b"", b"")]


def test_rare_orders_are_not_worth_a_way():
    """One line in a thousand does not slow the others down."""
    compiler = ChunkCompiler(line(A, B), frozenset(("code",)))
    examples = [b"head b=1 code=2"] * 1000
    assert taken(compiler, [*examples, b"head a=x b=1 code=2"], b"head a=x b=1 code=2") is None


ORDERS = [
    *(b"a=x b=1", b"b=1 a=x", b"b=1 b=2", b"a=x a=y b=3", b"b=4", b"a=x b=1 a=z"),
    *(b"a=x " * count + b"b=1" for count in range(3, 45)),
]


def test_values_in_many_orders_are_the_last_of_their_names():
    """Also in an order that no example has: one repetition takes them all."""
    compiler = ChunkCompiler(line(A, B), KEPT)
    examples = [b"head " + each + b" code=2" for each in ORDERS]
    text = b"head b=7 b=8 a=y b=9 a=z code=3"
    assert taken(compiler, examples, text) == {"kept": b"9", "code": b"3"}
    assert taken(compiler, examples, b"head a=y code=3") == {"code": b"3"}


def test_a_name_of_which_every_value_counts_is_in_no_repetition():
    """It would lose all but the last."""
    compiler = ChunkCompiler(line(A, B), KEPT, listed=KEPT)
    examples = [b"head " + each + b" code=2" for each in ORDERS]
    assert taken(compiler, examples, b"head b=7 b=8 a=y b=9 a=z code=3") is None


def test_two_values_of_a_name_at_two_places_of_a_repetition_are_not_decided():
    """Nothing tells which was the last."""
    twice = nodes.seq(Literal(b"<b="), Capture("kept", NUMBER), Literal(b">"))
    orders = [each.replace(b"b=1", b"<b=1>") for each in ORDERS]
    pattern, *_ = ChunkCompiler(line(A, B, twice), KEPT).compile([b"head " + each + b" code=2" for each in orders])
    rows = pattern.regex.findall(b"head b=1 <b=2> code=3\nhead <b=2> b=1 code=3\nhead a=x <b=1> <b=2> code=3\n")
    assert [pattern.undecided(row) for row in rows] == [True, True, False]
    assert rows[2].count(b"2") == 1


def test_a_value_in_a_repetition_that_must_come_is_captured():
    """Each turn of it by a group of its own."""
    compiler = ChunkCompiler(nodes.seq(Literal(b"a"), Repeat(B, 1), CODE), KEPT)
    assert taken(compiler, [b"ab=1code=2"], b"ab=7code=3") == {"kept": b"7", "code": b"3"}
    assert taken(compiler, [b"ab=1code=2"], b"acode=3") is None


def test_a_value_between_quotes_is_captured():
    """What looks like a text that nothing is to be decided in may hold one."""
    inside = Choice((CharRun(frozenset(b"ab"), 1, 1), nodes.seq(Literal(b"="), Capture("kept", NUMBER))))
    compiler = ChunkCompiler(nodes.seq(Literal(b"<"), Repeat(inside), Literal(b">"), CODE), KEPT)
    assert taken(compiler, [b"<a=1>code=2"], b"<a=7>code=3") == {"kept": b"7", "code": b"3"}


def test_every_line_is_one_row():
    """Also those that are passed over, whatever is in them."""
    pattern, *_ = ChunkCompiler(line(A, B), KEPT).compile([b"head code=1"])
    text = b"head code=1\n\n\0\xff\nhead\nhead code=2\n"
    assert len(pattern.regex.findall(text)) == text.count(b"\n")
    assert isinstance(pattern.regex, re.Pattern)


@pytest.mark.parametrize(
    ("examples", "text", "expected"),
    [
        ([b"head code=2 b=1"], b"head code=2 b=7", {"code": b"2", "kept": b"7"}),
        ([b"head code=2 b=1"], b"head code=2", {"code": b"2"}),
        ([b"head code=2 b=1"], b"head code=2 \n", {"code": b"2"}),
        ([b"head code=2 b=1"], b"head code=2 b=7!", {"code": b"2", "kept": b"7"}),
        ([b"head code=2 b=1"], b"head code=2 a=x b=7", None),
        ([b"head code=2 a=x b=1"], b"head code=2 a=x b=7", {"code": b"2", "kept": b"7"}),
        ([b"head code=2 b=1", b"head code=2 a=x b=1"], b"head code=2 a=x b=7", {"code": b"2", "kept": b"7"}),
        ([b"head code=2 abc"], b"head code=2 xyz", {"code": b"2"}),
        ([b"head code=2 abc"], b"head code=2 a=x xyz b", {"code": b"2"}),
        ([b"head code=2 b=1"], b"head code=2 x=b=7", None),
    ],
)
def test_what_stands_behind_is_read_in_the_ways_of_the_examples(examples, text, expected):
    """Its values are captured, and nothing where it holds none; a line that may hold some is passed over."""
    compiler = ChunkCompiler(line(A, B, behind=(A, B, LETTERS)), KEPT)
    assert taken(compiler, examples, text.rstrip(b"\n")) == expected


def test_a_line_of_nothing_has_an_expression():
    """A grammar may match everything and tell nothing."""
    pattern, *_ = ChunkCompiler(nodes.NOTHING, KEPT).compile([b"x"])
    assert pattern.regex.findall(b"x\n\n") == [(b"", b"")] * 2


def test_a_line_that_may_match_by_what_stands_before_it_is_read_in_no_frame():
    """Behind a front a word at its beginning would not be the word that it is by itself."""
    bound = Look(nodes.CharRun(frozenset(b"ab"), 1, 1), negative=True, behind=True)
    assert ChunkPattern(nodes.seq(Repeat(nodes.seq(bound, A)), CODE)).framed("x", "", quoted=False) is None
    assert ChunkPattern(nodes.seq(Literal(b"head"), bound, CODE)).framed("x", "", quoted=False) is not None
