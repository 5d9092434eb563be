"""What is said of a node without running it, and what the constructors make of their arguments."""

import pytest

from logwatch.compile import nodes
from logwatch.compile.nodes import Capture, CharRun, Choice, Literal, Lookaround, Repeat
from tests.compile.shown import node, shown

BLANKS = CharRun(frozenset(b" \t"), 0)
X = CharRun(frozenset(b"x"), 1, 1)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("abc", 3), ("a*", 0), ("a+b", 2), ("a{3,5}", 3), ("ab|c", 1), ("(?:ab){2}", 4), ("a(?=bcd)", 1), ("a?b", 1),
        ("a$", 1), (r"\bab", 2), ("(?>ab|a)c", 2),
    ],
)  # fmt: skip
def test_no_match_is_shorter_than_min_len(pattern, expected):
    """The least length of a node is a lower bound for each of its matches."""
    assert node(pattern).min_len == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("abc", b"a"), ("a*b", b"ab"), ("a+b", b"a"), ("[x-z]1", b"xyz"), ("ab|cd", b"ac"), ("(?:a?b)c", b"ab"),
        ("(?!a)b", b"b"),
    ],
)  # fmt: skip
def test_a_match_begins_with_a_byte_of_the_first_set(pattern, expected):
    """Every match that is not empty begins with one of these bytes."""
    assert node(pattern).first_set == set(expected)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((Literal(b"a"), Literal(b"b")), "ab"),
        ((Literal(b"x"), Lookaround(X, negative=True, behind=True), Literal(b"b")), "x(?<!x)b"),
        ((Literal(b"ax"), Lookaround(X, negative=True, behind=True), Literal(b"b")), "ax(?<!x)b"),
        ((Literal(b"xa"), Lookaround(X, negative=True, behind=True), Literal(b"b")), "xa(?<!x)b"),
        ((Literal(b"ax"), Lookaround(X, behind=True), Literal(b"b")), "ax(?<=x)b"),
        ((Literal(b""), Lookaround(X, behind=True), Literal(b"b")), "(?<=x)b"),
        ((nodes.seq(Literal(b"a"), X), nodes.END_OF_LINE), "ax(?!.)"),
    ],
)
def test_a_sequence_is_flat_and_joins_adjacent_texts(before, after):
    """Nested sequences become one, adjacent texts become one, and lookarounds stay in their place."""
    assert shown(nodes.seq(*before)) == after


@pytest.mark.parametrize(
    ("item", "bounds", "after"),
    [
        ("a", (0, 1), "a?+"),
        ("[ab]", (0, 1), "[a-b]?+"),
        ("a", (2, None), "a{2,}+"),
        ("ab", (0, 1), "(?>(?:ab)?)"),
        ("a+", (0, 1), "(?>(?:a++)?)"),
    ],
)
def test_a_repeated_byte_becomes_a_run(item, bounds, after):
    """A repeated single byte is a run of it; anything longer is repeated as a whole."""
    assert shown(nodes.repeat(node(item), *bounds)) == after


def test_what_is_inside_comes_from_left_to_right():
    """Each node once, before what is in it."""
    tree = nodes.seq(Literal(b"a"), Repeat(Choice((X, Capture("v", BLANKS)))), Lookaround(X))
    assert list(nodes.walk(tree)) == [tree, Literal(b"a"), tree.items[1], tree.items[1].item, X,
                                      Capture("v", BLANKS), BLANKS, Lookaround(X), X]  # fmt: skip


@pytest.mark.parametrize(
    ("whole", "blanks"),
    [
        (nodes.seq(BLANKS, X), BLANKS),
        (nodes.seq(X, BLANKS), None),
        (BLANKS, BLANKS),
        (nodes.seq(CharRun(frozenset(b" "), 1), X), None),
        (nodes.NOTHING, None),
    ],
)
def test_leading_blanks_are_split_off_without_changing_the_whole(whole, blanks):
    """Optional runs of some bytes in front are split off, and the two parts together match what the node matches."""
    found, rest = nodes.split_leading_blanks(whole)
    assert found == blanks
    assert (nodes.seq(found, rest) if found else rest) in (whole, nodes.seq(whole))


def test_choice_skips_common_blanks_once():
    """Blanks that all alternatives skip stand in front of them."""
    before = [nodes.seq(BLANKS, Literal(word)) for word in (b"a", b"b")]
    assert shown(nodes.choice(*before)) == r"[\x09 ]*+(?>a|b)"


def test_without_captures_keeps_what_it_is_told_to():
    """Only the captures go, and the rest stays as it was."""
    both = nodes.seq(Capture("a", X), Literal(b"-"), Capture("b", X))
    assert nodes.without_captures(both, frozenset("b")).capture_names == ("b",)
    assert nodes.without_captures(both) == nodes.seq(X, Literal(b"-"), X)
