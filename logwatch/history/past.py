"""Count a log minute by minute, by the stages of ``report``, so that the totals agree."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from logwatch.history.minutes import MINUTE_SECONDS, runs
from logwatch.history.tallies import Tallies
from logwatch.ledger.keys import ResultRow
from logwatch.model import Envelope, ResultKey, Seen
from logwatch.report import Count, LogSettings, Stream

_LEAP_MINUTES = 180 * 24 * 60  # back within a file: no clock is set back so far, so the year of some lines is wrong


@dataclass(slots=True)
class _Reached:
    """How far a source has been read."""

    minute: int | None = None  # of the push line before
    newest: int = 0  # of all minutes so far
    leapt: bool = False
    unplaced: list[tuple[ResultRow, int]] = field(default_factory=list)  # before the first minute


@dataclass
class Past(Count):
    """What has been counted so far, and in which minutes; ``since`` and ``until`` take effect by whole minutes."""

    tallies: Tallies = field(kw_only=True)
    timeless: int = 0  # sources in which no push line could be dated
    over_a_year: list[str] = field(default_factory=list)  # files whose stamps, which have no year, span more than one
    _reached: _Reached = field(default_factory=_Reached)
    _labelled: dict[str, set[str]] = field(default_factory=dict)  # source -> codes outside the catalogue

    def read(
        self, stream: Stream, how: LogSettings, *, now: float, progress: Callable[[], None] = lambda: None
    ) -> None:
        """Count a source to its end, as ``Count`` does.

        A push line that cannot be dated counts in the minute of the one before it, else of the first one after it, else
        of the file's last write, or of ``now`` for a stream.
        """
        self._reached = reached = _Reached()
        try:
            super().read(stream, how, now=now, progress=progress)
        finally:
            if reached.unplaced:
                self.timeless += 1
                self._place(int((now if stream.reference is None else stream.reference) // MINUTE_SECONDS))
            if reached.leapt:
                self.over_a_year.append(stream.name)

    def scan(self, data: bytes, how: LogSettings, envelope: Envelope, reference: float) -> None:
        """Count whole lines of a source, minute by minute."""
        if not data:
            return
        reached = self._reached
        for minute, lines, ahead in runs(data, envelope, how.scanner, reference, reached.minute):
            if minute is not None:
                reached.leapt |= minute < reached.newest - _LEAP_MINUTES
                reached.minute, reached.newest = minute, max(minute, reached.newest)
                if not self._wanted(minute):
                    continue
            found = self.add(how.scanner.scan(lines, envelope=envelope, reference=reference, ahead=ahead))
            reached.unplaced += self._rows(how.source, found)
            if minute is not None:
                self._place(minute)

    def _wanted(self, minute: int) -> bool:
        begin = minute * MINUTE_SECONDS
        return (self.since is None or begin > self.since - MINUTE_SECONDS) and (
            self.until is None or begin < self.until
        )

    def _rows(self, source: str, found: Mapping[ResultKey, Seen]) -> list[tuple[ResultRow, int]]:
        """Return results with their labels and counts; as in the daemon, few codes outside the catalogue get labels."""
        labelled = self._labelled.setdefault(source, set())
        return [
            (ResultRow(source, platform, self.catalogue.label(code, labelled), reason), seen.count)
            for (platform, code, reason), seen in found.items()
        ]

    def _place(self, minute: int) -> None:
        for row, count in self._reached.unplaced:
            self.tallies.add(row, minute, count)
        self._reached.unplaced.clear()
