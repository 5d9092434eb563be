"""A pattern over text becomes nodes over bytes that mean the same, and may go back within itself alone."""

import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from logwatch.compile import from_regex
from logwatch.compile.from_regex import NotCompilable
from tests.compile.shown import node, shown


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("abc", "abc"),
        ("a+b", "(?>a+b)"),
        ("a+a", "(?>a+a)"),
        ("[ab]+[bc]", "(?>[a-b]+[b-c])"),
        ("a|b", "[a-b]"),
        ("ab|cd", "(?>(?:ab|cd))"),
        ("x[ab]y+", "(?>x[a-b]y+)"),
        ("(?:c|cd|a)c", "(?>(?:c|cd|a)c)"),
        ("(?:ab)+", "(?>(?:ab)+)"),
        ("(?:ab)*c", "(?>(?:ab)*c)"),
        (".*?b", r"(?>.*?b)"),
        (r"\d", "[0-9]"),
        ("(?i)a", "[Aa]"),
        ("a{2,3}", "a{2,3}+"),
        ("a(?=b)", "(?>a(?=b))"),
        ("a(?<!b)c", "(?>a(?<!b)c)"),
        ("a$", "(?>a(?!.))"),
        (r'"(?:[^"\\]|\\.)*"', r'(?>"(?:(?:[\x00-\x09\x0b-!#-\[\]-\xff]|\\.))*")'),
        ("-?[0-9]{1,6}(?![0-9a-z])", r"(?>\-?[0-9]{1,6}(?![0-9a-z]))"),
        ("a+(?!b)", "(?>a+(?!b))"),
        ("a+(?=b).", "(?>a+(?=b).)"),
        ("x(?=a*ab)", "(?>x(?=a*ab))"),
        ("x(?<=ax|bx)", "(?>x(?<=(?:ax|bx)))"),
        (r"(?a)a+\b", r"(?>a+(?>(?:(?<=[0-9A-Z_a-z])(?![0-9A-Z_a-z])|(?<![0-9A-Z_a-z])(?=[0-9A-Z_a-z]))))"),
        ("a+$", "(?>a+(?!.))"),
        ("a*b?", "(?>a*b?)"),
        ("a*b?a", "(?>a*b?a)"),
        ("(?:ab*)*c", "(?>(?:ab*)*c)"),
        ("(?:ab*)*b", "(?>(?:ab*)*b)"),
        ("(?:a|ab){2}", "(?>(?:a(?:|b)){2})"),
        ("(?:a+b)?c", "(?>(?:a+b)?c)"),
        ("(?:a?|b)c", "(?>(?:a?|b)c)"),
        ("a++a", "(?>(?>a+)a)"),
        ("(?:a+){2}+", "(?>(?>(?:(?>a+)){2}))"),
        ("(?:[ab]|cd){2,}", "(?>(?:(?:[a-b]|cd)){2,})"),
    ],
)  # fmt: skip
def test_what_a_pattern_becomes(before, after):
    """A text or a single run is matched as it is; anything else may go back, within an atomic group."""
    assert shown(node(before)) == after


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("^a", "^ in a Regex"),
        (r"(a)\1", "groupref in a Regex"),
        ("(?:a?)*", "a repetition of what may be empty"),
        ("(?=(?P<x>a))a", "a named group inside an assertion"),
    ],
)
def test_regexes_that_change_their_meaning_in_a_larger_one_are_refused(pattern, why):
    """What would mean something else inside a larger expression is refused, with the reason."""
    with pytest.raises(NotCompilable, match=re.escape(why)):
        node(pattern)


def test_bytes_are_refused():
    """A regex over bytes is refused, since pyparsing matches text."""
    with pytest.raises(NotCompilable, match="over bytes"):
        from_regex.parse(re.compile(b"a"))


def larger(inner):
    """Return what regular expressions make of smaller ones."""
    several = st.lists(inner, min_size=1, max_size=3)
    times = st.sampled_from(["*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{2,}", "++", "{2}+"])
    around = st.sampled_from(["(?:%s)", "(?=%s)", "(?!%s)", "(?>%s)"])
    return st.one_of(
        several.map("".join),
        several.map(lambda each: f"(?:{'|'.join(each)})"),
        st.builds(lambda one, often: f"(?:{one}){often}", inner, times),
        st.builds(lambda one, form: form % one, inner, around),
    )


PATTERNS = st.recursive(
    st.sampled_from(
        ["a", "b", "ab", "[ab]", "[^a]", ".", "a+", "[bc]*", "a?", "b{1,2}", r"\b", "$", "(?<=a)", "(?<!b)"]
    ),
    larger,
    max_leaves=8,
)


@settings(max_examples=400, deadline=None)
@given(PATTERNS, st.lists(st.text("abc ", max_size=8), min_size=1, max_size=8))
def test_any_pattern_takes_what_the_re_module_takes(pattern, texts):
    """Whatever may follow, and wherever it would go back: the same bytes, or none."""
    try:
        written = re.compile(shown(node(pattern)).encode("latin-1"))
    except NotCompilable:
        assume(False)  # noqa: FBT003  its signature
    for text in texts:
        expected, found = re.match(pattern, text), written.match(text.encode() + b"\n")
        assert (found and found.span()) == (expected and expected.span()), (text, written.pattern)
