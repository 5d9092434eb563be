"""A webhook as an input of the pipeline."""

from logwatch.catalogue import Catalogue
from logwatch.ledger.store import Ledger
from logwatch.model import Call
from logwatch.pipeline import Pipeline, Source
from logwatch.privacy import Privacy
from logwatch.webhook.inbox import Inbox
from logwatch.webhook.source import Webhook


def test_a_call_without_events_is_answered_by_a_commit_of_its_own(tmp_path):
    """On a quiet host nothing else would commit: the caller would wait in vain, and its place be taken for good."""
    ledger, hook = Ledger(tmp_path, keep=10), Webhook("hook", "", Inbox())
    pipeline = Pipeline(
        [Source("hook", hook)],
        ledger, Catalogue.load(), Privacy("mask", ledger.key), keep=10, commit_seconds=1.0, clock=lambda: 2e9,
        monotonic=lambda: 0.0,
    )  # fmt: skip
    pipeline.turn()
    pipeline.commit()
    assert pipeline.due_in() == float("inf")
    hook.inbox.offer(Call())
    pipeline.turn()
    assert pipeline.due_in() <= 1.0
    ledger.close()
