"""Open the sources of a configuration, and keep each open across reloads for as long as it stays the same."""

import itertools
import time
from collections.abc import Callable, Mapping
from typing import Literal

from logwatch.assembly import Parts, discovery
from logwatch.config import Config
from logwatch.config import Source as SourceConfig
from logwatch.events import Log
from logwatch.journal.follow import Journal, JournalSpec
from logwatch.ledger.store import Ledger
from logwatch.parse import Scanner
from logwatch.pipeline import Input, Source
from logwatch.tail.context import OpenFiles
from logwatch.tail.tail import SourceSpec, Tail
from logwatch.wake import PollWaker
from logwatch.webhook.inbox import Inbox
from logwatch.webhook.source import Webhook


class Inputs:
    """The open input of each source; ``called`` wakes the loop when a webhook's call waits for its answer."""

    def __init__(self, ledger: Ledger, waker: PollWaker, called: Callable[[], None], log: Log) -> None:
        self._ledger = ledger
        self._waker = waker
        self._called = called
        self._log = log
        self._generations = itertools.count(ledger.generation + 1)
        self._files = OpenFiles()
        self._config = Config()
        self._open: dict[str, Input] = {}
        self._scanners: dict[str, Scanner] = {}

    @property
    def inboxes(self) -> Mapping[str, Inbox]:
        """The inboxes for calls of webhooks, by source."""
        return {name: each.inbox for name, each in self._open.items() if isinstance(each, Webhook)}

    def follow(self, parts: Parts) -> list[Source]:
        """Return the sources of a configuration, each with its input and scanner; close those no longer followed."""
        old, new = self._config, parts.config
        same = {source.name for source in new.source if source in old.source} if new.follow == old.follow else set()
        for name in self._open.keys() - same:
            self._open.pop(name).close()
        self._config = new
        self._scanners = {source.name: parts.scanner(source) for source in new.source if not source.webhook}
        return [
            Source(source.name, self._input(source, parts), self._scanners.get(source.name)) for source in new.source
        ]

    def close(self) -> None:
        """Close every input."""
        for each in self._open.values():
            each.close()

    def _input(self, source: SourceConfig, parts: Parts) -> Input:
        """Return the open input of a source, or open one that continues at the committed position."""
        if source.name not in self._open:
            make = self._journal if source.journal else self._webhook if source.webhook else self._tail
            self._open[source.name] = make(source, parts)
        return self._open[source.name]

    def _tail(self, source: SourceConfig, parts: Parts) -> Input:
        def newest() -> Scanner:
            """Return the scanner of the newest configuration, since open files outlive a reload."""
            return self._scanners[source.name]

        return Tail(
            SourceSpec(
                source.name,
                discovery(source),
                source.envelope,
                self._start_at(source),
                source.rotated,
                source.input,
            ),
            self._ledger.positions.values(),
            lambda: next(self._generations),
            owns=lambda line: newest().owns(line),
            dates=lambda line: newest().dates(line),
            held=lambda data, envelope: newest().held(data, envelope),
            max_line_bytes=parts.config.follow.max_line_bytes,
            release_seconds=parts.config.follow.release_seconds,
            clock=time.time,
            log=self._log,
            files=self._files,
            last_line_at=row.last_line_at if (row := self._ledger.snapshot.sources.get(source.name)) else None,
        )

    def _webhook(self, source: SourceConfig, _parts: Parts) -> Input:
        assert source.webhook
        return Webhook(source.name, source.webhook.witness_for or "", Inbox(self._called))

    def _journal(self, source: SourceConfig, parts: Parts) -> Input:
        assert source.journal
        return Journal(
            JournalSpec(source.name, source.journal.target, self._start_at(source), stamped=parts.stamped(source)),
            self._ledger.journals.get(source.name),
            max_line_bytes=parts.config.follow.max_line_bytes,
            clock=time.time,
            bell=self._waker,
            log=self._log,
        )

    def _start_at(self, source: SourceConfig) -> Literal["beginning", "end"]:
        """Return where to begin: what a lost ledger had counted must not be counted again."""
        return "end" if self._ledger.lost_state else source.start_at
