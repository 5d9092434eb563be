"""Takes whole lines of one file, gives what they hold: push results counted, failures kept, all else by cause.

Nothing is dropped: every line with the grammar's marker is one of the results or one of the unparsed. No Python runs
for a line without the marker, and little for a usual one: one expression goes over the whole chunk, and what it
captured is counted kind by kind. Only the first and the last line of a kind are looked at for their times. What one
expression leaves is for the next one: those that were learned from the log, the one for any usual line, LINE itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial
from operator import itemgetter

from logwatch import envelope as envelopes
from logwatch.model import PLAIN, Cause, Envelope, EnvelopeKind, Failure, Layer, ResultKey, Sample, Scan, Seen
from logwatch.parse.block import Block, Spot
from logwatch.parse.capture import Usual
from logwatch.parse.chunk import gather, has_longer
from logwatch.parse.emit import DOCKER
from logwatch.parse.engine import engine_of
from logwatch.parse.grammar import Grammar
from logwatch.parse.kinds import RARE, places
from logwatch.parse.reading import Reading
from logwatch.parse.recent import LazyFailures, Line
from logwatch.parse.shape import shape, words_of
from logwatch.parse.stamp import Clock

SAMPLES = 8
"""At most so many distinct shapes a scan are kept."""
_LOOKED_AT = 64  # unparsed lines a scan whose shape is made: a storm of them is cheap
_ESCAPED = DOCKER.never | frozenset(b"<>&")  # what Docker may write in another way than it was logged

_ATTEMPTS = 3  # expressions learned from the log, one on what the other one leaves
_GLANCE = 4096  # bytes of a chunk that tell how dense the push lines are


_KINDS: dict[Envelope, EnvelopeKind] = {PLAIN: "plain", Envelope((Layer("docker"),)): "docker"}


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
        envelope: EnvelopeKind | Envelope,
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
        envelope = _KINDS.get(envelope, envelope) if isinstance(envelope, Envelope) else envelope
        if envelope == "plain":
            data = envelopes.uncoloured(data)
        if since is not None or until is not None:
            job.window(data, envelope, since, until)
        elif isinstance(envelope, Envelope):
            job.enveloped(data, envelope)
        elif envelope == "docker":
            job.docker(data)
        else:
            job.plain(data)
        return job.finish()

    def time(self, line: Line, reference: float) -> float | None:
        """Give a line's own time: its stamp, dated by the record's time or the reference; else the record's time."""
        return self._dated(self.engine.stamp(line[0]), line[1], reference)

    def owns(self, line: bytes) -> bool:
        """Return whether a line, which ends in a newline, begins with the grammar's own prefix."""
        return self.engine.owns(line)

    def _dated(self, stamp: str, received: str, reference: float) -> float | None:
        at = envelopes.moment(received) if received else None
        own = self.clock.moment(stamp, reference if at is None else at)
        return at if own is None else own

    def failure(self, reference: float, line: Line) -> Failure:
        """Read a line that is known to be a failure in all detail."""
        reading = self.engine.read(line[0])
        assert not isinstance(reading, str), "a line is read the same way twice"
        return Failure(
            self._dated(reading.timestamp, line[1], reference),
            reading.platform,
            reading.code,
            reading.reason,
            reading.app,
            reading.user,
            reading.token,
            shape(line[0], self.words, reading.token.encode()),
        )


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
        block = self._candidates(data, "plain")
        if block.text:
            self._lines(block)
        self.scan.lines = len(block.lines) if block.text is data else data.count(b"\n")

    def docker(self, data: bytes) -> None:
        """Read json-file: the common record as it stands, the others taken out of it."""
        self.scan.lines = data.count(b"\n")
        whole = data.count(b'\\n","stream":"') == self.scan.lines and b'\\\\n","stream":"' not in data
        if not whole or not self._scanner.marker_as_logged or has_longer(data, self._scanner.max_line_bytes):
            lines = envelopes.unwrap(data)
            self.scan.lines = len(lines)
            self._payloads(lines)
            return
        if not (block := self._candidates(data, "docker")).text:
            return
        block = self._chunkwise(block)
        lines = envelopes.unwrap(block.text)
        at = [block.place(i) for i in range(len(block.lines))]
        if more := len(lines) - len(at):  # a message of several lines is one record
            self.scan.lines += more
            at = [place for place, record in zip(at, block.lines, strict=True) for _ in envelopes.unwrap(record)]
        self._payloads(lines, at)

    def enveloped(self, data: bytes, envelope: Envelope) -> None:
        """Read lines in any other envelope."""
        lines = envelopes.unwrap(data, envelope)
        self.scan.lines = len(lines)
        for line in lines:
            if line.refused and self._scanner.marker in line.payload:
                self._unparsed(line.refused, 1, line.payload + b"\n")
        self._payloads([line for line in lines if not line.refused])

    def window(self, data: bytes, envelope: EnvelopeKind | Envelope, since: float | None, until: float | None) -> None:
        """Read line by line, and leave out what is not in the window."""
        plain = envelope == "plain"
        lines = (
            [envelopes.Line(each, "") for each in data[:-1].split(b"\n")] if plain else envelopes.unwrap(data, envelope)
        )
        self.scan.lines = len(lines)
        for number, (payload, received, _) in enumerate(lines):
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

    def _candidates(self, data: bytes, envelope: EnvelopeKind) -> Block:
        """Give the lines to look at: all of them where most seem to have the marker, else only those that do."""
        marker = self._scanner.marker
        marked, lines = data.count(marker, 0, _GLANCE), data.count(b"\n", 0, _GLANCE)
        dense = 2 * marked > lines and self._engine.needs_marker
        return Block(data, envelope) if dense else Block.of(gather(data, marker), envelope)

    def _payloads(self, lines: Sequence[envelopes.Line], places: Sequence[int] | None = None) -> None:
        """Read lines that are not in any envelope any more."""
        kept: list[envelopes.Line] = []
        at: list[int] = []
        for i, line in enumerate(lines):
            if self._scanner.marker in line.payload and (payload := self._shortened(line.payload)) is not None:
                kept.append(envelopes.Line(payload, line.time))
                at.append(i if places is None else places[i])
        if kept:
            text = b"".join([line.payload + b"\n" for line in kept])
            self._lines(Block(text, times=[line.time for line in kept], places=at))

    def _shortened(self, payload: bytes) -> bytes | None:
        """Cut an over-long line; None if the marker is not in what is left."""
        if len(payload) <= self._scanner.max_line_bytes:
            return payload
        self.scan.oversized += 1
        payload = payload[: self._scanner.max_line_bytes]
        return payload if self._scanner.marker in payload else None

    def _lines(self, block: Block) -> None:
        """Read all lines of a block."""
        block = self._chunkwise(block)
        for i in range(len(block.lines)):
            if self._scanner.marker in (line := block.payload(i))[0]:
                self._read(line, block.place(i))

    def _chunkwise(self, block: Block) -> Block:
        """Read by the expressions for whole chunks, and give the lines that are left."""
        if learner := self._engine.learners.get(block.envelope):
            for _ in range(_ATTEMPTS):
                if (usual := learner.fitting(block)) is None:
                    break
                count, block = len(block.lines), self._usual(usual, block)
                learner.judge(usual, count - len(block.lines), count)
        if not block.text or (block.envelope == "docker" and _mostly_escaped(block)):
            return block
        usual = self._engine.docker if block.envelope == "docker" else self._engine.plain
        return block if usual is None else self._usual(usual, block)

    def _usual(self, usual: Usual, block: Block) -> Block:
        """Count what an expression captures of each line, and give the lines that are left."""
        found = usual.pattern.findall(block.text)
        kinds = usual.kinds.number(found)
        failed, left = set(), set()
        for kind in set(kinds) - {RARE}:
            first, last = kinds.index(kind), kinds.rindex(kind)
            reading = usual.understand(found[first])
            if reading is None:
                left.add(kind)
            elif self._counted(reading, kinds.count(kind), block, first, last):
                failed.add(kind)
        failures, others = places(kinds, failed), places(kinds, left)
        if RARE in kinds:
            for i in places(kinds, (RARE,)):
                reading = usual.understand(found[i])
                if reading is None:
                    others.append(i)
                elif self._counted(reading, 1, block, i, i):
                    failures.append(i)
            failures.sort()
            others.sort()
        others = [i for i in others if self._scanner.marker in block.lines[i]]
        if self._scanner.keep:
            self._failed += block.spots(failures[-self._scanner.keep :])
        return block.only(others)

    def _counted(self, reading: Reading | Cause, count: int, block: Block, first: int, last: int) -> bool:
        """Count lines of one kind; True if they are failures to be told in detail."""
        if isinstance(reading, str):
            self._unparsed(reading, count, block.payload(first)[0])
            return False
        spot = block.place(first), block.payload(first)
        self._result(reading, count, spot, spot if first == last else (block.place(last), block.payload(last)))
        return reading.code not in self._scanner.delivered

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


def _mostly_escaped(block: Block) -> bool:
    """Tell whether most records have escapes besides the one of their newline: no expression takes those."""
    return block.text.count(b"\\") > 2 * len(block.lines)
