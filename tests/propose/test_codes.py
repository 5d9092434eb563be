"""Which numbers may be codes: far more of them are in the catalogue than by chance."""

import pytest

from logwatch.propose.codes import CatalogueWords, CodeCandidate, complementary, fits

KNOWN = CatalogueWords(frozenset({0, 200, 404, 410, 903}), frozenset())


@pytest.mark.parametrize(
    ("key", "values", "fit"),
    [
        ("x", (200, 410, 200, 410), True),
        ("x", (200, 410, 200, 410, 5), True),
        ("x", (200, 410, 200, 5), False),
        ("x", (200,) * 4, False),
        ("code", (200,) * 4, True),
        ("retries", (200,) * 4, False),
        ("x", (200, 410, None, None), True),
        ("x", (200, 410, None, None, None), False),
        ("code", (200,), False),
        ("", (200,) * 4, True),
        ("", (200, 200, 200, None), False),
        ("", (0,) * 4, False),
        ("", (0, 200, 0, 0), True),
        ("errors", (0,) * 4, False),
        ("rc", (0,) * 4, True),
        ('"Code"', (0,) * 4, True),
    ],
)
def test_a_word_or_place_fits_if_its_numbers_are_codes(key, values, fit):
    """Different codes, or one behind a word for results, or one on every line; a 0 alone needs a result's own name."""
    assert fits(CodeCandidate(key, "=", None if key else -1, values), KNOWN) == fit


@pytest.mark.parametrize(
    ("words", "group"),
    [
        ({"ok": (200, 200, 200, None, None, None), "failed": (None, None, None, 410, 404, 410)}, ["ok", "failed"]),
        ({"ok": (200, 200, 200, 200, None, None), "failed": (None, None, None, 410, 404, 410)}, []),
        ({"ok": (200, 200, 200, None, None, None), "failed": (None, None, None, 200, 200, 200)}, []),
        ({"ok": (200, 200, 200, None, None, None), "port": (None, None, None, 410, 404, 410)}, []),
        ({"ok": (200, 200, 200, None, None, None), "failed": (None, None, None, 410, 404, None)}, []),
        ({"ok": (200, 200, 200, 410, 404, 410)}, []),
    ],
)
def test_two_words_announce_the_code_if_each_line_has_one_of_them(words, group):
    """Never both, never a word for something else, and with different codes on nearly all lines."""
    found = complementary([CodeCandidate(key, "=", None, values) for key, values in words.items()], KNOWN)
    assert [each.key for each in found] == group
