"""The reading loop's end of a webhook: an input like files, whose calls are answered once they are committed."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from logwatch.catalogue import Catalogue
from logwatch.ledger.snapshot import Snapshot
from logwatch.model import Sink, SourceStatus
from logwatch.webhook.inbox import Inbox

FRESH_SECONDS = 60.0  # after an accepted push, push debugging is taken to be on, which reports all results


@dataclass(frozen=True, slots=True)
class WebhookStatus(SourceStatus):
    """The status of a webhook; ``witness_for`` names the log that it is a witness for, empty if there is none."""

    witness_for: str = ""
    since: float = 0.0  # when it began to listen: it does not know of earlier failures


class Webhook:
    """One webhook as an input of the pipeline."""

    def __init__(self, name: str, witness_for: str, inbox: Inbox) -> None:
        self.name = name
        self.inbox = inbox
        self._witness_for = witness_for
        self._since = time.time()

    def look(self, sink: Sink) -> None:
        """Do nothing: calls come by themselves."""

    def read(self, sink: Sink, budget: int) -> bool:  # noqa: ARG002  calls are small and few
        """Hand on every call that waits."""
        while (waiting := self.inbox.take()) is not None:
            if not sink.call(self.name, waiting.call, self._witness_for):
                self.inbox.settle(committed=False)
                return False
        return False

    def settle(self, sink: Sink, _goes_on: Callable[[], bool]) -> None:
        """Hand on, before the last commit, what waits."""
        self.read(sink, 0)

    def status(self) -> WebhookStatus:
        """Return its status, which never has a backlog."""
        return WebhookStatus(
            name=self.name,
            up=True,
            files_followed=0,
            lag_bytes=0,
            caught_up=True,
            problems=(),
            witness_for=self._witness_for,
            since=self._since,
        )

    def directories(self) -> frozenset[str]:
        """Return none."""
        return frozenset()

    def close(self) -> None:
        """Answer what waits as to be repeated, to whoever listens next."""
        self.inbox.settle(committed=False)


def witnesses(status: Mapping[str, SourceStatus]) -> dict[str, str]:
    """Return the sources that are only witnesses, each with the log that it is a witness for."""
    return {name: s.witness_for for name, s in status.items() if isinstance(s, WebhookStatus) and s.witness_for}


def silent_on_success(
    status: Mapping[str, SourceStatus], snapshot: Snapshot, catalogue: Catalogue, now: float
) -> set[str]:
    """Return the sources that report failures only: webhooks without a log, unless push debugging sends all results."""
    alone = {name for name, s in status.items() if isinstance(s, WebhookStatus) and not s.witness_for}
    if not alone:
        return alone
    for row, seen in snapshot.results.items():
        if row.source not in alone or seen.last is None or abs(now - seen.last) >= FRESH_SECONDS:
            continue
        if catalogue.entry(*row.kind).class_ == "delivered":
            alone.discard(row.source)
    return alone
