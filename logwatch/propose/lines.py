"""Find the top level of a line: text inside quotes and brackets is masked, so that no number in it is seen."""

import re
from collections.abc import Iterable

from logwatch import envelope

COLOUR = rf"\x1b{envelope.COLOUR_REST}"
"""The escape that sets a terminal's colour; its bracket opens nothing."""

HIDDEN = "\x01"
"""Stands for every character inside quotes or brackets, the quotes and brackets themselves included."""

INTEGER = re.compile(r"(?<![0-9A-Za-z_.\x80-\xff-])-?[0-9]{1,6}(?![0-9A-Za-z_\x80-\xff]|\.[0-9])")
_STRING = re.compile(r"""(["'`])(?:(?!\1)[^\\]|\\.)*\1""", re.DOTALL)
_SEEN = 2  # lines with a value in other quotes show that these are quotes, not apostrophes
_CLOSER = {"{": "}", "[": "]"}
_VALUE_QUOTED = {"'": re.compile(r"[=:(, ]'(?:[^'\\]|\\.)*'(?=[\s,;|)}]|$)"), "`": re.compile(r"[=:(, ]`[^`]*`")}


def mask(text: str, quotes: str = '"') -> str:
    """Return ``text`` with quotes, brackets and their contents replaced by ``HIDDEN``, in the same length.

    One that never closes hides everything after it.
    """
    shown = list(text)
    at = 0
    while at < len(text):
        char = text[at]
        if char in quotes and (char == '"' or _opens(text, at)):
            end = _string_end(text, at)
        elif char in _CLOSER:
            end = _bracket_end(text, at, quotes)
        else:
            at += 1
            continue
        shown[at:end] = HIDDEN * (end - at)
        at = end
    return "".join(shown)


def inside(head: str, rest: str) -> bool:
    """Return whether the marker is inside quotes or brackets that were opened before it."""
    depth, at = [], 0
    head = re.sub(COLOUR, "", head)
    while at < len(head):
        char = head[at]
        if char == '"' or (char in "'`" and _opens(head, at) and (char in rest or head.find(char, at + 1) >= 0)):
            end = _string_end(head, at)
            if _STRING.fullmatch(head, at, end) is None:
                depth.append(char)
            at = end
            continue
        if char in _CLOSER:
            depth.append(_CLOSER[char])
        elif depth and char == depth[-1]:
            depth.pop()
        at += 1
    if not depth:
        return False
    closes = rest.find(depth[-1])  # "push_on_complete" and [push_on_complete] are closed at once
    return len(depth) > 1 or closes < 0 or bool(rest[:closes].strip(" :()"))


def _opens(text: str, at: int) -> bool:
    """Return whether a quote that is also an apostrophe begins a value here."""
    return at == 0 or text[at - 1] in "=:(, \t"


def _string_end(text: str, at: int) -> int:
    quote = text[at]
    here = at + 1
    while here < len(text):
        if text[here] == "\\":
            here += 1
        elif text[here] == quote:
            return here + 1
        here += 1
    return len(text)


def _bracket_end(text: str, at: int, quotes: str) -> int:
    depth = 0
    while at < len(text):
        char = text[at]
        if char == '"' or (char in quotes and _opens(text, at)):
            at = _string_end(text, at)
            continue
        if char in "{[":
            depth += 1
        elif char in "}]":
            depth -= 1
            if not depth:
                return at + 1
        at += 1
    return len(text)


def quotes_of(texts: Iterable[str]) -> str:
    """Return the characters that quote values in these texts: always ``"``, and others if values are in them."""
    texts = list(texts)
    more = [
        quote for quote, pattern in _VALUE_QUOTED.items() if sum(bool(pattern.search(text)) for text in texts) >= _SEEN
    ]
    return "".join(['"', *more])


def without_digits(text: str) -> str:
    """Return a text with each of its numbers as 0: what a name such as ``worker17`` has in common with others."""
    return re.sub("[0-9]+", "0", text)


def escaped(text: str) -> str:
    """Return an ASCII regex for ``text`` in which a run of blanks matches any run of blanks."""
    parts = re.split(r"([ \t]+)", text)
    return "".join(
        r"[ \t]+" if part[:1] in (" ", "\t") else re.sub(r"([][\\.^$*+?{}|()])", r"\\\1", part)
        for part in parts
        if part
    ).translate({code: f"\\x{code:02x}" for code in range(128, 256)})


def literal(text: str) -> str:
    """Return the Python source of a string, raw if possible, that contains a regex."""
    if not text.isprintable() or ('"' in text and "'" in text):
        return repr(text)
    return f'r"{text}"' if '"' not in text else f"r'{text}'"
