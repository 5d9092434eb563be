"""Each pyparsing element becomes nodes with its meaning, or is refused with the reason."""

import pyparsing as pp
import pytest

from logwatch.compile import nodes
from logwatch.compile.from_pyparsing import EndlessLoop, translate
from logwatch.compile.from_regex import NotCompilable
from logwatch.dialect.load import default_whitespace
from tests.compile.shown import shown

S = r"[\x09\x0d ]*+"


def translated(build):
    with default_whitespace():
        expression = build()
    expression.streamline()
    return translate(expression)


@pytest.mark.parametrize(
    ("build", "after"),
    [
        (lambda: pp.Literal("ab"), f"{S}ab"),
        (lambda: pp.Literal("ab").leave_whitespace(), "ab"),
        (lambda: pp.CaselessLiteral("a1"), f"{S}(?>[Aa]1)"),
        (lambda: pp.Keyword("ab", "abc"), f"{S}(?<![a-c])ab(?![a-c])"),
        (lambda: pp.Word("ab"), f"{S}[a-b]++"),
        (lambda: pp.Word("a", "b", min=2), f"{S}(?>ab+)"),
        (lambda: pp.Char("ab"), f"{S}[a-b]"),
        (lambda: pp.Regex("a+b"), f"{S}(?>a+b)"),
        (lambda: pp.QuotedString("'"), f"{S}(?>'[\\x00-\\x09\\x0b-\\x0c\\x0e-\\&(-\\xff]*')"),
        (lambda: pp.White(" ", max=2), r"[\x09\x0c-\x0d\xa0]*+\ {1,2}+"),
        (lambda: pp.Literal("a") + "b", f"{S}a{S}b"),
        (lambda: pp.Literal("a") | "b", f"{S}(?>a|b)"),
        (lambda: pp.Opt("ab") + "c", f"{S}(?>(?:ab)?){S}c"),
        (lambda: pp.ZeroOrMore("ab"), f"{S}(?>(?:{S}ab)*)"),
        (lambda: pp.OneOrMore("a", stop_on="b"), f"{S}(?>(?:(?!{S}b){S}a)+)"),
        (lambda: pp.Suppress("a"), f"{S}a"),
        (lambda: pp.Combine(pp.Word("a") + pp.Word("b")), f"{S}a++b++"),
        (lambda: pp.FollowedBy("a") + "ab", f"{S}(?={S}a){S}ab"),
        (lambda: ~pp.Literal("a") + "b", f"(?!{S}a){S}b"),
        (lambda: pp.Literal("a") + pp.LineEnd(), f"{S}a{S}(?!.)"),
        (lambda: pp.Literal("a") + pp.StringEnd(), f"{S}a{S}(?!.)"),
        (lambda: pp.LineStart() + "a", f"(?<!.){S}a"),
        (lambda: pp.CharsNotIn("|", max=3), r"[\x00-\x09\x0b-{}-\xff]{1,3}+"),
        (lambda: pp.DelimitedList("a", ";"), f"{S}a{S}(?>(?:{S};{S}a)*)"),
        (lambda: pp.SkipTo("ab"), rf"{S}(?>(?:(?!ab).)*)(?=ab)"),
        (lambda: pp.SkipTo("ab", include=True), rf"{S}(?>(?:(?!ab).)*)ab"),
        (lambda: pp.Regex("a*")("x"), f"{S}a*+"),
        (lambda: pp.OneOrMore(pp.Regex("(?P<x>a)b")), f"{S}(?>(?:{S}(?:ab))+)"),
    ],
)
def test_an_element_becomes_nodes_that_skip_blanks_as_pyparsing_does(build, after):
    """Each element skips blanks, or does not, as pyparsing's own methods do."""
    assert shown(translated(build)) == after


def nested(depth):
    """Return brackets of two kinds inside each other, as deep as that."""
    inside = pp.Word("a")
    for _ in range(depth):
        inside = pp.Literal("{") + inside + "}" | pp.Literal("[") + inside + "]"
    return inside


@pytest.mark.parametrize(
    ("build", "why"),
    [
        (lambda: nested(14), "elements, where each is counted at every place"),
        (lambda: pp.Literal("a").add_parse_action(lambda tokens: tokens), "a parse action"),
        (lambda: pp.Literal("a").ignore("#"), "ignore"),
        (lambda: pp.Literal("a").set_fail_action(lambda *_: None), "a fail action"),
        (lambda: pp.Literal("a").set_debug(), "debugging"),
        (lambda: pp.Word("a b"), "a Word that contains a blank"),
        (lambda: pp.Regex("(a)b", as_group_list=True), "a Regex whose tokens are its groups"),
        (lambda: pp.Regex("a", as_match=True), "a Regex whose tokens are its groups"),
        (lambda: pp.Located("a"), "Located is not among"),
        (lambda: pp.SkipTo("a", ignore="b"), "ignore or fail_on of SkipTo"),
        (lambda: pp.SkipTo("a", fail_on="b"), "ignore or fail_on of SkipTo"),
        (lambda: pp.Literal("a") - "b", "the operator -"),
        (lambda: pp.Opt("a", default="b"), "a default of Opt"),
        (lambda: pp.LineEnd() + "a", "LineEnd before the end"),
        (lambda: pp.Literal("é"), "not ASCII"),
        (lambda: pp.CaselessLiteral("ab")("x"), "the result name 'x' on CaselessLiteral"),
        (lambda: pp.Combine(pp.Word("a") + pp.CaselessLiteral("b"))("x"), "the result name 'x' on Combine"),
        (lambda: pp.Combine(pp.Word("a") + "b", join_string="-")("x"), "the result name 'x' on Combine"),
        (lambda: pp.OneOrMore(pp.Regex("a*b?c?")("x") + "d"), "on what may be empty, where it may come more than once"),
        (lambda: pp.Regex("(?P<x>a)?b") + pp.Opt(pp.Word("c")("x")), "on a Regex group that may take no part, where"),
        (lambda: pp.OneOrMore(pp.Regex("(?P<x>a)?b")), "on a Regex group that may take no part, where"),
        (lambda: pp.FollowedBy(pp.Literal("a")("x")) + "a", "inside FollowedBy"),
    ],
)
def test_elements_without_an_equal_regex_are_refused(build, why):
    """A grammar is not compiled if an element does what no expression over bytes can do."""
    with pytest.raises(NotCompilable, match=why):
        translated(build)


@pytest.mark.parametrize("build", [lambda: pp.Word("a")("x"), lambda: pp.Regex("(?P<x>a)b")])
def test_of_a_name_that_is_listed_every_value_must_count(build):
    """Without a star, pyparsing keeps the last one alone."""
    translate(build().streamline(), listed={"x"})
    with pytest.raises(NotCompilable, match=r"only the last of several values counts: .*'x\*'"):
        translate(pp.OneOrMore(build()).streamline(), listed={"x"})
    translate(pp.OneOrMore(pp.Word("a")("x*")).streamline(), listed={"x"})


@pytest.mark.parametrize(
    "build",
    [
        lambda: pp.Word("a")("x") | "b" + pp.Word("c")("x"),
        lambda: (pp.Regex('"[^"]*"') | pp.Regex("a*"))("x"),
        lambda: pp.Opt(pp.Regex("(?P<x>a)?b")) + (pp.Literal("c") | "d"),
    ],
)
def test_a_name_in_several_alternatives_comes_once(build):
    """At most one of them takes part, so neither an empty value nor one that is missing can hide another."""
    assert translate(build().streamline(), listed={"x"}).capture_names


def test_a_value_may_be_joined_of_several_elements():
    """A value of several elements is compiled if it is the text that they matched."""
    joined = translated(
        lambda: pp.Combine(pp.Word("a") + pp.Opt("b") + pp.ZeroOrMore(pp.Literal("c") | ~pp.Char("d") + "e"))("x")
    )
    assert joined.capture_names == ("x",)


def test_an_endless_repetition_is_reported():
    """Pyparsing itself would never come back from it."""
    with pytest.raises(EndlessLoop):
        translated(lambda: pp.ZeroOrMore(pp.Regex("a*")))


def test_an_element_in_several_places_is_one_node():
    """What is made of the node is made once then: nests of brackets hold the same elements on each level."""

    def build():
        inside = pp.Literal("a") | pp.Literal("b")
        return "x" + inside + "y" + inside

    one, other = (part for part in nodes.parts(translated(build)) if isinstance(part, nodes.Choice))
    assert one is other
    assert nodes.without_captures(one, frozenset("n")) is nodes.without_captures(other, frozenset("n"))
