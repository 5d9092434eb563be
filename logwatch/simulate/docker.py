"""Wrap log lines as Docker's json-file driver does: one JSON record per line, messages split at 16 KiB.

Escapes follow moby's ``jsonlog``: quotes, backslashes, control characters, ``<>&`` and U+2028/2029 are escaped, and
bytes that are not UTF-8 become U+FFFD.
"""

import re

SPLIT_BYTES = 16 * 1024  # moby's defaultBufSize: the most of a line that goes into one record
_ESCAPED = re.compile('[\x00-\x1f"\\\\<>&\u2028\u2029\ufffd]')
_LINE = re.compile(rb"[^\n]*\n")
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r"}


def escape(line: bytes) -> bytes:
    """Return the inside of the JSON string for part of a line."""
    return _ESCAPED.sub(_escape, line.decode(errors="replace")).encode()


def _escape(match: re.Match[str]) -> str:
    return _SHORT.get(match[0]) or f"\\u{ord(match[0]):04x}"


def records(lines: bytes, time: bytes) -> bytes:
    """Wrap whole lines, each ended by a newline; ``time`` is RFC 3339 with up to nine decimals."""
    behind = b'","stream":"stdout","time":"' + time + b'"}\n'
    return b"".join(
        b'{"log":"' + escape(line[at : at + SPLIT_BYTES]) + behind
        for line in _LINE.findall(lines)
        for at in range(0, len(line), SPLIT_BYTES)
    )
