"""Shapes show how a line is built, and nothing of what users put into it."""

import re
import string
from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatch.compile import pcre2
from logwatch.dialect.redact import LENGTH, shape, shapes, words_of
from logwatch.parse import load

WORDS = words_of(load("mesibo"))


def test_a_shape_keeps_the_words_of_the_grammar():
    """An operator can see what differs from the grammar."""
    line = b'E2211-101500-123 (17): push_on_complete: uid 4711 token dX3:APA91b errno: "Bob Smith" {"code": 903}'
    expected = '<str>-<num>-<num> (<num>): push_on_complete: uid <num> token <str>:<str> errno: "<str>" {"code": <num>}'
    assert shape(line, WORDS) == expected


def test_tokens_with_hyphens_anywhere_have_few_shapes():
    """FCM's tokens hold hyphens by chance: a dialect that cannot be read is one kind of line, not thousands."""
    random = Random(7)
    letters = string.ascii_letters + string.digits + "-_"
    kinds: Counter[str] = Counter()
    for _ in range(2000):
        name, secret = ("".join(random.choices(letters, k=length)) for length in (22, 134))
        kinds[shape(f"push_on_complete: token {name}:{secret} code 903".encode(), WORDS)] += 1
    assert len(kinds) < 40
    assert kinds["push_on_complete: token <str>:<str> code <num>"] > 1200


def test_hyphens_between_numbers_stay():
    """A date and mesibo's own prefix can be seen."""
    assert shape(b"2026-11-26 E2211-101500-123 code 903", WORDS) == "<num>-<num>-<num> <str>-<num>-<num> code <num>"


def test_the_end_of_a_line_is_no_part_of_its_shape():
    """A number at the end of a line is a number, whichever line end follows."""
    assert {shape(b"push_on_complete code 903" + end, WORDS) for end in (b"", b"\n", b"\r\n", b" \t\n")} == {
        "push_on_complete code <num>"
    }


def test_equal_shapes_are_one_string():
    """A thousand failures of one kind keep one shape."""
    first, second = (shape(b"push_on_complete: uid %d code 903\n" % uid, WORDS) for uid in (1, 2))
    assert first is second


def test_a_shape_of_an_endless_line_is_short():
    """However a line is built, its shape is bounded and says that it goes on."""
    for text in (b"a:" * 10**6, b"code " * 10**6, b'{"' * 10**6):
        assert len(shape(text, WORDS)) == LENGTH
        assert shape(text, WORDS).endswith("\N{HORIZONTAL ELLIPSIS}")


PARTS = st.sampled_from(
    [
        b"uid",
        b"code",
        b"4711",
        b" ",
        b"  ",
        b":",
        b"-",
        b"{",
        b'"',
        b"token",
        b"a1",
        b"_",
        b"dX3:AP-9",
        b"\xff",
        b"\t",
        b"\x01",
        b"\x03",
        b"\x04-",
        b"\x1c",
        b"\r",
    ]
)


@given(st.lists(st.lists(PARTS, max_size=25).map(b"".join), max_size=6))
def test_lines_that_are_shown_together_have_the_shapes_that_each_has(lines):
    """Whatever a line begins or ends with, nothing of it gets into the shape of the next one."""
    assert shapes(lines, WORDS) == [by_hand(line) for line in lines]


@pytest.mark.parametrize("lacks", ["no PCRE2", "a match needs more memory than is allowed"])
def test_without_pcre2_shapes_are_the_same(lacks, monkeypatch):
    """What re replaces and what PCRE2 replaces is the same."""
    if lacks == "no PCRE2":
        monkeypatch.setattr(pcre2, "loaded", lambda: None)
    else:
        monkeypatch.setattr(pcre2.Expression, "written", lambda *_: None)
    random = Random(5)
    parts = [
        b" ",
        b"\t",
        b"-",
        b'"',
        b"\x01",
        b"\x04",
        b"code",
        b"codes",
        b"uid",
        b"12",
        b"1a",
        b"_",
        b"\xff",
        b"dX3:AP-9",
    ]
    lines = [b"".join(random.choices(parts, k=random.randrange(30))) for _ in range(500)]
    assert shapes(lines, WORDS | {lacks.encode()}) == [by_hand(line) for line in lines]  # compiled for these words


def test_a_long_line_has_the_shape_of_its_first_thousand_bytes():
    """The shape is that of the first thousand bytes, although fewer are usually looked at."""
    random = Random(11)
    parts = [b" ", b"-", b'"', b"code", b"error", b"12", b"a1", b"some", b"text-of-a-user", b"x" * 150]
    for count in [60, 120, 300] * 100:
        weights = [random.random() ** 3 for _ in parts]
        line = b"".join(random.choices(parts, weights, k=count))
        told = by_hand(line[:1000])
        assert shape(line, WORDS) == (told if len(told) <= LENGTH else told[: LENGTH - 1] + "\N{HORIZONTAL ELLIPSIS}")


def by_hand(line: bytes) -> str:
    """Go through a line byte by byte: known words and marks stay, runs of anything else are shown by what they are."""
    shown: list[str] = []
    run = b""
    for code in [*b" ".join(line.split()), None]:
        mark = code is None or code in b'][ (){}":=,;*-'
        if not mark:
            run += bytes((code,))
            continue
        if run:
            digits = all(48 <= each <= 57 for each in run)
            shown.append(run.decode() if run in WORDS else "<num>" if digits else "<str>")
            run = b""
        if code is not None:
            shown.append(chr(code))
    joined = re.sub("<str>-+(?:<num>-+)*<str>(?:-+<(?:str|num)>)*-*", "<str>", "".join(shown))
    return re.sub(r"<(str|num)>(?: <\1>)+", r"<\1>", joined)  # one stands for as many of its kind as follow each other


@given(st.binary(max_size=300))
def test_nothing_of_a_line_survives_but_known_words(line):
    """Whatever the line, its shape consists of allow-listed words, marks and placeholders."""
    text = shape(line, WORDS)
    assert len(text) <= LENGTH
    for placeholder in ("<str>", "<num>"):
        text = text.replace(placeholder, " ")
    rest = {word for word in "".join(" " if mark in '[](){}":=,;*-…' else mark for mark in text).split() if word}
    assert rest <= {word.decode() for word in WORDS}
