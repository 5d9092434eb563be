"""What is told of webhooks: reasons, disagreement, what is not read, and that there is no share without successes."""

import re
from dataclasses import replace

import pytest

from logwatch.diagnosis.find import diagnose
from logwatch.ledger.batch import CounterRow, MinuteRow
from logwatch.ledger.keys import ResultRow
from logwatch.webhook.source import WebhookStatus
from tests.helpers.story import NOW, UP, Story

HOOK = WebhookStatus("hook", up=True, files_followed=0, lag_bytes=0, caught_up=True,
                     problems=(), witness_for="mesibo")  # fmt: skip
ALONE = replace(HOOK, name="cloud", witness_for="")


def told(story, *, heard=None, minutes=None, status=None, counters=None, beside=None):
    """Return the findings of a story beside which a webhook tells something, by key."""
    facts = story.facts()
    return {
        finding.key: finding
        for finding in diagnose(
            replace(
                facts,
                status=status or {"mesibo": UP, "hook": HOOK},
                heard=heard or {},
                witnessed=(beside or {})
                | {MinuteRow(int(NOW - 600), "hook", "apns", code): n for code, n in (minutes or {}).items()},
                snapshot=replace(facts.snapshot, counters={**facts.snapshot.counters, **(counters or {})}),
            )
        )
    }


def events(**counts):
    return {CounterRow("hook", "webhook_events", outcome): count for outcome, count in counts.items()}


def test_a_bare_number_is_reported_with_the_reason_of_the_webhook():
    """The finding has the reason's remedy; if reasons differ, all are evidence and none is the title."""
    story = Story().ordinary(60, without=("apns",)).incident("apns", 403)
    row = ResultRow("mesibo", "apns", "403", "")
    bare = told(story)["apns_credential_refused:apns"]
    known = told(story, heard={(row, "ExpiredProviderToken", "apns"): 40})["apns_credential_refused:apns"]
    assert known.title.startswith("403: Apple says ExpiredProviderToken (webhook): every iOS push")
    assert known.remedy != bare.remedy
    two = {(row, "ExpiredProviderToken", "apns"): 40, (row, "BadCertificate", "apns"): 2}
    both = told(story, heard=two)["apns_credential_refused:apns"]
    assert both.title == bare.title
    assert sum("(webhook)" in line for line in both.evidence) == 2


@pytest.mark.parametrize(
    ("minutes", "key"),
    [
        ({"404": 400, "410": 300}, "witnesses-differ:hook"),
        ({"403": 6}, "witnesses-differ:hook"),
        ({"403": 4}, "witness-lacks:hook"),
        ({}, "witness-lacks:hook"),
    ],
)
def test_if_webhook_and_log_disagree_that_is_a_finding(minutes, key):
    """Failures that the webhook has and the log counts as accepted, and the other way round."""
    found = told(Story().ordinary(60), minutes=minutes)
    assert {name for name in found if name.startswith("witness")} == {key}
    assert key != "witnesses-differ:hook" or "accepted ones" in found[key].title
    assert found[key].cause.startswith("The webhook hook ")
    assert not re.search("[0-9]|last hour", found[key].cause)  # an incident is called by what does not change


def test_failures_before_a_webhook_listened_are_not_expected_of_it():
    """Failures that a first start reads from the log are not compared with a webhook that did not listen yet."""
    story = Story().ordinary(60)
    for since, expected in ((NOW - 60, []), (NOW - 3000, ["witness-lacks:hook"])):
        found = told(story, status={"mesibo": UP, "hook": replace(HOOK, since=since)})
        assert [name for name in found if name.startswith("witness")] == expected


def test_if_they_agree_there_is_no_finding():
    """The same numbers by code, as far as they have settled; those of other webhooks and times are none of it."""
    story = Story().ordinary(60)
    logged = {}
    for row, seen in story.results.items():
        if row.code != "200":
            logged[row.code] = logged.get(row.code, 0) + round(seen.count * 57 / 60)
    assert not [name for name in told(story, minutes=logged) if name.startswith("witness")]
    elsewhere = {MinuteRow(int(NOW - 600), "other", "apns", "403"): 900}
    elsewhere |= {MinuteRow(int(at), "hook", "apns", "403"): 900 for at in (NOW - 7200, NOW)}
    assert not [name for name in told(story, minutes=logged, beside=elsewhere) if name.startswith("witness")]


@pytest.mark.parametrize(
    ("counts", "severity"),
    [
        ({"no_code": 3}, "critical"),
        ({"failure": 30, "unreadable": 3}, "warning"),
        ({"failure": 300, "ambiguous": 3}, None),
    ],
)
def test_events_that_cannot_be_read_are_reported_with_a_way_out(counts, severity):
    """A few odd ones among many are noise."""
    found = told(Story().ordinary(60), counters=events(**counts)).get("webhook-unread:hook")
    assert (found and found.severity) == severity
    assert not found or found.cause == "Push events of the webhook hook could not be read"
    assert not found or "mesibo-logwatch check" in found.remedy


def test_a_webhook_alone_has_numbers_and_no_share():
    """With a webhook and no log, findings name numbers of failures and no share of pushes."""
    story = Story()
    for ago in range(50):
        story.pushes("apns", 903, 5, ago, source="cloud")
        story.pushes("fcm", 404, 1, ago, "UNREGISTERED", source="cloud")
    found = told(story, status={"cloud": ALONE})
    assert found["mesibo_certificate_expired:apns"].pushes == 250
    assert found["mesibo_certificate_expired:apns"].severity == "critical"
    texts = [text for each in found.values() for text in (each.title, *each.evidence)]
    assert not [text for text in texts if "%" in text or "every " in text or "250 of" in text]
    assert "failures-only:cloud" in found
    assert "accepted" not in found


def test_shares_of_a_log_are_its_own_beside_a_webhook_without_one():
    """A site with both has shares of what the log tells."""
    story = Story().ordinary(60)
    for ago in range(50):
        story.pushes("apns", 903, 50, ago, source="cloud")
    found = told(story, status={"mesibo": UP, "cloud": ALONE})
    assert "accepted" not in found  # something else pages
    assert found["mesibo_certificate_expired:apns"].pushes == 2500
    assert not any("2,500 of" in line for line in found["mesibo_certificate_expired:apns"].evidence)


def test_small_numbers_of_a_webhook_alone_are_no_share_of_what_a_log_tells():
    """Beside a log, too, nobody knows out of how many pushes a webhook's failures are."""
    story = Story().ordinary(60)
    story.pushes("fcm", 404, 3, 5, "UNREGISTERED", source="cloud")
    found = told(story, status={"mesibo": UP, "cloud": ALONE})
    assert found["few-alone:token"].title.startswith(
        "3 pushes went to tokens that no longer work (an unknown share of all)"
    )
    assert " %" in found["few:token"].title


def test_with_push_debugging_a_webhook_alone_is_a_source_like_any_other():
    """A webhook alone has shares as long as accepted pushes come."""
    story = Story()
    for ago in range(50):
        story.pushes("apns", 200, 50, ago, source="cloud")
    found = told(story, status={"cloud": ALONE})
    assert "failures-only:cloud" not in found
    assert "accepted" in found
