"""For each incident that an operator may meet, the first finding names its cause."""

import re

import pytest

from logwatch.catalogue import Catalogue
from logwatch.diagnosis import Facts, diagnose
from logwatch.errors import Problem
from logwatch.ledger import Bucket, CounterRow, ResultRow, Snapshot, SourceRow
from logwatch.ledger.buckets import MINUTE, WIDTHS, oldest, spread
from logwatch.model import Seen
from logwatch.simulate.outcomes import ordinary
from logwatch.tail import SourceStatus

NOW = 1_763_806_500.0  # 22 November 2025, 10:15 UTC
CATALOGUE = Catalogue.load()
UP = SourceStatus("mesibo", up=True, files_followed=1, lag_bytes=0, caught_up=True, backlog_bytes=0,
                  last_line_at=NOW, problems=())  # fmt: skip


class Story:
    """Pushes of a day, minute by minute, and the facts at its end."""

    def __init__(self):
        self.results: dict[ResultRow, Seen] = {}
        self.buckets: dict[Bucket, Seen] = {}
        self.counters = {CounterRow("mesibo", "lines", ""): 1000}
        self.status = {"mesibo": UP}
        self.read_at = NOW
        self.trouble = ""

    def pushes(self, platform, code, count, minutes_ago, reason="", source="mesibo"):
        """Let ``count`` pushes come in the minute that begins so many minutes ago."""
        at = NOW - minutes_ago * 60
        seen = Seen(count, at, at + 50 if minutes_ago >= 1 else NOW)
        row = ResultRow(source, platform, str(code), reason)
        self.results.setdefault(row, Seen()).add(seen)
        for width, start, part in spread(seen, NOW):
            self.buckets.setdefault(Bucket(width, start, row), Seen()).add(part)

    def ordinary(self, minutes, until=0, rate=200, without=()):
        """Let an ordinary day's pushes come, ``rate`` a minute; of platforms in ``without`` none is accepted."""
        for (platform, code, reason), share in ordinary(0.06).items():
            if code == 200 and platform in without:
                continue
            owed = 0.0
            for ago in range(minutes + until - 1, until - 1, -1):
                owed += share * rate
                if int(owed):
                    self.pushes(platform, code, int(owed), ago, reason)
                    owed -= int(owed)
        return self

    def incident(self, platform, code, reason="", minutes=54, rate=22):
        for ago in range(minutes - 1, -1, -1):
            self.pushes(platform, code, rate, ago, reason)
        return self

    def findings(self):
        return diagnose(self.facts())

    def facts(self):
        def of(width):
            mine = [(b, s) for b, s in self.buckets.items() if b.seconds == width and b.start >= oldest(width, NOW)]
            return sorted(mine, key=lambda item: item[0].start)

        minutes, quarters = (of(width) for width in WIDTHS)
        assert all(bucket.seconds == MINUTE for bucket, _ in minutes)
        sources = {"mesibo": SourceRow(ready=True, last_line_at=self.read_at)}
        snapshot = Snapshot(NOW, self.results, self.counters, sources)
        return Facts(NOW, CATALOGUE, snapshot, self.status, minutes, quarters, self.trouble)


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
    ("fcm", 400, "INVALID_ARGUMENT", "Google finds fault with requests", "yours, in the app"),
    ("fcm", 503, "UNAVAILABLE", "Google's push service fails", "Google"),
    ("fcm", 500, "INTERNAL", "Google's push service fails", "Google"),
    ("apns", 503, "ServiceUnavailable", "Apple's push service fails", "Apple"),
    ("apns", 400, "BadDeviceToken", "sandbox and production", "yours, in the app"),
    ("apns", 400, "DeviceTokenNotForTopic", "another app (bundle ID)", "yours"),
    ("apns", 400, "TopicDisallowed", "may not push to this app", "yours"),
    ("apns", 403, "BadCertificateEnvironment", "other environment", "yours"),
    ("apns", 403, "BadCertificate", "Apple refuses the push certificate", "yours"),
    ("apns", 413, "PayloadTooLarge", "larger than Apple takes", "yours, in the app"),
    ("unknown", 0, "", "way out of this host", "yours"),
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
        ("fcm", 914, "", "mesibo's limit per user"),
        ("fcm", 429, "QUOTA_EXCEEDED", "Google's sending quota"),
        ("apns", 429, "TooManyRequests", "Apple limits pushes"),
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


def test_an_incident_that_began_before_the_last_hour_keeps_its_begin():
    """The begin is looked for in the last day."""
    story = Story().ordinary(700, until=300).ordinary(300, without=("apns",)).incident("apns", 903, minutes=300)
    assert "since 05:16 has failed (1,342 in the last hour)" in story.findings()[0].title


def test_an_incident_that_is_over_is_told_as_over_and_not_as_critical():
    """What has been mended stays on the page, but does not cry."""
    story = Story().ordinary(600)
    for ago in range(50, 30, -1):
        story.pushes("apns", 903, 22, ago)
    told = next(finding for finding in story.findings() if finding.code == 903)
    assert "it ended at 09:44" in told.title
    assert told.severity == "warning"


def test_one_app_of_several_with_an_expired_certificate_is_told_with_its_share():
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


def test_all_200_says_all():
    """Without any failure it says so."""
    story = Story()
    for ago in range(30):
        story.pushes("unknown", 200, 5, ago)
    (only,) = story.findings()
    assert only.title.startswith("All pushes are accepted")


def test_silence_after_steady_traffic_is_the_first_finding():
    """A source that pushed all day and stopped is told with the time of its last push."""
    first = Story().ordinary(600, until=40).findings()[0]
    assert "no push since 09:" in first.title
    assert "mesibo still logs" in first.remedy


def test_silence_of_the_whole_log_points_at_mesibo_itself():
    """When nothing else is logged either, mesibo or its log's place is the suspect."""
    story = Story().ordinary(600, until=40)
    story.read_at = NOW - 2400
    assert "see whether mesibo runs" in story.findings()[0].remedy


def test_a_source_that_seldom_pushes_is_not_called_silent():
    """A standby, or a night without users, raises no alarm."""
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
    story.status = {"mesibo": SourceStatus("mesibo", False, 0, 0, False, 0, None, (problem,))}  # noqa: FBT003
    first = story.findings()[0]
    assert first.title == "The log of mesibo is out of reach: /var/log/mesibo/m.log: cannot be read."
    assert "check its owner" in first.remedy


def test_lines_that_cannot_be_read_are_told_with_their_share():
    """A dialect that the grammar does not know must not look like a quiet day."""
    story = Story()
    story.counters[CounterRow("mesibo", "unparsed_lines", "no_code")] = 500
    first = story.findings()[0]
    assert first.title.startswith("100 % of the push lines of mesibo cannot be read (500)")
    assert first.severity == "critical"


def test_a_disk_that_takes_nothing_is_told_first():
    """Numbers that stand still are said to stand still."""
    story = Story().ordinary(60)
    story.trouble = "database or disk is full"
    assert story.findings()[0].title.startswith("Nothing can be stored: database or disk is full.")


def test_stamps_ahead_of_the_clock_name_the_time_zone():
    """Two hours ahead is a zone, or a clock."""
    story = Story().ordinary(60)
    row = ResultRow("mesibo", "fcm", "200", "")
    story.results[row] = Seen(9, NOW, NOW + 7200)
    (found,) = [finding for finding in story.findings() if finding.key == "ahead:mesibo"]
    assert "2 hours ahead" in found.title
    assert "timezone" in found.remedy


def test_a_quiet_hour_is_told_as_such():
    """With nothing at all to tell there is still a first finding."""
    story = Story()
    story.pushes("fcm", 200, 1, 200)
    assert [finding.key for finding in story.findings()] == ["waiting"]
