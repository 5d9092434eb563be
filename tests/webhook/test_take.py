"""What a call adds to a batch."""

import pytest

from logwatch.catalogue import Catalogue
from logwatch.ledger.batch import Batch
from logwatch.ledger.keys import ResultRow
from logwatch.privacy import Privacy
from logwatch.webhook.fields import load
from logwatch.webhook.read import read
from logwatch.webhook.take import take
from tests.helpers.webhook_calls import call, event

NOW = 1_795_000_000.0
CALL = (event("+1"), event("+2", 200, ""), {"type": "message"})


def add(batch, *events, witness_for="", known=(), number=1):
    """Take a call into a batch."""
    found = read(call(*events, number=number, ts=int(NOW * 1000)), load(), now=NOW)
    take(
        batch, "hook", found, witness_for=witness_for, known=known, catalogue=Catalogue.load(),
        privacy=Privacy("mask", b"k" * 32), row=lambda source, key: ResultRow(source, key.platform, str(key.code), ""),
        now=NOW,
    )  # fmt: skip


def outcomes(batch):
    return {row.label: amount for row, amount in batch.counters.items() if row.counter == "webhook_events"}


@pytest.mark.parametrize("since", ["this commit", "an earlier one"])
def test_what_comes_again_is_counted_as_repeated(since):
    """Failures, accepted pushes and what is of another type, whether they were committed or not; other calls count."""
    batch = Batch(100)
    add(batch, *CALL)
    keys = ()
    if since == "an earlier one":
        keys, batch = batch.keys, Batch(100)
    add(batch, *CALL, known=keys)
    once = {"failure": 1, "accepted": 1, "other_type": 1} if since == "this commit" else {}
    assert outcomes(batch) == once | {"repeated": 3}
    add(batch, *CALL, known=keys, number=2)
    assert outcomes(batch)["failure"] == once.get("failure", 0) + 1
    assert {row.code: seen.count for row, seen in batch.results.items()} == dict.fromkeys(
        ["403", "200"], len(once) // 3 + 1
    )


@pytest.mark.parametrize(("witness_for", "stored", "told"), [("", 1, 0), ("log", 0, 1)])
def test_only_failures_are_kept_one_by_one(witness_for, stored, told):
    """Failures are kept one by one, as a source's own or as a witness' reports, and accepted pushes are not."""
    batch = Batch(100)
    add(batch, *CALL[:1] * 2, *CALL, witness_for=witness_for)
    assert outcomes(batch) == {"failure": 3, "accepted": 1, "other_type": 1}
    assert {row.code: seen.count for row, seen in batch.witnessed.items()} == ({"403": 3} if told else {})
    assert {(each.seconds, each.row.code) for each in batch.buckets} >= {(60, "403"), (60, "200")} or told
    assert [row.shape for row in batch.event_shapes if not row.cause] != []
    assert ([each.code for each in batch.waiting.stored()], [each.code for each in batch.events]) == (
        ["403"] * 3 * stored,
        ["403"] * 3 * told,
    )


def test_what_apple_said_of_an_iphones_firebase_token_counts_as_its_reason():
    """FCM's INVALID_ARGUMENT with Apple's Unregistered is a dead token; a reason in Google's ErrorInfo is left out."""
    batch = Batch(100)
    add(
        batch, answered(400, "INVALID_ARGUMENT", "Unregistered"), answered(403, "PERMISSION_DENIED", "SERVICE_DISABLED")
    )
    assert [each.reason for each in batch.waiting.stored()] == ["Unregistered", "PERMISSION_DENIED"]


def test_a_witness_keeps_the_reason_that_it_heard():
    """As the catalogue spells it, if it lists one; else the first, so that a new one can be looked up."""
    batch = Batch(100)
    add(batch, answered(400, "INVALID_ARGUMENT", "Unregistered"), answered(403, "NEW", "OTHER"), witness_for="log")
    assert [each.reason for each in batch.events] == ["Unregistered", "OTHER"]


def answered(code, status, reason):
    """Make an event with an answer of FCM's that has a reason of somebody else beside its own."""
    details = [{"@type": "x.FcmError", "errorCode": status}, {"@type": "x.Other", "statusCode": 410, "reason": reason}]
    error = {"code": code, "status": status, "details": details}
    return {"type": "push", "token": "t:x", "response": {"code": code, "error": error}}
