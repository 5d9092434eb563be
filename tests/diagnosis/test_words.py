"""What is said of a cause, and how heavy it is, by its entry in the catalogue alone."""

import pytest

from logwatch.catalogue import Catalogue
from logwatch.diagnosis import weight, words

CATALOGUE = Catalogue.load()


@pytest.mark.parametrize(
    ("platform", "codes", "said"),
    [
        ("fcm", {"777", "778"}, "The push service refuses pushes with code 777, 778, whose meaning is not documented"),
        ("apns", {"998"}, "mesibo refuses pushes with code 998, whose meaning is not documented"),
        ("fcm", {"413"}, "Payload too large (code 413)"),
    ],
)
def test_a_cause_without_words_of_its_own_has_its_code(platform, codes, said):
    """A code that nobody has documented is said to be one, and by whom pushes are refused."""
    assert words.cause(CATALOGUE.classify(platform, int(min(codes))), codes) == said


@pytest.mark.parametrize(
    ("platform", "code", "severity"), [("fcm", 503, "critical"), ("fcm", 429, "warning"), ("apns", 914, "warning")]
)
def test_a_rate_limit_is_no_outage_even_if_it_holds_back_all(platform, code, severity):
    """Whoever sends too much sends less; nothing is broken that would have to be mended at night."""
    assert weight.weigh(CATALOGUE.classify(platform, code), 1.0, total=True, over=False).severity == severity
