"""Nodes become an expression that never goes back, for a line that has no newline inside."""

import re

import pytest

from logwatch.compile import nodes
from logwatch.compile.line_pattern import LinePattern
from logwatch.compile.nodes import Backtracking, Capture, CharRun, Choice, Literal, Lookaround, Repeat
from logwatch.compile.to_regex import Writer, char_class
from tests.compile.shown import shown

A, B, AB = Literal(b"a"), Literal(b"b"), Literal(b"ab")
BLANKS = CharRun(frozenset(b" "), 0)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Literal(b"a.b"), r"a\.b"),
        (CharRun(frozenset(b"ab")), "[a-b]++"),
        (CharRun(frozenset(b"ab"), 0), "[a-b]*+"),
        (CharRun(frozenset(b"ab"), 3, 3), "[a-b]{3}"),
        (CharRun(frozenset(b"ab"), 1, 6), "[a-b]{1,6}+"),
        (Choice((A, B)), "(?>a|b)"),
        (Choice((A, AB)), "(?>a|ab)"),
        (Repeat(AB), "(?>(?:ab)*)"),
        (Repeat(AB, 1, 3), "(?>(?:ab){1,3})"),
        (Repeat(nodes.seq(Lookaround(AB, negative=True), A)), "(?>(?:(?!ab)a)*)"),
        (nodes.seq(Repeat(A, 0, 1), B), "(?>(?:a)?)b"),
        (nodes.seq(Repeat(AB, 0, 1), A), "(?>(?:ab)?)a"),
        (nodes.seq(Choice((A, nodes.NOTHING)), B), "(?>a|)b"),
        (nodes.seq(Choice((A, nodes.NOTHING)), A), "(?>a|)a"),
        (nodes.seq(Choice((nodes.NOTHING, A)), B), "(?>|a)b"),
        (nodes.seq(Choice((A, nodes.NOTHING)), Repeat(AB)), "(?>a|)(?>(?:ab)*)"),
        (Lookaround(Backtracking(CharRun(frozenset(b"a"), 0, None, lazy=True))), "(?=(?:a*?))"),
        (Lookaround(A), "(?=a)"),
        (Lookaround(A, negative=True, behind=True), "(?<!a)"),
        (nodes.seq(A, nodes.END_OF_LINE), r"a(?!.)"),
        (Backtracking(CharRun(frozenset(b"a"), 0, None, lazy=True)), "(?>a*?)"),
        (Repeat(Choice((CharRun(frozenset(b"a"), 1, 1), B))), "(?>(?:(?:a|b))*)"),
        (Repeat(Choice((CharRun(frozenset(b"a"), 1, 1), B)), 2), "(?>(?:(?>a|b)){2,})"),
    ],
)
def test_what_a_node_becomes(before, after):
    """One case a node; atomic but where nothing follows."""
    assert shown(before) == after


def test_the_last_choice_needs_no_atomic_group():
    """Nothing stands behind it that could make it go back."""
    assert shown(Choice((A, AB)), last=True) == "(?:a|ab)"


def test_a_node_in_several_places_captures_in_each():
    """It has the groups of each place."""
    writer, value = Writer(capturing=True), nodes.Capture("x", AB)
    assert writer.write(nodes.seq(value, B, value)) == "(ab)b(ab)"
    assert [group.name for group in writer.groups] == ["x", "x"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Literal(b"a\n"), "(?!)"),
        (CharRun(frozenset(b"\n"), 0), ""),
        (CharRun(frozenset(b"\n")), "(?!)"),
        (CharRun(frozenset(b"a\n")), "a++"),
    ],
)
def test_no_node_takes_the_end_of_a_line(before, after):
    """No node matches a newline: each line of a chunk ends in one, and none contains one."""
    assert shown(before) == after


def test_captures_become_groups():
    """Each capture is a group; a repetition with captures inside is one group as a whole."""
    repeat = Repeat(Capture("y", B))
    both = nodes.seq(Capture("x", A), repeat)
    writer = Writer(capturing=True)
    assert writer.write(both) == "(a)((?>(?:b)*))"
    assert writer.groups == [Capture("x", A), repeat]
    assert shown(both) == "a(?>(?:b)*)"
    assert LinePattern(both).match(b"abb\n") == ([("x", b"a"), ("y", b"b"), ("y", b"b")], 3)


def test_turns_without_a_value_are_one_step(monkeypatch):
    """What a repetition took is gone through from value to value, however many turns lie between them."""
    steps, match = [], LinePattern.match
    monkeypatch.setattr(LinePattern, "match", lambda *args: steps.append(args[2]) or match(*args))
    turns = LinePattern(nodes.Repeat(Choice((Capture("y", B), A))))
    line = b"a" * 50 + b"b" + b"a" * 50 + b"bb" + b"a" * 50
    assert turns.match(line + b"\n", 0) == ([("y", b"b")] * 3, len(line))
    assert steps == [0, 0, 51, 102, 103]


def test_what_a_turn_that_failed_has_captured_is_no_value():
    """It is the next alternative that took these bytes, or none."""
    turn = Choice((nodes.seq(Capture("y", B), A), B))
    assert LinePattern(nodes.Repeat(turn)).match(b"bbbabb\n") == ([("y", b"b")], 6)
    assert LinePattern(turn, repeated=True).match(b"bbx\n") == ([], 2)


@pytest.mark.parametrize("chars", [b"a", b"abc", b"a-z]^\\", bytes(range(256))])
def test_a_class_takes_just_its_bytes(chars):
    """A class matches exactly its bytes, including those with a meaning inside brackets."""
    taken = re.compile(char_class(frozenset(chars) - {10}).encode("latin-1"))
    assert {code for code in range(256) if taken.fullmatch(bytes((code,)))} == set(chars) - {10}
