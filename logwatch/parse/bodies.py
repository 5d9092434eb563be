"""Join a push line with its body: the provider's answer, where that is printed over several lines below it.

    E2511-100000-123 (17): push_on_complete: uid 4711 type fcm code 403 {
      "error": {
        "status": "PERMISSION_DENIED",
    ...

Lines without mesibo's prefix belong to the body of a push line whose brackets are still open; lines of other modules
may come in between. They are joined into one line, up to the bracket that closes the first one, which the grammar then
reads like an answer on the same line. The caller must check that the result is still that of the same push.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from itertools import accumulate

from logwatch import envelope as envelopes
from logwatch.envelope import COLOUR_REST, ESCAPED_RETURNS
from logwatch.model import PLAIN, Envelope
from logwatch.parse.lines import LineBatch

MAX_LINES = 64
"""The most lines of a body."""
MAX_BYTES = 16 * 1024
"""The most bytes of a body."""
MAX_LINES_BETWEEN = 64
"""The most lines of others within a body: one that goes on later than that has lost its end."""
_REACH_LINES = MAX_LINES + MAX_LINES_BETWEEN + 1  # within which any body has ended

_REACH = re.compile(rb"(?:.*+\n){0,%d}" % _REACH_LINES)
_NEAR_BYTES = 4096  # of records, within which nearly all bodies end

_TOKEN = re.compile(rb'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+(?P<open>"?)|[{\[]|[}\]]')
_NO_MARKS = bytes(code for code in range(256) if code not in b'{}[]"\\\n\0')
_COLOUR = rb"(?:\x1b|\\u001[bB]|#033|\^\[)" + COLOUR_REST.encode()
_OPEN = re.compile(rb"[{\[,:](?:[ \t\r]|\\[tr]|\\u000[9dD]|" + _COLOUR + rb"|#015|\^M)*\Z")
_OPEN_ENDS = frozenset((b"{", b"[", b",", b":"))
_ENDS_BEHIND_OPEN = (rb"\t", rb"\r", b"0009", b"000d", b"000D", b"m", b"K", *ESCAPED_RETURNS)
_LAST = frozenset(each[-1:] for each in _ENDS_BEHIND_OPEN)
_END_BYTES = 384  # of a line: colours and blanks at its end take fewer, even if JSON escapes each of them
_TEXT = re.compile(rb'[^"\\]*+(?:\\[^n][^"\\]*+)*')  # of JSON, up to its closing quote or an escaped newline
_NEXT_FIELD = b'","'  # follows a text; inside one, its first quote would be escaped
_WINDOW_BYTES = 128 * 1024  # at the end of a chunk: a body that goes on behind it began there


def may_be_open(line: bytes) -> bool:
    """Return whether a line ends where printers of JSON break lines, so that its body may follow below.

    Colours and blanks may follow, also as JSON or a syslog daemon escapes them. This has to be cheap: it is asked of
    every failure without a reason, and of every push that no word assigns to a platform.
    """
    line = line.rstrip(b" \t\r")  # searching for these takes five times as long
    if (last := line[-1:]) in _OPEN_ENDS:
        return True
    return last in _LAST and line.endswith(_ENDS_BEHIND_OPEN) and bool(_OPEN.search(line, len(line) - _END_BYTES))


def up_to_end(records: list[bytes], envelope: Envelope) -> list[bytes]:
    """Return each record up to the end of its message, as written.

    A message that is written as byte numbers is returned by itself, decoded.
    """
    behind, opening = envelopes.behind(envelope), envelopes.opening(envelope)
    if behind == b"":
        return records
    ends = [each.rfind(behind) if behind else _end_of_text(each, opening) for each in records]
    return [
        each[:end] if end > 0 else _bare(each + b"\n", envelope)[0][:-1]
        for each, end in zip(records, ends, strict=True)
    ]


def depth(text: bytes, begin: int = 0) -> tuple[int, int]:
    """Return how many brackets are open at the end of a text, where ``begin`` were open before it.

    Also return the offset behind the bracket that closes the last of them, -1 if none does. A text that ends inside
    quotes has none open: no printer breaks a line there, so it was cut short.
    """
    if not begin:
        (text,) = _marks([text])  # takes a fifth of the time, and no offset is asked for
    level = begin
    for token in _TOKEN.finditer(text):
        kind = token[0][:1]
        if kind == b'"':
            if not token["open"]:
                return 0, -1
        elif kind in (b"{", b"["):
            level += 1
        elif level:
            level -= 1
            if not level and begin:
                return 0, token.end()
    return level, -1


def _marks(texts: Sequence[bytes]) -> list[bytes]:
    """Reduce each text to its brackets, quotes and newlines; return one with backslashes unchanged."""
    marks = b"\0".join(texts).translate(None, _NO_MARKS).split(b"\0")  # all at once takes a tenth of the time
    if len(marks) != len(texts):  # some of them contain NULs
        marks = [each.translate(None, _NO_MARKS) for each in texts]
    return [text if b"\\" in each else each for each, text in zip(marks, texts, strict=True)]


def join_one_by_one(
    line: bytes, level: int, following: Iterable[bytes], owns: envelopes.Owns
) -> tuple[bytes, int | None]:
    """Join a line that leaves ``level`` brackets open with its body; count the lines below it that were needed.

    Lines that ``owns`` accepts are skipped. The count is None if ``following`` ends before the body does.
    """
    parts = [line]
    size = lines = between = 0
    for below in following:
        if owns(below):
            between += 1
            if between > MAX_LINES_BETWEEN:
                break
            continue
        lines += 1
        size += len(below) + 1
        if lines > MAX_LINES or size > MAX_BYTES:
            break
        level, closed = depth(below, level)
        parts.append(below if closed < 0 else below[:closed])
        if not level:
            break
    else:
        return b" ".join(parts) if lines else line, None
    return b" ".join(parts) if lines else line, lines + between


class Below:
    """Lines out of their envelope, among them the bodies of push lines.

    ``text`` is a newline and the lines, each ended by one. A line that begins with one of ``indents`` continues the one
    above it, and is never one that ``owns`` accepts.
    """

    def __init__(self, text: bytes, owns: envelopes.Owns, indents: bytes = b"") -> None:
        self._text = text
        begin = rb"\n[%b]" % re.escape(indents) if indents else b"(?!)"
        # Lines behind their newlines
        self._indented = re.compile(rb"(?:%b.*+){1,%d}(?!%b)" % (begin, MAX_LINES, begin))
        self._owns = cache(owns)  # where nothing closes a body, the same lines are below many

    def join(self, lines: Sequence[bytes], places: Iterable[int]) -> Iterator[tuple[bytes, int | None]]:
        """Join lines, without their newlines, with their bodies if they leave brackets open.

        The body of each begins at its place in the text. Yield the joined line, unchanged if it has no body, and how
        many lines below it were needed; None if the text ends before the body does.
        """
        places = [*places]
        for line, at, found in zip(lines, places, self.closed(lines, places), strict=True):
            if found is not None:
                yield found
            else:
                level, _ = depth(line)
                yield join_one_by_one(line, level, self._lines_from(at), self._owns) if level else (line, 0)

    def closed(self, lines: Sequence[bytes], places: Sequence[int]) -> Iterator[tuple[bytes, int] | None]:
        """Yield what ``join`` does for lines whose bodies end with the indented lines right below; None for others."""
        ends = [(at, self._indented.match(self._text, at - 1, at + MAX_BYTES)) for at in places]
        below = [found[0].rstrip() if found and found.end() < at + MAX_BYTES else b"" for at, found in ends]
        marks = [*zip(_marks(lines), _marks(below), strict=True)]
        # Those of which the last one below closes the outermost bracket; many answers have the same
        closed = {(mark, rest) for mark, rest in {*marks} if depth(rest, depth(mark)[0]) == (0, len(rest))}
        for line, mark, rest in zip(lines, marks, below, strict=True):
            is_closed = mark in closed and rest.endswith((b"}", b"]"))
            yield (line + rest.replace(b"\n", b" "), rest.count(b"\n")) if is_closed else None

    def _lines_from(self, at: int) -> Iterator[bytes]:
        """Yield the lines from ``at`` on, without their newlines."""
        while (end := self._text.find(b"\n", at)) >= 0:
            yield self._text[at:end]
            at = end + 1


@dataclass(frozen=True)
class Bodies:
    """The bodies of the push lines of a chunk, which is still in its envelope; ``follows`` comes behind it elsewhere.

    Taking a whole chunk out of its envelope costs more than all else that is done for it, so it is a last resort.
    ``marker`` is in every push line; most bodies end above the next one.
    """

    data: bytes
    envelope: Envelope
    follows: bytes
    marker: bytes
    owns: envelopes.Owns
    indents: bytes = b""

    def joined(self, lines: Sequence[bytes], ends: Sequence[int]) -> list[bytes]:
        """Return lines of the chunk, in order, joined with their bodies; none ends in a newline.

        ``ends`` are the offsets in the data behind the records of these lines.
        """
        texts: list[bytes | None] = [None] * len(lines)
        if self.envelope != PLAIN:
            near, places = self._below(lines, ends, self._near(ends))
            texts = [found and found[0] for found in near.closed(lines, places)]
        if left := [i for i, text in enumerate(texts) if text is None]:
            some, own_ends = [lines[i] for i in left], [ends[i] for i in left]
            below, places = self._below(some, own_ends, self._in_reach(own_ends), self.follows)
            for i, (text, _) in zip(left, below.join(some, places), strict=True):
                texts[i] = text
        return [text or line for text, line in zip(texts, lines, strict=True)]

    def _near(self, ends: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Yield where the records begin and end that nearly all bodies end in, those of each line by themselves."""
        for end in ends:
            next_ = self.data.find(self.marker, end, end + _NEAR_BYTES)
            stop = end + _NEAR_BYTES if next_ < 0 else next_
            yield self._begin(end), self._begin(stop) if stop < len(self.data) else len(self.data)

    def _in_reach(self, ends: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Yield where the records begin and end that bodies may go on in, each record once."""
        at = 0
        for end in ends:
            begin, reach = max(at, self._begin(end)), _REACH.match(self.data, end)
            at = reach.end() if reach else end
            yield begin, at

    def _below(
        self, lines: Sequence[bytes], ends: Sequence[int], spans: Iterable[tuple[int, int]], follows: bytes = b""
    ) -> tuple[Below, list[int]]:
        """Take the records in some spans of the data out of their envelope; also return where each line ends there."""
        if self.envelope == PLAIN:
            text, at = self.data, dict(zip(ends, ends, strict=True))
        else:
            spans = list(spans)
            pieces = [self.data[begin:end] for begin, end in spans]
            text, stops = _bare(b"".join(pieces), self.envelope)
            behind = (accumulate(map(len, BytesIO(each))) for each in pieces)
            offsets = [begin + size for (begin, _), sizes in zip(spans, behind, strict=True) for size in sizes]
            at = dict(zip(offsets, stops, strict=True))
        text = b"\n" + text + _bare(follows, self.envelope)[0]
        # one that was cut short has no body
        places = [
            1 + stop if text.rfind(b"\n", 0, stop) == stop - len(line) - 1 else len(text)
            for line, stop in zip(lines, map(at.__getitem__, ends), strict=True)
        ]
        return Below(text, self.owns, self.indents), places

    def _begin(self, end: int) -> int:
        """Return the start of the record that contains the byte before ``end``, which may be its newline."""
        return self.data.rfind(b"\n", 0, end - 1) + 1


def _bare(data: bytes, envelope: Envelope) -> tuple[bytes, list[int]]:
    """Take whole lines out of their envelope; return those that may count, and where those of each record end.

    A torn record may contain another one.
    """
    data = envelopes.clean(data)
    whole = LineBatch(envelopes.uncoloured(data) if envelope == PLAIN else data, envelope=envelope)
    own, others = whole.apart(len(data))
    found = {own.number(i): line for i, line in enumerate(own.lines)}
    for number, line in others.unwrapped() if others.text else ():
        found[number] = found.get(number, b"") + (b"" if line.refused else line.payload + b"\n")
    records = [found[number] for number in range(len(found))]
    return b"".join(records), [*accumulate(map(len, records))]


def waiting_bytes(data: bytes, envelope: Envelope, marker: bytes, owns: envelopes.Owns, indents: bytes = b"") -> int:
    """Return how many bytes at the end of whole lines wait for the rest of a body that goes on behind them.

    Bodies that overlap with the open one, directly or through others, wait with it, so that answers that are written at
    the same time stay together.
    """
    # Bodies of lines before these have ended, above any that waits
    records = data[-_WINDOW_BYTES:].rsplit(b"\n", 2 * _REACH_LINES + 1)[-2 * _REACH_LINES - 1 : -1]
    if not _begin_bodies(records[-_REACH_LINES:], envelope, marker):  # as nearly always
        return 0
    marked = _begin_bodies(records, envelope, marker)
    owned = cache(owns)
    records = records[marked[0] :]
    text, stops = _bare(b"".join([each + b"\n" for each in records]), envelope)
    starts = [0, *stops]
    asked: list[tuple[bytes, int, int]] = []  # lines below which a body may begin, where it does, and of which record
    for i in (each - marked[0] for each in marked):
        line = text[starts[i] : max(0, stops[i] - 1)].rpartition(b"\n")[2]  # empty where a torn record holds no line
        if may_be_open(line) and owned(line):
            asked.append((line, stops[i], i))
    below = Below(b"\n" + text, owns, indents)
    joined = below.join([line for line, _, _ in asked], [1 + stop for _, stop, _ in asked])
    first = end = 0  # of overlapping bodies: the record in which they begin, and the line behind which they end
    for (_, stop, i), (_, count) in zip(asked, joined, strict=True):
        behind = text.count(b"\n", 0, stop)
        if behind > end:
            first = i
        if count is None:
            return sum(len(each) + 1 for each in records[first:])
        end = max(end, behind + count)
    return 0


def _begin_bodies(records: list[bytes], envelope: Envelope, marker: bytes) -> list[int]:
    """Return the indices of records whose line may contain the marker and be open at its end."""
    opening = envelopes.opening(envelope)
    marked = [i for i, each in enumerate(records) if marker in each or (opening and opening not in each)]
    lines = up_to_end([records[i] for i in marked], envelope)
    found = zip(marked, lines, strict=True)
    return [i for i, line in found if may_be_open(line) and (marker in records[i] or marker in line)]


def _end_of_text(record: bytes, opening: bytes) -> int:
    """Return where the first line of the JSON text behind ``opening`` ends; 0 if there is none."""
    at = record.find(opening)
    end = record.find(_NEXT_FIELD, at + len(opening)) if at >= 0 else -1
    if end > 0 and record[end - 1 : end] != b"\\" and record.find(rb"\n", at, end) < 0:
        return end  # takes a third of the time
    text = _TEXT.match(record, at + len(opening)) if at >= 0 else None
    return text.end() if text else 0
