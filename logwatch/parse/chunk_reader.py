"""Read batches of lines by an expression made for lines like those before, and by one for all that LINE takes.

What it captures is dictionary-encoded, a byte a line, so that counting and finding are byte searches. Lines of the same
result get the same code, however they are written.
"""

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, compress, count, repeat
from typing import Any

from logwatch import envelope as envelopes
from logwatch.compile.chunk_pattern import ChunkCompiler, ChunkPattern
from logwatch.dialect.result import REASONS, Columns, Reasons, from_groups
from logwatch.model import PLAIN, Cause, Envelope, ResultKey
from logwatch.parse.lines import LineBatch, some_of

SOME = 64
"""Examples at once: more tell hardly more, and each is gone through in Python."""
LESSON_LINES = 16_000
"""Lines that the general expression must be saved from reading for a lesson to pay: it takes 10 to 25 ms."""
ALL_NAMES_LESSON_LINES = 3_000
"""The same where all values are captured: the general expression takes four times as long then."""
LEARN_AFTER_LINES = 16
"""Lines that are there before the first lesson: fewer are no examples of a log."""
_MAX_WAIT = 16  # lessons' worth of lines between two of them: a log may change again and again
_IN_VAIN = 4  # times as long a wait behind a lesson that taught little
_LITTLE = 0.25  # of what was left
_MAX_LEFT_SHARE = 0.01  # of a batch: to read so many by the general expression costs less than to learn from them
_MAX_UNFRAMED_SHARE = 0.5  # of a batch in an envelope: beyond that it is faster to take all lines out
_SAME_FRAME_BATCHES = 64  # before another is looked for: to compile takes as long as some of them
_MAX_ENVELOPES = 16
_MAX_EXAMPLE_BYTES = 4096
_MAX_EXAMPLES_BYTES = 32 * 1024  # together: what is long has many turns to follow

_RARE = 8  # one in so many lines is found faster by itself than by a look at each

OTHER_CODE = 255
"""The code of lines whose result is not among the first 255: each is looked at by itself."""
_MAX_ROWS, _FEW_ROWS = 4096, 256
_MAX_KEY_BYTES = 1 << 20  # of all: each may hold a word of as many bytes as a line

Groups = tuple[bytes, ...]
"""What an expression captured of one line, group by group."""

Outcome = ResultKey | Cause | None
"""What a line gives, its reason as logged; None for one that the expression passed over."""
_WITHOUT: tuple[Cause | None, ...] = (None, "no_code", "ambiguous")  # a result: these always have a code

Match = Callable[["Dictionary", LineBatch], LineBatch]
"""Counts what an expression captures of a batch; returns the lines that it left."""


@dataclass(slots=True)
class _Framed:
    """The same expression for lines in a frame."""

    frame: envelopes.Frame
    expression: "Dictionary | None"  # None where it takes too few of them
    batches: int = 0


class _Expression:
    """One expression, for lines by themselves and as they stand in their envelopes."""

    def __init__(self, pattern: ChunkPattern) -> None:
        self.bare = Dictionary(pattern)
        self._framed_by: dict[Envelope, _Framed] = {}

    def read(self, batch: LineBatch, match: Match) -> LineBatch:
        """Read a batch as it stands; return those lines that are left."""
        if not batch.text:
            return batch
        if batch.envelope == PLAIN:
            return match(self.bare, batch)
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
        if frame is None or (known and known.frame == frame):
            return known
        pattern = self.bare.pattern.framed(frame.before, frame.behind, quoted=frame.quoted)
        if len(self._framed_by) >= _MAX_ENVELOPES:
            self._framed_by.clear()
        made = self._framed_by[batch.envelope] = _Framed(frame, Dictionary(pattern) if pattern else None)
        return made


class ChunkReader:
    """One grammar's expressions for whole chunks: the general one, and one that is learned from what is at hand.

    The general one takes all that LINE takes. To learn is worth it where so many lines are still to come, or twice as
    many have come, as of many short logs, that it saves what it costs; and then ever more seldom.
    """

    def __init__(self, compiler: ChunkCompiler, lesson_lines: int = 0) -> None:
        """``lesson_lines`` are those for which a lesson pays; without it as many as where results are counted."""
        self._compiler = compiler
        self._lesson_lines = lesson_lines or LESSON_LINES
        self._general = _Expression(compiler.general)
        self._learned: _Expression | None = None
        self._examples: list[bytes] = []  # that the expression was made for
        self._left: list[bytes] = []  # some of what it has left since
        self._wait = LEARN_AFTER_LINES
        self._waiting = self._lessons = 0
        self._tried = False  # to learn from the first lines, before any is read
        self._next = self._stride = 1  # of the lines that are waited for, from one that is kept to another

    def read(
        self,
        batch: LineBatch,
        match: Match,
        following: float = math.inf,
        take_out: Callable[[LineBatch], LineBatch] = lambda batch: batch,
    ) -> LineBatch:
        """Read a batch by what there is, in its envelope and then out of it, and learn from it.

        Return the lines that are left. ``match`` counts what an expression captures of a batch, and returns the lines
        that it left; ``take_out`` takes some out of their envelope. ``following`` is how many times as much as this the
        log still holds.
        """
        count = len(batch.lines)
        if not self._tried and count >= LEARN_AFTER_LINES and count * following >= self._lesson_lines:
            self._tried = True
            self._learn(_examples(batch, SOME))
        unlearned = self._learned.read(batch, match) if self._learned else batch
        left = self._general.read(unlearned, match)
        if left.envelope != PLAIN:
            bare = take_out(left)
            unlearned = bare if left is unlearned else unlearned  # what is learned from is taken out as well
            left = self._learned.read(bare, match) if self._learned else bare
            left = self._general.read(left, match)
        count = len(unlearned.lines) - len(left.lines)
        worth = self._lesson_lines * (1 + self._lessons)  # the later ones save less, since they tell fewer orders apart
        if count > _MAX_LEFT_SHARE * len(batch.lines):
            self._keep_some(count, unlearned)
            if self._waiting >= self._wait and max(self._waiting / 2, count * following) >= worth:
                # of the rest of the batch as well, in proportion: what is rare is not worth a way
                self._learn(_examples(batch, SOME * (len(batch.lines) - len(unlearned.lines)) // len(batch.lines)))
        return left

    def _keep_some(self, count: int, unlearned: LineBatch) -> None:
        """Keep some of the lines that no learned expression has taken, of which so many can be learned."""
        self._waiting += count
        if self._waiting >= self._next:
            self._left += _examples(unlearned, min(SOME, 1 + (self._waiting - self._next) // self._stride))
            self._next = self._waiting + self._stride
        if len(self._left) > 2 * SOME:
            self._left, self._stride = self._left[::2], 2 * self._stride

    def _learn(self, others: Sequence[bytes]) -> None:
        """Make the expression again, for some of the lines that were left, and ``others`` of the log, as they came."""
        left = _short(some_of(self._left, SOME))
        payloads = [*left, *others, *_short(some_of(self._examples, SOME))]
        # behind the first lesson it is known that the order of the fields changes again and again
        made = self._compiler.compile(payloads, any_order=self._lessons > 0)
        if made is None and not left:
            return  # the log begins with lines of others
        self._lessons += 1
        taught = 0
        if made is not None:
            self._learned, self._examples = _Expression(made.pattern), made.payloads
            taught = sum(map(set(made.payloads).__contains__, left))
        most = self._lessons * self._lesson_lines * (_IN_VAIN if taught < _LITTLE * len(left) else 1)
        self._wait = min(most, _MAX_WAIT * self._lesson_lines)
        self._left, self._waiting = [], 0
        self._next = self._stride = 1


def _examples(batch: LineBatch, most: int) -> list[bytes]:
    """Return at most so many payloads, of short lines and long ones alike: what is rare is mostly long."""
    lines = batch.lines
    some = some_of(range(len(lines)), 4 * most)
    places = some_of(sorted(some, key=lambda i: len(lines[i])), most)
    bare = batch.bare(places)
    return _short([line for line in bare.picked(range(len(bare.lines))) if len(line) <= _MAX_EXAMPLE_BYTES])


def _short(lines: list[bytes]) -> list[bytes]:
    """Return some of the lines if all are too long together."""
    size = sum(map(len, lines))
    return some_of(lines, len(lines) * _MAX_EXAMPLES_BYTES // size) if size > _MAX_EXAMPLES_BYTES else lines


# ---- what an expression captures -------------------------------------------------------------------------------------


class Dictionary:
    """The results of one expression so far, and their codes: ``results[code]``.

    A code means the same result within one call of ``encode``.
    """

    def __init__(self, pattern: ChunkPattern) -> None:
        self.pattern = pattern
        self.uncoded: dict[int, ResultKey] = {}
        """What the lines give that got OTHER_CODE in the last call, by their indices, in order."""
        self._forget()
        self._reasons: Reasons | None = None
        self._places_of_reasons = [i for i, name in enumerate(pattern.names) if name in REASONS]

    def encode(self, rows: Sequence[Groups], reasons: Reasons | None = None) -> bytearray:
        """Return the code of each line, given what was captured of it, and by which ``reasons`` results are counted."""
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
        self._codes: dict[Groups, int] = {}
        self._key_bytes = 0

    def results_of(self, rows: Sequence[Groups]) -> tuple[Columns, dict[int, Cause | None]]:
        """Return the columns of ``PushResult`` for what was captured of lines, and what others give, by their indices.

        Most give another result each: columns are faster.
        """
        if self.pattern.quoted:
            rows = [tuple([text.replace(b'\\"', b'"') for text in row]) for row in rows]
        columns, without = from_groups(self.pattern.names, rows)
        undecided = [i for i, row in enumerate(rows) if not any(row)]
        if self.pattern.may_be_undecided:
            undecided += [i for i, row in enumerate(rows) if self.pattern.undecided(row)]
        return columns, without | dict.fromkeys(undecided)

    def _encode_new(self, rows: Sequence[Groups], codes: bytearray) -> None:
        """Put the codes of rows that are not known yet in their places."""
        at = positions_of(codes, (OTHER_CODE,))
        new = [rows[i] for i in at]
        keys = self._keys(new)
        found = bytes(map(self._codes.get, keys, repeat(OTHER_CODE)))
        if OTHER_CODE in found:
            outcomes = self._add(Counter(compress(keys, map(OTHER_CODE.__eq__, found))))
            found = bytes(map(self._codes.__getitem__, keys))
            self.uncoded = {at[i]: outcomes[keys[i]] for i in positions_of(found, (OTHER_CODE,))}
        for i, code in zip(at, found, strict=True):
            codes[i] = code
        if keys is not new and len(self._codes) < _FEW_ROWS:  # those that come again save making keys
            self._remember(new, found)

    def _add(self, keys: Counter[Groups]) -> dict[Groups, Any]:
        """Add codes for what decides the outcomes of so many rows, the commonest first; return the outcomes."""
        unknown = [key for key, _ in keys.most_common()]
        (numbers, platforms, reasons, *_), without = self.results_of(unknown)
        outcomes: list[Any] = list(map(ResultKey, platforms, numbers, reasons))
        for i, cause in without.items():
            outcomes[i] = cause
        codes_of = {outcome: code for code, outcome in enumerate(self.results)}
        for outcome in outcomes:
            code = codes_of.setdefault(outcome, min(len(codes_of), OTHER_CODE))
            if code == len(self.results) < OTHER_CODE:
                self.results.append(outcome)
        self._remember(unknown, map(codes_of.__getitem__, outcomes))
        return dict(zip(unknown, outcomes, strict=True))

    def _remember(self, rows: Sequence[Groups], codes: Iterable[int]) -> None:
        self._codes.update(zip(rows, codes, strict=True))
        self._key_bytes += sum(map(len, chain.from_iterable(rows)))

    def _keys(self, rows: Sequence[Groups]) -> Sequence[Groups]:
        """Return what decides the outcome of each row: its groups, with reasons that count as the same alike."""
        if not self._reasons or not self._places_of_reasons:
            return rows
        columns: list[Sequence[bytes]] = list(zip(*rows, strict=True))
        for i in self._places_of_reasons:
            columns[i] = self._reasons.alike(columns[i])
        return list(zip(*columns, strict=True))


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
