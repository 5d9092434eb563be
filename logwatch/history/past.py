"""Count a log minute by minute, by the stages of ``report``, so that the totals agree."""

from collections.abc import Callable
from dataclasses import dataclass, field

from logwatch.history.minutes import MINUTE_SECONDS, runs
from logwatch.history.tallies import Tallies
from logwatch.ledger.keys import ResultRow
from logwatch.model import Envelope, Scan
from logwatch.report import Count, LogSettings, Stream

_LEAP_MINUTES = 180 * 24 * 60  # back within a file: no clock is set back so far, so the year of some lines is wrong


@dataclass(slots=True)
class _Reached:
    """How far a source has been read."""

    minute: int | None = None  # of the push line before
    newest: int = 0  # of all minutes so far
    leapt: bool = False
    unplaced: list[Scan] = field(default_factory=list)  # before the first minute, and of the one that is read


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
        of the file's last write, or of ``now`` for a stream; it is left out where that minute is.
        """
        self._reached = reached = _Reached()
        try:
            super().read(stream, how, now=now, progress=progress)
        finally:
            if reached.unplaced:
                self.timeless += 1
                self._place(int((now if stream.reference is None else stream.reference) // MINUTE_SECONDS), how.source)
            if reached.leapt:
                self.over_a_year.append(stream.name)

    def scan(self, data: bytes, how: LogSettings, envelope: Envelope, reference: float) -> None:
        """Count whole lines of a source, minute by minute."""
        if not data:
            return
        reached = self._reached
        for minute, lines, follows in runs(data, envelope, how.scanner, reference, reached.minute):
            if minute is not None:
                reached.leapt |= minute < reached.newest - _LEAP_MINUTES
                reached.minute, reached.newest = minute, max(minute, reached.newest)
            if minute is None or self._wanted(minute):
                found = how.scanner.scan(lines, envelope=envelope, reference=reference, follows=follows)
                reached.unplaced.append(found)
            if minute is not None:
                self._place(minute, how.source)

    def _wanted(self, minute: int) -> bool:
        begin = minute * MINUTE_SECONDS
        return (self.since is None or begin > self.since - MINUTE_SECONDS) and (
            self.until is None or begin < self.until
        )

    def _place(self, minute: int, source: str) -> None:
        """Count what waits for its minute; as in the daemon, few codes outside the catalogue get labels."""
        labelled = self._labelled.setdefault(source, set())
        for scan in self._reached.unplaced if self._wanted(minute) else ():
            for (platform, code, reason), seen in self.add(scan).items():
                row = ResultRow(source, platform, self.catalogue.label(code, labelled), reason)
                self.tallies.add(row, minute, seen.count)
        self._reached.unplaced.clear()
