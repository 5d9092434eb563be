"""Read whole chunks by one expression: of each line comes a byte, the code of its result.

What the expression captures of a line is its row. Equal rows give the same result, which is worked out once, and then
counted and found as a byte. Rows that differ and mean the same result get the same code.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, compress, count, repeat
from typing import Any

from logwatch import envelope as envelopes
from logwatch.compile.chunk_pattern import ChunkPattern, Values
from logwatch.dialect.result import REASONS, Columns, Reasons, from_groups
from logwatch.model import PLAIN, Cause, Envelope, ResultKey
from logwatch.parse.lines import LineBatch

_MAX_UNFRAMED_SHARE = 0.5  # of a batch in an envelope: beyond that it is faster to take all lines out
_SAME_FRAME_BATCHES = 64  # before another is looked for: to compile takes as long as some of them
_MAX_ENVELOPES = 16
_RARE = 8  # one in so many lines is found faster by itself than by a look at each

OTHER_CODE = 255
"""The code of lines whose result is not among the first 255: each is looked at by itself."""
_MAX_ROWS, _FEW_ROWS = 4096, 256
_MAX_KEY_BYTES = 1 << 20  # of all: each may hold a word of as many bytes as a line

Outcome = ResultKey | Cause | None
"""What a line gives, its reason as logged; None for one that the expression passed over."""
_WITHOUT: tuple[Cause | None, ...] = (None, "no_code", "ambiguous")  # a result: these always have a code

Match = Callable[["Dictionary", LineBatch], LineBatch]
"""Counts what an expression captures of a batch; returns the lines that it left."""


@dataclass(slots=True)
class _Framed:
    """The expression for lines in a frame."""

    frame: envelopes.Frame
    expression: "Dictionary | None"  # None where it takes too few of them
    batches: int = 0


class ChunkReader:
    """One grammar's expressions for whole chunks: one for bare lines, and one for each envelope."""

    def __init__(self, pattern: ChunkPattern) -> None:
        self.bare = Dictionary(pattern)
        self._framed_by: dict[Envelope, _Framed] = {}

    def read(
        self, batch: LineBatch, match: Match, take_out: Callable[[LineBatch], LineBatch] = lambda batch: batch
    ) -> LineBatch:
        """Read a batch in its envelope, and what is left of it out of that; return the lines that are left.

        ``match`` counts what the expression captures of a batch, and returns the lines that it left; ``take_out`` takes
        some out of their envelope.
        """
        left = batch if batch.envelope == PLAIN else take_out(self._read_framed(batch, match))
        return match(self.bare, left) if left.text else left

    def _read_framed(self, batch: LineBatch, match: Match) -> LineBatch:
        """Read a batch as it stands; return those lines that are left."""
        framed = self._framed(batch)
        if framed is None or framed.expression is None or not framed.frame.fits(batch.text):
            return batch
        left = match(framed.expression, batch)
        if left.text and len(left.lines) > _MAX_UNFRAMED_SHARE * len(batch.lines):
            framed.expression = None  # they are written in more than one way
        return left

    def _framed(self, batch: LineBatch) -> "_Framed | None":
        """Return the expression for lines in an envelope, made for the frame of the first batch, and later ones."""
        known = self._framed_by.get(batch.envelope)
        if known is not None:
            known.batches += 1
            if known.batches % _SAME_FRAME_BATCHES:
                return known
        frame = envelopes.frame(batch.text, batch.envelope)
        if frame is None or (known and known.frame == frame and known.expression):
            return known
        pattern = self.bare.pattern.framed(frame.before, frame.behind, quoted=frame.quoted)
        if len(self._framed_by) >= _MAX_ENVELOPES:
            self._framed_by.clear()
        made = self._framed_by[batch.envelope] = _Framed(frame, Dictionary(pattern) if pattern else None)
        return made


class Dictionary:
    """The results that one expression has given so far, by their codes.

    A code holds until the next ``encode``, which may begin anew.
    """

    def __init__(self, pattern: ChunkPattern) -> None:
        self.pattern = pattern
        self.uncoded: dict[int, ResultKey] = {}
        """What the lines give that got OTHER_CODE in the last call, by their indices, in order."""
        self._forget()
        self._reasons: Reasons | None = None
        self._places_of_reasons = [i for i, name in enumerate(pattern.names) if name in REASONS]

    def encode(self, text: bytes, reasons: Reasons | None = None) -> bytearray | None:
        """Return the code of each line of a text; None where each is to be read by itself.

        ``reasons``: which reasons tell results apart.
        """
        rows = self.pattern.rows(text)
        if rows is None:
            return None
        full = len(self.results) >= OTHER_CODE or len(self._codes) >= _MAX_ROWS or self._key_bytes >= _MAX_KEY_BYTES
        if full or reasons is not self._reasons:
            self._reasons = reasons
            self._forget()  # what fills it may never come again, and would keep out what does
        self.uncoded = {}
        codes = bytearray(map(self._codes.get, rows, repeat(OTHER_CODE)))
        if OTHER_CODE in codes:
            self._encode_new(rows, codes)
        return codes

    def _forget(self) -> None:
        self.results: list[Outcome] = [*_WITHOUT]
        self._codes: dict[bytes | Values, int] = {}  # of rows, and of what decides them
        self._key_bytes = 0

    def results_of(self, columns: Sequence[Sequence[bytes]]) -> tuple[Columns, dict[int, Cause | None]]:
        """Return the columns of ``PushResult`` for columns of captures; by index, why other rows give none.

        Columns are faster: most rows give another result each.
        """
        given, without = from_groups(self.pattern.names, columns)
        nothing = [i for i, values in enumerate(zip(*columns, strict=True)) if not any(values)]
        return given, without | dict.fromkeys([*nothing, *self.pattern.undecided(columns)])

    def _encode_new(self, rows: Sequence[bytes], codes: bytearray) -> None:
        """Put the codes of rows that are not known yet in their places."""
        at = positions_of(codes, (OTHER_CODE,))
        new = [rows[i] for i in at]
        columns = self.pattern.columns(new)
        told = [i for i, column in enumerate(columns) if any(column)]
        keys = self._keys(columns, told)
        found = bytes(map(self._codes.get, keys, repeat(OTHER_CODE)))
        if OTHER_CODE in found:
            outcomes = self._add(Counter(compress(keys, map(OTHER_CODE.__eq__, found))), told)
            found = bytes(map(self._codes.__getitem__, keys))
            self.uncoded = {at[i]: outcomes[keys[i]] for i in positions_of(found, (OTHER_CODE,))}
        for i, code in zip(at, found, strict=True):
            codes[i] = code
        if len(self._codes) < _FEW_ROWS:  # those that come again save making keys
            self._remember(new, found, sum(map(len, new)))

    def _add(self, keys: Counter[Values], told: Sequence[int]) -> dict[Values, Any]:
        """Add a code for each key, by how many rows have it, the commonest first; return their outcomes."""
        unknown = [key for key, _ in keys.most_common()]
        known = dict(zip(told, list(zip(*unknown, strict=True))[1:], strict=True))
        nothing = [b""] * len(unknown)
        columns = [known.get(i, nothing) for i in range(len(self.pattern.names))]
        (numbers, platforms, reasons, *_), without = self.results_of(columns)
        outcomes: list[Any] = list(map(ResultKey, platforms, numbers, reasons))
        for i, cause in without.items():
            outcomes[i] = cause
        codes_of = {outcome: code for code, outcome in enumerate(self.results)}
        for outcome in outcomes:
            code = codes_of.setdefault(outcome, min(len(codes_of), OTHER_CODE))
            if code == len(self.results) < OTHER_CODE:
                self.results.append(outcome)
        size = sum(map(len, chain.from_iterable(unknown)))
        self._remember(unknown, map(codes_of.__getitem__, outcomes), size)
        return dict(zip(unknown, outcomes, strict=True))

    def _remember(self, known: Sequence[bytes] | Sequence[Values], codes: Iterable[int], size: int) -> None:
        self._codes.update(zip(known, codes, strict=True))
        self._key_bytes += size

    def _keys(self, columns: Sequence[Sequence[bytes]], told: Sequence[int]) -> list[Values]:
        """Return what decides the outcome of each row: which groups have captured, and what.

        Reasons that count as the same are alike.
        """
        alike = self._reasons.alike if self._reasons else None
        values = [alike(columns[i]) if alike and i in self._places_of_reasons else columns[i] for i in told]
        return list(zip([b"%r" % told] * len(columns[0]), *values, strict=True))


def positions_of(codes: bytes | bytearray, wanted: Collection[int]) -> list[int]:
    """Return the indices at which one of the wanted codes stands, in order."""
    if not wanted:
        return []
    table = bytearray(256)
    for code in wanted:
        table[code] = 1
    found = codes.translate(table)
    if found.count(1) * _RARE > len(found):
        return list(compress(count(), found))
    places: list[int] = []
    at = -1
    while (at := found.find(1, at + 1)) >= 0:
        places.append(at)
    return places
