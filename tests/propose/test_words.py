"""Lines whose fields are announced by words: which words announce the code, and what stands beside it."""

import pytest

from logwatch.propose.codes import CatalogueWords
from logwatch.propose.dialect import MarkedLine
from logwatch.propose.words import learn

KNOWN = CatalogueWords(frozenset({200, 404, 410, 903}), frozenset({"unregistered", "expired"}))
CODES = (200, 410, 200, 903)


def learnt(*forms):
    """Return the best way to read lines of these forms in turn, each with a user and a code of its own."""
    numbers = range(max(40, 4 * len(forms)))
    rests = [forms[i % len(forms)].format(uid=f"u{i}", n=5000 + i, code=CODES[i % 4]) for i in numbers]
    return learn([MarkedLine(f"push{rest}", "", rest) for rest in rests], '"', KNOWN)[0]


def announced(way):
    return [each.key + each.gap for each in way.codes]


@pytest.mark.parametrize(
    ("forms", "words"),
    [
        ([" uid={uid} code={code}"], ["code="]),
        ([" uid={uid} code={code}", " uid={uid} code={code}", " uid={uid} code: {code}"], ["code=", "code: "]),
        ([" uid={uid} ok={code}", " uid={uid} failed={code}"], ["ok=", "failed="]),
        ([" uid={uid} code={code}", " uid={uid} code={code}", " uid={uid} port={code}"], ["code="]),
        ([" code={code} result=404", " code={code}", " result={code}"], ["code="]),
        ([" uid={uid} code={code}"] * 8 + [" uid={uid} result={code}"], ["code=", "result="]),
        ([" uid={uid} code={code}"] * 24 + [" uid={uid} result={code}"], ["code="]),
        ([" uid={uid} code={code}"] * 4 + [" uid={uid} result={n}"], ["code="]),
    ],
)
def test_other_words_announce_the_code_where_the_best_is_missing(forms, words):
    """Another spelling, or another word for results that is never beside the first, on enough lines."""
    code, way = learnt(*forms)
    assert announced(way) == words
    every = [f"{word}{{code}}" for word in words]
    assert [value is not None for value in code.values[: len(forms)]] == [
        any(word in form for word in every) for form in forms
    ]


@pytest.mark.parametrize(
    ("forms", "marks", "never", "keys"),
    [
        ([" code={code} Unregistered {uid}"], ("",), (), False),
        ([" code={code}/Unregistered {uid}"], ("/",), (), False),
        ([" code={code} (Unregistered) {uid}"], ("(",), (), False),
        ([" code={code} Unregistered", " code={code} in 7 ms"], ("",), ("in",), False),
        ([" code={code} OK", " code={code} OK", " code={code} Unregistered", " code={code} Expired"], ("",), (), False),
        ([" code={code} Unregistered", " code={code} ms=7"], ("",), (), True),
    ],
)
def test_a_reason_behind_the_code_is_one_of_the_catalogue_s(forms, marks, never, keys):
    """Words that are often there without being one, and words with a value, are none."""
    follows = learnt(*forms)[1].reason
    assert (follows.marks, follows.never, follows.keys) == (marks, never, keys)


@pytest.mark.parametrize("form", [" code={code} in 7 ms", " uid={uid} ended with {code}", " code={code} ms=7"])
def test_other_words_behind_the_code_are_no_reasons(form):
    """Nothing follows a code at the end, either."""
    assert learnt(form)[1].reason is None


@pytest.mark.parametrize(
    ("form", "inside"), [(" uid={uid} (fcm, code={code})", True), (" uid={uid} (of {n}) code={code}", False)]
)
def test_a_code_inside_parentheses_is_seen(form, inside):
    """Otherwise what is inside parentheses is a text."""
    way = learnt(form)[1]
    assert ("(" in way.marks, way.groups) == (inside, not inside)


@pytest.mark.parametrize(
    ("form", "key"),
    [
        (" uid={uid} code={code} ts=179534{n}", "ts"),
        (' uid={uid} code={code} time="2026-11-22T10:15:00Z"', "time"),
        (" uid={uid} code={code} ts=x179534{n}", None),
        (" uid={uid} code={code} at=7", None),
        (" uid={uid} code={code} at=7, 2026-11-22T10:15:00Z", None),
    ],
)
def test_a_time_is_one_right_behind_its_word(form, key):
    """On every line, and all of them in one way."""
    stamp = learnt(form)[1].stamp
    assert (stamp and stamp[0].key) == key


def test_a_time_that_some_lines_lack_dates_none():
    """A sample shows each field of a proposed grammar."""
    assert learnt(" code={code} ts=179534{n}", " code={code}")[1].stamp is None
    assert learnt(" code={code} ts=179534{n}", " code={code} ts=2026-11-22T10:15:00Z")[1].stamp is None
