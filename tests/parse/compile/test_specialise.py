"""A node is narrowed down to how some lines take it: decided where they agree, exact in what it takes still."""

import pytest

from logwatch.parse.compile import nodes
from logwatch.parse.compile.nodes import Capture, CharRun, Choice, Literal, Repeat
from logwatch.parse.compile.specialise import common_ways, match_end, specialise, ways
from tests.parse.compile.shown import node, shown

BLANKS = CharRun(frozenset(b" "), 0)
WORD = CharRun(frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789:"))
STRING = node(r'"(?:[^"\\]|\\.)*"')
SEPARATOR = CharRun(frozenset(b"=:"), 0, 1)
VALUE = nodes.seq(Literal(b"k"), SEPARATOR, BLANKS, Capture("v", WORD))
CODE = nodes.seq(Literal(b"code "), Capture("code", CharRun(frozenset(b"0123456789"))))
LOOP = Repeat(nodes.seq(BLANKS, Choice((VALUE, STRING, WORD))), stop=nodes.seq(BLANKS, CODE))


@pytest.mark.parametrize(
    ("before", "lines", "after"),
    [
        (node("ab|cd"), [b"cd"], "cd"),
        (nodes.seq(Repeat(node("ab"), 0, 1), node("[a-c]x")), [b"cx"], "(?!ab)[a-c]x"),
        (Choice((node("cat"), node("c[a-z]+"))), [b"cow"], "(?!cat)c[a-z]++"),
        (nodes.seq(SEPARATOR, BLANKS, Literal(b"x")), [b": x", b": x"], r":\ x"),
        (nodes.seq(SEPARATOR, BLANKS, Literal(b"x")), [b": x"], r"[\x3a\x3d]?+\ *+x"),
        (nodes.seq(BLANKS, Literal(b"x")), [b"   x", b"x"], r"\ *+x"),
        (nodes.seq(STRING, Literal(b"!")), [b'"a"!', b'"a"!'], '"a"!'),
        (nodes.seq(CharRun(frozenset(b"12")), Literal(b"!")), [b"1!", b"1!"], "[1-2]++!"),
        (nodes.seq(Repeat(node("ab"), 0, 1), Literal(b"!")), [b"ab!", b"!"], "(?:ab|)!"),
        (Repeat(Choice((node("a"), node("bc")))), [b"abc"], "abc(?=\\\n)"),
        (nodes.seq(Repeat(node("ab")), node("a")), [b"aba"], "ab(?!ab)a"),
        (nodes.seq(LOOP, BLANKS, CODE), [b"k:1 code 5"], r"k:\ *+[0-:a-z]++\ code\ [0-9]++"),
    ],
)  # fmt: skip
def test_what_a_node_becomes(before, lines, after):
    """Alternatives, turns and separators as the lines have them; letters and digits stay as they were."""
    narrowed = specialise(before, [line + b"\n" for line in lines])
    assert narrowed is not None
    if "k:" not in after:
        assert shown(narrowed) == after
    for line in lines:
        assert match_end(narrowed, line + b"\n", 0) == match_end(before, line + b"\n", 0)


@pytest.mark.parametrize(
    ("before", "lines"),
    [
        (node("ab"), [b"cd"]),
        (Choice((Capture("x", node("ab")), Capture("y", node("cd")))), [b"ab", b"cd"]),
        (Repeat(nodes.seq(BLANKS, VALUE)), [b"k=1", b"k=1 k=2"]),
    ],
)
def test_lines_that_differ_in_their_values_have_no_common_way(before, lines):
    """And a line that does not match has none at all."""
    assert specialise(before, [line + b"\n" for line in lines]) is None


def test_a_way_takes_less_and_never_differently():
    """What it takes of other lines, the node takes as well, up to the same byte."""
    narrowed = specialise(nodes.seq(LOOP, BLANKS, CODE), [b"k:1 abc code 5\n", b"k:2 abd code 6\n"])
    whole = nodes.seq(LOOP, BLANKS, CODE)
    took = 0
    for text in (
        b"k:77 x code 1",
        b"k=77 x code 1",
        b"k:code 1 x code 2",
        b"x k:1 code 5",
        b"k:1 code code 5",
        b"k:1 kk code 9",
    ):
        end = match_end(narrowed, text + b"\n", 0)
        assert end in (-1, match_end(whole, text + b"\n", 0))
        took += end >= 0
    assert took


def test_ways_are_told_apart_and_counted():
    """The most frequent one first; what does not match is left out."""
    lines = [b'k="a', b"k:1", b"k:2", b"k:3", b'"x"', b'"y"', b"!"]
    found = ways(Choice((VALUE, STRING)), lines, 8)
    assert [count for _, count in found] == [3, 2]


def test_the_common_ways_need_their_share():
    """One or a few together take nine lines in ten, or there is none; the most frequent stands first."""
    lines = [b"k:%d" % number for number in range(9)]
    either = Choice((VALUE, STRING))
    assert len(common_ways(either, [*lines, b'"x"'], 0.9, 1)) == 1
    assert common_ways(either, [*lines, b'"x"', b'"x"'], 0.9, 1) == []
    assert [shown(way)[0] for way in common_ways(either, [b'"x"', *lines, b'"y"'], 0.9, 2)] == ["k", '"']
