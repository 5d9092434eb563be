"""The compiled grammar and pyparsing itself agree on every line: in whether it matches, and in every value."""

import itertools
import random
import re
from pathlib import Path

import pyparsing as pp
import pytest
from hypothesis import HealthCheck, assume, given, note, settings
from hypothesis import strategies as st

from logwatch.parse import load
from logwatch.parse.engine import COUNTED, Engine
from logwatch.parse.grammar import BLANKS, Grammar, default_whitespace
from logwatch.parse.program import Program
from logwatch.parse.reading import Reading, _flat, refer
from logwatch.parse.translate import EndlessLoop, Refused, translate
from logwatch.parse.usual import CAUGHT

# ---- grammars of every kind of element ---------------------------------------------------------------------------

SETS = ["ab", "abc", "abcdefghijklmnopqrstuvwxyz", "0123456789", "a1_", 'b"', "-+", "xyz{}"]
PATTERNS = [
    "a+", "[a-c]+b", "[0-9]{1,3}", "a*b", "a|ab", "ab|a", "(?:a|b)+c", r"\d+", r"\w+", r"\s*x", r"[^ ]+", r"[^\"]*", "a?",
    r"\bab\b", r"a\B", "(?i)ab", "(?i:a)b", r"a(?=b)", r"a(?!b)", r"(?<=a)b", r"(?<!a)b", "a$", ".", ".*", ".*?b", "a{2}",
    r'"(?:[^"\\]|\\.)*"', "(?:ab?)+", "(?:a+b)*c", "(?>a+)b", r"[\w.]+", r"\x61", "(a)(b)?", "[a-c-[x]+", "(?:ab|cd|abc)",
    "a++b", "(?s:.)a", "-?[0-9]{1,4}(?![0-9a-c])",
]  # fmt: skip
WORDS = ["a", "b", "ab", "abc", "code", "x=", ":", "{", "}", '"', "1", "no"]
NAMES = ["code", "code*", "app", "user", "user*", "reason"]


def build(make, *arguments, **more):
    """Make an element, or let hypothesis look for another where pyparsing does not take the arguments."""
    try:
        return make(*arguments, **more)
    except (ValueError, TypeError):
        assume(False)  # noqa: FBT003  its signature


def tokens():
    word = st.sampled_from(WORDS)
    chars = st.sampled_from(SETS)
    return st.one_of(
        word.map(pp.Literal),
        st.builds(pp.Keyword, word, st.sampled_from([None, "abc", "abc:="])),
        word.map(pp.CaselessLiteral),
        st.builds(lambda word: pp.CaselessKeyword(word), word),
        st.builds(lambda chars, body, more: build(pp.Word, chars, body, **more), chars, st.none() | chars,
                  st.sampled_from([{}, {"min": 2}, {"exact": 2}, {"max": 3}, {"as_keyword": True}])),
        chars.map(pp.Char),
        st.sampled_from(PATTERNS).map(pp.Regex),
        st.builds(lambda quote, more: pp.QuotedString(quote, **more), st.sampled_from(['"', "'", "{"]),
                  st.sampled_from([{}, {"esc_char": "\\"}, {"unquote_results": False}, {"end_quote_char": "}"},
                                   {"unquote_results": False, "esc_char": "\\"}, {"esc_quote": '""'}])),
        st.sampled_from([" ", " \t"]).map(pp.White),
        st.just(None).map(lambda _: pp.Empty()),
        st.lists(word, min_size=1, max_size=4).map(pp.one_of),
        st.lists(word, min_size=1, max_size=3).map(lambda words: pp.one_of(words, as_keyword=True)),
    )  # fmt: skip


def larger(inner):
    stop = st.none() | inner
    counts = st.sampled_from([(0, 1), (1, 2), (2, 2), (0, 3), (2, None), (1, None)])
    return st.one_of(
        st.lists(inner, min_size=2, max_size=4).map(pp.And),
        st.lists(inner, min_size=2, max_size=4).map(pp.MatchFirst),
        st.lists(inner, min_size=2, max_size=3).map(pp.And),
        inner.map(pp.Opt),
        st.builds(lambda item, stop: pp.ZeroOrMore(item, stop_on=stop), inner, stop),
        st.builds(lambda item, stop: pp.OneOrMore(item, stop_on=stop), inner, stop),
        st.builds(lambda item, bounds: item[bounds if bounds[1] is not None else (bounds[0], ...)], inner, counts),
        inner.map(pp.Suppress),
        inner.map(pp.Group),
        inner.map(pp.Combine),
        inner.map(pp.FollowedBy),
        inner.map(pp.NotAny),
        inner.map(lambda each: each.copy().leave_whitespace()),
        st.builds(lambda each, name: each(name), inner, st.sampled_from(NAMES)),
        st.builds(lambda each, name: each(name), inner, st.sampled_from(NAMES)),
    )


@st.composite
def expressions(draw):
    """Give an expression, with the blanks that the loader sets, and at times the end of the line behind it."""
    with default_whitespace():
        expression = draw(st.recursive(tokens(), larger, max_leaves=12))
        if draw(st.integers(0, 5)) == 0:
            expression = expression + pp.LineEnd()
    return expression


PIECES = st.one_of(
    st.sampled_from(
        [*WORDS, " ", "  ", "\t", "\r", "aab", "abab", "12", "'", "\\", '\\"', "ABC", "Code", "_", "é", "\x85"]
    ),
    st.characters(max_codepoint=255, exclude_characters="\n"),
)
LINES = st.lists(PIECES, max_size=12).map("".join)


def reference(expression: pp.ParserElement, line: str):
    try:
        found = expression.parse_string(line)
    except pp.ParseException:
        return None
    return {name: _flat(found[name]) for name in found.keys() if _flat(found[name])}  # noqa: SIM118  a ParseResults


def compiled(program: Program, line: str, every: set[str]):
    values = program.match(line.encode("latin-1") + b"\n")
    if values is None:
        return None
    found: dict[str, list[str]] = {}
    for name, value in values:
        text = value.decode("latin-1")
        found[name] = [*found.get(name, []), text] if name in every else [text]
    return found


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(expressions(), st.lists(LINES, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_any_compiled_expression_means_what_pyparsing_means(expression, lines, rng):
    """Grammars from all elements that are compiled, lines of their own words and mutations of them: equal in all."""
    expression.streamline()
    expression.parse_with_tabs()
    try:
        program = Program(translate(expression))
    except (Refused, EndlessLoop):
        assume(False)  # noqa: FBT003  its signature
    note(str(expression))
    note(program.pattern.pattern.decode("latin-1"))
    every = {each.resultsName for each in _all(expression) if each.resultsName and not each.modalResults}
    for line in [*lines, *(mutated(line, rng) for line in lines)]:
        assert compiled(program, line, every) == reference(expression, line), repr(line)


def _all(expression, seen=None):
    seen = {} if seen is None else seen
    if id(expression) not in seen:
        seen[id(expression)] = expression
        for each in expression.recurse():
            _all(each, seen)
    return seen.values()


def mutated(line: str, rng: random.Random) -> str:
    """Change a line a little: drop, double, swap, cut, or put a strange character in."""
    if not line:
        return "a"
    at = rng.randrange(len(line))
    end = min(len(line), at + rng.randrange(1, 8))
    return rng.choice([
        line[:at] + line[end:],
        line[:end] + line[at:],
        line[:at],
        line[at:],
        line[:at] + rng.choice("\0\x85\xa0\xff \t\r\"\\{}[]:=0a") + line[at:],
        line[:at] + line[at:end][::-1] + line[end:],
    ])  # fmt: skip


def test_most_generated_expressions_are_compiled():
    """The property above would prove nothing if everything were refused."""
    outcomes = []

    @settings(max_examples=300, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(expressions())
    def look(expression):
        expression.streamline()
        try:
            Program(translate(expression))
            outcomes.append(True)
        except (Refused, EndlessLoop):
            outcomes.append(False)

    look()
    assert sum(outcomes) > len(outcomes) / 3
