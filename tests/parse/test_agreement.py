"""The compiled grammar and pyparsing itself agree on every line: in whether it matches, and in every value."""

# ruff: noqa: E501  tables of cases are read in columns

import random
from types import SimpleNamespace

import pyparsing as pp
import pytest
from hypothesis import HealthCheck, assume, given, note, settings
from hypothesis import strategies as st

from logwatch.compile import nodes
from logwatch.compile.chunk_pattern import ChunkPattern
from logwatch.compile.from_pyparsing import EndlessLoop, translate
from logwatch.compile.from_regex import NotCompilable
from logwatch.compile.line_pattern import LinePattern
from logwatch.compile.nodes import CharRun
from logwatch.dialect.grammar import _flat, parse_reference
from logwatch.dialect.load import default_whitespace
from logwatch.dialect.result import from_captures

# ---- grammars of every kind of element ---------------------------------------------------------------------------

SETS = ["ab", "abc", "abcdefghijklmnopqrstuvwxyz", "0123456789", "a1_", 'b"', "-+", "xyz{}"]
PATTERNS = [
    "a+", "[a-c]+b", "[0-9]{1,3}", "a*b", "a|ab", "ab|a", "(?:a|b)+c", r"\d+", r"\w+", r"\s*x", r"[^ ]+", r"[^\"]*", "a?",
    r"\bab\b", r"a\B", "(?i)ab", "(?i:a)b", r"a(?=b)", r"a(?!b)", r"(?<=a)b", r"(?<!a)b", "a$", ".", ".*", ".*?b", "a{2}",
    r'"(?:[^"\\]|\\.)*"', "(?:ab?)+", "(?:a+b)*c", "(?>a+)b", r"[\w.]+", r"\x61", "(a)(b)?", "[a-c-[x]+", "(?:ab|cd|abc)",
    "a++b", "(?s:.)a", "-?[0-9]{1,4}(?![0-9a-c])", "a(?=a*ab)", "(?=.*1)[a-z]+", "(?!a*b)a+", "(?<!ab|cd)c", "a+(?=b)",
    "(?P<user>a)?b", "(?P<app>[ab]+)c|(?P<code>1)", "(?:ab?)*b", "(?:a|ab){2}", "(?:a*b)?a", "a+(?![ab])", "a+(?!b)a?",
]  # fmt: skip
WORDS = ["a", "b", "ab", "abc", "code", "x=", ":", "{", "}", '"', "1", "no"]
NAMES = ["code", "code*", "app", "user", "user*", "reason"]


def _word(chars, body, more):
    """Make a Word, or a plainer one where pyparsing does not take the arguments."""
    try:
        return pp.Word(chars, body, **more)
    except (ValueError, TypeError):
        return pp.Word(chars)


WORD = st.sampled_from(WORDS)
CHARS = st.sampled_from(SETS)
TOKENS = [
    st.builds(pp.Literal, WORD),
    st.builds(pp.Keyword, WORD, st.sampled_from([None, "abc", "abc:="])),
    st.builds(pp.CaselessLiteral, WORD),
    st.builds(pp.CaselessKeyword, WORD),
    st.builds(_word, CHARS, st.none() | CHARS,
              st.sampled_from([{}, {"min": 2}, {"exact": 2}, {"max": 3}, {"as_keyword": True}])),
    st.builds(pp.Char, CHARS),
    st.builds(pp.Regex, st.sampled_from(PATTERNS)),
    st.builds(pp.Regex, st.sampled_from(PATTERNS)),
    st.builds(pp.Regex, st.sampled_from(PATTERNS)),
    st.builds(lambda quote, more: pp.QuotedString(quote, **more), st.sampled_from(['"', "'", "{"]),
              st.sampled_from([{}, {"esc_char": "\\"}, {"unquote_results": False}, {"end_quote_char": "}"},
                               {"unquote_results": False, "esc_char": "\\"}, {"esc_quote": '""'}])),
    st.builds(pp.White, st.sampled_from([" ", " \t"])),
    st.builds(lambda chars, more: pp.CharsNotIn(chars, **more), CHARS,
              st.sampled_from([{}, {"min": 2}, {"exact": 2}, {"max": 3}])),
    st.builds(pp.Empty),
    st.builds(pp.one_of, st.lists(WORD, min_size=1, max_size=4)),
    st.builds(lambda words: pp.one_of(words, as_keyword=True), st.lists(WORD, min_size=1, max_size=3)),
]  # fmt: skip
BOUNDS = st.sampled_from([(0, 1), (1, 2), (2, 2), (0, 3), (2, ...), (1, ...)])
NAME = st.sampled_from(NAMES)
KIND = st.integers(0, len(TOKENS) - 1)
LARGER = st.sampled_from(["and", "and", "and", "first", "first", "opt", "zero", "zero", "one", "times", "suppress",
                          "group", "combine", "ahead", "not", "glued", "bare", "skip", "skip", "list"])  # fmt: skip
NAMED = st.integers(0, 2)
MANY = st.integers(2, 4)
YES = st.booleans()


def tree(draw, depth):  # noqa: PLR0911  one case a kind
    """Draw an expression; a third of the tokens have names, since on larger things most names are refused."""
    if depth == 0:
        token = draw(TOKENS[draw(KIND)])
        return token(draw(NAME)) if draw(NAMED) == 0 else token
    kind = draw(LARGER)
    if kind in ("and", "first"):
        items = [tree(draw, depth - 1 if draw(YES) else 0) for _ in range(draw(MANY))]
        whole = pp.And(items) if kind == "and" else pp.MatchFirst(items)
        return whole(draw(NAME)) if kind == "first" and draw(NAMED) == 0 else whole
    inner = tree(draw, depth - 1)
    match kind:
        case "opt":
            return pp.Opt(inner)
        case "zero" | "one":
            make = pp.ZeroOrMore if kind == "zero" else pp.OneOrMore
            return make(inner, stop_on=tree(draw, 0) if draw(YES) else None)
        case "times":
            return inner[draw(BOUNDS)]
        case "skip":
            skipped = pp.SkipTo(inner, include=draw(YES))
            return skipped(draw(NAME)) if draw(NAMED) == 0 else skipped
        case "list":
            listed = pp.DelimitedList(inner, draw(WORD), combine=draw(YES))
            return listed(draw(NAME)) if draw(NAMED) == 0 else listed
        case "glued":
            return inner.copy().leave_whitespace()
        case "bare":
            return inner(draw(NAME))
    wrap = {"suppress": pp.Suppress, "group": pp.Group, "combine": pp.Combine, "ahead": pp.FollowedBy, "not": pp.NotAny}
    return wrap[kind](inner)


@st.composite
def expressions(draw):
    """Return an expression, with the blanks that the loader sets, and at times the end of the line behind it."""
    with default_whitespace():
        expression = tree(draw, draw(st.integers(1, 4)))
        if draw(st.integers(0, 5)) == 0:
            expression = expression + draw(st.sampled_from([pp.LineEnd(), pp.StringEnd()]))
        if draw(st.integers(0, 5)) == 0:
            expression = pp.LineStart() + expression
    return expression


PIECES = st.one_of(
    st.sampled_from(
        [*WORDS, " ", "  ", "\t", "\r", "aab", "abab", "12", "'", "\\", '\\"', "ABC", "Code", "_", "é", "\x85", "\x1f"]
    ),
    st.characters(max_codepoint=255, exclude_characters="\n"),
)
LINES = st.lists(PIECES, max_size=12).map("".join)


def reference(expression: pp.ParserElement, line: str):
    """Return the values by name; one that is empty is as if it were not there."""
    try:
        found = expression.parse_string(line)
    except pp.ParseException:
        return None
    return {name: _flat(found[name]) for name in found.keys() if any(_flat(found[name]))}  # noqa: SIM118  a ParseResults


def compiled(pattern: LinePattern, line: str, every: set[str]):
    found = pattern.match(line.encode("latin-1") + b"\n")
    return None if found is None else by_name(found[0], every)


def by_name(values, every: set[str]):
    found: dict[str, list[str]] = {}
    for name, value in values:
        text = value.decode("latin-1")
        found[name] = [*found.get(name, []), text] if name in every else [text]
    return found


@pytest.mark.timeout(900)
@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(expressions(), st.lists(LINES, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_any_compiled_expression_means_what_pyparsing_means(expression, lines, rng):
    """Grammars from all elements that are compiled, lines of their own words and mutations of them: equal in all."""
    expression.streamline()
    expression.parse_with_tabs()
    try:
        pattern = LinePattern(translate(expression, listed(expression)))
    except (NotCompilable, EndlessLoop):
        assume(False)  # noqa: FBT003  its signature
    note(str(expression))
    note(pattern.pattern.pattern.decode("latin-1"))
    every = listed(expression)
    for line in [*lines, *(mutated(line, rng) for line in lines)]:
        assert compiled(pattern, line, every) == reference(expression, line), repr(line)


@pytest.mark.timeout(900)
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(expressions(), st.sampled_from(["code", "code*"]), st.lists(LINES, min_size=1, max_size=4))
def test_any_compiled_expression_gives_the_result_that_pyparsing_gives(expression, name, lines):
    """Compiled expressions yield all codes or the last one, and the last value of other names, as pyparsing does."""
    with default_whitespace():
        expression = pp.OneOrMore(pp.Word("0123456789")(name) | expression)
    expression.streamline()
    expression.parse_with_tabs()
    try:
        pattern = LinePattern(translate(expression, listed={"code"}))
    except (NotCompilable, EndlessLoop):
        assume(False)  # noqa: FBT003  its signature
    grammar = SimpleNamespace(line=expression, place=None, before=None)
    for line in ["7 12", *(form % each for each in lines for form in ("%s", "7 %s", "7 %s 12"))]:
        found = pattern.match(line.encode("latin-1") + b"\n")
        expected = parse_reference(grammar, line.encode("latin-1"))
        assert (from_captures(found[0]) if found else "grammar") == expected, line


@pytest.mark.timeout(900)
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(expressions(), st.lists(LINES, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_an_expression_for_whole_chunks_means_what_pyparsing_means(expression, lines, rng):
    """Each line of a chunk has pyparsing's values or is undecided, and none if pyparsing does not match it."""
    expression.streamline()
    expression.parse_with_tabs()
    try:
        node = translate(expression, listed(expression))
        LinePattern(node)
    except (NotCompilable, EndlessLoop):
        assume(False)  # noqa: FBT003  its signature
    note(str(expression))
    every = listed(expression)
    pattern = ChunkPattern(nodes.seq(node, CharRun(nodes.EVERY_BYTE, 0)), listed=frozenset(every))
    lines = [*lines, *(mutated(line, rng) for line in lines)]
    rows = pattern.rows("".join(line + "\n" for line in lines).encode("latin-1"))
    if not pattern.names:
        assert rows is None
        return
    note(str(pattern.names))
    assert not isinstance(pattern.expression, str), pattern.expression
    assert len(rows) == len(lines)
    columns = pattern.columns(rows)
    undecided = pattern.undecided(columns)
    for i, (line, values) in enumerate(zip(lines, zip(*columns, strict=True), strict=True)):
        named = [each for each in zip(pattern.names, values, strict=True) if each[1]]
        expected = reference(expression, line) or {}
        if "\x1f" in line and not named:
            continue  # a value may have had it
        if i not in undecided:
            assert by_name(named, every) == expected, repr(line)
        else:
            assert {name for name, _ in named} == set(expected), repr(line)


def listed(expression) -> set[str]:
    """Return the names under which every value is kept, not the last one."""
    return {each.resultsName for each in _all(expression) if each.resultsName and not each.modalResults}


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
        line[:at] + rng.choice('\0\x85\xa0\xff \t\r"\\{}[]:=0a') + line[at:],
        line[:at] + line[at:end][::-1] + line[end:],
    ])  # fmt: skip


def test_most_generated_expressions_are_compiled():
    """Most generated expressions are compiled, without which the agreement with pyparsing would prove nothing."""
    outcomes = []

    @settings(max_examples=300, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(expressions())
    def look(expression):
        expression.streamline()
        try:
            LinePattern(translate(expression))
            outcomes.append(True)
        except (NotCompilable, EndlessLoop):
            outcomes.append(False)

    look()
    assert sum(outcomes) > len(outcomes) / 3
