"""A node is specialised to the ways in which some lines take it, and exact in what it takes still."""

import re
from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from logwatch.compile import nodes
from logwatch.compile.nodes import Backtracking, Capture, CharRun, Choice, Literal, Look, Repeat
from logwatch.compile.specialise import Specialiser
from logwatch.compile.to_regex import Writer
from tests.compile.shown import node, shown

BLANKS = CharRun(frozenset(b" "), 0)
WORD = CharRun(frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789:"))
STRING = node(r'"(?:[^"\\]|\\.)*"')
SEPARATOR = CharRun(frozenset(b"=:"), 0, 1)
VALUE = nodes.seq(Literal(b"k"), SEPARATOR, BLANKS, Capture("v", WORD))
CODE = nodes.seq(Literal(b"code "), Capture("code", CharRun(frozenset(b"0123456789"))))
LOOP = Repeat(nodes.seq(Look(nodes.seq(BLANKS, CODE), negative=True), BLANKS, Choice((VALUE, STRING, WORD))))


@pytest.mark.parametrize(
    ("before", "lines", "after"),
    [
        (node("ab|cd"), [b"cd"], "cd"),
        (nodes.seq(Repeat(node("ab"), 0, 1), node("[a-c]x")), [b"cx"], "(?!ab)[a-c]x"),
        (Choice((node("cat"), node("c[a-z]+"))), [b"cow"], "(?!cat)c[a-z]++"),
        (nodes.seq(SEPARATOR, BLANKS, Literal(b"x")), [b": x"] * 8, r":\ x"),
        (nodes.seq(SEPARATOR, BLANKS, Literal(b"x")), [b": x"], r"[:=]?+\ *+x"),
        (nodes.seq(BLANKS, Literal(b"x")), [b"   x", b"x"], r"\ *+x"),
        (nodes.seq(STRING, Literal(b"!")), [b'"a"!'] * 8, '"a"!'),
        (nodes.seq(CharRun(frozenset(b"12")), Literal(b"!")), [b"1!"] * 8, "[1-2]++!"),
        (nodes.seq(node("[a-z:]+"), Literal(b"!")), [b"id:ab!", b"id:ac!"] * 4, "id:[:a-z]*+!"),
        (nodes.seq(node("[a-z:]+"), Literal(b"!")), [b"id:ab!", b"id:ac!"], "[:a-z]++!"),
        (nodes.seq(node("[a-z:]{1,9}"), Literal(b"!")), [b"id:ab!", b"id:ac!"] * 4, "[:a-z]{1,9}+!"),
        (nodes.seq(Repeat(node("ab"), 0, 1), Literal(b"!")), [b"ab!", b"!"], "(?>ab|)!"),
        (Repeat(Choice((node("a"), node("bc")))), [b"abc"], "abc(?![a-b])"),
        (nodes.seq(Repeat(node("ab")), node("a")), [b"aba"], "ab(?!ab)a"),
        (nodes.seq(node('"[^"]*"'), Literal(b"!")), [b'"a"!', b'"b"!'], r'"[\x00-\x09\x0b-!#-\xff]*+"!'),
        (nodes.seq(STRING, Literal(b"!")), [b'"a"!', b'"b"!'], r'"[\x00-\x09\x0b-!#-\[\]-\xff]*+"!'),
        (nodes.seq(STRING, Literal(b"!")), [b'"a"!', rb'"\""!'], shown(STRING) + "!"),
        (nodes.seq(Look(node("[ab]c"), negative=True), node("[a-z]+")), [b"xy", b"zy"], "(?![a-b])[a-z]++"),
        (nodes.seq(Look(node("abcd"), negative=True), node("[a-z]+")), [b"ab", b"zy"], "(?!abcd)[a-z]++"),
        (nodes.seq(Look(node(" *(?:b1|b2)"), negative=True), node("[a-d]+")), [b"ad"], "(?!(?:b[1-2]))[a-d]++"),
        (nodes.seq(Look(node(" *(?:b1|b2)"), negative=True), node("[ad ]+")), [b"ad"], "(?!\\ *+(?:b[1-2]))[ ad]++"),
        (nodes.seq(Look(node("b1|b2|c1|c2"), negative=True), node("[a-d]+")), [b"ad"], "(?!(?:(?:b|c)[1-2]))[a-d]++"),
        (nodes.seq(Look(node("[ab]c"), negative=True), node("[x-z]+")), [b"xy", b"zy"], "[x-z]++"),
        (nodes.seq(Look(node("[ab]")), node("ab")), [b"ab"], "ab"),
        (nodes.seq(Repeat(node("(?!xy)[a-z]")), node("xy")), [b"a" * 99 + b"xy"], "(?>(?:(?!xy)[a-z])*)xy"),
        (Repeat(nodes.seq(BLANKS, Look(node("x"), negative=True), node("a"))), [b" a"], r"\ *+a(?!\ *+a)"),
        (nodes.seq(LOOP, BLANKS, CODE), [b"k:1 code 5"], r"k:\ *+[0-:a-z]++\ code\ [0-9]++"),
    ],
)  # fmt: skip
def test_what_a_node_becomes(before, lines, after):
    """Alternatives, turns and separators as the lines have them; letters and digits stay as they were."""
    known = Specialiser()
    narrowed, _ = known.specialise(before, [line + b"\n" for line in lines])
    if "k:" not in after:
        assert shown(narrowed) == after
    for line in lines:
        assert known.end(narrowed, line + b"\n", 0) == known.end(before, line + b"\n", 0)


@pytest.mark.parametrize(
    ("before", "lines"),
    [(node("ab"), [b"cd"]), (Repeat(nodes.seq(BLANKS, VALUE), 1), [b"x"])],
)
def test_lines_that_do_not_match_have_no_way(before, lines):
    """Nothing is known of how the node is taken."""
    assert Specialiser().specialise(before, [line + b"\n" for line in lines]) is None


def test_what_is_taken_ends_where_the_node_ends():
    """The places behind the node in each line, without those that do not match."""
    _, ends = Specialiser().specialise(node("ab+"), [b"abb!\n", b"x\n", b"ab\n"])
    assert ends == {0: (b"abb!\n", 3), 2: (b"ab\n", 2)}


def test_what_is_specialised_takes_less_and_never_differently():
    """What it takes of other lines, the node takes as well, up to the same byte."""
    whole = nodes.seq(LOOP, BLANKS, CODE)
    known = Specialiser()
    narrowed, _ = known.specialise(whole, [b"k:1 abc code 5\n", b"k:2 abd code 6\n"])
    took = 0
    for text in (
        b"k:77 x code 1",
        b"k=77 x code 1",
        b"k:code 1 x code 2",
        b"x k:1 code 5",
        b"k:1 code code 5",
        b"k:1 kk code 9",
    ):
        end = known.end(narrowed, text + b"\n", 0)
        assert end in (-1, known.end(whole, text + b"\n", 0))
        took += end >= 0
    assert took


def test_a_word_that_begins_another_hides_none():
    """What must not follow is narrowed to its words, and each of them is asked for."""
    words = nodes.seq(Choice((Literal(b"to"), Literal(b"token"))), Look(CharRun(frozenset(b" ="), 1, 1)))
    either = Choice((nodes.seq(words, BLANKS, Capture("v", WORD)), WORD))
    known = Specialiser()
    narrowed, _ = known.specialise(either, [b"abc\n", b"tom\n"])
    assert known.end(narrowed, b"tokens 5\n", 0) == 6
    assert [known.end(narrowed, line, 0) for line in (b"to 5\n", b"token 5\n", b"token=5\n")] == [-1, -1, -1]


def test_turns_in_long_rows_stay_a_repetition():
    """Of the alternatives that the examples take."""
    known = Specialiser()
    lines = [b" ".join([b"abc"] * count + [b"code 5\n"]) for count in range(42)]
    narrowed, ends = known.specialise(nodes.seq(LOOP, BLANKS, CODE), lines)
    assert len(ends) == len(lines)
    assert known.end(narrowed, b"abc " * 20 + b"code 7\n", 0) == 86
    assert known.end(narrowed, b'abc "x" code 7\n', 0) == -1


def test_what_a_repetition_leaves_out_as_rare_is_not_said_to_be_taken():
    """A line that holds it is left out."""
    known = Specialiser()
    lines = [b"abc " * (n % 50) + b"code 5\n" for n in range(199)]
    narrowed, ends = known.specialise(nodes.seq(LOOP, BLANKS, CODE), [*lines, b'abc "s" code 5\n'])
    assert known.end(narrowed, b'abc "s" code 5\n', 0) == -1
    assert len(ends) == 199


def test_fields_that_some_lines_lack_have_a_way_each():
    """Three of them are eight orders, also within brackets. With ``any_order`` they stay a repetition."""
    orders = [" ".join(f for i, f in enumerate(("k:1", '"s"', "w")) if n >> i & 1).encode() for n in range(8)]
    known = Specialiser()
    flat, _ = known.specialise(nodes.seq(LOOP, BLANKS, CODE), [b"%b code 5\n" % each for each in orders * 2])
    inside = nodes.seq(Literal(b"["), Repeat(nodes.seq(BLANKS, Choice((VALUE, STRING, WORD)))), Literal(b"]"))
    nest, _ = known.specialise(Repeat(inside), [b"[%b]\n" % each for each in orders * 2])
    assert [known.end(flat, each + b" code 7\n", 0) > 0 for each in (*orders, b"w w")] == [True] * 8 + [False]
    assert [known.end(nest, b"[%b]\n" % each, 0) > 0 for each in (*orders, b"w w")] == [True] * 8 + [False]
    known = Specialiser(any_order=True)
    nest, _ = known.specialise(Repeat(inside), [b"[%b]\n" % each for each in orders])
    assert [known.end(nest, b"[%b]\n" % each, 0) > 0 for each in (*orders, b"w w")] == [True] * 9


def test_what_ways_have_in_common_is_written_once():
    """What each of five fields may lack is 32 orders of five turns."""
    fields = (b"k:1", b'"s"', b"w", b'"t"', b"k=2")
    orders = [b" ".join([f for i, f in enumerate(fields) if n >> i & 1]) for n in range(32)]
    known = Specialiser()
    narrowed, ends = known.specialise(nodes.seq(LOOP, BLANKS, CODE), [b"%b code 5\n" % each for each in orders * 2])
    assert len(ends) == 64
    assert narrowed.capture_names == ("v", "v", "code")
    assert [known.end(narrowed, b"%b code 6\n" % each, 0) > 0 for each in orders] == [True] * 32


def test_where_many_lines_have_an_order_of_their_own_it_is_no_way():
    """The next ones will have others: one repetition takes all."""
    words = [b"k:1", b'"s"', b"w"]
    orders = [b" ".join(words[n // 3**i % 3] for i in range(4)) for n in range(0, 81, 2)]
    known = Specialiser()
    narrowed, _ = known.specialise(nodes.seq(LOOP, BLANKS, CODE), [b"%b code 5\n" % each for each in orders])
    assert known.end(narrowed, b'w w w w w "s" k:7 code 5\n', 0) == 24


@pytest.mark.parametrize(
    "orders",
    [
        (b"w k:1", b"w w k:1", b'"s" w k:1'),
        (b'w "s"', b'"s"', b'"s" "s"', b'w w "s"'),
        (b'"s" w', b'w "s" w', b'w w "s" w', b"w"),
        (b"w w w", b'w "s" w', b'"s" w w', b'w w "s"'),
    ],
)
def test_a_field_that_some_lines_lack_is_not_taken_for_the_one_behind_it(orders):
    """Where two that are alike follow each other, what is taken is never given back."""
    known = Specialiser()
    lines = [b"%b code 5\n" % each for each in orders for _ in range(3)]
    narrowed, ends = known.specialise(nodes.seq(LOOP, BLANKS, CODE), lines)
    assert len(ends) == len(lines)
    assert [known.end(narrowed, line, 0) for line in lines] == [len(line) - 1 for line in lines]


PROSE = CharRun(frozenset(b" :,abc"))
OBJECT = nodes.seq(Literal(b"{"), Repeat(nodes.seq(BLANKS, Choice((PROSE, STRING)))), BLANKS, Literal(b"}"))


def test_text_in_a_repetition_is_taken_with_what_stands_before_it():
    """A turn for each of the others is half as many."""
    lines = [b"{" + b'"a": "b", ' * count + b'"a": "c"}\n' for count in range(20)]
    narrowed, _ = Specialiser().specialise(OBJECT, lines)
    assert shown(narrowed) == r'\{[ ,:a-c]*+(?>(?:"[\x00-\x09\x0b-!#-\[\]-\xff]*+"[ ,:a-c]*+)*)\}'


@pytest.mark.parametrize(
    "text", [b"{}", b"{ }", b"{a}", b'{"a"  }', b'{ "a""b" a "c" }x', b'{"a" b  }', b'{"a', b"{a{}"]
)
@pytest.mark.parametrize("behind", [OBJECT.items[-2:], (Literal(b"}"),)])
def test_a_repetition_with_text_ends_where_it_ended(behind, text):
    """Blanks behind its last turn are nobody's, unless what follows skips them."""
    nest = nodes.seq(*OBJECT.items[:2], *behind)
    lines = [b"{" + b'"a": "b", ' * count + b'"a"}\n' for count in range(20)]
    narrowed, _ = Specialiser().specialise(nest, lines)
    assert Specialiser().end(narrowed, text + b"\n", 0) in (-1, Specialiser().end(nest, text + b"\n", 0))


@pytest.mark.parametrize(("low", "high"), [(2, None), (0, 5), (3, 5)])
def test_a_bounded_repetition_keeps_its_bounds(low, high):
    """However many orders there are, it takes neither fewer turns nor more."""
    known = Specialiser()
    either = Repeat(nodes.seq(BLANKS, Choice((VALUE, STRING, WORD))), low, high)
    texts = [b" ".join(words) + b"\n" for n in range(6) for words in ([b"w"] * n + [b"k:1"], [b'"s"'] * n + [b"k:2"])]
    narrowed, _ = known.specialise(either, texts)
    for text in (b"", b"w", b'w "s"', b"w w k:5", b'w "s" w "s" w "s" k:1', b'"s" w k:1'):
        assert known.end(narrowed, text + b"\n", 0) in (-1, known.end(either, text + b"\n", 0))


@given(
    st.sampled_from([(0, None), (1, None), (2, None), (0, 2), (1, 3)]),
    st.lists(st.text("abc", max_size=4), min_size=1, max_size=8, unique=True),
)
@example((1, None), ["ab", "b", "a"])
@example((2, None), ["abc", "bc", "ab"])
@example((0, 2), ["aba", "a", "b", ""])
def test_whichever_turns_lines_lack_a_repetition_keeps_its_bounds(bounds, orders):
    """Where one goes on behind a turn as another does without it, both are of so many turns."""
    whole = nodes.seq(Repeat(Choice((node("a"), node("b"), node("c"))), *bounds), node("a?"))
    known = Specialiser()
    narrowed, _ = known.specialise(whole, [f"{order}!\n".encode() for order in orders]) or (node("(?!)"), {})
    for turns in (turns for count in range(5) for turns in product("abc", repeat=count)):
        line = "".join([*turns, "!\n"]).encode()
        assert known.end(narrowed, line, 0) in (-1, known.end(whole, line, 0)), line


def test_a_way_that_hardly_any_line_takes_is_left_out():
    """It would cost time on all others."""
    either = Choice((VALUE, STRING))
    lines = [b"k:%d\n" % number for number in range(199)]
    narrowed, ends = Specialiser().specialise(either, [*lines, b'"x"\n'])
    assert (Specialiser().end(narrowed, b"k:5\n", 0), Specialiser().end(narrowed, b'"x"\n', 0)) == (3, -1)
    assert len(ends) == 199


NEST = node(r"[^{}\[\]]+")
for pair in (b"[]", b"{}") * 6:
    opens, closes = Literal(pair[:1]), Literal(pair[1:])
    NEST = Choice((node(r"[^{}\[\]]+"), nodes.seq(opens, Repeat(NEST), closes)))


@pytest.mark.parametrize(
    "whole",
    [
        NEST,
        Repeat(NEST, 1),
        Repeat(NEST, 2, 3),
        nodes.seq(Look(NEST, negative=True), CharRun(frozenset(b"{}["))),
        nodes.seq(Look(NEST), CharRun(frozenset(b"{}[a"))),
        nodes.seq(Repeat(nodes.seq(Look(NEST, negative=True), CharRun(nodes.EVERY_BYTE, 1, 1))), NEST),
        Capture("v", nodes.seq(NEST, NEST)),
        Backtracking(nodes.seq(NEST, NEST)),
    ],
)
def test_what_is_too_large_to_compile_ends_where_its_expression_does(whole):
    """It is matched piece by piece: closed at any depth, and not where it is not closed, however many the pieces."""
    known, expression = Specialiser(), re.compile(Writer().write(whole, last=True).encode("latin-1"))
    for text in (
        *(
            b"a b{",
            b"{}",
            b"{a[b{c}d]e}f",
            b"{[{[{[a]}]}]}",
            b"{[}",
            b"{a",
            b"[" * 9 + b"]" * 9,
            b"}",
            b"a{b}a{c}a",
            b"a{}",
        ),
        *(b"{" + b"a{b}" * 99 + b"}", b"{a}" * 99, b"}" * 99 + b"{a}"),
    ):
        found = expression.match(text + b"\n")
        assert known.end(whole, text + b"\n", 0) == (found.end() if found else -1), text
