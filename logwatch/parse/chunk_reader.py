"""Read batches of lines by one expression, made for lines like those that it left before.

What it captures is dictionary-encoded, a byte a line, so that counting and finding are byte searches. Lines of the same
result get the same code, however they are written. What stands behind a line's code, where the expression does not know
how it is written, is gone through: the values in it are what tells the result then, not the text.
"""

import math
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import compress, count, repeat
from typing import Any, TypeVar

from logwatch import envelope as envelopes
from logwatch.model import PLAIN, Cause, Envelope
from logwatch.parse.compile.chunk_pattern import REST, ChunkCompiler, ChunkPattern, lines_worth
from logwatch.parse.compile.line_pattern import Values
from logwatch.parse.compile.specialise import MAX_ORDERS
from logwatch.parse.lines import LineBatch
from logwatch.parse.result import REASONS, Columns, PushResult, Reasons, from_captures, from_columns

SOME = 64
"""Examples at once: more tell hardly more, and each is gone through in Python."""
LEARN_AFTER_LINES = 16
"""Lines that are left before the first lesson: to compile LINE, for the first of them alone, takes longer than that."""
_GROWTH = 8  # of what is waited for, with each lesson
_MAX_WAIT = 4  # lessons' worth of lines that are left: a log may change again and again
_MAX_WAIT_IN_VAIN = 16  # the same behind a lesson that taught little
_FEW_LESSONS = 2  # behind them it is known that the order of the fields changes again and again
_LITTLE = 0.25  # of what was left
_MAX_LEFT_SHARE = 0.01  # of a batch: to read so many one by one costs less than to learn from them
_MAX_UNFRAMED_SHARE = 0.5  # of a batch in an envelope: beyond that it is faster to take all lines out
_SAME_FRAME_BATCHES = 64  # before another is looked for: to compile takes as long as some of them
_MAX_ENVELOPES = 16
_MAX_EXAMPLE_BYTES = 4096
_MAX_EXAMPLES_BYTES = 32 * 1024  # together: what is long has many turns to follow

OTHER_CODE = 255
"""The code of lines whose result is not among the first 255: each is looked at by itself."""
_MAX_ROWS = 4096
_MAX_ROW_BYTES = 512  # longer ones hold what users wrote, never come again, and would fill the memory
_MAX_KEY_BYTES = 1 << 20  # of all: each may hold a word of as many bytes as a line

Groups = tuple[bytes, ...]
"""What an expression captured of one line, group by group."""

_Key = tuple[Any, ...]
"""The same as Groups, where the values in what was captured as REST take its place."""

Outcome = PushResult | Cause | None
"""What a line gives; None for one that the expression passed over."""

Match = Callable[["Dictionary", LineBatch], LineBatch]
"""Counts what an expression captures of a batch; returns the lines that it left."""

Takes = Callable[[bytes], bool]
"""Whether LINE takes a payload."""

_Item = TypeVar("_Item")


@dataclass(slots=True)
class _Framed:
    """The same expression for lines in a frame."""

    frame: envelopes.Frame
    expression: "Dictionary | None"  # None where it takes too few of them
    batches: int = 0


class ChunkReader:
    """One grammar's expression for whole chunks, and the examples from which it is made again.

    That is done where it is worth it: where so many lines are left to be read one by one as cost more, or twice as many
    have been, as of many short logs; and then ever more seldom, up to some times what a lesson costs.
    """

    def __init__(self, compiler: ChunkCompiler, takes: Takes | None = None) -> None:
        """Learn from lines that are left and that LINE ``takes``: of others nothing is to be learned."""
        self._compiler = compiler
        self._takes = takes
        self._dictionary: Dictionary | None = None
        self._framed_by: dict[Envelope, _Framed] = {}
        self._examples: list[bytes] = []  # that the expression was made for
        self._left: list[bytes] = []  # some of what it has left since, or what was gone through
        self._gone_through = 0  # lines of the batch at hand
        self._wait = LEARN_AFTER_LINES
        self._waiting = self._lessons = 0

    def read(self, batch: LineBatch, match: Match, following: float = math.inf) -> LineBatch:
        """Read a batch by what there is, in its envelope and then out of it, and learn from it.

        Return the lines that are left, still in their envelope where they have to be taken out one by one. ``match``
        counts what an expression captures of a batch, and returns the lines that it left. ``following`` is how many
        times as much as this the log still holds.
        """
        self._gone_through = 0
        framed = self._read_framed(batch, match)
        left = framed.taken_out()
        if left is None:
            return framed
        left = self._read_by(self._dictionary, left, match)
        if self._learned(left, batch, following):
            left = self._read_by(self._dictionary, left, match)
        return left

    def _read_by(self, dictionary: "Dictionary | None", batch: LineBatch, match: Match) -> LineBatch:
        """Read a batch by an expression, if there is one; return the lines that are left."""
        if dictionary is None or not batch.text:
            return batch
        left = match(dictionary, batch)
        if dictionary.gone_through:
            self._gone_through += len(dictionary.gone_through)
            self._left = some_of([*self._left, *_examples(batch.only(dictionary.gone_through), SOME)], 2 * SOME)
        return left

    def _read_framed(self, batch: LineBatch, match: Match) -> LineBatch:
        """Read a batch of lines in an envelope without taking them out; return those that are left."""
        framed = self._framed(batch)
        if framed is None or framed.expression is None or not framed.frame.fits(batch.text):
            return batch
        left = self._read_by(framed.expression, batch, match)
        if left.text and len(left.lines) > _MAX_UNFRAMED_SHARE * len(batch.lines):
            framed.expression = None  # they are written in more than one way
        return left

    def _framed(self, batch: LineBatch) -> "_Framed | None":
        """Return the expression for lines in an envelope, made for the frame of the first batch, and later ones."""
        if self._dictionary is None or batch.envelope == PLAIN:
            return None
        known = self._framed_by.get(batch.envelope)
        if known is not None:
            known.batches += 1
            if known.batches % _SAME_FRAME_BATCHES:
                return known
        frame = envelopes.frame(batch.text, batch.envelope)
        if frame is None or (known and known.frame == frame):
            return known
        pattern = self._dictionary.pattern.framed(frame.before, frame.behind, quoted=frame.quoted)
        if len(self._framed_by) >= _MAX_ENVELOPES:
            self._framed_by.clear()
        made = self._framed_by[batch.envelope] = _Framed(
            frame, Dictionary(pattern, self._compiler.values_in) if pattern else None
        )
        return made

    def _learned(self, left: LineBatch, among: LineBatch, following: float) -> bool:
        """Learn from lines that were left of others, or gone through, if that is worth it.

        Return whether there is an expression for any of these lines then.
        """
        singly = len(left.lines) + self._gone_through
        if not singly or singly <= _MAX_LEFT_SHARE * len(among.lines):
            return False
        examples = _examples(left, SOME)
        if self._takes and self._wait > LEARN_AFTER_LINES:  # before the first lesson, all that is there is to be tried
            asked, examples = len(examples), list(filter(self._takes, examples))
            singly = self._gone_through + len(left.lines) * len(examples) // max(1, asked)
        self._waiting += singly
        self._left = some_of([*self._left, *examples], 2 * SOME)
        worth = lines_worth(some_of(self._left, SOME))
        if not singly or self._waiting < self._wait or max(self._waiting / 2, singly * (1 + following)) < worth:
            return False
        # of the rest of the batch as well, in proportion: what is rare is not worth a way
        others = _examples(among, SOME * (len(among.lines) - len(left.lines)) // len(among.lines))
        taught = self._learn(others)
        most = worth * (_MAX_WAIT_IN_VAIN if taught < _LITTLE else _MAX_WAIT)
        self._waiting, self._wait = 0, min(_GROWTH * self._wait, most)
        return taught > 0

    def _learn(self, others: Sequence[bytes]) -> float:
        """Make the expression again, for some of the lines that were left, and ``others`` of the log, as they came.

        Return the share of what was left that there is an expression for.
        """
        left = _short(some_of(self._left, SOME))
        payloads = [*left, *others, *_short(some_of(self._examples, SOME))]
        self._lessons += 1
        made = self._compiler.compile(payloads, MAX_ORDERS if self._lessons <= _FEW_LESSONS else 1)
        self._left = []
        if made is None:
            return 0
        self._dictionary, self._examples = Dictionary(made.pattern, self._compiler.values_in), made.payloads
        self._framed_by.clear()
        return sum(map(set(made.payloads).__contains__, left)) / len(left) if left else 1.0


def _examples(batch: LineBatch, most: int) -> list[bytes]:
    """Return at most so many payloads, of short lines and long ones alike: what is rare is mostly long."""
    lines = batch.lines
    places = some_of(sorted(range(len(lines)), key=lambda i: len(lines[i])), most)
    return _short([line for line in batch.bare(places).lines if len(line) <= _MAX_EXAMPLE_BYTES])


def _short(lines: list[bytes]) -> list[bytes]:
    """Return some of the lines if all are too long together."""
    size = sum(map(len, lines))
    return some_of(lines, len(lines) * _MAX_EXAMPLES_BYTES // size) if size > _MAX_EXAMPLES_BYTES else lines


def some_of(items: Sequence[_Item], most: int) -> list[_Item]:
    """Return at most so many items, evenly spread."""
    return [items[i * len(items) // most] for i in range(most)] if len(items) > most else list(items)


# ---- what an expression captures -------------------------------------------------------------------------------------


class Dictionary:
    """The results of one expression so far, and their codes: ``results[code]``.

    A code means the same result within one call of ``encode``.
    """

    def __init__(self, pattern: ChunkPattern, values_in: Callable[[bytes], Values]) -> None:
        """``values_in`` goes through what was captured as REST."""
        self.pattern = pattern
        self.results: list[Outcome] = [None]
        self.uncoded: dict[int, Outcome] = {}
        """What the lines give that got OTHER_CODE in the last call, by their indices."""
        self.gone_through: list[int] = []
        """The indices of those whose rest was gone through in the last call."""
        self._values_in = values_in
        self._rest = pattern.names.index(REST) if REST in pattern.names else None
        self._codes: dict[_Key, int] = {}
        # what is passed over always has a code: in an envelope it may be another's line, and is not read by itself
        self._codes_of_results: dict[Outcome, int] = {None: 0}
        self._key_bytes = 0
        self._reasons: Reasons | None = None
        self._places_of_reasons = [i for i, name in enumerate(pattern.names) if name in REASONS]

    def encode(self, rows: Sequence[Groups], reasons: Reasons | None = None) -> bytearray:
        """Return the code of each line, given what was captured of it, and by which ``reasons`` results are counted."""
        full = len(self.results) >= OTHER_CODE or len(self._codes) >= _MAX_ROWS or self._key_bytes >= _MAX_KEY_BYTES
        if full or reasons is not self._reasons:
            self._reasons = reasons
            self.results = [None]  # what fills it may never come again, and would keep out what does
            self._codes.clear()
            self._codes_of_results = {None: 0}
            self._key_bytes = 0
        self.uncoded.clear()
        self.gone_through = []
        codes = bytearray(map(self._codes.get, rows, repeat(OTHER_CODE)))
        if OTHER_CODE in codes:
            self._encode_new(rows, codes)
        return codes

    def results_of(self, rows: Sequence[Groups]) -> tuple[Columns, list[int]]:
        """Return the columns of ``PushResult`` for what was captured of lines, and the indices of those passed over.

        All lines that an expression matches give a result here, and most of them another one: columns are faster.
        """
        undecided = [i for i, row in enumerate(rows) if self.pattern.undecided(row)]
        columns: dict[str, list[bytes]] = {}
        for name, column in zip(self.pattern.names, zip(*rows, strict=True), strict=False):
            known = columns.get(name)
            columns[name] = [new or old for new, old in zip(column, known, strict=True)] if known else list(column)
        self.gone_through = [i for i, rest in enumerate(columns.pop(REST, ())) if rest]
        for i in self.gone_through:
            for name, value in self._values_in(rows[i][self._rest or 0]):
                columns.setdefault(name, [b""] * len(rows))[i] = value
        found, without = from_columns(columns, len(rows))
        return found, sorted({*without, *undecided})

    def _encode_new(self, rows: Sequence[Groups], codes: bytearray) -> None:
        """Put the codes of rows that are not known yet in their places."""
        at = positions_of(codes, (OTHER_CODE,))
        new = [rows[i] for i in at]
        keys = self._keys(new)
        rests = [b""] * len(new) if self._rest is None else [row[self._rest] for row in new]
        self.gone_through = list(compress(at, rests))
        unknown: Collection[_Key] = set(keys) - self._codes.keys()
        if len(self.results) + len(unknown) > OTHER_CODE:  # the commonest get a code
            unknown = [key for key, _ in Counter(keys).most_common() if key in unknown]
        uncoded: dict[_Key, Outcome] = {}
        for key in unknown:
            values = self._values_of(key)
            outcome = from_captures(values) if values else None
            self._codes[key] = code = self._code(outcome)
            self._key_bytes += sum(len(text) for _, text in values)
            if code == OTHER_CODE:
                uncoded[key] = outcome
        found = bytes(map(self._codes.__getitem__, keys))
        for i, code in zip(at, found, strict=True):
            codes[i] = code
        if uncoded:
            self.uncoded = {i: uncoded[key] for i, key in zip(at, keys, strict=True) if key in uncoded}
        times = Counter(new)
        if len(times) < len(new) or self.gone_through:
            self._codes.update({
                row: code
                for row, code, rest in zip(new, found, rests, strict=True)
                if (rest or times[row] > 1) and code != OTHER_CODE and len(b"".join(row)) <= _MAX_ROW_BYTES
            })  # fmt: skip

    def _keys(self, rows: Sequence[Groups]) -> list[_Key]:
        """Return what decides the outcome of each row: its groups, and the values in its rest.

        Reasons that count as the same are alike in them.
        """
        columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
        if reasons := self._reasons:
            for i in self._places_of_reasons:
                columns[i] = reasons.alike(columns[i])
        if self._rest is not None and any(columns[self._rest]):
            columns[self._rest] = [rest and self._in_rest(rest) for rest in columns[self._rest]]
        return list(zip(*columns, strict=True))

    def _in_rest(self, rest: bytes) -> tuple[tuple[str, bytes], ...]:
        values = self._values_in(self._text(rest))
        if reasons := self._reasons:
            values = [(name, reasons.alike([text])[0] if name in REASONS else text) for name, text in values]
        return tuple(values)

    def _text(self, captured: bytes) -> bytes:
        return captured.replace(b'\\"', b'"') if self.pattern.quoted else captured

    def _code(self, outcome: Outcome) -> int:
        code = self._codes_of_results.get(outcome)
        if code is None:
            code = len(self.results)
            if code >= OTHER_CODE:
                return OTHER_CODE
            self._codes_of_results[outcome] = code
            self.results.append(outcome)
        return code

    def _values_of(self, key: _Key) -> Values:
        """Return the named values that decide the outcome; none where they do not tell it."""
        if self.pattern.undecided(key):
            return []
        named = [(name, value) for name, value in zip(self.pattern.names, key, strict=False) if value]
        behind = named.pop()[1] if named and named[-1][0] == REST else ()
        return [*((name, self._text(value)) for name, value in named), *behind]


def positions_of(codes: bytes | bytearray, wanted: Collection[int]) -> list[int]:
    """Return the indices at which one of the wanted codes stands, in order."""
    if not wanted:
        return []
    table = bytearray(256)
    for code in wanted:
        table[code] = 1
    return list(compress(count(), codes.translate(table)))
