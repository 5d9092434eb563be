"""A person sees what is wrong first, and can read the rest."""

import pytest
from rich.console import Console

from logwatch.catalogue import Catalogue
from logwatch.model import ResultKey, Seen
from logwatch.report import Count
from logwatch.report.table import accepted, percent, render

NOON = 1_795_348_800.0
CATALOGUE = Catalogue.load()


def count(*results, **causes):
    """Make a count of (platform, code, reason, times)."""
    made = Count(CATALOGUE)
    for platform, code, reason, times in results:
        made.summary.add({ResultKey(platform, code, reason): Seen(times, NOON - 60, NOON)})
        made.summary.lines += times
        made.summary.push_lines += times
    made.causes.update(causes)
    made.summary.unparsed = sum(times for cause, times in causes.items() if cause != "misplaced")
    return made


def shown(made, width=120):
    console = Console(width=width, highlight=False)
    with console.capture() as captured:
        console.print(render(made, width))
    return captured.get()


def test_what_is_critical_comes_first_with_its_remedy():
    """A certificate that expired stands above a thousand dead tokens."""
    text = shown(count(("fcm", 404, "UNREGISTERED", 1000), ("apns", 903, "", 7), ("apns", 200, "", 5000)))
    found = text[text.index("What is wrong") :]
    assert found.index("903 Certificate expired (APNs): 7 pushes, last 2026-11-22 12:00:00.") < found.index("404")
    assert "Whose side: yours." in found
    assert "Renew the production push" in found


def test_when_nothing_is_wrong_it_says_where_to_look_next():
    """All accepted, and still somebody may miss a push."""
    assert "Nothing: every push was accepted." in shown(count(("fcm", 200, "", 10)))


def test_many_warnings_are_summed_up():
    """Five in words, the rest in the table."""
    codes = (500, 502, 503, 504, 413, 429, 404)
    text = shown(count(*(("unknown", code, "", 1) for code in codes)))
    assert "and 2 more kinds of warnings, see below" in text


def test_what_could_not_be_read_is_told_by_cause():
    """Nothing is dropped silently."""
    text = shown(count(("fcm", 200, "", 1), no_code=2, ambiguous=3, misplaced=4), 200)
    assert "5 push lines give no result (2 without a code, 3 with two codes)" in text
    assert "4 lines have push_on_complete, but not in its place" in text


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


def test_no_line_at_all_is_told():
    """An empty file is no riddle."""
    assert "There are no lines." in shown(Count(CATALOGUE))


def test_dead_tokens_and_limits_are_left_out_of_the_accepted_share():
    """As the alerts count it: good is delivered, bad is the rest, tokens and limits are neither."""
    made = count(("fcm", 200, "", 90), ("fcm", 500, "", 10), ("fcm", 404, "UNREGISTERED", 50), ("fcm", 914, "", 50))
    assert accepted(made.summary.rows(CATALOGUE)) == 0.9
    assert accepted(count(("fcm", 914, "", 5)).summary.rows(CATALOGUE)) is None


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0.00 %"), (0.00001, "<0.01 %"), (0.5, "50.00 %"), (0.99999, ">99.99 %"), (1, "100.00 %")],
)
def test_little_is_not_nothing_and_nearly_all_is_not_all(share, text):
    """One failure in a million is still shown as one."""
    assert percent(share) == text
