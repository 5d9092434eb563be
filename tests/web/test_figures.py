"""The strip of figures: each says what it is about, and what is unusual."""

import re
from dataclasses import replace

import pytest

from logwatch.ledger.buckets import MINUTE
from logwatch.ledger.keys import ResultRow
from logwatch.ledger.snapshot import SourceRow
from logwatch.ledger.timeline import Timeline
from logwatch.model import Seen
from logwatch.web.figures import strip
from logwatch.webhook.source import WebhookStatus
from tests.helpers.story import NOW, UP, Story


def told(story, **sources):
    facts = story.facts()
    snapshot = (
        replace(facts.snapshot, sources={"mesibo": SourceRow(ready=True, **sources)}) if sources else facts.snapshot
    )
    made = strip(replace(facts, snapshot=snapshot))
    return {each.name: each for each in made.figures}, made.numbers


def test_an_expired_certificate_is_ios_0_percent_and_android_as_ever():
    """Each platform has its own share of the last minutes, which earlier successes do not dilute."""
    figures, numbers = told(
        Story().ordinary(600, until=20).ordinary(20, without=("apns",)).incident("apns", 903, minutes=20)
    )
    assert (figures["apns"].value, figures["apns"].state) == ("0 %", "critical")
    assert figures["fcm"].state == ""
    assert numbers["accepted_share"]["apns"] == 0
    assert numbers["accepted_share"]["fcm"] > 0.98
    assert numbers["accepted_share"]["unknown"] == 0


def test_dead_tokens_and_limits_are_on_neither_side_of_the_share():
    """The share leaves dead tokens and rate limits out, as the alerts do."""
    figures, numbers = told(Story().ordinary(60).incident("fcm", 404, "UNREGISTERED").incident("fcm", 914))
    assert numbers["accepted_share"]["fcm"] > 0.98
    assert figures["fcm"].state == ""


def test_many_that_are_left_out_are_shown_beside_the_share():
    """If many pushes are held back, their number stands beside the share, which would mislead by itself."""
    figures, _ = told(Story().ordinary(60).incident("fcm", 914, minutes=30, rate=90))
    assert re.fullmatch(r"of [\d,]+, last 10 minutes, 9\d\d dead or limited left out", figures["fcm"].note)
    assert "left out" not in figures["apns"].note
    story = Story()
    story.pushes("apns", 914, 5, 1)
    assert (figure := told(story)[0]["apns"]).value == "none"
    assert figure.note == "5 dead or limited, last hour"


def test_a_quiet_site_is_judged_by_its_hour():
    """Three pushes in ten minutes say little; of a platform without any no share is given."""
    story = Story()
    for ago in range(0, 60, 4):
        story.pushes("fcm", 200 if ago else 500, 1, ago)
    figures, numbers = told(story)
    assert (figures["fcm"].value, figures["fcm"].note) == ("93.3 %", "of 15, last hour")
    assert figures["fcm"].state == "warning"
    assert (figures["apns"].value, numbers["accepted_share"]["apns"]) == ("no push", None)
    assert "unknown" not in figures


def test_the_last_ten_minutes_are_no_more_than_ten():
    """Results of the minute before the last ten are not in their share."""
    story = Story()
    story.pushes("fcm", 500, 30, 10, seconds=20)
    story.pushes("fcm", 200, 30, 9)
    assert (figure := told(story)[0]["fcm"]).value == "100 %"
    assert figure.note == "of 30, last 10 minutes"


@pytest.mark.parametrize(("hours", "state"), [(0.1, ""), (3, "warning"), (47, "")])
def test_the_last_push_is_a_warning_if_there_were_some_today(hours, state):
    """Where nobody has pushed for a day, that is how it is; a result without a time is no last push."""
    story = Story()
    story.pushes("fcm", 200, 5, hours * 60)
    story.results[ResultRow("mesibo", "apns", "200", "")] = Seen(3)
    assert told(story)[0]["last"].state == state


@pytest.mark.parametrize(("pushes", "value"), [(124, "12"), (126, "13"), (30, "3"), (25, "2.5"), (1, "0.1"), (0, "0")])
def test_a_rate_has_tenths_where_they_matter(pushes, value):
    """Of the last ten minutes; none is written as none."""
    story = Story()
    story.pushes("fcm", 200, pushes, 5)
    assert told(story)[0]["rate"].value == value


def test_a_webhook_alone_has_neither_a_share_nor_a_delay():
    """It reports failures only, and no log of its is read."""
    story = Story().ordinary(60)
    story.pushes("apns", 403, 500, 5, source="hook")
    facts = story.facts()
    rows = {"mesibo": SourceRow(ready=True, last_line_at=NOW, logged_at=NOW - 2)}
    rows["hook"] = SourceRow(ready=True, last_line_at=NOW, logged_at=NOW - 100)
    hook = WebhookStatus("hook", up=True, files_followed=0, lag_bytes=0, caught_up=True, problems=(), input="webhook")
    made = strip(replace(facts, snapshot=replace(facts.snapshot, sources=rows), status={**facts.status, "hook": hook}))
    assert made.numbers["accepted_share"]["apns"] > 0.98
    assert made.numbers["delay_seconds"] == 2


def test_pushes_of_unknown_platform_have_a_figure_of_their_own():
    """A log without a word for the platform still has a share."""
    story = Story()
    for ago in range(60):
        story.pushes("unknown", 200, 10, ago)
    assert told(story)[0]["unknown"].value == "100 %"


@pytest.mark.parametrize(
    ("ago", "value", "state"),
    [(0.2, "now", ""), (5.4, "5 s ago", ""), (90, "90 s ago", ""), (600, "10 min ago", ""),
     (3700, "1 h ago", "warning"), (80_000, "22 h ago", "warning")],
)  # fmt: skip
def test_the_last_push_is_shown_by_its_age(ago, value, state):
    """The age is in seconds, minutes or hours, and marked if it is long."""
    story = Story()
    story.pushes("fcm", 200, 1, ago / 60)
    for each in (*story.results.values(), *story.buckets.values()):
        each.first = each.last = NOW - ago
    figure = told(story)[0]["last"]
    assert (figure.value, figure.state) == (value, state)


def test_pushes_a_minute_are_those_of_the_last_whole_minutes():
    """The minute that has just begun neither pulls it down nor adds to it."""
    story = Story()
    story.pushes("fcm", 200, 100, 0)
    for ago in range(1, 31):
        story.pushes("fcm", 200, 40, ago)
    figure = told(story)[0]["rate"]
    assert figure.value == "40"
    assert figure.spark.count("L") == 19


@pytest.mark.parametrize(
    ("unread", "value", "state"),
    [(0, "0", ""), (50, "50", "warning"), (900, "900", "warning"), (1100, "1,100", "critical")],
)
def test_unreadable_lines_are_counted_over_the_hour(unread, value, state):
    """Any are marked, the more severely from half of all on, as by the finding; from 1 in 20 on, shares say it too."""
    story = Story().ordinary(60)
    for ago in range(50):
        story.lines("", 20, ago)
        if unread:
            story.lines("no_code", unread // 50, ago)
    figures, numbers = told(story)
    assert (figures["unread"].value, figures["unread"].state) == (value, state)
    assert numbers["unreadable_lines"] == unread
    assert ("read" in figures["fcm"].note) == (unread > 100)
    assert [f.severity for f in story.findings() if f.key == "unparsed:mesibo"] == [state] * (unread > 100)


@pytest.mark.parametrize(
    ("late", "behind", "value", "note", "state"),
    [(0.25, 0, "0.2 s", "", ""), (-5, 0, "0.0 s", "", ""), (300, 12 << 20, "5 min", "12.0 MiB to read", "warning")],
)
def test_the_delay_is_from_the_lines_own_time_until_it_was_read(late, behind, value, note, state):
    """The delay is the newest line's, and 0 for a stamp ahead of the clock."""
    story = Story().ordinary(60)
    story.status = {"mesibo": replace(UP, lag_bytes=behind)}
    figure = told(story, last_line_at=NOW, logged_at=NOW - late)[0]["delay"]
    assert (figure.value, figure.note, figure.state) == (value, note, state)


def test_the_delay_is_that_of_the_slowest_log():
    """A log that arrives late is not hidden by one that does not; one of which no line was read has none."""
    facts = Story().facts()
    rows = {
        "mesibo": SourceRow(ready=True, last_line_at=NOW, logged_at=NOW - 90),
        "other": SourceRow(ready=True, last_line_at=NOW, logged_at=NOW - 1),
    }
    status = {name: replace(UP, name=name, lag_bytes=100) for name in ("mesibo", "other", "new")}
    made = strip(replace(facts, snapshot=replace(facts.snapshot, sources=rows), status=status))
    assert (made.numbers["delay_seconds"], made.numbers["bytes_behind"]) == (90, 300)


def test_the_line_beside_a_share_is_broken_where_there_was_no_push():
    """Each point stands for three minutes: the height is the share of accepted ones, and no push is no share."""
    story = Story()
    story.pushes("fcm", 200, 30, 20)
    story.pushes("fcm", 200, 10, 1)
    story.pushes("fcm", 500, 30, 1)
    assert told(story)[0]["fcm"].spark == "M39 0.0h0M57 15.0h0"


def test_nothing_logged_is_no_number():
    """Before the first line nothing is made up."""
    story = Story()
    story.read_at = None
    figures, numbers = told(story)
    assert figures["last"].value == "none yet"
    assert numbers["last_push"] is numbers["delay_seconds"] is None
    assert strip(replace(story.facts(), minutes=Timeline(MINUTE))).numbers["pushes_a_minute"] == 0
    assert Seen().last is None


def test_the_last_push_is_the_last_that_can_have_been():
    """A stamp ahead of the clock is of no push that came just now; while all are, the last is when it was read."""
    story = Story()
    story.pushes("apns", 200, 1, 10)
    story.pushes("fcm", 200, 1, 30)
    for seen in story.results.values():
        seen.last = NOW + 7200
    assert told(story)[0]["last"].value == "9 min ago"
