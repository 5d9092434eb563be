"""Alternatives share their groups, so that a row has as many as one line can have values; what is matched stays."""

import pytest

from logwatch.compile import nodes
from logwatch.compile.nodes import Backtracking, Capture, Choice, Literal, Lookaround, Repeat
from logwatch.compile.pcre2 import Expression
from logwatch.compile.to_regex import SharedGroups

A, B, X = Literal(b"a"), Literal(b"b"), Literal(b"x")
U, T = Capture("u", A), Capture("t", B)
U_TOO, T_TOO = Capture("u", B), Capture("t", Literal(b"c"))
OR_NOTHING = Choice((U, nodes.NOTHING))


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        (U, "(a)", "u"),
        (nodes.seq(U, X, U), "(a)x(a)", "u u"),
        (Capture("u", nodes.seq(A, T)), "(a(b))", "u t"),
        (Choice((A, B)), "(?>a|b)", ""),
        (Choice((X, U)), "(?>(?|x|(a)))", "u"),
        (Choice((U, U_TOO)), "(?>(?|(a)|(b)))", "u"),
        (Choice((U, T)), "(?>(?|(){0}(a)|(b)))", "t u"),
        (Choice((Choice((U, T)), U_TOO)), "(?>(?|(?|(){0}(a)|(b))|(){0}(b)))", "t u"),
        (Choice((nodes.seq(U, T), T_TOO)), "(?>(?|(a)(b)|(){0}(c)))", "u t"),
        (Choice((nodes.seq(U, X, T), nodes.seq(T, U))), "(?>(?|(a)x(b)|(){0}(b)(a)))", "u t u"),
        (nodes.seq(OR_NOTHING, X, T), "(?>(?|(a)|))x(b)", "u t"),
        (nodes.seq(Choice((U, T)), X, Choice((T, X))), "(?>(?|(){0}(a)|(b)))x(?>(?|(b)|x))", "t u t"),
        (Lookaround(U), "(?=(a))", "u"),
        (Backtracking(Choice((U, T))), "(?>(?|(){0}(a)|(b)))", "t u"),
        (Repeat(X), "(?:x)*+", ""),
        (Repeat(U, 0, 1), "(?:(a))?+", "u"),
        (Repeat(U, 1, 1), "(?>(a))", "u"),
        (Repeat(U), "(?:(a))*+", "u*"),
        (Repeat(U, 2, 3), "(?:(a)){2,3}+", "u*"),
        (Repeat(Repeat(U)), "(?:(?:(a))*+)*+", "u*"),
        (Repeat(Repeat(U, 0, 1)), "(?:(?:(a))?+)*+", "u*"),
        (Repeat(Choice((U, U_TOO, X))), "(?:(?|(a)|(b)|x))*+", "u*"),
        (Repeat(nodes.seq(U, X, U)), "(?:(a)x(a))*+", "u* u*"),
        (nodes.seq(Choice((U, T)), Repeat(U_TOO)), "(?>(?|(){0}(a)|(b)))(?:(b))*+", "t u u*"),
        (Choice((Repeat(U), U_TOO)), "(?>(?|(?:(a))*+|(b)))", "u*"),
        (Choice((U_TOO, Repeat(U))), "(?>(?|(b)|(?:(a))*+))", "u*"),
        (Backtracking(nodes.seq(Repeat(U), T)), "(?>(?:(a))*(b))", "u* t"),
    ],
)
def test_a_node_becomes_a_regex_and_the_names_of_its_groups(before, after, names):
    """The names of groups that a repetition sets are marked by a star."""
    assert SharedGroups(before).write(before) == after
    groups = before.groups
    assert " ".join(group.name + ("*" if group.repetitions else "") for group in groups) == names
    Expression(after.encode(), b"".join(b"${%d}" % number for number in range(1, 1 + len(groups))))  # has them all


def test_nothing_is_let_go_of_behind_the_last():
    """Nothing follows that could make it go back."""
    both = nodes.seq(X, Choice((U, T)))
    assert SharedGroups(both).write(both, last=True) == "x(?|(){0}(a)|(b))"


def test_a_node_in_several_places_has_groups_of_its_own_in_each():
    """The same choice is written with other numbers, however often it comes."""
    either = Choice((U, T))
    thrice = nodes.seq(either, X, either, X, either)
    assert [group.name for group in thrice.groups] == ["t", "u"] * 3
    written = Expression(SharedGroups(thrice).write(thrice).encode(), b"${1}-${2},${3}-${4},${5}-${6}")
    assert written.written(b"axbxa") == b"-a,b-,-a"


@pytest.mark.parametrize(
    ("built", "text", "values"),
    [
        (Repeat(Choice((U, T, X))), b"abxa", {"u": b"a", "t": b"b"}),
        (Choice((nodes.seq(U, T, X), nodes.seq(U, T))), b"ab", {"u": b"a", "t": b"b"}),
        (nodes.seq(Choice((nodes.seq(U, X), A)), B), b"ab", {}),
        (Repeat(Choice((nodes.seq(U, X), A))), b"axaa", {"u": b"a"}),
        (nodes.seq(Repeat(Choice((nodes.seq(U, T), nodes.seq(T, U)))), X), b"abbax", {"u": b"a", "t": b"b"}),
    ],
)
def test_a_shared_group_holds_what_the_last_iteration_set(built, text, values):
    """Groups hold what the last iteration that matched something set, and nothing of a failed alternative."""
    groups = built.groups
    template = b",".join(b"${%d}" % number for number in range(1, 1 + len(groups)))
    (row,) = Expression(SharedGroups(built).write(built).encode() + rb"\n", template).written(text + b"\n").split(b"\n")
    assert {group.name: value for group, value in zip(groups, row.split(b","), strict=True) if value} == values


def test_what_is_matched_is_what_is_matched_without_groups():
    """Greedy, in the same order, and never going back."""
    either = Choice((A, Literal(b"ab"), nodes.seq(U, B, X)))
    assert Expression(SharedGroups(either).write(nodes.seq(either, X)).encode(), b"!").written(b"abx") == b"abx"
    turns = nodes.seq(Repeat(Choice((U, X))), A)
    assert Expression(SharedGroups(turns).write(turns).encode(), b"!").written(b"xaxa") == b"xaxa"
