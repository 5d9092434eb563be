"""The handover between threads: bounded, and answered when it is certain."""

import pytest

from logwatch.model import Call, PushEvent
from logwatch.webhook.inbox import Inbox


def call(events=1):
    return Call([PushEvent(1.0, "fcm", 404, (), "", "u", "", "", (1, i)) for i in range(events)])


def test_a_call_is_answered_by_the_commit_and_not_before():
    """Nobody is reported that it is stored while it is not."""
    inbox = Inbox()
    done = inbox.offer(call())
    assert inbox.take() is not None
    assert not done.done()
    inbox.settle(committed=True)
    assert done.result(0) is True
    assert inbox._events == 0


def test_a_caller_who_leaves_while_it_is_answered_is_no_fault():
    """It may give up between any two instructions of the thread that answers, whose loop must not end by it."""
    inbox = Inbox()
    gone, still = inbox.offer(call()), inbox.offer(call())
    gone.cancel()
    gone.cancelled = lambda: False  # as it was an instant before
    while inbox.take():
        pass
    inbox.settle(committed=True)
    assert still.result(0) is True
    assert inbox._events == 0


@pytest.mark.parametrize(
    ("sizes", "taken"), [((600, 400, 1), (1, 1, 0)), ((1, 1000), (1, 0)), ((5000, 1), (1, 0)), ((0,) * 3, (1, 1, 1))]
)
def test_so_many_events_wait_and_no_more(sizes, taken):
    """What is beyond is to be repeated; a call larger than all that may wait comes alone."""
    inbox = Inbox(most=1000)
    assert tuple(inbox.offer(call(size)) is not None for size in sizes) == tuple(map(bool, taken))


def test_a_disk_that_refuses_lets_everything_be_repeated():
    """While commits fail, waiting, taken and new calls get the answer to repeat them."""
    inbox = Inbox()
    taken, waiting = inbox.offer(call()), None
    inbox.take()
    waiting = inbox.offer(call())
    inbox.settle(committed=False)
    assert (taken.result(0), waiting.result(0), inbox.offer(call()), inbox._events) == (False, False, None, 0)
    inbox.settle(committed=True)
    assert inbox.offer(call()) is not None
