"""Takes whole lines of one file, gives what they hold: push results counted, failures kept, all else by cause.

Nothing is dropped: every line with the grammar's marker is one of the results or one of the unparsed. No Python runs
for a line without the marker, and little for a usual one: one expression goes over the whole chunk, and what it
captured is counted kind by kind. Only the first and the last line of a kind are looked at for their times.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial
from itertools import compress, count
from operator import itemgetter

from logwatch import envelope as envelopes
from logwatch.model import Cause, EnvelopeKind, Failure, ResultKey, Sample, Scan, Seen
from logwatch.parse.chunk import gather, has_longer, tally
from logwatch.parse.emit import DOCKER
from logwatch.parse.engine import engine_of
from logwatch.parse.grammar import Grammar
from logwatch.parse.reading import Reading
from logwatch.parse.recent import LazyFailures, Line
from logwatch.parse.shape import shape, words_of
from logwatch.parse.stamp import Clock
from logwatch.parse.usual import Usual

SAMPLES = 8
"""At most so many distinct shapes a scan are kept."""
_LOOKED_AT = 64  # unparsed lines a scan whose shape is made: a storm of them is cheap
_ESCAPED = DOCKER.never | frozenset(b"<>&")  # what Docker may write in another way than it was logged

_GLANCE = 16384  # bytes of a chunk that tell how dense the push lines are

Tell = Callable[[int], Line]
"""Gives a line by its place in a text."""


class Scanner:
    """Reads chunks of lines by one grammar; holds no state between them but what it has compiled.

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
        self.engine = engine_of(grammar)
        self.marker = grammar.marker
        self.delivered = delivered
        self.keep = keep
        self.max_line_bytes = max_line_bytes
        self.clock = Clock(timezone)
        self.words = words_of(grammar)
        self.marker_as_logged = not _ESCAPED & set(grammar.marker)

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
        job = _Job(self, reference)
        if not data:
            return job.scan
        data = envelopes.clean(data if data.endswith(b"\n") else data + b"\n")
        if since is not None or until is not None:
            job.window(data, envelope, since, until)
        elif envelope == "docker":
            job.docker(data)
        else:
            job.plain(data)
        return job.finish()

    def time(self, line: Line, reference: float) -> float | None:
        """Give a line's own time: its stamp, dated by the record's time or the reference; else the record's time."""
        payload, received = line
        at = envelopes.moment(received) if received else None
        own = self.clock.moment(self.engine.stamp(payload), reference if at is None else at)
        return at if own is None else own

    def failure(self, reference: float, line: Line) -> Failure:
        """Read a line that is known to be a failure in all detail."""
        reading = self.engine.read(line[0])
        assert not isinstance(reading, str), "a line is read the same way twice"
        return Failure(
            self.time(line, reference),
            reading.platform,
            reading.code,
            reading.reason,
            reading.app,
            reading.user,
            reading.token,
            shape(line[0], self.words),
        )


Spot = tuple[int, Line]
"""Where a line stands in the chunk, and the line."""


@dataclass(slots=True)
class _Kind:
    """How often a result was found, and its first and last line."""

    count: int
    first: Spot
    last: Spot


class _Job:
    """One chunk on its way."""

    def __init__(self, scanner: Scanner, reference: float) -> None:
        self.scan = Scan()
        self._scanner = scanner
        self._engine = scanner.engine
        self._reference = reference
        self._kinds: dict[ResultKey, _Kind] = {}
        self._failed: list[Spot] = []
        self._shaped = 0

    def plain(self, data: bytes) -> None:
        """Read lines as they are."""
        if has_longer(data, self._scanner.max_line_bytes):
            lines = [envelopes.Line(each, "") for each in data[:-1].split(b"\n")]
            self.scan.lines = len(lines)
            self._payloads(lines)
            return
        text = self._candidates(data)
        read = self._text(text, _teller(text)) if text else 0
        self.scan.lines = read if text is data else data.count(b"\n")

    def docker(self, data: bytes) -> None:
        """Read json-file: the common record as it stands, the others taken out of it."""
        self.scan.lines = data.count(b"\n")
        whole = data.count(b'\\n","stream":"') == self.scan.lines and b'\\\\n","stream":"' not in data
        if not whole or not self._scanner.marker_as_logged or has_longer(data, self._scanner.max_line_bytes):
            lines = envelopes.unwrap(data)
            self.scan.lines = len(lines)
            self._payloads(lines)
            return
        if not (text := self._candidates(data)):
            return
        records = text.split(b"\n")
        caught: Sequence[int] = range(len(records) - 1)
        if self._engine.docker is not None:

            def tell(i: int) -> Line:
                line = envelopes.bare(records[i])  # what the expression captured has no escapes
                return line.payload + b"\n", line.time

            caught = self._usual(self._engine.docker, self._engine.docker.pattern.findall(text), tell, None)
        lines, numbers = [], []
        for i in caught:
            found = envelopes.unwrap(records[i])
            self.scan.lines += len(found) - 1
            lines += found
            numbers += [i] * len(found)
        self._payloads(lines, numbers)

    def window(self, data: bytes, envelope: EnvelopeKind, since: float | None, until: float | None) -> None:
        """Read line by line, and leave out what is not in the window."""
        plain = envelope == "plain"
        lines = [envelopes.Line(each, "") for each in data[:-1].split(b"\n")] if plain else envelopes.unwrap(data)
        self.scan.lines = len(lines)
        for number, (payload, received) in enumerate(lines):
            if self._scanner.marker in payload and (line := self._shortened(payload)) is not None:
                told = (line + b"\n", received)
                at = self._scanner.time(told, self._reference)
                if at is None or ((since is None or at >= since) and (until is None or at < until)):
                    self._read(told, number)

    def finish(self) -> Scan:
        """Give what was found, dated and in order."""
        scan, time, reference = self.scan, self._scanner.time, self._reference
        for key, kind in self._kinds.items():
            first = last = time(kind.first[1], reference)
            if kind.last[0] != kind.first[0]:
                last = time(kind.last[1], reference)
                if first is None or last is None:
                    first = last = last if first is None else first
                elif last < first:
                    first, last = last, first
            scan.results[key] = Seen(kind.count, first, last)
        scan.candidates = sum(kind.count for kind in self._kinds.values()) + scan.unparsed.total()
        self._failed.sort(key=itemgetter(0))
        newest = self._failed[-self._scanner.keep :] if self._scanner.keep else []
        read = partial(self._scanner.failure, self._reference)
        scan.failures = LazyFailures([line for _, line in newest], read)
        return scan

    def _candidates(self, data: bytes) -> bytes:
        """Give the lines to look at: all of them where most seem to have the marker, else only those that do."""
        marker = self._scanner.marker
        marked, lines = data.count(marker, 0, _GLANCE), data.count(b"\n", 0, _GLANCE)
        return data if 2 * marked > lines and self._engine.needs_marker else gather(data, marker)

    def _payloads(self, lines: Sequence[envelopes.Line], numbers: Sequence[int] | None = None) -> None:
        """Read lines that are not in any envelope any more."""
        kept: list[envelopes.Line] = []
        places: list[int] = []
        for i, line in enumerate(lines):
            if self._scanner.marker in line.payload and (payload := self._shortened(line.payload)) is not None:
                kept.append(envelopes.Line(payload, line.time))
                places.append(i if numbers is None else numbers[i])
        if kept:
            text = b"".join([line.payload + b"\n" for line in kept])
            self._text(text, lambda i: (kept[i].payload + b"\n", kept[i].time), places)

    def _shortened(self, payload: bytes) -> bytes | None:
        """Cut an over-long line; None if the marker is not in what is left."""
        if len(payload) <= self._scanner.max_line_bytes:
            return payload
        self.scan.oversized += 1
        payload = payload[: self._scanner.max_line_bytes]
        return payload if self._scanner.marker in payload else None

    def _text(self, text: bytes, tell: Tell, numbers: Sequence[int] | None = None) -> int:
        """Read the lines of a text and give their number; ``numbers`` places them among those of the chunk."""
        if self._engine.plain is not None:
            found = self._engine.plain.pattern.findall(text)
            caught, lines = self._usual(self._engine.plain, found, tell, numbers), len(found)
        else:
            lines = text.count(b"\n")
            caught = range(lines)
        for i in caught:
            line = tell(i)
            if self._scanner.marker in line[0]:
                self._read(line, i if numbers is None else numbers[i])
        return lines

    def _usual(
        self, usual: Usual, found: list[tuple[bytes, ...]], tell: Tell, numbers: Sequence[int] | None
    ) -> Sequence[int]:
        """Count what an expression captured line by line, and give the lines that are left."""
        failing, left = set(), set()
        for groups, place in tally(found).items():
            reading = self._engine.understand(usual, groups)
            if reading is None:
                left.add(groups)
                continue
            if isinstance(reading, str):
                self._unparsed(reading, place.times, tell(place.first)[0])
                continue
            a, b = place.first, place.last
            first = (a if numbers is None else numbers[a], tell(a))
            self._result(
                reading, place.times, first, first if a == b else (b if numbers is None else numbers[b], tell(b))
            )
            if reading.code not in self._scanner.delivered:
                failing.add(groups)
        if failing and self._scanner.keep:
            places = _places(found, failing)[-self._scanner.keep :]
            self._failed += [(i if numbers is None else numbers[i], tell(i)) for i in places]
        return _places(found, left) if left else []

    def _read(self, line: Line, number: int) -> None:
        """Read one line by itself."""
        reading = self._engine.read(line[0])
        self.scan.fallback += self._engine.line is None
        if isinstance(reading, str):
            self._unparsed(reading, 1, line[0])
            return
        spot = (number, line)
        self._result(reading, 1, spot, spot)
        if reading.code not in self._scanner.delivered:
            self._failed.append(spot)

    def _result(self, reading: Reading, count: int, first: Spot, last: Spot) -> None:
        key = ResultKey(reading.platform, reading.code, reading.reason)
        kind = self._kinds.get(key)
        if kind is None:
            self._kinds[key] = _Kind(count, first, last)
            return
        kind.count += count
        if first[0] < kind.first[0]:
            kind.first = first
        if last[0] > kind.last[0]:
            kind.last = last

    def _unparsed(self, cause: Cause, count: int, line: bytes) -> None:
        self.scan.unparsed[cause] += count
        self._shaped += 1
        if self._shaped <= _LOOKED_AT and len(self.scan.samples) < SAMPLES:
            sample = Sample(cause, shape(line, self._scanner.words))
            if sample not in self.scan.samples:
                self.scan.samples.append(sample)


def _places(found: Sequence[tuple[bytes, ...]], kinds: set[tuple[bytes, ...]]) -> list[int]:
    return list(compress(count(), map(kinds.__contains__, found)))


def _teller(text: bytes) -> Tell:
    """Give a text's lines by their places; it is split when the first one is asked for."""
    lines: list[bytes] = []

    def tell(i: int) -> Line:
        if not lines:
            lines.extend(text.split(b"\n"))
        return lines[i] + b"\n", ""

    return tell
