"""Incidents as they are shown: how long, whom they hit, and where their failures are."""

from dataclasses import replace

import pytest

from logwatch.catalogue import Catalogue
from logwatch.config import Config
from logwatch.diagnosis.facts import Finding, Rank
from logwatch.ledger.incidents import Incident
from logwatch.ledger.keys import ResultRow
from logwatch.web.incidents import NumberedIncident, link, numbered, up_to_now
from logwatch.web.overview import Lists, overview
from tests.helpers.story import Story

NOW = 1_763_806_500.0  # 22 November 2025, 10:15 UTC
EXPIRED = ResultRow("mesibo", "apns", "903", "")
INCIDENT = Incident("k", "critical", "Expired", "yours", (EXPIRED,), NOW - 3600, NOW - 60, pushes=5, number=1)


@pytest.mark.parametrize(
    ("began", "ended", "moments", "lasted"),
    [
        (NOW - 600, None, ("10:05", "10:15"), "going on"),
        (NOW - 600, NOW - 540, ("10:05", "10:06"), "1 minute"),
        (NOW - 6900, NOW - 60, ("08:20", "10:14"), "1 h 54 min"),
        (NOW - 90_000, NOW - 86_400, ("21 November, 09:15", "10:15"), "1 h 00 min"),
        (NOW - 90_000, NOW - 43_200, ("21 November, 09:15", "22:15"), "13 h 00 min"),
        (NOW - 90_000, NOW - 3600, ("21 November, 09:15", "22 November, 09:15"), "24 h 00 min"),
        (NOW - 864_000, NOW - 3600, ("12 November, 10:15", "22 November, 09:15"), "9 days"),
    ],
)
def test_begin_and_end_are_shown_with_a_date_if_one_is_needed(began, ended, moments, lasted):
    """Today needs none; the end needs one where it is on another day than the begin."""
    each = NumberedIncident("1", replace(INCIDENT, began=began, ended=ended), "")
    assert (each.moments(NOW), each.lasted) == (moments, lasted)


@pytest.mark.parametrize(
    ("change", "cost"),
    [
        ({}, "5 pushes"),
        ({"pushes": 1, "users": 1, "apps": 1}, "1 push, 1 user in 1 app"),
        ({"pushes": 1188, "users": 396, "apps": 2}, "1,188 pushes, 396 users in 2 apps"),
        ({"users": 396, "apps": 1, "app_names": ("6035",)}, "5 pushes, 396 users in app 6035"),
        ({"users": 9, "apps": 2, "app_names": ("6035", "6036")}, "5 pushes, 9 users in 2 apps (6035, 6036)"),
        ({"apps": 5, "app_names": ("1", "2", "3")}, "5 pushes, 5 apps (1, 2, 3, …)"),
        ({"users": 10_000}, "5 pushes, 10,000 or more users"),
        ({"rows": (), "pushes": 0}, ""),
        ({"rows": (), "pushes": 7}, "7 lines"),
    ],
)
def test_the_cost_is_shown_as_far_as_it_is_known(change, cost):
    """Pushes, users and apps, few of these by name; of a log that could not be read, lines."""
    assert NumberedIncident("1", replace(INCIDENT, **change), "").cost == cost


@pytest.mark.parametrize(
    ("rows", "query"),
    [
        ((), ""),
        ((EXPIRED,), "code=903&platform=apns&source=mesibo"),
        ((EXPIRED, ResultRow("m2", "apns", "903", "")), "code=903&platform=apns"),
        ((ResultRow("m", "fcm", "other", ""),), "platform=fcm&source=m&class=unknown"),
        ((ResultRow("m", "fcm", "404", "UNREGISTERED"),), "code=404&reason=UNREGISTERED&platform=fcm&source=m"),
        (
            (ResultRow("m", "fcm", "500", "INTERNAL"), ResultRow("m", "fcm", "503", "UNAVAILABLE")),
            "platform=fcm&source=m&class=provider_fault",
        ),
        (
            (ResultRow("m", "fcm", "401", "UNAUTHENTICATED"), ResultRow("m", "fcm", "403", "UNAUTHENTICATED")),
            "reason=UNAUTHENTICATED&platform=fcm&source=m&class=credential",
        ),
        (
            (ResultRow("m", "fcm", "503", "UNAVAILABLE"), ResultRow("m", "fcm", "404", "UNREGISTERED")),
            "platform=fcm&source=m",
        ),
    ],
)
def test_the_failures_of_an_incident_are_a_filter_of_the_error_log(rows, query):
    """By code where there is one, by class where there are several, from its begin to its end."""
    since = "from=2025-11-22T09%3A15%3A00Z"
    assert link(replace(INCIDENT, rows=rows), Catalogue.load()) == (f"{query}&{since}" if query else "")
    if rows:
        over = link(replace(INCIDENT, rows=rows, ended=NOW - 60.5), Catalogue.load())
        assert over == f"{query}&{since}&to=2025-11-22T10%3A14%3A00Z"


def test_what_has_just_begun_is_there_before_the_ledger_has_it():
    """The list goes by the findings of the moment: nobody waits for the next look of the recorder."""
    finding = Finding("k2", Rank(0, "critical"), "New", "yours", "Mend it.", since=NOW - 5, last=NOW - 1, pushes=2,
                      rows=(ResultRow("mesibo", "fcm", "401", ""),))  # fmt: skip
    old = replace(INCIDENT, number=2, began=NOW - 20 * 86_400, ended=NOW - 19 * 86_400)
    found = up_to_now([INCIDENT, old], [finding], Story().facts())
    assert [(each.title, each.number, each.ended) for each in found] == [
        ("New", 0, None), ("Expired", 1, NOW - 60), ("Expired", 2, NOW - 19 * 86_400)
    ]  # fmt: skip
    assert [each.label for each in numbered(found, Catalogue.load())] == ["1", "2", "3"]


def test_an_incident_that_goes_on_has_the_pushes_of_now():
    """Its row and the finding above it have the same number, also between two looks of the recorder."""
    story = Story().ordinary(60).incident("apns", 903, minutes=10)
    (finding,) = [each for each in story.findings() if EXPIRED in each.rows]
    known = replace(INCIDENT, began=finding.since, ended=None, pushes=5)
    (found,) = up_to_now([known], [finding], story.facts())
    assert found.pushes == finding.pushes == 220


@pytest.mark.parametrize(
    ("ended", "numbers"),
    [(None, [1]), (NOW - 60, [1]), (NOW - 86_300, [1]), (NOW - 86_500, [0, 1])],
)
def test_what_is_found_again_is_the_incident_that_the_recorder_takes_it_for(ended, numbers):
    """An incident of the last day goes on, and is listed once; one that ended earlier stays over."""
    finding = Finding("k", Rank(0, "critical"), "Again", "yours", "Mend it.", since=NOW - 90_000, last=NOW - 1,
                      rows=(EXPIRED,))  # fmt: skip
    found = up_to_now([replace(INCIDENT, began=NOW - 100_000, ended=ended)], [finding], Story().facts())
    assert [each.number for each in found] == numbers
    assert found[0].ended is None


def test_findings_that_share_an_incident_both_lead_to_it():
    """One fault on two platforms that goes on differently is two findings, each with whom the fault has hit."""
    story = Story().ordinary(60, without=("fcm",)).incident("fcm", 904, minutes=50)
    story.incident("apns", 904, minutes=50)
    rows = tuple(ResultRow("mesibo", platform, "904", "") for platform in ("apns", "fcm"))
    known = replace(INCIDENT, key="before", rows=rows, users=7, began=NOW - 3000, ended=None)
    seen = overview(story.facts(), Config(), Lists(incidents=[known]))
    split = [finding for finding in seen.findings if finding.code == 904]
    assert len(split) == 2
    assert [seen.incident(finding).incident.users for finding in split] == [7, 7]
    assert {each["users"] for each in seen.as_dict()["findings"] if each["code"] == 904} == {7}
    assert {each["users"] for each in seen.as_dict()["findings"] if each["code"] != 904} == {0}


def test_a_finding_leads_to_the_incident_that_goes_on():
    """Not to one with a part of its results that began later and is over."""
    story = Story().ordinary(600, until=54)
    story.ordinary(54, without=("apns",)).incident("apns", 903)
    goes_on = replace(INCIDENT, began=NOW - 54 * 60, ended=None)
    over = replace(INCIDENT, began=NOW - 900, ended=NOW - 600, number=2)
    seen = overview(story.facts(), Config(), Lists(incidents=(over, goes_on)))
    shown = seen.incident(seen.findings[0])
    assert (shown.incident.number, shown.lasted) == (1, "going on")
