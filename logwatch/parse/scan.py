"""Takes whole lines of one file, gives what they hold: push results counted, failures kept, all else by cause.

Nothing is dropped: every line with the grammar's marker is one of the results or one of the unparsed.
"""

from collections import deque
from datetime import tzinfo

from logwatch import envelope as envelopes
from logwatch.model import Cause, EnvelopeKind, Failure, ResultKey, Sample, Scan, Seen
from logwatch.parse import stamp
from logwatch.parse.grammar import Grammar
from logwatch.parse.reading import Reading, refer
from logwatch.parse.shape import shape, words_of

SAMPLES = 8
"""At most so many distinct shapes a scan are kept."""
_LOOKED_AT = 64  # unparsed lines a scan whose shape is made: a storm of them is cheap


class Scanner:
    """Reads chunks of lines by one grammar; holds no state between them.

    ``delivered`` are the codes that are no failures; of the failures the newest ``keep`` are told in detail. Of a line
    longer than ``max_line_bytes`` that much is looked at.
    """

    def __init__(
        self,
        grammar: Grammar,
        *,
        timezone: tzinfo,
        delivered: frozenset[int] = frozenset({200}),
        keep: int = 1000,
        max_line_bytes: int = 65536,
    ) -> None:
        self._grammar = grammar
        self._timezone = timezone
        self._delivered = delivered
        self._keep = keep
        self._max = max_line_bytes
        self._words = words_of(grammar)

    def scan(
        self,
        data: bytes,
        *,
        envelope: EnvelopeKind,
        reference: float,
        since: float | None = None,
        until: float | None = None,
    ) -> Scan:
        """Count what is in ``data``, whole lines each ended by a newline.

        ``reference`` (seconds since the epoch) dates stamps without a year where the envelope does not. With ``since``
        or ``until``, lines whose time is outside are left out (``since`` <= time < ``until``); a line whose time cannot
        be told stays.
        """
        found = Scan()
        failures: deque[Failure] = deque(maxlen=self._keep)
        looked_at = 0
        lines = _lines(data, envelope)
        found.lines = len(lines)
        marker = self._grammar.marker
        for payload, received in lines:
            if len(payload) > self._max:
                found.oversized += 1
                payload = payload[: self._max]  # noqa: PLW2901  the rest is not to be seen
            if marker not in payload:
                continue
            reading = refer(self._grammar, payload)
            at = self._time(reading, received, reference)
            if at is not None and ((since is not None and at < since) or (until is not None and at >= until)):
                continue
            found.candidates += 1
            if isinstance(reading, str):
                found.unparsed[reading] += 1
                looked_at += 1
                if looked_at <= _LOOKED_AT and len(found.samples) < SAMPLES:
                    self._sample(found, reading, payload)
                continue
            key = ResultKey(reading.platform, reading.code, reading.reason)
            found.results.setdefault(key, Seen()).add(Seen(1, at, at))
            if reading.code not in self._delivered:
                failures.append(Failure(at, *key, reading.app, reading.user, reading.token))
        found.failures = list(failures)
        return found

    def _time(self, reading: Reading | Cause, received: str, reference: float) -> float | None:
        """Give the line's own time: its stamp, dated by the record's time or the reference; else the record's time."""
        at = envelopes.moment(received) if received else None
        written = "" if isinstance(reading, str) else reading.timestamp
        own = stamp.moment(written, reference if at is None else at, self._timezone) if written else None
        return at if own is None else own

    def _sample(self, found: Scan, cause: Cause, payload: bytes) -> None:
        sample = Sample(cause, shape(payload, self._words))
        if sample not in found.samples:
            found.samples.append(sample)


def _lines(data: bytes, envelope: EnvelopeKind) -> list[envelopes.Line]:
    if not data:
        return []
    if envelope == "docker":
        return envelopes.unwrap(data)
    return [envelopes.Line(line, "") for line in envelopes.clean(data).removesuffix(b"\n").split(b"\n")]
