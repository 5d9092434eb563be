"""What stands between a log and its numbers: each source is judged by its own lines, and only while they tell."""

from dataclasses import replace

import pytest

from tests.helpers.story import UP, CounterRow, Story


def keys(story):
    return {finding.key for finding in story.findings()}


def test_each_source_is_judged_by_its_own_pushes():
    """What another one logs excuses neither a silent source, nor one without push lines, nor one with wrong stamps."""
    story = Story().ordinary(600, rate=20)
    for name in ("stopped", "gone", "none", "zone"):
        story.status[name] = replace(UP, name=name)
        story.counters[CounterRow(name, "lines", "")] = 1000
    for ago in range(40, 340):
        story.pushes("fcm", 200, 5, ago, source="stopped")
        story.pushes("fcm", 200, 5, ago + 3000, source="gone")
    for ago in range(40):
        story.pushes("fcm", 200, 5, ago + 120, source="zone")
        story.lines("", 5, ago, source="zone")
    watching = {key for key in keys(story) if key.startswith(("silent:", "no-push-lines:", "late:"))}
    assert watching == {"silent:stopped", "silent:gone", "no-push-lines:none", "late:zone"}


def test_a_log_that_is_still_being_read_is_not_called_empty():
    """Its push lines may come yet, or wait for a disk with room; both are said instead."""
    story = Story()
    assert keys(story) == {"no-push-lines:mesibo"}
    story.status = {"mesibo": replace(UP, caught_up=False, lag_bytes=5 << 20)}
    assert keys(story) == {"catching-up:mesibo"}
    assert "5.0 MiB to go" in story.finding("catching-up:mesibo").title
    story.status, story.trouble = {"mesibo": UP}, "commits fail: disk full"
    assert keys(story) == {"commits"}


def test_stamps_that_were_behind_are_reported_for_an_hour():
    """Of a log to which nothing more comes nobody can tell whether they still are."""
    story = Story()
    for ago in range(61, 100):
        story.pushes("apns", 200, 10, 120 + ago)
        story.lines("", 10, ago)
    assert "late:mesibo" not in keys(story)


@pytest.mark.parametrize("how", [{"up": False}, {"caught_up": False}, {"lag_bytes": 65 << 20}])
def test_nothing_is_called_fine_as_long_as_the_present_is_unknown(how):
    """A log that is out of reach or far behind may hold failures by now."""
    story = Story().ordinary(600)
    assert "accepted" in keys(story)
    story.status = {"mesibo": replace(UP, **how)}
    assert "accepted" not in keys(story)
