"""What `journalctl -o export` prints: one field per line, a blank line after each entry (JOURNAL_EXPORT_FORMATS).

    FIELD=text
    FIELD
    <length, 8 bytes little-endian><that many bytes, newlines among them>

An entry is rewritten as the line that `-o json` prints for it, so that one reader serves both.
"""

import re
import struct

from logwatch.envelope.journal_json import FIELDS, Entries, Multiline, as_line, as_value

_LENGTH = struct.Struct("<Q")
_MOST_BYTES = 64 << 20  # of a field: journald accepts 768 MiB, but no line is as long
_NAME = re.compile(rb"[A-Z_][A-Z0-9_]{0,63}")
_RECEIVED = b"__REALTIME_TIMESTAMP"
_BEGINNINGS = (b"__CURSOR", _RECEIVED)
_WANTED = frozenset(field.encode() for field in FIELDS)


class JournalExport(Multiline):
    """Entries of the export format."""

    name = "journal-export"
    kind = "journal-export"
    mark = _RECEIVED + b"="

    def rewritten(self, data: bytes, *, final: bool) -> Entries:  # noqa: ARG002  a blank line ends each
        """Rewrite the whole entries at the start of ``data``; what is no field is skipped up to the next line."""
        entries: list[tuple[int, bytes]] = []
        fields: dict[bytes, bytes] = {}
        at = end = strange = 0
        while (field := _field(data, at)) is not None:
            start = at
            name, value, at = field
            if not name:
                end = at
                if _RECEIVED in fields:
                    entries.append((end, as_line({name.decode(): as_value(raw) for name, raw in fields.items()})))
                fields = {}
            elif not _NAME.fullmatch(name):
                strange += at - start
            else:
                if name in _BEGINNINGS and name in fields:
                    fields.clear()  # the entry before it was torn
                if name in _WANTED:
                    fields.setdefault(name, value)
        return Entries(end, entries, strange)

    def begins(self, line: bytes) -> bool:
        """Return whether a line is the first one of an entry."""
        return line.partition(b"=")[0] in _BEGINNINGS


def _field(data: bytes, at: int) -> tuple[bytes, bytes, int] | None:
    """Return a field's name, its value, and where the next one begins; None if it is not complete yet."""
    stop = data.find(b"\n", at)
    if stop < 0:
        return None
    name, equals, value = data[at:stop].partition(b"=")
    if name and not equals:
        start = stop + 1 + _LENGTH.size
        if len(data) < start:
            return None
        end = start + _LENGTH.unpack_from(data, stop + 1)[0]
        if end - start <= _MOST_BYTES:
            if len(data) <= end:
                return None
            if data[end : end + 1] == b"\n":
                return name, data[start:end], end + 1
    return name, value, stop + 1
