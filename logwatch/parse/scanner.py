"""Scan whole lines of one file: count push results, keep failures, and count by cause the lines that give no result.

Nothing is dropped: every line with the grammar's marker is a result or an unparsed line. No Python runs for a line
without the marker, and little for a usual one: an expression goes over the whole chunk, and its captures are counted
result by result. Of all lines with the same result, only the first and the last are dated.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo
from functools import partial
from itertools import compress, repeat
from math import inf
from operator import itemgetter, not_

from logwatch import envelope as envelopes
from logwatch.dialect.grammar import Grammar, whole_marker
from logwatch.dialect.redact import MAX_SAMPLES, Samples, shapes, words_of
from logwatch.dialect.result import Columns, Reasons
from logwatch.envelope import Received
from logwatch.model import PLAIN, Cause, Envelope, EnvelopeKind, ResultKey, Scan
from logwatch.parse.bodies import Bodies, may_be_open, up_to_end, waiting_bytes
from logwatch.parse.chunk_reader import OTHER_SYMBOL, Dictionary, Outcome, positions_of
from logwatch.parse.chunk_results import DatedCounts, LazyFailures
from logwatch.parse.line_parser import parser_of
from logwatch.parse.lines import LineAt, LineBatch, ReceivedLine, has_line_longer_than
from logwatch.parse.timestamp import LineDater, is_fine

_END_BYTES = 4096  # of a chunk, in which its last time is looked for
_ANY_ESCAPE = rb"\u"  # in JSON, which may stand for any byte
_GLANCE_BYTES = 4096  # of a chunk, which show how many of its lines are push lines


class Scanner:
    """Scans chunks of lines by one grammar; keeps no state between them except what it has compiled.

    Codes in ``delivered`` are no failures; the newest ``keep`` failures are kept in detail. Of a longer line only the
    first ``max_line_bytes`` are read. Results are counted by the reasons in ``reasons``, or by all if that is None.
    """

    def __init__(
        self,
        grammar: Grammar,
        *,
        timezone: tzinfo,
        delivered: frozenset[int] = frozenset({200}),
        keep: int = 1000,
        max_line_bytes: int = 65536,
        reasons: Reasons | None = None,
    ) -> None:
        self.parser = parser_of(grammar)
        self.owns = self.parser.owns  # whether a line, without its newline, begins with the grammar's own prefix
        self.marker = grammar.marker
        self.delivered = delivered
        self.keep = keep
        self.max_line_bytes = max_line_bytes
        self.reasons = reasons
        self.timestamps = LineDater(timezone, grammar.timestamp)
        stamps = self.parser.stamps([sample.payload for sample in grammar.samples if sample.expected is not None])
        self._are_fine = {is_fine(stamp, grammar.timestamp) for stamp in stamps}
        self.words = words_of(grammar)
        self.names_marker = whole_marker(grammar)

    def scan(
        self,
        data: bytes,
        *,
        envelope: Envelope | EnvelopeKind,
        reference: float,
        since: float | None = None,
        until: float | None = None,
        before: float | None = None,
        follows: bytes = b"",
    ) -> Scan:
        """Count what is in ``data``: whole lines, each ended by a newline, as ``envelope.cut`` returns them.

        ``follows`` is what comes behind the data, such as in the file after a rotation: it may hold the rest of a
        body, and nothing in it counts. ``reference`` (seconds since the epoch) dates stamps without a year where the
        envelope does not. With ``since`` or ``until``, only lines with ``since`` <= time < ``until`` count; a line
        without a time has that of the line before it, which for the first one is ``before``, and counts if none has.
        """
        if not data:
            return Scan()
        data = envelopes.clean(data if data.endswith(b"\n") else data + b"\n")
        if isinstance(envelope, str):
            envelope = envelopes.undecided(envelope)
        if envelope == PLAIN:
            data = envelopes.uncoloured(data)
        bodies = Bodies(data, envelope, follows, self.marker, self.owns, self.parser.indents)
        job = _Job(self, reference, bodies, before)
        job.chunk(LineBatch(data, envelope=envelope), since, until)
        job.scan.logged_at = self._logged_at(data, envelope, reference) or job.near
        return job.finish()

    def dates(self, line: bytes) -> bool:
        """Return whether a line, without its newline, begins with the grammar's own prefix, down to a millisecond."""
        form, differ = self.parser.grammar.timestamp, len(self._are_fine) > 1
        fine = all(is_fine(stamp, form) for stamp in self.parser.stamps([line])) if differ else True in self._are_fine
        return fine and self.owns(line)

    def held(self, data: bytes, envelope: Envelope) -> int:
        """Return how many bytes at the end of whole lines wait for the rest of a body that goes on behind them."""
        return waiting_bytes(data, envelope, self.marker, self.owns, self.parser.indents)

    def _logged_at(self, data: bytes, envelope: Envelope, reference: float) -> float | None:
        """Return the time of the last line of a chunk that has one, whatever it is about; None if none is found."""
        for record in reversed(data[-_END_BYTES:].split(b"\n")):  # the last one nearly always suffices
            for payload, received, refused in reversed(envelopes.unwrap(record, envelope)):
                if payload and not refused and (at := self.time((payload, received), reference)) is not None:
                    return at
        return None

    def times(self, lines: Sequence[ReceivedLine], reference: float) -> list[float | None]:
        """Return each line's own time: its stamp, dated by the record's time or the reference; else the record's."""
        date, stamps = self.timestamps.date, self.parser.stamps([text for text, _ in lines])
        return [date(stamp, received, reference) for stamp, (_, received) in zip(stamps, lines, strict=True)]

    def time(self, line: ReceivedLine, reference: float) -> float | None:
        """Return one line's own time."""
        return self.times([line], reference)[0]

    def failures(self, payloads: list[bytes], received: Sequence[Received], references: Sequence[float]) -> Columns:
        """Read lines that are known to be failures, in full detail; return the columns of ``Failure``.

        ``references`` date each line where ``received`` does not.
        """
        code, platform, reason, app, user, token, _, stamps, _ = self.parser.read_all(payloads)
        at = list(map(self.timestamps.date, stamps, received, references))
        return at, platform, code, reason, app, user, token, shapes(payloads, self.words)


class _Job:
    """The scan of one chunk."""

    def __init__(self, scanner: Scanner, reference: float, bodies: Bodies, near: float | None) -> None:
        self.scan = Scan()
        self.near = near  # the time of the line before, if any has one
        self._scanner = scanner
        self._parser = scanner.parser
        self._reference = reference
        self._counts = DatedCounts(scanner.reasons)
        self._failed: list[tuple[int, bytes, Received | Envelope]] = []  # lines as they are, by their numbers
        self._bodies = bodies
        self._numbered = LineBatch(b"")  # the lines of the chunk that numbers stand for
        self._open: list[tuple[LineAt, ResultKey]] = []  # lines whose bodies may follow, and what they give without
        self._single: list[tuple[LineAt, Outcome]] = []  # lines that were read by themselves
        self._samples = Samples(scanner.marker, scanner.words)

    def chunk(self, whole: LineBatch, since: float | None, until: float | None) -> None:
        """Read all lines in the window: together where that is exact, else one by one."""
        found = self._candidates(whole)
        batch = self._bare(whole) if found is None else found
        if since is not None or until is not None:
            batch = self._inside(batch, -inf if since is None else since, inf if until is None else until)
        self._numbered = whole if found is None or found.numbers is not None else found
        self._counts.batch = batch
        self._lines(batch)
        self.scan.lines += len(whole.lines) if found in (None, whole) else envelopes.line_count(whole.text)

    def _inside(self, batch: LineBatch, since: float, until: float) -> LineBatch:
        """Return the lines whose time is in the window."""
        batch = self._bare(batch)
        own = self._scanner.times([line for _, line in batch.at(range(len(batch.lines)))], self._reference)
        near = self.near if self.near is not None else next((at for at in own if at is not None), None)
        inside = []
        for i, at in enumerate(own):
            near = self.near = near if at is None else at
            if near is None or since <= near < until:
                inside.append(i)
        return batch.only(inside)

    def finish(self) -> Scan:
        """Return what was found, dated and in order."""
        scan = self.scan
        self._read_bodies()
        self._count_single()
        self._counts.write(scan, partial(self._scanner.times, reference=self._reference), self._reference)
        scan.samples += self._samples.of(scan.unparsed)
        self._failed.sort(key=itemgetter(0))  # some were read by themselves, and added later
        newest = self._failed[-self._scanner.keep :]
        lines, received = [line for _, line, _ in newest], [each for _, _, each in newest]
        scan.failures = LazyFailures(lines, received, self._reference, self._scanner.failures)
        return scan

    def _candidates(self, whole: LineBatch) -> LineBatch | None:
        """Return the lines to look at: all of them if most seem to contain the marker, else only those that may.

        Return None if each has to be taken out first, since one is too long or the marker may be escaped.
        """
        data, marker, opening = whole.text, self._scanner.marker, envelopes.opening(whole.envelope)
        marked, lines = data.count(marker, 0, _GLANCE_BYTES), data.count(b"\n", 0, _GLANCE_BYTES)
        if has_line_longer_than(data, self._scanner.max_line_bytes):
            return None
        if 2 * marked > lines and self._parser.needs_marker:
            return whole
        if envelopes.escapes(whole.envelope) & set(marker):
            return None
        if opening and data.count(opening) < envelopes.line_count(data):
            return whole.only([i for i, line in enumerate(whole.lines) if marker in line or opening not in line])
        return whole.containing(marker)

    def _bare(self, batch: LineBatch) -> LineBatch:
        """Take the lines that contain the marker out of their envelope.

        This is done for all of them together, except torn ones and those of other programs.
        """
        own, others = batch.apart(self._scanner.max_line_bytes)
        own = self._marked(own)
        lines = others.unwrapped()
        self.scan.lines += len(lines) - len(others.lines)
        if not (single := self._with_marker(lines)):
            return own
        return LineBatch.of_lines(sorted([*own.at(range(len(own.lines))), *single], key=itemgetter(0)))

    def _with_marker(self, lines: Iterable[tuple[int, envelopes.Line]]) -> list[LineAt]:
        """Return the lines that contain the marker and may count; count those that may not as unparsed."""
        marker, most = self._scanner.marker, self._scanner.max_line_bytes
        found: dict[Cause | None, list[LineAt]] = {None: []}
        for number, (payload, received, refused) in lines:
            read = envelopes.shortened(payload, most) if marker in payload and len(payload) > most else payload
            self.scan.oversized += read is not payload
            if marker in read:
                found.setdefault(refused, []).append((number, (read, received)))
        for cause, refused_lines in found.items():
            if cause:
                self._unparsed(cause, refused_lines)
        return found[None]

    def _lines(self, batch: LineBatch) -> None:
        """Read all lines of a batch: by the expressions for whole chunks, and one by one what these leave."""
        if not batch.text:
            return
        reader = self._parser.chunk_reader
        if batch.envelope != PLAIN and not (reader and self._parser.needs_marker):  # the marker may be in another field
            batch = self._bare(batch)
        left = reader.read(batch, self._matched, self._bare) if reader else self._marked(batch)
        lines = left.at(range(len(left.lines)))
        # Counted together: they are thousands where a user quotes the log, or another function's name begins so
        astray = self._parser.misplaced([text for _, (text, _) in lines])
        self._unparsed("misplaced", list(compress(lines, astray)))
        for at in compress(lines, map(not_, astray)):
            self.scan.fallback += not self._parser.compiled
            outcome = self._outcome(at[1][0])
            if isinstance(outcome, ResultKey) and self._wants_body(outcome) and may_be_open(at[1][0]):
                self._open.append((at, outcome))
            else:
                self._single.append((at, outcome))

    def _marked(self, batch: LineBatch, among: Sequence[int] | None = None) -> LineBatch:
        """Return the lines (``among``: of these) that may contain the marker; in JSON it may be escaped or coloured."""
        wanted = range(len(batch.lines)) if among is None else among
        marker, lines = self._scanner.marker, batch.lines if wanted else []
        if not envelopes.escapes(batch.envelope):
            return batch.only([i for i in wanted if marker in lines[i]])
        opening = envelopes.opening(batch.envelope)
        hidden = (marker, _ANY_ESCAPE, b"\x1b")
        return batch.only([i for i in wanted if opening not in lines[i] or any(map(lines[i].__contains__, hidden))])

    def _matched(self, expression: Dictionary, batch: LineBatch) -> LineBatch:
        """Count what an expression captures of each line; return the lines that it leaves.

        Lines whose bodies may follow below are set aside, with what they give without.
        """
        symbols = expression.encode(batch.text, self._scanner.reasons)
        if symbols is None:
            return self._marked(batch)
        given, by_line = expression.results, expression.by_line
        here = {symbol: given[symbol] for symbol in set(symbols) - {OTHER_SYMBOL}}
        left = positions_of(symbols, [symbol for symbol, outcome in here.items() if outcome is None])
        results = {symbol: outcome for symbol, outcome in here.items() if isinstance(outcome, ResultKey)}
        wanting = positions_of(symbols, [symbol for symbol, result in results.items() if self._wants_body(result)])
        wanting += [i for i, result in by_line.items() if self._wants_body(result)]
        wanting = list(compress(wanting, map(may_be_open, up_to_end(batch.picked(wanting), batch.envelope))))
        for i, at in zip(wanting, batch.at(wanting), strict=True):
            self._open.append((at, by_line.pop(i) if symbols[i] == OTHER_SYMBOL else results[symbols[i]]))
            symbols[i] = 0
        for symbol, cause in here.items():
            if isinstance(cause, str):
                self._unparsed(cause, batch.at(positions_of(symbols, (symbol,))))
        self._count(batch, symbols, results, by_line)
        return self._marked(batch, left)

    def _fails(self, result: ResultKey) -> bool:
        """Return whether a result is a failure."""
        return result.code not in self._scanner.delivered

    def _wants_body(self, result: ResultKey) -> bool:
        """Return whether a body may have what a result lacks: whose push it was, or why it failed."""
        return result.platform == "unknown" or (not result.reason and self._fails(result))

    def _read_bodies(self) -> None:
        """Read the lines that were set aside with their bodies, which may add to a result but never change the code."""
        if not self._open:
            return
        opened = sorted(self._open, key=lambda each: each[0][0])
        ends = self._numbered.ends
        joined = self._bodies.joined([line[0] for (_, line), _ in opened], [ends[number] for (number, _), _ in opened])
        reader = self._parser.chunk_reader
        symbols = reader.bare.encode(LineBatch.of(joined).text, self._scanner.reasons) if reader else None
        together = reader.bare.outcomes(symbols) if reader and symbols is not None else [None] * len(joined)
        for (at, alone), text, found in zip(opened, joined, together, strict=True):
            number, (_, received) = at
            outcome = found or self._outcome(text)
            same_code = isinstance(outcome, ResultKey) and outcome.code == alone.code
            self._single.append(((number, (text, received)), outcome) if same_code else (at, alone))

    def _outcome(self, line: bytes) -> Outcome:
        """Return what a line gives, read by itself."""
        result = self._parser.read(line)
        return result if isinstance(result, str) else ResultKey(result.platform, result.code, result.reason)

    def _count_single(self) -> None:
        """Count the lines that were read by themselves or joined with their bodies."""
        self._single.sort(key=lambda each: each[0][0])
        for cause in sorted({each or "grammar" for _, each in self._single if not isinstance(each, ResultKey)}):
            self._unparsed(cause, [at for at, each in self._single if (each or "grammar") == cause])
        results = {i: outcome for i, (_, outcome) in enumerate(self._single) if isinstance(outcome, ResultKey)}
        batch = LineBatch.of_lines([at for at, _ in self._single])
        self._count(batch, bytearray(len(self._single)), {}, results)

    def _count(
        self, batch: LineBatch, symbols: bytearray, results: Mapping[int, ResultKey], by_line: dict[int, ResultKey]
    ) -> None:
        """Count the lines of a batch by their results: ``results`` by symbol, and ``by_line`` by the line's index."""
        self._counts.add(batch, symbols, results, by_line)
        if self._scanner.keep:
            failed = positions_of(symbols, [symbol for symbol, result in results.items() if self._fails(result)])
            if by_line:
                failed = sorted([*failed, *(i for i, result in by_line.items() if self._fails(result))])
            newest = failed[-self._scanner.keep :]
            numbers, lines = map(batch.number, newest), map(batch.lines.__getitem__, newest)
            whole = repeat(None if batch.envelope == PLAIN else batch.envelope)
            received = map(batch.times.__getitem__, newest) if batch.times else whole
            self._failed += zip(numbers, lines, received, strict=False)

    def _unparsed(self, cause: Cause, lines: Sequence[LineAt]) -> None:
        """Count lines that gave no result, for one cause; where the marker is but part of a word, nothing is missed."""
        if named := [*compress(lines, self._scanner.names_marker([text for _, (text, _) in lines]))]:
            self._counts.add_unread(cause, named)
            spread = named[:: -(-len(named) // MAX_SAMPLES)]  # at most so many
            self._samples.add(cause, [text for _, (text, _) in spread])
