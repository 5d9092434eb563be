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
from functools import cache, lru_cache
from itertools import accumulate, chain

from logwatch import envelope as envelopes
from logwatch.envelope import ESCAPED_RETURNS
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
_FEW_MARKS = 256  # bytes; results for more are not cached
_JOINED = bytes.maketrans(b"\n", b" ")
_OPENERS = (b"{", b"[")
_CLOSERS = (b"}", b"]")
_OPEN_ENDS = (b"{", b"[", b",", b":")
_COLOURS_AND_BLANKS = re.compile(rb"(?:(?:\x1b|#033|\^\[)\[[0-9;]*m|#015|\^M|\s)+\Z")
_COLOUR_OR_RETURN = (b"m", *ESCAPED_RETURNS)
_BEHIND_OPEN = rb"[ \t\r]|\\[tr]|\\u000[9dD]|(?:\x1b|\\u001[bB]|#033|\^\[)\[[0-9;]*m|#015|\^M"
_OPEN_AS_WRITTEN = re.compile(rb"[{\[,:](?:" + _BEHIND_OPEN + rb")*\Z")
"""Matches the end of a line that may be open, also as any encoder of JSON writes it."""
_LAST_AS_WRITTEN = frozenset(bytes([each]) for each in b"{[,: \t\rrt9dDm5M")
_TEXT = re.compile(rb'[^"\\]*+(?:\\[^n][^"\\]*+)*')  # of JSON, up to its closing quote or an escaped newline
_NEXT_FIELD = b'","'  # follows a text; inside one, its first quote would be escaped
_END_BYTES = 64  # of a line: colours and blanks at its end take fewer
_WRITTEN_END_BYTES = 6 * _END_BYTES  # in JSON, which may escape each of them
_WINDOW_BYTES = 128 * 1024  # at the end of a chunk: a body that goes on behind it began there


def may_be_open(line: bytes) -> bool:
    """Return whether a line ends where printers of JSON break lines, so that its body may follow below.

    This has to be cheap: it is asked of every failure without a reason.
    """
    if line.endswith(_OPEN_ENDS):
        return True
    text = line[-_END_BYTES:].rstrip()
    if text.endswith(_COLOUR_OR_RETURN):
        text = _COLOURS_AND_BLANKS.sub(b"", text)
    return text.endswith(_OPEN_ENDS)


def up_to_end(records: list[bytes], envelope: Envelope) -> list[bytes]:
    """Return the last bytes of each record's message as written, without a terminal's carriage return.

    A message that is written as byte numbers is returned whole, decoded.
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
        elif kind in _OPENERS:
            level += 1
        elif level:
            level -= 1
            if not level and begin:
                return 0, token.end()
    return level, -1


def _marks(texts: Sequence[bytes]) -> list[bytes]:
    """Reduce each text to its brackets, quotes and newlines; return one with backslashes unchanged."""
    marks = _translated(texts, None, _NO_MARKS)
    return [text if b"\\" in each else each for each, text in zip(marks, texts, strict=True)]


def _translated(texts: Sequence[bytes], table: bytes | None, without: bytes = b"") -> list[bytes]:
    """Translate each text; doing it for all of them at once takes a tenth of the time."""
    found = b"\0".join(texts).translate(table, without).split(b"\0")
    if len(found) != len(texts):  # some of them contain NULs
        found = [each.translate(table, without) for each in texts]
    return found


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


@cache
def _indented(indents: bytes) -> re.Pattern[bytes]:
    """Return the regex for a run of lines, each behind its newline, that begin with one of these bytes."""
    begin = rb"\n[%b]" % re.escape(indents) if indents else b"(?!)"
    return re.compile(rb"(?:%b.*+){1,%d}(?!%b)" % (begin, MAX_LINES, begin))


@lru_cache(maxsize=1024)
def _closed(line: bytes, below: bytes) -> bool:
    """Return whether the last mark of ``below`` closes the outermost bracket that ``line`` leaves open."""
    level, _ = depth(line)
    return level > 0 and depth(below, level) == (0, len(below))


def _closes(line: bytes, below: bytes) -> bool:
    """Return what ``_closed`` does, but cache it only for few marks."""
    return (_closed if len(line) + len(below) < _FEW_MARKS else _closed.__wrapped__)(line, below)


class Below:
    """Lines out of their envelope, among them the bodies of push lines.

    ``text`` is a newline and the lines, each ended by one. A line that begins with one of ``indents`` continues the one
    above it, and is never one that ``owns`` accepts.
    """

    def __init__(self, text: bytes, owns: envelopes.Owns, indents: bytes = b"") -> None:
        self._text = text
        self._indented = _indented(indents)
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
        closed = {each for each in {*marks} if _closes(*each)}  # many answers have the same marks
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
    """The bodies of the push lines of a chunk, which is still in its envelope; ``ahead`` follows it elsewhere.

    Taking a whole chunk out of its envelope costs more than all else that is done for it, so it is a last resort.
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
        """``marker`` is in every push line; most bodies end above the next one."""
        self._data = data
        self._marker = marker
        self._envelope = envelope
        self._ahead = ahead
        self._owns = owns
        self._indents = indents

    def joined(self, lines: Sequence[bytes], ends: Sequence[int] = ()) -> list[bytes]:
        """Return lines of the chunk, in order, joined with their bodies; none ends in a newline.

        ``ends`` are their offsets in the data, behind their newlines; without them the lines are searched for.
        """
        if ends and self._envelope == PLAIN:
            below = Below(b"\n" + self._data + _bare(self._ahead, PLAIN), self._owns, self._indents)
            return [text for text, _ in below.join(lines, [1 + end for end in ends])]
        texts: list[bytes | None] = self._closed_near(lines, ends) if ends else [None] * len(lines)
        missed = {line for line, text in zip(lines, texts, strict=True) if text is None}
        left = [i for i, line in enumerate(lines) if line in missed]  # equal lines as well, since they are searched for
        if left:
            some, own = [lines[i] for i in left], b"\n" + self._around([ends[i] for i in left] if ends else ())
            text = own + _bare(self._ahead, self._envelope)
            joined = Below(text, self._owns, self._indents).join(some, _places(some, text, len(own)))
            for i, (whole, _) in zip(left, joined, strict=True):
                texts[i] = whole
        return [text or line for text, line in zip(texts, lines, strict=True)]

    def _closed_near(self, lines: Sequence[bytes], ends: Sequence[int]) -> list[bytes | None]:
        """Return the joined line for each whose body ends within ``_NEAR_BYTES``, else None."""
        pieces: list[bytes] = []
        for end in ends:
            next_ = self._data.find(self._marker, end, end + _NEAR_BYTES)
            stop = end + _NEAR_BYTES if next_ < 0 else next_
            pieces.append(self._data[self._begin(end) : self._begin(stop) if stop < len(self._data) else None])
        text = b"\n" + _bare(b"".join(pieces), self._envelope)
        near = Below(text, self._owns, self._indents).closed(lines, _places(lines, text, len(text)))
        return [found and found[0] for found in near]

    def _around(self, ends: Sequence[int]) -> bytes:
        """Return a text with these lines and all that their bodies may reach: not the whole chunk if they are few."""
        if self._envelope == PLAIN:
            return self._data
        if 0 < _REACH_LINES * len(ends) < envelopes.line_count(self._data):
            pieces: list[bytes] = []
            at = 0
            for end in ends:
                begin, reach = max(at, self._begin(end)), _REACH.match(self._data, end)
                at = reach.end() if reach else end
                pieces.append(self._data[begin:at])
            if (taken := envelopes.taken_out(b"".join(pieces), self._envelope)) is not None:
                return taken.text
        return _bare(self._data, self._envelope)

    def _begin(self, end: int) -> int:
        """Return the start of the record that contains the byte before ``end``, which may be its newline."""
        return self._data.rfind(b"\n", 0, end - 1) + 1


def _places(lines: Sequence[bytes], text: bytes, end: int) -> list[int]:
    """Search a text, up to ``end``, for lines in their order; return their ends, behind their newlines."""
    places, at = [], 1
    for line in lines:
        whole = b"\n%b\n" % line
        begin = text.find(whole, at - 1, end)
        at = at if begin < 0 else begin + len(whole)
        places.append(len(text) if begin < 0 else at)  # one that was cut short is not found, and has no body
    return places


def _bare(data: bytes, envelope: Envelope) -> bytes:
    """Take whole lines out of their envelope, leaving out those that may not count."""
    own, others = _apart(data, envelope)
    if not others.text:
        return own.text
    return b"".join([line + b"\n" for lines in _payloads(own, others) for line in lines])


def _apart(data: bytes, envelope: Envelope) -> tuple[LineBatch, LineBatch]:
    """Take whole lines out of their envelope together; return these, and the torn ones as they are."""
    data = envelopes.clean(data)
    return LineBatch(envelopes.uncoloured(data) if envelope == PLAIN else data, envelope=envelope).apart(len(data))


def _payloads(own: LineBatch, others: LineBatch) -> list[list[bytes]]:
    """Return, for each record, its lines that may count, without newlines; a torn record may contain another one."""
    found = {own.number(i): [line[:-1]] for i, line in enumerate(own.lines)}
    for number, line in others.unwrapped() if others.text else ():
        found.setdefault(number, []).extend([] if line.refused else [line.payload])
    return [found[number] for number in range(len(found))]


def waiting_bytes(data: bytes, envelope: Envelope, marker: bytes, owns: envelopes.Owns, indents: bytes = b"") -> int:
    """Return how many bytes at the end of whole lines wait for the rest of a body that goes on behind them.

    Bodies that overlap with the open one, directly or through others, wait with it, so that answers that are written at
    the same time stay together.
    """
    window = data[-_WINDOW_BYTES:]
    if len(window) < len(data):
        window = window[window.find(b"\n") + 1 :]
    # Bodies of lines before these have ended, above any that waits
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
    asked: dict[int, int] = {}  # indices of lines behind which a body may begin, and of their records
    for i in marked:
        begin, behind = begins[i - marked[0]], begins[i - marked[0] + 1]
        if begin < behind and may_be_open(line := lines[behind - 1]) and owned(line):  # a torn record may hold no line
            asked[behind] = i
    joined = below.join([lines[behind - 1] for behind in asked], [starts[behind] for behind in asked])
    first = end = 0  # of overlapping bodies: the record in which they begin, and the line behind which they end
    for (behind, i), (_, count) in zip(asked.items(), joined, strict=True):
        if behind > end:
            first = i
        if count is None:
            return sum(len(each) + 1 for each in records[first - marked[0] :])
        end = max(end, behind + count)
    return 0


def _begin_bodies(records: list[bytes], envelope: Envelope, marker: bytes) -> list[int]:
    """Return the indices of records whose line may contain the marker and be open at its end."""
    opening = envelopes.opening(envelope)
    marked = [i for i, each in enumerate(records) if marker in each or (opening and opening not in each)]
    found = []
    for i, line in zip(marked, up_to_end([records[i] for i in marked], envelope), strict=True):
        end = line[-_WRITTEN_END_BYTES:]
        if end[-1:] in _LAST_AS_WRITTEN and _OPEN_AS_WRITTEN.search(end) and (marker in records[i] or marker in line):
            found.append(i)
    return found


def _end_of_text(record: bytes, opening: bytes) -> int:
    """Return where the first line of the JSON text behind ``opening`` ends; 0 if there is none."""
    at = record.find(opening)
    end = record.find(_NEXT_FIELD, at + len(opening)) if at >= 0 else -1
    if end > 0 and record[end - 1 : end] != b"\\" and record.find(rb"\n", at, end) < 0:
        return end  # takes a third of the time
    text = _TEXT.match(record, at + len(opening)) if at >= 0 else None
    return text.end() if text else 0
