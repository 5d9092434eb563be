"""What is said of a cause, and how heavy it is, by its entry in the catalogue alone."""

import pytest

from logwatch.catalogue import Catalogue
from logwatch.diagnosis import weight, words
from logwatch.diagnosis.facts import Facts, Finding
from logwatch.ledger.timeline import Timeline
from logwatch.words import marked_moment

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


def test_failures_are_ranked_by_whether_somebody_has_to_act_and_how_much_fails():
    """All pushes before many, many before few; dead tokens and limits need a larger share; what is over comes late."""
    ranked = [
        ("apns", 903, 1.0, True, False, "critical"),
        ("fcm", 503, 1.0, True, False, "critical"),
        ("apns", 903, 0.05, False, False, "critical"),
        ("apns", 998, 1.0, True, False, "critical"),
        ("fcm", 503, 0.05, False, False, "warning"),
        ("apns", 998, 0.05, False, False, "warning"),
        ("fcm", 429, 1.0, True, False, "warning"),
        ("fcm", 404, 0.2, False, False, "warning"),
        ("apns", 903, 0.04, False, False, "critical"),
        ("apns", 998, 0.04, False, False, "warning"),
        ("apns", 903, 0.04, False, True, "warning"),
        ("fcm", 0, 0.04, False, False, "info"),
        ("fcm", 429, 0.19, False, False, "info"),
        ("fcm", 404, 0.19, False, True, "info"),
    ]
    ranks = [
        weight.weigh(CATALOGUE.classify(platform, code), share, total=total, over=over)
        for platform, code, share, total, over, _ in ranked
    ]
    assert [rank.severity for rank in ranks] == [severity for *_, severity in ranked]
    assert [rank.weight for rank in ranks] == sorted({rank.weight for rank in ranks}, reverse=True)


def test_a_finding_keeps_the_moments_of_its_sentences():
    """The page writes them as times, and nobody sees their marks."""
    said = f"Since {marked_moment(60.0, '00:01')} it fails."
    finding = Finding(
        "k", weight.EXPIRED, said, "yours", "Mend it.", evidence=(f"Last {marked_moment(90.0, '00:02')}.",)
    )
    assert (finding.title, finding.evidence) == ("Since 00:01 it fails.", ("Last 00:02.",))
    assert finding.moments == (("00:01", 60.0), ("00:02", 90.0))


@pytest.mark.parametrize(("key", "small"), [("few:token", True), ("few-alone:token", False), ("x:few:", False)])
def test_what_comes_every_day_in_small_numbers_is_small(key, small):
    """Unless there is nothing else, in which case it is shown as what it is."""
    assert Finding(key, weight.EXPIRED, "a", "b", "c").small is small


@pytest.mark.parametrize("width", [60, 900, 3600, 7])
def test_results_over_time_are_those_of_the_width_that_is_asked_for(width):
    """What is not there is empty."""
    kept = [Timeline(each) for each in (60, 900, 3600)]
    facts = Facts(0.0, CATALOGUE, None, {}, minutes=kept[0], quarters=kept[1], before=(kept[2],))
    found = facts.timeline(width)
    assert (found.width, any(found is each for each in kept)) == (width, width != 7)
