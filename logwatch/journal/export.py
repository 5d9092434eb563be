"""Parse entries of journalctl's export format from pieces of any size, without any process or file.

A field is ``NAME=text``, or, where it holds control characters or line breaks, ``NAME``, its length as 8 bytes (little
endian) and its bytes; an empty line ends an entry (systemd.io/JOURNAL_EXPORT_FORMATS). Nearly all entries have only
text fields: whole runs of those are split at once, and only the others are parsed field by field.
"""

import re
from datetime import datetime

from logwatch.parse.timestamp import since_epoch

JournalEntry = dict[bytes, bytes]
"""The fields of an entry by name; of a field that is set twice, the last value."""

_BINARY = re.compile(rb"(?m)^[A-Z0-9_]+$")  # a line without "=", which begins a binary field
_LENGTH_BYTES = 8
_MOST_DIGITS = 18  # of a time in microseconds: more than thirty thousand years
_LONGEST_NAME = 64 + 1  # systemd refuses longer ones; with its "="


class Parser:
    """Turns pieces into entries; of a value of more than ``longest`` bytes only the first ``longest`` are kept."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._run = b""  # not parsed yet: at most one field, and not much more than ``longest`` bytes of it
        self._open: JournalEntry = {}  # the fields so far of an entry that has not ended
        self._skip = 0  # bytes to come of a binary value whose head is in ``_open``, its newline among them
        self._skip_line = False  # inside a text value whose head is in ``_open``

    @property
    def pending(self) -> int:
        """Bytes that belong to an entry that has not ended."""
        return len(self._run) + sum(map(len, self._open.values()))

    def feed(self, data: bytes) -> list[JournalEntry]:
        """Take in the next piece; return the entries that are complete now."""
        run = self._run + data if self._run else data
        entries: list[JournalEntry] = []
        at = 0
        while True:
            if not self._open and not self._skip:
                at = self._whole(run, at, entries)
            if (after := self._field(run, at, entries)) == at:
                break
            at = after
        self._run = run[at:]
        return entries

    def _whole(self, run: bytes, at: int, entries: list[JournalEntry]) -> int:
        """Take all complete entries from ``at`` on that have only text fields; return where the next one begins."""
        binary = _BINARY.search(run, at)
        end = run.rfind(b"\n\n", at, binary.start() if binary else len(run))
        if end < 0:
            return at
        for text in run[at:end].split(b"\n\n"):
            try:
                entries.append(dict([line.split(b"=", 1) for line in text.split(b"\n")]))
            except ValueError:  # a line that is no field: whatever it is, parsing field by field copes with it
                break
            at += len(text) + 2
        return at

    def _field(self, run: bytes, at: int, entries: list[JournalEntry]) -> int:
        """Take one field, or the end of an entry; return where the next one begins, or ``at`` if it is incomplete."""
        if self._skip:
            passed = min(self._skip, len(run) - at)
            self._skip -= passed
            return at + passed
        end = run.find(b"\n", at)
        if self._skip_line:
            self._skip_line = end < 0
            return len(run) if end < 0 else end + 1
        if end < 0:
            return self._cut_text(run, at)
        line = run[at:end]
        if not line:
            if self._open:
                entries.append(self._open)
                self._open = {}
            return end + 1
        name, equals, text = line.partition(b"=")
        if equals:
            self._open[name] = text[: self._longest]
            return end + 1
        return self._binary(run, at, name, end + 1)

    def _cut_text(self, run: bytes, at: int) -> int:
        """Keep the head of a text value that is too long to wait for its end."""
        if len(run) - at <= self._longest + _LONGEST_NAME:
            return at
        name, _, text = run[at:].partition(b"=")
        self._open[name[:_LONGEST_NAME]] = text[: self._longest]
        self._skip_line = True
        return len(run)

    def _binary(self, run: bytes, at: int, name: bytes, start: int) -> int:
        """Take a binary value once the part of it that is kept has come."""
        begin = start + _LENGTH_BYTES
        if len(run) < begin:
            return at
        size = int.from_bytes(run[start:begin], "little")
        kept = min(size, self._longest)
        if len(run) < begin + kept:
            return at
        self._open[name] = run[begin : begin + kept]
        self._skip = size - kept + 1
        return begin + kept


def is_whole(entry: JournalEntry) -> bool:
    """Return whether it has the cursor and the time that every journal entry has."""
    return b"__CURSOR" in entry and _seconds(entry, b"__REALTIME_TIMESTAMP") is not None


def same(cursor: str, other: str) -> bool:
    """Return whether two cursors name the same entry.

    An entry has a number (i) in a sequence of files (s). When journald copies it, as from memory to disk, both
    change; only boot, times and the hash of its contents stay the same (sd_journal_get_cursor(3)).
    """
    one, two = (dict(part.split("=", 1) for part in each.split(";") if "=" in part) for each in (cursor, other))
    return any(all(name in one and one[name] == two.get(name) for name in names) for names in ("si", "bmtx"))


def written(entry: JournalEntry) -> float:
    """Return when journald received the entry, seconds since the epoch."""
    return _seconds(entry, b"__REALTIME_TIMESTAMP") or 0.0


def line_at(entry: JournalEntry) -> float:
    """Return the time of the line: as Docker stamped it, else as its sender did, else when journald received it."""
    if stamp := entry.get(b"SYSLOG_TIMESTAMP"):
        try:
            at = datetime.fromisoformat(stamp.decode())
        except ValueError:  # a stamp of syslog's, without a year
            at = None
        if at is not None and at.tzinfo and (seconds := since_epoch(at)) is not None:
            return seconds
    source = _seconds(entry, b"_SOURCE_REALTIME_TIMESTAMP")
    return written(entry) if source is None else source


def _seconds(entry: JournalEntry, name: bytes) -> float | None:
    """Return a time of an entry in seconds since the epoch; None if it is missing or absurd."""
    digits = entry.get(name, b"")
    return int(digits) / 1e6 if digits.isdigit() and len(digits) <= _MOST_DIGITS else None
