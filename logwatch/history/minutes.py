"""Cut whole lines into runs whose push lines were logged in one minute, so that each run can be scanned as a whole.

A push line is dated as everywhere else: by its stamp, or by its envelope. Every other line goes with the push line
before it, and so does a push line that cannot be dated.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from logwatch import envelope as envelopes
from logwatch.model import Envelope
from logwatch.parse import Scanner
from logwatch.parse.bodies import MAX_LINES, MAX_LINES_BETWEEN

MINUTE_SECONDS = 60
_REACH_LINES = MAX_LINES + MAX_LINES_BETWEEN + 2  # after a run, within which the body of its last push may end


class Run(NamedTuple):
    """Physical lines of one minute, each ended by a newline, and what follows them in the same source."""

    minute: int | None  # since the epoch; None while no push line of the source could be dated
    data: bytes
    follows: bytes


def runs(data: bytes, envelope: Envelope, scanner: Scanner, reference: float, minute: int | None) -> Iterator[Run]:
    """Split whole physical lines into runs, in order; ``minute`` is that of the push line before them, if any.

    A run ends before a push line of another minute. If ``minute`` is None, lines before the first push line that can be
    dated go with it.
    """
    records = envelopes.clean(data).removesuffix(b"\n").split(b"\n")
    start = 0
    for i, at in enumerate(_minutes(_first_lines(records, envelope), scanner, reference)):
        if at is None or at == minute:
            continue
        if i > start and minute is not None:
            yield Run(minute, _joined(records[start:i]), _joined(records[i : i + _REACH_LINES]))
            start = i
        minute = at
    yield Run(minute, _joined(records[start:]), b"")


def _joined(records: Sequence[bytes]) -> bytes:
    return b"".join([record + b"\n" for record in records])


def _minutes(lines: Iterable[envelopes.Line], scanner: Scanner, reference: float) -> Iterator[int | None]:
    """Yield for each line the minute in which its result was logged; None if it holds none, or cannot be dated."""
    for payload, received, refused in lines:
        at = None
        if scanner.marker in payload and not refused:
            at = scanner.time((payload, received), reference) if scanner.owns(payload) else None
        yield None if at is None else int(at // MINUTE_SECONDS)


def _first_lines(records: Sequence[bytes], envelope: Envelope) -> Sequence[envelopes.Line]:
    """Return for each record the one line that may count: a fragment torn off in front of it makes a second line."""
    lines = envelopes.unwrap(_joined(records), envelope)
    if len(lines) == len(records):
        return lines
    return [_first_line(record, envelope) for record in records]


def _first_line(record: bytes, envelope: Envelope) -> envelopes.Line:
    lines = envelopes.unwrap(record + b"\n", envelope)
    return next((line for line in lines if not line.refused), lines[0])
