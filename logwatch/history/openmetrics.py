"""Write tallies as OpenMetrics: the series of /metrics, as a scrape at the end of each minute would have seen them.

A series begins with a 0 at the start of its first minute, so that ``increase()`` shows what came in it, and has a
sample for each minute from there on, even if nothing came: ``increase()`` over few samples would be a guess. If a
source logged no push for more than a day, its logs are taken to be missing, and there are no samples.

The samples of a series are contiguous and in order of time, as OpenMetrics 1.0 demands; the text ends in ``# EOF``.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby, islice
from typing import NamedTuple, TextIO

from logwatch.catalogue import Catalogue, limiter, number_of
from logwatch.history.minutes import MINUTE_SECONDS
from logwatch.history.tallies import Tallies
from logwatch.ledger.keys import ResultRow

_GAP_MINUTES = 24 * 60
_SAMPLES_AT_ONCE = 4096


class MinuteRange(NamedTuple):
    """The first and last minute of a span that a source's logs cover."""

    first: int
    last: int


@dataclass(slots=True)
class Written:
    """What has been written; times are seconds since the epoch."""

    series: int = 0
    samples: int = 0
    first: int = 0
    last: int = 0

    def took(self, samples: int, first: int, last: int) -> None:
        """Add ``samples`` samples, from time ``first`` to ``last``."""
        self.first = min(first, self.first) if self.samples else first
        self.last = max(last, self.last)
        self.samples += samples


@dataclass(frozen=True, slots=True)
class _Series:
    labels: Mapping[str, str]
    rows: tuple[ResultRow, ...]  # whose counts it adds up


def write(
    file: TextIO,
    tallies: Tallies,
    catalogue: Catalogue,
    labels: Mapping[str, str],
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Written:
    """Write all series, with ``labels`` added; call ``progress`` with how many series are done, and of how many."""
    results = [_Series({**row._asdict(), "class": catalogue.entry(*row.kind).class_}, (row,)) for row in tallies.rows]
    limits = list(_limits(tallies.rows))
    spans = {
        source: list(spans_of(minute for minute, _ in tallies.minutes(rows)))
        for source, rows in groupby(tallies.rows, lambda row: row.source)
    }
    written = Written()
    for name, text, family in (
        ("mesibo_push_results", "Pushes by result, from old logs.", results),
        ("mesibo_push_rate_limit_hits", "Pushes held back by a rate limit, from old logs.", limits),
    ):
        file.write(f"# HELP {name} {text}\n# TYPE {name} counter\n")
        for series in family:
            progress(written.series, len(results) + len(limits))
            head = f"{name}_total{{{_text({**labels, **series.labels})}}} "
            found = samples(tallies.minutes(series.rows), spans[series.rows[0].source])
            while some := list(islice(found, _SAMPLES_AT_ONCE)):
                file.write("".join([f"{head}{total} {at}\n" for at, total in some]))
                written.took(len(some), some[0][0], some[-1][0])
            written.series += 1
    file.write("# EOF\n")
    return written


def _limits(rows: Iterable[ResultRow]) -> Iterator[_Series]:
    """Yield a series for each rate limit that was hit."""
    hit: dict[tuple[str, str], list[ResultRow]] = {}
    for row in rows:
        if who := limiter(row.platform, number_of(row.code)):
            hit.setdefault((row.source, who), []).append(row)
    for (source, who), found in sorted(hit.items()):
        yield _Series({"source": source, "limiter": who}, tuple(found))


def spans_of(minutes: Iterable[int]) -> Iterator[MinuteRange]:
    """Group minutes, in order, into spans in which none is more than a day from the next."""
    first = last = None
    for minute in minutes:
        if first is None or last is None:
            first = minute
        elif minute - last > _GAP_MINUTES:
            yield MinuteRange(first, last)
            first = minute
        last = minute
    if first is not None and last is not None:
        yield MinuteRange(first, last)


def samples(minutes: Iterator[tuple[int, int]], spans: Iterable[MinuteRange]) -> Iterator[tuple[int, int]]:
    """Yield the time (seconds since the epoch) and value of each sample of a counter.

    The first is 0, at the start of its first minute; each span begins with the value before it and is full to its end.
    """
    ahead = next(minutes, None)
    total = 0
    for span in spans:
        first = span.first if total else ahead[0] if ahead else span.last + 1
        if first > span.last:
            continue
        yield first * MINUTE_SECONDS, total
        for minute in range(first, span.last + 1):
            if ahead and ahead[0] == minute:
                total += ahead[1]
                ahead = next(minutes, None)
            yield (minute + 1) * MINUTE_SECONDS, total


def _text(labels: Mapping[str, str]) -> str:
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
