"""Read whole chunks by one expression, which reduces each line to a byte: the symbol of its result.

What the expression captures of a line is its row. Equal rows give the same result, which is worked out once, and then
counted and searched for as a byte. Different rows with the same result share a symbol.
"""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from itertools import chain, compress, count, repeat
from typing import Any

from logwatch import envelope as envelopes
from logwatch.compile.chunk_pattern import ChunkPattern, Values
from logwatch.dialect.result import REASONS, Columns, Reasons, from_groups
from logwatch.model import PLAIN, Cause, Envelope, ResultKey
from logwatch.parse.lines import LineBatch

_MAX_UNFRAMED_SHARE = 0.5  # of a batch in an envelope: above that it is faster to take all lines out
_SAME_FRAME_BATCHES = 64  # before another frame is looked for: compiling one takes as long as a few batches
_MAX_FRAMES = 16
_RARE = 8  # where at most one in so many lines matches, searching is faster than testing each

OTHER_SYMBOL = 255
"""The symbol of lines whose result is not among the first 255; each of them is looked at by itself."""
_MAX_ROWS, _FEW_ROWS = 4096, 256
_MAX_KEY_BYTES = 1 << 20  # of all keys: a single one may contain a word as long as a line

Outcome = ResultKey | Cause | None
"""What a line gives, its reason as logged; None if the expression did not match it."""
_NO_RESULTS: tuple[Cause | None, ...] = (None, "no_code", "ambiguous")  # which have the first symbols

Match = Callable[["Dictionary", LineBatch], LineBatch]
"""Counts what an expression captures of a batch; returns the lines that it leaves."""


class ChunkReader:
    """One grammar's expressions for whole chunks: one for bare lines, and one per envelope."""

    def __init__(self, pattern: ChunkPattern) -> None:
        self.bare = Dictionary(pattern)
        self._frames: dict[Envelope, tuple[envelopes.Frame, Dictionary | None]] = {}  # None if too few lines match
        self._batches = 0

        @lru_cache(_MAX_FRAMES)
        def in_frame(frame: envelopes.Frame) -> Dictionary | None:
            framed = pattern.framed(frame.before, frame.behind, quoted=frame.quoted)
            return Dictionary(framed) if framed else None

        self._in_frame = in_frame

    def read(self, batch: LineBatch, match: Match, take_out: Callable[[LineBatch], LineBatch]) -> LineBatch:
        """Read a batch in its envelope, then what that leaves without it; return the lines that are still left.

        ``match`` counts what an expression captures of a batch, and returns the lines that it leaves; ``take_out``
        takes lines out of their envelope.
        """
        left = batch if batch.envelope == PLAIN else take_out(self._read_framed(batch, match))
        return match(self.bare, left) if left.text else left

    def _read_framed(self, batch: LineBatch, match: Match) -> LineBatch:
        """Read a batch in its envelope; return the lines that are left."""
        if self._batches % _SAME_FRAME_BATCHES == 0:
            self._frames.clear()
        self._batches += 1
        frame, expression = self._frames.get(batch.envelope, (None, None))
        if frame is None and (frame := envelopes.frame(batch.text, batch.envelope)):
            expression = self._in_frame(frame)
            self._frames[batch.envelope] = frame, expression
        if frame is None or expression is None or not frame.fits(batch.text):
            return batch
        left = match(expression, batch)
        if left.text and len(left.lines) > _MAX_UNFRAMED_SHARE * len(batch.lines):
            self._frames[batch.envelope] = frame, None  # lines of this envelope are written in more than one way
        return left


class Dictionary:
    """The results that one expression has given so far, by their symbols.

    A symbol is valid until the next ``encode``, which may start over.
    """

    def __init__(self, pattern: ChunkPattern) -> None:
        self.pattern = pattern
        self.by_line: dict[int, ResultKey] = {}
        """The results of the lines that got OTHER_SYMBOL in the last call, by index, in order."""
        self._forget()
        self._reasons: Reasons | None = None
        self._places_of_reasons = [i for i, name in enumerate(pattern.names) if name in REASONS]

    def encode(self, text: bytes, reasons: Reasons | None = None) -> bytearray | None:
        """Return the symbol of each line of a text; None if each has to be read by itself.

        ``reasons`` are those that distinguish results; None: all do.
        """
        rows = self.pattern.rows(text)
        if rows is None:
            return None
        full = len(self.results) >= OTHER_SYMBOL or len(self._symbols) >= _MAX_ROWS or self._key_bytes >= _MAX_KEY_BYTES
        if full or reasons is not self._reasons:
            self._reasons = reasons
            self._forget()  # what fills it may never recur, and would keep out what does
        self.by_line = {}
        symbols = bytearray(map(self._symbols.get, rows, repeat(OTHER_SYMBOL)))
        if OTHER_SYMBOL in symbols:
            self._encode_new(rows, symbols)
        return symbols

    def outcomes(self, symbols: bytearray) -> list[Outcome]:
        """Return the outcomes of the lines whose symbols the last call of ``encode`` returned."""
        return [self.by_line[i] if symbol == OTHER_SYMBOL else self.results[symbol] for i, symbol in enumerate(symbols)]

    def _forget(self) -> None:
        self.results: list[Outcome] = [*_NO_RESULTS]
        self._symbols: dict[bytes | Values, int] = {}  # by row, and by the key that decides it
        self._key_bytes = 0

    def results_of(self, columns: Sequence[Sequence[bytes]]) -> tuple[Columns, dict[int, Cause | None]]:
        """Return the columns of ``PushResult`` for columns of captures and, by index, why some rows give no result.

        Here most rows give results of their own, so columns are faster.
        """
        given, without = from_groups(self.pattern.names, columns)
        nothing = [i for i, values in enumerate(zip(*columns, strict=True)) if not any(values)]
        return given, without | dict.fromkeys([*nothing, *self.pattern.undecided(columns)])

    def _encode_new(self, rows: Sequence[bytes], symbols: bytearray) -> None:
        """Fill in the symbols of rows that are not known yet."""
        at = positions_of(symbols, (OTHER_SYMBOL,))
        new = [rows[i] for i in at]
        columns = self.pattern.columns(new)
        captured = [i for i, column in enumerate(columns) if any(column)]
        keys = self._keys(columns, captured)
        found = bytes(map(self._symbols.get, keys, repeat(OTHER_SYMBOL)))
        if OTHER_SYMBOL in found:
            outcomes = self._add(Counter(compress(keys, map(OTHER_SYMBOL.__eq__, found))), captured)
            found = bytes(map(self._symbols.__getitem__, keys))
            self.by_line = {at[i]: outcomes[keys[i]] for i in positions_of(found, (OTHER_SYMBOL,))}
        for i, symbol in zip(at, found, strict=True):
            symbols[i] = symbol
        some = new[:_FEW_ROWS]  # rows that recur need no keys then; of those that do not, only so many are kept
        self._symbols.update(zip(some, found, strict=False))
        self._key_bytes += sum(map(len, some))

    def _add(self, keys: Counter[Values], captured: Sequence[int]) -> dict[Values, Any]:
        """Assign a symbol to each key, the most frequent first; return the outcomes of all keys."""
        unknown = [key for key, _ in keys.most_common()]
        known = dict(zip(captured, list(zip(*unknown, strict=True))[1:], strict=True))
        columns = [known.get(i, [b""] * len(unknown)) for i in range(len(self.pattern.names))]
        (numbers, platforms, reasons, *_), without = self.results_of(columns)
        outcomes: list[Any] = list(map(ResultKey, platforms, numbers, reasons))
        for i, cause in without.items():
            outcomes[i] = cause
        symbols_of = {outcome: symbol for symbol, outcome in enumerate(self.results)}
        for outcome in outcomes:
            symbol = symbols_of.setdefault(outcome, min(len(symbols_of), OTHER_SYMBOL))
            if symbol == len(self.results) < OTHER_SYMBOL:
                self.results.append(outcome)
        self._symbols.update(zip(unknown, map(symbols_of.__getitem__, outcomes), strict=True))
        self._key_bytes += sum(map(len, chain.from_iterable(unknown)))
        return dict(zip(unknown, outcomes, strict=True))

    def _keys(self, columns: Sequence[Sequence[bytes]], captured: Sequence[int]) -> list[Values]:
        """Return the key of each row: which groups captured, and what, with reasons counted together made equal."""
        alike = self._reasons.alike if self._reasons else None
        values = [alike(columns[i]) if alike and i in self._places_of_reasons else columns[i] for i in captured]
        return list(zip([b"%r" % captured] * len(columns[0]), *values, strict=True))


def positions_of(symbols: bytes | bytearray, wanted: Collection[int]) -> list[int]:
    """Return the indices of the symbols that are wanted, in order."""
    if not wanted:
        return []
    table = bytearray(256)
    for symbol in wanted:
        table[symbol] = 1
    found = symbols.translate(table)
    if found.count(1) * _RARE > len(found):
        return list(compress(count(), found))
    places: list[int] = []
    at = -1
    while (at := found.find(1, at + 1)) >= 0:
        places.append(at)
    return places
