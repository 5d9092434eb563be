"""A webhook as an input of the pipeline."""

from types import SimpleNamespace

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


def offered(hook, answers=(True,)):
    """Offer a call; return its answer to be, and the sink of a pipeline that takes it, or cannot."""
    taken, answers = [], iter(answers)
    sink = SimpleNamespace(taken=taken, call=lambda *call: taken.append(call) or next(answers))
    return hook.inbox.offer(Call()), sink


def test_a_call_that_cannot_be_known_to_be_new_is_to_be_repeated():
    """So are those that wait and those that come, until a commit works again."""
    hook = Webhook("hook", "mesibo", Inbox())
    (first, sink), (second, _) = offered(hook, answers=[False]), offered(hook)
    assert hook.read(sink, 0) is False
    assert sink.taken == [("hook", Call(), "mesibo")]
    assert (first.result(0), second.result(0), hook.inbox.offer(Call())) == (False, False, None)
    hook.inbox.settle(committed=True)
    assert hook.inbox.offer(Call()) is not None


def test_what_waits_at_a_stop_is_handed_on_before_the_last_commit():
    """Nobody has to repeat a call only because the service is restarted."""
    hook = Webhook("hook", "", Inbox())
    answer, sink = offered(hook)
    hook.settle(sink, lambda: True)
    assert sink.taken == [("hook", Call(), "")]
    hook.inbox.settle(committed=True)
    assert answer.result(0) is True


def test_what_waits_at_the_end_is_to_be_repeated():
    """Nothing else would answer it."""
    hook = Webhook("hook", "", Inbox())
    answer, _ = offered(hook)
    hook.close()
    assert answer.result(0) is False
