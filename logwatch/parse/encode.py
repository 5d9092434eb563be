"""Dictionary encoding of what an expression captures: a byte a line, so that counting and finding are byte searches.

Lines of the same result get the same code, however they are written. What stands behind a line's code differs from line
to line where a provider's answer holds ids; the values in it are what is remembered then, not the text.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from itertools import compress, count, repeat

from logwatch.model import Cause
from logwatch.parse.compile.chunk_pattern import REST, ChunkPattern
from logwatch.parse.rests import RestReader, Values
from logwatch.parse.result import Details, PushResult, from_captures, from_columns

Groups = tuple[bytes, ...]
"""What an expression captured of one line, group by group."""

OTHER_CODE = 255
"""The code of lines whose result is not among the first 255: each is looked at by itself."""
_MAX_ROWS = 4096
_MAX_ROW_BYTES = 512  # longer ones hold what users wrote, never come again, and would fill the memory

_Key = tuple[Groups, Values]

Outcome = PushResult | Cause | None
"""What a line gives; None for one that the expression passed over."""


class Dictionary:
    """The results of one expression so far, and their codes: ``results[code]``.

    A code means the same result within one call of ``encode``.
    """

    def __init__(self, pattern: ChunkPattern, rests: RestReader | None) -> None:
        self.pattern = pattern
        self.results: list[Outcome] = []
        self._rests = rests if pattern.has_rest else None
        self._codes_of_rows: dict[Groups, int] = {}
        self._codes_of_keys: dict[_Key, int] = {}
        self._codes_of_results: dict[Outcome, int] = {}

    def encode(self, rows: Sequence[Groups]) -> bytearray:
        """Return the code of each line, given what was captured of it."""
        if len(self.results) >= OTHER_CODE or len(self._codes_of_rows) + len(self._codes_of_keys) >= _MAX_ROWS:
            self.results.clear()  # what fills it may never come again, and would keep out what does
            self._codes_of_rows.clear()
            self._codes_of_keys.clear()
            self._codes_of_results.clear()
        codes = bytearray(map(self._codes_of_rows.get, rows, repeat(OTHER_CODE)))
        if OTHER_CODE in codes:
            self._encode_new(rows, codes)
        return codes

    def in_detail(self, rows: Sequence[Groups]) -> list[Details | None]:
        """Return the details of each line, given what was captured of it; None for one that was passed over.

        All lines that an expression matches give a result here.
        """
        columns: dict[str, list[bytes]] = {}
        for name, column in zip(self.pattern.names, zip(*rows, strict=True), strict=False):
            known = columns.get(name, column)
            columns[name] = [new or old for new, old in zip(column, known, strict=True)]
        if self._rests:
            for i, values in enumerate(self._rests.read(columns.pop(REST, []))):
                for name, value in values:
                    columns.setdefault(name, [b""] * len(rows))[i] = value
        return from_columns(columns, len(rows))

    def outcome(self, row: Groups) -> Outcome:
        """Return what one line gives."""
        return self._outcome(self._keys([row])[0])

    def _encode_new(self, rows: Sequence[Groups], codes: bytearray) -> None:
        """Put the codes of rows that are not known yet in their places."""
        at = positions_of(codes, (OTHER_CODE,))
        new = [rows[i] for i in at]
        keys = self._keys(new)
        for key in set(keys) - self._codes_of_keys.keys():
            self._codes_of_keys[key] = self._code(self._outcome(key))
        found = bytes(map(self._codes_of_keys.__getitem__, keys))
        for i, code in zip(at, found, strict=True):
            codes[i] = code
        times = Counter(new)
        if len(times) < len(new):
            self._codes_of_rows.update({
                row: code
                for row, code in zip(new, found, strict=True)
                if times[row] > 1 and code != OTHER_CODE and len(b"".join(row)) <= _MAX_ROW_BYTES
            })  # fmt: skip

    def _keys(self, rows: Sequence[Groups]) -> list[_Key]:
        """Return what decides the outcome of each row: its groups, and the values in its rest."""
        if self._rests is None:
            return [(row, ()) for row in rows]
        rest = len(self.pattern.names) - 1
        values = self._rests.read([row[rest] for row in rows])
        return list(zip([row[:rest] for row in rows], values, strict=True))

    def _code(self, outcome: Outcome) -> int:
        code = self._codes_of_results.get(outcome)
        if code is None:
            code = len(self.results)
            if code >= OTHER_CODE:
                return OTHER_CODE
            self._codes_of_results[outcome] = code
            self.results.append(outcome)
        return code

    def _outcome(self, key: _Key) -> Outcome:
        groups, behind = key
        values = [(name, value) for name, value in zip(self.pattern.names, groups, strict=False) if value]
        return from_captures([*values, *behind]) if values or behind else None


def positions_of(codes: bytes | bytearray, wanted: Collection[int]) -> list[int]:
    """Return the indices at which one of the wanted codes stands, in order."""
    if not wanted:
        return []
    table = bytearray(256)
    for code in wanted:
        table[code] = 1
    return list(compress(count(), codes.translate(table)))
