"""One expression goes over whole chunks: each line is a row, and what it takes, it takes as its node does."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from logwatch.compile import nodes, pcre2
from logwatch.compile.chunk_pattern import ChunkPattern
from logwatch.compile.line_pattern import LinePattern
from logwatch.compile.nodes import Backtracking, Capture, CharRun, Choice, Literal, Lookaround, Repeat
from tests.compile.shown import node

BLANKS = CharRun(frozenset(b" "), 0)
LETTERS = CharRun(frozenset(b"abcdefghijklmnopqrstuvwxyz"))
NUMBER = CharRun(frozenset(b"0123456789"))
REST = CharRun(nodes.EVERY_BYTE, 0)
A = nodes.seq(Literal(b"a="), CharRun(frozenset(b"xyz")))
B = nodes.seq(Literal(b"b="), Capture("kept", NUMBER))
CODE = nodes.seq(Literal(b"code="), Capture("code", NUMBER))
BRACKETS = node(r"\[(?:[^\]\[]|\[(?:[^\]\[]|\[[^\]\[]*\])*\])*\]")


def line(*alternatives, behind=()):
    """Return ``head``, the alternatives in any order, ``code=N``, and others behind it."""
    loop = Repeat(
        nodes.seq(
            Lookaround(nodes.seq(BLANKS, nodes.without_captures(CODE)), negative=True), BLANKS, Choice(alternatives)
        )
    )
    tail = [Repeat(nodes.seq(BLANKS, Choice(behind)))] if behind else []
    return nodes.seq(Literal(b"head"), loop, BLANKS, CODE, *tail)


def pattern(of, **how):
    """Return what takes whole lines that begin as a node does."""
    return ChunkPattern(nodes.seq(of, REST), **how)


def values(made, text):
    """Return what was captured of each line of a text by name, the last of a name; None if it is undecided."""
    columns = made.columns(made.rows(text))
    undecided = made.undecided(columns)
    rows = zip(*columns, strict=True)
    return [
        None if i in undecided else {name: value for name, value in zip(made.names, row, strict=True) if value}
        for i, row in enumerate(rows)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"head a=x b=1 code=2", {"kept": b"1", "code": b"2"}),
        (b"head b=1 a=x code=2", {"kept": b"1", "code": b"2"}),
        (b"head b=7 b=8 a=y b=9 a=z code=3", {"kept": b"9", "code": b"3"}),
        (b"head" + b" a=x" * 500 + b" b=4 code=3", {"kept": b"4", "code": b"3"}),
        (b"head a=y code=3", {"code": b"3"}),
        (b"head code=3", {"code": b"3"}),
        (b"head code=3 b=5 whatever", {"code": b"3"}),
        (b"head [q [b=1] code=4] code=5", {"code": b"5"}),
        (b"head b=1", {}),
        (b"head b=1 c code=2", {}),
        (b" head b=1 code=2", {}),
        (b"no line of this kind", {}),
        (b"", {}),
    ],
)
def test_values_in_any_order_are_the_last_of_their_names(text, expected):
    """Nothing is captured of a line that the node does not take, up to where it would fail."""
    made = pattern(line(A, B, BRACKETS))
    assert values(made, text + b"\n") == [expected]


def test_only_what_is_captured_is_in_a_row():
    """A row contains captures only, since each further one would make equal rows rarer."""
    made = pattern(nodes.without_captures(line(A, B), frozenset(("code",))))
    assert made.names == ("code",)
    assert made.rows(b"head b=1 code=2\nhead b=2 code=2\n") == [b"2", b"2"]


def test_the_first_alternative_that_matches_is_taken():
    """A word is none where it could be one of the alternatives before it."""
    made = pattern(line(A, B, nodes.seq(LETTERS, Literal(b"="), Capture("word", NUMBER))))
    assert values(made, b"head b=4 c=5 code=3\n") == [{"kept": b"4", "word": b"5", "code": b"3"}]
    assert values(made, b"head a=5 code=3\nhead a=xb=4 code=3\n") == [
        {"word": b"5", "code": b"3"},
        {"kept": b"4", "code": b"3"},
    ]


def test_what_follows_the_code_is_captured_as_far_as_it_matches():
    """Captures after the code end at the first word that LINE does not allow there."""
    made = pattern(line(A, behind=(A, B)))
    text = b"head code=2 b=7 what b=8\nhead code=2 b=1 b=2\nhead code=2 a=x\nhead code=2\n"
    assert values(made, text) == [
        {"code": b"2", "kept": b"7"},
        {"code": b"2", "kept": b"2"},
        {"code": b"2"},
        {"code": b"2"},
    ]


def test_a_name_of_which_every_value_counts_is_undecided_in_a_repetition():
    """It holds the last value alone."""
    made = pattern(line(A, B), listed=frozenset(("kept", "code")))
    text = b"head b=7 code=3\nhead a=x code=3\nhead b=7 b=8 code=3\n"
    assert values(made, text) == [None, {"code": b"3"}, None]


def test_a_listed_name_at_places_of_its_own_is_decided():
    """Each place has a group, so all its values are there."""
    made = pattern(nodes.seq(CODE, Repeat(nodes.seq(BLANKS, CODE), 0, 1)))
    assert made.names == ("code", "code")
    assert made.rows(b"code=7 code=8\ncode=7\n") == [b"7\x1f8", b"7\x1f"]
    assert not made.undecided([[b"7"], [b"8"]])


def test_two_values_of_a_name_at_two_places_of_a_repetition_are_undecided():
    """Such a line is undecided, as nothing shows which is last; with one of them, or elsewhere, it is decided."""
    twice = nodes.seq(B, Repeat(nodes.seq(Literal(b"-"), Capture("kept", NUMBER)), 0, 1))
    made = pattern(line(A, twice))
    text = b"head b=1-2 code=3\nhead b=1-2 b=3 code=3\nhead a=x b=1 b=2 code=3\n"
    assert values(made, text) == [None, None, {"kept": b"2", "code": b"3"}]


def test_repetitions_that_share_groups_are_not_decided_either():
    """Alternatives that are repetitions of one name each, one of them of two values a turn."""
    digit = Capture("kept", CharRun(frozenset(b"0123456789"), 1, 1))
    pairs = Repeat(nodes.seq(digit, Repeat(nodes.seq(Literal(b"-"), digit), 0, 1)))
    for either in ((Repeat(digit), pairs), (pairs, Repeat(digit)), (digit, pairs), (pairs, pairs)):
        ways = nodes.choice(*(nodes.seq(Literal(b"%c" % c), each) for c, each in zip(b"xy", either, strict=True)))
        ways_of_text = b"".join(b"%c1-23\n" % c for c, each in zip(b"xy", either, strict=True) if each is pairs)
        assert set(map(type, values(pattern(ways), ways_of_text))) == {type(None)}


def test_a_value_in_a_repetition_that_must_come_is_captured():
    """A required value in a repetition is captured, and a line without it does not match."""
    made = pattern(nodes.seq(Literal(b"a"), Repeat(B, 1), CODE))
    assert values(made, b"ab=7code=3\nab=7b=8code=3\nacode=3\n") == [
        {"kept": b"7", "code": b"3"},
        {"kept": b"8", "code": b"3"},
        {},
    ]


def test_a_value_between_quotes_is_captured():
    """A value is captured even inside what looks like a quoted text without anything to decide."""
    inside = Choice((CharRun(frozenset(b"ab"), 1, 1), nodes.seq(Literal(b"="), Capture("kept", NUMBER))))
    made = pattern(nodes.seq(Literal(b"<"), Repeat(inside), Literal(b">"), CODE))
    assert values(made, b"<a=1>code=2\n<ab>code=2\n<a=1code=2\n") == [
        {"kept": b"1", "code": b"2"},
        {"code": b"2"},
        {},
    ]


BYTES = b"ab-"
LEAVES = [
    *(Literal(bytes((char,))) for char in BYTES),
    *(
        Capture(name, CharRun(frozenset(chars), 1, most))
        for name in "uv"
        for chars in (b"a1", b"123456789")  # of many, so that one value is not taken for another
        for most in (1, None)
    ),
    CharRun(frozenset(b"ab"), 0),
    CharRun(frozenset(b"-"), 0),
]


def tree(draw, depth):
    """Draw a node; a turn of a repetition takes something, and so does a value: others are not compiled."""
    kind = draw(KIND) if depth else "leaf"
    if kind in ("seq", "choice"):
        items = [tree(draw, depth - 1) for _ in range(draw(FEW))]
        return nodes.seq(*items) if kind == "seq" else Choice(tuple(items))
    if kind == "leaf":
        return draw(LEAF)
    inner = tree(draw, depth - 1)
    if kind == "unless":
        return nodes.seq(Lookaround(nodes.without_captures(inner), negative=True), tree(draw, depth - 1))
    some = inner if inner.min_len else nodes.seq(inner, Literal(b"-"))
    return Repeat(some, *draw(TURNS)) if kind == "repeat" else Capture(draw(NAME), some)


KIND = st.sampled_from(["leaf", "seq", "seq", "choice", "choice", "repeat", "repeat", "unless", "capture"])
LEAF, NAME, FEW = st.sampled_from(LEAVES), st.sampled_from("uv"), st.integers(1, 4)
TURNS = st.sampled_from([(0, 1), (0, None), (1, None), (2, 3), (1, 1)])
NODES = st.composite(lambda draw: tree(draw, draw(st.integers(1, 4))))()


def taken(of, rng):
    """Return a line that a node takes, as far as nothing is asserted in it and no alternative stands in the way."""
    match of:
        case Literal(data):
            return data
        case CharRun(chars, low, high):
            return bytes(rng.choices(sorted(chars), k=rng.randint(low, high or low + 2)))
        case Choice(items):
            return taken(rng.choice(items), rng)
        case Repeat(item, low, high):
            return b"".join(taken(item, rng) for _ in range(rng.randint(low, high or low + 3)))
        case Lookaround():
            return b""
    return b"".join(taken(child, rng) for child in of.children)


@pytest.mark.timeout(300)
@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
@given(NODES, st.randoms(use_true_random=False), st.sampled_from([frozenset(), frozenset("u"), frozenset("uv")]))
def test_any_node_gives_the_values_that_it_gives_line_by_line(of, rng, listed):
    """However its alternatives and repetitions are nested: the last of each name, or all of it, or it is undecided."""
    assume(of.capture_names)
    lines = [taken(of, rng)[:200] for _ in range(20)]
    lines += [line[: rng.randrange(len(line) + 1)] + rng.choice([b"", b"a", b"-"]) for line in lines]
    made = pattern(of, listed=listed)
    alone = LinePattern(of)
    columns = made.columns(made.rows(b"".join(line + b"\n" for line in lines)))
    undecided = made.undecided(columns)
    for i, (line, row) in enumerate(zip(lines, zip(*columns, strict=True), strict=True)):
        found = alone.match(line + b"\n")
        expected = [(name, value) for name, value in found[0] if value] if found else []
        told = [(name, value) for name, value in zip(made.names, row, strict=True) if value]
        if i in undecided:
            assert dict(told).keys() == dict(expected).keys(), line
            continue
        assert dict(told) == dict(expected), line
        for name in listed:
            assert [each for each in told if each[0] == name] == [each for each in expected if each[0] == name], line


ODD = [b"", b"\0", b"\xff", b"\0\xff\r\t", b"\x1f", b"\x1f" * 5, b"head", b"\xe2\x80\xa8", b"\x85", b"$1${2}\\1", b"\r"]


def test_every_line_is_one_row():
    """Each line, matched or not and whatever its bytes, yields one row."""
    made = pattern(line(A, B))
    text = b"".join(b"head code=%d\n%b\n" % (i, odd) for i, odd in enumerate(ODD))
    assert values(made, text) == [each for i in range(len(ODD)) for each in ({"code": b"%d" % i}, {})]
    assert made.rows(b"") == []
    assert made.rows(b"\n\n") == [b"\x1f"] * 2


@pytest.mark.parametrize("odd", [each for each in ODD if b"\x1f" not in each])
def test_a_value_is_what_stands_in_the_line(odd):
    """Byte by byte, and nothing of it has a meaning when it is written."""
    made = pattern(nodes.seq(Literal(b"<"), Capture("kept", CharRun(nodes.EVERY_BYTE - {ord(">")}, 0)), Literal(b">")))
    assert made.rows(b"<%b>\n" % odd) == [odd]


def test_a_value_that_holds_what_stands_between_values_is_passed_over():
    """Its row would be too long. Other lines of the chunk keep theirs, also one that has it elsewhere."""
    text = CharRun(nodes.EVERY_BYTE - {ord(">")}, 0)
    made = pattern(nodes.seq(Capture("kept", text), Literal(b">"), CODE))
    rows = made.rows(b"a>code=1\na\x1fb>code=2\n\x1f>code=3\nb>code=4 \x1f\n\x1f\n")
    assert rows == [b"a\x1f1", b"\x1f", b"\x1f", b"b\x1f4", b"\x1f"]


@pytest.mark.parametrize("empty", [nodes.NOTHING, REST, A])
def test_a_node_that_captures_nothing_has_no_rows(empty):
    """A grammar may match everything and tell nothing: lines are read one by one."""
    made = ChunkPattern(empty)
    assert made.names == ()
    assert made.rows(b"x\n\n") is None


def test_a_value_of_nothing_is_as_if_it_were_not_there():
    """Beside others and alone."""
    made = pattern(
        nodes.seq(Capture("kept", CharRun(frozenset(b"x"), 0)), Capture("code", CharRun(frozenset(b"0"), 0)))
    )
    assert values(made, b"\nx\n0\n") == [{}, {"kept": b"x"}, {"code": b"0"}]


def test_there_are_no_rows_if_a_match_takes_too_many_steps():
    """An expression of an operator's that tries all ways is no reason to wait for hours."""
    made = pattern(nodes.seq(Backtracking(node("(?:a|a)*b").item), CODE))
    assert made.rows(b"aabcode=1\n") == [b"1"]
    assert made.rows(b"aabcode=1\n" + b"a" * 40 + b"\n") is None
    assert made.rows(b"aabcode=1\n") == [b"1"]


@pytest.mark.parametrize(
    ("refused", "why"),
    [("no library", "libpcre2-8.so.0 is not there"), ("too large", "PCRE2: regular expression is too large")],
)
def test_there_are_no_rows_without_an_expression(monkeypatch, refused, why):
    """PCRE2 is missing, or does not take it, and that is reported."""
    if refused == "no library":
        monkeypatch.setattr(pcre2, "loaded", lambda: None)
        made = pattern(CODE)
    else:
        many = Repeat(Repeat(Choice((CODE, Literal(b"ab"))), 1000, 1000), 60, 60)
        made = pattern(many)
    assert made.expression == why
    assert made.rows(b"code=1\n") is None


def test_a_line_is_taken_in_its_frame_alone():
    """What stands before and behind it is matched and not captured, and decides as well."""
    made = pattern(line(A, B)).framed(r"<[0-9]+> ", "", quoted=False)
    text = b"<1> head b=3 code=2\nhead b=3 code=2\n<x> head b=3 code=2\n<22> head code=2 <2>\n"
    assert values(made, text) == [{"kept": b"3", "code": b"2"}, {}, {}, {"code": b"2"}]


def test_a_line_within_json_is_taken_up_to_its_end():
    """Its quotes are escaped there, and are not in its values; a quote that is not ends it."""
    quoted = nodes.seq(Literal(b'"'), Capture("kept", node(r"[^ ]*(?= )")), Literal(b" "), CODE)
    made = pattern(quoted).framed(r'\{"log":"', r'","n":[0-9]\}', quoted=True)
    text = (
        b'{"log":"\\"a\\"b code=2 rest","n":1}\n'
        b'{"log":"\\"a code=2","n":1}\n'
        b'{"log":"\\"a code=2","n":12}\n'
        b'{"log":"\\"a code=2\\n","n":1}\n'
        b'{"log":""a code=2","n":1}\n'
        b'"a code=2\n'
    )
    assert values(made, text) == [{"kept": b'a"b', "code": b"2"}, {"kept": b"a", "code": b"2"}, {}, {}, {}, {}]


def test_a_frame_keeps_what_is_listed():
    """What is undecided for a bare line is undecided in a frame, too."""
    made = pattern(line(A, B), listed=frozenset(("kept",))).framed("<> ", "", quoted=False)
    assert values(made, b"<> head b=7 code=3\n<> head code=3\n") == [None, {"code": b"3"}]
    assert made.names == replace(made, before="").names


def test_a_line_that_may_match_by_what_stands_before_it_is_read_in_no_frame():
    """Behind a front a word at its beginning would not be the word that it is by itself."""
    bound = Lookaround(nodes.CharRun(frozenset(b"ab"), 1, 1), negative=True, behind=True)
    assert ChunkPattern(nodes.seq(Repeat(nodes.seq(bound, A)), CODE)).framed("x", "", quoted=False) is None
    assert ChunkPattern(nodes.seq(Literal(b"head"), bound, CODE)).framed("x", "", quoted=False) is not None
