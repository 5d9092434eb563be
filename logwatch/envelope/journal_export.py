"""What `journalctl -o export` prints: a field a line, a blank line behind an entry (systemd's JOURNAL_EXPORT_FORMATS).

    FIELD=text
    FIELD
    <length, 8 bytes little-endian><that many bytes, newlines among them>

An entry is rewritten as the line that `-o json` prints of it, so that one reader serves both.
"""

import re
import struct

from logwatch.envelope.journal_json import FIELDS, Entries, SeveralLines, as_line, as_value
from logwatch.model import EnvelopeKind

_LENGTH = struct.Struct("<Q")
_MOST_BYTES = 64 << 20  # of a field: journald itself takes no longer ones (768 MiB, but no line is)
_NAME = re.compile(rb"[A-Z_][A-Z0-9_]{0,63}")
_RECEIVED = b"__REALTIME_TIMESTAMP"
_BEGINNINGS = (b"__CURSOR", _RECEIVED)
_WANTED = frozenset(field.encode() for field in FIELDS)


class JournalExport(SeveralLines):
    """Entries of the export format."""

    name = "journal-export"
    kind: EnvelopeKind = "journal-export"
    mark = _RECEIVED + b"="

    def rewritten(self, data: bytes, *, final: bool) -> Entries:  # noqa: ARG002  a blank line ends each
        """Rewrite the whole entries at the front of ``data``; what is no field is skipped up to the next line."""
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


def _field(data: bytes, at: int) -> tuple[bytes, bytes, int] | None:
    """Return a field's name and value and where the next one begins; None where it is not whole yet."""
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
