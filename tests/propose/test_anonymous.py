"""What samples keep of a line: how it is written, and nobody in it."""

import re

import pytest

from logwatch.propose.anonymous import common, private, without_users


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("2026-11-22T10:15:00.123Z uid", "2026-11-22T10:15:00.123Z uid"),
        ("E2211-101500-123 (17): uid", "E2211-101500-123 ("),
        ("uid \x1b[38;5;208muid\x1b[0m", "uid \x1b[38;5;208muid\x1b[0m"),
        ("uid x y Z", "uid x y Z"),
    ],
)
def test_stamps_colours_known_words_and_single_letters_stay(line, kept):
    """They show how lines are written."""
    assert without_users(line, {"uid"}).startswith(kept)


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("4711", "[1-9]{4}"),
        ("0049", "0[1-9]{3}"),
        ("+18005551234", r"\+[1-9]{11}"),
        ("Ada", "[A-Z][a-z]{2}"),
        ("ada@Example", "[a-z]{3}@[A-Z][a-z]{6}"),
        ("deadbeef42", "[a-f]{8}[1-9]{2}"),
        ("bad", "[a-z]{3}"),
    ],
)
def test_what_is_made_up_is_of_the_same_kind_and_length(text, pattern):
    """Numbers stay numbers, hexadecimal ones too, and capitals capitals; the same text is always replaced alike."""
    made = without_users(text, ())
    assert made != text
    assert without_users(text, ()) == made
    assert re.fullmatch(pattern, made)


def test_of_a_name_with_a_number_only_that_is_replaced():
    """Most lines have the name, each with a number of its own."""
    made = without_users("worker17", {"worker0"})
    assert (made[:6], made[6:].isdigit(), made) == ("worker", True, made)
    assert without_users("worker17", {"worker17"}) == "worker17"


def test_words_of_many_lines_are_common_except_those_of_users():
    """One line in ten is enough; a user is private on however many lines."""
    lines = [
        f"push to {'Ada' if i % 2 else 'Bob'} {'rare' if i < 2 else ''} {'often' if i < 4 else ''}" for i in range(40)
    ]
    assert common(lines, never=["Ada L"]) == {"push", "to", "Bob", "often"}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ('name="Ada L" x', ["Ada L"]),
        ("uid=4711, ", ["4711"]),
        ("to Ada via fcm", ["Ada"]),
        ("code 410 for +18005551234", ["18005551234"]),
        ("a" * 19 + "1", ["a" * 19 + "1"]),
        ("a" * 30, []),
        ('{"uid": "Ada"}', ["Ada"]),
        ("x " * 512 + "behind", ["behind"]),
    ],
)
def test_values_are_private_wherever_they_are(text, values):
    """Quoted, behind a sign or a word for users, long or numeric, or too far behind to be looked at."""
    assert [each for each in private(text) if each] == values
