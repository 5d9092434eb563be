"""Lines whose fields are identified by their places: where the code is, and what each field may be."""

import pytest

from logwatch.propose.codes import CatalogueWords
from logwatch.propose.columns import learn
from logwatch.propose.dialect import MarkedLine

KNOWN = CatalogueWords(frozenset({200, 404, 410, 903}), frozenset({"unregistered"}))
CODES = (200, 410, 200, 903)


def learnt(*forms, count=40):
    """Return the ways to read lines of these forms in turn, each with a user and a code of its own."""
    rests = [forms[i % len(forms)].format(uid=f"u{i}", n=5000 + i, code=CODES[i % 4]) for i in range(count)]
    return learn([MarkedLine(f"push{rest}", "", rest) for rest in rests], '"', KNOWN)


@pytest.mark.parametrize(
    ("form", "opener", "delimiter", "place"),
    [
        ("|{uid}|fcm|{code}|x", "|", "|", 2),
        ("\t{uid}\tfcm\t{code}", "\t", "\t", 2),
        (";{uid};{code}", ";", ";", 1),
        (",{code},{uid}", ",", ",", 0),
        (": {uid}|{code}", ": ", "|", 1),
        ("({uid}, {code})", "(", ",", 1),
        (" {uid} fcm {code} {n}", " ", " ", 2),
        (": {uid} {code} {n}", ": ", " ", 1),
    ],
)
def test_the_delimiter_and_the_place_of_the_code_are_found(form, opener, delimiter, place):
    """By what most lines have behind the marker, and by the numbers there."""
    code, way = learnt(form)[0]
    assert {each.delimiter for _, each in learnt(form)} == {delimiter}
    assert (way.opener, way.delimiter, code.place) == (opener, delimiter, place)
    assert (len(way.before), way.closing) == (place, ")" * (opener == "("))


def test_what_only_some_lines_have_behind_the_marker_is_no_delimiter():
    """Three of four have to have it."""
    assert learnt("|{uid}|{code}", "|{uid}|{code}", "|{uid}|{code}", "-{uid}")
    assert learnt("|{uid}|{code}", "|{uid}|{code}", "-{uid}|{code}", "-{uid}|{code}") == []


def test_a_quoted_field_may_contain_the_delimiter():
    """As in CSV, where all of the field is quoted; otherwise the delimiter ends it."""
    code, _ = learnt(',{uid},"a, b",{code}')[0]
    assert (code.place, None in code.values) == (2, False)
    code, _ = learnt('|{uid}|say "a|b" now|{code}')[0]
    assert (code.place, None in code.values) == (3, False)


def test_a_call_has_to_be_closed():
    """What is torn is not read, nor what follows a call."""
    code, _ = learnt("({uid}, {code})", "({uid}, {code})", "({uid}, {code}", "({uid}, {code}) more")[0]
    assert [value is None for value in code.values[:4]] == [False, False, True, True]


def test_columns_behind_the_code_may_be_missing():
    """Those that all lines have are required; by blanks, none but these is described."""
    (_, way), (_, usual) = learnt("|{uid}|{code}", "|{uid}|{code}", "|{uid}|{code}|x|y")[:2]
    assert (len(way.behind), way.least) == (2, 0)
    assert (len(usual.behind), usual.least) == (0, 0)
    _, blank = learnt(" {uid} {code} a", " {uid} {code} a b c")[0]
    assert (len(blank.behind), blank.least) == (1, 1)


@pytest.mark.parametrize(("form", "padded"), [("| {uid} | {code}", True), ("|{uid}|{code}", False)])
def test_blanks_around_delimiters_are_seen(form, padded):
    """They are no part of a field."""
    assert learnt(form)[0][1].padded is padded


@pytest.mark.parametrize(
    ("field", "title"),
    [
        ("{n}", "number"),
        ("2026-11-22T10:15:00Z", "ISO 8601"),
        ("fcm", "platform"),
        ("+180055{n}", "user"),
        ('"x {n}"', "quoted string"),
        ("x {n}", "text"),
    ],
)
def test_a_field_is_described_by_what_was_in_it(field, title):
    """The narrowest description that holds for all lines."""
    assert learnt(f"|{field}|{{code}}")[0][1].before[0].title == title


def test_a_field_is_a_time_only_if_it_always_is():
    """One that is missing now and then is a text."""
    _, way = learnt("|2026-11-22T10:15:00Z|{code}", "|2026-11-22T10:15:00Z|{code}", "|-|{code}")[0]
    assert way.before[0].name == ""


def test_a_word_that_never_changes_stands_for_itself():
    """If it has a digit, it may change tomorrow."""
    _, way = learnt(" to x7 {code} {uid}")[0]
    assert [piece.title for piece in way.before] == ["", "word"]
