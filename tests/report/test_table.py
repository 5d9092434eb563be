"""A person sees what is wrong first, and can read the rest."""

import time

import pytest
from rich.console import Console

from logwatch.catalogue import Catalogue
from logwatch.model import ResultKey, Seen
from logwatch.report import Count
from logwatch.report.table import accepted, brief, doubts, percent, render

NOON = 1_795_348_800.0
CATALOGUE = Catalogue.load()


def count(*results, **causes):
    """Make a count of (platform, code, reason, times)."""
    made = Count(CATALOGUE, markers={"push_on_complete"})
    for platform, code, reason, times in results:
        made.summary.add({ResultKey(platform, code, reason): Seen(times, NOON - 60, NOON)}, CATALOGUE)
        made.summary.lines += times
        made.summary.push_lines += times
    made.causes.update(causes)
    made.summary.unparsed = sum(times for cause, times in causes.items() if cause != "misplaced")
    return made


def shown(made, width=120, *, whole=False):
    console = Console(width=width, highlight=False)
    with console.capture() as captured:
        console.print(render(made, made.summary.rows(CATALOGUE), width, whole=whole))
    return captured.get()


def test_what_is_critical_comes_first_with_its_remedy():
    """A certificate that expired stands above a thousand dead tokens."""
    text = shown(count(("fcm", 404, "UNREGISTERED", 1000), ("apns", 903, "", 7), ("apns", 200, "", 5000)))
    found = text[text.index("What is wrong") :]
    assert found.index("903 Certificate expired (APNs): 7 pushes, last 2026-11-22 12:00:00.") < found.index("404")
    assert "Whose side: yours." in found
    assert "Renew the production push" in found


@pytest.mark.parametrize("width", [30, 40, 50, 63, 64, 80])
def test_no_number_is_cut_in_a_narrow_window(width):
    """40 for 404 is another code, and 1,23 for 1,234,567 another count: what cannot stand beside them is left out."""
    text = shown(count(("fcm", 404, "UNREGISTERED", 1_234_567), ("apns", 200, "", 7_654_321)), width)
    table = text[text.index("Count") :].splitlines()
    assert [line for line in table if "404" in line and "1,234,567" in line]
    assert [line for line in table if "200" in line and "7,654,321" in line]


def test_when_nothing_is_wrong_it_says_where_to_look_next():
    """All accepted, and still somebody may miss a push."""
    assert "Nothing: every push was accepted." in shown(count(("fcm", 200, "", 10)))


@pytest.mark.parametrize("asked", [{}, {"since": 0.0}, {"until": NOON}])
def test_who_asks_for_a_time_hears_of_lines_without_one(asked):
    """A grammar without a stamp, and a log without an envelope: all is counted, whatever was asked for."""
    made = count(("fcm", 404, "", 2))
    made.undated = 2
    for name, at in asked.items():
        setattr(made, name, at)
    text = shown(made)
    assert "2 push results have no stamp that is a date: see `grammar check`" in text
    assert ("if no line has a time, all count" in text) == bool(asked)


def test_many_warnings_are_summed_up():
    """Three with their remedies, the others by name; all of them where that is asked for."""
    codes = (500, 502, 503, 504, 413, 429, 404)
    made = count(*(("unknown", code, "", 1) for code in codes))
    assert "and 4 more causes (--all): " in shown(made)
    assert shown(made, whole=True).count("Whose side:") == 7


def test_causes_of_one_name_are_told_apart():
    """Google and Apple both have a 429 and call it the same: that is not one cause named twice."""
    codes = (500, 502, 503, 504, 413)
    made = count(*(("unknown", code, "", 9) for code in codes), ("fcm", 429, "", 1), ("apns", 429, "", 1))
    told = shown(made)
    assert "429 Rate limited (FCM), 429 Rate limited (APNs)" in told or "429 Rate limited (APNs), 429" in told


def test_a_cause_has_one_remedy_on_however_many_platforms():
    """914 for Android and iOS is one thing to do."""
    text = shown(count(("fcm", 914, "", 3), ("apns", 914, "", 4)))
    assert "914 Rate limited (APNs, FCM): 7 pushes" in text
    assert text.count("Usually harmless") == 1


@pytest.mark.parametrize("whole", [False, True])
def test_a_cause_names_a_few_of_its_codes_whatever_the_log_contains(whole):
    """Of thousands of unknown codes, a cause names the most frequent and how many more there are."""
    made = count(*(("fcm", 1000 + code, "", 5000 - code) for code in range(1, 2001)))
    (line,) = [line for line in shown(made, whole=whole).splitlines() if "more codes" in line]
    assert line.strip().startswith("1001/1002/1003/1004/1005/1006 and 1,994 more codes: ")


@pytest.mark.parametrize("width", [100, 120, 200])
@pytest.mark.parametrize("everything", [False, True])
def test_the_report_fits_a_screen_and_the_summary_comes_last(width, everything):
    """With any number of results the table has some 25 lines, of which the last is the sum."""
    known = [(platform, code, reason, 1 + code) for platform, code, reason, _ in CATALOGUE.known()]
    lines = shown(count(*(known if everything else known[:6])), width).rstrip().splitlines()
    assert len(lines) <= (25 if width > 100 else 28)
    assert lines[-2].startswith("Accepted by FCM or APNs")


def test_the_table_is_cut_to_the_worst_and_what_was_accepted_and_says_so():
    """The heaviest of the worst stay, with accepted pushes to hold them against; --all has every row."""
    made = count(*[("apns", code, "", 5) for code in (901, 902, 903, 904, 905, 911, 912, 913)], ("apns", 200, "", 9))
    text = shown(made)
    assert "and 3 more kinds of results, 15 pushes: --all" in text
    assert "Accepted" in text
    assert "more kinds of results" not in shown(made, whole=True)


def test_the_whole_table_has_a_bound():
    """Of more than a thousand results, the last are summed up, with a hint to where they are listed."""
    made = count(("fcm", 200, "", 9), *(("fcm", 1000 + n, "", 1) for n in range(1100)))
    assert "and 101 more kinds of results, 109 pushes: --format csv" in shown(made, whole=True)


@pytest.mark.parametrize(
    ("remedy", "room", "kept"),
    [("One. Two. Three.", 100, "One. Two. Three."), ("One. Two. Three.", 9, "One. Two."),
     ("Only one, however long.", 3, "Only one, however long."), ("See e.g. this. Then that.", 5, "See e.g. this.")],
)  # fmt: skip
def test_a_remedy_is_cut_between_sentences(remedy, room, kept):
    """Half a sentence is no remedy."""
    assert brief(remedy, room) == kept


@pytest.mark.parametrize(
    ("newest", "asked", "followed", "told"),
    [
        (0, {}, True, ""),
        (-3600, {}, False, ""),
        (-3600, {}, True, "has mesibo stopped"),
        (-3600, {"until": NOON - 60}, True, ""),
        (7190, {}, False, "2 hours ahead of this host's clock"),
        (-3600, {"since": NOON - 60}, False, "nothing is newer than --since"),
    ],
)
def test_stamps_of_the_future_and_a_stale_log_are_reported(newest, asked, followed, told):
    """A log that is read where it is followed has lines of now; an archive need not."""
    made = Count(CATALOGUE, **asked)
    made.logged_at = NOON + newest
    hints = " ".join(doubts(made, NOON, followed=followed))
    assert told in hints
    assert bool(told) == bool(hints)


def test_no_result_in_the_window_does_not_blame_push_logging():
    """With --since and no result, the report does not advise to switch push logging on."""
    made = Count(CATALOGUE, since=NOON)
    made.summary.lines = 5
    assert "No push results in that time." in shown(made)
    assert "push = 1" not in shown(made)


@pytest.mark.parametrize(
    ("zone", "days", "here"),
    [
        ("Asia/Kolkata", 0, "(17:29:00 to 17:30:00 IST here)"),
        ("Europe/London", 0, None),
        ("Europe/London", 30, "(12:59:00 to 12:00:00 GMT here)"),  # from summer on
    ],
)
def test_the_time_of_this_host_stands_beside_utc(monkeypatch, zone, days, here):
    """Times are also shown in this host's zone, if that is not UTC throughout."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    made = count(("fcm", 200, "", 10))
    made.summary.add({ResultKey("fcm", 200, ""): Seen(1, NOON - 60 - 86400 * days, NOON)}, CATALOGUE)
    try:
        text = shown(made)
        assert here in text if here else " here)" not in text
    finally:
        monkeypatch.undo()
        time.tzset()
    assert " here)" not in shown(count(("fcm", 200, "", 10)))


def test_unread_lines_are_reported_by_cause():
    """Nothing is dropped silently."""
    made = count(("fcm", 200, "", 1), no_code=2, ambiguous=3, misplaced=4)
    made.ahead_seconds, made.oversized = 5 * 86400.0, 6
    text = shown(made, 200)
    assert "5 push lines give no result (2 without a code, 3 with two codes)" in text
    assert "4 lines have push_on_complete, but not where a push line has it" in text
    assert "5 days ahead of its file" in text
    assert "6 lines are too long" in text


@pytest.mark.parametrize(("unread", "first"), [(5, "Certificate expired"), (40, "could not be read")])
def test_what_was_not_read_is_told_first_where_it_is_much(unread, first):
    """A few odd lines of any log come below an expired certificate; where it is one line in four, above."""
    told = shown(count(("apns", 903, "", 100), no_code=unread), 120)
    assert first in told.splitlines()[1]
    assert f"{unread} push lines give no result" in told


def test_a_doubt_that_is_broken_goes_on_below_its_beginning():
    """A wrapped note is indented, so that its rest does not look like another one."""
    text = shown(count(("fcm", 200, "", 90), misplaced=40), 60)
    doubts = text[text.index("What is wrong") :].partition("\n\n")[0].splitlines()[1:]
    assert len(doubts) == 2
    assert all(line.startswith("  ") for line in doubts)


def test_unread_lines_are_named_by_the_marker_of_their_grammar():
    """An operator's grammar has one of its own."""
    made = count(("fcm", 200, "", 90), misplaced=4)
    made.markers = {"push_done"}
    assert "4 lines have push_done, but not where a push line has it" in shown(made)


@pytest.mark.parametrize("width", [60, 80, 96, 120, 136, 200])
def test_the_table_fits_the_window(width):
    """Columns are left out before lines are broken."""
    results = [(platform, code, reason, 123_456) for platform, code, reason, _ in CATALOGUE.known()]
    assert max(map(len, shown(count(*results), width).splitlines())) <= width


def test_no_push_line_at_all_hints_at_the_switch():
    """The most likely cause is that push logging is off."""
    made = Count(CATALOGUE)
    made.summary.lines = 5
    assert "logs { push = 1 }" in shown(made)


def test_no_line_at_all_is_reported():
    """An empty file is no riddle."""
    assert "There are no lines." in shown(Count(CATALOGUE))


def test_dead_tokens_and_limits_are_left_out_of_the_accepted_share():
    """The accepted share is delivered results among all but tokens and limits, as in the alerts."""
    made = count(("fcm", 200, "", 90), ("fcm", 500, "", 10), ("fcm", 404, "UNREGISTERED", 50), ("fcm", 914, "", 50))
    assert accepted(made.summary.rows(CATALOGUE)) == 0.9
    assert "Accepted by FCM or APNs: 90.00 % (dead tokens and rate limits left aside)" in shown(made)
    assert accepted(count(("fcm", 914, "", 5)).summary.rows(CATALOGUE)) is None


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0.00 %"), (0.00001, "<0.01 %"), (0.5, "50.00 %"), (0.99999, ">99.99 %"), (1, "100.00 %")],
)
def test_little_is_not_nothing_and_nearly_all_is_not_all(share, text):
    """One failure in a million is still shown as one."""
    assert percent(share) == text


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"causes": {"unenveloped": 3}}, "3 lines have push_on_complete, but not the envelope of the others"),
        ({"causes": {"misplaced": 99}, "fronts": ["a> ", ""]}, "In front of it stands `a> ` or nothing"),
        (
            {"causes": {"misplaced": 99}, "fronts": ['{"time":"<time>","message":"']},
            "  jq -r .message FILE | mesibo-logwatch report\n",
        ),
        ({"causes": {"misplaced": 99}, "fronts": ["a> "]}, "needs a grammar of its own"),
        ({"envelopes": {"docker": 2, "plain": 1, "cri": 1}}, "Around the lines: cri, docker\n"),
        ({"envelopes": {"plain": 1}}, None),
    ],
)
def test_what_stands_around_lines_is_told(change, told):
    """Where the marker stands elsewhere, and in which envelopes lines were read; of plain lines nothing is said."""
    made = count(("fcm", 200, "", 9))
    for name, value in change.items():
        held = getattr(made, name)
        held.update(value) if name != "fronts" else held.extend(value)
    made.summary.misplaced = made.causes.total()
    text = shown(made, 200)
    assert told in text if told else "Around the lines" not in text
