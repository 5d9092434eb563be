"""Hold what one chunk gave: results and lines without one, counted, and failures as lines that are still unread."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import chain, groupby, islice, repeat
from operator import itemgetter
from typing import Any

from logwatch.dialect.result import Columns, Reasons
from logwatch.envelope import Received
from logwatch.model import Cause, Envelope, Failure, ResultKey, Scan, Seen
from logwatch.parse.lines import LineAt, LineBatch, ReceivedLine
from logwatch.parse.timestamp import DAY_SECONDS

_NEAR = 3  # lines at most between a line without a time and one that dates it
_TOGETHER = 128  # lines: more at once take more memory and are no faster; fewer cost a call for each handful

Times = Callable[[Sequence[ReceivedLine]], list[float | None]]
"""Returns the lines' own times, in seconds since the epoch."""


# ---- results ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Tally:
    """How often something was found, and the first and last line with it."""

    count: int
    first: LineAt
    last: LineAt


class DatedCounts:
    """Counts of results, and of lines without one by cause; only the first and the last line of each are dated."""

    def __init__(self, reasons: Reasons | None) -> None:
        self.batch = LineBatch(b"")  # all lines of the chunk that may contain the marker
        self._reasons = reasons
        self._tallies: dict[ResultKey | Cause, _Tally] = {}

    def add(
        self, batch: LineBatch, symbols: bytearray, results: Mapping[int, ResultKey], by_line: dict[int, ResultKey]
    ) -> None:
        """Count the lines of a batch by their results: ``results`` by symbol, and ``by_line`` by the line's index."""
        found = [
            (result, symbols.count(symbol), symbols.index(symbol), symbols.rindex(symbol))
            for symbol, result in results.items()
            if symbol in symbols
        ]
        last = {result: i for i, result in by_line.items()}
        first = {by_line[i]: i for i in reversed(by_line)}
        found += [(result, count, first[result], last[result]) for result, count in Counter(by_line.values()).items()]
        places = sorted({*chain.from_iterable(ends for _, _, *ends in found)})
        lines = dict(zip(places, batch.at(places), strict=True))
        for result, count, begin, end in found:
            counted_as = self._reasons.counted_as(result.reason) if self._reasons and result.reason else result.reason
            key = result if counted_as == result.reason else result._replace(reason=counted_as)
            self._add(key, _Tally(count, lines[begin], lines[end]))

    def add_unread(self, cause: Cause, lines: Sequence[LineAt]) -> None:
        """Count lines without a result, in order."""
        self._add(cause, _Tally(len(lines), lines[0], lines[-1]))

    def _add(self, key: ResultKey | Cause, found: _Tally) -> None:
        if (tally := self._tallies.setdefault(key, found)) is not found:
            tally.count += found.count
            tally.first = min(tally.first, found.first, key=itemgetter(0))
            tally.last = max(tally.last, found.last, key=itemgetter(0))

    def write(self, scan: Scan, times: Times, reference: float) -> None:
        """Put what was counted into a scan, dated; ``reference`` (seconds since the epoch) is when it was written.

        Lines without a result and without a time are dated by lines near the first and the last of them, else by the
        results of their chunk.
        """
        for key, seen, undated in _dated(self._tallies, times):
            if isinstance(key, ResultKey):
                scan.results[key] = seen
                scan.undated += undated
            else:
                scan.unparsed[key], scan.unread[key] = seen.count, seen
        known = [at for seen in scan.results.values() for at in (seen.first, seen.last) if at is not None]
        for cause, seen in scan.unread.items():
            if seen.first is None and (near := [*self._near(self._tallies[cause], times)] or known):
                seen.first, seen.last = min(near), max(near)
        newest = max(known, default=reference)
        if newest > reference + DAY_SECONDS:
            scan.ahead_seconds = newest - reference
        scan.candidates = sum(seen.count for seen in scan.results.values()) + scan.unparsed.total()

    def _near(self, tally: _Tally, times: Times) -> Iterator[float]:
        """Yield the time of the line nearest to the first one, and of that nearest to the last, where they have one."""
        batch, count = self.batch, len(self.batch.lines)
        for number in {tally.first[0], tally.last[0]}:
            place = bisect_left(range(count), number, key=batch.number)
            lines = batch.at(range(max(0, place - _NEAR), min(count, place + _NEAR + 1)))
            found = zip(lines, times([line for _, line in lines]), strict=True)
            dated = [(abs(each - number), at) for (each, _), at in found if at is not None]
            yield from (at for _, at in sorted(dated)[:1])


def _dated(tallies: dict[ResultKey | Cause, _Tally], times: Times) -> Iterator[tuple[ResultKey | Cause, Seen, int]]:
    """Yield when the first and the last line were logged, and how many lines certainly have no time."""
    firsts = times([tally.first[1] for tally in tallies.values()])
    lasts = iter(times([tally.last[1] for tally in tallies.values() if tally.last is not tally.first]))
    for (key, tally), first in zip(tallies.items(), firsts, strict=True):
        last = first if tally.last is tally.first else next(lasts)
        if first is None or last is None:
            known = first if last is None else last
            yield key, Seen(tally.count, known, known), tally.count if known is None else 1
        elif first <= last:
            yield key, Seen(tally.count, first, last), 0
        else:
            yield key, Seen(tally.count, last, first), 0


# ---- failures --------------------------------------------------------------------------------------------------------


class LazyFailures(Sequence[Failure]):  # noqa: PLW1641  they are read again and again, and no keys
    """Failures, whose lines are read only when they are asked for; slicing reads none.

    Most are never looked at, so a storm of failures is as cheap as other lines. Lines end in a newline; ``read`` takes
    payloads without it, and dates each by when it was received and by its reference. For a line that is still in its
    envelope, ``received`` holds the envelope.
    """

    def __init__(
        self, lines: Iterable[bytes], received: Sequence[Received | Envelope], reference: float, read: "Read"
    ) -> None:
        self.text = b"".join(lines)  # one block of memory: of ten thousand small ones some would never be given back
        self.received = received
        self.reference = reference
        self.read = read

    def bare(self) -> tuple[list[bytes], Sequence[Received]]:
        """Return the payloads, out of their envelopes, and when they were received."""
        lines = self.text.split(b"\n")[:-1]
        received: list[Received] = [None if isinstance(each, Envelope) else each for each in self.received]
        wrapped = {i: each for i, each in enumerate(self.received) if isinstance(each, Envelope)}
        if wrapped:
            batch = LineBatch.of([lines[i] for i in wrapped], envelope=next(iter(wrapped.values())))
            for i, (_, (line, time)) in zip(wrapped, batch.at(range(len(wrapped))), strict=True):
                lines[i], received[i] = line, time
        return lines, received

    def naming(self, word: bytes) -> "LazyFailures":
        """Return those whose line contains ``word`` (in lower case) in any case: the others need not be read."""
        lines, received = self.bare()
        some = [i for i, line in enumerate(lines) if word in line.lower()]
        return LazyFailures([lines[i] + b"\n" for i in some], [received[i] for i in some], self.reference, self.read)

    def __len__(self) -> int:
        return len(self.received)

    def __iter__(self) -> Iterator[Failure]:
        for columns in read_together([self]):
            yield from map(Failure._make, zip(*columns, strict=True))

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return LazyFailures(list(BytesIO(self.text))[index], self.received[index], self.reference, self.read)
        return list(self)[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)


Read = Callable[[list[bytes], Sequence[Received], Sequence[float]], Columns]
"""Reads payloads; returns the columns of ``Failure``."""


def read_together(found: Iterable[Sequence[Failure]]) -> Iterator[Columns]:
    """Yield the columns of the failures of several chunks in order, many at once: a chunk may have only a handful."""
    for read, chunks in groupby(found, lambda each: each.read if isinstance(each, LazyFailures) else None):
        if read is None:
            yield from (tuple(zip(*failures, strict=True)) for failures in chunks if failures)
            continue
        lazy = [each for each in chunks if isinstance(each, LazyFailures)]
        lines = chain.from_iterable(zip(*each.bare(), repeat(each.reference)) for each in lazy)
        while some := list(islice(lines, _TOGETHER)):
            payloads, received, references = zip(*some, strict=True)
            yield read(list(payloads), received, references)


def held_bytes(failures: Sequence[Failure]) -> int:
    """Return how many bytes of lines are kept for failures until they are read; none for those that were."""
    return len(failures.text) if isinstance(failures, LazyFailures) else 0
