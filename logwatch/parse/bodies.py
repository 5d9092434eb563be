"""Join a push line with the provider's answer below it, where that is printed over several lines.

    E2511-100000-123 (17): push_on_complete: uid 4711 type fcm code 403 {
      "error": {
        "status": "PERMISSION_DENIED",
    ...

Lines without mesibo's prefix that follow a push line whose brackets are still open belong to it; lines of other modules
may stand in between. They are joined to one line, up to the bracket that closes the first, so that the grammar reads
them as it reads an answer on the same line. Whether the result is the same push is for the caller to see.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import accumulate, chain

from logwatch import envelope as envelopes
from logwatch.envelope import ESCAPED_RETURNS
from logwatch.model import PLAIN, Envelope
from logwatch.parse.lines import LineBatch

MAX_LINES = 64
"""A body has no more lines than these,"""
MAX_BYTES = 16 * 1024
"""nor more bytes; what is beyond belongs to nothing."""
MAX_LINES_BETWEEN = 64
"""Lines of others that may stand in between: a body that goes on later than that has lost its end."""
_REACH_LINES = MAX_LINES + MAX_LINES_BETWEEN + 1  # behind them any body has ended

_REACH = re.compile(rb"(?:.*+\n){0,%d}" % _REACH_LINES)
_NEAR_BYTES = 4096  # of records, within which nearly all bodies end

_TOKEN = re.compile(rb'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+(?P<open>"?)|[{\[]|[}\]]')
_NO_MARKS = bytes(code for code in range(256) if code not in b'{}[]"\\\n\0')
_FEW_MARKS = 256  # bytes, to be remembered
_JOINED = bytes.maketrans(b"\n", b" ")
_OPENERS = (b"{", b"[")
_CLOSERS = (b"}", b"]")
_OPEN_ENDS = (b"{", b"[", b",", b":")
_COLOURS_AND_BLANKS = re.compile(rb"(?:(?:\x1b|#033|\^\[)\[[0-9;]*m|#015|\^M|\s)+\Z")
_COLOUR_OR_RETURN = (b"m", *ESCAPED_RETURNS)
_BEHIND_OPEN = rb"[ \t\r]|\\[tr]|\\u000[9dD]|(?:\x1b|\\u001[bB]|#033|\^\[)\[[0-9;]*m|#015|\^M"
_OPEN_AS_WRITTEN = re.compile(rb"[{\[,:](?:" + _BEHIND_OPEN + rb")*\Z")
"""Matches how a line ends that may be open, also in JSON, as any encoder writes it."""
_LAST_AS_WRITTEN = frozenset(bytes([each]) for each in b"{[,: \t\rrt9dDm5M")
_TEXT = re.compile(rb'[^"\\]*+(?:\\[^n][^"\\]*+)*')  # of JSON, up to its closing quote or a newline
_NEXT_FIELD = b'","'  # behind a text; within one, its first quote is escaped
_END_BYTES = 64  # of a line: the colours and the blanks behind it are fewer
_WRITTEN_END_BYTES = 6 * _END_BYTES  # in JSON, which may escape each
_WINDOW_BYTES = 128 * 1024  # at the end of a chunk, in which a body may have begun that goes on behind it


def may_be_open(line: bytes) -> bool:
    """Return whether a line ends as one does whose answer goes on below: printers break there.

    Cheap: it is asked of every failure that gives no reason.
    """
    if line.endswith(_OPEN_ENDS):
        return True
    text = line[-_END_BYTES:].rstrip()
    if text.endswith(_COLOUR_OR_RETURN):
        text = _COLOURS_AND_BLANKS.sub(b"", text)
    return text.endswith(_OPEN_ENDS)


def up_to_end(records: list[bytes], envelope: Envelope) -> list[bytes]:
    """Return the last bytes of each record's line as written, without a terminal's carriage return.

    A line that is written in numbers is returned whole, as text.
    """
    behind, opening = envelopes.behind(envelope), envelopes.opening(envelope)
    if behind == b"":
        return records
    ends = [each.rfind(behind) if behind else _end_of_text(each, opening) for each in records]
    written = _WRITTEN_END_BYTES
    return [
        each[end - written if end > written else 0 : end].removesuffix(rb"\r")
        if end > 0
        else _bare(each + b"\n", envelope)[:-1]
        for each, end in zip(records, ends, strict=True)
    ]


def depth(text: bytes, begin: int = 0) -> tuple[int, int]:
    """Count the brackets that are open at the end of a text, when ``begin`` were open before it.

    Also return where the last of them was closed, behind the bracket; -1 if it was not. A text that ends within quotes
    has none open: no printer breaks a line there, so it was cut short.
    """
    if not begin:
        (text,) = _marks([text])  # a fifth of the time, and nothing is closed whose place is told
    level = begin
    for token in _TOKEN.finditer(text):
        kind = token[0][:1]
        if kind == b'"':
            if not token["open"]:
                return 0, -1
        elif kind in _OPENERS:
            level += 1
        elif level:
            level -= 1
            if not level and begin:
                return 0, token.end()
    return level, -1


def _marks(texts: Sequence[bytes]) -> list[bytes]:
    """Return the brackets and quotes of each text alone, and its newlines; where one is escaped, the text."""
    marks = _translated(texts, None, _NO_MARKS)
    return [text if b"\\" in each else each for each, text in zip(marks, texts, strict=True)]


def _translated(texts: Sequence[bytes], table: bytes | None, without: bytes = b"") -> list[bytes]:
    """Return what ``translate`` makes of each text; of all together it takes a tenth of the time."""
    found = b"\0".join(texts).translate(table, without).split(b"\0")
    if len(found) != len(texts):  # there are NULs in them
        found = [each.translate(table, without) for each in texts]
    return found


def join_one_by_one(
    line: bytes, level: int, following: Iterable[bytes], owns: envelopes.Owns
) -> tuple[bytes, int | None]:
    """Join a line with so many open brackets with its body, in which lines of others may stand; it may have no end."""
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


@cache
def _indented(indents: bytes) -> re.Pattern[bytes]:
    """Return what takes all lines, each behind its newline, that begin with one of these bytes."""
    begin = rb"\n[%b]" % re.escape(indents) if indents else b"(?!)"
    return re.compile(rb"(?:%b.*+){1,%d}(?!%b)" % (begin, MAX_LINES, begin))


@lru_cache(maxsize=1024)
def _closed(line: bytes, below: bytes) -> bool:
    """Return whether the first bracket that is open behind a line is closed by the last mark below it."""
    level, _ = depth(line)
    return level > 0 and depth(below, level) == (0, len(below))


def _closes(line: bytes, below: bytes) -> bool:
    """Return what ``_closed`` does, which remembers few marks."""
    return (_closed if len(line) + len(below) < _FEW_MARKS else _closed.__wrapped__)(line, below)


class Below:
    """Lines out of their envelope, in which bodies stand below push lines.

    ``text`` holds them behind a newline, each ended by one. No line that ``owns`` begins with one of ``indents``: what
    does goes on from the line above it.
    """

    def __init__(self, text: bytes, owns: envelopes.Owns, indents: bytes = b"") -> None:
        self._text = text
        self._indented = _indented(indents)
        self._owns = cache(owns)  # where nothing closes a body, the same lines stand below many

    def join(self, lines: Sequence[bytes], places: Iterable[int]) -> Iterator[tuple[bytes, int | None]]:
        """Join lines, without their newlines, with their bodies, where brackets of theirs are open.

        The body of each is among the lines that stand from its place on. Yield the joined line, as it was where nothing
        is below it, and how many of the lines below were needed to see that it is whole: None where they came to their
        end before the body did.
        """
        places = [*places]
        for line, at, found in zip(lines, places, self.closed(lines, places), strict=True):
            if found is not None:
                yield found
            else:
                level, _ = depth(line)
                yield join_one_by_one(line, level, self._lines_from(at), self._owns) if level else (line, 0)

    def closed(self, lines: Sequence[bytes], places: Sequence[int]) -> Iterator[tuple[bytes, int] | None]:
        """Yield what ``join`` does for lines whose bodies the indented lines right below close; None for others."""
        ends = [(at, self._indented.match(self._text, at - 1, at + MAX_BYTES)) for at in places]
        below = [found[0].rstrip() if found and found.end() < at + MAX_BYTES else b"" for at, found in ends]
        marks = [*zip(_marks(lines), _marks(below), strict=True)]
        closed = {each for each in {*marks} if _closes(*each)}  # of many answers the marks are the same
        behind = _translated(below, _JOINED)
        for line, mark, lines_below, rest in zip(lines, marks, below, behind, strict=True):
            is_closed = mark in closed and rest.endswith(_CLOSERS)
            yield (line + rest, lines_below.count(b"\n")) if is_closed else None

    def _lines_from(self, at: int) -> Iterator[bytes]:
        """Yield the lines from ``at`` on, without their newlines."""
        while (end := self._text.find(b"\n", at)) >= 0:
            yield self._text[at:end]
            at = end + 1


class Bodies:
    """What stands below push lines of a chunk, in its envelope, and in ``ahead``, which follows it elsewhere.

    To take a whole chunk out takes longer than all else that is done for it: it is done where it must be.
    """

    def __init__(
        self,
        data: bytes,
        envelope: Envelope,
        ahead: bytes,
        marker: bytes,
        owns: envelopes.Owns,
        indents: bytes = b"",
    ) -> None:
        """``marker`` is what every push line holds; a body mostly ends above the next one."""
        self._data = data
        self._marker = marker
        self._envelope = envelope
        self._ahead = ahead
        self._owns = owns
        self._indents = indents

    def joined(self, lines: Sequence[bytes], ends: Sequence[int] = ()) -> list[bytes]:
        """Return lines of the chunk, in their order, joined with their bodies; none ends in a newline.

        ``ends`` are where each ends in the data, behind its newline; without them the lines are searched for.
        """
        if ends and self._envelope == PLAIN:
            below = Below(b"\n" + self._data + _bare(self._ahead, PLAIN), self._owns, self._indents)
            return [text for text, _ in below.join(lines, [1 + end for end in ends])]
        texts: list[bytes | None] = self._closed_near(lines, ends) if ends else [None] * len(lines)
        missed = {line for line, text in zip(lines, texts, strict=True) if text is None}
        left = [i for i, line in enumerate(lines) if line in missed]  # with those like them: the text tells the place
        if left:
            some, own = [lines[i] for i in left], b"\n" + self._around([ends[i] for i in left] if ends else ())
            text = own + _bare(self._ahead, self._envelope)
            joined = Below(text, self._owns, self._indents).join(some, _places(some, text, len(own)))
            for i, (whole, _) in zip(left, joined, strict=True):
                texts[i] = whole
        return [text or line for text, line in zip(texts, lines, strict=True)]

    def _closed_near(self, lines: Sequence[bytes], ends: Sequence[int]) -> list[bytes | None]:
        """Return the joined lines of those whose bodies end within few bytes, and None of the others."""
        pieces: list[bytes] = []
        for end in ends:
            next_ = self._data.find(self._marker, end, end + _NEAR_BYTES)
            stop = end + _NEAR_BYTES if next_ < 0 else next_
            pieces.append(self._data[self._begin(end) : self._begin(stop) if stop < len(self._data) else None])
        text = b"\n" + _bare(b"".join(pieces), self._envelope)
        near = Below(text, self._owns, self._indents).closed(lines, _places(lines, text, len(text)))
        return [found and found[0] for found in near]

    def _around(self, ends: Sequence[int]) -> bytes:
        """Return lines and all that may be below them, where these are few and stand in their envelope as a whole."""
        if self._envelope == PLAIN:
            return self._data
        if 0 < _REACH_LINES * len(ends) < envelopes.line_count(self._data):
            pieces: list[bytes] = []
            at = 0
            for end in ends:
                begin, at = max(at, self._begin(end)), self._stop(end)
                pieces.append(self._data[begin:at])
            if (taken := envelopes.taken_out(b"".join(pieces), self._envelope)) is not None:
                return taken.text
        return _bare(self._data, self._envelope)

    def _stop(self, end: int) -> int:
        """Return where the last record ends that a body of the line that ends there may reach."""
        found = _REACH.match(self._data, end)
        return found.end() if found else end

    def _begin(self, end: int) -> int:
        """Return where the record begins that has the byte before ``end``, which may be its newline."""
        return self._data.rfind(b"\n", 0, end - 1) + 1


def _places(lines: Sequence[bytes], text: bytes, end: int) -> list[int]:
    """Return where lines that stand before ``end``, in their order, end in a text, behind their newlines."""
    places, at = [], 1
    for line in lines:
        whole = b"\n%b\n" % line
        begin = text.find(whole, at - 1, end)
        at = at if begin < 0 else begin + len(whole)
        places.append(len(text) if begin < 0 else at)  # nothing is below one that was cut short
    return places


def _bare(data: bytes, envelope: Envelope) -> bytes:
    """Take whole lines out of their envelope, but those that may not count."""
    own, others = _apart(data, envelope)
    if not others.text:
        return own.text
    return b"".join([line + b"\n" for lines in _payloads(own, others) for line in lines])


def _apart(data: bytes, envelope: Envelope) -> tuple[LineBatch, LineBatch]:
    """Take whole lines out of their envelope together; return those, and as they are the others, which are torn."""
    data = envelopes.clean(data)
    return LineBatch(envelopes.uncoloured(data) if envelope == PLAIN else data, envelope=envelope).apart(len(data))


def _payloads(own: LineBatch, others: LineBatch) -> list[list[bytes]]:
    """Return of each record the lines that may count, without newlines; a torn one may hold another's as well."""
    found = {own.number(i): [line[:-1]] for i, line in enumerate(own.lines)}
    for number, line in others.unwrapped() if others.text else ():
        found.setdefault(number, []).extend([] if line.refused else [line.payload])
    return [found[number] for number in range(len(found))]


def waiting_bytes(data: bytes, envelope: Envelope, marker: bytes, owns: envelopes.Owns, indents: bytes = b"") -> int:
    """Return how many bytes at the end of whole lines wait for the rest of a body that goes on behind them.

    They begin with the first line whose body is, or goes on, behind that of one that waits: answers that are written at
    the same time stay together.
    """
    window = data[-_WINDOW_BYTES:]
    if len(window) < len(data):
        window = window[window.find(b"\n") + 1 :]
    # Answers of lines before have ended, and before any that waits
    records = window.rsplit(b"\n", 2 * _REACH_LINES + 1)[-2 * _REACH_LINES - 1 : -1]
    if not _begin_bodies(records[-_REACH_LINES:], envelope, marker):  # as nearly always
        return 0
    marked = _begin_bodies(records, envelope, marker)
    owned = cache(owns)
    records = records[marked[0] :]
    inside = _payloads(*_apart(b"".join([each + b"\n" for each in records]), envelope))
    begins = [0, *accumulate(map(len, inside))]
    lines = [*chain.from_iterable(inside)]
    below = Below(b"\n".join([b"", *lines, b""]), owns, indents)
    starts = [*accumulate((len(each) + 1 for each in lines), initial=1)]
    asked: dict[int, int] = {}  # by the lines behind which a body may stand, their records
    for i in marked:
        begin, behind = begins[i - marked[0]], begins[i - marked[0] + 1]
        if begin < behind and may_be_open(line := lines[behind - 1]) and owned(line):  # a torn record holds no line
            asked[behind] = i
    joined = below.join([lines[behind - 1] for behind in asked], [starts[behind] for behind in asked])
    first = end = 0  # of bodies that overlap: the record in which they begin, and the line behind which they end
    for (behind, i), (_, count) in zip(asked.items(), joined, strict=True):
        if behind > end:
            first = i
        if count is None:
            return sum(len(each) + 1 for each in records[first - marked[0] :])
        end = max(end, behind + count)
    return 0


def _begin_bodies(records: list[bytes], envelope: Envelope, marker: bytes) -> list[int]:
    """Return the indices of records whose line may hold the marker and be open at its end."""
    opening = envelopes.opening(envelope)
    marked = [i for i, each in enumerate(records) if marker in each or (opening and opening not in each)]
    found = []
    for i, line in zip(marked, up_to_end([records[i] for i in marked], envelope), strict=True):
        end = line[-_WRITTEN_END_BYTES:]
        if end[-1:] in _LAST_AS_WRITTEN and _OPEN_AS_WRITTEN.search(end) and (marker in records[i] or marker in line):
            found.append(i)
    return found


def _end_of_text(record: bytes, opening: bytes) -> int:
    """Return where the first line of JSON's text behind ``opening`` ends; 0 where none stands there."""
    at = record.find(opening)
    end = record.find(_NEXT_FIELD, at + len(opening)) if at >= 0 else -1
    if end > 0 and record[end - 1 : end] != b"\\" and record.find(rb"\n", at, end) < 0:
        return end  # in a third of the time
    text = _TEXT.match(record, at + len(opening)) if at >= 0 else None
    return text.end() if text else 0
