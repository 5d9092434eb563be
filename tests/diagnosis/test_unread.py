"""What cannot be read comes before what can: a finding by itself, and no good news beside it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatch.diagnosis.blind import way_out
from logwatch.diagnosis.facts import SourceSetup
from logwatch.ledger.batch import ShapeRow
from logwatch.ledger.buckets import Reading
from logwatch.model import Seen
from logwatch.sight import LEAST_SHARE, sight
from tests.helpers.story import NOW, Story

COMPOSE = "mesibo-1  | "
KEY = "unparsed:mesibo"


def blind(story, cause="misplaced", minutes=40, unread=3, read=1):
    """Add minutes in which so many lines each were unread and read; the readable ones were accepted."""
    for ago in range(minutes - 1, -1, -1):
        story.lines(cause, unread, ago)
        if read:
            story.lines("", read, ago)
            story.pushes("fcm", 200, read, ago)
    return story


def test_an_unknown_prefix_is_reported_and_no_setting():
    """For fifty lines after `mesibo-1  | `, the finding shows that prefix and the command, and not ``push = 1``."""
    story = blind(Story(), minutes=1, unread=50, read=0)
    story.shapes = [(ShapeRow("mesibo", "misplaced", "<str> (<num>): push_on_complete: code <num>", COMPOSE),
                     Seen(50, NOW - 9, NOW))]  # fmt: skip
    story.setups = {"mesibo": SourceSetup(paths=("/var/log/my mesibo.log",), grammars="/etc/g")}
    (only,) = story.findings()
    assert only.key == KEY
    assert only.severity == "critical"
    assert only.title.startswith("100 % of the push lines of mesibo cannot be read (50) since 10:15")
    assert f'They begin with "`{COMPOSE}`" where' in only.evidence[2]
    assert "50 look like `<str> (<num>): push_on_complete: code <num>`" in only.evidence
    assert only.command == "mesibo-logwatch grammar propose '/var/log/my mesibo.log' --name mine-mesibo --output /etc/g"
    assert "push = 1" not in str(only)
    assert "push logging" not in str(only)


def test_of_one_line_it_is_spoken_as_of_one():
    """A stray line is reported in words that fit it."""
    story = blind(Story(), minutes=1, unread=50, read=0)
    story.lines("no_code", 1, 0)
    story.shapes = [(ShapeRow("mesibo", "misplaced", "a push_on_complete", "> "), Seen(1, NOW, NOW)),
                    (ShapeRow("mesibo", "no_code", "push_on_complete: <str>", ""), Seen(1, NOW, NOW))]  # fmt: skip
    (only,) = story.findings()
    assert any("; 1 has no code where one is expected." in line for line in only.evidence)
    assert any(line.startswith("1 begins with") for line in only.evidence)
    assert "1 looks like `push_on_complete: <str>`" in only.evidence


@pytest.mark.parametrize("fresh", [True, False])
def test_unread_lines_are_shown_as_they_look_now(fresh):
    """The source's own shapes of the last hour, the most frequent first; older ones where there are none."""
    story = blind(Story(), minutes=1, unread=50, read=0)
    shapes = [("mesibo", "a", NOW - 7200, 9), ("mesibo", "b", None, 8), ("other", "c", NOW, 90)]
    shapes += [("mesibo", "d", NOW - 9, 2), ("mesibo", "e", NOW - 9, 40)] * fresh
    story.shapes = [(ShapeRow(source, "misplaced", text, ""), Seen(n, at, at)) for source, text, at, n in shapes]
    (only,) = story.findings()
    looks = [line.rpartition(" like ")[2] for line in only.evidence if " like " in line]
    assert looks == (["`e`", "`d`"] if fresh else ["`a`", "`b`"])


def test_lines_inside_json_are_reported_with_a_command_that_helps():
    """No grammar can be proposed for texts inside JSON, where users' texts stand as well."""
    story = blind(Story(), minutes=1, unread=50, read=0)
    front = '{"timestamp":"<time>","host":"<str>","message":"'
    story.shapes = [(ShapeRow("mesibo", "misplaced", "push_on_complete", front), Seen(50, NOW - 9, NOW))]
    story.setups = {"mesibo": SourceSetup(paths=("/var/log/m.json",), grammars="/etc/g")}
    (only,) = story.findings()
    assert only.command == "jq -r .message /var/log/m.json | mesibo-logwatch report"
    assert only.remedy.startswith("They are strings inside JSON")


def test_lines_outside_the_envelope_of_their_file_need_a_rotation():
    """The envelope is decided once per file: no grammar mends that it changed."""
    (only,) = blind(Story(), "unenveloped", minutes=1, unread=50, read=0).findings()
    assert (only.command, only.remedy.startswith("Have the log rotated")) == ("", True)


def test_a_source_without_files_is_named_in_the_command():
    """Of a source in the journal there is no path to write down: the command reads what the source follows."""
    story = blind(Story(), minutes=1, unread=50, read=0)
    story.setups = {"mesibo": SourceSetup(grammars="/etc/g")}
    (only,) = story.findings()
    assert only.command == "mesibo-logwatch grammar propose --source mesibo --name mine-mesibo --output /etc/g"


@pytest.mark.parametrize(
    ("source", "grammar", "new"),
    [("eu", "mesibo", "mine-eu"), ("eu.2:x", "mine-eu", "mine-eu-2-x"), ("eu", "mine-eu", "mine-eu-2")],
)
def test_each_source_is_told_a_grammar_of_its_own(source, grammar, new):
    """The command for a second source is neither refused, nor does it replace the grammar of the first or its own."""
    setup = SourceSetup(grammar=grammar, grammars="/etc/g")
    assert f" --name {new} --output" in way_out(source, setup, ())


def test_a_good_month_does_not_hide_a_blind_hour():
    """200,000 old good lines, then 40 minutes in which three of four are unread: critical, first, and no good news."""
    story = Story()
    story.pushes("fcm", 200, 200_000, 50_000)
    story.lines("", 200_000, 50_000)
    found = blind(story, "no_code").findings()
    assert found[0].key == KEY
    assert found[0].severity == "critical"
    assert found[0].title.startswith("75 % of the push lines of mesibo cannot be read (120) since 09:36")
    assert all(finding.severity != "good" for finding in found)
    assert any("Of what could be read" in finding.title for finding in found)


def test_while_commits_fail_nothing_is_accepted_now_of_what_could_be_read():
    """The numbers stand still: what they say ends with the newest line that was read."""
    story = Story()
    for ago in range(1, 50):
        story.pushes("fcm", 200, 100, ago)
    story = blind(story, "no_code")
    assert "all pushes are accepted" in story.finding("accepted-of-read").title
    story.trouble = "database or disk is full"
    assert "up to 10:15, all pushes were accepted" in story.finding("accepted-of-read").title


def test_blindness_outweighs_an_expired_certificate():
    """What is told of the readable part comes second, with "of what could be read" beside its share."""
    story = Story().ordinary(600, until=54).ordinary(54, without=("apns",)).incident("apns", 903)
    first, second, *_ = blind(story, unread=50, read=0).findings()
    assert first.key == KEY
    assert second.code == 903
    assert "of what could be read" in second.evidence[0]


def test_what_began_two_minutes_ago_is_seen_before_the_hour_shows_it():
    """An update of mesibo that changes its lines is reported at once, whatever the hour before was."""
    story = Story().ordinary(60, until=2, rate=2000)
    for ago in range(59, 1, -1):
        story.lines("", 2000, ago)
    found = blind(story, minutes=2, unread=100, read=0).findings()
    assert found[0].key == KEY
    assert found[0].severity == "critical"
    assert found[0].title.startswith("100 % of the push lines of mesibo cannot be read (200 in two minutes) since ")
    assert "200 of 116,200 push lines in the last hour" in found[0].evidence[0]
    assert "200 of 200 in the last two minutes" in found[0].evidence[0]


@pytest.mark.parametrize(("unread", "read", "told"), [(4, 0, False), (5, 95, False), (5, 94, True)])
def test_two_minutes_are_enough_where_some_lines_and_more_than_one_in_twenty_are_unread(unread, read, told):
    """A hiccup after a good hour is none: neither few lines, nor a few among many."""
    story = Story().ordinary(60, until=2, rate=2000)
    for ago in range(59, 1, -1):
        story.lines("", 2000, ago)
    found = blind(story, minutes=1, unread=unread, read=read).findings()
    assert (KEY in [finding.key for finding in found]) is told


@pytest.mark.parametrize(("read", "severity"), [(0, "critical"), (1, "warning")])
def test_a_few_lines_are_a_catastrophe_where_they_are_all(read, severity):
    """Of the first four pushes of a host none was read: that is no stray line."""
    (told,) = [found for found in blind(Story(), minutes=1, unread=4, read=read).findings() if found.key == KEY]
    assert told.severity == severity


@pytest.mark.parametrize(("hours", "told"), [(22, " since 12:16 on 21 November:"), (30, " for a day or more:")])
def test_what_is_unread_for_days_has_no_begin_that_moves(hours, told):
    """What was read is known for a day: where all of that is unread, nobody knows since when."""
    found = blind(Story(), minutes=hours * 60, read=0).finding(KEY)
    assert told in found.title
    assert (found.since is None) == (hours > 24)


def test_lines_that_are_read_again_are_reported_as_over():
    """Whoever has mended the grammar sees that it worked; the hour's shares are still not called good."""
    story = Story()
    for ago in range(40, 10, -1):
        story.lines("grammar", 10, ago)
    for ago in range(10, -1, -1):
        story.lines("", 10, ago)
        story.pushes("fcm", 200, 10, ago)
    found = story.findings()
    told = next(finding for finding in found if finding.key == KEY)
    assert "could not be read (300) until 10:04" in told.title
    assert (told.severity, told.command) == ("warning", "")
    assert all(finding.severity != "good" for finding in found)


@pytest.mark.parametrize(
    ("beside", "read", "over"), [(1, 1, False), (1, 7, False), (1, 8, True), (1, 30, True), (0, 2, False), (0, 3, True)]
)
def test_a_few_lines_that_are_read_do_not_end_a_fault(beside, read, over):
    """Of lines half of which are unread, seven in a row that are read are chance; of others, two."""
    story = Story()
    for ago in range(40, 3, -1):
        story.lines("grammar", 1, ago).lines("", beside, ago)
    story.lines("", read, 1)
    assert ("until" in story.finding(KEY).title) == over


def test_what_was_unread_a_minute_ago_is_not_over():
    """However many lines were read since: of a file in the new dialect beside one in the old more will come."""
    story = Story()
    for ago in range(40, 0, -1):
        story.lines("grammar", 10, ago)
    assert "until" not in story.lines("", 100, 0).finding(KEY).title


def test_a_few_unread_lines_of_the_last_two_minutes_do_not_stand_for_the_hour():
    """Four of four say less than half of hundreds; the causes are those of unread lines alone."""
    story = Story()
    for ago in range(39, 2, -1):
        story.lines("misplaced", 5, ago).lines("", 5, ago)
    told = story.lines("no_code", 4, 0).finding(KEY)
    assert "cannot be read (189) since" in told.title
    causes = "185 have the marker behind a prefix that the grammar does not know; 4 have no code where one is expected"
    assert told.evidence[1] == f"Of these, {causes}."


def test_one_line_cut_off_by_a_crash_is_no_catastrophe():
    """A stray line on a quiet host is a warning below what stops pushes."""
    story = Story().incident("apns", 903, minutes=10, rate=1)
    for ago in range(10):
        story.lines("", 1, ago)
    first, *others = story.lines("grammar", 1, 5).findings()
    assert first.code == 903
    assert next(finding for finding in others if finding.key == KEY).severity == "warning"


def test_unread_lines_of_the_future_are_ignored_once_the_clock_is_set_back():
    """Unread lines that a clock ahead dated in the future do not count for the last hour."""
    story = Story().ordinary(60).lines("", 900, 5)
    ahead = int(NOW // 60) * 60 + 10800
    story.readings[Reading(60, ahead, "mesibo", "misplaced")] = Seen(500, ahead, ahead)
    assert not [finding for finding in story.findings() if finding.key.startswith("unparsed")]


def test_a_stray_line_among_many_is_no_finding():
    """One in a hundred unread leaves the good news, with what it rests on."""
    story = Story()
    for ago in range(10):
        story.pushes("fcm", 200, 99, ago)
        story.lines("", 99, ago).lines("grammar", 1, ago)
    (only,) = story.findings()
    assert only.key == "accepted"
    assert "of what could be read (10 could not)" in only.evidence[0]


def test_an_unreadable_source_is_not_silent():
    """Push lines that cannot be read are not reported as silence."""
    story = blind(Story().ordinary(600, until=40), unread=20, read=0)
    assert [finding.key for finding in story.findings() if finding.key.startswith("silent")] == []


def test_a_ledger_of_before_is_judged_by_all_that_it_counted():
    """Lines that were counted before readings were kept do not look like a log without push lines."""
    story = Story().lines("misplaced", 50, 0)
    story.readings.clear()
    (only,) = story.findings()
    assert only.key == KEY
    assert only.evidence[:2] == (
        "No push line of this source was ever read.",
        "They have the marker behind a prefix that the grammar does not know.",
    )


def test_of_a_log_that_was_never_read_and_is_quiet_now_the_last_line_is_dated():
    """Who looks in a quiet hour reads how long ago the last unread line came, and that nothing was ever read."""
    (only,) = Story().lines("no_code", 50, 130).findings()
    assert only.key == KEY
    assert only.evidence[0] == "No push line of this source was ever read; the last one came 2 hours ago."


@pytest.mark.parametrize("cause", ["misplaced", "unenveloped", "no_code", "ambiguous", "grammar", "made later"])
def test_every_cause_of_unread_lines_makes_blind(cause):
    """Unread lines of any cause make a source blind."""
    assert blind(Story(), cause).findings()[0].key == KEY


COUNTS = st.lists(st.tuples(st.integers(0, 59), st.integers(0, 300), st.integers(0, 300)), min_size=1, max_size=8)


@given(COUNTS)
def test_no_good_news_above_one_in_twenty_unread(minutes):
    """For any mixture of readable and unreadable lines over the hour."""
    story = Story()
    for ago, read, unread in minutes:
        if read:
            story.pushes("fcm", 200, read, ago)
            story.lines("", read, ago)
        if unread:
            story.lines("no_code", unread, ago)
    found = story.findings()
    read, unread = (sum(each[i] for each in minutes) for i in (1, 2))
    if unread > LEAST_SHARE * (read + unread):
        assert all(finding.severity != "good" for finding in found)
        assert any(finding.key == KEY for finding in found)
    elif unread == 0:
        assert all(finding.key != KEY for finding in found)


def test_a_run_of_unread_lines_begins_behind_half_an_hour_without_one():
    """What was mended this morning is not when today's fault began."""
    story = Story().lines("grammar", 50, 300)
    blind(story, minutes=40)
    assert sight(story.readings, "mesibo", NOW).since == NOW - 39 * 60


READINGS = st.lists(st.tuples(st.integers(0, 95), st.sampled_from(["", "grammar"]), st.integers(1, 9)), max_size=20)


@given(READINGS)
def test_the_begin_lies_within_the_day_and_at_an_unread_line(quarters):
    """Since when is never before the first unread line, nor behind the last one."""
    readings = {}
    for ago, cause, count in quarters:
        start = int(NOW // 900 - ago) * 900
        readings.setdefault(Reading(900, start, "m", cause), Seen()).add(Seen(count, start + 1.0, start + 800.0))
    unread = [seen for each, seen in readings.items() if each.cause]
    since = sight(readings, "m", NOW).since
    if since is not None:
        assert any(seen.first == since for seen in unread)
    if not unread:
        assert since is None
