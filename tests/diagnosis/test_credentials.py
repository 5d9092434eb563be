"""What is told of credentials before a push shows it: the nearer the date, the louder."""

from types import MappingProxyType

import pytest

from logwatch.catalogue import Catalogue
from logwatch.credentials.verdict import Topic, Verdict, flaw
from logwatch.diagnosis.facts import Facts
from logwatch.diagnosis.find import diagnose
from logwatch.ledger.snapshot import Snapshot

NOW = 1_763_806_500.0  # 22 November 2025, 10:15 UTC
DAY = 86400.0
NOTHING = Snapshot(NOW, MappingProxyType({}), MappingProxyType({}), MappingProxyType({}))


def told(**fields):
    verdict = Verdict(
        **{
            "name": "ios",
            "file": "/etc/mesibo-logwatch/secrets/a b.p12",
            "provider": "apns",
            "form": "Apple push certificate in a .p12",
            "bundle_id": "com.example.chat",
            "topics": (Topic("com.example.chat", "app"),),
            "not_after": NOW + 300 * DAY,
        }
        | fields
    )
    return diagnose(Facts(NOW, Catalogue.load(), NOTHING, {}, credentials=[verdict]))


@pytest.mark.parametrize(
    ("days", "severity", "words"),
    [
        (30.01, None, ""),
        (
            30,
            "warning",
            "in 30 days: every iOS push of com.example.chat will fail with 903 from 22 December",
        ),
        (
            12,
            "warning",
            "every iOS push of com.example.chat will fail with 903 from 4 December 2025, 10:15 UTC",
        ),
        (7, "critical", "in 7 days"),
        (1, "critical", "in 1 day:"),
        (0.5, "critical", "in less than a day"),
        (0, "critical", "has expired: every iOS push of com.example.chat fails with 903 since 22 November 2025, 10:15"),
        (-400, "critical", "since 18 October 2024"),
    ],
)
def test_a_nearer_expiry_is_a_more_severe_finding(days, severity, words):
    """Nothing above 30 days, a warning from there, critical from 7 days on, with the day and the code."""
    mine = [finding for finding in told(not_after=NOW + days * DAY) if finding.key == "expiry:ios"]
    if severity is None:
        assert mine == []
        return
    (finding,) = mine
    assert finding.severity == severity
    assert words in finding.title
    assert (finding.code, finding.steps) == (903, (1, 8))
    assert finding.cause == f"The Apple push certificate ios {'was about to expire' if days > 0 else 'had expired'}"


def test_the_date_counts_and_not_the_hour_old_look():
    """A certificate that ran out since the last look is reported as expired, once."""
    keys = [finding.key for finding in told(not_after=NOW - 60, flaws=(flaw("expired", "It expired."),))]
    assert keys.count("expiry:ios") == 1
    assert "credential:ios" not in keys


def test_a_problem_is_a_finding_with_its_code_its_remedy_and_the_command():
    """The finding names the code, what to do, and the command that checks the file; a note is no finding."""
    finding = told(flaws=(flaw("development", "It is for development only."), flaw("no_key", "No key.", "note")))[0]
    assert (finding.code, finding.severity) == (905, "warning")
    assert "(code 905): It is for development only." in finding.title
    assert "`mesibo-logwatch credentials check '/etc/mesibo-logwatch/secrets/a b.p12'`" in finding.remedy
    assert not [f for f in told(flaws=(flaw("no_key", "No key.", "note"),)) if f.key.startswith("credential")]


def test_what_cannot_be_watched_says_how_it_can():
    """A missing library is reported with the command that installs it, below everything that is about pushes."""
    finding = told(not_after=None, flaws=(flaw("not_checked", "The library is not installed."),))[0]
    assert "cannot be watched" in finding.title
    assert "pip install 'mesibo-logwatch[credentials]'" in finding.remedy


@pytest.mark.parametrize(
    ("kinds", "code", "said"),
    [
        ([("unreadable", None)], None, "cannot be watched: A. "),
        ([("unreadable", None), ("locked", 904)], 904, "will not work as it is (code 904): A. "),
    ],
)
def test_a_credential_that_cannot_be_looked_into_is_not_said_to_be_wrong(kinds, code, said):
    """Without a code that it would cause nothing is known of it, and a test push would show nothing about the file."""
    flaws = tuple(flaw(kind, "A.", code=code) for kind, code in kinds)
    (found,) = (each for each in told(not_after=None, flaws=flaws) if each.key == "credential:ios")
    assert said in f"{found.title} "
    assert (found.code, "push test USER" in found.remedy) == (code, code is not None)


def test_a_certificate_of_no_app_is_named_by_its_subject():
    """As is one whose extension cannot be read."""
    (found,) = (
        each for each in told(bundle_id="", subject="Apple Push Services", not_after=NOW) if each.key == "expiry:ios"
    )
    assert "every iOS push of Apple Push Services fails" in found.title
