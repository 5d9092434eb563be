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
from collections.abc import Callable, Iterable

MAX_LINES = 64
"""A body has no more lines than these,"""
MAX_BYTES = 16 * 1024
"""nor more bytes; what is beyond belongs to nothing."""
MAX_LINES_BETWEEN = 64
"""Lines of others that may stand in between: a body that goes on later than that has lost its end."""

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*(?P<open>"?)|[{\[]|[}\]]')
_OPENERS = (b"{", b"[")
_MAY_BE_OPEN = (b"{", b"[", b",", b":")


def may_be_open(line: bytes) -> bool:
    """Return whether a line ends as one does whose answer goes on below: cheap, and right of what printers write."""
    return line.rstrip().endswith(_MAY_BE_OPEN) or (b"{" in line and b"}" not in line)


def depth(text: bytes, begin: int = 0) -> tuple[int, int]:
    """Count the brackets that are open at the end of a text, when ``begin`` were open before it.

    Also return where the last of them was closed, behind the bracket; -1 if it was not. A text that ends within quotes
    has none open: no printer breaks a line there, so it was cut short.
    """
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


def join(line: bytes, following: Iterable[bytes], owns: Callable[[bytes], bool]) -> tuple[bytes, bool]:
    """Join a line whose brackets are open with its body among the lines that follow; none of them ends in a newline.

    Return the joined line, and whether that was all: False where the lines came to their end before the body did.
    """
    level, _ = depth(line)
    parts = [line.rstrip()]
    size = lines = between = 0
    for below in following:
        if owns(below + b"\n"):
            between += 1
            if between > MAX_LINES_BETWEEN:
                break
            continue
        lines += 1
        size += len(below) + 1
        if lines > MAX_LINES or size > MAX_BYTES:
            break
        level, closed = depth(below, level)
        parts.append((below if closed < 0 else below[:closed]).strip())
        if not level:
            break
    else:
        return b" ".join(parts), False
    return b" ".join(parts), True
