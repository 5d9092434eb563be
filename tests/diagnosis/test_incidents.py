"""For each incident that an operator may meet, the first finding names its cause."""

import re
from dataclasses import replace

import pytest

from logwatch.diagnosis.facts import SourceSetup
from logwatch.diagnosis.find import diagnose
from logwatch.errors import Problem
from logwatch.ledger.batch import CounterRow
from logwatch.ledger.buckets import MINUTE
from logwatch.ledger.keys import ResultRow
from logwatch.ledger.timeline import Timeline
from logwatch.mesibo_conf import PushLogging
from logwatch.model import Seen, SourceStatus
from tests.helpers.story import NOW, UP, Story

PLATFORM_WIDE = [
    ("apns", 901, "", "not configured", "yours"),
    ("apns", 902, "", "switched off", "mesibo"),
    ("apns", 903, "", "certificate has expired", "yours"),
    ("apns", 904, "", "cannot use the Apple push certificate", "yours"),
    ("apns", 905, "", "development certificate", "yours"),
    ("apns", 911, "", "suspect the app build", "yours, in the app"),
    ("apns", 912, "", "another app (bundle ID)", "yours"),
    ("apns", 913, "", "content of pushes is malformed", "yours, in the app"),
    ("fcm", 401, "UNAUTHENTICATED", "Google refuses the credentials", "yours"),
    ("fcm", 401, "", "Google refuses the credentials", "yours"),
    ("fcm", 403, "SENDER_ID_MISMATCH", "Firebase project", "yours"),
    ("fcm", 403, "PERMISSION_DENIED", "service account may not send", "yours"),
    ("fcm", 400, "INVALID_ARGUMENT", "Google refuses requests", "yours, in the app"),
    ("fcm", 503, "UNAVAILABLE", "Google's push service fails", "Google"),
    ("fcm", 500, "INTERNAL", "Google's push service fails", "Google"),
    ("apns", 503, "ServiceUnavailable", "Apple's push service fails", "Apple"),
    ("apns", 400, "BadDeviceToken", "sandbox and production", "yours, in the app"),
    ("apns", 400, "DeviceTokenNotForTopic", "another app (bundle ID)", "yours"),
    ("apns", 400, "TopicDisallowed", "may not push to this app", "yours"),
    ("apns", 403, "BadCertificateEnvironment", "other environment", "yours"),
    ("apns", 403, "BadCertificate", "Apple refuses the push certificate", "yours"),
    ("apns", 413, "PayloadTooLarge", "larger than Apple accepts", "yours, in the app"),
    ("unknown", 0, "", "this host's way out", "yours"),
    ("apns", 977, "", "977, whose meaning is not documented", "mesibo"),
]  # fmt: skip


@pytest.mark.parametrize(("platform", "code", "reason", "words", "side"), PLATFORM_WIDE)
def test_an_incident_that_stops_a_platform_is_the_first_finding(platform, code, reason, words, side):
    """After half a day of ordinary pushes one platform fails for 54 minutes: cause, side, begin and number are told."""
    story = Story().ordinary(600, until=54)
    story.ordinary(54, without=("fcm", "apns") if platform == "unknown" else (platform,))
    first = story.incident(platform, code, reason).findings()[0]
    assert words in first.title
    assert first.severity == "critical"
    assert re.search("since 09:2[12] ", first.title)
    assert first.side == side
    assert first.pushes >= 54 * 22
    assert first.code == code
    assert first.remedy
    assert str(code) in first.evidence[0]


@pytest.mark.parametrize(
    ("platform", "code", "reason", "words"),
    [
        ("fcm", 914, "", "mesibo's per-user limit"),
        ("fcm", 429, "QUOTA_EXCEEDED", "Google's sending quota"),
        ("apns", 429, "TooManyRequests", "Apple's limit per device"),
        ("fcm", 404, "UNREGISTERED", "apps that are gone"),
        ("apns", 410, "Unregistered", "apps that are gone"),
    ],
)
def test_a_wave_beside_accepted_pushes_is_the_first_finding_but_no_catastrophe(platform, code, reason, words):
    """Limits and dead tokens in numbers far above the usual come first, as a warning."""
    story = Story().ordinary(600).incident(platform, code, reason, rate=60)
    first = story.findings()[0]
    assert words in first.title
    assert first.severity == "warning"


def test_certificate_expiry_reads_as_an_operator_would_say_it():
    """Cause, platform, begin and number stand in one sentence."""
    story = Story().ordinary(600, until=54).ordinary(54, without=("apns",)).incident("apns", 903)
    first = story.findings()[0]
    assert first.title == "The Apple push certificate has expired: every iOS push since 09:22 has failed (1,188)."
    assert first.steps == (1, 8)
    assert any("Nothing of the same platform was accepted since." in line for line in first.evidence)


def test_what_stops_both_platforms_is_counted_on_both():
    """The number in the sentence is that of all the pushes that it speaks of."""
    story = Story().ordinary(600, until=54).ordinary(54, without=("apns", "fcm"))
    first = story.incident("apns", 901, rate=22).incident("fcm", 901, rate=30).findings()[0]
    assert "every iOS and Android push since 09:22 has failed (2,808)" in first.title
    assert first.pushes == 2808


def test_what_fails_between_accepted_pushes_is_not_every_push():
    """Where one app of several fails, its pushes of a minute are no row of failures behind the last accepted one."""
    story = Story().ordinary(600, until=1)
    for ago in range(30, 0, -1):
        story.pushes("apns", 912, 60, ago, seconds=55)  # ordinary ones are accepted up to the fiftieth second
    first = story.findings()[0]
    assert first.code == 912
    assert "every" not in first.title
    assert not any("Nothing of the same platform" in line for line in first.evidence)


def test_where_one_source_fails_it_is_not_every_push():
    """What the pushes of one source have in common says nothing of those of another, which are accepted meanwhile."""
    story = Story().ordinary(600, until=54).ordinary(54, without=("apns",)).incident("apns", 903)
    story.status["eu"] = story.status["mesibo"]
    for ago in range(54, 0, -1):
        story.pushes("apns", 200, 60, ago, source="eu")
    first = story.findings()[0]
    assert "every iOS push of source mesibo since 09:22 has failed (1,188)" in first.title
    assert "Nothing of the same platform of source mesibo was accepted since." in first.evidence
    assert "Seen in mesibo." in first.evidence


def test_an_incident_that_began_before_the_last_hour_keeps_its_begin():
    """The begin is looked for in the last day."""
    story = Story().ordinary(700, until=300).ordinary(300, without=("apns",)).incident("apns", 903, minutes=300)
    assert "since 05:16 has failed (1,342 in the last hour)" in story.findings()[0].title


@pytest.mark.parametrize(("days", "logged"), [(2, "20 November"), (6, "16 November"), (20, "2 November")])
def test_an_outage_of_days_keeps_its_begin(days, logged):
    """What began long before the last day is said to have begun then, and not a day ago."""
    ago = days * 1440
    story = Story()
    for minutes in range(ago + 600, -1, -1 if days < 3 else -10):
        story.pushes("fcm", 200, 2, minutes)
        story.pushes("apns", 903 if minutes <= ago else 200, 2, minutes)
    first = story.finding("mesibo_certificate_expired:apns")
    assert first.since == NOW - ago * 60
    assert f"every iOS push since 10:15 on {logged} has failed" in first.title
    assert f"The first of this run was logged at 10:15 UTC on {logged}." in first.evidence


def test_a_run_of_days_begins_after_the_last_accepted_push():
    """That one came more than a day ago among failures of the same cause: only what came after it has all failed."""
    story = Story()
    for minutes in range(4000, -1, -2):
        story.pushes("apns", 200 if minutes == 2000 else 903, 2, minutes)
    assert story.finding("mesibo_certificate_expired:apns").since == NOW - 2000 * 60 + 50


def test_a_wave_of_days_begins_where_the_usual_failures_rose():
    """Dead tokens come every day: since they are many is what is told, though that is days ago."""
    story = Story()
    for minutes in range(8 * 1440, -1, -10):
        story.pushes("fcm", 200, 20, minutes)
        story.pushes("fcm", 404, 20 if minutes <= 3 * 1440 else 1, minutes, "UNREGISTERED")
    (told,) = (finding for finding in story.findings() if finding.rows)
    assert abs(told.since - (NOW - 3 * 86400)) <= 3600
    assert "when its share rose from 4.8 % to 49.9 %" in told.evidence[1]


def test_a_time_past_all_calendars_costs_no_finding():
    """What a ledger may hold of a broken stamp is reported as one that is ahead, among all others."""
    story = Story().ordinary(60)
    story.results[ResultRow("mesibo", "apns", "200", "")].last = 253402343999.1
    assert {"ahead:mesibo", "accepted"} <= {finding.key for finding in story.findings()}


def test_an_incident_that_is_over_is_reported_as_over_and_not_as_critical():
    """A fault that is over stays on the page, but is not critical any more."""
    story = Story().ordinary(600)
    for ago in range(50, 30, -1):
        story.pushes("apns", 903, 22, ago)
    told = next(finding for finding in story.findings() if finding.code == 903)
    assert "it ended at 09:44: 440 iOS pushes had failed." in told.title
    assert told.severity == "warning"


def outage(platform, code, reason, begin, end):
    """Return a story of a usual day on which all of a platform fails from ``begin`` to ``end`` minutes ago."""
    story = Story().ordinary(700, until=begin).ordinary(begin - end, until=end, without=(platform,)).ordinary(end)
    for ago in range(begin - 1, end - 1, -1):
        story.pushes(platform, code, 100, ago, reason)
    return story


@pytest.mark.parametrize(
    ("platform", "code", "reason"),
    [
        ("fcm", 503, "UNAVAILABLE"),
        ("fcm", 429, "QUOTA_EXCEEDED"),
        ("apns", 410, "Unregistered"),
        ("apns", 911, ""),
    ],
)
@pytest.mark.parametrize(("begin", "end"), [(50, 30), (30, 8), (57, 40), (300, 20)])
def test_an_incident_is_over_when_only_the_usual_failures_still_come(platform, code, reason, begin, end):
    """Single failures with the code of the incident, as on any day, neither keep it up nor put off its end."""
    told = next(finding for finding in outage(platform, code, reason, begin, end).findings() if finding.code == code)
    assert told.severity == "warning"
    assert told.ended == pytest.approx(NOW - 60 * end, abs=60)
    assert told.since == pytest.approx(NOW - 60 * begin, abs=120)
    assert "; it ended at " in told.title
    assert re.search(r"rose from [\d.]+ % to 9\d.*, and fell to [\d.]+ % at ", " ".join(told.evidence))


def test_a_fault_of_two_platforms_fell_when_the_last_of_them_did():
    """Time and share are those of the same platform: here of Android, ten minutes after iOS, where more come always."""
    story = Story().ordinary(700, until=50).ordinary(20, until=30, without=("fcm", "apns"))
    story.ordinary(10, until=20, without=("fcm",)).ordinary(20)
    for ago in range(700):
        story.pushes("fcm", 911, 50 if 20 <= ago < 50 else 3, ago)
        story.pushes("apns", 911, 200 if 30 <= ago < 50 else 0, ago)
    (told,) = (finding for finding in story.findings() if finding.code == 911)
    assert {row.platform for row in told.rows} == {"apns", "fcm"}
    assert told.ended == pytest.approx(NOW - 60 * 20, abs=60)
    (share,) = re.findall(r"and fell to ([\d.]+) % at 09:5[56]", " ".join(told.evidence))
    assert float(share) == pytest.approx(2.8, abs=0.5)  # of iOS it is none


def test_an_incident_is_not_over_in_the_first_minutes_of_quiet():
    """A pause may be chance: only after five minutes with the usual failures alone is it said to have ended."""
    told = next(finding for finding in outage("fcm", 503, "UNAVAILABLE", 50, 3).findings() if finding.code == 503)
    assert told.ended is None
    assert "it ended" not in told.title


def test_an_incident_that_goes_on_at_a_lower_share_is_not_over():
    """Ten times the failures of an ordinary day are left: it has become less, and did not end."""
    story = outage("fcm", 503, "UNAVAILABLE", 50, 30)
    for ago in range(29, -1, -1):
        story.pushes("fcm", 503, 4, ago, "UNAVAILABLE")
    first = story.findings()[0]
    assert first.ended is None
    assert "it ended" not in first.title


def test_what_only_a_small_app_still_meets_is_not_over():
    """A code that never came before is no noise, however few pushes it is left with when the large app is mended."""
    story = outage("apns", 912, "", 50, 30)
    for ago in range(29, -1, -1):
        story.pushes("apns", 912, 1, ago)
    first = story.findings()[0]
    assert first.severity == "critical"
    assert first.ended is None


def test_of_an_incident_that_is_over_the_pushes_of_the_last_hour_are_called_that():
    """What came before the hour is not among them; the list of incidents has all."""
    story = Story().ordinary(600)
    for ago in range(90, 30, -1):
        story.pushes("apns", 903, 22, ago)
    told = next(finding for finding in story.findings() if finding.code == 903)
    assert "it ended at 09:44: 660 iOS pushes of the last hour had failed." in told.title


def test_one_app_of_several_with_an_expired_certificate_is_reported_with_its_share():
    """While other iOS pushes are accepted nobody claims that every push fails."""
    first = Story().ordinary(600).incident("apns", 903, rate=10).findings()[0]
    assert "540 of " in first.title
    assert "every" not in first.title


def test_on_an_ordinary_day_the_first_finding_says_that_the_trouble_is_beyond():
    """Nearly all is accepted: whoever misses pushes is told what to check on Android and iOS (Step 9)."""
    first = Story().ordinary(600).findings()[0]
    assert first.key == "accepted"
    assert first.steps == (9,)
    assert "Nearly all" in first.title
    assert "battery" in first.remedy
    assert "Low Power Mode" in first.remedy


def test_everyday_failures_are_one_finding_a_class_in_an_order_that_stays():
    """The most frequent come first, of equally many always the same: a page does not change with a restart."""
    story = Story()
    for ago in range(30):
        story.pushes("fcm", 200, 20, ago)
        story.pushes("apns", 200, 20, ago)
    for platform, code, count, reason in (
        ("fcm", 404, 2, "UNREGISTERED"), ("apns", 410, 2, "Unregistered"), ("apns", 400, 1, "PayloadEmpty"),
        ("apns", 413, 3, "PayloadTooLarge"), ("fcm", 914, 1, ""),
    ):  # fmt: skip
        story.pushes(platform, code, count, 5, reason)
    assert story.finding("few:rate_limited").title == "1 push was held back by rate limits (less than 0.1 % of all)."
    assert story.finding("few:payload").title == "4 pushes were refused for their content (0.3 % of all)."
    assert [line.split(":")[0] for line in story.finding("few:payload").evidence] == [
        "3 iOS pushes with 413 PayloadTooLarge",
        "1 iOS push with 400 PayloadEmpty",
    ]
    assert [line.split(":")[0] for line in story.finding("few:token").evidence] == [
        "2 iOS pushes with 410 Unregistered",
        "2 Android pushes with 404 UNREGISTERED",
    ]


def test_small_numbers_on_both_platforms_are_on_either_providers_side():
    """A code that both Google and Apple answered with is not on the side of one of them; of one alone it is."""
    story = Story().ordinary(60)
    story.pushes("fcm", 777, 2, 40)
    assert story.finding("few:unknown").side == "Google"
    story.pushes("apns", 777, 2, 40)
    assert story.finding("few:unknown").side == "Google or Apple"
    story.pushes("fcm", 778, 1, 40)
    assert story.finding("few:unknown").side == "Google or Apple"


def test_all_200_says_all():
    """Without any failure it says so."""
    story = Story()
    for ago in range(30):
        story.pushes("unknown", 200, 5, ago)
    (only,) = story.findings()
    assert only.title.startswith("All pushes are accepted")


def test_silence_after_steady_traffic_is_the_first_finding():
    """A source that pushed all day and stopped is reported with the time of its last push."""
    first = Story().ordinary(600, until=40).findings()[0]
    assert "no push since 09:" in first.title
    assert "mesibo still logs" in first.remedy


def test_silence_of_the_whole_log_points_at_mesibo_itself():
    """When nothing else is logged either, mesibo or its log's place is the suspect."""
    story = Story().ordinary(600, until=40)
    story.read_at = NOW - 2400
    assert "check whether mesibo is running" in story.findings()[0].remedy


@pytest.mark.parametrize(
    ("hours", "severity", "since"),
    [
        (23, "critical", "11:14 on 21 November (23 hours)"),
        (25, "warning", "09:14 on 21 November"),
        (150, "warning", "04:14 on 16 November"),
        (200, None, ""),
    ],
)
def test_silence_lasts_a_week_and_is_a_warning_after_a_day(hours, severity, since):
    """Nothing was mended because a day has passed; but a standby since a failover is no emergency for a week."""
    story = Story().ordinary(600, until=hours * 60 + 1, rate=20)
    found = [finding for finding in story.findings() if finding.key == "silent:mesibo"]
    assert [finding.severity for finding in found] == [severity] * len(found)
    assert bool(found) == bool(severity)
    assert all(since in finding.title for finding in found)


def test_a_source_that_seldom_pushes_is_not_called_silent():
    """A standby, or a night without users, is no finding."""
    story = Story()
    for ago in range(1200, 60, -120):
        story.pushes("fcm", 200, 1, ago)
    assert all(not finding.key.startswith("silent") for finding in story.findings())


def test_a_log_without_push_lines_names_the_setting():
    """Lines but no pushes: push logging is off."""
    first = Story().findings()[0]
    assert "push logging is probably off" in first.title
    assert "push = 1" in first.remedy


def test_a_log_out_of_reach_comes_before_everything_else():
    """What cannot be seen outweighs what was seen."""
    story = Story().ordinary(600, until=54).ordinary(54, without=("apns",)).incident("apns", 903)
    problem = Problem("/var/log/mesibo/m.log", "cannot be read", "Permission denied", "check its owner, group and mode")
    story.status = {"mesibo": SourceStatus("mesibo", False, 0, 0, False, (problem,))}  # noqa: FBT003
    first = story.findings()[0]
    assert first.title == "The log of mesibo is out of reach: /var/log/mesibo/m.log: cannot be read: Permission denied."
    assert first.remedy.startswith("Try: check its owner, group and mode. `mesibo-logwatch doctor`")
    assert (first.evidence, first.steps) == ((), ())


def test_lines_that_cannot_be_read_are_reported_with_their_share():
    """A dialect that the grammar does not know must not look like a quiet day."""
    story = Story()
    story.counters[CounterRow("mesibo", "unparsed_lines", "no_code")] = 500
    first = story.findings()[0]
    assert first.title.startswith("100 % of the push lines of mesibo cannot be read (500)")
    assert first.severity == "critical"


def test_a_reader_that_falls_behind_says_by_how_much():
    """The present is not shown yet, and the host is too slow."""
    story = Story().ordinary(60)
    story.status["mesibo"] = replace(story.status["mesibo"], lag_bytes=100 << 20)
    assert story.finding("lag:mesibo").title == "Reading mesibo is 100 MiB behind: the present is not shown yet."


def test_a_full_disk_is_the_first_finding():
    """While nothing can be committed, the first finding says that the numbers stand still, and none is good news."""
    story = Story().ordinary(60)
    story.trouble = "database or disk is full"
    found = story.findings()
    assert found[0].title.startswith("Nothing is counted now: database or disk is full.")
    assert "nothing newer is known" in next(each.title for each in found if each.key == "accepted-until")


def test_stamps_ahead_of_the_clock_name_the_time_zone():
    """Two hours ahead is a zone, or a clock."""
    story = Story().ordinary(60)
    row = ResultRow("mesibo", "fcm", "200", "")
    story.results[row] = Seen(9, NOW, NOW + 7199)
    (found,) = [finding for finding in story.findings() if finding.key == "ahead:mesibo"]
    assert "2 hours ahead" in found.title
    assert "timezone" in found.remedy


def test_a_clock_that_was_set_back_makes_no_stamp_one_that_is_ahead():
    """Lines from before a clock was set back are not reported as stamps of another time zone."""
    story = Story().ordinary(60)
    story.results[ResultRow("mesibo", "fcm", "200", "")] = Seen(9, NOW, NOW + 3599)
    story.committed_at = NOW + 3600
    assert [finding.key for finding in story.findings() if finding.key.startswith("ahead")] == []


@pytest.mark.parametrize(
    ("minutes", "told", "stamp"),
    [
        (120, "2 hours", "08:15"),
        (30, "30 minutes", "09:45"),
        (20, "", ""),
        (1500, "25 hours", "09:15 on 21 November"),
        (330, "5 hours 30 minutes", "04:45"),
    ],
)
def test_stamps_behind_the_clock_name_the_time_zone_and_are_no_silence(minutes, told, stamp):
    """Push lines that come now, stamped hours ago, are no mesibo that has stopped pushing."""
    story = Story()
    for ago in range(40):
        story.pushes("apns", 200, 10, minutes + ago)
        story.lines("", 10, ago)
    found = {finding.key: finding for finding in story.findings()}
    assert "silent:mesibo" not in found
    assert ("late:mesibo" in found) is bool(told)
    if told:
        assert f"arrive {told} after their stamps" in found["late:mesibo"].title
        assert "timezone" in found["late:mesibo"].remedy
        assert "count here as of when they came" in found["late:mesibo"].remedy
        assert found["late:mesibo"].evidence == (f"Newest stamp {stamp}, read at 10:15 UTC.",)


def test_a_code_that_has_not_come_for_hours_makes_no_stamps_late():
    """What arrives now is judged by the newest stamp of all results, not by that of each."""
    story = Story()
    for ago in range(40):
        story.pushes("apns", 200, 10, ago)
        story.lines("", 10, ago)
    story.pushes("apns", 914, 1, 180)
    assert "late:mesibo" not in {finding.key for finding in story.findings()}


def test_a_backlog_of_an_old_log_has_no_late_stamps():
    """What was logged before the start is as old as it says, and mesibo has been silent since."""
    story = Story()
    for ago in range(120, 160):
        story.pushes("apns", 200, 10, ago)
        story.lines("", 10, ago)
    keys = {finding.key for finding in story.findings()}
    assert "late:mesibo" not in keys
    assert "silent:mesibo" in keys


def test_a_stamp_that_was_ahead_once_is_reported_for_an_hour():
    """Of a clock that was wrong yesterday nobody can mend anything, and what came since says what is right now."""
    story = Story().ordinary(60)
    story.pushes("apns", 904, 1, 90)
    story.results[ResultRow("mesibo", "apns", "904", "")].last = NOW + 7200
    assert [finding.key for finding in story.findings() if finding.key.startswith("ahead")] == []


def test_a_quiet_hour_is_reported_as_such():
    """If there is nothing to report, one finding says so; a minute that began before the last hour is not in it."""
    story = Story()
    story.pushes("fcm", 200, 1, 60.5, seconds=50)
    assert [(finding.title, finding.evidence) for finding in story.findings()] == [
        ("No push was logged in the last hour.", ("The last one was logged at 09:15 UTC on 22 November.",))
    ]


def test_an_hour_whose_pushes_are_not_known_is_not_called_quiet():
    """A clock that was ahead had no minutes for them, or the ledger cannot be read: the last push tells of them."""
    story = Story()
    story.pushes("fcm", 903, 1, 2)
    facts = replace(story.facts(), minutes=Timeline(MINUTE))
    story.results[ResultRow("mesibo", "apns", "200", "")] = Seen(1, NOW + 7200, NOW + 7200)  # and a stamp ahead
    assert [(finding.title, finding.evidence) for finding in diagnose(facts)] == [
        (
            "What the last hour's pushes came to is not known now.",
            ("The last one was logged at 10:13 UTC on 22 November.",),
        )
    ]


def test_a_fault_begins_where_its_share_jumped_and_the_date_is_reported():
    """Dead tokens of every day do not make a wave at 20:06 begin at the first of them, at 10:30 the day before."""
    story = Story().ordinary(23 * 60, rate=100)
    for ago in range(849, -1, -1):  # 22 November 10:15 less 849 minutes: 21 November 20:06
        story.pushes("fcm", 404, 25, ago, "UNREGISTERED")
    first = story.findings()[0]
    assert "apps that are gone" in first.title
    began = next(line for line in first.evidence if "began" in line)
    assert re.search(r"began at 20:0[4-8] UTC on 21 November, when its share rose from \d[.\d]* % to \d\d", began)


def test_what_comes_at_the_same_rate_all_day_has_its_first_line_as_begin():
    """Without a jump nobody claims one, and the day is reported."""
    story = Story()
    for ago in range(700, -1, -1):
        story.pushes("fcm", 200, 60, ago)
        story.pushes("fcm", 404, 20, ago, "UNREGISTERED")
    told = " ".join(story.findings()[0].evidence)
    assert "The first of this run was logged at 22:35 UTC on 21 November" in told


@pytest.mark.parametrize("code", [901, 902, 903, 904, 905, 401, 403])
@pytest.mark.parametrize("minutes_ago", [0, 30])
def test_nothing_critical_is_folded_into_small_numbers(code, minutes_ago):
    """A few refusals for a credential or a setting stand by themselves, also when they are over."""
    story = Story().ordinary(600)
    for platform in ("unknown", "fcm", "apns"):
        if (platform, code) != ("apns", 401):
            story.pushes(platform, code, 3, minutes_ago)
    mine = [finding for finding in story.findings() if str(code) in " ".join((finding.title, *finding.evidence))]
    assert mine
    assert [finding.key for finding in mine if finding.small or finding.severity == "info"] == []


@pytest.mark.parametrize(
    ("platform", "code", "reason"), [("unknown", 914, ""), ("fcm", 429, "QUOTA_EXCEEDED"), ("fcm", 404, "UNREGISTERED")]
)
def test_no_good_news_beside_pushes_held_back_or_lost(platform, code, reason):
    """Where a limit or dead tokens take a part of all pushes, nobody is reported that the cause lies beyond mesibo."""
    story = Story()
    for ago in range(20):
        story.pushes(platform, 200, 6, ago)
        story.pushes(platform, code, 27, ago, reason)
    found = story.findings()
    assert found[0].severity == "warning"
    assert all(finding.severity != "good" and "beyond" not in finding.title for finding in found)


@pytest.mark.parametrize(("minutes", "good"), [(3, True), (35, False)])
def test_no_good_news_of_a_log_that_is_stale(minutes, good):
    """All accepted until 35 minutes ago is said as that."""
    story = Story()
    for ago in range(minutes, 50):
        story.pushes("fcm", 200, 1, ago)
    story.logged_at = NOW - 60 * minutes
    found = story.findings()
    assert any(finding.severity == "good" for finding in found) == good
    if not good:
        assert "up to 09:40 were accepted" in next(f.title for f in found if f.key == "accepted-until")


def test_of_several_logs_the_stale_one_is_named():
    """Of those that go on the newest is known: "nothing newer" is said of the other alone, with its own time."""
    story = Story()
    for ago in range(50):
        story.pushes("fcm", 200, 1, ago)
        story.pushes("apns", 200, 1, ago + 35, source="gone")
    told = "All pushes are accepted by Google and Apple; of gone nothing newer than 09:40 is known."
    assert story.finding("accepted-until").title == told


def test_whether_mesibo_still_logs_is_judged_by_the_lines_own_times():
    """A file that was just read, whose last line is 35 minutes old, is no mesibo that still logs."""
    story = Story().ordinary(600, until=40)
    story.logged_at = NOW - 35 * 60
    silent = story.finding("silent:mesibo")
    assert "still logs" not in silent.remedy
    assert "check whether mesibo is running" in silent.remedy
    assert silent.evidence == ("The last line of any kind was logged at 09:40 UTC on 22 November.",)


def push(state, path="/srv/mesibo.conf", why=""):
    return {"mesibo": SourceSetup(push=PushLogging(state, path, why))}


@pytest.mark.parametrize(
    ("state", "severity", "told"),
    [
        ("on", "info", "though push logging is on: a standby"),
        ("off", "warning", "push logging is off"),
        ("unknown", "warning", "push logging is probably off"),
    ],
)
def test_a_log_without_push_lines_is_judged_by_mesibo_conf(state, severity, told):
    """What mesibo.conf says is never advised against; a standby is reported as one."""
    story = Story()
    story.setups = push(state)
    first = story.findings()[0]
    assert told in first.title
    assert first.severity == severity
    assert ("Set `push = 1`" in first.remedy) == (state != "on")
    assert "standby" in first.title + first.remedy
    assert "/srv/mesibo.conf" in first.evidence[0]


@pytest.mark.parametrize("state", ["on", "off", "unknown"])
def test_silence_names_no_setting_that_is_set(state):
    """The finding about silence asks whether push logging was switched off, unless mesibo.conf says that it is on."""
    story = Story().ordinary(600, until=40)
    story.setups = push(state)
    assert ("still says `push = 1`" in story.finding("silent:mesibo").remedy) == (state == "on")
    assert ("switched off" in story.finding("silent:mesibo").remedy) == (state != "on")


def test_a_log_out_of_reach_names_its_places():
    """Without any file the places that are looked at are reported."""
    story = Story()
    story.status = {"mesibo": SourceStatus("mesibo", False, 0, 0, False, ())}  # noqa: FBT003
    story.setups = {"mesibo": SourceSetup(paths=("/var/log/mesibo/*.log", "/srv/m.log"))}
    title = story.findings()[0].title
    assert title == "The log of mesibo is out of reach: no file is there (/var/log/mesibo/*.log, /srv/m.log)."


@pytest.mark.parametrize(("ago", "told"), [(600, True), (23 * 3600, True), (25 * 3600, False), (-600, False)])
def test_a_ledger_that_was_set_aside_is_told_for_a_day(ago, told):
    """Whoever misses the numbers of before reads why, before it says that nothing was read."""
    story = Story()
    story.counters = {}
    first = diagnose(replace(story.facts(), set_aside=NOW - ago))[0]
    assert first.title.startswith("The ledger was damaged and set aside at") == told
    assert first.title.startswith("No line of mesibo has been read yet.") != told


def test_a_refused_reload_is_a_finding():
    """The finding says that the old configuration is in force, and why."""
    story = Story().ordinary(600)
    story.refused = (Problem("/etc/x.toml:3", "unknown key `nam`", "", "write name"), Problem("/etc/x.toml:9", "bad"))
    found = story.finding("reload")
    assert found.severity == "warning"
    assert "the old one is in force: /etc/x.toml:3: unknown key" in found.title
    assert found.remedy.startswith("Try: write name. `mesibo-logwatch check`")
    assert found.evidence == ("/etc/x.toml:9: bad",)


@pytest.mark.parametrize(
    ("try_", "said"),
    [("did you mean paths?", "Try: did you mean paths? `"), ("chmod 600 x.", "Try: chmod 600 x. `"), ("", "`mesibo")],
)
def test_what_to_try_is_one_sentence(try_, said):
    """A question keeps its mark, a command its letters; nothing stands where nothing is known."""
    story = Story().ordinary(600)
    story.refused = (Problem("/etc/x.toml:3", "bad", "", try_),)
    assert story.finding("reload").remedy.startswith(said)


def test_a_finding_for_programs_has_no_marks_in_its_sentences():
    """Backticks are for the page, which makes code of them."""
    story = Story()
    story.setups = push("off")
    (told,) = [finding.as_dict() for finding in story.findings()]
    assert "`" not in told["title"] + told["remedy"] + "".join(told["evidence"])
    assert "push = 1" in told["remedy"]


def test_a_failure_on_both_platforms_in_two_sources_is_told_as_one():
    """It began with the first of them, goes on while one does, and is counted, named and recorded as both."""
    story = Story()
    story.status = {name: replace(UP, name=name) for name in ("one", "two")}
    for ago in range(300):
        story.pushes("fcm", 200, 60, ago, source="one")
        story.pushes("apns", 200, 60, ago, source="two")
    for ago in range(50):
        story.pushes("apns", 901, 20, ago, source="two")
    for ago in range(10, 40):
        story.pushes("fcm", 901, 60, ago, source="one")
    (told,) = [finding for finding in story.findings() if finding.code == 901]
    assert told.title.endswith(": 2,800 of 10,120 iOS and Android pushes in the last hour.")
    assert told.evidence == (
        "Code 901: 2,800 of 10,120 iOS and Android pushes in the last hour (27.7 %).",
        "The first of this run was logged at 09:26 UTC on 22 November.",
        "Seen in one, two.",
    )
    assert (told.since, told.last, told.severity) == (NOW - 49 * 60, NOW, "critical")
    assert {row.source for row in told.rows} == {"one", "two"}


@pytest.mark.parametrize(
    ("platforms", "accepted", "failures", "severity"),
    [
        (("apns",), 20, 20, "warning"),
        (("apns",), 20, 19, "info"),
        (("apns",), 60, 20, "info"),
        (("apns", "fcm"), 20, 20, "warning"),
        (("apns", "fcm"), 60, 20, "info"),
    ],
)
def test_a_fault_that_has_just_begun_is_judged_by_the_last_ten_minutes(platforms, accepted, failures, severity):
    """An hour of accepted pushes does not make 20 failures in two minutes, and many of all, those of any day."""
    story = Story()
    for platform in platforms:
        for ago in range(60):
            story.pushes(platform, 200, accepted, ago)
        story.pushes(platform, 913, failures - 10, 1)
        story.pushes(platform, 913, 10, 0)
    (found,) = [finding for finding in story.findings() if finding.code == 913]
    assert (found.severity, found.pushes) == (severity, failures * len(platforms))


@pytest.mark.parametrize(("apns", "fcm"), [(30, 20), (20, 30)])
def test_every_push_of_two_platforms_has_failed_since_the_later_one_stopped(apns, fcm):
    """As long as one of them still had accepted pushes, it was not every push."""
    story = Story()
    for platform, until in (("apns", apns), ("fcm", fcm)):
        for ago in range(59, -1, -1):
            story.pushes(platform, 200 if ago >= until else 904, 20, ago)
    told = story.finding("mesibo_certificate_error:apns+fcm")
    assert told.since == NOW - 20 * 60 + 50
    assert "every iOS and Android push since 09:55 has failed" in told.title


def test_failures_that_develop_differently_are_told_apart():
    """Google's outage is not Apple's, and where every push fails is not where half of them do."""
    story = Story().ordinary(600)
    for ago in range(30):
        story.pushes("fcm", 503, 200, ago, "UNAVAILABLE")
        story.pushes("apns", 503, 200, ago, "ServiceUnavailable")
    told = {finding.title.split(":")[0] for finding in story.findings()}
    assert {"Apple's push service fails", "Google's push service fails"} <= told
    story = Story().ordinary(600, until=30).ordinary(30, without=("apns",))
    for ago in range(30):
        story.pushes("fcm", 901, 200, ago)
        story.pushes("apns", 901, 200, ago)
    keys = {finding.key for finding in story.findings() if finding.code == 901}
    assert keys == {"mesibo_push_not_configured:apns", "mesibo_push_not_configured:fcm"}


def test_accepted_pushes_of_unknown_platform_may_be_of_any():
    """A mesibo whose accepted lines do not name it: failures that do are not said to be all of their platform's."""
    story = Story()
    for ago in range(300):
        story.pushes("unknown", 200, 100, ago)
    for ago in range(40):
        story.pushes("apns", 912, 20, ago)
    (told,) = [finding for finding in story.findings() if finding.code == 912]
    assert "800 of 6,900 iOS pushes in the last hour" in told.evidence[0]
    assert "every" not in told.title
