"""Hold what one chunk gave: results counted, failures as unread lines, and when lines without a result were logged."""

from bisect import bisect, bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import chain, groupby, islice, repeat
from operator import itemgetter
from typing import overload

from logwatch.dialect.result import Columns, Reasons
from logwatch.envelope import Received
from logwatch.model import PLAIN, Cause, Envelope, Failure, ResultKey, Scan, Seen
from logwatch.parse.lines import Line, LineAt, LineBatch, some_of
from logwatch.parse.timestamp import is_ahead

_MERGED_SECONDS = 60.0  # lines of one cause that are closer than this are reported together
_ASKED = 64  # lines without a time whose neighbours are dated
_FAR = 3  # lines at most between a line and such a neighbour
_TOGETHER = 128  # lines: more at once take more memory and are no faster; fewer cost a call for each handful

Times = Callable[[Sequence[Line]], list[float | None]]
"""Returns the lines' own times, in seconds since the epoch."""


# ---- results ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Tally:
    """How often a result was found, and its first and last line."""

    count: int
    first: LineAt
    last: LineAt


class ResultCounts:
    """Counts of results; only the first and the last line of each result are dated."""

    def __init__(self, reasons: Reasons | None) -> None:
        self._reasons = reasons
        self._tallies: dict[ResultKey, _Tally] = {}

    def add(
        self, batch: LineBatch, symbols: bytearray, results: Mapping[int, ResultKey], by_line: dict[int, ResultKey]
    ) -> None:
        """Count the lines of a batch by their results: ``results`` by symbol, and ``by_line`` by the line's index."""
        found = [*_tallied(symbols, results, by_line)]
        places = sorted({*chain.from_iterable(ends for _, _, *ends in found)})
        lines = dict(zip(places, batch.at(places), strict=True))
        for result, count, begin, end in found:
            counted_as = self._reasons.counted_as(result.reason) if self._reasons and result.reason else result.reason
            key = result if counted_as == result.reason else result._replace(reason=counted_as)
            first, last = lines[begin], lines[end]
            if (tally := self._tallies.get(key)) is None:
                self._tallies[key] = _Tally(count, first, last)
                continue
            tally.count += count
            tally.first = min(tally.first, first, key=itemgetter(0))
            tally.last = max(tally.last, last, key=itemgetter(0))

    @property
    def total(self) -> int:
        """How many lines were counted."""
        return sum(tally.count for tally in self._tallies.values())

    def write(self, scan: Scan, times: Times, reference: float) -> Iterator[tuple[int, float | None]]:
        """Put the dated results into a scan; ``reference`` (seconds since the epoch) is when the chunk was written.

        Return the numbers of the lines that were dated, and their times.
        """
        tallies = self._tallies.values()
        firsts = times([tally.first[1] for tally in tallies])
        several = [tally for tally in tallies if tally.last is not tally.first]
        lasts = times([tally.last[1] for tally in several])
        later = iter(lasts)
        for (key, tally), at in zip(self._tallies.items(), firsts, strict=True):
            first, last = at, at if tally.last is tally.first else next(later)
            if first is None or last is None:
                scan.undated += tally.count if first is last else 1
                first = last = last if first is None else first
            elif last < first:
                first, last = last, first
            scan.results[key] = Seen(tally.count, first, last)
        newest = max(filter(None, [*firsts, *lasts]), default=reference)
        if is_ahead(newest, reference):
            scan.ahead = newest - reference
        numbers = [*(tally.first[0] for tally in tallies), *(tally.last[0] for tally in several)]
        return zip(numbers, [*firsts, *lasts], strict=True)


def _tallied(
    symbols: bytearray, results: Mapping[int, ResultKey], by_line: dict[int, ResultKey]
) -> Iterator[tuple[ResultKey, int, int, int]]:
    """Yield each result, how many lines have it, and the indices of the first and the last of these."""
    for symbol, result in results.items():
        if count := symbols.count(symbol):
            yield result, count, symbols.index(symbol), symbols.rindex(symbol)
    last = {result: i for i, result in by_line.items()}
    first = {by_line[i]: i for i in reversed(by_line)}
    for result, count in Counter(by_line.values()).items():
        yield result, count, first[result], last[result]


# ---- failures --------------------------------------------------------------------------------------------------------


class LazyFailures(Sequence[Failure]):
    """Failures in line order, whose lines are read only when they are asked for; slicing reads none.

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

    @property
    def _lines(self) -> list[bytes]:
        return list(BytesIO(self.text))

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

    @overload
    def __getitem__(self, index: int) -> Failure: ...

    @overload
    def __getitem__(self, index: slice) -> "LazyFailures": ...

    def __getitem__(self, index: int | slice) -> "Failure | LazyFailures":
        if isinstance(index, slice):
            return LazyFailures(self._lines[index], self.received[index], self.reference, self.read)
        (found,) = LazyFailures([self._lines[index]], [self.received[index]], self.reference, self.read)
        return found

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return repr(list(self))


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


class FailedLines:
    """The lines of one chunk's failures, in columns: most are never read, and copying them all would take longest."""

    def __init__(self) -> None:
        self._numbers: list[int] = []
        self._lines: list[bytes] = []
        self._received: list[Received | Envelope] = []

    def add(self, batch: LineBatch, wanted: Sequence[int]) -> None:
        """Add some lines of a batch, in their envelope if they are in one."""
        self._numbers += wanted if batch.numbers is None else map(batch.numbers.__getitem__, wanted)
        self._lines += map(batch.lines.__getitem__, wanted)
        if batch.times:
            self._received += map(batch.times.__getitem__, wanted)
        else:
            self._received += repeat(None if batch.envelope == PLAIN else batch.envelope, len(wanted))

    def newest(self, count: int, reference: float, read: Read) -> LazyFailures:
        """Return the last ``count`` of them, in line order."""
        if self._numbers != sorted(self._numbers):  # some were read by themselves, and added later
            order = sorted(range(len(self._numbers)), key=self._numbers.__getitem__)
            self._lines = [self._lines[i] for i in order]
            self._received = [self._received[i] for i in order]
        first = max(0, len(self._numbers) - count)
        return LazyFailures(self._lines[first:], self._received[first:], reference, read)


# ---- lines that gave no result ---------------------------------------------------------------------------------------


class Unread:
    """The lines of one chunk that gave no result, by cause, dated by their own stamps, else by the lines around them.

    Where the first and the last line of a cause are close in time, no others are dated. Times are seconds since the
    epoch.
    """

    def __init__(self) -> None:
        self.batch = LineBatch(b"")  # all lines of the chunk that contain the marker
        self._lines: dict[Cause, list[LineAt]] = defaultdict(list)

    def add(self, cause: Cause, lines: Iterable[LineAt]) -> None:
        """Add lines without a result."""
        self._lines[cause] += lines

    def seen(self, anchors: Iterable[tuple[int, float | None]], times: Times) -> dict[Cause, list[Seen]]:
        """Return when they were logged; ``anchors`` are the numbers and times of other lines of the chunk.

        The time of a line without a stamp is interpolated between its neighbours; without any, it has none.
        """
        if not self._lines:
            return {}
        dated = dict(anchors)
        runs = {cause: _runs(sorted(lines, key=itemgetter(0)), dated, times) for cause, lines in self._lines.items()}
        undated = [at for each in runs.values() for _, *ends in each for at in ends if dated[at] is None]
        around = self._around(some_of(undated, _ASKED), dated)
        dated.update(zip([number for number, _ in around], times([line for _, line in around]), strict=True))
        known = {number: at for number, at in dated.items() if at is not None}
        numbers = sorted(known)
        found: dict[Cause, list[Seen]] = {}
        for cause, each in runs.items():
            seen = found[cause] = []
            for count, *ends in each:
                first, last = (_between(at, numbers, known) for at in ends)
                if first is not None and last is not None:
                    first, last = min(first, last), max(first, last)
                if seen and _near(seen[-1], first, last):
                    seen[-1].add(Seen(count, first, last))
                else:
                    seen.append(Seen(count, first, last))
        return found

    def _around(self, undated: Sequence[int], dated: Mapping[int, float | None]) -> list[LineAt]:
        """Return lines near the undated ones that are not ``dated`` yet: a chunk may span months."""
        batch, count = self.batch, len(self.batch.lines) if undated else 0
        places = [bisect_left(range(count), number, key=batch.number) for number in undated]
        near = {place + step for place in places for step in range(-_FAR, _FAR + 1)}.intersection(range(count))
        return batch.at(sorted(i for i in near if batch.number(i) not in dated))


def _runs(lines: Sequence[LineAt], dated: dict[int, float | None], times: Times) -> list[tuple[int, int, int]]:
    """Split lines, in order, into runs of (count, first number, last number), and date the ends of each.

    All are one run if they are close in time, or have no time and no line between them; else each is its own.
    """
    numbers = [number for number, _ in lines]
    begin, end = numbers[0], numbers[-1]
    first, last = dated[begin], dated[end] = times([lines[0][1], lines[-1][1]])
    if first is None or last is None:
        together = first is last and end - begin == len(lines) - 1
    else:
        together = abs(last - first) < _MERGED_SECONDS
    if together:
        return [(len(lines), begin, end)]
    dated.update(zip(numbers, times([line for _, line in lines]), strict=True))
    return [(1, number, number) for number in numbers]


def _between(number: int, numbers: Sequence[int], known: dict[int, float]) -> float | None:
    """Interpolate the time of a line between the dated ones around it; at either end, return that of its neighbour."""
    if not numbers:
        return None
    i = bisect(numbers, number)
    before, after = numbers[max(i - 1, 0)], numbers[min(i, len(numbers) - 1)]
    part = (number - before) / (after - before) if before < after else 0.0
    return known[before] + part * (known[after] - known[before])


def _near(seen: Seen, first: float | None, last: float | None) -> bool:
    if seen.first is None or first is None or last is None:
        return seen.first is None and first is None
    return max(last, seen.last or last) - min(first, seen.first) < _MERGED_SECONDS
