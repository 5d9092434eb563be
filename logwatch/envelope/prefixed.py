"""Formats that put something in front of a line and leave the line itself as it is: one expression each.

The same expression takes apart a single line and strips the fronts of a whole chunk, so the two cannot disagree.
"""

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache

from logwatch.envelope.record import Format, Frame, Payloads, Record
from logwatch.envelope.text import line_count, unescaped
from logwatch.envelope.times import COLOURS, DATE, MONTH_DAY, USUAL_CLOCK
from logwatch.model import EnvelopeKind

CONTAINER_ID = "<container id>"
"""Stands for any short container id among the origins: Docker tags its lines with one unless it is told otherwise."""

_CONTAINER_ID = re.compile("[0-9a-f]{12}")


class Prefixed(Format):
    """A format defined by the regex of its front, with optional groups ``time``, ``origin``, ``stream`` and ``tag``.

    ``pattern`` has ``{origin}`` in place of the program's name, and ``origin`` is the regex of such a name. It must
    match in time linear in the line, and never across a newline. ``part`` matches in each line whose message goes on in
    the next one.
    """

    def __init__(self, name: str, kind: EnvelopeKind, pattern: str, origin: str = "", part: str = "") -> None:
        self.name = name
        self.kind = kind
        self.named = "{origin}" in pattern
        self.splits = bool(part)
        self._part = re.compile(part.encode()) if part else None
        self._pattern = COLOURS + pattern
        self._origin = origin

    @cached_property
    def _front(self) -> re.Pattern[bytes]:
        """The front with any origin, compiled when it is needed: those of all formats take a tenth of a start."""
        front = self._pattern.replace("{origin}", f"(?P<origin>{self._origin})")
        missing = "".join(f"(?P<{name}>)" for name in _GROUPS if f"(?P<{name}>" not in front)
        return re.compile(f"{front}{missing}".encode(), re.MULTILINE)

    def record(self, line: bytes) -> Record | None:
        """Take a whole line out of its envelope, validating it in full; None if it is not in this one."""
        if not (front := self._front.match(line)):
            return None
        time, origin, stream, tag = [text.decode("latin-1") if text else "" for text in front.group(*_GROUPS)]
        return Record(self._payload(line[front.end() :]), time, origin, stream, tag == _PART)

    def _payload(self, text: bytes) -> bytes:
        """Return what the program wrote: syslog daemons escape colours and carriage returns in it."""
        return unescaped(text) if self.kind == "syslog" else text

    def has_parts(self, data: bytes) -> bool:
        """Return whether some of these whole lines may be a part of a message."""
        return self._part is not None and self._part.search(data) is not None

    def may_be_parts(self, data: bytes, lines: Sequence[bytes]) -> bytearray:
        """Return for each line whether it may be a part; one search over all is three times as fast as one in each."""
        found, line, at = bytearray(len(lines)), 0, 0
        for part in self._part.finditer(data) if self._part else ():
            line += data.count(b"\n", at, at := part.start())
            found[line] = True
        return found

    def whole(self, part: bytes, payload: bytes) -> bytes:
        """Return the front of the first part, tagged F, with the whole message behind it."""
        if (front := self._front.match(part)) is None:
            return part
        return part[: front.start("tag")] + b"F" + part[front.end("tag") : front.end()] + payload

    def taken_out(self, text: bytes, origins: Sequence[str]) -> Payloads | None:
        """Remove the fronts of whole lines; None unless every line has one, of these origins."""
        day = _DAY.search(text, 0, _DAY_WITHIN)
        found = _fronts(self._pattern, tuple(origins), day[0] if day else b"").split(b"\n" + text[:-1])
        lines = found[2::2]
        if found[0] or len(lines) != line_count(text):
            return None
        payloads = b"\n".join([*lines, b""])
        return Payloads(self._payload(payloads), found[1::2])

    def own(self, lines: Sequence[bytes], origins: Sequence[str]) -> list[int]:
        """Return the indices of the lines with a front of these origins, which ``taken_out`` can take together."""
        front = _fronts(self._pattern, tuple(origins), b"").match
        return [i for i, line in enumerate(lines) if front(b"\n" + line)]

    def frame(self, text: bytes, origins: Sequence[str]) -> Frame | None:
        """Return the front; None if no name is known under which lines may count."""
        if self.named and not origins:
            return None
        pattern = self._pattern.replace(COLOURS, "").replace(_TAG, _WHOLE)
        front = _bare_front(pattern, tuple(origins)).replace("(?P<time>", "(?:").replace("|$)", f"|{_END})")
        for line in text.split(b"\n", _LOOKED_AT)[:_LOOKED_AT]:
            record = self.record(line)
            if record and record.payload and not record.more and of(record.origin, origins):
                written = _as_written(line.removesuffix(record.payload).decode("latin-1"))
                return Frame(f"(?>{written}|{front})")
        return Frame(f"(?>{front})")


def _as_written(front: str) -> str:
    """Return the regex of one line's front at any time of its day: matching every field would take twice as long.

    It does not match before a blank or a byte order mark, which may belong to the front.
    """

    def like(clock: re.Match[str]) -> str:
        return USUAL_CLOCK + (rf"\.[0-9]{{{len(clock[1])}}}" if clock[1] else "")

    return _CLOCK_OF.sub(like, re.escape(front), count=1) + r"(?![ \xef])"


_DAY = re.compile(f"{DATE}|{MONTH_DAY}".encode())
_CLOCK_OF = re.compile(r"(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}(?:\\\.([0-9]+))?")
_LOOKED_AT = 16  # lines, for one that may count
_GROUPS = ("time", "origin", "stream", "tag")
_TAG, _WHOLE, _PART = "(?P<tag>[FP])", "F", "P"
_END = r"(?=\n)"
_DAY_WITHIN = 64  # bytes at the beginning of a line


@lru_cache(maxsize=64)
def _fronts(pattern: str, origins: tuple[str, ...], day: bytes) -> re.Pattern[bytes]:
    """Compile the front of lines of some origins, behind a newline, to search many lines; it captures their times.

    A newline is found at the speed of memory, unlike the beginning of a line. The day on which most lines were
    written is tried first, as a literal: checking each of its fields would take as long as everything else.
    """
    bare = _bare_front(pattern, origins, day)
    bare = bare.replace("(?P<time>", "(") if "(?P<time>" in bare else f"(){bare}"
    return re.compile(b"(?m)\n" + bare.encode("latin-1"))


def _bare_front(pattern: str, origins: Sequence[str], day: bytes = b"") -> str:
    """Return the front of lines of some origins, in which only the time is a named group."""
    names = "|".join(_CONTAINER_ID.pattern if name == CONTAINER_ID else re.escape(name) for name in origins)
    bare = re.sub(r"\(\?P<(?!time>)\w+>", "(?:", pattern.replace("{origin}", f"(?:{names})"))
    if day:
        for days in (DATE, MONTH_DAY):
            bare = bare.replace(days, f"(?:{re.escape(day.decode())}|{days})")
    return bare


def of(origin: str, origins: Sequence[str]) -> bool:
    """Return whether an origin is among the given ones; if there are none, all count."""
    if not origins or origin in origins:
        return True
    return CONTAINER_ID in origins and _CONTAINER_ID.fullmatch(origin) is not None


def is_container_id(origin: str) -> bool:
    """Return whether a name is a short container id."""
    return _CONTAINER_ID.fullmatch(origin) is not None
