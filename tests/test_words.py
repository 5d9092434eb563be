"""Numbers, sizes and times as people read them."""

import pytest

from logwatch import words


@pytest.mark.parametrize(
    ("count", "written"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        ((1 << 20) - 1, "1.0 MiB"),
        ((1 << 30) - 1, "1.0 GiB"),
        (3 << 39, "1.5 TiB"),
        (1 << 50, "1024.0 TiB"),
    ],
)
def test_a_size_is_in_the_largest_unit_of_which_there_is_one(count, written):
    """Also if only rounding makes it one: 1024.0 KiB is never written."""
    assert words.bytes_(count) == written


@pytest.mark.parametrize(
    ("part", "written"),
    [
        (0.0, "0 %"),
        (0.0001, "less than 0.1 %"),
        (0.001, "0.1 %"),
        (0.5, "50 %"),
        (0.999, "99.9 %"),
        (0.9999, "more than 99.9 %"),
        (1.0, "100 %"),
    ],
)
def test_a_share_is_neither_rounded_to_nothing_nor_to_all(part, written):
    """One failure among a million is not 0 %, and all but one are not 100 %."""
    assert words.share(part) == written
    assert words.brief_share(part) == written.replace("less than", "<").replace("more than", ">")


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (59, "less than a minute"),
        (60, "1 minute"),
        (3599, "59 minutes"),
        (3600, "1 hour"),
        (47.9 * 3600, "47 hours"),
        (48 * 3600, "2 days"),
    ],
)
def test_a_duration_is_in_the_largest_unit_that_says_enough(seconds, written):
    """Up to two days in hours: a day and a half is not a day."""
    assert words.span(seconds) == written


def test_a_moment_has_its_date_unless_it_is_today():
    """To the second, where several events are listed."""
    now = 1_763_806_500.0  # 22 November 2025, 10:15 UTC
    assert words.stamp(now - 61, now) == "10:13:59"
    assert words.stamp(now - 86400, now) == "21 Nov 10:15:00"


@pytest.mark.parametrize(
    ("sources", "grammars", "written"),
    [
        (1, [], "1 source"),
        (2, ["mesibo", "mesibo"], "2 sources, grammar mesibo"),
        (2, ["mesibo", "other"], "2 sources, grammars mesibo, other"),
    ],
)
def test_what_is_followed_names_each_grammar_once(sources, grammars, written):
    """A webhook has none."""
    assert words.followed(sources, grammars) == written


def test_of_many_names_the_first_are_listed_with_how_many_more_there_are():
    """Up to eight are all listed; nobody can take a list that was cut for the whole."""
    letters = "jihgfedcba"
    assert words.names(letters[2:]) == "a, b, c, d, e, f, g, h"
    assert words.names(letters, "; ") == "a; b; c; d; e; f; g and 3 more"


def test_numbers_are_listed_in_the_order_of_numbers():
    """A code of four digits does not come before one of two."""
    assert words.names([1000, 13, -7, 913]) == "-7, 13, 913, 1000"
